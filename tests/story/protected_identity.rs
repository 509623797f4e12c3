//! Who has protected personal data (skyddade personuppgifter) is led past the system, and nothing is
//! stored.

use serde_json::json;

use crate::fixture::on_both;

on_both! {
    async fn nothing_is_stored_of_who_answers_yes(site) {
        let size = || async { site.db.log_head().await.expect("the log").size };
        let before = size().await;
        let visitor = site.visitor();
        let gate = format!("/sok/{}", site.recruitment);
        visitor.get(&gate).await;
        let on = visitor.post_form(&gate, &[("skyddad", "ja")]).await;
        assert_eq!((on.status, on.location()), (303, format!("{gate}/skyddad").as_str()));
        let lane = visitor.get(on.location()).await;
        assert_eq!(lane.status, 200);
        assert!(!lane.text.contains("<textarea") && !lane.text.contains("name=\"name\""), "no field is shown");
        assert!(lane.words().contains("031-390 06"), "there is a number to call");
        let neither = visitor.post_form(&gate, &[]).await;
        assert_eq!(neither.status, 422, "the question must be answered");

        let refused = visitor.post_json(&format!("/api/v1/recruitments/{}/applications", site.recruitment), &json!({
            "protected_identity": true, "notice_version": urval::casework::intake::NOTICE_VERSION,
            "name": "Anna Berg", "email": "anna@example.com", "language": "sv", "letter": "Hej",
            "placements": [site.placement("helsingborg-digitalisering").id.as_str()],
        })).await;
        assert_eq!(refused.status, 422);
        assert!(!refused.text.contains("Anna"), "nothing is sent back");
        assert_eq!(size().await, before, "no entry, no application");
        let actor = urval::guard::access::Actor::Job(urval::guard::access::Job::Cli);
        assert!(site.app.counts(&actor, &site.recruitment).await.expect("counts").is_empty());
    }
}
