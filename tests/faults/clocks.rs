//! The host's clock is set ten years back or forward, before the start or while the service runs: it
//! admits nobody, says why, writes no entry of a wrong time, and goes on when the clock is put right.

use std::path::PathBuf;

use serde_json::json;
use urval::guard::access::Job;
use urval::subject::role::Role;

use super::house::{House, word};
use super::kill::Sessions;
use super::oracle::{Oracle, run};
use crate::fixture::{Engine, figures, on_both};

const TEN_YEARS: i64 = 10 * 365 * 24 * 3600;

on_both! {
    async fn a_clock_set_ten_years_wrong_admits_nobody_until_it_is_put_right(site) {
        let made = site.apply("Anna Berg", "I led a project with goals and results.", &["helsingborg-digitalisering"]).await;
        let id = site.id_of(&made.label).await;
        let desk = format!("/api/v1/applications/{id}");
        // Now there are working copies that are to be deleted within a day.
        site.score().await;
        let entries = || async { site.app.checkpoint().await.expect("a checkpoint").lines().nth(1).map(str::to_owned) };
        for jump in [TEN_YEARS, -TEN_YEARS] {
            let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
            let applicant = site.applicant(&made.code).await;
            assert_eq!(recruiter.get(&desk).await.status, 200);
            let before = entries().await;
            site.clock.set_forward_seconds(jump);
            for page in [recruiter.get(&desk).await, applicant.get("/api/v1/own").await] {
                // Ten years on, the session is over; ten years back, the clock is in doubt.
                assert!([401, 503].contains(&page.status), "{}", page.text);
                assert!(!page.text.contains("goals and results"));
                assert!(jump > 0 || page.text.contains("clock-in-doubt"), "{}", page.text);
            }
            let door = json!({ "receipt_code": made.code });
            let page = site.visitor().post_json("/api/v1/applicant-session", &door).await;
            assert_eq!(page.status, 503, "{}", page.text);
            assert!(page.text.contains("clock-in-doubt"), "{}", page.text);
            let ready = site.visitor().get("/readyz").await;
            assert_eq!(ready.status, 503);
            assert!(ready.text.contains("in doubt"), "{}", ready.text);
            let deleted = site.app.purge_working_copies(Job::Scorer).await;
            assert!(if jump > 0 { deleted.is_err() } else { deleted.is_ok_and(|gone| gone == 0) }, "nothing is deleted");
            assert_eq!(entries().await, before, "no entry of a wrong time");
            site.clock.set_forward_seconds(-jump);
            let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
            assert_eq!(recruiter.get(&desk).await.status, 200, "without a restart");
        }
    }
}

/// The library that gives a program another clock.
fn faketime() -> Option<String> {
    let found = ["/usr/lib", "/usr/lib64"].iter().find_map(|root| {
        let folders = std::fs::read_dir(root).ok()?.flatten().map(|entry| entry.path());
        folders
            .chain([PathBuf::from(root)])
            .map(|folder| folder.join("faketime/libfaketime.so.1"))
            .find(|path| path.exists())
    });
    if found.is_none() {
        assert!(
            std::env::var_os("URVAL_TEST_REQUIRE_POSTGRES").is_none(),
            "Debian's `faketime` is needed; tests/run installs it"
        );
        println!("SKIPPED: Debian's `faketime` is not here; tests/run installs it");
    }
    found.map(|path| path.display().to_string())
}

#[test]
fn the_program_itself_refuses_a_wrong_clock_and_can_be_told_that_it_is_right() {
    let Some(library) = faketime() else { return };
    let house = House::build(Engine::Sqlite).expect("a file");
    let hands = house.beside("hands");
    let set = |to: &str| std::fs::write(&hands, format!("{to}\n")).expect("a file");
    let path = hands.display().to_string();
    let env = [
        ("LD_PRELOAD", library.as_str()),
        ("FAKETIME_TIMESTAMP_FILE", path.as_str()),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ("DONT_FAKE_MONOTONIC", "1"),
    ];
    set("+0");
    let mut server = house.try_serve(&[], &env).expect("a start");
    let staff = Sessions::begin(&server);
    let mut oracle = Oracle::default();
    let word = word();
    oracle.sends(&word);
    let made = server.client().submit(&house, &word).expect("an answer");
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    let (label, code) =
        (made["label"].as_str().expect("a label"), made["receipt_code"].as_str().expect("a code"));
    oracle.submitted(&word, label, code);
    let id = house.id_of(label).expect("an id");
    let desk = format!("/api/v1/applications/{id}");
    let mut doors = 0;
    for jump in ["-10y", "+10y"] {
        // While it runs.
        set(jump);
        let mut shut = |server: &super::house::Server, when: &str| {
            let page = staff.recruiter.moved_to(server).get(&desk).expect("an answer");
            assert!([401, 503].contains(&page.status), "{jump} {when}: {} {}", page.status, page.text);
            assert!(!page.text.contains(&word));
            assert!(server.client().applicant(code).is_none(), "{jump} {when}");
            let page = server.client().submit(&house, "inget").expect("an answer");
            assert_eq!(
                (page.status, page.problem.as_str()),
                (503, "clock-in-doubt"),
                "{jump} {when}: {}",
                page.text
            );
            let ready = server.client().get("/readyz").expect("an answer");
            assert!(ready.status == 503 && ready.text.contains("in doubt"), "{jump} {when}: {}", ready.text);
            doors += 4;
        };
        shut(&server, "while it runs");
        // At the start.
        server.kill();
        server = house.try_serve(&[], &env).expect("it starts, and admits nobody");
        assert!(server.said().contains("put the clock right"), "{}", server.said());
        shut(&server, "at the start");
        set("+0");
        assert!(server.client().applicant(code).is_some(), "right again, without a restart");
    }
    server.kill();
    // The clock ran ahead for a while and somebody said that it was right. Then it was put right.
    set("+10y");
    let said = |before: &[(&str, &str)]| {
        let mut command =
            house.program(&[], &["clock", "accept", "--reason", "jämförd med två andra klockor"]);
        command.envs(before.iter().copied()).output().expect("the program runs")
    };
    let done = said(&env);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut server = house.try_serve(&[], &env).expect("a start");
    let page = server.client().applicant(code);
    assert!(page.is_some(), "accepted: {}", server.said());
    let ended = staff.recruiter.moved_to(&server).get(&desk).expect("an answer");
    assert_eq!(ended.status, 401, "every session has ended");
    server.kill();
    set("+0");
    let mut server = house.try_serve(&[], &env).expect("a start");
    assert!(server.client().applicant(code).is_none(), "the log is ten years ahead of the clock");
    server.kill();
    assert!(run(&house, &["clock", "accept", "--reason", "kort"]).is_err(), "a reason is needed");
    let done = said(&env);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let server = house.try_serve(&[], &env).expect("a start");
    assert!(server.client().applicant(code).is_some(), "accepted: {}", server.said());
    let log = house.beside("log");
    run(&house, &["audit", "export", &log.display().to_string()]).expect("an export");
    let accepted = super::oracle::leaves_of(&log)
        .iter()
        .filter(|leaf| String::from_utf8_lossy(leaf).contains("clock.accepted"))
        .count();
    assert_eq!(accepted, 2, "each is in the log");
    figures(
        "faults::clocks::the_program_itself_refuses_a_wrong_clock_and_can_be_told_that_it_is_right",
        doors,
        &json!({ "jumps_years": [-10, 10], "while_running_and_at_start": true, "doors_tried": doors, "opened": 0 }),
    );
}
