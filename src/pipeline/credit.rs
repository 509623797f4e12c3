//! Which passages can be evidence at all. Words of the profile handed back, lists of keywords and the same
//! passage once more are no account of what somebody has done: they earn nothing, whatever the model says, and
//! a person is told of them.
//!
//! Everything here looks at one application's own words and the profile's; it compares nobody with anybody.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::pseudonymise::folded;
use crate::subject::profile::Profile;
use crate::subject::words::Lang;

/// Why a passage earns nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoCredit {
    /// Most of its words stand in the same order in the profile or in one of its questions.
    Copied,
    /// Words in a row and no sentence.
    Keywords,
    /// It stands earlier in the same application.
    Repeated,
}

impl NoCredit {
    /// The word in files and answers.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Copied => "copied",
            Self::Keywords => "keywords",
            Self::Repeated => "repeated",
        }
    }
}

/// Words in a row that are compared with the profile's.
const RUN: usize = 4;
/// Share of a passage's words, in percent, that lie in runs of the profile's before it counts as copied.
const COPIED_PERCENT: usize = 60;
/// Items in a row before a passage can be a list of keywords.
const ITEMS_MIN: usize = 6;
/// Words of one item of such a list, at most on average, in tenths.
const ITEM_WORDS_TENTHS_MAX: usize = 22;
/// Small words, in percent, from which on a passage is a sentence with a list in it.
const SMALL_WORDS_PERCENT_MIN: usize = 18;
/// A passage with fewer words is not compared with earlier ones: headings and job titles recur.
const REPEATED_WORDS_MIN: usize = 6;

/// Words that sentences are held together with, and lists of keywords are not.
const SMALL_WORDS: &[&str] = &[
    // Swedish, in the one spelling: without diacritics
    "jag", "och", "att", "som", "for", "pa", "med", "har", "hade", "var", "ar", "av", "till", "fran", "vi",
    "mitt", "min", "mina", "nar", "dar", "om", "sa", "ett", "en", "den", "det", "de", "i", "under", "efter",
    "hos", "vid", "inte", "ut", "upp", "hur", // English
    "the", "and", "of", "to", "a", "an", "in", "with", "my", "was", "were", "had", "have", "that", "which",
    "from", "on", "at", "when", "we", "our", "by", "is", "it", "how", "who", "what",
];

/// The profile's own wording, cut into runs of words: made once for each profile.
#[derive(Debug)]
pub struct Wording {
    runs: BTreeSet<u64>,
}

impl Wording {
    /// Everything in a profile that an applicant may have read: criteria, anchors, questions, titles, in both
    /// languages.
    #[must_use]
    pub fn of(profile: &Profile) -> Self {
        let mut runs = BTreeSet::new();
        let mut read = |text: &str| runs.extend(words(text).windows(RUN).map(hash));
        for lang in [Lang::Sv, Lang::En] {
            for criterion in &profile.criteria {
                read(criterion.label.get(lang));
                read(criterion.description.get(lang));
                if let Some(anchors) = &criterion.anchors {
                    for text in [&anchors.weak, &anchors.adequate, &anchors.strong] {
                        read(text.get(lang));
                    }
                }
            }
            profile.questions.iter().for_each(|question| read(question.text.get(lang)));
            profile.placements.iter().for_each(|placement| read(placement.title.get(lang)));
        }
        Self { runs }
    }

    /// Whether most of a passage is the profile's own wording.
    fn holds(&self, passage: &[String]) -> bool {
        let mut copied = vec![false; passage.len()];
        for (at, run) in passage.windows(RUN).enumerate() {
            if self.runs.contains(&hash(run)) {
                copied.iter_mut().skip(at).take(RUN).for_each(|word| *word = true);
            }
        }
        let count = copied.iter().filter(|word| **word).count();
        count > 0 && count * 100 >= passage.len() * COPIED_PERCENT
    }
}

