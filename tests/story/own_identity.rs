//! Whatever an applicant calls himself or herself in the text, and however it was typed, scanned or pasted, is
//! gone afterwards: every mention of the own name, e-mail address, telephone, street and personnummer, in whole
//! applications with the flaws that texts out of documents have.
//!
//! A mention is gone when none of its letters and digits is left, whatever stands in its place.

use std::collections::BTreeMap;

use serde_json::json;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use urval::pipeline::pseudonymise::Stream;

use crate::applicants::{Chance, Other, Person, TEMPLATES, Template, filled, slot_value};

/// Applications a template.
const ROUNDS: u64 = 14;

/// One place where the applicant is named.
struct Mention {
    start: usize,
    end: usize,
    /// What it is and how it is spelled.
    kind: String,
}

fn longest_word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphabetic()).max_by_key(|word| word.chars().count()).unwrap_or_default()
}

fn without_marks(text: &str) -> String {
    text.nfd()
        .filter(|c| !is_combining_mark(*c))
        .map(|c| match c {
            'ø' => 'o',
            'Ø' => 'O',
            'ł' => 'l',
            'Ł' => 'L',
            'đ' => 'd',
            'Đ' => 'D',
            'ı' => 'i',
            other => other,
        })
        .collect()
}

/// One letter left out, doubled, exchanged or turned with the next, not the first.
fn one_letter_wrong(text: &str, chance: &mut Chance) -> Option<String> {
    let word = longest_word(text);
    let letters: Vec<char> = word.chars().collect();
    if letters.len() < 5 {
        return None;
    }
    let at = 1 + chance.below(letters.len() - 2);
    let mut wrong = letters.clone();
    match chance.below(4) {
        0 => {
            wrong.remove(at);
        }
        1 => wrong.insert(at, letters[at]),
        2 => wrong[at] = *chance.pick(&['e', 'a', 'n', 'r', 'o']),
        _ => wrong.swap(at, at + 1),
    }
    (wrong != letters).then(|| text.replacen(word, &wrong.into_iter().collect::<String>(), 1))
}

/// As a scanner misreads one of its letters.
fn misread(text: &str, chance: &mut Chance) -> Option<String> {
    let word = longest_word(text);
    if word.chars().count() < 5 {
        return None;
    }
    let pairs =
        [("m", "rn"), ("l", "1"), ("o", "0"), ("i", "l"), ("e", "c"), ("w", "vv"), ("h", "b"), ("u", "ii")];
    let from = chance.below(pairs.len());
    // The first letter stands.
    let first = word.chars().next().map_or(0, char::len_utf8);
    let (right, wrong) =
        pairs.iter().cycle().skip(from).take(pairs.len()).find(|(right, _)| word[first..].contains(right))?;
    let at = first + word[first..].find(right)?;
    let read = format!("{}{wrong}{}", &word[..at], &word[at + right.len()..]);
    Some(text.replacen(word, &read, 1))
}

/// Broken at the end of a line, inside a word with a hyphen or between two words.
fn broken(text: &str, chance: &mut Chance) -> Option<String> {
    if text.contains(' ') && chance.below(2) == 0 {
        return Some(text.replacen(' ', "\n", 1));
    }
    let word = longest_word(text);
    let count = word.chars().count();
    if count < 6 {
        return None;
    }
    let (at, _) = word.char_indices().nth(count / 2)?;
    Some(text.replacen(word, &format!("{}-\n{}", &word[..at], &word[at..]), 1))
}

fn invisible(text: &str, chance: &mut Chance) -> String {
    let sign = *chance.pick(&['\u{200B}', '\u{AD}', '\u{200D}', '\u{2060}', '\u{FEFF}']);
    let at = 1 + chance.below(text.chars().count() - 1);
    text.chars().enumerate().flat_map(|(i, c)| if i == at { vec![sign, c] } else { vec![c] }).collect()
}

