//! The model reads one application: admitted, opened, assessed, sealed, logged. In order, on one
//! page.

use std::sync::Arc;

use serde_json::json;

use super::{App, CaseError, place};
use crate::guard::access::{Act, Actor, Job, Screening};
use crate::guard::vault::KeyKind;
use crate::pipeline::score::{Assessment, Ruler, ScoreError};
use crate::store::applications::{AssessmentOrigin, Field};
use crate::subject::id::{ApplicationId, RecruitmentId};

/// How it ended for one application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screened {
    /// Assessed and sealed.
    Assessed,
    /// There is nothing the model can read: a person looks.
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

    /// Ids that wait for the model.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn waiting(
        &self,
        recruitment: Option<&RecruitmentId>,
    ) -> Result<Vec<ApplicationId>, CaseError> {
        Ok(self.db.pending(recruitment).await?)
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
        let worker = Arc::clone(&ruler);
        let assessed = tokio::task::spawn_blocking(move || worker.assess(&encoder, &text))
            .await
            .map_err(|_| CaseError::Interrupted)?;
        let target = access.target();
        let mut tx = self.db.begin().await?;
        match assessed {
            Ok(assessment) => {
                let detail = json!({
                    "profile": assessment.profile_digest, "model": assessment.model,
                    "model_digest": assessment.model_digest, "method": assessment.method,
                });
                self.note(&mut tx, &actor, "screening", "assessment.sealed", target, detail).await?;
                let origin = AssessmentOrigin {
                    profile_digest: assessment.profile_digest.clone(),
                    model: assessment.model.clone(),
                    model_digest: assessment.model_digest.clone(),
                    assessed_at: self.clock.now(),
                };
                let clear = assessment_bytes(&assessment)?;
                let key = self.key(&access, KeyKind::Content).await?;
                let sealed = self.vault.seal(&key, &place(target, Field::Assessment.code()), &clear)?;
                tx.put_assessment(&access, &origin, &sealed).await?;
                tx.commit().await?;
                Ok(Screened::Assessed)
            }
            Err(error @ ScoreError::NothingToRead) => {
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

fn assessment_bytes(assessment: &Assessment) -> Result<Vec<u8>, CaseError> {
    serde_json::to_vec(assessment).map_err(|_| CaseError::Damaged("assessment"))
}
