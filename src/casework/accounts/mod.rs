//! Who is asking: passwords, receipt codes, second factors, sessions. One file a story:
//! [`throttle`] how long somebody waits after failed attempts, [`password`] which passwords are taken,
//! `hashing` how they are kept and checked, [`totp`] one-time codes, [`second_factor`] the second step
//! and its set-up, `own` what people see and change of their own account.
//!
//! Logging in never says what was wrong: one answer, one text, the same work for an unknown login.
//! Every log-in, failed log-in and end of a session is an entry of the log; the entry of a failed one
//! says nothing of what was typed, and looks the same from outside whether the login exists.

use serde_json::json;
use zeroize::Zeroizing;

use super::intake::normal_receipt_code;
use super::{App, CaseError, SessionOwner};
use crate::clock::Moment;
use crate::guard::access::{
    Access, AccountFacts, Act, Actor, Door, Membership, OwnAccount, OwnData, Purpose, SystemFacts,
};
use crate::store::Tx;
use crate::subject::id::StaffId;
use crate::subject::role::Role;

mod hashing;
pub mod own;
pub mod password;
pub mod second_factor;
pub mod throttle;
pub mod totp;

pub use crate::store::accounts::{OwnSession, Stage};
pub use hashing::hash_password;
pub use password::{PasswordFault, check_password};
use throttle::Guess;
pub use throttle::Network;

/// Hours after which a session ends whatever happens.
pub const SESSION_HOURS_MAX: i64 = 10;
/// Minutes without use after which a session ends.
pub const SESSION_IDLE_MINUTES_MAX: i64 = 45;
/// Minutes that a session waits for its code.
pub const CODE_MINUTES_MAX: i64 = 5;
/// Minutes that a session waits for a second factor to be set up.
pub const ENROLMENT_MINUTES_MAX: i64 = 30;

/// The roles that may not work without a second factor: they see every applicant's contact details,
/// decide, read the log, or can change the installation.
pub const SECOND_FACTOR_ROLES: &[Role] =
    &[Role::HiringManager, Role::ProgrammeLead, Role::Dpo, Role::Registrar, Role::Operator];

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

/// Somebody whose password was right and who still owes a step.
#[derive(Clone, Debug)]
pub struct Halfway {
    /// Who.
    pub member: Membership,
    /// [`Stage::AwaitsCode`] or [`Stage::AwaitsEnrolment`].
    pub stage: Stage,
}

/// One attempt to log in.
#[derive(Clone, Copy)]
pub struct Attempt<'a> {
    /// What was typed as the login.
    pub login: &'a str,
    /// What was typed as the password.
    pub password: &'a str,
    /// From where.
    pub network: &'a Network,
    /// Through which door.
    pub door: Door,
}

/// A session's token: shown to the browser once, stored only as a keyed hash.
pub type Token = Zeroizing<String>;

/// What came of an attempt.
pub enum LogIn {
    /// Wrong; it is not said what.
    Wrong,
    /// Logged in.
    In(Token),
    /// The password was right; the token opens only the page that asks for the code.
    AwaitsCode(Token),
    /// The password was right; the token opens only the page that sets up the second factor.
    AwaitsEnrolment(Token),
}

impl App {
    /// Says which roles may not work without a second factor. Left alone it is
    /// [`SECOND_FACTOR_ROLES`]; only the demonstration and tests ask of fewer.
    #[must_use]
    pub fn second_factor_for(mut self, roles: &'static [Role]) -> Self {
        self.second_factor_for = roles;
        self
    }

    /// Whether a role may not work without a second factor.
    #[must_use]
    pub fn needs_second_factor(&self, role: Role) -> bool {
        self.second_factor_for.contains(&role)
    }

