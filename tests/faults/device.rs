//! The disk under the log is full, or fails: nothing of anybody is shown, the answers say so, and when the
//! disk is well again the service goes on without a restart and nothing half is left.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use super::calls::Tracer;
use super::house::{Answer, House, Server, Wire, word};
use super::kill::Sessions;
use super::oracle::{CRITERIA, Deed, Oracle};
use super::{has, turns};
use crate::fixture::{Engine, figures, middle_marks};

const CLIENTS: u64 = 4;

/// A service with one application that can be read in every way, and one to write about.
struct Ready {
    house: House,
    server: Server,
    staff: Sessions,
    applicant: Wire,
    oracle: Oracle,
    word: String,
    /// Read, marked and decided: identity may be shown.
    id: String,
    /// Opened by recruiter and manager.
    other: (String, String),
}

/// Lets go of the signal by which a process is killed that writes past its limit.
const NO_SIGNAL: [&str; 3] = ["bash", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""];

fn ready(house: House) -> Ready {
    let server = house.try_serve(&NO_SIGNAL, &[]).expect("a start");
    let staff = Sessions::begin(&server);
    let mut oracle = Oracle::default();
    let mut made = Vec::new();
    for _ in 0..2 {
        let word = word();
        oracle.sends(&word);
        let answer = server.client().submit(&house, &word).expect("an answer");
        assert_eq!(answer.status, 201, "{}", answer.text);
        let value = answer.json();
        let text = |key: &str| value[key].as_str().expect("a text").to_owned();
        oracle.submitted(&word, &text("label"), &text("receipt_code"));
        let id = house.id_of(&text("label")).expect("an id");
        for reader in [&staff.recruiter, &staff.manager] {
            let page =
                reader.moved_to(&server).get(&format!("/api/v1/applications/{id}")).expect("an answer");
            assert_eq!(page.status, 200);
            assert!(page.text.contains(&word), "the word can be looked for: {}", page.text);
            oracle.opened(&text("label"));
        }
        made.push((text("label"), id, text("receipt_code"), word));
    }
    let [(label, id, code, word), (other, other_id, ..)]: [_; 2] = made.try_into().expect("two");
    let decision = Deed::Decided(house.place_of("helsingborg").id.clone(), "proceed");
    oracle.tries(&label, &decision);
    let decided = staff
        .manager
        .moved_to(&server)
        .post(&format!("/api/v1/applications/{id}/decisions"), &decide(&house));
    assert_eq!(decided.expect("an answer").status, 201);
    oracle.did(&label, &decision);
    let applicant = server.client().applicant(&code).expect("a session");
    Ready { house, server, staff, applicant, oracle, word, id, other: (other, other_id) }
}

fn decide(house: &House) -> serde_json::Value {
    json!({
        "placement": house.place_of("helsingborg").id, "outcome": "proceed", "reason": "Starka belägg för K5 och K6.",
    })
}

impl Ready {
    /// Every way to the text and to the person, and what needs no text but an entry.
    fn reads(&self) -> Vec<(Wire, String)> {
        let (recruiter, manager) = (&self.staff.recruiter, &self.staff.manager);
        let place = &self.house.place_of("helsingborg").id;
        [
            (recruiter, format!("/api/v1/applications/{}", self.id)),
            (recruiter, format!("/arbete/ansokningar/{}", self.id)),
            (manager, format!("/arbete/ansokningar/{}/kontakt", self.id)),
            (&self.applicant, "/api/v1/own".into()),
            (&self.applicant, "/min-ansokan/sida".into()),
            (&self.applicant, "/min-ansokan/utdrag.json".into()),
            (recruiter, format!("/api/v1/placements/{place}/ranking")),
        ]
        .into_iter()
        .map(|(wire, path)| (wire.moved_to(&self.server), path))
        .collect()
    }

    fn leaks(&self, answer: &Answer) -> bool {
        [self.word.as_str(), "Anna Påhittad", "anna@example.com"]
            .iter()
            .any(|text| answer.text.contains(text))
    }

