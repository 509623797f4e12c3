//! Signing in through an organisation's own provider (OpenID Connect, the authorisation code flow).
//!
//! 1. [`App::begin_sign_in`] keeps a state for this browser and leads it to the provider.
//! 2. The browser comes back; [`App::finish_sign_in`] takes the state out (so it works once),
//!    exchanges the code and believes the ID token only when everything about it holds.
//! 3. Issuer and subject open the account that an administrator linked to them beforehand
//!    ([`linking`]). Nothing else does: no account is made by signing in, and no e-mail address or
//!    name is compared, because a provider may let people choose those.
//!
//! Every sign-in and every refusal is an entry in the log, written before the browser hears of it. A
//! refused sign-in leaves nothing but that entry. What a crash leaves: a state without its browser,
//! swept after ten minutes, or a session whose token nobody was given.

use serde_json::json;
use zeroize::Zeroizing;

use super::{App, CaseError};
use crate::clock::Moment;
use crate::guard::access::{Actor, Door, Membership, SystemFacts};
use crate::guard::oidc::flow::{Answer, Secrets, ask, exchange};
use crate::guard::oidc::token::{Expected, Identity, from_answer, identity};
use crate::guard::oidc::{Distrust, Provider};
use crate::store::federation::Pending;

pub mod linking;
pub mod providers;

use providers::{Answered, Member, Providers, Wire};

/// Minutes within which a sign-in must come back.
pub const SIGN_IN_MINUTES_MAX: i64 = 10;
/// Days for which the code of an unknown identity can be linked.
pub const PENDING_DAYS_MAX: i64 = 7;

/// The purpose of entries about accounts in the log.
pub(super) const ACCOUNTS: &str = "accounts";

/// Letters and digits that are not taken for each other when read aloud (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The provider, its answer or its token is not believed. It is in the log.
    #[error(transparent)]
    Distrust(#[from] Distrust),
    /// Our own side.
    #[error(transparent)]
    Case(#[from] CaseError),
}

impl From<crate::store::StoreError> for SignInError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Case(error.into())
    }
}

/// A sign-in that has begun.
pub struct Begun {
    /// Where the browser goes.
    pub to: String,
    /// What the browser must hold when it comes back: the value of a cookie.
    pub browser: Zeroizing<String>,
}

/// How a sign-in ended that was not refused.
pub enum SignedIn {
    /// With a session: its token.
    In(Zeroizing<String>),
    /// The identity is certain, but opens no account. The code lets an administrator link it; absent
    /// when the code is another identity's already.
    Unknown(Option<String>),
}

impl App {
    /// Begins a sign-in. The provider is asked for its description first: one that does not answer
    /// leaves nothing behind.
    ///
    /// # Errors
    /// When there is no such provider, it does not describe itself as it should, or the database or
    /// chance fails.
    pub async fn begin_sign_in<W: Wire>(
        &self,
        providers: &Providers<W>,
        id: &str,
    ) -> Result<Begun, SignInError> {
        let member = known(providers, id)?;
        let now = self.clock.now();
        let metadata = member.metadata(now).await?;
        let state = hex::encode(self.chance.bytes::<32>().map_err(CaseError::from)?);
        let browser = Zeroizing::new(hex::encode(self.chance.bytes::<32>().map_err(CaseError::from)?));
        let secrets = self.sign_in_secrets(state, &browser);
        self.db
            .sweep_sign_ins(
                now.plus_seconds(-SIGN_IN_MINUTES_MAX * 60),
                now.plus_seconds(-PENDING_DAYS_MAX * 24 * 3600),
            )
            .await?;
        let (state, holder) = self.sign_in_hashes(&secrets.state, &browser);
        self.db.put_sign_in(&state, &holder, id, now).await?;
        Ok(Begun { to: ask(&member.settings, &metadata, &secrets), browser })
    }

    /// Ends a sign-in that came back: `query` is what the address carried, `browser` the cookie.
    ///
    /// # Errors
    /// [`SignInError::Distrust`] when anything about it does not hold, which is in the log when this
    /// returns; otherwise when there is no such provider, or database, log or chance fails.
    pub async fn finish_sign_in<W: Wire>(
        &self,
        providers: &Providers<W>,
        id: &str,
        query: &str,
        browser: Option<&str>,
    ) -> Result<SignedIn, SignInError> {
        let member = known(providers, id)?;
        let ended = match self.proven(member, query, browser).await {
            Ok(identity) => self.let_in(member, &identity).await,
            Err(error) => Err(error),
        };
        if let Err(SignInError::Distrust(reason)) = &ended {
            tracing::warn!(provider = id, reason = reason.code(), "a sign-in was refused");
            let detail = json!({ "provider": id, "reason": reason.code() });
            self.account_event(&Actor::Visitor(Door::Web), "staff.sign_in_refused", detail).await?;
        }
        ended
    }

