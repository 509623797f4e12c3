//! The three keys of an installation, as files that only the service's own account can read.
//!
//! `DATA/keys/` (mode 0700) holds, one line of 64 hexadecimal digits each (mode 0600):
//!
//! | file | what it opens | lost, and no backup |
//! |---|---|---|
//! | `kek` | every person's data keys (key-encryption key) | all personal data is gone |
//! | `index` | blind indexes, pseudonyms, token hashes | look-ups find nobody |
//! | `log` | signs the log's checkpoints (ed25519 seed) | the log goes on under a new name |
//!
//! A key is never made anew beside existing data: data that the old key sealed would look intact and
//! be lost. The folder is made under another name and renamed whole, so a crash leaves either no
//! `keys/` or a complete one (and perhaps a `keys.new/` with keys nothing was sealed with, which the
//! next start removes). This module never prints, logs or returns a key as text.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use zeroize::{Zeroize, Zeroizing};

use super::audit::note::{NoteError, Signer};
use super::vault::Vault;
use crate::clock::{Chance, NoChance};

/// The folder inside the data folder.
const FOLDER: &str = "keys";
/// Where a new set is prepared before it becomes [`FOLDER`].
const FOLDER_NEW: &str = "keys.new";
const NAMES: [&str; 3] = ["kek", "index", "log"];

/// 32 secret bytes, overwritten when dropped.
pub(crate) type Secret = Zeroizing<[u8; 32]>;

/// The keys of this installation.
pub struct KeyRing {
    kek: Secret,
    index: Secret,
    log: Secret,
}

/// Why the keys could not be had. Holds file names, never key material.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Data without keys.
    #[error(
        "there is data but no keys in `{0}`: restore the key backup; new keys could not open what is stored"
    )]
    Missing(PathBuf),
    /// Some of the key files are there, others are not.
    #[error("the keys in `{folder}` are not complete, missing: {missing}; restore the key backup")]
    HalfSet {
        /// The key folder.
        folder: PathBuf,
        /// The names of the absent files.
        missing: String,
    },
    /// A key file or the key folder is open to other accounts.
    #[error(
        "`{path}` can be read by other accounts (mode {mode:o}): run `chmod {wanted:o} {path}`",
        path = .path.display()
    )]
    Exposed {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// What they must be.
        wanted: u32,
    },
    /// A key file does not hold a key.
    #[error("`{0}` does not hold a key (one line of 64 hexadecimal digits); restore the key backup")]
    Malformed(PathBuf),
    /// Two files hold the same key, so a file was copied over another.
    #[error("`{0}` and `{1}` in the key folder hold the same key; restore the key backup")]
    Same(&'static str, &'static str),
    /// The file system refused.
    #[error("could not {doing} `{path}`: {source}", path = .path.display())]
    Io {
        /// What was attempted.
        doing: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// No randomness to make a key from.
    #[error(transparent)]
    Chance(#[from] NoChance),
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    let path = path.to_owned();
    move |source| KeyError::Io { doing, path, source }
}

impl KeyRing {
    /// Opens `data/keys/`, or makes it when there is none and no data either.
    ///
    /// `data_exists` says whether anything sealed with earlier keys may exist (a database file, a
    /// configured database server with tables): then keys are only opened, never made.
    ///
    /// # Errors
    /// [`KeyError`]: each says what to do.
    pub fn create_or_open(data: &Path, chance: &Chance, data_exists: bool) -> Result<Self, KeyError> {
        let folder = data.join(FOLDER);
        let missing = missing_in(&folder)?;
        if missing.len() == NAMES.len() {
            if data_exists {
                return Err(KeyError::Missing(folder));
            }
            create(data, &folder, chance)?;
        } else if !missing.is_empty() {
            return Err(KeyError::HalfSet { folder, missing: missing.join(", ") });
        }
        // A new set too is read back: what is in memory is what the disk holds, also when two starts
        // raced and the other one's folder won.
        Self::open(&folder)
    }

    fn open(folder: &Path) -> Result<Self, KeyError> {
        let about = fs::metadata(folder).map_err(io_error("look at", folder))?;
        private(folder, about.permissions().mode(), 0o700)?;
        let [kek, index, log] = NAMES;
        let ring = Self {
            kek: read(&folder.join(kek))?,
            index: read(&folder.join(index))?,
            log: read(&folder.join(log))?,
        };
        for (one, other, same) in [
            (kek, index, ring.kek == ring.index),
            (kek, log, ring.kek == ring.log),
            (index, log, ring.index == ring.log),
        ] {
            if same {
                return Err(KeyError::Same(one, other));
            }
        }
        Ok(ring)
    }

    /// The vault over these keys.
    #[must_use]
    pub fn vault(&self, chance: Chance) -> Vault {
        Vault::new(&self.kek, self.index.clone(), chance)
    }

    /// The signer of the log's checkpoints, under the log's name (its origin, such as
    /// `urval.example/log`).
    ///
    /// # Errors
    /// When the name is not one a signed note can carry.
    pub fn log_signer(&self, origin: &str) -> Result<Signer, NoteError> {
        Signer::new(origin, &self.log)
    }
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyRing(redacted)")
    }
}

