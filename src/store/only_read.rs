//! Connections that SQLite opened for reading only, without a word.
//!
//! A file that cannot be opened for writing (a full disk, a limit on open files) is opened for reading
//! instead, and such a connection refuses every change for as long as it lives. So each new connection is
//! asked whether it could write ([`ask`]), and a refusal is the sign: after one, no connection that was there
//! before is used again. Who holds the connection goes on with it, and may only want to read.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::SqliteConnection;
use sqlx::pool::PoolConnectionMetadata;

/// When a change was last refused as one to a file that may only be read. For all databases of this
/// process together: a connection too many that is opened again costs nothing.
static REFUSED: Mutex<Option<Instant>> = Mutex::new(None);

/// How much later than it was noticed a refusal of [`ask`] is dated. The pool dates a new connection only after it
/// was asked, and that one is not to be used again either.
const NOT_YET_DATED: Duration = Duration::from_millis(100);

/// Whether an engine's code is SQLite's for a file that may only be read (8 in the lowest byte). PostgreSQL's codes
/// have five signs.
fn is_read_only(code: &str) -> bool {
    code.len() < 5 && code.parse::<u32>().is_ok_and(|number| number & 0xff == 8)
}

/// Takes note of an engine's code, which may be that.
pub(super) fn note(code: &str) {
    if is_read_only(code) {
        refused_at(Instant::now());
    }
}

fn refused_at(at: Instant) {
    *REFUSED.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
}

/// Asks a new connection whether it could write to the database and to the key store, and takes note of a no.
/// SQLite answers that before it tries the lock, which the caller of the pool may hold: no wait, and a lock that is
/// taken is as good as a yes. The statement begins a change and makes none in a file that is not vacuumed step by
/// step, as ours.
///
/// # Errors
/// When the connection cannot be asked at all.
pub(super) async fn ask(connection: &mut SqliteConnection, patience: Duration) -> Result<bool, sqlx::Error> {
    let wait = |time: Duration| sqlx::AssertSqlSafe(format!("PRAGMA busy_timeout = {}", time.as_millis()));
    let mut could = true;
    sqlx::query(wait(Duration::ZERO)).execute(&mut *connection).await?;
    for question in ["PRAGMA main.incremental_vacuum(1)", "PRAGMA keystore.incremental_vacuum(1)"] {
        if let Err(sqlx::Error::Database(error)) = sqlx::query(question).execute(&mut *connection).await
            && error.code().is_some_and(|code| is_read_only(&code))
        {
            refused_at(Instant::now() + NOT_YET_DATED);
            could = false;
        }
    }
    sqlx::query(wait(patience)).execute(&mut *connection).await?;
    Ok(could)
}

/// Whether a connection was opened after the last such refusal.
pub(super) fn opened_since(meta: &PoolConnectionMetadata) -> bool {
    let last = *REFUSED.lock().unwrap_or_else(PoisonError::into_inner);
    last.is_none_or(|at| meta.age < at.elapsed())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use sqlx::Connection;
    use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

    use super::*;
    use crate::store::keystore;

    const PATIENCE: Duration = Duration::from_secs(15);

    #[tokio::test]
    async fn a_connection_that_can_only_read_is_noticed_at_once_and_not_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys.sqlite");
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("data.sqlite"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(PATIENCE);
        let opened = async |options: &SqliteConnectOptions| {
            let mut connection = SqliteConnection::connect_with(options).await.unwrap();
            keystore::attach(&mut connection, keys.clone()).await.unwrap();
            connection
        };
        // One that holds both locks, as the caller of the pool may.
        let mut writer = opened(&options).await;
        for statement in [
            "CREATE TABLE t (x)",
            "CREATE TABLE keystore.k (x)",
            "BEGIN IMMEDIATE",
            "INSERT INTO t VALUES (1)",
            "INSERT INTO k VALUES (1)",
        ] {
            sqlx::query(statement).execute(&mut writer).await.unwrap();
        }
        let mut other = opened(&options).await;
        let began = Instant::now();
        assert!(ask(&mut other, PATIENCE).await.unwrap());
        assert!(began.elapsed() < PATIENCE, "it did not wait for the lock");
        let patience: i64 = sqlx::query_scalar("PRAGMA busy_timeout").fetch_one(&mut other).await.unwrap();
        assert_eq!(patience, 15_000);
        sqlx::query("COMMIT").execute(&mut writer).await.unwrap();
        assert!(ask(&mut other, PATIENCE).await.unwrap());
        sqlx::query("INSERT INTO t VALUES (2)").execute(&mut other).await.unwrap();

        let only_reading = options.clone().read_only(true).create_if_missing(false);
        assert!(!ask(&mut opened(&only_reading).await, PATIENCE).await.unwrap());
        let count = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&count);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .after_connect(move |connection, _| {
                let keys = keys.clone();
                counted.fetch_add(1, Ordering::SeqCst);
                Box::pin(async move {
                    keystore::attach(&mut *connection, keys).await?;
                    ask(connection, PATIENCE).await.map(|_| ())
                })
            })
            .before_acquire(|_, meta| Box::pin(async move { Ok(opened_since(&meta)) }))
            .connect_with(only_reading)
            .await
            .unwrap();
        for _ in 0..3 {
            let rows: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM t").fetch_one(&pool).await.unwrap();
            assert_eq!(rows, 2, "it reads");
        }
        assert!(count.load(Ordering::SeqCst) > 3, "each use has a connection of its own");
    }
}
