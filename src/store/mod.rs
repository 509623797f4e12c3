//! The only module that speaks SQL. One text for SQLite and PostgreSQL: every statement is
//! registered with [`statements!`] and prepared on both engines by a test, and a body is compiled
//! for each engine by [`on!`].
//!
//! Functions about a person take an [`Access`](crate::guard::access::Access): the token names the
//! person. Everything personal comes and goes as ciphertext.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection, Postgres, Sqlite, Transaction};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::clock::Chance;
use crate::guard::audit::Journal;
use crate::guard::audit::note::Signer;
use crate::guard::keys::KeyError;
use crate::guard::vault::{Vault, VaultError};

macro_rules! statements {
    ($($name:ident = $sql:literal;)*) => {
        $(const $name: &str = $sql;)*
        /// Every statement of this file, for the test that prepares them on both engines.
        pub const STATEMENTS: &[(&str, &str)] = &[$((stringify!($name), $sql)),*];
    };
}

/// One body, two engines: `on!(tx.inner, c => query(SQL).fetch_one(c).await)`.
macro_rules! in_tx {
    ($tx:expr, $c:ident => $body:expr) => {
        match &mut $tx.inner {
            crate::store::Inner::Sqlite(transaction) => {
                let $c = &mut **transaction;
                $body
            }
            crate::store::Inner::Postgres(transaction) => {
                let $c = &mut **transaction;
                $body
            }
        }
    };
}

/// As `in_tx!`, outside a transaction.
macro_rules! on_pool {
    ($db:expr, $c:ident => $body:expr) => {
        match &*$db.pool {
            crate::store::Pool::Sqlite($c) => $body,
            crate::store::Pool::Postgres($c) => $body,
        }
    };
}

pub mod accounts;
pub mod ai_support;
pub mod applications;
pub mod backup;
pub mod control;
pub mod documents;
pub mod erasure;
pub mod federation;
pub mod journal;
pub mod keystore;
pub mod rotation;
pub mod last_entry;
pub mod log_reading;
pub mod people;
pub mod recruitments;
pub mod reviews;
pub mod rights;
pub mod safeguards;
pub mod work;
mod only_read;
mod sequencer;

use crate::guard::audit::{EventId, Receipt};
use sequencer::{Sequencer, Unsequenced};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// The database could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine's own error. It names tables and constraints, never values.
    #[error("database: {0}")]
    Sql(String),
    /// The engine cannot read or write now: a full or failing disk, a file that may only be read, a
    /// server that is gone. It may be able to later.
    #[error("the database cannot be read or written now (engine code {0}): look at its disk or its server")]
    Unavailable(String),
    /// A row that must be there is not.
    #[error("not found: {0}")]
    Missing(&'static str),
    /// The same thing is stored already.
    #[error("already stored: {0}")]
    Twice(&'static str),
    /// A stored value cannot be read back.
    #[error("a stored value is damaged: {0}")]
    Damaged(&'static str),
    /// Data without the keys that sealed it.
    #[error(
        "there is data but no key store `{0}`: restore the key backup; a new key store could not open what is \
         stored"
    )]
    NoKeyStore(String),
    /// A key cannot be had.
    #[error("{0}")]
    Keys(String),
    /// A key was rotated between reading which one is in use and using it.
    #[error("a key was rotated meanwhile; try again")]
    Rotated,
    /// The address of the database cannot be used.
    #[error("cannot open the database `{0}`: {1}")]
    Open(String, String),
    /// The log cannot be written. What was changed stays changed and its entry waits for a number; it was
    /// not acknowledged.
    #[error("the log: {0}")]
    Log(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::RowNotFound => Self::Missing("row"),
            // A database's message can quote the offending value; its code cannot.
            sqlx::Error::Database(inner) if inner.is_unique_violation() => Self::Twice("row"),
            sqlx::Error::Database(inner) if inner.code().is_some_and(|code| passing(&code)) => {
                let code = inner.code().unwrap_or_default();
                only_read::note(&code);
                Self::Unavailable(code.into_owned())
            }
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable("none".into()),
            sqlx::Error::Database(inner) => {
                Self::Sql(format!("engine code {}", inner.code().unwrap_or_else(|| "unknown".into())))
            }
            other => Self::Sql(other.to_string()),
        }
    }
}

