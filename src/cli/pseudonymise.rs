//! `urval pseudonymise`: any text on the command line, and how well it is done on marked texts.

use std::fs::File;
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;
use zeroize::Zeroizing;

use super::{Ended, Failure};
use crate::clock::Clock;
use crate::pipeline::pseudonymise::{
    Frame, Marked, Measured, Part, SpanCategory, Stream, Treatment, from_iob2, from_spans, measure,
};
use crate::pipeline::received::Known;

/// What to pseudonymise.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Arguments {
    /// A text file in UTF-8, or `-` for standard input.
    #[arg(required = true, value_name = "FILE|-")]
    file: Option<PathBuf>,
    /// The applicant's fields as JSON: name, email, phone, street, postcode, town, links, other. Without
    /// it the sender is recognised from the head and the signature.
    #[arg(long, value_name = "known.json")]
    known: Option<PathBuf>,
    /// A JSON object a part instead of text: the text and the replaced places.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    days: Days,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Args)]
struct Days {
    /// The day from which lengths of time are counted (default: today).
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<jiff::civil::Date>,
    /// The day the programme starts: a later degree is unclear, an earlier one is done before it.
    #[arg(long, value_name = "YYYY-MM-DD")]
    starts: Option<jiff::civil::Date>,
}

impl Days {
    fn frame(&self) -> Frame {
        Frame {
            today: self.today.unwrap_or_else(|| Clock::system().now().swedish_day()),
            starts: self.starts,
        }
    }
}

#[derive(Subcommand)]
enum Command {
    /// Measures on texts in which somebody has marked what must not remain.
    Eval(Eval),
}

#[derive(Args)]
struct Eval {
    /// Words with tags, one a line with a tab between, or the columns of Universal NER.
    #[arg(long, value_name = "FILE", required_unless_present = "spans", conflicts_with = "spans")]
    iob2: Option<PathBuf>,
    /// A JSON list of texts with `spans` (`start`, `end` in characters, `label`).
    #[arg(long, value_name = "FILE.json")]
    spans: Option<PathBuf>,
    /// JSON instead of a table. It holds no text.
    #[arg(long)]
    json: bool,
    /// How many missed and needless places are shown. They are shown on a terminal only, because they
    /// are text of the file.
    #[arg(long, default_value_t = 20, value_name = "N")]
    examples: usize,
    #[command(flatten)]
    days: Days,
}

/// Runs it.
///
/// # Errors
/// When a file cannot be read or is of another form.
pub fn run(given: &Arguments) -> Result<Ended, Failure> {
    match (&given.command, &given.file) {
        (Some(Command::Eval(eval)), _) => evaluate(eval),
        (None, Some(file)) => text(given, file),
        (None, None) => Err(Failure("give a file, or `-` for standard input".into())),
    }
}

fn cannot_read(path: &Path, why: &dyn std::fmt::Display) -> Failure {
    Failure(format!("cannot read `{}`: {why}", path.display()))
}

fn known(path: Option<&PathBuf>) -> Result<Known, Failure> {
    let Some(path) = path else { return Ok(Known::default()) };
    let bytes = Zeroizing::new(std::fs::read(path).map_err(|error| cannot_read(path, &error))?);
    serde_json::from_slice(&bytes).map_err(|error| {
        // The parser's words may quote the file.
        Failure(format!(
            "`{}` is not the applicant's fields (line {}, column {}); give an object such as {{\"name\": \"…\", \
             \"email\": \"…\", \"phone\": \"…\", \"street\": \"…\", \"postcode\": \"…\", \"town\": \"…\", \
             \"links\": [], \"other\": []}}",
            path.display(),
            error.line(),
            error.column()
        ))
    })
}

/// Bytes read at a time.
const READ_BYTES: usize = 64 * 1024;

