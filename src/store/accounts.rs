//! What keeps an account safe: second factors, recovery codes, sessions as their owner sees them, and
//! the delay after failed attempts.

use crate::clock::Moment;
use crate::guard::access::{Access, Membership, Operations, OwnAccount};
use crate::guard::vault::Sealed;
use crate::subject::id::StaffId;

use super::{Db, StoreError, Tx};

statements! {
    PUT_STAFF_SESSION = "INSERT INTO sessions (token_hash, membership_id, id, stage, created_at, seen_at) VALUES ($1, $2, $3, $4, $5, $5)";
    END_OWN_TOKEN = "DELETE FROM sessions WHERE token_hash = $1";
    END_OWN = "DELETE FROM sessions WHERE id = $1 AND membership_id IN (SELECT id FROM memberships WHERE staff_id = $2)";
    END_OTHERS = "DELETE FROM sessions WHERE token_hash <> $1 AND membership_id IN (SELECT id FROM memberships WHERE staff_id = $2)";
    OWN_SESSIONS = "SELECT s.id, s.token_hash, s.stage, s.created_at, s.seen_at FROM sessions s JOIN memberships m ON m.id = s.membership_id WHERE m.staff_id = $1 AND s.created_at >= $2 AND s.seen_at >= $3 ORDER BY s.created_at, s.id";
    PASSWORD_OF = "SELECT login, password_hash FROM staff WHERE id = $1 AND active = 1";
    SET_OWN_PASSWORD = "UPDATE staff SET password_hash = $2 WHERE id = $1 AND password_hash = $3";
    FACTOR = "SELECT secret, last_step, confirmed_at FROM second_factors WHERE staff_id = $1";
    PUT_PENDING = "INSERT INTO second_factors (staff_id, secret, last_step, confirmed_at) VALUES ($1, $2, 0, NULL) ON CONFLICT (staff_id) DO UPDATE SET secret = $2, last_step = 0 WHERE second_factors.confirmed_at IS NULL";
    CONFIRM = "UPDATE second_factors SET confirmed_at = $2, last_step = $3 WHERE staff_id = $1 AND confirmed_at IS NULL AND secret = $4";
    USE_STEP = "UPDATE second_factors SET last_step = $2 WHERE staff_id = $1 AND last_step < $2 AND confirmed_at IS NOT NULL";
    DROP_FACTOR = "DELETE FROM second_factors WHERE staff_id = $1";
    DROP_FACTOR_OF = "DELETE FROM second_factors WHERE staff_id IN (SELECT id FROM staff WHERE login = $1)";
    PUT_CODE = "INSERT INTO recovery_codes (code_hash, staff_id) VALUES ($1, $2)";
    USE_CODE = "DELETE FROM recovery_codes WHERE code_hash = $1 AND staff_id = $2";
    DROP_CODES = "DELETE FROM recovery_codes WHERE staff_id = $1";
    DROP_CODES_OF = "DELETE FROM recovery_codes WHERE staff_id IN (SELECT id FROM staff WHERE login = $1)";
    END_SESSIONS_OF = "DELETE FROM sessions WHERE membership_id IN (SELECT m.id FROM memberships m JOIN staff s ON s.id = m.staff_id WHERE s.login = $1)";
    COUNT_CODES = "SELECT COUNT(*) FROM recovery_codes WHERE staff_id = $1";
    TAKE_BUCKET = "INSERT INTO throttles (bucket, failures, counted_at, open_at) VALUES ($1, 0, $2, $2) ON CONFLICT (bucket) DO UPDATE SET failures = throttles.failures RETURNING failures, counted_at, open_at";
    PUT_BUCKET = "UPDATE throttles SET failures = $2, counted_at = $3, open_at = $4 WHERE bucket = $1";
    DROP_BUCKET = "DELETE FROM throttles WHERE bucket = $1";
    SWEEP_BUCKETS = "DELETE FROM throttles WHERE counted_at < $1 AND open_at < $1";
    KNOWN = "SELECT COUNT(*) FROM known_networks WHERE bucket = $1 AND seen_at >= $2";
    PUT_KNOWN = "INSERT INTO known_networks (bucket, seen_at) VALUES ($1, $2) ON CONFLICT (bucket) DO UPDATE SET seen_at = $2";
    SWEEP_KNOWN = "DELETE FROM known_networks WHERE seen_at < $1";
}

