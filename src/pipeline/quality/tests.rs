use super::*;
use crate::pipeline::agreement::Draws;
use crate::pipeline::ingest::marks::read_marks;
use crate::pipeline::ingest::screened::read_screened;
use crate::subject::profile::FrozenProfile;
use proptest::prelude::*;
use serde_json::json;
use zeroize::Zeroizing;

const FAST: Settings = Settings { resamples: 200, shuffles: 200, seed: 5, first: 5, top_bands: 1, good: 3.5 };

fn profile() -> FrozenProfile {
    let anchors = "[criterion.anchors]\nweak = \"nothing\"\nadequate = \"made a study\"\nstrong = \"a study put to use\"\n";
    let text = format!(
        r#"
format = "urval-kravprofil/1"
id = "p"
version = 1
title = "p"
[[criterion]]
id = "K1"
kind = "must_have"
ai = "extract"
label = "Degree"
description = "A degree."
[[criterion]]
id = "K2"
kind = "competence"
ai = "assess"
weight = 3
label = "Analysis"
description = "Has analysed something."
{anchors}
[[criterion]]
id = "K3"
kind = "desirable"
ai = "assess"
weight = 1
label = "Schools"
description = "Has worked in a school."
{anchors}
"#
    );
    Profile::freeze(&text).unwrap_or_else(|error| panic!("{error}"))
}

/// A result in which each application has a level for K2 and K3, and its band in the one placement.
fn screened(rows: &[(&str, f64, f64, usize)]) -> Screened {
    let last = rows.iter().map(|row| row.3).max().unwrap_or(0);
    let bands: Vec<Vec<&str>> =
        (1..=last).map(|band| rows.iter().filter(|row| row.3 == band).map(|row| row.0).collect()).collect();
    let applications: Vec<serde_json::Value> = rows
        .iter()
        .map(|(id, k2, k3, _)| {
            json!({ "id": id, "criteria": [{ "id": "K1", "level": null }, { "id": "K2", "level": k2 },
                { "id": "K3", "level": k3 }] })
        })
        .collect();
    let value = json!({
        "format": "urval-screen/1", "evaluation": true, "profile": { "sha256": profile().digest() },
        "model": { "fingerprint": "m" }, "method": "m", "held": ["H-1"],
        "placements": [{ "id": "alla", "bands": bands }], "applications": applications,
    });
    read_screened(value.to_string().as_bytes(), &profile()).unwrap_or_else(|error| panic!("{error}"))
}

fn marks(rows: &str) -> Vec<MarkRow> {
    let text = format!("application,criterion,reviewer,blind,final,reason\n{rows}");
    read_marks(text.as_bytes(), profile().profile(), None).unwrap_or_else(|error| panic!("{error}"))
}

fn report(rows: &[MarkRow], screened: Option<&Screened>, settings: Settings) -> Report {
    let profile = profile();
    let input = Input { profile: profile.profile(), marks: rows, screened, texts: None, sample: None };
    measure(input, settings).unwrap_or_else(|error| panic!("{error}"))
}

fn of<'a>(report: &'a Report, id: &str) -> &'a Part {
    &report.criteria.iter().find(|criterion| criterion.id.as_str() == id).expect("a criterion").part
}

/// Thirty applications whose marks are the model's fifths, and whose bands follow.
fn planted() -> (Vec<MarkRow>, Screened) {
    let ids: Vec<String> = (0..30).map(|n| format!("A-{n:02}")).collect();
    let (mut rows, mut csv) = (Vec::new(), String::new());
    for (n, id) in ids.iter().enumerate() {
        let grade = n % 5;
        let level = grade as f64 / 5.0 + 0.125;
        rows.push((id.as_str(), level, level, 5 - grade));
        for reviewer in ["b1", "b2"] {
            for criterion in ["K2", "K3"] {
                csv.push_str(&format!("{id},{criterion},{reviewer},{0},{0},\n", grade + 1));
            }
        }
    }
    (marks(&csv), screened(&rows))
}

