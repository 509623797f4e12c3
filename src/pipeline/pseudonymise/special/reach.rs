//! How much of a sentence a revelation takes with it: as little as carries it, the whole sentence
//! where it says nothing else.

use super::Kind;
use super::about::{Told, is_merit};
use super::lexicon::{Mode, class};
use super::sentence::{Gap, Sentence};

/// Longest extension to one side, in units.
const FAR: usize = 40;

/// First and last unit that are taken.
pub(super) fn reach(sentence: &Sentence, told: Told) -> (usize, usize) {
    let s = sentence;
    let to = attached(s, told.to);
    let start = s.at(told.from).clause;
    let end = s.clause_end(told.to);
    let beside = content(s, start, told.from) > 0 || content(s, to + 1, end) > 0;
    let glued = s.any(to + 1, end, class::GLUE) && !(start..end).any(|at| is_merit(s.at(at)));
    if told.phrase && beside && !glued {
        return (told.from, to);
    }
    let from = if told.from - start > FAR || (start..told.from).any(|at| is_merit(s.at(at))) {
        told.from
    } else {
        start
    };
    let to = right(s, to, end);
    let (from, to) = (left_clauses(s, from), right_clauses(s, to));
    (trimmed(s, from, to), to)
}

/// Extends over what belongs to the words themselves: "ADHD och dyslexi sedan 2019".
fn attached(s: &Sentence, to: usize) -> usize {
    let mut last = to;
    let mut at = to + 1;
    while at < s.len() && at - to < FAR {
        let unit = s.at(at);
        if !matches!(unit.gap, Gap::Space | Gap::Glue) || unit.is(class::MASK) {
            break;
        }
        let place = unit.is(class::PLACE) && s.before(at).is(class::ORIGIN_PREP);
        // "fastar jag"
        let inverted = unit.is(class::NOMINATIVE)
            && !s.english
            && s.before(at).trigger.is_some_and(|(_, mode)| matches!(mode, Mode::State | Mode::Verb));
        let skipped = class::FILL | class::CONJ | class::ORIGIN_PREP | class::AS | class::PREP;
        if unit.trigger.is_some() || unit.is(class::NUMBER | class::CRIME | class::BODY) || place || inverted
        {
            last = at;
        } else if !unit.is(skipped | class::MY) || unit.is(class::SELF) || at - last > 4 {
            break;
        }
        at += 1;
    }
    last
}

/// The end of the clause, or the place before it where something else begins.
fn right(s: &Sentence, to: usize, end: usize) -> usize {
    let mut me = false;
    for at in to + 1..end {
        let unit = s.at(at);
        // "min tro ger mig trygghet | i svåra samtal"
        if me && unit.is(class::PREP) {
            return at - 1;
        }
        me |= unit.is(class::SELF) && !unit.is(class::NOMINATIVE);
        let glued = s.any(to + 1, at, class::GLUE);
        let again = unit.is(class::NOMINATIVE) && !glued;
        if is_merit(unit) && !glued || again || unit.is(class::REL | class::AS) || at - to > FAR {
            return to;
        }
    }
    end.saturating_sub(1).max(to)
}

/// Units that say something.
fn content(s: &Sentence, from: usize, to: usize) -> usize {
    let silent = class::FILL
        | class::SELF
        | class::BE
        | class::HAVE
        | class::CONJ
        | class::NUMBER
        | class::GLUE
        | class::SUB;
    (from..to.min(from + FAR)).filter(|at| !s.at(*at).is(silent)).count()
}

/// Whether the clause says nothing beside the revelation.
fn follows_on(s: &Sentence, from: usize, to: usize) -> bool {
    if to - from > FAR || (from..to).any(|at| s.at(at).is(class::MASK) || is_merit(s.at(at))) {
        return false;
    }
    let glued = s.any(from, to, class::GLUE);
    glued && to - from <= 12 && content(s, from, to) <= 5
        || content(s, from, to) == 0 && !s.any(from, to, class::SELF | class::HAVE | class::BE)
}

fn right_clauses(s: &Sentence, to: usize) -> usize {
    let mut to = to;
    for _ in 0..3 {
        let next = to + 1;
        if next >= s.len() || s.at(next).clause != next {
            break;
        }
        let end = s.clause_end(next);
        if !follows_on(s, next, end) {
            break;
        }
        to = end - 1;
    }
    to
}

fn left_clauses(s: &Sentence, from: usize) -> usize {
    let mut from = from;
    for _ in 0..2 {
        if from == 0 || s.at(from).clause != from {
            break;
        }
        let start = s.before(from).clause;
        if !follows_on(s, start, from) || content(s, start, from) == 0 {
            break;
        }
        from = start;
    }
    from
}

/// Without the connecting word before it.
fn trimmed(s: &Sentence, from: usize, to: usize) -> usize {
    let mut from = from;
    while from < to {
        let unit = s.at(from);
        let connects = unit.is(class::CONJ) || unit.is(class::SUB) && !unit.is(class::FILL | class::CAUSE);
        if !connects || unit.trigger.is_some() || unit.is(class::SELF) {
            break;
        }
        from += 1;
    }
    from
}

/// The end with a name that stands in apposition to what was told: "mitt fackförbund, Läkarna,".
pub(super) fn apposed(s: &Sentence, told: usize, to: usize, kind: Kind) -> usize {
    let first = told + 1;
    let named = matches!(kind, Kind::Union | Kind::Politics | Kind::Belief)
        && s.at(first).gap == Gap::Comma
        && (s.at(first).capital || s.at(first).is(class::ARTICLE) && s.at(first + 1).capital)
        && !s.at(first).is(class::SELF | class::MASK);
    if !named {
        return to;
    }
    let mut last = first;
    while last + 1 < s.len() && last - first < 6 && s.at(last + 1).joined() {
        let next = s.at(last + 1);
        let of = next.is(class::TAIL_PREP) && s.at(last + 2).capital && s.at(last + 2).joined();
        if !(next.capital || of) || next.is(class::SELF | class::MASK) {
            break;
        }
        last += 1;
    }
    to.max(last)
}
