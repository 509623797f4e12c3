//! `urval fairness test`: the correspondence test on exactly the model, profile, method and policies in use. It needs
//! no server and stores nothing: every application in it is invented.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::open::{Folder, model};
use super::profile::read;
use super::{Ended, Failure};
use crate::clock::Clock;
use crate::demo::bar;
use crate::guard::policy::Policies;
use crate::pipeline::fairness::exact::{Interval, Share};
use crate::pipeline::fairness::twins::{BASE, Ground, Strength, VARIANTS};
use crate::pipeline::fairness::{
    BASES_DEFAULT, BASES_MAX, GroundReport, Group, Key, Plan, PlantedLevel, Reader, Report, Thresholds,
    VariantReport, examine,
};
use crate::pipeline::score::Ruler;
use crate::subject::profile::FrozenProfile;
use crate::subject::words::Lang;

mod page;

/// What to do about equal treatment.
#[derive(Subcommand)]
pub enum Command {
    /// Reads invented applications and twins that differ in one thing, and says what changed.
    Test(Arguments),
}

/// What to test and where to write.
#[derive(Args)]
pub struct Arguments {
    /// The requirement profile (kravprofil), TOML.
    #[arg(long, value_name = "FILE")]
    profile: PathBuf,
    /// Base applications; fewer than 200 never pass.
    #[arg(long, value_name = "N", default_value_t = BASES_DEFAULT as u32,
          value_parser = clap::value_parser!(u32).range(1..=(BASES_MAX as i64)))]
    bases: u32,
    /// The seed that the applications come from: the same one gives the same report.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Writes the report as JSON (docs/formats.md).
    #[arg(long, value_name = "OUT")]
    json: Option<PathBuf>,
    /// Writes the report as a page with plots, in Swedish and English.
    #[arg(long, value_name = "OUT.html")]
    page: Option<PathBuf>,
}

#[derive(Serialize)]
struct Output<'a> {
    format: &'static str,
    #[serde(flatten)]
    report: &'a Report,
}

/// Runs the command.
///
/// # Errors
/// When the profile holds a fault or nothing to test, the model cannot be used, or a file cannot be written.
pub fn run(data: &Path, command: &Command) -> Result<Ended, Failure> {
    let Command::Test(given) = command;
    let profile = read(&given.profile)?;
    let encoder = model(&Folder::lying_at(data))?;
    let policies = Policies::shipped()?;
    let ruler = Ruler::new(&encoder, profile.clone())?;
    let today = Clock::system().now().swedish_day();
    let plan = Plan {
        profile: profile.profile(),
        key: Key::of(&ruler, policies.digest()),
        seed: given.seed,
        today,
        bases: given.bases as usize,
        thresholds: Thresholds::default(),
    };
    let reader = Reader::new(&ruler, &encoder, today);
    let progress = bar(plan.bases * (VARIANTS.len() + 1), "invented applications read");
    let report =
        examine(&plan, |application| reader.read(application), |done, _| progress.set_position(done as u64))?;
    progress.finish_and_clear();
    print!("{}", text(&report, &profile));
    let write = |file: &Path, content: &str| {
        fs::write(file, content).map_err(|e| Failure(format!("cannot write `{}`: {e}", file.display())))
    };
    if let Some(file) = &given.json {
        let output = Output { format: "urval-fairness/1", report: &report };
        write(file, &(serde_json::to_string_pretty(&output)? + "\n"))?;
    }
    if let Some(file) = &given.page {
        write(file, &page::page(&report, &profile))?;
    }
    Ok(if report.verdict.passed { Ended::Done } else { Ended::NotKept })
}

/// The name of a group in a report.
fn group_name(ground: Ground, code: &str, lang: Lang) -> &'static str {
    match (ground, code, lang) {
        (_, BASE, Lang::Sv) => "som de är",
        (_, BASE, Lang::En) => "as they are",
        (Ground::Language, "sv", Lang::Sv) => "på svenska",
        (Ground::Language, "sv", Lang::En) => "in Swedish",
        (Ground::Language, _, Lang::Sv) => "på engelska",
        (Ground::Language, _, Lang::En) => "in English",
        _ => variant_name(ground, code, lang),
    }
}

/// The name of a variant in a report.
fn variant_name(ground: Ground, code: &str, lang: Lang) -> &'static str {
    VARIANTS
        .iter()
        .find(|variant| variant.ground == ground && variant.code == code)
        .map_or("", |variant| variant.label(lang))
}

/// `71.5 % (64.7–77.6)`.
fn percent(share: &Share) -> String {
    format!(
        "{:.1} % ({:.1}–{:.1})",
        100.0 * share.value(),
        100.0 * share.interval.low,
        100.0 * share.interval.high
    )
}

/// An interval of ratios; its upper end may be unbounded.
fn ratios(interval: Interval) -> String {
    let high = if interval.high.is_finite() { format!("{:.2}", interval.high) } else { "∞".into() };
    format!("{:.2}–{high}", interval.low)
}

fn strength_name(strength: Strength, lang: Lang) -> &'static str {
    match (strength, lang) {
        (Strength::None, Lang::Sv) => "inget",
        (Strength::None, Lang::En) => "none",
        (Strength::Weak, Lang::Sv) => "svagt",
        (Strength::Weak, Lang::En) => "weak",
        (Strength::Adequate, Lang::Sv) => "gott",
        (Strength::Adequate, Lang::En) => "adequate",
        (Strength::Strong, Lang::Sv) => "starkt",
        (Strength::Strong, Lang::En) => "strong",
    }
}

