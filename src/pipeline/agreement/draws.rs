//! Reproducible draws from a seed: SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
//! generators", OOPSLA 2014). For resampling and for drawing a sample that others can draw again; nothing that must
//! not be guessed may come from here.

/// A stream of draws.
#[derive(Clone, Debug)]
pub struct Draws(u64);

impl Draws {
    /// The stream of a seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 bits, each value as likely as another.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A whole number from 0 up to, but not, `count`, each as likely as another; 0 when `count` is 0. Without the
    /// rejection the first numbers would come more often (Lemire, "Fast random integer generation in an interval",
    /// ACM TOMACS 29:1, 2019).
    pub fn below(&mut self, count: usize) -> usize {
        let count = count as u64;
        if count == 0 {
            return 0;
        }
        let uneven = count.wrapping_neg() % count;
        loop {
            let wide = u128::from(self.bits()) * u128::from(count);
            if wide as u64 >= uneven {
                return (wide >> 64) as usize;
            }
        }
    }

    /// Brings a list into an order in which every permutation is as likely (Fisher and Yates; Durstenfeld 1964).
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_stream_is_the_published_one() {
        // The values that the generator's reference program gives for this seed.
        let mut draws = Draws::seeded(1_234_567);
        let found = [draws.bits(), draws.bits(), draws.bits(), draws.bits(), draws.bits()];
        let published = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(found, published);
    }

    #[test]
    fn every_order_of_three_comes_about_as_often() {
        let mut draws = Draws::seeded(7);
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..6_000 {
            let mut list = [1, 2, 3];
            draws.shuffle(&mut list);
            *counts.entry(list).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 6);
        // 1,000 each, and a standard deviation of 29.
        assert!(counts.values().all(|count| (880..1_120).contains(count)), "{counts:?}");
    }

    proptest! {
        #[test]
        fn a_draw_is_below_its_bound(seed: u64, count in 1usize..5_000) {
            let mut draws = Draws::seeded(seed);
            prop_assert!((0..20).all(|_| draws.below(count) < count));
        }

        #[test]
        fn a_shuffle_loses_nobody(seed: u64, length in 0usize..50) {
            let mut list: Vec<usize> = (0..length).collect();
            Draws::seeded(seed).shuffle(&mut list);
            list.sort_unstable();
            prop_assert_eq!(list, (0..length).collect::<Vec<_>>());
        }
    }
}
