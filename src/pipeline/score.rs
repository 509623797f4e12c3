//! Passages against criteria. A criterion that the AI may assess gets a level; one that it may only
//! extract or list for gets passages and no level; the rest is not touched.
//!
//! The method of this version, per criterion and passage:
//!
//! 1. *credit*: a passage that only hands back the profile's words, lists keywords or stands there already earns
//!    nothing ([`super::credit`]);
//! 2. *relevance*: the greatest cosine between the passage and the criterion's description, its
//!    adequate anchor and its strong anchor, stretched by the model's own scale to 0..1;
//! 3. *position*: which anchor the passage is nearest, as a softmax over the three anchors with the
//!    values [`ANCHOR_VALUES`];
//! 4. passage level = relevance × position, less [`FLOOR`], stretched to 0..1 again; the best three passages
//!    count, the second and third with the shares [`SHARES`], as independent evidence: 1 − Π(1 − share × level);
//! 5. the same over [`READINGS`] readings that say the same ([`super::variants`]): how far the level moves.
//!
//! Levels are rounded to 4096ths once, so that sums are exact. Nothing here reads a clock or chance:
//! the same text gives the same assessment bit for bit.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::bands::Interval;
use super::credit::{NoCredit, no_credit};
use super::encoder::{
    BatchError, CriterionText, Embedding, Embeddings, EncodeError, Encoder, Passage, Readable, Reads, Scale,
    Unfit, written,
};
use super::passages::passages;
use super::pseudonymise::Pseudonymous;
use super::variants::{READINGS, Wording, left_out};
use crate::subject::id::{CriterionId, PlacementId};
use crate::subject::level::{Contribution, Level, Total};
use crate::subject::profile::{Ai, Criterion, FrozenProfile, Profile};
use crate::subject::words::{Lang, Written};

/// The version of the method, kept with every assessment.
pub const METHOD: &str = "urval-score/2";

/// What nearness to the weak, adequate and strong anchor is worth.
const ANCHOR_VALUES: [f64; 3] = [0.25, 0.7, 1.0];
/// How sharply the nearest anchor wins.
const SHARPNESS: f64 = 12.0;
/// What the best, second and third passage contribute.
const SHARES: [f64; 3] = [1.0, 0.35, 0.2];
/// Relevance × position up to here is no evidence: nearly every passage is a little like every criterion.
const FLOOR: f64 = 0.1;

/// Embedded criteria: one profile × one model.
pub struct Ruler {
    profile: FrozenProfile,
    model: String,
    model_digest: String,
    scale: Scale,
    rows: Vec<RulerRow>,
    wording: super::credit::Wording,
    /// Languages in which the model may not rank for this profile, and why.
    unfit: BTreeMap<Lang, Unfit>,
}

struct RulerRow {
    criterion: CriterionId,
    ai: Ai,
    texts: BTreeMap<Lang, Marks>,
}

struct Marks {
    description: Embedding,
    anchors: Option<[Embedding; 3]>,
}

/// What the model found in one application. Offsets are bytes into the pseudonymised text; the
/// text itself is not in it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Assessment {
    /// [`METHOD`] at the time.
    pub method: String,
    /// SHA-256 of the frozen profile.
    pub profile_digest: String,
    /// The model's name.
    pub model: String,
    /// The model's fingerprint: name, revision and a digest of its files.
    pub model_digest: String,
    /// One result for each criterion that the AI may touch, in the profile's order.
    pub criteria: Vec<CriterionResult>,
    /// How many passages were found in which language, and whether the model reads it.
    pub languages: Vec<LanguageShare>,
    /// Passages that earned nothing, in the text's order.
    #[serde(default)]
    pub uncounted: Vec<Uncounted>,
}

/// One passage that earned nothing, for a person to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uncounted {
    /// First byte in the pseudonymised text.
    pub start: usize,
    /// First byte after it.
    pub end: usize,
    /// Why.
    pub why: NoCredit,
}

/// Passages in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LanguageShare {
    /// Which.
    pub written: Written,
    /// How many passages.
    pub passages: u32,
    /// Whether the model is made for it.
    pub readable: bool,
}

/// One criterion's result.
#[derive(Debug, Serialize, Deserialize)]
pub struct CriterionResult {
    /// Which.
    pub id: CriterionId,
    /// The level, when the AI may assess it.
    pub level: Option<Level>,
    /// The level in each of the [`READINGS`] readings that say the same; empty when there is no level.
    #[serde(default)]
    pub readings: Vec<Level>,
    /// The passages that made it, best first. None means that no evidence was found.
    pub evidence: Vec<Evidence>,
}

