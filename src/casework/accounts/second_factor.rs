//! The second step: codes from an authenticator, recovery codes, and how both are set up and taken away.
//!
//! A code works once. The step that it belongs to is stored in the same transaction that begins the
//! session, and only a later step is taken, so of two who race with one code one loses
//! (RFC 6238 §5.2). A crash before the commit leaves the code unused and nobody logged in.

use serde_json::json;
use zeroize::Zeroizing;

use super::throttle::Guess;
use super::{Halfway, Network, Stage, Token, totp};
use crate::casework::intake::{normal_receipt_code, receipt_code};
use crate::casework::{App, CaseError, Conflict};
use crate::guard::access::{Access, AccountFacts, Act, Actor, Door, Membership, OwnAccount};
use crate::guard::vault::{Opened, Place, Sealed};
use crate::store::Tx;
use crate::subject::id::StaffId;

/// Recovery codes that are made at a time.
pub const RECOVERY_CODES: usize = 10;

/// Recovery codes, shown once. They have 128 bits each, so a keyed hash is enough to keep of them.
pub type RecoveryCodes = Vec<Zeroizing<String>>;

/// A secret that is being set up.
pub struct Enrolment {
    /// For typing by hand, in base 32.
    pub secret: Zeroizing<String>,
    /// For the authenticator (`otpauth://`).
    pub address: Zeroizing<String>,
}

/// What came of a second step.
pub enum SecondStep {
    /// Wrong, or used before.
    Wrong,
    /// Logged in.
    In(Token),
}

/// What somebody typed as a code.
enum Typed {
    Step(i64),
    Recovery([u8; 32]),
}

fn place(staff: &StaffId) -> Place<'_> {
    Place { tenant: "staff", record: staff.as_str(), field: "second_factors.secret" }
}

impl App {
    /// Checks the code of somebody halfway in and begins the session. The token that waited ends.
    ///
    /// # Errors
    /// [`CaseError::TooMany`] after too many failures; [`CaseError::NotFound`] when nothing waits for a
    /// code; also when the gate, the log or the database refuses.
    pub async fn second_step(
        &self,
        halfway: &Halfway,
        token: &str,
        typed: &str,
        network: &Network,
        door: Door,
    ) -> Result<SecondStep, CaseError> {
        if halfway.stage != Stage::AwaitsCode {
            return Err(CaseError::NotFound("session that waits for a code"));
        }
        let act = |how| Act::new("session.begun").detail(json!({ "proven": how }));
        let used = self.use_code(&halfway.member, typed, network, door, act).await?;
        let Some((access, mut tx)) = used else { return Ok(SecondStep::Wrong) };
        let fresh = self.put_session(&mut tx, &access, Stage::Factor).await?;
        let (from, to) = (self.vault.token_hash(token), self.vault.token_hash(&fresh));
        tx.keep_provider(&from, &to).await?;
        tx.end_token(&from).await?;
        tx.commit().await?;
        let (login, _) = self.db.password_of(&halfway.member).await?;
        self.remember_network(&login, network).await?;
        Ok(SecondStep::In(fresh))
    }

