//! Organisations, recruitments and placements: no personal data.

use crate::clock::Moment;
use crate::guard::access::{Access, Operations, PlacementFacts, RecruitmentFacts};
use crate::subject::id::{OrganisationId, PlacementId, RecruitmentId};
use crate::subject::words::Text;

use super::{Db, StoreError, Tx};

statements! {
    PUT_ORGANISATION = "INSERT INTO organisations (id, name, kind) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING";
    PUT_RECRUITMENT = "INSERT INTO recruitments (id, title_sv, title_en, case_number, state, opened_at, profile_digest, profile_toml, kind, invented) VALUES ($1, $2, $3, $4, 'open', $5, $6, $7, $8, $9)";
    PUT_PLACEMENT = "INSERT INTO placements (id, recruitment_id, slug, organisation_id, title_sv, title_en) VALUES ($1, $2, $3, $4, $5, $6)";
    ORGANISATIONS = "SELECT id, name, kind FROM organisations ORDER BY name";
    RECRUITMENT = "SELECT id, title_sv, title_en, case_number, state, opened_at, profile_digest, profile_toml, invented FROM recruitments WHERE id = $1";
    ROUNDS = "SELECT id, title_sv, title_en, case_number, state, opened_at, profile_digest, profile_toml, invented FROM recruitments WHERE kind = 'round' ORDER BY opened_at DESC, id";
    PLACEMENTS = "SELECT p.id, p.recruitment_id, p.slug, p.organisation_id, o.name, p.title_sv, p.title_en FROM placements p JOIN organisations o ON o.id = p.organisation_id WHERE p.recruitment_id = $1 ORDER BY o.name, p.slug";
    PLACEMENT = "SELECT p.id, p.recruitment_id, p.slug, p.organisation_id, o.name, p.title_sv, p.title_en FROM placements p JOIN organisations o ON o.id = p.organisation_id WHERE p.id = $1";
    STATE = "SELECT state FROM recruitments WHERE id = $1";
}

/// A recruitment case (rekryteringsärende).
#[derive(Clone, Debug)]
pub struct Recruitment {
    /// Which.
    pub id: RecruitmentId,
    /// Shown name.
    pub title: Text,
    /// Diarienummer.
    pub case_number: String,
    /// `open` or `closed`.
    pub state: String,
    /// When it opened and the profile froze.
    pub opened_at: Moment,
    /// SHA-256 of the frozen profile.
    pub profile_digest: String,
    /// The frozen profile, byte for byte.
    pub profile_toml: String,
    /// People, numbers and decisions are made up.
    pub invented: bool,
}

/// Which kind of recruitment a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecruitmentKind {
    /// A round that people work with in the pages.
    Round,
    /// One run of `urval screen`.
    Screen,
}

/// A placement with its organisation.
#[derive(Clone, Debug)]
pub struct Placement {
    /// Which.
    pub id: PlacementId,
    /// Of which recruitment.
    pub recruitment: RecruitmentId,
    /// The id in the profile.
    pub slug: String,
    /// The recruiting organisation.
    pub organisation: OrganisationId,
    /// Its name.
    pub organisation_name: String,
    /// Shown name.
    pub title: Text,
}

type RecruitmentRow = (String, String, String, String, String, i64, String, String, i64);
type PlacementRow = (String, String, String, String, String, String, String);

fn recruitment(row: RecruitmentRow) -> Recruitment {
    let (id, sv, en, case_number, state, opened_at, profile_digest, profile_toml, invented) = row;
    Recruitment {
        id: RecruitmentId::new(id),
        title: Text { sv, en },
        case_number,
        state,
        opened_at: Moment(opened_at),
        profile_digest,
        profile_toml,
        invented: invented == 1,
    }
}

fn placement(row: PlacementRow) -> Placement {
    let (id, recruitment, slug, organisation, organisation_name, sv, en) = row;
    Placement {
        id: PlacementId::new(id),
        recruitment: RecruitmentId::new(recruitment),
        slug,
        organisation: OrganisationId::new(organisation),
        organisation_name,
        title: Text { sv, en },
    }
}

