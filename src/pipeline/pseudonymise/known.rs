//! Finds the applicant's own known fields in a text, however they are spelled there.
//!
//! Every rule here gives the same places whatever the values are: a text must come out byte for byte
//! the same when the applicant is exchanged for another person.

use regex::{Regex, RegexBuilder};
use zeroize::Zeroizing;

use super::normal::{folded, normal_form, spelled_out};
use super::ordinary;
use super::structured;
use super::{Found, SpanCategory, rule};
use crate::pipeline::received::{Known, Section};

/// Words longer than this are no name and are not looked into.
const LONGEST_WORD: usize = 80;
/// A name of so many two-way letters gets all its mixed spellings; a longer one only the pure ones.
const MIXED_LETTERS: u32 = 5;

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
        } else if ordinary::is_particle(plain) || ordinary::opens_sentences(plain) {
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
            if handle.chars().count() >= 4 && !self.is_name_word(handle) {
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

    fn find_name(&self, text: &str) -> Vec<Found> {
        if self.parts.is_empty() {
            return Vec::new();
        }
        let mut hits = self.name_hits(text);
        strengthen(text, &mut hits);
        let mut found: Vec<Found> = Vec::new();
        // Start, end, and whether a given name is in it.
        let mut open: Option<(usize, usize, bool)> = None;
        let strong: Vec<&Hit> = hits.iter().filter(|hit| hit.strength == Strength::Strong).collect();
        for (index, hit) in strong.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|before| strong.get(before));
            let joins = open.zip(before).is_some_and(|((_, end, given), before)| {
                let gap = text.get(end..hit.start).unwrap_or("\n");
                // `Svensson, Anna` is one name, `Anna Svensson, Anna` two.
                (!gap.contains(',') || !given) && name_gap(text, end, hit.start, before, hit)
                    || unknown_middle(text, end, hit.start, before, hit)
            });
            open = match open {
                Some((start, end, given)) if joins => Some((start, hit.end.max(end), given || hit.given)),
                other => {
                    if let Some((start, end, _)) = other {
                        found.push(own_name(text, start, end));
                    }
                    Some((hit.start, hit.end, hit.given))
                }
            };
        }
        if let Some((start, end, _)) = open {
            found.push(own_name(text, start, end));
        }
        found
    }

    fn name_hits(&self, text: &str) -> Vec<Hit> {
        let mut hits = Vec::new();
        let words = letter_runs(text);
        for (index, &(start, end)) in words.iter().enumerate() {
            let Some(word) = text.get(start..end) else { continue };
            if word.len() > LONGEST_WORD {
                // Longer than any name, but a name may stand inside it.
                if let Some(hit) = self.inside(word, start, end, Chunk::Joined) {
                    hits.push(hit);
                }
                continue;
            }
            let chunk = chunk_kind(text, start, end);
            if let Some(hit) = self.word_hit(text, word, start, end, chunk) {
                hits.push(hit);
                continue;
            }
            if let Some(hit) = self.broken_word(text, &words, index) {
                hits.push(hit);
                continue;
            }
            for (from, to) in camel_pieces(text, start, end) {
                if let Some(piece) = text.get(from..to)
                    && let Some(hit) = self.word_hit(text, piece, from, to, Chunk::Joined)
                {
                    hits.push(hit);
                }
            }
        }
        hits.extend(self.spaced_out(text, &words));
        hits.sort_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)));
        let mut last_end = 0;
        hits.retain(|hit| {
            let keep = hit.start >= last_end;
            if keep {
                last_end = hit.end;
            }
            keep
        });
        hits
    }

    fn word_hit(&self, text: &str, word: &str, start: usize, end: usize, chunk: Chunk) -> Option<Hit> {
        let (plain, spelled) = (Zeroizing::new(folded(word)), Zeroizing::new(spelled_out(word)));
        let letters = word.chars().count();
        if letters == 1 {
            // `o´brien` and `T:son` have their capital or not; `a` alone is a word.
            let joint = text.get(end..).is_some_and(|rest| rest.starts_with(JOINTS))
                || text.get(..start).is_some_and(|head| head.ends_with(JOINTS));
            let capital = word.starts_with(char::is_uppercase) || joint;
            let known = capital && plain.chars().next().is_some_and(|c| self.initials.contains(c));
            let file =
                chunk == Chunk::File && plain.chars().next().is_some_and(|c| self.initials.contains(c));
            return (known || file).then_some(Hit {
                start,
                end,
                part: None,
                given: false,
                family: false,
                strength: Strength::BesideOnly,
            });
        }
        let exact =
            |form: &str| self.parts.iter().position(|part| part.forms.iter().any(|f| f.as_str() == form));
        let whole = exact(&plain).or_else(|| exact(&spelled));
        let genitive = || {
            let plain = plain.strip_suffix('s')?;
            exact(plain).or_else(|| exact(spelled.strip_suffix('s')?))
        };
        if let Some(index) = whole.or_else(genitive) {
            let part = self.parts.get(index)?;
            if whole.is_none() && part.class == Class::Particle {
                return None;
            }
            let end = genitive_end(text, start, end);
            // "Bos" is no word that opens a sentence, though "Bo" is.
            let class =
                if whole.is_none() && part.class == Class::Opener { Class::Common } else { part.class };
            let strength = part_strength(text, word, start, end, class, chunk);
            return Some(Hit {
                start,
                end,
                part: Some(index),
                given: part.given,
                family: part.family,
                strength,
            });
        }
        let as_one = |form: &str| {
            let form = if self.is_glued(form) { form } else { form.strip_suffix('s').unwrap_or(form) };
            (self.is_glued(form)
                && (form.chars().count() >= 6 || chunk != Chunk::Prose || has_inner_capital(word)))
                || self.is_made_of_parts(form, chunk)
        };
        if as_one(&plain) || as_one(&spelled) {
            let end = genitive_end(text, start, end);
            return Some(Hit {
                start,
                end,
                part: None,
                given: true,
                family: true,
                strength: Strength::Strong,
            });
        }
        self.inside(word, start, end, chunk)
    }

    fn is_glued(&self, form: &str) -> bool {
        self.glued.iter().any(|glued| glued.as_str() == form)
    }

    /// `svenssonanna`, and in file names and handles also `asvensson` and `annasv`.
    fn is_made_of_parts(&self, form: &str, chunk: Chunk) -> bool {
        let solid = || self.parts.iter().filter(|part| part.class != Class::Particle);
        if chunk != Chunk::Prose {
            for part in solid() {
                for known in part.forms.iter().filter(|known| known.len() >= 2) {
                    let rest =
                        form.strip_prefix(known.as_str()).or_else(|| form.strip_suffix(known.as_str()));
                    let Some(rest) = rest else { continue };
                    let enough = rest.chars().count() + known.chars().count() >= 3;
                    let is_initials = !rest.is_empty()
                        && rest.chars().count() <= 3
                        && solid().any(|other| {
                            !std::ptr::eq(other, part) && other.forms.iter().any(|f| f.starts_with(rest))
                        });
                    if enough && is_initials {
                        return true;
                    }
                }
            }
        }
        let long_enough = form.chars().count() >= if chunk == Chunk::Prose { 6 } else { 4 };
        long_enough && self.covers(form, &mut vec![false; self.parts.len()], chunk)
    }

    fn covers(&self, rest: &str, used: &mut Vec<bool>, chunk: Chunk) -> bool {
        if rest.is_empty() {
            let solid = |index: usize| self.parts.get(index).is_some_and(|p| p.class != Class::Particle);
            let count = used.iter().filter(|u| **u).count();
            let long = used.iter().enumerate().any(|(index, u)| {
                *u && solid(index)
                    && self.parts[index].class == Class::Distinct
                    && self.parts[index].forms.iter().any(|f| f.chars().count() >= 4)
            });
            return count >= 2
                && used.iter().enumerate().any(|(i, u)| *u && solid(i))
                && (long || chunk == Chunk::File);
        }
        for (index, part) in self.parts.iter().enumerate() {
            if used.get(index).copied().unwrap_or(true) {
                continue;
            }
            for form in &part.forms {
                if let Some(tail) = rest.strip_prefix(form.as_str()) {
                    used[index] = true;
                    if self.covers(tail, used, chunk) {
                        return true;
                    }
                    used[index] = false;
                }
            }
        }
        false
    }

    /// A name grown together with something else: `annasvenssoncv`.
    fn inside(&self, word: &str, start: usize, end: usize, chunk: Chunk) -> Option<Hit> {
        let (plain, spelled) = (Zeroizing::new(folded(word)), Zeroizing::new(spelled_out(word)));
        let least = if chunk == Chunk::Prose { 8 } else { 4 };
        let glued = self.glued.iter().any(|g| {
            g.chars().count() >= least && (plain.contains(g.as_str()) || spelled.contains(g.as_str()))
        });
        let part = chunk != Chunk::Prose
            && self.parts.iter().any(|part| {
                part.class == Class::Distinct
                    && part.forms.iter().any(|f| {
                        f.chars().count() >= 5 && (plain.contains(f.as_str()) || spelled.contains(f.as_str()))
                    })
            });
        (glued || part).then_some(Hit {
            start,
            end,
            part: None,
            given: true,
            family: true,
            strength: Strength::Strong,
        })
    }

    /// A word broken at the end of a line: `Svens-` and `son`.
    fn broken_word(&self, text: &str, words: &[(usize, usize)], index: usize) -> Option<Hit> {
        let &(start, first_end) = words.get(index)?;
        let &(second, end) = words.get(index + 1)?;
        let gap = text.get(first_end..second)?;
        if gap.trim_matches([' ', '\t']) != "-\n" {
            return None;
        }
        let joined = Zeroizing::new(format!("{}{}", text.get(start..first_end)?, text.get(second..end)?));
        if joined.len() > LONGEST_WORD {
            return None;
        }
        let (plain, spelled) = (Zeroizing::new(folded(&joined)), Zeroizing::new(spelled_out(&joined)));
        let known = [&plain, &spelled].into_iter().any(|form| {
            let shorter = form.strip_suffix('s').unwrap_or(form);
            [form.as_str(), shorter].iter().any(|f| {
                f.chars().count() >= 4
                    && self
                        .parts
                        .iter()
                        .any(|p| p.class != Class::Particle && p.forms.iter().any(|x| x.as_str() == *f))
            })
        });
        known.then_some(Hit { start, end, part: None, given: true, family: true, strength: Strength::Strong })
    }

    /// Letter by letter: `A n n a` or `S-v-e-n-s-s-o-n`, as headings come out of many PDF files.
    fn spaced_out(&self, text: &str, words: &[(usize, usize)]) -> Vec<Hit> {
        let mut hits = Vec::new();
        let single =
            |&(start, end): &(usize, usize)| text.get(start..end).is_some_and(|w| w.chars().count() == 1);
        let mut at = 0;
        while at < words.len() {
            if !single(&words[at]) {
                at += 1;
                continue;
            }
            let mut stop = at + 1;
            while stop < words.len() && stop - at < LONGEST_WORD && single(&words[stop]) {
                let gap = text.get(words[stop - 1].1..words[stop].0).unwrap_or("\n");
                if gap.is_empty() || gap.len() > 4 || gap.contains('\n') {
                    break;
                }
                stop += 1;
            }
            if stop - at >= 2 {
                self.spaced_words(text, &words[at..stop], &mut hits);
            }
            at = stop;
        }
        hits
    }

    fn spaced_words(&self, text: &str, letters: &[(usize, usize)], hits: &mut Vec<Hit>) {
        let longest =
            self.parts.iter().flat_map(|p| &p.forms).map(|f| f.chars().count()).max().unwrap_or_default();
        let mut at = 0;
        while at < letters.len() {
            let mut best = None;
            let mut joined = Zeroizing::new(String::with_capacity(letters.len() * 4));
            for (offset, &(start, end)) in letters[at..].iter().take(longest).enumerate() {
                joined.push_str(text.get(start..end).unwrap_or_default());
                let (plain, spelled) =
                    (Zeroizing::new(folded(&joined)), Zeroizing::new(spelled_out(&joined)));
                let matching = self.parts.iter().position(|part| {
                    part.class != Class::Particle && part.forms.iter().any(|f| *f == plain || *f == spelled)
                });
                if let Some(index) = matching {
                    best = Some((at + offset, index));
                }
            }
            let Some((last, index)) = best else {
                at += 1;
                continue;
            };
            hits.push(Hit {
                start: letters[at].0,
                end: letters[last].1,
                part: Some(index),
                given: self.parts.get(index).is_some_and(|part| part.given),
                family: self.parts.get(index).is_some_and(|part| part.family),
                strength: Strength::Strong,
            });
            at = last + 1;
        }
    }
}

