//! Signing in through an organisation's own provider: the buttons on the log-in page, the way there,
//! the way back, and the page for an identity that opens no account.
//!
//! Two things here look odd and are on purpose. The way to the provider is a page of ours that leads on
//! by itself, because a form that redirects elsewhere would need the provider's address (and those that
//! it leads on to) in `form-action`. The way back ends in such a page too: the browser came from
//! another site, so the session's `SameSite=Strict` cookie is not sent before the next step starts
//! here. For the same reason the cookie that binds a sign-in to its browser is `Lax`.

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::login::{first_page_of, with_cookie};
use crate::casework::accounts::Stage;
use crate::casework::federation::{SIGN_IN_MINUTES_MAX, SignInError, SignedIn};
use crate::guard::oidc::settings::WAY_BACK;
use crate::guard::oidc::{Distrust, Provider};
use crate::subject::words::Lang;
use crate::web::Web;
use crate::web::callers::{View, Visitor, cookie, session_cookie, set_cookie};
use crate::web::form::Posted;
use crate::web::layout::{page, t};
use crate::web::problem::Problem;

/// The name of the cookie that binds a sign-in to its browser.
fn sign_in_cookie(web: &Web) -> &'static str {
    if web.secure_cookies { "__Host-urval-sign-in" } else { "urval-sign-in" }
}

/// Its value, or its end when `value` is empty. `Lax`: the browser comes back from another site.
fn set_sign_in_cookie(web: &Web, value: &str) -> String {
    let age = if value.is_empty() { 0 } else { SIGN_IN_MINUTES_MAX * 60 };
    let secure = if web.secure_cookies { "; Secure" } else { "" };
    format!("{}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}", sign_in_cookie(web))
}

/// A button for each provider; nothing when there is none.
pub(super) fn buttons(web: &Web, view: &View) -> Markup {
    let lang = view.lang;
    html! {
        @if web.providers.settings().next().is_some() {
            section aria-labelledby="organisation" {
                h2 #organisation { (t(lang,
                    "Logga in genom din organisation",
                    "Sign in through your organisation")) }
                @for provider in web.providers.settings() {
                    form method="post" action={ (WAY_BACK) (provider.id) } {
                        input type="hidden" name="token" value=(view.form_token);
                        p { button.secondary type="submit" { (provider.button.get(lang)) } }
                    }
                }
            }
        }
    }
}

/// Makes the browser go on by itself, as the link on the page does for who waits.
fn leading_on(mut response: Response, to: &str) -> Response {
    // A header and no element: `http-equiv` would need a place in the head of every page.
    if let Ok(value) = HeaderValue::from_str(&format!("0; url={to}")) {
        response.headers_mut().insert(header::REFRESH, value);
    }
    response
}

/// Leads to the provider.
///
/// # Errors
/// When there is no such provider, or the database or chance fails.
pub async fn begin(
    visitor: Visitor,
    State(web): State<Web>,
    Path(id): Path<String>,
    _posted: Posted,
) -> Result<Response, Problem> {
    let lang = visitor.view.lang;
    let provider = provider(&web, &id)?;
    let begun = match web.app.begin_sign_in(&web.providers, &id).await {
        Ok(begun) => begun,
        Err(SignInError::Case(error)) => return Err(error.into()),
        Err(SignInError::Distrust(reason)) => {
            tracing::error!(provider = %id, reason = reason.code(), "a sign-in could not begin");
            return Ok(refused(&web, &visitor.view, provider, reason));
        }
    };
    // One browser, one session: an earlier one must not live on behind a cookie nobody holds. The way
    // back could not see it.
    let ended = match &visitor.view.session {
        Some(earlier) => {
            web.app.log_out(earlier).await?;
            Some(set_cookie(&web, session_cookie(&web), ""))
        }
        None => None,
    };
    let title = t(lang, "Vidare till din organisation", "On to your organisation");
    let body = html! {
        h1 { (title) }
        p.lead { (t(lang,
            "Du skickas nu vidare för att logga in. Urval får bara veta vem du är där, inget annat.",
            "You are being sent on to sign in. Urval is only told who you are there, nothing else.")) }
        p { a.button href=(begun.to) rel="noreferrer" { (provider.button.get(lang)) } }
    };
    let mut response = leading_on(page(&web, &visitor.view, title, body), &begun.to);
    response = with_cookie(response, &set_sign_in_cookie(&web, &begun.browser));
    Ok(match ended {
        Some(end) => with_cookie(response, &end),
        None => response,
    })
}

