//! After erasure nobody can tell which entries of the log were about the same person: an attack with everything
//! that is left does no better than guessing, and the log still verifies.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use urval::casework::erasure::Ground;
use urval::clock::Chance;
use urval::guard::access::{Actor, Job};
use urval::guard::pii::Pii;
use urval::subject::id::ApplicationId;
use urval::subject::role::Role;

use crate::fixture::{Engine, Site, site};

/// Applicants, each with [`ENTRIES`] entries of one kind: the pairs of one person's are then
/// 45 x [`PEOPLE`], and as many of two persons' are drawn.
const PEOPLE: usize = 130;
const ENTRIES: usize = 10;

/// The area under the ROC curve: how often a pair of one person's scores above a pair of two persons', ties half.
fn auc(same: &[f64], other: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> =
        same.iter().map(|s| (*s, true)).chain(other.iter().map(|s| (*s, false))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut rank_sum, mut at) = (0.0, 0);
    while at < all.len() {
        let mut end = at;
        while end < all.len() && all[end].0 == all[at].0 {
            end += 1;
        }
        let rank = (at + 1 + end) as f64 / 2.0;
        rank_sum += rank * all[at..end].iter().filter(|(_, same)| *same).count() as f64;
        at = end;
    }
    let (n, m) = (same.len() as f64, other.len() as f64);
    (rank_sum - n * (n + 1.0) / 2.0) / (n * m)
}

/// What a leaf says, as an outsider reads it.
struct Seen {
    fields: BTreeMap<String, Value>,
    tag: Vec<u8>,
    commit: Vec<u8>,
}

fn seen(leaf: &[u8]) -> Seen {
    let value: Value = serde_json::from_slice(leaf).expect("a leaf is JSON");
    let map = value.as_object().expect("an object");
    let bytes = |wanted: &str| {
        let found = map.iter().find(|(name, _)| name.contains(wanted)).and_then(|(_, value)| value.as_str());
        hex::decode(found.unwrap_or_default()).unwrap_or_default()
    };
    let (tag, commit) = (bytes("tag"), bytes("commit"));
    Seen { fields: map.clone().into_iter().collect(), tag, commit }
}

fn same_bits(a: &[u8], b: &[u8]) -> f64 {
    a.iter().zip(b).map(|(x, y)| f64::from((!(x ^ y)).count_ones())).sum()
}

fn same_bytes(a: &[u8], b: &[u8]) -> f64 {
    a.iter().zip(b).filter(|(x, y)| x == y).count() as f64
}

fn common_start(a: &[u8], b: &[u8]) -> f64 {
    let mut bits = 0.0;
    for (x, y) in a.iter().zip(b) {
        bits += f64::from((x ^ y).leading_zeros());
        if x != y {
            break;
        }
    }
    bits
}

/// A score that is learnt: logistic regression on which bits of tag and commitment agree.
fn learnt(train: &[(Vec<f64>, bool)], test: &[Vec<f64>]) -> Vec<f64> {
    let length = train[0].0.len();
    let mut weights = vec![0.0; length];
    for _ in 0..8 {
        for (features, same) in train {
            let sum: f64 = weights.iter().zip(features).map(|(w, f)| w * f).sum();
            let error = f64::from(u8::from(*same)) - 1.0 / (1.0 + (-sum).exp());
            for (w, f) in weights.iter_mut().zip(features) {
                *w += 0.01 * error * f;
            }
        }
    }
    test.iter().map(|features| weights.iter().zip(features).map(|(w, f)| w * f).sum()).collect()
}

fn features(a: &Seen, b: &Seen) -> Vec<f64> {
    let bits = |x: &[u8], y: &[u8]| -> Vec<f64> {
        x.iter()
            .zip(y)
            .flat_map(|(x, y)| (0..8).map(move |n| if (x ^ y) >> n & 1 == 0 { 1.0 } else { -1.0 }))
            .collect()
    };
    let mut out = bits(&a.tag, &b.tag);
    out.extend(bits(&a.commit, &b.commit));
    out
}

