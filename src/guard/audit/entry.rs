//! What an entry says, the leaf that is hashed, its details, and the head that the next one extends.
//!
//! A leaf holds codes and ids only, and enforces it: every text in it is short and of letters,
//! digits and a few signs, with no space and no `@`, so that a name or an e-mail address put there
//! by mistake is refused. Whatever may be personal goes into the details.

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::Hash;
use super::merkle::{Frontier, leaf_hash};
use super::note::Checkpoint;
use crate::clock::{Chance, Moment, NoChance};
use crate::guard::vault::Opened;

/// The longest leaf, in bytes.
pub const LEAF_BYTES_MAX: usize = 4096;
/// The longest details as JSON, in bytes.
pub const DETAIL_BYTES_MAX: usize = 64 * 1024;
/// The longest code or id in a leaf, in bytes.
pub const CODE_BYTES_MAX: usize = 128;
/// The largest whole number that every JSON reader reads exactly.
const INTEGER_MAX: u64 = (1 << 53) - 1;
const SALT_BYTES: usize = 32;

/// An entry's random id. It is known before the entry has a number, so a person's tag and the place of
/// the sealed details are bound to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(pub(crate) [u8; 16]);

impl EventId {
    /// The stored form.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl std::fmt::Display for EventId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// What became of what was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The policies allowed it; data may follow.
    Allowed,
    /// The policies refused it; nothing was shown or changed.
    Refused,
    /// It was done, in the same transaction as this entry.
    Done,
}

impl Outcome {
    /// The name in the log.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Done => "done",
        }
    }

    /// Reads the name in the log.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        [Self::Allowed, Self::Refused, Self::Done].into_iter().find(|outcome| outcome.code() == code)
    }
}

