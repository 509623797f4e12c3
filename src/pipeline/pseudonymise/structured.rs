//! Finds identifiers by their form: personnummer, addresses on the net, telephone numbers, postal
//! addresses, labelled lines, letter heads and signatures. It needs no knowledge of the applicant,
//! except to tell the applicant's own values from those of others.
//!
//! All patterns run in linear time.

use regex::Regex;
use zeroize::Zeroizing;

use super::known::Own;
use super::{Found, SpanCategory};

/// Makes each pattern a static that is compiled when it is first used.
macro_rules! patterns {
    ($($name:ident = $text:expr;)*) => {$(
        static $name: std::sync::LazyLock<regex::Regex> =
            std::sync::LazyLock::new(|| $crate::pipeline::pseudonymise::structured::pattern($text));
    )*};
}

// Below the macro, because they use it.
mod account;
mod address;
mod birth_and_sex;
mod ip_address;
mod label;
mod marks;
mod near;
mod net;
mod organisation_number;
mod personal_number;
mod phone;
mod reading;
mod sender;
mod vehicle;

use self::account::accounts;
use self::address::addresses;
pub(super) use self::address::{address_tail, house_number};
use self::birth_and_sex::births_and_sex;
use self::ip_address::ip_addresses;
use self::marks::Marks;
pub(super) use self::net::is_web_address;
use self::net::{emails, links};
use self::organisation_number::organisation_numbers;
pub(super) use self::personal_number::like_personnummer;
use self::personal_number::{personal_numbers, unclaimed};
use self::phone::phones;
pub(super) use self::sender::sender;
use self::sender::{labelled_lines, sender_lines};
use self::vehicle::vehicles;

#[expect(clippy::expect_used, reason = "a fixed pattern that does not compile stops the first test")]
/// Compiles a fixed pattern. A wrong one is a mistake in this module and stops the first test.
pub(super) fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a fixed pattern of this module")
}

/// The digits of a stretch of text in which little but digits stands.
pub(super) struct Chain {
    digits: Zeroizing<String>,
    at: Vec<usize>,
}

impl Chain {
    /// Index of the first and last digit of every occurrence of `digits`.
    pub(super) fn places(&self, digits: &str) -> Vec<(usize, usize)> {
        let mut out = Vec::new();
        let mut from = 0;
        if digits.is_empty() {
            return out;
        }
        while let Some(at) = self.digits.get(from..).and_then(|rest| rest.find(digits)) {
            let first = from + at;
            out.push((first, first + digits.len() - 1));
            from = first + 1;
        }
        out
    }

    pub(super) fn offset(&self, index: usize) -> usize {
        self.at.get(index).copied().unwrap_or_default()
    }

    pub(super) fn digits_before(&self, index: usize) -> String {
        self.digits.get(..index).unwrap_or_default().to_owned()
    }

    /// Whether a further digit stands directly before the first or after the last one.
    pub(super) fn touches_digit(&self, text: &str, first: usize, last: usize) -> bool {
        digit_before(text, self.offset(first)) || digit_after(text, self.offset(last) + 1)
    }
}

/// All digits of the text, cut where a letter or more than four other characters stand between.
pub(super) fn digit_chains(text: &str) -> Vec<Chain> {
    let mut chains: Vec<Chain> = Vec::new();
    let mut gap = usize::MAX;
    for (at, c) in text.char_indices() {
        if c.is_ascii_digit() {
            if gap > 4 {
                chains.push(Chain { digits: Zeroizing::new(String::with_capacity(16)), at: Vec::new() });
            }
            if let Some(chain) = chains.last_mut() {
                chain.digits.push(c);
                chain.at.push(at);
            }
            gap = 0;
        } else if c.is_alphanumeric() {
            gap = usize::MAX;
        } else {
            gap = gap.saturating_add(1);
        }
    }
    chains
}

fn digit_before(text: &str, at: usize) -> bool {
    text.get(..at).is_some_and(|head| head.ends_with(|c: char| c.is_ascii_digit()))
}

fn digit_after(text: &str, at: usize) -> bool {
    text.get(at..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// All identifiers in a text in normal form. They may overlap.
pub(super) fn find(text: &str, own: &Own) -> Vec<Found> {
    let mut found = Vec::new();
    let marks = Marks::of(text);
    emails(text, &marks, own, &mut found);
    links(text, &marks, own, &mut found);
    ip_addresses(text, &marks, &mut found);
    let doubtful = personal_numbers(text, &marks, own, &mut found);
    organisation_numbers(text, &marks, &mut found);
    accounts(text, &marks, &mut found);
    vehicles(text, &marks, &mut found);
    phones(text, &marks, own, &mut found);
    unclaimed(text, doubtful, &mut found);
    addresses(text, &marks, own, &mut found);
    births_and_sex(text, &marks, &mut found);
    found
}

/// What the layout of a whole text says of its sender. The places may overlap.
pub(super) fn find_in_layout(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    labelled_lines(text, &mut found);
    for (start, end, rule) in sender_lines(text) {
        found.push(Found::own(start, end, SpanCategory::Name, rule));
    }
    found
}

fn year_like(four: &str) -> bool {
    four.parse::<u32>().is_ok_and(|year| (1950..=2039).contains(&year))
}

fn trimmed(text: &str, start: usize, end: usize) -> (usize, usize) {
    let Some(value) = text.get(start..end) else { return (start, start) };
    let tail = value.trim_end_matches([' ', '\t', ',', '.']);
    let lead = tail.len() - tail.trim_start_matches([' ', '\t']).len();
    (start + lead, start + tail.len())
}

/// The line around a byte.
fn line_around(text: &str, at: usize) -> (usize, usize) {
    let start = text.get(..at).and_then(|head| head.rfind('\n')).map_or(0, |end| end + 1);
    let end = text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |length| at + length);
    (start, end)
}

/// The lines in which the signs stand, each once. The signs are in order.
fn lines_around(text: &str, signs: &[usize]) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    for at in signs {
        if out.last().is_none_or(|(_, end)| end <= at) {
            out.push(line_around(text, *at));
        }
    }
    out
}