fn full_width(text: &str) -> String {
    text.chars()
        .map(|c| {
            let wide = u32::from(c).checked_sub(u32::from('0')).filter(|_| c.is_ascii_digit());
            wide.and_then(|digit| char::from_u32(0xFF10 + digit)).unwrap_or(c)
        })
        .collect()
}

/// A spelling of a name, what it is called, and what follows it.
fn noisy_name(name: &str, english: bool, chance: &mut Chance) -> (String, &'static str, &'static str) {
    let plain = |kind| (name.to_owned(), kind, "");
    let whole = name.contains(' ');
    let (spelled, kind) = match chance.below(11) {
        0 => return plain("plain"),
        1 if name.ends_with(['s', 'x', 'z']) && !english => return plain("genitive"),
        1 => return (name.into(), "genitive", if english { "'s" } else { "s" }),
        2 => (Some(name.to_uppercase()), "capitals"),
        3 => (whole.then(|| name.to_lowercase()), "small letters"),
        4 => {
            let (given, family) = name.split_once(' ').unwrap_or_default();
            (given.chars().next().map(|first| format!("{first}. {family}")), "initial and family name")
        }
        5 => (Some(without_marks(name)), "without diacritics"),
        6 => (one_letter_wrong(name, chance), "one letter wrong"),
        7 => (misread(name, chance), "misread by a scanner"),
        8 => (broken(name, chance), "broken over lines"),
        9 => (Some(name.nfd().collect()), "decomposed"),
        _ => (Some(invisible(name, chance)), "invisible characters"),
    };
    spelled.map_or_else(|| plain("plain"), |spelled| (spelled, kind, ""))
}

fn noisy_email(email: &str, chance: &mut Chance) -> (String, &'static str) {
    match chance.below(6) {
        0 => (email.to_uppercase(), "capitals"),
        1 => (email.replace('@', " (at) "), "at in words"),
        2 => (email.replace('@', "[at]").replace(".com", " dot com"), "at in words"),
        3 => (invisible(email, chance), "invisible characters"),
        4 => (email.replace('@', "＠"), "full width"),
        _ => (email.into(), "plain"),
    }
}

fn noisy_number(number: &str, chance: &mut Chance) -> (String, &'static str) {
    match chance.below(7) {
        0 => (full_width(number), "full width"),
        1 => (number.replace([' ', '-'], "\u{A0}"), "no-break spaces"),
        2 => (number.replace('-', "–"), "another hyphen"),
        3 => (invisible(number, chance), "invisible characters"),
        4 => (number.replace('-', "-\n"), "broken over lines"),
        5 => (number.replace([' ', '-'], ""), "in one row"),
        _ => (number.into(), "plain"),
    }
}

fn noisy_street(street: &str, chance: &mut Chance) -> (String, &'static str) {
    match chance.below(6) {
        0 => (street.to_uppercase(), "capitals"),
        1 => (without_marks(street), "without diacritics"),
        2 => (street.nfd().collect(), "decomposed"),
        3 => (invisible(street, chance), "invisible characters"),
        4 => (full_width(street), "full width"),
        _ => (street.into(), "plain"),
    }
}

/// The application with noise, and where in it the applicant is named.
fn noisy(
    template: &Template,
    person: &Person,
    others: &[Other; 2],
    chance: &mut Chance,
) -> (String, Vec<Mention>) {
    let mut mentions = Vec::new();
    let mut text = filled(template.text, |before, slot, after| {
        let value = slot_value(before, slot, template, person, others);
        let mut note = |value: &str, kind: String| {
            mentions.push(Mention { start: before.len(), end: before.len() + value.len(), kind });
        };
        match slot {
            "FULL" | "FIRST" | "LAST" => {
                let (value, kind, ending) = noisy_name(&value, template.english, chance);
                note(&value, format!("name: {kind}"));
                // Where the text has a genitive already, it stays with that.
                if after.starts_with(['s', '\'', '’']) { value } else { value + ending }
            }
            "INITIALS" => {
                note(&value, "initials alone".into());
                value
            }
            "EMAIL" => {
                let (value, kind) = noisy_email(&value, chance);
                note(&value, format!("e-mail: {kind}"));
                value
            }
            "PHONE" | "PNR" => {
                let (value, kind) = noisy_number(&value, chance);
                let what = if slot == "PNR" { "personnummer" } else { "telephone" };
                note(&value, format!("{what}: {kind}"));
                value
            }
            "STREET" => {
                let (value, kind) = noisy_street(&value, chance);
                note(&value, format!("street: {kind}"));
                value
            }
            _ => value,
        }
    });
    // The word before the @, as a name on some other service.
    let local = person.email.split('@').next().unwrap_or_default();
    text.push_str(if template.english { "\nElsewhere I am called " } else { "\nAnnars heter jag " });
    mentions.push(Mention {
        start: text.len(),
        end: text.len() + local.len(),
        kind: "word of the e-mail".into(),
    });
    text.push_str(local);
    text.push_str(".\n");
    (text, mentions)
}

