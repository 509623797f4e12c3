//! The quality of the selection, from files to figures: the sixty invented applications are screened, people's marks
//! are invented from what their authors put in, and `urval marks agreement` finds again what was planted: two people
//! who nearly agree, one who gives way to the model, an order that is better than a random one, and good applications
//! in the lower bands.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use urval::demo::applications::FILES;

use crate::fixture::{figures, program};

const CRITERIA: [&str; 5] = ["K2", "K4", "K5", "K6", "K10"];

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON")
}

fn said(done: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr))
}

/// All sixty as one table, and the grades that follow from what was planted, by row.
fn invented(into: &Path) -> Vec<BTreeMap<String, u8>> {
    let mut writer = csv::WriterBuilder::new().delimiter(b';').from_path(into).expect("a table");
    writer
        .write_record(["namn", "e-post", "placeringar", "personligt brev", "cv", "F1", "F2", "F3"])
        .expect("a header");
    let mut planted = Vec::new();
    for (file, text) in FILES {
        let read: toml::Table = text.parse().expect(file);
        let word = |table: &toml::Table, key: &str| {
            table.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned()
        };
        let person = read["person"].as_table().expect("a person");
        let answers = read.get("answers").and_then(toml::Value::as_table).cloned().unwrap_or_default();
        let placements: Vec<&str> =
            read["placements"].as_array().expect("a list").iter().filter_map(toml::Value::as_str).collect();
        let row = [
            word(person, "name"),
            word(person, "email"),
            placements.join(", "),
            word(&read, "letter"),
            word(&read, "cv"),
            word(&answers, "F1"),
            word(&answers, "F2"),
            word(&answers, "F3"),
        ];
        writer.write_record(row).expect("a row");
        let grade = |level: &toml::Value| match level.as_str() {
            Some("strong") => 5,
            Some("adequate") => 3,
            Some("weak") => 2,
            _ => 1,
        };
        let own = read["planted"].as_table().expect("what was planted");
        planted.push(own.iter().map(|(criterion, level)| (criterion.clone(), grade(level))).collect());
    }
    writer.flush().expect("a table");
    planted
}

/// The model's level as a mark: fifths.
fn step(application: &Value, criterion: &str) -> u8 {
    let found = application["criteria"].as_array().expect("criteria").iter().find(|c| c["id"] == criterion);
    let level = found.expect("a level")["level"].as_f64().expect("a level");
    (level * 5.0).floor().min(4.0) as u8 + 1
}

