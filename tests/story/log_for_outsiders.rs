//! Somebody who does not trust the service reads its log over HTTP, and an applicant takes home a proof
//! of who has looked. What they hold is checked by a program that is none of ours.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use urval::guard::access::{Actor, Job};
use urval::guard::audit::note::{Checkpoint, Vkey};
use urval::guard::audit::proof::LogProof;
use urval::subject::role::Role;

use crate::fixture::{Site, figures, on_both};

/// Runs the independent verifier: exit code, and what it says.
pub fn python(arguments: &[&str]) -> (Option<i32>, String) {
    let done = Command::new("python3")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/verify/urval_verify.py"))
        .args(arguments)
        .output()
        .expect("python3 runs");
    let said = [done.stdout, done.stderr].concat();
    (done.status.code(), String::from_utf8_lossy(&said).into_owned())
}

/// Runs the program itself, which needs no data folder for this.
pub fn urval(arguments: &[&str]) -> (Option<i32>, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_urval")).args(arguments).output().expect("the program runs");
    let said = [done.stdout, done.stderr].concat();
    (done.status.code(), String::from_utf8_lossy(&said).into_owned())
}

pub fn text(path: &Path) -> &str {
    path.to_str().expect("a path that is text")
}

/// Exports the log of a site; gives the folder and a file with the key.
pub async fn export(site: &Site, name: &str) -> (PathBuf, PathBuf) {
    let dir = site.folder.path().join(name);
    site.app.export_log(&Actor::Job(Job::Cli), &dir).await.expect("an export");
    let key = site.folder.path().join("log.vkey");
    std::fs::write(&key, format!("{}\n", site.app.log_vkey())).expect("the key");
    (dir, key)
}

async fn with_a_life(site: &Site) -> (crate::fixture::Receipt, crate::fixture::Receipt) {
    let one = site.apply("Tuva Påhittad", "I led a project.", &["helsingborg-digitalisering"]).await;
    let other = site.apply("Signe Påhittad", "I counted birds.", &["helsingborg-digitalisering"]).await;
    let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
    for receipt in [&one, &other] {
        let id = site.id_of(&receipt.label).await;
        assert_eq!(recruiter.get(&format!("/arbete/ansokningar/{id}")).await.status, 200);
    }
    (one, other)
}

/// The numbers of the receipts that "Min ansökan" offers.
fn offered(page: &str) -> Vec<u64> {
    page.split("/min-ansokan/kvitto/")
        .skip(1)
        .filter_map(|rest| rest.split_once(".tlog-proof").and_then(|(digits, _)| digits.parse().ok()))
        .collect()
}

