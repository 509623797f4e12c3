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

use std::collections::BTreeSet;
use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sqlx::{PgPool, SqliteConnection};

use crate::clock::Moment;
use crate::guard::access::{Access, Actor, MayOpen, Ranking};
use crate::guard::vault::{KeyKind, WrappedKey};
use crate::subject::id::{OrganisationId, SubjectId};

use super::{Db, StoreError, Tx};

statements! {
    PUT_KEY = "INSERT INTO keystore.subject_keys (subject_id, kind, organisation_id, epoch, made_at, wrapped) VALUES ($1, $2, $3, $4, $5, $6)";
    LOCK_EPOCH = "UPDATE keystore.organisation_keys SET state = state WHERE organisation_id = $1 AND epoch = $2 AND state = 'active'";
    KEY_FOR = "SELECT organisation_id, wrapped FROM keystore.subject_keys WHERE subject_id = $1 AND kind = $2 AND organisation_id = $3";
    ANY_KEY = "SELECT organisation_id, wrapped FROM keystore.subject_keys WHERE subject_id = $1 AND kind = $2 ORDER BY organisation_id LIMIT 1";
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
pub(super) const TABLES: &str = include_str!("../../migrations/0004_keys.sql");

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

    /// Makes keys of a subject durable, before anything that they seal is stored. Each must be wrapped with a
    /// key that is still in use: its row is held until the commit, so that no rotation passes in between and
    /// destroys the key that these were just wrapped with.
    ///
    /// # Errors
    /// [`StoreError::Rotated`] when one is not; nothing is stored then.
    pub async fn put_subject_keys(
        &self,
        subject: &SubjectId,
        made_at: Moment,
        keys: &[(KeyKind, WrappedKey)],
    ) -> Result<(), StoreError> {
        // In one order, so that two intakes never wait for each other.
        let holders: BTreeSet<(&str, i64)> =
            keys.iter().map(|(_, key)| (key.holder(), i64::from(key.epoch()))).collect();
        let mut tx = self.begin().await?;
        for (holder, epoch) in holders {
            let held = in_tx!(tx, c => sqlx::query(LOCK_EPOCH).bind(holder).bind(epoch)
                .execute(c).await.map(|done| done.rows_affected()))?;
            if held != 1 {
                return Err(StoreError::Rotated);
            }
        }
        for (kind, key) in keys {
            in_tx!(tx, c => sqlx::query(PUT_KEY).bind(subject.as_str()).bind(kind.code()).bind(key.holder())
                .bind(i64::from(key.epoch())).bind(made_at.0).bind(key.as_bytes().to_vec())
                .execute(c).await.map(|_| ()))?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// A wrapped key of the subject that the token names; only kinds that its purpose may open, and only as
    /// wrapped for whoever was admitted: a member of staff gets what was wrapped for the own organisation and
    /// nothing else. Were every policy to fail, an organisation that the applicant did not choose would still
    /// find no key here.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the purpose may not, nothing was wrapped for this organisation, or the key
    /// has been destroyed.
    pub async fn subject_key<P: MayOpen>(
        &self,
        access: &Access<P>,
        kind: KeyKind,
    ) -> Result<WrappedKey, StoreError> {
        if !P::may_open(kind) {
            return Err(StoreError::Missing("key for this purpose"));
        }
        let subject = &access.target().subject;
        let found = match access.actor() {
            // The tag key links a person's events and opens no text. The programme holds it.
            Actor::Staff(_) if kind == KeyKind::Tag => self.key_for(subject, kind, PROGRAMME).await?,
            Actor::Staff(member) => self.key_for(subject, kind, member.organisation.as_str()).await?,
            Actor::Applicant(_) | Actor::Job(_) => self.any_key(subject, kind).await?,
            Actor::Visitor(_) => None,
        };
        found.ok_or(StoreError::Missing("key"))
    }

    /// The content key of one subject among those of an admitted ranking.
    pub(super) async fn ranked_key(
        &self,
        access: &Access<Ranking>,
        subject: &SubjectId,
    ) -> Result<Option<WrappedKey>, StoreError> {
        let own: &OrganisationId = match access.actor() {
            Actor::Staff(member) => &member.organisation,
            _ => &access.target().organisation,
        };
        self.key_for(subject, KeyKind::Content, own.as_str()).await
    }

    async fn key_for(
        &self,
        subject: &SubjectId,
        kind: KeyKind,
        holder: &str,
    ) -> Result<Option<WrappedKey>, StoreError> {
        let row: Option<(String, Vec<u8>)> = on_pool!(self, c => sqlx::query_as(KEY_FOR)
            .bind(subject.as_str()).bind(kind.code()).bind(holder).fetch_optional(c).await)?;
        self.read_key(row).await
    }

    async fn any_key(&self, subject: &SubjectId, kind: KeyKind) -> Result<Option<WrappedKey>, StoreError> {
        let row: Option<(String, Vec<u8>)> = on_pool!(self, c => sqlx::query_as(ANY_KEY)
            .bind(subject.as_str()).bind(kind.code()).fetch_optional(c).await)?;
        self.read_key(row).await
    }

    async fn read_key(&self, row: Option<(String, Vec<u8>)>) -> Result<Option<WrappedKey>, StoreError> {
        let Some((holder, bytes)) = row else { return Ok(None) };
        let key = WrappedKey::from_stored(bytes)?;
        // A key that was moved to another organisation's row says so itself.
        if key.holder() != holder {
            return Err(StoreError::Damaged("a wrapped key belongs to another organisation"));
        }
        self.openable(&key).await?;
        Ok(Some(key))
    }

    /// Sees to it that the holder's key is open in memory. Another process may have rotated it a moment ago.
    pub(super) async fn openable(&self, key: &WrappedKey) -> Result<(), StoreError> {
        if !self.kit.vault.knows(key.holder(), key.epoch()) {
            self.learn_keys().await?;
        }
        Ok(())
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
