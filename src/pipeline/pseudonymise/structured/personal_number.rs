//! Personnummer, samordningsnummer, interim and reserve numbers in all the ways that people, forms and
//! scanners write them, and what tells them from telephone numbers, dates and amounts.
//!
//! A number is judged by what it is made of (a date, a check digit, a century), by what parts it (a
//! dash, pairs, digits each apart) and by the label before it. Where a person's number and something
//! else look the same, it is taken for a person's number: a number too much costs nothing.

use zeroize::Zeroizing;

use super::label::{Labels, kind as label};
use super::marks::Marks;
use super::near;
use super::reading::{End, Reading, Shape, Sign, alone, as_digit, end_of, kind, luhn, year_like};
use crate::pipeline::pseudonymise::known::Own;
use crate::pipeline::pseudonymise::{Found, SpanCategory, rule};

/// The letters that stand for the first of the last four signs of an interim number.
const INTERIM: &[u8] = b"TRSUWXJKLMNP";
/// No more digits of one number are taken for misread letters.
const MOST_MISREAD: usize = 4;

/// Whether a whole field is a personnummer or samordningsnummer in some spelling.
pub(in crate::pipeline::pseudonymise) fn like_personnummer(text: &str) -> bool {
    let digits: Zeroizing<Vec<u8>> =
        Zeroizing::new(text.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect());
    let date = |from: usize| digits.get(from..from + 6).is_some_and(is_date);
    if text.trim_start().starts_with('+') && digits.len() < 12 {
        return false;
    }
    match digits.len() {
        12 => date(2),
        10 if text.find(['-', '+', '–']).is_some_and(|at| at >= 6) => true,
        10 => date(0) && (digits.first() != Some(&0) || luhn(digits.iter().copied())),
        9 => text.chars().any(char::is_alphabetic) && date(0),
        _ => false,
    }
}

/// The number that two digits write.
fn two(digits: &[u8], at: usize) -> u8 {
    digits
        .get(at)
        .copied()
        .unwrap_or(99)
        .saturating_mul(10)
        .saturating_add(digits.get(at + 1).copied().unwrap_or(99))
}

/// `YYMMDD` with a real month and a day of the month, or sixty more for a samordningsnummer, whose month
/// and day may also be unknown: 00 and 60.
fn is_date(six: &[u8]) -> bool {
    let (month, day) = (two(six, 2), two(six, 4));
    (1..=12).contains(&month) && (1..=31).contains(&day) || month <= 12 && (60..=91).contains(&day)
}

/// Whether a number is a person's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    No,
    /// Only if it is no telephone number.
    Doubtful,
    Sure,
}

/// A place with a person's number.
struct Hit {
    start: usize,
    end: usize,
    value: Zeroizing<String>,
    doubtful: bool,
}

/// Finds the personal numbers of a text. What is more likely a telephone number is handed back: it is a
/// person's number only where no telephone number was found (`unclaimed`).
pub(super) fn personal_numbers(text: &str, marks: &Marks, own: &Own, found: &mut Vec<Found>) -> Vec<Found> {
    let mut doubtful = Vec::new();
    for (index, group) in marks.groups.iter().enumerate() {
        let digits = marks.digits_ahead(index);
        if digits < 4 && !near::before(text, group.0).is_some_and(hides) {
            continue;
        }
        let labels = Labels::before(text, group.0);
        let hit = if digits >= 6 { whole(text, *group, labels) } else { None };
        let hit = hit
            .or_else(|| hidden(text, *group))
            .or_else(|| last_four(text, *group, labels))
            .or_else(|| labelled(text, *group, labels));
        let Some(hit) = hit else { continue };
        let (start, end) = bracketed(text, hit.start, hit.end);
        let place = if own.is_own_number(&hit.value) {
            Found::own(start, end, SpanCategory::PersonalNumber, rule::PERSONNUMMER)
        } else {
            Found::other(start, end, SpanCategory::PersonalNumber, rule::PERSONNUMMER, &hit.value)
        };
        if hit.doubtful { doubtful.push(place) } else { found.push(place) }
    }
    doubtful
}

