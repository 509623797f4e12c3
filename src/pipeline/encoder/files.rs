//! Reads a model's files and refuses any whose digest is not the manifest's.
//!
//! The bytes that were verified are the bytes that are used: nothing is read twice, so a file
//! exchanged between check and use changes nothing. The model that travels with the program is verified all
//! the same: the digest in the manifest is what the assessment names.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::manifest::{ModelEntry, ModelFile, Source};
use super::shipped;

/// Why a model's folder is refused.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// A file is not there.
    #[error("the model file {} is not there; put it there, or run `urval model fetch`", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A file is there and cannot be read.
    #[error("the model file {} cannot be read: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not the one the manifest names.
    #[error(
        "the model file {} is not the one in the manifest: expected SHA-256 {expected}, found {found}; \
         do not use it (`urval model fetch` gets a fetched model anew)", path.display()
    )]
    Digest {
        /// Which file.
        path: PathBuf,
        /// The manifest's digest, hex.
        expected: String,
        /// The file's digest, hex.
        found: String,
    },
}

/// The SHA-256 as lower-case hex.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Reads one file and verifies it.
pub(super) fn verified(path: PathBuf, expected: &str) -> Result<Vec<u8>, FileError> {
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
            return Err(FileError::Missing { path });
        }
        Err(source) => return Err(FileError::Read { path, source }),
    };
    same(path, bytes, expected)
}

/// The bytes, when they have the digest.
fn same<B: AsRef<[u8]>>(path: PathBuf, bytes: B, expected: &str) -> Result<B, FileError> {
    let found = sha256(bytes.as_ref());
    if found != expected {
        return Err(FileError::Digest { path, expected: expected.to_owned(), found });
    }
    Ok(bytes)
}

/// Verifies every file of a model and keeps none.
pub(super) fn verify_all(entry: &ModelEntry, dir: &Path) -> Result<(), FileError> {
    for ModelFile { name, sha256 } in &entry.files {
        verified(dir.join(name), sha256)?;
    }
    Ok(())
}

/// Verifies every file and hands back those that an encoder reads.
pub(super) fn read_all(entry: &ModelEntry, dir: &Path) -> Result<Files, FileError> {
    let mut files = Files { config: Cow::default(), tokenizer: Cow::default(), weights: Cow::default() };
    for ModelFile { name, sha256 } in &entry.files {
        let bytes = match &entry.source {
            Source::Shipped => {
                let path = PathBuf::from(format!("{name} (in the program)"));
                let bytes = shipped::file(&entry.name, name)
                    .ok_or_else(|| FileError::Missing { path: path.clone() })?;
                Cow::Borrowed(same(path, bytes, sha256)?)
            }
            Source::Pip { .. } | Source::Folder => Cow::Owned(verified(dir.join(name), sha256)?),
        };
        match name.as_str() {
            "config.json" => files.config = bytes,
            "tokenizer.json" => files.tokenizer = bytes,
            "model.safetensors" => files.weights = bytes,
            _ => {}
        }
    }
    Ok(files)
}

/// The verified bytes. The manifest's own check makes sure that none is left empty.
pub(super) struct Files {
    pub(super) config: Cow<'static, [u8]>,
    pub(super) tokenizer: Cow<'static, [u8]>,
    pub(super) weights: Cow<'static, [u8]>,
}
