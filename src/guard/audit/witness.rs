//! Watches the log of another host: cosigns each head that continues the last one, and nothing else.
//!
//! A witness keeps one head a log, the newest that it cosigned. A new head is cosigned only with a
//! proof that the kept one is its beginning, so two heads that contradict each other never both get
//! the cosignature, and whoever sees one contradicting pair holds the evidence in both logs' own
//! signatures: a fork. [`Request`] is the body of C2SP `tlog-witness` `add-checkpoint`.
//!
//! The kept head is replaced by renaming a complete file, under a lock, before the cosignature is
//! given: a crash in between leaves the newer head kept and uncosigned, which the next request mends.
//! It never leaves an older head kept than one that was cosigned.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest as _, Sha256};

use super::Hash;
use super::cosign::Cosigner;
use super::merkle::verify_consistency;
use super::note::{Checkpoint, NOTE_BYTES_MAX, NoteError, SignedNote, Vkey};

/// The most hashes of a consistency proof that a witness takes.
pub const PROOF_HASHES_MAX: usize = 63;
/// The longest body of a request, in bytes.
pub const REQUEST_BYTES_MAX: usize = 64 * 1024;

/// Why a head was not cosigned. The variants are those that C2SP `tlog-witness` tells apart.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// Not of the form, or the old size is larger than the checkpoint's (400).
    #[error("not a request for a cosignature: {0}")]
    Malformed(&'static str),
    /// A log that is not watched here (404).
    #[error("this witness does not watch the log that the checkpoint names")]
    UnknownLog,
    /// Not signed by the log (403).
    #[error("the checkpoint is not signed by the log: {0}")]
    Unsigned(NoteError),
    /// The kept head has another size than the request says (409, with the size).
    #[error("the last head seen of this log has {0} entries")]
    OtherSize(u64),
    /// Two signed heads of the same size with different roots (409): the log is forked.
    #[error("the log is forked: two signed heads of {size} entries contradict each other; both are kept in `{evidence}`",
        evidence = .evidence.display())]
    Forked {
        /// The size of both.
        size: u64,
        /// The folder with both notes.
        evidence: PathBuf,
    },
    /// The proof does not show the kept head to be a beginning of the new one (422).
    #[error("the proof does not show that the log only grew since {0} entries")]
    Inconsistent(u64),
    /// The head is smaller than the one kept: an older state is shown.
    #[error("the log shows {shown} entries and had {kept}: it was rolled back; both heads are kept in `{evidence}`",
        evidence = .evidence.display())]
    RolledBack {
        /// The size shown.
        shown: u64,
        /// The size kept.
        kept: u64,
        /// The folder with both notes.
        evidence: PathBuf,
    },
    /// The kept heads cannot be read or written: then nothing is cosigned (500).
    #[error("could not {doing} `{path}`: {source}", path = .path.display())]
    Io {
        /// What was attempted.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A kept head is not what this witness wrote (500).
    #[error("the kept head in `{0}` is damaged; find out why before you remove it: it is what shows a fork")]
    Damaged(PathBuf),
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Denied {
    let path = path.to_owned();
    move |source| Denied::Io { doing, path, source }
}

/// The body of `add-checkpoint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The size of the head that the proof starts from.
    pub old: u64,
    /// The consistency proof.
    pub proof: Vec<Hash>,
    /// The signed checkpoint.
    pub note: String,
}

impl Request {
    /// The body's text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = format!("old {}\n", self.old);
        for hash in &self.proof {
            out.extend([&BASE64.encode(hash), "\n"]);
        }
        out.push('\n');
        out.push_str(&self.note);
        out
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`Denied::Malformed`] with what is wrong.
    pub fn parse(body: &[u8]) -> Result<Self, Denied> {
        let wrong = Denied::Malformed;
        if body.len() > REQUEST_BYTES_MAX {
            return Err(wrong("it is too long"));
        }
        let text = std::str::from_utf8(body).map_err(|_| wrong("it is not UTF-8"))?;
        let (head, note) = text.split_once("\n\n").ok_or(wrong("it has no empty line"))?;
        let mut lines = head.split('\n');
        let digits = lines
            .next()
            .and_then(|line| line.strip_prefix("old "))
            .ok_or(wrong("its first line is not `old N`"))?;
        let plain =
            digits == "0" || (!digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit()));
        let old = digits.parse().ok().filter(|_| plain).ok_or(wrong("its old size is not a plain number"))?;
        let mut proof = Vec::new();
        for line in lines {
            if proof.len() == PROOF_HASHES_MAX {
                return Err(wrong("it has more than 63 lines of proof"));
            }
            let hash = BASE64.decode(line).ok().and_then(|bytes| Hash::try_from(bytes).ok());
            proof.push(hash.ok_or(wrong("a line of its proof is not a hash in base64"))?);
        }
        Ok(Self { old, proof, note: note.to_owned() })
    }
}

