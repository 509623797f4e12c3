//! `urval policy`: checks the policies, prints who may do what, and measures how fast they answer.

use std::path::PathBuf;
use std::time::Instant;

use clap::Subcommand;

use super::{Ended, Failure};
use crate::clock::Moment;
use crate::guard::access::{Actor, ApplicationFacts, Membership, Target};
use crate::guard::matrix::matrix;
use crate::guard::policy::{ACCESS, Answer, Ask, Policies, SCHEMA};
use crate::guard::vault::WrappedKey;
use crate::subject::id::{ApplicationId, MembershipId, OrganisationId, RecruitmentId, StaffId, SubjectId};
use crate::subject::role::Role;

/// The policies.
#[derive(Subcommand)]
pub enum Command {
    /// Parses and strictly validates; without files, the policies of this program.
    Check {
        /// Another schema.
        #[arg(long, value_name = "FILE")]
        schema: Option<PathBuf>,
        /// Other policies.
        #[arg(long, value_name = "FILE")]
        policies: Option<PathBuf>,
    },
    /// Prints who may do what, in Swedish, as policies/matrix.txt holds it.
    Matrix,
    /// Measures a decision from the question to the answer.
    Bench {
        /// How many decisions.
        #[arg(long, default_value_t = 20_000, value_name = "N")]
        count: u32,
    },
}

/// Runs `urval policy`.
///
/// # Errors
/// When a file cannot be read or the policies are not valid.
pub fn run(command: &Command) -> Result<Ended, Failure> {
    match command {
        Command::Check { schema, policies } => check(schema.as_ref(), policies.as_ref()),
        Command::Matrix => {
            print!("{}", matrix(&Policies::shipped()?));
            Ok(Ended::Done)
        }
        Command::Bench { count } => bench((*count).max(100)),
    }
}

fn text(file: Option<&PathBuf>, shipped: &str) -> Result<String, Failure> {
    match file {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|e| Failure(format!("cannot read `{}`: {e}", path.display()))),
        None => Ok(shipped.to_owned()),
    }
}

fn check(schema: Option<&PathBuf>, policies: Option<&PathBuf>) -> Result<Ended, Failure> {
    let loaded = Policies::parse(&text(schema, SCHEMA)?, &text(policies, ACCESS)?)?;
    let opens = loaded.rules().iter().filter(|rule| rule.permits).count();
    println!("{} policies open, {} close; strictly valid", opens, loaded.rules().len() - opens);
    println!("sha256 {}", loaded.digest());
    let silent: Vec<&str> =
        loaded.rules().iter().filter(|rule| rule.says.is_empty()).map(|rule| rule.id.as_str()).collect();
    if !silent.is_empty() {
        return Err(Failure(format!("without words for a reader (`@says`): {}", silent.join(", "))));
    }
    Ok(Ended::Done)
}

/// A reviewer of one of five organisations opens an application: the commonest question with the most policies.
fn bench(count: u32) -> Result<Ended, Failure> {
    let policies = Policies::shipped()?;
    let now = Moment(1_795_428_000_000_000);
    let actor = Actor::Staff(Membership {
        id: MembershipId::new("m"),
        staff: StaffId::new("s"),
        organisation: OrganisationId::new("bjuv"),
        role: Role::Recruiter,
        active: true,
        valid_from: now.plus_seconds(-3600),
        valid_to: now.plus_seconds(3600),
    });
    let facts = ApplicationFacts {
        id: ApplicationId::new("a"),
        subject: SubjectId::new("u"),
        recruitment: RecruitmentId::new("r"),
        label: "K-000000".into(),
        organisations: ["bjuv", "klippan", "perstorp"].map(OrganisationId::new).to_vec(),
        state: "assessed".into(),
        ai_free: false,
        legal_hold: false,
        conflicts: vec![StaffId::new("t")],
        tag_key: WrappedKey::from_stored([&[2u8, 0, 0, 0, 0, 1][..], &[0u8; 32]].concat())?,
    };
    let mut nanoseconds = Vec::new();
    for turn in 0..count + count / 10 {
        let begun = Instant::now();
        let answer = policies.decide(&Ask {
            actor: &actor,
            action: "review",
            purpose: "review",
            target: facts.entity(),
            now,
            opened: true,
            proceeds: false,
            sensitive: false,
            emergency: None,
        });
        let taken = begun.elapsed().as_nanos();
        if !matches!(answer, Answer::Allow { .. }) {
            return Err(Failure("the policies refuse the question that is measured".into()));
        }
        // The first tenth warms the caches.
        if turn >= count / 10 {
            nanoseconds.push(taken);
        }
    }
    nanoseconds.sort_unstable();
    let at = |share: usize| {
        nanoseconds.get(nanoseconds.len() * share / 1000).copied().unwrap_or(0) as f64 / 1000.0
    };
    let machine = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "{count} decisions by {} policies, question built anew each time, {machine} cores",
        policies.rules().len()
    );
    println!("p50 {:.1} µs, p99 {:.1} µs, p99.9 {:.1} µs", at(500), at(990), at(999));
    Ok(Ended::Done)
}
