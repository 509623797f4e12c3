//! Bands stay where they are when the same is said a little differently, and still tell weak from strong. The
//! sixty invented applications carry what their authors put in; no text of theirs was used in training.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde_json::json;
use urval::demo::applications::{FILES, read};
use urval::guard::pii::Pii;
use urval::pipeline::bands::{Banded, bands};
use urval::pipeline::credit::NoCredit;
use urval::pipeline::encoder::Encoder;
use urval::pipeline::pseudonymise::{Pseudonymous, split};
use urval::pipeline::received::Received;
use urval::pipeline::score::{Assessment, Ruler, greatest};
use urval::subject::id::PlacementId;
use urval::subject::profile::{FrozenProfile, Profile};

/// What one application was planted with.
struct Planted {
    file: &'static str,
    placements: Vec<String>,
    levels: BTreeMap<String, f64>,
}

fn worth(level: &str) -> f64 {
    match level {
        "strong" => 1.0,
        "adequate" => 0.6,
        "weak" => 0.2,
        "none" => 0.0,
        other => panic!("{other}"),
    }
}

fn planted() -> Vec<Planted> {
    FILES
        .iter()
        .map(|(file, text)| {
            let table: toml::Table = text.parse().expect("a demo application");
            let levels = table["planted"].as_table().expect("what was planted");
            Planted {
                file,
                placements: read(file, text).expect("a demo application").placements,
                levels: levels
                    .iter()
                    .map(|(id, level)| (id.clone(), worth(level.as_str().expect("a word"))))
                    .collect(),
            }
        })
        .collect()
}

fn received(file: &'static str, change: &dyn Fn(usize, &str) -> String) -> Received {
    let text = FILES.iter().find(|(name, _)| *name == file).expect("a file").1;
    let mut received = read(file, text).expect("a demo application").received;
    let table: toml::Table = text.parse().expect("a demo application");
    for (index, section) in received.sections.iter_mut().enumerate() {
        let told = match (&section.question, index) {
            (Some(id), _) => table["answers"][id.as_str()].as_str(),
            (None, 0) => table["letter"].as_str(),
            (None, _) => table["cv"].as_str(),
        };
        section.text = Pii::new(change(index, told.expect("a text").trim()));
    }
    received
}

fn pseudonymous(file: &'static str, change: &dyn Fn(usize, &str) -> String) -> Option<Pseudonymous> {
    split(received(file, change), &crate::fixture::frame()).ok().map(|(text, _)| text)
}

/// Kendall's tau-b between two orders, by counting every pair.
fn tau_b(pairs: &[(f64, f64)]) -> f64 {
    let (mut same, mut turned, mut tied_a, mut tied_b) = (0.0, 0.0, 0.0, 0.0);
    for (at, one) in pairs.iter().enumerate() {
        for other in &pairs[..at] {
            let (a, b) = ((one.0 - other.0) as f32, (one.1 - other.1) as f32);
            match (a == 0.0, b == 0.0) {
                (true, true) => {}
                (true, false) => tied_a += 1.0,
                (false, true) => tied_b += 1.0,
                (false, false) if (a > 0.0) == (b > 0.0) => same += 1.0,
                (false, false) => turned += 1.0,
            }
        }
    }
    let all: f64 = same + turned;
    (same - turned) / ((all + tied_a) * (all + tied_b)).sqrt()
}

/// What a person might have written instead: every third sentence gone, the parts turned round, the end cut off,
/// some letters left out. Other changes than those that the bands are made of.
fn perturbed(kind: usize) -> Box<dyn Fn(usize, &str) -> String> {
    match kind {
        // Paragraphs in another order.
        0 => Box::new(|_, text| {
            let mut parts: Vec<&str> = text.split("\n\n").collect();
            parts.reverse();
            parts.join("\n\n")
        }),
        // The last tenth is not there.
        1 => Box::new(|_, text| {
            let keep = text.chars().count() * 9 / 10;
            text.chars().take(keep).collect()
        }),
        // One letter in eighty is left out.
        2 => Box::new(|_, text| {
            text.chars().enumerate().filter(|(at, _)| at % 80 != 41).map(|(_, c)| c).collect()
        }),
        // Each tenth sentence is gone.
        3 => Box::new(|index, text| {
            let kept = text.split_inclusive(". ").enumerate().filter(|(at, _)| (at + index) % 10 != 7);
            kept.map(|(_, sentence)| sentence).collect()
        }),
        // Lines broken anew, list marks before paragraphs.
        _ => Box::new(|_, text| {
            text.split("\n\n").map(|part| format!("• {}\n\n", part.replace("  ", " "))).collect()
        }),
    }
}
const KINDS: usize = 5;