impl CriterionResult {
    /// The lowest and highest level over the text as written and all readings.
    #[must_use]
    pub fn spread(&self) -> Option<(Level, Level)> {
        let level = self.level?;
        let all = || self.readings.iter().copied().chain([level]);
        Some((all().min()?, all().max()?))
    }
}

/// One passage that counted.
#[derive(Debug, Serialize, Deserialize)]
pub struct Evidence {
    /// First byte in the pseudonymised text.
    pub start: usize,
    /// First byte after it.
    pub end: usize,
    /// The criterion's level if this passage were not there.
    pub without: Option<Level>,
}

/// An application could not be scored.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    /// The model failed on a text that it should have read.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// Nothing to read: a person must look.
    #[error("the application holds no passage that can be read; a person must look at it")]
    NothingToRead,
    /// The model may not rank text in the applicant's language: a person must look.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// A passage lies outside the text it was cut from.
    #[error("passage {0} lies outside its text")]
    Bounds(usize),
}

impl Ruler {
    /// Embeds the profile's criteria and anchors in both languages.
    ///
    /// # Errors
    /// When the model refuses one of the profile's texts, such as one that is too long.
    pub fn new(encoder: &Encoder, profile: FrozenProfile) -> Result<Self, ScoreError> {
        let floor = profile.profile().model_floor;
        let unfit = [Lang::Sv, Lang::En]
            .into_iter()
            .filter_map(|lang| Some((lang, encoder.entry().fit(lang, floor.get(lang)).err()?)))
            .collect();
        let mut rows = Vec::new();
        for criterion in &profile.profile().criteria {
            if criterion.ai == Ai::None {
                continue;
            }
            let mut texts = BTreeMap::new();
            for lang in [Lang::Sv, Lang::En] {
                texts.insert(lang, marks(encoder, criterion, lang)?);
            }
            rows.push(RulerRow { criterion: criterion.id.clone(), ai: criterion.ai, texts });
        }
        Ok(Self {
            model: encoder.entry().name.clone(),
            model_digest: encoder.entry().fingerprint(),
            scale: encoder.entry().scale,
            wording: super::credit::Wording::of(profile.profile()),
            profile,
            rows,
            unfit,
        })
    }

    /// The frozen profile.
    #[must_use]
    pub fn profile(&self) -> &FrozenProfile {
        &self.profile
    }

    /// The model's name and digest.
    #[must_use]
    pub fn model(&self) -> (&str, &str) {
        (&self.model, &self.model_digest)
    }

