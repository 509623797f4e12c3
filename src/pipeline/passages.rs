//! Text to passages: pieces of about a sentence that a model reads one at a time and a person sees
//! as evidence.
//!
//! Every letter and digit of the text lies in some passage. Left out are white space around a
//! passage, list marks at its start, and stretches with neither letter nor digit (rules, rows of
//! signs). Passages are ranges of bytes in the text, in order; they overlap only where one sentence
//! is longer than [`PASSAGE_BYTES_MAX`]. Nothing here rewrites text or knows what it says.

use std::ops::Range;

use crate::pipeline::pseudonymise::Pseudonymous;

/// Bytes in a passage at most, so that no model cuts one off without a word.
pub const PASSAGE_BYTES_MAX: usize = 400;
/// Bytes that two windows of an overlong sentence share, about.
const OVERLAP_BYTES: usize = PASSAGE_BYTES_MAX / 4;
/// A shorter fragment is joined with its neighbour in the paragraph.
const FRAGMENT_CHARS_MIN: usize = 25;

/// The passages of a pseudonymous text, as ranges of bytes.
#[must_use]
pub fn passages(text: &Pseudonymous) -> Vec<Range<usize>> {
    let sections: Vec<Range<usize>> =
        text.sections().iter().map(|section| section.start..section.end).collect();
    split_into_passages(text.text(), &sections)
}

/// The passages of a text. No passage crosses the bounds of a section; what lies between sections
/// is split as if it were one. Sections that are out of bounds, overlap or cut a character are
/// brought into order first.
#[must_use]
pub fn split_into_passages(text: &str, sections: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut bounds: Vec<usize> = vec![0, text.len()];
    for section in sections {
        bounds.push(text.floor_char_boundary(section.start));
        bounds.push(text.floor_char_boundary(section.end));
    }
    bounds.sort_unstable();
    bounds.dedup();
    let mut out = Vec::new();
    for pair in bounds.windows(2) {
        if let [start, end] = pair {
            for paragraph in paragraphs(text, *start..*end) {
                let fragments = paragraph.into_iter().flat_map(|unit| sentences(text, unit)).collect();
                for fragment in joined(text, fragments) {
                    windows(text, fragment, &mut out);
                }
            }
        }
    }
    out
}

fn slice<'a>(text: &'a str, range: &Range<usize>) -> &'a str {
    text.get(range.clone()).unwrap_or_default()
}

fn has_words(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Without white space at the ends.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let words = slice(text, &range);
    let start = range.start + (words.len() - words.trim_start().len());
    start..start + words.trim().len()
}

/// Without white space and list marks. A number that counts is kept: it may be a year.
fn without_bullet(text: &str, range: Range<usize>) -> Range<usize> {
    let range = trimmed(text, range);
    match bullet(slice(text, &range)) {
        Some(length) => trimmed(text, range.start + length..range.end),
        None => range,
    }
}

/// The length in bytes of a list mark at the start.
fn bullet(line: &str) -> Option<usize> {
    let rest = line.trim_start_matches([
        '-', '–', '—', '•', '*', '·', '▪', '■', '◦', '○', '●', '‣', '►', '>', '+', '✓', '\u{f0b7}',
    ]);
    let length = line.len() - rest.len();
    (length > 0 && rest.starts_with(char::is_whitespace)).then_some(length)
}

/// A mark that counts, such as `1.` or `b)`.
fn counter(line: &str) -> bool {
    let Some((mark, _)) = line.split_once(char::is_whitespace) else { return false };
    let Some(name) = mark.strip_suffix(['.', ')']) else { return false };
    let short = name.len() <= 2 && name.bytes().all(|byte| byte.is_ascii_digit());
    !name.is_empty() && (short || (name.len() == 1 && mark.ends_with(')') && name.is_ascii()))
}

