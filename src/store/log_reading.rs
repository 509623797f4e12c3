//! The log for outsiders: tiles of hashes, bundles of entries, cosigned checkpoints, and pruning.
//!
//! Hashes come without an access: they say how many entries there are and nothing of what is in them
//! (each leaf holds a salted commitment, so no leaf can be guessed from its hash). Entries need one.

use crate::guard::access::{Access, Operations, Oversight, OwnData};
use crate::guard::audit::Hash;
use crate::guard::audit::tiles::TileId;

use super::journal::{LiveOpening, number};
use super::{Db, StoreError, Tx};

statements! {
    LEAF_HASHES = "SELECT hash FROM audit_entries WHERE seq >= $1 AND seq < $2 ORDER BY seq";
    ROOTS = "SELECT root FROM audit_tiles WHERE level = $1 AND n >= $2 AND n < $3 ORDER BY n";
    BUNDLE = "SELECT leaf FROM audit_entries WHERE seq >= $1 AND seq < $2 ORDER BY seq";
    PUT_COSIGNED = "INSERT INTO audit_cosigned (size, note) VALUES ($1, $2) ON CONFLICT (size) DO UPDATE SET note = excluded.note";
    COSIGNED_OVER = "SELECT note FROM audit_cosigned WHERE size > $1 ORDER BY size DESC LIMIT 1";
    COSIGNED = "SELECT note FROM audit_cosigned WHERE size = $1";
    MINIMUM = "SELECT first_seq FROM audit_minimum WHERE id = 1";
    PUT_MINIMUM = "INSERT INTO audit_minimum (id, first_seq) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET first_seq = excluded.first_seq";
    PRUNE_ENTRIES = "DELETE FROM audit_entries WHERE seq < $1";
    PRUNE_PAYLOADS = "DELETE FROM audit_payloads WHERE seq < $1";
    PRUNE_TILE = "INSERT INTO audit_tiles (level, n, hashes, root) VALUES (0, $1, $2, $3) ON CONFLICT (level, n) DO UPDATE SET hashes = excluded.hashes";
}

fn hashes(rows: Vec<(Vec<u8>,)>) -> Result<Vec<Hash>, StoreError> {
    rows.into_iter()
        .map(|(bytes,)| Hash::try_from(bytes).map_err(|_| StoreError::Damaged("hash in the log")))
        .collect()
}

impl Db {
    /// The hashes of a tile; fewer than its width when the log does not have them (any longer). The
    /// caller has found the tile to be one of this log.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn log_tile(&self, tile: &TileId) -> Result<Vec<Hash>, StoreError> {
        let from = tile.number.checked_mul(256).ok_or(StoreError::Damaged("tile number"))?;
        let (from, to) = (number(from)?, number(from.saturating_add(tile.width))?);
        let rows: Vec<(Vec<u8>,)> = match tile.level.checked_sub(1) {
            None => on_pool!(self, c => sqlx::query_as(LEAF_HASHES).bind(from).bind(to).fetch_all(c).await)?,
            Some(below) => on_pool!(self, c => sqlx::query_as(ROOTS)
                .bind(i64::from(below)).bind(from).bind(to).fetch_all(c).await)?,
        };
        hashes(rows)
    }

    async fn bundle(&self, from: u64, to: u64) -> Result<Vec<Vec<u8>>, StoreError> {
        let (from, to) = (number(from)?, number(to)?);
        let rows: Vec<(Vec<u8>,)> =
            on_pool!(self, c => sqlx::query_as(BUNDLE).bind(from).bind(to).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(leaf,)| leaf).collect())
    }

    /// The leaves from one number up to another, for an auditor.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn log_bundle(
        &self,
        _access: &Access<Oversight>,
        _opening: &LiveOpening,
        from: u64,
        to: u64,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        self.bundle(from, to).await
    }

    /// One leaf, for the applicant whom it concerns: the caller has compared its tag.
    ///
    /// # Errors
    /// When the engine cannot; [`StoreError::Missing`] when it is not there.
    pub async fn own_leaf(&self, _access: &Access<OwnData>, seq: u64) -> Result<Vec<u8>, StoreError> {
        self.bundle(seq, seq.saturating_add(1)).await?.pop().ok_or(StoreError::Missing("log entry"))
    }

    /// One leaf, for the operator's command.
    ///
    /// # Errors
    /// When the engine cannot; [`StoreError::Missing`] when it is not there.
    pub async fn any_leaf(&self, _access: &Access<Operations>, seq: u64) -> Result<Vec<u8>, StoreError> {
        self.bundle(seq, seq.saturating_add(1)).await?.pop().ok_or(StoreError::Missing("log entry"))
    }

    /// The newest cosigned checkpoint over more than so many entries.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn cosigned_over(&self, entries: u64) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> = on_pool!(self, c => sqlx::query_as(COSIGNED_OVER)
            .bind(number(entries)?).fetch_optional(c).await)?;
        Ok(row.map(|(note,)| note))
    }

    /// The cosigned checkpoint of exactly this size.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn cosigned(&self, size: u64) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> = on_pool!(self, c => sqlx::query_as(COSIGNED)
            .bind(number(size)?).fetch_optional(c).await)?;
        Ok(row.map(|(note,)| note))
    }

    /// The number of the first entry that is there; above 0 once the log was pruned.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn log_minimum(&self) -> Result<u64, StoreError> {
        let row: Option<(i64,)> = on_pool!(self, c => sqlx::query_as(MINIMUM).fetch_optional(c).await)?;
        row.map_or(Ok(0), |(first,)| u64::try_from(first).map_err(|_| StoreError::Damaged("first log entry")))
    }
}

impl Tx {
    /// Keeps a checkpoint with cosignatures, in place of one of the same size.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_cosigned(
        &mut self,
        _access: &Access<Operations>,
        size: u64,
        note: &str,
    ) -> Result<(), StoreError> {
        let size = number(size)?;
        in_tx!(self, c => sqlx::query(PUT_COSIGNED).bind(size).bind(note).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Destroys the entries before a number, their details and their hashes. What is left of each 256 is
    /// one hash, so that every later entry can still be proven: `left` are those of the rows that are
    /// destroyed now, the last one ending at `first`, a multiple of 256.
    ///
    /// # Errors
    /// When the engine cannot; then nothing of it is done.
    pub async fn prune_log(
        &mut self,
        _access: &Access<Operations>,
        first: u64,
        left: &[Hash],
    ) -> Result<(), StoreError> {
        let first_seq = number(first)?;
        let begin = (first / 256).saturating_sub(left.len() as u64);
        for (tile, root) in (begin..).zip(left) {
            let tile = number(tile)?;
            in_tx!(self, c => sqlx::query(PRUNE_TILE).bind(tile).bind(Vec::<u8>::new()).bind(root.to_vec())
                .execute(c).await.map(|_| ()))?;
        }
        in_tx!(self, c => sqlx::query(PRUNE_PAYLOADS).bind(first_seq).execute(c).await.map(|_| ()))?;
        in_tx!(self, c => sqlx::query(PRUNE_ENTRIES).bind(first_seq).execute(c).await.map(|_| ()))?;
        in_tx!(self, c => sqlx::query(PUT_MINIMUM).bind(first_seq).execute(c).await.map(|_| ()))?;
        Ok(())
    }
}
