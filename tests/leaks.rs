//! Programs that must not compile: each file in `tests/leaks/` breaks one promise, and the compiler
//! refuses it. The list of tests below is the list of promises.
//!
//! The first lines of a file say what it tries and which error is expected; every line marked `//~`
//! must have an error of that kind (and, where text follows the mark, one that says so), and there may
//! be no error anywhere else: a program that fails for another reason proves nothing. `ok_control.rs`
//! compiles, which shows that the others fail by their own fault.
//!
//! ```text
//! // must not compile: a name cannot be logged
//! // error: E0277
//! ```
//!
//! Each is given to the compiler alone, with the library as cargo has just built it for these tests,
//! so nothing is compiled twice.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use serde_json::Value;

/// The crates that a program may name besides the library, each with a program that compiles only
/// against the very build that the library was made with: cargo builds some crates twice, once for
/// procedural macros, and against the wrong one everything would be refused for the wrong reason.
const ALSO: &[(&str, &str)] = &[
    ("axum", "fn main() { let _: fn(urval::web::Web) -> axum::Router = urval::web::router; }"),
    ("maud", "fn main() { let _ = |d: &urval::guard::pii::Disclosed| maud::Render::render(d); }"),
    (
        "serde_json",
        "fn main() { let _ = serde_json::to_string(&urval::subject::id::CriterionId::new(\"K1\")); }",
    ),
];

/// One error that the compiler found on one line.
#[derive(Debug)]
struct Said {
    code: String,
    line: usize,
    text: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/leaks")
}

/// The builds of a crate that lie beside these tests and are not newer than they are, newest first.
fn builds(name: &str) -> Vec<PathBuf> {
    let tests = std::env::current_exe().unwrap();
    let linked = tests.metadata().unwrap().modified().unwrap();
    let mut found: Vec<(SystemTime, PathBuf)> = std::fs::read_dir(tests.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| {
            let file = entry.file_name().into_string().unwrap_or_default();
            let hash = file.strip_prefix(&format!("lib{name}-")).and_then(|rest| rest.strip_suffix(".rlib"));
            hash.is_some_and(|hash| !hash.contains('-'))
        })
        .map(|entry| (entry.metadata().unwrap().modified().unwrap(), entry.path()))
        .filter(|(modified, _)| *modified <= linked)
        .collect();
    found.sort();
    found.reverse();
    found.into_iter().map(|(_, path)| path).collect()
}

/// The library that these tests were linked with.
fn library() -> PathBuf {
    builds("urval")
        .into_iter()
        .next()
        .expect("liburval-*.rlib lies beside the tests that were linked with it")
}

/// The build of another crate that the library was made with.
fn companion(name: &str, probe: &str) -> PathBuf {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("probe.rs");
    std::fs::write(&file, probe).unwrap();
    builds(name)
        .into_iter()
        .find(|build| compile(&file, &[(name, build.clone())]).is_empty())
        .unwrap_or_else(|| panic!("no build of {name} fits the library: see {:#?}", builds(name)))
}

/// Every error in one program.
fn errors(file: &Path) -> Vec<Said> {
    static FOUND: Mutex<BTreeMap<&str, PathBuf>> = Mutex::new(BTreeMap::new());
    let text = std::fs::read_to_string(file).unwrap();
    let mut needed = Vec::new();
    for (name, probe) in ALSO.iter().filter(|(name, _)| text.contains(&format!("{name}::"))) {
        let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
        needed.push((*name, found.entry(name).or_insert_with(|| companion(name, probe)).clone()));
    }
    compile(file, &needed)
}

/// Compiles one program as far as its types and gives every error.
fn compile(file: &Path, companions: &[(&str, PathBuf)]) -> Vec<Said> {
    let library = library();
    let out = tempfile::tempdir().unwrap();
    let mut compiler = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    compiler
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["--edition", "2024", "--crate-type", "bin", "--crate-name", "leak", "--emit", "metadata"])
        .args(["--error-format", "json", "--cap-lints", "allow", "--out-dir"])
        .arg(out.path())
        .arg("-L")
        .arg(format!("dependency={}", library.parent().unwrap().display()))
        .arg("--extern")
        .arg(format!("urval={}", library.display()));
    for (name, build) in companions {
        compiler.arg("--extern").arg(format!("{name}={}", build.display()));
    }
    let done = compiler.arg(file).output().expect("rustc is there, as it compiled these tests");
    let errors: Vec<Said> = String::from_utf8(done.stderr)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("rustc said: {line}")))
        .filter(|said| {
            said["level"] == "error" && !said["message"].as_str().unwrap().starts_with("aborting due")
        })
        .flat_map(|said| {
            // An error about several fields of one literal has a primary span for each.
            let spans = said["spans"].as_array().unwrap();
            let lines: Vec<usize> =
                spans.iter().filter(|span| span["is_primary"] == true).map(outermost).collect();
            assert!(!lines.is_empty(), "{}", said["rendered"]);
            lines.into_iter().map(move |line| Said {
                code: said["code"]["code"].as_str().unwrap_or("no code").into(),
                line,
                text: said["rendered"].as_str().unwrap_or_default().into(),
            })
        })
        .collect();
    assert_eq!(done.status.success(), errors.is_empty(), "{}: {errors:#?}", file.display());
    errors
}

