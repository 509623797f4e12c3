//! An assessment beside the text it was made from: every claim is a verbatim quote with its place.
//! Nothing is generated.

use super::credit::NoCredit;
use super::pseudonymise::Pseudonymous;
use super::score::{Assessment, Evidence, Uncounted};
use crate::subject::id::{CriterionId, PlacementId};
use crate::subject::level::{Contribution, Level, Total};
use crate::subject::profile::{Ai, Profile};

/// What one criterion says, with quotes.
#[derive(Debug)]
pub struct Explained<'a> {
    /// Which.
    pub id: &'a CriterionId,
    /// What the AI may do with it.
    pub ai: Ai,
    /// The level, when it may assess.
    pub level: Option<Level>,
    /// The lowest and highest level over readings that say the same.
    pub spread: Option<(Level, Level)>,
    /// What it adds to the sum, when it counts for the placement.
    pub contribution: Option<Contribution>,
    /// The quoted passages, best first. Empty means that no evidence was found, which is not a low
    /// mark: a person reads.
    pub quotes: Vec<Quote<'a>>,
}

/// One quoted passage.
#[derive(Debug)]
pub struct Quote<'a> {
    /// First byte in the pseudonymised text.
    pub start: usize,
    /// First byte after it.
    pub end: usize,
    /// The words.
    pub text: &'a str,
    /// The criterion's level without this passage.
    pub without: Option<Level>,
}

/// A quote does not lie in the text: the assessment belongs to another text.
#[derive(Debug, thiserror::Error)]
#[error("the assessment does not belong to this text")]
pub struct Misplaced;

/// Quotes each criterion's passages.
///
/// # Errors
/// [`Misplaced`] when an offset does not fit: then nothing is shown rather than something wrong.
pub fn explain<'a>(
    assessment: &'a Assessment,
    profile: &Profile,
    placement: Option<&PlacementId>,
    text: &'a Pseudonymous,
) -> Result<(Vec<Explained<'a>>, Total), Misplaced> {
    let contributions = assessment.contributions(profile, placement);
    let mut out = Vec::new();
    for result in &assessment.criteria {
        let Some(criterion) = profile.criterion(&result.id) else { continue };
        if placement.is_some_and(|id| !criterion.applies_to(id)) {
            continue;
        }
        let quotes =
            result.evidence.iter().map(|evidence| quote(evidence, text)).collect::<Result<Vec<_>, _>>()?;
        out.push(Explained {
            id: &result.id,
            ai: criterion.ai,
            level: result.level,
            spread: result.spread(),
            contribution: contributions.iter().find(|(id, _)| *id == result.id).map(|(_, part)| *part),
            quotes,
        });
    }
    Ok((out, contributions.into_iter().map(|(_, part)| part).sum()))
}

/// A passage that earned nothing, with its words.
#[derive(Debug)]
pub struct NotCounted<'a> {
    /// First byte in the pseudonymised text.
    pub start: usize,
    /// First byte after it.
    pub end: usize,
    /// The words.
    pub text: &'a str,
    /// Why.
    pub why: NoCredit,
}

/// Quotes the passages that earned nothing, in the text's order.
///
/// # Errors
/// As [`explain`].
pub fn not_counted<'a>(
    assessment: &Assessment,
    text: &'a Pseudonymous,
) -> Result<Vec<NotCounted<'a>>, Misplaced> {
    let quoted = |own: &Uncounted| {
        let words = text.text().get(own.start..own.end).ok_or(Misplaced)?;
        Ok(NotCounted { start: own.start, end: own.end, text: words, why: own.why })
    };
    assessment.uncounted.iter().map(quoted).collect()
}

fn quote<'a>(evidence: &Evidence, text: &'a Pseudonymous) -> Result<Quote<'a>, Misplaced> {
    let words = text.text().get(evidence.start..evidence.end).ok_or(Misplaced)?;
    Ok(Quote { start: evidence.start, end: evidence.end, text: words, without: evidence.without })
}