/// Where the provider sends the browser back to.
///
/// # Errors
/// When there is no such provider, or database, log or chance fails.
pub async fn finish(
    mut visitor: Visitor,
    State(web): State<Web>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // The visitor's own cookie was not sent along: a new one would take the place of the old one under
    // every other open page.
    visitor.view.set_cookie = None;
    let view = &visitor.view;
    let lang = view.lang;
    let provider = provider(&web, &id)?;
    let Some(query) = query.filter(|query| !query.is_empty()) else {
        return Ok(Redirect::to("/logga-in").into_response());
    };
    let browser = cookie(&headers, sign_in_cookie(&web));
    let ended = web.app.finish_sign_in(&web.providers, &id, &query, browser.as_deref()).await;
    // What did not belong to a sign-in of this browser leaves the one under way as it is: any page can
    // send a browser here.
    let stray = matches!(ended, Err(SignInError::Distrust(Distrust::State | Distrust::Parameters)));
    let response = match ended {
        Ok(SignedIn::In(token)) => {
            let to = match web.app.halfway(&token).await?.map(|waiting| waiting.stage) {
                Some(Stage::AwaitsCode) => "/logga-in/kod",
                Some(_) => "/logga-in/engangskod",
                None => first_page_of(&web, &token).await?,
            };
            let title = t(lang, "Du är inloggad", "You are signed in");
            let body = html! {
                h1 { (title) }
                p { a.button href=(to) { (t(lang, "Fortsätt", "Go on")) } }
            };
            let response = leading_on(page(&web, view, title, body), to);
            with_cookie(response, &set_cookie(&web, session_cookie(&web), &token))
        }
        Ok(SignedIn::Unknown(code)) => unknown(&web, view, provider, code.as_deref()).await?,
        Err(SignInError::Distrust(reason)) => refused(&web, view, provider, reason),
        Err(SignInError::Case(error)) => return Err(error.into()),
    };
    Ok(if stray { response } else { with_cookie(response, &set_sign_in_cookie(&web, "")) })
}

fn provider<'a>(web: &'a Web, id: &str) -> Result<&'a Provider, Problem> {
    web.providers.settings().find(|provider| provider.id == id).ok_or_else(Problem::not_found)
}

/// What a refusal means for the person at the door, and what to do. The exact reason is in the log.
fn advice(lang: Lang, reason: Distrust) -> (StatusCode, &'static str) {
    let operator = t(
        lang,
        "Försök igen. Händer det igen, kontakta systemförvaltaren i din organisation.",
        "Try again. If it happens again, contact the operator of your organisation.",
    );
    match reason {
        Distrust::State | Distrust::Parameters => (
            StatusCode::UNPROCESSABLE_ENTITY,
            t(
                lang,
                "Inloggningen hör inte till den här webbläsaren, är redan använd eller började för mer än tio \
                 minuter sedan. Börja om från inloggningssidan.",
                "This sign-in does not belong to this browser, has been used already or began more than ten \
                 minutes ago. Begin again from the log-in page.",
            ),
        ),
        Distrust::ProviderSaidNo => (
            StatusCode::UNPROCESSABLE_ENTITY,
            t(
                lang,
                "Din organisation bekräftade inte inloggningen, eller så avbröts den. Försök igen, eller kontakta \
                 supporten i din organisation.",
                "Your organisation did not confirm the sign-in, or it was cancelled. Try again, or contact the \
                 support of your organisation.",
            ),
        ),
        Distrust::Unreachable | Distrust::Metadata | Distrust::Keys => (
            StatusCode::SERVICE_UNAVAILABLE,
            t(
                lang,
                "Din organisations inloggning svarar inte som den ska. Försök igen om en stund.",
                "Your organisation's sign-in does not answer as it should. Try again in a while.",
            ),
        ),
        Distrust::AuthenticationClass | Distrust::AuthenticationTime => (
            StatusCode::FORBIDDEN,
            t(
                lang,
                "Inloggningen hos din organisation räcker inte här: den var för svag eller för gammal. Logga ut där och \
                 logga in igen med e-legitimation.",
                "The sign-in at your organisation is not enough here: it was too weak or too old. Log out there and \
                 sign in again with an electronic identification.",
            ),
        ),
        Distrust::NoMembership => (
            StatusCode::FORBIDDEN,
            t(
                lang,
                "Ditt konto är stängt eller har ingen giltig behörighet i organisationen just nu. Kontakta \
                 systemförvaltaren i din organisation.",
                "Your account is closed or has no valid membership in the organisation at the moment. Contact the \
                 operator of your organisation.",
            ),
        ),
        _ => (StatusCode::FORBIDDEN, operator),
    }
}

