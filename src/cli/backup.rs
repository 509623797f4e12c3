//! `urval backup create | check | restore | erasures`: data and keys as two backups, and the list that keeps a
//! restored one from bringing an erased person back.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};

use super::open::{Folder, app, as_it_lies};
use super::{Ended, Failure, runtime};
use crate::casework::backup::{Part, Told, check, make_key_store, restore_key_files};
use crate::guard::erasures::ErasureList;

/// What to do with backups.
#[derive(Subcommand)]
pub enum Command {
    /// Writes both backups while the service may run. Keep the two apart: together they open everything.
    Create {
        /// Folder for the data, and for the keys unless --keys-to names another.
        dir: PathBuf,
        /// Folder for the keys. A key backup that is there is replaced: an older one would open who was erased
        /// since.
        #[arg(long, value_name = "DIR")]
        keys_to: Option<PathBuf>,
        /// PostgreSQL address, when the data is there.
        #[arg(long, env = "URVAL_DATABASE", value_name = "URL", hide_env_values = true)]
        database: Option<String>,
    },
    /// Compares a backup with its manifest.
    Check {
        /// Its folder.
        dir: PathBuf,
    },
    /// Puts backups back, erases again who was erased since, and only then lets the service start.
    Restore {
        /// Folder of the data, and of the keys unless --keys-from names another.
        dir: PathBuf,
        /// Folder of the keys.
        #[arg(long, value_name = "DIR")]
        keys_from: Option<PathBuf>,
        /// Restores one half and leaves the other as it is.
        #[arg(long, value_enum, value_name = "PART")]
        only: Option<Half>,
        /// Puts the backup in the place of what is here.
        #[arg(long)]
        replace: bool,
        /// A list of erasures, as `urval backup erasures` wrote it, when this installation's own is gone.
        #[arg(long, value_name = "FILE")]
        erasures: Option<PathBuf>,
        /// There is no list of erasures any more, and why. The reason is written to the log; who was erased since
        /// the backup must be erased again by hand.
        #[arg(long, value_name = "REASON")]
        erasures_lost: Option<String>,
        /// A checkpoint of the log that was kept elsewhere: a log that is shorter, or another one, is reported.
        #[arg(long, value_name = "FILE")]
        seen: Option<PathBuf>,
        /// PostgreSQL address, when the data goes there.
        #[arg(long, env = "URVAL_DATABASE", value_name = "URL", hide_env_values = true)]
        database: Option<String>,
    },
    /// Copies the list of erasures, which belongs into no backup and beside every one.
    Erasures {
        /// The file to write or add to.
        file: PathBuf,
        /// PostgreSQL address, when the data is there.
        #[arg(long, env = "URVAL_DATABASE", value_name = "URL", hide_env_values = true)]
        database: Option<String>,
    },
}

/// One of the two backups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Half {
    /// The data.
    Data,
    /// The keys.
    Keys,
}

/// Runs the command.
///
/// # Errors
/// When a backup cannot be made, does not verify, or may not be restored here.
pub fn run(data: &Path, command: &Command) -> Result<Ended, Failure> {
    match command {
        Command::Create { dir, keys_to, database } => {
            let folder = Folder::at(data)?;
            if database.is_none() && !folder.database().exists() {
                return Err(Failure(format!(
                    "there is nothing in `{}`; give --data",
                    folder.root().display()
                )));
            }
            let keys_to = keys_to.as_ref().unwrap_or(dir);
            let (made, keys) = runtime()?.block_on(async {
                let app = app(&folder, database.as_deref(), None).await?;
                Ok::<_, Failure>(app.back_up(dir, keys_to, &folder.keys()).await?)
            })?;
            println!(
                "data: {} bytes, {} log entries, sha256 {}",
                made.bytes, made.about.log_size, made.sha256
            );
            println!("keys: {} bytes, sha256 {}", keys.bytes, keys.sha256);
            println!(
                "Keep the two apart, and the list of erasures ({}) beside neither.",
                folder.erasures().display()
            );
            Ok(Ended::Done)
        }
        Command::Check { dir } => {
            let mut found = false;
            for part in [Part::Data, Part::Keys] {
                if part.manifest(dir).exists() || part.file(dir).exists() {
                    let manifest = check(part, dir)?;
                    println!(
                        "{}: whole, made {}, {} bytes, sha256 {}",
                        part.code(),
                        manifest.about.made_at,
                        manifest.bytes,
                        manifest.sha256
                    );
                    found = true;
                }
            }
            if found {
                Ok(Ended::Done)
            } else {
                Err(Failure(format!("there is no backup in `{}`", dir.display())))
            }
        }
        Command::Restore { dir, keys_from, only, replace, erasures, erasures_lost, seen, database } => {
            let keys_from = keys_from.as_ref().unwrap_or(dir);
            let told = Wanted {
                data: (*only != Some(Half::Keys)).then_some(dir.as_path()),
                keys: (*only != Some(Half::Data)).then_some(keys_from.as_path()),
                replace: *replace,
                erasures: erasures.as_deref(),
                erasures_lost: erasures_lost.as_deref(),
                seen: seen.as_deref(),
                database: database.as_deref(),
            };
            restore(&Folder::at(data)?, &told)
        }
        Command::Erasures { file, database } => {
            let folder = Folder::at(data)?;
            let count = runtime()?.block_on(async {
                let app = app(&folder, database.as_deref(), None).await?;
                Ok::<_, Failure>(app.copy_erasures(&ErasureList::at(file.clone()))?)
            })?;
            println!("{count} erasures in {}", file.display());
            Ok(Ended::Done)
        }
    }
}

