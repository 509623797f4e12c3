//! The stop button: AI support on or off, recruitment by recruitment, and the banner that says so where people work.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::work::known_id;
use crate::casework::ai_support::{AiSupport, SupportView};
use crate::casework::{CaseError, Invalid};
use crate::subject::id::RecruitmentId;
use crate::subject::role::Role;
use crate::subject::words::Lang;
use crate::web::Web;
use crate::web::callers::{Staff, View};
use crate::web::form::Posted;
use crate::web::layout::{self, t};
use crate::web::problem::Problem;

type IdPath = Result<Path<String>, PathRejection>;

/// Where this page is.
const PATH: &str = "/ai-stod";

/// Says that AI support is off, since when, by which role and why; nothing while it is on.
pub(super) fn banner(lang: Lang, support: &AiSupport) -> Markup {
    match support {
        AiSupport::On => html! {},
        AiSupport::Stopped(stop) => html! {
            div.notice.warn role="status" {
                p { strong {
                    (t(lang, "AI-stödet är avstängt sedan ", "AI support is off since ")) (stop.since.swedish())
                    (t(lang, " av ", ", by ")) (stop.role.label(lang)) "."
                } }
                p { (t(lang, "Skäl: ", "Reason: ")) (stop.reason) }
                p { (t(lang,
                    "Inga rangband, nivåer eller belägg visas. Ansökningarna är desamma, i slumpad ordning.",
                    "No bands, levels or evidence are shown. The applications are the same, in shuffled order.")) }
            }
        },
    }
}

/// Whether a role may stop AI support. The policies decide; this only shows the button.
fn stops(role: Role) -> bool {
    matches!(role, Role::Recruiter | Role::ProgrammeLead | Role::Dpo)
}

/// The button, for those who may use it while AI support is on.
pub(super) fn stop_button(
    view: &View,
    role: Role,
    recruitment: &RecruitmentId,
    support: &AiSupport,
) -> Markup {
    html! {
        @if stops(role) && support.is_on() {
            details {
                summary { (t(view.lang, "Stäng av AI-stödet", "Stop AI support")) }
                (form(view, recruitment, true))
            }
        }
    }
}

fn form(view: &View, recruitment: &RecruitmentId, stop: bool) -> Markup {
    let lang = view.lang;
    let id = format!("skal-{recruitment}");
    let to = if stop { "stopp" } else { "start" };
    html! {
        form method="post" action={ (PATH) "/" (recruitment) "/" (to) } {
            input type="hidden" name="token" value=(view.form_token);
            div.field {
                label for=(id) { (t(lang,
                    "Skäl (minst 10 tecken). Alla som läser ansökningar ser det: nämn ingen person.",
                    "Reason (at least 10 characters). Everybody who reads applications sees it: name nobody.")) }
                textarea.short id=(id) name="reason" rows="2" required minlength="10" maxlength="2000" { "\n" }
            }
            @if stop {
                button type="submit" { (t(lang, "Stäng av AI-stödet nu", "Stop AI support now")) }
            } @else {
                button.secondary type="submit" { (t(lang, "Slå på AI-stödet igen", "Start AI support again")) }
            }
        }
    }
}

/// Every round, and what became of its AI support.
///
/// # Errors
/// When the database fails.
pub async fn list(staff: Staff, State(web): State<Web>) -> Result<Response, Problem> {
    page(&web, &staff, false).await
}

async fn page(web: &Web, staff: &Staff, reason_missing: bool) -> Result<Response, Problem> {
    let rounds = web.app.ai_supports().await?;
    let view = &staff.view;
    let lang = view.lang;
    let title = t(lang, "AI-stödet", "AI support");
    let body = html! {
        h1 { (title) }
        p.lead { (t(lang,
            "AI-stödet kan stängas av när som helst, av en person, med ett skäl. Alla ansökningar finns kvar och läses \
             som vanligt.",
            "AI support can be stopped at any time, by one person, with a reason. All applications stay and are read as \
             usual.")) }
        @if reason_missing {
            p.field-error role="alert" { (t(lang,
                "Skriv ett skäl, minst 10 tecken. Ingenting är ändrat.",
                "Write a reason, at least 10 characters. Nothing is changed.")) }
        }
        @if matches!(staff.member.role, Role::ProgrammeLead | Role::Dpo) {
            p { a href=(super::control::PATH) { (t(lang, "Till kontrollgruppen", "To the control arm")) } }
        }
        @if rounds.is_empty() {
            p.notice { (t(lang, "Det finns ingen rekryteringsomgång ännu.", "There is no recruitment round yet.")) }
        }
        @for round in &rounds { (card(view, staff.member.role, round)) }
    };
    Ok(layout::page(web, view, title, body))
}

fn card(view: &View, role: Role, round: &SupportView) -> Markup {
    let lang = view.lang;
    let id = &round.recruitment.id;
    html! {
        section.card {
            h2 { (round.recruitment.title.get(lang)) }
            p.muted { (t(lang, "Ärende ", "Case ")) (round.recruitment.case_number) }
            @match &round.support {
                AiSupport::On => {
                    p { strong { (t(lang, "AI-stödet är på.", "AI support is on.")) } }
                    @if stops(role) { (form(view, id, true)) }
                }
                AiSupport::Stopped(_) => {
                    (banner(lang, &round.support))
                    @if role == Role::ProgrammeLead { (form(view, id, false)) }
                    @else { p.hint { (t(lang,
                        "Projektledaren kan slå på det igen.", "The programme lead can start it again.")) } }
                }
            }
            @if round.past.iter().any(|past| past.started.is_some()) {
                details {
                    summary { (t(lang, "Tidigare avstängningar", "Earlier stops")) }
                    ul {
                        @for past in &round.past {
                            @if let Some((at, by, why)) = &past.started {
                                li {
                                    (past.stop.since.swedish()) ", " (past.stop.role.label(lang)) ": " (past.stop.reason)
                                    br;
                                    (t(lang, "På igen ", "On again ")) (at.swedish()) ", " (by.label(lang)) ": " (why)
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Stops AI support. One click and a reason; it holds from the next request on.
///
/// # Errors
/// "No such page" for an unknown recruitment, a conflict when it is stopped already, otherwise when the gate or the
/// database refuses. A missing reason shows the page again.
pub async fn stop(
    staff: Staff,
    State(web): State<Web>,
    recruitment: IdPath,
    posted: Posted,
) -> Result<Response, Problem> {
    let id = RecruitmentId::new(known_id(recruitment)?);
    let outcome = web.app.stop_ai(&staff.actor, &id, posted.get("reason")).await;
    answered(&web, &staff, outcome).await
}

/// Starts AI support again.
///
/// # Errors
/// As [`stop`].
pub async fn start(
    staff: Staff,
    State(web): State<Web>,
    recruitment: IdPath,
    posted: Posted,
) -> Result<Response, Problem> {
    let id = RecruitmentId::new(known_id(recruitment)?);
    let outcome = web.app.start_ai(&staff.actor, &id, posted.get("reason")).await;
    answered(&web, &staff, outcome).await
}

async fn answered(web: &Web, staff: &Staff, outcome: Result<(), CaseError>) -> Result<Response, Problem> {
    match outcome {
        Ok(()) => Ok(Redirect::to(PATH).into_response()),
        Err(CaseError::Invalid(Invalid::NoReason)) => {
            let mut response = page(web, staff, true).await?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
        Err(other) => Err(other.into()),
    }
}
