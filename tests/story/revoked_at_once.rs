//! What is taken from somebody is gone at the next request, also in the middle of a session; and the operator never
//! had it.

use serde_json::json;
use urval::subject::role::Role;

use crate::fixture::{Client, Site, middle_marks, on_both};

const ASKED: [&str; 8] = ["K1", "K2", "K3", "K4", "K5", "K6", "K9", "K10"];

async fn at_work(site: &Site) -> (Client, String) {
    let made = site.apply("Anna Berg", "I led a project with goals.", &["helsingborg-digitalisering"]).await;
    site.score().await;
    let id = site.id_of(&made.label).await;
    let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
    assert_eq!(recruiter.get(&format!("/arbete/ansokningar/{id}")).await.status, 200);
    (recruiter, id)
}

/// Reading and writing, by page and by interface: 401 when the session itself is gone, 403 when the role is.
async fn is_shut_out(client: &Client, id: &str) {
    for path in [format!("/arbete/ansokningar/{id}"), format!("/api/v1/applications/{id}")] {
        let page = client.get(&path).await;
        assert!(matches!(page.status, 303 | 401 | 403), "{path}: {}", page.status);
        assert!(!page.text.contains("project with goals"));
    }
    let marks = json!({ "marks": middle_marks(&ASKED) });
    let sent = client.post_json(&format!("/api/v1/applications/{id}/marks"), &marks).await;
    assert!(matches!(sent.status, 401 | 403), "marks: {}", sent.status);
}

on_both! {
    async fn an_account_that_is_closed(site) {
        let (recruiter, id) = at_work(&site).await;
        site.behind_its_back("UPDATE staff SET active = 0").await;
        is_shut_out(&recruiter, &id).await;
    }

    async fn a_membership_that_has_ended(site) {
        let (recruiter, id) = at_work(&site).await;
        let now = site.app.now().0;
        site.behind_its_back(&format!("UPDATE memberships SET valid_to = {now}")).await;
        is_shut_out(&recruiter, &id).await;
    }

    async fn a_membership_that_runs_out_while_somebody_works(site) {
        let (recruiter, id) = at_work(&site).await;
        let soon = site.app.now().0 + 10 * 60 * 1_000_000;
        site.behind_its_back(&format!("UPDATE memberships SET valid_to = {soon}")).await;
        assert_eq!(recruiter.get(&format!("/arbete/ansokningar/{id}")).await.status, 200);
        site.clock.advance_seconds(10 * 60);
        is_shut_out(&recruiter, &id).await;
    }

    async fn a_role_that_was_changed(site) {
        let (recruiter, id) = at_work(&site).await;
        for role in ["dpo", "operator", "programme_lead", "registrar", "union_representative"] {
            site.behind_its_back(&format!("UPDATE memberships SET role = '{role}'")).await;
            is_shut_out(&recruiter, &id).await;
        }
        site.behind_its_back("UPDATE memberships SET role = 'recruiter', organisation_id = 'klippan'").await;
        is_shut_out(&recruiter, &id).await;
    }

    async fn the_operator_reaches_no_person_in_any_way(site) {
        let made = site.apply("Anna Berg", "I led a project with goals.", &["helsingborg-digitalisering"]).await;
        site.score().await;
        let id = site.id_of(&made.label).await;
        let operator = site.staff(Role::Operator, "helsingborg").await;
        let placement = site.placement("helsingborg-digitalisering").id.to_string();
        for row in urval::web::routes::table().rows() {
            if row.method != ureq::http::Method::GET || row.path.starts_with("/sok/") {
                continue;
            }
            let path = row.path
                .replace("{application}", &id).replace("{placement}", &placement).replace("{lang}", "sv")
                .replace("/placements/{id}", &format!("/placements/{placement}")).replace("{id}", &id);
            let page = operator.get(&path).await;
            assert!(page.status < 500, "{path}");
            // The id is what the caller asked with; a page may lead back to its own address.
            for personal in ["Anna Berg", "test.person@example.com", "project with goals", &made.label] {
                assert!(!page.text.contains(personal), "{path} shows {personal}: {}", page.words());
            }
        }
        assert_eq!(operator.get("/drift").await.status, 200);
    }
}
