//! `urval profile check`.

use std::fs;
use std::path::PathBuf;

use clap::Subcommand;

use super::{Ended, Failure};
use crate::pipeline::search::selecting_criteria;
use crate::subject::profile::{FrozenProfile, Profile};
use crate::subject::words::Lang;

/// What to do with a requirement profile.
#[derive(Subcommand)]
pub enum Command {
    /// Reads a profile and names every fault in it, or prints its digest. Warns of a criterion that the AI support may
    /// touch and whose words would select people on sensitive data.
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
    for (criterion, ground) in selecting_criteria(profile) {
        eprintln!(
            "warning: criterion {criterion}: its words would select people on {}; say which duty needs it, or set \
             ai = \"none\". {}",
            ground.name(Lang::En),
            ground.law(Lang::En)
        );
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_criterion_that_selects_on_sensitive_data_is_warned_of_and_the_shipped_profile_has_none() {
        let shipped = Profile::freeze(crate::demo::PROFILE).expect("the profile");
        assert!(selecting_criteria(shipped.profile()).is_empty());
        let asked = crate::demo::PROFILE
            .replacen("Projekt- och grupparbete", "Kristen eller muslim, gärna ung", 1)
            .replacen("Personliga egenskaper bedöms", "En frisk, gravid eller facklig sökande bedöms", 1);
        let frozen = Profile::freeze(&asked).expect("a warning refuses no profile");
        let found = selecting_criteria(frozen.profile());
        let grounds: Vec<&str> = found.iter().map(|(_, ground)| ground.code()).collect();
        assert_eq!(grounds, ["belief", "age"], "what the AI support may not touch is no search: {found:?}");
    }
}
