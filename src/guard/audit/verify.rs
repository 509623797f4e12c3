//! Checks an exported log against its key and names what is wrong.
//!
//! An export says everything several times over: each leaf stands in a bundle, its hash in a level-0
//! tile and in the next leaf, and the hashes of those in the tiles above, up to the signed root. From
//! the signed root it is *established* which hash each entry must have (from whichever of these
//! sources gives that root); then every file is compared with what is established, and what differs
//! is named: an altered entry, an altered hash, a missing, moved or added one.
//!
//! What it cannot see: a log that ends at an older, validly signed checkpoint with all later traces
//! gone ([`verify_dir_since`] takes checkpoints that the reader kept); and altered signature lines of
//! keys it was not given. It never follows a link, never writes, and never panics on what it reads.
//!
//! A log in which nothing is wrong is the common case and is checked by `quick`, on every core and in
//! one pass; only when that does not hold is the rest of this module asked what is wrong. It reads one
//! tile at a time and keeps hashes only (about 190 bytes an entry).
//!
//! Of a log that was pruned ([`MINIMUM`] says where it begins) the hashes that are left of the entries
//! that are gone are believed once they give the signed root, and an entry that tells of the pruning
//! must be among those that are there.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use super::Hash;
use super::export::{CHECKPOINT, CHECKPOINTS, MINIMUM, Row, TILE_WIDTH, VKEY};
use super::merkle::Frontier;
use super::note::{Checkpoint, NOTE_BYTES_MAX, NoteError, SIGNATURE_MARK, Vkey};
use super::report::{About, FINDINGS_PER_KIND_MAX};

#[cfg(test)]
mod campaign;
mod compare;
mod folder;
mod quick;
mod source;

pub use source::Files;

pub use super::report::{Finding, Kind, Report, render_report};

const CHECKPOINTS_BYTES_MAX: u64 = 256 << 20;

/// Checks the log in `dir`. Everything that is wrong becomes a finding; nothing is an error.
#[must_use]
pub fn verify_dir(dir: &Path, vkey: &Vkey) -> Report {
    verify_dir_since(dir, vkey, &[])
}

/// As [`verify_dir`], and also that the log continues these earlier checkpoints, which the reader
/// kept from before.
#[must_use]
pub fn verify_dir_since(dir: &Path, vkey: &Vkey, kept: &[Checkpoint]) -> Report {
    verify(Files::Folder(dir), vkey, kept)
}

/// As [`verify_dir_since`], wherever the files are.
#[must_use]
pub fn verify(source: Files<'_>, vkey: &Vkey, kept: &[Checkpoint]) -> Report {
    match quick::holds(source, vkey, kept) {
        Some(held) => Report {
            ok: true,
            origin: vkey.name().to_owned(),
            size: held.size,
            root: Some(hex::encode(held.root)),
            minimum: held.minimum,
            established: true,
            findings: Vec::new(),
            findings_omitted: 0,
        },
        None => find_faults(source, vkey, kept),
    }
}

/// What is wrong, by the long way.
fn find_faults(source: Files<'_>, vkey: &Vkey, kept: &[Checkpoint]) -> Report {
    let mut check = Check::new(source, vkey);
    check.list_files();
    check.check_vkey();
    let signed = check.read_checkpoints(kept);
    let (size, root) = check.decide_size(&signed);
    check.read_minimum(size);
    let reading = check.read_tiles(size);
    let truth = check.establish(root, &reading);
    check.compare_entries(size, &reading, &truth);
    check.compare_tiles(size, &reading, &truth);
    check.compare_history(&signed, &truth);
    check.unexpected_files();
    if check.minimum > 0 && !check.pruning_told {
        check.found_file(Kind::PruningUntold, MINIMUM);
    }
    if root.is_none() {
        check.found(Kind::NothingSigned, About::default());
    } else if !truth.established && reading.reach == size {
        check.found(Kind::RootMismatch, About::default());
    }
    Report {
        ok: check.findings.is_empty(),
        origin: vkey.name().to_owned(),
        size,
        root: root.map(hex::encode),
        minimum: check.minimum,
        established: truth.established,
        findings: check.findings,
        findings_omitted: check.findings_omitted,
    }
}

struct Check<'a> {
    source: Files<'a>,
    vkey: &'a Vkey,
    /// The first entry that must be there; above 0 in a log that was pruned.
    minimum: u64,
    /// The hash of each 256 entries that were pruned, and the edge of the tree over them.
    pruned: Vec<Hash>,
    base: Frontier,
    /// Whether an entry that is there tells of a pruning.
    pruning_told: bool,
    /// Every plain file in the folder, and whether it belongs to the layout of this log.
    files: BTreeMap<String, bool>,
    /// For each file of the layout the widths under which it is there (more than one is a finding).
    widths: BTreeMap<(Row, u64), Vec<u64>>,
    findings: Vec<Finding>,
    counts: BTreeMap<Kind, u64>,
    findings_omitted: u64,
}

/// A leaf as it stands in a bundle.
struct Frame {
    /// Where it stands, were all leaves there.
    slot: u64,
    hash: Hash,
    /// The length before it was altered, or its end is missing.
    framing: bool,
    /// It is a leaf with the number of its slot and the hash of the frame before it.
    fits: bool,
}