/// The mean level by what was put in; a dash where nobody had it.
fn planted_level(one: &PlantedLevel) -> String {
    if one.bases == 0 { "–".into() } else { format!("{:.2}", one.mean) }
}

/// The whole report in English for a terminal.
fn text(report: &Report, profile: &FrozenProfile) -> String {
    let mut out = String::new();
    let (key, bases) = (&report.key, &report.bases);
    let about = profile.profile();
    let _ = writeln!(out, "Correspondence test: invented applications and twins that differ in one thing");
    let _ = writeln!(out, "profile   {} version {}, sha256 {}", about.title.en, about.version, key.profile);
    let _ =
        writeln!(out, "model     {}\nmethod    {}\npolicies  sha256 {}", key.model, key.method, key.policy);
    let _ = writeln!(out, "key       {}", key.digest);
    let _ = writeln!(
        out,
        "bases     {} ({} in Swedish, {} in English; {} left out), seed {}, {}",
        bases.read,
        bases.swedish,
        bases.read - bases.swedish,
        bases.left_out,
        report.seed,
        report.on
    );
    let _ = writeln!(out, "\nMean level of the bases by the evidence that was put in (number of bases)");
    for row in &report.planted {
        let levels: Vec<String> = row
            .levels
            .iter()
            .map(|one| {
                format!("{} {} ({})", strength_name(one.strength, Lang::En), planted_level(one), one.bases)
            })
            .collect();
        let _ = writeln!(out, "  {:<5} {}", row.criterion.as_str(), levels.join("  "));
    }
    for ground in &report.grounds {
        ground_text(&mut out, ground, report.thresholds.difference_max);
    }
    verdict_text(&mut out, report);
    out
}

fn ground_text(out: &mut String, report: &GroundReport, difference_max: f64) {
    let _ = writeln!(out, "\n== {}", report.ground.label(Lang::En));
    for variant in &report.variants {
        let name = variant_name(report.ground, variant.code, Lang::En);
        let _ = writeln!(out, "  {name}: {}", summary(variant, Lang::En));
        if variant.changed.count == 0 {
            continue;
        }
        let _ = writeln!(
            out,
            "    {:<5} {:>8}  {:<18}  {:>8}  {:>8}  base",
            "", "mean Δ", "95 % interval", "mean |Δ|", "greatest"
        );
        for criterion in &variant.criteria {
            let Interval { low, high } = criterion.mean.interval;
            let base = criterion.greatest_in.map_or_else(|| "–".into(), |base| base.to_string());
            let mark = if criterion.greatest.abs() > difference_max { "  above the threshold" } else { "" };
            let _ = writeln!(
                out,
                "    {:<5} {:>+8.4}  {:+.4} … {:+.4}  {:>8.4}  {:>+8.4}  {base}{mark}",
                criterion.id.as_str(),
                criterion.mean.value,
                low,
                high,
                criterion.mean_absolute,
                criterion.greatest
            );
        }
    }
    if report.groups.len() > 1 {
        let _ = writeln!(out, "  above the median of all: share, impact ratio (95 % intervals)");
        for Group { code, impact } in &report.groups {
            let ratio = impact.ratio.map_or_else(|| "–".into(), |ratio| format!("{ratio:.3}"));
            let _ = writeln!(
                out,
                "    {:<34} {:<22} {ratio} ({})",
                group_name(report.ground, code, Lang::En),
                percent(&impact.rate),
                ratios(impact.interval)
            );
        }
    }
}

/// What happened to a variant's pairs, in one line.
fn summary(variant: &VariantReport, lang: Lang) -> String {
    let (pairs, changed, bands) = (variant.pairs, &variant.changed, &variant.band_changes);
    let (up, down) = (variant.bands_up, bands.count - variant.bands_up);
    let mut line = match lang {
        Lang::Sv if changed.count == 0 => format!(
            "{pairs} par, ingen nivå ändrad (högst {:.1} % med 95 % säkerhet)",
            100.0 * changed.interval.high
        ),
        Lang::En if changed.count == 0 => format!(
            "{pairs} pairs, no level changed (at most {:.1} % with 95 % confidence)",
            100.0 * changed.interval.high
        ),
        Lang::Sv => format!(
            "{pairs} par, någon nivå ändrad i {} ({}), annat band i {} ({}; {up} upp, {down} ned)",
            changed.count,
            percent(changed),
            bands.count,
            percent(bands)
        ),
        Lang::En => format!(
            "{pairs} pairs, some level changed in {}: {}; another band in {}: {}, {up} up and {down} down",
            changed.count,
            percent(changed),
            bands.count,
            percent(bands)
        ),
    };
    if !variant.not_scored.is_empty() {
        let count = variant.not_scored.len();
        match lang {
            Lang::Sv => {
                let _ = write!(line, "; {count} tvillingar lämnades till en människa");
            }
            Lang::En => {
                let _ = write!(line, "; {count} twins were left to a person");
            }
        }
    }
    line
}

fn verdict_text(out: &mut String, report: &Report) {
    let thresholds = &report.thresholds;
    let _ = writeln!(
        out,
        "\nThresholds: at least {} bases, at most {} changes of band and a difference of at most {} for each variant",
        thresholds.bases_min, thresholds.band_changes_max, thresholds.difference_max
    );
    if report.verdict.passed {
        let _ = writeln!(out, "PASSED: every threshold is kept");
        return;
    }
    let _ = writeln!(out, "NOT PASSED, for {} reason(s):", report.verdict.reasons.len());
    for reason in &report.verdict.reasons {
        let _ = writeln!(out, "  {}", reason.line(Lang::En));
    }
}
