//! The word lists of this folder, asked by whoever searches: what a word would select people on. In a query no
//! sentence tells of whom something is said, so a word counts for what it can tell of anybody.

use std::sync::LazyLock;

use super::Kind;
use super::lexicon::{Entry, Mode, Naming, Realm, class, lexicon};
use crate::pipeline::pseudonymise::normal::folded;

/// Longest phrase of the lists that is looked up, in words.
const PHRASE: usize = 8;

/// What the words around a revelation say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pipeline) enum Set {
    /// Words for work and studies.
    Work,
    /// Prepositions.
    Preposition,
    /// "född", "uppvuxen".
    Born,
    /// "kommer", "flyttade".
    Came,
    /// "från".
    From,
    /// Countries and towns abroad.
    Place,
    /// Peoples, as nouns and adjectives.
    People,
    /// "svensk".
    HomePeople,
    /// "bakgrund", "rötter", "medborgare", "föräldrar".
    Origin,
    /// "modersmål".
    Tongue,
    /// Names of languages.
    Language,
    /// "medlem", "invald", "ombud": who stands in an organisation.
    Member,
}

impl Set {
    fn bits(self) -> u128 {
        match self {
            Self::Work => class::DUTY | class::TOPIC,
            Self::Preposition => class::PREP,
            Self::Born => class::BORN,
            Self::Came => class::CAME,
            Self::From => class::FROM,
            Self::Place => class::PLACE,
            Self::People => class::PEOPLE,
            Self::HomePeople => class::HOME_PEOPLE,
            Self::Origin => class::ORIGIN | class::ROOT | class::CITIZEN,
            Self::Tongue => class::TONGUE,
            Self::Language => class::LANGUAGE,
            Self::Member => class::MEMBER | class::ELECTED | class::AFTER_CUE,
        }
    }
}

/// What the lists know of a word or of a phrase.
#[derive(Clone, Copy, Debug)]
pub(in crate::pipeline) struct Known {
    /// How many words it is.
    pub(in crate::pipeline) words: usize,
    /// What it tells of whoever it is said of.
    pub(in crate::pipeline) tells: Option<Kind>,
    /// What it tells where it names an organisation; it is an ordinary word as well.
    pub(in crate::pipeline) may_name: Option<Kind>,
    class: u128,
}

impl Known {
    fn of(words: usize, entry: Entry) -> Self {
        let (tells, may_name) = telling(entry);
        Self { words, tells, may_name, class: entry.class }
    }

    /// Whether it is in the set.
    pub(in crate::pipeline) fn is(&self, set: Set) -> bool {
        self.class & set.bits() != 0
    }

    /// Whether it is in any set at all, or tells something.
    pub(in crate::pipeline) fn is_known(&self) -> bool {
        self.class != 0 || self.tells.is_some() || self.may_name.is_some()
    }
}

/// Sport, soldiers and sobriety are no ground by themselves.
fn realm(of: Realm) -> Option<Kind> {
    match of {
        Realm::Politics => Some(Kind::Politics),
        Realm::Union => Some(Kind::Union),
        Realm::Belief => Some(Kind::Belief),
        Realm::Orientation => Some(Kind::Orientation),
        Realm::Ethnicity => Some(Kind::Ethnicity),
        Realm::Health => Some(Kind::Health),
        Realm::Sport | Realm::Military | Realm::Temperance => None,
    }
}

fn telling(entry: Entry) -> (Option<Kind>, Option<Kind>) {
    let told = entry.trigger.filter(|(kind, mode)| *kind != Kind::Voluntary && *mode != Mode::Heading);
    let (sure, doubtful) = match entry.naming {
        Some((Naming::Fixed | Naming::Noun | Naming::Role | Naming::Cue, of)) => (realm(of), None),
        Some((Naming::Doubtful, of)) => (None, realm(of)),
        Some((Naming::Service | Naming::Letter, _)) | None => (None, None),
    };
    (told.map(|(kind, _)| kind).or(sure), doubtful)
}

/// Everything that the lists know of the words from `at` on, shortest first. The words are in lower case.
pub(in crate::pipeline) fn known_at(words: &[String], at: usize) -> Vec<Known> {
    let lexicon = lexicon();
    let mut out = Vec::new();
    let mut node: Option<u32> = None;
    for (taken, word) in words.iter().skip(at).take(PHRASE).enumerate() {
        let id = lexicon.word(word);
        let Some(next) = (match node {
            None => Some(id).filter(|id| *id != 0),
            Some(before) => lexicon.step(before, id),
        }) else {
            break;
        };
        let entry = lexicon.entry(next);
        let known = Known::of(taken + 1, entry);
        if known.is_known() {
            out.push(known);
        }
        if !entry.goes_on {
            break;
        }
        node = Some(next);
    }
    out
}

/// Every single word of the lists that tells something, without its marks, longest first.
pub(in crate::pipeline) fn telling_words() -> &'static [(String, Kind)] {
    static WORDS: LazyLock<Vec<(String, Kind)>> = LazyLock::new(|| {
        let mut all: Vec<(String, Kind)> = lexicon()
            .single_words()
            .filter_map(|(word, entry)| Some((folded(word), telling(entry).0?)))
            .collect();
        all.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.0.cmp(&b.0)));
        all.dedup_by(|a, b| a.0 == b.0);
        all
    });
    &WORDS
}
