//! The applicant's own data and requests.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::openapi::{Guarded, WithBody};
use super::{Sent, created};
use crate::casework::RightKind;
use crate::web::Web;
use crate::web::callers::Applicant;
use crate::web::problem::Problem;

/// What an applicant can ask for.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// A copy of everything (registerutdrag). It is `GET /api/v1/own`; this registers the request.
    Access,
    /// Erasure. A person answers with a decision, because an application is a public record.
    Erasure,
    /// Review without AI, from now on.
    AiFree,
    /// Leave the selection, at once.
    Withdrawal,
}

impl From<RequestKind> for RightKind {
    fn from(kind: RequestKind) -> Self {
        match kind {
            RequestKind::Access => Self::Access,
            RequestKind::Erasure => Self::Erasure,
            RequestKind::AiFree => Self::AiFree,
            RequestKind::Withdrawal => Self::Withdrawal,
        }
    }
}

/// A request.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRequest {
    /// What is asked for.
    kind: RequestKind,
}

/// A registered request.
#[derive(Serialize, ToSchema)]
pub struct Registered {
    /// What is asked for.
    kind: RequestKind,
    /// The last day to answer, in Swedish time.
    #[schema(format = Date, example = "2027-01-24")]
    answer_by: String,
}

/// Everything stored about the caller's application (registerutdrag, GDPR Art. 15 and 20).
#[utoipa::path(
    get,
    path = "/api/v1/own",
    tag = "applicants",
    security(("session" = [])),
    responses(
        (status = 200, body = Object,
         description = "`urval-own-data/1`: what was sent, what the machine read and found, who has looked"),
        Guarded,
    ),
)]
pub async fn file(applicant: Applicant, State(web): State<Web>) -> Result<Response, Problem> {
    let file = web.app.own_file(&applicant.actor, &applicant.id).await?;
    Ok(Json(file.export()?).into_response())
}

/// Registers a request. Review without AI and withdrawal take effect at once.
#[utoipa::path(
    post,
    path = "/api/v1/own/requests",
    tag = "applicants",
    security(("session" = [], "token" = [])),
    request_body = NewRequest,
    responses((status = 201, description = "Registered", body = Registered), WithBody, Guarded),
)]
pub async fn request(
    applicant: Applicant,
    State(web): State<Web>,
    Sent(sent): Sent<NewRequest>,
) -> Result<Response, Problem> {
    let answer_by = web.app.request_right(&applicant.actor, &applicant.id, sent.kind.into()).await?;
    Ok(created(Registered { kind: sent.kind, answer_by }))
}
