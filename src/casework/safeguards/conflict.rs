//! Conflict of interest (jäv). A person who is partial takes no part in the handling (6 kap. 28–32 §§ and 7 kap.
//! 4 § kommunallagen, 16–18 §§ förvaltningslagen) and says so at once. The declaration follows the person and not
//! the membership, and only the programme lead lifts one, when it was made by mistake.

use serde_json::json;

use super::super::review::says_at_least;
use super::super::{App, CaseError, Conflict, Invalid};
use crate::guard::access::{Access, Act, Actor, DeclareConflict, LiftConflict};
use crate::guard::pii::{Pii, StaffNote};
use crate::subject::id::ApplicationId;

/// A declared conflict of interest, for those who watch over them.
pub struct ConflictView {
    /// Which.
    pub id: String,
    /// The application's label.
    pub label: String,
    /// Who declared it.
    pub staff_name: String,
    /// What was written about it.
    pub note: Option<Pii<StaffNote>>,
    /// When.
    pub declared_at: crate::clock::Moment,
}

pub(super) fn note_field(id: &str) -> String {
    format!("conflicts.note/{id}")
}

impl App {
    /// Admits somebody to the page on which a conflict is declared. It shows the label and nothing else.
    ///
    /// # Errors
    /// When the gate refuses or there is no such application.
    pub async fn conflict_form(
        &self,
        actor: &Actor,
        id: &ApplicationId,
    ) -> Result<Access<DeclareConflict>, CaseError> {
        let facts = self.db.application_facts(id).await?;
        self.admit::<DeclareConflict>(actor, facts, Act::new("conflict.form_shown")).await
    }

    /// Declares that this person is partial in one application. Declaring it again changes nothing.
    ///
    /// # Errors
    /// When the gate refuses or there is no such application.
    pub async fn declare_conflict(
        &self,
        actor: &Actor,
        id: &ApplicationId,
        note: Pii<StaffNote>,
    ) -> Result<(), CaseError> {
        let Actor::Staff(member) = actor else { return Err(CaseError::NotFound("membership")) };
        let facts = self.db.application_facts(id).await?;
        let act = Act::new("conflict.declared");
        let (access, mut tx) = self.admit_to_change::<DeclareConflict>(actor, facts, act).await?;
        let conflict = self.chance.uuid()?;
        let sealed = if says_at_least(&note, 1) {
            Some(self.seal_note(&access, &note_field(&conflict), &note).await?)
        } else {
            None
        };
        let new = tx.put_conflict(&access, &conflict, &member.staff, sealed.as_ref()).await?;
        tx.commit().await?;
        tracing::info!(new, event = %access.event(), "a conflict of interest was declared");
        Ok(())
    }

    /// Lifts a declaration that was made by mistake.
    ///
    /// # Errors
    /// When the gate refuses, without a reason, or when it is lifted already.
    pub async fn lift_conflict(
        &self,
        actor: &Actor,
        conflict: &str,
        reason: Pii<StaffNote>,
    ) -> Result<(), CaseError> {
        let Actor::Staff(member) = actor else { return Err(CaseError::NotFound("membership")) };
        let facts = self.db.application_facts(&self.db.conflict(conflict).await?).await?;
        let act = Act::new("conflict.lifted").detail(json!({ "conflict": conflict }));
        let (access, mut tx) = self.admit_to_change::<LiftConflict>(actor, facts, act).await?;
        if !says_at_least(&reason, 10) {
            return Err(CaseError::Invalid(Invalid::NoReason));
        }
        let field = format!("conflicts.lift_reason/{conflict}");
        let sealed = self.seal_note(&access, &field, &reason).await?;
        if !tx.lift_conflict(&access, conflict, &member.staff, &sealed).await? {
            return Err(CaseError::Conflict(Conflict::AlreadyLifted));
        }
        tx.commit().await?;
        Ok(())
    }
}
