//! The last entry of the log, for the check of the host's clock, and the end of every session, for when
//! a clock is accepted.

use crate::clock::Moment;
use crate::guard::access::{Access, Operations};
use crate::guard::audit::Leaf;

use super::{Db, StoreError, Tx};

statements! {
    LAST_LEAF = "SELECT leaf FROM audit_entries ORDER BY seq DESC LIMIT 1";
    END_SESSIONS = "DELETE FROM sessions";
}

impl Db {
    /// When the last entry was written; none in an empty log.
    ///
    /// # Errors
    /// When the engine cannot, or the entry is not one.
    pub async fn last_entry_time(&self) -> Result<Option<Moment>, StoreError> {
        let row: Option<(Vec<u8>,)> = on_pool!(self, c => sqlx::query_as(LAST_LEAF).fetch_optional(c).await)?;
        let Some((leaf,)) = row else { return Ok(None) };
        let leaf = Leaf::parse(&leaf).map_err(|_| StoreError::Damaged("audit_entries.leaf"))?;
        Ok(Some(leaf.entry.time))
    }
}

impl Tx {
    /// Ends every session: what they are counted by no longer holds.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn end_every_session(&mut self, _access: &Access<Operations>) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(END_SESSIONS).execute(c).await.map(|_| ()))?;
        Ok(())
    }
}
