//! Signed notes and checkpoints, byte for byte as C2SP `signed-note` and `tlog-checkpoint` say, so
//! that any program of that family reads them.
//!
//! A note is text that ends in a newline, an empty line, and signature lines
//! `— NAME BASE64(key id ‖ signature)`. Lines by keys that the reader does not know are ignored
//! (a witness may have added one); a line by a known key that does not verify makes the whole note
//! worthless. Only Ed25519 (type 1) is known here; cosignatures of witnesses are in `cosign`. Nothing here reads files or a clock.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::Hash;

/// The signature type of Ed25519 in key ids and verifier keys.
const ED25519: u8 = 1;
/// The longest note that is read, in bytes.
pub const NOTE_BYTES_MAX: usize = 1_000_000;
/// The most signature lines of a note.
pub const SIGNATURES_MAX: usize = 100;
/// What opens a signature line: an em dash and a space.
pub(crate) const SIGNATURE_MARK: &str = "\u{2014} ";

/// Why a note, checkpoint or key is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// A key name with a space, a plus sign, a control character, or nothing in it.
    #[error(
        "a log or key name must have at least one character and no space, plus sign or control character"
    )]
    Name,
    /// A verifier key that is none.
    #[error("not a verifier key: expected NAME+8 HEX DIGITS+BASE64 of an Ed25519 key, as in the file `vkey`")]
    Vkey,
    /// A witness's key that is none.
    #[error("not a witness's key: expected NAME+8 HEX DIGITS+BASE64 of an Ed25519 key of signature type 4")]
    Witness,
    /// Bytes that are no signed note.
    #[error("not a signed note: {0}")]
    Malformed(&'static str),
    /// No line by the key asked for.
    #[error("the note is not signed by the key asked for")]
    Unsigned,
    /// A line by the key asked for that does not verify.
    #[error("the note carries a false signature")]
    FalseSignature,
    /// A note whose text is no checkpoint.
    #[error("not a checkpoint: {0}")]
    Checkpoint(&'static str),
}

pub(super) fn valid_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

/// The first four bytes of SHA-256 over name, newline, signature type and public key.
pub(super) fn key_id(name: &str, kind: u8, public: &[u8; 32]) -> [u8; 4] {
    let digest = Sha256::new().chain_update(name).chain_update([b'\n', kind]).chain_update(public).finalize();
    let [a, b, c, d, ..] = <[u8; 32]>::from(digest);
    [a, b, c, d]
}

/// Reads `NAME+HEX+BASE64` of a key of this signature type; space around it is ignored. Nothing when
/// its parts do not fit each other, or the key is one that verifies signatures that nobody made.
pub(super) fn parse_key(text: &str, kind: u8) -> Option<(String, [u8; 4], VerifyingKey)> {
    let mut parts = text.trim().splitn(3, '+');
    let (name, id, key) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = BASE64.decode(key).ok()?;
    let public = <[u8; 32]>::try_from(bytes.strip_prefix(&[kind])?).ok()?;
    let key = VerifyingKey::from_bytes(&public).ok().filter(|key| !key.is_weak())?;
    let known = key_id(name, kind, &public);
    (valid_name(name) && hex::encode(known) == id).then(|| (name.to_owned(), known, key))
}

/// A verifier key: the name of a log, and the key that its checkpoints are signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vkey {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

impl Vkey {
    fn new(name: &str, key: VerifyingKey) -> Result<Self, NoteError> {
        if !valid_name(name) {
            return Err(NoteError::Name);
        }
        Ok(Self { name: name.to_owned(), id: key_id(name, ED25519, key.as_bytes()), key })
    }

    /// Reads `NAME+HEX+BASE64`; space around it is ignored.
    ///
    /// # Errors
    /// When it is not one, or its parts do not fit each other.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let (name, id, key) = parse_key(text, ED25519).ok_or(NoteError::Vkey)?;
        Ok(Self { name, id, key })
    }

    /// The key's name, which is the log's name (origin).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl std::fmt::Display for Vkey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let public: Vec<u8> = std::iter::once(ED25519).chain(*self.key.as_bytes()).collect();
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id), BASE64.encode(public))
    }
}

