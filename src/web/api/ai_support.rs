//! Whether AI support is on in a recruitment, and the stop button.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::openapi::{Conflicting, Guarded, Missing, Unfit, WithBody};
use super::{Id, Sent, done};
use crate::casework::ai_support::AiSupport;
use crate::subject::id::RecruitmentId;
use crate::web::Web;
use crate::web::callers::Staff;
use crate::web::problem::Problem;

/// Whether AI support is on. While it is off no answer holds a band, a level or evidence.
#[derive(Serialize, ToSchema)]
pub struct Support {
    /// `on` or `stopped`.
    #[schema(example = "on")]
    state: &'static str,
    /// Since when it is off, RFC 3339.
    #[schema(format = DateTime)]
    since: Option<String>,
    /// In which role somebody stopped it.
    by: Option<&'static str>,
    /// Why.
    reason: Option<String>,
}

impl From<&AiSupport> for Support {
    fn from(support: &AiSupport) -> Self {
        match support {
            AiSupport::On => Self { state: "on", since: None, by: None, reason: None },
            AiSupport::Stopped(stop) => Self {
                state: "stopped",
                since: Some(stop.since.rfc3339()),
                by: Some(stop.role.code()),
                reason: Some(stop.reason.clone()),
            },
        }
    }
}

/// Why AI support is stopped, or started again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Why {
    /// At least 10 characters. Everybody who reads applications sees it: it names nobody.
    #[schema(min_length = 10)]
    reason: String,
}

/// Whether AI support is on in a recruitment.
#[utoipa::path(
    get,
    path = "/api/v1/recruitments/{id}/ai-support",
    tag = "safeguards",
    security(("session" = [])),
    params(("id" = String, Path, description = "The recruitment's id")),
    responses((status = 200, description = "On or off", body = Support), Guarded, Missing),
)]
pub async fn show(_staff: Staff, State(web): State<Web>, Id(id): Id) -> Result<Response, Problem> {
    let (recruitment, _, _) = web.app.round(&RecruitmentId::new(id)).await?;
    Ok(Json(Support::from(&web.app.ai_support(&recruitment.id).await?)).into_response())
}

/// Stops AI support, from the next request on and on every node: recruiter, programme lead, data-protection officer.
#[utoipa::path(
    post,
    path = "/api/v1/recruitments/{id}/ai-stops",
    tag = "safeguards",
    security(("session" = [], "token" = [])),
    params(("id" = String, Path, description = "The recruitment's id")),
    request_body = Why,
    responses((status = 204, description = "Stopped"), WithBody, Guarded, Missing, Conflicting, Unfit),
)]
pub async fn stop(
    staff: Staff,
    State(web): State<Web>,
    Id(id): Id,
    Sent(sent): Sent<Why>,
) -> Result<Response, Problem> {
    web.app.stop_ai(&staff.actor, &RecruitmentId::new(id), &sent.reason).await?;
    Ok(done())
}

/// Starts AI support again: the programme lead only.
#[utoipa::path(
    post,
    path = "/api/v1/recruitments/{id}/ai-starts",
    tag = "safeguards",
    security(("session" = [], "token" = [])),
    params(("id" = String, Path, description = "The recruitment's id")),
    request_body = Why,
    responses((status = 204, description = "Started"), WithBody, Guarded, Missing, Conflicting, Unfit),
)]
pub async fn start(
    staff: Staff,
    State(web): State<Web>,
    Id(id): Id,
    Sent(sent): Sent<Why>,
) -> Result<Response, Problem> {
    web.app.start_ai(&staff.actor, &RecruitmentId::new(id), &sent.reason).await?;
    Ok(done())
}
