//! What holds of every text, however broken: nothing stops the masker, what it says of places is true, masking
//! again changes nothing, and no known field is left in any normal form.

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use urval::pipeline::pseudonymise::{Span, Stream, split};
use urval::pipeline::received::{Known, SectionKind};

use crate::applicants::{Chance, Other, Part, Person, TEMPLATES, application, received};

/// A copy: the fields are handed over with each application.
fn copy(known: &Known) -> Known {
    let mut copy = Known::default();
    copy.name.clone_from(&known.name);
    copy.email.clone_from(&known.email);
    copy.phone.clone_from(&known.phone);
    copy.street.clone_from(&known.street);
    copy.postcode.clone_from(&known.postcode);
    copy.town.clone_from(&known.town);
    copy.links.clone_from(&known.links);
    copy.other.clone_from(&known.other);
    copy
}

fn streamed(known: &Known, pieces: &[&[u8]]) -> (String, Vec<Span>) {
    let mut stream = Stream::new(copy(known), crate::fixture::frame());
    let mut parts = Vec::new();
    for piece in pieces {
        parts.extend(stream.push(piece));
    }
    parts.extend(stream.finish());
    let mut text = String::new();
    let mut spans = Vec::new();
    for part in parts {
        let at = text.len();
        spans.extend(part.spans.iter().map(|(s, _)| Span {
            start: s.start + at,
            end: s.end + at,
            ..s.clone()
        }));
        text.push_str(&part.text);
    }
    (text, spans)
}

/// Whether the spans lie in the text in order, each on a placeholder.
fn are_right(text: &str, spans: &[Span]) -> Result<(), TestCaseError> {
    let mut at = 0;
    for span in spans {
        prop_assert!(span.start >= at && span.end > span.start && span.end <= text.len(), "{:?}", span);
        let Some(word) = text.get(span.start..span.end) else {
            return Err(TestCaseError::fail(format!("{span:?} is within a letter of {text:?}")));
        };
        prop_assert!(word.starts_with('[') && word.ends_with(']'), "{:?} of {:?}", word, text);
        prop_assert!(!word[1..].contains('['), "{:?}", word);
        at = span.end;
    }
    Ok(())
}

fn person(seed: u64) -> (Person, [Other; 2]) {
    let mut chance = Chance(seed);
    let person = Person::any(false, &mut chance);
    let others = Other::apart_from(std::slice::from_ref(&person), &mut chance);
    (person, others)
}

/// Lines of whole applications in any order, with odd characters strewn between.
fn scraps() -> impl Strategy<Value = (u64, String)> {
    let line =
        (0..TEMPLATES.len(), 0usize..80, "\\PC{0,3}|[\u{200B}\u{AD}\u{301}\u{FEFF}\\x00-\\x1F\\[\\]@]{0,3}");
    (any::<u64>(), prop::collection::vec(line, 1..9)).prop_map(|(seed, lines)| {
        let (person, others) = person(seed);
        let text: Vec<String> = lines
            .into_iter()
            .map(|(template, line, odd)| {
                let all: Vec<String> = application(&TEMPLATES[template], &person, &others)
                    .iter()
                    .flat_map(|part| part.text.lines().map(str::to_owned).collect::<Vec<_>>())
                    .collect();
                let mut line = all[line % all.len()].clone();
                let at = line.char_indices().nth(line.chars().count() / 2).map_or(0, |(at, _)| at);
                line.insert_str(at, &odd);
                line
            })
            .collect();
        (seed, text.join("\n"))
    })
}

/// The same letters in another of Unicode's and people's ways of writing.
fn written(value: &str, how: usize) -> String {
    match how {
        0 => value.to_owned(),
        1 => value.nfd().collect(),
        2 => value.nfkc().collect(),
        3 => value.to_uppercase(),
        4 => value.to_lowercase(),
        5 => value.nfd().filter(|c| !is_combining_mark(*c)).collect(),
        6 => value.chars().flat_map(|c| [c, '\u{200B}']).collect(),
        _ => value.chars().map(wide).collect(),
    }
}

