//! Markdown, in a simple form of `CommonMark` 0.31 with the tables, task lists and footnotes of GitHub's.
//!
//! Blocks are told by their lines, one after the other; lists and quotes are not nested, since only their text
//! is wanted. Inside a block the marks go and what they mark stays: a link keeps its text and loses its
//! address, a picture keeps nothing that can be seen. Nothing recurses, and what looks ahead looks a fixed way.

use super::{html, item, piece};
use crate::{Draft, Part, Piece, Shape, Why};
use std::collections::HashSet;

/// How far the end of a link is looked for, in bytes.
const REACH: usize = 1_000;

/// A line break that the writer asked for; the Unicode line separator.
const BREAK: char = '\u{2028}';

/// Reads Markdown whose lines end in a line feed.
pub(super) fn read(text: &str) -> Draft {
    let stripped = html::strip(text);
    let lines: Vec<&str> = stripped.text.split('\n').collect();
    let labels =
        lines.iter().filter_map(|line| definition(line)).map(|(label, _)| label.to_lowercase()).collect();
    let mut reader = Reader {
        labels,
        pieces: Vec::new(),
        hidden: stripped.hidden,
        open: String::new(),
        shape: Shape::Paragraph,
    };
    reader.blocks(&lines);
    Draft { pieces: reader.pieces, hidden: reader.hidden, ..Draft::default() }
}

struct Reader {
    /// What links are defined elsewhere, in small letters.
    labels: HashSet<String>,
    pieces: Vec<Piece>,
    hidden: Vec<(Why, String)>,
    /// The lines of the block that may go on.
    open: String,
    shape: Shape,
}

impl Reader {
    fn blocks(&mut self, lines: &[&str]) {
        let mut at = 0;
        while let Some(raw) = lines.get(at) {
            at += 1;
            if let Some((mark, count, _)) = fence(raw) {
                self.flush();
                // The language of the code is told to the renderer only; more than a word is no language.
                let info = raw.trim().trim_start_matches(mark).trim();
                if info.contains(char::is_whitespace) {
                    self.hidden.push((Why::Comment, info.to_owned()));
                }
                while let Some(code) = lines.get(at) {
                    at += 1;
                    if fence(code).is_some_and(|(end, ends, closes)| closes && end == mark && ends >= count) {
                        break;
                    }
                    if !code.trim().is_empty() {
                        self.pieces.push(piece(Shape::Paragraph, code.trim().to_owned()));
                    }
                }
                continue;
            }
            let line = unquoted(raw);
            let text = line.trim();
            if text.is_empty() {
                self.flush();
            } else if let Some(level) = heading_level(text) {
                self.flush();
                let heading = text.get(level..).unwrap_or("").trim();
                // Closing marks stand behind a space, so that "C#" keeps its own.
                let open = heading.trim_end_matches('#');
                let heading =
                    if open.is_empty() || open.ends_with([' ', '\t']) { open.trim_end() } else { heading };
                self.push(Part::Body, Shape::Heading, heading);
            } else if self.shape == Shape::Paragraph && !self.open.is_empty() && is_underline(text) {
                self.shape = Shape::Heading;
                self.flush();
            } else if is_break(text) {
                self.flush();
            } else if let Some(found) = item(text) {
                self.flush();
                self.shape = Shape::Item;
                let (mark, rest) = match found.get(..4) {
                    Some("[ ] ") => ("☐ ", found.get(4..).unwrap_or("")),
                    Some("[x] " | "[X] ") => ("☑ ", found.get(4..).unwrap_or("")),
                    _ => ("", found),
                };
                self.open.push_str(mark);
                self.open.push_str(rest);
            } else if text.contains('|')
                && lines.get(at).is_some_and(|next| is_rule_of_table(unquoted(next).trim()))
            {
                self.flush();
                self.row(text);
                at += 1;
                while let Some(row) =
                    lines.get(at).map(|row| unquoted(row).trim()).filter(|row| row.contains('|'))
                {
                    self.row(row);
                    at += 1;
                }
            } else if let Some((label, rest)) = definition(line).filter(|_| self.open.is_empty()) {
                if label.starts_with('^') {
                    self.push(Part::Note, Shape::Paragraph, rest);
                } else if let Some((_, title)) = rest.split_once(char::is_whitespace) {
                    // The way in which comments are written where HTML is not allowed.
                    self.hidden.push((Why::Comment, title.trim().to_owned()));
                }
            } else {
                if !self.open.is_empty() && !self.open.ends_with(BREAK) {
                    self.open.push('\n');
                }
                let broken = text.strip_suffix('\\');
                self.open.push_str(broken.unwrap_or(text));
                if broken.is_some() || line.ends_with("  ") {
                    self.open.push(BREAK);
                }
            }
        }
        self.flush();
    }

