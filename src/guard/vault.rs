//! Where personal text is sealed and opened, and where stable labels are made from it.
//!
//! Each person has keys of their own ([`KeyKind`]), stored only wrapped. Destroying a wrapped key
//! makes every copy of what it sealed unreadable, backups included (crypto-erasure; the deletion
//! that Art. 17 of the GDPR asks for). What is sealed is bound to its place, so that moving a value
//! to another row, field or organisation is found, not shown.
//!
//! This module never stores anything, never puts clear text into an error or `Debug`, and hands out
//! clear text only inside this crate. AES-256-GCM with random 96-bit nonces: safe for 2³² texts a
//! key, and a key seals one person's texts or one log's payloads.

use std::sync::Arc;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::{Zeroize, Zeroizing};

use super::keys::holders::{HolderKey, Holders};
use super::keys::root::Root;
use super::keys::{KeyError, Secret, fresh};
use super::pii::{Category, Pii};
use crate::clock::{Chance, NoChance};
use crate::subject::id::SubjectId;

/// The version byte that opens every stored form.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
/// Version, nonce and authentication tag: the shortest stored form, of an empty text.
const OVERHEAD_BYTES: usize = 1 + NONCE_BYTES + TAG_BYTES;
/// Digits and letters that are not taken for each other when read aloud (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters after the `K-` of a pseudonym, five bits each.
const PSEUDONYM_LETTERS: u32 = 6;

/// What one of a person's keys is for. Separate keys, so that identity can be destroyed while the
/// assessment must be kept, and the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyKind {
    /// Name and contact details.
    Identity,
    /// What the applicant wrote and what was written about it.
    Content,
    /// Links this person's entries in the log and seals their details.
    Tag,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [KeyKind; 3] = [Self::Identity, Self::Content, Self::Tag];

    /// The name in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Content => "content",
            Self::Tag => "tag",
        }
    }

    /// Reads the stored name.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// Why something could not be sealed or opened. Holds ids and lengths, never content.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// No randomness for a key or nonce.
    #[error(transparent)]
    Chance(#[from] NoChance),
    /// The stored bytes are not of a form that this version writes.
    #[error("a stored {what} of {bytes} bytes is not in a known form; restore it from a backup")]
    Malformed {
        /// `data key` or `sealed text`.
        what: &'static str,
        /// Its length.
        bytes: usize,
    },
    /// Authentication failed.
    #[error(
        "the {what} at `{place}` cannot be opened: it was altered, moved from another place, or sealed with \
         another key"
    )]
    Unreadable {
        /// `data key` or `sealed text`.
        what: &'static str,
        /// Ids only: `tenant/record/field`, or `subject/kind`.
        place: String,
    },
    /// Opened, but not text.
    #[error("the sealed text at `{0}` opened, but is not UTF-8 text")]
    NotText(String),
    /// The key of an organisation, or the root above it.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// Longer than AES-GCM seals in one piece.
    #[error("a text of {0} bytes is too long to be sealed in one piece")]
    TooLong(usize),
}

/// A key that opens one kind of one person's data. It has no text form and is overwritten on drop.
pub struct DataKey(Secret);

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(redacted)")
    }
}

macro_rules! stored_forms {
    ($($(#[$doc:meta])* $name:ident = $what:literal),*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(Vec<u8>);

        impl $name {
            /// Takes the stored bytes back.
            ///
            /// # Errors
            /// When the version is unknown or the length impossible.
            pub fn from_stored(bytes: Vec<u8>) -> Result<Self, VaultError> {
                if bytes.len() < OVERHEAD_BYTES || bytes.first() != Some(&VERSION) {
                    return Err(VaultError::Malformed { what: $what, bytes: bytes.len() });
                }
                Ok(Self(bytes))
            }

            /// The bytes to store: version byte, nonce, ciphertext with its tag.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }

            /// The bytes to store.
            #[must_use]
            pub fn into_bytes(self) -> Vec<u8> {
                self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({} bytes)"), self.0.len())
            }
        }
    )*};
}

stored_forms! {
    /// A sealed text as it is stored.
    Sealed = "sealed text"
}

/// The version byte of a [`WrappedKey`], which begins with whose key opens it.
const WRAPPED_VERSION: u8 = 2;

/// A [`DataKey`] as it is stored: sealed with the key of one holder (an organisation, or the programme), for one
/// subject and kind. It says itself for whom: version byte, length of the holder's id, the id, epoch (32 bits,
/// big-endian), then version, nonce and ciphertext. All of it is authenticated.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey {
    bytes: Vec<u8>,
    holder: String,
    epoch: u32,
}

