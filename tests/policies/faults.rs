//! Entities and requests with faults. Each begins as a question that is answered with yes; whatever is missing,
//! of another type, out of date or about somebody else, the answer is no.

use serde_json::{Value, json};
use urval::guard::access::Job;
use urval::guard::matrix::ACTIONS;
use urval::guard::policy::{Answer, Policies, Question};
use urval::subject::role::Role;

use super::oracle::{Conflict, Facts, GOOD, Need, Who, Window, everybody};
use crate::fixture::figures;

/// Questions with the answer yes: for every role and action that has one, in several states.
fn good() -> Vec<Facts> {
    let mut out = Vec::new();
    for who in everybody() {
        for action in &ACTIONS {
            for state in ["submitted", "assessed", "held"] {
                for need in [None, Some(GOOD), Some(Need { mine: false, ..GOOD })] {
                    let base = Facts::in_order(who, action.name);
                    let personal = base.state == "assessed";
                    // Contact without a decision rests on the emergency alone.
                    let proceeds = action.name != "contact" || need.is_none();
                    let state = if personal { state } else { base.state };
                    let facts = Facts { state, need, proceeds, conflict: Conflict::Another, ..base };
                    if facts.allowed() {
                        out.push(facts);
                    }
                }
            }
        }
    }
    out
}

/// A small generator of its own: the campaign is the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n.max(1)
    }
}

/// The places of a value: every object's field and every list's member, as pointers.
fn places(value: &Value, at: &str, out: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (name, inside) in map {
                let here = format!("{at}/{name}");
                out.push(here.clone());
                places(inside, &here, out);
            }
        }
        Value::Array(list) => {
            for (index, inside) in list.iter().enumerate() {
                let here = format!("{at}/{index}");
                out.push(here.clone());
                places(inside, &here, out);
            }
        }
        _ => {}
    }
}

/// What is put where something else belongs: of no type that the schema has there.
fn strange(dice: &mut Dice, there: &Value) -> Value {
    let all = [
        json!(null),
        json!(true),
        json!(7),
        json!(-1),
        json!("x"),
        json!(""),
        json!([]),
        json!({}),
        json!([["bjuv"]]),
        json!({ "__entity": { "type": "Urval::Stranger", "id": "s" } }),
        json!({ "__entity": { "type": "Urval::Role", "id": "king" } }),
        json!({ "__entity": { "type": "Urval::Job", "id": "root" } }),
        json!({ "__entity": { "type": "Urval::Organisation" } }),
        json!({ "__extn": { "fn": "datetime", "arg": "2026-13-45T99:00:00Z" } }),
        json!({ "__extn": { "fn": "datetime", "arg": "yesterday" } }),
        json!({ "__extn": { "fn": "ip", "arg": "10.0.0.1" } }),
        json!({ "__extn": { "fn": "system", "arg": "x" } }),
    ];
    loop {
        let found = all[dice.below(all.len())].clone();
        let same = std::mem::discriminant(&found) == std::mem::discriminant(there);
        // A text for a text, a flag for a flag or a list for a list could be a right value; a record never is.
        if !same || found.is_object() {
            return found;
        }
    }
}

