//! A named person decides. No score, band or threshold leads here: a [`Decision`] is made from an
//! admitted person, an opened application and a reason, and from nothing else (kommunallagen 6:38,
//! GDPR Art. 22).

use serde_json::json;

use super::drafts::Original;
use super::review::long_enough;
use super::{App, CaseError, Conflict, Invalid, place};
use crate::guard::access::{Access, Act, Actor, Contact, Decide};
use crate::guard::pii::{Identity, Pii, StaffNote};
use crate::guard::vault::KeyKind;
use crate::pipeline::extract::told::Told;
use crate::pipeline::received::Known;
use crate::store::applications::Field;
use crate::store::{StoreError, recruitments::Placement};
use crate::subject::file_place::FilePlace;
use crate::subject::id::{ApplicationId, PlacementId};

/// What was decided at this stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Goes on (går vidare).
    Proceed,
    /// Does not go on (går inte vidare).
    NotProceed,
}

impl Outcome {
    /// The stored form.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Proceed => "proceed",
            Self::NotProceed => "not_proceed",
        }
    }

    /// Reads the stored form.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        match code {
            "proceed" => Some(Self::Proceed),
            "not_proceed" => Some(Self::NotProceed),
            _ => None,
        }
    }
}

/// A decision by a person. There is no other constructor than [`Decision::by`].
pub struct Decision<'a> {
    access: &'a Access<Decide>,
    placement: PlacementId,
    outcome: Outcome,
    reason: Pii<StaffNote>,
}

impl<'a> Decision<'a> {
    /// A decision by the person whom the token admits: the policies have checked that this person
    /// decides for the organisation and has opened the application.
    ///
    /// # Errors
    /// [`Invalid::NoReason`] without a reason.
    pub fn by(
        access: &'a Access<Decide>,
        placement: &Placement,
        outcome: Outcome,
        reason: Pii<StaffNote>,
    ) -> Result<Self, CaseError> {
        let own = access.staff().is_some_and(|member| member.organisation == placement.organisation);
        if !own {
            return Err(CaseError::Invalid(Invalid::NotTheirPlacement));
        }
        if !long_enough(&reason) {
            return Err(CaseError::Invalid(Invalid::NoReason));
        }
        Ok(Self { access, placement: placement.id.clone(), outcome, reason })
    }
}

/// How to reach an applicant who goes on.
pub struct ContactCard {
    /// Proof of admission.
    pub access: Access<Contact>,
    /// The label.
    pub label: String,
    /// Shown in an approved emergency, and not after a decision that the applicant goes on.
    pub emergency: bool,
    /// Name.
    pub name: Pii<Identity>,
    /// E-mail.
    pub email: Pii<Identity>,
    /// Telephone.
    pub phone: Pii<Identity>,
    /// What is told of the files, which can be had as they were handed in.
    pub files: Vec<(FilePlace, Told)>,
}

impl App {
    /// Records a decision about one application for one placement.
    ///
    /// # Errors
    /// When the gate refuses (not the decider, not opened), without a reason, for a placement of
    /// another organisation or one that was not chosen, or when it is decided already.
    pub async fn decide(
        &self,
        actor: &Actor,
        id: &ApplicationId,
        placement: &PlacementId,
        outcome: Outcome,
        reason: Pii<StaffNote>,
    ) -> Result<(), CaseError> {
        let Actor::Staff(member) = actor else { return Err(CaseError::NotFound("membership")) };
        let facts = self.db.application_facts(id).await?;
        let opened = self.db.opening(id, &member.staff).await?.is_some();
        let act = Act::new("decision.recorded")
            .opened(opened)
            .detail(json!({ "outcome": outcome.code(), "placement": placement.as_str() }));
        let (access, mut tx) = self.admit_to_change::<Decide>(actor, facts, act).await?;
        let chosen = self.db.choices(&access).await?;
        let place_row = self.db.placement(placement).await?;
        if !chosen.contains(placement) {
            return Err(CaseError::Invalid(Invalid::NotTheirPlacement));
        }
        let decision = Decision::by(&access, &place_row, outcome, reason)?;
        let decision_id = self.chance.uuid()?;
        let key = self.key(&access, KeyKind::Content).await?;
        let field = format!("decisions.reason/{decision_id}");
        let at = crate::guard::vault::Place { field: &field, ..place(access.target(), "") };
        let sealed = self.vault.seal_pii(&key, &at, &decision.reason)?;
        let stored = tx
            .put_decision(
                decision.access,
                &decision_id,
                &decision.placement,
                decision.outcome.code(),
                &member.staff,
                &sealed,
            )
            .await;
        match stored {
            Ok(()) => {}
            Err(StoreError::Twice(_)) => return Err(CaseError::Conflict(Conflict::AlreadyDecided)),
            Err(other) => return Err(other.into()),
        }
        tx.commit().await?;
        Ok(())
    }