/// What the caller says in an entry.
#[derive(Clone, PartialEq)]
pub struct Entry {
    /// When.
    pub time: Moment,
    /// What was tried: a code such as `application.read`.
    pub action: String,
    /// For which purpose (ändamål): a code.
    pub purpose: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Who: an id or pseudonym, never a name.
    pub actor: String,
    /// In which role: a code.
    pub role: String,
    /// For which organisation: its id.
    pub organisation: Option<String>,
    /// Whom it concerns, as an unlinkable mark. [`super::prepare`] sets it.
    pub subject_tag: Option<[u8; 16]>,
    /// The ids of the policies that decided.
    pub policies: Vec<String>,
    /// Ids and reasons. Personal data is possible, so it is sealed and never part of the leaf.
    pub detail: serde_json::Value,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry")
            .field("time", &self.time)
            .field("action", &self.action)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

/// Why an entry cannot be written or read. Names fields and limits, never content.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// A code or id that could hold personal text.
    #[error(
        "`{field}` of a log entry must be a code or an id: 1 to {CODE_BYTES_MAX} characters of A-Z a-z 0-9 \
         . _ : / # ( ) = , + -; put everything else into `detail`"
    )]
    NotACode {
        /// Which field.
        field: &'static str,
    },
    /// Too long.
    #[error("the {what} of a log entry is {bytes} bytes, more than {limit}; say less in it")]
    TooLong {
        /// `leaf` or `detail`.
        what: &'static str,
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A time or number that JSON readers would round.
    #[error("`{0}` of a log entry is outside ±2^53")]
    OutOfRange(&'static str),
    /// Stored details that cannot be read.
    #[error("stored details of a log entry are not in a known form")]
    Details,
    /// The details are not those that the entry was written with.
    #[error("the stored details are not those that log entry {0} was written with")]
    OtherDetails(u64),
    /// Bytes that are no leaf.
    #[error("not a log entry: {0}")]
    NotALeaf(&'static str),
    /// Stored bytes that are no head.
    #[error("the stored head of the log is not in a known form")]
    NotAHead,
    /// No randomness for the commitment.
    #[error(transparent)]
    Chance(#[from] NoChance),
}

/// The details of an entry with its id and the salt that hides them in the commitment; overwritten on
/// drop.
pub struct Payload {
    event: EventId,
    salt: Zeroizing<[u8; SALT_BYTES]>,
    json: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Payload(redacted)")
    }
}

impl Payload {
    /// Details under a fresh id and a fresh salt.
    ///
    /// # Errors
    /// When they are longer than [`DETAIL_BYTES_MAX`] or there is no randomness.
    pub fn new(detail: &serde_json::Value, chance: &Chance) -> Result<Self, EntryError> {
        let json = Zeroizing::new(serde_json::to_vec(detail).map_err(|_| EntryError::Details)?);
        if json.len() > DETAIL_BYTES_MAX {
            return Err(EntryError::TooLong { what: "detail", bytes: json.len(), limit: DETAIL_BYTES_MAX });
        }
        let event = EventId(chance.bytes::<16>()?);
        Ok(Self { event, salt: Zeroizing::new(chance.bytes::<SALT_BYTES>()?), json })
    }

    /// The entry's id.
    #[must_use]
    pub fn event(&self) -> EventId {
        self.event
    }

    /// SHA-256(0x02 ‖ salt ‖ JSON): says nothing about the details once the salt is destroyed.
    #[must_use]
    pub fn commitment(&self) -> Hash {
        Sha256::new()
            .chain_update([2])
            .chain_update(self.salt.as_slice())
            .chain_update(self.json.as_slice())
            .finalize()
            .into()
    }

    /// The bytes to seal: id, salt, then JSON.
    #[must_use]
    pub fn to_sealable(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(16 + SALT_BYTES + self.json.len()));
        out.extend_from_slice(&self.event.0);
        out.extend_from_slice(self.salt.as_slice());
        out.extend_from_slice(&self.json);
        out
    }

    /// Reads what [`Payload::to_sealable`] gave.
    ///
    /// # Errors
    /// When it is shorter than an id and a salt.
    pub fn from_opened(opened: &Opened) -> Result<Self, EntryError> {
        let (event, rest) = opened.bytes().split_first_chunk::<16>().ok_or(EntryError::Details)?;
        let (salt, json) = rest.split_first_chunk::<SALT_BYTES>().ok_or(EntryError::Details)?;
        Ok(Self { event: EventId(*event), salt: Zeroizing::new(*salt), json: Zeroizing::new(json.to_vec()) })
    }

    /// The details. They may be personal: the caller holds an access for them.
    ///
    /// # Errors
    /// When they are not JSON.
    pub(crate) fn detail(&self) -> Result<serde_json::Value, EntryError> {
        serde_json::from_slice(&self.json).map_err(|_| EntryError::Details)
    }
}

/// An entry as it is hashed. `entry.detail` is always null here.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// The entry's number, from 0.
    pub seq: u64,
    /// The leaf hash of the entry before it; zeros for the first.
    pub prev: Hash,
    /// The commitment to the details.
    pub commit: Hash,
    /// The entry's random id.
    pub event: EventId,
    /// What the entry says, without details.
    pub entry: Entry,
}

/// What every leaf begins and ends with; the verifier finds its way by them in a damaged file.
pub(crate) const LEAF_START: &[u8] = b"{\"action\":\"";
pub(crate) const LEAF_END: &[u8] = b",\"v\":2}";

