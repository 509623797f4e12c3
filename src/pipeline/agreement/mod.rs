//! How far two judgements of the same applications agree, and how sure that is: plain functions over numbers, which
//! know neither applications nor people. Chance is a seed that is handed in, so every figure can be made again.
//!
//! **`None` is an answer.** A figure is `None` where it is not defined: with fewer than two applications, or when
//! everybody gave everything the same mark, so that there is nothing to agree about. It never is NaN, and it must not
//! be read as 0 (no better than chance) or as 1.

pub mod draws;
pub mod interval;
pub mod kappa;
pub mod order;

pub use draws::Draws;
pub use interval::{Resampling, bootstrap, exact_share};
pub use kappa::{Pair, quadratic_kappa};
pub use order::{ndcg, tau_b};

/// A figure's 95 % interval: 2.5 % of the chance lies below it and 2.5 % above.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Its lower end, in the unit of the figure.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// What an interval leaves out at each end: 95 % intervals throughout.
const TAIL: f64 = 0.025;