impl WrappedKey {
    /// Takes the stored bytes back.
    ///
    /// # Errors
    /// When the version is unknown or the length impossible.
    pub fn from_stored(bytes: Vec<u8>) -> Result<Self, VaultError> {
        let parsed = wrapped_parts(&bytes).map(|(holder, epoch, _)| (holder.to_owned(), epoch));
        match parsed {
            Some((holder, epoch)) => Ok(Self { bytes, holder, epoch }),
            None => Err(VaultError::Malformed { what: "data key", bytes: bytes.len() }),
        }
    }

    /// Who holds the key that opens it.
    #[must_use]
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// Which of the holder's keys.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes to store.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl std::fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WrappedKey({}/{}, {} bytes)", self.holder, self.epoch, self.bytes.len())
    }
}

/// Holder, epoch and the sealed rest of a stored key.
fn wrapped_parts(bytes: &[u8]) -> Option<(&str, u32, &[u8])> {
    let (&version, rest) = bytes.split_first()?;
    let (&length, rest) = rest.split_first()?;
    let (holder, rest) = rest.split_at_checked(length.into())?;
    let (epoch, sealed) = rest.split_first_chunk::<4>()?;
    if version != WRAPPED_VERSION || sealed.len() < OVERHEAD_BYTES {
        return None;
    }
    Some((std::str::from_utf8(holder).ok()?, u32::from_be_bytes(*epoch), sealed))
}

/// Where a sealed text belongs. All parts are ids or names of columns, never personal text: they are
/// authenticated, not hidden, and appear in errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The organisation or recruitment the row belongs to.
    pub tenant: &'a str,
    /// The row's id.
    pub record: &'a str,
    /// Table and column.
    pub field: &'a str,
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.tenant, self.record, self.field)
    }
}

/// Clear bytes from a sealed text, overwritten on drop.
pub struct Opened(Zeroizing<Vec<u8>>);

impl Opened {
    /// The clear bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The clear bytes, still overwritten on drop.
    pub(crate) fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        self.0
    }
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opened(redacted)")
    }
}

/// Seals, opens and labels. Holds keys derived from the installation's keys.
pub struct Vault {
    holders: Holders,
    payloads: Secret,
    index: Secret,
    chance: Chance,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(redacted)")
    }
}

impl Vault {
    /// A vault over a root, the key of the log's details and an index key.
    #[must_use]
    pub(crate) fn new(root: Arc<Root>, payloads: Secret, index: Secret, chance: Chance) -> Self {
        Self { holders: Holders::new(root), payloads, index, chance }
    }

    /// The root above the keys of the organisations.
    pub(crate) fn root(&self) -> &Root {
        self.holders.root()
    }

    /// Where nonces and keys come from.
    pub(crate) fn chance(&self) -> &Chance {
        &self.chance
    }

    /// Whether the holder's key of an epoch is open.
    #[must_use]
    pub fn knows(&self, holder: &str, epoch: u32) -> bool {
        self.holders.knows(holder, epoch)
    }

    /// Opens keys of organisations as they were stored.
    ///
    /// # Errors
    /// When the root is another one or does not answer.
    pub fn learn(&self, stored: &[HolderKey]) -> Result<(), VaultError> {
        Ok(self.holders.learn(stored)?)
    }

    /// Makes a key for an organisation's epoch, to be stored and then learned.
    ///
    /// # Errors
    /// When there is no randomness, or the root does not answer.
    pub fn new_holder_key(&self, holder: &str, epoch: u32) -> Result<HolderKey, VaultError> {
        Ok(self.holders.make(holder, epoch, &self.chance)?)
    }

    /// Seals an organisation's stored key under the root that now seals.
    ///
    /// # Errors
    /// When a root does not answer or the key was altered.
    pub fn reseal(&self, stored: &HolderKey) -> Result<HolderKey, VaultError> {
        Ok(self.holders.reseal(stored, &self.chance)?)
    }

    /// Checks that a root opens what is stored under its id.
    ///
    /// # Errors
    /// When it does not.
    pub fn check(&self, stored: &HolderKey) -> Result<(), VaultError> {
        Ok(self.holders.check(stored)?)
    }

