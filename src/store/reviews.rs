//! Openings, marks and decisions.

use crate::clock::Moment;
use crate::guard::access::{
    Access, ApplicationFacts, Assess, Decide, PlacementFacts, Purpose, Ranking, Review,
};
use crate::guard::vault::Sealed;
use crate::subject::id::{ApplicationId, CriterionId, PlacementId, StaffId};

use super::{Db, StoreError, Tx};

statements! {
    PUT_OPENING = "INSERT INTO openings (application_id, staff_id, opened_at) VALUES ($1, $2, $3) ON CONFLICT (application_id, staff_id) DO NOTHING";
    REVEAL = "UPDATE openings SET revealed_at = $3 WHERE application_id = $1 AND staff_id = $2 AND revealed_at IS NULL";
    OPENING = "SELECT opened_at, revealed_at FROM openings WHERE application_id = $1 AND staff_id = $2";
    REVEALED_BY = "SELECT o.application_id FROM openings o JOIN application_placements ap ON ap.application_id = o.application_id WHERE ap.placement_id = $1 AND o.staff_id = $2 AND o.revealed_at IS NOT NULL";
    OPENED_BY = "SELECT o.application_id FROM openings o JOIN application_placements ap ON ap.application_id = o.application_id WHERE ap.placement_id = $1 AND o.staff_id = $2";
    READERS = "SELECT ap.application_id, CAST(COUNT(o.revealed_at) AS BIGINT) FROM application_placements ap LEFT JOIN openings o ON o.application_id = ap.application_id WHERE ap.placement_id = $1 GROUP BY ap.application_id";
    PUT_MARK = "INSERT INTO marks (application_id, criterion_id, staff_id, blind, blind_at, final, final_at) VALUES ($1, $2, $3, $4, $5, $4, $5) ON CONFLICT (application_id, criterion_id, staff_id) DO UPDATE SET blind = excluded.blind, blind_at = excluded.blind_at, final = excluded.final, final_at = excluded.final_at";
    CHANGE_MARK = "UPDATE marks SET final = $4, final_at = $5, reason = $6 WHERE application_id = $1 AND criterion_id = $2 AND staff_id = $3";
    MARKS = "SELECT criterion_id, staff_id, blind, final, reason FROM marks WHERE application_id = $1 ORDER BY criterion_id, staff_id";
    PUT_DECISION = "INSERT INTO decisions (id, application_id, placement_id, outcome, staff_id, reason, decided_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    DECISIONS = "SELECT id, placement_id, outcome, staff_id, reason, decided_at FROM decisions WHERE application_id = $1 ORDER BY decided_at, id";
    DECIDED = "SELECT application_id, outcome FROM decisions WHERE placement_id = $1";
    PROCEEDS = "SELECT CAST(COUNT(*) AS BIGINT) FROM decisions d JOIN placements p ON p.id = d.placement_id WHERE d.application_id = $1 AND d.outcome = 'proceed' AND p.organisation_id = $2";
}

/// When somebody opened an application, and when its band was shown to them.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// First opened.
    pub opened_at: Moment,
    /// Band and evidence shown, after all blind marks.
    pub revealed_at: Option<Moment>,
}

/// One reviewer's mark for one criterion.
#[derive(Debug)]
pub struct MarkRow {
    /// The criterion.
    pub criterion: CriterionId,
    /// The reviewer.
    pub staff: StaffId,
    /// Given before the band was shown. Never changes after that.
    pub blind: String,
    /// What holds now.
    pub last: String,
    /// Why it was changed, sealed.
    pub reason: Option<Sealed>,
}

/// A stored decision.
#[derive(Debug)]
pub struct DecisionRow {
    /// Which.
    pub id: String,
    /// For which placement.
    pub placement: PlacementId,
    /// `proceed` or `not_proceed`.
    pub outcome: String,
    /// Who decided.
    pub staff: StaffId,
    /// Why, sealed.
    pub reason: Sealed,
    /// When.
    pub decided_at: Moment,
}

impl Tx {
    /// Notes that a person opened the application that the token names.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_opening(&mut self, access: &Access<Review>, staff: &StaffId) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(PUT_OPENING).bind(access.target().id.as_str()).bind(staff.as_str())
            .bind(access.at().0).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Notes that band and evidence are shown to this reviewer from now on. `false` when they were
    /// shown before, or the application was never opened.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn reveal(&mut self, access: &Access<Assess>, staff: &StaffId) -> Result<bool, StoreError> {
        let changed = in_tx!(self, c => sqlx::query(REVEAL).bind(access.target().id.as_str()).bind(staff.as_str())
            .bind(access.at().0).execute(c).await.map(|done| done.rows_affected()))?;
        Ok(changed == 1)
    }

    /// Stores a blind mark; the caller has made sure that the band is not shown yet.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_mark(
        &mut self,
        access: &Access<Assess>,
        staff: &StaffId,
        criterion: &CriterionId,
        mark: &str,
    ) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(PUT_MARK).bind(access.target().id.as_str()).bind(criterion.as_str())
            .bind(staff.as_str()).bind(mark).bind(access.at().0).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Changes a mark after the reveal, with a sealed reason. The blind mark stays.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no blind mark to change.
    pub async fn change_mark(
        &mut self,
        access: &Access<Assess>,
        staff: &StaffId,
        criterion: &CriterionId,
        mark: &str,
        reason: &Sealed,
    ) -> Result<(), StoreError> {
        let changed = in_tx!(self, c => sqlx::query(CHANGE_MARK).bind(access.target().id.as_str())
            .bind(criterion.as_str()).bind(staff.as_str()).bind(mark).bind(access.at().0)
            .bind(reason.as_bytes().to_vec()).execute(c).await.map(|done| done.rows_affected()))?;
        if changed == 1 { Ok(()) } else { Err(StoreError::Missing("blind mark")) }
    }

    /// Stores a decision. One application is decided once for each placement.
    ///
    /// # Errors
    /// [`StoreError::Twice`] when it is decided already.
    pub async fn put_decision(
        &mut self,
        access: &Access<Decide>,
        id: &str,
        placement: &PlacementId,
        outcome: &str,
        staff: &StaffId,
        reason: &Sealed,
    ) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(PUT_DECISION).bind(id).bind(access.target().id.as_str())
            .bind(placement.as_str()).bind(outcome).bind(staff.as_str()).bind(reason.as_bytes().to_vec())
            .bind(access.at().0).execute(c).await.map(|_| ()))?;
        Ok(())
    }
}