fn text(given: &Arguments, path: &Path) -> Result<Ended, Failure> {
    let mut stream = Stream::new(known(given.known.as_ref())?, given.days.frame());
    let mut from: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(|error| cannot_read(path, &error))?)
    };
    let mut buffer = Zeroizing::new(vec![0_u8; READ_BYTES]);
    // Bytes of a letter that the last read cut.
    let mut cut: Zeroizing<Vec<u8>> = Zeroizing::new(Vec::new());
    let mut out = std::io::stdout().lock();
    let (mut part, mut held, mut read_bytes) = (0_usize, 0_usize, 0_usize);
    let mut show = |part_done: Part, out: &mut dyn Write| -> Result<(), Failure> {
        part += 1;
        if !part_done.held.is_empty() {
            held += 1;
            let rules: Vec<&str> = part_done.held.iter().map(|reason| reason.rule).collect();
            eprintln!("urval: part {part} is held back for a person to read: {}", rules.join(", "));
        }
        let shown = if given.json { as_json(&part_done, out) } else { as_text(&part_done, out) };
        shown.map_err(|error| Failure(format!("cannot write the text: {error}")))
    };
    loop {
        let count = from.read(&mut buffer).map_err(|error| cannot_read(path, &error))?;
        if count == 0 {
            break;
        }
        cut.extend_from_slice(buffer.get(..count).unwrap_or_default());
        let whole = match std::str::from_utf8(&cut) {
            Ok(_) => cut.len(),
            // A letter goes on in the next read; anything else is no UTF-8.
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(error) => {
                let at = read_bytes + error.valid_up_to() + 1;
                return Err(cannot_read(path, &format!("it is not UTF-8 (byte {at}); save it as UTF-8")));
            }
        };
        read_bytes += whole;
        let rest = Zeroizing::new(cut.split_off(whole));
        for done in stream.push(&cut) {
            show(done, &mut out)?;
        }
        cut = rest;
    }
    if !cut.is_empty() {
        return Err(cannot_read(path, &"it ends inside a letter; the file is cut"));
    }
    if let Some(done) = stream.finish() {
        show(done, &mut out)?;
    }
    out.flush()?;
    Ok(if held > 0 { Ended::SomeRefused } else { Ended::Done })
}

/// A held part shows nothing of its text.
fn as_text(part: &Part, out: &mut dyn Write) -> std::io::Result<()> {
    if part.held.is_empty() {
        out.write_all(part.text.as_bytes())?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

#[derive(Serialize)]
struct PartRecord<'a> {
    text: Option<&'a str>,
    spans: Vec<SpanRecord>,
    held: Vec<&'a str>,
}

#[derive(Serialize)]
struct SpanRecord {
    /// Characters in `text`.
    start: usize,
    end: usize,
    category: SpanCategory,
    treatment: &'static str,
    rule: &'static str,
    confidence: f32,
    /// Characters in the part as given.
    source_start: usize,
    source_end: usize,
}

fn as_json(part: &Part, out: &mut dyn Write) -> std::io::Result<()> {
    let show = part.held.is_empty();
    let record = PartRecord {
        text: show.then_some(part.text.as_str()),
        spans: part
            .spans
            .iter()
            .map(|(span, source)| SpanRecord {
                start: characters(&part.text, span.start),
                end: characters(&part.text, span.end),
                category: span.category,
                treatment: match span.category.treatment() {
                    Treatment::Masked => "masked",
                    Treatment::Quarantined => "quarantined",
                    Treatment::Neutralised => "neutralised",
                },
                rule: span.rule,
                confidence: f32::from(span.confidence) / 100.0,
                source_start: source.start_characters,
                source_end: source.end_characters,
            })
            .collect(),
        held: part.held.iter().map(|reason| reason.rule).collect(),
    };
    serde_json::to_writer(&mut *out, &record)?;
    out.write_all(b"\n")
}

/// Characters before the byte `at`.
fn characters(text: &str, at: usize) -> usize {
    text.get(..at).map_or(0, |head| head.chars().count())
}

#[derive(Serialize)]
struct RowRecord<'a> {
    label: &'a str,
    marked: usize,
    recall: f64,
    fully_covered_share: f64,
    right_category_share: f64,
    words_covered_share: f64,
    precision: f64,
    f2: f64,
}

#[derive(Serialize)]
struct Report<'a> {
    texts: usize,
    words: usize,
    labels: Vec<RowRecord<'a>>,
    masking_precision: f64,
    over_masking: f64,
    withheld_share_outside: f64,
    neutralised_share_outside: f64,
    megabytes_per_second: f64,
}

