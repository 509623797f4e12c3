//! `urval demo`: one invented trainee recruitment of Familjen Helsingborg with 60 invented
//! applications. The municipalities are real; people, case numbers and placements are made up.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::net::TcpListener;

use crate::casework::App;
use crate::casework::federation::providers::Providers;
use crate::casework::intake::Submission;
use crate::casework::setup::{NewOrganisation, NewRound, NewStaff, RoundKind};
use crate::cli::open::{Folder, app_for, model};
use crate::cli::serve::{Doors, interrupted, serve};
use crate::cli::worker::named;
use crate::cli::{Ended, Failure, runtime};
use crate::clock::Chance;
use crate::guard::access::{Actor, Job};
use crate::subject::id::{PlacementId, RecruitmentId};
use crate::subject::profile::Profile;
use crate::subject::role::Role;
use crate::web::DemoLogin;

pub mod applications;

/// The demonstration's frozen profile.
pub const PROFILE: &str = include_str!("kravprofil.toml");

/// The eleven municipalities of Familjen Helsingborg.
pub const MUNICIPALITIES: [(&str, &str); 11] = [
    ("bjuv", "Bjuvs kommun"),
    ("bastad", "Båstads kommun"),
    ("helsingborg", "Helsingborgs stad"),
    ("hoganas", "Höganäs kommun"),
    ("klippan", "Klippans kommun"),
    ("landskrona", "Landskrona stad"),
    ("perstorp", "Perstorps kommun"),
    ("svalov", "Svalövs kommun"),
    ("astorp", "Åstorps kommun"),
    ("angelholm", "Ängelholms kommun"),
    ("orkelljunga", "Örkelljunga kommun"),
];

/// One invented account a role: login, shown name, organisation, role.
pub const STAFF: [(&str, &str, &str, Role); 11] = [
    ("bedomare", "Påhittad Bedömare", "helsingborg", Role::Assessor),
    ("rekryterare", "Påhittad Rekryterare", "helsingborg", Role::Recruiter),
    ("rekryterare2", "Påhittad Rekryterare i Klippan", "klippan", Role::Recruiter),
    ("chef", "Påhittad Chef", "helsingborg", Role::HiringManager),
    ("projektledare", "Påhittad Projektledare", "klippan", Role::ProgrammeLead),
    ("hrchef", "Påhittad HR-chef", "helsingborg", Role::HrChief),
    ("dso", "Påhittat Dataskyddsombud", "helsingborg", Role::Dpo),
    ("registrator", "Påhittad Registrator", "helsingborg", Role::Registrar),
    ("tillsyn", "Påhittad Tillsyn", "helsingborg", Role::Supervisor),
    ("facklig", "Påhittad Facklig företrädare", "helsingborg", Role::UnionRepresentative),
    ("drift", "Påhittad Systemförvaltare", "helsingborg", Role::Operator),
];

/// Where and how.
#[derive(Args)]
pub struct Arguments {
    /// Starts over: removes the demonstration's data folder first.
    #[arg(long)]
    reset: bool,
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "HOST:PORT")]
    listen: SocketAddr,
    /// Sets up and scores, but does not serve.
    #[arg(long)]
    no_serve: bool,
}

/// The data folder belongs to the demonstration when this file is in it: `--reset` removes no other.
const MARKER: &str = "demo.toml";

