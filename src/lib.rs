//! Urval: decision support for a joint municipal trainee recruitment. It takes in applications,
//! pseudonymises and seals them, lets a local text model find evidence for each criterion, and shows
//! explained bands to people, who read, mark and decide. **It never decides.**
//!
//! ```text
//! cli  web                    doors: parse, ask, render
//!    \ /
//!  casework                   procedures: the only place that mixes people, policy, model, storage
//!  /   |    \
//! store pipeline              effects | pure transformation (neither knows the other)
//!    \ | /
//!    guard                    personal text, access, audit, vault, policy
//!      |
//!   subject, clock            words, time and chance
//! ```
//!
//! Arrows point down only, and `tests/architecture.rs` keeps it so. What is absent on purpose:
//!
//! * `pipeline` cannot reach the store, a clock or the network;
//! * SQL exists only in `store`, and `web` and `cli` never call it;
//! * there is no way from a score to a decision: [`casework::decision::Decision`] is made from a
//!   person, an opened application and a reason;
//! * personal text cannot be printed, logged or serialised: see [`guard::pii`].
//!
//! Read in this order: [`casework::screening`] (the whole pipeline on one page),
//! [`guard::access`] (the token without which nobody reads), `tests/story/` (the promises as
//! stories), `tests/leaks/` (the promises as programs that do not compile).

pub mod clock;
pub mod subject;
// what turns a leak into a compile error
pub mod guard;
// from bytes to an explained assessment
pub mod pipeline;
// the only SQL
pub mod store;
// what people do
pub mod casework;
// doors
pub mod cli;
pub mod demo;
pub mod web;
