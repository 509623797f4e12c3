//! Compares what stands in the folder with what is established, and names each difference: entries,
//! tiles of hashes, and earlier checkpoints.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Check, Frame, Reading, Signed, Truth, width_of};
use crate::guard::audit::Hash;
use crate::guard::audit::entry::Leaf;
use crate::guard::audit::export::{Row, TILE_WIDTH, tile_path};
use crate::guard::audit::merkle::root_of;
use crate::guard::audit::note::Checkpoint;
use crate::guard::audit::report::{About, Kind};

impl Check<'_> {
    pub(super) fn compare_entries(&mut self, size: u64, reading: &Reading, truth: &Truth) {
        let frames = &reading.frames;
        // Which entry each frame is, by its hash; first those that stand where they belong.
        let mut is: Vec<Option<u64>> = frames
            .iter()
            .map(|frame| (at(&truth.hashes, frame.slot) == Some(frame.hash)).then_some(frame.slot))
            .collect();
        let mut seen = vec![false; truth.hashes.len()];
        seen.iter_mut()
            .take(usize::try_from(self.minimum).unwrap_or(usize::MAX))
            .for_each(|gone| *gone = true);
        for seq in is.iter().flatten() {
            mark(&mut seen, *seq);
        }
        let mut elsewhere: HashMap<Hash, u64> = (0..)
            .zip(&truth.hashes)
            .zip(&seen)
            .filter_map(|((seq, hash), seen)| hash.filter(|_| !seen).map(|hash| (hash, seq)))
            .collect();
        let mut displaced = false;
        for (frame, is) in frames.iter().zip(&mut is) {
            if is.is_none()
                && let Some(seq) = elsewhere.remove(&frame.hash)
            {
                *is = Some(seq);
                mark(&mut seen, seq);
                displaced = true;
            }
        }
        // For the order of the frames: the entry each one stands for in it, none when out of order.
        let mut ordered: Vec<Option<u64>> = is.clone();
        if displaced {
            self.swapped(frames, &is, &mut ordered);
            self.moved(frames, &is, &mut ordered);
        }
        let mut missing: BTreeSet<u64> =
            (0..).zip(&seen).filter(|(_, seen)| !**seen).map(|(seq, _)| seq).collect();
        self.unknown(reading, truth, &is, &ordered, &mut missing);
        self.missing(size, reading.reach, &missing);
        self.meaning(reading, truth, &is);
    }

    /// Pairs of entries in each other's place, told of as rows where they stand in a row.
    fn swapped(&mut self, frames: &[Frame], is: &[Option<u64>], ordered: &mut [Option<u64>]) {
        let standing: HashMap<u64, (u64, usize)> = frames
            .iter()
            .zip(is)
            .enumerate()
            .filter_map(|(index, (frame, is))| {
                is.filter(|seq| *seq != frame.slot).map(|seq| (frame.slot, (seq, index)))
            })
            .collect();
        let mut pairs = BTreeMap::new();
        for (slot, (seq, index)) in &standing {
            if standing.get(seq).is_some_and(|(back, _)| back == slot) {
                if slot < seq {
                    pairs.insert(*slot, *seq);
                }
                if let Some(ordered) = ordered.get_mut(*index) {
                    *ordered = Some(*slot);
                }
            }
        }
        let mut rows: Vec<(u64, u64, u64)> = Vec::new();
        for (low, high) in pairs {
            match rows.last_mut() {
                Some((first, to, count))
                    if *first + *count == low && *to + *count == high && *first + *count < *to =>
                {
                    *count += 1;
                }
                _ => rows.push((low, high, 1)),
            }
        }
        for (first, to, count) in rows {
            let about =
                About { entry: Some(first), last: Some(first + count - 1), other: Some(to), file: None };
            self.found(Kind::EntriesSwapped, about);
        }
    }

    /// Entries that are not in the longest row that stands in order.
    fn moved(&mut self, frames: &[Frame], is: &[Option<u64>], ordered: &mut [Option<u64>]) {
        let keep = longest_rising(ordered);
        for (((frame, is), ordered), keep) in frames.iter().zip(is).zip(ordered).zip(keep) {
            if ordered.is_some() && !keep {
                *ordered = None;
                let about = About { entry: *is, other: Some(frame.slot), ..About::default() };
                self.found(Kind::EntryMoved, about);
            }
        }
    }

    /// Frames that are no entry of the log: each is an entry that was altered, when one is missing
    /// where it stands; else something added.
    fn unknown(
        &mut self,
        reading: &Reading,
        truth: &Truth,
        is: &[Option<u64>],
        ordered: &[Option<u64>],
        missing: &mut BTreeSet<u64>,
    ) {
        let mut next_known = vec![u64::MAX; reading.frames.len()];
        let mut next = u64::MAX;
        for (place, ordered) in next_known.iter_mut().zip(ordered).rev() {
            *place = next;
            next = ordered.unwrap_or(next);
        }
        let strange: HashMap<Hash, ()> =
            reading.frames.iter().zip(is).filter(|(_, is)| is.is_none()).map(|(f, _)| (f.hash, ())).collect();
        let copies: HashMap<Hash, u64> = if strange.is_empty() {
            HashMap::new()
        } else {
            (0..)
                .zip(&truth.hashes)
                .filter_map(|(seq, hash)| hash.filter(|hash| strange.contains_key(hash)).map(|h| (h, seq)))
                .collect()
        };
        let mut before: Option<u64> = None;
        for (number, range) in (0u64..).zip(&reading.bundles) {
            let mut leaves: Option<Vec<Option<Leaf>>> = None;
            let file = self.bundle_name(number, reading.reach);
            for (turn, index) in range.clone().enumerate() {
                let (Some(frame), Some(is), Some(ordered), Some(after)) =
                    (reading.frames.get(index), is.get(index), ordered.get(index), next_known.get(index))
                else {
                    continue;
                };
                let file = Some(file.as_str());
                if let Some(seq) = is {
                    if frame.framing {
                        self.found(
                            Kind::LengthAltered,
                            About { entry: Some(*seq), file, ..About::default() },
                        );
                    }
                    before = ordered.or(before);
                    continue;
                }
                let from = before.map_or(0, |before| before + 1);
                let gap = from..*after;
                let leaves = leaves.get_or_insert_with(|| self.again(number, reading));
                let seq = leaves.get(turn).and_then(Option::as_ref).map(|leaf| leaf.seq);
                let fits = |seq: &u64| gap.contains(seq) && missing.contains(seq);
                let first = || if gap.is_empty() { None } else { missing.range(gap.clone()).next().copied() };
                let meant = seq.filter(fits).or_else(|| Some(frame.slot).filter(fits)).or_else(first);
                match (meant, copies.get(&frame.hash)) {
                    (Some(meant), copy) => {
                        missing.remove(&meant);
                        before = Some(meant);
                        let kind = if copy.is_some() { Kind::EntryReplaced } else { Kind::EntryAltered };
                        self.found(
                            kind,
                            About { entry: Some(meant), last: None, other: copy.copied(), file },
                        );
                    }
                    (None, _) => {
                        self.found(Kind::EntryInserted, About { entry: before, file, ..About::default() })
                    }
                }
            }
        }
    }

    fn missing(&mut self, size: u64, reach: u64, missing: &BTreeSet<u64>) {
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        let beyond = (reach < size).then_some((reach, size - 1));
        for (from, to) in missing.iter().map(|seq| (*seq, *seq)).chain(beyond) {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == from => *last = to,
                _ => ranges.push((from, to)),
            }
        }
        for (from, to) in ranges {
            let kind = if to + 1 == size { Kind::Truncated } else { Kind::EntryMissing };
            self.found(kind, About { entry: Some(from), last: Some(to), ..About::default() });
        }
    }

    /// Entries that are as they were signed, but whose number or chain is wrong: then the log was
    /// signed wrong.
    fn meaning(&mut self, reading: &Reading, truth: &Truth, is: &[Option<u64>]) {
        for (number, range) in (0u64..).zip(&reading.bundles) {
            let mut leaves: Option<Vec<Option<Leaf>>> = None;
            for (turn, index) in range.clone().enumerate() {
                let (Some(frame), Some(Some(seq))) = (reading.frames.get(index), is.get(index)) else {
                    continue;
                };
                let previous = index.checked_sub(1).and_then(|index| is.get(index).copied().flatten());
                if frame.fits && *seq == frame.slot && (*seq == 0 || previous == Some(*seq - 1)) {
                    continue;
                }
                let leaf = leaves.get_or_insert_with(|| self.again(number, reading)).get(turn);
                let file = self.bundle_name(number, reading.reach);
                let about = About { entry: Some(*seq), file: Some(&file), ..About::default() };
                let before = match seq.checked_sub(1) {
                    None => Some([0; 32]),
                    Some(before) => at(&truth.hashes, before),
                };
                match leaf {
                    None | Some(None) => self.found(Kind::EntryUnreadable, about),
                    Some(Some(leaf)) if leaf.seq != *seq => self.found(Kind::NumberWrong, about),
                    Some(Some(leaf)) if before.is_some_and(|before| before != leaf.prev) => {
                        self.found(Kind::ChainBroken, about);
                    }
                    Some(Some(_)) => {}
                }
            }
        }
    }

    /// Every tile of hashes against what the established leaf hashes give.
    pub(super) fn compare_tiles(&mut self, size: u64, reading: &Reading, truth: &Truth) {
        for number in self.minimum / TILE_WIDTH..reading.bundles.len() as u64 {
            let wanted = width_of(size, number);
            let file = tile_path(Row::Level(0), number, wanted);
            let first = number * TILE_WIDTH;
            // In a file of the wrong length, told of already, all that follows would differ.
            let told = (first..first + wanted).any(|seq| at(&reading.tiles, seq).is_none());
            for seq in first..first + wanted {
                let (there, must) = (at(&reading.tiles, seq), at(&truth.hashes, seq));
                if !told && must.is_some() && there != must {
                    let about = About { entry: Some(seq), file: Some(&file), ..About::default() };
                    self.found(Kind::HashAltered, about);
                }
            }
        }
        let mut below = truth.hashes.clone();
        let mut covers = 1u64;
        for level in 1..=7u8 {
            let held = size >> (8 * u32::from(level));
            if held == 0 {
                break;
            }
            covers = covers.saturating_mul(TILE_WIDTH);
            let mut hashes: Vec<Option<Hash>> = below
                .chunks_exact(TILE_WIDTH as usize)
                .map(|tile| complete(tile).map(|tile| root_of(&tile)))
                .collect();
            if level == 1 {
                hashes.iter_mut().zip(&self.pruned).for_each(|(hash, gone)| *hash = Some(*gone));
            }
            for number in 0..held.div_ceil(TILE_WIDTH).min(self.files.len() as u64) {
                let wanted = width_of(held, number);
                let Some((bytes, _)) = self.read_tile(Row::Level(level), number, wanted) else { continue };
                let file = tile_path(Row::Level(level), number, wanted);
                if bytes.len() as u64 != wanted * 32 {
                    self.found_file(Kind::HashFileDamaged, &file);
                    continue;
                }
                for (place, there) in (number * TILE_WIDTH..).zip(bytes.as_chunks::<32>().0) {
                    if at(&hashes, place).is_some_and(|must| must != *there) {
                        let first = place.saturating_mul(covers);
                        let last = first.saturating_add(covers - 1);
                        let about =
                            About { entry: Some(first), last: Some(last), other: None, file: Some(&file) };
                        self.found(Kind::HashAltered, about);
                    }
                }
            }
            below = hashes;
        }
    }

    /// Every signed checkpoint against the beginning of the log that it is about.
    pub(super) fn compare_history(&mut self, signed: &Signed, truth: &Truth) {
        let mut edge = self.base.clone();
        let mut hashes = truth.hashes.iter().skip(usize::try_from(self.minimum).unwrap_or(usize::MAX));
        let mut confirmed = 0;
        let mut earlier: Option<&Checkpoint> = None;
        for checkpoint in &signed.all {
            if let Some(earlier) = earlier
                && earlier.size == checkpoint.size
                && earlier.root != checkpoint.root
            {
                self.found(Kind::Forked, About { other: Some(checkpoint.size), ..About::default() });
            }
            earlier = Some(checkpoint);
            let root = if checkpoint.size < self.minimum {
                // Only the hashes of each 256 of these entries are left.
                let Some(root) = root_of_pruned(&self.pruned, checkpoint.size) else { continue };
                root
            } else {
                while edge.len() < checkpoint.size {
                    let Some(Some(hash)) = hashes.next() else { return };
                    edge.push(*hash);
                }
                edge.root()
            };
            if root == checkpoint.root {
                confirmed = checkpoint.size;
            } else {
                let about = About {
                    entry: (checkpoint.size > confirmed).then_some(confirmed),
                    last: checkpoint.size.checked_sub(1).filter(|last| *last >= confirmed),
                    ..About::default()
                };
                self.found(Kind::HistoryRewritten, about);
            }
        }
    }
}

