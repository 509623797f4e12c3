//! A running service for one test: its own data folder, its own database, the real model, reached
//! over HTTP. `on_both!` makes one test for each engine.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::{Value, json};
use sqlx::Connection;
use ureq::http::{HeaderMap, Method, Request};
use urval::casework::setup::{NewOrganisation, NewRound, NewStaff, RoundKind};
use urval::casework::{App, Parts, Placement, Storage};
use urval::clock::{Chance, Clock, Moment};
use urval::guard::access::Job;
use urval::guard::keys::KeyRing;
use urval::guard::policy::Policies;
use urval::pipeline::encoder::{Encoder, Manifest};
use urval::pipeline::extract::Extractor;
use urval::store::Db;
use urval::subject::id::RecruitmentId;
use urval::subject::profile::Profile;
use urval::subject::role::Role;
use urval::web::uploads::Uploads;
use urval::web::{Web, router};

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// 2026-11-23 11:00 in Sweden, a Monday.
pub const NOW: Moment = Moment(1_795_428_000_000_000);

/// The password of every account.
pub const PASSWORD: &str = "korrekt häst batteri häftstift";

/// Makes one `#[tokio::test]` an engine out of `async fn name(site: Site)`.
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($site:ident) $body:block)*) => {$(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports, reason = "a story may use none of its neighbours")]
            use super::*;
            async fn story($site: crate::fixture::Site) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                story(crate::fixture::site(crate::fixture::Engine::Sqlite).await.expect("a site")).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgresql() {
                if let Some(site) = crate::fixture::site(crate::fixture::Engine::Postgres).await {
                    story(site).await;
                }
            }
        }
    )*};
}
pub(crate) use on_both;

/// The real model, loaded once for all tests.
pub fn encoder() -> Arc<Encoder> {
    static ENCODER: OnceLock<Arc<Encoder>> = OnceLock::new();
    Arc::clone(ENCODER.get_or_init(|| {
        let manifest = Manifest::embedded().expect("the manifest");
        let entry = manifest.default_model().expect("a default model");
        // It lies in the program: no folder is looked at.
        Arc::new(Encoder::open(entry, std::path::Path::new("")).expect("the model"))
    }))
}

/// A running service.
pub struct Site {
    pub base: String,
    pub app: Arc<App>,
    pub db: Db,
    pub clock: Clock,
    pub recruitment: RecruitmentId,
    pub placements: Vec<Placement>,
    pub engine: Engine,
    /// Address of this test's own PostgreSQL database.
    pub postgres: Option<String>,
    pub folder: tempfile::TempDir,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

pub async fn own_database() -> Option<String> {
    let Ok(server) = std::env::var("URVAL_TEST_POSTGRES") else {
        assert!(
            std::env::var_os("URVAL_TEST_REQUIRE_POSTGRES").is_none(),
            "URVAL_TEST_POSTGRES must name a PostgreSQL server"
        );
        println!("SKIPPED: URVAL_TEST_POSTGRES names no PostgreSQL server; tests/run starts one");
        return None;
    };
    let name = format!("t_{}", hex::encode(Chance::system().bytes::<8>().expect("chance")));
    let mut admin = sqlx::PgConnection::connect(&server).await.expect("the PostgreSQL server");
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&mut admin)
        .await
        .expect("a database");
    let (before, _) = server.rsplit_once('/').expect("an address with a database");
    Some(format!("{before}/{name}"))
}

/// Starts a service on an engine; `None` when there is no PostgreSQL to test on.
pub async fn site(engine: Engine) -> Option<Site> {
    site_where(engine, &[]).await
}

/// The content type of [`Client::post_files`].
pub const MULTIPART: &str = "multipart/form-data; boundary=grans-7f3";

/// The readers of documents, shared by every site of this process.
fn readers() -> Extractor {
    static READERS: OnceLock<Extractor> = OnceLock::new();
    let start = || Extractor::start(env!("CARGO_BIN_EXE_urval").into(), 1, 2).expect("walls that stand");
    READERS.get_or_init(start).clone()
}

