//! The policies: strictly validated, closed whenever they cannot be evaluated, and what the table for lawyers says.

mod decisions;
mod faults;
mod oracle;

use urval::clock::Moment;
use urval::guard::access::{Actor, Job, Membership};
use urval::guard::matrix::{ACTIONS, matrix};
use urval::guard::policy::{ACCESS, Answer, Ask, Policies, PolicyError, SCHEMA};
use urval::subject::id::{MembershipId, OrganisationId, StaffId};
use urval::subject::role::Role;

fn member(role: Role) -> Actor {
    Actor::Staff(Membership {
        id: MembershipId::new("m"),
        staff: StaffId::new("s"),
        organisation: OrganisationId::new("bjuv"),
        role,
        active: true,
        valid_from: Moment(0),
        valid_to: Moment(4_000_000_000_000_000),
    })
}

fn application(state: &str, organisations: &[&str]) -> serde_json::Value {
    let list: Vec<serde_json::Value> = organisations
        .iter()
        .map(|id| serde_json::json!({ "__entity": { "type": "Urval::Organisation", "id": id } }))
        .collect();
    serde_json::json!({
        "applicant": { "__entity": { "type": "Urval::Applicant", "id": "a" } },
        "organisations": list, "state": state, "aiFree": false, "legalHold": false, "conflicts": [],
    })
}

fn ask<'a>(
    actor: &'a Actor,
    action: &'static str,
    purpose: &'static str,
    entity: serde_json::Value,
) -> Ask<'a> {
    Ask {
        actor,
        action,
        purpose,
        target: ("Application", "a".into(), entity),
        now: Moment(1_000_000_000_000_000),
        opened: true,
        proceeds: false,
        sensitive: false,
        emergency: None,
    }
}

fn allows(policies: &Policies, ask: &Ask<'_>) -> bool {
    matches!(policies.decide(ask), Answer::Allow { .. })
}

#[test]
fn the_shipped_policies_pass_the_strict_validator_and_have_ids() {
    let policies = Policies::shipped().expect("valid policies");
    assert!(
        policies.ids().iter().all(|id| id.starts_with("p-") || id.starts_with("g-")),
        "{:?}",
        policies.ids()
    );
}

#[test]
fn a_misspelt_attribute_a_missing_id_and_a_doubled_id_are_refused_at_load() {
    let misspelt = ACCESS.replace("principal.validFrom", "principal.validfrom");
    assert!(matches!(Policies::parse(SCHEMA, &misspelt), Err(PolicyError::Invalid(_))));
    let nameless = ACCESS.replace("@id(\"g-held\")\n", "");
    assert!(matches!(Policies::parse(SCHEMA, &nameless), Err(PolicyError::Id(_))));
    let doubled = ACCESS.replace("@id(\"g-held\")", "@id(\"g-ai-free\")");
    assert!(matches!(Policies::parse(SCHEMA, &doubled), Err(PolicyError::Id(_))));
    assert!(matches!(Policies::parse(SCHEMA, "permit ("), Err(PolicyError::Parse(_))));
}

#[test]
fn what_cannot_be_evaluated_is_denied() {
    let policies = Policies::shipped().expect("valid policies");
    let recruiter = member(Role::Recruiter);
    assert!(allows(&policies, &ask(&recruiter, "review", "review", application("assessed", &["bjuv"]))));
    let mut faulty = Vec::new();
    for missing in ["applicant", "organisations", "state", "aiFree", "legalHold", "conflicts"] {
        let mut entity = application("assessed", &["bjuv"]);
        entity.as_object_mut().expect("a map").remove(missing);
        faulty.push(entity);
    }
    let mut wrong = application("assessed", &["bjuv"]);
    wrong["organisations"] = serde_json::json!("bjuv");
    faulty.push(wrong);
    let mut strange = application("assessed", &["bjuv"]);
    strange["extra"] = serde_json::json!(1);
    faulty.push(strange);
    for entity in faulty {
        let answer = policies.decide(&ask(&recruiter, "review", "review", entity.clone()));
        assert!(matches!(&answer, Answer::Deny { errors, .. } if !errors.is_empty()), "{entity}: {answer:?}");
    }
    // A policy that fails while it is evaluated: Cedar skips it, we deny.
    let exploding = format!(
        "{ACCESS}\n@id(\"g-boom\") forbid (principal, action, resource) when {{ context.now.toDate() == context.now && 9223372036854775807 + (if context.opened then 1 else 0) > 0 }};"
    );
    let policies = Policies::parse(SCHEMA, &exploding).expect("it validates; it fails only when evaluated");
    let answer = policies.decide(&Ask {
        now: Moment(0),
        ..ask(&recruiter, "review", "review", application("assessed", &["bjuv"]))
    });
    assert!(matches!(&answer, Answer::Deny { errors, .. } if !errors.is_empty()), "{answer:?}");
}

