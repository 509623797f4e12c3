//! Cosignatures of witnesses, as C2SP `tlog-cosignature` says (Ed25519, type 4): the statement that,
//! at a time, this was the largest consistent head of a log that the witness had seen.
//!
//! A cosignature is one more signature line of a signed checkpoint. It does not make the log's own
//! signature superfluous. A name signs the time as well, so a witness key is never used for anything
//! else. Its key is kept in a file of its own (mode 0600). Nothing here reads a clock.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use super::note::{
    NoteError, SIGNATURE_MARK, SIGNATURES_MAX, SignedNote, key_id, parse_key, parse_line, valid_name,
};
use crate::clock::{Chance, NoChance};

/// The signature type of timestamped Ed25519 cosignatures.
const COSIGNATURE: u8 = 4;

/// The public key of a witness: its name, and the key that its cosignatures verify with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessKey {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

impl WitnessKey {
    /// Reads `NAME+HEX+BASE64` with signature type 4; space around it is ignored.
    ///
    /// # Errors
    /// [`NoteError::Witness`] when it is not one.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let (name, id, key) = parse_key(text, COSIGNATURE).ok_or(NoteError::Witness)?;
        Ok(Self { name, id, key })
    }

    /// The witness's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When this witness cosigned the note, in seconds since 1970; the newest, if it did so twice.
    ///
    /// # Errors
    /// [`NoteError::FalseSignature`] when the note carries a line by this key that does not verify;
    /// [`NoteError::Unsigned`] when it carries none.
    pub fn cosigned_at(&self, note: &SignedNote) -> Result<u64, NoteError> {
        let mut newest = None;
        for line in note.lines().iter().filter(|line| line.name == self.name && line.id == self.id) {
            let at = self.verify(note.unverified_text(), &line.signature).ok_or(NoteError::FalseSignature)?;
            newest = newest.max(Some(at));
        }
        newest.ok_or(NoteError::Unsigned)
    }

    fn verify(&self, text: &str, signature: &[u8]) -> Option<u64> {
        let (time, signature) = signature.split_first_chunk::<8>()?;
        let at = u64::from_be_bytes(*time);
        let signature = Signature::from_slice(signature).ok()?;
        // Times above 2^63 - 1 are not allowed, so that every reader reads the same one.
        i64::try_from(at).ok()?;
        self.key.verify_strict(message(at, text).as_bytes(), &signature).ok().map(|()| at)
    }
}

impl std::fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let public: Vec<u8> = std::iter::once(COSIGNATURE).chain(*self.key.as_bytes()).collect();
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id), BASE64.encode(public))
    }
}

/// What a cosignature signs: two lines before the checkpoint's text.
fn message(at: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {at}\n{text}")
}

/// Cosigns checkpoints under a witness's name. The key is overwritten on drop.
pub struct Cosigner {
    key: SigningKey,
    public: WitnessKey,
}

impl Cosigner {
    /// A cosigner from a 32-byte Ed25519 seed, which must serve for nothing else.
    ///
    /// # Errors
    /// When the name is not one that a note can carry.
    pub fn new(name: &str, seed: &Zeroizing<[u8; 32]>) -> Result<Self, NoteError> {
        let key = SigningKey::from_bytes(seed);
        let public = key.verifying_key();
        if !valid_name(name) {
            return Err(NoteError::Name);
        }
        let id = key_id(name, COSIGNATURE, public.as_bytes());
        Ok(Self { key, public: WitnessKey { name: name.to_owned(), id, key: public } })
    }

    /// The key by which others verify.
    #[must_use]
    pub fn key(&self) -> &WitnessKey {
        &self.public
    }

    /// A signature line for a checkpoint's text at a time (seconds since 1970). The caller has found
    /// it to continue every head of this log that was cosigned before.
    pub(super) fn line(&self, text: &str, at: u64) -> String {
        let mut bytes = self.public.id.to_vec();
        bytes.extend_from_slice(&at.to_be_bytes());
        bytes.extend_from_slice(&self.key.sign(message(at, text).as_bytes()).to_bytes());
        format!("{SIGNATURE_MARK}{} {}\n", self.public.name, BASE64.encode(bytes))
    }
}

