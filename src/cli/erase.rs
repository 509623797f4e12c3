//! `urval erase`: erases one application, by its label, as somebody who runs the service does it on the
//! archivist's decision.

use std::path::Path;

use clap::Args;

use super::open::{Folder, app};
use super::{Ended, Failure, runtime};
use crate::casework::erasure::Ground;
use crate::guard::access::{Actor, Job};
use crate::guard::pii::Pii;

/// What to erase.
#[derive(Args)]
pub struct Arguments {
    /// The application's label, such as K-7QF3M2.
    #[arg(long, value_name = "LABEL")]
    label: String,
    /// Why, at least 10 characters. It goes with the person's keys; the ground stays in the log.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The ground that stays in the log: request, expired, misdirected, unlawful, invented.
    #[arg(long, default_value = "request", value_parser = ground, value_name = "GROUND")]
    ground: Ground,
    /// PostgreSQL address, when the data is there.
    #[arg(long, env = "URVAL_DATABASE", value_name = "URL", hide_env_values = true)]
    database: Option<String>,
}

fn ground(text: &str) -> Result<Ground, String> {
    let known = Ground::ALL.map(Ground::code).join(", ");
    Ground::parse(text).ok_or_else(|| format!("one of {known}"))
}

/// Runs the command.
///
/// # Errors
/// When there is no such application, a legal hold forbids it, or it cannot be finished; then the next start
/// finishes it.
pub fn run(data: &Path, given: Arguments) -> Result<Ended, Failure> {
    let folder = Folder::at(data)?;
    if given.database.is_none() && !folder.database().exists() {
        return Err(Failure(format!("there is nothing in `{}`; give --data", folder.root().display())));
    }
    let erased = runtime()?.block_on(async {
        let app = app(&folder, given.database.as_deref(), None).await?;
        let application = app.application_labelled(&given.label).await?;
        let reason = Pii::new(given.reason);
        Ok::<_, Failure>(app.erase(&Actor::Job(Job::Retention), &application, given.ground, &reason).await?)
    })?;
    println!("erased; the receipt is entry {} of the log", erased.entry);
    if !erased.out_of_the_files {
        println!(
            "a reader held up the last step: ciphertext without a key stays in the write-ahead log until the next start"
        );
    }
    Ok(Ended::Done)
}