/// What a session was proven with, or which step it still waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Login and password.
    Password,
    /// Password and a code, or a recovery code.
    Factor,
    /// Somebody else's login service, with the factors that it asked for.
    Federated,
    /// An applicant's receipt code.
    Receipt,
    /// The password was right; the code is asked for. Opens nothing else.
    AwaitsCode,
    /// The password was right; a second factor must be set up. Opens nothing else.
    AwaitsEnrolment,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Stage; 6] = [
        Self::Password,
        Self::Factor,
        Self::Federated,
        Self::Receipt,
        Self::AwaitsCode,
        Self::AwaitsEnrolment,
    ];

    /// The name in database and log.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Factor => "factor",
            Self::Federated => "federated",
            Self::Receipt => "receipt",
            Self::AwaitsCode => "code",
            Self::AwaitsEnrolment => "enrol",
        }
    }

    /// Reads the stored name.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] for any other: a session of an unknown kind opens nothing.
    pub fn parse(code: &str) -> Result<Self, StoreError> {
        Self::ALL.into_iter().find(|stage| stage.code() == code).ok_or(StoreError::Damaged("sessions.stage"))
    }
}

/// A stored second factor.
#[derive(Clone, Debug)]
pub struct Factor {
    /// The sealed secret.
    pub secret: Sealed,
    /// The last step of 30 seconds whose code was used: only later ones are taken.
    pub last_step: i64,
    /// Since when it is asked for; `None` while it is being set up.
    pub confirmed_at: Option<Moment>,
}

/// A session as its owner sees it.
#[derive(Clone, Debug)]
pub struct OwnSession {
    /// A random id that opens nothing.
    pub id: String,
    /// What it was proven with.
    pub stage: Stage,
    /// When it began.
    pub begun: Moment,
    /// When it was last used, to the minute.
    pub seen: Moment,
    /// Whether it is the one that asks.
    pub this: bool,
}

/// How often something was tried in vain, and when it may be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Attempts that count.
    pub failures: i64,
    /// When the last was counted.
    pub counted_at: Moment,
    /// Before this moment nothing is tried.
    pub open_at: Moment,
}

fn staff_of(access: &Access<OwnAccount>) -> Result<&StaffId, StoreError> {
    access.staff().map(|member| &member.staff).ok_or(StoreError::Missing("staff"))
}

