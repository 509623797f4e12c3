//! The applicant sees everything that is stored, who has looked, and can object, withdraw and ask for
//! erasure.

use serde_json::json;
use urval::subject::role::Role;

use crate::fixture::on_both;

const LETTER: &str =
    "My name is Anna Berg. I led a project with goals and results. Call me on 070-174 06 05.";

on_both! {
    async fn the_extract_holds_what_was_sent_what_was_read_and_who_looked(site) {
        let made = site.apply("Anna Berg", LETTER, &["helsingborg-digitalisering"]).await;
        site.score().await;
        let id = site.id_of(&made.label).await;
        site.staff(Role::Recruiter, "helsingborg").await.get(&format!("/arbete/ansokningar/{id}")).await;
        let anna = site.applicant(&made.code).await;
        let extract = anna.get("/min-ansokan/utdrag.json").await;
        assert_eq!(extract.status, 200);
        assert!(extract.headers.get("content-disposition").is_some());
        let all = extract.json();
        let text = all.to_string();
        assert_eq!(all["sent"][0]["text"], json!(LETTER), "word for word");
        let read = all["machine_read"].to_string();
        assert!(read.contains("[NAMN]") || read.contains("[NAME]"));
        assert!(!all["machine_read"].to_string().contains("Berg"));
        assert!(all["assessment"]["criteria"].to_string().contains("I led a project"));
        assert!(all["assessment"]["made_with"]["model"].is_string());
        assert!(text.contains("\"role\":\"recruiter\"") && text.contains("application.opened"), "{text}");
        assert_eq!(all["identity"][0]["value"], json!("Anna Berg"));
    }

    async fn erasure_is_registered_with_its_last_day_and_not_silently_done(site) {
        let made = site.apply("Anna Berg", LETTER, &["helsingborg-digitalisering"]).await;
        let anna = site.applicant(&made.code).await;
        anna.get("/min-ansokan/sida").await;
        let asked = anna.post_form("/min-ansokan/begaran", &[("kind", "erasure")]).await;
        assert_eq!(asked.status, 303, "{}", asked.words());
        let page = anna.get("/min-ansokan/sida").await;
        assert!(page.words().contains("2026-12-23"), "one month: {}", page.words());
        let dpo = site.dpo_with_log().await;
        let log = dpo.get("/dso/logg").await;
        assert!(log.words().contains("2026-12-23") && log.text.contains(&made.label));
        let strange = anna.post_form("/min-ansokan/begaran", &[("kind", "everything")]).await;
        assert!(matches!(strange.status, 400 | 422), "{}", strange.status);
    }

    async fn who_withdraws_leaves_every_view_of_the_staff_and_keeps_the_own_file(site) {
        let made = site.apply("Anna Berg", LETTER, &["helsingborg-digitalisering"]).await;
        site.score().await;
        let id = site.id_of(&made.label).await;
        let anna = site.applicant(&made.code).await;
        anna.get("/min-ansokan/sida").await;
        let unsure = anna.post_form("/min-ansokan/begaran", &[("kind", "withdrawal")]).await;
        assert_eq!(unsure.status, 422, "withdrawing is confirmed");
        let done = anna.post_json("/api/v1/own/requests", &json!({ "kind": "withdrawal" })).await;
        assert_eq!(done.status, 201, "{}", done.text);
        let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
        assert_eq!(recruiter.get(&format!("/arbete/ansokningar/{id}")).await.status, 403);
        let list = recruiter.get(&format!("/arbete/placeringar/{}", site.placement("helsingborg-digitalisering").id)).await;
        assert!(!list.text.contains(&made.label));
        assert_eq!(anna.get("/min-ansokan/sida").await.status, 200);
    }

    async fn a_review_without_ai_takes_the_assessment_away_for_good(site) {
        let made = site.apply("Anna Berg", LETTER, &["helsingborg-digitalisering"]).await;
        site.score().await;
        let anna = site.applicant(&made.code).await;
        assert!(anna.get("/api/v1/own").await.json()["assessment"]["made_with"].is_object());
        anna.get("/min-ansokan/sida").await;
        assert_eq!(anna.post_form("/min-ansokan/begaran", &[("kind", "ai_free")]).await.status, 303);
        site.score().await;
        let own = anna.get("/api/v1/own").await.json();
        assert!(own["assessment"]["made_with"].is_null(), "{own}");
        assert_eq!(own["assessment"]["criteria"], json!([]));
        // A person can still read and mark it.
        let id = site.id_of(&made.label).await;
        let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
        assert_eq!(recruiter.get(&format!("/arbete/ansokningar/{id}")).await.status, 200);
    }

    async fn another_receipt_opens_nothing_of_ones_own(site) {
        let anna = site.apply("Anna Berg", LETTER, &["helsingborg-digitalisering"]).await;
        let bo = site.apply("Bo Ek", "I like to plan.", &["helsingborg-digitalisering"]).await;
        let page = site.applicant(&bo.code).await.get("/api/v1/own").await;
        assert!(!page.text.contains("Anna") && page.text.contains(&bo.label) && !page.text.contains(&anna.label));
        let wrong = site.visitor().post_json("/api/v1/applicant-session", &json!({ "receipt_code": "AAAAA-BBBBB" })).await;
        assert_eq!(wrong.status, 401);
    }
}
