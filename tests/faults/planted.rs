//! The harness is asked whether it would have noticed: damage is planted from outside, as a lost write, a
//! doubled one, a half one, a forged one or an older copy of the database would leave it, and each must
//! be found.

use std::sync::Mutex;
use std::time::Duration;

use serde_json::json;

use super::house::{House, Server, pass};
use super::kill::{Sessions, Stock, fill, load_and_kill};
use super::oracle::Oracle;
use crate::fixture::{Engine, figures};

/// What is done to the database while nobody looks.
const DAMAGE: &[(&str, &str)] = &[
    (
        "the last entry is lost",
        "DELETE FROM audit_payloads WHERE seq = (SELECT MAX(seq) FROM audit_entries);
         DELETE FROM audit_entries WHERE seq = (SELECT MAX(seq) FROM audit_entries)",
    ),
    ("an entry in the middle is lost", "DELETE FROM audit_entries WHERE seq = 7"),
    (
        "an entry is doubled",
        "INSERT INTO audit_entries (seq, event, leaf, hash)
         SELECT (SELECT MAX(seq) + 1 FROM audit_entries), hash, leaf, hash FROM audit_entries WHERE seq = 7",
    ),
    (
        "an entry is altered",
        "UPDATE audit_entries SET leaf = (SELECT leaf FROM audit_entries WHERE seq = 6) WHERE seq = 7",
    ),
    ("a decision is lost", "DELETE FROM decisions WHERE id = (SELECT MIN(id) FROM decisions)"),
    (
        "a decision is turned",
        "UPDATE decisions SET outcome = CASE outcome WHEN 'proceed' THEN 'not_proceed' ELSE 'proceed' END
         WHERE id = (SELECT MIN(id) FROM decisions)",
    ),
    (
        "a request is doubled",
        "INSERT INTO rights_requests (id, application_id, kind, state, received_at, due_on)
         SELECT 'again', application_id, kind, state, received_at, due_on FROM rights_requests
         WHERE id = (SELECT MIN(id) FROM rights_requests)",
    ),
    ("a request is lost", "DELETE FROM rights_requests WHERE id = (SELECT MIN(id) FROM rights_requests)"),
    (
        "half the marks are lost",
        "DELETE FROM marks WHERE criterion_id IN ('K1', 'K2', 'K3', 'K4')
         AND application_id = (SELECT MIN(application_id) FROM marks)",
    ),
    (
        "a mark is altered",
        "UPDATE marks SET blind = '5', final = '5' WHERE criterion_id = 'K2'
         AND application_id = (SELECT MIN(application_id) FROM marks)",
    ),
    (
        "a sealed text is lost",
        "DELETE FROM envelopes WHERE field = 'original' AND application_id = (SELECT MIN(id) FROM applications)",
    ),
    (
        "a sealed text lies with another person",
        "UPDATE envelopes SET sealed = (SELECT sealed FROM envelopes WHERE field = 'original'
            AND application_id = (SELECT MAX(id) FROM applications))
         WHERE field = 'original' AND application_id = (SELECT MIN(id) FROM applications)",
    ),
    (
        "a receipt is altered",
        "UPDATE applications SET receipt_hash = X'00' WHERE id = (SELECT MIN(id) FROM applications)",
    ),
    (
        "an application is lost",
        "CREATE TEMP TABLE gone AS SELECT MIN(id) AS id FROM applications;
         DELETE FROM sessions WHERE application_id IN (SELECT id FROM gone);
         DELETE FROM marks WHERE application_id IN (SELECT id FROM gone);
         DELETE FROM decisions WHERE application_id IN (SELECT id FROM gone);
         DELETE FROM openings WHERE application_id IN (SELECT id FROM gone);
         DELETE FROM rights_requests WHERE application_id IN (SELECT id FROM gone);
         DELETE FROM envelopes WHERE application_id IN (SELECT id FROM gone);
         DELETE FROM application_placements WHERE application_id IN (SELECT id FROM gone);
         DELETE FROM applications WHERE id IN (SELECT id FROM gone)",
    ),
    (
        "an account is made behind the log",
        "INSERT INTO staff (id, login, name, password_hash, active)
         SELECT 'forged', 'forged', name, password_hash, 1 FROM staff WHERE id = (SELECT MIN(id) FROM staff)",
    ),
];

