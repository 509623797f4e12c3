//! The arithmetic of the report: exact intervals for shares, intervals for means, and the impact ratio.
//!
//! * A share of `n`: Clopper and Pearson, Biometrika 26 (1934) 404–413: the interval holds the true share in at
//!   least the asked part of all samples, however small they are.
//! * A mean of paired differences: Student's t with n − 1 degrees of freedom.
//! * An impact ratio: the two shares' Clopper–Pearson intervals, each with half the allowed error, divided
//!   crosswise. By Bonferroni's inequality both hold together in at least the asked part of all samples, whatever
//!   the dependence between them, and so does the interval of the quotient. It is wide on purpose.
//!
//! All of them go back to the regularised incomplete beta function, by its continued fraction (DLMF 8.17.22).

use serde::Serialize;

/// The part of all samples in which an interval holds the true value.
pub const CONFIDENCE: f64 = 0.95;

/// From the lower to the upper end of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// A share with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Share {
    /// How many are counted.
    pub count: usize,
    /// Of how many.
    pub of: usize,
    /// The Clopper–Pearson interval.
    pub interval: Interval,
}

impl Share {
    /// So many of so many, at [`CONFIDENCE`].
    #[must_use]
    pub fn of(count: usize, of: usize) -> Self {
        Self { count, of, interval: clopper_pearson(count, of, CONFIDENCE) }
    }

    /// The share itself; 0 of 0 is 0.
    #[must_use]
    pub fn value(&self) -> f64 {
        if self.of == 0 { 0.0 } else { self.count as f64 / self.of as f64 }
    }
}

/// A mean with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mean {
    /// Of how many.
    pub n: usize,
    /// The mean.
    pub value: f64,
    /// Student's interval; as wide as all that is possible when one value says nothing of how they vary.
    pub interval: Interval,
}

/// Coefficients of Lanczos' series for g = 7 and nine terms (Godfrey's, as in the GNU Scientific Library).
const LANCZOS: [f64; 8] = [
    676.520_368_121_885_1,
    -1_259.139_216_722_402_8,
    771.323_428_777_653_1,
    -176.615_029_162_140_6,
    12.507_343_278_686_905,
    -0.138_571_095_265_720_12,
    9.984_369_578_019_572e-6,
    1.505_632_735_149_311_6e-7,
];

/// The natural logarithm of the gamma function, for x above 0.
fn ln_gamma(x: f64) -> f64 {
    let x = x - 1.0;
    let mut sum = 0.999_999_999_999_809_9;
    let mut at = x;
    for coefficient in LANCZOS {
        at += 1.0;
        sum += coefficient / at;
    }
    let t = x + 7.5;
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

/// The regularised incomplete beta function I_x(a, b), for a and b above 0: the part of a beta distribution that
/// lies below x.
#[must_use]
pub fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges quickly only on this side; the function is symmetric.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(1.0 - x, b, a);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp() / a;
    front * continued_fraction(x, a, b)
}

/// Lentz's way of computing the fraction of DLMF 8.17.22.
fn continued_fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    const STEPS_MAX: u32 = 500;
    let kept = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / kept(1.0 - (a + b) * x / (a + 1.0));
    let mut out = d;
    for step in 1..=STEPS_MAX {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / kept(1.0 + even * d);
        c = kept(1.0 + even / c);
        out *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / kept(1.0 + odd * d);
        c = kept(1.0 + odd / c);
        let factor = d * c;
        out *= factor;
        if (factor - 1.0).abs() < 1e-15 {
            break;
        }
    }
    out
}

