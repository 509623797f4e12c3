//! Applications are read alike whoever wrote them, or the test says where not: `urval fairness test`, as a
//! data-protection officer runs it, and what docs/formats.md promises of its report.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::fixture::program;

const PROFILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/demo/kravprofil.toml");

fn test(data: &Path, more: &[&str]) -> Output {
    program(&[&["fairness", "test", "--profile", PROFILE], more].concat(), data)
}

fn variants(report: &Value) -> impl Iterator<Item = (&str, &Value)> {
    report["grounds"].as_array().expect("grounds").iter().flat_map(|ground| {
        let name = ground["ground"].as_str().expect("a ground");
        ground["variants"].as_array().expect("variants").iter().map(move |variant| (name, variant))
    })
}

#[test]
fn twins_are_compared_on_every_ground_and_few_bases_never_pass() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (json_file, page_file) = (at("report.json"), at("report.html"));
    let data = folder.path().join("data");
    let done = test(&data, &["--bases", "12", "--json", &json_file, "--page", &page_file]);
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    assert_eq!(done.status.code(), Some(2), "{text}\n{}", String::from_utf8_lossy(&done.stderr));
    assert!(!data.exists(), "nothing is stored");
    assert!(text.contains("12 base applications are too few; at least 200 are required"), "{text}");

    let report: Value =
        serde_json::from_str(&std::fs::read_to_string(&json_file).expect("it")).expect("JSON");
    assert_eq!(report["format"], "urval-fairness/1");
    assert_eq!((&report["bases"]["read"], &report["bases"]["swedish"]), (&json!(12), &json!(6)));
    assert_eq!(report["verdict"]["passed"], false);
    assert_eq!(
        report["verdict"]["reasons"][0],
        json!({ "kind": "too_few_bases", "read": 12, "wanted": 200 })
    );
    let mut changed = serde_json::Map::new();
    for (ground, variant) in variants(&report) {
        let code = variant["code"].as_str().expect("a code");
        let count = variant["changed"]["count"].as_u64().expect("a count");
        changed.insert(format!("{ground}/{code}"), count.into());
        assert_eq!(variant["pairs"], if ground == "language" { 6 } else { 12 }, "{ground}/{code}");
        // What the pseudonymiser takes out cannot move a level.
        if ["control", "sex", "name", "age"].contains(&ground) {
            assert_eq!(count, 0, "{ground}/{code}");
        }
    }
    assert!(changed.len() >= 29, "{changed:?}");
    crate::fixture::figures(
        "story::equal_treatment::twins_are_compared_on_every_ground_and_few_bases_never_pass",
        12,
        &json!({ "changed": changed }),
    );
    // Evidence that was put in is seen: otherwise the test would see no difference either.
    for row in report["planted"].as_array().expect("criteria") {
        assert_eq!(row["levels"].as_array().map(Vec::len), Some(4), "{row}");
    }

    let page = std::fs::read_to_string(&page_file).expect("the page");
    for word in ["<script", "http://", "https://", "url(", "src="] {
        assert!(!page.contains(word), "the page needs nothing else: {word}");
    }
    for word in ["lang=\"sv\"", "id=\"english\"", "<svg", "Inte godkänt", "Not passed"] {
        assert!(page.contains(word), "{word}");
    }

    // The same seed: the same report. Another one: other applicants.
    let (again, other) = (at("again.json"), at("other.json"));
    assert_eq!(test(&data, &["--bases", "12", "--json", &again]).status.code(), Some(2));
    assert_eq!(std::fs::read(&again).expect("it"), std::fs::read(&json_file).expect("it"));
    assert_eq!(test(&data, &["--bases", "12", "--seed", "2", "--json", &other]).status.code(), Some(2));
    assert_ne!(std::fs::read(&other).expect("it"), std::fs::read(&json_file).expect("it"));
}

#[test]
fn the_report_holds_no_key_that_the_formats_do_not_tell_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("report.json").display().to_string();
    assert_eq!(test(folder.path(), &["--bases", "1", "--json", &file]).status.code(), Some(2));
    let report: Value = serde_json::from_str(&std::fs::read_to_string(&file).expect("it")).expect("JSON");
    let formats = include_str!("../../docs/formats.md");
    let (_, told) = formats.split_once("\n## Report on equal treatment\n").expect("the section");
    let (told, _) = told.split_once("\n## ").expect("its end");
    let mut open = vec![&report];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(map) => {
                for (key, inner) in map {
                    assert!(told.contains(&format!("`{key}`")), "{key}");
                    open.push(inner);
                }
            }
            Value::Array(list) => open.extend(list),
            _ => {}
        }
    }
}

#[test]
fn a_profile_without_anything_to_assess_and_a_wrong_call_fail() {
    let folder = tempfile::tempdir().expect("a folder");
    let profile = folder.path().join("p.toml");
    let text = "format = \"urval-kravprofil/1\"\nid = \"x\"\nversion = 1\ntitle = \"x\"\n[[criterion]]\nid = \"K1\"\n\
                kind = \"must_have\"\nai = \"extract\"\nlabel = \"x\"\ndescription = \"x\"\n";
    std::fs::write(&profile, text).expect("a file");
    let none = program(&["fairness", "test", "--profile", &profile.display().to_string()], folder.path());
    assert_eq!(none.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&none.stderr).contains("nothing to test"));
    assert_eq!(test(folder.path(), &["--bases", "0"]).status.code(), Some(1));
    assert_eq!(
        test(folder.path(), &["--json", "absent/folder/x.json", "--bases", "1"]).status.code(),
        Some(1)
    );
}
