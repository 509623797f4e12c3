//! The control arm: a share of the applications, drawn by lot, that the model never reads.

use serde_json::json;
use urval::casework::work::{Turn, Worker};
use urval::guard::access::Job;
use urval::guard::lot::{commitment, drawn};
use urval::subject::id::ApplicationId;
use urval::subject::role::Role;

use crate::fixture::{Client, Receipt, Site, middle_marks, on_both};

const LETTER: &str =
    "I led a project group of five with goals and a schedule. I analysed the results in a report.";
const PLACE: &str = "helsingborg-digitalisering";
const CRITERIA: [&str; 8] = ["K1", "K2", "K3", "K4", "K5", "K6", "K9", "K10"];

async fn applied(site: &Site, count: usize) -> Vec<Receipt> {
    let mut made = Vec::new();
    for _ in 0..count {
        made.push(site.apply("Anna Berg", LETTER, &[PLACE]).await);
    }
    made
}

async fn set(site: &Site, by: &Client, share: &str) -> u16 {
    by.get("/konto").await;
    by.post_form(&format!("/kontrollgrupp/{}", site.recruitment), &[("share", share)]).await.status
}

/// Turns until nothing waits: how many were read.
async fn read(site: &Site) -> usize {
    let worker = Worker::new(Job::Scorer, "w");
    let mut count = 0;
    while let Turn::Done(..) = site.app.take_turn(&worker).await.expect("a turn") {
        count += 1;
    }
    count
}

