//! Sign-ins under way, which identity opens which account, and what an administrator does to accounts.

use crate::clock::Moment;
use crate::guard::access::{Access, Operations};
use crate::subject::id::StaffId;

use super::{Db, StoreError, Tx};

statements! {
    PUT_SIGN_IN = "INSERT INTO sign_ins (state_hash, browser_hash, provider, begun_at) VALUES ($1, $2, $3, $4)";
    TAKE_SIGN_IN = "DELETE FROM sign_ins WHERE state_hash = $1 AND browser_hash = $2 RETURNING provider, begun_at";
    SWEEP_SIGN_INS = "DELETE FROM sign_ins WHERE begun_at < $1";
    LINK_OF = "SELECT id, staff_id FROM federated_identities WHERE identity_hash = $1";
    PUT_LINK = "INSERT INTO federated_identities (id, identity_hash, issuer, staff_id, linked_at) VALUES ($1, $2, $3, $4, $5)";
    LINKS_OF_LOGIN = "SELECT f.id FROM federated_identities f JOIN staff s ON s.id = f.staff_id WHERE s.login = $1 AND f.issuer = $2 ORDER BY f.id";
    END_SESSIONS_OF_LINK = "DELETE FROM sessions WHERE membership_id IN (SELECT m.id FROM memberships m JOIN federated_identities f ON f.staff_id = m.staff_id WHERE f.id = $1)";
    DROP_LINK = "DELETE FROM federated_identities WHERE id = $1";
    PUT_PENDING = "INSERT INTO pending_identities (code, identity_hash, issuer, seen_at) VALUES ($1, $2, $3, $4) ON CONFLICT (code) DO UPDATE SET seen_at = excluded.seen_at WHERE pending_identities.identity_hash = excluded.identity_hash";
    PENDING = "SELECT identity_hash, issuer FROM pending_identities WHERE code = $1 AND seen_at >= $2";
    DROP_PENDING = "DELETE FROM pending_identities WHERE identity_hash = $1";
    SWEEP_PENDING = "DELETE FROM pending_identities WHERE seen_at < $1";
    PUT_FEDERATED_SESSION = "INSERT INTO federated_sessions (token_hash, identity_id, provider) VALUES ($1, $2, $3)";
    KEEP_PROVIDER = "UPDATE federated_sessions SET token_hash = $2 WHERE token_hash = $1";
    SESSION_PROVIDER = "SELECT provider FROM federated_sessions WHERE token_hash = $1";
    STAFF_BY_LOGIN = "SELECT id FROM staff WHERE login = $1 AND active = 1";
    STAFF_LIST = "SELECT s.login, s.name, s.active, m.organisation_id, m.role, m.valid_from, m.valid_to FROM staff s JOIN memberships m ON m.staff_id = s.id ORDER BY s.login, m.id";
    LINK_LIST = "SELECT s.login, f.issuer, f.linked_at FROM federated_identities f JOIN staff s ON s.id = f.staff_id ORDER BY s.login, f.issuer, f.id";
    CLOSE_STAFF = "UPDATE staff SET active = 0 WHERE login = $1 AND active = 1";
    END_SESSIONS_OF_STAFF = "DELETE FROM sessions WHERE membership_id IN (SELECT m.id FROM memberships m JOIN staff s ON s.id = m.staff_id WHERE s.login = $1)";
}

/// A sign-in that its browser has come back from.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The provider's id in the settings.
    pub provider: String,
    /// When it began.
    pub begun_at: Moment,
}

/// Which account an identity opens.
#[derive(Clone, Debug)]
pub struct Link {
    /// The link.
    pub id: String,
    /// The account.
    pub staff: StaffId,
}

/// An identity that came to the door and opens nothing yet.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The keyed hash of issuer and subject.
    pub identity_hash: Vec<u8>,
    /// Who vouches for it.
    pub issuer: String,
}

