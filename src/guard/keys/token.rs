//! A root key on a PKCS#11 token: it is made there, marked as neither readable nor extractable, and never leaves.
//!
//! The token is asked at the start (to open the keys of the organisations), when a new organisation's key is
//! sealed, and at rotation. In between the service works without it.

use std::path::PathBuf;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use zeroize::Zeroizing;

use super::root::RootId;
use super::{KeyError, Secret};
use crate::clock::Chance;

const VERSION: u8 = 1;
const NONCE_BYTES: usize = 12;
const TAG_BITS: u64 = 128;

/// Which key on which token.
pub struct TokenSource {
    /// The maker's PKCS#11 library, a path.
    pub module: PathBuf,
    /// The token's label.
    pub token: String,
    /// The label of the key on it.
    pub key: String,
    /// The user's PIN.
    pub pin: Zeroizing<String>,
}

/// An open session with the token.
pub(super) struct Token {
    session: Session,
    label: Vec<u8>,
}

fn failed(doing: &'static str) -> impl FnOnce(Error) -> KeyError {
    move |error| KeyError::Token { doing, cause: error.to_string() }
}

impl Token {
    /// Loads the library, finds the token by its label and logs in.
    pub(super) fn open(source: TokenSource) -> Result<Self, KeyError> {
        let library = Pkcs11::new(&source.module).map_err(failed("load the token's library"))?;
        match library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(failed("start the token's library")(error)),
        }
        let mut found = None;
        for slot in library.get_slots_with_token().map_err(failed("list the tokens"))? {
            let about = library.get_token_info(slot).map_err(failed("look at the token"))?;
            if about.label().trim_end() == source.token {
                found = Some(slot);
            }
        }
        let slot = found.ok_or(KeyError::NoToken(source.token))?;
        let session = library.open_rw_session(slot).map_err(failed("open a session with the token"))?;
        let pin = AuthPin::from(source.pin.as_str());
        // A login holds for all sessions of a process.
        match session.login(UserType::User, Some(&pin)) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(error) => return Err(failed("log in to the token")(error)),
        }
        Ok(Self { session, label: source.key.into_bytes() })
    }

    fn template(&self) -> Vec<Attribute> {
        vec![
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            Attribute::Token(true),
            Attribute::Label(self.label.clone()),
        ]
    }

    fn keys(&self) -> Result<Vec<(RootId, ObjectHandle)>, KeyError> {
        let handles = self.session.find_objects(&self.template()).map_err(failed("find the root key"))?;
        let mut keys = Vec::new();
        for handle in handles {
            let wanted = [AttributeType::Id];
            let about =
                self.session.get_attributes(handle, &wanted).map_err(failed("look at the root key"))?;
            for attribute in about {
                if let Attribute::Id(id) = attribute
                    && let Ok(id) = RootId::try_from(id.as_slice())
                {
                    keys.push((id, handle));
                }
            }
        }
        keys.sort_by_key(|(id, _)| *id);
        Ok(keys)
    }

    /// The ids of the root keys on the token.
    pub(super) fn ids(&self) -> Result<Vec<RootId>, KeyError> {
        Ok(self.keys()?.into_iter().map(|(id, _)| id).collect())
    }

    fn key(&self, id: RootId) -> Result<ObjectHandle, KeyError> {
        let found = self.keys()?.into_iter().find(|(known, _)| *known == id);
        found.map(|(_, handle)| handle).ok_or_else(|| KeyError::OtherRoot(hex::encode(id)))
    }

    /// Makes a root key on the token.
    pub(super) fn make(&self, chance: &Chance) -> Result<RootId, KeyError> {
        let id: RootId = chance.bytes::<8>()?;
        let mut template = self.template();
        template.extend([
            Attribute::Id(id.to_vec()),
            Attribute::ValueLen(32.into()),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
        ]);
        self.session.generate_key(&Mechanism::AesKeyGen, &template).map_err(failed("make a root key"))?;
        Ok(id)
    }

    /// Seals for a place, in the same stored form as the vault: version, nonce, ciphertext with its tag.
    pub(super) fn seal(
        &self,
        id: RootId,
        place: &[u8],
        secret: &Secret,
        chance: &Chance,
    ) -> Result<Vec<u8>, KeyError> {
        let key = self.key(id)?;
        let mut nonce = chance.bytes::<NONCE_BYTES>()?;
        let mut stored = vec![VERSION];
        stored.extend_from_slice(&nonce);
        let form = GcmParams::new(&mut nonce, place, TAG_BITS.into()).map_err(failed("seal a key"))?;
        let sealed = self
            .session
            .encrypt(&Mechanism::AesGcm(form), key, secret.as_slice())
            .map_err(failed("seal a key"))?;
        stored.extend_from_slice(&sealed);
        Ok(stored)
    }

    /// Opens what [`Token::seal`] made.
    pub(super) fn unseal(
        &self,
        id: RootId,
        place: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let key = self.key(id)?;
        let (&version, rest) = sealed.split_first().ok_or(KeyError::Unsealing)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(KeyError::Unsealing)?;
        if version != VERSION {
            return Err(KeyError::Unsealing);
        }
        let mut nonce = *nonce;
        let form = GcmParams::new(&mut nonce, place, TAG_BITS.into()).map_err(failed("open a key"))?;
        let clear =
            self.session.decrypt(&Mechanism::AesGcm(form), key, text).map_err(failed("open a key"))?;
        Ok(Zeroizing::new(clear))
    }

    /// Destroys every root key under this label but one.
    pub(super) fn destroy_all_but(&self, kept: RootId) -> Result<(), KeyError> {
        for (id, handle) in self.keys()? {
            if id != kept {
                self.session.destroy_object(handle).map_err(failed("destroy the old root key"))?;
            }
        }
        Ok(())
    }
}
