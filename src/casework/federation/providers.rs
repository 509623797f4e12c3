//! The providers, and what is remembered of each: its description of itself and its keys.
//!
//! Both are asked for at the first use and kept for an hour. An unknown key makes the keys be asked for
//! once more, at most once a minute, so that a provider may change its keys at any time and nobody can
//! make us ask it all the time. What has run out is not used, also when the provider is away: then its
//! staff cannot sign in this way, and the page says so.

use tokio::sync::Mutex;

use crate::clock::Moment;
use crate::guard::oidc::flow::Exchange;
use crate::guard::oidc::jose::Keys;
use crate::guard::oidc::metadata::Metadata;
use crate::guard::oidc::{Address, Distrust, Provider};

/// Seconds for which a description and keys are kept.
pub const KEPT_SECONDS: i64 = 3600;
/// Seconds between two askings for keys because of an unknown one.
pub const ASK_AGAIN_SECONDS: i64 = 60;
/// Seconds for which a provider that did not answer is left alone.
pub const PAUSE_SECONDS: i64 = 5;

/// What a provider answered.
#[derive(Debug)]
pub enum Answered {
    /// Yes, with this body.
    Yes(Vec<u8>),
    /// Anything else, whatever it was.
    No,
}

/// No usable answer in time: no connection, too slow, too long.
#[derive(Debug, thiserror::Error)]
#[error("no usable answer in time")]
pub struct Silent;

/// The way to one provider. The pages' side makes it; a procedure knows no HTTP.
pub trait Wire: Send + Sync + 'static {
    /// Reads a public document.
    fn get(&self, address: &Address) -> impl Future<Output = Result<Answered, Silent>> + Send;
    /// Exchanges a code.
    fn exchange(
        &self,
        address: &Address,
        exchange: Exchange,
    ) -> impl Future<Output = Result<Answered, Silent>> + Send;
}

#[derive(Default)]
struct Known {
    metadata: Option<(Moment, Metadata)>,
    keys: Option<(Moment, Keys)>,
    asked_again_at: Option<Moment>,
    silent_since: Option<Moment>,
}

/// Whether `at` lies within the last `seconds`. A clock that was set back makes nothing last longer.
fn within(at: Moment, seconds: i64, now: Moment) -> bool {
    at <= now && now < at.plus_seconds(seconds)
}

/// One provider with what is known of it.
pub struct Member<W> {
    /// Its settings.
    pub settings: Provider,
    /// The way to it.
    pub wire: W,
    // Held while the provider is asked, so that many sign-ins at once ask once.
    known: Mutex<Known>,
}

/// All providers, in the order of their buttons.
pub struct Providers<W> {
    members: Vec<Member<W>>,
}

impl<W> Default for Providers<W> {
    fn default() -> Self {
        Self { members: Vec::new() }
    }
}

impl<W: Wire> Providers<W> {
    /// The providers with the ways to them.
    #[must_use]
    pub fn new(list: Vec<(Provider, W)>) -> Self {
        let members =
            list.into_iter().map(|(settings, wire)| Member { settings, wire, known: Mutex::default() });
        Self { members: members.collect() }
    }

    /// The settings of all.
    pub fn settings(&self) -> impl Iterator<Item = &Provider> {
        self.members.iter().map(|member| &member.settings)
    }

    /// The provider of an id.
    #[must_use]
    pub fn member(&self, id: &str) -> Option<&Member<W>> {
        self.members.iter().find(|member| member.settings.id == id)
    }
}

impl<W: Wire> Member<W> {
    /// What the provider says about itself.
    ///
    /// # Errors
    /// [`Distrust::Unreachable`] or [`Distrust::Metadata`].
    pub async fn metadata(&self, now: Moment) -> Result<Metadata, Distrust> {
        let mut known = self.known.lock().await;
        self.described(&mut known, now).await
    }

    async fn described(&self, known: &mut Known, now: Moment) -> Result<Metadata, Distrust> {
        if let Some((at, metadata)) = &known.metadata
            && within(*at, KEPT_SECONDS, now)
        {
            return Ok(metadata.clone());
        }
        let body = self.ask(known, &Metadata::address(&self.settings)?, now).await?;
        let metadata = Metadata::read(&body, &self.settings)?;
        known.metadata = Some((now, metadata.clone()));
        Ok(metadata)
    }

    /// The provider's keys; `newer` when those that are kept were not enough. Then they are asked for
    /// again, unless that was done within the last minute.
    ///
    /// # Errors
    /// [`Distrust::Unreachable`], [`Distrust::Metadata`] or [`Distrust::Keys`].
    pub async fn keys(&self, newer: bool, now: Moment) -> Result<Keys, Distrust> {
        let mut known = self.known.lock().await;
        if let Some((at, keys)) = &known.keys
            && within(*at, KEPT_SECONDS, now)
        {
            let asked_lately = known.asked_again_at.is_some_and(|at| within(at, ASK_AGAIN_SECONDS, now));
            if !newer || asked_lately {
                return Ok(keys.clone());
            }
            known.asked_again_at = Some(now);
        }
        let address = self.described(&mut known, now).await?.jwks_uri;
        let body = self.ask(&mut known, &address, now).await?;
        let keys = Keys::read(&body)?;
        known.keys = Some((now, keys.clone()));
        Ok(keys)
    }

    async fn ask(&self, known: &mut Known, address: &Address, now: Moment) -> Result<Vec<u8>, Distrust> {
        if known.silent_since.is_some_and(|at| within(at, PAUSE_SECONDS, now)) {
            return Err(Distrust::Unreachable);
        }
        if let Ok(Answered::Yes(body)) = self.wire.get(address).await {
            known.silent_since = None;
            return Ok(body);
        }
        known.silent_since = Some(now);
        Err(Distrust::Unreachable)
    }
}
