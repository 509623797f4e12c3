//! The queue of what the model has to read, with leases.
//!
//! What waits is a state of the applications; a row of `work` says who has one in hand and until when, and how
//! often it went wrong. A worker that dies leaves a lease that expires. A worker that was only slow finds its
//! lease gone when it wants to write: the assessment and the end of the lease are one transaction
//! ([`Tx::finish_work`]), and the lease is compared there.
//!
//! Where AI support is stopped nothing waits, and nothing that was in hand is written. Who is in a control arm never
//! waits, and who is not drawn yet waits for the lot first.
//!
//! Whoever takes an application out of the model's reach (withdrawal, review without AI, erasure) deletes the row
//! first, in the same transaction, so that neither comes between the other's steps.

use crate::clock::Moment;
use crate::guard::access::{Access, Screening};
use crate::subject::id::{ApplicationId, RecruitmentId};

use super::{Db, Inner, StoreError, Tx};

statements! {
    UNLISTED = "SELECT CAST(COUNT(*) AS BIGINT) FROM applications a LEFT JOIN assessments s ON s.application_id = a.id LEFT JOIN work w ON w.application_id = a.id WHERE w.application_id IS NULL AND (a.state = 'submitted' OR (a.state = 'assessed' AND $1 <> '' AND (s.model_digest <> $1 OR s.method <> $2))) AND a.ai_free = 0 AND (a.control_arm = 0 OR (a.control_arm IS NULL AND NOT EXISTS (SELECT 1 FROM control_arms k WHERE k.recruitment_id = a.recruitment_id))) AND NOT EXISTS (SELECT 1 FROM ai_stops x WHERE x.recruitment_id = a.recruitment_id AND x.started_at IS NULL)";
    LIST = "INSERT INTO work (application_id, leased_until, tries) SELECT a.id, 0, 0 FROM applications a LEFT JOIN assessments s ON s.application_id = a.id LEFT JOIN work w ON w.application_id = a.id WHERE w.application_id IS NULL AND (a.state = 'submitted' OR (a.state = 'assessed' AND $1 <> '' AND (s.model_digest <> $1 OR s.method <> $2))) AND a.ai_free = 0 AND (a.control_arm = 0 OR (a.control_arm IS NULL AND NOT EXISTS (SELECT 1 FROM control_arms k WHERE k.recruitment_id = a.recruitment_id))) AND NOT EXISTS (SELECT 1 FROM ai_stops x WHERE x.recruitment_id = a.recruitment_id AND x.started_at IS NULL) ORDER BY a.id ON CONFLICT (application_id) DO NOTHING";
    NEXT = "SELECT w.application_id FROM work w JOIN applications a ON a.id = w.application_id LEFT JOIN assessments s ON s.application_id = a.id WHERE w.leased_until <= $2 AND (a.state = 'submitted' OR (a.state = 'assessed' AND $1 <> '' AND (s.model_digest <> $1 OR s.method <> $3))) AND a.ai_free = 0 AND (a.control_arm = 0 OR (a.control_arm IS NULL AND NOT EXISTS (SELECT 1 FROM control_arms k WHERE k.recruitment_id = a.recruitment_id))) AND NOT EXISTS (SELECT 1 FROM ai_stops x WHERE x.recruitment_id = a.recruitment_id AND x.started_at IS NULL) ORDER BY w.tries, a.submitted_at, a.id LIMIT 1";
    PENDING = "SELECT a.id FROM applications a LEFT JOIN assessments s ON s.application_id = a.id WHERE a.recruitment_id = $1 AND (a.state = 'submitted' OR (a.state = 'assessed' AND $2 <> '' AND (s.model_digest <> $2 OR s.method <> $3))) AND a.ai_free = 0 AND (a.control_arm = 0 OR (a.control_arm IS NULL AND NOT EXISTS (SELECT 1 FROM control_arms k WHERE k.recruitment_id = a.recruitment_id))) AND NOT EXISTS (SELECT 1 FROM ai_stops x WHERE x.recruitment_id = a.recruitment_id AND x.started_at IS NULL) ORDER BY a.submitted_at, a.id";
    TAKE = "INSERT INTO work (application_id, lease, leased_by, leased_until, tries) VALUES ($1, $2, $3, $4, 1) ON CONFLICT (application_id) DO UPDATE SET lease = excluded.lease, leased_by = excluded.leased_by, leased_until = excluded.leased_until, tries = work.tries + 1 WHERE work.leased_until <= $5";
    TRIES = "SELECT tries, last_fault FROM work WHERE application_id = $1";
    RENEW = "UPDATE work SET leased_until = $3 WHERE application_id = $1 AND lease = $2";
    GIVE_BACK = "UPDATE work SET lease = NULL, leased_by = NULL, leased_until = $3, tries = tries - $4, last_fault = $5 WHERE application_id = $1 AND lease = $2";
    FINISH = "DELETE FROM work WHERE application_id = $1 AND lease = $2 AND leased_until > $3";
    STILL_READ = "UPDATE applications SET state = state WHERE id = $1 AND state IN ('submitted', 'assessed') AND ai_free = 0 AND (control_arm = 0 OR (control_arm IS NULL AND NOT EXISTS (SELECT 1 FROM control_arms k WHERE k.recruitment_id = applications.recruitment_id))) AND NOT EXISTS (SELECT 1 FROM ai_stops x WHERE x.recruitment_id = applications.recruitment_id AND x.started_at IS NULL)";
    DROP_WORK = "DELETE FROM work WHERE application_id = $1";
}

