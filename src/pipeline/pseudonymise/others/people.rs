//! Which other persons were seen in an application, so that `Karin Lindqvist`, `Lindqvist` and `Karins`
//! are one and have one number.

use std::collections::{HashMap, HashSet};

use urval_tagger::features::hash;

/// Persons by the hashes of the words of their names, folded: no name is kept.
#[derive(Default)]
pub(in super::super) struct People {
    /// The number of the person of that name; 0 where two share it.
    numbers: HashMap<u64, usize>,
    count: usize,
    /// The persons whose given and family name were both seen.
    whole: HashSet<usize>,
    /// Words that are looked for again.
    sure: HashSet<u64>,
}

/// Shorter words are no names that stand alone.
const SHORTEST: usize = 3;

impl People {
    /// The words of a name are names from now on.
    pub(super) fn remember(&mut self, name: &str) {
        for word in parts(name).filter(|word| word.chars().count() >= SHORTEST) {
            self.sure.insert(hash(word.as_bytes()));
        }
    }

    /// Whether the word is part of a name that was remembered.
    pub(super) fn knows(&self, word: &str) -> bool {
        [Some(word), word.strip_suffix('s')]
            .into_iter()
            .flatten()
            .any(|form| self.sure.contains(&hash(form.as_bytes())))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sure.is_empty()
    }

    /// The number of the person with this name, from 1, in the order in which persons were first seen. A
    /// name of one word is the person who has it in the name, unless there are two.
    pub(in super::super) fn number(&mut self, name: &str) -> usize {
        let words: Vec<&str> = parts(name).collect();
        let whole = words.join(" ");
        let known = self.lookup(&whole).or_else(|| match words.as_slice() {
            [] | [_] => None,
            // A person known by one word alone so far.
            [.., last] => self.lookup(last).or_else(|| words.first().and_then(|first| self.lookup(first))),
        });
        let same = self.lookup(&whole).is_some();
        let number = match known {
            // Two whole names that share a word are two persons.
            Some(number) if same || words.len() == 1 || !self.whole.contains(&number) => number,
            _ => {
                self.count += 1;
                self.count
            }
        };
        if words.len() > 1 {
            self.whole.insert(number);
        }
        self.numbers.entry(hash(whole.as_bytes())).or_insert(number);
        for word in words {
            if word.chars().count() >= SHORTEST {
                let kept = self.numbers.entry(hash(word.as_bytes())).or_insert(number);
                if *kept != number {
                    *kept = 0;
                }
            }
        }
        number
    }

    fn lookup(&self, name: &str) -> Option<usize> {
        let longer = format!("{name}s");
        [Some(name), name.strip_suffix('s'), Some(longer.as_str())]
            .into_iter()
            .flatten()
            .find_map(|form| self.numbers.get(&hash(form.as_bytes())).copied())
            .filter(|number| *number > 0)
    }
}

fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric() && c != '-').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_keeps_one_number_by_whichever_part_of_the_name() {
        let mut people = People::default();
        assert_eq!(people.number("karin lindqvist"), 1);
        assert_eq!(people.number("ali hassan"), 2);
        assert_eq!(people.number("lindqvists"), 1);
        assert_eq!(people.number("ali"), 2);
        assert_eq!(people.number("sara"), 3);
        assert_eq!(people.number("sara ek"), 3);
    }

    #[test]
    fn a_word_that_two_share_points_to_neither() {
        let mut people = People::default();
        assert_eq!(people.number("karin berg"), 1);
        assert_eq!(people.number("sven berg"), 2);
        assert_eq!(people.number("berg"), 3);
        assert_eq!(people.number("karin"), 1);
    }
}