#[test]
fn the_wrong_purpose_closes_a_door_that_the_right_one_opens() {
    let policies = Policies::shipped().expect("valid policies");
    let recruiter = member(Role::Recruiter);
    for purpose in ["screening", "decision", "contact", "oversight", "marketing", ""] {
        let question = ask(
            &recruiter,
            "review",
            Box::leak(purpose.to_owned().into_boxed_str()),
            application("assessed", &["bjuv"]),
        );
        assert!(!allows(&policies, &question), "{purpose}");
    }
}

#[test]
fn no_person_may_do_the_models_work_and_no_job_a_persons() {
    let policies = Policies::shipped().expect("valid policies");
    for role in Role::ALL {
        let person = member(*role);
        assert!(!allows(
            &policies,
            &ask(&person, "screen", "screening", application("submitted", &["bjuv"]))
        ));
        let decides =
            allows(&policies, &ask(&person, "decide", "decision", application("assessed", &["bjuv"])));
        assert_eq!(decides, *role == Role::HiringManager, "{}", role.code());
    }
    for job in [Job::Scorer, Job::Screen, Job::Import, Job::Demo, Job::Cli] {
        let job = Actor::Job(job);
        for (action, purpose) in [
            ("decide", "decision"),
            ("assess", "review"),
            ("review", "review"),
            ("contact", "contact"),
            ("ownData", "subject_rights"),
        ] {
            let answer = policies.decide(&ask(&job, action, purpose, application("assessed", &["bjuv"])));
            assert!(matches!(answer, Answer::Deny { .. }), "{action}");
        }
    }
}

#[test]
fn the_model_reads_nothing_held_withdrawn_or_without_ai() {
    let policies = Policies::shipped().expect("valid policies");
    let scorer = Actor::Job(Job::Scorer);
    assert!(allows(&policies, &ask(&scorer, "screen", "screening", application("submitted", &["bjuv"]))));
    for state in ["held", "withdrawn", "unknown"] {
        assert!(
            !allows(&policies, &ask(&scorer, "screen", "screening", application(state, &["bjuv"]))),
            "{state}"
        );
    }
    let mut ai_free = application("submitted", &["bjuv"]);
    ai_free["aiFree"] = serde_json::json!(true);
    assert!(!allows(&policies, &ask(&scorer, "screen", "screening", ai_free)));
}

#[test]
fn the_table_for_lawyers_is_what_the_policies_say() {
    let policies = Policies::shipped().expect("valid policies");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/policies/matrix.txt");
    let written = std::fs::read_to_string(path).expect("policies/matrix.txt");
    let made = matrix(&policies);
    assert!(
        written == made,
        "run `urval policy matrix > policies/matrix.txt` and read what changed:\n{made}"
    );
    for rule in policies.rules() {
        assert!(rule.says.chars().count() >= 20, "{} says nothing for a reader (`@says`)", rule.id);
        assert_eq!(rule.permits, rule.id.starts_with("p-"), "{}: p- opens, g- closes", rule.id);
        assert!(made.contains(&format!("({})", rule.id)), "{} is not in the table", rule.id);
    }
}

#[test]
fn the_table_leaves_no_action_of_the_schema_out() {
    let (schema, _) = cedar_policy::Schema::from_cedarschema_str(SCHEMA).expect("the schema");
    let mut known: Vec<String> = schema.actions().map(|action| action.id().unescaped().to_owned()).collect();
    let mut listed: Vec<String> = ACTIONS.iter().map(|action| action.name.to_owned()).collect();
    known.sort();
    listed.sort();
    assert_eq!(known, listed);
}

#[test]
fn the_hour_of_an_emergency_is_the_same_in_policy_and_program() {
    assert_eq!(urval::guard::emergency::MINUTES, 60);
    assert!(ACCESS.contains("approval.at.offset(duration(\"1h\"))"));
}
