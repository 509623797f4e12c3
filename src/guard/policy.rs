//! Loads `policies/` and answers with reasons.
//!
//! Cedar skips a policy that fails to evaluate, a `forbid` too, which would open a door. So the
//! policies are strictly validated at load, entities are checked against the schema, and **any**
//! evaluation error denies.

use std::collections::BTreeSet;

use cedar_policy::{
    Authorizer, Context, Decision, Effect, Entities, EntityUid, Policy, PolicyId, PolicySet, Request, Schema,
    ValidationMode, Validator,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::access::Actor;
use super::emergency::Emergency;
use crate::clock::Moment;

/// The schema as shipped.
pub const SCHEMA: &str = include_str!("../../policies/schema.cedarschema");
/// The policies as shipped.
pub const ACCESS: &str = include_str!("../../policies/access.cedar");

/// The policies cannot be used; the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The schema does not parse.
    #[error("policies/schema.cedarschema: {0}")]
    Schema(String),
    /// The policies do not parse.
    #[error("policies/access.cedar: {0}")]
    Parse(String),
    /// A policy has no `@id`, or two share one.
    #[error("policies/access.cedar: every policy needs an `@id` of its own: {0}")]
    Id(String),
    /// The strict validator objects.
    #[error("policies/access.cedar does not pass strict validation: {0}")]
    Invalid(String),
}

/// A question to the policies.
pub struct Ask<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// The action's name.
    pub action: &'static str,
    /// The purpose's name.
    pub purpose: &'static str,
    /// Entity type, id and attributes of the target.
    pub target: (&'static str, String, Value),
    /// The host's time.
    pub now: Moment,
    /// This person has opened this application.
    pub opened: bool,
    /// A person decided that the application goes on.
    pub proceeds: bool,
    /// What is searched for would select people on what they may not be selected on.
    pub sensitive: bool,
    /// The emergency access that is asked about or relied on.
    pub emergency: Option<Emergency>,
}

/// A question in Cedar's own terms, not yet held against the schema.
#[derive(Clone, Debug)]
pub struct Question {
    /// Entity type and id of who acts.
    pub principal: (String, String),
    /// The action's name.
    pub action: String,
    /// Entity type and id of the target.
    pub resource: (String, String),
    /// The context record.
    pub context: Value,
    /// What is known of principal and target, as Cedar's JSON of entities.
    pub entities: Vec<Value>,
}

impl Question {
    /// The question that the gate asks.
    #[must_use]
    pub fn of(ask: &Ask<'_>) -> Self {
        let (kind, id, attributes) = &ask.target;
        let (principal_kind, principal_id, principal) = principal(ask.actor);
        let mut entities = vec![entity(kind, id, attributes)];
        // Enumerated entities (jobs, doors, roles) are known from the schema and are not listed.
        if let Some(attributes) = principal {
            entities.push(entity(principal_kind, &principal_id, &attributes));
        }
        let mut context = json!({
            "now": extension("datetime", &ask.now.rfc3339()),
            "purpose": ask.purpose,
            "opened": ask.opened,
            "proceeds": ask.proceeds,
            "sensitive": ask.sensitive,
        });
        if let (Some(map), Some(emergency)) = (context.as_object_mut(), &ask.emergency) {
            map.insert("emergency".into(), emergency.record());
        }
        Self {
            principal: (principal_kind.into(), principal_id),
            action: ask.action.into(),
            resource: ((*kind).into(), id.clone()),
            context,
            entities,
        }
    }
}

/// A question that fits the schema: types, attributes, and everything that it speaks of is described.
pub struct Fitted {
    request: Request,
    entities: Entities,
}

/// One policy for readers: its id, whether it opens or closes, and what it says in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The `@id`.
    pub id: String,
    /// A permit; otherwise a forbid.
    pub permits: bool,
    /// The `@says`, in Swedish.
    pub says: String,
}

/// The answer, with the ids of the policies that decided.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Allow {
        /// The permits that decided.
        policies: Vec<String>,
    },
    /// No.
    Deny {
        /// The forbids that decided; empty when nothing permitted.
        policies: Vec<String>,
        /// What could not be evaluated. Any entry here denies by itself.
        errors: Vec<String>,
    },
}

/// Validated policies.
pub struct Policies {
    schema: Schema,
    set: PolicySet,
    rules: Vec<Rule>,
    digest: String,
}

impl Policies {
    /// The policies that ship with the service.
    ///
    /// # Errors
    /// See [`Policies::parse`].
    pub fn shipped() -> Result<Self, PolicyError> {
        Self::parse(SCHEMA, ACCESS)
    }

