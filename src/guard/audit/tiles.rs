//! Proofs out of the tiles of a log, whatever its size: which tiles are needed, and the proof once
//! they are there. Where the tiles come from (a database, a folder, another host) is the caller's
//! affair, so nothing here waits or fails for a network.
//!
//! Tiles are not believed: what is made of them is checked against a signed root by whoever uses it.

use std::collections::{BTreeMap, BTreeSet};

use super::Hash;
use super::export::{Row, TILE_WIDTH, tile_path};
use super::merkle::{node_hash, root_of};

/// One tile of hashes, as wide as a log of a certain size has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TileId {
    /// The level; 0 holds leaf hashes.
    pub level: u8,
    /// The number within the level, from 0.
    pub number: u64,
    /// How many of 256 hashes it holds.
    pub width: u64,
}

impl TileId {
    /// The tile `number` of a level in a log of `size` entries; nothing when there is none.
    #[must_use]
    pub fn of(level: u8, number: u64, size: u64) -> Option<Self> {
        let held = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
        let width = held.checked_sub(number.checked_mul(TILE_WIDTH)?)?.min(TILE_WIDTH);
        (width > 0).then_some(Self { level, number, width })
    }

    /// Its path below the log's prefix: `tile/L/N` or `tile/L/N.p/W`.
    #[must_use]
    pub fn path(&self) -> String {
        tile_path(Row::Level(self.level), self.number, self.width)
    }
}

/// Reads the end of a tile's path, `x001/234` or `x001/234.p/5`: number and width. Only the one
/// spelling is known.
#[must_use]
pub fn parse_number(path: &str) -> Option<(u64, u64)> {
    let (digits, width) = match path.split_once(".p/") {
        Some((digits, width)) => {
            (digits, width.parse().ok().filter(|width| (1..TILE_WIDTH).contains(width))?)
        }
        None => (path, TILE_WIDTH),
    };
    let mut number = 0u64;
    for group in digits.split('/') {
        let group: u64 = group.trim_start_matches('x').parse().ok().filter(|group| *group < 1000)?;
        number = number.checked_mul(1000)?.checked_add(group)?;
    }
    let spelled = tile_path(Row::Entries, number, width);
    (spelled.strip_prefix("tile/entries/") == Some(path)).then_some((number, width))
}

/// Tiles that were fetched.
pub type Tiles = BTreeMap<TileId, Vec<Hash>>;

/// Reads a tile's bytes; nothing when they are not as many hashes as its width says.
#[must_use]
pub fn parse_tile(tile: &TileId, bytes: &[u8]) -> Option<Vec<Hash>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    (rest.is_empty() && hashes.len() as u64 == tile.width).then(|| hashes.to_vec())
}

/// A wanted list of tree hashes, each over a range of entries, in a log of a certain size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    size: u64,
    ranges: Vec<(u64, u64)>,
}

impl Plan {
    /// The root over the first `upto` entries. Nothing when the log is shorter.
    #[must_use]
    pub fn root(upto: u64, size: u64) -> Option<Self> {
        (upto <= size).then(|| Self { size, ranges: vec![(0, upto)] })
    }

    /// Proof that entry `index` is in the log: sibling hashes, lowest first. Nothing when there is no
    /// such entry.
    #[must_use]
    pub fn inclusion(index: u64, size: u64) -> Option<Self> {
        if index >= size {
            return None;
        }
        let (mut start, mut end) = (0, size);
        let mut ranges = Vec::new();
        while end - start > 1 {
            let middle = start + split(end - start);
            if index < middle {
                ranges.push((middle, end));
                end = middle;
            } else {
                ranges.push((start, middle));
                start = middle;
            }
        }
        ranges.reverse();
        Some(Self { size, ranges })
    }

    /// Proof that the first `old` entries are a beginning of the log. Nothing when the log is shorter.
    /// Empty for none or all.
    #[must_use]
    pub fn consistency(old: u64, size: u64) -> Option<Self> {
        if old > size {
            return None;
        }
        let mut ranges = Vec::new();
        if old != 0 && old != size {
            let (mut start, mut end) = (0, size);
            while end != old {
                let middle = start + split(end - start);
                if old <= middle {
                    ranges.push((middle, end));
                    end = middle;
                } else {
                    ranges.push((start, middle));
                    start = middle;
                }
            }
            // The old root itself is known to the one who checks.
            if start != 0 {
                ranges.push((start, end));
            }
            ranges.reverse();
        }
        Some(Self { size, ranges })
    }

