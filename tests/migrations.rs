//! A migration that makes tables anew keeps every row, and what the rows may refer to.

use sqlx::migrate::Migrator;
use sqlx::{Connection as _, PgConnection, SqliteConnection};

use crate::fixture::own_database;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// `emergencies`, column by column.
type Asked = (
    String,
    String,
    String,
    String,
    Vec<u8>,
    i64,
    Option<String>,
    Option<i64>,
    Option<String>,
    Option<String>,
);

/// `emergency_uses`, column by column.
type Used = (String, String, i64, Option<i64>, Option<String>);

/// What everything below refers to, in words of both engines.
const AROUND: &str = "
    INSERT INTO organisations (id, name, kind) VALUES ('o', 'Påhittad', 'kommun');
    INSERT INTO recruitments (id, title_sv, title_en, case_number, state, opened_at, profile_digest, profile_toml, kind, invented)
        VALUES ('r', 'x', 'x', '1', 'open', 0, '', '', 'round', 1);
    INSERT INTO staff (id, login, name, password_hash, active) VALUES ('s', 's', 'x', '', 1), ('t', 't', 'x', '', 1);
    INSERT INTO subjects (id, created_at) VALUES ('p', 0);";

fn asked() -> Vec<Asked> {
    let row = |id: &str, ground: &str, reason: &[u8], at, decided: Option<(&str, i64)>| {
        let text = |text: &str| text.to_owned();
        let by = |who: &str| decided.map(|_| text(who));
        (
            text(id),
            text("a"),
            text("s"),
            text(ground),
            reason.to_vec(),
            at,
            decided.map(|(outcome, _)| text(outcome)),
            decided.map(|(_, at)| at),
            by("t"),
            by("dpo"),
        )
    };
    vec![
        row(
            "e1",
            "danger",
            b"\0\xff'sealed",
            1_795_428_000_000_000,
            Some(("approved", 1_795_428_000_000_001)),
        ),
        row("e2", "meeting", b"", i64::MIN, Some(("refused", i64::MAX))),
        row("e3-å", "undeliverable", &[7; 5000], 0, None),
        row("e4", "danger", b"x", 1, Some(("approved", 2))),
    ]
}

fn used() -> Vec<Used> {
    let text = |text: &str| text.to_owned();
    vec![
        (text("u1"), text("e1"), 3, Some(4), Some(text("t"))),
        (text("u2"), text("e1"), i64::MAX, None, None),
        (text("u3"), text("e4"), 5, None, None),
    ]
}

