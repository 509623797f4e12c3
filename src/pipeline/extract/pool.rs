//! The children: started ahead, used once, watched.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::child::READY;
use super::europass::Person;
use super::{Answer, End, Outcome, limits};

/// The hidden command that is a child.
pub const COMMAND: &str = "extract-child";

/// Why no document can be read.
#[derive(Debug)]
pub struct NoExtractor(String);

impl fmt::Display for NoExtractor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "documents cannot be read safely on this host: {}", self.0)
    }
}

impl std::error::Error for NoExtractor {}

/// A child behind its walls.
struct Ready {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
}

impl Drop for Ready {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Pool {
    program: PathBuf,
    /// How many wait ready.
    ahead: usize,
    /// [`limits::TIME`].
    time: Duration,
    waiting: Mutex<Vec<Ready>>,
    /// Children that may read at the same time.
    free: Mutex<usize>,
    freed: Condvar,
}

/// Reads documents in children of its own. Cheap to clone.
#[derive(Clone)]
pub struct Extractor(Arc<Pool>);

impl fmt::Debug for Extractor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extractor").finish_non_exhaustive()
    }
}

impl Extractor {
    /// Starts the first children, which proves that the walls stand here.
    ///
    /// # Errors
    /// When a child cannot be started or its walls do not stand.
    pub fn start(program: PathBuf, ahead: usize, at_once: usize) -> Result<Self, NoExtractor> {
        let pool = Pool {
            program,
            ahead,
            time: limits::TIME,
            waiting: Mutex::default(),
            free: Mutex::new(at_once.max(1)),
            freed: Condvar::new(),
        };
        let first = pool.spawn().map_err(|e| NoExtractor(e.to_string()))?;
        pool.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(first);
        let extractor = Self(Arc::new(pool));
        extractor.fill();
        Ok(extractor)
    }

    /// Reads one document. Blocks for [`limits::TIME`] at most, and before that until a child is free.
    #[must_use]
    pub fn read(&self, bytes: &[u8]) -> Outcome {
        self.read_with_person(bytes).0
    }

    /// As [`Extractor::read`], with who the person is by the Europass file that is embedded in a PDF; nobody without
    /// such a file, or when the PDF is not read. For an import only: whoever applies here says it.
    #[must_use]
    pub fn read_with_person(&self, bytes: &[u8]) -> (Outcome, Option<Person>) {
        let pool = &*self.0;
        let mut free = pool.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free == 0 {
            free = pool.freed.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= 1;
        drop(free);
        let outcome =
            pool.take().map_or((Outcome::Ended(End::NotStarted), None), |child| ask(child, bytes, pool.time));
        *pool.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        pool.freed.notify_one();
        self.fill();
        outcome
    }

    /// Starts what is missing of the children that wait, without waiting for them.
    fn fill(&self) {
        let pool = Arc::clone(&self.0);
        let filling = std::thread::Builder::new().name("readers".into()).spawn(move || {
            while pool.waiting.lock().unwrap_or_else(PoisonError::into_inner).len() < pool.ahead {
                match pool.spawn() {
                    Ok(child) => pool.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(child),
                    // The next document tries again, and says so when it fails.
                    Err(_) => return,
                }
            }
        });
        // Without a thread to spare the next document starts its own child.
        drop(filling);
    }
}

impl Pool {
    fn take(&self) -> io::Result<Ready> {
        loop {
            let Some(mut child) = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop() else {
                return self.spawn();
            };
            // One that died while it waited has not touched anything.
            if child.child.try_wait()?.is_none() {
                return Ok(child);
            }
        }
    }

