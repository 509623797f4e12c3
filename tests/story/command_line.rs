//! The main job without a server: `urval screen`, and what it promises in docs/formats.md.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use crate::fixture::program;
use serde_json::{Value, json};

fn fixtures() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/screen").to_owned()
}

fn screen(data: &Path, out: &Path) -> Output {
    let dir = fixtures();
    program(
        &[
            "screen",
            "--profile",
            &format!("{dir}/kravprofil.toml"),
            "--applications",
            &format!("{dir}/applications"),
            "--json",
            &out.display().to_string(),
            "--evaluation",
        ],
        data,
    )
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("the JSON file")).expect("JSON")
}

#[test]
fn a_folder_of_real_files_becomes_bands_with_quotes_and_bad_files_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, out) = (folder.path().join("data"), folder.path().join("out.json"));
    let done = screen(&data, &out);
    let (text, said) = (
        String::from_utf8_lossy(&done.stdout).into_owned(),
        String::from_utf8_lossy(&done.stderr).into_owned(),
    );
    assert_eq!(done.status.code(), Some(2), "some refused: {text}\n{said}");
    for file in ["empty.txt", "scan.pdf", "broken.json", "rows.csv#3"] {
        assert!(said.contains(&format!("refused: {file}")), "{file} is named: {said}");
        assert!(text.contains(file), "and in the output: {text}");
    }
    assert!(text.contains("Band 1 of"), "{text}");
    assert!(text.contains("EVALUATION"), "{text}");
    assert!(!text.contains("cannot read"), "Swedish and English are read: {text}");
    for name in ["Anna", "Bertil", "Cecilia", "@example"] {
        assert!(!text.contains(name), "pseudonyms only: {name}");
    }

    let value = json(&out);
    assert_eq!(value["evaluation"], true);
    let applications = value["applications"].as_array().expect("applications");
    assert!(applications.len() >= 7, "{}", applications.len());
    for application in applications {
        let mut sum = 0.0;
        for criterion in application["criteria"].as_array().expect("criteria") {
            sum += criterion["contribution"].as_f64().expect("a contribution");
            if criterion["id"] == "K1" {
                assert!(criterion["level"].is_null() && criterion["contribution"] == 0.0);
            }
            for quote in criterion["evidence"].as_array().expect("evidence") {
                let words = quote["text"].as_str().expect("text");
                let length = quote["end"].as_u64().expect("end") - quote["start"].as_u64().expect("start");
                assert_eq!(words.len() as u64, length, "offsets are bytes");
                if let (Some(without), Some(level)) = (quote["without"].as_f64(), criterion["level"].as_f64())
                {
                    assert!(without <= level, "taking evidence away raises nothing");
                }
            }
        }
        // Exactly, not almost: see docs/formats.md.
        assert_eq!(Some(sum), application["total"].as_f64());
        assert!(application["band"].as_u64().is_some_and(|band| band >= 1));
    }

    let key = data.join("screen-demo-key.csv");
    let key = if key.exists() { key } else { find_key(&data) };
    assert_eq!(std::fs::metadata(&key).expect("the key").permissions().mode() & 0o777, 0o600);
    let rows = std::fs::read_to_string(&key).expect("the key");
    for application in applications {
        assert!(rows.contains(application["id"].as_str().expect("an id")));
    }
    assert!(rows.contains("anna.json"));
    for name in ["keys/kek", "keys/index", "keys/log", "urval.sqlite"] {
        let mode = std::fs::metadata(data.join(name)).expect(name).permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }

    // The same folder again: the same pseudonyms and the same numbers, bit for bit.
    let again = folder.path().join("again.json");
    assert_eq!(screen(&data, &again).status.code(), Some(2));
    assert_eq!(json(&again), value);
    // Another data folder: other pseudonyms, the same numbers.
    let elsewhere = folder.path().join("elsewhere.json");
    assert_eq!(screen(&folder.path().join("other"), &elsewhere).status.code(), Some(2));
    let totals = |value: &Value| {
        let mut list: Vec<String> = value["applications"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|a| a["criteria"].to_string())
            .collect();
        list.sort();
        list
    };
    assert_eq!(totals(&json(&elsewhere)), totals(&value));

    // Everything went through the log, and the log verifies without server or database.
    let log = folder.path().join("log");
    let exported = program(&["audit", "export", &log.display().to_string()], &data);
    assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
    let vkey = log.join("vkey");
    let verified = program(
        &["audit", "verify", &log.display().to_string(), "--vkey", &vkey.display().to_string()],
        folder.path(),
    );
    assert_eq!(verified.status.code(), Some(0), "{}", String::from_utf8_lossy(&verified.stdout));
}

