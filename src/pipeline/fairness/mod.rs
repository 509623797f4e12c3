//! Is an application read alike, whoever wrote it? A correspondence test: invented applications and their twins, which
//! differ in one thing, go the same way as real ones (pseudonymise, read, assess), and what changes is measured.
//!
//! `twins` writes them, `exact` holds the arithmetic, `verdict` the thresholds and what does not keep them; here the
//! bases and twins are gone through. What is tested is exactly one model, profile, method and set of policies: [`Key`].
//!
//! [`examine`] takes what reads an application as a function, so that a test can hand in one that is crooked and see
//! it found. Nothing here reads a clock or chance: the day and the seed are handed in.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::bands::{Interval, bands};
use super::encoder::{Encoder, Remembering};
use super::pseudonymise::{Frame, split};
use super::score::{Assessment, METHOD, Ruler};
use crate::subject::id::{CriterionId, PlacementId};
use crate::subject::level::Level;
use crate::subject::profile::Profile;
use crate::subject::words::{Lang, Text};

pub mod exact;
pub mod twins;
mod verdict;

use self::exact::{Impact, Mean, Share, impact, mean};
use self::twins::{Application, Base, Ground, Strength, VARIANTS, Variant, assessed};

pub use self::verdict::{Reason, Thresholds, Verdict};

/// Base applications when nothing else is asked for.
pub const BASES_DEFAULT: usize = 200;

/// Base applications at most: more would only take time.
pub const BASES_MAX: usize = 5_000;

/// Exactly what was tested. A changed model, profile, method or policy is another key, and untested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Key {
    /// The model's fingerprint.
    pub model: String,
    /// SHA-256 of the frozen profile.
    pub profile: String,
    /// The method that makes levels of passages.
    pub method: String,
    /// SHA-256 of the policies in force.
    pub policy: String,
    /// SHA-256 over the four, one a line.
    pub digest: String,
}

impl Key {
    /// The key of a ruler under policies with this digest.
    #[must_use]
    pub fn of(ruler: &Ruler, policy: &str) -> Self {
        let (_, model) = ruler.model();
        Self::from_parts(model, ruler.profile().digest(), METHOD, policy)
    }

    fn from_parts(model: &str, profile: &str, method: &str, policy: &str) -> Self {
        let lines = format!("{model}\n{profile}\n{method}\n{policy}\n");
        Self {
            model: model.into(),
            profile: profile.into(),
            method: method.into(),
            policy: policy.into(),
            digest: hex::encode(Sha256::digest(lines.as_bytes())),
        }
    }
}

/// What to test.
pub struct Plan<'a> {
    /// The profile.
    pub profile: &'a Profile,
    /// Exactly what is tested.
    pub key: Key,
    /// The seed that the applications come from.
    pub seed: u64,
    /// The day of the test: applicants are as old as they are on it.
    pub today: Date,
    /// How many base applications.
    pub bases: usize,
    /// What must be kept.
    pub thresholds: Thresholds,
}

/// Why an application got no levels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotScored {
    /// The second look of the pseudonymiser held it for a person.
    Held,
    /// The model or the method refused it; the reason holds no text of it.
    Refused(String),
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Exactly what was tested.
    pub key: Key,
    /// The seed.
    pub seed: u64,
    /// The day.
    #[serde(serialize_with = "as_text")]
    pub on: Date,
    /// The base applications.
    pub bases: Bases,
    /// What must be kept.
    pub thresholds: Thresholds,
    /// The mean level of the bases by what was put in: a test that sees no difference here would see none elsewhere.
    pub planted: Vec<Planted>,
    /// By ground.
    pub grounds: Vec<GroundReport>,
    /// Whether the thresholds are kept.
    pub verdict: Verdict,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands in a reference")]
fn as_text<S: serde::Serializer>(day: &Date, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(day)
}

/// The base applications of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bases {
    /// How many were read.
    pub read: usize,
    /// How many of them are in Swedish; the others are in English.
    pub swedish: usize,
    /// How many were left out because they were held, refused, or written before.
    pub left_out: usize,
}

/// The levels of one criterion in the bases, by what was put in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Planted {
    /// Which criterion.
    pub criterion: CriterionId,
    /// By strength, from none to strong.
    pub levels: Vec<PlantedLevel>,
}

