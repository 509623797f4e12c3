//! The pages, one file a subject. Pages ask casework and render; they decide nothing.

pub mod home;
pub mod instructions;
pub mod login;
pub mod federated;
pub mod files;
// applicants
pub mod apply;
pub mod own;
// staff
pub mod second_factor;
pub mod account;
pub mod work;
pub mod search;
pub mod review;
pub mod answers;
pub mod ai_support;
pub mod control;
pub mod conflict;
pub mod emergency;
pub mod holds;
pub mod matters;
pub mod dpo;
pub mod operator;
pub mod registrar;
