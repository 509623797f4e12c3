//! Somebody who holds the list of all applicants, with everything that the list and a search tell of each,
//! cannot say whose application a pseudonymised text is.
//!
//! The attack links a text to a candidate by names and parts of names, initials, addresses, numbers, rare
//! words (the home town, the association, the people who are named as referees, the country of birth), by
//! words for the sex, by age and by years. The same attack on the texts as they came in finds nearly everyone,
//! so it does bite.
//!
//! What this does not prove: the texts of one template differ only by their applicant, and the attacker does
//! not know what the applicant has done. A life story is itself a fingerprint: whoever knows that somebody
//! counted bicycles at nineteen crossings recognises the sentence, and no replacing of names can hinder it.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::json;
use urval::pipeline::pseudonymise::{folded, split};

use crate::applicants::{Chance, Other, Person, Sex, TEMPLATES, application, received};

/// Applications a template.
const ROUNDS: u64 = 13;

/// One application, and what the attacker knows of its applicant.
struct Case {
    template: usize,
    clear: String,
    masked: Option<String>,
    dossier: HashSet<String>,
}

fn words(text: &str) -> Vec<String> {
    folded(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// All words by which a text may be known as this person's.
fn dossier(person: &Person, others: &[Other; 2]) -> HashSet<String> {
    let mut out: HashSet<String> = HashSet::new();
    let mut add = |text: &str| out.extend(words(text));
    for text in [
        &person.given,
        &person.family,
        &person.email,
        &person.phone,
        &person.street,
        &person.postcode,
        &person.town,
        &person.handle,
        &person.association,
        &person.personnummer(),
        &person.birth_date(false),
        &person.birth_date(true),
        &person.age().to_string(),
    ] {
        add(text);
    }
    add(person.country.0);
    add(person.country.1);
    for other in others {
        for text in [&other.given, &other.family, &other.email, &other.phone] {
            add(text);
        }
    }
    for years in 1..=17 {
        add(&person.value(&format!("Y-{years}"), false).expect("a year"));
    }
    add(match person.sex {
        Sex::Female => {
            "hon henne hennes she her hers woman kvinna tjej mamma mother dotter daughter mammaledig maternity \
             damlaget ms"
        }
        Sex::Male => "han honom hans he him his man kille pappa father son pappaledig paternity herrlaget mr",
        Sex::Neutral => "hen hens they them their person förälder parent barn mx",
    });
    add(match person.partner {
        Sex::Female => "fru wife",
        Sex::Male => "man husband",
        Sex::Neutral => "sambo partner",
    });
    // Initials as one word; the texts' own are joined the same way below.
    out.insert(format!("initials:{}", folded(&person.initials())));
    out
}

/// The words of a text and the initials in it.
fn tokens(text: &str) -> HashSet<String> {
    let mut out: HashSet<String> = words(text).into_iter().collect();
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, '/' | '(' | ')')) {
        if word.matches('.').count() >= 2 && word.chars().filter(|c| c.is_uppercase()).count() == 2 {
            out.insert(format!("initials:{}", folded(word.trim_end_matches(','))));
        }
    }
    out
}