/// Where a function that only rises reaches `wanted`, between two bounds.
fn reached(wanted: f64, mut low: f64, mut high: f64, rising: impl Fn(f64) -> f64) -> f64 {
    // A double has 53 bits: more halvings change nothing.
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if rising(middle) < wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// Clopper and Pearson's exact interval for a share of which `count` of `of` were seen. Of nothing everything is
/// possible: 0 to 1.
#[must_use]
pub fn clopper_pearson(count: usize, of: usize, confidence: f64) -> Interval {
    let (k, n) = (count.min(of) as f64, of as f64);
    let tail = (1.0 - confidence) / 2.0;
    let low = if count == 0 { 0.0 } else { reached(tail, 0.0, 1.0, |p| incomplete_beta(p, k, n - k + 1.0)) };
    let high =
        if count >= of { 1.0 } else { reached(1.0 - tail, 0.0, 1.0, |p| incomplete_beta(p, k + 1.0, n - k)) };
    Interval { low, high }
}

/// The value that Student's t with so many degrees of freedom stays below with this probability, from one half on.
#[must_use]
pub fn student_quantile(probability: f64, degrees: f64) -> f64 {
    let below = |t: f64| 1.0 - 0.5 * incomplete_beta(degrees / (degrees + t * t), degrees / 2.0, 0.5);
    reached(probability, 0.0, 1e6, below)
}

/// The mean of paired differences, each between −1 and 1, with Student's interval at [`CONFIDENCE`].
#[must_use]
pub fn mean(values: &[f64]) -> Mean {
    let n = values.len();
    let whole = Interval { low: -1.0, high: 1.0 };
    if n == 0 {
        return Mean { n, value: 0.0, interval: whole };
    }
    let value = values.iter().sum::<f64>() / n as f64;
    if n == 1 {
        return Mean { n, value, interval: whole };
    }
    let spread = values.iter().map(|one| (one - value) * (one - value)).sum::<f64>() / (n - 1) as f64;
    let reach = student_quantile(f64::midpoint(1.0, CONFIDENCE), (n - 1) as f64) * (spread / n as f64).sqrt();
    Mean { n, value, interval: Interval { low: value - reach, high: value + reach } }
}

/// One group beside the most successful one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Impact {
    /// The group's scoring rate: the share of it that lies above the whole sample's median.
    pub rate: Share,
    /// That share divided by the highest group's; nothing when no group has anybody above the median.
    pub ratio: Option<f64>,
    /// The interval of the ratio; its upper end is infinite when the highest rate may be 0.
    pub interval: Interval,
}

/// The median: half of the sample lies at or below it.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    let upper = sorted.get(half).copied().unwrap_or_default();
    if sorted.len() % 2 == 1 {
        return upper;
    }
    let lower = half.checked_sub(1).and_then(|at| sorted.get(at)).copied().unwrap_or_default();
    f64::midpoint(lower, upper)
}

/// The impact ratios of groups by their scores, in the groups' order: New York City Local Law 144 of 2021 and its
/// rules (6 RCNY § 5-300): the scoring rate is the share of a group above the median of the whole sample, the
/// impact ratio that rate over the highest group's.
#[must_use]
pub fn impact(groups: &[Vec<f64>]) -> Vec<Impact> {
    let all: Vec<f64> = groups.iter().flatten().copied().collect();
    let middle = median(&all);
    let rates: Vec<Share> = groups
        .iter()
        .map(|group| Share::of(group.iter().filter(|score| **score > middle).count(), group.len()))
        .collect();
    let highest = rates.iter().copied().max_by(|a, b| a.value().total_cmp(&b.value()));
    rates.into_iter().map(|rate| against(rate, highest)).collect()
}

