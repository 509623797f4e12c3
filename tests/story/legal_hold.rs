//! A legal hold (gallringsspärr) is set and lifted by the registrar, with a ground and a reason, and is known to the
//! policies at once.

use serde_json::json;
use urval::subject::id::ApplicationId;
use urval::subject::role::Role;

use crate::fixture::on_both;

on_both! {
    async fn the_registrar_sets_and_lifts_a_hold_with_a_reason(site) {
        let made = site.apply("Anna Berg", "I led a project with goals.", &["helsingborg-digitalisering"]).await;
        let id = ApplicationId::new(site.id_of(&made.label).await);
        let held = || async { site.db.application_facts(&id).await.expect("facts").legal_hold };
        let registrar = site.staff(Role::Registrar, "klippan").await;
        let hold = json!({
            "recruitment": site.recruitment.as_str(), "label": made.label.to_lowercase(), "ground": "court",
            "reason": "Stämning, mål T 1234-26 (påhittat).",
        });
        for role in Role::ALL.iter().filter(|role| **role != Role::Registrar) {
            let person = site.staff(*role, "helsingborg").await;
            assert_eq!(person.get("/gallring/sparrar").await.status, 403, "{}", role.code());
            assert_eq!(person.post_json("/api/v1/holds", &hold).await.status, 403, "{}", role.code());
        }
        assert!(!held().await);
        for (field, bad, status) in [
            ("ground", json!("because"), 422), ("reason", json!("kort"), 422), ("label", json!("K-000000"), 404),
            ("recruitment", json!("01933aaa-0000-7000-8000-00000000dead"), 404),
        ] {
            let mut wrong = hold.clone();
            wrong[field] = bad;
            assert_eq!(registrar.post_json("/api/v1/holds", &wrong).await.status, status, "{field}");
        }
        assert!(!held().await, "nothing was set by mistake");
        assert_eq!(registrar.post_json("/api/v1/holds", &hold).await.status, 201);
        assert!(held().await);

        let page = registrar.get("/gallring/sparrar").await;
        assert!(page.text.contains(&made.label) && page.text.contains("T 1234-26"), "{}", page.words());
        assert!(!page.text.contains("goals"), "and nothing of the application");
        // A second hold, through the page; lifting one leaves the other.
        let form = [("recruitment", site.recruitment.as_str()), ("label", made.label.as_str()), ("ground", "appeal"),
            ("reason", "Beslutet är överklagat.")];
        assert_eq!(registrar.post_form("/gallring/sparrar", &form).await.status, 303);
        let listed = registrar.get("/api/v1/holds").await.json();
        let ids: Vec<String> = listed.as_array().expect("a list").iter()
            .map(|item| item["id"].as_str().expect("an id").to_owned()).collect();
        assert_eq!(ids.len(), 2, "{listed}");
        let reason = json!({ "reason": "Målet är avslutat." });
        for (index, hold) in ids.iter().enumerate() {
            assert!(held().await, "{index}");
            let path = format!("/api/v1/holds/{hold}/lift");
            assert_eq!(registrar.post_json(&path, &json!({ "reason": "" })).await.status, 422);
            assert_eq!(registrar.post_json(&path, &reason).await.status, 204);
            assert_eq!(registrar.post_json(&path, &reason).await.status, 409);
        }
        assert!(!held().await);
        let dpo = site.dpo_with_log().await;
        for action in ["hold.set", "hold.lifted"] {
            let log = dpo.get(&format!("/dso/logg?action={action}")).await;
            assert!(log.text.contains(&made.label), "{action}");
        }
    }

    async fn a_form_that_lacks_something_is_shown_again_with_what_was_typed(site) {
        let registrar = site.staff(Role::Registrar, "klippan").await;
        registrar.get("/gallring/sparrar").await;
        let form = [("recruitment", site.recruitment.as_str()), ("label", "K-000000"), ("ground", "court"),
            ("reason", "Stämning i ett påhittat mål.")];
        let again = registrar.post_form("/gallring/sparrar", &form).await;
        assert_eq!(again.status, 422);
        assert!(again.text.contains("K-000000") && again.text.contains("Stämning i ett påhittat mål."));
        assert!(again.words().contains("Ingen ansökan i rekryteringen har den beteckningen."), "{}", again.words());
    }
}
