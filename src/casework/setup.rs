//! Opening a recruitment and its accounts: organisations, placements, staff. No applicants.

use serde_json::json;

use super::accounts::{check_password, hash_password};
use super::{App, CaseError};
use crate::guard::access::{Access, Act, Actor, Job, Membership, Operations, SystemFacts};
use crate::store::recruitments::{Placement, Recruitment};
use crate::subject::id::{MembershipId, OrganisationId, PlacementId, RecruitmentId, StaffId};
use crate::subject::profile::FrozenProfile;
use crate::subject::role::Role;
use crate::subject::words::Text;

pub use crate::store::recruitments::RecruitmentKind as RoundKind;

/// An organisation that takes part.
pub struct NewOrganisation<'a> {
    /// Its id in profiles.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// `kommun` or `kommunalt_bolag`.
    pub kind: &'a str,
}

/// A round to open.
pub struct NewRound<'a> {
    /// Diarienummer.
    pub case_number: &'a str,
    /// Whether everything in it is made up.
    pub invented: bool,
    /// Whether it is one run of `screen`.
    pub kind: RoundKind,
}

/// An account with one membership.
pub struct NewStaff<'a> {
    /// What the person types.
    pub login: &'a str,
    /// Shown name.
    pub name: &'a str,
    /// The password, hashed before it is stored.
    pub password: &'a str,
    /// In whose name the person acts.
    pub organisation: &'a str,
    /// In which capacity.
    pub role: Role,
}

/// The placement of a profile that names none, as `screen` uses it.
pub const ONLY_PLACEMENT: &str = "alla";

impl App {
    async fn operations(
        &self,
        job: Job,
        what: &'static str,
        detail: serde_json::Value,
    ) -> Result<(Access<Operations>, crate::store::Tx), CaseError> {
        self.admit_to_change::<Operations>(&Actor::Job(job), SystemFacts, Act::new(what).detail(detail)).await
    }

    /// Opens a recruitment: the profile freezes with its digest, and its placements are made. All
    /// in one transaction.
    ///
    /// # Errors
    /// When the gate or the database refuses; nothing is stored then.
    pub async fn open_round(
        &self,
        job: Job,
        organisations: &[NewOrganisation<'_>],
        round: &NewRound<'_>,
        profile: &FrozenProfile,
    ) -> Result<RecruitmentId, CaseError> {
        let detail = json!({ "profile": profile.digest(), "version": profile.profile().version, "case": round.case_number });
        let (access, mut tx) = self.operations(job, "recruitment.opened", detail).await?;
        for organisation in organisations {
            tx.put_organisation(
                &access,
                &OrganisationId::new(organisation.id),
                organisation.name,
                organisation.kind,
            )
            .await?;
        }
        let id = RecruitmentId::new(self.chance.uuid()?);
        let recruitment = Recruitment {
            id: id.clone(),
            title: profile.profile().title.clone(),
            case_number: round.case_number.to_owned(),
            state: "open".into(),
            opened_at: access.at(),
            profile_digest: profile.digest().to_owned(),
            profile_toml: profile.toml().to_owned(),
            invented: round.invented,
        };
        tx.put_recruitment(&access, &recruitment, round.kind).await?;
        let named: Vec<(String, OrganisationId, Text)> = if profile.profile().placements.is_empty() {
            let only = organisations.first().map_or("egen", |o| o.id);
            vec![(ONLY_PLACEMENT.into(), OrganisationId::new(only), profile.profile().title.clone())]
        } else {
            let list = profile.profile().placements.iter();
            list.map(|p| (p.id.to_string(), p.organisation.clone(), p.title.clone())).collect()
        };
        for (slug, organisation, title) in named {
            let placement = Placement {
                id: PlacementId::new(self.chance.uuid()?),
                recruitment: id.clone(),
                slug,
                organisation,
                organisation_name: String::new(),
                title,
            };
            tx.put_placement(&access, &placement).await?;
        }
        tx.commit().await?;
        Ok(id)
    }

    /// Makes an account.
    ///
    /// # Errors
    /// When the login is taken, the password may not be taken or the database refuses.
    pub async fn add_staff(&self, job: Job, new: &NewStaff<'_>) -> Result<StaffId, CaseError> {
        check_password(new.password, new.login)?;
        let hash = hash_password(new.password)?;
        let detail = json!({ "role": new.role.code(), "organisation": new.organisation });
        let (access, mut tx) = self.operations(job, "staff.added", detail).await?;
        let staff = StaffId::new(self.chance.uuid()?);
        let member = Membership {
            id: MembershipId::new(self.chance.uuid()?),
            staff: staff.clone(),
            organisation: OrganisationId::new(new.organisation),
            role: new.role,
            active: true,
            valid_from: access.at(),
            // Two years: longer than a round, short enough that somebody must look again.
            valid_to: access.at().plus_seconds(2 * 365 * 24 * 3600),
        };
        tx.put_staff(&access, new.login, new.name, &hash, &member).await?;
        tx.commit().await?;
        Ok(staff)
    }

    /// Gives an account a new password and ends its sessions.
    ///
    /// # Errors
    /// When the password may not be taken or the database refuses.
    pub async fn reset_password(&self, job: Job, login: &str, password: &str) -> Result<(), CaseError> {
        check_password(password, login)?;
        let hash = hash_password(password)?;
        let (access, mut tx) = self.operations(job, "staff.password_reset", json!({})).await?;
        tx.set_password(&access, login, &hash).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Removes a second factor, for somebody who has lost telephone and recovery codes, and ends that
    /// person's sessions. `false` when there was none.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn reset_second_factor(&self, job: Job, login: &str) -> Result<bool, CaseError> {
        let (access, mut tx) = self.operations(job, "staff.second_factor_reset", json!({})).await?;
        let dropped = tx.drop_factor_of(&access, login).await?;
        tx.commit().await?;
        Ok(dropped)
    }

    /// The rounds that people work with. No personal data.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rounds(&self) -> Result<Vec<Recruitment>, CaseError> {
        Ok(self.db.rounds().await?)
    }

    /// One recruitment with its placements and frozen profile. No personal data.
    ///
    /// # Errors
    /// When there is none, or the profile's digest no longer fits.
    pub async fn round(
        &self,
        id: &RecruitmentId,
    ) -> Result<(Recruitment, Vec<Placement>, FrozenProfile), CaseError> {
        let (recruitment, profile) = self.recruitment_and_profile(id).await?;
        let placements = self.db.placements(id).await?;
        Ok((recruitment, placements, profile))
    }

    /// The organisations that take part.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn organisations(&self) -> Result<Vec<(OrganisationId, String, String)>, CaseError> {
        Ok(self.db.organisations().await?)
    }

    /// Counts by state and by whether AI is off, for the operator and the programme lead.
    ///
    /// # Errors
    /// When the gate refuses.
    pub async fn counts(
        &self,
        actor: &Actor,
        id: &RecruitmentId,
    ) -> Result<Vec<(String, bool, i64)>, CaseError> {
        let _admitted = self.admit::<Operations>(actor, SystemFacts, Act::new("counts.shown")).await?;
        Ok(self.db.counts(id).await?)
    }
}
