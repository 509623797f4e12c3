//! One text of any length, part by part, in memory that does not grow with it: for the command line
//! and for measuring. It needs no application form; the sender is recognised from the head and the
//! signature.

use std::collections::VecDeque;

use zeroize::Zeroizing;

use super::known::Own;
use super::known::complete;
use super::normal::{Origin, given_end, given_start, is_english, normal_form_mapped};
use super::replace::{About, Placed, Seen, replaced};
use super::time::Frame;
use super::{HeldReason, Span, SpanCategory, leak, rule};
use crate::guard::pii::Pii;
use crate::pipeline::received::{Known, Section, SectionKind};

/// A part ends at the first blank line after this many bytes,
const PART_BYTES: usize = 64 * 1024;
/// else at a line end after this many, else at a space.
const PART_BYTES_MAX: usize = 4 * PART_BYTES;

/// Where a replaced place stood in the text as given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// First byte in the part as given.
    pub start: usize,
    /// The byte after it.
    pub end: usize,
    /// The same in characters.
    pub start_characters: usize,
    /// The same in characters.
    pub end_characters: usize,
}

/// One pseudonymised part.
pub struct Part {
    /// The text with placeholders. Overwritten on drop.
    pub text: Zeroizing<String>,
    /// The replaced places in `text`, in order, each with where it stood in the part as given.
    pub spans: Vec<(Span, Source)>,
    /// Why it may not go further than a person; empty when the leak check passed.
    pub held: Vec<HeldReason>,
    /// Bytes of the part as given.
    pub given_bytes: usize,
}

/// Pseudonymises one text as it comes.
pub struct Stream {
    known: Known,
    own: Own,
    frame: Frame,
    seen: Seen,
    waiting: VecDeque<u8>,
    recognised: bool,
}

impl Stream {
    /// For a text whose sender's fields are known, or for an unknown sender (`Known::default()`).
    #[must_use]
    pub fn new(known: Known, frame: Frame) -> Self {
        let own = Own::new(&known);
        let recognised = !known.name.trim().is_empty();
        Self { known, own, frame, seen: Seen::default(), waiting: VecDeque::new(), recognised }
    }

    /// Takes more of the text and gives every part that is whole.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Part> {
        self.waiting.extend(bytes);
        let mut out = Vec::new();
        while let Some(end) = self.whole_part() {
            out.push(self.take(end));
        }
        out
    }

    /// The rest of the text.
    pub fn finish(&mut self) -> Option<Part> {
        let rest = self.waiting.len();
        (rest > 0).then(|| self.take(rest))
    }

    /// Where the first waiting part ends, when it is whole.
    fn whole_part(&mut self) -> Option<usize> {
        if self.waiting.len() <= PART_BYTES_MAX {
            return None;
        }
        let bytes = self.waiting.make_contiguous();
        let late = bytes.get(PART_BYTES..PART_BYTES_MAX)?;
        let blank = late.windows(2).position(|two| two == b"\n\n").map(|at| at + 2);
        let cut = blank
            .or_else(|| late.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1))
            .or_else(|| late.iter().rposition(|byte| *byte == b' ').map(|at| at + 1))
            // No letter is cut: a byte that begins one.
            .or_else(|| late.iter().rposition(|byte| byte & 0xC0 != 0x80))
            .unwrap_or(late.len());
        Some(PART_BYTES + cut)
    }

    fn take(&mut self, end: usize) -> Part {
        let bytes = Zeroizing::new(self.waiting.drain(..end).collect::<Vec<u8>>());
        let given = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
        if !self.recognised {
            self.recognised = true;
            let text = Pii::new(given.to_string());
            let letter = Section { kind: SectionKind::Letter, question: None, text };
            complete(&mut self.known, &[letter]);
            self.own = Own::new(&self.known);
        }
        let (text, map) = normal_form_mapped(&given);
        let about = About { own: &self.own, frame: &self.frame, english: is_english(&text) };
        let (text, placed, sign) = replaced(&text, &about, &mut self.seen);
        let mut held = Vec::new();
        if sign {
            let (kind, category) = (SectionKind::Letter, SpanCategory::Other);
            held.push(HeldReason { section: 0, kind, category, rule: rule::REGISTRAR });
        }
        held.extend(leak::check([(SectionKind::Letter, text.as_str())].into_iter(), Some(&self.known)));
        let mut at = (0, 0);
        let spans = placed.into_iter().map(|placed| with_source(placed, &map, &given, &mut at)).collect();
        Part { text, spans, held, given_bytes: end }
    }
}

/// `at` is how far the text as given was counted: bytes and characters.
fn with_source(placed: Placed, map: &[Origin], given: &str, at: &mut (usize, usize)) -> (Span, Source) {
    let Placed { span, from, to } = placed;
    let (start, end) = (given_start(map, from), given_end(map, to));
    let mut characters = |byte: usize| {
        // Places come in order; where one begins inside another, counting starts anew.
        if byte < at.0 {
            *at = (0, 0);
        }
        at.1 += given.get(at.0..byte).map_or(0, |between| between.chars().count());
        at.0 = byte;
        at.1
    };
    let start_characters = characters(start);
    (span, Source { start, end, start_characters, end_characters: characters(end) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> Frame {
        Frame { today: jiff::civil::date(2026, 11, 1), starts: None }
    }

    #[test]
    fn where_a_place_stood_is_told_in_the_text_as_given() {
        let given = "  Ring \u{200B}070\u{2011}174\u{A0}06\u{200B}06 nu, tack";
        let mut stream = Stream::new(Known::default(), frame());
        assert!(stream.push(given.as_bytes()).is_empty());
        let part = stream.finish().expect("a part");
        assert_eq!(part.text.as_str(), "Ring [TELEFON] nu, tack");
        let (span, source) = &part.spans[0];
        assert_eq!(&part.text[span.start..span.end], "[TELEFON]");
        assert_eq!(
            given[source.start..source.end].trim_start_matches('\u{200B}'),
            "070\u{2011}174\u{A0}06\u{200B}06"
        );
    }

    #[test]
    fn parts_join_to_the_whole_and_keep_their_numbers() {
        let paragraph = "Skriv till chef@example.org eller b@example.net om arbetet.\n\n";
        let long = paragraph.repeat(10_000);
        let mut stream = Stream::new(Known::default(), frame());
        let mut parts = Vec::new();
        for bytes in long.as_bytes().chunks(1000) {
            parts.extend(stream.push(bytes));
        }
        parts.extend(stream.finish());
        assert!(parts.len() > 2);
        assert_eq!(parts.iter().map(|part| part.given_bytes).sum::<usize>(), long.len());
        let text: String = parts.iter().map(|part| part.text.as_str()).collect();
        assert_eq!(text.matches("[E-POST]").count(), 10_000);
        assert_eq!(text.matches("[E-POST 2]").count(), 10_000);
    }
}
