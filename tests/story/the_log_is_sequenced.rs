//! Entries are numbered and signed in batches, by one sequencer at a time, on however many nodes; nothing
//! is acknowledged before, nothing gets two numbers, and what a dead node left gets its number.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;
use urval::casework::{App, Parts, Storage};
use urval::clock::Chance;
use urval::guard::access::{Actor, Job};
use urval::guard::keys::KeyRing;
use urval::guard::policy::Policies;
use urval::subject::role::Role;

use crate::fixture::{Site, figures, leaves_of, middle_marks, on_both};

/// Another process over the same database and keys.
async fn second_node(site: &Site) -> Arc<App> {
    let chance = Chance::system();
    let keys = KeyRing::create_or_open(site.folder.path(), &chance, true).expect("the same keys");
    let parts = Parts {
        keys: &keys,
        origin: urval::cli::open::ORIGIN,
        policies: Policies::shipped().expect("policies"),
        clock: site.clock.clone(),
        chance,
        encoder: None,
    };
    let file = site.folder.path().join("urval.sqlite");
    let storage = site.postgres.as_deref().map_or(Storage::Sqlite(&file), Storage::Postgres);
    Arc::new(App::open(storage, parts).await.expect("a second node"))
}

fn numbers(leaves: &[Vec<u8>]) -> BTreeSet<u64> {
    leaves.iter().map(|leaf| urval::guard::audit::Leaf::parse(leaf).expect("a leaf").seq).collect()
}