#[test]
fn planted_agreement_is_found_and_a_random_order_is_worse() {
    let (rows, screened) = planted();
    let found = report(&rows, Some(&screened), FAST);
    let one = Figure { value: Some(1.0), low: Some(1.0), high: Some(1.0) };
    assert_eq!((found.overall.reviewers.kappa, found.overall.reviewers.pairs), (one, 60));
    let ranking = found.overall.ranking.as_ref().expect("levels");
    assert_eq!((ranking.kappa, ranking.tau_b, ranking.ndcg, ranking.applications), (Some(one), one, one, 30));
    let mean = ranking.random.tau_b.mean.expect("shuffles");
    assert!(mean.abs() < 0.05, "{mean}");
    assert!(ranking.random.tau_b.high.expect("shuffles") < 0.5);
    // Drawn and computed, the mean over random orders is the same.
    let drawn = ranking.random.ndcg.mean.expect("shuffles");
    let computed = 1.0 - ranking.random.ai_minus_ndcg.value.expect("a difference");
    assert!((drawn - computed).abs() < 0.03, "{drawn} {computed}");
    assert!(ranking.random.ai_minus_ndcg.low.expect("an interval") > 0.0);
    let bands = &found.placements[0].ranking;
    assert_eq!((bands.kappa, bands.tau_b, bands.keywords.as_ref()), (None, one, None));
    assert_eq!(of(&found, "K1").ranking, None);
}

#[test]
fn fifths_of_the_level_are_marks() {
    for (level, mark) in
        [(0.0, 1), (0.1999, 1), (0.2001, 2), (0.5, 3), (0.6001, 4), (0.7999, 4), (0.8001, 5), (1.0, 5)]
    {
        assert_eq!(step(Level::from_unit(level)), Mark::Grade(mark), "{level}");
    }
}

#[test]
fn who_moves_towards_the_model_is_counted() {
    // The model's step for K2 is 5.
    let screened =
        screened(&[("A", 0.9, 0.5, 1), ("B", 0.9, 0.5, 1), ("C", 0.9, 0.5, 2), ("D", 0.9, 0.5, 2)]);
    let rows = marks(
        "A,K2,b1,2,4,I had missed a line\nB,K2,b1,3,2,I had misread it\nC,K2,b1,5,5,\nD,K2,b1,3,3,\n\
         A,K1,b1,oklart,styrkt,It stands in the letter\n",
    );
    let found = report(&rows, Some(&screened), FAST);
    let changes = &of(&found, "K2").changes;
    assert_eq!((changes.marks, changes.changed, changes.share.value), (4, 2, Some(0.5)));
    let machine = changes.machine.as_ref().expect("levels");
    assert_eq!(
        (machine.marks, machine.differed, machine.towards, machine.away, machine.neither),
        (4, 3, 1, 1, 0)
    );
    assert_eq!(machine.towards_share.value, Some(1.0 / 3.0));
    // A must-have has no level, so nobody can move towards it.
    let settled = &of(&found, "K1").changes;
    assert_eq!((settled.changed, settled.machine.as_ref()), (1, None));
    assert_eq!(found.overall.changes.changed, 3);
    // K3 has no mark: the orders over all criteria lack everybody.
    let overall = found.overall.ranking.as_ref().expect("levels");
    assert_eq!((overall.applications, overall.incomplete, overall.tau_b), (0, 4, Figure::default()));
    assert!(found.notices.iter().any(|notice| notice.contains("4 application(s) lack a mark")));
}