/// As [`site`], with roles that may not work without a second factor.
pub async fn site_where(engine: Engine, roles: &'static [Role]) -> Option<Site> {
    // What the service says of a fault is shown when the test fails.
    let _ = tracing_subscriber::fmt().with_env_filter("urval=error").with_test_writer().try_init();
    let folder = tempfile::tempdir().expect("a folder");
    let chance = Chance::system();
    let clock = Clock::fixed(NOW);
    let keys = KeyRing::create_or_open(folder.path(), &chance, false).expect("keys");
    let parts = Parts {
        keys: &keys,
        origin: urval::cli::open::ORIGIN,
        policies: Policies::shipped().expect("policies"),
        clock: clock.clone(),
        chance,
        encoder: Some(encoder()),
    };
    let file = folder.path().join("urval.sqlite");
    let postgres = match engine {
        Engine::Sqlite => None,
        Engine::Postgres => Some(own_database().await?),
    };
    let storage = postgres.as_deref().map_or(Storage::Sqlite(&file), Storage::Postgres);
    // No role needs a second factor here, so that the other stories stay about something else.
    let app = Arc::new(App::open(storage, parts).await.expect("the service").second_factor_for(roles));
    app.read_documents_with(readers());
    let db = app.db().clone();
    let profile = Profile::freeze(urval::demo::PROFILE).expect("the profile");
    let organisations: Vec<NewOrganisation<'_>> = urval::demo::MUNICIPALITIES
        .iter()
        .map(|(id, name)| NewOrganisation { id, name, kind: "kommun" })
        .collect();
    let round = NewRound { case_number: "TEST 2026/1", invented: true, kind: RoundKind::Round };
    let recruitment = app.open_round(Job::Demo, &organisations, &round, &profile).await.expect("a round");
    let (_, placements, _) = app.round(&recruitment).await.expect("the round");

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let web = Web {
        app: Arc::clone(&app),
        secure_cookies: false,
        demo_logins: Arc::new(Vec::new()),
        // The stories call from this machine, and say in X-Forwarded-For from where they mean.
        trusted_proxies: Arc::new(vec!["127.0.0.1".parse().expect("an address")]),
        providers: Arc::default(),
        // Nobody waits as long as an applicant does.
        uploads: Uploads::waiting(std::time::Duration::from_secs(1)),
    };
    let service = router(web).into_make_service_with_connect_info::<std::net::SocketAddr>();
    let server = tokio::spawn(async move {
        axum::serve(listener, service).await.expect("the server");
    });
    Some(Site { base, app, db, clock, recruitment, placements, engine, postgres, folder, server })
}

/// The receipt of an application made in a test.
#[derive(Clone, Debug)]
pub struct Receipt {
    pub label: String,
    pub code: String,
}

impl Site {
    /// A browser without a session.
    pub fn visitor(&self) -> Client {
        Client::new(&self.base)
    }

    /// A browser in which a new member of staff is logged in.
    pub async fn staff(&self, role: Role, organisation: &str) -> Client {
        let login =
            format!("{}-{}", role.code(), hex::encode(Chance::system().bytes::<4>().expect("chance")));
        let name = format!("Påhittad {}", role.code());
        self.app
            .add_staff(
                Job::Demo,
                &NewStaff { login: &login, name: &name, password: PASSWORD, organisation, role },
            )
            .await
            .expect("an account");
        let client = self.visitor();
        let page =
            client.post_json("/api/v1/session", &json!({ "login": login, "password": PASSWORD })).await;
        assert_eq!(page.status, 200, "log in: {}", page.text);
        client.learn(&page);
        client
    }

    /// A browser of a new data-protection officer who has said why the log is read.
    pub async fn dpo_with_log(&self) -> Client {
        let dpo = self.staff(Role::Dpo, "helsingborg").await;
        let why = json!({ "category": "audit", "reason": "planned reading in a test" });
        assert_eq!(dpo.post_json("/api/v1/log/openings", &why).await.status, 201);
        dpo
    }

