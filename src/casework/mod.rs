//! What people do: the only place that mixes people, policy, model and storage. Each procedure asks
//! the gate first; what it returns holds the [`Access`] that it was given, so that a page can show
//! exactly what was admitted and nothing else.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use crate::clock::{Chance, Clock, Moment, NoChance};
use crate::guard::access::{Access, Act, Actor, ApplicationFacts, Gate, MayOpen, Purpose, Refusal, Target};
use crate::guard::audit::{JournalError, Kept};
use crate::guard::clock_check::ClockError;
use crate::guard::erasures::{ErasureList, ListError};
use crate::guard::keys::KeyRing;
use crate::guard::policy::Policies;
use crate::guard::vault::{DataKey, KeyKind, Opened, Place, Sealed, Vault, VaultError};
use crate::pipeline::encoder::{EncodeError, Encoder, Unfit};
use crate::pipeline::explain::Misplaced;
use crate::pipeline::extract::Extractor;
use crate::pipeline::pseudonymise::{Damaged, Pseudonymous};
use crate::pipeline::score::{Assessment, Ruler, ScoreError};
use crate::pipeline::search::RefusedQuery;
use crate::store::applications::Field;
use crate::store::recruitments::Recruitment;
use crate::store::{Db, LogKit, StoreError, Tx};
use crate::subject::id::RecruitmentId;
use crate::subject::profile::{FrozenProfile, ProfileError};
use crate::subject::role::Role;

pub mod aside;
pub mod setup;
pub mod startup;
// reading order: as an application travels
pub mod accounts;
pub mod federation;
pub mod drafts;
pub mod intake;
pub mod import;
pub mod ai_support;
pub mod control;
pub mod work;
pub mod screening;
pub mod ranking;
pub mod results;
pub mod search;
pub mod review;
pub mod answers;
pub mod decision;
pub mod rights;
pub mod oversight;
pub mod safeguards;
pub mod custody;
pub mod erasure;
pub mod backup;
pub mod log_proofs;
pub mod log_witness;

pub use crate::store::people::SessionOwner;
pub use crate::store::recruitments::{Placement, Recruitment as RecruitmentRow};
pub use crate::store::rights::{Request, RightKind};