    /// Assesses one application. `known` are its passages' vectors from an earlier reading of the same text
    /// by the same model; the vectors come back, to be kept for a day.
    ///
    /// # Errors
    /// [`ScoreError`]: nothing to read, the model may not rank the applicant's language, or it refused a
    /// passage.
    pub fn assess(
        &self,
        encoder: &impl Reads,
        text: &Pseudonymous,
        known: Option<Embeddings>,
    ) -> Result<(Assessment, Embeddings), ScoreError> {
        let ranges = passages(text);
        let mut cut = Vec::with_capacity(ranges.len());
        for (index, range) in ranges.iter().enumerate() {
            cut.push(Passage::of(text, range.clone()).ok_or(ScoreError::Bounds(index))?);
        }
        if cut.is_empty() {
            return Err(ScoreError::NothingToRead);
        }
        let whole_text = text.text();
        let whole = written(whole_text);
        if let Some(unfit) = spoken(whole).and_then(|lang| self.unfit.get(&lang)) {
            return Err(unfit.clone().into());
        }
        let credit = no_credit(whole_text, &ranges, &self.wording);
        let mut languages: BTreeMap<Written, u32> = BTreeMap::new();
        let (mut kept, mut uncounted) = (Vec::new(), Vec::new());
        let mut refused = None;
        for ((range, passage), why) in ranges.into_iter().zip(cut).zip(credit) {
            let own = written(passage.text());
            // A heading or a line of a CV is too short to tell by itself; it is in the language of
            // the whole.
            let tongue = if own == Written::Unknown { whole } else { own };
            *languages.entry(tongue).or_default() += 1;
            let lang = match tongue {
                Written::Other => continue,
                tongue => spoken(tongue).unwrap_or_default(),
            };
            match self.unfit.get(&lang) {
                // A quotation in a language that the model may not rank: people read it.
                Some(unfit) => refused = Some(unfit),
                None => {
                    if let Some(why) = why {
                        uncounted.push(Uncounted { start: range.start, end: range.end, why });
                    }
                    kept.push(Kept { range, lang, passage, earns: why.is_none() });
                }
            }
        }
        let languages = languages
            .into_iter()
            .map(|(written, passages)| LanguageShare {
                written,
                passages,
                readable: spoken(written).is_some_and(|lang| !self.unfit.contains_key(&lang)),
            })
            .collect();
        match (kept.is_empty(), refused) {
            (true, Some(unfit)) => return Err(unfit.clone().into()),
            (true, None) => return Err(ScoreError::NothingToRead),
            _ => {}
        }
        let key = Embeddings::key_of(&self.model_digest, kept.iter().map(|own| own.passage.text()));
        let slots = kept.len() * (1 + Wording::CHANGED.len());
        let mut vectors = match known.filter(|known| known.are_of(&key, slots)) {
            Some(known) => known,
            None => {
                let mut rows = embedded(kept.len(), |wanted| {
                    let texts: Vec<Passage<'_>> =
                        wanted.iter().filter_map(|at| Some(kept.get(*at)?.passage.clone())).collect();
                    encoder.passages(&texts)
                })?;
                rows.resize_with(slots, || None);
                Embeddings::new(key, rows)
            }
        };
        if vectors.rows().iter().take(kept.len()).all(Option::is_none) {
            return Err(ScoreError::NothingToRead);
        }
        let found: Vec<Found> =
            self.rows.iter().map(|row| row.found(&kept, vectors.rows(), self.scale)).collect();
        self.read_again(encoder, &kept, &found, &mut vectors)?;
        let ranges: Vec<Range<usize>> = kept.iter().map(|own| own.range.clone()).collect();
        let gone: Vec<Vec<bool>> =
            (0..READINGS).map(|reading| left_out(reading, whole_text, &ranges)).collect();
        let criteria = self
            .rows
            .iter()
            .zip(&found)
            .map(|(row, found)| row.result(found, &kept, vectors.rows(), &gone, self.scale))
            .collect();
        let assessment = Assessment {
            method: METHOD.into(),
            profile_digest: self.profile.digest().into(),
            model: self.model.clone(),
            model_digest: self.model_digest.clone(),
            criteria,
            languages,
            uncounted,
        };
        Ok((assessment, vectors))
    }

    /// Reads in other words what counts as evidence for a level; the rest stays as written in every reading.
    fn read_again(
        &self,
        encoder: &impl Reads,
        kept: &[Kept<'_>],
        found: &[Found],
        vectors: &mut Embeddings,
    ) -> Result<(), ScoreError> {
        let assessed = self.rows.iter().zip(found).filter(|(row, _)| row.ai == Ai::Assess);
        let counted: BTreeSet<usize> =
            assessed.flat_map(|(_, found)| found.iter().take(SHARES.len()).map(|(_, at)| *at)).collect();
        let (mut slots, mut texts) = (Vec::new(), Vec::new());
        for (way, wording) in Wording::CHANGED.into_iter().enumerate() {
            for at in &counted {
                let slot = (1 + way) * kept.len() + at;
                let missing = vectors.rows().get(slot).is_some_and(Option::is_none);
                let reworded =
                    kept.get(*at).filter(|_| missing).and_then(|own| own.passage.reworded(wording, own.lang));
                if let Some(text) = reworded {
                    slots.push(slot);
                    texts.push(text);
                }
            }
        }
        let read = embedded(texts.len(), |wanted| {
            encoder.reworded(&wanted.iter().filter_map(|at| texts.get(*at)).collect::<Vec<_>>())
        })?;
        for (slot, vector) in slots.into_iter().zip(read) {
            if let Some(place) = vectors.rows_mut().get_mut(slot) {
                *place = vector;
            }
        }
        Ok(())
    }
}

/// A passage that the model may read.
struct Kept<'a> {
    range: Range<usize>,
    lang: Lang,
    passage: Passage<'a>,
    /// Whether it may be evidence.
    earns: bool,
}

/// Level and index of each passage that is evidence for a criterion, best first, ties by place in the text.
type Found = Vec<(f64, usize)>;

