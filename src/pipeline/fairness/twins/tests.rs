use std::collections::BTreeSet;

use super::*;
use crate::subject::profile::FrozenProfile;

const SEED: u64 = 7;

fn demo() -> FrozenProfile {
    Profile::freeze(include_str!("../../../demo/kravprofil.toml")).expect("the demo profile")
}

fn base(number: usize) -> Base {
    Base::new(demo().profile(), SEED, number, 2026)
}

#[test]
fn two_hundred_bases_are_two_hundred_texts_and_a_seed_gives_the_same_ones() {
    let all: BTreeSet<String> = (0..200).map(|number| base(number).application().whole()).collect();
    assert_eq!(all.len(), 200);
    assert_eq!(base(3).application(), base(3).application());
    let other = Base::new(demo().profile(), SEED + 1, 3, 2026);
    assert_ne!(base(3).application(), other.application());
}

#[test]
fn every_strength_is_planted_for_every_criterion() {
    let mut seen = BTreeSet::new();
    for number in 0..200 {
        for (criterion, strength) in base(number).planted().enumerate() {
            seen.insert((criterion, format!("{strength:?}")));
        }
    }
    assert_eq!(seen.len(), 5 * Strength::ALL.len());
}

#[test]
fn no_evidence_is_copied_from_the_profile() {
    let frozen = demo();
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect()
    };
    let mut runs = BTreeSet::new();
    for criterion in &frozen.profile().criteria {
        let anchors = criterion.anchors.iter().flat_map(|a| [&a.weak, &a.adequate, &a.strong]);
        for text in anchors.chain([&criterion.description, &criterion.label]) {
            for text in [&text.sv, &text.en] {
                runs.extend(words(text).windows(5).map(<[String]>::to_vec));
            }
        }
    }
    for number in 0..200 {
        for (_, _, said) in &base(number).evidence {
            for said in said {
                for run in words(&said.sv).windows(5).chain(words(&said.en).windows(5)) {
                    assert!(!runs.contains(run), "{run:?}");
                }
            }
        }
    }
}

/// The lines that one text has and the other has not.
fn apart(one: &str, other: &str) -> usize {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    lines(one).symmetric_difference(&lines(other)).count()
}

#[test]
fn a_twin_differs_in_what_its_variant_says_and_in_nothing_else() {
    for variant in VARIANTS {
        for number in 0..40 {
            let own = base(number);
            let Some(twin) = variant.twin(&own) else {
                assert_eq!(variant.ground, Ground::Language);
                continue;
            };
            let (before, after) = (own.application(), twin.application());
            let lines = apart(&before.whole(), &after.whole());
            match variant.ground {
                Ground::Control => assert_eq!(before, after),
                Ground::Sex | Ground::Name => {
                    assert_ne!(before.name, after.name, "{}", variant.code);
                    let blind = |application: &Application| {
                        application.whole().replace(&application.name, "").replace(&application.email, "")
                    };
                    assert_eq!(blind(&before), blind(&after), "{}", variant.code);
                }
                Ground::Origin | Ground::ParentalLeave | Ground::Disability | Ground::Partner => {
                    assert_eq!(lines, 1, "{}", variant.code);
                }
                Ground::Belief => assert_eq!(lines, 2, "{}", variant.code),
                Ground::Age => {
                    let digits = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "0");
                    assert_ne!(before, after);
                    assert_eq!(digits(&before.whole()), digits(&after.whole()));
                }
                Ground::Format => {
                    assert_ne!(before, after);
                    assert_eq!(before.parts[0], after.parts[0]);
                    assert_eq!(before.parts[2..], after.parts[2..]);
                }
                Ground::Phrasing => {
                    assert_ne!(before, after);
                    assert_eq!(before.parts[1], after.parts[1]);
                }
                Ground::Language => {
                    assert_ne!(own.lang(), twin.lang());
                    assert!(own.planted().eq(twin.planted()));
                }
            }
        }
    }
}

#[test]
fn nobody_is_younger_than_what_was_done_or_done_in_the_future() {
    for number in 0..200 {
        let mut young = base(number);
        young.person.born += 15;
        assert!(young.person.born + 25 <= 2025, "{}", young.person.born);
    }
}

#[test]
fn any_profile_gets_evidence_in_words_of_its_own_label() {
    let text = r#"
format = "urval-kravprofil/1"
id = "x"
version = 1
title = "x"
[[criterion]]
id = "K1"
kind = "competence"
ai = "assess"
weight = 1
label = { sv = "Ornitologi", en = "Ornithology" }
description = { sv = "Kan fåglar.", en = "Knows birds." }
[criterion.anchors]
weak = { sv = "Gillar fåglar.", en = "Likes birds." }
adequate = { sv = "Har räknat fåglar.", en = "Has counted birds." }
strong = { sv = "Har lett en fågelräkning.", en = "Has led a count of birds." }
"#;
    let frozen = Profile::freeze(text).expect("sound");
    let all: Vec<String> =
        (0..60).map(|number| Base::new(frozen.profile(), SEED, number, 2026).application().whole()).collect();
    assert!(all.iter().any(|text| text.contains("under rubriken ornitologi")));
    assert!(all.iter().any(|text| text.contains("under the heading of ornithology")));
}
