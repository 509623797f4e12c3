//! Who may do what, as a table that a lawyer reads: `policies/matrix.txt`.
//!
//! The table is asked of the policies and not written by hand: every role is put before every action, with
//! everything in order, and the numbers in the cells are the policies that said yes. What a policy demands, and
//! what is forbidden whatever the cell says, stands below in the policies' own words.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::access::{Actor, Door, Job, Membership, reference};
use super::emergency::{Approval, Emergency};
use super::policy::{Answer, Ask, Policies};
use crate::clock::Moment;
use crate::subject::id::{ApplicationId, MembershipId, OrganisationId, StaffId};
use crate::subject::role::Role;
use crate::subject::words::Lang;

/// One action: its name in the schema, its purpose, the kind of its target, and both in Swedish.
pub struct Action {
    /// The name in the schema.
    pub name: &'static str,
    /// The only purpose that it is admitted for.
    pub purpose: &'static str,
    /// The entity type of its target.
    pub target: &'static str,
    /// What it is, in Swedish.
    pub says: &'static str,
    /// The purpose in Swedish.
    pub purpose_says: &'static str,
}

/// Every action of the schema, as an application travels. A test compares it with the schema.
pub const ACTIONS: [Action; 26] = [
    action("submit", "intake", "Recruitment", "lämna in en ansökan", "mottagning"),
    action("screen", "screening", "Application", "läsa maskinellt", "maskinell värdering"),
    action("rank", "ranking", "Placement", "se rangband", "rangband"),
    action("search", "search", "Placement", "söka i det lästa", "sökning"),
    action("review", "review", "Application", "läsa pseudonymiserat", "granskning"),
    action("assess", "review", "Application", "sätta omdömen", "granskning"),
    action("decide", "decision", "Application", "besluta", "beslut"),
    action("contact", "contact", "Application", "se namn och kontakt", "kontakt"),
    action("askEmergency", "contact", "Application", "begära nödåtkomst", "kontakt"),
    action("overseeEmergency", "oversight", "Application", "pröva nödåtkomst", "tillsyn"),
    action("declareConflict", "review", "Application", "anmäla eget jäv", "granskning"),
    action("liftConflict", "oversight", "Application", "häva anmält jäv", "tillsyn"),
    action("listMatters", "oversight", "System", "se jäv och nödåtkomst", "tillsyn"),
    action("stopAi", "oversight", "Recruitment", "stänga av AI-stödet", "tillsyn"),
    action("startAi", "oversight", "Recruitment", "slå på AI-stödet", "tillsyn"),
    action("setControl", "operations", "Recruitment", "lotta kontrollgrupp", "drift"),
    action("seeControl", "oversight", "System", "se kontrollgrupp", "tillsyn"),
    action("ownData", "subject_rights", "Application", "se och begära eget", "den registrerades rättigheter"),
    action("hold", "retention", "Application", "sätta gallringsspärr", "gallring"),
    action("listHolds", "retention", "System", "se gallringsspärrar", "gallring"),
    action("erase", "retention", "Application", "verkställa gallring", "gallring"),
    action("answer", "retention", "Application", "avslå radering", "gallring"),
    action("dispose", "retention", "System", "se begärd radering", "gallring"),
    action("keepAccount", "accounts", "Account", "sköta eget konto", "konton"),
    action("oversee", "oversight", "Log", "läsa loggen", "tillsyn"),
    action("operate", "operations", "System", "sköta driften", "drift"),
];

const fn action(
    name: &'static str,
    purpose: &'static str,
    target: &'static str,
    says: &'static str,
    purpose_says: &'static str,
) -> Action {
    Action { name, purpose, target, says, purpose_says }
}

/// The jobs of the service.
pub const JOBS: [Job; 6] = [Job::Scorer, Job::Screen, Job::Import, Job::Demo, Job::Cli, Job::Retention];

const OWN: &str = "egen";
const OTHER: &str = "annan";
const APPLICATION: &str = "ansökan";
const PERSON: &str = "handläggaren";
const MEMBERSHIP: &str = "uppdraget";
const NOW: Moment = Moment(1_800_000_000_000_000);

