//! Where the applicant comes from, told by a place, a people, a mother tongue or a label line.
//! Journeys, studies and work in a place tell nothing.

use super::Kind;
use super::about::Told;
use super::lexicon::class;
use super::sentence::{Gap, Sentence};
use super::subject::{Subject, subject};

/// Longest look, in units.
const FAR: usize = 8;

/// What is told of the origin from the unit on.
pub(super) fn told(sentence: &Sentence, at: usize) -> Option<Told> {
    let unit = sentence.at(at);
    if unit.is(class::BORN | class::CAME | class::BE | class::ROOT | class::CITIZEN)
        && let Some(told) = from_a_place(sentence, at)
    {
        return Some(told);
    }
    if unit.is(class::PEOPLE | class::HOME_PEOPLE)
        && let Some(told) = of_a_people(sentence, at)
    {
        return Some(told);
    }
    if unit.is(class::TONGUE) {
        return tongue(sentence, at);
    }
    None
}

/// Another people named in one breath with a revelation: "svensk medborgare, tidigare syrisk".
pub(super) fn added(s: &Sentence, at: usize, last: usize) -> Option<Told> {
    let light = class::FILL | class::CONJ | class::ORIGINALLY | class::SUB | class::NUMBER | class::BORN;
    // "jag är ukrainare och kom hit 2022"
    if s.at(at).is(class::CAME) && s.at(at + 1).is(class::HOME) && at - last <= 6 {
        return Some(Told { from: at, to: at + 1, phrase: false, sure: true });
    }
    let people = s.at(at).is(class::PEOPLE | class::HOME_PEOPLE) && !s.at(at).half;
    let noun = at + 1 < s.len() && s.at(at + 1).joined() && !s.at(at + 1).known;
    (people && !noun && at > last && at - last <= 6 && (last + 1..at).all(|at| s.at(at).is(light)))
        .then_some(Told { from: last + 1, to: at, phrase: true, sure: true })
}

/// "jag är född i Iran", "my parents come from Chile", "jag kom till Sverige".
fn from_a_place(s: &Sentence, at: usize) -> Option<Told> {
    let verb = s.at(at);
    let clause = verb.clause;
    let (mut prep, mut to, mut sure) = (None, None, false);
    let mut here = at;
    while here + 1 < s.len() && here - at < FAR {
        here += 1;
        let unit = s.at(here);
        let goes_on = unit.gap == Gap::Comma && unit.is(class::PLACE) && to == Some(here - 1);
        let parted = matches!(unit.gap, Gap::Comma | Gap::Break | Gap::Open | Gap::Close | Gap::Colon);
        if parted && !goes_on || unit.is(class::MASK) {
            break;
        }
        if unit.is(class::ORIGIN_PREP) && !unit.is(class::SELF) {
            prep = Some(here);
            continue;
        }
        let places = class::PLACE | class::ANYWHERE;
        // "född utomlands", "flydde Vietnam"
        let bare = here == at + 1 && verb.is(class::BORN) && unit.is(places);
        if to.is_some() && unit.is(class::CONJ) {
            if s.at(here + 1).is(class::PLACE) {
                to = Some(here);
                continue;
            }
            break;
        }
        if bare || prep == Some(here - 1) || to.is_some_and(|to| to + 1 == here) {
            let arrival =
                verb.is(class::CAME) && unit.is(class::HOME) && !prep.is_some_and(|prep| from_word(s, prep));
            let named = unit.is(places) || arrival;
            if named || unit.capital && !unit.known && !verb.is(class::BE) {
                sure |= named;
                to = Some(here);
                continue;
            }
            // "i en by i Iran", "i södra Iran", "in a village outside Kabul"
        }
        if unit.is(class::DUTY | class::TOPIC | class::ROLE) && !unit.is(class::PREP) {
            break;
        }
    }
    let to = to?;
    let from_where = prep.is_some_and(|prep| from_word(s, prep));
    // "jag är medborgare i Eritrea"
    let citizen = verb.is(class::CITIZEN) && s.any(at.saturating_sub(4), at, class::BE);
    if verb.is(class::CITIZEN) && !citizen {
        return None;
    }
    let plain = verb.is(class::BE | class::ROOT | class::CITIZEN) && !verb.is(class::BORN);
    if plain && (!sure || verb.is(class::BE) && !from_where) {
        return None;
    }
    if verb.is(class::CAME) && !from_where && !s.any(at + 1, to + 1, class::HOME) {
        return None;
    }
    let subject = subject(s, at);
    if verb.is(class::BE) && !verb.is(class::BORN) {
        let prep = prep.unwrap_or(at);
        let organisation = s.at(to + 1).joined() && s.at(to + 1).capital && to + 1 < s.len();
        let far =
            (at + 1..prep).filter(|at| !s.at(*at).is(class::FILL | class::SELF | class::ORIGINALLY)).count();
        if organisation || far > 2 {
            return None;
        }
        if far > 0 && matches!(subject, Subject::Own(from) if s.at(from).is(class::SELF) || from == at) {
            // "jag är ingenjör från Ukraina"
            return Some(Told { from: prep, to, phrase: true, sure: true });
        }
    }
    let (from, certain) = match subject {
        Subject::Thing(from) if verb.is(class::ROOT) => (from, true),
        // "min examen är från Indien" is no origin.
        _ if verb.is(class::ROOT) && s.before(at).is(class::MY) => (at - 1, true),
        Subject::Own(from) if !verb.is(class::BE) || s.at(from).is(class::SELF) || from == at => {
            (from.min(at), true)
        }
        Subject::Family(from) => (from.min(at), true),
        Subject::Thing(from) if verb.is(class::BORN) && s.any(from, at, class::ORIGIN) => (from, true),
        Subject::We(from) if verb.is(class::BORN | class::BE) => (from.min(at), sure),
        Subject::Own(_) | Subject::We(_) | Subject::Thing(_) | Subject::Other | Subject::Unknown => {
            return None;
        }
        Subject::Nobody => {
            let other = class::OTHER | class::DUTY | class::TOPIC;
            let line = verb.is(class::BORN) && !s.any(clause, at, other) && (sure || s.own || s.len() <= 8);
            if !line {
                return None;
            }
            (at, sure)
        }
    };
    if verb.is(class::CAME)
        && !sure
        && !(s.any(from, to, class::ORIGINALLY) || matches!(subject, Subject::Family(_)))
    {
        // A town or a firm: "jag kommer från Lund", "jag kommer från Tetra Pak".
        return Some(Told { from, to, phrase: false, sure: false })
            .filter(|_| from_word(s, to.saturating_sub(1)));
    }
    Some(Told { from, to, phrase: false, sure: sure && certain })
}

