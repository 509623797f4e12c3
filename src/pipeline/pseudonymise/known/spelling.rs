//! The spellings in which a known value may stand in a text, and the places where it does.

use zeroize::Zeroizing;

use super::LONGEST_WORD;
use super::letters::Letters;
use crate::pipeline::pseudonymise::normal::{folded, normal_form, spelled_out};

/// A name of so many two-way letters gets all its mixed spellings; a longer one only the pure ones.
const MIXED_LETTERS: u32 = 5;

/// Where the genitive of the word at `start..end` ends: `Anna's`, `Svensson-s`, `Andreas'`.
pub(super) fn genitive_end(text: &str, start: usize, end: usize) -> usize {
    let Some(rest) = text.get(end..) else { return end };
    let mut chars = rest.chars();
    let Some(mark) = chars.next() else { return end };
    let apostrophe = matches!(mark, '\'' | '’' | '‘' | '´' | '`' | 'ʼ');
    if !apostrophe && mark != '-' && mark != ':' {
        return end;
    }
    let (second, third) = (chars.next(), chars.next());
    if matches!(second, Some('s' | 'S')) && third.is_none_or(|c| !c.is_alphanumeric()) {
        return end + mark.len_utf8() + 1;
    }
    let hisses = text.get(start..end).is_some_and(|word| word.ends_with(['s', 'S', 'x', 'X', 'z', 'Z']));
    let quoted = text.get(..start).is_some_and(|head| head.ends_with(['\'', '’', '‘', '´', '`']));
    if apostrophe && hisses && !quoted && second == Some(' ') && third.is_some_and(char::is_alphabetic) {
        return end + mark.len_utf8();
    }
    end
}

/// The spellings that a known word may be met in, the plain folded one first.
pub(super) fn forms(word: &str) -> Vec<Zeroizing<String>> {
    let word = normal_form(word);
    let mut all = vec![Zeroizing::new(folded(&word))];
    let two_way = |c: char| matches!(c, 'å' | 'ä' | 'ö' | 'ø' | 'ü');
    let lower = Zeroizing::new(word.to_lowercase());
    let count = lower.chars().filter(|c| two_way(*c)).count() as u32;
    let masks = if count <= MIXED_LETTERS { (1u32 << count) - 1 } else { 0 };
    let mut candidates = vec![Zeroizing::new(spelled_out(&word))];
    for mask in 1..masks {
        let mut seen = 0;
        let mut form = Zeroizing::new(String::with_capacity(lower.len() * 2));
        for c in lower.chars() {
            let mut buffer = [0u8; 4];
            let letter: &str = c.encode_utf8(&mut buffer);
            if two_way(c) {
                form.push_str(&if mask >> seen & 1 == 1 { spelled_out(letter) } else { folded(letter) });
                seen += 1;
            } else {
                form.push_str(&folded(letter));
            }
        }
        candidates.push(form);
    }
    for candidate in candidates {
        if !all.contains(&candidate) {
            all.push(candidate);
        }
    }
    all.retain(|form| !form.is_empty());
    all
}

/// The runs of letters of a text, as byte ranges.
pub(super) fn letter_runs(text: &str) -> Vec<(usize, usize)> {
    runs(text, |c| c.is_alphabetic() || !c.is_ascii() && unicode_normalization::char::is_combining_mark(c))
}

fn runs(text: &str, belongs: impl Fn(char) -> bool) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut open = None;
    for (at, c) in text.char_indices() {
        match (belongs(c), open) {
            (true, None) => open = Some(at),
            (false, Some(start)) => {
                out.push((start, at));
                open = None;
            }
            _ => {}
        }
    }
    if let Some(start) = open {
        out.push((start, text.len()));
    }
    out
}

pub(super) fn capitalised_at(text: &str, at: usize) -> bool {
    text.get(at..).is_some_and(|rest| rest.starts_with(char::is_uppercase))
}

pub(super) fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    !text.get(..start).is_some_and(|head| head.ends_with(char::is_alphanumeric))
        && !text.get(end..).is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
}

