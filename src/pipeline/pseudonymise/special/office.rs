//! Names of organisations that tell belief, party, union, origin, health, orientation or sex, and
//! roles that do. Where the applicant did something there, only the revealing words are found: the
//! duty and how long it lasted stay. An organisation that was studied, negotiated with or visited is
//! a merit and stays whole.

use super::Kind;
use super::about::Told;
use super::lexicon::{Naming, Realm, class};
use super::sentence::{Gap, Sentence};
use super::subject::{Subject, subject};

/// Longest look back, in units.
const FAR: usize = 12;
/// Most words of a name to one side of its noun.
const NAME: usize = 7;

/// What was found from one unit on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Office {
    /// First and last unit of the revealing words.
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) kind: Kind,
    pub(super) sure: bool,
    /// A statement of membership or opinion, to be taken as a sentence.
    pub(super) statement: Option<Told>,
}

impl Office {
    fn name(from: usize, to: usize, sure: bool) -> Self {
        Self { from, to, kind: Kind::Voluntary, sure, statement: None }
    }
}

/// The role or organisation whose noun is at `at`. `free`: the first unit that is not yet part of
/// another finding.
pub(super) fn office(sentence: &Sentence, at: usize, free: usize) -> Option<Office> {
    let s = sentence;
    let unit = s.at(at);
    match unit.naming {
        Some((Naming::Role, _)) => return role(s, at),
        Some((Naming::Service, _)) => return service(s, at),
        Some((Naming::Letter, _)) => {
            if let Some(found) = letter(s, at) {
                return Some(found);
            }
        }
        Some((Naming::Cue, _)) => return cue(s, at),
        _ => {}
    }
    let name = name(s, at, free)?;
    judged(s, name)
}

/// A name in a sentence.
#[derive(Clone, Copy)]
struct Name {
    from: usize,
    to: usize,
    realm: Realm,
    /// Written as a name, not as "kyrkan" or "klubben".
    proper: bool,
    /// Needs a role beside it.
    doubtful: bool,
}

/// The whole name around the noun at `at`, with its place: "Klippans roddklubb", "SSU Klippan".
fn name(s: &Sentence, at: usize, free: usize) -> Option<Name> {
    let unit = s.at(at);
    let (realm, first, last, doubtful) = match unit.naming {
        Some((Naming::Doubtful, realm)) => {
            let next = s.at(at + 1);
            let compound =
                at + 1 < s.len() && next.gap == Gap::Glue && !next.capital && next.start > unit.end;
            let numbered = next.is(class::NUMBER) && next.joined();
            if !unit.capital || numbered || compound {
                return None;
            }
            (realm, at, at, true)
        }
        Some((Naming::Fixed | Naming::Noun, realm)) => (realm, at, at, false),
        _ if unit.is(class::CLUB_LETTERS) && unit.capitals => {
            let beside = [s.before(at), s.at(at + 1)];
            // In a line of capitals they are words.
            let named = |neighbour: super::sentence::Unit| {
                neighbour.capital && !neighbour.capitals && !neighbour.is(class::ROLE)
            };
            let ahead = unit.joined() && at > free && named(beside[0]);
            let behind = s.at(at + 1).joined() && at + 1 < s.len() && named(beside[1]);
            if !ahead && !behind {
                return None;
            }
            (Realm::Sport, at, at, false)
        }
        _ if unit.is(class::ADJECTIVE | class::PEOPLE) => {
            // "Islamiska kulturföreningen", "Somali Women's Association"
            let mut last = at + 1;
            while last < s.len()
                && last - at < 4
                && s.at(last).joined()
                && !s.at(last).is(class::COMMON)
                && (s.at(last).capital || s.at(last).is(class::ADJECTIVE | class::PEOPLE))
            {
                last += 1;
            }
            if !(s.at(last).is(class::COMMON) && s.at(last).joined() && last < s.len()) {
                last = headed(s, at)?;
            }
            let realm = if unit.is(class::PEOPLE) {
                Realm::Ethnicity
            } else {
                s.at(at).trigger.map_or(Realm::Belief, |(kind, _)| realm_of(kind))
            };
            (realm, at, last, false)
        }
        _ => return None,
    };
    let from = start_of(s, first, free);
    let to = end_of(s, last);
    let common = matches!(unit.naming, Some((Naming::Noun, Realm::Union)));
    let proper = !common
        && matches!(unit.naming, Some((Naming::Fixed | Naming::Doubtful, _)))
        && (unit.some_capital || unit.end - unit.start > 8)
        || !common
            && (from..=to).any(|at| s.at(at).capital && !(at == 0 && from == to && !s.at(at).capitals));
    Some(Name { from, to, realm, proper, doubtful })
}

