//! An erased application is gone for good: keys first, then every row, and the log still holds.

use std::collections::BTreeSet;

use serde_json::json;
use urval::casework::erasure::Ground;
use urval::guard::access::{Actor, Job};
use urval::guard::pii::Pii;
use urval::store::erasure::TABLES;
use urval::subject::id::ApplicationId;
use urval::subject::role::Role;

use crate::fixture::{Client, Engine, Receipt, Site, on_both};

const PLACE: &str = "helsingborg-digitalisering";
const REASON: &str = "Begäran bifalls, inget kräver att den bevaras.";

pub async fn count(site: &Site, sql: &str) -> i64 {
    use sqlx::Connection;
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    match &site.postgres {
        Some(url) => {
            let mut connection = sqlx::PgConnection::connect(url).await.expect("PostgreSQL");
            sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a count")
        }
        None => {
            let file = site.folder.path().join("urval.sqlite");
            let mut connection = sqlx::SqliteConnection::connect(&format!("sqlite://{}", file.display()))
                .await
                .expect("SQLite");
            let keys = site.folder.path().join("keys/keystore.sqlite").display().to_string();
            sqlx::query("ATTACH DATABASE $1 AS keystore")
                .bind(keys)
                .execute(&mut connection)
                .await
                .expect("the key store");
            sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a count")
        }
    }
}

/// One application that everything has been done with.
pub async fn used_fully(site: &Site, name: &str) -> (Receipt, String) {
    let made = site.apply(name, "I led a project with goals, analysis and results.", &[PLACE]).await;
    site.score().await;
    let id = site.id_of(&made.label).await;
    let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
    let manager = site.staff(Role::HiringManager, "helsingborg").await;
    let opened = recruiter.get(&format!("/api/v1/applications/{id}")).await.json();
    let marks: serde_json::Map<String, serde_json::Value> = opened["criteria"]
        .as_array()
        .expect("criteria")
        .iter()
        .filter_map(|one| {
            let scale = one["scale"].as_array()?;
            Some((one["id"].as_str()?.to_owned(), scale.first()?.clone()))
        })
        .collect();
    let given =
        recruiter.post_json(&format!("/api/v1/applications/{id}/marks"), &json!({ "marks": marks })).await;
    assert!(given.status < 300, "{}", given.text);
    assert_eq!(manager.get(&format!("/api/v1/applications/{id}")).await.status, 200);
    let decision = json!({ "placement": site.placement(PLACE).id.as_str(), "outcome": "proceed", "reason": "Visar resultat i brevet." });
    let decided = manager.post_json(&format!("/api/v1/applications/{id}/decisions"), &decision).await;
    assert_eq!(decided.status, 201, "{}", decided.text);
    (made, id)
}

/// The request of an applicant for erasure, and its id as the registrar sees it.
pub async fn ask(site: &Site, made: &Receipt, registrar: &Client) -> String {
    let applicant = site.applicant(&made.code).await;
    let asked = applicant.post_json("/api/v1/own/requests", &json!({ "kind": "erasure" })).await;
    assert_eq!(asked.status, 201, "{}", asked.text);
    let list = registrar.get("/api/v1/erasure-requests").await;
    assert_eq!(list.status, 200, "{}", list.text);
    let list = list.json();
    let one = list.as_array().expect("a list").iter().find(|one| one["label"] == made.label.as_str());
    one.expect("the request waits")["request"].as_str().expect("an id").to_owned()
}

pub fn keep_list(site: &Site) {
    site.app.keep_erasures_in(site.folder.path().join("keys/erasures"));
}

