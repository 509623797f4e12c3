//! Personnummer, samordningsnummer and interim numbers in all the ways that people write them, and
//! what tells them from telephone numbers, dates and amounts.

use regex::Regex;
use zeroize::Zeroizing;

use super::{digit_after, digit_before, year_like};
use crate::pipeline::pseudonymise::known::Own;
use crate::pipeline::pseudonymise::{Found, SpanCategory, rule};

patterns! {
    PN_MAIN = r"((?:(?:18|19|20) ?)?)([0-9]{6})([\s\-+–—−()\[\].:/·]{0,4})([0-9]{4}|[A-Za-z][0-9]{3})";
    PN_DATE = r"((?:18|19|20)?[0-9]{2})[-./ ]([0-9]{2})[-./ ]([0-9]{2})([\s\-+–—−()\[\]/]{1,4})([0-9]{4}|[A-Za-z][0-9]{3})";
    PN_PAIRS = r"((?:18|19|20)? ?)([0-9]{2}) ?([0-9]{2}) ?([0-9]{2})[ \-–+−—]{0,3}([0-9]{2}) ([0-9]{2})";
    PN_SINGLE = r"[0-9](?:[ .\-–·]{1,3}[0-9]){9,11}";
    PN_HIDDEN = r"\b(?:18|19|20)?([0-9]{6})[ ]?[-+–−]?[ ]?(?:[xX]{4}|\*{4}|\?{4}|#{4}|_{4}|N{4})";
    PN_LABEL = r"(?i)\b(?:person(?:nummer|nr|al identity number|al number)|pers\.? ?nr|p\.?nr|samordningsn(?:ummer|r)|social security (?:number|no)|ssn|national id)\b[^0-9\n\x01]{0,12}([0-9][0-9 \t\-+–—−./]{4,18}[0-9A-Za-z])";
}

/// Whether a whole field is a personnummer or samordningsnummer in some spelling.
pub(in crate::pipeline::pseudonymise) fn like_personnummer(text: &str) -> bool {
    let digits: Zeroizing<String> = Zeroizing::new(text.chars().filter(char::is_ascii_digit).collect());
    if text.trim_start().starts_with('+') && digits.len() < 12 {
        return false;
    }
    match digits.len() {
        12 => strict_date(digits.get(2..8).unwrap_or_default()),
        10 if text.contains(['-', '+', '–']) && text.find(['-', '+', '–']).is_some_and(|at| at >= 6) => {
            true
        }
        10 => strict_date(digits.get(..6).unwrap_or_default()) && (!digits.starts_with('0') || luhn(&digits)),
        9 => text.chars().any(char::is_alphabetic) && strict_date(digits.get(..6).unwrap_or_default()),
        _ => false,
    }
}

/// `YYMMDD` with a real month and a day of the month, or sixty more for a samordningsnummer, whose month
/// and day may also be unknown: 00 and 60.
fn strict_date(six: &str) -> bool {
    let (Some(month), Some(day)) = (number(six, 2, 4), number(six, 4, 6)) else { return false };
    (1..=12).contains(&month) && (1..=31).contains(&day) || month <= 12 && (60..=91).contains(&day)
}

fn number(digits: &str, from: usize, to: usize) -> Option<u32> {
    digits.get(from..to).and_then(|part| part.parse().ok())
}

/// The check digit of ten digits (modulus 10).
fn luhn(ten: &str) -> bool {
    let ten = if ten.len() == 12 { ten.get(2..).unwrap_or(ten) } else { ten };
    ten.len() == 10
        && ten
            .bytes()
            .enumerate()
            .map(|(index, byte)| {
                let digit = u32::from(byte.wrapping_sub(b'0'));
                let twice = digit * 2;
                if index % 2 == 0 { twice / 10 + twice % 10 } else { digit }
            })
            .sum::<u32>()
            % 10
            == 0
}