/// One membership of one account, as an administrator sees it.
#[derive(Clone, Debug)]
pub struct StaffRow {
    /// What the person types.
    pub login: String,
    /// Shown name.
    pub name: String,
    /// Whether the account is open.
    pub active: bool,
    /// In whose name.
    pub organisation: String,
    /// In which capacity.
    pub role: String,
    /// First moment of validity.
    pub valid_from: Moment,
    /// First moment after validity.
    pub valid_to: Moment,
}

/// One link as an administrator sees it. The subject cannot be read back.
#[derive(Clone, Debug)]
pub struct LinkRow {
    /// Whose.
    pub login: String,
    /// Who vouches.
    pub issuer: String,
    /// Since when.
    pub linked_at: Moment,
}

impl Tx {
    /// Lets an identity open an account. What it was pending under is forgotten.
    ///
    /// # Errors
    /// [`StoreError::Twice`] when it opens an account already.
    pub async fn put_link(
        &mut self,
        access: &Access<Operations>,
        id: &str,
        identity: &Pending,
        staff: &StaffId,
    ) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(PUT_LINK)
            .bind(id).bind(identity.identity_hash.clone()).bind(identity.issuer.as_str())
            .bind(staff.as_str()).bind(access.at().0)
            .execute(c).await.map(|_| ()))?;
        in_tx!(self, c => sqlx::query(DROP_PENDING)
            .bind(identity.identity_hash.clone()).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Ends every link of an account with an issuer, and the sessions that came from them. Gives how
    /// many there were.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn drop_links(
        &mut self,
        _access: &Access<Operations>,
        login: &str,
        issuer: &str,
    ) -> Result<usize, StoreError> {
        let links: Vec<(String,)> = in_tx!(self, c => sqlx::query_as(LINKS_OF_LOGIN)
            .bind(login).bind(issuer).fetch_all(c).await)?;
        for (id,) in &links {
            in_tx!(self, c => sqlx::query(END_SESSIONS_OF_LINK).bind(id.as_str()).execute(c).await.map(|_| ()))?;
            in_tx!(self, c => sqlx::query(DROP_LINK).bind(id.as_str()).execute(c).await.map(|_| ()))?;
        }
        Ok(links.len())
    }

    /// A session that has taken its second step came from the same provider as before.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn keep_provider(&mut self, from: &[u8], to: &[u8]) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(KEEP_PROVIDER).bind(from.to_vec()).bind(to.to_vec())
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Closes an account and ends its sessions. False when there is no open account of that login.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn close_staff(
        &mut self,
        _access: &Access<Operations>,
        login: &str,
    ) -> Result<bool, StoreError> {
        let closed = in_tx!(self, c => sqlx::query(CLOSE_STAFF)
            .bind(login).execute(c).await.map(|done| done.rows_affected()))?;
        in_tx!(self, c => sqlx::query(END_SESSIONS_OF_STAFF).bind(login).execute(c).await.map(|_| ()))?;
        Ok(closed > 0)
    }

    /// Keeps an identity that opens nothing under the code that its page shows. False when the code
    /// belongs to another identity (once in 2⁴⁰ pairs): then no code is shown.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_pending(
        &mut self,
        code: &str,
        pending: &Pending,
        at: Moment,
    ) -> Result<bool, StoreError> {
        let kept = in_tx!(self, c => sqlx::query(PUT_PENDING)
            .bind(code).bind(pending.identity_hash.clone()).bind(pending.issuer.as_str()).bind(at.0)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(kept > 0)
    }
}

