//! Files to applications: JSON Resume, letters in text or Markdown, and tables with one applicant a
//! row, each within [`Limits`].
//!
//! A reader keeps every word or refuses with a reason; what it leaves out on purpose it says in a
//! [`Note`]. It never stores, logs or judges anything, and no error holds anything from the file.
//! Personal text is wrapped the moment an application is put together.

use zeroize::Zeroizing;

use crate::guard::pii::Pii;
use crate::pipeline::extract::Extractor;
use crate::pipeline::received::{Known, Received, Section, SectionKind};
use crate::subject::file_place::FilePlace;
use crate::subject::profile::Question;
use crate::subject::words::Lang;

mod csv_rows;
mod decode;
mod europass;
mod headings;
mod json_resume;
mod letter;
mod limits;
mod manifest;
pub mod marks;
pub mod package;
pub mod screened;
mod sniff;
mod teamtailor;
mod unreadable;

pub use decode::Encoding;
pub use limits::Limits;
pub use unreadable::{Found, Unreadable, Wanted};

/// What a reader has to know besides the file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// The profile's questions, so that a heading with a question's text is recognised. Without
    /// them `F1`, `F2` … and `Fråga 1` … are.
    pub questions: &'a [Question],
    /// The bounds.
    pub limits: Limits,
    /// Columns of a table under other names: the header as it stands, and the one to take it for; `-` leaves the
    /// column out.
    pub columns: &'a [(String, String)],
    /// Reads documents, where a PDF may hold a Europass file.
    pub documents: Option<&'a Extractor>,
}

/// Something a reader did that a person may want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Note {
    /// The encoding the file was read as.
    ReadAs(Encoding),
    /// Characters that cannot be seen were taken out.
    InvisibleRemoved {
        /// How many.
        characters: usize,
    },
    /// Control characters became spaces.
    ControlsReplaced {
        /// How many.
        characters: usize,
    },
    /// A photo, or a link to one, was left out: a photo is never part of the assessment.
    PhotoLeftOut,
    /// Country and region of the home address were left out of text and identity.
    RegionLeftOut,
    /// The file's facts about itself (schema, version, time of change) were left out.
    FileFactsLeftOut,
}

impl Note {
    /// The note in words.
    #[must_use]
    pub fn text(self, lang: Lang) -> String {
        match (self, lang) {
            (Self::ReadAs(encoding), Lang::Sv) => format!("filen lästes som {}", encoding.label(lang)),
            (Self::ReadAs(encoding), Lang::En) => format!("the file was read as {}", encoding.label(lang)),
            (Self::InvisibleRemoved { characters }, Lang::Sv) => {
                format!("{characters} osynliga tecken togs bort")
            }
            (Self::InvisibleRemoved { characters }, Lang::En) => {
                format!("{characters} invisible characters were removed")
            }
            (Self::ControlsReplaced { characters }, Lang::Sv) => {
                format!("{characters} styrtecken ersattes med blanksteg")
            }
            (Self::ControlsReplaced { characters }, Lang::En) => {
                format!("{characters} control characters were replaced by spaces")
            }
            (Self::PhotoLeftOut, Lang::Sv) => "fotot lämnades utanför".into(),
            (Self::PhotoLeftOut, Lang::En) => "the photo was left out".into(),
            (Self::RegionLeftOut, Lang::Sv) => "hemadressens land och län lämnades utanför".into(),
            (Self::RegionLeftOut, Lang::En) => "the home address's country and region were left out".into(),
            (Self::FileFactsLeftOut, Lang::Sv) => "filens uppgifter om sig själv lämnades utanför".into(),
            (Self::FileFactsLeftOut, Lang::En) => "the file's facts about itself were left out".into(),
        }
    }
}

/// One application in a file, or why it was not read.
pub struct Item {
    /// The file's name, or the file's name and `#` and the row, the header being row 1.
    pub label: String,
    /// The application, or why it was not read.
    pub outcome: Result<Received, Unreadable>,
    /// The placements applied for, as written (`placeringar`); empty when the file does not say.
    pub placements: Vec<String>,
    /// What the reader did.
    pub notes: Vec<Note>,
    /// What names the applicant in another system; empty when the file does not say.
    pub key: String,
    /// Documents that the file names, and what each is.
    pub files: Vec<(FilePlace, String)>,
}

