//! Backups of data and keys lie apart, are made while the service runs, and bring back nobody who was erased.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::json;
use urval::casework::Placement;
use urval::cli::open::{Folder, app};

use crate::fixture::{Engine, own_database, program};

const LETTER: &str = "I led a project with goals, analysis and results.";
const LOST: &str = "The disk with the list burnt in the test.";

/// An installation as an operator has it: a data folder, and with PostgreSQL an address.
struct Place {
    data: PathBuf,
    database: Option<String>,
}

impl Place {
    async fn new(engine: Engine, data: PathBuf) -> Option<Self> {
        let database = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(own_database().await?),
        };
        Some(Self { data, database })
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut all = arguments.to_vec();
        // A backup is checked by itself.
        if let Some(url) = self.database.as_ref().filter(|_| !arguments.starts_with(&["backup", "check"])) {
            all.extend(["--database", url.as_str()]);
        }
        let Output { status, stdout, stderr } = program(&all, &self.data);
        let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        (status.code(), text)
    }

    fn done(&self, arguments: &[&str]) -> String {
        let (code, text) = self.run(arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {text}");
        text
    }

    async fn open(&self) -> std::sync::Arc<urval::casework::App> {
        app(&Folder::at(&self.data).map_err(|e| e.0).expect("a folder"), self.database.as_deref(), None)
            .await
            .map_err(|failure| failure.0)
            .expect("it opens")
    }

    /// Sets up a round and hands in applications; gives their labels and receipt codes.
    async fn fill(&self, names: &[&str]) -> Vec<(String, String)> {
        let app = self.open().await;
        let rounds = app.rounds().await.expect("rounds");
        let id = match rounds.first() {
            Some(round) => round.id.clone(),
            None => {
                let profile =
                    urval::subject::profile::Profile::freeze(urval::demo::PROFILE).expect("a profile");
                let organisations: Vec<_> = urval::demo::MUNICIPALITIES
                    .iter()
                    .map(|(id, name)| urval::casework::setup::NewOrganisation { id, name, kind: "kommun" })
                    .collect();
                let round = urval::casework::setup::NewRound {
                    case_number: "TEST 2026/2",
                    invented: true,
                    kind: urval::casework::setup::RoundKind::Round,
                };
                app.open_round(urval::guard::access::Job::Demo, &organisations, &round, &profile)
                    .await
                    .expect("a round")
            }
        };
        let (_, placements, _) = app.round(&id).await.expect("the round");
        let placement: &Placement = placements.first().expect("a placement");
        let base = serve(&app).await;
        let mut made = Vec::new();
        for name in names {
            let body = json!({
                "protected_identity": false, "notice_version": urval::casework::intake::NOTICE_VERSION,
                "name": name, "email": "test.person@example.com", "placements": [placement.id.as_str()],
                "letter": LETTER, "language": "en",
            });
            let client = crate::fixture::Client::at(&base);
            let page = client.post_json(&format!("/api/v1/recruitments/{id}/applications"), &body).await;
            assert_eq!(page.status, 201, "{}", page.text);
            let value = page.json();
            made.push((
                value["label"].as_str().expect("a label").into(),
                value["receipt_code"].as_str().expect("a code").into(),
            ));
        }
        made
    }

    /// Whether the holder of a receipt code gets in and reads the whole own file.
    async fn reads(&self, code: &str) -> bool {
        let app = self.open().await;
        let base = serve(&app).await;
        let client = crate::fixture::Client::at(&base);
        let page = client.post_json("/api/v1/applicant-session", &json!({ "receipt_code": code })).await;
        if page.status != 200 {
            assert_eq!(page.status, 401, "{}", page.text);
            return false;
        }
        client.learn(&page);
        let own = client.get("/api/v1/own").await;
        assert_eq!(own.status, 200, "{}", own.text);
        own.json()["sent"][0]["text"] == LETTER
    }

    async fn log_size(&self) -> u64 {
        self.open().await.db().log_head().await.expect("the log").size
    }
}