    /// Starts a child and waits until its walls stand.
    fn spawn(&self) -> io::Result<Ready> {
        let mut child = Command::new(&self.program)
            .arg(COMMAND)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (Some(input), Some(output), Some(mut errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(io::Error::other("no pipes"));
        };
        let mut ready = Ready { child, input, output };
        let (tell, told) = mpsc::channel();
        let stands = std::thread::scope(|scope| {
            let output = &mut ready.output;
            scope.spawn(move || {
                let mut said = [0; READY.len()];
                let _ = tell.send(output.read_exact(&mut said).is_ok() && said == READY);
            });
            let stands = told.recv_timeout(limits::START).unwrap_or(false);
            if !stands {
                // Ends the thread above, too.
                let _ = ready.child.kill();
            }
            stands
        });
        if stands {
            return Ok(ready);
        }
        let mut why = String::new();
        let _ = errors.by_ref().take(1000).read_to_string(&mut why);
        let why = why.trim().trim_start_matches("urval: ");
        Err(io::Error::other(if why.is_empty() { "the reader did not get ready" } else { why }))
    }
}

/// Asks a child and watches it.
fn ask(mut ready: Ready, bytes: &[u8], time: Duration) -> (Outcome, Option<Person>) {
    let began = Instant::now();
    let left = || time.saturating_sub(began.elapsed());
    let (tell, told) = mpsc::channel();
    let Ready { child, input, output } = &mut ready;
    let answer = std::thread::scope(|scope| {
        scope.spawn(move || {
            // A child that ends early closes the pipe; what it said tells why.
            let _ = input.write_all(&(bytes.len() as u64).to_be_bytes());
            let _ = input.write_all(bytes);
            let _ = input.flush();
        });
        scope.spawn(move || {
            let mut said = Vec::new();
            let read = output.take(limits::ANSWER + 1).read_to_end(&mut said).map(|_| said);
            let _ = tell.send(read);
        });
        let answer = told.recv_timeout(left());
        // Ends both threads: the pipes break.
        if answer.is_err() || matches!(&answer, Ok(Ok(said)) if said.len() as u64 > limits::ANSWER) {
            let _ = child.kill();
        }
        answer
    });
    // Its end of the pipe is closed. A signal changes nothing about a process that has ended, and ends one that has only
    // closed the pipe.
    let mut cut_off = || {
        let _ = child.kill();
        match child.wait().map(|status| status.signal()) {
            Ok(Some(signal)) if signal == Signal::XCPU.as_raw() => End::Time,
            _ => End::Fell,
        }
    };
    let end = match answer {
        Err(_) => End::NoTurn,
        Ok(Err(_)) => End::Fell,
        Ok(Ok(said)) if said.len() as u64 > limits::ANSWER => End::Nonsense,
        Ok(Ok(said)) => match serde_json::from_slice(&said) {
            Ok(Answer::Read(reading, person)) => {
                return (Outcome::Read(reading), person.map(|person| *person));
            }
            Ok(Answer::Refused(refusal)) => return (Outcome::Refused(refusal), None),
            Err(error) if error.is_eof() => cut_off(),
            Err(_) => End::Nonsense,
        },
    };
    (Outcome::Ended(end), None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::OpenOptionsExt as _;

    /// What becomes of a document when this is what the child does once it is ready.
    fn end_of(does: &str) -> Outcome {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("child");
        let mut file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o700).open(&program).unwrap();
        write!(file, "#!/bin/sh\necho ready\n{does}\n").unwrap();
        drop(file);
        let pool = Pool {
            program,
            ahead: 0,
            time: Duration::from_secs(3),
            waiting: Mutex::default(),
            free: Mutex::new(1),
            freed: Condvar::new(),
        };
        Extractor(Arc::new(pool)).read(b"x")
    }

    #[test]
    fn a_child_that_does_not_answer_is_told_apart_by_how_it_ends() {
        let ended = Outcome::Ended;
        assert_eq!(end_of("exec sleep 60"), ended(End::NoTurn));
        assert_eq!(end_of("ulimit -S -t 1; while :; do :; done"), ended(End::Time));
        assert_eq!(end_of("ulimit -S -t 1; exec 1>&-; while :; do :; done"), ended(End::Fell));
        assert_eq!(end_of("kill -SEGV $$"), ended(End::Fell));
        assert_eq!(end_of("exit 0"), ended(End::Fell));
        assert_eq!(end_of("printf '{\"read\"'"), ended(End::Fell));
        assert_eq!(end_of("echo '{\"other\":1}'"), ended(End::Nonsense));
        assert_eq!(end_of("head -c 9000000 /dev/zero"), ended(End::Nonsense));
        assert_eq!(
            end_of("echo '{\"refused\":{\"refusal\":\"empty\"}}'"),
            Outcome::Refused(crate::pipeline::extract::Refusal::Empty)
        );
        assert!(Outcome::Ended(End::Time).is_settled() && !Outcome::Ended(End::NoTurn).is_settled());
    }
}