    /// Tries to read, and now and then to write, from several clients. Gives refusals, and what was
    /// released all the same.
    fn tries(&self, count: u64) -> (u64, u64) {
        let (refused, released) = (AtomicU64::new(0), AtomicU64::new(0));
        let this = self;
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (refused, released) = (&refused, &released);
                scope.spawn(move || {
                    let mut reads = this.reads();
                    for turn in (client..count).step_by(usize::try_from(CLIENTS).expect("few")) {
                        let which = usize::try_from(turn / CLIENTS).expect("few") % reads.len();
                        let (wire, path) = &mut reads[which];
                        let answer = wire.get(path).expect("an answer, even without a disk");
                        if answer.status == 200 || this.leaks(&answer) {
                            released.fetch_add(answer.text.len() as u64, Ordering::SeqCst);
                            continue;
                        }
                        assert_eq!(answer.status, 503, "{path}: {}\n{}", answer.text, this.server.said());
                        let clear = ["log-unavailable", "storage-unavailable"]
                            .contains(&answer.problem.as_str())
                            || answer.text.contains("kan inte skrivas")
                            || answer.text.contains("svarar inte just nu");
                        assert!(clear, "{path} says what is wrong: {}", answer.text);
                        refused.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        (refused.into_inner(), released.into_inner())
    }

    /// Every kind of write, once.
    fn writes(&mut self) -> Vec<Answer> {
        let (label, id) = self.other.clone();
        let place = self.house.place_of("helsingborg").id.clone();
        let word = word();
        self.oracle.sends(&word);
        let submitted = self.server.client().submit(&self.house, &word).expect("an answer");
        if submitted.status == 201 {
            let made = submitted.json();
            let text = |key: &str| made[key].as_str().expect("a text").to_owned();
            self.oracle.submitted(&word, &text("label"), &text("receipt_code"));
        }
        let mut answers = vec![submitted];
        for (wire, deed, path, body) in [
            (
                &self.staff.recruiter,
                Deed::Marked,
                format!("/api/v1/applications/{id}/marks"),
                json!({ "marks": middle_marks(&CRITERIA) }),
            ),
            (
                &self.staff.manager,
                Deed::Decided(place, "proceed"),
                format!("/api/v1/applications/{id}/decisions"),
                decide(&self.house),
            ),
        ] {
            self.oracle.tries(&label, &deed);
            let answer = wire.moved_to(&self.server).post(&path, &body).expect("an answer");
            if (200..300).contains(&answer.status) {
                self.oracle.did(&label, &deed);
            }
            answers.push(answer);
        }
        answers
    }

    /// The disk is well again.
    fn goes_on(&mut self) {
        for (mut wire, path) in self.reads() {
            let page = wire.get(&path).expect("an answer");
            assert_eq!(page.status, 200, "{path}, without a restart: {}\n{}", page.text, self.server.said());
        }
        for answer in self.writes() {
            assert!((200..300).contains(&answer.status), "without a restart: {}", answer.text);
        }
        let (house, server) = (&self.house, &self.server);
        let wrong = self.oracle.check(house, server, &self.staff.recruiter, true);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

fn limit(server: &Server, bytes: &str) {
    let done = Command::new("prlimit")
        .args(["--pid", &server.pid().to_string(), &format!("--fsize={bytes}")])
        .status()
        .expect("prlimit");
    assert!(done.success());
}

#[test]
fn no_byte_of_an_applicant_is_released_while_the_log_cannot_grow() {
    let mut site = ready(House::build(Engine::Sqlite).expect("a file"));
    // No file of this process may grow, nor be written at all but for its first byte.
    limit(&site.server, "1:");
    let tries = turns(300, 10_000);
    let (refused, released) = site.tries(tries);
    for answer in site.writes() {
        assert_eq!(answer.status, 503, "{}", answer.text);
    }
    assert_eq!((refused, released), (tries, 0));
    limit(&site.server, "unlimited:");
    site.goes_on();
    figures(
        "faults::device::no_byte_of_an_applicant_is_released_while_the_log_cannot_grow",
        tries,
        &json!({ "tries": tries, "refused": refused, "bytes_released": released }),
    );
}

/// A small file system of its own, gone when dropped.
struct Mounted(PathBuf);

impl Mounted {
    fn at(path: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(path).expect("a folder");
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size},mode=0700"), "none"])
            .arg(path)
            .output()
            .expect("mount");
        if !done.status.success() {
            println!("SKIPPED: this machine lets no test mount a file system");
            return None;
        }
        Some(Self(path.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn on_a_full_disk_what_is_released_is_logged_and_the_rest_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(_mounted) = Mounted::at(&folder.path().join("data"), "8m") else { return };
    let mut site = ready(House::build_at(folder, None));
    let filler = site.house.data.join("filler");
    let fill = || {
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(&filler).expect("a file");
        while std::io::Write::write(&mut file, &[0u8; 4096]).is_ok_and(|written| written > 0) {}
    };
    // A journal that was emptied is written over, which needs no new room: reads go on for a while, each
    // with its entry, until it must grow.
    let mut refused = 0;
    let mut logged = 0;
    while refused == 0 {
        fill();
        let (no, _) = site.tries(40);
        refused += no;
        logged += 40 - no;
        assert!(logged < 100_000, "the disk never became full");
    }
    let tries = turns(300, 10_000);
    let (refused, released) = site.tries(tries);
    assert!(refused > tries / 2, "the disk is full: {refused} of {tries} refused");
    std::fs::remove_file(&filler).expect("room again");
    // The oracle holds the log against what was shown: each reading in it, none half.
    site.goes_on();
    figures(
        "faults::device::on_a_full_disk_what_is_released_is_logged_and_the_rest_is_refused",
        tries,
        &json!({ "tries": tries, "refused": refused, "bytes_released_with_their_entry": released, "before_full": logged }),
    );
}

#[test]
fn no_byte_of_an_applicant_is_released_while_the_log_device_fails() {
    if !has("strace") {
        return;
    }
    let tries = turns(40, 2_000);
    let mut counted = Vec::new();
    for calls in ["pwrite64", "fdatasync,fsync"] {
        let mut site = ready(House::build(Engine::Sqlite).expect("a file"));
        let out = site.house.beside("trace");
        let inject = format!("inject={calls}:error=EIO");
        let tracer =
            Tracer::attach(site.server.pid(), &out, &["-e", &format!("trace={calls}"), "-e", &inject]);
        let (refused, released) = site.tries(tries);
        let writes = site.writes();
        tracer.detach();
        assert_eq!((refused, released), (tries, 0), "{calls}");
        for answer in writes {
            assert_eq!(answer.status, 503, "{calls}: {}", answer.text);
        }
        site.goes_on();
        counted.push(json!({ "failing": calls, "tries": tries, "bytes_released": released }));
    }
    figures(
        "faults::device::no_byte_of_an_applicant_is_released_while_the_log_device_fails",
        tries * 2,
        &json!({ "campaigns": counted }),
    );
}
