//! The vectors of one application's passages, kept for a day so that a second reading of unchanged text costs
//! nothing. They are personal data as the text is: sealed by the caller, overwritten here.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::Embedding;

/// The first bytes of the stored form.
const FORMAT: &[u8; 8] = b"urvemb/1";

/// Vectors of some passages by one model. A passage that the model could not read (a line of signs) has none.
#[derive(Debug)]
pub struct Embeddings {
    key: [u8; 32],
    rows: Vec<Option<Embedding>>,
}

/// Stored vectors cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the kept vectors are damaged; they are made anew")]
pub struct Damaged;

impl Embeddings {
    pub(crate) fn new(key: [u8; 32], rows: Vec<Option<Embedding>>) -> Self {
        Self { key, rows }
    }

    /// What the vectors depend on: the model's fingerprint and every passage, in order.
    pub(crate) fn key_of<'a>(model: &'a str, passages: impl Iterator<Item = &'a str>) -> [u8; 32] {
        let mut digest = Sha256::new();
        for part in std::iter::once(model).chain(passages) {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part.as_bytes());
        }
        digest.finalize().into()
    }

    /// Whether they are the vectors of exactly this.
    #[must_use]
    pub(crate) fn are_of(&self, key: &[u8; 32], count: usize) -> bool {
        self.key == *key && self.rows.len() == count
    }

    pub(crate) fn rows(&self) -> &[Option<Embedding>] {
        &self.rows
    }

    /// What is missing may be filled in: a passage in other words is read when it first matters.
    pub(crate) fn rows_mut(&mut self) -> &mut [Option<Embedding>] {
        &mut self.rows
    }

    /// For sealing: the format, the key, the vectors' length, and for each passage a mark and its numbers.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let size = self.rows.iter().flatten().next().map_or(0, Embedding::len);
        let mut out = Zeroizing::new(Vec::with_capacity(44 + self.rows.len() * (1 + 4 * size)));
        out.extend_from_slice(FORMAT);
        out.extend_from_slice(&self.key);
        out.extend_from_slice(&(size as u32).to_le_bytes());
        for row in &self.rows {
            out.push(u8::from(row.is_some()));
            for value in row.iter().flat_map(|row| &row.0) {
                out.extend_from_slice(&value.to_le_bytes());
            }
        }
        out
    }

    /// Back from what was sealed.
    ///
    /// # Errors
    /// [`Damaged`] for anything that [`to_bytes`](Self::to_bytes) did not make.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Damaged> {
        let rest = bytes.strip_prefix(FORMAT).ok_or(Damaged)?;
        let (key, rest) = rest.split_first_chunk::<32>().ok_or(Damaged)?;
        let (size, mut rest) = rest.split_first_chunk::<4>().ok_or(Damaged)?;
        let size = u32::from_le_bytes(*size) as usize;
        let mut rows = Vec::new();
        while let Some((mark, after)) = rest.split_first() {
            let length = match mark {
                0 => 0,
                1 if size > 0 => size.checked_mul(4).ok_or(Damaged)?,
                _ => return Err(Damaged),
            };
            let (own, after) = after.split_at_checked(length).ok_or(Damaged)?;
            let (numbers, _) = own.as_chunks::<4>();
            let numbers: Vec<f32> = numbers.iter().map(|number| f32::from_le_bytes(*number)).collect();
            if !numbers.iter().all(|number| number.is_finite()) {
                return Err(Damaged);
            }
            rows.push((*mark == 1).then_some(Embedding(numbers)));
            rest = after;
        }
        Ok(Self { key: *key, rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Embeddings {
        let key = Embeddings::key_of("m", ["a", "b", "c"].into_iter());
        let row = |from: f32| Some(Embedding(vec![from, -0.5, f32::MIN_POSITIVE]));
        Embeddings::new(key, vec![row(0.25), None, row(1.0)])
    }

    #[test]
    fn kept_vectors_come_back_bit_for_bit() {
        let back = Embeddings::from_bytes(&some().to_bytes()).unwrap();
        assert_eq!(back.to_bytes(), some().to_bytes());
        assert_eq!(back.rows().len(), 3);
        assert!(back.rows()[1].is_none());
    }

    #[test]
    fn another_text_order_or_model_is_another_key() {
        let key = |model, texts: [&str; 2]| Embeddings::key_of(model, texts.into_iter());
        let all = [key("m", ["a", "b"]), key("m", ["b", "a"]), key("n", ["a", "b"]), key("m", ["ab", ""])];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[..at].contains(one));
        }
        assert!(some().are_of(&Embeddings::key_of("m", ["a", "b", "c"].into_iter()), 3));
        assert!(!some().are_of(&all[0], 3));
    }

    #[test]
    fn damaged_bytes_are_refused_and_never_a_panic() {
        let whole = some().to_bytes();
        for end in 0..whole.len() {
            let cut = Embeddings::from_bytes(&whole[..end]);
            // A cut between two passages is only told apart by the count, which the caller compares.
            assert!(cut.is_err() || cut.is_ok_and(|cut| cut.rows().len() < 3));
        }
        let mut nan = whole.to_vec();
        nan[45..49].copy_from_slice(&f32::NAN.to_le_bytes());
        assert_eq!(Embeddings::from_bytes(&nan).err(), Some(Damaged));
        let mut huge = whole.to_vec();
        huge[40..44].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(Embeddings::from_bytes(&huge).err(), Some(Damaged));
    }
}