/// The line of the program itself that an error is about, also when it lies inside a macro's text.
fn outermost(span: &Value) -> usize {
    match &span["expansion"]["span"] {
        Value::Null => usize::try_from(span["line_start"].as_u64().unwrap()).unwrap(),
        outer => outermost(outer),
    }
}

/// What is wrong with a program's failure; nothing when it fails exactly as it says.
fn unexpected(text: &str, errors: &[Said]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut lines = text.lines();
    if !lines.next().is_some_and(|line| line.len() > 25 && line.starts_with("// must not compile: ")) {
        wrong.push("the first line must be `// must not compile: PROMISE`".into());
    }
    let codes: Vec<&str> = lines
        .next()
        .and_then(|line| line.strip_prefix("// error: "))
        .map(|codes| codes.split_whitespace().collect())
        .unwrap_or_default();
    if codes.is_empty() {
        wrong.push("the second line must be `// error: CODE…`".into());
    }
    let marked: Vec<(usize, &str)> = text
        .lines()
        .enumerate()
        .filter_map(|(i, line)| line.split_once("//~").map(|(_, said)| (i + 1, said.trim())))
        .collect();
    if marked.is_empty() {
        wrong.push("no line is marked `//~`".into());
    }
    for (line, words) in &marked {
        if !errors.iter().any(|e| e.line == *line && e.text.contains(words)) {
            wrong.push(format!("line {line} must be refused and was not, or not with `{words}`"));
        }
    }
    for error in errors {
        if !codes.contains(&error.code.as_str()) {
            wrong.push(format!("line {}: {} was not expected: {}", error.line, error.code, error.text));
        } else if !marked.iter().any(|(line, _)| *line == error.line) {
            wrong.push(format!("line {}: the line is not marked: {}", error.line, error.text));
        }
    }
    wrong
}

fn must_not_compile(name: &str) {
    let file = folder().join(format!("{name}.rs"));
    let text = std::fs::read_to_string(&file).unwrap();
    let wrong = unexpected(&text, &errors(&file));
    assert!(wrong.is_empty(), "{}:\n{}", file.display(), wrong.join("\n"));
}

macro_rules! promises {
    ($($name:ident),* $(,)?) => {
        $(#[test] fn $name() { must_not_compile(stringify!($name)); })*

        #[test]
        fn every_program_in_the_folder_is_on_the_list() {
            let listed = BTreeSet::from([$(concat!(stringify!($name), ".rs"),)* "ok_control.rs"].map(String::from));
            let found: BTreeSet<String> = std::fs::read_dir(folder())
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            assert_eq!(found, listed);
        }
    };
}

promises! {
    // personal text does not leave by accident
    a_name_cannot_be_logged,
    a_name_cannot_be_serialised,
    a_name_cannot_be_copied,
    a_name_cannot_be_compared,
    a_name_is_no_string,
    clear_text_is_not_for_callers,
    // nobody reads without having been admitted, for that purpose
    nobody_reads_without_access,
    the_store_gives_nothing_without_access,
    an_access_cannot_be_forged,
    an_access_cannot_be_kept_for_later,
    screening_never_sees_who_it_is,
    who_watches_or_erases_reads_no_application,
    ranking_never_sees_the_text,
    a_purpose_cannot_be_invented,
    a_purpose_cannot_be_widened,
    a_route_cannot_be_left_unguarded,
    // what was shown stays on the page
    what_was_shown_cannot_be_formatted,
    what_was_shown_cannot_be_serialised,
    what_was_shown_is_no_string,
    // the model sees pseudonymised text only
    nobody_calls_a_text_pseudonymous,
    nobody_makes_pseudonymous_text_by_hand,
    pseudonymous_text_cannot_be_logged,
    the_encoder_takes_no_plain_text,
    // a person decides, on criteria that stay as they were
    nobody_makes_a_decision_by_hand,
    a_score_is_not_a_decision,
    a_frozen_profile_cannot_be_made_by_hand,
    // nobody is selected on sensitive data
    a_query_cannot_be_made_unchecked,
}

#[test]
fn a_program_that_keeps_the_promises_compiles() {
    let errors = errors(&folder().join("ok_control.rs"));
    assert!(errors.is_empty(), "{errors:#?}");
}

/// A harness that accepted any failure would prove nothing.
#[test]
fn the_harness_tells_the_expected_failure_from_any_other() {
    let program = "// must not compile: a promise of some length\n// error: E0277 E0599\nfn main() {\n    wrong(); //~ why\n}\n";
    let said = |code: &str, line, text: &str| Said { code: code.into(), line, text: text.into() };
    assert_eq!(unexpected(program, &[said("E0599", 4, "that is why")]), Vec::<String>::new());
    assert_eq!(unexpected(program, &[]).len(), 1, "it compiled");
    assert_eq!(unexpected(program, &[said("E0277", 4, "another reason")]).len(), 1);
    assert_eq!(unexpected(program, &[said("E0432", 4, "why")]).len(), 1, "another code");
    assert_eq!(
        unexpected(program, &[said("E0277", 4, "why"), said("E0277", 3, "why")]).len(),
        1,
        "elsewhere"
    );
    assert_eq!(unexpected("fn main() {}", &[]).len(), 3, "no promise, no code, no mark");
}
