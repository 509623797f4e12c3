//! The two doors: login and password for staff, a receipt code for applicants.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::SentToDoor;
use super::openapi::{Failing, OtherSite, ProblemBody, TooMany, WithBody};
use crate::casework::CaseError;
use crate::casework::accounts::second_factor::SecondStep;
use crate::casework::accounts::{Attempt, LogIn, Network, Token};
use crate::guard::access::Door;
use crate::web::Web;
use crate::web::address::CalledFrom;
use crate::web::callers::{Visitor, session_cookie, set_cookie};
use crate::web::problem::Problem;

/// Who logs in.
#[derive(Deserialize, ToSchema, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The login.
    login: String,
    /// The password.
    #[schema(format = Password)]
    password: String,
    /// The one-time code or a recovery code, for an account with a second factor.
    #[serde(default)]
    code: Option<String>,
}

/// A session of a member of staff. The session itself is the cookie.
#[derive(Serialize, ToSchema)]
pub struct StaffSession {
    /// To be sent as `X-Urval-Token` with every POST.
    token: String,
    /// In which capacity the person acts.
    #[schema(example = "assessor")]
    role: &'static str,
    /// In whose name.
    #[schema(example = "landskrona")]
    organisation: String,
}

/// Who holds a receipt.
#[derive(Deserialize, ToSchema, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The code from the receipt, as written there or without its hyphens.
    receipt_code: String,
}

/// A session of an applicant, for that one application. The session itself is the cookie.
#[derive(Serialize, ToSchema)]
pub struct ApplicantSession {
    /// To be sent as `X-Urval-Token` with every POST.
    token: String,
}

/// Logs a member of staff in.
#[utoipa::path(
    post,
    path = "/api/v1/session",
    tag = "session",
    request_body = Login,
    responses(
        (status = 200, description = "Logged in", body = StaffSession,
         headers(("Set-Cookie" = String, description = "The session"))),
        (status = 401, description = "`wrong-login`: login, password or code is wrong; it is not told which. \
                                      `code-needed`: send the one-time code in `code` too",
         body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "`second-factor-needed`: the role needs a second factor; set it up on \
                                      the pages. `other-site`: the call came from a page of another site",
         body = ProblemBody, content_type = "application/problem+json"),
        TooMany, WithBody, Failing,
    ),
)]
pub async fn log_in(
    visitor: Visitor,
    State(web): State<Web>,
    CalledFrom(network): CalledFrom,
    SentToDoor(sent): SentToDoor<Login>,
) -> Result<Response, Problem> {
    let attempt =
        Attempt { login: &sent.login, password: &sent.password, network: &network, door: Door::Api };
    let token = match web.app.log_in(&attempt).await? {
        LogIn::Wrong => return Err(wrong_login()),
        LogIn::In(token) => token,
        LogIn::AwaitsEnrolment(waiting) => {
            web.app.log_out(&waiting).await?;
            return Err(second_factor_needed());
        }
        LogIn::AwaitsCode(waiting) => second_step(&web, &waiting, sent.code.as_deref(), &network).await?,
    };
    let caller = web.app.caller(&token).await?.ok_or(CaseError::Interrupted)?;
    let member = caller.membership().ok_or(CaseError::NotFound("membership"))?;
    let session = StaffSession {
        token: web.app.form_token(&token),
        role: member.role.code(),
        organisation: member.organisation.to_string(),
    };
    with_session(&visitor, &web, &token, session).await
}

/// The second step in the same call. Whatever is wrong, nothing goes on waiting.
async fn second_step(
    web: &Web,
    waiting: &str,
    code: Option<&str>,
    network: &Network,
) -> Result<Token, Problem> {
    let halfway = web.app.halfway(waiting).await?.ok_or(CaseError::Interrupted)?;
    let step = match code {
        Some(code) => web.app.second_step(&halfway, waiting, code, network, Door::Api).await,
        None => {
            web.app.log_out(waiting).await?;
            return Err(code_needed());
        }
    };
    match step {
        Ok(SecondStep::In(token)) => Ok(token),
        Ok(SecondStep::Wrong) => {
            web.app.log_out(waiting).await?;
            Err(wrong_login())
        }
        Err(error) => {
            web.app.log_out(waiting).await?;
            Err(error.into())
        }
    }
}

/// Lets the holder of a receipt code in.
#[utoipa::path(
    post,
    path = "/api/v1/applicant-session",
    tag = "session",
    request_body = Receipt,
    responses(
        (status = 200, description = "Let in", body = ApplicantSession,
         headers(("Set-Cookie" = String, description = "The session"))),
        (status = 401, description = "`wrong-login`: the code belongs to no application",
         body = ProblemBody, content_type = "application/problem+json"),
        TooMany, WithBody, OtherSite, Failing,
    ),
)]
pub async fn enter(
    visitor: Visitor,
    State(web): State<Web>,
    CalledFrom(network): CalledFrom,
    SentToDoor(sent): SentToDoor<Receipt>,
) -> Result<Response, Problem> {
    let token = web
        .app
        .log_in_with_receipt(&sent.receipt_code, &network, Door::Api)
        .await?
        .ok_or_else(wrong_login)?;
    let session = ApplicantSession { token: web.app.form_token(&token) };
    with_session(&visitor, &web, &token, session).await
}

async fn with_session<T: Serialize>(
    visitor: &Visitor,
    web: &Web,
    token: &str,
    body: T,
) -> Result<Response, Problem> {
    // One caller, one session: an earlier one must not live on behind a cookie that nobody holds.
    if let Some(earlier) = &visitor.view.session {
        web.app.log_out(earlier).await?;
    }
    let cookie = set_cookie(web, session_cookie(web), token);
    let cookie = HeaderValue::from_str(&cookie).map_err(|_| CaseError::Damaged("session"))?;
    let mut response = Json(body).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

fn wrong_login() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "wrong-login",
        ("Det gick inte att logga in", "Kontrollera uppgifterna och försök igen."),
        ("You could not be logged in", "Check what you sent and try again."),
    )
}

fn code_needed() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "code-needed",
        ("Engångskod behövs", "Skicka också engångskoden, i fältet code."),
        ("A one-time code is needed", "Send the one-time code too, in the field code."),
    )
}

fn second_factor_needed() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "second-factor-needed",
        ("Rollen kräver engångskoder", "Logga in på sidorna och lägg till engångskoder först."),
        ("The role needs one-time codes", "Log in on the pages and add one-time codes first."),
    )
}