    /// The tiles that hold what is needed.
    #[must_use]
    pub fn tiles(&self) -> BTreeSet<TileId> {
        let mut needed = BTreeSet::new();
        for (start, end) in &self.ranges {
            for (height, index) in subtrees(*start, *end) {
                needed.extend(place(height, index, self.size).map(|(tile, _, _)| tile));
            }
        }
        needed
    }

    /// The hashes, once the tiles are there. Nothing when one is missing or too short.
    #[must_use]
    pub fn hashes(&self, tiles: &Tiles) -> Option<Vec<Hash>> {
        self.ranges.iter().map(|(start, end)| range_hash(*start, *end, self.size, tiles)).collect()
    }
}

/// Where a range of `len > 1` leaves divides: the largest power of two below `len`.
fn split(len: u64) -> u64 {
    1 << (len - 1).ilog2()
}

/// The complete subtrees that make up a range that begins at a multiple of its largest power of two:
/// height and number of each, largest first.
fn subtrees(start: u64, end: u64) -> Vec<(u32, u64)> {
    let mut out = Vec::new();
    let mut at = start;
    while at < end {
        let height = (end - at).ilog2();
        out.push((height, at >> height));
        at += 1 << height;
    }
    out
}

/// In which tile the node is, at which place, and over how many of its hashes.
fn place(height: u32, index: u64, size: u64) -> Option<(TileId, usize, usize)> {
    let (level, over) = (height / 8, height % 8);
    let first = index << over;
    let tile = TileId::of(u8::try_from(level).ok()?, first / TILE_WIDTH, size)?;
    Some((tile, usize::try_from(first % TILE_WIDTH).ok()?, 1 << over))
}

