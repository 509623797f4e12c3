//! Applications, their keys and their sealed parts. Nothing here can be read in clear.

use crate::clock::Moment;
use crate::guard::access::{
    Access, ApplicationFacts, Intake, Oversight, OwnData, PlacementFacts, Purpose, Ranking, Screening,
};
use crate::guard::vault::{KeyKind, Sealed, WrappedKey};
use crate::subject::id::{ApplicationId, OrganisationId, PlacementId, RecruitmentId, StaffId, SubjectId};
use crate::subject::words::Lang;

use super::{Db, StoreError, Tx};

statements! {
    PUT_SUBJECT = "INSERT INTO subjects (id, created_at) VALUES ($1, $2)";
    PUT_APPLICATION = "INSERT INTO applications (id, subject_id, recruitment_id, label, language, state, held_reason, ai_free, notice_version, submitted_at, receipt_hash, email_index, control_arm) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    PUT_CHOICE = "INSERT INTO application_placements (application_id, placement_id) VALUES ($1, $2)";
    PUT_ENVELOPE = "INSERT INTO envelopes (application_id, field, sealed, sealed_at) VALUES ($1, $2, $3, $4) ON CONFLICT (application_id, field) DO UPDATE SET sealed = excluded.sealed, sealed_at = excluded.sealed_at";
    ENVELOPE = "SELECT sealed FROM envelopes WHERE application_id = $1 AND field = $2";
    DROP_ENVELOPE = "DELETE FROM envelopes WHERE application_id = $1 AND field = $2";
    FACTS = "SELECT a.id, a.subject_id, a.recruitment_id, a.label, a.state, CAST(CASE WHEN a.ai_free = 1 OR a.control_arm = 1 THEN 1 ELSE 0 END AS BIGINT), (SELECT CAST(COUNT(*) AS BIGINT) FROM legal_holds h WHERE h.application_id = a.id AND h.lifted_at IS NULL), k.wrapped FROM applications a JOIN keystore.subject_keys k ON k.subject_id = a.subject_id AND k.kind = 'tag' WHERE a.id = $1";
    FACTS_OF_PLACEMENT = "SELECT a.id, a.subject_id, a.recruitment_id, a.label, a.state, CAST(CASE WHEN a.ai_free = 1 OR a.control_arm = 1 THEN 1 ELSE 0 END AS BIGINT), (SELECT CAST(COUNT(*) AS BIGINT) FROM legal_holds h WHERE h.application_id = a.id AND h.lifted_at IS NULL), k.wrapped FROM applications a JOIN keystore.subject_keys k ON k.subject_id = a.subject_id AND k.kind = 'tag' JOIN application_placements ap ON ap.application_id = a.id WHERE ap.placement_id = $1 AND a.state <> 'withdrawn' ORDER BY a.label";
    ORGANISATIONS_OF = "SELECT DISTINCT p.organisation_id FROM application_placements ap JOIN placements p ON p.id = ap.placement_id WHERE ap.application_id = $1 ORDER BY p.organisation_id";
    CONFLICTS_OF = "SELECT staff_id FROM conflicts WHERE application_id = $1 AND lifted_at IS NULL ORDER BY staff_id";
    CHOICES = "SELECT placement_id FROM application_placements WHERE application_id = $1 ORDER BY placement_id";
    BY_RECEIPT = "SELECT id FROM applications WHERE receipt_hash = $1";
    BY_LABEL = "SELECT id FROM applications WHERE recruitment_id = $1 AND label = $2";
    BY_EMAIL = "SELECT CAST(COUNT(*) AS BIGINT) FROM applications WHERE recruitment_id = $1 AND email_index = $2";
    COUNTS = "SELECT CASE WHEN s.application_id IS NULL THEN a.state ELSE 'erased' END, CAST(CASE WHEN a.ai_free = 1 OR a.control_arm = 1 THEN 1 ELSE 0 END AS BIGINT), CAST(COUNT(*) AS BIGINT) FROM applications a LEFT JOIN shells s ON s.application_id = a.id WHERE a.recruitment_id = $1 GROUP BY 1, 2 ORDER BY 1, 2";
    SET_STATE = "UPDATE applications SET state = $2 WHERE id = $1";
    HOLD = "UPDATE applications SET state = 'held', held_reason = $2 WHERE id = $1";
    SET_AI_FREE = "UPDATE applications SET ai_free = 1, state = CASE WHEN state = 'assessed' THEN 'submitted' ELSE state END WHERE id = $1 AND state <> 'withdrawn'";
    DETAILS = "SELECT language, held_reason, notice_version, submitted_at, CAST(CASE WHEN ai_free = 0 AND control_arm = 1 THEN 1 ELSE 0 END AS BIGINT) FROM applications WHERE id = $1";
    PUT_ASSESSMENT = "INSERT INTO assessments (application_id, profile_digest, model, model_digest, method, assessed_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (application_id) DO UPDATE SET profile_digest = excluded.profile_digest, model = excluded.model, model_digest = excluded.model_digest, method = excluded.method, assessed_at = excluded.assessed_at";
    DROP_ASSESSMENT = "DELETE FROM assessments WHERE application_id = $1";
    ASSESSMENT = "SELECT profile_digest, model, model_digest, method, assessed_at FROM assessments WHERE application_id = $1";
    PUT_EMBEDDINGS = "INSERT INTO embeddings (application_id, sealed, expires_at) VALUES ($1, $2, $3) ON CONFLICT (application_id) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at";
    EMBEDDINGS = "SELECT sealed FROM embeddings WHERE application_id = $1 AND expires_at > $2";
    DROP_EMBEDDINGS = "DELETE FROM embeddings WHERE application_id = $1";
    EXPIRED_EMBEDDINGS = "SELECT CAST(COUNT(*) AS BIGINT) FROM embeddings WHERE expires_at <= $1";
    PURGE_EMBEDDINGS = "DELETE FROM embeddings WHERE expires_at <= $1";
    TAG_KEYS = "SELECT a.label, k.subject_id, k.wrapped FROM keystore.subject_keys k JOIN applications a ON a.subject_id = k.subject_id WHERE k.kind = 'tag' ORDER BY a.label";
}

