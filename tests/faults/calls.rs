//! A sweep over the file system calls of one operation: the operation is traced once, then run once more
//! for every call, and that call fails (EIO, ENOSPC) or the process dies in it (SIGKILL). What Tessera's
//! fault test does for one append, here for everything that writes.
//!
//! Each turn begins from the same copy of an installation. The fault is brought about by `strace` from
//! outside, so the program is the shipped one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use super::house::{Answer, House, Server, Wire, children_of, pass, word};
use super::kill::Sessions;
use super::oracle::{CRITERIA, Deed, Oracle, until};
use super::{has, turns};
use crate::fixture::{Engine, figures, middle_marks};

/// The calls that reach a file. `write` and `read` are a socket's too, and so are left out where a
/// server answers; SQLite writes with `pwrite64`.
const CALLS: &str = "openat,pread64,pwrite64,fsync,fdatasync,ftruncate,fallocate,unlink,unlinkat,rename,renameat2,\
                     mkdir,fcntl,newfstatat,fchmod,chmod,lseek,mmap";
const CALLS_OF_COMMANDS: &str = "openat,read,write,pread64,pwrite64,fsync,fdatasync,ftruncate,fallocate,unlink,\
                                 unlinkat,rename,renameat2,mkdir,fcntl,newfstatat,fchmod,chmod";

/// What is in the installation that every turn begins with.
struct Ground {
    house: House,
    staff: Sessions,
    oracle: Oracle,
    /// An application that the recruiter and the manager have opened.
    label: String,
    id: String,
}

/// One operation.
enum Doing {
    /// A request to a running service: what it is, and how it is sent. It tells the oracle.
    Request(fn(&mut Turn) -> Option<Answer>),
    /// A command in a process of its own.
    Command(&'static [&'static str]),
    /// The service starts.
    Start,
}

/// The table. A further operation is a line here.
const OPERATIONS: &[(&str, Doing)] = &[
    ("append", Doing::Request(append)),
    ("submit", Doing::Request(submit)),
    ("mark", Doing::Request(mark)),
    ("decide", Doing::Request(decide)),
    ("request", Doing::Request(request)),
    ("start", Doing::Start),
    ("export", Doing::Command(&["audit", "export", "EXPORT"])),
    ("erase", Doing::Command(&["erase", "--label", "LABEL", "--reason", "Den sökande har bett om det."])),
    ("rotate", Doing::Command(&["keys", "rotate", "--organisation", "helsingborg"])),
];

/// One turn of the sweep.
struct Turn {
    house: House,
    server: Server,
    recruiter: Wire,
    manager: Wire,
    applicant: Wire,
    oracle: Oracle,
    label: String,
    id: String,
}

fn append(turn: &mut Turn) -> Option<Answer> {
    let place = turn.house.place_of("helsingborg").id.clone();
    turn.recruiter.get(&format!("/api/v1/placements/{place}/ranking"))
}

fn submit(turn: &mut Turn) -> Option<Answer> {
    let word = word();
    turn.oracle.sends(&word);
    let answer = turn.applicant.submit(&turn.house, &word)?;
    if answer.status == 201 {
        let made = answer.json();
        turn.oracle.submitted(
            &word,
            made["label"].as_str().expect("a label"),
            made["receipt_code"].as_str().expect("a code"),
        );
    }
    Some(answer)
}

fn deed(
    turn: &mut Turn,
    who: fn(&mut Turn) -> &mut Wire,
    deed: &Deed,
    path: &str,
    body: &serde_json::Value,
) -> Option<Answer> {
    let label = turn.label.clone();
    turn.oracle.tries(&label, deed);
    let answer = who(turn).post(path, body)?;
    if (200..300).contains(&answer.status) {
        turn.oracle.did(&label, deed);
    }
    Some(answer)
}

fn mark(turn: &mut Turn) -> Option<Answer> {
    let path = format!("/api/v1/applications/{}/marks", turn.id);
    let body = json!({ "marks": middle_marks(&CRITERIA) });
    deed(turn, |turn| &mut turn.recruiter, &Deed::Marked, &path, &body)
}

fn decide(turn: &mut Turn) -> Option<Answer> {
    let place = turn.house.place_of("helsingborg").id.clone();
    let path = format!("/api/v1/applications/{}/decisions", turn.id);
    let body = json!({ "placement": place, "outcome": "proceed", "reason": "Starka belägg för K5 och K6." });
    deed(turn, |turn| &mut turn.manager, &Deed::Decided(place, "proceed"), &path, &body)
}

