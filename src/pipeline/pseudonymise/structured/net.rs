//! Addresses on the net, also written so that robots do not see them: e-mail, links, handles.
//!
//! Each pattern runs only over the line or the chunk around a sign that it needs.

use zeroize::Zeroizing;

use super::marks::Marks;
use super::{line_around, lines_around, trimmed};
use crate::pipeline::pseudonymise::known::Own;
use crate::pipeline::pseudonymise::{Found, SpanCategory, rule};

patterns! {
    EMAIL_TIGHT = r"[\p{L}\p{M}\p{N}._%+'’\-]*[\p{L}\p{M}\p{N}_+\-]@[\p{L}\p{N}][\p{L}\p{M}\p{N}\-]*(?:\.[\p{L}\p{N}][\p{L}\p{M}\p{N}\-]*)*";
    EMAIL_SPACED = r"[\p{L}\p{M}\p{N}._%+'’\-]*[\p{L}\p{M}\p{N}_+\-][ \t]*@[ \t]*[\p{L}\p{N}][\p{L}\p{M}\p{N}\-]*(?:[ \t]?\.[ \t]?[\p{Ll}\p{N}][\p{L}\p{M}\p{N}\-]*)+";
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
}

/// The words before an address that is written out: `namn at exempel dot se`.
const AT_WORDS: [&str; 2] = [" at ", " snabel"];
/// The words after which a handle stands.
const SERVICES: [&str; 24] = [
    "linkedin",
    "linked-in",
    "github",
    "gitlab",
    "bitbucket",
    "twitter",
    "instagram",
    "insta",
    "facebook",
    "skype",
    "tiktok",
    "snapchat",
    "telegram",
    "discord",
    "behance",
    "dribbble",
    "youtube",
    "mastodon",
    "bluesky",
    "portfolio",
    "hemsida",
    "webbplats",
    "webbsida",
    "website",
];
/// Shorter ones of them.
const PAGES: [&str; 3] = ["homepage", "blogg", "blog"];

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

fn canonical_email(text: &str) -> Zeroizing<String> {
    let at = Zeroizing::new(EMAIL_AT.replace(text, "@").into_owned());
    Zeroizing::new(EMAIL_DOT.replace_all(&at, ".").trim().to_lowercase())
}

/// The lines in which a word of an address that is written out stands.
fn spelled_out(text: &str) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    let spaces = text.match_indices(' ').map(|(at, _)| at);
    let word_after = |at: usize| {
        AT_WORDS
            .iter()
            .any(|word| text.get(at..at + word.len()).is_some_and(|here| here.eq_ignore_ascii_case(word)))
    };
    for at in spaces.filter(|at| word_after(*at)) {
        if out.last().is_some_and(|(_, end)| *end > at) {
            continue;
        }
        let (start, end) = line_around(text, at);
        let line = text.get(start..end).unwrap_or_default();
        // `anna.ek at exempel.se`, or a dot that is a word too.
        let mailbox = text.get(start..at).and_then(|head| head.rsplit(' ').next());
        let dotted = mailbox.is_some_and(|word| word.contains(['.', '_']));
        let in_words = || {
            let line = line.to_ascii_lowercase();
            [" dot ", " punkt ", " prick "].iter().any(|word| line.contains(word))
        };
        if dotted || in_words() {
            out.push((start, end));
        }
    }
    out
}

