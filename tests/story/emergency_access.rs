//! Contact details before a decision: for the narrow case, after somebody else's yes, for an hour, never unseen.

use serde_json::json;
use urval::subject::role::Role;

use crate::fixture::{Client, Receipt, Site, on_both};

const REASON: &str = "Brevet om mötet i morgon kom tillbaka, jag ringer.";

async fn asked(site: &Site, recruiter: &Client, id: &str) -> String {
    let sent = recruiter
        .post_json(
            &format!("/api/v1/applications/{id}/emergencies"),
            &json!({ "ground": "meeting", "reason": REASON }),
        )
        .await;
    assert_eq!(sent.status, 201, "{} on {}", sent.text, site.base);
    sent.json()["id"].as_str().expect("an id").to_owned()
}

async fn settle(client: &Client, emergency: &str, approve: bool) -> u16 {
    let path = format!("/api/v1/emergencies/{emergency}/settlement");
    client.post_json(&path, &json!({ "approve": approve })).await.status
}

async fn an_application(site: &Site) -> (Receipt, String) {
    let made = site.apply("Anna Berg", "I led a project with goals.", &["helsingborg-digitalisering"]).await;
    let id = site.id_of(&made.label).await;
    (made, id)
}

on_both! {
    async fn somebody_else_says_yes_and_then_one_person_sees_the_contact_details(site) {
        let (made, id) = an_application(&site).await;
        let other = site.apply("Bo Ek", "I led a project.", &["helsingborg-digitalisering"]).await;
        let other_id = site.id_of(&other.label).await;
        let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
        let colleague = site.staff(Role::Recruiter, "helsingborg").await;
        let dpo = site.staff(Role::Dpo, "klippan").await;
        let contact = format!("/arbete/ansokningar/{id}/kontakt");
        assert_eq!(recruiter.get(&contact).await.status, 403, "nobody has decided anything");

        // The form takes a case of the list and a reason, and loses nothing that was typed.
        let form = format!("/arbete/ansokningar/{id}/nodatkomst");
        assert_eq!(recruiter.get(&form).await.status, 200);
        for (fields, kept) in [
            (vec![("reason", REASON)], REASON),
            (vec![("ground", "curious"), ("reason", REASON)], REASON),
            (vec![("ground", "meeting"), ("reason", "för kort skäl")], "för kort skäl"),
        ] {
            let again = recruiter.post_form(&form, &fields).await;
            assert_eq!(again.status, 422, "{fields:?}");
            assert!(again.text.contains(kept), "{}", again.text);
        }
        assert_eq!(recruiter.post_form(&form, &[("ground", "meeting"), ("reason", REASON)]).await.status, 303);
        assert_eq!(recruiter.get(&contact).await.status, 403, "asking opens nothing");

        // The notice is on the officer's first page; nobody else can say yes, the asker least of all.
        let first = dpo.get("/dso/logg").await;
        assert!(first.words().contains("1 att pröva, 0 att kvittera"), "{}", first.words());
        let listed = dpo.get("/api/v1/matters").await.json();
        let emergency = listed["emergencies"][0]["id"].as_str().expect("an id").to_owned();
        assert!(dpo.get("/tillsyn").await.text.contains("Brevet om mötet"));
        for role in Role::ALL.iter().filter(|role| **role != Role::Dpo) {
            let person = site.staff(*role, "helsingborg").await;
            assert_eq!(settle(&person, &emergency, true).await, 403, "{}", role.code());
        }
        assert_eq!(settle(&recruiter, &emergency, true).await, 403);
        assert_eq!(settle(&dpo, &emergency, true).await, 204);
        assert_eq!(settle(&dpo, &emergency, false).await, 409, "answered once");

        let card = recruiter.get(&contact).await;
        assert_eq!(card.status, 200, "{}", card.words());
        assert!(card.text.contains("Anna Berg") && card.words().contains("nödläge"), "{}", card.words());
        assert_eq!(colleague.get(&contact).await.status, 403, "for the asker only");
        assert_eq!(recruiter.get(&format!("/arbete/ansokningar/{other_id}/kontakt")).await.status, 403);
        assert_eq!(dpo.get(&contact).await.status, 403, "who says yes sees nothing");
        let decided = json!({ "placement": site.placement("helsingborg-digitalisering").id.as_str(),
            "outcome": "proceed", "reason": "Läste hela ansökan." });
        assert_eq!(recruiter.post_json(&format!("/api/v1/applications/{id}/decisions"), &decided).await.status, 403);

        // The applicant sees it, and the log holds who asked, who said yes and what was shown.
        let own = site.applicant(&made.code).await.get("/min-ansokan/sida").await;
        assert!(own.words().contains("såg dina kontaktuppgifter i ett nödläge"), "{}", own.words());
        let reader = site.dpo_with_log().await;
        for action in ["emergency.asked", "emergency.approved", "identity.shown_in_emergency"] {
            let log = reader.get(&format!("/dso/logg?action={action}")).await;
            assert!(log.text.contains(&made.label), "{action}: {}", log.words());
        }
    }

    async fn an_hour_after_the_approval_the_door_is_shut_again(site) {
        let (_, id) = an_application(&site).await;
        let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
        let dpo = site.staff(Role::Dpo, "helsingborg").await;
        let emergency = asked(&site, &recruiter, &id).await;
        assert_eq!(settle(&dpo, &emergency, true).await, 204);
        let contact = format!("/arbete/ansokningar/{id}/kontakt");
        for minutes in [0, 30, 29] {
            site.clock.advance_seconds(minutes * 60);
            assert_eq!(recruiter.get(&contact).await.status, 200, "+{minutes}");
        }
        site.clock.advance_seconds(60);
        assert_eq!(recruiter.get(&contact).await.status, 403, "60 minutes");
        // Whoever watches later still finds every showing.
        let other = site.staff(Role::Dpo, "klippan").await;
        let listed = other.get("/api/v1/matters").await.json();
        assert_eq!(listed["emergencies"][0]["uses"].as_array().map(Vec::len), Some(3), "{listed}");
    }

    async fn every_showing_must_be_acknowledged_before_the_next_yes(site) {
        let (_, id) = an_application(&site).await;
        let recruiter = site.staff(Role::HiringManager, "helsingborg").await;
        let dpo = site.staff(Role::Dpo, "helsingborg").await;
        let refused = asked(&site, &recruiter, &id).await;
        assert_eq!(settle(&dpo, &refused, false).await, 204);
        let contact = format!("/arbete/ansokningar/{id}/kontakt");
        assert_eq!(recruiter.get(&contact).await.status, 403, "refused");
        let emergency = asked(&site, &recruiter, &id).await;
        assert_eq!(settle(&dpo, &emergency, true).await, 204);
        assert_eq!(recruiter.get(&contact).await.status, 200);
        assert!(dpo.get("/dso/logg").await.words().contains("0 att pröva, 1 att kvittera"));

        let next = asked(&site, &recruiter, &id).await;
        assert_eq!(settle(&dpo, &next, true).await, 409, "the earlier showing waits");
        let listed = dpo.get("/api/v1/matters").await.json();
        let shown = listed["emergencies"].as_array().expect("a list").iter()
            .find_map(|item| item["uses"][0]["id"].as_str()).expect("a showing").to_owned();
        let path = format!("/api/v1/emergency-uses/{shown}/acknowledgement");
        assert_eq!(recruiter.post_json(&path, &json!({})).await.status, 403);
        assert_eq!(dpo.post_json(&path, &json!({})).await.status, 204);
        assert_eq!(dpo.post_json(&path, &json!({})).await.status, 409);
        assert_eq!(settle(&dpo, &next, true).await, 204);
    }

    async fn the_programme_lead_watches_when_the_data_protection_officer_asks(site) {
        let (_, id) = an_application(&site).await;
        let asker = site.staff(Role::Recruiter, "helsingborg").await;
        // The same person is data-protection officer too, in another membership.
        site.behind_its_back(
            "INSERT INTO memberships (id, staff_id, organisation_id, role, valid_from, valid_to) \
             SELECT 'second-hat', staff_id, 'klippan', 'dpo', valid_from, valid_to FROM memberships WHERE role = 'recruiter'"
        ).await;
        let dpo = site.staff(Role::Dpo, "klippan").await;
        let lead = site.staff(Role::ProgrammeLead, "klippan").await;
        let emergency = asked(&site, &asker, &id).await;
        assert_eq!(settle(&dpo, &emergency, true).await, 403, "a colleague in the same office");
        // In the hat of the officer the asker approves nothing of the own.
        site.behind_its_back("UPDATE memberships SET role = 'dpo' WHERE role = 'recruiter'").await;
        assert_eq!(settle(&asker, &emergency, true).await, 403);
        site.behind_its_back("UPDATE memberships SET role = 'recruiter' WHERE role = 'dpo' AND organisation_id = 'helsingborg'").await;
        assert!(lead.get("/drift").await.words().contains("1 att pröva"), "the notice is on the lead's page");
        assert_eq!(settle(&lead, &emergency, true).await, 204);
        assert_eq!(asker.get(&format!("/arbete/ansokningar/{id}/kontakt")).await.status, 200);
        assert!(lead.get("/drift").await.words().contains("1 att kvittera"));
    }
}