    /// Ends the block that may go on.
    fn flush(&mut self) {
        let (open, shape) =
            (std::mem::take(&mut self.open), std::mem::replace(&mut self.shape, Shape::Paragraph));
        if !open.is_empty() {
            self.push(Part::Body, shape, &open);
        }
    }

    /// Gives a block without its marks; a paragraph is parted where the writer broke its lines.
    fn push(&mut self, part: Part, shape: Shape, text: &str) {
        let text = self.inline(text);
        if shape == Shape::Paragraph {
            let lines = text.split(BREAK).filter(|line| !line.trim().is_empty());
            self.pieces.extend(lines.map(|line| Piece { part, ..piece(shape, line.to_owned()) }));
        } else if !text.trim().is_empty() {
            self.pieces.push(Piece { part, ..piece(shape, text) });
        }
    }

    fn row(&mut self, line: &str) {
        let line = line.strip_prefix('|').unwrap_or(line);
        let line = line.strip_suffix('|').filter(|inner| !inner.ends_with('\\')).unwrap_or(line);
        let mut cells = vec![String::new()];
        let mut escaped = false;
        for c in line.chars() {
            match (c, cells.last_mut()) {
                ('|', Some(cell)) if escaped => {
                    cell.pop();
                    cell.push('|');
                }
                ('|', _) => cells.push(String::new()),
                ('\t', Some(cell)) => cell.push(' '),
                (c, Some(cell)) => cell.push(c),
                _ => {}
            }
            escaped = c == '\\' && !escaped;
        }
        let cells: Vec<String> = cells.iter().map(|cell| self.inline(cell.trim())).collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            self.pieces.push(piece(Shape::Row, cells.join("\t")));
        }
    }

    /// The text of a block without the marks inside it.
    fn inline(&mut self, text: &str) -> String {
        let mut tokens: Vec<Token> = Vec::new();
        let mut brackets: Vec<usize> = Vec::new();
        let mut at = 0;
        let mut before = ' ';
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let c = rest.chars().next().unwrap_or(' ');
            let mut taken = c.len_utf8();
            match c {
                '\\' => match rest.chars().nth(1) {
                    Some(next) if next.is_ascii_punctuation() => {
                        taken = 2;
                        add(&mut tokens, rest.get(1..2).unwrap_or(""));
                    }
                    _ => add(&mut tokens, "\\"),
                },
                '`' => {
                    let marks = rest.bytes().take_while(|byte| *byte == b'`').count();
                    taken = html::code_span(rest);
                    let code = rest.get(marks..taken.saturating_sub(marks)).filter(|code| !code.is_empty());
                    add(&mut tokens, code.unwrap_or_else(|| rest.get(..taken).unwrap_or("")));
                }
                '*' | '_' | '~' => {
                    let count = rest.chars().take_while(|mark| *mark == c).count();
                    taken = count;
                    let after = rest.get(count..).and_then(|rest| rest.chars().next()).unwrap_or(' ');
                    let (opens, closes) = flanks(c, before, after);
                    tokens.push(Token::Mark { mark: c, count, opens, closes });
                }
                '!' if rest.starts_with("![") => {
                    taken = 2;
                    brackets.push(tokens.len());
                    tokens.push(Token::Bracket { picture: true });
                }
                '[' => {
                    brackets.push(tokens.len());
                    tokens.push(Token::Bracket { picture: false });
                }
                ']' => match brackets.pop() {
                    Some(open) => taken += self.close(&mut tokens, open, rest.get(1..).unwrap_or("")),
                    None => add(&mut tokens, "]"),
                },
                '<' => match autolink(rest) {
                    Some(address) => {
                        taken = address.len() + 2;
                        add(&mut tokens, address);
                    }
                    None => add(&mut tokens, "<"),
                },
                '&' => match entity(rest) {
                    Some((meant, length)) => {
                        taken = length;
                        add(&mut tokens, meant.encode_utf8(&mut [0; 4]));
                    }
                    None => add(&mut tokens, "&"),
                },
                c => add(&mut tokens, c.encode_utf8(&mut [0; 4])),
            }
            before = text.get(at..at + taken).and_then(|taken| taken.chars().next_back()).unwrap_or(' ');
            at += taken;
        }
        pair_marks(&mut tokens);
        written(&tokens)
    }

    /// Ends the bracket at `open`, before `rest`; gives how many bytes of `rest` belong to the link.
    fn close(&mut self, tokens: &mut Vec<Token>, open: usize, rest: &str) -> usize {
        // Labels are short; looking no further keeps bracket within bracket from taking quadratic time.
        let inner = |tokens: &[Token]| match tokens.get(open + 1..) {
            Some(inner) if inner.len() <= 50 => written(inner).to_lowercase(),
            _ => String::new(),
        };
        let found = link(rest).or_else(|| {
            if self.labels.is_empty() {
                return None;
            }
            let (label, length) = match near(rest).strip_prefix('[').and_then(|label| label.split_once(']')) {
                Some(("", _)) => (inner(tokens), 2),
                Some((label, _)) => (label.to_lowercase(), label.len() + 2),
                None => (inner(tokens), 0),
            };
            self.labels.contains(&label).then_some((length, ""))
        });
        let Some((length, title)) = found else {
            add(tokens, "]");
            return 0;
        };
        if !title.trim().is_empty() {
            self.hidden.push((Why::AltText, title.to_owned()));
        }
        match tokens.get_mut(open) {
            Some(Token::Bracket { picture: true }) => {
                let alt = tokens.get(open + 1..).map(written).unwrap_or_default();
                if !alt.trim().is_empty() {
                    self.hidden.push((Why::AltText, alt));
                }
                tokens.truncate(open);
            }
            Some(token) => *token = Token::Text(String::new()),
            None => {}
        }
        length
    }
}

