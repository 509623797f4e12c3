//! One application: read, mark blind, change a mark, decide. Band and evidence come after the blind
//! marks. The pseudonymised text leaves as JSON here, for an admitted reader, and in no other file
//! of the interface.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ai_support::Support;
use super::applications::TwoTexts;
use super::openapi::{Conflicting, Guarded, Missing, Unfit, WithBody};
use super::ranking::{UnreadLanguage, unread};
use super::{Id, Ids, Sent, created, done, is_id};
use crate::casework::decision::Outcome;
use crate::casework::review::{Mark, MarkView, ReviewFile, marked_now, settled_by_words};
use crate::casework::search::SearchHit;
use crate::casework::{CaseError, Invalid, Placement};
use crate::guard::pii::Pii;
use crate::pipeline::explain::Explained;
use crate::pipeline::received::SectionKind;
use crate::subject::id::{ApplicationId, CriterionId, PlacementId};
use crate::subject::level::Level;
use crate::subject::profile::Criterion;
use crate::web::Web;
use crate::web::callers::Staff;
use crate::web::problem::Problem;

/// Marks in one body at most: more than any profile has criteria.
const MARKS_MAX: usize = 200;

/// One opened application.
#[derive(Serialize, ToSchema)]
pub struct Opened {
    /// Its id.
    application: String,
    /// Its label.
    #[schema(example = "K-7QF3M2")]
    label: String,
    /// `submitted`, `held` or `assessed`.
    state: String,
    /// Why a person must read it before the model may.
    held: Option<String>,
    /// Languages in it that the model cannot read.
    unread_languages: Vec<UnreadLanguage>,
    /// The pseudonymised text, part by part. Offsets are bytes in the whole text, UTF-8.
    sections: Vec<Part>,
    /// Whether bands, evidence and others' marks are shown: after the own blind marks, or to the
    /// one who decides and does not mark.
    revealed: bool,
    /// What is marked, in the profile's order.
    criteria: Vec<AskedCriterion>,
    /// The placements of the reader's organisation that the applicant chose.
    placements: Vec<Chosen>,
    /// Decisions so far.
    decisions: Vec<Decided>,
    /// Which model and method, once revealed.
    made_by: Option<MadeBy>,
    /// Whether AI support is on; while it is off there is no band, level or evidence.
    ai_support: Support,
    /// Passages that earned nothing, once revealed: for a person to judge.
    not_counted: Vec<Uncounted>,
}

/// A passage that earned nothing.
#[derive(Serialize, ToSchema)]
pub struct Uncounted {
    /// First byte in the whole text.
    start: usize,
    /// First byte after it.
    end: usize,
    /// `copied`: the profile's own words; `keywords`: words in a row; `repeated`: it stands earlier.
    why: &'static str,
}

/// One part of the text.
#[derive(Serialize, ToSchema)]
pub struct Part {
    /// `letter`, `cv` or `answer`.
    kind: &'static str,
    /// The question's id, for an answer.
    question: Option<String>,
    /// First byte.
    start: usize,
    /// First byte after it.
    end: usize,
    /// The words.
    text: String,
}

/// One criterion.
#[derive(Serialize, ToSchema)]
pub struct AskedCriterion {
    /// Its id.
    #[schema(example = "K2")]
    id: String,
    /// `must_have`, `desirable`, `competence`, `personal_quality` or `placement_condition`.
    kind: &'static str,
    /// What the AI support may do: `assess`, `extract`, `list` or `none`.
    ai: &'static str,
    /// Its name.
    label: TwoTexts,
    /// The marks that can be given. Empty for what waits for the interview.
    scale: &'static [&'static str],
    /// The reader's own mark.
    own: Option<Given>,
    /// Marks by others, once revealed.
    others: Vec<Given>,
}

/// A mark that was given.
#[derive(Serialize, ToSchema)]
pub struct Given {
    /// Given blind.
    blind: &'static str,
    /// What holds now.
    last: &'static str,
    /// Why it was changed.
    reason: Option<String>,
}

/// A placement that the applicant chose.
#[derive(Serialize, ToSchema)]
pub struct Chosen {
    /// Its id.
    id: String,
    /// Its id in the profile.
    slug: String,
    /// Its name.
    title: TwoTexts,
    /// In which band the application lies, from 1, once revealed.
    band: Option<usize>,
    /// How many bands there are.
    of: Option<usize>,
    /// What the sum is made of, once revealed and assessed.
    explained: Vec<Found>,
    /// The sum of the contributions.
    total: Option<f64>,
}

