//! Conflicts of interest (jäv), legal holds (gallringsspärr) and emergency access (nödåtkomst). What people wrote
//! about them comes and goes sealed.

use crate::clock::Moment;
use crate::guard::access::{
    Access, AskEmergency, Contact, DeclareConflict, Hold, Holds, LiftConflict, Matters, OverseeEmergency,
    Ranking,
};
use crate::guard::emergency::{Approval, Emergency, Ground, REASON_CHARS_MIN};
use crate::guard::vault::Sealed;
use crate::subject::id::{ApplicationId, StaffId};
use crate::subject::role::Role;

use super::{Db, StoreError, Tx};

statements! {
    PUT_CONFLICT = "INSERT INTO conflicts (id, application_id, staff_id, note, declared_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (application_id, staff_id) WHERE lifted_at IS NULL DO NOTHING";
    LIFT_CONFLICT = "UPDATE conflicts SET lifted_at = $3, lifted_by = $4, lift_reason = $5 WHERE id = $1 AND application_id = $2 AND lifted_at IS NULL";
    CONFLICT = "SELECT application_id FROM conflicts WHERE id = $1";
    CONFLICTS = "SELECT c.id, c.application_id, a.label, s.name, c.note, c.declared_at FROM conflicts c JOIN applications a ON a.id = c.application_id JOIN staff s ON s.id = c.staff_id WHERE c.lifted_at IS NULL ORDER BY c.declared_at DESC, c.id";
    CONFLICTED = "SELECT c.application_id FROM conflicts c JOIN application_placements ap ON ap.application_id = c.application_id WHERE ap.placement_id = $1 AND c.staff_id = $2 AND c.lifted_at IS NULL";
    PUT_HOLD = "INSERT INTO legal_holds (id, application_id, ground, reason, set_at, set_by) VALUES ($1, $2, $3, $4, $5, $6)";
    LIFT_HOLD = "UPDATE legal_holds SET lifted_at = $3, lifted_by = $4, lift_reason = $5 WHERE id = $1 AND application_id = $2 AND lifted_at IS NULL";
    HELD_APPLICATION = "SELECT application_id FROM legal_holds WHERE id = $1";
    HOLDS = "SELECT h.id, h.application_id, a.label, h.ground, h.reason, h.set_at, s.name FROM legal_holds h JOIN applications a ON a.id = h.application_id JOIN staff s ON s.id = h.set_by WHERE h.lifted_at IS NULL ORDER BY h.set_at DESC, h.id";
    PUT_EMERGENCY = "INSERT INTO emergencies (id, application_id, staff_id, ground, reason, asked_at) VALUES ($1, $2, $3, $4, $5, $6)";
    EMERGENCY = "SELECT e.id, e.application_id, a.label, e.staff_id, s.name, e.ground, e.reason, e.asked_at, e.outcome, e.decided_at, e.decided_by, e.decided_as, (SELECT CAST(COUNT(*) AS BIGINT) FROM memberships m WHERE m.staff_id = e.staff_id AND m.role = 'dpo' AND m.valid_from <= $2 AND m.valid_to > $2) FROM emergencies e JOIN applications a ON a.id = e.application_id JOIN staff s ON s.id = e.staff_id WHERE e.id = $1";
    EMERGENCIES = "SELECT e.id, e.application_id, a.label, e.staff_id, s.name, e.ground, e.reason, e.asked_at, e.outcome, e.decided_at, e.decided_by, e.decided_as, (SELECT CAST(COUNT(*) AS BIGINT) FROM memberships m WHERE m.staff_id = e.staff_id AND m.role = 'dpo' AND m.valid_from <= $1 AND m.valid_to > $1) FROM emergencies e JOIN applications a ON a.id = e.application_id JOIN staff s ON s.id = e.staff_id ORDER BY e.asked_at DESC, e.id LIMIT 200";
    EMERGENCIES_OF = "SELECT e.id, e.application_id, a.label, e.staff_id, s.name, e.ground, e.reason, e.asked_at, e.outcome, e.decided_at, e.decided_by, e.decided_as, (SELECT CAST(COUNT(*) AS BIGINT) FROM memberships m WHERE m.staff_id = e.staff_id AND m.role = 'dpo' AND m.valid_from <= $3 AND m.valid_to > $3) FROM emergencies e JOIN applications a ON a.id = e.application_id JOIN staff s ON s.id = e.staff_id WHERE e.application_id = $1 AND e.staff_id = $2 ORDER BY e.asked_at DESC, e.id LIMIT 20";
    SETTLE_EMERGENCY = "UPDATE emergencies SET outcome = $3, decided_at = $4, decided_by = $5, decided_as = $6 WHERE id = $1 AND application_id = $2 AND outcome IS NULL";
    PUT_USE = "INSERT INTO emergency_uses (id, emergency_id, used_at) VALUES ($1, $2, $3)";
    USE = "SELECT emergency_id FROM emergency_uses WHERE id = $1";
    USES = "SELECT id, emergency_id, used_at, acknowledged_at FROM emergency_uses ORDER BY used_at DESC, id LIMIT 500";
    UNSEEN = "SELECT CAST(COUNT(*) AS BIGINT) FROM emergency_uses u JOIN emergencies e ON e.id = u.emergency_id WHERE e.staff_id = $1 AND u.acknowledged_at IS NULL";
    ACKNOWLEDGE = "UPDATE emergency_uses SET acknowledged_at = $2, acknowledged_by = $3 WHERE id = $1 AND acknowledged_at IS NULL";
}

