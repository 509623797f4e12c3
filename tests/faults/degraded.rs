//! Something that the service needs is gone, damaged or not its own: what it does then, each time one of
//! two things: it does not start and says what to do, or it goes on with less. Never an open door.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use urval::clock::Chance;

use super::house::{House, word};
use super::kill::Sessions;
use super::oracle::Oracle;
use crate::fixture::Engine;

/// An installation with one application, lying still.
struct Still {
    house: House,
    staff: Sessions,
    oracle: Oracle,
    word: String,
    id: String,
    code: String,
}

fn still() -> Still {
    let house = House::build(Engine::Sqlite).expect("a file");
    let mut server = house.serve();
    let staff = Sessions::begin(&server);
    let mut oracle = Oracle::default();
    let word = word();
    oracle.sends(&word);
    let made = server.client().submit(&house, &word).expect("an answer").json();
    let text = |key: &str| made[key].as_str().expect("a text").to_owned();
    oracle.submitted(&word, &text("label"), &text("receipt_code"));
    let id = house.id_of(&text("label")).expect("an id");
    let mut all = Vec::new();
    all.extend(oracle.check(&house, &server, &staff.recruiter, true));
    assert!(all.is_empty(), "{}", all.join("\n"));
    server.kill();
    Still { house, staff, oracle, word, id, code: text("receipt_code") }
}

impl Still {
    fn desk(&self) -> String {
        format!("/api/v1/applications/{}", self.id)
    }

    /// What was damaged is put right: everything is there.
    fn is_whole(&mut self) {
        let server = self.house.serve();
        let wrong = self.oracle.check(&self.house, &server, &self.staff.recruiter, true);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    fn does_not_start(&self, says: &str) {
        let why = self.house.try_serve(&[], &[]).err().unwrap_or_else(|| panic!("it started: {says}"));
        assert!(why.contains(says), "{says}: {why}");
        assert!(!why.contains("panicked"), "{why}");
    }
}

fn copied(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().expect("cp").success());
}

#[test]
fn without_its_keys_the_service_does_not_start_and_makes_no_new_ones() {
    let mut site = still();
    let (keys, aside) = (site.house.data.join("keys"), site.house.beside("keys-aside"));
    std::fs::rename(&keys, &aside).expect("a rename");
    site.does_not_start("restore the key backup");
    assert!(!keys.exists(), "no new keys beside data");
    for name in ["kek", "index", "log"] {
        copied(&aside, &keys);
        std::fs::remove_file(keys.join(name)).expect("a key");
        site.does_not_start("restore the key backup");
        assert!(!keys.join(name).exists());
        copied(&aside, &keys);
        std::fs::set_permissions(keys.join(name), std::fs::Permissions::from_mode(0o644)).expect("a mode");
        site.does_not_start("chmod 600");
    }
    copied(&aside, &keys);
    site.is_whole();
}

#[test]
fn keys_of_another_installation_are_refused_before_anything_is_written() {
    let mut site = still();
    let other = still();
    let (keys, aside) = (site.house.data.join("keys"), site.house.beside("keys-aside"));
    std::fs::rename(&keys, &aside).expect("a rename");
    copied(&other.house.data.join("keys"), &keys);
    let before = site.house.rows("SELECT CAST(COUNT(*) AS TEXT) FROM audit_entries");
    site.does_not_start("not those that its data was written with");
    assert_eq!(site.house.rows("SELECT CAST(COUNT(*) AS TEXT) FROM audit_entries"), before);
    copied(&aside, &keys);
    // Only the log's key is another one: the same.
    std::fs::copy(other.house.data.join("keys/log"), keys.join("log")).expect("a copy");
    site.does_not_start("sealed under the root key");
    copied(&aside, &keys);
    site.is_whole();
}

#[test]
fn a_damaged_key_opens_nothing() {
    let mut site = still();
    let (keys, aside) = (site.house.data.join("keys"), site.house.beside("keys-aside"));
    copied(&keys, &aside);
    for name in ["kek", "index"] {
        let digits = std::fs::read_to_string(keys.join(name)).expect("a key");
        let turned =
            if digits.starts_with('0') { digits.replacen('0', "1", 1) } else { format!("0{}", &digits[1..]) };
        std::fs::write(keys.join(name), turned).expect("a key");
        // Either it does not start, or it shows nothing to anybody.
        if let Ok(server) = site.house.try_serve(&[], &[]) {
            let page = site.staff.recruiter.moved_to(&server).get(&site.desk()).expect("an answer");
            assert!(
                page.status >= 400 && !page.text.contains(&site.word),
                "{name}: {} {}",
                page.status,
                page.text
            );
            let own = server.client().applicant(&site.code).and_then(|mut own| own.get("/api/v1/own"));
            assert!(own.is_none_or(|page| page.status >= 400 && !page.text.contains(&site.word)), "{name}");
        }
        copied(&aside, &keys);
    }
    site.is_whole();
}

#[test]
fn without_its_model_the_service_goes_on_for_people_and_says_so() {
    let site = still();
    std::fs::write(site.house.beside("no-model.toml"), "this is no manifest").expect("a file");
    for gone in [false, true] {
        if gone {
            std::fs::remove_file(site.house.beside("no-model.toml")).expect("a file");
        }
        let server = site.house.serve();
        assert!(server.said().contains("serving without AI support"), "{}", server.said());
        let ready = server.client().get("/readyz").expect("an answer");
        assert_eq!((ready.status, ready.text.contains("absent")), (503, true), "{}", ready.text);
        let page = site.staff.recruiter.moved_to(&server).get(&site.desk()).expect("an answer");
        assert!(page.status == 200 && page.text.contains(&site.word), "people read: {}", page.text);
        assert_eq!(page.json()["state"], "submitted", "nothing was assessed");
    }
}

