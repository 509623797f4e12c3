//! Plain text: which encoding it is in, and where its paragraphs are.
//!
//! Encodings as the WHATWG Encoding Standard decodes them: UTF-8, UTF-16 and Windows-1252, which is what old
//! Swedish files are in. Plain text has no rules for paragraphs; a blank line parts them, and a line is taken
//! to go on in the next one only when an editor would have broken it there.
//!
//! Markdown is read in `plain/markdown.rs`, and the HTML inside it in `plain/html.rs`.

use crate::{Draft, Limits, Part, Piece, Refusal, Shape, sections};
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

mod html;
mod markdown;

/// The text of bytes that are text, without its byte order mark; nothing when they are binary.
pub(crate) fn decode(bytes: &[u8]) -> Option<String> {
    let text = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => encoding.decode_without_bom_handling(bytes.get(mark..)?).0.into_owned(),
        None => match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => text.to_owned(),
            _ => match utf16_without_mark(bytes) {
                Some(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
                None => WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
            },
        },
    };
    is_text(&text).then_some(text)
}

/// UTF-16 shows itself by a zero in one of each two bytes, since most letters here are below U+0100.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    if bytes.len() < 2 || !bytes.len().is_multiple_of(2) {
        return None;
    }
    let (mut first, mut second) = (0_usize, 0_usize);
    for pair in bytes.chunks_exact(2) {
        first += usize::from(pair.first() == Some(&0));
        second += usize::from(pair.get(1) == Some(&0));
    }
    let pairs = bytes.len() / 2;
    let encoding = match (first * 10 > pairs * 6, second * 10 > pairs * 6) {
        (true, false) if second == 0 => UTF_16BE,
        (false, true) if first == 0 => UTF_16LE,
        _ => return None,
    };
    encoding.decode_without_bom_handling_and_without_replacement(bytes).map(|_| encoding)
}

/// Whether so few of these characters are controls or stand for broken bytes that a person wrote them.
fn is_text(text: &str) -> bool {
    let (mut all, mut odd) = (0_usize, 0_usize);
    for c in text.chars() {
        if c == '\0' {
            return false;
        }
        all += 1;
        let broken = c == char::REPLACEMENT_CHARACTER;
        odd += usize::from(
            broken || c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}'),
        );
    }
    odd * 50 <= all
}

/// Whether a text shows the marks of Markdown often enough that it was written as such.
pub(crate) fn is_markdown(text: &str) -> bool {
    let mut signs = 0_u32;
    let mut fenced = false;
    let mut first = true;
    for line in text.lines().take(20_000) {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        if line.starts_with("```") || line.starts_with("~~~") {
            fenced = !fenced;
            signs += 2;
        } else if !fenced {
            if markdown::heading_level(line).is_some_and(|level| line.len() > level) {
                signs += if first { 3 } else { 2 };
            }
            let bold = line.match_indices("**").count() >= 2 || line.match_indices("__").count() >= 2;
            // "](" is written nowhere else, and neither is the line under the head of a table.
            signs += u32::from(bold)
                + 2 * u32::from(line.contains("]("))
                + 2 * u32::from(markdown::is_rule_of_table(line));
        }
        first = false;
        if signs >= 3 {
            return true;
        }
    }
    false
}