impl From<VaultError> for StoreError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Keys(inner) => inner.into(),
            _ => Self::Damaged("a sealed value is too short or of an unknown form"),
        }
    }
}

impl From<KeyError> for StoreError {
    fn from(error: KeyError) -> Self {
        Self::Keys(error.to_string())
    }
}

/// Whether an engine's code tells of its disk, its server or another writer, and not of what was asked.
fn passing(code: &str) -> bool {
    // PostgreSQL's codes have five signs: connections, resources, an operator's stop, the system, a
    // read-only transaction. SQLite's are numbers, whose lowest byte is the kind: busy, locked, read-only,
    // input or output, full, cannot open.
    if code.len() == 5 {
        return ["08", "53", "57P", "58"].iter().any(|class| code.starts_with(class)) || code == "25006";
    }
    code.parse::<u32>().is_ok_and(|number| matches!(number & 0xff, 5 | 6 | 8 | 10 | 13 | 14))
}

/// How long SQLite waits for another writer.
const BUSY: Duration = Duration::from_secs(15);

pub(crate) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// What the journal needs to seal payloads and sign checkpoints.
pub struct LogKit {
    /// Seals payloads.
    pub vault: Arc<Vault>,
    /// Signs checkpoints.
    pub signer: Signer,
    /// The log's name, first line of every checkpoint.
    pub origin: String,
    /// Salts of commitments.
    pub chance: Chance,
}

/// An open database.
#[derive(Clone)]
pub struct Db {
    pub(crate) pool: Arc<Pool>,
    pub(crate) kit: Arc<LogKit>,
    /// One writer at a time on SQLite, in the order in which they came: its own lock makes writers poll.
    writer: Arc<Mutex<()>>,
    sequencer: Option<Sequencer>,
}

pub(crate) enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// One transaction. Dropped without [`Tx::commit`] it leaves nothing behind.
pub struct Tx {
    pub(crate) inner: Inner,
    pub(crate) kit: Arc<LogKit>,
    /// Entries that this change keeps, to be numbered after its commit.
    pub(crate) events: Vec<EventId>,
    sequencer: Option<Sequencer>,
    turn: Option<OwnedMutexGuard<()>>,
}

/// What a commit gives: the numbered entries of the change, in the order in which they were kept.
#[derive(Clone, Debug)]
pub struct Committed {
    receipts: Vec<Receipt>,
}

impl Committed {
    /// The number of the last entry; nothing for a change without entries.
    #[must_use]
    pub fn entry(&self) -> Option<u64> {
        self.receipts.last().map(Receipt::seq)
    }
}

impl Tx {
    /// Makes everything of this transaction durable at once, and waits until its entries are numbered and
    /// signed.
    ///
    /// # Errors
    /// When the engine cannot: then nothing of it is stored. [`StoreError::Log`] when it is stored but its
    /// entries could not be numbered: then nothing may be acknowledged or shown.
    pub async fn commit(mut self) -> Result<Committed, StoreError> {
        let (events, sequencer) = (std::mem::take(&mut self.events), self.sequencer.take());
        self.commit_alone().await?;
        let mut receipts = Vec::with_capacity(events.len());
        for event in events {
            let sequencer = sequencer.as_ref().ok_or(StoreError::Log("no sequencer".into()))?;
            receipts.push(sequencer.committed(event).await.map_err(|e| StoreError::Log(e.to_string()))?);
        }
        Ok(Committed { receipts })
    }