/// What the model found for one criterion. No evidence is not a low mark: a person reads.
#[derive(Serialize, ToSchema)]
pub struct Found {
    /// The criterion.
    id: String,
    /// 0 to 1, when the AI support may assess it.
    level: Option<f64>,
    /// The lowest and highest level over readings that say the same.
    spread: Option<[f64; 2]>,
    /// Weight times level, when it counts.
    contribution: Option<f64>,
    /// The passages, best first.
    evidence: Vec<Passage>,
}

/// What is searched for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// Words, at most 100 characters. Every one must be in the text, or begin a word of it.
    q: Option<String>,
}

/// The answer to a search.
#[derive(Serialize, ToSchema)]
pub struct Searched {
    /// How many applications were searched: those that the caller has marked, or, deciding, has opened.
    searched: usize,
    /// Those with every word, in a shuffle of the caller's own.
    found: Vec<Hit>,
}

/// An application with the words.
#[derive(Serialize, ToSchema)]
pub struct Hit {
    /// Its id.
    application: String,
    /// Its label.
    #[schema(example = "K-7QF3M2")]
    label: String,
    /// The words with what stands around them.
    passages: Vec<HitPassage>,
}

/// Words of the text with what stands around them.
#[derive(Serialize, ToSchema)]
pub struct HitPassage {
    /// First byte.
    start: usize,
    /// The words.
    text: String,
}

/// Searches what the caller has read of a placement. `search-refused` (403) names the paragraph when the words would
/// select people on sensitive data.
#[utoipa::path(
    get,
    path = "/api/v1/placements/{id}/search",
    tag = "reading",
    security(("session" = [])),
    params(("id" = String, Path, description = "The placement's id"), SearchQuery),
    responses((status = 200, description = "What was found", body = Searched), Guarded, Missing, Unfit),
)]
pub async fn search(
    staff: Staff,
    State(web): State<Web>,
    Id(id): Id,
    query: Result<Query<SearchQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let words = query.ok().and_then(|Query(query)| query.q).unwrap_or_default();
    let view = web.app.search(&staff.actor, &PlacementId::new(id), &words).await?;
    let found = view.found.iter().map(hit).collect();
    Ok(Json(Searched { searched: view.searched, found }).into_response())
}

fn hit(found: &SearchHit) -> Hit {
    let passages = found.passages().into_iter();
    Hit {
        application: found.id().to_string(),
        label: found.label().to_owned(),
        passages: passages
            .map(|(start, words)| HitPassage { start, text: words.for_export().to_owned() })
            .collect(),
    }
}

/// A quoted passage of the text.
#[derive(Serialize, ToSchema)]
pub struct Passage {
    /// First byte.
    start: usize,
    /// First byte after it.
    end: usize,
    /// The words.
    text: String,
    /// The criterion's level without this passage.
    without: Option<f64>,
}

/// A decision.
#[derive(Serialize, ToSchema)]
pub struct Decided {
    /// For which placement.
    placement: String,
    /// `proceed` or `not_proceed`.
    outcome: String,
    /// The name of the person who decided.
    by: String,
    /// Why.
    reason: String,
    /// When, RFC 3339.
    #[schema(format = DateTime)]
    at: String,
}

/// What made the assessment.
#[derive(Serialize, ToSchema)]
pub struct MadeBy {
    /// The model.
    model: String,
    /// The method.
    method: String,
}

/// Blind marks, all at once.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlindMarks {
    /// The mark of every criterion with a scale: `1` to `5`, or `styrkt`, `ej_styrkt`, `oklart` for
    /// a requirement.
    #[schema(example = json!({"K1": "styrkt", "K2": "4"}))]
    marks: BTreeMap<String, String>,
}

/// A changed mark.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedMark {
    /// The mark.
    #[schema(pattern = "^([1-5]|styrkt|ej_styrkt|oklart)$")]
    mark: String,
    /// Why, at least 10 characters.
    #[schema(min_length = 10)]
    reason: String,
}

/// What was decided at this stage.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Goes on (går vidare).
    Proceed,
    /// Does not go on (går inte vidare).
    NotProceed,
}

/// A decision.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDecision {
    /// For which placement: its id.
    placement: String,
    /// What is decided.
    outcome: Verdict,
    /// Why, at least 10 characters.
    #[schema(min_length = 10)]
    reason: String,
}

/// A recorded decision.
#[derive(Serialize, ToSchema)]
pub struct Recorded {
    /// The application.
    application: String,
    /// For which placement.
    placement: String,
    /// What was decided.
    outcome: Verdict,
}

