//! `urval import`: candidates of another system, from a folder, an archive or one file. A preview first; then each
//! candidate is taken in once, however often the command is run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;

use super::open::{Folder, app_for};
use super::{Ended, Failure, runtime};
use crate::casework::accounts::SECOND_FACTOR_ROLES;
use crate::casework::drafts::{FILE_BYTES_MAX, NewFile};
use crate::casework::import::{Candidate, TakenIn};
use crate::casework::{App, CaseError, Placement};
use crate::demo::{bar, private_file};
use crate::pipeline::extract::{Outcome, archive};
use crate::pipeline::ingest::Options;
use crate::pipeline::ingest::package::{Import, Row, Source};
use crate::pipeline::received::SectionKind;
use crate::subject::id::{PlacementId, RecruitmentId};
use crate::subject::words::Lang;

/// What to import and where to.
#[derive(Args)]
pub struct Arguments {
    /// A folder, a ZIP archive, or one file: a table (CSV), manifest.json, a Teamtailor dump, JSON Resume or
    /// Europass files (XML, or the PDF with it); documents lie beside it.
    #[arg(value_name = "SOURCE")]
    source: PathBuf,
    /// The open round, by its id or its case number. Without it only the preview is shown.
    #[arg(long, value_name = "ROUND")]
    round: Option<String>,
    /// PostgreSQL address; without it the SQLite file in the data folder is used.
    #[arg(long, env = "URVAL_DATABASE", value_name = "URL", hide_env_values = true)]
    database: Option<String>,
    /// Takes a column of the table for another: `--column "Sökande=namn"`; `--column "Anteckning=-"` leaves it out.
    #[arg(long = "column", value_name = "HEADER=NAME", value_parser = column)]
    columns: Vec<(String, String)>,
    /// Answers to the imported candidates are in English.
    #[arg(long)]
    english: bool,
    /// Shows what would be taken in and stores nothing.
    #[arg(long)]
    preview: bool,
    /// Where the report goes (CSV, mode 0600), one line a candidate. It is written anew by each run.
    #[arg(long, value_name = "FILE", default_value = "import-report.csv")]
    report: PathBuf,
}

fn column(text: &str) -> Result<(String, String), String> {
    let (from, to) = text.rsplit_once('=').ok_or("write it as HEADER=NAME")?;
    Ok((from.trim().to_owned(), to.trim().to_owned()))
}

/// Files of a source at most.
const FILES_MAX: usize = 10_000;
/// Bytes of a source at most.
const BYTES_MAX: u64 = 2 << 30;

/// Runs the command.
///
/// # Errors
/// When the source, the round, the database or the log cannot be used. What was taken in before that stays, and
/// the next run goes on behind it.
pub fn run(data: &Path, given: &Arguments) -> Result<Ended, Failure> {
    let source = source(&given.source)?;
    let readers = super::extract::readers()?;
    let options = Options { columns: &given.columns, documents: Some(&readers), ..Options::default() };
    let import =
        source.read(&options).map_err(|why| Failure(format!("`{}`: {why}", given.source.display())))?;
    preview(&import);
    let Some(round) = given.round.as_deref().filter(|_| !given.preview) else {
        println!(
            "\nNothing was stored. With --round (the id or case number of an open round) they are taken in."
        );
        return Ok(Ended::Done);
    };
    let folder = Folder::at(data)?;
    runtime()?.block_on(async {
        let app = app_for(&folder, given.database.as_deref(), None, SECOND_FACTOR_ROLES).await?;
        app.read_documents_with(readers.clone());
        let (recruitment, placements) = round_named(&app, round).await?;
        let mut lines = Vec::new();
        let progress = bar(import.rows.len(), "candidates");
        let mut refused = 0;
        let mut read = import.read;
        for row in import.rows {
            let line = one(&app, (&recruitment, &placements), &source, &mut read, row, given.english).await?;
            refused += u64::from(line.state == "refused");
            lines.push(line);
            progress.inc(1);
            // After every candidate: a run that is cut off leaves the report of what it did.
            write(&given.report, &lines)?;
        }
        progress.finish_and_clear();
        let count = |state: &str| lines.iter().filter(|line| line.state == state).count();
        println!(
            "{} taken in, {} held for a person, {} there before, {refused} refused. Report (mode 0600, holds the \
             candidates' codes): {}",
            count("taken in"),
            count("held"),
            count("there before"),
            given.report.display()
        );
        Ok(if refused > 0 { Ended::SomeRefused } else { Ended::Done })
    })
}

struct Line {
    key: String,
    state: &'static str,
    label: String,
    code: Zeroizing<String>,
    why: String,
}