fn own_name(text: &str, start: usize, end: usize) -> Found {
    Found::own(title_start(text, start), end, SpanCategory::Name, rule::KNOWN_NAME)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Strength {
    Strong,
    /// Counts beside any other part of the name, also beside another of its own kind.
    Beside,
    /// Counts beside a part that counts by itself.
    BesideOnly,
}

struct Hit {
    start: usize,
    end: usize,
    part: Option<usize>,
    given: bool,
    family: bool,
    strength: Strength,
}

/// What a word is written in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chunk {
    Prose,
    /// Joined by dots or digits: `anna.svensson`, `boek92`.
    Joined,
    /// A file name or handle: `cv_ek.pdf`.
    File,
}

fn part_strength(text: &str, word: &str, start: usize, end: usize, class: Class, chunk: Chunk) -> Strength {
    let capital = word.starts_with(char::is_uppercase);
    let before_digit = text.get(end..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    match class {
        Class::Distinct => Strength::Strong,
        Class::Particle => Strength::BesideOnly,
        Class::Common | Class::Opener if chunk == Chunk::File || before_digit => Strength::Strong,
        Class::Common if capital => {
            if ordinary::names_an_organisation(text, start, end) {
                Strength::Beside
            } else {
                Strength::Strong
            }
        }
        Class::Opener if capital => {
            if ordinary::line_in_capitals(text, start)
                || ordinary::opens_a_sentence(text, start) && reads_as_word(text, end)
                || ordinary::names_an_organisation(text, start, end)
            {
                Strength::Beside
            } else {
                Strength::Strong
            }
        }
        Class::Common | Class::Opener => Strength::Beside,
    }
}

/// Whether the word ending at `end` goes on like the first word of a sentence.
fn reads_as_word(text: &str, end: usize) -> bool {
    let Some(rest) = text.get(end..) else { return false };
    let next: Zeroizing<String> = Zeroizing::new(
        rest.trim_start_matches([' ', '\t']).chars().take_while(|c| c.is_alphanumeric()).take(24).collect(),
    );
    rest.starts_with([' ', '\t'])
        && next.starts_with(|c: char| c.is_lowercase() || c.is_ascii_digit())
        && !ordinary::follows_a_name(&next.to_lowercase())
}

/// Gives the parts that count only beside others their weight.
fn strengthen(text: &str, hits: &mut [Hit]) {
    let near = |hits: &[Hit], left: usize, right: usize| match (hits.get(left), hits.get(right)) {
        (Some(a), Some(b)) => name_gap(text, a.end, b.start, a, b),
        _ => false,
    };
    // `bo ek`, `muslim van den berg`, `t:son`: parts that are words or too short alone, side by side.
    let mut beside: Option<usize> = None;
    for right in 0..hits.len() {
        let chained = right > 0 && near(hits, right - 1, right);
        if !chained {
            beside = None;
        }
        if hits[right].strength == Strength::Beside {
            if let Some(left) = beside
                && hits[left].part != hits[right].part
            {
                hits[left].strength = Strength::Strong;
                hits[right].strength = Strength::Strong;
            }
            beside = Some(right);
        }
        let joint = right > 0
            && text.get(hits[right - 1].end..hits[right].start).is_some_and(|gap| {
                let mut marks = gap.chars();
                marks.next().is_some_and(|mark| JOINTS.contains(&mark)) && marks.next().is_none()
            });
        let pieces = right > 0 && (hits[right - 1].part.is_some() || hits[right].part.is_some());
        if joint && pieces {
            hits[right - 1].strength = Strength::Strong;
            hits[right].strength = Strength::Strong;
        }
    }
    for right in 1..hits.len() {
        if hits[right - 1].strength == Strength::Strong
            && hits[right].strength != Strength::Strong
            && near(hits, right - 1, right)
        {
            hits[right].strength = Strength::Strong;
        }
    }
    for right in (1..hits.len()).rev() {
        if hits[right].strength == Strength::Strong
            && hits[right - 1].strength != Strength::Strong
            && near(hits, right - 1, right)
        {
            hits[right - 1].strength = Strength::Strong;
        }
    }
}

/// Whether what stands between two parts belongs to one name.
fn name_gap(text: &str, end: usize, start: usize, left: &Hit, right: &Hit) -> bool {
    let Some(gap) = text.get(end..start) else { return false };
    if gap.is_empty() {
        return true;
    }
    if gap.len() > 12 || gap.contains('\n') {
        return false;
    }
    let marks: Vec<char> = gap.chars().filter(|c| *c != ' ' && *c != '\t').collect();
    let spaced = gap.len() > marks.iter().map(|c| c.len_utf8()).sum::<usize>();
    let initial = |hit: &Hit| {
        hit.part.is_none() && text.get(hit.start..hit.end).is_some_and(|t| t.chars().count() == 1)
    };
    match marks.as_slice() {
        [] => true,
        ['.'] => !spaced || initial(left),
        ['-' | '_' | '+'] => !spaced || marks == ['-'] && gap.len() == 3 && initial(left),
        ['.', '-'] => !spaced,
        [mark] if JOINTS.contains(mark) => !spaced,
        [','] => left.family && !left.given && right.given,
        _ => false,
    }
}

/// A middle name that the applicant left out of the form: `Anna Maria Svensson`.
fn unknown_middle(text: &str, end: usize, start: usize, left: &Hit, right: &Hit) -> bool {
    if !left.given || right.given || left.part.is_none() {
        return false;
    }
    let Some(gap) = text.get(end..start) else { return false };
    let Some(word) = gap.strip_prefix(' ').and_then(|gap| gap.strip_suffix(' ')) else { return false };
    let word = word.strip_suffix('.').unwrap_or(word);
    !word.is_empty()
        && word.len() <= 40
        && (word.starts_with(char::is_uppercase) || word.chars().count() == 1)
        && word.chars().all(|c| c.is_alphabetic() || c == '-')
}

/// `Mr`, `fru`: the title tells the sex and goes with the name.
fn title_start(text: &str, start: usize) -> usize {
    let Some(head) = text.get(..start) else { return start };
    let bare = head.strip_suffix(' ').unwrap_or(head);
    if bare.len() == head.len() {
        return start;
    }
    let word_end = bare.strip_suffix('.').unwrap_or(bare);
    let from = word_end
        .char_indices()
        .rev()
        .take(8)
        .take_while(|(_, c)| c.is_alphabetic())
        .last()
        .map_or(word_end.len(), |(at, _)| at);
    let word = word_end.get(from..).unwrap_or_default();
    let is_title = ["herr", "hr", "fru", "froken", "frk", "mr", "mrs", "ms", "miss", "mx"]
        .contains(&folded(word).as_str());
    if is_title { from } else { start }
}

/// Where the genitive of the word at `start..end` ends: `Anna's`, `Svensson-s`, `Andreas'`.
pub(super) fn genitive_end(text: &str, start: usize, end: usize) -> usize {
    let Some(rest) = text.get(end..) else { return end };
    let mut chars = rest.chars();
    let Some(mark) = chars.next() else { return end };
    let apostrophe = matches!(mark, '\'' | '’' | '‘' | '´' | '`' | 'ʼ');
    if !apostrophe && mark != '-' && mark != ':' {
        return end;
    }
    let (second, third) = (chars.next(), chars.next());
    if matches!(second, Some('s' | 'S')) && third.is_none_or(|c| !c.is_alphanumeric()) {
        return end + mark.len_utf8() + 1;
    }
    let hisses = text.get(start..end).is_some_and(|word| word.ends_with(['s', 'S', 'x', 'X', 'z', 'Z']));
    let quoted = text.get(..start).is_some_and(|head| head.ends_with(['\'', '’', '‘', '´', '`']));
    if apostrophe && hisses && !quoted && second == Some(' ') && third.is_some_and(char::is_alphabetic) {
        return end + mark.len_utf8();
    }
    end
}

/// The spellings that a known word may be met in, the plain folded one first.
pub(super) fn forms(word: &str) -> Vec<Zeroizing<String>> {
    let word = normal_form(word);
    let mut all = vec![Zeroizing::new(folded(&word))];
    let two_way = |c: char| matches!(c, 'å' | 'ä' | 'ö' | 'ø' | 'ü');
    let lower = Zeroizing::new(word.to_lowercase());
    let count = lower.chars().filter(|c| two_way(*c)).count() as u32;
    let masks = if count <= MIXED_LETTERS { (1u32 << count) - 1 } else { 0 };
    let mut candidates = vec![Zeroizing::new(spelled_out(&word))];
    for mask in 1..masks {
        let mut seen = 0;
        let mut form = Zeroizing::new(String::with_capacity(lower.len() * 2));
        for c in lower.chars() {
            let mut buffer = [0u8; 4];
            let letter: &str = c.encode_utf8(&mut buffer);
            if two_way(c) {
                form.push_str(&if mask >> seen & 1 == 1 { spelled_out(letter) } else { folded(letter) });
                seen += 1;
            } else {
                form.push_str(&folded(letter));
            }
        }
        candidates.push(form);
    }
    for candidate in candidates {
        if !all.contains(&candidate) {
            all.push(candidate);
        }
    }
    all.retain(|form| !form.is_empty());
    all
}

/// The runs of letters of a text, as byte ranges.
pub(super) fn letter_runs(text: &str) -> Vec<(usize, usize)> {
    runs(text, |c| c.is_alphabetic() || unicode_normalization::char::is_combining_mark(c))
}

fn runs(text: &str, belongs: impl Fn(char) -> bool) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut open = None;
    for (at, c) in text.char_indices() {
        match (belongs(c), open) {
            (true, None) => open = Some(at),
            (false, Some(start)) => {
                out.push((start, at));
                open = None;
            }
            _ => {}
        }
    }
    if let Some(start) = open {
        out.push((start, text.len()));
    }
    out
}