/// A part of a block.
enum Token {
    Text(String),
    /// A run of marks of emphasis.
    Mark {
        mark: char,
        count: usize,
        opens: bool,
        closes: bool,
    },
    /// The beginning of a link or of a picture.
    Bracket {
        picture: bool,
    },
}

fn add(tokens: &mut Vec<Token>, text: &str) {
    match tokens.last_mut() {
        Some(Token::Text(last)) => last.push_str(text),
        _ => tokens.push(Token::Text(text.to_owned())),
    }
}

/// What tokens look like, with the marks that are left.
fn written(tokens: &[Token]) -> String {
    let mut out = String::new();
    for token in tokens {
        match token {
            Token::Text(text) => out.push_str(text),
            Token::Mark { mark, count, .. } => out.extend(std::iter::repeat_n(*mark, *count)),
            Token::Bracket { picture } => out.push_str(if *picture { "![" } else { "[" }),
        }
    }
    out
}

/// Whether a run of marks can begin and end an emphasis, by what stands at its sides.
fn flanks(mark: char, before: char, after: char) -> (bool, bool) {
    let sign = |c: char| c.is_ascii_punctuation() || !c.is_alphanumeric() && !c.is_whitespace();
    let left = !after.is_whitespace() && (!sign(after) || before.is_whitespace() || sign(before));
    let right = !before.is_whitespace() && (!sign(before) || after.is_whitespace() || sign(after));
    if mark == '_' {
        (left && (!right || sign(before)), right && (!left || sign(after)))
    } else {
        (left, right)
    }
}

/// Takes away marks that have a partner.
fn pair_marks(tokens: &mut [Token]) {
    let mut open: [Vec<usize>; 3] = [Vec::new(), Vec::new(), Vec::new()];
    for at in 0..tokens.len() {
        let Some(Token::Mark { mark, count, opens, closes }) = tokens.get(at) else { continue };
        let (mut left, opens, closes) = (*count, *opens, *closes);
        let [stars, lines, waves] = &mut open;
        let stack = match mark {
            '*' => stars,
            '_' => lines,
            _ => waves,
        };
        while closes && left > 0 {
            let Some(partner) = stack.pop() else { break };
            if let Some(Token::Mark { count, .. }) = tokens.get_mut(partner) {
                let both = left.min(*count);
                *count -= both;
                left -= both;
                if *count > 0 {
                    stack.push(partner);
                }
            }
        }
        if opens && left > 0 {
            stack.push(at);
        }
        if let Some(Token::Mark { count, .. }) = tokens.get_mut(at) {
            *count = left;
        }
    }
}

/// The beginning of a text, as far as anything is looked for.
fn near(text: &str) -> &str {
    let mut end = text.len().min(REACH);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or("")
}