/// The one statement that only one engine is given, with the reason. A test holds it against [`NEXT`], from which
/// it differs in its last words only.
pub const ON_POSTGRESQL: (&str, &str, &str) = (
    "NEXT",
    "SELECT w.application_id FROM work w JOIN applications a ON a.id = w.application_id LEFT JOIN assessments s ON s.application_id = a.id WHERE w.leased_until <= $2 AND (a.state = 'submitted' OR (a.state = 'assessed' AND $1 <> '' AND (s.model_digest <> $1 OR s.method <> $3))) AND a.ai_free = 0 AND (a.control_arm = 0 OR (a.control_arm IS NULL AND NOT EXISTS (SELECT 1 FROM control_arms k WHERE k.recruitment_id = a.recruitment_id))) AND NOT EXISTS (SELECT 1 FROM ai_stops x WHERE x.recruitment_id = a.recruitment_id AND x.started_at IS NULL) ORDER BY w.tries, a.submitted_at, a.id LIMIT 1 FOR UPDATE OF w SKIP LOCKED",
    "workers of several nodes look for work at the same moment and must not wait for each other; SQLite has one \
     writer at a time and knows no such words",
);

/// One application in the hands of one worker.
#[derive(Clone, Debug)]
pub struct Lease {
    /// Which application.
    pub application: ApplicationId,
    /// How often it was taken, this time counted.
    pub tries: i64,
    /// What went wrong the last time that somebody could still say so.
    pub last_fault: Option<String>,
    token: String,
}

/// What a lease is asked with.
#[derive(Clone, Debug)]
pub struct Asking<'a> {
    /// Fingerprint of today's model; what another one has assessed waits too. Empty without a model.
    pub model: &'a str,
    /// Today's scoring method; what another one has assessed waits too.
    pub method: &'a str,
    /// A name for this worker.
    pub worker: &'a str,
    /// A text that was drawn for this lease.
    pub token: String,
    /// Now.
    pub now: Moment,
    /// Until when the lease holds.
    pub until: Moment,
}

