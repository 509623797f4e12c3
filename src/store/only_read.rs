//! Connections that SQLite opened for reading only, without a word.
//!
//! A file that cannot be opened for writing (a full disk, a limit on open files) is opened for reading
//! instead, and such a connection refuses every change for as long as it lives. Trying a write at the
//! opening would need the lock that the caller of the pool may hold. So the refusal itself is the sign:
//! after one, no connection that was there before is used again.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use sqlx::pool::PoolConnectionMetadata;

/// When a change was last refused as one to a file that may only be read. For all databases of this
/// process together: a connection too many that is opened again costs nothing.
static REFUSED: Mutex<Option<Instant>> = Mutex::new(None);

/// Takes note of an engine's code, which may be SQLite's for a file that may only be read (8 in the lowest
/// byte). PostgreSQL's codes have five signs.
pub(super) fn note(code: &str) {
    if code.len() < 5 && code.parse::<u32>().is_ok_and(|number| number & 0xff == 8) {
        *REFUSED.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

/// Whether a connection was opened after the last such refusal.
pub(super) fn opened_since(meta: &PoolConnectionMetadata) -> bool {
    let last = *REFUSED.lock().unwrap_or_else(PoisonError::into_inner);
    last.is_none_or(|at| meta.age < at.elapsed())
}
