//! From what came in to an explained assessment: pure transformation. No store, no clock, no
//! network. Two files start a child process: `encoder::fetch`, when a person asks for a model, and
//! `extract`, which reads documents in one that can do nothing else.
//!
//! ```text
//! bytes ─extract→ text
//! text ─ingest→ Received ─pseudonymise→ Pseudonymous ─passages→ Passage ─encoder→ Embedding
//!                                  credit, variants ┴────── score ──→ Assessment ─explain→ quotes
//!                                                                        └─────bands→ ties in bands
//! ```

pub mod extract;
pub mod ingest;
pub mod received;
// reading order: as the text flows
pub mod pseudonymise;
pub mod passages;
pub mod encoder;
pub mod evaluation;
pub mod credit;
pub mod variants;
pub mod score;
pub mod explain;
pub mod bands;
pub mod fairness;
// how well people and the model agree
pub mod agreement;
pub mod quality;
// beside the flow: what a reader may search for
pub mod search;
