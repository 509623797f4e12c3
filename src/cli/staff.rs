//! `urval staff`: accounts, and which identity at an organisation's provider opens which. Whoever may run
//! it has the data folder; everything it does is in the log.

use std::io::Read;
use std::path::Path;

use clap::{Args, Subcommand};
use zeroize::Zeroizing;

use super::open::{Folder, app};
use super::{Ended, Failure, runtime};
use crate::casework::App;
use crate::casework::federation::linking::Which;
use crate::casework::setup::NewStaff;
use crate::clock::Chance;
use crate::guard::access::Job;
use crate::guard::oidc::token::Identity;
use crate::subject::role::Role;
use crate::subject::words::Lang;

/// Where the accounts are.
#[derive(Args)]
pub struct Where {
    /// PostgreSQL address, when the accounts are there.
    #[arg(long, env = "URVAL_DATABASE", value_name = "URL", hide_env_values = true)]
    database: Option<String>,
}

/// What to do with accounts.
#[derive(Subcommand)]
pub enum Command {
    /// Prints every account with its memberships and links.
    List {
        /// Where the accounts are.
        #[command(flatten)]
        at: Where,
    },
    /// Makes an account and prints its password once.
    Add {
        /// Where the accounts are.
        #[command(flatten)]
        at: Where,
        /// What the person types.
        #[arg(long)]
        login: String,
        /// Shown beside what the person decides.
        #[arg(long)]
        name: String,
        /// In whose name the person acts: an organisation's id.
        #[arg(long, value_name = "ID")]
        organisation: String,
        /// In which capacity, such as `recruiter` or `dpo`.
        #[arg(long, value_parser = role)]
        role: Role,
        /// No password: the person signs in through the organisation only.
        #[arg(long)]
        no_password: bool,
    },
    /// Lets an identity at an organisation's provider open an account. Make sure whose it is first.
    Link {
        /// Where the accounts are.
        #[command(flatten)]
        at: Where,
        /// The account.
        #[arg(long)]
        login: String,
        /// The code that the person was shown when signing in.
        #[arg(long, value_name = "CODE", required_unless_present = "issuer", conflicts_with = "issuer")]
        pending: Option<String>,
        /// The provider's issuer, as in `oidc.toml`.
        #[arg(long, value_name = "URL", requires = "subject")]
        issuer: Option<String>,
        /// The person's subject (`sub`) at the provider; `-` reads it from standard input, so that it
        /// stands in no list of commands.
        #[arg(long, value_name = "SUB", requires = "issuer")]
        subject: Option<String>,
    },
    /// Ends an account's links with a provider, and the sessions that came from them.
    Unlink {
        /// Where the accounts are.
        #[command(flatten)]
        at: Where,
        /// The account.
        #[arg(long)]
        login: String,
        /// The provider's issuer.
        #[arg(long, value_name = "URL")]
        issuer: String,
    },
    /// Gives an account a new password, printed once, and ends the person's sessions. Make sure who asks.
    ResetPassword {
        /// Where the accounts are.
        #[command(flatten)]
        at: Where,
        /// The account.
        #[arg(long)]
        login: String,
    },
    /// Removes the one-time codes of somebody who has lost telephone and recovery codes, and ends the
    /// person's sessions. Make sure who asks: the password alone opens the account's set-up then.
    ResetSecondFactor {
        /// Where the accounts are.
        #[command(flatten)]
        at: Where,
        /// The account.
        #[arg(long)]
        login: String,
    },
    /// Closes an account: it and its sessions open nothing from the next request on.
    Close {
        /// Where the accounts are.
        #[command(flatten)]
        at: Where,
        /// The account.
        #[arg(long)]
        login: String,
    },
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| {
        let all: Vec<&str> = Role::ALL.iter().map(|role| role.code()).collect();
        format!("one of {}", all.join(", "))
    })
}

/// Runs the command.
///
/// # Errors
/// When there is no installation, or what was asked for cannot be done; then nothing was changed.
pub fn run(data: &Path, command: &Command) -> Result<Ended, Failure> {
    let folder = Folder::at(data)?;
    let (Command::List { at }
    | Command::Add { at, .. }
    | Command::Link { at, .. }
    | Command::Unlink { at, .. }
    | Command::ResetPassword { at, .. }
    | Command::ResetSecondFactor { at, .. }
    | Command::Close { at, .. }) = command;
    if at.database.is_none() && !folder.database().exists() {
        return Err(Failure(format!("there are no accounts in `{}`; give --data", folder.root().display())));
    }
    runtime()?.block_on(async {
        let app = app(&folder, at.database.as_deref(), None).await?;
        act(&app, command).await
    })?;
    Ok(Ended::Done)
}

