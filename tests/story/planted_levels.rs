//! What the authors of the sixty invented applications put in is found again, in Swedish as in English: a
//! criterion with strong evidence gets a higher level than one with none. The texts are no training text.

use serde_json::json;
use urval::demo::applications::{FILES, read};
use urval::pipeline::pseudonymise::split;
use urval::pipeline::score::Ruler;
use urval::subject::profile::Profile;
use urval::subject::words::Lang;

/// The chance that a level of the first kind is above one of the second; equal ones count half.
fn above(first: &[f64], second: &[f64]) -> f64 {
    let won = |a: &f64, b: &f64| if a > b { 1.0 } else { f64::from(u8::from(a == b)) / 2.0 };
    let sum: f64 = first.iter().flat_map(|a| second.iter().map(move |b| won(a, b))).sum();
    sum / (first.len() * second.len()) as f64
}

#[test]
fn strong_evidence_is_placed_above_none_in_both_languages() {
    let encoder = crate::fixture::encoder();
    let profile = Profile::freeze(urval::demo::PROFILE).expect("the profile");
    let ruler = Ruler::new(&encoder, profile).expect("a ruler");
    // By language: levels of what was planted strong, adequate, weak or none.
    let mut found = [(Lang::Sv, [vec![], vec![], vec![]]), (Lang::En, [vec![], vec![], vec![]])];
    for (file, text) in FILES {
        let planted: toml::Table = text.parse().expect("a demo application");
        let planted = planted["planted"].as_table().expect("what was planted");
        let invented = read(file, text).expect("a demo application");
        let Ok((text, _)) = split(invented.received, &crate::fixture::frame()) else { continue };
        let (assessment, _) = ruler.assess(&encoder, &text, None).expect("an assessment");
        let (_, levels) = found.iter_mut().find(|(lang, _)| *lang == invented.language).expect("a language");
        for (criterion, level) in planted {
            let result = assessment.criteria.iter().find(|result| result.id.as_str() == criterion);
            let Some(reached) = result.and_then(|result| result.level) else { continue };
            let kind = match level.as_str() {
                Some("strong") => 0,
                Some("adequate") => 1,
                Some("weak" | "none") => 2,
                other => panic!("{file}: {criterion} = {other:?}"),
            };
            levels[kind].push(reached.as_f64());
        }
    }
    let mut figures = serde_json::Map::new();
    let mut all = 0;
    for (lang, [strong, adequate, little]) in &found {
        let (code, share) = (lang.code(), above(strong, little));
        all += strong.len() + adequate.len() + little.len();
        let mean = |levels: &[f64]| levels.iter().sum::<f64>() / levels.len() as f64;
        figures.insert(
            code.into(),
            json!({ "strong_above_little": share, "strong_above_adequate": above(strong, adequate),
                "mean_strong": mean(strong), "mean_adequate": mean(adequate), "mean_little": mean(little) }),
        );
    }
    let figures = serde_json::Value::Object(figures);
    crate::fixture::figures(
        "story::planted_levels::strong_evidence_is_placed_above_none_in_both_languages",
        all as u64,
        &figures,
    );
    for lang in ["sv", "en"] {
        // Chance is .5; the English model of the first version reached it in Swedish.
        let share = figures[lang]["strong_above_little"].as_f64().expect("a share");
        assert!(share > 0.75, "{lang}: {figures}");
    }
}