impl Tx {
    /// Stores a session of the account's holder under the keyed hash of its token.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_staff_session(
        &mut self,
        access: &Access<OwnAccount>,
        token_hash: &[u8],
        id: &str,
        stage: Stage,
    ) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(PUT_STAFF_SESSION).bind(token_hash.to_vec())
            .bind(access.target().holder.as_str()).bind(id).bind(stage.code()).bind(access.at().0)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Ends the session of a token. Whoever holds the token may: no access is asked for.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn end_token(&mut self, token_hash: &[u8]) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(END_OWN_TOKEN).bind(token_hash.to_vec()).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Ends one of the holder's sessions by its id. Says whether there was one.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn end_own_session(
        &mut self,
        access: &Access<OwnAccount>,
        id: &str,
    ) -> Result<bool, StoreError> {
        let staff = staff_of(access)?;
        let ended = in_tx!(self, c => sqlx::query(END_OWN).bind(id).bind(staff.as_str())
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(ended > 0)
    }

    /// Ends every session of the holder but the one of a token. Says how many.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn end_other_sessions(
        &mut self,
        access: &Access<OwnAccount>,
        token_hash: &[u8],
    ) -> Result<u64, StoreError> {
        let staff = staff_of(access)?;
        Ok(in_tx!(self, c => sqlx::query(END_OTHERS).bind(token_hash.to_vec()).bind(staff.as_str())
            .execute(c).await.map(|done| done.rows_affected()))?)
    }

    /// Replaces the holder's password hash, if it is still the one that was checked.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn set_own_password(
        &mut self,
        access: &Access<OwnAccount>,
        checked: &str,
        hash: &str,
    ) -> Result<bool, StoreError> {
        let staff = staff_of(access)?;
        let changed = in_tx!(self, c => sqlx::query(SET_OWN_PASSWORD).bind(staff.as_str()).bind(hash).bind(checked)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(changed == 1)
    }

    /// Stores a secret that is being set up; an earlier unconfirmed one is replaced. `false` when a
    /// second factor is in use already.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_pending_factor(
        &mut self,
        access: &Access<OwnAccount>,
        secret: &Sealed,
    ) -> Result<bool, StoreError> {
        let staff = staff_of(access)?;
        let put = in_tx!(self, c => sqlx::query(PUT_PENDING).bind(staff.as_str()).bind(secret.as_bytes().to_vec())
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(put == 1)
    }

    /// Takes a secret into use, with the step whose code proved it. `false` when it is no longer the
    /// one that was proven, or is in use already.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn confirm_factor(
        &mut self,
        access: &Access<OwnAccount>,
        secret: &Sealed,
        step: i64,
    ) -> Result<bool, StoreError> {
        let staff = staff_of(access)?;
        let confirmed = in_tx!(self, c => sqlx::query(CONFIRM).bind(staff.as_str()).bind(access.at().0).bind(step)
            .bind(secret.as_bytes().to_vec()).execute(c).await.map(|done| done.rows_affected()))?;
        Ok(confirmed == 1)
    }

    /// Uses up a step and every one before it. One statement decides, so that of two who race with
    /// the same code one loses (RFC 6238 §5.2).
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn use_step(&mut self, access: &Access<OwnAccount>, step: i64) -> Result<bool, StoreError> {
        let staff = staff_of(access)?;
        let used = in_tx!(self, c => sqlx::query(USE_STEP).bind(staff.as_str()).bind(step)
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(used == 1)
    }

    /// Uses up a recovery code. `false` when there is none such.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn use_recovery_code(
        &mut self,
        access: &Access<OwnAccount>,
        code_hash: &[u8],
    ) -> Result<bool, StoreError> {
        let staff = staff_of(access)?;
        let used = in_tx!(self, c => sqlx::query(USE_CODE).bind(code_hash.to_vec()).bind(staff.as_str())
            .execute(c).await.map(|done| done.rows_affected()))?;
        Ok(used == 1)
    }

    /// Replaces the holder's recovery codes.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn replace_recovery_codes(
        &mut self,
        access: &Access<OwnAccount>,
        hashes: &[[u8; 32]],
    ) -> Result<(), StoreError> {
        let staff = staff_of(access)?;
        in_tx!(self, c => sqlx::query(DROP_CODES).bind(staff.as_str()).execute(c).await.map(|_| ()))?;
        for hash in hashes {
            in_tx!(self, c => sqlx::query(PUT_CODE).bind(hash.to_vec()).bind(staff.as_str())
                .execute(c).await.map(|_| ()))?;
        }
        Ok(())
    }

    /// Removes the holder's second factor with its recovery codes.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn drop_factor(&mut self, access: &Access<OwnAccount>) -> Result<(), StoreError> {
        let staff = staff_of(access)?;
        in_tx!(self, c => sqlx::query(DROP_CODES).bind(staff.as_str()).execute(c).await.map(|_| ()))?;
        in_tx!(self, c => sqlx::query(DROP_FACTOR).bind(staff.as_str()).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Removes somebody's second factor and ends that person's sessions, for somebody who has lost
    /// both telephone and recovery codes.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn drop_factor_of(
        &mut self,
        _access: &Access<Operations>,
        login: &str,
    ) -> Result<bool, StoreError> {
        in_tx!(self, c => sqlx::query(DROP_CODES_OF).bind(login).execute(c).await.map(|_| ()))?;
        let dropped = in_tx!(self, c => sqlx::query(DROP_FACTOR_OF).bind(login)
            .execute(c).await.map(|done| done.rows_affected()))?;
        in_tx!(self, c => sqlx::query(END_SESSIONS_OF).bind(login).execute(c).await.map(|_| ()))?;
        Ok(dropped > 0)
    }

    /// A bucket, made when it is not there, and locked until this transaction ends.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn take_bucket(&mut self, bucket: &[u8; 32], now: Moment) -> Result<Bucket, StoreError> {
        let (failures, counted_at, open_at): (i64, i64, i64) = in_tx!(self, c => sqlx::query_as(TAKE_BUCKET)
            .bind(bucket.to_vec()).bind(now.0).fetch_one(c).await)?;
        Ok(Bucket { failures, counted_at: Moment(counted_at), open_at: Moment(open_at) })
    }

    /// Stores a bucket that was taken.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_bucket(&mut self, bucket: &[u8; 32], state: Bucket) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(PUT_BUCKET).bind(bucket.to_vec()).bind(state.failures)
            .bind(state.counted_at.0).bind(state.open_at.0).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Forgets a bucket.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn drop_bucket(&mut self, bucket: &[u8; 32]) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(DROP_BUCKET).bind(bucket.to_vec()).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Remembers that somebody logged in from a network.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_known(&mut self, bucket: &[u8; 32], at: Moment) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(PUT_KNOWN).bind(bucket.to_vec()).bind(at.0).execute(c).await.map(|_| ()))?;
        Ok(())
    }
}