/// Adds the doubtful numbers that no telephone number covers. Digits on the line after a telephone number
/// are not its own.
pub(super) fn unclaimed(text: &str, doubtful: Vec<Found>, found: &mut Vec<Found>) {
    if doubtful.is_empty() {
        return;
    }
    let mut phones: Vec<(usize, usize)> = found
        .iter()
        .filter(|place| place.category == SpanCategory::Phone)
        .map(|place| (place.start, place.end))
        .collect();
    phones.sort_unstable();
    found.extend(doubtful.into_iter().filter(|place| {
        let after = phones.partition_point(|(start, _)| *start <= place.start);
        let phone = after.checked_sub(1).and_then(|at| phones.get(at));
        !phone.is_some_and(|(_, end)| {
            let rest = text.get(*end..place.end).unwrap_or_default();
            *end >= place.end || *end > place.start && rest.starts_with('\n')
        })
    }));
}

/// A number with all its digits, which begins at a group of digits or with misread digits before it.
fn whole(text: &str, group: (usize, usize), labels: Labels) -> Option<Hit> {
    let bytes = text.as_bytes();
    let mut start = group.0;
    let mut parted = false;
    let mut short = None;
    for _ in 0..=MOST_MISREAD {
        for bars in [false, true] {
            if bars && !bar_within(bytes, start) {
                continue;
            }
            let reading = Reading::at(text, start, bars);
            for count in [12, 10] {
                let Some(signs) = reading.first(count) else { continue };
                let verdict = judged(text, signs, reading.end(count), labels);
                if verdict == Verdict::No || count == 10 && short.is_some() {
                    continue;
                }
                let end = near::on_over(text, end_of(signs), |c| c.is_ascii_digit());
                let doubtful = verdict == Verdict::Doubtful;
                let hit = Hit { start, end, value: value_of(signs), doubtful };
                if count == 12 {
                    return Some(hit);
                }
                short = Some(hit);
            }
        }
        // The century before ten digits may be misread.
        let Some(before) = misread_before(text, start, &mut parted) else { break };
        start = before;
    }
    short.or_else(|| glued(text, group))
}

/// Where a misread digit before a byte stands: directly before it, or once with a sign between.
fn misread_before(text: &str, start: usize, parted: &mut bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let misread = |at: usize| {
        bytes.get(at).is_some_and(|byte| !byte.is_ascii_digit() && as_digit(*byte).is_some()).then_some(at)
    };
    let before = start.checked_sub(1)?;
    misread(before).or_else(|| {
        let gap = bytes.get(before).is_some_and(|byte| matches!(byte, b' ' | b'.' | b'-' | b'/' | b'\n'));
        let at = misread(before.checked_sub(1).filter(|_| gap && !*parted)?)?;
        *parted = true;
        // No end of a word that is longer than two letters.
        let mut head = text.get(..at)?.chars().rev();
        let word = head.by_ref().take(2).filter(|c| near::in_word(*c)).count() == 2;
        (!word).then_some(at)
    })
}

/// Whether an upright bar or an exclamation mark stands among the next signs.
fn bar_within(bytes: &[u8], start: usize) -> bool {
    bytes.get(start..).unwrap_or_default().iter().take(32).any(|byte| matches!(byte, b'|' | b'!'))
}

/// The ten signs without century, by which the same number is known again.
fn value_of(signs: &[Sign]) -> Zeroizing<String> {
    let ten = signs.get(signs.len().saturating_sub(10)..).unwrap_or_default();
    let plain = |(index, sign): (usize, &Sign)| match as_digit(sign.byte) {
        Some(digit) if index != 6 || !sign.byte.is_ascii_alphabetic() => char::from(b'0' + digit),
        _ => char::from(sign.byte.to_ascii_lowercase()),
    };
    Zeroizing::new(ten.iter().enumerate().map(plain).collect())
}

fn judged(text: &str, signs: &[Sign], end: End, labels: Labels) -> Verdict {
    let shape = Shape::of(signs);
    let mut digits = [0_u8; 12];
    let mut misread = 0;
    let mut letters_from = signs.len();
    for (index, (sign, digit)) in signs.iter().zip(&mut digits).enumerate() {
        if let Some(read) = as_digit(sign.byte) {
            *digit = read;
            misread += usize::from(!sign.byte.is_ascii_digit());
        } else {
            *digit = 99;
            letters_from = letters_from.min(index);
        }
    }
    let digits = digits.get(..signs.len()).unwrap_or_default();
    if letters_from < shape.main {
        return Verdict::No;
    }
    let lettered = with_letters(signs, digits, &shape, end, labels);
    if lettered || letters_from < signs.len() {
        return if lettered { Verdict::Sure } else { Verdict::No };
    }
    if misread > MOST_MISREAD || misread > 0 && !plausibly_misread(signs, digits, &shape, end, labels) {
        return Verdict::No;
    }
    of_digits(text, signs, digits, &shape, end, labels, misread > 0)
}

