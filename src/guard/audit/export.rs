//! The log as a folder for an outside reader, in the layout of C2SP `tlog-tiles`.
//!
//! | file | holds |
//! |---|---|
//! | `checkpoint` | the signed statement about size and root |
//! | `checkpoints` | every earlier signed checkpoint and, last, the one above, one after another |
//! | `vkey` | the key that the checkpoints verify with; compare it with one got another way |
//! | `minimum-index` | only in a log that was pruned: the number of the first entry that is there |
//! | `tile/entries/N` | 256 leaves, each after its length (16 bits, big-endian) |
//! | `tile/L/N` | 256 hashes of level `L`; level 0 are the leaf hashes |
//!
//! The last file of a row holds fewer and is called `N.p/W`, `W` being how many. `N` is written in
//! groups of three digits, `x001/234`. Details of entries are never exported. The folder is made
//! under another name and renamed when complete: a crash leaves `.NAME.new` or `.NAME.old` beside
//! it, which the next export removes.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::Hash;
use super::merkle::{Frontier, leaf_hash, root_of};
use super::note::{Checkpoint, NoteError, Vkey};

/// Hashes or leaves in a full tile.
pub(crate) const TILE_WIDTH: u64 = 256;
pub(crate) const CHECKPOINT: &str = "checkpoint";
pub(crate) const CHECKPOINTS: &str = "checkpoints";
pub(crate) const VKEY: &str = "vkey";
pub(crate) const TILE: &str = "tile";
pub(crate) const MINIMUM: &str = "minimum-index";
/// The action of the entry that tells of a pruning.
pub const PRUNED_ACTION: &str = "log.pruned";

/// Why a log was not exported. Nothing is left behind then.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The target holds something else.
    #[error("`{0}` exists and is not an export of a log: name a new or empty folder")]
    Occupied(PathBuf),
    /// The target has no name.
    #[error("`{0}` is not the name of a folder that can be made")]
    Target(PathBuf),
    /// A leaf that the layout cannot hold.
    #[error("log entry {0} is longer than 65535 bytes and cannot be exported")]
    LeafTooLong(u64),
    /// A checkpoint that is not of this log.
    #[error("a checkpoint of the log was refused: {0}")]
    Note(#[from] NoteError),
    /// The checkpoint tells of other entries.
    #[error(
        "the signed checkpoint is about {signed} entries and not these {given}, or their hashes differ: \
         run `urval audit verify`"
    )]
    OtherEntries {
        /// The checkpoint's size.
        signed: u64,
        /// How many were given.
        given: u64,
    },
    /// Earlier checkpoints that are not in order.
    #[error("the earlier checkpoints are not in the order of their sizes")]
    Order,
    /// The file system refused.
    #[error("could not {doing} `{path}`: {source}", path = .path.display())]
    Io {
        /// What was attempted.
        doing: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ExportError {
    let path = path.to_owned();
    move |source| ExportError::Io { doing, path, source }
}

/// A row of files in the layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Row {
    /// Bundles of leaves.
    Entries,
    /// Tiles of hashes of one level.
    Level(u8),
}

/// The path of file `number` of a row, holding `width` of 256 items.
pub(crate) fn tile_path(row: Row, number: u64, width: u64) -> String {
    let mut digits = format!("{:03}", number % 1000);
    let mut rest = number / 1000;
    while rest > 0 {
        digits = format!("x{:03}/{digits}", rest % 1000);
        rest /= 1000;
    }
    let row = match row {
        Row::Entries => "entries".to_owned(),
        Row::Level(level) => level.to_string(),
    };
    if width == TILE_WIDTH {
        format!("{TILE}/{row}/{digits}")
    } else {
        format!("{TILE}/{row}/{digits}.p/{width}")
    }
}

/// Writes a log into `dir`, which must be absent, empty or an earlier export (then replaced).
/// Gives the number of entries.
///
/// # Errors
/// [`ExportError`]; `dir` is then as it was.
pub fn export(
    dir: &Path,
    vkey: &Vkey,
    checkpoint: &str,
    earlier: &[String],
    leaves: impl IntoIterator<Item = Vec<u8>>,
) -> Result<u64, ExportError> {
    let mut export = Export::begin(dir)?;
    for leaf in leaves {
        export.push(&leaf)?;
    }
    export.finish(vkey, checkpoint, earlier)
}

/// An export to which leaves are given one by one, as they come out of a database.
/// Dropped before [`Export::finish`], it removes what it wrote.
#[derive(Debug)]
pub struct Export {
    target: PathBuf,
    new: PathBuf,
    old: PathBuf,
    edge: Frontier,
    /// How many entries were pruned.
    minimum: u64,
    bundle: Vec<u8>,
    levels: Vec<Level>,
}

