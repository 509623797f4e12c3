//! `urval audit witness`: watches the log of another host, and `urval audit cosign`: asks others to
//! watch ours. The first needs neither server nor database nor data folder.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::audit::{read_log_key, read_witness_key};
use super::elsewhere::{Elsewhere, ask_witness};
use super::open::{Folder, app};
use super::{Ended, Failure, runtime};
use crate::casework::App;
use crate::casework::log_witness::Watch;
use crate::clock::{Chance, Clock};
use crate::guard::access::{Actor, Job};
use crate::guard::audit::cosign::{Cosigner, WitnessKey};
use crate::guard::audit::merkle::verify_consistency;
use crate::guard::audit::note::{Checkpoint, Vkey};
use crate::guard::audit::tiles::{Plan, Tiles, parse_tile};
use crate::guard::audit::witness::{Denied, Request, Witness};

/// Makes a witness's key.
#[derive(Args)]
pub struct NewKey {
    /// The file to write, with mode 0600; it must not be there.
    pub file: PathBuf,
    /// The witness's name, such as `viken.example/vittne`.
    #[arg(long)]
    pub name: String,
}

/// Watches a log.
#[derive(Args)]
pub struct Watching {
    /// Where the log is: `https://HOST/logg`, or the folder of an export.
    pub log_at: String,
    /// The witness's own key.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The folder where the newest head seen is kept. Never share it between two keys.
    #[arg(long, value_name = "DIR")]
    pub state: PathBuf,
    /// The log's verifier key, or a file with it.
    #[arg(long, value_name = "VKEY")]
    pub log: String,
    /// Goes on watching, looking every so many seconds.
    #[arg(long, value_name = "SECONDS")]
    pub every: Option<u64>,
}

/// Asks witnesses to cosign our newest checkpoint, or attaches what they gave another way.
#[derive(Args)]
pub struct Asking {
    /// A witness's prefix, such as `https://viken.example/vittne`; may be given several times.
    #[arg(long, value_name = "URL")]
    pub ask: Vec<String>,
    /// A cosigned checkpoint, or lines of cosignatures, that came another way; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub answer: Vec<PathBuf>,
    /// A witness's key, or a file with it; may be given several times. Other cosignatures are dropped.
    #[arg(long, value_name = "VKEY", required = true)]
    pub witness: Vec<String>,
    /// PostgreSQL address, when the log is there.
    #[arg(long, env = "URVAL_DATABASE", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,
}

/// This host as a witness, from its key and the file with the keys of the logs that it watches.
///
/// # Errors
/// When a key cannot be used, or no log is named.
pub fn desk(key: &Path, logs: &Path, state: &Path) -> Result<Watch, Failure> {
    let text = std::fs::read_to_string(logs)
        .map_err(|e| Failure(format!("cannot read the list of logs `{}`: {e}", logs.display())))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let logs: Vec<Vkey> = lines.map(Vkey::parse).collect::<Result<_, _>>()?;
    if logs.is_empty() {
        return Err(Failure("the list of logs to watch names none".into()));
    }
    Ok(Watch { witness: Witness::at(state)?, cosigner: Cosigner::open(key)?, logs })
}

/// Runs `witness-key`.
///
/// # Errors
/// When the file is there or cannot be written.
pub fn new_key(given: &NewKey) -> Result<Ended, Failure> {
    let cosigner = Cosigner::create(&given.file, &given.name, &Chance::system())?;
    println!("{}", cosigner.key());
    Ok(Ended::Done)
}

/// Runs `witness`.
///
/// # Errors
/// When the log contradicts what was seen of it, or cannot be read.
pub fn watch(given: &Watching) -> Result<Ended, Failure> {
    let log = read_log_key(&given.log)?;
    let cosigner = Cosigner::open(&given.key)?;
    let witness = Witness::at(&given.state)?;
    let place = Elsewhere::at(&given.log_at);
    let clock = Clock::system();
    loop {
        let at = u64::try_from(clock.now().0 / 1_000_000).unwrap_or(0);
        let looked = look(&witness, &cosigner, &log, &place, at);
        let Some(pause) = given.every else {
            print!("{}", looked.map_err(Looked::into_failure)?);
            return Ok(Ended::Done);
        };
        match looked {
            Ok(cosigned) => println!("{cosigned}"),
            // A host that does not answer is asked again; a log that contradicts itself is the end.
            Err(Looked::Unreachable(Failure(why))) => eprintln!("urval: {why}"),
            Err(contradicts) => return Err(contradicts.into_failure()),
        }
        runtime()?.block_on(tokio::time::sleep(Duration::from_secs(pause.max(1))));
    }
}

enum Looked {
    Unreachable(Failure),
    Denied(Denied),
}

impl Looked {
    fn into_failure(self) -> Failure {
        match self {
            Self::Unreachable(failure) => failure,
            Self::Denied(denied) => Failure(format!("NOT COSIGNED: {denied}")),
        }
    }
}