/// Paragraphs, each a list of units: a line, or lines that were only wrapped. A blank line and a
/// line without a letter or digit end a paragraph. A line goes on from the one before when it
/// begins in lower case, or when that one ends with a comma.
fn paragraphs(text: &str, section: Range<usize>) -> Vec<Vec<Range<usize>>> {
    let mut out: Vec<Vec<Range<usize>>> = Vec::new();
    let mut paragraph: Vec<Range<usize>> = Vec::new();
    let mut start = section.start;
    for line in slice(text, &section).split_inclusive(['\n', '\r']) {
        let range = trimmed(text, start..start + line.len());
        start += line.len();
        let words = slice(text, &range);
        if !has_words(words) {
            if !paragraph.is_empty() {
                out.push(std::mem::take(&mut paragraph));
            }
            continue;
        }
        let goes_on = bullet(words).is_none()
            && !counter(words)
            && paragraph.last().is_some_and(|last| {
                words.starts_with(char::is_lowercase) || slice(text, last).ends_with(',')
            });
        match paragraph.last_mut().filter(|_| goes_on) {
            Some(last) => last.end = range.end,
            None => paragraph.push(range),
        }
    }
    if !paragraph.is_empty() {
        out.push(paragraph);
    }
    out
}

/// Words before a full stop that do not end a sentence, in lower case and without the last stop.
const ABBREVIATIONS: [&str; 58] = [
    "t.ex", "bl.a", "dvs", "d.v.s", "ca", "m.m", "m.fl", "o.s.v", "osv", "o.d", "o.dyl", "s.k", "f.d",
    "fr.o.m", "t.o.m", "p.g.a", "pga", "m.a.o", "m.h.a", "e.d", "f.n", "i.o.m", "a.a", "resp", "ev", "inkl",
    "exkl", "nr", "kl", "tel", "jfr", "kap", "kand", "fil", "mag", "tekn", "jur", "leg", "kungl", "alt",
    "forts", "tfn", "st", "e.g", "i.e", "dr", "prof", "mr", "mrs", "ms", "vs", "approx", "dept", "univ",
    "hons", "b.sc", "m.sc", "ph.d",
];

/// The sentences of one unit.
fn sentences(text: &str, unit: Range<usize>) -> Vec<Range<usize>> {
    let words = slice(text, &unit);
    let mut out = Vec::new();
    let mut start = 0;
    let mut chars = words.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if !matches!(c, '.' | '!' | '?' | '…') {
            continue;
        }
        let mut end = at + c.len_utf8();
        let mut single = c == '.';
        while let Some((_, next)) = chars.peek().copied() {
            let more = matches!(next, '.' | '!' | '?' | '…');
            if !more && !matches!(next, '"' | '\'' | '”' | '’' | '»' | ')' | ']') {
                break;
            }
            single &= !more;
            end += next.len_utf8();
            chars.next();
        }
        let rest = words.get(end..).unwrap_or_default();
        let Some(next) = rest.trim_start().chars().next() else { break };
        if !rest.starts_with(char::is_whitespace) || next.is_lowercase() {
            continue;
        }
        if single && !ends_sentence(words.get(start..at).unwrap_or_default()) {
            continue;
        }
        out.push(unit.start + start..unit.start + end);
        start = end;
    }
    out.push(unit.start + start..unit.end);
    out
}

/// Whether a full stop after these words ends a sentence.
fn ends_sentence(before: &str) -> bool {
    let last = before
        .rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '[' | '"' | '”' | '/'))
        .next()
        .unwrap_or_default();
    let alone = before.trim().len() == last.len();
    let counts = alone && last.len() <= 2 && last.bytes().all(|byte| byte.is_ascii_digit());
    let mut chars = last.chars();
    let initial = matches!((chars.next(), chars.next()), (Some(c), None) if c.is_uppercase());
    let lower = last.to_lowercase();
    !(last.is_empty() || counts || initial || ABBREVIATIONS.contains(&lower.as_str()))
}

/// Joins short fragments with the next one in the paragraph, and a short last one with the one
/// before, while the whole fits in a passage.
fn joined(text: &str, fragments: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    let short = |range: &Range<usize>| {
        slice(text, range).chars().take(FRAGMENT_CHARS_MIN).count() < FRAGMENT_CHARS_MIN
    };
    for fragment in fragments {
        let fragment = without_bullet(text, fragment);
        if !has_words(slice(text, &fragment)) {
            continue;
        }
        match out.last_mut() {
            Some(last) if short(last) && fragment.end - last.start <= PASSAGE_BYTES_MAX => {
                last.end = fragment.end
            }
            _ => out.push(fragment),
        }
    }
    if let [.., before, last] = out.as_mut_slice()
        && short(last)
        && last.end - before.start <= PASSAGE_BYTES_MAX
    {
        before.end = last.end;
        out.pop();
    }
    out
}

