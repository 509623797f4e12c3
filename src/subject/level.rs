//! Levels and sums that come out the same on every machine.
//!
//! A level is a whole number of 4096ths and a weight a whole number of thousandths, so a
//! contribution and a total are integers: adding them in any order gives the same sum, and two
//! applicants with the same levels are equal, never almost equal. Nothing here knows a model or a
//! person.

use serde::{Deserialize, Serialize};

use super::profile::Weight;

/// How well the text meets one criterion: 0 (nothing found) to 1, held as 4096ths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Level(u16);

/// A stored level lies outside 0..=4096.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a level is 0 to 4096 units, not {units}")]
pub struct NotALevel {
    /// What was stored.
    pub units: u16,
}

impl Level {
    /// Units in the level 1.
    pub const UNITS: u16 = 4096;
    /// Nothing found.
    pub const ZERO: Level = Level(0);
    /// The highest level.
    pub const ONE: Level = Level(Self::UNITS);

    /// The nearest 4096th. Below 0 gives 0, above 1 gives 1, and NaN gives 0: a caller that can be
    /// handed NaN uses [`Level::checked`] instead, so that a broken model never looks like a weak
    /// application.
    #[must_use]
    pub fn from_unit(level: f64) -> Self {
        Self::checked(level).unwrap_or(Self::ZERO)
    }

    /// The nearest 4096th, or `None` for NaN.
    #[must_use]
    pub fn checked(level: f64) -> Option<Self> {
        if level.is_nan() {
            return None;
        }
        // In range after the clamp, so the conversion cannot wrap.
        Some(Self((level.clamp(0.0, 1.0) * f64::from(Self::UNITS)).round() as u16))
    }

    /// From stored 4096ths.
    ///
    /// # Errors
    /// [`NotALevel`] above 4096.
    pub fn from_units(units: u16) -> Result<Self, NotALevel> {
        if units > Self::UNITS { Err(NotALevel { units }) } else { Ok(Self(units)) }
    }

    /// 4096ths.
    #[must_use]
    pub fn units(self) -> u16 {
        self.0
    }

    /// 0 to 1, exactly.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / f64::from(Self::UNITS)
    }
}

impl TryFrom<u16> for Level {
    type Error = NotALevel;
    fn try_from(units: u16) -> Result<Self, NotALevel> {
        Self::from_units(units)
    }
}

impl From<Level> for u16 {
    fn from(level: Level) -> u16 {
        level.0
    }
}

/// What one criterion adds to the sum: weight × level, in thousandths of 4096ths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Contribution {
    milli_units: i64,
}

/// The sum of contributions, in thousandths of 4096ths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Total {
    milli_units: i64,
}

/// Thousandths of 4096ths in 1.
const MILLI_UNITS_IN_ONE: f64 = 4_096_000.0;

impl Contribution {
    /// Weight × level, without rounding.
    #[must_use]
    pub fn of(weight: Weight, level: Level) -> Self {
        Self { milli_units: i64::from(weight.milli()) * i64::from(level.units()) }
    }

    /// Thousandths of 4096ths.
    #[must_use]
    pub fn milli_units(self) -> i64 {
        self.milli_units
    }

    /// The contribution in the profile's weights: at most the weight.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        self.milli_units as f64 / MILLI_UNITS_IN_ONE
    }
}

impl Total {
    /// From stored thousandths of 4096ths.
    #[must_use]
    pub fn from_milli_units(milli_units: i64) -> Self {
        Self { milli_units }
    }

    /// Thousandths of 4096ths.
    #[must_use]
    pub fn milli_units(self) -> i64 {
        self.milli_units
    }

    /// The total in the profile's weights.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        self.milli_units as f64 / MILLI_UNITS_IN_ONE
    }
}

impl std::ops::Add<Contribution> for Total {
    type Output = Total;
    fn add(self, more: Contribution) -> Total {
        Total { milli_units: self.milli_units.saturating_add(more.milli_units) }
    }
}

impl std::iter::Sum<Contribution> for Total {
    fn sum<I: Iterator<Item = Contribution>>(parts: I) -> Total {
        parts.fold(Total::default(), |total, part| total + part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_level_is_clamped_and_rounded_to_4096ths() {
        assert_eq!(Level::from_unit(-3.0), Level::ZERO);
        assert_eq!(Level::from_unit(7.0), Level::ONE);
        assert_eq!(Level::from_unit(f64::INFINITY), Level::ONE);
        assert_eq!(Level::from_unit(0.5).units(), 2048);
        assert_eq!(Level::from_unit(1.0 / 3.0).units(), 1365);
    }

    #[test]
    fn nan_is_told_apart_from_a_weak_text() {
        assert_eq!(Level::checked(f64::NAN), None);
        assert_eq!(Level::from_unit(f64::NAN), Level::ZERO);
        assert_eq!(Level::checked(0.0), Some(Level::ZERO));
    }

    #[test]
    fn a_stored_level_out_of_range_is_refused() {
        assert_eq!(Level::from_units(4097), Err(NotALevel { units: 4097 }));
        assert!(serde_json::from_str::<Level>("4097").is_err());
        assert_eq!(serde_json::from_str::<Level>("4096").ok(), Some(Level::ONE));
    }

    #[test]
    fn a_contribution_is_weight_times_level() {
        let weight = Weight::from_milli(2_500).expect("in range");
        let part = Contribution::of(weight, Level::from_unit(0.5));
        assert_eq!(part.milli_units(), 2_500 * 2_048);
        assert_eq!(part.as_f64(), 1.25);
    }

    proptest! {
        #[test]
        fn a_total_does_not_depend_on_the_order(
            parts in prop::collection::vec((1u32..=100_000, 0u16..=4096), 0..60),
        ) {
            let all: Vec<Contribution> = parts
                .iter()
                .map(|(milli, units)| Contribution::of(
                    Weight::from_milli(*milli).expect("in range"),
                    Level::from_units(*units).expect("in range"),
                ))
                .collect();
            let forward: Total = all.iter().copied().sum();
            let backward: Total = all.iter().rev().copied().sum();
            prop_assert_eq!(forward, backward);
            // The float shown is the exact quotient: it reads back to the same integer.
            prop_assert_eq!((forward.as_f64() * MILLI_UNITS_IN_ONE).round() as i64, forward.milli_units());
        }

        #[test]
        fn every_float_gives_a_level_within_bounds(x in any::<f64>()) {
            prop_assert!(Level::from_unit(x) <= Level::ONE);
        }
    }
}
