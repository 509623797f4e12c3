//! The requirement profile (kravprofil): what the recruitment asks for, fixed before anyone reads
//! an application.
//!
//! A profile is written in TOML by people. [`Profile::freeze`] reads it, collects every fault in
//! one go, and gives a [`FrozenProfile`] that keeps the exact text and its SHA-256, so that a
//! score can always be traced to the very file it was made with. There is no other way to make
//! one, and nothing here changes a profile after it is frozen.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::id::{CriterionId, OrganisationId, PlacementId};
use super::words::{Lang, Text};

mod reading;

use self::reading::read;
pub(crate) use self::reading::well_formed_id;

/// The format this program reads.
pub const FORMAT: &str = "urval-kravprofil/1";

/// How large a profile may be.
pub mod limits {
    /// Bytes of the file.
    pub const FILE_BYTES_MAX: usize = 1024 * 1024;
    /// Criteria in a profile.
    pub const CRITERIA_MAX: usize = 60;
    /// Placements in a profile.
    pub const PLACEMENTS_MAX: usize = 100;
    /// Questions in a profile.
    pub const QUESTIONS_MAX: usize = 40;
    /// Characters of any text, in one language.
    pub const TEXT_CHARS_MAX: usize = 2_000;
    /// Characters of an id.
    pub const ID_CHARS_MAX: usize = 60;
    /// The largest weight, in thousandths.
    pub const WEIGHT_MILLI_MAX: u32 = 100_000;
}

/// What kind of requirement a criterion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Must be met (skallkrav). A person decides from stated facts; it never has a weight.
    MustHave,
    /// Counts in favour (meriterande).
    Desirable,
    /// A competence (kompetens) shown by what the applicant has done.
    Competence,
    /// A personal quality (personlig egenskap): people only.
    PersonalQuality,
    /// A condition of one or more placements (villkor för placeringen), such as a driving licence.
    PlacementCondition,
}

impl Kind {
    /// Every kind, in the order of the documents.
    pub const ALL: [Kind; 5] =
        [Self::MustHave, Self::Desirable, Self::Competence, Self::PersonalQuality, Self::PlacementCondition];

    /// The word in the file.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::MustHave => "must_have",
            Self::Desirable => "desirable",
            Self::Competence => "competence",
            Self::PersonalQuality => "personal_quality",
            Self::PlacementCondition => "placement_condition",
        }
    }

    /// The word on pages.
    #[must_use]
    pub fn label(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::MustHave, Lang::Sv) => "skallkrav",
            (Self::MustHave, Lang::En) => "must have",
            (Self::Desirable, Lang::Sv) => "meriterande",
            (Self::Desirable, Lang::En) => "desirable",
            (Self::Competence, Lang::Sv) => "kompetens",
            (Self::Competence, Lang::En) => "competence",
            (Self::PersonalQuality, Lang::Sv) => "personlig egenskap",
            (Self::PersonalQuality, Lang::En) => "personal quality",
            (Self::PlacementCondition, Lang::Sv) => "villkor för placeringen",
            (Self::PlacementCondition, Lang::En) => "placement condition",
        }
    }
}

/// What the AI support may do with a criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ai {
    /// Propose a level against the anchors.
    Assess,
    /// Show the stated fact, without a level.
    Extract,
    /// Show the passages that concern it, without a level.
    List,
    /// Nothing.
    None,
}

impl Ai {
    /// Every way, in the order of the documents.
    pub const ALL: [Ai; 4] = [Self::Assess, Self::Extract, Self::List, Self::None];

    /// The word in the file.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Assess => "assess",
            Self::Extract => "extract",
            Self::List => "list",
            Self::None => "none",
        }
    }
}

/// A criterion's weight in the sum, in thousandths: above 0, at most 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Weight {
    milli: u32,
}

/// A weight is 0 or above 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a weight is above 0 and at most 100, with at most three decimals")]
pub struct NotAWeight;

impl Weight {
    /// From thousandths.
    ///
    /// # Errors
    /// [`NotAWeight`] for 0 or above 100,000.
    pub fn from_milli(milli: u32) -> Result<Self, NotAWeight> {
        if milli == 0 || milli > limits::WEIGHT_MILLI_MAX { Err(NotAWeight) } else { Ok(Self { milli }) }
    }

    /// Thousandths.
    #[must_use]
    pub fn milli(self) -> u32 {
        self.milli
    }
}

impl TryFrom<u32> for Weight {
    type Error = NotAWeight;
    fn try_from(milli: u32) -> Result<Self, NotAWeight> {
        Self::from_milli(milli)
    }
}

impl From<Weight> for u32 {
    fn from(weight: Weight) -> u32 {
        weight.milli
    }
}

