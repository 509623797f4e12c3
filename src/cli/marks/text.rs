//! The figures on a terminal.

use std::fmt::Write as _;

use crate::pipeline::ingest::screened::Screened;
use crate::pipeline::quality::{Compared, Figure, Part, Ranking, Report, Spread};
use crate::subject::profile::FrozenProfile;

/// A figure and its interval. What is not defined says so: a dash could be read as nothing.
fn figure(figure: Figure) -> String {
    let Some(value) = figure.value else { return "undefined".to_owned() };
    match (figure.low, figure.high) {
        (Some(low), Some(high)) => format!("{value:.2} [{low:.2}, {high:.2}]"),
        _ => format!("{value:.2} [no interval]"),
    }
}

fn percent(figure: Figure) -> String {
    let Some(value) = figure.value.map(|value| value * 100.0) else { return "undefined".to_owned() };
    match (figure.low, figure.high) {
        (Some(low), Some(high)) => format!("{value:.1} % [{:.1}, {:.1}]", low * 100.0, high * 100.0),
        _ => format!("{value:.1} % [no interval]"),
    }
}

/// An estimated number of applications.
fn count(figure: Figure) -> String {
    match (figure.value, figure.low, figure.high) {
        (Some(value), Some(low), Some(high)) => format!("{value:.1} [{low:.1}, {high:.1}]"),
        _ => "undefined".to_owned(),
    }
}

fn spread(spread: Spread) -> String {
    figure(Figure { value: spread.mean, low: spread.low, high: spread.high })
}

/// The whole report.
pub(super) fn of(profile: &FrozenProfile, screened: Option<&Screened>, report: &Report) -> String {
    let mut out = String::new();
    let about = profile.profile();
    let _ = writeln!(out, "{} (version {}, sha256 {})", about.title.en, about.version, profile.digest());
    if let Some(screened) = screened {
        let _ = writeln!(out, "model {}, method {}", screened.model.fingerprint, screened.method);
    }
    let settings = report.settings;
    let _ = writeln!(
        out,
        "{} applications, {} marks, {} reviewers",
        report.applications, report.marks, report.reviewers
    );
    let _ = writeln!(
        out,
        "in brackets: 95 % intervals over {} resamples of whole applications, seed {}",
        settings.resamples, settings.seed
    );
    for notice in &report.notices {
        let _ = writeln!(out, "! {notice}");
    }
    let rows: Vec<(&str, &Part)> = std::iter::once(("overall", &report.overall))
        .chain(report.criteria.iter().map(|criterion| (criterion.id.as_str(), &criterion.part)))
        .collect();

    let placements = report.placements.iter().map(|placement| placement.id.as_str());
    let wide = rows.iter().map(|(name, _)| *name).chain(placements).map(str::len).max().unwrap_or(0);

    out.push_str("\n== Reviewer against reviewer, blind marks: quadratic weighted kappa\n");
    for (name, part) in &rows {
        let found = &part.reviewers;
        let _ = writeln!(
            out,
            "{name:<wide$}  {:<18}  {} application(s), {} pair(s)",
            figure(found.kappa),
            found.applications,
            found.pairs
        );
    }
    out.push_str("\n== Blind marks against final ones\n");
    for (name, part) in &rows {
        let found = &part.changes;
        let _ = writeln!(
            out,
            "{name:<wide$}  {} of {} changed: {}; kappa {}",
            found.changed,
            found.marks,
            percent(found.share),
            figure(found.kappa)
        );
        if let Some(machine) = &found.machine {
            let _ = writeln!(
                out,
                "{:<wide$}  {} of {} differed from the model; moved towards it {}, away {}, neither {}; gave way {}",
                "",
                machine.differed,
                machine.marks,
                machine.towards,
                machine.away,
                machine.neither,
                percent(machine.towards_share)
            );
            let _ = writeln!(
                out,
                "{:<wide$}  kappa with the model: blind {}, final {}",
                "",
                figure(machine.kappa_blind),
                figure(machine.kappa_final)
            );
        }
    }
    if report.overall.ranking.is_some() {
        let first = settings.first;
        let _ =
            writeln!(out, "\n== The model's levels against people's blind marks (nDCG of the first {first})");
        for (name, part) in &rows {
            if let Some(found) = &part.ranking {
                ranking(&mut out, name, wide, found);
            }
        }
        let _ = writeln!(out, "\n== The bands of each placement against people's blind marks");
        for placement in &report.placements {
            ranking(&mut out, placement.id.as_str(), wide, &placement.ranking);
        }
    }
    if let Some(sample) = &report.sample {
        let _ = writeln!(
            out,
            "\n== Sample of the {} applications below the top {} band(s)",
            sample.below, settings.top_bands
        );
        let _ = writeln!(
            out,
            "{} drawn, {} marked; good from a mean of {}: {}",
            sample.drawn,
            sample.marked,
            settings.good,
            sample.missed.len()
        );
        let _ = writeln!(
            out,
            "miss rate {} (exact); among all below about {}",
            percent(sample.share),
            count(sample.estimated)
        );
        if !sample.missed.is_empty() {
            let _ = writeln!(out, "look again at: {}", sample.missed.join(", "));
        }
        if !sample.unmarked.is_empty() {
            let _ = writeln!(out, "not marked in full: {}", sample.unmarked.join(", "));
        }
    }
    out
}

fn ranking(out: &mut String, name: &str, wide: usize, found: &Ranking) {
    let kappa = found.kappa.map_or(String::new(), |kappa| format!("kappa {}  ", figure(kappa)));
    let _ = writeln!(
        out,
        "{name:<wide$}  {kappa}tau-b {}  nDCG {}  ({} application(s))",
        figure(found.tau_b),
        figure(found.ndcg),
        found.applications
    );
    let mut beside = |what: &str, other: &Compared| {
        let _ = writeln!(
            out,
            "{:<wide$}  {what:<15} tau-b {}  nDCG {}; the model's minus it: tau-b {}  nDCG {}",
            "",
            figure(other.tau_b),
            figure(other.ndcg),
            figure(other.ai_minus_tau_b),
            figure(other.ai_minus_ndcg)
        );
    };
    if let Some(other) = &found.keywords {
        beside("keyword search", other);
    }
    if let Some(other) = &found.characters {
        beside("letter search", other);
    }
    let random = &found.random;
    let _ = writeln!(
        out,
        "{:<wide$}  {:<15} tau-b {}  nDCG {}; the model's minus it: tau-b {}  nDCG {}",
        "",
        "random order",
        spread(random.tau_b),
        spread(random.ndcg),
        figure(random.ai_minus_tau_b),
        figure(random.ai_minus_ndcg)
    );
}
