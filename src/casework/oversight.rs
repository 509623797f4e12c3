//! The data-protection officer reads the log, sees whether it verifies, and which requests wait.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{App, CaseError};
use crate::guard::access::{Access, Act, Actor, LogFacts, Oversight};
use crate::guard::audit::{Head, Leaf, Outcome, Sealing, open_payload};
use crate::guard::vault::{DataKey, KeyKind};
use crate::store::rights::Request;
use crate::subject::id::SubjectId;

/// What to show of the log. Empty fields do not filter.
#[derive(Clone, Debug, Default)]
pub struct LogFilter {
    /// Action, such as `application.opened`.
    pub action: String,
    /// Role.
    pub role: String,
    /// `allowed`, `refused` or `done`.
    pub outcome: String,
    /// Pseudonymous actor.
    pub actor: String,
    /// Label of an application.
    pub label: String,
    /// Entries with a lower number only.
    pub before: Option<u64>,
}

/// One line of the log as shown.
pub struct LogLine {
    /// Entry number.
    pub seq: u64,
    /// What the leaf says.
    pub leaf: Leaf,
    /// The label of the application concerned, while its key exists.
    pub label: Option<String>,
    /// The opened details; `None` when they were destroyed or cannot be opened.
    pub detail: Option<Value>,
}

/// Whether the log, where it lies, agrees with its signed checkpoint.
#[derive(Clone, Debug)]
pub struct LogStatus {
    /// Entries.
    pub size: u64,
    /// The newest signed checkpoint.
    pub checkpoint: String,
    /// The first entry that does not fit, with the reason. `None` when everything fits.
    pub fault: Option<(u64, &'static str)>,
}

/// A page of the log.
pub struct LogPage {
    /// Newest first.
    pub lines: Vec<LogLine>,
    /// The next page's `before`, if there may be more.
    pub next: Option<u64>,
    /// Verification.
    pub status: LogStatus,
    /// Requests by applicants.
    pub requests: Vec<Request>,
}

const LINES_SHOWN: usize = 100;
const SCAN: u32 = 500;

impl App {
    /// The log, newest first, filtered. Reading it is itself an entry.
    ///
    /// # Errors
    /// When the gate refuses or a stored entry cannot be read.
    pub async fn read_log(&self, actor: &Actor, filter: &LogFilter) -> Result<LogPage, CaseError> {
        let act = Act::new("log.read").detail(serde_json::json!({
            "action": filter.action, "role": filter.role, "outcome": filter.outcome, "actor": filter.actor,
            "label": filter.label, "before": filter.before,
        }));
        let access = self.admit::<Oversight>(actor, LogFacts, act).await?;
        let mut subjects: Vec<(String, SubjectId, DataKey, crate::guard::vault::WrappedKey)> = Vec::new();
        for (label, subject, wrapped) in self.db.tag_keys(&access).await? {
            let key = self.vault.unwrap_key(&subject, KeyKind::Tag, &wrapped)?;
            subjects.push((label, subject, key, wrapped));
        }
        let status = self.log_status(&access).await?;
        let mut before = filter.before.unwrap_or(u64::MAX >> 1);
        let mut lines = Vec::new();
        let mut next = None;
        'pages: loop {
            let page = self.db.newest_leaves(&access, before, SCAN).await?;
            let Some((last, _)) = page.last() else { break };
            before = *last;
            for (seq, bytes) in page {
                // An entry that cannot be read is what the status above the list tells of.
                let Ok(leaf) = Leaf::parse(&bytes) else { continue };
                let whose = leaf.entry.subject_tag.and_then(|tag| {
                    subjects.iter().find(|(_, _, key, _)| self.vault.subject_tag(key, seq) == tag)
                });
                if !fits(filter, &leaf, whose.map(|(label, ..)| label.as_str())) {
                    continue;
                }
                let sealing = match (leaf.entry.subject_tag, whose) {
                    (None, _) => Some(Sealing::Log),
                    (Some(_), Some((_, subject, _, tag_key))) => Some(Sealing::Subject { subject, tag_key }),
                    (Some(_), None) => None,
                };
                let detail = match (sealing, self.db.payload(&access, seq).await?) {
                    (Some(sealing), Some(sealed)) => {
                        open_payload(&self.vault, self.db.log_key().0, &leaf, sealing, &sealed)
                            .ok()
                            .and_then(|payload| payload.detail().ok())
                    }
                    _ => None,
                };
                let label = whose.map(|(label, ..)| label.clone());
                lines.push(LogLine { seq, leaf, label, detail });
                if lines.len() == LINES_SHOWN {
                    next = Some(seq).filter(|seq| *seq > 0);
                    break 'pages;
                }
            }
            if before == 0 {
                break;
            }
        }
        let requests = self.db.all_requests(&access).await?;
        Ok(LogPage { lines, next, status, requests })
    }

