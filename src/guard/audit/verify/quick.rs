//! Whether an exported log holds, in one pass over its files on every core.
//!
//! It says yes only when everything is there, nothing else is there, every entry is of the form, in
//! its place and chained, every hash in every tile is the one that follows from the entries, and every
//! signed checkpoint, also those that the reader kept, is about the beginning of this log. When it
//! does not say yes it says nothing: what is wrong is found by the long way.

use std::collections::HashSet;
use std::ops::Range;

use super::compare::root_of_pruned;
use super::folder::{BUNDLE_BYTES_MAX, FILES_MAX, parse_minimum, pruned_roots};
use super::source::{Files, Found};
use super::{CHECKPOINTS_BYTES_MAX, split_notes, width_of};
use crate::guard::audit::Hash;
use crate::guard::audit::entry::Leaf;
use crate::guard::audit::export::{
    CHECKPOINT, CHECKPOINTS, MINIMUM, PRUNED_ACTION, Row, TILE_WIDTH, VKEY, tile_path,
};
use crate::guard::audit::merkle::{Frontier, empty_root, leaf_hash, node_hash, root_of};
use crate::guard::audit::note::{Checkpoint, NOTE_BYTES_MAX, Vkey};

/// A log that holds.
pub(super) struct Held {
    pub(super) size: u64,
    pub(super) root: Hash,
    pub(super) minimum: u64,
}

/// 256 entries, or the last ones.
struct Block {
    root: Hash,
    /// Where a checkpoint ends inside: how many entries, and the edge over them.
    edges: Vec<(u64, Vec<Hash>)>,
    /// What the first entry says of the one before.
    prev: Hash,
    last: Hash,
    pruning_told: bool,
}

pub(super) fn holds(source: Files<'_>, vkey: &Vkey, kept: &[Checkpoint]) -> Option<Held> {
    let mut names = HashSet::new();
    let mut plain = true;
    source.list(&mut |found| {
        match found {
            Found::File(name) => plain &= names.insert(name) && names.len() <= FILES_MAX,
            Found::Strange(_) | Found::Unreadable(_) => plain = false,
        }
        plain
    });
    let mut take = |name: &str, limit: u64| {
        if names.remove(name) { source.read(name, limit) } else { None }
    };
    if !plain || take(VKEY, NOTE_BYTES_MAX as u64)?.as_ref() != format!("{vkey}\n").as_bytes() {
        return None;
    }
    let shown_note = take(CHECKPOINT, NOTE_BYTES_MAX as u64)?;
    let shown = Checkpoint::open(&shown_note, vkey).ok()?;
    let (size, minimum) = match take(MINIMUM, 32) {
        Some(bytes) => (shown.size, parse_minimum(&bytes, shown.size)?),
        None => (shown.size, 0),
    };
    let all = take(CHECKPOINTS, CHECKPOINTS_BYTES_MAX)?;
    let mut heads = checkpoints(&all, &shown_note, vkey)?;
    heads.extend(kept.iter().map(|head| (head.size, head.root)));
    heads.sort_unstable();
    heads.dedup();
    if heads.last()?.0 > size {
        return None;
    }

    // Every name that must be there, and no other; then the contents need not be looked for.
    let blocks = minimum / TILE_WIDTH..size.div_ceil(TILE_WIDTH);
    if blocks.end.saturating_sub(blocks.start).saturating_mul(2) > names.len() as u64 {
        return None;
    }
    for number in blocks.clone() {
        let width = width_of(size, number);
        let there =
            [Row::Entries, Row::Level(0)].iter().all(|row| names.remove(&tile_path(*row, number, width)));
        if !there {
            return None;
        }
    }
    let pruned = pruned_roots(source, minimum, size)?;
    let read = in_parallel(blocks.clone(), |part| read_blocks(source, part, size, &heads))?;

    let mut edge = Frontier::of_blocks(&pruned);
    let mut before = (minimum == 0).then_some([0; 32]);
    let mut told = minimum == 0;
    let mut known = heads.iter().filter(|(at, _)| *at <= minimum).all(|(at, root)| {
        let must = if *at == 0 { Some(empty_root()) } else { root_of_pruned(&pruned, *at) };
        must.is_none_or(|must| must == *root)
    });
    let mut below = pruned;
    let mut heads = heads.iter().filter(|(at, _)| *at > minimum);
    for block in read {
        known &= before.is_none_or(|before| before == block.prev);
        before = Some(block.last);
        told |= block.pruning_told;
        for (at, inside) in &block.edges {
            let (_, root) = heads.next().filter(|(head, _)| head == at)?;
            known &= over(edge.roots(), inside) == *root;
        }
        edge.push_block(block.root);
        below.push(block.root);
    }
    if !known || !told || heads.next().is_some() {
        return None;
    }
    // Each level holds the roots of the full tiles below it.
    below.truncate(usize::try_from(size / TILE_WIDTH).ok()?);
    let mut level = 1;
    while !below.is_empty() {
        for (number, tile) in (0..).zip(below.chunks(TILE_WIDTH as usize)) {
            let name = tile_path(Row::Level(level), number, tile.len() as u64);
            if !names.remove(&name) || source.read(&name, TILE_WIDTH * 32)?.as_ref() != tile.as_flattened() {
                return None;
            }
        }
        below = below.chunks_exact(TILE_WIDTH as usize).map(root_of).collect();
        level += 1;
    }
    names.is_empty().then_some(Held { size, root: shown.root, minimum })
}

