//! `urval audit load`: how fast entries of the log become durable on this machine, beside the way without
//! batches: one wait for the disk an entry.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;

use super::open::{Folder, app};
use super::{Ended, Failure, runtime};
use crate::casework::App;
use crate::casework::setup::{NewOrganisation, NewRound, RoundKind};
use crate::guard::access::{Actor, Job};
use crate::subject::id::RecruitmentId;
use crate::subject::profile::Profile;

/// Bytes of one line of the plain file beside which the log is measured.
const PLAIN_LINE_BYTES: usize = 400;

/// How to measure.
#[derive(Args)]
pub struct Arguments {
    /// A folder for the log that is measured. It must not exist, and is removed afterwards.
    #[arg(long, value_name = "DIR")]
    scratch: PathBuf,
    /// An empty PostgreSQL database to measure on instead of SQLite. It keeps what was written.
    #[arg(long, value_name = "URL", hide_env_values = true)]
    database: Option<String>,
    /// Clients that wait for their entry.
    #[arg(long, default_value_t = 64)]
    clients: usize,
    /// Seconds of each of the three measurements.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// JSON instead of text.
    #[arg(long)]
    json: bool,
}

struct Times {
    count: usize,
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
}

impl Times {
    fn of(mut all: Vec<Duration>, seconds: f64) -> Self {
        all.sort_unstable();
        let at = |share: f64| {
            let index = (all.len() as f64 * share) as usize;
            all.get(index.min(all.len().saturating_sub(1))).map_or(f64::NAN, |t| t.as_secs_f64() * 1e3)
        };
        Self { count: all.len(), per_second: all.len() as f64 / seconds, p50_ms: at(0.5), p99_ms: at(0.99) }
    }

    fn json(&self) -> serde_json::Value {
        let round = |value: f64| (value * 100.0).round() / 100.0;
        json!({ "count": self.count, "per_second": round(self.per_second), "p50_ms": round(self.p50_ms), "p99_ms": round(self.p99_ms) })
    }
}

/// Measures and prints.
///
/// # Errors
/// When the folder exists, or the log cannot be written.
pub fn run(how: &Arguments) -> Result<Ended, Failure> {
    if how.scratch.exists() {
        return Err(Failure(format!("`{}` exists; name a folder that does not", how.scratch.display())));
    }
    let outcome = measure(how);
    // What is left after a crash is only this folder, under the name that the caller gave.
    let _ = fs::remove_dir_all(&how.scratch);
    outcome.map(|()| Ended::Done)
}

fn measure(how: &Arguments) -> Result<(), Failure> {
    let folder = Folder::at(&how.scratch)?;
    let length = Duration::from_secs(how.seconds.max(1));
    let (reads, steady, changes, entries) = runtime()?.block_on(async {
        let app = app(&folder, how.database.as_deref(), None).await?;
        let reads = many(&app, how.clients, length).await?;
        let steady = steady(&app, length).await?;
        let changes = many_changes(&app, how.clients, length).await?;
        let entries = app.checkpoint().await?.lines().nth(1).unwrap_or_default().to_owned();
        Ok::<_, Failure>((reads, steady, changes, entries))
    })?;
    let plain = plain(&how.scratch, length.min(Duration::from_secs(3)))?;
    let engine = if how.database.is_some() { "postgresql" } else { "sqlite" };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if how.json {
        let all = json!({
            "engine": engine, "cores": cores, "clients": how.clients, "reads": reads.json(),
            "reads_at_200_a_second": steady.json(), "changes": changes.json(),
            "plain_file_one_sync_an_entry": plain.json(), "entries": entries,
        });
        println!("{}", serde_json::to_string_pretty(&all)?);
    } else {
        let line = |what: &str, times: &Times| {
            println!(
                "{what:<44} {:>9.0}/s   p50 {:>7.2} ms   p99 {:>7.2} ms   ({} measured)",
                times.per_second, times.p50_ms, times.p99_ms, times.count
            );
        };
        println!("{engine}, {cores} cores, {} clients, {entries} entries", how.clients);
        line("entries of reads, durable and signed", &reads);
        line("the same at 200 a second", &steady);
        line("changes with their entries", &changes);
        line("a plain file, one sync an entry", &plain);
        println!("entries of reads to plain file: {:.1}×", reads.per_second / plain.per_second);
    }
    Ok(())
}