/// The heads that a witness keeps, a folder of its own with mode 0700.
#[derive(Clone, Debug)]
pub struct Witness {
    state: PathBuf,
}

impl Witness {
    /// A witness that keeps its heads in `state`, which is made when it is not there.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn at(state: &Path) -> Result<Self, Denied> {
        DirBuilder::new().recursive(true).mode(0o700).create(state).map_err(io_error("create", state))?;
        Ok(Self { state: state.to_owned() })
    }

    fn file(&self, origin: &str) -> PathBuf {
        self.state.join(format!("{}.head", file_name(origin)))
    }

    /// The newest head of this log that was cosigned, with its note; nothing when there is none.
    ///
    /// # Errors
    /// When it cannot be read, or is not signed by this key: then nothing may be cosigned.
    pub fn kept(&self, log: &Vkey) -> Result<Option<(Checkpoint, String)>, Denied> {
        let path = self.file(log.name());
        let note = match fs::read(&path) {
            Ok(note) if note.len() <= NOTE_BYTES_MAX => note,
            Ok(_) => return Err(Denied::Damaged(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io_error("read", &path)(error)),
        };
        let head = Checkpoint::open(&note, log).map_err(|_| Denied::Damaged(path.clone()))?;
        let note = String::from_utf8(note).map_err(|_| Denied::Damaged(path))?;
        Ok(Some((head, note)))
    }

    /// Cosigns a head at a time (seconds since 1970) when it continues the kept one, keeps it, and
    /// gives the signature line. `logs` are those that are watched.
    ///
    /// # Errors
    /// [`Denied`]: nothing was cosigned and the kept head is as it was.
    pub fn cosign(
        &self,
        cosigner: &Cosigner,
        logs: &[Vkey],
        request: &Request,
        at: u64,
    ) -> Result<String, Denied> {
        let note = SignedNote::parse(request.note.as_bytes())
            .map_err(|_| Denied::Malformed("what follows the empty line is no signed checkpoint"))?;
        let claimed = Checkpoint::from_text(note.unverified_text())
            .map_err(|_| Denied::Malformed("what follows the empty line is no checkpoint"))?;
        let log = logs.iter().find(|log| log.name() == claimed.origin).ok_or(Denied::UnknownLog)?;
        let head = Checkpoint::open(request.note.as_bytes(), log).map_err(Denied::Unsigned)?;
        if request.old > head.size {
            return Err(Denied::Malformed("the old size is larger than the checkpoint's"));
        }
        // Between looking and keeping nobody else may keep: two processes share the folder's lock.
        let lock = self.state.join("lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&lock)
            .map_err(io_error("open", &lock))?;
        file.lock().map_err(io_error("lock", &lock))?;
        let kept = self.kept(log)?;
        let (size, root) =
            kept.as_ref().map_or((0, super::merkle::empty_root()), |(kept, _)| (kept.size, kept.root));
        if request.old != size {
            return Err(Denied::OtherSize(size));
        }
        if size == head.size && root != head.root {
            let before = kept.map(|(_, note)| note).unwrap_or_default();
            let evidence = self.keep_evidence(log.name(), &before, &request.note)?;
            return Err(Denied::Forked { size, evidence });
        }
        if !verify_consistency(size, head.size, &request.proof, &root, &head.root) {
            return Err(Denied::Inconsistent(size));
        }
        self.keep(log.name(), &request.note)?;
        Ok(cosigner.line(note.unverified_text(), at))
    }

    /// Keeps two notes of one log that contradict each other, once, and gives the folder.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn keep_evidence(&self, origin: &str, before: &str, now: &str) -> Result<PathBuf, Denied> {
        let digest = Sha256::new().chain_update(before).chain_update([0]).chain_update(now).finalize();
        let mut name = file_name(origin);
        name.push_str(".contradiction.");
        name.extend(hex::encode(digest).chars().take(16));
        let folder = self.state.join(name);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(io_error("create", &folder))?;
        for (name, note) in [("seen-before", before), ("shown-now", now)] {
            write(&folder, name, note)?;
        }
        Ok(folder)
    }

    fn keep(&self, origin: &str, note: &str) -> Result<(), Denied> {
        write(&self.state, &format!("{}.head", file_name(origin)), note)
    }
}

