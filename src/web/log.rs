//! The log over HTTP at the prefix `/logg`, as C2SP `tlog-tiles` says, and this host as a witness of
//! other logs (C2SP `tlog-witness`).
//!
//! Checkpoint and tiles of hashes are open: they show how much happens and nothing of what. Bundles of
//! entries are personal data of employees (a pseudonym with role, organisation and time) and are given
//! to those who may oversee, one entry in the log each.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Web;
use super::callers::{Applicant, Staff, Visitor};
use super::problem::Problem;
use crate::casework::log_witness::Answer;
use crate::guard::audit::tiles::parse_number;

/// A tile never changes.
const FOREVER: &str = "public, max-age=31536000, immutable";

fn bytes(body: Vec<u8>, cache: &'static str) -> Response {
    let mut response = ([(header::CONTENT_TYPE, "application/octet-stream")], body).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

/// The newest signed checkpoint.
///
/// # Errors
/// When the database fails.
pub async fn checkpoint(_visitor: Visitor, State(web): State<Web>) -> Result<Response, Problem> {
    let note = web.app.log_checkpoint().await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response())
}

/// A tile of hashes: `/logg/tile/L/N[.p/W]`.
///
/// # Errors
/// When there is no such tile, or it was pruned.
pub async fn tile(
    _visitor: Visitor,
    State(web): State<Web>,
    Path((level, rest)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let plain = level.parse::<u8>().ok().filter(|number| number.to_string() == level && *number < 64);
    let (Some(level), Some((number, width))) = (plain, parse_number(&rest)) else {
        return Err(Problem::not_found());
    };
    Ok(bytes(web.app.log_tile(level, number, width).await?, FOREVER))
}

/// A bundle of entries: `/logg/tile/entries/N[.p/W]`.
///
/// # Errors
/// When the gate refuses, the log is not open to the caller, or there is no such bundle.
pub async fn bundle(
    staff: Staff,
    State(web): State<Web>,
    Path(rest): Path<String>,
) -> Result<Response, Problem> {
    let (number, width) = parse_number(&rest).ok_or_else(Problem::not_found)?;
    Ok(bytes(web.app.log_bundle(&staff.actor, number, width).await?, "no-store"))
}

/// A receipt: proof of one entry about the own application, `/min-ansokan/kvitto/N.tlog-proof`.
///
/// # Errors
/// When the entry is about somebody else, or is gone.
pub async fn receipt(
    applicant: Applicant,
    State(web): State<Web>,
    Path(file): Path<String>,
) -> Result<Response, Problem> {
    let entry: u64 = file
        .strip_suffix(".tlog-proof")
        .and_then(|digits| digits.parse().ok().filter(|entry: &u64| entry.to_string() == digits))
        .ok_or_else(Problem::not_found)?;
    let text = web.app.own_receipt(&applicant.actor, &applicant.id, entry).await?;
    let name = format!("attachment; filename=\"loggpost-{entry}.tlog-proof\"");
    Ok((
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)],
        text,
    )
        .into_response())
}

/// Cosigns a checkpoint of a watched log: `POST /vittne/add-checkpoint`.
pub async fn add_checkpoint(_visitor: Visitor, State(web): State<Web>, body: Bytes) -> Response {
    let text = "text/plain; charset=utf-8";
    let (status, kind, body) = match web.app.cosign(body.to_vec()).await {
        Answer::Cosigned(line) => (StatusCode::OK, text, line),
        Answer::OtherSize(size) => (StatusCode::CONFLICT, "text/x.tlog.size", format!("{size}\n")),
        Answer::Refused(status, why) => (
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            text,
            format!("{why}\n"),
        ),
    };
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}
