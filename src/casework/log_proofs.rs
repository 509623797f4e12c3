//! The log for those who do not trust this service: tiles, proofs of single entries, an export of any
//! size, cosignatures, and pruning by retention.
//!
//! Hashes and checkpoints are for anybody. Entries are not: they hold pseudonyms of staff with role,
//! organisation and time, which is personal data of employees, so a bundle of them needs somebody who
//! may oversee, and an applicant gets only entries about the own application.

use std::path::Path;

use super::{App, CaseError, Conflict};
use crate::clock::Moment;
use crate::guard::access::{Access, Act, Actor, LogFacts, Operations, Oversight, OwnData, SystemFacts};
use crate::guard::audit::cosign::{WitnessKey, with_cosignatures};
use crate::guard::audit::export::{Export, ExportError, PRUNED_ACTION};
use crate::guard::audit::merkle::root_of;
use crate::guard::audit::note::{Checkpoint, Vkey};
use crate::guard::audit::proof::LogProof;
use crate::guard::audit::tiles::{Plan, TileId, Tiles};
use crate::guard::audit::witness::Request;
use crate::guard::audit::{Hash, Leaf};
use crate::subject::id::ApplicationId;

/// The policy without which nothing is pruned, as it ships with the service.
const POLICY: &str = include_str!("../../policies/log.toml");

/// For how many years the policy keeps entries of the log. `None` when it does not say so: then nothing
/// is pruned.
#[must_use]
pub fn log_years() -> Option<u8> {
    let policy: toml::Table = POLICY.parse().ok()?;
    policy.get("log_years").and_then(toml::Value::as_integer).and_then(|years| u8::try_from(years).ok())
}

/// Why a log was not exported or pruned.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The log could not be read.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// The folder could not be written.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The policy does not say for how long entries are kept.
    #[error("`policies/log.toml` does not say `log_years`, so nothing may be pruned")]
    NoPolicy,
    /// Younger than the policy allows.
    #[error(
        "the policy keeps entries of the log for {years} years: nothing younger than {latest} may be pruned"
    )]
    TooYoung {
        /// How long entries are kept.
        years: u8,
        /// The latest day that may be given, RFC 3339.
        latest: String,
    },
    /// Nothing that old.
    #[error("there is no complete row of 256 entries that old: nothing was pruned")]
    NothingThatOld,
}

impl From<crate::store::StoreError> for LogError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Case(error.into())
    }
}

