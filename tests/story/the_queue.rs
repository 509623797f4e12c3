//! The queue of what the model reads: a fault of one application does not hold up the others, and who was too slow
//! writes nothing.

use serde_json::Value;
use urval::casework::screening::Screened;
use urval::casework::work::{TRIES_MAX, Turn, Worker};
use urval::guard::access::Job;
use urval::subject::role::Role;

use crate::fixture::{Client, Site, on_both};

const LETTER: &str =
    "I led a project group of five with goals and a schedule. I analysed the results in a report.";
const PLACE: &str = "helsingborg-digitalisering";

fn worker(name: &str) -> Worker {
    Worker::new(Job::Scorer, name)
}

/// Turns until nothing can be taken: who was assessed, held and failed.
async fn turns(site: &Site) -> (Vec<String>, Vec<String>, Vec<String>) {
    let (mut assessed, mut held, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        match site.app.take_turn(&worker("w")).await.expect("a turn") {
            Turn::Nothing => return (assessed, held, failed),
            Turn::Done(id, Screened::Assessed) => assessed.push(id.to_string()),
            Turn::Done(id, Screened::Held) => held.push(id.to_string()),
            Turn::Done(id, other) => panic!("{id}: {other:?}"),
            Turn::Failed(id, _) => failed.push(id.to_string()),
        }
    }
}

/// The labels of the log's entries of one kind.
async fn entries(dpo: &Client, action: &str) -> Vec<Value> {
    let page = dpo.get(&format!("/api/v1/log?action={action}")).await;
    assert_eq!(page.status, 200, "{}", page.text);
    page.json()["lines"].as_array().expect("lines").clone()
}

on_both! {
    async fn what_cannot_be_read_is_left_to_a_person_and_the_others_go_on(site) {
        let mut ids = Vec::new();
        for name in ["Anna Berg", "Bo Ek", "Cim Alm"] {
            ids.push(site.id_of(&site.apply(name, LETTER, &[PLACE]).await.label).await);
        }
        let (bad, mut good) = (ids[0].clone(), ids[1..].to_vec());
        good.sort();
        site.behind_its_back(&format!(
            "UPDATE envelopes SET sealed = (SELECT sealed FROM envelopes WHERE application_id = '{bad}' AND field = 'known') \
             WHERE application_id = '{bad}' AND field = 'pseudonymous'"
        ))
        .await;
        let (mut assessed, held, failed) = turns(&site).await;
        assessed.sort();
        assert_eq!((assessed, held), (good, vec![]));
        assert_eq!(failed, vec![bad.clone()], "it rests after a fault");
        for _ in 1..TRIES_MAX {
            site.clock.advance_seconds(600);
            assert_eq!(turns(&site).await, (vec![], vec![], vec![bad.clone()]));
        }
        site.clock.advance_seconds(600);
        assert_eq!(turns(&site).await, (vec![], vec![bad.clone()], vec![]));
        site.clock.advance_seconds(600);
        assert_eq!(turns(&site).await, (vec![], vec![], vec![]), "nobody tries again");

        // A person is told, with the reason.
        let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
        let list = recruiter.get(&format!("/api/v1/placements/{}/ranking", site.placement(PLACE).id)).await.json();
        assert_eq!(list["held"][0]["application"], bad.as_str(), "{list}");
        let lines = entries(&site.dpo_with_log().await, "application.held").await;
        assert_eq!(lines.len(), 1);
        let reason = lines[0]["detail"]["detail"]["reason"].as_str().expect("a reason");
        assert!(reason.contains("failed 5 times") && reason.contains("cannot be opened"), "{reason}");
    }

    async fn a_fault_of_the_service_is_no_fault_of_the_application(site) {
        let id = site.id_of(&site.apply("Anna Berg", LETTER, &[PLACE]).await.label).await;
        site.behind_its_back("ALTER TABLE audit_entries RENAME TO audit_gone").await;
        for _ in 0..=2 * TRIES_MAX {
            assert!(site.app.take_turn(&worker("w")).await.is_err());
            // Nothing could be written, so the lease itself has to end.
            site.clock.advance_seconds(61);
        }
        site.behind_its_back("ALTER TABLE audit_gone RENAME TO audit_entries").await;
        let (assessed, held, failed) = turns(&site).await;
        assert_eq!((assessed, held, failed), (vec![id], vec![], vec![]));
    }

    async fn a_worker_that_was_too_slow_writes_nothing(site) {
        let dpo = site.dpo_with_log().await;
        let long = LETTER.repeat(200);
        let id = site.id_of(&site.apply("Anna Berg", &long, &[PLACE]).await.label).await;
        // The criteria are read first, so that the slow one is in its text.
        site.app.ruler(&site.recruitment).await.expect("the criteria");
        let app = std::sync::Arc::clone(&site.app);
        let slow = tokio::spawn(async move { app.take_turn(&worker("slow")).await });
        while entries(&dpo, "application.read_by_model").await.is_empty() {}
        site.clock.advance_seconds(61);
        let quick = site.app.take_turn(&worker("quick")).await.expect("a turn");
        assert!(matches!(&quick, Turn::Done(read, Screened::Assessed) if read.as_str() == id), "{quick:?}");
        let slow = slow.await.expect("its end").expect("a turn");
        assert!(matches!(slow, Turn::Done(_, Screened::Elsewhere)), "{slow:?}");
        assert_eq!(entries(&dpo, "assessment.sealed").await.len(), 1);
    }

    async fn who_withdraws_while_the_model_reads_is_not_assessed(site) {
        let dpo = site.dpo_with_log().await;
        for kind in ["withdrawal", "ai_free"] {
            let made = site.apply("Anna Berg", &LETTER.repeat(200), &[PLACE]).await;
            let own = site.applicant(&made.code).await;
            site.app.ruler(&site.recruitment).await.expect("the criteria");
            let before = entries(&dpo, "application.read_by_model").await.len();
            let app = std::sync::Arc::clone(&site.app);
            let reading = tokio::spawn(async move { app.take_turn(&worker("w")).await });
            while entries(&dpo, "application.read_by_model").await.len() == before {}
            let page = own.post_json("/api/v1/own/requests", &serde_json::json!({ "kind": kind })).await;
            assert_eq!(page.status, 201, "{}", page.text);
            let turn = reading.await.expect("its end").expect("a turn");
            assert!(matches!(turn, Turn::Done(_, Screened::Elsewhere)), "{kind}: {turn:?}");
            assert!(entries(&dpo, "assessment.sealed").await.is_empty(), "{kind}");
        }
    }
}
