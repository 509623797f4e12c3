//! Staff, their memberships, and sessions.

use crate::clock::Moment;
use crate::guard::access::{Access, Membership, Operations};
use crate::subject::id::{ApplicationId, MembershipId, OrganisationId, StaffId};
use crate::subject::role::Role;

use super::accounts::Stage;
use super::{Db, StoreError, Tx};

statements! {
    PUT_STAFF = "INSERT INTO staff (id, login, name, password_hash, active) VALUES ($1, $2, $3, $4, 1)";
    PUT_MEMBERSHIP = "INSERT INTO memberships (id, staff_id, organisation_id, role, valid_from, valid_to) VALUES ($1, $2, $3, $4, $5, $6)";
    BY_LOGIN = "SELECT id, password_hash FROM staff WHERE login = $1 AND active = 1";
    STAFF_NAME = "SELECT name FROM staff WHERE id = $1";
    MEMBERSHIPS = "SELECT m.id, m.staff_id, m.organisation_id, m.role, s.active, m.valid_from, m.valid_to FROM memberships m JOIN staff s ON s.id = m.staff_id WHERE m.staff_id = $1 ORDER BY m.id";
    MEMBERSHIP = "SELECT m.id, m.staff_id, m.organisation_id, m.role, s.active, m.valid_from, m.valid_to FROM memberships m JOIN staff s ON s.id = m.staff_id WHERE m.id = $1";
    PUT_SESSION = "INSERT INTO sessions (token_hash, membership_id, application_id, stage, created_at, seen_at) VALUES ($1, $2, $3, $5, $4, $4)";
    SESSION = "SELECT membership_id, application_id, stage, created_at, seen_at FROM sessions WHERE token_hash = $1";
    SEEN = "UPDATE sessions SET seen_at = $2 WHERE token_hash = $1";
    END_SESSION = "DELETE FROM sessions WHERE token_hash = $1";
    SWEEP_SESSIONS = "DELETE FROM sessions WHERE created_at < $1 OR seen_at < $2";
    END_SESSIONS_OF = "DELETE FROM sessions WHERE membership_id IN (SELECT m.id FROM memberships m JOIN staff s ON s.id = m.staff_id WHERE s.login = $1)";
    SET_PASSWORD = "UPDATE staff SET password_hash = $2 WHERE login = $1";
}

/// Whose session it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionOwner {
    /// A member of staff.
    Membership(MembershipId),
    /// The holder of one receipt code.
    Application(ApplicationId),
}

/// A stored session. The token itself is never stored, only its keyed hash.
#[derive(Clone, Debug)]
pub struct Session {
    /// Whose.
    pub owner: SessionOwner,
    /// What it was proven with, or which step it waits for.
    pub stage: Stage,
    /// When it began.
    pub created_at: Moment,
    /// When it was last used.
    pub seen_at: Moment,
}

type MembershipRow = (String, String, String, String, i64, i64, i64);

fn membership(row: MembershipRow) -> Result<Membership, StoreError> {
    let (id, staff, organisation, role, active, from, to) = row;
    Ok(Membership {
        id: MembershipId::new(id),
        staff: StaffId::new(staff),
        organisation: OrganisationId::new(organisation),
        role: Role::parse(&role).ok_or(StoreError::Damaged("memberships.role"))?,
        active: active == 1,
        valid_from: Moment(from),
        valid_to: Moment(to),
    })
}

impl Tx {
    /// Stores a member of staff with one membership.
    ///
    /// # Errors
    /// [`StoreError::Twice`] when the login is taken.
    pub async fn put_staff(
        &mut self,
        _access: &Access<Operations>,
        login: &str,
        name: &str,
        password_hash: &str,
        member: &Membership,
    ) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(PUT_STAFF)
            .bind(member.staff.as_str()).bind(login).bind(name).bind(password_hash)
            .execute(c).await.map(|_| ()))?;
        in_tx!(self, c => sqlx::query(PUT_MEMBERSHIP)
            .bind(member.id.as_str()).bind(member.staff.as_str()).bind(member.organisation.as_str())
            .bind(member.role.code()).bind(member.valid_from.0).bind(member.valid_to.0)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Replaces one person's password hash and ends that person's sessions.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn set_password(
        &mut self,
        _access: &Access<Operations>,
        login: &str,
        password_hash: &str,
    ) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(SET_PASSWORD).bind(login).bind(password_hash).execute(c).await.map(|_| ()))?;
        in_tx!(self, c => sqlx::query(END_SESSIONS_OF).bind(login).execute(c).await.map(|_| ()))?;
        Ok(())
    }
}