async fn act(app: &App, command: &Command) -> Result<(), Failure> {
    match command {
        Command::List { .. } => list(app).await,
        Command::Add { login, name, organisation, role, no_password, .. } => {
            let known = app.organisations().await?;
            if !known.iter().any(|(id, ..)| id.as_str() == organisation) {
                let ids: Vec<&str> = known.iter().map(|(id, ..)| id.as_str()).collect();
                return Err(Failure(format!(
                    "there is no organisation `{organisation}`; there are: {}",
                    ids.join(", ")
                )));
            }
            // 160 bits for an account without one: nobody learns it.
            let chance = Chance::system();
            let password = Zeroizing::new(if *no_password {
                hex::encode(chance.bytes::<20>()?)
            } else {
                hex::encode(chance.bytes::<10>()?)
            });
            let new = NewStaff { login, name, password: &password, organisation, role: *role };
            app.add_staff(Job::Cli, &new).await?;
            if *no_password {
                println!("`{login}` is there; link an identity with `urval staff link`");
            } else {
                println!("`{login}` is there. Its password, shown only now: {}", *password);
            }
            Ok(())
        }
        Command::Link { login, pending, issuer, subject, .. } => {
            let typed = match (issuer, subject) {
                (Some(issuer), Some(subject)) => {
                    let subject = subject_from(subject)?;
                    Some(Identity::typed(issuer, &subject).ok_or_else(|| {
                        Failure("no provider could name this identity: check issuer and subject".into())
                    })?)
                }
                _ => None,
            };
            let which = match (&typed, pending) {
                (Some(identity), _) => Which::Named(identity),
                (None, Some(code)) => Which::Code(code),
                (None, None) => {
                    return Err(Failure("give --pending CODE, or --issuer URL and --subject SUB".into()));
                }
            };
            let issuer = app.link_identity(Job::Cli, login, which).await?;
            println!("an identity at {issuer} now opens `{login}`");
            Ok(())
        }
        Command::Unlink { login, issuer, .. } => {
            let ended = app.unlink_identity(Job::Cli, login, issuer).await?;
            println!(
                "{ended} link(s) of `{login}` with {issuer} ended, and the sessions that came from them"
            );
            Ok(())
        }
        Command::ResetPassword { login, .. } => {
            if !app.staff_list(Job::Cli).await?.0.iter().any(|row| row.login == *login) {
                return Err(Failure(format!("there is no account `{login}`; `urval staff list` shows them")));
            }
            let password = Zeroizing::new(hex::encode(Chance::system().bytes::<10>()?));
            app.reset_password(Job::Cli, login, &password).await?;
            println!("`{login}` has a new password, shown only now: {}", *password);
            Ok(())
        }
        Command::ResetSecondFactor { login, .. } => {
            if !app.reset_second_factor(Job::Cli, login).await? {
                return Err(Failure(format!(
                    "`{login}` has no one-time codes, or there is no such account; `urval staff list` shows them"
                )));
            }
            println!("the one-time codes of `{login}` are removed; the next log-in sets up new ones");
            Ok(())
        }
        Command::Close { login, .. } => {
            app.close_staff(Job::Cli, login).await?;
            println!("`{login}` is closed");
            Ok(())
        }
    }
}

fn subject_from(given: &str) -> Result<Zeroizing<String>, Failure> {
    if given != "-" {
        return Ok(Zeroizing::new(given.to_owned()));
    }
    let mut text = Zeroizing::new(String::new());
    std::io::stdin().take(4096).read_to_string(&mut text)?;
    Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

async fn list(app: &App) -> Result<(), Failure> {
    let (staff, links) = app.staff_list(Job::Cli).await?;
    let now = app.now();
    for row in &staff {
        let state = match (row.active, row.valid_from <= now && now < row.valid_to) {
            (false, _) => "closed",
            (true, false) => "not valid now",
            (true, true) => "open",
        };
        let role = Role::parse(&row.role).map_or(row.role.as_str(), |role| role.label(Lang::En));
        let until = row.valid_to.rfc3339();
        let day = until.split('T').next().unwrap_or_default();
        println!("{}\t{}\t{state} until {day}\t{role}\t{}", row.login, row.name, row.organisation);
        for link in links.iter().filter(|link| link.login == row.login) {
            println!("\tlinked with {}", link.issuer);
        }
    }
    Ok(())
}