/// The language that a model may have been made for.
fn spoken(written: Written) -> Option<Lang> {
    match written {
        Written::Sv => Some(Lang::Sv),
        Written::En => Some(Lang::En),
        Written::Other | Written::Unknown => None,
    }
}

/// Embeds so many texts; one that holds nothing for the model, such as a line of signs, gets no vector.
fn embedded(
    count: usize,
    embed: impl Fn(&[usize]) -> Result<Vec<Embedding>, BatchError>,
) -> Result<Vec<Option<Embedding>>, ScoreError> {
    let mut wanted: Vec<usize> = (0..count).collect();
    loop {
        match embed(&wanted) {
            Ok(vectors) => {
                let mut out: Vec<Option<Embedding>> = (0..count).map(|_| None).collect();
                for (at, vector) in wanted.into_iter().zip(vectors) {
                    if let Some(place) = out.get_mut(at) {
                        *place = Some(vector);
                    }
                }
                return Ok(out);
            }
            // Found before anything was computed, so trying again costs little.
            Err(refused) => match refused.source {
                EncodeError::Empty | EncodeError::Unknown { .. } if refused.index < wanted.len() => {
                    wanted.remove(refused.index);
                }
                other => return Err(other.into()),
            },
        }
    }
}

fn marks(encoder: &Encoder, criterion: &Criterion, lang: Lang) -> Result<Marks, ScoreError> {
    let about = format!("{}. {}", criterion.label.get(lang), criterion.description.get(lang));
    let description = encoder.embed(&CriterionText::of(&about))?;
    let anchors = match &criterion.anchors {
        Some(anchors) => Some([
            encoder.embed(&CriterionText::of(anchors.weak.get(lang)))?,
            encoder.embed(&CriterionText::of(anchors.adequate.get(lang)))?,
            encoder.embed(&CriterionText::of(anchors.strong.get(lang)))?,
        ]),
        None => None,
    };
    Ok(Marks { description, anchors })
}

impl RulerRow {
    /// What one passage is worth, in one wording; nothing when it has no vector.
    fn level(&self, own: &Kept<'_>, vector: Option<&Embedding>, scale: Scale) -> f64 {
        match (self.texts.get(&own.lang), vector) {
            (Some(marks), Some(vector)) if own.earns => marks.level(vector, scale),
            _ => 0.0,
        }
    }

