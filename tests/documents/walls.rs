//! What the reader's process cannot do.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use super::program;
use crate::fixture::figures;

fn walls() -> (bool, Vec<(bool, String)>) {
    let done = Command::new(program()).args(["extract", "--walls"]).output().expect("the program");
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    let attempts = text
        .lines()
        .filter_map(|line| {
            let refused = line.strip_prefix("refused    ").map(|what| (true, what.to_owned()));
            refused.or_else(|| line.strip_prefix("SUCCEEDED  ").map(|what| (false, what.to_owned())))
        })
        .collect();
    (done.status.success(), attempts)
}

#[test]
fn inside_nothing_can_be_opened_reached_started_or_raised() {
    let (done, attempts) = walls();
    assert!(done && attempts.len() >= 18, "{attempts:?}");
    assert!(attempts.iter().all(|(refused, _)| *refused), "{attempts:?}");
    // The same attempts by this process, which stands outside: a list that can only fail would show nothing.
    let outside = urval_sandbox::attempts::all();
    let through = outside.iter().filter(|attempt| attempt.refused.is_none()).count();
    assert!(through >= 12, "{outside:?}");
    figures(
        "documents::walls::inside_nothing_can_be_opened_reached_started_or_raised",
        attempts.len() as u64,
        &json!({ "attempts": attempts.len(), "succeeded_inside": 0, "succeeded_outside": through }),
    );
}

#[test]
fn a_reader_is_ready_before_it_is_needed() {
    let extractor = super::extractor();
    let text = "Jag har lett ett projekt.".as_bytes();
    // The first ones are started with the service; these wait for nothing but the reading.
    let mut times: Vec<Duration> = (0..20)
        .map(|_| {
            let began = Instant::now();
            assert!(matches!(extractor.read(text), urval::pipeline::extract::Outcome::Read(_)));
            began.elapsed()
        })
        .collect();
    times.sort();
    figures(
        "documents::walls::a_reader_is_ready_before_it_is_needed",
        20,
        &json!({ "milliseconds_median": times[10].as_secs_f64() * 1e3, "milliseconds_worst": times[19].as_secs_f64() * 1e3 }),
    );
}
