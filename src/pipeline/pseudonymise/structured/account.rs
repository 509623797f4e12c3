//! Bank accounts, IBAN, bankgiro and plusgiro, payment cards and Swish numbers.

use super::label::{Labels, kind as label};
use super::marks::Marks;
use super::near;
use super::reading::{End, Gap, LONGEST, Reading, Sign, end_of, kind, luhn, year_like};
use crate::pipeline::pseudonymise::{Found, SpanCategory, rule};

/// Finds the accounts and cards of a text.
pub(super) fn accounts(text: &str, marks: &Marks, found: &mut Vec<Found>) {
    for (index, (start, _)) in marks.groups.iter().enumerate() {
        let digits = marks.digits_ahead(index);
        let place = iban(text, *start).or_else(|| {
            let labels = if digits >= 4 { Labels::before(text, *start) } else { Labels::default() };
            card(text, *start, digits, labels)
                .or_else(|| labelled(text, *start, labels))
                .or_else(|| at_a_bank(text, *start, digits))
        });
        if let Some((start, end)) = place {
            let value: String = text
                .get(start..end)
                .unwrap_or_default()
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|c| c.to_ascii_lowercase())
                .collect();
            found.push(Found::other(start, end, SpanCategory::Account, rule::ACCOUNT, &value));
        }
    }
}

/// How many signs the account numbers of a country have.
#[rustfmt::skip]
const COUNTRIES: &[(&[u8; 2], usize)] = &[
    (b"SE", 24), (b"NO", 15), (b"DK", 18), (b"FI", 18), (b"IS", 26), (b"DE", 22), (b"GB", 22), (b"IE", 22),
    (b"NL", 18), (b"BE", 16), (b"LU", 20), (b"FR", 27), (b"ES", 24), (b"PT", 25), (b"IT", 27), (b"CH", 21),
    (b"AT", 20), (b"PL", 28), (b"CZ", 24), (b"SK", 24), (b"HU", 28), (b"RO", 24), (b"BG", 22), (b"GR", 27),
    (b"EE", 20), (b"LV", 21), (b"LT", 20), (b"HR", 21), (b"SI", 19), (b"BA", 20), (b"RS", 22), (b"MK", 19),
    (b"AL", 28), (b"XK", 20), (b"ME", 22), (b"TR", 26), (b"UA", 29), (b"MT", 31), (b"CY", 28), (b"LI", 21),
    (b"MC", 27), (b"SM", 27), (b"FO", 18), (b"GL", 18), (b"GE", 22), (b"AZ", 28), (b"KZ", 20), (b"IL", 23),
    (b"JO", 30), (b"LB", 28), (b"SA", 24), (b"AE", 23), (b"QA", 29), (b"KW", 30), (b"BH", 22), (b"TN", 24),
    (b"PK", 24), (b"BR", 29), (b"MD", 24), (b"BY", 28), (b"EG", 29), (b"IQ", 23), (b"PS", 29),
];

/// An international account number: two letters of a country, two check digits, up to thirty signs.
fn iban(text: &str, start: usize) -> Option<(usize, usize)> {
    let apart = |c: char| matches!(c, ' ' | '-' | '.' | '\t');
    let second = near::back_over(text, start, apart);
    let second_letter = near::before(text, second).filter(char::is_ascii_alphabetic)?;
    let first = near::back_over(text, second - 1, apart);
    let first_letter = near::before(text, first).filter(char::is_ascii_alphabetic)?;
    let from = first - 1;
    if start - second > 2 || second - 1 - first > 2 {
        return None;
    }
    let country = [first_letter.to_ascii_uppercase() as u8, second_letter.to_ascii_uppercase() as u8];
    let length = COUNTRIES.iter().find(|(code, _)| **code == country)?.1;
    let mut signs: Vec<(u8, usize)> = Vec::with_capacity(length);
    let mut gap = 0;
    for (offset, c) in text.get(start..)?.char_indices() {
        if c.is_ascii_alphanumeric() {
            if signs.len() + 2 == length {
                // A letter or digit directly after the last sign: it is something longer.
                let within = |sign: &(u8, usize)| sign.0.is_ascii_alphabetic() || c.is_ascii_digit();
                if gap == 0 && signs.last().is_some_and(within) {
                    return None;
                }
                break;
            }
            gap = 0;
            signs.push((c.to_ascii_uppercase() as u8, start + offset));
        } else if (matches!(c, ' ' | '-' | '.' | '\t' | '\n' | '/') || c == '–') && gap < 3 {
            gap += 1;
        } else {
            break;
        }
    }
    let labels = Labels::before(text, from);
    let labelled = labels.has(label::IBAN | label::ACCOUNT);
    let digits = signs.iter().filter(|(sign, _)| sign.is_ascii_digit()).count();
    let end = signs.last()?.1 + 1;
    let checks = signs.get(..2)?.iter().all(|(sign, _)| sign.is_ascii_digit());
    if !checks {
        return None;
    }
    if signs.len() + 2 < length {
        // Cut or mistyped, but said to be one. Words after it are no part of it.
        let digits_end = signs.iter().rev().find(|(sign, _)| sign.is_ascii_digit())?.1 + 1;
        return (labels.near(label::IBAN) && digits >= 10 && near::opens(text, from))
            .then_some((from, digits_end));
    }
    let moved = signs
        .iter()
        .skip(2)
        .map(|(sign, _)| *sign)
        .chain(country)
        .chain(signs.iter().take(2).map(|(sign, _)| *sign));
    let remainder = moved.fold(0_u32, |sum, sign| match sign {
        b'0'..=b'9' => (sum * 10 + u32::from(sign - b'0')) % 97,
        _ => (sum * 100 + u32::from(sign.saturating_sub(b'A')) + 10) % 97,
    });
    // With a wrong check digit it is one when it looks like no other thing.
    let named = from.checked_sub(4).and_then(|at| text.get(at..from));
    let opens = near::opens(text, from) || named.is_some_and(|word| word.eq_ignore_ascii_case("iban"));
    let shaped = opens && digits + 8 >= signs.len() && (labelled || digits == signs.len());
    (opens && remainder == 1 && digits >= 8 || shaped).then_some((from, end))
}

