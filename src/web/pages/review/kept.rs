//! What was typed into a form of the desk and could not be accepted: it is shown again as it was,
//! with what is wrong beside the field and above the page. What is accepted is judged by casework.

use maud::{Markup, html};

use super::marks::{mark_field, scale};
use crate::casework::decision::Outcome;
use crate::casework::review::{Mark, ReviewFile, marked_now};
use crate::subject::id::{CriterionId, PlacementId};
use crate::subject::profile::Criterion;
use crate::subject::words::Lang;
use crate::web::layout::t;

/// The fewest characters of a reason, as casework judges it: only for the message beside the field.
const REASON_CHARS_MIN: usize = 10;

/// What was typed into a form that could not be accepted, so that nothing has to be typed twice.
pub(super) enum Kept {
    /// No form was sent.
    Nothing,
    /// Blind marks: criterion and value as sent.
    Marks(Vec<(String, String)>),
    /// A changed mark.
    Change { criterion: CriterionId, mark: String, reason: String },
    /// A decision.
    Decision { placement: PlacementId, outcome: String, reason: String },
}

pub(super) fn typed_mark<'a>(kept: &'a Kept, criterion: &CriterionId) -> Option<&'a str> {
    let Kept::Marks(typed) = kept else { return None };
    typed.iter().find(|(name, _)| name == criterion.as_str()).map(|(_, value)| value.as_str())
}

pub(super) fn lacks_mark(kept: &Kept, criterion: &Criterion) -> bool {
    let fits =
        || typed_mark(kept, &criterion.id).and_then(Mark::parse).is_some_and(|mark| mark.fits(criterion));
    matches!(kept, Kept::Marks(_)) && !fits()
}

pub(super) fn says_too_little(reason: &str) -> bool {
    reason.trim().chars().count() < REASON_CHARS_MIN
}

pub(super) fn reason_fault(lang: Lang) -> &'static str {
    t(lang, "Skriv ett skäl, minst 10 tecken.", "Write a reason, at least 10 characters.")
}

pub(super) fn outcome_fault(lang: Lang) -> &'static str {
    t(lang, "Välj om den sökande går vidare eller inte.", "Choose whether the applicant proceeds or not.")
}

/// The id of the field and what is wrong with it.
pub(super) fn faults(lang: Lang, file: &ReviewFile, kept: &Kept) -> Vec<(String, String)> {
    match kept {
        Kept::Nothing => Vec::new(),
        Kept::Marks(_) => file
            .criteria()
            .into_iter()
            .filter(|criterion| marked_now(criterion) && lacks_mark(kept, criterion))
            .map(|criterion| {
                let first = scale(criterion).first().map_or("", |mark| mark.code());
                let text = format!("{} {}: {}", criterion.id, criterion.label.get(lang), mark_fault(lang));
                (mark_field(&criterion.id, first), text)
            })
            .collect(),
        Kept::Change { criterion, reason, .. } => {
            if says_too_little(reason) {
                vec![(format!("skal-{criterion}"), format!("{criterion}: {}", reason_fault(lang)))]
            } else {
                vec![(format!("ny-{criterion}"), format!("{criterion}: {}", mark_fault(lang)))]
            }
        }
        Kept::Decision { placement, outcome, reason } => {
            let mut out = Vec::new();
            if Outcome::parse(outcome).is_none() {
                out.push((format!("utfall-{placement}-proceed"), outcome_fault(lang).to_owned()));
            }
            if says_too_little(reason) {
                out.push((format!("skal-{placement}"), reason_fault(lang).to_owned()));
            }
            out
        }
    }
}

fn mark_fault(lang: Lang) -> &'static str {
    t(lang, "välj ett omdöme.", "choose a mark.")
}

pub(super) fn fault_summary(lang: Lang, faults: &[(String, String)]) -> Markup {
    html! {
        @if !faults.is_empty() {
            div.error role="alert" {
                h2 {
                    (t(lang, "Något behöver rättas. Inget har sparats ännu.",
                        "Something needs mending. Nothing is stored yet."))
                }
                ul { @for (field, text) in faults { li { a href={ "#" (field) } { (text) } } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_no_reason() {
        assert!(says_too_little("          \n   kort "));
        assert!(!says_too_little("tio tecken"));
    }
}
