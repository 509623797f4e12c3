//! What people see and change of their own account: sessions and password. Every change gives the
//! session a new token, and a new password ends the other sessions.

use super::throttle::Guess;
use super::{Network, OwnSession, Stage, Token, check_password, hash_password, hashing, oldest};
use crate::casework::{App, CaseError, Conflict, SessionOwner};
use crate::guard::access::{Access, AccountFacts, Act, Actor, Door, Membership, OwnAccount};

/// The own account, as its page shows it.
pub struct OwnPage {
    /// Sessions, oldest first.
    pub sessions: Vec<OwnSession>,
    /// Whether a second factor is in use.
    pub second_factor: bool,
    /// Recovery codes left.
    pub recovery_codes: i64,
    /// Whether the role may not work without a second factor.
    pub needed: bool,
}

impl App {
    /// The own account of a member of staff.
    ///
    /// # Errors
    /// When the gate, the log or the database refuses.
    pub async fn own_page(&self, member: &Membership, token: &str) -> Result<OwnPage, CaseError> {
        let target = AccountFacts { holder: member.id.clone() };
        let actor = Actor::Staff(member.clone());
        let access: Access<OwnAccount> = self.admit(&actor, target, Act::new("account.shown")).await?;
        let (begun, unused) = oldest(access.at());
        let hash = self.vault.token_hash(token);
        Ok(OwnPage {
            sessions: self.db.own_sessions(&access, &hash, begun, unused).await?,
            second_factor: self
                .db
                .second_factor(&member.staff)
                .await?
                .is_some_and(|factor| factor.confirmed_at.is_some()),
            recovery_codes: self.db.recovery_codes_left(&access).await?,
            needed: self.needs_second_factor(member.role),
        })
    }

    /// Ends one of the own sessions. Ending one that is gone already is no fault.
    ///
    /// # Errors
    /// When the gate, the log or the database refuses.
    pub async fn end_own_session(&self, member: &Membership, id: &str) -> Result<(), CaseError> {
        // PostgreSQL refuses a NUL in a text, so no session has one.
        let id = if id.contains('\0') { "" } else { id };
        let (access, mut tx) = self.own_account(member, Act::new("session.ended_from_list")).await?;
        tx.end_own_session(&access, id).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Ends every own session but this one, and says how many.
    ///
    /// # Errors
    /// When the gate, the log or the database refuses.
    pub async fn end_other_sessions(&self, member: &Membership, token: &str) -> Result<u64, CaseError> {
        let (access, mut tx) = self.own_account(member, Act::new("sessions.ended")).await?;
        let ended = tx.end_other_sessions(&access, &self.vault.token_hash(token)).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// Changes the own password; the current one is asked for, the other sessions end and this one gets
    /// a new token. `None` when the current password is wrong.
    ///
    /// # Errors
    /// [`CaseError::Invalid`] when the new one may not be taken, [`CaseError::TooMany`] after too many
    /// wrong current ones; also when the gate, the log or the database refuses.
    pub async fn change_password(
        &self,
        member: &Membership,
        token: &str,
        current: &str,
        new: &str,
        network: &Network,
    ) -> Result<Option<Token>, CaseError> {
        let (login, stored) = self.db.password_of(member).await?;
        check_password(new, &login)?;
        if !self.password_is(member, &login, &stored, current, network).await? {
            return Ok(None);
        }
        let new = zeroize::Zeroizing::new(new.to_owned());
        let hash = tokio::task::spawn_blocking(move || hash_password(&new))
            .await
            .map_err(|_| CaseError::Interrupted)??;
        let (access, mut tx) = self.own_account(member, Act::new("password.changed")).await?;
        if !tx.set_own_password(&access, &stored, &hash).await? {
            // Two changes at once: the second would overwrite a password that its writer never saw.
            return Err(CaseError::Conflict(Conflict::PasswordChanged));
        }
        let stage = self.stage_of(token).await?;
        let fresh = self.put_session(&mut tx, &access, stage).await?;
        tx.end_other_sessions(&access, &self.vault.token_hash(&fresh)).await?;
        tx.commit().await?;
        Ok(Some(fresh))
    }

    /// Whether the current password of somebody logged in is right; wrong ones are counted as at the door.
    pub(super) async fn password_is(
        &self,
        member: &Membership,
        login: &str,
        stored: &str,
        typed: &str,
        network: &Network,
    ) -> Result<bool, CaseError> {
        let slot = self.take_slot(Guess::Password(login), network).await?;
        if !hashing::fits(typed, Some(stored.to_owned())).await? {
            self.note_failed(Door::Web, "password.wrong", Some(&member.staff)).await?;
            return Ok(false);
        }
        self.slot_was_right(&slot, false).await?;
        Ok(true)
    }

    /// What the session of a token was proven with.
    pub(super) async fn stage_of(&self, token: &str) -> Result<Stage, CaseError> {
        match self.db.session(&self.vault.token_hash(token)).await? {
            Some(session) if matches!(session.owner, SessionOwner::Membership(_)) => Ok(session.stage),
            _ => Err(CaseError::NotFound("session")),
        }
    }
}
