//! How well one order agrees with another: over all pairs (tau-b), and at the top (nDCG).

use std::cmp::Ordering;

/// Equal but for the sign of zero is equal.
fn compare(a: f64, b: f64) -> Ordering {
    (a + 0.0).total_cmp(&(b + 0.0))
}

/// Pairs among `count` things.
fn pairs(count: usize) -> f64 {
    count as f64 * (count as f64 - 1.0) / 2.0
}

/// Pairs that are equal by `same`, in a list where equals stand together.
fn tied<T>(sorted: &[T], same: impl Fn(&T, &T) -> bool) -> f64 {
    sorted.chunk_by(same).map(|run| pairs(run.len())).sum()
}

/// Kendall's tau-b: pairs in the same order minus pairs in the opposite one, over the geometric mean of the pairs that
/// each side orders at all, so that ties on either side neither gain nor lose (Kendall, "The treatment of ties in
/// ranking problems", Biometrika 33:3, 1945). 1: the same order; −1: the opposite; 0: neither. The values are finite.
///
/// `None` with fewer than two pairs of values, and when one side gives everything the same value.
///
/// Counted by merging, n log n (Knight, "A computer method for calculating Kendall's tau with ungrouped data",
/// Journal of the American Statistical Association 61:314, 1966).
#[must_use]
pub fn tau_b(values: &[(f64, f64)]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| compare(a.0, b.0).then(compare(a.1, b.1)));
    let all = pairs(sorted.len());
    let tied_first = tied(&sorted, |a, b| compare(a.0, b.0).is_eq());
    let tied_both = tied(&sorted, |a, b| compare(a.0, b.0).is_eq() && compare(a.1, b.1).is_eq());
    let mut second: Vec<f64> = sorted.into_iter().map(|pair| pair.1).collect();
    let opposite = inversions(&mut second);
    let tied_second = tied(&second, |a, b| compare(*a, *b).is_eq());
    let ordered = (all - tied_first) * (all - tied_second);
    let difference = all - tied_first - tied_second + tied_both - 2.0 * opposite;
    (ordered > 0.0).then(|| (difference / ordered.sqrt()).clamp(-1.0, 1.0))
}

/// Sorts, and counts the pairs that stood the wrong way round.
fn inversions(list: &mut [f64]) -> f64 {
    if list.len() < 2 {
        return 0.0;
    }
    let (left, right) = list.split_at_mut(list.len() / 2);
    let mut count = inversions(left) + inversions(right);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut a, mut b) = (left.iter().peekable(), right.iter().peekable());
    loop {
        match (a.peek(), b.peek()) {
            (Some(one), Some(two)) if compare(**one, **two).is_gt() => {
                count += a.len() as f64;
                merged.extend(b.next());
            }
            (Some(_), _) => merged.extend(a.next()),
            (None, Some(_)) => merged.extend(b.next()),
            (None, None) => break,
        }
    }
    list.copy_from_slice(&merged);
    count
}

/// Normalised discounted cumulative gain of the first `top`: what stands there is worth its gain divided by the
/// logarithm (base 2) of its place plus one, over the same of the best order there is (Järvelin and Kekäläinen,
/// "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20:4, 2002; the discount from the second place on, as
/// is usual). `values` are a score and a gain each, the gains finite and not below 0. 1: the first ones are the best
/// ones, in order.
///
/// Equal scores are worth the mean over all their orders (McSherry and Najork, "Computing information retrieval
/// performance measures efficiently in the presence of tied scores", ECIR 2008); so with equal scores for all it is
/// exactly what a random order gives on average.
///
/// `None` with fewer than two values, when all gains are equal (any order is the best one), and when `top` is 0.
#[must_use]
pub fn ndcg(values: &[(f64, f64)], top: usize) -> Option<f64> {
    let mut by_gain: Vec<f64> = values.iter().map(|value| value.1.max(0.0)).collect();
    by_gain.sort_by(|a, b| compare(*b, *a));
    let (first, last) = (by_gain.first()?, by_gain.last()?);
    if top == 0 || compare(*first, *last).is_eq() {
        return None;
    }
    let best: f64 = by_gain.iter().take(top).zip(0..).map(|(gain, place)| gain * discount(place)).sum();
    let mut sorted = values.to_vec();
    // By gain as well, so that no order of the rows moves the last bit of the sum.
    sorted.sort_by(|a, b| compare(b.0, a.0).then(compare(b.1, a.1)));
    let (mut found, mut place) = (0.0, 0);
    for equal in sorted.chunk_by(|a, b| compare(a.0, b.0).is_eq()) {
        let mean = equal.iter().map(|value| value.1.max(0.0)).sum::<f64>() / equal.len() as f64;
        let places = place..(place + equal.len()).min(top).max(place);
        found += mean * places.map(discount).sum::<f64>();
        place += equal.len();
        if place >= top {
            break;
        }
    }
    // Rounding may not lift a sum above the best one.
    Some((found / best).clamp(0.0, 1.0))
}