fn refused(web: &Web, view: &View, provider: &Provider, reason: Distrust) -> Response {
    let lang = view.lang;
    let title = t(lang, "Inloggningen gick inte igenom", "The sign-in did not go through");
    let (status, advice) = advice(lang, reason);
    let body = html! {
        h1 { (title) }
        p.lead { (advice) }
        p { (t(lang, "Inget har ändrats. Försöket är loggat.", "Nothing was changed. The attempt is in the log.")) }
        p { a.button href="/logga-in" { (t(lang, "Till inloggningssidan", "To the log-in page")) } }
        p.muted { (t(lang, "Uppge vid felanmälan:", "Say when you report this:")) " "
            code { (provider.id) "/" (reason.code()) } }
    };
    (status, page(web, view, title, body)).into_response()
}

async fn unknown(
    web: &Web,
    view: &View,
    provider: &Provider,
    code: Option<&str>,
) -> Result<Response, Problem> {
    let lang = view.lang;
    let names: Vec<String> = web
        .app
        .organisations()
        .await?
        .into_iter()
        .filter(|(id, ..)| provider.organisations.contains(id))
        .map(|(_, name, _)| name)
        .collect();
    let title = t(lang, "Ditt konto är inte kopplat än", "Your account is not linked yet");
    let body = html! {
        h1 { (title) }
        p.lead { (t(lang,
            "Vi vet vem du är hos din organisation, men den inloggningen hör inte till något konto här. Konton \
             skapas aldrig av sig själva.",
            "We know who you are at your organisation, but that sign-in belongs to no account here. Accounts are \
             never made by themselves.")) }
        p { (t(lang, "Kontakta systemförvaltaren för Urval i", "Contact the operator of Urval in")) " "
            (names.join(", ")) "." }
        @if let Some(code) = code {
            p { (t(lang, "Uppge den här koden när ni talas vid:", "Say this code when you speak:")) " "
                strong { code #kod { (code) } } }
            p.hint { (t(lang,
                "Koden gäller i sju dagar och öppnar ingenting av sig själv. Systemförvaltaren kopplar den till ditt konto \
                 sedan du har visat vem du är.",
                "The code is valid for seven days and opens nothing by itself. The operator links it to your account \
                 after you have shown who you are.")) }
        }
        p { a.button.secondary href="/logga-in" { (t(lang, "Till inloggningssidan", "To the log-in page")) } }
    };
    Ok((StatusCode::FORBIDDEN, page(web, view, title, body)).into_response())
}

/// The page after logging out of a session that came from a provider: the session there may live on.
/// `None` when the provider has no address for that, or does not answer.
pub(super) async fn logged_out(web: &Web, view: &View, provider: &str) -> Option<Response> {
    let member = web.providers.member(provider)?;
    let metadata = member.metadata(web.app.now()).await.ok()?;
    let end = metadata.end_session_endpoint?;
    // Without the ID token as a hint, which would have to be kept; the provider asks the person instead.
    let to = end.with_parameters([("client_id", member.settings.client_id.as_str())]);
    let lang = view.lang;
    let title = t(lang, "Du är utloggad", "You are logged out");
    // The page is for nobody: the session is over.
    let view = View { caller: None, session: None, ..view.clone() };
    let body = html! {
        h1 { (title) }
        p.lead { (t(lang,
            "Du är utloggad från Urval. Inloggningen hos din organisation kan finnas kvar i den här webbläsaren.",
            "You are logged out of Urval. The sign-in at your organisation may live on in this browser.")) }
        p { a.button href=(to) rel="noreferrer" { (t(lang,
            "Logga ut även från organisationen",
            "Log out of the organisation too")) } }
        p { a href="/" { (t(lang, "Till startsidan", "To the first page")) } }
    };
    Some(page(web, &view, title, body))
}