/// Why a witness's key file cannot be used. Holds its name, never its content.
#[derive(Debug, thiserror::Error)]
pub enum CosignerError {
    /// Other accounts can read it.
    #[error("`{0}` can be read by other accounts: run `chmod 600` on it")]
    Exposed(std::path::PathBuf),
    /// It is not a key.
    #[error("`{0}` is not a witness's key: one line with its name, one of 64 hexadecimal digits")]
    Malformed(std::path::PathBuf),
    /// The name cannot stand in a note.
    #[error(transparent)]
    Name(#[from] NoteError),
    /// No randomness.
    #[error(transparent)]
    Chance(#[from] NoChance),
    /// The file system refused.
    #[error("could not {doing} `{path}`: {source}", path = .path.display())]
    Io {
        /// What was attempted.
        doing: &'static str,
        /// With which file.
        path: std::path::PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> CosignerError {
    let path = path.to_owned();
    move |source| CosignerError::Io { doing, path, source }
}

impl Cosigner {
    /// Makes a key of this name in a new file that only this account can read.
    ///
    /// # Errors
    /// When the file is there, cannot be written, or the name cannot stand in a note.
    pub fn create(path: &Path, name: &str, chance: &Chance) -> Result<Self, CosignerError> {
        let seed = Zeroizing::new(chance.bytes::<32>()?);
        let cosigner = Self::new(name, &seed)?;
        let text = Zeroizing::new(format!("{name}\n{}\n", *Zeroizing::new(hex::encode(seed.as_slice()))));
        let mut options = std::fs::OpenOptions::new();
        let mut file =
            options.write(true).create_new(true).mode(0o600).open(path).map_err(io_error("create", path))?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io_error("write", path))?;
        Ok(cosigner)
    }

    /// Reads a key.
    ///
    /// # Errors
    /// When the file cannot be read, is open to other accounts, or is no key.
    pub fn open(path: &Path) -> Result<Self, CosignerError> {
        let file = std::fs::File::open(path).map_err(io_error("open", path))?;
        let about = file.metadata().map_err(io_error("look at", path))?;
        if about.permissions().mode() & 0o077 != 0 {
            return Err(CosignerError::Exposed(path.to_owned()));
        }
        let malformed = || CosignerError::Malformed(path.to_owned());
        let mut text = Zeroizing::new(String::with_capacity(1024));
        file.take(1024).read_to_string(&mut text).map_err(io_error("read", path))?;
        let (name, digits) = text.split_once('\n').ok_or_else(malformed)?;
        let mut seed = Zeroizing::new([0; 32]);
        hex::decode_to_slice(digits.trim_end(), seed.as_mut_slice()).map_err(|_| malformed())?;
        Ok(Self::new(name, &seed)?)
    }
}

impl std::fmt::Debug for Cosigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cosigner({})", self.public.name)
    }
}

/// The note with the cosignatures from `answer` (the lines that witnesses gave back) that are by one
/// of these keys, verify, and come from a witness that had not cosigned yet. Anything else in the
/// answer is dropped: it comes from another host.
///
/// # Errors
/// When the note is none, or would have too many signature lines.
pub fn with_cosignatures(note: &str, answer: &str, keys: &[WitnessKey]) -> Result<String, NoteError> {
    let mut out = note.to_owned();
    for line in answer.lines() {
        let parsed = SignedNote::parse(out.as_bytes())?;
        let Some(found) = parse_line(line) else { continue };
        let Some(key) = keys.iter().find(|key| key.name == found.name && key.id == found.id) else {
            continue;
        };
        let fresh = matches!(key.cosigned_at(&parsed), Err(NoteError::Unsigned));
        if fresh && key.verify(parsed.unverified_text(), &found.signature).is_some() {
            if parsed.lines().len() >= SIGNATURES_MAX {
                return Err(NoteError::Malformed("it has too many signature lines"));
            }
            out.push_str(line);
            out.push('\n');
        }
    }
    Ok(out)
}

/// How many of these witnesses cosigned the note, each counted once.
///
/// # Errors
/// [`NoteError::FalseSignature`] when a line by one of them does not verify: then the whole note is
/// worthless.
pub fn witnesses_of(note: &SignedNote, keys: &[WitnessKey]) -> Result<usize, NoteError> {
    let mut counted: Vec<&WitnessKey> = Vec::new();
    for key in keys {
        match key.cosigned_at(note) {
            // One key under two names is one witness.
            Ok(_) if counted.iter().all(|seen| seen.key != key.key) => counted.push(key),
            Ok(_) | Err(NoteError::Unsigned) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(counted.len())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::note::Checkpoint;
    use super::super::note::tests::signer;
    use super::*;

    /// A witness with a fixed seed.
    pub(crate) fn cosigner(name: &str, seed: u8) -> Cosigner {
        Cosigner::new(name, &Zeroizing::new([seed; 32])).unwrap()
    }

    fn note(size: u64) -> String {
        let head = Checkpoint { origin: "urval.example/log".into(), size, root: [9; 32], extensions: vec![] };
        head.sign(&signer("urval.example/log", 1)).unwrap()
    }

    #[test]
    fn a_published_cosignature_verifies_and_another_time_does_not() {
        // The example in the text of C2SP tlog-cosignature, of a log and a witness that exist nowhere.
        let note = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
            \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
            \u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
        let parsed = SignedNote::parse(note.as_bytes()).unwrap();
        let line = &parsed.lines()[1];
        assert_eq!(line.signature.len(), 72);
        let (time, _) = line.signature.split_first_chunk::<8>().unwrap();
        assert_eq!(u64::from_be_bytes(*time), 1_679_315_147);
    }

    #[test]
    fn a_checkpoint_is_cosigned_beside_the_logs_own_signature() {
        let log = signer("urval.example/log", 1);
        let (lunden, viken) = (cosigner("lunden.example/w", 2), cosigner("viken.example/w", 3));
        let plain = note(42);
        let text = SignedNote::parse(plain.as_bytes()).unwrap().unverified_text().to_owned();
        let keys = [lunden.key().clone(), viken.key().clone()];
        let answer = format!("{}junk\n{}", lunden.line(&text, 1_700_000_000), viken.line("other\n", 1));
        let cosigned = with_cosignatures(&plain, &answer, &keys).unwrap();
        // The log's reader sees the same checkpoint; of the two witnesses only one signed this head.
        assert_eq!(Checkpoint::open(cosigned.as_bytes(), log.vkey()).unwrap().size, 42);
        let parsed = SignedNote::parse(cosigned.as_bytes()).unwrap();
        assert_eq!(lunden.key().cosigned_at(&parsed), Ok(1_700_000_000));
        assert_eq!(witnesses_of(&parsed, &keys), Ok(1));
        // A second cosignature by the same witness adds nothing, a stranger's neither.
        let again =
            format!("{}{}", lunden.line(&text, 1_800_000_000), cosigner("x.example", 9).line(&text, 5));
        assert_eq!(with_cosignatures(&cosigned, &again, &keys).unwrap(), cosigned);
        // A false line by a known witness spoils the note.
        let false_line = format!("{plain}{}", viken.line("other\n", 1));
        let parsed = SignedNote::parse(false_line.as_bytes()).unwrap();
        assert_eq!(witnesses_of(&parsed, &keys), Err(NoteError::FalseSignature));
        // The same key under another name is not a second witness.
        let alias = cosigner("alias.example/w", 2);
        let both = format!("{plain}{}{}", lunden.line(&text, 7), alias.line(&text, 7));
        let parsed = SignedNote::parse(both.as_bytes()).unwrap();
        assert_eq!(witnesses_of(&parsed, &[lunden.key().clone(), alias.key().clone()]), Ok(1));
    }

    #[test]
    fn every_flipped_bit_of_a_cosignature_is_refused_or_nobodys() {
        let lunden = cosigner("lunden.example/w", 2);
        let plain = note(42);
        let text = SignedNote::parse(plain.as_bytes()).unwrap().unverified_text().to_owned();
        let line = lunden.line(&text, 1_700_000_000);
        for bit in 0..line.len() * 8 {
            let mut bent = line.clone().into_bytes();
            bent[bit / 8] ^= 1 << (bit % 8);
            let whole = [plain.as_bytes(), &bent].concat();
            let believed =
                SignedNote::parse(&whole).is_ok_and(|note| lunden.key().cosigned_at(&note).is_ok());
            assert!(!believed, "bit {bit}");
        }
    }

    #[test]
    fn a_witness_key_is_not_a_log_key() {
        let key = cosigner("lunden.example/w", 2).key().clone();
        assert_eq!(WitnessKey::parse(&key.to_string()), Ok(key.clone()));
        assert!(super::super::note::Vkey::parse(&key.to_string()).is_err());
        assert_eq!(
            WitnessKey::parse(&signer("lunden.example/w", 2).vkey().to_string()),
            Err(NoteError::Witness)
        );
        assert!(Cosigner::new("two words", &Zeroizing::new([1; 32])).is_err());
        assert_eq!(format!("{:?}", cosigner("w.example", 2)), "Cosigner(w.example)");
    }
}
