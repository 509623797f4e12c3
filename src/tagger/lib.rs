//! Finds names of persons, organisations and places in Swedish and English text.
//!
//! A linear-chain conditional random field (Lafferty, McCallum and Pereira 2001) over the words of each
//! line: it sees the word, its form and ending, what public name statistics say of it, and the same of
//! its neighbours, and gives each word a probability for every label. Weights, data statement and
//! figures lie in `models/tagger`.
//!
//! It never looks a person up and holds no name that could be read back; it never changes a text.

pub mod chain;
pub mod features;
pub mod lists;
pub mod weights;
pub mod words;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};
use std::sync::LazyLock;

pub use weights::{Broken, Weights};

/// What a found name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A human being.
    Person,
    /// A company, authority, school, association.
    Organisation,
    /// A town, country, district.
    Place,
}

impl Kind {
    /// All kinds, in the order of the labels.
    pub const ALL: [Self; 3] = [Self::Person, Self::Organisation, Self::Place];
}

/// A found name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Name {
    /// First byte.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
    /// Of what.
    pub kind: Kind,
    /// The tagger's own probability, 0 to 1, of the least sure word.
    pub confidence: f32,
}

/// From which probability of each kind on a word counts as a name. Set on the development split: low,
/// because a missed name harms and a word too many costs little.
pub const THRESHOLDS: [f32; 3] = [0.20, 0.30, 0.30];

static SHIPPED: LazyLock<Weights> = LazyLock::new(|| {
    // The bytes are part of the program; what cannot be read finds nothing, and the first test stops.
    Weights::read(include_bytes!("../../models/tagger/weights.bin")).unwrap_or_default()
});

/// The weights that are part of the program.
#[must_use]
pub fn shipped() -> &'static Weights {
    &SHIPPED
}

/// The scores of words that were read before, by what stands around them: a text that is read again
/// after a few places in it were replaced costs little. It holds hashes and no text.
#[derive(Default)]
pub struct Memory(HashMap<u64, [f32; chain::LABELS]>);

impl Memory {
    /// The key of a word of a line: the text from the second word before it to the second after, and
    /// how many words these are. Nothing else has a part in its score.
    fn key(text: &str, line: &[words::Word], at: usize) -> u64 {
        let before = at.min(features::REACH);
        let after = line.len().saturating_sub(at + 1).min(features::REACH);
        let start = line.get(at - before).map_or(0, |word| word.start);
        let end = line.get(at + after).map_or(start, |word| word.end);
        let own = line.get(at).map_or(0, |word| word.start - start);
        let mut hasher = DefaultHasher::new();
        hasher.write(text.get(start..end).unwrap_or_default().as_bytes());
        hasher.write_usize((own << 2 | before) << 2 | after);
        hasher.finish()
    }

    fn scores(&mut self, text: &str, line: &[words::Word], weights: &Weights) -> Vec<[f32; chain::LABELS]> {
        let keys: Vec<u64> = (0..line.len()).map(|at| Self::key(text, line, at)).collect();
        let known: Vec<_> = keys.iter().map(|key| self.0.get(key).copied()).collect();
        let is_new = |at: usize| matches!(known.get(at), Some(None));
        let given = features::features_where(text, line, &weights.lists, |_| false, is_new);
        let mut out = Vec::with_capacity(line.len());
        for ((key, known), given) in keys.iter().zip(&known).zip(&given) {
            let scores = known.or(given.as_ref().map(|own| weights.score(own))).unwrap_or_default();
            self.0.insert(*key, scores);
            out.push(scores);
        }
        out
    }
}

/// The names in a text, in order, apart from each other. Time and memory grow with the length of the
/// text and nothing else. `memory` is of texts read with the same weights.
#[must_use]
pub fn names(text: &str, weights: &Weights, thresholds: [f32; 3], memory: &mut Memory) -> Vec<Name> {
    let all = words::words(text);
    let mut out: Vec<Name> = Vec::new();
    let mut from = 0;
    while from < all.len() {
        // One line at a time, long ones in pieces.
        let to = (from + 1..all.len())
            .take(chain::LONGEST - 1)
            .find(|at| all.get(*at).is_some_and(|word| word.line))
            .unwrap_or_else(|| all.len().min(from + chain::LONGEST));
        let line = all.get(from..to).unwrap_or_default();
        if line.iter().any(|word| text.as_bytes().get(word.start).is_some_and(|byte| *byte >= b'A')) {
            let scores = memory.scores(text, line, weights);
            let probabilities = chain::marginals(&scores, &weights.steps);
            gather(text, line, &probabilities, thresholds, &mut out);
        }
        from = to;
    }
    out
}

fn gather(
    text: &str,
    line: &[words::Word],
    probabilities: &[[f32; chain::LABELS]],
    thresholds: [f32; 3],
    out: &mut Vec<Name>,
) {
    let mut open: Option<Name> = None;
    for (word, labels) in line.iter().zip(probabilities) {
        let best = Kind::ALL
            .iter()
            .enumerate()
            .map(|(index, kind)| {
                let begins = labels.get(1 + 2 * index).copied().unwrap_or_default();
                let goes_on = labels.get(2 + 2 * index).copied().unwrap_or_default();
                let least = thresholds.get(index).copied().unwrap_or(1.0);
                (*kind, begins, goes_on, least)
            })
            .max_by(|a, b| (a.1 + a.2).total_cmp(&(b.1 + b.2)));
        let named = best.filter(|(_, begins, goes_on, least)| begins + goes_on >= *least);
        let Some((kind, begins, goes_on, _)) = named else {
            out.extend(open.take());
            continue;
        };
        let confidence = (begins + goes_on).min(1.0);
        match &mut open {
            Some(name) if name.kind == kind && goes_on >= begins => {
                name.end = word.end;
                name.confidence = name.confidence.min(confidence);
            }
            _ => {
                out.extend(open.take());
                let sign = text.get(word.start..word.end).is_some_and(|w| !w.contains(char::is_alphanumeric));
                if !sign {
                    open = Some(Name { start: word.start, end: word.end, kind, confidence });
                }
            }
        }
    }
    out.extend(open);
}
