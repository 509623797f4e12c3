//! Opens a data folder: keys, database, policies, model.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Failure;
use crate::casework::accounts::SECOND_FACTOR_ROLES;
use crate::casework::{App, Parts, Storage};
use crate::clock::{Chance, Clock};
use crate::guard::keys::KeyRing;
use crate::guard::policy::Policies;
use crate::pipeline::encoder::{Encoder, Manifest};
use crate::subject::role::Role;

/// The log's name, unless an installation gives its own.
pub const ORIGIN: &str = "urval.example/log";

/// Where a data folder keeps what.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder, made with mode 0700 when it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn at(root: &Path) -> Result<Self, Failure> {
        if !root.exists() {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(root)
                .map_err(|e| Failure(format!("cannot make the data folder `{}`: {e}", root.display())))?;
        }
        Ok(Self { root: root.to_owned() })
    }

    /// The folder as it lies, for a command that only looks for a model in it: nothing is made.
    #[must_use]
    pub fn lying_at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The SQLite file.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.root.join("urval.sqlite")
    }

    /// The key folder.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// The list of erasures: in no backup, and better on another disk (`URVAL_ERASURES`).
    #[must_use]
    pub fn erasures(&self) -> PathBuf {
        std::env::var_os("URVAL_ERASURES").map_or_else(|| self.keys().join("erasures"), PathBuf::from)
    }

    /// The marker that stands from the first restored row until the last erasure is done again.
    #[must_use]
    pub fn restoring(&self) -> PathBuf {
        self.root.join("restoring")
    }

    /// Sets the marker, durably.
    ///
    /// # Errors
    /// When it cannot be written; then nothing may be restored.
    pub fn mark_restoring(&self) -> Result<(), Failure> {
        let path = self.restoring();
        fs::File::create(&path).and_then(|file| file.sync_all())?;
        Ok(fs::File::open(&self.root).and_then(|folder| folder.sync_all())?)
    }

    /// Takes the marker away.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn unmark_restoring(&self) -> Result<(), Failure> {
        fs::remove_file(self.restoring())?;
        Ok(fs::File::open(&self.root).and_then(|folder| folder.sync_all())?)
    }

    /// Models by name.
    #[must_use]
    pub fn models(&self) -> PathBuf {
        std::env::var_os("URVAL_MODELS").map_or_else(|| self.root.join("models"), PathBuf::from)
    }
}

/// The model that travels with the program, or the default one of the manifest that `URVAL_MANIFEST` names:
/// an operator's own choice, with its own evaluation.
///
/// # Errors
/// When it is missing or does not verify.
pub fn model(folder: &Folder) -> Result<Encoder, Failure> {
    let manifest = match std::env::var_os("URVAL_MANIFEST") {
        Some(path) => Manifest::read(Path::new(&path))?,
        None => Manifest::embedded()?,
    };
    let entry = manifest.default_model()?;
    Ok(Encoder::open(entry, &folder.models().join(&entry.name))?)
}

/// Opens everything, and settles the erasures before anything is served. `database` is a PostgreSQL address;
/// without it the embedded default is used.
///
/// # Errors
/// When keys are missing beside data, a file is open to others, the database does not open, a restore was not
/// finished, an erasure cannot be, or a policy does not validate: the service does not start half-guarded.
pub async fn app(
    folder: &Folder,
    database: Option<&str>,
    encoder: Option<Encoder>,
) -> Result<Arc<App>, Failure> {
    app_for(folder, database, encoder, SECOND_FACTOR_ROLES).await
}

/// As [`app`], with the roles that may not work without a second factor.
///
/// # Errors
/// As [`app`].
pub async fn app_for(
    folder: &Folder,
    database: Option<&str>,
    encoder: Option<Encoder>,
    second_factor_for: &'static [Role],
) -> Result<Arc<App>, Failure> {
    if folder.restoring().exists() {
        return Err(Failure(format!(
            "a restore of `{}` was not finished, so it may hold people who were erased: run `urval backup restore` \
             again",
            folder.root().display()
        )));
    }
    let app = lying(folder, database, encoder, second_factor_for).await?;
    let settled = app.settle_erasures().await?;
    if settled.again > 0 || settled.finished > 0 {
        tracing::warn!(
            again = settled.again,
            finished = settled.finished,
            "erasures were finished before the start"
        );
    }
    if settled.damaged > 0 {
        tracing::warn!(lines = settled.damaged, "lines of the list of erasures are not believed");
    }
    Ok(app)
}

/// As [`app`], without a look at a restore or at erasures: for the restore itself.
///
/// # Errors
/// When keys, database or policies cannot be used.
pub async fn as_it_lies(
    folder: &Folder,
    database: Option<&str>,
    encoder: Option<Encoder>,
) -> Result<Arc<App>, Failure> {
    lying(folder, database, encoder, SECOND_FACTOR_ROLES).await
}

async fn lying(
    folder: &Folder,
    database: Option<&str>,
    encoder: Option<Encoder>,
    second_factor_for: &'static [Role],
) -> Result<Arc<App>, Failure> {
    let file = folder.database();
    // With a server elsewhere the tables may hold data that this folder's keys never sealed; then
    // opening a sealed record says so. Keys are made only where there is no file beside them.
    let chance = Chance::system();
    let keys = KeyRing::open_with(folder.root(), super::keys::source(folder)?, &chance, file.exists())?;
    let parts = Parts {
        keys: &keys,
        origin: ORIGIN,
        policies: Policies::shipped()?,
        clock: Clock::system(),
        chance,
        encoder: encoder.map(Arc::new),
    };
    let storage = match database {
        Some(url) => Storage::Postgres(url),
        None => Storage::Sqlite(&file),
    };
    let app = App::open(storage, parts).await?.second_factor_for(second_factor_for);
    if database.is_none() {
        // Ciphertext only, but nobody else needs even that.
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
    }
    app.keep_erasures_in(folder.erasures());
    Ok(Arc::new(app))
}
