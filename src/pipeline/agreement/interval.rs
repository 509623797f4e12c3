//! How sure a figure is: percentile bootstrap over applications, and the exact interval of a share.

use super::{Draws, Interval, TAIL};

/// How often is drawn, and from which seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resampling {
    /// How many times the applications are drawn anew.
    pub resamples: usize,
    /// The same seed draws the same applications, for every figure: so the interval of a difference is a paired one.
    pub seed: u64,
}

/// The share of resamples in which a figure may be undefined before its interval is.
const UNDEFINED_MAX: f64 = 0.1;

/// 95 % intervals of figures over `units` (whole applications with everything that is known of them, so that what
/// belongs together stays together): as many are drawn with replacement as there are, the figures are computed again,
/// and the interval is what lies between the 2.5th and the 97.5th percentile (Efron and Tibshirani, "An Introduction
/// to the Bootstrap", 1993, ch. 13).
///
/// An interval is `None` with fewer than two units, and when the figure is undefined in more than one resample of
/// ten; of fewer, the defined ones count.
pub fn bootstrap<T, const N: usize>(
    units: &[T],
    how: Resampling,
    figures: impl Fn(&[&T]) -> [Option<f64>; N],
) -> [Option<Interval>; N] {
    let mut draws = Draws::seeded(how.seed);
    let mut found: [Vec<f64>; N] = std::array::from_fn(|_| Vec::new());
    let mut drawn: Vec<&T> = Vec::with_capacity(units.len());
    for _ in 0..how.resamples {
        drawn.clear();
        drawn.extend((0..units.len()).filter_map(|_| units.get(draws.below(units.len()))));
        for (list, figure) in found.iter_mut().zip(figures(&drawn)) {
            list.extend(figure);
        }
    }
    let enough = how.resamples as f64 * (1.0 - UNDEFINED_MAX);
    found.map(|list| if units.len() < 2 || (list.len() as f64) < enough { None } else { middle(list) })
}

/// The interval that leaves out 2.5 % at each end. `None` of nothing.
#[must_use]
pub fn middle(mut list: Vec<f64>) -> Option<Interval> {
    list.sort_by(f64::total_cmp);
    Some(Interval { low: percentile(&list, TAIL)?, high: percentile(&list, 1.0 - TAIL)? })
}

/// The value below which this share of a sorted list lies, straight between its neighbours (Hyndman and Fan 1996,
/// definition 7).
fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    let at = share * (sorted.len().checked_sub(1)? as f64);
    let (below, above) = (sorted.get(at.floor() as usize)?, sorted.get(at.ceil() as usize)?);
    Some(below + (above - below) * at.fract())
}

/// The exact 95 % interval of a share, `hits` of `count` (Clopper and Pearson, "The use of confidence or fiducial
/// limits illustrated in the case of the binomial", Biometrika 26:4, 1934): the least and the greatest true share with
/// which so many hits, or more on that side, would still come in 2.5 % of samples. For a sample out of few it is wider
/// than need be, never too narrow. `None` when `count` is 0 or below `hits`.
#[must_use]
pub fn exact_share(hits: usize, count: usize) -> Option<Interval> {
    if count == 0 || hits > count {
        return None;
    }
    // Both tails grow from 0 to 1 with the share.
    let low = if hits == 0 { 0.0 } else { root(|share| at_least(hits, count, share)) };
    let high = if hits == count { 1.0 } else { 1.0 - root(|share| at_least(count - hits, count, share)) };
    Some(Interval { low, high })
}