impl Db {
    /// Takes the application whose turn it is: the one that went wrong least often, then the oldest. `None` when
    /// nothing waits that nobody has in hand.
    ///
    /// A crash leaves rows without a lease, or a lease that expires.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn lease_next(&self, asking: &Asking<'_>) -> Result<Option<Lease>, StoreError> {
        let (unlisted,): (i64,) = on_pool!(self, c => sqlx::query_as(UNLISTED).bind(asking.model).bind(asking.method).fetch_one(c).await)?;
        if unlisted > 0 {
            let mut tx = self.begin().await?;
            in_tx!(tx, c => sqlx::query(LIST).bind(asking.model).bind(asking.method).execute(c).await.map(|_| ()))?;
            tx.commit().await?;
        }
        // An idle worker looks often; only one that finds something begins to write.
        let next: Option<(String,)> = on_pool!(self, c => sqlx::query_as(NEXT).bind(asking.model)
            .bind(asking.now.0).bind(asking.method).fetch_optional(c).await)?;
        if next.is_none() {
            return Ok(None);
        }
        let mut tx = self.begin().await?;
        let sql = if matches!(&tx.inner, Inner::Postgres(_)) { ON_POSTGRESQL.1 } else { NEXT };
        let next: Option<(String,)> = in_tx!(tx, c => sqlx::query_as(sql).bind(asking.model)
            .bind(asking.now.0).bind(asking.method).fetch_optional(c).await)?;
        let Some((id,)) = next else { return Ok(None) };
        tx.take(ApplicationId::new(id), asking).await
    }

    /// Takes one application, unless somebody has it in hand.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn lease_this(
        &self,
        id: &ApplicationId,
        asking: &Asking<'_>,
    ) -> Result<Option<Lease>, StoreError> {
        self.begin().await?.take(id.clone(), asking).await
    }

    /// Lengthens a lease. `false` when it is no longer this one: then nothing of the work will be kept.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn renew_lease(&self, lease: &Lease, until: Moment) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let renewed = in_tx!(tx, c => sqlx::query(RENEW).bind(lease.application.as_str()).bind(&lease.token)
            .bind(until.0).execute(c).await.map(|done| done.rows_affected()))?;
        tx.commit().await?;
        Ok(renewed == 1)
    }

    /// Gives an application back that could not be read. Nobody takes it before `not_before`. A fault that was not
    /// the application's does not count as a try.
    ///
    /// # Errors
    /// When the engine cannot; then the lease expires.
    pub async fn give_back(
        &self,
        lease: &Lease,
        not_before: Moment,
        counts: bool,
        fault: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        in_tx!(tx, c => sqlx::query(GIVE_BACK).bind(lease.application.as_str()).bind(&lease.token)
            .bind(not_before.0).bind(i64::from(!counts)).bind(fault).execute(c).await.map(|_| ()))?;
        tx.commit().await?;
        Ok(())
    }

    /// Ids that wait for the model in one recruitment, oldest first, whether somebody has them in hand or not. What
    /// another model than the one with this digest, or another method, has assessed waits too; without a model (an
    /// empty digest) it does not.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn pending(
        &self,
        recruitment: &RecruitmentId,
        model_digest: &str,
        method: &str,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        let rows: Vec<(String,)> = on_pool!(self, c => sqlx::query_as(PENDING).bind(recruitment.as_str())
            .bind(model_digest).bind(method).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(id,)| ApplicationId::new(id)).collect())
    }
}

impl Tx {
    async fn take(mut self, id: ApplicationId, asking: &Asking<'_>) -> Result<Option<Lease>, StoreError> {
        let taken = in_tx!(self, c => sqlx::query(TAKE).bind(id.as_str()).bind(&asking.token).bind(asking.worker)
            .bind(asking.until.0).bind(asking.now.0).execute(c).await.map(|done| done.rows_affected()))?;
        if taken == 0 {
            return Ok(None);
        }
        let (tries, last_fault): (i64, Option<String>) = in_tx!(self, c => sqlx::query_as(TRIES)
            .bind(id.as_str()).fetch_one(c).await)?;
        self.commit().await?;
        Ok(Some(Lease { application: id, tries, last_fault, token: asking.token.clone() }))
    }

    /// Ends a lease together with what this transaction writes. `false` when the lease is no longer this one, has
    /// expired, or the application may no longer be read: then nothing of this transaction may be committed.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn finish_work(
        &mut self,
        access: &Access<Screening>,
        lease: &Lease,
        now: Moment,
    ) -> Result<bool, StoreError> {
        let id = access.target().id.as_str();
        let ended = in_tx!(self, c => sqlx::query(FINISH).bind(id).bind(&lease.token).bind(now.0).execute(c).await
            .map(|done| done.rows_affected()))?;
        if ended == 0 {
            return Ok(false);
        }
        let read = in_tx!(self, c => sqlx::query(STILL_READ).bind(id).execute(c).await
            .map(|done| done.rows_affected()))?;
        Ok(read == 1)
    }

    /// Takes an application out of every worker's hands.
    pub(super) async fn drop_work(&mut self, id: &ApplicationId) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(DROP_WORK).bind(id.as_str()).execute(c).await.map(|_| ()))?;
        Ok(())
    }
}