/// Why nothing of an application may be destroyed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldGround {
    /// Limitation interrupted under the Discrimination Act (preskriptionsavbrott, 6 kap. diskrimineringslagen).
    Discrimination,
    /// An appeal (överklagande).
    Appeal,
    /// A lawsuit (tvist i domstol).
    Court,
    /// A case about the applicant's own rights.
    RightsCase,
    /// Somebody has asked for the public record (begäran om allmän handling).
    PublicRecord,
    /// JO or IMY looks into it (tillsyn).
    Supervision,
}

impl HoldGround {
    /// Every ground.
    pub const ALL: [HoldGround; 6] = [
        Self::Discrimination,
        Self::Appeal,
        Self::Court,
        Self::RightsCase,
        Self::PublicRecord,
        Self::Supervision,
    ];

    /// The stored name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Discrimination => "discrimination",
            Self::Appeal => "appeal",
            Self::Court => "court",
            Self::RightsCase => "rights_case",
            Self::PublicRecord => "public_record",
            Self::Supervision => "supervision",
        }
    }

    /// Reads the stored name.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ground| ground.code() == code)
    }
}

/// A declared conflict of interest that is in force.
#[derive(Debug)]
pub struct ConflictRow {
    /// Which.
    pub id: String,
    /// In which application.
    pub application: ApplicationId,
    /// Its label.
    pub label: String,
    /// The name of who declared it.
    pub staff_name: String,
    /// What was written about it, sealed.
    pub note: Option<Sealed>,
    /// When.
    pub declared_at: Moment,
}

/// A legal hold that is in force.
#[derive(Debug)]
pub struct HoldRow {
    /// Which.
    pub id: String,
    /// Of which application.
    pub application: ApplicationId,
    /// Its label.
    pub label: String,
    /// Why, from the closed list.
    pub ground: HoldGround,
    /// Why, in words, sealed.
    pub reason: Sealed,
    /// When it was set.
    pub set_at: Moment,
    /// The name of who set it.
    pub set_by: String,
}

/// A request for emergency access.
#[derive(Debug)]
pub struct EmergencyRow {
    /// Which.
    pub id: String,
    /// To whose contact details.
    pub application: ApplicationId,
    /// Its label.
    pub label: String,
    /// Who asked.
    pub asker: StaffId,
    /// The asker's name.
    pub asker_name: String,
    /// Why, from the closed list.
    pub ground: Ground,
    /// Why, in words, sealed.
    pub reason: Sealed,
    /// When.
    pub asked_at: Moment,
    /// `approved` or `refused`, once somebody has looked.
    pub outcome: Option<String>,
    /// When somebody had looked.
    pub settled_at: Option<Moment>,
    /// As the policies see it.
    pub facts: Emergency,
}

/// One showing of contact details under an approval.
#[derive(Clone, Debug)]
pub struct UseRow {
    /// Which.
    pub id: String,
    /// Under which approval.
    pub emergency: String,
    /// When.
    pub used_at: Moment,
    /// When it was acknowledged.
    pub acknowledged_at: Option<Moment>,
}

type EmergencyColumns = (
    String,
    String,
    String,
    String,
    String,
    String,
    Vec<u8>,
    i64,
    Option<String>,
    Option<i64>,
    Option<String>,
    Option<String>,
    i64,
);

fn emergency(row: EmergencyColumns) -> Result<EmergencyRow, StoreError> {
    let (id, application, label, asker, asker_name, ground, reason, asked, outcome, at, by, role, dpo) = row;
    let (application, asker) = (ApplicationId::new(application), StaffId::new(asker));
    let approval = match (outcome.as_deref(), at, by, role) {
        (Some("approved"), Some(at), Some(by), Some(role)) => Some(Approval {
            by: StaffId::new(by),
            role: Role::parse(&role).ok_or(StoreError::Damaged("emergencies.decided_as"))?,
            at: Moment(at),
        }),
        _ => None,
    };
    Ok(EmergencyRow {
        id,
        label,
        asker_name,
        ground: Ground::parse(&ground).ok_or(StoreError::Damaged("emergencies.ground"))?,
        asked_at: Moment(asked),
        outcome,
        settled_at: at.map(Moment),
        facts: Emergency {
            asker: asker.clone(),
            asker_is_dpo: dpo > 0,
            application: application.clone(),
            // Version, nonce and tag are 29 bytes; a sealed text shorter than that and the least reason is none.
            reason_given: reason.len() >= 29 + REASON_CHARS_MIN,
            approval,
        },
        reason: Sealed::from_stored(reason)?,
        application,
        asker,
    })
}