on_both! {
    async fn an_applicant_takes_home_a_proof_of_who_has_looked_and_of_nothing_else(site) {
        let (one, other) = with_a_life(&site).await;
        let vkey = Vkey::parse(&site.app.log_vkey()).expect("the key");
        let key = site.folder.path().join("log.vkey");
        std::fs::write(&key, format!("{vkey}\n")).expect("the key");
        let applicant = site.applicant(&one.code).await;
        let mine = offered(&applicant.get("/min-ansokan/sida").await.text);
        let stranger = site.applicant(&other.code).await;
        let theirs = offered(&stranger.get("/min-ansokan/sida").await.text);
        assert!(mine.len() >= 3 && theirs.len() >= 3, "{mine:?} {theirs:?}");
        assert!(mine.iter().all(|entry| !theirs.contains(entry)));
        let mut staff_looked = false;
        for entry in &mine {
            let answer = applicant.get(&format!("/min-ansokan/kvitto/{entry}.tlog-proof")).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            let saved = answer.headers.get("content-disposition").and_then(|v| v.to_str().ok()).unwrap_or_default();
            assert!(saved.starts_with("attachment") && saved.contains(".tlog-proof"), "{saved}");
            let proof = LogProof::parse(&answer.bytes).expect("a proof");
            let (checkpoint, leaf) = proof.check_carried(&vkey).expect("it proves its entry");
            assert!(leaf.seq == *entry && checkpoint.size > *entry);
            staff_looked |= leaf.entry.role == "recruiter" && leaf.entry.action == "application.opened";
            // Nobody's name is in it, and a program that is none of ours believes it.
            assert!(!answer.text.contains("Tuva") && !answer.text.contains("hittad"));
            let file = site.folder.path().join(format!("{entry}.tlog-proof"));
            std::fs::write(&file, &answer.bytes).expect("a file");
            let (code, said) = python(&["proof", text(&file), "--vkey", text(&key)]);
            assert!(code == Some(0) && said.contains(&format!("entry {entry} is in the log")), "{said}");
            let (code, said) = urval(&["audit", "check-proof", text(&file), "--vkey", text(&key)]);
            assert!(code == Some(0) && said.contains("application") | said.contains("own_file") | said.contains("receipt"), "{said}");
            // A single letter of the entry altered, and neither believes it.
            let mut bent = proof.clone();
            if let Some(byte) = bent.extra.as_mut().and_then(|leaf| leaf.get_mut(12)) {
                *byte ^= 1;
            }
            std::fs::write(&file, bent.to_text()).expect("a file");
            assert_eq!(python(&["proof", text(&file), "--vkey", text(&key)]).0, Some(1));
            assert_eq!(urval(&["audit", "check-proof", text(&file), "--vkey", text(&key)]).0, Some(1));
        }
        assert!(staff_looked, "the recruiter's reading is among the receipts");
        for entry in theirs.iter().map(u64::to_string).chain(["0".into(), "999999".into(), "x".into(), "-1".into()]) {
            let answer = applicant.get(&format!("/min-ansokan/kvitto/{entry}.tlog-proof")).await;
            assert_eq!(answer.status, 404, "entry {entry} is somebody else's or nothing");
        }
        figures("story::log_for_outsiders::an_applicant_takes_home_a_proof_of_who_has_looked_and_of_nothing_else",
            mine.len() as u64, &json!({ "receipts": mine.len(), "refused": theirs.len() + 4 }));
    }

    async fn hashes_are_for_anybody_and_entries_for_those_who_oversee(site) {
        with_a_life(&site).await;
        let (dir, key) = export(&site, "export").await;
        let vkey = Vkey::parse(&site.app.log_vkey()).expect("the key");
        let visitor = site.visitor();
        let shown = visitor.get("/logg/checkpoint").await;
        assert_eq!(shown.headers["content-type"], "text/plain; charset=utf-8");
        assert_eq!(shown.headers["cache-control"], "no-store");
        let head = Checkpoint::open(&shown.bytes, &vkey).expect("a signed checkpoint");
        let exported = std::fs::read(dir.join("checkpoint")).expect("a file");
        assert_eq!(Checkpoint::open(&exported, &vkey).expect("a checkpoint"), head);
        let width = head.size;
        assert!(width > 8 && width < 256, "{width}");
        let tile = format!("tile/0/000.p/{width}");
        let answer = visitor.get(&format!("/logg/{tile}")).await;
        assert_eq!(answer.headers["content-type"], "application/octet-stream");
        assert!(answer.headers["cache-control"].to_str().is_ok_and(|value| value.contains("immutable")));
        assert_eq!(answer.bytes, std::fs::read(dir.join(&tile)).expect("a file"));
        // A tile of an earlier checkpoint is still served; one beyond the newest never.
        let earlier = visitor.get("/logg/tile/0/000.p/3").await;
        assert_eq!(earlier.bytes[..], answer.bytes[..96]);
        for beyond in [
            format!("0/000.p/{}", width + 100), "0/000".into(), "0/001.p/1".into(), "1/000.p/1".into(), "64/000".into(),
            "00/000.p/1".into(), "0/0".into(), "0/000.p/0".into(), "0/000.p/03".into(), "0/x000/000.p/1".into(),
            "0/000.p/1/..".into(), "0/999/999".into(),
        ] {
            let answer = visitor.get(&format!("/logg/tile/{beyond}")).await;
            assert_eq!(answer.status, 404, "{beyond}");
            assert_eq!(answer.headers["cache-control"], "no-store");
        }
        // A third party checks the hashes over HTTP without any right.
        let prefix = format!("{}/logg", site.base);
        let (code, said) = tokio::task::spawn_blocking({
            let (prefix, key) = (prefix.clone(), key.clone());
            move || python(&["log", &prefix, "--hashes-only", "--vkey", text(&key)])
        }).await.expect("it ends");
        assert!(code == Some(0) && said.contains(&format!("{width} entries")), "{said}");
        // Entries say in which role and organisation a pseudonym acted: those are for the ombud.
        let bundle = format!("tile/entries/000.p/{width}");
        let path = format!("/logg/{bundle}");
        assert_eq!(visitor.get(&path).await.status, 303);
        assert_eq!(site.staff(Role::Recruiter, "helsingborg").await.get(&path).await.status, 403);
        assert_eq!(site.staff(Role::Operator, "helsingborg").await.get(&path).await.status, 403);
        // And to an ombud who has said why.
        assert_eq!(site.staff(Role::Dpo, "helsingborg").await.get(&path).await.status, 409);
        let answer = site.dpo_with_log().await.get(&path).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.bytes, std::fs::read(dir.join(&bundle)).expect("a file"));
        // Having read them is in the log.
        let (newer, _) = export(&site, "newer").await;
        let size = Checkpoint::open(&std::fs::read(newer.join("checkpoint")).expect("a file"), &vkey).expect("one").size;
        let entries = std::fs::read(newer.join(format!("tile/entries/000.p/{size}"))).expect("a file");
        assert!(String::from_utf8_lossy(&entries).contains("log.bundle_read"));
        // The older checkpoint is a beginning of the newer log; another log is not.
        let seen = dir.join("checkpoint");
        let (code, said) = urval(&["audit", "verify", text(&newer), "--vkey", text(&key), "--seen", text(&seen)]);
        assert_eq!(code, Some(0), "{said}");
        let (code, said) = python(&["log", text(&newer), "--vkey", text(&key), "--seen", text(&seen)]);
        assert_eq!(code, Some(0), "{said}");
        // Rolled back: the older export, shown to somebody who saw the newer checkpoint.
        let seen = newer.join("checkpoint");
        for said in [
            urval(&["audit", "verify", text(&dir), "--vkey", text(&key), "--seen", text(&seen)]),
            python(&["log", text(&dir), "--vkey", text(&key), "--seen", text(&seen)]),
        ] {
            assert!(said.0 == Some(1) && said.1.to_lowercase().contains("rolled back"), "{}", said.1);
        }
    }

    async fn both_verifiers_find_turned_bits_deletions_swaps_cuts_and_lies(site) {
        with_a_life(&site).await;
        let (dir, key) = export(&site, "export").await;
        assert_eq!(python(&["log", text(&dir), "--vkey", text(&key)]).0, Some(0));
        let full = std::env::var_os("URVAL_FULL").is_some();
        let count = if full { 200_000 } else { 400 };
        let flips = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lib/flips.py");
        let done = Command::new("python3").arg(flips).args([text(&dir), text(&key), count.to_string().as_str(), "7"])
            .output().expect("python3 runs");
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success() && said.contains("missed: []"), "{said}");
        let mut found = 0u64;
        let mut both = |what: &str| {
            let ours = urval(&["audit", "verify", text(&dir), "--vkey", text(&key)]);
            let theirs = python(&["log", text(&dir), "--vkey", text(&key)]);
            assert_eq!((ours.0, theirs.0), (Some(1), Some(1)), "{what}: {} {}", ours.1, theirs.1);
            found += 1;
        };
        let names: Vec<PathBuf> = ["checkpoint", "checkpoints", "vkey", "tile/0", "tile/entries"].iter()
            .map(|name| dir.join(name))
            .flat_map(|path| if path.is_dir() {
                std::fs::read_dir(path.join("000.p")).expect("a folder").map(|e| e.expect("an entry").path()).collect()
            } else { vec![path] })
            .collect();
        for name in &names {
            let good = std::fs::read(name).expect("a file");
            let what = name.display();
            std::fs::remove_file(name).expect("a file");
            both(&format!("{what} gone"));
            std::fs::write(name, &good[..good.len() / 2]).expect("a file");
            both(&format!("{what} cut"));
            std::fs::write(name, [&good[..], b"x"].concat()).expect("a file");
            both(&format!("{what} longer"));
            std::fs::write(name, &good).expect("a file");
        }
        let tile = names.iter().find(|name| text(name).contains("tile/0")).expect("a tile");
        let good = std::fs::read(tile).expect("a file");
        let mut swapped = good.clone();
        swapped[..64].rotate_left(32);
        std::fs::write(tile, &swapped).expect("a file");
        both("two hashes swapped");
        std::fs::write(tile, &good).expect("a file");
        std::fs::write(dir.join("more"), b"x").expect("a file");
        both("a file more");
        std::fs::remove_file(dir.join("more")).expect("a file");
        std::fs::write(dir.join("minimum-index"), b"256\n").expect("a file");
        both("shown as if pruned");
        std::fs::remove_file(dir.join("minimum-index")).expect("a file");
        assert_eq!(urval(&["audit", "verify", text(&dir), "--vkey", text(&key)]).0, Some(0));
        figures("story::log_for_outsiders::both_verifiers_find_turned_bits_deletions_swaps_cuts_and_lies",
            count + found, &json!({ "bits_turned_for_the_independent_verifier": count, "other_damage_for_both": found, "missed": 0 }));
    }
}

