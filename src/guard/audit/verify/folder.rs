//! Reads the folder of an exported log: which files of the layout are there, and the leaves and
//! hashes in them. A file that is missing or cannot be read is told of here; whether what stands in
//! the others is right is not judged.

use std::borrow::Cow;

use super::source::{Files, Found};
use super::{Check, Frame, Reading, put, width_of};
use crate::guard::audit::Hash;
use crate::guard::audit::entry::{LEAF_END, LEAF_START, Leaf};
use crate::guard::audit::export::{MINIMUM, PRUNED_ACTION, Row, TILE, TILE_WIDTH, tile_path};
use crate::guard::audit::merkle::{Frontier, leaf_hash};
use crate::guard::audit::report::{About, Kind};

/// The largest bundle: 256 leaves of 65,535 bytes with their lengths.
pub(super) const BUNDLE_BYTES_MAX: u64 = TILE_WIDTH * (2 + 65_535);
/// More files than 500 million entries give.
pub(super) const FILES_MAX: usize = 4_000_000;
/// A gap of more missing tiles than this is told of as the missing end of the log.
const MISSING_TILES_MAX: u64 = 4096;

impl Check<'_> {
    pub(super) fn list_files(&mut self) {
        self.source.list(&mut |found| {
            match found {
                Found::File(name) => {
                    if self.files.len() >= FILES_MAX {
                        self.found(Kind::TooManyFiles, About::default());
                        return false;
                    }
                    if let Some((row, number, width)) = parse_path(&name) {
                        self.widths.entry((row, number)).or_default().push(width);
                    }
                    self.files.insert(name, false);
                }
                Found::Strange(name) => self.found_file(Kind::FileUnexpected, &name),
                Found::Unreadable(name) => self.found_file(Kind::FileUnreadable, &name),
            }
            true
        });
    }

    /// Reads a file of the layout; tells of it when it is absent, unreadable or far too long.
    pub(super) fn read(&mut self, name: &str, limit: u64) -> Option<Vec<u8>> {
        match self.files.get_mut(name) {
            Some(belongs) => *belongs = true,
            None => {
                self.found_file(Kind::FileMissing, name);
                return None;
            }
        }
        self.read_listed(name, limit)
    }

    fn read_listed(&mut self, name: &str, limit: u64) -> Option<Vec<u8>> {
        let bytes = self.source.read(name, limit);
        if bytes.is_none() {
            self.found_file(Kind::FileUnreadable, name);
        }
        bytes.map(Cow::into_owned)
    }

    /// The number of the first entry that must be there, of a log that was pruned, and the edge of the
    /// tree before it, from the hashes that are left of the entries that are gone.
    pub(super) fn read_minimum(&mut self, size: u64) {
        if !self.files.contains_key(MINIMUM) {
            return;
        }
        let minimum = self.read(MINIMUM, 32).and_then(|bytes| parse_minimum(&bytes, size));
        let roots = minimum.and_then(|minimum| pruned_roots(self.source, minimum, size));
        match (minimum, roots) {
            (Some(minimum), Some(roots)) => {
                self.base = Frontier::of_blocks(&roots);
                self.minimum = minimum;
                self.pruned = roots;
            }
            _ => self.found_file(Kind::MinimumWrong, MINIMUM),
        }
    }

    /// Reads file `number` of a row, with the width that its name says. When it is not there under
    /// the name it must have, but under another, that one is read and the absence told.
    pub(super) fn read_tile(&mut self, row: Row, number: u64, wanted: u64) -> Option<(Vec<u8>, u64)> {
        let limit = match row {
            Row::Entries => BUNDLE_BYTES_MAX,
            Row::Level(_) => TILE_WIDTH * 32,
        };
        let name = tile_path(row, number, wanted);
        if self.files.contains_key(&name) {
            return self.read(&name, limit).map(|bytes| (bytes, wanted));
        }
        self.found_file(Kind::FileMissing, &name);
        let other = self.widths.get(&(row, number))?.iter().copied().max()?;
        self.read_listed(&tile_path(row, number, other), limit).map(|bytes| (bytes, other))
    }

    pub(super) fn unexpected_files(&mut self) {
        let files = std::mem::take(&mut self.files);
        for (name, _) in files.iter().filter(|(_, belongs)| !**belongs) {
            self.found_file(Kind::FileUnexpected, name);
        }
    }

    pub(super) fn read_tiles(&mut self, size: u64) -> Reading {
        // A signed or claimed size in the trillions, or a file named so, must cost neither time nor
        // memory: tiles are looked for as far as there are files, and a little further.
        let first = self.minimum / TILE_WIDTH;
        let files = first.saturating_add(self.files.len() as u64 + MISSING_TILES_MAX);
        let there = self
            .widths
            .keys()
            .filter(|(row, number)| matches!(row, Row::Entries | Row::Level(0)) && *number <= files)
            .map(|(_, number)| number + 1)
            .max()
            .unwrap_or(0);
        let blocks = size.div_ceil(TILE_WIDTH).min(there);
        let reach = size.min(blocks * TILE_WIDTH);
        let length = usize::try_from(reach).unwrap_or(usize::MAX);
        let mut reading = Reading {
            reach,
            frames: Vec::with_capacity(length),
            bundles: Vec::new(),
            leaves: vec![None; length],
            tiles: vec![None; length],
        };
        reading.bundles.extend((0..first.min(blocks)).map(|_| 0..0));
        for number in first..blocks {
            self.read_bundle(&mut reading, number, width_of(size, number));
            self.read_hashes(&mut reading, number, width_of(size, number));
        }
        reading
    }

    fn read_bundle(&mut self, reading: &mut Reading, number: u64, wanted: u64) {
        let first = reading.frames.len();
        if let Some((bytes, width)) = self.read_tile(Row::Entries, number, wanted) {
            let pieces = split_bundle(&bytes);
            let whole = pieces.len() as u64 == width;
            for (slot, piece) in (number * TILE_WIDTH..).zip(&pieces) {
                // A longer file than the checkpoint asks for is told of by its name.
                if whole && slot >= reading.reach {
                    break;
                }
                let hash = leaf_hash(piece.bytes);
                // What the first entry after a pruning points to is gone; the entry itself is signed.
                let before = match reading.frames.last() {
                    Some(frame) => Some(frame.hash),
                    None => (self.minimum == 0).then_some([0; 32]),
                };
                let fits = piece
                    .leaf
                    .as_ref()
                    .is_some_and(|leaf| leaf.seq == slot && before.is_none_or(|before| leaf.prev == before));
                self.pruning_told |=
                    piece.leaf.as_ref().is_some_and(|leaf| leaf.entry.action == PRUNED_ACTION);
                // In a bundle with leaves too few or too many, each stands where its number says.
                let seq = if whole { Some(slot) } else { piece.leaf.as_ref().map(|leaf| leaf.seq) };
                if let Some(seq) = seq.filter(|seq| seq / TILE_WIDTH == number) {
                    put(&mut reading.leaves, seq, hash);
                }
                reading.frames.push(Frame { slot, hash, framing: piece.damaged, fits });
            }
        }
        reading.bundles.push(first..reading.frames.len());
    }

    fn read_hashes(&mut self, reading: &mut Reading, number: u64, wanted: u64) {
        let Some((bytes, _)) = self.read_tile(Row::Level(0), number, wanted) else { return };
        if bytes.len() as u64 != wanted * 32 {
            self.found_file(Kind::HashFileDamaged, &tile_path(Row::Level(0), number, wanted));
        }
        let (hashes, _) = bytes.as_chunks::<32>();
        for (seq, hash) in (number * TILE_WIDTH..).zip(hashes).take(wanted as usize) {
            put(&mut reading.tiles, seq, *hash);
        }
    }

    /// The leaves of a bundle, as far as they are some, read once more.
    pub(super) fn again(&self, number: u64, reading: &Reading) -> Vec<Option<Leaf>> {
        let widths = self.widths.get(&(Row::Entries, number));
        let wanted = width_of(reading.reach, number);
        let Some(width) = widths.and_then(|widths| {
            widths.iter().copied().find(|width| *width == wanted).or(widths.iter().copied().max())
        }) else {
            return Vec::new();
        };
        match self.source.read(&tile_path(Row::Entries, number, width), BUNDLE_BYTES_MAX) {
            Some(bytes) => split_bundle(&bytes).into_iter().map(|piece| piece.leaf).collect(),
            None => Vec::new(),
        }
    }

    /// What level 1 says the root of tile `number` of level 0 is.
    pub(super) fn level_one(&self, number: u64, size: u64) -> Option<Hash> {
        let above = number / TILE_WIDTH;
        let path = tile_path(Row::Level(1), above, width_of(size / TILE_WIDTH, above));
        let bytes = self.source.read(&path, TILE_WIDTH * 32)?;
        bytes.as_chunks::<32>().0.get((number % TILE_WIDTH) as usize).copied()
    }

    pub(super) fn bundle_name(&self, number: u64, size: u64) -> String {
        let wanted = width_of(size, number);
        let there = self.widths.get(&(Row::Entries, number));
        let width = match there {
            Some(widths) if !widths.contains(&wanted) => widths.iter().copied().max().unwrap_or(wanted),
            _ => wanted,
        };
        tile_path(Row::Entries, number, width)
    }
}

