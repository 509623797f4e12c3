//! The sealed record of a pseudonymised text: written for the vault, and read back only from what the
//! vault has opened. What is read back must pass the leak check of today.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::category::{may_stand_for, rule_named};
use super::{Damaged, PseudoSection, Pseudonymous, Span, SpanCategory, leak};
use crate::pipeline::received::SectionKind;

#[derive(Serialize)]
struct SealableRef<'a> {
    text: &'a str,
    sections: &'a [PseudoSection],
    spans: Vec<SpanRecord<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpanRecord<'a> {
    start: usize,
    end: usize,
    category: SpanCategory,
    #[serde(borrow)]
    rule: std::borrow::Cow<'a, str>,
    #[serde(default = "certain")]
    confidence: u8,
}

/// Records from before spans had a confidence come from rules alone.
fn certain() -> u8 {
    100
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed<'a> {
    text: String,
    sections: Vec<PseudoSection>,
    #[serde(borrow)]
    spans: Vec<SpanRecord<'a>>,
}

impl Pseudonymous {
    /// JSON for the vault, which must seal it at once.
    #[must_use]
    pub fn to_sealable(&self) -> Zeroizing<Vec<u8>> {
        let record = SealableRef {
            text: &self.text,
            sections: &self.sections,
            spans: self
                .spans
                .iter()
                .map(|span| SpanRecord {
                    start: span.start,
                    end: span.end,
                    category: span.category,
                    rule: span.rule.into(),
                    confidence: span.confidence,
                })
                .collect(),
        };
        // Room for everything at once: a growing buffer would leave copies behind.
        let room = self.text.len() * 2 + (self.sections.len() + self.spans.len() + 1) * 160;
        let mut out = Zeroizing::new(Vec::with_capacity(room));
        // Writing strings and numbers into memory has no way to fail.
        if serde_json::to_writer(&mut *out, &record).is_err() {
            out.clear();
        }
        out
    }

    /// Reads what [`Pseudonymous::to_sealable`] wrote, for bytes that the vault has just opened and
    /// authenticated.
    ///
    /// # Errors
    /// [`Damaged`] when the record is none, a position is wrong or the leak check refuses the text.
    pub(crate) fn from_sealed(bytes: &[u8]) -> Result<Self, Damaged> {
        let sealed: Sealed<'_> = serde_json::from_slice(bytes).map_err(|_| Damaged::Unreadable)?;
        let text = Zeroizing::new(sealed.text);
        let mut at = 0;
        for section in &sealed.sections {
            if section.start < at || section.end < section.start {
                return Err(Damaged::Positions);
            }
            text.get(section.start..section.end).ok_or(Damaged::Positions)?;
            at = section.end;
        }
        at = 0;
        let mut spans = Vec::with_capacity(sealed.spans.len());
        for span in &sealed.spans {
            let placeholder = text.get(span.start..span.end).ok_or(Damaged::Positions)?;
            let within = sealed.sections.iter().any(|s| s.start <= span.start && span.end <= s.end);
            if span.start < at || !may_stand_for(placeholder, span.category) || !within {
                return Err(Damaged::Positions);
            }
            at = span.end;
            let rule = rule_named(&span.rule).ok_or(Damaged::Unreadable)?;
            let confidence = span.confidence.min(100);
            spans.push(Span { start: span.start, end: span.end, category: span.category, rule, confidence });
        }
        let parts = sealed.sections.iter().map(|s| (s.kind, text.get(s.start..s.end).unwrap_or_default()));
        let whole = std::iter::once((SectionKind::Letter, text.as_str()));
        if !leak::check(parts.chain(whole), None).is_empty() {
            return Err(Damaged::Leak);
        }
        Ok(Self { text, sections: sealed.sections, spans })
    }
}