    /// Who came back, when everything about it holds.
    async fn proven<W: Wire>(
        &self,
        member: &Member<W>,
        query: &str,
        browser: Option<&str>,
    ) -> Result<Identity, SignInError> {
        let answer = Answer::read(query)?;
        let browser = browser.ok_or(Distrust::State)?;
        let (state, holder) = self.sign_in_hashes(&answer.state, browser);
        // Out before anything else: whatever happens now, this state works no second time.
        let taken = self.db.take_sign_in(&state, &holder).await?.ok_or(Distrust::State)?;
        let now = self.clock.now();
        let in_time = taken.begun_at <= now && now < taken.begun_at.plus_seconds(SIGN_IN_MINUTES_MAX * 60);
        if !in_time || taken.provider != member.settings.id {
            return Err(Distrust::State.into());
        }
        let secrets = self.sign_in_secrets(answer.state.clone(), browser);
        let metadata = member.metadata(now).await?;
        let code = answer.code(&member.settings, &metadata)?;
        let request = exchange(&member.settings, &code, &secrets.verifier);
        let token = match member.wire.exchange(&metadata.token_endpoint, request).await {
            Ok(Answered::Yes(body)) => from_answer(&Zeroizing::new(body))?,
            Ok(Answered::No) => return Err(Distrust::CodeRefused.into()),
            Err(_) => return Err(Distrust::Unreachable.into()),
        };
        // The exchange took its time.
        let now = self.clock.now();
        let expected =
            Expected { provider: &member.settings, nonce: &secrets.nonce, begun_at: taken.begun_at, now };
        let keys = member.keys(false, now).await?;
        Ok(match identity(&token, &keys, &expected) {
            // The provider may have changed its keys.
            Err(Distrust::UnknownKey) => identity(&token, &member.keys(true, now).await?, &expected)?,
            other => other?,
        })
    }

    /// The session of a proven identity, or the code by which it can be linked.
    async fn let_in<W: Wire>(
        &self,
        member: &Member<W>,
        identity: &Identity,
    ) -> Result<SignedIn, SignInError> {
        let provider = &member.settings;
        let hash = self.vault.token_hash(&identity.key());
        let Some(link) = self.db.link_of(&hash).await? else {
            return Ok(SignedIn::Unknown(self.keep_pending(provider, identity, &hash).await?));
        };
        let now = self.clock.now();
        let memberships = self.db.memberships(&link.staff).await?;
        let fitting = memberships.into_iter().find(|one| opens(provider, one, now));
        let membership = fitting.ok_or(Distrust::NoMembership)?;
        let detail = json!({ "provider": provider.id, "two_factors": identity.strong });
        self.account_event(&Actor::Staff(membership.clone()), "staff.signed_in", detail).await?;
        let token = self.begin_staff_session(&membership, identity.strong).await?;
        let token_hash = self.vault.token_hash(&token);
        if let Err(error) = self.db.put_federated_session(&token_hash, &link, &provider.id).await {
            // Unlinked at this very moment: a session that the link's end would not find must not live.
            self.db.end_session(&token_hash).await?;
            return Err(error.into());
        }
        Ok(SignedIn::In(token))
    }

    async fn keep_pending(
        &self,
        provider: &Provider,
        identity: &Identity,
        hash: &[u8],
    ) -> Result<Option<String>, CaseError> {
        let code = self.pending_code(hash);
        let pending = Pending { identity_hash: hash.to_vec(), issuer: identity.issuer().to_owned() };
        let mut tx = self.db.begin().await?;
        let detail = json!({ "provider": provider.id, "code": code });
        let actor = Actor::Visitor(Door::Web);
        self.note(&mut tx, &actor, ACCOUNTS, "staff.identity_unknown", &SystemFacts, detail).await?;
        let kept = tx.put_pending(&code, &pending, self.clock.now()).await?;
        tx.commit().await?;
        Ok(kept.then_some(code))
    }

    /// The code of an identity, such as `7QF3-M2XK`: 40 bits of a keyed hash.
    fn pending_code(&self, hash: &[u8]) -> String {
        let digest = self.vault.token_hash(&format!("oidc-pending/{}", hex::encode(hash)));
        let bits = digest.iter().take(5).fold(0u64, |bits, byte| (bits << 8) | u64::from(*byte));
        let mut code = String::new();
        for letter in 0..8 {
            if letter == 4 {
                code.push('-');
            }
            let five = (bits >> (35 - 5 * letter)) & 31;
            code.push(ALPHABET.get(five as usize).copied().unwrap_or(b'0').into());
        }
        code
    }

    /// Nonce and verifier of a sign-in. They are derived from what the browser holds and our own key,
    /// so that they need not be stored: a copy of the table completes no sign-in.
    fn sign_in_secrets(&self, state: String, browser: &str) -> Secrets {
        let derived = |what: &str| {
            let parts = Zeroizing::new(format!("oidc-{what}/{}/{state}/{browser}", state.len()));
            Zeroizing::new(hex::encode(self.vault.token_hash(&parts)))
        };
        Secrets { nonce: derived("nonce"), verifier: derived("verifier"), state }
    }

    fn sign_in_hashes(&self, state: &str, browser: &str) -> ([u8; 32], [u8; 32]) {
        let hash = |what: &str, value: &str| self.vault.token_hash(&format!("oidc-{what}/{value}"));
        (hash("state", state), hash("browser", browser))
    }

    /// An entry about an account that changes nothing else.
    async fn account_event(
        &self,
        actor: &Actor,
        what: &'static str,
        detail: serde_json::Value,
    ) -> Result<(), CaseError> {
        let mut tx = self.db.begin().await?;
        self.note(&mut tx, actor, ACCOUNTS, what, &SystemFacts, detail).await?;
        tx.commit().await.map_err(|_| CaseError::Journal)?;
        Ok(())
    }

    /// The provider that a session came from, to say where else there is a session to end.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn provider_of_session(&self, token: &str) -> Result<Option<String>, CaseError> {
        Ok(self.db.session_provider(&self.vault.token_hash(token)).await?)
    }
}

fn known<'a, W: Wire>(providers: &'a Providers<W>, id: &str) -> Result<&'a Member<W>, CaseError> {
    providers.member(id).ok_or(CaseError::NotFound("provider"))
}

/// Whether a membership opens through a provider now.
fn opens(provider: &Provider, membership: &Membership, now: Moment) -> bool {
    membership.active
        && membership.valid_from <= now
        && now < membership.valid_to
        && provider.organisations.contains(&membership.organisation)
}