/// A sealed part of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Who the applicant is (key: identity).
    Known,
    /// What was sent, word for word (key: identity).
    Original,
    /// What the model and the first reader see (key: content).
    Pseudonymous,
    /// Levels, quotes and offsets (key: content).
    Assessment,
}

impl Field {
    /// The stored name, also the field in the associated data of the encryption.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Original => "original",
            Self::Pseudonymous => "pseudonymous",
            Self::Assessment => "assessment",
        }
    }

    /// The key that seals it.
    #[must_use]
    pub fn key(self) -> KeyKind {
        match self {
            Self::Known | Self::Original => KeyKind::Identity,
            Self::Pseudonymous | Self::Assessment => KeyKind::Content,
        }
    }
}

/// A new application, everything personal already sealed.
pub struct NewApplication {
    /// Which.
    pub id: ApplicationId,
    /// Whose.
    pub subject: SubjectId,
    /// The label that people see.
    pub label: String,
    /// The language of the form.
    pub language: Lang,
    /// Why a person must look before the model may, when the leak check held it.
    pub held_reason: Option<String>,
    /// The applicant asked for a review without AI.
    pub ai_free: bool,
    /// Whether the lot put it into the control arm; `None` where there is none.
    pub control_arm: Option<bool>,
    /// Which notice was shown.
    pub notice_version: String,
    /// When it came in.
    pub submitted_at: Moment,
    /// Keyed hash of the receipt code.
    pub receipt_hash: Vec<u8>,
    /// Blind index of the e-mail address.
    pub email_index: Vec<u8>,
    /// The chosen placements.
    pub placements: Vec<PlacementId>,
    /// The sealed parts.
    pub envelopes: Vec<(Field, Sealed)>,
}

/// What is known of an application without opening anything.
#[derive(Clone, Debug)]
pub struct Details {
    /// The language of the form.
    pub language: Lang,
    /// Why the leak check held it.
    pub held_reason: Option<String>,
    /// Which notice was shown.
    pub notice_version: String,
    /// When it came in.
    pub submitted_at: Moment,
    /// The lot put it into the control arm; the applicant did not ask for a review without AI.
    pub drawn: bool,
}

/// With which profile and model an assessment was made.
#[derive(Clone, Debug)]
pub struct AssessmentOrigin {
    /// SHA-256 of the frozen profile.
    pub profile_digest: String,
    /// The model's name.
    pub model: String,
    /// SHA-256 over the model's files.
    pub model_digest: String,
    /// The version of the scoring method.
    pub method: String,
    /// When.
    pub assessed_at: Moment,
}

type FactsRow = (String, String, String, String, String, i64, i64, Vec<u8>);

fn facts(
    row: FactsRow,
    organisations: Vec<OrganisationId>,
    conflicts: Vec<StaffId>,
) -> Result<ApplicationFacts, StoreError> {
    let (id, subject, recruitment, label, state, ai_free, holds, tag) = row;
    Ok(ApplicationFacts {
        id: ApplicationId::new(id),
        subject: SubjectId::new(subject),
        recruitment: RecruitmentId::new(recruitment),
        label,
        organisations,
        state,
        ai_free: ai_free == 1,
        legal_hold: holds > 0,
        conflicts,
        tag_key: WrappedKey::from_stored(tag)?,
    })
}

