//! A process that may compute and answer, and nothing else.
//!
//! [`enter`] takes everything from the calling process that a reader of hostile documents does not need:
//!
//! * **files**: Landlock (landlock(7)) handles every right on the file system and grants none, so no path can
//!   be opened, made, renamed or removed; no file may grow (`RLIMIT_FSIZE` 0) and no descriptor may be added
//!   (`RLIMIT_NOFILE`);
//! * **everything else the kernel does**: a seccomp filter (seccomp(2)) lets a short list of calls through,
//!   [`ALLOWED`]; every other one fails with EPERM, so there is no socket, no other process, no program, no
//!   tracing, no memory that can be written and run;
//! * **memory and time**: [`Limits`]; past them an allocation fails or the kernel ends the process.
//!
//! What is already open stays open: the caller sees to it that this is a pipe for the question, a pipe for
//! the answer and nothing else. It must be called before a second thread is started.
//!
//! [`attempts`] then tries what must not succeed, so that a start, a test and an auditor can see it.

pub mod attempts;

use std::fmt;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible as _, Ruleset, RulesetAttr as _,
    RulesetStatus, Scope,
};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// How much a child may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Memory of its own, in bytes: heap, stack, anonymous mappings (`RLIMIT_DATA`). The program's own code is
    /// shared with its parent and not counted.
    pub memory: u64,
    /// Time on a processor, in whole seconds (`RLIMIT_CPU`); then SIGXCPU ends the process, and SIGKILL a second later
    /// whoever has learnt to ignore that. Time that passes is the parent's to watch.
    pub cpu_seconds: u64,
}

/// Why the walls do not stand. Then nothing hostile may be read.
#[derive(Debug)]
pub struct NoWalls(String);

impl fmt::Display for NoWalls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl std::error::Error for NoWalls {}

fn failed(what: &str, why: impl fmt::Display) -> NoWalls {
    NoWalls(format!("{what}: {why}"))
}

/// Shuts the calling process in. There is no way back.
///
/// # Errors
/// When the kernel lacks Landlock (before 5.13, or switched off) or seccomp, or refuses a limit. The caller must
/// end then.
pub fn enter(limits: Limits) -> Result<(), NoWalls> {
    let both = |value: u64| Rlimit { current: Some(value), maximum: Some(value) };
    for (resource, value, what) in [
        (Resource::Data, limits.memory, "memory"),
        // Address space, for mappings that are not counted as data: what the program takes already, and as much.
        (Resource::As, address_space()?.saturating_add(limits.memory), "address space"),
        (Resource::Fsize, 0, "size of files"),
        (Resource::Nproc, 0, "processes"),
        (Resource::Core, 0, "core dumps"),
        (Resource::Memlock, 0, "locked memory"),
        (Resource::Msgqueue, 0, "message queues"),
    ] {
        setrlimit(resource, both(value)).map_err(|e| failed(what, e))?;
    }
    let cpu =
        Rlimit { current: Some(limits.cpu_seconds), maximum: Some(limits.cpu_seconds.saturating_add(1)) };
    setrlimit(Resource::Cpu, cpu).map_err(|e| failed("processor time", e))?;
    // Whoever waits for a page goes first, not only among the service's own threads: where the kernel shares a processor
    // out by sessions (sched(7), autogroup), what a reader uses would be taken from the service's share. A kernel that
    // refuses leaves a reader that is as quick as others.
    let _ = rustix::process::setsid();
    let _ = rustix::process::nice(5);
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(|e| failed("memory of the process", e))?;
    no_paths()?;
    // Last of the limits: the walls around the files are themselves a descriptor until they stand.
    setrlimit(Resource::Nofile, both(3)).map_err(|e| failed("open files", e))?;
    few_calls()
}

/// The address space that the process has taken, in bytes (`proc_pid_statm(5)`).
fn address_space() -> Result<u64, NoWalls> {
    let text = std::fs::read_to_string("/proc/self/statm").map_err(|e| failed("/proc/self/statm", e))?;
    let pages: u64 = text
        .split(' ')
        .next()
        .and_then(|pages| pages.parse().ok())
        .ok_or_else(|| failed("/proc/self/statm", "no number"))?;
    Ok(pages.saturating_mul(rustix::param::page_size() as u64))
}

