//! "Min ansökan": what is stored about the applicant, what the machine read, who has looked, and
//! requests that are registered with their last day to answer.

use serde_json::{Value, json};

use super::erasure::OwnAnswer;
use super::intake::StoredSection;
use super::{App, CaseError};
use crate::clock::Moment;
use crate::guard::access::{Access, Act, Actor, OwnData};
use crate::guard::audit::{Leaf, Outcome};
use crate::guard::pii::{Disclosed, FreeText, Identity, Pii, PseudonymousText, disclose_text};
use crate::guard::vault::KeyKind;
use crate::pipeline::explain::{Explained, explain};
use crate::pipeline::extract::Outcome as Read;
use crate::pipeline::extract::told::{Told, whole};
use crate::pipeline::pseudonymise::Pseudonymous;
use crate::pipeline::received::{Known, SectionKind};
use crate::pipeline::score::Assessment;
use crate::store::applications::{AssessmentOrigin, Details, Field};
use crate::store::recruitments::{Placement, Recruitment};
use crate::store::rights::{Request, RightKind};
use crate::subject::file_place::FilePlace;
use crate::subject::id::ApplicationId;
use crate::subject::profile::FrozenProfile;

/// Everything about one application, for the applicant.
pub struct OwnFile {
    access: Access<OwnData>,
    known: Known,
    original: Vec<StoredSection>,
    text: Option<Pseudonymous>,
    assessment: Option<Assessment>,
    /// The recruitment.
    pub recruitment: Recruitment,
    /// The frozen profile.
    pub profile: FrozenProfile,
    /// The chosen placements.
    pub placements: Vec<Placement>,
    /// Language, notice version, time.
    pub details: Details,
    /// With which profile and model it was assessed.
    pub origin: Option<AssessmentOrigin>,
    /// Who has looked, oldest first.
    pub seen: Vec<Look>,
    /// Requests so far.
    pub requests: Vec<Request>,
    /// Answers to requests for erasure.
    pub answers: Vec<OwnAnswer>,
    files: Vec<(FilePlace, Read)>,
}

/// One entry of the log about this application.
pub struct Look {
    /// Entry number.
    pub entry: u64,
    /// When.
    pub at: Moment,
    /// What was done.
    pub action: String,
    /// In which role.
    pub role: String,
    /// For which organisation.
    pub organisation: Option<String>,
    /// Whether it was refused.
    pub refused: bool,
}

impl OwnFile {
    /// The label, and the state: `submitted`, `held`, `assessed` or `withdrawn`.
    #[must_use]
    pub fn label_and_state(&self) -> (&str, &str) {
        (&self.access.target().label, &self.access.target().state)
    }

    /// Why a request for erasure was refused.
    #[must_use]
    pub fn refusal<'a>(&'a self, answer: &'a OwnAnswer) -> Option<Disclosed<'a>> {
        answer.reason(&self.access)
    }

    /// Whether the review is without AI.
    #[must_use]
    pub fn ai_free(&self) -> bool {
        self.access.target().ai_free
    }

    /// Who the applicant is, field by field: the field's code and the value.
    #[must_use]
    pub fn identity(&self) -> Vec<(&'static str, Disclosed<'_>)> {
        let show = |text| disclose_text::<Identity, OwnData>(text, &self.access);
        let mut out = vec![
            ("name", show(self.known.name.as_str())),
            ("email", show(self.known.email.as_str())),
            ("phone", show(self.known.phone.as_str())),
            ("street", show(self.known.street.as_str())),
            ("postcode", show(self.known.postcode.as_str())),
            ("town", show(self.known.town.as_str())),
        ];
        out.extend(self.known.links.iter().map(|link| ("link", show(link.as_str()))));
        out.extend(self.known.other.iter().map(|other| ("other", show(other.as_str()))));
        out
    }

    /// What was sent, part by part.
    #[must_use]
    pub fn original(&self) -> Vec<(SectionKind, Option<&str>, Disclosed<'_>)> {
        self.original
            .iter()
            .map(|s| {
                (s.kind, s.question.as_deref(), disclose_text::<FreeText, OwnData>(&s.text, &self.access))
            })
            .collect()
    }

    /// The files that were handed in, and what came of reading each.
    #[must_use]
    pub fn files(&self) -> Vec<(FilePlace, Told)> {
        self.files.iter().map(|(place, outcome)| (*place, Told::of(outcome))).collect()
    }

    /// What was read of each file before the applicant corrected it, and what in it cannot be seen.
    fn files_for_export(&self) -> Vec<Value> {
        let show =
            |text: &str| disclose_text::<FreeText, OwnData>(text, &self.access).for_export().to_owned();
        self.files
            .iter()
            .map(|(place, outcome)| {
                let (text, unseen) = match outcome {
                    Read::Read(reading) => {
                        let unseen: Vec<Value> = reading
                            .hidden
                            .iter()
                            .map(|hidden| json!({
                                "why": hidden.why, "words": hidden.words, "text": show(hidden.text.as_str()),
                            }))
                            .collect();
                        (Some(show(whole(reading).as_str())), unseen)
                    }
                    _ => (None, Vec::new()),
                };
                json!({ "as": place, "about": Told::of(outcome), "read": text, "cannot_be_seen": unseen })
            })
            .collect()
    }

