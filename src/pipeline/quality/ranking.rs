//! The model's order against people's blind marks, beside what a keyword search and a random order reach on the same
//! applications.

use std::collections::BTreeMap;

use serde::Serialize;
use zeroize::Zeroizing;

use super::{Figure, Settings, Table, Which, figures, level, step, weighted};
use crate::pipeline::agreement::interval::middle;
use crate::pipeline::agreement::{Draws, Pair, ndcg, quadratic_kappa, tau_b};
use crate::pipeline::evaluation::keywords::Keywords;
use crate::pipeline::evaluation::lexical::Lexical;
use crate::pipeline::ingest::marks::MarkRow;
use crate::pipeline::ingest::screened::{Screened, ScreenedPlacement};
use crate::subject::id::CriterionId;
use crate::subject::level::Level;
use crate::subject::profile::{Criterion, Profile};

/// The pseudonymised texts that were screened, by id.
pub type Texts = BTreeMap<String, Zeroizing<String>>;

/// An order against people's blind marks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ranking {
    /// Applications that the model read and people marked.
    pub applications: usize,
    /// Applications that are left out, because some criterion in the sum has no mark.
    pub incomplete: usize,
    /// Quadratic weighted kappa of the model's steps and the blind marks; `None` for bands, which are no marks.
    pub kappa: Option<Figure>,
    /// Kendall's tau-b of the model's order and the mean blind mark.
    pub tau_b: Figure,
    /// nDCG of the first places; the gain is the mean blind mark minus 1.
    pub ndcg: Figure,
    /// Search for the criterion's words; `None` without texts.
    pub keywords: Option<Compared>,
    /// Search for the sequences of letters in them, which also finds parts and other forms of words; `None` without
    /// texts.
    pub characters: Option<Compared>,
    /// A random order.
    pub random: RandomOrder,
}

/// Another order on the same applications, and the model's minus it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// Its tau-b.
    pub tau_b: Figure,
    /// Its nDCG.
    pub ndcg: Figure,
    /// The model's tau-b minus its, both on the same resamples.
    pub ai_minus_tau_b: Figure,
    /// The model's nDCG minus its.
    pub ai_minus_ndcg: Figure,
}

/// Random orders of the same applications.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RandomOrder {
    /// Their tau-b.
    pub tau_b: Spread,
    /// Their nDCG.
    pub ndcg: Spread,
    /// The model's tau-b minus the expected one, which is 0.
    pub ai_minus_tau_b: Figure,
    /// The model's nDCG minus the expected one, which is computed and not drawn.
    pub ai_minus_ndcg: Figure,
}

/// Where random orders lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// Their mean.
    pub mean: Option<f64>,
    /// 2.5 % of them lie below.
    pub low: Option<f64>,
    /// 2.5 % lie above.
    pub high: Option<f64>,
}

/// How well each text answers each criterion by its words, and by its sequences of letters.
pub(super) struct Baselines<'a> {
    /// In the order of the scores.
    ids: Vec<&'a str>,
    scores: BTreeMap<&'a CriterionId, [Vec<f64>; 2]>,
}

impl<'a> Baselines<'a> {
    /// Asks every text for the words of every criterion in the sum: label, description and the anchors that the model
    /// is given too, in both languages, since applications come in either.
    pub(super) fn of(profile: &'a Profile, texts: &'a Texts) -> Self {
        let ids = texts.keys().map(String::as_str).collect();
        let documents: Vec<&str> = texts.values().map(|text| text.as_str()).collect();
        let (keywords, characters) = (Keywords::index(&documents), Lexical::index(&documents));
        let mut scores = BTreeMap::new();
        for criterion in profile.criteria.iter().filter(|criterion| criterion.in_sum()) {
            let mut query = Vec::new();
            let anchors = criterion.anchors.iter().flat_map(|anchors| [&anchors.adequate, &anchors.strong]);
            for text in [&criterion.label, &criterion.description].into_iter().chain(anchors) {
                query.extend([text.sv.as_str(), text.en.as_str()]);
            }
            let query = query.join("\n");
            scores.insert(&criterion.id, [keywords.scores(&query), characters.scores(&query)]);
        }
        Self { ids, scores }
    }

