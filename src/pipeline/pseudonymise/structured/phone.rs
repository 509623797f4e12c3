//! Telephone numbers, Swedish and foreign, and what tells them from dates, times and amounts.

use zeroize::Zeroizing;

use super::marks::Marks;
use super::{lines_around, year_like};
use crate::pipeline::pseudonymise::known::{Own, national_digits};
use crate::pipeline::pseudonymise::{Found, SpanCategory, rule};

patterns! {
    PHONE_LABEL = r"(?i)\b(?:tel(?:efon(?:nummer|nr)?)?|tfn|mobil(?:nummer|nr|telefon)?|mob|tele(?:phone)?|phone(?: ?number)?|cell(?:phone)?|mobile|sms|whatsapp|fax)\b\.?[ \t]*(?:nr|no|number)?\.?[ \t]*[:：]?[ \t]*(\+?[(]?[0-9][0-9 \t()\-–./]{3,18}[0-9])";
    YEARS = r"^\(?(?:19|20)[0-9]{2}\s*[-–/. ]\s*(?:(?:19|20)?[0-9]{2})\b";
}

/// The labels of telephone numbers end with one of these.
const LAST_LETTERS: [char; 20] =
    ['l', 'L', 'n', 'N', 'r', 'R', 'b', 'B', 'e', 'E', 's', 'S', 'p', 'P', 'x', 'X', 'o', 'O', 't', 'T'];

pub(super) fn phones(text: &str, marks: &Marks, own: &Own, found: &mut Vec<Found>) {
    let groups = &marks.groups;
    let mut index = 0;
    while index < groups.len() {
        match phone_at(text, groups, index) {
            Some((start, last)) => {
                let end = groups.get(last).map_or(start, |g| g.1);
                push_phone(text, start, end, own, found);
                index = last + 1;
            }
            None => index += 1,
        }
    }
    let of_phone = |(start, _): &&(usize, usize)| {
        let head = text.get(..*start).unwrap_or_default().trim_end_matches(|c: char| !c.is_alphabetic());
        head.len() + 12 > *start && head.ends_with(LAST_LETTERS)
    };
    let labelled: Vec<usize> = groups.iter().filter(of_phone).map(|(start, _)| *start).collect();
    for (from, to) in lines_around(text, &labelled) {
        let line = text.get(from..to).unwrap_or_default();
        for captures in PHONE_LABEL.captures_iter(line) {
            let Some(value) = captures.get(1) else { continue };
            let digits = value.as_str().chars().filter(char::is_ascii_digit).count();
            let (start, mut end) = (from + value.start(), from + value.end());
            if let Some(cut) = value.as_str().find("  ") {
                end = start + cut;
            }
            let covered = found.iter().any(|f| {
                f.start < end
                    && f.end > start
                    && matches!(f.category, SpanCategory::Phone | SpanCategory::PersonalNumber)
            });
            if digits >= 6 && !covered && !YEARS.is_match(value.as_str()) {
                push_phone(text, start, end, own, found);
            }
        }
    }
}

fn push_phone(text: &str, start: usize, end: usize, own: &Own, found: &mut Vec<Found>) {
    let value = text.get(start..end).unwrap_or_default();
    found.push(if own.is_own_phone(value) {
        Found::own(start, end, SpanCategory::Phone, rule::PHONE)
    } else {
        Found::other(start, end, SpanCategory::Phone, rule::PHONE, &national_digits(value))
    });
}

