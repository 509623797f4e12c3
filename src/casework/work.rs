//! Whose turn it is to be read by the model, and by which worker. Several workers on one database share the queue.
//!
//! What waits is a state in the database. A worker takes one application at a time, with a lease that it renews
//! while the model reads. Killed anywhere, it leaves a lease that expires, and somebody else reads the application
//! from the beginning. Nothing is kept twice: the assessment is sealed in the transaction that ends the lease.
//!
//! What cannot be read, or takes its worker down, must not hold up the others: it goes to the end of the queue, and
//! after [`TRIES_MAX`] times a person reads it.

use serde_json::json;

use super::screening::{Screened, readable};
use super::{App, CaseError};
use crate::clock::Moment;
use crate::guard::access::{Act, Actor, Job, Screening};
use crate::guard::vault::VaultError;
use crate::pipeline::score::METHOD;
use crate::store::StoreError;
use crate::store::work::{Asking, Lease};
use crate::subject::id::{ApplicationId, RecruitmentId};

/// How often one application is tried.
pub const TRIES_MAX: i64 = 5;
/// How long a lease holds, unless somebody says otherwise. A dead worker holds an application up for so long.
pub const LEASE_SECONDS: i64 = 60;
/// How long an application rests after each fault of its own.
const REST_SECONDS: i64 = 30;

/// Who reads.
#[derive(Clone, Debug)]
pub struct Worker {
    /// For the policies and the log.
    pub job: Job,
    /// A name of its own, for the operator.
    pub name: String,
    /// How long its leases hold.
    pub lease_seconds: i64,
}

impl Worker {
    /// A worker with the usual lease.
    #[must_use]
    pub fn new(job: Job, name: &str) -> Self {
        Self { job, name: name.to_owned(), lease_seconds: LEASE_SECONDS }
    }

    pub(super) fn until(&self, now: Moment) -> Moment {
        now.plus_seconds(self.lease_seconds)
    }
}

/// What one turn of a worker came to.
#[derive(Debug)]
pub enum Turn {
    /// Nothing waits that nobody has in hand.
    Nothing,
    /// One application was in hand.
    Done(ApplicationId, Screened),
    /// One application could not be read. It keeps waiting; after some more tries a person reads it.
    Failed(ApplicationId, CaseError),
}

impl App {
    /// Ids that wait for the model: not read yet, or read by another model or method than today's.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn waiting(&self, recruitment: &RecruitmentId) -> Result<Vec<ApplicationId>, CaseError> {
        self.draw_the_rest().await?;
        Ok(self.db.pending(recruitment, &self.model_fingerprint().unwrap_or_default(), METHOD).await?)
    }

    /// Takes the application whose turn it is and lets the model read it.
    ///
    /// # Errors
    /// When something is wrong that is not one application's: the log, the database, the clock, the model. Trying
    /// again after a pause is safe.
    pub async fn take_turn(&self, worker: &Worker) -> Result<Turn, CaseError> {
        let model = self.model_fingerprint().ok_or(CaseError::NoModel)?;
        self.draw_the_rest().await?;
        let Some(lease) = self.db.lease_next(&self.asking(worker, &model)?).await? else {
            return Ok(Turn::Nothing);
        };
        let id = lease.application.clone();
        let outcome = if lease.tries > TRIES_MAX {
            self.leave_to_a_person(worker, &lease).await
        } else {
            self.screen_leased(worker, &lease).await
        };
        match self.settled(&lease, outcome).await {
            Ok(screened) => Ok(Turn::Done(id, screened)),
            Err(fault) if of_the_application(&fault) => Ok(Turn::Failed(id, fault)),
            Err(fault) => Err(fault),
        }
    }

    /// Lets the model read one application now, also one that it has read before.
    ///
    /// # Errors
    /// When the gate, the vault, the model or the database refuses; the application keeps waiting.
    pub async fn screen_one(&self, job: Job, id: &ApplicationId) -> Result<Screened, CaseError> {
        let facts = self.db.application_facts(id).await?;
        if !readable(&facts) || !self.ai_support(&facts.recruitment).await?.is_on() {
            return Ok(Screened::Skipped);
        }
        let worker = Worker::new(job, job.code());
        let model = self.model_fingerprint().ok_or(CaseError::NoModel)?;
        let Some(lease) = self.db.lease_this(id, &self.asking(&worker, &model)?).await? else {
            return Ok(Screened::Elsewhere);
        };
        let outcome = self.screen_leased(&worker, &lease).await;
        self.settled(&lease, outcome).await
    }

    fn asking<'a>(&self, worker: &'a Worker, model: &'a str) -> Result<Asking<'a>, CaseError> {
        let now = self.gate.time().map_err(CaseError::Clock)?;
        Ok(Asking {
            model,
            method: METHOD,
            worker: &worker.name,
            token: self.chance.uuid()?,
            now,
            until: worker.until(now),
        })
    }

    /// Gives back what was not finished. A crash, or a database that is gone, leaves that to the lease's end.
    async fn settled(
        &self,
        lease: &Lease,
        outcome: Result<Screened, CaseError>,
    ) -> Result<Screened, CaseError> {
        let now = self.clock.now();
        let given = match &outcome {
            Ok(Screened::Assessed | Screened::Held | Screened::Elsewhere) => return outcome,
            Ok(Screened::Skipped) => self.db.give_back(lease, now, true, "not to be read").await,
            Err(fault) if of_the_application(fault) => {
                let rested = now.plus_seconds(REST_SECONDS.saturating_mul(lease.tries));
                self.db.give_back(lease, rested, true, &fault.to_string()).await
            }
            Err(fault) => self.db.give_back(lease, now, false, &fault.to_string()).await,
        };
        if let Err(error) = given {
            tracing::warn!(%error, "an application could not be given back; its lease expires");
        }
        outcome
    }

    /// Holds an application that was tried often enough.
    async fn leave_to_a_person(&self, worker: &Worker, lease: &Lease) -> Result<Screened, CaseError> {
        let actor = Actor::Job(worker.job);
        let facts = self.db.application_facts(&lease.application).await?;
        if !readable(&facts) {
            return Ok(Screened::Skipped);
        }
        let last = lease.last_fault.as_deref().unwrap_or("the worker ended without saying why");
        let reason = format!("reading it by machine failed {TRIES_MAX} times; the last time: {last}");
        let act = Act::new("application.held").detail(json!({ "reason": reason, "tries": TRIES_MAX }));
        let (access, mut tx) = self.admit_to_change::<Screening>(&actor, facts, act).await?;
        if !tx.finish_work(&access, lease, self.clock.now()).await? {
            return Ok(Screened::Elsewhere);
        }
        tx.hold(&access, &reason).await?;
        tx.commit().await?;
        Ok(Screened::Held)
    }
}

/// Whether a fault belongs to one application, so that the others can go on. What is not known to be the service's
/// is counted as the application's: it rests, and in the end a person reads it.
fn of_the_application(fault: &CaseError) -> bool {
    !matches!(
        fault,
        CaseError::Journal
            | CaseError::Clock(_)
            | CaseError::Unavailable(_)
            | CaseError::OtherKeys
            | CaseError::NoModel
            | CaseError::Busy
            | CaseError::Chance(_)
            | CaseError::Vault(VaultError::Keys(_))
            | CaseError::Store(StoreError::Keys(_))
    )
}
