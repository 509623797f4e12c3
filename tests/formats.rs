//! `docs/formats.md` is true: its examples are read by the readers it speaks of, and what it says of the
//! program's output is compared with a real run.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::fixture::program;
use serde_json::Value;
use urval::casework::review::Mark;
use urval::pipeline::ingest::read_file;
use urval::subject::level::Level;
use urval::subject::profile::{FrozenProfile, Profile};
use urval::subject::words::Lang;

const DOC: &str = include_str!("../docs/formats.md");

/// The text of every fenced block with exactly this after the fence.
fn blocks(kind: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<(bool, String)> = None;
    for line in DOC.lines() {
        open = match (open.take(), line.strip_prefix("```")) {
            (None, Some(name)) => Some((name == kind, String::new())),
            (Some((wanted, text)), Some("")) => {
                if wanted {
                    found.push(text);
                }
                None
            }
            (Some((wanted, mut text)), _) => {
                text.push_str(line);
                text.push('\n');
                Some((wanted, text))
            }
            (None, None) => None,
        };
    }
    assert!(open.is_none(), "a fence is not closed");
    found
}

fn block(kind: &str) -> String {
    let mut found = blocks(kind);
    assert_eq!(found.len(), 1, "one example of `{kind}`");
    found.remove(0)
}

fn profile() -> FrozenProfile {
    Profile::freeze(&block("toml kravprofil")).unwrap_or_else(|error| panic!("{error}"))
}

