//! Whether a revealing word is said of the applicant. It looks back from the word for what governs
//! it: a possessive, a verb with its subject, a preposition of cause, or the work, study or other
//! people that make it a merit. Every look is short.

use super::Kind;
use super::lexicon::{Mode, class};
use super::look::Look;
use super::protected::protected;
use super::sentence::{Gap, Sentence, Unit};
use super::subject::{Subject, subject};

/// How far a look goes, in units.
pub(super) const FAR: usize = 14;

/// A revelation about the applicant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    /// First unit that is needed to say it.
    pub(super) from: usize,
    /// Last unit that is needed to say it.
    pub(super) to: usize,
    /// Stands as a phrase beside another statement: "trots min dyslexi".
    pub(super) phrase: bool,
    pub(super) sure: bool,
}

/// Whether the trigger at `at` is said of the applicant.
pub(super) fn told(sentence: &Sentence, at: usize, last: Option<usize>) -> Option<Told> {
    let unit = sentence.at(at);
    let (kind, mode) = unit.trigger?;
    if mode == Mode::Heading {
        return None;
    }
    if mode == Mode::Outright {
        let near = at.saturating_sub(3).max(unit.clause);
        let others = sentence.any(near, at, class::OTHER) || unit.half;
        // "policy on wearing a hijab"
        let others = others || !unit.is(class::MY) && sentence.before(at).is(class::PREP | class::ABOUT);
        return (!others).then(|| Look::new(sentence, at, kind, mode).possessed(at))?;
    }
    if kind == Kind::ProtectedIdentity {
        return protected(sentence, at);
    }
    if part_of_something_else(sentence, at, mode) {
        return None;
    }
    let near = at.saturating_sub(5).max(sentence.at(at).clause);
    if unit.is(class::POSSESSED) && !sentence.any(at.saturating_sub(2), at, class::MY) {
        return None;
    }
    if kind == Kind::Offence && sentence.any(near, at, class::NEGATION) {
        return None;
    }
    if mode == Mode::Verb {
        return done(sentence, at, kind);
    }
    Look::new(sentence, at, kind, mode).back().or_else(|| {
        // Named in one breath with a revelation: "sjukskriven (utmattning)".
        let last = last.filter(|last| at - last < 6)?;
        let light = (last + 1..at).all(|at| sentence.at(at).is(LIGHT));
        light.then_some(Told { from: last, to: at, phrase: false, sure: true })
    })
}

/// What the applicant did: "jag strejkade", "I stole".
fn done(sentence: &Sentence, at: usize, kind: Kind) -> Option<Told> {
    let s = sentence;
    let told = |from: usize, sure| Some(Told { from, to: at, phrase: false, sure });
    if s.at(at).is(class::NOMINATIVE) {
        // "går jag i Prideparaden"
        return told(at, true);
    }
    // "jag röstade nej till Nato", where "Nato" is not who voted.
    let clause = s.at(at).clause;
    let near = (clause..at).rev().take(4).find(|at| !s.at(*at).is(LIGHT | class::HAVE | class::BE));
    if let Some(near) = near.filter(|at| s.at(*at).is(class::NOMINATIVE)) {
        return told(near, true);
    }
    // "after burning out"
    if s.before(at).is(class::CAUSE) && s.own && !s.any(s.before(at).clause, at, class::OTHER) {
        return Some(Told { from: at - 1, to: at, phrase: true, sure: true });
    }
    match subject(s, at) {
        Subject::Own(from) => told(from.min(at), true),
        Subject::Family(from) => told(from.min(at), false),
        Subject::We(from) if of_the_home(s, at, kind) => told(from.min(at), false),
        Subject::Nobody if at <= 2 && !s.any(0, s.len(), class::OTHER | class::FAMILY) => told(at, false),
        _ => None,
    }
}

/// Whether "vi" means those at home where this is said.
pub(super) fn of_the_home(sentence: &Sentence, at: usize, kind: Kind) -> bool {
    matches!(kind, Kind::Ethnicity | Kind::Orientation | Kind::ProtectedIdentity)
        || sentence.at(at).is(class::COUPLE)
}

