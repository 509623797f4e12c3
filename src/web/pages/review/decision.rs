//! Decisions on the desk: those that were made, and the form for the person who makes one. It never
//! proposes an outcome.

use maud::{Markup, html};

use super::kept::{Kept, outcome_fault, says_too_little};
use super::marks::reason_field;
use super::undecided;
use crate::casework::Placement;
use crate::casework::decision::Outcome;
use crate::casework::review::ReviewFile;
use crate::subject::role::Role;
use crate::subject::words::Lang;
use crate::web::callers::View;
use crate::web::layout::t;
use crate::web::pages::work::outcome_words;

pub(super) fn decided_part(lang: Lang, file: &ReviewFile, role: Role) -> Markup {
    // Somebody's decision would colour a blind reading as much as the band would.
    if !file.revealed || file.decisions.is_empty() {
        return html! {};
    }
    let proceeds = file.decisions.iter().any(|done| Outcome::parse(&done.outcome) == Some(Outcome::Proceed));
    html! {
        h2 { (t(lang, "Beslut", "Decisions")) }
        @for done in &file.decisions {
            div.card {
                h3 { (done.placement.title.get(lang)) }
                p { strong { (outcome_words(lang, &done.outcome)) } }
                dl.facts {
                    dt { (t(lang, "Beslutat av", "Decided by")) } dd { (done.by) }
                    dt { (t(lang, "När", "When")) } dd { (done.at.swedish()) }
                    dt { (t(lang, "Skäl", "Reason")) } dd.reason { (done.reason.disclose(file.access())) }
                }
            }
        }
        @if proceeds && matches!(role, Role::HiringManager | Role::Recruiter) {
            p {
                a.button.secondary href={ "/arbete/ansokningar/" (file.facts().id) "/kontakt" } {
                    (t(lang, "Visa namn och kontaktuppgifter", "Show name and contact details"))
                }
            }
            p.hint { (t(lang,
                "Visningen loggas, och den sökande kan se det.",
                "The showing is logged, and the applicant can see it.")) }
        }
    }
}

pub(super) fn decision_forms(view: &View, file: &ReviewFile, kept: &Kept) -> Markup {
    let lang = view.lang;
    let open = undecided(file);
    html! {
        @if !open.is_empty() {
            h2 { (t(lang, "Fatta beslut", "Decide")) }
            p.measure { (t(lang,
                "Beslutet är ditt. Rangbandet är ett beslutsstöd och föreslår inget utfall.",
                "The decision is yours. The rank band is decision support and proposes no outcome.")) }
            @if file.marks.is_empty() {
                p.notice.warn { (t(lang,
                    "Ingen bedömare har lämnat sina omdömen om den här ansökan ännu.",
                    "No assessor has given marks for this application yet.")) }
            }
            @for placement in open { (decision_form(view, file, placement, kept)) }
        }
    }
}

fn decision_form(view: &View, file: &ReviewFile, placement: &Placement, kept: &Kept) -> Markup {
    let lang = view.lang;
    let id = &placement.id;
    let typed = match kept {
        Kept::Decision { placement, outcome, reason } if placement == id => {
            Some((outcome.as_str(), reason.as_str()))
        }
        _ => None,
    };
    let bad_outcome = typed.is_some_and(|(outcome, _)| Outcome::parse(outcome).is_none());
    let bad_reason = typed.is_some_and(|(_, reason)| says_too_little(reason));
    let name = view
        .caller
        .as_ref()
        .and_then(|caller| caller.name.as_deref())
        .unwrap_or_else(|| Role::HiringManager.label(lang));
    html! {
        form.card method="post" action={ "/arbete/ansokningar/" (file.facts().id) "/beslut" } {
            h3 { (placement.title.get(lang)) }
            input type="hidden" name="token" value=(view.form_token);
            input type="hidden" name="placement" value=(id);
            fieldset role="radiogroup" aria-invalid=[bad_outcome.then_some("true")]
                aria-describedby=[bad_outcome.then(|| format!("fel-utfall-{id}"))] {
                legend { (t(lang, "Ditt beslut", "Your decision")) }
                @if bad_outcome { p.field-error id={ "fel-utfall-" (id) } { (outcome_fault(lang)) } }
                @for outcome in [Outcome::Proceed, Outcome::NotProceed] {
                    label.choice {
                        input type="radio" name="outcome" value=(outcome.code()) id={
                            "utfall-" (id) "-" (outcome.code())
                        }
                            checked[typed.is_some_and(|(sent, _)| sent == outcome.code())];
                        span { (outcome_words(lang, outcome.code())) }
                    }
                }
            }
            (reason_field(lang, id.as_str(), t(lang, "Skäl för beslutet", "Reason for the decision"),
                typed.map_or("", |(_, reason)| reason), bad_reason))
            button type="submit" { (t(lang, "Fatta beslut som ", "Decide as ")) (name) }
        }
    }
}