    /// Uses up a code. After a right one the caller changes in the same transaction and commits.
    async fn use_code(
        &self,
        member: &Membership,
        typed: &str,
        network: &Network,
        door: Door,
        act: impl FnOnce(&'static str) -> Act + Send,
    ) -> Result<Option<(Access<OwnAccount>, Tx)>, CaseError> {
        let slot = self.take_slot(Guess::Code(&member.staff), network).await?;
        let factor = self.db.second_factor(&member.staff).await?.filter(|f| f.confirmed_at.is_some());
        let Some(factor) = factor else { return Err(CaseError::NotFound("second factor")) };
        let secret = self.open_secret(&member.staff, &factor.secret)?;
        let (read, how) = match totp::fresh_step(secret.bytes(), typed, self.clock.now(), factor.last_step) {
            Some(step) => (Typed::Step(step), "code"),
            None => (Typed::Recovery(self.recovery_hash(&member.staff, typed)), "recovery code"),
        };
        let (access, mut tx) = self.own_account(member, act(how)).await?;
        let used = match &read {
            Typed::Step(step) => tx.use_step(&access, *step).await?,
            Typed::Recovery(hash) => tx.use_recovery_code(&access, hash).await?,
        };
        if !used {
            // Rolled back, so the entry of the yes goes with it; the failure has an entry of its own.
            drop(tx);
            self.note_failed(door, "code.failed", Some(&member.staff)).await?;
            return Ok(None);
        }
        slot.clear(&mut tx, self.clock.now(), true).await?;
        Ok(Some((access, tx)))
    }

    /// Makes a secret for somebody without a second factor, in place of one that was never confirmed.
    ///
    /// # Errors
    /// [`CaseError::Conflict`] when a second factor is in use; also when the gate, the log or the
    /// database refuses.
    pub async fn begin_enrolment(&self, member: &Membership) -> Result<(), CaseError> {
        let secret = Zeroizing::new(self.chance.bytes::<{ totp::SECRET_BYTES }>()?);
        let sealed = self.vault.seal(&self.vault.account_key(), &place(&member.staff), secret.as_slice())?;
        let (access, mut tx) = self.own_account(member, Act::new("second_factor.begun")).await?;
        if !tx.put_pending_factor(&access, &sealed).await? {
            return Err(CaseError::Conflict(Conflict::FactorInUse));
        }
        tx.commit().await?;
        Ok(())
    }

    /// Makes a secret for somebody who is logged in, after the password was asked for once more.
    /// `false` when it was wrong.
    ///
    /// # Errors
    /// As [`App::begin_enrolment`]; [`CaseError::TooMany`] after too many wrong passwords.
    pub async fn begin_enrolment_with_password(
        &self,
        member: &Membership,
        password: &str,
        network: &Network,
    ) -> Result<bool, CaseError> {
        let (login, stored) = self.db.password_of(member).await?;
        if !self.password_is(member, &login, &stored, password, network).await? {
            return Ok(false);
        }
        self.begin_enrolment(member).await?;
        Ok(true)
    }

    /// The secret that is being set up, if one is.
    ///
    /// # Errors
    /// When the gate, the log or the database refuses, or the stored secret does not open.
    pub async fn enrolment(&self, member: &Membership) -> Result<Option<Enrolment>, CaseError> {
        let pending = self.db.second_factor(&member.staff).await?.filter(|f| f.confirmed_at.is_none());
        let Some(factor) = pending else { return Ok(None) };
        let target = AccountFacts { holder: member.id.clone() };
        let actor = Actor::Staff(member.clone());
        let _access: Access<OwnAccount> = self.admit(&actor, target, Act::new("second_factor.shown")).await?;
        let (login, _) = self.db.password_of(member).await?;
        let secret = self.open_secret(&member.staff, &factor.secret)?;
        Ok(Some(Enrolment {
            secret: totp::base32(secret.bytes()),
            address: totp::address(&login, secret.bytes()),
        }))
    }

    /// Takes the secret into use when a code of it is right: this session gets a new token, the others
    /// end, and the recovery codes are told. `None` when the code is wrong.
    ///
    /// # Errors
    /// [`CaseError::TooMany`] after too many failures, [`CaseError::Conflict`] when nothing is being set
    /// up any more; also when the gate, the log or the database refuses.
    pub async fn confirm_enrolment(
        &self,
        member: &Membership,
        typed: &str,
        network: &Network,
    ) -> Result<Option<(Token, RecoveryCodes)>, CaseError> {
        let gone = || CaseError::Conflict(Conflict::NothingToConfirm);
        let slot = self.take_slot(Guess::Code(&member.staff), network).await?;
        let pending = self.db.second_factor(&member.staff).await?.filter(|f| f.confirmed_at.is_none());
        let factor = pending.ok_or_else(gone)?;
        let secret = self.open_secret(&member.staff, &factor.secret)?;
        let Some(step) = totp::step_of(secret.bytes(), typed, self.clock.now()) else {
            self.note_failed(Door::Web, "code.failed", Some(&member.staff)).await?;
            return Ok(None);
        };
        let (hashes, codes) = self.new_codes(&member.staff)?;
        let (access, mut tx) = self.own_account(member, Act::new("second_factor.added")).await?;
        if !tx.confirm_factor(&access, &factor.secret, step).await? {
            return Err(gone());
        }
        tx.replace_recovery_codes(&access, &hashes).await?;
        slot.clear(&mut tx, self.clock.now(), true).await?;
        let fresh = self.put_session(&mut tx, &access, Stage::Factor).await?;
        tx.end_other_sessions(&access, &self.vault.token_hash(&fresh)).await?;
        tx.commit().await?;
        let (login, _) = self.db.password_of(member).await?;
        self.remember_network(&login, network).await?;
        Ok(Some((fresh, codes)))
    }

    /// Removes the own second factor after a code of it. Every session ends; the new token is for a
    /// session that, when the role needs a second factor, opens only its set-up. `None` when the code is
    /// wrong.
    ///
    /// # Errors
    /// As [`App::second_step`].
    pub async fn remove_second_factor(
        &self,
        member: &Membership,
        typed: &str,
        network: &Network,
    ) -> Result<Option<Token>, CaseError> {
        let act = |how| Act::new("second_factor.removed").detail(json!({ "proven": how }));
        let used = self.use_code(member, typed, network, Door::Web, act).await?;
        let Some((access, mut tx)) = used else { return Ok(None) };
        tx.drop_factor(&access).await?;
        let needed = self.needs_second_factor(member.role);
        let stage = if needed { Stage::AwaitsEnrolment } else { Stage::Password };
        let fresh = self.put_session(&mut tx, &access, stage).await?;
        tx.end_other_sessions(&access, &self.vault.token_hash(&fresh)).await?;
        tx.commit().await?;
        Ok(Some(fresh))
    }

    /// Replaces the recovery codes after a code. `None` when it is wrong.
    ///
    /// # Errors
    /// As [`App::second_step`].
    pub async fn new_recovery_codes(
        &self,
        member: &Membership,
        typed: &str,
        network: &Network,
    ) -> Result<Option<RecoveryCodes>, CaseError> {
        let (hashes, codes) = self.new_codes(&member.staff)?;
        let act = |how| Act::new("recovery_codes.made").detail(json!({ "proven": how }));
        let used = self.use_code(member, typed, network, Door::Web, act).await?;
        let Some((access, mut tx)) = used else { return Ok(None) };
        tx.replace_recovery_codes(&access, &hashes).await?;
        tx.commit().await?;
        Ok(Some(codes))
    }

    fn open_secret(&self, staff: &StaffId, sealed: &Sealed) -> Result<Opened, CaseError> {
        Ok(self.vault.open(&self.vault.account_key(), &place(staff), sealed)?)
    }

    fn recovery_hash(&self, staff: &StaffId, typed: &str) -> [u8; 32] {
        self.vault.token_hash(&format!("recovery/{staff}/{}", *normal_receipt_code(typed)))
    }

    fn new_codes(&self, staff: &StaffId) -> Result<(Vec<[u8; 32]>, RecoveryCodes), CaseError> {
        let mut codes = RecoveryCodes::with_capacity(RECOVERY_CODES);
        for _ in 0..RECOVERY_CODES {
            codes.push(receipt_code(&self.chance.bytes::<16>()?));
        }
        Ok((codes.iter().map(|code| self.recovery_hash(staff, code)).collect(), codes))
    }
}
