//! The model reads one application: admitted, opened, assessed, sealed, logged. In order, on one
//! page. Which application is whose turn is in [`super::work`].

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::work::Worker;
use super::{App, CaseError, place};
use crate::guard::access::{Access, Act, Actor, ApplicationFacts, Job, Screening, SystemFacts};
use crate::guard::vault::{DataKey, KeyKind};
use crate::pipeline::encoder::Embeddings;
use crate::pipeline::score::{Assessment, Ruler, ScoreError};
use crate::store::applications::{AssessmentOrigin, Field};
use crate::store::work::Lease;
use crate::subject::id::RecruitmentId;

/// The place of the passages' vectors in the associated data of their encryption.
const VECTORS: &str = "embeddings";
/// How long they are kept: law.md's short-lived working copies.
const VECTORS_SECONDS_MAX: i64 = 24 * 3600;

/// How it ended for one application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screened {
    /// Assessed and sealed.
    Assessed,
    /// There is nothing the model can read, or may rank: a person looks.
    Held,
    /// Withdrawn or without AI since it was listed, or AI support is off.
    Skipped,
    /// Another worker has it in hand, or took it while this one was too slow: nothing of this reading is kept.
    Elsewhere,
}

impl App {
    /// The criteria of a recruitment, embedded once and kept.
    ///
    /// # Errors
    /// When there is no model, or the profile's texts are refused by it.
    pub async fn ruler(&self, recruitment: &RecruitmentId) -> Result<Arc<Ruler>, CaseError> {
        let (row, profile) = self.recruitment_and_profile(recruitment).await?;
        if let Some(ruler) =
            self.rulers.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(&row.profile_digest)
        {
            return Ok(Arc::clone(ruler));
        }
        let encoder = self.encoder.clone().ok_or(CaseError::NoModel)?;
        let ruler = tokio::task::spawn_blocking(move || Ruler::new(&encoder, profile))
            .await
            .map_err(|_| CaseError::Interrupted)??;
        let ruler = Arc::new(ruler);
        self.rulers
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .insert(row.profile_digest, Arc::clone(&ruler));
        Ok(ruler)
    }

