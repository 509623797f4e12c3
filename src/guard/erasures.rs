//! The list of erasures: a small file that only grows and lies outside every backup.
//!
//! A backup from before an erasure still holds the erased person. So each erasure is written here before the
//! first key is destroyed, and whoever opens an installation erases again what is listed. The file names
//! nobody: a line holds a keyed hash of a subject's id, the time, and a check value without which a line is not
//! believed.
//!
//! ```text
//! urval-erasures/1
//! <mark, 64 hexadecimal digits> <time, microseconds since 1970 UTC> <check, 32 hexadecimal digits>
//! ```
//!
//! A crash while a line is written leaves part of a line, which is not believed; the tombstone in the database
//! was committed before it, and the next start writes the line again. Without the installation's index key the
//! marks fit nobody, so the key backup is needed beside this file.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::vault::Vault;
use crate::clock::Moment;
use crate::subject::id::SubjectId;

/// The first line, which names the format.
const FIRST_LINE: &str = "urval-erasures/1";
/// Bytes of the check value that a line carries.
const CHECK_BYTES: usize = 16;
/// No list is longer: 64 MiB are half a million erasures.
const LIST_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// One erasure as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tombstone {
    /// Keyed hash of the subject's id: see [`mark`].
    pub mark: [u8; 32],
    /// When it was begun.
    pub at: Moment,
}

/// What a list holds.
#[derive(Debug, Default)]
pub struct Listed {
    /// The erasures, each once.
    pub erasures: Vec<Tombstone>,
    /// Lines that are not believed: torn by a crash, altered, or written under another key.
    pub damaged: u64,
}

/// Why the list cannot be used. No erasure begins then.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The file system refused.
    #[error("could not {doing} the list of erasures `{path}`: {source}", path = .path.display())]
    Io {
        /// What was attempted.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// Another file.
    #[error("`{0}` is not a list of erasures (its first line is not `urval-erasures/1`)")]
    NotAList(PathBuf),
    /// Nobody said where it is.
    #[error("this process knows no list of erasures, so it erases nothing")]
    None,
}

/// The keyed hash under which a subject's erasure is listed.
#[must_use]
pub fn mark(vault: &Vault, subject: &SubjectId) -> [u8; 32] {
    vault.blind_index("erased-subject", subject.as_str())
}

fn check(vault: &Vault, mark: &str, at: i64) -> String {
    let digest = vault.blind_index("erasure-line", &format!("{mark} {at}"));
    hex::encode(digest.get(..CHECK_BYTES).unwrap_or_default())
}

/// The file.
#[derive(Debug)]
pub struct ErasureList {
    path: PathBuf,
    writing: Mutex<()>,
}

impl ErasureList {
    /// The list at a path, which need not be there yet.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self { path, writing: Mutex::new(()) }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn io(&self, doing: &'static str) -> impl FnOnce(io::Error) -> ListError {
        let path = self.path.clone();
        move |source| ListError::Io { doing, path, source }
    }

    /// Whether there is a file. An installation has one from its first start on, so that its absence means
    /// that it was lost.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.path.exists()
    }

    /// Reads the list; a missing file is an empty one.
    ///
    /// # Errors
    /// When the file is not a list, or cannot be read.
    pub fn read(&self, vault: &Vault) -> Result<Listed, ListError> {
        let text = match fs::metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Listed::default()),
            Err(error) => return Err(self.io("look at")(error)),
            Ok(about) if about.len() > LIST_BYTES_MAX || !about.is_file() => {
                return Err(ListError::NotAList(self.path.clone()));
            }
            Ok(_) => fs::read(&self.path).map_err(self.io("read"))?,
        };
        let text = String::from_utf8_lossy(&text);
        let mut lines = text.lines();
        match lines.next() {
            Some(FIRST_LINE) => {}
            // A crash while the file was made leaves an empty one.
            None => return Ok(Listed::default()),
            Some(_) => return Err(ListError::NotAList(self.path.clone())),
        }
        let mut found = BTreeSet::new();
        let mut damaged = 0;
        for line in lines.filter(|line| !line.is_empty()) {
            match believed(vault, line) {
                Some(one) => {
                    found.insert(one);
                }
                None => damaged += 1,
            }
        }
        Ok(Listed { erasures: found.into_iter().collect(), damaged })
    }

    /// Makes the file when it is not there, and adds the erasures that it does not hold. Durable when this
    /// returns.
    ///
    /// # Errors
    /// When it cannot be written; then no key may be destroyed.
    pub fn add(&self, vault: &Vault, more: &[Tombstone]) -> Result<u64, ListError> {
        let _one_at_a_time = self.writing.lock();
        let known: BTreeSet<[u8; 32]> = self.read(vault)?.erasures.into_iter().map(|one| one.mark).collect();
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.path)
            .map_err(self.io("open"))?;
        let before = fs::read(&self.path).map_err(self.io("read"))?;
        let mut lines = String::new();
        if before.is_empty() {
            lines.push_str(FIRST_LINE);
            lines.push('\n');
        } else if !before.ends_with(b"\n") {
            // Part of a line that a crash left: it is closed, and stays as a line that is not believed.
            lines.push('\n');
        }
        let mut added = 0;
        for one in more.iter().filter(|one| !known.contains(&one.mark)) {
            let mark = hex::encode(one.mark);
            lines.push_str(&format!("{mark} {} {}\n", one.at.0, check(vault, &mark, one.at.0)));
            added += 1;
        }
        if !lines.is_empty() {
            // One write, so that two processes that add at once do not mix their lines.
            file.write_all(lines.as_bytes()).map_err(self.io("write"))?;
            file.sync_all().map_err(self.io("sync"))?;
            if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                File::open(folder)
                    .and_then(|folder| folder.sync_all())
                    .map_err(self.io("sync the folder of"))?;
            }
        }
        Ok(added)
    }
}

