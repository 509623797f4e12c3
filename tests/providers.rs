//! Providers for the stories about signing in: one that says whatever the story wants (axum, in this
//! program), and a real one (npm's oidc-provider, in Node).

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use urval::casework::federation::providers::Providers;
use urval::casework::setup::NewStaff;
use urval::guard::access::Job;
use urval::guard::oidc::Settings;
use urval::subject::role::Role;
use urval::web::outbound::Outbound;
use urval::web::{Web, router};
use zeroize::Zeroizing;

use crate::fixture::{Client, PASSWORD, Page, Site};

/// The client's secret at every provider of the stories.
pub const SECRET: &str = "a secret of the stories: 32 bytes & more";

/// The same service at an address of its own, with providers.
pub struct Door {
    pub base: String,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A place for a door: its address is in the providers' settings, so it comes first.
pub async fn place() -> (tokio::net::TcpListener, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    (listener, base)
}

/// Settings of one provider.
pub fn entry(id: &str, issuer: &str, organisation: &str, more: &str) -> String {
    format!(
        "[[provider]]\nid = \"{id}\"\nissuer = \"{issuer}\"\nclient_id = \"urval\"\n\
         organisations = [\"{organisation}\"]\nbutton_sv = \"Logga in med {id}\"\n\
         button_en = \"Sign in with {id}\"\n{more}\n"
    )
}

impl Door {
    /// Opens it with the entries of its settings.
    pub fn open(site: &Site, at: (tokio::net::TcpListener, String), entries: &str) -> Self {
        let (listener, base) = at;
        let settings = Settings::parse(&format!("service = \"{base}\"\n{entries}")).expect("settings");
        let list = settings.providers.into_iter().map(|provider| {
            let provider = provider.with_secret(Zeroizing::new(SECRET.to_owned()));
            (provider, Outbound::new(None).expect("a way out"))
        });
        let web = Web {
            app: Arc::clone(&site.app),
            secure_cookies: false,
            demo_logins: Arc::default(),
            providers: Arc::new(Providers::new(list.collect())),
            trusted_proxies: Arc::default(),
            uploads: urval::web::uploads::Uploads::default(),
        };
        let service = router(web).into_make_service_with_connect_info::<std::net::SocketAddr>();
        let server = tokio::spawn(async move {
            axum::serve(listener, service).await.expect("the server");
        });
        Self { base, server }
    }

    /// A browser at this door.
    pub fn visitor(&self) -> Client {
        Client::new(&self.base)
    }
}

/// An account without a session.
pub async fn account(site: &Site, login: &str, organisation: &str, role: Role) {
    let new = NewStaff { login, name: "Påhittad Person", password: PASSWORD, organisation, role };
    site.app.add_staff(Job::Demo, &new).await.expect("an account");
}

/// Presses a provider's button. Gives where the browser is led.
pub async fn press(browser: &Client, id: &str) -> String {
    let page = browser.get("/logga-in").await;
    assert!(page.text.contains(&format!("/logga-in/via/{id}")), "no button: {}", page.text);
    let page = browser.post_form(&format!("/logga-in/via/{id}"), &[]).await;
    assert_eq!(page.status, 200, "{}", page.text);
    led_to(&page)
}

/// Where a page of ours leads on to by itself; its link leads to the same place.
pub fn led_to(page: &Page) -> String {
    let refresh = page.headers.get("refresh").and_then(|v| v.to_str().ok()).expect("a page that leads on");
    let to = refresh.strip_prefix("0; url=").expect("at once").to_owned();
    assert!(
        page.text.contains(&format!("href=\"{}\"", to.replace('&', "&amp;"))),
        "the link leads elsewhere"
    );
    to
}

/// The parameters of an address.
pub fn parameters(address: &str) -> HashMap<String, String> {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// Whether a browser has a session of staff.
pub async fn is_in(browser: &Client) -> bool {
    let page = browser.get("/arbete").await;
    match (page.status, page.location()) {
        (200, _) => true,
        (303, "/logga-in") => false,
        other => panic!("neither in nor out: {other:?}"),
    }
}

// ---- one that says whatever the story wants ---------------------------------------------------------

/// A key of a provider.
pub struct Signer(EcdsaKeyPair);

pub fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Default for Signer {
    fn default() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        Self(EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).expect("a key"))
    }
}

impl Signer {
    pub fn jwk(&self, kid: &str) -> Value {
        let point = self.0.public_key().as_ref();
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": kid, "x": b64(&point[1..33]), "y": b64(&point[33..]) })
    }

    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).expect("a signature");
        format!("{signed}.{}", b64(signature))
    }
}

/// What the provider answers at a path: status, a place it leads on to, body.
type Said = (u16, Option<String>, String);

/// A provider that answers what it was told to.
#[derive(Clone)]
pub struct Puppet {
    pub issuer: String,
    says: Arc<Mutex<HashMap<String, Said>>>,
    heard: Arc<Mutex<Vec<(String, HeaderMap, String)>>>,
}

