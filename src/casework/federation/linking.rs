//! What an administrator does to accounts from the command line: list them, link an identity to one,
//! end the link, close one. Each is admitted and in the log like everything else.
//!
//! A link is a decision of a person who knows whom it is for. The code that an unknown identity is shown
//! proves nothing about who reads it out: the administrator meets the colleague, or calls back.

use serde_json::json;

use super::PENDING_DAYS_MAX;
use crate::casework::{App, CaseError};
use crate::guard::access::{Access, Act, Actor, Job, Operations, SystemFacts};
use crate::guard::oidc::token::Identity;
use crate::store::StoreError;
use crate::store::federation::Pending;

pub use crate::store::federation::{LinkRow, StaffRow};

/// Why an identity was not linked.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// No open account has the login.
    #[error("there is no open account with this login; `urval staff list` shows them")]
    NoAccount,
    /// No identity waits under the code.
    #[error("no identity waits under this code: it is misspelt, older than seven days, or linked already")]
    NoPending,
    /// The identity opens an account.
    #[error("this identity opens an account already; end that link first with `urval staff unlink`")]
    Linked,
    /// There is nothing to end.
    #[error("this account has no link with that issuer; `urval staff list` shows the links")]
    NoLink,
    /// Our own side.
    #[error(transparent)]
    Case(#[from] CaseError),
}

impl From<StoreError> for LinkError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Twice(_) => Self::Linked,
            other => Self::Case(other.into()),
        }
    }
}

/// Which identity to link.
pub enum Which<'a> {
    /// One whose issuer and subject are known.
    Named(&'a Identity),
    /// One that came to the door and was shown this code.
    Code(&'a str),
}

impl App {
    /// Every account with its memberships, and every link.
    ///
    /// # Errors
    /// When the gate or the database refuses.
    pub async fn staff_list(&self, job: Job) -> Result<(Vec<StaffRow>, Vec<LinkRow>), CaseError> {
        let access: Access<Operations> =
            self.admit(&Actor::Job(job), SystemFacts, Act::new("staff.listed")).await?;
        Ok(self.db.staff_list(&access).await?)
    }

    /// Lets an identity open an account. Gives its issuer.
    ///
    /// # Errors
    /// [`LinkError`]: says what to do; nothing is linked then.
    pub async fn link_identity(&self, job: Job, login: &str, which: Which<'_>) -> Result<String, LinkError> {
        let how = if matches!(which, Which::Code(_)) { "code" } else { "named" };
        let act = Act::new("staff.identity_linked").detail(json!({ "login": login, "how": how }));
        let (access, mut tx) = self.admit_to_change::<Operations>(&Actor::Job(job), SystemFacts, act).await?;
        let staff = self.db.open_account(&access, login).await?.ok_or(LinkError::NoAccount)?;
        let pending = match which {
            Which::Named(identity) => Pending {
                identity_hash: self.vault.token_hash(&identity.key()).to_vec(),
                issuer: identity.issuer().to_owned(),
            },
            Which::Code(typed) => {
                let since = access.at().plus_seconds(-PENDING_DAYS_MAX * 24 * 3600);
                let found = self.db.pending_identity(&access, &normal_code(typed), since).await?;
                found.ok_or(LinkError::NoPending)?
            }
        };
        let id = self.chance.uuid().map_err(CaseError::from)?;
        tx.put_link(&access, &id, &pending, &staff).await?;
        tx.commit().await?;
        Ok(pending.issuer)
    }

    /// Ends an account's links with an issuer, and the sessions that came from them. Gives how many.
    ///
    /// # Errors
    /// [`LinkError`]: says what to do; nothing is changed then.
    pub async fn unlink_identity(&self, job: Job, login: &str, issuer: &str) -> Result<usize, LinkError> {
        let act = Act::new("staff.identity_unlinked").detail(json!({ "login": login, "issuer": issuer }));
        let (access, mut tx) = self.admit_to_change::<Operations>(&Actor::Job(job), SystemFacts, act).await?;
        let ended = tx.drop_links(&access, login, issuer).await?;
        if ended == 0 {
            return Err(LinkError::NoLink);
        }
        tx.commit().await?;
        Ok(ended)
    }

    /// Closes an account: it and its sessions open nothing from the next request on. What the person
    /// did stays.
    ///
    /// # Errors
    /// [`LinkError::NoAccount`] when no open account has the login.
    pub async fn close_staff(&self, job: Job, login: &str) -> Result<(), LinkError> {
        let act = Act::new("staff.closed").detail(json!({ "login": login }));
        let (access, mut tx) = self.admit_to_change::<Operations>(&Actor::Job(job), SystemFacts, act).await?;
        if !tx.close_staff(&access, login).await? {
            return Err(LinkError::NoAccount);
        }
        tx.commit().await?;
        Ok(())
    }
}

/// A code as it is stored, however it was typed: `7qf3 m2xk` is `7QF3-M2XK`, and letters that are not in
/// it stand for the digits that they look like.
fn normal_code(typed: &str) -> String {
    let plain: String = typed
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    match plain.split_at_checked(4) {
        Some((first, rest)) => format!("{first}-{rest}"),
        None => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_same_however_it_is_read_aloud() {
        for typed in ["7QF0-M21K", "7qf0m21k", " 7qfo m2lk ", "7QFO–M2IK"] {
            assert_eq!(normal_code(typed), "7QF0-M21K", "{typed}");
        }
        for odd in ["", "å", "1", "\0", "' OR 1=1 --"] {
            assert!(normal_code(odd).bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "{odd:?}");
        }
    }
}