/// What a gain is worth at a place, counted from 0.
fn discount(place: usize) -> f64 {
    1.0 / (place as f64 + 2.0).log2()
}

#[cfg(test)]
mod tests {
    use super::super::Draws;
    use super::*;
    use proptest::prelude::*;

    fn near(found: Option<f64>, wanted: f64, by: f64) {
        assert!(found.is_some_and(|found| (found - wanted).abs() < by), "{found:?}, not {wanted}");
    }

    #[test]
    fn the_published_tau_comes_out() {
        // R: cor.test(c(12, 2, 1, 12, 2), c(1, 4, 7, 1, 0), method = "kendall"); also in SciPy's documentation.
        let values = [(12.0, 1.0), (2.0, 4.0), (1.0, 7.0), (12.0, 1.0), (2.0, 0.0)];
        near(tau_b(&values), -0.471_404_520_791_031_73, 1e-14);
    }

    #[test]
    fn tau_by_hand() {
        // Three pairs: one the same way, one opposite, one tied on the right: 0.
        assert_eq!(tau_b(&[(1.0, 1.0), (2.0, 2.0), (3.0, 1.0)]), Some(0.0));
        // Five the same way, one tied on the left: 5 / √(5·6).
        near(tau_b(&[(1.0, 1.0), (1.0, 2.0), (2.0, 3.0), (3.0, 4.0)]), 5.0 / 30.0_f64.sqrt(), 1e-12);
    }

    #[test]
    fn the_published_ndcg_come_out() {
        // The examples in scikit-learn's documentation of `ndcg_score`: 0.69…, 0.49…, 0.35…, and 0.75 for a tie.
        let gains = [10.0, 0.0, 0.0, 1.0, 5.0];
        let of = |scores: [f64; 5]| -> Vec<(f64, f64)> { scores.into_iter().zip(gains).collect() };
        near(ndcg(&of([0.1, 0.2, 0.3, 4.0, 70.0]), 5), 0.695, 0.006);
        near(ndcg(&of([0.05, 1.1, 1.0, 0.5, 0.0]), 5), 0.495, 0.005);
        near(ndcg(&of([0.05, 1.1, 1.0, 0.5, 0.0]), 4), 0.355, 0.005);
        near(ndcg(&of([1.0, 0.0, 0.0, 0.0, 1.0]), 1), 0.75, 1e-12);
        // Gains 3 2 3 0 1 2 in this order, a textbook's: 6.861 of 7.141.
        let textbook: Vec<(f64, f64)> =
            (0..6).map(|place| -f64::from(place)).zip([3.0, 2.0, 3.0, 0.0, 1.0, 2.0]).collect();
        near(ndcg(&textbook, 6), 6.861 / 7.141, 2e-4);
    }