impl Leaf {
    /// The canonical bytes: members in alphabetical order, no spaces, absent members left out.
    ///
    /// # Errors
    /// When a field is not a code, a number would be rounded, or the leaf is too long.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EntryError> {
        let entry = &self.entry;
        let named = [
            ("action", Some(&entry.action)),
            ("actor", Some(&entry.actor)),
            ("organisation", entry.organisation.as_ref()),
            ("purpose", Some(&entry.purpose)),
            ("role", Some(&entry.role)),
        ];
        let policies = entry.policies.iter().map(|id| ("policies", Some(id)));
        for (field, text) in named.into_iter().chain(policies) {
            if text.is_some_and(|text| !is_code(text)) {
                return Err(EntryError::NotACode { field });
            }
        }
        if self.seq > INTEGER_MAX {
            return Err(EntryError::OutOfRange("seq"));
        }
        if entry.time.0.unsigned_abs() > INTEGER_MAX {
            return Err(EntryError::OutOfRange("time"));
        }
        // No code needs escaping, so this is the JSON that any canonical writer makes of it.
        let mut text = String::with_capacity(512);
        text.extend(["{\"action\":\"", &entry.action, "\",\"actor\":\"", &entry.actor]);
        text.extend(["\",\"commit\":\"", &hex::encode(self.commit)]);
        text.extend(["\",\"event\":\"", &hex::encode(self.event.0)]);
        if let Some(organisation) = &entry.organisation {
            text.extend(["\",\"organisation\":\"", organisation]);
        }
        text.extend(["\",\"outcome\":\"", entry.outcome.code(), "\",\"policies\":["]);
        for (turn, id) in entry.policies.iter().enumerate() {
            text.extend([if turn == 0 { "\"" } else { ",\"" }, id, "\""]);
        }
        text.extend(["],\"prev\":\"", &hex::encode(self.prev), "\",\"purpose\":\"", &entry.purpose]);
        text.extend(["\",\"role\":\"", &entry.role, "\",\"seq\":", &self.seq.to_string()]);
        if let Some(tag) = entry.subject_tag {
            text.extend([",\"subject_tag\":\"", &hex::encode(tag), "\""]);
        }
        text.extend([",\"time\":", &entry.time.0.to_string(), ",\"v\":2}"]);
        let bytes = text.into_bytes();
        if bytes.len() > LEAF_BYTES_MAX {
            return Err(EntryError::TooLong { what: "leaf", bytes: bytes.len(), limit: LEAF_BYTES_MAX });
        }
        Ok(bytes)
    }

    /// Reads a leaf. Only the canonical bytes are accepted, so each entry has one spelling.
    ///
    /// # Errors
    /// When it is not one.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > LEAF_BYTES_MAX {
            return Err(EntryError::NotALeaf("it is too long"));
        }
        Reader(bytes).leaf().ok_or(EntryError::NotALeaf("it is not in the canonical form of version 2"))
    }

    /// Whether these details are the ones that the entry was written with.
    #[must_use]
    pub fn commitment_matches(&self, payload: &Payload) -> bool {
        self.event == payload.event && self.commit == payload.commitment()
    }
}

/// An entry that is written but has no number yet: a leaf with number 0 and no predecessor. Only the
/// sequencer gives it both, in the order in which it signs.
#[derive(Clone, Debug, PartialEq)]
pub struct Unnumbered(Leaf);

impl Unnumbered {
    /// What will be said in the log, with the commitment to its details.
    ///
    /// # Errors
    /// When the entry breaks a limit. Checked here, so that numbering it cannot fail later.
    pub fn new(entry: Entry, payload: &Payload) -> Result<Self, EntryError> {
        let entry = Entry { detail: serde_json::Value::Null, ..entry };
        let leaf = Leaf { seq: 0, prev: [0; 32], commit: payload.commitment(), event: payload.event, entry };
        // The longest number has 16 digits.
        let spare = leaf.to_bytes()?.len() + 15;
        if spare > LEAF_BYTES_MAX {
            return Err(EntryError::TooLong { what: "leaf", bytes: spare, limit: LEAF_BYTES_MAX });
        }
        Ok(Self(leaf))
    }

    /// The entry's id.
    #[must_use]
    pub fn event(&self) -> EventId {
        self.0.event
    }

    /// When it happened.
    #[must_use]
    pub fn time(&self) -> Moment {
        self.0.entry.time
    }

    /// The stored form.
    ///
    /// # Errors
    /// As [`Leaf::to_bytes`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, EntryError> {
        self.0.to_bytes()
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// When it is no leaf, or has a number already.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        let leaf = Leaf::parse(bytes)?;
        if leaf.seq != 0 || leaf.prev != [0; 32] {
            return Err(EntryError::NotALeaf("a waiting entry has a number already"));
        }
        Ok(Self(leaf))
    }
}

