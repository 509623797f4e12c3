//! `urval worker`: lets the model read what has come in, beside `urval serve` and on as many nodes as there are.
//! `serve` runs one inside, unless it is told not to.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use tokio::sync::watch;

use super::open::{Folder, app, model};
use super::serve::interrupted;
use super::{Ended, Failure, runtime};
use crate::casework::App;
use crate::casework::screening::Screened;
use crate::casework::work::{LEASE_SECONDS, Turn, Worker};
use crate::clock::Chance;
use crate::guard::access::Job;

const PAUSE: Duration = Duration::from_secs(2);
const PAUSE_AFTER_FAULT: Duration = Duration::from_secs(30);

/// Over which data, and for how long.
#[derive(Args)]
pub struct Arguments {
    /// PostgreSQL address; without it the SQLite file in the data folder is used. Several workers share the work
    /// only on PostgreSQL.
    #[arg(long, env = "URVAL_DATABASE", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,
    /// Ends when nothing waits that no other worker has in hand.
    #[arg(long)]
    pub once: bool,
    /// For how long an application stays with a worker that died. Workers renew it while they read.
    #[arg(long, default_value_t = LEASE_SECONDS, value_name = "SECONDS", value_parser = clap::value_parser!(i64).range(1..=3600))]
    pub lease: i64,
}

/// Runs the command.
///
/// # Errors
/// When keys, database, policies or model cannot be used; with `--once` also when the log, the database or the model
/// fails in the middle. What was read until then is sealed; the rest keeps waiting.
pub fn run(data: &Path, given: &Arguments) -> Result<Ended, Failure> {
    super::process::leave_no_core()?;
    let folder = Folder::at(data)?;
    let encoder = model(&folder)?;
    runtime()?.block_on(async {
        let app = app(&folder, given.database.as_deref(), Some(encoder)).await?;
        app.time()?;
        let worker = Worker { lease_seconds: given.lease, ..named()? };
        // Tests and scripts wait for this line.
        println!("{} reads what waits", worker.name);
        let (stopping, stopped) = watch::channel(false);
        tokio::spawn(async move {
            interrupted().await;
            let _ = stopping.send(true);
        });
        let began = Instant::now();
        let (read, failed) = if given.once {
            once(&app, &worker, &stopped).await?
        } else {
            work(app, worker.clone(), stopped).await
        };
        let seconds = began.elapsed().as_secs_f64();
        println!("{}: {read} read in {seconds:.1} s, {failed} to be tried again", worker.name);
        Ok(if failed == 0 || !given.once { Ended::Done } else { Ended::SomeRefused })
    })
}

/// A worker with a name that no other has.
///
/// # Errors
/// When the operating system gives no random bytes.
pub fn named() -> Result<Worker, Failure> {
    Ok(Worker::new(Job::Scorer, &format!("worker-{}", hex::encode(Chance::system().bytes::<4>()?))))
}

/// Reads until nothing waits. How many were read, and how many faults there were.
async fn once(app: &App, worker: &Worker, stopped: &watch::Receiver<bool>) -> Result<(u64, u64), Failure> {
    let (mut read, mut failed) = (0, 0);
    while !*stopped.borrow() {
        match app.take_turn(worker).await? {
            Turn::Nothing => break,
            Turn::Done(id, screened) => read += u64::from(counted(&id, screened)),
            Turn::Failed(id, error) => {
                tracing::error!(application = %id, %error, "could not be assessed; it keeps waiting");
                failed += 1;
            }
        }
    }
    Ok((read, failed))
}

fn counted(id: &crate::subject::id::ApplicationId, screened: Screened) -> bool {
    match screened {
        Screened::Assessed => true,
        Screened::Held => {
            tracing::warn!(application = %id, "held for a person");
            true
        }
        Screened::Elsewhere => {
            tracing::warn!(application = %id, "this worker was too slow; another one has it");
            false
        }
        Screened::Skipped => false,
    }
}

/// Lets the model read what has come in, until told to stop; then the application in hand is finished. A crash
/// loses nothing: what waits is a state in the database, and a lease expires. How many were read and failed.
pub async fn work(app: Arc<App>, worker: Worker, mut stopped: watch::Receiver<bool>) -> (u64, u64) {
    let reads = app.model().is_some();
    let (mut read, mut failed) = (0, 0);
    while !*stopped.borrow() {
        let pause = if reads { app.take_turn(&worker).await } else { Ok(Turn::Nothing) };
        let pause = match pause {
            Ok(Turn::Nothing) => PAUSE,
            Ok(Turn::Done(id, screened)) => {
                read += u64::from(counted(&id, screened));
                continue;
            }
            Ok(Turn::Failed(id, error)) => {
                tracing::error!(application = %id, %error, "could not be assessed; it keeps waiting");
                failed += 1;
                continue;
            }
            Err(error) => {
                tracing::error!(%error, "nothing can be assessed now; trying again");
                PAUSE_AFTER_FAULT
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stopped.wait_for(|stop| *stop) => {}
        }
    }
    (read, failed)
}

/// Deletes working copies whose day is over, keys that seal nothing and old drafts, until told to stop. Every node
/// does it: each step looks before it writes, and a crash leaves the rest to the next one.
pub async fn keep_house(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        if let Err(error) = app.purge_working_copies(Job::Scorer).await {
            tracing::error!(%error, "expired working copies could not be deleted; trying again");
        }
        if let Err(error) = app.sweep_keys().await {
            tracing::error!(%error, "keys that seal nothing could not be removed; trying again");
        }
        if let Err(error) = app.sweep_drafts().await {
            tracing::error!(%error, "drafts older than a day could not be deleted; trying again");
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            _ = stopped.wait_for(|stop| *stop) => {}
        }
    }
}