struct Reading {
    /// How many entries the files that are there can tell of; the loops go this far.
    reach: u64,
    /// In the order in which they stand.
    frames: Vec<Frame>,
    /// The frames of each bundle.
    bundles: Vec<Range<usize>>,
    /// Leaf hashes by entry: of the leaves themselves.
    leaves: Vec<Option<Hash>>,
    /// Leaf hashes by entry: from the level-0 tiles.
    tiles: Vec<Option<Hash>>,
}

struct Truth {
    /// The hash that each entry must have, as far as it is known.
    hashes: Vec<Option<Hash>>,
    /// Whether these hashes give the signed root.
    established: bool,
}

fn put<T>(list: &mut [Option<T>], index: u64, value: T) {
    if let Some(place) = usize::try_from(index).ok().and_then(|index| list.get_mut(index)) {
        *place = Some(value);
    }
}

fn root_of_known(base: &Frontier, hashes: &[Option<Hash>]) -> Option<Hash> {
    let mut edge = base.clone();
    for hash in hashes.iter().skip(usize::try_from(base.len()).ok()?) {
        edge.push((*hash)?);
    }
    Some(edge.root())
}

fn width_of(size: u64, number: u64) -> u64 {
    size.saturating_sub(number.saturating_mul(TILE_WIDTH)).min(TILE_WIDTH)
}

impl<'a> Check<'a> {
    fn new(source: Files<'a>, vkey: &'a Vkey) -> Self {
        Self {
            source,
            vkey,
            minimum: 0,
            pruned: Vec::new(),
            base: Frontier::new(),
            pruning_told: false,
            files: BTreeMap::new(),
            widths: BTreeMap::new(),
            findings: Vec::new(),
            counts: BTreeMap::new(),
            findings_omitted: 0,
        }
    }

    fn found(&mut self, kind: Kind, about: About<'_>) {
        let count = self.counts.entry(kind).or_insert(0);
        *count += 1;
        if *count <= FINDINGS_PER_KIND_MAX {
            self.findings.push(Finding::new(kind, about));
        } else {
            self.findings_omitted += 1;
        }
    }

    fn found_file(&mut self, kind: Kind, file: &str) {
        self.found(kind, About { file: Some(file), ..About::default() });
    }

    // -- what is signed

    fn check_vkey(&mut self) {
        if let Some(bytes) = self.read(VKEY, NOTE_BYTES_MAX as u64)
            && bytes != format!("{}\n", self.vkey).as_bytes()
        {
            self.found_file(Kind::VkeyAltered, VKEY);
        }
    }

    fn open_note(&mut self, note: &[u8], file: &str) -> Option<Checkpoint> {
        match Checkpoint::open(note, self.vkey) {
            Ok(checkpoint) => Some(checkpoint),
            Err(error) => {
                let kind = match error {
                    NoteError::Unsigned | NoteError::FalseSignature => Kind::CheckpointBadSignature,
                    NoteError::Checkpoint(_) => Kind::CheckpointOtherLog,
                    _ => Kind::CheckpointUnreadable,
                };
                self.found_file(kind, file);
                None
            }
        }
    }

    /// Every checkpoint that verifies.
    fn read_checkpoints(&mut self, kept: &[Checkpoint]) -> Signed {
        let shown_note = self.read(CHECKPOINT, NOTE_BYTES_MAX as u64);
        let shown = shown_note.as_deref().and_then(|note| self.open_note(note, CHECKPOINT));
        let mut all: Vec<Checkpoint> = kept.to_vec();
        if let Some(bytes) = self.read(CHECKPOINTS, CHECKPOINTS_BYTES_MAX) {
            let notes = split_notes(&bytes);
            let mut reached = 0;
            let mut last = None;
            for note in &notes {
                last = self.open_note(note, CHECKPOINTS);
                if let Some(checkpoint) = &last {
                    if checkpoint.size < reached {
                        self.found_file(Kind::CheckpointsDiffer, CHECKPOINTS);
                    }
                    reached = reached.max(checkpoint.size);
                    all.push(checkpoint.clone());
                }
            }
            // The last one stands here twice, so a change to it that no signature covers (a line of
            // another signer) shows as well. One that fails has been told of already.
            let same = notes.last().copied() == shown_note.as_deref();
            if !same && shown.is_some() && (last.is_some() || notes.is_empty()) {
                self.found_file(Kind::CheckpointsDiffer, CHECKPOINTS);
            }
        }
        all.extend(shown.clone());
        all.sort_by_key(|checkpoint| (checkpoint.size, checkpoint.root));
        all.dedup_by_key(|checkpoint| (checkpoint.size, checkpoint.root));
        let newest = all.last().map_or(0, |checkpoint| checkpoint.size);
        if let Some(shown) = &shown
            && shown.size < newest
        {
            let about = About { entry: Some(shown.size), last: Some(newest - 1), ..About::default() };
            self.found(Kind::RolledBack, about);
        }
        Signed { all, shown: shown.is_some() }
    }

    /// How many entries there should be, and the root that they should have.
    fn decide_size(&mut self, signed: &Signed) -> (u64, Option<Hash>) {
        let held = |row| {
            self.widths
                .range((row, 0)..=(row, u64::MAX))
                .filter_map(|((_, number), widths)| {
                    number.checked_mul(TILE_WIDTH)?.checked_add(*widths.iter().max()?)
                })
                .max()
                .unwrap_or(0)
        };
        let (leaves, hashes) = (held(Row::Entries), held(Row::Level(0)));
        let most = leaves.max(hashes);
        match signed.all.last() {
            Some(newest) if signed.shown || newest.size >= most => {
                let both = leaves.min(hashes);
                if both > newest.size {
                    let about = About { entry: Some(newest.size), last: Some(both - 1), ..About::default() };
                    self.found(Kind::RolledBack, about);
                }
                (newest.size, Some(newest.root))
            }
            // Without a valid checkpoint about all that is there, the files are still compared with
            // each other. What a hostile name claims is bounded by the loops.
            _ => (most, None),
        }
    }

