//! An installation without AI in a temporary folder, the program over it as a process, and clients
//! that speak HTTP to it and live through its death.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::{Connection, Row};
use urval::casework::setup::{NewOrganisation, NewRound, NewStaff, RoundKind};
use urval::clock::Chance;
use urval::guard::access::Job;
use urval::subject::profile::Profile;
use urval::subject::role::Role;

use crate::fixture::{Engine, PASSWORD};

/// Long enough for any step on a busy machine; a step that takes longer hangs.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A place where applicants can be placed.
#[derive(Clone, Debug)]
pub struct Place {
    pub id: String,
    pub organisation: String,
}

/// One installation.
pub struct House {
    folder: tempfile::TempDir,
    /// Its data folder.
    pub data: PathBuf,
    /// The address of its database, when that is not the file in the data folder.
    pub postgres: Option<String>,
    /// The open recruitment.
    pub round: String,
    /// Its placements.
    pub places: Vec<Place>,
}

/// The staff: login, organisation, role. All with [`PASSWORD`].
pub const RECRUITER: &str = "rekryterare";
pub const MANAGER: &str = "chef";
pub const DPO: &str = "dso";

/// Whose role needs a second factor; their recovery codes lie beside the data folder.
const WITH_CODES: [&str; 2] = [MANAGER, DPO];

fn codes_of(beside: &Path, login: &str) -> PathBuf {
    beside.join(format!("codes-{login}"))
}

/// Runs something asynchronous to its end.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

/// Lets time pass where nothing can be waited for.
#[expect(
    clippy::disallowed_methods,
    reason = "a moment is what the test is about, or another program is asked"
)]
pub fn pass(time: Duration) {
    std::thread::sleep(time);
}

