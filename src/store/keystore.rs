//! The key store: wrapped keys, apart from what they seal.
//!
//! On SQLite it is a file of its own (`keys/keystore.sqlite` beside the database, mode 0600), attached to
//! every connection; on PostgreSQL a schema. One text of SQL serves both: `keystore.subject_keys`.
//!
//! **Order.** A transaction over two SQLite files in WAL mode commits one file after the other, the
//! database first; a crash in between leaves them apart. So no transaction writes both:
//!
//! * a key is durable **before** anything that it seals is stored. A crash in between leaves keys that
//!   seal nothing, which [`Db::sweep_keys`] removes a day later;
//! * a key is destroyed, durably, **before** what it sealed is deleted. A crash in between leaves
//!   ciphertext that nobody can open, which the erasure deletes when it is run again.
//!
//! The other order would leave an application that nobody can read, or a key to what was to be erased.

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sqlx::{PgPool, SqliteConnection};

use crate::clock::Moment;
use crate::guard::vault::{KeyKind, WrappedKey};
use crate::subject::id::SubjectId;

use super::{Db, StoreError, Tx};

statements! {
    PUT_KEY = "INSERT INTO keystore.subject_keys (subject_id, kind, organisation_id, epoch, made_at, wrapped) VALUES ($1, $2, $3, $4, $5, $6)";
    KEYS_OF = "SELECT CAST(COUNT(*) AS BIGINT) FROM keystore.subject_keys WHERE subject_id = $1";
    SWEEP = "DELETE FROM keystore.subject_keys WHERE made_at < $1 AND subject_id NOT IN (SELECT id FROM subjects)";
    ANY_SUBJECT = "SELECT CAST(COUNT(*) AS BIGINT) FROM subjects";
}

/// The name of the programme itself among the holders of keys. No organisation can be called so: ids of
/// organisations hold no asterisk.
pub const PROGRAMME: &str = "*programme";

/// How old a key without a subject must be before it is swept: far longer than an intake can take, whose
/// keys are there before its subject.
const ORPHAN_MICROS: i64 = 24 * 3600 * 1_000_000;

/// The tables of the key store, as the migration makes them.
const TABLES: &str = include_str!("../../migrations/0004_keys.sql");

/// The key store's file for a database file. Beside a new database it is made, empty and private; it comes
/// first, so that a database without one has lost it.
pub(super) fn file_beside(database: &Path) -> Result<PathBuf, StoreError> {
    let folder = database.with_file_name("keys");
    let file = folder.join("keystore.sqlite");
    let failed = |e: std::io::Error| StoreError::Open(file.display().to_string(), e.to_string());
    if file.exists() {
        return Ok(file);
    }
    if database.exists() {
        return Err(StoreError::NoKeyStore(file.display().to_string()));
    }
    DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(failed)?;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file).map_err(failed)?;
    Ok(file)
}

/// Attaches the key store to a connection, with the same care as the database itself: what is committed is
/// on the disk, and what is deleted is overwritten.
pub(super) async fn attach(connection: &mut SqliteConnection, file: PathBuf) -> Result<(), sqlx::Error> {
    let name = file
        .to_str()
        .ok_or_else(|| sqlx::Error::Configuration("the key store's path is not UTF-8".into()))?;
    sqlx::query("ATTACH DATABASE $1 AS keystore").bind(name.to_owned()).execute(&mut *connection).await?;
    for pragma in [
        "PRAGMA keystore.journal_mode = WAL",
        "PRAGMA keystore.synchronous = FULL",
        "PRAGMA keystore.secure_delete = ON",
    ] {
        sqlx::query(pragma).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Makes the schema that stands for the key store's file on PostgreSQL.
pub(super) async fn make_schema(pool: &PgPool) -> Result<(), StoreError> {
    // Two nodes that start at once can both find it missing; the second then finds it made.
    for last in [false, true] {
        match sqlx::query("CREATE SCHEMA IF NOT EXISTS keystore").execute(pool).await {
            Ok(_) => break,
            Err(error) if last => return Err(error.into()),
            Err(_) => {}
        }
    }
    Ok(())
}

impl Db {
    /// Checks that the key store belongs to the data. A crash in the migration of a new installation leaves the
    /// database with its tables and the key store without: then nothing was sealed yet, and they are made.
    pub(super) async fn begin_keystore(&self) -> Result<(), StoreError> {
        if self.prepare(KEYS_OF).await.is_ok() {
            return Ok(());
        }
        let (subjects,): (i64,) = on_pool!(self, c => sqlx::query_as(ANY_SUBJECT).fetch_one(c).await)?;
        if subjects > 0 {
            return Err(StoreError::NoKeyStore("keystore".into()));
        }
        on_pool!(self, c => sqlx::raw_sql(TABLES).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Makes the keys of a new subject durable, before anything that they seal is stored.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_subject_keys(
        &self,
        subject: &SubjectId,
        made_at: Moment,
        keys: &[(KeyKind, WrappedKey)],
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for (kind, wrapped) in keys {
            in_tx!(tx, c => sqlx::query(PUT_KEY).bind(subject.as_str()).bind(kind.code()).bind(PROGRAMME)
                .bind(1_i64).bind(made_at.0).bind(wrapped.as_bytes().to_vec()).execute(c).await.map(|_| ()))?;
        }
        tx.commit().await
    }

    /// Removes keys that seal nothing: left by an intake that was refused or crashed more than a day ago.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn sweep_keys(&self, now: Moment) -> Result<u64, StoreError> {
        let before = now.0.saturating_sub(ORPHAN_MICROS);
        Ok(
            on_pool!(self, c => sqlx::query(SWEEP).bind(before).execute(c).await.map(|done| done.rows_affected()))?,
        )
    }
}

impl Tx {
    /// Refuses to go on when a subject has no keys: what is about to be stored could not be opened.
    pub(super) async fn keys_are_there(&mut self, subject: &SubjectId) -> Result<(), StoreError> {
        let (count,): (i64,) =
            in_tx!(self, c => sqlx::query_as(KEYS_OF).bind(subject.as_str()).fetch_one(c).await)?;
        if count == 0 { Err(StoreError::Missing("keys of this subject")) } else { Ok(()) }
    }
}
