//! What breaks and what then holds: the program itself, as a process of its own, is killed, starved of
//! its disk, given a wrong clock and damaged keys, and is asked afterwards whether everything that it
//! had acknowledged is there, once and whole. `docs/faults.md` is the table of these promises.

pub mod house;
pub mod oracle;

mod calls;
mod clocks;
mod cluster;
mod degraded;
mod device;
mod document;
mod kill;
mod planted;
mod start;
mod worker;

/// How often: the first number in the ordinary run, the second with `tests/run --full`.
pub fn turns(short: u64, full: u64) -> u64 {
    if std::env::var_os("URVAL_FULL").is_some() { full } else { short }
}

/// Whether a tool from Debian is there. `tests/run` installs them, so there it must be.
pub fn has(tool: &str) -> bool {
    let found = std::process::Command::new(tool)
        .arg("--version")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !found {
        assert!(
            std::env::var_os("URVAL_TEST_REQUIRE_POSTGRES").is_none(),
            "`{tool}` is needed; tests/run installs it"
        );
        println!("SKIPPED: `{tool}` is not here; tests/run installs it");
    }
    found
}
