//! `/api/v1`: what the pages do, for programs. The same procedures, the same gate, the same log.
//!
//! A body is JSON with `snake_case` keys and no unknown ones; an error is `application/problem+json`
//! and never repeats what was sent. A caller with a session proves with the header
//! [`TOKEN_HEADER`] that it has read an answer of ours, which a page of another site cannot do.
//! Lists never carry scores. The description for programs is [`openapi`]; a test compares it with
//! the table of routes.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Web;
use super::callers::View;
use super::form::{forget, same_site};
use super::problem::Problem;
use super::routes::Routes;

mod ai_support;
mod applications;
mod erasures;
mod log;
mod openapi;
mod own;
mod ranking;
mod reviews;
mod safeguards;
mod session;

/// The header that brings back the token of the session.
pub const TOKEN_HEADER: &str = "X-Urval-Token";

/// The longest id in a path or body, in bytes. Our own ids have 36.
const ID_BYTES_MAX: usize = 64;

/// Adds the rows of `/api/v1` to the table.
#[must_use]
pub fn routes(routes: Routes) -> Routes {
    let get = || Method::GET;
    let post = || Method::POST;
    routes
        .open(get(), "/api/v1/openapi.json", "describes the interface, holds no data", openapi::serve)
        .open(post(), "/api/v1/session", "the door for staff", session::log_in)
        .open(post(), "/api/v1/applicant-session", "the door for holders of a receipt code", session::enter)
        .open(get(), "/api/v1/recruitments", "public adverts, no applicants", applications::recruitments)
        .open(
            post(),
            "/api/v1/recruitments/{id}/applications",
            "hands in an application",
            applications::submit,
        )
        .open(get(), "/api/v1/log/checkpoint", "sizes and hashes only", log::checkpoint)
        .open(get(), "/api/v1/log/vkey", "the public key of the log", log::vkey)
        .staff(get(), "/api/v1/recruitments/{id}/ai-support", ai_support::show)
        .staff(post(), "/api/v1/recruitments/{id}/ai-stops", ai_support::stop)
        .staff(post(), "/api/v1/recruitments/{id}/ai-starts", ai_support::start)
        .staff(get(), "/api/v1/placements/{id}/ranking", ranking::show)
        .staff(get(), "/api/v1/placements/{id}/search", reviews::search)
        .staff(get(), "/api/v1/applications/{id}", reviews::open)
        .staff(post(), "/api/v1/applications/{id}/marks", reviews::mark)
        .staff(post(), "/api/v1/applications/{id}/marks/{criterion}", reviews::change)
        .staff(post(), "/api/v1/applications/{id}/decisions", reviews::decide)
        .staff(post(), "/api/v1/applications/{id}/conflicts", safeguards::declare_conflict)
        .staff(post(), "/api/v1/conflicts/{id}/lift", safeguards::lift_conflict)
        .staff(post(), "/api/v1/applications/{id}/emergencies", safeguards::ask_emergency)
        .staff(post(), "/api/v1/emergencies/{id}/settlement", safeguards::settle_emergency)
        .staff(post(), "/api/v1/emergency-uses/{id}/acknowledgement", safeguards::acknowledge_emergency)
        .staff(get(), "/api/v1/matters", safeguards::matters)
        .staff(get(), "/api/v1/holds", safeguards::holds)
        .staff(post(), "/api/v1/holds", safeguards::set_hold)
        .staff(post(), "/api/v1/holds/{id}/lift", safeguards::lift_hold)
        .staff(get(), "/api/v1/erasure-requests", erasures::list)
        .staff(post(), "/api/v1/erasure-requests/{id}/answer", erasures::answer)
        .staff(get(), "/api/v1/log", log::read)
        .staff(post(), "/api/v1/log/openings", log::open)
        .applicant(get(), "/api/v1/own", own::file)
        .applicant(post(), "/api/v1/own/requests", own::request)
}

/// A JSON body. With a session it has come with the session's token.
struct Sent<T>(T);

/// A JSON body for a door that opens a session: whoever has one already needs no token to get
/// another, because nothing is done in the name of the old one.
struct SentToDoor<T>(T);

