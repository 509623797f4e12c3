//! Documents become text, in a process that can do nothing else (`src/sandbox`).
//!
//! ```text
//! service                          child: this program, `extract-child`
//!   start  ───────────────────────▶  the walls go up
//!          ◀─────── "ready\n" ─────
//!   length, bytes ────────────────▶  urval_documents::read
//!          ◀───── one JSON, the end
//! ```
//!
//! One child reads one document and ends. Some wait ready, so that an upload does not wait for a start. The
//! service watches the time that passes and the length of the answer; memory and processor time are the kernel's to
//! watch.
//! Whatever becomes of the child, the answer is an [`Outcome`] and never an error of the service. A crash of the
//! service closes the children's input, and they end.

pub mod child;
mod pool;
pub mod told;

use std::fmt;

use serde::{Deserialize, Serialize};
pub use urval_documents::{Reading, Refusal};

pub use pool::{Extractor, NoExtractor};
// Archives of an import and Europass XML are unpacked and read by the command that was given them.
pub use urval_documents::{Limits as ReaderLimits, archive, europass};
// The letters that pass for Latin ones are known in one place; a text of a hundred letters needs no walls.
pub use urval_documents::latin_letters;
// What a reading says. What reads documents is left out: it runs behind the walls only.
pub use urval_documents::{Block, Hidden, Kind, Part, Section, Shape, Trick, Why};

/// What a child may take.
pub mod limits {
    use std::time::Duration;

    /// Memory of its own, in bytes.
    pub const MEMORY: u64 = 256 << 20;
    /// Processor time in seconds, after which the kernel ends it.
    pub const CPU_SECONDS: u64 = 5;
    /// Time that passes from the question to the answer. Longer, because a reader lets everybody else go first: on a
    /// busy machine one that waits for its turn is not one that takes too long.
    pub const TIME: Duration = Duration::from_secs(20);
    /// The answer, in bytes.
    pub const ANSWER: u64 = 8 << 20;
    /// Time to get ready.
    pub const START: Duration = Duration::from_secs(10);
}

/// What became of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was read.
    Read(Box<Reading>),
    /// The reader says why it is not read.
    Refused(Refusal),
    /// The reader did not live to say anything.
    Ended(End),
}

impl Outcome {
    /// Whether reading the same bytes again would end the same way.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        !matches!(self, Self::Ended(End::NotStarted | End::NoTurn))
    }
}

/// How a child ended that gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// It took more of a processor than [`limits::CPU_SECONDS`].
    Time,
    /// [`limits::TIME`] passed before it had that much: the machine had other things to do, and it can be tried again.
    NoTurn,
    /// It asked for more memory than [`limits::MEMORY`], or fell over the file in another way.
    Fell,
    /// It said more than [`limits::ANSWER`], or something else than an answer.
    Nonsense,
    /// It could not be started; the document was not touched and can be tried again.
    NotStarted,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Time => "reading it took too long",
            Self::NoTurn => "the machine had no time to read it",
            Self::Fell => "the reader fell over it",
            Self::Nonsense => "the reader gave no answer",
            Self::NotStarted => "no reader could be started",
        })
    }
}

/// What a child answers.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    /// What is seen, and who the person is by an embedded Europass file.
    Read(Box<Reading>, Option<Box<europass::Person>>),
    Refused(Refusal),
}
