//! Many texts are found in another one in a single pass over it (Aho and Corasick, Communications of the ACM 18:6,
//! 1975). A file chooses how many texts there are and how they repeat themselves, so the time may hang on nothing but
//! the letters of both.

use std::collections::HashMap;

/// The state before anything was read.
const ROOT: u32 = 0;

/// Texts that are looked for. A state stands for a beginning of one of them.
pub(super) struct Finder {
    next: HashMap<(u32, char), u32>,
    /// The longest other beginning that a state ends with.
    back: Vec<u32>,
    /// The states, the shorter beginnings first.
    order: Vec<u32>,
    /// The state at the end of each text.
    ends: Vec<u32>,
    /// How often [`Finder::next`] was asked.
    #[cfg(test)]
    asked: std::cell::Cell<usize>,
}

impl Finder {
    /// Looks for these.
    pub(super) fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut next = HashMap::new();
        // Of each state the one before it, the letter between them, and how many letters lead to it.
        let mut made = vec![(ROOT, '\0', 0_u32)];
        let ends = texts
            .into_iter()
            .map(|text| {
                text.chars().zip(1..).fold(ROOT, |state, (letter, depth)| {
                    *next.entry((state, letter)).or_insert_with(|| {
                        made.push((state, letter, depth));
                        // A file has fewer letters than that.
                        u32::try_from(made.len() - 1).unwrap_or(ROOT)
                    })
                })
            })
            .collect();
        let mut order: Vec<u32> = (0..).take(made.len()).collect();
        let at = |state: u32| made.get(state as usize).copied().unwrap_or_default();
        order.sort_by_key(|state| at(*state).2);
        let mut finder = Self {
            next,
            back: vec![ROOT; made.len()],
            order: Vec::new(),
            ends,
            #[cfg(test)]
            asked: std::cell::Cell::default(),
        };
        for state in &order {
            let (before, letter, depth) = at(*state);
            if depth > 1 {
                let back = finder.step(finder.back_of(before), letter);
                if let Some(own) = finder.back.get_mut(*state as usize) {
                    *own = back;
                }
            }
        }
        Self { order, ..finder }
    }

    fn back_of(&self, state: u32) -> u32 {
        self.back.get(state as usize).copied().unwrap_or(ROOT)
    }

    /// The state after one more letter.
    fn step(&self, mut state: u32, letter: char) -> u32 {
        loop {
            #[cfg(test)]
            self.asked.set(self.asked.get() + 1);
            match self.next.get(&(state, letter)) {
                Some(next) => return *next,
                None if state == ROOT => return ROOT,
                None => state = self.back_of(state),
            }
        }
    }

    /// What was put on the texts that stand in each of the places, put together place by place. `on` holds one for
    /// each text.
    pub(super) fn put_together<'a, T: Copy>(
        &self,
        on: impl IntoIterator<Item = T>,
        places: impl IntoIterator<Item = &'a str>,
        nothing: T,
        and: impl Fn(T, T) -> T,
    ) -> Vec<T> {
        let mut marks = vec![nothing; self.back.len()];
        for (end, mark) in self.ends.iter().zip(on) {
            add(&mut marks, *end, mark, &and);
        }
        // A state ends with whatever those behind it end with.
        for state in &self.order {
            let behind = marks.get(self.back_of(*state) as usize).copied().unwrap_or(nothing);
            add(&mut marks, *state, behind, &and);
        }
        let mark = |state: u32| marks.get(state as usize).copied().unwrap_or(nothing);
        places
            .into_iter()
            .map(|place| {
                let (_, found) = place.chars().fold((ROOT, mark(ROOT)), |(state, found), letter| {
                    let state = self.step(state, letter);
                    (state, and(found, mark(state)))
                });
                found
            })
            .collect()
    }

    /// What was put on the places in which each of the texts stands, put together text by text.
    pub(super) fn found_in<'a, T: Copy>(
        &self,
        places: impl IntoIterator<Item = (&'a str, T)>,
        nothing: T,
        and: impl Fn(T, T) -> T,
    ) -> Vec<T> {
        let mut marks = vec![nothing; self.back.len()];
        for (place, mark) in places {
            let mut state = ROOT;
            add(&mut marks, ROOT, mark, &and);
            for letter in place.chars() {
                state = self.step(state, letter);
                add(&mut marks, state, mark, &and);
            }
        }
        // Wherever a text stands, its shorter ends stand too.
        for state in self.order.iter().rev() {
            let own = marks.get(*state as usize).copied().unwrap_or(nothing);
            add(&mut marks, self.back_of(*state), own, &and);
        }
        self.ends.iter().map(|end| marks.get(*end as usize).copied().unwrap_or(nothing)).collect()
    }
}

fn add<T: Copy>(marks: &mut [T], state: u32, mark: T, and: impl Fn(T, T) -> T) {
    if let Some(own) = marks.get_mut(state as usize) {
        *own = and(*own, mark);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// One bit a text or place.
    fn bits(count: usize) -> impl Iterator<Item = u32> {
        (0..count).map(|index| 1 << index)
    }

    proptest! {
        #[test]
        fn it_finds_what_a_search_for_each_by_itself_finds(
            texts in prop::collection::vec("[abå]{0,5}", 0..10),
            places in prop::collection::vec("[abå]{0,12}", 0..10),
        ) {
            let finder = Finder::of(texts.iter().map(String::as_str));
            let or = |a, b| a | b;
            let together =
                finder.put_together(bits(texts.len()), places.iter().map(String::as_str), 0, or);
            for (place, found) in places.iter().zip(together) {
                let each = texts.iter().zip(bits(texts.len()));
                let wanted = each.filter(|(text, _)| place.contains(*text)).map(|(_, bit)| bit).sum::<u32>();
                prop_assert_eq!(found, wanted);
            }
            let found = finder.found_in(places.iter().map(String::as_str).zip(bits(places.len())), 0, or);
            for (text, found) in texts.iter().zip(found) {
                let each = places.iter().zip(bits(places.len()));
                let wanted = each.filter(|(place, _)| place.contains(text)).map(|(_, bit)| bit).sum::<u32>();
                prop_assert_eq!(found, wanted);
            }
        }
    }

    /// Lines that repeat each other as far as they can: to compare each with each would take 100,000 times as long.
    #[test]
    fn each_letter_is_looked_at_no_more_than_twice() {
        let texts: Vec<String> =
            (1..400).map(|length| "a".repeat(length)).chain(["b".repeat(200_000)]).collect();
        let places: Vec<String> =
            vec!["ab".repeat(100_000), "a".repeat(100_000), format!("{}c", "b".repeat(100_000))];
        let letters = |of: &[String]| of.iter().map(String::len).sum::<usize>();
        let finder = Finder::of(texts.iter().map(String::as_str));
        assert!(finder.back.len() <= letters(&texts) + 1);
        assert!(finder.asked.get() <= 2 * letters(&texts));
        finder.asked.set(0);
        let found = finder.put_together(
            texts.iter().map(|_| true),
            places.iter().map(String::as_str),
            false,
            |a, b| a || b,
        );
        assert_eq!(found, [true, true, false]);
        assert!(finder.asked.get() <= 2 * letters(&places), "{}", finder.asked.get());
        finder.asked.set(0);
        let found = finder.found_in(places.iter().map(|place| (place.as_str(), 1_u32)), 0, u32::max);
        assert_eq!(found.iter().sum::<u32>(), 399);
        assert!(finder.asked.get() <= 2 * letters(&places), "{}", finder.asked.get());
    }
}
