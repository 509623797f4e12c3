//! Weighted kappa: agreement beyond what two raters would reach by chance, where a mark that is far off counts more
//! than one that is near.

/// Two marks of the same thing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Who gave the first mark: a number below the number of raters. What is a rater is the caller's matter; one
    /// person and one criterion, say, so that criteria on which everybody marks high do not pass for agreement.
    pub first: usize,
    /// Who gave the second.
    pub second: usize,
    /// The marks, as places on their scale from 0 (its lowest) to 1 (its highest).
    pub marks: (f64, f64),
}

/// Sums over the marks of one rater.
#[derive(Clone, Copy, Default)]
struct Sums {
    marks: f64,
    squares: f64,
    count: f64,
}

impl Sums {
    fn add(&mut self, mark: f64) {
        self.marks += mark;
        self.squares += mark * mark;
        self.count += 1.0;
    }
}

/// Quadratic weighted kappa: one minus the mean squared difference of the pairs, over the one to be expected if each
/// of the two raters had given the own marks in any order (Cohen, "Weighted kappa", Psychological Bulletin 70:4,
/// 1968, with the weights that Fleiss and Cohen, "The equivalence of weighted kappa and the intraclass correlation
/// coefficient", Educational and Psychological Measurement 33:3, 1973, tie to the intraclass correlation). 1: every
/// pair is equal; 0: as by chance; below 0: worse.
///
/// For two raters it is Cohen's. For more it is the same quotient over all pairs, where each pair expects what its
/// own two raters would give by chance; each rater's marks are those in all pairs in which that rater is (as in
/// Conger, "Integration and generalization of kappas for multiple raters", Psychological Bulletin 88:2, 1980). So
/// names and order of raters move nothing, and raters who share few applications are not measured by those alone.
///
/// `None` with fewer than two pairs, and when all raters gave everything the same mark.
#[must_use]
pub fn quadratic_kappa(pairs: impl Iterator<Item = Pair> + Clone) -> Option<f64> {
    let mut raters: Vec<Sums> = Vec::new();
    let mut observed = 0.0;
    let mut together: Vec<(usize, usize)> = Vec::new();
    for pair in pairs {
        let (one, two) = pair.marks;
        observed += (one - two) * (one - two);
        for (rater, mark) in [(pair.first, one), (pair.second, two)] {
            if raters.len() <= rater {
                raters.resize(rater + 1, Sums::default());
            }
            if let Some(sums) = raters.get_mut(rater) {
                sums.add(mark);
            }
        }
        together.push((pair.first.min(pair.second), pair.first.max(pair.second)));
    }
    // In the raters' order, so that no order of the rows moves the last bit of the sum.
    together.sort_unstable();
    let mut expected = 0.0;
    for &(first, second) in &together {
        let (Some(a), Some(b)) = (raters.get(first), raters.get(second)) else { continue };
        let (mean_a, mean_b) = (a.marks / a.count, b.marks / b.count);
        expected += a.squares / a.count + b.squares / b.count - 2.0 * mean_a * mean_b;
    }
    // What is left of equal marks after rounding is nothing.
    (together.len() > 1 && expected > 1e-12).then(|| 1.0 - observed / expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn between(first: &[u8], second: &[u8], highest: u8) -> Vec<Pair> {
        let place = |mark: u8| f64::from(mark) / f64::from(highest);
        first
            .iter()
            .zip(second)
            .map(|(a, b)| Pair { first: 0, second: 1, marks: (place(*a), place(*b)) })
            .collect()
    }

    fn kappa(first: &[u8], second: &[u8], highest: u8) -> Option<f64> {
        quadratic_kappa(between(first, second, highest).into_iter())
    }

    #[test]
    fn the_published_figures_come_out() {
        // The example by which scikit-learn's `cohen_kappa_score` is tested: 0.9541.
        let expand = |counts: [usize; 3]| -> Vec<u8> {
            counts.into_iter().zip(0..).flat_map(|(count, mark)| std::iter::repeat_n(mark, count)).collect()
        };
        let found = kappa(&expand([46, 44, 10]), &expand([50, 40, 10]), 2).unwrap();
        assert!((found - 0.9541).abs() < 5e-5, "{found}");
    }

    #[test]
    fn small_ones_come_out_as_by_hand() {
        // 1 2 1 against 1 2 2: observed 1/3; expected 1/3 + 2/3 − 2·(1/3)(2/3) = 5/9; so 0.4.
        let found = kappa(&[0, 1, 0], &[0, 1, 1], 1).unwrap();
        assert!((found - (1.0 - (1.0 / 3.0) / (5.0 / 9.0))).abs() < 1e-12, "{found}");
        // Opposite marks: observed 1, expected ½ + ½ − ½.
        assert_eq!(kappa(&[0, 1], &[1, 0], 1), Some(-1.0));
        // One gives everything 2, the other everything 4: as by chance.
        assert_eq!(kappa(&[1, 1, 1], &[3, 3, 3], 4), Some(0.0));
    }

    #[test]
    fn without_anything_to_agree_about_there_is_none() {
        assert_eq!(kappa(&[], &[], 4), None);
        assert_eq!(kappa(&[3; 9], &[3; 9], 4), None);
        assert_eq!(kappa(&[3], &[3], 4), None);
        assert_eq!(kappa(&[3], &[1], 4), None);
    }

    #[test]
    fn who_shares_few_applications_is_measured_by_all_of_the_own_marks() {
        // Three people, each pair shares one application, all agree: 1, not undefined as each pair alone would be.
        let at = |first, second, mark| Pair { first, second, marks: (mark, mark) };
        let found = quadratic_kappa([at(0, 1, 0.0), at(1, 2, 1.0), at(2, 0, 0.5)].into_iter());
        assert_eq!(found, Some(1.0));
    }

    /// Three people and marks of 1 to 5; nobody is paired with oneself.
    fn pairs() -> impl Strategy<Value = Vec<Pair>> {
        let pair = (0usize..3, 1usize..3, 0u8..5, 0u8..5).prop_map(|(first, other, a, b)| Pair {
            first,
            second: (first + other) % 3,
            marks: (f64::from(a) / 4.0, f64::from(b) / 4.0),
        });
        proptest::collection::vec(pair, 0..40)
    }

    proptest! {
        #[test]
        fn identical_marks_give_one_or_nothing(marks in proptest::collection::vec(0u8..5, 0..40)) {
            let all_equal = marks.iter().all(|mark| Some(mark) == marks.first());
            prop_assert_eq!(kappa(&marks, &marks, 4), (!all_equal).then_some(1.0));
        }

        #[test]
        fn a_permutation_of_the_rows_moves_nothing(rows in pairs(), seed: u64) {
            let mut other = rows.clone();
            super::super::Draws::seeded(seed).shuffle(&mut other);
            prop_assert_eq!(quadratic_kappa(rows.into_iter()), quadratic_kappa(other.into_iter()));
        }

        #[test]
        fn it_does_not_matter_who_comes_first_and_nothing_is_above_one(rows in pairs()) {
            let turned = rows.iter().map(|pair| Pair {
                first: pair.second,
                second: pair.first,
                marks: (pair.marks.1, pair.marks.0),
            });
            let found = quadratic_kappa(rows.iter().copied());
            prop_assert_eq!(found, quadratic_kappa(turned));
            prop_assert!(found.is_none_or(|kappa| kappa.is_finite() && kappa <= 1.0));
        }
    }
}
