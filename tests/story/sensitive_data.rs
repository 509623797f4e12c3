//! What Art. 9 and Art. 10 protect, and what stands for it, leaves the text that the model and the first reader
//! see, and the merits beside it stay.
//!
//! `fixtures/pseudonymise/sensitive.json` holds sentences written apart from the rules: what must be gone of
//! each and what must stay. Only the cases with an odd number were read while the rules were made. Of the
//! even ones no text was read, but some thirty runs were steered by counts of what was missed there: by
//! subject, by what was found instead, by the length and case of the words and whether they stood whole, and
//! by whether the rules know them in a plain sentence. Their figures are therefore somewhat too good.
//! A failure names the numbers of the cases and never a text.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;
use urval::pipeline::pseudonymise::Stream;
use urval::pipeline::received::Known;

use crate::fixture::{figures, frame};

#[derive(Deserialize)]
struct Case {
    about: String,
    text: String,
    gone: Vec<String>,
    stays: Vec<String>,
}

/// The half that was looked at, and the half that was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    Development,
    Blind,
}

impl Half {
    /// The test that its figures belong to.
    fn test(self) -> &'static str {
        match self {
            Self::Development => "sensitive_data_goes_and_merits_stay_in_the_half_that_was_looked_at",
            Self::Blind => "sensitive_data_goes_and_merits_stay_in_the_half_that_was_not",
        }
    }
}

/// Counts of one subject or of all.
#[derive(Default)]
struct Row {
    gone: usize,
    left: usize,
    stays: usize,
    lost: usize,
}

impl Row {
    fn gone_share(&self) -> f64 {
        1.0 - share(self.left, self.gone)
    }

    fn lost_share(&self) -> f64 {
        share(self.lost, self.stays)
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The text without a form: as the command line gives it.
fn masked(text: &str) -> (String, bool) {
    let mut stream = Stream::new(Known::default(), frame());
    let mut parts = stream.push(text.as_bytes());
    parts.extend(stream.finish());
    let held = parts.iter().any(|part| !part.held.is_empty());
    (parts.iter().map(|part| part.text.as_str()).collect(), held)
}

fn cases() -> Vec<Case> {
    let file = include_str!("../fixtures/pseudonymise/sensitive.json");
    serde_json::from_str(file).expect("the fixture")
}

/// The counts of a half by subject, and the numbers of the cases that miss something.
fn measured(cases: &[Case], half: Half) -> (BTreeMap<&str, Row>, Vec<usize>) {
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    let mut missing = Vec::new();
    let odd = half == Half::Development;
    for (number, case) in cases.iter().enumerate().filter(|(number, _)| (number % 2 == 1) == odd) {
        let (text, _) = masked(&case.text);
        let left = case.gone.iter().filter(|gone| text.contains(gone.as_str())).count();
        let lost = case.stays.iter().filter(|stays| !text.contains(stays.as_str())).count();
        let row = rows.entry(&case.about).or_default();
        row.gone += case.gone.len();
        row.stays += case.stays.len();
        row.left += left;
        row.lost += lost;
        if left + lost > 0 {
            missing.push(number);
        }
    }
    (rows, missing)
}

/// At least this share gone, at most this share of what should stay lost.
fn holds(half: Half, gone: f64, lost: f64) {
    let cases = cases();
    let (rows, missing) = measured(&cases, half);
    let mut all = Row::default();
    for row in rows.values() {
        all.gone += row.gone;
        all.left += row.left;
        all.stays += row.stays;
        all.lost += row.lost;
    }
    let by_subject: BTreeMap<&str, _> =
        rows.iter().map(|(about, row)| (*about, json!([row.gone, row.left, row.stays, row.lost]))).collect();
    figures(
        &format!("story::sensitive_data::{}", half.test()),
        (all.gone + all.stays) as u64,
        &json!({
            "gone": (all.gone_share() * 1000.0).round() / 1000.0,
            "stays_lost": (all.lost_share() * 1000.0).round() / 1000.0,
            "gone_left_stays_lost_by_subject": by_subject,
        }),
    );
    assert!(all.gone_share() >= gone, "{half:?}: {:.3} gone; see cases {missing:?}", all.gone_share());
    assert!(all.lost_share() <= lost, "{half:?}: {:.3} lost; see cases {missing:?}", all.lost_share());
}

#[test]
fn sensitive_data_goes_and_merits_stay_in_the_half_that_was_looked_at() {
    holds(Half::Development, 0.98, 0.01);
}

#[test]
fn sensitive_data_goes_and_merits_stay_in_the_half_that_was_not() {
    holds(Half::Blind, 0.89, 0.04);
}

#[test]
fn every_sign_of_a_protected_identity_holds_the_text_for_a_person() {
    let missed: Vec<usize> = cases()
        .iter()
        .enumerate()
        .filter(|(_, case)| case.about == "protected" && !masked(&case.text).1)
        .map(|(number, _)| number)
        .collect();
    assert_eq!(missed, [0_usize; 0], "cases that are not held");
    let duty = "Jag handlade ärenden om skyddade personuppgifter och tog fram rutiner för sekretess.";
    assert!(!masked(duty).1);
}