impl Tx {
    /// Stores that a person is partial in the application that the token names. `false` when that is known.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_conflict(
        &mut self,
        access: &Access<DeclareConflict>,
        id: &str,
        staff: &StaffId,
        note: Option<&Sealed>,
    ) -> Result<bool, StoreError> {
        let made = in_tx!(self, c => sqlx::query(PUT_CONFLICT).bind(id).bind(access.target().id.as_str())
            .bind(staff.as_str()).bind(note.map(|n| n.as_bytes().to_vec())).bind(access.at().0)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(made == 1)
    }

    /// Lifts a declaration about the application that the token names. `false` when it is not in force.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn lift_conflict(
        &mut self,
        access: &Access<LiftConflict>,
        id: &str,
        by: &StaffId,
        reason: &Sealed,
    ) -> Result<bool, StoreError> {
        let lifted = in_tx!(self, c => sqlx::query(LIFT_CONFLICT).bind(id).bind(access.target().id.as_str())
            .bind(access.at().0).bind(by.as_str()).bind(reason.as_bytes().to_vec())
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(lifted == 1)
    }

    /// Sets a legal hold on the application that the token names.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_hold(
        &mut self,
        access: &Access<Hold>,
        id: &str,
        ground: HoldGround,
        by: &StaffId,
        reason: &Sealed,
    ) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(PUT_HOLD).bind(id).bind(access.target().id.as_str()).bind(ground.code())
            .bind(reason.as_bytes().to_vec()).bind(access.at().0).bind(by.as_str())
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Lifts a legal hold of the application that the token names. `false` when it is not in force.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn lift_hold(
        &mut self,
        access: &Access<Hold>,
        id: &str,
        by: &StaffId,
        reason: &Sealed,
    ) -> Result<bool, StoreError> {
        let lifted = in_tx!(self, c => sqlx::query(LIFT_HOLD).bind(id).bind(access.target().id.as_str())
            .bind(access.at().0).bind(by.as_str()).bind(reason.as_bytes().to_vec())
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(lifted == 1)
    }

    /// Stores a request for emergency access.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_emergency(
        &mut self,
        access: &Access<AskEmergency>,
        id: &str,
        staff: &StaffId,
        ground: Ground,
        reason: &Sealed,
    ) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(PUT_EMERGENCY).bind(id).bind(access.target().id.as_str())
            .bind(staff.as_str()).bind(ground.code()).bind(reason.as_bytes().to_vec()).bind(access.at().0)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Approves or refuses a request about the application that the token names. `false` when somebody was first.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn settle_emergency(
        &mut self,
        access: &Access<OverseeEmergency>,
        id: &str,
        approved: bool,
        by: &StaffId,
        role: Role,
    ) -> Result<bool, StoreError> {
        let outcome = if approved { "approved" } else { "refused" };
        let settled = in_tx!(self, c => sqlx::query(SETTLE_EMERGENCY).bind(id).bind(access.target().id.as_str())
            .bind(outcome).bind(access.at().0).bind(by.as_str()).bind(role.code())
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(settled == 1)
    }

    /// Notes that contact details are shown under an approval: the notice to whoever watches.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_emergency_use(
        &mut self,
        access: &Access<Contact>,
        id: &str,
        emergency: &str,
    ) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(PUT_USE).bind(id).bind(emergency).bind(access.at().0)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Notes that somebody has taken notice of a showing. `false` when that is known.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn acknowledge(
        &mut self,
        access: &Access<OverseeEmergency>,
        id: &str,
        by: &StaffId,
    ) -> Result<bool, StoreError> {
        let seen = in_tx!(self, c => sqlx::query(ACKNOWLEDGE).bind(id).bind(access.at().0).bind(by.as_str())
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(seen == 1)
    }
}

impl Db {
    /// The application that a declared conflict is about.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none.
    pub async fn conflict(&self, id: &str) -> Result<ApplicationId, StoreError> {
        let row: Option<(String,)> =
            on_pool!(self, c => sqlx::query_as(CONFLICT).bind(id).fetch_optional(c).await)?;
        row.map(|(id,)| ApplicationId::new(id)).ok_or(StoreError::Missing("conflict"))
    }

