//! Two backups that are worth nothing apart: the data, which is ciphertext and a log, and the key store, which
//! never holds ciphertext. Either can be restored alone; neither brings an erased person back.
//!
//! A part is two files: `data.urval-backup` or `keys.urval-backup`, one JSON value a line (docs/formats.md), and
//! beside it a manifest with size, SHA-256 and the size of the log. The manifest is written last: a backup without
//! one was interrupted and is none.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{App, CaseError};
use crate::guard::access::{Access, Act, Actor, Job, Operations, SystemFacts};
use crate::guard::audit::Head;
use crate::guard::audit::note::{Checkpoint, Vkey};
use crate::store::StoreError;
use crate::store::backup::{Cell, Table};

/// The format of a part.
pub const FORMAT: &str = "urval-backup/1";
/// Files of the key folder that are in no backup: the list of erasures, and the key store's own file, whose rows
/// are.
const NOT_COPIED: [&str; 2] = ["erasures", "keystore."];
/// A file of the key folder is not larger.
const KEY_FILE_BYTES_MAX: u64 = 64 * 1024;

/// Why a backup could not be made or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file system refused.
    #[error("could not {doing} `{path}`: {source}", path = .path.display())]
    Io {
        /// What was attempted.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// There is none, or one that was interrupted.
    #[error("there is no whole backup at `{0}`: its manifest is missing; make or fetch it again")]
    NoManifest(PathBuf),
    /// Its bytes are not those that were written.
    #[error("`{0}` is not the file that its manifest describes: it was altered or cut off; fetch it again")]
    Altered(PathBuf),
    /// Something in it cannot be read.
    #[error("`{path}`, line {line}: {what}", path = .path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Made by a version with other tables.
    #[error(
        "the backup was made by version {0}, whose tables differ from this version's: restore it with that version and then start the new one"
    )]
    OtherVersion(String),
    /// Keys and data of different installations.
    #[error("the backup at `{0}` is of another installation: its index key is another one")]
    OtherInstallation(PathBuf),
    /// There is something already.
    #[error("there is an installation here already; give --replace to put the backup in its place")]
    NotEmpty,
    /// The log in the backup does not hold.
    #[error(
        "the restored log does not agree with its signed checkpoint; nothing is served from it: restore another backup"
    )]
    LogDiffers,
    /// The procedures said no.
    #[error(transparent)]
    Case(#[from] CaseError),
}

impl From<StoreError> for BackupError {
    fn from(error: StoreError) -> Self {
        Self::Case(error.into())
    }
}

fn at(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::Io { doing, path, source }
}

/// Which half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Tables: ciphertext, states, the log.
    Data,
    /// Keys: the key folder's files and the tables of the key store.
    Keys,
}

impl Part {
    /// The name, also of its files.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Keys => "keys",
        }
    }

    /// Its file in a folder.
    #[must_use]
    pub fn file(self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.urval-backup", self.code()))
    }

    /// Its manifest in a folder.
    #[must_use]
    pub fn manifest(self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.manifest.json", self.code()))
    }
}

/// What stands at the head of a part and in its manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// [`FORMAT`].
    pub format: String,
    /// `data` or `keys`.
    pub part: String,
    /// RFC 3339.
    pub made_at: String,
    /// Version of the program.
    pub program: String,
    /// `sqlite` or `postgresql`; a backup of one can be restored on the other.
    pub engine: String,
    /// Number and checksum of each migration.
    pub migrations: Vec<(i64, String)>,
    /// A keyed value by which keys and data of one installation know each other.
    pub installation: String,
    /// Entries of the log.
    pub log_size: u64,
    /// The newest signed checkpoint.
    pub checkpoint: String,
}

/// What lies beside a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// As in the part's first line.
    pub about: About,
    /// Bytes of the part.
    pub bytes: u64,
    /// SHA-256 of the part, hexadecimal.
    pub sha256: String,
    /// Rows a table.
    pub rows: BTreeMap<String, u64>,
}

