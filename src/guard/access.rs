//! The token without which nobody reads personal data.
//!
//! [`Gate::admit`] asks the policies, writes the answer to the log, and only then returns an
//! [`Access`]. The token is also the id: a function that reads a person's data takes the token and
//! no id beside it, so checking one person and reading another cannot be written.
//!
//! This file is the only one that can make a token. A token proves admission at the door and not
//! for a later moment: it is neither stored nor cloned.

use serde_json::{Value, json};

use super::audit::{Entry, EventId, Journal, JournalError, Kept, Outcome, Sealing};
use super::clock_check::{ClockCheck, ClockError};
use super::emergency::Emergency;
use super::pii::{FreeText, Identity, MaySee, PseudonymousText, StaffNote};
use super::policy::{Answer, Ask, Policies};
use super::vault::{KeyKind, Vault, WrappedKey};
use crate::clock::{Clock, Moment};
use crate::subject::id::{
    ApplicationId, MembershipId, OrganisationId, PlacementId, RecruitmentId, StaffId, SubjectId,
};
use crate::subject::role::Role;

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A member of staff, through one membership.
    Staff(Membership),
    /// The holder of one application's receipt code.
    Applicant(ApplicationId),
    /// Somebody who has not said who they are.
    Visitor(Door),
    /// A job of the service.
    Job(Job),
}

/// One person × organisation × role × dates, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// This membership.
    pub id: MembershipId,
    /// The person.
    pub staff: StaffId,
    /// The organisation in whose name the person acts.
    pub organisation: OrganisationId,
    /// In which capacity.
    pub role: Role,
    /// Whether the account is open.
    pub active: bool,
    /// First moment of validity.
    pub valid_from: Moment,
    /// First moment after validity.
    pub valid_to: Moment,
}

/// Through which door an unknown visitor came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// The pages.
    Web,
    /// `/api/v1`.
    Api,
}

/// The closed set of jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// Scores what has come in.
    Scorer,
    /// `urval screen`.
    Screen,
    /// `urval import`.
    Import,
    /// Another command that somebody with access to the data folder runs.
    Cli,
    /// Loads the invented applications of the demonstration.
    Demo,
    /// Executes disposals (gallring) that are due.
    Retention,
}

impl Door {
    /// The name in policies and log.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Api => "api",
        }
    }
}

impl Job {
    /// The name in policies and log.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Scorer => "scorer",
            Self::Screen => "screen",
            Self::Import => "import",
            Self::Cli => "cli",
            Self::Demo => "demo",
            Self::Retention => "retention",
        }
    }
}

/// What the policies need to know of a recruitment. Made by the store.
#[derive(Clone, Debug)]
pub struct RecruitmentFacts {
    /// Which.
    pub id: RecruitmentId,
    /// `open` or `closed`.
    pub state: String,
}

/// What the policies need to know of a placement. Made by the store.
#[derive(Clone, Debug)]
pub struct PlacementFacts {
    /// Which.
    pub id: PlacementId,
    /// Of which recruitment.
    pub recruitment: RecruitmentId,
    /// The recruiting organisation.
    pub organisation: OrganisationId,
    /// `open` or `closed`.
    pub recruitment_state: String,
}

/// What the policies need to know of an application. Made by the store; holds no personal text.
#[derive(Clone, Debug)]
pub struct ApplicationFacts {
    /// Which.
    pub id: ApplicationId,
    /// Whose.
    pub subject: SubjectId,
    /// Of which recruitment.
    pub recruitment: RecruitmentId,
    /// The label that people see, such as `K-7QF3M2`.
    pub label: String,
    /// The organisations of the chosen placements.
    pub organisations: Vec<OrganisationId>,
    /// `submitted`, `held`, `assessed` or `withdrawn`.
    pub state: String,
    /// The applicant asked for a review without AI, or the lot put it into the control arm.
    pub ai_free: bool,
    /// A legal hold (gallringsspärr) is in force: nothing of it is erased.
    pub legal_hold: bool,
    /// The staff who have declared a conflict of interest (jäv), as persons and whatever their memberships.
    pub conflicts: Vec<StaffId>,
    /// The wrapped key behind the tags that link this subject's events.
    pub tag_key: WrappedKey,
}

/// What the policies need to know of a staff account: who holds it. Made by the procedures that let
/// people in.
#[derive(Clone, Debug)]
pub struct AccountFacts {
    /// The membership whose account it is.
    pub holder: MembershipId,
}

/// The whole log.
#[derive(Clone, Copy, Debug)]
pub struct LogFacts;

