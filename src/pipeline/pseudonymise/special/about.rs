//! Whether a revealing word is said of the applicant. It looks back from the word for what governs
//! it: a possessive, a verb with its subject, a preposition of cause, or the work, study or other
//! people that make it a merit. Every look is short.

use super::Kind;
use super::lexicon::{Mode, class};
use super::sentence::{Gap, Sentence, Unit};

/// How far a look goes, in units.
const FAR: usize = 14;

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

/// Of whom a verb is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// The writer. The unit tells where.
    Own(usize),
    /// The writer's family.
    Family(usize),
    /// A thing of the writer's: "mitt minne är", "min bakgrund är".
    Thing(usize),
    /// Somebody else.
    Other,
    /// Nobody is named, as on a line of a CV.
    Nobody,
    /// Nothing to tell it by.
    Unknown,
}

/// Whether the trigger at `at` is said of the applicant.
pub(super) fn told(sentence: &Sentence, at: usize, last: Option<usize>) -> Option<Told> {
    let unit = sentence.at(at);
    let (kind, mode) = unit.trigger?;
    if mode == Mode::Heading {
        return None;
    }
    if kind == Kind::ProtectedIdentity {
        return protected(sentence, at);
    }
    if part_of_something_else(sentence, at, mode) {
        return None;
    }
    let near = at.saturating_sub(5).max(sentence.at(at).clause);
    if kind == Kind::Offence && sentence.any(near, at, class::NEGATION) {
        return None;
    }
    Look::new(sentence, at, kind, mode).back().or_else(|| {
        // Named in one breath with a revelation: "sjukskriven (utmattning)".
        let last = last.filter(|last| at - last < 6)?;
        let light = (last + 1..at).all(|at| sentence.at(at).is(LIGHT));
        light.then_some(Told { from: last, to: at, phrase: false, sure: true })
    })
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
    if next.gap == Gap::Glue && mode != Mode::State {
        return !next.is(class::GLUE) && next.trigger.is_none() && !next.is(class::FILL | class::NUMBER);
    }
    let possessed = sentence.before(at).is(class::MY);
    if next.is(class::OTHER) && !next.is(class::FILL) && !next.is(class::SELF) {
        // "sjuka elever", but "jag är en sjuk man", "när jag var sjuk andra gången".
        let mut back = at;
        while back > 0 && at - back < 3 && sentence.before(back).is(class::FILL) {
            back -= 1;
        }
        return !(possessed
            || mode == Mode::Label && sentence.before(back).is(class::BE)
            || mode == Mode::State && sentence.own);
    }
    let working = next.is(class::DUTY | class::TOPIC) && !next.is(class::PREP | class::GLUE);
    working && sentence.english && mode == Mode::Noun && !possessed
}

/// The look back from one trigger.
struct Look<'s> {
    sentence: &'s Sentence,
    at: usize,
    kind: Kind,
    mode: Mode,
    /// Units so far that say nothing of who is meant.
    unknown: usize,
    /// A preposition stood between.
    prep: Option<usize>,
    /// A verb that does not govern the trigger stood between.
    verb: bool,
}

impl<'s> Look<'s> {
    fn new(sentence: &'s Sentence, at: usize, kind: Kind, mode: Mode) -> Self {
        Self { sentence, at, kind, mode, unknown: 0, prep: None, verb: false }
    }

    #[expect(clippy::unnecessary_wraps, reason = "it is the answer of callers that may have none")]
    fn told(&self, from: usize, sure: bool) -> Option<Told> {
        Some(Told { from: from.min(self.at), to: self.at, phrase: false, sure })
    }

    #[expect(clippy::unnecessary_wraps, reason = "it is the answer of callers that may have none")]
    fn phrase(&self, from: usize, sure: bool) -> Option<Told> {
        Some(Told { from, to: self.at, phrase: true, sure })
    }

