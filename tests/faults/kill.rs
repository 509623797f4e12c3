//! `kill -9` at any moment, under load, again and again.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use urval::clock::Chance;

use super::house::{House, MANAGER, RECRUITER, Server, Wire, pass, word};
use super::oracle::{CRITERIA, Deed, Oracle};
use super::turns;
use crate::fixture::{Engine, figures, middle_marks};

const CLIENTS: usize = 4;
/// Applications at hand.
const STOCK: usize = 60;

/// The sessions of the staff, which outlive the server.
pub struct Sessions {
    pub recruiter: Wire,
    pub manager: Wire,
}

impl Sessions {
    pub fn begin(server: &Server) -> Self {
        let enter = |login| server.client().staff(login);
        Self { recruiter: enter(RECRUITER), manager: enter(MANAGER) }
    }
}

/// Applications that nothing has been done to yet: label and receipt code.
pub type Stock = Mutex<Vec<(String, String)>>;

/// Hands in applications until it is told to stop or nobody answers. The first one after a start is slow:
/// the pseudonymiser reads its word lists then.
fn hand_in(house: &House, server: &Server, oracle: &Mutex<Oracle>, stock: &Stock, stop: &dyn Fn() -> bool) {
    let mut visitor = server.client();
    while !stop() {
        let word = word();
        oracle.lock().expect("the oracle").sends(&word);
        let Some(answer) = visitor.submit(house, &word) else { return };
        if answer.status != 201 {
            // Not acknowledged, so nothing is known; the check finds out.
            continue;
        }
        let made = answer.json();
        let (label, code) =
            (made["label"].as_str().expect("a label"), made["receipt_code"].as_str().expect("a code"));
        oracle.lock().expect("the oracle").submitted(&word, label, code);
        stock.lock().expect("the stock").push((label.into(), code.into()));
    }
}

/// Takes applications of the stock through everything that can be done to them, until it is told to stop
/// or nobody answers.
fn work(
    house: &House,
    server: &Server,
    staff: &Sessions,
    oracle: &Mutex<Oracle>,
    stock: &Stock,
    stop: &dyn Fn() -> bool,
) {
    let mut visitor = server.client();
    let mut recruiter = staff.recruiter.moved_to(server);
    let mut manager = staff.manager.moved_to(server);
    let place = house.place_of("helsingborg").id.clone();
    while !stop() {
        let Some((label, code)) = stock.lock().expect("the stock").pop() else {
            pass(Duration::from_millis(5));
            continue;
        };
        let id = match house.try_id_of(&label) {
            Ok(Some(id)) => id,
            Ok(None) => continue,
            // It is the database that is being killed, and nothing was done to this one.
            Err(_) => {
                stock.lock().expect("the stock").push((label, code));
                pass(Duration::from_millis(5));
                continue;
            }
        };
        let path = format!("/api/v1/applications/{id}");
        for reader in [&mut recruiter, &mut manager] {
            let Some(page) = reader.get(&path) else { return };
            if page.status == 200 {
                oracle.lock().expect("the oracle").opened(&label);
            }
        }
        let attempt = |wire: &mut Wire, deed: Deed, path: &str, body: &serde_json::Value| -> Option<()> {
            oracle.lock().expect("the oracle").tries(&label, &deed);
            let answer = wire.post(path, body)?;
            match answer.status {
                200..300 => oracle.lock().expect("the oracle").did(&label, &deed),
                400..500 => oracle.lock().expect("the oracle").did_not(&label, &deed),
                _ => {}
            }
            Some(())
        };
        let outcome = if label.ends_with(['2', '3', '4', '5', '6', '7']) { "proceed" } else { "not_proceed" };
        let marks = json!({ "marks": middle_marks(&CRITERIA) });
        let decision =
            json!({ "placement": place, "outcome": outcome, "reason": "Starka belägg för K5 och K6." });
        let decided = Deed::Decided(place.clone(), outcome);
        let Some(()) = attempt(&mut recruiter, Deed::Marked, &format!("{path}/marks"), &marks) else {
            return;
        };
        let Some(()) = attempt(&mut manager, decided, &format!("{path}/decisions"), &decision) else {
            return;
        };
        let Some(mut own) = visitor.applicant(&code) else { continue };
        for kind in ["access", "erasure"] {
            let body = json!({ "kind": kind });
            let Some(()) = attempt(&mut own, Deed::Requested(kind), "/api/v1/own/requests", &body) else {
                return;
            };
        }
        if let Some(note) = visitor.get("/api/v1/log/checkpoint").filter(|page| page.status == 200) {
            oracle.lock().expect("the oracle").saw(&note.text);
        }
    }
}

/// Fills the stock up, with nothing going wrong.
pub fn fill(house: &House, server: &Server, oracle: &Mutex<Oracle>, stock: &Stock, most: usize) {
    let full = || stock.lock().expect("the stock").len() >= most;
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| hand_in(house, server, oracle, stock, &full));
        }
    });
    assert!(full(), "{}", server.said());
}

/// Lets clients work for a while, then does something in the middle. The clients then stop.
fn load_and(
    house: &House,
    server: &Server,
    staff: &Sessions,
    oracle: &Mutex<Oracle>,
    stock: &Stock,
    time: Duration,
    blow: impl FnOnce(),
) {
    let stop = AtomicBool::new(false);
    let stopped = || stop.load(Ordering::SeqCst);
    std::thread::scope(|scope| {
        scope.spawn(|| hand_in(house, server, oracle, stock, &stopped));
        for _ in 1..CLIENTS {
            scope.spawn(|| work(house, server, staff, oracle, stock, &stopped));
        }
        pass(time);
        blow();
        stop.store(true, Ordering::SeqCst);
    });
}

