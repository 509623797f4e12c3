//! Candidates of another system are taken in, one by one, each as if handed in here.
//!
//! A candidate's label is made from the round and the candidate's key, so the same candidate is taken in once,
//! however often the import is run and wherever it was cut off. A crash in the middle of one candidate leaves a
//! draft that nobody opens and keys that seal nothing; both are swept, and the next run takes the candidate in.

use zeroize::Zeroizing;

use super::drafts::NewFile;
use super::intake::{SentDraft, Submission};
use super::{App, CaseError};
use crate::guard::access::{Actor, Job};
use crate::guard::pii::Pii;
use crate::pipeline::extract::Outcome;
use crate::pipeline::extract::told::whole;
use crate::pipeline::received::Received;
use crate::subject::id::{PlacementId, RecruitmentId};
use crate::subject::words::Lang;

/// One candidate to take in.
pub struct Candidate {
    /// What names the candidate in the other system.
    pub key: String,
    /// What the other system holds.
    pub received: Received,
    /// The documents.
    pub files: Vec<NewFile>,
    /// The chosen placements.
    pub placements: Vec<PlacementId>,
    /// The language to answer in.
    pub language: Lang,
}

/// What became of a candidate.
pub enum TakenIn {
    /// Taken in now.
    New {
        /// The label.
        label: String,
        /// The code that lets the candidate in, for whoever tells the candidate.
        code: Zeroizing<String>,
        /// A person looks before the model may.
        held: bool,
    },
    /// Taken in by an earlier run.
    Before {
        /// The label.
        label: String,
    },
}

impl App {
    /// Takes in one candidate, unless an earlier run did.
    ///
    /// # Errors
    /// As [`App::submit`]; nothing of this candidate is stored then.
    pub async fn import(
        &self,
        recruitment: &RecruitmentId,
        candidate: Candidate,
    ) -> Result<TakenIn, CaseError> {
        let actor = Actor::Job(Job::Import);
        let seed = format!("import/{recruitment}/{}", candidate.key);
        if self.known_label(recruitment, &seed).await? {
            return Ok(TakenIn::Before { label: self.seeded_label(&seed) });
        }
        let draft = if candidate.files.is_empty() {
            None
        } else {
            let secret = self.keep_draft(&actor, recruitment, None, b"{}", &candidate.files, &[]).await?;
            let read = self.draft(&actor, recruitment, &secret).await?;
            let read = read.ok_or(CaseError::NotFound("draft"))?;
            // Nobody has checked what was read; the notice to the candidate says so.
            let checked = read
                .files
                .iter()
                .filter_map(|file| match &file.outcome {
                    Outcome::Read(reading) => Some((file.place, Pii::new(whole(reading)))),
                    _ => None,
                })
                .collect();
            Some(SentDraft { secret, checked })
        };
        let submission = Submission {
            received: candidate.received,
            placements: candidate.placements,
            language: candidate.language,
            ai_free: false,
            label_seed: Some(seed.clone()),
            draft,
        };
        match self.submit(&actor, recruitment, submission).await {
            Ok(done) => Ok(TakenIn::New { label: done.label, code: done.receipt_code, held: done.held }),
            // Two runs at once: the other one was first.
            Err(CaseError::Store(crate::store::StoreError::Twice(_)))
                if self.known_label(recruitment, &seed).await? =>
            {
                Ok(TakenIn::Before { label: self.seeded_label(&seed) })
            }
            Err(error) => Err(error),
        }
    }
}
