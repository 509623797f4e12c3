//! Keys open for those whose they are, lie apart from what they seal, and are replaced without standing still.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::{Connection, Row};
use urval::casework::intake::Submission;
use urval::casework::setup::{NewOrganisation, NewRound, NewStaff, RoundKind};
use urval::casework::{App, CaseError, Parts, Storage};
use urval::clock::{Chance, Clock};
use urval::guard::access::{Actor, Door, Job, Membership};
use urval::guard::keys::KeyRing;
use urval::guard::keys::holders::HolderKey;
use urval::guard::keys::root::{GivenKey, Source};
use urval::guard::pii::Pii;
use urval::guard::policy::{Policies, SCHEMA};
use urval::guard::vault::{KeyKind, Vault, WrappedKey};
use urval::pipeline::received::{Known, Received, Section, SectionKind};
use urval::subject::id::{ApplicationId, MembershipId, OrganisationId, RecruitmentId, SubjectId};
use urval::subject::profile::Profile;
use urval::subject::role::Role;
use urval::subject::words::Lang;

use crate::fixture::{Engine, NOW, PASSWORD, Site, on_both, own_database};

const LETTER: &str = "I led a project group of five with goals and a schedule, and wrote the report.";

/// Policies that say yes to everybody, as if all of them had failed at once.
fn every_policy_says_yes() -> Policies {
    Policies::parse(SCHEMA, "@id(\"all\") permit (principal, action, resource);").expect("policies")
}

/// A second service over the data of a site.
async fn second_service(site: &Site, policies: Policies) -> App {
    let keys = KeyRing::create_or_open(site.folder.path(), &Chance::system(), true).expect("keys");
    let parts = Parts {
        keys: &keys,
        origin: urval::cli::open::ORIGIN,
        policies,
        clock: site.clock.clone(),
        chance: Chance::system(),
        encoder: None,
    };
    let file = site.folder.path().join("urval.sqlite");
    let storage = site.postgres.as_deref().map_or(Storage::Sqlite(&file), Storage::Postgres);
    App::open(storage, parts).await.expect("a second service")
}

async fn member(site: &Site, organisation: &str, role: Role) -> Actor {
    let login = format!("{organisation}-{}", role.code());
    let new = NewStaff { login: &login, name: "Påhittad Läsare", password: PASSWORD, organisation, role };
    let staff = site.app.add_staff(Job::Demo, &new).await.expect("an account");
    Actor::Staff(Membership {
        id: MembershipId::new(format!("m-{login}")),
        staff,
        organisation: OrganisationId::new(organisation),
        role,
        active: true,
        valid_from: NOW,
        valid_to: NOW.plus_seconds(3600),
    })
}

/// A connection to the key store itself, and what its tables are called there.
enum Store {
    Sqlite(sqlx::SqliteConnection),
    Postgres(sqlx::PgConnection),
}

impl Store {
    async fn open(folder: &Path, postgres: Option<&str>) -> Self {
        match postgres {
            Some(url) => Self::Postgres(sqlx::PgConnection::connect(url).await.expect("PostgreSQL")),
            None => {
                let file = format!("sqlite://{}", folder.join("keys/keystore.sqlite").display());
                Self::Sqlite(sqlx::SqliteConnection::connect(&file).await.expect("the key store"))
            }
        }
    }

    /// Holder, epoch, state, root and sealed bytes of every organisation's key.
    async fn holders(&mut self) -> Vec<(String, i64, String, Vec<u8>, Vec<u8>)> {
        const TEXT: &str = "SELECT organisation_id, epoch, state, root_id, sealed FROM ";
        match self {
            Self::Sqlite(c) => {
                sqlx::query_as(sqlx::AssertSqlSafe(format!("{TEXT} organisation_keys"))).fetch_all(c).await
            }
            Self::Postgres(c) => {
                sqlx::query_as(sqlx::AssertSqlSafe(format!("{TEXT} keystore.organisation_keys")))
                    .fetch_all(c)
                    .await
            }
        }
        .expect("the organisations' keys")
    }