    /// A fresh key. It is of use only once it is wrapped and stored.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn fresh_key(&self) -> Result<DataKey, VaultError> {
        Ok(DataKey(fresh(&self.chance)?))
    }

    /// The form of a key to store for one holder.
    ///
    /// # Errors
    /// When the holder's key of this epoch is not open, or there is no randomness.
    pub fn wrap_key(
        &self,
        key: &DataKey,
        subject: &SubjectId,
        kind: KeyKind,
        holder: &str,
        epoch: u32,
    ) -> Result<WrappedKey, VaultError> {
        let wrapping = self.holders.get(holder, epoch)?;
        let place = key_place(subject, kind, holder, epoch);
        let length = u8::try_from(holder.len()).map_err(|_| VaultError::TooLong(holder.len()))?;
        let mut bytes = vec![WRAPPED_VERSION, length];
        bytes.extend_from_slice(holder.as_bytes());
        bytes.extend_from_slice(&epoch.to_be_bytes());
        bytes.extend_from_slice(&encrypt(&self.chance, &wrapping, &place, key.0.as_slice())?);
        Ok(WrappedKey { bytes, holder: holder.to_owned(), epoch })
    }

    /// Opens a stored key.
    ///
    /// # Errors
    /// [`VaultError::Unreadable`] when it was altered, belongs to another subject or kind, or was
    /// wrapped for another holder; [`VaultError::Keys`] when the holder's key is not open.
    pub fn unwrap_key(
        &self,
        subject: &SubjectId,
        kind: KeyKind,
        wrapped: &WrappedKey,
    ) -> Result<DataKey, VaultError> {
        let unreadable =
            || VaultError::Unreadable { what: "data key", place: format!("{subject}/{}", kind.code()) };
        let wrapping = self.holders.get(&wrapped.holder, wrapped.epoch)?;
        let place = key_place(subject, kind, &wrapped.holder, wrapped.epoch);
        let (_, _, sealed) = wrapped_parts(&wrapped.bytes).ok_or_else(unreadable)?;
        let clear = decrypt(&wrapping, &place, sealed).ok_or_else(unreadable)?;
        let mut key: Secret = Zeroizing::new([0; 32]);
        if clear.len() != key.len() {
            return Err(unreadable());
        }
        key.copy_from_slice(&clear);
        Ok(DataKey(key))
    }

    /// Wraps a stored key for another holder or epoch.
    ///
    /// # Errors
    /// As [`Vault::unwrap_key`] and [`Vault::wrap_key`].
    pub fn rewrap(
        &self,
        subject: &SubjectId,
        kind: KeyKind,
        wrapped: &WrappedKey,
        holder: &str,
        epoch: u32,
    ) -> Result<WrappedKey, VaultError> {
        self.wrap_key(&self.unwrap_key(subject, kind, wrapped)?, subject, kind, holder, epoch)
    }

    /// Seals a text for one place.
    ///
    /// # Errors
    /// When there is no randomness, or the text is longer than 64 GiB.
    pub fn seal(&self, key: &DataKey, place: &Place<'_>, clear: &[u8]) -> Result<Sealed, VaultError> {
        let sealing = mac(&key.0, "urval/seal-key/1", &[]);
        Ok(Sealed(encrypt(&self.chance, &sealing, &seal_place(place), clear)?))
    }

    /// Opens a sealed text at its place.
    ///
    /// # Errors
    /// [`VaultError::Unreadable`] when it was altered or moved, or the key is another one.
    pub fn open(&self, key: &DataKey, place: &Place<'_>, sealed: &Sealed) -> Result<Opened, VaultError> {
        let sealing = mac(&key.0, "urval/seal-key/1", &[]);
        decrypt(&sealing, &seal_place(place), &sealed.0)
            .map(Opened)
            .ok_or_else(|| VaultError::Unreadable { what: "sealed text", place: place.to_string() })
    }

    /// Seals personal text.
    ///
    /// # Errors
    /// As [`Vault::seal`].
    pub fn seal_pii<C: Category>(
        &self,
        key: &DataKey,
        place: &Place<'_>,
        text: &Pii<C>,
    ) -> Result<Sealed, VaultError> {
        self.seal(key, place, text.clear_text().as_bytes())
    }

    /// Opens personal text of the category that its column holds.
    ///
    /// # Errors
    /// As [`Vault::open`]; also when it is not UTF-8.
    pub(crate) fn open_pii<C: Category>(
        &self,
        key: &DataKey,
        place: &Place<'_>,
        sealed: &Sealed,
    ) -> Result<Pii<C>, VaultError> {
        let mut opened = self.open(key, place, sealed)?;
        match String::from_utf8(std::mem::take(&mut *opened.0)) {
            Ok(text) => Ok(Pii::new(text)),
            Err(error) => {
                error.into_bytes().zeroize();
                Err(VaultError::NotText(place.to_string()))
            }
        }
    }

    /// A keyed digest by which a value can be looked up without being stored: trimmed, composed
    /// (NFC) and in lower case first, so that spellings of one e-mail address meet. Different
    /// purposes give unrelated digests.
    #[must_use]
    pub fn blind_index(&self, purpose: &str, value: &str) -> [u8; 32] {
        let composed: Zeroizing<String> = Zeroizing::new(value.trim().nfc().collect());
        let lower = Zeroizing::new(composed.to_lowercase());
        let normal: Zeroizing<String> = Zeroizing::new(lower.nfc().collect());
        *mac(&self.index, "urval/blind-index/1", &[purpose.as_bytes(), normal.as_bytes()])
    }

    /// A short stable label for a value within a scope, such as `K-7QF3M2`.
    ///
    /// It has 30 bits: two of 1,000 values in one scope share a label once in 2,000 scopes. A label
    /// is therefore checked for uniqueness where it is stored, with [`Vault::pseudonym_next`] for
    /// the value that comes second.
    #[must_use]
    pub fn pseudonym(&self, scope: &str, value: &str) -> String {
        self.pseudonym_next(scope, value, 0)
    }

    /// The label to try after `taken` others of this value were found in use.
    #[must_use]
    pub fn pseudonym_next(&self, scope: &str, value: &str, taken: u32) -> String {
        let digest = mac(
            &self.index,
            "urval/pseudonym/1",
            &[scope.as_bytes(), value.as_bytes(), &taken.to_be_bytes()],
        );
        let [a, b, c, d, ..] = *digest;
        let bits = u32::from_be_bytes([a, b, c, d]);
        let mut label = String::from("K-");
        for letter in 0..PSEUDONYM_LETTERS {
            let five = (bits >> (27 - 5 * letter)) & 31;
            label.push(ALPHABET.get(five as usize).copied().unwrap_or(b'0').into());
        }
        label
    }

    /// The mark that ties a log entry, by its random id, to a person. Whoever holds the person's tag key can find
    /// all of their entries; once it is destroyed the marks are unlinkable to each other.
    #[must_use]
    pub fn subject_tag(&self, tag_key: &DataKey, event: &[u8; 16]) -> [u8; 16] {
        let digest = mac(&tag_key.0, "urval/subject-tag/2", &[event]);
        let mut tag = [0; 16];
        for (to, from) in tag.iter_mut().zip(digest.iter()) {
            *to = *from;
        }
        tag
    }

    /// What is stored of a session token or receipt code. Keyed, so that a stolen table cannot be
    /// searched for short codes.
    #[must_use]
    pub fn token_hash(&self, token: &str) -> [u8; 32] {
        *mac(&self.index, "urval/token/1", &[token.as_bytes()])
    }

    /// The key for the details of log entries that concern no applicant.
    #[must_use]
    pub fn log_key(&self) -> DataKey {
        DataKey(self.payloads.clone())
    }

    /// The key that seals a draft, made of the secret that its writer's browser keeps. Without that secret nobody
    /// opens the draft, whatever else they hold.
    #[must_use]
    pub fn draft_key(&self, secret: &str) -> DataKey {
        DataKey(mac(&self.index, "urval/draft-key/1", &[secret.as_bytes()]))
    }

    /// A keyed digest of a file, by which the same file is recognised and which tells nothing of it.
    #[must_use]
    pub fn file_mark(&self, bytes: &[u8]) -> [u8; 32] {
        *mac(&self.index, "urval/file-mark/1", &[bytes])
    }

    /// The key that seals what staff write about a recruitment as a whole, and about no applicant.
    #[must_use]
    pub fn recruitment_key(&self) -> DataKey {
        DataKey(mac(&self.index, "urval/recruitment-key/1", &[]))
    }

    /// The key that seals the secrets of second factors. Made from the index key, which no rotation
    /// replaces: a person's authenticator outlives every key-encryption key.
    #[must_use]
    pub fn account_key(&self) -> DataKey {
        DataKey(mac(&self.index, "urval/account-key/1", &[]))
    }
}