#[test]
fn too_little_gives_nothing_rather_than_a_number() {
    let alone = screened(&[("A", 0.9, 0.5, 1)]);
    let found = report(&marks("A,K2,b1,3,3,\nA,K3,b1,3,3,\n"), Some(&alone), FAST);
    let ranking = found.overall.ranking.as_ref().expect("levels");
    assert_eq!((ranking.tau_b, ranking.ndcg), (Figure::default(), Figure::default()));
    assert_eq!(found.overall.reviewers.kappa, Figure::default());
    assert_eq!(ranking.random.tau_b, Spread::default());
    // All marks equal: nothing to agree about.
    let equal = screened(&[("A", 0.9, 0.5, 1), ("B", 0.1, 0.5, 1)]);
    let rows = marks("A,K2,b1,3,3,\nB,K2,b1,3,3,\nA,K2,b2,3,3,\nB,K2,b2,3,3,\n");
    let found = report(&rows, Some(&equal), FAST);
    assert_eq!(of(&found, "K2").reviewers.kappa, Figure::default());
    assert_eq!(of(&found, "K2").ranking.as_ref().expect("levels").tau_b, Figure::default());
    assert!(
        found.notices.iter().any(|notice| notice.contains("Only 2 application(s)")),
        "{:?}",
        found.notices
    );
    // Without a screening, people only.
    let found = report(&rows, None, FAST);
    assert!(found.overall.ranking.is_none() && found.placements.is_empty());
    assert!(found.overall.changes.machine.is_none());
}

#[test]
fn a_keyword_search_that_orders_as_people_do_is_seen_to() {
    let (rows, screened) = planted();
    // Levels that say nothing: everybody the same.
    let flat: Vec<(&str, f64, f64, usize)> =
        screened.applications.iter().map(|a| (a.id.as_str(), 0.5, 0.5, 1)).collect();
    let flat = self::screened(&flat);
    let texts: Texts = (screened.applications.iter().enumerate())
        .map(|(n, a)| {
            (
                a.id.clone(),
                Zeroizing::new(format!("{}{}", "analysed school ".repeat(n % 5), "other ".repeat(9 - n % 5))),
            )
        })
        .collect();
    let profile = profile();
    let input = |texts| Input {
        profile: profile.profile(),
        marks: &rows,
        screened: Some(&flat),
        texts: Some(texts),
        sample: None,
    };
    let found = measure(input(&texts), FAST).expect("texts of all");
    for part in [&found.overall, of(&found, "K2")] {
        let ranking = part.ranking.as_ref().expect("levels");
        let keywords = ranking.keywords.as_ref().expect("texts");
        assert_eq!((ranking.tau_b.value, keywords.tau_b.value), (None, Some(1.0)));
        assert!(keywords.ai_minus_ndcg.high.expect("an interval") < 0.0, "{keywords:?}");
        assert!(ranking.characters.as_ref().expect("texts").ndcg.value > Some(0.9));
        // A model that finds everybody alike is exactly a random order.
        assert_eq!(ranking.random.ai_minus_ndcg.value, Some(0.0));
    }
    let mut fewer = texts.clone();
    fewer.remove("A-07");
    let error = measure(input(&fewer), FAST).expect_err("not the same set");
    assert_eq!(error, NoText(vec!["A-07".into()]));
    assert!(error.to_string().contains("A-07"));
}

