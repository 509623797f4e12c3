//! One question at a time: what everybody has answered to it, in the reader's own shuffled order. It needs no model,
//! and it is how people read a whole field when AI support is off.
//!
//! Every answer that is shown is a reading of that application, asked of the policies and logged like any other.

use serde_json::json;

use super::ai_support::AiSupport;
use super::review::disclosed;
use super::{App, CaseError};
use crate::guard::access::{Access, Act, Actor, Ranking, Refusal, Review};
use crate::guard::pii::Disclosed;
use crate::pipeline::pseudonymise::Pseudonymous;
use crate::store::recruitments::{Placement, Recruitment};
use crate::subject::id::{ApplicationId, PlacementId};
use crate::subject::profile::FrozenProfile;

/// Applications on one page: each is an entry in the log before anything is shown.
pub const ANSWERS_A_PAGE: usize = 20;

/// One question with the answers of some applications.
pub struct AnswersView {
    /// Proof of admission to the list.
    pub access: Access<Ranking>,
    /// The placement.
    pub placement: Placement,
    /// Its recruitment.
    pub recruitment: Recruitment,
    /// The frozen profile, with every question.
    pub profile: FrozenProfile,
    /// Which question.
    pub question: String,
    /// The answers of this page.
    pub answers: Vec<AnswerView>,
    /// Which page, from 0, and how many there are.
    pub page: (usize, usize),
    /// Whether AI support is on.
    pub support: AiSupport,
}

/// The answer of one application.
pub struct AnswerView {
    access: Access<Review>,
    text: Option<Pseudonymous>,
    question: String,
}

impl AnswerView {
    /// Which application.
    #[must_use]
    pub fn id(&self) -> &ApplicationId {
        &self.access.target().id
    }

    /// Its label.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.access.target().label
    }

    /// The pseudonymised words, part by part; none when nothing was answered or the text cannot be shown.
    #[must_use]
    pub fn words(&self) -> Vec<Disclosed<'_>> {
        let Some(text) = &self.text else { return Vec::new() };
        let mine = |question: &Option<String>| question.as_deref() == Some(self.question.as_str());
        text.sections()
            .iter()
            .filter(|section| mine(&section.question))
            .filter_map(|section| text.text().get(section.start..section.end))
            .map(|words| disclosed(&self.access, words))
            .collect()
    }
}

impl App {
    /// What the applications to one placement have answered to one question.
    ///
    /// # Errors
    /// When the gate refuses, there is no such question, or something cannot be read.
    pub async fn answers(
        &self,
        actor: &Actor,
        placement: &PlacementId,
        question: &str,
        page: usize,
    ) -> Result<AnswersView, CaseError> {
        let Actor::Staff(member) = actor else { return Err(CaseError::NotFound("membership")) };
        let facts = self.db.placement_facts(placement).await?;
        let (recruitment, profile) = self.recruitment_and_profile(&facts.recruitment).await?;
        if profile.profile().questions.iter().all(|known| known.id != question) {
            return Err(CaseError::NotFound("question"));
        }
        let act = Act::new("answers.listed").detail(json!({ "question": question }));
        let access = self.admit::<Ranking>(actor, facts, act).await?;
        let partial = self.db.conflicted(&access, &member.staff).await?;
        let reader = member.staff.to_string();
        let mut rows: Vec<([u8; 32], ApplicationId)> = self
            .db
            .applications_of(&access)
            .await?
            .into_iter()
            .filter(|row| !partial.contains(&row.id))
            .map(|row| (self.shuffled_place(placement, &reader, &row.id), row.id))
            .collect();
        rows.sort();
        let pages = rows.len().div_ceil(ANSWERS_A_PAGE).max(1);
        let page = page.min(pages - 1);
        let mut answers = Vec::new();
        for (_, id) in rows.into_iter().skip(page * ANSWERS_A_PAGE).take(ANSWERS_A_PAGE) {
            let facts = self.db.application_facts(&id).await?;
            let act = Act::new("answer.shown").detail(json!({ "question": question }));
            let access = match self.admit::<Review>(actor, facts, act).await {
                Ok(access) => access,
                // Withdrawn, or a conflict declared, since it was listed.
                Err(CaseError::Refused(Refusal::Denied { .. })) => continue,
                Err(other) => return Err(other),
            };
            let text = self.pseudonymous(&access).await?;
            answers.push(AnswerView { access, text, question: question.to_owned() });
        }
        Ok(AnswersView {
            placement: self.db.placement(placement).await?,
            support: self.ai_support(&recruitment.id).await?,
            access,
            recruitment,
            profile,
            question: question.to_owned(),
            answers,
            page: (page, pages),
        })
    }
}
