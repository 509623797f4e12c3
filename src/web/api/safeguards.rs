//! Conflicts of interest, legal holds and emergency access. What staff wrote about them does not leave as JSON: it is
//! read on the pages.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::openapi::{Conflicting, Guarded, Missing, Unfit, WithBody};
use super::{Id, Sent, created, done, is_id};
use crate::casework::safeguards::emergency::Ground;
use crate::casework::safeguards::hold::HoldGround;
use crate::casework::{CaseError, Invalid};
use crate::guard::pii::Pii;
use crate::subject::id::{ApplicationId, RecruitmentId};
use crate::web::Web;
use crate::web::callers::Staff;
use crate::web::problem::Problem;

/// A declared conflict of interest (jäv).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConflict {
    /// A note, stored encrypted; may be left out.
    #[serde(default)]
    note: String,
}

/// Why something is lifted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Lifted {
    /// At least 10 characters, stored encrypted.
    reason: String,
}

/// A legal hold (gallringsspärr) to set.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHold {
    /// The recruitment's id.
    recruitment: String,
    /// The application's label.
    #[schema(example = "K-7QF3M2")]
    label: String,
    /// `discrimination`, `appeal`, `court`, `rights_case`, `public_record` or `supervision`.
    ground: String,
    /// At least 10 characters, stored encrypted.
    reason: String,
}

/// Contact details asked for before a decision (nödåtkomst).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEmergency {
    /// `danger`, `undeliverable` or `meeting`.
    ground: String,
    /// At least 20 characters, stored encrypted.
    reason: String,
}

/// An answer to a request for emergency access.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Settlement {
    /// Whether contact details are shown for an hour.
    approve: bool,
}

/// Nothing more to say.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Noticed {}

/// What was made.
#[derive(Serialize, ToSchema)]
pub struct Made {
    /// Its id.
    id: String,
}

/// What those who watch have to look at.
#[derive(Serialize, ToSchema)]
pub struct Watched {
    /// Requests for emergency access, newest first.
    emergencies: Vec<EmergencyItem>,
    /// Conflicts of interest in force.
    conflicts: Vec<ConflictItem>,
}

/// A request for emergency access.
#[derive(Serialize, ToSchema)]
pub struct EmergencyItem {
    /// Its id.
    id: String,
    /// The application's label.
    label: String,
    /// `danger`, `undeliverable` or `meeting`.
    ground: &'static str,
    /// When it was asked for, RFC 3339.
    #[schema(format = DateTime)]
    asked: String,
    /// `approved` or `refused`, once somebody has answered.
    outcome: Option<String>,
    /// Whether the caller is the one to answer.
    watched_here: bool,
    /// The showings under it.
    uses: Vec<UseItem>,
}

/// One showing of contact details under an approval.
#[derive(Serialize, ToSchema)]
pub struct UseItem {
    /// Its id.
    id: String,
    /// When, RFC 3339.
    #[schema(format = DateTime)]
    used: String,
    /// Whether somebody has taken notice.
    acknowledged: bool,
}

/// A declared conflict of interest.
#[derive(Serialize, ToSchema)]
pub struct ConflictItem {
    /// Its id.
    id: String,
    /// The application's label.
    label: String,
    /// When it was declared, RFC 3339.
    #[schema(format = DateTime)]
    declared: String,
}

/// A legal hold in force.
#[derive(Serialize, ToSchema)]
pub struct HoldItem {
    /// Its id.
    id: String,
    /// The application's label.
    label: String,
    /// Why, from the closed list.
    ground: &'static str,
    /// When it was set, RFC 3339.
    #[schema(format = DateTime)]
    set: String,
}

/// Declares that the caller is partial in one application. It takes effect at the next request.
#[utoipa::path(
    post,
    path = "/api/v1/applications/{id}/conflicts",
    tag = "safeguards",
    security(("session" = [], "token" = [])),
    params(("id" = String, Path, description = "The application's id")),
    request_body = NewConflict,
    responses((status = 204, description = "Declared"), WithBody, Guarded, Missing),
)]
pub async fn declare_conflict(
    staff: Staff,
    State(web): State<Web>,
    Id(id): Id,
    Sent(sent): Sent<NewConflict>,
) -> Result<Response, Problem> {
    web.app.declare_conflict(&staff.actor, &ApplicationId::new(id), Pii::new(sent.note)).await?;
    Ok(done())
}

/// Lifts a declaration that was made by mistake: the programme lead only.
#[utoipa::path(
    post,
    path = "/api/v1/conflicts/{id}/lift",
    tag = "safeguards",
    security(("session" = [], "token" = [])),
    params(("id" = String, Path, description = "The declaration's id")),
    request_body = Lifted,
    responses((status = 204, description = "Lifted"), WithBody, Guarded, Missing, Conflicting, Unfit),
)]
pub async fn lift_conflict(
    staff: Staff,
    State(web): State<Web>,
    Id(id): Id,
    Sent(sent): Sent<Lifted>,
) -> Result<Response, Problem> {
    web.app.lift_conflict(&staff.actor, &id, Pii::new(sent.reason)).await?;
    Ok(done())
}