/// The least share that `missed` of `all` leaves likely (Clopper–Pearson, one side, 95 %).
fn lower_bound(missed: usize, all: usize) -> f64 {
    let at_most = |miss: f64| {
        let mut term = (all as f64 * (1.0 - miss).ln()).exp();
        let mut sum = term;
        for k in 1..=missed {
            term *= (all - k + 1) as f64 / k as f64 * miss / (1.0 - miss);
            sum += term;
        }
        sum
    };
    let (mut low, mut high) = (0.0, 0.5);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if at_most(middle) > 0.05 { low = middle } else { high = middle }
    }
    1.0 - high
}

#[test]
fn every_mention_of_the_applicant_is_gone_however_it_is_spelled() {
    let mut kinds: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut left = Vec::new();
    let (mut applications, mut all, mut missed) = (0, 0, 0);
    for (index, template) in TEMPLATES.iter().enumerate() {
        for round in 0..ROUNDS {
            let mut chance = Chance(0x0123_5EED + (index as u64) * 100 + round);
            let person = Person::any(template.english, &mut chance);
            let others = Other::apart_from(std::slice::from_ref(&person), &mut chance);
            let (text, mentions) = noisy(template, &person, &others, &mut chance);
            let mut stream = Stream::new(person.known(), crate::fixture::frame());
            let mut parts = stream.push(text.as_bytes());
            parts.extend(stream.finish());
            let [part] = &parts[..] else { panic!("one part") };
            applications += 1;
            for mention in mentions {
                let count = kinds.entry(mention.kind.clone()).or_default();
                (count.0, all) = (count.0 + 1, all + 1);
                let covered =
                    |at: usize| part.spans.iter().any(|(_, from)| from.start <= at && at < from.end);
                let rest: String = text[mention.start..mention.end]
                    .char_indices()
                    .filter(|(at, c)| c.is_alphanumeric() && !covered(mention.start + at))
                    .map(|(_, c)| c)
                    .collect();
                if !rest.is_empty() {
                    (count.1, missed) = (count.1 + 1, missed + 1);
                    let from = text[..mention.start].char_indices().rev().nth(30).map_or(0, |(at, _)| at);
                    left.push(format!(
                        "{} {} ({}): {rest:?} of {:?}",
                        template.name,
                        mention.kind,
                        person.full(),
                        &text[from..mention.end]
                    ));
                }
            }
        }
    }
    let share = 1.0 - missed as f64 / all as f64;
    let by_kind: BTreeMap<&String, serde_json::Value> = kinds
        .iter()
        .map(|(kind, (all, missed))| (kind, json!({ "mentions": all, "left": missed })))
        .collect();
    crate::fixture::figures(
        "story::own_identity::every_mention_of_the_applicant_is_gone_however_it_is_spelled",
        all as u64,
        &json!({ "applications": applications, "mentions": all, "left": missed, "gone": share,
            "lower_bound_95": lower_bound(missed, all), "by_kind": by_kind }),
    );
    assert!(applications >= 500, "{applications}");
    assert!(share >= 0.999, "{share:.5}: {missed} of {all} are left:\n{}", left.join("\n"));
}