impl std::fmt::Debug for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What an applicant wrote as placements may be anything, so only the count is shown.
        f.debug_struct("Item")
            .field("label", &self.label)
            .field("outcome", &self.outcome)
            .field("placements", &self.placements.len())
            .field("notes", &self.notes)
            .field("files", &self.files.len())
            // The key can be an e-mail address.
            .finish_non_exhaustive()
    }
}

/// Reads one file with the usual limits and without a profile's questions.
///
/// # Errors
/// [`Unreadable`] when nothing of the file can be read. A fault in one row of a table is in that
/// row's [`Item::outcome`].
pub fn read_file(name: &str, bytes: &[u8]) -> Result<Vec<Item>, Unreadable> {
    read_file_with(name, bytes, &Options::default())
}

/// Reads one file.
///
/// # Errors
/// As [`read_file`].
pub fn read_file_with(name: &str, bytes: &[u8], options: &Options<'_>) -> Result<Vec<Item>, Unreadable> {
    let drafts = drafts(name, bytes, options)?;
    Ok(drafts
        .into_iter()
        .map(|entry| match entry.draft {
            Ok(draft) => item(entry.label, draft, &options.limits),
            Err(refusal) => Item {
                label: entry.label,
                outcome: Err(refusal),
                placements: Vec::new(),
                notes: Vec::new(),
                key: String::new(),
                files: Vec::new(),
            },
        })
        .collect())
}

/// One part of an application before it is wrapped.
struct Part {
    kind: SectionKind,
    question: Option<String>,
    text: Zeroizing<String>,
}

/// An application before it is wrapped.
#[derive(Default)]
struct Draft {
    known: Known,
    parts: Vec<Part>,
    placements: Vec<String>,
    notes: Vec<Note>,
    key: String,
    files: Vec<(FilePlace, String)>,
}

impl Draft {
    fn note(&mut self, note: Note) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Adds a text; a second one of the same kind is put after the first.
    fn add(&mut self, kind: SectionKind, question: Option<&str>, text: &str) {
        let text = text.trim_matches('\n').trim_end();
        if text.trim().is_empty() {
            return;
        }
        let same =
            self.parts.iter_mut().find(|part| part.kind == kind && part.question.as_deref() == question);
        match same {
            Some(part) => {
                part.text.push_str("\n\n");
                part.text.push_str(text);
            }
            None => self.parts.push(Part {
                kind,
                question: question.map(str::to_owned),
                text: Zeroizing::new(text.to_owned()),
            }),
        }
    }
}

/// One application's draft, or why there is none.
struct Entry {
    label: String,
    draft: Result<Draft, Unreadable>,
}

fn drafts(name: &str, bytes: &[u8], options: &Options<'_>) -> Result<Vec<Entry>, Unreadable> {
    let limits = &options.limits;
    if bytes.is_empty() {
        return Err(Unreadable::Empty);
    }
    if bytes.len() > limits.file_bytes_max {
        return Err(Unreadable::TooLarge { bytes: bytes.len(), bytes_max: limits.file_bytes_max });
    }
    if let Some(found) = sniff::not_text(bytes) {
        return Err(Unreadable::NotAccepted(found));
    }
    let decoded = decode::decode(bytes)?;
    let one = |draft: Draft| vec![Entry { label: name.to_owned(), draft: Ok(draft) }];
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let mut entries = match ending.as_str() {
        "json" => one(json_resume::read(&decoded.text, options)?),
        "txt" => one(letter::read(&decoded.text, false, options)?),
        "md" | "markdown" => one(letter::read(&decoded.text, true, options)?),
        "csv" | "tsv" => csv_rows::read(name, &decoded.text, options)?,
        _ => return Err(Unreadable::NotAccepted(Found::TextOfOtherEnding)),
    };
    for draft in entries.iter_mut().filter_map(|entry| entry.draft.as_mut().ok()) {
        draft.note(Note::ReadAs(decoded.encoding));
        if decoded.invisible > 0 {
            draft.note(Note::InvisibleRemoved { characters: decoded.invisible });
        }
        if decoded.controls > 0 {
            draft.note(Note::ControlsReplaced { characters: decoded.controls });
        }
    }
    Ok(entries)
}

fn item(label: String, draft: Draft, limits: &Limits) -> Item {
    let Draft { known, parts, placements, notes, key, files } = draft;
    let outcome = match check(&known, &parts, !files.is_empty(), limits) {
        Ok(()) => Ok(wrap(known, parts)),
        Err(refusal) => Err(refusal),
    };
    Item { label, outcome, placements, notes, key, files }
}