/// Lets clients work for a while and kills the server in the middle.
pub fn load_and_kill(
    house: &House,
    server: &mut Server,
    staff: &Sessions,
    oracle: &Mutex<Oracle>,
    stock: &Stock,
    time: Duration,
) {
    // The clients hold the server by reference, so the signal goes by number.
    let pid = server.pid().to_string();
    load_and(house, server, staff, oracle, stock, time, || {
        let done = std::process::Command::new("kill").args(["-9", &pid]).status().expect("kill");
        assert!(done.success());
    });
    server.kill();
}

fn moment() -> Duration {
    let [a, b] = Chance::system().bytes::<2>().expect("chance");
    Duration::from_millis(20 + u64::from(u16::from_be_bytes([a, b])) % 500)
}

/// A log-in that a kill cut off stays counted as a failed one, as it must. So many kills in a row would
/// shut the door for a minute at a time.
fn forgive(house: &House) {
    house.behind_its_back("DELETE FROM throttles");
}

fn campaign(engine: Engine, cycles: u64, name: &str) {
    let Some(house) = House::build(engine) else { return };
    let began = Instant::now();
    let oracle = Mutex::new(Oracle::default());
    let mut server = house.serve();
    let staff = Sessions::begin(&server);
    let stock = Stock::default();
    let mut starts = Vec::new();
    for cycle in 0..cycles {
        if stock.lock().expect("the stock").len() < STOCK / 2 {
            fill(&house, &server, &oracle, &stock, STOCK);
        }
        load_and_kill(&house, &mut server, &staff, &oracle, &stock, moment());
        server = house.serve();
        starts.push(server.started.as_secs_f64() * 1000.0);
        forgive(&house);
        let mut known = oracle.lock().expect("the oracle");
        let wrong = known.check(&house, &server, &staff.recruiter, false);
        assert!(wrong.is_empty(), "after kill {cycle}:\n{}\n{}", wrong.join("\n"), server.said());
    }
    let mut known = oracle.into_inner().expect("the oracle");
    let wrong = known.check(&house, &server, &staff.recruiter, true);
    assert!(wrong.is_empty(), "at the end:\n{}", wrong.join("\n"));
    assert!(known.acknowledged > cycles, "the load was too thin to say anything: {}", known.acknowledged);
    starts.sort_by(f64::total_cmp);
    figures(
        name,
        cycles,
        &json!({
            "engine": format!("{engine:?}"), "kills": cycles, "acknowledged": known.acknowledged,
            "applications": known.known.len(), "entries": known.entries,
            "unanswered_and_stored": known.stored_unanswered, "unanswered_and_gone": known.gone_unanswered,
            "lost": 0, "doubled": 0, "half": 0,
            "start_ms_median": starts[starts.len() / 2].round(), "start_ms_max": starts[starts.len() - 1].round(),
            "seconds": began.elapsed().as_secs(),
        }),
    );
}

#[test]
fn nothing_acknowledged_is_lost_doubled_or_half_when_the_service_is_killed_on_sqlite() {
    campaign(
        Engine::Sqlite,
        turns(50, 500),
        "faults::kill::nothing_acknowledged_is_lost_doubled_or_half_when_the_service_is_killed_on_sqlite",
    );
}

#[test]
fn nothing_acknowledged_is_lost_doubled_or_half_when_the_service_is_killed_on_postgresql() {
    campaign(
        Engine::Postgres,
        turns(10, 500),
        "faults::kill::nothing_acknowledged_is_lost_doubled_or_half_when_the_service_is_killed_on_postgresql",
    );
}

#[test]
#[ignore = "long: makes a PostgreSQL server of its own and kills it again and again"]
fn nothing_acknowledged_is_lost_when_postgresql_itself_is_killed_and_the_service_goes_on() {
    let cluster = super::cluster::Cluster::start_new();
    let house = House::build_at(tempfile::tempdir().expect("a folder"), Some(cluster.url()));
    let server = house.serve();
    let staff = Sessions::begin(&server);
    let oracle = Mutex::new(Oracle::default());
    let stock = Stock::default();
    let cycles = turns(5, 50);
    for cycle in 0..cycles {
        if stock.lock().expect("the stock").len() < STOCK / 2 {
            fill(&house, &server, &oracle, &stock, STOCK);
        }
        load_and(&house, &server, &staff, &oracle, &stock, moment(), || {
            cluster.kill();
            pass(moment());
            cluster.start();
        });
        forgive(&house);
        let mut known = oracle.lock().expect("the oracle");
        let wrong = known.check(&house, &server, &staff.recruiter, false);
        assert!(wrong.is_empty(), "after kill {cycle}:\n{}\n{}", wrong.join("\n"), server.said());
    }
    let mut known = oracle.into_inner().expect("the oracle");
    let wrong = known.check(&house, &server, &staff.recruiter, true);
    assert!(wrong.is_empty(), "at the end:\n{}", wrong.join("\n"));
    assert!(known.acknowledged > cycles, "the load was too thin: {}", known.acknowledged);
    figures(
        "faults::kill::nothing_acknowledged_is_lost_when_postgresql_itself_is_killed_and_the_service_goes_on",
        cycles,
        &json!({
            "kills": cycles, "acknowledged": known.acknowledged, "entries": known.entries,
            "unanswered_and_stored": known.stored_unanswered, "unanswered_and_gone": known.gone_unanswered,
            "lost": 0, "restarts_of_the_service": 0,
        }),
    );
}