on_both! {
    async fn what_is_older_than_the_policy_keeps_is_destroyed_and_the_rest_still_proven(site) {
        let cli = Actor::Job(Job::Cli);
        while site.db.log_head().await.expect("the log").size < 300 {
            site.app.entry_proof(&cli, 0).await.expect("a proof");
        }
        let cutoff = site.clock.now().plus_seconds(86_400);
        // Nothing younger than the policy allows, whoever asks.
        let early = site.app.prune_log(&cli, cutoff).await;
        assert!(early.is_err_and(|error| error.to_string().contains("keeps entries of the log for 10 years")));
        let (before, key) = export(&site, "before").await;
        site.clock.advance_seconds(11 * 366 * 86_400);
        assert_eq!(site.app.prune_log(&cli, cutoff).await.expect("a pruning"), 256);
        assert!(site.app.prune_log(&cli, cutoff).await.is_err(), "there is no second row that old");
        // Entries, details and hashes are gone; the proof of a younger entry is not.
        assert!(site.app.entry_proof(&cli, 5).await.is_err());
        let proof = site.app.entry_proof(&cli, 290).await.expect("a proof");
        let file = site.folder.path().join("x.tlog-proof");
        std::fs::write(&file, &proof).expect("a file");
        let (code, said) = python(&["proof", text(&file), "--vkey", text(&key)]);
        assert!(code == Some(0) && said.contains("entry 290"), "{said}");
        assert_eq!(site.visitor().get("/logg/tile/0/000").await.status, 404);
        let (dir, key) = export(&site, "after").await;
        assert!(!dir.join("tile/entries/000").exists() && !dir.join("tile/0/000").exists());
        // It continues what was seen before the pruning, and says where it begins.
        let seen = before.join("checkpoint");
        let (code, said) = urval(&["audit", "verify", text(&dir), "--vkey", text(&key), "--seen", text(&seen)]);
        assert!(code == Some(0) && said.contains("before 256 were destroyed"), "{said}");
        let (code, said) = python(&["log", text(&dir), "--vkey", text(&key), "--seen", text(&seen)]);
        assert!(code == Some(0) && said.contains("from 256"), "{said}");
    }
}