impl House {
    /// Builds one; `None` when there is no PostgreSQL to build on.
    pub fn build(engine: Engine) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let postgres = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(wait(crate::fixture::own_database())?),
        };
        Some(Self::build_at(folder, postgres))
    }

    /// Builds one on a database that exists.
    pub fn build_at(folder: tempfile::TempDir, postgres: Option<String>) -> Self {
        let data = folder.path().join("data");
        let (round, places) = wait(set_up(&data, postgres.as_deref(), folder.path()));
        Self { folder, data, postgres, round, places }
    }

    /// A copy of the whole installation as it lies there. Nothing may be running on it.
    pub fn copy(&self) -> Self {
        assert!(self.postgres.is_none(), "only a folder can be copied");
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        copy_folder(&self.data, &data);
        for login in WITH_CODES {
            std::fs::copy(codes_of(self.folder.path(), login), codes_of(folder.path(), login))
                .expect("codes");
        }
        Self { folder, data, postgres: None, round: self.round.clone(), places: self.places.clone() }
    }

    /// A path beside the data folder.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The command that runs the program on this installation, without AI.
    pub fn program(&self, before: &[&str], arguments: &[&str]) -> Command {
        let exe = env!("CARGO_BIN_EXE_urval");
        let mut command = match before.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(exe);
                command
            }
            None => Command::new(exe),
        };
        command
            .args(arguments)
            .arg("--data")
            .arg(&self.data)
            .env("URVAL_MANIFEST", self.beside("no-model.toml"))
            .env_remove("URVAL_DATABASE")
            .stdin(Stdio::null());
        if let Some(url) = &self.postgres {
            command.env("URVAL_DATABASE", url);
        }
        command
    }

    /// Starts the service; the reason when it does not start.
    pub fn try_serve(&self, before: &[&str], env: &[(&str, &str)]) -> Result<Server, String> {
        let said =
            self.beside(&format!("said-{}", hex::encode(Chance::system().bytes::<6>().expect("chance"))));
        let mut command = self.program(before, &["serve", "--listen", "127.0.0.1:0", "--plain-http"]);
        command.envs(env.iter().copied());
        let errors = std::fs::File::create(&said).expect("a file");
        let began = Instant::now();
        let mut child = command.stdout(Stdio::piped()).stderr(errors).spawn().expect("the program is there");
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        let (tell, told) = mpsc::channel();
        let reader = std::thread::spawn(move || {
            let mut line = String::new();
            let _ = out.read_line(&mut line);
            let _ = tell.send(line);
            out
        });
        let line = told.recv_timeout(PATIENCE).unwrap_or_default();
        let Some((_, base)) = line.trim().split_once(" on ") else {
            // A tracer's child would live on and hold the database.
            for traced in children_of(child.id()) {
                let _ = Command::new("kill").args(["-9", &traced]).status();
            }
            let _ = child.kill();
            let status = child.wait().expect("it ends");
            let text = std::fs::read_to_string(&said).unwrap_or_default();
            return Err(format!("{status}: {text}"));
        };
        let out = reader.join().expect("the reader");
        Ok(Server {
            child,
            base: base.to_owned(),
            started: began.elapsed(),
            said,
            beside: self.folder.path().to_owned(),
            _out: out,
        })
    }

    /// Starts the service, which must succeed.
    pub fn serve(&self) -> Server {
        self.try_serve(&[], &[]).unwrap_or_else(|why| panic!("the service did not start: {why}"))
    }

    /// The rows of a query; every column is a text. The server may be running.
    pub fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        self.try_rows(sql).expect("the database answers the query")
    }

    /// As [`House::rows`], for a database that may be killed meanwhile.
    fn try_rows(&self, sql: &str) -> Result<Vec<Vec<String>>, sqlx::Error> {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        wait(async {
            match &self.postgres {
                Some(url) => {
                    let mut connection = sqlx::PgConnection::connect(url).await?;
                    let rows = sqlx::query(sql).fetch_all(&mut connection).await?;
                    rows.iter()
                        .map(|row| {
                            let text = |at| row.try_get::<Option<String>, _>(at);
                            (0..row.len()).map(|at| Ok(text(at)?.unwrap_or_default())).collect()
                        })
                        .collect()
                }
                None => {
                    let mut connection = sqlite(&self.data.join("urval.sqlite")).await;
                    let rows = sqlx::query(sql).fetch_all(&mut connection).await?;
                    // Or its end, in its own time, takes files away under a copy that is being made.
                    connection.close().await?;
                    rows.iter()
                        .map(|row| {
                            let text = |at| row.try_get::<Option<String>, _>(at);
                            (0..row.len()).map(|at| Ok(text(at)?.unwrap_or_default())).collect()
                        })
                        .collect()
                }
            }
        })
    }

    /// How many people the key store holds keys of.
    pub fn key_owners(&self) -> usize {
        const COUNT: &str = "SELECT CAST(COUNT(DISTINCT subject_id) AS BIGINT) FROM";
        let count: i64 = wait(async {
            match &self.postgres {
                Some(url) => {
                    let mut connection = sqlx::PgConnection::connect(url).await.expect("PostgreSQL");
                    let sql = sqlx::AssertSqlSafe(format!("{COUNT} keystore.subject_keys"));
                    sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a count")
                }
                None => {
                    let mut connection = sqlite(&self.data.join("keys/keystore.sqlite")).await;
                    let sql = sqlx::AssertSqlSafe(format!("{COUNT} subject_keys"));
                    let count = sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a count");
                    connection.close().await.expect("closed");
                    count
                }
            }
        });
        usize::try_from(count).expect("a count")
    }

    /// Runs statements behind the service's back.
    pub fn behind_its_back(&self, sql: &str) {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        wait(async {
            match &self.postgres {
                Some(url) => {
                    let mut connection = sqlx::PgConnection::connect(url).await.expect("PostgreSQL");
                    sqlx::raw_sql(sql).execute(&mut connection).await.expect("the statement");
                }
                None => {
                    let mut connection = sqlite(&self.data.join("urval.sqlite")).await;
                    sqlx::raw_sql(sql).execute(&mut connection).await.expect("the statement");
                    connection.close().await.expect("closed");
                }
            }
        });
    }

    /// The id behind a label, once it is stored.
    pub fn id_of(&self, label: &str) -> Option<String> {
        self.try_id_of(label).expect("the database answers the query")
    }

    /// As [`House::id_of`], for a database that may be killed meanwhile.
    pub fn try_id_of(&self, label: &str) -> Result<Option<String>, sqlx::Error> {
        // A label is of our own making: letters, digits and a hyphen.
        assert!(label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
        let rows = self.try_rows(&format!("SELECT id FROM applications WHERE label = '{label}'"))?;
        Ok(rows.into_iter().next_back().and_then(|mut row| row.pop()))
    }

    /// A placement of an organisation.
    pub fn place_of(&self, organisation: &str) -> &Place {
        self.places.iter().find(|p| p.organisation == organisation).expect("a placement")
    }
}