/// Opens one application. The opening is logged before anything is shown.
#[utoipa::path(
    get,
    path = "/api/v1/applications/{id}",
    tag = "reading",
    security(("session" = [])),
    params(("id" = String, Path, description = "The application's id")),
    responses(
        (status = 200, description = "The application, as far as this reader may see it", body = Opened),
        Guarded, Missing,
    ),
)]
pub async fn open(staff: Staff, State(web): State<Web>, Id(id): Id) -> Result<Response, Problem> {
    let file = web.app.open_application(&staff.actor, &ApplicationId::new(id)).await?;
    Ok(Json(opened(&file)?).into_response())
}

/// Gives the caller's blind marks, all at once. From then on band and evidence are shown.
#[utoipa::path(
    post,
    path = "/api/v1/applications/{id}/marks",
    tag = "reading",
    security(("session" = [], "token" = [])),
    params(("id" = String, Path, description = "The application's id")),
    request_body = BlindMarks,
    responses((status = 204, description = "Given"), WithBody, Guarded, Missing, Conflicting, Unfit),
)]
pub async fn mark(
    staff: Staff,
    State(web): State<Web>,
    Id(id): Id,
    Sent(sent): Sent<BlindMarks>,
) -> Result<Response, Problem> {
    // The marks become part of the log, which takes only so much.
    if sent.marks.len() > MARKS_MAX {
        return Err(CaseError::Invalid(Invalid::BadMark).into());
    }
    let mut given = Vec::with_capacity(sent.marks.len());
    for (criterion, mark) in sent.marks {
        let mark =
            Mark::parse(&mark).filter(|_| is_id(&criterion)).ok_or(CaseError::Invalid(Invalid::BadMark))?;
        given.push((CriterionId::new(criterion), mark));
    }
    web.app.mark_blind(&staff.actor, &ApplicationId::new(id), &given).await?;
    Ok(done())
}

/// Changes one of the caller's marks after the blind marks, with a reason.
#[utoipa::path(
    post,
    path = "/api/v1/applications/{id}/marks/{criterion}",
    tag = "reading",
    security(("session" = [], "token" = [])),
    params(
        ("id" = String, Path, description = "The application's id"),
        ("criterion" = String, Path, description = "The criterion's id"),
    ),
    request_body = ChangedMark,
    responses(
        (status = 204, description = "Changed; the blind mark stays beside it"),
        WithBody, Guarded, Missing, Conflicting, Unfit,
    ),
)]
pub async fn change(
    staff: Staff,
    State(web): State<Web>,
    Ids(id, criterion): Ids,
    Sent(sent): Sent<ChangedMark>,
) -> Result<Response, Problem> {
    let reason = Pii::new(sent.reason);
    let mark = Mark::parse(&sent.mark).ok_or(CaseError::Invalid(Invalid::BadMark))?;
    let (id, criterion) = (ApplicationId::new(id), CriterionId::new(criterion));
    web.app.change_mark(&staff.actor, &id, &criterion, mark, reason).await?;
    Ok(done())
}

/// Records the caller's decision for one placement, with a reason.
#[utoipa::path(
    post,
    path = "/api/v1/applications/{id}/decisions",
    tag = "reading",
    security(("session" = [], "token" = [])),
    params(("id" = String, Path, description = "The application's id")),
    request_body = NewDecision,
    responses(
        (status = 201, description = "Recorded", body = Recorded),
        WithBody, Guarded, Missing, Conflicting, Unfit,
    ),
)]
pub async fn decide(
    staff: Staff,
    State(web): State<Web>,
    Id(id): Id,
    Sent(sent): Sent<NewDecision>,
) -> Result<Response, Problem> {
    let reason = Pii::new(sent.reason);
    if !is_id(&sent.placement) {
        return Err(CaseError::Invalid(Invalid::NotTheirPlacement).into());
    }
    let (application, placement) = (ApplicationId::new(id), PlacementId::new(sent.placement));
    let outcome = match sent.outcome {
        Verdict::Proceed => Outcome::Proceed,
        Verdict::NotProceed => Outcome::NotProceed,
    };
    web.app.decide(&staff.actor, &application, &placement, outcome, reason).await?;
    Ok(created(Recorded {
        application: application.to_string(),
        placement: placement.to_string(),
        outcome: sent.outcome,
    }))
}