/// Reads the file that says where a pruned log begins: a multiple of 256 above 0 and below the size.
pub(super) fn parse_minimum(bytes: &[u8], size: u64) -> Option<u64> {
    let text = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
    let minimum: u64 = text.parse().ok().filter(|minimum: &u64| minimum.to_string() == text)?;
    (minimum > 0 && minimum.is_multiple_of(TILE_WIDTH) && minimum < size).then_some(minimum)
}

/// What level 1 says of the entries that are gone: a hash for each 256. They are believed once they
/// give the signed root together with the rest.
pub(super) fn pruned_roots(source: Files<'_>, minimum: u64, size: u64) -> Option<Vec<Hash>> {
    let blocks = minimum / TILE_WIDTH;
    let mut roots = Vec::new();
    for number in 0..blocks.div_ceil(TILE_WIDTH) {
        let path = tile_path(Row::Level(1), number, width_of(size / TILE_WIDTH, number));
        let bytes = source.read(&path, TILE_WIDTH * 32)?;
        roots.extend_from_slice(bytes.as_chunks::<32>().0);
    }
    roots.truncate(usize::try_from(blocks).ok()?);
    (roots.len() as u64 == blocks).then_some(roots)
}

/// Row, number and width of a path of the layout; only the one spelling is known.
pub(super) fn parse_path(path: &str) -> Option<(Row, u64, u64)> {
    let rest = path.strip_prefix(TILE)?.strip_prefix('/')?;
    let (row, rest) = rest.split_once('/')?;
    let row = match row {
        "entries" => Row::Entries,
        level => Row::Level(level.parse().ok()?),
    };
    let (digits, width) = match rest.split_once(".p/") {
        Some((digits, width)) => {
            (digits, width.parse().ok().filter(|width| (1..TILE_WIDTH).contains(width))?)
        }
        None => (rest, TILE_WIDTH),
    };
    let mut number = 0u64;
    for group in digits.split('/') {
        let group: u64 = group.trim_start_matches('x').parse().ok().filter(|group| *group < 1000)?;
        number = number.checked_mul(1000)?.checked_add(group)?;
    }
    (tile_path(row, number, width) == path).then_some((row, number, width))
}