async fn sqlite(file: &Path) -> sqlx::SqliteConnection {
    let options =
        sqlx::sqlite::SqliteConnectOptions::new().filename(file).busy_timeout(Duration::from_secs(20));
    sqlx::SqliteConnection::connect_with(&options).await.expect("the file")
}

async fn set_up(data: &Path, postgres: Option<&str>, beside: &Path) -> (String, Vec<Place>) {
    let folder = urval::cli::open::Folder::at(data).expect("a folder");
    let app = urval::cli::open::app(&folder, postgres, None).await.expect("an installation");
    let profile = Profile::freeze(urval::demo::PROFILE).expect("the profile");
    let organisations: Vec<NewOrganisation<'_>> = urval::demo::MUNICIPALITIES
        .iter()
        .map(|(id, name)| NewOrganisation { id, name, kind: "kommun" })
        .collect();
    let round = NewRound { case_number: "TEST 2026/1", invented: true, kind: RoundKind::Round };
    let id = app.open_round(Job::Demo, &organisations, &round, &profile).await.expect("a round");
    for (login, role) in [(RECRUITER, Role::Recruiter), (MANAGER, Role::HiringManager), (DPO, Role::Dpo)] {
        let name = format!("Påhittad {login}");
        let new = NewStaff { login, name: &name, password: PASSWORD, organisation: "helsingborg", role };
        let staff = app.add_staff(Job::Demo, &new).await.expect("an account");
        if WITH_CODES.contains(&login) {
            let lines = crate::fixture::second_factor(&app, &staff).await;
            std::fs::write(codes_of(beside, login), lines.join("\n")).expect("codes");
        }
    }
    let (_, placements, _) = app.round(&id).await.expect("the round");
    let places = placements
        .into_iter()
        .map(|p| Place { id: p.id.to_string(), organisation: p.organisation.to_string() })
        .collect();
    (id.to_string(), places)
}

/// The processes that a process has started, by number.
pub fn children_of(pid: u32) -> Vec<String> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().map(str::to_owned).collect()
}

fn copy_folder(from: &Path, to: &Path) {
    // With modes, which the keys insist on.
    let done = Command::new("cp").arg("-a").arg(from).arg(to).status().expect("cp");
    assert!(done.success());
}

