//! `urval profile check`.

use std::fs;
use std::path::PathBuf;

use clap::Subcommand;

use super::{Ended, Failure};
use crate::subject::profile::{FrozenProfile, Profile};
use crate::subject::words::Lang;

/// What to do with a requirement profile.
#[derive(Subcommand)]
pub enum Command {
    /// Reads a profile and names every fault in it, or prints its digest.
    Check {
        /// The TOML file.
        file: PathBuf,
    },
}

/// Reads and freezes a profile file; every fault is in the message.
///
/// # Errors
/// When the file cannot be read or holds a fault.
pub fn read(file: &std::path::Path) -> Result<FrozenProfile, Failure> {
    let text = fs::read_to_string(file)
        .map_err(|e| Failure(format!("cannot read the profile `{}`: {e}", file.display())))?;
    Profile::freeze(&text)
        .map_err(|error| Failure(format!("{}:\n  {}", file.display(), error.lines(Lang::En).join("\n  "))))
}

/// Runs the command.
///
/// # Errors
/// When the profile holds a fault.
pub fn run(command: &Command) -> Result<Ended, Failure> {
    let Command::Check { file } = command;
    let frozen = read(file)?;
    let profile = frozen.profile();
    println!(
        "{} version {}: {} criteria, {} placements, sha256 {}",
        profile.id,
        profile.version,
        profile.criteria.len(),
        profile.placements.len(),
        frozen.digest()
    );
    Ok(Ended::Done)
}
