//! The door for staff. It never says which of login and password was wrong, never shows a password
//! again, and leads only to the role's own first page, whatever the address asks for.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;

use crate::casework::CaseError;
use crate::casework::accounts::{Attempt, Caller, LogIn};
use crate::guard::access::{Actor, Door};
use crate::subject::role::Role;
use crate::subject::words::Lang;
use crate::web::Web;
use crate::web::address::CalledFrom;
use crate::web::callers::{View, Visitor, session_cookie, set_cookie};
use crate::web::form::Posted;
use crate::web::layout::{page, t};
use crate::web::problem::Problem;

/// The login form; whoever is logged in is led on.
///
/// # Errors
/// None of its own.
pub async fn form(visitor: Visitor, State(web): State<Web>) -> Result<Response, Problem> {
    if let Some(Caller { actor: Actor::Staff(member), .. }) = &visitor.view.caller {
        return Ok(Redirect::to(first_page(member.role)).into_response());
    }
    Ok(form_page(&web, &visitor.view, "", None))
}

/// Checks login and password, and begins a session, or the next step towards one.
///
/// # Errors
/// When the database, the log or chance fails.
pub async fn submit(
    visitor: Visitor,
    State(web): State<Web>,
    CalledFrom(network): CalledFrom,
    posted: Posted,
) -> Result<Response, Problem> {
    let login = posted.get("login");
    let attempt = Attempt { login, password: posted.get("password"), network: &network, door: Door::Web };
    let (to, token) = match web.app.log_in(&attempt).await {
        Ok(LogIn::Wrong) => {
            let answer = form_page(&web, &visitor.view, login, Some(Trouble::Wrong));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, answer).into_response());
        }
        Err(CaseError::TooMany { seconds }) => {
            return Ok(too_many(
                seconds,
                form_page(&web, &visitor.view, login, Some(Trouble::Wait(seconds))),
            ));
        }
        Err(other) => return Err(other.into()),
        Ok(LogIn::AwaitsCode(token)) => ("/logga-in/kod", token),
        Ok(LogIn::AwaitsEnrolment(token)) => ("/logga-in/engangskod", token),
        Ok(LogIn::In(token)) => (first_page_of(&web, &token).await?, token),
    };
    // One browser, one session: an earlier one must not live on behind a cookie nobody holds.
    if let Some(earlier) = &visitor.view.session {
        web.app.log_out(earlier).await?;
    }
    Ok(with_cookie(Redirect::to(to).into_response(), &set_cookie(&web, session_cookie(&web), &token)))
}

/// Where the holder of a new session begins.
pub(super) async fn first_page_of(web: &Web, token: &str) -> Result<&'static str, Problem> {
    let caller = web.app.caller(token).await?;
    Ok(caller.and_then(|caller| caller.membership().map(|member| member.role)).map_or("/", first_page))
}

/// An answer to somebody who must wait: the page stays, with what was typed.
pub(super) fn too_many(seconds: i64, page: Response) -> Response {
    let mut response = (StatusCode::TOO_MANY_REQUESTS, page).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// What to say above a form that did not let somebody in.
#[derive(Clone, Copy)]
pub(super) enum Trouble {
    /// What was typed is wrong.
    Wrong,
    /// So many seconds must pass first.
    Wait(i64),
}

/// Says how long to wait.
pub(super) fn wait_words(lang: Lang, seconds: i64) -> String {
    match lang {
        Lang::Sv => format!(
            "Vänta {seconds} sekunder och försök sedan igen. Kontot är inte låst: väntan gäller bara härifrån."
        ),
        Lang::En => format!(
            "Wait {seconds} seconds, then try again. The account is not locked: the wait is only for where \
             you are."
        ),
    }
}

/// Ends the caller's session.
///
/// # Errors
/// When the database fails; the session may live on then.
pub async fn log_out(visitor: Visitor, State(web): State<Web>, _posted: Posted) -> Result<Response, Problem> {
    let mut elsewhere = None;
    if let Some(token) = &visitor.view.session {
        elsewhere = web.app.provider_of_session(token).await?;
        web.app.log_out(token).await?;
    }
    let page = match elsewhere {
        Some(provider) => super::federated::logged_out(&web, &visitor.view, &provider).await,
        None => None,
    };
    let response = page.unwrap_or_else(|| Redirect::to("/").into_response());
    Ok(with_cookie(response, &set_cookie(&web, session_cookie(&web), "")))
}

/// Adds a `Set-Cookie` header.
pub(super) fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// Where a role begins its work.
pub(super) fn first_page(role: Role) -> &'static str {
    match role {
        Role::Dpo => "/dso/logg",
        Role::Operator | Role::ProgrammeLead => "/drift",
        _ => "/arbete",
    }
}