    /// Recomputes the log from its leaves and compares it with the newest signed checkpoint.
    async fn log_status(&self, access: &Access<Oversight>) -> Result<LogStatus, CaseError> {
        const PAGE: u32 = 2000;
        let head = self.db.log_head().await?;
        let mut hashes = Vec::new();
        let mut previous = [0u8; 32];
        let mut fault = None;
        let mut from = 0u64;
        while fault.is_none() && from < head.size {
            let page = self.db.leaves_with_hashes(access, from, PAGE).await?;
            if page.is_empty() {
                fault = Some((from, "entry_missing"));
            }
            for (seq, bytes, stored) in page {
                if seq >= head.size {
                    break;
                }
                let hash: [u8; 32] = Sha256::new().chain_update([0u8]).chain_update(&bytes).finalize().into();
                let reason = if seq != from {
                    Some("entry_missing")
                } else if crate::store::journal::stored_hash(&stored) != Some(hash) {
                    Some("entry_altered")
                } else {
                    match Leaf::parse(&bytes) {
                        Ok(leaf) if leaf.seq == seq && leaf.prev == previous => None,
                        Ok(_) => Some("entry_out_of_place"),
                        Err(_) => Some("entry_unreadable"),
                    }
                };
                if let Some(reason) = reason {
                    fault = Some((from, reason));
                    break;
                }
                previous = hash;
                hashes.push(hash);
                from += 1;
            }
        }
        if fault.is_none() {
            let rebuilt = Head::of_hashes(hashes);
            let vkey = self.db.log_key().1;
            let agrees = crate::guard::audit::note::Vkey::parse(&vkey)
                .and_then(|key| crate::guard::audit::note::Checkpoint::open(head.checkpoint.as_bytes(), &key))
                .is_ok_and(|signed| signed.size == rebuilt.size() && signed.root == rebuilt.root());
            if !agrees {
                fault = Some((head.size, "checkpoint_differs"));
            }
        }
        Ok(LogStatus { size: head.size, checkpoint: head.checkpoint, fault })
    }

    /// The newest signed checkpoint: sizes and hashes only.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn checkpoint(&self) -> Result<String, CaseError> {
        Ok(self.db.log_head().await?.checkpoint)
    }

    /// The key that verifies checkpoints.
    #[must_use]
    pub fn log_vkey(&self) -> String {
        self.db.log_key().1
    }
}

fn fits(filter: &LogFilter, leaf: &Leaf, label: Option<&str>) -> bool {
    let entry = &leaf.entry;
    let outcome = match entry.outcome {
        Outcome::Allowed => "allowed",
        Outcome::Refused => "refused",
        Outcome::Done => "done",
    };
    let same = |wanted: &str, found: &str| wanted.is_empty() || wanted == found;
    same(&filter.action, &entry.action)
        && same(&filter.role, &entry.role)
        && same(&filter.outcome, outcome)
        && same(&filter.actor, &entry.actor)
        && (filter.label.is_empty() || label.is_some_and(|l| l.eq_ignore_ascii_case(filter.label.trim())))
}
