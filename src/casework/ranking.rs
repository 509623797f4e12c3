//! The applications of one placement side by side, in bands with ties.
//!
//! Who marks sees a band only for applications that he or she has marked blind; the rest come
//! shuffled. Who decides, and does not mark, sees all.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{App, CaseError, open_ranked};
use crate::guard::access::{Access, Act, Actor, ApplicationFacts, Job, Ranking};
use crate::guard::vault::KeyKind;
use crate::pipeline::bands::bands;
use crate::pipeline::score::{Assessment, LanguageShare, greatest};
use crate::store::recruitments::{Placement, Recruitment};
use crate::subject::id::{ApplicationId, PlacementId};
use crate::subject::level::Total;
use crate::subject::profile::FrozenProfile;
use crate::subject::role::Role;

/// A placement's applications.
pub struct RankingView {
    /// Proof of admission.
    pub access: Access<Ranking>,
    /// The placement.
    pub placement: Placement,
    /// Its recruitment.
    pub recruitment: Recruitment,
    /// The frozen profile.
    pub profile: FrozenProfile,
    /// Bands, best first. Within a band the order is this reader's own shuffle.
    pub bands: Vec<Vec<Row>>,
    /// Not yet read by this reader, shuffled.
    pub unread: Vec<Row>,
    /// Read, but without a band: review without AI, or not assessed yet.
    pub unbanded: Vec<Row>,
    /// Held by the leak check, or not readable: a person has to look at the original.
    pub held: Vec<Row>,
    /// The labels of applications in which this reader is partial (jävig): nothing else of them is shown.
    pub conflicted: Vec<String>,
    /// The greatest total that the profile allows.
    pub greatest: Total,
}

/// One application in a list. Numbers stay inside: a list shows bands.
pub struct Row {
    /// Which.
    pub id: ApplicationId,
    /// Its label.
    pub label: String,
    /// How many people have finished their blind marks.
    pub readers: i64,
    /// What was decided for this placement, `proceed` or `not_proceed`.
    pub decided: Option<String>,
    /// Languages in it that the model cannot read.
    pub unread_languages: Vec<LanguageShare>,
    /// Its band, from 1, when the reader may see it.
    pub band: Option<usize>,
}

impl App {
    /// A placement's applications, for a member of staff of its organisation.
    ///
    /// # Errors
    /// When the gate refuses or something cannot be read.
    pub async fn ranking(&self, actor: &Actor, placement: &PlacementId) -> Result<RankingView, CaseError> {
        let facts = self.db.placement_facts(placement).await?;
        let access = self.admit::<Ranking>(actor, facts, Act::new("ranking.shown")).await?;
        self.ranking_admitted(access).await
    }

    /// In which band of a placement one application lies, for somebody who may see it.
    ///
    /// # Errors
    /// As [`App::ranking`].
    pub(super) async fn band_of(
        &self,
        actor: &Actor,
        placement: &PlacementId,
        id: &ApplicationId,
        label: &str,
    ) -> Result<Option<(usize, usize)>, CaseError> {
        let facts = self.db.placement_facts(placement).await?;
        let act = Act::new("ranking.band_shown").detail(json!({ "application": label }));
        let access = self.admit::<Ranking>(actor, facts, act).await?;
        let (rows, profile, _) = self.assessed_rows(&access).await?;
        let place = PlacementId::new(self.db.placement(placement).await?.slug);
        let groups = banded(&rows, &profile, &place);
        let total = groups.len();
        Ok(groups.iter().position(|band| band.contains(id)).map(|index| (index + 1, total)))
    }

    pub(super) async fn assessed_rows(
        &self,
        access: &Access<Ranking>,
    ) -> Result<(Vec<(ApplicationFacts, Option<Assessment>)>, FrozenProfile, Recruitment), CaseError> {
        let (recruitment, profile) = self.recruitment_and_profile(&access.target().recruitment).await?;
        let mut rows = Vec::new();
        for row in self.db.applications_of(access).await? {
            let assessment = match self.db.ranked_assessment(access, &row).await? {
                Some((sealed, wrapped)) if row.state == "assessed" => {
                    let key = self.vault.unwrap_key(&row.subject, KeyKind::Content, &wrapped)?;
                    let assessment = open_ranked(&self.vault, &row, &key, &sealed)?;
                    // An assessment by another profile or model is stale: it does not rank, and two models'
                    // levels never share a band.
                    let current =
                        self.model_fingerprint().is_none_or(|model| model == assessment.model_digest);
                    (current && assessment.profile_digest == profile.digest()).then_some(assessment)
                }
                _ => None,
            };
            rows.push((row, assessment));
        }
        Ok((rows, profile, recruitment))
    }