/// What a procedure could not do, named by what the person can do about it.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// The policies said no.
    #[error(transparent)]
    Refused(Refusal),
    /// There is no such thing, or it is not this person's business.
    #[error("not found: {0}")]
    NotFound(&'static str),
    /// What came in cannot be used as it is.
    #[error("{0}")]
    Invalid(Invalid),
    /// The words of a search would select people on what they may not be selected on.
    #[error(transparent)]
    SearchRefused(RefusedQuery),
    /// Somebody was first: what the page showed no longer holds.
    #[error("{0}")]
    Conflict(Conflict),
    /// The log cannot be written, so nothing is shown or changed.
    #[error("the log cannot be written, so nothing is shown or changed")]
    Journal,
    /// The host's clock is in doubt, so nobody is admitted.
    #[error(transparent)]
    Clock(ClockError),
    /// The database cannot be read or written now; whether the last change was kept is seen by looking.
    #[error("{0}")]
    Unavailable(StoreError),
    /// The log was signed with another key than the one in the data folder.
    #[error(
        "the keys in the data folder are not those that its data was written with: restore the key backup that \
         belongs to this data, or the data that belongs to these keys; nothing was changed"
    )]
    OtherKeys,
    /// There is no model.
    #[error("there is no model; `urval model check` says what is wrong with it")]
    NoModel,
    /// The model failed.
    #[error(transparent)]
    Model(#[from] EncodeError),
    /// Too many want the model at once.
    #[error("the model is busy; try again in a few seconds")]
    Busy,
    /// The model may not rank text in this language.
    #[error(transparent)]
    Unfit(Unfit),
    /// Storage.
    #[error(transparent)]
    Store(StoreError),
    /// Sealing or opening.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A sealed record is not what its name says.
    #[error("a sealed record is damaged: {0}")]
    Damaged(&'static str),
    /// The frozen profile does not open.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The list of erasures cannot be read or written, so nothing is erased.
    #[error(transparent)]
    Erasures(#[from] ListError),
    /// Too many failed attempts from the same place.
    #[error("too many failed attempts; try again in {seconds} s")]
    TooMany {
        /// Seconds to wait.
        seconds: i64,
    },
    /// No random bytes.
    #[error(transparent)]
    Chance(#[from] NoChance),
    /// The service is stopping or a worker died; trying again is safe.
    #[error("the work was interrupted; try again")]
    Interrupted,
}

/// What is wrong with an input, as a code that pages translate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// A placement must be chosen.
    #[error("choose at least one placement")]
    NoPlacement,
    /// A placement of another recruitment.
    #[error("a chosen placement does not belong to this recruitment")]
    StrangePlacement,
    /// Name, e-mail and some text are needed.
    #[error("the application holds no text")]
    NoText,
    /// Too long.
    #[error("a text is longer than 100,000 characters")]
    TooLong,
    /// A NUL byte in a text.
    #[error("a text holds a character that cannot be stored")]
    BadCharacter,
    /// Every criterion needs a blind mark.
    #[error("every criterion needs a mark")]
    MarksMissing,
    /// A mark outside the scale.
    #[error("a mark is 1 to 5, or styrkt, ej_styrkt, oklart for a requirement")]
    BadMark,
    /// A reason is needed.
    #[error("a reason is needed (at least 10 characters)")]
    NoReason,
    /// A reason for emergency access is longer.
    #[error("a reason is needed (at least 20 characters)")]
    ReasonTooShort,
    /// A share outside 1 to 50 per cent.
    #[error("a share is 1 to 50 per cent")]
    BadShare,
    /// A ground outside the closed list.
    #[error("choose a ground from the list")]
    NoGround,
    /// A decision for a placement that the applicant did not choose, or of another organisation.
    #[error("the decision must be for one of your organisation's placements that the applicant chose")]
    NotTheirPlacement,
    /// A query over the limit.
    #[error("a query has at most 100 characters")]
    QueryTooLong,
    /// A new password that may not be taken.
    #[error("a password has 12 to 128 characters, is none that is guessed first and does not hold the login")]
    Password(accounts::PasswordFault),
}

/// Why the page was stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// The blind marks are given.
    #[error("your blind marks are already given; change a mark with a reason instead")]
    AlreadyMarked,
    /// The blind marks come first.
    #[error("give your blind marks first")]
    NotRevealed,
    /// Decided.
    #[error("this is already decided")]
    AlreadyDecided,
    /// Open it first.
    #[error("open the application first")]
    NotOpened,
    /// Reading the log needs a reason.
    #[error("say why the log is read first; a reason holds for an hour")]
    LogNotOpened,
    /// Lifted.
    #[error("this is already lifted")]
    AlreadyLifted,
    /// Somebody has stopped AI support.
    #[error("AI support is off already")]
    AiStopped,
    /// AI support is on.
    #[error("AI support is on already")]
    AiOn,
    /// The control arm's share is set.
    #[error("the control arm's share is set already")]
    ControlSet,
    /// The model has read applications of the recruitment.
    #[error("an application is assessed already; a control arm is drawn before that")]
    Scored,
    /// Somebody has answered.
    #[error("this is already answered")]
    AlreadySettled,
    /// Notices come first.
    #[error("acknowledge the earlier showings to this person first")]
    NoticeFirst,
    /// The password was changed meanwhile.
    #[error("the password was changed meanwhile; log in with the new one")]
    PasswordChanged,
    /// A second factor is in use.
    #[error("a second factor is in use already; remove it first")]
    FactorInUse,
    /// No second factor is being set up.
    #[error("no second factor is being set up; begin again")]
    NothingToConfirm,
}

impl From<StoreError> for CaseError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Missing(what) => Self::NotFound(what),
            StoreError::Log(cause) => {
                tracing::error!(%cause, "the log cannot be written");
                Self::Journal
            }
            passing @ StoreError::Unavailable(_) => Self::Unavailable(passing),
            other => Self::Store(other),
        }
    }
}

impl From<Refusal> for CaseError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Journal(error) => error.into(),
            denied @ Refusal::Denied { .. } => Self::Refused(denied),
        }
    }
}

impl From<JournalError> for CaseError {
    fn from(error: JournalError) -> Self {
        if let JournalError::Store(inner) = &error
            && let Some(clock) = inner.downcast_ref::<ClockError>()
        {
            tracing::error!(%clock, "the clock is in doubt");
            return Self::Clock(*clock);
        }
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        tracing::error!(%error, %cause, "the log cannot be written");
        Self::Journal
    }
}

impl From<Misplaced> for CaseError {
    fn from(_: Misplaced) -> Self {
        Self::Damaged("assessment")
    }
}

