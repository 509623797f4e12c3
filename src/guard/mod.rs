//! What turns a leak or an unlogged access into a compile error: personal text ([`pii`]), the
//! token without which nobody reads it ([`access`]), the rules behind the token ([`policy`]), the
//! keys and the sealing ([`keys`], [`vault`]), the log ([`audit`]), and what was erased ([`erasures`]). No SQL, no
//! network.

pub mod pii;
// reading order: the token, what decides about it, where it is written down, what it opens
pub mod access;
pub mod clock_check;
pub mod audit;
pub mod emergency;
pub mod erasures;
pub mod keys;
pub mod lot;
pub mod matrix;
pub mod oidc;
pub mod policy;
pub mod vault;