/// Signs notes under a name. The key is overwritten on drop.
pub struct Signer {
    key: SigningKey,
    vkey: Vkey,
}

impl Signer {
    /// A signer from a 32-byte Ed25519 seed.
    ///
    /// # Errors
    /// When the name is not one that a note can carry.
    pub(crate) fn new(name: &str, seed: &Zeroizing<[u8; 32]>) -> Result<Self, NoteError> {
        let key = SigningKey::from_bytes(seed);
        let vkey = Vkey::new(name, key.verifying_key())?;
        Ok(Self { key, vkey })
    }

    /// The key by which others verify.
    #[must_use]
    pub fn vkey(&self) -> &Vkey {
        &self.vkey
    }

    /// A signature line for a note's text.
    fn line(&self, text: &str) -> String {
        let mut bytes = self.vkey.id.to_vec();
        bytes.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        format!("{SIGNATURE_MARK}{} {}\n", self.vkey.name, BASE64.encode(bytes))
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.vkey.name)
    }
}

/// A signature line, not yet believed.
pub(super) struct SignatureLine {
    pub(super) name: String,
    pub(super) id: [u8; 4],
    pub(super) signature: Vec<u8>,
}

/// A note that was read, not yet believed.
pub struct SignedNote {
    text: String,
    lines: Vec<SignatureLine>,
}

impl SignedNote {
    /// Signs a text, which must end in a newline.
    ///
    /// # Errors
    /// When the text cannot be a note's text.
    pub fn sign(text: &str, signer: &Signer) -> Result<String, NoteError> {
        check_text(text)?;
        Ok(format!("{text}\n{}", signer.line(text)))
    }

    /// Reads a note.
    ///
    /// # Errors
    /// [`NoteError::Malformed`] with what is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(NoteError::Malformed("it is too long"));
        }
        let note = std::str::from_utf8(bytes).map_err(|_| NoteError::Malformed("it is not UTF-8"))?;
        if note.chars().any(|c| c < ' ' && c != '\n') {
            return Err(NoteError::Malformed("it has a control character"));
        }
        let split =
            note.rfind("\n\n").ok_or(NoteError::Malformed("it has no empty line before signatures"))?;
        let (text, block) = note.split_at(split + 1);
        check_text(text)?;
        let block = block.strip_prefix('\n').unwrap_or(block);
        let block = block.strip_suffix('\n').ok_or(NoteError::Malformed("its last line is not complete"))?;
        let mut lines = Vec::new();
        for line in block.split('\n') {
            if lines.len() == SIGNATURES_MAX {
                return Err(NoteError::Malformed("it has too many signature lines"));
            }
            lines.push(parse_line(line).ok_or(NoteError::Malformed("a signature line is not one"))?);
        }
        Ok(Self { text: text.to_owned(), lines })
    }

    /// The text, before anybody's signature is believed: good for finding out which key to ask for.
    #[must_use]
    pub fn unverified_text(&self) -> &str {
        &self.text
    }

    /// Its signature lines.
    pub(super) fn lines(&self) -> &[SignatureLine] {
        &self.lines
    }

    /// The text, once a line by this key verifies and none by it is false.
    ///
    /// # Errors
    /// [`NoteError::Unsigned`] or [`NoteError::FalseSignature`].
    pub fn verified(&self, vkey: &Vkey) -> Result<&str, NoteError> {
        let mut signed = false;
        for line in self.lines.iter().filter(|line| line.name == vkey.name && line.id == vkey.id) {
            let signature = Signature::from_slice(&line.signature).map_err(|_| NoteError::FalseSignature)?;
            vkey.key
                .verify_strict(self.text.as_bytes(), &signature)
                .map_err(|_| NoteError::FalseSignature)?;
            signed = true;
        }
        if signed { Ok(&self.text) } else { Err(NoteError::Unsigned) }
    }
}

