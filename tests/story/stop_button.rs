//! The stop button: one click by one person, and everybody works on without AI, on the same applications.

use serde_json::{Value, json};
use urval::casework::screening::Screened;
use urval::casework::work::{Turn, Worker};
use urval::guard::access::Job;
use urval::subject::role::Role;

use crate::fixture::{Client, Receipt, Site, middle_marks, on_both};

const LETTER: &str =
    "I led a project group of five with goals and a schedule. I analysed the results in a report.";
const PLACE: &str = "helsingborg-digitalisering";
const CRITERIA: [&str; 8] = ["K1", "K2", "K3", "K4", "K5", "K6", "K9", "K10"];
const WHY: &str = "Banden ser fel ut för en hel grupp.";
const MENDED: &str = "Felet är utrett och rättat.";

async fn applied(site: &Site, count: usize) -> Vec<Receipt> {
    let mut made = Vec::new();
    for number in 0..count {
        let first = format!("I want to learn method number {number}, and to lead.");
        let place = site.placement(PLACE).id.as_str();
        made.push(
            site.apply_with(json!({
                "protected_identity": false, "notice_version": urval::casework::intake::NOTICE_VERSION,
                "name": "Anna Berg", "email": "anna@example.com", "placements": [place], "letter": LETTER,
                "answers": { "F1": first, "F2": "A report of mine." }, "language": "en",
            }))
            .await,
        );
    }
    made
}

fn desk(site: &Site) -> String {
    format!("/arbete/placeringar/{}", site.placement(PLACE).id)
}

fn list(site: &Site) -> String {
    format!("/api/v1/placements/{}/ranking", site.placement(PLACE).id)
}

async fn mark(reader: &Client, id: &str) {
    reader.get(&format!("/api/v1/applications/{id}")).await;
    let marks = json!({ "marks": middle_marks(&CRITERIA) });
    let page = reader.post_json(&format!("/api/v1/applications/{id}/marks"), &marks).await;
    assert_eq!(page.status, 204, "{}", page.text);
}

/// A person's click: the page first, as a browser has it.
async fn click(site: &Site, by: &Client, what: &str, why: &str) -> u16 {
    by.get("/ai-stod").await;
    by.post_form(&format!("/ai-stod/{}/{what}", site.recruitment), &[("reason", why)]).await.status
}

/// Whether an answer of the interface holds a band, a level or evidence.
fn tells(value: &Value) -> bool {
    let placements = value["placements"].as_array().expect("placements");
    let any = placements
        .iter()
        .any(|one| !one["band"].is_null() || !one["total"].is_null() || one["explained"] != json!([]));
    any || !value["made_by"].is_null()
}

