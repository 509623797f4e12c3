//! Finds the applicant's own known fields in a text, however they are spelled there.
//!
//! Every rule here gives the same places whatever the values are: a text must come out byte for byte
//! the same when the applicant is exchanged for another person.

use zeroize::Zeroizing;

use super::normal::{folded, normal_form, spelled_out};
use super::ordinary;
use super::structured;
use super::{Found, SpanCategory, rule};
use crate::pipeline::received::Known;

mod from_text;
mod initials;
mod letters;
mod misspelt;
mod name;
mod spelling;
mod strength;

pub(super) use self::from_text::complete;
pub use self::from_text::known_from_text;
use self::letters::Letters;
use self::spelling::{
    capitalised_at, forms, genitive_end, literal_places, sequence_at, sequences, stands_alone, words_of,
};

/// Words longer than this are no name and are not looked into.
const LONGEST_WORD: usize = 80;

/// What joins two pieces of one name without a space.
const JOINTS: [char; 6] = ['\'', '’', '´', '`', 'ʼ', ':'];

/// How freely a name part may be recognised.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// No ordinary word: recognised in any case.
    Distinct,
    /// Also an ordinary word: recognised when capitalised.
    Common,
    /// Also a word that opens sentences: recognised when capitalised inside one.
    Opener,
    /// `von`, `de la`: recognised beside another part.
    Particle,
}

struct Part {
    forms: Vec<Zeroizing<String>>,
    class: Class,
    /// Belongs to the first group of the name.
    given: bool,
    /// Belongs to the last group of a name of several.
    family: bool,
}

/// The applicant's fields, prepared for searching. Overwritten on drop.
pub(super) struct Own {
    parts: Vec<Part>,
    /// The whole name written as one word, in both orders.
    glued: Vec<Zeroizing<String>>,
    /// A word without all the letters of one of these holds no part of the name.
    letters: Vec<Letters>,
    initials: Zeroizing<String>,
    emails: Vec<Zeroizing<String>>,
    phones: Vec<Zeroizing<String>>,
    numbers: Vec<Zeroizing<String>>,
    street: Vec<Vec<Zeroizing<String>>>,
    postcode: Option<Zeroizing<String>>,
    town: Vec<Vec<Zeroizing<String>>>,
    links: Vec<Zeroizing<String>>,
    literals: Vec<Zeroizing<String>>,
}

impl Own {
    pub(super) fn new(known: &Known) -> Self {
        let mut own = Self {
            parts: Vec::new(),
            glued: Vec::new(),
            letters: Vec::new(),
            initials: Zeroizing::new(String::new()),
            emails: Vec::new(),
            phones: Vec::new(),
            numbers: Vec::new(),
            street: words_of(&known.street),
            postcode: postcode_digits(&known.postcode),
            town: words_of(&known.town),
            links: Vec::new(),
            literals: Vec::new(),
        };
        own.add_name(&known.name);
        own.add_email(&known.email);
        own.add_phones(&known.phone);
        for link in &known.links {
            own.add_link(link);
        }
        for other in &known.other {
            own.add_other(other);
        }
        own.letters = letters::least(own.parts.iter().flat_map(|part| &part.forms).chain(&own.glued));
        own
    }

