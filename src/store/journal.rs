//! The log in the database: entries, their sealed details, the head and the signed checkpoints.
//!
//! The head is one row. Its update comes first in a transaction, takes the write lock on both
//! engines, and so numbers the entries without gaps. A crash before the commit leaves neither the
//! entry nor the change it tells of.

use crate::guard::access::{Access, Operations, Oversight, OwnData};
use crate::guard::audit::{Entry, Hash, Head, Journal, JournalError, Receipt, Sealing, prepare};
use crate::guard::vault::Sealed;

use super::{Db, LogKit, StoreError, Tx};

statements! {
    BEGIN_LOG = "INSERT INTO audit_head (id, size, head, checkpoint) VALUES (1, 0, $1, $2) ON CONFLICT (id) DO NOTHING";
    TAKE_HEAD = "UPDATE audit_head SET size = size + 1 WHERE id = 1 RETURNING size, head";
    PUT_HEAD = "UPDATE audit_head SET head = $1, checkpoint = $2 WHERE id = 1";
    HEAD = "SELECT size, head, checkpoint FROM audit_head WHERE id = 1";
    PUT_ENTRY = "INSERT INTO audit_entries (seq, leaf, hash) VALUES ($1, $2, $3)";
    PUT_PAYLOAD = "INSERT INTO audit_payloads (seq, sealed) VALUES ($1, $2)";
    PUT_CHECKPOINT = "INSERT INTO audit_checkpoints (size, note, signed_at) VALUES ($1, $2, $3) ON CONFLICT (size) DO NOTHING";
    LEAVES_FROM = "SELECT seq, leaf FROM audit_entries WHERE seq >= $1 ORDER BY seq LIMIT $2";
    NEWEST_LEAVES = "SELECT seq, leaf FROM audit_entries WHERE seq < $1 ORDER BY seq DESC LIMIT $2";
    HASHES_FROM = "SELECT seq, leaf, hash FROM audit_entries WHERE seq >= $1 ORDER BY seq LIMIT $2";
    PAYLOAD = "SELECT sealed FROM audit_payloads WHERE seq = $1";
    CHECKPOINTS = "SELECT note FROM audit_checkpoints ORDER BY size";
}

/// After how many entries a checkpoint is kept for good; the newest one is always kept.
const CHECKPOINT_EVERY: u64 = 64;

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> JournalError {
    JournalError::Store(Box::new(error))
}

fn number(seq: u64) -> Result<i64, StoreError> {
    i64::try_from(seq).map_err(|_| StoreError::Damaged("entry number"))
}

impl Journal for Tx {
    async fn append(&mut self, entry: Entry, sealing: Sealing<'_>) -> Result<Receipt, JournalError> {
        let (size, head): (i64, Vec<u8>) =
            in_tx!(self, c => sqlx::query_as(TAKE_HEAD).fetch_one(c).await).map_err(failed)?;
        let head = Head::from_bytes(&head).map_err(|_| JournalError::Head("it cannot be read"))?;
        if i64::try_from(head.size()).ok().and_then(|n| n.checked_add(1)) != Some(size) {
            return Err(JournalError::Head("its size is not the log's"));
        }
        let at = entry.time;
        let kit = std::sync::Arc::clone(&self.kit);
        let prepared = prepare(&kit.vault, &kit.chance, &kit.origin, &head, entry, sealing)?;
        let note = signed(&kit, &prepared.head)?;
        let seq = number(prepared.record.seq).map_err(failed)?;
        in_tx!(self, c => sqlx::query(PUT_ENTRY).bind(seq).bind(prepared.record.leaf.clone())
            .bind(prepared.record.hash.to_vec()).execute(c).await.map(|_| ()))
        .map_err(failed)?;
        in_tx!(self, c => sqlx::query(PUT_PAYLOAD).bind(seq).bind(prepared.payload.as_bytes().to_vec())
            .execute(c).await.map(|_| ()))
        .map_err(failed)?;
        in_tx!(self, c => sqlx::query(PUT_HEAD).bind(prepared.head.to_bytes()).bind(&note)
            .execute(c).await.map(|_| ()))
        .map_err(failed)?;
        if prepared.head.size() % CHECKPOINT_EVERY == 0 {
            in_tx!(self, c => sqlx::query(PUT_CHECKPOINT).bind(size).bind(&note).bind(at.0)
                .execute(c).await.map(|_| ()))
            .map_err(failed)?;
        }
        Ok(Receipt::durable(prepared.record.seq, prepared.record.hash))
    }
}