/// The installation itself: counts and states, no persons.
#[derive(Clone, Copy, Debug)]
pub struct SystemFacts;

mod sealed {
    pub trait Sealed {}
}

/// Something an access can be about.
pub trait Target: sealed::Sealed + Send + Sync + 'static {
    /// The Cedar entity.
    #[doc(hidden)]
    fn entity(&self) -> (&'static str, String, Value);
    /// Whose events these are, if a subject's.
    #[doc(hidden)]
    fn subject(&self) -> Option<(&SubjectId, &WrappedKey)>;
    /// The id for the sealed detail of the log.
    #[doc(hidden)]
    fn named(&self) -> Value;
    /// The organisation that the event belongs to, when it is exactly one.
    #[doc(hidden)]
    fn organisation(&self) -> Option<&OrganisationId>;
}

pub(super) fn reference(kind: &str, id: &str) -> Value {
    json!({ "__entity": { "type": format!("Urval::{kind}"), "id": id } })
}

impl sealed::Sealed for RecruitmentFacts {}
impl Target for RecruitmentFacts {
    fn entity(&self) -> (&'static str, String, Value) {
        ("Recruitment", self.id.to_string(), json!({ "state": self.state }))
    }
    fn subject(&self) -> Option<(&SubjectId, &WrappedKey)> {
        None
    }
    fn named(&self) -> Value {
        json!({ "recruitment": self.id.as_str() })
    }
    fn organisation(&self) -> Option<&OrganisationId> {
        None
    }
}

impl sealed::Sealed for PlacementFacts {}
impl Target for PlacementFacts {
    fn entity(&self) -> (&'static str, String, Value) {
        let attributes = json!({
            "organisation": reference("Organisation", self.organisation.as_str()),
            "recruitmentState": self.recruitment_state,
        });
        ("Placement", self.id.to_string(), attributes)
    }
    fn subject(&self) -> Option<(&SubjectId, &WrappedKey)> {
        None
    }
    fn named(&self) -> Value {
        json!({ "placement": self.id.as_str() })
    }
    fn organisation(&self) -> Option<&OrganisationId> {
        Some(&self.organisation)
    }
}

impl sealed::Sealed for ApplicationFacts {}
impl Target for ApplicationFacts {
    fn entity(&self) -> (&'static str, String, Value) {
        let organisations: Vec<Value> =
            self.organisations.iter().map(|id| reference("Organisation", id.as_str())).collect();
        let conflicts: Vec<Value> = self.conflicts.iter().map(|id| reference("Staff", id.as_str())).collect();
        let attributes = json!({
            "applicant": reference("Applicant", self.id.as_str()),
            "organisations": organisations,
            "state": self.state,
            "aiFree": self.ai_free,
            "legalHold": self.legal_hold,
            "conflicts": conflicts,
        });
        ("Application", self.id.to_string(), attributes)
    }
    fn subject(&self) -> Option<(&SubjectId, &WrappedKey)> {
        Some((&self.subject, &self.tag_key))
    }
    fn named(&self) -> Value {
        json!({ "application": self.label })
    }
    fn organisation(&self) -> Option<&OrganisationId> {
        None
    }
}

impl sealed::Sealed for AccountFacts {}
impl Target for AccountFacts {
    fn entity(&self) -> (&'static str, String, Value) {
        let attributes = json!({ "holder": reference("Membership", self.holder.as_str()) });
        ("Account", self.holder.to_string(), attributes)
    }
    fn subject(&self) -> Option<(&SubjectId, &WrappedKey)> {
        None
    }
    fn named(&self) -> Value {
        json!({ "account": "own" })
    }
    fn organisation(&self) -> Option<&OrganisationId> {
        None
    }
}

impl sealed::Sealed for LogFacts {}
impl Target for LogFacts {
    fn entity(&self) -> (&'static str, String, Value) {
        ("Log", "log".into(), json!({}))
    }
    fn subject(&self) -> Option<(&SubjectId, &WrappedKey)> {
        None
    }
    fn named(&self) -> Value {
        json!({ "log": "all" })
    }
    fn organisation(&self) -> Option<&OrganisationId> {
        None
    }
}

impl sealed::Sealed for SystemFacts {}
impl Target for SystemFacts {
    fn entity(&self) -> (&'static str, String, Value) {
        ("System", "system".into(), json!({}))
    }
    fn subject(&self) -> Option<(&SubjectId, &WrappedKey)> {
        None
    }
    fn named(&self) -> Value {
        json!({ "system": "all" })
    }
    fn organisation(&self) -> Option<&OrganisationId> {
        None
    }
}

