//! The page of those who watch: requests for emergency access to answer, showings to take notice of, and conflicts
//! of interest. It shows labels and what staff wrote about the matter, and no application.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::emergency::ground_words;
use super::work::known_id;
use crate::casework::safeguards::conflict::ConflictView;
use crate::casework::safeguards::emergency::{EmergencyView, MattersView};
use crate::guard::pii::Pii;
use crate::subject::words::Lang;
use crate::web::Web;
use crate::web::callers::{Staff, View};
use crate::web::form::Posted;
use crate::web::layout::{self, t};
use crate::web::problem::Problem;

type IdPath = Result<Path<String>, PathRejection>;

/// Where this page is.
pub(super) const PATH: &str = "/tillsyn";

/// Everything that somebody who watches has to look at.
///
/// # Errors
/// When the gate or the database refuses.
pub async fn list(staff: Staff, State(web): State<Web>) -> Result<Response, Problem> {
    let matters = web.app.matters(&staff.actor).await?;
    let view = &staff.view;
    let lang = view.lang;
    let title = t(lang, "Nödåtkomst och jäv", "Emergency access and conflicts of interest");
    let body = html! {
        h1 { (title) }
        (waiting(lang, &matters, false))
        section {
            h2 { (t(lang, "Nödåtkomst", "Emergency access")) }
            @if matters.emergencies.is_empty() {
                p.notice { (t(lang, "Ingen har begärt nödåtkomst.", "Nobody has asked for emergency access.")) }
            }
            @for emergency in &matters.emergencies { (emergency_card(view, &matters, emergency)) }
        }
        section {
            h2 { (t(lang, "Anmält jäv", "Declared conflicts")) }
            @if matters.conflicts.is_empty() {
                p.notice { (t(lang, "Ingen har anmält jäv.", "Nobody has declared a conflict.")) }
            }
            @for conflict in &matters.conflicts { (conflict_card(view, &matters, conflict)) }
        }
    };
    Ok(layout::page(&web, view, title, body))
}

/// What waits for this reader, as a notice; nothing when nothing waits.
pub(super) fn waiting(lang: Lang, matters: &MattersView, linked: bool) -> Markup {
    let mine = || matters.emergencies.iter().filter(|emergency| emergency.watched_here);
    let requests = mine().filter(|emergency| emergency.outcome.is_none()).count();
    let unseen: usize = mine()
        .map(|emergency| emergency.uses.iter().filter(|shown| shown.acknowledged_at.is_none()).count())
        .sum();
    html! {
        @for (recruitment, past) in &matters.restarts {
            @if let Some((at, role, why)) = &past.started {
                div.notice role="status" {
                    p { strong {
                        (t(lang, "AI-stödet slogs på igen ", "AI support was started again ")) (at.swedish())
                        (t(lang, " av ", ", by ")) (role.label(lang)) ": "
                        (recruitment.case_number) " " (recruitment.title.get(lang))
                    } }
                    p { (t(lang, "Skäl: ", "Reason: ")) (why) }
                    p { (t(lang, "Det stängdes av ", "It was stopped ")) (past.stop.since.swedish()) ": "
                        (past.stop.reason) }
                }
            }
        }
        @if requests + unseen > 0 {
            div.notice.warn role="status" {
                p { strong {
                    (t(lang, "Nödåtkomst: ", "Emergency access: "))
                    (requests) (t(lang, " att pröva, ", " to answer, "))
                    (unseen) (t(lang, " att kvittera.", " to acknowledge."))
                } }
                @if linked {
                    p { a href=(PATH) { (t(lang, "Till nödåtkomst och jäv", "To emergency access and conflicts")) } }
                }
            }
        } @else if linked {
            p { a href=(PATH) { (t(lang, "Till nödåtkomst och jäv", "To emergency access and conflicts")) } }
        }
    }
}

