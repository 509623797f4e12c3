//! Who may do what, written a second time and in plain Rust: what the policies must answer. It is made from the
//! promises and not from the policies' text, and is compared with them question by question: each layer alone
//! (what opens, what closes) and both together.

use urval::clock::Moment;
use urval::guard::access::{Actor, Door, Job, Membership};
use urval::guard::emergency::{Approval, Emergency};
use urval::guard::matrix::ACTIONS;
use urval::guard::policy::Ask;
use urval::subject::id::{ApplicationId, MembershipId, OrganisationId, StaffId};
use urval::subject::role::Role;

/// The clock of every question.
pub const NOW: Moment = Moment(1_795_428_000_000_000);

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Staff(Role, Window),
    /// The applicant whose application it is, or another one.
    Applicant {
        own: bool,
    },
    Visitor,
    Job(Job),
}

/// Where in its validity a membership is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    Within,
    FirstMoment,
    LastMoment,
    NotYet,
    JustOver,
    LongOver,
    Closed,
}

pub const WINDOWS: [Window; 7] = [
    Window::Within,
    Window::FirstMoment,
    Window::LastMoment,
    Window::NotYet,
    Window::JustOver,
    Window::LongOver,
    Window::Closed,
];

/// Who has declared a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    Nobody,
    Another,
    Asker,
}

/// An emergency access in the context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one fact that a question can differ in")]
pub struct Need {
    /// The one who asks the question asked for the access too.
    pub mine: bool,
    pub asker_is_dpo: bool,
    pub this_application: bool,
    pub reason: bool,
    pub yes: Option<Yes>,
}

/// Its approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Yes {
    /// By the one who asks the question.
    pub by_me: bool,
    pub role: Role,
    /// How long ago, in seconds; negative lies ahead.
    pub ago_s: i64,
}

/// Everything that a question depends on.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one fact that a question can differ in")]
pub struct Facts {
    pub who: Who,
    pub action: &'static str,
    pub purpose: &'static str,
    /// The applicant chose the asker's organisation; of a placement: it is the asker's organisation's; of an
    /// account: it is the asker's own.
    pub chosen: bool,
    pub state: &'static str,
    pub ai_free: bool,
    pub hold: bool,
    pub conflict: Conflict,
    pub opened: bool,
    pub proceeds: bool,
    /// What is searched for would select people on sensitive data.
    pub sensitive: bool,
    pub need: Option<Need>,
}

/// The only purpose of an action, and what it is done to.
pub fn purpose_and_target(action: &str) -> (&'static str, &'static str) {
    match action {
        "submit" => ("intake", "Recruitment"),
        "screen" => ("screening", "Application"),
        "rank" => ("ranking", "Placement"),
        "search" => ("search", "Placement"),
        "review" | "assess" | "declareConflict" => ("review", "Application"),
        "decide" => ("decision", "Application"),
        "contact" | "askEmergency" => ("contact", "Application"),
        "overseeEmergency" | "liftConflict" => ("oversight", "Application"),
        "stopAi" | "startAi" => ("oversight", "Recruitment"),
        "setControl" => ("operations", "Recruitment"),
        "ownData" => ("subject_rights", "Application"),
        "hold" | "erase" | "answer" => ("retention", "Application"),
        "listHolds" | "dispose" => ("retention", "System"),
        "keepAccount" => ("accounts", "Account"),
        "listMatters" | "seeControl" => ("oversight", "System"),
        "oversee" => ("oversight", "Log"),
        "operate" => ("operations", "System"),
        other => panic!("say what {other} is for"),
    }
}

impl Facts {
    /// Everything in order: whatever is refused now is refused for who asks and what is asked.
    pub fn in_order(who: Who, action: &'static str) -> Self {
        let (purpose, target) = purpose_and_target(action);
        Self {
            who,
            action,
            purpose,
            chosen: true,
            state: if target == "Recruitment" { "open" } else { "assessed" },
            ai_free: false,
            hold: false,
            conflict: Conflict::Nobody,
            opened: true,
            proceeds: true,
            sensitive: false,
            need: None,
        }
    }

    fn role(&self) -> Option<Role> {
        match self.who {
            Who::Staff(role, _) => Some(role),
            _ => None,
        }
    }

    fn is(&self, role: Role) -> bool {
        self.role() == Some(role)
    }

    fn reads(&self) -> bool {
        self.is(Role::Assessor) || self.is(Role::Recruiter) || self.is(Role::HiringManager)
    }

