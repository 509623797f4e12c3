//! Bands with ties, never a 1..N list.
//!
//! A band begins with its leader; whoever lies less than the margin below the leader cannot be told
//! apart from it and shares the band. Within a band there is no order: the pages shuffle.

use crate::subject::level::Total;

/// How far below its leader a band reaches, as a share of the greatest possible total. A fixed
/// allowance in this version, not a measured interval.
pub const MARGIN: f64 = 0.06;

/// Sorts into bands, best first. Items with equal totals always share a band.
#[must_use]
pub fn bands<T>(mut items: Vec<(T, Total)>, greatest: Total) -> Vec<Vec<T>> {
    // Whole units: no rounding decides about a band.
    let margin = (greatest.milli_units() as f64 * MARGIN) as i64;
    items.sort_by_key(|(_, total)| std::cmp::Reverse(*total));
    let mut out: Vec<Vec<T>> = Vec::new();
    let mut leader = None;
    for (item, total) in items {
        match (leader, out.last_mut()) {
            (Some(top), Some(band)) if in_reach(top, total, margin) => band.push(item),
            _ => {
                leader = Some(total);
                out.push(vec![item]);
            }
        }
    }
    out
}

fn in_reach(leader: Total, total: Total, margin: i64) -> bool {
    leader.milli_units().saturating_sub(total.milli_units()) <= margin
}

#[cfg(test)]
mod tests {
    use super::*;

    fn banded(totals: &[i64], greatest: i64) -> Vec<Vec<i64>> {
        bands(
            totals.iter().map(|t| (*t, Total::from_milli_units(*t))).collect(),
            Total::from_milli_units(greatest),
        )
    }

    #[test]
    fn who_lies_within_the_margin_of_the_leader_shares_its_band() {
        assert_eq!(banded(&[100, 94, 93, 200], 100), vec![vec![200], vec![100, 94], vec![93]]);
    }

    #[test]
    fn equal_totals_are_never_parted() {
        assert_eq!(banded(&[5, 5, 5], 0), vec![vec![5, 5, 5]]);
        assert_eq!(banded(&[], 10), Vec::<Vec<i64>>::new());
    }

    #[test]
    fn the_order_of_the_input_moves_nobody() {
        let mut totals: Vec<i64> = (0..60).map(|i| (i * 7919) % 1000).collect();
        let as_sets = |bands: Vec<Vec<i64>>| {
            bands
                .into_iter()
                .map(|mut b| {
                    b.sort_unstable();
                    b
                })
                .collect::<Vec<_>>()
        };
        let first = as_sets(banded(&totals, 1000));
        totals.reverse();
        assert_eq!(first, as_sets(banded(&totals, 1000)));
    }
}