/// Why somebody asks. The set is closed: a new purpose is an edit of this file, and so a question
/// to the data-protection impact assessment.
pub trait Purpose: sealed::Sealed + Send + Sync + 'static {
    /// What such an access is about.
    type Target: Target;
    /// The purpose in policies and log.
    const NAME: &'static str;
    /// The action in the policies.
    const ACTION: &'static str;
}

macro_rules! purposes {
    ($($(#[$doc:meta])* $name:ident: $target:ty = $purpose:literal / $action:literal, may see [$($category:ty),*];)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}
        impl sealed::Sealed for $name {}
        impl Purpose for $name {
            type Target = $target;
            const NAME: &'static str = $purpose;
            const ACTION: &'static str = $action;
        }
        $(impl MaySee<$category> for $name {})*
    )*};
}

purposes! {
    /// An application is handed in.
    Intake: RecruitmentFacts = "intake" / "submit", may see [];
    /// The model reads the pseudonymised text of one application.
    Screening: ApplicationFacts = "screening" / "screen", may see [PseudonymousText];
    /// The assessments of one placement side by side.
    Ranking: PlacementFacts = "ranking" / "rank", may see [];
    /// A person searches the applications of one placement that he or she has read.
    Search: PlacementFacts = "search" / "search", may see [];
    /// A person reads one application.
    Review: ApplicationFacts = "review" / "review", may see [PseudonymousText, StaffNote];
    /// A person marks one application, or changes a mark.
    Assess: ApplicationFacts = "review" / "assess", may see [PseudonymousText, StaffNote];
    /// A named person decides about one application.
    Decide: ApplicationFacts = "decision" / "decide", may see [PseudonymousText, StaffNote];
    /// A person needs to reach an applicant who goes on.
    Contact: ApplicationFacts = "contact" / "contact", may see [Identity];
    /// The applicant's own data (GDPR Art. 15–22).
    OwnData: ApplicationFacts = "subject_rights" / "ownData",
        may see [Identity, FreeText, PseudonymousText, StaffNote];
    /// Contact details are asked for before a decision (nödåtkomst).
    AskEmergency: ApplicationFacts = "contact" / "askEmergency", may see [];
    /// Emergency access is approved, refused or acknowledged.
    OverseeEmergency: ApplicationFacts = "oversight" / "overseeEmergency", may see [StaffNote];
    /// Somebody says that he or she is partial (anmäler jäv).
    DeclareConflict: ApplicationFacts = "review" / "declareConflict", may see [];
    /// A declaration of conflict that was made by mistake is lifted.
    LiftConflict: ApplicationFacts = "oversight" / "liftConflict", may see [StaffNote];
    /// AI support is stopped in a recruitment.
    StopAi: RecruitmentFacts = "oversight" / "stopAi", may see [];
    /// AI support is started again.
    StartAi: RecruitmentFacts = "oversight" / "startAi", may see [];
    /// The share of a recruitment's control arm is set.
    SetControl: RecruitmentFacts = "operations" / "setControl", may see [];
    /// The control arms in numbers.
    SeeControl: SystemFacts = "oversight" / "seeControl", may see [];
    /// A legal hold (gallringsspärr) is set or lifted.
    Hold: ApplicationFacts = "retention" / "hold", may see [StaffNote];
    /// The legal holds of all applications.
    Holds: SystemFacts = "retention" / "listHolds", may see [StaffNote];
    /// Emergency access and conflicts of interest, for those who watch over them.
    Matters: SystemFacts = "oversight" / "listMatters", may see [StaffNote];
    /// An application is erased for good (gallring, GDPR Art. 17). Nothing of it is read.
    Erase: ApplicationFacts = "retention" / "erase", may see [];
    /// A person answers an applicant's request for erasure with a no. Nothing of the application is read.
    Answering: ApplicationFacts = "retention" / "answer", may see [];
    /// Which requests for erasure wait: labels, states and dates.
    Disposal: SystemFacts = "retention" / "dispose", may see [];
    /// A member of staff logs in, or looks after the own account: password, second factor, sessions.
    OwnAccount: AccountFacts = "accounts" / "keepAccount", may see [];
    /// The data-protection officer reads the log.
    Oversight: LogFacts = "oversight" / "oversee", may see [];
    /// Counts and states of the installation.
    Operations: SystemFacts = "operations" / "operate", may see [];
}

/// Proof that somebody was admitted to one target for one purpose, and that it is in the log.
#[must_use]
pub struct Access<P: Purpose> {
    target: P::Target,
    actor: Actor,
    kept: Kept,
    at: Moment,
}

impl<P: Purpose> std::fmt::Debug for Access<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Access<{}>(entry {})", P::NAME, self.kept.event)
    }
}