async fn serve(app: &std::sync::Arc<urval::casework::App>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let web = urval::web::Web {
        app: std::sync::Arc::clone(app),
        secure_cookies: false,
        demo_logins: std::sync::Arc::new(Vec::new()),
        providers: std::sync::Arc::default(),
        trusted_proxies: std::sync::Arc::default(),
        uploads: urval::web::uploads::Uploads::default(),
    };
    let service = urval::web::router(web).into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    base
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

macro_rules! on_each_engine {
    ($($(#[$meta:meta])* async fn $name:ident($engine:ident) $body:block)*) => {$(
        $(#[$meta])*
        mod $name {
            use super::*;
            async fn story($engine: Engine) $body
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                story(Engine::Sqlite).await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgresql() {
                story(Engine::Postgres).await;
            }
        }
    )*};
}

on_each_engine! {
    async fn a_backup_made_under_load_is_restored_whole_elsewhere(engine) {
        let folder = tempfile::tempdir().expect("a folder");
        let Some(here) = Place::new(engine, folder.path().join("here")).await else { return };
        let made = here.fill(&["Anna Berg", "Bo Ek"]).await;
        let (data, keys) = (folder.path().join("data-backup"), folder.path().join("key-backup"));
        // Applications come in while the backup is made.
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_urval"));
        command.args(["backup", "create", text(&data), "--keys-to", text(&keys), "--data", text(&here.data)]);
        if let Some(url) = &here.database {
            command.args(["--database", url]);
        }
        let making = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn();
        here.fill(&["Cilla Dahl", "David Ek", "Eva Fors"]).await;
        let said = making.expect("the program").wait_with_output().expect("it ends");
        let said = format!("{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
        assert!(said.contains("sha256"), "{said}");
        for (path, other) in [(&data, "keys.urval-backup"), (&keys, "data.urval-backup")] {
            assert!(!path.join(other).exists());
            here.done(&["backup", "check", text(path)]);
        }
        // The data backup holds no key, and the key backup no ciphertext of an application.
        let of_data = std::fs::read_to_string(data.join("data.urval-backup")).expect("the data");
        let of_keys = std::fs::read_to_string(keys.join("keys.urval-backup")).expect("the keys");
        assert!(of_data.contains("\"envelopes\"") && !of_data.contains("subject_keys"));
        assert!(of_keys.contains("\"subject_keys\"") && !of_keys.contains("envelopes") && !of_keys.contains("audit_"));
        for name in ["kek", "index", "log"] {
            let key = std::fs::read_to_string(here.data.join("keys").join(name)).expect("a key");
            assert!(!of_data.contains(key.trim()));
        }

        let Some(there) = Place::new(engine, folder.path().join("there")).await else { return };
        let restore = |more: &[&str]| {
            let mut all = vec!["backup", "restore", text(&data), "--keys-from", text(&keys)];
            all.extend(more);
            there.run(&all)
        };
        let (code, said) = restore(&[]);
        assert!(code == Some(1) && said.contains("list of erasures"), "without the list: {said}");
        let list = folder.path().join("list");
        here.done(&["backup", "erasures", text(&list)]);
        let (code, said) = restore(&["--erasures", text(&list)]);
        assert_eq!(code, Some(0), "{said}");
        for (_, code) in &made {
            assert!(there.reads(code).await, "who was there before the backup is there");
        }
        // Onto something that is used it goes only when that is said.
        let (code, said) = restore(&["--erasures", text(&list)]);
        assert!(code == Some(1) && said.contains("--replace"), "{said}");
        // A restored log verifies, offline too.
        let log = folder.path().join("log");
        there.done(&["audit", "export", text(&log)]);
        let vkey = log.join("vkey");
        let verified = program(&["audit", "verify", text(&log), "--vkey", text(&vkey)], folder.path());
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
        // What was lost since is named when the newer log is known.
        here.fill(&["Frida Falk", "Gun Gran", "Hans Hök"]).await;
        let before = here.log_size().await;
        let (code, said) = here.run(&["backup", "restore", text(&data), "--keys-from", text(&keys), "--replace"]);
        assert!(code == Some(2) && said.contains("ROLLED BACK"), "{said}");
        assert!(here.log_size().await < before + 4, "what came after the backup is gone");
    }

    async fn no_backup_from_before_an_erasure_brings_anybody_back(engine) {
        let folder = tempfile::tempdir().expect("a folder");
        let Some(here) = Place::new(engine, folder.path().join("here")).await else { return };
        let made = here.fill(&["Erika Raderad", "Bo Bevarad"]).await;
        let (old_data, old_keys) = (folder.path().join("old-data"), folder.path().join("old-keys"));
        here.done(&["backup", "create", text(&old_data), "--keys-to", text(&old_keys)]);
        assert!(here.reads(&made[0].1).await);
        let said = here.done(&["erase", "--label", &made[0].0, "--reason", "Begäran bifalls i sin helhet."]);
        assert!(said.contains("receipt is entry"), "{said}");
        assert!(!here.reads(&made[0].1).await);
        let mut tried = 0;
        for only in [Some("data"), Some("keys"), None] {
            let mut all = vec!["backup", "restore", text(&old_data), "--keys-from", text(&old_keys), "--replace"];
            if let Some(part) = only {
                all.extend(["--only", part]);
            }
            let (code, said) = here.run(&all);
            // Data from before the erasure rolls the log back, which is said; keys alone do not.
            assert_eq!(code, Some(if only == Some("keys") { 0 } else { 2 }), "{only:?}: {said}");
            assert!(!here.data.join("restoring").exists());
            assert!(!here.reads(&made[0].1).await, "{only:?} brought an erased person back");
            assert!(here.reads(&made[1].1).await, "{only:?} lost somebody else");
            let (code, said) = here.run(&["erase", "--label", &made[0].0, "--reason", "Begäran bifalls i sin helhet."]);
            assert!(code == Some(1) && said.contains("not found"), "{only:?}: {said}");
            tried += 1;
        }
        // Elsewhere, where no list was kept: only with the reason for it, which is in the log.
        let Some(there) = Place::new(engine, folder.path().join("there")).await else { return };
        let all = ["backup", "restore", text(&old_data), "--keys-from", text(&old_keys)];
        assert_eq!(there.run(&all).0, Some(1));
        assert_eq!(there.run(&[&all[..], &["--erasures-lost", "lost"]].concat()).0, Some(1), "a reason is needed");
        let (code, said) = there.run(&[&all[..], &["--erasures-lost", LOST]].concat());
        assert_eq!(code, Some(0), "{said}");
        assert!(there.reads(&made[0].1).await, "a lost list is lost: that is why it asks for the reason");
        // The list is found again: the next start erases.
        std::fs::copy(here.data.join("keys/erasures"), there.data.join("keys/erasures")).expect("a copy");
        assert!(!there.reads(&made[0].1).await && there.reads(&made[1].1).await);
        crate::fixture::figures(
            &format!("story::backup::no_backup_from_before_an_erasure_brings_anybody_back::on_{}", if engine == Engine::Sqlite { "sqlite" } else { "postgresql" }),
            tried,
            &json!({ "restores_from_before_the_erasure": tried, "brought_back": 0 }),
        );
    }

    async fn a_restore_that_was_interrupted_is_not_served_from(engine) {
        let folder = tempfile::tempdir().expect("a folder");
        let Some(here) = Place::new(engine, folder.path().join("here")).await else { return };
        here.fill(&["Bo Bevarad"]).await;
        let backup = folder.path().join("backup");
        here.done(&["backup", "create", text(&backup)]);
        std::fs::write(here.data.join("restoring"), "").expect("the marker");
        let (code, said) = here.run(&["serve", "--listen", "127.0.0.1:0"]);
        assert!(code == Some(1) && said.contains("backup restore"), "{said}");
        let (code, said) = here.run(&["backup", "restore", text(&backup)]);
        assert!(matches!(code, Some(0 | 2)), "{said}");
        assert!(!here.data.join("restoring").exists());
        here.open().await;
    }

    async fn a_damaged_or_foreign_backup_is_refused_before_anything_is_changed(engine) {
        let folder = tempfile::tempdir().expect("a folder");
        let Some(here) = Place::new(engine, folder.path().join("here")).await else { return };
        let made = here.fill(&["Bo Bevarad"]).await;
        let backup = folder.path().join("backup");
        here.done(&["backup", "create", text(&backup)]);
        let restore = || here.run(&["backup", "restore", text(&backup), "--replace"]);
        let mut refused = 0;
        for name in ["data.urval-backup", "keys.urval-backup"] {
            let path = backup.join(name);
            let whole = std::fs::read(&path).expect("a part");
            for at in [0, whole.len() / 3, whole.len() / 2, whole.len() - 2] {
                let mut bytes = whole.clone();
                bytes[at] ^= 1;
                std::fs::write(&path, &bytes).expect("a file");
                let (code, said) = restore();
                assert!(code == Some(1) && said.contains("manifest"), "{name} {at}: {said}");
                refused += 1;
            }
            std::fs::write(&path, &whole[..whole.len() - 20]).expect("a file");
            assert_eq!(restore().0, Some(1), "cut off");
            std::fs::write(&path, &whole).expect("a file");
        }
        assert_eq!(refused, 8);
        let Some(foreign) = Place::new(engine, folder.path().join("foreign")).await else { return };
        foreign.fill(&["Någon Annan"]).await;
        let other = folder.path().join("other");
        foreign.done(&["backup", "create", text(&other)]);
        let (code, said) = here.run(&["backup", "restore", text(&other), "--only", "data", "--replace"]);
        assert!(code == Some(1) && said.contains("another installation"), "{said}");
        std::fs::remove_file(backup.join("data.manifest.json")).expect("the manifest");
        let (code, said) = restore();
        assert!(code == Some(1) && said.contains("manifest is missing"), "{said}");
        // Nothing of all this touched what is there, nor was a marker left.
        assert!(here.reads(&made[0].1).await);
    }
}
