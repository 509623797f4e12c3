//! Emergency access (nödåtkomst): contact details before anybody has decided, for the narrow cases of a closed
//! list. Somebody else says yes, it lasts an hour, it is for one person and one application, every showing is a
//! notice that has to be acknowledged, and until it is, the same person gets no other approval.

use serde_json::json;

use super::super::ai_support::PastStop;
use super::super::review::says_at_least;
use super::super::{App, CaseError, Conflict, Invalid};
use super::conflict::{ConflictView, note_field};
use crate::clock::Moment;
use crate::guard::access::{Access, Act, Actor, AskEmergency, Matters, OverseeEmergency, SystemFacts};
use crate::guard::emergency::{Emergency, MINUTES, REASON_CHARS_MIN};
use crate::guard::pii::{Pii, StaffNote};
use crate::store::recruitments::Recruitment;
use crate::store::safeguards::EmergencyRow;
use crate::subject::id::ApplicationId;
use crate::subject::role::Role;

pub use crate::guard::emergency::Ground;
pub use crate::store::safeguards::UseRow as EmergencyUse;

/// For how long those who watch are told that AI support was started again.
const RESTARTS_SHOWN_SECONDS: i64 = 30 * 24 * 3600;

/// One request for emergency access.
pub struct EmergencyView {
    /// Which.
    pub id: String,
    /// The application's label.
    pub label: String,
    /// Who asked.
    pub asker_name: String,
    /// Why, from the closed list.
    pub ground: Ground,
    /// Why, in words.
    pub reason: Option<Pii<StaffNote>>,
    /// When.
    pub asked_at: Moment,
    /// `approved` or `refused`, once somebody has looked.
    pub outcome: Option<String>,
    /// When somebody had looked.
    pub settled_at: Option<Moment>,
    /// Whether this reader is the one to look.
    pub watched_here: bool,
    /// The showings under it.
    pub uses: Vec<EmergencyUse>,
}

/// What somebody who watches has to look at.
pub struct MattersView {
    /// Proof of admission.
    pub access: Access<Matters>,
    /// Requests for emergency access, newest first.
    pub emergencies: Vec<EmergencyView>,
    /// Conflicts of interest in force.
    pub conflicts: Vec<ConflictView>,
    /// Whether this reader may lift a conflict.
    pub lifts_here: bool,
    /// Where AI support was started again in the last 30 days: the recruitment, and the stop that it ended.
    pub restarts: Vec<(Recruitment, PastStop)>,
}

/// The page on which emergency access is asked for: the label, and what this person has asked for before.
pub struct AskView {
    /// Proof of admission.
    pub access: Access<AskEmergency>,
    /// Own requests, newest first: when, outcome, and until when contact details are shown.
    pub own: Vec<(Moment, Option<String>, Option<Moment>)>,
}

fn reason_field(id: &str) -> String {
    format!("emergencies.reason/{id}")
}

/// Who looks at a request.
fn watcher(emergency: &Emergency) -> Role {
    if emergency.asker_is_dpo { Role::ProgrammeLead } else { Role::Dpo }
}

/// The first moment at which an approval no longer counts.
fn over(emergency: &Emergency) -> Option<Moment> {
    emergency.approval.as_ref().map(|yes| yes.at.plus_seconds(MINUTES * 60))
}

impl App {
    /// The page on which somebody asks for emergency access.
    ///
    /// # Errors
    /// When the gate refuses or there is no such application.
    pub async fn emergency_form(&self, actor: &Actor, id: &ApplicationId) -> Result<AskView, CaseError> {
        let Actor::Staff(member) = actor else { return Err(CaseError::NotFound("membership")) };
        let facts = self.db.application_facts(id).await?;
        let access = self.admit::<AskEmergency>(actor, facts, Act::new("emergency.form_shown")).await?;
        let rows = self.db.emergencies_of(id, &member.staff, access.at()).await?;
        let own = rows.into_iter().map(|row| (row.asked_at, row.outcome, over(&row.facts))).collect();
        Ok(AskView { access, own })
    }

    /// Asks to see contact details before a decision.
    ///
    /// # Errors
    /// When the gate refuses, or the reason has fewer than [`REASON_CHARS_MIN`] characters.
    pub async fn ask_emergency(
        &self,
        actor: &Actor,
        id: &ApplicationId,
        ground: Ground,
        reason: Pii<StaffNote>,
    ) -> Result<String, CaseError> {
        let Actor::Staff(member) = actor else { return Err(CaseError::NotFound("membership")) };
        let facts = self.db.application_facts(id).await?;
        let emergency = self.chance.uuid()?;
        let act =
            Act::new("emergency.asked").detail(json!({ "ground": ground.code(), "emergency": emergency }));
        let (access, mut tx) = self.admit_to_change::<AskEmergency>(actor, facts, act).await?;
        if !says_at_least(&reason, REASON_CHARS_MIN) {
            return Err(CaseError::Invalid(Invalid::ReasonTooShort));
        }
        let sealed = self.seal_note(&access, &reason_field(&emergency), &reason).await?;
        tx.put_emergency(&access, &emergency, &member.staff, ground, &sealed).await?;
        tx.commit().await?;
        Ok(emergency)
    }

