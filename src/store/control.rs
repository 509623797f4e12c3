//! The control arm: one draw a recruitment, and who is in it. The seed comes and goes sealed.

use crate::clock::Moment;
use crate::guard::access::{Access, SetControl};
use crate::guard::vault::Sealed;
use crate::subject::id::{ApplicationId, RecruitmentId};

use super::{Db, StoreError, Tx};

statements! {
    PUT_ARM = "INSERT INTO control_arms (recruitment_id, share, seed, set_at) VALUES ($1, $2, $3, $4) ON CONFLICT (recruitment_id) DO NOTHING";
    ARM = "SELECT share, seed, set_at FROM control_arms WHERE recruitment_id = $1";
    TO_DRAW = "SELECT id FROM applications WHERE recruitment_id = $1 AND state IN ('submitted', 'held') ORDER BY id";
    DRAW = "UPDATE applications SET control_arm = $2 WHERE id = $1 AND state <> 'assessed'";
    SCORED = "SELECT CAST(COUNT(*) AS BIGINT) FROM assessments s JOIN applications a ON a.id = s.application_id WHERE a.recruitment_id = $1";
    UNDRAWN = "SELECT a.id, a.recruitment_id FROM applications a JOIN control_arms k ON k.recruitment_id = a.recruitment_id WHERE a.control_arm IS NULL AND a.state = 'submitted' ORDER BY a.id LIMIT 200";
    NUMBERS = "SELECT CAST(CASE WHEN control_arm = 1 THEN 1 ELSE 0 END AS BIGINT), CAST(COUNT(*) AS BIGINT) FROM applications WHERE recruitment_id = $1 AND control_arm IS NOT NULL GROUP BY 1 ORDER BY 1";
    IN_ARM = "SELECT label FROM applications WHERE recruitment_id = $1 AND control_arm = 1 ORDER BY label";
}

/// What was set for one recruitment.
#[derive(Debug)]
pub struct ArmRow {
    /// Per cent.
    pub share: u8,
    /// The seed, sealed.
    pub seed: Sealed,
    /// When.
    pub set_at: Moment,
}

impl Tx {
    /// Sets the share of the recruitment that the token names. `false` when it was set before.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_control_arm(
        &mut self,
        access: &Access<SetControl>,
        share: u8,
        seed: &Sealed,
    ) -> Result<bool, StoreError> {
        let made = in_tx!(self, c => sqlx::query(PUT_ARM).bind(access.target().id.as_str())
            .bind(i64::from(share)).bind(seed.as_bytes().to_vec()).bind(access.at().0).execute(c).await
            .map(|done| done.rows_affected()))?;
        Ok(made == 1)
    }

    /// The applications of a recruitment that came in before its share was set.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn to_draw(&mut self, access: &Access<SetControl>) -> Result<Vec<ApplicationId>, StoreError> {
        let rows: Vec<(String,)> = in_tx!(self, c => sqlx::query_as(TO_DRAW)
            .bind(access.target().id.as_str()).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(id,)| ApplicationId::new(id)).collect())
    }

    /// Notes what the lot said. `false` when the application is assessed already.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn draw(&mut self, id: &ApplicationId, in_arm: bool) -> Result<bool, StoreError> {
        let noted = in_tx!(self, c => sqlx::query(DRAW).bind(id.as_str()).bind(i64::from(in_arm)).execute(c).await
            .map(|done| done.rows_affected()))?;
        Ok(noted == 1)
    }

    /// How many applications of a recruitment are assessed.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn scored(&mut self, access: &Access<SetControl>) -> Result<i64, StoreError> {
        let (count,): (i64,) = in_tx!(self, c => sqlx::query_as(SCORED).bind(access.target().id.as_str())
            .fetch_one(c).await)?;
        Ok(count)
    }
}

impl Db {
    /// The control arm of one recruitment, if it has one.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn control_arm(&self, recruitment: &RecruitmentId) -> Result<Option<ArmRow>, StoreError> {
        let row: Option<(i64, Vec<u8>, i64)> = on_pool!(self, c => sqlx::query_as(ARM)
            .bind(recruitment.as_str()).fetch_optional(c).await)?;
        let Some((share, seed, at)) = row else { return Ok(None) };
        let share = u8::try_from(share).map_err(|_| StoreError::Damaged("control_arms.share"))?;
        Ok(Some(ArmRow { share, seed: Sealed::from_stored(seed)?, set_at: Moment(at) }))
    }

    /// Applications that wait for the model and for the lot.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn undrawn(&self) -> Result<Vec<(ApplicationId, RecruitmentId)>, StoreError> {
        let rows: Vec<(String, String)> = on_pool!(self, c => sqlx::query_as(UNDRAWN).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(id, of)| (ApplicationId::new(id), RecruitmentId::new(of))).collect())
    }

    /// How many applications the lot put into the arm, and how many not.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn control_numbers(&self, recruitment: &RecruitmentId) -> Result<(i64, i64), StoreError> {
        let rows: Vec<(i64, i64)> = on_pool!(self, c => sqlx::query_as(NUMBERS).bind(recruitment.as_str())
            .fetch_all(c).await)?;
        let of = |wanted: i64| rows.iter().find(|(arm, _)| *arm == wanted).map_or(0, |(_, count)| *count);
        Ok((of(1), of(0)))
    }

    /// The labels of those in the arm.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn in_control_arm(&self, recruitment: &RecruitmentId) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = on_pool!(self, c => sqlx::query_as(IN_ARM).bind(recruitment.as_str())
            .fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(label,)| label).collect())
    }
}