/// A part as it is written: counted and digested on its way.
struct Writing {
    path: PathBuf,
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

impl Writing {
    /// Begins a new file beside the one that it replaces when it is whole.
    fn begin(part: Part, folder: &Path) -> Result<Self, BackupError> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at("create", folder))?;
        let path = folder.join(format!("{}.part", part.code()));
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .map_err(at("create", &path))?;
        Ok(Self { path, file: BufWriter::new(file), hash: Sha256::new(), bytes: 0 })
    }

    fn line(&mut self, value: &Value) -> Result<(), BackupError> {
        let mut text = Zeroizing::new(value.to_string());
        text.push('\n');
        self.hash.update(text.as_bytes());
        self.bytes += text.len() as u64;
        self.file.write_all(text.as_bytes()).map_err(at("write", &self.path))
    }

    /// Makes the part durable under its own name, and then its manifest: a crash in between leaves a part whose
    /// manifest describes an older one, which `restore` refuses.
    fn end(
        self,
        part: Part,
        folder: &Path,
        about: About,
        rows: BTreeMap<String, u64>,
    ) -> Result<Manifest, BackupError> {
        let Self { path, file, hash, bytes } = self;
        let file = file.into_inner().map_err(|e| at("write", &path)(e.into_error()))?;
        file.sync_all().map_err(at("sync", &path))?;
        let to = part.file(folder);
        fs::rename(&path, &to).map_err(at("put in place", &to))?;
        let manifest = Manifest { about, bytes, sha256: hex::encode(hash.finalize()), rows };
        let text = serde_json::to_string_pretty(&manifest).map_err(|e| at("write", &to)(e.into()))?;
        let beside = part.manifest(folder);
        write_file(&beside, format!("{text}\n").as_bytes())?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(at("sync", folder))?;
        Ok(manifest)
    }
}

/// Writes a small file whole or not at all.
fn write_file(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    let new = path.with_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)
        .map_err(at("create", &new))?;
    file.write_all(bytes).map_err(at("write", &new))?;
    file.sync_all().map_err(at("sync", &new))?;
    fs::rename(&new, path).map_err(at("put in place", path))
}

fn cell_value(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Text(text) => json!(text),
        Cell::Number(number) => json!(number),
        Cell::Bytes(bytes) => json!({ "b": STANDARD.encode(bytes) }),
    }
}

fn cell(value: &Value) -> Option<Cell> {
    Some(match value {
        Value::Null => Cell::Null,
        Value::String(text) => Cell::Text(text.clone()),
        Value::Number(number) => Cell::Number(number.as_i64()?),
        Value::Object(map) => Cell::Bytes(STANDARD.decode(map.get("b")?.as_str()?).ok()?),
        _ => return None,
    })
}

/// Reads a manifest and checks that the part beside it is the one that it describes.
///
/// # Errors
/// When there is none, or the file is another one.
pub fn check(part: Part, folder: &Path) -> Result<Manifest, BackupError> {
    let (file, beside) = (part.file(folder), part.manifest(folder));
    let text = match fs::read(&beside) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(BackupError::NoManifest(file));
        }
        Err(error) => return Err(at("read", &beside)(error)),
    };
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|_| BackupError::Altered(beside.clone()))?;
    let mut reader = BufReader::new(File::open(&file).map_err(at("open", &file))?);
    let (mut hash, mut bytes) = (Sha256::new(), 0u64);
    loop {
        let chunk = reader.fill_buf().map_err(at("read", &file))?;
        if chunk.is_empty() {
            break;
        }
        hash.update(chunk);
        let length = chunk.len();
        bytes += length as u64;
        reader.consume(length);
    }
    let same = bytes == manifest.bytes && hex::encode(hash.finalize()) == manifest.sha256;
    if !same || manifest.about.part != part.code() || manifest.about.format != FORMAT {
        return Err(BackupError::Altered(file));
    }
    Ok(manifest)
}