#[test]
fn what_was_planted_in_marks_is_found_and_a_random_order_is_worse() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let data = at("data");
    std::fs::create_dir(at("in")).expect("a folder");
    let planted = invented(&at("in/alla.csv"));
    std::fs::write(at("kravprofil.toml"), urval::demo::PROFILE).expect("the profile");
    let (profile, result) = (shown(&at("kravprofil.toml")), shown(&at("screen.json")));
    let done = program(
        &[
            "screen",
            "--evaluation",
            "--profile",
            &profile,
            "--applications",
            &shown(&at("in")),
            "--json",
            &result,
        ],
        &data,
    );
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let screened = read(&at("screen.json"));
    let applications = screened["applications"].as_array().expect("applications");

    // A sample of the lower bands, drawn twice alike.
    let draw = |seed: &str| {
        program(
            &["marks", "draw", "--profile", &profile, "--screen", &result, "--size", "12", "--seed", seed],
            &data,
        )
    };
    let drawn = draw("7");
    assert_eq!(drawn.status.code(), Some(0), "{}", said(&drawn));
    assert_eq!((&draw("7").stdout, draw("8").stdout == drawn.stdout), (&drawn.stdout, false));
    std::fs::write(at("sample.txt"), &drawn.stdout).expect("the sample");
    let drawn = String::from_utf8(drawn.stdout).expect("ids");
    assert_eq!(drawn.lines().count(), 12);

    // b1 marks what was planted and stays; b2 marks one lower on every sixth, and gives way to the model on every fifth.
    let mut writer = csv::Writer::from_path(at("marks.csv")).expect("a file");
    writer
        .write_record(["application", "criterion", "reviewer", "blind", "final", "reason"])
        .expect("a header");
    let key = std::fs::read_to_string(data.join("screen-trainee-demo-key.csv")).expect("the key");
    let (mut towards, mut marks, mut good) = (0, 0, 0);
    for row in csv::Reader::from_reader(key.as_bytes()).records() {
        let row = row.expect("a row");
        let number: usize =
            row[0].strip_prefix("alla.csv#").and_then(|n| n.parse().ok()).expect("a row's number");
        let Some(application) = applications.iter().find(|a| a["id"] == row[1]) else { continue };
        let mut sum = 0.0;
        for criterion in CRITERIA {
            let grade = planted[number - 2][criterion];
            let lower = if marks % 6 == 5 { grade.max(2) - 1 } else { grade };
            let gives_way = marks % 5 == 4 && step(application, criterion) != lower;
            let last = if gives_way { step(application, criterion) } else { lower };
            let reason = if gives_way { "The passage that was shown, I had missed." } else { "" };
            let mut put = |reviewer: &str, blind: u8, last: u8, reason: &str| {
                writer
                    .write_record([
                        &row[1],
                        criterion,
                        reviewer,
                        &blind.to_string(),
                        &last.to_string(),
                        reason,
                    ])
                    .expect("a row");
            };
            put("b1", grade, grade, "");
            put("b2", lower, last, reason);
            towards += u64::from(gives_way);
            marks += 1;
            let weight = if ["K5", "K6"].contains(&criterion) { 3.0 } else { 2.0 };
            sum += weight / 12.0 * f64::midpoint(f64::from(grade), f64::from(last));
        }
        good += u64::from(drawn.lines().any(|id| id == &row[1]) && sum >= 3.5);
    }
    writer.flush().expect("a file");

    let out = at("agreement.json");
    let call = |out: &Path| {
        let files = [shown(&at("marks.csv")), shown(&at("in")), shown(&at("sample.txt")), shown(out)];
        let [marks, texts, sample, out] = &files;
        program(
            &[
                "marks",
                "agreement",
                "--profile",
                &profile,
                "--marks",
                marks,
                "--screen",
                &result,
                "--applications",
                texts,
                "--sample",
                sample,
                "--json",
                out,
            ],
            &data,
        )
    };
    let done = call(&out);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    let report = read(&out);
    let overall = &report["overall"];
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("a number: {value}\n{text}"));

    // People: nearly the same marks, and the interval holds the figure.
    let kappa = &overall["reviewers"]["kappa"];
    assert!(number(&kappa["low"]) > 0.9 && number(&kappa["value"]) < 1.0, "{text}");
    assert!(
        number(&kappa["low"]) <= number(&kappa["value"]) && number(&kappa["value"]) <= number(&kappa["high"])
    );
    // Who gave way is counted to the mark, all towards the model, and the final marks agree with it better.
    let machine = &overall["changes"]["machine"];
    assert_eq!(overall["changes"]["changed"], towards, "{text}");
    assert_eq!(
        (&machine["towards"], &machine["away"], &machine["neither"]),
        (&json!(towards), &json!(0), &json!(0))
    );
    assert!(number(&machine["kappa_final"]["value"]) > number(&machine["kappa_blind"]["value"]), "{text}");
    // The order: better than a random one, with an interval that does not reach it; and beside keyword search.
    let ranking = &overall["ranking"];
    assert!(number(&ranking["random"]["tau_b"]["mean"]).abs() < 0.05, "{text}");
    assert!(number(&ranking["tau_b"]["low"]) > 0.0, "{text}");
    assert!(number(&ranking["tau_b"]["value"]) > number(&ranking["random"]["tau_b"]["high"]), "{text}");
    assert!(ranking["random"]["ai_minus_ndcg"]["low"].is_number(), "{text}");
    assert!(ranking["keywords"]["tau_b"]["value"].is_number() && ranking["characters"].is_object(), "{text}");
    // Bands, per placement; and the sample, to the application.
    assert_eq!(
        report["placements"].as_array().map(Vec::len),
        screened["placements"].as_array().map(Vec::len)
    );
    assert_eq!((&report["sample"]["drawn"], &report["sample"]["marked"]), (&json!(12), &json!(12)), "{text}");
    assert_eq!(report["sample"]["missed"].as_array().map(|ids| ids.len() as u64), Some(good), "{text}");
    for says in ["keyword search", "random order", "miss rate", "EVALUATION", "The sample has only 12"] {
        assert!(text.contains(says), "{says}: {text}");
    }
    // The same call, the same figures.
    let again = at("again.json");
    assert_eq!(call(&again).status.code(), Some(0));
    assert_eq!(read(&again), report);

    figures(
        "story::selection_quality::what_was_planted_in_marks_is_found_and_a_random_order_is_worse",
        overall["ranking"]["applications"].as_u64().expect("a count"),
        &json!({ "ranking": ranking, "sample_share": report["sample"]["share"] }),
    );
}

#[test]
fn faulty_marks_are_refused_with_every_line_and_no_word_of_theirs() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("kravprofil.toml"), urval::demo::PROFILE).expect("the profile");
    let marks = "application,criterion,reviewer,blind,final,reason\nK-AAAAAA,K2,Anna Ek,3,3,\nK-AAAAAA,K2,b1,3,4,no\n";
    std::fs::write(at("marks.csv"), marks).expect("marks");
    let (profile, marks) = (shown(&at("kravprofil.toml")), shown(&at("marks.csv")));
    let done = program(&["marks", "agreement", "--profile", &profile, "--marks", &marks], &at("data"));
    assert_eq!(done.status.code(), Some(1));
    let said = said(&done);
    assert!(said.contains("line 2: `reviewer`") && said.contains("line 3: `final` differs"), "{said}");
    assert!(!said.contains("Anna"), "{said}");
    let bare = program(
        &["marks", "agreement", "--profile", &profile, "--marks", &marks, "--sample", "x"],
        &at("data"),
    );
    assert_eq!(bare.status.code(), Some(1), "a sample needs a result of screening");
}
