//! The keys of applicants, organisations and the installation: made, handed over, rotated, listed.
//!
//! Every applicant has two keys that open text (identity and content), wrapped once for each organisation that
//! the applicant chose, and one that links log entries, wrapped for the programme. Above them stands one key an
//! organisation, above those the root. docs/keys.md has the inventory.

use std::collections::BTreeSet;

use serde_json::json;

use super::{App, CaseError};
use crate::guard::access::{Access, Act, Actor, Job, Operations, OwnData, SystemFacts};
use crate::guard::vault::{DataKey, KeyKind, WrappedKey};
use crate::store::StoreError;
use crate::store::keystore::PROGRAMME;
use crate::subject::id::{ApplicationId, OrganisationId, SubjectId};

pub use crate::store::rotation::{KeyState, StoredKey};

/// How many subjects' keys are wrapped anew in one transaction.
const BATCH: u32 = 100;

/// How often a step is tried again that a rotation came in between.
const TRIES: u32 = 5;

/// The keys of a new applicant, durable already.
pub(super) struct NewKeys {
    pub identity: DataKey,
    pub content: DataKey,
    pub tag: WrappedKey,
}

/// Every key of the installation, without key material.
pub struct KeyStatus {
    /// Where the root comes from: `file`, `given` or `token`.
    pub source: &'static str,
    /// The id of the root in use, in hexadecimal digits.
    pub root: String,
    /// The roots, and the keys of organisations and programme, by holder and epoch.
    pub keys: Vec<StoredKey>,
}

/// What a rotation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The epoch in use now; of a root, how many roots there have been.
    pub epoch: u32,
    /// How many keys were sealed anew, in this run.
    pub resealed: u64,
}

