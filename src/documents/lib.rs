//! Documents as a person sees them.
//!
//! [`read`] takes the bytes of one file and gives what a reader sees of it, in reading order, as
//! [`Block`]s, and apart from that what is in the file and cannot be seen ([`Hidden`]). It tells the type by
//! the content and never by a name, runs no macro, follows no link, opens no embedded file but a [`europass`] one
//! and resolves no external entity. It reads nothing but the bytes and writes nothing.
//!
//! ```text
//! bytes ─ kind ─┬─ pdf ──────────────┐
//!               ├─ zipped ─ docx, odt ├─ Draft ─ text (letters, hyphens) ─ sections ─ Reading
//!               ├─ rtf ──────────────┤
//!               └─ plain ────────────┘
//! ```
//!
//! It is meant to run in a child process with limits: the libraries below it have aborted on hostile files.
//! Every limit of [`Limits`] ends in a [`Refusal`] and not in a shorter text.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

pub use europass::Person;
use text::Mender;

/// The text with letters of other scripts made Latin inside words that are otherwise Latin, so that a word cannot
/// hide behind letters that look the same.
#[must_use]
pub fn latin_letters(text: &str) -> String {
    text::latin_where_it_passes(text, &mut 0)
}

/// What the bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Portable Document Format (ISO 32000).
    Pdf,
    /// Office Open XML word processing (ECMA-376).
    Docx,
    /// `OpenDocument` text (ISO/IEC 26300).
    Odt,
    /// Rich Text Format 1.9.1.
    Rtf,
    /// Markdown, as `CommonMark` reads it.
    Markdown,
    /// Plain text.
    Text,
}

/// Where in a document a block stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The running text.
    Body,
    /// What is repeated at the top or the bottom of pages; each once.
    Margin,
    /// A footnote or an endnote.
    Note,
}

/// What a block looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// A heading.
    Heading,
    /// A paragraph.
    Paragraph,
    /// An item of a list.
    Item,
    /// A row of a table; cells are separated by a tab.
    Row,
}

/// What a block is about, from the heading above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// Before any heading that is known.
    Opening,
    /// Who the person says to be.
    Profile,
    /// Education and courses.
    Education,
    /// Employment and assignments.
    Experience,
    /// Skills and tools.
    Skills,
    /// Languages.
    Languages,
    /// A personal letter.
    Letter,
    /// Referees.
    References,
    /// Address, telephone and such.
    Contact,
    /// Under a heading that is not known.
    Other,
}

/// One piece of what can be seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Where it stands.
    pub part: Part,
    /// What it looks like.
    pub shape: Shape,
    /// What it is about.
    pub section: Section,
    /// The page, from 1; 0 where the format has no pages.
    pub page: u32,
    /// The text: NFC, one line, no control characters but the tabs between cells.
    pub text: String,
}

/// Why a reader cannot see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// In the colour of what lies behind it, or nearly.
    Colour,
    /// Smaller than can be read.
    Size,
    /// Outside the page or the area that is shown.
    OffPage,
    /// Under a picture or a filled shape.
    Covered,
    /// Drawn in a way that leaves no mark (PDF text rendering mode 3 or 7, full transparency).
    Unmarked,
    /// In a layer that is switched off.
    Layer,
    /// Marked as hidden.
    Marked,
    /// Deleted, and kept as a tracked change.
    Deleted,
    /// A comment or an annotation.
    Comment,
    /// A description of a picture.
    AltText,
    /// Properties of the document: title, keywords, and such.
    Metadata,
    /// In an embedded file.
    Embedded,
}

/// Words that are in the file and that a reader cannot see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hidden {
    /// Why they cannot be seen.
    pub why: Why,
    /// How many words: runs of letters and digits.
    pub words: u32,
    /// The text itself, at most [`Limits::hidden_chars`] of it over all.
    pub text: String,
}

/// Letters that are not what they seem. They are made what they seem, and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trick {
    /// Characters without width inside words, dropped.
    ZeroWidth,
    /// Letters of another script that look Latin, made Latin.
    Homoglyph,
    /// Controls of the direction of writing, dropped.
    Direction,
    /// Invisible tag characters (U+E0000 and on), dropped.
    Tags,
    /// Letters as mathematical or wide signs, made plain.
    Styled,
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// What the bytes are.
    pub kind: Kind,
    /// How many pages; 0 where the format has none.
    pub pages: u32,
    /// What a reader sees, in reading order; notes after the body, margins last.
    pub blocks: Vec<Block>,
    /// What a reader does not see.
    pub hidden: Vec<Hidden>,
    /// Letters that were mended: which trick, and how many characters.
    pub tricks: Vec<(Trick, u32)>,
    /// Pictures on the pages, when pages have little text beside them: a scan, perhaps in part.
    pub pages_without_text: u32,
}

