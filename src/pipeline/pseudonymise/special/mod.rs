//! Finds what an applicant tells of herself that Art. 9 and Art. 10 GDPR protect - health, belief,
//! party, union, orientation, origin, offences - and signs of a protected identity, so that it can be
//! sealed before anybody reads the application. Roles in organisations that would tell the same are
//! found by the revealing words alone: the duty stays, it is a merit.
//!
//! What is said of pupils, patients, clients, studies or work is not about the applicant and is left
//! alone. It never guesses at what a person is like: only what is written counts.
//!
//! The text is read once, word by word, against lists; every look around a word is short. The
//! lists are `revealing.txt` (what tells something), `phrases.txt` (what is said in whole phrases),
//! `around.txt` (of whom it is told), `places.txt` and `bodies.txt` (organisations).

mod about;
mod endings;
mod lexicon;
mod line;
mod look;
mod office;
mod origin;
mod protected;
mod reach;
mod sentence;
pub(in crate::pipeline) mod sought;
mod subject;

use self::lexicon::class;
use self::sentence::{Sentence, sentences};

/// What a place in the text reveals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pipeline) enum Kind {
    /// Illness, disability, pregnancy, addiction, treatment.
    Health,
    /// Religious or philosophical belief.
    Belief,
    /// Party or political opinion.
    Politics,
    /// Membership in a trade union.
    Union,
    /// Sexual orientation or gender identity.
    Orientation,
    /// Origin, nationality, flight, residence permit, mother tongue.
    Ethnicity,
    /// Convictions and suspicions.
    Offence,
    /// The applicant's personal data are protected by the population register.
    ProtectedIdentity,
    /// Words that tell which organisation a role was in.
    Voluntary,
}

impl Kind {
    const ALL: [Self; 9] = [
        Self::Health,
        Self::Belief,
        Self::Politics,
        Self::Union,
        Self::Orientation,
        Self::Ethnicity,
        Self::Offence,
        Self::ProtectedIdentity,
        Self::Voluntary,
    ];

    /// The name of the rule that finds it.
    fn rule(self) -> &'static str {
        match self {
            Self::Health => "special.health",
            Self::Belief => "special.belief",
            Self::Politics => "special.politics",
            Self::Union => "special.union",
            Self::Orientation => "special.orientation",
            Self::Ethnicity => "special.ethnicity",
            Self::Offence => "special.offence",
            Self::ProtectedIdentity => "special.protected",
            Self::Voluntary => "special.voluntary",
        }
    }

    /// Which kind a place gets that reveals several: the greater.
    fn weight(self) -> u8 {
        match self {
            Self::ProtectedIdentity => 8,
            Self::Offence => 7,
            Self::Health => 6,
            Self::Orientation => 5,
            Self::Belief => 4,
            Self::Politics => 3,
            Self::Union => 2,
            Self::Ethnicity => 1,
            Self::Voluntary => 0,
        }
    }
}

/// A place that reveals something, in bytes of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    /// First byte.
    pub(super) start: usize,
    /// One past the last byte.
    pub(super) end: usize,
    /// What it reveals.
    pub(super) kind: Kind,
    /// The rule that found it, for example `special.health`.
    pub(super) rule: &'static str,
    /// Whether the words leave no doubt that it is said of the applicant.
    pub(super) sure: bool,
}

/// Everything the text in normal form reveals, in order, without overlaps and clear of all places that
/// were taken out before.
pub(super) fn find(text: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    let mut some = Vec::new();
    sentences(text, |sentence| {
        if sentence
            .units()
            .iter()
            .any(|unit| unit.trigger.is_some() || unit.naming.is_some() || unit.is(LEADS))
        {
            in_sentence(sentence, &mut some);
            settle(text, &mut some, &mut hits);
        }
    });
    hits.into_iter().flat_map(|hit| clear_of_replaced(text, hit)).collect()
}

/// The pieces of a place between what was replaced before. A word that has grown together with a replaced
/// place belongs to it.
fn clear_of_replaced(text: &str, hit: Hit) -> Vec<Hit> {
    const REPLACED: char = '\u{1}';
    let Some(whole) = text.get(hit.start..hit.end).filter(|whole| whole.contains(REPLACED)) else {
        return vec![hit];
    };
    let mut out = Vec::new();
    let mut start = hit.start;
    for piece in whole.split(REPLACED) {
        let (from, to) = (start, start + piece.len());
        start = to + REPLACED.len_utf8();
        let gap = |at: Option<usize>, else_at: usize| at.unwrap_or(else_at);
        let first = if from > hit.start { gap(piece.find(char::is_whitespace), piece.len()) } else { 0 };
        let last = if to < hit.end { gap(piece.rfind(char::is_whitespace), 0) } else { piece.len() };
        let Some(words) = piece.get(first..last) else { continue };
        let lead = words.len() - words.trim_start().len();
        let words = words.trim();
        if words.chars().any(char::is_alphanumeric) {
            let start = from + first + lead;
            out.push(Hit { start, end: start + words.len(), ..hit });
        }
    }
    out
}