/// The root over the first entries of those that were pruned, where it can still be known.
pub(super) fn root_of_pruned(pruned: &[Hash], size: u64) -> Option<Hash> {
    let whole = size.is_multiple_of(TILE_WIDTH);
    let blocks = usize::try_from(size / TILE_WIDTH).ok().filter(|_| whole)?;
    pruned.get(..blocks).map(root_of)
}

fn at<T: Copy>(list: &[Option<T>], index: u64) -> Option<T> {
    usize::try_from(index).ok().and_then(|index| list.get(index).copied().flatten())
}

/// All of them, when none is unknown.
fn complete(hashes: &[Option<Hash>]) -> Option<Vec<Hash>> {
    hashes.iter().copied().collect()
}

fn mark(seen: &mut [bool], seq: u64) {
    if let Some(seen) = usize::try_from(seq).ok().and_then(|seq| seen.get_mut(seq)) {
        *seen = true;
    }
}

/// Which of these form the longest strictly rising row (patience sorting).
fn longest_rising(values: &[Option<u64>]) -> Vec<bool> {
    let mut ends: Vec<(u64, usize)> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; values.len()];
    for (index, value) in values.iter().enumerate() {
        let Some(value) = value else { continue };
        let length = ends.partition_point(|(end, _)| end < value);
        if let (Some(before), Some(shorter)) = (before.get_mut(index), length.checked_sub(1)) {
            *before = ends.get(shorter).map(|(_, index)| *index);
        }
        match ends.get_mut(length) {
            Some(end) => *end = (*value, index),
            None => ends.push((*value, index)),
        }
    }
    let mut keep = vec![false; values.len()];
    let mut next = ends.last().map(|(_, index)| *index);
    while let Some(index) = next {
        if let Some(keep) = keep.get_mut(index) {
            *keep = true;
        }
        next = before.get(index).copied().flatten();
    }
    keep
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::audit::entry::tests::log;

    #[test]
    fn the_longest_rising_row_is_kept() {
        let values = [Some(0), Some(5), None, Some(1), Some(2), Some(9), Some(3), Some(4)];
        assert_eq!(longest_rising(&values), [true, false, false, true, true, false, true, true]);
        assert_eq!(longest_rising(&[]), Vec::<bool>::new());
        let (leaves, head) = log(4);
        assert_eq!(head.size(), leaves.len() as u64);
    }
}
