//! The applicant's name misspelt by one letter, or as a scanner misreads it: `Svenson`, `Sevnsson`,
//! `Lindqv1st`, `Bergstrorn`. Short names are only looked for beside another part of the name, because
//! every short word is one letter from another.

use urval_tagger::lists::Sort;
use urval_tagger::shipped;
use zeroize::Zeroizing;

use super::name::Hit;
use super::strength::Strength;
use super::{Class, LONGEST_WORD, Own};
use crate::pipeline::pseudonymise::normal::folded;
use crate::pipeline::pseudonymise::ordinary;

/// Parts of a name with fewer letters are not looked for misspelt.
const SHORTEST: usize = 4;
/// From so many letters a misspelt part counts by itself.
const LONG_ENOUGH_ALONE: usize = 5;
/// From so many letters it also counts in small letters.
const LONG_ENOUGH_SMALL: usize = 7;

impl Own {
    /// Misspelt parts among the words that are no exact parts.
    pub(super) fn misspelt(&self, text: &str, exact: &[Hit]) -> Vec<Hit> {
        let wanted: Vec<(usize, Zeroizing<String>)> = self
            .parts
            .iter()
            .enumerate()
            .filter(|(_, part)| part.class == Class::Distinct)
            .filter_map(|(index, part)| Some((index, part.forms.first()?.clone())))
            .filter(|(_, form)| form.chars().count() >= SHORTEST)
            .collect();
        let mut out = Vec::new();
        if wanted.is_empty() {
            return out;
        }
        let mut taken = exact.iter().peekable();
        for word in urval_tagger::words::words(text) {
            while taken.next_if(|hit| hit.end <= word.start).is_some() {}
            let overlaps = taken.peek().is_some_and(|hit| hit.start < word.end);
            let length = word.end - word.start;
            if overlaps || !(SHORTEST - 1..=LONGEST_WORD).contains(&length) {
                continue;
            }
            let Some(cut) = text.get(word.start..word.end) else { continue };
            let capital = cut.starts_with(char::is_uppercase);
            let digits = cut.bytes().any(|byte| byte.is_ascii_digit());
            if !capital && !digits && length < LONG_ENOUGH_SMALL || !cut.contains(char::is_alphabetic) {
                continue;
            }
            let plain = Zeroizing::new(folded(cut));
            let read = Zeroizing::new(reread(&plain));
            let stem = plain.strip_suffix('s').filter(|stem| stem.len() >= SHORTEST);
            let near = wanted.iter().find(|(_, form)| {
                [Some(plain.as_str()), Some(read.as_str()), stem]
                    .into_iter()
                    .flatten()
                    .any(|word| one_edit(word, form) || word == form.as_str())
                    || reread(form) == *read
            });
            let Some((index, form)) = near else { continue };
            if is_a_word(&plain) {
                continue;
            }
            let Some(part) = self.parts.get(*index) else { continue };
            let long = form.chars().count().min(plain.chars().count()) >= LONG_ENOUGH_ALONE
                && (capital || length >= LONG_ENOUGH_SMALL);
            out.push(Hit {
                start: word.start,
                end: word.end,
                part: Some(*index),
                given: part.given,
                family: part.family,
                strength: if long { Strength::Strong } else { Strength::BesideOnly },
            });
        }
        out
    }
}

/// Whether the word is one by itself, so that it is no misspelling.
fn is_a_word(word: &str) -> bool {
    ordinary::is_ordinary(word) || shipped().lists.sort(word).0 & Sort::PLAIN != 0
}

/// What scanners take for one another, as one.
fn reread(word: &str) -> String {
    let letters: String = word
        .chars()
        .map(|c| match c {
            '0' => 'o',
            '1' | 'i' | '|' | '!' => 'l',
            '3' => 'e',
            '5' => 's',
            '8' => 'b',
            '6' => 'g',
            other => other,
        })
        .collect();
    letters.replace("rn", "m").replace("vv", "w").replace("cl", "d")
}

/// Whether one letter added, left out or exchanged, or two neighbours turned, make one of the other
/// (Damerau 1964).
fn one_edit(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    if long.len() - short.len() > 1 {
        return false;
    }
    let front = short.iter().zip(long.iter()).take_while(|(x, y)| x == y).count();
    let back = short.iter().rev().zip(long.iter().rev()).take_while(|(x, y)| x == y).count();
    if short.len() < long.len() {
        return front + back >= short.len();
    }
    if front == short.len() {
        return false;
    }
    if front + back + 1 >= short.len() {
        return true;
    }
    front + back + 2 == short.len()
        && short.get(front) == long.get(front + 1)
        && short.get(front + 1) == long.get(front)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::received::Known;

    fn found(name: &str, text: &str) -> Vec<String> {
        let mut known = Known::default();
        known.name = name.into();
        Own::new(&known).find(text).iter().map(|f| text[f.start..f.end].to_owned()).collect()
    }

    #[test]
    fn one_edit_is_one_letter_or_one_turn() {
        for (a, b) in [
            ("svenson", "svensson"),
            ("sevnsson", "svensson"),
            ("svenssom", "svensson"),
            ("asvensson", "svensson"),
        ] {
            assert!(one_edit(a, b), "{a}");
        }
        for (a, b) in [("svensson", "svensson"), ("svenso", "svensson"), ("nossnevs", "svensson")] {
            assert!(!one_edit(a, b), "{a}");
        }
    }

    #[test]
    fn a_name_misspelt_by_one_letter_is_found() {
        for word in ["Svenson", "Sevnsson", "Svensscn", "Sv3nsson", "svenssson"] {
            assert_eq!(found("Anna Svensson", &format!("jag, {word}, kan")), [word], "{word}");
        }
        assert_eq!(found("Eva Bergström", "av Bergstrorn nu"), ["Bergstrorn"]);
        assert_eq!(found("Anna Svensson", "av Ana Svensson nu"), ["Ana Svensson"]);
    }

    #[test]
    fn another_word_one_letter_away_is_left() {
        for text in ["Anka och annat", "en svensk", "hade svensson-liv"] {
            let names = found("Anna Svansson", text);
            assert!(names.iter().all(|name| !name.starts_with("Anka")), "{text}: {names:?}");
        }
        assert!(found("Eva Marken", "på marker och Marknad").is_empty());
    }
}
