//! Letters in plain text or Markdown. The text stays as written; in Markdown the marks of headings,
//! emphasis and links are taken out, never a letter or a digit. A line that is nothing but a known
//! heading begins the CV, an answer, or the letter again.

use std::sync::LazyLock;

use regex::Regex;

use super::headings::{Asked, Questions, fold};
use super::{Draft, Options, Unreadable};
use crate::pipeline::received::SectionKind;

/// What a line on its own begins.
enum Begins {
    /// A part whose kind says all that the heading says, so the heading is not kept.
    Part(SectionKind, Option<String>),
    /// The CV, under a heading that belongs to it.
    CvUnderHeading,
    /// An answer, under a heading that says more than the question.
    AnswerUnderHeading(String),
}

pub(super) fn read(text: &str, markdown: bool, options: &Options<'_>) -> Result<Draft, Unreadable> {
    // Before any work on it: no file may hold more than a full letter, CV and set of answers.
    let chars = text.chars().count();
    let chars_max = options.limits.section_chars_max.saturating_mul(options.questions.len().max(3) + 2);
    if chars > chars_max {
        return Err(Unreadable::SectionTooLong { part: SectionKind::Letter, chars, chars_max });
    }
    let questions = Questions::new(options.questions);
    let mut draft = Draft::default();
    let (mut kind, mut question) = (SectionKind::Letter, None::<String>);
    let mut lines = String::new();
    for line in text.split('\n') {
        let heading_mark = markdown && is_heading_line(line);
        let line = if markdown { plain(line) } else { line.to_owned() };
        if let Some(begins) = begins(&line, heading_mark, &questions) {
            draft.add(kind, question.as_deref(), &lines);
            lines.clear();
            match begins {
                Begins::Part(next, of) => (kind, question) = (next, of),
                Begins::CvUnderHeading => {
                    (kind, question) = (SectionKind::Cv, None);
                    lines.push_str(&line);
                    lines.push('\n');
                }
                Begins::AnswerUnderHeading(of) => {
                    (kind, question) = (SectionKind::Answer, Some(of));
                    lines.push_str(&line);
                    lines.push('\n');
                }
            }
        } else {
            lines.push_str(&line);
            lines.push('\n');
        }
    }
    draft.add(kind, question.as_deref(), &lines);
    zeroize::Zeroize::zeroize(&mut lines);
    Ok(draft)
}

fn begins(line: &str, heading_mark: bool, questions: &Questions<'_>) -> Option<Begins> {
    let bare = line.trim();
    if bare.is_empty() {
        return None;
    }
    match questions.asked(bare) {
        Asked::Question(id) => return Some(Begins::Part(SectionKind::Answer, Some(id))),
        // "F1 is a school in …" is a sentence unless Markdown says that it is a heading.
        Asked::QuestionAndWords(id) if heading_mark => return Some(Begins::AnswerUnderHeading(id)),
        _ => {}
    }
    // A heading is short and ends without a full stop.
    if bare.chars().count() > 40 || bare.ends_with(['.', ',', '!', '?', ';']) {
        return None;
    }
    match fold(bare).as_str() {
        "cv" | "meritforteckning" | "curriculumvitae" | "resume" | "mittcv" => {
            Some(Begins::Part(SectionKind::Cv, None))
        }
        "erfarenhet"
        | "erfarenheter"
        | "arbetslivserfarenhet"
        | "arbetslivserfarenheter"
        | "yrkeserfarenhet"
        | "anstallningar"
        | "utbildning"
        | "utbildningar"
        | "experience"
        | "workexperience"
        | "professionalexperience"
        | "employment"
        | "education" => Some(Begins::CvUnderHeading),
        "personligtbrev" | "brev" | "coverletter" | "letter" | "personalletter" | "ansokningsbrev" => {
            Some(Begins::Part(SectionKind::Letter, None))
        }
        _ => None,
    }
}

