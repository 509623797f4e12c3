//! The one integration test binary: every further one would link the whole service again.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says why"
)]

mod fixture;

mod architecture;
mod data_map;
mod leaks;
mod policies;
mod routes;
mod statements;
mod story;