impl<T: DeserializeOwned> FromRequest<Web> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let view = View::from_request_parts(&mut parts, web).await?;
        if view.session.is_some() && !brings(&parts.headers, &view.form_token) {
            return Err(token_missing());
        }
        read(parts, body, web).await.map(Self)
    }
}

impl<T: DeserializeOwned> FromRequest<Web> for SentToDoor<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        read(parts, body, web).await.map(Self)
    }
}

async fn read<T: DeserializeOwned>(parts: Parts, body: Body, web: &Web) -> Result<T, Problem> {
    same_site(&parts.headers)?;
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    // A page of another site can send a form without asking, but not this type.
    if kind.split(';').next().map(str::trim) != Some("application/json") {
        return Err(unusable(
            "Skicka JSON med rubriken Content-Type: application/json.",
            "Send JSON with the header Content-Type: application/json.",
        ));
    }
    let bytes =
        Bytes::from_request(Request::from_parts(parts, body), web).await.map_err(|_| Problem::too_large())?;
    let read = serde_json::from_slice(&bytes);
    forget(bytes);
    read.map_err(|error| {
        // serde's own words can quote the body; a place cannot.
        let (line, column) = (error.line(), error.column());
        if error.is_data() {
            unusable(
                &format!("Ett fält är okänt, saknas eller har fel typ: rad {line}, tecken {column}."),
                &format!("A field is unknown, missing or of the wrong type: line {line}, column {column}."),
            )
        } else {
            unusable(
                &format!("Det är inte JSON: rad {line}, tecken {column}."),
                &format!("This is not JSON: line {line}, column {column}."),
            )
        }
    })
}

/// Whether the token came back. It compares without telling by time how much agrees.
fn brings(headers: &HeaderMap, token: &str) -> bool {
    let sent = headers.get(TOKEN_HEADER).map(header::HeaderValue::as_bytes).unwrap_or_default();
    let token = token.as_bytes();
    sent.len() == token.len() && sent.iter().zip(token).fold(0u8, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// One id in a path.
struct Id(String);

/// Two ids in a path.
struct Ids(String, String);

/// Whether a text could be an id of ours. Anything else belongs to nothing, and never reaches a
/// database that refuses some characters.
fn is_id(text: &str) -> bool {
    (1..=ID_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

impl FromRequestParts<Web> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, web).await {
            Ok(Path(id)) if is_id(&id) => Ok(Self(id)),
            _ => Err(Problem::not_found()),
        }
    }
}

impl FromRequestParts<Web> for Ids {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        match Path::<(String, String)>::from_request_parts(parts, web).await {
            Ok(Path((first, second))) if is_id(&first) && is_id(&second) => Ok(Self(first, second)),
            _ => Err(Problem::not_found()),
        }
    }
}

fn created<T: Serialize>(body: T) -> Response {
    (StatusCode::CREATED, Json(body)).into_response()
}

fn done() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

fn unusable(sv: &str, en: &str) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "unusable-body",
        ("Det som skickades kunde inte läsas", sv),
        ("What was sent could not be read", en),
    )
}

fn invalid(sv: &str, en: &str) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "invalid",
        ("Något behöver rättas", sv),
        ("Something needs mending", en),
    )
}