/// Emergency access and conflicts of interest, for those who watch over them.
#[utoipa::path(
    get,
    path = "/api/v1/matters",
    tag = "safeguards",
    security(("session" = [])),
    responses((status = 200, description = "Codes, labels and times", body = Watched), Guarded),
)]
pub async fn matters(staff: Staff, State(web): State<Web>) -> Result<Response, Problem> {
    let view = web.app.matters(&staff.actor).await?;
    let emergencies = view
        .emergencies
        .into_iter()
        .map(|item| EmergencyItem {
            id: item.id,
            label: item.label,
            ground: item.ground.code(),
            asked: item.asked_at.rfc3339(),
            outcome: item.outcome,
            watched_here: item.watched_here,
            uses: item
                .uses
                .into_iter()
                .map(|shown| UseItem {
                    id: shown.id,
                    used: shown.used_at.rfc3339(),
                    acknowledged: shown.acknowledged_at.is_some(),
                })
                .collect(),
        })
        .collect();
    let conflicts = view
        .conflicts
        .into_iter()
        .map(|item| ConflictItem { id: item.id, label: item.label, declared: item.declared_at.rfc3339() })
        .collect();
    Ok(Json(Watched { emergencies, conflicts }).into_response())
}

/// Asks to see contact details before a decision.
#[utoipa::path(
    post,
    path = "/api/v1/applications/{id}/emergencies",
    tag = "safeguards",
    security(("session" = [], "token" = [])),
    params(("id" = String, Path, description = "The application's id")),
    request_body = NewEmergency,
    responses((status = 201, description = "Asked", body = Made), WithBody, Guarded, Missing, Unfit),
)]
pub async fn ask_emergency(
    staff: Staff,
    State(web): State<Web>,
    Id(id): Id,
    Sent(sent): Sent<NewEmergency>,
) -> Result<Response, Problem> {
    let ground = Ground::parse(&sent.ground).ok_or(CaseError::Invalid(Invalid::NoGround))?;
    let (id, reason) = (ApplicationId::new(id), Pii::new(sent.reason));
    let id = web.app.ask_emergency(&staff.actor, &id, ground, reason).await?;
    Ok(created(Made { id }))
}

/// Approves or refuses a request for emergency access.
#[utoipa::path(
    post,
    path = "/api/v1/emergencies/{id}/settlement",
    tag = "safeguards",
    security(("session" = [], "token" = [])),
    params(("id" = String, Path, description = "The request's id")),
    request_body = Settlement,
    responses((status = 204, description = "Answered"), WithBody, Guarded, Missing, Conflicting),
)]
pub async fn settle_emergency(
    staff: Staff,
    State(web): State<Web>,
    Id(id): Id,
    Sent(sent): Sent<Settlement>,
) -> Result<Response, Problem> {
    web.app.settle_emergency(&staff.actor, &id, sent.approve).await?;
    Ok(done())
}

/// Takes notice of one showing of contact details under an approval.
#[utoipa::path(
    post,
    path = "/api/v1/emergency-uses/{id}/acknowledgement",
    tag = "safeguards",
    security(("session" = [], "token" = [])),
    params(("id" = String, Path, description = "The showing's id")),
    request_body = Noticed,
    responses((status = 204, description = "Noticed"), WithBody, Guarded, Missing, Conflicting),
)]
pub async fn acknowledge_emergency(
    staff: Staff,
    State(web): State<Web>,
    Id(id): Id,
    Sent(Noticed {}): Sent<Noticed>,
) -> Result<Response, Problem> {
    web.app.acknowledge_emergency(&staff.actor, &id).await?;
    Ok(done())
}

/// The legal holds in force.
#[utoipa::path(
    get,
    path = "/api/v1/holds",
    tag = "safeguards",
    security(("session" = [])),
    responses((status = 200, description = "Newest first", body = Vec<HoldItem>), Guarded),
)]
pub async fn holds(staff: Staff, State(web): State<Web>) -> Result<Response, Problem> {
    let view = web.app.holds(&staff.actor).await?;
    let items: Vec<HoldItem> = view
        .holds
        .into_iter()
        .map(|item| HoldItem {
            id: item.id,
            label: item.label,
            ground: item.ground.code(),
            set: item.set_at.rfc3339(),
        })
        .collect();
    Ok(Json(items).into_response())
}

/// Sets a legal hold on the application with a label: nothing of it is erased.
#[utoipa::path(
    post,
    path = "/api/v1/holds",
    tag = "safeguards",
    security(("session" = [], "token" = [])),
    request_body = NewHold,
    responses((status = 201, description = "Set", body = Made), WithBody, Guarded, Missing, Unfit),
)]
pub async fn set_hold(
    staff: Staff,
    State(web): State<Web>,
    Sent(sent): Sent<NewHold>,
) -> Result<Response, Problem> {
    let ground = HoldGround::parse(&sent.ground).ok_or(CaseError::Invalid(Invalid::NoGround))?;
    if !is_id(&sent.recruitment) {
        return Err(Problem::not_found());
    }
    let recruitment = RecruitmentId::new(sent.recruitment);
    let reason = Pii::new(sent.reason);
    let id = web.app.set_hold(&staff.actor, &recruitment, &sent.label, ground, reason).await?;
    Ok(created(Made { id }))
}

/// Lifts a legal hold.
#[utoipa::path(
    post,
    path = "/api/v1/holds/{id}/lift",
    tag = "safeguards",
    security(("session" = [], "token" = [])),
    params(("id" = String, Path, description = "The hold's id")),
    request_body = Lifted,
    responses((status = 204, description = "Lifted"), WithBody, Guarded, Missing, Conflicting, Unfit),
)]
pub async fn lift_hold(
    staff: Staff,
    State(web): State<Web>,
    Id(id): Id,
    Sent(sent): Sent<Lifted>,
) -> Result<Response, Problem> {
    web.app.lift_hold(&staff.actor, &id, Pii::new(sent.reason)).await?;
    Ok(done())
}