/// The tile of one level that is being filled.
#[derive(Debug, Default)]
struct Level {
    full: u64,
    hashes: Vec<Hash>,
}

impl Export {
    /// Starts an export that will end in `target`.
    ///
    /// # Errors
    /// When `target` holds something else, or a folder beside it cannot be made.
    pub fn begin(target: &Path) -> Result<Self, ExportError> {
        let name = target
            .file_name()
            .and_then(|name| name.to_str())
            .ok_or_else(|| ExportError::Target(target.to_owned()))?;
        replaceable(target)?;
        let beside = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let new = beside.join(format!(".{name}.new"));
        let old = beside.join(format!(".{name}.old"));
        fs::create_dir_all(beside).map_err(io_error("create", beside))?;
        remove(&new)?;
        DirBuilder::new().mode(0o700).create(&new).map_err(io_error("create", &new))?;
        Ok(Self {
            target: target.to_owned(),
            new,
            old,
            edge: Frontier::new(),
            minimum: 0,
            bundle: Vec::new(),
            levels: Vec::new(),
        })
    }

    /// Starts with the entries that were pruned: the hash of each 256 of them is all that is left.
    /// To be called before the first leaf.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn pruned(&mut self, roots: &[Hash]) -> Result<(), ExportError> {
        self.edge = Frontier::of_blocks(roots);
        self.minimum = self.edge.len();
        self.levels = vec![Level { full: roots.len() as u64, hashes: Vec::new() }];
        for root in roots {
            self.push_hash_at(1, *root)?;
        }
        Ok(())
    }

    /// Writes the next leaf.
    ///
    /// # Errors
    /// When it is too long or a file cannot be written.
    pub fn push(&mut self, leaf: &[u8]) -> Result<(), ExportError> {
        let seq = self.edge.len();
        let length = u16::try_from(leaf.len()).map_err(|_| ExportError::LeafTooLong(seq))?;
        self.bundle.extend_from_slice(&length.to_be_bytes());
        self.bundle.extend_from_slice(leaf);
        let hash = leaf_hash(leaf);
        self.edge.push(hash);
        if self.edge.len().is_multiple_of(TILE_WIDTH) {
            let bundle = std::mem::take(&mut self.bundle);
            self.write(&tile_path(Row::Entries, seq / TILE_WIDTH, TILE_WIDTH), &bundle)?;
        }
        self.push_hash(hash)
    }

    /// Adds a hash to level 0; a tile that it fills adds its own root to the level above.
    fn push_hash(&mut self, hash: Hash) -> Result<(), ExportError> {
        self.push_hash_at(0, hash)
    }

    fn push_hash_at(&mut self, lowest: u8, hash: Hash) -> Result<(), ExportError> {
        let mut carried = hash;
        for number in lowest..=u8::MAX {
            let at = usize::from(number);
            if self.levels.len() <= at {
                self.levels.push(Level::default());
            }
            let Some(level) = self.levels.get_mut(at) else { break };
            level.hashes.push(carried);
            if (level.hashes.len() as u64) < TILE_WIDTH {
                break;
            }
            let hashes = std::mem::take(&mut level.hashes);
            let tile = level.full;
            level.full += 1;
            self.write(&tile_path(Row::Level(number), tile, TILE_WIDTH), hashes.as_flattened())?;
            carried = root_of(&hashes);
        }
        Ok(())
    }

    /// Writes what is left, checks the checkpoint against the leaves, and puts the folder in place.
    /// Gives the number of entries.
    ///
    /// # Errors
    /// When a checkpoint is not of this log and these leaves, or a file cannot be written.
    pub fn finish(mut self, vkey: &Vkey, checkpoint: &str, earlier: &[String]) -> Result<u64, ExportError> {
        let size = self.edge.len();
        let signed = Checkpoint::open(checkpoint.as_bytes(), vkey)?;
        if signed.size != size || signed.root != self.edge.root() {
            return Err(ExportError::OtherEntries { signed: signed.size, given: size });
        }
        let mut all = String::new();
        let mut reached = 0;
        let notes = earlier.iter().map(String::as_str).filter(|note| *note != checkpoint);
        for note in notes.chain(std::iter::once(checkpoint)) {
            let at = Checkpoint::open(note.as_bytes(), vkey)?.size;
            if at < reached {
                return Err(ExportError::Order);
            }
            reached = at;
            all.push_str(note);
        }
        if !size.is_multiple_of(TILE_WIDTH) {
            let bundle = std::mem::take(&mut self.bundle);
            self.write(&tile_path(Row::Entries, size / TILE_WIDTH, size % TILE_WIDTH), &bundle)?;
        }
        for (number, level) in (0..=u8::MAX).zip(std::mem::take(&mut self.levels)) {
            let width = level.hashes.len() as u64;
            if width > 0 {
                self.write(&tile_path(Row::Level(number), level.full, width), level.hashes.as_flattened())?;
            }
        }
        if self.minimum > 0 {
            self.write(MINIMUM, format!("{}\n", self.minimum).as_bytes())?;
        }
        self.write(CHECKPOINT, checkpoint.as_bytes())?;
        self.write(CHECKPOINTS, all.as_bytes())?;
        self.write(VKEY, format!("{vkey}\n").as_bytes())?;

        replaceable(&self.target)?;
        remove(&self.old)?;
        // A folder cannot be renamed onto a filled one. A crash between the two renames leaves no
        // export under its name, and both the old and the new one beside it.
        if self.target.exists() {
            fs::rename(&self.target, &self.old).map_err(io_error("move away", &self.target))?;
        }
        fs::rename(&self.new, &self.target).map_err(io_error("put in place", &self.target))?;
        if let Some(beside) = self.new.parent() {
            File::open(beside).and_then(|folder| folder.sync_all()).map_err(io_error("sync", beside))?;
        }
        remove(&self.old)?;
        Ok(size)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), ExportError> {
        let path = self.new.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(io_error("create", folder))?;
        }
        let mut file = File::create_new(&path).map_err(io_error("create", &path))?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io_error("write", &path))
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        // After a successful finish there is nothing under this name. What cannot be removed now is
        // removed by the next export.
        let _ = remove(&self.new);
    }
}