    #[test]
    fn without_an_order_there_is_none() {
        assert_eq!(tau_b(&[]), None);
        assert_eq!(tau_b(&[(1.0, 2.0)]), None);
        assert_eq!(tau_b(&[(0.0, 2.0), (-0.0, 1.0)]), None);
        assert_eq!(tau_b(&[(1.0, 2.0), (3.0, 2.0)]), None);
        assert_eq!(ndcg(&[], 3), None);
        assert_eq!(ndcg(&[(1.0, 2.0)], 3), None);
        assert_eq!(ndcg(&[(1.0, 2.0), (3.0, 2.0)], 3), None);
        assert_eq!(ndcg(&[(1.0, 2.0), (3.0, 1.0)], 0), None);
    }

    /// As it is defined, pair by pair.
    fn slow_tau(values: &[(f64, f64)]) -> Option<f64> {
        let (mut sum, mut left, mut right) = (0.0, 0.0, 0.0);
        let sign = |a: f64, b: f64| if a == b { 0.0 } else { (a - b).signum() };
        for (at, a) in values.iter().enumerate() {
            for b in &values[at + 1..] {
                let (x, y) = (sign(a.0, b.0), sign(a.1, b.1));
                sum += x * y;
                left += x * x;
                right += y * y;
            }
        }
        (left * right > 0.0).then(|| sum / f64::sqrt(left * right))
    }

    fn values() -> impl Strategy<Value = Vec<(f64, f64)>> {
        proptest::collection::vec((0u8..6, 0u8..6).prop_map(|(a, b)| (f64::from(a), f64::from(b))), 0..40)
    }

    proptest! {
        #[test]
        fn counted_by_merging_or_pair_by_pair(list in values()) {
            match (tau_b(&list), slow_tau(&list)) {
                (Some(fast), Some(slow)) => prop_assert!((fast - slow).abs() < 1e-12),
                (fast, slow) => prop_assert_eq!(fast, slow),
            }
        }

        #[test]
        fn turning_one_side_round_turns_tau_round(list in values()) {
            let turned: Vec<(f64, f64)> = list.iter().map(|(a, b)| (-a, *b)).collect();
            prop_assert_eq!(tau_b(&turned), tau_b(&list).map(|tau| 0.0 - tau));
            let swapped: Vec<(f64, f64)> = list.iter().map(|(a, b)| (*b, *a)).collect();
            prop_assert_eq!(tau_b(&swapped), tau_b(&list));
        }

        #[test]
        fn a_permutation_of_the_rows_moves_nothing(list in values(), seed: u64, top in 1usize..12) {
            let mut other = list.clone();
            Draws::seeded(seed).shuffle(&mut other);
            prop_assert_eq!(tau_b(&other), tau_b(&list));
            prop_assert_eq!(ndcg(&other, top), ndcg(&list, top));
        }

        #[test]
        fn ndcg_lies_between_0_and_1_and_the_best_order_is_1(list in values(), top in 1usize..50) {
            prop_assert!(ndcg(&list, top).is_none_or(|found| (0.0..=1.0).contains(&found)));
            let best: Vec<(f64, f64)> = list.iter().map(|(_, gain)| (*gain, *gain)).collect();
            prop_assert!(ndcg(&best, top).is_none_or(|found| (found - 1.0).abs() < 1e-12));
        }

        #[test]
        fn equal_scores_are_worth_the_mean_over_their_orders(gains in proptest::collection::vec(0u8..5, 4), top in 1usize..6) {
            let tied: Vec<(f64, f64)> = gains.iter().map(|gain| (0.0, f64::from(*gain))).collect();
            let mut sum = 0.0;
            for order in 0..256usize {
                let places = [order % 4, order / 4 % 4, order / 16 % 4, order / 64];
                if (0..4).any(|place| !places.contains(&place)) { continue }
                let ordered: Vec<(f64, f64)> =
                    places.iter().zip(&tied).map(|(place, (_, gain))| (*place as f64, *gain)).collect();
                sum += ndcg(&ordered, top).unwrap_or(0.0);
            }
            prop_assert!((ndcg(&tied, top).unwrap_or(0.0) - sum / 24.0).abs() < 1e-12);
        }
    }
}