    fn about_an_application(&self) -> bool {
        purpose_and_target(self.action).1 == "Application"
    }

    /// Whether this kind of caller has any business with this kind of action.
    pub fn fits(&self) -> bool {
        match self.who {
            Who::Staff(..) => !matches!(self.action, "submit" | "screen" | "ownData"),
            Who::Applicant { .. } => self.action == "ownData",
            Who::Visitor => self.action == "submit",
            Who::Job(_) => {
                matches!(self.action, "submit" | "screen" | "rank" | "erase" | "dispose" | "operate")
            }
        }
    }

    /// Who must watch over an emergency access.
    fn watcher(need: &Need) -> Role {
        if need.asker_is_dpo { Role::ProgrammeLead } else { Role::Dpo }
    }

    fn emergency_is_good(&self) -> bool {
        let Some(need) = self.need else { return false };
        let Some(yes) = need.yes else { return false };
        need.mine
            && need.this_application
            && need.reason
            && !yes.by_me
            && yes.role == Self::watcher(&need)
            && (0..60 * 60).contains(&yes.ago_s)
    }

    /// Whether anything opens.
    pub fn opens(&self) -> bool {
        if !self.fits() || self.purpose != purpose_and_target(self.action).0 {
            return false;
        }
        match self.action {
            "submit" => {
                self.state == "open"
                    && matches!(self.who, Who::Visitor | Who::Job(Job::Screen | Job::Import | Job::Demo))
            }
            "screen" => {
                matches!(self.who, Who::Job(Job::Scorer | Job::Screen))
                    && (self.state == "submitted" || self.state == "assessed")
            }
            "rank" => match self.who {
                Who::Job(job) => job == Job::Screen,
                _ => self.reads() && self.chosen,
            },
            "search" | "review" => self.reads() && self.chosen,
            "assess" => self.reads() && !self.is(Role::HiringManager) && self.chosen && self.opened,
            "decide" => self.is(Role::HiringManager) && self.chosen && self.opened,
            "contact" => {
                self.reads()
                    && !self.is(Role::Assessor)
                    && self.chosen
                    && (self.proceeds || self.emergency_is_good())
            }
            "askEmergency" => self.reads() && !self.is(Role::Assessor) && self.chosen,
            "overseeEmergency" => {
                self.need.is_some_and(|need| need.this_application && self.is(Self::watcher(&need)))
            }
            "declareConflict" => {
                self.reads() && self.chosen
                    || self.is(Role::ProgrammeLead)
                    || self.is(Role::Dpo)
                    || self.is(Role::Registrar)
            }
            "liftConflict" | "startAi" | "setControl" => self.is(Role::ProgrammeLead),
            "stopAi" => self.is(Role::Recruiter) || self.is(Role::ProgrammeLead) || self.is(Role::Dpo),
            "listMatters" | "seeControl" => self.is(Role::ProgrammeLead) || self.is(Role::Dpo),
            "ownData" => self.who == Who::Applicant { own: true },
            "hold" | "listHolds" | "answer" => self.is(Role::Registrar),
            "keepAccount" => self.chosen,
            "erase" | "dispose" => self.is(Role::Registrar) || self.who == Who::Job(Job::Retention),
            "oversee" => self.is(Role::Dpo),
            "operate" => match self.who {
                Who::Job(_) => true,
                _ => self.is(Role::Operator) || self.is(Role::ProgrammeLead),
            },
            other => panic!("say who may {other}"),
        }
    }

    /// Whether anything closes, whatever opens.
    pub fn closes(&self) -> bool {
        let personal = self.about_an_application();
        let staff = self.role().is_some();
        let reads_it = matches!(self.action, "review" | "assess" | "decide" | "contact" | "askEmergency");
        let outside = matches!(self.who, Who::Staff(_, window)
            if !matches!(window, Window::Within | Window::FirstMoment | Window::LastMoment));
        let for_all = matches!(
            self.action,
            "declareConflict" | "liftConflict" | "hold" | "erase" | "answer" | "overseeEmergency"
        );
        let listed = matches!(self.action, "rank" | "search");
        let wall = staff && !self.chosen && (listed || personal && !for_all);
        let partial =
            staff && personal && self.conflict == Conflict::Asker && self.action != "declareConflict";
        let stranger = staff && !self.reads() && (reads_it || listed);
        let operator = self.is(Role::Operator) && !matches!(self.action, "operate" | "keepAccount");
        let unsettled =
            self.action == "contact" && !self.proceeds && self.need.is_none_or(|need| need.yes.is_none());
        let own_watch = self.action == "overseeEmergency" && self.need.is_some_and(|need| need.mine);
        let withdrawn = self.state == "withdrawn" && (reads_it || self.action == "screen");
        let machine = self.action == "screen" && (self.ai_free || self.state == "held");
        let kept = self.action == "erase" && self.hold;
        let banned = self.action == "search" && self.sensitive;
        let gone = personal && self.state == "erased" && self.action != "erase";
        outside
            || wall
            || partial
            || stranger
            || operator
            || unsettled
            || own_watch
            || withdrawn
            || machine
            || kept
            || banned
            || gone
    }

