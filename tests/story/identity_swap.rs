//! Another name, sex, age, origin, address, partner or congregation changes no byte of what the model and the
//! first reader read, and so no score: the counterfactual set of the criteria lint, over whole applications.
//!
//! What a sentence tells that another application does not have (a parental leave, a wheelchair, phrasing, the
//! order of a CV) cannot come out the same; how much of it is left is measured and written down.

use std::collections::BTreeMap;

use serde_json::json;
use urval::pipeline::pseudonymise::split;
use urval::pipeline::received::SectionKind;

use crate::applicants::{
    Association, Chance, ORIGINS, Other, Part, Person, Sex, TEMPLATES, TOWNS, Template, apart, application,
    association, received,
};

/// Applications a template.
const BASES: u64 = 5;

/// A person changed in one respect.
struct Variant {
    name: &'static str,
    change: fn(&mut Person, &Template, &mut Chance),
}

fn elsewhere(person: &mut Person, template: &Template, chance: &mut Chance) {
    loop {
        person.move_house(chance);
        // Who lives where the text tells of work says something else with the same words.
        if !template.text.contains(&person.town) {
            return;
        }
    }
}

fn named(person: &mut Person, origin: &str, chance: &mut Chance) {
    person.rename(origin, person.sex, chance);
}

fn member(person: &mut Person, kind: Association, template: &Template, chance: &mut Chance) {
    person.association = association(kind, template.english, chance);
}

fn born_elsewhere(person: &mut Person, chance: &mut Chance) {
    let (_, sv, en) = *chance.pick(&ORIGINS);
    person.country = (sv, en);
}

const VARIANTS: [Variant; 21] = [
    Variant { name: "female name", change: |p, _, c| p.rename(p.origin, Sex::Female, c) },
    Variant { name: "male name", change: |p, _, c| p.rename(p.origin, Sex::Male, c) },
    Variant { name: "neutral name", change: |p, _, c| p.rename(p.origin, Sex::Neutral, c) },
    Variant { name: "Swedish name", change: |p, _, c| named(p, "swedish", c) },
    Variant { name: "Arabic name", change: |p, _, c| named(p, "arabic", c) },
    Variant { name: "Finnish name", change: |p, _, c| named(p, "finnish", c) },
    Variant { name: "Polish name", change: |p, _, c| named(p, "polish", c) },
    Variant { name: "Somali name", change: |p, _, c| named(p, "somali", c) },
    Variant { name: "name of another origin", change: |p, _, c| named(p, c.pick(&ORIGINS[5..]).0, c) },
    Variant { name: "fifteen years younger", change: |p, _, _| p.younger(15) },
    Variant { name: "twenty years older", change: |p, _, _| p.younger(-20) },
    Variant { name: "other address", change: elsewhere },
    Variant { name: "other contact details", change: |p, _, c| p.contact(c) },
    Variant { name: "mosque", change: |p, t, c| member(p, Association::Mosque, t, c) },
    Variant { name: "church", change: |p, t, c| member(p, Association::Church, t, c) },
    Variant { name: "union", change: |p, t, c| member(p, Association::Union, t, c) },
    Variant { name: "party", change: |p, t, c| member(p, Association::Party, t, c) },
    Variant { name: "partner of the same sex", change: |p, _, _| p.partner = p.sex },
    Variant { name: "words for another sex", change: |p, _, _| p.sex = opposite(p.sex) },
    Variant { name: "another country of birth", change: |p, _, c| born_elsewhere(p, c) },
    Variant { name: "another person altogether", change: somebody_else },
];

fn somebody_else(person: &mut Person, template: &Template, chance: &mut Chance) {
    let age = person.birth.year();
    *person = somebody(template, chance);
    let years = age + [0, 5, -10, 15, -20][chance.below(5)] - person.birth.year();
    person.younger(years);
    elsewhere(person, template, chance);
}

fn opposite(sex: Sex) -> Sex {
    if sex == Sex::Female { Sex::Male } else { Sex::Female }
}

fn somebody(template: &Template, chance: &mut Chance) -> Person {
    let sex = *chance.pick(&[Sex::Female, Sex::Male]);
    let (origin, ..) = *chance.pick(&ORIGINS);
    let mut person = Person::new(origin, sex, template.english, chance);
    person.partner = opposite(sex);
    person
}

/// An applicant old enough to be fifteen years younger.
fn base(template: &Template, chance: &mut Chance) -> Person {
    let mut person = somebody(template, chance);
    let years = 1972 + i16::try_from(chance.below(6)).expect("small") - person.birth.year();
    person.younger(years);
    elsewhere(&mut person, template, chance);
    person
}

fn masked(person: &Person, parts: &[Part]) -> String {
    match split(received(person.known(), parts), &crate::fixture::frame()) {
        Ok((text, _)) => text.text().to_owned(),
        Err(held) => format!("HELD {held}"),
    }
}

/// `Hans` is a pronoun too: what a text says of him and of his cannot be told apart, as in "Hans bilder".
fn is_pronoun(person: &Person) -> bool {
    person.given.split('-').any(|name| name == "Hans")
}