/// The lines of a part after its first, each read when it is needed.
struct Lines {
    path: PathBuf,
    reader: BufReader<File>,
    number: u64,
}

impl Lines {
    fn open(part: Part, folder: &Path) -> Result<Self, BackupError> {
        let path = part.file(folder);
        let reader = BufReader::new(File::open(&path).map_err(at("open", &path))?);
        let mut lines = Self { path, reader, number: 0 };
        lines.next()?;
        Ok(lines)
    }

    fn wrong(&self, what: &'static str) -> BackupError {
        BackupError::Unreadable { path: self.path.clone(), line: self.number, what }
    }

    fn next(&mut self) -> Result<Option<Value>, BackupError> {
        let mut text = Zeroizing::new(String::new());
        let read = self.reader.read_line(&mut text).map_err(at("read", &self.path))?;
        self.number += 1;
        if read == 0 {
            return Ok(None);
        }
        serde_json::from_str(&text).map(Some).map_err(|_| self.wrong("it is not JSON"))
    }
}

/// Puts the files of a key backup into the key folder, one by one and each whole or not at all. Done before the
/// installation is opened; a crash leaves some of them, and the marker that forbids serving.
///
/// # Errors
/// When the backup does not verify, a file differs from one that is there and `replace` is not given, or the file
/// system refuses.
pub fn restore_key_files(from: &Path, key_folder: &Path, replace: bool) -> Result<u64, BackupError> {
    check(Part::Keys, from)?;
    let mut files = Vec::new();
    let mut lines = Lines::open(Part::Keys, from)?;
    while let Some(line) = lines.next()? {
        let Some(name) = line.get("file").and_then(Value::as_str) else { continue };
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
        let bytes = line.get("bytes").and_then(cell);
        match bytes {
            Some(Cell::Bytes(bytes)) if plain && !name.starts_with('.') && copied(name) => {
                files.push((key_folder.join(name), Zeroizing::new(bytes)));
            }
            _ => return Err(lines.wrong("it is no file of a key folder")),
        }
    }
    let differs = |path: &Path, bytes: &[u8]| {
        fs::read(path).map(Zeroizing::new).is_ok_and(|there| there.as_slice() != bytes)
    };
    if !replace && files.iter().any(|(path, bytes)| differs(path, bytes)) {
        return Err(BackupError::NotEmpty);
    }
    DirBuilder::new().recursive(true).mode(0o700).create(key_folder).map_err(at("create", key_folder))?;
    for (path, bytes) in &files {
        write_file(path, bytes)?;
    }
    File::open(key_folder).and_then(|folder| folder.sync_all()).map_err(at("sync", key_folder))?;
    Ok(files.len() as u64)
}

/// Makes an empty key store where a SQLite database has lost its own, so that it can be opened for a restore.
///
/// # Errors
/// When it cannot be made.
pub async fn make_key_store(database: &Path) -> Result<(), BackupError> {
    if database.exists() { Ok(crate::store::backup::make_key_store(database).await?) } else { Ok(()) }
}

fn copied(name: &str) -> bool {
    !NOT_COPIED.iter().any(|prefix| name.starts_with(prefix))
}

/// What a restore is told beside the backup itself.
#[derive(Clone, Debug, Default)]
pub struct Told<'a> {
    /// Put the backup in the place of what is there.
    pub replace: bool,
    /// A checkpoint that somebody has kept: the restored log is compared with it.
    pub seen: Option<&'a str>,
    /// Why the list of erasures is not there.
    pub erasures_lost: Option<&'a str>,
}

/// What was written, before it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    rows: u64,
    /// The checkpoint of the log that was replaced.
    replaced: Option<String>,
}

/// What a restore found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// Rows written.
    pub rows: u64,
    /// Entries of the restored log.
    pub log_size: u64,
    /// A log was known that has more entries: it was rolled back, and the next entries get numbers that were
    /// used before.
    pub rolled_back_from: Option<u64>,
    /// A log was known that this one does not continue.
    pub forked: bool,
}