fn key_place(subject: &SubjectId, kind: KeyKind, holder: &str, epoch: u32) -> Vec<u8> {
    let parts =
        [subject.as_str().as_bytes(), kind.code().as_bytes(), holder.as_bytes(), &epoch.to_be_bytes()];
    framed("urval/key/2", &parts)
}

/// AES-256-GCM with a random nonce: version, nonce, ciphertext with its tag. `place` is authenticated.
pub(super) fn encrypt(
    chance: &Chance,
    key: &Secret,
    place: &[u8],
    clear: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let nonce = chance.bytes::<NONCE_BYTES>()?;
    let sealed = Aes256Gcm::new((&**key).into())
        .encrypt(&nonce.into(), Payload { msg: clear, aad: place })
        .map_err(|_| VaultError::TooLong(clear.len()))?;
    let mut stored = Vec::with_capacity(1 + NONCE_BYTES + sealed.len());
    stored.push(VERSION);
    stored.extend_from_slice(&nonce);
    stored.extend_from_slice(&sealed);
    Ok(stored)
}

/// Opens what [`encrypt`] made, at the same place.
pub(super) fn decrypt(key: &Secret, place: &[u8], stored: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (&version, rest) = stored.split_first()?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>()?;
    if version != VERSION {
        return None;
    }
    Aes256Gcm::new((&**key).into())
        .decrypt(nonce.into(), Payload { msg: sealed, aad: place })
        .ok()
        .map(Zeroizing::new)
}