struct Piece<'a> {
    bytes: &'a [u8],
    leaf: Option<Leaf>,
    damaged: bool,
}

/// Cuts a bundle into leaves. A length that leads nowhere is told of, and the next leaf is found by
/// how leaves begin and end: no text inside a leaf can hold either, since quotes are not allowed there.
fn split_bundle(bytes: &[u8]) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = bytes;
    // Where the next end of a leaf is, counted from the end of `bytes`; kept, so that hostile bytes
    // are not searched again for every piece.
    let mut next_end: Option<Option<usize>> = None;
    while !rest.is_empty() {
        let claimed = rest.split_first_chunk::<2>().and_then(|(length, after)| {
            let (body, after) = after.split_at_checked(u16::from_be_bytes(*length).into())?;
            let next_begins = after.get(2..).is_some_and(|next| next.starts_with(LEAF_START));
            let plausible = after.is_empty() || next_begins || body.ends_with(LEAF_END);
            let leaf = Leaf::parse(body).ok();
            // Two leaves taken for one: the length of the first leads to the end of the second.
            let several = || find(body, LEAF_END).is_some_and(|at| at + LEAF_END.len() < body.len());
            (plausible && (leaf.is_some() || !several())).then_some((body, leaf, after))
        });
        if let Some((body, leaf, after)) = claimed {
            pieces.push(Piece { bytes: body, leaf, damaged: false });
            rest = after;
            continue;
        }
        let body = rest.get(2..).unwrap_or_default();
        let known = match next_end {
            Some(None) => None,
            Some(Some(from_end)) if from_end <= body.len() => Some(body.len() - from_end),
            _ => {
                let at = find(body, LEAF_END).map(|at| at + LEAF_END.len());
                next_end = Some(at.map(|at| body.len() - at));
                at
            }
        };
        // Where the leaf ends by its own form, or where the next one begins, whichever is first.
        let limit = known.unwrap_or(body.len());
        let by_next =
            body.get(1..limit).and_then(|later| find(later, LEAF_START)).and_then(|at| at.checked_sub(1));
        let (body, after) = body.split_at_checked(by_next.unwrap_or(limit)).unwrap_or((body, &[]));
        pieces.push(Piece { bytes: body, leaf: Leaf::parse(body).ok(), damaged: true });
        rest = after;
    }
    pieces
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_spelling() {
        for (row, number, width) in [
            (Row::Entries, 0, 256),
            (Row::Level(0), 999, 1),
            (Row::Level(3), 1000, 255),
            (Row::Level(0), 70_368_744, 256),
        ] {
            assert_eq!(parse_path(&tile_path(row, number, width)), Some((row, number, width)));
        }
        for other in [
            "tile/0/0",
            "tile/00/000",
            "tile/0/x000/000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/1000",
            "tile/0/001/000",
            "tile//000",
            "tile/256/000",
            "tile/0/",
            "tile/0/-01",
            "0/000",
        ] {
            assert_eq!(parse_path(other), None, "{other}");
        }
    }
}
