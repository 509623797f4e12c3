//! The policies against the oracle, over every role, action, organisation, state and flag; and with every clause
//! of every policy taken out in turn.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use cedar_policy::{Effect, Policy, PolicySet};
use serde_json::{Value, json};
use urval::guard::policy::{ACCESS, Answer, Fitted, Policies, PolicyError, Question, SCHEMA};

use super::oracle::{Facts, core, edges, emergencies, purpose_and_target};
use crate::fixture::figures;

/// The policies in two layers: what opens, with nothing that closes; what closes, with everything open.
struct Layers {
    opens: Policies,
    closes: Policies,
}

const ALL_OPEN: &str = "@id(\"p-all\") permit (principal, action, resource);";

fn text_of<'a>(policies: impl Iterator<Item = &'a Policy>) -> String {
    policies.map(|policy| format!("{policy}\n")).collect()
}

/// The shipped policies, each with its `@id`, in a fixed order.
fn shipped() -> Vec<Policy> {
    let set: PolicySet = ACCESS.parse().expect("policies");
    let mut out: Vec<Policy> = set.policies().cloned().collect();
    out.sort_by_key(|policy| policy.annotation("id").expect("an id").to_owned());
    out
}

fn layers(policies: &[Policy]) -> Result<Layers, PolicyError> {
    let of = |effect: Effect| text_of(policies.iter().filter(move |p| p.effect() == effect));
    Ok(Layers {
        opens: Policies::parse(SCHEMA, &of(Effect::Permit))?,
        closes: Policies::parse(SCHEMA, &format!("{}{ALL_OPEN}", of(Effect::Forbid)))?,
    })
}

fn yes(policies: &Policies, fitted: &Fitted) -> bool {
    matches!(policies.answer(fitted), Answer::Allow { .. })
}

/// A question held against the schema; `None` when it does not fit.
fn fit(policies: &Policies, facts: &Facts) -> Option<Fitted> {
    let actor = facts.actor();
    policies.fit(&Question::of(&facts.ask(&actor))).ok()
}

/// Splits work over this machine's cores.
fn in_parallel<T: Sync>(items: &[T], each: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    each(item);
                }
            });
        }
    });
}

#[test]
fn every_answer_is_the_oracles() {
    let policies = Policies::shipped().expect("policies");
    let layers = layers(&shipped()).expect("layers");
    let mut questions = core();
    let in_core = questions.len();
    questions.extend(edges());
    questions.extend(emergencies());
    assert!(questions.len() >= 100_000, "{} questions", questions.len());
    let (allowed, opened, closed) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    in_parallel(&questions, |facts| {
        let Some(fitted) = fit(&policies, facts) else {
            assert!(!facts.fits(), "does not fit the schema: {facts:?}");
            return;
        };
        assert!(facts.fits(), "fits the schema: {facts:?}");
        let answer = policies.answer(&fitted);
        assert!(
            !matches!(&answer, Answer::Deny { errors, .. } if !errors.is_empty()),
            "{facts:?}: {answer:?}"
        );
        assert_eq!(matches!(answer, Answer::Allow { .. }), facts.allowed(), "{facts:?}: {answer:?}");
        assert_eq!(yes(&layers.opens, &fitted), facts.opens(), "what opens: {facts:?}");
        assert_eq!(!yes(&layers.closes, &fitted), facts.closes(), "what closes: {facts:?}");
        for (count, hit) in [(&allowed, facts.allowed()), (&opened, facts.opens()), (&closed, facts.closes())]
        {
            count.fetch_add(usize::from(hit), Ordering::Relaxed);
        }
    });
    let (allowed, opened, closed) = (allowed.into_inner(), opened.into_inner(), closed.into_inner());
    assert!(allowed > 1000 && opened > allowed && closed > 1000, "{allowed} {opened} {closed}");
    figures(
        "policies::decisions::every_answer_is_the_oracles",
        questions.len() as u64,
        &json!({
            "questions": questions.len(), "exhaustive": in_core, "edges": questions.len() - in_core,
            "answers_compared": questions.len() * 3, "allowed": allowed, "opened_by_a_permit": opened,
            "closed_by_a_forbid": closed, "differences": 0,
        }),
    );
}

