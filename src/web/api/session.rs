//! The two doors: login and password for staff, a receipt code for applicants.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::SentToDoor;
use super::openapi::{Failing, OtherSite, ProblemBody, WithBody};
use crate::casework::CaseError;
use crate::web::Web;
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
        (status = 401, description = "`wrong-login`: login or password is wrong; it is not told which",
         body = ProblemBody, content_type = "application/problem+json"),
        WithBody, OtherSite, Failing,
    ),
)]
pub async fn log_in(
    visitor: Visitor,
    State(web): State<Web>,
    SentToDoor(sent): SentToDoor<Login>,
) -> Result<Response, Problem> {
    // A NUL belongs to no login, and one of the two databases refuses to be asked about it.
    if sent.login.contains('\0') {
        return Err(wrong_login());
    }
    let token = web.app.log_in(&sent.login, &sent.password).await?.ok_or_else(wrong_login)?;
    let caller = web.app.caller(&token).await?.ok_or(CaseError::Interrupted)?;
    let member = caller.membership().ok_or(CaseError::NotFound("membership"))?;
    let session = StaffSession {
        token: web.app.form_token(&token),
        role: member.role.code(),
        organisation: member.organisation.to_string(),
    };
    with_session(&visitor, &web, &token, session).await
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
        WithBody, OtherSite, Failing,
    ),
)]
pub async fn enter(
    visitor: Visitor,
    State(web): State<Web>,
    SentToDoor(sent): SentToDoor<Receipt>,
) -> Result<Response, Problem> {
    let token = web.app.log_in_with_receipt(&sent.receipt_code).await?.ok_or_else(wrong_login)?;
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