impl App {
    /// Makes a new applicant's keys and stores them, before anything is sealed with them.
    pub(super) async fn new_keys(
        &self,
        subject: &SubjectId,
        chosen: &BTreeSet<OrganisationId>,
    ) -> Result<NewKeys, CaseError> {
        let now = self.clock.now();
        let identity = self.vault.fresh_key()?;
        let content = self.vault.fresh_key()?;
        let tag = self.vault.fresh_key()?;
        for _ in 0..TRIES {
            let epoch = self.db.active_epoch(PROGRAMME, now).await?;
            let linked = self.vault.wrap_key(&tag, subject, KeyKind::Tag, PROGRAMME, epoch)?;
            let mut stored = vec![(KeyKind::Tag, linked.clone())];
            for organisation in chosen {
                let holder = organisation.as_str();
                let epoch = self.db.active_epoch(holder, now).await?;
                for (kind, key) in [(KeyKind::Identity, &identity), (KeyKind::Content, &content)] {
                    stored.push((kind, self.vault.wrap_key(key, subject, kind, holder, epoch)?));
                }
            }
            match self.db.put_subject_keys(subject, now, &stored).await {
                Ok(()) => return Ok(NewKeys { identity, content, tag: linked }),
                Err(StoreError::Rotated) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Rotated.into())
    }

    /// Lets another organisation open an application: its keys are wrapped for that one too. Only the applicant
    /// does this, for a later handover (the talent pool); nothing else about the application changes.
    ///
    /// # Errors
    /// When the gate refuses, or the keys have been destroyed.
    pub async fn hand_over(
        &self,
        actor: &Actor,
        id: &ApplicationId,
        to: &OrganisationId,
    ) -> Result<(), CaseError> {
        let facts = self.db.application_facts(id).await?;
        let act = Act::new("keys.handed_over").detail(json!({ "organisation": to.as_str() }));
        let access = self.admit::<OwnData>(actor, facts, act).await?;
        self.rewrap_for(&access, to).await
    }

    /// Wraps the keys of an applicant for one more organisation. Once done, doing it again changes nothing.
    async fn rewrap_for(&self, access: &Access<OwnData>, to: &OrganisationId) -> Result<(), CaseError> {
        let subject = &access.target().subject;
        let now = self.clock.now();
        for _ in 0..TRIES {
            let epoch = self.db.active_epoch(to.as_str(), now).await?;
            let mut stored = Vec::new();
            for kind in [KeyKind::Identity, KeyKind::Content] {
                let wrapped = self.db.subject_key(access, kind).await?;
                stored.push((kind, self.vault.rewrap(subject, kind, &wrapped, to.as_str(), epoch)?));
            }
            match self.db.put_subject_keys(subject, now, &stored).await {
                // Wrapped for this organisation already.
                Ok(()) | Err(StoreError::Twice(_)) => return Ok(()),
                Err(StoreError::Rotated) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Rotated.into())
    }

    /// Removes keys that an intake left behind which never came to be, a day later.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sweep_keys(&self) -> Result<u64, CaseError> {
        Ok(self.db.sweep_keys(self.clock.now()).await?)
    }

    /// Lists every key with its state, without key material.
    ///
    /// # Errors
    /// When the gate refuses or the database fails.
    pub async fn key_status(&self, job: Job) -> Result<KeyStatus, CaseError> {
        let access = self.keys_admitted(job, "keys.listed", json!({})).await?;
        let keys = self.db.key_status(&access).await?;
        let root = self.vault.root();
        Ok(KeyStatus { source: root.source(), root: hex::encode(root.sealing_id()), keys })
    }

    /// Gives a holder (an organisation, or `*programme`) a new key, and wraps everything anew with it, 100 keys
    /// a transaction. Reading and writing go on meanwhile. Cut off anywhere, it goes on when it is run again.
    ///
    /// # Errors
    /// When the holder has no key or the root does not answer: then nothing is changed, and the log says so.
    pub async fn rotate_holder(
        &self,
        job: Job,
        holder: &str,
        mut progress: impl FnMut(u64),
    ) -> Result<Rotation, CaseError> {
        let detail = json!({ "holder": holder });
        let access = self.keys_admitted(job, "keys.rotation_begun", detail.clone()).await?;
        let epoch = match self.db.begin_epoch(&access, holder, access.at()).await {
            Ok(epoch) => epoch,
            Err(error) => return Err(self.rotation_refused(job, detail, error).await),
        };
        let mut resealed = 0;
        loop {
            let count = self.db.rewrap_batch(&access, holder, epoch, BATCH).await?;
            if count == 0 {
                break;
            }
            resealed += count;
            progress(resealed);
        }
        self.db.finish_epoch(&access, holder, epoch).await?;
        let detail = json!({ "holder": holder, "epoch": epoch, "rewrapped": resealed });
        let _: Access<Operations> = self.keys_admitted(job, "keys.rotation_finished", detail).await?;
        Ok(Rotation { epoch, resealed })
    }

    /// Goes over to a new root: the keys of all organisations and the service's own key files are sealed anew, and
    /// then the old root is destroyed. Cut off anywhere, it goes on when it is run again.
    ///
    /// # Errors
    /// When no new root can be had: then nothing is changed, and the log says so.
    pub async fn rotate_root(&self, job: Job) -> Result<Rotation, CaseError> {
        let detail = json!({ "holder": "root" });
        let access = self.keys_admitted(job, "keys.rotation_begun", detail.clone()).await?;
        if let Err(error) = self.db.begin_root(&access, access.at()).await {
            return Err(self.rotation_refused(job, detail, error).await);
        }
        let resealed = match self.db.finish_root(&access).await {
            Ok(count) => count,
            Err(error) => return Err(self.rotation_refused(job, detail, error).await),
        };
        let keys = self.db.key_status(&access).await?;
        let epoch = keys.iter().filter(|row| row.is_root()).map(|row| row.key.epoch).max().unwrap_or(0);
        let detail = json!({ "holder": "root", "epoch": epoch, "resealed": resealed });
        let _: Access<Operations> = self.keys_admitted(job, "keys.rotation_finished", detail).await?;
        Ok(Rotation { epoch, resealed })
    }

    /// Writes into the log that a rotation could not be done, and gives the reason back.
    async fn rotation_refused(
        &self,
        job: Job,
        mut detail: serde_json::Value,
        error: StoreError,
    ) -> CaseError {
        if let Some(map) = detail.as_object_mut() {
            map.insert("reason".into(), error.to_string().into());
        }
        match self.keys_admitted(job, "keys.rotation_refused", detail).await {
            Ok(_) => error.into(),
            Err(worse) => worse,
        }
    }

    /// The entry comes first and by itself: a transaction writes the key store or the rest, never both.
    async fn keys_admitted(
        &self,
        job: Job,
        what: &'static str,
        detail: serde_json::Value,
    ) -> Result<Access<Operations>, CaseError> {
        self.admit::<Operations>(&Actor::Job(job), SystemFacts, Act::new(what).detail(detail)).await
    }
}