impl From<Damaged> for CaseError {
    fn from(_: Damaged) -> Self {
        Self::Damaged("pseudonymised text")
    }
}

impl From<ScoreError> for CaseError {
    fn from(error: ScoreError) -> Self {
        match error {
            ScoreError::Encode(EncodeError::Busy) => Self::Busy,
            ScoreError::Encode(inner) => Self::Model(inner),
            ScoreError::Unfit(inner) => Self::Unfit(inner),
            ScoreError::NothingToRead | ScoreError::Bounds(_) => Self::Invalid(Invalid::NoText),
        }
    }
}

/// Where the data is.
#[derive(Clone, Copy, Debug)]
pub enum Storage<'a> {
    /// The embedded default: a file.
    Sqlite(&'a Path),
    /// A PostgreSQL address, for many nodes on one database.
    Postgres(&'a str),
}

/// What an [`App`] is made of.
pub struct Parts<'a> {
    /// Keys of the installation.
    pub keys: &'a KeyRing,
    /// The log's name.
    pub origin: &'a str,
    /// Validated policies.
    pub policies: Policies,
    /// Time.
    pub clock: Clock,
    /// Chance.
    pub chance: Chance,
    /// The model; without it everything works but scoring.
    pub encoder: Option<Arc<Encoder>>,
}

/// Everything a procedure needs, handed in once.
pub struct App {
    db: Db,
    gate: Gate,
    vault: Arc<Vault>,
    clock: Clock,
    chance: Chance,
    encoder: Option<Arc<Encoder>>,
    rulers: Mutex<HashMap<String, Arc<Ruler>>>,
    erasures: OnceLock<ErasureList>,
    readers: OnceLock<Arc<Extractor>>,
    second_factor_for: &'static [Role],
    watch: OnceLock<Arc<log_witness::Watch>>,
}

impl App {
    /// Opens the database, brings its tables up to date and puts the parts together.
    ///
    /// # Errors
    /// When the database does not open or a migration fails.
    pub async fn open(storage: Storage<'_>, parts: Parts<'_>) -> Result<Self, CaseError> {
        let vault = Arc::new(parts.keys.vault(parts.chance.clone()));
        let signer =
            parts.keys.log_signer(parts.origin).map_err(|_| CaseError::Damaged("name of the log"))?;
        let kit = Arc::new(LogKit {
            vault: Arc::clone(&vault),
            signer,
            origin: parts.origin.to_owned(),
            chance: parts.chance.clone(),
        });
        let db = match storage {
            Storage::Sqlite(file) => Db::open_sqlite(file, kit).await?,
            Storage::Postgres(url) => Db::open_postgres(url, kit).await?,
        };
        let last_entry = startup::last_entry(&db).await?;
        db.open_keys(parts.clock.now()).await?;
        Ok(Self {
            db,
            gate: Gate::new(parts.policies, parts.clock.clone()).after(last_entry),
            vault,
            clock: parts.clock,
            chance: parts.chance,
            encoder: parts.encoder,
            rulers: Mutex::new(HashMap::new()),
            erasures: OnceLock::new(),
            readers: OnceLock::new(),
            second_factor_for: accounts::SECOND_FACTOR_ROLES,
            watch: OnceLock::new(),
        })
    }

    /// The database, for tests of the storage itself.
    #[doc(hidden)]
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The time, for pages and sessions.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Whether the database answers and, when a model is configured, whether it is loaded.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn ready(&self) -> Result<bool, CaseError> {
        self.db.ping().await?;
        Ok(self.encoder.is_some())
    }

    /// The model in use: name, and the languages it is made for.
    #[must_use]
    pub fn model(&self) -> Option<&Arc<Encoder>> {
        self.encoder.as_ref()
    }

    /// What exactly makes assessments now: name, revision and digest of the model.
    pub(crate) fn model_fingerprint(&self) -> Option<String> {
        self.encoder.as_ref().map(|encoder| encoder.entry().fingerprint())
    }

    /// SHA-256 of the policies in force.
    #[must_use]
    pub fn policy_digest(&self) -> &str {
        self.gate.policies().digest()
    }