    /// Logs a member of staff in. A wrong login and a wrong password look the same, take the same time
    /// and leave the same entry.
    ///
    /// # Errors
    /// [`CaseError::TooMany`] after too many failures; also when the database, the log or chance fails.
    pub async fn log_in(&self, attempt: &Attempt<'_>) -> Result<LogIn, CaseError> {
        hashing::warm();
        let login = attempt.login.trim();
        let slot = self.take_slot(Guess::Password(login), attempt.network).await?;
        // PostgreSQL refuses a NUL in a text, so no login has one; the password is checked all the same.
        let asked = if login.contains('\0') { "" } else { login };
        let (staff, stored) = match self.db.staff_by_login(asked).await? {
            Some((staff, hash)) => (Some(staff), Some(hash)),
            None => (None, None),
        };
        let fits = hashing::fits(attempt.password, stored).await?;
        let now = self.clock.now();
        let member = match &staff {
            Some(staff) if fits => {
                let all = self.db.memberships(staff).await?;
                all.into_iter().find(|m| m.active && m.valid_from <= now && now < m.valid_to)
            }
            _ => None,
        };
        let Some(member) = member else {
            self.note_failed(attempt.door, "log_in.failed", staff.as_ref()).await?;
            return Ok(LogIn::Wrong);
        };
        let stage = match self.db.second_factor(&member.staff).await? {
            Some(factor) if factor.confirmed_at.is_some() => Stage::AwaitsCode,
            _ if self.needs_second_factor(member.role) => Stage::AwaitsEnrolment,
            _ => Stage::Password,
        };
        self.sweep().await?;
        let what = if stage == Stage::Password { "session.begun" } else { "log_in.first_step" };
        let act = Act::new(what).detail(json!({ "proven": stage.code() }));
        let (access, mut tx) = self.own_account(&member, act).await?;
        let token = self.put_session(&mut tx, &access, stage).await?;
        tx.commit().await?;
        // The network is known once the whole way in was gone.
        self.slot_was_right(&slot, stage == Stage::Password).await?;
        Ok(match stage {
            Stage::AwaitsCode => LogIn::AwaitsCode(token),
            Stage::AwaitsEnrolment => LogIn::AwaitsEnrolment(token),
            _ => LogIn::In(token),
        })
    }

    /// Lets the holder of a receipt code in. `None` for a code that belongs to nothing.
    ///
    /// # Errors
    /// [`CaseError::TooMany`] after too many failures; also when the database, the log or chance fails.
    pub async fn log_in_with_receipt(
        &self,
        typed: &str,
        network: &Network,
        door: Door,
    ) -> Result<Option<Token>, CaseError> {
        let slot = self.take_slot(Guess::Receipt, network).await?;
        let code = normal_receipt_code(typed);
        let Some(id) = self.db.by_receipt(&self.vault.token_hash(&code)).await? else {
            self.note_failed(door, "receipt.failed", None).await?;
            return Ok(None);
        };
        let facts = self.db.application_facts(&id).await?;
        // The log knows of the door being opened, not only of what is read behind it.
        let _entry: Access<OwnData> =
            self.admit(&Actor::Applicant(id.clone()), facts, Act::new("receipt.used")).await?;
        self.sweep().await?;
        let token = Zeroizing::new(hex::encode(self.chance.bytes::<32>()?));
        let owner = SessionOwner::Application(id);
        self.db.put_session(&self.vault.token_hash(&token), &owner, Stage::Receipt, self.clock.now()).await?;
        self.slot_was_right(&slot, false).await?;
        Ok(Some(token))
    }

    /// An entry for a failed attempt: by nobody known, and with the account, when there is one, only in
    /// the sealed part. What was typed is not in it.
    async fn note_failed(
        &self,
        door: Door,
        what: &'static str,
        staff: Option<&StaffId>,
    ) -> Result<(), CaseError> {
        let account = staff.map(|staff| self.vault.pseudonym("log-actor", staff.as_str()));
        let mut tx = self.db.begin().await?;
        let detail = json!({ "account": account });
        self.note(&mut tx, &Actor::Visitor(door), OwnAccount::NAME, what, &SystemFacts, detail).await?;
        tx.commit().await.map_err(|_| CaseError::Journal)?;
        Ok(())
    }

    /// Asks the gate for a change of one's own account.
    async fn own_account(
        &self,
        member: &Membership,
        act: Act,
    ) -> Result<(Access<OwnAccount>, Tx), CaseError> {
        let target = AccountFacts { holder: member.id.clone() };
        self.admit_to_change::<OwnAccount>(&Actor::Staff(member.clone()), target, act).await
    }