impl std::fmt::Display for Weight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, rest) = (self.milli / 1000, self.milli % 1000);
        if rest == 0 {
            return write!(f, "{whole}");
        }
        let fraction = format!("{rest:03}");
        write!(f, "{whole}.{}", fraction.trim_end_matches('0'))
    }
}

/// What weak, adequate and strong look like (bedömningsankare).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Anchors {
    /// A weak example.
    pub weak: Text,
    /// An adequate example.
    pub adequate: Text,
    /// A strong example.
    pub strong: Text,
}

/// How well the text model must tell right evidence from wrong, for each language, before it may rank
/// (`[model_floor]`): the share of right pairs that are nearer than wrong ones, in thousandths; 500 is chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ModelFloor {
    /// For text in Swedish.
    pub sv_milli: u32,
    /// For text in English.
    pub en_milli: u32,
}

impl ModelFloor {
    /// When the profile says nothing.
    pub const DEFAULT: Self = Self { sv_milli: 900, en_milli: 900 };

    /// From 0 to 1.
    #[must_use]
    pub fn get(self, lang: Lang) -> f64 {
        let milli = match lang {
            Lang::Sv => self.sv_milli,
            Lang::En => self.en_milli,
        };
        f64::from(milli) / 1000.0
    }
}

/// One placement (placering).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Placement {
    /// Its id in this profile.
    pub id: PlacementId,
    /// The organisation that recruits and decides.
    pub organisation: OrganisationId,
    /// Its name.
    pub title: Text,
}

/// One question that every applicant answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Question {
    /// Its id, such as `F1`.
    pub id: String,
    /// The question.
    pub text: Text,
}

/// One criterion (kriterium).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Criterion {
    /// Its id, such as `K2`.
    pub id: CriterionId,
    /// Its name.
    pub label: Text,
    /// What is asked for.
    pub description: Text,
    /// What kind of requirement it is.
    pub kind: Kind,
    /// What the AI support may do.
    pub ai: Ai,
    /// Its weight in the sum; present exactly when `ai` is [`Ai::Assess`].
    pub weight: Option<Weight>,
    /// Examples of the levels; always present when `ai` is [`Ai::Assess`].
    pub anchors: Option<Anchors>,
    /// The placements it applies to; empty means all.
    pub placements: Vec<PlacementId>,
}

impl Criterion {
    /// Whether it applies to a placement.
    #[must_use]
    pub fn applies_to(&self, placement: &PlacementId) -> bool {
        self.placements.is_empty() || self.placements.contains(placement)
    }

    /// Whether the AI support's level enters the sum.
    #[must_use]
    pub fn in_sum(&self) -> bool {
        self.ai == Ai::Assess && matches!(self.kind, Kind::Desirable | Kind::Competence)
    }
}

/// A requirement profile (kravprofil).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// The format of the file: [`FORMAT`].
    pub format: String,
    /// The profile's id.
    pub id: String,
    /// Which version of the profile, from 1.
    pub version: u32,
    /// Its name.
    pub title: Text,
    /// The placements, in the file's order; empty in a profile for screening alone.
    pub placements: Vec<Placement>,
    /// The questions, in the file's order.
    pub questions: Vec<Question>,
    /// The criteria, in the file's order; at least one.
    pub criteria: Vec<Criterion>,
    /// What the text model must reach before it may rank.
    pub model_floor: ModelFloor,
}

impl Profile {
    /// Reads a profile and fixes it (fryser kravprofilen).
    ///
    /// # Errors
    /// [`ProfileError`], with every fault found.
    pub fn freeze(toml_text: &str) -> Result<FrozenProfile, ProfileError> {
        let profile = read(toml_text)?;
        Ok(FrozenProfile { profile, digest: digest_of(toml_text), toml: toml_text.to_owned() })
    }

    /// The criterion with this id.
    #[must_use]
    pub fn criterion(&self, id: &CriterionId) -> Option<&Criterion> {
        self.criteria.iter().find(|criterion| criterion.id == *id)
    }

    /// The placement with this id.
    #[must_use]
    pub fn placement(&self, id: &PlacementId) -> Option<&Placement> {
        self.placements.iter().find(|placement| placement.id == *id)
    }
}

/// A profile that no longer changes (fryst kravprofil): the only kind that scoring takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrozenProfile {
    profile: Profile,
    digest: String,
    toml: String,
}

impl FrozenProfile {
    /// Opens a stored profile again.
    ///
    /// # Errors
    /// [`ProfileError::Changed`] when the text is not the one that was frozen; otherwise as
    /// [`Profile::freeze`].
    pub fn reopen(toml: &str, expected_digest: &str) -> Result<Self, ProfileError> {
        let found = digest_of(toml);
        if !found.eq_ignore_ascii_case(expected_digest.trim()) {
            return Err(ProfileError::Changed { expected: expected_digest.trim().to_owned(), found });
        }
        Profile::freeze(toml)
    }