    /// What somebody who watches has to look at: requests, showings and conflicts.
    ///
    /// # Errors
    /// When the gate refuses or something cannot be read.
    pub async fn matters(&self, actor: &Actor) -> Result<MattersView, CaseError> {
        let Actor::Staff(member) = actor else { return Err(CaseError::NotFound("membership")) };
        let access = self.admit::<Matters>(actor, SystemFacts, Act::new("matters.shown")).await?;
        let uses = self.db.emergency_uses(&access).await?;
        let mut emergencies = Vec::new();
        for row in self.db.emergencies(&access, access.at()).await? {
            let reason = self.open_note(&row.application, &reason_field(&row.id), &row.reason).await?;
            emergencies.push(EmergencyView {
                watched_here: member.role == watcher(&row.facts) && member.staff != row.asker,
                uses: uses.iter().filter(|shown| shown.emergency == row.id).cloned().collect(),
                id: row.id,
                label: row.label,
                asker_name: row.asker_name,
                ground: row.ground,
                reason,
                asked_at: row.asked_at,
                outcome: row.outcome,
                settled_at: row.settled_at,
            });
        }
        let mut conflicts = Vec::new();
        for row in self.db.conflicts(&access).await? {
            let note = match &row.note {
                Some(sealed) => self.open_note(&row.application, &note_field(&row.id), sealed).await?,
                None => None,
            };
            conflicts.push(ConflictView {
                id: row.id,
                label: row.label,
                staff_name: row.staff_name,
                note,
                declared_at: row.declared_at,
            });
        }
        let since = access.at().plus_seconds(-RESTARTS_SHOWN_SECONDS);
        let restarts = self
            .ai_supports()
            .await?
            .into_iter()
            .flat_map(|round| {
                let recruitment = round.recruitment;
                round.past.into_iter().map(move |past| (recruitment.clone(), past))
            })
            .filter(|(_, past)| past.started.as_ref().is_some_and(|(at, ..)| *at > since))
            .collect();
        Ok(MattersView {
            lifts_here: member.role == Role::ProgrammeLead,
            access,
            emergencies,
            conflicts,
            restarts,
        })
    }

    /// Approves or refuses a request for emergency access.
    ///
    /// # Errors
    /// When the gate refuses (the asker, or not the one to look), when somebody was first, or when earlier showings
    /// to the same person wait to be acknowledged.
    pub async fn settle_emergency(
        &self,
        actor: &Actor,
        emergency: &str,
        approve: bool,
    ) -> Result<(), CaseError> {
        let Actor::Staff(member) = actor else { return Err(CaseError::NotFound("membership")) };
        let row = self.db.emergency(emergency, self.clock.now()).await?;
        let what = if approve { "emergency.approved" } else { "emergency.refused" };
        let (access, mut tx) = self.oversee(actor, &row, what).await?;
        if approve && self.db.unacknowledged(&row.asker).await? > 0 {
            return Err(CaseError::Conflict(Conflict::NoticeFirst));
        }
        if !tx.settle_emergency(&access, emergency, approve, &member.staff, member.role).await? {
            return Err(CaseError::Conflict(Conflict::AlreadySettled));
        }
        tx.commit().await?;
        Ok(())
    }

    /// Takes notice of one showing of contact details under an approval.
    ///
    /// # Errors
    /// As [`App::settle_emergency`].
    pub async fn acknowledge_emergency(&self, actor: &Actor, shown: &str) -> Result<(), CaseError> {
        let Actor::Staff(member) = actor else { return Err(CaseError::NotFound("membership")) };
        let emergency = self.db.emergency_of_use(shown).await?;
        let row = self.db.emergency(&emergency, self.clock.now()).await?;
        let (access, mut tx) = self.oversee(actor, &row, "emergency.acknowledged").await?;
        if !tx.acknowledge(&access, shown, &member.staff).await? {
            return Err(CaseError::Conflict(Conflict::AlreadySettled));
        }
        tx.commit().await?;
        Ok(())
    }

    async fn oversee(
        &self,
        actor: &Actor,
        row: &EmergencyRow,
        what: &'static str,
    ) -> Result<(Access<OverseeEmergency>, crate::store::Tx), CaseError> {
        let facts = self.db.application_facts(&row.application).await?;
        let act = Act::new(what)
            .emergency(Some(row.facts.clone()))
            .detail(json!({ "ground": row.ground.code(), "emergency": row.id }));
        self.admit_to_change::<OverseeEmergency>(actor, facts, act).await
    }

    /// The approved emergency access on which somebody could rely now, newest first.
    pub(in crate::casework) async fn approved_emergency(
        &self,
        id: &ApplicationId,
        staff: &crate::subject::id::StaffId,
        now: Moment,
    ) -> Result<Option<(String, Emergency)>, CaseError> {
        let rows = self.db.emergencies_of(id, staff, now).await?;
        // The policies decide whether it counts; this only picks which one they are asked about.
        Ok(rows
            .into_iter()
            .filter(|row| row.facts.approval.is_some())
            .max_by_key(|row| row.settled_at)
            .map(|row| (row.id, row.facts)))
    }
}