#[test]
fn the_sample_estimates_what_lies_below() {
    let rows: Vec<(String, usize)> =
        (0..40).map(|n| (format!("A-{n:02}"), if n < 10 { 1 } else { 2 })).collect();
    let rows: Vec<(&str, f64, f64, usize)> =
        rows.iter().map(|(id, band)| (id.as_str(), 0.5, 0.5, *band)).collect();
    let screened = screened(&rows);
    // 3 × 4 + 1 × 2 over 4 is 3.5: good. One lower is not. One has no mark for K3.
    let marks = marks(
        "A-10,K2,b1,3,4,I had missed a line\nA-10,K3,b1,2,2,\nA-11,K2,b1,4,4,\nA-11,K3,b1,1,1,\nA-12,K2,b1,5,5,\n\
         A-13,K2,b1,2,2,\nA-13,K3,b1,2,2,\nA-10,K1,b1,ej_styrkt,ej_styrkt,\n",
    );
    let ids = read_sample("A-10\n\nA-11\r\nA-12\nA-13\n", &screened, 1).expect("ids");
    let profile = profile();
    let input = Input {
        profile: profile.profile(),
        marks: &marks,
        screened: Some(&screened),
        texts: None,
        sample: Some(&ids),
    };
    let found = measure(input, FAST).expect("a report").sample.expect("a sample");
    assert_eq!((found.below, found.drawn, found.marked), (30, 4, 3));
    assert_eq!((found.missed, found.unmarked), (vec!["A-10".to_owned()], vec!["A-12".to_owned()]));
    assert_eq!(found.share.value, Some(1.0 / 3.0));
    // 1 of 3: 0.84 % to 90.57 %, as tables of the exact interval say; of 30, at least the one and at most all but two.
    let near = |found: Option<f64>, wanted: f64| {
        assert!((found.expect("an end") - wanted).abs() < 5e-4, "{found:?}")
    };
    near(found.share.low, 0.0084);
    near(found.share.high, 0.9057);
    assert_eq!(found.estimated.value, Some(10.0));
    assert_eq!(found.estimated.low, Some(1.0));
    near(found.estimated.high.map(|high| high / 30.0), 0.9057);
}

#[test]
fn a_sample_with_faults_is_refused_with_every_one_of_them() {
    let screened = screened(&[("A", 0.9, 0.5, 1), ("B", 0.1, 0.5, 2)]);
    let error = read_sample("A\nX\nB\nB\n", &screened, 1).expect_err("faults");
    assert_eq!(error.0.len(), 3, "{error}");
    assert!(error.0[0].starts_with("line 1: the application is among the first 1 band(s)"));
    assert!(error.0[1].starts_with("line 2: the id is not in the result"));
    assert!(error.0[2].starts_with("line 4: the id stands twice"));
    assert!(read_sample("\n", &screened, 1).expect_err("empty").0[0].contains("no id"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]
    #[test]
    fn the_order_of_the_rows_moves_nothing(seed: u64, grades in proptest::collection::vec((1u8..6, 1u8..6), 12)) {
        let mut csv = String::new();
        for (n, (a, b)) in grades.iter().enumerate() {
            csv.push_str(&format!("A-{n:02},K2,b1,{a},{a},\nA-{n:02},K2,b2,{b},{b},\nA-{n:02},K3,b3,{b},{b},\n"));
        }
        let rows = marks(&csv);
        let ids: Vec<String> = (0..grades.len()).map(|n| format!("A-{n:02}")).collect();
        let found: Vec<(&str, f64, f64, usize)> =
            ids.iter().zip(&grades).map(|(id, (a, b))| (id.as_str(), f64::from(a * b) / 25.0, 0.5, 1)).collect();
        let screened = screened(&found);
        let settings = Settings { resamples: 100, shuffles: 20, ..FAST };
        let mut other = rows.clone();
        Draws::seeded(seed).shuffle(&mut other);
        prop_assert_eq!(report(&rows, Some(&screened), settings), report(&other, Some(&screened), settings));
    }

    #[test]
    fn a_draw_takes_whom_it_may_and_the_same_seed_the_same(seed: u64, size in 1usize..12) {
        let screened = screened(&[("A", 0.9, 0.5, 1), ("B", 0.1, 0.5, 2), ("C", 0.1, 0.5, 3), ("D", 0.1, 0.5, 2)]);
        let drawn = draw(&screened, 1, size, seed);
        prop_assert_eq!(&drawn, &draw(&screened, 1, size, seed));
        prop_assert_eq!(drawn.len(), size.min(3));
        prop_assert_eq!(read_sample(&drawn.join("\n"), &screened, 1).expect("sound"), drawn);
    }
}
