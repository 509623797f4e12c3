//! Where AI support is stopped: about recruitments, not about persons. The reasons come and go sealed.

use crate::clock::Moment;
use crate::guard::access::{Access, StartAi, StopAi};
use crate::guard::vault::Sealed;
use crate::subject::id::{RecruitmentId, StaffId};
use crate::subject::role::Role;

use super::{Db, StoreError, Tx};

statements! {
    STOP = "INSERT INTO ai_stops (id, recruitment_id, stopped_at, stopped_by, stopped_as, reason) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (recruitment_id) WHERE started_at IS NULL DO NOTHING";
    START = "UPDATE ai_stops SET started_at = $3, started_by = $4, started_as = $5, start_reason = $6 WHERE id = $1 AND recruitment_id = $2 AND started_at IS NULL";
    IN_FORCE = "SELECT id, recruitment_id, stopped_at, stopped_as, reason, started_at, started_as, start_reason FROM ai_stops WHERE recruitment_id = $1 AND started_at IS NULL";
    STOPS = "SELECT id, recruitment_id, stopped_at, stopped_as, reason, started_at, started_as, start_reason FROM ai_stops WHERE recruitment_id = $1 ORDER BY stopped_at DESC, id LIMIT 50";
}

/// One stop, ended or not.
#[derive(Debug)]
pub struct StopRow {
    /// Which.
    pub id: String,
    /// In which recruitment.
    pub recruitment: RecruitmentId,
    /// Since when.
    pub stopped_at: Moment,
    /// In which role somebody stopped it.
    pub stopped_as: Role,
    /// Why, sealed.
    pub reason: Sealed,
    /// When it was started again, in which role and why.
    pub started: Option<(Moment, Role, Sealed)>,
}

type Columns = (String, String, i64, String, Vec<u8>, Option<i64>, Option<String>, Option<Vec<u8>>);

fn stop(row: Columns) -> Result<StopRow, StoreError> {
    let role = |code: &str| Role::parse(code).ok_or(StoreError::Damaged("role in ai_stops"));
    let (id, recruitment, at, stopped_as, reason, started_at, started_as, start_reason) = row;
    let started = match (started_at, started_as, start_reason) {
        (Some(at), Some(code), Some(why)) => Some((Moment(at), role(&code)?, Sealed::from_stored(why)?)),
        _ => None,
    };
    Ok(StopRow {
        id,
        recruitment: RecruitmentId::new(recruitment),
        stopped_at: Moment(at),
        stopped_as: role(&stopped_as)?,
        reason: Sealed::from_stored(reason)?,
        started,
    })
}

impl Tx {
    /// Stops AI support in the recruitment that the token names. `false` when it is stopped already.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn stop_ai(
        &mut self,
        access: &Access<StopAi>,
        id: &str,
        by: (&StaffId, Role),
        reason: &Sealed,
    ) -> Result<bool, StoreError> {
        let made = in_tx!(self, c => sqlx::query(STOP).bind(id).bind(access.target().id.as_str())
            .bind(access.at().0).bind(by.0.as_str()).bind(by.1.code()).bind(reason.as_bytes().to_vec())
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(made == 1)
    }

    /// Starts it again. `false` when somebody has done so already.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn start_ai(
        &mut self,
        access: &Access<StartAi>,
        id: &str,
        by: (&StaffId, Role),
        reason: &Sealed,
    ) -> Result<bool, StoreError> {
        let ended = in_tx!(self, c => sqlx::query(START).bind(id).bind(access.target().id.as_str())
            .bind(access.at().0).bind(by.0.as_str()).bind(by.1.code()).bind(reason.as_bytes().to_vec())
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(ended == 1)
    }
}

impl Db {
    /// The stop in force in one recruitment.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn ai_stop(&self, recruitment: &RecruitmentId) -> Result<Option<StopRow>, StoreError> {
        let row: Option<Columns> = on_pool!(self, c => sqlx::query_as(IN_FORCE).bind(recruitment.as_str())
            .fetch_optional(c).await)?;
        row.map(stop).transpose()
    }

    /// The latest stops of one recruitment, newest first.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn ai_stops(&self, recruitment: &RecruitmentId) -> Result<Vec<StopRow>, StoreError> {
        let rows: Vec<Columns> = on_pool!(self, c => sqlx::query_as(STOPS).bind(recruitment.as_str())
            .fetch_all(c).await)?;
        rows.into_iter().map(stop).collect()
    }
}