/// No path of the file system.
fn no_paths() -> Result<(), NoWalls> {
    let walls = |e| failed("Landlock", e);
    let status = Ruleset::default()
        // What the first version knows must be there; what later ones added is taken where the kernel has it,
        // and the list of calls stands before all of it.
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1))
        .map_err(|e| walls(e.to_string()))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V7))
        .map_err(|e| walls(e.to_string()))?
        .handle_access(AccessNet::from_all(ABI::V7))
        .map_err(|e| walls(e.to_string()))?
        .scope(Scope::from_all(ABI::V7))
        .map_err(|e| walls(e.to_string()))?
        .create()
        .map_err(|e| walls(e.to_string()))?
        .restrict_self()
        .map_err(|e| walls(e.to_string()))?;
    if status.ruleset == RulesetStatus::NotEnforced || !status.no_new_privs {
        return Err(walls("the kernel does not enforce it".to_owned()));
    }
    Ok(())
}

/// The system calls that a reader needs: to read the question and write the answer on what is open, memory that
/// cannot be run, the time, chance, and its end.
pub const ALLOWED: &[(&str, libc::c_long)] = &[
    ("read", libc::SYS_read),
    ("readv", libc::SYS_readv),
    ("write", libc::SYS_write),
    ("writev", libc::SYS_writev),
    ("close", libc::SYS_close),
    ("fstat", libc::SYS_fstat),
    ("lseek", libc::SYS_lseek),
    ("brk", libc::SYS_brk),
    ("munmap", libc::SYS_munmap),
    ("mremap", libc::SYS_mremap),
    ("madvise", libc::SYS_madvise),
    ("futex", libc::SYS_futex),
    ("getrandom", libc::SYS_getrandom),
    ("clock_gettime", libc::SYS_clock_gettime),
    ("clock_getres", libc::SYS_clock_getres),
    ("gettimeofday", libc::SYS_gettimeofday),
    ("sched_yield", libc::SYS_sched_yield),
    ("rt_sigaction", libc::SYS_rt_sigaction),
    ("rt_sigprocmask", libc::SYS_rt_sigprocmask),
    ("rt_sigreturn", libc::SYS_rt_sigreturn),
    ("sigaltstack", libc::SYS_sigaltstack),
    ("restart_syscall", libc::SYS_restart_syscall),
    ("exit", libc::SYS_exit),
    ("exit_group", libc::SYS_exit_group),
];

/// Allowed as long as the memory cannot be run (argument 2 holds no `PROT_EXEC`).
pub const ALLOWED_WITHOUT_EXEC: &[(&str, libc::c_long)] =
    &[("mmap", libc::SYS_mmap), ("mprotect", libc::SYS_mprotect)];

/// Only the calls of the two lists.
fn few_calls() -> Result<(), NoWalls> {
    let walls = |e: String| failed("seccomp", e);
    let not_run = SeccompRule::new(vec![
        SeccompCondition::new(
            2,
            SeccompCmpArgLen::Dword,
            SeccompCmpOp::MaskedEq(libc::PROT_EXEC.unsigned_abs().into()),
            0,
        )
        .map_err(|e| walls(e.to_string()))?,
    ])
    .map_err(|e| walls(e.to_string()))?;
    let free = ALLOWED.iter().map(|(_, call)| (*call, Vec::new()));
    let bound = ALLOWED_WITHOUT_EXEC.iter().map(|(_, call)| (*call, vec![not_run.clone()]));
    let filter: BpfProgram = SeccompFilter::new(
        free.chain(bound).collect(),
        SeccompAction::Errno(libc::EPERM.unsigned_abs()),
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into().map_err(|e| walls(format!("{e}")))?,
    )
    .and_then(TryInto::try_into)
    .map_err(|e| walls(e.to_string()))?;
    seccompiler::apply_filter(&filter).map_err(|e| walls(e.to_string()))
}
