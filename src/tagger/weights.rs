//! The learnt weights and their file: keys of features with one byte a label, steps, and the lists.
//!
//! File, little-endian: `URVALTG1`, `u32` features, `u32` list entries, `f32` scale; then the steps
//! (8 × 7 `f32`), the features' keys (`u32`) and weights (7 × `i8` each), the lists' hashes (`u32`) and
//! sorts (`u16`). A file that ends early or goes on is refused.

use crate::chain::{LABELS, Steps};
use crate::features::COUNT;
use crate::lists::Lists;

const MAGIC: &[u8; 8] = b"URVALTG1";

/// The file is not one of ours, or is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the tagger's weights cannot be read; take models/tagger/weights.bin anew")
    }
}

impl std::error::Error for Broken {}

/// What was learnt.
#[derive(Default)]
pub struct Weights {
    /// What the name lists say.
    pub lists: Lists,
    /// Steps between labels.
    pub steps: Steps,
    scale: f32,
    /// One bit a hash of a key: most features of a text have no weights, and this small table says so
    /// without a look into the large one.
    present: Vec<u64>,
    /// Open addressing by the key; a key of 0 is an empty place.
    rows: Vec<Row>,
}

/// A feature's key and weights side by side, so that one look at memory brings both.
#[derive(Clone, Copy, Default)]
#[repr(align(16))]
struct Row {
    key: u32,
    weights: [i8; 8],
}

/// Bits of the small table.
const PRESENT_BITS: u32 = 1 << 21;

fn bit(key: u32) -> (usize, u64) {
    let at = key.wrapping_mul(0x9E37_79B1) >> 11 & (PRESENT_BITS - 1);
    ((at / 64) as usize, 1 << (at % 64))
}

/// The key under which a feature's weights are kept.
#[must_use]
pub fn key(feature: u64) -> u32 {
    ((feature >> 20) as u32).max(1)
}

impl Weights {
    /// From what the trainer learnt: key and weights of each feature.
    #[must_use]
    pub fn new(lists: Lists, steps: Steps, features: &[(u32, [f32; LABELS])]) -> Self {
        let most = features.iter().flat_map(|(_, row)| row).fold(0.0_f32, |most, w| most.max(w.abs()));
        let scale = (most / 127.0).max(f32::MIN_POSITIVE);
        let quantised = features.iter().map(|(key, row)| {
            let mut out = [0_i8; 8];
            for (to, from) in out.iter_mut().zip(row) {
                *to = (from / scale).round().clamp(-127.0, 127.0) as i8;
            }
            (*key, out)
        });
        Self::placed(lists, steps, scale, quantised.collect())
    }

    fn placed(lists: Lists, steps: Steps, scale: f32, features: Vec<(u32, [i8; 8])>) -> Self {
        let room = (features.len() * 2).next_power_of_two().max(16);
        let present = vec![0; PRESENT_BITS as usize / 64];
        let mut all = Self { lists, steps, scale, present, rows: vec![Row::default(); room] };
        for (key, weights) in features {
            let at = all.place(key);
            all.rows[at] = Row { key, weights };
            let (word, bit) = bit(key);
            all.present[word] |= bit;
        }
        all
    }

    /// Where the key stands, unless another came first.
    fn home(&self, key: u32) -> usize {
        (key.wrapping_mul(0x9E37_79B1) >> 7) as usize & (self.rows.len() - 1)
    }

    /// Where the key stands or would stand.
    fn place(&self, key: u32) -> usize {
        let mask = self.rows.len() - 1;
        let mut at = self.home(key);
        while self.rows[at].key != 0 && self.rows[at].key != key {
            at = (at + 1) & mask;
        }
        at
    }