    /// What the machine read, part by part.
    #[must_use]
    pub fn machine_read(&self) -> Vec<(SectionKind, Option<&str>, Disclosed<'_>)> {
        let Some(text) = &self.text else { return Vec::new() };
        text.sections()
            .iter()
            .filter_map(|s| {
                let words = text.text().get(s.start..s.end)?;
                Some((s.kind, s.question.as_deref(), self.disclose(words)))
            })
            .collect()
    }

    /// A quote of the pseudonymised text.
    #[must_use]
    pub fn disclose<'a>(&self, words: &'a str) -> Disclosed<'a> {
        disclose_text::<PseudonymousText, OwnData>(words, &self.access)
    }

    /// What the model found, criterion by criterion. Empty without an assessment.
    ///
    /// # Errors
    /// When the stored assessment does not fit the text.
    pub fn explained(&self) -> Result<Vec<Explained<'_>>, CaseError> {
        match (&self.assessment, &self.text) {
            (Some(assessment), Some(text)) => Ok(explain(assessment, self.profile.profile(), None, text)?.0),
            _ => Ok(Vec::new()),
        }
    }

    /// The whole file as JSON (registerutdrag): the one sanctioned way from personal text to JSON.
    ///
    /// # Errors
    /// As [`OwnFile::explained`].
    pub fn export(&self) -> Result<Value, CaseError> {
        let (label, state) = self.label_and_state();
        let parts = |list: Vec<(SectionKind, Option<&str>, Disclosed<'_>)>| -> Vec<Value> {
            list.into_iter()
                .map(|(kind, question, text)| json!({ "kind": kind, "question": question, "text": text.for_export() }))
                .collect()
        };
        let identity: Vec<Value> = self
            .identity()
            .into_iter()
            .filter(|(_, value)| !value.for_export().is_empty())
            .map(|(field, value)| json!({ "field": field, "value": value.for_export() }))
            .collect();
        let criteria: Vec<Value> = self
            .explained()?
            .into_iter()
            .map(|row| {
                let evidence: Vec<Value> = row
                    .quotes
                    .iter()
                    .map(|q| json!({
                        "start": q.start, "end": q.end, "text": self.disclose(q.text).for_export(),
                        "without": q.without.map(crate::subject::level::Level::as_f64),
                    }))
                    .collect();
                json!({ "id": row.id, "level": row.level.map(crate::subject::level::Level::as_f64), "evidence": evidence })
            })
            .collect();
        let seen: Vec<Value> = self
            .seen
            .iter()
            .map(|look| {
                json!({
                    "entry": look.entry, "at": look.at.rfc3339(), "action": look.action, "role": look.role,
                    "organisation": look.organisation, "refused": look.refused,
                })
            })
            .collect();
        let answer = |request: &Request| {
            let found = self.answers.iter().find(|answer| answer.request == request.id)?;
            let reason = self.refusal(found).map(|reason| reason.for_export().to_owned());
            Some(json!({ "refused": found.refused, "at": found.answered_at.rfc3339(), "reason": reason }))
        };
        let requests: Vec<Value> = self
            .requests
            .iter()
            .map(|r| json!({ "answer": answer(r), "kind": r.kind.code(), "state": r.state, "received": r.received_at.rfc3339(), "answer_by": r.due_on }))
            .collect();
        Ok(json!({
            "format": "urval-own-data/1",
            "label": label,
            "state": state,
            "recruitment": { "title": self.recruitment.title.sv, "case_number": self.recruitment.case_number },
            "placements": self.placements.iter().map(|p| p.slug.clone()).collect::<Vec<_>>(),
            "submitted": self.details.submitted_at.rfc3339(),
            "language": self.details.language.code(),
            "notice_version": self.details.notice_version,
            "review_without_ai": self.ai_free(),
            "drawn_by_lot": self.details.drawn,
            "held_for_a_person": self.details.held_reason,
            "identity": identity,
            "sent": parts(self.original()),
            "files": self.files_for_export(),
            "machine_read": parts(self.machine_read()),
            "assessment": {
                "made_with": self.origin.as_ref().map(|o| json!({
                    "profile_digest": o.profile_digest, "model": o.model, "model_digest": o.model_digest, "method": o.method,
                    "at": o.assessed_at.rfc3339(),
                })),
                "method": self.assessment.as_ref().map(|a| a.method.clone()),
                "criteria": criteria,
            },
            "who_has_looked": seen,
            "requests": requests,
        }))
    }
}