/// The noun of an association that only its office tells: "kassör i Islamiska läxhjälpen".
fn headed(s: &Sentence, at: usize) -> Option<usize> {
    let led = s.before(at).is(class::TAIL_PREP | class::ARTICLE) && s.at(at).joined() || !s.at(at).joined();
    let official = s.any(at.saturating_sub(4), at, class::OFFICIAL) && !s.any(0, at, class::NEGOTIATION);
    let last = at + 1;
    let noun = s.at(last).joined() && last < s.len() && !s.at(last).is(AFTER_NAME | class::OTHER);
    (s.at(at).capital && led && official && noun).then_some(last)
}

/// An organisation that stands for what the sentence has revealed already: its first and last unit.
pub(super) fn beside(s: &Sentence, at: usize, free: usize, kind: Kind) -> Option<(usize, usize)> {
    if !matches!(s.at(at).naming, Some((Naming::Fixed | Naming::Doubtful | Naming::Noun, _))) {
        return None;
    }
    let name = name(s, at, free)?;
    let told = match name.realm {
        Realm::Politics => kind == Kind::Politics,
        Realm::Union => kind == Kind::Union,
        Realm::Belief => kind == Kind::Belief,
        Realm::Orientation => kind == Kind::Orientation,
        Realm::Ethnicity => kind == Kind::Ethnicity,
        Realm::Health => kind == Kind::Health,
        Realm::Sport | Realm::Military | Realm::Temperance => false,
    };
    let work = class::NEGOTIATION | class::TOPIC | class::DUTY | class::OTHER;
    let clear = !s.any(s.at(name.from).clause, name.from, work);
    (told && clear && (name.proper || name.realm == Realm::Union)).then_some((name.from, name.to))
}

fn realm_of(kind: Kind) -> Realm {
    match kind {
        Kind::Politics => Realm::Politics,
        Kind::Union => Realm::Union,
        Kind::Orientation => Realm::Orientation,
        Kind::Ethnicity => Realm::Ethnicity,
        Kind::Health => Realm::Health,
        _ => Realm::Belief,
    }
}

/// First unit of the name: over capitalised words and adjectives.
fn start_of(s: &Sentence, first: usize, free: usize) -> usize {
    let mut from = first;
    while from > free && first - from < NAME && s.at(from).joined() {
        let unit = s.at(from - 1);
        let glued = s.at(from).gap == Gap::Glue;
        let joins = unit.capital || unit.is(class::ADJECTIVE | class::PEOPLE) || glued;
        // A verb or a role opens the sentence with a capital letter.
        let stops = unit.is(class::ROLE
            | class::TAIL_PREP
            | class::MASK
            | class::NUMBER
            | class::MEMBER
            | class::SELF
            | class::MY)
            || unit.capital && unit.known && !unit.is(NAME_WORDS) && unit.naming.is_none()
            || unit.capital && !unit.known && from - 1 == 0 && verb_like(s, from - 1);
        if !joins || stops {
            break;
        }
        from -= 1;
    }
    // "Autism- och Aspergerförbundet"
    if from >= free + 2 && s.before(from).is(class::CONJ) && s.at(from - 2).half && s.at(from - 2).capital {
        from -= 2;
    }
    if from > free && s.at(from).joined() && s.before(from).is(class::ARTICLE) { from - 1 } else { from }
}

/// Known words that are parts of names.
const NAME_WORDS: u128 = class::ADJECTIVE
    | class::PEOPLE
    | class::HOME_PEOPLE
    | class::PLACE
    | class::ABBREVIATION
    | class::BRANCH
    | class::CLUB_LETTERS
    | class::COMMON;

/// An unknown word at the head of a sentence that may be a verb: "Fikade", "Drömde".
fn verb_like(s: &Sentence, at: usize) -> bool {
    let length = s.at(at).end - s.at(at).start;
    s.own && length > 2 && !s.at(at + 1).capital
}

