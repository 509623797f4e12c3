//! A proof that an entry is in the log, as a file to hand out: C2SP `tlog-proof`, byte for byte.
//!
//! The file holds the entry's number, the hashes from it up to the root, and a signed checkpoint.
//! Its `extra` line, for which that text leaves the meaning open, holds the entry itself (the leaf),
//! so that the file says what it proves: whoever checks it hashes the leaf and needs nothing else but
//! the log's key. The line is not believed, only what its hash proves.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::Hash;
use super::cosign::{WitnessKey, witnesses_of};
use super::entry::{LEAF_BYTES_MAX, Leaf};
use super::merkle::{leaf_hash, verify_inclusion};
use super::note::{Checkpoint, NOTE_BYTES_MAX, NoteError, SignedNote, Vkey};

/// The first line of every such file.
const FIRST: &str = "c2sp.org/tlog-proof@v1";
/// More hashes than the path of any tree has.
const HASHES_MAX: usize = 64;

/// Why a proof is not made or not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Not of the form.
    #[error("not a proof (`.tlog-proof`): {0}")]
    Malformed(&'static str),
    /// The checkpoint in it.
    #[error("the checkpoint in the proof was refused: {0}")]
    Note(#[from] NoteError),
    /// It carries no entry to prove.
    #[error("the proof carries no entry; give the entry's bytes as well")]
    NoEntry,
    /// The hashes do not lead from the entry to the signed root.
    #[error("the proof does not lead from entry {0} to the signed root: the entry is not what was logged")]
    NotIncluded(u64),
    /// What is proven to be logged is not an entry, or says that it is another one.
    #[error("what the proof carries is not log entry {0} of this program's form")]
    OtherEntry(u64),
    /// Too few witnesses.
    #[error("{found} of the named witnesses cosigned the checkpoint, {wanted} are required")]
    Witnesses {
        /// How many did.
        found: usize,
        /// How many must.
        wanted: usize,
    },
}

/// A proof as it is written down. Nothing in it is believed before [`LogProof::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogProof {
    /// What travels with it; here the entry's leaf.
    pub extra: Option<Vec<u8>>,
    /// The entry's number, from 0.
    pub index: u64,
    /// Sibling hashes, lowest first.
    pub hashes: Vec<Hash>,
    /// The signed checkpoint.
    pub checkpoint: String,
}