    fn back(mut self) -> Option<Told> {
        let s = self.sentence;
        let mut clause = s.at(self.at).clause;
        let mut light = true;
        let mut at = self.at;
        if s.at(at).is(class::MY) {
            return self.possessed(at);
        }
        while at > 0 && self.at - at < FAR {
            if at == clause {
                let before = s.before(at);
                let goes_on =
                    before.trigger.is_some() || before.is(LIGHT | class::SELF | class::HAVE | class::BE);
                if light && self.mode == Mode::Label && self.unknown == 0 {
                    // "jag är tvåbarnsmamma, kristen och nyfiken"
                    let start = at.saturating_sub(4).max(before.clause);
                    if let Some(is) = (start..at).find(|at| s.at(*at).is(class::BE)) {
                        return self.is_it(is);
                    }
                }
                if !light || !goes_on {
                    break;
                }
                clause = s.before(at).clause;
            }
            at -= 1;
            let unit = s.at(at);
            if unit.is(class::LIVED) {
                return if s.before(at).is(class::OTHER) { None } else { self.told(at, true) };
            }
            if unit.is(class::MY) && !s.at(at + 1).is(class::FAMILY) {
                let near = usize::from(self.mode == Mode::Noun);
                if self.prep.is_none() && self.unknown <= near && !self.verb {
                    return self.possessed(at);
                }
                if self.mode != Mode::Noun && self.unknown > 0 {
                    // "when my manager was on sick leave"
                    return None;
                }
                self.unknown += 1;
                light = false;
                continue;
            }
            if unit.is(class::FAMILY) && self.has_owner(at) {
                return self.family(at);
            }
            if unit.is(class::OTHER | class::FAMILY) && !unit.is(class::FILL) {
                return self.other(at);
            }
            if unit.is(class::TOPIC) {
                return None;
            }
            if unit.is(class::CAUSE) && light {
                return self.caused(at);
            }
            if unit.is(class::BE) && self.mode != Mode::Noun {
                return self.is_it(at);
            }
            if unit.is(class::BE) && self.prep.is_some() && self.unknown <= 2 {
                return self.is_with(at);
            }
            if unit.is(class::HAVE)
                && self.mode == Mode::Noun
                && !self.verb
                && let Some(ruling) = self.has_it(at)
            {
                return ruling;
            }
            if unit.is(class::HAVE)
                && self.mode == Mode::State
                && at <= 1
                && self.unknown == 0
                && subject(s, at) == Subject::Nobody
            {
                return self.told(at, true);
            }
            if unit.is(class::SELF) {
                return self.own(at);
            }
            if unit.is(class::AS) && self.mode == Mode::Label && self.unknown == 0 {
                return self.as_one(at);
            }
            if unit.is(class::DUTY) && !unit.is(class::FILL) {
                return None;
            }
            if unit.is(class::ABOUT) && self.mode == Mode::Noun && self.at - at <= 2 && !unit.is(class::CONJ)
            {
                return None;
            }
            if unit.is(class::HAVE | class::BE) {
                self.verb = true;
            }
            if unit.is(class::PREP) {
                self.prep = self.prep.or(Some(at));
                light = false;
            } else if unit.trigger.is_some() || unit.is(LIGHT) {
            } else if !(unit.is(class::HAVE | class::BE)) {
                self.unknown += 1;
                light = false;
            }
        }
        self.unsaid(at, light)
    }

    /// "min dyslexi", "my depression".
    fn possessed(&self, at: usize) -> Option<Told> {
        let s = self.sentence;
        if self.mode == Mode::Label {
            // "min sjuka kollega" is not the applicant.
            return None;
        }
        let before = s.before(at);
        if before.is(class::CAUSE) && before.clause == s.at(at).clause {
            return self.phrase(at - 1, true);
        }
        if before.is(class::PREP) && before.clause == s.at(at).clause {
            return self.phrase(at - 1, true);
        }
        self.told(at, true)
    }

    /// Whether a person of a family is the applicant's: "min bror", "mina kurdiska föräldrar".
    fn has_owner(&self, at: usize) -> bool {
        let s = self.sentence;
        let parents = self.kind == Kind::Ethnicity && !s.at(at).is(class::OTHER);
        parents
            || s.before(at).is(class::MY)
            || s.before(at).is(LIGHT) && at > 1 && s.at(at - 2).is(class::MY)
    }

    /// "min son har autism": not the applicant, and still nobody's business.
    fn family(&self, at: usize) -> Option<Told> {
        let s = self.sentence;
        let from = if s.before(at).is(class::MY) { at - 1 } else { at };
        let own = s.own || from < at;
        (own && self.unknown <= 3 && (self.mode != Mode::State || self.kind == Kind::Ethnicity))
            .then(|| self.told(from, self.kind == Kind::Ethnicity))?
    }

