//! Chance from a seed that is handed in: the same seed gives the same applicants on every machine.

/// A stream of numbers (SplitMix64, Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub struct Draw(u64);

impl Draw {
    /// The stream of one thing under a seed; each thing has its own, so that one more draw here moves nothing there.
    #[must_use]
    pub fn of(seed: u64, thing: u64) -> Self {
        let mut draw = Self(seed ^ thing.wrapping_mul(0xD134_2543_DE82_EF95));
        draw.next();
        draw
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 when `n` is 0. The bias of the remainder is below 2⁻⁵⁰ for the small `n` used here.
    pub fn below(&mut self, n: usize) -> usize {
        let drawn = self.next();
        drawn.checked_rem(n as u64).map_or(0, |rest| rest as usize)
    }

    /// One of these; the empty value of nothing.
    pub fn pick<T: Copy + Default>(&mut self, of: &[T]) -> T {
        let at = self.below(of.len());
        of.get(at).copied().unwrap_or_default()
    }
}
