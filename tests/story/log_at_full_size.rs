//! How fast a large log is checked, beside another implementation, and a million turned bits.
//!
//! `cargo test --release --test it story::log_at_full_size -- --include-ignored --nocapture` prints the
//! figures of this machine.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use urval::clock::Chance;
use urval::guard::audit::merkle::{leaf_hash, root_of, verify_inclusion};
use urval::guard::audit::note::Vkey;
use urval::guard::audit::tiles::{Plan, TileId, Tiles};
use urval::guard::audit::verify::{Files, verify};

use super::log_for_outsiders::export;
use crate::fixture::{figures, on_both};

fn machine() -> String {
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = about.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} cores of {}", model.trim_start_matches([' ', '\t', ':']))
}

fn read(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(dir).expect("below").to_str().expect("text").to_owned();
                files.insert(name, std::fs::read(path).expect("a file"));
            }
        }
    }
    files
}

on_both! {
    async fn every_turned_bit_of_an_export_is_found(site) {
        for turn in 0..3 {
            site.apply(&format!("Anna Berg{turn}"), "I led a project.", &["klippan-ekonomi"]).await;
        }
        let (dir, _) = export(&site, "export").await;
        let files = read(&dir);
        let vkey = Vkey::parse(&site.app.log_vkey()).expect("the key");
        assert!(verify(Files::Memory(&files), &vkey, &[]).ok);
        let full = std::env::var_os("URVAL_FULL").is_some();
        // One engine turns all of them: the export of the other has the same form.
        let count: u64 = match (full, site.engine) {
            (true, crate::fixture::Engine::Sqlite) => 1_000_000,
            (true, crate::fixture::Engine::Postgres) => 50_000,
            (false, _) => 4_000,
        };
        let started = Instant::now();
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
        let missed: u64 = std::thread::scope(|threads| {
            let (files, vkey) = (&files, &vkey);
            let parts: Vec<_> = (0..cores).map(|part| threads.spawn(move || {
                let chance = Chance::seeded(part + 1);
                let mut files = files.clone();
                let names: Vec<(String, usize)> = files.iter().map(|(name, bytes)| (name.clone(), bytes.len() * 8)).collect();
                let all: usize = names.iter().map(|(_, bits)| bits).sum();
                let mut missed = 0;
                for _ in 0..count.div_ceil(cores) {
                    let mut at = (u64::from_be_bytes(chance.bytes::<8>().expect("chance")) % all as u64) as usize;
                    let name = names.iter().find(|(_, bits)| { let here = at < *bits; if !here { at -= bits; } here });
                    let (name, _) = name.expect("a file");
                    let turn = |files: &mut BTreeMap<String, Vec<u8>>| {
                        files.get_mut(name).expect("it")[at / 8] ^= 1 << (at % 8);
                    };
                    turn(&mut files);
                    let report = verify(Files::Memory(&files), vkey, &[]);
                    missed += u64::from(report.ok || report.findings.is_empty());
                    turn(&mut files);
                }
                missed
            })).collect();
            parts.into_iter().map(|part| part.join().expect("it ends")).sum()
        });
        assert_eq!(missed, 0);
        figures("story::log_at_full_size::every_turned_bit_of_an_export_is_found", count,
            &json!({ "turned": count, "missed": missed, "seconds": started.elapsed().as_secs_f64(), "engine": site.db.engine() }));
    }
}

/// The shortest of some turns: what the machine can do when nothing else runs.
fn best(turns: u32, mut work: impl FnMut()) -> Duration {
    (0..turns)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed()
        })
        .min()
        .unwrap_or_default()
}

#[test]
fn a_proof_is_made_and_checked_beside_another_implementation() {
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    let full = std::env::var_os("URVAL_FULL").is_some();
    let size: u64 = if full { 1_000_000 } else { 50_000 };
    let mut peer = MemoryBackedTree::<sha2::Sha256, Vec<u8>>::new();
    let mut hashes = Vec::new();
    for turn in 0..size {
        let leaf = [&turn.to_be_bytes()[..], &[7; 392]].concat();
        hashes.push(leaf_hash(&leaf));
        peer.push(leaf);
    }
    let root = root_of(&hashes);
    assert_eq!(peer.root().as_bytes().as_slice(), root);
    let mut tiles = Tiles::new();
    let mut below = hashes.clone();
    for level in 0..4u8 {
        for (number, chunk) in (0..).zip(below.chunks(256)) {
            tiles.insert(TileId { level, number, width: chunk.len() as u64 }, chunk.to_vec());
        }
        below = below.chunks_exact(256).map(root_of).collect();
    }
    const TURNS: u64 = 2000;
    let picks: Vec<u64> = (0..TURNS).map(|turn| turn.wrapping_mul(2_654_435_761) % size).collect();
    let ours = best(5, || {
        for index in &picks {
            let proof = Plan::inclusion(*index, size).and_then(|plan| plan.hashes(&tiles)).expect("a proof");
            assert!(verify_inclusion(&hashes[*index as usize], *index, size, &proof, &root));
        }
    });
    let their_root = peer.root();
    let theirs = best(5, || {
        for index in &picks {
            let proof = peer.prove_inclusion(*index as usize);
            let leaf = peer.get(*index as usize).expect("a leaf");
            assert!(their_root.verify_inclusion(leaf, *index, &proof).is_ok());
        }
    });
    let micros = |whole: Duration| whole.as_secs_f64() * 1e6 / TURNS as f64;
    figures(
        "story::log_at_full_size::a_proof_is_made_and_checked_beside_another_implementation",
        TURNS,
        &json!({
            "entries": size, "microseconds_made_and_checked_out_of_tiles": micros(ours),
            "microseconds_ct_merkle_in_memory": micros(theirs), "ratio": micros(ours) / micros(theirs),
            "machine": machine(),
        }),
    );
}

