//! The canary: a word planted in every field, the service used fully, the person erased; then every byte that is
//! left anywhere is searched for it, and every ciphertext that is left is tried with every key that is left.
//!
//! The service runs as the program itself, so that its log lines, its temporary files and its files are those of
//! an installation.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};
use sqlx::Connection;
use urval::casework::setup::{NewOrganisation, NewRound, NewStaff, RoundKind};
use urval::cli::open::{Folder, app};
use urval::clock::Chance;
use urval::guard::access::Job;
use urval::guard::keys::KeyRing;
use urval::guard::keys::holders::HolderKey;
use urval::guard::vault::{DataKey, KeyKind, Place, Sealed, Vault, WrappedKey};
use urval::subject::id::SubjectId;
use urval::subject::role::Role;

use super::files_with_an_application::{areas, pairs, receipt};
use crate::fixture::{Client, Engine, PASSWORD, Page, own_database, program};

mod search;

use search::{Planted, Search};

const PLACE: &str = "helsingborg-digitalisering";

/// The program, serving.
struct Server {
    child: Child,
    base: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    async fn start(data: &Path, database: Option<&str>, out: &Path, temporary: &Path) -> Self {
        let file = |name: &str| {
            std::fs::OpenOptions::new().append(true).create(true).open(out.join(name)).expect("a file")
        };
        let mut command = Command::new(env!("CARGO_BIN_EXE_urval"));
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--plain-http", "--log", "debug", "--data"])
            .arg(data)
            .env("TMPDIR", temporary)
            .stdin(Stdio::null())
            .stdout(file("stdout"))
            .stderr(file("stderr"));
        if let Some(url) = database {
            command.args(["--database", url]);
        }
        let before = std::fs::read_to_string(out.join("stdout")).unwrap_or_default().len();
        let mut server = Self { child: command.spawn().expect("the program"), base: String::new() };
        for _ in 0..600 {
            let said = std::fs::read_to_string(out.join("stdout")).unwrap_or_default();
            if let Some((_, rest)) = said[before..].split_once("answers on ")
                && let Some((base, _)) = rest.split_once('\n')
            {
                base.clone_into(&mut server.base);
                return server;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("it does not answer: {}", std::fs::read_to_string(out.join("stderr")).unwrap_or_default());
    }

    /// Asks it to stop and waits until it has.
    fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill").success());
        assert!(self.child.wait().expect("it ends").success());
    }
}

/// What every step needs.
struct Stage {
    folder: tempfile::TempDir,
    data: PathBuf,
    database: Option<String>,
    recruitment: String,
    placement: String,
    /// Recovery codes by role.
    codes: std::sync::Mutex<BTreeMap<&'static str, Vec<String>>>,
}

impl Stage {
    async fn set(engine: Engine) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        for name in ["out", "tmp"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        let database = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(own_database().await?),
        };
        let place = Folder::at(&data).map_err(|e| e.0).expect("a folder");
        let app = app(&place, database.as_deref(), None).await.map_err(|e| e.0).expect("it opens");
        let profile = urval::subject::profile::Profile::freeze(urval::demo::PROFILE).expect("a profile");
        let organisations: Vec<NewOrganisation<'_>> = urval::demo::MUNICIPALITIES
            .iter()
            .map(|(id, name)| NewOrganisation { id, name, kind: "kommun" })
            .collect();
        let round = NewRound { case_number: "TEST 2026/3", invented: true, kind: RoundKind::Round };
        let id = app.open_round(Job::Demo, &organisations, &round, &profile).await.expect("a round");
        let (_, placements, _) = app.round(&id).await.expect("the round");
        let placement = placements.iter().find(|p| p.slug == PLACE).expect("a placement").id.to_string();
        let mut codes = BTreeMap::new();
        for role in [Role::Recruiter, Role::HiringManager, Role::Registrar, Role::Dpo] {
            let staff = NewStaff {
                login: role.code(),
                name: "Påhittad Person",
                password: PASSWORD,
                organisation: "helsingborg",
                role,
            };
            let staff = app.add_staff(Job::Demo, &staff).await.expect("an account");
            if role != Role::Recruiter {
                codes.insert(role.code(), crate::fixture::second_factor(&app, &staff).await);
            }
        }
        let codes = std::sync::Mutex::new(codes);
        Some(Self { folder, data, database, recruitment: id.to_string(), placement, codes })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn serve(&self) -> Server {
        Server::start(&self.data, self.database.as_deref(), &self.path("out"), &self.path("tmp")).await
    }