impl Tx {
    /// Stores a new application with its sealed parts, whose keys are durable already
    /// ([`Db::put_subject_keys`]). A crash before the commit leaves nothing of it but keys that seal
    /// nothing, and the applicant sees no receipt.
    ///
    /// # Errors
    /// [`StoreError::Twice`] when the label is taken, [`StoreError::Missing`] when the keys are not there.
    pub async fn put_application(
        &mut self,
        access: &Access<Intake>,
        new: NewApplication,
    ) -> Result<(), StoreError> {
        self.keys_are_there(&new.subject).await?;
        in_tx!(self, c => sqlx::query(PUT_SUBJECT).bind(new.subject.as_str()).bind(new.submitted_at.0)
            .execute(c).await.map(|_| ()))?;
        let state = if new.held_reason.is_some() { "held" } else { "submitted" };
        in_tx!(self, c => sqlx::query(PUT_APPLICATION)
            .bind(new.id.as_str()).bind(new.subject.as_str()).bind(access.target().id.as_str())
            .bind(&new.label).bind(new.language.code()).bind(state).bind(new.held_reason.as_deref())
            .bind(i64::from(new.ai_free)).bind(&new.notice_version).bind(new.submitted_at.0)
            .bind(new.receipt_hash.clone()).bind(new.email_index.clone()).bind(new.control_arm.map(i64::from))
            .execute(c).await.map(|_| ()))?;
        for placement in &new.placements {
            in_tx!(self, c => sqlx::query(PUT_CHOICE).bind(new.id.as_str()).bind(placement.as_str())
                .execute(c).await.map(|_| ()))?;
        }
        for (field, sealed) in &new.envelopes {
            in_tx!(self, c => sqlx::query(PUT_ENVELOPE).bind(new.id.as_str()).bind(field.code())
                .bind(sealed.as_bytes().to_vec()).bind(new.submitted_at.0).execute(c).await.map(|_| ()))?;
        }
        Ok(())
    }

    /// Stores an assessment, replacing an earlier one, and marks the application as assessed.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_assessment(
        &mut self,
        access: &Access<Screening>,
        origin: &AssessmentOrigin,
        sealed: &Sealed,
    ) -> Result<(), StoreError> {
        let id = access.target().id.as_str();
        in_tx!(self, c => sqlx::query(PUT_ENVELOPE).bind(id).bind(Field::Assessment.code())
            .bind(sealed.as_bytes().to_vec()).bind(origin.assessed_at.0).execute(c).await.map(|_| ()))?;
        in_tx!(self, c => sqlx::query(PUT_ASSESSMENT).bind(id).bind(&origin.profile_digest).bind(&origin.model)
            .bind(&origin.model_digest).bind(&origin.method).bind(origin.assessed_at.0).execute(c).await.map(|_| ()))?;
        in_tx!(self, c => sqlx::query(SET_STATE).bind(id).bind("assessed").execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Keeps the sealed vectors of an application's passages until they expire.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn keep_embeddings(
        &mut self,
        access: &Access<Screening>,
        sealed: &Sealed,
        expires_at: Moment,
    ) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(PUT_EMBEDDINGS).bind(access.target().id.as_str())
            .bind(sealed.as_bytes().to_vec()).bind(expires_at.0).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Deletes every application's vectors that have expired, and says how many that were.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn purge_embeddings(&mut self, now: Moment) -> Result<u64, StoreError> {
        let gone = in_tx!(self, c => sqlx::query(PURGE_EMBEDDINGS).bind(now.0).execute(c).await
            .map(|done| done.rows_affected()))?;
        Ok(gone)
    }

    /// Holds an application that the model cannot read, until a person has looked.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn hold(&mut self, access: &Access<Screening>, reason: &str) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(HOLD).bind(access.target().id.as_str()).bind(reason)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Takes an application out of the selection. It stays sealed: it is a public record until its
    /// disposal date.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn withdraw(&mut self, access: &Access<OwnData>) -> Result<(), StoreError> {
        self.drop_work(&access.target().id).await?;
        let id = access.target().id.as_str();
        in_tx!(self, c => sqlx::query(SET_STATE).bind(id).bind("withdrawn").execute(c).await.map(|_| ()))?;
        in_tx!(self, c => sqlx::query(DROP_EMBEDDINGS).bind(id).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Takes the model out of one application: its assessment is deleted and none is made again.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn set_ai_free(&mut self, access: &Access<OwnData>) -> Result<(), StoreError> {
        self.drop_work(&access.target().id).await?;
        let id = access.target().id.as_str();
        in_tx!(self, c => sqlx::query(SET_AI_FREE).bind(id).execute(c).await.map(|_| ()))?;
        in_tx!(self, c => sqlx::query(DROP_ENVELOPE).bind(id).bind(Field::Assessment.code())
            .execute(c).await.map(|_| ()))?;
        in_tx!(self, c => sqlx::query(DROP_ASSESSMENT).bind(id).execute(c).await.map(|_| ()))?;
        in_tx!(self, c => sqlx::query(DROP_EMBEDDINGS).bind(id).execute(c).await.map(|_| ()))?;
        Ok(())
    }
}

