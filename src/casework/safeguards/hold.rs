//! Legal hold (gallringsspärr): nothing of an application is destroyed while a dispute, an appeal, a rights case or
//! a request for the public record runs. The registrar sets and lifts it, because the registrar keeps the record,
//! answers requests for it and carries out its disposal; the data-protection officer watches the log, and would
//! watch the own work otherwise (GDPR Art. 38(6)).

use serde_json::json;

use super::super::review::says_at_least;
use super::super::{App, CaseError, Conflict, Invalid};
use crate::guard::access::{Access, Act, Actor, Hold, Holds, SystemFacts};
use crate::guard::pii::{Pii, StaffNote};
use crate::store::recruitments::Recruitment;
use crate::subject::id::RecruitmentId;

pub use crate::store::safeguards::HoldGround;

/// A legal hold in force.
pub struct HoldView {
    /// Which.
    pub id: String,
    /// The application's label.
    pub label: String,
    /// Why, from the closed list.
    pub ground: HoldGround,
    /// Why, in words.
    pub reason: Option<Pii<StaffNote>>,
    /// When it was set.
    pub set_at: crate::clock::Moment,
    /// Who set it.
    pub set_by: String,
}

/// The legal holds in force, and where new ones can be set.
pub struct HoldsView {
    /// Proof of admission.
    pub access: Access<Holds>,
    /// Newest first.
    pub holds: Vec<HoldView>,
    /// The recruitments that labels belong to.
    pub recruitments: Vec<Recruitment>,
}

fn reason_field(id: &str) -> String {
    format!("legal_holds.reason/{id}")
}

impl App {
    /// The legal holds in force.
    ///
    /// # Errors
    /// When the gate refuses or something cannot be read.
    pub async fn holds(&self, actor: &Actor) -> Result<HoldsView, CaseError> {
        let access = self.admit::<Holds>(actor, SystemFacts, Act::new("holds.shown")).await?;
        let mut holds = Vec::new();
        for row in self.db.holds(&access).await? {
            let reason = self.open_note(&row.application, &reason_field(&row.id), &row.reason).await?;
            holds.push(HoldView {
                id: row.id,
                label: row.label,
                ground: row.ground,
                reason,
                set_at: row.set_at,
                set_by: row.set_by,
            });
        }
        Ok(HoldsView { access, holds, recruitments: self.db.rounds().await? })
    }

    /// Sets a legal hold on the application with a label.
    ///
    /// # Errors
    /// When the gate refuses, without a reason, or when no application has the label.
    pub async fn set_hold(
        &self,
        actor: &Actor,
        recruitment: &RecruitmentId,
        label: &str,
        ground: HoldGround,
        reason: Pii<StaffNote>,
    ) -> Result<String, CaseError> {
        let Actor::Staff(member) = actor else { return Err(CaseError::NotFound("membership")) };
        // Whether a label is in use is told only to somebody who may set holds at all.
        let _admitted = self.admit::<Holds>(actor, SystemFacts, Act::new("hold.looked_up")).await?;
        let label = label.trim().to_uppercase();
        if label.contains('\0') {
            return Err(CaseError::NotFound("application"));
        }
        let id = self.db.by_label(recruitment, &label).await?.ok_or(CaseError::NotFound("application"))?;
        let facts = self.db.application_facts(&id).await?;
        let hold = self.chance.uuid()?;
        let act = Act::new("hold.set").detail(json!({ "ground": ground.code(), "hold": hold }));
        let (access, mut tx) = self.admit_to_change::<Hold>(actor, facts, act).await?;
        if !says_at_least(&reason, 10) {
            return Err(CaseError::Invalid(Invalid::NoReason));
        }
        let sealed = self.seal_note(&access, &reason_field(&hold), &reason).await?;
        tx.put_hold(&access, &hold, ground, &member.staff, &sealed).await?;
        tx.commit().await?;
        Ok(hold)
    }

    /// Lifts a legal hold.
    ///
    /// # Errors
    /// When the gate refuses, without a reason, or when it is lifted already.
    pub async fn lift_hold(
        &self,
        actor: &Actor,
        hold: &str,
        reason: Pii<StaffNote>,
    ) -> Result<(), CaseError> {
        let Actor::Staff(member) = actor else { return Err(CaseError::NotFound("membership")) };
        let facts = self.db.application_facts(&self.db.held_application(hold).await?).await?;
        let act = Act::new("hold.lifted").detail(json!({ "hold": hold }));
        let (access, mut tx) = self.admit_to_change::<Hold>(actor, facts, act).await?;
        if !says_at_least(&reason, 10) {
            return Err(CaseError::Invalid(Invalid::NoReason));
        }
        let sealed = self.seal_note(&access, &format!("legal_holds.lift_reason/{hold}"), &reason).await?;
        if !tx.lift_hold(&access, hold, &member.staff, &sealed).await? {
            return Err(CaseError::Conflict(Conflict::AlreadyLifted));
        }
        tx.commit().await?;
        Ok(())
    }
}