/// Reads plain text or Markdown. Bytes that are not text are `Broken`, and more than four times the characters
/// that an application may have, hidden ones with them, are `TooMuch`.
pub(crate) fn read(bytes: &[u8], markdown: bool, limits: &Limits) -> Result<Draft, Refusal> {
    let text = decode(bytes).ok_or_else(|| Refusal::Broken("the bytes are not text".into()))?;
    if text.chars().count() > limits.chars.saturating_mul(4) {
        return Err(Refusal::TooMuch("characters".into()));
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    Ok(if markdown { markdown::read(&text) } else { Draft { pieces: pieces(&text), ..Draft::default() } })
}

/// A piece of the body.
fn piece(shape: Shape, text: String) -> Piece {
    Piece { part: Part::Body, shape, page: 0, text }
}

/// The paragraphs, headings and items of plain text.
fn pieces(text: &str) -> Vec<Piece> {
    let lines: Vec<&str> = text.split(['\n', '\u{c}', '\u{2028}', '\u{2029}']).map(str::trim_end).collect();
    let width = wrap_width(&lines);
    let mut pieces: Vec<Piece> = Vec::new();
    // The line above, when the next may go on with it.
    let mut open: Option<&str> = None;
    for (at, raw) in lines.iter().enumerate() {
        let line = raw.trim_start();
        let next = lines.get(at + 1).map_or("", |next| next.trim());
        if line.is_empty() {
            open = None;
        } else if is_rule(line) {
            // A line of signs under a text makes it a heading; alone it only parts.
            if let (Some(above), Some(piece)) = (open, pieces.last_mut())
                && piece.shape == Shape::Paragraph
                && piece.text == above.trim()
                && above.trim().chars().count() <= 80
            {
                piece.shape = Shape::Heading;
            }
            open = None;
        } else if let Some(item) = item(line) {
            pieces.push(piece(Shape::Item, item.to_owned()));
            open = Some(raw);
        } else if open.is_none() && is_capitals(line) && !is_wrapped(raw, next, width)
            || sections::known(line).is_some()
        {
            pieces.push(piece(Shape::Heading, line.to_owned()));
            // A rule below it may follow, and no text goes on with it.
            open = None;
        } else if let (Some(above), Some(piece)) = (open, pieces.last_mut())
            && is_wrapped(above, line, width)
        {
            piece.text.push('\n');
            piece.text.push_str(line);
            open = Some(raw);
        } else {
            pieces.push(piece(Shape::Paragraph, line.to_owned()));
            open = Some(raw);
        }
    }
    pieces
}

/// The width at which an editor broke the lines, in characters; nothing when lines are as long as they are.
fn wrap_width(lines: &[&str]) -> Option<usize> {
    /// No editor breaks lines shorter or longer than this.
    const WIDTHS: std::ops::RangeInclusive<usize> = 50..=120;
    let (mut full, mut long, mut width) = (0_usize, 0_usize, 0_usize);
    for line in lines {
        let chars = line.chars().count();
        full += usize::from(chars > *WIDTHS.start());
        long += usize::from(chars > *WIDTHS.end());
        // One long address alone says nothing.
        if chars <= *WIDTHS.end() && line.split_whitespace().nth(3).is_some() {
            width = width.max(chars);
        }
    }
    (WIDTHS.contains(&width) && long * 5 <= full).then_some(width)
}

/// Whether `line` was broken before `next` by an editor and not by the writer.
fn is_wrapped(line: &str, next: &str, width: Option<usize>) -> bool {
    let next = next.trim_start();
    let Some(first) = next.chars().next() else { return false };
    let chars = line.chars().count();
    let hyphen = line.strip_suffix(['-', '\u{ad}', '\u{2010}']).and_then(|stem| stem.chars().next_back());
    if hyphen.is_some_and(char::is_alphanumeric) && first.is_alphabetic() && chars >= 20 {
        return true;
    }
    let word = next.split(char::is_whitespace).next().map_or(0, |word| word.chars().count());
    if width.is_some_and(|width| chars + 1 + word > width) {
        return true;
    }
    first.is_lowercase() && chars >= 30 && !line.ends_with(['.', ':', ';', '!', '?'])
}

/// What follows the mark of an item of a list.
fn item(line: &str) -> Option<&str> {
    let mut chars = line.chars();
    let rest = match chars.next()? {
        '-' | '*' | '•' | '·' | '▪' | '●' | '○' | '◦' | '–' | '—' | '+' | '\u{f0b7}' => {
            chars.as_str()
        }
        '0'..='9' => {
            let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
            // "2015. " is a year; no list is that long.
            if line.len() - rest.len() > 2 {
                return None;
            }
            rest.strip_prefix(['.', ')'])?
        }
        _ => return None,
    };
    let text = rest.trim_start();
    (rest.starts_with([' ', '\t', '\u{a0}']) && !text.is_empty()).then_some(text)
}

/// A line drawn with signs.
fn is_rule(line: &str) -> bool {
    let mut chars = line.chars().filter(|c| !c.is_whitespace());
    let Some(first) = chars.next() else { return false };
    "-=_*~–—─═#".contains(first) && chars.clone().count() >= 2 && chars.all(|c| c == first)
}

/// A short line of capitals, as headings are written where there is no bold.
fn is_capitals(line: &str) -> bool {
    let letters = line.chars().filter(|c| c.is_alphabetic()).count();
    letters >= 4
        && line.chars().count() <= 50
        && !line.chars().any(|c| c.is_lowercase() || c.is_numeric())
        && line.split_whitespace().count() <= 6
        && !line.ends_with(['.', ',', '!'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shapes(text: &str) -> Vec<(Shape, String)> {
        pieces(text).into_iter().map(|piece| (piece.shape, piece.text)).collect()
    }

    fn paragraph(text: &str) -> (Shape, String) {
        (Shape::Paragraph, text.to_owned())
    }

    #[test]
    fn text_is_decoded_from_what_editors_write() {
        let text = "Åsa söker jobb i Älvsbyn – nu";
        let utf16 = |big: bool, mark: bool| -> Vec<u8> {
            let units = text.encode_utf16();
            let mark = mark.then_some(0xfeff_u16);
            mark.into_iter()
                .chain(units)
                .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect()
        };
        assert_eq!(decode(text.as_bytes()).as_deref(), Some(text));
        assert_eq!(decode(format!("\u{feff}{text}").as_bytes()).as_deref(), Some(text));
        for (big, mark) in [(false, false), (false, true), (true, false), (true, true)] {
            assert!(utf16(big, mark).len() > 4);
            // The dash is above U+0100 and the rest is not, as in most files.
            assert_eq!(decode(&utf16(big, mark)).as_deref(), Some(text), "{big} {mark}");
        }
        assert_eq!(decode(b"\xc5sa s\xf6ker \x96 nu").as_deref(), Some("Åsa söker – nu"));
        assert_eq!(decode(b"").as_deref(), Some(""));
    }

    #[test]
    fn binary_bytes_are_not_text() {
        assert_eq!(decode(b"a\0b"), None);
        assert_eq!(decode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), None);
        assert_eq!(decode(&(0..=255).collect::<Vec<u8>>()), None);
        assert_eq!(decode(&[0xff, 0xfe, 0x00, 0xd8, 0x00, 0xd8]), None);
    }

    #[test]
    fn blank_lines_part_paragraphs_and_wrapped_lines_go_on() {
        let wrapped = "Jag har arbetat som handläggare i en kommun med tolv tusen invånare och har\n\
                       haft ansvar för ärenden om bygglov. Det har lärt mig att läsa lagar. Jag är\n\
                       van vid besök.\n\nVera Exempelsson";
        assert_eq!(
            shapes(wrapped),
            [paragraph(wrapped.split("\n\n").next().unwrap_or("")), paragraph("Vera Exempelsson")]
        );
    }

    #[test]
    fn short_lines_stand_alone() {
        assert_eq!(
            shapes("Vera Exempelsson\nStorgatan 1\n070-174 06 05"),
            [paragraph("Vera Exempelsson"), paragraph("Storgatan 1"), paragraph("070-174 06 05")]
        );
    }

    #[test]
    fn headings_are_known_by_name_by_capitals_and_by_the_line_under_them() {
        assert_eq!(
            shapes("Utbildning\nKTH\n\nMINA UPPDRAG\nEtt\n\nResor\n-----\nTvå"),
            [
                (Shape::Heading, "Utbildning".into()),
                paragraph("KTH"),
                (Shape::Heading, "MINA UPPDRAG".into()),
                paragraph("Ett"),
                (Shape::Heading, "Resor".into()),
                paragraph("Två"),
            ]
        );
    }

    #[test]
    fn items_lose_their_mark_and_keep_their_lines() {
        let item = |text: &str| (Shape::Item, text.to_owned());
        assert_eq!(
            shapes(
                "- ett\n* två\n• tre\n1. fyra\n2) fem\n- en lång punkt som har skrivits på två\n  rader\n2015. Ett år"
            ),
            [
                item("ett"),
                item("två"),
                item("tre"),
                item("fyra"),
                item("fem"),
                item("en lång punkt som har skrivits på två\nrader"),
                paragraph("2015. Ett år"),
            ]
        );
    }

    #[test]
    fn markdown_is_told_from_plain_text() {
        assert!(is_markdown("# Vera Exempelsson\n\nText"));
        assert!(is_markdown("Text\n\n## Ett\n\n## Två"));
        assert!(is_markdown("Se [sidan](https://example.com) och **fet** text"));
        assert!(is_markdown("| a | b |\n|---|---|\n\n**fet**"));
        assert!(!is_markdown("Vera Exempelsson\n\n- ett\n- två\n\n2 * 3 * 4 #1"));
        assert!(!is_markdown("UTBILDNING\n==========\n** KTH"));
        assert!(!is_markdown("#1 i Sverige\n#kommun"));
    }

    #[test]
    fn a_text_of_a_whole_library_is_refused() {
        let limits = Limits { chars: 10, ..Limits::APPLICATION };
        assert_eq!(read(&[b'a'; 41], false, &limits).err(), Some(Refusal::TooMuch("characters".into())));
    }

    proptest! {
        #[test]
        fn no_visible_letter_of_plain_text_is_lost(text in "([a-zåäöA-ZÅÄÖ ,]|\n|\t){0,200}") {
            let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>();
            let read: String = pieces(&text).into_iter().map(|piece| piece.text).collect();
            prop_assert_eq!(letters(&read), letters(&text));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300), markdown: bool) {
            let _ = read(&bytes, markdown, &Limits::APPLICATION);
        }
    }
}
