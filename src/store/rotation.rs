//! The keys of the organisations, as stored, and how they and the root above them are replaced.
//!
//! A rotation is a row in another state: the new key is `active`, the old one `retired` until nothing is left
//! under it and then `destroyed`. A crash leaves it half done; whoever runs it again goes on where it was. While
//! it runs, everything can be read: each wrapped key names the epoch that opens it, each organisation's key
//! the root. Nothing new comes under a key that is no longer active, because whoever stores a key holds the row
//! of the one above it ([`Db::put_subject_keys`], [`Db::put_holder_key`]).

use std::collections::BTreeMap;

use crate::clock::Moment;
use crate::guard::access::{Access, Operations};
use crate::guard::keys::holders::HolderKey;
use crate::guard::keys::reseal_files;
use crate::guard::vault::{KeyKind, WrappedKey};
use crate::subject::id::SubjectId;

use super::keystore::PROGRAMME;
use super::{Db, StoreError, Tx};

statements! {
    HOLDER_KEYS = "SELECT organisation_id, epoch, state, root_id, sealed, made_at FROM keystore.organisation_keys ORDER BY organisation_id, epoch";
    ACTIVE_EPOCH = "SELECT epoch FROM keystore.organisation_keys WHERE organisation_id = $1 AND state = 'active'";
    PUT_HOLDER_KEY = "INSERT INTO keystore.organisation_keys (organisation_id, epoch, state, root_id, sealed, made_at) VALUES ($1, $2, 'active', $3, $4, $5) ON CONFLICT (organisation_id, epoch) DO NOTHING";
    LOCK_ROOT = "UPDATE keystore.organisation_keys SET state = state WHERE organisation_id = '*root' AND root_id = $1 AND state = 'active'";
    RETIRE = "UPDATE keystore.organisation_keys SET state = 'retired' WHERE organisation_id = $1 AND epoch = $2 AND state = 'active'";
    OLD_KEYS = "SELECT subject_id, kind, epoch, wrapped FROM keystore.subject_keys WHERE organisation_id = $1 AND epoch < $2 ORDER BY epoch, subject_id, kind LIMIT $3";
    REWRAP = "UPDATE keystore.subject_keys SET epoch = $5, wrapped = $6 WHERE subject_id = $1 AND kind = $2 AND organisation_id = $3 AND epoch = $4";
    LEFT_BEHIND = "SELECT CAST(COUNT(*) AS BIGINT) FROM keystore.subject_keys WHERE organisation_id = $1 AND epoch < $2";
    DESTROY = "UPDATE keystore.organisation_keys SET state = 'destroyed', sealed = $2 WHERE organisation_id = $1 AND state = 'retired'";
    RESEAL = "UPDATE keystore.organisation_keys SET root_id = $4, sealed = $5 WHERE organisation_id = $1 AND epoch = $2 AND root_id = $3 AND state <> 'destroyed'";
    WRAPS = "SELECT organisation_id, epoch, CAST(COUNT(*) AS BIGINT) FROM keystore.subject_keys GROUP BY organisation_id, epoch";
}

/// The name under which the root has its rows: which one is in use, and a value that only it opens.
const ROOT: &str = "*root";

/// Where an organisation's key is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Seals what is new.
    Active,
    /// Opens what it sealed before, until that is sealed anew.
    Retired,
    /// Overwritten: nothing was left under it.
    Destroyed,
}

impl KeyState {
    /// The stored name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Destroyed => "destroyed",
        }
    }
}

/// One key of an organisation, of the programme, or the row of a root.
#[derive(Clone, Debug)]
pub struct StoredKey {
    /// Holder, epoch, root and sealed bytes.
    pub key: HolderKey,
    /// Where it is in its life.
    pub state: KeyState,
    /// When it was made.
    pub made_at: Moment,
    /// How many subjects' keys are wrapped with it.
    pub wraps: i64,
}