fn check(known: &Known, parts: &[Part], has_files: bool, limits: &Limits) -> Result<(), Unreadable> {
    let chars_max = limits.field_chars_max;
    let fields = [&known.name, &known.email, &known.phone, &known.street, &known.postcode, &known.town];
    let too_long = |field: &String| field.chars().count() > chars_max;
    if fields.into_iter().chain(&known.links).chain(&known.other).any(too_long) {
        return Err(Unreadable::FieldTooLong { chars_max });
    }
    for part in parts {
        let chars = part.text.chars().count();
        if chars > limits.section_chars_max {
            return Err(Unreadable::SectionTooLong {
                part: part.kind,
                chars,
                chars_max: limits.section_chars_max,
            });
        }
    }
    if !has_files && parts.iter().all(|part| !part.text.chars().any(char::is_alphanumeric)) {
        return Err(Unreadable::NoText);
    }
    Ok(())
}

/// Letter, CV, answers; within a kind the file's order.
fn wrap(known: Known, mut parts: Vec<Part>) -> Received {
    parts.sort_by_key(|part| part.kind);
    let sections = parts
        .into_iter()
        .map(|mut part| Section {
            kind: part.kind,
            question: part.question.take(),
            text: Pii::new(std::mem::take(&mut *part.text)),
        })
        .collect();
    Received { known, sections }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refusal(name: &str, bytes: &[u8]) -> Unreadable {
        match read_file(name, bytes) {
            Ok(_) => panic!("read"),
            Err(error) => error,
        }
    }

    fn one(name: &str, bytes: &[u8]) -> Item {
        let mut items = read_file(name, bytes).expect("readable");
        assert_eq!(items.len(), 1);
        items.remove(0)
    }

    #[test]
    fn each_format_gives_an_application() {
        let letter = one("a.txt", b"Hej!\r\nJag vill arbeta hos er.");
        let received = letter.outcome.as_ref().expect("a letter");
        assert_eq!(received.sections.len(), 1);
        assert_eq!(received.sections[0].kind, SectionKind::Letter);
        assert_eq!(received.sections[0].text.len(), "Hej!\nJag vill arbeta hos er.".len());
        assert_eq!(received.known.name, "");
        assert_eq!(letter.notes, [Note::ReadAs(Encoding::Utf8)]);

        let json = one("B.JSON", br#"{"basics": {"name": "Bo Ek", "summary": "Jag ritar torg."}}"#);
        let received = json.outcome.as_ref().expect("a CV");
        assert_eq!((received.known.name.as_str(), received.sections[0].kind), ("Bo Ek", SectionKind::Cv));

        let rows = read_file("c.tsv", b"namn\tbrev\nBo\tHej\nAda\t\n").expect("a table");
        assert_eq!(rows.iter().map(|row| row.label.as_str()).collect::<Vec<_>>(), ["c.tsv#2", "c.tsv#3"]);
        assert!(rows[0].outcome.is_ok());
        assert_eq!(rows[1].outcome.as_ref().err(), Some(&Unreadable::NoText));
    }

    #[test]
    fn parts_come_in_the_order_a_person_reads_them() {
        let item = one("a.md", "## F2\nb\n# CV\n2020 Kock\n## F1\na\n# Brev\nHej".as_bytes());
        let received = item.outcome.expect("read");
        let order: Vec<_> = received.sections.iter().map(|s| (s.kind, s.question.as_deref())).collect();
        assert_eq!(
            order,
            [
                (SectionKind::Letter, None),
                (SectionKind::Cv, None),
                (SectionKind::Answer, Some("F2")),
                (SectionKind::Answer, Some("F1"))
            ]
        );
    }

    #[test]
    fn a_file_that_is_not_read_is_named_by_its_content() {
        assert_eq!(refusal("a.txt", b"%PDF-1.7 x"), Unreadable::NotAccepted(Found::Pdf));
        assert_eq!(refusal("a.json", b"PK\x03\x04 word/document.xml"), Unreadable::NotAccepted(Found::Docx));
        assert_eq!(refusal("a.csv", b"\x89PNG\r\n\x1a\n"), Unreadable::NotAccepted(Found::Picture));
        for name in ["a", "a.doc", "a.pdf", ".", ""] {
            assert_eq!(refusal(name, b"Hej"), Unreadable::NotAccepted(Found::TextOfOtherEnding));
        }
        assert_eq!(refusal("a.txt", b""), Unreadable::Empty);
        assert_eq!(refusal("a.txt", b"\n \n"), Unreadable::Empty);
    }

    #[test]
    fn limits_refuse_and_never_cut() {
        let limits = Limits::default();
        let big = vec![b'a'; limits.file_bytes_max + 1];
        assert_eq!(
            refusal("a.txt", &big),
            Unreadable::TooLarge { bytes: big.len(), bytes_max: limits.file_bytes_max }
        );
        let long = "å".repeat(limits.section_chars_max);
        assert!(one("a.txt", long.as_bytes()).outcome.is_ok());
        assert_eq!(
            one("a.txt", format!("{long}å").as_bytes()).outcome.err(),
            Some(Unreadable::SectionTooLong {
                part: SectionKind::Letter,
                chars: limits.section_chars_max + 1,
                chars_max: limits.section_chars_max
            })
        );
        let name = "n".repeat(limits.field_chars_max + 1);
        let row = one("a.csv", format!("namn;brev\n{name};hej\n").as_bytes());
        assert_eq!(row.outcome.err(), Some(Unreadable::FieldTooLong { chars_max: limits.field_chars_max }));
        for (name, bytes) in
            [("a.json", &b"{}"[..]), ("a.json", br#"{"basics": {"name": "x"}}"#), ("a.txt", b"---\n...")]
        {
            assert_eq!(one(name, bytes).outcome.err(), Some(Unreadable::NoText));
        }
    }

    #[test]
    fn no_reason_and_no_debug_text_holds_anything_from_the_file() {
        let canary = "Zyxwvut";
        for (name, text) in [
            ("a.json", format!("{{\"{canary}\": {{\"{canary}\": 1, \"{canary}\": 2}}, {canary}")),
            ("a.json", format!("{{\"{canary}\": 1, \"{canary}\": 2}}")),
            ("a.json", format!("{{\"x\": {{\"{canary}\": 1, \"{canary}\": 2}}}}")),
            ("a.json", format!("{{\"x\": {{\"{canary}\": {{\"y\": 1, \"y\": 2}}}}}}")),
            ("a.json", format!("{{\"{canary}\": {{\"y\": 1, \"y\": 2}}}}")),
            ("a.json", format!("{{\"basics\": {{\"birthDate\": [{{\"{canary}\": 1}}]}}}}")),
            ("a.json", format!("{{\"answers\": {{\"{canary}\": []}}}}")),
            ("a.csv", format!("{canary};{canary}\n{canary};x\n")),
            (
                "a.csv",
                format!(
                    "namn;brev;placeringar\n{canary};{canary};{canary}\n{canary}\n\"{canary}\" x;{canary}\n"
                ),
            ),
            ("a.csv", format!("namn;brev\n\"{canary};")),
            ("a.txt", canary.to_owned()),
            ("a.xyz", canary.to_owned()),
            ("a.txt", format!("{canary}\0")),
        ] {
            let shown = match read_file(name, text.as_bytes()) {
                Ok(items) => {
                    let reasons: Vec<String> = items
                        .iter()
                        .filter_map(|item| item.outcome.as_ref().err())
                        .map(|error| {
                            format!("{} {} {error:?}", error.reason(Lang::Sv), error.reason(Lang::En))
                        })
                        .collect();
                    format!("{items:?} {reasons:?}")
                }
                Err(error) => format!("{} {} {error:?}", error.reason(Lang::Sv), error.reason(Lang::En)),
            };
            assert!(!shown.contains(canary), "{name}: {shown}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_under_any_name_make_it_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            ending in prop::sample::select(vec!["json", "txt", "md", "csv", "tsv", "pdf"]),
        ) {
            let _ = read_file(&format!("a.{ending}"), &bytes);
        }

        #[test]
        fn whatever_is_read_has_text_within_the_limits(
            text in "([a-zåäö]{1,5}|[;,\t\"\n#*{}:\\[\\]]|namn|brev|F1|cv){0,80}",
            ending in prop::sample::select(vec!["json", "txt", "md", "csv"]),
        ) {
            for item in read_file(&format!("a.{ending}"), text.as_bytes()).unwrap_or_default() {
                if let Ok(received) = item.outcome {
                    prop_assert!(received.sections.iter().any(|section| !section.text.is_empty()));
                }
            }
        }
    }
}