fn is_heading_line(line: &str) -> bool {
    let line = line.trim();
    line.starts_with('#') || (line.starts_with("**") && line.ends_with("**") && line.len() > 4)
}

/// A pattern of this file; one that did not compile would take nothing out.
fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

static LINK: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"!?\[([^\[\]]*)\]\(\s*<?([^()\s<>]*)>?\s*\)"));
static STRONG: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\*\*([^\s*](?:[^*]*[^\s*])?)\*\*"));
static EMPHASIS: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\*([^\s*](?:[^*]*[^\s*])?)\*"));
static UNDERSCORE: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(^|[^\w])_{1,2}([^\s_](?:[^_]*[^\s_])?)_{1,2}($|[^\w])"));
static CODE: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"`+([^`]*)`+"));
static AUTOLINK: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"<((?:https?://|mailto:)[^<>\s]+)>"));

/// One line of Markdown without its marks.
fn plain(line: &str) -> String {
    let bare = line.trim();
    let only = |mark: char| bare.len() >= 3 && bare.chars().all(|c| c == mark || c == ' ');
    if ['-', '*', '_', '='].into_iter().any(only) {
        return String::new();
    }
    let indent_end = line.len() - line.trim_start().len();
    let (indent, mut rest) = line.split_at_checked(indent_end).unwrap_or(("", line));
    while let Some(quoted) = rest.strip_prefix("> ").or_else(|| rest.strip_prefix('>')) {
        rest = quoted.trim_start();
    }
    let hashes = rest.bytes().take_while(|byte| *byte == b'#').count();
    if (1..=6).contains(&hashes)
        && rest.get(hashes..).is_some_and(|after| after.is_empty() || after.starts_with([' ', '\t']))
    {
        rest = rest.get(hashes..).unwrap_or_default().trim_start().trim_end_matches('#').trim_end();
    }
    let rest = rest.trim_start_matches("```").trim_start_matches("~~~");
    let (bullet, rest) = match rest.strip_prefix("* ").or_else(|| rest.strip_prefix("+ ")) {
        Some(item) => ("- ", item),
        None => ("", rest),
    };
    let mut text = hide_escapes(rest);
    for (regex, with) in [
        (&LINK, "$1 ($2)"),
        (&AUTOLINK, "$1"),
        (&CODE, "$1"),
        (&STRONG, "$1"),
        (&EMPHASIS, "$1"),
        // Twice: two marked words share the space between them, and the first one takes it.
        (&UNDERSCORE, "$1$2$3"),
        (&UNDERSCORE, "$1$2$3"),
    ] {
        if let Some(regex) = regex.as_ref() {
            text = regex.replace_all(&text, with).into_owned();
        }
    }
    format!("{indent}{bullet}{}", show_escapes(&text).trim_end())
}

/// The signs that a backslash takes the meaning from.
const ESCAPABLE: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
/// The first of the 32 code points that are no characters; one stands in for each escaped sign.
const STAND_IN: u32 = 0xfdd0;

fn hide_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let escaped = chars.peek().filter(|_| c == '\\').and_then(|next| ESCAPABLE.find(*next));
        match escaped.and_then(|index| char::from_u32(STAND_IN + index as u32)) {
            Some(stand_in) => {
                chars.next();
                out.push(stand_in);
            }
            None => out.push(c),
        }
    }
    out
}

