//! Loads `policies/` and answers with reasons.
//!
//! Cedar skips a policy that fails to evaluate, a `forbid` too, which would open a door. So the
//! policies are strictly validated at load, entities are checked against the schema, and **any**
//! evaluation error denies.

use std::collections::BTreeSet;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, Policy, PolicyId, PolicySet, Request, Schema,
    ValidationMode, Validator,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::access::Actor;
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
        for policy in parsed.policies() {
            let id = policy.annotation("id").unwrap_or_default().to_owned();
            if id.is_empty() || !seen.insert(id.clone()) {
                return Err(PolicyError::Id(if id.is_empty() { policy.to_string() } else { id }));
            }
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
        Ok(Self { schema, set, digest: hex::encode(hash.finalize()) })
    }

    /// SHA-256 over schema and policies, for the configuration fingerprint.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The ids of all policies, sorted.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.set.policies().map(|policy| policy.id().to_string()).collect();
        ids.sort();
        ids
    }

    /// Decides. Anything that cannot be evaluated is a no.
    #[must_use]
    pub fn decide(&self, ask: &Ask<'_>) -> Answer {
        match self.evaluate(ask) {
            Ok(answer) => answer,
            Err(error) => Answer::Deny { policies: Vec::new(), errors: vec![error] },
        }
    }

    fn evaluate(&self, ask: &Ask<'_>) -> Result<Answer, String> {
        let (kind, id, attributes) = &ask.target;
        let (principal_kind, principal_id, principal) = principal(ask.actor);
        let mut entities = vec![json!({
            "uid": { "type": format!("Urval::{kind}"), "id": id }, "attrs": attributes, "parents": []
        })];
        // Enumerated entities (jobs, doors, roles) are known from the schema and are not listed.
        if let Some(attributes) = principal {
            entities.push(json!({
                "uid": { "type": format!("Urval::{principal_kind}"), "id": principal_id },
                "attrs": attributes, "parents": []
            }));
        }
        let action = uid("Action", ask.action)?;
        let context = json!({
            "now": extension("datetime", &ask.now.rfc3339()),
            "purpose": ask.purpose,
            "opened": ask.opened,
            "proceeds": ask.proceeds,
        });
        let context = Context::from_json_value(context, Some((&self.schema, &action)))
            .map_err(|e| format!("context: {e}"))?;
        let entities = Entities::from_json_value(Value::Array(entities), Some(&self.schema))
            .map_err(|e| format!("entities: {e}"))?;
        let request = Request::new(
            uid(principal_kind, &principal_id)?,
            action,
            uid(kind, id)?,
            context,
            Some(&self.schema),
        )
        .map_err(|e| format!("request: {e}"))?;
        let response = Authorizer::new().is_authorized(&request, &self.set, &entities);
        let policies: Vec<String> = response.diagnostics().reason().map(ToString::to_string).collect();
        let errors: Vec<String> = response.diagnostics().errors().map(ToString::to_string).collect();
        if response.decision() == Decision::Allow && errors.is_empty() {
            Ok(Answer::Allow { policies })
        } else {
            Ok(Answer::Deny { policies, errors })
        }
    }
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, String> {
    EntityUid::from_json(json!({ "type": format!("Urval::{kind}"), "id": id }))
        .map_err(|e| format!("entity id: {e}"))
}

fn extension(function: &str, argument: &str) -> Value {
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