/// Last unit of the name: over capitalised words, branches and places.
fn end_of(s: &Sentence, last: usize) -> usize {
    let mut to = last;
    let mut at = last + 1;
    while at < s.len() && at - last <= NAME {
        let unit = s.at(at);
        let genitive = s.at(at + 1).joined()
            && at + 1 < s.len()
            && !s.at(at + 1).capital
            && !s.at(at + 1).is(AFTER_NAME);
        let suffix = unit.gap == Gap::Glue && unit.end - unit.start == 1 && !unit.capital;
        if !unit.joined() || unit.is(class::MASK) {
            break;
        }
        if suffix {
            to = at;
        } else if unit.is(class::ROLE | class::SELF | class::HAVE) && !unit.is(class::BRANCH) {
            break;
        } else if unit.is(class::BRANCH) {
            to = at;
            if s.at(at + 1).is(class::NUMBER) && s.at(at + 1).joined() && !year(s, at + 1) {
                to = at + 1;
                at += 1;
            }
        } else if unit.is(class::TAIL_PREP) && (!unit.capital || s.shouted) {
            let next = s.at(at + 1);
            let after = s.at(at + 2);
            let owner = after.joined() && at + 2 < s.len() && !after.capital && !after.is(AFTER_NAME);
            let placed = next.joined()
                && (next.capital && !next.is(class::SELF | class::ROLE | class::CONJ)
                    || next.is(class::BRANCH));
            if !placed || owner && !next.is(class::PLACE | class::BRANCH) && ends_in_s(s, at + 1) {
                break;
            }
            to = at + 1;
            at += 1;
        } else if unit.capital && !unit.is(class::CONJ) && !(genitive && ends_in_s(s, at)) {
            to = at;
        } else {
            break;
        }
        at += 1;
    }
    to
}

/// What may follow a name without being named by it.
const AFTER_NAME: u128 = class::CONJ
    | class::PREP
    | class::FILL
    | class::ROLE
    | class::HAVE
    | class::BE
    | class::SUB
    | class::REL
    | class::SELF
    | class::NUMBER
    | class::MASK
    | class::BRANCH
    | class::CAUSE;

fn ends_in_s(s: &Sentence, at: usize) -> bool {
    s.at(at).last == b's'
}

fn year(s: &Sentence, at: usize) -> bool {
    s.at(at).end - s.at(at).start >= 4
}