    /// Begins the session of somebody whom an organisation's provider has proven. `strong` says whether
    /// two factors were shown there; otherwise the account's own is asked for like after a password.
    pub(super) async fn begin_staff_session(
        &self,
        member: &Membership,
        strong: bool,
    ) -> Result<Token, CaseError> {
        let stage = match self.db.second_factor(&member.staff).await? {
            _ if strong => Stage::Federated,
            Some(factor) if factor.confirmed_at.is_some() => Stage::AwaitsCode,
            _ if self.needs_second_factor(member.role) => Stage::AwaitsEnrolment,
            _ => Stage::Federated,
        };
        self.sweep().await?;
        let what = if stage == Stage::Federated { "session.begun" } else { "log_in.first_step" };
        let act = Act::new(what).detail(json!({ "proven": stage.code() }));
        let (access, mut tx) = self.own_account(member, act).await?;
        let token = self.put_session(&mut tx, &access, stage).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Begins a session of the admitted member, in the transaction of its entry.
    async fn put_session(
        &self,
        tx: &mut Tx,
        access: &Access<OwnAccount>,
        stage: Stage,
    ) -> Result<Token, CaseError> {
        let token = Zeroizing::new(hex::encode(self.chance.bytes::<32>()?));
        let id = hex::encode(self.chance.bytes::<8>()?);
        tx.put_staff_session(access, &self.vault.token_hash(&token), &id, stage).await?;
        Ok(token)
    }

    /// Removes what has run out. Nothing depends on it: an expired session is never let in.
    async fn sweep(&self) -> Result<(), CaseError> {
        let (begun, unused) = oldest(self.clock.now());
        self.db.sweep_sessions(begun, unused).await?;
        self.sweep_throttles().await
    }

    /// Whose session a token is; `None` when it is unknown, has run out or still owes a step.
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
        if matches!(session.stage, Stage::AwaitsCode | Stage::AwaitsEnrolment) {
            return Ok(None);
        }
        let caller = match session.owner {
            SessionOwner::Membership(id) => {
                let member = self.db.membership(&id).await?;
                // A session from before the role needed a second factor, or before it was taken away.
                if session.stage == Stage::Password && self.needs_second_factor(member.role) {
                    return Ok(None);
                }
                let name = self.db.staff_name(&member.staff).await?;
                Caller { actor: Actor::Staff(member), name: Some(name) }
            }
            SessionOwner::Application(id) => Caller { actor: Actor::Applicant(id), name: None },
        };
        if session.seen_at.plus_seconds(60) < now {
            self.db.session_seen(&hash, now).await?;
        }
        Ok(Some(caller))
    }

    /// Who holds a token that still owes a step; `None` when it is unknown, has run out or owes nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn halfway(&self, token: &str) -> Result<Option<Halfway>, CaseError> {
        let hash = self.vault.token_hash(token);
        let Some(session) = self.db.session(&hash).await? else { return Ok(None) };
        let minutes = match session.stage {
            Stage::AwaitsCode => CODE_MINUTES_MAX,
            Stage::AwaitsEnrolment => ENROLMENT_MINUTES_MAX,
            _ => return Ok(None),
        };
        if session.created_at.plus_seconds(minutes * 60) <= self.clock.now() {
            self.db.end_session(&hash).await?;
            return Ok(None);
        }
        let SessionOwner::Membership(id) = session.owner else { return Ok(None) };
        Ok(Some(Halfway { member: self.db.membership(&id).await?, stage: session.stage }))
    }

    /// Ends a session, with an entry when it was a member of staff's. The session ends even when the
    /// log cannot be written: somebody who leaves a shared computer must not stay logged in.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_out(&self, token: &str) -> Result<(), CaseError> {
        let hash = self.vault.token_hash(token);
        let noted = match self.db.session(&hash).await? {
            Some(session) => match session.owner {
                SessionOwner::Membership(id) => {
                    self.note_log_out(&hash, &self.db.membership(&id).await?).await
                }
                SessionOwner::Application(_) => Ok(()),
            },
            None => return Ok(()),
        };
        self.db.end_session(&hash).await?;
        noted
    }

    async fn note_log_out(&self, hash: &[u8], member: &Membership) -> Result<(), CaseError> {
        let mut tx = self.db.begin().await?;
        let target = AccountFacts { holder: member.id.clone() };
        let actor = Actor::Staff(member.clone());
        self.note(&mut tx, &actor, OwnAccount::NAME, "session.ended", &target, json!({})).await?;
        tx.end_token(hash).await?;
        tx.commit().await.map_err(|_| CaseError::Journal)?;
        Ok(())
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