impl Db {
    /// Login and password hash of the member who asks to change the password.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the account is closed.
    pub async fn password_of(&self, member: &Membership) -> Result<(String, String), StoreError> {
        let row: Option<(String, String)> = on_pool!(self, c => sqlx::query_as(PASSWORD_OF)
            .bind(member.staff.as_str()).fetch_optional(c).await)?;
        row.ok_or(StoreError::Missing("staff"))
    }

    /// A member's second factor, used or being set up.
    ///
    /// # Errors
    /// When the engine cannot, or the stored secret is of no known form: the log-in fails then.
    pub async fn second_factor(&self, staff: &StaffId) -> Result<Option<Factor>, StoreError> {
        let row: Option<(Vec<u8>, i64, Option<i64>)> = on_pool!(self, c => sqlx::query_as(FACTOR)
            .bind(staff.as_str()).fetch_optional(c).await)?;
        let Some((secret, last_step, confirmed_at)) = row else { return Ok(None) };
        Ok(Some(Factor {
            secret: Sealed::from_stored(secret)?,
            last_step,
            confirmed_at: confirmed_at.map(Moment),
        }))
    }

    /// How many recovery codes a member has left.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn recovery_codes_left(&self, access: &Access<OwnAccount>) -> Result<i64, StoreError> {
        let staff = staff_of(access)?;
        let (count,): (i64,) = on_pool!(self, c => sqlx::query_as(COUNT_CODES)
            .bind(staff.as_str()).fetch_one(c).await)?;
        Ok(count)
    }

    /// The holder's sessions that have not run out, oldest first.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn own_sessions(
        &self,
        access: &Access<OwnAccount>,
        token_hash: &[u8],
        begun_since: Moment,
        used_since: Moment,
    ) -> Result<Vec<OwnSession>, StoreError> {
        let staff = staff_of(access)?;
        let rows: Vec<(String, Vec<u8>, String, i64, i64)> = on_pool!(self, c => sqlx::query_as(OWN_SESSIONS)
            .bind(staff.as_str()).bind(begun_since.0).bind(used_since.0).fetch_all(c).await)?;
        rows.into_iter()
            .map(|(id, hash, stage, begun, seen)| {
                Ok(OwnSession {
                    id,
                    stage: Stage::parse(&stage)?,
                    begun: Moment(begun),
                    seen: Moment(seen),
                    this: hash == token_hash,
                })
            })
            .collect()
    }

    /// Whether somebody logged in from a network since a moment.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn is_known(&self, bucket: &[u8; 32], since: Moment) -> Result<bool, StoreError> {
        let (count,): (i64,) = on_pool!(self, c => sqlx::query_as(KNOWN)
            .bind(bucket.to_vec()).bind(since.0).fetch_one(c).await)?;
        Ok(count > 0)
    }

    /// Forgets buckets without effect since a moment, and networks last seen before another.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn sweep_throttles(&self, quiet_since: Moment, seen_before: Moment) -> Result<(), StoreError> {
        on_pool!(self, c => sqlx::query(SWEEP_BUCKETS).bind(quiet_since.0).execute(c).await.map(|_| ()))?;
        on_pool!(self, c => sqlx::query(SWEEP_KNOWN).bind(seen_before.0).execute(c).await.map(|_| ()))?;
        Ok(())
    }
}
