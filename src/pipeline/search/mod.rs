//! Searching in what one has read, and the guard before it: a search whose words would select people on sensitive
//! data is refused, with the ground.
//!
//! 3 kap. 3 § andra stycket dataskyddslagen (2018:218) forbids an authority to search in order to get a selection of
//! persons based on sensitive personal data. What a person means cannot be read, so the words decide: a [`Query`]
//! exists only after [`Query::admit`] found none that would make such a selection. A subject of study or a field of
//! work ("religionsvetenskap", "handikappomsorg") is no belief and no illness and passes; so does a country by
//! itself, which says where something was. In doubt the guard refuses: whoever searches loses a word, and nobody
//! is selected.
//!
//! The words are those of the pseudonymiser's lists; `words.txt` holds what those do not: grounds that are no text to
//! withhold, and the names of work.

mod criteria;
mod places;
mod words;

use crate::pipeline::extract::latin_letters;
use crate::pipeline::pseudonymise::special::Kind;
use crate::pipeline::pseudonymise::{folded, normal_form};
use crate::subject::words::Lang;

pub use criteria::selecting_criteria;

/// The longest query, in characters.
pub const QUERY_CHARS_MAX: usize = 100;

/// A text keeps its letters after so many readings.
const ROUNDS_MAX: usize = 8;

/// What a search would have selected people on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ground {
    /// Health and disability.
    Health,
    /// Religion or belief.
    Belief,
    /// Membership in a trade union.
    Union,
    /// Political opinion.
    Politics,
    /// Ethnic origin.
    Origin,
    /// Sexual life or orientation.
    Orientation,
    /// Genetic or biometric data.
    Genetic,
    /// Offences.
    Offence,
    /// Data that the population register protects.
    ProtectedIdentity,
    /// Sex or gender identity.
    Sex,
    /// Age.
    Age,
    /// Pregnancy or parental leave.
    Pregnancy,
    /// Civil status and family.
    Family,
}

impl Ground {
    /// All grounds.
    pub const ALL: [Self; 13] = [
        Self::Health,
        Self::Belief,
        Self::Union,
        Self::Politics,
        Self::Origin,
        Self::Orientation,
        Self::Genetic,
        Self::Offence,
        Self::ProtectedIdentity,
        Self::Sex,
        Self::Age,
        Self::Pregnancy,
        Self::Family,
    ];