/// Tries a pattern at every place, so that a refused match does not hide one that begins inside it.
fn every_match<'t>(pattern: &Regex, text: &'t str, mut accept: impl FnMut(&regex::Captures<'t>) -> bool) {
    let mut at = 0;
    while let Some(captures) = pattern.captures_at(text, at) {
        let Some(all) = captures.get(0) else { break };
        let bounded = !digit_before(text, all.start()) && !digit_after(text, all.end());
        let step = text.get(all.start()..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        at = if bounded && accept(&captures) { all.end() } else { all.start() + step };
        if at >= text.len() {
            break;
        }
    }
}

pub(super) fn personal_numbers(text: &str, own: &Own, found: &mut Vec<Found>) {
    let group = |captures: &regex::Captures<'_>, index: usize| -> String {
        captures.get(index).map_or(String::new(), |m| m.as_str().to_owned())
    };
    let mut push = |start: usize, end: usize, value: &str| {
        let (start, end) = bracketed(text, start, end);
        found.push(if own.is_own_number(value) {
            Found::own(start, end, SpanCategory::PersonalNumber, rule::PERSONNUMMER)
        } else {
            let digits: Zeroizing<String> = Zeroizing::new(value.to_lowercase());
            let ten = if digits.len() == 12 { digits.get(2..).unwrap_or(&digits) } else { digits.as_str() };
            Found::other(start, end, SpanCategory::PersonalNumber, rule::PERSONNUMMER, ten)
        });
    };
    every_match(&PN_MAIN, text, |c| {
        let (century, six, gap, four) = (group(c, 1), group(c, 2), group(c, 3), group(c, 4));
        let interim = four.starts_with(|x: char| x.is_ascii_alphabetic());
        if interim && !four.starts_with(|x: char| "TRSUWXJKLMNP".contains(x.to_ascii_uppercase())) {
            return false;
        }
        let after = c.get(0).map_or(0, |m| m.end());
        if interim && (gap.len() > 3 || text.get(after..).is_some_and(|t| t.starts_with(char::is_alphabetic)))
        {
            return false;
        }
        let dashed = gap.contains(['-', '+', '–', '—', '−']);
        let ten = Zeroizing::new(format!("{six}{four}"));
        let fits = if gap.is_empty() && century.is_empty() && !interim {
            strict_date(&six)
                && (!six.starts_with('0')
                    || luhn(&ten) && (six.starts_with("00") || number(&six, 4, 6).is_some_and(|d| d <= 31)))
        } else if dashed && !interim {
            strict_date(&six)
                || number(&six, 2, 4).is_some_and(|m| (1..=19).contains(&m))
                    && number(&six, 4, 6).is_some_and(|d| d > 0)
        } else {
            strict_date(&six)
        };
        // `201209-2014` is a stretch of months, `20120901 – 2014` a stretch of days.
        let loose = !gap.is_empty() && year_like(&four);
        let months = century.is_empty() && (six.starts_with("19") || six.starts_with("20"));
        let spread = if dashed { gap.contains([' ', '–', '\n']) } else { !luhn(&ten) };
        let days = !century.is_empty() && spread;
        if !fits || loose && (months || days) {
            return false;
        }
        if let Some(all) = c.get(0) {
            push(all.start(), all.end(), &ten);
        }
        true
    });
    every_match(&PN_DATE, text, |c| {
        let (year, month, day, gap, four) = (group(c, 1), group(c, 2), group(c, 3), group(c, 4), group(c, 5));
        let short = year.get(year.len().saturating_sub(2)..).unwrap_or_default();
        let six = Zeroizing::new(format!("{short}{month}{day}"));
        let ten = Zeroizing::new(format!("{}{four}", six.as_str()));
        let loose = gap.chars().count() > 1 || gap.contains([' ', '–', '—', '/', '\n']);
        let dashed = gap.contains(['-', '–', '—', '−']);
        if !strict_date(&six) || year_like(&four) && loose && (dashed || !luhn(&ten)) {
            return false;
        }
        if let Some(all) = c.get(0) {
            push(all.start(), all.end(), &ten);
        }
        true
    });
    every_match(&PN_PAIRS, text, |c| {
        let ten = Zeroizing::new((2..=6).map(|index| group(c, index)).collect::<String>());
        // Pairs after a single zero are more often a telephone number.
        let number = !ten.starts_with('0') || ten.starts_with("00") || luhn(&ten);
        let ok = strict_date(ten.get(..6).unwrap_or_default()) && number;
        if let (true, Some(all)) = (ok, c.get(0)) {
            let start = all.start() + all.as_str().len() - all.as_str().trim_start().len();
            push(start, all.end(), &ten);
        }
        ok
    });
    every_match(&PN_SINGLE, text, |c| {
        let Some(all) = c.get(0) else { return false };
        let digits: Zeroizing<String> =
            Zeroizing::new(all.as_str().chars().filter(char::is_ascii_digit).collect());
        let date = match digits.len() {
            12 => digits.get(2..8),
            10 => digits.get(..6),
            _ => None,
        };
        let ok = date.is_some_and(strict_date);
        if ok {
            push(all.start(), all.end(), &digits);
        }
        ok
    });
    for captures in PN_HIDDEN.captures_iter(text) {
        if let (Some(all), Some(six)) = (captures.get(0), captures.get(1))
            && strict_date(six.as_str())
        {
            push(all.start(), all.end(), six.as_str());
        }
    }
    for captures in PN_LABEL.captures_iter(text) {
        let Some(value) = captures.get(1) else { continue };
        let digits: Zeroizing<String> =
            Zeroizing::new(value.as_str().chars().filter(char::is_ascii_alphanumeric).collect());
        if (6..=13).contains(&digits.len()) {
            push(value.start(), value.end(), &digits);
        }
    }
}

/// Takes a pair of brackets directly around a number with it when one of them is inside.
fn bracketed(text: &str, start: usize, end: usize) -> (usize, usize) {
    let inner = text.get(start..end).unwrap_or_default();
    let closes =
        inner.contains('(') && !inner.contains(')') && text.get(end..).is_some_and(|t| t.starts_with(')'));
    (start, if closes { end + 1 } else { end })
}