/// One body for the connections of both engines.
macro_rules! unread_files {
    ($connection:expr) => {{
        let c = &mut $connection;
        MIGRATIONS.run_to(10, &mut *c).await.expect("the tables as they were");
        sqlx::raw_sql(AROUND).execute(&mut *c).await.expect("rows around");
        sqlx::query(
            "INSERT INTO applications (id, subject_id, recruitment_id, label, language, state, ai_free, \
             notice_version, submitted_at, receipt_hash, email_index) \
             VALUES ('a', 'p', 'r', 'K-1', 'sv', 'submitted', 0, '', 0, $1, $1)",
        )
        .bind(vec![1_u8])
        .execute(&mut *c)
        .await
        .expect("an application");
        for row in asked() {
            sqlx::query("INSERT INTO emergencies VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
                .bind(row.0)
                .bind(row.1)
                .bind(row.2)
                .bind(row.3)
                .bind(row.4)
                .bind(row.5)
                .bind(row.6)
                .bind(row.7)
                .bind(row.8)
                .bind(row.9)
                .execute(&mut *c)
                .await
                .expect("an emergency");
        }
        for row in used() {
            sqlx::query("INSERT INTO emergency_uses VALUES ($1, $2, $3, $4, $5)")
                .bind(row.0)
                .bind(row.1)
                .bind(row.2)
                .bind(row.3)
                .bind(row.4)
                .execute(&mut *c)
                .await
                .expect("a showing");
        }
        const UNREAD: &str = "INSERT INTO emergencies (id, application_id, staff_id, ground, reason, asked_at) \
                              SELECT 'e5', application_id, staff_id, 'unread_file', reason, 0 FROM emergencies WHERE id = 'e1'";
        assert!(sqlx::query(UNREAD).execute(&mut *c).await.is_err(), "the case is not there yet");

        // Cut off at its end, it has changed nothing.
        let mut cut_off = c.begin().await.expect("a transaction");
        let text = include_str!("../migrations/0011_unread_files.sql");
        sqlx::raw_sql(text).execute(&mut *cut_off).await.expect("the migration");
        cut_off.rollback().await.expect("an end");
        assert!(sqlx::query(UNREAD).execute(&mut *c).await.is_err(), "the case is not there yet");

        MIGRATIONS.run_to(11, &mut *c).await.expect("the migration");
        let rows: Vec<Asked> = sqlx::query_as(
            "SELECT id, application_id, staff_id, ground, reason, asked_at, outcome, decided_at, decided_by, \
             decided_as FROM emergencies ORDER BY id",
        )
        .fetch_all(&mut *c)
        .await
        .expect("emergencies");
        assert_eq!(rows, asked());
        let rows: Vec<Used> = sqlx::query_as(
            "SELECT id, emergency_id, used_at, acknowledged_at, acknowledged_by FROM emergency_uses ORDER BY id",
        )
        .fetch_all(&mut *c)
        .await
        .expect("showings");
        assert_eq!(rows, used());

        for (why, statement) in [
            ("a use of nothing", "INSERT INTO emergency_uses (id, emergency_id, used_at) VALUES ('u4', 'e9', 0)"),
            ("seen by nobody", "UPDATE emergency_uses SET acknowledged_by = 'nobody' WHERE id = 'u2'"),
            ("an emergency with uses goes", "DELETE FROM emergencies WHERE id = 'e4'"),
            ("an emergency of nothing", "UPDATE emergencies SET application_id = 'b' WHERE id = 'e2'"),
            ("asked by nobody", "UPDATE emergencies SET staff_id = 'nobody' WHERE id = 'e2'"),
            ("decided by nobody", "UPDATE emergencies SET decided_by = 'nobody' WHERE id = 'e2'"),
            ("its application goes", "DELETE FROM applications WHERE id = 'a'"),
            ("a case of no list", "UPDATE emergencies SET ground = 'curious' WHERE id = 'e2'"),
            ("an outcome of no list", "UPDATE emergencies SET outcome = 'maybe' WHERE id = 'e2'"),
            ("two of one id", "UPDATE emergencies SET id = 'e1' WHERE id = 'e2'"),
            ("no reason", "UPDATE emergencies SET reason = NULL WHERE id = 'e2'"),
            ("the index is there", "CREATE INDEX emergencies_by_application ON emergencies (id)"),
        ] {
            assert!(sqlx::query(statement).execute(&mut *c).await.is_err(), "{why}");
        }
        sqlx::query(UNREAD).execute(&mut *c).await.expect("the new case");
        MIGRATIONS.run(&mut *c).await.expect("whatever came later");
    }};
}

#[tokio::test]
async fn emergencies_and_their_showings_survive_being_made_anew_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    // As the service opens it: foreign keys hold while the tables change.
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(folder.path().join("urval.sqlite"))
        .create_if_missing(true)
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
        .foreign_keys(true);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("SQLite");
    sqlx::query("ATTACH DATABASE ':memory:' AS keystore").execute(&mut connection).await.expect("keys");
    unread_files!(connection);
    let broken = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut connection).await.expect("a check");
    assert!(broken.is_empty(), "{} rows refer to nothing", broken.len());
}

#[tokio::test]
async fn emergencies_and_their_showings_survive_being_made_anew_on_postgresql() {
    let Some(database) = own_database().await else { return };
    let mut connection = PgConnection::connect(&database).await.expect("PostgreSQL");
    sqlx::query("CREATE SCHEMA keystore").execute(&mut connection).await.expect("keys");
    unread_files!(connection);
}