/// `AnnaSvensson` as `Anna` and `Svensson`; nothing for a word without inner capitals.
fn camel_pieces(text: &str, start: usize, end: usize) -> Vec<(usize, usize)> {
    let Some(word) = text.get(start..end) else { return Vec::new() };
    let mut pieces = Vec::new();
    let (mut from, mut lower_before) = (start, false);
    for (at, c) in word.char_indices() {
        if c.is_uppercase() && lower_before {
            pieces.push((from, start + at));
            from = start + at;
        }
        lower_before = c.is_lowercase();
    }
    if from > start {
        pieces.push((from, end));
    }
    pieces
}

fn has_inner_capital(word: &str) -> bool {
    word.chars().zip(word.chars().skip(1)).any(|(a, b)| a.is_lowercase() && b.is_uppercase())
}

fn chunk_kind(text: &str, start: usize, end: usize) -> Chunk {
    let outside = |c: char| {
        c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '"' | '”' | '«' | '»' | '|' | ',' | ';')
    };
    // A chunk is looked at no further than this many characters to each side.
    let from = text
        .get(..start)
        .unwrap_or_default()
        .char_indices()
        .rev()
        .take(LONGEST_WORD)
        .take_while(|(_, c)| !outside(*c))
        .last()
        .map_or(start, |(at, _)| at);
    let after = text.get(end..).unwrap_or_default();
    let to = end
        + after.chars().take(LONGEST_WORD).take_while(|c| !outside(*c)).map(char::len_utf8).sum::<usize>();
    let chunk = text.get(from..to).unwrap_or_default().trim_matches(['.', ':', '!', '?', '\'', '’']);
    let lower = Zeroizing::new(chunk.to_lowercase());
    let ending =
        [".pdf", ".doc", ".docx", ".odt", ".txt", ".rtf", ".jpg", ".jpeg", ".png", ".pages", ".zip", ".pptx"];
    if chunk.contains(['_', '#', '@', '\\']) || ending.iter().any(|e| lower.ends_with(e)) {
        return Chunk::File;
    }
    let letters: Vec<char> = chunk.chars().collect();
    let joined = letters
        .windows(3)
        .any(|w| matches!(w, [a, '.', c] if a.is_alphanumeric() && (c.is_lowercase() || c.is_ascii_digit())))
        || letters.windows(2).any(|w| matches!(w, [a, b] if a.is_alphabetic() && b.is_ascii_digit()));
    if joined { Chunk::Joined } else { Chunk::Prose }
}