/// Another word for what the sentence has revealed of the writer already.
pub(super) fn again(sentence: &Sentence, at: usize, kind: Kind) -> Option<(usize, usize)> {
    let unit = sentence.at(at);
    let same = unit.trigger.is_some_and(|(known, mode)| known == kind && mode != Mode::Heading)
        && kind != Kind::Ethnicity;
    if !(same || unit.is(class::TELLING)) || kind == Kind::ProtectedIdentity || unit.half {
        return None;
    }
    let work = class::OTHER | class::DUTY | class::TOPIC | class::NEGOTIATION | class::ROLE;
    let clause = unit.clause.max(at.saturating_sub(FAR));
    let end = sentence.clause_end(at).min(at + FAR);
    let glued = sentence.at(at + 1).gap == Gap::Glue && at + 1 < end && !sentence.at(at + 1).is(class::GLUE);
    (!sentence.any(clause, end, work) && !glued).then_some((at, at))
}

/// Whether the next unit makes the trigger an attribute of people, work or things.
fn part_of_something_else(sentence: &Sentence, at: usize, mode: Mode) -> bool {
    let (unit, next) = (sentence.at(at), sentence.at(at + 1));
    if unit.half {
        return true;
    }
    if at + 1 >= sentence.len() || !next.joined() {
        return false;
    }
    if unit.is(class::BARE) && !next.is(class::CONJ | class::AS | class::SUB | class::NUMBER) {
        let dated = next.is(class::ORIGIN_PREP) && sentence.at(at + 2).is(class::NUMBER);
        // "I am ace at Excel", but "eftersom jag är ace planerar jag".
        let inverted = sentence.at(at + 2).is(class::NOMINATIVE) && !sentence.english;
        let label = mode == Mode::Label
            && (next.is(class::FILL | class::BE | class::HAVE | class::SELF) || inverted || next.capital);
        return !(dated || label || mode == Mode::State && next.is(class::PREP));
    }
    if unit.is(class::CAPITALS) && mode == Mode::Noun {
        // "MS Office"; "MS in statistics" is a degree, "MS in 2016" is none.
        let degree = sentence.english
            && next.is(class::ORIGIN_PREP)
            && !sentence.at(at + 2).is(class::NUMBER | class::FILL | class::MASK);
        let work =
            sentence.english && next.is(class::DUTY | class::TOPIC) && !sentence.at(at + 2).is(class::SELF);
        if next.capital && !next.is(class::SELF) || work || degree {
            return true;
        }
    }
    if next.gap == Gap::Glue && !matches!(mode, Mode::State | Mode::Verb) {
        return !next.is(class::GLUE) && next.trigger.is_none() && !next.is(class::FILL | class::NUMBER);
    }
    let possessed = sentence.before(at).is(class::MY);
    if next.is(class::OTHER) && !next.is(class::FILL) && !next.is(class::SELF) {
        // "sjuka elever", but "jag är en sjuk man", "när jag var sjuk andra gången".
        let mut back = at;
        while back > 0 && at - back < 3 && sentence.before(back).is(class::FILL) {
            back -= 1;
        }
        let before = sentence.before(back);
        return !(possessed
            || mode == Mode::Verb
            || mode == Mode::Label && before.is(class::BE)
            || mode == Mode::Label && before.is(class::AS) && next.is(class::ONE) && sentence.own
            || mode == Mode::State && (sentence.own || unit.is(class::COUPLE)));
    }
    let working = next.is(class::DUTY | class::TOPIC) && !next.is(class::PREP | class::GLUE);
    working && sentence.english && mode == Mode::Noun && !possessed
}

/// Whether the unit carries something that is worth keeping beside a revelation.
pub(super) fn is_merit(unit: Unit) -> bool {
    unit.is(class::TAUGHT)
        || unit.is(class::DUTY | class::TOPIC | class::ROLE)
            && !unit.is(class::FILL | class::GLUE | class::PREP)
}

/// Units that lie between a word and what governs it without saying anything themselves.
pub(super) const LIGHT: u128 = class::FILL
    | class::CONJ
    | class::NUMBER
    | class::PEOPLE
    | class::HOME_PEOPLE
    | class::GLUE
    | class::SUB
    | class::ADJECTIVE;
