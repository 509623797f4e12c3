//! Documents are read as a person sees them, by a process that can do nothing else.
//!
//! The made documents of `tests/fixtures/documents` (see `make.py` there) come with what can be seen in them;
//! poppler (Debian) is the peer for words and their order, and the eye: a word that poppler places on the page
//! is seen where the rendered page is not of one colour.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use urval::pipeline::extract::{Extractor, Outcome};

use crate::fixture::figures;

mod alike;
pub mod hostile;
mod speed;
mod walls;

fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_urval"))
}

pub fn extractor() -> Extractor {
    Extractor::start(program(), 2, 2).expect("readers behind walls")
}

struct Made {
    file: PathBuf,
    name: String,
    visible: Vec<String>,
    hidden: String,
    margin: String,
}

impl Made {
    fn is_pdf(&self) -> bool {
        self.file.extension().is_some_and(|ending| ending == "pdf")
    }
}

fn made() -> Vec<Made> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/documents");
    let mut out = Vec::new();
    for entry in std::fs::read_dir(&folder).expect("the folder") {
        let file = entry.expect("an entry").path();
        let extension = file.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if !["pdf", "docx", "odt", "rtf", "md", "txt"].contains(&extension) {
            continue;
        }
        let truth = std::fs::read_to_string(file.with_extension("json")).expect("what can be seen");
        let truth: Value = serde_json::from_str(&truth).expect("JSON");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        out.push(Made {
            name: file.file_name().expect("a name").to_string_lossy().into_owned(),
            visible: truth["visible"].as_array().expect("blocks").iter().map(text).collect(),
            hidden: text(&truth["hidden"]),
            margin: text(&truth["margin"]),
            file,
        });
    }
    out.sort_by(|a, b| a.name.cmp(&b.name));
    out
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// The share of the wanted words that are there, each as often as it is wanted.
fn recall(wanted: &[String], there: &[String]) -> f64 {
    let mut left: BTreeMap<&str, u32> = BTreeMap::new();
    for word in there {
        *left.entry(word).or_default() += 1;
    }
    let found = wanted
        .iter()
        .filter(|word| match left.get_mut(word.as_str()) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        })
        .count();
    found as f64 / wanted.len().max(1) as f64
}

/// Twice the longest common subsequence over both lengths: 1 when words and order are the same.
fn order(wanted: &[String], there: &[String]) -> f64 {
    let mut row = vec![0u32; there.len() + 1];
    for word in wanted {
        let mut before = 0;
        for (at, other) in there.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if word == other { before + 1 } else { above.max(row[at]) };
            before = above;
        }
    }
    2.0 * f64::from(row[there.len()]) / (wanted.len() + there.len()).max(1) as f64
}

fn reading(extractor: &Extractor, made: &Made) -> urval_documents::Reading {
    let bytes = std::fs::read(&made.file).expect("the file");
    match extractor.read(&bytes) {
        Outcome::Read(reading) => *reading,
        other => panic!("{}: {other:?}", made.name),
    }
}