impl App {
    /// A keyed value that is the same for everything of this installation and tells nothing about its keys.
    fn installation(&self) -> String {
        hex::encode(self.vault.blind_index("installation", "backup").get(..8).unwrap_or_default())
    }

    /// Makes both backups, each in its folder, from one moment and while the service goes on. A part that was
    /// there is replaced when the new one is whole.
    ///
    /// # Errors
    /// When the gate refuses, or the database or the file system fails; an earlier backup is left as it was.
    pub async fn back_up(
        &self,
        data_to: &Path,
        keys_to: &Path,
        key_folder: &Path,
    ) -> Result<(Manifest, Manifest), BackupError> {
        let act = Act::new("backup.created");
        let access: Access<Operations> = self.admit(&Actor::Job(Job::Cli), SystemFacts, act).await?;
        let mut snapshot = self.db.snapshot(&access).await?;
        let head = self.db.log_head().await?;
        let migrations = self.db.migrations().await?;
        let about = |part: Part| About {
            format: FORMAT.into(),
            part: part.code().into(),
            made_at: access.at().rfc3339(),
            program: env!("CARGO_PKG_VERSION").into(),
            engine: self.db.engine().into(),
            migrations: migrations.clone(),
            installation: self.installation(),
            log_size: head.size,
            checkpoint: head.checkpoint.clone(),
        };
        let mut made = Vec::new();
        // The data first: what is sealed in it has its key in what is read later.
        for (part, folder) in [(Part::Data, data_to), (Part::Keys, keys_to)] {
            let about = about(part);
            let mut out = Writing::begin(part, folder)?;
            out.line(&json!(about))?;
            if part == Part::Keys {
                for (name, bytes) in key_files(key_folder)? {
                    out.line(&json!({ "file": name, "bytes": { "b": STANDARD.encode(&*bytes) } }))?;
                }
            }
            let mut rows = BTreeMap::new();
            for table in snapshot.tables(part == Part::Keys) {
                let columns: Vec<(&str, &str)> =
                    table.columns().iter().map(|(name, kind)| (name.as_str(), kind.code())).collect();
                out.line(&json!({ "table": table.name(), "columns": columns }))?;
                let count = snapshot
                    .rows(&table, |row| out.line(&Value::Array(row.iter().map(cell_value).collect())))
                    .await?;
                rows.insert(table.name().to_owned(), count);
            }
            out.line(&json!({ "end": rows }))?;
            made.push(out.end(part, folder, about, rows)?);
        }
        let keys = made.pop();
        match (made.pop(), keys) {
            (Some(data), Some(keys)) => Ok((data, keys)),
            _ => Err(BackupError::NoManifest(data_to.to_owned())),
        }
    }

    /// Whether backups may be put here: whole ones, of this installation and version, and data only into an empty
    /// installation or with `replace` in the place of another.
    ///
    /// # Errors
    /// When they may not; nothing was changed.
    pub async fn may_restore(
        &self,
        data: Option<&Path>,
        keys: Option<&Path>,
        told: &Told<'_>,
    ) -> Result<(), BackupError> {
        if data.is_some() && !told.replace && self.db.is_used().await? {
            return Err(BackupError::NotEmpty);
        }
        for (part, folder) in [(Part::Data, data), (Part::Keys, keys)] {
            let Some(folder) = folder else { continue };
            let manifest = check(part, folder)?;
            if manifest.about.migrations != self.db.migrations().await? {
                return Err(BackupError::OtherVersion(manifest.about.program));
            }
            if manifest.about.installation != self.installation() {
                return Err(BackupError::OtherInstallation(part.file(folder)));
            }
        }
        Ok(())
    }

