//! The quick way and the long way agree, whatever is done to the files; and logs that were pruned.

use std::collections::BTreeMap;

use super::super::entry::tests::sample;
use super::super::entry::{Head, Payload};
use super::super::export::tests::{ORIGIN, checkpoints};
use super::super::export::{Export, PRUNED_ACTION, TILE, export};
use super::super::merkle::{leaf_hash, root_of};
use super::super::note::tests::signer;
use super::*;
use crate::clock::Chance;

type Memory = BTreeMap<String, Vec<u8>>;

fn read(dir: &Path) -> Memory {
    let mut files = Memory::new();
    Files::Folder(dir).list(&mut |found| {
        if let source::Found::File(name) = found {
            files.insert(name.clone(), std::fs::read(dir.join(name)).unwrap());
        }
        true
    });
    files
}

/// A log whose entry `told` tells of a pruning.
fn leaves(size: u64, told: u64) -> Vec<Vec<u8>> {
    let chance = Chance::seeded(size);
    let mut head = Head::empty();
    let mut leaves = Vec::new();
    for turn in 0..size {
        let mut entry = sample(turn);
        if turn == told {
            entry.action = PRUNED_ACTION.into();
        }
        let (record, next) = head.append(&entry, &Payload::new(&entry.detail, &chance).unwrap()).unwrap();
        leaves.push(record.leaf);
        head = next;
    }
    leaves
}

/// The files of a log of which the entries before `minimum` were pruned.
fn pruned(leaves: &[Vec<u8>], minimum: u64) -> Memory {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("out");
    let size = leaves.len() as u64;
    let sizes: Vec<u64> = (1..).map(|turn| turn * 64).take_while(|at| *at < size).collect();
    let (now, earlier) = (checkpoints(leaves, &[size]).remove(0), checkpoints(leaves, &sizes));
    let vkey = signer(ORIGIN, 1).vkey().clone();
    if minimum == 0 {
        export(&dir, &vkey, &now, &earlier, leaves.to_vec()).unwrap();
        return read(&dir);
    }
    let mut out = Export::begin(&dir).unwrap();
    let hashes: Vec<Hash> = leaves[..minimum as usize].iter().map(|leaf| leaf_hash(leaf)).collect();
    out.pruned(&hashes.chunks_exact(256).map(root_of).collect::<Vec<_>>()).unwrap();
    for leaf in &leaves[minimum as usize..] {
        out.push(leaf).unwrap();
    }
    out.finish(&vkey, &now, &earlier).unwrap();
    read(&dir)
}

fn check(files: &Memory) -> Report {
    let vkey = signer(ORIGIN, 1).vkey().clone();
    let source = Files::Memory(files);
    let (quick, long) = (quick::holds(source, &vkey, &[]), find_faults(source, &vkey, &[]));
    assert_eq!(quick.is_some(), long.ok, "the two ways differ: {:?}", long.findings);
    if let Some(held) = quick {
        assert_eq!((held.size, Some(hex::encode(held.root))), (long.size, long.root.clone()));
        assert_eq!(held.minimum, long.minimum);
    }
    let report = verify(source, &vkey, &[]);
    assert_eq!(report, long);
    report
}

#[test]
fn both_ways_find_logs_of_every_size_whole() {
    for size in [0, 1, 63, 64, 65, 255, 256, 257, 512, 700, 5000] {
        let report = check(&pruned(&leaves(size, 0), 0));
        assert!(report.ok && report.size == size, "{size} {:?}", report.findings);
    }
}

#[test]
fn a_pruned_log_still_verifies_and_says_where_it_begins() {
    for (size, minimum) in [(257, 256), (600, 256), (600, 512), (1100, 1024), (70_000, 66_048)] {
        let all = leaves(size, size - 1);
        let files = pruned(&all, minimum);
        let report = check(&files);
        assert!(report.ok, "{size} {minimum} {:?}", report.findings);
        assert_eq!((report.size, report.minimum), (size, minimum));
        assert!(!files.contains_key("tile/entries/000") && !files.contains_key("tile/0/000"));
    }
}