on_both! {
    async fn one_click_takes_every_band_level_and_quote_away_and_a_start_brings_them_back(site) {
        let made = applied(&site, 3).await;
        site.score().await;
        let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
        let assessor = site.staff(Role::Assessor, "helsingborg").await;
        let manager = site.staff(Role::HiringManager, "helsingborg").await;
        let id = site.id_of(&made[0].label).await;
        mark(&assessor, &id).await;
        let before = assessor.get(&list(&site)).await.json();
        assert_eq!(before["ai_support"]["state"], "on");
        assert!(tells(&assessor.get(&format!("/api/v1/applications/{id}")).await.json()));
        assert!(manager.get(&desk(&site)).await.words().contains("Rangband 1"));

        // The button is where the recruiter works, and nowhere for the others.
        assert!(recruiter.get(&desk(&site)).await.text.contains("/stopp\""));
        assert!(!assessor.get(&desk(&site)).await.text.contains("/stopp\""));
        assert_eq!(click(&site, &recruiter, "stopp", WHY).await, 303);
        assert_eq!(click(&site, &recruiter, "stopp", WHY).await, 409, "a double click");

        for reader in [&assessor, &manager, &recruiter] {
            let words = reader.get(&desk(&site)).await.words();
            assert!(words.contains("AI-stödet är avstängt sedan") && words.contains("av rekryterare"), "{words}");
            assert!(words.contains(WHY) && !words.contains("Rangband 1"), "{words}");
            let told = reader.get(&list(&site)).await.json();
            assert_eq!((&told["ai_support"]["state"], &told["ai_support"]["by"]), (&json!("stopped"), &json!("recruiter")));
            assert!(told["bands"].as_array().expect("bands").iter().all(|band| band == &json!([])), "{told}");
            let one = reader.get(&format!("/api/v1/applications/{id}")).await.json();
            assert!(!tells(&one), "{one}");
            let review = reader.get(&format!("/arbete/ansokningar/{id}")).await;
            assert!(review.words().contains("AI-stödet är avstängt"), "{}", review.words());
            assert!(!review.text.contains("bandscale") && !review.text.contains("<mark"), "evidence is shown");
        }
        // The same applications, in the order that this reader had.
        let after = assessor.get(&list(&site)).await.json();
        assert_eq!(after["unread"], before["unread"]);
        assert_eq!(after["unbanded"][0]["application"], id.as_str());

        // Whoever reads marks on; nothing of the model is revealed by it.
        let second = site.id_of(&made[1].label).await;
        mark(&assessor, &second).await;
        assert!(!tells(&assessor.get(&format!("/api/v1/applications/{second}")).await.json()));

        let lead = site.staff(Role::ProgrammeLead, "klippan").await;
        assert_eq!(click(&site, &lead, "start", "kort").await, 422);
        assert_eq!(click(&site, &lead, "start", MENDED).await, 303);
        assert_eq!(click(&site, &lead, "start", MENDED).await, 409);
        assert!(tells(&assessor.get(&format!("/api/v1/applications/{id}")).await.json()));
        assert!(manager.get(&desk(&site)).await.words().contains("Rangband 1"));

        // The data-protection officer is told, and the log has both.
        let dpo = site.dpo_with_log().await;
        for path in ["/dso/logg", "/tillsyn"] {
            let words = dpo.get(path).await.words();
            assert!(words.contains("AI-stödet slogs på igen") && words.contains(MENDED), "{words}");
        }
        for (action, role, why) in [("ai.stopped", "recruiter", WHY), ("ai.started", "programme_lead", MENDED)] {
            let log = dpo.get(&format!("/api/v1/log?action={action}&outcome=allowed")).await.json();
            let lines = log["lines"].as_array().expect("lines");
            // A double click leaves no second entry.
            assert_eq!(lines.len(), 1, "{log}");
            assert_eq!(lines[0]["role"], role);
            assert_eq!(lines[0]["detail"]["detail"]["reason"], why);
        }
    }

    async fn the_model_reads_nothing_while_it_is_stopped(site) {
        applied(&site, 2).await;
        let dpo = site.staff(Role::Dpo, "helsingborg").await;
        let path = format!("/api/v1/recruitments/{}/ai-stops", site.recruitment);
        assert_eq!(dpo.post_json(&path, &json!({ "reason": WHY })).await.status, 204);
        let worker = Worker::new(Job::Scorer, "w");
        assert!(matches!(site.app.take_turn(&worker).await.expect("a turn"), Turn::Nothing));
        assert!(site.app.waiting(&site.recruitment).await.expect("the queue").is_empty());
        let lead = site.staff(Role::ProgrammeLead, "klippan").await;
        assert_eq!(click(&site, &lead, "start", MENDED).await, 303);
        assert!(matches!(site.app.take_turn(&worker).await.expect("a turn"), Turn::Done(..)));
    }

    async fn what_was_being_read_when_it_was_stopped_is_not_kept(site) {
        site.apply("Anna Berg", &LETTER.repeat(200), &[PLACE]).await;
        let dpo = site.dpo_with_log().await;
        site.app.ruler(&site.recruitment).await.expect("the criteria");
        let app = std::sync::Arc::clone(&site.app);
        let reading = tokio::spawn(async move { app.take_turn(&Worker::new(Job::Scorer, "w")).await });
        while dpo.get("/api/v1/log?action=application.read_by_model").await.json()["lines"] == json!([]) {}
        assert_eq!(click(&site, &dpo, "stopp", WHY).await, 303);
        let turn = reading.await.expect("its end").expect("a turn");
        assert!(matches!(turn, Turn::Done(_, Screened::Elsewhere)), "{turn:?}");
        let sealed = dpo.get("/api/v1/log?action=assessment.sealed").await.json();
        assert_eq!(sealed["lines"], json!([]));
    }

    async fn who_may_not_stop_or_start_is_refused(site) {
        for role in [Role::Assessor, Role::HiringManager, Role::Operator, Role::Registrar] {
            let client = site.staff(role, "helsingborg").await;
            assert_eq!(click(&site, &client, "stopp", WHY).await, 403, "{role:?}");
        }
        let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
        let path = format!("/ai-stod/{}/stopp", site.recruitment);
        let page = recruiter.post_form(&path, &[("reason", "kort")]).await;
        assert_eq!(page.status, 422);
        assert!(page.words().contains("Ingenting är ändrat"));
        assert_eq!(click(&site, &recruiter, "stopp", WHY).await, 303);
        for role in [Role::Recruiter, Role::Dpo] {
            let client = site.staff(role, "helsingborg").await;
            assert_eq!(click(&site, &client, "start", WHY).await, 403, "{role:?}");
        }
    }

    async fn people_read_question_by_question_in_their_own_order(site) {
        let made = applied(&site, 24).await;
        let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
        let other = site.staff(Role::Assessor, "helsingborg").await;
        assert_eq!(click(&site, &recruiter, "stopp", WHY).await, 303);
        let path = format!("{}/fragor/F1", desk(&site));
        assert!(recruiter.get(&desk(&site)).await.text.contains(&path));
        let labels = |text: &str| -> Vec<String> {
            let place = |one: &Receipt| Some((text.find(&one.label)?, one.label.clone()));
            let mut found: Vec<(usize, String)> = made.iter().filter_map(place).collect();
            found.sort();
            found.into_iter().map(|(_, label)| label).collect()
        };
        let (first, second) = (recruiter.get(&path).await, recruiter.get(&format!("{path}?sida=1")).await);
        assert_eq!((first.status, second.status), (200, 200));
        let mut mine = labels(&first.text);
        assert_eq!(mine.len(), 20);
        assert!(first.words().contains("I want to learn method number"), "{}", first.words());
        assert!(!first.words().contains("A report of mine"), "another question's answer");
        assert_eq!(labels(&recruiter.get(&path).await.text), mine, "the order stays");
        assert_ne!(labels(&other.get(&path).await.text), mine, "another reader has another order");
        mine.extend(labels(&second.text));
        let mut all: Vec<String> = made.iter().map(|one| one.label.clone()).collect();
        mine.sort();
        all.sort();
        assert_eq!(mine, all, "everybody, once");
        assert_eq!(recruiter.get(&format!("{}/fragor/F99", desk(&site))).await.status, 404);

        // Every answer that was shown is an entry about that application.
        let file = site.applicant(&made[0].code).await.get("/api/v1/own").await.text;
        assert!(file.contains("answer.shown"), "{file}");
        // Who is partial sees no answer of that application.
        let id = site.id_of(&made[0].label).await;
        let page = other.post_json(&format!("/api/v1/applications/{id}/conflicts"), &json!({})).await;
        assert_eq!(page.status, 204);
        let left = [other.get(&path).await.text, other.get(&format!("{path}?sida=1")).await.text].concat();
        assert!(!left.contains(&made[0].label));
    }
}
