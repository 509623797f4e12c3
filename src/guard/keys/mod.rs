//! The keys of an installation: the root key and, sealed under it, the keys that the service itself uses.
//!
//! `DATA/keys/` (mode 0700) holds, one line each (mode 0600):
//!
//! | file | what it opens | lost, and no backup |
//! |---|---|---|
//! | `kek` | the root key, when it comes from a file ([`root::Source`]): the keys of the organisations, and the files below | all personal data is gone |
//! | `index` | blind indexes, pseudonyms, token hashes | look-ups find nobody |
//! | `log` | signs the log's checkpoints (ed25519 seed) | the log goes on under a new name |
//! | `details` | the details of log entries that concern no applicant | those details cannot be read |
//! | `keystore.sqlite` | wrapped keys (the store's own file; a schema on PostgreSQL) | all personal data is gone |
//!
//! `kek` is 64 hexadecimal digits; the others name the root that sealed them. docs/keys.md has the whole
//! inventory with the life of each key.
//!
//! A key is never made anew beside existing data: data that the old key sealed would look intact and
//! be lost. The folder is made under another name and renamed whole, so a crash leaves either no
//! `keys/` or a complete one (and perhaps a `keys.new/` with keys nothing was sealed with, which the
//! next start removes). This module never prints, logs or returns a key as text.

pub mod holders;
pub mod root;
pub mod token;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::{Zeroize, Zeroizing};

use self::root::{Root, RootId, Source, file_place};

use super::audit::note::{NoteError, Signer};
use super::vault::Vault;
use crate::clock::{Chance, NoChance};

/// The folder inside the data folder.
const FOLDER: &str = "keys";
/// Where a new set is prepared before it becomes [`FOLDER`].
const FOLDER_NEW: &str = "keys.new";
/// The service's own keys, sealed under the root.
const OWN: [&str; 3] = ["index", "log", "details"];
/// The key store's file: where it is, data is.
const STORE: &str = "keystore.sqlite";

/// 32 secret bytes, overwritten when dropped.
pub(crate) type Secret = Zeroizing<[u8; 32]>;

