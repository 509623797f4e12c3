//! Dates of birth by their label, and the words by which someone tells the own sex.

use super::marks::Marks;
use super::{line_around, lines_around, trimmed};
use crate::pipeline::pseudonymise::{Found, SpanCategory, rule};

patterns! {
    BIRTH = r"(?i)\b(?:född|födelsedatum|födelsedag|födelseår|födelsetid|date of birth|birth ?date|birthday|born|d\.?o\.?b\.?|f\.)[ \t]*(?:år|den|on|in|the)?[ \t]*[:\-–]?[ \t]*((?:[0-9]{4}[-./ ][0-9]{1,2}[-./ ][0-9]{1,2}|[0-9]{1,2}[-./ ][0-9]{1,2}[-./ ][0-9]{2,4}|[0-9]{8}|[0-9]{6}|[0-9]{1,2}(?:st|nd|rd|th|:e)?[ ](?:of[ ])?\p{L}{3,9},?[ ][0-9]{4}|\p{L}{3,9}[ ][0-9]{1,2}(?:st|nd|rd|th)?,?[ ][0-9]{4}|(?:19|20)[0-9]{2}))\b";
    SEX_LABEL = r"(?im)\b(?:kön|gender|sex|pronomen|pronouns?)[ \t]*:[ \t]*([\p{L}/ ,]{2,30})";
    PRONOUNS = r"(?i)\b(?:(?:she|they)[ ]?/[ ]?(?:hers?|them)|he[ ]?/[ ]?(?:him|his)|hon[ ]?/[ ]?hennes?|han[ ]?/[ ]?(?:honom|hans)|hen[ ]?/[ ]?(?:hen|hens|henom))(?:[ ]?/[ ]?\p{L}+)?\b";
    SELF_SEX = r"(?i)\b(?:jag är|och är|som|i am|i'm|and am|as)[ ](?:en |an? )(?:[\p{L}\p{N}\-]+[ ]){0,2}?(kvinna|man|tjej|kille|flicka|pojke|woman|girl|guy)\b|\b(?:jag är|som)[ ](kvinna)\b|\bjag är (man)\b";
    SEX_WORD = r"(?i-u)(?:kvinna|tjej|kille|flicka|pojke|woman|girl|guy|(?:r|n|an|t|m|as|,) man)\b";
}

/// How far before a date its label may begin.
const LABEL_BYTES: usize = 48;

/// The text directly before a byte, in small letters.
fn head(text: &str, at: usize) -> String {
    let mut from = at.saturating_sub(LABEL_BYTES);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let head = text.get(from..at).unwrap_or_default();
    head.rsplit('\n').next().unwrap_or_default().to_lowercase()
}

pub(super) fn births_and_sex(text: &str, marks: &Marks, found: &mut Vec<Found>) {
    let labelled = |at: usize| {
        let head = head(text, at);
        ["född", "föde", "birth", "born", "dob", "d.o", "d. o", "f."].iter().any(|word| head.contains(word))
    };
    let dates: Vec<usize> = marks.groups.iter().map(|(start, _)| *start).filter(|at| labelled(*at)).collect();
    for (from, to) in lines_around(text, &dates) {
        for captures in BIRTH.captures_iter(text.get(from..to).unwrap_or_default()) {
            if let Some(value) = captures.get(1) {
                let (start, end) = (from + value.start(), from + value.end());
                found.push(Found::own(start, end, SpanCategory::Birth, rule::BIRTH));
            }
        }
    }
    let of_sex = |at: &&usize| {
        let head = head(text, **at);
        ["kön", "gender", "sex", "pronomen", "pronoun", "pronouns"]
            .iter()
            .any(|word| head.trim_end().ends_with(word))
    };
    let labels: Vec<usize> = marks.colons.iter().filter(of_sex).copied().collect();
    for (from, to) in lines_around(text, &labels) {
        for captures in SEX_LABEL.captures_iter(text.get(from..to).unwrap_or_default()) {
            if let Some(value) = captures.get(1) {
                let (start, end) = trimmed(text, from + value.start(), from + value.end());
                if start < end {
                    found.push(Found::own(start, end, SpanCategory::Sex, rule::SEX));
                }
            }
        }
    }
    let after_pronoun = |at: &&usize| {
        let head = text.get(..**at).unwrap_or_default();
        head.strip_suffix(' ').unwrap_or(head).ends_with(['e', 'E', 'y', 'Y', 'n', 'N'])
    };
    let slashes: Vec<usize> = marks.slashes.iter().filter(after_pronoun).copied().collect();
    for (from, to) in lines_around(text, &slashes) {
        for m in PRONOUNS.find_iter(text.get(from..to).unwrap_or_default()) {
            found.push(Found::own(from + m.start(), from + m.end(), SpanCategory::Sex, rule::SEX));
        }
    }
    let mut done = 0;
    for m in SEX_WORD.find_iter(text) {
        if m.start() < done {
            continue;
        }
        let (from, to) = line_around(text, m.start());
        done = to;
        for captures in SELF_SEX.captures_iter(text.get(from..to).unwrap_or_default()) {
            for word in captures.iter().skip(1).flatten() {
                found.push(Found::own(from + word.start(), from + word.end(), SpanCategory::Sex, rule::SEX));
            }
        }
    }
}
