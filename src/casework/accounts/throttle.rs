//! How long somebody waits after failed attempts, so that guessing is slow and nobody is locked out.
//!
//! Failures are counted by whom and from where together: by login and network, and by network over all
//! logins. A login has no count of its own, so whoever tries it from elsewhere cannot close it. Where
//! somebody has logged in before, the count of the whole network is passed over and the wait is short.
//! The counts lie in the database under keyed hashes, so that many nodes share them and a copy tells
//! neither login nor address.
//!
//! An attempt is counted before it is checked: of a thousand that come at once no more are tried than
//! of a thousand in a row. A right one is taken off again. A crash in between leaves one failure too
//! many, which is forgiven like any other.

use super::super::{App, CaseError};
use crate::clock::Moment;
use crate::store::Tx;
use crate::store::accounts::Bucket;
use crate::subject::id::StaffId;

/// From where somebody calls: a prefix of the caller's address, made at the door. It is used for
/// counting failures and is stored only inside a keyed hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network(String);

impl Network {
    /// Wraps the prefix.
    #[must_use]
    pub fn new(prefix: impl Into<String>) -> Self {
        Self(prefix.into())
    }

    /// Callers whose address the door does not know: they all share one count.
    #[must_use]
    pub fn unknown() -> Self {
        Self("unknown".into())
    }

    /// The prefix.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How one count slows down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Failures without a wait.
    pub free: i64,
    /// The longest wait, in seconds.
    pub wait_seconds_max: i64,
    /// After so many quiet seconds one failure is forgiven.
    pub forgive_seconds: i64,
}

/// One login from one network.
pub const PAIR: Rule = Rule { free: 5, wait_seconds_max: 900, forgive_seconds: 600 };
/// One login from a network where it logged in before: short enough to sit out at the desk.
pub const KNOWN_PAIR: Rule = Rule { wait_seconds_max: 30, ..PAIR };
/// All logins from one network. A town hall may share one address.
pub const NETWORK: Rule = Rule { free: 40, wait_seconds_max: 300, forgive_seconds: 20 };
/// Receipt codes from one network. They have 128 bits, so this only keeps the noise down.
pub const RECEIPTS: Rule = Rule { free: 20, wait_seconds_max: 60, forgive_seconds: 20 };
/// Codes of one second factor, over all networks: only who has the password gets so far.
pub const CODES: Rule = Rule { free: 10, wait_seconds_max: 300, forgive_seconds: 300 };
/// Days during which a network counts as known.
pub const KNOWN_DAYS: i64 = 90;

impl Rule {
    /// Takes one attempt, counted as failed until it is [`Rule::given_back`]. When it is too early,
    /// the answer is in how many seconds it is not, and nothing changes.
    ///
    /// # Errors
    /// The seconds to wait.
    pub fn taken(self, state: Bucket, now: Moment) -> Result<Bucket, i64> {
        let mut state = state;
        // A wait longer than the rule knows was written by a clock that was wrong.
        if state.open_at > now.plus_seconds(self.wait_seconds_max) {
            state.open_at = now;
        }
        if now < state.open_at {
            return Err((state.open_at.0 - now.0 + 999_999).div_euclid(1_000_000));
        }
        let quiet = (now.0 - state.counted_at.0).div_euclid(self.forgive_seconds.max(1) * 1_000_000).max(0);
        let failures = state.failures.saturating_sub(quiet).max(0).saturating_add(1);
        Ok(Bucket { failures, counted_at: now, open_at: now.plus_seconds(self.wait(failures)) })
    }

    /// The wait after so many failures, in seconds: doubling from one.
    #[must_use]
    pub fn wait(self, failures: i64) -> i64 {
        let more = failures.saturating_sub(self.free);
        if more <= 0 {
            return 0;
        }
        let doublings = u32::try_from(more - 1).unwrap_or(u32::MAX);
        2i64.saturating_pow(doublings).min(self.wait_seconds_max)
    }