    /// A browser of the holder of a receipt code.
    pub async fn applicant(&self, code: &str) -> Client {
        let client = self.visitor();
        let page = client.post_json("/api/v1/applicant-session", &json!({ "receipt_code": code })).await;
        assert_eq!(page.status, 200, "receipt: {}", page.text);
        client.learn(&page);
        client
    }

    /// The placement with an id in the profile.
    pub fn placement(&self, slug: &str) -> &Placement {
        self.placements.iter().find(|p| p.slug == slug).expect("a placement of the profile")
    }

    /// Hands in an application through the API.
    pub async fn apply(&self, name: &str, letter: &str, slugs: &[&str]) -> Receipt {
        let ids: Vec<&str> = slugs.iter().map(|slug| self.placement(slug).id.as_str()).collect();
        self.apply_with(json!({
            "protected_identity": false, "notice_version": urval::casework::intake::NOTICE_VERSION,
            "name": name, "email": "test.person@example.com", "placements": ids, "letter": letter,
            "language": "en",
        }))
        .await
    }

    /// Hands in an application given as the API takes it.
    pub async fn apply_with(&self, body: Value) -> Receipt {
        let page = self
            .visitor()
            .post_json(&format!("/api/v1/recruitments/{}/applications", self.recruitment), &body)
            .await;
        assert_eq!(page.status, 201, "apply: {}", page.text);
        let value = page.json();
        Receipt {
            label: value["label"].as_str().expect("a label").into(),
            code: value["receipt_code"].as_str().expect("a code").into(),
        }
    }

    /// The id behind a label.
    pub async fn id_of(&self, label: &str) -> String {
        let id = self.db.by_label(&self.recruitment, label).await.expect("the database");
        id.expect("an application with this label").to_string()
    }

    /// Lets the model read everything that waits.
    pub async fn score(&self) {
        for id in self.app.waiting(&self.recruitment).await.expect("the queue") {
            self.app.screen_one(Job::Scorer, &id).await.expect("an assessment");
        }
    }

    /// Runs one statement behind the service's back.
    pub async fn behind_its_back(&self, sql: &str) {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        match &self.postgres {
            Some(url) => {
                let mut connection = sqlx::PgConnection::connect(url).await.expect("PostgreSQL");
                sqlx::raw_sql(sql).execute(&mut connection).await.expect("the statement");
            }
            None => {
                let file = self.folder.path().join("urval.sqlite");
                let mut connection = sqlx::SqliteConnection::connect(&format!("sqlite://{}", file.display()))
                    .await
                    .expect("SQLite");
                let keys = self.folder.path().join("keys/keystore.sqlite");
                sqlx::query("ATTACH DATABASE $1 AS keystore")
                    .bind(keys.to_str().expect("a path").to_owned())
                    .execute(&mut connection)
                    .await
                    .expect("the key store");
                sqlx::raw_sql(sql).execute(&mut connection).await.expect("the statement");
            }
        }
    }
}

/// Gives a member of staff a second factor, as the pages would; the recovery codes that it comes with.
pub async fn second_factor(app: &App, staff: &urval::subject::id::StaffId) -> Vec<String> {
    use urval::casework::accounts::{Network, totp};
    let member = app.db().memberships(staff).await.expect("memberships").remove(0);
    app.begin_enrolment(&member).await.expect("a secret");
    let told = app.enrolment(&member).await.expect("the secret").expect("the secret");
    let code = totp::code(&crate::story::accounts::decoded(&told.secret), totp::step_at(app.now()));
    let done = app.confirm_enrolment(&member, &code, &Network::unknown()).await.expect("an answer");
    let (_, codes) = done.expect("a second factor");
    codes.iter().map(|code| code.to_string()).collect()
}