impl LogProof {
    /// The file's text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = format!("{FIRST}\n");
        if let Some(extra) = &self.extra {
            out.extend(["extra ", &BASE64.encode(extra), "\n"]);
        }
        out.push_str(&format!("index {}\n", self.index));
        for hash in &self.hashes {
            out.extend([&BASE64.encode(hash), "\n"]);
        }
        out.push('\n');
        out.push_str(&self.checkpoint);
        out
    }

    /// Reads a file; only the one spelling of each part is known.
    ///
    /// # Errors
    /// [`ProofError::Malformed`] with what is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofError> {
        let wrong = ProofError::Malformed;
        if bytes.len() > NOTE_BYTES_MAX + LEAF_BYTES_MAX * 2 {
            return Err(wrong("it is too long"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8"))?;
        let (head, checkpoint) =
            text.split_once("\n\n").ok_or(wrong("it has no empty line before the checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(FIRST) {
            return Err(wrong("its first line is not `c2sp.org/tlog-proof@v1`"));
        }
        let mut extra = None;
        if let Some(encoded) = lines.peek().and_then(|line| line.strip_prefix("extra ")) {
            extra = Some(BASE64.decode(encoded).map_err(|_| wrong("its extra line is not base64"))?);
            lines.next();
        }
        let digits = lines
            .next()
            .and_then(|line| line.strip_prefix("index "))
            .ok_or(wrong("it has no line `index N`"))?;
        let plain =
            digits == "0" || (!digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit()));
        let index = digits.parse().ok().filter(|_| plain).ok_or(wrong("its index is not a plain number"))?;
        let mut hashes = Vec::new();
        for line in lines {
            let hash = BASE64.decode(line).ok().and_then(|bytes| Hash::try_from(bytes).ok());
            hashes.push(hash.ok_or(wrong("a line of it is not a hash in base64"))?);
            if hashes.len() > HASHES_MAX {
                return Err(wrong("it has more hashes than a log can need"));
            }
        }
        SignedNote::parse(checkpoint.as_bytes())?;
        Ok(Self { extra, index, hashes, checkpoint: checkpoint.to_owned() })
    }

    /// Whether it proves the entry with this leaf hash, by the log's key. Gives the checkpoint.
    ///
    /// # Errors
    /// When the checkpoint is not the log's, or the hashes do not lead to its root.
    pub fn check(&self, leaf: &Hash, vkey: &Vkey) -> Result<Checkpoint, ProofError> {
        let checkpoint = Checkpoint::open(self.checkpoint.as_bytes(), vkey)?;
        if verify_inclusion(leaf, self.index, checkpoint.size, &self.hashes, &checkpoint.root) {
            Ok(checkpoint)
        } else {
            Err(ProofError::NotIncluded(self.index))
        }
    }

    /// Whether it proves the entry that it carries, and what that entry says.
    ///
    /// # Errors
    /// As [`LogProof::check`], and when it carries no entry or one with another number.
    pub fn check_carried(&self, vkey: &Vkey) -> Result<(Checkpoint, Leaf), ProofError> {
        let carried = self.extra.as_deref().ok_or(ProofError::NoEntry)?;
        let checkpoint = self.check(&leaf_hash(carried), vkey)?;
        let leaf = Leaf::parse(carried)
            .ok()
            .filter(|leaf| leaf.seq == self.index)
            .ok_or(ProofError::OtherEntry(self.index))?;
        Ok((checkpoint, leaf))
    }

    /// Whether at least `wanted` of these witnesses cosigned its checkpoint. Gives how many did.
    ///
    /// # Errors
    /// When fewer did, or a line by one of them is false.
    pub fn check_witnesses(&self, keys: &[WitnessKey], wanted: usize) -> Result<usize, ProofError> {
        let found = witnesses_of(&SignedNote::parse(self.checkpoint.as_bytes())?, keys)?;
        if found < wanted { Err(ProofError::Witnesses { found, wanted }) } else { Ok(found) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::cosign::tests::cosigner;
    use super::super::cosign::with_cosignatures;
    use super::super::entry::tests::log;
    use super::super::export::tests::{ORIGIN, checkpoints};
    use super::super::note::tests::signer;
    use super::super::tiles::Plan;
    use super::super::tiles::tests::all_tiles;
    use super::*;

    fn proof(leaves: &[Vec<u8>], index: u64) -> LogProof {
        let size = leaves.len() as u64;
        let hashes: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        LogProof {
            extra: Some(leaves[index as usize].clone()),
            index,
            hashes: Plan::inclusion(index, size).unwrap().hashes(&all_tiles(&hashes)).unwrap(),
            checkpoint: checkpoints(leaves, &[size]).remove(0),
        }
    }

    #[test]
    fn a_proof_has_the_form_of_the_published_text() {
        let (leaves, _) = log(3);
        let text = proof(&leaves, 1).to_text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "c2sp.org/tlog-proof@v1");
        assert!(lines[1].starts_with("extra ") && lines[2] == "index 1");
        // Two siblings, an empty line, and the checkpoint as it is.
        assert!(lines[5].is_empty() && lines[6] == ORIGIN && lines[7] == "3");
        let without = LogProof { extra: None, ..proof(&leaves, 1) };
        assert!(without.to_text().lines().nth(1).unwrap().starts_with("index 1"));
        assert_eq!(LogProof::parse(without.to_text().as_bytes()), Ok(without.clone()));
        assert_eq!(without.check_carried(signer(ORIGIN, 1).vkey()), Err(ProofError::NoEntry));
    }

    #[test]
    fn every_entry_of_a_log_has_a_proof_and_no_other_entry_passes_for_it() {
        let key = signer(ORIGIN, 1).vkey().clone();
        for size in [1, 2, 3, 7, 20, 257] {
            let (leaves, _) = log(size);
            for index in 0..size.min(20) {
                let made = proof(&leaves, index);
                let read = LogProof::parse(made.to_text().as_bytes()).unwrap();
                assert_eq!(read, made);
                let (checkpoint, leaf) = read.check_carried(&key).unwrap();
                assert_eq!((checkpoint.size, leaf.seq), (size, index));
                let other =
                    LogProof { extra: Some(leaves[((index + 1) % size) as usize].clone()), ..made.clone() };
                assert!(size == 1 || other.check_carried(&key) == Err(ProofError::NotIncluded(index)));
                assert!(made.check_carried(signer(ORIGIN, 2).vkey()).is_err());
                assert!(made.check_carried(signer("other.example/log", 1).vkey()).is_err());
            }
        }
        // Something that is logged and is no entry is not passed off as one.
        let strange = vec![b"{}".to_vec()];
        let bent = proof(&strange, 0);
        assert_eq!(bent.check_carried(&key), Err(ProofError::OtherEntry(0)));
    }

    #[test]
    fn every_flipped_bit_of_a_proof_is_refused() {
        let key = signer(ORIGIN, 1).vkey().clone();
        let (leaves, _) = log(7);
        let text = proof(&leaves, 4).to_text().into_bytes();
        for bit in 0..text.len() * 8 {
            let mut bent = text.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            let believed = LogProof::parse(&bent).and_then(|proof| proof.check_carried(&key).map(|_| ()));
            assert!(believed.is_err(), "bit {bit}");
        }
        for cut in 0..text.len() {
            assert!(LogProof::parse(&text[..cut]).and_then(|proof| proof.check_carried(&key)).is_err());
        }
    }

    #[test]
    fn witnesses_are_counted_once_each() {
        let (leaves, _) = log(5);
        let mut made = proof(&leaves, 2);
        let (one, two) = (cosigner("lunden.example/w", 2), cosigner("viken.example/w", 3));
        let keys = [one.key().clone(), two.key().clone()];
        let wanted = |wanted| Err(ProofError::Witnesses { found: 0, wanted });
        assert_eq!(made.check_witnesses(&keys, 1), wanted(1));
        assert_eq!(made.check_witnesses(&keys, 0), Ok(0));
        let text = SignedNote::parse(made.checkpoint.as_bytes()).unwrap().unverified_text().to_owned();
        let lines = format!("{}{}", one.line(&text, 9), two.line(&text, 9));
        made.checkpoint = with_cosignatures(&made.checkpoint, &lines, &keys).unwrap();
        assert_eq!(made.check_witnesses(&keys, 2), Ok(2));
        assert_eq!(made.check_witnesses(&keys[..1], 2), Err(ProofError::Witnesses { found: 1, wanted: 2 }));
        // The cosigned checkpoint proves the same.
        assert!(made.check_carried(signer(ORIGIN, 1).vkey()).is_ok());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_no_proof_and_do_not_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            text in "(c2sp.org/tlog-proof@v1\n)?(extra [A-Za-z=]{0,9}\n)?(index [0-9+-]{0,3}\n)?[A-Za-z=\n]{0,60}",
        ) {
            prop_assert!(LogProof::parse(&bytes).is_err());
            prop_assert!(LogProof::parse(text.as_bytes()).is_err());
        }
    }
}