/// The share of texts whose applicant the attack puts first among the candidates; a tie counts by its part.
fn found(texts: &[(usize, HashSet<String>)], cases: &[Case], among: impl Fn(&Case, &Case) -> bool) -> f64 {
    let mut in_texts: HashMap<&str, usize> = HashMap::new();
    let mut known: HashMap<&str, Vec<usize>> = HashMap::new();
    for (_, words) in texts {
        for word in words {
            *in_texts.entry(word).or_default() += 1;
        }
    }
    for (index, case) in cases.iter().enumerate() {
        for word in &case.dossier {
            known.entry(word).or_default().push(index);
        }
    }
    let (all_texts, all) = (texts.len() as f64, cases.len() as f64);
    let mut scores = vec![vec![0.0_f64; cases.len()]; texts.len()];
    for (row, (_, words)) in scores.iter_mut().zip(texts) {
        for word in words {
            let Some(candidates) = known.get(word.as_str()) else { continue };
            // A word that few texts have and few candidates go with.
            let weight =
                (all_texts / in_texts[word.as_str()] as f64).ln() * (all / candidates.len() as f64).ln();
            for candidate in candidates {
                row[*candidate] += weight;
            }
        }
    }
    // A candidate of whom much is known fits every text somewhat.
    for candidate in 0..cases.len() {
        let mean = scores.iter().map(|row| row[candidate]).sum::<f64>() / all_texts;
        for row in &mut scores {
            row[candidate] -= mean;
        }
    }
    let mut hits = 0.0;
    for (row, (own, _)) in scores.iter().zip(texts) {
        let here = |index: &usize| among(&cases[*own], &cases[*index]);
        let best = (0..cases.len()).filter(here).map(|index| row[index]).fold(f64::MIN, f64::max);
        let first: Vec<usize> =
            (0..cases.len()).filter(here).filter(|index| row[*index] > best - 1e-9).collect();
        if first.contains(own) {
            hits += 1.0 / first.len() as f64;
        }
    }
    hits / all_texts
}

#[test]
fn the_list_of_applicants_does_not_tell_whose_text_it_is() {
    let mut cases = Vec::new();
    for (index, template) in TEMPLATES.iter().enumerate() {
        for round in 0..ROUNDS {
            let mut chance = Chance(0xA77A_C4ED + (index as u64) * 100 + round);
            let person = Person::any(template.english, &mut chance);
            let others = Other::apart_from(std::slice::from_ref(&person), &mut chance);
            let parts = application(template, &person, &others);
            let clear: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
            let clear = clear.join("\n\n");
            let masked = split(received(person.known(), &parts), &crate::fixture::frame());
            cases.push(Case {
                template: index,
                clear,
                masked: masked.ok().map(|(text, _)| text.text().to_owned()),
                dossier: dossier(&person, &others),
            });
        }
    }
    let clear: Vec<(usize, HashSet<String>)> =
        cases.iter().enumerate().map(|(index, case)| (index, tokens(&case.clear))).collect();
    let masked: Vec<(usize, HashSet<String>)> = cases
        .iter()
        .enumerate()
        .filter_map(|(index, case)| Some((index, tokens(case.masked.as_ref()?))))
        .collect();
    let anyone = |_: &Case, _: &Case| true;
    let same_template = |one: &Case, other: &Case| one.template == other.template;
    let in_clear = found(&clear, &cases, anyone);
    let in_masked = found(&masked, &cases, anyone);
    let of_one_template = found(&masked, &cases, same_template);

    // What is left that only some candidates go with, for whoever mends it.
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for (own, words) in &masked {
        for word in words.iter().filter(|word| cases[*own].dossier.contains(*word)) {
            let template = &TEMPLATES[cases[*own].template];
            if !words_of_template(template.text).contains(word) {
                *left.entry(word).or_default() += 1;
            }
        }
    }
    let mut often: Vec<(&str, usize)> = left.into_iter().collect();
    often.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    often.truncate(30);
    let chance = 1.0 / cases.len() as f64;
    crate::fixture::figures(
        "story::re_identification::the_list_of_applicants_does_not_tell_whose_text_it_is",
        masked.len() as u64,
        &json!({ "candidates": cases.len(), "masked": masked.len(), "held": cases.len() - masked.len(),
            "top_1_in_clear": in_clear, "top_1_masked": in_masked, "chance": chance,
            "top_1_masked_among_those_of_one_template": of_one_template, "chance_there": 1.0 / ROUNDS as f64 }),
    );
    assert!(masked.len() >= 500, "{}", masked.len());
    assert!(in_clear >= 0.95, "the attack is no good: {in_clear:.3}");
    assert!(in_masked <= 0.05, "{in_masked:.4} are found; words left: {often:?}");
}

fn words_of_template(text: &str) -> HashSet<String> {
    words(&crate::applicants::filled(text, |_, _, _| " ".into())).into_iter().collect()
}
