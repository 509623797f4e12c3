//! Of whom a verb is said: the writer, the family, a thing of the writer's, or somebody else.

use super::about::LIGHT;
use super::lexicon::class;
use super::sentence::Sentence;

/// Of whom a verb is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// The writer. The unit tells where.
    Own(usize),
    /// The writer's family.
    Family(usize),
    /// "vi": the writer with others, at home or at work.
    We(usize),
    /// A thing of the writer's: "mitt minne är", "min bakgrund är".
    Thing(usize),
    /// Somebody else.
    Other,
    /// Nobody is named, as on a line of a CV.
    Nobody,
    /// Nothing to tell it by.
    Unknown,
}

/// Of whom the verb at `at` is said.
pub(super) fn subject(sentence: &Sentence, at: usize) -> Subject {
    let s = sentence;
    let clause = s.at(at).clause;
    for after in [at + 1, at + 2] {
        let unit = s.at(after);
        if unit.is(class::NOMINATIVE) && unit.clause == clause && unit.joined() && !s.english {
            return Subject::Own(at);
        }
        if unit.is(class::WE) && unit.clause == clause && unit.joined() && !s.english {
            return Subject::We(at);
        }
        let named = unit.capital && !unit.known && after < s.len();
        if (unit.is(class::IT) || named) && unit.joined() && unit.clause == clause {
            return Subject::Other;
        }
        if !unit.is(class::FILL) {
            break;
        }
    }
    let mut unknown = 0;
    let mut back = at;
    while back > clause && at - back < 7 {
        back -= 1;
        let unit = s.at(back);
        if unit.is(class::NOMINATIVE) {
            // "what I write is"
            let other = unknown > usize::from(!s.english);
            return if other { Subject::Unknown } else { Subject::Own(back) };
        }
        if unit.is(class::WE) {
            return if unknown > 1 { Subject::Unknown } else { Subject::We(back) };
        }
        if unit.is(class::SELF) {
            continue;
        }
        if unit.is(class::IT) && !unit.is(class::REL) {
            return Subject::Other;
        }
        if unit.is(class::FAMILY) {
            let owner = (1..=2).find(|step| back >= *step && s.at(back - step).is(class::MY));
            // "min mamma är finsk och pappa är"
            let beside = || {
                s.before(back).is(class::CONJ)
                    && (back.saturating_sub(8)..back).any(|at| s.at(at).is(class::MY) && family(s, at + 1))
            };
            return match owner {
                Some(step) => Subject::Family(back - step),
                None if beside() => Subject::Family(back),
                None => Subject::Other,
            };
        }
        if unit.is(class::REL) {
            return antecedent(s, back);
        }
        if unit.is(class::OTHER) && !unit.is(class::FILL) {
            let kin = s.before(back).is(class::MY) && !unit.is(class::CLIENTS);
            return if kin { Subject::Family(back - 1) } else { Subject::Other };
        }
        if unit.is(class::MY) {
            return Subject::Thing(back);
        }
        if unit.is(class::HAVE | class::BE | class::CONJ | class::SUB)
            || unit.is(LIGHT)
            || unit.is(class::PREP)
        {
            continue;
        }
        if unit.trigger.is_some() {
            continue;
        }
        unknown += 1;
        if unit.capital && !unit.known && back > 0 {
            return Subject::Other;
        }
    }
    if back == clause && clause > 0 {
        return inherited(s, clause, unknown);
    }
    if unknown > 0 { Subject::Unknown } else { Subject::Nobody }
}

fn family(sentence: &Sentence, at: usize) -> bool {
    sentence.at(at).is(class::FAMILY)
}

/// The subject that a clause without one takes from those before it.
pub(super) fn inherited(sentence: &Sentence, clause: usize, unknown: usize) -> Subject {
    let mut at = clause;
    while at > 0 && clause - at < 20 {
        at -= 1;
        let unit = sentence.at(at);
        if unit.is(class::SELF) {
            return if unknown == 0 { Subject::Own(clause) } else { Subject::Unknown };
        }
    }
    let others = sentence.any(0, clause, class::OTHER | class::FAMILY);
    if others {
        Subject::Other
    } else if unknown > 0 {
        Subject::Unknown
    } else {
        Subject::Nobody
    }
}

/// Of whom a relative clause is said: "jag som har", "en person som har".
fn antecedent(sentence: &Sentence, relative: usize) -> Subject {
    let before = sentence.before(relative);
    if before.is(class::SELF) {
        return Subject::Own(relative - 1);
    }
    // "som någon som lever med", "as someone who lives with"
    if before.is(class::ONE) && sentence.own && relative > 1 {
        let role = if sentence.at(relative - 2).is(class::AS) { 2 } else { 3 };
        if relative >= role && sentence.at(relative - role).is(class::AS) {
            return Subject::Own(relative - role);
        }
    }
    // "my mother, who has dementia"
    if before.is(class::FAMILY) && relative > 1 && sentence.at(relative - 2).is(class::MY) {
        return Subject::Family(relative);
    }
    if relative == 0 {
        return Subject::Unknown;
    }
    let mut at = relative;
    while at > 0 && relative - at < 6 {
        at -= 1;
        let unit = sentence.at(at);
        if unit.is(class::BE) {
            return match subject(sentence, at) {
                Subject::Own(from) => Subject::Own(from.min(at)),
                _ => Subject::Other,
            };
        }
        if unit.is(class::PREP | class::DUTY | class::TOPIC) {
            return Subject::Other;
        }
    }
    Subject::Other
}
