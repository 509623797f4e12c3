//! Vectors of passages that many texts share, for as long as one command compares texts that differ in a line.
//!
//! A passage has the same vector alone and among others, so one that is remembered is the one that would be
//! computed. Nothing of it is stored.

use std::collections::HashMap;

use super::{Embedding, Embeddings, Encoder, Passage, Readable};

/// Passages remembered at most; then everything is forgotten at once. About 100 MB with 384 numbers each.
const PASSAGES_MAX: usize = 65_536;

/// The vectors of passages by model and text.
#[derive(Default)]
pub struct Memory {
    rows: HashMap<[u8; 32], Embedding>,
}

impl Memory {
    /// The vectors of these passages, in their order, as `Ruler::assess` takes them; only those that are new are
    /// computed. Nothing when the model refuses one of them: then whoever asks computes them without a memory.
    #[must_use]
    pub fn vectors(&mut self, encoder: &Encoder, passages: &[Passage<'_>]) -> Option<Embeddings> {
        let model = encoder.entry().fingerprint();
        let keys: Vec<[u8; 32]> = passages
            .iter()
            .map(|passage| Embeddings::key_of(&model, std::iter::once(passage.text())))
            .collect();
        if self.rows.len() + passages.len() > PASSAGES_MAX {
            self.rows.clear();
        }
        let new: Vec<(&[u8; 32], Passage<'_>)> = keys
            .iter()
            .zip(passages)
            .filter(|(key, _)| !self.rows.contains_key(*key))
            .map(|(key, passage)| (key, passage.clone()))
            .collect();
        let texts: Vec<Passage<'_>> = new.iter().map(|(_, passage)| passage.clone()).collect();
        let computed = if texts.is_empty() { Vec::new() } else { encoder.embed_passages(&texts).ok()? };
        self.rows.extend(new.into_iter().map(|(key, _)| *key).zip(computed));
        let rows = keys
            .iter()
            .map(|key| self.rows.get(key).map(|row| Some(Embedding(row.0.clone()))))
            .collect::<Option<Vec<_>>>()?;
        let key = Embeddings::key_of(&model, passages.iter().map(Passage::text));
        Some(Embeddings::new(key, rows))
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Memory({} passages, redacted)", self.rows.len())
    }
}
