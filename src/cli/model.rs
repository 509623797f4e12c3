//! `urval model fetch | check | eval | bench`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use super::open::Folder;
use super::{Ended, Failure, bench, eval};
use crate::pipeline::encoder::{Arithmetic, Encoder, Manifest, ModelEntry, check, fetch};

/// What to do with a model.
#[derive(Subcommand)]
pub enum Command {
    /// Fetches a model of the manifest and verifies its digests. Nothing else reaches the network.
    Fetch(Which),
    /// Verifies digests and compares our vectors with stored ones and with candle's own operations.
    Check(Which),
    /// Measures a model on files of yours, before it may be used (docs/models.md).
    Eval {
        /// Which model.
        #[command(flatten)]
        which: Which,
        /// What to measure.
        #[command(flatten)]
        what: eval::Arguments,
    },
    /// Measures speed and memory on this machine.
    Bench {
        /// Which model.
        #[command(flatten)]
        which: Which,
        /// How to measure.
        #[command(flatten)]
        how: bench::Arguments,
    },
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
    #[arg(long, value_name = "FILE", env = "URVAL_MANIFEST")]
    manifest: Option<PathBuf>,
    /// What to compute in, instead of what the manifest says.
    #[arg(long, value_enum)]
    arithmetic: Option<Computed>,
}

/// [`Arithmetic`] on the command line.
#[derive(Clone, Copy, ValueEnum)]
enum Computed {
    /// 32-bit floats.
    Float,
    /// Integers of twelve to fifteen bits.
    Integer,
}

impl Which {
    fn entry(&self) -> Result<ModelEntry, Failure> {
        let manifest = match &self.manifest {
            Some(path) => Manifest::read(path)?,
            None => Manifest::embedded()?,
        };
        let mut entry = match &self.name {
            Some(name) => manifest.get(name)?,
            None => manifest.default_model()?,
        }
        .clone();
        match self.arithmetic {
            Some(Computed::Float) => entry.arithmetic = Arithmetic::Float,
            Some(Computed::Integer) => entry.arithmetic = Arithmetic::Integer,
            None => {}
        }
        Ok(entry)
    }

    fn models(&self, data: &Path) -> Result<PathBuf, Failure> {
        match &self.models {
            Some(dir) => Ok(dir.clone()),
            None => Ok(Folder::at(data)?.models()),
        }
    }

    /// Loads it.
    pub(super) fn open(&self, data: &Path) -> Result<Encoder, Failure> {
        let entry = self.entry()?;
        Ok(Encoder::open(&entry, &self.models(data)?.join(&entry.name))?)
    }
}

/// Runs the command.
///
/// # Errors
/// When the model cannot be fetched or does not verify, or a file cannot be measured.
pub fn run(data: &Path, command: &Command) -> Result<Ended, Failure> {
    match command {
        Command::Fetch(which) => {
            let entry = which.entry()?;
            let dir = fetch(&entry, &which.models(data)?)?;
            println!("{} {} verified in {}", entry.name, entry.revision, dir.display());
        }
        Command::Check(which) => {
            let entry = which.entry()?;
            let report = check(&entry, &which.models(data)?.join(&entry.name))?;
            println!(
                "{}: digests right; {} reference sentences of {}; least cosine {:.11} (at `{}`); \
                 least cosine with candle's own forward pass {:.11}",
                report.model,
                report.sentences,
                report.made_with,
                report.least_cosine,
                report.least_at,
                report.least_agreement
            );
        }
        Command::Eval { which, what } => eval::run(&which.open(data)?, what)?,
        Command::Bench { which, how } => bench::run(&|| which.open(data), how)?,
    }
    Ok(Ended::Done)
}