fn believed(vault: &Vault, line: &str) -> Option<Tombstone> {
    let mut words = line.split(' ');
    let (mark, at, given) = (words.next()?, words.next()?, words.next()?);
    let at: i64 = at.parse().ok()?;
    if words.next().is_some() || check(vault, mark, at) != given {
        return None;
    }
    let bytes: [u8; 32] = hex::decode(mark).ok()?.try_into().ok()?;
    Some(Tombstone { mark: bytes, at: Moment(at) })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::guard::vault::tests::vault;

    fn tombstone(vault: &Vault, name: &str, at: i64) -> Tombstone {
        Tombstone { mark: mark(vault, &SubjectId::new(name)), at: Moment(at) }
    }

    #[test]
    fn what_is_added_is_read_back_once_and_names_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let list = ErasureList::at(folder.path().join("erasures"));
        let vault = vault(3);
        assert!(!list.exists());
        assert!(list.read(&vault).unwrap().erasures.is_empty());
        assert_eq!(list.add(&vault, &[]).unwrap(), 0);
        assert!(list.exists(), "the file is there from the first start on");
        let (one, two) = (tombstone(&vault, "subject-1", 5), tombstone(&vault, "subject-2", 7));
        assert_eq!(list.add(&vault, std::slice::from_ref(&one)).unwrap(), 1);
        assert_eq!(list.add(&vault, &[one.clone(), two.clone()]).unwrap(), 1);
        let mut wanted = vec![one, two];
        wanted.sort();
        let read = list.read(&vault).unwrap();
        assert_eq!((read.erasures, read.damaged), (wanted, 0));
        let text = fs::read_to_string(list.path()).unwrap();
        assert!(text.starts_with("urval-erasures/1\n") && !text.contains("subject"), "{text}");
        assert_eq!(fs::metadata(list.path()).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_torn_line_is_not_believed_and_hinders_no_later_one() {
        let folder = tempfile::tempdir().unwrap();
        let list = ErasureList::at(folder.path().join("erasures"));
        let vault = vault(3);
        let (one, two) = (tombstone(&vault, "s-1", 5), tombstone(&vault, "s-2", 7));
        list.add(&vault, std::slice::from_ref(&one)).unwrap();
        let whole = fs::read(list.path()).unwrap();
        for length in 0..whole.len() {
            fs::write(list.path(), &whole[..length]).unwrap();
            // Before the format's name is whole the file is no list, or an empty one.
            if length > 0 && length < FIRST_LINE.len() {
                assert!(matches!(list.read(&vault), Err(ListError::NotAList(_))), "{length}");
                continue;
            }
            // The line's own end may be all that is missing: then it is believed.
            assert!(list.read(&vault).unwrap().erasures.len() <= 1);
            list.add(&vault, &[one.clone(), two.clone()]).unwrap();
            assert_eq!(list.read(&vault).unwrap().erasures.len(), 2, "{length}");
        }
    }

    #[test]
    fn an_altered_or_foreign_line_is_counted_and_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let list = ErasureList::at(folder.path().join("erasures"));
        let ours = vault(3);
        list.add(&ours, &[tombstone(&ours, "s-1", 5)]).unwrap();
        let text = fs::read_to_string(list.path()).unwrap();
        let start = FIRST_LINE.len() + 1;
        let mut altered = 0;
        for at in start..text.len() - 1 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
            fs::write(list.path(), &bytes).unwrap();
            let read = list.read(&ours).unwrap();
            assert_eq!((read.erasures.len(), read.damaged), (0, 1), "byte {at}");
            altered += 1;
        }
        assert!(altered > 90);
        fs::write(list.path(), &text).unwrap();
        assert_eq!(list.read(&vault(4)).unwrap().damaged, 1, "another installation's key");
        fs::write(list.path(), "something else\n").unwrap();
        assert!(matches!(list.read(&ours), Err(ListError::NotAList(_))));
    }
}