    fn run(&self, arguments: &[&str]) {
        let mut all = arguments.to_vec();
        if let Some(url) = &self.database {
            all.extend(["--database", url]);
        }
        let done = program(&all, &self.data);
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        use std::io::Write;
        let mut out = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.path("out/commands"))
            .expect("a file");
        out.write_all(&[done.stdout, done.stderr].concat()).expect("written");
    }

    async fn count(&self, sql: &str) -> i64 {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        if let Some(url) = &self.database {
            let mut connection = sqlx::PgConnection::connect(url).await.expect("PostgreSQL");
            sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a count")
        } else {
            let url = format!("sqlite://{}", self.data.join("urval.sqlite").display());
            let mut connection = sqlx::SqliteConnection::connect(&url).await.expect("SQLite");
            sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a count")
        }
    }

    /// The server's own files about this database: tables, indexes, dead rows, and its write-ahead log.
    async fn server_files(&self) -> Vec<PathBuf> {
        let Some(url) = &self.database else { return Vec::new() };
        let mut connection = sqlx::PgConnection::connect(url).await.expect("PostgreSQL");
        sqlx::query("CHECKPOINT").execute(&mut connection).await.expect("what is in memory is written");
        let (folder, own): (String, String) =
            sqlx::query_as("SELECT current_setting('data_directory'), (SELECT oid::text FROM pg_database WHERE datname = current_database())")
                .fetch_one(&mut connection)
                .await
                .expect("where the server keeps its files");
        let folder = PathBuf::from(folder);
        let all = vec![
            folder.join("base").join(own),
            folder.join("pg_wal"),
            folder.join("base/pgsql_tmp"),
            folder.join("log"),
        ];
        assert!(std::fs::read_dir(&all[0]).expect("the tests may read the server's files").count() > 10);
        all
    }
}

async fn staff(stage: &Stage, server: &Server, role: Role) -> Client {
    let client = Client::at(&server.base);
    let code = stage.codes.lock().expect("the codes").get_mut(role.code()).and_then(Vec::pop);
    let sent = json!({ "login": role.code(), "password": PASSWORD, "code": code });
    let page = client.post_json("/api/v1/session", &sent).await;
    assert_eq!(page.status, 200, "{}", page.text);
    client.learn(&page);
    client
}

fn ok(page: &Page) -> &Page {
    assert!(page.status < 400, "{}: {}", page.status, page.text);
    page
}

/// A word that nobody else writes.
fn word(chance: &Chance) -> String {
    let letters: String =
        chance.bytes::<12>().expect("chance").iter().map(|b| char::from(b'a' + b % 26)).collect();
    format!("{}å{}", &letters[..6], &letters[6..])
}