fn remove(folder: &Path) -> Result<(), ExportError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error("remove", folder)(error)),
        _ => Ok(()),
    }
}

/// Whether nothing would be lost: the folder is absent, empty, or holds an export and nothing else.
fn replaceable(target: &Path) -> Result<(), ExportError> {
    let occupied = || ExportError::Occupied(target.to_owned());
    match fs::symlink_metadata(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io_error("look at", target)(error)),
        Ok(about) if !about.is_dir() => return Err(occupied()),
        Ok(_) => {}
    }
    let mut has = Vec::new();
    for entry in fs::read_dir(target).map_err(io_error("read", target))? {
        has.push(entry.map_err(io_error("read", target))?.file_name());
    }
    let known = has
        .iter()
        .all(|name| [CHECKPOINT, CHECKPOINTS, VKEY, TILE, MINIMUM].iter().any(|known| name == known));
    let complete = [CHECKPOINT, CHECKPOINTS, VKEY].iter().all(|known| has.iter().any(|name| name == known));
    if has.is_empty() || (known && complete) { Ok(()) } else { Err(occupied()) }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::entry::tests::log;
    use super::super::note::tests::signer;
    use super::*;

    pub(crate) const ORIGIN: &str = "urval.example/log";

    /// Signed checkpoints of a sample log at these sizes.
    pub(crate) fn checkpoints(leaves: &[Vec<u8>], sizes: &[u64]) -> Vec<String> {
        let signer = signer(ORIGIN, 1);
        sizes
            .iter()
            .map(|size| {
                let hashes: Vec<Hash> = leaves[..*size as usize].iter().map(|leaf| leaf_hash(leaf)).collect();
                Checkpoint { origin: ORIGIN.into(), size: *size, root: root_of(&hashes), extensions: vec![] }
                    .sign(&signer)
                    .unwrap()
            })
            .collect()
    }

    /// Exports a sample log of `size` entries into `dir`, with a checkpoint every 90 entries.
    pub(crate) fn sample_export(dir: &Path, size: u64) -> Vec<Vec<u8>> {
        let (leaves, _) = log(size);
        let sizes: Vec<u64> = (1..).map(|turn| turn * 90).take_while(|at| *at < size).collect();
        let now = checkpoints(&leaves, &[size]).remove(0);
        let vkey = signer(ORIGIN, 1).vkey().clone();
        export(dir, &vkey, &now, &checkpoints(&leaves, &sizes), leaves.clone()).unwrap();
        leaves
    }

    fn files(dir: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![dir.to_owned()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    found.push(path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        found.sort();
        found
    }

    #[test]
    fn paths_are_those_of_the_layout() {
        assert_eq!(tile_path(Row::Level(0), 1_234_067, 256), "tile/0/x001/x234/067");
        assert_eq!(tile_path(Row::Entries, 273, 112), "tile/entries/273.p/112");
        assert_eq!(tile_path(Row::Level(2), 0, 1), "tile/2/000.p/1");
        assert_eq!(tile_path(Row::Entries, 1000, 256), "tile/entries/x001/000");
    }

    #[test]
    fn the_files_are_those_that_the_layout_asks_for() {
        let home = tempfile::tempdir().unwrap();
        for (size, tiles) in [
            (0, vec![]),
            (1, vec!["tile/0/000.p/1", "tile/entries/000.p/1"]),
            (255, vec!["tile/0/000.p/255", "tile/entries/000.p/255"]),
            (256, vec!["tile/0/000", "tile/1/000.p/1", "tile/entries/000"]),
            (
                257,
                vec![
                    "tile/0/000",
                    "tile/0/001.p/1",
                    "tile/1/000.p/1",
                    "tile/entries/000",
                    "tile/entries/001.p/1",
                ],
            ),
        ] {
            let dir = home.path().join("out");
            let leaves = sample_export(&dir, size);
            let wanted: Vec<&str> =
                ["checkpoint", "checkpoints"].into_iter().chain(tiles).chain(["vkey"]).collect();
            assert_eq!(files(&dir), wanted);
            let bundle: Vec<u8> = leaves
                .iter()
                .take(256)
                .flat_map(|leaf| [&(leaf.len() as u16).to_be_bytes()[..], leaf].concat())
                .collect();
            if let Some(first) = wanted.iter().find(|name| name.starts_with("tile/entries/000")) {
                assert_eq!(fs::read(dir.join(first)).unwrap(), bundle);
            }
            if size >= 256 {
                let hashes: Vec<Hash> = leaves[..256].iter().map(|leaf| leaf_hash(leaf)).collect();
                assert_eq!(fs::read(dir.join("tile/0/000")).unwrap(), hashes.as_flattened());
                assert_eq!(fs::read(dir.join("tile/1/000.p/1")).unwrap(), root_of(&hashes));
            }
        }
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn seventy_thousand_leaves_give_the_tiles_of_the_published_example() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("out");
        let leaves: Vec<Vec<u8>> = (0..70_000u32).map(|number| number.to_be_bytes().to_vec()).collect();
        let now = checkpoints(&leaves, &[70_000]).remove(0);
        export(&dir, signer(ORIGIN, 1).vkey(), &now, &[], leaves).unwrap();
        let all = files(&dir);
        let count = |start: &str, partial: bool| {
            all.iter().filter(|name| name.starts_with(start) && name.contains(".p/") == partial).count()
        };
        assert_eq!((count("tile/0/", false), count("tile/1/", false), count("tile/2/", false)), (273, 1, 0));
        for partial in ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1", "tile/entries/273.p/112"] {
            assert!(all.iter().any(|name| name == partial), "{partial}");
        }
        assert_eq!((count("tile/", true), count("tile/entries/", false)), (4, 273));
    }

    #[test]
    fn only_an_export_or_nothing_is_replaced() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("out");
        sample_export(&dir, 3);
        sample_export(&dir, 5);
        assert!(dir.join("tile/entries/000.p/5").exists() && !dir.join("tile/entries/000.p/3").exists());

        fs::write(dir.join("notes.txt"), "mine").unwrap();
        assert!(matches!(Export::begin(&dir), Err(ExportError::Occupied(_))));
        assert_eq!(fs::read_to_string(dir.join("notes.txt")).unwrap(), "mine");
        let other = home.path().join("other");
        fs::create_dir(&other).unwrap();
        assert!(Export::begin(&other).is_ok());
        fs::write(other.join("vkey"), "mine").unwrap();
        assert!(matches!(Export::begin(&other), Err(ExportError::Occupied(_))));
        let file = home.path().join("file");
        fs::write(&file, "mine").unwrap();
        assert!(matches!(Export::begin(&file), Err(ExportError::Occupied(_))));
        assert!(matches!(Export::begin(Path::new("/")), Err(ExportError::Target(_))));
    }

    #[test]
    fn leaves_that_the_checkpoint_does_not_tell_of_are_not_exported() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("out");
        let (leaves, _) = log(10);
        let vkey = signer(ORIGIN, 1).vkey().clone();
        let now = checkpoints(&leaves, &[10]).remove(0);
        let earlier = checkpoints(&leaves, &[7, 4]);
        let mut altered = leaves.clone();
        altered[4][20] ^= 1;
        for (given, earlier) in [
            (&leaves[..9], &[][..]),
            (&altered[..], &[]),
            (&leaves[..], &earlier[..]),
            (&leaves, &["x".into()]),
        ] {
            assert!(export(&dir, &vkey, &now, earlier, given.to_vec()).is_err());
        }
        assert!(export(&dir, signer(ORIGIN, 2).vkey(), &now, &[], leaves.clone()).is_err());
        let long = vec![vec![0; 65_536]];
        assert!(matches!(export(&dir, &vkey, &now, &[], long), Err(ExportError::LeafTooLong(0))));
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
        assert_eq!(export(&dir, &vkey, &now, &checkpoints(&leaves, &[4, 7, 10]), leaves).unwrap(), 10);
    }
}
