//! Forms. [`Posted`] is the only way to a form's fields: it has checked that the form came from one
//! of our own pages.

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, FromRequestParts, Multipart, Request};
use axum::http::{StatusCode, header};
use zeroize::{Zeroize, Zeroizing};

use super::callers::View;
use super::problem::Problem;
use super::uploads::{self, Room};
use super::{UPLOAD_BYTES_MAX, Web};
use crate::casework::aside::aside;

/// The fields of a form that came from one of our own pages. They can be a password or a whole application, so
/// they are overwritten when dropped and not shown by `Debug`.
pub struct Posted(Vec<(String, String)>);

impl Drop for Posted {
    fn drop(&mut self) {
        for (_, value) in &mut self.0 {
            value.zeroize();
        }
    }
}

impl std::fmt::Debug for Posted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Posted({} fields)", self.0.len())
    }
}

impl Posted {
    /// The first value of a field, line ends as `\n`; empty when the field is absent.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    /// Every value of a field, such as of check boxes.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Fields whose name begins with a prefix: the rest of the name and the value.
    pub fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.as_str())))
    }
}

/// The fields of a form and the files that came with it. What the files were called is not kept: names of files
/// hold names of people, and the type is told by the content.
pub struct PostedFiles {
    /// The fields.
    pub fields: Posted,
    /// The files: the field's name and the bytes.
    pub files: Vec<(String, Zeroizing<Vec<u8>>)>,
    /// The memory for them, until the request is answered.
    pub room: Option<Room>,
}

impl FromRequest<Web> for PostedFiles {
    type Rejection = Problem;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Problem> {
        if !content_type(&request).starts_with("multipart/form-data") {
            return Ok(Self {
                fields: Posted::from_request(request, web).await?,
                files: Vec::new(),
                room: None,
            });
        }
        let (mut parts, body) = request.into_parts();
        let view = View::from_request_parts(&mut parts, web).await?;
        same_site(&parts.headers)?;
        let length =
            parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let room = match web.uploads.room_for(length).await {
            Ok(room) => room,
            Err(full) => {
                // A browser that is still sending shows no answer.
                let _ = tokio::time::timeout(uploads::time_for(length), unkept(body)).await;
                return Err(full);
            }
        };
        // The whole body first: an upload that is cut off at any byte ends here, and nothing is stored.
        let whole = Bytes::from_request(Request::from_parts(parts.clone(), body), web);
        let whole = tokio::time::timeout(uploads::time_for(length), whole)
            .await
            .map_err(|_| Problem::too_slow())?
            .map_err(|_| Problem::too_large())?;
        let mut all = Multipart::from_request(Request::from_parts(parts, whole.into()), web)
            .await
            .map_err(|_| Problem::unusable_body())?;
        let (mut fields, mut files) = (Posted(Vec::new()), Vec::new());
        while let Some(field) = all.next_field().await.map_err(|error| cut_off(&error))? {
            let name = field.name().unwrap_or_default().to_owned();
            let is_file = field.file_name().is_some();
            let bytes = field.bytes().await.map_err(|error| cut_off(&error))?;
            if is_file {
                let copied = aside(bytes.len(), || {
                    let copied = Zeroizing::new(bytes.to_vec());
                    forget(bytes);
                    copied
                });
                if !copied.is_empty() {
                    files.push((name, copied));
                }
            } else {
                let text = std::str::from_utf8(&bytes).map_err(|_| Problem::unusable_body())?;
                fields.0.push((name, one_kind_of_line_end(text.to_owned())));
                forget(bytes);
            }
        }
        fields.check_origin(&view)?;
        Ok(Self { fields, files, room: Some(room) })
    }
}

/// Reads a body to its end, or as far as one may go, and keeps nothing of it.
async fn unkept(mut body: Body) {
    let mut left = UPLOAD_BYTES_MAX;
    while let Some(Ok(frame)) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

fn cut_off(error: &MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::too_large()
    } else {
        Problem::unusable_body()
    }
}

fn content_type(request: &Request) -> &str {
    request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

impl Posted {
    /// Refuses a form that did not come from a page of ours that this visitor was shown.
    fn check_origin(&self, view: &View) -> Result<(), Problem> {
        if same_text(self.get("token"), &view.form_token) { Ok(()) } else { Err(Problem::stale_form()) }
    }
}

impl FromRequest<Web> for Posted {
    type Rejection = Problem;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Problem> {
        let known = content_type(&request).starts_with("application/x-www-form-urlencoded");
        let (mut parts, body) = request.into_parts();
        let view = View::from_request_parts(&mut parts, web).await?;
        same_site(&parts.headers)?;
        if !known {
            return Err(Problem::unusable_body());
        }
        let bytes = Bytes::from_request(Request::from_parts(parts, body), web)
            .await
            .map_err(|_| Problem::too_large())?;
        let fields: Vec<(String, String)> = form_urlencoded::parse(&bytes)
            .map(|(name, value)| (name.into_owned(), one_kind_of_line_end(value.into_owned())))
            .collect();
        forget(bytes);
        let posted = Self(fields);
        posted.check_origin(&view)?;
        Ok(posted)
    }
}

/// Line ends as `\n`, without leaving a copy of the text behind.
pub(super) fn one_kind_of_line_end(text: String) -> String {
    if !text.contains('\r') {
        return text;
    }
    let text = Zeroizing::new(text);
    // As long as the text at most: a buffer that grew would leave its earlier self behind.
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\r' {
            out.push(letter);
        } else if letters.peek() != Some(&'\n') {
            out.push('\n');
        }
    }
    out
}

/// Overwrites a body that has been read, unless the server's own read buffer still shares it.
pub(super) fn forget(bytes: Bytes) {
    if let Ok(mut own) = bytes.try_into_mut() {
        own[..].zeroize();
    }
}

/// Refuses what a browser says came from another site. The `SameSite=Strict` cookie and the token
/// say the same a second and third time.
///
/// # Errors
/// When the browser names another site.
pub fn same_site(headers: &axum::http::HeaderMap) -> Result<(), Problem> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    match text(header::HeaderName::from_static("sec-fetch-site")) {
        None | Some("same-origin" | "none") => {}
        Some(_) => return Err(Problem::other_site()),
    }
    if let (Some(origin), Some(host)) = (text(header::ORIGIN), text(header::HOST)) {
        let named = origin.split_once("://").map_or(origin, |(_, rest)| rest);
        if named != host && origin != "null" {
            return Err(Problem::other_site());
        }
    }
    Ok(())
}

/// Compares without telling by time how much agrees.
fn same_text(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0u8, |acc, (x, y)| acc | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_end_becomes_one_and_nothing_else_changes() {
        for (typed, kept) in [
            ("", ""),
            ("a\nb", "a\nb"),
            ("a\r\nb\rc\n", "a\nb\nc\n"),
            ("\r\r\n\r", "\n\n\n"),
            ("å\r\nö\n\r", "å\nö\n\n"),
        ] {
            assert_eq!(one_kind_of_line_end(typed.into()), kept, "{typed:?}");
            assert_eq!(typed.replace("\r\n", "\n").replace('\r', "\n"), kept, "{typed:?}");
        }
    }

    #[test]
    fn a_form_is_not_shown() {
        let posted = Posted(vec![("password".into(), "hemligt".into())]);
        assert_eq!(format!("{posted:?}"), "Posted(1 fields)");
    }
}
