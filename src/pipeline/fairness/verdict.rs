//! What must be kept, and every way in which it was not.

use serde::Serialize;

use super::GroundReport;
use super::twins::Ground;
use crate::subject::id::CriterionId;
use crate::subject::words::Lang;

/// What a test must keep to be passed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Thresholds {
    /// Base applications at least.
    pub bases_min: usize,
    /// Changes of band at most, of each variant.
    pub band_changes_max: usize,
    /// The greatest difference of a level that is allowed, from 0 to 1, for each criterion.
    pub difference_max: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { bases_min: 200, band_changes_max: 0, difference_max: 0.02 }
    }
}

/// Passed, or not and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// Whether everything was kept.
    pub passed: bool,
    /// What was not, in the report's order; empty exactly when passed.
    pub reasons: Vec<Reason>,
}

/// Something that was not kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// Too few base applications say too little.
    TooFewBases {
        /// How many were read.
        read: usize,
        /// How many it must be.
        wanted: usize,
    },
    /// The same text did not get the same levels: nothing else of the report can be believed.
    NotRepeatable {
        /// In how many bases.
        count: usize,
    },
    /// Twins went to a person while their bases did not.
    NotScored {
        /// On which ground.
        ground: Ground,
        /// Which variant.
        variant: &'static str,
        /// How many.
        count: usize,
        /// The first base of them.
        base: usize,
    },
    /// Twins lie in another band than their base.
    BandChanges {
        /// On which ground.
        ground: Ground,
        /// Which variant.
        variant: &'static str,
        /// How many.
        count: usize,
        /// Of how many pairs.
        of: usize,
        /// The first base of them.
        base: usize,
    },
    /// A level differs by more than is allowed.
    Difference {
        /// On which ground.
        ground: Ground,
        /// Which variant.
        variant: &'static str,
        /// Of which criterion.
        criterion: CriterionId,
        /// The greatest difference, with its sign.
        greatest: f64,
        /// In which base.
        base: usize,
    },
}

impl Reason {
    /// The ground, where the reason belongs to one.
    #[must_use]
    pub fn ground(&self) -> Option<Ground> {
        match self {
            Self::TooFewBases { .. } => None,
            Self::NotRepeatable { .. } => Some(Ground::Control),
            Self::NotScored { ground, .. }
            | Self::BandChanges { ground, .. }
            | Self::Difference { ground, .. } => Some(*ground),
        }
    }

    /// One line for people.
    #[must_use]
    pub fn line(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::TooFewBases { read, wanted }, Lang::Sv) => {
                format!("{read} grundansökningar är för få; minst {wanted} krävs")
            }
            (Self::TooFewBases { read, wanted }, Lang::En) => {
                format!("{read} base applications are too few; at least {wanted} are required")
            }
            (Self::NotRepeatable { count }, Lang::Sv) => {
                format!(
                    "samma text fick olika nivåer i {count} fall; inget annat i rapporten går att lita på"
                )
            }
            (Self::NotRepeatable { count }, Lang::En) => {
                format!(
                    "the same text got other levels in {count} cases; nothing else in the report can be trusted"
                )
            }
            (Self::NotScored { ground, variant, count, base }, Lang::Sv) => format!(
                "{} ({variant}): {count} tvillingar lämnades till en människa fast grundansökan lästes, först nr {base}",
                ground.label(lang)
            ),
            (Self::NotScored { ground, variant, count, base }, Lang::En) => format!(
                "{} ({variant}): {count} twins were left to a person although their base was read, first no. {base}",
                ground.label(lang)
            ),
            (Self::BandChanges { ground, variant, count, of, base }, Lang::Sv) => format!(
                "{} ({variant}): {count} av {of} hamnade i ett annat band, först nr {base}",
                ground.label(lang)
            ),
            (Self::BandChanges { ground, variant, count, of, base }, Lang::En) => format!(
                "{} ({variant}): {count} of {of} came into another band, first no. {base}",
                ground.label(lang)
            ),
            (Self::Difference { ground, variant, criterion, greatest, base }, Lang::Sv) => format!(
                "{} ({variant}): {criterion} ändrades med upp till {greatest:+.3}, i nr {base}",
                ground.label(lang)
            ),
            (Self::Difference { ground, variant, criterion, greatest, base }, Lang::En) => format!(
                "{} ({variant}): {criterion} changed by up to {greatest:+.3}, in no. {base}",
                ground.label(lang)
            ),
        }
    }
}

pub(super) fn of(bases: usize, grounds: &[GroundReport], thresholds: &Thresholds) -> Verdict {
    let mut reasons = Vec::new();
    if bases < thresholds.bases_min {
        reasons.push(Reason::TooFewBases { read: bases, wanted: thresholds.bases_min });
    }
    for report in grounds {
        for variant in &report.variants {
            let (ground, code) = (report.ground, variant.code);
            if ground == Ground::Control && variant.changed.count > 0 {
                reasons.push(Reason::NotRepeatable { count: variant.changed.count });
            }
            if let Some(base) = variant.not_scored.first() {
                let count = variant.not_scored.len();
                reasons.push(Reason::NotScored { ground, variant: code, count, base: *base });
            }
            let bands = variant.band_changes;
            if bands.count > thresholds.band_changes_max {
                let base = variant.band_bases.first().copied().unwrap_or_default();
                reasons.push(Reason::BandChanges {
                    ground,
                    variant: code,
                    count: bands.count,
                    of: bands.of,
                    base,
                });
            }
            for criterion in &variant.criteria {
                if let Some(base) = criterion.greatest_in
                    && criterion.greatest.abs() > thresholds.difference_max
                {
                    reasons.push(Reason::Difference {
                        ground,
                        variant: code,
                        criterion: criterion.id.clone(),
                        greatest: criterion.greatest,
                        base,
                    });
                }
            }
        }
    }
    Verdict { passed: reasons.is_empty(), reasons }
}