/// Why a file is not read. A person gets it, with the sealed original.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "refusal", content = "detail")]
pub enum Refusal {
    /// There is nothing in it.
    Empty,
    /// It is none of the kinds that are read; what it seems to be, when that is known.
    OtherKind(String),
    /// It can be opened with a password only.
    Encrypted,
    /// It does not keep the rules of its format, so that nothing can be read.
    Broken(String),
    /// It is built to exhaust whoever reads it, or is larger than any application: which limit.
    TooMuch(String),
    /// It declares entities or a document type, which no application needs.
    Entities,
    /// There are pictures and no text: a scan. How many pages.
    Scanned(u32),
    /// It can be read, and nothing in it can be seen.
    NothingToSee,
}

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The file, in bytes.
    pub bytes: usize,
    /// Everything that is unpacked, in bytes.
    pub unpacked: usize,
    /// One part that is unpacked, in bytes.
    pub part: usize,
    /// Files in an archive.
    pub entries: usize,
    /// Elements within elements, and groups within groups.
    pub depth: usize,
    /// Pages.
    pub pages: u32,
    /// Characters that can be seen.
    pub chars: usize,
    /// Characters of what cannot be seen that are kept to be shown.
    pub hidden_chars: usize,
}

impl Limits {
    /// What an application may be: some hundred pages of text, with pictures.
    pub const APPLICATION: Limits = Limits {
        bytes: 20 << 20,
        unpacked: 64 << 20,
        part: 24 << 20,
        entries: 2_000,
        depth: 200,
        pages: 200,
        chars: 400_000,
        hidden_chars: 20_000,
    };
}

/// What a reader of one format gives: pieces as they stand in the file, not yet mended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    /// How many pages; 0 where the format has none.
    pub pages: u32,
    /// What can be seen. Lines of a laid-out format are separated by a line feed, so that words divided at
    /// the ends of lines can be joined; a paragraph of a flowing format is one line.
    pub pieces: Vec<Piece>,
    /// What cannot.
    pub hidden: Vec<(Why, String)>,
    /// Pages that have pictures and next to no text.
    pub pages_without_text: u32,
    /// The Europass file that is embedded.
    pub europass: Option<europass::Europass>,
}

/// A piece of a draft.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub part: Part,
    pub shape: Shape,
    pub page: u32,
    pub text: String,
}

/// Reads one file as a person sees it.
///
/// # Errors
/// A [`Refusal`] when the file is of no kind that is read, keeps no rules, exceeds a limit, or has nothing in it
/// that can be seen.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Reading, Refusal> {
    read_with_person(bytes, limits).map(|(reading, _)| reading)
}

/// Reads one file as a person sees it, and who the person is by the Europass file embedded in it. For an import,
/// where nobody is there to say who it is; the one who applies says it otherwise.
///
/// # Errors
/// As [`read`].
pub fn read_with_person(bytes: &[u8], limits: &Limits) -> Result<(Reading, Option<Person>), Refusal> {
    if bytes.len() > limits.bytes {
        return Err(Refusal::TooMuch("bytes".into()));
    }
    let kind = kind::kind_of(bytes)?;
    let mut draft = match kind {
        Kind::Pdf => pdf::read(bytes, limits),
        Kind::Docx => docx::read(bytes, limits),
        Kind::Odt => odt::read(bytes, limits),
        Kind::Rtf => rtf::read(bytes, limits),
        Kind::Markdown => plain::read(bytes, true, limits),
        Kind::Text => plain::read(bytes, false, limits),
    }?;
    let europass = draft.europass.take();
    let reading = finish(kind, draft, europass.as_ref(), limits)?;
    Ok((reading, europass.map(|europass| europass.person)))
}

