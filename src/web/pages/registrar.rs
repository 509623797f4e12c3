//! The archivist's page: which requests for erasure wait, and the two answers to one. It shows labels, states and
//! dates; nothing of an application is on it.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::work::known_id;
use crate::casework::erasure::{Ground, WaitingRequest};
use crate::casework::{CaseError, Invalid};
use crate::guard::pii::Pii;
use crate::subject::words::Lang;
use crate::web::Web;
use crate::web::callers::{Staff, View};
use crate::web::form::Posted;
use crate::web::layout::{self, t};
use crate::web::problem::Problem;

/// The page.
const LIST: &str = "/registrator/radering";

/// What was just done.
#[derive(Debug, Default, Deserialize)]
pub struct Done {
    klart: Option<String>,
    post: Option<u64>,
}

/// What was typed into the form of one request that could not be used.
struct Typed<'a> {
    request: &'a str,
    answer: &'a str,
    ground: &'a str,
    reason: &'a str,
    fault: Fault,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    Answer,
    Ground,
    Reason,
    TooLong,
}

/// The requests that wait.
///
/// # Errors
/// When the gate refuses or the database fails.
pub async fn list(
    staff: Staff,
    State(web): State<Web>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let waiting = web.app.erasures_waiting(&staff.actor).await?;
    Ok(page(&web, &staff.view, &waiting, &done, None))
}

/// Answers one request: erases, or refuses with a reason. What was typed is kept when something is missing.
///
/// # Errors
/// When the gate refuses (a legal hold), there is no such request, or it was answered already.
pub async fn answer(
    staff: Staff,
    State(web): State<Web>,
    request: Result<Path<String>, PathRejection>,
    form: Posted,
) -> Result<Response, Problem> {
    let request = known_id(request)?;
    let reason = Pii::new(form.get("reason").to_owned());
    let ground = Ground::parse(form.get("ground"));
    let (outcome, fault) = match (form.get("svar"), ground) {
        ("avsla", _) => (
            web.app
                .refuse_erasure(&staff.actor, &request, &reason)
                .await
                .map(|()| format!("{LIST}?klart=avslag")),
            Fault::Reason,
        ),
        ("radera", Some(ground)) => (
            web.app
                .grant_erasure(&staff.actor, &request, ground, &reason)
                .await
                .map(|erased| format!("{LIST}?klart=raderad&post={}", erased.entry)),
            Fault::Reason,
        ),
        ("radera", None) => (Err(CaseError::Invalid(Invalid::NoReason)), Fault::Ground),
        _ => (Err(CaseError::Invalid(Invalid::NoReason)), Fault::Answer),
    };
    let fault = match outcome {
        Ok(to) => return Ok(Redirect::to(&to).into_response()),
        Err(CaseError::Invalid(Invalid::TooLong)) => Fault::TooLong,
        Err(CaseError::Invalid(_)) => fault,
        Err(other) => return Err(other.into()),
    };
    let waiting = web.app.erasures_waiting(&staff.actor).await?;
    let typed = Typed {
        request: &request,
        answer: form.get("svar"),
        ground: form.get("ground"),
        reason: form.get("reason"),
        fault,
    };
    let again = page(&web, &staff.view, &waiting, &Done::default(), Some(&typed));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
}

fn page(
    web: &Web,
    view: &View,
    waiting: &[WaitingRequest],
    done: &Done,
    typed: Option<&Typed<'_>>,
) -> Response {
    let lang = view.lang;
    let title = t(lang, "Begäran om radering", "Requests for erasure");
    let body = html! {
        @if let Some(typed) = typed { (mend(lang, typed)) }
        (what_was_done(lang, done))
        h1 { (title) }
        p.lead { (t(lang,
            "En ansökan är en allmän handling. Den raderas när inget kräver att den bevaras, och en gallringsspärr \
             hindrar det alltid. En radering kan inte ångras.",
            "An application is a public record. It is erased when nothing requires it to be kept, and a legal hold \
             always prevents it. An erasure cannot be undone.")) }
        @if waiting.is_empty() {
            p.notice { (t(lang, "Ingen begäran väntar.", "No request waits.")) }
        }
        @for one in waiting {
            section.card {
                h2 { (t(lang, "Ansökan ", "Application ")) (one.label) }
                dl.facts {
                    dt { (t(lang, "Inkom", "Received")) } dd { (one.received_at.swedish()) }
                    dt { (t(lang, "Svara senast", "Answer by")) } dd { strong { (one.due_on) } }
                    dt { (t(lang, "Läge", "State")) } dd { (state(lang, &one.state)) }
                    dt { (t(lang, "Gallringsspärr", "Legal hold")) }
                    dd {
                        @if one.held { strong { (t(lang, "ja, får inte raderas", "yes, may not be erased")) } }
                        @else { (t(lang, "nej", "no")) }
                    }
                }
                (form(view, one, typed.filter(|typed| typed.request == one.id)))
            }
        }
    };
    layout::page(web, view, title, body)
}

fn mend(lang: Lang, typed: &Typed<'_>) -> Markup {
    let (field, words) = match typed.fault {
        Fault::Answer => ("svar", t(lang, "Välj ett svar.", "Choose an answer.")),
        Fault::Ground => {
            ("grund", t(lang, "Välj en grund för raderingen.", "Choose a ground for the erasure."))
        }
        Fault::Reason => {
            ("skal", t(lang, "Skriv ett skäl, minst 10 tecken.", "Write a reason, at least 10 characters."))
        }
        Fault::TooLong => {
            ("skal", t(lang, "Skälet är för långt. Korta det.", "The reason is too long. Shorten it."))
        }
    };
    html! {
        div.error role="alert" {
            h2 { (t(lang, "Inget är ändrat", "Nothing was changed")) }
            p { a href={ "#" (field) "-" (typed.request) } { (words) } }
        }
    }
}

