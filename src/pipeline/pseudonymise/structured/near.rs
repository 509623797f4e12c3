//! What stands beside a place of a text: the letter before, the letter after, where a word ends. It
//! decides with the letters themselves and never with the end of a window, so that a place is judged
//! the same wherever in a text it stands.

use unicode_normalization::char::is_combining_mark;

/// Stands for a place that is replaced already.
pub(super) const BLANK: char = '\u{1}';

/// The letter before a byte.
pub(super) fn before(text: &str, at: usize) -> Option<char> {
    text.get(..at)?.chars().next_back()
}

/// The letter after a byte.
pub(super) fn after(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

/// Whether a letter can be part of a word.
pub(super) fn in_word(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || c == '_'
    } else {
        c.is_alphanumeric() || is_combining_mark(c)
    }
}

/// Whether no word goes on to the left of a byte.
pub(super) fn opens(text: &str, at: usize) -> bool {
    !before(text, at).is_some_and(in_word)
}

/// Whether no word goes on to the right of a byte.
pub(super) fn closes(text: &str, at: usize) -> bool {
    !after(text, at).is_some_and(in_word)
}

/// Where the run of letters that fit and that ends at a byte begins.
pub(super) fn back_over(text: &str, at: usize, fits: impl Fn(char) -> bool) -> usize {
    text.get(..at).map_or(at, |head| head.trim_end_matches(fits).len())
}

/// Where the run of letters that fit and that begins at a byte ends.
pub(super) fn on_over(text: &str, at: usize, fits: impl Fn(char) -> bool) -> usize {
    text.get(at..).map_or(at, |rest| text.len() - rest.trim_start_matches(fits).len())
}

/// Whether digits stand before a byte with no more than two signs between.
pub(super) fn digit_close_before(text: &str, at: usize) -> bool {
    let from = back_over(text, at, |c| matches!(c, ' ' | '-' | '–' | ',' | '.' | '/'));
    at - from <= 4 && before(text, from).is_some_and(|c| c.is_ascii_digit())
}

/// The line around a byte, no more than so many bytes to each side.
pub(super) fn line_around(text: &str, at: usize, far: usize) -> &str {
    let mut from = at.saturating_sub(far);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let mut to = text.len().min(at + far);
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    let (head, rest) = (text.get(from..at).unwrap_or_default(), text.get(at..to).unwrap_or_default());
    let first = from + head.rfind('\n').map_or(0, |line| line + 1);
    text.get(first..at + rest.find('\n').unwrap_or(rest.len())).unwrap_or_default()
}

/// Whether a digit stands at a byte.
pub(super) fn digit_at(text: &str, at: usize) -> bool {
    text.as_bytes().get(at).is_some_and(u8::is_ascii_digit)
}