    /// Commits and lets the next writer in, without waiting for the log: for the sequencer itself.
    async fn commit_alone(self) -> Result<(), StoreError> {
        match self.inner {
            Inner::Sqlite(transaction) => transaction.commit().await?,
            Inner::Postgres(transaction) => transaction.commit().await?,
        }
        drop(self.turn);
        Ok(())
    }
}

impl Db {
    /// Opens the embedded default, a SQLite file, and brings its tables up to date. The key store is a file of
    /// its own beside it, `keys/keystore.sqlite`, attached to every connection.
    ///
    /// # Errors
    /// When a file cannot be opened, the key store is gone, or a migration fails.
    pub async fn open_sqlite(file: &Path, kit: Arc<LogKit>) -> Result<Self, StoreError> {
        let keys = keystore::file_beside(file)?;
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("secure_delete", "ON")
            .busy_timeout(BUSY);
        let pool = SqlitePoolOptions::new()
            .max_connections(8)
            .after_connect(move |connection, _| {
                let keys = keys.clone();
                Box::pin(async move {
                    keystore::attach(&mut *connection, keys).await?;
                    only_read::ask(connection, BUSY).await.map(|_| ())
                })
            })
            // After a commit that failed (a full disk) sqlx still counts a transaction that the engine has
            // ended: such a connection would refuse every later one, so it is not used again.
            .before_acquire(|connection, meta| {
                Box::pin(async move { Ok(!connection.is_in_transaction() && only_read::opened_since(&meta)) })
            })
            .connect_with(options)
            .await
            .map_err(|e| StoreError::Open(file.display().to_string(), e.to_string()))?;
        MIGRATIONS.run(&pool).await.map_err(|e| StoreError::Sql(e.to_string()))?;
        Self::with_sequencer(Pool::Sqlite(pool), kit).await
    }

    /// Opens PostgreSQL, for many nodes on one database.
    ///
    /// # Errors
    /// When the server cannot be reached or a migration fails.
    pub async fn open_postgres(url: &str, kit: Arc<LogKit>) -> Result<Self, StoreError> {
        // The address may hold a password: the error names the scheme only.
        let pool = PgPoolOptions::new()
            .max_connections(8)
            .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
            .connect(url)
            .await
            .map_err(|e| StoreError::Open("postgres://…".into(), e.to_string()))?;
        keystore::make_schema(&pool).await?;
        MIGRATIONS.run(&pool).await.map_err(|e| StoreError::Sql(e.to_string()))?;
        Self::with_sequencer(Pool::Postgres(pool), kit).await
    }

    async fn with_sequencer(pool: Pool, kit: Arc<LogKit>) -> Result<Self, StoreError> {
        let db = Self { pool: Arc::new(pool), kit, writer: Arc::default(), sequencer: None };
        db.begin_keystore().await?;
        db.begin_log().await?;
        let sequencer = Sequencer::start(Unsequenced(db.clone())).await?;
        Ok(Self { sequencer: Some(sequencer), ..db })
    }

    /// The log for entries about reads: each is numbered, signed and durable when it is handed back.
    ///
    /// # Errors
    /// Never for a database that was opened; the sequencer's own has none.
    pub fn log(&self) -> Result<impl Journal + use<>, StoreError> {
        self.sequencer.clone().ok_or(StoreError::Log("no sequencer".into()))
    }