pub(super) fn emails(text: &str, marks: &Marks, own: &Own, found: &mut Vec<Found>) {
    for (start, end) in lines_around(text, &marks.at_signs) {
        let Some(line) = text.get(start..end) else { continue };
        for pattern in [&EMAIL_TIGHT, &EMAIL_SPACED] {
            for m in pattern.find_iter(line) {
                push_email(start + m.start(), start + m.end(), m.as_str(), own, found);
            }
        }
    }
    let opens_at = |at: &&usize| {
        let after = text.get(**at + 1..).unwrap_or_default();
        after.strip_prefix(' ').unwrap_or(after).starts_with(['a', 'A', 's', 'S', '@'])
    };
    let bracketed: Vec<usize> = marks.brackets.iter().filter(opens_at).copied().collect();
    for (start, end) in lines_around(text, &bracketed) {
        for m in EMAIL_BRACKETS.find_iter(text.get(start..end).unwrap_or_default()) {
            push_email(start + m.start(), start + m.end(), m.as_str(), own, found);
        }
    }
    for (start, end) in spelled_out(text) {
        for pattern in [&EMAIL_WORDS, &EMAIL_WORD_AT] {
            for m in pattern.find_iter(text.get(start..end).unwrap_or_default()) {
                push_email(start + m.start(), start + m.end(), m.as_str(), own, found);
            }
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

/// The chunks between white space in which a link may stand.
fn chunks(text: &str, marks: &Marks) -> Vec<(usize, usize)> {
    let opens_link = |at: &usize| {
        let (before, after) = text.split_at(*at);
        after.starts_with("://")
            || before
                .len()
                .checked_sub(6)
                .and_then(|from| before.get(from..))
                .is_some_and(|word| word.eq_ignore_ascii_case("mailto"))
    };
    let mut signs: Vec<usize> = marks.colons.iter().copied().filter(opens_link).collect();
    signs.extend(&marks.dots);
    signs.sort_unstable();
    let mut out: Vec<(usize, usize)> = Vec::new();
    for at in signs {
        if out.last().is_some_and(|(_, end)| *end > at) {
            continue;
        }
        let (before, after) = text.split_at(at);
        let start = before.rfind(char::is_whitespace).map_or(0, |gap| {
            gap + before.get(gap..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
        });
        out.push((start, at + after.find(char::is_whitespace).unwrap_or(after.len())));
    }
    out
}

pub(super) fn links(text: &str, marks: &Marks, own: &Own, found: &mut Vec<Found>) {
    for (from, to) in chunks(text, marks) {
        let chunk = text.get(from..to).unwrap_or_default();
        for m in URL.find_iter(chunk) {
            push_link(from + m.start(), m.as_str(), rule::URL, own, found);
        }
        for captures in BARE_URL.captures_iter(chunk) {
            let (Some(all), Some(domain)) = (captures.get(0), captures.get(1)) else { continue };
            let has_path = captures.get(2).is_some_and(|path| path.len() > 1);
            let known = DOMAINS.contains(&domain.as_str())
                || has_path
                    && (DOUBTFUL_DOMAINS.contains(&domain.as_str())
                        || DOMAINS.contains(&&*domain.as_str().to_lowercase()));
            if known && !PRODUCTS.contains(&&*all.as_str().to_lowercase()) {
                push_link(from + all.start(), all.as_str(), rule::URL, own, found);
            }
        }
    }
    let after_service = |at: &&usize| {
        let head = text.get(..**at).unwrap_or_default().trim_end_matches([' ', '\t']);
        SERVICES.iter().chain(&PAGES).any(|word| {
            let from = head.len().checked_sub(word.len());
            from.and_then(|from| head.get(from..)).is_some_and(|end| end.eq_ignore_ascii_case(word))
        })
    };
    let labels: Vec<usize> = marks.colons.iter().filter(after_service).copied().collect();
    for (from, to) in lines_around(text, &labels) {
        for captures in LABELLED_HANDLE.captures_iter(text.get(from..to).unwrap_or_default()) {
            let Some(value) = captures.get(1) else { continue };
            let (start, end) = trimmed(text, from + value.start(), from + value.end());
            let Some(handle) = text.get(start..end) else { continue };
            let one_word = !handle.is_empty() && !handle.contains(char::is_whitespace);
            if one_word {
                push_link(start, handle, rule::HANDLE, own, found);
            } else if !handle.is_empty() {
                found.push(Found::weak_link(start, end));
            }
        }
    }
    for (from, to) in lines_around(text, &marks.at_signs) {
        let line = text.get(from..to).unwrap_or_default();
        for captures in HANDLE.captures_iter(line) {
            if let Some(handle) = captures.get(1) {
                push_link(from + handle.start(), handle.as_str(), rule::HANDLE, own, found);
            }
        }
        for m in ANY_AT.find_iter(line) {
            let before =
                m.as_str().len() - m.as_str().trim_start_matches(['(', '[', '"', '”', '<', '*']).len();
            push_link(
                from + m.start() + before,
                m.as_str().get(before..).unwrap_or_default(),
                rule::ANY_AT,
                own,
                found,
            );
        }
    }
}

pub(in crate::pipeline::pseudonymise) fn is_web_address(text: &str) -> bool {
    !text.contains(char::is_whitespace) && BARE_URL.find(text).is_some_and(|m| m.len() == text.len())
}