struct Lived {
    house: House,
    staff: Sessions,
    oracle: Oracle,
}

impl Lived {
    /// Some time of work, ended by a kill; checked, and lying still.
    fn on(house: House, oracle: Oracle, staff: Option<Sessions>) -> Self {
        let mut server = house.serve();
        let staff = staff.unwrap_or_else(|| Sessions::begin(&server));
        let oracle = Mutex::new(oracle);
        let stock = Stock::default();
        fill(&house, &server, &oracle, &stock, 6);
        load_and_kill(&house, &mut server, &staff, &oracle, &stock, Duration::from_millis(400));
        let mut server = house.serve();
        let mut oracle = oracle.into_inner().expect("the oracle");
        let wrong = oracle.check(&house, &server, &staff.recruiter, true);
        assert!(wrong.is_empty(), "undamaged: {}", wrong.join("\n"));
        server.kill();
        Self { house, staff, oracle }
    }

    /// What the oracle says of a copy that something was done to. A service that refuses to start has
    /// found it too.
    fn asked(&self, house: &House) -> Vec<String> {
        match house.try_serve(&[], &[]) {
            Err(why) => vec![format!("it does not start: {why}")],
            Ok(server) => self.oracle.clone().check(house, &server, &self.staff.recruiter, true),
        }
    }
}

fn replace_database(house: &House, with: &House) {
    for ending in ["", "-wal", "-shm"] {
        let name = format!("urval.sqlite{ending}");
        let (from, to) = (with.data.join(&name), house.data.join(&name));
        let _ = std::fs::remove_file(&to);
        if from.exists() {
            std::fs::copy(from, to).expect("a copy");
        }
    }
}

#[test]
fn every_planted_damage_is_found_and_none_where_there_is_none() {
    let early = Lived::on(House::build(Engine::Sqlite).expect("a file"), Oracle::default(), None);
    let backup = early.house.copy();
    let Lived { house, staff, oracle } = early;
    let lived = Lived::on(house, oracle, Some(staff));
    assert!(lived.oracle.known.len() > 4, "too little was done to damage anything");

    assert_eq!(lived.asked(&lived.house.copy()), Vec::<String>::new(), "an undamaged copy");
    let mut found = Vec::new();
    for (what, sql) in DAMAGE {
        let house = lived.house.copy();
        house.behind_its_back(sql);
        let wrong = lived.asked(&house);
        assert!(!wrong.is_empty(), "not found: {what}");
        found.push(json!({ "planted": what, "said": wrong[0] }));
    }

    // An older copy of the database, as a careless restore leaves it.
    let house = lived.house.copy();
    replace_database(&house, &backup);
    let wrong = lived.asked(&house);
    assert!(wrong.iter().any(|line| line.contains("shorter")), "roll-back: {wrong:?}");
    found.push(json!({ "planted": "an older copy of the database", "said": wrong.len() }));

    // And life goes on with it, past the entries that were lost: another log under the same key.
    let server: Server = house.serve();
    let mut recruiter = lived.staff.recruiter.moved_to(&server);
    let place = house.place_of("helsingborg").id.clone();
    for _ in 0..lived.oracle.entries {
        let page = recruiter.get(&format!("/api/v1/placements/{place}/ranking")).expect("an answer");
        assert_eq!(page.status, 200);
    }
    drop(server);
    pass(Duration::from_millis(1));
    let wrong = lived.asked(&house);
    assert!(wrong.iter().any(|line| line.contains("does not continue")), "fork: {wrong:?}");
    assert!(!wrong.iter().any(|line| line.contains("shorter")), "the fork is as long: {wrong:?}");
    found.push(json!({ "planted": "an older copy that went on (a fork)", "said": wrong.len() }));
    figures(
        "faults::planted::every_planted_damage_is_found_and_none_where_there_is_none",
        found.len() as u64,
        &json!({ "planted": found.len(), "found": found.len(), "which": found }),
    );
}
