//! A criterion is a standing query over everybody: what may not be searched for must not be asked for either.

use super::{Ground, Query};
use crate::subject::id::CriterionId;
use crate::subject::profile::{Ai, Profile};

/// The criteria that the model may touch and whose words would select people on what they may not be selected on.
///
/// It is for a warning and refuses no profile: a sentence about the work can hold such a word, and only a person
/// can tell ("förstår hur en funktionsnedsättning påverkar vardagen").
#[must_use]
pub fn selecting_criteria(profile: &Profile) -> Vec<(CriterionId, Ground)> {
    let mut out = Vec::new();
    for criterion in profile.criteria.iter().filter(|criterion| criterion.ai != Ai::None) {
        let mut texts = vec![&criterion.label, &criterion.description];
        if let Some(anchors) = &criterion.anchors {
            texts.extend([&anchors.weak, &anchors.adequate, &anchors.strong]);
        }
        let mut grounds: Vec<Ground> = texts
            .iter()
            .flat_map(|text| [text.sv.as_str(), text.en.as_str()])
            .flat_map(|text| text.split(['.', ',', ';', ':', '\n', '(', ')']))
            .filter_map(|clause| Query::admit(clause).err().map(|refused| refused.ground))
            .collect();
        grounds.sort_unstable();
        grounds.dedup();
        out.extend(grounds.into_iter().map(|ground| (criterion.id.clone(), ground)));
    }
    out
}