    /// "elever med autism" is a merit, "jag är student med autism" is not.
    fn other(&self, at: usize) -> Option<Told> {
        let s = self.sentence;
        if s.before(at).is(class::MY) && s.at(at).is(class::OTHER) {
            return (self.unknown <= 2).then(|| self.told(at - 1, false))?;
        }
        let linked = self.prep.is_some_and(|prep| prep == at + 1 && s.at(prep).is(class::WITH))
            || s.at(at + 1).is(class::REL);
        let mut back = at;
        while linked && back > 0 && at - back < 4 {
            back -= 1;
            let unit = s.at(back);
            if unit.is(class::BE) {
                return match subject(s, back) {
                    Subject::Own(from) => self.told(from.min(back), true),
                    _ => None,
                };
            }
            if unit.is(class::AS) && s.own {
                return self.phrase(back, true);
            }
            if unit.is(class::PREP | class::DUTY | class::TOPIC | class::CONJ) {
                return None;
            }
        }
        None
    }

    /// "på grund av utmattning", "under min graviditet".
    fn caused(&self, at: usize) -> Option<Told> {
        let s = self.sentence;
        if self.mode == Mode::Label && self.unknown > 0 {
            return None;
        }
        let start = at.saturating_sub(FAR);
        if s.before(at).trigger.is_some() || s.any(start.max(s.at(at).clause), at, class::OTHER) {
            return None;
        }
        if self.mode == Mode::Noun && self.noun_follows() && s.english {
            return None;
        }
        if s.own {
            let own = s.any(s.at(at).clause, s.clause_end(self.at), class::SELF | class::MY);
            return own.then(|| self.phrase(at, true))?;
        }
        (!s.any(start, at, class::DUTY | class::TOPIC | class::OTHER)).then(|| self.phrase(at, false))?
    }

    /// "jag är muslim", "jag har varit sjukskriven".
    fn is_it(&self, at: usize) -> Option<Told> {
        let s = self.sentence;
        if self.unknown > 2 || self.mode == Mode::Label && self.prep.is_some() {
            return None;
        }
        let plain = self.unknown == 0 && !self.noun_follows();
        match subject(s, at) {
            Subject::Own(from) => {
                if self.mode == Mode::Label && self.unknown > 0 && !self.loose() {
                    return None;
                }
                if self.mode == Mode::Label && s.english && self.kind != Kind::Health && self.noun_follows() {
                    // "a refugee guide"
                    return None;
                }
                self.told(from.min(at), plain)
            }
            Subject::Family(from) => self.told(from.min(at), self.kind == Kind::Ethnicity),
            Subject::Nobody if self.mode == Mode::Label && (s.len() > 8 || !plain) => None,
            Subject::Nobody => self.told(at, self.mode == Mode::State || plain),
            Subject::Thing(_) | Subject::Other | Subject::Unknown => None,
        }
    }

    /// Whether the unknown words before a label may be read over: "jag är en ganska troende muslim".
    fn loose(&self) -> bool {
        let before = self.sentence.before(self.at);
        !before.is(class::PREP) && self.unknown <= 1
    }

    /// "jag är en ekonom med ADHD".
    fn is_with(&self, at: usize) -> Option<Told> {
        match subject(self.sentence, at) {
            Subject::Own(from) => match self.prep.filter(|prep| self.sentence.at(*prep).is(class::WITH)) {
                Some(prep) => self.phrase(prep, true),
                None => self.told(from.min(at), self.unknown == 0),
            },
            Subject::Family(from) => self.told(from, false),
            _ => None,
        }
    }

    /// "jag har ADHD", "diagnosed with autism". `None`: the verb does not govern the trigger.
    #[expect(clippy::option_option, reason = "no ruling, or a ruling that nothing is told")]
    fn has_it(&mut self, at: usize) -> Option<Option<Told>> {
        let s = self.sentence;
        // "jag har sett depression": another verb comes between.
        let first = s.at(at + 1);
        if self.unknown > 0 {
            let supine = !first.known && (first.last == b't' || s.english) && at + 1 < self.at;
            if supine || self.unknown > 2 {
                return None;
            }
        }
        let sure = self.unknown == 0;
        Some(match subject(s, at) {
            Subject::Own(from) => self.told(from.min(at), sure),
            Subject::Family(from) => self.told(from.min(at), false),
            Subject::Nobody => self.told(at, sure),
            Subject::Other => None,
            Subject::Thing(_) | Subject::Unknown => return None,
        })
    }