/// Whether the applicant did something in the organisation, and what is to be taken.
fn judged(s: &Sentence, name: Name) -> Option<Office> {
    let before = s.before(name.from);
    let joined = s.at(name.from).joined() && name.from > 0;
    let english_with = before.is(class::PREP) && s.english;
    let sided = name.from >= 2 && s.at(name.from - 2).is(class::VOTE | class::MEMBER);
    let comrades = name.realm == Realm::Union && s.own && !name.proper;
    if joined && before.is(class::AGAINST)
        || joined && with(s, name.from) && !english_with && !sided && !comrades
    {
        return None;
    }
    if s.at(0).is(class::INTERESTS) && s.at(1).gap == Gap::Colon && name.from > 0 {
        return Some(Office::name(name.from, name.to, true));
    }
    if s.any(0, s.len(), class::CONTRACT) {
        return None;
    }
    let served = joined && before.is(class::FOR_WHOM);
    let mut beside = Beside::Nothing;
    let mut at = name.from;
    let clause = s.at(name.from).clause;
    while at > 0 && name.from - at < FAR {
        if at == clause && s.own && !matches!(s.at(at).gap, Gap::Comma | Gap::Open | Gap::Break) {
            // Another statement ends here.
            if beside == Beside::Nothing && s.at(at).is(class::CONJ) && at + 2 < name.from {
                break;
            }
        }
        at -= 1;
        let unit = s.at(at);
        // Whatever was done for it was done in it.
        if unit.is(class::NEGOTIATION) && !served {
            return None;
        }
        if !served && unit.is(class::TOPIC) && !unit.is(class::ROLE) {
            return None;
        }
        if unit.is(class::MEMBER | class::VOTE) {
            beside = Beside::Member(at);
            break;
        }
        if unit.is(class::OFFICIAL) && !unit.is(class::PREP) {
            beside = Beside::Official;
            break;
        }
        if unit.is(class::ROLE) && !unit.is(class::PREP) {
            beside = Beside::Role;
            break;
        }
        if unit.naming.is_some_and(|(naming, _)| matches!(naming, Naming::Role | Naming::Cue)) {
            beside = Beside::Role;
            break;
        }
    }
    // "I am a Unison member"
    let after = s.at(name.to + 1);
    let own = (clause..name.from).find(|at| s.at(*at).is(class::SELF));
    if let Some(own) = own
        && after.is(class::MEMBER)
        && after.joined()
        && s.any(own, name.from, class::BE)
    {
        let found = member(s, name, own);
        let statement = found.statement.map(|told| Told { to: name.to + 1, ..told });
        return Some(Office { to: name.to + 1, statement, ..found });
    }
    let elected = s.any(at.saturating_sub(3), name.from, class::ELECTED);
    let ahead = role_follows(s, name.to);
    if name.realm == Realm::Politics && elected && name.proper {
        return Some(Office { kind: Kind::Politics, ..Office::name(name.from, name.to, true) });
    }
    if let Beside::Member(verb) = beside {
        return Some(member(s, name, verb));
    }
    if name.doubtful {
        let next = s.at(name.to + 1);
        let role = beside == Beside::Role && matches!(name.realm, Realm::Orientation | Realm::Temperance);
        let needed = beside == Beside::Official || role || ahead && name.from == 0 && !next.joined();
        return needed.then(|| Office::name(name.from, name.to, true));
    }
    // "vår moské"
    if before.is(class::MY) && joined && matches!(name.realm, Realm::Belief | Realm::Ethnicity | Realm::Union)
    {
        return Some(Office::name(name.from, name.to, true));
    }
    let placed = before.is(class::TAIL_PREP | class::PREP) || !joined || before.is(class::ROLE | class::FILL);
    let sure = beside != Beside::Nothing;
    let near = s.any(name.from.saturating_sub(3), name.from, class::PREP);
    if sure && (placed || near || name.proper) {
        return Some(Office::name(name.from, name.to, true));
    }
    if !name.proper {
        // "i kyrkan lärde jag mig"
        let opens = s.own
            && matches!(name.realm, Realm::Belief | Realm::Union)
            && name.from == 1
            && before.is(class::TAIL_PREP | class::PREP);
        if opens {
            return Some(Office::name(name.from, name.to, false));
        }
        // "jag tog strid med facket": no employer speaks so.
        let work = class::NEGOTIATION | class::TOPIC | class::DUTY;
        let fellow = s.own && name.realm == Realm::Union && !s.any(0, s.len(), work);
        return (ahead && name.from == 0 || fellow).then(|| Office::name(name.from, name.to, true));
    }
    // "jag delar Vänsterpartiets syn"
    let work = class::NEGOTIATION | class::TOPIC | class::DUTY | class::OTHER;
    if name.realm == Realm::Politics && s.own && !s.any(0, s.len(), work) {
        return Some(Office { kind: Kind::Politics, ..Office::name(name.from, name.to, false) });
    }
    // A line of a CV that begins with the name, or a sentence of the applicant about it.
    let line = !s.own && (name.from <= 3 || !joined) && (ahead || heads_a_line(s, name.to));
    (line || s.own && name.from > 0 && (placed || !joined))
        .then(|| Office::name(name.from, name.to, line && ahead))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nothing,
    Role,
    /// A role that is elected in organisations.
    Official,
    Member(usize),
}

/// "med" before the name: something was done with the organisation, not in it.
fn with(s: &Sentence, from: usize) -> bool {
    s.before(from).is(class::WITH)
}

/// Whether a role stands directly behind the name, as in "SSU Klippan, kassör".
fn role_follows(s: &Sentence, to: usize) -> bool {
    (to + 1..(to + 4).min(s.len())).any(|at| s.at(at).is(class::ROLE) && !s.at(at).is(class::PREP))
}

/// Whether the name is followed by nothing that makes it the subject of a sentence.
fn heads_a_line(s: &Sentence, to: usize) -> bool {
    let next = s.at(to + 1);
    to + 1 >= s.len() || next.is(class::NUMBER) || !next.joined()
}

