//! From what came in to an explained assessment: pure transformation. No store, no clock, no
//! network (only `encoder::fetch` runs a child process, when a person asks for a model).
//!
//! ```text
//! bytes ─ingest→ Received ─pseudonymise→ Pseudonymous ─passages→ Passage ─encoder→ Embedding
//!                                             └────────────── score ──→ Assessment ─explain→ quotes
//! ```

pub mod ingest;
pub mod received;
// reading order: as the text flows
pub mod pseudonymise;
pub mod passages;
pub mod encoder;
pub mod evaluation;
pub mod score;
pub mod explain;
pub mod bands;