type Round = Vec<(&'static str, Assessment)>;

struct Desk {
    encoder: std::sync::Arc<Encoder>,
    ruler: Ruler,
    profile: FrozenProfile,
}

impl Desk {
    fn new() -> Self {
        let encoder = crate::fixture::encoder();
        let profile = Profile::freeze(urval::demo::PROFILE).expect("the profile");
        let ruler = Ruler::new(&encoder, profile.clone()).expect("a ruler");
        Self { encoder, ruler, profile }
    }

    fn assess(&self, file: &'static str, change: &dyn Fn(usize, &str) -> String) -> Option<Assessment> {
        let text = pseudonymous(file, change)?;
        Some(self.ruler.assess(&self.encoder, &text, None).expect("an assessment").0)
    }

    fn everybody(&self) -> Round {
        // As written.
        FILES
            .iter()
            .filter_map(|(file, _)| Some((*file, self.assess(file, &|_, text| text.to_owned())?)))
            .collect()
    }

    /// What was planted in one application, as a share of what could have been.
    fn planted(&self, own: &Planted, placement: Option<&PlacementId>) -> f64 {
        let profile = self.profile.profile();
        let counted = profile
            .criteria
            .iter()
            .filter(|criterion| criterion.in_sum() && placement.is_none_or(|id| criterion.applies_to(id)));
        let sum: f64 = counted
            .filter_map(|criterion| {
                let weight = f64::from(criterion.weight?.milli()) / 1000.0;
                Some(weight * own.levels.get(criterion.id.as_str())?)
            })
            .sum();
        sum / greatest(profile, placement).as_f64()
    }
}

/// Everybody as written, assessed once for all tests.
fn desk() -> &'static (Desk, Round) {
    static DESK: OnceLock<(Desk, Round)> = OnceLock::new();
    DESK.get_or_init(|| {
        let desk = Desk::new();
        let everybody = desk.everybody();
        (desk, everybody)
    })
}

/// A twentieth of the greatest sum: planted sums that lie nearer have no order.
const STEP: f64 = 0.05;

