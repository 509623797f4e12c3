//! Masking costs no merit: what an applicant has done stands in the pseudonymised text word for word, whoever
//! the applicant is; only names of others and of places may be replaced in it. And so the evidence keeps its
//! level.

use std::collections::BTreeMap;

use serde_json::json;
use urval::pipeline::pseudonymise::{SpanCategory, Stream, split};
use urval::pipeline::received::{Known, SectionKind};
use urval::pipeline::score::Ruler;
use urval::subject::profile::Profile;

use crate::applicants::{Chance, Other, Part, Person, TEMPLATES, Template, filled, received, slot_value};

/// Applicants a template.
const ROUNDS: u64 = 10;

/// One sentence that tells a merit: as written, as masked, and what was replaced in it.
struct Merit {
    clear: &'static str,
    masked: String,
    replaced: Vec<(SpanCategory, &'static str)>,
}

/// The merits of the application of one applicant, as they stand in it after masking.
fn merits(template: &Template, chance: &mut Chance) -> Vec<Merit> {
    let person = Person::any(template.english, chance);
    let others = Other::apart_from(std::slice::from_ref(&person), chance);
    let text = filled(template.text, |before, slot, _| slot_value(before, slot, template, &person, &others));
    let mut stream = Stream::new(person.known(), crate::fixture::frame());
    let mut parts = stream.push(text.as_bytes());
    parts.extend(stream.finish());
    let [part] = &parts[..] else { panic!("one part") };
    template
        .merits
        .lines()
        .map(|clear| {
            let start = text.find(clear).unwrap_or_else(|| panic!("{}: {clear}", template.name));
            let end = start + clear.len();
            let mut masked = String::new();
            let mut at = start;
            let mut replaced = Vec::new();
            for (span, from) in part.spans.iter().filter(|(_, from)| from.start < end && from.end > start) {
                masked.push_str(text.get(at..from.start).unwrap_or_default());
                masked.push_str(&part.text[span.start..span.end]);
                at = from.end;
                replaced.push((span.category, span.rule));
            }
            masked.push_str(text.get(at..end).unwrap_or_default());
            Merit { clear, masked, replaced }
        })
        .collect()
}

fn is_of_others(category: SpanCategory) -> bool {
    use SpanCategory as C;
    matches!(
        category,
        C::Person
            | C::Town
            | C::Country
            | C::Employer
            | C::University
            | C::School
            | C::Municipality
            | C::Region
            | C::Authority
    )
}

#[test]
fn what_was_done_stands_word_for_word() {
    let (mut all, mut identical, mut names_only) = (0_usize, 0, 0);
    let mut lost: BTreeMap<(&str, &str), (usize, String)> = BTreeMap::new();
    for (index, template) in TEMPLATES.iter().enumerate() {
        for round in 0..ROUNDS {
            let mut chance = Chance(0x3E_517A + (index as u64) * 100 + round);
            for merit in merits(template, &mut chance) {
                all += 1;
                if merit.replaced.is_empty() {
                    identical += 1;
                } else if merit.replaced.iter().all(|(category, _)| is_of_others(*category)) {
                    names_only += 1;
                } else {
                    let rules: Vec<&str> = merit.replaced.iter().map(|(_, rule)| *rule).collect();
                    let entry = lost.entry((template.name, merit.clear)).or_default();
                    *entry = (entry.0 + 1, format!("{} by {rules:?}", merit.masked));
                }
            }
        }
    }
    let share = |n: usize| n as f64 / all as f64;
    crate::fixture::figures(
        "story::merits_stay::what_was_done_stands_word_for_word",
        all as u64,
        &json!({ "merits": all, "identical": share(identical), "with_names_replaced": share(names_only),
            "changed": share(all - identical - names_only) }),
    );
    let told: Vec<String> = lost
        .into_iter()
        .map(|((template, clear), (count, masked))| format!("{count} × {template}\n   {clear}\n   {masked}"))
        .collect();
    assert!(
        share(identical + names_only) >= 0.99,
        "{:.4}:\n{}",
        share(identical + names_only),
        told.join("\n")
    );
}

/// The merits as a letter of their own.
fn letter(lines: &[&str]) -> Vec<Part> {
    vec![Part { kind: SectionKind::Letter, question: None, text: lines.join("\n\n") }]
}

#[test]
fn evidence_keeps_its_level() {
    let encoder = crate::fixture::encoder();
    let profile = Profile::freeze(urval::demo::PROFILE).expect("the profile");
    let ruler = Ruler::new(&encoder, profile).expect("a ruler");
    let masked_alone = |lines: &[&str]| {
        let whole = split(received(Known::default(), &letter(lines)), &crate::fixture::frame());
        whole.expect("merits alone").0
    };
    let levels = |lines: &[&str]| -> Vec<Option<f64>> {
        let (assessment, _) = ruler.assess(&encoder, &masked_alone(lines), None).expect("an assessment");
        assessment.criteria.iter().map(|result| Some(result.level?.as_f64())).collect()
    };
    let (mut lines, mut in_clear, mut compared, mut kept) = (0, 0, 0_usize, 0);
    let mut greatest = 0.0_f64;
    for (index, template) in TEMPLATES.iter().enumerate() {
        let mut chance = Chance(0x001E_7E15 + index as u64);
        // Only what is pseudonymised can be given to the model. A merit alone that holds no name comes out as
        // it was written; those that hold one cannot be read in clear and are left out.
        let mut merits = merits(template, &mut chance);
        lines += merits.len();
        merits.retain(|merit| masked_alone(&[merit.clear]).text() == merit.clear);
        in_clear += merits.len();
        let clear: Vec<&str> = merits.iter().map(|merit| merit.clear).collect();
        let masked: Vec<&str> = merits.iter().map(|merit| merit.masked.as_str()).collect();
        if clear.is_empty() {
            continue;
        }
        for (before, after) in levels(&clear).into_iter().zip(levels(&masked)) {
            compared += 1;
            let change = match (before, after) {
                (Some(before), Some(after)) => (before - after).abs(),
                (None, None) => 0.0,
                _ => 1.0,
            };
            kept += usize::from(change <= 0.02);
            greatest = greatest.max(change);
        }
    }
    let share = kept as f64 / compared as f64;
    crate::fixture::figures(
        "story::merits_stay::evidence_keeps_its_level",
        compared as u64,
        &json!({ "merits": lines, "read_in_clear": in_clear, "levels": compared,
            "changed_by_at_most_0.02": share, "greatest_change": greatest }),
    );
    assert!(in_clear * 10 >= lines * 9, "{in_clear} of {lines} can be read in clear");
    assert!(share >= 0.99, "{share:.4}; greatest change {greatest:.3}");
}
