//! What keeps people from what they should not touch: conflicts of interest ([`conflict`]), legal holds ([`hold`])
//! and the narrow way round a closed door ([`emergency`]). Each is asked of the policies like everything else and
//! takes effect at the next request, because the policies are asked with what is stored then.

use super::{App, CaseError, place};
use crate::guard::access::{Access, MayOpen};
use crate::guard::pii::{Pii, StaffNote};
use crate::guard::vault::{KeyKind, Place, Sealed};
use crate::store::StoreError;
use crate::subject::id::ApplicationId;

pub mod conflict;
pub mod hold;
pub mod emergency;

impl App {
    /// Seals what somebody wrote about a safeguard, with the key that seals the details of the applicant's log
    /// entries: nobody needs the key of the application's text for it.
    async fn seal_note<P: MayOpen>(
        &self,
        access: &Access<P>,
        field: &str,
        note: &Pii<StaffNote>,
    ) -> Result<Sealed, CaseError> {
        let key = self.key(access, KeyKind::Tag).await?;
        Ok(self.vault.seal_pii(&key, &Place { field, ..place(access.target(), "") }, note)?)
    }

    /// Opens such a note; `None` once the applicant's keys are destroyed.
    async fn open_note(
        &self,
        application: &ApplicationId,
        field: &str,
        sealed: &Sealed,
    ) -> Result<Option<Pii<StaffNote>>, CaseError> {
        let facts = match self.db.application_facts(application).await {
            Ok(facts) => facts,
            Err(StoreError::Missing(_)) => return Ok(None),
            Err(other) => return Err(other.into()),
        };
        let key = self.vault.unwrap_key(&facts.subject, KeyKind::Tag, &facts.tag_key)?;
        Ok(Some(self.vault.open_pii::<StaffNote>(&key, &Place { field, ..place(&facts, "") }, sealed)?))
    }
}