fn request(turn: &mut Turn) -> Option<Answer> {
    let body = json!({ "kind": "erasure" });
    deed(turn, |turn| &mut turn.applicant, &Deed::Requested("erasure"), "/api/v1/own/requests", &body)
}

fn ground() -> (Ground, Wire) {
    let house = House::build(Engine::Sqlite).expect("a file");
    let mut server = house.serve();
    let staff = Sessions::begin(&server);
    let mut oracle = Oracle::default();
    let mut label = String::new();
    let mut applicant = None;
    for _ in 0..3 {
        let word = word();
        oracle.sends(&word);
        let made = server.client().submit(&house, &word).expect("an answer");
        assert_eq!(made.status, 201, "{}", made.text);
        let made = made.json();
        label = made["label"].as_str().expect("a label").to_owned();
        let code = made["receipt_code"].as_str().expect("a code");
        oracle.submitted(&word, &label, code);
        applicant = server.client().applicant(code);
    }
    let id = house.id_of(&label).expect("an id");
    for reader in [&staff.recruiter, &staff.manager] {
        let page = reader.moved_to(&server).get(&format!("/api/v1/applications/{id}")).expect("an answer");
        assert_eq!(page.status, 200, "{}", page.text);
        oracle.opened(&label);
    }
    server.kill();
    (Ground { house, staff, oracle, label, id }, applicant.expect("a session"))
}

impl Ground {
    fn turn(&self, applicant: &Wire) -> Turn {
        let house = self.house.copy();
        let server = house.serve();
        Turn {
            recruiter: self.staff.recruiter.moved_to(&server),
            manager: self.staff.manager.moved_to(&server),
            applicant: applicant.moved_to(&server),
            house,
            server,
            oracle: self.oracle.clone(),
            label: self.label.clone(),
            id: self.id.clone(),
        }
    }
}

/// `strace` on a running process, until it is detached.
pub struct Tracer {
    strace: Child,
    out: PathBuf,
}

impl Tracer {
    /// Attaches and waits until every thread is held.
    pub fn attach(pid: u32, out: &Path, what: &[&str]) -> Self {
        let log = out.with_extension("err");
        let strace = Command::new("strace")
            .args(["-f", "-o"])
            .arg(out)
            .args(what)
            .args(["-p", &pid.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).expect("a file"))
            .spawn()
            .expect("strace");
        until("strace to attach", || {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            assert!(!said.contains("Operation not permitted"), "{said}");
            said.contains(" attached")
        });
        Self { strace, out: out.to_owned() }
    }

    /// Lets go of the process.
    pub fn detach(mut self) {
        let _ = Command::new("kill").args(["-INT", &self.strace.id().to_string()]).status();
        let began = Instant::now();
        while self.strace.try_wait().expect("its state").is_none() {
            // A process that died stays `strace`'s until its parent, who waits here, has fetched it.
            let died = std::fs::read_to_string(&self.out).is_ok_and(|text| text.contains("+++ killed by"));
            if died || began.elapsed().as_secs() >= 2 {
                let _ = self.strace.kill();
                let _ = self.strace.wait();
                break;
            }
            pass(Duration::from_millis(5));
        }
    }
}

/// How often each call was made, by the thread that made it most often: `strace` counts by thread.
fn counts(trace: &Path) -> BTreeMap<String, u64> {
    let mut threads: BTreeMap<(String, String), u64> = BTreeMap::new();
    for line in std::fs::read_to_string(trace).unwrap_or_default().lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let Some((call, _)) = rest.trim_start().split_once('(') else { continue };
        if call.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
            *threads.entry((call.into(), thread.into())).or_default() += 1;
        }
    }
    let mut most = BTreeMap::new();
    for ((call, _), count) in threads {
        let known: &mut u64 = most.entry(call).or_default();
        *known = count.max(*known);
    }
    most
}

fn injected(trace: &Path) -> bool {
    std::fs::read_to_string(trace).unwrap_or_default().lines().any(|line| {
        line.contains("(INJECTED)") || line.contains("killed by SIGKILL") || line.contains("+++ killed")
    })
}

/// A lock of a local file system does not fail. Where one does (a network file system), SQLite can hold it
/// until the service is started again; docs/faults.md says not to keep the data there.
fn can_befall(call: &str, fault: usize) -> bool {
    call != "fcntl" || FAULTS[fault].0 == "KILL"
}

const FAULTS: [(&str, &str); 3] = [("EIO", "error=EIO"), ("ENOSPC", "error=ENOSPC"), ("KILL", "signal=KILL")];

