//! The page on which somebody asks for emergency access (nödåtkomst) to one applicant's contact details.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::work::known_id;
use crate::casework::safeguards::emergency::{AskView, Ground};
use crate::casework::{CaseError, Invalid};
use crate::guard::pii::Pii;
use crate::subject::id::ApplicationId;
use crate::subject::words::Lang;
use crate::web::Web;
use crate::web::callers::Staff;
use crate::web::form::Posted;
use crate::web::layout::{self, t};
use crate::web::problem::Problem;

type IdPath = Result<Path<String>, PathRejection>;

/// A case in words.
pub(super) fn ground_words(lang: Lang, ground: Ground) -> &'static str {
    match ground {
        Ground::Danger => t(lang, "någon kan vara i fara", "somebody may be in danger"),
        Ground::Undeliverable => t(
            lang,
            "ett meddelande har kommit tillbaka och en tidsfrist löper",
            "a message came back and a deadline runs",
        ),
        Ground::Meeting => {
            t(lang, "ett möte inom ett dygn som den sökande måste få veta", "a meeting within a day")
        }
        Ground::UnreadFile => t(
            lang,
            "en fil som inte gick att läsa maskinellt måste läsas av en människa",
            "a file that could not be read by machine has to be read by a person",
        ),
    }
}

/// Asks for the case and the reason.
///
/// # Errors
/// "No such page" for an unknown application; otherwise when the gate or the database refuses.
pub async fn form(staff: Staff, State(web): State<Web>, application: IdPath) -> Result<Response, Problem> {
    let id = ApplicationId::new(known_id(application)?);
    let view = web.app.emergency_form(&staff.actor, &id).await?;
    Ok(page(&web, &staff, &id, &view, None))
}

/// Stores the request.
///
/// # Errors
/// As [`form`]. Without a case or with too short a reason the page is shown again with what was typed.
pub async fn ask(
    staff: Staff,
    State(web): State<Web>,
    application: IdPath,
    form: Posted,
) -> Result<Response, Problem> {
    let id = ApplicationId::new(known_id(application)?);
    let (ground, reason) = (form.get("ground"), form.get("reason"));
    let outcome = match Ground::parse(ground) {
        Some(ground) => web.app.ask_emergency(&staff.actor, &id, ground, Pii::new(reason.to_owned())).await,
        None => Err(CaseError::Invalid(Invalid::NoGround)),
    };
    match outcome {
        Ok(_) => Ok(Redirect::to(&format!("/arbete/ansokningar/{id}/nodatkomst")).into_response()),
        Err(CaseError::Invalid(invalid)) => {
            let view = web.app.emergency_form(&staff.actor, &id).await?;
            let mut response = page(&web, &staff, &id, &view, Some((ground, reason, invalid)));
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
        Err(other) => Err(other.into()),
    }
}

fn page(
    web: &Web,
    staff: &Staff,
    id: &ApplicationId,
    view: &AskView,
    typed: Option<(&str, &str, Invalid)>,
) -> Response {
    let lang = staff.view.lang;
    let label = &view.access.target().label;
    let title = format!("{} {label}", t(lang, "Nödåtkomst till kontaktuppgifter:", "Emergency access:"));
    let (ground, reason, fault) = match typed {
        Some((ground, reason, fault)) => (ground, reason, Some(fault)),
        None => ("", "", None),
    };
    let no_ground = fault == Some(Invalid::NoGround);
    let too_short = fault.is_some() && !no_ground;
    let body = html! {
        p.crumbs { a href={ "/arbete/ansokningar/" (id) } { (t(lang, "Ansökan ", "Application ")) (label) } }
        h1 { (title) }
        p.lead { (t(lang,
            "Namn, kontaktuppgifter och filerna i original visas annars först när någon har beslutat att den sökande \
             går vidare. Det här är för de fall i listan som inte kan vänta.",
            "Name, contact details and the files as they were handed in are otherwise shown only when somebody has \
             decided that the applicant goes on. This is for the cases in the list that cannot wait.")) }
        p.measure { (t(lang,
            "Någon annan än du måste godkänna: dataskyddsombudet, eller projektledaren om du själv är \
             dataskyddsombud. Godkännandet gäller i 60 minuter, bara för dig och bara den här ansökan. Allt loggas, \
             och den sökande kan se att uppgifterna visades.",
            "Somebody else than you has to approve: the data-protection officer, or the programme lead if you are \
             the data-protection officer yourself. It lasts 60 minutes, for you and this application only. \
             Everything is logged, and the applicant can see that the details were shown.")) }
        (own_requests(lang, id, view))
        form.card method="post" action={ "/arbete/ansokningar/" (id) "/nodatkomst" } {
            h2 { (t(lang, "Begär nödåtkomst", "Ask for emergency access")) }
            input type="hidden" name="token" value=(staff.view.form_token);
            fieldset aria-invalid=[no_ground.then_some("true")] aria-describedby=[no_ground.then_some("fel-fall")] {
                legend { (t(lang, "Varför det inte kan vänta", "Why it cannot wait")) }
                @if no_ground {
                    p.field-error id="fel-fall" { (t(lang, "Välj ett fall i listan.", "Choose a case.")) }
                }
                @for case in Ground::ALL {
                    label.choice {
                        input type="radio" name="ground" value=(case.code()) checked[case.code() == ground];
                        span { (ground_words(lang, case)) }
                    }
                }
            }
            div.field {
                label for="skal" { (t(lang, "Skäl", "Reason")) }
                p.hint id="rad-skal" { (t(lang,
                    "Minst 20 tecken: vad som har hänt och vad du ska använda uppgifterna till.",
                    "At least 20 characters: what has happened and what you will use the details for.")) }
                @if too_short {
                    p.field-error id="fel-skal" { (t(lang,
                        "Skriv ett skäl, minst 20 tecken.", "Write a reason, at least 20 characters.")) }
                }
                textarea.short id="skal" name="reason" rows="3" aria-invalid=[too_short.then_some("true")]
                    aria-describedby=(if too_short { "rad-skal fel-skal" } else { "rad-skal" }) { "\n" (reason) }
            }
            button type="submit" { (t(lang, "Begär", "Ask")) }
        }
    };
    layout::page(web, &staff.view, &title, body)
}

fn own_requests(lang: Lang, id: &ApplicationId, view: &AskView) -> Markup {
    html! {
        @if !view.own.is_empty() {
            section {
                h2 { (t(lang, "Det du har begärt", "What you have asked for")) }
                ul {
                    @for (asked, outcome, over) in &view.own {
                        li {
                            (asked.swedish()) ": "
                            @match (outcome.as_deref(), over) {
                                (Some("approved"), Some(over)) if *over > view.access.at() => {
                                    a href={ "/arbete/ansokningar/" (id) "/kontakt" } {
                                        (t(lang, "godkänd, visa uppgifterna", "approved, show the details"))
                                    }
                                    (t(lang, " (till ", " (until ")) (over.swedish()) ")"
                                }
                                (Some("approved"), _) => (t(lang, "godkänd, tiden är ute", "approved, time is over")),
                                (Some(_), _) => (t(lang, "avslagen", "refused")),
                                (None, _) => (t(lang, "väntar på svar", "waits for an answer")),
                            }
                        }
                    }
                }
            }
        }
    }
}