/// One clause taken out of one policy.
struct Mutant {
    policy: String,
    what: String,
    /// `None`: the whole policy is gone.
    changed: Option<Value>,
}

/// Every way to take one clause out of an expression, with what was taken.
fn without_one(expression: &Value) -> Vec<(String, Value)> {
    let mut out = Vec::new();
    let Some(map) = expression.as_object() else { return out };
    for (operator, inside) in map {
        if matches!(operator.as_str(), "&&" | "||") {
            for (side, kept) in [("left", "right"), ("right", "left")] {
                let shown = short(&inside[side]);
                out.push((format!("operand of {operator}: {shown}"), inside[kept].clone()));
            }
        }
        if operator == "if-then-else" {
            for branch in ["then", "else"] {
                out.push((format!("choice, always {branch}"), inside[branch].clone()));
            }
        }
        if operator == "!" {
            out.push(("negation".into(), inside["arg"].clone()));
        }
        if let (true, Some(members)) = (operator == "Set", inside.as_array()) {
            for index in 0..members.len() {
                let mut fewer = members.clone();
                let gone = fewer.remove(index);
                if !fewer.is_empty() {
                    out.push((format!("member {}", short(&gone)), json!({ "Set": fewer })));
                }
            }
        }
        // And the same further in, with the rest as it is.
        let parts: Vec<(Vec<String>, &Value)> = match inside {
            Value::Object(fields) => fields.iter().map(|(name, part)| (vec![name.clone()], part)).collect(),
            Value::Array(list) => {
                list.iter().enumerate().map(|(index, part)| (vec![index.to_string()], part)).collect()
            }
            _ => Vec::new(),
        };
        for (path, part) in parts {
            for (what, smaller) in without_one(part) {
                let mut changed = expression.clone();
                let pointer =
                    format!("/{}/{}", operator.replace('~', "~0").replace('/', "~1"), path.join("/"));
                if let Some(place) = changed.pointer_mut(&pointer) {
                    *place = smaller;
                    out.push((what, changed));
                }
            }
        }
    }
    out
}

fn short(expression: &Value) -> String {
    let text = expression.to_string();
    text.chars().take(90).collect()
}

/// Every clause of every policy, taken out: whole policies, scope constraints and their members, conditions,
/// operands, branches and members of sets.
fn mutants(policies: &[Policy]) -> Vec<Mutant> {
    let mut out = Vec::new();
    for policy in policies {
        let id = policy.annotation("id").expect("an id").to_owned();
        let est = policy.to_json().expect("as JSON");
        let mut add = |what: String, changed: Option<Value>| {
            out.push(Mutant { policy: id.clone(), what, changed });
        };
        add("whole policy".into(), None);
        for scope in ["principal", "action", "resource"] {
            if est[scope]["op"] == "All" {
                continue;
            }
            let mut changed = est.clone();
            changed[scope] = json!({ "op": "All" });
            add(format!("scope: {scope}"), Some(changed));
            for index in 0..est[scope]["entities"].as_array().map_or(0, Vec::len) {
                let mut changed = est.clone();
                let gone = changed[scope]["entities"].as_array_mut().expect("a list").remove(index);
                add(format!("scope: {scope} {}", gone["id"]), Some(changed));
            }
        }
        for index in 0..est["conditions"].as_array().map_or(0, Vec::len) {
            let mut changed = est.clone();
            changed["conditions"].as_array_mut().expect("a list").remove(index);
            add(format!("condition {index}"), Some(changed));
            for (what, smaller) in without_one(&est["conditions"][index]["body"]) {
                let mut changed = est.clone();
                changed["conditions"][index]["body"] = smaller;
                add(what, Some(changed));
            }
        }
    }
    out
}