    /// Subject, kind, holder, epoch and wrapped bytes of every key.
    async fn wraps(&mut self) -> Vec<(String, String, String, i64, Vec<u8>)> {
        const TEXT: &str = "SELECT subject_id, kind, organisation_id, epoch, wrapped FROM ";
        match self {
            Self::Sqlite(c) => {
                sqlx::query_as(sqlx::AssertSqlSafe(format!("{TEXT} subject_keys"))).fetch_all(c).await
            }
            Self::Postgres(c) => {
                sqlx::query_as(sqlx::AssertSqlSafe(format!("{TEXT} keystore.subject_keys")))
                    .fetch_all(c)
                    .await
            }
        }
        .expect("the wrapped keys")
    }

    async fn put(&mut self, rows: &[(SubjectId, KeyKind, WrappedKey)]) {
        const TEXT: &str =
            "(subject_id, kind, organisation_id, epoch, made_at, wrapped) VALUES ($1, $2, $3, $4, $5, $6)";
        macro_rules! all {
            ($c:expr, $table:literal) => {{
                let mut tx = $c.begin().await.expect("a transaction");
                for (subject, kind, key) in rows {
                    sqlx::query(sqlx::AssertSqlSafe(format!("INSERT INTO {} {TEXT}", $table)))
                        .bind(subject.as_str())
                        .bind(kind.code())
                        .bind(key.holder())
                        .bind(i64::from(key.epoch()))
                        .bind(NOW.0)
                        .bind(key.as_bytes().to_vec())
                        .execute(&mut *tx)
                        .await
                        .expect("a row");
                }
                tx.commit().await.expect("a commit");
            }};
        }
        match self {
            Self::Sqlite(c) => all!(c, "subject_keys"),
            Self::Postgres(c) => all!(c, "keystore.subject_keys"),
        }
    }

    /// A vault that knows every key that is not destroyed.
    async fn vault(&mut self, folder: &Path) -> Vault {
        let keys = KeyRing::create_or_open(folder, &Chance::system(), true).expect("keys");
        let vault = keys.vault(Chance::system());
        for (holder, epoch, state, root, sealed) in self.holders().await {
            if state != "destroyed" && holder != "*root" {
                let root = root.try_into().expect("an id");
                let epoch = u32::try_from(epoch).expect("an epoch");
                vault.learn(&[HolderKey { holder, epoch, root, sealed }]).expect("a key that opens");
            }
        }
        vault
    }

    /// Opens every wrapped key and says how many there are.
    async fn all_open(&mut self, folder: &Path) -> usize {
        let vault = self.vault(folder).await;
        let rows = self.wraps().await;
        for (subject, kind, holder, epoch, bytes) in &rows {
            let key = WrappedKey::from_stored(bytes.clone()).expect("a wrapped key");
            assert_eq!((key.holder(), i64::from(key.epoch())), (holder.as_str(), *epoch));
            let kind = KeyKind::parse(kind).expect("a kind");
            vault.unwrap_key(&SubjectId::new(subject.clone()), kind, &key).expect("every key opens");
        }
        rows.len()
    }

    async fn states(&mut self, holder: &str) -> BTreeMap<String, Vec<i64>> {
        let mut states: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for (found, epoch, state, _, sealed) in self.holders().await {
            if found == holder {
                assert_eq!(sealed.is_empty(), state == "destroyed", "only a destroyed key is empty");
                states.entry(state).or_default().push(epoch);
            }
        }
        states
    }
}