    /// Name and contact details of an applicant who goes on, for the organisation that decided so; or, for an hour,
    /// of one about whom emergency access (nödåtkomst) was approved to this person. Such a showing is stored with
    /// its entry, so that whoever watches finds it.
    ///
    /// # Errors
    /// When the gate refuses or the record cannot be opened.
    pub async fn contact(&self, actor: &Actor, id: &ApplicationId) -> Result<ContactCard, CaseError> {
        let (access, proceeds) =
            self.admit_to_contact(actor, id, "identity.shown", "identity.shown_in_emergency", None).await?;
        let opened = self.unsealed(&access, Field::Known).await?.ok_or(CaseError::NotFound("identity"))?;
        let known: Known =
            serde_json::from_slice(opened.bytes()).map_err(|_| CaseError::Damaged("identity"))?;
        let files = self.readings(&access).await?;
        Ok(ContactCard {
            label: access.target().label.clone(),
            emergency: !proceeds,
            name: Pii::new(known.name.clone()),
            email: Pii::new(known.email.clone()),
            phone: Pii::new(known.phone.clone()),
            files: files.iter().map(|(place, outcome)| (*place, Told::of(outcome))).collect(),
            access,
        })
    }

    /// A file as it was handed in, for whoever may see who the applicant is: it says so on every page. For a file
    /// that could not be read this is how a person reads it. Each one is an entry, and under an emergency a showing;
    /// an address without a file is neither.
    ///
    /// # Errors
    /// As [`App::contact`], and when there is no such file.
    pub async fn contact_document(
        &self,
        actor: &Actor,
        id: &ApplicationId,
        file: FilePlace,
    ) -> Result<Original, CaseError> {
        let (ordinary, emergency) = ("original.fetched", "original.fetched_in_emergency");
        let (access, _) = self.admit_to_contact(actor, id, ordinary, emergency, Some(file)).await?;
        self.original(&access, file).await
    }

    /// Admits to who an applicant is, and says whether that is because the applicant goes on.
    async fn admit_to_contact(
        &self,
        actor: &Actor,
        id: &ApplicationId,
        ordinary: &'static str,
        in_emergency: &'static str,
        file: Option<FilePlace>,
    ) -> Result<(Access<Contact>, bool), CaseError> {
        let Actor::Staff(member) = actor else { return Err(CaseError::NotFound("membership")) };
        let facts = self.db.application_facts(id).await?;
        let code = file.map(FilePlace::code);
        let proceeds = self.db.proceeds(id, &member.organisation).await?;
        let (act, emergency) = if proceeds {
            let act = Act::new(ordinary).proceeds(true).detail(json!({ "file": code }));
            if file.is_none() {
                // Such an entry has its number at once, and the page shows it.
                return Ok((self.admit::<Contact>(actor, facts, act).await?, true));
            }
            (act, None)
        } else {
            let found = self.approved_emergency(id, &member.staff, self.clock.now()).await?;
            let (emergency, approval) = found.unzip();
            let detail = json!({ "emergency": emergency, "file": code });
            (Act::new(in_emergency).emergency(approval).detail(detail), emergency)
        };
        let (access, mut tx) = self.admit_to_change::<Contact>(actor, facts, act).await?;
        // Only whoever is admitted learns that a file is not there. Left here, the transaction takes the entry and the
        // showing with it: the log says what was shown, and nothing was.
        if let Some(file) = file
            && !tx.has_document(&access, file).await?
        {
            return Err(CaseError::NotFound("file"));
        }
        if !proceeds {
            let emergency = emergency.ok_or(CaseError::NotFound("emergency"))?;
            tx.put_emergency_use(&access, &self.chance.uuid()?, &emergency).await?;
        }
        tx.commit().await.map_err(|_| CaseError::Journal)?;
        Ok((access, proceeds))
    }
}