struct Wanted<'a> {
    data: Option<&'a Path>,
    keys: Option<&'a Path>,
    replace: bool,
    erasures: Option<&'a Path>,
    erasures_lost: Option<&'a str>,
    seen: Option<&'a Path>,
    database: Option<&'a str>,
}

fn restore(folder: &Folder, wanted: &Wanted<'_>) -> Result<Ended, Failure> {
    let list = ErasureList::at(folder.erasures());
    if wanted.erasures_lost.is_some_and(|reason| reason.trim().chars().count() < 10) {
        return Err(Failure("say in at least 10 characters why the list of erasures is lost".into()));
    }
    if !list.exists() && wanted.erasures.is_none() && wanted.erasures_lost.is_none() {
        return Err(Failure(format!(
            "the list of erasures `{}` is not there: without it the backup would bring back who was erased since. \
             Give --erasures FILE, or --erasures-lost REASON",
            list.path().display()
        )));
    }
    for (part, from) in [(Part::Data, wanted.data), (Part::Keys, wanted.keys)] {
        if let Some(from) = from {
            check(part, from)?;
        }
    }
    let seen = match wanted.seen {
        Some(path) => Some(
            fs::read_to_string(path)
                .map_err(|e| Failure(format!("cannot read the checkpoint `{}`: {e}", path.display())))?,
        ),
        None => None,
    };
    if let Some(from) = wanted.keys {
        // Keys that are restored alone never take the place of others: the data would be lost with them.
        restore_key_files(from, &folder.keys(), wanted.replace && wanted.data.is_some())?;
    }
    runtime()?.block_on(async {
        let marked_before = folder.restoring().exists();
        if wanted.keys.is_some() && wanted.database.is_none() {
            make_key_store(&folder.database()).await?;
        }
        let app = as_it_lies(folder, wanted.database, None).await?;
        if let Some(file) = wanted.erasures {
            let damaged = app.take_erasures(&ErasureList::at(file.to_owned()))?;
            if damaged > 0 && wanted.erasures_lost.is_none() {
                return Err(Failure(format!(
                    "{damaged} lines of `{}` are not believed: they were altered, or are of another installation",
                    file.display()
                )));
            }
        }
        // What was interrupted half way is restored again, whatever is there.
        let told = Told {
            replace: wanted.replace || marked_before,
            seen: seen.as_deref(),
            erasures_lost: wanted.erasures_lost,
        };
        app.may_restore(wanted.data, wanted.keys, &told).await?;
        folder.mark_restoring()?;
        let written = app.restore(wanted.data, wanted.keys, &told).await?;
        // Opened anew: what was read of the key store before is not what lies there now.
        drop(app);
        let app = as_it_lies(folder, wanted.database, None).await?;
        let restored = app.after_restore(&written, &told).await?;
        let settled = app.settle_erasures().await?;
        folder.unmark_restoring()?;
        println!("{} rows restored; the log has {} entries", restored.rows, restored.log_size);
        println!("{} erasures done again", settled.finished);
        if let Some(size) = restored.rolled_back_from {
            println!(
                "ROLLED BACK: a log with {size} entries is known. What happened since is lost, and new entries \
                 get numbers that were used. Tell the data-protection officer and whoever witnesses the log."
            );
        }
        if restored.forked {
            println!("FORKED: a checkpoint is known that this log does not continue. Tell the data-protection officer.");
        }
        if restored.rolled_back_from.is_some() || restored.forked {
            return Ok(Ended::SomeRefused);
        }
        Ok(Ended::Done)
    })
}
