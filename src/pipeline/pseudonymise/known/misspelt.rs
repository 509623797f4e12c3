//! The applicant's name misspelt by one letter, or as a scanner misreads it: `Svenson`, `Sevnsson`,
//! `Lindqv1st`, `Bergstrorn`. Short names are only looked for beside another part of the name, because
//! every short word is one letter from another.

use std::ops::Range;

use urval_tagger::lists::Sort;
use urval_tagger::shipped;
use urval_tagger::words::Word;
use zeroize::Zeroizing;

use super::letters::Letters;
use super::name::Hit;
use super::strength::Strength;
use super::{Class, JOINTS, LONGEST_WORD, Own};
use crate::pipeline::pseudonymise::normal::folded;
use crate::pipeline::pseudonymise::ordinary;

/// Parts of a name with fewer letters are not looked for misspelt.
const SHORTEST: usize = 4;
/// From so many letters a misspelt part counts by itself.
const LONG_ENOUGH_ALONE: usize = 5;
/// From so many letters it also counts in small letters.
const LONG_ENOUGH_SMALL: usize = 7;

/// Letters of the name that a misspelt part may lack: one left out or exchanged, and up to two more where
/// `rn` was read as `m`.
const MISSING: u32 = 3;
/// Letters that a scanner puts for others.
const MISREAD: [&str; 6] = ["rn", "vv", "cl", "RN", "VV", "CL"];

impl Own {
    /// Misspelt parts among the words that are no exact parts.
    pub(super) fn misspelt(&self, text: &str, exact: &[Hit]) -> Vec<Hit> {
        let wanted: Vec<(usize, Zeroizing<String>, Letters)> = self
            .parts
            .iter()
            .enumerate()
            .filter_map(|(index, part)| {
                let form = part.forms.first()?.clone();
                let least = match part.class {
                    Class::Distinct => SHORTEST,
                    Class::Common => LONG_ENOUGH_ALONE,
                    Class::Opener | Class::Particle => return None,
                };
                (form.chars().count() >= least).then_some((index, form))
            })
            .map(|(index, form)| {
                let letters = Letters::sure(&form);
                (index, form, letters)
            })
            .collect();
        let mut out = Vec::new();
        if wanted.is_empty() {
            return out;
        }
        let mut taken = exact.iter().peekable();
        for word in urval_tagger::words::words(text).iter().flat_map(|word| pieces(text, word)) {
            while taken.next_if(|hit| hit.end <= word.start).is_some() {}
            // The first letter of `T0rstein` is an initial and no part.
            let overlaps = taken.peek().is_some_and(|hit| {
                hit.start < word.end && (hit.part.is_some() || hit.strength == Strength::Strong)
            });
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
            // What a scanner misreads may have other letters, a misspelling has nearly all.
            let misread = digits || MISREAD.iter().any(|letters| cut.contains(letters));
            let own = Letters::of(cut);
            let close = |letters: &Letters| letters.missing_in(own) <= MISSING;
            if !misread && !wanted.iter().any(|(_, _, letters)| close(letters)) {
                continue;
            }
            let plain = Zeroizing::new(folded(cut));
            let read = Zeroizing::new(reread(&plain));
            let stem = plain.strip_suffix('s').filter(|stem| stem.len() >= SHORTEST);
            let near = wanted.iter().find(|(_, form, _)| {
                [Some(plain.as_str()), Some(read.as_str()), stem]
                    .into_iter()
                    .flatten()
                    .any(|word| one_edit(word, form) || word == form.as_str())
                    || reread(form) == *read
            });
            let Some((index, form, _)) = near else { continue };
            if is_a_word(&plain) || is_a_word(&Zeroizing::new(cut.to_lowercase())) {
                continue;
            }
            let Some(part) = self.parts.get(*index) else { continue };
            if part.class == Class::Common && !capital {
                continue;
            }
            // `Rakel` is another name than `Rahel`, and Borås no Boris, unless it stands beside another part.
            let sort = shipped().lists.sort(&cut.to_lowercase()).0;
            let given = part.given && sort & Sort::GIVEN >= 2;
            let another = !digits && (given || sort & Sort::TOWN != 0);
            let long = !another
                && form.chars().count().min(plain.chars().count()) >= LONG_ENOUGH_ALONE
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

/// The parts of `Babić-K0vač` and `Dualch's`.
fn pieces<'t>(text: &'t str, word: &Word) -> impl Iterator<Item = Range<usize>> + use<'t> {
    let start = word.start;
    let all = text.get(start..word.end).unwrap_or_default();
    let joint = |c: char| c == '-' || JOINTS.contains(&c);
    let mut at = 0;
    all.split(joint).filter_map(move |piece| {
        let from = start + at;
        let mark = all.get(at + piece.len()..).and_then(|rest| rest.chars().next());
        at += piece.len() + mark.map_or(0, char::len_utf8);
        (!piece.is_empty()).then_some(from..from + piece.len())
    })
}

/// Whether the word is one by itself, so that it is no misspelling.
pub(super) fn is_a_word(word: &str) -> bool {
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
    letters.replace("rn", "m").replace("vv", "w").replace("cl", "d").replace("ll", "u")
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
        assert!(found("Rahel Ghebreab", "vatten och Rakel, samt el").is_empty());
        assert!(found("Boris Tkachenko", "Högskolan i Borås och").is_empty());
        assert!(found("Lamia Yacoub", "Referenser lämnas av oss").is_empty());
        assert_eq!(found("Robin Parker", "Tracy Paker, R0bin"), ["Paker, R0bin"]);
        assert_eq!(found("Torstein Dahl", "Mvh T0rstein"), ["T0rstein"]);
        assert_eq!(found("Mursal Bulhan", "som Miirsal, vår"), ["Miirsal"]);
        assert_eq!(found("Lejla Babić-Kovač", "Ms Babić-K0vač is"), ["Ms Babić-K0vač"]);
        assert_eq!(found("Bashir Dualeh", "see Dualch's archive"), ["Dualch"]);
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
