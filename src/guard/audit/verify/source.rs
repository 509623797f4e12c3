//! Where the files of an exported log are: a folder, or memory. Reading never follows a link.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

/// The files of an exported log.
#[derive(Clone, Copy, Debug)]
pub enum Files<'a> {
    /// A folder.
    Folder(&'a Path),
    /// What was fetched from another host, by path: nothing else is there.
    Memory(&'a BTreeMap<String, Vec<u8>>),
}

/// Something that was found while listing.
pub(super) enum Found {
    /// A plain file, by its path.
    File(String),
    /// Something that is neither a plain file nor a folder, or whose name is no text.
    Strange(String),
    /// A folder that cannot be read.
    Unreadable(String),
}

const FOLDERS_DEEP_MAX: usize = 16;

impl<'a> Files<'a> {
    /// Tells of everything that is there, in no order, until the visitor says stop.
    pub(super) fn list(self, visit: &mut dyn FnMut(Found) -> bool) {
        let root = match self {
            Self::Memory(files) => {
                let _ = files.keys().all(|name| visit(Found::File(name.clone())));
                return;
            }
            Self::Folder(root) => root,
        };
        let mut open = vec![(root.to_owned(), String::new(), 0)];
        while let Some((folder, prefix, deep)) = open.pop() {
            let unreadable =
                || Found::Unreadable(if prefix.is_empty() { ".".into() } else { prefix.clone() });
            let Ok(listing) = fs::read_dir(&folder) else {
                if !visit(unreadable()) {
                    return;
                }
                continue;
            };
            for entry in listing {
                let Ok(entry) = entry else {
                    if !visit(unreadable()) {
                        return;
                    }
                    continue;
                };
                let raw = entry.file_name();
                let name = format!("{prefix}{}", raw.to_string_lossy());
                let found = match entry.file_type() {
                    Ok(kind) if kind.is_dir() && deep < FOLDERS_DEEP_MAX => {
                        open.push((entry.path(), format!("{name}/"), deep + 1));
                        continue;
                    }
                    Ok(kind) if kind.is_file() && raw.to_str().is_some() => Found::File(name),
                    _ => Found::Strange(name),
                };
                if !visit(found) {
                    return;
                }
            }
        }
    }

    /// The bytes of a file that was listed; nothing when it cannot be read or is longer than `limit`.
    pub(super) fn read(self, name: &str, limit: u64) -> Option<Cow<'a, [u8]>> {
        let bytes = match self {
            Self::Memory(files) => Cow::Borrowed(files.get(name)?.as_slice()),
            Self::Folder(root) => {
                let mut bytes = Vec::new();
                let file = fs::File::open(root.join(name)).ok()?;
                file.take(limit.saturating_add(1)).read_to_end(&mut bytes).ok()?;
                Cow::Owned(bytes)
            }
        };
        (bytes.len() as u64 <= limit).then_some(bytes)
    }
}