    /// Writes backups back. The caller has put the key files in place and has set the marker that forbids serving;
    /// it opens the installation anew, asks [`App::after_restore`], and settles the erasures before it takes the
    /// marker away.
    ///
    /// # Errors
    /// When a backup does not verify or is of another installation or version, or there is something already.
    pub async fn restore(
        &self,
        data: Option<&Path>,
        keys: Option<&Path>,
        told: &Told<'_>,
    ) -> Result<Written, BackupError> {
        let used = self.db.is_used().await?;
        self.may_restore(data, keys, told).await?;
        let before = self.db.log_head().await?;
        let act = Act::new("backup.restoring");
        let access: Access<Operations> = self.admit(&Actor::Job(Job::Cli), SystemFacts, act).await?;
        let mut rows = 0;
        if let Some(folder) = data {
            rows += self.fill(&access, Part::Data, folder, true).await?;
        }
        if let Some(folder) = keys {
            rows += self.fill(&access, Part::Keys, folder, data.is_some()).await?;
        }
        self.db.drop_strange_keys(&access).await?;
        let replaced = (used && data.is_some()).then_some(before.checkpoint);
        Ok(Written { rows, replaced })
    }

    /// Compares the restored log with its own checkpoint and with those that are known, and writes down what was
    /// restored. Asked of an installation that was opened anew: what was read before the rows were written holds
    /// no longer.
    ///
    /// # Errors
    /// When the restored log does not hold: then nothing may be served from it.
    pub async fn after_restore(&self, written: &Written, told: &Told<'_>) -> Result<Restored, BackupError> {
        let act = Act::new("backup.checked");
        let access: Access<Operations> = self.admit(&Actor::Job(Job::Cli), SystemFacts, act).await?;
        let head = self.db.log_head().await?;
        let hashes = self.hashes_of_the_log(&access, head.size).await?;
        if !self.log_agrees(&hashes, &head.checkpoint)? {
            return Err(BackupError::LogDiffers);
        }
        let mut restored =
            Restored { rows: written.rows, log_size: head.size, rolled_back_from: None, forked: false };
        for known in [written.replaced.as_deref(), told.seen].into_iter().flatten() {
            let seen = self.signed(known)?;
            if seen.size > restored.log_size {
                restored.rolled_back_from = restored.rolled_back_from.max(Some(seen.size));
            } else {
                let first = usize::try_from(seen.size).unwrap_or(usize::MAX);
                let same = hashes
                    .get(..first)
                    .is_some_and(|part| Head::of_hashes(part.to_vec()).root() == seen.root);
                restored.forked |= !same;
            }
        }
        let detail = json!({
            "log_size": restored.log_size, "rolled_back_from": restored.rolled_back_from,
            "forked": restored.forked, "erasures_lost": told.erasures_lost,
        });
        let act = Act::new("backup.restored").detail(detail);
        let _entry: Access<Operations> = self.admit(&Actor::Job(Job::Cli), SystemFacts, act).await?;
        Ok(restored)
    }

    /// Writes the rows of one part in one transaction: all of them or none. Keys that are restored alone come
    /// beside those that are there.
    async fn fill(
        &self,
        access: &Access<Operations>,
        part: Part,
        folder: &Path,
        empty: bool,
    ) -> Result<u64, BackupError> {
        let tables = self.db.tables().await?;
        let ours: Vec<Table> =
            tables.into_iter().filter(|table| table.holds_keys() == (part == Part::Keys)).collect();
        let mut lines = Lines::open(part, folder)?;
        let mut tx = self.db.begin().await?;
        if empty {
            tx.empty(access, &ours).await?;
        }
        let (mut current, mut count, mut ended): (Option<&Table>, u64, bool) = (None, 0, false);
        while let Some(line) = lines.next()? {
            match line {
                Value::Array(row) => {
                    let table = current.ok_or_else(|| lines.wrong("a row before its table"))?;
                    let row: Option<Vec<Cell>> = row.iter().map(cell).collect();
                    let row = row.ok_or_else(|| lines.wrong("a value that no table holds"))?;
                    tx.put_row(access, table, row).await?;
                    count += 1;
                }
                Value::Object(map) if map.contains_key("end") => ended = true,
                Value::Object(map) if map.contains_key("file") => {}
                Value::Object(map) => {
                    let name = map.get("table").and_then(Value::as_str).unwrap_or_default();
                    let table = ours.iter().find(|table| table.name() == name);
                    let table =
                        table.ok_or_else(|| lines.wrong("a table that this version does not have"))?;
                    let columns: Vec<(&str, &str)> =
                        table.columns().iter().map(|(name, kind)| (name.as_str(), kind.code())).collect();
                    if map.get("columns") != Some(&json!(columns)) {
                        return Err(lines.wrong("a table with other columns"));
                    }
                    current = Some(table);
                }
                _ => return Err(lines.wrong("neither a table nor a row")),
            }
        }
        if !ended {
            return Err(lines.wrong("the end is missing"));
        }
        tx.commit().await?;
        Ok(count)
    }

