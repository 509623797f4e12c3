//! Words that are both a name and an ordinary word, and how they are told apart. It never masks
//! anything by itself: the masking and the leak check ask it.
//!
//! `ordinary.txt` holds Swedish and English words that also occur as names in public name
//! statistics; it is a word list and holds no person.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::normal::folded;

static ORDINARY: LazyLock<HashSet<String>> =
    LazyLock::new(|| include_str!("ordinary.txt").split_whitespace().map(folded).collect());

/// Little words that open many sentences. Capitalised at the head of a sentence they are read as the
/// word, elsewhere as the name.
const SENTENCE_OPENERS: [&str; 39] = [
    "alla", "an", "andra", "be", "can", "de", "den", "din", "dina", "do", "du", "en", "ha", "han", "has",
    "hon", "hope", "in", "kan", "love", "man", "may", "min", "mina", "my", "no", "nu", "om", "se", "sen",
    "sin", "so", "ta", "than", "to", "van", "vi", "vid", "will",
];

/// Parts of a name that are no name alone: `van der Berg`, `af Klint`.
const PARTICLES: [&str; 39] = [
    "af", "al", "av", "bin", "bint", "ben", "d", "da", "das", "de", "degli", "dei", "del", "della", "den",
    "der", "des", "di", "do", "dos", "du", "e", "el", "ibn", "l", "la", "las", "le", "les", "lo", "los", "o",
    "of", "ter", "ten", "und", "van", "von", "y",
];

/// What follows a name rather than the word spelled like it: `My har arbetat`.
const AFTER_A_NAME: [&str; 34] = [
    "är", "har", "var", "hade", "heter", "bor", "kan", "vill", "ska", "skall", "jobbar", "arbetar",
    "arbetade", "jobbade", "studerar", "läser", "kommer", "tar", "blir", "gör", "gjorde", "och", "is", "has",
    "was", "had", "works", "worked", "can", "lives", "studies", "studied", "takes", "and",
];

/// The noun that makes a place name the name of an organisation: `Lunds universitet`.
const ORGANISATIONS: [&str; 33] = [
    "stad",
    "stads",
    "kommun",
    "kommuns",
    "kommunen",
    "kommunens",
    "universitet",
    "universitets",
    "universitetet",
    "university",
    "hogskola",
    "hogskolas",
    "hogskolan",
    "tekniska",
    "lasarett",
    "sjukhus",
    "universitetssjukhus",
    "tingsratt",
    "domkyrka",
    "energi",
    "hamn",
    "teater",
    "museum",
    "museer",
    "konsthall",
    "stadsbibliotek",
    "municipality",
    "city",
    "hospital",
    "gymnasium",
    "stadsteater",
    "kulturskola",
    "lan",
];

/// The words before a place name that make it the name of an organisation: `Region Skåne`.
const ORGANISATIONS_BEFORE: [&str; 5] =
    ["region", "campus", "lansstyrelsen", "university of", "universitetet i"];

/// Whether the folded word is also an ordinary word.
pub(super) fn is_ordinary(word: &str) -> bool {
    ORDINARY.contains(word) || opens_sentences(word)
}

pub(super) fn opens_sentences(word: &str) -> bool {
    SENTENCE_OPENERS.contains(&word)
}

pub(super) fn is_particle(word: &str) -> bool {
    PARTICLES.contains(&word)
}

/// Whether the word stands after names.
pub(super) fn follows_a_name(word: &str) -> bool {
    AFTER_A_NAME.contains(&word)
}

/// Whether the place at `start..end` of `text` is part of an organisation's name.
pub(super) fn names_an_organisation(text: &str, start: usize, end: usize) -> bool {
    let after = text.get(end..).unwrap_or_default();
    let next = after
        .strip_prefix(' ')
        .map(|rest| rest.chars().take_while(|c| c.is_alphabetic()).take(24).collect::<String>());
    if next.is_some_and(|word| ORGANISATIONS.contains(&folded(&word).as_str())) {
        return true;
    }
    let before = text.get(..start).unwrap_or_default();
    let Some(before) = before.strip_suffix(' ') else { return false };
    let tail: String = before.chars().rev().take(18).collect::<Vec<_>>().into_iter().rev().collect();
    let tail = folded(&tail);
    ORGANISATIONS_BEFORE
        .iter()
        .any(|phrase| tail.strip_suffix(phrase).is_some_and(|rest| !rest.ends_with(char::is_alphanumeric)))
}

/// Whether a sentence, a line or a list item begins at `at`.
pub(super) fn opens_a_sentence(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default().trim_end_matches([' ', '\t', '"', '”', '(', '«', '»']);
    before
        .chars()
        .next_back()
        .is_none_or(|c| matches!(c, '\n' | '.' | '!' | '?' | ':' | '•' | '·' | '–' | '*' | '-'))
}

/// Whether the line around `at` is written in capitals, so that capitals mark no name in it.
pub(super) fn line_in_capitals(text: &str, at: usize) -> bool {
    let head = text.get(..at).unwrap_or_default();
    let from =
        head.char_indices().rev().take(400).take_while(|(_, c)| *c != '\n').last().map_or(at, |(at, _)| at);
    let line = text.get(from..).unwrap_or_default().split('\n').next().unwrap_or_default();
    line.split_whitespace().take(40).filter(|word| word.chars().any(char::is_alphabetic)).count() >= 4
        && !line.chars().take(400).any(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_words_that_are_names_are_known_as_words() {
        for word in ["berg", "ek", "lind", "bo", "my", "sten", "stig", "hans", "lund", "bjork"] {
            assert!(is_ordinary(word), "{word}");
        }
        for word in ["anna", "svensson", "fatima", "karlsson", "mohammed"] {
            assert!(!is_ordinary(word), "{word}");
        }
    }

    #[test]
    fn a_place_in_the_name_of_an_organisation_is_told_from_a_place() {
        let text = "vid Lunds universitet";
        assert!(names_an_organisation(text, 4, 9));
        assert!(names_an_organisation("på Campus Helsingborg", 11, 22));
        assert!(!names_an_organisation("bor i Lund nu", 6, 10));
    }
}