/// Runs the command.
///
/// # Errors
/// When the folder holds something else, or anything of the set-up fails. A crash in the middle
/// leaves a folder without the marker's last line; the next run says to use `--reset`.
pub fn run(data: &Path, given: Arguments) -> Result<Ended, Failure> {
    let began = Instant::now();
    let marker = data.join(MARKER);
    if given.reset {
        reset(data, &marker)?;
    }
    let folder = Folder::at(data)?;
    let fresh = !marker.exists();
    if fresh && folder.database().exists() {
        return Err(Failure(format!(
            "`{}` holds data that is not the demonstration's; give another folder with --data",
            data.display()
        )));
    }
    let encoder = model(&folder)?;
    runtime()?.block_on(async {
        // The address first: a port that is taken should not be found out after minutes of work.
        let listener = if given.no_serve { None } else { Some(listen(given.listen).await?) };
        if fresh {
            note(
                &marker,
                "# The demonstration's data folder: `urval demo --reset` removes it.\nset_up = \"begun\"\n",
            )?;
        }
        // Its accounts are invented and its password stands in the terminal: no role needs more.
        let app = app_for(&folder, None, Some(encoder), &[]).await?;
        let password = if fresh { set_up(&app, &folder).await? } else { resume(&app, &folder).await? };
        let scored = score(&app).await?;
        note(
            &marker,
            "# The demonstration's data folder: `urval demo --reset` removes it.\nset_up = \"done\"\n",
        )?;
        eprintln!("ready after {:.1} s", began.elapsed().as_secs_f64());
        if let Some((count, seconds)) = scored {
            eprintln!(
                "{count} applications scored in {seconds:.1} s ({:.2} per second)",
                count as f64 / seconds
            );
        }
        let Some(listener) = listener else { return Ok(Ended::Done) };
        announce(&listener, &password, &folder)?;
        let logins = STAFF
            .iter()
            .map(|(login, _, organisation, role)| DemoLogin {
                login: (*login).into(),
                role: *role,
                organisation: name_of(organisation).into(),
            })
            .collect();
        let doors = Doors {
            secure_cookies: false,
            demo_logins: logins,
            trusted_proxies: Vec::new(),
            providers: Providers::default(),
            worker: Some(named()?),
        };
        match crate::cli::extract::readers() {
            Ok(readers) => app.read_documents_with(readers),
            // The demonstration goes on without files; a real service would not start.
            Err(Failure(why)) => eprintln!("urval: no files are taken: {why}"),
        }
        serve(app, listener, doors, interrupted()).await?;
        Ok(Ended::Done)
    })
}

fn name_of(id: &str) -> &'static str {
    MUNICIPALITIES.iter().find(|(known, _)| *known == id).map_or("", |(_, name)| name)
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|e| {
        Failure(format!("cannot listen on {address}: {e}; choose another with --listen 127.0.0.1:PORT"))
    })
}

fn reset(data: &Path, marker: &Path) -> Result<(), Failure> {
    if !data.exists() {
        return Ok(());
    }
    if !marker.exists() {
        return Err(Failure(format!(
            "`{}` is not the demonstration's folder (no {MARKER} in it); nothing was removed",
            data.display()
        )));
    }
    // The model is not the demonstration's: it stays, so that starting over needs no network.
    for entry in fs::read_dir(data)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name == "models" || name == MARKER) {
            continue;
        }
        if path.is_dir() {
            fs::remove_dir_all(&path)?;
        } else {
            fs::remove_file(&path)?;
        }
    }
    // Last: a crash before this leaves a folder that `--reset` still knows as its own.
    fs::remove_file(marker)?;
    Ok(())
}

fn note(path: &Path, text: &str) -> Result<(), Failure> {
    private_file(path, text.as_bytes())
}

/// Writes a file that nobody else can read.
///
/// # Errors
/// When the file system refuses.
pub fn private_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let _ = fs::remove_file(&beside);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    Ok(())
}

fn password_file(folder: &Folder) -> PathBuf {
    folder.root().join("demo-password")
}

/// The receipt code of one invented applicant, so that the demonstration has a login for that role
/// too. A real installation never keeps one.
fn receipt_file(folder: &Folder) -> PathBuf {
    folder.root().join("demo-receipt")
}

/// Whose receipt code is kept.
const SHOWN_APPLICANT: &str = "a41";