fn is_code(text: &str) -> bool {
    (1..=CODE_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:/#()=,+-".contains(&byte))
}

/// Reads the canonical form and nothing else, so what it reads is written again byte for byte.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn leaf(mut self) -> Option<Leaf> {
        self.literal("{\"action\":")?;
        let action = self.code()?;
        self.literal(",\"actor\":")?;
        let actor = self.code()?;
        self.literal(",\"commit\":")?;
        let commit = self.digest()?;
        self.literal(",\"event\":")?;
        let event = EventId(self.digest()?);
        let organisation = match self.literal(",\"organisation\":") {
            Some(()) => Some(self.code()?),
            None => None,
        };
        self.literal(",\"outcome\":")?;
        let outcome = Outcome::parse(&self.code()?)?;
        self.literal(",\"policies\":[")?;
        let mut policies = Vec::new();
        while self.literal("]").is_none() {
            if !policies.is_empty() {
                self.literal(",")?;
            }
            policies.push(self.code()?);
        }
        self.literal(",\"prev\":")?;
        let prev = self.digest()?;
        self.literal(",\"purpose\":")?;
        let purpose = self.code()?;
        self.literal(",\"role\":")?;
        let role = self.code()?;
        self.literal(",\"seq\":")?;
        let seq = u64::try_from(self.integer()?).ok()?;
        let subject_tag = match self.literal(",\"subject_tag\":") {
            Some(()) => Some(self.digest()?),
            None => None,
        };
        self.literal(",\"time\":")?;
        let time = Moment(self.integer()?);
        self.literal(",\"v\":2}")?;
        let detail = serde_json::Value::Null;
        self.0.is_empty().then_some(Leaf {
            seq,
            prev,
            commit,
            event,
            entry: Entry {
                time,
                action,
                purpose,
                outcome,
                actor,
                role,
                organisation,
                subject_tag,
                policies,
                detail,
            },
        })
    }

    fn literal(&mut self, text: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(text.as_bytes())?;
        Some(())
    }

    fn quoted(&mut self) -> Option<&str> {
        let rest = self.0.strip_prefix(b"\"")?;
        let (text, rest) = rest.split_at_checked(rest.iter().position(|byte| *byte == b'"')?)?;
        self.0 = rest.strip_prefix(b"\"")?;
        std::str::from_utf8(text).ok()
    }

    fn code(&mut self) -> Option<String> {
        self.quoted().filter(|text| is_code(text)).map(str::to_owned)
    }

    fn digest<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut out = [0; N];
        let digits = self.quoted().filter(|text| !text.bytes().any(|byte| byte.is_ascii_uppercase()))?;
        hex::decode_to_slice(digits, &mut out).ok()?;
        Some(out)
    }

    fn integer(&mut self) -> Option<i64> {
        let length = self.0.iter().position(|byte| !matches!(byte, b'-' | b'0'..=b'9'))?;
        let (text, rest) = self.0.split_at_checked(length)?;
        let digits = text.strip_prefix(b"-").unwrap_or(text);
        // One spelling: no leading zero, no minus zero.
        let plain = text == b"0" || digits.first().is_some_and(|first| *first != b'0');
        self.0 = rest;
        std::str::from_utf8(text)
            .ok()?
            .parse::<i64>()
            .ok()
            .filter(|number| plain && number.unsigned_abs() <= INTEGER_MAX)
    }
}

/// A leaf with its number and hash, as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafRecord {
    /// The entry's number, from 0.
    pub seq: u64,
    /// The canonical bytes.
    pub leaf: Vec<u8>,
    /// SHA-256(0x00 ‖ leaf).
    pub hash: Hash,
}

/// All that is needed to append the next entry: the number of entries, the last one's hash, and the
/// right edge of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    last_leaf: Hash,
    frontier: Frontier,
}

impl Head {
    /// The head of a log without entries.
    #[must_use]
    pub fn empty() -> Self {
        Self { last_leaf: [0; 32], frontier: Frontier::new() }
    }