/// For each passage of one application why it earns nothing, or `None` when it may be evidence. `passages` are
/// ranges of bytes in `text`, in order.
#[must_use]
pub fn no_credit(text: &str, passages: &[Range<usize>], wording: &Wording) -> Vec<Option<NoCredit>> {
    let mut earlier: BTreeSet<Vec<String>> = BTreeSet::new();
    passages
        .iter()
        .map(|range| {
            let passage = text.get(range.clone()).unwrap_or_default();
            let own = words(passage);
            // Asked of every passage, so that the first of two stays the first whatever it is.
            let repeated = own.len() >= REPEATED_WORDS_MIN && !earlier.insert(own.clone());
            if wording.holds(&own) {
                Some(NoCredit::Copied)
            } else if keywords(passage, &own) {
                Some(NoCredit::Keywords)
            } else {
                repeated.then_some(NoCredit::Repeated)
            }
        })
        .collect()
}

/// A row of short items with nothing that makes a sentence of them.
fn keywords(passage: &str, own: &[String]) -> bool {
    let items = passage
        .split([',', ';', '/', '|', '•', '·', '\n', '\t'])
        .filter(|item| item.chars().any(char::is_alphanumeric))
        .count();
    let small = own.iter().filter(|word| SMALL_WORDS.contains(&word.as_str())).count();
    items >= ITEMS_MIN
        && own.len() * 10 <= items * ITEM_WORDS_TENTHS_MAX
        && small * 100 < own.len() * SMALL_WORDS_PERCENT_MIN
}

/// The words of a text, in one spelling.
fn words(text: &str) -> Vec<String> {
    folded(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// FNV-1a over the words: runs are compared within one process only, and a chance collision costs a passage at
/// most one run of many.
fn hash(run: &[String]) -> u64 {
    run.iter()
        .flat_map(|word| word.bytes().chain(std::iter::once(b' ')))
        .fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wording() -> Wording {
        Wording::of(Profile::freeze(crate::demo::PROFILE).expect("the profile").profile())
    }

    fn of(lines: &[&str]) -> Vec<Option<NoCredit>> {
        let text = lines.join("\n");
        let mut start = 0;
        let ranges: Vec<Range<usize>> = lines
            .iter()
            .map(|line| {
                let range = start..start + line.len();
                start = range.end + 1;
                range
            })
            .collect();
        no_credit(&text, &ranges, &wording())
    }

    #[test]
    fn the_profile_s_own_words_earn_nothing_in_either_language() {
        let profile = Profile::freeze(crate::demo::PROFILE).expect("the profile");
        for criterion in &profile.profile().criteria {
            for lang in [Lang::Sv, Lang::En] {
                let Some(anchors) = &criterion.anchors else { continue };
                for text in [&criterion.description, &anchors.strong, &anchors.adequate] {
                    let said = text.get(lang);
                    if words(said).len() < RUN {
                        continue;
                    }
                    assert_eq!(of(&[said]), [Some(NoCredit::Copied)], "{said}");
                    // Capitals and another sign at the end are no account of anything either.
                    let loud = said.to_uppercase().replace('.', "!");
                    assert_eq!(of(&[&loud]), [Some(NoCredit::Copied)], "{loud}");
                }
            }
        }
    }

    #[test]
    fn a_row_of_keywords_earns_nothing_and_a_sentence_with_a_list_does() {
        let row = "Projektledning, budget, GIS, SQL, Python, upphandling, medborgardialog, analys";
        assert_eq!(of(&[row]), [Some(NoCredit::Keywords)]);
        let row = "Leadership / communication / project management / Excel / teamwork / strategy / agile";
        assert_eq!(of(&[row]), [Some(NoCredit::Keywords)]);
        for told in [
            "Jag tog fram budget, tidplan, riskanalys, inköp, schema och bemanning för lägret med 40 barn.",
            "I planned the budget, the rota, the food, the transport and the evening programme for the camp.",
            "Kandidatexamen i statsvetenskap, 180 högskolepoäng",
        ] {
            assert_eq!(of(&[told]), [None], "{told}");
        }
    }

    #[test]
    fn the_same_passage_counts_once_however_it_is_spelled() {
        let told = "Jag ledde bytet av schemasystem för fyra avdelningar.";
        let found = of(&[
            told,
            "Sommarvikarie",
            "Sommarvikarie",
            "JAG LEDDE  bytet av schemasystem för fyra avdelningar!",
        ]);
        assert_eq!(found, [None, None, None, Some(NoCredit::Repeated)]);
    }
}
