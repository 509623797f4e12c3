//! The registrar's page: the legal holds (gallringsspärrar) in force, the form that sets one, and the forms that
//! lift them.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::work::{is_id, known_id};
use crate::casework::safeguards::hold::{HoldGround, HoldView, HoldsView};
use crate::casework::{CaseError, Invalid};
use crate::guard::pii::Pii;
use crate::subject::id::RecruitmentId;
use crate::subject::words::Lang;
use crate::web::Web;
use crate::web::callers::{Staff, View};
use crate::web::form::Posted;
use crate::web::layout::{self, t};
use crate::web::problem::Problem;

/// A ground in words.
fn ground_words(lang: Lang, ground: HoldGround) -> &'static str {
    match ground {
        HoldGround::Discrimination => t(
            lang,
            "preskriptionsavbrott enligt diskrimineringslagen",
            "limitation interrupted under the Discrimination Act",
        ),
        HoldGround::Appeal => t(lang, "överklagande", "appeal"),
        HoldGround::Court => t(lang, "tvist i domstol", "lawsuit"),
        HoldGround::RightsCase => {
            t(lang, "den sökandes rättigheter prövas", "a case about the applicant's rights")
        }
        HoldGround::PublicRecord => t(lang, "begäran om allmän handling", "request for the public record"),
        HoldGround::Supervision => t(lang, "tillsyn (JO, IMY)", "supervision (JO, IMY)"),
    }
}

/// What was typed and could not be accepted.
struct Typed<'a> {
    recruitment: &'a str,
    label: &'a str,
    ground: &'a str,
    reason: &'a str,
    fault: Fault,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    Label,
    Ground,
    Reason,
}

/// The holds in force.
///
/// # Errors
/// When the gate or the database refuses.
pub async fn list(staff: Staff, State(web): State<Web>) -> Result<Response, Problem> {
    let view = web.app.holds(&staff.actor).await?;
    Ok(page(&web, &staff.view, &view, None))
}

