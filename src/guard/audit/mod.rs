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

pub use entry::{Entry, EntryError, EventId, Head, Leaf, LeafRecord, Outcome, Payload, Unnumbered};

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

/// Evidence that an entry is durable, numbered and signed. Only the sequencer makes one, after its
/// commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    event: EventId,
    seq: u64,
    hash: Hash,
}

impl Receipt {
    /// To be called by the sequencer alone, once the entry is committed. The architecture test holds the
    /// list of callers.
    pub(crate) fn durable(event: EventId, seq: u64, hash: Hash) -> Self {
        Self { event, seq, hash }
    }

    /// The entry's id.
    #[must_use]
    pub fn event(&self) -> EventId {
        self.event
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

/// An entry that was handed over, and its number when it has one already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The entry's id.
    pub event: EventId,
    /// Its number: of an entry about a read always, since nothing may be shown before; of one about a
    /// change only after the change is committed.
    pub seq: Option<u64>,
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

/// Where entries are made durable. The store implements it twice: a transaction keeps the entry
/// unnumbered beside its change, and the sequencer numbers and signs the entry of a read at once.
pub trait Journal {
    /// Hands an entry over.
    fn append(
        &mut self,
        entry: Entry,
        sealing: Sealing<'_>,
    ) -> impl Future<Output = Result<Kept, JournalError>> + Send;
}

/// What is written of one entry before it has a number.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// What the log will say.
    pub entry: Unnumbered,
    /// The details as they are stored, apart from the leaf.
    pub payload: Sealed,
}

/// Makes an entry ready: sets the person's tag, commits to the details and seals them. Nothing is
/// written: a caller that drops the result leaves no trace.
///
/// # Errors
/// When the entry breaks a limit, or a key cannot be opened.
pub fn prepare(
    vault: &Vault,
    chance: &Chance,
    origin: &str,
    mut entry: Entry,
    sealing: Sealing<'_>,
) -> Result<Prepared, JournalError> {
    let key = payload_key(vault, sealing)?;
    let payload = Payload::new(&entry.detail, chance)?;
    let event = payload.event();
    if let Sealing::Subject { .. } = sealing {
        entry.subject_tag = Some(vault.subject_tag(&key, event.as_bytes()));
    }
    let entry = Unnumbered::new(entry, &payload)?;
    let place = event.to_string();
    let sealed = vault.seal(&key, &payload_place(origin, &place), &payload.to_sealable())?;
    Ok(Prepared { entry, payload: sealed })
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
    let place = leaf.event.to_string();
    let opened = vault.open(&key, &payload_place(origin, &place), sealed)?;
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

fn payload_place<'a>(origin: &'a str, event: &'a str) -> Place<'a> {
    Place { tenant: origin, record: event, field: "audit.payload" }
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

        let first = prepare(&vault, &chance, "urval.example/log", entry(), Sealing::Log).unwrap();
        let second = prepare(&vault, &chance, "urval.example/log", entry(), sealing).unwrap();
        let mut head = Head::empty();
        let one = head.number(&first.entry).unwrap();
        let two = head.number(&second.entry).unwrap();
        let leaf = Leaf::parse(&two.leaf).unwrap();
        assert_eq!((leaf.seq, leaf.prev), (1, one.hash));
        assert_eq!(leaf.entry.subject_tag, Some(vault.subject_tag(&key, leaf.event.as_bytes())));
        let text = String::from_utf8(two.leaf.clone()).unwrap();
        assert!(!text.contains("hittad") && !text.contains("s-1"), "{text}");

        let payload = open_payload(&vault, "urval.example/log", &leaf, sealing, &second.payload).unwrap();
        assert_eq!(payload.detail().unwrap(), entry().detail);
        // Not with the log's key, nor at another entry, nor in another log, nor with other details.
        assert!(open_payload(&vault, "urval.example/log", &leaf, Sealing::Log, &second.payload).is_err());
        assert!(open_payload(&vault, "other.example/log", &leaf, sealing, &second.payload).is_err());
        let elsewhere = Leaf { event: EventId([9; 16]), ..leaf.clone() };
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
                let made = prepare(&vault, &chance, "urval.example/log", entry(), Sealing::Log).unwrap();
                let record = Head::empty().number(&made.entry).unwrap();
                Leaf::parse(&record.leaf).unwrap().commit
            })
            .collect();
        assert_eq!(commits.len(), 50);
    }
}