/// How a mutant is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    /// It does not load: the strict validator or the list of ids objects.
    AtLoad,
    /// The oracle answers a question otherwise.
    ByTheOracle,
}

fn found(mutant: &Mutant, policies: &[Policy], pool: &[(Facts, Fitted)]) -> Option<Found> {
    let mut changed = Vec::new();
    for policy in policies {
        if policy.annotation("id") != Some(&mutant.policy) {
            changed.push(policy.clone());
        } else if let Some(est) = &mutant.changed {
            match Policy::from_json(None, est.clone()) {
                Ok(smaller) => changed.push(smaller),
                Err(_) => return Some(Found::AtLoad),
            }
        }
    }
    let Ok(layers) = layers(&changed) else { return Some(Found::AtLoad) };
    pool.iter()
        .any(|(facts, fitted)| {
            if mutant.policy.starts_with("p-") {
                yes(&layers.opens, fitted) != facts.opens()
            } else {
                yes(&layers.closes, fitted) == facts.closes()
            }
        })
        .then_some(Found::ByTheOracle)
}

#[test]
fn no_clause_of_any_policy_can_be_missed() {
    let policies = shipped();
    let whole = Policies::shipped().expect("policies");
    let all = mutants(&policies);
    assert!(all.len() > 200, "{} clauses", all.len());
    // One in four in the ordinary run, always the same ones; every one with the long campaigns.
    let full = std::env::var_os("URVAL_FULL").is_some();
    let chosen: Vec<(usize, &Mutant)> =
        all.iter().enumerate().filter(|(index, _)| full || index % 4 == 0).collect();
    // Every edge, and of the many questions about applications one in 23: coprime to the number of their flags,
    // so that all combinations stay in.
    let (many, few): (Vec<Facts>, Vec<Facts>) =
        core().into_iter().partition(|facts| purpose_and_target(facts.action).1 == "Application");
    let pool: Vec<(Facts, Fitted)> = edges()
        .into_iter()
        .chain(emergencies().into_iter().step_by(3))
        .chain(few)
        .chain(many.into_iter().step_by(23))
        .filter_map(|facts| fit(&whole, &facts).map(|fitted| (facts, fitted)))
        .collect();
    let results = std::sync::Mutex::new(BTreeMap::new());
    in_parallel(&chosen, |(index, mutant)| {
        let how = found(mutant, &policies, &pool);
        results.lock().expect("results").insert(*index, (*mutant, how));
    });
    let results = results.into_inner().expect("results");
    let mut list = String::new();
    for (Mutant { policy, what, .. }, how) in results.values() {
        let how = match how {
            Some(Found::AtLoad) => "refused at load",
            Some(Found::ByTheOracle) => "found by the oracle",
            None => "SURVIVED",
        };
        list.push_str(&format!("{how:<20} {policy:<22} {what}\n"));
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tests-run");
    if std::fs::create_dir_all(&folder).is_ok() {
        std::fs::write(folder.join("policy-clauses.txt"), &list).expect("the list of clauses");
    }
    let survivors: Vec<&str> = list.lines().filter(|line| line.starts_with("SURVIVED")).collect();
    assert!(survivors.is_empty(), "nobody misses:\n{}", survivors.join("\n"));
    let count = |wanted| results.values().filter(|(_, how)| *how == Some(wanted)).count();
    assert!(count(Found::ByTheOracle) > chosen.len() / 2, "the oracle finds most");
    figures(
        "policies::decisions::no_clause_of_any_policy_can_be_missed",
        chosen.len() as u64,
        &json!({
            "clauses": all.len(), "taken_out": chosen.len(), "found_by_the_oracle": count(Found::ByTheOracle),
            "refused_at_load": count(Found::AtLoad), "survivors": survivors.len(),
            "list": "target/tests-run/policy-clauses.txt",
        }),
    );
}