fn capitalised_at(text: &str, at: usize) -> bool {
    text.get(at..).is_some_and(|rest| rest.starts_with(char::is_uppercase))
}

fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    !text.get(..start).is_some_and(|head| head.ends_with(char::is_alphanumeric))
        && !text.get(end..).is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
}

fn literal_places(text: &str, needle: &str) -> Vec<(usize, usize)> {
    if needle.is_empty() {
        return Vec::new();
    }
    match RegexBuilder::new(&regex::escape(needle)).case_insensitive(true).build() {
        Ok(pattern) => pattern.find_iter(text).map(|m| (m.start(), m.end())).collect(),
        // Too long for a compiled pattern: the exact spelling is still found.
        Err(_) => text.match_indices(needle).map(|(at, m)| (at, at + m.len())).collect(),
    }
}

/// The words of a street or town: letters and numbers apart, folded. All spellings that are uniform.
fn words_of(field: &str) -> Vec<Vec<Zeroizing<String>>> {
    let field = normal_form(field);
    let plain: Vec<_> = piece_runs(&field)
        .into_iter()
        .filter_map(|(start, end)| field.get(start..end))
        .map(|word| Zeroizing::new(folded(word)))
        .collect();
    let spelled: Vec<_> = piece_runs(&field)
        .into_iter()
        .filter_map(|(start, end)| field.get(start..end))
        .map(|word| Zeroizing::new(spelled_out(word)))
        .collect();
    let mut all = vec![plain];
    if !all.contains(&spelled) {
        all.push(spelled);
    }
    all.retain(|words| !words.is_empty());
    all
}