on_both! {
    async fn the_model_reads_nobody_in_the_arm_and_the_draw_can_be_repeated(site) {
        let mut made = applied(&site, 10).await;
        let lead = site.staff(Role::ProgrammeLead, "klippan").await;
        assert_eq!(set(&site, &lead, "50").await, 303);
        made.extend(applied(&site, 14).await);
        let told = site.app.reveal_control(Job::Cli, &site.recruitment).await.expect("the draw");
        let (inside, outside) = (told.labels.len(), made.len() - told.labels.len());
        assert!(inside > 0 && outside > 0, "{inside} of {}", made.len());
        assert_eq!(read(&site).await, outside);

        // Whoever has the seed draws the same, and the log had the commitment before anything was read.
        let seed: [u8; 32] = hex::decode(&told.seed).expect("hex").try_into().expect("32 bytes");
        assert_eq!((told.share, told.commitment.as_str()), (50, commitment(&seed).as_str()));
        for one in &made {
            let id = ApplicationId::new(site.id_of(&one.label).await);
            assert_eq!(drawn(&seed, &id, 50), told.labels.contains(&one.label), "{}", one.label);
        }
        let dpo = site.dpo_with_log().await;
        let log = dpo.get("/api/v1/log?action=control.set").await.json();
        assert_eq!(log["lines"][0]["detail"]["detail"], json!({ "share": 50, "commitment": told.commitment }));
        let read_by_model = dpo.get("/api/v1/log?action=application.read_by_model").await.json();
        let lines = read_by_model["lines"].as_array().expect("lines");
        assert_eq!(lines.len(), outside);
        for line in lines {
            assert!(line["seq"].as_u64() > log["lines"][0]["seq"].as_u64());
            assert!(!told.labels.contains(&line["application"].as_str().expect("a label").to_owned()));
        }

        // Numbers for those who watch; bands for those outside the arm only.
        for watcher in [&dpo, &lead] {
            let words = watcher.get("/kontrollgrupp").await.words();
            assert!(words.contains(&format!("I kontrollgruppen {inside} Övriga {outside}")), "{words}");
        }
        let manager = site.staff(Role::HiringManager, "helsingborg").await;
        let list = manager.get(&format!("/api/v1/placements/{}/ranking", site.placement(PLACE).id)).await.json();
        let bands: usize = list["bands"].as_array().expect("bands").iter().map(|b| b.as_array().map_or(0, Vec::len)).sum();
        assert_eq!((bands, list["unbanded"].as_array().map_or(0, Vec::len)), (outside, inside));

        // The applicant is told, truthfully, on both sides.
        for one in &made {
            let words = site.applicant(&one.code).await.get("/min-ansokan/sida").await.words();
            let by_lot = words.contains("lottas till granskning utan AI-stöd");
            assert_eq!(by_lot, told.labels.contains(&one.label), "{words}");
            assert_eq!(words.contains("helt utan AI-stöd"), by_lot, "{words}");
        }
    }

    async fn a_reader_cannot_tell_the_arm_from_a_review_that_was_asked_for_without_ai(site) {
        let lead = site.staff(Role::ProgrammeLead, "klippan").await;
        assert_eq!(set(&site, &lead, "50").await, 303);
        let drawn = loop {
            let one = site.apply("Anna Berg", LETTER, &[PLACE]).await;
            let told = site.app.reveal_control(Job::Cli, &site.recruitment).await.expect("the draw");
            if told.labels.contains(&one.label) {
                break one;
            }
        };
        let asked = site.apply("Anna Berg", LETTER, &[PLACE]).await;
        let own = site.applicant(&asked.code).await;
        assert_eq!(own.post_json("/api/v1/own/requests", &json!({ "kind": "ai_free" })).await.status, 201);
        read(&site).await;
        let reader = site.staff(Role::Assessor, "helsingborg").await;
        let mut seen = Vec::new();
        for one in [&drawn, &asked] {
            let id = site.id_of(&one.label).await;
            let path = format!("/api/v1/applications/{id}");
            let blind = reader.get(&path).await.text;
            let marks = json!({ "marks": middle_marks(&CRITERIA) });
            assert_eq!(reader.post_json(&format!("{path}/marks"), &marks).await.status, 204);
            let page = reader.get(&format!("/arbete/ansokningar/{id}")).await.words();
            let after = reader.get(&path).await.text;
            let same = |text: String| text.replace(&id, "ID").replace(&one.label, "LABEL");
            seen.push((same(blind), same(page), same(after)));
        }
        assert_eq!(seen[0], seen[1]);
    }

    async fn a_share_is_set_once_by_the_lead_and_before_anything_is_read(site) {
        let lead = site.staff(Role::ProgrammeLead, "klippan").await;
        for share in ["0", "51", "-1", "x", ""] {
            assert_eq!(set(&site, &lead, share).await, 422, "{share:?}");
        }
        for role in [Role::Recruiter, Role::Dpo, Role::Operator, Role::HiringManager] {
            assert_eq!(set(&site, &site.staff(role, "helsingborg").await, "10").await, 403, "{role:?}");
        }
        applied(&site, 1).await;
        assert_eq!(read(&site).await, 1);
        assert_eq!(set(&site, &lead, "10").await, 409, "something is read");
        assert!(site.app.reveal_control(Job::Cli, &site.recruitment).await.is_err());
    }

    async fn a_second_share_is_refused(site) {
        let lead = site.staff(Role::ProgrammeLead, "klippan").await;
        assert_eq!(set(&site, &lead, "10").await, 303);
        let first = site.app.reveal_control(Job::Cli, &site.recruitment).await.expect("the draw");
        assert_eq!(set(&site, &lead, "20").await, 409);
        let again = site.app.reveal_control(Job::Cli, &site.recruitment).await.expect("the draw");
        assert_eq!((again.share, again.seed), (10, first.seed));
    }

    async fn what_came_in_while_the_share_was_set_is_drawn_before_it_is_read(site) {
        let lead = site.staff(Role::ProgrammeLead, "klippan").await;
        assert_eq!(set(&site, &lead, "50").await, 303);
        let made = applied(&site, 16).await;
        let before = site.app.reveal_control(Job::Cli, &site.recruitment).await.expect("the draw").labels;
        site.behind_its_back("UPDATE applications SET control_arm = NULL").await;
        let read = read(&site).await;
        let after = site.app.reveal_control(Job::Cli, &site.recruitment).await.expect("the draw").labels;
        assert_eq!(after, before);
        assert_eq!(read, made.len() - before.len());
    }
}
