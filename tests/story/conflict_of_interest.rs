//! Who is partial (jävig) says so and from then on takes no part, in whatever role.

use serde_json::json;
use urval::subject::role::Role;

use crate::fixture::{middle_marks, on_both};

const LETTER: &str = "I led a project group of five with goals and results.";
const ASKED: [&str; 8] = ["K1", "K2", "K3", "K4", "K5", "K6", "K9", "K10"];

on_both! {
    async fn a_declared_conflict_shuts_the_person_out_at_the_next_request(site) {
        let known = site.apply("Anna Berg", LETTER, &["helsingborg-digitalisering"]).await;
        let other = site.apply("Bo Ek", LETTER, &["helsingborg-digitalisering"]).await;
        site.score().await;
        let (id, other_id) = (site.id_of(&known.label).await, site.id_of(&other.label).await);
        let assessor = site.staff(Role::Assessor, "helsingborg").await;
        let colleague = site.staff(Role::Assessor, "helsingborg").await;
        let desk = format!("/arbete/ansokningar/{id}");
        let page = assessor.get(&desk).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains(&format!("{desk}/jav")), "the way out is on the desk");
        let marks = json!({ "marks": middle_marks(&ASKED) });
        let path = format!("/api/v1/applications/{id}/marks");
        assert!(assessor.post_json(&path, &marks).await.status < 300);

        let form = assessor.get(&format!("{desk}/jav")).await;
        assert_eq!(form.status, 200);
        assert!(form.text.contains(&known.label) && !form.text.contains("project group"), "a label and no text");
        let sent = assessor.post_form(&format!("{desk}/jav"), &[("note", "Sökanden är min kusin.")]).await;
        assert_eq!(sent.status, 303, "{}", sent.words());

        // Reading, marking and the whole way to contact details are shut; the list keeps the label alone.
        assert_eq!(assessor.get(&desk).await.status, 403);
        assert_eq!(assessor.get(&format!("/api/v1/applications/{id}")).await.status, 403);
        let changed = json!({ "mark": "4", "reason": "Läste om hela brevet." });
        assert_eq!(assessor.post_json(&format!("{path}/K2"), &changed).await.status, 403);
        let placement = site.placement("helsingborg-digitalisering").id.to_string();
        let list = assessor.get(&format!("/arbete/placeringar/{placement}")).await;
        assert!(list.text.contains(&known.label), "{}", list.words());
        assert!(!list.text.contains(&format!("{desk}\"")), "no link: {}", list.text);
        let ranking = assessor.get(&format!("/api/v1/placements/{placement}/ranking")).await.json();
        assert_eq!(ranking["conflicted"], json!([known.label]));
        assert!(!ranking["bands"].to_string().contains(&known.label), "no band: {ranking}");
        assert!(!ranking.to_string().contains(&id), "no id either: {ranking}");
        // The other application and the other person are as before.
        assert_eq!(assessor.get(&format!("/arbete/ansokningar/{other_id}")).await.status, 200);
        assert_eq!(colleague.get(&desk).await.status, 200);
        // It is about the person: another role of the same person opens nothing.
        for role in ["recruiter", "hiring_manager"] {
            site.behind_its_back(&format!(
                "UPDATE memberships SET role = '{role}' WHERE staff_id IN (SELECT staff_id FROM conflicts)"
            )).await;
            assert_eq!(assessor.get(&format!("/arbete/ansokningar/{other_id}")).await.status, 200, "{role}");
            for way in ["", "/kontakt", "/nodatkomst"] {
                assert_eq!(assessor.get(&format!("{desk}{way}")).await.status, 403, "{role} {way}");
            }
            let decision = json!({ "placement": placement, "outcome": "proceed", "reason": "Läste hela ansökan." });
            let decided = assessor.post_json(&format!("/api/v1/applications/{id}/decisions"), &decision).await;
            assert_eq!(decided.status, 403, "{role}");
        }
        let dpo = site.dpo_with_log().await;
        assert!(dpo.get("/dso/logg?action=conflict.declared").await.text.contains(&known.label), "it is in the log");
    }

    async fn only_the_programme_lead_lifts_a_mistaken_declaration_and_gives_a_reason(site) {
        let made = site.apply("Anna Berg", LETTER, &["helsingborg-digitalisering"]).await;
        let id = site.id_of(&made.label).await;
        let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
        let declared = recruiter.post_json(
            &format!("/api/v1/applications/{id}/conflicts"), &json!({ "note": "Jag läste fel etikett." }),
        ).await;
        assert_eq!(declared.status, 204, "{}", declared.text);
        let again = recruiter.post_json(&format!("/api/v1/applications/{id}/conflicts"), &json!({})).await;
        assert_eq!(again.status, 204, "saying it twice changes nothing: {}", again.text);
        assert_eq!(recruiter.get(&format!("/arbete/ansokningar/{id}")).await.status, 403);

        let lead = site.staff(Role::ProgrammeLead, "klippan").await;
        let page = lead.get("/tillsyn").await;
        assert!(page.text.contains(&made.label) && page.text.contains("Jag läste fel etikett."), "{}", page.words());
        let listed = lead.get("/api/v1/matters").await.json();
        assert_eq!(listed["conflicts"].as_array().map(Vec::len), Some(1), "{listed}");
        let conflict = listed["conflicts"][0]["id"].as_str().expect("an id").to_owned();
        let path = format!("/api/v1/conflicts/{conflict}/lift");
        let reason = json!({ "reason": "Fel ansökan, bekräftat på telefon." });
        for role in Role::ALL.iter().filter(|role| **role != Role::ProgrammeLead) {
            let person = site.staff(*role, "helsingborg").await;
            assert_eq!(person.post_json(&path, &reason).await.status, 403, "{}", role.code());
        }
        assert_eq!(recruiter.post_json(&path, &reason).await.status, 403, "nor the person");
        assert_eq!(lead.post_json(&path, &json!({ "reason": "  " })).await.status, 422);
        assert_eq!(recruiter.get(&format!("/arbete/ansokningar/{id}")).await.status, 403, "nothing was lifted");
        assert_eq!(lead.post_json(&path, &reason).await.status, 204);
        assert_eq!(lead.post_json(&path, &reason).await.status, 409, "once");
        assert_eq!(recruiter.get(&format!("/arbete/ansokningar/{id}")).await.status, 200);
    }
}
