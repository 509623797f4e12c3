//! The applications of one placement side by side, in bands with ties.
//!
//! Within a band, and among what is unread, the order is a shuffle of each reader's own. Its seed stands in the
//! log entry of the showing, so that anybody with the log can make the same order again: SHA-256 over the seed, a
//! zero byte and the application's id, ascending.
//!
//! Who marks sees a band only for applications that he or she has marked blind; the rest come
//! shuffled. Who decides, and does not mark, sees all.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use sha2::{Digest, Sha256};

use super::ai_support::AiSupport;
use super::{App, CaseError, open_ranked};
use crate::guard::access::{Access, Act, Actor, ApplicationFacts, Job, Ranking};
use crate::guard::vault::KeyKind;
use crate::pipeline::bands::{Banded, bands};
use crate::pipeline::score::{Assessment, LanguageShare, METHOD, greatest};
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
    /// Pairs in neighbouring bands that cannot be told apart either, over all applications.
    pub overlaps: usize,
    /// Not yet read by this reader, shuffled.
    pub unread: Vec<Row>,
    /// Read, but without a band: review without AI, or not assessed yet.
    pub unbanded: Vec<Row>,
    /// Held by the leak check, or not readable: a person has to look at the original.
    pub held: Vec<Row>,
    /// The labels of applications in which this reader is partial (jävig): nothing else of them is shown.
    pub conflicted: Vec<String>,
    /// Whether bands are shown at all, and why not.
    pub support: AiSupport,
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
    /// It cannot be told apart from somebody in the band above, when the reader may see its band.
    pub near_above: bool,
    /// It cannot be told apart from somebody in the band below, when the reader may see its band.
    pub near_below: bool,
}

impl App {
    /// A placement's applications, for a member of staff of its organisation.
    ///
    /// # Errors
    /// When the gate refuses or something cannot be read.
    pub async fn ranking(&self, actor: &Actor, placement: &PlacementId) -> Result<RankingView, CaseError> {
        let facts = self.db.placement_facts(placement).await?;
        let reader = match actor {
            Actor::Staff(member) => member.staff.to_string(),
            _ => "nobody".to_owned(),
        };
        let seed = self.shuffle_seed(placement, &reader);
        let act = Act::new("ranking.shown").detail(json!({ "shuffle": seed }));
        let access = self.admit::<Ranking>(actor, facts, act).await?;
        self.ranking_admitted(access, &seed).await
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
        let (rows, profile, ..) = self.assessed_rows(&access).await?;
        let place = PlacementId::new(self.db.placement(placement).await?.slug);
        let groups = banded(&rows, &profile, &place);
        let total = groups.bands.len();
        Ok(groups.find(|one| one == id).map(|(band, _)| (band, total)))
    }

    /// What one reader's order of a placement is made of: the same at every visit, another for each reader.
    pub(super) fn shuffle_seed(&self, placement: &PlacementId, reader: &str) -> String {
        self.vault.pseudonym(&format!("shuffle/{placement}/{reader}"), "seed")
    }

    pub(super) async fn assessed_rows(
        &self,
        access: &Access<Ranking>,
    ) -> Result<(Vec<(ApplicationFacts, Option<Assessment>)>, FrozenProfile, Recruitment, AiSupport), CaseError>
    {
        let (recruitment, profile) = self.recruitment_and_profile(&access.target().recruitment).await?;
        let support = self.ai_support(&recruitment.id).await?;
        let mut rows = Vec::new();
        for row in self.db.applications_of(access).await? {
            let assessment = match self.db.ranked_assessment(access, &row).await? {
                Some((sealed, wrapped)) if support.is_on() && row.state == "assessed" => {
                    let key = self.vault.unwrap_key(&row.subject, KeyKind::Content, &wrapped)?;
                    let assessment = open_ranked(&self.vault, &row, &key, &sealed)?;
                    // An assessment by another profile, model or method is stale: it does not rank, and levels of two
                    // never share a band.
                    let current = assessment.method == METHOD
                        && self.model_fingerprint().is_none_or(|model| model == assessment.model_digest);
                    (current && assessment.profile_digest == profile.digest()).then_some(assessment)
                }
                _ => None,
            };
            rows.push((row, assessment));
        }
        Ok((rows, profile, recruitment, support))
    }

    /// Where an application stands in one reader's own shuffle of a placement.
    pub(super) fn shuffled_place(
        &self,
        placement: &PlacementId,
        reader: &str,
        id: &ApplicationId,
    ) -> [u8; 32] {
        place_in_shuffle(&self.shuffle_seed(placement, reader), id)
    }

    async fn ranking_admitted(&self, access: Access<Ranking>, seed: &str) -> Result<RankingView, CaseError> {
        let (rows, profile, recruitment, support) = self.assessed_rows(&access).await?;
        let placement = self.db.placement(&access.target().id).await?;
        let slug = PlacementId::new(&placement.slug);
        let groups = banded(&rows, &profile, &slug);
        let blind = match access.actor() {
            Actor::Staff(member) => member.role != Role::HiringManager,
            Actor::Job(Job::Screen) => false,
            _ => true,
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
            bands: groups.bands.iter().map(|_| Vec::new()).collect(),
            overlaps: groups.overlaps,
            unread: Vec::new(),
            unbanded: Vec::new(),
            held: Vec::new(),
            conflicted: Vec::new(),
            support,
            greatest: greatest(profile.profile(), Some(&slug)),
            access,
            placement,
            recruitment,
            profile,
        };
        let mut shuffled: Vec<([u8; 32], &(ApplicationFacts, Option<Assessment>))> =
            rows.iter().map(|row| (place_in_shuffle(seed, &row.0.id), row)).collect();
        shuffled.sort_by_key(|(place, _)| *place);
        for (_, (facts, assessment)) in shuffled {
            if partial.contains(&facts.id) {
                view.conflicted.push(facts.label.clone());
                continue;
            }
            let seen = !blind || revealed.contains(&facts.id);
            let placed = groups.find(|id| *id == facts.id).filter(|_| seen);
            let row = Row {
                id: facts.id.clone(),
                label: facts.label.clone(),
                readers: readers.get(&facts.id).copied().unwrap_or(0),
                decided: decided.get(&facts.id).cloned(),
                unread_languages: assessment
                    .as_ref()
                    .map(|found| found.unread().into_iter().cloned().collect())
                    .unwrap_or_default(),
                band: placed.map(|(band, _)| band),
                near_above: placed.is_some_and(|(_, own)| own.near_above),
                near_below: placed.is_some_and(|(_, own)| own.near_below),
            };
            if facts.state == "held" {
                view.held.push(row);
            } else if !seen {
                view.unread.push(row);
            } else if let Some(list) = placed.and_then(|(band, _)| view.bands.get_mut(band - 1)) {
                list.push(row);
            } else {
                view.unbanded.push(row);
            }
        }
        Ok(view)
    }
}

/// Where an application stands in the order that a seed gives.
pub(super) fn place_in_shuffle(seed: &str, id: &ApplicationId) -> [u8; 32] {
    Sha256::new().chain_update(seed).chain_update([0]).chain_update(id.as_str()).finalize().into()
}

/// Bands of one placement, over whoever has a current assessment.
pub(super) fn banded(
    rows: &[(ApplicationFacts, Option<Assessment>)],
    profile: &FrozenProfile,
    placement: &PlacementId,
) -> Banded<ApplicationId> {
    let scored = rows.iter().filter_map(|(facts, assessment)| {
        Some((facts.id.clone(), assessment.as_ref()?.interval(profile.profile(), Some(placement))))
    });
    bands(scored.collect())
}
