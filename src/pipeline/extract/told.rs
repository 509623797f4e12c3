//! What becomes of a reading: the text that the applicant checks, part by part, and what reviewers are told of
//! the file without its text.

use serde::{Deserialize, Serialize};
use urval_documents::{Block, Kind, Part, Reading, Section, Shape, Trick};

use super::Outcome;

/// One part of a document as the applicant checks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Where it stands.
    pub part: Part,
    /// What it is about.
    pub section: Section,
    /// The text, a paragraph, item or row a line.
    pub text: String,
}

/// What is told of a file without its text: to reviewers, and to the applicant beside the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// What came of reading it.
    pub outcome: Came,
    /// What the bytes are, when they were read.
    pub kind: Option<Kind>,
    /// Pages; 0 where the format has none.
    pub pages: u32,
    /// Pages with a picture and next to no text.
    pub pages_without_text: u32,
    /// Words that can be seen.
    pub words: u32,
    /// Words in the file that a reader cannot see. They are given to nobody but the applicant.
    pub hidden_words: u32,
    /// Letters that were not what they seemed, and how many.
    pub tricks: Vec<(Trick, u32)>,
    /// The applicant corrected what was read: words that were taken out, and words that were put in.
    pub corrected: Option<(u32, u32)>,
}

/// What came of reading a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "came", content = "why")]
pub enum Came {
    /// It was read.
    Read,
    /// It was not, and why. A person has to look at the original.
    NotRead(String),
}

impl Told {
    /// What is told of an outcome, before the applicant has corrected anything.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        let not = |why: String| Self {
            outcome: Came::NotRead(why),
            kind: None,
            pages: 0,
            pages_without_text: 0,
            words: 0,
            hidden_words: 0,
            tricks: Vec::new(),
            corrected: None,
        };
        match outcome {
            Outcome::Read(reading) => Self {
                outcome: Came::Read,
                kind: Some(reading.kind),
                pages: reading.pages,
                pages_without_text: reading.pages_without_text,
                words: reading.words(),
                hidden_words: reading.hidden_words(),
                tricks: reading.tricks.clone(),
                corrected: None,
            },
            // The detail of a refusal can quote the file; its kind cannot.
            Outcome::Refused(refusal) => not(refusal.code().to_owned()),
            Outcome::Ended(end) => not(end.to_string()),
        }
    }
}

/// The parts of a reading in reading order: what stands together and is about the same.
#[must_use]
pub fn passages(reading: &Reading) -> Vec<Passage> {
    let mut out: Vec<Passage> = Vec::new();
    let mut before: Option<Shape> = None;
    for block in &reading.blocks {
        match out.last_mut() {
            Some(last) if last.part == block.part && last.section == block.section => {
                last.text.push_str(if together(before, block.shape) { "\n" } else { "\n\n" });
                push(&mut last.text, block);
            }
            _ => {
                let mut text = String::new();
                push(&mut text, block);
                out.push(Passage { part: block.part, section: block.section, text });
            }
        }
        before = Some(block.shape);
    }
    out
}

/// The whole text of a reading, as the applicant is shown it.
#[must_use]
pub fn whole(reading: &Reading) -> String {
    passages(reading).into_iter().map(|passage| passage.text).collect::<Vec<_>>().join("\n\n")
}

/// Whether two blocks stand line by line, such as items of one list.
fn together(before: Option<Shape>, now: Shape) -> bool {
    matches!(
        (before, now),
        (Some(Shape::Item), Shape::Item) | (Some(Shape::Row), Shape::Row) | (Some(Shape::Heading), _)
    )
}

fn push(text: &mut String, block: &Block) {
    if block.shape == Shape::Item {
        text.push_str("- ");
    }
    for (index, cell) in block.text.split('\t').enumerate() {
        if index > 0 {
            text.push_str(" | ");
        }
        text.push_str(cell);
    }
}

/// How many words a correction took out and put in: words as they stand, each counted as often as it is there.
#[must_use]
pub fn corrected(read: &str, sent: &str) -> Option<(u32, u32)> {
    let mut counts = std::collections::HashMap::<&str, i64>::new();
    for word in read.split_whitespace() {
        *counts.entry(word).or_default() -= 1;
    }
    for word in sent.split_whitespace() {
        *counts.entry(word).or_default() += 1;
    }
    let sum = |wanted: fn(&i64) -> bool| {
        counts.values().filter(|count| wanted(count)).map(|count| count.unsigned_abs()).sum::<u64>()
    };
    let (out, put) = (sum(|count| *count < 0), sum(|count| *count > 0));
    (out + put > 0).then(|| (u32::try_from(out).unwrap_or(u32::MAX), u32::try_from(put).unwrap_or(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(part: Part, shape: Shape, section: Section, text: &str) -> Block {
        Block { part, shape, section, page: 1, text: text.into() }
    }

    #[test]
    fn what_is_about_the_same_stands_in_one_part() {
        let reading = Reading {
            kind: Kind::Pdf,
            pages: 1,
            blocks: vec![
                block(Part::Body, Shape::Paragraph, Section::Opening, "Ada Exempel"),
                block(Part::Body, Shape::Heading, Section::Experience, "Arbete"),
                block(Part::Body, Shape::Row, Section::Experience, "2020\tAssistent"),
                block(Part::Body, Shape::Row, Section::Experience, "2021\tHandläggare"),
                block(Part::Body, Shape::Paragraph, Section::Experience, "Tillfälligt."),
                block(Part::Body, Shape::Item, Section::Experience, "ett"),
                block(Part::Body, Shape::Item, Section::Experience, "två"),
                block(Part::Margin, Shape::Paragraph, Section::Experience, "Sida 1"),
            ],
            hidden: Vec::new(),
            tricks: Vec::new(),
            pages_without_text: 0,
        };
        let found = passages(&reading);
        let texts: Vec<&str> = found.iter().map(|passage| passage.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "Ada Exempel",
                "Arbete\n2020 | Assistent\n2021 | Handläggare\n\nTillfälligt.\n\n- ett\n- två",
                "Sida 1",
            ]
        );
    }

    #[test]
    fn a_correction_is_counted_in_words() {
        assert_eq!(corrected("ett två  tre", "ett två\ntre"), None);
        assert_eq!(corrected("ett två tre tre", "ett tre fyra"), Some((2, 1)));
        assert_eq!(corrected("", "nytt"), Some((0, 1)));
    }
}
