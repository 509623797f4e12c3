//! The only module that speaks HTTP: parse, ask casework, render. It never touches the store.
//!
//! [`routes`] is the table of everything that can be called, each with who may call it;
//! [`callers`] are the extractors that are the only way past a guarded row of it; [`problem`] is the
//! single place that chooses a status.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;

use crate::casework::App;
use crate::casework::federation::providers::Providers;

pub mod address;
pub mod api;
pub mod callers;
pub mod form;
pub mod layout;
pub mod outbound;
pub mod log;
pub mod pages;
pub mod problem;
pub mod routes;
pub mod uploads;

use outbound::Outbound;
use uploads::Uploads;

/// What every handler shares.
#[derive(Clone)]
pub struct Web {
    /// The procedures.
    pub app: Arc<App>,
    /// Cookies are `Secure` and carry the `__Host-` prefix: on unless the service is reached over
    /// plain HTTP on this machine.
    pub secure_cookies: bool,
    /// The demonstration's logins, shown on the login page. Empty in a real installation.
    pub demo_logins: Arc<Vec<DemoLogin>>,
    /// Proxies that may say who called them. Empty: the address is the socket's.
    pub trusted_proxies: Arc<Vec<address::ProxyRange>>,
    /// The providers that staff may sign in through. Empty where there is none.
    pub providers: Arc<Providers<Outbound>>,
    /// The memory for requests with files.
    pub uploads: Uploads,
}

/// A login of the demonstration.
#[derive(Clone, Debug)]
pub struct DemoLogin {
    /// What to type.
    pub login: String,
    /// What it is for.
    pub role: crate::subject::role::Role,
    /// In whose name.
    pub organisation: String,
}

/// Bytes of one request's body at most: three long texts and the answers, form-encoded.
pub const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Bytes of an application's body at most, where files come with it: two of them, and what is typed.
pub const UPLOAD_BYTES_MAX: usize = 2 * crate::casework::drafts::FILE_BYTES_MAX + BODY_BYTES_MAX;

/// The whole service as a router.
pub fn router(web: Web) -> Router {
    routes::table()
        .into_router()
        .layer(middleware::from_fn_with_state(web.clone(), problem::render))
        .layer(middleware::from_fn(headers))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(web)
}

/// Headers of every answer. Nothing is cached but the style sheet: every page may hold personal
/// data, and a shared computer keeps its history.
async fn headers(request: axum::extract::Request, next: Next) -> Response {
    let is_static = request.uri().path().starts_with("/static/");
    // A tile of the log says itself how long it may be kept.
    let is_tile = request.uri().path().starts_with("/logg/tile/");
    let mut response = next.run(request).await;
    let map = response.headers_mut();
    let says_itself = is_tile && map.contains_key(header::CACHE_CONTROL);
    let mut put = |name: HeaderName, value: &'static str| {
        map.insert(name, HeaderValue::from_static(value));
    };
    put(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
    );
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::X_FRAME_OPTIONS, "DENY");
    put(header::REFERRER_POLICY, "no-referrer");
    put(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    put(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    put(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()");
    if !says_itself {
        put(header::CACHE_CONTROL, if is_static { "public, max-age=3600" } else { "no-store" });
    }
    response
}