impl StoredKey {
    /// Whether this is the row of a root key.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.key.holder == ROOT
    }
}

type Row = (String, i64, String, Vec<u8>, Vec<u8>, i64);

fn stored(row: Row) -> Result<StoredKey, StoreError> {
    let (holder, epoch, state, root, sealed, made_at) = row;
    let state = match state.as_str() {
        "active" => KeyState::Active,
        "retired" => KeyState::Retired,
        "destroyed" => KeyState::Destroyed,
        _ => return Err(StoreError::Damaged("state of a key")),
    };
    let epoch = u32::try_from(epoch).map_err(|_| StoreError::Damaged("epoch of a key"))?;
    let root = root.try_into().map_err(|_| StoreError::Damaged("root id of a key"))?;
    Ok(StoredKey {
        key: HolderKey { holder, epoch, root, sealed },
        state,
        made_at: Moment(made_at),
        wraps: 0,
    })
}

fn newest(keys: &[StoredKey], holder: &str, state: KeyState) -> Option<HolderKey> {
    keys.iter().rev().find(|row| row.key.holder == holder && row.state == state).map(|row| row.key.clone())
}

impl Db {
    /// Opens the keys of the organisations. The first start on an empty key store says which root is in use
    /// and makes the programme's key.
    ///
    /// # Errors
    /// When the root is not the one that sealed them, or does not answer.
    pub async fn open_keys(&self, now: Moment) -> Result<(), StoreError> {
        if self.stored_keys().await?.is_empty() {
            let first = self.kit.vault.new_holder_key(ROOT, 1)?;
            let mut tx = self.begin().await?;
            tx.insert_holder_key(&first, now).await?;
            tx.commit().await?;
        }
        self.learn_keys().await?;
        self.active_epoch(PROGRAMME, now).await?;
        Ok(())
    }