    async fn ranking_admitted(&self, access: Access<Ranking>) -> Result<RankingView, CaseError> {
        let (rows, profile, recruitment) = self.assessed_rows(&access).await?;
        let placement = self.db.placement(&access.target().id).await?;
        let slug = PlacementId::new(&placement.slug);
        let groups = banded(&rows, &profile, &slug);
        let band_by_id: BTreeMap<&ApplicationId, usize> = groups
            .iter()
            .enumerate()
            .flat_map(|(index, band)| band.iter().map(move |id| (id, index)))
            .collect();
        let (blind, reader) = match access.actor() {
            Actor::Staff(member) => (member.role != Role::HiringManager, member.staff.to_string()),
            Actor::Job(Job::Screen) => (false, "screen".to_owned()),
            _ => (true, "nobody".to_owned()),
        };
        let revealed: BTreeSet<ApplicationId> = match access.staff() {
            Some(member) => self.db.revealed_to(&access, &member.staff).await?.into_iter().collect(),
            None => BTreeSet::new(),
        };
        let partial: BTreeSet<ApplicationId> = match access.staff() {
            Some(member) => self.db.conflicted(&access, &member.staff).await?.into_iter().collect(),
            None => BTreeSet::new(),
        };
        let readers: BTreeMap<ApplicationId, i64> = self.db.readers(&access).await?.into_iter().collect();
        let decided: BTreeMap<ApplicationId, String> = self.db.decided(&access).await?.into_iter().collect();

        let mut view = RankingView {
            bands: groups.iter().map(|_| Vec::new()).collect(),
            unread: Vec::new(),
            unbanded: Vec::new(),
            held: Vec::new(),
            conflicted: Vec::new(),
            greatest: greatest(profile.profile(), Some(&slug)),
            access,
            placement,
            recruitment,
            profile,
        };
        let mut shuffled: Vec<(String, &(ApplicationFacts, Option<Assessment>))> = rows
            .iter()
            .map(|row| {
                (
                    self.vault
                        .pseudonym(&format!("shuffle/{}/{reader}", view.placement.id), row.0.id.as_str()),
                    row,
                )
            })
            .collect();
        shuffled.sort_by(|a, b| a.0.cmp(&b.0));
        for (_, (facts, assessment)) in shuffled {
            if partial.contains(&facts.id) {
                view.conflicted.push(facts.label.clone());
                continue;
            }
            let seen = !blind || revealed.contains(&facts.id);
            let band = band_by_id.get(&facts.id).copied().filter(|_| seen);
            let row = Row {
                id: facts.id.clone(),
                label: facts.label.clone(),
                readers: readers.get(&facts.id).copied().unwrap_or(0),
                decided: decided.get(&facts.id).cloned(),
                unread_languages: assessment
                    .as_ref()
                    .map(|found| found.unread().into_iter().cloned().collect())
                    .unwrap_or_default(),
                band: band.map(|index| index + 1),
            };
            if facts.state == "held" {
                view.held.push(row);
            } else if !seen {
                view.unread.push(row);
            } else if let Some(list) = band.and_then(|index| view.bands.get_mut(index)) {
                list.push(row);
            } else {
                view.unbanded.push(row);
            }
        }
        Ok(view)
    }
}

/// Bands of one placement, over whoever has a current assessment.
pub(super) fn banded(
    rows: &[(ApplicationFacts, Option<Assessment>)],
    profile: &FrozenProfile,
    placement: &PlacementId,
) -> Vec<Vec<ApplicationId>> {
    let scored = rows
        .iter()
        .filter_map(|(facts, assessment)| {
            let total = assessment.as_ref()?.total(profile.profile(), Some(placement));
            Some((facts.id.clone(), total))
        })
        .collect();
    bands(scored, greatest(profile.profile(), Some(placement)))
}
