//! The vocabulary of a recruitment: words without input or output. Nothing here reads a clock, a
//! database or a network, and nothing here holds a person's text.

pub mod file_place;
pub mod id;
pub mod level;
pub mod mark;
pub mod profile;
pub mod role;
pub mod words;