    /// The answer.
    pub fn allowed(&self) -> bool {
        self.fits() && self.opens() && !self.closes()
    }

    pub fn actor(&self) -> Actor {
        match self.who {
            Who::Staff(role, window) => Actor::Staff(membership(role, window)),
            Who::Applicant { own } => Actor::Applicant(ApplicationId::new(if own { "a" } else { "b" })),
            Who::Visitor => Actor::Visitor(Door::Web),
            Who::Job(job) => Actor::Job(job),
        }
    }

    /// The question itself, as the gate asks it.
    pub fn ask<'a>(&self, actor: &'a Actor) -> Ask<'a> {
        let (_, kind) = purpose_and_target(self.action);
        let reference = |kind: &str, id: &str| serde_json::json!({ "__entity": { "type": format!("Urval::{kind}"), "id": id } });
        let organisation = if self.chosen { "bjuv" } else { "klippan" };
        let attributes = match kind {
            "Recruitment" => serde_json::json!({ "state": self.state }),
            "Placement" => serde_json::json!({
                "organisation": reference("Organisation", organisation), "recruitmentState": "open",
            }),
            "Application" => {
                let mut organisations = vec![reference("Organisation", "perstorp")];
                organisations.push(reference("Organisation", organisation));
                let mut conflicts = Vec::new();
                if self.conflict != Conflict::Nobody {
                    conflicts.push(reference("Staff", "t"));
                }
                if self.conflict == Conflict::Asker {
                    conflicts.push(reference("Staff", "s"));
                }
                serde_json::json!({
                    "applicant": reference("Applicant", "a"), "organisations": organisations,
                    "state": self.state, "aiFree": self.ai_free, "legalHold": self.hold,
                    "conflicts": conflicts,
                })
            }
            "Account" => {
                serde_json::json!({ "holder": reference("Membership", if self.chosen { "m" } else { "n" }) })
            }
            _ => serde_json::json!({}),
        };
        Ask {
            actor,
            action: self.action,
            purpose: self.purpose,
            target: (kind, "a".into(), attributes),
            now: NOW,
            opened: self.opened,
            proceeds: self.proceeds,
            sensitive: self.sensitive,
            emergency: self.need.map(|need| Emergency {
                asker: StaffId::new(if need.mine { "s" } else { "u" }),
                asker_is_dpo: need.asker_is_dpo,
                application: ApplicationId::new(if need.this_application { "a" } else { "b" }),
                reason_given: need.reason,
                approval: need.yes.map(|yes| Approval {
                    by: StaffId::new(if yes.by_me { "s" } else { "v" }),
                    role: yes.role,
                    at: Moment(NOW.0 - yes.ago_s * 1_000_000),
                }),
            }),
        }
    }
}

fn membership(role: Role, window: Window) -> Membership {
    let second = 1_000_000;
    let hour = 3600 * second;
    let (from, to) = match window {
        Window::Within | Window::Closed => (NOW.0 - hour, NOW.0 + hour),
        Window::FirstMoment => (NOW.0, NOW.0 + hour),
        Window::LastMoment => (NOW.0 - hour, NOW.0 + second),
        Window::NotYet => (NOW.0 + second, NOW.0 + hour),
        Window::JustOver => (NOW.0 - hour, NOW.0),
        Window::LongOver => (NOW.0 - 2 * hour, NOW.0 - hour),
    };
    Membership {
        id: MembershipId::new("m"),
        staff: StaffId::new("s"),
        organisation: OrganisationId::new("bjuv"),
        role,
        active: window != Window::Closed,
        valid_from: Moment(from),
        valid_to: Moment(to),
    }
}