fn form_page(web: &Web, view: &View, login: &str, trouble: Option<Trouble>) -> Response {
    let lang = view.lang;
    let wrong = matches!(trouble, Some(Trouble::Wrong));
    let message = t(lang, "Fel inloggningsnamn eller lösenord", "Wrong login or password");
    let invalid = wrong.then_some("true");
    let described = wrong.then_some("fel");
    let body = html! {
        h1 { (t(lang, "Logga in som personal", "Staff login")) }
        @if wrong {
            div.error role="alert" {
                h2 #fel { (message) }
                p { a href="#login" { (t(lang, "Kontrollera inloggningsnamnet", "Check the login")) } " "
                    (t(lang, "och skriv lösenordet igen.", "and type the password again.")) }
            }
        }
        @if let Some(Trouble::Wait(seconds)) = trouble {
            div.error role="alert" {
                h2 { (t(lang, "För många misslyckade försök", "Too many failed attempts")) }
                p { (wait_words(lang, seconds)) }
            }
        }
        form.narrow method="post" action="/logga-in" {
            input type="hidden" name="token" value=(view.form_token);
            div.field {
                label for="login" { (t(lang, "Inloggningsnamn", "Login")) }
                input #login name="login" type="text" autocomplete="username" autocapitalize="none"
                    spellcheck="false" required value=(login)
                    aria-invalid=[invalid] aria-describedby=[described];
            }
            div.field {
                label for="password" { (t(lang, "Lösenord", "Password")) }
                input #password name="password" type="password" autocomplete="current-password" required
                    aria-invalid=[invalid] aria-describedby=[described];
            }
            button type="submit" { (t(lang, "Logga in", "Log in")) }
        }
        (super::federated::buttons(web, view))
        @if !web.demo_logins.is_empty() {
            section {
                h2 { (t(lang, "Demonstrationens inloggningar", "The demonstration's logins")) }
                p {
                    (t(lang,
                        "Lösenordet står i terminalen där Urval startades. Det visas aldrig på en sida. Bara \
                         i demonstrationen räcker lösenordet för alla roller; annars krävs engångskod av \
                         dem som beslutar, leder, granskar, registrerar eller sköter driften.",
                        "The password stands in the terminal where Urval was started. It is never shown on a \
                         page. Only in the demonstration is the password enough for every role; otherwise \
                         those who decide, lead, oversee, register or operate need a one-time code."))
                }
                div.table-wrap tabindex="0" role="region" aria-label=(t(lang, "Inloggningar", "Logins")) {
                    table {
                        thead { tr {
                            th scope="col" { (t(lang, "Inloggningsnamn", "Login")) }
                            th scope="col" { (t(lang, "Roll", "Role")) }
                            th scope="col" { (t(lang, "Organisation", "Organisation")) }
                        } }
                        tbody {
                            @for demo in web.demo_logins.iter() {
                                tr {
                                    th scope="row" { code { (demo.login) } }
                                    td { (demo.role.label(lang)) }
                                    td { (demo.organisation) }
                                }
                            }
                        }
                    }
                }
            }
        } @else {
            p.muted {
                (t(lang, "Har du glömt lösenordet? Kontakta systemförvaltaren i din organisation.",
                    "Forgotten your password? Contact the operator of your organisation."))
            }
        }
        p { (t(lang, "Söker du ett traineeuppdrag?", "Are you an applicant?")) " "
            a href="/min-ansokan" { (t(lang, "Gå till Min ansökan", "Go to My application")) } "." }
    };
    page(web, view, t(lang, "Logga in", "Log in"), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_begins_on_a_page_of_its_own_site() {
        for role in Role::ALL {
            let path = first_page(*role);
            assert!(path.starts_with('/') && !path.starts_with("//"));
        }
        assert_eq!(first_page(Role::Dpo), "/dso/logg");
        assert_eq!(first_page(Role::Operator), "/drift");
        assert_eq!(first_page(Role::Recruiter), "/arbete");
    }
}
