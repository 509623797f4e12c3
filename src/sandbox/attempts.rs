//! What must not succeed inside, tried.

use std::io;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::process::Command;

/// One attempt and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What was tried.
    pub what: &'static str,
    /// The system's answer; `None`: it succeeded, and the walls do not stand.
    pub refused: Option<String>,
}

fn attempt<T>(what: &'static str, outcome: io::Result<T>) -> Attempt {
    Attempt { what, refused: outcome.err().map(|error| error.to_string()) }
}

/// Tries to read, make, change and remove files, to reach the network and other processes, to start threads,
/// processes and programs, and to write more than nothing. Call it inside only: outside it does these things, in
/// the folder for temporary files.
#[must_use]
pub fn all() -> Vec<Attempt> {
    let beside = std::env::temp_dir().join("urval-sandbox-attempt");
    let thread = || std::thread::Builder::new().spawn(|| ()).map(|thread| drop(thread.join()));
    vec![
        attempt("open a file to read it", std::fs::File::open("/etc/passwd")),
        attempt("open the own program", std::fs::File::open("/proc/self/exe")),
        attempt("make a file", std::fs::File::create(&beside)),
        attempt("make a folder", std::fs::create_dir(&beside)),
        attempt("list a folder", std::fs::read_dir("/")),
        attempt("remove a file", std::fs::remove_file(&beside)),
        attempt("rename a file", std::fs::rename(&beside, beside.with_extension("b"))),
        attempt("make a link", std::os::unix::fs::symlink("/etc/passwd", &beside)),
        attempt("ask about a file", std::fs::metadata("/etc/passwd")),
        attempt("change the folder", std::env::set_current_dir("/")),
        attempt("connect to a host", TcpStream::connect(("127.0.0.1", 9))),
        attempt("listen", TcpListener::bind(("127.0.0.1", 0))),
        attempt("send a datagram", UdpSocket::bind(("127.0.0.1", 0))),
        attempt("connect to a socket in the file system", UnixStream::connect("/run/systemd/notify")),
        attempt("make a pair of sockets", UnixStream::pair()),
        attempt("make a pipe", io::pipe()),
        attempt("start a thread", thread()),
        attempt("start a program", Command::new("/bin/true").spawn().map(|mut child| drop(child.wait()))),
        attempt(
            "signal another process",
            rustix_result(rustix::process::test_kill_process(rustix::process::Pid::INIT)),
        ),
        attempt(
            "raise a limit",
            rustix_result(rustix::process::setrlimit(
                rustix::process::Resource::Core,
                rustix::process::Rlimit { current: Some(0), maximum: Some(0) },
            )),
        ),
    ]
}

fn rustix_result<T>(outcome: rustix::io::Result<T>) -> io::Result<T> {
    outcome.map_err(io::Error::from)
}