/// The program, serving.
pub struct Server {
    child: Child,
    pub base: String,
    /// From exec to its first answer's being possible: it has said where it answers.
    pub started: Duration,
    said: PathBuf,
    beside: PathBuf,
    _out: BufReader<ChildStdout>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`, now.
    pub fn kill(&mut self) {
        self.child.kill().expect("a process");
        self.child.wait().expect("its end");
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().expect("its state").is_none()
    }

    /// Whether it ends within five seconds.
    pub fn ends_soon(&mut self) -> bool {
        (0..100).any(|_| {
            pass(Duration::from_millis(50));
            !self.runs()
        })
    }

    /// What it wrote to its standard error.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.said).unwrap_or_default()
    }

    /// A client without a session.
    pub fn client(&self) -> Wire {
        let mut wire = Wire::at(&self.base);
        wire.beside.clone_from(&self.beside);
        wire
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub text: String,
    /// `type` of a problem, or empty.
    pub problem: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }
}

/// A client that speaks the API and survives the server: no answer is `None`, and then nobody knows.
#[derive(Clone)]
pub struct Wire {
    agent: ureq::Agent,
    base: String,
    cookie: String,
    token: String,
    /// Where the recovery codes lie.
    beside: PathBuf,
}

impl Wire {
    fn at(base: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .new_agent();
        Self { agent, base: base.into(), cookie: String::new(), token: String::new(), beside: PathBuf::new() }
    }

    /// The same session with a server that was started again.
    pub fn moved_to(&self, server: &Server) -> Self {
        let mut moved = Self::at(&server.base);
        moved.cookie.clone_from(&self.cookie);
        moved.token.clone_from(&self.token);
        moved
    }

    /// Logged in as a member of staff.
    pub fn staff(mut self, login: &str) -> Self {
        let mut sent = json!({ "login": login, "password": PASSWORD });
        if WITH_CODES.contains(&login) {
            let file = codes_of(&self.beside, login);
            let codes = std::fs::read_to_string(&file).expect("recovery codes");
            let (code, rest) = codes.split_once('\n').unwrap_or((codes.as_str(), ""));
            sent["code"] = json!(code);
            std::fs::write(&file, rest).expect("recovery codes");
        }
        let page = self.post("/api/v1/session", &sent);
        let page = page.expect("an answer");
        assert_eq!(page.status, 200, "{}", page.text);
        self.token = page.json()["token"].as_str().expect("a token").into();
        self
    }

    /// Let in with a receipt code; `None` when no answer came or the door stays shut.
    pub fn applicant(&self, code: &str) -> Option<Self> {
        let mut own = Self::at(&self.base);
        let page = own.post("/api/v1/applicant-session", &json!({ "receipt_code": code }))?;
        if page.status != 200 {
            return None;
        }
        own.token = page.json()["token"].as_str()?.into();
        Some(own)
    }

    pub fn get(&mut self, path: &str) -> Option<Answer> {
        let request = self.agent.get(format!("{}{path}", self.base)).header("cookie", &self.cookie);
        let answer = request.call().ok();
        self.read(answer)
    }

    pub fn post(&mut self, path: &str, body: &Value) -> Option<Answer> {
        let request = self
            .agent
            .post(format!("{}{path}", self.base))
            .header("cookie", &self.cookie)
            .header("x-urval-token", &self.token)
            .header("content-type", "application/json");
        let answer = request.send(body.to_string().as_bytes()).ok();
        self.read(answer)
    }

    fn read(&mut self, answer: Option<ureq::http::Response<ureq::Body>>) -> Option<Answer> {
        let mut answer = answer?;
        // An answer that was cut off was not given.
        let text = answer.body_mut().read_to_string().ok()?;
        for set in answer.headers().get_all("set-cookie") {
            let pair = set.to_str().ok().and_then(|line| line.split(';').next());
            if let Some(pair) = pair.filter(|pair| pair.starts_with("urval=")) {
                pair.clone_into(&mut self.cookie);
            }
        }
        let problem = serde_json::from_str::<Value>(&text)
            .ok()
            .and_then(|value| {
                Some(value.get("type")?.as_str()?.trim_start_matches("urn:urval:problem:").to_owned())
            })
            .unwrap_or_default();
        Some(Answer { status: answer.status().as_u16(), text, problem })
    }

    /// Hands in an application whose letter holds a word of its own: label and receipt code.
    pub fn submit(&mut self, house: &House, word: &str) -> Option<Answer> {
        let place = house.place_of("helsingborg");
        self.post(
            &format!("/api/v1/recruitments/{}/applications", house.round),
            &json!({
                "protected_identity": false, "notice_version": urval::casework::intake::NOTICE_VERSION,
                "name": "Anna Påhittad", "email": "anna@example.com", "placements": [place.id],
                "letter": letter(word), "language": "sv",
            }),
        )
    }
}

/// A letter that can be told from every other by one word.
pub fn letter(word: &str) -> String {
    format!("Jag har lett ett projekt om {word} och skrivit en rapport med mål och resultat.")
}

/// A word that no other call gives, of syllables that no name is made of.
pub fn word() -> String {
    const FIRST: &[u8] = b"bdfgklmnprst";
    const THEN: &[u8] = b"aeiouy";
    let bytes = Chance::system().bytes::<6>().expect("chance");
    let mut out = String::from("ord");
    for byte in bytes {
        out.push(char::from(FIRST[usize::from(byte) % FIRST.len()]));
        out.push(char::from(THEN[usize::from(byte / 16) % THEN.len()]));
    }
    out
}