/// Size and root of every checkpoint of the list, once every signature holds, they are in order, and
/// the last one is the one shown.
fn checkpoints(list: &[u8], shown: &[u8], vkey: &Vkey) -> Option<Vec<(u64, Hash)>> {
    let notes = split_notes(list);
    if notes.last() != Some(&shown) {
        return None;
    }
    let heads = in_parallel(0..notes.len() as u64, |part| {
        let part = notes.get(usize::try_from(part.start).ok()?..usize::try_from(part.end).ok()?)?;
        part.iter().map(|note| Checkpoint::open(note, vkey).ok().map(|head| (head.size, head.root))).collect()
    })?;
    heads.is_sorted_by_key(|(size, _)| *size).then_some(heads)
}

/// Does a part of the work on each core and puts the results together in order; nothing when one part
/// gives nothing.
fn in_parallel<T: Send>(
    range: Range<u64>,
    work: impl Fn(Range<u64>) -> Option<Vec<T>> + Sync,
) -> Option<Vec<T>> {
    let count = range.end.saturating_sub(range.start);
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let each = count.div_ceil(cores).max(PART_MIN);
    if each >= count {
        return work(range);
    }
    let parts: Vec<Range<u64>> = (0..count.div_ceil(each))
        .map(|part| range.start + part * each..(range.start + (part + 1) * each).min(range.end))
        .collect();
    std::thread::scope(|threads| {
        let work = &work;
        let started: Vec<_> = parts.into_iter().map(|part| threads.spawn(move || work(part))).collect();
        let mut all = Vec::new();
        for thread in started {
            all.extend(thread.join().ok()??);
        }
        Some(all)
    })
}

/// Fewer blocks or signatures than this are not worth a thread.
const PART_MIN: u64 = 16;

fn read_blocks(source: Files<'_>, part: Range<u64>, size: u64, heads: &[(u64, Hash)]) -> Option<Vec<Block>> {
    let mut blocks: Vec<Block> = Vec::new();
    for number in part {
        let block = read_block(source, number, size, heads)?;
        blocks.push(block);
    }
    Some(blocks)
}

fn read_block(source: Files<'_>, number: u64, size: u64, heads: &[(u64, Hash)]) -> Option<Block> {
    let (first, width) = (number * TILE_WIDTH, width_of(size, number));
    let bundle = source.read(&tile_path(Row::Entries, number, width), BUNDLE_BYTES_MAX)?;
    let tile = source.read(&tile_path(Row::Level(0), number, width), TILE_WIDTH * 32)?;
    let (hashes, rest) = tile.as_chunks::<32>();
    if !rest.is_empty() || hashes.len() as u64 != width {
        return None;
    }
    let after = heads.partition_point(|(at, _)| *at <= first);
    let mut ends = heads.iter().skip(after).map(|(at, _)| *at).filter(|at| *at <= first + width).peekable();
    let mut block =
        Block { root: [0; 32], edges: Vec::new(), prev: [0; 32], last: [0; 32], pruning_told: false };
    let mut edge = Frontier::new();
    let mut bytes = bundle.as_ref();
    for (seq, hash) in (first..).zip(hashes) {
        let (length, after) = bytes.split_first_chunk::<2>()?;
        let (body, after) = after.split_at_checked(u16::from_be_bytes(*length).into())?;
        bytes = after;
        let leaf = Leaf::parse(body).ok()?;
        let fits = leaf.seq == seq && (seq == first || leaf.prev == block.last);
        if !fits || leaf_hash(body) != *hash {
            return None;
        }
        if seq == first {
            block.prev = leaf.prev;
        }
        block.last = *hash;
        block.pruning_told |= leaf.entry.action == PRUNED_ACTION;
        edge.push(*hash);
        // Several checkpoints of one size, which then contradict each other, each get their edge.
        while ends.next_if_eq(&(seq + 1)).is_some() {
            block.edges.push((seq + 1, edge.roots().to_vec()));
        }
    }
    block.root = edge.root();
    bytes.is_empty().then_some(block)
}

/// The root over the subtrees of `left`, then those of `right`, both largest first.
fn over(left: &[Hash], right: &[Hash]) -> Hash {
    let all = left.iter().chain(right).rev();
    all.copied().reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root)
}