/// The keys of this installation.
pub struct KeyRing {
    root: Arc<Root>,
    index: Secret,
    log: Secret,
    details: Secret,
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
    #[error("`{0}` does not hold a key (one line of hexadecimal digits); restore the key backup")]
    Malformed(PathBuf),
    /// The root key that was given is not one.
    #[error("the root key given (URVAL_KEK) is not 32 bytes in hexadecimal digits or base64")]
    Given,
    /// Sealed under a root that cannot be asked.
    #[error(
        "the keys were sealed under the root key {0}, which is not the one given; give that one (after a rotation: \
         the new one)"
    )]
    OtherRoot(String),
    /// No root to rotate to.
    #[error("there is no new root key to go over to: give it as URVAL_KEK_NEXT")]
    NoNext,
    /// Sealing failed.
    #[error("a key could not be sealed under the root key")]
    Sealing,
    /// Authentication failed.
    #[error("a key cannot be opened with the root key: it was altered or moved; restore the key backup")]
    Unsealing,
    /// The holder's key of this epoch is not known here.
    #[error("the key of `{holder}`, epoch {epoch}, is not in the key store; restore the key backup")]
    NoHolderKey {
        /// Which organisation, or the programme.
        holder: String,
        /// Its epoch.
        epoch: u32,
    },
    /// The token does not do what it is asked.
    #[error("could not {doing}: {cause}; see that the token is connected and its PIN right")]
    Token {
        /// What was attempted.
        doing: &'static str,
        /// What the library said.
        cause: String,
    },
    /// No such token.
    #[error("no token is called `{0}`; connect it, or correct `token` in keys.toml")]
    NoToken(String),
    /// A token without the key.
    #[error(
        "the token holds no root key, but there is data: connect the token that the keys were sealed with"
    )]
    TokenEmpty,
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
        Self::open_with(data, Source::Folder, chance, data_exists)
    }

    /// As [`KeyRing::create_or_open`], with the root from any source.
    ///
    /// # Errors
    /// [`KeyError`]: each says what to do.
    pub fn open_with(
        data: &Path,
        source: Source,
        chance: &Chance,
        data_exists: bool,
    ) -> Result<Self, KeyError> {
        let folder = data.join(FOLDER);
        let mut names = OWN.to_vec();
        if matches!(source, Source::Folder) {
            names.insert(0, root::FILE);
        }
        let missing = missing_in(&folder, &names)?;
        if missing.len() == names.len() {
            if data_exists || folder.join(STORE).exists() {
                return Err(KeyError::Missing(folder));
            }
            let root = create(data, &folder, source, chance)?;
            // A new set too is read back: what is in memory is what the disk holds.
            return Self::open(&folder, root);
        }
        if !missing.is_empty() {
            return Err(KeyError::HalfSet { folder, missing: missing.join(", ") });
        }
        let about = fs::metadata(&folder).map_err(io_error("look at", &folder))?;
        private(&folder, about.permissions().mode(), 0o700)?;
        let root = Root::open(&folder, source, chance, false)?;
        Self::open(&folder, root)
    }

    fn open(folder: &Path, root: Root) -> Result<Self, KeyError> {
        let [index, log, details] = OWN;
        Ok(Self {
            index: open_own(folder, index, &root)?.1,
            log: open_own(folder, log, &root)?.1,
            details: open_own(folder, details, &root)?.1,
            root: Arc::new(root),
        })
    }

    /// The vault over these keys.
    #[must_use]
    pub fn vault(&self, chance: Chance) -> Vault {
        Vault::new(Arc::clone(&self.root), self.details.clone(), self.index.clone(), chance)
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

fn missing_in(folder: &Path, names: &[&'static str]) -> Result<Vec<&'static str>, KeyError> {
    let mut missing = Vec::new();
    for name in names {
        let path = folder.join(name);
        match fs::symlink_metadata(&path) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => missing.push(*name),
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

/// Reads the line of a key file. The mode is asked of the opened file, so it cannot be exchanged in between.
fn line(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let file = File::open(path).map_err(io_error("open", path))?;
    let about = file.metadata().map_err(io_error("look at", path))?;
    private(path, about.permissions().mode(), 0o600)?;
    if !about.is_file() {
        return Err(KeyError::Malformed(path.to_owned()));
    }
    let mut text = Zeroizing::new(Vec::with_capacity(256));
    file.take(256).read_to_end(&mut text).map_err(io_error("read", path))?;
    if text.last() == Some(&b'\n') {
        text.pop();
    }
    Ok(text)
}

/// Reads a root key.
fn read(path: &Path) -> Result<Secret, KeyError> {
    let mut key: Secret = Zeroizing::new([0; 32]);
    hex::decode_to_slice(&*line(path)?, key.as_mut_slice())
        .map_err(|_| KeyError::Malformed(path.to_owned()))?;
    Ok(key)
}

/// Opens one of the service's own keys, and says which root sealed it.
fn open_own(folder: &Path, name: &str, root: &Root) -> Result<(RootId, Secret), KeyError> {
    let path = folder.join(name);
    let text = line(&path)?;
    let malformed = || KeyError::Malformed(path.clone());
    let space = text.iter().position(|byte| *byte == b' ').ok_or_else(malformed)?;
    let (id, sealed) = text.split_at(space);
    let mut root_id: RootId = [0; 8];
    hex::decode_to_slice(id, &mut root_id).map_err(|_| malformed())?;
    let sealed = hex::decode(sealed.get(1..).unwrap_or_default()).map_err(|_| malformed())?;
    Ok((root_id, root.unseal(root_id, &file_place(name), &sealed)?))
}

fn put_own(folder: &Path, name: &str, key: &Secret, root: &Root, chance: &Chance) -> Result<(), KeyError> {
    let (id, sealed) = root.seal(&file_place(name), key, chance)?;
    put_line(folder, name, &Zeroizing::new(format!("{} {}", hex::encode(id), hex::encode(sealed))))
}

/// Seals the service's own keys under the root that now seals. Each file is replaced whole: a crash leaves some
/// under the old root and some under the new, and each names its own.
pub(crate) fn reseal_files(root: &Root, chance: &Chance) -> Result<(), KeyError> {
    let folder = root.folder();
    for name in OWN {
        let (id, key) = open_own(folder, name, root)?;
        if id != root.sealing_id() {
            put_own(folder, name, &key, root, chance)?;
        }
    }
    Ok(())
}

/// Writes a root key.
fn put_file(folder: &Path, name: &str, key: &Secret) -> Result<(), KeyError> {
    put_line(folder, name, &Zeroizing::new(hex::encode(key.as_slice())))
}

/// Writes a file whole or not at all: under another name first, which a crash may leave and the next write
/// replaces.
fn put_line(folder: &Path, name: &str, text: &str) -> Result<(), KeyError> {
    let path = folder.join(name);
    let new = folder.join(format!("{name}.new"));
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)
        .map_err(io_error("create", &new))?;
    file.write_all(text.as_bytes()).and_then(|()| file.write_all(b"\n")).map_err(io_error("write", &new))?;
    file.sync_all().map_err(io_error("sync", &new))?;
    fs::rename(&new, &path).map_err(io_error("put in place", &path))?;
    sync_folder(folder)
}

/// Overwrites what a file held before it lost its name. On disks that write elsewhere this is best effort.
fn overwrite(mut file: File, path: &Path) -> Result<(), KeyError> {
    let length = file.metadata().map_err(io_error("look at", path))?.len();
    let zeros = vec![b'0'; usize::try_from(length.min(4096)).unwrap_or(0)];
    file.write_all(&zeros).map_err(io_error("overwrite", path))?;
    file.sync_all().map_err(io_error("sync", path))
}

fn create(data: &Path, folder: &Path, source: Source, chance: &Chance) -> Result<Root, KeyError> {
    fs::create_dir_all(data).map_err(io_error("create", data))?;
    let new = data.join(FOLDER_NEW);
    // What a crashed start left: nothing was ever sealed with it, since it never got its name.
    match fs::remove_dir_all(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io_error("remove", &new)(error)),
        _ => {}
    }
    DirBuilder::new().mode(0o700).create(&new).map_err(io_error("create", &new))?;
    if matches!(source, Source::Folder) {
        put_file(&new, root::FILE, &fresh(chance)?)?;
    }
    let mut root = Root::open(&new, source, chance, true)?;
    for name in OWN {
        put_own(&new, name, &fresh(chance)?, &root, chance)?;
    }
    // Renaming a folder onto an absent or empty one is atomic; onto a filled one it fails.
    fs::rename(&new, folder).map_err(io_error("put in place", folder))?;
    sync_folder(data)?;
    root.moved_to(folder);
    Ok(root)
}

/// 32 secret bytes.
pub(crate) fn fresh(chance: &Chance) -> Result<Secret, NoChance> {
    let mut bytes = chance.bytes::<32>()?;
    let key = Zeroizing::new(bytes);
    bytes.zeroize();
    Ok(key)
}

fn sync_folder(path: &Path) -> Result<(), KeyError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(io_error("sync", path))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    const NAMES: [&str; 4] = ["kek", "index", "log", "details"];

    fn same(a: &KeyRing, b: &KeyRing) -> bool {
        a.root.sealing_id() == b.root.sealing_id()
            && a.index == b.index
            && a.log == b.log
            && a.details == b.details
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
            let digits = text.strip_suffix('\n').unwrap();
            assert!(digits.bytes().all(|b| b.is_ascii_hexdigit() || b == b' '), "{name}");
            // Only the root lies there as it is.
            assert_eq!(digits.len() == 64, name == "kek", "{name}");
            assert!(!text.contains(&hex::encode(first.index.as_slice())));
        }
        assert_eq!(fs::read_dir(&keys).unwrap().count(), NAMES.len());
        assert!(!data.path().join(FOLDER_NEW).exists());
        for data_exists in [false, true] {
            assert!(same(
                &first,
                &KeyRing::create_or_open(data.path(), &Chance::system(), data_exists).unwrap()
            ));
        }
        assert!(first.details != first.index && first.index != first.log);
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
        let open = || KeyRing::create_or_open(data.path(), &Chance::system(), true).unwrap_err();
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
            let error = open();
            assert!(matches!(error, KeyError::Malformed(_)), "{bad:?}");
            assert!(!error.to_string().contains(&good[..16]));
        }
        // Another root opens nothing, and says which one is wanted.
        fs::write(keys.join("kek"), "7".repeat(64)).unwrap();
        assert!(matches!(open(), KeyError::OtherRoot(_)));
        fs::write(keys.join("kek"), &good).unwrap();
        let index = fs::read_to_string(keys.join("index")).unwrap();
        for bad in [String::new(), index.replace(' ', ""), index.replacen(' ', " zz", 1)] {
            fs::write(keys.join("index"), &bad).unwrap();
            assert!(matches!(open(), KeyError::Malformed(_)), "{bad:?}");
        }
        // One key's file in another's place.
        fs::copy(keys.join("log"), keys.join("index")).unwrap();
        assert!(matches!(open(), KeyError::Unsealing));
    }

    #[test]
    fn the_root_may_be_given_and_is_then_in_no_file() {
        let data = folder();
        let root = "ab".repeat(32);
        let given = |text: &str, next: Option<&str>| Source::Given {
            current: root::GivenKey::parse(text).unwrap(),
            next: next.map(|next| root::GivenKey::parse(next).unwrap()),
        };
        let chance = Chance::system();
        let first = KeyRing::open_with(data.path(), given(&root, None), &chance, false).unwrap();
        assert!(!data.path().join("keys/kek").exists());
        // The same root in base64.
        let base64 = base64::engine::general_purpose::STANDARD.encode([0xab; 32]);
        let again = KeyRing::open_with(data.path(), given(&base64, None), &chance, true).unwrap();
        assert!(same(&first, &again));
        let other = KeyRing::open_with(data.path(), given(&"cd".repeat(32), None), &chance, true);
        assert!(matches!(other, Err(KeyError::OtherRoot(_))));
        // Forgotten: the folder's own root is looked for and is not there.
        let none = KeyRing::create_or_open(data.path(), &chance, true);
        assert!(matches!(none, Err(KeyError::HalfSet { .. })));
        for bad in ["", "ab", "zz", &"ab".repeat(33)] {
            assert!(matches!(root::GivenKey::parse(bad), Err(KeyError::Given)), "{bad}");
        }
    }

    #[test]
    fn a_root_is_replaced_step_by_step_and_every_step_can_be_the_last() {
        let chance = Chance::system();
        for stop in 0..4 {
            let data = folder();
            let first = KeyRing::create_or_open(data.path(), &chance, false).unwrap();
            let keys = data.path().join("keys");
            let old = fs::read_to_string(keys.join("kek")).unwrap();
            let mut next = None;
            if stop >= 1 {
                next = Some(first.root.next(&chance).unwrap());
                // Asked again after a crash, it is the same one.
                assert_eq!(first.root.next(&chance).ok(), next);
            }
            if stop >= 2 {
                first.root.use_for_sealing(next.unwrap()).unwrap();
                put_own(&keys, "log", &first.log, &first.root, &chance).unwrap();
            }
            if stop >= 3 {
                reseal_files(&first.root, &chance).unwrap();
            }
            let again = KeyRing::create_or_open(data.path(), &chance, true).unwrap();
            assert!(first.index == again.index && first.log == again.log && first.details == again.details);
            let next = again.root.next(&chance).unwrap();
            again.root.use_for_sealing(next).unwrap();
            reseal_files(&again.root, &chance).unwrap();
            again.root.destroy_others().unwrap();
            again.root.destroy_others().unwrap();
            let done = KeyRing::create_or_open(data.path(), &chance, true).unwrap();
            assert!(first.index == done.index && first.log == done.log && first.details == done.details);
            assert_eq!(done.root.sealing_id(), next);
            assert_ne!(fs::read_to_string(keys.join("kek")).unwrap(), old);
            assert_eq!(fs::read_dir(&keys).unwrap().count(), NAMES.len(), "nothing is left over");
            // A process that started before looks again and finds the new root.
            assert!(first.root.use_for_sealing(next).is_ok());
        }
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
