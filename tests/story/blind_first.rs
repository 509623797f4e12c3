//! Who marks sees neither band nor evidence, in page or API, before the own blind marks are given.

use serde_json::json;
use urval::subject::role::Role;

use crate::fixture::{middle_marks, on_both};

const LETTER: &str =
    "I led a project group of five with goals and a schedule. I analysed the results in a report.";
const ASKED: [&str; 8] = ["K1", "K2", "K3", "K4", "K5", "K6", "K9", "K10"];

on_both! {
    async fn a_reviewer_marks_before_the_band_is_shown(site) {
        let first = site.apply("Anna Berg", LETTER, &["helsingborg-digitalisering"]).await;
        let second = site.apply("Bo Ek", "I like long walks and good coffee in the morning.", &["helsingborg-digitalisering"]).await;
        site.score().await;
        let assessor = site.staff(Role::Assessor, "helsingborg").await;
        let ranking = format!("/api/v1/placements/{}/ranking", site.placement("helsingborg-digitalisering").id);
        let before = assessor.get(&ranking).await.json();
        let labels = |value: &serde_json::Value| value.to_string();
        assert_eq!(before["unread"].as_array().map(Vec::len), Some(2));
        assert!(!labels(&before["bands"]).contains("K-"), "no band before a mark: {before}");

        let id = site.id_of(&first.label).await;
        let file = assessor.get(&format!("/api/v1/applications/{id}")).await.json();
        assert_eq!(file["revealed"], json!(false));
        assert!(!file.to_string().contains("without"), "no evidence: {file}");
        let marked = assessor.post_json(&format!("/api/v1/applications/{id}/marks"), &json!({ "marks": middle_marks(&ASKED) })).await;
        assert!(marked.status < 300, "{}", marked.text);
        let after = assessor.get(&ranking).await.json();
        assert!(labels(&after["bands"]).contains(&first.label));
        assert!(!labels(&after["bands"]).contains(&second.label), "only the marked one has a band: {after}");
        let file = assessor.get(&format!("/api/v1/applications/{id}")).await.json();
        assert_eq!(file["revealed"], json!(true));

        // Another reviewer is still blind, to the band and to the first one's marks.
        let other = site.staff(Role::Recruiter, "helsingborg").await;
        let file = other.get(&format!("/api/v1/applications/{id}")).await.json();
        assert_eq!(file["revealed"], json!(false));
        assert!(!file.to_string().contains("\"blind\":\"3\""), "others' marks wait too: {file}");
    }

    async fn a_must_have_is_settled_by_a_person_and_never_in_the_sum(site) {
        let made = site.apply("Anna Berg", LETTER, &["helsingborg-digitalisering"]).await;
        site.score().await;
        let assessor = site.staff(Role::Assessor, "helsingborg").await;
        let id = site.id_of(&made.label).await;
        assessor.get(&format!("/api/v1/applications/{id}")).await;
        let mut marks = middle_marks(&ASKED);
        marks.insert("K1".into(), "4".into());
        let graded = assessor.post_json(&format!("/api/v1/applications/{id}/marks"), &json!({ "marks": marks })).await;
        assert_eq!(graded.status, 422, "a requirement is styrkt, ej styrkt or oklart, not graded");
        marks.insert("K1".into(), "ej_styrkt".into());
        let marked = assessor.post_json(&format!("/api/v1/applications/{id}/marks"), &json!({ "marks": marks })).await;
        assert!(marked.status < 300, "{}", marked.text);
        let file = assessor.get(&format!("/api/v1/applications/{id}")).await.json();
        let text = file.to_string();
        let explained = find(&file, "K1").unwrap_or_else(|| panic!("K1 in {text}"));
        assert!(explained["level"].is_null(), "{explained}");
        assert_eq!(file["state"], json!("assessed"), "ej styrkt rejects nobody");
    }
}

/// The first object in `explained` with this id.
fn find(file: &serde_json::Value, id: &str) -> Option<serde_json::Value> {
    fn walk(value: &serde_json::Value, id: &str) -> Option<serde_json::Value> {
        match value {
            serde_json::Value::Object(map) => {
                if map.get("id").and_then(|v| v.as_str()) == Some(id) && map.contains_key("evidence") {
                    return Some(value.clone());
                }
                map.values().find_map(|v| walk(v, id))
            }
            serde_json::Value::Array(list) => list.iter().find_map(|v| walk(v, id)),
            _ => None,
        }
    }
    walk(file, id)
}
