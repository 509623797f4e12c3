//! A person's mark (bedömning) for one criterion, and which criteria people mark.

use serde::{Deserialize, Serialize};

use super::profile::{Criterion, Kind};

/// A person's mark for one criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Mark {
    /// 1 to 5 by the profile's guide.
    Grade(u8),
    /// Evidenced (styrkt).
    Evidenced,
    /// Not evidenced (ej styrkt). Never a rejection by itself.
    NotEvidenced,
    /// Unclear (oklart): somebody must ask.
    Unclear,
}

impl Mark {
    /// The stored form: `1` … `5`, `styrkt`, `ej_styrkt`, `oklart`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Grade(1) => "1",
            Self::Grade(2) => "2",
            Self::Grade(3) => "3",
            Self::Grade(4) => "4",
            Self::Grade(_) => "5",
            Self::Evidenced => "styrkt",
            Self::NotEvidenced => "ej_styrkt",
            Self::Unclear => "oklart",
        }
    }

    /// Reads the stored form.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        match code {
            "1" => Some(Self::Grade(1)),
            "2" => Some(Self::Grade(2)),
            "3" => Some(Self::Grade(3)),
            "4" => Some(Self::Grade(4)),
            "5" => Some(Self::Grade(5)),
            "styrkt" => Some(Self::Evidenced),
            "ej_styrkt" => Some(Self::NotEvidenced),
            "oklart" => Some(Self::Unclear),
            _ => None,
        }
    }

    /// Its place on its scale, from 0 (lowest) to 1: five grades, or `ej_styrkt`, `oklart`, `styrkt`, where what is
    /// unclear lies between. All are exact binary fractions.
    #[must_use]
    pub fn place(self) -> f64 {
        match self {
            Self::Grade(grade) => f64::from(grade.clamp(1, 5) - 1) / 4.0,
            Self::NotEvidenced => 0.0,
            Self::Unclear => 0.5,
            Self::Evidenced => 1.0,
        }
    }

    /// The grade, 1 to 5; `None` for a word.
    #[must_use]
    pub fn grade(self) -> Option<u8> {
        match self {
            Self::Grade(grade) => Some(grade.clamp(1, 5)),
            _ => None,
        }
    }

    /// Whether it belongs to the scale of this criterion.
    #[must_use]
    pub fn fits(self, criterion: &Criterion) -> bool {
        matches!(self, Self::Grade(_)) != settled_by_words(criterion)
    }
}

/// A stored mark is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a mark is 1 to 5, or styrkt, ej_styrkt, oklart for a requirement")]
pub struct NotAMark;

impl TryFrom<String> for Mark {
    type Error = NotAMark;
    fn try_from(text: String) -> Result<Self, NotAMark> {
        Self::parse(&text).ok_or(NotAMark)
    }
}

impl From<Mark> for String {
    fn from(mark: Mark) -> Self {
        mark.code().to_owned()
    }
}

/// A requirement or condition is styrkt, ej styrkt or oklart; everything else is 1 to 5.
#[must_use]
pub fn settled_by_words(criterion: &Criterion) -> bool {
    matches!(criterion.kind, Kind::MustHave | Kind::PlacementCondition)
}

/// Whether people mark it at this stage: personal qualities wait for the interview.
#[must_use]
pub fn marked_now(criterion: &Criterion) -> bool {
    criterion.kind != Kind::PersonalQuality
}