    /// Takes a right attempt off again.
    #[must_use]
    pub fn given_back(self, state: Bucket, now: Moment) -> Bucket {
        let failures = (state.failures - 1).max(0);
        let open_at = if self.wait(failures) == 0 { now.min(state.open_at) } else { state.open_at };
        Bucket { failures, open_at, ..state }
    }
}

/// What somebody tries to guess.
#[derive(Clone, Copy, Debug)]
pub(super) enum Guess<'a> {
    /// The password of a login, as it was typed.
    Password(&'a str),
    /// A code of somebody whose password was right.
    Code(&'a StaffId),
    /// A receipt code.
    Receipt,
}

/// An attempt that was let through, with the counts that it raised.
pub(super) struct Slot {
    /// The count of who and where, which a right attempt clears.
    pair: Option<[u8; 32]>,
    /// The wider count, from which a right attempt takes one.
    wide: Option<([u8; 32], Rule)>,
    known: [u8; 32],
}

impl Slot {
    /// As [`App::slot_was_right`], in the transaction of what the right attempt opens.
    pub(super) async fn clear(&self, tx: &mut Tx, now: Moment, at_home: bool) -> Result<(), CaseError> {
        if let Some(key) = &self.pair {
            tx.drop_bucket(key).await?;
        }
        if let Some((key, rule)) = &self.wide {
            let state = tx.take_bucket(key, now).await?;
            tx.put_bucket(key, rule.given_back(state, now)).await?;
        }
        if at_home && self.pair.is_some() {
            tx.put_known(&self.known, now).await?;
        }
        Ok(())
    }
}

impl App {
    fn bucket(&self, kind: &str, who: &str, network: &str) -> [u8; 32] {
        self.vault.token_hash(&format!("throttle/{kind}/{}/{who}/{network}", who.len()))
    }

    /// Lets an attempt through, or says how long to wait. The same statements run whoever is tried.
    pub(super) async fn take_slot(&self, guess: Guess<'_>, network: &Network) -> Result<Slot, CaseError> {
        let now = self.clock.now();
        let net = network.as_str();
        let (kind, who) = match guess {
            Guess::Password(login) => ("password", login.trim().to_lowercase()),
            Guess::Code(staff) => ("code", staff.to_string()),
            Guess::Receipt => ("receipt", String::new()),
        };
        let known_bucket = self.bucket(&format!("known-{kind}"), &who, net);
        let since = now.plus_seconds(-KNOWN_DAYS * 24 * 3600);
        let known = !matches!(guess, Guess::Receipt) && self.db.is_known(&known_bucket, since).await?;
        let wide = match guess {
            Guess::Password(_) => (self.bucket("password-network", "", net), NETWORK),
            Guess::Code(_) => (self.bucket("code-all", &who, ""), CODES),
            Guess::Receipt => (self.bucket("receipt-network", "", net), RECEIPTS),
        };
        let pair = match guess {
            Guess::Receipt => None,
            _ => Some((self.bucket(kind, &who, net), if known { KNOWN_PAIR } else { PAIR })),
        };
        let slot =
            Slot { pair: pair.map(|(key, _)| key), wide: (!known).then_some(wide), known: known_bucket };
        let mut tx = self.db.begin().await?;
        // Always the narrow count first, so that two nodes never wait for each other.
        for (key, rule) in pair.into_iter().chain(slot.wide) {
            let state = tx.take_bucket(&key, now).await?;
            // A refusal drops the transaction: a wait is not made longer by asking.
            let next = rule.taken(state, now).map_err(|seconds| CaseError::TooMany { seconds })?;
            tx.put_bucket(&key, next).await?;
        }
        tx.commit().await?;
        Ok(slot)
    }

    /// Says that an attempt was right. `at_home` remembers the network for this login.
    pub(super) async fn slot_was_right(&self, slot: &Slot, at_home: bool) -> Result<(), CaseError> {
        let mut tx = self.db.begin().await?;
        slot.clear(&mut tx, self.clock.now(), at_home).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Remembers for a login that its holder came all the way in from a network.
    pub(super) async fn remember_network(&self, login: &str, network: &Network) -> Result<(), CaseError> {
        let bucket = self.bucket("known-password", &login.trim().to_lowercase(), network.as_str());
        let mut tx = self.db.begin().await?;
        tx.put_known(&bucket, self.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Forgets what no longer slows anybody down, and networks that nobody has come from for long.
    pub(super) async fn sweep_throttles(&self) -> Result<(), CaseError> {
        let now = self.clock.now();
        // A day: longer than every wait, and by then everything is forgiven.
        let quiet = now.plus_seconds(-24 * 3600);
        Ok(self.db.sweep_throttles(quiet, now.plus_seconds(-KNOWN_DAYS * 24 * 3600)).await?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fresh() -> Bucket {
        Bucket { failures: 0, counted_at: Moment(0), open_at: Moment(0) }
    }

    fn at(seconds: i64) -> Moment {
        Moment(seconds * 1_000_000)
    }

    /// How many attempts get through when somebody tries without a pause.
    fn tried_in(rule: Rule, seconds: i64) -> i64 {
        let (mut state, mut now, mut tried) = (fresh(), at(1_000_000), 0);
        let end = now.plus_seconds(seconds);
        while now < end {
            match rule.taken(state, now) {
                Ok(next) => {
                    tried += 1;
                    state = next;
                    now = now.plus_seconds(1).min(next.open_at.max(Moment(now.0 + 1)));
                }
                Err(wait) => now = now.plus_seconds(wait),
            }
        }
        tried
    }

    #[test]
    fn guessing_without_a_pause_becomes_slow() {
        let day = 24 * 3600;
        let (pair, network) = (tried_in(PAIR, day), tried_in(NETWORK, day));
        assert!((10..=150).contains(&pair), "{pair} a day");
        assert!((100..=5_000).contains(&network), "{network} a day");
        println!("one login from one network: {pair} guesses a day; all logins: {network}");
    }

    #[test]
    fn the_first_tries_are_free_and_the_wait_doubles_to_a_limit() {
        let mut state = fresh();
        for _ in 0..PAIR.free {
            state = PAIR.taken(state, at(10)).expect("no wait");
            assert_eq!(state.open_at, at(10));
        }
        let mut now = at(10);
        for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] {
            state = PAIR.taken(state, now).expect("the wait is over");
            assert_eq!(state.open_at, now.plus_seconds(wait));
            assert!(PAIR.taken(state, Moment(state.open_at.0 - 1)).is_err());
            now = state.open_at;
        }
        assert_eq!(PAIR.wait(1_000), PAIR.wait_seconds_max);
        assert_eq!(PAIR.wait(i64::MAX), PAIR.wait_seconds_max);
    }

    #[test]
    fn where_somebody_logged_in_before_no_wait_is_longer_than_half_a_minute() {
        let mut state = fresh();
        for _ in 0..1_000 {
            let now = state.open_at.max(at(10));
            state = KNOWN_PAIR.taken(state, now).expect("the wait is over");
            assert!(state.open_at <= now.plus_seconds(30));
        }
    }

    #[test]
    fn a_clock_that_was_ten_years_ahead_keeps_nobody_out() {
        let state = Bucket { failures: 9, counted_at: at(400_000_000), open_at: at(400_000_000) };
        assert!(PAIR.taken(state, at(1_000)).is_ok());
    }

    proptest! {
        #[test]
        fn asking_early_changes_nothing_and_the_told_wait_is_enough(
            failures in 0i64..200, counted in 0i64..1_000_000, now in 1_000_000i64..2_000_000
        ) {
            let state = Bucket { failures, counted_at: at(counted), open_at: at(counted) };
            let next = NETWORK.taken(state, at(now)).expect("the wait is over");
            prop_assert!(next.failures >= 1 && next.failures <= failures + 1);
            if let Err(seconds) = NETWORK.taken(next, at(now)) {
                prop_assert!((1..=NETWORK.wait_seconds_max).contains(&seconds));
                prop_assert!(NETWORK.taken(next, at(now).plus_seconds(seconds)).is_ok());
            }
            let back = NETWORK.given_back(next, at(now));
            prop_assert_eq!(back.failures, next.failures - 1);
        }
    }
}