/// Mends what a reader gave, puts it in order, and marks what it is about.
fn finish(
    kind: Kind,
    mut draft: Draft,
    europass: Option<&europass::Europass>,
    limits: &Limits,
) -> Result<Reading, Refusal> {
    let too_much = || Refusal::TooMuch("characters".into());
    let seen = draft.pieces.iter().flat_map(|piece| piece.text.chars()).filter(|c| !c.is_whitespace());
    // Before any work is done on them; what is dropped later was written on purpose.
    if seen.take(limits.chars.saturating_add(1)).count() > limits.chars {
        return Err(too_much());
    }
    let mut mender = Mender::new();
    for piece in &draft.pieces {
        mender.learn(&piece.text);
    }
    let [mut blocks, mut notes, mut margins] = [const { Vec::<Block>::new() }; 3];
    let mut seen_margins = HashSet::new();
    for piece in draft.pieces {
        let text = match piece.shape {
            // An empty cell keeps its place.
            Shape::Row => piece.text.split('\t').map(|cell| mender.mend(cell)).collect::<Vec<_>>().join("\t"),
            _ => mender.mend(&piece.text),
        };
        if text.trim().is_empty() || piece.part == Part::Margin && !seen_margins.insert(text.clone()) {
            continue;
        }
        let block =
            Block { part: piece.part, shape: piece.shape, section: Section::Other, page: piece.page, text };
        match piece.part {
            Part::Body => blocks.push(block),
            Part::Note => notes.push(block),
            Part::Margin => margins.push(block),
        }
    }
    blocks.append(&mut notes);
    blocks.append(&mut margins);
    if blocks.iter().map(|block| block.text.chars().count()).sum::<usize>() > limits.chars.saturating_mul(2) {
        return Err(too_much());
    }
    sections::mark(&mut blocks);
    if let Some(europass) = europass {
        let unseen = europass::label(&mut blocks, europass);
        draft.hidden.extend(unseen.into_iter().map(|text| (Why::Embedded, text)));
    }
    let hidden = gather(draft.hidden, limits.hidden_chars);
    if !blocks.iter().any(|block| text::words(&block.text) > 0) {
        return Err(if draft.pages_without_text > 0 {
            Refusal::Scanned(draft.pages_without_text)
        } else if hidden.is_empty() && blocks.is_empty() {
            Refusal::Empty
        } else {
            Refusal::NothingToSee
        });
    }
    let tricks = mender.tricks();
    Ok(Reading {
        kind,
        pages: draft.pages,
        blocks,
        hidden,
        tricks,
        pages_without_text: draft.pages_without_text,
    })
}

/// Hidden texts, one a reason, with at most `most` characters kept over all. The words of all are counted.
fn gather(hidden: Vec<(Why, String)>, most: usize) -> Vec<Hidden> {
    // What is hidden must not teach the text that is seen, nor count as its tricks.
    let mut mender = Mender::new();
    let mut whys: BTreeMap<Why, (u32, String, usize)> = BTreeMap::new();
    for (why, text) in hidden {
        let text = mender.mend(&text);
        let words = text::words(&text);
        // Versions and counts among the properties say nothing.
        if words == 0 || why == Why::Metadata && !text.chars().any(char::is_alphabetic) {
            continue;
        }
        let (sum, all, chars) = whys.entry(why).or_default();
        *sum = sum.saturating_add(words);
        if *chars < most {
            if *chars > 0 {
                all.push(' ');
                *chars += 1;
            }
            *chars += text.chars().count();
            all.push_str(&text);
        }
    }
    let mut left = most;
    let keep = |(why, (words, text, _)): (Why, (u32, String, usize))| {
        let kept: String = text.chars().take(left).collect();
        left -= kept.chars().count();
        Hidden { why, words, text: kept.trim_end().to_owned() }
    };
    whys.into_iter().map(keep).collect()
}

impl Reading {
    /// How many words can be seen: runs of letters and digits.
    #[must_use]
    pub fn words(&self) -> u32 {
        self.blocks.iter().map(|block| text::words(&block.text)).fold(0, u32::saturating_add)
    }

    /// How many words are in the file and cannot be seen.
    #[must_use]
    pub fn hidden_words(&self) -> u32 {
        self.hidden.iter().map(|hidden| hidden.words).fold(0, u32::saturating_add)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => write!(f, "there is nothing in the file"),
            Self::OtherKind(kind) if kind.is_empty() => write!(f, "the file is of no kind that is read"),
            Self::OtherKind(kind) => write!(f, "the file is of no kind that is read: {kind}"),
            Self::Encrypted => write!(f, "the file can be opened with a password only"),
            Self::Broken(how) => write!(f, "the file is broken: {how}"),
            Self::TooMuch(what) => write!(f, "the file exceeds the limit on {what}"),
            Self::Entities => write!(f, "the file declares entities or a document type"),
            Self::Scanned(1) => write!(f, "the file is a scan of one page without text"),
            Self::Scanned(pages) => write!(f, "the file is a scan of {pages} pages without text"),
            Self::NothingToSee => write!(f, "nothing in the file can be seen"),
        }
    }
}

