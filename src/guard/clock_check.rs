//! Whether the host's clock can be believed. Memberships, sessions, retention and every entry of the
//! log hang on it, so a clock that was set wrong closes the service and never opens anything:
//!
//! * it may not stand before the last entry of the log, or the log would tell of a past after a future;
//! * it may not run ahead of steady time, or what is kept for two years would be destroyed today;
//! * at the start it may not stand long after the last entry, for the same reason.
//!
//! A clock that is put right is believed again at once. When it is right and the log is not (it ran
//! ahead for a while and entries were written), `urval clock accept` says so, in the log, and ends
//! every session.

use std::sync::{Mutex, PoisonError};

use super::audit::JournalError;
use crate::clock::{Clock, Moment};

/// Seconds that the clock may stand before the last entry: nodes differ, and clocks are set right in
/// small steps.
pub const BEHIND_SECONDS_MAX: i64 = 5 * 60;
/// Seconds that the clock may run ahead of steady time between two looks at it: a machine that slept
/// for a night is not in doubt.
pub const AHEAD_SECONDS_MAX: i64 = 24 * 3600;
/// Seconds after the last entry that a service may be started again without a word: rounds are yearly.
pub const STILL_SECONDS_MAX: i64 = 400 * 24 * 3600;

/// The host's clock is in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// It stands before the last entry.
    #[error(
        "the clock says {}, but the log has an entry of {}: put the clock right, or, if it is right, stop the \
         service and run `urval clock accept`; until then nobody is admitted",
        .now.rfc3339(), .last.rfc3339()
    )]
    Behind {
        /// What the clock says.
        now: Moment,
        /// The last entry's time.
        last: Moment,
    },
    /// It was set forward while the service ran, or stands long after the last entry.
    #[error(
        "the clock says {}, which is too long after {}, the time of the last entry: put the clock right, or, if \
         it is right, stop the service and run `urval clock accept`; until then nobody is admitted",
        .now.rfc3339(), .last.rfc3339()
    )]
    Ahead {
        /// What the clock says.
        now: Moment,
        /// The time believed last.
        last: Moment,
    },
}

impl From<ClockError> for JournalError {
    fn from(error: ClockError) -> Self {
        Self::Store(Box::new(error))
    }
}

/// What is known of time.
#[derive(Debug, Default)]
pub struct ClockCheck(Mutex<Known>);

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// The newest moment written or believed.
    last: Option<Moment>,
    /// Wall and steady time when the clock was last believed; none since the start.
    believed: Option<(Moment, i64)>,
}

impl ClockCheck {
    /// Over a log whose last entry is of this moment; none for an empty one.
    #[must_use]
    pub fn after(last_entry: Option<Moment>) -> Self {
        Self(Mutex::new(Known { last: last_entry, believed: None }))
    }

    /// The time, when it can be believed.
    ///
    /// # Errors
    /// [`ClockError`].
    pub fn time(&self, clock: &Clock) -> Result<Moment, ClockError> {
        // No thread panics while it holds this; and if one did, the numbers are whole.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Both are read under the lock: a reader that waited would seem to be behind.
        let (now, steady) = (clock.now(), clock.steady_seconds());
        judge(now, steady, *known)?;
        known.last = Some(known.last.map_or(now, |last| last.max(now)));
        known.believed = Some((now, steady));
        Ok(now)
    }

    /// Believes the clock as it is.
    pub fn accept(&self, clock: &Clock) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock.now();
        *known = Known { last: Some(now), believed: Some((now, clock.steady_seconds())) };
    }
}

fn judge(now: Moment, steady: i64, known: Known) -> Result<(), ClockError> {
    let Some(last) = known.last else { return Ok(()) };
    if now.plus_seconds(BEHIND_SECONDS_MAX) < last {
        return Err(ClockError::Behind { now, last });
    }
    let newest = match known.believed {
        Some((wall, then)) => wall.plus_seconds((steady - then).max(0)).plus_seconds(AHEAD_SECONDS_MAX),
        None => last.plus_seconds(STILL_SECONDS_MAX),
    };
    if now > newest { Err(ClockError::Ahead { now, last }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment(1_795_428_000_000_000);
    const TEN_YEARS: i64 = 10 * 365 * 24 * 3600;

    #[test]
    fn a_clock_set_back_or_forward_ten_years_is_not_believed_until_it_is_put_right() {
        for jump in [TEN_YEARS, -TEN_YEARS] {
            let (clock, check) = (Clock::fixed(NOW), ClockCheck::after(Some(NOW)));
            assert_eq!(check.time(&clock), Ok(NOW));
            clock.set_forward_seconds(jump);
            for _ in 0..3 {
                let refused = check.time(&clock).unwrap_err();
                assert!(refused.to_string().contains("put the clock right"), "{refused}");
                assert_eq!(matches!(refused, ClockError::Behind { .. }), jump < 0);
            }
            clock.set_forward_seconds(-jump);
            assert_eq!(check.time(&clock), Ok(NOW), "without a restart");
        }
    }

    #[test]
    fn time_that_really_passes_is_believed_however_much() {
        let (clock, check) = (Clock::fixed(NOW), ClockCheck::after(None));
        for _ in 0..20 {
            assert!(check.time(&clock).is_ok());
            clock.advance_seconds(TEN_YEARS);
        }
        assert_eq!(check.time(&clock), Ok(NOW.plus_seconds(20 * TEN_YEARS)));
    }

    #[test]
    fn small_steps_are_believed_and_their_limits_are_exact() {
        for (jump, believed) in [
            (-BEHIND_SECONDS_MAX, true),
            (-BEHIND_SECONDS_MAX - 1, false),
            (AHEAD_SECONDS_MAX, true),
            (AHEAD_SECONDS_MAX + 1, false),
        ] {
            let (clock, check) = (Clock::fixed(NOW), ClockCheck::after(Some(NOW)));
            assert!(check.time(&clock).is_ok());
            clock.set_forward_seconds(jump);
            assert_eq!(check.time(&clock).is_ok(), believed, "{jump}");
        }
        for (since, believed) in [(STILL_SECONDS_MAX, true), (STILL_SECONDS_MAX + 1, false)] {
            let check = ClockCheck::after(Some(NOW.plus_seconds(-since)));
            assert_eq!(check.time(&Clock::fixed(NOW)).is_ok(), believed, "{since}");
        }
    }

    #[test]
    fn small_steps_back_do_not_add_up() {
        let (clock, check) = (Clock::fixed(NOW), ClockCheck::after(Some(NOW)));
        clock.set_forward_seconds(-BEHIND_SECONDS_MAX);
        assert!(check.time(&clock).is_ok());
        clock.set_forward_seconds(-1);
        assert!(check.time(&clock).is_err(), "the newest entry counts, not the last look");
    }

    #[test]
    fn an_accepted_clock_is_believed_from_then_on() {
        for jump in [TEN_YEARS, -TEN_YEARS] {
            let (clock, check) = (Clock::fixed(NOW), ClockCheck::after(Some(NOW)));
            clock.set_forward_seconds(jump);
            assert!(check.time(&clock).is_err());
            check.accept(&clock);
            assert_eq!(check.time(&clock), Ok(NOW.plus_seconds(jump)));
            clock.advance_seconds(TEN_YEARS);
            assert!(check.time(&clock).is_ok());
        }
    }
}