/// What came of the turns.
#[derive(Default, serde::Serialize)]
struct Tally {
    /// Turns in which the fault happened.
    struck: u64,
    /// Turns whose call was not made this time.
    missed: u64,
    acknowledged: u64,
    refused: u64,
    unanswered: u64,
    /// The answer was a refusal and the change is there all the same.
    refused_and_stored: u64,
    /// The service did not start, said why, and started the next time.
    did_not_start: u64,
}

#[test]
fn a_fault_in_any_file_system_call_leaves_nothing_acknowledged_lost_and_nothing_half() {
    if !has("strace") {
        return;
    }
    let began = Instant::now();
    let (ground, applicant) = ground();
    let mut plan: Vec<(usize, String, u64, usize)> = Vec::new();
    let mut calls_made: BTreeMap<&str, u64> = BTreeMap::new();
    // `URVAL_SWEEP=decide,erase`: these operations only, for a long sweep in parts.
    let only = std::env::var("URVAL_SWEEP").unwrap_or_default();
    let chosen = |name: &str| only.is_empty() || only.split(',').any(|one| one == name);
    for (which, (name, doing)) in OPERATIONS.iter().enumerate().filter(|(_, (name, _))| chosen(name)) {
        let traced = trace_of(&ground, &applicant, doing);
        assert!(!traced.is_empty(), "{name} made no file system call, so the trace is wrong");
        for (call, count) in traced {
            *calls_made.entry(*name).or_default() += count;
            plan.extend(
                (1..=count)
                    .flat_map(|when| (0..FAULTS.len()).map(move |fault| (when, fault)))
                    .filter(|(_, fault)| can_befall(&call, *fault))
                    .map(|(when, fault)| (which, call.clone(), when, fault)),
            );
        }
    }
    let all = plan.len();
    // The short form takes every so many of all operations: a turn can wait long for a lock.
    let short = turns(20, u64::MAX);
    let mut step = (all as u64 / short).max(1);
    // Not in step with the three faults.
    while step > 1 && step.is_multiple_of(3) {
        step += 1;
    }
    let mut tally: BTreeMap<&str, Tally> = BTreeMap::new();
    let taken = plan.into_iter().step_by(usize::try_from(step).expect("a step"));
    for (turn, (which, call, when, fault)) in taken.enumerate() {
        if turn % 100 == 99 {
            println!("{} of {} faults, {} s", turn + 1, all as u64 / step, began.elapsed().as_secs());
        }
        let (name, doing) = &OPERATIONS[which];
        let tally = tally.entry(*name).or_default();
        let what = format!("{name}, {} in {call} number {when}", FAULTS[fault].0);
        let inject = format!("inject={call}:{}:when={when}", FAULTS[fault].1);
        match doing {
            Doing::Request(send) => strike(&ground, &applicant, *send, &call, &inject, &what, tally),
            Doing::Command(arguments) => strike_command(&ground, arguments, &inject, &what, tally),
            Doing::Start => strike_start(&ground, &inject, &what, tally),
        }
    }
    let struck: u64 = tally.values().map(|tally| tally.struck).sum();
    assert!(struck >= 9, "too few faults happened to say anything: {struck}");
    figures(
        "faults::calls::a_fault_in_any_file_system_call_leaves_nothing_acknowledged_lost_and_nothing_half",
        struck,
        &json!({
            "calls": calls_made, "possible": all, "every": step, "by_operation": tally, "inconsistent": 0,
            "seconds": began.elapsed().as_secs(),
        }),
    );
}

fn trace_of(ground: &Ground, applicant: &Wire, doing: &Doing) -> BTreeMap<String, u64> {
    match doing {
        Doing::Request(send) => {
            let mut turn = ground.turn(applicant);
            let out = turn.house.beside("trace");
            let tracer = Tracer::attach(turn.server.pid(), &out, &["-e", &format!("trace={CALLS}")]);
            let answer = send(&mut turn).expect("an answer");
            tracer.detach();
            assert!((200..300).contains(&answer.status), "{}", answer.text);
            counts(&out)
        }
        Doing::Command(arguments) => {
            let house = ground.house.copy();
            let out = house.beside("trace");
            let done = traced_command(ground, &house, arguments, &out, &format!("trace={CALLS_OF_COMMANDS}"));
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            counts(&out)
        }
        Doing::Start => {
            let house = ground.house.copy();
            let out = house.beside("trace");
            let path = out.display().to_string();
            let before = ["strace", "-f", "-o", &path, "-e", &format!("trace={CALLS_OF_COMMANDS}")];
            let server = house.try_serve(&before, &[]).expect("a start");
            stop_traced(&server);
            counts(&out)
        }
    }
}

