//! The same text gives the same assessment, bit for bit: alone, among others, in any order.

use serde_json::Value;
use urval::guard::access::{Actor, Job};

use crate::fixture::on_both;

on_both! {
    async fn an_assessment_does_not_depend_on_who_else_applied_or_when(site) {
        let texts: Vec<(&str, &str)> = urval::demo::applications::FILES.iter().copied().skip(34).take(6).collect();
        let mut alone = Vec::new();
        for (file, text) in &texts {
            let label = hand_in(&site, file, text, "alone").await;
            site.score().await;
            alone.push(assessed(&site, &label).await);
        }
        let mut labels = Vec::new();
        for (file, text) in texts.iter().rev() {
            labels.push(hand_in(&site, file, text, "together").await);
        }
        site.score().await;
        labels.reverse();
        for (label, before) in labels.iter().zip(&alone) {
            assert_eq!(assessed(&site, label).await, *before);
        }
        // And again over what is assessed already.
        for label in &labels {
            let id = site.db.by_label(&site.recruitment, label).await.expect("the database").expect("an id");
            site.app.screen_one(Job::Scorer, &id).await.expect("an assessment");
        }
        for (label, before) in labels.iter().zip(&alone) {
            assert_eq!(assessed(&site, label).await, *before);
        }
        crate::fixture::figures("story::same_input_same_score", 18, &serde_json::json!({ "differences": 0 }));
    }
}

async fn hand_in(site: &crate::fixture::Site, file: &'static str, text: &str, turn: &str) -> String {
    let invented = urval::demo::applications::read(file, text).expect("a demo application");
    let submission = urval::casework::intake::Submission {
        placements: vec![site.placement("helsingborg-digitalisering").id.clone()],
        language: invented.language,
        ai_free: false,
        label_seed: Some(format!("{turn}/{file}")),
        draft: None,
        received: invented.received,
    };
    let done =
        site.app.submit(&Actor::Job(Job::Demo), &site.recruitment, submission).await.expect("taken in");
    assert!(!done.held, "{file} passes the leak check");
    done.label
}

/// The assessment as the applicant's extract holds it, without times and names.
async fn assessed(site: &crate::fixture::Site, label: &str) -> Value {
    let id = site.db.by_label(&site.recruitment, label).await.expect("the database").expect("an id");
    let file = site.app.own_file(&Actor::Applicant(id.clone()), &id).await.expect("the own file");
    let mut all = file.export().expect("the extract");
    all["assessment"]["criteria"].take()
}