fn show_escapes(text: &str) -> String {
    text.chars()
        .map(|c| {
            let index = u32::from(c).checked_sub(STAND_IN);
            index.and_then(|index| ESCAPABLE.chars().nth(index as usize)).unwrap_or(c)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::profile::Question;
    use crate::subject::words::Text;
    use proptest::prelude::*;

    fn parts(
        text: &str,
        markdown: bool,
        questions: &[Question],
    ) -> Vec<(SectionKind, Option<String>, String)> {
        let options = Options { questions, ..Options::default() };
        match read(text, markdown, &options) {
            Ok(draft) => {
                draft.parts.iter().map(|p| (p.kind, p.question.clone(), p.text.to_string())).collect()
            }
            Err(error) => panic!("{error:?}"),
        }
    }

    #[test]
    fn a_plain_letter_stays_as_written() {
        let text = "Hej!\n\nJag *vill* arbeta_med_planer.\n  # inte en rubrik\n\nBo";
        assert_eq!(parts(text, false, &[]), [(SectionKind::Letter, None, text.to_owned())]);
    }

    #[test]
    fn headings_begin_the_cv_and_the_answers() {
        let text = "Personligt brev\nHej på er!\n\nCV:\n2020 Kock\n\nUtbildning\nKandidat i geografi\n\n\
                    F1\nJag drev ett torg.\nFråga 2:\nVi var fyra.\n\nBrev\nPS. Hej då!";
        assert_eq!(
            parts(text, false, &[]),
            [
                (SectionKind::Letter, None, "Hej på er!\n\nPS. Hej då!".to_owned()),
                (SectionKind::Cv, None, "2020 Kock\n\nUtbildning\nKandidat i geografi".to_owned()),
                (SectionKind::Answer, Some("F1".to_owned()), "Jag drev ett torg.".to_owned()),
                (SectionKind::Answer, Some("F2".to_owned()), "Vi var fyra.".to_owned()),
            ]
        );
    }

    #[test]
    fn a_questions_text_begins_its_answer_and_a_sentence_does_not() {
        let questions = [Question {
            id: "F1".into(),
            text: Text { sv: "Vad gjorde du?".into(), en: "What did you do?".into() },
        }];
        let text = "Utbildning är viktigt för mig.\nF1 är min gamla skola.\n\n**F1. What did you do?**\nI \
                    built it.\n\n## F1 – mer\nOch sålde.";
        assert_eq!(
            parts(text, true, &questions),
            [
                (
                    SectionKind::Letter,
                    None,
                    "Utbildning är viktigt för mig.\nF1 är min gamla skola.".to_owned()
                ),
                (
                    SectionKind::Answer,
                    Some("F1".to_owned()),
                    "I built it.\n\nF1 – mer\nOch sålde.".to_owned()
                ),
            ]
        );
    }

    #[test]
    fn markdown_marks_are_taken_out_and_words_are_kept() {
        for (line, wanted) in [
            ("## Om mig ##", "Om mig"),
            ("**Mål**: _tydliga_ och *mätbara*", "Mål: tydliga och mätbara"),
            ("**Mål**et är klart", "Målet är klart"),
            ("***båda***", "båda"),
            ("se [min uppsats](https://example.org/u)", "se min uppsats (https://example.org/u)"),
            ("![bild](bo.png)", "bild (bo.png)"),
            ("<https://example.org>", "https://example.org"),
            ("* punkt", "- punkt"),
            ("  + punkt", "  - punkt"),
            ("> citat", "citat"),
            ("---", ""),
            ("`kod` här", "kod här"),
            ("```rust", "rust"),
            ("_a_ _b_ __c__", "a b c"),
            ("snake_case_namn och 2 * 3 * 4", "snake_case_namn och 2 * 3 * 4"),
            (r"\*inte fet\*", "*inte fet*"),
            ("#hashtag", "#hashtag"),
            ("C# och F#", "C# och F#"),
        ] {
            assert_eq!(plain(line), wanted, "{line:?}");
        }
    }

    #[test]
    fn a_file_far_beyond_the_limit_is_refused_before_any_work() {
        let text = "ord ".repeat(200_000);
        assert!(matches!(read(&text, true, &Options::default()), Err(Unreadable::SectionTooLong { .. })));
    }

    proptest! {
        #[test]
        fn markdown_loses_no_letter_or_digit(line in "[a-cåÄ1 *_`#>\\[\\]()!\\\\<~+-]{0,60}") {
            let kept = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            prop_assert_eq!(kept(&plain(&line)), kept(&line));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,100}", markdown in any::<bool>()) {
            let _ = read(&text, markdown, &Options::default());
        }
    }
}