fn missing_in(folder: &Path) -> Result<Vec<&'static str>, KeyError> {
    let mut missing = Vec::new();
    for name in NAMES {
        let path = folder.join(name);
        match fs::symlink_metadata(&path) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => missing.push(name),
            Err(error) => return Err(io_error("look at", &path)(error)),
        }
    }
    Ok(missing)
}

fn private(path: &Path, mode: u32, wanted: u32) -> Result<(), KeyError> {
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(KeyError::Exposed { path: path.to_owned(), mode: mode & 0o7777, wanted })
    }
}

/// Reads one key. The mode is asked of the opened file, so it cannot be exchanged in between.
fn read(path: &Path) -> Result<Secret, KeyError> {
    let file = File::open(path).map_err(io_error("open", path))?;
    let about = file.metadata().map_err(io_error("look at", path))?;
    private(path, about.permissions().mode(), 0o600)?;
    let malformed = || KeyError::Malformed(path.to_owned());
    if !about.is_file() {
        return Err(malformed());
    }
    let mut text = Zeroizing::new(Vec::with_capacity(128));
    file.take(128).read_to_end(&mut text).map_err(io_error("read", path))?;
    let digits = text.strip_suffix(b"\n").unwrap_or(&text);
    let mut key: Secret = Zeroizing::new([0; 32]);
    hex::decode_to_slice(digits, key.as_mut_slice()).map_err(|_| malformed())?;
    Ok(key)
}

fn create(data: &Path, folder: &Path, chance: &Chance) -> Result<(), KeyError> {
    fs::create_dir_all(data).map_err(io_error("create", data))?;
    let new = data.join(FOLDER_NEW);
    // What a crashed start left: nothing was ever sealed with it, since it never got its name.
    match fs::remove_dir_all(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io_error("remove", &new)(error)),
        _ => {}
    }
    DirBuilder::new().mode(0o700).create(&new).map_err(io_error("create", &new))?;
    for name in NAMES {
        let path = new.join(name);
        let mut bytes = Zeroizing::new(chance.bytes::<32>()?);
        let mut line = Zeroizing::new(hex::encode(bytes.as_slice()));
        line.push('\n');
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(io_error("create", &path))?;
        file.write_all(line.as_bytes()).map_err(io_error("write", &path))?;
        file.sync_all().map_err(io_error("sync", &path))?;
        bytes.zeroize();
    }
    sync_folder(&new)?;
    // Renaming a folder onto an absent or empty one is atomic; onto a filled one it fails.
    fs::rename(&new, folder).map_err(io_error("put in place", folder))?;
    sync_folder(data)
}

