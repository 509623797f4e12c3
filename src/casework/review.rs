//! A person reads one application: first the text and blind marks, then the band and the evidence,
//! then perhaps a changed mark with a reason.

use serde_json::json;

use super::ai_support::AiSupport;
use super::{App, CaseError, Conflict, Invalid, place};
use crate::guard::access::{Access, Act, Actor, ApplicationFacts, Assess, Membership, Purpose, Review};
use crate::guard::pii::{Disclosed, Pii, PseudonymousText, StaffNote, disclose_text};
use crate::guard::vault::KeyKind;
use crate::pipeline::explain::{Explained, NotCounted, explain, not_counted};
use crate::pipeline::extract::told::Told;
use crate::pipeline::pseudonymise::Pseudonymous;
use crate::pipeline::score::{Assessment, LanguageShare};
use crate::store::recruitments::{Placement, Recruitment};
use crate::store::reviews::Opening;
use crate::subject::file_place::FilePlace;
use crate::subject::id::{ApplicationId, CriterionId, PlacementId, StaffId};
use crate::subject::level::Total;
pub use crate::subject::mark::{Mark, marked_now, settled_by_words};
use crate::subject::profile::{Criterion, FrozenProfile};
use crate::subject::role::Role;

/// A mark as the file shows it.
pub struct MarkView {
    /// The criterion.
    pub criterion: CriterionId,
    /// Whose.
    pub staff: StaffId,
    /// Whether it is this reader's own.
    pub own: bool,
    /// Given blind.
    pub blind: Mark,
    /// What holds now.
    pub last: Mark,
    /// Why it was changed.
    pub reason: Option<Pii<StaffNote>>,
}

/// A decision as the file shows it.
pub struct DecisionView {
    /// For which placement.
    pub placement: Placement,
    /// `proceed` or `not_proceed`.
    pub outcome: String,
    /// The name of the person who decided.
    pub by: String,
    /// Why.
    pub reason: Pii<StaffNote>,
    /// When.
    pub at: crate::clock::Moment,
}

/// One opened application.
pub struct ReviewFile {
    access: Access<Review>,
    text: Option<Pseudonymous>,
    assessment: Option<Assessment>,
    /// Its recruitment.
    pub recruitment: Recruitment,
    /// The frozen profile.
    pub profile: FrozenProfile,
    /// The placements of this reader's organisation that the applicant chose.
    pub placements: Vec<Placement>,
    /// Marks: own ones always, others' only after the reveal.
    pub marks: Vec<MarkView>,
    /// Decisions so far.
    pub decisions: Vec<DecisionView>,
    /// Whether band and evidence are shown.
    pub revealed: bool,
    /// Whether this reader marks.
    pub marks_here: bool,
    /// Whether this reader decides.
    pub decides_here: bool,
    /// Band and number of bands, by placement, once revealed.
    pub bands: Vec<(PlacementId, usize, usize)>,
    /// Why a person must read it before the model may.
    pub held: Option<String>,
    /// What is told of the files that were handed in: counts, never their text.
    pub files: Vec<(FilePlace, Told)>,
    /// Whether band and evidence can be shown at all, and why not.
    pub support: AiSupport,
}

impl ReviewFile {
    /// What the policies know of it: label, state.
    #[must_use]
    pub fn facts(&self) -> &ApplicationFacts {
        self.access.target()
    }

    /// The proof of admission.
    #[must_use]
    pub fn access(&self) -> &Access<Review> {
        &self.access
    }