/// An entry as a reader waits for it: asked of the policies, written, numbered, signed, synced.
async fn read(app: &App) -> Result<Duration, Failure> {
    let began = Instant::now();
    app.counts(&Actor::Job(Job::Cli), &RecruitmentId::new("none")).await?;
    Ok(began.elapsed())
}

async fn many(app: &Arc<App>, clients: usize, length: Duration) -> Result<Times, Failure> {
    let until = Instant::now() + length;
    let mut tasks = Vec::new();
    for _ in 0..clients.max(1) {
        let app = Arc::clone(app);
        tasks.push(tokio::spawn(async move {
            let mut times = Vec::new();
            while Instant::now() < until {
                times.push(read(&app).await?);
            }
            Ok::<_, Failure>(times)
        }));
    }
    gathered(tasks, length).await
}

/// 200 a second, each begun on its own clock whether or not the earlier ones have ended.
async fn steady(app: &Arc<App>, length: Duration) -> Result<Times, Failure> {
    let mut ticks = tokio::time::interval(Duration::from_millis(5));
    let mut tasks = Vec::new();
    for _ in 0..length.as_millis() / 5 {
        let due = ticks.tick().await;
        let app = Arc::clone(app);
        tasks.push(tokio::spawn(async move {
            app.counts(&Actor::Job(Job::Cli), &RecruitmentId::new("none")).await?;
            // Since it was due: a late start counts as waiting.
            Ok::<_, Failure>(vec![due.elapsed()])
        }));
    }
    gathered(tasks, length).await
}

async fn many_changes(app: &Arc<App>, clients: usize, length: Duration) -> Result<Times, Failure> {
    let profile = Arc::new(Profile::freeze(crate::demo::PROFILE)?);
    let until = Instant::now() + length;
    let turn = Arc::new(AtomicU64::new(0));
    let mut tasks = Vec::new();
    for _ in 0..clients.max(1) {
        let (app, turn, profile) = (Arc::clone(app), Arc::clone(&turn), Arc::clone(&profile));
        tasks.push(tokio::spawn(async move {
            let mut times = Vec::new();
            while Instant::now() < until {
                let case = format!("TEST {}", turn.fetch_add(1, Ordering::Relaxed));
                let organisations: Vec<NewOrganisation<'_>> = crate::demo::MUNICIPALITIES
                    .iter()
                    .map(|(id, name)| NewOrganisation { id, name, kind: "kommun" })
                    .collect();
                let round = NewRound { case_number: &case, invented: true, kind: RoundKind::Screen };
                let began = Instant::now();
                app.open_round(Job::Cli, &organisations, &round, &profile).await?;
                times.push(began.elapsed());
            }
            Ok::<_, Failure>(times)
        }));
    }
    gathered(tasks, length).await
}

async fn gathered(
    tasks: Vec<tokio::task::JoinHandle<Result<Vec<Duration>, Failure>>>,
    length: Duration,
) -> Result<Times, Failure> {
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await??);
    }
    Ok(Times::of(all, length.as_secs_f64()))
}

/// The peer: a file, a line, a wait for the disk, and again.
fn plain(folder: &Path, length: Duration) -> Result<Times, Failure> {
    let path = folder.join("plain");
    let mut file = File::create_new(&path)?;
    let mut line = vec![b'x'; PLAIN_LINE_BYTES];
    line.push(b'\n');
    let until = Instant::now() + length;
    let mut times = Vec::new();
    while Instant::now() < until {
        let began = Instant::now();
        file.write_all(&line)?;
        file.sync_data()?;
        times.push(began.elapsed());
    }
    Ok(Times::of(times, length.as_secs_f64()))
}
