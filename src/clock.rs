//! Time and chance, handed in and never reached for, so that a test can move the clock by two
//! years and replay a draw.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Instant;

use sha2::{Digest, Sha256};

/// A moment: microseconds since 1970-01-01 UTC. The database, the log and sessions all use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Moment(pub i64);

impl Moment {
    /// Seconds later (or earlier when negative).
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// RFC 3339 in UTC, whole seconds.
    #[must_use]
    pub fn rfc3339(self) -> String {
        jiff::Timestamp::from_second(self.0.div_euclid(1_000_000))
            .map(|stamp| stamp.to_string())
            .unwrap_or_else(|_| "out of range".into())
    }

    /// The day in Swedish time.
    #[must_use]
    pub fn swedish_day(self) -> jiff::civil::Date {
        jiff::Timestamp::from_second(self.0.div_euclid(1_000_000))
            .and_then(|stamp| stamp.in_tz("Europe/Stockholm"))
            .map_or(jiff::civil::Date::constant(1970, 1, 1), |local| local.date())
    }

    /// `2026-11-22 14:05` in Swedish time, for pages.
    #[must_use]
    pub fn swedish(self) -> String {
        let Ok(stamp) = jiff::Timestamp::from_second(self.0.div_euclid(1_000_000)) else {
            return "out of range".into();
        };
        match stamp.in_tz("Europe/Stockholm") {
            Ok(local) => local.strftime("%Y-%m-%d %H:%M").to_string(),
            Err(_) => format!("{stamp}"),
        }
    }
}

/// Where the time comes from.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    /// Since when steady time is counted.
    System(Instant),
    Fixed(Arc<Hands>),
}

/// The hands of a clock that a test moves.
struct Hands {
    /// Microseconds since 1970.
    wall: AtomicI64,
    /// Microseconds that have passed, whatever the wall clock was set to.
    steady: AtomicI64,
}

impl Clock {
    /// The host's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System(Instant::now()))
    }

    /// A clock that a test moves with [`Clock::advance_seconds`].
    #[must_use]
    pub fn fixed(at: Moment) -> Self {
        Self(Source::Fixed(Arc::new(Hands { wall: AtomicI64::new(at.0), steady: AtomicI64::new(0) })))
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Moment {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one place that asks the host for the time")]
            Source::System(_) => Moment(jiff::Timestamp::now().as_microsecond()),
            Source::Fixed(hands) => Moment(hands.wall.load(Ordering::SeqCst)),
        }
    }

    /// Seconds that have passed since this clock was made, whatever the host's clock was set to since.
    #[must_use]
    pub fn steady_seconds(&self) -> i64 {
        match &self.0 {
            Source::System(since) => i64::try_from(since.elapsed().as_secs()).unwrap_or(i64::MAX),
            Source::Fixed(hands) => hands.steady.load(Ordering::SeqCst) / 1_000_000,
        }
    }

    /// Lets time pass on a fixed clock; the system clock does not move.
    pub fn advance_seconds(&self, seconds: i64) {
        if let Source::Fixed(hands) = &self.0 {
            hands.steady.fetch_add(seconds.saturating_mul(1_000_000), Ordering::SeqCst);
        }
        self.set_forward_seconds(seconds);
    }

    /// Sets a fixed clock forward, or back when negative, as a hand on the host's clock would: no time
    /// passes. The system clock does not move.
    pub fn set_forward_seconds(&self, seconds: i64) {
        if let Source::Fixed(hands) = &self.0 {
            hands.wall.fetch_add(seconds.saturating_mul(1_000_000), Ordering::SeqCst);
        }
    }
}

/// Where chance comes from: the operating system, or a seeded stream in tests.
#[derive(Clone)]
pub struct Chance(Stream);

#[derive(Clone)]
enum Stream {
    System,
    Seeded(Arc<([u8; 32], AtomicU64)>),
}

/// The operating system gave no random bytes; nothing may be made without them.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct NoChance;

impl Chance {
    /// The operating system's generator.
    #[must_use]
    pub fn system() -> Self {
        Self(Stream::System)
    }

    /// A reproducible stream, for tests only.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Stream::Seeded(Arc::new((Sha256::digest(seed.to_be_bytes()).into(), AtomicU64::new(0)))))
    }

    /// `N` unpredictable bytes.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], NoChance> {
        let mut out = [0u8; N];
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one place that asks the host for chance")]
            Stream::System => getrandom::fill(&mut out).map_err(|_| NoChance)?,
            Stream::Seeded(state) => {
                for chunk in out.chunks_mut(32) {
                    let turn = state.1.fetch_add(1, Ordering::SeqCst);
                    let mut hash = Sha256::new();
                    hash.update(state.0);
                    hash.update(turn.to_be_bytes());
                    let block = hash.finalize();
                    chunk.copy_from_slice(&block[..chunk.len()]);
                }
            }
        }
        Ok(out)
    }

    /// A random (version 4) UUID in text.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn uuid(&self) -> Result<String, NoChance> {
        Ok(uuid::Builder::from_random_bytes(self.bytes::<16>()?).into_uuid().to_string())
    }
}