/// The address and the title behind the text of a link: how many bytes, and the title.
fn link(text: &str) -> Option<(usize, &str)> {
    let text = near(text);
    let rest = text.strip_prefix('(')?.trim_start();
    let rest = if let Some(inner) = rest.strip_prefix('<') {
        inner.split_once('>').filter(|(address, _)| !address.contains('\n'))?.1
    } else {
        let (mut depth, mut escaped) = (0_u32, false);
        let end = rest.find(|c: char| {
            let ends = !escaped && (c.is_whitespace() || c == ')' && depth == 0);
            match c {
                '(' if !escaped => depth += 1,
                ')' if !escaped => depth = depth.saturating_sub(1),
                _ => {}
            }
            escaped = c == '\\' && !escaped;
            ends
        })?;
        rest.get(end..)?
    };
    let behind = rest.trim_start();
    let (title, behind) = match behind.chars().next()? {
        quote @ ('"' | '\'') if behind.len() < rest.len() => behind.get(1..)?.split_once(quote)?,
        '(' if behind.len() < rest.len() => behind.get(1..)?.split_once(')')?,
        _ => ("", behind),
    };
    let end = behind.trim_start().strip_prefix(')')?;
    Some((text.len() - end.len(), title))
}

/// An address between angle brackets.
fn autolink(text: &str) -> Option<&str> {
    let (inner, _) = near(text).strip_prefix('<')?.split_once('>')?;
    let whole = !inner.contains(|c: char| c.is_whitespace() || c == '<');
    (whole && (inner.contains(':') || inner.contains('@'))).then_some(inner)
}

/// A character reference: what it means and its length in bytes.
fn entity(text: &str) -> Option<(char, usize)> {
    let end = text.bytes().take(12).position(|byte| byte == b';')?;
    let name = text.get(1..end)?;
    let meant = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
        None => match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            "nbsp" => '\u{a0}',
            "shy" => '\u{ad}',
            "aring" => 'å',
            "auml" => 'ä',
            "ouml" => 'ö',
            "eacute" => 'é',
            "Aring" => 'Å',
            "Auml" => 'Ä',
            "Ouml" => 'Ö',
            "ndash" => '–',
            "mdash" => '—',
            "hellip" => '…',
            "bull" => '•',
            "middot" => '·',
            "copy" => '©',
            "rsquo" => '’',
            "lsquo" => '‘',
            "rdquo" => '”',
            "ldquo" => '“',
            "zwj" => '\u{200d}',
            "zwnj" => '\u{200c}',
            _ => return None,
        },
    };
    Some((meant, end + 1))
}

/// The definition of a link or of a footnote: its label and what follows the colon.
fn definition(line: &str) -> Option<(&str, &str)> {
    let text = line.trim();
    let (label, rest) = text.strip_prefix('[')?.split_once("]:")?;
    let rest = rest.trim();
    (!label.is_empty() && !label.contains(['[', ']']) && !rest.is_empty()).then_some((label, rest))
}

/// A line without the marks of a quotation.
fn unquoted(line: &str) -> &str {
    let mut line = line;
    while let Some(inner) = line.trim_start().strip_prefix('>') {
        line = inner;
    }
    line
}

/// How many marks of a heading a line begins with.
pub(super) fn heading_level(line: &str) -> Option<usize> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let after = line.as_bytes().get(level);
    ((1..=6).contains(&level) && after.is_none_or(|byte| matches!(byte, b' ' | b'\t'))).then_some(level)
}

/// The mark of fenced code, how often it stands there, and whether the line can end the code.
pub(super) fn fence(line: &str) -> Option<(char, usize, bool)> {
    let line = line.trim();
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let count = line.chars().take_while(|c| *c == mark).count();
    let rest = line.get(count..).unwrap_or("");
    (count >= 3 && !(mark == '`' && rest.contains('`'))).then_some((mark, count, rest.is_empty()))
}

/// The line between the head and the rows of a table.
pub(super) fn is_rule_of_table(line: &str) -> bool {
    line.contains('|')
        && line.contains("--")
        && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ' | '\t'))
}

/// A line that makes the text above it a heading.
fn is_underline(line: &str) -> bool {
    line.len() >= 2 && (line.bytes().all(|byte| byte == b'=') || line.bytes().all(|byte| byte == b'-'))
}

