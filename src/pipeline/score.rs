//! Passages against criteria. A criterion that the AI may assess gets a level; one that it may only
//! extract or list for gets passages and no level; the rest is not touched.
//!
//! The method of this version, per criterion and passage:
//!
//! 1. *relevance*: the greatest cosine between the passage and the criterion's description, its
//!    adequate anchor and its strong anchor, stretched by the model's own scale to 0..1;
//! 2. *position*: which anchor the passage is nearest, as a softmax over the three anchors with the
//!    values [`ANCHOR_VALUES`];
//! 3. passage level = relevance × position; the best three passages count, the second and third
//!    with the shares [`SHARES`], as independent evidence: 1 − Π(1 − share × level).
//!
//! Levels are rounded to 4096ths once, so that sums are exact. Nothing here reads a clock or chance:
//! the same text gives the same assessment bit for bit.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::encoder::{
    CriterionText, Embedding, Embeddings, EncodeError, Encoder, Passage, Readable, Scale, Unfit, written,
};
use super::passages::passages;
use super::pseudonymise::Pseudonymous;
use crate::subject::id::{CriterionId, PlacementId};
use crate::subject::level::{Contribution, Level, Total};
use crate::subject::profile::{Ai, Criterion, FrozenProfile, Profile};
use crate::subject::words::{Lang, Written};

/// The version of the method, kept with every assessment.
pub const METHOD: &str = "urval-score/1";

/// What nearness to the weak, adequate and strong anchor is worth.
const ANCHOR_VALUES: [f64; 3] = [0.25, 0.7, 1.0];
/// How sharply the nearest anchor wins.
const SHARPNESS: f64 = 12.0;
/// What the best, second and third passage contribute.
const SHARES: [f64; 3] = [1.0, 0.35, 0.2];

/// Embedded criteria: one profile × one model.
pub struct Ruler {
    profile: FrozenProfile,
    model: String,
    model_digest: String,
    scale: Scale,
    rows: Vec<RulerRow>,
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
    /// The passages that made it, best first.
    pub evidence: Vec<Evidence>,
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
            profile,
            model: encoder.entry().name.clone(),
            model_digest: encoder.entry().fingerprint(),
            scale: encoder.entry().scale,
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
        encoder: &Encoder,
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
        let whole = written(text.text());
        if let Some(unfit) = spoken(whole).and_then(|lang| self.unfit.get(&lang)) {
            return Err(unfit.clone().into());
        }
        let mut languages: BTreeMap<Written, u32> = BTreeMap::new();
        let mut kept = Vec::new();
        let mut refused = None;
        for (range, passage) in ranges.into_iter().zip(cut) {
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
                None => kept.push((range, lang, passage)),
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
        let key = Embeddings::key_of(&self.model_digest, kept.iter().map(|(_, _, passage)| passage.text()));
        let vectors = match known.filter(|known| known.are_of(&key, kept.len())) {
            Some(known) => known,
            None => Embeddings::new(key, embedded(encoder, &kept)?),
        };
        let read: Vec<Read<'_>> = kept
            .iter()
            .zip(vectors.rows())
            .filter_map(|((range, lang, _), vector)| Some((range, *lang, vector.as_ref()?)))
            .collect();
        if read.is_empty() {
            return Err(ScoreError::NothingToRead);
        }
        let criteria = self.rows.iter().map(|row| row.result(&read, self.scale)).collect();
        let assessment = Assessment {
            method: METHOD.into(),
            profile_digest: self.profile.digest().into(),
            model: self.model.clone(),
            model_digest: self.model_digest.clone(),
            criteria,
            languages,
        };
        Ok((assessment, vectors))
    }
}

type Kept<'a> = (Range<usize>, Lang, Passage<'a>);
/// Where a passage lies, its language, and what it means to the model.
type Read<'a> = (&'a Range<usize>, Lang, &'a Embedding);

/// The language that a model may have been made for.
fn spoken(written: Written) -> Option<Lang> {
    match written {
        Written::Sv => Some(Lang::Sv),
        Written::En => Some(Lang::En),
        Written::Other | Written::Unknown => None,
    }
}

/// Embeds the passages; one that holds nothing for the model, such as a line of signs, gets no vector.
fn embedded(encoder: &Encoder, kept: &[Kept<'_>]) -> Result<Vec<Option<Embedding>>, ScoreError> {
    let mut wanted: Vec<usize> = (0..kept.len()).collect();
    loop {
        let texts: Vec<Passage<'_>> = wanted.iter().filter_map(|at| Some(kept.get(*at)?.2.clone())).collect();
        match encoder.embed_passages(&texts) {
            Ok(vectors) => {
                let mut out: Vec<Option<Embedding>> = kept.iter().map(|_| None).collect();
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
    fn result(&self, read: &[Read<'_>], scale: Scale) -> CriterionResult {
        // (passage level, relevance, index): best first, ties by place in the text.
        let mut found: Vec<(f64, usize)> = Vec::new();
        for (index, (_, lang, vector)) in read.iter().enumerate() {
            if let Some(marks) = self.texts.get(lang) {
                let level = marks.level(vector, scale);
                if level > 0.0 {
                    found.push((level, index));
                }
            }
        }
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let levels: Vec<f64> = found.iter().map(|(level, _)| *level).collect();
        let assessed = self.ai == Ai::Assess;
        let evidence = found
            .iter()
            .take(SHARES.len())
            .enumerate()
            .filter_map(|(rank, (_, index))| {
                let (range, _, _) = read.get(*index)?;
                let without = assessed.then(|| {
                    combined(levels.iter().enumerate().filter(|(i, _)| *i != rank).map(|(_, l)| *l))
                });
                Some(Evidence { start: range.start, end: range.end, without })
            })
            .collect();
        let level = assessed.then(|| combined(levels.iter().copied()));
        CriterionResult { id: self.criterion.clone(), level, evidence }
    }
}

impl Marks {
    fn level(&self, passage: &Embedding, scale: Scale) -> f64 {
        let description = passage.dot(&self.description);
        let Some(anchors) = &self.anchors else {
            return stretched(description, scale);
        };
        let near = [passage.dot(&anchors[0]), passage.dot(&anchors[1]), passage.dot(&anchors[2])];
        let relevance = stretched(description.max(near[1]).max(near[2]), scale);
        let top = f64::from(near[0].max(near[1]).max(near[2]));
        let pull = near.map(|n| ((f64::from(n) - top) * SHARPNESS).exp());
        let position = (pull[0] * ANCHOR_VALUES[0] + pull[1] * ANCHOR_VALUES[1] + pull[2] * ANCHOR_VALUES[2])
            / (pull[0] + pull[1] + pull[2]);
        relevance * position
    }
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