    /// The pseudonymised text: kind, question, first byte, text, section by section.
    #[must_use]
    pub fn sections(&self) -> Vec<SectionView<'_>> {
        let Some(text) = &self.text else { return Vec::new() };
        text.sections()
            .iter()
            .filter_map(|section| {
                let words = text.text().get(section.start..section.end)?;
                Some(SectionView {
                    kind: section.kind,
                    question: section.question.as_deref(),
                    start: section.start,
                    end: section.end,
                    text: words,
                })
            })
            .collect()
    }

    /// A piece of the text, for the page.
    #[must_use]
    pub fn disclose<'a>(&self, words: &'a str) -> Disclosed<'a> {
        disclosed(&self.access, words)
    }

    /// The evidence for one of the reader's placements, once revealed.
    ///
    /// # Errors
    /// When the stored assessment does not fit the text: then nothing is shown.
    pub fn explained(&self, placement: &Placement) -> Result<Option<(Vec<Explained<'_>>, Total)>, CaseError> {
        match (&self.text, &self.assessment) {
            (Some(text), Some(assessment)) if self.revealed => {
                let slug = PlacementId::new(&placement.slug);
                Ok(Some(explain(assessment, self.profile.profile(), Some(&slug), text)?))
            }
            _ => Ok(None),
        }
    }

    /// The passages that earned nothing, once revealed.
    ///
    /// # Errors
    /// As [`ReviewFile::explained`].
    pub fn not_counted(&self) -> Result<Vec<NotCounted<'_>>, CaseError> {
        match (&self.text, &self.assessment) {
            (Some(text), Some(assessment)) if self.revealed => Ok(not_counted(assessment, text)?),
            _ => Ok(Vec::new()),
        }
    }

    /// Languages in the text that the model cannot read.
    #[must_use]
    pub fn unread_languages(&self) -> Vec<LanguageShare> {
        self.assessment
            .as_ref()
            .map(|found| found.unread().into_iter().cloned().collect())
            .unwrap_or_default()
    }

    /// Model name and method, once there is an assessment and it may be shown.
    #[must_use]
    pub fn made_by(&self) -> Option<(&str, &str)> {
        self.assessment
            .as_ref()
            .filter(|_| self.revealed)
            .map(|found| (found.model.as_str(), found.method.as_str()))
    }

    /// The criteria that apply to one of the reader's placements, in the profile's order.
    #[must_use]
    pub fn criteria(&self) -> Vec<&Criterion> {
        criteria_for(&self.profile, &self.placements)
    }
}

/// A piece of the pseudonymised text that the token admits to, for a page.
pub(super) fn disclosed<'a>(access: &Access<Review>, words: &'a str) -> Disclosed<'a> {
    disclose_text::<PseudonymousText, Review>(words, access)
}

/// One part of the text.
pub struct SectionView<'a> {
    /// Letter, CV or answer.
    pub kind: crate::pipeline::received::SectionKind,
    /// The question's id.
    pub question: Option<&'a str>,
    /// First byte in the whole text.
    pub start: usize,
    /// First byte after it.
    pub end: usize,
    /// The words; show them with [`ReviewFile::disclose`].
    pub(crate) text: &'a str,
}

fn criteria_for<'a>(profile: &'a FrozenProfile, placements: &[Placement]) -> Vec<&'a Criterion> {
    profile
        .profile()
        .criteria
        .iter()
        .filter(|criterion| placements.iter().any(|p| criterion.applies_to(&PlacementId::new(&p.slug))))
        .collect()
}

fn staff_of(actor: &Actor) -> Result<&Membership, CaseError> {
    match actor {
        Actor::Staff(member) => Ok(member),
        _ => Err(CaseError::NotFound("membership")),
    }
}

impl App {
    /// The placements of this person's organisation that the applicant chose.
    async fn chosen_here<P: Purpose<Target = ApplicationFacts>>(
        &self,
        access: &Access<P>,
        member: &Membership,
    ) -> Result<Vec<Placement>, CaseError> {
        let chosen = self.db.choices(access).await?;
        let mut placements = self.db.placements(&access.target().recruitment).await?;
        placements.retain(|p| p.organisation == member.organisation && chosen.contains(&p.id));
        Ok(placements)
    }

