//! `urval control-arm`: tells an evaluation who was drawn, and with what the draw can be repeated.

use std::path::Path;

use clap::Args;

use super::open::{Folder, app};
use super::{Ended, Failure, runtime};
use crate::guard::access::Job;
use crate::subject::id::RecruitmentId;

/// Of which recruitment.
#[derive(Args)]
pub struct Arguments {
    /// The recruitment's id, as in its address for applicants.
    #[arg(long, value_name = "ID")]
    pub recruitment: String,
    /// PostgreSQL address; without it the SQLite file in the data folder is used.
    #[arg(long, env = "URVAL_DATABASE", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,
}

/// Runs the command. Whoever sees its output knows the arm: run it when the reading is over.
///
/// # Errors
/// When the data folder does not open, or the recruitment has no control arm.
pub fn run(data: &Path, given: &Arguments) -> Result<Ended, Failure> {
    let folder = Folder::at(data)?;
    runtime()?.block_on(async {
        let app = app(&folder, given.database.as_deref(), None).await?;
        let told = app.reveal_control(Job::Cli, &RecruitmentId::new(&given.recruitment)).await?;
        println!("share {} %", told.share);
        println!("seed {}", told.seed);
        println!("commitment {}", told.commitment);
        for label in &told.labels {
            println!("{label}");
        }
        Ok(Ended::Done)
    })
}
