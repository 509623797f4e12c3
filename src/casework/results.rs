//! The result of one run of `urval screen`: bands and quotes, by label. It goes to the terminal and
//! to a file of the person who ran it, so it holds pseudonymised text and nothing else.

use serde_json::json;
use zeroize::Zeroizing;

use super::ranking::banded;
use super::{App, CaseError};
use crate::guard::access::{Act, Actor, Job, Ranking, Screening};
use crate::pipeline::explain::explain;
use crate::pipeline::score::{LanguageShare, Uncounted};
use crate::subject::id::{ApplicationId, PlacementId, RecruitmentId};
use crate::subject::level::{Contribution, Level};
use crate::subject::profile::Kind;

/// Everything that a run prints.
pub struct ScreenResult {
    /// The model's name.
    pub model: String,
    /// Its fingerprint: name, revision and a digest of its files.
    pub model_digest: String,
    /// The scoring method.
    pub method: &'static str,
    /// Bands by placement, best first.
    pub placements: Vec<ScreenPlacement>,
    /// The applications, by label.
    pub rows: Vec<ScreenedRow>,
    /// Labels of those that a person must read first.
    pub held: Vec<String>,
}

/// One placement's bands.
pub struct ScreenPlacement {
    /// Its id in the profile.
    pub slug: String,
    /// Its name.
    pub title: String,
    /// Labels, best band first, sorted by label within a band.
    pub bands: Vec<Vec<String>>,
    /// Pairs in neighbouring bands that cannot be told apart either.
    pub overlaps: usize,
}

/// One application's result.
pub struct ScreenedRow {
    /// Its label.
    pub label: String,
    /// Its band, from 1, in the first placement that it is for.
    pub band: usize,
    /// Its sum there.
    pub total: f64,
    /// Placement id, band and sum, one each.
    pub by_placement: Vec<(String, usize, f64)>,
    /// Languages that the model cannot read.
    pub unread_languages: Vec<LanguageShare>,
    /// Passages that earned nothing.
    pub uncounted: Vec<Uncounted>,
    /// Criterion by criterion.
    pub criteria: Vec<ScreenedCriterion>,
}

/// One criterion's result.
pub struct ScreenedCriterion {
    /// Its id.
    pub id: String,
    /// Its English name.
    pub label: String,
    /// Its kind.
    pub kind: Kind,
    /// The placements it applies to; empty means all.
    pub placements: Vec<String>,
    /// The level, when the AI may assess.
    pub level: Option<Level>,
    /// The lowest and highest level over readings that say the same.
    pub spread: Option<(Level, Level)>,
    /// What it adds to the sum; 0 when it is not in the sum.
    pub contribution: f64,
    /// The quotes.
    pub evidence: Vec<ScreenedQuote>,
}

/// One quote.
pub struct ScreenedQuote {
    /// First byte in the pseudonymised text.
    pub start: usize,
    /// First byte after it.
    pub end: usize,
    /// The level without this passage.
    pub without: Option<Level>,
    text: Zeroizing<String>,
}

impl ScreenedQuote {
    /// The quoted words, for the outputs of `urval screen`.
    #[must_use]
    pub(crate) fn text_for_output(&self) -> &str {
        &self.text
    }
}

