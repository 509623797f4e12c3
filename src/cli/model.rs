//! `urval model fetch | check`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::open::Folder;
use super::{Ended, Failure};
use crate::pipeline::encoder::{Manifest, check, fetch};

/// What to do with a model.
#[derive(Subcommand)]
pub enum Command {
    /// Fetches a model of the manifest and verifies its digests. Nothing else reaches the network.
    Fetch(Which),
    /// Verifies digests and compares our vectors with stored reference vectors.
    Check(Which),
}

/// Which model, and where.
#[derive(Args)]
pub struct Which {
    /// The model's name in the manifest; the default model when absent.
    name: Option<String>,
    /// Folder that holds one folder a model (default: DATA/models).
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// Another manifest than the built-in one.
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// When the model cannot be fetched or does not verify.
pub fn run(data: &Path, command: &Command) -> Result<Ended, Failure> {
    let (Command::Fetch(which) | Command::Check(which)) = command;
    let manifest = match &which.manifest {
        Some(path) => Manifest::read(path)?,
        None => Manifest::embedded()?,
    };
    let entry = match &which.name {
        Some(name) => manifest.get(name)?,
        None => manifest.default_model()?,
    };
    let models = match &which.models {
        Some(dir) => dir.clone(),
        None => Folder::at(data)?.models(),
    };
    match command {
        Command::Fetch(_) => {
            let dir = fetch(entry, &models)?;
            println!("{} {} verified in {}", entry.name, entry.revision, dir.display());
        }
        Command::Check(_) => {
            let report = check(entry, &models.join(&entry.name))?;
            println!(
                "{}: digests right; {} reference sentences of {}; least cosine {:.11} (at `{}`)",
                report.model, report.sentences, report.made_with, report.least_cosine, report.least_at
            );
        }
    }
    Ok(Ended::Done)
}
