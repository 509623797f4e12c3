//! Bands with ties, never a 1..N list.
//!
//! An application's place is an [`Interval`]: the lowest and the highest total that readings saying the same
//! give it ([`super::variants`]). A band begins with its leader, the highest total not yet placed; a new one
//! begins at the first application whose interval lies wholly below the leader's. Within a band there is no
//! order: the pages shuffle. Neighbouring bands can hold two whose intervals overlap all the same; such pairs
//! are counted and shown.

use crate::subject::level::Total;

/// Where an application lies: its total as written, and how far readings that say the same move it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    low: Total,
    total: Total,
    high: Total,
}

impl Interval {
    /// Around a total, over the totals of all readings.
    #[must_use]
    pub fn over(total: Total, readings: impl IntoIterator<Item = Total>) -> Self {
        readings.into_iter().fold(Self { low: total, total, high: total }, |all, one| Self {
            low: all.low.min(one),
            high: all.high.max(one),
            ..all
        })
    }

    /// The lowest total of any reading.
    #[must_use]
    pub fn low(self) -> Total {
        self.low
    }

    /// The total as written.
    #[must_use]
    pub fn total(self) -> Total {
        self.total
    }

    /// The highest total of any reading.
    #[must_use]
    pub fn high(self) -> Total {
        self.high
    }

    fn overlaps(self, other: Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

/// One item in its band.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// Which.
    pub item: T,
    /// Its interval overlaps that of somebody in the band above.
    pub near_above: bool,
    /// Its interval overlaps that of somebody in the band below.
    pub near_below: bool,
}

/// Everybody, in bands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Banded<T> {
    /// Best first.
    pub bands: Vec<Vec<Placed<T>>>,
    /// Pairs in neighbouring bands whose intervals overlap.
    pub overlaps: usize,
}

impl<T> Banded<T> {
    /// The band of the first item that fits, from 1, and its place in it.
    pub fn find(&self, mut fits: impl FnMut(&T) -> bool) -> Option<(usize, &Placed<T>)> {
        self.bands
            .iter()
            .enumerate()
            .find_map(|(index, band)| Some((index + 1, band.iter().find(|placed| fits(&placed.item))?)))
    }

    /// How many are in the largest band, of how many.
    #[must_use]
    pub fn largest(&self) -> (usize, usize) {
        let sizes = self.bands.iter().map(Vec::len);
        (sizes.clone().max().unwrap_or(0), sizes.sum())
    }
}