/// The levels of the bases with evidence of one strength.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlantedLevel {
    /// Which strength.
    pub strength: Strength,
    /// How many bases.
    pub bases: usize,
    /// Their mean level; 0 when there is none.
    pub mean: f64,
}

/// What was found on one ground.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroundReport {
    /// Which.
    pub ground: Ground,
    /// Its variants.
    pub variants: Vec<VariantReport>,
    /// Its groups by the share that lies above the median of all of them.
    pub groups: Vec<Group>,
}

/// A group of applications that differ from another group in the ground alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// The variant's code; `base` for the bases as they are, `sv` and `en` for the languages.
    pub code: &'static str,
    /// Scoring rate and impact ratio.
    #[serde(flatten)]
    pub impact: Impact,
}

/// What was found of one variant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VariantReport {
    /// Its code, unique within its ground.
    pub code: &'static str,
    /// Pairs of base and twin that both got levels.
    pub pairs: usize,
    /// Bases whose twin got no levels.
    pub not_scored: Vec<usize>,
    /// Pairs in which any level differs.
    pub changed: Share,
    /// Pairs in which the twin, put in its base's place among the bases, lies in another band for any placement.
    pub band_changes: Share,
    /// Those bases, by number.
    pub band_bases: Vec<usize>,
    /// How many of them lie in a higher band than their base where it differs first.
    pub bands_up: usize,
    /// By criterion.
    pub criteria: Vec<CriterionReport>,
}

/// The levels of one criterion, twin less base.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CriterionReport {
    /// Which.
    pub id: CriterionId,
    /// Its name.
    pub label: Text,
    /// The mean difference.
    pub mean: Mean,
    /// The mean of the differences without their signs.
    pub mean_absolute: f64,
    /// The greatest difference, with its sign.
    pub greatest: f64,
    /// In which base that was; nothing when no level differs.
    pub greatest_in: Option<usize>,
}

/// Nothing can be tested.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTested {
    /// The AI support proposes no level.
    #[error("the profile has no criterion in the sum that the AI support assesses; there is nothing to test")]
    NoCriterion,
    /// No base could be read.
    #[error("none of the invented applications could be read: {0}")]
    NothingRead(String),
}

/// Reads applications as real ones are read, with a memory of passages.
pub struct Reader<'a> {
    ruler: &'a Ruler,
    encoder: Remembering<'a>,
    frame: Frame,
}

impl<'a> Reader<'a> {
    /// A reader that counts time to a day.
    #[must_use]
    pub fn new(ruler: &'a Ruler, encoder: &'a Encoder, today: Date) -> Self {
        Self { ruler, encoder: Remembering::new(encoder), frame: Frame { today, starts: None } }
    }

    /// One application: pseudonymised, looked at a second time, cut into passages, assessed.
    ///
    /// # Errors
    /// When it is held for a person, or the model refuses it.
    pub fn read(&self, application: &Application) -> Result<Assessment, NotScored> {
        let (text, _) = split(application.received(), &self.frame).map_err(|_| NotScored::Held)?;
        let assessed = self.ruler.assess(&self.encoder, &text, None);
        assessed.map(|(assessment, _)| assessment).map_err(|error| NotScored::Refused(error.to_string()))
    }
}

/// The number of each one's band, from 1 for the best. The only place that knows how bands are made.
fn band_numbers(all: &[Interval]) -> Vec<usize> {
    let mut out = vec![0; all.len()];
    for (number, band) in bands(all.iter().copied().enumerate().collect()).bands.into_iter().enumerate() {
        for placed in band {
            if let Some(place) = out.get_mut(placed.item) {
                *place = number + 1;
            }
        }
    }
    out
}

/// The bases of one ranking: where each lies, and in which band.
struct Ranked<'a> {
    placement: Option<&'a PlacementId>,
    intervals: Vec<Interval>,
    bands: Vec<usize>,
}

impl Ranked<'_> {
    /// Whether a twin in the place of a base lies in a higher (`true`) or lower band; `None` when in the same.
    fn moved(&self, at: usize, twin: &Assessment, profile: &Profile) -> Option<bool> {
        let mut all = self.intervals.clone();
        *all.get_mut(at)? = twin.interval(profile, self.placement);
        let now = band_numbers(&all).get(at).copied()?;
        let was = self.bands.get(at).copied()?;
        (now != was).then_some(now < was)
    }
}