impl Puppet {
    /// One that describes itself properly and has one key, `k1`.
    pub async fn new(signer: &Signer) -> Self {
        let (listener, issuer) = place().await;
        let puppet = Self { issuer: issuer.clone(), says: Arc::default(), heard: Arc::default() };
        puppet.describe(json!({}));
        puppet.says("/jwks", 200, &json!({ "keys": [signer.jwk("k1")] }).to_string());
        let app = axum::Router::new().fallback(answer).with_state(puppet.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.expect("the provider") });
        puppet
    }

    /// Describes itself, with some members changed.
    pub fn describe(&self, changed: Value) {
        let issuer = &self.issuer;
        let mut document = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/auth"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"),
            "end_session_endpoint": format!("{issuer}/end"),
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
        });
        for (member, value) in changed.as_object().expect("members") {
            document[member] = value.clone();
        }
        self.says("/.well-known/openid-configuration", 200, &document.to_string());
    }

    pub fn says(&self, path: &str, status: u16, body: &str) {
        self.says.lock().expect("the answers").insert(path.into(), (status, None, body.into()));
    }

    pub fn leads_on(&self, path: &str, to: &str) {
        self.says.lock().expect("the answers").insert(path.into(), (302, Some(to.into()), String::new()));
    }

    /// How often a path was asked for.
    pub fn asked(&self, path: &str) -> usize {
        self.heard.lock().expect("the questions").iter().filter(|(at, ..)| at == path).count()
    }

    /// The last question at a path: headers and body.
    pub fn heard(&self, path: &str) -> (HeaderMap, String) {
        let heard = self.heard.lock().expect("the questions");
        let (_, headers, body) = heard.iter().rev().find(|(at, ..)| at == path).expect("a question");
        (headers.clone(), body.clone())
    }
}

async fn answer(State(puppet): State<Puppet>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let body = String::from_utf8_lossy(&body).into_owned();
    puppet.heard.lock().expect("the questions").push((uri.path().into(), headers, body));
    let said = puppet.says.lock().expect("the answers").get(uri.path()).cloned();
    let Some((status, to, body)) = said else { return StatusCode::NOT_FOUND.into_response() };
    let status = StatusCode::from_u16(status).expect("a status");
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    if let Some(to) = to {
        response.headers_mut().insert(header::LOCATION, to.parse().expect("an address"));
    }
    response
}

// ---- a real one -------------------------------------------------------------------------------------

/// A running oidc-provider. It ends with this value.
pub struct Real {
    pub issuer: String,
    child: Child,
}

impl Drop for Real {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How to start it.
pub struct How<'a> {
    /// 0 for any; the port of an earlier one to take its place with new keys.
    pub port: u16,
    pub redirect: &'a str,
    pub algorithm: &'a str,
    pub method: &'a str,
}

impl Real {
    /// Starts it; `None` when Node or its packages are not there.
    pub fn start(how: &How<'_>) -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc");
        if !folder.join("node_modules/oidc-provider").exists() {
            assert!(
                std::env::var_os("URVAL_TEST_REQUIRE_OIDC").is_none(),
                "npm --prefix tests/oidc ci --ignore-scripts brings the provider"
            );
            println!("SKIPPED: npm's oidc-provider is not installed; tests/run installs it");
            return None;
        }
        let given = json!({
            "port": how.port, "redirect": how.redirect, "secret": SECRET, "algorithm": how.algorithm,
            "method": how.method,
        });
        let mut child = Command::new("node")
            .arg(folder.join("provider.mjs"))
            .arg(given.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node");
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().expect("its output"));
        said.read_line(&mut line).expect("a line");
        let said: Value = serde_json::from_str(&line).expect("the provider says where it is");
        let issuer = said["issuer"].as_str().expect("an issuer").to_owned();
        Some(Self { issuer, child })
    }

    pub fn port(&self) -> u16 {
        self.issuer.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).expect("a port")
    }

    /// Says who comes next.
    pub async fn next(&self, who: Value) {
        let answer =
            Wanderer::default().send(&format!("{}/test/next", self.issuer), Some(who.to_string())).await;
        assert_eq!(answer.0, 200);
    }
}

/// A browser at the provider: keeps its cookies there.
#[derive(Default)]
pub struct Wanderer {
    cookies: Mutex<HashMap<String, String>>,
}

impl Wanderer {
    async fn send(&self, address: &str, body: Option<String>) -> (u16, String) {
        let cookies = {
            let kept = self.cookies.lock().expect("the cookies");
            kept.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
        };
        let address = address.to_owned();
        let answer = tokio::task::spawn_blocking(move || {
            let agent = ureq::Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .max_redirects_will_error(false)
                .proxy(None)
                .build()
                .new_agent();
            match body {
                Some(body) => agent.post(&address).header("cookie", &cookies).send(body),
                None => agent.get(&address).header("cookie", &cookies).call(),
            }
            .expect("an answer")
        })
        .await
        .expect("the request ends");
        let mut kept = self.cookies.lock().expect("the cookies");
        for set in answer.headers().get_all("set-cookie") {
            let pair = set.to_str().expect("a cookie").split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                kept.insert(name.into(), value.into());
            }
        }
        let to = answer.headers().get("location").and_then(|v| v.to_str().ok()).unwrap_or_default();
        (answer.status().as_u16(), to.to_owned())
    }

    /// Follows the provider from an address until it leads to another site. Gives where.
    pub async fn follow(&self, provider: &Real, from: &str) -> String {
        let mut at = from.to_owned();
        for _ in 0..10 {
            let (status, to) = self.send(&at, None).await;
            assert!((300..400).contains(&status), "{at}: {status}");
            at = if to.starts_with('/') { format!("{}{to}", provider.issuer) } else { to };
            if !at.starts_with(&provider.issuer) {
                return at;
            }
        }
        panic!("the provider leads in a circle");
    }
}