    /// Parses and strictly validates.
    ///
    /// # Errors
    /// When schema or policies do not parse, ids are missing or doubled, or the validator objects
    /// (a warning counts as an objection).
    pub fn parse(schema_text: &str, policy_text: &str) -> Result<Self, PolicyError> {
        let (schema, warnings) =
            Schema::from_cedarschema_str(schema_text).map_err(|e| PolicyError::Schema(e.to_string()))?;
        if let Some(warning) = warnings.into_iter().next() {
            return Err(PolicyError::Schema(warning.to_string()));
        }
        let parsed: PolicySet = policy_text.parse().map_err(|e| PolicyError::Parse(format!("{e}")))?;
        let mut set = PolicySet::new();
        let mut seen = BTreeSet::new();
        let mut rules = Vec::new();
        let mut in_order: Vec<&Policy> = parsed.policies().collect();
        // The parser numbers them as they stand in the file: policy0, policy1, …
        in_order.sort_by_key(|policy| {
            policy.id().to_string().trim_start_matches("policy").parse::<usize>().unwrap_or(usize::MAX)
        });
        for policy in in_order {
            let id = policy.annotation("id").unwrap_or_default().to_owned();
            if id.is_empty() || !seen.insert(id.clone()) {
                return Err(PolicyError::Id(if id.is_empty() { policy.to_string() } else { id }));
            }
            rules.push(Rule {
                id: id.clone(),
                permits: policy.effect() == Effect::Permit,
                says: policy.annotation("says").unwrap_or_default().to_owned(),
            });
            let named: Policy = policy.new_id(PolicyId::new(&id));
            set.add(named).map_err(|e| PolicyError::Id(e.to_string()))?;
        }
        let outcome = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
        let objections: Vec<String> = outcome
            .validation_errors()
            .map(ToString::to_string)
            .chain(outcome.validation_warnings().map(ToString::to_string))
            .collect();
        if !objections.is_empty() {
            return Err(PolicyError::Invalid(objections.join("; ")));
        }
        let mut hash = Sha256::new();
        hash.update(schema_text);
        hash.update([0]);
        hash.update(policy_text);
        Ok(Self { schema, set, rules, digest: hex::encode(hash.finalize()) })
    }

    /// SHA-256 over schema and policies, for the configuration fingerprint.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The ids of all policies, sorted.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.rules.iter().map(|rule| rule.id.clone()).collect();
        ids.sort();
        ids
    }

    /// The policies in the order of the file.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Decides. Anything that cannot be evaluated is a no.
    #[must_use]
    pub fn decide(&self, ask: &Ask<'_>) -> Answer {
        self.decide_question(&Question::of(ask))
    }

    /// Decides about a question in Cedar's terms. Anything that cannot be evaluated is a no.
    #[must_use]
    pub fn decide_question(&self, question: &Question) -> Answer {
        match self.fit(question) {
            Ok(fitted) => self.answer(&fitted),
            Err(error) => Answer::Deny { policies: Vec::new(), errors: vec![error] },
        }
    }

    /// Holds a question against the schema. Ids of persons never enter the error: it names places.
    ///
    /// # Errors
    /// What does not fit: an attribute that is missing, of another type or not in the schema, an entity that is
    /// not described, an unknown action or role.
    pub fn fit(&self, question: &Question) -> Result<Fitted, String> {
        let action = uid("Action", &question.action)?;
        let context = Context::from_json_value(question.context.clone(), Some((&self.schema, &action)))
            .map_err(|e| format!("context: {e}"))?;
        let listed = Value::Array(question.entities.clone());
        let entities =
            Entities::from_json_value(listed, Some(&self.schema)).map_err(|e| format!("entities: {e}"))?;
        let mut ends = Vec::new();
        for (what, (kind, id)) in [("principal", &question.principal), ("resource", &question.resource)] {
            let end = uid(kind, id)?;
            // Cedar takes an entity that nobody described for one without attributes.
            if !ENUMERATED.contains(&kind.as_str()) && entities.get(&end).is_none() {
                return Err(format!("entities: the {what} is not described"));
            }
            ends.push(end);
        }
        let (Some(resource), Some(principal)) = (ends.pop(), ends.pop()) else {
            return Err("request: it has no ends".into());
        };
        let request = Request::new(principal, action, resource, context, Some(&self.schema))
            .map_err(|e| format!("request: {e}"))?;
        Ok(Fitted { request, entities })
    }

    /// Decides about a question that fits the schema. An error in any policy is a no.
    #[must_use]
    pub fn answer(&self, fitted: &Fitted) -> Answer {
        let response = Authorizer::new().is_authorized(&fitted.request, &self.set, &fitted.entities);
        let policies: Vec<String> = response.diagnostics().reason().map(ToString::to_string).collect();
        let errors: Vec<String> = response.diagnostics().errors().map(ToString::to_string).collect();
        if response.decision() == Decision::Allow && errors.is_empty() {
            Answer::Allow { policies }
        } else {
            Answer::Deny { policies, errors }
        }
    }
}

/// Entity types whose members stand in the schema.
const ENUMERATED: [&str; 3] = ["Job", "Visitor", "Role"];

fn uid(kind: &str, id: &str) -> Result<EntityUid, String> {
    EntityUid::from_json(json!({ "type": format!("Urval::{kind}"), "id": id }))
        .map_err(|e| format!("entity id: {e}"))
}

fn entity(kind: &str, id: &str, attributes: &Value) -> Value {
    json!({
        "uid": { "type": format!("Urval::{kind}"), "id": id }, "attrs": attributes, "parents": []
    })
}

pub(super) fn extension(function: &str, argument: &str) -> Value {
    json!({ "__extn": { "fn": function, "arg": argument } })
}

fn principal(actor: &Actor) -> (&'static str, String, Option<Value>) {
    match actor {
        Actor::Staff(membership) => {
            let attributes = json!({
                "staff": { "__entity": { "type": "Urval::Staff", "id": membership.staff.as_str() } },
                "organisation": { "__entity": { "type": "Urval::Organisation", "id": membership.organisation.as_str() } },
                "role": { "__entity": { "type": "Urval::Role", "id": membership.role.code() } },
                "active": membership.active,
                "validFrom": extension("datetime", &membership.valid_from.rfc3339()),
                "validTo": extension("datetime", &membership.valid_to.rfc3339()),
            });
            ("Membership", membership.id.to_string(), Some(attributes))
        }
        Actor::Applicant(application) => ("Applicant", application.to_string(), Some(json!({}))),
        Actor::Visitor(door) => ("Visitor", door.code().into(), None),
        Actor::Job(job) => ("Job", job.code().into(), None),
    }
}