impl Db {
    /// Keeps a sign-in that begins.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_sign_in(
        &self,
        state_hash: &[u8],
        browser_hash: &[u8],
        provider: &str,
        at: Moment,
    ) -> Result<(), StoreError> {
        on_pool!(self, c => sqlx::query(PUT_SIGN_IN)
            .bind(state_hash.to_vec()).bind(browser_hash.to_vec()).bind(provider).bind(at.0)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Takes a sign-in out: of two that come with the same state at once, one gets it.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn take_sign_in(
        &self,
        state_hash: &[u8],
        browser_hash: &[u8],
    ) -> Result<Option<SignIn>, StoreError> {
        let row: Option<(String, i64)> = on_pool!(self, c => sqlx::query_as(TAKE_SIGN_IN)
            .bind(state_hash.to_vec()).bind(browser_hash.to_vec()).fetch_optional(c).await)?;
        Ok(row.map(|(provider, begun_at)| SignIn { provider, begun_at: Moment(begun_at) }))
    }

    /// Removes sign-ins begun and identities last seen before these moments.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn sweep_sign_ins(&self, begun_before: Moment, seen_before: Moment) -> Result<(), StoreError> {
        on_pool!(self, c => sqlx::query(SWEEP_SIGN_INS).bind(begun_before.0).execute(c).await.map(|_| ()))?;
        on_pool!(self, c => sqlx::query(SWEEP_PENDING).bind(seen_before.0).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// The account that an identity opens.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn link_of(&self, identity_hash: &[u8]) -> Result<Option<Link>, StoreError> {
        let row: Option<(String, String)> = on_pool!(self, c => sqlx::query_as(LINK_OF)
            .bind(identity_hash.to_vec()).fetch_optional(c).await)?;
        Ok(row.map(|(id, staff)| Link { id, staff: StaffId::new(staff) }))
    }

    /// The identity under a code, when it was seen since a moment.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn pending_identity(
        &self,
        _access: &Access<Operations>,
        code: &str,
        since: Moment,
    ) -> Result<Option<Pending>, StoreError> {
        let row: Option<(Vec<u8>, String)> = on_pool!(self, c => sqlx::query_as(PENDING)
            .bind(code).bind(since.0).fetch_optional(c).await)?;
        Ok(row.map(|(identity_hash, issuer)| Pending { identity_hash, issuer }))
    }

    /// Notes that a session came from a provider.
    ///
    /// # Errors
    /// When the engine cannot, or the link is gone.
    pub async fn put_federated_session(
        &self,
        token_hash: &[u8],
        link: &Link,
        provider: &str,
    ) -> Result<(), StoreError> {
        on_pool!(self, c => sqlx::query(PUT_FEDERATED_SESSION)
            .bind(token_hash.to_vec()).bind(link.id.as_str()).bind(provider)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// The provider that a session came from.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn session_provider(&self, token_hash: &[u8]) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> = on_pool!(self, c => sqlx::query_as(SESSION_PROVIDER)
            .bind(token_hash.to_vec()).fetch_optional(c).await)?;
        Ok(row.map(|(provider,)| provider))
    }

    /// The open account of a login.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn open_account(
        &self,
        _access: &Access<Operations>,
        login: &str,
    ) -> Result<Option<StaffId>, StoreError> {
        let row: Option<(String,)> = on_pool!(self, c => sqlx::query_as(STAFF_BY_LOGIN)
            .bind(login).fetch_optional(c).await)?;
        Ok(row.map(|(id,)| StaffId::new(id)))
    }

    /// Every account with its memberships, and every link.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn staff_list(
        &self,
        _access: &Access<Operations>,
    ) -> Result<(Vec<StaffRow>, Vec<LinkRow>), StoreError> {
        type Row = (String, String, i64, String, String, i64, i64);
        let staff: Vec<Row> = on_pool!(self, c => sqlx::query_as(STAFF_LIST).fetch_all(c).await)?;
        let links: Vec<(String, String, i64)> =
            on_pool!(self, c => sqlx::query_as(LINK_LIST).fetch_all(c).await)?;
        let staff = staff.into_iter().map(|(login, name, active, organisation, role, from, to)| StaffRow {
            login,
            name,
            active: active == 1,
            organisation,
            role,
            valid_from: Moment(from),
            valid_to: Moment(to),
        });
        let links =
            links.into_iter().map(|(login, issuer, at)| LinkRow { login, issuer, linked_at: Moment(at) });
        Ok((staff.collect(), links.collect()))
    }
}
