//! Emergency access (nödåtkomst) as the policies see it: who asked, about which application, and who said yes.
//!
//! It is for the narrow cases of [`Ground`], shows contact details and the files as they were handed in, to the one
//! who asked and for [`MINUTES`] from the approval. The policies decide, with the host's clock.

use serde_json::{Value, json};

use super::access::reference;
use super::policy::extension;
use crate::clock::Moment;
use crate::subject::id::{ApplicationId, StaffId};
use crate::subject::role::Role;

/// Minutes from the approval in which contact details are shown. The policy `p-contact-emergency` holds the same
/// hour, and a test keeps the two together.
pub const MINUTES: i64 = 60;
/// The fewest characters of a reason.
pub const REASON_CHARS_MIN: usize = 20;

/// The closed list of cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Somebody may be in danger (fara för liv eller hälsa).
    Danger,
    /// A letter or message to the applicant came back and a deadline runs (kan inte nås).
    Undeliverable,
    /// A meeting within a day that the applicant must hear of (möte inom ett dygn).
    Meeting,
    /// A file of the application that no machine could read has to be read by a person.
    UnreadFile,
}

impl Ground {
    /// Every case.
    pub const ALL: [Ground; 4] = [Self::Danger, Self::Undeliverable, Self::Meeting, Self::UnreadFile];

    /// The stored name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Danger => "danger",
            Self::Undeliverable => "undeliverable",
            Self::Meeting => "meeting",
            Self::UnreadFile => "unread_file",
        }
    }

    /// Reads the stored name.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ground| ground.code() == code)
    }
}

/// Somebody said yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Who.
    pub by: StaffId,
    /// In which role.
    pub role: Role,
    /// When.
    pub at: Moment,
}

/// One request for emergency access. Made by the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emergency {
    /// Who asked: the only person it is for.
    pub asker: StaffId,
    /// The asker is also data-protection officer; then the programme lead watches instead.
    pub asker_is_dpo: bool,
    /// The only application it is for.
    pub application: ApplicationId,
    /// A reason of enough characters was given.
    pub reason_given: bool,
    /// Once approved.
    pub approval: Option<Approval>,
}

impl Emergency {
    /// The Cedar record.
    pub(super) fn record(&self) -> Value {
        let mut record = json!({
            "asker": reference("Staff", self.asker.as_str()),
            "askerIsDpo": self.asker_is_dpo,
            "application": reference("Application", self.application.as_str()),
            "reasonGiven": self.reason_given,
        });
        if let (Some(map), Some(yes)) = (record.as_object_mut(), &self.approval) {
            let approval = json!({
                "by": reference("Staff", yes.by.as_str()),
                "role": reference("Role", yes.role.code()),
                "at": extension("datetime", &yes.at.rfc3339()),
            });
            map.insert("approval".into(), approval);
        }
        record
    }
}