/// The share at which a growing tail reaches 2.5 %.
fn root(tail: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    // 53 halvings are all that the number can hold.
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if tail(middle) < TAIL { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// The chance of at least `hits` of `count` when each has this chance, strictly between 0 and 1.
fn at_least(hits: usize, count: usize, share: f64) -> f64 {
    // By logarithms: a power of a large count would be rounded to nothing.
    let mut ways = 0.0_f64;
    let mut sum = 0.0;
    for found in 0..=count {
        if found > 0 {
            ways += ((count - found + 1) as f64).ln() - (found as f64).ln();
        }
        if found >= hits {
            sum += (ways + found as f64 * share.ln() + (count - found) as f64 * (-share).ln_1p()).exp();
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn near(found: Option<Interval>, low: f64, high: f64, by: f64) {
        let found = found.expect("an interval");
        assert!((found.low - low).abs() < by && (found.high - high).abs() < by, "{found:?}");
    }

    #[test]
    fn the_published_exact_intervals_come_out() {
        // In SciPy's documentation of `binomtest`: 7 of 50.
        near(exact_share(7, 50), 0.058_191_700_339_973_42, 0.267_396_002_497_008_46, 1e-12);
        // By hand: nothing of n reaches up to 1 − 0.025^(1/n); all of n down to 0.025^(1/n).
        let edge = 0.025_f64.powf(1.0 / 20.0);
        near(exact_share(0, 20), 0.0, 1.0 - edge, 1e-12);
        near(exact_share(20, 20), edge, 1.0, 1e-12);
        near(exact_share(1, 1), 0.025, 1.0, 1e-12);
        assert_eq!(exact_share(0, 0), None);
        assert_eq!(exact_share(3, 2), None);
    }

    #[test]
    fn percentiles_lie_straight_between_their_neighbours() {
        // 0 to 40: the 2.5th percentile is the second value, the 97.5th the last but one.
        let list: Vec<f64> = (0..=40).rev().map(f64::from).collect();
        assert_eq!(middle(list), Some(Interval { low: 1.0, high: 39.0 }));
        assert_eq!(middle(vec![3.0]), Some(Interval { low: 3.0, high: 3.0 }));
        assert_eq!(middle(Vec::new()), None);
    }

    fn mean(units: &[&f64]) -> [Option<f64>; 1] {
        [Some(units.iter().copied().sum::<f64>() / units.len() as f64)]
    }

    #[test]
    fn the_interval_of_a_mean_is_about_two_standard_errors() {
        let units: Vec<f64> = (0..100).map(f64::from).collect();
        let found = bootstrap(&units, Resampling { resamples: 4_000, seed: 1 }, mean);
        // 49.5 ± 1.96 · 28.87 / 10.
        near(found[0], 43.84, 55.16, 0.4);
        assert_eq!(found, bootstrap(&units, Resampling { resamples: 4_000, seed: 1 }, mean));
        assert_ne!(found, bootstrap(&units, Resampling { resamples: 4_000, seed: 2 }, mean));
    }

    #[test]
    fn what_is_often_undefined_has_no_interval() {
        let how = Resampling { resamples: 400, seed: 1 };
        assert_eq!(bootstrap(&[1.0], how, mean), [None]);
        assert_eq!(bootstrap(&Vec::<f64>::new(), how, |_| [None]), [None]);
        // Of two units, half of the resamples hold one of them twice.
        let both = |units: &[&f64]| [(units[0] != units[1]).then_some(1.0)];
        assert_eq!(bootstrap(&[1.0, 2.0], how, both), [None]);
    }

    #[test]
    fn the_difference_of_two_figures_is_paired() {
        let units = [(1.0, 2.0), (5.0, 6.0), (9.0, 10.0)];
        let how = Resampling { resamples: 500, seed: 3 };
        let found = bootstrap(&units, how, |drawn| {
            let sum = |of: fn(&(f64, f64)) -> f64| drawn.iter().map(|unit| of(unit)).sum::<f64>();
            [Some((sum(|unit| unit.1) - sum(|unit| unit.0)) / 3.0)]
        });
        assert_eq!(found, [Some(Interval { low: 1.0, high: 1.0 })]);
    }

    proptest! {
        #[test]
        fn the_exact_interval_holds_the_share_and_turns_round(count in 1usize..200, part in 0.0f64..=1.0) {
            let hits = (part * count as f64) as usize;
            let found = exact_share(hits, count).expect("an interval");
            let share = hits as f64 / count as f64;
            prop_assert!(0.0 <= found.low && found.low <= share && share <= found.high && found.high <= 1.0);
            let turned = exact_share(count - hits, count).expect("an interval");
            prop_assert!((turned.low - (1.0 - found.high)).abs() < 1e-9);
        }
    }
}