fn sync_folder(path: &Path) -> Result<(), KeyError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(io_error("sync", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    fn same(a: &KeyRing, b: &KeyRing) -> bool {
        a.kek == b.kek && a.index == b.index && a.log == b.log
    }

    #[test]
    fn keys_are_made_once_private_and_opened_again() {
        let data = folder();
        let first = KeyRing::create_or_open(data.path(), &Chance::system(), false).unwrap();
        let keys = data.path().join("keys");
        assert_eq!(mode(&keys), 0o700);
        for name in NAMES {
            let path = keys.join(name);
            assert_eq!(mode(&path), 0o600);
            let text = fs::read_to_string(&path).unwrap();
            assert_eq!(text.len(), 65);
            assert!(text.ends_with('\n') && text[..64].bytes().all(|b| b.is_ascii_hexdigit()));
        }
        assert!(!data.path().join(FOLDER_NEW).exists());
        for data_exists in [false, true] {
            assert!(same(
                &first,
                &KeyRing::create_or_open(data.path(), &Chance::system(), data_exists).unwrap()
            ));
        }
        assert!(first.kek != first.index && first.index != first.log);
        assert_eq!(format!("{first:?}"), "KeyRing(redacted)");
    }

    #[test]
    fn keys_are_never_made_beside_existing_data() {
        let data = folder();
        let error = KeyRing::create_or_open(data.path(), &Chance::system(), true).unwrap_err();
        assert!(matches!(error, KeyError::Missing(_)));
        assert!(error.to_string().contains("restore the key backup"));
        assert!(!data.path().join("keys").exists());
    }

    #[test]
    fn a_half_set_is_refused_and_left_as_it_is() {
        for gone in NAMES {
            for data_exists in [false, true] {
                let data = folder();
                KeyRing::create_or_open(data.path(), &Chance::system(), false).unwrap();
                fs::remove_file(data.path().join("keys").join(gone)).unwrap();
                let error = KeyRing::create_or_open(data.path(), &Chance::system(), data_exists).unwrap_err();
                assert!(matches!(&error, KeyError::HalfSet { missing, .. } if missing == gone));
                assert!(error.to_string().contains("restore the key backup"));
                assert!(!data.path().join("keys").join(gone).exists());
            }
        }
    }

    #[test]
    fn a_key_open_to_others_is_refused_with_the_command_that_mends_it() {
        for (bits, refused) in [(0o640, true), (0o604, true), (0o620, true), (0o601, true), (0o400, false)] {
            for name in NAMES {
                let data = folder();
                KeyRing::create_or_open(data.path(), &Chance::system(), false).unwrap();
                let path = data.path().join("keys").join(name);
                fs::set_permissions(&path, fs::Permissions::from_mode(bits)).unwrap();
                let result = KeyRing::create_or_open(data.path(), &Chance::system(), true);
                assert_eq!(result.is_err(), refused, "{bits:o}");
                if let Err(error) = result {
                    assert!(error.to_string().contains(&format!("chmod 600 {}", path.display())), "{error}");
                }
            }
        }
        let data = folder();
        KeyRing::create_or_open(data.path(), &Chance::system(), false).unwrap();
        let keys = data.path().join("keys");
        fs::set_permissions(&keys, fs::Permissions::from_mode(0o755)).unwrap();
        let error = KeyRing::create_or_open(data.path(), &Chance::system(), true).unwrap_err();
        assert!(error.to_string().contains(&format!("chmod 700 {}", keys.display())));
    }

    #[test]
    fn a_damaged_or_copied_key_file_is_refused_without_showing_it() {
        let data = folder();
        KeyRing::create_or_open(data.path(), &Chance::system(), false).unwrap();
        let keys = data.path().join("keys");
        let good = fs::read_to_string(keys.join("kek")).unwrap();
        for bad in [
            "",
            "\n",
            "abc\n",
            &good[..63],
            &format!("{good}00"),
            &good.replace('\n', "\n\n"),
            &"g".repeat(64),
        ] {
            fs::write(keys.join("kek"), bad).unwrap();
            let error = KeyRing::create_or_open(data.path(), &Chance::system(), true).unwrap_err();
            assert!(matches!(error, KeyError::Malformed(_)), "{bad:?}");
            assert!(!error.to_string().contains(&good[..16]));
        }
        fs::copy(keys.join("index"), keys.join("kek")).unwrap();
        let error = KeyRing::create_or_open(data.path(), &Chance::system(), true).unwrap_err();
        assert!(matches!(error, KeyError::Same("kek", "index")));
    }

    #[test]
    fn a_start_that_crashed_half_way_does_not_hinder_the_next() {
        let data = folder();
        fs::create_dir(data.path().join(FOLDER_NEW)).unwrap();
        fs::write(data.path().join(FOLDER_NEW).join("kek"), "half").unwrap();
        fs::create_dir(data.path().join("keys")).unwrap();
        KeyRing::create_or_open(data.path(), &Chance::system(), false).unwrap();
        assert!(!data.path().join(FOLDER_NEW).exists());
    }
}
