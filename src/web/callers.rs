//! Who is calling, as extractors. A handler behind a guarded row of the route table takes one of
//! these as its first argument, and there is no other way to an [`Actor`].

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::Web;
use super::problem::Problem;
use crate::casework::accounts::{Caller, Halfway};
use crate::guard::access::{Actor, Door, Membership};
use crate::subject::id::ApplicationId;
use crate::subject::words::Lang;

/// What a page needs to know of its request.
#[derive(Clone, Debug)]
pub struct View {
    /// The language to answer in.
    pub lang: Lang,
    /// The path asked for, for the language switch.
    pub path: String,
    /// The token that a form on the page must bring back.
    pub form_token: String,
    /// A cookie to set when the visitor has none yet.
    pub set_cookie: Option<String>,
    /// The session's owner.
    pub caller: Option<Caller>,
    /// The session token, to end it.
    pub session: Option<String>,
    /// The secret that opens the visitor's draft of an application.
    pub draft: Option<String>,
    /// Whether the answer is for a program.
    pub api: bool,
}

/// Anybody.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The request.
    pub view: View,
    /// As the policies see an unknown visitor.
    pub actor: Actor,
}

/// A member of staff with a session.
#[derive(Clone, Debug)]
pub struct Staff {
    /// The request.
    pub view: View,
    /// As the policies see the person.
    pub actor: Actor,
    /// The membership in which the person acts.
    pub member: Membership,
}

/// The holder of a receipt code, with a session.
#[derive(Clone, Debug)]
pub struct Applicant {
    /// The request.
    pub view: View,
    /// As the policies see the person.
    pub actor: Actor,
    /// The one application that the session is for.
    pub id: ApplicationId,
}

/// Somebody whose password was right and who still owes a step. It opens nothing but that step: no
/// handler behind a guarded row takes it.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Who, and for which step.
    pub halfway: Halfway,
    /// The token of the session that waits.
    pub token: String,
}

/// The name of the session cookie.
#[must_use]
pub fn session_cookie(web: &Web) -> &'static str {
    if web.secure_cookies { "__Host-urval" } else { "urval" }
}

/// The name of the cookie that binds a visitor's forms.
#[must_use]
pub fn visitor_cookie(web: &Web) -> &'static str {
    if web.secure_cookies { "__Host-urval-form" } else { "urval-form" }
}

/// The name of the cookie that keeps the secret of a draft, and nothing else does.
#[must_use]
pub fn draft_cookie(web: &Web) -> &'static str {
    if web.secure_cookies { "__Host-urval-draft" } else { "urval-draft" }
}

/// A `Set-Cookie` value. `value` empty ends the cookie.
#[must_use]
pub fn set_cookie(web: &Web, name: &str, value: &str) -> String {
    let secure = if web.secure_cookies { "; Secure" } else { "" };
    let end = if value.is_empty() { "; Max-Age=0" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{end}")
}

pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value.to_owned())
        .filter(|value| !value.is_empty() && value.len() <= 128)
}

/// The language: `?lang=`, then the cookie that remembers it, then Swedish.
#[must_use]
pub fn language(uri: &axum::http::Uri, headers: &HeaderMap) -> Lang {
    let asked = uri.query().and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("lang=")));
    match asked {
        Some("en") => Lang::En,
        Some("sv") => Lang::Sv,
        _ if cookie(headers, "lang").as_deref() == Some("en") => Lang::En,
        _ => Lang::Sv,
    }
}

impl FromRequestParts<Web> for View {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        // One look at the session a request, however many extractors ask.
        if let Some(known) = parts.extensions.get::<View>() {
            return Ok(known.clone());
        }
        let session = cookie(&parts.headers, session_cookie(web));
        let caller = match &session {
            Some(token) => web.app.caller(token).await?,
            None => None,
        };
        let mut fresh = None;
        let bound = match (&session, &caller) {
            (Some(token), Some(_)) => token.clone(),
            _ => match cookie(&parts.headers, visitor_cookie(web)) {
                Some(known) => known,
                None => {
                    let made = web.app.visitor_cookie()?;
                    fresh = Some(set_cookie(web, visitor_cookie(web), &made));
                    made
                }
            },
        };
        let view = View {
            lang: language(&parts.uri, &parts.headers),
            path: parts.uri.path().to_owned(),
            form_token: web.app.form_token(&bound),
            set_cookie: fresh,
            session: session.filter(|_| caller.is_some()),
            draft: cookie(&parts.headers, draft_cookie(web)),
            caller,
            api: parts.uri.path().starts_with("/api/"),
        };
        parts.extensions.insert(view.clone());
        Ok(view)
    }
}

impl View {
    /// The view of the same request after the session got another token: what its page's forms bring
    /// back is bound to the new one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn renewed(&self, web: &Web, token: &str) -> Result<Self, Problem> {
        let caller = web.app.caller(token).await?;
        let mut view = self.clone();
        if caller.is_some() {
            view.form_token = web.app.form_token(token);
            view.session = Some(token.to_owned());
        }
        view.caller = caller;
        Ok(view)
    }
}

impl FromRequestParts<Web> for Waiting {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let gone = || Problem::log_in("/logga-in");
        let token = cookie(&parts.headers, session_cookie(web)).ok_or_else(gone)?;
        let halfway = web.app.halfway(&token).await?.ok_or_else(gone)?;
        Ok(Self { halfway, token })
    }
}

impl FromRequestParts<Web> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let view = View::from_request_parts(parts, web).await?;
        let door = if view.api { Door::Api } else { Door::Web };
        Ok(Self { view, actor: Actor::Visitor(door) })
    }
}

impl FromRequestParts<Web> for Staff {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let view = View::from_request_parts(parts, web).await?;
        match view.caller.as_ref().map(|caller| caller.actor.clone()) {
            Some(actor @ Actor::Staff(_)) => {
                let Actor::Staff(member) = &actor else { return Err(Problem::wrong_door()) };
                Ok(Self { member: member.clone(), actor, view })
            }
            Some(_) => Err(Problem::wrong_door()),
            None => Err(Problem::log_in("/logga-in")),
        }
    }
}

impl FromRequestParts<Web> for Applicant {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let view = View::from_request_parts(parts, web).await?;
        match view.caller.as_ref().map(|caller| caller.actor.clone()) {
            Some(Actor::Applicant(id)) => Ok(Self { actor: Actor::Applicant(id.clone()), id, view }),
            Some(_) => Err(Problem::wrong_door()),
            None => Err(Problem::log_in("/min-ansokan")),
        }
    }
}