fn seal_place(place: &Place<'_>) -> Vec<u8> {
    framed("urval/seal/1", &[place.tenant.as_bytes(), place.record.as_bytes(), place.field.as_bytes()])
}

/// Joins parts so that no two lists of parts give the same bytes: each is preceded by its length.
pub(super) fn framed(label: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for part in std::iter::once(label.as_bytes()).chain(parts.iter().copied()) {
        out.extend_from_slice(&(part.len() as u64).to_be_bytes());
        out.extend_from_slice(part);
    }
    out
}

/// HMAC-SHA256 over [`framed`] parts; the label keeps each use apart.
pub(super) fn mac(key: &Secret, label: &str, parts: &[&[u8]]) -> Secret {
    // HMAC pads a short key with zeros to the block, so giving it the whole block cannot fail.
    let mut block = Zeroizing::new([0u8; 64]);
    for (to, from) in block.iter_mut().zip(key.iter()) {
        *to = *from;
    }
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new((&*block).into());
    let input = Zeroizing::new(framed(label, parts));
    mac.update(&input);
    Zeroizing::new(mac.finalize().into_bytes().into())
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::super::pii::{FreeText, Identity};
    use super::*;

    /// A vault with fixed keys and the system's chance.
    pub(crate) fn vault(seed: u8) -> Vault {
        let secret = |bits: u8| Zeroizing::new([seed ^ bits; 32]);
        let root = Arc::new(Root::for_tests(seed));
        let vault = Vault::new(root, secret(0x0f), secret(0xff), Chance::system());
        vault.learn(&[vault.new_holder_key(HOLDER, 1).unwrap()]).unwrap();
        vault
    }

    /// Who holds the keys in tests.
    const HOLDER: &str = "*programme";

    impl Vault {
        /// A fresh key with its stored form, for the tests' holder.
        pub(crate) fn new_key(
            &self,
            subject: &SubjectId,
            kind: KeyKind,
        ) -> Result<(DataKey, WrappedKey), VaultError> {
            let key = self.fresh_key()?;
            let wrapped = self.wrap_key(&key, subject, kind, HOLDER, 1)?;
            Ok((key, wrapped))
        }
    }

    const PLACE: Place<'static> = Place { tenant: "org-1", record: "rec-1", field: "application.letter" };

    fn subject(id: &str) -> SubjectId {
        SubjectId::new(id)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn what_is_sealed_opens_unchanged_and_any_flipped_bit_is_refused(
            clear in proptest::collection::vec(any::<u8>(), 0..200), bit in any::<prop::sample::Index>(),
        ) {
            let vault = vault(1);
            let (key, wrapped) = vault.new_key(&subject("s-1"), KeyKind::Content).unwrap();
            let sealed = vault.seal(&key, &PLACE, &clear).unwrap();
            let again = vault.unwrap_key(&subject("s-1"), KeyKind::Content, &wrapped).unwrap();
            let opened = vault.open(&again, &PLACE, &sealed).unwrap();
            prop_assert_eq!(opened.bytes(), &clear[..]);
            prop_assert_eq!(sealed.as_bytes().len(), clear.len() + OVERHEAD_BYTES);

            let mut bent = sealed.clone().into_bytes();
            let at = bit.index(bent.len() * 8);
            bent[at / 8] ^= 1 << (at % 8);
            prop_assert!(Sealed::from_stored(bent).and_then(|bent| vault.open(&key, &PLACE, &bent)).is_err());

            let mut bent = wrapped.as_bytes().to_vec();
            let at = bit.index(bent.len() * 8);
            bent[at / 8] ^= 1 << (at % 8);
            prop_assert!(
                WrappedKey::from_stored(bent)
                    .and_then(|bent| vault.unwrap_key(&subject("s-1"), KeyKind::Content, &bent)).is_err()
            );
        }

        #[test]
        fn arbitrary_stored_bytes_give_an_error_not_a_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..100),
        ) {
            let vault = vault(1);
            let key = vault.log_key();
            for first in [bytes.first().copied().unwrap_or(0), VERSION, WRAPPED_VERSION] {
                let mut bytes = bytes.clone();
                if let Some(byte) = bytes.first_mut() { *byte = first; }
                let sealed = Sealed::from_stored(bytes.clone());
                prop_assert!(sealed.and_then(|sealed| vault.open(&key, &PLACE, &sealed)).is_err());
                prop_assert!(
                    WrappedKey::from_stored(bytes)
                        .and_then(|w| vault.unwrap_key(&subject("s-1"), KeyKind::Tag, &w)).is_err()
                );
            }
        }

        #[test]
        fn places_cannot_be_spelled_in_two_ways(
            a in proptest::collection::vec("[a-c/]{0,3}", 3),
            b in proptest::collection::vec("[a-c/]{0,3}", 3),
        ) {
            fn place(parts: &[String]) -> Place<'_> {
                Place { tenant: &parts[0], record: &parts[1], field: &parts[2] }
            }
            prop_assert_eq!(seal_place(&place(&a)) == seal_place(&place(&b)), a == b);
        }
    }

    #[test]
    fn every_single_bit_of_a_sealed_text_and_of_a_wrapped_key_counts() {
        let vault = vault(1);
        let (key, wrapped) = vault.new_key(&subject("s-1"), KeyKind::Identity).unwrap();
        let sealed = vault.seal(&key, &PLACE, b"070-1740605").unwrap();
        for at in 0..sealed.as_bytes().len() * 8 {
            let mut bent = sealed.clone();
            bent.0[at / 8] ^= 1 << (at % 8);
            assert!(vault.open(&key, &PLACE, &bent).is_err());
        }
        for at in 0..wrapped.as_bytes().len() * 8 {
            let mut bent = wrapped.as_bytes().to_vec();
            bent[at / 8] ^= 1 << (at % 8);
            let opened = WrappedKey::from_stored(bent)
                .and_then(|bent| vault.unwrap_key(&subject("s-1"), KeyKind::Identity, &bent));
            assert!(opened.is_err());
        }
    }

    #[test]
    fn a_sealed_text_opens_only_at_its_place_and_with_its_key() {
        let vault = vault(1);
        let (key, wrapped) = vault.new_key(&subject("s-1"), KeyKind::Identity).unwrap();
        let sealed = vault.seal(&key, &PLACE, b"text").unwrap();
        for wrong in [
            Place { tenant: "org-2", ..PLACE },
            Place { record: "rec-2", ..PLACE },
            Place { field: "application.note", ..PLACE },
            Place { tenant: "org-1rec-1", record: "", ..PLACE },
        ] {
            let error = vault.open(&key, &wrong, &sealed).unwrap_err();
            assert!(matches!(error, VaultError::Unreadable { .. }));
        }
        for (other, kind) in [("s-2", KeyKind::Identity), ("s-1", KeyKind::Content), ("s-1", KeyKind::Tag)] {
            assert!(vault.unwrap_key(&subject(other), kind, &wrapped).is_err());
            let (other_key, _) = vault.new_key(&subject(other), kind).unwrap();
            assert!(vault.open(&other_key, &PLACE, &sealed).is_err());
        }
        assert!(vault.open(&vault.log_key(), &PLACE, &sealed).is_err());
        let elsewhere = super::tests::vault(2);
        assert!(elsewhere.unwrap_key(&subject("s-1"), KeyKind::Identity, &wrapped).is_err());
    }

    #[test]
    fn a_key_opens_only_for_the_holder_and_epoch_that_it_was_wrapped_for() {
        let vault = vault(1);
        for holder in ["malmo", "lund"] {
            vault.learn(&[vault.new_holder_key(holder, 1).unwrap()]).unwrap();
        }
        let key = vault.fresh_key().unwrap();
        let wrapped = vault.wrap_key(&key, &subject("s-1"), KeyKind::Content, "malmo", 1).unwrap();
        let open = |wrapped: &WrappedKey| vault.unwrap_key(&subject("s-1"), KeyKind::Content, wrapped);
        assert!(open(&wrapped).is_ok());
        let as_if = |holder: &str, epoch: u32| {
            let (_, _, sealed) = wrapped_parts(wrapped.as_bytes()).unwrap();
            let mut bytes = vec![WRAPPED_VERSION, holder.len() as u8];
            bytes.extend_from_slice(holder.as_bytes());
            bytes.extend_from_slice(&epoch.to_be_bytes());
            bytes.extend_from_slice(sealed);
            WrappedKey::from_stored(bytes).unwrap()
        };
        assert!(matches!(open(&as_if("lund", 1)), Err(VaultError::Unreadable { .. })));
        assert!(matches!(open(&as_if("malmo", 2)), Err(VaultError::Keys(KeyError::NoHolderKey { .. }))));

        // A rotation: both epochs open, and what is rewrapped seals the same texts.
        vault.learn(&[vault.new_holder_key("malmo", 2).unwrap()]).unwrap();
        let rewrapped = vault.rewrap(&subject("s-1"), KeyKind::Content, &wrapped, "malmo", 2).unwrap();
        let sealed = vault.seal(&key, &PLACE, b"text").unwrap();
        for wrapped in [&wrapped, &rewrapped] {
            assert_eq!(vault.open(&open(wrapped).unwrap(), &PLACE, &sealed).unwrap().bytes(), b"text");
        }
        assert!(matches!(open(&as_if("malmo", 2)), Err(VaultError::Unreadable { .. })));
        // Two epochs later the first is forgotten.
        vault.learn(&[vault.new_holder_key("malmo", 3).unwrap()]).unwrap();
        assert!(!vault.knows("malmo", 1) && vault.knows("malmo", 2) && vault.knows("lund", 1));
        assert!(open(&wrapped).is_err() && open(&rewrapped).is_ok());
    }

    #[test]
    fn a_holders_key_is_sealed_for_its_holder_epoch_and_root() {
        let vault = vault(1);
        let made = vault.new_holder_key("malmo", 1).unwrap();
        for bent in [
            HolderKey { holder: "lund".into(), ..made.clone() },
            HolderKey { epoch: 2, ..made.clone() },
            HolderKey { root: [0; 8], ..made.clone() },
            HolderKey { sealed: made.sealed.iter().map(|byte| byte ^ 1).collect(), ..made.clone() },
            HolderKey { sealed: Vec::new(), ..made.clone() },
        ] {
            assert!(vault.learn(&[bent]).is_err());
        }
        assert!(super::tests::vault(2).learn(&[made]).is_err());
    }

    #[test]
    fn personal_text_survives_the_vault_and_is_nowhere_to_be_seen() {
        let vault = vault(1);
        let (key, wrapped) = vault.new_key(&subject("s-1"), KeyKind::Content).unwrap();
        let text = "Jag heter Åsa Påhittad och nås på asa@example.org. ".repeat(20);
        let sealed = vault.seal_pii(&key, &PLACE, &Pii::<FreeText>::new(text.clone())).unwrap();
        for window in text.as_bytes().windows(4) {
            assert!(!sealed.as_bytes().windows(4).any(|found| found == window));
        }
        let opened: Pii<FreeText> = vault.open_pii(&key, &PLACE, &sealed).unwrap();
        assert_eq!(opened.clear_text(), text);
        let shown = format!(
            "{key:?} {wrapped:?} {sealed:?} {vault:?} {:?}",
            vault.open(&key, &PLACE, &sealed).unwrap()
        );
        assert!(!shown.contains("Åsa") && !shown.contains("asa@"));
        assert_eq!(
            format!("{key:?} {:?}", vault.open(&key, &PLACE, &sealed).unwrap()),
            "DataKey(redacted) Opened(redacted)"
        );

        let broken = vault.seal(&key, &PLACE, &[0xff, 0xfe]).unwrap();
        assert!(matches!(vault.open_pii::<Identity>(&key, &PLACE, &broken), Err(VaultError::NotText(_))));
    }

    #[test]
    fn nonces_do_not_repeat_in_a_hundred_thousand_texts() {
        let vault = vault(1);
        let key = vault.log_key();
        let mut seen = HashSet::new();
        for _ in 0..100_000 {
            let sealed = vault.seal(&key, &PLACE, b"x").unwrap();
            assert!(seen.insert(sealed.as_bytes()[1..13].to_vec()));
        }
    }

    #[test]
    fn one_value_is_found_again_in_other_spellings_and_not_for_another_purpose() {
        let vault = vault(1);
        let index = vault.blind_index("e-mail", "Åsa.Påhittad@example.org");
        assert_eq!(index, vault.blind_index("e-mail", "  åsa.påhittad@EXAMPLE.org\n"));
        assert_eq!(index, vault.blind_index("e-mail", "A\u{30a}sa.Pa\u{30a}hittad@example.org"));
        assert_ne!(index, vault.blind_index("phone", "Åsa.Påhittad@example.org"));
        assert_ne!(index, vault.blind_index("e-mail", "asa.pahittad@example.org"));
        assert_ne!(index, super::tests::vault(2).blind_index("e-mail", "Åsa.Påhittad@example.org"));
        assert_ne!(vault.blind_index("ab", "c"), vault.blind_index("a", "bc"));
    }

    #[test]
    fn pseudonyms_are_stable_short_and_tell_nothing_across_scopes() {
        let vault = vault(1);
        let label = vault.pseudonym("round-1", "s-1");
        assert_eq!(label, vault.pseudonym("round-1", "s-1"));
        assert_ne!(label, vault.pseudonym("round-2", "s-1"));
        assert_ne!(label, vault.pseudonym_next("round-1", "s-1", 1));
        let mut letters = HashSet::new();
        let mut labels = HashSet::new();
        for turn in 0..2000 {
            let label = vault.pseudonym("round-1", &format!("s-{turn}"));
            let tail = label.strip_prefix("K-").unwrap();
            assert_eq!(tail.len(), 6);
            assert!(tail.chars().all(|letter| letter.is_ascii_digit() || letter.is_ascii_uppercase()));
            assert!(!tail.contains(['I', 'L', 'O', 'U']));
            letters.extend(tail.chars());
            labels.insert(label);
        }
        assert_eq!(letters.len(), 32);
        assert!(labels.len() > 1990);
    }

    #[test]
    fn subject_tags_can_be_recomputed_with_the_key_and_differ_by_entry() {
        let vault = vault(1);
        let (key, wrapped) = vault.new_key(&subject("s-1"), KeyKind::Tag).unwrap();
        let again = vault.unwrap_key(&subject("s-1"), KeyKind::Tag, &wrapped).unwrap();
        let tags: HashSet<_> =
            (0..1000_u128).map(|event| vault.subject_tag(&key, &event.to_be_bytes())).collect();
        assert_eq!(tags.len(), 1000);
        assert_eq!(vault.subject_tag(&key, &[7; 16]), vault.subject_tag(&again, &[7; 16]));
        let (other, _) = vault.new_key(&subject("s-1"), KeyKind::Tag).unwrap();
        assert_ne!(vault.subject_tag(&key, &[7; 16]), vault.subject_tag(&other, &[7; 16]));
    }

    #[test]
    fn token_hashes_are_keyed() {
        let vault = vault(1);
        assert_eq!(vault.token_hash("abc"), vault.token_hash("abc"));
        assert_ne!(vault.token_hash("abc"), vault.token_hash("abd"));
        assert_ne!(vault.token_hash("abc"), super::tests::vault(2).token_hash("abc"));
    }

    #[test]
    fn key_kinds_have_stable_names() {
        for kind in KeyKind::ALL {
            assert_eq!(KeyKind::parse(kind.code()), Some(kind));
        }
        assert_eq!(KeyKind::parse("Identity"), None);
    }
}
