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

/// Opens everything. `database` is a PostgreSQL address; without it the embedded default is used.
///
/// # Errors
/// When keys are missing beside data, a file is open to others, the database does not open, or a
/// policy does not validate: the service does not start half-guarded.
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
    let file = folder.database();
    // With a server elsewhere the tables may hold data that this folder's keys never sealed; then
    // opening a sealed record says so. Keys are made only where there is no file beside them.
    let chance = Chance::system();
    let keys = KeyRing::create_or_open(folder.root(), &chance, file.exists())?;
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
    Ok(Arc::new(app))
}