impl std::error::Error for Refusal {}

impl Refusal {
    /// The name of the kind of refusal: nothing of the file.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::OtherKind(_) => "other_kind",
            Self::Encrypted => "encrypted",
            Self::Broken(_) => "broken",
            Self::TooMuch(_) => "too_much",
            Self::Entities => "entities",
            Self::Scanned(_) => "scanned",
            Self::NothingToSee => "nothing_to_see",
        }
    }

    /// What the person who sent the file is told, in Swedish or in English: what it is, and what to do.
    #[must_use]
    pub fn advice(&self, swedish: bool) -> &'static str {
        let (sv, en) = match self {
            Self::Empty => (
                "Filen är tom. Kontrollera att du har valt rätt fil och ladda upp den igen.",
                "The file is empty. Check that you have chosen the right file and upload it again.",
            ),
            Self::OtherKind(_) => (
                "Filen är av ett slag som inte kan läsas. Spara dokumentet som PDF, DOCX, ODT, RTF eller text och ladda upp den filen.",
                "The file is of a kind that cannot be read. Save the document as PDF, DOCX, ODT, RTF or text and upload that file.",
            ),
            Self::Encrypted => (
                "Filen är skyddad med lösenord. Spara dokumentet utan lösenord och ladda upp den filen.",
                "The file is protected by a password. Save the document without a password and upload that file.",
            ),
            Self::Broken(_) => (
                "Filen är skadad och kan inte läsas. Öppna dokumentet, spara det som PDF på nytt och ladda upp den filen.",
                "The file is damaged and cannot be read. Open the document, save it as PDF again and upload that file.",
            ),
            Self::TooMuch(_) => (
                "Filen är större än vad en ansökan får vara. Ta bort bilder och bilagor, spara dokumentet som PDF och ladda upp den filen.",
                "The file is larger than an application may be. Remove pictures and attachments, save the document as PDF and upload that file.",
            ),
            Self::Entities => (
                "Filen innehåller delar som inte får finnas i en ansökan. Spara dokumentet på nytt som PDF från ordbehandlaren och ladda upp den filen.",
                "The file contains parts that an application must not have. Save the document as PDF from the word processor and upload that file.",
            ),
            Self::Scanned(_) => (
                "Filen är en inskannad bild utan text. Spara dokumentet som PDF från ordbehandlaren och ladda upp den filen.",
                "The file is a scanned picture without text. Save the document as PDF from the word processor and upload that file.",
            ),
            Self::NothingToSee => (
                "Filen innehåller ingen text som syns. Kontrollera att texten har en färg som går att läsa, spara dokumentet på nytt och ladda upp den filen.",
                "The file has no text that can be seen. Check that the text has a colour that can be read, save the document again and upload that file.",
            ),
        };
        if swedish { sv } else { en }
    }
}