/// Where the needle stands, in any case.
pub(super) fn literal_places(text: &str, needle: &str) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut letters = needle.chars().flat_map(char::to_lowercase);
    let Some(first) = letters.next() else { return out };
    let mut from = 0;
    for (at, c) in text.char_indices() {
        if at < from || c != first && !c.to_lowercase().eq([first]) {
            continue;
        }
        let mut end = at;
        let mut here = text.get(at..).unwrap_or_default().chars();
        let mut wanted = needle.chars();
        let same = wanted.all(|wanted| {
            let next = here.next();
            end += next.map_or(0, char::len_utf8);
            next.is_some_and(|next| next == wanted || next.to_lowercase().eq(wanted.to_lowercase()))
        });
        if same {
            out.push((at, end));
            from = end;
        }
    }
    out
}

/// The words of a street or town: letters and numbers apart, folded. All spellings that are uniform.
pub(super) fn words_of(field: &str) -> Vec<Vec<Zeroizing<String>>> {
    let field = normal_form(field);
    let plain: Vec<_> = piece_runs(&field)
        .into_iter()
        .filter_map(|(start, end)| field.get(start..end))
        .map(|word| Zeroizing::new(folded(word)))
        .collect();
    let spelled: Vec<_> = piece_runs(&field)
        .into_iter()
        .filter_map(|(start, end)| field.get(start..end))
        .map(|word| Zeroizing::new(spelled_out(word)))
        .collect();
    let mut all = vec![plain];
    if !all.contains(&spelled) {
        all.push(spelled);
    }
    all.retain(|words| !words.is_empty());
    all
}

fn piece_runs(text: &str) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    for (start, end) in runs(text, char::is_alphanumeric) {
        let mut from = start;
        let mut digit = None;
        for (at, c) in text.get(start..end).unwrap_or_default().char_indices() {
            if digit.is_some_and(|d| d != c.is_ascii_digit()) {
                out.push((from, start + at));
                from = start + at;
            }
            digit = Some(c.is_ascii_digit());
        }
        out.push((from, end));
    }
    out
}

pub(super) fn sequences(text: &str, words: &[Zeroizing<String>]) -> Vec<(usize, usize)> {
    let Some(first) = words.first() else { return Vec::new() };
    let letters = Letters::sure(first);
    let mut out = Vec::new();
    for (start, end) in piece_runs(text) {
        // A folded form is never longer than twice the word, so most words need no folding.
        let word = text.get(start..end).unwrap_or_default();
        let fits = end - start <= first.len() * 3 + 2 && end - start + 1 >= first.len() / 2;
        if !fits || letters.missing_in(Letters::of(word)) > 0 {
            continue;
        }
        if let Some(stop) = sequence_at(text, start, words) {
            out.push((start, stop));
        }
    }
    out
}

/// The end of the words standing at `start`, with little between them.
pub(super) fn sequence_at(text: &str, start: usize, words: &[Zeroizing<String>]) -> Option<usize> {
    let rest = text.get(start..)?;
    let mut at = 0;
    let last = words.len().checked_sub(1)?;
    for (index, word) in words.iter().enumerate() {
        let tail = rest.get(at..)?;
        let gap: usize = if index == 0 {
            0
        } else {
            tail.chars().take(3).take_while(|c| !c.is_alphanumeric() && *c != '\n').map(char::len_utf8).sum()
        };
        let tail = tail.get(gap..)?;
        let digit = tail.chars().next()?.is_ascii_digit();
        let length: usize = tail
            .chars()
            .take(LONGEST_WORD)
            .take_while(|c| c.is_alphanumeric() && c.is_ascii_digit() == digit)
            .map(char::len_utf8)
            .sum();
        let piece = tail.get(..length)?;
        let (plain, spelled) = (Zeroizing::new(folded(piece)), Zeroizing::new(spelled_out(piece)));
        let same = |form: &str| {
            form == word.as_str() || index == last && !digit && form.strip_suffix('s') == Some(word.as_str())
        };
        if !same(&plain) && !same(&spelled) {
            return None;
        }
        at += gap + length;
    }
    Some(start + at)
}