/// An interim or reserve number: letters among the last four.
fn with_letters(signs: &[Sign], digits: &[u8], shape: &Shape, end: End, labels: Labels) -> bool {
    let tail: [u8; 4] =
        std::array::from_fn(|index| signs.get(shape.main + index).map_or(0, |sign| sign.byte));
    let [first, rest @ ..] = tail;
    let letters = tail.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    if letters == 0 || end != End::Clean {
        return false;
    }
    let date = digits.get(shape.main - 6..shape.main).unwrap_or_default();
    let century = shape.count == 12 && matches!(two(digits, 0), 18..=20);
    let dated = is_date(date) && (shape.count == 10 || century);
    let gap = shape.main_gap(signs);
    let labelled = labels.has(label::PERSONAL);
    let gaps_fit = signs.iter().enumerate().skip(1).all(|(index, sign)| {
        labelled || !sign.gap.has(kind::COMMA) && (index == shape.main || !sign.gap.has(kind::COLON))
    });
    if first.is_ascii_alphabetic() && rest.iter().all(|byte| as_digit(*byte).is_some()) {
        // A letter in lower case parted by a space is a word or a unit: `150101 m 200`.
        let case = first.is_ascii_uppercase() || gap.signs() <= 1 && !gap.has(kind::SPACE) || labelled;
        let known = first.is_ascii_uppercase() || INTERIM.contains(&first.to_ascii_uppercase());
        let misread = rest.iter().filter(|byte| !byte.is_ascii_digit()).count();
        let parted = shape.natural() || shape.each() || labelled && shape.parts() <= 3;
        if dated && case && known && misread <= 2 && parted && gaps_fit {
            return true;
        }
    }
    // Reserve numbers of the regions: any capitals among the last four, written in one or with a dash.
    let capitals = tail.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    let tight = gap.none() || gap.one(kind::DASH | kind::WIDE);
    let figures = 4 - letters;
    if !capitals || !tight || shape.tail() || shape.inner() && !labelled {
        return false;
    }
    let enough = figures >= if shape.count == 12 || labelled { 1 } else { 2 };
    // The national reserve number: the century is 22 or greater, or the date is none at all.
    let series = shape.count == 12 && matches!(two(digits, 0), 0 | 22..=99) && figures == 2;
    let unknown = (20..=99).contains(&two(date, 2)) && (40..=59).contains(&two(date, 4));
    dated && enough || series && (is_date(date) || unknown) && first.is_ascii_uppercase()
}

/// Whether the letters among the digits are misread digits and no words.
fn plausibly_misread(signs: &[Sign], digits: &[u8], shape: &Shape, end: End, labels: Labels) -> bool {
    let ten = digits.get(shape.main - 6..).unwrap_or_default();
    let strong = luhn(ten.iter().copied())
        || shape.main_gap(signs).has(kind::DASH | kind::PLUS)
        || labels.has(label::PERSONAL);
    let group = |from: usize, to: usize| signs.get(from..to).unwrap_or_default();
    let letters: Vec<(usize, usize)> = shape
        .groups()
        .filter(|(from, to)| !group(*from, *to).iter().any(|sign| sign.byte.is_ascii_digit()))
        .collect();
    // A pair of letters among pairs of digits; no small word before a number: `is 1201-1234`.
    let pair = |(from, to): (usize, usize)| {
        let small = group(from, to).iter().all(|sign| sign.byte.is_ascii_lowercase());
        let alone = from > 0 && letters.len() == 1 && shape.parts() >= 4;
        to - from <= 2 && shape.natural() && (strong && (from > 0 || !small) || alone)
    };
    let words = letters.iter().all(|(from, to)| to - from == 1 && shape.each() || pair((*from, *to)));
    is_date(ten.get(..6).unwrap_or_default())
        && words
        && (end == End::Clean || strong && end == End::Letter)
        && (shape.natural() || shape.each() || shape.parts() == 1 || shape.parts() <= 2 && strong)
}

