//! `urval audit export | verify`. Verifying needs neither server nor database nor data folder.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::open::{Folder, app};
use super::{Ended, Failure, runtime};
use crate::guard::access::{Actor, Job};
use crate::guard::audit::export::export;
use crate::guard::audit::note::Vkey;
use crate::guard::audit::verify::{render_report, verify_dir};
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
        /// File with the verifier key, received from the operator by another way than the folder.
        #[arg(long, value_name = "FILE")]
        vkey: PathBuf,
        /// Prints the report as JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// When the log does not verify, or cannot be read or written.
pub fn run(data: &Path, command: &Command) -> Result<Ended, Failure> {
    match command {
        Command::Export { dir, database } => {
            let folder = Folder::at(data)?;
            if database.is_none() && !folder.database().exists() {
                return Err(Failure(format!(
                    "there is no log in `{}`; give --data",
                    folder.root().display()
                )));
            }
            let log = runtime()?.block_on(async {
                let app = app(&folder, database.as_deref(), None).await?;
                Ok::<_, Failure>(app.log_for_export(&Actor::Job(Job::Cli)).await?)
            })?;
            let vkey = Vkey::parse(&log.vkey)?;
            let entries = export(dir, &vkey, &log.checkpoint, &log.earlier, log.leaves)?;
            println!("{entries} entries written to {}; verifier key: {vkey}", dir.display());
            Ok(Ended::Done)
        }
        Command::Load(how) => super::log_bench::run(how),
        Command::Verify { dir, vkey, json } => {
            let text = fs::read_to_string(vkey)
                .map_err(|e| Failure(format!("cannot read the verifier key `{}`: {e}", vkey.display())))?;
            let key = Vkey::parse(text.trim())?;
            let report = verify_dir(dir, &key);
            if *json {
                println!("{}", serde_json::to_string_pretty(&report)?);
            } else {
                println!("{}", render_report(&report, Lang::En));
            }
            if report.ok { Ok(Ended::Done) } else { Err(Failure("the log does not verify".into())) }
        }
    }
}
