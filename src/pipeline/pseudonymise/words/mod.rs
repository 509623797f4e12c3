//! Finds words that reveal sex, family, parental leave, times without work, home, the origin of a
//! language, class or pay, and says what neutral text stands in their place. It knows the words of both
//! languages; swapping such words (`min fru` for `min man`, `han` for `hon`) leaves the same bytes.
//!
//! A role whose word both sexes use today, `kassör`, `lärare`, is a merit and stays; only its old feminine
//! becomes that word.
//!
//! It never looks for names, organisations or special categories of data, never judges what a person is
//! like, and leaves what is said of clients, pupils and colleagues wherever a word is not bound to one
//! sex by itself: a merit stays a merit.
//!
//! The text is read once into words, each looked up once; a rule starts at a word of its class and looks
//! at a fixed number of words around it. What is found is then read as replaced and the text looked
//! through again, until nothing more is found: so a second run over the result finds nothing.

mod family;
mod home;
mod language;
mod leave;
mod lexicon;
mod pay;
mod sex;
mod token;

#[cfg(test)]
mod tests;

use self::lexicon as class;
use self::token::{Place, Words};

/// What a found word reveals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Sex: pronouns, `som kvinna`, `lärarinna`, `damlag`.
    Sex,
    /// Family, kin, civil status and the class of the home.
    Family,
    /// Parental leave and other times without work.
    Leave,
    /// Where somebody lives, grew up or moved from.
    Home,
    /// Whether a language is a mother tongue.
    Language,
    /// Pay, asked for or earned.
    Pay,
}

/// A place and what stands there instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    /// First byte.
    pub(super) start: usize,
    /// The byte after the last one.
    pub(super) end: usize,
    /// What it reveals.
    pub(super) kind: Kind,
    /// Which rule found it; one of [`RULES`].
    pub(super) rule: &'static str,
    /// The replacement, in brackets.
    pub(super) text: String,
}

/// The names of the rules.
mod rule {
    pub(super) const PRONOUN: &str = "words.pronoun";
    pub(super) const PERSON: &str = "words.person";
    pub(super) const GENDER: &str = "words.gender";
    pub(super) const TITLE: &str = "words.title";
    pub(super) const ROLE: &str = "words.role";
    pub(super) const TEAM: &str = "words.team";
    pub(super) const KIN: &str = "words.kin";
    pub(super) const PARTNER: &str = "words.partner";
    pub(super) const CHILDREN: &str = "words.children";
    pub(super) const STATUS: &str = "words.status";
    pub(super) const CLASS: &str = "words.class";
    pub(super) const LEAVE: &str = "words.leave";
    pub(super) const GAP: &str = "words.gap";
    pub(super) const HOME: &str = "words.home";
    pub(super) const LANGUAGE: &str = "words.language";
    pub(super) const PAY: &str = "words.pay";
}

/// All rules that a [`Hit`] may name.
pub(super) const RULES: [&str; 16] = [
    rule::PRONOUN,
    rule::PERSON,
    rule::GENDER,
    rule::TITLE,
    rule::ROLE,
    rule::TEAM,
    rule::KIN,
    rule::PARTNER,
    rule::CHILDREN,
    rule::STATUS,
    rule::CLASS,
    rule::LEAVE,
    rule::GAP,
    rule::HOME,
    rule::LANGUAGE,
    rule::PAY,
];

/// Replacing may bring further places to light; no text needs more rounds than this.
const ROUNDS: usize = 12;

/// Every replacement that a [`Hit`] may hold, in both languages, without brackets.
pub(super) fn placeholders() -> Vec<&'static str> {
    lexicon::placeholders()
}

/// All places in a text in normal form, in order and apart from each other. `english` says in which
/// language the replacements are, and how a word that both languages have is read.
pub(super) fn find(text: &str, english: bool) -> Vec<Hit> {
    let mut words = Words::new(text, english);
    let mut hits = Vec::new();
    for _ in 0..ROUNDS {
        let found = one_round(&words);
        if found.is_empty() {
            break;
        }
        words.collapse(found.iter().map(|f| (f.place.first, f.place.last, f.place.start, f.place.end)));
        hits.extend(found.into_iter().map(|f| Hit {
            start: f.place.start,
            end: f.place.end,
            kind: f.kind,
            rule: f.rule,
            text: format!("[{}]", f.text),
        }));
    }
    hits.sort_unstable_by_key(|hit| hit.start);
    hits
}