/// Whether the preposition says from where.
fn from_word(s: &Sentence, at: usize) -> bool {
    s.at(at).is(class::FROM)
}

/// "av somaliskt ursprung", "svensk medborgare", "jag är kurd".
fn of_a_people(s: &Sentence, at: usize) -> Option<Told> {
    let next = s.at(at + 1);
    let mut to = at;
    // "svensk-iransk", "halvt finsk"
    while s.at(to + 1).is(class::PEOPLE | class::HOME_PEOPLE) && s.at(to + 1).joined() {
        to += 1;
    }
    let next = if to > at { s.at(to + 1) } else { next };
    let others = class::OTHER | class::DUTY | class::TOPIC;
    let mut first = at;
    while first >= 2
        && s.before(first).is(class::CONJ)
        && s.at(first - 2).is(class::PEOPLE | class::HOME_PEOPLE)
    {
        first -= 2;
    }
    let start = s.at(first).clause.max(first.saturating_sub(FAR));
    if next.is(class::ORIGIN) && next.joined() {
        let at = first;
        if s.any(start, at, others) && !s.any(start, at, class::MY | class::SELF) {
            return None;
        }
        if !s.own && s.len() > FAR {
            return None;
        }
        let from = (start..at).find(|at| s.at(*at).is(class::SELF | class::MY)).unwrap_or(at);
        let linked = s.at(from).is(class::MY)
            || s.any(from, at, class::HAVE | class::BE | class::BORN | class::CAME | class::MEMBER)
            || s.before(from).is(class::HAVE | class::BE)
            || s.before(at).is(class::PREP);
        if from < at && !linked || (from..at).any(|at| s.at(at).is(class::TOPIC | class::DUTY)) {
            return None;
        }
        let prep = s.before(at);
        if from == at && prep.is(class::PREP) {
            return Some(Told { from: at - 1, to: to + 1, phrase: true, sure: s.own });
        }
        return Some(Told { from, to: to + 1, phrase: false, sure: true });
    }
    // A label needs to stand as one: "I am Syrian", but not "I am a Swedish teacher".
    let noun = to + 1 < s.len() && next.joined() && !next.known;
    // "as a Kurdish woman"
    let of_one = next.is(class::ONE)
        && !s.at(to).is(class::HOME_PEOPLE)
        && s.own
        && (first.saturating_sub(2)..first).any(|at| s.at(at).is(class::AS | class::BE));
    let attribute =
        next.joined() && next.is(class::OTHER | class::DUTY | class::TOPIC | class::ROLE) && !of_one;
    if attribute || s.at(at).half || noun && (s.at(at).is(class::HOME_PEOPLE) || next.capital) {
        return None;
    }
    // "my parents, Kurdish refugees,"
    let clause = s.at(at).clause;
    let kin = clause > 0
        && s.at(clause).gap == Gap::Comma
        && (clause..at).all(|at| s.at(at).is(class::FILL | class::ARTICLE))
        && s.before(clause).is(class::FAMILY)
        && s.any(clause.saturating_sub(3), clause, class::MY);
    if kin {
        return Some(Told { from: clause, to, phrase: true, sure: true });
    }
    if let Some(is) = in_a_list(s, at).filter(|_| !noun) {
        return Some(Told { from: is, to, phrase: true, sure: true });
    }
    let mut back = at;
    while back > s.at(at).clause && at - back < 4 {
        back -= 1;
        let unit = s.at(back);
        if unit.is(class::BE | class::BORN) {
            return match subject(s, back) {
                // "being Kurdish has taught me", "att vara kurd har lärt mig"
                Subject::Nobody if back <= 1 && s.own && unit.is(class::INFINITIVE) => {
                    Some(Told { from: 0, to, phrase: false, sure: true })
                }
                // "jag är iransk ingenjör"
                Subject::Own(_) if noun => Some(Told { from: at, to, phrase: true, sure: false }),
                Subject::Thing(from) if !s.any(from, back, class::ORIGIN | class::ROOT) => None,
                Subject::Own(from) | Subject::Family(from) | Subject::Thing(from) => {
                    Some(Told { from: from.min(back), to, phrase: false, sure: true })
                }
                _ => None,
            };
        }
        if unit.is(class::AS) && s.own {
            return Some(Told { from: back, to, phrase: true, sure: true });
        }
        if !unit.is(class::FILL | class::PEOPLE | class::HOME_PEOPLE) && unit.trigger.is_none() {
            return None;
        }
    }
    None
}