    /// Opens one application for a member of staff. The opening itself is stored and logged before
    /// anything is shown.
    ///
    /// # Errors
    /// When the gate refuses or something cannot be read.
    pub async fn open_application(&self, actor: &Actor, id: &ApplicationId) -> Result<ReviewFile, CaseError> {
        let member = staff_of(actor)?;
        let facts = self.db.application_facts(id).await?;
        let (access, mut tx) =
            self.admit_to_change::<Review>(actor, facts, Act::new("application.opened")).await?;
        tx.put_opening(&access, &member.staff).await?;
        tx.commit().await.map_err(|_| CaseError::Journal)?;

        let (recruitment, profile) = self.recruitment_and_profile(&access.target().recruitment).await?;
        let placements = self.chosen_here(&access, member).await?;
        let marks_here = matches!(member.role, Role::Assessor | Role::Recruiter);
        let decides_here = member.role == Role::HiringManager;
        let opening = self.db.opening(id, &member.staff).await?;
        let revealed = decides_here || opening.is_some_and(|seen| seen.revealed_at.is_some());
        let text = self.pseudonymous(&access).await?;
        let support = self.ai_support(&recruitment.id).await?;
        let assessment = if support.is_on() && access.target().state == "assessed" {
            self.assessment(&access).await?
        } else {
            None
        };
        let key = self.key(&access, KeyKind::Content).await?;
        let mut marks = Vec::new();
        for row in self.db.marks(&access).await? {
            let own = row.staff == member.staff;
            if !own && !revealed {
                continue;
            }
            let field = format!("marks.reason/{}/{}", row.criterion, row.staff);
            let reason = match &row.reason {
                Some(sealed) => {
                    let at = crate::guard::vault::Place { field: &field, ..place(access.target(), "") };
                    Some(self.vault.open_pii::<StaffNote>(&key, &at, sealed)?)
                }
                None => None,
            };
            marks.push(MarkView {
                criterion: row.criterion,
                staff: row.staff,
                own,
                blind: Mark::parse(&row.blind).ok_or(CaseError::Damaged("mark"))?,
                last: Mark::parse(&row.last).ok_or(CaseError::Damaged("mark"))?,
                reason,
            });
        }
        let mut decisions = Vec::new();
        for row in self.db.decisions(&access).await? {
            let Some(placement) = placements.iter().find(|p| p.id == row.placement).cloned() else {
                continue;
            };
            let field = format!("decisions.reason/{}", row.id);
            let at = crate::guard::vault::Place { field: &field, ..place(access.target(), "") };
            decisions.push(DecisionView {
                placement,
                outcome: row.outcome,
                by: self.db.staff_name(&row.staff).await?,
                reason: self.vault.open_pii::<StaffNote>(&key, &at, &row.reason)?,
                at: row.decided_at,
            });
        }
        let mut bands = Vec::new();
        if revealed && assessment.is_some() {
            for placement in &placements {
                if let Some((band, of)) =
                    self.band_of(actor, &placement.id, id, &access.target().label).await?
                {
                    bands.push((placement.id.clone(), band, of));
                }
            }
        }
        let held = self.db.details(&access).await?.held_reason;
        let files = self.told_of_files(&access).await?;
        Ok(ReviewFile {
            access,
            text,
            assessment,
            recruitment,
            profile,
            placements,
            marks,
            decisions,
            revealed,
            marks_here,
            decides_here,
            bands,
            held,
            files,
            support,
        })
    }