    /// The two scores of one application. Over several criteria each is first brought to mean 0 and variance 1 over
    /// all texts, since scores of different queries have no common unit, and then weighted as the profile does.
    fn scores(&self, application: &str, criteria: &[&Criterion]) -> Option<[f64; 2]> {
        let at = self.ids.binary_search(&application).ok()?;
        let of = |which: usize| {
            weighted(criteria, |criterion| {
                let all = self.scores.get(&criterion.id)?.get(which)?;
                let own = *all.get(at)?;
                if criteria.len() == 1 {
                    return Some(own);
                }
                let count = all.len() as f64;
                let mean = all.iter().sum::<f64>() / count;
                let spread = (all.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / count).sqrt();
                Some(if spread > 0.0 { (own - mean) / spread } else { 0.0 })
            })
        };
        Some([of(0)?, of(1)?])
    }
}

/// One application: the model's score, people's mean mark, and the two other scores.
struct Unit {
    score: f64,
    people: f64,
    words: Option<[f64; 2]>,
}

/// One criterion's levels against its blind marks; `None` when it has no level.
pub(super) fn of_criterion(
    table: &Table<'_>,
    screened: &Screened,
    criterion: &Criterion,
    baselines: Option<&Baselines<'_>>,
    settings: Settings,
) -> Option<Ranking> {
    if !criterion.in_sum() {
        return None;
    }
    let mut units = Vec::new();
    for application in &screened.applications {
        let people = table.grade(&application.id, &criterion.id, Which::Blind);
        let (Some(people), Some(level)) = (people, level(application, &criterion.id)) else { continue };
        let words = baselines.and_then(|baselines| baselines.scores(&application.id, &[criterion]));
        units.push(Unit { score: level.as_f64(), people, words });
    }
    let kappa = kappa(table, screened, Some(&criterion.id), settings);
    Some(Ranking { kappa: Some(kappa), ..ranking(&units, 0, settings) })
}

/// The weighted mean level against the weighted mean blind mark, each application once.
pub(super) fn overall(
    table: &Table<'_>,
    screened: &Screened,
    baselines: Option<&Baselines<'_>>,
    settings: Settings,
) -> Ranking {
    let (mut units, mut incomplete) = (Vec::new(), 0);
    for application in &screened.applications {
        if !table.rows.contains_key(application.id.as_str()) {
            continue;
        }
        let criteria = table.in_sum(screened, &application.id);
        let people = table.weighted_grade(&application.id, &criteria, Which::Blind);
        let levels = weighted(&criteria, |criterion| level(application, &criterion.id).map(Level::as_f64));
        let (Some(people), Some(score)) = (people, levels) else {
            incomplete += 1;
            continue;
        };
        let words = baselines.and_then(|baselines| baselines.scores(&application.id, &criteria));
        units.push(Unit { score, people, words });
    }
    let kappa = kappa(table, screened, None, settings);
    Ranking { kappa: Some(kappa), ..ranking(&units, incomplete, settings) }
}

/// A placement's bands against the weighted mean blind mark of its criteria.
pub(super) fn of_placement(
    table: &Table<'_>,
    screened: &Screened,
    placement: &ScreenedPlacement,
    baselines: Option<&Baselines<'_>>,
    settings: Settings,
) -> Ranking {
    let criteria: Vec<&Criterion> =
        table.profile().criteria.iter().filter(|c| c.in_sum() && c.applies_to(&placement.id)).collect();
    let (mut units, mut incomplete) = (Vec::new(), 0);
    for application in &screened.applications {
        let Some(band) = placement.band_of(&application.id) else { continue };
        if !table.rows.contains_key(application.id.as_str()) {
            continue;
        }
        let Some(people) = table.weighted_grade(&application.id, &criteria, Which::Blind) else {
            incomplete += 1;
            continue;
        };
        let words = baselines.and_then(|baselines| baselines.scores(&application.id, &criteria));
        // Band 1 is the best.
        units.push(Unit { score: -(band as f64), people, words });
    }
    ranking(&units, incomplete, settings)
}