    /// What it says.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Lower-case hex SHA-256 of the file's bytes, as `sha256sum` prints it.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The file's exact text.
    #[must_use]
    pub fn toml(&self) -> &str {
        &self.toml
    }
}

fn digest_of(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// One fault in a profile: where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where in the profile, such as `criterion K2`.
    pub at: Text,
    /// What is wrong and what to do.
    pub what: Text,
}

impl Problem {
    /// Place and fault on one line.
    #[must_use]
    pub fn line(&self, lang: Lang) -> String {
        format!("{}: {}", self.at.get(lang), self.what.get(lang))
    }
}

/// Why a profile was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileError {
    /// Larger than [`limits::FILE_BYTES_MAX`].
    TooLarge {
        /// The file's size.
        bytes: usize,
    },
    /// Not TOML.
    Syntax {
        /// The line of the fault, from 1.
        line: usize,
        /// What the parser says, in English.
        message: String,
    },
    /// TOML, but not a sound profile: every fault found, at least one.
    Problems(Vec<Problem>),
    /// The stored text is not the one that was frozen.
    Changed {
        /// The digest it was frozen with.
        expected: String,
        /// The digest of the text at hand.
        found: String,
    },
}

impl ProfileError {
    /// One line for each fault.
    #[must_use]
    pub fn lines(&self, lang: Lang) -> Vec<String> {
        let max = limits::FILE_BYTES_MAX;
        match (self, lang) {
            (Self::TooLarge { bytes }, Lang::Sv) => {
                vec![format!("kravprofilen är {bytes} byte; högst {max} byte får den vara")]
            }
            (Self::TooLarge { bytes }, Lang::En) => {
                vec![format!("the profile is {bytes} bytes; it may be at most {max} bytes")]
            }
            (Self::Syntax { line, message }, Lang::Sv) => {
                vec![format!(
                    "rad {line}: filen är inte giltig TOML ({message}); rätta raden och försök igen"
                )]
            }
            (Self::Syntax { line, message }, Lang::En) => {
                vec![format!(
                    "line {line}: the file is not valid TOML ({message}); correct the line and try again"
                )]
            }
            (Self::Problems(problems), _) => problems.iter().map(|problem| problem.line(lang)).collect(),
            (Self::Changed { expected, found }, Lang::Sv) => vec![format!(
                "kravprofilen är inte den som frystes (SHA-256 {expected} väntades, {found} hittades); \
                 använd den frysta filen eller frys en ny version"
            )],
            (Self::Changed { expected, found }, Lang::En) => vec![format!(
                "the profile is not the one that was frozen (SHA-256 {expected} expected, {found} found); \
                 use the frozen file or freeze a new version"
            )],
        }
    }
}

impl std::fmt::Display for ProfileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.lines(Lang::En).join("\n"))
    }
}

impl std::error::Error for ProfileError {}

#[cfg(test)]
mod tests {
    use super::*;

    const DEMO: &str = include_str!("../demo/kravprofil.toml");

    #[test]
    fn the_demo_profile_parses() {
        let frozen = Profile::freeze(DEMO).expect("the demo is sound");
        let profile = frozen.profile();
        assert_eq!((profile.placements.len(), profile.questions.len(), profile.criteria.len()), (9, 3, 10));
        let summed: Vec<&str> =
            profile.criteria.iter().filter(|c| c.in_sum()).map(|c| c.id.as_str()).collect();
        assert_eq!(summed, ["K2", "K4", "K5", "K6", "K10"]);
        let licence = profile.criterion(&CriterionId::new("K8")).expect("K8");
        assert!(licence.applies_to(&PlacementId::new("landskrona-hallbarhet")));
        assert!(!licence.applies_to(&PlacementId::new("bjuv-hr")));
        let k5 = profile.criterion(&CriterionId::new("K5")).expect("K5");
        assert!(k5.applies_to(&PlacementId::new("bjuv-hr")));
        assert_eq!(k5.weight.map(Weight::milli), Some(3_000));
    }

    #[test]
    fn the_digest_is_what_sha256sum_prints() {
        // `printf 'abc' | sha256sum`, the published test vector.
        assert_eq!(digest_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let frozen = Profile::freeze(DEMO).expect("sound");
        assert_eq!(frozen.digest(), digest_of(DEMO));
        assert_eq!(frozen.toml(), DEMO);
    }

    #[test]
    fn a_changed_file_is_not_reopened() {
        let frozen = Profile::freeze(DEMO).expect("sound");
        assert_eq!(FrozenProfile::reopen(DEMO, frozen.digest()).as_ref(), Ok(&frozen));
        // One space, which changes nothing that is read.
        let touched = format!("{DEMO} ");
        assert!(matches!(
            FrozenProfile::reopen(&touched, frozen.digest()),
            Err(ProfileError::Changed { .. })
        ));
    }
}