    /// Lets the model read one application that a worker has in hand.
    ///
    /// A crash before the commit leaves a lease that expires, and the next worker makes the same assessment again.
    /// The lease is compared in the transaction that seals the assessment: who was too slow writes nothing.
    ///
    /// # Errors
    /// When the gate, the vault, the model or the database refuses; the application keeps waiting.
    pub(super) async fn screen_leased(&self, worker: &Worker, lease: &Lease) -> Result<Screened, CaseError> {
        let actor = Actor::Job(worker.job);
        let facts = self.db.application_facts(&lease.application).await?;
        if !readable(&facts) || !self.ai_support(&facts.recruitment).await?.is_on() {
            return Ok(Screened::Skipped);
        }
        let ruler = self.ruler(&facts.recruitment).await?;
        let encoder = self.encoder.clone().ok_or(CaseError::NoModel)?;
        let access = self.admit::<Screening>(&actor, facts, Act::new("application.read_by_model")).await?;
        let Some(text) = self.pseudonymous(&access).await? else {
            return Err(CaseError::NotFound("pseudonymised text"));
        };
        let key = self.key(&access, KeyKind::Content).await?;
        let known = self.kept_vectors(&access, &key).await?;
        let reader = Arc::clone(&ruler);
        let mut reading = tokio::task::spawn_blocking(move || reader.assess(&encoder, &text, known));
        let assessed = loop {
            tokio::select! {
                done = &mut reading => break done.map_err(|_| CaseError::Interrupted)?,
                () = tokio::time::sleep(renewal(worker)) => {
                    // A renewal that fails is made good by the next one, or the lease expires.
                    if let Err(error) = self.db.renew_lease(lease, worker.until(self.clock.now())).await {
                        tracing::warn!(%error, "a lease could not be renewed");
                    }
                }
            }
        };
        let target = access.target();
        let mut tx = self.db.begin().await?;
        if !tx.finish_work(&access, lease, self.clock.now()).await? {
            return Ok(Screened::Elsewhere);
        }
        match assessed {
            Ok((assessment, vectors)) => {
                let detail = json!({
                    "profile": assessment.profile_digest, "model": assessment.model,
                    "model_digest": assessment.model_digest, "method": assessment.method,
                });
                self.note(&mut tx, &actor, "screening", "assessment.sealed", target, detail).await?;
                let origin = AssessmentOrigin {
                    profile_digest: assessment.profile_digest.clone(),
                    model: assessment.model.clone(),
                    model_digest: assessment.model_digest.clone(),
                    method: assessment.method.clone(),
                    assessed_at: self.clock.now(),
                };
                let clear = assessment_bytes(&assessment)?;
                let sealed = self.vault.seal(&key, &place(target, Field::Assessment.code()), &clear)?;
                tx.put_assessment(&access, &origin, &sealed).await?;
                // Only a service that runs on can delete them in time; a command that ends keeps nothing.
                if worker.job == Job::Scorer {
                    let sealed = self.vault.seal(&key, &place(target, VECTORS), &vectors.to_bytes())?;
                    let until = origin.assessed_at.plus_seconds(VECTORS_SECONDS_MAX);
                    tx.keep_embeddings(&access, &sealed, until).await?;
                }
                tx.commit().await?;
                Ok(Screened::Assessed)
            }
            Err(error @ (ScoreError::NothingToRead | ScoreError::Unfit(_))) => {
                let reason = error.to_string();
                let detail = json!({ "reason": reason });
                self.note(&mut tx, &actor, "screening", "application.held", target, detail).await?;
                tx.hold(&access, &reason).await?;
                tx.commit().await?;
                Ok(Screened::Held)
            }
            // The lease is this one still: nothing of the transaction is committed.
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether the model may read it at all. The policies say the same at the door.
pub(super) fn readable(facts: &ApplicationFacts) -> bool {
    !facts.ai_free && matches!(facts.state.as_str(), "submitted" | "assessed")
}

fn renewal(worker: &Worker) -> Duration {
    Duration::from_millis(u64::try_from(worker.lease_seconds).unwrap_or(1).max(1) * 1000 / 3)
}

impl App {
    /// The passages' vectors from an earlier reading, when they are still there. Damaged ones are made anew.
    async fn kept_vectors(
        &self,
        access: &Access<Screening>,
        key: &DataKey,
    ) -> Result<Option<Embeddings>, CaseError> {
        let Some(sealed) = self.db.embeddings(access, self.clock.now()).await? else { return Ok(None) };
        let opened = self.vault.open(key, &place(access.target(), VECTORS), &sealed)?;
        Ok(Embeddings::from_bytes(opened.bytes()).ok())
    }

    /// Deletes the vectors whose day is over. Run it often: it looks before it writes. A crash leaves them to
    /// the next run, and an expired vector is never read.
    ///
    /// # Errors
    /// When the database or the log fails; nothing is deleted then.
    pub async fn purge_working_copies(&self, job: Job) -> Result<u64, CaseError> {
        let now = self.clock.now();
        if self.db.expired_embeddings(now).await? == 0 {
            return Ok(0);
        }
        let mut tx = self.db.begin().await?;
        let actor = Actor::Job(job);
        let target = SystemFacts;
        self.note(&mut tx, &actor, "retention", "working_copies.deleted", &target, json!({ "rule": "24h" }))
            .await?;
        let gone = tx.purge_embeddings(now).await?;
        tx.commit().await?;
        Ok(gone)
    }
}

fn assessment_bytes(assessment: &Assessment) -> Result<Vec<u8>, CaseError> {
    serde_json::to_vec(assessment).map_err(|_| CaseError::Damaged("assessment"))
}