impl Db {
    /// What the policies need to know of an application.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none.
    pub async fn application_facts(&self, id: &ApplicationId) -> Result<ApplicationFacts, StoreError> {
        let row: Option<FactsRow> =
            on_pool!(self, c => sqlx::query_as(FACTS).bind(id.as_str()).fetch_optional(c).await)?;
        let row = row.ok_or(StoreError::Missing("application"))?;
        let organisations = self.organisations_of(id).await?;
        let conflicts = self.conflicts_of(id).await?;
        let facts = facts(row, organisations, conflicts)?;
        self.openable(&facts.tag_key).await?;
        Ok(facts)
    }

    async fn conflicts_of(&self, id: &ApplicationId) -> Result<Vec<StaffId>, StoreError> {
        let rows: Vec<(String,)> =
            on_pool!(self, c => sqlx::query_as(CONFLICTS_OF).bind(id.as_str()).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(id,)| StaffId::new(id)).collect())
    }

    async fn organisations_of(&self, id: &ApplicationId) -> Result<Vec<OrganisationId>, StoreError> {
        let rows: Vec<(String,)> =
            on_pool!(self, c => sqlx::query_as(ORGANISATIONS_OF).bind(id.as_str()).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(id,)| OrganisationId::new(id)).collect())
    }

    /// The applications to one placement, without those withdrawn.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn applications_of(
        &self,
        access: &Access<Ranking>,
    ) -> Result<Vec<ApplicationFacts>, StoreError> {
        let target: &PlacementFacts = access.target();
        let rows: Vec<FactsRow> = on_pool!(self, c => sqlx::query_as(FACTS_OF_PLACEMENT).bind(target.id.as_str()).fetch_all(c).await)?;
        // Every row chose this placement, so its organisation is among theirs; the others are not
        // this reader's business. Nobody is admitted to these rows one by one, so conflicts are left out.
        let mut all = Vec::new();
        for row in rows {
            let facts = facts(row, vec![target.organisation.clone()], Vec::new())?;
            self.openable(&facts.tag_key).await?;
            all.push(facts);
        }
        Ok(all)
    }

    /// The sealed assessment of one application among those of an admitted ranking, with the key.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn ranked_assessment(
        &self,
        access: &Access<Ranking>,
        row: &ApplicationFacts,
    ) -> Result<Option<(Sealed, WrappedKey)>, StoreError> {
        let sealed: Option<(Vec<u8>,)> = on_pool!(self, c => sqlx::query_as(ENVELOPE)
            .bind(row.id.as_str()).bind(Field::Assessment.code()).fetch_optional(c).await)?;
        let key = self.ranked_key(access, &row.subject).await?;
        Ok(match (sealed, key) {
            (Some((sealed,)), Some(key)) => Some((Sealed::from_stored(sealed)?, key)),
            _ => None,
        })
    }

    /// A sealed part of the application that the token names.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn envelope<P: Purpose<Target = ApplicationFacts>>(
        &self,
        access: &Access<P>,
        field: Field,
    ) -> Result<Option<Sealed>, StoreError> {
        let row: Option<(Vec<u8>,)> = on_pool!(self, c => sqlx::query_as(ENVELOPE)
            .bind(access.target().id.as_str()).bind(field.code()).fetch_optional(c).await)?;
        row.map(|(bytes,)| Sealed::from_stored(bytes)).transpose().map_err(StoreError::from)
    }

    /// The sealed vectors of the application that the token names, unless they have expired.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn embeddings(
        &self,
        access: &Access<Screening>,
        now: Moment,
    ) -> Result<Option<Sealed>, StoreError> {
        let row: Option<(Vec<u8>,)> = on_pool!(self, c => sqlx::query_as(EMBEDDINGS)
            .bind(access.target().id.as_str()).bind(now.0).fetch_optional(c).await)?;
        row.map(|(bytes,)| Sealed::from_stored(bytes)).transpose().map_err(StoreError::from)
    }

    /// How many applications' vectors have expired and wait for deletion.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn expired_embeddings(&self, now: Moment) -> Result<i64, StoreError> {
        let (count,): (i64,) =
            on_pool!(self, c => sqlx::query_as(EXPIRED_EMBEDDINGS).bind(now.0).fetch_one(c).await)?;
        Ok(count)
    }

    /// The chosen placements of the application that the token names.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn choices<P: Purpose<Target = ApplicationFacts>>(
        &self,
        access: &Access<P>,
    ) -> Result<Vec<PlacementId>, StoreError> {
        let rows: Vec<(String,)> = on_pool!(self, c => sqlx::query_as(CHOICES)
            .bind(access.target().id.as_str()).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(id,)| PlacementId::new(id)).collect())
    }

    /// What is known of the application without opening anything.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none.
    pub async fn details<P: Purpose<Target = ApplicationFacts>>(
        &self,
        access: &Access<P>,
    ) -> Result<Details, StoreError> {
        let row: Option<(String, Option<String>, String, i64, i64)> = on_pool!(self, c => sqlx::query_as(DETAILS)
            .bind(access.target().id.as_str()).fetch_optional(c).await)?;
        let (language, held_reason, notice_version, at, drawn) =
            row.ok_or(StoreError::Missing("application"))?;
        Ok(Details {
            language: if language == "en" { Lang::En } else { Lang::Sv },
            held_reason,
            notice_version,
            submitted_at: Moment(at),
            drawn: drawn == 1,
        })
    }

    /// With which profile and model the application was assessed, if it was.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn assessment_origin<P: Purpose<Target = ApplicationFacts>>(
        &self,
        access: &Access<P>,
    ) -> Result<Option<AssessmentOrigin>, StoreError> {
        let row: Option<(String, String, String, String, i64)> = on_pool!(self, c => sqlx::query_as(ASSESSMENT)
            .bind(access.target().id.as_str()).fetch_optional(c).await)?;
        Ok(row.map(|(profile_digest, model, model_digest, method, at)| AssessmentOrigin {
            profile_digest,
            model,
            model_digest,
            method,
            assessed_at: Moment(at),
        }))
    }

    /// The application behind a receipt code's keyed hash.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn by_receipt(&self, receipt_hash: &[u8]) -> Result<Option<ApplicationId>, StoreError> {
        let row: Option<(String,)> = on_pool!(self, c => sqlx::query_as(BY_RECEIPT).bind(receipt_hash.to_vec()).fetch_optional(c).await)?;
        Ok(row.map(|(id,)| ApplicationId::new(id)))
    }

    /// The application with a label, within one recruitment.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn by_label(
        &self,
        recruitment: &RecruitmentId,
        label: &str,
    ) -> Result<Option<ApplicationId>, StoreError> {
        let row: Option<(String,)> = on_pool!(self, c => sqlx::query_as(BY_LABEL)
            .bind(recruitment.as_str()).bind(label).fetch_optional(c).await)?;
        Ok(row.map(|(id,)| ApplicationId::new(id)))
    }

    /// How many applications of one recruitment carry the same blind index of an e-mail address.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn same_email(&self, access: &Access<Intake>, email_index: &[u8]) -> Result<i64, StoreError> {
        let (count,): (i64,) = on_pool!(self, c => sqlx::query_as(BY_EMAIL)
            .bind(access.target().id.as_str()).bind(email_index.to_vec()).fetch_one(c).await)?;
        Ok(count)
    }

    /// Counts by state and by whether AI is off: no persons.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn counts(&self, recruitment: &RecruitmentId) -> Result<Vec<(String, bool, i64)>, StoreError> {
        let rows: Vec<(String, i64, i64)> =
            on_pool!(self, c => sqlx::query_as(COUNTS).bind(recruitment.as_str()).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(state, ai_free, count)| (state, ai_free == 1, count)).collect())
    }

    /// The tag keys of all subjects with their labels, so that the log can be read by subject.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn tag_keys(
        &self,
        _access: &Access<Oversight>,
    ) -> Result<Vec<(String, SubjectId, WrappedKey)>, StoreError> {
        let rows: Vec<(String, String, Vec<u8>)> =
            on_pool!(self, c => sqlx::query_as(TAG_KEYS).fetch_all(c).await)?;
        let mut keys = Vec::new();
        for (label, subject, key) in rows {
            let key = WrappedKey::from_stored(key)?;
            self.openable(&key).await?;
            keys.push((label, SubjectId::new(subject), key));
        }
        Ok(keys)
    }
}
