//! The roles in which people and jobs act. Later procedures fill those that do nothing yet.

use serde::{Deserialize, Serialize};

macro_rules! roles {
    ($($(#[$doc:meta])* $variant:ident = $code:literal / $sv:literal / $en:literal),* $(,)?) => {
        /// In which capacity a member of staff acts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Role { $($(#[$doc])* $variant),* }

        impl Role {
            /// Every role, in the order of the documents.
            pub const ALL: &'static [Role] = &[$(Role::$variant),*];

            /// The name in policies, database and log.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Role::$variant => $code),* }
            }

            /// The name on pages.
            #[must_use]
            pub fn label(self, lang: super::words::Lang) -> &'static str {
                match (self, lang) {
                    $((Role::$variant, super::words::Lang::Sv) => $sv,
                      (Role::$variant, super::words::Lang::En) => $en),*
                }
            }

            /// Reads the stored name.
            #[must_use]
            pub fn parse(code: &str) -> Option<Role> {
                match code { $($code => Some(Role::$variant),)* _ => None }
            }
        }
    };
}

roles! {
    /// Reads and marks (bedömare).
    Assessor = "assessor" / "bedömare" / "assessor",
    /// Runs the recruitment of one organisation (rekryterare).
    Recruiter = "recruiter" / "rekryterare" / "recruiter",
    /// Decides (rekryterande chef, beslutsfattare).
    HiringManager = "hiring_manager" / "rekryterande chef" / "hiring manager",
    /// Leads the joint programme (projektledare).
    ProgrammeLead = "programme_lead" / "projektledare" / "programme lead",
    /// HR-chef.
    HrChief = "hr_chief" / "HR-chef" / "HR chief",
    /// Union representative (facklig representant): shortlist material and aggregates, no scores.
    UnionRepresentative = "union_representative" / "facklig representant" / "union representative",
    /// Data-protection officer (dataskyddsombud).
    Dpo = "dpo" / "dataskyddsombud" / "data-protection officer",
    /// Registrar and archivist (registrator, arkivarie).
    Registrar = "registrar" / "registrator" / "registrar",
    /// Supervisory reader (tillsyn), time-limited.
    Supervisor = "supervisor" / "tillsyn" / "supervisory reader",
    /// System operator (systemförvaltare): no personal data at all.
    Operator = "operator" / "systemförvaltare" / "operator",
}
