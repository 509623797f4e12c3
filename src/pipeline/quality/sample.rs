//! The rescue sample: applications of the lower bands, drawn at random and marked by people, which tell how many good
//! ones the top bands miss.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Figure, Settings, Table, Which};
use crate::pipeline::agreement::{Draws, exact_share};
use crate::pipeline::ingest::screened::Screened;

/// What the sample tells.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sampled {
    /// Applications that are among the top bands of no placement.
    pub below: usize,
    /// Ids in the sample.
    pub drawn: usize,
    /// Those with a final mark for every criterion in the sum.
    pub marked: usize,
    /// Ids of the others.
    pub unmarked: Vec<String>,
    /// Ids of those that people call good: somebody should look at them again.
    pub missed: Vec<String>,
    /// Their share of the marked ones, 0 to 1, with its exact interval.
    pub share: Figure,
    /// The same among all below: how many good applications may lie there.
    pub estimated: Figure,
}

/// A list of a sample has faults, one a line.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct SampleError(pub Vec<String>);

/// Reads a sample: one id a line, blank lines passed over.
///
/// # Errors
/// [`SampleError`] with a line for each id that is not in the result, lies in a top band or stands twice, and when
/// there is none.
pub fn read_sample(text: &str, screened: &Screened, top_bands: usize) -> Result<Vec<String>, SampleError> {
    let below: BTreeSet<&str> = screened.below(top_bands).into_iter().collect();
    let (mut ids, mut taken, mut faults) = (Vec::new(), BTreeSet::new(), Vec::new());
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (line, id) in (1..).zip(text.lines().map(str::trim)).filter(|(_, id)| !id.is_empty()) {
        if screened.application(id).is_none() {
            faults.push(format!(
                "line {line}: the id is not in the result of the screening; write an `id` of that file"
            ));
        } else if !below.contains(id) {
            faults.push(format!(
                "line {line}: the application is among the first {top_bands} band(s) of a placement, so it cannot be \
                 drawn; remove it, or give the --top-bands that the sample was drawn with"
            ));
        } else if !taken.insert(id) {
            faults.push(format!("line {line}: the id stands twice; remove one"));
        }
        ids.push(id.to_owned());
    }
    if ids.is_empty() {
        faults.push("there is no id in the file; write one a line".into());
    }
    if faults.is_empty() { Ok(ids) } else { Err(SampleError(faults)) }
}

/// Draws a sample of the lower bands: every set of so many is as likely, and the same seed draws the same. Sorted; all
/// of them when there are no more.
#[must_use]
pub fn draw(screened: &Screened, top_bands: usize, size: usize, seed: u64) -> Vec<String> {
    let mut ids = screened.below(top_bands);
    Draws::seeded(seed).shuffle(&mut ids);
    ids.truncate(size);
    ids.sort_unstable();
    ids.into_iter().map(str::to_owned).collect()
}

/// Estimates how many good applications lie below the top bands. Good is a weighted mean of final marks, over the
/// criteria in the sum, of at least `settings.good`. Must-haves have no part in it: what is not evidenced is no
/// rejection, and leaving somebody out for it would make the estimate smaller than it is.
pub(super) fn estimate(
    table: &Table<'_>,
    screened: &Screened,
    ids: &[String],
    settings: Settings,
) -> Sampled {
    let below = screened.below(settings.top_bands).len();
    let (mut marked, mut unmarked, mut missed) = (0, Vec::new(), Vec::new());
    for id in ids {
        match table.weighted_grade(id, &table.in_sum(screened, id), Which::Last) {
            Some(mean) => {
                marked += 1;
                if mean >= settings.good {
                    missed.push(id.clone());
                }
            }
            None => unmarked.push(id.clone()),
        }
    }
    let value = (marked > 0).then(|| missed.len() as f64 / marked as f64);
    let interval = exact_share(missed.len(), marked);
    let share = Figure { value, low: interval.map(|i| i.low), high: interval.map(|i| i.high) };
    // What was marked is known: at least the ones found are there, and the others in the sample are none.
    let (least, most) = (missed.len() as f64, below.saturating_sub(marked - missed.len()) as f64);
    let among_all =
        |share: Option<f64>| share.map(|share| (share * below as f64).clamp(least, most.max(least)));
    let estimated =
        Figure { value: among_all(share.value), low: among_all(share.low), high: among_all(share.high) };
    Sampled { below, drawn: ids.len(), marked, unmarked, missed, share, estimated }
}