/// Hands in an application in which the word stands in every field.
async fn apply(stage: &Stage, server: &Server, planted: &Planted, nth: usize) -> (String, String) {
    let word = &planted.word;
    let ascii = word.replace('å', "");
    let text = |about: &str| {
        format!(
            "I led a project about {word} and reached my goals, number {nth}. {about} with {word}: I wrote a report and \
                 analysed results. Write to {ascii}@example.org or call {}.",
            planted.phone
        )
    };
    let visitor = Client::at(&server.base);
    let form = format!("/sok/{}/ansokan", stage.recruitment);
    ok(&visitor.get(&form).await);
    let (name, email) = (format!("Zara {word} {nth}"), format!("{word}{nth}@example.org"));
    let (street, postcode) = (format!("{word}gatan {nth}"), format!("252 20 {word}"));
    let (link, letter, answer) = (format!("https://example.org/{word}"), text("A letter"), text("An answer"));
    let fields = [
        ("name", name.as_str()),
        ("email", &email),
        ("phone", planted.phone),
        ("street", &street),
        ("postcode", &postcode),
        ("town", word),
        ("links", &link),
        ("placement", &stage.placement),
        ("letter", &letter),
        ("svar-F1", &answer),
        ("notice", urval::casework::intake::NOTICE_VERSION),
    ];
    // The record comes as a file, and a word that no reader sees with it.
    let file = format!("# {word}\n\n{}\n\n<!-- {word} that nobody sees -->\n", text("A record"));
    let files = [("fil_cv", word.as_str(), file.as_bytes())];
    let on = visitor.post_files(&form, &fields, &files).await;
    assert_eq!(on.status, 303, "{}", on.words());
    let check = visitor.get(on.location()).await;
    assert!(check.text.contains(word) && check.words().contains("kan inte ses"), "{}", check.words());
    let read = areas(&check);
    let mut sent = pairs(&read);
    sent.push(("gor", "skicka"));
    receipt(&visitor.post_form(on.location(), &sent).await)
}

/// Reads, marks, changes a mark, decides, contacts; the applicant reads, exports and asks.
async fn use_fully(stage: &Stage, people: &[Client; 2], id: &str, planted: &Planted) {
    let [recruiter, manager] = people;
    let reason = format!("Skälet är {} och inget annat.", planted.word);
    let opened = ok(&recruiter.get(&format!("/api/v1/applications/{id}")).await).json();
    let marks: serde_json::Map<String, Value> = opened["criteria"]
        .as_array()
        .expect("criteria")
        .iter()
        .filter_map(|one| Some((one["id"].as_str()?.to_owned(), one["scale"].as_array()?.first()?.clone())))
        .collect();
    ok(&recruiter.post_json(&format!("/api/v1/applications/{id}/marks"), &json!({ "marks": marks })).await);
    let (criterion, mark) = marks.iter().next().expect("a mark");
    let changed = json!({ "mark": mark, "reason": reason });
    ok(&recruiter.post_json(&format!("/api/v1/applications/{id}/marks/{criterion}"), &changed).await);
    ok(&recruiter.get(&format!("/arbete/ansokningar/{id}")).await);
    ok(&manager.get(&format!("/api/v1/applications/{id}")).await);
    let decision = json!({ "placement": stage.placement, "outcome": "proceed", "reason": reason });
    ok(&manager.post_json(&format!("/api/v1/applications/{id}/decisions"), &decision).await);
    let card = manager.get(&format!("/arbete/ansokningar/{id}/kontakt")).await;
    assert!(ok(&card).text.contains(&planted.word), "the contact card shows what was planted");
}

fn table_rows(backup: &Path, table: &str) -> Vec<BTreeMap<String, Value>> {
    let text = std::fs::read_to_string(backup).expect("a backup");
    let (mut inside, mut columns, mut rows) = (false, Vec::new(), Vec::new());
    for line in text.lines() {
        match serde_json::from_str(line).expect("JSON") {
            Value::Object(map) if map.contains_key("table") => {
                inside = map["table"] == table;
                columns = map["columns"]
                    .as_array()
                    .expect("columns")
                    .iter()
                    .map(|c| c[0].as_str().expect("a name").to_owned())
                    .collect();
            }
            Value::Array(row) if inside => rows.push(columns.iter().cloned().zip(row).collect()),
            _ => {}
        }
    }
    rows
}

fn bytes(value: &Value) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(value["b"].as_str().expect("bytes")).expect("base64")
}