on_both! {
    async fn an_organisation_that_was_not_chosen_finds_no_key_whatever_the_policies_say(site) {
        let made = site.apply("Anna Berg", LETTER, &["helsingborg-digitalisering"]).await;
        site.score().await;
        let id = ApplicationId::new(site.id_of(&made.label).await);
        let own = member(&site, "helsingborg", Role::Recruiter).await;
        let other = urval::demo::MUNICIPALITIES.iter().map(|(id, _)| *id).find(|id| *id != "helsingborg").expect("another");
        let stranger = member(&site, other, Role::Recruiter).await;
        let open = second_service(&site, every_policy_says_yes()).await;

        assert!(open.open_application(&own, &id).await.is_ok(), "whom the applicant chose");
        let refused = |result: Result<(), CaseError>| assert!(matches!(result, Err(CaseError::NotFound("key"))), "{result:?}");
        refused(open.open_application(&stranger, &id).await.map(|_| ()));
        // Contact details are not even looked for without a decision or an emergency of this person's own.
        let contact = open.contact(&stranger, &id).await.map(|_| ());
        assert!(matches!(contact, Err(CaseError::NotFound(_))), "{contact:?}");

        // Later the applicant hands over; only then the other organisation's own key opens it.
        open.hand_over(&Actor::Applicant(id.clone()), &id, &OrganisationId::new(other)).await.expect("a handover");
        open.hand_over(&Actor::Applicant(id.clone()), &id, &OrganisationId::new(other)).await.expect("twice is once");
        assert!(open.open_application(&stranger, &id).await.is_ok());
        let third = urval::demo::MUNICIPALITIES.iter().map(|(id, _)| *id).find(|id| *id != "helsingborg" && *id != other);
        let third = member(&site, third.expect("a third"), Role::Recruiter).await;
        refused(open.open_application(&third, &id).await.map(|_| ()));
        // With the policies in force the handover alone opens nothing: both must say yes.
        assert!(matches!(site.app.open_application(&stranger, &id).await, Err(CaseError::Refused(_))));
        assert!(site.app.hand_over(&stranger, &id, &OrganisationId::new(other)).await.is_err(), "not by staff");
    }

    async fn a_key_moved_to_another_organisations_row_stays_shut(site) {
        let made = site.apply("Anna Berg", LETTER, &["helsingborg-digitalisering"]).await;
        site.score().await;
        let id = ApplicationId::new(site.id_of(&made.label).await);
        let other = urval::demo::MUNICIPALITIES.iter().map(|(id, _)| *id).find(|id| *id != "helsingborg").expect("another");
        let stranger = member(&site, other, Role::Recruiter).await;
        site.behind_its_back(&format!("UPDATE keystore.subject_keys SET organisation_id = '{other}' WHERE kind = 'content'")).await;
        let open = second_service(&site, every_policy_says_yes()).await;
        assert!(matches!(open.open_application(&stranger, &id).await, Err(CaseError::Store(_))));
    }

    async fn keys_lie_apart_and_a_database_alone_opens_nothing(site) {
        let made = site.apply("Anna Berg", LETTER, &["helsingborg-digitalisering"]).await;
        let applicant = site.applicant(&made.code).await;
        assert_eq!(applicant.get("/min-ansokan/sida").await.status, 200);
        let mut store = Store::open(site.folder.path(), site.postgres.as_deref()).await;
        let wraps = store.wraps().await;
        // Identity and content for the one organisation chosen, the tag for the programme.
        let mut kinds: Vec<(&str, &str)> = wraps.iter().map(|(_, kind, holder, ..)| (kind.as_str(), holder.as_str())).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, [("content", "helsingborg"), ("identity", "helsingborg"), ("tag", "*programme")]);
        assert_eq!(store.all_open(site.folder.path()).await, 3);
        if site.engine == Engine::Sqlite {
            let file = site.folder.path().join("keys/keystore.sqlite");
            for end in ["", "-wal"] {
                let path = PathBuf::from(format!("{}{end}", file.display()));
                let mode = std::fs::metadata(&path).expect("the key store").permissions().mode() & 0o777;
                assert_eq!(mode, 0o600, "{}", path.display());
            }
            // No wrapped key is in the database's own files.
            for end in ["", "-wal"] {
                let bytes = std::fs::read(site.folder.path().join(format!("urval.sqlite{end}"))).expect("the database");
                for (.., wrapped) in &wraps {
                    let tail = &wrapped[wrapped.len() - 32..];
                    assert!(!bytes.windows(32).any(|part| part == tail), "a key in urval.sqlite{end}");
                }
            }
        }
        // The key is destroyed, the database stays as an old backup would: nobody opens it, the applicant neither.
        site.behind_its_back("DELETE FROM keystore.subject_keys WHERE kind = 'identity'").await;
        assert_ne!(applicant.get("/min-ansokan/sida").await.status, 200);
    }

    async fn an_intake_that_comes_to_nothing_leaves_keys_that_are_swept_and_no_others_are(site) {
        site.apply("Anna Berg", LETTER, &["helsingborg-digitalisering"]).await;
        site.behind_its_back("UPDATE recruitments SET state = 'closed'").await;
        let placement = site.placement("helsingborg-digitalisering").id.clone();
        let refused = site.app.submit(&Actor::Visitor(Door::Web), &site.recruitment, submission(1, &placement)).await;
        assert!(matches!(refused, Err(CaseError::Refused(_))));
        let mut store = Store::open(site.folder.path(), site.postgres.as_deref()).await;
        assert_eq!(store.wraps().await.len(), 6);
        assert_eq!(site.app.sweep_keys().await.expect("a sweep"), 0, "an intake may still be under way");
        site.clock.advance_seconds(25 * 3600);
        assert_eq!(site.app.sweep_keys().await.expect("a sweep"), 3);
        assert_eq!(store.all_open(site.folder.path()).await, 3);
    }
}