    // -- what must be there

    /// Finds the hash of each entry from whichever sources give the signed root.
    fn establish(&mut self, root: Option<Hash>, reading: &Reading) -> Truth {
        let Reading { leaves, tiles, .. } = reading;
        let base = self.base.clone();
        let gives = |hashes: &[Option<Hash>]| root.is_some() && root_of_known(&base, hashes) == root;
        if gives(tiles) {
            return Truth { hashes: tiles.clone(), established: true };
        }
        if gives(leaves) {
            return Truth { hashes: leaves.clone(), established: true };
        }
        // Damage on both sides: choose for each entry, by what the next entry says of it, ...
        let chained = self.chained(reading);
        let mixed: Vec<Option<Hash>> = leaves
            .iter()
            .zip(tiles)
            .zip(&chained)
            .map(|((leaf, tile), chain)| match (leaf, tile, chain) {
                (Some(leaf), Some(tile), Some(chain)) if leaf != tile => Some(if chain == leaf {
                    *leaf
                } else if chain == tile {
                    *tile
                } else {
                    *chain
                }),
                _ => tile.or(*leaf).or(*chain),
            })
            .collect();
        if gives(&mixed) {
            return Truth { hashes: mixed, established: true };
        }
        // ... or by the chain alone, in case leaf and hash were altered alike, ...
        let by_chain: Vec<Option<Hash>> =
            chained.iter().zip(&mixed).map(|(chain, other)| chain.or(*other)).collect();
        if gives(&by_chain) {
            return Truth { hashes: by_chain, established: true };
        }
        // ... or tile by tile, by what the level above says of it.
        let mut chosen: Vec<Option<Hash>> = Vec::with_capacity(mixed.len());
        for number in 0..mixed.len().div_ceil(TILE_WIDTH as usize) {
            let above = self.level_one(number as u64, reading.reach);
            let block = |list: &[Option<Hash>]| -> Vec<Option<Hash>> {
                list.chunks(TILE_WIDTH as usize).nth(number).unwrap_or_default().to_vec()
            };
            let candidates = [block(tiles), block(leaves), block(&mixed), block(&by_chain)];
            let fitting = above.and_then(|above| {
                candidates.iter().find(|c| root_of_known(&Frontier::new(), c) == Some(above))
            });
            match fitting {
                Some(block) => chosen.extend(block),
                None => chosen.extend(block(&mixed)),
            }
        }
        let mut last = mixed.len() - mixed.len() % TILE_WIDTH as usize;
        if last == mixed.len() {
            last = mixed.len().saturating_sub(TILE_WIDTH as usize);
        }
        for source in [tiles, leaves, &mixed, &by_chain] {
            chosen.truncate(last);
            chosen.extend(source.iter().skip(last));
            if gives(&chosen) {
                return Truth { hashes: chosen, established: true };
            }
        }
        Truth { hashes: mixed, established: false }
    }

    /// What each entry's successor says its hash is.
    fn chained(&mut self, reading: &Reading) -> Vec<Option<Hash>> {
        let mut chained = vec![None; reading.leaves.len()];
        for number in 0..reading.bundles.len() as u64 {
            for leaf in self.again(number, reading).into_iter().flatten() {
                if let Some(before) = leaf.seq.checked_sub(1) {
                    put(&mut chained, before, leaf.prev);
                }
            }
        }
        chained
    }
}

/// The checkpoints whose signatures hold.
struct Signed {
    /// Smallest first.
    all: Vec<Checkpoint>,
    /// Whether the file `checkpoint` is among them.
    shown: bool,
}