fn traced_command(
    ground: &Ground,
    house: &House,
    arguments: &[&str],
    out: &Path,
    what: &str,
) -> std::process::Output {
    let (path, export) = (out.display().to_string(), house.beside("traced-export").display().to_string());
    let arguments: Vec<&str> = arguments
        .iter()
        .map(|&argument| match argument {
            "EXPORT" => export.as_str(),
            "LABEL" => ground.label.as_str(),
            other => other,
        })
        .collect();
    // A wake-up of the runtime is a `write`, too, and a command whose wake-up failed could wait for ever. It is
    // ended, with its tracer, and then it did not succeed.
    let before = ["timeout", "--signal=KILL", "60", "strace", "-f", "-o", &path, "-e", what];
    house.program(&before, &arguments).output().expect("strace")
}

/// The restart after a fault, and the question whether everything is there.
fn afterwards(house: &House, oracle: &mut Oracle, staff: &Sessions, what: &str) {
    let server = house.serve();
    let wrong = oracle.check(house, &server, &staff.recruiter, true);
    assert!(wrong.is_empty(), "{what}:\n{}\n{}", wrong.join("\n"), server.said());
}

fn strike(
    ground: &Ground,
    applicant: &Wire,
    send: fn(&mut Turn) -> Option<Answer>,
    call: &str,
    inject: &str,
    what: &str,
    tally: &mut Tally,
) {
    let mut turn = ground.turn(applicant);
    let out = turn.house.beside("trace");
    let tracer = Tracer::attach(turn.server.pid(), &out, &["-e", &format!("trace={call}"), "-e", inject]);
    let answer = send(&mut turn);
    tracer.detach();
    *if injected(&out) { &mut tally.struck } else { &mut tally.missed } += 1;
    let refused = match &answer {
        Some(answer) if (200..300).contains(&answer.status) => {
            tally.acknowledged += 1;
            false
        }
        Some(answer) => {
            tally.refused += 1;
            assert!(answer.status >= 500, "{what}: {} {}", answer.status, answer.text);
            assert!(!answer.text.contains("projekt"), "{what}: text beside a refusal");
            true
        }
        None => {
            tally.unanswered += 1;
            false
        }
    };
    if turn.server.runs() {
        // The fault is over: the service goes on without a restart.
        let page = append(&mut turn);
        // Or it was dying, and the kernel had not yet said so.
        let died = page.is_none() && inject.contains("KILL") && turn.server.ends_soon();
        assert!(
            died || page.as_ref().is_some_and(|page| page.status == 200),
            "{what}: does not go on: {page:?}\n{}",
            turn.server.said()
        );
    }
    turn.server.kill();
    let before = turn.oracle.stored_unanswered;
    afterwards(&turn.house, &mut turn.oracle, &ground.staff, what);
    if refused && turn.oracle.stored_unanswered > before {
        tally.refused_and_stored += 1;
    }
}

fn strike_command(ground: &Ground, arguments: &[&str], inject: &str, what: &str, tally: &mut Tally) {
    let house = ground.house.copy();
    let out = house.beside("trace");
    let mut oracle = ground.oracle.clone();
    let erases = arguments.contains(&"LABEL");
    if erases {
        oracle.erases(&ground.label);
    }
    let done = traced_command(ground, &house, arguments, &out, inject);
    if erases && done.status.success() {
        oracle.erased(&ground.label);
    }
    *if injected(&out) { &mut tally.struck } else { &mut tally.missed } += 1;
    *if done.status.success() { &mut tally.acknowledged } else { &mut tally.refused } += 1;
    afterwards(&house, &mut oracle, &ground.staff, what);
}

fn strike_start(ground: &Ground, inject: &str, what: &str, tally: &mut Tally) {
    let house = ground.house.copy();
    let out = house.beside("trace");
    let path = out.display().to_string();
    match house.try_serve(&["strace", "-f", "-o", &path, "-e", inject], &[]) {
        Ok(server) => {
            let ready = server.client().get("/healthz").is_some_and(|page| page.status == 200);
            *if ready { &mut tally.acknowledged } else { &mut tally.unanswered } += 1;
            // The server is a child of strace and would outlive it.
            stop_traced(&server);
        }
        Err(_) => tally.did_not_start += 1,
    }
    *if injected(&out) { &mut tally.struck } else { &mut tally.missed } += 1;
    afterwards(&house, &mut ground.oracle.clone(), &ground.staff, what);
}

/// Ends the traced server: the tracer's child, not the tracer.
fn stop_traced(tracer: &Server) {
    let traced = children_of(tracer.pid());
    for child in &traced {
        let _ = Command::new("kill").args(["-9", child]).status();
    }
    until("the traced server to end", || {
        traced.iter().all(|child| !Path::new(&format!("/proc/{child}/exe")).exists())
    });
}
