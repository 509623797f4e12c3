//! Finds identifiers by their form: personnummer, addresses on the net, telephone numbers, postal
//! addresses, labelled lines, letter heads and signatures. It needs no knowledge of the applicant,
//! except to tell the applicant's own values from those of others.
//!
//! All patterns run in linear time.

use regex::Regex;
use zeroize::Zeroizing;

use super::known::Own;
use super::{Found, SpanCategory, rule};

/// Makes each pattern a static that is compiled when it is first used.
macro_rules! patterns {
    ($($name:ident = $text:expr;)*) => {$(
        static $name: std::sync::LazyLock<regex::Regex> =
            std::sync::LazyLock::new(|| $crate::pipeline::pseudonymise::structured::pattern($text));
    )*};
}

// Below the macro, because they use it.
mod address;
mod personal_number;
mod phone;
mod sender;

use self::address::addresses;
pub(super) use self::address::{address_tail, house_number};
pub(super) use self::personal_number::like_personnummer;
use self::personal_number::personal_numbers;
use self::phone::phones;
pub(super) use self::sender::sender;
use self::sender::{labelled_lines, sender_lines};

#[expect(clippy::expect_used, reason = "a fixed pattern that does not compile stops the first test")]
/// Compiles a fixed pattern. A wrong one is a mistake in this module and stops the first test.
pub(super) fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a fixed pattern of this module")
}

patterns! {
    EMAIL_TIGHT = r"[\p{L}\p{M}\p{N}._%+'’\-]*[\p{L}\p{M}\p{N}_+\-]@[\p{L}\p{N}][\p{L}\p{M}\p{N}\-]*(?:\.[\p{L}\p{N}][\p{L}\p{M}\p{N}\-]*)*";
    EMAIL_SPACED = r"[\p{L}\p{M}\p{N}._%+'’\-]*[\p{L}\p{M}\p{N}_+\-][ \t]*@[ \t]*[\p{L}\p{N}][\p{L}\p{M}\p{N}\-]*(?:[ \t]?\.[ \t]?[\p{L}\p{N}][\p{L}\p{M}\p{N}\-]*)+";
    EMAIL_BRACKETS = r"(?i)[\p{L}\p{M}\p{N}._%+'’\-]*[\p{L}\p{M}\p{N}_+\-][ \t]*[(\[{<][ ]?(?:at|a|snabel-?a|@)[ ]?[)\]}>][ \t]*[\p{L}\p{N}][\p{L}\p{M}\p{N}\-]*(?:(?:[ ]?\.|[ \t]*[(\[{<][ ]?(?:dot|punkt|prick|\.)[ ]?[)\]}>][ \t]*|[ ](?:dot|punkt|prick)[ ])[\p{L}\p{N}][\p{L}\p{M}\p{N}\-]*)+";
    EMAIL_WORDS = r"(?i)\b[\p{L}\p{M}\p{N}._\-]+[ ](?:at|snabel-?a)[ ][\p{L}\p{N}\-]+(?:[ ](?:dot|punkt|prick)[ ][\p{L}\p{N}\-]+)*[ ](?:dot|punkt|prick)[ ](?:com|se|org|net|nu|io|eu|info|dk|no|fi)\b";
    EMAIL_WORD_AT = r"(?i)\b[\p{L}\p{M}\p{N}\-]+(?:[._][\p{L}\p{M}\p{N}\-]+)+[ ](?:at|snabel-?a)[ ][\p{L}\p{N}\-]+(?:\.[\p{L}\p{N}\-]+)+";
    EMAIL_AT = r"(?i)[ \t]*(?:@|[(\[{<][ ]?(?:at|a|snabel-?a|@)[ ]?[)\]}>]|[ ](?:at|snabel-?a)[ ])[ \t]*";
    EMAIL_DOT = r"(?i)[ \t]*(?:[(\[{<][ ]?(?:dot|punkt|prick|\.)[ ]?[)\]}>]|[ ](?:dot|punkt|prick)[ ])[ \t]*|[ \t]*\.[ \t]*";
    HANDLE = r"(?:^|[\s(\[,;:/|])(@[\p{L}\p{N}_][\p{L}\p{M}\p{N}_.\-]*)";
    ANY_AT = r"[^\s]*[\p{L}\p{N}_]@[^\s]*|[^\s]*@[\p{L}\p{N}_][^\s]*";
    URL = r#"(?i)\b(?:(?:https?|ftp)://|www\.|mailto:)[^\s<>"|]+"#;
    BARE_URL = r#"(?i)\b(?:[\p{L}\p{N}][\p{L}\p{M}\p{N}\-]*\.)+(\p{L}{2,12})\b(/[^\s<>"|]*)?"#;
    LABELLED_HANDLE = r"(?im)(?:^|[\s(|,;•])(?:linkedin|linked-in|github|gitlab|bitbucket|twitter|instagram|insta|facebook|skype|tiktok|snapchat|telegram|discord|behance|dribbble|youtube|mastodon|bluesky|portfolio|hemsida|webbplats|webbsida|website|homepage|blogg|blog)[ \t]*[:=][ \t]*([^\n|,;•]+)";
    BIRTH = r"(?i)\b(?:född|födelsedatum|födelsedag|födelseår|födelsetid|date of birth|birth ?date|birthday|born|d\.?o\.?b\.?|f\.)[ \t]*(?:år|den|on|in|the)?[ \t]*[:\-–]?[ \t]*((?:[0-9]{4}[-./ ][0-9]{1,2}[-./ ][0-9]{1,2}|[0-9]{1,2}[-./ ][0-9]{1,2}[-./ ][0-9]{2,4}|[0-9]{8}|[0-9]{6}|[0-9]{1,2}(?:st|nd|rd|th|:e)?[ ](?:of[ ])?\p{L}{3,9},?[ ][0-9]{4}|\p{L}{3,9}[ ][0-9]{1,2}(?:st|nd|rd|th)?,?[ ][0-9]{4}|(?:19|20)[0-9]{2}))\b";
    SEX_LABEL = r"(?im)\b(?:kön|gender|sex|pronomen|pronouns?)[ \t]*:[ \t]*([\p{L}/ ,]{2,30})";
    PRONOUNS = r"(?i)\b(?:(?:she|they)[ ]?/[ ]?(?:hers?|them)|he[ ]?/[ ]?(?:him|his)|hon[ ]?/[ ]?hennes?|han[ ]?/[ ]?(?:honom|hans)|hen[ ]?/[ ]?(?:hen|hens|henom))(?:[ ]?/[ ]?\p{L}+)?\b";
    SELF_SEX = r"(?i)\b(?:jag är|och är|som|i am|i'm|and am|as)[ ](?:en |an? )(?:[\p{L}\p{N}\-]+[ ]){0,2}?(kvinna|man|tjej|kille|flicka|pojke|woman|girl|guy)\b|\b(?:jag är|som)[ ](kvinna)\b|\bjag är (man)\b";
}