/// "I am curious, Kurdish and structured": the label itself.
fn in_a_list(s: &Sentence, at: usize) -> Option<usize> {
    let clause = s.at(at).clause;
    if clause != at || s.at(at).gap != Gap::Comma {
        return None;
    }
    let start = s.before(clause).clause;
    let is = (start..clause.min(start + 3)).find(|at| s.at(*at).is(class::BE))?;
    let short = clause - is <= 4 && !s.any(is, clause, class::PREP);
    (short && matches!(subject(s, is), Subject::Own(_))).then_some(at)
}

/// "mitt modersmål är arabiska", "Arabiska (modersmål)".
fn tongue(s: &Sentence, at: usize) -> Option<Told> {
    let next = s.at(at + 1);
    if next.joined() && next.is(class::NO_TONGUE | class::OTHER | class::TOPIC) {
        return None;
    }
    let start = s.at(at).clause.max(at.saturating_sub(FAR));
    if s.any(start, at, class::OTHER | class::DUTY | class::TOPIC) {
        return None;
    }
    let named = (at.saturating_sub(2)..at).find(|at| s.at(*at).is(class::MY));
    let list = !s.own || matches!(s.at(at).gap, Gap::Open | Gap::Comma | Gap::Break);
    let language = class::LANGUAGE | class::PEOPLE | class::HOME_PEOPLE;
    let near = (at.saturating_sub(5)..at + 4).any(|at| s.at(at).is(language));
    if !near {
        return named.filter(|_| s.any(at, s.clause_end(at), class::BE)).map(|from| Told {
            from,
            to: at,
            phrase: false,
            sure: false,
        });
    }
    if list && named.is_none() {
        // In a list of languages the language itself is a skill.
        return Some(Told { from: at, to: at, phrase: true, sure: true });
    }
    Some(Told { from: named.unwrap_or(at), to: at, phrase: false, sure: named.is_some() })
}

/// A line that says it with a label: "Nationalitet: irakisk". First and last unit, and the kind.
pub(super) fn labelled(sentence: &Sentence) -> Option<(usize, usize, Kind)> {
    let s = sentence;
    let head =
        (0..s.len().min(4)).find(|at| s.at(*at).is(class::HEADING) && s.at(at + 1).gap == Gap::Colon)?;
    let value = s.at(head + 1);
    let kind = s.at(head).trigger?.0;
    let short = value.end.saturating_sub(value.start) <= 2 && s.len() <= head + 2;
    if short && kind != Kind::Politics {
        return None;
    }
    let mut to = head + 1;
    while to + 1 < s.len()
        && to < head + 12
        && s.at(to + 1).gap != Gap::Colon
        && !s.at(to + 1).is(class::MASK)
    {
        to += 1;
    }
    Some((head, to, kind)).filter(|_| !value.is(class::MASK))
}