async fn set_up(app: &Arc<App>, folder: &Folder) -> Result<String, Failure> {
    let profile = Profile::freeze(PROFILE)?;
    let organisations: Vec<NewOrganisation<'_>> =
        MUNICIPALITIES.iter().map(|(id, name)| NewOrganisation { id, name, kind: "kommun" }).collect();
    let round = NewRound { case_number: "DEMO 2026/1", invented: true, kind: RoundKind::Round };
    let id = app.open_round(Job::Demo, &organisations, &round, &profile).await?;
    let password = hex::encode(Chance::system().bytes::<8>()?);
    for (login, name, organisation, role) in STAFF {
        app.add_staff(Job::Demo, &NewStaff { login, name, password: &password, organisation, role }).await?;
    }
    private_file(&password_file(folder), password.as_bytes())?;
    take_in(app, folder, &id).await?;
    Ok(password)
}

/// Applications that a crash kept out are not taken in twice: each label is derived from its file.
async fn take_in(app: &Arc<App>, folder: &Folder, recruitment: &RecruitmentId) -> Result<(), Failure> {
    let (_, placements, _) = app.round(recruitment).await?;
    let all = applications::all()?;
    let bar = bar(all.len(), "applications sealed");
    for application in all {
        let chosen: Vec<PlacementId> = placements
            .iter()
            .filter(|p| application.placements.contains(&p.slug))
            .map(|p| p.id.clone())
            .collect();
        let seed = format!("demo/{}", application.file);
        if app.known_label(recruitment, &seed).await? {
            bar.inc(1);
            continue;
        }
        let submission = Submission {
            placements: chosen,
            language: application.language,
            ai_free: false,
            label_seed: Some(seed),
            draft: None,
            received: application.received,
        };
        let done = app.submit(&Actor::Job(Job::Demo), recruitment, submission).await?;
        if application.file == SHOWN_APPLICANT {
            private_file(&receipt_file(folder), done.receipt_code.as_bytes())?;
        }
        bar.inc(1);
    }
    bar.finish();
    Ok(())
}

async fn resume(app: &Arc<App>, folder: &Folder) -> Result<String, Failure> {
    let rounds = app.rounds().await?;
    let Some(round) = rounds.first() else {
        return Err(Failure(
            "the set-up was interrupted before anything was stored; run `urval demo --reset`".into(),
        ));
    };
    let password = fs::read_to_string(password_file(folder))
        .map_err(|_| Failure("the set-up was interrupted; run `urval demo --reset`".into()))?;
    take_in(app, folder, &round.id).await?;
    Ok(password.trim().to_owned())
}

/// Lets the model read what waits. Gives the count and the seconds, when there was anything.
async fn score(app: &Arc<App>) -> Result<Option<(usize, f64)>, Failure> {
    let mut total = 0;
    let began = Instant::now();
    for round in app.rounds().await? {
        let waiting = app.waiting(&round.id).await?;
        if waiting.is_empty() {
            continue;
        }
        let bar = bar(waiting.len(), "applications read by the model");
        for id in waiting {
            app.screen_one(Job::Scorer, &id).await?;
            total += 1;
            bar.inc(1);
        }
        bar.finish();
    }
    Ok((total > 0).then(|| (total, began.elapsed().as_secs_f64())))
}

/// A progress bar; plain lines where there is no terminal.
#[must_use]
pub fn bar(count: usize, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(count as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar
}

fn announce(listener: &TcpListener, password: &str, folder: &Folder) -> Result<(), Failure> {
    let address = listener.local_addr()?;
    println!();
    println!("Urval answers on http://{address}");
    println!();
    println!("All people, case numbers and decisions are invented; the municipalities are real.");
    println!("Log in at http://{address}/logga-in – one password for all: {password}");
    for (login, _, organisation, role) in STAFF {
        println!(
            "  {login:<14} {:<26} {}",
            role.label(crate::subject::words::Lang::En),
            name_of(organisation)
        );
    }
    if let Ok(code) = fs::read_to_string(receipt_file(folder)) {
        println!("An applicant's receipt code, for http://{address}/min-ansokan: {}", code.trim());
    }
    println!("New applicants begin on http://{address}/ and get a code of their own.");
    println!("Stop with Ctrl-C; the next run continues with the same data, `demo --reset` starts over.");
    std::io::stdout().flush()?;
    Ok(())
}
