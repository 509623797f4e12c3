//! Which question, or which part, a heading or a column header stands for. Headings are compared
//! without regard to case, diacritics, spaces and punctuation.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::subject::profile::Question;

/// A heading as it is compared: letters and digits only, lower case, without diacritics.
pub(super) fn fold(heading: &str) -> String {
    heading
        .nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_alphanumeric())
        .collect()
}

/// What a heading says about a question.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// It is this question's id or text, or both, and nothing else.
    Question(String),
    /// It begins with this question's id; the words after it are not the question's text.
    QuestionAndWords(String),
    /// It is no question.
    No,
}

/// A profile's questions, folded once: a letter may have a hundred thousand lines to compare.
pub(super) struct Questions<'a> {
    all: &'a [Question],
    /// Id, Swedish and English text of each.
    folded: Vec<[String; 3]>,
}

impl<'a> Questions<'a> {
    pub(super) fn new(all: &'a [Question]) -> Self {
        let folded = all.iter().map(|one| [fold(&one.id), fold(&one.text.sv), fold(&one.text.en)]).collect();
        Self { all, folded }
    }

    /// Finds the question: `F1`, `Fråga 1`, `Question 1`, the question's own text, or an id followed
    /// by the text. Without a profile any `F` and one or two digits is an id.
    pub(super) fn asked(&self, heading: &str) -> Asked {
        let folded = fold(heading);
        if folded.is_empty() {
            return Asked::No;
        }
        let same = |(_, names): &(&Question, &[String; 3])| names.contains(&folded);
        if let Some((question, _)) = self.all.iter().zip(&self.folded).find(same) {
            return Asked::Question(question.id.clone());
        }
        let Some((id, words)) = self.leading_id(heading) else { return Asked::No };
        let words = fold(words);
        let own_text = |(question, [_, sv, en]): (&Question, &[String; 3])| {
            question.id == id && (words == *sv || words == *en)
        };
        if words.is_empty() || self.all.iter().zip(&self.folded).any(own_text) {
            return Asked::Question(id);
        }
        Asked::QuestionAndWords(id)
    }

    /// A question's id at the start of a heading, and the words after it.
    fn leading_id<'h>(&self, heading: &'h str) -> Option<(String, &'h str)> {
        let heading = heading.trim_start();
        let end =
            heading.find(|c: char| !c.is_alphanumeric() && c != '-' && c != '_').unwrap_or(heading.len());
        let (first, rest) = heading.split_at_checked(end)?;
        if let Some(question) = self.all.iter().find(|question| question.id.eq_ignore_ascii_case(first)) {
            return Some((question.id.clone(), rest));
        }
        let folded = fold(first);
        if let Some(number) = folded.strip_prefix('f').and_then(small_number) {
            return Some((format!("F{number}"), rest));
        }
        // "Fråga 1" and "Question 1": the first question, whatever its id is.
        let rest = rest.trim_start();
        let digits_end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, after) = rest.split_at_checked(digits_end)?;
        if !matches!(folded.as_str(), "fraga" | "question") {
            return None;
        }
        let number = small_number(digits)?;
        let id = match number.checked_sub(1).and_then(|index| self.all.get(index)) {
            Some(question) => question.id.clone(),
            None => format!("F{number}"),
        };
        Some((id, after))
    }
}

fn small_number(digits: &str) -> Option<usize> {
    let plain = (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten().filter(|number| *number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::words::Text;

    fn questions() -> Vec<Question> {
        vec![
            Question {
                id: "Q-a".into(),
                text: Text {
                    sv: "Varför vill du arbeta här?".into(),
                    en: "Why do you want to work here?".into(),
                },
            },
            Question {
                id: "F2".into(),
                text: Text { sv: "Vad gjorde du?".into(), en: "What did you do?".into() },
            },
        ]
    }

    #[test]
    fn a_heading_is_compared_without_case_and_diacritics() {
        assert_eq!(fold("  Förnamn: "), "fornamn");
        assert_eq!(fold("E-POST"), fold("epost"));
        assert_eq!(fold("Meritfo\u{308}rteckning"), "meritforteckning");
    }

    #[test]
    fn a_question_is_found_by_id_number_or_text() {
        let all = questions();
        let is = |heading: &str, id: &str| {
            assert_eq!(Questions::new(&all).asked(heading), Asked::Question(id.into()), "{heading}")
        };
        is("q-A", "Q-a");
        is("Fråga 1", "Q-a");
        is("FRÅGA 2:", "F2");
        is("Question 1.", "Q-a");
        is("varför vill du arbeta här", "Q-a");
        is("What did you do?", "F2");
        is("F2. Vad gjorde du?", "F2");
        is("Fråga 7", "F7");
        is("F3", "F3");
    }

    #[test]
    fn other_words_are_told_apart_from_the_question() {
        let all = questions();
        assert_eq!(Questions::new(&all).asked("F2 är en bra skola"), Asked::QuestionAndWords("F2".into()));
        for heading in ["", "F", "F123", "Frågan är fri", "Flygplan", "Fråga", "F0"] {
            assert_eq!(Questions::new(&all).asked(heading), Asked::No, "{heading}");
        }
    }
}