/// Every leaf of a service's log in order, read from an export. The export's own entry is the last.
pub async fn leaves_of(app: &App) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("log");
    app.export_log(&urval::guard::access::Actor::Job(Job::Cli), &dir).await.expect("an export");
    let mut bundles: Vec<std::path::PathBuf> = Vec::new();
    for entry in std::fs::read_dir(dir.join("tile/entries")).expect("bundles") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            bundles
                .extend(std::fs::read_dir(path).expect("a part").map(|part| part.expect("an entry").path()));
        } else {
            bundles.push(path);
        }
    }
    // Up to 256,000 entries the names are in the order of the numbers.
    bundles.sort();
    let mut leaves = Vec::new();
    for bundle in bundles {
        let bytes = std::fs::read(bundle).expect("a bundle");
        let mut rest = bytes.as_slice();
        while let Some((length, after)) = rest.split_first_chunk::<2>() {
            let (leaf, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
            leaves.push(leaf.to_vec());
            rest = after;
        }
    }
    leaves
}

/// An answer.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub text: String,
    pub bytes: Vec<u8>,
    pub headers: HeaderMap,
}

impl Page {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("not JSON ({e}): {}", self.text))
    }

    pub fn location(&self) -> &str {
        self.headers.get("location").and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// The text between tags, with white space folded: what a person reads.
    pub fn words(&self) -> String {
        let mut out = String::new();
        let mut inside = false;
        for letter in self.text.chars() {
            match letter {
                '<' => inside = true,
                '>' => {
                    inside = false;
                    out.push(' ');
                }
                _ if !inside => out.push(letter),
                _ => {}
            }
        }
        out.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// A browser: keeps cookies and the token of the last page, follows nothing by itself.
pub struct Client {
    agent: ureq::Agent,
    base: String,
    token: Mutex<String>,
    cookies: Mutex<HashMap<String, String>>,
}

impl Client {
    /// A browser without a session, for the service at an address.
    pub fn new(base: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .allow_non_standard_methods(true)
            .build()
            .new_agent();
        Self { agent, base: base.into(), token: Mutex::default(), cookies: Mutex::default() }
    }

    /// A browser for a service at an address.
    pub fn at(base: &str) -> Self {
        Self::new(base)
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Page {
        let cookies = {
            let kept = self.cookies.lock().expect("the cookies");
            kept.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
        };
        // A connection each: the server closes one whose body it did not read.
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("connection", "close");
        if !cookies.is_empty() {
            request = request.header("cookie", cookies);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body).expect("a request");
        let agent = self.agent.clone();
        let page = tokio::task::spawn_blocking(move || {
            let mut answer = agent.run(request).expect("an answer");
            let bytes = answer.body_mut().read_to_vec().expect("a body");
            let text = String::from_utf8_lossy(&bytes).into_owned();
            Page { status: answer.status().as_u16(), headers: answer.headers().clone(), text, bytes }
        })
        .await
        .expect("the request ends");
        for set in page.headers.get_all("set-cookie") {
            let line = set.to_str().expect("a cookie");
            if let Some((name, value)) = line.split(';').next().and_then(|pair| pair.split_once('=')) {
                let mut kept = self.cookies.lock().expect("the cookies");
                if value.is_empty() {
                    kept.remove(name);
                } else {
                    kept.insert(name.into(), value.into());
                }
            }
        }
        self.learn(&page);
        page
    }

    /// Remembers the token of a page.
    pub fn learn(&self, page: &Page) {
        let in_page =
            page.text.split_once("name=\"token\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
        let in_json = page.text.split_once("\"token\":\"").and_then(|(_, rest)| rest.split_once('"'));
        if let Some((token, _)) = in_page.or(in_json) {
            token.clone_into(&mut self.token.lock().expect("the token"));
        }
    }

    /// A cookie that the browser keeps.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().expect("the cookies").get(name).cloned()
    }

    /// Puts a cookie into the browser, as a thief does.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().expect("the cookies").insert(name.into(), value.into());
    }

    pub fn token(&self) -> String {
        self.token.lock().expect("the token").clone()
    }

    pub async fn get(&self, path: &str) -> Page {
        self.send(Method::GET, path, &[], Vec::new()).await
    }

    /// Posts a form with the token of the last page, unless the fields bring their own.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.post_form_with(path, fields, &[]).await
    }

    pub async fn post_form_with(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Page {
        let token = self.token();
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        if fields.iter().all(|(name, _)| *name != "token") {
            form.append_pair("token", &token);
        }
        let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
        all.extend_from_slice(headers);
        self.send(Method::POST, path, &all, form.finish().into_bytes()).await
    }

    /// As a browser sends a form with files: each the field, what the browser calls it, and its bytes.
    pub async fn post_files(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> Page {
        let body = self.multipart(fields, files);
        self.send(Method::POST, path, &[("content-type", MULTIPART)], body).await
    }

    /// A body as it is.
    pub async fn send_raw(&self, path: &str, content_type: &str, body: Vec<u8>) -> Page {
        self.send(Method::POST, path, &[("content-type", content_type)], body).await
    }

    /// The body of such a form.
    pub fn multipart(&self, fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Vec<u8> {
        let token = self.token();
        let mut body = Vec::new();
        for (name, value) in fields.iter().copied().chain([("token", token.as_str())]) {
            let head =
                format!("--grans-7f3\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(head.as_bytes());
        }
        for (name, called, bytes) in files {
            let head = format!(
                "--grans-7f3\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{called}\"\r\n\
                 content-type: application/octet-stream\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--grans-7f3--\r\n");
        body
    }

    pub async fn post_json(&self, path: &str, body: &Value) -> Page {
        let token = self.token();
        let headers = [("content-type", "application/json"), ("x-urval-token", token.as_str())];
        self.send(Method::POST, path, &headers, body.to_string().into_bytes()).await
    }

    pub async fn post_text(&self, path: &str, body: &str) -> Page {
        self.send(Method::POST, path, &[("content-type", "text/plain")], body.as_bytes().to_vec()).await
    }

    pub async fn request(&self, method: Method, path: &str) -> Page {
        self.send(method, path, &[], Vec::new()).await
    }
}

/// Runs the program itself on a data folder.
pub fn program(arguments: &[&str], data: &std::path::Path) -> std::process::Output {
    std::process::Command::new(env!("CARGO_BIN_EXE_urval"))
        .args(arguments)
        .arg("--data")
        .arg(data)
        .output()
        .expect("the program runs")
}

/// The marks that a reviewer gives when everything is in the middle.
pub fn middle_marks(criteria: &[&str]) -> HashMap<String, String> {
    criteria
        .iter()
        .map(|id| {
            ((*id).to_owned(), if matches!(*id, "K1" | "K3" | "K8") { "styrkt".into() } else { "3".into() })
        })
        .collect()
}

/// Appends figures for the evidence files, when tests/run asks for them.
///
/// # Panics
/// When the figures are no object, or `test` is neither the running test nor a module that holds it: such figures belong to nothing.
pub fn figures(test: &str, count: u64, figures: &Value) {
    assert!(figures.is_object(), "{test} reports figures that are no object");
    // The test harness names the thread after the test, unless it runs one test at a time.
    if let Some(running) = std::thread::current().name().filter(|name| *name != "main") {
        let inside = running.strip_prefix(test).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
        assert!(inside, "{running} reports figures as `{test}`");
    }
    if let Some(path) = std::env::var_os("URVAL_FIGURES") {
        use std::io::Write;
        let line = json!({ "test": test, "count": count, "figures": figures });
        if let Ok(mut file) = std::fs::OpenOptions::new().append(true).create(true).open(path) {
            // One write a line: tests run side by side.
            let _ = file.write_all(format!("{line}\n").as_bytes());
        }
    }
    println!("{test}: {count}: {figures}");
}

/// The day from which lengths of time are counted in tests.
pub fn frame() -> urval::pipeline::pseudonymise::Frame {
    urval::pipeline::pseudonymise::Frame { today: jiff::civil::date(2026, 11, 1), starts: None }
}
