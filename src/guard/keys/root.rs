//! The root key: it seals the keys of the organisations and the service's own key files, and nothing else.
//!
//! It comes from one of three places ([`Source`]). A root is known by an id of eight bytes that tells nothing
//! about it; everything sealed names the id, so that two roots can be in use while one replaces the other.
//! Which of them seals what is new is said by the key store, not here: [`Root::use_for_sealing`].

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::super::vault::{decrypt, encrypt, framed, mac};
use super::token::{Token, TokenSource};
use super::{KeyError, Secret, fresh, io_error, put_file, read, sync_folder};
use crate::clock::Chance;

/// By what a root key is known.
pub type RootId = [u8; 8];

/// The root in a key folder, and the one that is replacing it.
pub(super) const FILE: &str = "kek";
const FILE_NEXT: &str = "kek.next";

/// Where the root key comes from, as read at the door.
pub enum Source {
    /// `DATA/keys/kek`, made at the first start. Whoever has the data folder has everything.
    Folder,
    /// From whoever starts the service: an environment variable, or a file that a secret store mounts.
    Given {
        /// The root in use.
        current: GivenKey,
        /// The one that `urval keys rotate --root` is to put in its place.
        next: Option<GivenKey>,
    },
    /// An AES key on a PKCS#11 token, which never leaves it.
    Token(TokenSource),
}

/// A root key that was given. It has no text form and is overwritten on drop.
pub struct GivenKey(Secret);

impl GivenKey {
    /// Reads 32 bytes written as 64 hexadecimal digits or in base64.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let mut key: Secret = Zeroizing::new([0; 32]);
        if hex::decode_to_slice(text, key.as_mut_slice()).is_ok() {
            return Ok(Self(key));
        }
        let bytes = Zeroizing::new(STANDARD.decode(text).map_err(|_| KeyError::Given)?);
        if bytes.len() != key.len() {
            return Err(KeyError::Given);
        }
        key.copy_from_slice(&bytes);
        Ok(Self(key))
    }
}

/// A root whose bytes this process holds.
struct InMemory {
    id: RootId,
    sealing: Secret,
}

impl InMemory {
    fn new(key: &Secret) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = *mac(key, "urval/kek-id/1", &[]);
        // The root itself enters no cipher, so that no other use of it can be turned against this one.
        Self { id: [a, b, c, d, e, f, g, h], sealing: mac(key, "urval/root/1", &[]) }
    }
}

enum How {
    Folder,
    Given,
    Token(Box<Mutex<Token>>),
}

/// The root keys that can be asked now: one, or two while one replaces the other.
pub struct Root {
    how: How,
    folder: PathBuf,
    known: RwLock<Vec<InMemory>>,
    sealing: RwLock<RootId>,
}

impl std::fmt::Debug for Root {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Root(redacted)")
    }
}

impl Root {
    /// Opens the root. `new` says that there are neither keys nor data: only then is one made.
    pub(super) fn open(folder: &Path, source: Source, chance: &Chance, new: bool) -> Result<Self, KeyError> {
        let mut known = Vec::new();
        let (how, sealing) = match source {
            Source::Folder => {
                known = in_folder(folder)?;
                let first = known.first().ok_or_else(|| KeyError::Missing(folder.to_owned()))?.id;
                (How::Folder, first)
            }
            Source::Given { current, next } => {
                known.push(InMemory::new(&current.0));
                known.extend(next.map(|next| InMemory::new(&next.0)));
                let first = known.first().ok_or(KeyError::Given)?.id;
                (How::Given, first)
            }
            Source::Token(token) => {
                let token = Token::open(token)?;
                let mut ids = token.ids()?;
                if ids.is_empty() && new {
                    ids.push(token.make(chance)?);
                }
                let first = *ids.first().ok_or(KeyError::TokenEmpty)?;
                (How::Token(Box::new(Mutex::new(token))), first)
            }
        };
        Ok(Self { how, folder: folder.to_owned(), known: RwLock::new(known), sealing: RwLock::new(sealing) })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder got its name.
    pub(super) fn moved_to(&mut self, folder: &Path) {
        folder.clone_into(&mut self.folder);
    }

    /// A root in memory only, for tests of what lies above it.
    #[cfg(test)]
    pub(crate) fn for_tests(seed: u8) -> Self {
        let one = InMemory::new(&Zeroizing::new([seed; 32]));
        Self {
            how: How::Given,
            folder: PathBuf::new(),
            sealing: RwLock::new(one.id),
            known: RwLock::new(vec![one]),
        }
    }

    /// `file`, `given` or `token`.
    #[must_use]
    pub fn source(&self) -> &'static str {
        match self.how {
            How::Folder => "file",
            How::Given => "given",
            How::Token(_) => "token",
        }
    }