/// Every key of a key backup that opens, with the subject it is of.
fn keys_of(backup: &Path, vault: &Vault) -> Vec<(String, DataKey)> {
    let holders: Vec<HolderKey> = table_rows(backup, "organisation_keys")
        .into_iter()
        .filter(|row| row["state"] != "destroyed" && row["organisation_id"] != "*root")
        .map(|row| HolderKey {
            holder: row["organisation_id"].as_str().expect("a holder").to_owned(),
            epoch: u32::try_from(row["epoch"].as_i64().expect("an epoch")).expect("an epoch"),
            root: bytes(&row["root_id"]).try_into().expect("a root"),
            sealed: bytes(&row["sealed"]),
        })
        .collect();
    vault.learn(&holders).expect("the organisations' keys open");
    table_rows(backup, "subject_keys")
        .into_iter()
        .map(|row| {
            let subject = row["subject_id"].as_str().expect("a subject").to_owned();
            let kind = KeyKind::parse(row["kind"].as_str().expect("a kind")).expect("a kind");
            let wrapped = WrappedKey::from_stored(bytes(&row["wrapped"])).expect("a key");
            let key = vault.unwrap_key(&SubjectId::new(&subject), kind, &wrapped).expect("it opens");
            (subject, key)
        })
        .collect()
}

/// A ciphertext with the place that it is bound to.
struct Left {
    application: String,
    field: String,
    sealed: Vec<u8>,
}

fn ciphertexts(backup: &Path) -> Vec<Left> {
    let text = |row: &BTreeMap<String, Value>, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let mut all = Vec::new();
    for row in table_rows(backup, "envelopes") {
        all.push(Left {
            application: text(&row, "application_id"),
            field: text(&row, "field"),
            sealed: bytes(&row["sealed"]),
        });
    }
    for row in table_rows(backup, "documents") {
        for column in ["original", "reading", "told"] {
            let field = format!("documents.{column}/{}", text(&row, "place"));
            let application = text(&row, "application_id");
            all.push(Left { application, field, sealed: bytes(&row[column]) });
        }
    }
    for row in table_rows(backup, "decisions") {
        let field = format!("decisions.reason/{}", text(&row, "id"));
        all.push(Left { application: text(&row, "application_id"), field, sealed: bytes(&row["reason"]) });
    }
    for row in table_rows(backup, "marks").into_iter().filter(|row| !row["reason"].is_null()) {
        let field = format!("marks.reason/{}/{}", text(&row, "criterion_id"), text(&row, "staff_id"));
        all.push(Left { application: text(&row, "application_id"), field, sealed: bytes(&row["reason"]) });
    }
    all
}

/// How many ciphertexts of these applications some key opens, of how many.
fn opened(stage: &Stage, left: &[Left], of: &[String], keys: &[DataKey], vault: &Vault) -> (u64, u64, u64) {
    let (mut open, mut all, mut tries) = (0, 0, 0);
    for one in left.iter().filter(|one| of.contains(&one.application)) {
        all += 1;
        let place = Place { tenant: &stage.recruitment, record: &one.application, field: &one.field };
        let sealed = Sealed::from_stored(one.sealed.clone()).expect("a sealed text");
        let mut any = false;
        for key in keys {
            tries += 1;
            any |= vault.open(key, &place, &sealed).is_ok();
        }
        open += u64::from(any);
    }
    (open, all, tries)
}