impl<P: Purpose> Access<P> {
    /// What the access is about.
    #[must_use]
    pub fn target(&self) -> &P::Target {
        &self.target
    }
    /// Who was admitted.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
    /// The id of the log entry that stands for this access.
    #[must_use]
    pub fn event(&self) -> EventId {
        self.kept.event
    }
    /// The number of that entry. An access to change something has none before its commit.
    #[must_use]
    pub fn entry(&self) -> Option<u64> {
        self.kept.seq
    }
    /// When it was given.
    #[must_use]
    pub fn at(&self) -> Moment {
        self.at
    }
    /// The person, when a member of staff was admitted.
    #[must_use]
    pub fn staff(&self) -> Option<&Membership> {
        match &self.actor {
            Actor::Staff(membership) => Some(membership),
            _ => None,
        }
    }
}

/// What is about to be done, for the policies and the log.
#[derive(Clone, Debug)]
pub struct Act {
    what: &'static str,
    opened: bool,
    proceeds: bool,
    sensitive: bool,
    emergency: Option<Emergency>,
    detail: Value,
}

impl Act {
    /// An act by its name in the log, such as `application.opened`.
    #[must_use]
    pub fn new(what: &'static str) -> Self {
        Self { what, opened: false, proceeds: false, sensitive: false, emergency: None, detail: Value::Null }
    }
    /// Says whether this person has opened this application.
    #[must_use]
    pub fn opened(mut self, opened: bool) -> Self {
        self.opened = opened;
        self
    }
    /// Says whether a person has decided that this application goes on.
    #[must_use]
    pub fn proceeds(mut self, proceeds: bool) -> Self {
        self.proceeds = proceeds;
        self
    }
    /// Says whether what is searched for would select people on sensitive data.
    #[must_use]
    pub fn sensitive(mut self, sensitive: bool) -> Self {
        self.sensitive = sensitive;
        self
    }
    /// Names the emergency access that is asked about or relied on.
    #[must_use]
    pub fn emergency(mut self, emergency: Option<Emergency>) -> Self {
        self.emergency = emergency;
        self
    }
    /// Adds what the sealed part of the entry shall hold: reasons, criteria, values.
    #[must_use]
    pub fn detail(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }
}

/// Why nobody was admitted.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The policies said no. The refusal is in the journal's transaction.
    #[error("not allowed: {action} for {purpose}")]
    Denied {
        /// The action asked for.
        action: &'static str,
        /// The purpose given.
        purpose: &'static str,
    },
    /// The log could not be written, so nothing may be read.
    #[error("the log cannot be written, so nothing is shown")]
    Journal(#[from] JournalError),
}

impl From<ClockError> for Refusal {
    fn from(error: ClockError) -> Self {
        Self::Journal(error.into())
    }
}

/// Policies, vault and clock together: the only way to an [`Access`].
pub struct Gate {
    policies: Policies,
    clock: Clock,
    check: ClockCheck,
}

impl Gate {
    /// A gate with loaded policies.
    #[must_use]
    pub fn new(policies: Policies, clock: Clock) -> Self {
        Self { policies, clock, check: ClockCheck::default() }
    }

    /// The gate over a log whose last entry is of this moment.
    #[must_use]
    pub fn after(self, last_entry: Option<Moment>) -> Self {
        Self { check: ClockCheck::after(last_entry), ..self }
    }

    /// The time, when the host's clock can be believed. Whoever is admitted is admitted at a time, so a
    /// clock in doubt admits nobody.
    ///
    /// # Errors
    /// [`ClockError`]: it says what to do.
    pub fn time(&self) -> Result<Moment, ClockError> {
        self.check.time(&self.clock)
    }

    /// Believes the host's clock as it is. For the person who has looked at it.
    pub fn accept_clock(&self) {
        self.check.accept(&self.clock);
    }