/// Sets a hold.
///
/// # Errors
/// As [`list`]. An unknown label, no ground or no reason shows the page again with what was typed.
pub async fn set(staff: Staff, State(web): State<Web>, form: Posted) -> Result<Response, Problem> {
    let (recruitment, label) = (form.get("recruitment"), form.get("label"));
    let (ground, reason) = (form.get("ground"), form.get("reason"));
    let outcome = match HoldGround::parse(ground) {
        Some(_) if !is_id(recruitment) => Err(CaseError::NotFound("recruitment")),
        Some(ground) => {
            let id = RecruitmentId::new(recruitment);
            web.app.set_hold(&staff.actor, &id, label, ground, Pii::new(reason.to_owned())).await
        }
        None => Err(CaseError::Invalid(Invalid::NoGround)),
    };
    let fault = match outcome {
        Ok(_) => return Ok(Redirect::to("/gallring/sparrar").into_response()),
        Err(CaseError::Invalid(Invalid::NoGround)) => Fault::Ground,
        Err(CaseError::Invalid(_)) => Fault::Reason,
        Err(CaseError::NotFound(_)) => Fault::Label,
        Err(other) => return Err(other.into()),
    };
    let view = web.app.holds(&staff.actor).await?;
    let typed = Typed { recruitment, label, ground, reason, fault };
    let mut response = page(&web, &staff.view, &view, Some(&typed));
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

/// Lifts a hold.
///
/// # Errors
/// "No such page" for an unknown hold, a conflict when it is lifted already, and as [`list`].
pub async fn lift(
    staff: Staff,
    State(web): State<Web>,
    hold: Result<Path<String>, PathRejection>,
    form: Posted,
) -> Result<Response, Problem> {
    let id = known_id(hold)?;
    web.app.lift_hold(&staff.actor, &id, Pii::new(form.get("reason").to_owned())).await?;
    Ok(Redirect::to("/gallring/sparrar").into_response())
}

fn page(web: &Web, view: &View, holds: &HoldsView, typed: Option<&Typed<'_>>) -> Response {
    let lang = view.lang;
    let title = t(lang, "Gallringsspärrar", "Legal holds");
    let body = html! {
        h1 { (title) }
        p.lead { (t(lang,
            "Medan en spärr gäller kan ingenting i ansökan gallras, vem som än försöker.",
            "While a hold is in force nothing of the application can be erased, whoever tries.")) }
        @if holds.holds.is_empty() {
            p.notice { (t(lang, "Ingen spärr gäller nu.", "No hold is in force now.")) }
        }
        @for hold in &holds.holds { (held(view, holds, hold)) }
        (form_to_set(view, holds, typed))
    };
    layout::page(web, view, title, body)
}

fn held(view: &View, holds: &HoldsView, hold: &HoldView) -> Markup {
    let lang = view.lang;
    html! {
        section.card {
            h2 { (hold.label) }
            dl.facts {
                dt { (t(lang, "Grund", "Ground")) } dd { (ground_words(lang, hold.ground)) }
                dt { (t(lang, "Skäl", "Reason")) }
                dd.reason {
                    @match &hold.reason {
                        Some(reason) => (reason.disclose(&holds.access)),
                        None => (t(lang, "förstört", "destroyed")),
                    }
                }
                dt { (t(lang, "Satt", "Set")) } dd { (hold.set_at.swedish()) ", " (hold.set_by) }
            }
            form method="post" action={ "/gallring/sparrar/" (hold.id) } {
                input type="hidden" name="token" value=(view.form_token);
                div.field {
                    label for={ "skal-" (hold.id) } {
                        (t(lang, "Skäl att häva (minst 10 tecken)", "Reason to lift (at least 10 characters)"))
                    }
                    textarea.short id={ "skal-" (hold.id) } name="reason" rows="2" required minlength="10" { "\n" }
                }
                button.secondary type="submit" { (t(lang, "Häv spärren", "Lift the hold")) }
            }
        }
    }
}

fn form_to_set(view: &View, holds: &HoldsView, typed: Option<&Typed<'_>>) -> Markup {
    let lang = view.lang;
    let is = |fault: Fault| typed.is_some_and(|typed| typed.fault == fault);
    let bad = |fault: Fault| is(fault).then_some("true");
    html! {
        form.card method="post" action="/gallring/sparrar" {
            h2 { (t(lang, "Sätt en spärr", "Set a hold")) }
            @if typed.is_some() {
                p.field-error role="alert" { (t(lang,
                    "Något behöver rättas. Ingen spärr är satt ännu.",
                    "Something needs mending. No hold is set yet.")) }
            }
            input type="hidden" name="token" value=(view.form_token);
            div.field {
                label for="rekrytering" { (t(lang, "Rekrytering", "Recruitment")) }
                select id="rekrytering" name="recruitment" {
                    @for round in &holds.recruitments {
                        option value=(round.id)
                            selected[typed.is_some_and(|typed| typed.recruitment == round.id.as_str())] {
                            (round.case_number) " " (round.title.get(lang))
                        }
                    }
                }
            }
            div.field {
                label for="ansokan" { (t(lang, "Ansökan, till exempel K-7QF3M2", "Application, such as K-7QF3M2")) }
                @if is(Fault::Label) {
                    p.field-error id="fel-ansokan" { (t(lang,
                        "Ingen ansökan i rekryteringen har den beteckningen.",
                        "No application of the recruitment has this label.")) }
                }
                input type="text" id="ansokan" name="label" autocomplete="off" spellcheck="false" required
                    value=(typed.map_or("", |typed| typed.label)) aria-invalid=[bad(Fault::Label)]
                    aria-describedby=[is(Fault::Label).then_some("fel-ansokan")];
            }
            fieldset aria-invalid=[bad(Fault::Ground)]
                aria-describedby=[is(Fault::Ground).then_some("fel-grund")] {
                legend { (t(lang, "Grund", "Ground")) }
                @if is(Fault::Ground) {
                    p.field-error id="fel-grund" { (t(lang, "Välj en grund.", "Choose a ground.")) }
                }
                @for ground in HoldGround::ALL {
                    label.choice {
                        input type="radio" name="ground" value=(ground.code())
                            checked[typed.is_some_and(|typed| typed.ground == ground.code())];
                        span { (ground_words(lang, ground)) }
                    }
                }
            }
            div.field {
                label for="skal" { (t(lang, "Skäl (minst 10 tecken)", "Reason (at least 10 characters)")) }
                @if is(Fault::Reason) {
                    p.field-error id="fel-skal" { (t(lang,
                        "Skriv ett skäl, minst 10 tecken.", "Write a reason, at least 10 characters.")) }
                }
                textarea.short id="skal" name="reason" rows="3" aria-invalid=[bad(Fault::Reason)]
                    aria-describedby=[is(Fault::Reason).then_some("fel-skal")] {
                    "\n" (typed.map_or("", |typed| typed.reason))
                }
            }
            button type="submit" { (t(lang, "Sätt spärren", "Set the hold")) }
        }
    }
}