/// A payment card: thirteen to nineteen digits with a check digit.
fn card(text: &str, start: usize, digits_ahead: usize, labels: Labels) -> Option<(usize, usize)> {
    if digits_ahead < 12 {
        return None;
    }
    // The rest of a number that began before: `08-` of a telephone number.
    let head = text.get(..start).unwrap_or_default();
    let goes_on = head.strip_suffix('-').is_some_and(|head| head.ends_with(|c: char| c.is_ascii_digit()));
    if goes_on && !labels.near(label::CARD) {
        return None;
    }
    let reading = Reading::at(text, start, false);
    let fits = |gap: Gap| {
        gap.signs() <= 3 && gap.only(kind::SPACE | kind::DASH | kind::DOT | kind::LINE | kind::WIDE)
    };
    let digit = |sign: &Sign| sign.byte.is_ascii_digit().then(|| sign.byte.wrapping_sub(b'0'));
    [16, 15, 14, 13, 19, 18, 17, 12].into_iter().find_map(|count| {
        let signs = reading.first(count).filter(|_| count < LONGEST && reading.end(count) == End::Clean)?;
        let digits: Vec<u8> = signs.iter().map(digit).collect::<Option<_>>()?;
        let gaps = signs.iter().skip(1).all(|sign| fits(sign.gap));
        let checked = luhn(digits.iter().copied());
        let card = gaps && (checked && issued(&digits) || labels.near(label::CARD));
        card.then(|| (start, end_of(signs)))
    })
}

/// Whether a card of so many digits is given out with these first digits.
fn issued(digits: &[u8]) -> bool {
    let first = digits.iter().take(4).fold(0_u32, |number, digit| number * 10 + u32::from(*digit));
    match digits.len() {
        16 => matches!(first, 2221..=2720 | 3528..=3589 | 4000..=4999 | 5000..=5899 | 6000..=6799),
        15 => matches!(first, 3400..=3499 | 3700..=3799),
        14 => matches!(first, 3000..=3059 | 3600..=3699 | 3800..=3999),
        13 => matches!(first, 4000..=4999),
        12 | 17 | 18 => matches!(first, 5018 | 5020 | 5038 | 6304 | 6759 | 6761..=6763),
        19 => matches!(first, 4000..=4999 | 5018 | 5020 | 5038 | 6000..=6799),
        _ => false,
    }
}

/// A number after a label for one.
fn labelled(text: &str, start: usize, labels: Labels) -> Option<(usize, usize)> {
    let kinds = [label::SWISH, label::GIRO, label::CLEARING, label::ACCOUNT];
    let kind = kinds.into_iter().find(|kind| labels.near(*kind))?;
    let chain = Chain::at(text, start)?;
    let (least, most) = match kind {
        label::SWISH => (7, 12),
        label::GIRO => (5, 10),
        label::CLEARING => (4, LONGEST),
        _ => (6, LONGEST),
    };
    // `bg 2019-2021` can be a giro, `PG-13 2019` is none.
    let giro = kind == label::GIRO && text.get(start..chain.end).is_some_and(|number| number.contains('-'));
    let time = chain.all_years && !giro || chain.date && kind == label::ACCOUNT;
    ((least..=most).contains(&chain.digits) && !time).then_some((start, chain.end))
}

/// Digits in groups.
struct Chain {
    end: usize,
    digits: usize,
    /// Every group is a year.
    all_years: bool,
    /// It is a date.
    date: bool,
    first: usize,
    groups: usize,
    longest: usize,
}

