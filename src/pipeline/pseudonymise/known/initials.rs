//! The applicant's initials where they stand for the name: `A.L.`, `/AL`, `Lindqvist, A.L.`. The same letters
//! may be a degree (`B.A.`), so those count only where nothing is said of them.

use super::Own;
use super::name::Hit;
use super::strength::Strength;
use crate::pipeline::pseudonymise::normal::folded;

/// Not more letters than these make initials.
const MOST: usize = 4;
/// Abbreviations of other things; they are initials only at the end of a line,
const ABBREVIATIONS: [&str; 16] =
    ["ba", "ma", "bs", "ms", "jd", "us", "uk", "ps", "cv", "pm", "am", "nb", "hr", "it", "eu", "fn"];
/// and the degrees among them not after a comma.
const DEGREES: usize = 5;

impl Own {
    /// `words` are the runs of letters of the text.
    pub(super) fn initials_alone(&self, text: &str, words: &[(usize, usize)]) -> Vec<Hit> {
        let mut hits = Vec::new();
        let mut at = 0;
        while let Some(&(start, end)) = words.get(at) {
            let found = match end - start {
                1 | 2 => self.dotted(text, words, at).or_else(|| self.signed(text, start, end, 1)),
                3 => self.signed(text, start, end, 1),
                _ => None,
            };
            if let Some((end, count)) = found {
                hits.push(Hit {
                    start,
                    end,
                    part: None,
                    given: true,
                    family: true,
                    strength: Strength::Strong,
                });
                at += count;
            } else {
                at += 1;
            }
        }
        hits
    }

    /// `A.L.`, `A. L.`, `A.-K. L.`: where it ends and how many words it is.
    fn dotted(&self, text: &str, words: &[(usize, usize)], at: usize) -> Option<(usize, usize)> {
        let &(start, first_end) = words.get(at)?;
        let before = text.get(..start)?;
        if before.ends_with(|c: char| c.is_alphanumeric() || c == '.') {
            return None;
        }
        let mut letters = vec![capital(text.get(start..first_end)?)?];
        let mut end = first_end;
        while let Some(&(next, next_end)) = words.get(at + letters.len()) {
            let gap = text.get(end..next)?;
            let Some(letter) = capital(text.get(next..next_end)?) else { break };
            if letters.len() == MOST || !matches!(gap, "." | ". " | ".-") {
                break;
            }
            letters.push(letter);
            end = next_end;
        }
        let rest = text.get(end..)?;
        let after = rest.strip_prefix('.').unwrap_or(rest);
        // `A.L. Karlsson` is somebody else, `A.L.P. 3` something else.
        let named = after.strip_prefix(' ').is_some_and(|next| next.starts_with(char::is_uppercase));
        if rest.starts_with(char::is_alphanumeric) || after.starts_with(char::is_alphanumeric) || named {
            return None;
        }
        if !self.are_initials(&letters) {
            return None;
        }
        let word: String = letters.iter().collect();
        if let Some(kind) = ABBREVIATIONS.iter().position(|other| *other == word) {
            let line = after.split('\n').next().unwrap_or_default();
            let ends = !line.contains(char::is_alphabetic);
            let degree = kind < DEGREES && before.trim_end_matches(' ').ends_with(',');
            if (!ends || degree) && !self.ends_in_a_part(before) {
                return None;
            }
        }
        Some((end + (rest.len() - after.len()), letters.len()))
    }

    /// `/AL` on a line of its own.
    fn signed(&self, text: &str, start: usize, end: usize, count: usize) -> Option<(usize, usize)> {
        let word = text.get(start..end)?;
        let alone = text.get(..start)?.trim_end_matches(' ').ends_with('/')
            && text.get(end..)?.trim_start_matches(' ').chars().next().is_none_or(|c| c == '\n');
        let letters: Option<Vec<char>> =
            word.char_indices().map(|(at, c)| capital(word.get(at..at + c.len_utf8())?)).collect();
        let letters = letters.filter(|letters| letters.len() >= 2)?;
        (alone && self.are_initials(&letters)).then_some((end, count))
    }

