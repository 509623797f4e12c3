//! `docs/asvs.md` is true as far as a machine can tell: every test that it names exists, and every row
//! names one or says what is missing.

use std::path::{Path, PathBuf};

const DOC: &str = include_str!("../docs/asvs.md");

/// The rows of the tables of requirements, as their cells.
fn rows() -> Vec<Vec<&'static str>> {
    let cells = |line: &'static str| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>();
    let all = DOC.lines().filter(|line| line.starts_with('|')).map(cells);
    all.filter(|cells| cells.len() == 5 && cells[0].chars().next().is_some_and(|c| c.is_ascii_digit()))
        .collect()
}

/// The files in which a test of this path can stand.
fn files(path: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let modules: Vec<&str> = path.split("::").filter(|part| *part != "tests").collect();
    let (_, modules) = modules.split_last().expect("a path");
    let place: PathBuf = modules.iter().collect();
    ["tests", "src"]
        .iter()
        .flat_map(|folder| {
            let base = root.join(folder).join(&place);
            [base.with_extension("rs"), base.join("mod.rs"), base.join("tests.rs")]
        })
        .filter(|file| file.exists())
        .collect()
}

fn is_there(path: &str) -> bool {
    let name = path.rsplit("::").next().unwrap_or(path);
    files(path).iter().any(|file| {
        let text = std::fs::read_to_string(file).expect("a source file");
        text.contains(&format!("fn {name}("))
    })
}

#[test]
fn every_test_that_the_list_names_exists() {
    let mut named = 0;
    for cells in rows() {
        for part in cells[4].split('`').skip(1).step_by(2) {
            assert!(is_there(part), "{}: there is no test {part}", cells[0]);
            named += 1;
        }
    }
    assert!(named >= 50, "{named} tests are named");
    assert!(!is_there("story::accounts::there_is_no_such_test") && !is_there("nowhere::at_all"));
}

#[test]
fn every_row_is_shown_by_a_test_or_says_what_is_missing() {
    let rows = rows();
    assert!(rows.len() >= 50, "{} rows", rows.len());
    let mut seen = std::collections::BTreeSet::new();
    for cells in &rows {
        assert!(seen.insert(cells[0]), "{} is there twice", cells[0]);
        assert!(matches!(cells[1], "1" | "2" | "3"), "{}: level {}", cells[0], cells[1]);
        let shown = cells[4].contains("::");
        assert!(
            shown || cells[3].contains("*not yet*"),
            "{} is neither shown nor said to be missing",
            cells[0]
        );
    }
    // What the reference of this project chose is all here.
    for id in [
        "5.1.1", "5.2.2", "5.2.3", "5.4.1", "5.4.2", "5.4.3", "6.2.9", "6.2.12", "6.3.3", "6.5.1", "6.5.5",
        "7.1.1", "7.3.1", "7.3.2", "7.4.5", "7.5.2", "8.2.3", "8.4.1", "11.1.1", "11.1.2", "11.5.1",
        "14.2.4", "14.3.2", "16.2.1", "16.2.5", "16.4.1", "16.4.2", "16.4.3", "16.5.3", "2.3.3",
    ] {
        assert!(seen.contains(id), "{id} is not in docs/asvs.md");
    }
}