/// A line across the page.
fn is_break(line: &str) -> bool {
    let mut marks = line.chars().filter(|c| !c.is_whitespace());
    let Some(first) = marks.next() else { return false };
    matches!(first, '-' | '*' | '_') && marks.clone().count() >= 2 && marks.all(|mark| mark == first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shapes(text: &str) -> Vec<(Shape, String)> {
        read(text).pieces.into_iter().map(|piece| (piece.shape, piece.text)).collect()
    }

    fn one(text: &str) -> String {
        read(text).pieces.into_iter().map(|piece| piece.text).collect::<Vec<_>>().join("¶")
    }

    #[test]
    fn a_cv_in_markdown_is_read_as_it_is_shown() {
        let text = "# Vera Exempelsson #\n\n**Handläggare** i *Sundsvall*  \n[vera@example.com](mailto:vera@example.com)\n\n\
                    Utbildning\n----------\n\n- Samhällsvetare,\n  Mittuniversitetet\n* Kurs i `C#`\n1. Ett\n\n\
                    > Ett citat\n\n| År | Skola |\n|----|:-----:|\n| 2015 | A \\| B |\n\n***\n\n```\nkod <b> *x*\n```\n";
        let expected = [
            (Shape::Heading, "Vera Exempelsson"),
            (Shape::Paragraph, "Handläggare i Sundsvall"),
            (Shape::Paragraph, "vera@example.com"),
            (Shape::Heading, "Utbildning"),
            (Shape::Item, "Samhällsvetare,\nMittuniversitetet"),
            (Shape::Item, "Kurs i C#"),
            (Shape::Item, "Ett"),
            (Shape::Paragraph, "Ett citat"),
            (Shape::Row, "År\tSkola"),
            (Shape::Row, "2015\tA | B"),
            (Shape::Paragraph, "kod <b> *x*"),
        ];
        assert_eq!(shapes(text), expected.map(|(shape, text)| (shape, text.to_owned())));
    }

    #[test]
    fn marks_go_and_signs_that_are_no_marks_stay() {
        for (text, shown) in [
            ("***fet och kursiv***", "fet och kursiv"),
            ("**fet *kursiv* fet**", "fet kursiv fet"),
            ("__fet__ _kursiv_ ~~struken~~", "fet kursiv struken"),
            ("snake_case_name och 2 * 3 * 4", "snake_case_name och 2 * 3 * 4"),
            ("\\*inte kursiv\\*", "*inte kursiv*"),
            ("cirka ~5 år", "cirka ~5 år"),
            ("R&amp;D &aring;r &#228; &nej;", "R&D år ä &nej;"),
            ("<https://example.com> <vera@example.com>", "https://example.com vera@example.com"),
            ("[ett](<a b> \"titel\") [två][2] [tre] [fyra]\n\n[2]: /x\n[tre]: /y", "ett två tre [fyra]"),
            ("[a [b](x) c](y(z))", "a b c"),
            ("[ej länk] (x)", "[ej länk] (x)"),
            ("**öppen", "**öppen"),
            ("- [x] klar\n- [ ] kvar", "☑ klar¶☐ kvar"),
            ("# C#", "C#"),
            ("``a ` b``", "a ` b"),
            ("2015. Ett år", "2015. Ett år"),
        ] {
            assert_eq!(one(text), shown);
        }
    }

    #[test]
    fn what_is_not_shown_is_hidden() {
        let draft = read(
            "Text ![Alt text](bild.png) [![Inre](a.png)](b \"Titel\")\n\n[//]: # (En kommentar)\n\n<!-- Dold -->\n\n[^1]: Fotnot",
        );
        let hidden: Vec<(Why, &str)> = draft.hidden.iter().map(|(why, text)| (*why, text.as_str())).collect();
        assert_eq!(
            hidden,
            [
                (Why::Comment, " Dold "),
                (Why::AltText, "Alt text"),
                (Why::AltText, "Inre"),
                (Why::AltText, "Titel"),
                (Why::Comment, "(En kommentar)"),
            ]
        );
        let pieces: Vec<(Part, &str)> =
            draft.pieces.iter().map(|piece| (piece.part, piece.text.trim())).collect();
        assert_eq!(pieces, [(Part::Body, "Text"), (Part::Note, "Fotnot")]);
    }

    #[test]
    fn a_hostile_text_takes_linear_time() {
        for text in [
            "[".repeat(400_000),
            "[](".repeat(130_000),
            "*a_".repeat(130_000),
            "![a](b".repeat(60_000),
            "> ".repeat(200_000),
            "a\n".repeat(200_000),
            "|-\n".repeat(130_000),
            "[a]".repeat(130_000),
            "[".repeat(100_000) + &"]".repeat(100_000),
        ] {
            let start = std::time::Instant::now();
            let _ = read(&text);
            assert!(start.elapsed().as_secs() < 10, "{:?} {}", start.elapsed(), text.get(..4).unwrap_or(""));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "([a-zåäö ]|[\n#*_~`<>!|:=.0-9&;/\"'()\\[\\]\\\\-]|<!--|-->|</?[a-z]+>){0,120}") {
            let _ = read(&text);
        }

        #[test]
        fn no_visible_letter_is_lost(text in "([a-zåäö ]|[\n#*_|.0-9>-]){0,120}") {
            let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>();
            let shown: String = read(&text).pieces.into_iter().map(|piece| piece.text).collect();
            prop_assert_eq!(letters(&shown), letters(&text));
        }
    }
}