on_both! {
    async fn two_nodes_and_many_readers_leave_one_log_without_gaps_or_doubles(site) {
        const READERS: u64 = 40;
        const EACH: u64 = 10;
        let other = second_node(&site).await;
        let before = site.db.log_head().await.expect("the head").size;
        let mut tasks = Vec::new();
        for reader in 0..READERS {
            let app = Arc::clone(if reader % 2 == 0 { &site.app } else { &other });
            let round = site.recruitment.clone();
            tasks.push(tokio::spawn(async move {
                for _ in 0..EACH {
                    app.counts(&Actor::Job(Job::Cli), &round).await.expect("counts");
                }
            }));
        }
        for turn in 0..4 {
            site.apply(&format!("Anna Berg{turn}"), "I led a project.", &["klippan-ekonomi"]).await;
        }
        for task in tasks {
            task.await.expect("a reader");
        }
        // Each application leaves two entries: handed in, sealed.
        let after = site.db.log_head().await.expect("the head").size;
        assert_eq!(after - before, READERS * EACH + 8);
        let leaves = leaves_of(&other).await;
        assert_eq!(numbers(&leaves), (0..=after).collect(), "the export itself is the last entry");
        let dir = site.folder.path().join("export");
        site.app.export_log(&Actor::Job(Job::Cli), &dir).await.expect("an export");
        let vkey = urval::guard::audit::note::Vkey::parse(&site.app.log_vkey()).expect("the key");
        let report = urval::guard::audit::verify::verify_dir(&dir, &vkey);
        assert!(report.ok, "{report:?}");
        if site.postgres.is_none() {
            figures(
                "story::the_log_is_sequenced::two_nodes_and_many_readers_leave_one_log_without_gaps_or_doubles",
                after - before,
                &json!({ "nodes": 2, "gaps": 0, "doubles": 0 }),
            );
        }
    }

    async fn a_change_is_not_acknowledged_before_its_number_and_gets_it_later(site) {
        let made = site.apply("Anna Berg", "I led a project with goals.", &["helsingborg-digitalisering"]).await;
        let id = site.id_of(&made.label).await;
        let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
        assert_eq!(recruiter.get(&format!("/arbete/ansokningar/{id}")).await.status, 200);
        // Only the sequencer writes here: the change itself can be committed.
        site.behind_its_back("ALTER TABLE audit_payloads RENAME TO payloads_gone").await;
        let marks = json!({ "marks": middle_marks(&["K1", "K2", "K3", "K4", "K5", "K6", "K9", "K10"]) });
        let path = format!("/api/v1/applications/{id}/marks");
        assert_eq!(recruiter.post_json(&path, &marks).await.status, 503, "done, and not acknowledged");
        // Now it is known that the log fails: nothing more begins.
        let size = site.db.log_head().await.expect("the head").size;
        let sent = json!({
            "protected_identity": false, "notice_version": urval::casework::intake::NOTICE_VERSION, "language": "sv",
            "name": "Bo Ek", "email": "bo@example.com", "letter": "Hej",
            "placements": [site.placement("helsingborg-digitalisering").id.to_string()],
        });
        let door = format!("/api/v1/recruitments/{}/applications", site.recruitment);
        assert_eq!(site.visitor().post_json(&door, &sent).await.status, 503);
        site.behind_its_back("ALTER TABLE payloads_gone RENAME TO audit_payloads").await;
        // The log is well again: the next request succeeds, and the change's entry comes before it.
        let file = recruiter.get(&format!("/api/v1/applications/{id}")).await;
        assert_eq!(file.status, 200, "{}", file.text);
        assert_eq!(file.json()["revealed"], json!(true), "the marks were kept");
        let leaves = leaves_of(&site.app).await;
        let after: Vec<String> = leaves[size as usize..]
            .iter()
            .map(|leaf| urval::guard::audit::Leaf::parse(leaf).expect("a leaf").entry.action)
            .collect();
        assert_eq!(after, ["application.marked", "application.opened", "log.exported"]);
        let counts = site.app.counts(&Actor::Job(Job::Cli), &site.recruitment).await.expect("counts");
        assert_eq!(counts, vec![("submitted".to_owned(), false, 1)], "the second application left nothing");
    }

    async fn what_a_node_left_before_it_died_gets_its_number_from_the_next_start(site) {
        let made = site.apply("Anna Berg", "I led a project.", &["helsingborg-digitalisering"]).await;
        let id = site.id_of(&made.label).await;
        let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
        assert_eq!(recruiter.get(&format!("/arbete/ansokningar/{id}")).await.status, 200);
        site.behind_its_back("ALTER TABLE audit_payloads RENAME TO payloads_gone").await;
        let marks = json!({ "marks": middle_marks(&["K1", "K2", "K3", "K4", "K5", "K6", "K9", "K10"]) });
        assert_eq!(recruiter.post_json(&format!("/api/v1/applications/{id}/marks"), &marks).await.status, 503);
        let size = site.db.log_head().await.expect("the head").size;
        site.behind_its_back("ALTER TABLE payloads_gone RENAME TO audit_payloads").await;
        let next = second_node(&site).await;
        let leaves = leaves_of(&next).await;
        let first = urval::guard::audit::Leaf::parse(&leaves[size as usize]).expect("a leaf");
        assert_eq!((first.seq, first.entry.action.as_str()), (size, "application.marked"));
    }

    async fn an_entry_cannot_get_two_numbers(site) {
        let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
        let path = format!("/arbete/placeringar/{}", site.placement("helsingborg-digitalisering").id);
        assert_eq!(recruiter.get(&path).await.status, 200);
        // The first entry has no predecessor, so it could pass for one that waits.
        site.behind_its_back(
            "INSERT INTO audit_pending (event, happened_at, leaf, sealed) \
             SELECT event, 1, leaf, sealed FROM audit_entries JOIN audit_payloads USING (seq) WHERE seq = 0",
        ).await;
        let size = site.db.log_head().await.expect("the head").size;
        let shown = recruiter.get(&path).await;
        assert_eq!(shown.status, 503, "{}", shown.words());
        assert_eq!(site.db.log_head().await.expect("the head").size, size);
        site.behind_its_back("DELETE FROM audit_pending").await;
        assert_eq!(recruiter.get(&path).await.status, 200);
    }
}