/// One passage, or overlapping windows of at most [`PASSAGE_BYTES_MAX`] bytes.
fn windows(text: &str, fragment: Range<usize>, out: &mut Vec<Range<usize>>) {
    let mut start = fragment.start;
    loop {
        if fragment.end - start <= PASSAGE_BYTES_MAX {
            push(text, start..fragment.end, out);
            return;
        }
        let limit = text.floor_char_boundary(start + PASSAGE_BYTES_MAX);
        // The end of the last whole word that fits, unless that would leave a very short window.
        let after_limit = text.get(limit..).unwrap_or_default();
        let cut = if after_limit.starts_with(char::is_whitespace) {
            limit
        } else {
            slice(text, &(start..limit))
                .rfind(char::is_whitespace)
                .filter(|length| *length >= PASSAGE_BYTES_MAX / 4)
                .map_or(limit, |length| start + length)
        };
        push(text, start..cut, out);
        // The next window begins with the first whole word within the overlap, if there is one.
        let back = text.floor_char_boundary(cut.saturating_sub(OVERLAP_BYTES)).max(start);
        let overlap = slice(text, &(back..cut));
        let next = overlap.find(char::is_whitespace).map_or(cut, |length| back + length);
        start = trimmed(text, if next > start { next } else { cut }..fragment.end).start;
    }
}