    /// "jag ..." with a verb that is not in the lists.
    fn own(&self, at: usize) -> Option<Told> {
        let s = self.sentence;
        let far = if self.mode == Mode::State { 5 } else { 3 };
        let attribute = self.mode == Mode::Label && (self.prep.is_some() || self.noun_follows());
        // "jag har sett", "I have been", "I followed three students with".
        let noun = self.mode == Mode::Noun
            && (self.verb
                || self.unknown > 0 && s.at(self.at).is(class::STRICT)
                || self.unknown > 0 && self.prep.is_some_and(|prep| s.at(prep).is(class::WITH))
                || s.english && self.noun_follows());
        if self.unknown > far || attribute || noun || self.mode == Mode::Label && self.unknown > 0 {
            return None;
        }
        let relative = s.at(at + 1).is(class::REL);
        let from = self.verb_before(at);
        let governed = relative || from < at;
        let sure = self.mode == Mode::State && self.unknown <= 1 || governed && self.unknown == 0;
        self.told(from, sure)
    }

    /// The finite verb before "jag" in Swedish: "därför blev jag".
    fn verb_before(&self, at: usize) -> usize {
        let s = self.sentence;
        let before = s.before(at);
        if before.is(class::HAVE | class::BE) && before.clause == s.at(at).clause { at - 1 } else { at }
    }

    /// "som muslim", "as a refugee".
    fn as_one(&self, at: usize) -> Option<Told> {
        let s = self.sentence;
        if self.noun_follows() || s.before(at).is(class::OTHER) {
            return None;
        }
        let alone = at == 0 || s.before(at).is(class::CONJ) || s.own;
        alone.then(|| self.phrase(at, s.own))?
    }

    /// Whether a noun follows the label, so that it may be an attribute: "a Christian school".
    fn noun_follows(&self) -> bool {
        let s = self.sentence;
        let next = s.at(self.at + 1);
        // In Swedish the verb stands before "jag": "som muslim vet jag".
        let verb = s.at(self.at + 2).is(class::NOMINATIVE) && !s.english;
        self.at + 1 < s.len() && next.joined() && !next.known && !next.capital && !verb
    }

    /// Nothing governs the trigger: it may stand alone, or be told by what follows.
    fn unsaid(&self, reached: usize, light: bool) -> Option<Told> {
        let s = self.sentence;
        let end = s.clause_end(self.at);
        let work = class::OTHER | class::DUTY | class::TOPIC;
        let start = s.at(self.at).clause.max(self.at.saturating_sub(FAR));
        let close = end.min(self.at + 6);
        match self.mode {
            Mode::Heading => None,
            Mode::State => {
                let clean = !s.any(start, close, work);
                let inherits = light && matches!(inherited(s, s.at(self.at).clause, 0), Subject::Own(_));
                let spoken = s.any(start, end, class::NOMINATIVE) || inherits;
                if self.at == 0 && clean {
                    return self.told(self.at, true);
                }
                if spoken && (reached == 0 || clean) && !s.any(start, self.at, work) {
                    return self.told(self.at, true);
                }
                let alone = stands_alone(s, self.at) || start == self.at && s.len() <= 14;
                (clean && !s.own && alone && !s.any(0, s.len(), work)).then(|| self.told(self.at, true))?
            }
            Mode::Label => {
                let alone = stands_alone(s, self.at);
                (alone && !s.own && self.unknown == 0 && !s.any(0, s.len(), work))
                    .then(|| self.told(self.at, true))?
            }
            Mode::Noun => {
                if self.unknown == 0
                    && let Some(after) = self.said_after(close)
                {
                    return Some(Told { from: self.at, to: after, phrase: false, sure: false });
                }
                let clause = s.at(self.at).clause;
                let personal =
                    s.at(clause).gap == Gap::Colon && s.before(clause).is(class::PERSONAL) && light;
                let alone = stands_alone(s, self.at) && s.at(self.at).is(class::SOLO) || personal;
                (alone && !s.any(0, s.len(), work)).then(|| self.told(self.at, true))?
            }
        }
    }
}

