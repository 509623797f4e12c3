//! Places to be replaced, and how places that overlap or belong together become one.

use zeroize::Zeroizing;

use super::SpanCategory;
use super::category::{placeholder_pattern, rule};
use super::normal::folded;
use super::structured;

/// A place to be replaced. `value` tells different values apart and is overwritten on drop.
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) category: SpanCategory,
    pub(super) own: bool,
    /// Counts only where the applicant's name fills it.
    pub(super) if_name: bool,
    pub(super) value: Zeroizing<String>,
    pub(super) rule: &'static str,
    /// In percent; a rule is certain.
    pub(super) confidence: u8,
    /// The neutral text that stands in its place, for the categories that have no placeholder.
    pub(super) text: Option<String>,
}

impl Found {
    pub(super) fn own(start: usize, end: usize, category: SpanCategory, rule: &'static str) -> Self {
        Self {
            start,
            end,
            category,
            own: true,
            if_name: false,
            value: Zeroizing::new(String::new()),
            rule,
            confidence: 100,
            text: None,
        }
    }

    pub(super) fn other(
        start: usize,
        end: usize,
        category: SpanCategory,
        rule: &'static str,
        value: &str,
    ) -> Self {
        Self {
            start,
            end,
            category,
            own: false,
            if_name: false,
            value: Zeroizing::new(value.to_owned()),
            rule,
            confidence: 100,
            text: None,
        }
    }

    /// A place whose neutral text is given.
    pub(super) fn neutral(
        start: usize,
        end: usize,
        category: SpanCategory,
        rule: &'static str,
        text: String,
    ) -> Self {
        Self { text: Some(text), ..Self::other(start, end, category, rule, "") }
    }

    /// The same place in a text of which this one is the part that begins at a byte.
    pub(super) fn moved(self, by: usize) -> Self {
        Self { start: self.start + by, end: self.end + by, ..self }
    }

    /// The value of a line such as `LinkedIn: Anna Svensson`.
    pub(super) fn weak_link(start: usize, end: usize) -> Self {
        Self { if_name: true, ..Self::other(start, end, SpanCategory::Link, rule::HANDLE, "") }
    }
}

/// The text with every placeholder in it blanked, byte for byte: placeholders are no words, neither
/// names nor labels.
pub(super) fn blanked(text: &str) -> Zeroizing<String> {
    let blank = placeholder_pattern()
        .replace_all(text, |m: &regex::Captures<'_>| "\u{1}".repeat(m.get(0).map_or(0, |all| all.len())));
    Zeroizing::new(blank.into_owned())
}

/// All places, in order and apart from each other. `text` is `original` with blanked placeholders.
pub(super) fn resolved(original: &str, text: &str, mut all: Vec<Found>) -> Vec<Found> {
    let names: Vec<(usize, usize)> =
        all.iter().filter(|f| f.rule == rule::KNOWN_NAME).map(|f| (f.start, f.end)).collect();
    for found in &mut all {
        if found.rule == rule::KNOWN_STREET {
            let bare =
                !text.get(found.start..found.end).is_some_and(|t| t.contains(|c: char| c.is_ascii_digit()));
            found.end = if bare {
                structured::house_number(text, found.end)
            } else {
                structured::address_tail(text, found.end)
            };
        }
        if found.rule == rule::STREET {
            // A name before a street name begins with a capital too and is no part of it.
            let overlap = names.iter().find(|(s, e)| *s <= found.start && *e > found.start && *e < found.end);
            if let Some((_, end)) = overlap {
                let rest = text.get(*end..found.end).unwrap_or_default();
                found.start = end + (rest.len() - rest.trim_start_matches([' ', ',', '\t']).len());
            }
        }
        if found.if_name && names.iter().any(|(s, e)| *s <= found.start && *e >= found.end) {
            found.if_name = false;
            found.value = Zeroizing::new(text.get(found.start..found.end).map(folded).unwrap_or_default());
        }
    }
    all.retain(|found| {
        !found.if_name && found.start < found.end && text.get(found.start..found.end).is_some()
    });
    let mut cut = outside_placeholders(original, all);
    cut.sort_by_key(|found| (found.start, std::cmp::Reverse(found.end)));
    joined(text, united(cut))
}

/// Placeholders that are in the text already stay as they are.
fn outside_placeholders(text: &str, all: Vec<Found>) -> Vec<Found> {
    let literal: Vec<(usize, usize)> =
        placeholder_pattern().find_iter(text).map(|m| (m.start(), m.end())).collect();
    if literal.is_empty() {
        return all;
    }
    let mut out = Vec::with_capacity(all.len());
    for found in all {
        let mut from = found.start;
        let first = literal.partition_point(|(_, end)| *end <= found.start);
        let inside =
            literal.get(first..).unwrap_or_default().iter().take_while(|(start, _)| *start < found.end);
        for (start, end) in inside.copied().chain(std::iter::once((found.end, found.end))) {
            let piece = text.get(from..start.max(from)).unwrap_or_default();
            if piece.chars().any(char::is_alphanumeric) {
                let lead = piece.len() - piece.trim_start().len();
                out.push(Found {
                    start: from + lead,
                    end: from + piece.trim_end().len(),
                    category: found.category,
                    own: found.own,
                    if_name: false,
                    value: found.value.clone(),
                    rule: found.rule,
                    confidence: found.confidence,
                    text: found.text.clone(),
                });
            }
            from = end.max(from);
        }
    }
    out
}

/// Overlapping places become one, so that nothing of either is left.
fn united(sorted: Vec<Found>) -> Vec<Found> {
    let mut out: Vec<Found> = Vec::with_capacity(sorted.len());
    for found in sorted {
        match out.last_mut() {
            Some(last) if found.start < last.end => {
                let end = last.end.max(found.end);
                let start = last.start;
                if found.category == last.category {
                    last.own |= found.own;
                } else if found.category.weight() > last.category.weight() {
                    *last = found;
                }
                last.start = start;
                last.end = end;
            }
            _ => out.push(found),
        }
    }
    out
}

/// The pieces of one postal address become one place, and so do the pieces of one name.
fn joined(text: &str, apart: Vec<Found>) -> Vec<Found> {
    let mut out: Vec<Found> = Vec::with_capacity(apart.len());
    let postal = |category: SpanCategory| matches!(category, SpanCategory::Address | SpanCategory::Town);
    for mut found in apart {
        if let Some(last) = out.last_mut() {
            let gap = text.get(last.end..found.start).unwrap_or("\n");
            let one_address = postal(last.category)
                && postal(found.category)
                && (last.category == SpanCategory::Address || found.category == SpanCategory::Address)
                && gap.len() <= 3
                && gap.chars().all(|c| matches!(c, ' ' | ',' | '\t'));
            let one_name = last.category == SpanCategory::Name
                && found.category == SpanCategory::Name
                && (gap.is_empty() || gap == " ");
            if one_address || one_name {
                last.end = found.end;
                last.own |= found.own;
                if one_address {
                    last.category = SpanCategory::Address;
                }
                continue;
            }
        }
        if found.own {
            found.value = Zeroizing::new(String::new());
        }
        out.push(found);
    }
    for found in &mut out {
        if !found.own && (postal(found.category) || found.category == SpanCategory::Name) {
            found.value = Zeroizing::new(text.get(found.start..found.end).map(folded).unwrap_or_default());
        }
    }
    out
}