async fn one(
    app: &App,
    (recruitment, offered): (&RecruitmentId, &[Placement]),
    source: &Source,
    read: &mut BTreeMap<String, Outcome>,
    row: Row,
    english: bool,
) -> Result<Line, Failure> {
    let key = row.key.clone();
    let refused = |why: String| Line {
        key: key.clone(),
        state: "refused",
        label: String::new(),
        code: Zeroizing::new(String::new()),
        why,
    };
    let received = match row.outcome {
        Ok(received) => received,
        Err(why) => return Ok(refused(why)),
    };
    let named: Vec<&str> = row.placements.iter().map(|name| name.trim()).collect();
    let known = |name: &&str| offered.iter().any(|p| p.slug == **name);
    if let Some(strange) = named.iter().find(|name| !known(name)) {
        return Ok(refused(format!("the round has no placement `{strange}`")));
    }
    let placements: Vec<PlacementId> = offered
        .iter()
        .filter(|p| named.is_empty() || named.contains(&p.slug.as_str()))
        .map(|p| p.id.clone())
        .collect();
    let mut files = Vec::new();
    for (place, name) in &row.files {
        let bytes = source.get(name).unwrap_or_default();
        if bytes.len() > FILE_BYTES_MAX {
            return Ok(refused(format!("`{name}` is larger than 10 MB")));
        }
        let bytes = Zeroizing::new(bytes.to_vec());
        files.push(NewFile { place: *place, bytes, read: read.remove(name) });
    }
    let language = if english { Lang::En } else { Lang::Sv };
    let candidate = Candidate { key: row.key, received, files, placements, language };
    Ok(match app.import(recruitment, candidate).await {
        Ok(TakenIn::New { label, code, held }) => {
            let state = if held { "held" } else { "taken in" };
            Line { key, state, label, code, why: String::new() }
        }
        Ok(TakenIn::Before { label }) => Line {
            key,
            state: "there before",
            label,
            code: Zeroizing::new(String::new()),
            why: String::new(),
        },
        Err(CaseError::Invalid(why)) => refused(why.to_string()),
        Err(error) => return Err(error.into()),
    })
}

async fn round_named(app: &App, name: &str) -> Result<(RecruitmentId, Vec<Placement>), Failure> {
    let rounds = app.rounds().await?;
    let mut found = rounds.iter().filter(|round| round.id.as_str() == name || round.case_number == name);
    let (Some(round), None) = (found.next(), found.next()) else {
        let all: Vec<String> =
            rounds.iter().map(|round| format!("{} ({})", round.case_number, round.id)).collect();
        return Err(Failure(format!("there is no one round `{name}`; there are: {}", all.join(", "))));
    };
    let (row, placements, _) = app.round(&round.id).await?;
    if row.state != "open" {
        return Err(Failure(format!("the round `{name}` is closed and takes nothing in")));
    }
    Ok((round.id.clone(), placements))
}

fn source(path: &Path) -> Result<Source, Failure> {
    let fail = |e: std::io::Error| Failure(format!("cannot read `{}`: {e}", path.display()));
    let mut source = Source::default();
    if path.is_dir() {
        let mut left = BYTES_MAX;
        let mut count = 0;
        let mut folders = vec![path.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).map_err(fail)? {
                let file = entry.map_err(fail)?.path();
                let about = fs::symlink_metadata(&file).map_err(fail)?;
                // A link could lead out of the folder that was named; hidden files are the system's.
                if file.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
                    || about.is_symlink()
                {
                    continue;
                }
                if about.is_dir() {
                    folders.push(file);
                    continue;
                }
                count += 1;
                left = match left.checked_sub(about.len()).filter(|_| count <= FILES_MAX) {
                    Some(left) => left,
                    None => {
                        return Err(Failure(
                            "the folder holds more than 10,000 files or 2 GB: split it".into(),
                        ));
                    }
                };
                let name = file.strip_prefix(path).unwrap_or(&file).display().to_string();
                source.put(name, fs::read(&file).map_err(fail)?);
            }
        }
        return Ok(source);
    }
    let bytes = fs::read(path).map_err(fail)?;
    if bytes.starts_with(b"PK\x03\x04") {
        let files = archive::unpack(&bytes).map_err(|why| Failure(format!("`{}`: {why}", path.display())))?;
        for (name, bytes) in files {
            source.put(name, bytes);
        }
    } else {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        source.put(name, bytes);
    }
    Ok(source)
}

/// What would be taken in, without a word of anybody's text.
fn preview(import: &Import) {
    println!("{}: {} candidates", import.kind.words(), import.rows.len());
    if !import.columns.is_empty() {
        println!("\ncolumns (another reading: --column \"HEADER=NAME\"; left out: --column \"HEADER=-\")");
        for (header, read_as) in &import.columns {
            println!("  {header}: {read_as}");
        }
    }
    println!("\nthe first candidates");
    for row in import.rows.iter().take(5) {
        match &row.outcome {
            Ok(received) => {
                let parts: Vec<String> = received
                    .sections
                    .iter()
                    .map(|section| match section.kind {
                        SectionKind::Letter => "letter".to_owned(),
                        SectionKind::Cv => "CV".to_owned(),
                        SectionKind::Answer => {
                            format!("answer {}", section.question.as_deref().unwrap_or_default())
                        }
                    })
                    .chain(row.files.iter().map(|(place, name)| format!("{} in {name}", place.code())))
                    .collect();
                println!("  {}: {}", row.key, parts.join(", "));
            }
            Err(why) => println!("  {}: refused: {why}", row.key),
        }
    }
    let refused: Vec<&Row> = import.rows.iter().filter(|row| row.outcome.is_err()).collect();
    if !refused.is_empty() {
        println!("\n{} cannot be taken in; the report says why of each", refused.len());
    }
    if !import.unused.is_empty() {
        println!("\n{} files belong to no candidate: {}", import.unused.len(), import.unused.join(", "));
    }
}

fn write(path: &Path, lines: &[Line]) -> Result<(), Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["candidate", "state", "application", "code", "why"])?;
    for line in lines {
        writer.write_record([&line.key, line.state, &line.label, line.code.as_str(), &line.why])?;
    }
    let bytes = writer.into_inner().map_err(|e| Failure(format!("cannot write the report: {e}")))?;
    private_file(path, &bytes)
}
