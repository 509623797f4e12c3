//! A PostgreSQL server of this test's own, with its waits for the disk, to be killed.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::oracle::until;

pub struct Cluster {
    bin: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.kill();
    }
}

/// PostgreSQL refuses to run as root.
fn as_server() -> Command {
    if std::fs::metadata("/proc/self").is_ok_and(|about| std::os::unix::fs::MetadataExt::uid(&about) == 0) {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "postgres", "--regid", "postgres", "--clear-groups"]);
        command
    } else {
        Command::new("env")
    }
}

impl Cluster {
    /// Makes one and starts it.
    pub fn start_new() -> Self {
        let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
            .expect("Debian's PostgreSQL")
            .flatten()
            .map(|version| version.path().join("bin"))
            .collect();
        found.sort();
        let bin = found.pop().expect("a version of PostgreSQL");
        let folder = tempfile::tempdir().expect("a folder");
        let _ = Command::new("chown").arg("postgres").arg(folder.path()).status();
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .expect("a port")
            .local_addr()
            .expect("its number")
            .port();
        let this = Self { bin, folder, port };
        let made = as_server()
            .arg(this.bin.join("initdb"))
            .args([
                "--username",
                "urval",
                "--auth",
                "trust",
                "--encoding",
                "UTF8",
                "--locale",
                "C.UTF-8",
                "--pgdata",
            ])
            .arg(this.folder.path().join("data"))
            .current_dir("/")
            .output()
            .expect("initdb");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        this.start();
        this
    }

    pub fn url(&self) -> String {
        format!("postgres://urval@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts it, after a kill too: it then recovers by itself.
    pub fn start(&self) {
        until("PostgreSQL to start", || {
            as_server()
                .arg(self.bin.join("pg_ctl"))
                .args(["start", "--wait", "--silent", "--pgdata"])
                .arg(self.folder.path().join("data"))
                .arg("--log")
                .arg(self.folder.path().join("log"))
                .arg("--options")
                .arg(format!("-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories=", self.port))
                .current_dir("/")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        });
    }

    /// `kill -9` of its first process, whose children then end by themselves.
    pub fn kill(&self) {
        let file = self.folder.path().join("data/postmaster.pid");
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if let Some(pid) = text.lines().next().filter(|pid| pid.parse::<u32>().is_ok()) {
            let children =
                std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
            let _ = Command::new("kill").args(["-9", pid]).status();
            until("PostgreSQL to end", || {
                children
                    .split_whitespace()
                    .chain([pid])
                    .all(|process| !std::path::Path::new(&format!("/proc/{process}/exe")).exists())
            });
        }
    }
}
