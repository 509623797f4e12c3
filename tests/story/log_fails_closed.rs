//! No entry, no data: while the log cannot be written nothing is shown and nothing changes. And what
//! was altered behind the service's back is found and named.

use serde_json::json;
use urval::subject::role::Role;

use crate::fixture::{middle_marks, on_both};

on_both! {
    async fn nothing_is_shown_or_changed_while_the_log_cannot_be_written(site) {
        let made = site.apply("Anna Berg", "I led a project with goals and results.", &["helsingborg-digitalisering"]).await;
        let id = site.id_of(&made.label).await;
        let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
        assert_eq!(recruiter.get(&format!("/arbete/ansokningar/{id}")).await.status, 200);
        site.behind_its_back("ALTER TABLE audit_entries RENAME TO audit_gone").await;
        let page = recruiter.get(&format!("/arbete/ansokningar/{id}")).await;
        assert_eq!(page.status, 503, "{}", page.words());
        assert!(!page.text.contains("goals and results"));
        let marks = json!({ "marks": middle_marks(&["K1", "K2", "K3", "K4", "K5", "K6", "K9", "K10"]) });
        assert_eq!(recruiter.post_json(&format!("/api/v1/applications/{id}/marks"), &marks).await.status, 503);
        let placement = site.placement("helsingborg-digitalisering").id.to_string();
        let sent = site.visitor().post_json(&format!("/api/v1/recruitments/{}/applications", site.recruitment), &json!({
            "protected_identity": false, "notice_version": urval::casework::intake::NOTICE_VERSION, "language": "sv",
            "name": "Bo Ek", "email": "bo@example.com", "letter": "Hej", "placements": [placement],
        })).await;
        assert_eq!(sent.status, 503);
        site.behind_its_back("ALTER TABLE audit_gone RENAME TO audit_entries").await;
        let actor = urval::guard::access::Actor::Job(urval::guard::access::Job::Cli);
        let counts = site.app.counts(&actor, &site.recruitment).await.expect("counts");
        assert_eq!(counts, vec![("submitted".to_owned(), false, 1)], "the second application left nothing");
        let file = recruiter.get(&format!("/api/v1/applications/{id}")).await.json();
        assert_eq!(file["revealed"], json!(false), "the marks left nothing");
    }

    async fn an_altered_a_missing_and_a_cut_off_entry_are_named(site) {
        for turn in 0..3 {
            site.apply(&format!("Anna Berg{turn}"), "I led a project.", &["klippan-ekonomi"]).await;
        }
        let dpo = site.dpo_with_log().await;
        assert!(dpo.get("/dso/logg").await.words().contains("Loggen är hel"));
        let status = || async { dpo.get("/api/v1/log").await.json()["status"].clone() };
        assert!(status().await["fault"].is_null());
        let cut = |seq: u32| format!(
            "UPDATE audit_entries SET leaf = (SELECT leaf FROM audit_entries WHERE seq = {}) WHERE seq = {seq}", seq + 1
        );
        site.behind_its_back("CREATE TABLE kept AS SELECT * FROM audit_entries").await;
        site.behind_its_back(&cut(4)).await;
        assert!(status().await.to_string().contains('4'), "{}", status().await);
        assert!(!dpo.get("/dso/logg").await.words().contains("Loggen är hel"));
        site.behind_its_back("UPDATE audit_entries SET leaf = (SELECT leaf FROM kept WHERE kept.seq = audit_entries.seq) WHERE seq = 4").await;
        assert!(status().await["fault"].is_null(), "mended");
        site.behind_its_back("DELETE FROM audit_entries WHERE seq = 5").await;
        let found = status().await;
        assert!(found["fault"].to_string().contains('5'), "{found}");
    }
}
