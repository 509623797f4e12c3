//! `urval marks`: how far people's marks agree with each other and with the model, and the sample of the lower bands
//! that tells what the top ones miss.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;
use zeroize::Zeroizing;

use super::profile::read;
use super::screen::{RefusedInput, key_file, read_folder};
use super::{Ended, Failure};
use crate::clock::{Chance, Clock};
use crate::demo::private_file;
use crate::pipeline::ingest::marks::read_marks;
use crate::pipeline::ingest::screened::{Screened, read_screened};
use crate::pipeline::pseudonymise::{Frame, split};
use crate::pipeline::quality::{FORMAT, Input, Report, Settings, Texts, draw, measure, read_sample};
use crate::subject::profile::FrozenProfile;

mod text;

/// What to do with marks.
#[derive(Subcommand)]
pub enum Command {
    /// Measures a file of marks: reviewers against each other, blind marks against final ones, and against the model.
    Agreement(Agreement),
    /// Draws applications from below the top bands, for people to mark: the sample that tells what those bands miss.
    Draw(Draw),
}

/// What to measure.
#[derive(Args)]
pub struct Agreement {
    /// The requirement profile (kravprofil), TOML.
    #[arg(long, value_name = "FILE")]
    profile: PathBuf,
    /// People's marks, CSV (docs/formats.md, "Marks").
    #[arg(long, value_name = "FILE")]
    marks: PathBuf,
    /// The result of `urval screen --json`: adds everything about the model.
    #[arg(long, value_name = "FILE")]
    screen: Option<PathBuf>,
    /// The folder that was screened: adds the comparison with keyword search.
    #[arg(long, value_name = "DIR", requires = "screen")]
    applications: Option<PathBuf>,
    /// The key from file name to pseudonym of that run (default: DATA/screen-PROFILE-key.csv).
    #[arg(long, value_name = "FILE", requires = "applications")]
    key: Option<PathBuf>,
    /// Ids that were drawn at random from below the top bands, one a line (`urval marks draw`): adds the estimated
    /// miss rate.
    #[arg(long, value_name = "FILE", requires = "screen")]
    sample: Option<PathBuf>,
    /// How many bands of each placement, from the best, are the top ones.
    #[arg(long, value_name = "N", default_value_t = Settings::default().top_bands)]
    top_bands: usize,
    /// From which weighted mean of final marks an application is good, 1 to 5. Half a mark above 3, which is adequate:
    /// nearer to 4 than to 3.
    #[arg(long, value_name = "MEAN", default_value_t = Settings::default().good, value_parser = mean)]
    good: f64,
    /// How many of the first places count in nDCG.
    #[arg(long, value_name = "N", default_value_t = Settings::default().first as u64, value_parser = clap::value_parser!(u64).range(1..))]
    first: u64,
    /// How many times the applications are drawn anew for an interval.
    #[arg(long, value_name = "N", default_value_t = Settings::default().resamples as u64, value_parser = clap::value_parser!(u64).range(100..=100_000))]
    resamples: u64,
    /// Where all chance comes from; the same seed gives the same figures.
    #[arg(long, value_name = "N", default_value_t = Settings::default().seed)]
    seed: u64,
    /// Writes the figures as JSON.
    #[arg(long, value_name = "OUT")]
    json: Option<PathBuf>,
}

/// What to draw.
#[derive(Args)]
pub struct Draw {
    /// The requirement profile (kravprofil), TOML.
    #[arg(long, value_name = "FILE")]
    profile: PathBuf,
    /// The result of `urval screen --json`.
    #[arg(long, value_name = "FILE")]
    screen: PathBuf,
    /// How many applications; all, when there are fewer.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    size: u64,
    /// How many bands of each placement, from the best, nobody is drawn from.
    #[arg(long, value_name = "N", default_value_t = Settings::default().top_bands)]
    top_bands: usize,
    /// Draws again what this seed drew; without it the seed is random, and printed.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

fn mean(given: &str) -> Result<f64, String> {
    let mean = given.parse::<f64>().ok().filter(|mean| (1.0..=5.0).contains(mean));
    mean.ok_or_else(|| "a mean of marks is from 1 to 5, such as 3.5".to_owned())
}

/// Runs the command.
///
/// # Errors
/// When a file cannot be read or holds a fault; every fault of the marks and of the sample is in the message.
pub fn run(data: &Path, command: &Command) -> Result<Ended, Failure> {
    match command {
        Command::Agreement(given) => agreement(data, given),
        Command::Draw(given) => draw_sample(given),
    }
}

/// The JSON: whose figures, then the figures.
#[derive(Serialize)]
struct Output<'a> {
    format: &'static str,
    profile: Source<'a>,
    screen: Option<Screening<'a>>,
    #[serde(flatten)]
    report: &'a Report,
}

#[derive(Serialize)]
struct Source<'a> {
    id: &'a str,
    version: u32,
    sha256: &'a str,
}

#[derive(Serialize)]
struct Screening<'a> {
    model: &'a str,
    method: &'a str,
}