    /// The name in the log and in the interface.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Belief => "belief",
            Self::Union => "union",
            Self::Politics => "politics",
            Self::Origin => "ethnic_origin",
            Self::Orientation => "sexual_orientation",
            Self::Genetic => "genetic_or_biometric",
            Self::Offence => "offence",
            Self::ProtectedIdentity => "protected_identity",
            Self::Sex => "sex",
            Self::Age => "age",
            Self::Pregnancy => "pregnancy_or_parental_leave",
            Self::Family => "civil_status",
        }
    }

    /// The ground in words.
    #[must_use]
    pub fn name(self, lang: Lang) -> &'static str {
        let (sv, en) = match self {
            Self::Health => ("hälsa eller funktionsnedsättning", "health or disability"),
            Self::Belief => ("religion eller annan trosuppfattning", "religion or belief"),
            Self::Union => ("medlemskap i fackförening", "trade-union membership"),
            Self::Politics => ("politiska åsikter", "political opinions"),
            Self::Origin => ("etniskt ursprung", "ethnic origin"),
            Self::Orientation => ("sexualliv eller sexuell läggning", "sexual life or orientation"),
            Self::Genetic => ("genetiska eller biometriska uppgifter", "genetic or biometric data"),
            Self::Offence => ("lagöverträdelser", "offences"),
            Self::ProtectedIdentity => ("skyddade personuppgifter", "protected identity"),
            Self::Sex => ("kön eller könsidentitet", "sex or gender identity"),
            Self::Age => ("ålder", "age"),
            Self::Pregnancy => ("graviditet eller föräldraledighet", "pregnancy or parental leave"),
            Self::Family => ("civilstånd eller familj", "civil status or family"),
        };
        pick(lang, sv, en)
    }

    /// The paragraph, in words.
    #[must_use]
    pub fn law(self, lang: Lang) -> &'static str {
        let (sv, en) = match self {
            Self::Health
            | Self::Belief
            | Self::Union
            | Self::Politics
            | Self::Origin
            | Self::Orientation
            | Self::Genetic => (
                "3 kap. 3 § andra stycket dataskyddslagen (2018:218): det är förbjudet att utföra sökningar i syfte \
                 att få fram ett urval av personer grundat på känsliga personuppgifter (artikel 9.1 i \
                 dataskyddsförordningen).",
                "Chapter 3, section 3, second paragraph of the Swedish Data Protection Act (2018:218): it is \
                 forbidden to carry out searches in order to obtain a selection of persons based on sensitive \
                 personal data (Article 9(1) of the General Data Protection Regulation).",
            ),
            Self::Offence => (
                "Artikel 10 i dataskyddsförordningen och 3 kap. 8 § dataskyddslagen (2018:218): uppgifter om \
                 lagöverträdelser får inte behandlas för att välja ut sökande här.",
                "Article 10 of the General Data Protection Regulation and chapter 3, section 8 of the Swedish Data \
                 Protection Act (2018:218): data on offences may not be used here to select applicants.",
            ),
            Self::ProtectedIdentity => (
                "21 kap. 3 och 3 a §§ offentlighets- och sekretesslagen (2009:400): skyddade personuppgifter \
                 hanteras utanför tjänsten och söks aldrig.",
                "Chapter 21, sections 3 and 3 a of the Public Access to Information and Secrecy Act (2009:400): \
                 protected personal data are handled outside this service and never searched for.",
            ),
            Self::Sex | Self::Age => (
                "1 kap. 4–5 §§ och 2 kap. 1 § diskrimineringslagen (2008:567): sökande får inte väljas ut eller \
                 väljas bort efter kön eller ålder.",
                "Chapter 1, sections 4–5 and chapter 2, section 1 of the Discrimination Act (2008:567): applicants \
                 may not be selected or passed over on grounds of sex or age.",
            ),
            Self::Pregnancy => (
                "2 kap. 1 § diskrimineringslagen (2008:567) och 16 § föräldraledighetslagen (1995:584): sökande får \
                 inte väljas ut eller väljas bort på grund av graviditet eller föräldraledighet.",
                "Chapter 2, section 1 of the Discrimination Act (2008:567) and section 16 of the Parental Leave Act \
                 (1995:584): applicants may not be selected or passed over because of pregnancy or parental leave.",
            ),
            Self::Family => (
                "1 kap. 4 § och 2 kap. 1 § diskrimineringslagen (2008:567): civilstånd och familj har inget med \
                 meriterna att göra, och ett urval efter dem är lätt indirekt diskriminering.",
                "Chapter 1, section 4 and chapter 2, section 1 of the Discrimination Act (2008:567): civil status \
                 and family have nothing to do with merits, and a selection on them easily discriminates indirectly.",
            ),
        };
        pick(lang, sv, en)
    }

    fn of(kind: Kind) -> Option<Self> {
        Some(match kind {
            Kind::Health => Self::Health,
            Kind::Belief => Self::Belief,
            Kind::Politics => Self::Politics,
            Kind::Union => Self::Union,
            Kind::Orientation => Self::Orientation,
            Kind::Ethnicity => Self::Origin,
            Kind::Offence => Self::Offence,
            Kind::ProtectedIdentity => Self::ProtectedIdentity,
            Kind::Voluntary => return None,
        })
    }
}

fn pick(lang: Lang, sv: &'static str, en: &'static str) -> &'static str {
    match lang {
        Lang::Sv => sv,
        Lang::En => en,
    }
}

/// A search that would select people on what they may not be selected on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the search would select people on {}", ground.name(Lang::En))]
pub struct RefusedQuery {
    /// On what.
    pub ground: Ground,
}

/// Words that may be searched for. [`Query::admit`] alone makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    words: Vec<String>,
}

impl Query {
    /// Admits a query, unless its words would select people on something they may not be selected on.
    ///
    /// # Errors
    /// [`RefusedQuery`] with the ground.
    pub fn admit(text: &str) -> Result<Self, RefusedQuery> {
        let readings = words::readings(text);
        for reading in &readings {
            if let Some(ground) = words::ground(reading) {
                return Err(RefusedQuery { ground });
            }
        }
        Ok(Self { words: bare_words(text) })
    }

    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

/// The form of a query that the log's digest is made of: two spellings of the same letters are one.
#[must_use]
pub fn normal_query(text: &str) -> String {
    bare_words(text).join(" ")
}

/// The words without case and marks. What is a mark and nothing else is no word. A letter that loses its mark may
/// pass for a Latin one only then, so the words are read again until they stay.
fn bare_words(text: &str) -> Vec<String> {
    let mut text = plain(text);
    for _ in 0..ROUNDS_MAX {
        let again = folded(&plain(&text));
        if again == text {
            break;
        }
        text = again;
    }
    words::split(&text)
}

/// Composed letters of one script, nothing invisible, in lower case.
fn plain(text: &str) -> String {
    normal_form(&latin_letters(&normal_form(text))).to_lowercase()
}

#[cfg(test)]
mod tests;