    /// The number of entries; also the number that the next entry gets.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.frontier.len()
    }

    /// The last entry's leaf hash; zeros when there is none.
    #[must_use]
    pub fn last_leaf(&self) -> &Hash {
        &self.last_leaf
    }

    /// The tree's root.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The statement to sign about this state of the log.
    #[must_use]
    pub fn checkpoint(&self, origin: &str) -> Checkpoint {
        Checkpoint { origin: origin.to_owned(), size: self.size(), root: self.root(), extensions: Vec::new() }
    }

    /// Gives the next entry its number and moves the head past it. An entry exists once the caller has
    /// stored both.
    ///
    /// # Errors
    /// When the number would be rounded by JSON readers; the head is then as it was.
    pub fn number(&mut self, next: &Unnumbered) -> Result<LeafRecord, EntryError> {
        let leaf = Leaf { seq: self.size(), prev: self.last_leaf, ..next.0.clone() };
        let bytes = leaf.to_bytes()?;
        let hash = leaf_hash(&bytes);
        self.frontier.push(hash);
        self.last_leaf = hash;
        Ok(LeafRecord { seq: leaf.seq, leaf: bytes, hash })
    }

    /// The head after the leaves with these hashes, to compare with a stored one.
    #[must_use]
    pub fn of_hashes(hashes: impl IntoIterator<Item = Hash>) -> Self {
        let mut head = Self::empty();
        for hash in hashes {
            head.frontier.push(hash);
            head.last_leaf = hash;
        }
        head
    }

    /// The stored form: a version byte, the last leaf's hash, the frontier.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![1];
        out.extend_from_slice(&self.last_leaf);
        out.extend_from_slice(&self.frontier.to_bytes());
        out
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// When it is not one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EntryError> {
        let rest = bytes.strip_prefix(&[1]).ok_or(EntryError::NotAHead)?;
        let (last_leaf, rest) = rest.split_first_chunk::<32>().ok_or(EntryError::NotAHead)?;
        let frontier = Frontier::from_bytes(rest).ok_or(EntryError::NotAHead)?;
        // The last leaf of a log of odd length stands in the frontier too.
        let consistent = match frontier.len() {
            0 => last_leaf == &[0; 32],
            odd if odd % 2 == 1 => frontier.last() == Some(last_leaf),
            _ => true,
        };
        if !consistent {
            return Err(EntryError::NotAHead);
        }
        Ok(Self { last_leaf: *last_leaf, frontier })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An entry of varied content; `turn` chooses.
    pub(crate) fn sample(turn: u64) -> Entry {
        Entry {
            time: Moment(1_795_000_000_000_000 + turn as i64 * 1_234_567),
            action: ["application.read", "shortlist.sign", "login"][turn as usize % 3].into(),
            purpose: ["review", "decision", "operation"][turn as usize % 3].into(),
            outcome: [Outcome::Allowed, Outcome::Refused, Outcome::Done][turn as usize % 3],
            actor: format!("m-{}", turn % 11),
            role: "assessor".into(),
            organisation: (!turn.is_multiple_of(4)).then(|| format!("org-{}", turn % 5)),
            subject_tag: turn.is_multiple_of(2).then_some([turn as u8; 16]),
            policies: (0..turn % 3).map(|id| format!("policy-{id}")).collect(),
            detail: serde_json::json!({"turn": turn, "reason": "påhittad", "score": 0.5}),
        }
    }

    /// The next entry's leaf and the head after it.
    pub(crate) fn append(
        head: &Head,
        entry: &Entry,
        payload: &Payload,
    ) -> Result<(LeafRecord, Head), EntryError> {
        let mut next = head.clone();
        let record = next.number(&Unnumbered::new(entry.clone(), payload)?)?;
        Ok((record, next))
    }

    /// A log of `size` sample entries: leaves and head.
    pub(crate) fn log(size: u64) -> (Vec<Vec<u8>>, Head) {
        let chance = Chance::seeded(size);
        let mut head = Head::empty();
        let mut leaves = Vec::new();
        for turn in 0..size {
            let entry = sample(turn);
            let (record, next) =
                append(&head, &entry, &Payload::new(&entry.detail, &chance).unwrap()).unwrap();
            assert_eq!(record.seq, turn);
            leaves.push(record.leaf);
            head = next;
        }
        (leaves, head)
    }

    fn payload() -> Payload {
        Payload::new(&serde_json::json!({"a": 1}), &Chance::seeded(1)).unwrap()
    }

    #[test]
    fn a_leaf_is_canonical_json_with_sorted_members_and_no_details() {
        let (record, _) = append(&Head::empty(), &sample(2), &payload()).unwrap();
        let text = String::from_utf8(record.leaf.clone()).unwrap();
        let expected = format!(
            "{{\"action\":\"login\",\"actor\":\"m-2\",\"commit\":\"{}\",\"event\":\"{}\",\"organisation\":\"org-2\",\
             \"outcome\":\"done\",\"policies\":[\"policy-0\",\"policy-1\"],\"prev\":\"{}\",\
             \"purpose\":\"operation\",\"role\":\"assessor\",\"seq\":0,\"subject_tag\":\"{}\",\
             \"time\":1795000002469134,\"v\":2}}",
            hex::encode(payload().commitment()),
            payload().event(),
            "00".repeat(32),
            "02".repeat(16),
        );
        assert_eq!(text, expected);
        assert!(record.leaf.starts_with(LEAF_START) && record.leaf.ends_with(LEAF_END));
        assert_eq!(record.hash, <[u8; 32]>::from(Sha256::digest([&[0], &record.leaf[..]].concat())));
    }

    #[test]
    fn every_leaf_reads_back_and_chains_to_the_one_before() {
        let (leaves, head) = log(40);
        let mut prev = [0; 32];
        for (seq, bytes) in leaves.iter().enumerate() {
            let leaf = Leaf::parse(bytes).unwrap();
            assert_eq!((leaf.seq, leaf.prev), (seq as u64, prev));
            let said = Entry { detail: serde_json::Value::Null, ..sample(seq as u64) };
            assert_eq!(leaf.entry, said);
            prev = leaf_hash(bytes);
        }
        assert_eq!(head.last_leaf(), &prev);
        assert_eq!(head, Head::of_hashes(leaves.iter().map(|leaf| leaf_hash(leaf))));
    }

    #[test]
    fn a_leaf_is_what_a_json_library_writes_of_it_in_sorted_order() {
        for leaf in log(12).0 {
            let value: std::collections::BTreeMap<String, serde_json::Value> =
                serde_json::from_slice(&leaf).unwrap();
            assert_eq!(serde_json::to_vec(&value).unwrap(), leaf);
        }
    }

    #[test]
    fn only_one_spelling_of_a_leaf_is_read() {
        let (leaves, _) = log(3);
        let text = String::from_utf8(leaves[1].clone()).unwrap();
        for other in [
            text.replace("\"v\":2", "\"v\": 2"),
            text.replace("\"v\":2", "\"v\":1"),
            text.replace("\"seq\":1", "\"seq\":01"),
            text.replace("\"seq\":1", "\"seq\":1.0"),
            text.replace("\"v\":2", "\"v\":2,\"w\":1"),
            text.replace("\"role\":\"assessor\"", "\"role\":\"\\u0061ssessor\""),
            text.replace(",\"time\"", ",\"subject_tag\":null,\"time\""),
            text.replace("org-1", "org 1"),
            text.replace("[\"policy-0\"]", "[\"policy-0\",]"),
            text.replace("[\"policy-0\"]", "[,\"policy-0\"]"),
            format!("{text}\n"),
            text.to_uppercase(),
        ] {
            assert!(other != text && Leaf::parse(other.as_bytes()).is_err(), "{other}");
        }
        let commit = hex::encode(Leaf::parse(&leaves[1]).unwrap().commit);
        let upper = text.replace(&commit, &commit.to_uppercase());
        assert!(upper != text && Leaf::parse(upper.as_bytes()).is_err());
        for (time, read) in
            [("-5", true), ("-0", false), ("00", false), ("0", true), ("9007199254740992", false)]
        {
            let other = text.replace("1795000001234567", time);
            assert!(other != text);
            assert_eq!(Leaf::parse(other.as_bytes()).is_ok(), read, "{time}");
        }
    }

    #[test]
    fn names_and_addresses_cannot_get_into_a_leaf() {
        for bad in ["Åsa", "asa@example.org", "two words", "", "a\"b", "a\\b", "a\nb", &"x".repeat(129)] {
            for field in 0..6 {
                let mut entry = sample(2);
                match field {
                    0 => entry.action = bad.into(),
                    1 => entry.actor = bad.into(),
                    2 => entry.purpose = bad.into(),
                    3 => entry.role = bad.into(),
                    4 => entry.organisation = Some(bad.into()),
                    _ => entry.policies = vec!["fine".into(), bad.into()],
                }
                let error = append(&Head::empty(), &entry, &payload()).unwrap_err();
                assert!(matches!(error, EntryError::NotACode { .. }));
                assert!(bad.len() < 3 || !error.to_string().contains(bad));
            }
        }
    }

    #[test]
    fn limits_are_kept() {
        let mut entry = sample(1);
        entry.policies = vec!["p".repeat(128); 40];
        assert!(matches!(
            append(&Head::empty(), &entry, &payload()),
            Err(EntryError::TooLong { what: "leaf", .. })
        ));
        for time in [i64::MAX, i64::MIN, 1 << 53] {
            let entry = Entry { time: Moment(time), ..sample(1) };
            assert!(matches!(
                append(&Head::empty(), &entry, &payload()),
                Err(EntryError::OutOfRange("time"))
            ));
        }
        let detail = serde_json::json!("x".repeat(DETAIL_BYTES_MAX));
        assert!(matches!(Payload::new(&detail, &Chance::seeded(1)), Err(EntryError::TooLong { .. })));
        let detail = serde_json::json!("x".repeat(DETAIL_BYTES_MAX - 2));
        assert!(Payload::new(&detail, &Chance::seeded(1)).is_ok());
    }

    #[test]
    fn a_commitment_holds_for_its_details_alone() {
        let chance = Chance::seeded(9);
        let detail = serde_json::json!({"reason": "a", "n": 0.25});
        let payload = Payload::new(&detail, &chance).unwrap();
        let (record, _) = append(&Head::empty(), &sample(1), &payload).unwrap();
        let leaf = Leaf::parse(&record.leaf).unwrap();
        assert!(leaf.commitment_matches(&payload));
        assert!(!leaf.commitment_matches(&Payload::new(&detail, &chance).unwrap()));
        assert_eq!(payload.detail().unwrap(), detail);
        assert_eq!(format!("{payload:?}"), "Payload(redacted)");
        assert!(!format!("{:?}", sample(1)).contains("hittad"));
    }

    #[test]
    fn the_head_survives_storage_and_damage_to_it_is_refused() {
        for size in [0, 1, 2, 3, 7, 8, 255, 256, 257] {
            let (_, head) = log(size);
            let bytes = head.to_bytes();
            assert_eq!(Head::from_bytes(&bytes).unwrap(), head);
            assert_eq!((head.size(), head.checkpoint("urval.example/log").size), (size, size));
            for cut in 0..bytes.len() {
                assert!(Head::from_bytes(&bytes[..cut]).is_err());
            }
            // Of an empty log and of one of odd length the last leaf is known twice.
            let mut bent = bytes.clone();
            bent[1] ^= 1;
            assert_eq!(Head::from_bytes(&bent).is_err(), size == 0 || size % 2 == 1);
            let longer = [&bytes[..], &[0]].concat();
            assert!(Head::from_bytes(&longer).is_err());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn arbitrary_bytes_are_no_leaf_and_no_head_and_do_not_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..300), at in any::<prop::sample::Index>(),
        ) {
            prop_assert!(Leaf::parse(&bytes).is_err());
            let _ = Head::from_bytes(&bytes);
            let (leaves, _) = log(3);
            let mut bent = leaves[2].clone();
            let bit = at.index(bent.len() * 8);
            bent[bit / 8] ^= 1 << (bit % 8);
            if let Ok(leaf) = Leaf::parse(&bent) {
                prop_assert_eq!(leaf.to_bytes().unwrap(), bent);
            }
        }
    }
}
