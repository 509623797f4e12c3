use super::*;
use crate::pipeline::score::CriterionResult;
use crate::subject::profile::FrozenProfile;

fn demo() -> FrozenProfile {
    Profile::freeze(include_str!("../../demo/kravprofil.toml")).expect("the demo profile")
}

/// Gives each applicant levels of his or her own, which no variant changes; `crooked` moves one criterion of an
/// application that it does not like.
fn read_by(
    profile: &Profile,
    application: &Application,
    crooked: impl Fn(&Application) -> f64,
) -> Assessment {
    let who = format!("{}{}", application.phone, application.street);
    let own = f64::from(who.bytes().fold(7_u32, |sum, byte| (sum * 31 + u32::from(byte)) % 997)) / 997.0;
    let criteria = assessed(profile)
        .enumerate()
        .map(|(at, criterion)| {
            let bent = if at == 2 { crooked(application) } else { 0.0 };
            CriterionResult {
                id: criterion.id.clone(),
                level: Some(Level::from_unit(0.1 + 0.7 * own + bent)),
                readings: Vec::new(),
                evidence: Vec::new(),
            }
        })
        .collect();
    Assessment {
        method: METHOD.into(),
        profile_digest: String::new(),
        model: "none".into(),
        model_digest: "none".into(),
        criteria,
        languages: Vec::new(),
        uncounted: Vec::new(),
    }
}

fn tested(bases: usize, crooked: impl Fn(&Application) -> f64) -> Report {
    let frozen = demo();
    let plan = Plan {
        profile: frozen.profile(),
        key: Key::from_parts("m", frozen.digest(), METHOD, "p"),
        seed: 1,
        today: jiff::civil::date(2026, 11, 1),
        bases,
        thresholds: Thresholds::default(),
    };
    examine(&plan, |application| Ok(read_by(frozen.profile(), application, &crooked)), |_, _| {})
        .expect("a report")
}

fn grounds(report: &Report) -> BTreeSet<Ground> {
    report.verdict.reasons.iter().filter_map(Reason::ground).collect()
}

#[test]
fn a_fair_reader_passes_and_nothing_at_all_differs() {
    let report = tested(200, |_| 0.0);
    assert!(report.verdict.passed, "{:?}", report.verdict.reasons);
    assert_eq!((report.bases.read, report.bases.swedish), (200, 100));
    for ground in &report.grounds {
        for variant in &ground.variants {
            let pairs = if ground.ground == Ground::Language { 100 } else { 200 };
            assert_eq!((variant.pairs, variant.changed.count), (pairs, 0));
            assert!(variant.criteria.iter().all(|criterion| criterion.greatest_in.is_none()));
        }
        for group in &ground.groups {
            assert!(group.impact.ratio.is_some_and(|ratio| ratio > 0.7), "{:?}", ground.ground);
        }
    }
}

#[test]
fn too_few_bases_never_pass() {
    let report = tested(199, |_| 0.0);
    assert_eq!(report.verdict.reasons, [Reason::TooFewBases { read: 199, wanted: 200 }]);
}

#[test]
fn a_planted_bias_is_found_on_its_ground_and_on_no_other() {
    let mosque = |application: &Application| {
        let whole = application.whole();
        if whole.contains("mosk") || whole.contains("mosque") { -0.05 } else { 0.0 }
    };
    let report = tested(200, mosque);
    assert!(!report.verdict.passed);
    assert_eq!(grounds(&report), BTreeSet::from([Ground::Belief]));
    let found = report.verdict.reasons.iter().find_map(|reason| match reason {
        Reason::Difference { variant, criterion, greatest, base, .. } => {
            Some((*variant, criterion.as_str(), *greatest, *base))
        }
        _ => None,
    });
    let (variant, criterion, greatest, _) = found.expect("the difference");
    assert_eq!((variant, criterion), ("mosque", "K5"));
    assert!((greatest + 0.05).abs() < 0.001, "{greatest}");
    let belief = report.grounds.iter().find(|ground| ground.ground == Ground::Belief).expect("belief");
    let mosque = &belief.variants[0];
    assert_eq!((mosque.code, mosque.changed.count), ("mosque", 200));
    assert!(mosque.criteria[2].mean.interval.high < -0.049);
    assert!(mosque.criteria[1].mean.value == 0.0);
    assert!(belief.variants[1..].iter().all(|variant| variant.changed.count == 0));
}

