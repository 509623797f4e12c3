//! An application as it came in, before anything was taken out of it.

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::guard::pii::{FreeText, Pii};
use crate::subject::file_place::FilePlace;

/// What the applicant says of himself or herself, field by field. Any field may be empty.
///
/// It is never logged or shown by formatting; the vault seals it as one record.
#[derive(Default, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Known {
    /// Full name as written, given names first.
    #[serde(default)]
    pub name: String,
    /// E-mail address.
    #[serde(default)]
    pub email: String,
    /// Telephone number as written.
    #[serde(default)]
    pub phone: String,
    /// Street and number.
    #[serde(default)]
    pub street: String,
    /// Postcode.
    #[serde(default)]
    pub postcode: String,
    /// Town.
    #[serde(default)]
    pub town: String,
    /// Addresses on the web and handles.
    #[serde(default)]
    pub links: Vec<String>,
    /// Anything else known to identify the applicant: nicknames, former names, personnummer.
    #[serde(default)]
    pub other: Vec<String>,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Known(redacted)")
    }
}

/// Which part of the application a text is, in the order in which a person reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SectionKind {
    /// Personal letter (personligt brev).
    Letter,
    /// Curriculum vitae (meritförteckning).
    Cv,
    /// The answer to one question of the profile.
    Answer,
}

impl From<FilePlace> for SectionKind {
    /// The part of the application that a file becomes.
    fn from(place: FilePlace) -> Self {
        match place {
            FilePlace::Letter => Self::Letter,
            FilePlace::Cv => Self::Cv,
        }
    }
}

/// One part of the application.
#[derive(Debug)]
pub struct Section {
    /// Which part.
    pub kind: SectionKind,
    /// The question's id, for an answer.
    pub question: Option<String>,
    /// The text as sent, line ends as `\n`.
    pub text: Pii<FreeText>,
}

/// An application as it came in.
#[derive(Debug)]
pub struct Received {
    /// The applicant's own fields.
    pub known: Known,
    /// The parts in the order in which a person reads them: letter, CV, answers.
    pub sections: Vec<Section>,
}
