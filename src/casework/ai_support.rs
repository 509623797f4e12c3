//! Whether AI support is on in a recruitment: the one place that knows. Rankings, reviews and workers ask it and
//! show, or make, nothing while it is off.
//!
//! Stopping is one click by one person, and safe: the applications stay where they are, in the shuffled order in
//! which unread ones always come, and people read on. What was assessed stays sealed and is shown to no reader.
//! Starting again is for the programme lead, with a reason that the data-protection officer is shown.
//!
//! It is asked of the database at every request, so it holds on every node from the next one on. A crash leaves
//! the stop with its entry, or neither.

use serde_json::json;

use super::oversight::reason_fits;
use super::{App, CaseError, Conflict, Invalid};
use crate::clock::Moment;
use crate::guard::access::{Act, Actor, Membership, StartAi, StopAi};
use crate::guard::vault::{Place, Sealed};
use crate::store::ai_support::StopRow;
use crate::store::recruitments::Recruitment;
use crate::subject::id::RecruitmentId;
use crate::subject::role::Role;

/// Whether AI support is on. Every reason for its being off is an arm of its own, so that whoever shows it must say
/// which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AiSupport {
    /// The model reads, and bands and evidence are shown after the blind marks.
    On,
    /// Somebody has stopped it.
    Stopped(Stop),
}

/// Somebody's stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Since when.
    pub since: Moment,
    /// In which role.
    pub role: Role,
    /// Why. It is about the recruitment; whoever writes it is asked to name nobody.
    pub reason: String,
}

impl AiSupport {
    /// Whether assessments may be made and shown.
    #[must_use]
    pub fn is_on(&self) -> bool {
        match self {
            Self::On => true,
            Self::Stopped(_) => false,
        }
    }
}

/// One stop of the past, or the one in force.
pub struct PastStop {
    /// The stop.
    pub stop: Stop,
    /// When it was started again, in which role and why.
    pub started: Option<(Moment, Role, String)>,
}

/// A recruitment with what became of its AI support.
pub struct SupportView {
    /// The recruitment.
    pub recruitment: Recruitment,
    /// Now.
    pub support: AiSupport,
    /// Newest first.
    pub past: Vec<PastStop>,
}

fn place<'a>(recruitment: &'a RecruitmentId, id: &'a str, field: &'a str) -> Place<'a> {
    Place { tenant: recruitment.as_str(), record: id, field }
}

const REASON: &str = "ai_stops.reason";
const START_REASON: &str = "ai_stops.start_reason";

fn staff_of(actor: &Actor) -> Result<&Membership, CaseError> {
    match actor {
        Actor::Staff(member) => Ok(member),
        _ => Err(CaseError::NotFound("membership")),
    }
}

impl App {
    /// Whether AI support is on in a recruitment.
    ///
    /// # Errors
    /// When the database or the vault refuses; then nothing may be shown either.
    pub async fn ai_support(&self, recruitment: &RecruitmentId) -> Result<AiSupport, CaseError> {
        match self.db.ai_stop(recruitment).await? {
            Some(row) => Ok(AiSupport::Stopped(self.opened_stop(&row)?)),
            None => Ok(AiSupport::On),
        }
    }

    /// Every round with its AI support. No persons.
    ///
    /// # Errors
    /// When the database or the vault refuses.
    pub async fn ai_supports(&self) -> Result<Vec<SupportView>, CaseError> {
        let mut out = Vec::new();
        for recruitment in self.db.rounds().await? {
            let support = self.ai_support(&recruitment.id).await?;
            let mut past = Vec::new();
            for row in self.db.ai_stops(&recruitment.id).await? {
                let started = match &row.started {
                    Some((at, role, why)) => Some((*at, *role, self.opened_reason(&row, START_REASON, why)?)),
                    None => None,
                };
                past.push(PastStop { stop: self.opened_stop(&row)?, started });
            }
            out.push(SupportView { recruitment, support, past });
        }
        Ok(out)
    }

    /// Stops AI support. It holds from the next request on.
    ///
    /// # Errors
    /// When the gate refuses; [`CaseError::Invalid`] without a reason; [`CaseError::Conflict`] when it is stopped
    /// already.
    pub async fn stop_ai(
        &self,
        actor: &Actor,
        recruitment: &RecruitmentId,
        reason: &str,
    ) -> Result<(), CaseError> {
        let member = staff_of(actor)?;
        let facts = self.db.recruitment_facts(recruitment).await?;
        let id = self.chance.uuid()?;
        let act = Act::new("ai.stopped").detail(json!({ "reason": reason.trim() }));
        let (access, mut tx) = self.admit_to_change::<StopAi>(actor, facts, act).await?;
        let sealed = self.sealed_reason(recruitment, &id, REASON, reason)?;
        if !tx.stop_ai(&access, &id, (&member.staff, member.role), &sealed).await? {
            return Err(CaseError::Conflict(Conflict::AiStopped));
        }
        tx.commit().await?;
        Ok(())
    }

    /// Starts AI support again.
    ///
    /// # Errors
    /// As [`App::stop_ai`]; a conflict when it is on.
    pub async fn start_ai(
        &self,
        actor: &Actor,
        recruitment: &RecruitmentId,
        reason: &str,
    ) -> Result<(), CaseError> {
        let member = staff_of(actor)?;
        let facts = self.db.recruitment_facts(recruitment).await?;
        let stopped = self.db.ai_stop(recruitment).await?;
        let act = Act::new("ai.started").detail(json!({ "reason": reason.trim() }));
        let (access, mut tx) = self.admit_to_change::<StartAi>(actor, facts, act).await?;
        let id = stopped.ok_or(CaseError::Conflict(Conflict::AiOn))?.id;
        let sealed = self.sealed_reason(recruitment, &id, START_REASON, reason)?;
        if !tx.start_ai(&access, &id, (&member.staff, member.role), &sealed).await? {
            return Err(CaseError::Conflict(Conflict::AiOn));
        }
        tx.commit().await?;
        Ok(())
    }

    fn sealed_reason(
        &self,
        recruitment: &RecruitmentId,
        id: &str,
        field: &str,
        reason: &str,
    ) -> Result<Sealed, CaseError> {
        if !reason_fits(reason) {
            return Err(CaseError::Invalid(Invalid::NoReason));
        }
        let key = self.vault.recruitment_key();
        Ok(self.vault.seal(&key, &place(recruitment, id, field), reason.trim().as_bytes())?)
    }

    fn opened_reason(&self, row: &StopRow, field: &str, sealed: &Sealed) -> Result<String, CaseError> {
        let key = self.vault.recruitment_key();
        let opened = self.vault.open(&key, &place(&row.recruitment, &row.id, field), sealed)?;
        String::from_utf8(opened.bytes().to_vec()).map_err(|_| CaseError::Damaged("reason of a stop"))
    }

    fn opened_stop(&self, row: &StopRow) -> Result<Stop, CaseError> {
        let reason = self.opened_reason(row, REASON, &row.reason)?;
        Ok(Stop { since: row.stopped_at, role: row.stopped_as, reason })
    }
}