/// Cuts `checkpoints` into notes: one ends with the last signature line in a row.
fn split_notes(bytes: &[u8]) -> Vec<&[u8]> {
    let mut notes = Vec::new();
    let (mut start, mut end, mut signatures) = (0, 0, false);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let signature = line.starts_with(SIGNATURE_MARK.as_bytes());
        if signatures && !signature {
            notes.push(bytes.get(start..end).unwrap_or_default());
            start = end;
        }
        signatures = signature;
        end += line.len();
    }
    if start < end {
        notes.push(bytes.get(start..end).unwrap_or_default());
    }
    notes
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::PathBuf;

    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestRunner};

    use super::super::entry::tests::sample;
    use super::super::entry::{Head, Payload};
    use super::super::export::tests::{ORIGIN, checkpoints, sample_export};
    use super::super::export::{TILE, export, tile_path};
    use super::super::merkle::{leaf_hash, root_of};
    use super::super::note::tests::signer;
    use super::folder::parse_path;
    use super::*;
    use crate::clock::Chance;

    struct Exported {
        _home: tempfile::TempDir,
        dir: PathBuf,
        leaves: Vec<Vec<u8>>,
    }

    impl Exported {
        fn new(size: u64) -> Self {
            let home = tempfile::tempdir().unwrap();
            let dir = home.path().join("out");
            let leaves = sample_export(&dir, size);
            Self { dir, leaves, _home: home }
        }

        fn verify(&self) -> Report {
            verify_dir(&self.dir, signer(ORIGIN, 1).vkey())
        }

        fn bytes(&self, name: &str) -> Vec<u8> {
            fs::read(self.dir.join(name)).unwrap()
        }

        fn write(&self, name: &str, bytes: &[u8]) {
            let path = self.dir.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }

        fn remove(&self, name: &str) {
            fs::remove_file(self.dir.join(name)).unwrap();
        }

        fn names(&self) -> Vec<String> {
            let vkey = signer(ORIGIN, 1).vkey().clone();
            let mut check = Check::new(Files::Folder(&self.dir), &vkey);
            check.list_files();
            check.files.into_keys().collect()
        }

        /// Puts these leaves into the bundles as if they were all there are, under the names of `size`.
        fn write_bundles(&self, leaves: &[Vec<u8>], size: u64) {
            for number in 0..size.div_ceil(256) {
                let bundle = &leaves[(number as usize * 256).min(leaves.len())..];
                let bundle = &bundle[..bundle.len().min(256)];
                self.write(&tile_path(Row::Entries, number, width_of(size, number)), &framed(bundle));
            }
        }
    }

    fn framed(leaves: &[Vec<u8>]) -> Vec<u8> {
        leaves.iter().flat_map(|leaf| [&(leaf.len() as u16).to_be_bytes()[..], leaf].concat()).collect()
    }

    fn kinds(report: &Report) -> Vec<Kind> {
        let mut kinds: Vec<Kind> = report.findings.iter().map(|finding| finding.kind).collect();
        kinds.sort();
        kinds.dedup();
        kinds
    }

    fn only(report: &Report) -> (Kind, Option<u64>, Option<u64>, Option<u64>) {
        assert_eq!(report.findings.len(), 1, "{:#?}", report.findings);
        assert!(!report.ok);
        let finding = &report.findings[0];
        (finding.kind, finding.entry, finding.last, finding.other)
    }

    /// Which entry a byte of a bundle belongs to, and whether to its length.
    fn owner(leaves: &[Vec<u8>], number: usize, offset: usize) -> (u64, bool) {
        let mut at = 0;
        for (index, leaf) in leaves.iter().enumerate().skip(number * 256) {
            if offset < at + 2 + leaf.len() {
                return (index as u64, offset < at + 2);
            }
            at += 2 + leaf.len();
        }
        panic!("past the end")
    }

    /// Checks that the report names exactly the one thing at this byte.
    fn assert_names(log: &Exported, report: &Report, name: &str, offset: usize) {
        let parsed = parse_path(name);
        let Some((row, number, _)) = parsed else {
            assert!(!report.ok, "{name} {offset}");
            let allowed: &[Kind] = match name {
                VKEY => &[Kind::VkeyAltered],
                _ => &[
                    Kind::CheckpointUnreadable,
                    Kind::CheckpointBadSignature,
                    Kind::CheckpointOtherLog,
                    Kind::CheckpointsDiffer,
                ],
            };
            assert!(
                report.findings.iter().all(|f| allowed.contains(&f.kind)),
                "{name} {offset} {:?}",
                report.findings
            );
            assert!(report.findings.iter().any(|f| f.file.as_deref() == Some(name)), "{name} {offset}");
            return;
        };
        let found = only(report);
        assert!(report.established);
        assert_eq!(report.findings[0].file.as_deref(), Some(name));
        match row {
            Row::Entries => {
                let (entry, length) = owner(&log.leaves, number as usize, offset);
                let kind = if length { Kind::LengthAltered } else { Kind::EntryAltered };
                assert_eq!(found, (kind, Some(entry), None, None), "{name} {offset}");
            }
            Row::Level(0) => {
                assert_eq!(found, (Kind::HashAltered, Some(number * 256 + offset as u64 / 32), None, None));
            }
            Row::Level(level) => {
                assert_eq!(level, 1);
                let first = (number * 256 + offset as u64 / 32) * 256;
                assert_eq!(found, (Kind::HashAltered, Some(first), Some(first + 255), None));
            }
        }
    }

    #[test]
    fn an_untouched_export_of_any_size_is_found_whole() {
        for size in [0, 1, 2, 3, 90, 91, 255, 256, 257, 511, 512, 513, 700] {
            let log = Exported::new(size);
            let report = log.verify();
            assert_eq!(report.findings, vec![], "{size}");
            assert!(report.ok && report.established);
            assert_eq!((report.size, report.origin.as_str()), (size, ORIGIN));
            assert_eq!(report.root, Some(hex::encode(root_of(&hashes(&log.leaves)))));
        }
    }

    fn hashes(leaves: &[Vec<u8>]) -> Vec<Hash> {
        leaves.iter().map(|leaf| leaf_hash(leaf)).collect()
    }

    #[test]
    fn every_byte_of_a_small_export_counts() {
        let log = Exported::new(3);
        let mut tried = 0;
        for name in log.names() {
            let good = log.bytes(&name);
            for offset in 0..good.len() {
                let mut bent = good.clone();
                bent[offset] ^= 1 << (offset % 8);
                log.write(&name, &bent);
                assert_names(&log, &log.verify(), &name, offset);
                tried += 1;
            }
            log.write(&name, &good);
        }
        assert!(log.verify().ok && tried > 1500, "{tried}");
    }

    #[test]
    fn three_thousand_flipped_bits_in_all_files_are_found_and_the_entry_named() {
        let log = Exported::new(700);
        let names = log.names();
        // Bundles, level 0, level 1, two checkpoint files and the key.
        assert_eq!(names.len(), 3 + 3 + 1 + 3);
        let chance = Chance::seeded(7);
        let mut tried = 0;
        for name in &names {
            let good = log.bytes(name);
            // `tests/run --full` turns twenty times as many.
            let more = if std::env::var_os("URVAL_FULL").is_some() { 20 } else { 1 };
            let turns = more * if name.starts_with("tile/entries") { 600 } else { 180 };
            for _ in 0..turns {
                let pick = u64::from_be_bytes(chance.bytes::<8>().unwrap());
                let bit = (pick % (good.len() as u64 * 8)) as usize;
                let mut bent = good.clone();
                bent[bit / 8] ^= 1 << (bit % 8);
                log.write(name, &bent);
                assert_names(&log, &log.verify(), name, bit / 8);
                tried += 1;
            }
            log.write(name, &good);
        }
        assert!(log.verify().ok && tried >= 3000, "{tried}");
    }

    #[test]
    fn a_deleted_entry_is_named_however_the_rest_is_arranged() {
        let log = Exported::new(600);
        for gone in [0, 1, 2, 100, 254, 255, 256, 257, 400, 511, 512, 598, 599] {
            let mut left = log.leaves.clone();
            left.remove(gone);
            let kind = if gone == 599 { Kind::Truncated } else { Kind::EntryMissing };
            let wanted = (kind, Some(gone as u64), None, None);
            // Everything after it moved up.
            log.write_bundles(&left, 600);
            assert_eq!(only(&log.verify()), wanted);
            // Cut out of its own bundle.
            log.write_bundles(&log.leaves, 600);
            let number = gone / 256;
            let mut bundle = log.leaves[number * 256..(number * 256 + 256).min(600)].to_vec();
            bundle.remove(gone % 256);
            log.write(
                &tile_path(Row::Entries, number as u64, width_of(600, number as u64)),
                &framed(&bundle),
            );
            assert_eq!(only(&log.verify()), wanted);
            log.write_bundles(&log.leaves, 600);
        }
        assert!(log.verify().ok);
    }

    #[test]
    fn an_altered_entry_beside_a_deleted_one_is_told_from_it() {
        let log = Exported::new(20);
        let mut left = log.leaves.clone();
        let at = left[4].windows(8).position(|window| window == b"assessor").unwrap();
        left[4][at] = b'b';
        left.remove(3);
        log.write_bundles(&left, 20);
        let report = log.verify();
        let named: Vec<_> = report.findings.iter().map(|finding| (finding.kind, finding.entry)).collect();
        assert_eq!(named, [(Kind::EntryAltered, Some(4)), (Kind::EntryMissing, Some(3))]);
    }

    #[test]
    fn swapped_entries_are_both_named() {
        let log = Exported::new(600);
        for (one, other) in [(0, 1), (3, 9), (254, 255), (255, 256), (0, 599), (100, 400), (598, 599)] {
            let mut bent = log.leaves.clone();
            bent.swap(one, other);
            log.write_bundles(&bent, 600);
            let wanted = (Kind::EntriesSwapped, Some(one as u64), None, Some(other as u64));
            assert_eq!(only(&log.verify()), wanted);
        }
        log.write_bundles(&log.leaves, 600);
        let (first, second) = (log.bytes("tile/entries/000"), log.bytes("tile/entries/001"));
        log.write("tile/entries/000", &second);
        log.write("tile/entries/001", &first);
        assert_eq!(only(&log.verify()), (Kind::EntriesSwapped, Some(0), Some(255), Some(256)));
    }

    #[test]
    fn a_moved_and_a_doubled_and_an_added_and_a_replaced_entry_are_named() {
        let log = Exported::new(600);
        let mut bent = log.leaves.clone();
        let moved = bent.remove(20);
        bent.insert(300, moved);
        log.write_bundles(&bent, 600);
        assert_eq!(only(&log.verify()), (Kind::EntryMoved, Some(20), None, Some(300)));

        let mut bent = log.leaves.clone();
        bent.insert(21, bent[20].clone());
        log.write("tile/entries/000", &framed(&bent[..257]));
        log.write_bundles(&log.leaves[..], 600);
        log.write("tile/entries/000", &framed(&bent[..257]));
        assert_eq!(only(&log.verify()), (Kind::EntryInserted, Some(20), None, None));

        let (foreign, _) = super::super::entry::tests::log(3);
        for place in [0, 256] {
            let mut bent = log.leaves.clone();
            bent.insert(place, foreign[2].clone());
            log.write_bundles(&log.leaves, 600);
            let number = place / 256;
            log.write(&format!("tile/entries/00{number}"), &framed(&bent[number * 256..number * 256 + 257]));
            assert_eq!(
                only(&log.verify()),
                (Kind::EntryInserted, place.checked_sub(1).map(|p| p as u64), None, None)
            );
        }

        let mut bent = log.leaves.clone();
        bent[77] = bent[78].clone();
        log.write_bundles(&bent, 600);
        assert_eq!(only(&log.verify()), (Kind::EntryReplaced, Some(77), None, Some(78)));
        bent[77] = foreign[2].clone();
        log.write_bundles(&bent, 600);
        assert_eq!(only(&log.verify()), (Kind::EntryAltered, Some(77), None, None));
    }

    #[test]
    fn a_bundle_cut_short_anywhere_names_the_entries_that_are_gone() {
        let log = Exported::new(300);
        let name = "tile/entries/001.p/44";
        let good = log.bytes(name);
        for cut in [0, 1, 2, 3, 300, 1000, 5000, good.len() - 1] {
            log.write(name, &good[..cut]);
            let report = log.verify();
            let mut at = 0;
            let mut whole = 256;
            for leaf in &log.leaves[256..] {
                at += 2 + leaf.len();
                if at <= cut {
                    whole += 1;
                }
            }
            // The first entry that is not whole is told of as altered when part of it is left.
            let named: Vec<u64> =
                report.findings.iter().flat_map(|f| f.entry.unwrap()..=f.last.or(f.entry).unwrap()).collect();
            let mut sorted = named.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (whole..300).collect::<Vec<u64>>(), "{cut} {:?}", report.findings);
            assert!(kinds(&report).iter().all(|k| [Kind::EntryAltered, Kind::Truncated].contains(k)));
        }
    }

    #[test]
    fn a_log_whose_end_was_cut_off_everywhere_but_in_the_checkpoint_is_truncated() {
        for (size, left) in [(300, 280), (300, 256), (600, 100), (700, 699), (5, 0)] {
            let log = Exported::new(size);
            let shorter = Exported::new(left);
            let (checkpoint, all) = (log.bytes(CHECKPOINT), log.bytes(CHECKPOINTS));
            fs::remove_dir_all(log.dir.join(TILE)).unwrap();
            for name in shorter.names().iter().filter(|name| name.starts_with(TILE)) {
                // The sample logs of different size hold unlike salts; cut this one's own files.
                let (row, number, width) = parse_path(name).unwrap();
                let from = (number * 256) as usize;
                let cut = &log.leaves[..left as usize];
                match row {
                    Row::Entries => log.write(name, &framed(&cut[from..from + width as usize])),
                    Row::Level(0) => {
                        log.write(name, hashes(&cut[from..from + width as usize]).as_flattened())
                    }
                    Row::Level(_) => log.write(name, &shorter.bytes(name)),
                }
            }
            log.write(CHECKPOINT, &checkpoint);
            log.write(CHECKPOINTS, &all);
            let report = log.verify();
            let end = report.findings.iter().find(|f| f.kind == Kind::Truncated).unwrap();
            let last = Some(size - 1).filter(|last| *last != left);
            assert_eq!((end.entry, end.last), (Some(left), last), "{size} {left}");
        }
    }

    #[test]
    fn an_export_shown_in_an_older_state_is_rolled_back() {
        let log = Exported::new(300);
        let older = checkpoints(&log.leaves, &[90, 270]);
        // The checkpoint alone is older.
        log.write(CHECKPOINT, older[1].as_bytes());
        let report = log.verify();
        let back = report.findings.iter().find(|f| f.kind == Kind::RolledBack).unwrap();
        assert_eq!((back.entry, back.last), (Some(270), Some(299)));
        // The later ones are gone from the list too, the entries are still there.
        log.write(CHECKPOINTS, older.concat().as_bytes());
        let report = log.verify();
        let back = report.findings.iter().find(|f| f.kind == Kind::RolledBack).unwrap();
        assert_eq!((back.entry, back.last), (Some(270), Some(299)));
        // Everything is gone: only somebody who kept a checkpoint can tell.
        let all = log.leaves.clone();
        let vkey = signer(ORIGIN, 1).vkey().clone();
        export(&log.dir, &vkey, &older[1], &older[..1], all[..270].to_vec()).unwrap();
        assert!(log.verify().ok);
        let kept = Checkpoint::open(checkpoints(&all, &[300])[0].as_bytes(), &vkey).unwrap();
        let report = verify_dir_since(&log.dir, &vkey, &[kept]);
        assert!(kinds(&report).contains(&Kind::RolledBack) && kinds(&report).contains(&Kind::Truncated));
        let kept = Checkpoint::open(checkpoints(&all, &[200])[0].as_bytes(), &vkey).unwrap();
        assert!(verify_dir_since(&log.dir, &vkey, &[kept]).ok);
    }

    /// The log with another entry at `from` and everything after it made to fit.
    fn rewritten(leaves: &[Vec<u8>], from: usize) -> Vec<Vec<u8>> {
        let mut head = Head::of_hashes(hashes(&leaves[..from]));
        let mut out = leaves[..from].to_vec();
        for turn in from..leaves.len() {
            let entry = sample(turn as u64 + u64::from(turn == from));
            let payload = Payload::new(&entry.detail, &Chance::seeded(5)).unwrap();
            let (record, next) = head.append(&entry, &payload).unwrap();
            out.push(record.leaf);
            head = next;
        }
        out
    }

    #[test]
    fn a_log_rewritten_by_the_holder_of_the_key_contradicts_its_earlier_checkpoints() {
        let log = Exported::new(300);
        let vkey = signer(ORIGIN, 1).vkey().clone();
        let forged = rewritten(&log.leaves, 200);
        let now = checkpoints(&forged, &[300]).remove(0);
        let earlier = checkpoints(&log.leaves, &[90, 180, 270]);
        export(&log.dir, &vkey, &now, &earlier, forged.clone()).unwrap();
        assert_eq!(only(&log.verify()), (Kind::HistoryRewritten, Some(180), Some(269), None));
        // A second checkpoint of the same size is a fork.
        let earlier = checkpoints(&log.leaves, &[180, 300]);
        export(&log.dir, &vkey, &now, &earlier, forged).unwrap();
        assert!(kinds(&log.verify()).contains(&Kind::Forked));
    }

    #[test]
    fn a_log_rewritten_by_somebody_without_the_key_is_found() {
        let log = Exported::new(300);
        let (note, all) = (log.bytes(CHECKPOINT), log.bytes(CHECKPOINTS));
        let forged = rewritten(&log.leaves, 200);
        let vkey = signer(ORIGIN, 1).vkey().clone();
        export(&log.dir, &vkey, &checkpoints(&forged, &[300])[0], &[], forged).unwrap();
        log.write(CHECKPOINT, &note);
        log.write(CHECKPOINTS, &all);
        let report = log.verify();
        assert!(!report.established);
        assert_eq!(kinds(&report), [Kind::RootMismatch, Kind::HistoryRewritten]);
        let range = report.findings.iter().find(|f| f.kind == Kind::HistoryRewritten).unwrap();
        assert_eq!((range.entry, range.last), (Some(180), Some(269)));
    }

    #[test]
    fn an_entry_altered_together_with_all_its_hashes_is_still_named() {
        for entry in [5, 255, 298] {
            let log = Exported::new(300);
            let mut bent = log.leaves.clone();
            let at = bent[entry].windows(8).position(|w| w == b"assessor").unwrap();
            bent[entry][at] = b'b';
            let vkey = signer(ORIGIN, 1).vkey().clone();
            let (note, all) = (log.bytes(CHECKPOINT), log.bytes(CHECKPOINTS));
            export(&log.dir, &vkey, &checkpoints(&bent, &[300])[0], &[], bent).unwrap();
            log.write(CHECKPOINT, &note);
            log.write(CHECKPOINTS, &all);
            let report = log.verify();
            assert!(report.established);
            let altered: Vec<_> = report.findings.iter().filter(|f| f.kind == Kind::EntryAltered).collect();
            assert_eq!(altered.len(), 1);
            assert_eq!(altered[0].entry, Some(entry as u64));
            assert_eq!(kinds(&report), [Kind::EntryAltered, Kind::HashAltered]);
        }
    }

    #[test]
    fn a_log_that_was_signed_with_a_gap_is_found() {
        let log = Exported::new(300);
        let vkey = signer(ORIGIN, 1).vkey().clone();
        let mut gap = log.leaves.clone();
        gap.remove(100);
        export(&log.dir, &vkey, &checkpoints(&gap, &[299])[0], &[], gap).unwrap();
        let report = log.verify();
        assert_eq!(kinds(&report), [Kind::NumberWrong]);
        assert_eq!(report.findings[0].entry, Some(100));
        // Without a chain between two entries.
        let mut broken = log.leaves[..100].to_vec();
        broken.extend(rewritten(&log.leaves, 50)[100..].to_vec());
        export(&log.dir, &vkey, &checkpoints(&broken, &[300])[0], &[], broken).unwrap();
        assert_eq!(only(&log.verify()), (Kind::ChainBroken, Some(100), None, None));
        // Something that is no entry at all.
        let mut strange = log.leaves.clone();
        strange[299] = b"{}".to_vec();
        export(&log.dir, &vkey, &checkpoints(&strange, &[300])[0], &[], strange).unwrap();
        assert_eq!(only(&log.verify()), (Kind::EntryUnreadable, Some(299), None, None));
    }

    #[test]
    fn missing_added_and_misnamed_files_are_named() {
        let log = Exported::new(600);
        for name in log.names() {
            let good = log.bytes(&name);
            log.remove(&name);
            let report = log.verify();
            let missing = report.findings.iter().find(|f| f.kind == Kind::FileMissing).unwrap();
            assert_eq!(missing.file.as_deref(), Some(name.as_str()));
            if let Some((Row::Entries, number, width)) = parse_path(&name) {
                let kind = if number == 2 { Kind::Truncated } else { Kind::EntryMissing };
                let gone = report.findings.iter().find(|f| f.kind == kind).unwrap();
                assert_eq!((gone.entry, gone.last), (Some(number * 256), Some(number * 256 + width - 1)));
            } else {
                assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
            }
            // Twice as long, and empty.
            for other in [good.repeat(2), Vec::new()] {
                log.write(&name, &other);
                assert!(!log.verify().ok, "{name}");
            }
            log.write(&name, &good);
        }
        for extra in
            ["notes.txt", "tile/0/003", "tile/0/000.p/3", "tile/entries/000.p/256", "tile/7/000", "tile/x"]
        {
            log.write(extra, b"");
            let (kind, ..) = only(&log.verify());
            assert_eq!(kind, Kind::FileUnexpected);
            log.remove(extra);
        }
        std::os::unix::fs::symlink("checkpoint", log.dir.join("link")).unwrap();
        assert_eq!(only(&log.verify()).0, Kind::FileUnexpected);
        log.remove("link");
        // A partial tile under the name of another width.
        for row in ["entries", "0"] {
            let good = log.bytes(&format!("tile/{row}/002.p/88"));
            fs::rename(
                log.dir.join(format!("tile/{row}/002.p/88")),
                log.dir.join(format!("tile/{row}/002.p/87")),
            )
            .unwrap();
            assert_eq!(kinds(&log.verify()), [Kind::FileMissing, Kind::FileUnexpected]);
            log.remove(&format!("tile/{row}/002.p/87"));
            log.write(&format!("tile/{row}/002.p/88"), &good);
        }
        assert!(log.verify().ok);
    }

    #[test]
    fn another_key_another_log_and_no_log_are_refused() {
        let log = Exported::new(3);
        for other in [signer(ORIGIN, 2), signer("other.example/log", 1)] {
            let report = verify_dir(&log.dir, other.vkey());
            for kind in [Kind::CheckpointBadSignature, Kind::VkeyAltered, Kind::NothingSigned] {
                assert!(kinds(&report).contains(&kind));
            }
            assert!(!report.ok && !report.established && report.root.is_none());
        }
        let empty = tempfile::tempdir().unwrap();
        assert!(!verify_dir(empty.path(), signer(ORIGIN, 1).vkey()).ok);
        let report = verify_dir(&empty.path().join("absent"), signer(ORIGIN, 1).vkey());
        assert!(kinds(&report).contains(&Kind::FileUnreadable));
    }

    #[test]
    fn a_signed_size_beyond_all_reason_costs_nothing() {
        let log = Exported::new(3);
        let huge = Checkpoint { origin: ORIGIN.into(), size: u64::MAX, root: [1; 32], extensions: vec![] };
        let note = huge.sign(&signer(ORIGIN, 1)).unwrap();
        log.write(CHECKPOINT, note.as_bytes());
        log.write(CHECKPOINTS, note.as_bytes());
        log.write(&tile_path(Row::Entries, u64::MAX / 256, 256), b"");
        log.write(&tile_path(Row::Level(0), u64::MAX / 512, 256), b"");
        assert!(kinds(&log.verify()).contains(&Kind::Truncated));
        log.write(CHECKPOINT, b"");
        log.write(CHECKPOINTS, b"");
        assert!(kinds(&log.verify()).contains(&Kind::NothingSigned));
    }

    #[test]
    fn several_altered_entries_and_hashes_are_all_named() {
        let log = Exported::new(600);
        let chance = Chance::seeded(11);
        let pick = |below: usize| (u64::from_be_bytes(chance.bytes::<8>().unwrap()) % below as u64) as usize;
        for _ in 0..150 {
            let mut leaves = log.leaves.clone();
            let mut altered = BTreeSet::new();
            for _ in 0..1 + pick(3) {
                let entry = pick(599);
                let bit = pick(leaves[entry].len() * 8);
                leaves[entry][bit / 8] ^= 1 << (bit % 8);
                if leaves[entry] == log.leaves[entry] {
                    altered.remove(&(entry as u64));
                } else {
                    altered.insert(entry as u64);
                }
            }
            log.write_bundles(&leaves, 600);
            let name = ["tile/0/000", "tile/0/001", "tile/1/000.p/2"][pick(3)];
            let good = log.bytes(name);
            let mut bent = good.clone();
            let at = pick(bent.len());
            bent[at] ^= 1;
            log.write(name, &bent);
            let report = log.verify();
            log.write(name, &good);
            let named: BTreeSet<u64> = report
                .findings
                .iter()
                .filter(|f| f.kind == Kind::EntryAltered)
                .filter_map(|f| f.entry)
                .collect();
            assert_eq!(named, altered, "{:?}", report.findings);
            assert!(report.established);
            let hashes: Vec<_> = report.findings.iter().filter(|f| f.kind == Kind::HashAltered).collect();
            assert_eq!(hashes.len(), 1);
            assert_eq!(hashes[0].file.as_deref(), Some(name));
        }
    }

    #[test]
    fn arbitrary_bytes_in_any_file_are_found_without_a_panic() {
        let log = Exported::new(260);
        let names = log.names();
        let mut runner =
            TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
        let bytes =
            proptest::collection::vec(prop_oneof![any::<u8>(), Just(b'\n'), Just(b'{'), Just(0)], 0..600);
        runner
            .run(
                &(proptest::collection::vec((any::<prop::sample::Index>(), bytes), 1..4), any::<bool>()),
                |(hits, splice)| {
                    let mut good = BTreeMap::new();
                    for (which, bytes) in &hits {
                        let name = &names[which.index(names.len())];
                        let old = log.bytes(name);
                        let new = if splice {
                            [&old[..old.len() / 2], bytes, &old[old.len() / 2..]].concat()
                        } else {
                            bytes.clone()
                        };
                        log.write(name, &new);
                        good.entry(name.clone()).or_insert(old);
                    }
                    let same = good.iter().all(|(name, old)| log.bytes(name) == *old);
                    let report = log.verify();
                    let text = render_report(&report, crate::subject::words::Lang::Sv);
                    for (name, old) in &good {
                        log.write(name, old);
                    }
                    prop_assert!(report.ok == same && !text.is_empty());
                    Ok(())
                },
            )
            .unwrap();
        assert!(log.verify().ok);
    }

    #[test]
    fn a_length_that_swallows_the_next_leaf_names_only_its_own_entry() {
        let log = Exported::new(10);
        let name = "tile/entries/000.p/10";
        let mut bent = log.bytes(name);
        let both = (log.leaves[0].len() + 2 + log.leaves[1].len()) as u16;
        bent[..2].copy_from_slice(&both.to_be_bytes());
        log.write(name, &bent);
        assert_eq!(only(&log.verify()), (Kind::LengthAltered, Some(0), None, None));
    }
}