    async fn hashes_of_the_log(
        &self,
        access: &Access<Operations>,
        size: u64,
    ) -> Result<Vec<[u8; 32]>, BackupError> {
        const PAGE: u32 = 2000;
        let mut hashes = Vec::new();
        loop {
            let page = self.db.leaves_from(access, hashes.len() as u64, PAGE).await?;
            if page.is_empty() {
                return Ok(hashes);
            }
            for (seq, leaf) in page {
                if seq >= size {
                    return Ok(hashes);
                }
                if seq != hashes.len() as u64 {
                    return Err(BackupError::LogDiffers);
                }
                hashes.push(Sha256::new().chain_update([0u8]).chain_update(&leaf).finalize().into());
            }
        }
    }

    fn signed(&self, note: &str) -> Result<Checkpoint, BackupError> {
        let key = Vkey::parse(&self.db.log_key().1).map_err(|_| BackupError::LogDiffers)?;
        Checkpoint::open(note.as_bytes(), &key).map_err(|_| BackupError::LogDiffers)
    }

    fn log_agrees(&self, hashes: &[[u8; 32]], note: &str) -> Result<bool, BackupError> {
        let signed = self.signed(note)?;
        Ok(signed.size == hashes.len() as u64 && signed.root == Head::of_hashes(hashes.to_vec()).root())
    }
}

/// The files of the key folder that belong into a key backup, sorted by name.
fn key_files(folder: &Path) -> Result<Vec<(String, Zeroizing<Vec<u8>>)>, BackupError> {
    let mut out = Vec::new();
    for entry in fs::read_dir(folder).map_err(at("read", folder))? {
        let entry = entry.map_err(at("read", folder))?;
        let path = entry.path();
        let about = entry.metadata().map_err(at("look at", &path))?;
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
        if !about.is_file() || !copied(&name) || about.len() > KEY_FILE_BYTES_MAX {
            continue;
        }
        out.push((name, Zeroizing::new(fs::read(&path).map_err(at("read", &path))?)));
    }
    out.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_comes_back_as_it_was() {
        for one in [
            Cell::Null,
            Cell::Text("åäö \"quoted\"\n".into()),
            Cell::Text(String::new()),
            Cell::Number(i64::MIN),
            Cell::Number(i64::MAX),
            Cell::Bytes(vec![0, 255, 10, 13]),
            Cell::Bytes(Vec::new()),
        ] {
            let text = cell_value(&one).to_string();
            assert_eq!(cell(&serde_json::from_str(&text).unwrap()), Some(one), "{text}");
        }
        assert_eq!(cell(&json!([1])), None);
        assert_eq!(cell(&json!(1.5)), None);
        assert_eq!(cell(&json!({ "b": "?" })), None);
    }

    #[test]
    fn the_list_of_erasures_and_the_key_tables_are_not_copied_as_files() {
        assert!(copied("kek") && copied("index") && copied("keys.toml"));
        assert!(!copied("erasures") && !copied("keystore.sqlite") && !copied("keystore.sqlite-wal"));
    }
}
