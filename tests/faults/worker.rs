//! A worker is killed in the middle of its reading, again and again; two workers share one queue.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use urval::clock::Chance;

use super::house::{House, PATIENCE, Server, pass, word};
use super::oracle::count;
use super::turns;
use crate::fixture::{Engine, figures};

/// How long a killed worker's application stays with it here.
const LEASE: &str = "2";
/// Fewer than this may never wait, or a kill would hit an idle worker.
const STOCK: usize = 8;

/// The program as a worker, with the model that it carries.
struct Reader {
    child: Child,
    out: BufReader<ChildStdout>,
    name: String,
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Reader {
    /// Starts one that ends when nothing waits, and waits until it reads.
    fn start(house: &House, before: &[&str]) -> Self {
        let mut command = house.program(before, &["worker", "--once", "--lease", LEASE]);
        let mut child = command
            .env_remove("URVAL_MANIFEST")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program is there");
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        out.read_line(&mut line).expect("its first line");
        assert!(line.contains("reads what waits"), "a worker did not start: {line}");
        let name = line.split_whitespace().next().unwrap_or_default().to_owned();
        Self { child, out, name }
    }

    /// `kill -9`, now.
    fn kill(mut self) {
        self.child.kill().expect("a process");
        self.child.wait().expect("its end");
    }

    /// Waits for its end: how many it has read, in how many seconds.
    fn end(mut self) -> (u64, f64) {
        let mut said = String::new();
        self.out.read_to_string(&mut said).expect("its last line");
        assert!(self.child.wait().expect("its end").success(), "a worker failed: {said}");
        let mut words = said.split_whitespace().skip(1);
        let read = words.next().and_then(|n| n.parse().ok()).expect("a count");
        let seconds = words.nth(2).and_then(|n| n.parse().ok()).expect("seconds");
        (read, seconds)
    }
}

/// A letter that takes a while to read, or hardly any time: kills then hit reading and sealing.
fn letter() -> String {
    let [byte] = Chance::system().bytes::<1>().expect("chance");
    (0..=byte % 8)
        .map(|_| format!("Jag har lett ett projekt om {} och skrivit en rapport med resultat. ", word()))
        .collect()
}

/// Hands in applications: their receipt codes.
fn hand_in(house: &House, server: &Server, wanted: usize) -> Vec<String> {
    let mut visitor = server.client();
    let place = house.place_of("helsingborg").id.clone();
    (0..wanted)
        .map(|_| {
            let sent = json!({
                "protected_identity": false, "notice_version": urval::casework::intake::NOTICE_VERSION,
                "name": "Anna Påhittad", "email": "anna@example.com", "placements": [place],
                "letter": letter(), "language": "sv",
            });
            let path = format!("/api/v1/recruitments/{}/applications", house.round);
            let answer = visitor.post(&path, &sent).expect("an answer");
            assert_eq!(answer.status, 201, "{}", answer.text);
            answer.json()["receipt_code"].as_str().expect("a code").to_owned()
        })
        .collect()
}

fn in_state(house: &House, state: &str) -> usize {
    let sql = format!("SELECT CAST(COUNT(*) AS TEXT) FROM applications WHERE state = '{state}'");
    house.rows(&sql)[0][0].parse().expect("a count")
}

/// Lets workers read until nothing waits; a lease of a dead one has to end first.
fn read_the_rest(house: &House) {
    let began = Instant::now();
    while in_state(house, "submitted") > 0 {
        assert!(began.elapsed() < PATIENCE, "what a killed worker had in hand is never read");
        Reader::start(house, &[]).end();
        pass(Duration::from_millis(200));
    }
}

/// Every application is assessed, and its own file tells of one assessment.
fn each_was_assessed_once(house: &House, server: &Server, codes: &[String]) {
    assert_eq!(in_state(house, "assessed"), codes.len(), "lost, or held without a reason");
    assert_eq!(house.rows("SELECT application_id FROM work"), Vec::<Vec<String>>::new(), "work is left over");
    let visitor = server.client();
    for code in codes {
        let mut own = visitor.applicant(code).expect("the receipt opens the own file");
        let file = own.get("/api/v1/own").expect("an answer").json();
        assert_eq!(count(&file, "assessment.sealed"), 1, "{file}");
    }
}

fn campaign(engine: Engine, kills: u64, name: &str) {
    let Some(house) = House::build(engine) else { return };
    let began = Instant::now();
    let server = house.serve();
    let mut codes = Vec::new();
    let mut in_the_middle = 0_u64;
    for _ in 0..kills {
        if in_state(&house, "submitted") < STOCK {
            codes.extend(hand_in(&house, &server, STOCK));
        }
        let before = in_state(&house, "assessed");
        let reader = Reader::start(&house, &[]);
        let [turns, byte] = Chance::system().bytes::<2>().expect("chance");
        // Up to two are finished, then the kill comes somewhere in the next one, or in the pause between them.
        let (wanted, began) = (before + usize::from(turns % 3), Instant::now());
        while in_state(&house, "assessed") < wanted && began.elapsed() < PATIENCE {
            pass(Duration::from_millis(2));
        }
        pass(Duration::from_millis(u64::from(byte)));
        let name = reader.name.clone();
        reader.kill();
        let left = format!("SELECT lease FROM work WHERE lease IS NOT NULL AND leased_by = '{name}'");
        in_the_middle += u64::from(!house.rows(&left).is_empty());
    }
    read_the_rest(&house);
    each_was_assessed_once(&house, &server, &codes);
    assert!(in_the_middle > 0, "no kill hit a worker that had something in hand");
    figures(
        name,
        kills,
        &json!({
            "engine": format!("{engine:?}"), "kills": kills, "kills_with_a_lease_left": in_the_middle,
            "applications": codes.len(), "lost": 0, "doubled": 0, "seconds": began.elapsed().as_secs(),
        }),
    );
}

#[test]
fn a_worker_that_is_killed_loses_and_doubles_no_assessment_on_sqlite() {
    campaign(
        Engine::Sqlite,
        turns(10, 200),
        "faults::worker::a_worker_that_is_killed_loses_and_doubles_no_assessment_on_sqlite",
    );
}

#[test]
fn a_worker_that_is_killed_loses_and_doubles_no_assessment_on_postgresql() {
    campaign(
        Engine::Postgres,
        turns(10, 200),
        "faults::worker::a_worker_that_is_killed_loses_and_doubles_no_assessment_on_postgresql",
    );
}

#[test]
fn two_workers_share_one_queue_and_read_nothing_twice() {
    let Some(house) = House::build(Engine::Postgres) else { return };
    let server = house.serve();
    let each = usize::try_from(turns(24, 240)).expect("few");
    // A core each, as on two machines; the model otherwise takes all of them for one application.
    let (first, second) = (["taskset", "-c", "0"], ["taskset", "-c", "1"]);
    let mut codes = hand_in(&house, &server, each);
    let (alone, seconds_alone) = Reader::start(&house, &first).end();
    assert_eq!(alone, each as u64);
    codes.extend(hand_in(&house, &server, each));
    let pair = [Reader::start(&house, &first), Reader::start(&house, &second)];
    let [(a, seconds_a), (b, seconds_b)] = pair.map(Reader::end);
    assert!(a > 0 && b > 0, "one worker read everything: {a} and {b}");
    assert_eq!(a + b, each as u64, "{a} and {b}");
    each_was_assessed_once(&house, &server, &codes);
    let (one, two) = (each as f64 / seconds_alone, each as f64 / seconds_a.max(seconds_b));
    let rounded = |n: f64| (n * 100.0).round() / 100.0;
    figures(
        "faults::worker::two_workers_share_one_queue_and_read_nothing_twice",
        codes.len() as u64,
        &json!({
            "applications_a_second_1_worker": rounded(one), "applications_a_second_2_workers": rounded(two),
            "speed_up": rounded(two / one), "read_by_each_of_2": [a, b], "cores_a_worker": 1,
        }),
    );
}