impl Chain {
    fn at(text: &str, start: usize) -> Option<Self> {
        let mut groups: Vec<Vec<u8>> = vec![Vec::new()];
        let (mut end, mut gap, mut comma) = (start, 0, false);
        for (offset, c) in text.get(start..)?.char_indices() {
            if c.is_ascii_digit() {
                if gap > 0 {
                    groups.push(Vec::new());
                }
                groups.last_mut()?.push(c as u8 - b'0');
                end = start + offset + 1;
                (gap, comma) = (0, false);
            } else if matches!(c, ' ' | '-' | '–' | '.' | '/' | '−' | ',' | '\t' | '(' | ')')
                && gap < 3
                && !(comma && c == ',')
            {
                comma |= c == ',';
                gap += 1;
            } else {
                break;
            }
            if groups.iter().map(Vec::len).sum::<usize>() > LONGEST {
                break;
            }
        }
        let digits = groups.iter().map(Vec::len).sum();
        let sizes: Vec<usize> = groups.iter().map(Vec::len).collect();
        let year = |group: &Vec<u8>| year_like(group);
        let first_year = groups.first()?.get(..4).is_some_and(year_like);
        Some(Self {
            end,
            digits,
            all_years: groups.iter().all(|group| year(group) || group.len() <= 2) && groups.iter().any(year),
            date: first_year
                && matches!(sizes.as_slice(), [8] | [6] | [4, 2, 2] | [4, 2] | [4, 1..=2, 1..=2]),
            first: sizes.first().copied()?,
            groups: sizes.len(),
            longest: sizes.iter().copied().max()?,
        })
    }
}

/// Banks whose names stand beside account numbers, in lower case.
const BANKS: [&str; 21] = [
    "swedbank",
    "handelsbanken",
    "seb",
    "nordea",
    "sparbank",
    "länsförsäkringar bank",
    "ica bank",
    "danske bank",
    "skandia",
    "sbab",
    "avanza",
    "klarna",
    "ikano",
    "resurs bank",
    "marginalen",
    "lunar",
    "revolut",
    "forex bank",
    "bankkonto",
    "min bank",
    "clearing",
];

/// A branch and an account on a line that names a bank: `8327-9, 123 456 789-0`.
fn at_a_bank(text: &str, start: usize, digits_ahead: usize) -> Option<(usize, usize)> {
    if digits_ahead < 9 || near::digit_close_before(text, start) {
        return None;
    }
    let chain = Chain::at(text, start)?;
    let branch =
        matches!(chain.first, 4 | 5) && (chain.groups > 1) || chain.groups == 1 && chain.digits >= 10;
    let shaped = branch && (9..=16).contains(&chain.digits) && !chain.all_years && !chain.date;
    if !shaped || chain.longest < 3 {
        return None;
    }
    let line = near::line_around(text, start, 120);
    let lower = line.to_lowercase();
    let named = BANKS.iter().any(|bank| {
        lower.match_indices(bank).any(|(at, bank)| {
            near::opens(&lower, at) && (bank.len() > 4 || near::closes(&lower, at + bank.len()))
        })
    });
    let opens_like_a_year = text.get(start..start + 4).is_some_and(|four| {
        let digits: Vec<u8> = four.bytes().map(|byte| byte.wrapping_sub(b'0')).collect();
        chain.first == 4 && year_like(&digits)
    });
    (named && !opens_like_a_year).then_some((start, chain.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        accounts(text, &Marks::of(text), &mut found);
        found.iter().filter_map(|place| text.get(place.start..place.end)).collect()
    }

    #[test]
    fn accounts_and_cards_are_known_by_label_bank_or_check_digits() {
        for (text, number) in [
            ("IBAN SE45 5000 0000 0583 9825 7466.", "SE45 5000 0000 0583 9825 7466"),
            ("gb82west12345698765432", "gb82west12345698765432"),
            ("kort 4111 1111 1111 1111", "4111 1111 1111 1111"),
            ("bg 5050-1055", "5050-1055"),
            ("kontonr: 8327-9, 123 456 789-0", "8327-9, 123 456 789-0"),
            ("Swedbank 8327-9,123 456 789-0", "8327-9,123 456 789-0"),
            ("swish 123 456 78 90", "123 456 78 90"),
        ] {
            assert_eq!(found(text), [number], "{text}");
        }
    }

    #[test]
    fn years_at_a_bank_and_other_long_numbers_are_none() {
        for text in [
            "Swedbank 2015–2018 (2019)",
            "Handelsbanken 2015-2018, 2019-2021",
            "kontor 150000 kr",
            "konto 1930",
            "ISBN 978-91-7000-123-4",
            "4111 1111 1111 1112",
            "PG-13 2019",
            "sedan 2015 på SEB 2017-01 – 2018-06",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
