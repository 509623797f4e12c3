//! `urval screen`: the main job without a server. It goes through the same gate, vault and log as
//! the server, in a local data folder; it prints pseudonyms, and the key from file name to pseudonym
//! is a separate file with mode 0600.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::open::{Folder, app, model};
use super::profile::read;
use super::{Ended, Failure, runtime};
use crate::casework::App;
use crate::casework::intake::Submission;
use crate::casework::results::{ScreenResult, ScreenedRow};
use crate::casework::setup::{NewOrganisation, NewRound, RoundKind};
use crate::demo::{bar, private_file};
use crate::guard::access::{Actor, Job};
use crate::pipeline::ingest::{Options, read_file_with};
use crate::pipeline::received::Received;
use crate::subject::id::{PlacementId, RecruitmentId};
use crate::subject::level::Level;
use crate::subject::profile::{FrozenProfile, Kind};
use crate::subject::words::{Lang, Written};

/// What to read and where to write.
#[derive(Args)]
pub struct Arguments {
    /// The requirement profile (kravprofil), TOML.
    #[arg(long, value_name = "FILE")]
    profile: PathBuf,
    /// Folder of applications: JSON Resume, plain text, Markdown, CSV.
    #[arg(long, value_name = "DIR")]
    applications: PathBuf,
    /// Writes the result as JSON.
    #[arg(long, value_name = "OUT")]
    json: Option<PathBuf>,
    /// Where the key from file name to pseudonym goes (default: DATA/screen-PROFILE-key.csv).
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// For invented data only: relaxes the conditions of mandate and DPIA, and says so in every
    /// output.
    #[arg(long)]
    evaluation: bool,
}

/// A file, or a row of one, that was not read.
pub(super) struct RefusedInput {
    pub(super) label: String,
    pub(super) reason: String,
}

/// What was read of a folder: name of the file or row, the application, the placements that it names.
pub(super) type Accepted = Vec<(String, Received, Vec<String>)>;

/// Runs the command.
///
/// # Errors
/// When the profile holds a fault, the folder cannot be read, nothing in it can be used, or gate,
/// vault, log or model refuse.
pub fn run(data: &Path, given: &Arguments) -> Result<Ended, Failure> {
    let profile = read(&given.profile)?;
    let (accepted, mut refused) = read_folder(&given.applications, &profile)?;
    for RefusedInput { label, reason } in &refused {
        eprintln!("refused: {label}: {reason}");
    }
    if accepted.is_empty() {
        return Err(Failure(format!(
            "no application in `{}` could be read; see docs/formats.md for what is accepted",
            given.applications.display()
        )));
    }
    let folder = Folder::at(data)?;
    let encoder = model(&folder)?;
    let mut key = Vec::new();
    let result = runtime()?.block_on(async {
        let app = app(&folder, None, Some(encoder)).await?;
        let organisations = [NewOrganisation { id: "egen", name: "Egen organisation", kind: "kommun" }];
        let round = NewRound { case_number: "screen", invented: given.evaluation, kind: RoundKind::Screen };
        let list = organisations_of(&profile, &organisations);
        let recruitment = app.open_round(Job::Screen, &list, &round, &profile).await?;
        take_in(&app, &recruitment, &profile, accepted, &mut key, &mut refused).await?;
        let waiting = app.waiting(&recruitment).await?;
        let progress = bar(waiting.len(), "applications read by the model");
        for id in waiting {
            app.screen_one(Job::Screen, &id).await?;
            progress.inc(1);
        }
        progress.finish_and_clear();
        Ok::<_, Failure>(app.screening_result(&recruitment).await?)
    })?;
    let key_file = given.key.clone().unwrap_or_else(|| key_file(data, &profile));
    for (_, label, state) in &mut key {
        if result.held.contains(label) {
            *state = "held";
        }
    }
    write_key(&key_file, &key)?;
    let output =
        Output { profile: &profile, result: &result, refused: &refused, evaluation: given.evaluation };
    print!("{}", output.text());
    eprintln!("key from file name to pseudonym (mode 0600): {}", key_file.display());
    if let Some(out) = &given.json {
        let text = serde_json::to_string_pretty(&output.json())?;
        // Pseudonymised, and still personal data: nobody else reads it.
        private_file(out, text.as_bytes())?;
        eprintln!("JSON (mode 0600): {}", out.display());
    }
    Ok(if refused.is_empty() { Ended::Done } else { Ended::SomeRefused })
}