    async fn stored_keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        let rows: Vec<Row> = on_pool!(self, c => sqlx::query_as(HOLDER_KEYS).fetch_all(c).await)?;
        rows.into_iter().map(stored).collect()
    }

    /// Reads which root is in use, and opens the keys that are not open yet.
    pub(super) async fn learn_keys(&self) -> Result<(), StoreError> {
        let keys = self.stored_keys().await?;
        let root = newest(&keys, ROOT, KeyState::Active).ok_or(StoreError::Damaged("no root is in use"))?;
        let vault = &self.kit.vault;
        vault.root().use_for_sealing(root.root)?;
        vault.check(&root)?;
        let alive: Vec<HolderKey> = keys
            .into_iter()
            .filter(|row| row.state != KeyState::Destroyed && !row.is_root())
            .map(|row| row.key)
            .collect();
        Ok(vault.learn(&alive)?)
    }

    /// The epoch with which a holder's keys are wrapped now. A holder without a key gets one.
    ///
    /// # Errors
    /// When the root does not answer: a new organisation needs it.
    pub async fn active_epoch(&self, holder: &str, now: Moment) -> Result<u32, StoreError> {
        // Twice: another process may make the first key, or rotate the root, in between.
        for last in [false, true] {
            let row: Option<(i64,)> = on_pool!(self, c => sqlx::query_as(ACTIVE_EPOCH).bind(holder)
                .fetch_optional(c).await)?;
            if let Some((epoch,)) = row {
                let epoch = u32::try_from(epoch).map_err(|_| StoreError::Damaged("epoch of a key"))?;
                if !self.kit.vault.knows(holder, epoch) {
                    self.learn_keys().await?;
                }
                return Ok(epoch);
            }
            let made = self.kit.vault.new_holder_key(holder, 1)?;
            match self.put_holder_key(&made, now).await {
                Err(StoreError::Rotated) if !last => self.learn_keys().await?,
                Err(error) => return Err(error),
                Ok(()) => {}
            }
        }
        Err(StoreError::Rotated)
    }

    async fn put_holder_key(&self, key: &HolderKey, now: Moment) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.hold_root(key).await?;
        tx.insert_holder_key(key, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Every key of every holder with how much it wraps, and the roots.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn key_status(&self, _access: &Access<Operations>) -> Result<Vec<StoredKey>, StoreError> {
        let mut keys = self.stored_keys().await?;
        let counts: Vec<(String, i64, i64)> = on_pool!(self, c => sqlx::query_as(WRAPS).fetch_all(c).await)?;
        let counts: BTreeMap<(String, i64), i64> =
            counts.into_iter().map(|(holder, epoch, count)| ((holder, epoch), count)).collect();
        for row in &mut keys {
            let at = (row.key.holder.clone(), i64::from(row.key.epoch));
            row.wraps = counts.get(&at).copied().unwrap_or(0);
        }
        Ok(keys)
    }

    /// Begins a new epoch of a holder, or finds the one of a rotation that was cut off.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the holder has no key; when the root does not answer nothing is changed.
    pub async fn begin_epoch(
        &self,
        _access: &Access<Operations>,
        holder: &str,
        now: Moment,
    ) -> Result<u32, StoreError> {
        self.learn_keys().await?;
        let keys = self.stored_keys().await?;
        let active = newest(&keys, holder, KeyState::Active).filter(|key| key.holder != ROOT);
        let active = active.ok_or(StoreError::Missing("key of this organisation"))?;
        if newest(&keys, holder, KeyState::Retired).is_some() {
            return Ok(active.epoch);
        }
        let next = self.kit.vault.new_holder_key(holder, active.epoch.saturating_add(1))?;
        let mut tx = self.begin().await?;
        tx.hold_root(&next).await?;
        tx.retire(&active).await?;
        tx.insert_holder_key(&next, now).await?;
        tx.commit().await?;
        self.learn_keys().await?;
        Ok(next.epoch)
    }

    /// Wraps up to `limit` keys of an earlier epoch anew, in one transaction. 0 when none is left.
    ///
    /// # Errors
    /// When a key cannot be opened; nothing of the batch is changed then.
    pub async fn rewrap_batch(
        &self,
        _access: &Access<Operations>,
        holder: &str,
        epoch: u32,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let rows: Vec<(String, String, i64, Vec<u8>)> = in_tx!(tx, c => sqlx::query_as(OLD_KEYS)
            .bind(holder).bind(i64::from(epoch)).bind(i64::from(limit)).fetch_all(c).await)?;
        let count = rows.len() as u64;
        for (subject, kind, old, bytes) in rows {
            let code = KeyKind::parse(&kind).ok_or(StoreError::Damaged("kind of a key"))?;
            let wrapped = WrappedKey::from_stored(bytes)?;
            let id = SubjectId::new(subject.clone());
            let anew = self.kit.vault.rewrap(&id, code, &wrapped, holder, epoch)?;
            // Destroyed meanwhile: then no row is changed, and none comes back.
            in_tx!(tx, c => sqlx::query(REWRAP).bind(&subject).bind(&kind).bind(holder).bind(old)
                .bind(i64::from(epoch)).bind(anew.as_bytes().to_vec()).execute(c).await.map(|_| ()))?;
        }
        tx.commit().await?;
        Ok(count)
    }

    /// Destroys a holder's earlier keys, when nothing is left under them.
    ///
    /// # Errors
    /// [`StoreError::Rotated`] when something is left.
    pub async fn finish_epoch(
        &self,
        _access: &Access<Operations>,
        holder: &str,
        epoch: u32,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let (left,): (i64,) = in_tx!(tx, c => sqlx::query_as(LEFT_BEHIND).bind(holder).bind(i64::from(epoch))
            .fetch_one(c).await)?;
        if left > 0 {
            return Err(StoreError::Rotated);
        }
        tx.destroy_retired(holder).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Goes over to a new root, or finds the one of a rotation that was cut off.
    ///
    /// # Errors
    /// When no new root can be had; nothing is changed then.
    pub async fn begin_root(&self, _access: &Access<Operations>, now: Moment) -> Result<(), StoreError> {
        self.learn_keys().await?;
        let keys = self.stored_keys().await?;
        if newest(&keys, ROOT, KeyState::Retired).is_some() {
            return Ok(());
        }
        let active = newest(&keys, ROOT, KeyState::Active).ok_or(StoreError::Damaged("no root is in use"))?;
        let vault = &self.kit.vault;
        let next = vault.root().next(vault.chance())?;
        vault.root().use_for_sealing(next)?;
        let row = vault.new_holder_key(ROOT, active.epoch.saturating_add(1));
        // Only the key store says which root seals: until it does, the old one goes on.
        vault.root().use_for_sealing(active.root)?;
        let row = row?;
        let mut tx = self.begin().await?;
        tx.retire(&active).await?;
        tx.insert_holder_key(&row, now).await?;
        tx.commit().await?;
        self.learn_keys().await
    }

    /// Seals everything under the root in use, and then destroys the others.
    ///
    /// # Errors
    /// When a root does not answer; what is not sealed anew stays under the old one, which stays.
    pub async fn finish_root(&self, _access: &Access<Operations>) -> Result<u64, StoreError> {
        self.learn_keys().await?;
        let vault = &self.kit.vault;
        let active = vault.root().sealing_id();
        let mut count = 0;
        for row in self.stored_keys().await? {
            if row.is_root() || row.state == KeyState::Destroyed || row.key.root == active {
                continue;
            }
            let anew = vault.reseal(&row.key)?;
            let mut tx = self.begin().await?;
            in_tx!(tx, c => sqlx::query(RESEAL).bind(&row.key.holder).bind(i64::from(row.key.epoch))
                .bind(row.key.root.to_vec()).bind(anew.root.to_vec()).bind(anew.sealed.clone())
                .execute(c).await.map(|_| ()))?;
            tx.commit().await?;
            count += 1;
        }
        reseal_files(vault.root(), vault.chance())?;
        // Nothing new came under the old root since the new one became active: see `hold_root`.
        let behind = self
            .stored_keys()
            .await?
            .into_iter()
            .any(|row| !row.is_root() && row.state != KeyState::Destroyed && row.key.root != active);
        if behind {
            return Err(StoreError::Rotated);
        }
        vault.root().destroy_others()?;
        let mut tx = self.begin().await?;
        tx.destroy_retired(ROOT).await?;
        tx.commit().await?;
        Ok(count)
    }
}

impl Tx {
    /// Holds the root's row until the commit, so that no key comes under a root that is being replaced.
    async fn hold_root(&mut self, key: &HolderKey) -> Result<(), StoreError> {
        let held = in_tx!(self, c => sqlx::query(LOCK_ROOT).bind(key.root.to_vec()).execute(c).await
            .map(|done| done.rows_affected()))?;
        if held == 1 { Ok(()) } else { Err(StoreError::Rotated) }
    }

    async fn insert_holder_key(&mut self, key: &HolderKey, now: Moment) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(PUT_HOLDER_KEY).bind(&key.holder).bind(i64::from(key.epoch))
            .bind(key.root.to_vec()).bind(key.sealed.clone()).bind(now.0).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// The row is held from here on: whoever stores a key under it has finished, or starts anew.
    async fn retire(&mut self, key: &HolderKey) -> Result<(), StoreError> {
        let done = in_tx!(self, c => sqlx::query(RETIRE).bind(&key.holder).bind(i64::from(key.epoch))
            .execute(c).await.map(|done| done.rows_affected()))?;
        if done == 1 { Ok(()) } else { Err(StoreError::Rotated) }
    }

    async fn destroy_retired(&mut self, holder: &str) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(DESTROY).bind(holder).bind(Vec::<u8>::new()).execute(c).await
            .map(|_| ()))?;
        Ok(())
    }
}
