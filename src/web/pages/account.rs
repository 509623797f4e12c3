//! "Mitt konto": the own sessions, the password and the second factor. No password is ever shown again.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::login::{too_many, wait_words, with_cookie};
use crate::casework::accounts::own::OwnPage;
use crate::casework::accounts::password::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN};
use crate::casework::accounts::{PasswordFault, SESSION_HOURS_MAX, SESSION_IDLE_MINUTES_MAX, Stage};
use crate::casework::{CaseError, Invalid};
use crate::subject::words::Lang;
use crate::web::Web;
use crate::web::address::CalledFrom;
use crate::web::callers::{Staff, session_cookie, set_cookie};
use crate::web::form::Posted;
use crate::web::layout::{page, t};
use crate::web::problem::{Problem, password_words};

/// What was just done.
#[derive(Debug, Default, Deserialize)]
pub struct Done {
    klart: Option<String>,
}

/// Why the password was not changed.
#[derive(Clone, Copy)]
enum Kept {
    WrongCurrent,
    Fault(PasswordFault),
    NotTwice,
    Wait(i64),
}

/// The own account.
///
/// # Errors
/// When the gate or the log refuses.
pub async fn overview(
    staff: Staff,
    State(web): State<Web>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    show(&web, &staff, done.klart.as_deref(), None).await
}

/// Changes the password.
///
/// # Errors
/// When the gate or the log refuses.
pub async fn change_password(
    staff: Staff,
    State(web): State<Web>,
    CalledFrom(network): CalledFrom,
    posted: Posted,
) -> Result<Response, Problem> {
    let (current, new) = (posted.get("nuvarande"), posted.get("nytt"));
    let token = staff.view.session.as_deref().unwrap_or_default();
    let kept = if new == posted.get("igen") {
        match web.app.change_password(&staff.member, token, current, new, &network).await {
            Ok(Some(fresh)) => {
                let cookie = set_cookie(&web, session_cookie(&web), &fresh);
                return Ok(with_cookie(Redirect::to("/konto?klart=losenord").into_response(), &cookie));
            }
            Ok(None) => Kept::WrongCurrent,
            Err(CaseError::Invalid(Invalid::Password(fault))) => Kept::Fault(fault),
            Err(CaseError::TooMany { seconds }) => Kept::Wait(seconds),
            Err(other) => return Err(other.into()),
        }
    } else {
        Kept::NotTwice
    };
    let answer = show(&web, &staff, None, Some(kept)).await?;
    Ok(match kept {
        Kept::Wait(seconds) => too_many(seconds, answer),
        _ => (StatusCode::UNPROCESSABLE_ENTITY, answer).into_response(),
    })
}

/// Ends one of the own sessions, or all others.
///
/// # Errors
/// When the gate or the log refuses.
pub async fn end_sessions(staff: Staff, State(web): State<Web>, posted: Posted) -> Result<Response, Problem> {
    match posted.get("session") {
        "alla" => {
            let token = staff.view.session.as_deref().unwrap_or_default();
            web.app.end_other_sessions(&staff.member, token).await?;
        }
        id => web.app.end_own_session(&staff.member, id).await?,
    }
    Ok(Redirect::to("/konto?klart=avslutad").into_response())
}

async fn show(web: &Web, staff: &Staff, done: Option<&str>, kept: Option<Kept>) -> Result<Response, Problem> {
    let view = &staff.view;
    let lang = view.lang;
    let token = view.session.as_deref().unwrap_or_default();
    let own = web.app.own_page(&staff.member, token).await?;
    let title = t(lang, "Mitt konto", "My account");
    let body = html! {
        @if let Some(kept) = kept { (not_changed(lang, kept)) }
        @if let Some(words) = done.and_then(|done| done_words(lang, done)) {
            div.notice role="status" { p { (words) } }
        }
        h1 { (title) }
        (sessions(lang, &view.form_token, &own))
        (second_factor(lang, &own))
        (password_form(lang, &view.form_token, kept))
    };
    Ok(page(web, view, title, body))
}