fn organisations_of<'a>(
    profile: &'a FrozenProfile,
    own: &'a [NewOrganisation<'a>],
) -> Vec<NewOrganisation<'a>> {
    let placements = &profile.profile().placements;
    if placements.is_empty() {
        return own.iter().map(|o| NewOrganisation { id: o.id, name: o.name, kind: o.kind }).collect();
    }
    let ids: std::collections::BTreeSet<&str> = placements.iter().map(|p| p.organisation.as_str()).collect();
    ids.into_iter().map(|id| NewOrganisation { id, name: id, kind: "kommun" }).collect()
}

/// Reads every file of a folder.
pub(super) fn read_folder(
    dir: &Path,
    profile: &FrozenProfile,
) -> Result<(Accepted, Vec<RefusedInput>), Failure> {
    let (mut accepted, mut refused) = (Accepted::new(), Vec::new());
    for path in files_in(dir)? {
        let name = path.strip_prefix(dir).unwrap_or(&path).display().to_string();
        read_one(&path, &name, profile, &mut accepted, &mut refused);
    }
    Ok((accepted, refused))
}

/// Where the key from file name to pseudonym lies, unless it was put elsewhere.
pub(super) fn key_file(data: &Path, profile: &FrozenProfile) -> PathBuf {
    data.join(format!("screen-{}-key.csv", profile.profile().id))
}

/// The files of a folder and its subfolders, sorted, so that the run is the same everywhere.
fn files_in(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let fail = |e: std::io::Error| Failure(format!("cannot read the folder `{}`: {e}", dir.display()));
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(fail)? {
            let path = entry.map_err(fail)?.path();
            // Hidden files are the system's (.DS_Store), not applications.
            if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
                continue;
            }
            // A link could lead out of the folder that was named.
            let kind = fs::symlink_metadata(&path).map_err(fail)?;
            if kind.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(Failure(format!("there is no file in `{}`", dir.display())));
    }
    Ok(found)
}

fn read_one(
    path: &Path,
    name: &str,
    profile: &FrozenProfile,
    accepted: &mut Accepted,
    refused: &mut Vec<RefusedInput>,
) {
    let mut refuse = |label: &str, reason: String| refused.push(RefusedInput { label: label.into(), reason });
    let options = Options { questions: &profile.profile().questions, ..Options::default() };
    match fs::symlink_metadata(path) {
        Ok(about) if !about.is_file() => return refuse(name, "it is a link or a device, not a file".into()),
        Ok(about) if about.len() > options.limits.file_bytes_max as u64 => {
            return refuse(
                name,
                format!("it has {} bytes; at most {} are read", about.len(), options.limits.file_bytes_max),
            );
        }
        Ok(_) => {}
        Err(error) => return refuse(name, error.to_string()),
    }
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return refuse(name, error.to_string()),
    };
    match read_file_with(name, &bytes, &options) {
        Ok(items) => {
            for item in items {
                match item.outcome {
                    Ok(received) => accepted.push((item.label, received, item.placements)),
                    Err(why) => refuse(&item.label, why.reason(Lang::En)),
                }
            }
        }
        Err(why) => refuse(name, why.reason(Lang::En)),
    }
}

