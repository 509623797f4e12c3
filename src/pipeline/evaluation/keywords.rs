//! Keyword search: whole words, weighed by how rare they are, as a search field in a recruitment system does it.

use std::collections::{BTreeSet, HashMap};

use unicode_normalization::UnicodeNormalization;

/// How soon a word that comes again adds nothing; the usual value.
const SATURATION: f64 = 1.2;
/// How much a long document is held against its words; the usual value.
const LENGTH_SHARE: f64 = 0.75;

/// An index over documents.
pub struct Keywords {
    documents: Vec<(HashMap<String, f64>, f64)>,
    rarity: HashMap<String, f64>,
    mean_length: f64,
}

/// The words of a text, in small letters: letters and digits in a row.
fn words(text: &str) -> Vec<String> {
    let text: String = text.nfc().flat_map(char::to_lowercase).collect();
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

impl Keywords {
    /// Counts every document's words.
    #[must_use]
    pub fn index(documents: &[&str]) -> Self {
        let mut rarity: HashMap<String, f64> = HashMap::new();
        let documents: Vec<(HashMap<String, f64>, f64)> = documents
            .iter()
            .map(|text| {
                let words = words(text);
                let length = words.len() as f64;
                let mut counts = HashMap::new();
                for word in words {
                    *counts.entry(word).or_insert(0.0) += 1.0;
                }
                for word in counts.keys() {
                    *rarity.entry(word.clone()).or_insert(0.0) += 1.0;
                }
                (counts, length)
            })
            .collect();
        let all = documents.len() as f64;
        // Never below 0, as in Lucene: a word in most documents tells little, not the opposite.
        rarity.values_mut().for_each(|with| *with = (1.0 + (all - *with + 0.5) / (*with + 0.5)).ln());
        let mean_length = documents.iter().map(|(_, length)| length).sum::<f64>() / all.max(1.0);
        Self { documents, rarity, mean_length }
    }

    /// How well each document answers a query: BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework:
    /// BM25 and Beyond", Foundations and Trends in Information Retrieval 3:4, 2009), from 0 up, without a unit: scores
    /// compare within one query only. A word counts once however often it is asked for.
    #[must_use]
    pub fn scores(&self, query: &str) -> Vec<f64> {
        // In the words' order, so that sums are the same every time.
        let asked: BTreeSet<String> = words(query).into_iter().collect();
        let score = |(counts, length): &(HashMap<String, f64>, f64)| -> f64 {
            let long = 1.0 - LENGTH_SHARE + LENGTH_SHARE * length / self.mean_length.max(1.0);
            asked
                .iter()
                .filter_map(|word| {
                    let (count, rarity) = (counts.get(word)?, self.rarity.get(word)?);
                    Some(rarity * count * (SATURATION + 1.0) / (count + SATURATION * long))
                })
                .sum()
        };
        self.documents.iter().map(score).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_that_of_the_formula() {
        let index = Keywords::index(&["analys av data", "data data", "inget här alls"]);
        let scores = index.scores("Data, analys");
        // Lengths 3, 2, 3; mean 8/3. `data` is in two of three, `analys` in one.
        let rarity = |with: f64| f64::ln(1.0 + (3.0 - with + 0.5) / (with + 0.5));
        let part =
            |count: f64, length: f64| count * 2.2 / (count + 1.2 * (0.25 + 0.75 * length / (8.0 / 3.0)));
        let wanted =
            [rarity(1.0) * part(1.0, 3.0) + rarity(2.0) * part(1.0, 3.0), rarity(2.0) * part(2.0, 2.0), 0.0];
        assert!(scores.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-12), "{scores:?} {wanted:?}");
    }

    #[test]
    fn a_part_of_a_word_is_no_word_and_decomposed_letters_are_the_same() {
        let index = Keywords::index(&["projektledning", "hållbarhet"]);
        assert_eq!(index.scores("projekt"), [0.0, 0.0]);
        assert!(index.scores("ha\u{30a}llbarhet")[1] > 0.0);
        assert_eq!(Keywords::index(&[]).scores("x"), Vec::<f64>::new());
        assert_eq!(Keywords::index(&[""]).scores("x"), [0.0]);
    }
}
