//! The one integration test binary: every further one would link the whole service again.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::items_after_statements,
    missing_docs,
    reason = "a test that cannot go on says why, and its name says what it is for"
)]

mod applicants;
mod fixture;
mod providers;

mod architecture;
mod asvs;
mod data_map;
mod documents;
mod formats;
mod faults;
mod leaks;
mod migrations;
mod policies;
mod routes;
mod statements;
mod story;