fn body(reading: &urval_documents::Reading) -> String {
    let blocks = reading.blocks.iter().filter(|block| block.part != urval_documents::Part::Margin);
    blocks.map(|block| block.text.as_str()).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_can_be_seen_is_read_and_what_cannot_is_not() {
    let extractor = extractor();
    let mut wrong = Vec::new();
    let mut by_kind: BTreeMap<String, (u32, f64, f64)> = BTreeMap::new();
    for made in made() {
        let reading = reading(&extractor, &made);
        let (wanted, there) = (words(&made.visible.join("\n")), words(&body(&reading)));
        let (recall, order) = (recall(&wanted, &there), order(&wanted, &there));
        let kind = by_kind.entry(format!("{:?}", reading.kind)).or_default();
        *kind = (kind.0 + 1, kind.1 + recall, kind.2 + order);
        if recall < 0.995 {
            let missing: Vec<_> = wanted.iter().filter(|word| !there.contains(word)).collect();
            wrong.push(format!("{}: {recall:.3} of the words are read; not {missing:?}", made.name));
        }
        if order < 0.95 {
            wrong.push(format!("{}: order {order:.3}", made.name));
        }
        let all = reading.blocks.iter().map(|block| block.text.as_str()).collect::<Vec<_>>().join(" ");
        if !made.hidden.is_empty() && all.contains("Ignorera kravprofilen") {
            wrong.push(format!("{}: what cannot be seen was read", made.name));
        }
        let hidden = reading.hidden.iter().map(|hidden| hidden.text.as_str()).collect::<Vec<_>>().join(" ");
        let found = self::recall(&words(&made.hidden), &words(&hidden));
        if !made.hidden.is_empty() && found < 0.999 {
            wrong.push(format!("{}: {found:.2} of the hidden words are told of: {hidden}", made.name));
        }
        if !made.margin.is_empty() {
            let margins: Vec<_> =
                reading.blocks.iter().filter(|b| b.part == urval_documents::Part::Margin).collect();
            if margins.len() != 1 || !margins[0].text.contains(&made.margin) {
                wrong.push(format!("{}: margins {margins:?}", made.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let kinds: BTreeMap<_, _> = by_kind
        .iter()
        .map(|(kind, (count, recall, order))| {
            let of = f64::from(*count);
            (kind, json!({ "files": count, "word_recall": recall / of, "order": order / of }))
        })
        .collect();
    let count = by_kind.values().map(|kind| u64::from(kind.0)).sum();
    figures(
        "documents::what_can_be_seen_is_read_and_what_cannot_is_not",
        count,
        &json!({ "documents": count, "by_kind": kinds }),
    );
}

fn poppler(tool: &str) -> bool {
    let there = Command::new(tool).arg("-v").output().is_ok();
    if !there {
        assert!(
            std::env::var_os("URVAL_TEST_REQUIRE_POSTGRES").is_none(),
            "`{tool}` is needed; tests/run installs poppler-utils"
        );
        println!("SKIPPED: `{tool}` is not here; tests/run installs poppler-utils");
    }
    there
}

fn output(command: &mut Command) -> Vec<u8> {
    let done = command.output().expect("poppler");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    done.stdout
}

#[test]
fn words_and_their_order_are_read_better_than_by_a_peer() {
    if !poppler("pdftotext") {
        return;
    }
    let extractor = extractor();
    let (mut ours, mut theirs) = ((0.0, 0.0), (0.0, 0.0));
    let (mut files, mut below) = (0u32, Vec::new());
    // What is hidden counts against nobody here: the peer reads it by design.
    for made in made().iter().filter(|made| made.is_pdf() && made.hidden.is_empty()) {
        let wanted = words(&made.visible.join("\n"));
        let our = words(&body(&reading(&extractor, made)));
        let their = output(Command::new("pdftotext").arg("-q").arg(&made.file).arg("-"));
        let their = words(&String::from_utf8_lossy(&their));
        let pair = (recall(&wanted, &our), recall(&wanted, &their));
        if pair.0 < pair.1 {
            below.push(format!("{}: {:.4} of the words, the peer {:.4}", made.name, pair.0, pair.1));
        }
        files += 1;
        ours = (ours.0 + pair.0, ours.1 + order(&wanted, &our));
        theirs = (theirs.0 + pair.1, theirs.1 + order(&wanted, &their));
    }
    let of = f64::from(files);
    assert!(below.is_empty(), "{}", below.join("\n"));
    assert!(ours.1 > theirs.1, "order {:.4}, the peer {:.4}", ours.1 / of, theirs.1 / of);
    figures(
        "documents::words_and_their_order_are_read_better_than_by_a_peer",
        files.into(),
        &json!({
            "files": files,
            "word_recall": ours.0 / of, "word_recall_pdftotext": theirs.0 / of,
            "order": ours.1 / of, "order_pdftotext": theirs.1 / of,
        }),
    );
}

/// A grey picture of a page.
struct Picture {
    width: usize,
    height: usize,
    grey: Vec<u8>,
}

impl Picture {
    /// Reads a binary PGM (Netpbm).
    fn parse(bytes: &[u8]) -> Self {
        let mut at = 0;
        let mut fields = Vec::new();
        while fields.len() < 4 {
            let from = at;
            while !bytes[at].is_ascii_whitespace() {
                at += 1;
            }
            fields.push(String::from_utf8_lossy(&bytes[from..at]).into_owned());
            at += 1;
        }
        let number = |at: usize| fields[at].parse().expect("a number");
        assert_eq!(fields[0], "P5");
        Self { width: number(1), height: number(2), grey: bytes[at..].to_vec() }
    }

    /// The difference between the darkest and the lightest point inside.
    fn contrast(&self, from: (f64, f64), to: (f64, f64)) -> u8 {
        let clamp = |value: f64, most: usize| (value.max(0.0) as usize).min(most);
        let (x, y) = (clamp(from.0, self.width), clamp(from.1, self.height));
        let (right, bottom) = (clamp(to.0.ceil(), self.width), clamp(to.1.ceil(), self.height));
        let (mut least, mut most) = (u8::MAX, u8::MIN);
        for row in y..bottom {
            for grey in &self.grey[row * self.width + x..row * self.width + right.max(x)] {
                (least, most) = (least.min(*grey), most.max(*grey));
            }
        }
        most.saturating_sub(least)
    }
}

/// The words of a file that an eye sees on the rendered pages.
fn seen(file: &Path) -> Vec<String> {
    const DPI: f64 = 96.0;
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("page");
    output(Command::new("pdftoppm").args(["-q", "-gray", "-r", "96"]).arg(file).arg(&root));
    let mut pages: Vec<PathBuf> =
        std::fs::read_dir(folder.path()).expect("pages").map(|entry| entry.expect("a page").path()).collect();
    pages.sort();
    let boxes = output(Command::new("pdftotext").args(["-q", "-bbox"]).arg(file).arg("-"));
    let boxes = String::from_utf8_lossy(&boxes);
    let mut out = Vec::new();
    for (page, part) in pages.iter().zip(boxes.split("<page ").skip(1)) {
        let picture = Picture::parse(&std::fs::read(page).expect("a picture"));
        for line in part.lines().filter(|line| line.contains("<word ")) {
            let attribute = |name: &str| -> f64 {
                let rest = line.split(&format!("{name}=\"")).nth(1).expect("an attribute");
                rest.split('"').next().and_then(|value| value.parse().ok()).expect("a number")
            };
            let (left, top) = (attribute("xMin"), attribute("yMin"));
            let (right, bottom) = (attribute("xMax"), attribute("yMax"));
            let scale = DPI / 72.0;
            let contrast = picture.contrast((left * scale, top * scale), (right * scale, bottom * scale));
            // Smaller than two points, or without a difference: nobody sees it.
            if bottom - top >= 2.0 && contrast > 24 {
                let text =
                    line.split_once('>').and_then(|(_, rest)| rest.split('<').next()).unwrap_or_default();
                out.push(text.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"));
            }
        }
    }
    out
}

#[test]
fn what_is_read_is_what_is_seen_on_the_rendered_page() {
    if !poppler("pdftoppm") {
        return;
    }
    let extractor = extractor();
    let (mut files, mut letters, mut wrong) = (0u64, 0usize, Vec::new());
    for made in made().iter().filter(|made| made.is_pdf()) {
        let reading = reading(&extractor, made);
        let read = reading.blocks.iter().map(|block| block.text.as_str()).collect::<Vec<_>>().join(" ");
        // Letters, not words: a word divided at the end of a line is two boxes.
        let bag = |text: &str| {
            let mut letters: BTreeMap<char, i64> = BTreeMap::new();
            for letter in text.chars().filter(|c| c.is_alphabetic()) {
                *letters.entry(letter).or_default() += 1;
            }
            letters
        };
        let (seen, read) = (bag(&seen(&made.file).join(" ")), bag(&read));
        let count: i64 = seen.values().sum();
        let mut off = 0;
        for letter in seen.keys().chain(read.keys().filter(|letter| !seen.contains_key(letter))) {
            off += (seen.get(letter).unwrap_or(&0) - read.get(letter).unwrap_or(&0)).abs();
        }
        // A footer that is on every page is read once.
        let allowed = if made.margin.is_empty() { count / 200 } else { count / 20 };
        if off > allowed {
            wrong.push(format!(
                "{}: {off} of {count} letters are seen and not read, or read and not seen",
                made.name
            ));
        }
        files += 1;
        letters += usize::try_from(count).expect("a count");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(files >= 50, "{files} files are too few");
    figures(
        "documents::what_is_read_is_what_is_seen_on_the_rendered_page",
        files,
        &json!({ "files": files, "letters_seen": letters }),
    );
}
