//! The description of `/api/v1` for programs, OpenAPI 3.1, written by the handlers themselves.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{IntoResponses, OpenApi, ToSchema};

use super::{
    TOKEN_HEADER, ai_support, applications, erasures, log, own, ranking, reviews, safeguards, session,
};
use crate::web::Web;
use crate::web::callers::{Visitor, session_cookie};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Urval",
        description = "Decision support for a joint municipal trainee recruitment. It never decides: a named \
                       person reads, marks and decides. Every call that touches personal data is asked of the \
                       policies and written to the log before anything is shown.",
        license(name = "EUPL-1.2", identifier = "EUPL-1.2"),
    ),
    paths(
        serve,
        session::log_in,
        session::enter,
        applications::recruitments,
        applications::submit,
        ai_support::show,
        ai_support::stop,
        ai_support::start,
        ranking::show,
        reviews::search,
        reviews::open,
        reviews::mark,
        reviews::change,
        reviews::decide,
        safeguards::declare_conflict,
        safeguards::lift_conflict,
        safeguards::ask_emergency,
        safeguards::settle_emergency,
        safeguards::acknowledge_emergency,
        safeguards::matters,
        safeguards::holds,
        safeguards::set_hold,
        safeguards::lift_hold,
        erasures::list,
        erasures::answer,
        own::file,
        own::request,
        log::open,
        log::read,
        log::checkpoint,
        log::vkey,
    ),
    tags(
        (name = "session", description = "Logging in"),
        (name = "applicants", description = "Handing in, and the applicant's own data"),
        (name = "reading", description = "Reading, marking and deciding"),
        (name = "safeguards", description = "Conflicts of interest, legal holds, emergency access and the stop button"),
        (name = "retention", description = "Requests for erasure and their answers"),
        (name = "log", description = "The log and its verification"),
        (name = "service", description = "The interface itself"),
    )
)]
struct Api;

/// The document. `cookie` is the name of the session cookie, which depends on how the service is
/// reached.
pub fn document(cookie: &str) -> Document {
    let mut document = Api::openapi();
    let components = document.components.get_or_insert_with(Default::default);
    let value =
        ApiKeyValue::with_description(cookie, "Set by POST /api/v1/session or /api/v1/applicant-session.");
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(value)));
    let value =
        ApiKeyValue::with_description(TOKEN_HEADER, "`token` from the same answer. Needed with every POST.");
    components.add_security_scheme("token", SecurityScheme::ApiKey(ApiKey::Header(value)));
    document
}

/// This description.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    tag = "service",
    responses((status = 200, description = "The OpenAPI document", body = Object)),
)]
pub async fn serve(_visitor: Visitor, State(web): State<Web>) -> Response {
    Json(document(session_cookie(&web))).into_response()
}

/// What went wrong (RFC 9457). It never repeats what was sent.
#[derive(ToSchema)]
#[schema(as = Problem)]
#[allow(dead_code, reason = "the shape of what `problem::render` writes, for the description only")]
pub struct ProblemBody {
    /// `urn:urval:problem:` and a stable code.
    #[schema(rename = "type", example = "urn:urval:problem:invalid")]
    kind: String,
    /// What it is, in the caller's language (`?lang=sv` or `en`).
    title: String,
    /// The status again.
    status: u16,
    /// What to do.
    detail: String,
}

/// What a call behind a guard can answer besides success.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "for the description only")]
pub enum Guarded {
    /// `log-in`: there is no session, or it has run out.
    #[response(status = 401, content_type = "application/problem+json")]
    LogIn(ProblemBody),
    /// `not-allowed`, `wrong-door`, `token-missing` or `other-site`: this caller may not.
    #[response(status = 403, content_type = "application/problem+json")]
    NotAllowed(ProblemBody),
    /// `internal`: a fault of the service. Nothing was changed.
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemBody),
    /// `log-unavailable`, `clock-in-doubt` or `interrupted`: nothing was shown or changed; try again.
    /// `storage-unavailable`: look whether a change is there before sending it again.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody),
}

/// What an open call can answer when the service itself fails.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "for the description only")]
pub enum Failing {
    /// `internal`: a fault of the service. Nothing was changed.
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemBody),
    /// `log-unavailable`, `clock-in-doubt` or `interrupted`: nothing was shown or changed; try again.
    /// `storage-unavailable`: look whether a change is there before sending it again.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody),
}

/// What a call with a body can answer besides success.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "for the description only")]
pub enum WithBody {
    /// `unusable-body`: not JSON, an unknown or missing field, or a wrong type; says where.
    #[response(status = 400, content_type = "application/problem+json")]
    Unusable(ProblemBody),
    /// `too-large`: more than 2 MiB.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemBody),
}

/// `too-many-attempts`: wait as long as `Retry-After` says. The account is not locked.
#[derive(IntoResponses)]
#[response(status = 429, content_type = "application/problem+json")]
#[allow(dead_code, reason = "for the description only")]
pub struct TooMany(ProblemBody);

/// `other-site`: the call came from a page of another site.
#[derive(IntoResponses)]
#[response(status = 403, content_type = "application/problem+json")]
#[allow(dead_code, reason = "for the description only")]
pub struct OtherSite(ProblemBody);

/// `not-found`: there is no such thing.
#[derive(IntoResponses)]
#[response(status = 404, content_type = "application/problem+json")]
#[allow(dead_code, reason = "for the description only")]
pub struct Missing(ProblemBody);

/// `conflict`: somebody was first, or something else comes first.
#[derive(IntoResponses)]
#[response(status = 409, content_type = "application/problem+json")]
#[allow(dead_code, reason = "for the description only")]
pub struct Conflicting(ProblemBody);

/// `invalid`: readable, but something must be mended; says what.
#[derive(IntoResponses)]
#[response(status = 422, content_type = "application/problem+json")]
#[allow(dead_code, reason = "for the description only")]
pub struct Unfit(ProblemBody);