    /// Begins a transaction. On SQLite it takes the write lock at once: a transaction that reads
    /// first and writes later fails under contention whatever the timeout.
    ///
    /// # Errors
    /// When the engine cannot, or while the log cannot be written.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        if let Some(sequencer) = &self.sequencer {
            sequencer.ready().await.map_err(|e| StoreError::Log(e.to_string()))?;
        }
        self.begin_alone().await
    }

    async fn begin_alone(&self) -> Result<Tx, StoreError> {
        let (inner, turn) = match &*self.pool {
            Pool::Sqlite(pool) => {
                let turn = Arc::clone(&self.writer).lock_owned().await;
                (Inner::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?), Some(turn))
            }
            Pool::Postgres(pool) => (Inner::Postgres(pool.begin().await?), None),
        };
        let (kit, sequencer) = (Arc::clone(&self.kit), self.sequencer.clone());
        Ok(Tx { inner, kit, events: Vec::new(), sequencer, turn })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        on_pool!(self, c => sqlx::query("SELECT 1").execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// `sqlite` or `postgresql`.
    #[must_use]
    pub fn engine(&self) -> &'static str {
        match &*self.pool {
            Pool::Sqlite(_) => "sqlite",
            Pool::Postgres(_) => "postgresql",
        }
    }

    /// The columns that exist, as `table.column` or `keystore.table.column`, for the data map's test.
    ///
    /// # Errors
    /// When the engine's catalogue cannot be read.
    pub async fn columns(&self) -> Result<Vec<String>, StoreError> {
        const LITE: &str = "SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p \
                            WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\' \
                            UNION ALL SELECT 'keystore.' || m.name, p.name FROM keystore.sqlite_master m \
                            JOIN pragma_table_info(m.name, 'keystore') p \
                            WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'";
        const PG: &str = "SELECT CASE WHEN table_schema = 'keystore' THEN 'keystore.' ELSE '' END || table_name::text, \
                          column_name::text FROM information_schema.columns \
                          WHERE table_schema IN (current_schema(), 'keystore') AND table_name NOT LIKE '\\_sqlx%'";
        let rows: Vec<(String, String)> = match &*self.pool {
            Pool::Sqlite(pool) => sqlx::query_as(LITE).fetch_all(pool).await?,
            Pool::Postgres(pool) => sqlx::query_as(PG).fetch_all(pool).await?,
        };
        let mut names: Vec<String> =
            rows.into_iter().map(|(table, column)| format!("{table}.{column}")).collect();
        names.sort();
        Ok(names)
    }

    /// Prepares one statement without running it, for the statements' test.
    ///
    /// # Errors
    /// When the engine refuses the text.
    pub async fn prepare(&self, sql: &'static str) -> Result<(), StoreError> {
        use sqlx::{Executor, SqlSafeStr};
        match &*self.pool {
            Pool::Sqlite(pool) => pool.prepare(sql.into_sql_str()).await.map(|_| ()),
            Pool::Postgres(pool) => pool.prepare(sql.into_sql_str()).await.map(|_| ()),
        }
        .map_err(|e| StoreError::Sql(e.to_string()))
    }
}

/// Every registered statement, with its file.
#[must_use]
pub fn all_statements() -> Vec<(&'static str, &'static str, &'static str)> {
    let files = [
        ("accounts", accounts::STATEMENTS),
        ("ai_support", ai_support::STATEMENTS),
        ("applications", applications::STATEMENTS),
        ("control", control::STATEMENTS),
        ("documents", documents::STATEMENTS),
        ("erasure", erasure::STATEMENTS),
        ("federation", federation::STATEMENTS),
        ("journal", journal::STATEMENTS),
        ("keystore", keystore::STATEMENTS),
        ("last_entry", last_entry::STATEMENTS),
        ("log_reading", log_reading::STATEMENTS),
        ("people", people::STATEMENTS),
        ("recruitments", recruitments::STATEMENTS),
        ("reviews", reviews::STATEMENTS),
        ("rights", rights::STATEMENTS),
        ("safeguards", safeguards::STATEMENTS),
        ("rotation", rotation::STATEMENTS),
        ("work", work::STATEMENTS),
    ];
    files
        .into_iter()
        .flat_map(|(file, list)| list.iter().map(move |(name, sql)| (file, *name, *sql)))
        .collect()
}

/// Every statement that only one engine is given: file, the name of the other engines' statement, text, reason.
#[must_use]
pub fn statements_of_one_engine() -> Vec<(&'static str, &'static str, &'static str, &'static str)> {
    let (name, sql, why) = work::ON_POSTGRESQL;
    vec![("work", name, sql, why)]
}