impl Tx {
    /// Stores an organisation; one that is there already stays as it is.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_organisation(
        &mut self,
        _access: &Access<Operations>,
        id: &OrganisationId,
        name: &str,
        kind: &str,
    ) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(PUT_ORGANISATION).bind(id.as_str()).bind(name).bind(kind).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Opens a recruitment with its frozen profile.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_recruitment(
        &mut self,
        _access: &Access<Operations>,
        new: &Recruitment,
        kind: RecruitmentKind,
    ) -> Result<(), StoreError> {
        let kind = match kind {
            RecruitmentKind::Round => "round",
            RecruitmentKind::Screen => "screen",
        };
        in_tx!(self, c => sqlx::query(PUT_RECRUITMENT)
            .bind(new.id.as_str()).bind(&new.title.sv).bind(&new.title.en).bind(&new.case_number)
            .bind(new.opened_at.0).bind(&new.profile_digest).bind(&new.profile_toml).bind(kind)
            .bind(i64::from(new.invented)).execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Stores a placement.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn put_placement(
        &mut self,
        _access: &Access<Operations>,
        new: &Placement,
    ) -> Result<(), StoreError> {
        in_tx!(self, c => sqlx::query(PUT_PLACEMENT)
            .bind(new.id.as_str()).bind(new.recruitment.as_str()).bind(&new.slug)
            .bind(new.organisation.as_str()).bind(&new.title.sv).bind(&new.title.en)
            .execute(c).await.map(|_| ()))?;
        Ok(())
    }
}

impl Db {
    /// Every organisation: id, name, kind.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn organisations(&self) -> Result<Vec<(OrganisationId, String, String)>, StoreError> {
        let rows: Vec<(String, String, String)> =
            on_pool!(self, c => sqlx::query_as(ORGANISATIONS).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|(id, name, kind)| (OrganisationId::new(id), name, kind)).collect())
    }

    /// The rounds that people work with, newest first.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn rounds(&self) -> Result<Vec<Recruitment>, StoreError> {
        let rows: Vec<RecruitmentRow> = on_pool!(self, c => sqlx::query_as(ROUNDS).fetch_all(c).await)?;
        Ok(rows.into_iter().map(recruitment).collect())
    }

    /// One recruitment.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none.
    pub async fn recruitment(&self, id: &RecruitmentId) -> Result<Recruitment, StoreError> {
        let row: Option<RecruitmentRow> =
            on_pool!(self, c => sqlx::query_as(RECRUITMENT).bind(id.as_str()).fetch_optional(c).await)?;
        row.map(recruitment).ok_or(StoreError::Missing("recruitment"))
    }

    /// The placements of one recruitment.
    ///
    /// # Errors
    /// When the engine cannot.
    pub async fn placements(&self, id: &RecruitmentId) -> Result<Vec<Placement>, StoreError> {
        let rows: Vec<PlacementRow> =
            on_pool!(self, c => sqlx::query_as(PLACEMENTS).bind(id.as_str()).fetch_all(c).await)?;
        Ok(rows.into_iter().map(placement).collect())
    }

    /// One placement.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none.
    pub async fn placement(&self, id: &PlacementId) -> Result<Placement, StoreError> {
        let row: Option<PlacementRow> =
            on_pool!(self, c => sqlx::query_as(PLACEMENT).bind(id.as_str()).fetch_optional(c).await)?;
        row.map(placement).ok_or(StoreError::Missing("placement"))
    }

    /// What the policies need to know of a recruitment.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none.
    pub async fn recruitment_facts(&self, id: &RecruitmentId) -> Result<RecruitmentFacts, StoreError> {
        let row: Option<(String,)> =
            on_pool!(self, c => sqlx::query_as(STATE).bind(id.as_str()).fetch_optional(c).await)?;
        let (state,) = row.ok_or(StoreError::Missing("recruitment"))?;
        Ok(RecruitmentFacts { id: id.clone(), state })
    }

    /// What the policies need to know of a placement.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is none.
    pub async fn placement_facts(&self, id: &PlacementId) -> Result<PlacementFacts, StoreError> {
        let found = self.placement(id).await?;
        let facts = self.recruitment_facts(&found.recruitment).await?;
        Ok(PlacementFacts {
            id: found.id,
            recruitment: found.recruitment,
            organisation: found.organisation,
            recruitment_state: facts.state,
        })
    }
}