/// What a word, looked for by itself, would select people on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pipeline) enum Selects {
    /// Sex.
    Sex,
    /// Civil status and parenthood.
    Family,
    /// Parental leave.
    ParentalLeave,
}

/// First and last parts of the words for parental leave, among all words for times away from work.
const PARENTAL: [&str; 8] =
    ["föräldraled", "föräldradag", "mamma", "pappa", "barnledig", "vab", "hemmaför", "hemmafru"];

/// What a word in lower case would select people on. `alone`: nothing else is looked for, so that a word with
/// other meanings is taken for this one.
pub(in crate::pipeline) fn selects(word: &str, alone: bool) -> Option<Selects> {
    let entry = lexicon::entry(word)?;
    if entry.needs != lexicon::Needs::Nothing && !alone {
        return None;
    }
    if entry.classes & class::LEAVE != 0 {
        return PARENTAL.iter().any(|first| word.starts_with(first)).then_some(Selects::ParentalLeave);
    }
    if entry.classes & (class::GENDER | class::TITLE | class::PRONOUN) != 0
        || entry.classes & class::PERSON != 0 && (alone || word != "man")
    {
        return Some(Selects::Sex);
    }
    if entry.classes & (class::STATUS | class::FAMILY) != 0
        || entry.classes & (class::PARENT | class::PARTNER) != 0
            && (alone || entry.needs == lexicon::Needs::Nothing)
    {
        return Some(Selects::Family);
    }
    None
}

/// Whether the word in lower case is the name of a language.
pub(in crate::pipeline) fn is_language(word: &str) -> bool {
    lexicon::entry(word).is_some_and(|entry| entry.classes & class::LANGUAGE != 0)
}

/// What a rule found; `text` is without brackets.
struct Found {
    place: Place,
    kind: Kind,
    rule: &'static str,
    text: &'static str,
}

/// The rules, in the order in which they are asked about a word of their class. The first that finds
/// something wins.
const ASKED: [(u32, fn(&Words, usize, &mut Vec<Found>)); 19] = [
    (class::LABEL, family::labelled),
    (class::LABEL, home::labelled),
    (class::NATIVE, language::find),
    (class::LEAVE | class::GAP | class::AWAY, leave::find),
    (class::PAY, pay::find),
    (class::TITLE, sex::title),
    (class::STATUS, family::status),
    (class::FAMILY, family::family),
    (class::CLASS, family::background),
    (class::PARENT, family::parent),
    (class::CHILD, family::child),
    (class::PARTNER, family::partner),
    (class::SIBLING | class::RELATIVE, family::kin),
    (class::PERSON, sex::person),
    (class::GENDER, sex::gender),
    (class::PRONOUN, sex::pronoun),
    (class::ROLE, sex::role),
    (class::TEAM | class::OWNER | class::TRAINER, sex::team),
    (class::HOME, home::find),
];

fn one_round(words: &Words) -> Vec<Found> {
    let mut out: Vec<Found> = Vec::new();
    let mut found = Vec::new();
    let mut i = 0;
    while i < words.len() {
        let mut next = i + 1;
        if let Some(entry) = words.entry(i) {
            for (class, ask) in &ASKED {
                if entry.classes & class == 0 {
                    continue;
                }
                ask(words, i, &mut found);
                if found.is_empty() {
                    continue;
                }
                // A place that reaches back into the one before has another chance in the next round.
                for place in found.drain(..) {
                    let apart = out.last().is_none_or(|last: &Found| {
                        last.place.last < place.place.first && last.place.end <= place.place.start
                    });
                    if apart && words.whole(&place.place) {
                        next = next.max(place.place.last + 1);
                        out.push(place);
                    }
                }
                break;
            }
        }
        i = next;
    }
    out
}