fn find_key(data: &Path) -> std::path::PathBuf {
    std::fs::read_dir(data)
        .expect("the data folder")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.to_string_lossy().ends_with("-key.csv"))
        .expect("a key file")
}

#[test]
fn a_wrong_call_or_a_faulty_profile_fails_and_says_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let wrong = program(&["screen", "--profil", "x"], folder.path());
    assert_eq!(wrong.status.code(), Some(1));
    let profile = folder.path().join("p.toml");
    std::fs::write(&profile, "format = \"urval-kravprofil/1\"\nid = \"x\"\nversion = 1\ntitle = \"x\"\n[[criterion]]\nid = \"K1\"\nkind = \"must_have\"\nai = \"assess\"\nweight = 3\nlabel = \"x\"\ndescription = \"x\"\n").expect("a file");
    let applications = format!("{}/applications", fixtures());
    let faulty = program(
        &["screen", "--profile", &profile.display().to_string(), "--applications", &applications],
        folder.path(),
    );
    assert_eq!(faulty.status.code(), Some(1));
    let said = String::from_utf8_lossy(&faulty.stderr).into_owned();
    assert!(said.contains("K1"), "{said}");
    let nothing = folder.path().join("empty");
    std::fs::create_dir(&nothing).expect("a folder");
    let none = program(
        &[
            "screen",
            "--profile",
            &format!("{}/kravprofil.toml", fixtures()),
            "--applications",
            &nothing.display().to_string(),
        ],
        folder.path(),
    );
    assert_eq!(none.status.code(), Some(1));
}

#[test]
fn the_model_is_what_the_manifest_says_and_computes_what_the_reference_does() {
    let folder = tempfile::tempdir().expect("a folder");
    for arithmetic in ["float", "integer"] {
        let checked = program(&["model", "check", "--arithmetic", arithmetic], folder.path());
        let text = String::from_utf8_lossy(&checked.stdout).into_owned();
        assert_eq!(checked.status.code(), Some(0), "{text} {}", String::from_utf8_lossy(&checked.stderr));
    }
    // The same files in a folder of one's own, one byte of the weights changed: refused before anything is
    // computed with it.
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let text = std::fs::read_to_string(shipped.join("manifest.toml")).expect("the manifest");
    let manifest = folder.path().join("manifest.toml");
    std::fs::write(&manifest, text.replacen("kind = \"shipped\"", "kind = \"folder\"", 1)).expect("a file");
    std::fs::create_dir_all(folder.path().join("reference")).expect("a folder");
    for name in ["urval-bilingual.json", "all-MiniLM-L6-v2.json"] {
        let to = folder.path().join("reference").join(name);
        std::fs::copy(shipped.join("reference").join(name), to).expect("a copy");
    }
    let own = folder.path().join("models/urval-bilingual");
    std::fs::create_dir_all(&own).expect("a folder");
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        std::fs::copy(shipped.join("urval-bilingual").join(name), own.join(name)).expect("a copy");
    }
    let manifest = manifest.display().to_string();
    let models = folder.path().join("models").display().to_string();
    let check = || program(&["model", "check", "--manifest", &manifest, "--models", &models], folder.path());
    assert_eq!(check().status.code(), Some(0));
    let weights = own.join("model.safetensors");
    let mut bytes = std::fs::read(&weights).expect("the weights");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&weights, bytes).expect("a file");
    let refused = check();
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("model.safetensors") && said.contains("not the one in the manifest"), "{said}");
}