/// Sets of words that can begin a finding without a trigger.
const LEADS: u128 = class::BORN
    | class::CAME
    | class::PEOPLE
    | class::HOME_PEOPLE
    | class::TONGUE
    | class::ADJECTIVE
    | class::CLUB_LETTERS
    | class::PLACE
    | class::ROOT
    | class::VEILED
    | class::HEADING;

fn in_sentence(sentence: &Sentence, some: &mut Vec<Hit>) {
    let (mut free, mut last, mut from_where) = (0, None, None);
    let mut revealed: [Option<Kind>; 4] = [None; 4];
    let mut reveal = |kind: Kind| {
        if let Some(slot) = revealed.iter_mut().find(|slot| slot.is_none_or(|known| known == kind)) {
            *slot = Some(kind);
        }
    };
    let mut push = |from: usize, to: usize, kind: Kind, sure: bool| {
        let (start, end) = (sentence.at(from).start, sentence.at(to).end);
        if start < end {
            some.push(Hit { start, end, kind, rule: kind.rule(), sure });
        }
    };
    if let Some((from, to, kind)) = origin::labelled(sentence) {
        push(from, to, kind, true);
    }
    // "Adress: hemlig"
    if sentence.at(0).is(class::CONTACT)
        && sentence.at(1).gap == sentence::Gap::Colon
        && sentence.at(1).is(class::VEILED)
    {
        push(0, 1, Kind::ProtectedIdentity, true);
    }
    for at in 0..sentence.len() {
        let unit = sentence.at(at);
        if at >= free
            && let Some(found) = office::office(sentence, at, free)
        {
            free = found.to + 1;
            if let Some(statement) = found.statement {
                reveal(found.kind);
                let (from, to) = reach::reach(sentence, statement);
                push(from, to, found.kind, found.sure);
            } else {
                push(found.from, found.to, found.kind, found.sure);
            }
            continue;
        }
        if at < free {
            continue;
        }
        let origin = origin::told(sentence, at).or_else(|| origin::added(sentence, at, from_where?));
        if let Some(told) = origin.filter(|_| unit.trigger.is_none() || unit.is(class::BORN | class::CAME)) {
            from_where = Some(told.to).filter(|_| !unit.is(class::TONGUE));
            let (from, to) = reach::reach(sentence, told);
            push(from, to, Kind::Ethnicity, told.sure);
            continue;
        }
        if let Some((kind, _)) = unit.trigger
            && let Some(told) = about::told(sentence, at, last)
        {
            last = Some(told.to);
            reveal(kind);
            if kind == Kind::Ethnicity {
                from_where = last;
            }
            let (from, to) = reach::reach(sentence, told);
            push(from, reach::apposed(sentence, told.to, to, kind), kind, told.sure);
            continue;
        }
        if let Some(told) = origin {
            from_where = Some(told.to).filter(|_| !unit.is(class::TONGUE));
            let (from, to) = reach::reach(sentence, told);
            push(from, to, Kind::Ethnicity, told.sure);
        }
    }
    // "my union helped me, and Unison is strong"
    for kind in revealed.into_iter().flatten() {
        let mut free = 0;
        for at in 0..sentence.len() {
            let again = office::beside(sentence, at, free, kind).or_else(|| about::again(sentence, at, kind));
            if let Some((from, to)) = again.filter(|_| at >= free) {
                free = to + 1;
                let (start, end) = (sentence.at(from).start, sentence.at(to).end);
                if !some.iter().any(|hit| hit.start < end && start < hit.end) {
                    let named = sentence.at(from).trigger.is_none() && !sentence.at(from).is(class::TELLING);
                    let kind = if named { Kind::Voluntary } else { kind };
                    some.push(Hit { start, end, kind, rule: kind.rule(), sure: false });
                }
            }
        }
    }
}

/// Moves the findings of one sentence to the hits: in order, joined where they touch.
fn settle(text: &str, some: &mut Vec<Hit>, hits: &mut Vec<Hit>) {
    some.sort_by_key(|hit| (hit.start, hit.end));
    for mut hit in some.drain(..) {
        let inside = text.get(hit.start..hit.end).unwrap_or_default();
        if inside.contains('(')
            && !inside.contains(')')
            && text.get(hit.end..).is_some_and(|rest| rest.starts_with(')'))
        {
            hit.end += 1;
        }
        let Some(last) = hits.last_mut() else {
            hits.push(hit);
            continue;
        };
        let between = text.get(last.end..hit.start.max(last.end)).unwrap_or_default();
        let coordinated = last.kind == hit.kind && hit.kind != Kind::Voluntary && only_connects(between);
        if hit.start >= last.end && !coordinated {
            hits.push(hit);
            continue;
        }
        last.end = last.end.max(hit.end);
        last.sure |= hit.sure;
        if hit.kind.weight() > last.kind.weight() {
            (last.kind, last.rule) = (hit.kind, hit.rule);
        }
    }
}

/// Whether nothing but a connecting word stands there.
fn only_connects(between: &str) -> bool {
    let word = between.trim_matches([' ', ',', '/', '&', '+']);
    between.len() <= 8 && matches!(word, "" | "och" | "and" | "samt" | "eller" | "or")
}

#[cfg(test)]
mod breadth;
#[cfg(test)]
mod tests;