fn of_digits(
    text: &str,
    signs: &[Sign],
    digits: &[u8],
    shape: &Shape,
    end: End,
    labels: Labels,
    misread: bool,
) -> Verdict {
    let ten = digits.get(shape.main - 6..).unwrap_or_default();
    let (six, four) = (ten.get(..6).unwrap_or_default(), ten.get(6..).unwrap_or_default());
    let century = shape.count == 12 && matches!(two(digits, 0), 18..=20);
    let checked = luhn(ten.iter().copied());
    let dash = shape.main_gap(signs).has(kind::DASH | kind::PLUS);
    let labelled = labels.has(label::PERSONAL);
    let start = signs.first().map_or(0, |sign| sign.at);
    if shape.count == 12 && !century {
        return regional(signs, digits, shape, end, labelled);
    }
    if end == End::Not && !(dash && checked && shape.parts() == 1 && is_date(six)) {
        return Verdict::No;
    }
    if !is_date(six) {
        return impossible(signs, six, four, shape, checked, labelled);
    }
    if !labelled {
        // After a plus sign the number of a country follows.
        let plus = text.get(..start).is_some_and(|head| head.trim_end_matches(['(', ' ']).ends_with('+'));
        if plus && !century
            || years(signs, digits, shape, checked)
            || amount(signs, shape)
            || clock(signs, four, shape)
        {
            return Verdict::No;
        }
    }
    let gaps_fit = |widest: u8| {
        let mut lines = 0;
        signs.iter().enumerate().skip(1).all(|(index, sign)| {
            lines += usize::from(sign.gap.has(kind::LINE));
            let most = if index == shape.main { 5 } else { widest };
            let colon = sign.gap.has(kind::COLON) && index != shape.main;
            sign.gap.signs() <= most && (labelled || !sign.gap.has(kind::COMMA) && !colon)
        }) && (lines <= 1 || labelled || shape.each())
    };
    let fits = if shape.compact() {
        true
    } else if shape.each() {
        gaps_fit(3) && (labelled || checked || alone(text, signs, shape))
    } else if shape.natural() {
        let mut gaps = signs.iter().skip(1).map(|sign| sign.gap).filter(|gap| !gap.none());
        let uniform = gaps.next().is_some_and(|first| gaps.all(|gap| gap == first));
        let row = shape.tail() && !(labelled || checked && uniform || alone(text, signs, shape));
        gaps_fit(3) && !row && !cells(signs, shape, checked || century || labelled)
    } else {
        let strong = checked || dash || century || labelled;
        gaps_fit(3) && (shape.parts() == 1 || strong && shape.parts() <= 3)
    };
    if !fits {
        return Verdict::No;
    }
    let phone =
        shape.count == 10 && ten.first() == Some(&0) && ten.get(1) != Some(&0) && !labelled && !misread;
    let date_alone = !shape.tail() && shape.natural() && (!shape.inner() || shape.at(2) && shape.at(4));
    let firm = checked && two(six, 4) <= 31 && shape.natural() || dash && date_alone;
    if phone && !firm { Verdict::Doubtful } else { Verdict::Sure }
}

/// The date stands in one cell of a table and the last four in the next: two numbers, unless more says
/// that they are one.
fn cells(signs: &[Sign], shape: &Shape, strong: bool) -> bool {
    let gap = shape.main_gap(signs);
    !strong && gap.has(kind::SLASH) && gap.has(kind::SPACE)
}

/// A date that does not exist, in a number that is written like a person's.
fn impossible(
    signs: &[Sign],
    six: &[u8],
    four: &[u8],
    shape: &Shape,
    checked: bool,
    labelled: bool,
) -> Verdict {
    let gap = shape.main_gap(signs);
    let plain =
        shape.parts() == 1 && shape.at(shape.main) && gap.has(kind::DASH | kind::PLUS) && gap.signs() <= 3;
    let (month, day) = (two(six, 2), two(six, 4));
    let years =
        year_like(four) && (gap.has(kind::SPACE | kind::WIDE | kind::LINE) || matches!(two(six, 0), 19 | 20));
    let round = day == 0 && four.ends_with(&[0, 0]);
    let hers = if shape.count == 12 { true } else { month <= 19 };
    let carelink = shape.count == 12 && (1..=12).contains(&month) && (32..=59).contains(&day) && checked;
    let by_label = labelled && (shape.compact() || shape.natural() || shape.each() || shape.parts() <= 2);
    if plain && hers && !years && !round || carelink && shape.natural() || by_label {
        Verdict::Sure
    } else {
        Verdict::No
    }
}

