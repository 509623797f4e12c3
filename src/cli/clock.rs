//! `urval clock accept`: goes on when the host's clock is right and does not agree with the log.

use std::path::Path;

use clap::Subcommand;

use super::open::{Folder, app};
use super::{Ended, Failure, runtime};
use crate::guard::access::Job;

/// What to do with the clock.
#[derive(Subcommand)]
pub enum Command {
    /// Says that the host's clock is right although the log says otherwise. It becomes an entry of the log,
    /// and everybody is logged out. Stop the service first; look at the clock twice.
    Accept {
        /// Why, for the log: who looked at the clock, and against what.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// PostgreSQL address, when the data is there.
        #[arg(long, env = "URVAL_DATABASE", value_name = "URL", hide_env_values = true)]
        database: Option<String>,
    },
}

/// Letters of a reason at least.
const REASON_CHARS_MIN: usize = 10;

/// Runs the command.
///
/// # Errors
/// Without a reason, without data, or when the log cannot be written.
pub fn run(data: &Path, command: &Command) -> Result<Ended, Failure> {
    let Command::Accept { reason, database } = command;
    if reason.trim().chars().count() < REASON_CHARS_MIN {
        return Err(Failure(format!("say why with --reason, at least {REASON_CHARS_MIN} characters")));
    }
    let folder = Folder::at(data)?;
    if database.is_none() && !folder.database().exists() {
        return Err(Failure(format!("there is no data in `{}`; give --data", folder.root().display())));
    }
    let at = runtime()?.block_on(async {
        let app = app(&folder, database.as_deref(), None).await?;
        Ok::<_, Failure>(app.accept_clock(Job::Cli, reason.trim()).await?)
    })?;
    println!("the clock is accepted: {}; everybody was logged out", at.rfc3339());
    Ok(Ended::Done)
}
