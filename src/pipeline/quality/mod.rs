//! The quality of the selection (träffsäkerhet), measured on people's own marks: how far people agree with each other,
//! whether they follow the model once they have seen it, how well the model's order fits theirs beside a keyword
//! search and a random order, and how many good applications lie in the lower bands. What each figure means is in
//! docs/formats.md, "Agreement".
//!
//! Pure: marks, levels and texts come in, figures go out. A figure is about marks, never about an applicant; the only
//! ids in a report are those of the sample.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::agreement::{Resampling, bootstrap};
use super::ingest::marks::MarkRow;
use super::ingest::screened::{Screened, ScreenedApplication};
use crate::subject::id::{CriterionId, PlacementId};
use crate::subject::level::Level;
use crate::subject::mark::{Mark, marked_now};
use crate::subject::profile::{Criterion, Kind, Profile};

mod people;
mod ranking;
mod sample;

pub use people::{Changes, Machine, Reviewers};
pub use ranking::{Compared, RandomOrder, Ranking, Spread, Texts};
pub use sample::{SampleError, Sampled, draw, read_sample};

/// The format of a report in JSON.
pub const FORMAT: &str = "urval-agreement/1";

/// Below so many applications an interval is wide and the figure means little.
pub const FEW: usize = 20;

/// How the figures are made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Settings {
    /// How many times the applications are drawn anew for an interval.
    pub resamples: usize,
    /// How many random orders are tried.
    pub shuffles: usize,
    /// Where all chance comes from: the same seed gives the same report.
    pub seed: u64,
    /// How many places count in nDCG.
    pub first: usize,
    /// How many bands of each placement, from the best, the sample is not drawn from.
    pub top_bands: usize,
    /// From which weighted mean of final marks, on the scale of 1 to 5, people call an application good.
    pub good: f64,
}

impl Default for Settings {
    /// 2,000 resamples, as an interval's ends need more than a standard error does; the first ten, about what one
    /// person reads in a sitting; good from 3.5, which is nearer to 4 than to 3, the mark for what is adequate.
    fn default() -> Self {
        Self { resamples: 2_000, shuffles: 200, seed: 1, first: 10, top_bands: 1, good: 3.5 }
    }
}

impl Settings {
    fn resampling(self) -> Resampling {
        Resampling { resamples: self.resamples, seed: self.seed }
    }
}

/// A figure with its 95 % interval over applications. `value` is `None` where the figure is not defined
/// ([`super::agreement`]); the ends are `None` where the interval is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Figure {
    /// On all applications.
    pub value: Option<f64>,
    /// The interval's lower end.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
}

/// Everything that was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Sentences that must be shown with the figures.
    pub notices: Vec<String>,
    /// How they were made.
    pub settings: Settings,
    /// Applications with a mark.
    pub applications: usize,
    /// Rows of marks.
    pub marks: usize,
    /// People who marked.
    pub reviewers: usize,
    /// All criteria together.
    pub overall: Part,
    /// Criterion by criterion, those that people mark, in the profile's order.
    pub criteria: Vec<OfCriterion>,
    /// The bands of each placement against people's blind marks; empty without a result of screening.
    pub placements: Vec<OfPlacement>,
    /// The sample of the lower bands, when one was given.
    pub sample: Option<Sampled>,
}

/// The figures of one criterion, or of all.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    /// Reviewer against reviewer.
    pub reviewers: Reviewers,
    /// Blind marks against final ones.
    pub changes: Changes,
    /// The model's levels against people's blind marks; `None` without a result of screening, and for a criterion
    /// without a level.
    pub ranking: Option<Ranking>,
}

/// The figures of one criterion.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OfCriterion {
    /// Which.
    pub id: CriterionId,
    /// Its kind.
    pub kind: Kind,
    /// Its figures.
    #[serde(flatten)]
    pub part: Part,
}

/// The figures of one placement.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OfPlacement {
    /// Its id; `alla` when the profile has none.
    pub id: PlacementId,
    /// Its bands against people's blind marks.
    pub ranking: Ranking,
}

/// What is measured.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The requirement profile.
    pub profile: &'a Profile,
    /// People's marks.
    pub marks: &'a [MarkRow],
    /// The result of the screening, for everything that concerns the model.
    pub screened: Option<&'a Screened>,
    /// The texts that were screened, for the comparison with keyword search.
    pub texts: Option<&'a Texts>,
    /// Ids drawn from the lower bands.
    pub sample: Option<&'a [String]>,
}

/// A comparison would not be on the same set.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no text was found for {}: give the folder that was screened and the key file of that run, or leave both out",
    .0.join(", ")
)]
pub struct NoText(pub Vec<String>);

/// Which of a row's two marks.
#[derive(Clone, Copy)]
enum Which {
    Blind,
    Last,
}

/// The input, by application.
struct Table<'a> {
    input: Input<'a>,
    rows: BTreeMap<&'a str, Vec<&'a MarkRow>>,
    reviewers: Vec<&'a str>,
}