/// Sorts into bands, best first. The order of `items` decides nothing, and equal totals always share a band.
#[must_use]
pub fn bands<T>(mut items: Vec<(T, Interval)>) -> Banded<T> {
    items.sort_by_key(|(_, at)| std::cmp::Reverse(at.total));
    // Those with one total are placed together: the widest interval among them speaks for all.
    let mut groups: Vec<(Interval, Vec<(T, Interval)>)> = Vec::new();
    for (item, at) in items {
        match groups.last_mut() {
            Some((whole, members)) if whole.total == at.total => {
                *whole = Interval::over(whole.total, [whole.low, whole.high, at.low, at.high]);
                members.push((item, at));
            }
            _ => groups.push((at, vec![(item, at)])),
        }
    }
    let mut placed: Vec<Vec<(T, Interval)>> = Vec::new();
    let mut leader: Option<Interval> = None;
    for (whole, members) in groups {
        match (leader, placed.last_mut()) {
            (Some(first), Some(band)) if whole.high >= first.low => band.extend(members),
            _ => {
                leader = Some(whole);
                placed.push(members);
            }
        }
    }
    let at: Vec<Vec<Interval>> = placed.iter().map(|band| band.iter().map(|(_, at)| *at).collect()).collect();
    let near = |own: Interval, other: Option<&Vec<Interval>>| {
        other.map_or(0, |band| band.iter().filter(|one| own.overlaps(**one)).count())
    };
    let mut overlaps = 0;
    let bands = placed
        .into_iter()
        .enumerate()
        .map(|(index, band)| {
            band.into_iter()
                .map(|(item, own)| {
                    let above = near(own, index.checked_sub(1).and_then(|index| at.get(index)));
                    let below = near(own, at.get(index + 1));
                    overlaps += below;
                    Placed { item, near_above: above > 0, near_below: below > 0 }
                })
                .collect()
        })
        .collect();
    Banded { bands, overlaps }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(low: i64, total: i64, high: i64) -> Interval {
        let of = Total::from_milli_units;
        Interval::over(of(total), [of(low), of(high)])
    }

    fn totals(found: &Banded<i64>) -> Vec<Vec<i64>> {
        found.bands.iter().map(|band| band.iter().map(|placed| placed.item).collect()).collect()
    }

    #[test]
    fn a_band_ends_where_an_interval_lies_wholly_below_its_leaders() {
        let found =
            bands(vec![(1, at(90, 100, 110)), (2, at(80, 95, 99)), (3, at(70, 85, 89)), (4, at(10, 20, 30))]);
        // The third lies wholly below the first, and is no farther from the second than chance.
        assert_eq!(totals(&found), [vec![1, 2], vec![3], vec![4]]);
        assert_eq!(found.overlaps, 1);
        let of =
            |item: i64| found.find(|one| *one == item).map(|(band, p)| (band, p.near_above, p.near_below));
        assert_eq!(of(1), Some((1, false, false)));
        assert_eq!(of(2), Some((1, false, true)));
        assert_eq!(of(3), Some((2, true, false)));
        assert_eq!(of(4), Some((3, false, false)));
        assert_eq!(of(5), None);
        assert_eq!(found.largest(), (2, 4));
    }

    #[test]
    fn an_interval_holds_the_total_and_every_reading() {
        let found = at(130, 100, 120);
        assert_eq!((found.low().milli_units(), found.high().milli_units()), (100, 130));
        let alone = Interval::over(found.total(), []);
        assert_eq!((alone.low(), alone.high()), (found.total(), found.total()));
    }

    #[test]
    fn nobody_gives_no_band() {
        assert_eq!(bands(Vec::<(u8, Interval)>::new()), Banded { bands: Vec::new(), overlaps: 0 });
    }

    proptest! {
        #[test]
        fn bands_hold_everybody_once_and_part_only_who_lies_wholly_below(
            all in prop::collection::vec((0i64..400, 0i64..60, 0i64..60), 0..60), turn in 0usize..60,
        ) {
            let items: Vec<(usize, Interval)> = all
                .iter()
                .enumerate()
                .map(|(index, (total, down, up))| (index, at(total - down, *total, total + up)))
                .collect();
            let found = bands(items.clone());
            let mut seen: Vec<usize> = found.bands.iter().flatten().map(|placed| placed.item).collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..all.len()).collect::<Vec<_>>());
            let of = |index: usize| items[index].1;
            for pair in found.bands.windows(2) {
                let lowest_above = pair[0].iter().map(|p| of(p.item).total()).min();
                let highest_below = pair[1].iter().map(|p| of(p.item).total()).max();
                prop_assert!(lowest_above > highest_below);
            }
            for band in &found.bands {
                let top = band.iter().map(|p| of(p.item).total()).max().expect("a leader");
                let low = band.iter().map(|p| of(p.item)).filter(|at| at.total() == top).map(Interval::low).min();
                let reaches = |total| {
                    let equals = items.iter().filter(|(_, at)| at.total() == total);
                    equals.map(|(_, at)| at.high()).max() >= low
                };
                let all_reach = band.iter().all(|p| reaches(of(p.item).total()));
                prop_assert!(all_reach);
            }
            // The order in which they came decides nothing.
            let mut turned = items.clone();
            turned.rotate_left(turn.min(items.len()));
            turned.reverse();
            let again = bands(turned);
            for (index, _) in &items {
                let place = |found: &Banded<usize>| found.find(|one| one == index)
                    .map(|(band, p)| (band, p.near_above, p.near_below));
                prop_assert_eq!(place(&found), place(&again));
            }
            prop_assert_eq!(found.overlaps, again.overlaps);
        }
    }
}
