//! A saved dump of Teamtailor's JSON:API: candidates with their attributes, and answers among what is included.
//! Links to files are not followed; a document is found beside the dump by the candidate's id.

use serde_json::Value;

use super::{Draft, Entry, Unreadable, Wanted};
use crate::pipeline::received::{Known, SectionKind};

/// Whether a text is such a dump.
pub(super) fn is(text: &str) -> bool {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return false };
    value["data"].as_array().is_some_and(|data| {
        data.iter().any(|one| matches!(one["type"].as_str(), Some("candidates" | "job-applications")))
    })
}

pub(super) fn read(text: &str) -> Result<Vec<Entry>, Unreadable> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| Unreadable::NotJson { line: error.line(), column: error.column() })?;
    let list = |name: &str| value[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let all = || list("data").iter().chain(list("included"));
    let mut entries = Vec::new();
    for (index, one) in all().enumerate().filter(|(_, one)| one["type"] == "candidates") {
        let Some(id) = one["id"].as_str() else {
            return Err(Unreadable::JsonShape { pointer: format!("/data/{index}/id"), wanted: Wanted::Text });
        };
        entries.push(Entry {
            label: id.to_owned(),
            draft: Ok(draft(id, &one["attributes"], &answers(id, all()))),
        });
    }
    Ok(entries)
}

/// The answers of a candidate: the question's id and the text.
fn answers<'a>(candidate: &str, all: impl Iterator<Item = &'a Value>) -> Vec<(String, String)> {
    all.filter(|one| one["type"] == "answers")
        .filter(|one| one["relationships"]["candidate"]["data"]["id"] == candidate)
        .filter_map(|one| {
            let attributes = &one["attributes"];
            let text = ["text", "answer"].iter().find_map(|name| attributes[*name].as_str())?;
            let question = one["relationships"]["question"]["data"]["id"].as_str().or(one["id"].as_str())?;
            Some((question.to_owned(), text.to_owned()))
        })
        .collect()
}

fn draft(id: &str, attributes: &Value, answers: &[(String, String)]) -> Draft {
    let text = |name: &str| attributes[name].as_str().unwrap_or_default().trim();
    let mut known = Known::default();
    known.name = format!("{} {}", text("first-name"), text("last-name")).trim().to_owned();
    known.email = text("email").to_owned();
    known.phone = text("phone").to_owned();
    known.links = ["linkedin-url", "linkedin-profile", "twitter-profile", "website"]
        .iter()
        .map(|name| text(name).to_owned())
        .filter(|link| !link.is_empty())
        .collect();
    let mut draft = Draft { known, key: id.to_owned(), ..Draft::default() };
    for name in ["cover-letter", "pitch"] {
        draft.add(SectionKind::Letter, None, text(name));
    }
    for name in ["resume-summary", "resume-text"] {
        draft.add(SectionKind::Cv, None, text(name));
    }
    for (question, answer) in answers {
        draft.add(SectionKind::Answer, Some(question), answer);
    }
    draft
}