fn share(part: usize, of: usize) -> f64 {
    if of == 0 { 0.0 } else { part as f64 / of as f64 }
}

fn evaluate(what: &Eval) -> Result<Ended, Failure> {
    let read = |path: &PathBuf| -> Result<String, Failure> {
        let bytes = std::fs::read(path).map_err(|error| cannot_read(path, &error))?;
        String::from_utf8(bytes).map_err(|_| cannot_read(path, &"it is not UTF-8"))
    };
    let named =
        |path: &PathBuf, result: Result<Vec<Marked>, _>| result.map_err(|error| cannot_read(path, &error));
    let texts = match (&what.iob2, &what.spans) {
        (Some(path), _) => named(path, from_iob2(&read(path)?))?,
        (None, Some(path)) => named(path, from_spans(&read(path)?))?,
        (None, None) => return Err(Failure("give --iob2 FILE or --spans FILE.json".into())),
    };
    let to_terminal = std::io::stderr().is_terminal();
    let began = std::time::Instant::now();
    let measured = measure(&texts, &what.days.frame(), if to_terminal { what.examples } else { 0 });
    let seconds = began.elapsed().as_secs_f64();
    let report = report(&measured, measured.bytes as f64 / 1e6 / seconds.max(1e-9));
    let mut out = std::io::stdout().lock();
    if what.json {
        serde_json::to_writer_pretty(&mut out, &report)?;
        writeln!(out)?;
    } else {
        table(&report, &mut out)?;
    }
    if to_terminal {
        for (label, text, around) in &measured.missed {
            eprintln!("missed   {label:<12} {text:?} in {around:?}");
        }
        for (category, text, around) in &measured.too_much {
            eprintln!("needless {:<12} {text:?} in {around:?}", category.placeholder(true));
        }
    }
    Ok(Ended::Done)
}

fn report(measured: &Measured, megabytes_per_second: f64) -> Report<'_> {
    Report {
        texts: measured.texts,
        words: measured.words,
        labels: measured
            .rows
            .iter()
            .map(|row| RowRecord {
                label: &row.label,
                marked: row.marked,
                recall: row.recall(),
                fully_covered_share: row.recall(),
                right_category_share: share(row.fitting, row.marked),
                words_covered_share: share(row.words_covered, row.words),
                precision: row.precision(),
                f2: row.f2(),
            })
            .collect(),
        masking_precision: measured.precision(),
        over_masking: measured.over_masking(),
        withheld_share_outside: share(measured.outside_withheld, measured.outside),
        neutralised_share_outside: share(measured.outside_neutral, measured.outside),
        megabytes_per_second,
    }
}

fn table(report: &Report<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{} texts, {} words", report.texts, report.words)?;
    writeln!(
        out,
        "{:<24} {:>7} {:>8} {:>8} {:>8} {:>10} {:>7}",
        "label", "marked", "covered", "category", "words", "precision", "F2"
    )?;
    for row in &report.labels {
        writeln!(
            out,
            "{:<24} {:>7} {:>8.4} {:>8.4} {:>8.4} {:>10.4} {:>7.4}",
            row.label,
            row.marked,
            row.fully_covered_share,
            row.right_category_share,
            row.words_covered_share,
            row.precision,
            row.f2
        )?;
    }
    writeln!(out, "covered: every word of the place was replaced, whatever for (recall)")?;
    writeln!(out, "category: … with a category that fits the label; words: share of marked words replaced")?;
    writeln!(
        out,
        "precision of masking (masked words that lie in a marked place)   {:.4}",
        report.masking_precision
    )?;
    writeln!(
        out,
        "over-masking (words outside marked places that were masked)      {:.4}",
        report.over_masking
    )?;
    writeln!(
        out,
        "words outside marked places withheld as sensitive                {:.4}",
        report.withheld_share_outside
    )?;
    writeln!(
        out,
        "words outside marked places with a neutral word in their place   {:.4}",
        report.neutralised_share_outside
    )?;
    writeln!(out, "speed {:.2} MB/s on one core", report.megabytes_per_second)
}