fn signed(kit: &LogKit, head: &Head) -> Result<String, JournalError> {
    head.checkpoint(&kit.origin).sign(&kit.signer).map_err(failed)
}

/// The log's head: how many entries, and the newest signed checkpoint.
#[derive(Clone, Debug)]
pub struct LogHead {
    /// Entries.
    pub size: u64,
    /// The head's bytes.
    pub head: Vec<u8>,
    /// The signed note.
    pub checkpoint: String,
}

impl Db {
    /// Writes the head of an empty log, once.
    pub(super) async fn begin_log(&self) -> Result<(), StoreError> {
        let head = Head::empty();
        let note = signed(&self.kit, &head).map_err(|e| StoreError::Sql(e.to_string()))?;
        on_pool!(self, c => sqlx::query(BEGIN_LOG).bind(head.to_bytes()).bind(&note).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// The log's head. It holds sizes and hashes only.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn log_head(&self) -> Result<LogHead, StoreError> {
        let (size, head, checkpoint): (i64, Vec<u8>, String) =
            on_pool!(self, c => sqlx::query_as(HEAD).fetch_one(c).await)?;
        Ok(LogHead { size: u64::try_from(size).unwrap_or(0), head, checkpoint })
    }

    /// The log's name, and the key that verifies its checkpoints.
    #[must_use]
    pub fn log_key(&self) -> (&str, String) {
        (&self.kit.origin, self.kit.signer.vkey().to_string())
    }

    async fn leaves(&self, from: u64, limit: u32) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let rows: Vec<(i64, Vec<u8>)> = on_pool!(self, c => sqlx::query_as(LEAVES_FROM)
            .bind(number(from)?).bind(i64::from(limit)).fetch_all(c).await)?;
        Ok(numbered(rows))
    }

    /// Leaves from a number on, oldest first, for an export.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn leaves_from(
        &self,
        _access: &Access<Operations>,
        from: u64,
        limit: u32,
    ) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        self.leaves(from, limit).await
    }

    /// Leaves before a number, newest first, for the data-protection officer.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn newest_leaves(
        &self,
        _access: &Access<Oversight>,
        before: u64,
        limit: u32,
    ) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let rows: Vec<(i64, Vec<u8>)> = on_pool!(self, c => sqlx::query_as(NEWEST_LEAVES)
            .bind(number(before)?).bind(i64::from(limit)).fetch_all(c).await)?;
        Ok(numbered(rows))
    }

    /// Leaves with their stored hashes, for checking the log where it lies.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn leaves_with_hashes(
        &self,
        _access: &Access<Oversight>,
        from: u64,
        limit: u32,
    ) -> Result<Vec<(u64, Vec<u8>, Vec<u8>)>, StoreError> {
        let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = on_pool!(self, c => sqlx::query_as(HASHES_FROM)
            .bind(number(from)?).bind(i64::from(limit)).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(seq, leaf, hash)| (u64::try_from(seq).unwrap_or(0), leaf, hash)).collect())
    }

    /// Leaves for an applicant who asks who has looked: the caller keeps those whose tag is the
    /// applicant's own.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn leaves_for_own(
        &self,
        _access: &Access<OwnData>,
        from: u64,
        limit: u32,
    ) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        self.leaves(from, limit).await
    }

    /// The sealed details of one entry; `None` once they are destroyed.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn payload(&self, _access: &Access<Oversight>, seq: u64) -> Result<Option<Sealed>, StoreError> {
        let row: Option<(Vec<u8>,)> = on_pool!(self, c => sqlx::query_as(PAYLOAD)
            .bind(number(seq)?).fetch_optional(c).await)?;
        row.map(|(bytes,)| Sealed::from_stored(bytes)).transpose().map_err(StoreError::from)
    }

    /// The checkpoints kept for good, oldest first.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn checkpoints(&self, _access: &Access<Operations>) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = on_pool!(self, c => sqlx::query_as(CHECKPOINTS).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(note,)| note).collect())
    }
}

fn numbered(rows: Vec<(i64, Vec<u8>)>) -> Vec<(u64, Vec<u8>)> {
    rows.into_iter().map(|(seq, leaf)| (u64::try_from(seq).unwrap_or(0), leaf)).collect()
}

/// A hash as stored.
#[must_use]
pub fn stored_hash(bytes: &[u8]) -> Option<Hash> {
    bytes.try_into().ok()
}