    fn add_name(&mut self, name: &str) {
        let name = normal_form(name);
        // `Svensson, Anna` is the register's order.
        let ordered = match name.split_once(',') {
            Some((family, given)) if !given.trim().is_empty() => {
                Zeroizing::new(format!("{} {}", given.trim(), family.trim()))
            }
            _ => name,
        };
        let words: Vec<&str> =
            ordered.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).collect();
        let first_group = ordered
            .split_whitespace()
            .next()
            .map_or(0, |group| group.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).count());
        let last_group = ordered
            .split_whitespace()
            .next_back()
            .map_or(0, |group| group.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).count());
        for (index, word) in words.iter().enumerate() {
            let given = index < first_group;
            let inner = index > 0 && index + 1 < words.len();
            self.add_part(word, given, !given && index + last_group >= words.len(), inner);
        }
        let solid: Vec<&str> = words.iter().copied().filter(|w| w.chars().count() > 1).collect();
        if let (Some(first), Some(last)) = (solid.first(), solid.last())
            && solid.len() > 1
        {
            let all = Zeroizing::new(solid.concat());
            let turned = Zeroizing::new(format!("{last}{}", solid[..solid.len() - 1].concat()));
            let given = Zeroizing::new(solid.iter().take(first_group.max(1)).copied().collect::<String>());
            let family = Zeroizing::new(solid.iter().skip(first_group.max(1)).copied().collect::<String>());
            for text in [
                all.as_str(),
                turned.as_str(),
                &Zeroizing::new(format!("{first}{last}")),
                &Zeroizing::new(format!("{last}{first}")),
                &Zeroizing::new(format!("{}{last}", given.as_str())),
                &Zeroizing::new(format!("{first}{}", family.as_str())),
                &Zeroizing::new(format!("{}{}", family.as_str(), given.as_str())),
            ] {
                for form in forms(text) {
                    if form.chars().count() >= 4 && !self.glued.contains(&form) {
                        self.glued.push(form);
                    }
                }
            }
        }
    }

    fn add_part(&mut self, word: &str, given: bool, family: bool, inner: bool) {
        let forms = forms(word);
        let Some(plain) = forms.first() else { return };
        if plain.chars().count() == 1 {
            self.initials.push_str(plain);
            return;
        }
        self.initials.extend(plain.chars().next());
        let class = if inner && ordinary::is_particle(plain) {
            Class::Particle
        } else if ordinary::is_particle(plain) && !given || ordinary::opens_sentences(plain) {
            Class::Opener
        } else if ordinary::is_ordinary(plain) || plain.chars().count() < 3 {
            Class::Common
        } else {
            Class::Distinct
        };
        match self.parts.iter_mut().find(|part| part.forms == forms) {
            Some(part) => {
                part.given |= given;
                part.family |= family;
            }
            None => self.parts.push(Part { forms, class, given, family }),
        }
    }

    fn add_email(&mut self, email: &str) {
        let email = normal_form(email);
        for piece in email.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';' | '"')) {
            if piece.contains('@') {
                self.emails.push(Zeroizing::new(piece.to_lowercase()));
            }
        }
    }

    fn add_phones(&mut self, phone: &str) {
        let phone = normal_form(phone);
        for piece in phone.split([',', ';', '/']).chain([phone.as_str()]) {
            let digits = national_digits(piece);
            if (7..=14).contains(&digits.len()) && !self.phones.contains(&digits) {
                self.phones.push(digits);
            }
        }
    }

    fn add_link(&mut self, link: &str) {
        let link = normal_form(link);
        let bare = bare_link(&link);
        if bare.chars().count() < 3 {
            return;
        }
        if let Some((_, handle)) = bare.trim_end_matches('/').rsplit_once(['/', '@']) {
            let handle = handle.trim_start_matches('@');
            if handle.chars().count() >= 4 && !self.is_given_or_family(handle) {
                self.links.push(Zeroizing::new(handle.to_owned()));
            }
        }
        self.links.push(Zeroizing::new(bare.to_owned()));
    }

    fn add_other(&mut self, other: &str) {
        let other = normal_form(other);
        if other.is_empty() {
            return;
        }
        let digits: Zeroizing<String> = Zeroizing::new(other.chars().filter(char::is_ascii_digit).collect());
        let letters = other.chars().filter(|c| c.is_alphabetic()).count();
        if other.contains('@') && other.contains('.') {
            self.add_email(&other);
        } else if letters <= 1 && matches!(digits.len(), 9 | 10 | 12) && structured::like_personnummer(&other)
        {
            self.numbers.push(last_ten(&digits));
        } else if letters == 0 && digits.len() >= 7 {
            self.add_phones(&other);
        } else if other.contains("://") || other.contains('/') || structured::is_web_address(&other) {
            self.add_link(&other);
        } else if digits.is_empty() && other.split_whitespace().count() <= 4 {
            for word in other.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()) {
                self.add_part(word, false, false, false);
            }
        } else {
            self.literals.push(other);
        }
    }

    /// Whether the applicant gave a value of this kind.
    pub(super) fn knows(&self, category: SpanCategory) -> bool {
        match category {
            SpanCategory::Name => !self.parts.is_empty(),
            SpanCategory::Email => !self.emails.is_empty(),
            SpanCategory::Phone => !self.phones.is_empty(),
            SpanCategory::PersonalNumber => !self.numbers.is_empty(),
            SpanCategory::Link => !self.links.is_empty(),
            SpanCategory::Address => !self.street.is_empty() || self.postcode.is_some(),
            SpanCategory::Town => !self.town.is_empty(),
            SpanCategory::Birth | SpanCategory::Sex | SpanCategory::Other => true,
            SpanCategory::Person
            | SpanCategory::OrganisationNumber
            | SpanCategory::Account
            | SpanCategory::Vehicle
            | SpanCategory::Country
            | SpanCategory::Employer
            | SpanCategory::University
            | SpanCategory::School
            | SpanCategory::Municipality
            | SpanCategory::Region
            | SpanCategory::Authority
            | SpanCategory::Voluntary
            | SpanCategory::Withheld
            | SpanCategory::Time
            | SpanCategory::Age
            | SpanCategory::Word => false,
        }
    }

    pub(super) fn is_own_email(&self, address: &str) -> bool {
        let address = Zeroizing::new(address.to_lowercase());
        self.emails.contains(&address)
    }

    pub(super) fn is_own_phone(&self, text: &str) -> bool {
        let digits = national_digits(text);
        self.phones.contains(&digits)
    }

    pub(super) fn is_own_number(&self, digits: &str) -> bool {
        self.numbers.iter().any(|number| number.as_str() == last_ten(digits).as_str())
    }

    pub(super) fn is_own_link(&self, link: &str) -> bool {
        let bare = Zeroizing::new(bare_link(link).to_lowercase());
        self.links.iter().any(|own| own.to_lowercase() == *bare)
    }

    pub(super) fn starts_with_town(&self, text: &str) -> Option<usize> {
        self.town.iter().filter_map(|words| sequence_at(text, 0, words)).max()
    }

    fn is_name_word(&self, word: &str) -> bool {
        let (plain, spelled) = (Zeroizing::new(folded(word)), Zeroizing::new(spelled_out(word)));
        [plain, spelled]
            .iter()
            .any(|form| self.glued.contains(form) || self.parts.iter().any(|part| part.forms.contains(form)))
    }

    /// Whether a handle is written like the given name or like the family name: elsewhere it is that name, as in
    /// `linkedin.com/in/anna-karin`.
    fn is_given_or_family(&self, handle: &str) -> bool {
        let pieces: Vec<Zeroizing<String>> = handle
            .split(|c: char| !c.is_alphanumeric())
            .filter(|piece| !piece.is_empty())
            .map(|piece| Zeroizing::new(folded(piece)))
            .collect();
        [true, false].into_iter().any(|given| {
            let one = |piece: &Zeroizing<String>| {
                self.parts.iter().any(|part| part.given == given && part.forms.contains(piece))
            };
            pieces.iter().all(one)
        })
    }

    /// The places of all own fields in a text in normal form. They may overlap.
    pub(super) fn find(&self, text: &str) -> Vec<Found> {
        let mut found = self.find_name(text);
        self.find_email_words(text, &mut found);
        self.find_digits(text, &mut found);
        self.find_places(text, &mut found);
        for link in &self.links {
            for (start, end) in literal_places(text, link) {
                if stands_alone(text, start, end) {
                    found.push(Found::own(start, end, SpanCategory::Link, rule::KNOWN_LINK));
                }
            }
        }
        for literal in &self.literals {
            for (start, end) in literal_places(text, literal) {
                found.push(Found::own(start, end, SpanCategory::Other, rule::KNOWN_OTHER));
            }
        }
        found
    }

    /// The part of an own address before the `@`, standing alone: a handle on some other service.
    fn find_email_words(&self, text: &str, found: &mut Vec<Found>) {
        for email in &self.emails {
            for (start, end) in literal_places(text, email) {
                found.push(Found::own(start, end, SpanCategory::Email, rule::KNOWN_EMAIL));
            }
            let Some((local, _)) = email.split_once('@') else { continue };
            let pieces: Vec<&str> =
                local.split(|c: char| !c.is_alphanumeric()).filter(|p| !p.is_empty()).collect();
            // What the name rules see in it they replace as a name, so that the result does not depend on
            // whether the address is made of the name.
            let all_name = pieces.iter().all(|piece| {
                let letters = piece.trim_end_matches(|c: char| c.is_ascii_digit());
                letters.is_empty() || letters.chars().count() == 1 || self.is_name_word(letters)
            });
            if all_name
                || local.chars().count() < 5
                || is_generic_mailbox(local)
                || ordinary::is_ordinary(local)
            {
                continue;
            }
            for (start, end) in literal_places(text, local) {
                if stands_alone(text, start, end) {
                    found.push(Found::own(start, end, SpanCategory::Link, rule::KNOWN_HANDLE));
                }
            }
        }
    }

    fn find_digits(&self, text: &str, found: &mut Vec<Found>) {
        if self.phones.is_empty() && self.numbers.is_empty() && self.postcode.is_none() {
            return;
        }
        for chain in structured::digit_chains(text) {
            for phone in &self.phones {
                for (first, last) in chain.places(phone) {
                    let mut start = chain.offset(first);
                    let before = Zeroizing::new(chain.digits_before(first));
                    for prefix in ["00460", "0046", "460", "46", "0"] {
                        if before.ends_with(prefix) {
                            start = chain.offset(first - prefix.len());
                            break;
                        }
                    }
                    let inner = text.get(start..chain.offset(last)).unwrap_or_default();
                    let head = text.get(..start).unwrap_or_default();
                    if head.ends_with('+')
                        || head.ends_with('(') && inner.contains(')') && !inner.contains('(')
                    {
                        start -= 1;
                    }
                    let head = text.get(..start).unwrap_or_default();
                    if head.ends_with("+ ") {
                        start -= 2;
                    }
                    let mut end = chain.offset(last) + 1;
                    if text.get(start..end).is_some_and(|t| t.contains('(') && !t.contains(')'))
                        && text.get(end..).is_some_and(|t| t.starts_with(')'))
                    {
                        end += 1;
                    }
                    found.push(Found::own(start, end, SpanCategory::Phone, rule::KNOWN_PHONE));
                }
            }
            for number in &self.numbers {
                for (first, last) in chain.places(number) {
                    let before = Zeroizing::new(chain.digits_before(first));
                    let century = ["18", "19", "20"].iter().any(|century| before.ends_with(century));
                    let start = chain.offset(if century { first - 2 } else { first });
                    let end = chain.offset(last) + 1;
                    found.push(Found::own(start, end, SpanCategory::PersonalNumber, rule::KNOWN_NUMBER));
                }
            }
            if let Some(postcode) = &self.postcode {
                for (first, last) in chain.places(postcode) {
                    let (start, end) = (chain.offset(first), chain.offset(last) + 1);
                    let alone = !chain.touches_digit(text, first, last)
                        && text
                            .get(start..end)
                            .is_some_and(|t| t.len() <= 6 && !t.contains(['\n', '-', '.', ',']));
                    if alone {
                        let start = country_prefix(text, start);
                        found.push(Found::own(start, end, SpanCategory::Address, rule::KNOWN_POSTCODE));
                    }
                }
            }
        }
    }

    fn find_places(&self, text: &str, found: &mut Vec<Found>) {
        for words in &self.street {
            for (start, end) in sequences(text, words) {
                found.push(Found::own(start, end, SpanCategory::Address, rule::KNOWN_STREET));
            }
            let name: Vec<_> =
                words.iter().take_while(|w| !w.starts_with(|c: char| c.is_ascii_digit())).cloned().collect();
            if name.iter().map(|w| w.chars().count()).sum::<usize>() >= 5 {
                for (start, end) in sequences(text, &name) {
                    if capitalised_at(text, start) {
                        found.push(Found::own(start, end, SpanCategory::Address, rule::KNOWN_STREET));
                    }
                }
            }
        }
        for words in &self.town {
            if words.iter().map(|w| w.chars().count()).sum::<usize>() < 2 {
                continue;
            }
            for (start, end) in sequences(text, words) {
                let end = genitive_end(text, start, end);
                if capitalised_at(text, start) && !ordinary::names_an_organisation(text, start, end) {
                    found.push(Found::own(start, end, SpanCategory::Town, rule::KNOWN_TOWN));
                }
            }
        }
    }
}

