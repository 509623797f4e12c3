//! A model that is not good enough in an applicant's language does not rank: the application goes to a person,
//! and the page says why.

use urval::casework::setup::{NewOrganisation, NewRound, RoundKind};
use urval::guard::access::Job;
use urval::subject::profile::Profile;
use urval::subject::role::Role;

use crate::fixture::on_both;

const SWEDISH: &str =
    "Jag ledde en projektgrupp på fem personer med mål och tidplan, och vi blev klara i tid.";
const ENGLISH: &str =
    "I led a project group of five people with goals and a schedule, and we finished on time.";

on_both! {
    async fn below_the_profiles_floor_the_application_goes_to_a_person_who_sees_why(site) {
        let mut site = site;
        // Swedish must be perfect, English may be as it is.
        let strict = format!("{}\n[model_floor]\nsv = 1.0\nen = 0.5\n", urval::demo::PROFILE);
        let profile = Profile::freeze(&strict).expect("the profile");
        let organisations: Vec<NewOrganisation<'_>> =
            urval::demo::MUNICIPALITIES.iter().map(|(id, name)| NewOrganisation { id, name, kind: "kommun" }).collect();
        let round = NewRound { case_number: "TEST 2026/2", invented: true, kind: RoundKind::Round };
        site.recruitment = site.app.open_round(Job::Demo, &organisations, &round, &profile).await.expect("a round");
        site.placements = site.app.round(&site.recruitment).await.expect("the round").1;

        let swedish = site.apply("Anna Berg", SWEDISH, &["helsingborg-digitalisering"]).await;
        let english = site.apply("Bo Ek", ENGLISH, &["helsingborg-digitalisering"]).await;
        site.score().await;
        let manager = site.staff(Role::HiringManager, "helsingborg").await;
        let path = format!("/api/v1/placements/{}/ranking", site.placement("helsingborg-digitalisering").id);
        let ranking = manager.get(&path).await.json();
        assert!(ranking["bands"].to_string().contains(&english.label), "{ranking}");
        assert!(ranking["held"].to_string().contains(&swedish.label), "{ranking}");

        let assessor = site.staff(Role::Assessor, "helsingborg").await;
        let page = assessor.get(&format!("/arbete/ansokningar/{}", site.id_of(&swedish.label).await)).await;
        let words = page.words();
        assert!(words.contains("inte tillräckligt bra på dess språk"), "{words}");
        assert!(words.contains("below the profile's floor of 1.000"), "{words}");
        let own = site.applicant(&swedish.code).await.get("/api/v1/own").await.json();
        assert!(own["held_for_a_person"].to_string().contains("a person reads the application"), "{own}");
    }
}
