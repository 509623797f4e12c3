//! Shared character sequences, weighed by how rare they are: what a word-matching system would find, and the
//! half that a small model lacks (names of tools and trades that stand in no dictionary).

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

/// Lengths of the sequences, a blank at both ends of a word included.
const LENGTHS: std::ops::RangeInclusive<usize> = 3..=5;

type Counts = HashMap<String, f64>;

/// An index over documents.
pub struct Lexical {
    rarity: Counts,
    documents: Vec<Counts>,
}

fn sequences(text: &str) -> Counts {
    let text: String = text.nfc().flat_map(char::to_lowercase).collect();
    let mut counts = Counts::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let letters: Vec<char> =
            std::iter::once(' ').chain(word.chars()).chain(std::iter::once(' ')).collect();
        for length in LENGTHS {
            for window in letters.windows(length) {
                *counts.entry(window.iter().collect()).or_default() += 1.0;
            }
        }
    }
    counts
}

impl Lexical {
    /// Counts every document's sequences; a sequence's weight is 1 + ln(documents / documents that have it).
    #[must_use]
    pub fn index(documents: &[&str]) -> Self {
        let counts: Vec<Counts> = documents.iter().map(|text| sequences(text)).collect();
        let mut rarity = Counts::new();
        for sequence in counts.iter().flat_map(HashMap::keys) {
            *rarity.entry(sequence.clone()).or_default() += 1.0;
        }
        let all = documents.len().max(1) as f64;
        rarity.values_mut().for_each(|count| *count = 1.0 + (all / *count).ln());
        let documents = counts.into_iter().map(|own| weighed(own, &rarity)).collect();
        Self { rarity, documents }
    }

    /// The cosine of a query with each document, 0 to 1.
    #[must_use]
    pub fn scores(&self, query: &str) -> Vec<f64> {
        let query = weighed(sequences(query), &self.rarity);
        let dot = |own: &Counts| -> f64 {
            // The shorter one is walked in the order of its sequences, so that sums are the same every time.
            let mut shared: Vec<(&String, f64)> =
                own.iter().filter_map(|(sequence, w)| Some((sequence, w * query.get(sequence)?))).collect();
            shared.sort_by(|a, b| a.0.cmp(b.0));
            shared.into_iter().map(|(_, product)| product).sum()
        };
        self.documents.iter().map(dot).collect()
    }
}

/// Logarithmic counts times rarity, brought to length 1; unknown sequences weigh nothing.
fn weighed(mut counts: Counts, rarity: &Counts) -> Counts {
    counts.retain(|sequence, count| match rarity.get(sequence) {
        Some(weight) => {
            *count = (1.0 + count.ln()) * weight;
            true
        }
        None => false,
    });
    let mut squares: Vec<f64> = counts.values().map(|value| value * value).collect();
    squares.sort_by(f64::total_cmp);
    let length = squares.into_iter().sum::<f64>().sqrt();
    if length > 0.0 {
        counts.values_mut().for_each(|value| *value /= length);
    }
    counts
}

/// Two lists of scores as one: each brought to mean 0 and variance 1 over the candidates, then added.
#[must_use]
pub fn together(a: &[f64], b: &[f64]) -> Vec<f64> {
    let standard = |scores: &[f64]| -> Vec<f64> {
        let count = scores.len().max(1) as f64;
        let mean = scores.iter().sum::<f64>() / count;
        let spread = (scores.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>() / count).sqrt();
        scores.iter().map(|s| if spread > 0.0 { (s - mean) / spread } else { 0.0 }).collect()
    };
    standard(a).into_iter().zip(standard(b)).map(|(a, b)| a + b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_compound_is_found_and_a_rare_word_weighs_more() {
        let index = Lexical::index(&["projektledning", "upphandling", "projekt", "projektbudget"]);
        let scores = index.scores("ledning av upphandlingar");
        assert!(scores[1] > scores[0] && scores[0] > scores[2], "{scores:?}");
        assert_eq!(index.scores("xyz"), [0.0; 4]);
        assert!((index.scores("Projekt")[2] - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_same_letters_decomposed_are_the_same() {
        let index = Lexical::index(&["hållbarhet", "ekonomi"]);
        assert_eq!(index.scores("ha\u{30a}llbarhet"), index.scores("hållbarhet"));
    }

    #[test]
    fn together_a_list_that_tells_nothing_changes_nothing() {
        let order = |scores: Vec<f64>| scores[0] > scores[1];
        assert!(order(together(&[0.9, 0.1], &[0.5, 0.5])));
        assert!(
            !order(together(&[0.9, 0.1, 0.5], &[0.0, 0.9, 0.0])) || order(together(&[0.9, 0.1], &[1.0, 0.0]))
        );
    }
}
