//! What a replaced place was, what stands in its place, and which rules may have found it. A closed
//! set: whatever stands in brackets in a pseudonymised text is written by this file or by one of the
//! two that write neutral words (`time`, `words`).

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::{structured, time, words};

/// The names of the rules, for the page that shows what was replaced and why. A rule for sensitive
/// data says no more than that: its name is shown beside the text.
pub(super) mod rule {
    macro_rules! rules {
        ($($name:ident = $text:literal),* $(,)?) => {
            $(pub(in super::super) const $name: &str = $text;)*
            /// The rules that a sealed record may name, besides those of `time` and `words`.
            pub(in super::super) const REPLACING: &[&str] = &[$($name),*];
        };
    }
    rules! {
        KNOWN_NAME = "known.name",
        KNOWN_EMAIL = "known.email",
        KNOWN_HANDLE = "known.email.handle",
        KNOWN_PHONE = "known.phone",
        KNOWN_NUMBER = "known.personnummer",
        KNOWN_STREET = "known.street",
        KNOWN_POSTCODE = "known.postcode",
        KNOWN_TOWN = "known.town",
        KNOWN_LINK = "known.link",
        KNOWN_OTHER = "known.other",
        EMAIL = "form.email",
        URL = "form.url",
        HANDLE = "form.handle",
        ANY_AT = "form.at_sign",
        PERSONNUMMER = "form.personnummer",
        ORGANISATION_NUMBER = "form.organisation_number",
        ACCOUNT = "form.account",
        VEHICLE = "form.vehicle",
        IP_ADDRESS = "form.ip_address",
        PHONE = "form.phone",
        STREET = "form.street",
        POSTCODE = "form.postcode",
        LABELLED_NAME = "label.name",
        LABELLED_ADDRESS = "label.address",
        LABELLED_TOWN = "label.town",
        BIRTH = "form.birth",
        SEX = "form.sex",
        HEAD = "letter.head",
        SIGNATURE = "letter.signature",
        TAGGER = "tagger",
        AGAIN = "tagger.again",
        ORGANISATION = "list.organisation",
        COUNTRY = "list.country",
        SPECIAL = "special",
        VOLUNTARY = "special.voluntary",
    }
    pub(in super::super) const LEAK_NAME: &str = "leak.name";
    pub(in super::super) const LEAK_MAILBOX: &str = "leak.mailbox";
    pub(in super::super) const LEAK_PHONE: &str = "leak.phone";
    pub(in super::super) const LEAK_PERSONNUMMER: &str = "leak.personnummer";
    pub(in super::super) const LEAK_AT: &str = "leak.at_sign";
    /// For the registrar to decide: the text may say that the applicant's identity is protected. The
    /// name says no more, because it is shown beside the application.
    pub(in super::super) const REGISTRAR: &str = "registrar.decides";
}

/// The known rule of this name.
pub(super) fn rule_named(name: &str) -> Option<&'static str> {
    rule::REPLACING.iter().chain(&time::RULES).chain(&words::RULES).find(|rule| **rule == name).copied()
}

/// How a category is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// It points out a person: taken out of the text.
    Masked,
    /// Sensitive personal data (GDPR Art. 9 and 10): it stays sealed in the original and is shown to no
    /// reviewer and no model.
    Quarantined,
    /// It may weigh unequally (age, sex, family): a neutral word stands in its place.
    Neutralised,
}

