//! A reader searches in what he or she has read; a search that would select people on sensitive data is refused with
//! the paragraph, and both are in the log before anything is shown.

use serde_json::json;
use urval::subject::role::Role;

use crate::fixture::{Client, Site, figures, middle_marks, on_both};

const ASKED: [&str; 8] = ["K1", "K2", "K3", "K4", "K5", "K6", "K9", "K10"];
const PLACE: &str = "helsingborg-digitalisering";

async fn applied(site: &Site, name: &str, letter: &str) -> (String, String) {
    let made = site.apply(name, letter, &[PLACE]).await;
    (made.label.clone(), site.id_of(&made.label).await)
}

async fn marked(client: &Client, id: &str) {
    client.get(&format!("/api/v1/applications/{id}")).await;
    let marks = json!({ "marks": middle_marks(&ASKED) });
    let page = client.post_json(&format!("/api/v1/applications/{id}/marks"), &marks).await;
    assert!(page.status < 300, "{}", page.text);
}

on_both! {
    async fn a_reader_finds_only_what_he_or_she_has_marked(site) {
        let (first, first_id) = applied(&site, "Anna Berg", "I led a project group of five with goals and a schedule.").await;
        let (second, _) = applied(&site, "Bo Ek", "I led another project with a large budget and a report.").await;
        let (third, third_id) = applied(&site, "Cia Lund", "I planned a project and wrote its schedule in a report.").await;
        site.score().await;
        let assessor = site.staff(Role::Assessor, "helsingborg").await;
        let base = format!("/arbete/placeringar/{}/sok", site.placement(PLACE).id);
        let api = format!("/api/v1/placements/{}/search", site.placement(PLACE).id);

        let form = assessor.get(&base).await;
        assert!(form.status == 200 && form.words().contains("3 kap. 3 § dataskyddslagen"), "{}", form.words());
        let blind = assessor.get(&format!("{api}?q=project")).await.json();
        assert_eq!(blind, json!({ "searched": 0, "found": [] }), "nothing is marked yet");

        marked(&assessor, &first_id).await;
        let page = assessor.get(&format!("{base}?q=PROJ%20schedule")).await;
        assert!(page.words().contains(&first) && page.words().contains("1 av 1"), "{}", page.words());
        assert!(page.words().contains("I led a project group"), "the passage is quoted: {}", page.words());
        assert!(!page.words().contains(&second) && !page.words().contains(&third), "{}", page.words());

        marked(&assessor, &third_id).await;
        let both = assessor.get(&format!("{api}?q=schedule")).await.json();
        assert_eq!(both["searched"], json!(2));
        let labels = |found: &serde_json::Value| -> Vec<String> {
            found["found"].as_array().expect("a list").iter().map(|hit| hit["label"].as_str().expect("a label").to_owned()).collect()
        };
        assert_eq!(labels(&both).len(), 2);
        assert_eq!(labels(&both), labels(&assessor.get(&format!("{api}?q=schedule")).await.json()), "one reader, one order");
        assert_eq!(labels(&assessor.get(&format!("{api}?q=goals%20schedule")).await.json()), std::slice::from_ref(&first));

        // Another reader has marked nothing; who decides finds what he or she has opened.
        let other = site.staff(Role::Recruiter, "helsingborg").await;
        assert_eq!(other.get(&format!("{api}?q=schedule")).await.json()["searched"], json!(0));
        let manager = site.staff(Role::HiringManager, "helsingborg").await;
        assert_eq!(manager.get(&format!("{api}?q=schedule")).await.json()["searched"], json!(0));
        manager.get(&format!("/api/v1/applications/{third_id}")).await;
        assert_eq!(labels(&manager.get(&format!("{api}?q=schedule")).await.json()), std::slice::from_ref(&third));

        // A conflict that is declared takes the application out at once.
        let declared = assessor.post_json(&format!("/api/v1/applications/{third_id}/conflicts"), &json!({})).await;
        assert!(declared.status < 300, "{}", declared.text);
        assert_eq!(labels(&assessor.get(&format!("{api}?q=schedule")).await.json()), std::slice::from_ref(&first));

        for role in [Role::Dpo, Role::ProgrammeLead, Role::Operator] {
            let stranger = site.staff(role, "helsingborg").await;
            assert_eq!(stranger.get(&format!("{base}?q=schedule")).await.status, 403);
        }
        let neighbour = site.staff(Role::Assessor, "klippan").await;
        assert_eq!(neighbour.get(&format!("{base}?q=schedule")).await.status, 403);
        assert_eq!(assessor.get(&format!("{base}?q={}", "a".repeat(101))).await.status, 422);
        assert_eq!(assessor.get(&format!("{base}?q={}", "a".repeat(100))).await.status, 200);

        let dpo = site.dpo_with_log().await;
        for action in ["search.form_shown", "search.asked", "search.answered", "application.searched"] {
            let log = dpo.get(&format!("/api/v1/log?action={action}")).await.text;
            assert!(log.contains(&format!("\"{action}\"")), "{action}: {log}");
            assert!(!log.contains("schedule"), "the words stand in no entry: {log}");
        }
    }

    async fn a_search_for_sensitive_data_is_refused_with_the_paragraph_and_logged(site) {
        let (label, id) = applied(&site, "Anna Berg", "I led a project group of five with goals and a schedule.").await;
        site.score().await;
        let assessor = site.staff(Role::Assessor, "helsingborg").await;
        marked(&assessor, &id).await;
        let base = format!("/arbete/placeringar/{}/sok", site.placement(PLACE).id);
        let asked = [("muslim", "religion"), ("m.u.s.l.i.m", "religion"), ("sjukskriven", "hälsa"), ("facket", "fackförening")];
        for (words, ground) in asked {
            let page = assessor.get(&format!("{base}?q={words}")).await;
            assert_eq!(page.status, 403, "{words}");
            assert!(page.words().contains("3 kap. 3 § andra stycket dataskyddslagen"), "{}", page.words());
            assert!(page.words().contains(ground) && !page.words().contains(words), "{}", page.words());
            assert!(!page.words().contains(&label), "nothing is shown");
        }
        let english = assessor.get(&format!("{base}?q=pregnant&lang=en")).await;
        assert!(english.words().contains("section 16 of the Parental Leave Act"), "{}", english.words());
        let program = assessor.get(&format!("/api/v1/placements/{}/search?q=gay&lang=en", site.placement(PLACE).id)).await;
        assert_eq!(program.status, 403);
        assert!(program.text.contains("search-refused") && program.text.contains("Chapter 3, section 3"), "{}", program.text);
        // What is about the work is searched.
        assert_eq!(assessor.get(&format!("{base}?q=religionsvetenskap")).await.status, 200);

        let dpo = site.dpo_with_log().await;
        let log = dpo.get("/api/v1/log?action=search.asked&outcome=refused").await.text;
        assert_eq!(log.matches("g-search-ban").count(), asked.len() + 2, "{log}");
        assert!(!log.contains("muslim"), "the words stand in no entry");
        figures(
            "story::search::a_search_for_sensitive_data_is_refused_with_the_paragraph_and_logged",
            asked.len() as u64 + 2,
            &json!({ "refused": asked.len() + 2, "engine": site.db.engine() }),
        );
    }

    async fn no_search_is_answered_while_the_log_cannot_be_written(site) {
        let (label, id) = applied(&site, "Anna Berg", "I led a project group of five with goals and a schedule.").await;
        site.score().await;
        let assessor = site.staff(Role::Assessor, "helsingborg").await;
        marked(&assessor, &id).await;
        let base = format!("/arbete/placeringar/{}/sok", site.placement(PLACE).id);
        assert!(assessor.get(&format!("{base}?q=schedule")).await.words().contains(&label));
        site.behind_its_back("ALTER TABLE audit_entries RENAME TO audit_gone").await;
        for words in ["schedule", "muslim", ""] {
            let page = assessor.get(&format!("{base}?q={words}")).await;
            assert_eq!(page.status, 503, "{words}: {}", page.words());
            assert!(!page.text.contains("goals and a schedule") && !page.text.contains(&label), "{}", page.words());
        }
        site.behind_its_back("ALTER TABLE audit_gone RENAME TO audit_entries").await;
        assert!(assessor.get(&format!("{base}?q=schedule")).await.words().contains(&label));
    }
}