/// The reserve numbers of a region that are made of digits only: `99`, a year, six digits.
fn regional(signs: &[Sign], digits: &[u8], shape: &Shape, end: End, labelled: bool) -> Verdict {
    let year = u16::from(two(digits, 2)) * 100 + u16::from(two(digits, 4));
    if two(digits, 0) != 99 || !(1900..=2039).contains(&year) || end == End::Not {
        return Verdict::No;
    }
    let checked = luhn(digits.get(4..).unwrap_or_default().iter().copied());
    let few = shape.compact() || shape.natural() && shape.parts() <= 3 && !shape.tail();
    let commas = signs.iter().any(|sign| sign.gap.has(kind::COMMA | kind::COLON));
    if !commas
        && (few || shape.natural() || shape.each() || shape.parts() <= 2)
        && (few || checked || labelled)
    {
        Verdict::Sure
    } else {
        Verdict::No
    }
}

/// Years, months and days from one to another: `201209-2014`, `2011-12 – 2013-01`, `20120901 – 2014`.
fn years(signs: &[Sign], digits: &[u8], shape: &Shape, checked: bool) -> bool {
    let is_year = |from: usize| digits.get(from..from + 4).is_some_and(year_like);
    let gap = shape.main_gap(signs);
    let last = shape.at(shape.main) && !shape.tail() && is_year(shape.main);
    let opens = is_year(0) && shape.at(4) && !shape.at(1) && !shape.at(2) && !shape.at(3);
    let within = shape.groups().any(|(from, to)| {
        to - from == 4 && from > 0 && from < shape.main && to > shape.main && is_year(from)
    });
    if within {
        return true;
    }
    if shape.count == 10 {
        let months = last && matches!(two(digits, 0), 19 | 20) && (!shape.inner() || opens);
        let days = last && shape.inner() && gap.has(kind::SPACE | kind::WIDE | kind::SLASH | kind::LINE);
        let only_year = opens && !shape.at(shape.main) && !checked;
        return months || days && (gap.has(kind::DASH) || !checked) || only_year;
    }
    let spread = if gap.has(kind::DASH | kind::PLUS) {
        gap.has(kind::SPACE | kind::WIDE | kind::LINE)
    } else {
        let loose = gap.signs() > 1 || gap.has(kind::SPACE | kind::SLASH | kind::LINE);
        shape.inner() && gap.signs() > 1 || !checked && (!shape.inner() || loose)
    };
    last && spread
}

/// Thousands: groups of three after a first group of one to three.
fn amount(signs: &[Sign], shape: &Shape) -> bool {
    let mut groups = shape.groups();
    let first = groups.next().is_some_and(|(from, to)| to - from <= 3);
    let rest: Vec<usize> = groups.map(|(from, to)| to - from).collect();
    let spaced = signs.iter().skip(1).all(|sign| sign.gap.none() || sign.gap.one(kind::SPACE | kind::DOT));
    first && rest.len() >= 3 && rest.iter().all(|size| *size == 3) && spaced
}

/// A time of day after a date: `2019-12-01 08:30`.
fn clock(signs: &[Sign], four: &[u8], shape: &Shape) -> bool {
    let between = signs.get(shape.main + 2).map(|sign| sign.gap).unwrap_or_default();
    two(four, 0) < 25
        && two(four, 2) < 60
        && between.one(kind::COLON | kind::DOT)
        && !shape.at(shape.main + 1)
        && !shape.at(shape.main + 3)
        && shape.main_gap(signs) != between
}

/// A number that has grown together with digits before it: the date and the dash tell it.
fn glued(text: &str, group: (usize, usize)) -> Option<Hit> {
    let bytes = text.as_bytes();
    let (start, dash) = group;
    let gap = near::after(text, dash).filter(|c| matches!(c, '-' | '+' | '–' | '−'))?;
    let four = bytes.get(dash + gap.len_utf8()..dash + gap.len_utf8() + 4)?;
    let end = dash + gap.len_utf8() + 4;
    let six = bytes.get(dash.checked_sub(6).filter(|from| *from > start)?..dash)?;
    let digits: Vec<u8> = six.iter().chain(four).map(|byte| byte.wrapping_sub(b'0')).collect();
    let whole = digits.iter().all(|digit| *digit < 10) && !bytes.get(end).is_some_and(u8::is_ascii_digit);
    if !whole || !is_date(digits.get(..6)?) {
        return None;
    }
    let value = Zeroizing::new(digits.iter().map(|digit| char::from(b'0' + digit)).collect());
    Some(Hit { start, end, value, doubtful: false })
}