impl App {
    /// The result of one run of `urval screen`.
    ///
    /// # Errors
    /// When the gate, the vault or the database refuses.
    pub async fn screening_result(&self, recruitment: &RecruitmentId) -> Result<ScreenResult, CaseError> {
        let actor = Actor::Job(Job::Screen);
        let ruler = self.ruler(recruitment).await?;
        let profile = ruler.profile();
        let (model, model_digest) = ruler.model();
        let mut placements = Vec::new();
        let mut members: Vec<(PlacementId, ApplicationId, usize, f64)> = Vec::new();
        let mut everybody: Vec<ApplicationId> = Vec::new();
        let mut held = Vec::new();
        for placement in self.db.placements(recruitment).await? {
            let facts = self.db.placement_facts(&placement.id).await?;
            let act = Act::new("ranking.printed").detail(json!({ "run": recruitment.as_str() }));
            let access = self.admit::<Ranking>(&actor, facts, act).await?;
            let (rows, ..) = self.assessed_rows(&access).await?;
            let named = !profile.profile().placements.is_empty();
            let slug = PlacementId::new(&placement.slug);
            let bands = banded(&rows, profile, &slug);
            let mut labels: Vec<Vec<String>> = Vec::new();
            for (index, band) in bands.bands.iter().enumerate() {
                let mut list = Vec::new();
                for placed in band {
                    let id = &placed.item;
                    let Some((facts, Some(found))) = rows.iter().find(|(facts, _)| facts.id == *id) else {
                        continue;
                    };
                    let total = found.total(profile.profile(), named.then_some(&slug)).as_f64();
                    members.push((slug.clone(), id.clone(), index + 1, total));
                    list.push(facts.label.clone());
                }
                list.sort();
                labels.push(list);
            }
            for (facts, found) in &rows {
                if facts.state == "held" && !held.contains(&facts.label) {
                    held.push(facts.label.clone());
                }
                if found.is_some() && !everybody.contains(&facts.id) {
                    everybody.push(facts.id.clone());
                }
            }
            placements.push(ScreenPlacement {
                slug: placement.slug,
                title: placement.title.en,
                bands: labels,
                overlaps: bands.overlaps,
            });
        }
        let mut rows = Vec::new();
        for id in &everybody {
            let mine: Vec<(String, usize, f64)> = members
                .iter()
                .filter(|(_, member, _, _)| member == id)
                .map(|(slug, _, band, total)| (slug.to_string(), *band, *total))
                .collect();
            rows.push(self.screened_row(&actor, id, profile, mine).await?);
        }
        rows.sort_by(|a, b| a.label.cmp(&b.label));
        held.sort();
        Ok(ScreenResult {
            model: model.to_owned(),
            model_digest: model_digest.to_owned(),
            method: crate::pipeline::score::METHOD,
            placements,
            rows,
            held,
        })
    }

    async fn screened_row(
        &self,
        actor: &Actor,
        id: &ApplicationId,
        profile: &crate::subject::profile::FrozenProfile,
        by_placement: Vec<(String, usize, f64)>,
    ) -> Result<ScreenedRow, CaseError> {
        let facts = self.db.application_facts(id).await?;
        let access = self.admit::<Screening>(actor, facts, Act::new("result.printed")).await?;
        let text = self.pseudonymous(&access).await?.ok_or(CaseError::NotFound("pseudonymised text"))?;
        let assessment = self.assessment(&access).await?.ok_or(CaseError::NotFound("assessment"))?;
        let (explained, _) = explain(&assessment, profile.profile(), None, &text)?;
        let criteria = explained
            .into_iter()
            .filter_map(|row| {
                let criterion = profile.profile().criterion(row.id)?;
                Some(ScreenedCriterion {
                    id: row.id.to_string(),
                    label: criterion.label.en.clone(),
                    kind: criterion.kind,
                    placements: criterion.placements.iter().map(ToString::to_string).collect(),
                    level: row.level,
                    spread: row.spread,
                    contribution: row.contribution.map_or(0.0, Contribution::as_f64),
                    evidence: row
                        .quotes
                        .iter()
                        .map(|quote| ScreenedQuote {
                            start: quote.start,
                            end: quote.end,
                            without: quote.without,
                            text: Zeroizing::new(quote.text.to_owned()),
                        })
                        .collect(),
                })
            })
            .collect();
        let (_, band, total) = by_placement.first().cloned().unwrap_or_default();
        Ok(ScreenedRow {
            label: access.target().label.clone(),
            band,
            total,
            by_placement,
            unread_languages: assessment.unread().into_iter().cloned().collect(),
            uncounted: assessment.uncounted.clone(),
            criteria,
        })
    }
}
