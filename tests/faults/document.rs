//! `docs/faults.md` names a test for each fault, and they are there.

use std::collections::BTreeSet;
use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

/// The tests named in a text, as `file::name` or deeper, in code marks.
fn named(text: &str) -> BTreeSet<String> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| code.contains("::") && !code.contains(' '))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_fault_in_the_table_names_tests_that_exist() {
    let text = read("docs/faults.md");
    let table = text.split_once("## The table").expect("the table").1;
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| fault") && !line.starts_with("| ---"))
        .collect();
    assert!(rows.len() > 15, "the table is there: {} rows", rows.len());
    for row in &rows {
        assert!(!named(row).is_empty(), "a fault without a test: {row}");
    }
    for test in named(&text) {
        let parts: Vec<&str> = test.split("::").collect();
        let (folders, name) = (&parts[..parts.len() - 1], parts[parts.len() - 1]);
        let path = match folders {
            ["src", inside @ ..] => format!("src/{}.rs", inside.join("/")),
            inside => format!("tests/{}.rs", inside.join("/")),
        };
        let source = read(&path);
        assert!(
            source.contains(&format!("fn {name}(")),
            "{test} is named in docs/faults.md and not in {path}"
        );
    }
}

#[test]
fn every_test_of_faults_is_named_in_the_table() {
    let text = read("docs/faults.md");
    let table = named(&text);
    for file in
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults")).expect("a folder")
    {
        let path = file.expect("a file").path();
        let module = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if ["document", "cluster", "house", "mod", "oracle"].contains(&module.as_str()) {
            continue;
        }
        let source = std::fs::read_to_string(&path).expect("a file");
        for (_, after) in source.match_indices("#[test]").map(|(at, _)| source.split_at(at)) {
            let name = after.split_once("fn ").and_then(|(_, rest)| rest.split_once('(')).expect("a name").0;
            assert!(
                table.contains(&format!("faults::{module}::{name}")),
                "{module}::{name} is not in docs/faults.md"
            );
        }
    }
}