fn rows(text: &str) -> (Vec<String>, Vec<BTreeMap<String, String>>) {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header: Vec<String> = reader.headers().expect("a header").iter().map(str::to_owned).collect();
    let rows = reader.deserialize().map(|row| row.expect("a row as wide as the header")).collect();
    (header, rows)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Every key, by its path; the items of a list share one.
fn keys(value: &Value) -> BTreeSet<String> {
    fn walk(value: &Value, at: &str, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                for (key, inner) in map {
                    let here = format!("{at}.{key}");
                    walk(inner, &here, found);
                    found.insert(here);
                }
            }
            Value::Array(list) => list.iter().for_each(|inner| walk(inner, &format!("{at}[]"), found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    walk(value, "", &mut found);
    found
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("`{key}` is a list: {value}"))
}

#[test]
fn the_example_profile_freezes_and_each_faulty_criterion_is_refused_as_written() {
    let frozen = profile();
    assert_eq!(frozen.profile().placements.len(), 2);
    let example = block("toml kravprofil");
    let faulty = blocks("toml kravprofil refused");
    assert!(faulty.len() >= 9, "{}", faulty.len());
    for text in faulty {
        let (says, criterion) = text.split_once('\n').expect("a comment, then a criterion");
        let says = says.strip_prefix("# ").expect("a comment");
        let id = criterion.lines().find_map(|line| line.strip_prefix("id = ")).expect("an id");
        assert!(says.starts_with(&format!("criterion {}: ", id.trim_matches('"'))), "names it: {says}");
        let error = Profile::freeze(&format!("{example}\n{criterion}")).expect_err(says);
        assert_eq!(error.lines(Lang::En), [says]);
    }
}

#[test]
fn the_example_table_is_read_whole() {
    let text = block("csv applications");
    let items = read_file("applications.csv", text.as_bytes()).expect("a table");
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(text.as_bytes());
    let wanted: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(items.len(), wanted.len());
    for (number, (item, row)) in items.iter().zip(&wanted).enumerate() {
        assert_eq!(item.label, format!("applications.csv#{}", number + 2), "the header is row 1");
        let read = item.outcome.as_ref().expect("read");
        let known = [&read.known.name, &read.known.email, &read.known.phone, &read.known.town];
        assert!(known.iter().zip(row).all(|(field, cell)| *field == cell), "row {number}");
        assert_eq!(item.placements, row[4].split(", ").collect::<Vec<_>>());
        let texts = row.iter().skip(5).filter(|cell| !cell.is_empty()).count();
        assert_eq!(read.sections.len(), texts, "letter, CV and answer, where there are any");
    }
}

#[test]
fn the_example_marks_keep_the_rules_written_below_them() {
    let frozen = profile();
    let (header, rows) = rows(&block("csv marks"));
    assert_eq!(header, ["application", "criterion", "reviewer", "blind", "final", "reason"]);
    let (mut once, mut changed) = (BTreeSet::new(), 0);
    for row in &rows {
        let id = row["criterion"].as_str();
        let criterion = frozen.profile().criteria.iter().find(|c| c.id.as_str() == id).expect(id);
        assert!(urval::casework::review::marked_now(criterion), "{id}");
        for column in ["blind", "final"] {
            let mark = Mark::parse(&row[column]).unwrap_or_else(|| panic!("{row:?}"));
            assert_eq!(mark.code(), row[column]);
            assert!(mark.fits(criterion), "{row:?}");
        }
        let reason = row["reason"].trim().chars().count();
        assert_eq!(row["blind"] != row["final"], reason >= 10, "{row:?}");
        assert_eq!(row["blind"] == row["final"], reason == 0, "{row:?}");
        changed += usize::from(reason > 0);
        assert!(once.insert((&row["application"], id, &row["reviewer"])), "twice: {row:?}");
    }
    assert!(changed > 0 && changed < rows.len(), "both kinds are shown");
    for (criterion, good) in
        [("K1", "styrkt"), ("K1", "ej_styrkt"), ("K1", "oklart"), ("K2", "1"), ("K2", "5")]
    {
        let wanted = frozen.profile().criteria.iter().find(|c| c.id.as_str() == criterion).expect(criterion);
        let other = frozen.profile().criteria.iter().find(|c| (c.id.as_str() == "K2") == (criterion == "K1"));
        let mark = Mark::parse(good).expect(good);
        assert!(mark.fits(wanted) && !mark.fits(other.expect("the other scale")), "{good}");
    }
    for bad in ["", "0", "6", "4.5", " 4", "Styrkt", "ej styrkt"] {
        assert_eq!(Mark::parse(bad), None, "{bad:?}");
    }
}

/// Runs the program on the document's own profile and table and an empty file.
#[test]
fn the_example_result_has_the_keys_of_a_real_run_and_its_sums_are_exact() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let (data, out) = (at("data"), at("out.json"));
    std::fs::create_dir(at("in")).expect("a folder");
    std::fs::write(at("kravprofil.toml"), block("toml kravprofil")).expect("the profile");
    std::fs::write(at("in/applications.csv"), block("csv applications")).expect("the table");
    std::fs::write(at("in/tom.txt"), "").expect("an empty file");
    let arguments = ["--profile", &shown(&at("kravprofil.toml")), "--applications", &shown(&at("in"))];
    let done =
        program(&[&["screen", "--evaluation", "--json", &shown(&out)][..], &arguments].concat(), &data);
    assert_eq!(done.status.code(), Some(2), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(std::fs::metadata(&out).expect("the result").permissions().mode() & 0o777, 0o600);
    let real: Value = serde_json::from_slice(&std::fs::read(&out).expect("the result")).expect("JSON");
    let written: Value = serde_json::from_str(&block("json screen")).expect("JSON");
    assert_eq!(keys(&written), keys(&real));
    for key in ["format", "evaluation", "profile", "refused"] {
        assert_eq!(written[key], real[key], "{key}");
    }
    // What the program writes and the document shows must also keep what the document promises.
    for value in [&real, &written] {
        keeps_its_promises(value, profile().profile());
    }
    assert!(
        keys(&real).iter().all(|key| DOC.contains(&format!("`{}", key.rsplit('.').next().expect("a key"))))
    );

    // The key file, and its example.
    let key = std::fs::read_to_string(data.join("screen-exempel-2027-key.csv")).expect("the key file");
    let mode = std::fs::metadata(data.join("screen-exempel-2027-key.csv")).expect("it").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let ((wanted, example), (header, lines)) = (rows(&block("csv key")), rows(&key));
    assert_eq!((&header, lines.len()), (&wanted, example.len()));
    for (shown, line) in example.iter().zip(&lines) {
        assert_eq!((&shown["file"], &shown["state"]), (&line["file"], &line["state"]));
        assert!(list(&real, "applications").iter().any(|a| a["id"] == line["application"].as_str()));
    }
    // The other examples speak of the same people.
    let ids: BTreeSet<&str> = example.iter().map(|row| row["application"].as_str()).collect();
    assert!(list(&written, "applications").iter().all(|a| ids.contains(a["id"].as_str().expect("an id"))));
    assert!(rows(&block("csv marks")).1.iter().all(|row| ids.contains(row["application"].as_str())));

    // Marks of the same people under the names of this run.
    let mut marks = block("csv marks");
    for (shown, line) in example.iter().zip(&lines) {
        marks = marks.replace(&shown["application"], &line["application"]);
    }
    std::fs::write(at("marks.csv"), marks).expect("the marks");
    std::fs::write(at("sample.txt"), &lines[1]["application"]).expect("a sample");
    the_report_on_marks_is_as_written(&data, folder.path());

    the_report_on_its_log_is_as_written(&data, folder.path());
}

fn the_report_on_marks_is_as_written(data: &Path, folder: &Path) {
    let at = |name: &str| shown(&folder.join(name));
    let (profile, marks, result) = (at("kravprofil.toml"), at("marks.csv"), at("out.json"));
    let (texts, sample, out) = (at("in"), at("sample.txt"), at("agreement.json"));
    let call =
        ["marks", "agreement", "--profile", &profile, "--marks", &marks, "--screen", &result, "--json", &out];
    // Nobody is in the first 0 bands, whatever the levels of the two are.
    let more = ["--applications", &texts, "--sample", &sample, "--top-bands", "0"];
    let done = program(&[&call[..], &more].concat(), data);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(std::fs::metadata(&out).expect("the report").permissions().mode() & 0o777, 0o600);
    let real: Value = serde_json::from_slice(&std::fs::read(&out).expect("the report")).expect("JSON");
    let written: Value = serde_json::from_str(&block("json agreement")).expect("JSON");
    assert_eq!(keys(&written), keys(&real));
    for key in ["format", "profile", "applications", "marks", "reviewers"] {
        assert_eq!(written[key], real[key], "{key}");
    }
    assert!(
        keys(&real).iter().all(|key| DOC.contains(&format!("`{}", key.rsplit('.').next().expect("a key"))))
    );
    // The changes of the example can be counted by hand.
    for value in [&real, &written] {
        let changes = &value["overall"]["changes"];
        assert_eq!((&changes["marks"], &changes["changed"]), (&8.into(), &2.into()));
        assert_eq!(value["overall"]["reviewers"]["pairs"], 1);
        assert_eq!(value["sample"]["missed"], Value::Array(Vec::new()), "1 and 2 are not good");
    }
    let bare = program(&call[..6], data);
    assert_eq!(bare.status.code(), Some(0), "{}", String::from_utf8_lossy(&bare.stderr));
}

fn keeps_its_promises(result: &Value, profile: &Profile) {
    const MILLI_UNITS: f64 = 4_096_000.0;
    for application in list(result, "applications") {
        let first = &list(application, "placements")[0];
        assert_eq!((&application["band"], &application["total"]), (&first["band"], &first["total"]));
        for placement in list(application, "placements") {
            let named = placement["id"].as_str().expect("an id");
            let mut total = 0.0;
            for found in list(application, "criteria") {
                let criterion =
                    profile.criteria.iter().find(|c| found["id"] == c.id.as_str()).expect("known");
                let applies = criterion.placements.is_empty()
                    || criterion.placements.iter().any(|p| p.as_str() == named);
                if applies {
                    total += found["contribution"].as_f64().expect("a number");
                }
            }
            assert_eq!(Some(total), placement["total"].as_f64(), "exactly, for {named}");
            let bands = list(result, "placements").iter().find(|p| p["id"] == named).expect("its bands");
            let band = list(bands, "bands")
                .iter()
                .position(|band| band.as_array().is_some_and(|ids| ids.contains(&application["id"])));
            assert_eq!(placement["band"].as_u64(), band.map(|index| index as u64 + 1));
        }
        for found in list(application, "criteria") {
            let criterion = profile.criteria.iter().find(|c| found["id"] == c.id.as_str()).expect("known");
            assert_eq!(found["kind"], criterion.kind.code());
            assert_eq!(found["level"].is_null(), !criterion.in_sum());
            let level = found["level"].as_f64().unwrap_or(0.0);
            let units = level * f64::from(Level::UNITS);
            assert!(units.fract() == 0.0 && (0.0..=4096.0).contains(&units), "4096ths: {level}");
            let weight = criterion.weight.map_or(0, urval::subject::profile::Weight::milli);
            let contribution = found["contribution"].as_f64().expect("a number");
            assert_eq!((contribution * MILLI_UNITS).round(), f64::from(weight) * units);
            assert!(list(found, "evidence").len() <= 3);
            for passage in list(found, "evidence") {
                let (start, end) =
                    (passage["start"].as_u64().expect("start"), passage["end"].as_u64().expect("end"));
                assert_eq!(Some(end - start), passage["text"].as_str().map(|text| text.len() as u64));
                assert_eq!(passage["without"].is_null(), found["level"].is_null());
                assert!(passage["without"].as_f64().is_none_or(|without| without <= level));
            }
        }
    }
}

fn the_report_on_its_log_is_as_written(data: &Path, folder: &Path) {
    let written: Value = serde_json::from_str(&block("json audit")).expect("JSON");
    let log = folder.join("log");
    assert_eq!(program(&["audit", "export", &shown(&log)], data).status.code(), Some(0));
    let key = folder.join("key");
    std::fs::copy(log.join("vkey"), &key).expect("the key");
    let verify = || {
        let done = program(&["audit", "verify", &shown(&log), "--vkey", &shown(&key), "--json"], folder);
        let report: Value = serde_json::from_slice(&done.stdout).expect("a report");
        (done.status.code(), report)
    };
    let (code, whole) = verify();
    assert_eq!((code, &whole["ok"]), (Some(0), &Value::Bool(true)), "{whole}");
    let bundle = std::fs::read_dir(log.join("tile/entries/000.p")).expect("a short last bundle").next();
    let bundle = bundle.expect("one").expect("one").path();
    let mut bytes = std::fs::read(&bundle).expect("entries");
    bytes[40] ^= 1;
    std::fs::write(&bundle, bytes).expect("entries");
    let (code, report) = verify();
    assert_eq!(code, Some(1));
    assert_eq!(keys(&report), keys(&written));
    for key in ["kind", "entry"] {
        assert_eq!(report["findings"][0][key], written["findings"][0][key]);
    }
}

#[test]
fn with_one_placement_an_application_has_no_list_of_placements() {
    let folder = tempfile::tempdir().expect("a folder");
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/screen");
    let (profile, applications) = (format!("{fixtures}/kravprofil.toml"), format!("{fixtures}/applications"));
    let out = folder.path().join("out.json");
    let done = program(
        &["screen", "--profile", &profile, "--applications", &applications, "--json", &shown(&out)],
        &folder.path().join("data"),
    );
    assert_eq!(done.status.code(), Some(2), "{}", String::from_utf8_lossy(&done.stderr));
    let real: Value = serde_json::from_slice(&std::fs::read(&out).expect("the result")).expect("JSON");
    let mut wanted = keys(&serde_json::from_str(&block("json screen")).expect("JSON"));
    wanted.retain(|key| !key.starts_with(".applications[].placements"));
    // One of these applicants lists keywords, and nobody in the document's example does.
    wanted.extend(["start", "end", "why"].map(|key| format!(".applications[].uncounted[].{key}")));
    assert_eq!(wanted, keys(&real));
    assert_eq!((&real["placements"][0]["id"], &real["evaluation"]), (&"alla".into(), &false.into()));
}

#[test]
fn every_kind_of_finding_is_told_of() {
    let source = include_str!("../src/guard/audit/report.rs");
    let (_, kinds) = source.split_once("\nkinds! {\n").expect("the kinds");
    let (kinds, _) = kinds.split_once("\n}\n").expect("their end");
    let mut named = BTreeSet::new();
    for line in kinds.lines().filter_map(|line| line.strip_prefix("    ")) {
        if let Some((name, _)) = line.split_once(" = \"").filter(|_| !line.starts_with(' ')) {
            let mut code = String::new();
            for letter in name.chars() {
                if letter.is_uppercase() && !code.is_empty() {
                    code.push('_');
                }
                code.extend(letter.to_lowercase());
            }
            named.insert(code);
        }
    }
    assert!(named.len() > 20, "{named:?}");
    let (_, table) = DOC.split_once("| kind | what it says |\n|---|---|\n").expect("the table");
    let told: BTreeSet<String> = table
        .lines()
        .map_while(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(code, _)| code.to_owned())
        .collect();
    assert_eq!(told, named);
}

#[test]
fn commands_end_with_the_codes_of_the_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let (good, bad) = (folder.path().join("good.toml"), folder.path().join("bad.toml"));
    std::fs::write(&good, block("toml kravprofil")).expect("a profile");
    std::fs::write(&bad, "format = \"urval-kravprofil/1\"\n").expect("a profile");
    let nothing = folder.path().join("nothing");
    std::fs::create_dir(&nothing).expect("a folder");
    std::fs::write(nothing.join("tom.txt"), "").expect("an empty file");
    let (good, bad, nothing) = (shown(&good), shown(&bad), shown(&nothing));
    let calls: [(&[&str], i32); 12] = [
        (&["--help"], 0),
        (&["--version"], 0),
        (&["profile", "check", &good], 0),
        (&["profile", "check", &bad], 1),
        (&["profile", "check", "absent.toml"], 1),
        (&["profile", "check", &good, "--unknown"], 1),
        (&["screen", "--profile", &good, "--applications", &nothing], 1),
        (&["marks", "agreement", "--profile", &good, "--marks", "absent.csv"], 1),
        (&["marks", "draw", "--profile", &good, "--screen", "absent.json", "--size", "5"], 1),
        (&["audit", "verify", &nothing, "--vkey", "absent"], 1),
        (&["audit", "export", &nothing], 1),
        (&["model", "check", "no-such-model"], 1),
    ];
    for (arguments, code) in calls {
        let done = program(arguments, &folder.path().join("data"));
        assert_eq!(done.status.code(), Some(code), "{arguments:?}");
        assert_eq!(done.stderr.is_empty(), code == 0, "{arguments:?} says why it failed");
    }
}
