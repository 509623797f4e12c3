//! The log: its lines for the data-protection officer, its checkpoint and key for everybody.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::openapi::{Conflicting, Failing, Guarded, Unfit, WithBody};
use super::{Sent, invalid};
use crate::casework::oversight::{LogCategory, LogFilter, LogLine, LogPage, LogView};
use crate::casework::{CaseError, Conflict};
use crate::guard::audit::Outcome;
use crate::web::Web;
use crate::web::callers::{Staff, Visitor};
use crate::web::problem::Problem;

/// The longest filter, in bytes: as long as a code of the log can be.
const FILTER_BYTES_MAX: usize = 128;

/// What to show. Without a filter: everything.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// An action, such as `application.opened`.
    action: Option<String>,
    /// A role.
    role: Option<String>,
    /// `allowed`, `refused` or `done`.
    outcome: Option<String>,
    /// A pseudonymous actor, as the lines show it.
    actor: Option<String>,
    /// The label of an application.
    label: Option<String>,
    /// Entries with a lower number only: `next` of the page before.
    before: Option<u64>,
    /// The language of problems: `sv` or `en`.
    #[serde(rename = "lang")]
    _lang: Option<String>,
}

/// A page of the log.
#[derive(Serialize, ToSchema)]
pub struct LogAnswer {
    /// Newest first, at most 100.
    lines: Vec<Line>,
    /// `before` of the next page, if there may be more.
    next: Option<u64>,
    /// Whether the log agrees with its signed checkpoint, recomputed for this answer.
    status: Status,
    /// Requests by applicants, newest first.
    requests: Vec<Waiting>,
}

/// One entry.
#[derive(Serialize, ToSchema)]
pub struct Line {
    /// Its number, from 0.
    seq: u64,
    /// When, RFC 3339.
    #[schema(format = DateTime)]
    time: String,
    /// What was tried.
    action: String,
    /// For which purpose.
    purpose: String,
    /// `allowed`, `refused` or `done`.
    outcome: &'static str,
    /// Who, as a pseudonym or the name of a job.
    actor: String,
    /// In which role.
    role: String,
    /// For which organisation.
    organisation: Option<String>,
    /// The policies that decided.
    policies: Vec<String>,
    /// The label of the application concerned, while its key exists.
    application: Option<String>,
    /// The details; null when they were destroyed.
    #[schema(value_type = Option<Object>)]
    detail: Option<Value>,
}

/// Whether the log is whole.
#[derive(Serialize, ToSchema)]
pub struct Status {
    /// How many entries it has.
    size: u64,
    /// The newest signed checkpoint.
    checkpoint: String,
    /// The first entry that does not fit; null when everything fits.
    fault: Option<Fault>,
}

/// Where the log does not fit.
#[derive(Serialize, ToSchema)]
pub struct Fault {
    /// The entry's number.
    seq: u64,
    /// A code, such as `entry_altered`.
    reason: &'static str,
}

/// A request by an applicant.
#[derive(Serialize, ToSchema)]
pub struct Waiting {
    /// The label of the application.
    application: String,
    /// `access`, `erasure`, `ai_free` or `withdrawal`.
    kind: &'static str,
    /// `received` or `done`.
    state: String,
    /// When it came in, RFC 3339.
    #[schema(format = DateTime)]
    received: String,
    /// The last day to answer.
    #[schema(format = Date)]
    answer_by: String,
}

/// Why the log is read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedLog {
    /// `audit`, `applicant`, `incident`, `supervision` or `fault`.
    #[schema(example = "audit")]
    category: String,
    /// 10 to 2,000 characters. It is logged.
    reason: String,
}

/// An open log.
#[derive(Serialize, ToSchema)]
pub struct LogOpen {
    /// Until when, RFC 3339.
    #[schema(format = DateTime)]
    until: String,
}

/// Opens the log for an hour to the person who says why.
#[utoipa::path(
    post,
    path = "/api/v1/log/openings",
    tag = "log",
    security(("session" = [], "token" = [])),
    request_body = WantedLog,
    responses((status = 201, description = "The log is open", body = LogOpen), Guarded, Unfit, WithBody),
)]
pub async fn open(
    staff: Staff,
    State(web): State<Web>,
    Sent(sent): Sent<WantedLog>,
) -> Result<Response, Problem> {
    let category = LogCategory::parse(&sent.category).ok_or_else(|| {
        invalid(
            "category är audit, applicant, incident, supervision eller fault.",
            "category is audit, applicant, incident, supervision or fault.",
        )
    })?;
    let until = web.app.open_log(&staff.actor, category, &sent.reason).await?.rfc3339();
    Ok((StatusCode::CREATED, Json(LogOpen { until })).into_response())
}