/// A telephone number that begins with group `index`: its start and its last group.
fn phone_at(text: &str, groups: &[(usize, usize)], index: usize) -> Option<(usize, usize)> {
    let &(first, first_end) = groups.get(index)?;
    let head = text.get(..first)?;
    let bare = head.trim_end_matches(['(', ' ']);
    let plus = if head.ends_with('+') {
        Some(first - 1)
    } else if bare.ends_with('+') && head.len() - bare.len() <= 2 {
        Some(bare.len() - 1)
    } else {
        None
    };
    let group = text.get(first..first_end)?;
    // A plus may open an item of a list: `+ 2001–2002: analytiker`.
    let plus = plus.filter(|_| head.ends_with('+') || !year_like(group));
    let abroad =
        plus.is_some() || group.starts_with("00") && group.as_bytes().get(2).is_some_and(|b| *b != b'0');
    let domestic = !abroad && group.len() >= 2 && group.starts_with('0') && !group.starts_with("00");
    if !abroad && !domestic {
        return None;
    }
    // Inside a date or an amount: `2019-05-06`, `1.050.000`.
    if plus.is_none()
        && head.ends_with(['.', ',', '-', '–', '/', ':', '\''])
        && head.trim_end_matches(['.', ',', '-', '–', '/', ':', '\'']).ends_with(|c: char| c.is_ascii_digit())
    {
        return None;
    }
    if domestic && amount(text, groups, index) {
        return None;
    }
    let mut totals: Vec<usize> = Vec::new();
    let mut digits = Zeroizing::new(String::with_capacity(16));
    for position in index..groups.len().min(index + 10) {
        let &(start, end) = groups.get(position)?;
        if position > index {
            let gap = text.get(groups.get(position - 1)?.1..start)?;
            let fits = gap.chars().count() <= 3
                && gap
                    .chars()
                    .all(|c| matches!(c, ' ' | '\t' | '.' | '-' | '–' | '—' | '−' | '(' | ')' | '/'));
            if !fits || gap.is_empty() {
                break;
            }
        }
        digits.push_str(text.get(start..end)?);
        totals.push(digits.len());
        if digits.len() > 15 {
            break;
        }
    }
    if domestic && like_a_date(text, groups, index) {
        return None;
    }
    let (least, most) = if abroad {
        let rest = digits.strip_prefix("00").unwrap_or(&digits);
        let trunk = digits.len() - rest.len();
        match rest.strip_prefix("46") {
            Some(national) if national.starts_with('0') => (9 + trunk, 12 + trunk),
            Some(_) => (8 + trunk, 11 + trunk),
            None => (8 + trunk, 12 + trunk),
        }
    } else {
        (8, 10)
    };
    let fit = |low: usize, high: usize| totals.iter().rposition(|total| (low..=high).contains(total));
    let last = match fit(9.max(least), most) {
        Some(last) => last,
        None if domestic => fit(11, 11).or_else(|| fit(least, most))?,
        None => fit(least, most).or_else(|| fit(13, 15))?,
    };
    let start = plus.unwrap_or(first);
    let opened = text.get(..start).is_some_and(|t| t.ends_with('('))
        && text.get(start..groups.get(index + last)?.1).is_some_and(|t| t.contains(')'));
    Some((if opened { start - 1 } else { start }, index + last))
}

/// Thousands: groups of three after a first group that is no zero.
fn amount(text: &str, groups: &[(usize, usize)], index: usize) -> bool {
    let Some(before) = index.checked_sub(1) else { return false };
    let spaced = |left: usize| match (groups.get(left), groups.get(left + 1)) {
        (Some((_, end)), Some((start, _))) => text.get(*end..*start) == Some(" "),
        _ => false,
    };
    let three = |at: usize| groups.get(at).is_some_and(|(start, end)| end - start == 3);
    let mut last = index;
    while spaced(last) && last < index + 8 {
        last += 1;
    }
    spaced(before)
        && groups
            .get(before)
            .is_some_and(|(start, end)| end - start <= 3 && text.as_bytes().get(*start) != Some(&b'0'))
        && (index..=last).all(three)
}

/// `05-2019`, `01/02/2019`, `08.00-16.00`.
fn like_a_date(text: &str, groups: &[(usize, usize)], index: usize) -> bool {
    let part = |offset: usize| groups.get(index + offset).and_then(|(start, end)| text.get(*start..*end));
    let gap = |offset: usize| -> Option<&str> {
        text.get(groups.get(index + offset)?.1..groups.get(index + offset + 1)?.0)
    };
    let small =
        |part: Option<&str>| part.is_some_and(|p| p.len() <= 2 && p.parse::<u32>().is_ok_and(|n| n <= 31));
    let year = |part: Option<&str>| part.is_some_and(|p| p.len() == 4 && year_like(p));
    if small(part(0)) && year(part(1)) || small(part(0)) && small(part(1)) && year(part(2)) {
        return true;
    }
    let short_year = part(2).is_some_and(|p| p.len() == 2)
        && gap(0).is_some_and(|g| matches!(g, "/" | "." | "-"))
        && gap(0) == gap(1)
        && gap(2) != gap(0);
    if small(part(0)) && small(part(1)) && short_year {
        return true;
    }
    let clock = |offset: usize| {
        part(offset).is_some_and(|h| h.len() == 2 && h.parse::<u32>().is_ok_and(|n| n < 25))
            && part(offset + 1).is_some_and(|m| m.len() == 2 && m.parse::<u32>().is_ok_and(|n| n < 60))
            && gap(offset).is_some_and(|g| g == "." || g == ":")
    };
    clock(0) && clock(2)
}