async fn canary(engine: Engine, people: usize, name: &str) {
    let Some(stage) = Stage::set(engine).await else { return };
    let chance = Chance::system();
    let planted = Planted { word: word(&chance), phone: "070-174 06 05" };
    let kept = Planted { word: word(&chance), phone: "070-174 06 06" };
    let server = stage.serve().await;

    // Everybody hands in; the first one is not erased.
    let mut all = Vec::new();
    for nth in 0..=people {
        all.push(apply(&stage, &server, if nth == 0 { &kept } else { &planted }, nth).await);
    }
    let visitor = Client::at(&server.base);
    // What is typed in the wrong place, too.
    let nonsense = json!({ "login": planted.word, "password": planted.word });
    assert_eq!(visitor.post_json("/api/v1/session", &nonsense).await.status, 401);
    visitor.post_json("/api/v1/applicant-session", &json!({ "receipt_code": planted.word })).await;
    visitor.get(&format!("/sok/{}", stage.recruitment)).await;
    visitor
        .post_form(
            &format!("/sok/{}/ansokan", stage.recruitment),
            &[("name", &planted.word), ("letter", &planted.word)],
        )
        .await;
    visitor.get(&format!("/finns-inte/{}", planted.word)).await;
    let mut waited = 0;
    while stage.count("SELECT COUNT(*) FROM envelopes WHERE field = 'assessment'").await <= people as i64 {
        let held = stage.count("SELECT COUNT(*) FROM applications WHERE state = 'held'").await;
        let assessed = stage.count("SELECT COUNT(*) FROM applications WHERE state = 'assessed'").await;
        if held + assessed > people as i64 {
            break;
        }
        waited += 1;
        assert!(waited < 3000, "the model does not read");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let two =
        [staff(&stage, &server, Role::Recruiter).await, staff(&stage, &server, Role::HiringManager).await];
    let mut ids = Vec::new();
    for (nth, (label, code)) in all.iter().enumerate() {
        let planted = if nth == 0 { &kept } else { &planted };
        let id = {
            let url = stage.database.clone();
            let sql = "SELECT id FROM applications WHERE label = $1";
            match url {
                Some(url) => {
                    let mut connection = sqlx::PgConnection::connect(&url).await.expect("PostgreSQL");
                    sqlx::query_scalar::<_, String>(sql)
                        .bind(label)
                        .fetch_one(&mut connection)
                        .await
                        .expect("an id")
                }
                None => {
                    let url = format!("sqlite://{}", stage.data.join("urval.sqlite").display());
                    let mut connection = sqlx::SqliteConnection::connect(&url).await.expect("SQLite");
                    sqlx::query_scalar::<_, String>(sql)
                        .bind(label)
                        .fetch_one(&mut connection)
                        .await
                        .expect("an id")
                }
            }
        };
        use_fully(&stage, &two, &id, planted).await;
        ids.push(id);
        let applicant = Client::at(&server.base);
        let page = applicant.post_json("/api/v1/applicant-session", &json!({ "receipt_code": code })).await;
        applicant.learn(ok(&page));
        let own = applicant.get("/api/v1/own").await;
        assert!(ok(&own).text.contains(&planted.word), "the own file shows what was planted");
        if nth > 0 {
            ok(&applicant.post_json("/api/v1/own/requests", &json!({ "kind": "erasure" })).await);
        }
    }
    let dpo = staff(&stage, &server, Role::Dpo).await;
    let why = json!({ "category": "audit", "reason": "planned reading in a test" });
    ok(&dpo.post_json("/api/v1/log/openings", &why).await);
    ok(&dpo.get("/api/v1/log").await);

    // Backups and exports from before the erasure. The positive control: with the keys, everything opens.
    let (data, keys) = (stage.path("backup-data"), stage.path("backup-keys"));
    let arguments =
        ["backup", "create", data.to_str().expect("a path"), "--keys-to", keys.to_str().expect("a path")];
    stage.run(&arguments);
    let old = stage.path("old-data.urval-backup");
    std::fs::copy(data.join("data.urval-backup"), &old).expect("an older backup");
    stage.run(&["audit", "export", stage.path("log").to_str().expect("a path")]);
    let ring = KeyRing::create_or_open(&stage.data, &chance, true).expect("the keys");
    let vault = ring.vault(chance.clone());
    let before: Vec<DataKey> =
        keys_of(&keys.join("keys.urval-backup"), &vault).into_iter().map(|(_, key)| key).collect();
    let (open, of, _) = opened(&stage, &ciphertexts(&old), &ids, &before, &vault);
    assert_eq!((open, of), (of, of), "before the erasure every ciphertext opens");
    assert!(of >= 5 * ids.len() as u64, "{of}");
    drop(before);

    // Erased, one by one, by the archivist.
    let registrar = staff(&stage, &server, Role::Registrar).await;
    let waiting = ok(&registrar.get("/api/v1/erasure-requests").await).json();
    let waiting = waiting.as_array().expect("a list").clone();
    assert_eq!(waiting.len(), people);
    for one in &waiting {
        let body = json!({ "verdict": "erase", "reason": format!("Begäran av {} bifalls.", planted.word) });
        let path = format!("/api/v1/erasure-requests/{}/answer", one["request"].as_str().expect("an id"));
        ok(&registrar.post_json(&path, &body).await);
    }
    let why = json!({ "category": "audit", "reason": "planned reading in a test" });
    ok(&dpo.post_json("/api/v1/log/openings", &why).await);
    ok(&dpo.get("/api/v1/log").await);
    // The next backup takes the place of the key backup; the old data backup lies where it lay.
    stage.run(&arguments);
    stage.run(&["audit", "export", stage.path("log-after").to_str().expect("a path")]);

    // Every byte, while the service runs and after it has stopped.
    let mut search = Search::new(&planted);
    let mut found = search.folder(stage.folder.path());
    for place in stage.server_files().await {
        found.extend(search.folder(&place));
    }
    server.stop();
    found.extend(search.folder(stage.folder.path()));
    assert!(found.is_empty(), "{found:#?}");
    assert!(search.files > 20, "{} files", search.files);
    // The search itself would have seen it here.
    std::fs::write(stage.path("tmp/planted"), format!("..{}..", planted.word)).expect("a file");
    assert_eq!(search.folder(&stage.path("tmp")).len(), 1);

    // Every ciphertext that is left, in old and new backups, with every key that is left.
    let mut left: Vec<DataKey> =
        keys_of(&keys.join("keys.urval-backup"), &vault).into_iter().map(|(_, key)| key).collect();
    assert!(!left.is_empty() && left.len() <= 3 * 12, "only the one who stays has keys: {}", left.len());
    left.push(vault.log_key());
    let (mut tries, mut survivors) = (0, 0);
    for backup in [&old, &data.join("data.urval-backup")] {
        let texts = ciphertexts(backup);
        let (open, of, tried) = opened(&stage, &texts, &ids[1..], &left, &vault);
        assert_eq!(open, 0, "{open} of {of} open");
        let (open, of_kept, _) = opened(&stage, &texts, &ids[..1], &left, &vault);
        assert_eq!(open, of_kept, "the one who stays is whole");
        assert!(of_kept >= 5);
        tries += tried;
        survivors += of;
    }
    assert!(survivors > 0, "the old backup still holds ciphertext to try");
    crate::fixture::figures(
        name,
        people as u64,
        &json!({
            "erased": people, "bytes_searched": search.bytes, "files": search.files, "bytes_inflated": search.inflated,
            "encodings": 12, "hits": 0, "ciphertexts_left": survivors, "keys_left": left.len(), "tries": tries, "opened": 0,
        }),
    );
}

/// Few people in the ordinary run, 500 with `URVAL_FULL`.
fn people(few: usize) -> usize {
    if std::env::var_os("URVAL_FULL").is_some() { 500 } else { few }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_an_erased_person_is_left_anywhere_on_sqlite() {
    canary(
        Engine::Sqlite,
        people(4),
        "story::erasure_canary::nothing_of_an_erased_person_is_left_anywhere_on_sqlite",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_an_erased_person_is_left_anywhere_on_postgresql() {
    canary(
        Engine::Postgres,
        people(3),
        "story::erasure_canary::nothing_of_an_erased_person_is_left_anywhere_on_postgresql",
    )
    .await;
}