/// The log, newest first, when it is open to the caller. Reading it is itself an entry.
#[utoipa::path(
    get,
    path = "/api/v1/log",
    tag = "log",
    security(("session" = [])),
    params(LogQuery),
    responses((status = 200, description = "A page of the log", body = LogAnswer), Guarded, Unfit, Conflicting),
)]
pub async fn read(
    staff: Staff,
    State(web): State<Web>,
    query: Result<Query<LogQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let filter = match query {
        Ok(Query(query)) => filter(query)?,
        Err(_) => return Err(unknown_filter()),
    };
    match web.app.read_log(&staff.actor, &filter).await? {
        LogView::Open(page) => Ok(Json(answer(page)).into_response()),
        LogView::Closed(_) => Err(CaseError::Conflict(Conflict::LogNotOpened).into()),
    }
}

fn filter(query: LogQuery) -> Result<LogFilter, Problem> {
    let filter = LogFilter {
        action: query.action.unwrap_or_default(),
        role: query.role.unwrap_or_default(),
        outcome: query.outcome.unwrap_or_default(),
        actor: query.actor.unwrap_or_default(),
        label: query.label.unwrap_or_default(),
        before: query.before,
    };
    let texts = [&filter.action, &filter.role, &filter.outcome, &filter.actor, &filter.label];
    if texts.iter().any(|text| text.len() > FILTER_BYTES_MAX) {
        return Err(invalid(
            "Ett filter är längre än 128 tecken.",
            "A filter is longer than 128 characters.",
        ));
    }
    // A misspelt outcome would look like an empty log.
    if !matches!(filter.outcome.as_str(), "" | "allowed" | "refused" | "done") {
        return Err(invalid(
            "outcome är allowed, refused eller done.",
            "outcome is allowed, refused or done.",
        ));
    }
    // The database counts in signed numbers; no log has more entries than they reach.
    if filter.before.is_some_and(|before| i64::try_from(before).is_err()) {
        return Err(unknown_filter());
    }
    Ok(filter)
}

fn unknown_filter() -> Problem {
    invalid(
        "Filter är action, role, outcome, actor, label och before (ett heltal från 0).",
        "Filters are action, role, outcome, actor, label and before (a whole number from 0).",
    )
}

fn answer(page: LogPage) -> LogAnswer {
    LogAnswer {
        lines: page.lines.into_iter().map(line).collect(),
        next: page.next,
        status: Status {
            size: page.status.size,
            checkpoint: page.status.checkpoint,
            fault: page.status.fault.map(|(seq, reason)| Fault { seq, reason }),
        },
        requests: page
            .requests
            .into_iter()
            .map(|request| Waiting {
                application: request.label,
                kind: request.kind.code(),
                state: request.state,
                received: request.received_at.rfc3339(),
                answer_by: request.due_on,
            })
            .collect(),
    }
}

fn line(line: LogLine) -> Line {
    let entry = line.leaf.entry;
    Line {
        seq: line.seq,
        time: entry.time.rfc3339(),
        action: entry.action,
        purpose: entry.purpose,
        outcome: match entry.outcome {
            Outcome::Allowed => "allowed",
            Outcome::Refused => "refused",
            Outcome::Done => "done",
        },
        actor: entry.actor,
        role: entry.role,
        organisation: entry.organisation,
        policies: entry.policies,
        application: line.label,
        detail: line.detail,
    }
}

/// The newest signed checkpoint of the log, a C2SP signed note: sizes and hashes only.
#[utoipa::path(
    get,
    path = "/api/v1/log/checkpoint",
    tag = "log",
    responses((status = 200, description = "The note", body = String, content_type = "text/plain"), Failing),
)]
pub async fn checkpoint(_visitor: Visitor, State(web): State<Web>) -> Result<Response, Problem> {
    Ok(plain(web.app.checkpoint().await?))
}

/// The key that verifies checkpoints.
#[utoipa::path(
    get,
    path = "/api/v1/log/vkey",
    tag = "log",
    responses((status = 200, description = "NAME+ID+KEY", body = String, content_type = "text/plain"), Failing),
)]
pub async fn vkey(_visitor: Visitor, State(web): State<Web>) -> Result<Response, Problem> {
    Ok(plain(format!("{}\n", web.app.log_vkey())))
}

fn plain(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_filter_is_refused_and_not_answered_with_an_empty_log() {
        let with = |outcome: &str| LogQuery { outcome: Some(outcome.to_owned()), ..LogQuery::default() };
        assert!(filter(with("refused")).is_ok() && filter(with("")).is_ok());
        assert_eq!(filter(with("refuse")).err().map(|p| p.status().as_u16()), Some(422));
        assert!(filter(LogQuery { action: Some("x".repeat(129)), ..LogQuery::default() }).is_err());
        assert!(filter(LogQuery { before: Some(u64::MAX), ..LogQuery::default() }).is_err());
    }
}