fn country_prefix(text: &str, start: usize) -> usize {
    let head = text.get(..start).unwrap_or_default();
    ["SE-", "SE ", "S-", "SE", "se-"]
        .iter()
        .find(|prefix| {
            head.ends_with(*prefix) && stands_alone(text, start - prefix.len(), start - prefix.len())
        })
        .map_or(start, |prefix| start - prefix.len())
}

/// The digits after the country and trunk prefix.
pub(super) fn national_digits(phone: &str) -> Zeroizing<String> {
    let international = phone.trim_start_matches(['(', ' ']).starts_with('+');
    let digits: Zeroizing<String> = Zeroizing::new(phone.chars().filter(char::is_ascii_digit).collect());
    let rest = digits.strip_prefix("00").map_or_else(
        || {
            if international || digits.len() > 10 {
                digits.strip_prefix("46").unwrap_or(&digits)
            } else {
                digits.as_str()
            }
        },
        |rest| rest.strip_prefix("46").unwrap_or(rest),
    );
    Zeroizing::new(rest.trim_start_matches('0').to_owned())
}

fn last_ten(digits: &str) -> Zeroizing<String> {
    Zeroizing::new(if digits.len() == 12 { digits.get(2..).unwrap_or(digits) } else { digits }.to_owned())
}

fn postcode_digits(postcode: &str) -> Option<Zeroizing<String>> {
    let digits: Zeroizing<String> = Zeroizing::new(postcode.chars().filter(char::is_ascii_digit).collect());
    (digits.len() == 5).then_some(digits)
}

fn bare_link(link: &str) -> &str {
    let link = link.trim();
    let link = link.find("://").map_or(link, |at| link.get(at + 3..).unwrap_or(link));
    let link = link.strip_prefix("www.").unwrap_or(link);
    link.trim_end_matches('/').trim_start_matches('@')
}

fn is_generic_mailbox(local: &str) -> bool {
    [
        "info", "kontakt", "contact", "hello", "hej", "mail", "post", "jobb", "ansokan", "ansökan", "admin",
        "office",
    ]
    .contains(&local)
}
