//! `manifest.json`: candidates as any system can write them, with the names of their documents.
//!
//! ```json
//! { "format": "urval-manifest/1", "candidates": [
//!   { "id": "A-1", "name": "…", "email": "…", "letter": "…", "answers": { "F1": "…" },
//!     "placements": ["…"], "files": { "cv": "A-1/cv.pdf", "letter": "A-1/brev.docx" } } ] }
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Draft, Entry, Unreadable};
use crate::pipeline::received::{Known, SectionKind};
use crate::subject::file_place::FilePlace;

const FORMAT: &str = "urval-manifest/1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: String,
    candidates: Vec<Candidate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Candidate {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    street: String,
    #[serde(default)]
    postcode: String,
    #[serde(default)]
    town: String,
    #[serde(default)]
    links: Vec<String>,
    #[serde(default)]
    placements: Vec<String>,
    #[serde(default)]
    letter: String,
    #[serde(default)]
    cv: String,
    #[serde(default)]
    answers: BTreeMap<String, String>,
    #[serde(default)]
    files: BTreeMap<FilePlace, String>,
}

pub(super) fn read(text: &str) -> Result<Vec<Entry>, Unreadable> {
    // What serde says of a fault can quote a value; the place cannot.
    let fault = |error: serde_json::Error| match error.classify() {
        serde_json::error::Category::Data => {
            Unreadable::NotThisFormat { format: FORMAT, line: error.line(), column: error.column() }
        }
        _ => Unreadable::NotJson { line: error.line(), column: error.column() },
    };
    let manifest: Manifest = serde_json::from_str(text).map_err(fault)?;
    if manifest.format != FORMAT {
        return Err(Unreadable::NotThisFormat { format: FORMAT, line: 1, column: 1 });
    }
    Ok(manifest
        .candidates
        .into_iter()
        .map(|one| Entry { label: one.id.clone(), draft: Ok(draft(one)) })
        .collect())
}

fn draft(one: Candidate) -> Draft {
    let mut known = Known::default();
    known.name = one.name;
    known.email = one.email;
    known.phone = one.phone;
    known.street = one.street;
    known.postcode = one.postcode;
    known.town = one.town;
    known.links = one.links;
    let mut draft = Draft {
        known,
        key: one.id,
        placements: one.placements,
        files: one.files.into_iter().collect(),
        ..Draft::default()
    };
    draft.add(SectionKind::Letter, None, &one.letter);
    draft.add(SectionKind::Cv, None, &one.cv);
    for (question, answer) in &one.answers {
        draft.add(SectionKind::Answer, Some(question), answer);
    }
    draft
}