/// Top-level domains that are also the ends of missing spaces in prose; they need a path.
const DOUBTFUL_DOMAINS: [&str; 17] = [
    "me", "no", "de", "fi", "ai", "info", "app", "page", "design", "studio", "space", "site", "blog", "tech",
    "online", "it", "is",
];
const DOMAINS: [&str; 12] =
    ["se", "com", "org", "net", "nu", "io", "dev", "eu", "dk", "uk", "website", "edu"];
/// Products that are written like an address.
const PRODUCTS: [&str; 8] =
    ["asp.net", "vb.net", "ado.net", "ml.net", "socket.io", "draw.io", "booking.com", "monday.com"];

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
    emails(text, own, &mut found);
    links(text, own, &mut found);
    personal_numbers(text, own, &mut found);
    phones(text, own, &mut found);
    addresses(text, own, &mut found);
    labelled_lines(text, &mut found);
    births_and_sex(text, &mut found);
    for (start, end, rule) in sender_lines(text) {
        found.push(Found::own(start, end, SpanCategory::Name, rule));
    }
    found
}

fn canonical_email(text: &str) -> Zeroizing<String> {
    let at = Zeroizing::new(EMAIL_AT.replace(text, "@").into_owned());
    Zeroizing::new(EMAIL_DOT.replace_all(&at, ".").trim().to_lowercase())
}