/// A sign that stands for a hidden digit.
fn hides(c: char) -> bool {
    matches!(
        c,
        'x' | 'X'
            | '*'
            | '?'
            | '#'
            | '_'
            | 'N'
            | 'Y'
            | '•'
            | '·'
            | '●'
            | '∗'
            | '█'
            | '▪'
            | '■'
            | '×'
            | '…'
    )
}

/// A number of which some digits are hidden: `900101-XXXX`, `900101-98**`, `XXXXXX-9802`.
fn hidden(text: &str, group: (usize, usize)) -> Option<Hit> {
    let (start, end) = group;
    let digits: Vec<u8> = text.as_bytes().get(start..end)?.iter().map(|byte| byte - b'0').collect();
    let part = |c: char| matches!(c, ' ' | '-' | '+' | '–' | '−' | '—' | '/');
    if matches!(digits.len(), 6 | 8) {
        let six = digits.get(digits.len() - 6..)?;
        let century = digits.len() == 6 || matches!(two(&digits, 0), 18..=20);
        let gap = near::on_over(text, end, part);
        let visible = near::on_over(text, gap, |c| c.is_ascii_digit());
        let last = near::on_over(text, visible, hides);
        let signs = text.get(gap..last)?.chars().count();
        let dots = text.get(visible..last).is_some_and(|signs| signs.starts_with('…'));
        let four = signs == 4 || visible == gap && (matches!(signs, 3 | 5) || dots);
        if is_date(six)
            && century
            && four
            && last > visible
            && visible - gap <= 3
            && gap - end <= 4
            && near::closes(text, last)
        {
            let value = Zeroizing::new(six.iter().map(|digit| char::from(b'0' + digit)).collect());
            return Some(Hit { start, end: last, value, doubtful: false });
        }
        return None;
    }
    if digits.len() == 4 && near::closes(text, end) {
        let gap = near::back_over(text, start, part);
        let first = near::back_over(text, gap, hides);
        let signs = text.get(first..gap)?.chars().count();
        if matches!(signs, 6 | 8) && (1..=4).contains(&(start - gap)) && near::opens(text, first) {
            let value = Zeroizing::new(text.get(start..end)?.to_owned());
            return Some(Hit { start: first, end, value, doubtful: false });
        }
    }
    None
}

/// The last four signs alone, with a label that says so.
fn last_four(text: &str, group: (usize, usize), labels: Labels) -> Option<Hit> {
    if !labels.has(label::LAST_FOUR) {
        return None;
    }
    let reading = Reading::at(text, group.0, false);
    let four = reading.first(4)?;
    let digits = four.iter().all(|sign| as_digit(sign.byte).is_some());
    let tight =
        four.iter().skip(1).all(|sign| sign.gap.signs() <= 1 && !sign.gap.has(kind::COMMA | kind::LINE));
    // `slutar 2019` ends a year.
    let date = four.iter().all(|sign| sign.byte.is_ascii_digit())
        && year_like(&four.iter().map(|sign| sign.byte - b'0').collect::<Vec<u8>>())
        && !labels.has(label::PERSONAL);
    (digits && tight && !date && reading.end(4) == End::Clean).then(|| Hit {
        start: group.0,
        end: end_of(four),
        value: Zeroizing::new(four.iter().map(|sign| char::from(sign.byte)).collect()),
        doubtful: false,
    })
}

