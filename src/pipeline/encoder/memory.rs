//! What gives vectors of passages: the model, or the model with a memory of passages that many texts share, for as
//! long as one command compares texts that differ in a line.
//!
//! A passage has the same vector alone and among others, so one that is remembered is the one that would be
//! computed. Nothing of it is stored; it is overwritten on drop.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{BatchError, Embedding, Embeddings, Encoder, Passage, Readable, Reworded};

/// Passages remembered at most; then everything is forgotten at once. About 100 MB with 384 numbers each.
const PASSAGES_MAX: usize = 65_536;

/// Gives vectors of passages and of passages in other words, bit for bit those of the model.
pub trait Reads {
    /// The vectors, in their order.
    ///
    /// # Errors
    /// The first passage, by its place, that cannot be embedded; no vectors then.
    fn passages(&self, passages: &[Passage<'_>]) -> Result<Vec<Embedding>, BatchError>;

    /// The vectors of passages in other words, in their order.
    ///
    /// # Errors
    /// As [`Reads::passages`].
    fn reworded(&self, passages: &[&Reworded]) -> Result<Vec<Embedding>, BatchError>;
}

impl Reads for Encoder {
    fn passages(&self, passages: &[Passage<'_>]) -> Result<Vec<Embedding>, BatchError> {
        self.embed_passages(passages)
    }

    fn reworded(&self, passages: &[&Reworded]) -> Result<Vec<Embedding>, BatchError> {
        self.embed_reworded(passages)
    }
}

impl Reads for Arc<Encoder> {
    fn passages(&self, passages: &[Passage<'_>]) -> Result<Vec<Embedding>, BatchError> {
        self.embed_passages(passages)
    }

    fn reworded(&self, passages: &[&Reworded]) -> Result<Vec<Embedding>, BatchError> {
        self.embed_reworded(passages)
    }
}

/// A model with a memory.
pub struct Remembering<'a> {
    encoder: &'a Encoder,
    rows: Mutex<HashMap<[u8; 32], Embedding>>,
}

impl<'a> Remembering<'a> {
    /// With nothing in it yet.
    #[must_use]
    pub fn new(encoder: &'a Encoder) -> Self {
        Self { encoder, rows: Mutex::default() }
    }

    /// Remembered vectors, and those of `embed` for the places that are new.
    fn recalled(
        &self,
        texts: &[&str],
        embed: impl Fn(&[usize]) -> Result<Vec<Embedding>, BatchError>,
    ) -> Result<Vec<Embedding>, BatchError> {
        let keys: Vec<[u8; 32]> =
            texts.iter().map(|text| Embeddings::key_of("", std::iter::once(*text))).collect();
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if rows.len() + texts.len() > PASSAGES_MAX {
            rows.clear();
        }
        let new: Vec<usize> =
            keys.iter().enumerate().filter(|(_, key)| !rows.contains_key(*key)).map(|(at, _)| at).collect();
        if !new.is_empty() {
            let computed = embed(&new).map_err(|refused| BatchError {
                index: new.get(refused.index).copied().unwrap_or(refused.index),
                source: refused.source,
            })?;
            rows.extend(new.iter().filter_map(|at| keys.get(*at).copied()).zip(computed));
        }
        Ok(keys.iter().filter_map(|key| rows.get(key).map(|row| Embedding(row.0.clone()))).collect())
    }
}

impl Reads for Remembering<'_> {
    fn passages(&self, passages: &[Passage<'_>]) -> Result<Vec<Embedding>, BatchError> {
        let texts: Vec<&str> = passages.iter().map(Readable::text).collect();
        self.recalled(&texts, |new| {
            let some: Vec<Passage<'_>> = new.iter().filter_map(|at| passages.get(*at).cloned()).collect();
            self.encoder.embed_passages(&some)
        })
    }

    fn reworded(&self, passages: &[&Reworded]) -> Result<Vec<Embedding>, BatchError> {
        let texts: Vec<&str> = passages.iter().map(|passage| passage.text()).collect();
        self.recalled(&texts, |new| {
            let some: Vec<&Reworded> = new.iter().filter_map(|at| passages.get(*at).copied()).collect();
            self.encoder.embed_reworded(&some)
        })
    }
}

impl std::fmt::Debug for Remembering<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        write!(f, "Remembering({} passages, redacted)", rows.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tiny;
    use super::*;
    use crate::pipeline::pseudonymise::{Frame, split};
    use crate::pipeline::received::{Known, Received, Section, SectionKind};

    #[test]
    fn what_is_remembered_is_what_would_be_computed() {
        let folder = tempfile::tempdir().unwrap();
        let encoder = Encoder::open(&tiny::write(folder.path(), tiny::Kind::Bert), folder.path()).unwrap();
        let told = "I led a project. I wrote a report. I led a project.";
        let section = Section {
            kind: SectionKind::Letter,
            question: None,
            text: crate::guard::pii::Pii::new(told.into()),
        };
        let received = Received { known: Known::default(), sections: vec![section] };
        let frame = Frame { today: jiff::civil::date(2027, 1, 15), starts: None };
        let (text, _) = split(received, &frame).unwrap();
        let passages: Vec<Passage<'_>> =
            [0..16, 17..34, 35..51].into_iter().map(|range| Passage::of(&text, range).unwrap()).collect();
        let fresh = Reads::passages(&encoder, &passages).unwrap();
        let remembering = Remembering::new(&encoder);
        for _ in 0..2 {
            let found = remembering.passages(&passages).unwrap();
            let bits = |rows: &[Embedding]| -> Vec<u32> {
                rows.iter().flat_map(|row| row.0.iter().map(|value| value.to_bits())).collect()
            };
            assert_eq!(bits(&found), bits(&fresh));
        }
        assert_eq!(format!("{remembering:?}"), "Remembering(2 passages, redacted)");
    }
}