macro_rules! categories {
    ($($(#[$doc:meta])* $name:ident: $treatment:ident, $sv:literal, $en:literal, $weight:literal;)*) => {
        /// What a replaced place was.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum SpanCategory {
            $($(#[$doc])* $name,)*
        }

        impl SpanCategory {
            /// All categories.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// How it is treated.
            #[must_use]
            pub fn treatment(self) -> Treatment {
                match self { $(Self::$name => Treatment::$treatment,)* }
            }

            /// The word in the placeholder, without brackets and number, in the language of the text.
            /// Neutral words (`time`, `words`) are written by those modules instead.
            #[must_use]
            pub fn placeholder(self, english: bool) -> &'static str {
                match self { $(Self::$name => if english { $en } else { $sv },)* }
            }

            /// Which category wins where two overlap: the greater.
            pub(super) fn weight(self) -> u8 {
                match self { $(Self::$name => $weight,)* }
            }
        }
    };
}

categories! {
    /// The applicant's own name.
    Name: Masked, "NAMN", "NAME", 22;
    /// Another person's name.
    Person: Masked, "PERSON", "PERSON", 6;
    /// An e-mail address.
    Email: Masked, "E-POST", "EMAIL", 39;
    /// A telephone number.
    Phone: Masked, "TELEFON", "PHONE", 36;
    /// Personnummer, samordningsnummer, interim or reserve number.
    PersonalNumber: Masked, "PERSONNUMMER", "PERSONAL NUMBER", 37;
    /// Organisationsnummer: a sole trader's is the personnummer.
    OrganisationNumber: Masked, "ORGANISATIONSNUMMER", "ORGANISATION NUMBER", 34;
    /// A bank account, giro or card number.
    Account: Masked, "KONTONUMMER", "ACCOUNT NUMBER", 35;
    /// A car's registration number.
    Vehicle: Masked, "REGISTRERINGSNUMMER", "CAR PLATE", 33;
    /// Street, box, postcode.
    Address: Masked, "ADRESS", "ADDRESS", 24;
    /// A town or other place.
    Town: Masked, "ORT", "PLACE", 5;
    /// A country.
    Country: Masked, "LAND", "COUNTRY", 4;
    /// An address on the web, an account name or a machine's address.
    Link: Masked, "LÄNK", "LINK", 38;
    /// A date or year of birth.
    Birth: Masked, "FÖDELSEDATUM", "DATE OF BIRTH", 25;
    /// A word that tells the applicant's sex.
    Sex: Masked, "KÖN", "SEX", 10;
    /// Something else that identifies the applicant.
    Other: Masked, "UPPGIFT", "DETAIL", 23;
    /// A company or other employer.
    Employer: Masked, "ARBETSGIVARE", "EMPLOYER", 6;
    /// A university.
    University: Masked, "UNIVERSITET", "UNIVERSITY", 7;
    /// Another school.
    School: Masked, "SKOLA", "SCHOOL", 7;
    /// A municipality as employer or authority.
    Municipality: Masked, "KOMMUN", "MUNICIPALITY", 8;
    /// A region as employer or authority.
    Region: Masked, "REGION", "REGION", 8;
    /// A state authority.
    Authority: Masked, "MYNDIGHET", "AUTHORITY", 8;
    /// An association, union, congregation or party, or service in one.
    Voluntary: Masked, "IDEELLT UPPDRAG", "VOLUNTARY ROLE", 9;
    /// Sensitive data, whatever of (health, belief, politics, union, orientation, ethnicity, offences).
    Withheld: Quarantined, "UNDANTAGET", "WITHHELD", 40;
    /// A date or a length of time.
    Time: Neutralised, "TID", "TIME", 12;
    /// An age or a word for one.
    Age: Neutralised, "ÅLDER", "AGE", 13;
    /// A word for sex, kin, family, parental leave, origin of language, pay or home.
    Word: Neutralised, "ORD", "WORD", 3;
}

/// Matches every placeholder of every kind.
pub(super) fn placeholder_pattern() -> &'static Regex {
    static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
        let mut numbered: Vec<&str> = SpanCategory::ALL
            .iter()
            .filter(|category| category.treatment() != Treatment::Neutralised)
            .flat_map(|category| [category.placeholder(false), category.placeholder(true)])
            .collect();
        numbered.sort_unstable();
        numbered.dedup();
        let mut words = words::placeholders();
        words.sort_unstable();
        words.dedup();
        structured::pattern(&format!(
            r"\[(?:(?:{})(?: [1-9][0-9]{{0,3}})?|{})\]|{}",
            numbered.join("|"),
            words.join("|"),
            time::PLACEHOLDERS
        ))
    });
    &PATTERN
}

/// Whether the text of a placeholder is one that the category can have.
pub(super) fn may_stand_for(placeholder: &str, category: SpanCategory) -> bool {
    let Some(m) = placeholder_pattern().find(placeholder) else { return false };
    if m.len() != placeholder.len() {
        return false;
    }
    let inner = placeholder.trim_start_matches('[');
    let named = |english| inner.starts_with(category.placeholder(english));
    category.treatment() == Treatment::Neutralised && inner.starts_with(|c: char| !c.is_uppercase())
        || named(false)
        || named(true)
}