    /// Stores this reader's blind marks, all at once, and from then on shows band and evidence.
    ///
    /// # Errors
    /// [`CaseError::Invalid`] when a criterion lacks a mark or a mark is off its scale;
    /// [`CaseError::Conflict`] when the marks are given already (a double click) or the application
    /// was not opened. Nothing is stored then.
    pub async fn mark_blind(
        &self,
        actor: &Actor,
        id: &ApplicationId,
        given: &[(CriterionId, Mark)],
    ) -> Result<(), CaseError> {
        let member = staff_of(actor)?;
        let facts = self.db.application_facts(id).await?;
        let opening: Option<Opening> = self.db.opening(id, &member.staff).await?;
        let act = Act::new("application.marked").opened(opening.is_some()).detail(
            json!({ "marks": given.iter().map(|(c, m)| (c.as_str(), m.code())).collect::<Vec<_>>() }),
        );
        let (access, mut tx) = self.admit_to_change::<Assess>(actor, facts, act).await?;
        let (_, profile) = self.recruitment_and_profile(&access.target().recruitment).await?;
        let placements = self.chosen_here(&access, member).await?;
        let asked: Vec<&Criterion> =
            criteria_for(&profile, &placements).into_iter().filter(|c| marked_now(c)).collect();
        // A mark for something that is not asked would be lost silently.
        if given.iter().any(|(id, _)| asked.iter().all(|criterion| criterion.id != *id)) {
            return Err(CaseError::Invalid(Invalid::BadMark));
        }
        for criterion in asked {
            let (_, mark) = given
                .iter()
                .find(|(found, _)| *found == criterion.id)
                .ok_or(CaseError::Invalid(Invalid::MarksMissing))?;
            if !mark.fits(criterion) {
                return Err(CaseError::Invalid(Invalid::BadMark));
            }
            tx.put_mark(&access, &member.staff, &criterion.id, mark.code()).await?;
        }
        // The row decides who was first: of two clicks the second finds the band already shown.
        if !tx.reveal(&access, &member.staff).await? {
            return Err(CaseError::Conflict(if opening.is_some() {
                Conflict::AlreadyMarked
            } else {
                Conflict::NotOpened
            }));
        }
        tx.commit().await?;
        Ok(())
    }

    /// Changes one mark after the band was shown. The blind mark stays beside it.
    ///
    /// # Errors
    /// [`CaseError::Invalid`] without a reason or off the scale; [`CaseError::Conflict`] before the
    /// blind marks.
    pub async fn change_mark(
        &self,
        actor: &Actor,
        id: &ApplicationId,
        criterion: &CriterionId,
        mark: Mark,
        reason: Pii<StaffNote>,
    ) -> Result<(), CaseError> {
        let member = staff_of(actor)?;
        let facts = self.db.application_facts(id).await?;
        let opening = self.db.opening(id, &member.staff).await?;
        let act = Act::new("mark.changed")
            .opened(opening.is_some())
            .detail(json!({ "criterion": criterion.as_str(), "mark": mark.code() }));
        let (access, mut tx) = self.admit_to_change::<Assess>(actor, facts, act).await?;
        if opening.is_none_or(|seen| seen.revealed_at.is_none()) {
            return Err(CaseError::Conflict(Conflict::NotRevealed));
        }
        if !long_enough(&reason) {
            return Err(CaseError::Invalid(Invalid::NoReason));
        }
        let (_, profile) = self.recruitment_and_profile(&access.target().recruitment).await?;
        let known = profile.profile().criterion(criterion).ok_or(CaseError::NotFound("criterion"))?;
        if !mark.fits(known) {
            return Err(CaseError::Invalid(Invalid::BadMark));
        }
        let key = self.key(&access, KeyKind::Content).await?;
        let field = format!("marks.reason/{criterion}/{}", member.staff);
        let at = crate::guard::vault::Place { field: &field, ..place(access.target(), "") };
        let sealed = self.vault.seal_pii(&key, &at, &reason)?;
        tx.change_mark(&access, &member.staff, criterion, mark.code(), &sealed).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// A reason says something.
pub(super) fn long_enough(reason: &Pii<StaffNote>) -> bool {
    says_at_least(reason, 10)
}

/// A note has at least so many characters, white space around it not counted.
pub(super) fn says_at_least(note: &Pii<StaffNote>, chars: usize) -> bool {
    note.clear_text().trim().chars().count() >= chars
}