    /// The id of the root that seals what is new.
    #[must_use]
    pub fn sealing_id(&self) -> RootId {
        *self.sealing.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the root with this id seal what is new: the key store says which.
    ///
    /// # Errors
    /// [`KeyError::OtherRoot`] when it is none of those that can be asked.
    pub fn use_for_sealing(&self, id: RootId) -> Result<(), KeyError> {
        if !self.knows(id)? {
            return Err(KeyError::OtherRoot(hex::encode(id)));
        }
        *self.sealing.write().unwrap_or_else(PoisonError::into_inner) = id;
        Ok(())
    }

    /// Seals 32 secret bytes for a place. Returns the id of the root that did.
    ///
    /// # Errors
    /// When the token does not answer, or there is no randomness.
    pub(crate) fn seal(
        &self,
        place: &[u8],
        secret: &Secret,
        chance: &Chance,
    ) -> Result<(RootId, Vec<u8>), KeyError> {
        let id = self.sealing_id();
        if let How::Token(token) = &self.how {
            let token = token.lock().unwrap_or_else(PoisonError::into_inner);
            return Ok((id, token.seal(id, place, secret, chance)?));
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let root = known.iter().find(|root| root.id == id);
        let root = root.ok_or_else(|| KeyError::OtherRoot(hex::encode(id)))?;
        let sealed =
            encrypt(chance, &root.sealing, place, secret.as_slice()).map_err(|_| KeyError::Sealing)?;
        Ok((id, sealed))
    }

    /// Opens what a root sealed.
    ///
    /// # Errors
    /// When that root is not known, the token does not answer, or the bytes were altered or moved.
    pub(crate) fn unseal(&self, id: RootId, place: &[u8], sealed: &[u8]) -> Result<Secret, KeyError> {
        if !self.knows(id)? {
            return Err(KeyError::OtherRoot(hex::encode(id)));
        }
        let clear = if let How::Token(token) = &self.how {
            token.lock().unwrap_or_else(PoisonError::into_inner).unseal(id, place, sealed)?
        } else {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            let root = known.iter().find(|root| root.id == id);
            let root = root.ok_or_else(|| KeyError::OtherRoot(hex::encode(id)))?;
            decrypt(&root.sealing, place, sealed).ok_or(KeyError::Unsealing)?
        };
        let mut secret: Secret = Zeroizing::new([0; 32]);
        if clear.len() != secret.len() {
            return Err(KeyError::Unsealing);
        }
        secret.copy_from_slice(&clear);
        Ok(secret)
    }

    /// Whether a root can be asked. Another process may have replaced the files meanwhile: they are read again
    /// before the answer is no.
    fn knows(&self, id: RootId) -> Result<bool, KeyError> {
        if let How::Token(token) = &self.how {
            return Ok(token.lock().unwrap_or_else(PoisonError::into_inner).ids()?.contains(&id));
        }
        let has = |known: &[InMemory]| known.iter().any(|root| root.id == id);
        if has(&self.known.read().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(true);
        }
        if !matches!(self.how, How::Folder) {
            return Ok(false);
        }
        let fresh = in_folder(&self.folder)?;
        let found = has(&fresh);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for root in fresh {
            if !known.iter().any(|old| old.id == root.id) {
                known.push(root);
            }
        }
        Ok(found)
    }

    /// The root that is to replace the present one: made, or found from a run that was cut off.
    ///
    /// # Errors
    /// When none was given, or it cannot be made.
    pub(crate) fn next(&self, chance: &Chance) -> Result<RootId, KeyError> {
        let present = self.sealing_id();
        match &self.how {
            How::Folder => {
                let path = self.folder.join(FILE_NEXT);
                // A next one that was made and not yet told to the key store has sealed nothing: it serves.
                if !path.exists() {
                    put_file(&self.folder, FILE_NEXT, &fresh(chance)?)?;
                }
                let id = InMemory::new(&read(&path)?).id;
                self.knows(id)?;
                Ok(id)
            }
            How::Given => {
                let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
                known.iter().map(|root| root.id).find(|id| *id != present).ok_or(KeyError::NoNext)
            }
            How::Token(token) => {
                let token = token.lock().unwrap_or_else(PoisonError::into_inner);
                match token.ids()?.into_iter().find(|id| *id != present) {
                    Some(id) => Ok(id),
                    None => token.make(chance),
                }
            }
        }
    }

    /// Destroys every root but the one that seals: nothing that it sealed is left. A root that was given is its
    /// giver's to destroy.
    ///
    /// # Errors
    /// When the file cannot be replaced, or the token refuses.
    pub(crate) fn destroy_others(&self) -> Result<(), KeyError> {
        let present = self.sealing_id();
        match &self.how {
            How::Folder => {
                let next = self.folder.join(FILE_NEXT);
                if !next.exists() || InMemory::new(&read(&next)?).id != present {
                    return Ok(());
                }
                let place = self.folder.join(FILE);
                // Held open, so that what it held can be overwritten after it lost its name.
                let old =
                    fs::OpenOptions::new().write(true).open(&place).map_err(io_error("open", &place))?;
                fs::rename(&next, &place).map_err(io_error("put in place", &place))?;
                sync_folder(&self.folder)?;
                super::overwrite(old, &place)?;
            }
            How::Given => {}
            How::Token(token) => {
                token.lock().unwrap_or_else(PoisonError::into_inner).destroy_all_but(present)?;
            }
        }
        self.known.write().unwrap_or_else(PoisonError::into_inner).retain(|root| root.id == present);
        Ok(())
    }
}

fn in_folder(folder: &Path) -> Result<Vec<InMemory>, KeyError> {
    let mut known = vec![InMemory::new(&read(&folder.join(FILE))?)];
    let next = folder.join(FILE_NEXT);
    if next.exists() {
        known.push(InMemory::new(&read(&next)?));
    }
    Ok(known)
}

/// Where a key of the service's own lies: a name in the key folder.
pub(super) fn file_place(name: &str) -> Vec<u8> {
    framed("urval/key-file/1", &[name.as_bytes()])
}
