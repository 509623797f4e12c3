//! `urval extract`: what is read of documents, as the service reads them; and what their reader may do.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use urval_documents::{Block, Part, Reading, Section, Shape};

use super::{Ended, Failure};
use crate::pipeline::extract::{Extractor, Outcome, child};

/// Which documents.
#[derive(Args)]
pub struct Arguments {
    /// PDF, DOCX, ODT, RTF, Markdown or plain text; told by what is in them.
    #[arg(value_name = "FILE", required_unless_present = "walls")]
    files: Vec<PathBuf>,
    /// One JSON object a line, with the digest of each file.
    #[arg(long)]
    json: bool,
    /// Prints what the reader's process is kept from, tried inside it.
    #[arg(long, conflicts_with = "files")]
    walls: bool,
}

/// Readers for a service: as many at once as there are processors, at most four; two wait ready.
///
/// # Errors
/// When the walls around them do not stand on this host.
pub fn readers() -> Result<Extractor, Failure> {
    let at_once = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(4);
    Ok(Extractor::start(std::env::current_exe()?, 2, at_once)?)
}

/// Runs the command.
///
/// # Errors
/// When the walls around the reader do not stand on this host, or a file cannot be opened.
pub fn run(given: &Arguments) -> Result<Ended, Failure> {
    let program = std::env::current_exe()?;
    if given.walls {
        return walls(&program);
    }
    let extractor = Extractor::start(program, 1, 1)?;
    let mut refused = false;
    for file in &given.files {
        let bytes = std::fs::read(file).map_err(|e| Failure(format!("`{}`: {e}", file.display())))?;
        let outcome = extractor.read(&bytes);
        refused |= !matches!(outcome, Outcome::Read(_));
        if given.json {
            println!("{}", as_json(file, &bytes, &outcome));
        } else {
            if given.files.len() > 1 {
                println!("== {}", file.display());
            }
            print(&outcome);
        }
    }
    Ok(if refused { Ended::SomeRefused } else { Ended::Done })
}

/// The hidden command that is a child of the service.
///
/// # Errors
/// When the walls do not stand or the parent is gone.
pub fn run_child() -> Result<Ended, Failure> {
    child::run()?;
    Ok(Ended::Done)
}

/// The hidden command that tries what must not succeed.
///
/// # Errors
/// When the walls do not stand, or something succeeded.
pub fn run_attempts() -> Result<Ended, Failure> {
    let attempts = child::attempts()?;
    let mut through = 0;
    for attempt in &attempts {
        match &attempt.refused {
            Some(why) => println!("refused    {}: {why}", attempt.what),
            None => {
                through += 1;
                println!("SUCCEEDED  {}", attempt.what);
            }
        }
    }
    if through > 0 {
        return Err(Failure(format!(
            "{through} of {} attempts succeeded: the walls do not stand",
            attempts.len()
        )));
    }
    println!("{} attempts, none succeeded", attempts.len());
    Ok(Ended::Done)
}

/// The attempts are made in a process of their own, whose output is a pipe as a reader's is.
fn walls(program: &Path) -> Result<Ended, Failure> {
    let done = std::process::Command::new(program).arg("extract-attempts").env_clear().output()?;
    print!("{}", String::from_utf8_lossy(&done.stdout));
    if done.status.success() {
        return Ok(Ended::Done);
    }
    Err(Failure(String::from_utf8_lossy(&done.stderr).trim().trim_start_matches("urval: ").to_owned()))
}

fn as_json(file: &Path, bytes: &[u8], outcome: &Outcome) -> serde_json::Value {
    use sha2::Digest as _;
    let mut line = json!({
        "file": file.display().to_string(),
        "sha256": hex::encode(sha2::Sha256::digest(bytes)),
        "bytes": bytes.len(),
    });
    // {"read": …}, {"refused": …} or {"ended": …}
    if let (Some(line), Ok(serde_json::Value::Object(came))) =
        (line.as_object_mut(), serde_json::to_value(outcome))
    {
        line.extend(came);
    }
    line
}

fn print(outcome: &Outcome) {
    match outcome {
        Outcome::Read(reading) => print_reading(reading),
        Outcome::Refused(refusal) => {
            println!("not read: {refusal}");
            println!("{}", refusal.advice(false));
        }
        Outcome::Ended(end) => println!("not read: {end}; a person has to look at the file"),
    }
}

fn print_reading(reading: &Reading) {
    let mut section = Section::Opening;
    for block in &reading.blocks {
        if block.section != section {
            section = block.section;
            println!("\n[{}]", name_of(section));
        }
        print_block(block);
    }
    if reading.hidden_words() > 0 {
        println!("\n{} words in this file cannot be seen by a reader:", reading.hidden_words());
        for hidden in &reading.hidden {
            println!("  {} ({:?}): {}", hidden.words, hidden.why, hidden.text);
        }
    }
    for (trick, count) in &reading.tricks {
        println!("{count} characters were not what they seemed ({trick:?}) and were mended");
    }
    if reading.pages_without_text > 0 {
        println!("{} of {} pages are pictures without text", reading.pages_without_text, reading.pages);
    }
}

fn print_block(block: &Block) {
    let (before, after) = match (block.part, block.shape) {
        (Part::Margin, _) => ("(margin) ", ""),
        (Part::Note, _) => ("(note) ", ""),
        (Part::Body, Shape::Heading) => ("# ", ""),
        (Part::Body, Shape::Item) => ("- ", ""),
        (Part::Body, Shape::Row) => ("| ", " |"),
        (Part::Body, Shape::Paragraph) => ("", ""),
    };
    println!("{before}{}{after}", block.text);
}

fn name_of(section: Section) -> &'static str {
    match section {
        Section::Opening => "opening",
        Section::Profile => "profile",
        Section::Education => "education",
        Section::Experience => "experience",
        Section::Skills => "skills",
        Section::Languages => "languages",
        Section::Letter => "letter",
        Section::References => "references",
        Section::Contact => "contact",
        Section::Other => "other",
    }
}
