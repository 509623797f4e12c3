//! People against people, and people before and after they saw what the model found.

use serde::Serialize;

use super::{Figure, Settings, Table, Which, figures, level, step};
use crate::pipeline::agreement::{Pair, quadratic_kappa};
use crate::pipeline::ingest::marks::MarkRow;
use crate::subject::id::CriterionId;
use crate::subject::mark::Mark;
use crate::subject::profile::Criterion;

/// Reviewer against reviewer, on blind marks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reviewers {
    /// Applications that two people marked.
    pub applications: usize,
    /// Pairs of marks for the same criterion of the same application.
    pub pairs: usize,
    /// Quadratic weighted kappa.
    pub kappa: Figure,
}

/// Blind marks against final ones.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changes {
    /// Applications with a mark.
    pub applications: usize,
    /// Marks.
    pub marks: usize,
    /// Marks whose final form differs from the blind one.
    pub changed: usize,
    /// Their share, 0 to 1.
    pub share: Figure,
    /// Quadratic weighted kappa of blind and final marks.
    pub kappa: Figure,
    /// Where the changes lead, beside the model's level; `None` where there is none.
    pub machine: Option<Machine>,
}

/// Whether people moved towards the model once they saw it (automation bias).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Machine {
    /// Marks of criteria for which the model has a level.
    pub marks: usize,
    /// Blind marks that were not the model's step: those that could move towards it.
    pub differed: usize,
    /// Changed, and now nearer to the model's step.
    pub towards: usize,
    /// Changed, and now farther from it.
    pub away: usize,
    /// Changed, and as far from it as before.
    pub neither: usize,
    /// `towards` over `differed`: how often people gave way, 0 to 1.
    pub towards_share: Figure,
    /// Quadratic weighted kappa of the model's step and the blind marks.
    pub kappa_blind: Figure,
    /// The same of the final marks: how far it lies above the other shows how much people moved.
    pub kappa_final: Figure,
}

/// Reviewer against reviewer for one criterion, or for all.
pub(super) fn reviewers(table: &Table<'_>, only: Option<&Criterion>, settings: Settings) -> Reviewers {
    let only = only.map(|criterion| &criterion.id);
    let units: Vec<Vec<Pair>> = (table.rows.keys())
        .map(|application| {
            let rows: Vec<&MarkRow> = table.rows_of(application, only).collect();
            let mut pairs = Vec::new();
            for (at, one) in rows.iter().enumerate() {
                for two in rows.iter().skip(at + 1).filter(|two| two.criterion == one.criterion) {
                    pairs.push(Pair {
                        first: table.rater(&one.criterion, &one.reviewer, Which::Blind),
                        second: table.rater(&two.criterion, &two.reviewer, Which::Blind),
                        marks: (one.blind.place(), two.blind.place()),
                    });
                }
            }
            pairs
        })
        .filter(|pairs| !pairs.is_empty())
        .collect();
    let [kappa] = figures(&units, settings, |drawn| {
        [quadratic_kappa(drawn.iter().flat_map(|pairs| pairs.iter().copied()))]
    });
    Reviewers { applications: units.len(), pairs: units.iter().map(Vec::len).sum(), kappa }
}

/// One mark, before and after.
struct Moved {
    /// The mark and the number of its rater.
    blind: (f64, usize),
    last: (f64, usize),
    /// The model's number as a rater.
    machine: usize,
    /// The model's step.
    step: Option<f64>,
}

impl Moved {
    fn changed(&self) -> bool {
        self.blind.0 != self.last.0
    }

    /// How much nearer to the model's step the final mark is than the blind one.
    fn nearer(&self) -> Option<f64> {
        let step = self.step?;
        Some((self.blind.0 - step).abs() - (self.last.0 - step).abs())
    }

    fn differed(&self) -> bool {
        self.step.is_some_and(|step| step != self.blind.0)
    }

    fn towards(&self) -> bool {
        self.nearer().is_some_and(|nearer| nearer > 0.0)
    }

    fn blind_and_last(&self) -> Pair {
        Pair { first: self.blind.1, second: self.last.1, marks: (self.blind.0, self.last.0) }
    }

    /// One of the two marks beside the model's step.
    fn beside_step(&self, (mark, rater): (f64, usize)) -> Option<Pair> {
        Some(Pair { first: rater, second: self.machine, marks: (mark, self.step?) })
    }
}

fn share(part: usize, of: usize) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

/// Blind against final for one criterion, or for all.
pub(super) fn changes(table: &Table<'_>, only: Option<&Criterion>, settings: Settings) -> Changes {
    let only = only.map(|criterion| &criterion.id);
    let units: Vec<Vec<Moved>> = (table.rows.keys())
        .map(|application| {
            let moved = |row: &MarkRow| Moved {
                blind: (row.blind.place(), table.rater(&row.criterion, &row.reviewer, Which::Blind)),
                last: (row.last.place(), table.rater(&row.criterion, &row.reviewer, Which::Last)),
                machine: table.machine(&row.criterion),
                step: machine_step(table, application, &row.criterion).map(Mark::place),
            };
            table.rows_of(application, only).map(moved).collect::<Vec<_>>()
        })
        .filter(|moved| !moved.is_empty())
        .collect();
    let all = |wanted: fn(&Moved) -> bool| units.iter().flatten().filter(|m| wanted(m)).count();
    let marks = all(|_| true);
    let changed = all(Moved::changed);
    let [changed_share, kappa, towards_share, kappa_blind, kappa_final] =
        figures(&units, settings, |drawn| {
            let each = || drawn.iter().flat_map(|unit| unit.iter());
            let count = |wanted: fn(&Moved) -> bool| each().filter(|m| wanted(m)).count();
            let with_step = |mark: fn(&Moved) -> (f64, usize)| {
                quadratic_kappa(each().filter_map(move |m| m.beside_step(mark(m))))
            };
            [
                share(count(Moved::changed), count(|_| true)),
                quadratic_kappa(each().map(Moved::blind_and_last)),
                share(count(Moved::towards), count(Moved::differed)),
                with_step(|m| m.blind),
                with_step(|m| m.last),
            ]
        });
    let known = all(|m| m.step.is_some());
    let (towards, away) = (all(Moved::towards), all(|m| m.nearer().is_some_and(|nearer| nearer < 0.0)));
    let machine = (known > 0).then(|| Machine {
        marks: known,
        differed: all(Moved::differed),
        towards,
        away,
        neither: all(|m| m.changed() && m.step.is_some()) - towards - away,
        towards_share,
        kappa_blind,
        kappa_final,
    });
    Changes { applications: units.len(), marks, changed, share: changed_share, kappa, machine }
}

fn machine_step(table: &Table<'_>, application: &str, criterion: &CriterionId) -> Option<Mark> {
    let application = table.input.screened?.application(application)?;
    level(application, criterion).map(step)
}