impl Db {
    /// Whether and when a person opened an application. No personal data of the applicant.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn opening(&self, id: &ApplicationId, staff: &StaffId) -> Result<Option<Opening>, StoreError> {
        let row: Option<(i64, Option<i64>)> = on_pool!(self, c => sqlx::query_as(OPENING)
            .bind(id.as_str()).bind(staff.as_str()).fetch_optional(c).await)?;
        Ok(row.map(|(opened, revealed)| Opening {
            opened_at: Moment(opened),
            revealed_at: revealed.map(Moment),
        }))
    }

    /// The applications of a placement that this person has opened.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn opened_by<P: Purpose<Target = PlacementFacts>>(
        &self,
        access: &Access<P>,
        staff: &StaffId,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        let rows: Vec<(String,)> = on_pool!(self, c => sqlx::query_as(OPENED_BY)
            .bind(access.target().id.as_str()).bind(staff.as_str()).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(id,)| ApplicationId::new(id)).collect())
    }

    /// The applications of a placement whose band this person has been shown.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn revealed_to<P: Purpose<Target = PlacementFacts>>(
        &self,
        access: &Access<P>,
        staff: &StaffId,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        let rows: Vec<(String,)> = on_pool!(self, c => sqlx::query_as(REVEALED_BY)
            .bind(access.target().id.as_str()).bind(staff.as_str()).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(id,)| ApplicationId::new(id)).collect())
    }

    /// How many people have finished their blind marks, by application of a placement.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn readers(&self, access: &Access<Ranking>) -> Result<Vec<(ApplicationId, i64)>, StoreError> {
        let rows: Vec<(String, i64)> = on_pool!(self, c => sqlx::query_as(READERS)
            .bind(access.target().id.as_str()).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(id, count)| (ApplicationId::new(id), count)).collect())
    }

    /// The outcomes decided for a placement so far.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn decided(
        &self,
        access: &Access<Ranking>,
    ) -> Result<Vec<(ApplicationId, String)>, StoreError> {
        let rows: Vec<(String, String)> = on_pool!(self, c => sqlx::query_as(DECIDED)
            .bind(access.target().id.as_str()).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(id, outcome)| (ApplicationId::new(id), outcome)).collect())
    }

    /// All marks of the application that the token names.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn marks<P: Purpose<Target = ApplicationFacts>>(
        &self,
        access: &Access<P>,
    ) -> Result<Vec<MarkRow>, StoreError> {
        let rows: Vec<(String, String, String, String, Option<Vec<u8>>)> = on_pool!(self, c => sqlx::query_as(MARKS)
            .bind(access.target().id.as_str()).fetch_all(c).await)?;
        rows.into_iter()
            .map(|(criterion, staff, blind, last, reason)| {
                Ok(MarkRow {
                    criterion: CriterionId::new(criterion),
                    staff: StaffId::new(staff),
                    blind,
                    last,
                    reason: reason.map(Sealed::from_stored).transpose()?,
                })
            })
            .collect()
    }

    /// The decisions about the application that the token names.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn decisions<P: Purpose<Target = ApplicationFacts>>(
        &self,
        access: &Access<P>,
    ) -> Result<Vec<DecisionRow>, StoreError> {
        let rows: Vec<(String, String, String, String, Vec<u8>, i64)> = on_pool!(self, c => sqlx::query_as(DECISIONS).bind(access.target().id.as_str()).fetch_all(c).await)?;
        rows.into_iter()
            .map(|(id, placement, outcome, staff, reason, at)| {
                Ok(DecisionRow {
                    id,
                    placement: PlacementId::new(placement),
                    outcome,
                    staff: StaffId::new(staff),
                    reason: Sealed::from_stored(reason)?,
                    decided_at: Moment(at),
                })
            })
            .collect()
    }

    /// Whether a person of the organisation has decided that the application goes on.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn proceeds(
        &self,
        id: &ApplicationId,
        organisation: &crate::subject::id::OrganisationId,
    ) -> Result<bool, StoreError> {
        let (count,): (i64,) = on_pool!(self, c => sqlx::query_as(PROCEEDS)
            .bind(id.as_str()).bind(organisation.as_str()).fetch_one(c).await)?;
        Ok(count > 0)
    }
}
