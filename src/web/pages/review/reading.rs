//! The text to read on the desk, part by part, with the quotes in it marked once they may be seen.
//! Every word of it goes through the reader's access.

use std::ops::Range;

use maud::{Markup, html};

use super::Evidence;
use crate::casework::review::{ReviewFile, SectionView};
use crate::pipeline::received::SectionKind;
use crate::subject::id::CriterionId;
use crate::subject::words::Lang;
use crate::web::layout::t;

/// A quoted stretch of the whole text.
struct Span<'a> {
    start: usize,
    end: usize,
    criterion: &'a CriterionId,
    /// Counted from 1 within the criterion.
    number: usize,
}

fn spans<'a>(evidence: Option<&'a Evidence<'a>>) -> Vec<Span<'a>> {
    let found = evidence.map(|all| all.found.as_slice()).unwrap_or_default();
    found
        .iter()
        .flat_map(|one| {
            let quotes = one.quotes.iter().enumerate();
            quotes.map(|(index, q)| Span { start: q.start, end: q.end, criterion: one.id, number: index + 1 })
        })
        .collect()
}

/// Cuts a stretch of text where a quote begins or ends, so that each piece lies wholly inside or
/// wholly outside every quote. Each piece comes with the quotes that it belongs to.
fn pieces(whole: Range<usize>, spans: &[Range<usize>]) -> Vec<(Range<usize>, Vec<usize>)> {
    let mut cuts = vec![whole.start, whole.end];
    for span in spans {
        cuts.extend([span.start, span.end].into_iter().filter(|at| whole.contains(at)));
    }
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2)
        .filter_map(|pair| match pair {
            [start, end] => {
                let inside = |span: &Range<usize>| span.start <= *start && *end <= span.end;
                let covering =
                    spans.iter().enumerate().filter(|(_, span)| inside(span)).map(|(index, _)| index);
                Some((*start..*end, covering.collect()))
            }
            _ => None,
        })
        .collect()
}

pub(super) fn section_name(lang: Lang, section: &SectionView<'_>) -> String {
    match (section.kind, section.question) {
        (SectionKind::Letter, _) => t(lang, "Personligt brev", "Personal letter").to_owned(),
        (SectionKind::Cv, _) => t(lang, "Meritförteckning", "Curriculum vitae").to_owned(),
        (SectionKind::Answer, Some(id)) => format!("{} {id}", t(lang, "Svar på fråga", "Answer to question")),
        (SectionKind::Answer, None) => t(lang, "Svar", "Answer").to_owned(),
    }
}

pub(super) fn text(
    lang: Lang,
    file: &ReviewFile,
    sections: &[SectionView<'_>],
    evidence: Option<&Evidence<'_>>,
) -> Markup {
    let spans = spans(evidence);
    html! {
        @for section in sections {
            section {
                h3 { (section_name(lang, section)) }
                @if let Some(question) = question_text(file, section) {
                    p.question { (question.get(lang)) }
                }
                div.written { (marked(lang, file, section, &spans)) }
            }
        }
    }
}

fn question_text<'a>(
    file: &'a ReviewFile,
    section: &SectionView<'_>,
) -> Option<&'a crate::subject::words::Text> {
    let id = section.question?;
    file.profile.profile().questions.iter().find(|question| question.id == id).map(|question| &question.text)
}

fn marked(lang: Lang, file: &ReviewFile, section: &SectionView<'_>, spans: &[Span<'_>]) -> Markup {
    let ranges: Vec<Range<usize>> = spans.iter().map(|span| span.start..span.end).collect();
    let cut: Option<Vec<(&str, Range<usize>, Vec<usize>)>> = pieces(section.start..section.end, &ranges)
        .into_iter()
        .map(|(range, covering)| {
            let (from, to) = (range.start.checked_sub(section.start)?, range.end.checked_sub(section.start)?);
            Some((section.text.get(from..to)?, range, covering))
        })
        .collect();
    // A piece that does not fit its text must cost no word of it: then it is shown without marks.
    let Some(cut) = cut else { return html! { (file.disclose(section.text)) } };
    html! {
        @for (words, range, covering) in &cut {
            @if covering.is_empty() {
                (file.disclose(words))
            } @else {
                @let inside: Vec<&Span<'_>> = covering.iter().filter_map(|index| spans.get(*index)).collect();
                (highlighted(lang, file, words, range, &inside))
            }
        }
    }
}

/// One piece inside quotes. It carries the ids of the quotes that begin here, one element each, and
/// after the quotes that end here the way back to what was concluded.
fn highlighted(
    lang: Lang,
    file: &ReviewFile,
    words: &str,
    range: &Range<usize>,
    covering: &[&Span<'_>],
) -> Markup {
    let begin: Vec<String> =
        covering.iter().filter(|span| span.start == range.start).map(|span| place_id(span)).collect();
    let mut inner = html! { (file.disclose(words)) };
    for id in begin.iter().skip(1) {
        inner = html! { span id=(id) { (inner) } };
    }
    html! {
        mark id=[begin.first()] {
            (inner)
            @for span in covering.iter().filter(|span| span.end == range.end) {
                sup {
                    a href={ "#b-" (span.criterion) "-" (span.number) }
                        aria-label={ (t(lang, "Belägg ",
                            "Evidence ")) (span.number) (t(lang, " för ", " for ")) (span.criterion) } {
                        (span.criterion)
                    }
                }
            }
        }
    }
}

fn place_id(span: &Span<'_>) -> String {
    format!("c-{}-{}", span.criterion, span.number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn overlapping_quotes_are_cut_into_pieces_that_know_all_their_quotes() {
        let cut = pieces(0..10, &[2..6, 4..8]);
        let expected: Vec<(Range<usize>, Vec<usize>)> =
            vec![(0..2, vec![]), (2..4, vec![0]), (4..6, vec![0, 1]), (6..8, vec![1]), (8..10, vec![])];
        assert_eq!(cut, expected);
    }

    #[test]
    fn a_quote_elsewhere_marks_nothing_here() {
        assert_eq!(pieces(10..20, &[0..5, 25..30]), vec![(10..20, vec![])]);
        assert_eq!(pieces(5..5, &[]), vec![]);
    }

    proptest! {
        #[test]
        fn no_byte_is_lost_and_every_quote_is_covered_exactly(
            end in 1usize..200,
            raw in prop::collection::vec((0usize..220, 0usize..40), 0..12),
        ) {
            let spans: Vec<Range<usize>> = raw.iter().map(|(start, length)| *start..start + length).collect();
            let cut = pieces(0..end, &spans);
            let mut at = 0;
            for (range, covering) in &cut {
                prop_assert_eq!(range.start, at);
                at = range.end;
                for byte in range.clone() {
                    let inside: Vec<usize> = (0..spans.len()).filter(|i| spans[*i].contains(&byte)).collect();
                    prop_assert_eq!(&inside, covering);
                }
            }
            prop_assert_eq!(at, end);
        }
    }
}