/// The model's steps against each reviewer's blind marks.
fn kappa(table: &Table<'_>, screened: &Screened, only: Option<&CriterionId>, settings: Settings) -> Figure {
    let units: Vec<Vec<Pair>> = (screened.applications.iter())
        .map(|application| {
            let pair = |row: &MarkRow| {
                Some(Pair {
                    first: table.rater(&row.criterion, &row.reviewer, Which::Blind),
                    second: table.machine(&row.criterion),
                    marks: (row.blind.place(), step(level(application, &row.criterion)?).place()),
                })
            };
            table.rows_of(&application.id, only).filter_map(pair).collect::<Vec<_>>()
        })
        .filter(|pairs| !pairs.is_empty())
        .collect();
    let [kappa] = figures(&units, settings, |drawn| {
        [quadratic_kappa(drawn.iter().flat_map(|pairs| pairs.iter().copied()))]
    });
    kappa
}

fn minus(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    Some(one? - other?)
}

/// tau-b and nDCG of an order. A gain is a mark above the lowest.
fn order(units: &[&Unit], score: impl Fn(&Unit) -> f64, first: usize) -> [Option<f64>; 2] {
    let values: Vec<(f64, f64)> = units.iter().map(|unit| (score(unit), unit.people - 1.0)).collect();
    [tau_b(&values), ndcg(&values, first)]
}

fn ranking(units: &[Unit], incomplete: usize, settings: Settings) -> Ranking {
    let with_words = !units.is_empty() && units.iter().all(|unit| unit.words.is_some());
    let [tau, gain, k_tau, k_gain, k_tau_less, k_gain_less, c_tau, c_gain, c_tau_less, c_gain_less, r_less] =
        figures(units, settings, |drawn| {
            let [tau, gain] = order(drawn, |unit| unit.score, settings.first);
            let other = |at: usize| {
                if !with_words {
                    return [None, None];
                }
                let score = |unit: &Unit| unit.words.and_then(|words| words.get(at).copied()).unwrap_or(0.0);
                order(drawn, score, settings.first)
            };
            let ([k_tau, k_gain], [c_tau, c_gain]) = (other(0), other(1));
            // All equal: the mean over every order.
            let [_, expected] = order(drawn, |_| 0.0, settings.first);
            [
                tau,
                gain,
                k_tau,
                k_gain,
                minus(tau, k_tau),
                minus(gain, k_gain),
                c_tau,
                c_gain,
                minus(tau, c_tau),
                minus(gain, c_gain),
                minus(gain, expected),
            ]
        });
    let compared = |tau_b, ndcg, ai_minus_tau_b, ai_minus_ndcg| {
        with_words.then_some(Compared { tau_b, ndcg, ai_minus_tau_b, ai_minus_ndcg })
    };
    let [random_tau, random_gain] = shuffled(units, settings);
    Ranking {
        applications: units.len(),
        incomplete,
        kappa: None,
        tau_b: tau,
        ndcg: gain,
        keywords: compared(k_tau, k_gain, k_tau_less, k_gain_less),
        characters: compared(c_tau, c_gain, c_tau_less, c_gain_less),
        random: RandomOrder {
            tau_b: random_tau,
            ndcg: random_gain,
            ai_minus_tau_b: tau,
            ai_minus_ndcg: r_less,
        },
    }
}

/// What random orders reach.
fn shuffled(units: &[Unit], settings: Settings) -> [Spread; 2] {
    let mut draws = Draws::seeded(settings.seed);
    let mut places: Vec<usize> = (0..units.len()).collect();
    let (mut taus, mut gains) = (Vec::new(), Vec::new());
    for _ in 0..settings.shuffles {
        draws.shuffle(&mut places);
        let values: Vec<(f64, f64)> =
            places.iter().zip(units).map(|(place, unit)| (*place as f64, unit.people - 1.0)).collect();
        taus.extend(tau_b(&values));
        gains.extend(ndcg(&values, settings.first));
    }
    [taus, gains].map(|list| {
        let mean = (!list.is_empty()).then(|| list.iter().sum::<f64>() / list.len() as f64);
        let range = middle(list);
        Spread { mean, low: range.map(|r| r.low), high: range.map(|r| r.high) }
    })
}