fn push(text: &str, range: Range<usize>, out: &mut Vec<Range<usize>>) {
    let range = without_bullet(text, range);
    if has_words(slice(text, &range)) {
        out.push(range);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(text: &str) -> Vec<&str> {
        split_into_passages(text, &[]).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn sentences_become_passages() {
        assert_eq!(
            split(
                "Jag drev ett projekt i kommunen. Vi byggde en ny e-tjänst! Vad lärde jag mig av det? Mycket."
            ),
            [
                "Jag drev ett projekt i kommunen.",
                "Vi byggde en ny e-tjänst!",
                "Vad lärde jag mig av det? Mycket."
            ]
        );
    }

    #[test]
    fn abbreviations_decimals_and_initials_do_not_end_a_sentence() {
        for text in [
            "Jag har arbetat med t.ex. Helsingborg och bl.a. Landskrona under ca. 3.5 år, dvs. Länge.",
            "Dr. Andersson och A. Berg ledde arbetet, e.g. Planering och i.e. Uppföljning.",
            "Vi höll möten, gjorde studiebesök m.m. Kommunen stod för lokalen.",
            "Vi träffades den 3. juni och fortsatte hela sommaren.",
            "1. Planera arbetet i god tid och följ upp det",
        ] {
            assert_eq!(split(text), [text]);
        }
        assert_eq!(split("Jag tog min examen våren 2021. Sedan dess har jag arbetat.").len(), 2);
    }

    #[test]
    fn a_wrapped_line_goes_on_and_a_cv_line_does_not() {
        assert_eq!(
            split(
                "Jag har arbetat som planerare i en kommun och\ndrivit flera projekt tillsammans med andra."
            ),
            ["Jag har arbetat som planerare i en kommun och\ndrivit flera projekt tillsammans med andra."]
        );
        assert_eq!(
            split(
                "2019–2021 Projektledare, Kommunala bolaget\n2017–2019 Handläggare, Myndigheten för planer"
            ),
            ["2019–2021 Projektledare, Kommunala bolaget", "2017–2019 Handläggare, Myndigheten för planer"]
        );
    }

    #[test]
    fn list_marks_are_left_out() {
        assert_eq!(
            split(
                "- Ledde en grupp på fem personer\n• Skrev en utredning om vatten\n* Höll kontakten med \
                 invånarna"
            ),
            [
                "Ledde en grupp på fem personer",
                "Skrev en utredning om vatten",
                "Höll kontakten med invånarna"
            ]
        );
    }

    #[test]
    fn a_short_fragment_is_joined_within_its_paragraph_only() {
        assert_eq!(
            split("Hej! Jag söker er traineetjänst i kommunen."),
            ["Hej! Jag söker er traineetjänst i kommunen."]
        );
        assert_eq!(
            split("Jag söker er traineetjänst i kommunen. Tack!"),
            ["Jag söker er traineetjänst i kommunen. Tack!"]
        );
        assert_eq!(
            split("Utbildning\n\nKandidat i geografi vid universitetet"),
            ["Utbildning", "Kandidat i geografi vid universitetet"]
        );
    }

    #[test]
    fn nothing_but_signs_gives_no_passage() {
        for text in ["", " \n\t ", "---", "* * *\n\n!!! …", "•\n•\n"] {
            assert!(split(text).is_empty(), "{text:?}");
        }
    }

    #[test]
    fn a_passage_never_crosses_a_section() {
        let text = "kort text och mer text";
        assert_eq!(split_into_passages(text, &[0..9, 9..text.len()]), vec![0..9, 10..text.len()]);
    }

    #[test]
    fn an_overlong_sentence_is_cut_between_words_with_an_overlap() {
        let text = "ordet ".repeat(300);
        let ranges = split_into_passages(&text, &[]);
        assert!(ranges.len() > 4);
        for range in &ranges {
            let passage = &text[range.clone()];
            assert!(passage.starts_with("ordet") && passage.ends_with("ordet"), "{passage:?}");
        }
        for pair in ranges.windows(2) {
            let shared = pair[0].end.saturating_sub(pair[1].start);
            assert!((60..=OVERLAP_BYTES).contains(&shared), "{shared}");
        }
    }

    #[test]
    fn a_huge_word_is_cut_between_characters() {
        let text = "å".repeat(1_001);
        let ranges = split_into_passages(&text, &[]);
        assert_eq!(ranges, vec![0..400, 400..800, 800..1_200, 1_200..1_600, 1_600..2_000, 2_000..2_002]);
    }

    fn check(text: &str, sections: &[Range<usize>]) -> Result<(), TestCaseError> {
        let ranges = split_into_passages(text, sections);
        prop_assert_eq!(&ranges, &split_into_passages(text, sections));
        let mut covered = vec![false; text.len()];
        let mut last_start = None;
        for range in &ranges {
            prop_assert!(text.is_char_boundary(range.start) && text.is_char_boundary(range.end));
            let passage = &text[range.clone()];
            prop_assert!(!passage.is_empty() && passage.len() <= PASSAGE_BYTES_MAX);
            prop_assert_eq!(passage.trim(), passage);
            prop_assert!(has_words(passage));
            prop_assert!(last_start < Some(range.start), "in order");
            last_start = Some(range.start);
            covered[range.clone()].fill(true);
        }
        for (at, c) in text.char_indices().filter(|(_, c)| c.is_alphanumeric()) {
            prop_assert!(covered[at], "{:?} at {} is in no passage", c, at);
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn any_text_with_any_sections_is_covered(
            text in "(?s).{0,300}",
            sections in prop::collection::vec((0usize..1_500, 0usize..1_500), 0..4),
        ) {
            let sections: Vec<Range<usize>> =
                sections.into_iter().map(|(start, end)| Range { start, end }).collect();
            check(&text, &sections)?;
        }

        #[test]
        fn text_like_an_application_is_covered(
            text in concat!(
                "([A-ZÅÄÖa-zåäö]{1,9}|[0-9]{1,4}|t\\.ex\\.|[-•*–]|[.!?,:)(]",
                "|\n|\n\n| |  |…|😀){0,300}"
            ),
        ) {
            check(&text, &[])?;
        }

        #[test]
        fn long_lines_are_covered(text in "([a-zåäö]{1,200} ?){0,20}", sign in "[-. \u{2003}•]{0,3}") {
            check(&format!("{sign}{text}{sign}{text}"), &[])?;
        }
    }
}