fn columns() -> Vec<(&'static str, String, Vec<Actor>)> {
    let short = |role: Role| match role {
        Role::Assessor => "BED",
        Role::Recruiter => "REK",
        Role::HiringManager => "CHEF",
        Role::ProgrammeLead => "PROJ",
        Role::HrChief => "HR",
        Role::UnionRepresentative => "FACK",
        Role::Dpo => "DSO",
        Role::Registrar => "REG",
        Role::Supervisor => "TILL",
        Role::Operator => "DRIFT",
    };
    let mut out: Vec<(&'static str, String, Vec<Actor>)> = Role::ALL
        .iter()
        .map(|role| (short(*role), role.label(Lang::Sv).to_owned(), vec![Actor::Staff(member(*role))]))
        .collect();
    let applicant = Actor::Applicant(ApplicationId::new(APPLICATION));
    out.push(("SÖK", "den sökande med sin kvittokod".into(), vec![applicant]));
    out.push(("ALLA", "en besökare som inte sagt vem hen är".into(), vec![Actor::Visitor(Door::Web)]));
    let jobs = JOBS.iter().map(|job| Actor::Job(*job)).collect();
    out.push(("JOBB", "tjänstens egna jobb, utan människa".into(), jobs));
    out
}

fn member(role: Role) -> Membership {
    Membership {
        id: MembershipId::new(MEMBERSHIP),
        staff: StaffId::new(PERSON),
        organisation: OrganisationId::new(OWN),
        role,
        active: true,
        valid_from: NOW.plus_seconds(-3600),
        valid_to: NOW.plus_seconds(3600),
    }
}

fn attributes(kind: &str, organisation: &str, state: &str) -> Value {
    match kind {
        "Recruitment" => json!({ "state": "open" }),
        "Placement" => {
            json!({ "organisation": reference("Organisation", organisation), "recruitmentState": "open" })
        }
        "Application" => json!({
            "applicant": reference("Applicant", APPLICATION),
            "organisations": [reference("Organisation", organisation)],
            "state": state, "aiFree": false, "legalHold": false, "conflicts": [],
        }),
        "Account" => json!({ "holder": reference("Membership", MEMBERSHIP) }),
        _ => json!({}),
    }
}

fn emergency(asker: &str, asker_is_dpo: bool) -> Emergency {
    let role = if asker_is_dpo { Role::ProgrammeLead } else { Role::Dpo };
    Emergency {
        asker: StaffId::new(asker),
        asker_is_dpo,
        application: ApplicationId::new(APPLICATION),
        reason_given: true,
        approval: Some(Approval { by: StaffId::new("den som godkänner"), role, at: NOW }),
    }
}

/// The policies that let one of these actors do this when everything is in order, and whether they also do for
/// an organisation that the applicant did not choose.
fn opens(policies: &Policies, actors: &[Actor], action: &Action) -> BTreeMap<String, bool> {
    let mut out = BTreeMap::new();
    let mut emergencies = vec![None];
    if matches!(action.name, "contact" | "overseeEmergency") {
        for asker in [PERSON, "en annan"] {
            emergencies.extend([false, true].map(|dpo| Some(emergency(asker, dpo))));
        }
    }
    for actor in actors {
        for organisation in [OWN, OTHER] {
            for state in ["submitted", "assessed"] {
                for (proceeds, emergency) in
                    emergencies.iter().flat_map(|e| [(true, e.clone()), (false, e.clone())])
                {
                    let ask = Ask {
                        actor,
                        action: action.name,
                        purpose: action.purpose,
                        target: (
                            action.target,
                            APPLICATION.to_owned(),
                            attributes(action.target, organisation, state),
                        ),
                        now: NOW,
                        opened: true,
                        proceeds,
                        sensitive: false,
                        emergency,
                    };
                    if let Answer::Allow { policies } = policies.decide(&ask) {
                        for id in policies {
                            *out.entry(id).or_insert(false) |= organisation == OTHER;
                        }
                    }
                }
            }
        }
    }
    out
}

/// The whole text of `policies/matrix.txt`.
#[must_use]
pub fn matrix(policies: &Policies) -> String {
    let numbers: BTreeMap<&str, usize> = policies
        .rules()
        .iter()
        .filter(|rule| rule.permits)
        .enumerate()
        .map(|(index, rule)| (rule.id.as_str(), index + 1))
        .collect();
    let columns = columns();
    let mut out = String::from(
        "VEM FÅR GÖRA VAD\n\
         \n\
         Tabellen är framställd ur policies/access.cedar med `urval policy matrix` och jämförs med den i ett\n\
         test. Den ändras aldrig för hand.\n\
         \n\
         Ett tal är regeln som öppnar: vad den kräver står under tabellen. Ett streck betyder att ingen regel\n\
         öppnar, och då är svaret nej. En asterisk (*) betyder att regeln gäller hela programmet; utan\n\
         asterisk gäller den bara den egna organisationens placeringar och dem som har sökt dem. Spärrarna\n\
         sist går före alla regler. Allt som tillåts eller nekas skrivs i loggen innan det visas.\n\n",
    );
    let width = columns.iter().map(|(short, ..)| short.chars().count()).max().unwrap_or(0).max(5);
    let first = ACTIONS.iter().map(|action| action.says.chars().count()).max().unwrap_or(0);
    out.push_str(&padded("", first));
    for (short, ..) in &columns {
        out.push_str("  ");
        out.push_str(&padded(short, width));
    }
    trim_line(&mut out);
    for action in &ACTIONS {
        out.push_str(&padded(action.says, first));
        for (_, _, actors) in &columns {
            let opens = opens(policies, actors, action);
            // The wall is about staff; a job and an applicant have no organisation.
            let walled = about_one(action) && matches!(actors.first(), Some(Actor::Staff(_)));
            let mut found: Vec<(usize, bool)> = opens
                .iter()
                .map(|(id, other)| (numbers.get(id.as_str()).copied().unwrap_or(0), walled && *other))
                .collect();
            found.sort_unstable();
            let cell: Vec<String> = found
                .into_iter()
                .map(|(number, wide)| format!("{number}{}", if wide { "*" } else { "" }))
                .collect();
            out.push_str("  ");
            out.push_str(&padded(&if cell.is_empty() { "–".to_owned() } else { cell.join(",") }, width));
        }
        trim_line(&mut out);
    }
    out.push_str("\nKOLUMNERNA\n\n");
    for (short, long, _) in &columns {
        out.push_str(&format!("{}  {long}\n", padded(short, width)));
    }
    out.push_str("\nÄNDAMÅLEN\n\nVarje åtgärd får göras bara för sitt ändamål.\n\n");
    for action in &ACTIONS {
        out.push_str(&format!("{}  {}\n", padded(action.says, first), action.purpose_says));
    }
    out.push_str("\nREGLERNA SOM ÖPPNAR\n\n");
    for rule in policies.rules().iter().filter(|rule| rule.permits) {
        let number = numbers.get(rule.id.as_str()).copied().unwrap_or(0);
        out.push_str(&listed(&format!("{number:>2}"), &format!("{} ({})", rule.says, rule.id)));
    }
    out.push_str("\nSPÄRRARNA SOM GÅR FÖRE\n\n");
    for rule in policies.rules().iter().filter(|rule| !rule.permits) {
        out.push_str(&listed(" -", &format!("{} ({})", rule.says, rule.id)));
    }
    out
}

/// Whether the target belongs to an organisation at all.
fn about_one(action: &Action) -> bool {
    matches!(action.target, "Application" | "Placement")
}

fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.chars().count());
    format!("{text}{}", " ".repeat(missing))
}

fn trim_line(out: &mut String) {
    out.truncate(out.trim_end_matches(' ').len());
    out.push('\n');
}

/// One entry of a list, wrapped at 110 characters.
fn listed(mark: &str, text: &str) -> String {
    let mut out = mark.to_owned();
    let mut length = mark.chars().count();
    for word in text.split_whitespace() {
        let more = word.chars().count();
        if length + 1 + more > 110 {
            out.push_str("\n  ");
            length = 2;
        }
        out.push(' ');
        out.push_str(word);
        length += 1 + more;
    }
    out.push('\n');
    out
}
