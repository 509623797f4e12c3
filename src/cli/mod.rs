//! The command line: parse, ask casework, print. Exit codes: 0 done, 1 failed, 2 some input was
//! refused and the rest went on, or a threshold was not kept.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub mod audit;
pub mod backup;
mod control;
mod elsewhere;
mod bench;
mod erase;
pub mod clock;
mod eval;
pub mod extract;
mod fairness;
mod import;
pub mod keys;
mod log_bench;
mod marks;
pub mod model;
pub mod oidc;
pub mod open;
mod policy;
mod process;
pub mod profile;
mod pseudonymise;
pub mod screen;
pub mod serve;
pub mod staff;
mod watch;
pub mod worker;

/// Urval: explained decision support for a joint trainee recruitment. It never decides.
#[derive(Parser)]
#[command(version, about, max_term_width = 100)]
struct Arguments {
    /// Folder for database, keys and model.
    #[arg(long, global = true, default_value = "urval-data", env = "URVAL_DATA", value_name = "DIR")]
    data: PathBuf,
    /// Log lines: error, warn, info, debug.
    #[arg(long, global = true, default_value = "warn", env = "URVAL_LOG", value_name = "LEVEL")]
    log: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Sets up an invented recruitment with 60 applications, scores it and serves the pages.
    Demo(crate::demo::Arguments),
    /// Serves the pages and the API over what is in the data folder.
    Serve(serve::Arguments),
    /// Lets the model read what has come in; several share the work on one PostgreSQL database.
    Worker(worker::Arguments),
    /// Reads a folder of applications and prints bands with evidence, without a server.
    Screen(screen::Arguments),
    /// Takes in candidates from another system: a table with documents, a manifest, Teamtailor, JSON Resume, Europass.
    Import(import::Arguments),
    /// Takes out of any text what identifies a person; eval: measures it on marked texts.
    Pseudonymise(pseudonymise::Arguments),
    /// Reads documents as a person sees them, in a process that can do nothing else.
    Extract(extract::Arguments),
    /// The reader's process.
    #[command(hide = true)]
    ExtractChild,
    /// What the reader's process must not be able to do.
    #[command(hide = true)]
    ExtractAttempts,
    /// Whether applications are read alike, whoever wrote them: test.
    #[command(subcommand)]
    Fairness(fairness::Command),
    /// The text model: fetch, check, eval, bench.
    #[command(subcommand)]
    Model(model::Command),
    /// The log: export, verify, proofs, witnesses, pruning.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Who may do what: check, matrix, bench.
    #[command(subcommand)]
    Policy(policy::Command),
    /// The keys: status, rotate.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Backups of data and keys: create, check, restore, erasures.
    #[command(subcommand)]
    Backup(backup::Command),
    /// Erases one application for good: keys first, then everything else.
    Erase(erase::Arguments),
    /// Accounts of staff: list, add, link and unlink an identity at an organisation's provider, close.
    #[command(subcommand)]
    Staff(staff::Command),
    /// The control arm of a recruitment, for an evaluation: share, seed, and who was drawn.
    ControlArm(control::Arguments),
    /// The host's clock, when it does not agree with the log: accept.
    #[command(subcommand)]
    Clock(clock::Command),
    /// People's marks: agreement between people, and with the model; draw a sample of the lower bands.
    #[command(subcommand)]
    Marks(marks::Command),
    /// The requirement profile (kravprofil): check.
    #[command(subcommand)]
    Profile(profile::Command),
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Everything was done.
    Done,
    /// Something was refused and named; the rest was done.
    SomeRefused,
    /// Everything was done, and what was measured does not keep its thresholds.
    NotKept,
}

/// Why a command failed, in words for the person who must act.
#[derive(Debug)]
pub struct Failure(pub String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(inner) = source {
            let more = inner.to_string();
            if !text.contains(&more) {
                text.push_str(": ");
                text.push_str(&more);
            }
            source = inner.source();
        }
        Self(text)
    }
}

/// Runs the command of this process.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // clap's own exit code for a wrong call is 2, which here means that some input was
            // refused: a wrong call has failed.
            let asked_for_help = !error.use_stderr();
            let _ = error.print();
            return if asked_for_help { ExitCode::SUCCESS } else { ExitCode::from(1) };
        }
    };
    let filter = tracing_subscriber::EnvFilter::try_new(&arguments.log)
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A line that cannot be written is lost; complaining of it on the same full disk would end the request.
        .log_internal_errors(false)
        .with_target(false)
        .init();
    let outcome = match arguments.command {
        Command::Demo(given) => crate::demo::run(&arguments.data, given),
        Command::Serve(given) => serve::run(&arguments.data, given),
        Command::Worker(given) => worker::run(&arguments.data, &given),
        Command::Screen(given) => screen::run(&arguments.data, &given),
        Command::Pseudonymise(given) => pseudonymise::run(&given),
        Command::Extract(given) => extract::run(&given),
        Command::Import(given) => import::run(&arguments.data, &given),
        Command::ExtractChild => extract::run_child(),
        Command::ExtractAttempts => extract::run_attempts(),
        Command::Fairness(given) => fairness::run(&arguments.data, &given),
        Command::Model(given) => model::run(&arguments.data, &given),
        Command::Audit(given) => audit::run(&arguments.data, &given),
        Command::Policy(given) => policy::run(&given),
        Command::Keys(given) => keys::run(&arguments.data, &given),
        Command::Backup(given) => backup::run(&arguments.data, &given),
        Command::Staff(given) => staff::run(&arguments.data, &given),
        Command::ControlArm(given) => control::run(&arguments.data, &given),
        Command::Clock(given) => clock::run(&arguments.data, &given),
        Command::Erase(given) => erase::run(&arguments.data, given),
        Command::Marks(given) => marks::run(&arguments.data, &given),
        Command::Profile(given) => profile::run(&given),
    };
    match outcome {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::SomeRefused | Ended::NotKept) => ExitCode::from(2),
        Err(Failure(text)) => {
            eprintln!("urval: {text}");
            ExitCode::from(1)
        }
    }
}

/// A runtime for one command.
///
/// # Errors
/// When the operating system gives no threads.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
