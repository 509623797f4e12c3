//! Identifiers. Each kind is its own type, so one cannot be passed for another.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps the stored form.
            #[must_use]
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }
            /// The stored form.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// One person's data (registrerad): what the keys are made for.
    SubjectId,
    /// One application (ansökan) by one subject to one recruitment.
    ApplicationId,
    /// One recruitment case (rekryteringsärende).
    RecruitmentId,
    /// One placement (placering) with one recruiting organisation.
    PlacementId,
    /// A municipality or municipal company.
    OrganisationId,
    /// A person employed by an organisation.
    StaffId,
    /// One person × organisation × role × dates: people act through one of these.
    MembershipId,
    /// A criterion in a requirement profile, such as `K2`.
    CriterionId,
}