fn emergency_card(view: &View, matters: &MattersView, emergency: &EmergencyView) -> Markup {
    let lang = view.lang;
    html! {
        div.card {
            h3 { (emergency.label) }
            dl.facts {
                dt { (t(lang, "Begärd av", "Asked for by")) }
                dd { (emergency.asker_name) ", " (emergency.asked_at.swedish()) }
                dt { (t(lang, "Fall", "Case")) } dd { (ground_words(lang, emergency.ground)) }
                dt { (t(lang, "Skäl", "Reason")) }
                dd.reason {
                    @match &emergency.reason {
                        Some(reason) => (reason.disclose(&matters.access)),
                        None => (t(lang, "förstört", "destroyed")),
                    }
                }
                dt { (t(lang, "Svar", "Answer")) }
                dd {
                    @match emergency.outcome.as_deref() {
                        Some("approved") => (t(lang, "godkänd", "approved")),
                        Some(_) => (t(lang, "avslagen", "refused")),
                        None => (t(lang, "väntar", "waits")),
                    }
                    @if let Some(at) = emergency.settled_at { ", " (at.swedish()) }
                }
            }
            @if emergency.watched_here && emergency.outcome.is_none() {
                form.actions method="post" action={ (PATH) "/nodatkomst/" (emergency.id) } {
                    input type="hidden" name="token" value=(view.form_token);
                    button type="submit" name="outcome" value="approve" {
                        (t(lang, "Godkänn i 60 minuter", "Approve for 60 minutes"))
                    }
                    button.secondary type="submit" name="outcome" value="refuse" { (t(lang, "Avslå", "Refuse")) }
                }
            } @else if !emergency.watched_here && emergency.outcome.is_none() {
                p.hint { (t(lang,
                    "Någon annan prövar: dataskyddsombudet, eller projektledaren när den som begär är \
                     dataskyddsombud.",
                    "Somebody else answers: the data-protection officer, or the programme lead when the asker is \
                     the data-protection officer.")) }
            }
            @for shown in &emergency.uses {
                div.notice {
                    p {
                        (t(lang, "Kontaktuppgifterna visades ", "The contact details were shown "))
                        (shown.used_at.swedish())
                        @if let Some(at) = shown.acknowledged_at {
                            (t(lang, ", kvitterat ", ", acknowledged ")) (at.swedish())
                        }
                    }
                    @if emergency.watched_here && shown.acknowledged_at.is_none() {
                        form method="post" action={ (PATH) "/kvittens/" (shown.id) } {
                            input type="hidden" name="token" value=(view.form_token);
                            button type="submit" { (t(lang, "Kvittera", "Acknowledge")) }
                        }
                    }
                }
            }
        }
    }
}

fn conflict_card(view: &View, matters: &MattersView, conflict: &ConflictView) -> Markup {
    let lang = view.lang;
    html! {
        div.card {
            h3 { (conflict.label) }
            dl.facts {
                dt { (t(lang, "Anmält av", "Declared by")) }
                dd { (conflict.staff_name) ", " (conflict.declared_at.swedish()) }
                @if let Some(note) = &conflict.note {
                    dt { (t(lang, "Anteckning", "Note")) } dd.reason { (note.disclose(&matters.access)) }
                }
            }
            @if matters.lifts_here {
                form method="post" action={ (PATH) "/jav/" (conflict.id) } {
                    input type="hidden" name="token" value=(view.form_token);
                    div.field {
                        label for={ "skal-" (conflict.id) } { (t(lang,
                            "Varför anmälan gjordes av misstag (minst 10 tecken)",
                            "Why the declaration was a mistake (at least 10 characters)")) }
                        textarea.short id={ "skal-" (conflict.id) } name="reason" rows="2" required minlength="10" {
                            "\n"
                        }
                    }
                    button.secondary type="submit" { (t(lang, "Häv anmälan", "Lift the declaration")) }
                }
            }
        }
    }
}

/// Answers a request for emergency access.
///
/// # Errors
/// When the gate refuses, when somebody was first, or when earlier showings wait to be acknowledged.
pub async fn settle(
    staff: Staff,
    State(web): State<Web>,
    emergency: IdPath,
    form: Posted,
) -> Result<Response, Problem> {
    let id = known_id(emergency)?;
    // Anything but a clear yes is a no that nobody gave: nothing is stored then.
    let approve = match form.get("outcome") {
        "approve" => true,
        "refuse" => false,
        _ => return Err(Problem::unusable_body()),
    };
    web.app.settle_emergency(&staff.actor, &id, approve).await?;
    Ok(Redirect::to(PATH).into_response())
}

/// Takes notice of one showing.
///
/// # Errors
/// When the gate refuses or it is acknowledged already.
pub async fn acknowledge(
    staff: Staff,
    State(web): State<Web>,
    shown: IdPath,
    _form: Posted,
) -> Result<Response, Problem> {
    web.app.acknowledge_emergency(&staff.actor, &known_id(shown)?).await?;
    Ok(Redirect::to(PATH).into_response())
}

/// Lifts a declared conflict.
///
/// # Errors
/// When the gate refuses, without a reason, or when it is lifted already.
pub async fn lift_conflict(
    staff: Staff,
    State(web): State<Web>,
    conflict: IdPath,
    form: Posted,
) -> Result<Response, Problem> {
    let reason = Pii::new(form.get("reason").to_owned());
    web.app.lift_conflict(&staff.actor, &known_id(conflict)?, reason).await?;
    Ok(Redirect::to(PATH).into_response())
}