/// The base and its variants, all of them told apart from the two others whom the application names.
fn people(template: &Template, chance: &mut Chance) -> (Vec<Person>, [Other; 2]) {
    let first = loop {
        let first = base(template, chance);
        if !is_pronoun(&first) {
            break first;
        }
    };
    let others = Other::apart_from(std::slice::from_ref(&first), chance);
    let mut all = vec![first.clone()];
    for variant in &VARIANTS {
        loop {
            let mut person = first.clone();
            (variant.change)(&mut person, template, chance);
            if others.iter().all(|other| apart(other, &person)) && !is_pronoun(&person) {
                all.push(person);
                break;
            }
        }
    }
    (all, others)
}

/// Where two texts differ, line by line: the words before, and what stands there in the one and the other.
fn differences(one: &str, other: &str) -> Vec<(String, String, String)> {
    let mut out = Vec::new();
    for (a, b) in one.lines().zip(other.lines()).filter(|(a, b)| a != b) {
        let (a, b): (Vec<&str>, Vec<&str>) = (a.split(' ').collect(), b.split(' ').collect());
        let same = common_words(&a, &b);
        let (mut i, mut j) = (0, 0);
        for (next_i, next_j) in same.into_iter().chain([(a.len(), b.len())]) {
            if next_i > i || next_j > j {
                let before = a[i.saturating_sub(4)..i].join(" ");
                out.push((before, a[i..next_i].join(" "), b[j..next_j].join(" ")));
            }
            (i, j) = (next_i + 1, next_j + 1);
        }
    }
    out
}

