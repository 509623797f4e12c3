//! What is checked before anybody is let in: that the keys are those of the data, and that the clock
//! agrees with the log.

use serde_json::json;

use super::{App, CaseError};
use crate::clock::Moment;
use crate::guard::access::{Act, Actor, Job, Operations, SystemFacts};
use crate::guard::audit::note::{Checkpoint, Vkey};
use crate::guard::clock_check::ClockError;
use crate::store::Db;

/// The time of the last entry, from a log that these keys have signed.
///
/// Keys of another installation would seal new applications so that nobody could open them once the
/// right keys are back, and would fork the log. So they are refused before anything is written.
pub(super) async fn last_entry(db: &Db) -> Result<Option<Moment>, CaseError> {
    let head = db.log_head().await?;
    let signed =
        Vkey::parse(&db.log_key().1).and_then(|key| Checkpoint::open(head.checkpoint.as_bytes(), &key));
    if signed.is_err() {
        return Err(CaseError::OtherKeys);
    }
    Ok(db.last_entry_time().await?)
}

impl App {
    /// The time, when the host's clock can be believed.
    ///
    /// # Errors
    /// [`ClockError`], which says what to do.
    pub fn time(&self) -> Result<Moment, ClockError> {
        self.gate.time()
    }

    /// Goes on with the host's clock as it is, on the word of a person who has looked at it. The entry
    /// holds what the clock and the log said; every session ends. A crash before the commit leaves
    /// everything as it was.
    ///
    /// # Errors
    /// When the log or the database refuses.
    pub async fn accept_clock(&self, job: Job, reason: &str) -> Result<Moment, CaseError> {
        let last = self.db.last_entry_time().await?;
        let doubt = self.gate.time().err().map(|error| error.to_string());
        self.gate.accept_clock();
        let detail = json!({
            "reason": reason, "last_entry": last.map(Moment::rfc3339), "doubt": doubt,
        });
        let act = Act::new("clock.accepted").detail(detail);
        let (access, mut tx) = self.admit_to_change::<Operations>(&Actor::Job(job), SystemFacts, act).await?;
        tx.end_every_session(&access).await?;
        let at = access.at();
        tx.commit().await?;
        Ok(at)
    }
}