fn range_hash(start: u64, end: u64, size: u64, tiles: &Tiles) -> Option<Hash> {
    if start == end {
        return Some(super::merkle::empty_root());
    }
    let mut roots = Vec::new();
    for (height, index) in subtrees(start, end) {
        let (tile, from, count) = place(height, index, size)?;
        roots.push(root_of(tiles.get(&tile)?.get(from..from + count)?));
    }
    roots.into_iter().rev().reduce(|right, left| node_hash(&left, &right))
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::super::merkle::{
        consistency_proof, inclusion_proof, leaf_hash, verify_consistency, verify_inclusion,
    };
    use super::*;

    /// All tiles of a log with these leaf hashes.
    pub(crate) fn all_tiles(leaves: &[Hash]) -> Tiles {
        let mut tiles = Tiles::new();
        let mut below = leaves.to_vec();
        for level in 0..8 {
            for (number, chunk) in (0..).zip(below.chunks(256)) {
                tiles.insert(TileId { level, number, width: chunk.len() as u64 }, chunk.to_vec());
            }
            below = below.chunks_exact(256).map(root_of).collect();
        }
        tiles
    }

    fn leaves(count: u64) -> Vec<Hash> {
        (0..count).map(|turn| leaf_hash(&turn.to_be_bytes())).collect()
    }

    fn only_those(plan: &Plan, tiles: &Tiles) -> Tiles {
        plan.tiles().into_iter().map(|id| (id, tiles[&id].clone())).collect()
    }

    #[test]
    fn the_tiles_of_seventy_thousand_entries_are_those_of_the_layout() {
        let widths = |level: u8| {
            (0..)
                .map_while(|number| TileId::of(level, number, 70_000))
                .map(|tile| tile.width)
                .collect::<Vec<_>>()
        };
        assert_eq!((widths(0).len(), widths(0)[273]), (274, 112));
        assert_eq!(widths(1), [256, 17]);
        assert_eq!(widths(2), [1]);
        assert_eq!(widths(3), Vec::<u64>::new());
        assert_eq!(TileId::of(1, 1, 70_000).unwrap().path(), "tile/1/001.p/17");
    }

    #[test]
    fn proofs_out_of_tiles_are_those_out_of_all_leaves() {
        let all = leaves(70_000);
        for size in [1u64, 2, 3, 255, 256, 257, 511, 512, 1000, 65_535, 65_536, 65_537, 70_000] {
            let part = &all[..size as usize];
            let tiles = all_tiles(part);
            for index in [0, 1, size / 3, size / 2, size - 1] {
                let Some(plan) = Plan::inclusion(index, size) else { continue };
                // Few tiles, however large the log.
                assert!(plan.tiles().len() <= 5, "{} tiles", plan.tiles().len());
                let proof = plan.hashes(&only_those(&plan, &tiles)).unwrap();
                assert_eq!(Some(&proof), inclusion_proof(part, index as usize).as_ref(), "{index} {size}");
                let plan = Plan::consistency(index, size).unwrap();
                let proof = plan.hashes(&only_those(&plan, &tiles)).unwrap();
                assert_eq!(Some(&proof), consistency_proof(part, index as usize).as_ref(), "{index} {size}");
                let plan = Plan::root(index, size).unwrap();
                let root = plan.hashes(&only_those(&plan, &tiles)).unwrap();
                assert_eq!(root, [root_of(&part[..index as usize])]);
            }
            assert_eq!(Plan::inclusion(size, size), None);
            assert_eq!(Plan::consistency(size + 1, size), None);
        }
    }

    #[test]
    fn another_implementation_makes_and_accepts_the_same_proofs() {
        use ct_merkle::mem_backed_tree::MemoryBackedTree;
        let mut tree = MemoryBackedTree::<sha2::Sha256, Vec<u8>>::new();
        let mut hashes = Vec::new();
        for turn in 0u64..700 {
            tree.push(turn.to_be_bytes().to_vec());
            hashes.push(leaf_hash(&turn.to_be_bytes()));
            if turn % 37 != 0 {
                continue;
            }
            let size = turn + 1;
            let tiles = all_tiles(&hashes);
            assert_eq!(tree.root().as_bytes().as_slice(), root_of(&hashes));
            for index in (0..size).step_by(11) {
                let ours = Plan::inclusion(index, size).unwrap().hashes(&tiles).unwrap();
                let theirs = tree.prove_inclusion(index as usize);
                assert_eq!(ours.as_flattened(), theirs.as_bytes(), "inclusion {index} {size}");
                if index > 0 {
                    let ours = Plan::consistency(index, size).unwrap().hashes(&tiles).unwrap();
                    let theirs = tree.prove_consistency((size - index) as usize);
                    assert_eq!(ours.as_flattened(), theirs.as_bytes(), "consistency {index} {size}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn every_proof_verifies_and_no_other(size in 1u64..3000, pick in any::<u64>(), bent in any::<usize>()) {
            let part = leaves(size);
            let (tiles, root) = (all_tiles(&part), root_of(&part));
            let index = pick % size;
            let leaf = part[index as usize];
            let mut proof = Plan::inclusion(index, size).unwrap().hashes(&tiles).unwrap();
            prop_assert!(verify_inclusion(&leaf, index, size, &proof, &root));
            prop_assert!(size == 1 || !verify_inclusion(&leaf, (index + 1) % size, size, &proof, &root));
            let old = index + 1;
            let before = root_of(&part[..old as usize]);
            let path = Plan::consistency(old, size).unwrap().hashes(&tiles).unwrap();
            prop_assert!(verify_consistency(old, size, &path, &before, &root));
            prop_assert!(!verify_consistency(old, size, &path, &[1; 32], &root));
            if !proof.is_empty() {
                let at = bent % proof.len();
                proof[at][bent % 32] ^= 1;
                prop_assert!(!verify_inclusion(&leaf, index, size, &proof, &root));
            }
        }

        #[test]
        fn absurd_sizes_cost_nothing(index in any::<u64>(), size in any::<u64>(), level in any::<u8>()) {
            let _ = TileId::of(level, index, size);
            for plan in [Plan::inclusion(index, size), Plan::consistency(index, size)].into_iter().flatten() {
                prop_assert!(plan.tiles().len() <= 64 * 8);
                prop_assert!(plan.ranges.is_empty() || plan.hashes(&Tiles::new()).is_none());
            }
        }
    }
}