fn submission(number: u64, placement: &urval::subject::id::PlacementId) -> Submission {
    let mut known = Known::default();
    known.name = "Anna Berg".into();
    known.email = format!("anna{number}@example.com");
    Submission {
        received: Received {
            known,
            sections: vec![Section {
                kind: SectionKind::Letter,
                question: None,
                text: Pii::new(LETTER.into()),
            }],
        },
        placements: vec![placement.clone()],
        language: Lang::En,
        ai_free: false,
        label_seed: None,
        draft: None,
    }
}

/// An installation as the program itself opens it, with a service in this process that goes on working.
struct Running {
    folder: tempfile::TempDir,
    postgres: Option<String>,
    app: Arc<App>,
    recruitment: RecruitmentId,
}

impl Running {
    async fn start(engine: Engine) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let postgres = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(own_database().await?),
        };
        let keys = KeyRing::create_or_open(folder.path(), &Chance::system(), false).expect("keys");
        let parts = Parts {
            keys: &keys,
            origin: urval::cli::open::ORIGIN,
            policies: Policies::shipped().expect("policies"),
            clock: Clock::system(),
            chance: Chance::system(),
            encoder: None,
        };
        let file = folder.path().join("urval.sqlite");
        let storage = postgres.as_deref().map_or(Storage::Sqlite(&file), Storage::Postgres);
        let app = Arc::new(App::open(storage, parts).await.expect("the service"));
        let profile = Profile::freeze(urval::demo::PROFILE).expect("the profile");
        let organisations: Vec<NewOrganisation<'_>> = urval::demo::MUNICIPALITIES
            .iter()
            .map(|(id, name)| NewOrganisation { id, name, kind: "kommun" })
            .collect();
        let round = NewRound { case_number: "TEST 2026/2", invented: true, kind: RoundKind::Round };
        let recruitment = app.open_round(Job::Demo, &organisations, &round, &profile).await.expect("a round");
        Some(Self { folder, postgres, app, recruitment })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_urval"));
        command
            .args(arguments)
            .arg("--data")
            .arg(self.folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.env_remove("URVAL_DATABASE");
        if let Some(url) = &self.postgres {
            command.env("URVAL_DATABASE", url);
        }
        command
    }

    async fn store(&self) -> Store {
        Store::open(self.folder.path(), self.postgres.as_deref()).await
    }

    /// Writes and reads without pause until told to stop; says how often. Any failure is a failure of the test.
    fn at_work(&self, stop: &Arc<AtomicBool>, done: &Arc<AtomicU64>) -> tokio::task::JoinHandle<()> {
        let (app, recruitment) = (Arc::clone(&self.app), self.recruitment.clone());
        let (stop, done) = (Arc::clone(stop), Arc::clone(done));
        tokio::spawn(async move {
            let (_, placements, _) = app.round(&recruitment).await.expect("the round");
            let placement =
                placements.iter().find(|p| p.slug == "helsingborg-digitalisering").expect("a placement");
            let mut first = None;
            while !stop.load(Ordering::SeqCst) {
                let number = done.fetch_add(1, Ordering::SeqCst);
                let made = app
                    .submit(&Actor::Visitor(Door::Web), &recruitment, submission(number, &placement.id))
                    .await;
                let id = made.expect("writing goes on").id;
                for id in [&id, first.get_or_insert_with(|| id.clone())] {
                    app.own_file(&Actor::Applicant(id.clone()), id).await.expect("reading goes on");
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

async fn killed(child: &mut Child, after: Duration) -> bool {
    tokio::time::sleep(after).await;
    let still = child.try_wait().expect("its state").is_none();
    child.kill().expect("SIGKILL");
    child.wait().expect("its end");
    still
}

/// Kills a rotation at moments spread over its whole length, then lets it finish.
async fn rotated_through_kills(running: &Running, arguments: &[&str], holder: &str) -> Value {
    let kills_wanted: u64 = if std::env::var_os("URVAL_FULL").is_some() { 200 } else { 12 };
    let mut store = running.store().await;
    let before = store.all_open(running.folder.path()).await;
    let begun = Instant::now();
    let whole = running.command(arguments).output().expect("the program");
    assert!(whole.status.success(), "{}", said(&whole));
    let length = begun.elapsed();
    let (mut kills, mut half_done, mut turns) = (0, 0, 0u64);
    while kills < kills_wanted {
        turns += 1;
        assert!(turns < kills_wanted * 20, "the rotation ends before it can be killed");
        // A low-discrepancy walk over the length of a run: no moment is left out, and no chance decides.
        let part = (turns * 618 % 1000) as f64 / 1000.0;
        let mut child = running.command(arguments).spawn().expect("the program");
        if killed(&mut child, length.mul_f64(part)).await {
            kills += 1;
        }
        half_done += u64::from(store.states(holder).await.contains_key("retired"));
        assert!(store.all_open(running.folder.path()).await >= before, "nothing is lost");
    }
    let last = running.command(arguments).output().expect("the program");
    assert!(last.status.success(), "{}", said(&last));
    let states = store.states(holder).await;
    assert_eq!(states["active"].len(), 1, "{states:?}");
    assert!(!states.contains_key("retired"), "{states:?}");
    let keys = store.all_open(running.folder.path()).await;
    for (_, _, found, epoch, _) in store.wraps().await {
        assert!(found != holder || epoch == states["active"][0], "a key is left under epoch {epoch}");
    }
    json!({ "kills": kills, "left_half_done": half_done, "keys_open": keys, "epochs": states["active"][0],
            "one_run_ms": length.as_millis() as u64 })
}

async fn rotation(engine: Engine, test: &str) {
    let Some(running) = Running::start(engine).await else { return };
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let work = running.at_work(&stop, &done);
    while done.load(Ordering::SeqCst) < 2 {
        assert!(!work.is_finished(), "the service works");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Enough keys for a rotation of many batches, of subjects that exist nowhere else.
    let mut store = running.store().await;
    let vault = store.vault(running.folder.path()).await;
    let mut rows = Vec::new();
    for number in 0..1000 {
        let subject = SubjectId::new(format!("bulk-{number}"));
        for kind in [KeyKind::Identity, KeyKind::Content] {
            let key = vault.fresh_key().expect("a key");
            let wrapped = vault.wrap_key(&key, &subject, kind, "helsingborg", 1).expect("a wrapped key");
            rows.push((subject.clone(), kind, wrapped));
        }
    }
    store.put(&rows).await;

    let organisation = ["keys", "rotate", "--organisation", "helsingborg"];
    let one = rotated_through_kills(&running, &organisation, "helsingborg").await;
    assert!(one["left_half_done"].as_u64() > Some(0), "no kill hit a rotation in the middle: {one}");
    let root = rotated_through_kills(&running, &["keys", "rotate", "--root"], "*root").await;
    let before = done.load(Ordering::SeqCst);
    while done.load(Ordering::SeqCst) < before + 2 {
        assert!(!work.is_finished(), "the service goes on after the rotations");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.store(true, Ordering::SeqCst);
    work.await.expect("the service worked all the while");

    // Everything is under one root, one file; the old ones are gone.
    let roots: std::collections::BTreeSet<Vec<u8>> = store
        .holders()
        .await
        .into_iter()
        .filter(|(_, _, state, ..)| state != "destroyed")
        .map(|(_, _, _, root, _)| root)
        .collect();
    assert_eq!(roots.len(), 1);
    assert!(!running.folder.path().join("keys/kek.next").exists());
    let again = running.command(&["keys", "status", "--json"]).output().expect("the program");
    let status: Value = serde_json::from_slice(&again.stdout).expect("JSON");
    assert_eq!(status["root"], hex::encode(roots.first().expect("a root")), "{}", said(&again));
    assert!(!String::from_utf8_lossy(&again.stdout).contains("sealed"));
    let unknown =
        running.command(&["keys", "rotate", "--organisation", "ingenstans"]).output().expect("the program");
    assert!(!unknown.status.success(), "an organisation without a key");
    let kills = one["kills"].as_u64().unwrap_or(0) + root["kills"].as_u64().unwrap_or(0);
    crate::fixture::figures(
        test,
        kills,
        &json!({
            "organisation": one, "root": root, "applications_handed_in_and_read_meanwhile": done.load(Ordering::SeqCst),
        }),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_killed_at_any_moment_loses_nothing_and_ends_on_sqlite() {
    rotation(Engine::Sqlite, "story::keys::a_rotation_killed_at_any_moment_loses_nothing_and_ends_on_sqlite")
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_killed_at_any_moment_loses_nothing_and_ends_on_postgresql() {
    rotation(
        Engine::Postgres,
        "story::keys::a_rotation_killed_at_any_moment_loses_nothing_and_ends_on_postgresql",
    )
    .await;
}

/// `urval serve` on a free port, without a model so that it starts at once.
struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(data: &Path, set: &[(&str, &str)]) -> Result<Self, String> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_urval"))
            .args(["serve", "--plain-http", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .env_remove("URVAL_DATABASE")
            .env("URVAL_MANIFEST", "/nonexistent")
            .envs(set.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        if let Some((_, address)) = line.trim().split_once("http://") {
            return Ok(Self { child, address: address.to_owned() });
        }
        let mut said = String::new();
        child.stderr.take().expect("its errors").read_to_string(&mut said).expect("text");
        child.wait().expect("its end");
        Err(said)
    }

    fn answers(&self) -> bool {
        ureq::get(format!("http://{}/healthz", self.address))
            .call()
            .is_ok_and(|answer| answer.status() == 200)
    }
}

fn keys(data: &Path, arguments: &[&str], set: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_urval"))
        .arg("keys")
        .args(arguments)
        .arg("--data")
        .arg(data)
        .env_remove("URVAL_DATABASE")
        .envs(set.iter().copied())
        .output()
        .expect("the program")
}

#[test]
fn a_server_leaves_no_core_and_its_memory_is_closed() {
    let data = tempfile::tempdir().expect("a folder");
    // It starts only when it has read back that it is not dumpable.
    let server = Server::start(data.path(), &[]).expect("a server");
    let about = |file: &str| format!("/proc/{}/{file}", server.child.id());
    let limits = std::fs::read_to_string(about("limits")).expect("its limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("the limit");
    assert_eq!(core.split_whitespace().rev().skip(1).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    // What is not dumpable belongs to root in /proc, whoever runs it, so the account's other processes cannot read
    // it.
    use std::os::unix::fs::MetadataExt;
    assert_eq!(std::fs::metadata(about("environ")).expect("its environment").uid(), 0);
    assert!(server.answers());
}

#[test]
fn a_root_that_is_given_is_in_no_file_and_is_changed_by_giving_the_next() {
    let data = tempfile::tempdir().expect("a folder");
    let (first, second) = ("11".repeat(32), "22".repeat(32));
    drop(Server::start(data.path(), &[("URVAL_KEK", &first)]).expect("a server"));
    assert!(!data.path().join("keys/kek").exists());
    for file in std::fs::read_dir(data.path().join("keys")).expect("the keys") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("a key file");
        assert!(!bytes.windows(32).any(|part| part == [0x11; 32] || part == &first.as_bytes()[..32]));
    }
    // Forgotten, or another one: it does not start, says what to do, and shows no key.
    let none = Server::start(data.path(), &[]).err().expect("a refusal");
    assert!(none.contains("restore the key backup"), "{none}");
    let other = Server::start(data.path(), &[("URVAL_KEK", &second)]).err().expect("a refusal");
    assert!(other.contains("which is not the one given") && !other.contains(&second), "{other}");

    let refused = keys(data.path(), &["rotate", "--root"], &[("URVAL_KEK", &first)]);
    assert!(!refused.status.success() && said(&refused).contains("URVAL_KEK_NEXT"), "{}", said(&refused));
    let file = data.path().join("next");
    std::fs::write(&file, format!("{second}\n")).expect("a secret file");
    let path = file.display().to_string();
    let set = [("URVAL_KEK", first.as_str()), ("URVAL_KEK_NEXT_FILE", path.as_str())];
    let done = keys(data.path(), &["rotate", "--root"], &set);
    assert!(done.status.success(), "{}", said(&done));
    assert!(Server::start(data.path(), &[("URVAL_KEK", &first)]).is_err(), "the old one opens nothing");
    assert!(Server::start(data.path(), &[("URVAL_KEK_FILE", &path)]).expect("a server").answers());
}

#[test]
fn a_root_on_a_token_never_leaves_it() {
    let library = [
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    ]
    .into_iter()
    .find(|path| Path::new(path).exists());
    let Some(library) = library else {
        assert!(std::env::var_os("URVAL_TEST_REQUIRE_POSTGRES").is_none(), "softhsm2 must be installed");
        println!("SKIPPED: softhsm2 is not installed; tests/run installs it");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let (tokens, data) = (folder.path().join("tokens"), folder.path().join("data"));
    std::fs::create_dir(&tokens).expect("a folder");
    std::fs::create_dir(&data).expect("a folder");
    let settings = folder.path().join("softhsm2.conf");
    std::fs::write(
        &settings,
        format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            tokens.display()
        ),
    )
    .expect("settings");
    let settings = settings.display().to_string();
    let made = Command::new("softhsm2-util")
        .env("SOFTHSM2_CONF", &settings)
        .args(["--init-token", "--free", "--label", "urval", "--pin", "4711", "--so-pin", "0815"])
        .output()
        .expect("softhsm2-util");
    assert!(made.status.success(), "{}", said(&made));
    std::fs::write(data.join("keys.toml"), format!("[root]\nmodule = \"{library}\"\ntoken = \"urval\"\n"))
        .expect("keys.toml");
    let set = [("SOFTHSM2_CONF", settings.as_str()), ("URVAL_TOKEN_PIN", "4711")];

    let wrong = Server::start(&data, &[("SOFTHSM2_CONF", settings.as_str()), ("URVAL_TOKEN_PIN", "9999")]);
    assert!(wrong.err().expect("a refusal").contains("PIN"));
    assert!(!data.join("keys").exists(), "a token that refuses makes no keys");
    let server = Server::start(&data, &set).expect("a server");
    assert!(!data.join("keys/kek").exists());
    let status: Value =
        serde_json::from_slice(&keys(&data, &["status", "--json"], &set).stdout).expect("JSON");
    assert_eq!(status["source"], "token");
    let first = status["root"].clone();

    // The token goes: who runs goes on, who starts or rotates is told what to do.
    let away = folder.path().join("away");
    std::fs::rename(&tokens, &away).expect("the token goes");
    assert!(server.answers());
    for arguments in [&["rotate", "--root"][..], &["rotate", "--organisation", "*programme"], &["status"]] {
        let refused = keys(&data, arguments, &set);
        assert!(
            !refused.status.success() && said(&refused).contains("token"),
            "{arguments:?}: {}",
            said(&refused)
        );
    }
    assert!(Server::start(&data, &set).err().expect("a refusal").contains("token"));
    assert!(server.answers());
    std::fs::rename(&away, &tokens).expect("the token comes back");

    for arguments in
        [&["rotate", "--organisation", "*programme"][..], &["rotate", "--root"], &["rotate", "--root"]]
    {
        let done = keys(&data, arguments, &set);
        assert!(done.status.success(), "{arguments:?}: {}", said(&done));
    }
    let status: Value =
        serde_json::from_slice(&keys(&data, &["status", "--json"], &set).stdout).expect("JSON");
    assert_ne!(status["root"], first);
    let states: Vec<&str> = status["keys"]
        .as_array()
        .expect("keys")
        .iter()
        .filter(|row| row["holder"] == "*root")
        .filter_map(|row| row["state"].as_str())
        .collect();
    assert_eq!(states, ["destroyed", "destroyed", "active"]);
    assert!(Server::start(&data, &set).expect("a server").answers());
}

#[test]
fn data_without_its_key_store_is_refused_and_no_new_one_is_made() {
    let data = tempfile::tempdir().expect("a folder");
    drop(Server::start(data.path(), &[]).expect("a server"));
    let store = data.path().join("keys/keystore.sqlite");
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", store.display()));
    }
    let said = Server::start(data.path(), &[]).err().expect("a refusal");
    assert!(said.contains("restore the key backup"), "{said}");
    assert!(!store.exists());
}

#[tokio::test]
async fn a_vault_from_a_given_root_is_the_same_service() {
    // The library's own door, as the program uses it.
    let data = tempfile::tempdir().expect("a folder");
    let root = || Source::Given { current: GivenKey::parse(&"7f".repeat(32)).expect("a key"), next: None };
    for exists in [false, true] {
        let keys = KeyRing::open_with(data.path(), root(), &Chance::system(), exists).expect("keys");
        let parts = Parts {
            keys: &keys,
            origin: urval::cli::open::ORIGIN,
            policies: Policies::shipped().expect("policies"),
            clock: Clock::fixed(NOW),
            chance: Chance::system(),
            encoder: None,
        };
        let file = data.path().join("urval.sqlite");
        App::open(Storage::Sqlite(&file), parts).await.expect("the service");
    }
    let mut c = sqlx::SqliteConnection::connect(&format!(
        "sqlite://{}",
        data.path().join("keys/keystore.sqlite").display()
    ))
    .await
    .expect("it");
    let row = sqlx::query("SELECT CAST(COUNT(*) AS BIGINT) FROM organisation_keys")
        .fetch_one(&mut c)
        .await
        .expect("a count");
    assert_eq!(row.get::<i64, _>(0), 2, "one root and the programme's key, made once");
}
