//! The control arm of a pilot: a share of the applications, drawn by lot, that the model never reads. Whether AI support
//! helps can only be said against applications that were read without it.
//!
//! The share is set once, before anything is scored; a commitment to the seed is then in the log, so that the draw can
//! be repeated afterwards and nobody can have chosen. Readers are not told who is in the arm: to them an application in
//! it is one without AI support, as those whose applicants asked for that are. The applicant is told.
//!
//! A crash leaves the share with its entry and its draw, or nothing. An application that came in between is drawn
//! before a worker may take it.

use serde_json::json;

use super::{App, CaseError, Conflict, Invalid};
use crate::clock::Moment;
use crate::guard::access::{Act, Actor, Job, Operations, SeeControl, SetControl, SystemFacts};
use crate::guard::lot::{SHARE_MAX, Seed, commitment, drawn};
use crate::guard::vault::{Place, Sealed};
use crate::store::control::ArmRow;
use crate::store::recruitments::Recruitment;
use crate::subject::id::{ApplicationId, RecruitmentId};

/// What the programme lead and the data-protection officer see: numbers, no labels.
pub struct ControlView {
    /// The recruitment.
    pub recruitment: Recruitment,
    /// What was set, when anything was.
    pub set: Option<ControlSet>,
}

/// A share that was set.
pub struct ControlSet {
    /// Per cent.
    pub share: u8,
    /// When.
    pub at: Moment,
    /// The commitment to the seed, as it is in the log.
    pub commitment: String,
    /// How many applications are in the arm.
    pub inside: i64,
    /// How many are not.
    pub outside: i64,
}

/// Everything that an evaluation needs to draw again.
pub struct Revealed {
    /// Per cent.
    pub share: u8,
    /// The seed, in hexadecimal digits.
    pub seed: String,
    /// The commitment to it.
    pub commitment: String,
    /// The labels of those in the arm.
    pub labels: Vec<String>,
}

fn place(recruitment: &RecruitmentId) -> Place<'_> {
    Place { tenant: recruitment.as_str(), record: recruitment.as_str(), field: "control_arms.seed" }
}

impl App {
    fn opened_seed(&self, recruitment: &RecruitmentId, sealed: &Sealed) -> Result<Seed, CaseError> {
        let opened = self.vault.open(&self.vault.recruitment_key(), &place(recruitment), sealed)?;
        opened.bytes().try_into().map_err(|_| CaseError::Damaged("seed of a control arm"))
    }

    fn lot_of(&self, row: &ArmRow, of: &RecruitmentId, id: &ApplicationId) -> Result<bool, CaseError> {
        Ok(drawn(&self.opened_seed(of, &row.seed)?, id, row.share))
    }

    /// What the lot says about one application; `None` in a recruitment without a control arm.
    pub(super) async fn lot(
        &self,
        recruitment: &RecruitmentId,
        id: &ApplicationId,
    ) -> Result<Option<bool>, CaseError> {
        match self.db.control_arm(recruitment).await? {
            Some(row) => Ok(Some(self.lot_of(&row, recruitment, id)?)),
            None => Ok(None),
        }
    }

    /// Draws what came in while a share was being set. It is cheap when there is nothing.
    pub(super) async fn draw_the_rest(&self) -> Result<(), CaseError> {
        for (id, recruitment) in self.db.undrawn().await? {
            let Some(in_arm) = self.lot(&recruitment, &id).await? else { continue };
            let mut tx = self.db.begin().await?;
            tx.draw(&id, in_arm).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Sets the share of a recruitment's control arm, once and before anything is scored, and draws who is there
    /// already.
    ///
    /// # Errors
    /// When the gate refuses; [`CaseError::Invalid`] for a share outside 1 to 50; [`CaseError::Conflict`] when it is
    /// set or something is scored already.
    pub async fn set_control(
        &self,
        actor: &Actor,
        recruitment: &RecruitmentId,
        share: u8,
    ) -> Result<(), CaseError> {
        let facts = self.db.recruitment_facts(recruitment).await?;
        let seed: Seed = self.chance.bytes()?;
        let act = Act::new("control.set").detail(json!({ "share": share, "commitment": commitment(&seed) }));
        let (access, mut tx) = self.admit_to_change::<SetControl>(actor, facts, act).await?;
        if !(1..=SHARE_MAX).contains(&share) {
            return Err(CaseError::Invalid(Invalid::BadShare));
        }
        let sealed = self.vault.seal(&self.vault.recruitment_key(), &place(recruitment), &seed)?;
        if !tx.put_control_arm(&access, share, &sealed).await? {
            return Err(CaseError::Conflict(Conflict::ControlSet));
        }
        for id in tx.to_draw(&access).await? {
            // Who was assessed in this moment is found by the count below.
            tx.draw(&id, drawn(&seed, &id, share)).await?;
        }
        // Last, when the rows above cannot be assessed any more before this is committed.
        if tx.scored(&access).await? > 0 {
            return Err(CaseError::Conflict(Conflict::Scored));
        }
        tx.commit().await?;
        Ok(())
    }

    /// The control arms of every round, for the programme lead and the data-protection officer.
    ///
    /// # Errors
    /// When the gate refuses or something cannot be read.
    pub async fn control(&self, actor: &Actor) -> Result<Vec<ControlView>, CaseError> {
        let _admitted = self.admit::<SeeControl>(actor, SystemFacts, Act::new("control.shown")).await?;
        let mut out = Vec::new();
        for recruitment in self.db.rounds().await? {
            let set = match self.db.control_arm(&recruitment.id).await? {
                Some(row) => {
                    let (inside, outside) = self.db.control_numbers(&recruitment.id).await?;
                    let commitment = commitment(&self.opened_seed(&recruitment.id, &row.seed)?);
                    Some(ControlSet { share: row.share, at: row.set_at, commitment, inside, outside })
                }
                None => None,
            };
            out.push(ControlView { recruitment, set });
        }
        Ok(out)
    }

    /// Tells the seed and who is in the arm, for an evaluation. From then on the arm is known to whoever was told.
    ///
    /// # Errors
    /// When the gate refuses, or there is no control arm.
    pub async fn reveal_control(&self, job: Job, recruitment: &RecruitmentId) -> Result<Revealed, CaseError> {
        let row = self.db.control_arm(recruitment).await?.ok_or(CaseError::NotFound("control arm"))?;
        let act = Act::new("control.revealed").detail(json!({ "recruitment": recruitment.as_str() }));
        let _admitted = self.admit::<Operations>(&Actor::Job(job), SystemFacts, act).await?;
        let seed = self.opened_seed(recruitment, &row.seed)?;
        Ok(Revealed {
            share: row.share,
            seed: hex::encode(seed),
            commitment: commitment(&seed),
            labels: self.db.in_control_arm(recruitment).await?,
        })
    }
}