fn what_was_done(lang: Lang, done: &Done) -> Markup {
    html! {
        @match (done.klart.as_deref(), done.post) {
            (Some("raderad"), Some(entry)) => div.notice.ok role="status" { p {
                (t(lang, "Ansökan är raderad. Kvittot är loggens post ",
                    "The application is erased. The receipt is entry ")) strong { (entry) }
                (t(lang, ". Skriv numret i beslutet till den sökande.",
                    " of the log. Write the number in the decision to the applicant.")) } },
            (Some("avslag"), _) => div.notice.ok role="status" { p { (t(lang,
                "Avslaget är registrerat. Den sökande läser skälet och hur man överklagar på sin sida.",
                "The refusal is registered. The applicant reads the reason and how to appeal on their page.")) } },
            _ => {},
        }
    }
}

fn state(lang: Lang, code: &str) -> &str {
    match code {
        "submitted" => t(lang, "inkommen", "received"),
        "held" => t(lang, "läses av en människa", "read by a person"),
        "assessed" => t(lang, "läst av AI-stödet", "read by the AI support"),
        "withdrawn" => t(lang, "återkallad", "withdrawn"),
        other => other,
    }
}

/// The ground in words.
fn ground_words(lang: Lang, ground: Ground) -> &'static str {
    match ground {
        Ground::Request => t(
            lang,
            "Den sökande begär det och inget kräver att handlingen bevaras",
            "The applicant asks, and nothing requires the record to be kept",
        ),
        Ground::Expired => t(lang, "Gallringsfristen har gått ut", "The time for disposal has come"),
        Ground::Misdirected => {
            t(lang, "Felsänd handling av ringa betydelse", "Sent to the wrong place, of minor importance")
        }
        Ground::Unlawful => {
            t(lang, "Behandlad i strid med lag (art. 17.1 d)", "Processed unlawfully (Art. 17.1 d)")
        }
        Ground::Invented => t(lang, "Påhittad, från en provkörning", "Invented, from a trial run"),
    }
}

fn form(view: &View, one: &WaitingRequest, typed: Option<&Typed<'_>>) -> Markup {
    let lang = view.lang;
    let id = &one.id;
    let answer = typed.map_or("", |typed| typed.answer);
    let ground = typed.map_or("", |typed| typed.ground);
    let bad_reason = typed.is_some_and(|typed| matches!(typed.fault, Fault::Reason | Fault::TooLong));
    let bad_answer = typed.is_some_and(|typed| typed.fault == Fault::Answer);
    let bad_ground = typed.is_some_and(|typed| typed.fault == Fault::Ground);
    html! {
        form method="post" action={ (LIST) "/" (id) "/svar" } {
            input type="hidden" name="token" value=(view.form_token);
            fieldset {
                legend { (t(lang, "Svar", "Answer")) }
                label.choice {
                    input id={ "svar-" (id) } type="radio" name="svar" value="avsla" checked[answer == "avsla"]
                        aria-invalid=[bad_answer.then_some("true")];
                    span { (t(lang, "Avslå: handlingen måste bevaras", "Refuse: the record must be kept")) }
                }
                @if !one.held {
                    label.choice {
                        input type="radio" name="svar" value="radera" checked[answer == "radera"]
                            aria-invalid=[bad_answer.then_some("true")];
                        span { (t(lang, "Radera för alltid", "Erase for good")) }
                    }
                }
            }
            @if !one.held {
                div.field {
                    label for={ "grund-" (id) } { (t(lang, "Grund, om du raderar", "Ground, if you erase")) }
                    p.hint id={ "grundtips-" (id) } { (t(lang,
                        "Grunden står kvar i loggen.",
                        "The ground stays in the log.")) }
                    select id={ "grund-" (id) } name="ground" aria-describedby={ "grundtips-" (id) }
                        aria-invalid=[bad_ground.then_some("true")] {
                        option value="" { (t(lang, "Välj", "Choose")) }
                        @for one in Ground::ALL {
                            option value=(one.code()) selected[one.code() == ground] { (ground_words(lang, one)) }
                        }
                    }
                }
            }
            div.field {
                label for={ "skal-" (id) } { (t(lang, "Skäl", "Reason")) }
                p.hint id={ "skaltips-" (id) } { (t(lang,
                    "Minst 10 tecken. Vid avslag läser den sökande skälet; vid radering försvinner det med ansökan.",
                    "At least 10 characters. After a refusal the applicant reads it; after an erasure it goes with \
                     the application.")) }
                textarea.short id={ "skal-" (id) } name="reason" rows="3" aria-describedby={ "skaltips-" (id) }
                    aria-invalid=[bad_reason.then_some("true")] { "\n" (typed.map_or("", |typed| typed.reason)) }
            }
            button type="submit" { (t(lang, "Spara svaret", "Store the answer")) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ground_has_words_in_both_languages() {
        for ground in Ground::ALL {
            assert_ne!(ground_words(Lang::Sv, ground), ground_words(Lang::En, ground));
            assert_eq!(Ground::parse(ground.code()), Some(ground));
        }
    }
}