fn piece_runs(text: &str) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    for (start, end) in runs(text, char::is_alphanumeric) {
        let mut from = start;
        let mut digit = None;
        for (at, c) in text.get(start..end).unwrap_or_default().char_indices() {
            if digit.is_some_and(|d| d != c.is_ascii_digit()) {
                out.push((from, start + at));
                from = start + at;
            }
            digit = Some(c.is_ascii_digit());
        }
        out.push((from, end));
    }
    out
}

fn sequences(text: &str, words: &[Zeroizing<String>]) -> Vec<(usize, usize)> {
    let Some(first) = words.first() else { return Vec::new() };
    let mut out = Vec::new();
    for (start, end) in piece_runs(text) {
        // A folded form is never longer than twice the word, so most words need no folding.
        if end - start > first.len() * 3 + 2 || end - start + 1 < first.len() / 2 {
            continue;
        }
        if let Some(stop) = sequence_at(text, start, words) {
            out.push((start, stop));
        }
    }
    out
}

/// The end of the words standing at `start`, with little between them.
fn sequence_at(text: &str, start: usize, words: &[Zeroizing<String>]) -> Option<usize> {
    let rest = text.get(start..)?;
    let mut at = 0;
    let last = words.len().checked_sub(1)?;
    for (index, word) in words.iter().enumerate() {
        let tail = rest.get(at..)?;
        let gap: usize = if index == 0 {
            0
        } else {
            tail.chars().take(3).take_while(|c| !c.is_alphanumeric() && *c != '\n').map(char::len_utf8).sum()
        };
        let tail = tail.get(gap..)?;
        let digit = tail.chars().next()?.is_ascii_digit();
        let length: usize = tail
            .chars()
            .take(LONGEST_WORD)
            .take_while(|c| c.is_alphanumeric() && c.is_ascii_digit() == digit)
            .map(char::len_utf8)
            .sum();
        let piece = tail.get(..length)?;
        let (plain, spelled) = (Zeroizing::new(folded(piece)), Zeroizing::new(spelled_out(piece)));
        let same = |form: &str| {
            form == word.as_str() || index == last && !digit && form.strip_suffix('s') == Some(word.as_str())
        };
        if !same(&plain) && !same(&spelled) {
            return None;
        }
        at += gap + length;
    }
    Some(start + at)
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

/// What a text tells about its sender: the head with contact lines under it, labelled lines, the
/// signature, and the part of the e-mail address before the `@`. For a letter that came without a
/// form; every field may stay empty.
#[must_use]
pub fn known_from_text(sections: &[Section]) -> Known {
    let mut known = Known::default();
    for section in sections {
        let text = normal_form(section.text.clear_text());
        let sender = structured::sender(&text);
        if known.name.is_empty()
            && let Some(name) = sender.name
        {
            known.name = name;
        }
        if known.email.is_empty() {
            known.email = sender.email.unwrap_or_default();
        }
        if known.phone.is_empty() {
            known.phone = sender.phone.unwrap_or_default();
        }
    }
    if let Some(from_mail) = name_in_address(&known.email) {
        if known.name.is_empty() {
            known.name = from_mail;
        } else {
            known.other.push(from_mail);
        }
    }
    known
}

/// `anna.svensson@…` as `anna svensson`; nothing where the address says no name.
fn name_in_address(email: &str) -> Option<String> {
    static PIECES: std::sync::LazyLock<Regex> =
        std::sync::LazyLock::new(|| structured::pattern(r"[._\-+\d]+"));
    let (local, _) = email.split_once('@')?;
    if is_generic_mailbox(&local.to_lowercase()) {
        return None;
    }
    let pieces: Vec<&str> = PIECES
        .split(local)
        .filter(|piece| piece.chars().count() >= 2 && piece.chars().all(char::is_alphabetic))
        .collect();
    (pieces.len() >= 2).then(|| pieces.join(" "))
}

/// Fills the empty fields of `known` with what the text tells; fields that are there stay.
pub(super) fn complete(known: &mut Known, sections: &[Section]) {
    let mut seen = known_from_text(sections);
    for (field, value) in [
        (&mut known.name, &mut seen.name),
        (&mut known.email, &mut seen.email),
        (&mut known.phone, &mut seen.phone),
    ] {
        if field.trim().is_empty() {
            *field = std::mem::take(value);
        }
    }
    known.other.append(&mut seen.other);
}