impl Look<'_> {
    /// The writer behind the trigger: "dyslexi har jag haft", "utmattningen lärde mig".
    fn said_after(&self, close: usize) -> Option<usize> {
        let s = self.sentence;
        let (mut unknown, mut has) = (0, false);
        for at in self.at + 1..close {
            let unit = s.at(at);
            if unit.is(class::NOMINATIVE) {
                return (has && unknown == 0).then_some(at);
            }
            if unit.is(class::SELF) {
                return Some(at);
            }
            has |= unit.is(class::HAVE | class::BE);
            if unit.is(class::OTHER | class::TOPIC | class::PREP) && !unit.is(class::FILL) {
                return None;
            }
            if !unit.is(LIGHT | class::HAVE | class::BE) {
                unknown += 1;
            }
            if unknown > 1 {
                return None;
            }
        }
        None
    }
}

/// Units that lie between a word and what governs it without saying anything themselves.
const LIGHT: u128 = class::FILL
    | class::CONJ
    | class::NUMBER
    | class::PEOPLE
    | class::HOME_PEOPLE
    | class::GLUE
    | class::SUB
    | class::ADJECTIVE;

/// Whether the line says little else than the trigger.
fn stands_alone(sentence: &Sentence, at: usize) -> bool {
    sentence.len() <= 10
        && sentence.units().iter().enumerate().all(|(here, unit)| {
            here == at || unit.trigger.is_some() || unit.is(LIGHT | class::PREP | class::HAVE | class::BE)
        })
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
        if unit.is(class::SELF) {
            continue;
        }
        if unit.is(class::IT) && !unit.is(class::REL) {
            return Subject::Other;
        }
        if unit.is(class::FAMILY) {
            let owner = (1..=2).find(|step| back >= *step && s.at(back - step).is(class::MY));
            return owner.map_or(Subject::Other, |step| Subject::Family(back - step));
        }
        if unit.is(class::REL) {
            return antecedent(s, back);
        }
        if unit.is(class::OTHER) && !unit.is(class::FILL) {
            return if s.before(back).is(class::MY) { Subject::Family(back - 1) } else { Subject::Other };
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

/// The subject that a clause without one takes from those before it.
fn inherited(sentence: &Sentence, clause: usize, unknown: usize) -> Subject {
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

/// Whether the applicant says that her own identity is protected. The look errs on the side of a
/// status: a missed one may cost her safety.
fn protected(sentence: &Sentence, at: usize) -> Option<Told> {
    let s = sentence;
    let clause = s.at(at).clause;
    let work = class::DUTY | class::TOPIC | class::OTHER | class::NEGOTIATION;
    let told = |from: usize, sure| Some(Told { from, to: at, phrase: false, sure });
    let near = clause.max(at.saturating_sub(FAR));
    if let Some(seeker) = (near..at).find(|at| s.at(*at).is(class::SELF))
        && s.any(near, at, class::SEEK)
        && !s.any(near, at, class::TOPIC | class::OTHER)
    {
        return told(seeker, true);
    }
    if s.before(at).is(class::AGAINST) {
        return None;
    }
    let mut back = at;
    while back > clause && at - back < FAR {
        back -= 1;
        let unit = s.at(back);
        if unit.is(class::MY) && at - back <= 3 {
            return told(back, true);
        }
        if unit.is(class::FAMILY) && s.before(back).is(class::MY) {
            return told(back - 1, false);
        }
        if unit.is(class::SELF) {
            // "beslutade jag om kvarskrivning"
            return if s.before(back).is(work) { None } else { told(back, true) };
        }
        if unit.is(class::SEEK) && s.own {
            return told(back, true);
        }
        if unit.is(class::HAVE | class::BE) {
            match subject(s, back) {
                Subject::Own(from) | Subject::Family(from) => return told(from.min(back), true),
                Subject::Other => return None,
                Subject::Thing(_) | Subject::Nobody | Subject::Unknown => {}
            }
        }
        if unit.is(work) && !unit.is(class::FILL) {
            return None;
        }
    }
    let end = s.clause_end(at).min(at + 8);
    let governed = s.any(clause.max(at.saturating_sub(FAR)), end, work);
    if governed || s.at(at + 1).joined() && at + 1 < end && !s.own && !s.at(at + 1).known {
        return None;
    }
    (s.own || !s.any(0, s.len(), work)).then(|| told(at, true))?
}

/// Whether the unit carries something that is worth keeping beside a revelation.
pub(super) fn is_merit(unit: Unit) -> bool {
    unit.is(class::DUTY | class::TOPIC | class::ROLE) && !unit.is(class::FILL | class::GLUE | class::PREP)
}