async fn verified(site: &Site) {
    let dpo = site.staff(Role::Dpo, "helsingborg").await;
    let status = dpo.get("/api/v1/log").await.json()["status"].clone();
    assert!(status["fault"].is_null(), "{status}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_of_one_erased_person_cannot_be_told_from_those_of_two() {
    let site = site(Engine::Sqlite).await.expect("a site");
    site.app.keep_erasures_in(site.folder.path().join("keys/erasures"));
    let mut people = Vec::new();
    for nth in 0..PEOPLE {
        let made =
            site.apply(&format!("Nummer {nth}"), "I led a project.", &["helsingborg-digitalisering"]).await;
        people.push(site.id_of(&made.label).await);
    }
    // The same kind of entry by the same person of staff at the same (fixed) time, in an order drawn by lot: what
    // is left to link them by is what the entries say of the applicant.
    let recruiter = site.staff(Role::Recruiter, "helsingborg").await;
    let mut order: Vec<usize> = (0..PEOPLE * ENTRIES).map(|n| n % PEOPLE).collect();
    let chance = Chance::system();
    for at in (1..order.len()).rev() {
        let draw = u64::from_be_bytes(chance.bytes::<8>().expect("chance"));
        order.swap(at, (draw % (at as u64 + 1)) as usize);
    }
    let mut about: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for who in order {
        let page = recruiter.get(&format!("/api/v1/applications/{}", people[who])).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let entry = usize::try_from(site.db.log_head().await.expect("the log").size).expect("a size") - 1;
        about.entry(who).or_default().push(entry);
    }
    verified(&site).await;
    for id in &people {
        let reason = Pii::new("Gallringsfristen har gått ut.".into());
        site.app
            .erase(&Actor::Job(Job::Retention), &ApplicationId::new(id), Ground::Expired, &reason)
            .await
            .expect("erased");
    }
    verified(&site).await;

    let leaves = crate::fixture::leaves_of(&site.app).await;
    let all: Vec<Seen> = leaves.iter().map(|leaf| seen(leaf)).collect();
    let mut same = Vec::new();
    for list in about.values() {
        for (nth, a) in list.iter().enumerate() {
            same.extend(list[nth + 1..].iter().map(|b| (*a, *b)));
        }
    }
    let mut other = Vec::new();
    while other.len() < same.len() {
        let draw = chance.bytes::<8>().expect("chance").map(usize::from);
        let (p, q) = ((draw[0] * 256 + draw[1]) % PEOPLE, (draw[2] * 256 + draw[3]) % PEOPLE);
        if p != q {
            let (a, b) = (about[&p][draw[4] % ENTRIES], about[&q][draw[5] % ENTRIES]);
            other.push((a.min(b), a.max(b)));
        }
    }
    let count = same.len() + other.len();
    assert!(count >= 10_000, "{count} pairs");
    for (a, b) in same.iter().chain(&other) {
        assert!(!all[*a].tag.is_empty() && !all[*a].commit.is_empty(), "the attack reads tag and commitment");
        let kept = |seen: &Seen| -> Vec<(String, String)> {
            ["action", "actor", "role", "organisation", "org", "purpose"]
                .iter()
                .filter_map(|name| Some(((*name).to_owned(), seen.fields.get(*name)?.to_string())))
                .collect()
        };
        assert_eq!(kept(&all[*a]), kept(&all[*b]), "pairs are matched on what an entry says openly");
    }

    let scored = |score: &dyn Fn(usize, usize) -> f64| {
        let run = |pairs: &[(usize, usize)]| pairs.iter().map(|(a, b)| score(*a, *b)).collect::<Vec<f64>>();
        auc(&run(&same), &run(&other))
    };
    let mut attacks: BTreeMap<&str, f64> = BTreeMap::new();
    attacks.insert("tag_equal", scored(&|a, b| f64::from(u8::from(all[a].tag == all[b].tag))));
    attacks.insert("tag_same_bits", scored(&|a, b| same_bits(&all[a].tag, &all[b].tag)));
    attacks.insert("tag_same_bytes", scored(&|a, b| same_bytes(&all[a].tag, &all[b].tag)));
    attacks.insert("tag_common_start", scored(&|a, b| common_start(&all[a].tag, &all[b].tag)));
    attacks.insert("commitment_same_bits", scored(&|a, b| same_bits(&all[a].commit, &all[b].commit)));
    attacks.insert("nearness_in_the_log", scored(&|a, b| -(a.abs_diff(b) as f64)));
    let half = |pairs: &[(usize, usize)], rest: usize| -> Vec<Vec<f64>> {
        pairs
            .iter()
            .enumerate()
            .filter(|(n, _)| n % 2 == rest)
            .map(|(_, (a, b))| features(&all[*a], &all[*b]))
            .collect()
    };
    let mut train: Vec<(Vec<f64>, bool)> = Vec::new();
    for (a, b) in half(&same, 0).into_iter().zip(half(&other, 0)) {
        train.push((a, true));
        train.push((b, false));
    }
    attacks.insert("learnt", auc(&learnt(&train, &half(&same, 1)), &learnt(&train, &half(&other, 1))));

    // The measure sees a link where there is one: with one tag a person, as a stable pseudonym would be.
    let person: BTreeMap<usize, usize> =
        about.iter().flat_map(|(who, list)| list.iter().map(move |entry| (*entry, *who))).collect();
    let stable = scored(&|a, b| f64::from(u8::from(person[&a] == person[&b])));
    assert!((stable - 1.0).abs() < 1e-9, "{stable}");
    let worst = attacks.values().copied().map(|value| value.max(1.0 - value)).fold(0.5, f64::max);
    crate::fixture::figures(
        "story::unlinkable::entries_of_one_erased_person_cannot_be_told_from_those_of_two",
        count as u64,
        &json!({ "pairs": count, "auc": attacks, "worst": worst, "with_a_stable_pseudonym": stable }),
    );
    assert!(worst <= 0.55, "{attacks:?}");
}
