//! Readings of one application that say the same: some sentences left out, the end cut off, letters mistyped,
//! phrases put in other words. How far the levels move between them is what a band's width is made of.
//!
//! What happens to a passage depends on its own words and the reading's number, and on nothing else: not on
//! where it stands, what is around it, who wrote it, a clock or chance. So two applications that differ in one
//! passage are read alike in all others, and the order of sections moves nothing.

use std::ops::Range;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::subject::words::Lang;

/// How many readings there are beside the one as written.
pub const READINGS: usize = 12;
/// Of 256 passages so many are left out of a reading.
const LEFT_OUT_OF_256: u8 = 13;
/// The readings that end early, and how much of the passages they keep, in percent.
const CUT_OFF: [(usize, usize); 2] = [(10, 95), (11, 90)];
/// Of 256 words so many are mistyped in a reading that mistypes.
const MISTYPED_OF_256: u8 = 10;
/// Letters of a word that is mistyped, at least.
const MISTYPED_LETTERS_MIN: usize = 5;

/// How a passage's words are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Wording {
    /// As written.
    Same,
    /// With letters mistyped, one way or another.
    Mistyped(u8),
    /// With phrases of the same meaning.
    OtherWords(u8),
}

impl Wording {
    /// Every way of changing words.
    pub const CHANGED: [Wording; 4] =
        [Self::Mistyped(0), Self::Mistyped(1), Self::OtherWords(0), Self::OtherWords(1)];

    /// The way of one reading.
    #[must_use]
    pub fn of(reading: usize) -> Self {
        match reading % 5 {
            0 => Self::Same,
            1 => Self::Mistyped(0),
            2 => Self::OtherWords(0),
            3 => Self::Mistyped(1),
            _ => Self::OtherWords(1),
        }
    }

    /// The passage in these words; `None` when nothing in it changes. The copy is overwritten on drop.
    #[must_use]
    pub fn put(self, passage: &str, lang: Lang) -> Option<Zeroizing<String>> {
        let out = match self {
            Self::Same => return None,
            Self::Mistyped(way) => mistyped(passage, way),
            Self::OtherWords(way) => other_words(passage, lang, way),
        };
        (*out != *passage).then_some(out)
    }
}

/// Which passages one reading leaves out. `passages` are those of the whole text, in order.
#[must_use]
pub fn left_out(reading: usize, text: &str, passages: &[Range<usize>]) -> Vec<bool> {
    let keep = CUT_OFF.iter().find(|(own, _)| *own == reading).map_or(passages.len(), |(_, percent)| {
        // A single passage is never cut off, so that every reading reads something.
        (passages.len() * percent).div_ceil(100)
    });
    passages
        .iter()
        .enumerate()
        .map(|(at, range)| {
            let words = text.get(range.clone()).unwrap_or_default();
            at >= keep || (passages.len() > 1 && draw(b"left out", reading as u8, 0, words) < LEFT_OUT_OF_256)
        })
        .collect()
}

/// A number that is the same for the same words.
fn draw(what: &[u8], way: u8, at: u8, words: &str) -> u8 {
    let mut digest = Sha256::new();
    digest.update(what);
    digest.update([0, way, at]);
    digest.update(words.as_bytes());
    let found: [u8; 32] = digest.finalize().into();
    let [first, ..] = found;
    first
}

/// Two neighbouring letters of some words change places, as fingers do. Placeholders, numbers, first and last
/// letters stay.
fn mistyped(passage: &str, way: u8) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(passage.len()));
    let mut inside = false;
    for (at, word) in passage.split_inclusive(char::is_whitespace).enumerate() {
        inside |= word.contains('[');
        let letters: Vec<char> = word.chars().collect();
        let count = letters.iter().take_while(|c| c.is_alphabetic()).count();
        let chosen = !inside
            && count >= MISTYPED_LETTERS_MIN
            && draw(b"mistyped", way, (at % 256) as u8, word) < MISTYPED_OF_256;
        if chosen {
            let from = 1 + usize::from(draw(b"letter", way, (at % 256) as u8, word)) % (count - 3);
            let mut letters = Zeroizing::new(letters);
            letters.swap(from, from + 1);
            out.extend(letters.iter());
        } else {
            out.push_str(word);
        }
        inside &= !word.contains(']');
    }
    out
}

