//! `urval audit …`. Verifying, checking a proof and witnessing need neither server nor database nor
//! data folder.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::open::{Folder, app};
use super::{Ended, Failure, runtime, watch};
use crate::clock::Moment;
use crate::guard::access::{Actor, Job};
use crate::guard::audit::cosign::{WitnessKey, witnesses_of};
use crate::guard::audit::note::{Checkpoint, SignedNote, Vkey};
use crate::guard::audit::proof::LogProof;
use crate::guard::audit::verify::{render_report, verify_dir_since};
use crate::subject::words::Lang;

/// What to do with the log.
#[derive(Subcommand)]
pub enum Command {
    /// Writes the log as a folder in the C2SP tlog-tiles layout, with the key that verifies it.
    Export {
        /// The folder to write; absent, empty or an earlier export.
        dir: PathBuf,
        /// PostgreSQL address, when the log is there.
        #[arg(long, env = "URVAL_DATABASE", value_name = "URL", hide_env_values = true)]
        database: Option<String>,
    },
    /// Measures how fast entries become durable on this machine.
    Load(super::log_bench::Arguments),
    /// Checks an exported log and names what is wrong. Exit code 1 when anything is.
    Verify {
        /// The folder.
        dir: PathBuf,
        /// The verifier key, or a file with it, received from the operator by another way than the folder.
        #[arg(long, value_name = "VKEY")]
        vkey: String,
        /// A checkpoint that you were shown earlier: the log must continue it. May be given several times.
        #[arg(long, value_name = "FILE")]
        seen: Vec<PathBuf>,
        /// Who must have cosigned.
        #[command(flatten)]
        witnesses: Witnesses,
        /// Prints the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Prints a proof (.tlog-proof) that an entry is in the log.
    Proof {
        /// The entry's number, from 0.
        #[arg(long, value_name = "N")]
        entry: u64,
        /// PostgreSQL address, when the log is there.
        #[arg(long, env = "URVAL_DATABASE", value_name = "URL", hide_env_values = true)]
        database: Option<String>,
    },
    /// Checks a proof, also one that an applicant downloaded as a receipt, and prints its entry.
    CheckProof {
        /// The file.
        file: PathBuf,
        /// The log's verifier key, or a file with it.
        #[arg(long, value_name = "VKEY")]
        vkey: String,
        /// Who must have cosigned.
        #[command(flatten)]
        witnesses: Witnesses,
    },
    /// Makes the key of a witness and prints its public part.
    WitnessKey(watch::NewKey),
    /// Watches the log of another host: cosigns what continues what was seen, reports a fork.
    Witness(watch::Watching),
    /// Has our newest checkpoint cosigned by witnesses.
    Cosign(watch::Asking),
    /// Destroys entries that are older than the policy keeps them. Proofs of younger ones stay valid.
    Prune {
        /// Entries before this day (YYYY-MM-DD, Swedish time) go, in whole rows of 256.
        #[arg(long, value_name = "DATE")]
        before: String,
        /// PostgreSQL address, when the log is there.
        #[arg(long, env = "URVAL_DATABASE", value_name = "URL", hide_env_values = true)]
        database: Option<String>,
    },
}

/// Who must have cosigned.
#[derive(Args)]
pub struct Witnesses {
    /// A witness's key, or a file with it. May be given several times.
    #[arg(long, value_name = "VKEY")]
    witness: Vec<String>,
    /// How many of them must have cosigned; all, when it is left out.
    #[arg(long, value_name = "N")]
    require: Option<usize>,
}

impl Witnesses {
    fn keys(&self) -> Result<(Vec<WitnessKey>, usize), Failure> {
        let keys: Vec<WitnessKey> =
            self.witness.iter().map(|key| read_witness_key(key)).collect::<Result<_, _>>()?;
        let wanted = self.require.unwrap_or(keys.len());
        Ok((keys, wanted))
    }
}

/// A key given as itself or as the name of a file.
fn key_text(given: &str) -> Result<String, Failure> {
    if given.contains('+') && !Path::new(given).exists() {
        return Ok(given.to_owned());
    }
    fs::read_to_string(given).map_err(|e| Failure(format!("cannot read the verifier key `{given}`: {e}")))
}

/// A log's key.
///
/// # Errors
/// When it is none.
pub fn read_log_key(given: &str) -> Result<Vkey, Failure> {
    Ok(Vkey::parse(key_text(given)?.trim())?)
}

/// A witness's key.
///
/// # Errors
/// When it is none.
pub fn read_witness_key(given: &str) -> Result<WitnessKey, Failure> {
    Ok(WitnessKey::parse(key_text(given)?.trim())?)
}

/// The data folder, when there is a log in it or in the database named.
fn log_folder(data: &Path, database: Option<&str>) -> Result<Folder, Failure> {
    let folder = Folder::at(data)?;
    if database.is_none() && !folder.database().exists() {
        return Err(Failure(format!("there is no log in `{}`; give --data", folder.root().display())));
    }
    Ok(folder)
}

/// Runs the command.
///
/// # Errors
/// When the log does not verify, or cannot be read or written.
pub fn run(data: &Path, command: &Command) -> Result<Ended, Failure> {
    match command {
        Command::Export { dir, database } => {
            let folder = log_folder(data, database.as_deref())?;
            let (entries, vkey) = runtime()?.block_on(async {
                let app = app(&folder, database.as_deref(), None).await?;
                let entries = app.export_log(&Actor::Job(Job::Cli), dir).await?;
                Ok::<_, Failure>((entries, app.log_vkey()))
            })?;
            println!("{entries} entries written to {}; verifier key: {vkey}", dir.display());
            Ok(Ended::Done)
        }
        Command::Load(how) => super::log_bench::run(how),
        Command::Verify { dir, vkey, seen, witnesses, json } => {
            let key = read_log_key(vkey)?;
            let mut kept = Vec::new();
            for file in seen {
                let note =
                    fs::read(file).map_err(|e| Failure(format!("cannot read `{}`: {e}", file.display())))?;
                kept.push(Checkpoint::open(&note, &key)?);
            }
            let (keys, wanted) = witnesses.keys()?;
            let report = verify_dir_since(dir, &key, &kept);
            if *json {
                println!("{}", serde_json::to_string_pretty(&report)?);
            } else {
                println!("{}", render_report(&report, Lang::En));
            }
            if !report.ok {
                return Err(Failure("the log does not verify".into()));
            }
            let path = dir.join("checkpoint");
            let note =
                fs::read(&path).map_err(|e| Failure(format!("cannot read `{}`: {e}", path.display())))?;
            let found = witnesses_of(&SignedNote::parse(&note)?, &keys)?;
            if found < wanted {
                return Err(Failure(format!(
                    "{found} of the named witnesses cosigned, {wanted} are required"
                )));
            }
            Ok(Ended::Done)
        }
        Command::Proof { entry, database } => {
            let folder = log_folder(data, database.as_deref())?;
            let text = runtime()?.block_on(async {
                let app = app(&folder, database.as_deref(), None).await?;
                Ok::<_, Failure>(app.entry_proof(&Actor::Job(Job::Cli), *entry).await?)
            })?;
            print!("{text}");
            Ok(Ended::Done)
        }
        Command::CheckProof { file, vkey, witnesses } => {
            let bytes =
                fs::read(file).map_err(|e| Failure(format!("cannot read `{}`: {e}", file.display())))?;
            let key = read_log_key(vkey)?;
            let (keys, wanted) = witnesses.keys()?;
            let proof = LogProof::parse(&bytes)?;
            let (checkpoint, leaf) = proof.check_carried(&key)?;
            let found = proof.check_witnesses(&keys, wanted)?;
            println!(
                "entry {} of {} is in the log {} of {} entries; cosigned by {found} of the named witnesses",
                leaf.seq,
                key.name(),
                checkpoint.origin,
                checkpoint.size
            );
            println!("{}", String::from_utf8_lossy(proof.extra.as_deref().unwrap_or_default()));
            Ok(Ended::Done)
        }
        Command::WitnessKey(given) => watch::new_key(given),
        Command::Witness(given) => watch::watch(given),
        Command::Cosign(given) => watch::ask(data, given),
        Command::Prune { before, database } => {
            let day: jiff::civil::Date = before
                .parse()
                .map_err(|_| Failure(format!("`{before}` is not a day; write it as 2026-11-24")))?;
            let day = day.in_tz("Europe/Stockholm")?;
            let folder = log_folder(data, database.as_deref())?;
            let first = runtime()?.block_on(async {
                let app = app(&folder, database.as_deref(), None).await?;
                let before = Moment(day.timestamp().as_microsecond());
                Ok::<_, Failure>(app.prune_log(&Actor::Job(Job::Cli), before).await?)
            })?;
            println!("pruned: the log now begins at entry {first}; proofs of later entries stay valid");
            Ok(Ended::Done)
        }
    }
}