    /// The policies in force.
    #[must_use]
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    /// Asks the policies, journals the answer, and returns the token when it was yes.
    ///
    /// A journal that is a transaction is committed by the caller in both cases: after a refusal it holds
    /// the entry that tells of it. Nothing may be shown before that commit.
    ///
    /// # Errors
    /// [`Refusal`]: the policies said no or could not be evaluated, or the log cannot be written.
    pub async fn admit<P: Purpose, J: Journal>(
        &self,
        journal: &mut J,
        vault: &Vault,
        actor: &Actor,
        target: P::Target,
        act: Act,
    ) -> Result<Access<P>, Refusal> {
        let now = self.time()?;
        let answer = self.policies.decide(&Ask {
            actor,
            action: P::ACTION,
            purpose: P::NAME,
            target: target.entity(),
            now,
            opened: act.opened,
            proceeds: act.proceeds,
            sensitive: act.sensitive,
            emergency: act.emergency,
        });
        let (outcome, policies, errors) = match answer {
            Answer::Allow { policies } => (Outcome::Allowed, policies, Vec::new()),
            Answer::Deny { policies, errors } => (Outcome::Refused, policies, errors),
        };
        let mut detail = target.named();
        if let Some(map) = detail.as_object_mut() {
            if !act.detail.is_null() {
                map.insert("detail".into(), act.detail);
            }
            if !errors.is_empty() {
                map.insert("errors".into(), json!(errors));
            }
        }
        let allowed = outcome == Outcome::Allowed;
        let entry = entry(vault, now, actor, P::NAME, act.what, outcome, policies, &target, detail);
        let kept = journal.append(entry, sealing(&target)).await?;
        if !allowed {
            return Err(Refusal::Denied { action: P::ACTION, purpose: P::NAME });
        }
        Ok(Access { target, actor: actor.clone(), kept, at: now })
    }

    /// Adds an entry for something that an admitted act brought about, in the same transaction.
    ///
    /// # Errors
    /// When the log cannot be written; the caller's transaction must not be committed then.
    #[expect(clippy::too_many_arguments, reason = "each is one field of the entry, and none has a default")]
    pub async fn note<T: Target, J: Journal>(
        &self,
        journal: &mut J,
        vault: &Vault,
        actor: &Actor,
        purpose: &'static str,
        what: &'static str,
        target: &T,
        more: Value,
    ) -> Result<Kept, JournalError> {
        let mut detail = target.named();
        if let Some(map) = detail.as_object_mut() {
            map.insert("detail".into(), more);
        }
        let now = self.time()?;
        let entry = entry(vault, now, actor, purpose, what, Outcome::Done, Vec::new(), target, detail);
        journal.append(entry, sealing(target)).await
    }
}

#[expect(clippy::too_many_arguments, reason = "each is one field of the entry, and none has a default")]
fn entry<T: Target>(
    vault: &Vault,
    time: Moment,
    actor: &Actor,
    purpose: &str,
    what: &str,
    outcome: Outcome,
    policies: Vec<String>,
    target: &T,
    detail: Value,
) -> Entry {
    let (actor, role, own) = match actor {
        Actor::Staff(membership) => (
            vault.pseudonym("log-actor", membership.staff.as_str()),
            membership.role.code().to_owned(),
            Some(membership.organisation.to_string()),
        ),
        Actor::Applicant(_) => ("applicant".into(), "applicant".into(), None),
        Actor::Visitor(door) => (format!("visitor-{}", door.code()), "visitor".into(), None),
        Actor::Job(job) => (format!("job-{}", job.code()), "system".into(), None),
    };
    Entry {
        time,
        action: what.to_owned(),
        purpose: purpose.to_owned(),
        outcome,
        actor,
        role,
        organisation: own.or_else(|| target.organisation().map(ToString::to_string)),
        subject_tag: None,
        policies,
        detail,
    }
}

fn sealing<T: Target>(target: &T) -> Sealing<'_> {
    match target.subject() {
        Some((subject, tag_key)) => Sealing::Subject { subject, tag_key },
        None => Sealing::Log,
    }
}

/// The kinds of key that a purpose may ask for, by the action, because one purpose has actions that read and
/// actions that only change a state: identity stays shut for everything but contact and the applicant's own data.
pub trait MayOpen: Purpose<Target = ApplicationFacts> {
    /// Whether the purpose may unwrap this kind.
    #[must_use]
    fn may_open(kind: KeyKind) -> bool {
        match kind {
            KeyKind::Identity => matches!(Self::ACTION, "contact" | "ownData"),
            KeyKind::Content => {
                matches!(Self::ACTION, "screen" | "review" | "assess" | "decide" | "ownData")
            }
            KeyKind::Tag => true,
        }
    }
}

impl<P: Purpose<Target = ApplicationFacts>> MayOpen for P {}
