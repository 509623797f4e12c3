//! Documents as a person sees them.
//!
//! [`read`] takes the bytes of one file and gives what a reader sees of it, in reading order, as
//! [`Block`]s, and apart from that what is in the file and cannot be seen ([`Hidden`]). It tells the type by
//! the content and never by a name, runs no macro, follows no link, opens no embedded file and resolves no
//! external entity. It reads nothing but the bytes and writes nothing.
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
}

/// A piece of a draft.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub part: Part,
    pub shape: Shape,
    pub page: u32,
    pub text: String,
}

mod docx;
mod kind;
mod odt;
mod pdf;
mod plain;
mod rtf;
mod sections;
mod text;
mod xml;
mod zipped;