    fn found(&self, kept: &[Kept<'_>], vectors: &[Option<Embedding>], scale: Scale) -> Found {
        let levels = kept.iter().zip(vectors).map(|(own, vector)| self.level(own, vector.as_ref(), scale));
        best_first(levels.enumerate().map(|(at, level)| (level, at)))
    }

    fn result(
        &self,
        found: &Found,
        kept: &[Kept<'_>],
        vectors: &[Option<Embedding>],
        gone: &[Vec<bool>],
        scale: Scale,
    ) -> CriterionResult {
        let assessed = self.ai == Ai::Assess;
        let evidence = found
            .iter()
            .take(SHARES.len())
            .enumerate()
            .filter_map(|(rank, (_, at))| {
                let range = &kept.get(*at)?.range;
                let without = assessed.then(|| {
                    combined(
                        found.iter().enumerate().filter(|(i, _)| *i != rank).map(|(_, (level, _))| *level),
                    )
                });
                Some(Evidence { start: range.start, end: range.end, without })
            })
            .collect();
        let level = assessed.then(|| combined(found.iter().map(|(level, _)| *level)));
        let readings = if assessed {
            gone.iter()
                .enumerate()
                .map(|(reading, gone)| self.reading(reading, found, kept, vectors, gone, scale))
                .collect()
        } else {
            Vec::new()
        };
        CriterionResult { id: self.criterion.clone(), level, readings, evidence }
    }

    /// The level in one of the readings that say the same.
    fn reading(
        &self,
        reading: usize,
        found: &Found,
        kept: &[Kept<'_>],
        vectors: &[Option<Embedding>],
        gone: &[bool],
        scale: Scale,
    ) -> Level {
        let way = Wording::CHANGED.iter().position(|way| *way == Wording::of(reading));
        let read = found.iter().filter(|(_, at)| gone.get(*at) == Some(&false)).map(|(level, at)| {
            let slot = way.map(|way| (1 + way) * kept.len() + at);
            // Without a vector of its own it reads as written.
            let other = slot.and_then(|slot| vectors.get(slot)?.as_ref()).zip(kept.get(*at));
            (other.map_or(*level, |(vector, own)| self.level(own, Some(vector), scale)), *at)
        });
        combined(best_first(read).into_iter().map(|(level, _)| level))
    }
}

/// Without what is no evidence.
fn best_first(levels: impl Iterator<Item = (f64, usize)>) -> Found {
    let mut found: Found = levels.filter(|(level, _)| *level > 0.0).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    found
}

impl Marks {
    fn level(&self, passage: &Embedding, scale: Scale) -> f64 {
        let description = passage.dot(&self.description);
        let Some(anchors) = &self.anchors else {
            return above_floor(stretched(description, scale));
        };
        let near = [passage.dot(&anchors[0]), passage.dot(&anchors[1]), passage.dot(&anchors[2])];
        let relevance = stretched(description.max(near[1]).max(near[2]), scale);
        let top = f64::from(near[0].max(near[1]).max(near[2]));
        let pull = near.map(|n| ((f64::from(n) - top) * SHARPNESS).exp());
        let position = (pull[0] * ANCHOR_VALUES[0] + pull[1] * ANCHOR_VALUES[1] + pull[2] * ANCHOR_VALUES[2])
            / (pull[0] + pull[1] + pull[2]);
        above_floor(relevance * position)
    }
}

fn above_floor(level: f64) -> f64 {
    ((level - FLOOR) / (1.0 - FLOOR)).max(0.0)
}

fn stretched(cosine: f32, scale: Scale) -> f64 {
    f64::from(((cosine - scale.nothing) / (scale.full - scale.nothing)).clamp(0.0, 1.0))
}

fn combined(levels: impl Iterator<Item = f64>) -> Level {
    let mut missing = 1.0;
    for (level, share) in levels.zip(SHARES) {
        missing *= 1.0 - share * level;
    }
    // Levels that are not numbers were never counted, so this is one.
    Level::from_unit(1.0 - missing)
}

impl Assessment {
    /// What each criterion of a placement contributes, and the sum. `placement` is the id in the
    /// profile; `None` counts every criterion.
    #[must_use]
    pub fn total(&self, profile: &Profile, placement: Option<&PlacementId>) -> Total {
        self.contributions(profile, placement).into_iter().map(|(_, part)| part).sum()
    }

    /// The parts of [`Assessment::total`], in the profile's order.
    #[must_use]
    pub fn contributions(
        &self,
        profile: &Profile,
        placement: Option<&PlacementId>,
    ) -> Vec<(CriterionId, Contribution)> {
        counted(profile, placement)
            .filter_map(|criterion| {
                let level = self.criteria.iter().find(|found| found.id == criterion.id)?.level?;
                Some((criterion.id.clone(), Contribution::of(criterion.weight?, level)))
            })
            .collect()
    }

    /// The total and how far readings that say the same move it.
    #[must_use]
    pub fn interval(&self, profile: &Profile, placement: Option<&PlacementId>) -> Interval {
        let total_of = |level_of: &dyn Fn(&CriterionResult) -> Option<Level>| -> Total {
            counted(profile, placement)
                .filter_map(|criterion| {
                    let found = self.criteria.iter().find(|found| found.id == criterion.id)?;
                    Some(Contribution::of(criterion.weight?, level_of(found)?))
                })
                .sum()
        };
        let readings = (0..READINGS)
            .map(|reading| total_of(&|found| found.readings.get(reading).copied().or(found.level)));
        Interval::over(total_of(&|found| found.level), readings)
    }

    /// Languages with passages that the model is not made to read.
    #[must_use]
    pub fn unread(&self) -> Vec<&LanguageShare> {
        self.languages.iter().filter(|share| !share.readable && share.written != Written::Unknown).collect()
    }
}

/// The greatest total that a placement's criteria allow.
#[must_use]
pub fn greatest(profile: &Profile, placement: Option<&PlacementId>) -> Total {
    counted(profile, placement)
        .filter_map(|criterion| Some(Contribution::of(criterion.weight?, Level::ONE)))
        .sum()
}

fn counted<'a>(
    profile: &'a Profile,
    placement: Option<&'a PlacementId>,
) -> impl Iterator<Item = &'a Criterion> {
    profile
        .criteria
        .iter()
        .filter(|criterion| criterion.in_sum())
        .filter(move |criterion| placement.is_none_or(|id| criterion.applies_to(id)))
}