fn check_text(text: &str) -> Result<(), NoteError> {
    if !text.ends_with('\n') {
        return Err(NoteError::Malformed("its text does not end in a newline"));
    }
    if text.chars().any(|c| c < ' ' && c != '\n') {
        return Err(NoteError::Malformed("it has a control character"));
    }
    Ok(())
}

pub(super) fn parse_line(line: &str) -> Option<SignatureLine> {
    let (name, encoded) = line.strip_prefix(SIGNATURE_MARK)?.split_once(' ')?;
    let bytes = BASE64.decode(encoded).ok()?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    (valid_name(name) && !signature.is_empty()).then(|| SignatureLine {
        name: name.to_owned(),
        id: *id,
        signature: signature.to_vec(),
    })
}

/// The statement that a log of `size` entries has this root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The root of the Merkle tree over them.
    pub root: Hash,
    /// Further lines of the text; this program writes none.
    pub extensions: Vec<String>,
}

impl Checkpoint {
    /// The note's text: origin, size, root in base64, extensions; a line each.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(self.root));
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// Reads a note's text.
    ///
    /// # Errors
    /// [`NoteError::Checkpoint`] with what is wrong.
    pub fn from_text(text: &str) -> Result<Self, NoteError> {
        let wrong = NoteError::Checkpoint;
        let body = text.strip_suffix('\n').ok_or(wrong("its last line is not complete"))?;
        let mut lines = body.split('\n');
        let origin = lines.next().filter(|line| !line.is_empty()).ok_or(wrong("it has no origin"))?;
        let digits = lines.next().ok_or(wrong("it has no size"))?;
        let canonical =
            digits == "0" || (!digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit()));
        let size =
            digits.parse().ok().filter(|_| canonical).ok_or(wrong("its size is not a plain number"))?;
        let root = lines.next().ok_or(wrong("it has no root"))?;
        let root = BASE64.decode(root).map_err(|_| wrong("its root is not base64"))?;
        let root = Hash::try_from(root).map_err(|_| wrong("its root is not 32 bytes"))?;
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if extensions.iter().any(String::is_empty) {
            return Err(wrong("it has an empty line"));
        }
        Ok(Self { origin: origin.to_owned(), size, root, extensions })
    }

    /// The signed note. The caller must never sign a checkpoint that contradicts an earlier one.
    ///
    /// # Errors
    /// When the origin is not the signer's name, or the text is no checkpoint.
    pub fn sign(&self, signer: &Signer) -> Result<String, NoteError> {
        if self.origin != signer.vkey.name {
            return Err(NoteError::Checkpoint("its origin is not the signer's name"));
        }
        let text = self.to_text();
        if Self::from_text(&text)? != *self {
            return Err(NoteError::Checkpoint("a line of it holds a newline"));
        }
        SignedNote::sign(&text, signer)
    }

    /// Reads a signed checkpoint of the log that the key belongs to.
    ///
    /// # Errors
    /// When it is no note, not validly signed, no checkpoint, or of another log.
    pub fn open(note: &[u8], vkey: &Vkey) -> Result<Self, NoteError> {
        let note = SignedNote::parse(note)?;
        let checkpoint = Self::from_text(note.verified(vkey)?)?;
        if checkpoint.origin != vkey.name {
            return Err(NoteError::Checkpoint("its origin is another log"));
        }
        Ok(checkpoint)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A signer with a fixed seed.
    pub(crate) fn signer(name: &str, seed: u8) -> Signer {
        Signer::new(name, &Zeroizing::new([seed; 32])).unwrap()
    }

    fn checkpoint(size: u64) -> Checkpoint {
        Checkpoint { origin: "urval.example/log".into(), size, root: [9; 32], extensions: vec![] }
    }

    #[test]
    fn notes_are_byte_for_byte_those_of_another_implementation() {
        // Made with another Ed25519 implementation from the seed of 32 ones, following the C2SP text.
        let log = signer("urval.example/log", 1);
        assert_eq!(
            log.vkey().to_string(),
            "urval.example/log+86a5d5ab+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
        );
        let empty = Checkpoint { root: super::super::merkle::empty_root(), ..checkpoint(0) };
        assert_eq!(
            empty.sign(&log).unwrap(),
            "urval.example/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\
             \u{2014} urval.example/log hqXVqzUiYPSw1p6zSB3xNjURLy+9A0NQdvwgYylCVyXCeRL4/0kMh/HqrfEBkqFlDhvvv\
             +JfHaO141ZGd4E4/a8xDgo=\n"
        );
        assert_eq!(
            checkpoint(42).sign(&log).unwrap(),
            "urval.example/log\n42\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n\n\
             \u{2014} urval.example/log hqXVqxr7LmkuZm97v2OqfqC/OAissk8YFfaBLnal2c8Sv3MYCn4oGaT9dB90gJFavRpy+\
             xWrANCHkKdiRhypL60YVwA=\n"
        );
    }

    #[test]
    fn a_checkpoint_reads_back_and_only_with_its_key() {
        let log = signer("urval.example/log", 1);
        let note = checkpoint(42).sign(&log).unwrap();
        assert_eq!(Checkpoint::open(note.as_bytes(), log.vkey()).unwrap(), checkpoint(42));
        for (other, error) in [
            (signer("urval.example/log", 2), NoteError::Unsigned),
            (signer("other.example/log", 1), NoteError::Unsigned),
        ] {
            assert_eq!(Checkpoint::open(note.as_bytes(), other.vkey()), Err(error));
            assert!(checkpoint(42).sign(&other).is_ok() == (other.vkey().name() == "urval.example/log"));
        }
    }

    #[test]
    fn a_validly_signed_note_about_another_log_is_refused() {
        let log = signer("urval.example/log", 1);
        let other = Checkpoint { origin: "other.example/log".into(), ..checkpoint(42) };
        for text in [other.to_text(), "urval.example/log\nno checkpoint\n".into()] {
            let note = SignedNote::sign(&text, &log).unwrap();
            assert!(SignedNote::parse(note.as_bytes()).unwrap().verified(log.vkey()).is_ok());
            let refused = Checkpoint::open(note.as_bytes(), log.vkey());
            assert!(matches!(refused, Err(NoteError::Checkpoint(_))));
        }
    }

    #[test]
    fn further_signature_lines_are_ignored_unless_they_claim_a_known_key() {
        let log = signer("urval.example/log", 1);
        let witness = signer("witness.example", 2);
        let note = checkpoint(42).sign(&log).unwrap();
        let text = checkpoint(42).to_text();
        let twenty: String =
            (0..20).map(|seed| signer(&format!("w{seed}.example"), seed).line(&text)).collect();
        for more in [witness.line(&text), witness.line("something else\n"), log.line(&text), twenty] {
            for both in [format!("{note}{more}"), format!("{text}\n{more}{}", log.line(&text))] {
                assert_eq!(Checkpoint::open(both.as_bytes(), log.vkey()).unwrap(), checkpoint(42));
            }
        }
        let both = format!("{note}{}", log.line("something else\n"));
        assert_eq!(Checkpoint::open(both.as_bytes(), log.vkey()), Err(NoteError::FalseSignature));
        let only = format!("{text}\n{}", witness.line(&text));
        assert_eq!(Checkpoint::open(only.as_bytes(), log.vkey()), Err(NoteError::Unsigned));
    }

    #[test]
    fn every_flipped_bit_of_a_signed_checkpoint_is_refused() {
        let log = signer("urval.example/log", 1);
        let note = checkpoint(700).sign(&log).unwrap().into_bytes();
        for at in 0..note.len() * 8 {
            let mut bent = note.clone();
            bent[at / 8] ^= 1 << (at % 8);
            assert!(Checkpoint::open(&bent, log.vkey()).is_err(), "bit {at}");
        }
        for cut in 0..note.len() {
            assert!(Checkpoint::open(&note[..cut], log.vkey()).is_err());
        }
    }

    #[test]
    fn notes_and_checkpoints_of_the_wrong_form_are_refused() {
        let line = signer("urval.example/log", 1).line("text\n");
        for bad in [
            String::new(),
            "text\n".into(),
            "text\n\n".into(),
            format!("text\n{line}"),
            format!("te\txt\n\n{line}"),
            format!("text\n\n{}", line.trim_end()),
            format!("text\n\n{line}\n"),
            format!("text\n\n{}", line.replace('\u{2014}', "-")),
            format!("text\n\n{}", line.replace("urval", "ur+val")),
            format!("text\n\n{}", line.replace("urval", "ur val")),
            "text\n\n\u{2014} name AAAA\n".into(),
            format!("text\n\n{}", line.repeat(SIGNATURES_MAX + 1)),
        ] {
            assert!(matches!(SignedNote::parse(bad.as_bytes()), Err(NoteError::Malformed(_))), "{bad:?}");
        }
        let good = checkpoint(10).to_text();
        assert_eq!(Checkpoint::from_text(&good), Ok(checkpoint(10)));
        for bad in [
            good.replace("10\n", "010\n"),
            good.replace("10\n", "+10\n"),
            good.replace("10\n", "-1\n"),
            good.replace("10\n", "18446744073709551616\n"),
            good.replace("10\n", "\n"),
            good.replace("urval.example/log", ""),
            good.trim_end().into(),
            good.replace("=\n", "\n"),
            good.replace("CQk", "CQ"),
            format!("{good}\n"),
            "urval.example/log\n10\n".into(),
        ] {
            assert!(Checkpoint::from_text(&bad).is_err(), "{bad:?}");
        }
        let extended = format!("{good}more\n");
        assert_eq!(Checkpoint::from_text(&extended).unwrap().to_text(), extended);
        let smuggled = Checkpoint { extensions: vec!["a\nb".into()], ..checkpoint(1) };
        assert!(smuggled.sign(&signer("urval.example/log", 1)).is_err());
    }

    #[test]
    fn verifier_keys_read_back_and_damaged_ones_do_not() {
        let vkey = signer("urval.example/log", 1).vkey().clone();
        let text = vkey.to_string();
        assert_eq!(Vkey::parse(&format!(" {text}\n")), Ok(vkey));
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut bent = text.clone().into_bytes();
                bent[at] ^= 1 << bit;
                // A capital in the hexadecimal part or white space at an end is another spelling.
                if let Ok(bent) = String::from_utf8(bent) {
                    assert!(Vkey::parse(&bent).is_err(), "{bent}");
                }
            }
        }
        assert!(Signer::new("two words", &Zeroizing::new([1; 32])).is_err());
        assert!(Signer::new("", &Zeroizing::new([1; 32])).is_err());
        assert_eq!(format!("{:?}", signer("urval.example/log", 1)), "Signer(urval.example/log)");
        // The neutral point as a key would accept forged signatures.
        let mut weak = [0; 32];
        weak[0] = 1;
        let weak = Vkey::new("weak.example", VerifyingKey::from_bytes(&weak).unwrap()).unwrap();
        assert_eq!(Vkey::parse(&weak.to_string()), Err(NoteError::Vkey));
    }

    proptest! {
        #[test]
        fn arbitrary_text_is_refused_without_a_panic(
            text in "[—a\n +=A-Z0-9]{0,80}",
            bytes in proptest::collection::vec(any::<u8>(), 0..80),
        ) {
            let vkey = signer("a", 1).vkey().clone();
            prop_assert!(Checkpoint::open(text.as_bytes(), &vkey).is_err());
            prop_assert!(Checkpoint::open(&bytes, &vkey).is_err());
            let _ = Checkpoint::from_text(&text);
            prop_assert!(Vkey::parse(&text).is_err());
        }
    }
}