impl<'a> Table<'a> {
    fn of(input: Input<'a>) -> Self {
        let mut rows: BTreeMap<&str, Vec<&MarkRow>> = BTreeMap::new();
        for row in input.marks {
            rows.entry(&row.application).or_default().push(row);
        }
        // In an order of their own, so that the order of the file moves nothing.
        for list in rows.values_mut() {
            list.sort_by(|a, b| (&a.criterion, &a.reviewer).cmp(&(&b.criterion, &b.reviewer)));
        }
        let reviewers: BTreeSet<&str> = input.marks.iter().map(|row| row.reviewer.as_str()).collect();
        Self { input, rows, reviewers: reviewers.into_iter().collect() }
    }

    fn profile(&self) -> &'a Profile {
        self.input.profile
    }

    /// The number of a reviewer as a rater of one criterion, by the blind marks or by the final ones. Each criterion
    /// has its own raters: otherwise criteria on which everybody marks high would pass for agreement.
    fn rater(&self, criterion: &CriterionId, reviewer: &str, which: Which) -> usize {
        let at = self.reviewers.binary_search(&reviewer).unwrap_or_default();
        let before = match which {
            Which::Blind => 0,
            Which::Last => self.reviewers.len(),
        };
        self.first_rater(criterion) + before + at
    }

    /// The number of the model as a rater of one criterion.
    fn machine(&self, criterion: &CriterionId) -> usize {
        self.first_rater(criterion) + 2 * self.reviewers.len()
    }

    fn first_rater(&self, criterion: &CriterionId) -> usize {
        let at = self.profile().criteria.iter().position(|c| c.id == *criterion).unwrap_or_default();
        at * (2 * self.reviewers.len() + 1)
    }

    /// The rows of an application, of one criterion or of all.
    fn rows_of<'b>(
        &'b self,
        application: &'b str,
        only: Option<&'b CriterionId>,
    ) -> impl Iterator<Item = &'a MarkRow> + 'b {
        let rows = self.rows.get(application).map_or(&[][..], Vec::as_slice);
        rows.iter().copied().filter(move |row| only.is_none_or(|id| row.criterion == *id))
    }

    /// The mean grade, 1 to 5, that people gave; `None` without a grade.
    fn grade(&self, application: &str, criterion: &CriterionId, which: Which) -> Option<f64> {
        let grades: Vec<u8> = self
            .rows_of(application, Some(criterion))
            .filter_map(|row| match which {
                Which::Blind => row.blind.grade(),
                Which::Last => row.last.grade(),
            })
            .collect();
        let sum: f64 = grades.iter().map(|grade| f64::from(*grade)).sum();
        (!grades.is_empty()).then(|| sum / grades.len() as f64)
    }

    /// The mean grade over criteria, by the profile's weights; `None` unless every one of them has a grade.
    fn weighted_grade(&self, application: &str, criteria: &[&Criterion], which: Which) -> Option<f64> {
        weighted(criteria, |criterion| self.grade(application, &criterion.id, which))
    }

    /// The criteria that are in the sum for any placement that the application is for.
    fn in_sum(&self, screened: &Screened, application: &str) -> Vec<&'a Criterion> {
        self.profile()
            .criteria
            .iter()
            .filter(|c| c.in_sum() && screened.placements_of(application).any(|p| c.applies_to(&p.id)))
            .collect()
    }
}

/// A mean over criteria by their weights; `None` of none, and unless every criterion has a value.
fn weighted(criteria: &[&Criterion], value: impl Fn(&Criterion) -> Option<f64>) -> Option<f64> {
    let (mut sum, mut weights) = (0.0, 0.0);
    for criterion in criteria {
        let weight = f64::from(criterion.weight?.milli());
        sum += weight * value(criterion)?;
        weights += weight;
    }
    // What is equal but for rounding must tie.
    (weights > 0.0).then(|| (sum / weights * 1e9).round() / 1e9)
}

/// The level of a criterion in a result.
fn level(application: &ScreenedApplication, criterion: &CriterionId) -> Option<Level> {
    application.criteria.iter().find(|found| found.id == *criterion)?.level()
}

/// A level as a mark: fifths of its range, from 1 (below 0.2) to 5 (from 0.8). The levels are not calibrated against
/// people's marks, so the fifths are a convention and no more.
#[must_use]
pub fn step(level: Level) -> Mark {
    let fifth = u32::from(level.units()) * 5 / u32::from(Level::UNITS);
    Mark::Grade(fifth.min(4) as u8 + 1)
}

/// Figures over units, with their intervals from the same resamples; none of them over fewer than two.
fn figures<T, const N: usize>(
    units: &[T],
    settings: Settings,
    of: impl Fn(&[&T]) -> [Option<f64>; N],
) -> [Figure; N] {
    if units.len() < 2 {
        return [Figure::default(); N];
    }
    let values = of(&units.iter().collect::<Vec<_>>());
    let intervals = bootstrap(units, settings.resampling(), of);
    let mut pairs = values.into_iter().zip(intervals);
    std::array::from_fn(|_| {
        let (value, interval) = pairs.next().unwrap_or_default();
        let interval = interval.filter(|_| value.is_some());
        Figure { value, low: interval.map(|i| i.low), high: interval.map(|i| i.high) }
    })
}

