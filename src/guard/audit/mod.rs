//! The log of every access and every change, in which nothing can be altered unnoticed.
//!
//! One entry is one *leaf*: a line of canonical JSON without personal text, the hash of the entry
//! before it, and a commitment to its details. The details ([`Payload`]) are sealed and stored
//! apart, so that they can be destroyed with the person's key while the log still verifies. Leaves
//! form an RFC 6962 Merkle tree whose root is signed as a C2SP checkpoint; the export is the C2SP
//! `tlog-tiles` layout, which unrelated programs can check too.
//!
//! | file | what |
//! |---|---|
//! | `entry` | what is said in an entry, the leaf, its details, the head |
//! | `merkle` | tree hashes and proofs |
//! | `note` | signed notes, checkpoints, keys to verify them |
//! | `cosign` | cosignatures of witnesses |
//! | `tiles` | proofs out of the tiles of a log of any size |
//! | `proof` | a proof that an entry is in the log, as a file to hand out |
//! | `witness` | watches another log: what is cosigned, what is a fork |
//! | `export` | the folder for an outside reader |
//! | `verify` | checks such a folder |
//! | `report` | what was found, for people and programs |
//!
//! Nothing here touches a database or a network; the store implements [`Journal`] and commits the
//! entry in the same transaction as the change that it tells of.

use std::future::Future;

pub mod cosign;
pub mod entry;
pub mod export;
pub mod merkle;
pub mod note;
pub mod proof;
pub mod report;
pub mod tiles;
pub mod verify;
pub mod witness;

pub use entry::{Entry, EntryError, Head, Leaf, LeafRecord, Outcome, Payload};

use super::vault::{DataKey, KeyKind, Place, Sealed, Vault, VaultError, WrappedKey};
use crate::clock::Chance;
use crate::subject::id::SubjectId;

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// With which key an entry's details are sealed, and so what destroys them.
#[derive(Clone, Copy, Debug)]
pub enum Sealing<'a> {
    /// With the tag key of the person concerned: erased together with the person's data.
    Subject {
        /// Whom the entry concerns.
        subject: &'a SubjectId,
        /// The person's stored [`KeyKind::Tag`] key.
        tag_key: &'a WrappedKey,
    },
    /// With the log's own key: entries that concern no applicant.
    Log,
}

/// Evidence that an entry is durable. Only the store can make one, after its commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    seq: u64,
    hash: Hash,
}

impl Receipt {
    /// To be called by the store alone, once the entry is committed (or by the transaction that will
    /// release nothing before its commit). The architecture test holds the list of callers.
    pub(crate) fn durable(seq: u64, hash: Hash) -> Self {
        Self { seq, hash }
    }

    /// The entry's number, from 0.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The entry's leaf hash.
    #[must_use]
    pub fn hash(&self) -> &Hash {
        &self.hash
    }
}