impl App {
    /// Opens an applicant's own file.
    ///
    /// # Errors
    /// When the gate refuses or something cannot be opened.
    pub async fn own_file(&self, actor: &Actor, id: &ApplicationId) -> Result<OwnFile, CaseError> {
        let facts = self.db.application_facts(id).await?;
        let access = self.admit::<OwnData>(actor, facts, Act::new("own_file.shown")).await?;
        let known = self.unsealed(&access, Field::Known).await?.ok_or(CaseError::NotFound("identity"))?;
        let known: Known =
            serde_json::from_slice(known.bytes()).map_err(|_| CaseError::Damaged("identity"))?;
        let original =
            self.unsealed(&access, Field::Original).await?.ok_or(CaseError::NotFound("original"))?;
        let original =
            serde_json::from_slice(original.bytes()).map_err(|_| CaseError::Damaged("original"))?;
        let text = self.pseudonymous(&access).await?;
        let assessment = self.assessment(&access).await?;
        let (recruitment, profile) = self.recruitment_and_profile(&access.target().recruitment).await?;
        let chosen = self.db.choices(&access).await?;
        let mut placements = self.db.placements(&recruitment.id).await?;
        placements.retain(|p| chosen.contains(&p.id));
        let details = self.db.details(&access).await?;
        let origin = self.db.assessment_origin(&access).await?;
        let seen = self.looks(&access).await?;
        let requests = self.db.own_requests(&access).await?;
        let answers = self.own_answers(&access).await?;
        let files = self.readings(&access).await?;
        Ok(OwnFile {
            access,
            known,
            original,
            text,
            assessment,
            recruitment,
            profile,
            placements,
            details,
            origin,
            seen,
            requests,
            answers,
            files,
        })
    }

    pub(super) async fn looks(&self, access: &Access<OwnData>) -> Result<Vec<Look>, CaseError> {
        const PAGE: u32 = 1000;
        let tag_key = self.key(access, KeyKind::Tag).await?;
        let mut from = 0;
        let mut looks = Vec::new();
        loop {
            let page = self.db.leaves_for_own(access, from, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            from = last + 1;
            for (seq, bytes) in &page {
                let leaf = Leaf::parse(bytes).map_err(|_| CaseError::Damaged("log entry"))?;
                if leaf.entry.subject_tag != Some(self.vault.subject_tag(&tag_key, leaf.event.as_bytes())) {
                    continue;
                }
                looks.push(Look {
                    entry: *seq,
                    at: leaf.entry.time,
                    action: leaf.entry.action,
                    role: leaf.entry.role,
                    organisation: leaf.entry.organisation,
                    refused: leaf.entry.outcome == Outcome::Refused,
                });
            }
        }
        Ok(looks)
    }

    /// Registers a request. Withdrawal and review without AI take effect at once; access is the
    /// file itself; erasure is registered and answered by a person with a decision, because an
    /// application is a public record.
    ///
    /// # Errors
    /// When the gate refuses or the database fails.
    pub async fn request_right(
        &self,
        actor: &Actor,
        id: &ApplicationId,
        kind: RightKind,
    ) -> Result<String, CaseError> {
        let facts = self.db.application_facts(id).await?;
        let act = Act::new("right.requested").detail(json!({ "kind": kind.code() }));
        let (access, mut tx) = self.admit_to_change::<OwnData>(actor, facts, act).await?;
        let due = one_month_after(access.at());
        let done = match kind {
            RightKind::AiFree => {
                tx.set_ai_free(&access).await?;
                true
            }
            RightKind::Withdrawal => {
                tx.withdraw(&access).await?;
                true
            }
            RightKind::Access => true,
            RightKind::Erasure => false,
        };
        let case = self.chance.uuid()?;
        tx.put_request(&access, &case, kind, done, &due).await?;
        tx.commit().await?;
        Ok(due)
    }

    /// The clear text of what an applicant sent, for tests of the promise that it comes back whole.
    #[doc(hidden)]
    #[must_use]
    pub fn pii_of(text: String) -> Pii<FreeText> {
        Pii::new(text)
    }
}

/// The same day next month in Swedish time, or the month's last day (GDPR Art. 12.3, Regulation
/// 1182/71). Not moved past weekends: the last day to answer never comes later.
#[must_use]
pub fn one_month_after(at: Moment) -> String {
    let stamp = jiff::Timestamp::from_microsecond(at.0).unwrap_or(jiff::Timestamp::MIN);
    let date = stamp
        .in_tz("Europe/Stockholm")
        .map_or_else(|_| stamp.to_zoned(jiff::tz::TimeZone::UTC).date(), |z| z.date());
    date.saturating_add(jiff::Span::new().months(1)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_ends_on_the_same_day_or_the_last_one() {
        let at =
            |text: &str| Moment(text.parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_microsecond));
        assert_eq!(one_month_after(at("2027-03-05T10:00:00Z")), "2027-04-05");
        assert_eq!(one_month_after(at("2027-08-31T10:00:00Z")), "2027-09-30");
        assert_eq!(one_month_after(at("2027-01-31T10:00:00Z")), "2027-02-28");
        assert_eq!(one_month_after(at("2026-11-24T10:00:00Z")), "2026-12-24");
        // Just before midnight UTC it is the next day in Sweden.
        assert_eq!(one_month_after(at("2027-03-05T23:30:00Z")), "2027-04-06");
    }
}