/// One look at a log. Gives its checkpoint with our cosignature.
fn look(
    witness: &Witness,
    cosigner: &Cosigner,
    log: &Vkey,
    place: &Elsewhere,
    at: u64,
) -> Result<String, Looked> {
    let unreachable = |why: &str| Looked::Unreachable(Failure(why.to_owned()));
    let note = place.get("checkpoint").map_err(Looked::Unreachable)?;
    let head = Checkpoint::open(&note, log).map_err(|error| Looked::Denied(Denied::Unsigned(error)))?;
    let note = String::from_utf8(note).map_err(|_| unreachable("the checkpoint is not text"))?;
    let kept = witness.kept(log).map_err(Looked::Denied)?;
    let old = kept.as_ref().map_or(0, |(kept, _)| kept.size);
    if let Some((_, before)) = kept.as_ref().filter(|(kept, _)| kept.size > head.size) {
        let evidence = witness.keep_evidence(log.name(), before, &note).map_err(Looked::Denied)?;
        return Err(Looked::Denied(Denied::RolledBack { shown: head.size, kept: old, evidence }));
    }
    let short = || unreachable("a tile of the log does not hold what its name says");
    let plan = Plan::consistency(old, head.size).ok_or_else(short)?;
    let beginning = Plan::root(old, head.size).ok_or_else(short)?;
    let mut tiles = Tiles::new();
    if old > 0 && old < head.size {
        for tile in plan.tiles().into_iter().chain(beginning.tiles()) {
            let bytes = place.get(&tile.path()).map_err(Looked::Unreachable)?;
            tiles.insert(tile, parse_tile(&tile, &bytes).ok_or_else(short)?);
        }
    }
    let proof = plan.hashes(&tiles).ok_or_else(short)?;
    let request = Request { old, proof, note };
    match witness.cosign(cosigner, std::slice::from_ref(log), &request, at) {
        Ok(line) => Ok(format!("{}{line}", request.note)),
        Err(Denied::Inconsistent(_)) => {
            // Either the tiles are bad, which proves nothing, or the log's own tiles lead from another
            // beginning to the root that it signed: then it signed two logs.
            let root = beginning.hashes(&tiles).and_then(|roots| roots.first().copied());
            let other = root.is_some_and(|root| {
                verify_consistency(old, head.size, &request.proof, &root, &head.root)
                    && kept.as_ref().is_some_and(|(kept, _)| kept.root != root)
            });
            if !other {
                return Err(unreachable("the tiles of the log do not give the root that it signed"));
            }
            let before = kept.map(|(_, note)| note).unwrap_or_default();
            let evidence =
                witness.keep_evidence(log.name(), &before, &request.note).map_err(Looked::Denied)?;
            Err(Looked::Denied(Denied::Forked { size: old, evidence }))
        }
        Err(denied) => Err(Looked::Denied(denied)),
    }
}

/// Runs `cosign`: best effort, each witness by itself.
///
/// # Errors
/// When no witness gave a cosignature that is true and new, or a witness knows another log of ours.
pub fn ask(data: &Path, given: &Asking) -> Result<Ended, Failure> {
    let keys: Vec<WitnessKey> =
        given.witness.iter().map(|key| read_witness_key(key)).collect::<Result<_, _>>()?;
    let folder = Folder::at(data)?;
    runtime()?.block_on(async {
        let app = app(&folder, given.database.as_deref(), None).await?;
        let mut failed = 0;
        for prefix in &given.ask {
            match ask_one(&app, prefix, &keys).await {
                Ok(added) => println!("{prefix}: {added} cosignatures kept"),
                Err(Failure(why)) => {
                    failed += 1;
                    eprintln!("urval: {why}");
                }
            }
        }
        for file in &given.answer {
            let text = std::fs::read_to_string(file)
                .map_err(|e| Failure(format!("cannot read `{}`: {e}", file.display())))?;
            let note = match text.split_once("\n\n") {
                Some((body, _)) => format!("{body}\n\n{}", own_line(&text, &app)?),
                None => app.log_checkpoint().await?,
            };
            let added = app.keep_cosignatures(&Actor::Job(Job::Cli), &note, &text, &keys).await?;
            println!("{}: {added} cosignatures kept", file.display());
        }
        if failed == 0 { Ok(Ended::Done) } else { Err(Failure(format!("{failed} witnesses did not cosign"))) }
    })
}

/// The signature lines of the log itself in a cosigned checkpoint.
fn own_line(text: &str, app: &App) -> Result<String, Failure> {
    let key = Vkey::parse(&app.log_vkey())?;
    let begin = format!("\u{2014} {} ", key.name());
    Ok(text.lines().filter(|line| line.starts_with(&begin)).map(|line| format!("{line}\n")).collect())
}

async fn ask_one(app: &App, prefix: &str, keys: &[WitnessKey]) -> Result<usize, Failure> {
    // The first try tells the size that the witness knows.
    let mut old = 0;
    for _ in 0..3 {
        let request = app.cosignature_request(old).await.map_err(|_| {
            Failure(format!(
                "the witness {prefix} has seen {old} entries of this log, which has fewer: somebody shows it \
                 another log, or this one was rolled back"
            ))
        })?;
        let (to, body) = (prefix.to_owned(), request.to_text());
        let (status, answer) = tokio::task::spawn_blocking(move || ask_witness(&to, &body)).await??;
        match status {
            200 => {
                return Ok(app
                    .keep_cosignatures(&Actor::Job(Job::Cli), &request.note, &answer, keys)
                    .await?);
            }
            409 if answer.trim().parse::<u64>().is_ok_and(|size| size != old) => {
                old = answer.trim().parse().unwrap_or(0);
            }
            _ => {
                let said: String = answer.chars().filter(|c| !c.is_control()).take(300).collect();
                return Err(Failure(format!("the witness {prefix} answers {status}: {said}")));
            }
        }
    }
    Err(Failure(format!("the witness {prefix} keeps changing what it has seen; try again")))
}