impl Db {
    /// The person behind a login, with the password hash, when the account is open.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn staff_by_login(&self, login: &str) -> Result<Option<(StaffId, String)>, StoreError> {
        let row: Option<(String, String)> =
            on_pool!(self, c => sqlx::query_as(BY_LOGIN).bind(login).fetch_optional(c).await)?;
        Ok(row.map(|(id, hash)| (StaffId::new(id), hash)))
    }

    /// The shown name of a member of staff.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none.
    pub async fn staff_name(&self, id: &StaffId) -> Result<String, StoreError> {
        let row: Option<(String,)> =
            on_pool!(self, c => sqlx::query_as(STAFF_NAME).bind(id.as_str()).fetch_optional(c).await)?;
        row.map(|(name,)| name).ok_or(StoreError::Missing("staff"))
    }

    /// A person's memberships.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn memberships(&self, staff: &StaffId) -> Result<Vec<Membership>, StoreError> {
        let rows: Vec<MembershipRow> =
            on_pool!(self, c => sqlx::query_as(MEMBERSHIPS).bind(staff.as_str()).fetch_all(c).await)?;
        rows.into_iter().map(membership).collect()
    }

    /// One membership, read anew at every request so that a revocation works at the next one.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none.
    pub async fn membership(&self, id: &MembershipId) -> Result<Membership, StoreError> {
        let row: Option<MembershipRow> =
            on_pool!(self, c => sqlx::query_as(MEMBERSHIP).bind(id.as_str()).fetch_optional(c).await)?;
        membership(row.ok_or(StoreError::Missing("membership"))?)
    }

    /// Stores a session under the keyed hash of its token.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_session(
        &self,
        token_hash: &[u8],
        owner: &SessionOwner,
        stage: Stage,
        at: Moment,
    ) -> Result<(), StoreError> {
        let (member, application) = match owner {
            SessionOwner::Membership(id) => (Some(id.as_str()), None),
            SessionOwner::Application(id) => (None, Some(id.as_str())),
        };
        on_pool!(self, c => sqlx::query(PUT_SESSION)
            .bind(token_hash.to_vec()).bind(member).bind(application).bind(at.0).bind(stage.code())
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// A session by the keyed hash of its token.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn session(&self, token_hash: &[u8]) -> Result<Option<Session>, StoreError> {
        let row: Option<(Option<String>, Option<String>, String, i64, i64)> =
            on_pool!(self, c => sqlx::query_as(SESSION).bind(token_hash.to_vec()).fetch_optional(c).await)?;
        let Some((member, application, stage, created_at, seen_at)) = row else { return Ok(None) };
        let owner = match (member, application) {
            (Some(id), None) => SessionOwner::Membership(MembershipId::new(id)),
            (None, Some(id)) => SessionOwner::Application(ApplicationId::new(id)),
            _ => return Err(StoreError::Damaged("sessions")),
        };
        let stage = Stage::parse(&stage)?;
        Ok(Some(Session { owner, stage, created_at: Moment(created_at), seen_at: Moment(seen_at) }))
    }

    /// Notes that a session was used.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn session_seen(&self, token_hash: &[u8], at: Moment) -> Result<(), StoreError> {
        on_pool!(self, c => sqlx::query(SEEN).bind(token_hash.to_vec()).bind(at.0).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn end_session(&self, token_hash: &[u8]) -> Result<(), StoreError> {
        on_pool!(self, c => sqlx::query(END_SESSION).bind(token_hash.to_vec()).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Removes sessions begun before one moment or unused since another.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn sweep_sessions(&self, begun_before: Moment, unused_since: Moment) -> Result<(), StoreError> {
        on_pool!(self, c => sqlx::query(SWEEP_SESSIONS).bind(begun_before.0).bind(unused_since.0).execute(c).await.map(|_| ()))?;
        Ok(())
    }
}
