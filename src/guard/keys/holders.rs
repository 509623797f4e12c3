//! The keys of the organisations, in memory: each wraps the keys of the applicants who chose that organisation.
//!
//! They are opened once, when the key store is read, and looked up for every key of an applicant. Without the
//! organisation's key nothing of its applicants can be opened, whatever a policy says.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::super::vault::framed;
use super::root::{Root, RootId};
use super::{KeyError, Secret, fresh};
use crate::clock::Chance;

/// An organisation's key as it is stored.
#[derive(Clone, Debug)]
pub struct HolderKey {
    /// The organisation's id, or the programme.
    pub holder: String,
    /// Counts up at each rotation, from 1.
    pub epoch: u32,
    /// The root that sealed it.
    pub root: RootId,
    /// Version, nonce, ciphertext with its tag.
    pub sealed: Vec<u8>,
}

/// The keys that are open.
pub(crate) struct Holders {
    root: Arc<Root>,
    open: RwLock<BTreeMap<(String, u32), Secret>>,
}

fn place(holder: &str, epoch: u32) -> Vec<u8> {
    framed("urval/holder-key/1", &[holder.as_bytes(), &epoch.to_be_bytes()])
}

impl Holders {
    pub(crate) fn new(root: Arc<Root>) -> Self {
        Self { root, open: RwLock::default() }
    }

    pub(crate) fn root(&self) -> &Root {
        &self.root
    }

    pub(crate) fn knows(&self, holder: &str, epoch: u32) -> bool {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.contains_key(&(holder.to_owned(), epoch))
    }

    /// The key of a holder's epoch.
    pub(crate) fn get(&self, holder: &str, epoch: u32) -> Result<Secret, KeyError> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.get(&(holder.to_owned(), epoch))
            .cloned()
            .ok_or_else(|| KeyError::NoHolderKey { holder: holder.to_owned(), epoch })
    }

    /// Makes a key, sealed to be stored. It is in use only once it was stored and [`Holders::learn`]ed.
    pub(crate) fn make(&self, holder: &str, epoch: u32, chance: &Chance) -> Result<HolderKey, KeyError> {
        let (root, sealed) = self.root.seal(&place(holder, epoch), &fresh(chance)?, chance)?;
        Ok(HolderKey { holder: holder.to_owned(), epoch, root, sealed })
    }

    /// Opens what was stored and is not open yet.
    pub(crate) fn learn(&self, stored: &[HolderKey]) -> Result<(), KeyError> {
        for key in stored {
            if !self.knows(&key.holder, key.epoch) {
                let secret = self.open_stored(key)?;
                let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
                open.insert((key.holder.clone(), key.epoch), secret);
            }
        }
        // One epoch back stays: somebody may hold a wrapped key that was read just before it was rewrapped.
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        let mut newest: BTreeMap<String, u32> = BTreeMap::new();
        for (holder, epoch) in open.keys() {
            let last = newest.entry(holder.clone()).or_insert(*epoch);
            *last = (*last).max(*epoch);
        }
        open.retain(|(holder, epoch), _| {
            newest.get(holder).is_none_or(|last| epoch.saturating_add(1) >= *last)
        });
        Ok(())
    }

    /// Opens a stored key to see that it can be, and forgets it.
    pub(crate) fn check(&self, key: &HolderKey) -> Result<(), KeyError> {
        self.open_stored(key).map(|_| ())
    }

    fn open_stored(&self, key: &HolderKey) -> Result<Secret, KeyError> {
        self.root.unseal(key.root, &place(&key.holder, key.epoch), &key.sealed)
    }

    /// Seals a stored key anew, under the root that now seals.
    pub(crate) fn reseal(&self, key: &HolderKey, chance: &Chance) -> Result<HolderKey, KeyError> {
        let secret = self.open_stored(key)?;
        let (root, sealed) = self.root.seal(&place(&key.holder, key.epoch), &secret, chance)?;
        Ok(HolderKey { holder: key.holder.clone(), epoch: key.epoch, root, sealed })
    }
}