fn token_missing() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "token-missing",
        (
            "Sessionens token saknas",
            "Skicka rubriken X-Urval-Token med token från inloggningens svar. Inget har ändrats.",
        ),
        (
            "The session's token is missing",
            "Send the header X-Urval-Token with the token from the login's answer. Nothing was changed.",
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn described() -> serde_json::Value {
        serde_json::to_value(openapi::document("urval")).expect("the description is JSON")
    }

    #[test]
    fn every_route_is_described_and_nothing_else_is() {
        let table: BTreeSet<(String, String)> = routes(Routes::default())
            .rows()
            .iter()
            .map(|row| (row.method.as_str().to_lowercase(), row.path.to_owned()))
            .collect();
        let document = described();
        let paths = document["paths"].as_object().expect("paths");
        let written: BTreeSet<(String, String)> = paths
            .iter()
            .flat_map(|(path, item)| {
                let methods = item.as_object().expect("an object").keys();
                methods.map(move |method| (method.clone(), path.clone()))
            })
            .collect();
        assert_eq!(table, written);
        assert_eq!(table.len(), 31);
    }

    #[test]
    fn the_description_names_the_guard_of_every_row() {
        use crate::web::routes::Guard;
        let document = described();
        for row in routes(Routes::default()).rows() {
            let operation = &document["paths"][row.path][row.method.as_str().to_lowercase()];
            let wants = &operation["security"];
            match (row.guard, &row.method) {
                (Guard::Open(_), _) => assert!(wants.is_null(), "{}", row.path),
                (_, &Method::POST) => {
                    assert!(wants[0]["session"].is_array() && wants[0]["token"].is_array(), "{}", row.path);
                }
                _ => assert!(wants[0]["session"].is_array() && wants[0]["token"].is_null(), "{}", row.path),
            }
            let statuses = operation["responses"].as_object().expect("responses");
            let has = |status: &str| statuses.contains_key(status);
            assert!(has("200") || has("201") || has("204"), "{} has no success", row.path);
            if !matches!(row.guard, Guard::Open(_)) {
                assert!(has("401") && has("403") && has("503") && has("500"), "{}", row.path);
            }
            if row.path.contains('{') {
                assert!(has("404"), "{}", row.path);
            }
            if row.method == Method::POST {
                assert!(has("400") && has("403") && has("413"), "{}", row.path);
                assert_eq!(operation["requestBody"]["required"], true, "{}", row.path);
            }
        }
    }

    #[test]
    fn the_description_is_of_this_program() {
        let document = described();
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(document["info"]["title"], "Urval");
        assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(document["info"]["license"]["identifier"], "EUPL-1.2");
        let schemes = &document["components"]["securitySchemes"];
        assert_eq!(schemes["session"]["in"], "cookie");
        assert_eq!(schemes["session"]["name"], "urval");
        assert_eq!(schemes["token"]["in"], "header");
        assert_eq!(schemes["token"]["name"], TOKEN_HEADER);
    }

    #[test]
    fn every_reference_in_the_description_leads_somewhere() {
        fn references(value: &serde_json::Value, found: &mut Vec<String>) {
            match value {
                serde_json::Value::Object(map) => {
                    if let Some(to) = map.get("$ref").and_then(|to| to.as_str()) {
                        found.push(to.to_owned());
                    }
                    map.values().for_each(|inner| references(inner, found));
                }
                serde_json::Value::Array(list) => list.iter().for_each(|inner| references(inner, found)),
                _ => {}
            }
        }
        let document = described();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(!found.is_empty());
        for to in found {
            let pointer = to.strip_prefix('#').expect("a place in the document itself");
            assert!(document.pointer(pointer).is_some(), "{to} leads nowhere");
        }
    }

    #[test]
    fn every_key_is_snake_case() {
        fn keys(value: &serde_json::Value, found: &mut Vec<String>) {
            if let Some(properties) = value["properties"].as_object() {
                found.extend(properties.keys().cloned());
                properties.values().for_each(|inner| keys(inner, found));
            }
        }
        let document = described();
        let mut found = Vec::new();
        for schema in document["components"]["schemas"].as_object().expect("schemas").values() {
            keys(schema, &mut found);
        }
        assert!(found.iter().any(|key| key == "receipt_code"));
        for key in found {
            assert!(key.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{key}");
        }
    }

    #[test]
    fn an_id_that_no_row_can_have_never_reaches_the_database() {
        assert!(
            is_id("0198c0de-0000-7000-8000-000000000000")
                && is_id("K2")
                && is_id("helsingborg-digitalisering")
        );
        for odd in ["", "a b", "a\0", "å", "../x", "a;b", &"x".repeat(65)] {
            assert!(!is_id(odd), "{odd:?}");
        }
    }

    #[test]
    fn only_the_whole_token_opens() {
        let mut headers = HeaderMap::new();
        assert!(!brings(&headers, "abc"));
        for (sent, opens) in [("abc", true), ("abd", false), ("ab", false), ("abcd", false), ("", false)] {
            headers.insert("x-urval-token", sent.parse().expect("a header value"));
            assert_eq!(brings(&headers, "abc"), opens, "{sent}");
        }
    }
}