fn wide(c: char) -> char {
    if c.is_ascii_graphic() { char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c) } else { c }
}

fn squeezed(text: &str) -> String {
    text.nfkd().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect()
}

/// The text without its placeholders.
fn without_placeholders(text: &str, spans: &[Span]) -> String {
    let mut out = String::new();
    let mut at = 0;
    for span in spans {
        out.push_str(&text[at..span.start]);
        out.push('\u{1}');
        at = span.end;
    }
    out.push_str(&text[at..]);
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_stop_it_and_its_places_are_right(
        bytes in prop::collection::vec(any::<u8>(), 0..400), seed in any::<u64>(),
    ) {
        let (person, _) = person(seed);
        for known in [Known::default(), person.known()] {
            let (text, spans) = streamed(&known, &[&bytes]);
            are_right(&text, &spans)?;
        }
    }

    #[test]
    fn places_are_right_in_lines_of_applications((seed, text) in scraps()) {
        let (person, _) = person(seed);
        let (masked, spans) = streamed(&person.known(), &[text.as_bytes()]);
        are_right(&masked, &spans)?;
        let part = Part { kind: SectionKind::Letter, question: None, text };
        if let Ok((masked, _)) = split(received(person.known(), &[part]), &crate::fixture::frame()) {
            are_right(masked.text(), masked.spans())?;
        }
    }

    #[test]
    fn masking_again_changes_nothing((seed, text) in scraps()) {
        let (person, _) = person(seed);
        let (once, _) = streamed(&person.known(), &[text.as_bytes()]);
        let (twice, _) = streamed(&person.known(), &[once.as_bytes()]);
        prop_assert_eq!(once, twice, "of {:?}", text);
    }

    #[test]
    fn pieces_of_any_size_give_the_same_text(
        (seed, text) in scraps(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let (person, _) = person(seed);
        let bytes = text.as_bytes();
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        at.extend([0, bytes.len()]);
        at.sort_unstable();
        let pieces: Vec<&[u8]> = at.windows(2).map(|two| &bytes[two[0]..two[1]]).collect();
        let whole = streamed(&person.known(), &[bytes]);
        let pieced = streamed(&person.known(), &pieces);
        prop_assert_eq!(whole, pieced);
    }

    #[test]
    fn no_known_field_is_left_in_any_normal_form(
        seed in any::<u64>(), field in 0usize..6, how in 0usize..8,
        before in "[a-zåäö ,.:]{0,20}", after in "[a-zåäö ,.:]{0,20}",
    ) {
        let (person, _) = person(seed);
        let value = match field {
            0 => person.full(),
            1 => person.email.clone(),
            2 => person.phone.clone(),
            3 => format!("{}, {} {}", person.street, person.postcode, person.town),
            4 => person.linkedin(),
            _ => person.personnummer(),
        };
        let text = format!("{before} {} {after}", written(&value, how));
        let (masked, spans) = streamed(&person.known(), &[text.as_bytes()]);
        let left = squeezed(&without_placeholders(&masked, &spans));
        let value = squeezed(&value);
        prop_assert!(!left.contains(&value), "{} is left of {}: {}", value, text, masked);
    }
}

#[test]
fn a_long_text_in_small_pieces_is_the_same_as_in_one() {
    let (person, others) = person(7);
    let mut text = String::new();
    while text.len() < 600_000 {
        for template in &TEMPLATES {
            for part in application(template, &person, &others) {
                text.push_str(&part.text);
                text.push_str("\n\n");
            }
        }
    }
    let whole = streamed(&person.known(), &[text.as_bytes()]);
    let pieces: Vec<&[u8]> = text.as_bytes().chunks(4093).collect();
    let pieced = streamed(&person.known(), &pieces);
    assert!(whole == pieced, "{} and {} bytes", whole.0.len(), pieced.0.len());
}
