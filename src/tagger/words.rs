//! Text to words: the pieces that the tagger gives labels to. Every letter and digit lies in exactly
//! one word; any other visible character is a word of its own. It never changes the text.

/// A word, or one sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// First byte in the text.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
    /// A line begins with it.
    pub line: bool,
}

/// Stands for what was replaced before: any run of it is one word.
pub const REPLACED: char = '\u{1}';

/// The words of a text, in order.
#[must_use]
pub fn words(text: &str) -> Vec<Word> {
    let mut out = Vec::with_capacity(text.len() / 5);
    let mut chars = text.char_indices().peekable();
    let mut line = true;
    while let Some((start, first)) = chars.next() {
        if first.is_whitespace() {
            line |= first == '\n';
            continue;
        }
        let mut end = start + first.len_utf8();
        if first == REPLACED {
            while let Some((at, next)) = chars.peek().copied().filter(|(_, c)| *c == REPLACED) {
                end = at + next.len_utf8();
                chars.next();
            }
        } else if is_letter(first) {
            while let Some((at, next)) = chars.peek().copied() {
                let after = at + next.len_utf8();
                let joins = matches!(next, '-' | '\'' | '’' | '´' | '`')
                    && text.get(after..).is_some_and(|rest| rest.starts_with(is_letter));
                if !is_letter(next) && !joins {
                    break;
                }
                end = after;
                chars.next();
            }
        }
        out.push(Word { start, end, line });
        line = false;
    }
    out
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || ('\u{300}'..='\u{36F}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_lies_in_one_word_and_signs_stand_alone() {
        let text = "Åsa-Märta O'Berg, J. (\u{1}\u{1}\u{1})\n-x";
        let cut: Vec<&str> = words(text).iter().map(|w| &text[w.start..w.end]).collect();
        assert_eq!(cut, ["Åsa-Märta", "O'Berg", ",", "J", ".", "(", "\u{1}\u{1}\u{1}", ")", "-", "x"]);
        let lines: Vec<bool> = words(text).iter().map(|w| w.line).collect();
        assert_eq!(lines.iter().filter(|line| **line).count(), 2);
        assert!(lines[0] && lines[8]);
    }
}