/// "jag är medlem i Moderaterna": the whole statement, where the organisation tells what she thinks
/// or is. On a line of a CV the name is enough.
fn member(s: &Sentence, name: Name, verb: usize) -> Office {
    let kind = match name.realm {
        Realm::Politics => Kind::Politics,
        Realm::Union => Kind::Union,
        Realm::Belief => Kind::Belief,
        Realm::Orientation => Kind::Orientation,
        Realm::Ethnicity => Kind::Ethnicity,
        Realm::Health => Kind::Health,
        Realm::Sport | Realm::Military | Realm::Temperance => {
            return Office::name(name.from, name.to, true);
        }
    };
    let clause = s.at(verb).clause;
    let own = (clause..verb + 2).find(|at| s.at(*at).is(class::SELF));
    // "jag ledde projektet och röstar på Centern"
    let goes_on = s.own && s.at(clause).is(class::AND) && verb == clause + 1;
    let Some(own) = own.or(goes_on.then_some(verb)) else {
        return Office::name(name.from, name.to, true);
    };
    // "jag ledde ett projekt som medlem i Vänsterpartiet"
    let as_one = (verb.saturating_sub(2)..verb).find(|at| s.at(*at).is(class::AS) && *at > own);
    let told = match as_one {
        Some(from) => Told { from, to: name.to, phrase: true, sure: true },
        None => Told { from: own.min(verb), to: name.to, phrase: false, sure: true },
    };
    Office { kind, statement: Some(told), ..Office::name(name.from, name.to, true) }
}

/// "diakon", "imam": as a role of the applicant.
fn role(s: &Sentence, at: usize) -> Option<Office> {
    let mut back = at;
    while back > 0
        && s.at(back).joined()
        && s.before(back).is(class::FILL)
        && !s.before(back).is(class::ORIGIN_PREP)
    {
        back -= 1;
    }
    let unit = s.at(at);
    let before = s.before(back);
    let the = back != at && (back..at).any(|at| s.at(at).is(class::ARTICLE));
    let opens = back == 0 || !s.at(back).joined();
    let own = before.is(class::BE)
        && matches!(subject(s, back - 1), Subject::Own(_) | Subject::Nobody | Subject::Family(_));
    // "min far, pastor"
    let kin = back > 0 && s.at(back).gap == Gap::Comma && before.is(class::FAMILY);
    let linked = kin || before.is(class::AS | class::ROLE | class::NUMBER | class::CONJ) && !with(s, back);
    let topic = s.any(at.saturating_sub(FAR), at, class::TOPIC | class::NEGOTIATION);
    let talks = opens && s.at(at + 1).joined() && s.at(at + 1).is(class::BE | class::HAVE);
    (!unit.is(class::MASK) && !topic && !talks && (opens && !(back != at && s.own) && !the || own || linked))
        .then(|| Office::name(at, at, true))
}

/// Military service.
fn service(s: &Sentence, at: usize) -> Option<Office> {
    let start = s.at(at).clause.max(at.saturating_sub(FAR));
    let other = class::TOPIC | class::NEGOTIATION | class::AGAINST;
    let others = s.any(start, at, class::OTHER) && !s.own;
    (!s.any(start, at, other) && !others && !s.at(at).half).then(|| Office::name(at, at, true))
}

/// A party in parentheses behind an office: "ledamot i nämnden (S)".
fn letter(s: &Sentence, at: usize) -> Option<Office> {
    let unit = s.at(at);
    let closed = s.at(at + 1).gap == Gap::Close || at + 1 == s.len();
    let office = s.any(at.saturating_sub(8), at, class::ELECTED | class::OFFICIAL);
    // "jag är medlem i S", "jag röstade på V"
    let member = unit.joined()
        && !s.english
        && s.before(at).is(class::TAIL_PREP)
        && s.any(at.saturating_sub(3), at, class::MEMBER | class::VOTE);
    if let Some(own) = (s.at(at).clause..at).find(|at| s.at(*at).is(class::SELF))
        && member
        && unit.capitals
    {
        let told = Told { from: own, to: at, phrase: false, sure: true };
        return Some(Office { kind: Kind::Politics, statement: Some(told), ..Office::name(at, at, true) });
    }
    (unit.capitals && unit.gap == Gap::Open && closed && office)
        .then(|| Office { kind: Kind::Politics, ..Office::name(at, at, true) })
}

/// "fackligt" before a role.
fn cue(s: &Sentence, at: usize) -> Option<Office> {
    let next = s.at(at + 1);
    let start = s.at(at).clause.max(at.saturating_sub(FAR));
    let other = class::TOPIC | class::NEGOTIATION | class::AGAINST | class::OTHER;
    (next.is(class::AFTER_CUE) && next.joined() && !s.any(start, at, other))
        .then(|| Office::name(at, at, true))
}
