//! The control arm: numbers for the programme lead and the data-protection officer, and the form that sets it.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::work::known_id;
use crate::casework::control::ControlView;
use crate::casework::{CaseError, Invalid};
use crate::guard::lot::SHARE_MAX;
use crate::subject::id::RecruitmentId;
use crate::subject::role::Role;
use crate::web::Web;
use crate::web::callers::{Staff, View};
use crate::web::form::Posted;
use crate::web::layout::{self, t};
use crate::web::problem::Problem;

/// Where this page is.
pub(super) const PATH: &str = "/kontrollgrupp";

/// Every round with its control arm.
///
/// # Errors
/// When the gate or the database refuses.
pub async fn list(staff: Staff, State(web): State<Web>) -> Result<Response, Problem> {
    page(&web, &staff, false).await
}

async fn page(web: &Web, staff: &Staff, bad_share: bool) -> Result<Response, Problem> {
    let rounds = web.app.control(&staff.actor).await?;
    let view = &staff.view;
    let lang = view.lang;
    let title = t(lang, "Kontrollgrupp", "Control arm");
    let body = html! {
        h1 { (title) }
        p.lead { (t(lang,
            "En andel av ansökningarna lottas till granskning utan AI-stöd, så att pilotens nytta går att mäta. Den som \
             läser får inte veta vilka det är; den sökande får veta att människor läser utan AI-stöd.",
            "A share of the applications is drawn by lot for review without AI support, so that the pilot can be \
             measured. Whoever reads is not told which; the applicant is told that people read without AI support.")) }
        @if bad_share {
            p.field-error role="alert" { (t(lang,
                "Ange en andel från 1 till 50 procent. Ingenting är ändrat.",
                "Give a share from 1 to 50 per cent. Nothing is changed.")) }
        }
        @if rounds.is_empty() {
            p.notice { (t(lang, "Det finns ingen rekryteringsomgång ännu.", "There is no recruitment round yet.")) }
        }
        @for round in &rounds { (card(view, staff.member.role, round)) }
    };
    Ok(layout::page(web, view, title, body))
}

fn card(view: &View, role: Role, round: &ControlView) -> Markup {
    let lang = view.lang;
    let id = &round.recruitment.id;
    html! {
        section.card {
            h2 { (round.recruitment.title.get(lang)) }
            p.muted { (t(lang, "Ärende ", "Case ")) (round.recruitment.case_number) }
            @match &round.set {
                Some(set) => dl.facts {
                    dt { (t(lang, "Andel", "Share")) } dd { (set.share) " %" }
                    dt { (t(lang, "Satt", "Set")) } dd { (set.at.swedish()) }
                    dt { (t(lang, "I kontrollgruppen", "In the control arm")) } dd { (set.inside) }
                    dt { (t(lang, "Övriga", "Others")) } dd { (set.outside) }
                    dt { (t(lang, "Åtagande i loggen", "Commitment in the log")) }
                    dd { code.digest { (set.commitment) } }
                },
                None => {
                    p { (t(lang, "Ingen kontrollgrupp.", "No control arm.")) }
                    @if role == Role::ProgrammeLead { (form(view, id)) }
                }
            }
        }
    }
}

fn form(view: &View, recruitment: &RecruitmentId) -> Markup {
    let lang = view.lang;
    let id = format!("andel-{recruitment}");
    html! {
        form method="post" action={ (PATH) "/" (recruitment) } {
            input type="hidden" name="token" value=(view.form_token);
            div.field {
                label for=(id) { (t(lang, "Andel i procent, 1 till 50", "Share in per cent, 1 to 50")) }
                p.hint { (t(lang,
                    "Kan bara anges en gång, och bara innan AI-stödet har läst någon ansökan.",
                    "Can be given only once, and only before the AI support has read any application.")) }
                input type="number" id=(id) name="share" min="1" max=(SHARE_MAX) required;
            }
            button type="submit" { (t(lang, "Lotta en kontrollgrupp", "Draw a control arm")) }
        }
    }
}

/// Sets the share.
///
/// # Errors
/// "No such page" for an unknown recruitment, a conflict when it is set or something is scored, otherwise when the gate
/// or the database refuses. A share that is none shows the page again.
pub async fn set(
    staff: Staff,
    State(web): State<Web>,
    recruitment: Result<Path<String>, PathRejection>,
    posted: Posted,
) -> Result<Response, Problem> {
    let id = RecruitmentId::new(known_id(recruitment)?);
    // A share that is no number is refused as 0 is, after the policies were asked.
    let share = posted.get("share").trim().parse().unwrap_or(0);
    match web.app.set_control(&staff.actor, &id, share).await {
        Ok(()) => Ok(Redirect::to(PATH).into_response()),
        Err(CaseError::Invalid(Invalid::BadShare)) => {
            let mut response = page(&web, &staff, true).await?;
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
        Err(other) => Err(other.into()),
    }
}