    /// Asks the gate inside a new transaction. After a yes the caller changes and commits; a no is
    /// committed here, so that the refusal stays in the log.
    async fn admit_to_change<P: Purpose>(
        &self,
        actor: &Actor,
        target: P::Target,
        act: Act,
    ) -> Result<(Access<P>, Tx), CaseError> {
        let mut tx = self.db.begin().await?;
        match self.gate.admit::<P, Tx>(&mut tx, &self.vault, actor, target, act).await {
            Ok(access) => Ok((access, tx)),
            Err(denied @ Refusal::Denied { .. }) => {
                tx.commit().await.map_err(|_| CaseError::Journal)?;
                Err(denied.into())
            }
            // Half an entry is never committed: the transaction ends with this scope and leaves nothing.
            Err(failed @ Refusal::Journal(_)) => Err(failed.into()),
        }
    }

    /// Asks the gate for a read. The entry is durable, numbered and signed when this returns.
    async fn admit<P: Purpose>(
        &self,
        actor: &Actor,
        target: P::Target,
        act: Act,
    ) -> Result<Access<P>, CaseError> {
        let mut log = self.db.log()?;
        Ok(self.gate.admit::<P, _>(&mut log, &self.vault, actor, target, act).await?)
    }

    /// Adds an entry for something that was done, in the change's own transaction.
    async fn note<T: Target>(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        purpose: &'static str,
        what: &'static str,
        target: &T,
        detail: serde_json::Value,
    ) -> Result<Kept, CaseError> {
        Ok(self.gate.note(tx, &self.vault, actor, purpose, what, target, detail).await?)
    }

    /// As [`Vault::seal`], for what may be long.
    fn seal_long(&self, key: &DataKey, at: &Place<'_>, clear: &[u8]) -> Result<Sealed, CaseError> {
        Ok(aside::aside(clear.len(), || self.vault.seal(key, at, clear))?)
    }

    /// As [`Vault::open`], for what may be long.
    fn open_long(&self, key: &DataKey, at: &Place<'_>, sealed: &Sealed) -> Result<Opened, CaseError> {
        Ok(aside::aside(sealed.as_bytes().len(), || self.vault.open(key, at, sealed))?)
    }

    async fn key<P: MayOpen>(&self, access: &Access<P>, kind: KeyKind) -> Result<DataKey, CaseError> {
        let wrapped = self.db.subject_key(access, kind).await?;
        Ok(self.vault.unwrap_key(&access.target().subject, kind, &wrapped)?)
    }

    async fn unsealed<P: MayOpen>(
        &self,
        access: &Access<P>,
        field: Field,
    ) -> Result<Option<Opened>, CaseError> {
        let Some(sealed) = self.db.envelope(access, field).await? else { return Ok(None) };
        let key = self.key(access, field.key()).await?;
        Ok(Some(self.vault.open(&key, &place(access.target(), field.code()), &sealed)?))
    }

    async fn pseudonymous<P: MayOpen>(&self, access: &Access<P>) -> Result<Option<Pseudonymous>, CaseError> {
        match self.unsealed(access, Field::Pseudonymous).await? {
            Some(opened) => Ok(Some(Pseudonymous::from_sealed(opened.bytes())?)),
            None => Ok(None),
        }
    }

    async fn assessment<P: MayOpen>(&self, access: &Access<P>) -> Result<Option<Assessment>, CaseError> {
        match self.unsealed(access, Field::Assessment).await? {
            Some(opened) => Ok(Some(parse_assessment(opened.bytes())?)),
            None => Ok(None),
        }
    }

    fn frozen(&self, recruitment: &Recruitment) -> Result<FrozenProfile, CaseError> {
        Ok(FrozenProfile::reopen(&recruitment.profile_toml, &recruitment.profile_digest)?)
    }

    async fn recruitment_and_profile(
        &self,
        id: &RecruitmentId,
    ) -> Result<(Recruitment, FrozenProfile), CaseError> {
        let recruitment = self.db.recruitment(id).await?;
        let profile = self.frozen(&recruitment)?;
        Ok((recruitment, profile))
    }
}

fn place<'a>(target: &'a ApplicationFacts, field: &'static str) -> Place<'a> {
    Place { tenant: target.recruitment.as_str(), record: target.id.as_str(), field }
}

fn parse_assessment(bytes: &[u8]) -> Result<Assessment, CaseError> {
    serde_json::from_slice(bytes).map_err(|_| CaseError::Damaged("assessment"))
}

/// Opens the sealed assessment of one row of a ranking.
fn open_ranked(
    vault: &Vault,
    row: &ApplicationFacts,
    key: &DataKey,
    sealed: &Sealed,
) -> Result<Assessment, CaseError> {
    let opened = vault.open(key, &place(row, Field::Assessment.code()), sealed)?;
    parse_assessment(opened.bytes())
}