on_both! {
    async fn an_erased_application_leaves_an_empty_shell_and_nothing_else(site) {
        keep_list(&site);
        let (made, id) = used_fully(&site, "Erika Påhittad").await;
        let (other, _) = used_fully(&site, "Bo Bevarad").await;
        let registrar = site.staff(Role::Registrar, "helsingborg").await;
        let request = ask(&site, &made, &registrar).await;
        let page = registrar.get("/registrator/radering").await;
        assert!(page.words().contains(&made.label), "{}", page.words());
        assert!(!page.text.contains("Erika"));
        let done = registrar
            .post_form(&format!("/registrator/radering/{request}/svar"), &[("svar", "radera"), ("ground", "request"), ("reason", REASON)])
            .await;
        assert_eq!(done.status, 303, "{}", done.text);
        let told = registrar.get(done.location()).await;
        assert!(told.words().contains("raderad"), "{}", told.words());

        // The receipt is an entry of the log that says so.
        let entry: usize = done.location().rsplit('=').next().expect("a number").parse().expect("a number");
        let leaves = crate::fixture::leaves_of(&site.app).await;
        let leaf = String::from_utf8_lossy(&leaves[entry]).into_owned();
        assert!(leaf.contains("application.erased") && leaf.contains("registrar"), "{leaf}");

        // Nothing leads there any more.
        assert_eq!(site.visitor().post_json("/api/v1/applicant-session", &json!({ "receipt_code": made.code })).await.status, 401);
        let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
        assert_eq!(recruiter.get(&format!("/arbete/ansokningar/{id}")).await.status, 404);
        let placement = recruiter.get(&format!("/arbete/placeringar/{}", site.placement(PLACE).id)).await;
        assert!(!placement.text.contains(&made.label) && placement.text.contains(&other.label));

        // Each table holds the other one's rows only, and the shell is counted.
        for (table, column) in [
            ("envelopes", "application_id"), ("assessments", "application_id"), ("openings", "application_id"),
            ("marks", "application_id"), ("decisions", "application_id"), ("application_placements", "application_id"),
            ("embeddings", "application_id"), ("sessions", "application_id"), ("rights_requests", "application_id"),
            ("applications", "id"),
        ] {
            let left = count(&site, &format!("SELECT COUNT(*) FROM {table} WHERE {column} = '{id}'")).await;
            assert_eq!(left, 0, "{table}");
        }
        for table in ["envelopes", "marks", "decisions", "openings", "assessments"] {
            assert!(count(&site, &format!("SELECT COUNT(*) FROM {table}")).await > 0, "{table} of the other one stays");
        }
        assert_eq!(count(&site, "SELECT COUNT(*) FROM applications").await, 2);
        assert_eq!(count(&site, "SELECT COUNT(*) FROM shells").await, 1);
        assert_eq!(count(&site, "SELECT COUNT(*) FROM erasures WHERE finished_at IS NOT NULL AND application_id IS NULL AND subject_id IS NULL").await, 1);
        assert_eq!(count(&site, "SELECT COUNT(*) FROM applications WHERE submitted_at % 86400000000 = 0").await, 1);
        let operator = site.staff(Role::Operator, "helsingborg").await;
        let counts = operator.get("/drift").await;
        assert!(counts.words().contains("Raderade"), "{}", counts.words());

        // The other one's file is whole, and the log verifies.
        assert_eq!(site.applicant(&other.code).await.get("/min-ansokan/sida").await.status, 200);
        let dpo = site.staff(Role::Dpo, "helsingborg").await;
        let log = dpo.get("/api/v1/log").await;
        assert!(log.json()["status"]["fault"].is_null(), "{}", log.json()["status"]);
        assert!(!log.text.contains(&made.label), "no entry leads to the label");
        // A second answer to the same request changes nothing.
        let again = registrar.post_json(&format!("/api/v1/erasure-requests/{request}/answer"), &json!({ "verdict": "erase", "reason": REASON })).await;
        assert_eq!(again.status, 409, "{}", again.text);
    }

    async fn a_refusal_is_read_by_the_applicant_with_its_reason_and_how_to_appeal(site) {
        keep_list(&site);
        let (made, _) = used_fully(&site, "Erika Påhittad").await;
        let registrar = site.staff(Role::Registrar, "helsingborg").await;
        let request = ask(&site, &made, &registrar).await;
        let path = format!("/registrator/radering/{request}/svar");
        let short = registrar.post_form(&path, &[("svar", "avsla"), ("reason", "nej <b>")]).await;
        assert_eq!(short.status, 422);
        assert!(short.text.contains("nej &lt;b&gt;"), "what was typed is kept: {}", short.text);
        let groundless = registrar.post_form(&path, &[("svar", "radera"), ("reason", REASON)]).await;
        assert!(groundless.status == 422 && groundless.text.contains(REASON), "{}", groundless.text);
        let nothing = registrar.post_form(&path, &[("reason", REASON)]).await;
        assert_eq!(nothing.status, 422);
        let done = registrar.post_form(&path, &[("svar", "avsla"), ("reason", "Rättsliga anspråk kan behöva prövas.")]).await;
        assert_eq!(done.status, 303, "{}", done.text);
        let applicant = site.applicant(&made.code).await;
        let own = applicant.get("/min-ansokan/sida").await.words();
        assert!(own.contains("Rättsliga anspråk kan behöva prövas.") && own.contains("överklaga"), "{own}");
        let extract = applicant.get("/api/v1/own").await.json();
        assert_eq!(extract["requests"][0]["answer"]["refused"], true, "{extract}");
        assert_eq!(count(&site, "SELECT COUNT(*) FROM erasures").await, 0);
    }

    async fn nobody_but_the_registrar_lists_answers_or_erases(site) {
        keep_list(&site);
        let (made, _) = used_fully(&site, "Erika Påhittad").await;
        let registrar = site.staff(Role::Registrar, "helsingborg").await;
        let request = ask(&site, &made, &registrar).await;
        for role in Role::ALL.iter().filter(|role| **role != Role::Registrar) {
            let staff = site.staff(*role, "helsingborg").await;
            assert_eq!(staff.get("/registrator/radering").await.status, 403, "{}", role.code());
            for verdict in ["erase", "refuse"] {
                let body = json!({ "verdict": verdict, "reason": REASON });
                let page = staff.post_json(&format!("/api/v1/erasure-requests/{request}/answer"), &body).await;
                assert_eq!(page.status, 403, "{} {verdict}: {}", role.code(), page.text);
            }
        }
        assert_eq!(count(&site, "SELECT COUNT(*) FROM erasures").await, 0);
        assert_eq!(site.applicant(&made.code).await.get("/min-ansokan/sida").await.status, 200);
    }

    async fn a_legal_hold_forbids_erasing_and_not_refusing(site) {
        keep_list(&site);
        let (made, id) = used_fully(&site, "Erika Påhittad").await;
        let registrar = site.staff(Role::Registrar, "helsingborg").await;
        let request = ask(&site, &made, &registrar).await;
        let staff = "(SELECT MIN(id) FROM staff)";
        site.behind_its_back(&format!(
            "INSERT INTO legal_holds (id, application_id, ground, reason, set_at, set_by) VALUES ('h-1', '{id}', 'court', (SELECT sealed FROM envelopes LIMIT 1), 1, {staff})"
        )).await;
        let path = format!("/api/v1/erasure-requests/{request}/answer");
        let no = registrar.post_json(&path, &json!({ "verdict": "erase", "reason": REASON })).await;
        assert_eq!(no.status, 403, "{}", no.text);
        let by_job = site.app.erase(&Actor::Job(Job::Retention), &ApplicationId::new(&id), Ground::Expired, &Pii::new(REASON.into())).await;
        assert!(by_job.is_err());
        assert_eq!(count(&site, "SELECT COUNT(*) FROM erasures").await, 0);
        assert_eq!(site.applicant(&made.code).await.get("/min-ansokan/sida").await.status, 200);
        let refused = registrar.post_json(&path, &json!({ "verdict": "refuse", "reason": REASON })).await;
        assert_eq!(refused.status, 201, "{}", refused.text);
    }

    async fn without_its_list_nothing_is_erased(site) {
        let (made, id) = used_fully(&site, "Erika Påhittad").await;
        let erase = || async {
            site.app.erase(&Actor::Job(Job::Retention), &ApplicationId::new(&id), Ground::Expired, &Pii::new(REASON.into())).await
        };
        assert!(erase().await.is_err());
        assert_eq!(count(&site, "SELECT COUNT(*) FROM erasures").await, 0);
        // A list that cannot be written holds the erasure up after it was begun: keys and text are still there, and
        // the next try goes on.
        let list = site.folder.path().join("keys/erasures");
        std::fs::create_dir(&list).expect("a folder in the way");
        keep_list(&site);
        assert!(erase().await.is_err());
        assert!(count(&site, "SELECT COUNT(*) FROM envelopes").await > 0);
        assert!(count(&site, "SELECT COUNT(*) FROM keystore.subject_keys").await >= 3);
        std::fs::remove_dir(&list).expect("the folder");
        let settled = site.app.settle_erasures().await.expect("settled");
        assert_eq!(settled.finished, 1);
        assert_eq!(count(&site, "SELECT COUNT(*) FROM envelopes").await, 0);
        assert_eq!(count(&site, "SELECT COUNT(*) FROM keystore.subject_keys").await, 0);
        assert_eq!(site.visitor().post_json("/api/v1/applicant-session", &json!({ "receipt_code": made.code })).await.status, 401);
        assert_eq!(site.app.settle_erasures().await.expect("settled").finished, 0);
    }

    async fn the_receipt_of_an_erasure_is_known_after_a_crash_too(site) {
        keep_list(&site);
        let (_, id) = used_fully(&site, "Erika Påhittad").await;
        // Everything is committed but the number: the moment of the crash.
        let (break_it, mend_it) = match site.engine {
            Engine::Sqlite => (
                "CREATE TRIGGER no_entry BEFORE UPDATE OF entry ON erasures WHEN NEW.entry IS NOT NULL \
                 BEGIN SELECT RAISE(ABORT, 'no entry'); END",
                "DROP TRIGGER no_entry",
            ),
            Engine::Postgres => (
                "ALTER TABLE erasures ADD CONSTRAINT no_entry CHECK (entry IS NULL)",
                "ALTER TABLE erasures DROP CONSTRAINT no_entry",
            ),
        };
        site.behind_its_back(break_it).await;
        let erased = site.app.erase(&Actor::Job(Job::Retention), &ApplicationId::new(&id), Ground::Expired, &Pii::new(REASON.into())).await;
        let entry = erased.expect("it is finished, and the log knows the number").entry;
        let (noted, not_noted) = ("SELECT COUNT(*) FROM erasures WHERE entry IS NOT NULL", "SELECT COUNT(*) FROM erasures WHERE finished_at IS NOT NULL AND entry IS NULL");
        assert_eq!((count(&site, noted).await, count(&site, not_noted).await), (0, 1));
        site.behind_its_back(mend_it).await;
        let settled = site.app.settle_erasures().await.expect("settled");
        assert_eq!((settled.finished, settled.numbered), (0, 1));
        assert_eq!((count(&site, noted).await, count(&site, not_noted).await), (1, 0));
        assert_eq!(count(&site, "SELECT entry FROM erasures").await, i64::try_from(entry).expect("a number"));
        let leaf = crate::fixture::leaves_of(&site.app).await[usize::try_from(entry).expect("a number")].clone();
        assert!(String::from_utf8_lossy(&leaf).contains("application.erased"));
        assert_eq!(site.app.settle_erasures().await.expect("settled").numbered, 0);
    }

    async fn every_table_about_an_applicant_is_emptied(site) {
        // A table that a later migration adds must be thought of here: erasing fails closed without it.
        let handled: BTreeSet<&str> =
            TABLES.iter().copied().chain(["applications", "subjects", "shells"]).collect();
        let about = site.db.tables_about_applicants().await.expect("the catalogue");
        assert!(about.len() > 10, "{about:?}");
        for table in &about {
            assert!(handled.contains(table.as_str()), "say in store/erasure.rs what erasing does to {table}");
        }
        for column in site.db.columns().await.expect("the catalogue") {
            let (table, name) = column.split_once('.').expect("a column");
            if matches!(name, "application_id" | "subject_id") && !matches!(table, "erasures") {
                assert!(handled.contains(table), "say in store/erasure.rs what erasing does to {column}");
            }
        }
    }

    async fn an_interrupted_erasure_ends_like_any_other(site) {
        // Each state that a crash can leave, made by hand: after the tombstone, after some keys, after all keys,
        // after the details.
        keep_list(&site);
        for (nth, destroyed) in ["", "AND kind = 'identity'", "AND kind <> 'tag'", "AND kind <> 'none'"].iter().enumerate() {
            let (made, id) = used_fully(&site, "Erika Påhittad").await;
            let before = count(&site, "SELECT COUNT(*) FROM shells").await;
            site.behind_its_back(&format!(
                "INSERT INTO erasures (mark, application_id, subject_id, ground, begun_at) SELECT receipt_hash, id, subject_id, 'request', 1 FROM applications WHERE id = '{id}'"
            )).await;
            if !destroyed.is_empty() {
                site.behind_its_back(&format!("DELETE FROM keystore.subject_keys WHERE subject_id = (SELECT subject_id FROM applications WHERE id = '{id}') {destroyed}")).await;
            }
            assert_eq!(site.app.settle_erasures().await.expect("settled").finished, 1, "{nth}");
            assert_eq!(count(&site, "SELECT COUNT(*) FROM shells").await, before + 1);
            assert_eq!(count(&site, &format!("SELECT COUNT(*) FROM applications WHERE id = '{id}'")).await, 0);
            assert_eq!(count(&site, "SELECT COUNT(*) FROM keystore.subject_keys").await, 0);
            assert_eq!(count(&site, "SELECT COUNT(*) FROM erasures WHERE finished_at IS NULL").await, 0);
            assert_eq!(site.app.settle_erasures().await.expect("settled").finished, 0, "{nth}");
            assert_eq!(site.visitor().post_json("/api/v1/applicant-session", &json!({ "receipt_code": made.code })).await.status, 401);
        }
    }
}