/// The longest row of words that both have in this order: their places.
fn common_words(a: &[&str], b: &[&str]) -> Vec<(usize, usize)> {
    let mut longest = vec![vec![0_u16; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i][j] = if a[i] == b[j] {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            out.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[i + 1][j] >= longest[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    out
}

#[test]
fn no_byte_tells_name_sex_age_origin_address_or_belief() {
    let mut compared: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    // Where it differs: the template and the words before, and in how many variants, with one of them.
    let mut different: BTreeMap<(&str, String), (usize, String)> = BTreeMap::new();
    let (mut applications, mut held) = (0, 0);
    for (index, template) in TEMPLATES.iter().enumerate() {
        for round in 0..BASES {
            let mut chance = Chance(0x1DE4_7177 + (index as u64) * 1000 + round);
            let (people, others) = people(template, &mut chance);
            let before = masked(&people[0], &application(template, &people[0], &others));
            applications += 1;
            held += usize::from(before.starts_with("HELD"));
            for (variant, person) in VARIANTS.iter().zip(&people[1..]) {
                let after = masked(person, &application(template, person, &others));
                let count = compared.entry(variant.name).or_default();
                count.0 += 1;
                if before == after {
                    count.1 += 1;
                    continue;
                }
                for (context, was, is) in differences(&before, &after) {
                    let entry = different.entry((template.name, context)).or_insert_with(|| {
                        let who = format!("{} -> {}", people[0].full(), person.full());
                        (0, format!("{was:?} became {is:?} by {}: {who}", variant.name))
                    });
                    entry.0 += 1;
                }
            }
        }
    }
    let all: usize = compared.values().map(|count| count.0).sum();
    let same: usize = compared.values().map(|count| count.1).sum();
    let by_variant: BTreeMap<&str, f64> =
        compared.iter().map(|(name, (all, same))| (*name, *same as f64 / *all as f64)).collect();
    crate::fixture::figures(
        "story::identity_swap::no_byte_tells_name_sex_age_origin_address_or_belief",
        all as u64,
        &json!({ "applications": applications, "held": held, "identical": same as f64 / all as f64,
            "by_variant": by_variant }),
    );
    let mut told: Vec<_> = different.into_iter().collect();
    told.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    let told: Vec<String> = told
        .into_iter()
        .map(|((template, context), (count, how))| format!("{count} × {template} …{context} | {how}"))
        .collect();
    assert!(applications >= 200, "{applications}");
    assert!(same == all, "{} of {all} differ:\n{}", all - same, told.join("\n"));
}

/// What one application says and another does not: a change of the person or of the text.
struct Told {
    name: &'static str,
    who: fn(&mut Person, &Template),
    text: fn(&mut Vec<Part>, bool),
}

fn nobody(_: &mut Person, _: &Template) {}

fn nothing(_: &mut Vec<Part>, _: bool) {}

/// Puts a sentence after the first paragraph of the letter.
fn said(parts: &mut [Part], sentence: &str) {
    let text = &mut parts[0].text;
    let at = text.match_indices("\n\n").nth(1).map_or(text.len(), |(at, _)| at);
    text.insert_str(at, &format!("\n\n{sentence}"));
}

fn rewritten(parts: &mut [Part], kind: SectionKind, how: impl Fn(&str) -> String) {
    for part in parts.iter_mut().filter(|part| part.kind == kind) {
        part.text = how(&part.text);
    }
}

const TOLD: [Told; 9] = [
    Told {
        name: "parental leave in a sentence",
        who: nobody,
        text: |parts, english| {
            said(
                parts,
                if english {
                    "I was on parental leave with our second child for eleven months."
                } else {
                    "I elva månader var jag föräldraledig med vårt andra barn."
                },
            );
        },
    },
    Told {
        name: "wheelchair",
        who: nobody,
        text: |parts, english| {
            said(
                parts,
                if english {
                    "I use a wheelchair, which has never been in my way."
                } else {
                    "Jag sitter i rullstol, vilket aldrig har stått i vägen för mig."
                },
            );
        },
    },
    Told {
        name: "ADHD",
        who: nobody,
        text: |parts, english| {
            said(
                parts,
                if english {
                    "I have ADHD and work best with a clear plan."
                } else {
                    "Jag har ADHD och arbetar bäst med en tydlig plan."
                },
            );
        },
    },
    Told {
        name: "phrasing of a second language",
        who: nobody,
        text: |parts, english| {
            rewritten(parts, SectionKind::Letter, |text| {
                if english {
                    text.replace(" the ", " ").replace(" a ", " ").replace(" have ", " has ")
                } else {
                    text.replace(" en ", " ").replace(" ett ", " ").replace("har jag", "jag har")
                }
            });
        },
    },
    Told {
        name: "CV in another order",
        who: nobody,
        text: |parts, _| {
            rewritten(parts, SectionKind::Cv, |text| {
                let mut blocks: Vec<&str> = text.split("\n\n").collect();
                blocks[1..].reverse();
                blocks.join("\n\n")
            });
        },
    },
    Told {
        name: "CV as a list with bullets",
        who: nobody,
        text: |parts, _| {
            rewritten(parts, SectionKind::Cv, |text| {
                text.lines()
                    .map(|line| if line.is_empty() { "\n".into() } else { format!("• {line}\n") })
                    .collect()
            });
        },
    },
    Told { name: "words for neither sex", who: |p, _| p.sex = Sex::Neutral, text: nothing },
    Told { name: "partner of no told sex", who: |p, _| p.partner = Sex::Neutral, text: nothing },
    Told {
        name: "home town where the text tells of work",
        who: |person, template| {
            if let Some(town) = TOWNS.iter().find(|town| template.text.contains(**town)) {
                person.town = (*town).into();
            }
        },
        text: nothing,
    },
];

/// Words that one text has and the other has not, without placeholders.
fn words_apart(one: &str, other: &str) -> Vec<String> {
    let mut counts: BTreeMap<String, isize> = BTreeMap::new();
    for (text, by) in [(one, 1), (other, -1)] {
        let mut clear = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('[') {
            clear.push_str(before);
            clear.push(' ');
            rest = after.split_once(']').map_or("", |(_, rest)| rest);
        }
        clear.push_str(rest);
        for word in clear.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            *counts.entry(word.to_lowercase()).or_default() += by;
        }
    }
    counts.into_iter().filter(|(_, count)| *count != 0).map(|(word, _)| word).collect()
}

/// These differ by what is said, not by who says it: the figures are what is left.
#[test]
fn what_a_sentence_tells_is_measured() {
    let mut figures = serde_json::Map::new();
    let mut compared = 0;
    for (number, told) in TOLD.iter().enumerate() {
        let (mut all, mut changed, mut same, mut placeholders_only, mut bytes) = (0, 0_usize, 0, 0, 0);
        let mut words: BTreeMap<String, usize> = BTreeMap::new();
        for (index, template) in TEMPLATES.iter().enumerate() {
            let mut chance = Chance(0x7E11 + (number * 1000 + index) as u64);
            let mut person = base(template, &mut chance);
            let others = Other::apart_from(std::slice::from_ref(&person), &mut chance);
            let parts = application(template, &person, &others);
            let before = masked(&person, &parts);
            (told.who)(&mut person, template);
            let mut after = application(template, &person, &others);
            (told.text)(&mut after, template.english);
            all += 1;
            let clear = |parts: &[Part]| parts.iter().map(|part| part.text.clone()).collect::<Vec<_>>();
            if clear(&parts) == clear(&after) {
                continue;
            }
            changed += 1;
            let after = masked(&person, &after);
            if before == after {
                same += 1;
                continue;
            }
            let left = words_apart(&before, &after);
            placeholders_only += usize::from(left.is_empty());
            bytes += left.iter().map(String::len).sum::<usize>();
            for word in left {
                *words.entry(word).or_default() += 1;
            }
        }
        compared += changed;
        let mut often: Vec<(String, usize)> = words.into_iter().collect();
        often.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        often.truncate(12);
        let share = |n: usize| n as f64 / changed.max(1) as f64;
        figures.insert(
            told.name.into(),
            json!({ "applications": all, "text_differs": changed, "identical": share(same),
                "only_placeholders_or_order_differ": share(placeholders_only),
                "bytes_of_words_left": bytes as f64 / changed.max(1) as f64, "words_left": often }),
        );
    }
    crate::fixture::figures(
        "story::identity_swap::what_a_sentence_tells_is_measured",
        compared as u64,
        &serde_json::Value::Object(figures),
    );
}