    /// The scores of the labels for a word with these features.
    #[must_use]
    pub fn score(&self, features: &[u64; COUNT]) -> [f32; LABELS] {
        if self.rows.is_empty() {
            return [0.0; LABELS];
        }
        // First which features have weights at all, without a branch; then their rows, side by side.
        let mut known = [0_u32; COUNT];
        let mut count = 0;
        for feature in features {
            let key = key(*feature);
            let (word, bit) = bit(key);
            known[count] = key;
            count += usize::from(self.present[word] & bit != 0);
        }
        // All looks into the large table are on their way before the first is needed.
        let mut rows = [Row::default(); COUNT];
        for (row, key) in rows.iter_mut().zip(&known[..count]) {
            *row = self.rows[self.home(*key)];
        }
        let mut sums = [0_i32; 8];
        for (row, key) in rows[..count].iter_mut().zip(known) {
            if row.key != key {
                *row = self.rows[self.place(key)];
            }
            for (sum, weight) in sums.iter_mut().zip(row.weights) {
                *sum += i32::from(weight);
            }
        }
        let mut out = [0.0; LABELS];
        for (to, sum) in out.iter_mut().zip(sums) {
            *to = sum as f32 * self.scale;
        }
        out
    }

    /// How many features have weights.
    #[must_use]
    pub fn features(&self) -> usize {
        self.rows.iter().filter(|row| row.key != 0).count()
    }

    /// The file.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut features: Vec<(u32, [i8; 8])> =
            self.rows.iter().filter(|row| row.key != 0).map(|row| (row.key, row.weights)).collect();
        features.sort_unstable();
        let mut out = MAGIC.to_vec();
        let listed: Vec<(u32, u16)> = self.lists.pairs().collect();
        out.extend((features.len() as u32).to_le_bytes());
        out.extend((listed.len() as u32).to_le_bytes());
        out.extend(self.scale.to_le_bytes());
        self.steps.iter().flatten().for_each(|step| out.extend(step.to_le_bytes()));
        features.iter().for_each(|(key, _)| out.extend(key.to_le_bytes()));
        features.iter().for_each(|(_, row)| out.extend(row[..LABELS].iter().map(|w| *w as u8)));
        listed.iter().for_each(|(hash, _)| out.extend(hash.to_le_bytes()));
        listed.iter().for_each(|(_, sort)| out.extend(sort.to_le_bytes()));
        out
    }

    /// Reads what [`Weights::write`] wrote.
    ///
    /// # Errors
    /// [`Broken`] when it is anything else.
    pub fn read(bytes: &[u8]) -> Result<Self, Broken> {
        let mut rest = bytes.strip_prefix(MAGIC).ok_or(Broken)?;
        let features = u32::from_le_bytes(take(&mut rest)?) as usize;
        let listed = u32::from_le_bytes(take(&mut rest)?) as usize;
        let scale = f32::from_le_bytes(take(&mut rest)?);
        let mut steps: Steps = [[0.0; LABELS]; LABELS + 1];
        for step in steps.iter_mut().flatten() {
            *step = f32::from_le_bytes(take(&mut rest)?);
        }
        if rest.len() != features * (4 + LABELS) + listed * 6 {
            return Err(Broken);
        }
        let mut keys = Vec::with_capacity(features);
        for _ in 0..features {
            keys.push(u32::from_le_bytes(take(&mut rest)?));
        }
        let mut all = Vec::with_capacity(features);
        for key in keys {
            let row: [u8; LABELS] = take(&mut rest)?;
            let mut out = [0_i8; 8];
            for (to, from) in out.iter_mut().zip(row) {
                *to = from as i8;
            }
            all.push((key, out));
        }
        let mut hashes = Vec::with_capacity(listed);
        for _ in 0..listed {
            hashes.push(u32::from_le_bytes(take(&mut rest)?));
        }
        let mut pairs = Vec::with_capacity(listed);
        for hash in hashes {
            pairs.push((hash, u16::from_le_bytes(take(&mut rest)?)));
        }
        Ok(Self::placed(Lists::new(pairs), steps, scale, all))
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Broken> {
    let (head, tail) = rest.split_first_chunk::<N>().ok_or(Broken)?;
    *rest = tail;
    Ok(*head)
}
