//! Who is asking: passwords, receipt codes, sessions.

use std::sync::OnceLock;

use argon2::password_hash::PasswordVerifier;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use zeroize::Zeroizing;

use super::intake::normal_receipt_code;
use super::{App, CaseError, SessionOwner};
use crate::clock::Moment;
use crate::guard::access::{Act, Actor, Membership, OwnData};

/// Hours after which a session ends whatever happens.
pub const SESSION_HOURS_MAX: i64 = 10;
/// Minutes without use after which a session ends.
pub const SESSION_IDLE_MINUTES_MAX: i64 = 45;

/// A session's owner, read anew at every request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// As the policies see the caller.
    pub actor: Actor,
    /// The staff member's shown name.
    pub name: Option<String>,
}

impl Caller {
    /// The membership, when the caller is staff.
    #[must_use]
    pub fn membership(&self) -> Option<&Membership> {
        match &self.actor {
            Actor::Staff(member) => Some(member),
            _ => None,
        }
    }
}

/// OWASP's parameters for argon2id: 19 MiB, two passes, one lane.
fn argon() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Hashes a password for storage (argon2id, own salt).
///
/// # Errors
/// When there is no randomness.
pub fn hash_password(password: &str) -> Result<String, CaseError> {
    argon()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|_| CaseError::Damaged("password"))
}

fn password_fits(password: &str, stored: &str) -> bool {
    match argon2::password_hash::phc::PasswordHash::new(stored) {
        Ok(hash) => argon().verify_password(password.as_bytes(), &hash).is_ok(),
        Err(_) => false,
    }
}

/// A hash that no password fits, so that an unknown login takes as long as a wrong password.
fn nobody() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| hash_password("no account has this password").unwrap_or_default())
}

impl App {
    /// Logs a member of staff in and gives the session's token, which is stored only as a keyed
    /// hash. `None` for a wrong login or password: the two look the same and take the same time.
    ///
    /// # Errors
    /// When the database or chance fails.
    pub async fn log_in(&self, login: &str, password: &str) -> Result<Option<Zeroizing<String>>, CaseError> {
        // PostgreSQL refuses a NUL in a text, so no login has one; the password is checked all the same.
        let found = if login.contains('\0') { None } else { self.db.staff_by_login(login.trim()).await? };
        let (staff, stored) = match found {
            Some((staff, hash)) => (Some(staff), hash),
            None => (None, nobody().to_owned()),
        };
        let password = Zeroizing::new(password.to_owned());
        let fits = tokio::task::spawn_blocking(move || password_fits(&password, &stored))
            .await
            .map_err(|_| CaseError::Interrupted)?;
        let Some(staff) = staff.filter(|_| fits) else { return Ok(None) };
        let now = self.clock.now();
        let Some(member) =
            self.db.memberships(&staff).await?.into_iter().find(|m| m.valid_from <= now && now < m.valid_to)
        else {
            return Ok(None);
        };
        Ok(Some(self.begin_staff_session(&member, false).await?))
    }

    /// Lets the holder of a receipt code in. `None` for a code that belongs to nothing.
    ///
    /// # Errors
    /// When the database or chance fails.
    pub async fn log_in_with_receipt(&self, typed: &str) -> Result<Option<Zeroizing<String>>, CaseError> {
        let code = normal_receipt_code(typed);
        let Some(id) = self.db.by_receipt(&self.vault.token_hash(&code)).await? else { return Ok(None) };
        let facts = self.db.application_facts(&id).await?;
        // The log knows of the door being opened, not only of what is read behind it.
        let _entry: crate::guard::access::Access<OwnData> =
            self.admit(&Actor::Applicant(id.clone()), facts, Act::new("receipt.used")).await?;
        Ok(Some(self.begin_session(&SessionOwner::Application(id)).await?))
    }

    pub(super) async fn begin_session(&self, owner: &SessionOwner) -> Result<Zeroizing<String>, CaseError> {
        let now = self.clock.now();
        let (begun, unused) = oldest(now);
        self.db.sweep_sessions(begun, unused).await?;
        let token = Zeroizing::new(hex::encode(self.chance.bytes::<32>()?));
        self.db.put_session(&self.vault.token_hash(&token), owner, now).await?;
        Ok(token)
    }

    /// Whose session a token is; `None` when it is unknown or has run out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn caller(&self, token: &str) -> Result<Option<Caller>, CaseError> {
        let hash = self.vault.token_hash(token);
        let Some(session) = self.db.session(&hash).await? else { return Ok(None) };
        let now = self.clock.now();
        let (begun, unused) = oldest(now);
        if session.created_at < begun || session.seen_at < unused {
            self.db.end_session(&hash).await?;
            return Ok(None);
        }
        if session.seen_at.plus_seconds(60) < now {
            self.db.session_seen(&hash, now).await?;
        }
        Ok(Some(match session.owner {
            SessionOwner::Membership(id) => {
                let member = self.db.membership(&id).await?;
                let name = self.db.staff_name(&member.staff).await?;
                Caller { actor: Actor::Staff(member), name: Some(name) }
            }
            SessionOwner::Application(id) => Caller { actor: Actor::Applicant(id), name: None },
        }))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_out(&self, token: &str) -> Result<(), CaseError> {
        Ok(self.db.end_session(&self.vault.token_hash(token)).await?)
    }

    /// The token that a form must bring back, bound to the caller's cookie.
    #[must_use]
    pub fn form_token(&self, cookie: &str) -> String {
        hex::encode(self.vault.token_hash(&format!("form/{cookie}")))
    }

    /// A cookie value for a visitor without a session.
    ///
    /// # Errors
    /// When chance fails.
    pub fn visitor_cookie(&self) -> Result<String, CaseError> {
        Ok(hex::encode(self.chance.bytes::<16>()?))
    }
}

fn oldest(now: Moment) -> (Moment, Moment) {
    (now.plus_seconds(-SESSION_HOURS_MAX * 3600), now.plus_seconds(-SESSION_IDLE_MINUTES_MAX * 60))
}