#[test]
fn every_kind_of_lie_about_a_pruning_is_found() {
    let all = leaves(1100, 1099);
    let good = pruned(&all, 512);
    let kinds = |files: &Memory| check(files).findings.iter().map(|f| f.kind).collect::<Vec<_>>();
    // Nothing in the log tells of it.
    assert_eq!(kinds(&pruned(&leaves(1100, 3), 512)), [Kind::PruningUntold]);
    // The file is gone, says something else, or nothing that can be.
    for text in [
        None,
        Some("256\n"),
        Some("768\n"),
        Some("1024\n"),
        Some("513\n"),
        Some("0\n"),
        Some("512"),
        Some("0512\n"),
        Some("1280\n"),
        Some("18446744073709551360\n"),
    ] {
        let mut bent = good.clone();
        match text {
            None => bent.remove(MINIMUM),
            Some(text) => bent.insert(MINIMUM.into(), text.into()),
        };
        assert!(!check(&bent).ok, "{text:?}");
    }
    // What is left of the entries that are gone is bent.
    let name = "tile/1/000.p/4";
    for byte in 0..128 {
        let mut bent = good.clone();
        bent.get_mut(name).unwrap()[byte] ^= 4;
        let report = check(&bent);
        assert!(!report.ok, "{byte}");
    }
    // A log that was never pruned is shown as if it were: its first entries are kept back.
    let mut kept_back = pruned(&all, 0);
    kept_back.remove("tile/entries/000");
    kept_back.remove("tile/0/000");
    assert!(!check(&kept_back).ok);
}

#[test]
fn flips_cuts_deletions_and_swaps_of_files_are_found_by_both_ways() {
    let chance = Chance::seeded(11);
    let pick = |below: usize| (u64::from_be_bytes(chance.bytes::<8>().unwrap()) % below as u64) as usize;
    let more = if std::env::var_os("URVAL_FULL").is_some() { 20 } else { 1 };
    for (size, minimum) in [(3, 0), (70, 0), (300, 0), (700, 512)] {
        let good = pruned(&leaves(size, size - 1), minimum);
        assert!(check(&good).ok);
        let names: Vec<&String> = good.keys().collect();
        for _ in 0..more * 250 {
            let mut bent = good.clone();
            let name = names[pick(names.len())].clone();
            match pick(10) {
                0 => drop(bent.remove(&name)),
                1 => {
                    let bytes = bent.get_mut(&name).unwrap();
                    bytes.truncate(pick(bytes.len()));
                }
                2 => bent.get_mut(&name).unwrap().push(pick(256) as u8),
                3 => drop(bent.insert(format!("{TILE}/{name}x"), vec![1])),
                4 => {
                    let other = names[pick(names.len())].clone();
                    if good[&name] == good[&other] {
                        continue;
                    }
                    let (one, two) = (good[&name].clone(), good[&other].clone());
                    bent.insert(name, two);
                    bent.insert(other, one);
                }
                _ => {
                    let bytes = bent.get_mut(&name).unwrap();
                    let bit = pick(bytes.len() * 8);
                    bytes[bit / 8] ^= 1 << (bit % 8);
                }
            }
            assert!(!check(&bent).ok);
        }
    }
}

#[test]
fn what_the_reader_kept_is_part_of_the_check() {
    let all = leaves(300, 0);
    let files = pruned(&all, 0);
    let vkey = signer(ORIGIN, 1).vkey().clone();
    let open = |note: &str| Checkpoint::open(note.as_bytes(), &vkey).unwrap();
    let other = leaves(301, 0);
    for (kept, ok) in [
        (open(&checkpoints(&all, &[77])[0]), true),
        (open(&checkpoints(&all, &[300])[0]), true),
        (open(&checkpoints(&other, &[77])[0]), false),
        (open(&checkpoints(&other, &[300])[0]), false),
        (open(&checkpoints(&other, &[301])[0]), false),
    ] {
        let source = Files::Memory(&files);
        assert_eq!(quick::holds(source, &vkey, std::slice::from_ref(&kept)).is_some(), ok, "{kept:?}");
        assert_eq!(verify(source, &vkey, &[kept]).ok, ok);
    }
}