async fn take_in(
    app: &App,
    recruitment: &RecruitmentId,
    profile: &FrozenProfile,
    accepted: Accepted,
    key: &mut Vec<(String, String, &'static str)>,
    refused: &mut Vec<RefusedInput>,
) -> Result<(), Failure> {
    let (_, placements, _) = app.round(recruitment).await?;
    for (label, received, named) in accepted {
        let named: Vec<&str> = named.iter().map(|name| name.trim()).collect();
        let chosen: Vec<PlacementId> = placements
            .iter()
            .filter(|p| named.is_empty() || named.contains(&p.slug.as_str()))
            .map(|p| p.id.clone())
            .collect();
        let known = |name: &&str| placements.iter().any(|p| p.slug == **name);
        if chosen.is_empty() || !named.iter().all(known) {
            // One name of two that nobody knows would be lost silently.
            let reason =
                "it names a placement that this profile does not have; use the ids in the profile".to_owned();
            refused.push(RefusedInput { label, reason });
            continue;
        }
        let submission = Submission {
            received,
            placements: chosen,
            language: Lang::Sv,
            ai_free: false,
            label_seed: Some(format!("{}/{label}", profile.profile().id)),
            draft: None,
        };
        let taken = app.submit(&Actor::Job(Job::Screen), recruitment, submission).await;
        match taken {
            Ok(done) => key.push((label, done.label, if done.held { "held" } else { "read" })),
            Err(crate::casework::CaseError::Invalid(why)) => {
                refused.push(RefusedInput { label, reason: why.to_string() });
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn write_key(path: &Path, rows: &[(String, String, &'static str)]) -> Result<(), Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["file", "application", "state"])?;
    for (file, label, state) in rows {
        writer.write_record([file.as_str(), label.as_str(), state])?;
    }
    let bytes = writer.into_inner().map_err(|e| Failure(format!("cannot write the key file: {e}")))?;
    private_file(path, &bytes)
}

struct Output<'a> {
    profile: &'a FrozenProfile,
    result: &'a ScreenResult,
    refused: &'a [RefusedInput],
    evaluation: bool,
}

fn language_name(written: Written) -> &'static str {
    match written {
        Written::Sv => "Swedish",
        Written::En => "English",
        Written::Other => "another language",
        Written::Unknown => "an unknown language",
    }
}

fn number(level: Option<Level>) -> String {
    level.map_or_else(|| "–".into(), |level| format!("{:.2}", level.as_f64()))
}

impl Output<'_> {
    fn notices(&self) -> Vec<String> {
        let mut out = vec![
            "This is decision support. It makes no decision: a person reads, assesses and decides."
                .to_owned(),
        ];
        out.push(if self.evaluation {
            "EVALUATION on invented data only: the conditions of mandate and DPIA are relaxed.".to_owned()
        } else {
            "Mandate and DPIA are not checked by this version: make sure that both are in force.".to_owned()
        });
        let mut counts: BTreeMap<Written, usize> = BTreeMap::new();
        for row in &self.result.rows {
            for share in &row.unread_languages {
                *counts.entry(share.written).or_default() += 1;
            }
        }
        for (written, count) in counts {
            out.push(format!(
                "The model {} cannot read {}: the band of {count} application(s) says little.",
                self.result.model,
                language_name(written)
            ));
        }
        out
    }

    fn text(&self) -> String {
        let mut out = String::new();
        let profile = self.profile.profile();
        let _ = writeln!(
            out,
            "{} (version {}, sha256 {})",
            profile.title.en,
            profile.version,
            self.profile.digest()
        );
        let _ = writeln!(out, "model {}", self.result.model);
        for notice in self.notices() {
            let _ = writeln!(out, "! {notice}");
        }
        for placement in &self.result.placements {
            let _ = writeln!(out, "\n== {} ({})", placement.title, placement.slug);
            for (index, band) in placement.bands.iter().enumerate() {
                let _ = writeln!(
                    out,
                    "\n-- Band {} of {} (cannot be told apart within it)",
                    index + 1,
                    placement.bands.len()
                );
                for row in self.rows_in(band) {
                    self.row(&mut out, row, &placement.slug);
                }
            }
            if placement.overlaps > 0 {
                let _ = writeln!(
                    out,
                    "\n{} pair(s) in neighbouring bands cannot be told apart either",
                    placement.overlaps
                );
            }
        }
        let held: Vec<&str> = self.result.held.iter().map(String::as_str).collect();
        if !held.is_empty() {
            let _ = writeln!(out, "\nHeld for a person, not read by the model: {}", held.join(", "));
        }
        if !self.refused.is_empty() {
            let _ = writeln!(out, "\nRefused ({}):", self.refused.len());
            for RefusedInput { label, reason } in self.refused {
                let _ = writeln!(out, "  {label}: {reason}");
            }
        }
        out
    }

    fn rows_in<'a>(&'a self, band: &'a [String]) -> impl Iterator<Item = &'a ScreenedRow> {
        band.iter().filter_map(|label| self.result.rows.iter().find(|row| row.label == *label))
    }

    fn row(&self, out: &mut String, row: &ScreenedRow, slug: &str) {
        let unread: Vec<&str> =
            row.unread_languages.iter().map(|share| language_name(share.written)).collect();
        let warning = if unread.is_empty() {
            String::new()
        } else {
            format!("  [the model cannot read its {}]", unread.join(" and "))
        };
        let _ = writeln!(out, "{}{warning}", row.label);
        if !row.uncounted.is_empty() {
            let _ = writeln!(
                out,
                "  ! {} passage(s) earned nothing: the profile's own words, lists of keywords or repeats. Read them",
                row.uncounted.len()
            );
        }
        for criterion in
            row.criteria.iter().filter(|c| c.placements.is_empty() || c.placements.iter().any(|p| p == slug))
        {
            let what = match (criterion.kind, criterion.level) {
                (Kind::MustHave | Kind::PlacementCondition, _) => {
                    "styrkt / ej styrkt / oklart: a person settles it".into()
                }
                (_, Some(_)) => {
                    let (low, high) = criterion.spread.unzip();
                    format!(
                        "level {} ({} to {}), contributes {:.3}",
                        number(criterion.level),
                        number(low),
                        number(high),
                        criterion.contribution
                    )
                }
                (_, None) => "evidence only, no level".to_owned(),
            };
            let _ = writeln!(out, "  {} {}: {what}", criterion.id, criterion.label);
            if criterion.evidence.is_empty() {
                let _ = writeln!(out, "      no evidence found (which is not a low mark)");
            }
            for quote in &criterion.evidence {
                let without = quote
                    .without
                    .map(|level| format!(" (without it: level {:.2})", level.as_f64()))
                    .unwrap_or_default();
                let _ = writeln!(out, "      \"{}\"{without}", one_line(quote.text_for_output()));
            }
        }
    }

    fn json(&self) -> Value {
        let placements: Vec<Value> = self
            .result
            .placements
            .iter()
            .map(|p| json!({ "id": p.slug, "title": p.title, "bands": p.bands, "overlaps": p.overlaps }))
            .collect();
        let several = self.result.placements.len() > 1;
        let applications: Vec<Value> = self
            .result
            .rows
            .iter()
            .map(|row| {
                let criteria: Vec<Value> = row
                    .criteria
                    .iter()
                    .map(|c| {
                        let evidence: Vec<Value> = c
                            .evidence
                            .iter()
                            .map(|q| {
                                json!({
                                    "start": q.start, "end": q.end, "text": q.text_for_output(),
                                    "without": q.without.map(Level::as_f64),
                                })
                            })
                            .collect();
                        json!({
                            "id": c.id, "kind": c.kind, "level": c.level.map(Level::as_f64),
                            "spread": c.spread.map(|(low, high)| [low.as_f64(), high.as_f64()]),
                            "contribution": c.contribution, "evidence": evidence,
                        })
                    })
                    .collect();
                let mut value = json!({
                    "id": row.label, "band": row.band, "total": row.total, "criteria": criteria,
                    "unread_languages": row.unread_languages.iter().map(|s| s.written).collect::<Vec<_>>(),
                    "uncounted": row.uncounted,
                });
                if several && let Some(map) = value.as_object_mut() {
                    map.insert(
                        "placements".into(),
                        json!(
                            row.by_placement
                                .iter()
                                .map(|(slug, band, total)| {
                                    json!({ "id": slug, "band": band, "total": total })
                                })
                                .collect::<Vec<_>>()
                        ),
                    );
                }
                value
            })
            .collect();
        json!({
            "format": "urval-screen/1",
            "evaluation": self.evaluation,
            "notices": self.notices(),
            "profile": {
                "id": self.profile.profile().id, "version": self.profile.profile().version,
                "sha256": self.profile.digest(),
            },
            "model": { "name": self.result.model, "fingerprint": self.result.model_digest },
            "method": self.result.method,
            "placements": placements,
            "applications": applications,
            "held": self.result.held,
            "refused": self.refused.iter().map(|r| json!({ "file": r.label, "reason": r.reason })).collect::<Vec<_>>(),
        })
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