fn opened(file: &ReviewFile) -> Result<Opened, Problem> {
    let facts = file.facts();
    let sections = file
        .sections()
        .iter()
        .map(|section| Part {
            kind: match section.kind {
                SectionKind::Letter => "letter",
                SectionKind::Cv => "cv",
                SectionKind::Answer => "answer",
            },
            question: section.question.map(str::to_owned),
            start: section.start,
            end: section.end,
            text: file.disclose(section.text).for_export().to_owned(),
        })
        .collect();
    let mut placements = Vec::with_capacity(file.placements.len());
    for placement in &file.placements {
        placements.push(chosen(file, placement)?);
    }
    let decisions = file
        .decisions
        .iter()
        .map(|decision| Decided {
            placement: decision.placement.id.to_string(),
            outcome: decision.outcome.clone(),
            by: decision.by.clone(),
            reason: decision.reason.disclose(file.access()).for_export().to_owned(),
            at: decision.at.rfc3339(),
        })
        .collect();
    Ok(Opened {
        application: facts.id.to_string(),
        label: facts.label.clone(),
        state: facts.state.clone(),
        held: file.held.clone(),
        unread_languages: unread(&file.unread_languages()),
        sections,
        revealed: file.revealed,
        criteria: file.criteria().into_iter().map(|criterion| asked(file, criterion)).collect(),
        placements,
        decisions,
        made_by: file
            .made_by()
            .map(|(model, method)| MadeBy { model: model.to_owned(), method: method.to_owned() }),
        not_counted: file
            .not_counted()?
            .iter()
            .map(|own| Uncounted { start: own.start, end: own.end, why: own.why.code() })
            .collect(),
        ai_support: (&file.support).into(),
    })
}

fn asked(file: &ReviewFile, criterion: &Criterion) -> AskedCriterion {
    let given = |mark: &MarkView| Given {
        blind: mark.blind.code(),
        last: mark.last.code(),
        reason: mark.reason.as_ref().map(|reason| reason.disclose(file.access()).for_export().to_owned()),
    };
    let marks = || file.marks.iter().filter(|mark| mark.criterion == criterion.id);
    AskedCriterion {
        id: criterion.id.to_string(),
        kind: criterion.kind.code(),
        ai: criterion.ai.code(),
        label: (&criterion.label).into(),
        scale: scale(criterion),
        own: marks().find(|mark| mark.own).map(given),
        others: marks().filter(|mark| !mark.own).map(given).collect(),
    }
}

fn scale(criterion: &Criterion) -> &'static [&'static str] {
    match (marked_now(criterion), settled_by_words(criterion)) {
        (false, _) => &[],
        (true, true) => &["styrkt", "ej_styrkt", "oklart"],
        (true, false) => &["1", "2", "3", "4", "5"],
    }
}

fn chosen(file: &ReviewFile, placement: &Placement) -> Result<Chosen, Problem> {
    let band = file.bands.iter().find(|(id, _, _)| *id == placement.id);
    let explained = file.explained(placement)?;
    let (found, total) = match explained {
        Some((rows, total)) => (rows.iter().map(|row| found(file, row)).collect(), Some(total.as_f64())),
        None => (Vec::new(), None),
    };
    Ok(Chosen {
        id: placement.id.to_string(),
        slug: placement.slug.clone(),
        title: (&placement.title).into(),
        band: band.map(|(_, band, _)| *band),
        of: band.map(|(_, _, of)| *of),
        explained: found,
        total,
    })
}

fn found(file: &ReviewFile, row: &Explained<'_>) -> Found {
    Found {
        id: row.id.to_string(),
        level: row.level.map(Level::as_f64),
        spread: row.spread.map(|(low, high)| [low.as_f64(), high.as_f64()]),
        contribution: row.contribution.map(crate::subject::level::Contribution::as_f64),
        evidence: row
            .quotes
            .iter()
            .map(|quote| Passage {
                start: quote.start,
                end: quote.end,
                text: file.disclose(quote.text).for_export().to_owned(),
                without: quote.without.map(Level::as_f64),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::profile::Profile;

    #[test]
    fn every_mark_on_a_scale_fits_its_criterion() {
        let profile =
            Profile::freeze(include_str!("../../demo/kravprofil.toml")).expect("the demonstration's profile");
        let mut kinds = 0;
        for criterion in &profile.profile().criteria {
            for code in scale(criterion) {
                let mark = Mark::parse(code).expect("a mark");
                assert!(mark.fits(criterion), "{} {code}", criterion.id);
                kinds += 1;
            }
            assert_eq!(scale(criterion).is_empty(), !marked_now(criterion));
        }
        assert!(kinds > 10);
    }
}
