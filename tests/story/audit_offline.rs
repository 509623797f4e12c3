//! An outsider verifies an exported log with the program alone, and every kind of tampering is found.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use urval::guard::access::{Actor, Job};

use crate::fixture::{Site, on_both};

fn verify(dir: &Path, vkey: &Path) -> (Option<i32>, Value) {
    let done = Command::new(env!("CARGO_BIN_EXE_urval"))
        .args(["audit", "verify"])
        .arg(dir)
        .arg("--vkey")
        .arg(vkey)
        .arg("--json")
        .output()
        .expect("the program runs");
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    (done.status.code(), serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}")))
}

async fn exported(site: &Site, to: &Path) -> std::path::PathBuf {
    site.app.export_log(&Actor::Job(Job::Cli), to).await.expect("an export");
    let key = to.with_extension("vkey");
    std::fs::write(&key, format!("{}\n", site.app.log_vkey())).expect("the key");
    key
}

fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

on_both! {
    async fn flips_deletions_swaps_and_truncations_of_an_export_are_found(site) {
        for turn in 0..4 {
            site.apply(&format!("Anna Berg{turn}"), "I led a project.", &["klippan-ekonomi"]).await;
        }
        site.score().await;
        let dir = site.folder.path().join("export");
        let key = exported(&site, &dir).await;
        let (code, report) = verify(&dir, &key);
        assert_eq!((code, &report["ok"]), (Some(0), &Value::Bool(true)), "{report}");
        // No personal data: an outsider may have all of it.
        for file in files(&dir) {
            let bytes = std::fs::read(&file).expect("a file");
            assert!(!String::from_utf8_lossy(&bytes).contains("Anna"));
        }
        let mut flips = 0u64;
        for file in files(&dir) {
            let whole = std::fs::read(&file).expect("a file");
            let step = (whole.len() / 6).max(1);
            for at in (0..whole.len()).step_by(step) {
                let mut bytes = whole.clone();
                bytes[at] ^= 1 << (at % 8);
                std::fs::write(&file, &bytes).expect("a file");
                let (code, report) = verify(&dir, &key);
                assert_eq!(code, Some(1), "{} byte {at}: {report}", file.display());
                assert!(report["findings"].as_array().is_some_and(|f| !f.is_empty()), "{report}");
                flips += 1;
            }
            std::fs::write(&file, &whole[..whole.len() - 1]).expect("a file");
            assert_eq!(verify(&dir, &key).0, Some(1), "{} cut", file.display());
            std::fs::remove_file(&file).expect("a file");
            assert_eq!(verify(&dir, &key).0, Some(1), "{} gone", file.display());
            std::fs::write(&file, &whole).expect("a file");
        }
        assert_eq!(verify(&dir, &key).0, Some(0), "whole again");
        crate::fixture::figures("story::audit_offline", flips, &serde_json::json!({ "flips": flips, "missed": 0 }));
    }
}