/// Phrases and others that say the same: in place of the first stands the second, and where the third says so
/// also the other way round. None changes who did what, when, how much or how well.
const SWEDISH: [(&str, &str, bool); 16] = [
    ("ansvarade för", "hade ansvar för", true),
    ("var ansvarig för", "ansvarade för", true),
    ("tog fram", "arbetade fram", true),
    ("såg till att", "ordnade så att", true),
    ("deltog i", "var med i", true),
    ("tillsammans med", "ihop med", true),
    ("samt", "och", false),
    ("bland annat", "till exempel", true),
    ("på grund av", "till följd av", true),
    ("dessutom", "också", true),
    ("jag har arbetat", "jag har jobbat", true),
    ("arbetade", "jobbade", true),
    ("genomförde", "utförde", true),
    ("använde", "nyttjade", true),
    ("eftersom", "då", false),
    ("ungefär", "omkring", true),
];
/// The same for English.
const ENGLISH: [(&str, &str, bool); 16] = [
    ("was responsible for", "had responsibility for", true),
    ("was in charge of", "was responsible for", true),
    ("drew up", "put together", true),
    ("made sure that", "saw to it that", true),
    ("took part in", "participated in", true),
    ("together with", "along with", true),
    ("as well as", "and", false),
    ("for example", "for instance", true),
    ("because of", "owing to", true),
    ("in addition", "also", true),
    ("carried out", "performed", true),
    ("helped", "assisted", true),
    ("used", "made use of", true),
    ("because", "since", false),
    ("about", "around", false),
    ("such as", "like", false),
];

/// Puts phrases of the same meaning: the even rows in one way, the odd ones in the other.
fn other_words(passage: &str, lang: Lang, way: u8) -> Zeroizing<String> {
    let table = match lang {
        Lang::Sv => &SWEDISH,
        Lang::En => &ENGLISH,
    };
    let mut out = Zeroizing::new(passage.to_owned());
    for (_, (one, other, both)) in table.iter().enumerate().filter(|(row, _)| row % 2 == usize::from(way % 2))
    {
        let back = || both.then(|| replaced(&out, other, one)).flatten();
        if let Some(next) = replaced(&out, one, other).or_else(back) {
            out = next;
        }
    }
    out
}