fn emails(text: &str, own: &Own, found: &mut Vec<Found>) {
    if text.contains('@') {
        for pattern in [&EMAIL_TIGHT, &EMAIL_SPACED] {
            for m in pattern.find_iter(text) {
                push_email(m.start(), m.end(), m.as_str(), own, found);
            }
        }
    }
    for pattern in [&EMAIL_BRACKETS, &EMAIL_WORDS, &EMAIL_WORD_AT] {
        for m in pattern.find_iter(text) {
            push_email(m.start(), m.end(), m.as_str(), own, found);
        }
    }
}

fn push_email(start: usize, end: usize, text: &str, own: &Own, found: &mut Vec<Found>) {
    let value = canonical_email(text);
    found.push(if own.is_own_email(&value) {
        Found::own(start, end, SpanCategory::Email, rule::EMAIL)
    } else {
        Found::other(start, end, SpanCategory::Email, rule::EMAIL, &value)
    });
}

fn push_link(start: usize, text: &str, rule: &'static str, own: &Own, found: &mut Vec<Found>) {
    let text = text.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}', '\'', '’', '”', '"', '>']);
    if text.is_empty() {
        return;
    }
    let end = start + text.len();
    found.push(if own.is_own_link(text) {
        Found::own(start, end, SpanCategory::Link, rule)
    } else {
        Found::other(start, end, SpanCategory::Link, rule, &text.to_lowercase())
    });
}

fn links(text: &str, own: &Own, found: &mut Vec<Found>) {
    for m in URL.find_iter(text) {
        push_link(m.start(), m.as_str(), rule::URL, own, found);
    }
    for captures in BARE_URL.captures_iter(text) {
        let (Some(all), Some(domain)) = (captures.get(0), captures.get(1)) else { continue };
        let has_path = captures.get(2).is_some_and(|path| path.len() > 1);
        let known = DOMAINS.contains(&domain.as_str())
            || has_path
                && (DOUBTFUL_DOMAINS.contains(&domain.as_str())
                    || DOMAINS.contains(&&*domain.as_str().to_lowercase()));
        if known && !PRODUCTS.contains(&&*all.as_str().to_lowercase()) {
            push_link(all.start(), all.as_str(), rule::URL, own, found);
        }
    }
    for captures in LABELLED_HANDLE.captures_iter(text) {
        let Some(value) = captures.get(1) else { continue };
        let (start, end) = trimmed(text, value.start(), value.end());
        let Some(handle) = text.get(start..end) else { continue };
        let one_word = !handle.is_empty() && !handle.contains(char::is_whitespace);
        if one_word {
            push_link(start, handle, rule::HANDLE, own, found);
        } else if !handle.is_empty() {
            found.push(Found::weak_link(start, end));
        }
    }
    if text.contains('@') {
        for captures in HANDLE.captures_iter(text) {
            if let Some(handle) = captures.get(1) {
                push_link(handle.start(), handle.as_str(), rule::HANDLE, own, found);
            }
        }
        for m in ANY_AT.find_iter(text) {
            let before =
                m.as_str().len() - m.as_str().trim_start_matches(['(', '[', '"', '”', '<', '*']).len();
            push_link(
                m.start() + before,
                m.as_str().get(before..).unwrap_or_default(),
                rule::ANY_AT,
                own,
                found,
            );
        }
    }
}

pub(super) fn is_web_address(text: &str) -> bool {
    !text.contains(char::is_whitespace) && BARE_URL.find(text).is_some_and(|m| m.len() == text.len())
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

fn births_and_sex(text: &str, found: &mut Vec<Found>) {
    for captures in BIRTH.captures_iter(text) {
        if let Some(value) = captures.get(1) {
            found.push(Found::own(value.start(), value.end(), SpanCategory::Birth, rule::BIRTH));
        }
    }
    for captures in SEX_LABEL.captures_iter(text) {
        if let Some(value) = captures.get(1) {
            let (start, end) = trimmed(text, value.start(), value.end());
            if start < end {
                found.push(Found::own(start, end, SpanCategory::Sex, rule::SEX));
            }
        }
    }
    for m in PRONOUNS.find_iter(text) {
        found.push(Found::own(m.start(), m.end(), SpanCategory::Sex, rule::SEX));
    }
    for captures in SELF_SEX.captures_iter(text) {
        for word in captures.iter().skip(1).flatten() {
            found.push(Found::own(word.start(), word.end(), SpanCategory::Sex, rule::SEX));
        }
    }
}