fn agreement(data: &Path, given: &Agreement) -> Result<Ended, Failure> {
    let profile = read(&given.profile)?;
    let screened = given.screen.as_ref().map(|path| screening(path, &profile)).transpose()?;
    let marks = read_marks(&bytes(&given.marks)?, profile.profile(), screened.as_ref())
        .map_err(|error| faults(&given.marks, &error))?;
    let sample = match (&given.sample, &screened) {
        (Some(path), Some(screened)) => {
            let text = String::from_utf8(bytes(path)?)
                .map_err(|_| Failure(format!("`{}` is not UTF-8; save it as UTF-8", path.display())))?;
            Some(read_sample(&text, screened, given.top_bands).map_err(|error| faults(path, &error))?)
        }
        _ => None,
    };
    let texts = given.applications.as_ref().map(|dir| {
        let key = given.key.clone().unwrap_or_else(|| key_file(data, &profile));
        texts(dir, &key, &profile)
    });
    let texts = texts.transpose()?;
    let settings = Settings {
        resamples: usize::try_from(given.resamples)?,
        seed: given.seed,
        first: usize::try_from(given.first).unwrap_or(usize::MAX),
        top_bands: given.top_bands,
        good: given.good,
        ..Settings::default()
    };
    let input = Input {
        profile: profile.profile(),
        marks: &marks,
        screened: screened.as_ref(),
        texts: texts.as_ref(),
        sample: sample.as_deref(),
    };
    let report = measure(input, settings)?;
    print!("{}", text::of(&profile, screened.as_ref(), &report));
    if let Some(out) = &given.json {
        let output = Output {
            format: FORMAT,
            profile: Source {
                id: &profile.profile().id,
                version: profile.profile().version,
                sha256: profile.digest(),
            },
            screen: screened
                .as_ref()
                .map(|screened| Screening { model: &screened.model.fingerprint, method: &screened.method }),
            report: &report,
        };
        // It names applications of the sample.
        private_file(out, serde_json::to_string_pretty(&output)?.as_bytes())?;
        eprintln!("JSON (mode 0600): {}", out.display());
    }
    Ok(Ended::Done)
}

fn draw_sample(given: &Draw) -> Result<Ended, Failure> {
    let profile = read(&given.profile)?;
    let screened = screening(&given.screen, &profile)?;
    let seed = match given.seed {
        Some(seed) => seed,
        None => u64::from_be_bytes(Chance::system().bytes::<8>()?),
    };
    let size = usize::try_from(given.size).unwrap_or(usize::MAX);
    let drawn = draw(&screened, given.top_bands, size, seed);
    let below = screened.below(given.top_bands).len();
    if drawn.is_empty() {
        return Err(Failure(format!(
            "no application lies below the first {} band(s) of every placement, so there is nobody to draw",
            given.top_bands
        )));
    }
    for id in &drawn {
        println!("{id}");
    }
    eprintln!("{} of {below} below the top bands, drawn with --seed {seed}", drawn.len());
    Ok(Ended::Done)
}

fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure(format!("cannot read `{}`: {error}", path.display())))
}

fn faults(path: &Path, error: &dyn std::error::Error) -> Failure {
    Failure(format!("{}:\n  {}", path.display(), error.to_string().replace('\n', "\n  ")))
}

fn screening(path: &Path, profile: &FrozenProfile) -> Result<Screened, Failure> {
    read_screened(&bytes(path)?, profile).map_err(|error| faults(path, &error))
}

/// The pseudonymised texts of a folder, by id: read and pseudonymised as `screen` does, and kept in memory only. What
/// cannot be read, or is held for a person, has no text; the screening left it out too.
fn texts(dir: &Path, key: &Path, profile: &FrozenProfile) -> Result<Texts, Failure> {
    let ids = ids_by_file(key)?;
    let (accepted, refused) = read_folder(dir, profile)?;
    for RefusedInput { label, reason } in refused {
        eprintln!("refused: {label}: {reason}");
    }
    let frame = Frame { today: Clock::system().now().swedish_day(), starts: None };
    let mut texts = Texts::new();
    for (label, received, _) in accepted {
        let Some(id) = ids.get(&label) else { continue };
        if let Ok((text, _)) = split(received, &frame) {
            texts.insert(id.clone(), Zeroizing::new(text.text().to_owned()));
        }
    }
    Ok(texts)
}

fn ids_by_file(key: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let wrong = || {
        Failure(format!(
            "`{}` is no key file of `urval screen` (file,application,state); name that file with --key",
            key.display()
        ))
    };
    let file = bytes(key)?;
    let mut reader = csv::Reader::from_reader(file.as_slice());
    if *reader.headers().map_err(|_| wrong())? != ["file", "application", "state"][..] {
        return Err(wrong());
    }
    let mut ids = BTreeMap::new();
    for row in reader.deserialize() {
        let (file, application, _): (String, String, String) = row.map_err(|_| wrong())?;
        ids.insert(file, application);
    }
    Ok(ids)
}