    /// Whether the text ends in a part of the name or in the home town, and a comma: `Lindqvist, `.
    fn ends_in_a_part(&self, text: &str) -> bool {
        let Some(head) = text.trim_end_matches(' ').strip_suffix(',') else { return false };
        let from = head
            .char_indices()
            .rev()
            .take_while(|(_, c)| c.is_alphabetic())
            .last()
            .map_or(head.len(), |(at, _)| at);
        let word = head.get(from..).map(folded).unwrap_or_default();
        self.parts.iter().flat_map(|part| &part.forms).any(|form| **form == word)
            || self.town.iter().filter_map(|words| words.last()).any(|last| **last == word)
    }

    /// Whether the letters are the first ones of the given and the family name, in either order.
    fn are_initials(&self, letters: &[char]) -> bool {
        let (Some(first), Some(last)) = (letters.first(), letters.last()) else { return false };
        let begins = |letter: char, given: bool| {
            // The O of O'Brien is a letter of the name and no part of it.
            let single =
                !self.parts.iter().any(|part| part.forms.iter().any(|form| form.starts_with(letter)));
            single
                || self.parts.iter().any(|part| {
                    (part.given == given || part.given && part.family)
                        && part.forms.first().is_some_and(|form| form.starts_with(letter))
                })
        };
        letters.len() >= 2
            && letters.iter().all(|letter| self.initials.contains(*letter))
            && (begins(*first, true) && begins(*last, false) || begins(*first, false) && begins(*last, true))
    }
}

/// The folded letter of a word that is one capital.
fn capital(word: &str) -> Option<char> {
    let mut all = word.chars();
    let letter = all.next().filter(|letter| letter.is_uppercase())?;
    (all.next().is_none()).then_some(())?;
    folded(&letter.to_string()).chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::received::Known;

    fn found(name: &str, text: &str) -> Vec<String> {
        let mut known = Known::default();
        known.name = name.into();
        Own::new(&known).find(text).iter().map(|f| text[f.start..f.end].to_owned()).collect()
    }

    #[test]
    fn initials_that_stand_for_the_name_are_found() {
        for text in [
            "Signed: A.L.",
            "/A.L.",
            "// A. L.",
            "tack!!! A.L.",
            "Ref. A.L./01",
            "A.L.",
            "Hälsningar från byn, A.L.\n",
        ] {
            assert!(
                found("Anna Lindqvist", text)
                    .iter()
                    .any(|found| found.starts_with("A.") && found.ends_with("L.")),
                "{text}"
            );
        }
        assert_eq!(found("Anna Lindqvist", "Hej\n/AL\n"), ["AL"]);
        assert_eq!(found("Anna Lindqvist", "Lindqvist, A.L. (2019)"), ["Lindqvist, A.L."]);
        assert_eq!(found("Anna-Karin Lind Öhman", "/A.-K. Ö."), ["A.-K. Ö."]);
        assert_eq!(found("Ali Mohammadi", "Mohammadi, A.M. (2019). Report."), ["Mohammadi, A.M."]);
        assert_eq!(found("Charlie O'Neill", "Signed: C.O."), ["C.O."]);
        assert_eq!(found("Mika Avdiu", "Regards from the town,\nM.A."), ["M.A."]);
        let mut known = Known::default();
        (known.name, known.town) = ("Monika Sikora".into(), "Skara".into());
        let text = "Hälsningar från Skara, M.S.\n";
        assert!(Own::new(&known).find(text).iter().any(|f| &text[f.start..f.end] == "M.S."));
        assert_eq!(found("İrem Kurt", "Ref. İ.K./01"), ["İ.K."]);
    }

    #[test]
    fn the_same_letters_of_something_else_are_left() {
        for (name, text) in [
            ("Bo Andersson", "B.A. in History"),
            ("Bo Andersson", "Lunds universitet, B.A.\n"),
            ("Per Svensson", "P.S. Jag kan börja i maj"),
            ("Anna Lindqvist", "A.L. Karlsson"),
            ("Anna Lindqvist", "L.L. och A.A. och AL"),
            ("Anna", "A.A."),
            ("Fia Dahl", "f.d. och e.d."),
        ] {
            assert!(found(name, text).is_empty(), "{name}: {text}");
        }
    }
}