/// One fault put into a question; what it is, or `None` when this place can have none.
fn spoil(dice: &mut Dice, question: &mut Question, facts: &Facts) -> Option<&'static str> {
    let part = dice.below(question.entities.len() + 1);
    let (whole, what) = match question.entities.get_mut(part) {
        Some(entity) => (entity, "entity"),
        None => (&mut question.context, "context"),
    };
    match dice.below(10) {
        // Something is missing.
        0 | 1 => {
            let fields: Vec<String> = match what {
                "entity" => whole["attrs"].as_object()?.keys().map(|k| format!("/attrs/{k}")).collect(),
                _ => whole.as_object()?.keys().map(|k| format!("/{k}")).collect(),
            };
            let gone = fields.get(dice.below(fields.len()))?.clone();
            // What nothing rests on may be missing.
            if gone == "/emergency" && !needs_emergency(facts) {
                return None;
            }
            let (parent, name) = gone.rsplit_once('/')?;
            whole.pointer_mut(parent)?.as_object_mut()?.remove(name)?;
            Some("missing attribute")
        }
        // Something is of another type.
        2..=5 => {
            let mut all = Vec::new();
            match what {
                "entity" => places(&whole["attrs"], "/attrs", &mut all),
                _ => places(whole, "", &mut all),
            }
            let there = all.get(dice.below(all.len()))?.clone();
            let place = whole.pointer_mut(&there)?;
            let other = strange(dice, place);
            *place = other;
            Some("wrong type or malformed value")
        }
        // Something that nobody knows.
        6 => {
            let place = if what == "entity" { whole.pointer_mut("/attrs")? } else { whole };
            place.as_object_mut()?.insert("role2".into(), json!("operator"));
            Some("unknown attribute")
        }
        // Nobody is described, or somebody else.
        7 => {
            let gone = dice.below(question.entities.len());
            match dice.below(4) {
                0 => {
                    question.entities.remove(gone);
                    Some("missing entity")
                }
                1 => {
                    question.entities[gone]["uid"]["id"] = json!("somebody-else");
                    Some("another entity's attributes")
                }
                2 => {
                    question.entities[gone]["uid"]["type"] = json!("Urval::Staff");
                    Some("entity of another type")
                }
                _ => {
                    let mut twin = question.entities[gone].clone();
                    let first = twin["attrs"].as_object()?.keys().next()?.clone();
                    twin["attrs"][first] = json!({ "__entity": { "type": "Urval::Staff", "id": "twin" } });
                    question.entities.push(twin);
                    Some("entity described twice")
                }
            }
        }
        // The request itself names what does not exist.
        8 => match dice.below(4) {
            0 => {
                question.action = ["readAll", "", "Review", "review "][dice.below(4)].into();
                Some("unknown action")
            }
            1 => {
                question.principal.1 = "somebody-else".into();
                Some("unknown principal")
            }
            2 => {
                question.resource.1 = "something-else".into();
                Some("unknown resource")
            }
            _ => {
                let kinds = ["Membership", "Applicant", "Staff", "Organisation", "Nobody"];
                let other = kinds[dice.below(kinds.len())];
                if question.principal.0 == other {
                    return None;
                }
                question.principal.0 = other.into();
                Some("principal of another type")
            }
        },
        // Well formed, and out of date.
        _ => stale(dice, question, facts),
    }
}

fn needs_emergency(facts: &Facts) -> bool {
    facts.action == "overseeEmergency" || facts.action == "contact" && !facts.proceeds
}

/// What was true once and is no longer.
fn stale(dice: &mut Dice, question: &mut Question, facts: &Facts) -> Option<&'static str> {
    let Who::Staff(role, _) = facts.who else { return None };
    let older = match dice.below(4) {
        0 => Facts { who: Who::Staff(role, Window::LongOver), ..*facts },
        1 => Facts { who: Who::Staff(role, Window::Closed), ..*facts },
        2 => Facts { who: Who::Staff(role, Window::NotYet), ..*facts },
        _ => {
            let mut need = facts.need.filter(|_| facts.action == "contact" && needs_emergency(facts))?;
            need.yes.as_mut()?.ago_s = 3600 + dice.below(1_000_000) as i64;
            Facts { need: Some(need), ..*facts }
        }
    };
    let actor = older.actor();
    *question = Question::of(&older.ask(&actor));
    Some("out of date")
}

#[test]
fn no_fault_opens_a_door() {
    let policies = Policies::shipped().expect("policies");
    let good = good();
    assert!(good.len() >= 60, "{}", good.len());
    let roles =
        Role::ALL.iter().filter(|r| good.iter().any(|f| matches!(f.who, Who::Staff(x, _) if x == **r)));
    assert!(roles.count() >= 7);
    assert!(good.iter().any(|f| f.who == Who::Job(Job::Retention)));
    for facts in &good {
        let actor = facts.actor();
        let answer = policies.decide(&facts.ask(&actor));
        assert!(matches!(answer, Answer::Allow { .. }), "without a fault it is yes: {facts:?} {answer:?}");
    }
    // A fifth in the ordinary run, all with the long campaigns.
    let wanted = if std::env::var_os("URVAL_FULL").is_some() { 100_000 } else { 20_000 };
    let mut dice = Dice(20_261_126);
    let mut kinds = std::collections::BTreeMap::new();
    let (mut asked, mut by_error) = (0u64, 0u64);
    while asked < wanted {
        let facts = &good[dice.below(good.len())];
        let actor = facts.actor();
        let mut question = Question::of(&facts.ask(&actor));
        let Some(kind) = spoil(&mut dice, &mut question, facts) else { continue };
        let answer = policies.decide_question(&question);
        let Answer::Deny { errors, .. } = &answer else {
            panic!("{kind}: {facts:?} {question:?}");
        };
        asked += 1;
        by_error += u64::from(!errors.is_empty());
        *kinds.entry(kind).or_insert(0u64) += 1;
    }
    assert!(kinds.len() >= 11 && kinds.values().all(|n| *n > 50), "{kinds:?}");
    figures(
        "policies::faults::no_fault_opens_a_door",
        asked,
        &json!({
            "faulty_requests": asked, "allowed": 0, "refused_by_an_error": by_error,
            "refused_by_the_policies": asked - by_error, "kinds": kinds,
        }),
    );
}