/// Whatever stands after a label, in a form that no person's number should have.
fn labelled(text: &str, group: (usize, usize), labels: Labels) -> Option<Hit> {
    let personal = labels.near(label::PERSONAL);
    if !personal && !labels.near(label::DOCUMENT) {
        return None;
    }
    // A passport's number begins with letters.
    let lead = near::back_over(text, group.0, |c| c.is_ascii_uppercase());
    let start = if group.0 - lead <= 3 && near::opens(text, lead) { lead } else { group.0 };
    let reading = Reading::at(text, start, false);
    let kept = reading.all().iter().enumerate().take_while(|(index, sign)| {
        let gap = sign.gap;
        let letter = sign.byte.is_ascii_alphabetic() && !gap.none() && !sign.byte.is_ascii_uppercase();
        *index == 0 || gap.signs() <= 3 && !gap.has(kind::LINE | kind::COMMA | kind::COLON) && !letter
    });
    let signs = kept.count().min(14);
    let number = |count: &usize| {
        let signs = reading.first(*count).unwrap_or_default();
        let digits = signs.iter().filter(|sign| sign.byte.is_ascii_digit()).count();
        let enough = if personal { digits >= 6 } else { digits >= 4 };
        enough && reading.end(*count) == End::Clean && (personal || *count <= 12)
    };
    let count = (1..=signs).rev().find(number)?;
    let taken = reading.first(count)?;
    // A telephone number after the word for the missing number, a date after a document's name.
    let digit = |sign: &Sign| sign.byte.wrapping_sub(b'0');
    let digits: Vec<u8> = taken.iter().map(digit).collect();
    let in_time = digits.get(4..).is_some_and(|rest| match rest {
        [] => true,
        [_, _] => (1..=12).contains(&two(rest, 0)),
        [_, _, _, _] => (1..=12).contains(&two(rest, 0)) && (1..=31).contains(&two(rest, 2)),
        _ => false,
    });
    let date = !personal && digits.get(..4).is_some_and(year_like) && in_time;
    (!date).then(|| Hit {
        start,
        end: end_of(taken),
        value: Zeroizing::new(taken.iter().map(|sign| char::from(sign.byte.to_ascii_lowercase())).collect()),
        doubtful: false,
    })
}

/// Takes a pair of brackets directly around a number with it when one of them is inside.
fn bracketed(text: &str, start: usize, end: usize) -> (usize, usize) {
    let inner = text.get(start..end).unwrap_or_default();
    let pairs = [('(', ')'), ('[', ']'), ('{', '}')];
    let after = |close: char| near::after(text, end) == Some(close);
    let before = |open: char| near::before(text, start) == Some(open);
    let closes = pairs.iter().any(|(o, c)| inner.contains(*o) && !inner.contains(*c) && after(*c));
    let opens = pairs.iter().any(|(o, c)| inner.contains(*c) && !inner.contains(*o) && before(*o));
    (start - usize::from(opens), end + usize::from(closes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::received::Known;

    fn found(text: &str) -> (Vec<&str>, usize) {
        let mut found = Vec::new();
        let own = Own::new(&Known::default());
        let doubtful = personal_numbers(text, &Marks::of(text), &own, &mut found);
        // A part of a number may be one too: places that overlap become one later.
        let mut after = 0;
        found.retain(|place| {
            let apart = place.start >= after;
            after = after.max(place.end);
            apart
        });
        (found.iter().filter_map(|place| text.get(place.start..place.end)).collect(), doubtful.len())
    }

    #[test]
    fn a_number_is_taken_with_all_that_belongs_to_it_and_nothing_more() {
        for (text, number) in [
            ("nr 19900101-9802.", "19900101-9802"),
            ("(900101-9802)", "900101-9802"),
            ("(19)900101-9802", "(19)900101-9802"),
            ("900101 (9802) finns", "900101 (9802)"),
            ("pnr9O0lO1-98O2", "9O0lO1-98O2"),
            ("<b>900101</b>-9802 <i>", "900101</b>-9802"),
            ("9 0 0 1 0 1 9 8 0 2", "9 0 0 1 0 1 9 8 0 2"),
            ("Personnr: 901399-123", "901399-123"),
            ("passnr AA1234567 gäller", "AA1234567"),
            ("19810829M071", "19810829M071"),
            ("991981000010", "991981000010"),
            ("900101-XXXX", "900101-XXXX"),
            ("XXXXXX-9802", "XXXXXX-9802"),
            ("sista fyra 9802", "9802"),
        ] {
            assert_eq!(found(text).0, [number], "{text}");
        }
    }

    #[test]
    fn years_amounts_and_rows_of_numbers_are_none() {
        for text in [
            "201209-2014",
            "2011-12–2013-01",
            "20111201 – 2013",
            "2029-03-31 | 2029",
            "1 201 010 000 kr",
            "2019-12-01 08:30",
            "10 12 13 15 16 18",
            "+47 12 01 15 12 34",
            "de sista fyra åren 2019",
            "ISO 27001:2022",
            "arXiv 2403.04651 · s",
        ] {
            assert_eq!(found(text), (Vec::new(), 0), "{text}");
        }
    }

    #[test]
    fn what_may_be_a_telephone_number_is_handed_back() {
        assert_eq!(found("0701740605"), (Vec::new(), 1));
        assert_eq!(found("070174-0605").0, ["070174-0605"]);
    }
}