/// A large log in a folder, whose entries have the form of one that the service wrote.
fn large(dir: &Path, template: &str, size: u64) -> Vkey {
    let keys =
        urval::guard::keys::KeyRing::create_or_open(&dir.with_extension("keys"), &Chance::system(), false)
            .expect("keys");
    let signer = keys.log_signer("urval.example/log").expect("a signer");
    let (before, rest) = template.split_once("\"prev\":\"").expect("prev");
    let (_, rest) = rest.split_once('"').expect("its end");
    let (middle, rest) = rest.split_once("\"seq\":").expect("seq");
    let after = rest.trim_start_matches(|digit: char| digit.is_ascii_digit());
    let write = |name: &str, bytes: &[u8]| {
        let path = dir.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    };
    let mut edge = urval::guard::audit::merkle::Frontier::new();
    let (mut hashes, mut prev, mut notes) = (Vec::new(), [0; 32], String::new());
    let mut bundle = Vec::new();
    let signed = |edge: &urval::guard::audit::merkle::Frontier| {
        let head = urval::guard::audit::note::Checkpoint {
            origin: "urval.example/log".into(),
            size: edge.len(),
            root: edge.root(),
            extensions: vec![],
        };
        head.sign(&signer).expect("a checkpoint")
    };
    for seq in 0..size {
        let leaf = format!("{before}\"prev\":\"{}\"{middle}\"seq\":{seq}{after}", hex::encode(prev));
        prev = leaf_hash(leaf.as_bytes());
        hashes.push(prev);
        edge.push(prev);
        bundle.extend_from_slice(&(leaf.len() as u16).to_be_bytes());
        bundle.extend_from_slice(leaf.as_bytes());
        // One checkpoint kept for each 256 entries, as many as a busy sequencer signs.
        if (seq + 1) % 256 == 0 || seq + 1 == size {
            let tile = TileId::of(0, seq / 256, size).expect("a tile");
            write(&tile.path().replace("tile/0/", "tile/entries/"), &std::mem::take(&mut bundle));
            notes.push_str(&signed(&edge));
        }
    }
    let mut below = hashes;
    for level in 0..4u8 {
        for (number, chunk) in (0..).zip(below.chunks(256)) {
            let tile = TileId { level, number, width: chunk.len() as u64 };
            write(&tile.path(), chunk.as_flattened());
        }
        below = below.chunks_exact(256).map(root_of).collect();
    }
    write("checkpoint", signed(&edge).as_bytes());
    write("checkpoints", notes.as_bytes());
    write("vkey", format!("{}\n", signer.vkey()).as_bytes());
    signer.vkey().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_log_is_verified_in_seconds() {
    let site = crate::fixture::site(crate::fixture::Engine::Sqlite).await.expect("a site");
    site.apply("Tuva Påhittad", "I led a project.", &["helsingborg-digitalisering"]).await;
    let (small, _) = export(&site, "export").await;
    let bundles = small.join("tile/entries/000.p");
    let bundle = std::fs::read_dir(bundles).expect("a folder").next().expect("one").expect("an entry").path();
    let bytes = std::fs::read(bundle).expect("a file");
    let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
    let template = String::from_utf8(bytes[2..2 + length].to_vec()).expect("an entry");
    let full = std::env::var_os("URVAL_FULL").is_some();
    let size: u64 = if full { 1_000_000 } else { 30_000 };
    let dir = site.folder.path().join("large");
    let vkey = large(&dir, &template, size);
    let took = best(3, || {
        let report = verify(Files::Folder(&dir), &vkey, &[]);
        assert!(report.ok && report.size == size, "{:?}", report.findings);
    });
    // The same log with one bit turned in the middle: found, and the entry named.
    let path =
        dir.join(TileId::of(0, size / 512, size).expect("a tile").path().replace("tile/0/", "tile/entries/"));
    let mut bent = std::fs::read(&path).expect("a file");
    bent[100] ^= 1;
    std::fs::write(&path, bent).expect("a file");
    let started = Instant::now();
    let report = verify(Files::Folder(&dir), &vkey, &[]);
    assert!(!report.ok && report.findings[0].entry == Some(size / 512 * 256), "{:?}", report.findings);
    figures(
        "story::log_at_full_size::a_large_log_is_verified_in_seconds",
        size,
        &json!({
            "entries": size, "bytes_an_entry": length, "seconds": took.as_secs_f64(),
            "seconds_to_name_one_altered_entry": started.elapsed().as_secs_f64(), "machine": machine(),
        }),
    );
}