/// With a phrase replaced wherever it stands between other signs than letters; a capital stays one.
fn replaced(text: &str, from: &str, to: &str) -> Option<Zeroizing<String>> {
    let mut out = Zeroizing::new(String::with_capacity(text.len() + to.len()));
    let (mut rest, mut before, mut found) = (text, None, false);
    while let Some(c) = rest.chars().next() {
        let starts = before.is_none_or(|c: char| !c.is_alphanumeric());
        let after = starts.then(|| after_phrase(rest, from)).flatten();
        if let Some(after) = after {
            let mut letters = to.chars();
            match letters.next() {
                Some(first) if c.is_uppercase() => out.extend(first.to_uppercase()),
                Some(first) => out.push(first),
                None => {}
            }
            out.push_str(letters.as_str());
            before = to.chars().last();
            rest = after;
            found = true;
        } else {
            out.push(c);
            before = Some(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
    found.then_some(out)
}

/// What follows a phrase at the start of a text, when it stands there as whole words in either case.
fn after_phrase<'a>(text: &'a str, phrase: &str) -> Option<&'a str> {
    let mut letters = text.char_indices();
    for wanted in phrase.chars() {
        let (_, c) = letters.next()?;
        if !c.to_lowercase().eq(wanted.to_lowercase()) {
            return None;
        }
    }
    let rest = letters.as_str();
    (!rest.starts_with(char::is_alphanumeric)).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TOLD: &str = "Jag ansvarade för schemat samt budgeten ihop med [NAMN 1], och tog fram rutinerna.";

    #[test]
    fn other_words_say_the_same_and_keep_capitals_and_placeholders() {
        let one = Wording::OtherWords(0).put(TOLD, Lang::Sv).expect("a change");
        let other = Wording::OtherWords(1).put(TOLD, Lang::Sv).expect("a change");
        assert_eq!(
            one.as_str(),
            "Jag hade ansvar för schemat och budgeten ihop med [NAMN 1], och arbetade fram rutinerna."
        );
        assert_eq!(
            other.as_str(),
            "Jag ansvarade för schemat samt budgeten tillsammans med [NAMN 1], och tog fram rutinerna."
                .replace("ansvarade för", "var ansvarig för")
        );
        let loud = Wording::OtherWords(1).put("Tillsammans med två andra.", Lang::Sv).expect("a change");
        assert_eq!(loud.as_str(), "Ihop med två andra.");
        assert_eq!(Wording::OtherWords(0).put("Sommarvikarie, Samtala", Lang::Sv).as_deref(), None);
    }

    #[test]
    fn a_mistyped_word_has_the_same_letters() {
        let long = TOLD.repeat(20);
        let typed = Wording::Mistyped(0).put(&long, Lang::Sv).expect("a change");
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let (before, after) = (words(&long), words(&typed));
        assert_eq!(before.len(), after.len());
        let mut changed = 0;
        for (one, other) in before.iter().zip(&after) {
            let sorted = |word: &str| {
                let mut letters: Vec<char> = word.chars().collect();
                letters.sort_unstable();
                letters
            };
            assert_eq!(sorted(one), sorted(other));
            assert!(one == other || !one.contains('['));
            changed += usize::from(one != other);
        }
        assert!(changed > 0 && changed * 10 < before.len(), "{changed} of {}", before.len());
    }

    #[test]
    fn a_reading_leaves_some_out_and_never_a_single_passage() {
        let text = (0..400).map(|n| format!("Mening nummer {n}.\n")).collect::<String>();
        let ranges = crate::pipeline::passages::split_into_passages(&text, &[]);
        for reading in 0..READINGS {
            let gone = left_out(reading, &text, &ranges).iter().filter(|gone| **gone).count();
            assert!(gone > 0 && gone * 5 < ranges.len(), "{reading}: {gone} of {}", ranges.len());
            assert_eq!(left_out(reading, "En enda mening.", std::slice::from_ref(&(0..15))), [false]);
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_a_reading(text in "\\PC{0,120}", way in 0u8..2) {
            for wording in [Wording::Mistyped(way), Wording::OtherWords(way)] {
                for lang in [Lang::Sv, Lang::En] {
                    let changed = wording.put(&text, lang);
                    let again = wording.put(&text, lang);
                    prop_assert_eq!(changed.as_deref(), again.as_deref());
                }
            }
        }

        #[test]
        fn what_stands_around_a_passage_does_not_decide_whether_it_is_left_out(
            lines in prop::collection::vec("[a-zåäö ]{1,30}", 2..12), reading in 0usize..10,
        ) {
            let mut at = 0;
            let ranges: Vec<Range<usize>> = lines.iter().map(|line| { let r = at..at + line.len(); at = r.end; r }).collect();
            let forward = left_out(reading, &lines.concat(), &ranges);
            let turned: Vec<&String> = lines.iter().rev().collect();
            let mut at = 0;
            let ranges: Vec<Range<usize>> = turned.iter().map(|line| { let r = at..at + line.len(); at = r.end; r }).collect();
            let mut backward = left_out(reading, &turned.iter().map(|line| line.as_str()).collect::<String>(), &ranges);
            backward.reverse();
            prop_assert_eq!(forward, backward);
        }
    }
}