fn done_words(lang: Lang, done: &str) -> Option<&'static str> {
    match done {
        "losenord" => Some(t(
            lang,
            "Lösenordet är bytt. Dina andra inloggningar har avslutats.",
            "The password is changed. Your other sessions have ended.",
        )),
        "avslutad" => Some(t(lang, "Inloggningen är avslutad.", "The session has ended.")),
        "borttagen" => Some(t(lang, "Engångskoderna är borttagna.", "The one-time codes are removed.")),
        _ => None,
    }
}

fn proven(lang: Lang, stage: Stage) -> &'static str {
    match stage {
        Stage::Password => t(lang, "lösenord", "password"),
        Stage::Factor => t(lang, "lösenord och engångskod", "password and one-time code"),
        Stage::Federated => t(lang, "organisationens inloggning", "the organisation's login"),
        Stage::Receipt => t(lang, "kvittokod", "receipt code"),
        Stage::AwaitsCode => t(lang, "väntar på engångskod", "waits for a one-time code"),
        Stage::AwaitsEnrolment => {
            t(lang, "väntar på att engångskoder läggs till", "waits for one-time codes to be added")
        }
    }
}

fn sessions(lang: Lang, form_token: &str, own: &OwnPage) -> Markup {
    let caption = t(lang, "Mina inloggningar", "My sessions");
    html! {
        section {
            h2 #inloggningar { (caption) }
            p {
                @match lang {
                    Lang::Sv => {
                        "En inloggning upphör efter " (SESSION_IDLE_MINUTES_MAX) " minuter utan att användas och \
                         senast efter " (SESSION_HOURS_MAX) " timmar. Vi sparar inte vilken webbläsare eller plats \
                         den gäller. Känner du inte igen en: avsluta den och byt lösenord."
                    },
                    Lang::En => {
                        "A session ends after " (SESSION_IDLE_MINUTES_MAX) " minutes without use, and after "
                        (SESSION_HOURS_MAX) " hours at the latest. We do not store its browser or place. If you \
                         do not know one: end it and change your password."
                    },
                }
            }
            div.table-wrap tabindex="0" role="region" aria-label=(caption) {
                table {
                    thead { tr {
                        th scope="col" { (t(lang, "Började", "Began")) }
                        th scope="col" { (t(lang, "Användes senast", "Last used")) }
                        th scope="col" { (t(lang, "Med", "With")) }
                        th scope="col" { (t(lang, "Avsluta", "End")) }
                    } }
                    tbody {
                        @for session in &own.sessions {
                            tr {
                                td.nowrap { (session.begun.swedish()) }
                                td.nowrap { (session.seen.swedish()) }
                                td { (proven(lang, session.stage)) }
                                td {
                                    @if session.this { span.tag { (t(lang, "den här", "this one")) } }
                                    @else {
                                        form method="post" action="/konto/inloggningar" {
                                            input type="hidden" name="token" value=(form_token);
                                            input type="hidden" name="session" value=(session.id);
                                            button.quiet type="submit"
                                                aria-label=(format!("{} {}", t(lang, "Avsluta inloggningen från", "End the session of"), session.begun.swedish())) {
                                                (t(lang, "Avsluta", "End"))
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            @if own.sessions.len() > 1 {
                form method="post" action="/konto/inloggningar" {
                    input type="hidden" name="token" value=(form_token);
                    input type="hidden" name="session" value="alla";
                    button type="submit" { (t(lang, "Avsluta alla andra", "End all others")) }
                }
            }
        }
    }
}

fn second_factor(lang: Lang, own: &OwnPage) -> Markup {
    html! {
        section {
            h2 { (t(lang, "Engångskoder", "One-time codes")) }
            @if own.second_factor {
                p { (t(lang, "Används. Reservkoder kvar: ", "In use. Recovery codes left: ")) strong { (own.recovery_codes) } "." }
                p { a href="/konto/engangskod" { (t(lang,
                    "Nya reservkoder, eller ta bort engångskoderna",
                    "New recovery codes, or remove the one-time codes")) } }
            } @else {
                p { (t(lang,
                    "Används inte. Med engångskoder räcker det inte att någon har kommit över ditt lösenord.",
                    "Not in use. With one-time codes it is not enough that somebody has got hold of your password.")) }
                p { a href="/konto/engangskod" { (t(lang, "Lägg till engångskoder", "Add one-time codes")) } }
            }
        }
    }
}

fn not_changed(lang: Lang, kept: Kept) -> Markup {
    let (title, words, at): (&str, String, &str) = match kept {
        Kept::WrongCurrent => (
            t(lang, "Det nuvarande lösenordet är fel", "The current password is wrong"),
            t(lang, "Skriv lösenorden igen.", "Type the passwords again.").to_owned(),
            "#nuvarande",
        ),
        Kept::Fault(fault) => {
            let (sv, en) = password_words(fault);
            (
                t(lang, "Välj ett annat lösenord", "Choose another password"),
                t(lang, sv, en).to_owned(),
                "#nytt",
            )
        }
        Kept::NotTwice => (
            t(lang, "De nya lösenorden är olika", "The new passwords differ"),
            t(lang, "Skriv samma nya lösenord två gånger.", "Type the same new password twice.").to_owned(),
            "#nytt",
        ),
        Kept::Wait(seconds) => (
            t(lang, "För många misslyckade försök", "Too many failed attempts"),
            wait_words(lang, seconds),
            "#nuvarande",
        ),
    };
    html! {
        div.error role="alert" {
            h2 #fel { (title) }
            p { a href=(at) { (words) } " " (t(lang, "Lösenordet är inte ändrat.", "The password is not changed.")) }
        }
    }
}

fn password_form(lang: Lang, form_token: &str, kept: Option<Kept>) -> Markup {
    let wrong_current = matches!(kept, Some(Kept::WrongCurrent));
    let wrong_new = matches!(kept, Some(Kept::Fault(_) | Kept::NotTwice));
    html! {
        section {
            h2 { (t(lang, "Byt lösenord", "Change password")) }
            form.narrow method="post" action="/konto/losenord" {
                input type="hidden" name="token" value=(form_token);
                div.field {
                    label for="nuvarande" { (t(lang, "Nuvarande lösenord", "Current password")) }
                    input #nuvarande name="nuvarande" type="password" autocomplete="current-password" required
                        aria-invalid=[wrong_current.then_some("true")]
                        aria-describedby=[wrong_current.then_some("fel")];
                }
                div.field {
                    label for="nytt" { (t(lang, "Nytt lösenord", "New password")) }
                    p.hint #nytt-tips {
                        (PASSWORD_CHARS_MIN) "–" (PASSWORD_CHARS_MAX)
                        (t(lang,
                            " tecken, vilka som helst. Fyra ord som inte hör ihop är lätta att minnas och svåra att gissa.",
                            " characters, any. Four unrelated words are easy to remember and hard to guess."))
                    }
                    input #nytt name="nytt" type="password" autocomplete="new-password" required
                        aria-invalid=[wrong_new.then_some("true")]
                        aria-describedby=(if wrong_new { "fel nytt-tips" } else { "nytt-tips" });
                }
                div.field {
                    label for="igen" { (t(lang, "Nytt lösenord igen", "New password again")) }
                    input #igen name="igen" type="password" autocomplete="new-password" required;
                }
                button type="submit" { (t(lang, "Byt lösenord", "Change password")) }
            }
            p.muted { (t(lang, "Dina andra inloggningar avslutas då.", "Your other sessions end then.")) }
        }
    }
}
