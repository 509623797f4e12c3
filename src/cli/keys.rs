//! `urval keys status | rotate`, and where the root key comes from.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::open::{Folder, app};
use super::{Ended, Failure, runtime};
use crate::casework::custody::KeyStatus;
use crate::guard::access::Job;
use crate::guard::keys::root::{GivenKey, Source};
use crate::guard::keys::token::TokenSource;

/// The file in the data folder that says which token holds the root.
const SETTINGS: &str = "keys.toml";

/// What to do with the keys.
#[derive(Subcommand)]
pub enum Command {
    /// Lists every key with its state. No key material.
    Status {
        /// PostgreSQL address, when the data is there.
        #[arg(long, env = "URVAL_DATABASE", value_name = "URL", hide_env_values = true)]
        database: Option<String>,
        /// Prints it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Puts a new key in the place of one in use. The service goes on meanwhile; cut off, it goes on when it is
    /// run again.
    Rotate {
        /// The root key. From the environment, the new one is given as `URVAL_KEK_NEXT`.
        #[arg(long, conflicts_with = "organisation", required_unless_present = "organisation")]
        root: bool,
        /// The key of one organisation, by its id; `*programme` for the key of the log's links.
        #[arg(long, value_name = "ID")]
        organisation: Option<String>,
        /// PostgreSQL address, when the data is there.
        #[arg(long, env = "URVAL_DATABASE", value_name = "URL", hide_env_values = true)]
        database: Option<String>,
    },
}

/// `DATA/keys.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    root: RootSettings,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RootSettings {
    /// The token maker's PKCS#11 library.
    module: PathBuf,
    /// The token's label.
    token: String,
    /// The key's label on it.
    #[serde(default = "key_label")]
    key: String,
    /// A file with the user's PIN; without it `URVAL_TOKEN_PIN` is read.
    pin_file: Option<PathBuf>,
}

fn key_label() -> String {
    "urval-root".into()
}

/// Where the root key comes from: a token when `DATA/keys.toml` names one; the environment (`URVAL_KEK`, or a file
/// named by `URVAL_KEK_FILE`) when it gives one; otherwise the file `DATA/keys/kek`.
///
/// A variable cannot be taken out of a running process's environment without unsafe code; `serve` closes it to
/// other processes of the same account (see `process.rs`), and a mounted file (`URVAL_KEK_FILE`) avoids it.
///
/// # Errors
/// When a file named cannot be read or does not hold a key.
pub fn source(folder: &Folder) -> Result<Source, Failure> {
    let settings = folder.root().join(SETTINGS);
    if settings.exists() {
        let text = fs::read_to_string(&settings)
            .map_err(|e| Failure(format!("cannot read `{}`: {e}", settings.display())))?;
        let Settings { root } =
            toml::from_str(&text).map_err(|e| Failure(format!("`{}`: {e}", settings.display())))?;
        let pin = match &root.pin_file {
            Some(path) => secret_file(path)?,
            None => variable("URVAL_TOKEN_PIN").ok_or_else(|| {
                Failure(format!(
                    "give the token's PIN: `pin_file` in `{}` or URVAL_TOKEN_PIN",
                    settings.display()
                ))
            })?,
        };
        let pin = Zeroizing::new(pin.trim().to_owned());
        return Ok(Source::Token(TokenSource { module: root.module, token: root.token, key: root.key, pin }));
    }
    let Some(current) = given("URVAL_KEK", "URVAL_KEK_FILE")? else { return Ok(Source::Folder) };
    let next = given("URVAL_KEK_NEXT", "URVAL_KEK_NEXT_FILE")?;
    Ok(Source::Given { current, next })
}

fn given(name: &str, file: &str) -> Result<Option<GivenKey>, Failure> {
    let text = match (variable(name), std::env::var_os(file)) {
        (Some(_), Some(_)) => return Err(Failure(format!("give {name} or {file}, not both"))),
        (Some(text), None) => text,
        (None, Some(path)) => secret_file(Path::new(&path))?,
        (None, None) => return Ok(None),
    };
    Ok(Some(GivenKey::parse(&text)?))
}

fn variable(name: &str) -> Option<Zeroizing<String>> {
    std::env::var(name).ok().map(Zeroizing::new)
}

fn secret_file(path: &Path) -> Result<Zeroizing<String>, Failure> {
    fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|e| Failure(format!("cannot read `{}`: {e}", path.display())))
}

/// Runs the command.
///
/// # Errors
/// When the keys cannot be opened or the rotation is refused; what was done before stays done.
pub fn run(data: &Path, command: &Command) -> Result<Ended, Failure> {
    let folder = Folder::at(data)?;
    let (Command::Status { database, .. } | Command::Rotate { database, .. }) = command;
    if database.is_none() && !folder.database().exists() {
        return Err(Failure(format!(
            "there are no keys in use in `{}`; give --data",
            folder.root().display()
        )));
    }
    runtime()?.block_on(async {
        let app = app(&folder, database.as_deref(), None).await?;
        match command {
            Command::Status { json, .. } => print(&app.key_status(Job::Cli).await?, *json)?,
            Command::Rotate { organisation: Some(holder), .. } => {
                let done = app.rotate_holder(Job::Cli, holder, |_| {}).await?;
                println!(
                    "{holder}: epoch {} is in use; {} keys were wrapped anew",
                    done.epoch, done.resealed
                );
            }
            Command::Rotate { organisation: None, .. } => {
                let done = app.rotate_root(Job::Cli).await?;
                println!("root {}: in use; {} keys were sealed anew", done.epoch, done.resealed);
                if std::env::var_os("URVAL_KEK_NEXT").is_some()
                    || std::env::var_os("URVAL_KEK_NEXT_FILE").is_some()
                {
                    println!(
                        "from the next start on, give the new root as URVAL_KEK and destroy the old one"
                    );
                }
            }
        }
        Ok(Ended::Done)
    })
}

fn print(status: &KeyStatus, json: bool) -> Result<(), Failure> {
    if json {
        let keys: Vec<_> = status
            .keys
            .iter()
            .map(|row| {
                serde_json::json!({
                    "holder": row.key.holder, "epoch": row.key.epoch, "state": row.state.code(),
                    "root": hex::encode(row.key.root), "made_at": row.made_at.rfc3339(), "wraps": row.wraps,
                })
            })
            .collect();
        let all = serde_json::json!({ "source": status.source, "root": status.root, "keys": keys });
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    println!("root {} from {}", status.root, status.source);
    for row in &status.keys {
        println!(
            "{:<24} epoch {:>3}  {:<9}  root {}  made {}  wraps {}",
            row.key.holder,
            row.key.epoch,
            row.state.code(),
            hex::encode(row.key.root),
            row.made_at.rfc3339(),
            row.wraps
        );
    }
    Ok(())
}