#[test]
fn the_models_stored_figures_are_what_its_evaluation_prints() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = std::fs::read_to_string(root.join("models/manifest.toml")).expect("the manifest");
    let manifest: toml::Table = manifest.parse().expect("TOML");
    let models = manifest["model"].as_array().expect("models");
    let ours = models.iter().find(|model| model["name"] == manifest["default"]).expect("the default");
    let stored = ours["evaluation"].as_array().expect("stored figures");
    assert_eq!(stored.len(), 2, "Swedish and English");
    let mut figures = serde_json::Map::new();
    for one in stored {
        let set = one["set"].as_str().expect("a file");
        let file = root.join(set).display().to_string();
        let found = program(&["model", "eval", "--criteria", &file, "--json"], folder.path());
        assert_eq!(found.status.code(), Some(0), "{}", String::from_utf8_lossy(&found.stderr));
        let found: serde_json::Value = serde_json::from_slice(&found.stdout).expect("JSON");
        assert_eq!(found["sha256"].as_str(), one["sha256"].as_str(), "{set}");
        assert_eq!(found["criteria"].as_i64(), one["criteria"].as_integer(), "{set}");
        for key in ["top1", "auc"] {
            let (found, stored) = (found[key].as_f64().expect(key), one[key].as_float().expect(key));
            assert!((found - stored).abs() < 5e-5, "{set}: {key} is {found}, stored is {stored}");
        }
        figures.insert(one["language"].as_str().expect("a language").into(), json!({ "auc": found["auc"] }));
    }
    crate::fixture::figures(
        "story::command_line::the_models_stored_figures_are_what_its_evaluation_prints",
        2,
        &serde_json::Value::Object(figures),
    );
    // What cannot be measured is named, and nothing is measured by half.
    let nothing = program(&["model", "eval"], folder.path());
    assert_eq!(nothing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("--criteria"));
    let latin = folder.path().join("latin1.tsv");
    std::fs::write(&latin, b"h\xe5ll\thold\n").expect("a file");
    let refused = program(&["model", "eval", "--pairs", &latin.display().to_string()], folder.path());
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("not UTF-8"));
}

#[test]
fn the_demonstration_continues_with_its_data_and_starts_over_only_in_its_own_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("demo");
    let began = std::time::Instant::now();
    let first = program(&["demo", "--no-serve"], &data);
    let said = String::from_utf8_lossy(&first.stderr).into_owned();
    assert_eq!(first.status.code(), Some(0), "{said}");
    assert!(said.contains("applications scored"), "{said}");
    crate::fixture::figures(
        "story::command_line::the_demonstration_continues_with_its_data_and_starts_over_only_in_its_own_folder",
        60,
        &serde_json::json!({ "first_run_s": began.elapsed().as_secs_f64() }),
    );
    for name in ["keys/kek", "keys/index", "keys/log", "urval.sqlite", "demo-password", "demo-receipt"] {
        let mode = std::fs::metadata(data.join(name)).expect(name).permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let password = std::fs::read(data.join("demo-password")).expect("the password");
    let second = program(&["demo", "--no-serve"], &data);
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(0), "{said}");
    assert!(!said.contains("applications scored"), "nothing is scored twice: {said}");
    assert_eq!(std::fs::read(data.join("demo-password")).expect("the password"), password);
    // Without its keys the data is not opened with new ones.
    std::fs::rename(data.join("keys"), folder.path().join("keys")).expect("moved");
    let keyless = program(&["demo", "--no-serve"], &data);
    assert_eq!(keyless.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&keyless.stderr).contains("key backup"));
    assert!(!data.join("keys").exists(), "no new keys beside old data");
    // `--reset` removes its own folder's data and no other's.
    let foreign = folder.path().join("foreign");
    std::fs::create_dir(&foreign).expect("a folder");
    std::fs::write(foreign.join("letter.txt"), "mine").expect("a file");
    let refused = program(&["demo", "--reset", "--no-serve"], &foreign);
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(std::fs::read_to_string(foreign.join("letter.txt")).expect("still there"), "mine");
}