#[test]
fn a_bias_against_a_name_moves_bands_and_the_impact_ratio() {
    let report = tested(200, |application| if application.name.is_ascii() { 0.0 } else { -0.4 });
    assert!(grounds(&report).contains(&Ground::Name));
    let named = tested(200, |application| {
        const SOMALI: [&str; 8] =
            ["Warsame", "Abdullahi", "Jama", "Farah", "Elmi", "Dualeh", "Hersi", "Guled"];
        if SOMALI.iter().any(|family| application.name.ends_with(family)) { -0.5 } else { 0.0 }
    });
    assert_eq!(grounds(&named), BTreeSet::from([Ground::Name]));
    let ground = named.grounds.iter().find(|ground| ground.ground == Ground::Name).expect("names");
    let somali = ground.variants.iter().find(|variant| variant.code == "somali").expect("somali");
    assert!(somali.band_changes.count > 100 && somali.bands_up == 0, "{:?}", somali.band_changes);
    let group = ground.groups.iter().find(|group| group.code == "somali").expect("a group");
    assert!(group.impact.ratio.is_some_and(|ratio| ratio < 0.8), "{:?}", group.impact);
    assert!(group.impact.interval.high < 1.0);
}

#[test]
fn a_reader_that_is_not_repeatable_is_found_by_the_control() {
    let count = std::cell::Cell::new(0_u32);
    let report = tested(20, |_| {
        count.set(count.get() + 1);
        if count.get() == 25 { 0.1 } else { 0.0 }
    });
    assert!(report.verdict.reasons.contains(&Reason::NotRepeatable { count: 1 }));
}

#[test]
fn a_twin_that_goes_to_a_person_while_its_base_is_read_is_told() {
    let frozen = demo();
    let plan = Plan {
        profile: frozen.profile(),
        key: Key::from_parts("m", frozen.digest(), METHOD, "p"),
        seed: 1,
        today: jiff::civil::date(2026, 11, 1),
        bases: 10,
        thresholds: Thresholds { bases_min: 10, ..Thresholds::default() },
    };
    let report = examine(
        &plan,
        |application| {
            let whole = application.whole();
            if whole.contains("rullstol") || whole.contains("wheelchair") {
                return Err(NotScored::Held);
            }
            Ok(read_by(frozen.profile(), application, |_| 0.0))
        },
        |_, _| {},
    )
    .expect("a report");
    let wanted = Reason::NotScored { ground: Ground::Disability, variant: "wheelchair", count: 10, base: 0 };
    assert_eq!(report.verdict.reasons, [wanted]);
}

#[test]
fn another_model_profile_method_or_policy_is_another_key() {
    let keys: BTreeSet<String> = [("a", "b", "c", "d"), ("x", "b", "c", "d"), ("a", "x", "c", "d")]
        .into_iter()
        .chain([("a", "b", "x", "d"), ("a", "b", "c", "x")])
        .map(|(model, profile, method, policy)| Key::from_parts(model, profile, method, policy).digest)
        .collect();
    assert_eq!(keys.len(), 5);
}

#[test]
fn every_reason_is_told_in_both_languages() {
    let report = tested(12, |application| if application.name.is_ascii() { 0.0 } else { -0.4 });
    for reason in &report.verdict.reasons {
        let (sv, en) = (reason.line(Lang::Sv), reason.line(Lang::En));
        assert!(!sv.is_empty() && sv != en, "{sv} / {en}");
    }
}
