//! What a file can be handed in as.

use serde::{Deserialize, Serialize};

/// What a file is handed in as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilePlace {
    /// As the personal letter.
    Letter,
    /// As the curriculum vitae.
    Cv,
}

impl FilePlace {
    /// Every place, in the order in which a person reads them.
    pub const ALL: [FilePlace; 2] = [Self::Letter, Self::Cv];

    /// The stored name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Letter => "letter",
            Self::Cv => "cv",
        }
    }

    /// Reads the stored name.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|place| place.code() == code)
    }
}