fn against(rate: Share, highest: Option<Share>) -> Impact {
    let Some(highest) = highest.filter(|share| share.count > 0) else {
        return Impact { rate, ratio: None, interval: Interval { low: 0.0, high: f64::INFINITY } };
    };
    // Half the allowed error each.
    let both = f64::midpoint(1.0, CONFIDENCE);
    let own = clopper_pearson(rate.count, rate.of, both);
    let top = clopper_pearson(highest.count, highest.of, both);
    let high = if top.low > 0.0 { own.high / top.low } else { f64::INFINITY };
    Impact {
        rate,
        ratio: Some(rate.value() / highest.value()),
        interval: Interval { low: own.low / top.high, high },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn near(found: f64, wanted: f64, within: f64) {
        assert!((found - wanted).abs() <= within, "{found} is not {wanted}");
    }

    #[test]
    fn the_incomplete_beta_function_has_its_closed_values() {
        // I_x(1, 1) = x; I_x(a, 1) = x^a; I_x(1, b) = 1 − (1 − x)^b; I_x(1/2, 1/2) = 2/π asin √x.
        for x in [0.01_f64, 0.2, 0.5, 0.73, 0.999] {
            near(incomplete_beta(x, 1.0, 1.0), x, 1e-13);
            near(incomplete_beta(x, 7.5, 1.0), x.powf(7.5), 1e-13);
            near(incomplete_beta(x, 1.0, 3.25), 1.0 - (1.0 - x).powf(3.25), 1e-13);
            near(incomplete_beta(x, 0.5, 0.5), 2.0 / std::f64::consts::PI * x.sqrt().asin(), 1e-13);
        }
        near(ln_gamma(0.5), std::f64::consts::PI.sqrt().ln(), 1e-13);
        near(ln_gamma(11.0), 3_628_800.0_f64.ln(), 1e-12);
    }

    #[test]
    fn clopper_and_pearsons_interval_has_the_published_values() {
        // Newcombe, Statistics in Medicine 17 (1998) 857–872, table I, method 5.
        for (count, of, low, high) in [
            (81, 263, 0.2527, 0.3676),
            (15, 148, 0.0578, 0.1617),
            (0, 20, 0.0, 0.1684),
            (1, 29, 0.0009, 0.1776),
        ] {
            let found = clopper_pearson(count, of, 0.95);
            near(found.low, low, 5.1e-5);
            near(found.high, high, 5.1e-5);
        }
        // Of none it is 1 − (α/2)^(1/n).
        near(clopper_pearson(0, 200, 0.95).high, 1.0 - 0.025_f64.powf(1.0 / 200.0), 1e-12);
        assert_eq!(clopper_pearson(0, 0, 0.95), Interval { low: 0.0, high: 1.0 });
    }

    #[test]
    fn students_t_has_the_values_of_the_tables() {
        for (degrees, wanted) in
            [(1.0, 12.7062), (2.0, 4.3027), (5.0, 2.5706), (10.0, 2.2281), (30.0, 2.0423), (120.0, 1.9799)]
        {
            near(student_quantile(0.975, degrees), wanted, 5.1e-5);
        }
        near(student_quantile(0.95, 10.0), 1.8125, 5.1e-5);
    }

    #[test]
    fn a_mean_has_students_interval() {
        // Student's own table of the two soporifics (Biometrika 6, 1908): mean 1.58, t = 4.0621 with 9 degrees.
        let hours = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4];
        let found = mean(&hours);
        near(found.value, 1.58, 1e-12);
        near(found.interval.low, 0.7001, 5.1e-5);
        near(found.interval.high, 2.4599, 5.1e-5);
        let nothing = mean(&[0.0; 200]);
        assert_eq!((nothing.value, nothing.interval), (0.0, Interval { low: 0.0, high: 0.0 }));
        assert_eq!(mean(&[0.5]).interval, Interval { low: -1.0, high: 1.0 });
    }

    #[test]
    fn the_impact_ratio_is_the_one_of_the_rules() {
        // The whole sample's median is 3.5; above it lie 3 of 4 and 1 of 4.
        let found = impact(&[vec![1.0, 4.0, 5.0, 6.0], vec![1.0, 2.0, 3.0, 7.0]]);
        assert_eq!((found[0].rate.count, found[1].rate.count), (3, 1));
        assert_eq!(found[0].ratio, Some(1.0));
        near(found[1].ratio.unwrap(), 1.0 / 3.0, 1e-15);
        // Nobody above it: nothing to compare.
        assert_eq!(impact(&[vec![1.0], vec![1.0]])[0].ratio, None);
        assert!(impact(&[]).is_empty());
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    /// The binomial tails, summed term by term.
    fn at_least(count: u32, of: u32, p: f64) -> f64 {
        (count..=of)
            .map(|k| {
                let ways: f64 = (0..k).map(|i| f64::from(of - i) / f64::from(k - i)).product();
                ways * p.powi(k as i32) * (1.0 - p).powi((of - k) as i32)
            })
            .sum()
    }

    proptest! {
        #[test]
        fn the_ends_of_the_interval_are_where_the_binomial_tails_are_half_the_error(
            of in 1u32..60, share in 0.0f64..=1.0,
        ) {
            let count = (f64::from(of) * share).floor() as u32;
            let found = clopper_pearson(count as usize, of as usize, 0.95);
            prop_assert!(found.low <= f64::from(count) / f64::from(of));
            prop_assert!(found.high >= f64::from(count) / f64::from(of));
            if count > 0 {
                prop_assert!((at_least(count, of, found.low) - 0.025).abs() < 1e-9);
            }
            if count < of {
                prop_assert!((1.0 - at_least(count + 1, of, found.high) - 0.025).abs() < 1e-9);
            }
        }

        #[test]
        fn a_ratio_lies_in_its_interval_and_none_is_above_the_highest(
            groups in prop::collection::vec(prop::collection::vec(0u8..9, 1..40), 1..5),
        ) {
            let groups: Vec<Vec<f64>> =
                groups.into_iter().map(|group| group.into_iter().map(f64::from).collect()).collect();
            for one in impact(&groups) {
                if let Some(ratio) = one.ratio {
                    prop_assert!(ratio <= 1.0 && one.interval.low <= ratio && ratio <= one.interval.high);
                }
            }
        }
    }
}
