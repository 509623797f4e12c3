//! What the reader's process cannot do.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use super::program;
use crate::fixture::figures;

fn walls() -> (bool, Vec<(bool, String)>) {
    let done = Command::new(program()).args(["extract", "--walls"]).output().expect("the program");
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    let attempts = text
        .lines()
        .filter_map(|line| {
            let refused = line.strip_prefix("refused    ").map(|what| (true, what.to_owned()));
            refused.or_else(|| line.strip_prefix("SUCCEEDED  ").map(|what| (false, what.to_owned())))
        })
        .collect();
    (done.status.success(), attempts)
}

#[test]
fn inside_nothing_can_be_opened_reached_started_or_raised() {
    let (done, attempts) = walls();
    assert!(done && attempts.len() >= 18, "{attempts:?}");
    assert!(attempts.iter().all(|(refused, _)| *refused), "{attempts:?}");
    // The same attempts by this process, which stands outside: a list that can only fail would show nothing.
    let outside = urval_sandbox::attempts::all();
    let through = outside.iter().filter(|attempt| attempt.refused.is_none()).count();
    assert!(through >= 12, "{outside:?}");
    figures(
        "documents::walls::inside_nothing_can_be_opened_reached_started_or_raised",
        attempts.len() as u64,
        &json!({ "attempts": attempts.len(), "succeeded_inside": 0, "succeeded_outside": through }),
    );
}

#[test]
fn a_reader_is_ready_before_it_is_needed() {
    let extractor = super::extractor();
    let text = "Jag har lett ett projekt.".as_bytes();
    // The first ones are started with the service; these wait for nothing but the reading.
    let mut times: Vec<Duration> = (0..20)
        .map(|_| {
            let began = Instant::now();
            assert!(matches!(extractor.read(text), urval::pipeline::extract::Outcome::Read(_)));
            began.elapsed()
        })
        .collect();
    times.sort();
    figures(
        "documents::walls::a_reader_is_ready_before_it_is_needed",
        20,
        &json!({ "milliseconds_median": times[10].as_secs_f64() * 1e3, "milliseconds_worst": times[19].as_secs_f64() * 1e3 }),
    );
}

/// Of a process: whose child it is, its session, and how far it lets others go first (`proc_pid_stat(5)`).
fn standing(pid: &str) -> Option<(u32, u32, i32)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    Some((fields.get(1)?.parse().ok()?, fields.get(3)?.parse().ok()?, fields.get(16)?.parse().ok()?))
}

#[test]
fn a_reader_lets_the_service_go_first() {
    let _waiting = super::extractor();
    let (_, _, own) = standing("self").expect("this process");
    let behind = std::fs::read_dir("/proc").expect("the processes").flatten().any(|entry| {
        let pid = entry.file_name().to_string_lossy().into_owned();
        let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let reader = command.split(|byte| *byte == 0).any(|word| word == b"extract-child");
        // The others of them may not be ready yet.
        reader && standing(&pid) == Some((std::process::id(), pid.parse().unwrap_or(0), (own + 5).min(19)))
    });
    assert!(behind, "no reader has a session of its own and a lower priority than {own}");
}

/// The service, as on a kernel where a call of the walls does not exist.
fn serve_without(call: &str, data: &std::path::Path, more: &[&str]) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}")]);
    // One that should not have started, and did, ends by itself.
    command
        .args(["-e", &format!("inject={call}:error=ENOSYS"), "timeout", "--foreground", "120"])
        .arg(program());
    command.arg("--data").arg(data).args(["serve", "--listen", "127.0.0.1:0", "--plain-http"]).args(more);
    command
}

#[test]
fn where_the_walls_cannot_stand_the_service_does_not_start_unless_it_takes_no_files() {
    use std::io::BufRead as _;
    let folder = tempfile::tempdir().expect("a folder");
    for call in ["landlock_create_ruleset", "seccomp"] {
        let done = serve_without(call, folder.path(), &[]).output().expect("strace");
        let why = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(!done.status.success(), "{call}: {why}");
        assert!(
            why.contains("cannot be read safely on this host") && why.contains("--take-no-files"),
            "{call}: {why}"
        );
    }
    let mut command = serve_without("landlock_create_ruleset", folder.path(), &["--take-no-files"]);
    let mut serving = std::os::unix::process::CommandExt::process_group(&mut command, 0)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("strace");
    let mut said = String::new();
    let _ = std::io::BufReader::new(serving.stdout.take().expect("a pipe")).read_line(&mut said);
    // The tracer and all that it started.
    let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", serving.id())]).status();
    let _ = serving.wait();
    assert!(said.contains("http://127.0.0.1:"), "{said}");
}