#[test]
fn bands_tell_applications_planted_weak_adequate_and_strong_from_each_other() {
    let (desk, everybody) = desk();
    let planted = planted();
    let worth = |file: &str| desk.planted(planted.iter().find(|own| own.file == file).expect("a file"), None);
    let mut order: Vec<&(&'static str, Assessment)> = everybody.iter().collect();
    order.sort_by(|a, b| worth(b.0).total_cmp(&worth(a.0)));
    // The ten that their authors made strongest, the ten weakest, and ten around the middle.
    let middle = order.len() / 2 - 5;
    let round: Vec<(f64, &(&'static str, Assessment))> = [(2.0, 0), (1.0, middle), (0.0, order.len() - 10)]
        .into_iter()
        .flat_map(|(class, from)| order[from..from + 10].iter().map(move |own| (class, *own)))
        .collect();
    let interval = |own: &Assessment| own.interval(desk.profile.profile(), None);
    let found = bands(round.iter().map(|(_, (file, own))| (*file, interval(own))).collect());
    let pairs: Vec<(f64, f64)> = round
        .iter()
        .map(|(class, (file, _))| (-(found.find(|one| one == file).expect("a band").0 as f64), *class))
        .collect();
    let (largest, of) = found.largest();
    let all = bands(everybody.iter().map(|(file, own)| (*file, interval(own))).collect());
    let stepped: Vec<(f64, f64)> = everybody
        .iter()
        .map(|(file, _)| {
            (-(all.find(|one| one == file).expect("a band").0 as f64), (worth(file) / STEP).round())
        })
        .collect();
    let figures = json!({
        "planted": { "applications": of, "bands": found.bands.len(), "largest": largest, "tau_b": tau_b(&pairs) },
        "everybody": { "applications": all.largest().1, "bands": all.bands.len(), "largest": all.largest().0,
            "overlaps": all.overlaps, "tau_b": tau_b(&stepped) },
    });
    crate::fixture::figures(
        "story::bands_hold::bands_tell_applications_planted_weak_adequate_and_strong_from_each_other",
        of as u64,
        &figures,
    );
    assert!(largest * 10 <= of * 4, "{figures}");
}

#[test]
fn a_band_is_kept_when_the_same_is_said_differently() {
    let (desk, everybody) = desk();
    let planted = planted();
    let profile = desk.profile.profile();
    // The short form perturbs every fourth application in each way.
    let every = if std::env::var_os("URVAL_FULL").is_some() { 1 } else { 4 };
    let others: Vec<BTreeMap<&str, Assessment>> = (0..KINDS)
        .map(|kind| {
            let change = perturbed(kind);
            let some = everybody.iter().skip(kind % every).step_by(every);
            some.filter_map(|(file, _)| Some((*file, desk.assess(file, &change)?))).collect()
        })
        .collect();
    let mut rounds: Vec<(Option<&PlacementId>, Vec<&str>)> =
        vec![(None, everybody.iter().map(|(file, _)| *file).collect())];
    for placement in &profile.placements {
        let members =
            planted.iter().filter(|own| own.placements.iter().any(|id| *id == placement.id.as_str()));
        rounds.push((Some(&placement.id), members.map(|own| own.file).collect()));
    }
    let (mut moved, mut far, mut all) = (0u32, 0u32, 0u32);
    let mut widths = Vec::new();
    for (placement, members) in rounds {
        let interval = |found: &Assessment| found.interval(profile, placement);
        let round: Vec<&(&'static str, Assessment)> =
            everybody.iter().filter(|(file, _)| members.contains(file)).collect();
        let most = greatest(profile, placement).as_f64();
        widths.extend(round.iter().map(|(_, own)| {
            let at = interval(own);
            (at.high().as_f64() - at.low().as_f64()) / most
        }));
        let found = bands(round.iter().map(|(file, own)| (*file, interval(own))).collect());
        for others in &others {
            for (file, other) in others.iter().filter(|(file, _)| members.contains(file)) {
                // One says it differently; everybody else is as before.
                let again =
                    round.iter().map(|(name, own)| (*name, interval(if name == file { other } else { own })));
                let again = bands(again.collect());
                let at = |all: &Banded<&str>| all.find(|one| one == file).expect("a band").0;
                let steps = at(&found).abs_diff(at(&again));
                all += 1;
                moved += u32::from(steps > 0);
                far += u32::from(steps > 1);
            }
        }
    }
    let figures = json!({ "tried": all, "another_band": moved, "by_more_than_one": far,
        "mean_width_of_the_greatest_sum": widths.iter().sum::<f64>() / widths.len() as f64 });
    crate::fixture::figures(
        "story::bands_hold::a_band_is_kept_when_the_same_is_said_differently",
        u64::from(all),
        &figures,
    );
    assert!(all > 150 && f64::from(far) <= 0.01 * f64::from(all), "{figures}");
}

#[test]
fn of_sixty_applications_only_the_two_that_copy_the_profile_are_told_of_copying() {
    let mut kinds: BTreeMap<&str, u32> = BTreeMap::new();
    let mut copies = BTreeSet::new();
    for (file, assessment) in &desk().1 {
        let text = pseudonymous(file, &|_, text| text.to_owned()).expect("a text");
        for own in &assessment.uncounted {
            *kinds.entry(own.why.code()).or_default() += 1;
            println!("{file} {}: {}", own.why.code(), &text.text()[own.start..own.end]);
            if own.why == NoCredit::Copied {
                copies.insert(*file);
            }
        }
    }
    crate::fixture::figures(
        "story::bands_hold::of_sixty_applications_only_the_two_that_copy_the_profile_are_told_of_copying",
        60,
        &json!(kinds),
    );
    assert_eq!(copies, BTreeSet::from(["a11", "a49"]));
}

/// With one weight changed, as a text of its own.
fn heavier(profile: &str) -> String {
    let changed = profile.replacen("weight = 3", "weight = 4", 1);
    assert_ne!(changed, profile);
    changed
}

#[test]
fn a_changed_weight_places_ten_thousand_applications_anew_without_the_model() {
    let (desk, everybody) = desk();
    let stored: Vec<Vec<u8>> =
        everybody.iter().map(|(_, own)| serde_json::to_vec(own).expect("the stored form")).collect();
    let other = Profile::freeze(&heavier(urval::demo::PROFILE)).expect("a profile");
    let placed = |profile: &Profile| {
        let items = (0..10_000).map(|at| {
            let own: Assessment = serde_json::from_slice(&stored[at % stored.len()]).expect("an assessment");
            (at, own.interval(profile, None))
        });
        bands(items.collect())
    };
    let before = placed(desk.profile.profile());
    let started = std::time::Instant::now();
    let after = placed(other.profile());
    let seconds = started.elapsed().as_secs_f64();
    assert_eq!((before.largest().1, after.largest().1), (10_000, 10_000));
    assert_ne!(before, after);
    crate::fixture::figures(
        "story::bands_hold::a_changed_weight_places_ten_thousand_applications_anew_without_the_model",
        10_000,
        &json!({ "seconds_from_the_stored_form_to_bands": seconds }),
    );
}
