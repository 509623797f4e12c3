//! Where the words of a query stand in a pseudonymised text. Nothing is weighed: a word is there or it is not.

use std::collections::HashMap;
use std::ops::Range;

use super::Query;
use crate::pipeline::pseudonymise::{Pseudonymous, folded};

/// The most passages that are quoted from one text.
const PASSAGES_MAX: usize = 3;
/// How much is quoted before and after the word, in bytes at most.
const AROUND_BYTES_MAX: usize = 160;

impl Query {
    /// The passages with the query's words, when every one of them is in the text; otherwise none.
    ///
    /// A word is found where one of the text begins with it. A longer word is not found by its beginning when it
    /// could not be searched for itself, so that no beginning selects what the word may not. What stands in the
    /// place of replaced text is no text of the applicant's: "[UNDANTAGET]" is never found.
    #[must_use]
    pub fn passages(&self, text: &Pseudonymous) -> Vec<Range<usize>> {
        let replaced: Vec<Range<usize>> = text.spans().iter().map(|span| span.start..span.end).collect();
        self.passages_of(text.text(), &replaced)
    }

    pub(super) fn passages_of(&self, text: &str, replaced: &[Range<usize>]) -> Vec<Range<usize>> {
        let mut first: Vec<Option<Range<usize>>> = vec![None; self.words.len()];
        let mut admitted: HashMap<String, bool> = HashMap::new();
        for place in words_of(text) {
            if replaced.iter().any(|span| span.start < place.end && place.start < span.end) {
                continue;
            }
            let Some(written) = text.get(place.clone()) else { continue };
            let word = folded(written);
            for (wanted, found) in self.words.iter().zip(&mut first) {
                if found.is_none() && word.starts_with(wanted.as_str()) {
                    let may = word == *wanted
                        || *admitted.entry(word.clone()).or_insert_with(|| Self::admit(written).is_ok());
                    if may {
                        *found = Some(place.clone());
                    }
                }
            }
        }
        if self.words.is_empty() || first.iter().any(Option::is_none) {
            return Vec::new();
        }
        let mut places: Vec<Range<usize>> =
            first.into_iter().flatten().map(|place| around(text, &place)).collect();
        places.sort_by_key(|place| place.start);
        let mut out: Vec<Range<usize>> = Vec::new();
        for place in places {
            match out.last_mut() {
                Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
                _ => out.push(place),
            }
        }
        out.truncate(PASSAGES_MAX);
        out
    }
}

/// The words of a text, in bytes.
fn words_of(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices() {
        match (c.is_alphanumeric(), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                out.push(from..at);
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        out.push(from..text.len());
    }
    out
}

/// The place with what stands around it on its line, from word to word.
fn around(text: &str, place: &Range<usize>) -> Range<usize> {
    let before = text.get(..place.start).unwrap_or_default();
    let after = text.get(place.end..).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line_end = after.find('\n').map_or(text.len(), |at| place.end + at);
    let start = if place.start - line_start <= AROUND_BYTES_MAX {
        line_start
    } else {
        let near = place.start - AROUND_BYTES_MAX;
        before.char_indices().find(|(at, c)| *at >= near && *c == ' ').map_or(place.start, |(at, _)| at + 1)
    };
    let end = if line_end - place.end <= AROUND_BYTES_MAX {
        line_end
    } else {
        let far = place.end + AROUND_BYTES_MAX;
        after
            .char_indices()
            .map(|(at, c)| (place.end + at, c))
            .take_while(|(at, _)| *at <= far)
            .filter(|(_, c)| *c == ' ')
            .last()
            .map_or(place.end, |(at, _)| at)
    };
    start..end
}
