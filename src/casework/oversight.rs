//! The data-protection officer reads the log, sees whether it verifies, and which requests wait.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{App, CaseError, Invalid};
use crate::clock::Moment;
use crate::guard::access::{Access, Act, Actor, LogFacts, Oversight};
use crate::guard::audit::merkle::Frontier;
use crate::guard::audit::{Leaf, Outcome, Sealing, open_payload};
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

/// Why somebody reads the log. The set is closed, so that openings can be counted and reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogCategory {
    /// A planned audit (egenkontroll).
    Audit,
    /// An applicant has asked.
    Applicant,
    /// A suspected personal-data breach or misuse (personuppgiftsincident).
    Incident,
    /// A supervisory authority or another control has asked (tillsyn).
    Supervision,
    /// A technical fault.
    Fault,
}

impl LogCategory {
    /// Every category, in the order of the form.
    pub const ALL: [Self; 5] = [Self::Audit, Self::Applicant, Self::Incident, Self::Supervision, Self::Fault];

    /// The name in the log.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Applicant => "applicant",
            Self::Incident => "incident",
            Self::Supervision => "supervision",
            Self::Fault => "fault",
        }
    }

    /// Reads the name in the log.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.code() == code)
    }
}

/// What stands above the log and needs no reason: whether it is whole, and which requests wait.
pub struct Overview {
    /// Verification.
    pub status: LogStatus,
    /// Requests by applicants.
    pub requests: Vec<Request>,
}

/// What a person sees of the log.
pub enum LogView {
    /// Entries: the person has said why, less than an hour ago.
    Open(LogPage),
    /// No entry.
    Closed(Overview),
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
    /// Why the log is open, and until when.
    pub open: (Option<LogCategory>, Moment),
}

/// The shortest reason for reading the log, in characters.
const REASON_CHARS_MIN: usize = 10;
/// The longest.
const REASON_CHARS_MAX: usize = 2000;

/// Whether a reason says enough and not too much.
#[must_use]
pub fn reason_fits(reason: &str) -> bool {
    (REASON_CHARS_MIN..=REASON_CHARS_MAX).contains(&reason.trim().chars().count())
}

const LINES_SHOWN: usize = 100;
const SCAN: u32 = 500;

impl App {
    /// Opens the log for an hour to the person who says why. Itself an entry, with the reason.
    ///
    /// # Errors
    /// [`Invalid::NoReason`] for fewer than ten or more than 2,000 characters; when the gate refuses.
    pub async fn open_log(
        &self,
        actor: &Actor,
        category: LogCategory,
        reason: &str,
    ) -> Result<Moment, CaseError> {
        if !reason_fits(reason) {
            return Err(CaseError::Invalid(Invalid::NoReason));
        }
        let reason = reason.trim();
        let act = Act::new("log.opened")
            .detail(serde_json::json!({ "category": category.code(), "reason": reason }));
        let (access, mut tx) = self.admit_to_change::<Oversight>(actor, LogFacts, act).await?;
        tx.open_log(&access, category.code()).await?;
        tx.commit().await?;
        let opening = self.db.live_opening(actor, access.at()).await?.ok_or(CaseError::Interrupted)?;
        Ok(opening.until())
    }

    /// Whether the log is whole and which requests wait. No entry is shown.
    ///
    /// # Errors
    /// When the gate refuses or the database fails.
    pub async fn log_overview(&self, actor: &Actor) -> Result<Overview, CaseError> {
        let access = self.admit::<Oversight>(actor, LogFacts, Act::new("log.overview")).await?;
        let status = self.log_status(&access).await?;
        Ok(Overview { status, requests: self.db.all_requests(&access).await? })
    }

    /// The log, newest first, filtered; without a stated reason what stands above it. Either is an entry.
    ///
    /// # Errors
    /// When the gate refuses or a stored entry cannot be read.
    pub async fn read_log(&self, actor: &Actor, filter: &LogFilter) -> Result<LogView, CaseError> {
        let Some(opening) = self.db.live_opening(actor, self.clock.now()).await? else {
            return Ok(LogView::Closed(self.log_overview(actor).await?));
        };
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
            let page = self.db.newest_leaves(&access, &opening, before, SCAN).await?;
            let Some((last, _)) = page.last() else { break };
            before = *last;
            for (seq, bytes) in page {
                // An entry that cannot be read is what the status above the list tells of.
                let Ok(leaf) = Leaf::parse(&bytes) else { continue };
                let whose = leaf.entry.subject_tag.and_then(|tag| {
                    subjects
                        .iter()
                        .find(|(_, _, key, _)| self.vault.subject_tag(key, leaf.event.as_bytes()) == tag)
                });
                if !fits(filter, &leaf, whose.map(|(label, ..)| label.as_str())) {
                    continue;
                }
                let sealing = match (leaf.entry.subject_tag, whose) {
                    (None, _) => Some(Sealing::Log),
                    (Some(_), Some((_, subject, _, tag_key))) => Some(Sealing::Subject { subject, tag_key }),
                    (Some(_), None) => None,
                };
                let detail = match (sealing, self.db.payload(&opening, seq).await?) {
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
        let open = (LogCategory::parse(&opening.category), opening.until());
        Ok(LogView::Open(LogPage { lines, next, status, requests, open }))
    }

    /// Recomputes the log from its leaves and compares it with the newest signed checkpoint.
    async fn log_status(&self, access: &Access<Oversight>) -> Result<LogStatus, CaseError> {
        const PAGE: u32 = 2000;
        let head = self.db.log_head().await?;
        let mut fault = None;
        let mut from = self.db.log_minimum().await?;
        let mut edge = Frontier::of_blocks(&self.pruned_blocks(from).await?);
        // What came before the first entry that is left is only known by the root.
        let mut previous = if from == 0 { Some([0u8; 32]) } else { None };
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
                        Ok(leaf) if leaf.seq == seq && previous.is_none_or(|hash| hash == leaf.prev) => None,
                        Ok(_) => Some("entry_out_of_place"),
                        Err(_) => Some("entry_unreadable"),
                    }
                };
                if let Some(reason) = reason {
                    fault = Some((from, reason));
                    break;
                }
                previous = Some(hash);
                edge.push(hash);
                from += 1;
            }
        }
        if fault.is_none() {
            let vkey = self.db.log_key().1;
            let agrees = crate::guard::audit::note::Vkey::parse(&vkey)
                .and_then(|key| crate::guard::audit::note::Checkpoint::open(head.checkpoint.as_bytes(), &key))
                .is_ok_and(|signed| signed.size == edge.len() && signed.root == edge.root());
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