const STATES: [&str; 6] = ["submitted", "held", "assessed", "withdrawn", "erased", "unknown"];
const PURPOSES: [&str; 12] = [
    "intake",
    "screening",
    "ranking",
    "search",
    "review",
    "decision",
    "contact",
    "subject_rights",
    "retention",
    "oversight",
    "operations",
    "marketing",
];

/// An emergency access as it should be.
pub const GOOD: Need = Need {
    mine: true,
    asker_is_dpo: false,
    this_application: true,
    reason: true,
    yes: Some(Yes { by_me: false, role: Role::Dpo, ago_s: 60 }),
};

/// Everybody who can ask.
pub fn everybody() -> Vec<Who> {
    let mut out: Vec<Who> = Role::ALL.iter().map(|role| Who::Staff(*role, Window::Within)).collect();
    out.extend([Who::Applicant { own: true }, Who::Applicant { own: false }, Who::Visitor]);
    out.extend(urval::guard::matrix::JOBS.map(Who::Job));
    out
}

const BOTH: [bool; 2] = [false, true];

/// Every role × action × own or other organisation × state × flag.
pub fn core() -> Vec<Facts> {
    let mut out = Vec::new();
    for who in everybody() {
        for action in &ACTIONS {
            let base = Facts::in_order(who, action.name);
            let target = purpose_and_target(action.name).1;
            if !base.fits() {
                out.push(base);
                continue;
            }
            let states: &[&'static str] = match target {
                "Application" => &STATES,
                "Recruitment" => &["open", "closed"],
                _ => &["-"],
            };
            let flags = |on: bool| if on { &BOTH[..] } else { &BOTH[..1] };
            let personal = target == "Application";
            for chosen in BOTH {
                for &state in states {
                    for &ai_free in flags(personal) {
                        for &hold in flags(personal) {
                            for &partial in flags(personal) {
                                for opened in BOTH {
                                    for proceeds in BOTH {
                                        for &urgent in flags(personal) {
                                            out.push(Facts {
                                                chosen,
                                                state,
                                                ai_free,
                                                hold,
                                                conflict: if partial {
                                                    Conflict::Asker
                                                } else {
                                                    Conflict::Nobody
                                                },
                                                opened,
                                                proceeds,
                                                need: urgent.then_some(GOOD),
                                                ..base
                                            });
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    out
}

/// What the core leaves out, one at a time: every purpose for every action, every edge of a membership, others'
/// conflicts.
pub fn edges() -> Vec<Facts> {
    let mut out = Vec::new();
    for who in everybody() {
        for action in &ACTIONS {
            let base =
                Facts { need: Some(Need { mine: false, ..GOOD }), ..Facts::in_order(who, action.name) };
            for chosen in BOTH {
                for purpose in PURPOSES {
                    out.push(Facts { purpose, chosen, ..base });
                    if action.name == "contact" {
                        out.push(Facts { purpose, chosen, proceeds: false, need: Some(GOOD), ..base });
                    }
                }
                out.push(Facts { chosen, conflict: Conflict::Another, ..base });
                out.push(Facts { chosen, sensitive: true, ..base });
                if let Who::Staff(role, _) = who {
                    for window in WINDOWS {
                        out.push(Facts { chosen, who: Who::Staff(role, window), ..base });
                    }
                }
            }
        }
    }
    out
}

/// Every emergency access, asked about and relied on.
pub fn emergencies() -> Vec<Facts> {
    let mut out = Vec::new();
    let roles = [Role::Recruiter, Role::HiringManager, Role::Assessor, Role::Dpo, Role::ProgrammeLead];
    for role in roles {
        for action in ["contact", "overseeEmergency"] {
            for need in needs() {
                for chosen in BOTH {
                    let base = Facts::in_order(Who::Staff(role, Window::Within), action);
                    out.push(Facts { chosen, proceeds: false, need: Some(need), ..base });
                }
            }
        }
    }
    out
}

/// Every emergency access.
fn needs() -> Vec<Need> {
    let mut approvals = vec![None];
    for by_me in BOTH {
        for role in [Role::Dpo, Role::ProgrammeLead, Role::Registrar] {
            for ago_s in [-1, 0, 3_599, 3_600] {
                approvals.push(Some(Yes { by_me, role, ago_s }));
            }
        }
    }
    let mut out = Vec::new();
    for mine in BOTH {
        for asker_is_dpo in BOTH {
            for this_application in BOTH {
                for reason in BOTH {
                    for yes in &approvals {
                        out.push(Need { mine, asker_is_dpo, this_application, reason, yes: *yes });
                    }
                }
            }
        }
    }
    out
}