/// Runs a copy of the program as an account that may not write everywhere, when the test itself may.
const UNPRIVILEGED: [&str; 7] =
    ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "bash", "-c", "exec \"$COPY\" \"$@\""];

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|about| std::os::unix::fs::MetadataExt::uid(&about) == 0)
}

#[test]
fn a_data_folder_that_may_only_be_read_stops_the_start_and_shows_nothing() {
    let mut site = still();
    let copy = site.house.beside("copy");
    let before: &[&str] = if is_root() { &UNPRIVILEGED } else { &[] };
    if is_root() {
        // Another account reaches neither the build folder nor a temporary one.
        std::fs::copy(env!("CARGO_BIN_EXE_urval"), &copy).expect("a copy");
        let reached = Command::new("chmod").arg("755").args([&site.house.beside(""), &copy]).status();
        let owned = Command::new("chown").args(["-R", "65534:65534"]).arg(&site.house.data).status();
        assert!(reached.is_ok_and(|s| s.success()) && owned.is_ok_and(|s| s.success()));
    }
    let copy = copy.display().to_string();
    let env = [("COPY", copy.as_str())];
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("a mode")
    };
    let data = site.house.data.clone();
    let file = data.join("urval.sqlite");
    let works = |when: &str| {
        let started = site.house.try_serve(before, &env);
        assert!(started.is_ok(), "{when}: {:?}", started.err());
    };
    works("as that account");
    for (what, path, shut, open) in [("the file", &file, 0o400, 0o600), ("the folder", &data, 0o500, 0o700)] {
        site.house.behind_its_back("PRAGMA wal_checkpoint(TRUNCATE)");
        for ending in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(data.join(format!("urval.sqlite{ending}")));
        }
        mode(path, shut);
        match site.house.try_serve(before, &env) {
            Err(why) => assert!(why.contains("urval:") && !why.contains("panicked"), "{what}: {why}"),
            Ok(server) => {
                let page = site.staff.recruiter.moved_to(&server).get(&site.desk()).expect("an answer");
                assert!(page.status == 503, "{what}: {} {}", page.status, page.text);
                assert!(!page.text.contains(&site.word), "{what}");
            }
        }
        mode(path, open);
        // SQLite gives the files beside it the mode of the file.
        for ending in ["-wal", "-shm"] {
            let beside = data.join(format!("urval.sqlite{ending}"));
            if beside.exists() {
                mode(&beside, 0o600);
            }
        }
        works(what);
    }
    if is_root() {
        let _ = Command::new("chown").args(["-R", "0:0"]).arg(&data).status();
    }
    site.is_whole();
}

#[test]
fn a_damaged_database_shows_no_text_and_ends_in_words() {
    let site = still();
    site.house.behind_its_back("PRAGMA wal_checkpoint(TRUNCATE)");
    let whole = std::fs::read(site.house.data.join("urval.sqlite")).expect("the file");
    let pages = whole.len() / 4096;
    assert!(pages > 20, "the journal has been taken into the file: {pages}");
    let mut refused = 0;
    for turn in 0..super::turns(8, 200) {
        let house = site.house.copy();
        let mut bytes = whole.clone();
        // The first page is the file's own description; then pages here and there.
        let at = if turn == 0 {
            0
        } else {
            usize::from(u16::from_be_bytes(Chance::system().bytes::<2>().expect("chance"))) % pages
        };
        bytes[at * 4096..(at + 1) * 4096].fill(0xA5);
        for ending in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(house.data.join(format!("urval.sqlite{ending}")));
        }
        std::fs::write(house.data.join("urval.sqlite"), bytes).expect("the file");
        match house.try_serve(&[], &[]) {
            Err(why) => {
                assert!(why.contains("urval:") && !why.contains("panicked"), "page {at}: {why}");
                refused += 1;
            }
            Ok(server) => {
                let mut asked = site.staff.recruiter.moved_to(&server);
                let page = asked.get(&site.desk()).expect("an answer");
                // A page that this reading does not need may be damaged: then it is shown and logged.
                assert!(page.status == 200 || !page.text.contains(&site.word), "page {at}: {}", page.text);
                assert!(!server.said().contains("panicked"), "page {at}: {}", server.said());
            }
        }
    }
    assert!(refused > 0, "a file without its description is not opened");
}

#[test]
fn a_lost_database_lets_nobody_in_and_the_next_checkpoint_gives_it_away() {
    let site = still();
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(site.house.data.join(format!("urval.sqlite{ending}")));
    }
    // Keys without data look like a start that was interrupted, so it starts, empty.
    let Ok(server) = site.house.try_serve(&[], &[]) else { return };
    let page = site.staff.recruiter.moved_to(&server).get(&site.desk()).expect("an answer");
    assert_eq!(page.status, 401, "no session outlives the database: {}", page.text);
    assert!(server.client().applicant(&site.code).is_none());
    let wrong = site.oracle.clone().check(&site.house, &server, &site.staff.recruiter, true);
    assert!(wrong.iter().any(|line| line.contains("shorter")), "{wrong:?}");
    assert!(wrong.iter().any(|line| line.contains("does not continue")), "{wrong:?}");
}