    /// The conflicts in force.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn conflicts(&self, _access: &Access<Matters>) -> Result<Vec<ConflictRow>, StoreError> {
        let rows: Vec<(String, String, String, String, Option<Vec<u8>>, i64)> =
            on_pool!(self, c => sqlx::query_as(CONFLICTS).fetch_all(c).await)?;
        rows.into_iter()
            .map(|(id, application, label, staff_name, note, at)| {
                Ok(ConflictRow {
                    id,
                    application: ApplicationId::new(application),
                    label,
                    staff_name,
                    note: note.map(Sealed::from_stored).transpose()?,
                    declared_at: Moment(at),
                })
            })
            .collect()
    }

    /// The applications of an admitted ranking in which this person is partial.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn conflicted(
        &self,
        access: &Access<Ranking>,
        staff: &StaffId,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        let rows: Vec<(String,)> = on_pool!(self, c => sqlx::query_as(CONFLICTED)
            .bind(access.target().id.as_str()).bind(staff.as_str()).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(id,)| ApplicationId::new(id)).collect())
    }

    /// The application that a legal hold is about.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none.
    pub async fn held_application(&self, id: &str) -> Result<ApplicationId, StoreError> {
        let row: Option<(String,)> =
            on_pool!(self, c => sqlx::query_as(HELD_APPLICATION).bind(id).fetch_optional(c).await)?;
        row.map(|(id,)| ApplicationId::new(id)).ok_or(StoreError::Missing("hold"))
    }

    /// The legal holds in force.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn holds(&self, _access: &Access<Holds>) -> Result<Vec<HoldRow>, StoreError> {
        let rows: Vec<(String, String, String, String, Vec<u8>, i64, String)> =
            on_pool!(self, c => sqlx::query_as(HOLDS).fetch_all(c).await)?;
        rows.into_iter()
            .map(|(id, application, label, ground, reason, at, set_by)| {
                Ok(HoldRow {
                    id,
                    application: ApplicationId::new(application),
                    label,
                    ground: HoldGround::parse(&ground).ok_or(StoreError::Damaged("legal_holds.ground"))?,
                    reason: Sealed::from_stored(reason)?,
                    set_at: Moment(at),
                    set_by,
                })
            })
            .collect()
    }

    /// One request for emergency access, as it stands at a moment.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none.
    pub async fn emergency(&self, id: &str, now: Moment) -> Result<EmergencyRow, StoreError> {
        let row: Option<EmergencyColumns> =
            on_pool!(self, c => sqlx::query_as(EMERGENCY).bind(id).bind(now.0).fetch_optional(c).await)?;
        emergency(row.ok_or(StoreError::Missing("emergency"))?)
    }

    /// The newest requests of one person about one application.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn emergencies_of(
        &self,
        application: &ApplicationId,
        staff: &StaffId,
        now: Moment,
    ) -> Result<Vec<EmergencyRow>, StoreError> {
        let rows: Vec<EmergencyColumns> = on_pool!(self, c => sqlx::query_as(EMERGENCIES_OF)
            .bind(application.as_str()).bind(staff.as_str()).bind(now.0).fetch_all(c).await)?;
        rows.into_iter().map(emergency).collect()
    }

    /// The newest requests of all.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn emergencies(
        &self,
        _access: &Access<Matters>,
        now: Moment,
    ) -> Result<Vec<EmergencyRow>, StoreError> {
        let rows: Vec<EmergencyColumns> =
            on_pool!(self, c => sqlx::query_as(EMERGENCIES).bind(now.0).fetch_all(c).await)?;
        rows.into_iter().map(emergency).collect()
    }

    /// The request under which contact details were shown.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none.
    pub async fn emergency_of_use(&self, id: &str) -> Result<String, StoreError> {
        let row: Option<(String,)> =
            on_pool!(self, c => sqlx::query_as(USE).bind(id).fetch_optional(c).await)?;
        row.map(|(id,)| id).ok_or(StoreError::Missing("emergency"))
    }

    /// The newest showings under approvals.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn emergency_uses(&self, _access: &Access<Matters>) -> Result<Vec<UseRow>, StoreError> {
        let rows: Vec<(String, String, i64, Option<i64>)> =
            on_pool!(self, c => sqlx::query_as(USES).fetch_all(c).await)?;
        Ok(rows
            .into_iter()
            .map(|(id, emergency, at, seen)| UseRow {
                id,
                emergency,
                used_at: Moment(at),
                acknowledged_at: seen.map(Moment),
            })
            .collect())
    }

    /// How many showings to one person nobody has acknowledged yet.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn unacknowledged(&self, asker: &StaffId) -> Result<i64, StoreError> {
        let (count,): (i64,) =
            on_pool!(self, c => sqlx::query_as(UNSEEN).bind(asker.as_str()).fetch_one(c).await)?;
        Ok(count)
    }
}