/// Measures everything that the input allows.
///
/// # Errors
/// [`NoText`] when texts are given, but not of every application that is compared.
pub fn measure(input: Input<'_>, settings: Settings) -> Result<Report, NoText> {
    let table = Table::of(input);
    let baselines = match (input.screened, input.texts) {
        (Some(screened), Some(texts)) => {
            let missing: Vec<String> = (screened.applications.iter())
                .filter(|application| table.rows.contains_key(application.id.as_str()))
                .filter(|application| !texts.contains_key(&application.id))
                .map(|application| application.id.clone())
                .collect();
            if !missing.is_empty() {
                return Err(NoText(missing));
            }
            Some(ranking::Baselines::of(input.profile, texts))
        }
        _ => None,
    };
    let baselines = baselines.as_ref();
    let part = |criterion: Option<&Criterion>| Part {
        reviewers: people::reviewers(&table, criterion, settings),
        changes: people::changes(&table, criterion, settings),
        ranking: input.screened.and_then(|screened| match criterion {
            Some(criterion) => ranking::of_criterion(&table, screened, criterion, baselines, settings),
            None => Some(ranking::overall(&table, screened, baselines, settings)),
        }),
    };
    let overall = part(None);
    let criteria = (input.profile.criteria.iter())
        .filter(|criterion| marked_now(criterion))
        .map(|criterion| OfCriterion {
            id: criterion.id.clone(),
            kind: criterion.kind,
            part: part(Some(criterion)),
        })
        .collect();
    let placements = input.screened.map_or_else(Vec::new, |screened| {
        (screened.placements.iter())
            .map(|placement| OfPlacement {
                id: placement.id.clone(),
                ranking: ranking::of_placement(&table, screened, placement, baselines, settings),
            })
            .collect()
    });
    let sample = match (input.screened, input.sample) {
        (Some(screened), Some(ids)) => Some(sample::estimate(&table, screened, ids, settings)),
        _ => None,
    };
    let mut report = Report {
        notices: Vec::new(),
        settings,
        applications: table.rows.len(),
        marks: input.marks.len(),
        reviewers: table.reviewers.len(),
        overall,
        criteria,
        placements,
        sample,
    };
    report.notices = notices(&table, &report);
    Ok(report)
}

/// What must be said beside the figures.
fn notices(table: &Table<'_>, report: &Report) -> Vec<String> {
    let mut out = vec![
        "These figures are about how people and the model marked. They decide nothing about an applicant."
            .to_owned(),
    ];
    let count = report.applications;
    if count < FEW {
        out.push(format!(
            "Only {count} application(s) were marked: below {FEW} the intervals are wide and the figures mean little."
        ));
    }
    let few: Vec<&str> = (report.criteria.iter())
        .filter(|c| count >= FEW && c.part.changes.applications < FEW)
        .map(|c| c.id.as_str())
        .collect();
    if !few.is_empty() {
        out.push(format!("Fewer than {FEW} applications, so the figures mean little: {}.", few.join(", ")));
    }
    let pairs = report.overall.reviewers.applications;
    if pairs < FEW {
        out.push(format!(
            "Only {pairs} application(s) were marked by two people, so their agreement is hardly known."
        ));
    }
    let Some(screened) = table.input.screened else {
        out.push("No result of screening was given, so nothing is said of the model.".to_owned());
        return out;
    };
    if screened.evaluation {
        out.push(
            "EVALUATION on invented data only: the figures say nothing about real applicants.".to_owned(),
        );
    }
    if table.input.texts.is_none() {
        out.push("No texts were given, so there is no comparison with keyword search.".to_owned());
    }
    let held = screened.held.iter().filter(|id| table.rows.contains_key(id.as_str())).count();
    if held > 0 {
        out.push(format!(
            "{held} marked application(s) were not read by the model; they count between people only."
        ));
    }
    if let Some(ranking) = report.overall.ranking.as_ref().filter(|ranking| ranking.incomplete > 0) {
        out.push(format!(
            "{} application(s) lack a mark for some criterion in the sum; they are left out of overall orders.",
            ranking.incomplete
        ));
    }
    if let Some(sample) = &report.sample {
        out.push(
            "Whether the sample was drawn at random cannot be seen here; the estimate rests on it."
                .to_owned(),
        );
        if !sample.unmarked.is_empty() {
            out.push(format!(
                "{} of the sample lack marks and are left out: if they were chosen by what stood in them, the estimate \
                 is wrong.",
                sample.unmarked.len()
            ));
        }
        if sample.marked < FEW {
            out.push(format!(
                "The sample has only {} marked application(s): its interval is wide.",
                sample.marked
            ));
        }
    }
    out
}

#[cfg(test)]
mod tests;