/// A log's name as a file name that no log can choose.
fn file_name(origin: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(origin).into();
    hex::encode(digest).chars().take(32).collect()
}

/// Writes a complete file under another name and renames it.
fn write(folder: &Path, name: &str, text: &str) -> Result<(), Denied> {
    let (path, new) = (folder.join(name), folder.join(format!("{name}.new")));
    let mut options = OpenOptions::new();
    let mut file = options
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)
        .map_err(io_error("create", &new))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io_error("write", &new))?;
    fs::rename(&new, &path).map_err(io_error("put in place", &path))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io_error("sync", folder))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::super::cosign::tests::cosigner;
    use super::super::entry::tests::log;
    use super::super::export::tests::{ORIGIN, checkpoints};
    use super::super::merkle::{consistency_proof, leaf_hash};
    use super::super::note::tests::signer;
    use super::*;

    struct Watched {
        home: tempfile::TempDir,
        witness: Witness,
        leaves: Vec<Vec<u8>>,
        logs: Vec<Vkey>,
        cosigner: Cosigner,
    }

    impl Watched {
        fn new() -> Self {
            let home = tempfile::tempdir().unwrap();
            Self {
                witness: Witness::at(&home.path().join("state")).unwrap(),
                leaves: log(300).0,
                logs: vec![signer(ORIGIN, 1).vkey().clone()],
                cosigner: cosigner("lunden.example/w", 2),
                home,
            }
        }

        fn request(&self, leaves: &[Vec<u8>], old: u64, size: u64) -> Request {
            let hashes: Vec<Hash> = leaves[..size as usize].iter().map(|leaf| leaf_hash(leaf)).collect();
            Request {
                old,
                proof: consistency_proof(&hashes, old as usize).unwrap(),
                note: checkpoints(leaves, &[size]).remove(0),
            }
        }

        fn ask(&self, request: &Request) -> Result<String, Denied> {
            self.witness.cosign(&self.cosigner, &self.logs, request, 1_800_000_000)
        }
    }

    #[test]
    fn a_growing_log_is_cosigned_and_the_newest_head_kept() {
        let it = Watched::new();
        let mut old = 0;
        for size in [1, 5, 5, 90, 256, 300] {
            let request = it.request(&it.leaves, old, size);
            let line = it.ask(&request).unwrap();
            let note = format!("{}{line}", request.note);
            let parsed = SignedNote::parse(note.as_bytes()).unwrap();
            assert_eq!(it.cosigner.key().cosigned_at(&parsed), Ok(1_800_000_000));
            let (kept, _) = it.witness.kept(&it.logs[0]).unwrap().unwrap();
            assert_eq!(kept.size, size);
            old = size;
        }
        for entry in fs::read_dir(it.home.path().join("state")).unwrap() {
            let about = entry.unwrap().metadata().unwrap();
            assert_eq!(about.permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn nothing_is_cosigned_that_does_not_continue_what_was_seen() {
        let it = Watched::new();
        it.ask(&it.request(&it.leaves, 0, 90)).unwrap();
        let other = log(310).0;
        assert_ne!(other[3], it.leaves[3]);
        // Another log of the same size by the same key: a fork, and both notes are kept.
        let Err(Denied::Forked { size: 90, evidence }) = it.ask(&it.request(&other, 90, 90)) else {
            panic!("a fork")
        };
        let seen = fs::read_to_string(evidence.join("seen-before")).unwrap();
        let shown = fs::read_to_string(evidence.join("shown-now")).unwrap();
        let open = |note: &str| Checkpoint::open(note.as_bytes(), &it.logs[0]).unwrap();
        assert!(open(&seen).size == open(&shown).size && open(&seen).root != open(&shown).root);
        // A larger head of the other log: no proof can lead to it.
        assert!(matches!(it.ask(&it.request(&other, 90, 200)), Err(Denied::Inconsistent(90))));
        // A smaller one; the wrong old size; a proof that is not one; a strange log; no signature.
        assert!(matches!(it.ask(&it.request(&it.leaves, 60, 60)), Err(Denied::OtherSize(90))));
        assert!(matches!(it.ask(&it.request(&it.leaves, 0, 200)), Err(Denied::OtherSize(90))));
        let good = it.request(&it.leaves, 90, 200);
        for at in 0..good.proof.len() {
            let mut bent = good.clone();
            bent.proof[at][7] ^= 1;
            assert!(matches!(it.ask(&bent), Err(Denied::Inconsistent(90))), "{at}");
        }
        let short = Request { proof: good.proof[1..].to_vec(), ..good.clone() };
        assert!(matches!(it.ask(&short), Err(Denied::Inconsistent(90))));
        let larger = Request { old: 201, ..good.clone() };
        assert!(matches!(it.ask(&larger), Err(Denied::Malformed(_))));
        let strange = good.note.replace(ORIGIN, "other.example/log");
        assert!(matches!(it.ask(&Request { note: strange, ..good.clone() }), Err(Denied::UnknownLog)));
        let false_line = good.note.replacen("200\n", "201\n", 1);
        assert!(matches!(it.ask(&Request { note: false_line, ..good.clone() }), Err(Denied::Unsigned(_))));
        // After all that the honest log is still cosigned.
        assert!(it.ask(&good).is_ok());
    }

    #[test]
    fn a_damaged_memory_cosigns_nothing() {
        let it = Watched::new();
        it.ask(&it.request(&it.leaves, 0, 90)).unwrap();
        let path = it.witness.file(ORIGIN);
        let good = fs::read(&path).unwrap();
        for bad in [&good[..good.len() - 2], b"", b"urval.example/log\n0\n"] {
            fs::write(&path, bad).unwrap();
            assert!(matches!(it.ask(&it.request(&it.leaves, 90, 200)), Err(Denied::Damaged(_))));
            assert!(matches!(it.ask(&it.request(&it.leaves, 0, 200)), Err(Denied::Damaged(_))));
        }
        fs::write(&path, &good).unwrap();
        assert!(it.ask(&it.request(&it.leaves, 90, 200)).is_ok());
    }

    #[test]
    fn of_two_contradicting_heads_that_race_one_is_cosigned() {
        let it = Watched::new();
        let other = log(310).0;
        let requests = [it.request(&it.leaves, 0, 90), it.request(&other, 0, 91)];
        let cosigned = std::thread::scope(|threads| {
            let asked: Vec<_> = (0..16)
                .map(|turn| {
                    threads.spawn({
                        let (it, request) = (&it, &requests[turn % 2]);
                        move || it.ask(request).is_ok()
                    })
                })
                .collect();
            asked
                .into_iter()
                .enumerate()
                .map(|(turn, ended)| (turn % 2, ended.join().unwrap()))
                .collect::<Vec<_>>()
        });
        let winners: std::collections::BTreeSet<usize> =
            cosigned.iter().filter(|(_, ok)| *ok).map(|(which, _)| *which).collect();
        assert_eq!(winners.len(), 1, "{cosigned:?}");
    }

    #[test]
    fn a_request_reads_back_and_other_bodies_are_refused() {
        let it = Watched::new();
        let good = it.request(&it.leaves, 90, 200);
        assert_eq!(Request::parse(good.to_text().as_bytes()).unwrap(), good);
        let line = format!("{}\n", BASE64.encode([0; 32]));
        for bad in [
            String::new(),
            "old 1\n".into(),
            good.to_text().replacen("old 90", "old 090", 1),
            good.to_text().replacen("old 90", "old -1", 1),
            good.to_text().replacen("old 90", "new 90", 1),
            good.to_text().replacen("old 90\n", "old 90\nAAAA\n", 1),
            good.to_text().replacen("old 90\n", &format!("old 90\n{}", line.repeat(64)), 1),
            "x".repeat(REQUEST_BYTES_MAX + 1),
        ] {
            assert!(matches!(Request::parse(bad.as_bytes()), Err(Denied::Malformed(_))), "{bad:.60}");
        }
    }
}