/// Why an entry was not written. Whoever gets this releases nothing and changes nothing.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The entry itself cannot be written.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// Its details could not be sealed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The stored head of the log does not fit the log.
    #[error("the stored head of the log is damaged ({0}): run `urval audit verify`, nothing was written")]
    Head(&'static str),
    /// The storage failed.
    #[error("the log could not be written, so nothing was done: {0}")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Where entries are made durable. The store implements it, inside its transactions.
pub trait Journal {
    /// Appends an entry and gives a receipt once it is durable.
    fn append(
        &mut self,
        entry: Entry,
        sealing: Sealing<'_>,
    ) -> impl Future<Output = Result<Receipt, JournalError>> + Send;
}

/// What the store writes for one entry, all in one transaction.
#[derive(Debug)]
pub struct Prepared {
    /// Number, bytes and hash of the leaf.
    pub record: LeafRecord,
    /// The details as they are stored, apart from the leaf.
    pub payload: Sealed,
    /// The head that replaces the one given.
    pub head: Head,
}

/// Makes the next entry of a log: sets the person's tag, commits to the details and seals them.
/// Nothing is written: a caller that drops the result leaves no trace.
///
/// # Errors
/// When the entry breaks a limit, or a key cannot be opened.
pub fn prepare(
    vault: &Vault,
    chance: &Chance,
    origin: &str,
    head: &Head,
    mut entry: Entry,
    sealing: Sealing<'_>,
) -> Result<Prepared, JournalError> {
    let seq = head.size();
    let key = payload_key(vault, sealing)?;
    if let Sealing::Subject { .. } = sealing {
        entry.subject_tag = Some(vault.subject_tag(&key, seq));
    }
    let payload = Payload::new(&entry.detail, chance)?;
    let (record, next) = head.append(&entry, &payload)?;
    let number = seq.to_string();
    let sealed = vault.seal(&key, &payload_place(origin, &number), &payload.to_sealable())?;
    Ok(Prepared { record, payload: sealed, head: next })
}

/// Opens the stored details of an entry and checks them against its leaf.
///
/// # Errors
/// When the key or the details cannot be opened, or they are not those the entry was written with.
pub fn open_payload(
    vault: &Vault,
    origin: &str,
    leaf: &Leaf,
    sealing: Sealing<'_>,
    sealed: &Sealed,
) -> Result<Payload, JournalError> {
    let key = payload_key(vault, sealing)?;
    let number = leaf.seq.to_string();
    let opened = vault.open(&key, &payload_place(origin, &number), sealed)?;
    let payload = Payload::from_opened(&opened)?;
    if !leaf.commitment_matches(&payload) {
        return Err(EntryError::OtherDetails(leaf.seq).into());
    }
    Ok(payload)
}

fn payload_key(vault: &Vault, sealing: Sealing<'_>) -> Result<DataKey, VaultError> {
    match sealing {
        Sealing::Subject { subject, tag_key } => vault.unwrap_key(subject, KeyKind::Tag, tag_key),
        Sealing::Log => Ok(vault.log_key()),
    }
}

fn payload_place<'a>(origin: &'a str, number: &'a str) -> Place<'a> {
    Place { tenant: origin, record: number, field: "audit.payload" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;
    use crate::guard::vault::tests::vault;

    fn entry() -> Entry {
        Entry {
            time: Moment(1_795_000_000_000_000),
            action: "application.read".into(),
            purpose: "review".into(),
            outcome: Outcome::Allowed,
            actor: "m-17".into(),
            role: "assessor".into(),
            organisation: Some("org-1".into()),
            subject_tag: None,
            policies: vec!["review-own-organisation".into()],
            detail: serde_json::json!({"reason": "Åsa Påhittad bad om det"}),
        }
    }

    #[test]
    fn details_are_sealed_for_the_person_and_the_leaf_does_not_name_anybody() {
        let vault = vault(3);
        let chance = Chance::system();
        let subject = SubjectId::new("s-1");
        let (key, wrapped) = vault.new_key(&subject, KeyKind::Tag).unwrap();
        let sealing = Sealing::Subject { subject: &subject, tag_key: &wrapped };

        let first =
            prepare(&vault, &chance, "urval.example/log", &Head::empty(), entry(), Sealing::Log).unwrap();
        let second = prepare(&vault, &chance, "urval.example/log", &first.head, entry(), sealing).unwrap();
        let leaf = Leaf::parse(&second.record.leaf).unwrap();
        assert_eq!((leaf.seq, leaf.prev), (1, first.record.hash));
        assert_eq!(leaf.entry.subject_tag, Some(vault.subject_tag(&key, 1)));
        let text = String::from_utf8(second.record.leaf.clone()).unwrap();
        assert!(!text.contains("hittad") && !text.contains("s-1"), "{text}");

        let payload = open_payload(&vault, "urval.example/log", &leaf, sealing, &second.payload).unwrap();
        assert_eq!(payload.detail().unwrap(), entry().detail);
        // Not with the log's key, nor at another entry, nor in another log, nor with other details.
        assert!(open_payload(&vault, "urval.example/log", &leaf, Sealing::Log, &second.payload).is_err());
        assert!(open_payload(&vault, "other.example/log", &leaf, sealing, &second.payload).is_err());
        let elsewhere = Leaf { seq: 2, ..leaf.clone() };
        assert!(open_payload(&vault, "urval.example/log", &elsewhere, sealing, &second.payload).is_err());
        let committed_to_other = Leaf { commit: [7; 32], ..leaf };
        assert!(matches!(
            open_payload(&vault, "urval.example/log", &committed_to_other, sealing, &second.payload),
            Err(JournalError::Entry(EntryError::OtherDetails(1)))
        ));
    }

    #[test]
    fn the_same_details_give_unlike_commitments() {
        let vault = vault(3);
        let chance = Chance::system();
        let commits: std::collections::HashSet<Hash> = (0..50)
            .map(|_| {
                let made =
                    prepare(&vault, &chance, "urval.example/log", &Head::empty(), entry(), Sealing::Log)
                        .unwrap();
                Leaf::parse(&made.record.leaf).unwrap().commit
            })
            .collect();
        assert_eq!(commits.len(), 50);
    }
}
