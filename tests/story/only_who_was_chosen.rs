//! Staff reach only applicants who chose a placement with their organisation, and each role only
//! what it is for.

use serde_json::json;
use urval::subject::role::Role;

use crate::fixture::on_both;

on_both! {
    async fn another_municipality_sees_nothing_of_an_applicant(site) {
        let made = site.apply("Anna Berg", "I led a project with goals and results.", &["helsingborg-digitalisering"]).await;
        site.score().await;
        let id = site.id_of(&made.label).await;
        let klippan = site.staff(Role::Recruiter, "klippan").await;
        assert_eq!(klippan.get(&format!("/arbete/ansokningar/{id}")).await.status, 403);
        assert_eq!(klippan.get(&format!("/api/v1/applications/{id}")).await.status, 403);
        let theirs = klippan.get(&format!("/arbete/placeringar/{}", site.placement("klippan-ekonomi").id)).await;
        assert_eq!(theirs.status, 200);
        assert!(!theirs.text.contains(&made.label));
        let others = site.placement("helsingborg-digitalisering").id.to_string();
        assert_eq!(klippan.get(&format!("/arbete/placeringar/{others}")).await.status, 403);
        // The refusal is in the log.
        let dpo = site.dpo_with_log().await;
        let log = dpo.get("/dso/logg?outcome=refused").await;
        assert!(log.text.contains("application.opened"), "{}", log.words());
    }

    async fn roles_without_a_part_in_the_review_read_no_application(site) {
        let made = site.apply("Anna Berg", "I led a project with goals and results.", &["helsingborg-digitalisering"]).await;
        site.score().await;
        let id = site.id_of(&made.label).await;
        let placement = site.placement("helsingborg-digitalisering").id.to_string();
        for role in Role::ALL {
            if matches!(role, Role::Assessor | Role::Recruiter | Role::HiringManager) {
                continue;
            }
            let person = site.staff(*role, "helsingborg").await;
            for path in [
                format!("/arbete/ansokningar/{id}"), format!("/api/v1/applications/{id}"),
                format!("/arbete/ansokningar/{id}/kontakt"), format!("/arbete/placeringar/{placement}"),
            ] {
                assert_eq!(person.get(&path).await.status, 403, "{} on {path}", role.code());
            }
        }
        // And only the data-protection officer reads the log.
        for role in Role::ALL {
            let person = site.staff(*role, "helsingborg").await;
            let status = person.get("/dso/logg").await.status;
            assert_eq!(status, if *role == Role::Dpo { 200 } else { 403 }, "{}", role.code());
        }
    }

    async fn an_account_that_has_ended_is_shut_out_at_the_next_request(site) {
        let made = site.apply("Anna Berg", "I led a project with goals and results.", &["helsingborg-digitalisering"]).await;
        let id = site.id_of(&made.label).await;
        let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
        assert_eq!(recruiter.get(&format!("/arbete/ansokningar/{id}")).await.status, 200);
        site.behind_its_back("UPDATE memberships SET valid_to = 1 WHERE role = 'recruiter'").await;
        assert_eq!(recruiter.get(&format!("/arbete/ansokningar/{id}")).await.status, 403);
        let marks = json!({ "marks": { "K1": "styrkt" } });
        assert_eq!(recruiter.post_json(&format!("/api/v1/applications/{id}/marks"), &marks).await.status, 403);
    }

    async fn a_session_ends_by_itself(site) {
        let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
        assert_eq!(recruiter.get("/arbete").await.status, 200);
        site.clock.advance_seconds(46 * 60);
        assert_eq!(recruiter.get("/api/v1/placements/x/ranking").await.status, 401);
    }
}
