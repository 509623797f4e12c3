//! Requests for erasure, for the archivist: which wait, and the two answers to one.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::openapi::{Conflicting, Guarded, Missing, Unfit, WithBody};
use super::{Id, Sent, created};
use crate::casework::erasure::Ground;
use crate::guard::pii::Pii;
use crate::web::Web;
use crate::web::callers::Staff;
use crate::web::problem::Problem;

/// A request for erasure that waits.
#[derive(Serialize, ToSchema)]
pub struct Waiting {
    /// Its id.
    request: String,
    /// The application's label.
    #[schema(example = "K-7QF3M2")]
    label: String,
    /// `submitted`, `held`, `assessed` or `withdrawn`.
    state: String,
    /// A legal hold (gallringsspärr) forbids erasing.
    legal_hold: bool,
    /// RFC 3339.
    #[schema(format = DateTime)]
    received: String,
    /// The last day to answer, in Swedish time.
    #[schema(format = Date)]
    answer_by: String,
}

/// What is answered.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Erase for good. It cannot be undone.
    Erase,
    /// The record must be kept.
    Refuse,
}

/// Why an application may be erased; the code stays in the log.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErasureGround {
    /// The applicant asked, and nothing requires the record to be kept.
    Request,
    /// Its time for disposal has come.
    Expired,
    /// It came to the wrong place and is of minor importance.
    Misdirected,
    /// It was processed unlawfully (GDPR Art. 17.1 d).
    Unlawful,
    /// It is invented.
    Invented,
}

impl From<ErasureGround> for Ground {
    fn from(ground: ErasureGround) -> Self {
        match ground {
            ErasureGround::Request => Self::Request,
            ErasureGround::Expired => Self::Expired,
            ErasureGround::Misdirected => Self::Misdirected,
            ErasureGround::Unlawful => Self::Unlawful,
            ErasureGround::Invented => Self::Invented,
        }
    }
}

/// An answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAnswer {
    /// Erase or refuse.
    verdict: Verdict,
    /// The ground, for an erasure; `request` when it is left out.
    ground: Option<ErasureGround>,
    /// Why, at least 10 characters. The applicant reads it after a refusal; after an erasure it is gone.
    #[schema(min_length = 10)]
    reason: String,
}

/// A registered answer.
#[derive(Serialize, ToSchema)]
pub struct Answered {
    /// The request.
    request: String,
    /// What was answered.
    verdict: Verdict,
    /// The number of the log entry that is the receipt of an erasure.
    receipt_entry: Option<u64>,
}

/// The requests for erasure that wait, the one to be answered first at the top.
#[utoipa::path(
    get,
    path = "/api/v1/erasure-requests",
    tag = "retention",
    security(("session" = [])),
    responses((status = 200, body = [Waiting], description = "Labels, states and dates"), Guarded),
)]
pub async fn list(staff: Staff, State(web): State<Web>) -> Result<Response, Problem> {
    let rows: Vec<Waiting> = web
        .app
        .erasures_waiting(&staff.actor)
        .await?
        .into_iter()
        .map(|one| Waiting {
            request: one.id,
            label: one.label,
            state: one.state,
            legal_hold: one.held,
            received: one.received_at.rfc3339(),
            answer_by: one.due_on,
        })
        .collect();
    Ok(Json(rows).into_response())
}

/// Erases what a request is about, or refuses it with a reason.
#[utoipa::path(
    post,
    path = "/api/v1/erasure-requests/{id}/answer",
    tag = "retention",
    security(("session" = [], "token" = [])),
    params(("id" = String, Path, description = "The request's id")),
    request_body = NewAnswer,
    responses(
        (status = 201, description = "Registered; an erasure is done", body = Answered),
        WithBody, Guarded, Missing, Conflicting, Unfit,
    ),
)]
pub async fn answer(
    staff: Staff,
    State(web): State<Web>,
    Id(id): Id,
    Sent(sent): Sent<NewAnswer>,
) -> Result<Response, Problem> {
    let reason = Pii::new(sent.reason);
    let receipt_entry = match sent.verdict {
        Verdict::Erase => {
            let ground = sent.ground.map_or(Ground::Request, Ground::from);
            Some(web.app.grant_erasure(&staff.actor, &id, ground, &reason).await?.entry)
        }
        Verdict::Refuse => {
            web.app.refuse_erasure(&staff.actor, &id, &reason).await?;
            None
        }
    };
    Ok(created(Answered { request: id, verdict: sent.verdict, receipt_entry }))
}
