//! The sixty invented applications, compiled in.

use serde::Deserialize;

use crate::guard::pii::Pii;
use crate::pipeline::received::{Known, Received, Section, SectionKind};
use crate::subject::words::Lang;

macro_rules! files {
    ($($name:literal)*) => {
        /// File name and text.
        pub const FILES: &[(&str, &str)] = &[$(($name, include_str!(concat!("applications/", $name, ".toml")))),*];
    };
}

files! {
    "a01" "a02" "a03" "a04" "a05" "a06" "a07" "a08" "a09" "a10" "a11" "a12" "a13" "a14" "a15"
    "a16" "a17" "a18" "a19" "a20" "a21" "a22" "a23" "a24" "a25" "a26" "a27" "a28" "a29" "a30"
    "a31" "a32" "a33" "a34" "a35" "a36" "a37" "a38" "a39" "a40" "a41" "a42" "a43" "a44" "a45"
    "a46" "a47" "a48" "a49" "a50" "a51" "a52" "a53" "a54" "a55" "a56" "a57" "a58" "a59" "a60"
}

/// One invented application.
pub struct Invented {
    /// The file's name without ending.
    pub file: &'static str,
    /// The language of the form.
    pub language: Lang,
    /// The chosen placements' ids in the profile.
    pub placements: Vec<String>,
    /// What was sent.
    pub received: Received,
}

/// A compiled-in file cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("src/demo/applications/{file}.toml: {reason}")]
pub struct Broken {
    file: &'static str,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    language: Lang,
    placements: Vec<String>,
    /// What the author put in: for tests of the ranking, never read here.
    #[serde(rename = "planted")]
    _planted: toml::Table,
    letter: String,
    cv: String,
    person: Person,
    #[serde(default)]
    answers: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    name: String,
    email: String,
    phone: String,
    street: String,
    postcode: String,
    town: String,
    #[serde(default)]
    links: Vec<String>,
}

/// Reads one application file.
///
/// # Errors
/// When it is not in the demonstration's form.
pub fn read(file: &'static str, text: &str) -> Result<Invented, Broken> {
    let broken = |reason: String| Broken { file, reason };
    let read: File = toml::from_str(text).map_err(|e| broken(e.message().to_owned()))?;
    let mut sections = Vec::new();
    let mut push = |kind, question: Option<&str>, text: &str| {
        if !text.trim().is_empty() {
            sections.push(Section {
                kind,
                question: question.map(str::to_owned),
                text: Pii::new(text.trim().to_owned()),
            });
        }
    };
    push(SectionKind::Letter, None, &read.letter);
    push(SectionKind::Cv, None, &read.cv);
    for (question, answer) in &read.answers {
        let answer = answer.as_str().ok_or_else(|| broken(format!("answers.{question} is not text")))?;
        push(SectionKind::Answer, Some(question), answer);
    }
    let known = Known {
        name: read.person.name,
        email: read.person.email,
        phone: read.person.phone,
        street: read.person.street,
        postcode: read.person.postcode,
        town: read.person.town,
        links: read.person.links,
        other: Vec::new(),
    };
    Ok(Invented {
        file,
        language: read.language,
        placements: read.placements,
        received: Received { known, sections },
    })
}

/// All sixty.
///
/// # Errors
/// When one is not in the demonstration's form.
pub fn all() -> Result<Vec<Invented>, Broken> {
    FILES.iter().map(|(file, text)| read(file, text)).collect()
}
