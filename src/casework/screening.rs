//! The model reads one application: admitted, opened, assessed, sealed, logged. In order, on one
//! page.

use std::sync::Arc;

use serde_json::json;

use super::{App, CaseError, place};
use crate::guard::access::{Access, Act, Actor, Job, Screening, SystemFacts};
use crate::guard::vault::{DataKey, KeyKind};
use crate::pipeline::encoder::Embeddings;
use crate::pipeline::score::{Assessment, METHOD, Ruler, ScoreError};
use crate::store::applications::{AssessmentOrigin, Field};
use crate::subject::id::{ApplicationId, RecruitmentId};

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
    /// Withdrawn or without AI since it was listed.
    Skipped,
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

    /// Ids that wait for the model: not read yet, or read by another model or method than today's.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn waiting(
        &self,
        recruitment: Option<&RecruitmentId>,
    ) -> Result<Vec<ApplicationId>, CaseError> {
        Ok(self.db.pending(recruitment, &self.model_fingerprint().unwrap_or_default(), METHOD).await?)
    }

    /// Lets the model read one application.
    ///
    /// A crash before the commit leaves the application waiting, and the next run makes the same
    /// assessment again.
    ///
    /// # Errors
    /// When the gate, the vault, the model or the database refuses; the application keeps waiting.
    pub async fn screen_one(&self, job: Job, id: &ApplicationId) -> Result<Screened, CaseError> {
        let actor = Actor::Job(job);
        let facts = self.db.application_facts(id).await?;
        if facts.ai_free || !matches!(facts.state.as_str(), "submitted" | "assessed") {
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
        let worker = Arc::clone(&ruler);
        let assessed = tokio::task::spawn_blocking(move || worker.assess(&encoder, &text, known))
            .await
            .map_err(|_| CaseError::Interrupted)?;
        let target = access.target();
        let mut tx = self.db.begin().await?;
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
                if job == Job::Scorer {
                    let sealed = self.vault.seal(&key, &place(target, VECTORS), &vectors.to_bytes())?;
                    let until = origin.assessed_at.plus_seconds(VECTORS_SECONDS_MAX);
                    tx.keep_embeddings(&access, &sealed, until).await?;
                }
                tx.commit().await?;
                Ok(Screened::Assessed)
            }
            Err(error @ (ScoreError::NothingToRead | ScoreError::Unfit(_))) => {
                let reason = error.to_string();
                self.note(
                    &mut tx,
                    &actor,
                    "screening",
                    "application.held",
                    target,
                    json!({ "reason": reason }),
                )
                .await?;
                tx.hold(&access, &reason).await?;
                tx.commit().await?;
                Ok(Screened::Held)
            }
            Err(error) => Err(error.into()),
        }
    }
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
