//! Entries are shown only to a data-protection officer who has said why, for an hour; the reason itself is
//! an entry, and without it only the state of the log is shown.

use serde_json::json;
use urval::subject::role::Role;

use crate::fixture::on_both;

const MINUTE: i64 = 60;
const REASON: &str = "Kvartalets egenkontroll av läsningar";

on_both! {
    async fn entries_need_a_category_and_a_reason_which_hold_for_an_hour(site) {
        site.apply("Anna Berg", "I led a project.", &["helsingborg-digitalisering"]).await;
        let dpo = site.staff(Role::Dpo, "helsingborg").await;
        let page = dpo.get("/dso/logg?action=application.sealed").await;
        assert_eq!(page.status, 200);
        assert!(page.words().contains("Loggen är hel") && page.words().contains("Varför läser du loggen?"));
        assert!(!page.words().contains("ansökan förseglad"), "no entry is shown");
        assert_eq!(dpo.get("/api/v1/log").await.status, 409);

        // What was typed comes back.
        let short = [("category", "audit"), ("reason", "kort"), ("query", "action=application.sealed")];
        let back = dpo.post_form("/dso/logg/oppna", &short).await;
        assert_eq!(back.status, 422);
        assert!(back.text.contains(">kort</textarea>") && back.text.contains("action=application.sealed"));
        assert_eq!(dpo.post_form("/dso/logg/oppna", &[("category", "other"), ("reason", REASON)]).await.status, 422);
        assert_eq!(dpo.get("/api/v1/log").await.status, 409);

        // The membership is older than the opening, so that the clock can be set back to between them.
        site.clock.advance_seconds(10 * MINUTE);
        let sent = [("category", "audit"), ("reason", REASON), ("query", "action=application.sealed&next=//elsewhere.example")];
        let open = dpo.post_form("/dso/logg/oppna", &sent).await;
        assert_eq!((open.status, open.location()), (303, "/dso/logg?action=application.sealed#poster"));
        let page = dpo.get("/dso/logg?action=application.sealed").await;
        assert!(page.words().contains("ansökan förseglad"), "{}", page.words());
        let told = dpo.get("/api/v1/log?action=log.opened").await.json();
        assert_eq!(told["lines"][0]["detail"]["detail"]["reason"], json!(REASON));
        assert_eq!(told["lines"][0]["detail"]["detail"]["category"], json!("audit"));

        // It is open to this person only.
        let other = site.staff(Role::Dpo, "helsingborg").await;
        assert_eq!(other.get("/api/v1/log").await.status, 409);
        // An hour, and not a minute more.
        site.clock.advance_seconds(30 * MINUTE);
        assert_eq!(dpo.get("/api/v1/log").await.status, 200);
        site.clock.advance_seconds(30 * MINUTE);
        assert_eq!(dpo.get("/api/v1/log").await.status, 409);
        // A clock set back to within the hour opens nothing either.
        site.clock.advance_seconds(-65 * MINUTE);
        assert_eq!(dpo.get("/api/v1/log").await.status, 503);
    }

    async fn nobody_else_opens_the_log(site) {
        for role in Role::ALL.iter().filter(|role| **role != Role::Dpo) {
            let person = site.staff(*role, "helsingborg").await;
            let why = json!({ "category": "audit", "reason": REASON });
            assert_eq!(person.post_json("/api/v1/log/openings", &why).await.status, 403, "{}", role.code());
            assert_eq!(person.get("/dso/logg").await.status, 403, "{}", role.code());
        }
    }
}
