//! `urval model check`: the files are the manifest's, and our forward pass gives the vectors that PyTorch gave when
//! they were stored and that candle's own operations give now.

use std::path::Path;

use serde::Deserialize;

use super::{Arithmetic, Encoder, ModelEntry, ModelError, Pooling, files, reference, weights};

/// What every reference sentence's cosine must be above, in floats and in integers.
pub(super) const LEAST_COSINE: f64 = 0.9999;
pub(super) const LEAST_COSINE_INTEGER: f64 = 0.9995;

/// What [`check`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckReport {
    /// [`ModelEntry::fingerprint`] of what was checked.
    pub model: String,
    /// The implementation that made the stored vectors.
    pub made_with: String,
    /// How many sentences were compared.
    pub sentences: usize,
    /// The least cosine between a stored vector and ours.
    pub least_cosine: f64,
    /// The least cosine between candle's own forward pass and ours.
    pub least_agreement: f64,
    /// The sentence that has it.
    pub least_at: String,
}

/// The stored vectors of another implementation.
#[derive(Deserialize)]
pub(super) struct Reference {
    model: String,
    made_with: String,
    pub(super) sentences: Vec<ReferenceSentence>,
}

#[derive(Deserialize)]
pub(super) struct ReferenceSentence {
    id: String,
    pub(super) text: String,
    tokens: usize,
    vector: Vec<f64>,
}

impl Reference {
    pub(super) fn read(entry: &ModelEntry) -> Result<Self, ModelError> {
        let bad = |problem: String| ModelError::ReferenceFile { file: entry.reference.clone(), problem };
        let text = entry.reference_text().map_err(|error| bad(error.to_string()))?;
        let reference: Self = serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
        if reference.model != entry.name {
            return Err(bad(format!("it is for `{}`, not for `{}`", reference.model, entry.name)));
        }
        Ok(reference)
    }
}

/// Verifies the model in `dir`: every digest, and that each reference sentence gets the vector that another
/// implementation gave it and that candle's own operations give it. This is `urval model check`.
///
/// # Errors
/// When the model cannot be loaded, or a sentence has other tokens or a cosine of 0.9999 or less (0.9995 in
/// integers).
pub fn check(entry: &ModelEntry, dir: &Path) -> Result<CheckReport, ModelError> {
    let reference = Reference::read(entry)?;
    let encoder = Encoder::open(entry, dir)?;
    let files = files::read_all(entry, dir)?;
    let plain = reference::Network::of(weights::Stored::read(&files.config, &files.weights)?)?;
    let bound = match entry.arithmetic {
        Arithmetic::Float => LEAST_COSINE,
        Arithmetic::Integer => LEAST_COSINE_INTEGER,
    };
    let mut least: Option<(f64, String)> = None;
    let mut least_agreement = f64::INFINITY;
    for sentence in &reference.sentences {
        let ours = encoder
            .embed_reference(&sentence.text)
            .map_err(|source| ModelError::ReferenceText { id: sentence.id.clone(), source })?;
        let tokens = encoder.token_count(&sentence.text);
        let stored = cosine(&ours.0, &sentence.vector);
        let ids = encoder
            .ids(&sentence.text)
            .map_err(|source| ModelError::ReferenceText { id: sentence.id.clone(), source })?;
        let agreement = match entry.pooling {
            Pooling::Mean => cosine(&ours.0, &plain.mean(&ids)?),
            Pooling::Cls => cosine(&ours.0, &plain.first(&ids)?),
        };
        least_agreement = least_agreement.min(agreement);
        let cosine = if agreement < stored { agreement } else { stored };
        // Written so that a cosine that is not a number fails.
        let same = tokens == sentence.tokens && cosine > bound && agreement > bound;
        if !same {
            return Err(ModelError::Differs {
                id: sentence.id.clone(),
                tokens,
                expected: sentence.tokens,
                cosine,
            });
        }
        if least.as_ref().is_none_or(|(smallest, _)| stored < *smallest) {
            least = Some((stored, sentence.id.clone()));
        }
    }
    let Some((least_cosine, least_at)) = least else {
        let problem = "it has no sentences".to_owned();
        return Err(ModelError::ReferenceFile { file: entry.reference.clone(), problem });
    };
    Ok(CheckReport {
        model: entry.fingerprint(),
        made_with: reference.made_with,
        sentences: reference.sentences.len(),
        least_cosine,
        least_at,
        least_agreement,
    })
}

/// Not a number when the lengths differ.
pub(super) fn cosine(ours: &[f32], stored: &[f64]) -> f64 {
    if ours.len() != stored.len() {
        return f64::NAN;
    }
    let pairs = || ours.iter().map(|a| f64::from(*a)).zip(stored.iter().copied());
    let dot: f64 = pairs().map(|(a, b)| a * b).sum();
    let [ours, stored] = [pairs().map(|(a, _)| a * a).sum::<f64>(), pairs().map(|(_, b)| b * b).sum::<f64>()];
    dot / (ours * stored).sqrt()
}