impl App {
    /// The newest signed checkpoint, with cosignatures when witnesses gave some for just this one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_checkpoint(&self) -> Result<String, CaseError> {
        let head = self.db.log_head().await?;
        Ok(self.db.cosigned(head.size).await?.unwrap_or(head.checkpoint))
    }

    /// The bytes of a tile of hashes.
    ///
    /// # Errors
    /// [`CaseError::NotFound`] beyond the newest checkpoint and for what was pruned.
    pub async fn log_tile(&self, level: u8, number: u64, width: u64) -> Result<Vec<u8>, CaseError> {
        let head = self.db.log_head().await?;
        let within =
            TileId::of(level, number, head.size).is_some_and(|tile| (1..=tile.width).contains(&width));
        if !within {
            return Err(CaseError::NotFound("tile of the log"));
        }
        let hashes = self.db.log_tile(&TileId { level, number, width }).await?;
        if hashes.len() as u64 != width {
            return Err(CaseError::NotFound("tile of the log"));
        }
        Ok(hashes.as_flattened().to_vec())
    }

    /// The bytes of a bundle of entries. Reading it is itself an entry.
    ///
    /// # Errors
    /// When the gate refuses, or the person has not said why the log is read; [`CaseError::NotFound`] beyond the newest checkpoint and for what was pruned.
    pub async fn log_bundle(&self, actor: &Actor, number: u64, width: u64) -> Result<Vec<u8>, CaseError> {
        let act =
            Act::new("log.bundle_read").detail(serde_json::json!({ "bundle": number, "entries": width }));
        // The size before this reading: what it adds is not part of the answer.
        let size = self.db.log_head().await?.size;
        let access: Access<Oversight> = self.admit(actor, LogFacts, act).await?;
        let opening = self.db.live_opening(actor, access.at()).await?;
        let opening = opening.ok_or(CaseError::Conflict(Conflict::LogNotOpened))?;
        let within = TileId::of(0, number, size).is_some_and(|tile| (1..=tile.width).contains(&width));
        if !within {
            return Err(CaseError::NotFound("bundle of the log"));
        }
        let from = number.saturating_mul(256);
        let leaves = self.db.log_bundle(&access, &opening, from, from.saturating_add(width)).await?;
        if leaves.len() as u64 != width {
            return Err(CaseError::NotFound("bundle of the log"));
        }
        let mut out = Vec::new();
        for leaf in leaves {
            let length = u16::try_from(leaf.len()).map_err(|_| CaseError::Damaged("log entry"))?;
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(&leaf);
        }
        Ok(out)
    }

    async fn tiles(&self, plan: &Plan) -> Result<Tiles, CaseError> {
        let mut tiles = Tiles::new();
        for tile in plan.tiles() {
            tiles.insert(tile, self.db.log_tile(&tile).await?);
        }
        Ok(tiles)
    }

    /// A proof of an entry against the newest checkpoint that witnesses cosigned, or else the newest.
    /// Checked before it is given.
    async fn proof(&self, entry: u64, leaf: Vec<u8>) -> Result<LogProof, CaseError> {
        let checkpoint = match self.db.cosigned_over(entry).await? {
            Some(note) => note,
            None => self.db.log_head().await?.checkpoint,
        };
        let vkey = self.log_verifier()?;
        let head = Checkpoint::open(checkpoint.as_bytes(), &vkey)
            .map_err(|_| CaseError::Damaged("checkpoint of the log"))?;
        let plan = Plan::inclusion(entry, head.size).ok_or(CaseError::NotFound("log entry"))?;
        let tiles = self.tiles(&plan).await?;
        let hashes = plan.hashes(&tiles).ok_or(CaseError::Damaged("tiles of the log"))?;
        let proof = LogProof { extra: Some(leaf), index: entry, hashes, checkpoint };
        proof.check_carried(&vkey).map_err(|_| CaseError::Damaged("tiles of the log"))?;
        Ok(proof)
    }

    fn log_verifier(&self) -> Result<Vkey, CaseError> {
        Vkey::parse(&self.db.log_key().1).map_err(|_| CaseError::Damaged("key of the log"))
    }

    /// A receipt (kvitto): proof of one entry about the applicant's own application. Itself an entry.
    ///
    /// # Errors
    /// When the gate refuses; [`CaseError::NotFound`] when the entry is not about this application.
    pub async fn own_receipt(
        &self,
        actor: &Actor,
        id: &ApplicationId,
        entry: u64,
    ) -> Result<String, CaseError> {
        let facts = self.db.application_facts(id).await?;
        let act = Act::new("log_receipt.given").detail(serde_json::json!({ "entry": entry }));
        let access = self.admit::<OwnData>(actor, facts, act).await?;
        if !self.looks(&access).await?.iter().any(|look| look.entry == entry) {
            return Err(CaseError::NotFound("log entry"));
        }
        let leaf = self.db.own_leaf(&access, entry).await?;
        Ok(self.proof(entry, leaf).await?.to_text())
    }

    /// A proof of any entry, for the operator's command. Itself an entry.
    ///
    /// # Errors
    /// When the gate refuses; [`CaseError::NotFound`] when there is no such entry.
    pub async fn entry_proof(&self, actor: &Actor, entry: u64) -> Result<String, CaseError> {
        let act = Act::new("log_proof.given").detail(serde_json::json!({ "entry": entry }));
        let access: Access<Operations> = self.admit(actor, SystemFacts, act).await?;
        let leaf = self.db.any_leaf(&access, entry).await?;
        Ok(self.proof(entry, leaf).await?.to_text())
    }

    /// Writes the log into a folder, page by page: its size costs disk and no memory. Gives the number
    /// of entries.
    ///
    /// # Errors
    /// When the gate refuses, the log cannot be read, or the folder cannot be written.
    pub async fn export_log(&self, actor: &Actor, dir: &Path) -> Result<u64, LogError> {
        const PAGE: u32 = 2000;
        let access: Access<Operations> = self.admit(actor, SystemFacts, Act::new("log.exported")).await?;
        let head = self.db.log_head().await?;
        let checkpoint = self.db.cosigned(head.size).await?.unwrap_or(head.checkpoint);
        let earlier = self.db.checkpoints(&access).await?;
        let vkey = self.log_verifier()?;
        let mut export = Export::begin(dir)?;
        let mut from = self.db.log_minimum().await?;
        if from > 0 {
            export.pruned(&self.pruned_blocks(from).await?)?;
        }
        while from < head.size {
            let page = self.db.leaves_from(&access, from, PAGE).await?;
            if page.is_empty() {
                break;
            }
            for (_, leaf) in page.into_iter().filter(|(seq, _)| *seq < head.size) {
                export.push(&leaf)?;
                from += 1;
            }
        }
        Ok(export.finish(&vkey, &checkpoint, &earlier)?)
    }

    /// The roots of the blocks of 256 entries before the first one that is left.
    pub(super) async fn pruned_blocks(&self, first: u64) -> Result<Vec<Hash>, CaseError> {
        let mut roots = Vec::new();
        for number in 0..first.div_ceil(256 * 256) {
            let width = (first / 256 - number * 256).min(256);
            roots.extend(self.db.log_tile(&TileId { level: 1, number, width }).await?);
        }
        Ok(roots)
    }

    /// What to send to a witness whose newest head of this log has `old` entries: the newest checkpoint
    /// with a proof that it continues that head.
    ///
    /// # Errors
    /// [`CaseError::NotFound`] when the witness claims more entries than there are: somebody shows it
    /// another log. Otherwise when the database fails.
    pub async fn cosignature_request(&self, old: u64) -> Result<Request, CaseError> {
        let head = self.db.log_head().await?;
        let plan = Plan::consistency(old, head.size).ok_or(CaseError::NotFound("so many log entries"))?;
        let tiles = self.tiles(&plan).await?;
        let proof = plan.hashes(&tiles).ok_or(CaseError::Damaged("tiles of the log"))?;
        Ok(Request { old, proof, note: head.checkpoint })
    }

    /// Keeps the cosignatures that a witness answered with; gives how many of them were new and true.
    ///
    /// # Errors
    /// When the gate refuses, the checkpoint is not of this log, or the database fails.
    pub async fn keep_cosignatures(
        &self,
        actor: &Actor,
        note: &str,
        answer: &str,
        witnesses: &[WitnessKey],
    ) -> Result<usize, CaseError> {
        let vkey = self.log_verifier()?;
        let head = Checkpoint::open(note.as_bytes(), &vkey)
            .map_err(|_| CaseError::Damaged("checkpoint of the log"))?;
        let before = match self.db.cosigned(head.size).await? {
            Some(kept) => kept,
            None => note.to_owned(),
        };
        let after = with_cosignatures(&before, answer, witnesses)
            .map_err(|_| CaseError::Damaged("checkpoint of the log"))?;
        let added = after.lines().count().saturating_sub(before.lines().count());
        if added > 0 {
            let act = Act::new("log.cosigned").detail(serde_json::json!({ "size": head.size }));
            let (access, mut tx) = self.admit_to_change::<Operations>(actor, SystemFacts, act).await?;
            tx.put_cosigned(&access, head.size, &after).await?;
            tx.commit().await?;
        }
        Ok(added)
    }

    /// Destroys the entries of the log that are older than a moment (gallring), in whole rows of 256, as
    /// far as the policy allows. Proofs of younger entries stay valid. Gives the number of the first entry
    /// that is left.
    ///
    /// # Errors
    /// [`LogError::TooYoung`] and [`LogError::NothingThatOld`]; when the gate refuses or the database fails.
    pub async fn prune_log(&self, actor: &Actor, before: Moment) -> Result<u64, LogError> {
        const PAGE: u32 = 2000;
        let years = log_years().ok_or(LogError::NoPolicy)?;
        let latest = years_before(self.now(), years);
        if before > latest {
            return Err(LogError::TooYoung { years, latest: latest.rfc3339() });
        }
        let access: Access<Operations> =
            self.admit(actor, SystemFacts, Act::new("log.pruning_prepared")).await?;
        let (minimum, size) = (self.db.log_minimum().await?, self.db.log_head().await?.size);
        let mut first = minimum;
        'pages: while first < size {
            let page = self.db.leaves_from(&access, first, PAGE).await?;
            if page.is_empty() {
                break;
            }
            for (seq, bytes) in page {
                let leaf = Leaf::parse(&bytes).map_err(|_| CaseError::Damaged("log entry"))?;
                if leaf.entry.time >= before {
                    break 'pages;
                }
                first = seq + 1;
            }
        }
        let first = first - first % 256;
        if first <= minimum {
            return Err(LogError::NothingThatOld);
        }
        let mut left = Vec::new();
        for tile in minimum / 256..first / 256 {
            let hashes = self.db.log_tile(&TileId { level: 0, number: tile, width: 256 }).await?;
            if hashes.len() != 256 {
                return Err(CaseError::Damaged("log entry").into());
            }
            left.push(root_of(&hashes));
        }
        let act = Act::new(PRUNED_ACTION).detail(
            serde_json::json!({ "before": before.rfc3339(), "first_left": first, "kept_years": years }),
        );
        let (access, mut tx) = self.admit_to_change::<Operations>(actor, SystemFacts, act).await?;
        tx.prune_log(&access, first, &left).await?;
        tx.commit().await?;
        Ok(first)
    }
}

/// The same moment so many years earlier, in Swedish time.
fn years_before(now: Moment, years: u8) -> Moment {
    jiff::Timestamp::from_microsecond(now.0)
        .ok()
        .and_then(|stamp| stamp.in_tz("Europe/Stockholm").ok())
        .and_then(|then| then.checked_sub(jiff::Span::new().years(years)).ok())
        .map_or(Moment(i64::MIN), |then| Moment(then.timestamp().as_microsecond()))
}