mod docx;
pub mod europass;
mod kind;
mod odt;
pub mod archive;
mod pdf;
mod plain;
mod rtf;
mod sections;
mod text;
mod xml;
mod zipped;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_text(text: &str) -> Result<Reading, Refusal> {
        read(text.as_bytes(), &Limits::APPLICATION)
    }

    fn drafted(pieces: &[(Part, Shape, &str)], hidden: &[(Why, &str)]) -> Draft {
        Draft {
            pieces: pieces
                .iter()
                .map(|(part, shape, text)| Piece {
                    part: *part,
                    shape: *shape,
                    page: 1,
                    text: (*text).to_owned(),
                })
                .collect(),
            hidden: hidden.iter().map(|(why, text)| (*why, (*text).to_owned())).collect(),
            ..Draft::default()
        }
    }

    fn finished(draft: Draft) -> Result<Reading, Refusal> {
        finish(Kind::Pdf, draft, None, &Limits::APPLICATION)
    }

    #[test]
    fn notes_follow_the_body_and_margins_come_last_each_once() {
        use Shape::{Paragraph, Row};
        let reading = finished(drafted(
            &[
                (Part::Margin, Paragraph, "Topp"),
                (Part::Body, Paragraph, "kommuni-\nkation"),
                (Part::Note, Paragraph, "not"),
                (Part::Margin, Paragraph, "Topp"),
                (Part::Body, Row, " a \t\tb-\nc"),
                (Part::Body, Row, "\t"),
            ],
            &[],
        ));
        let texts: Vec<String> = reading
            .map(|reading| reading.blocks.into_iter().map(|block| block.text).collect())
            .unwrap_or_default();
        assert_eq!(texts, ["kommunikation", "a\t\tb-c", "not", "Topp"]);
    }

    #[test]
    fn hidden_texts_are_gathered_by_reason_and_their_words_counted_beyond_what_is_kept() {
        let hidden =
            [(Why::Marked, "ett två"), (Why::Colour, "• –"), (Why::Comment, "x"), (Why::Marked, "tre")];
        let hidden = drafted(&[], &hidden).hidden;
        let gathered = gather(hidden.clone(), 100);
        let expected = |why, words, text: &str| Hidden { why, words, text: text.to_owned() };
        assert_eq!(gathered, [expected(Why::Marked, 3, "ett två tre"), expected(Why::Comment, 1, "x")]);
        assert_eq!(gather(hidden, 5), [expected(Why::Marked, 3, "ett t"), expected(Why::Comment, 1, "")]);
    }

    #[test]
    fn a_file_without_text_that_is_seen_says_why() {
        let scanned =
            Draft { pages_without_text: 2, ..drafted(&[(Part::Body, Shape::Paragraph, " . ")], &[]) };
        assert_eq!(finished(scanned).err(), Some(Refusal::Scanned(2)));
        assert_eq!(finished(drafted(&[], &[(Why::Marked, "dold")])).err(), Some(Refusal::NothingToSee));
        assert_eq!(
            finished(drafted(&[(Part::Body, Shape::Paragraph, "\n")], &[])).err(),
            Some(Refusal::Empty)
        );
        assert_eq!(read_text("").err(), Some(Refusal::Empty));
    }

    #[test]
    fn more_than_an_application_may_be_is_refused() {
        let limits = Limits { bytes: 10, ..Limits::APPLICATION };
        assert_eq!(read(b"mer \xc3\xa4n tio", &limits).err(), Some(Refusal::TooMuch("bytes".into())));
        let limits = Limits { chars: 5, ..Limits::APPLICATION };
        assert_eq!(read("åäö åäö".as_bytes(), &limits).err(), Some(Refusal::TooMuch("characters".into())));
        assert!(read("åä öåä".as_bytes(), &limits).is_ok());
    }

    #[test]
    fn tricks_in_hidden_text_do_not_count_as_tricks_of_the_text() {
        let reading =
            finished(drafted(&[(Part::Body, Shape::Paragraph, "sоft")], &[(Why::Marked, "w\u{200b}are")]));
        assert_eq!(
            reading.map(|reading| (reading.words(), reading.hidden_words(), reading.tricks)),
            Ok((1, 1, vec![(Trick::Homoglyph, 1)]))
        );
    }

    #[test]
    fn a_plain_cv_is_read_with_its_sections() {
        use Section::{Education, Languages, Opening};
        let reading = read_text("Vera Exempelsson\n\nUTBILDNING\nMittuniversitetet\n\nSpråk\n- svenska\n");
        let sections: Vec<Section> = reading
            .map(|reading| reading.blocks.iter().map(|block| block.section).collect())
            .unwrap_or_default();
        assert_eq!(sections, [Opening, Education, Education, Languages, Languages]);
    }

    #[test]
    fn every_refusal_tells_what_it_is_and_what_to_do() {
        for refusal in [
            Refusal::Empty,
            Refusal::OtherKind("a picture".into()),
            Refusal::Encrypted,
            Refusal::Broken("no end".into()),
            Refusal::TooMuch("pages".into()),
            Refusal::Entities,
            Refusal::Scanned(3),
            Refusal::NothingToSee,
        ] {
            assert!(refusal.to_string().len() > 10);
            assert!(refusal.advice(true).contains("ladda upp"), "{refusal}");
            assert!(refusal.advice(false).contains("upload"), "{refusal}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn any_bytes_are_read_or_refused(
            bytes in proptest::collection::vec(any::<u8>(), 0..400),
            head in prop_oneof![Just(""), Just("{\\rtf1"), Just("%PDF-1.7\n"), Just("PK\x03\x04"), Just("# A\n\n")],
        ) {
            let bytes = [head.as_bytes(), &bytes].concat();
            if let Ok(reading) = read(&bytes, &Limits::APPLICATION) {
                for block in &reading.blocks {
                    prop_assert!(!block.text.chars().any(|c| c.is_control() && c != '\t'));
                    prop_assert!(unicode_normalization::is_nfc(&block.text));
                }
            }
        }
    }
}