/// One placement of each set that counts the same criteria: in those of one set everybody lies in the same band.
fn rankings(profile: &Profile) -> Vec<Option<&PlacementId>> {
    if profile.placements.is_empty() {
        return vec![None];
    }
    let mut seen = BTreeSet::new();
    profile
        .placements
        .iter()
        .filter(|placement| {
            let counted: Vec<bool> =
                assessed(profile).map(|criterion| criterion.applies_to(&placement.id)).collect();
            seen.insert(counted)
        })
        .map(|placement| Some(&placement.id))
        .collect()
}

struct Scored {
    base: Base,
    assessment: Assessment,
    levels: Vec<f64>,
    total: f64,
}

/// The levels of the assessed criteria in the profile's order; one without a level counts as 0.
fn levels(assessment: &Assessment, profile: &Profile) -> Vec<f64> {
    assessed(profile)
        .map(|criterion| {
            let found = assessment.criteria.iter().find(|result| result.id == criterion.id);
            found.and_then(|result| result.level).map_or(0.0, Level::as_f64)
        })
        .collect()
}

/// Goes through all bases and all their twins. `score` reads one application; `progress` is told how many of how many
/// are done.
///
/// # Errors
/// [`NotTested`] when the profile has nothing to test or no base at all can be read.
pub fn examine(
    plan: &Plan<'_>,
    mut score: impl FnMut(&Application) -> Result<Assessment, NotScored>,
    mut progress: impl FnMut(usize, usize),
) -> Result<Report, NotTested> {
    let profile = plan.profile;
    if assessed(profile).next().is_none() {
        return Err(NotTested::NoCriterion);
    }
    let work = plan.bases * (VARIANTS.len() + 1);
    let mut done = 0;
    let (bases, left_out) = read_bases(plan, &mut score, || {
        done += 1;
        progress(done, work);
    })?;
    let rankings: Vec<Ranked<'_>> = rankings(profile)
        .into_iter()
        .map(|placement| {
            let intervals: Vec<Interval> =
                bases.iter().map(|scored| scored.assessment.interval(profile, placement)).collect();
            Ranked { placement, bands: band_numbers(&intervals), intervals }
        })
        .collect();
    let mut grounds = Vec::new();
    for ground in Ground::ALL {
        let mut groups: Vec<(&'static str, Vec<f64>)> = Vec::new();
        for scored in &bases {
            if let Some(code) = ground.group_of(&scored.base) {
                joins(&mut groups, code, scored.total);
            }
        }
        let mut variants = Vec::new();
        for variant in VARIANTS.iter().filter(|variant| variant.ground == ground) {
            let mut seen = Seen::default();
            for (at, scored) in bases.iter().enumerate() {
                done += 1;
                progress(done.min(work), work);
                let Some(twin) = variant.twin(&scored.base) else { continue };
                let Ok(assessment) = score(&twin.application()) else {
                    seen.not_scored.push(scored.base.number());
                    continue;
                };
                joins(&mut groups, variant.code, assessment.total(profile, None).as_f64());
                let after = levels(&assessment, profile);
                let differences: Vec<f64> =
                    after.iter().zip(&scored.levels).map(|(after, before)| after - before).collect();
                let band = rankings.iter().find_map(|ranking| ranking.moved(at, &assessment, profile));
                seen.pairs.push((scored.base.number(), differences, band));
            }
            variants.push(seen.report(variant, profile));
        }
        grounds.push(GroundReport { ground, variants, groups: compared(groups) });
    }
    let bases_read = Bases {
        read: bases.len(),
        swedish: bases.iter().filter(|scored| scored.base.lang() == Lang::Sv).count(),
        left_out,
    };
    let verdict = verdict::of(bases_read.read, &grounds, &plan.thresholds);
    Ok(Report {
        key: plan.key.clone(),
        seed: plan.seed,
        on: plan.today,
        bases: bases_read,
        thresholds: plan.thresholds.clone(),
        planted: planted(&bases, profile),
        grounds,
        verdict,
    })
}

fn read_bases(
    plan: &Plan<'_>,
    score: &mut impl FnMut(&Application) -> Result<Assessment, NotScored>,
    mut one_done: impl FnMut(),
) -> Result<(Vec<Scored>, usize), NotTested> {
    let mut bases: Vec<Scored> = Vec::new();
    let (mut left_out, mut texts, mut last) = (0, BTreeSet::new(), String::new());
    // A profile whose evidence is always held must end, too.
    for number in 0..plan.bases * 2 + 8 {
        if bases.len() >= plan.bases {
            break;
        }
        let base = Base::new(plan.profile, plan.seed, number, plan.today.year());
        let application = base.application();
        if !texts.insert(application.whole()) {
            left_out += 1;
            continue;
        }
        match score(&application) {
            Ok(assessment) => {
                let levels = levels(&assessment, plan.profile);
                let total = assessment.total(plan.profile, None).as_f64();
                bases.push(Scored { base, assessment, levels, total });
                one_done();
            }
            Err(why) => {
                left_out += 1;
                last = match why {
                    NotScored::Held => "the leak check held it for a person".into(),
                    NotScored::Refused(why) => why,
                };
            }
        }
    }
    if bases.is_empty() { Err(NotTested::NothingRead(last)) } else { Ok((bases, left_out)) }
}

fn joins(groups: &mut Vec<(&'static str, Vec<f64>)>, code: &'static str, total: f64) {
    match groups.iter_mut().find(|(known, _)| *known == code) {
        Some((_, totals)) => totals.push(total),
        None => groups.push((code, vec![total])),
    }
}

fn compared(groups: Vec<(&'static str, Vec<f64>)>) -> Vec<Group> {
    let (codes, totals): (Vec<_>, Vec<_>) = groups.into_iter().unzip();
    codes.into_iter().zip(impact(&totals)).map(|(code, impact)| Group { code, impact }).collect()
}

fn planted(bases: &[Scored], profile: &Profile) -> Vec<Planted> {
    assessed(profile)
        .enumerate()
        .map(|(at, criterion)| {
            let levels = Strength::ALL
                .map(|strength| {
                    let found: Vec<f64> = bases
                        .iter()
                        .filter(|scored| scored.base.planted().nth(at) == Some(strength))
                        .filter_map(|scored| scored.levels.get(at).copied())
                        .collect();
                    // Nothing sums to −0 in floating point.
                    let mean = found.iter().fold(0.0, |sum, level| sum + level) / found.len().max(1) as f64;
                    PlantedLevel { strength, bases: found.len(), mean }
                })
                .to_vec();
            Planted { criterion: criterion.id.clone(), levels }
        })
        .collect()
}

/// What was seen of one variant: each pair's base, its differences, and whether its band rose, if it changed.
#[derive(Default)]
struct Seen {
    pairs: Vec<(usize, Vec<f64>, Option<bool>)>,
    not_scored: Vec<usize>,
}

impl Seen {
    fn report(self, variant: &Variant, profile: &Profile) -> VariantReport {
        let pairs = self.pairs.len();
        let changed = self.pairs.iter().filter(|(_, all, _)| all.iter().any(|one| *one != 0.0)).count();
        let moved = || self.pairs.iter().filter_map(|(base, _, band)| Some((*base, (*band)?)));
        let criteria = assessed(profile)
            .enumerate()
            .map(|(at, criterion)| {
                let of: Vec<(usize, f64)> =
                    self.pairs.iter().filter_map(|(base, all, _)| Some((*base, *all.get(at)?))).collect();
                let values: Vec<f64> = of.iter().map(|(_, value)| *value).collect();
                // The first of those that are equally great.
                let top = of.iter().rev().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
                let top = top.filter(|(_, value)| *value != 0.0);
                CriterionReport {
                    id: criterion.id.clone(),
                    label: criterion.label.clone(),
                    mean: mean(&values),
                    mean_absolute: values.iter().map(|value| value.abs()).sum::<f64>() / pairs.max(1) as f64,
                    greatest: top.map_or(0.0, |(_, value)| *value),
                    greatest_in: top.map(|(base, _)| *base),
                }
            })
            .collect();
        VariantReport {
            code: variant.code,
            pairs,
            changed: Share::of(changed, pairs),
            band_changes: Share::of(moved().count(), pairs),
            band_bases: moved().map(|(base, _)| base).collect(),
            bands_up: moved().filter(|(_, up)| *up).count(),
            not_scored: self.not_scored,
            criteria,
        }
    }
}

#[cfg(test)]
mod tests;
