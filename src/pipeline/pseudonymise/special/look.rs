//! The look back from one revealing word for what governs it: a possessive, a verb with its subject, a
//! preposition of cause, or the work, study and other people that make the word a merit.

use super::Kind;
use super::about::{FAR, LIGHT, Told, of_the_home};
use super::lexicon::{Mode, class};
use super::line::stands_alone;
use super::sentence::Sentence;
use super::subject::{Subject, inherited, subject};

/// The look back from one trigger.
pub(super) struct Look<'s> {
    pub(super) sentence: &'s Sentence,
    pub(super) at: usize,
    pub(super) kind: Kind,
    pub(super) mode: Mode,
    /// Units so far that say nothing of who is meant.
    pub(super) unknown: usize,
    /// A preposition stood between.
    pub(super) prep: Option<usize>,
    /// A verb that does not govern the trigger stood between.
    pub(super) verb: bool,
}

impl<'s> Look<'s> {
    pub(super) fn new(sentence: &'s Sentence, at: usize, kind: Kind, mode: Mode) -> Self {
        Self { sentence, at, kind, mode, unknown: 0, prep: None, verb: false }
    }

    #[expect(clippy::unnecessary_wraps, reason = "it is the answer of callers that may have none")]
    pub(super) fn told(&self, from: usize, sure: bool) -> Option<Told> {
        Some(Told { from: from.min(self.at), to: self.at, phrase: false, sure })
    }

    #[expect(clippy::unnecessary_wraps, reason = "it is the answer of callers that may have none")]
    pub(super) fn phrase(&self, from: usize, sure: bool) -> Option<Told> {
        Some(Told { from, to: self.at, phrase: true, sure })
    }

    pub(super) fn back(mut self) -> Option<Told> {
        let s = self.sentence;
        if let Some(from) = self.without_subject() {
            return self.phrase(from, true);
        }
        if let Some(from) = self.carried() {
            return self.phrase(from, true);
        }
        if self.behind_a_label() {
            return self.told(self.at, true);
        }
        if let Some(from) = self.opening().or_else(|| self.closing()) {
            return self.phrase(from, true);
        }
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
            let with = self.prep.is_some_and(|prep| s.at(prep).is(class::WITH)) && self.unknown == 0;
            if unit.is(class::MY) && !s.at(at + 1).is(class::FAMILY) {
                let near = usize::from(self.mode == Mode::Noun);
                if self.prep.is_none() && self.unknown <= near && !self.verb {
                    return self.possessed(at);
                }
                if with && self.mode == Mode::Noun && !self.verb {
                    // "under mina år med cancer"
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
            // "efter ett år av"
            let since = unit.is(class::CAUSE)
                && self.unknown == 0
                && self.prep.is_some_and(|prep| s.at(prep - 1).is(class::FILL | class::NUMBER));
            if unit.is(class::CAUSE) && (light || with || since) {
                return self.caused(at);
            }
            let either = s.at(self.at).is(class::EITHER) && self.unknown == 0 && self.prep.is_none();
            if unit.is(class::BE) && (self.mode != Mode::Noun || either) {
                return self.is_it(at);
            }
            // "I grew up Mormon"
            let raised = unit.is(class::BORN) && self.unknown == 0 && self.prep.is_none();
            if raised && self.mode == Mode::Label && !unit.is(class::BE) {
                return self.is_it(at);
            }
            if unit.is(class::BE) && self.mode == Mode::Noun && light && s.any(0, at, class::PERSONAL) {
                // "anledningen till att jag bytte bana är"
                let others = class::OTHER | class::TOPIC;
                return (!s.any(0, s.clause_end(self.at), others)).then(|| self.told(self.at, false))?;
            }
            if unit.is(class::REMEDY) {
                let work = class::OTHER | class::DUTY | class::TOPIC;
                let taken = s.own && !s.any(unit.clause, s.clause_end(self.at), work);
                return taken.then(|| self.phrase(at, true))?;
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
                // "utbildade mig i"
                let learnt = !unit.is(class::NOMINATIVE) && s.before(at).is(class::DUTY | class::TOPIC);
                return if learnt { None } else { self.own(at) };
            }
            if s.at(self.at + 1).is(class::BAGGAGE) && unit.is(class::WITH) && self.unknown == 0 && s.own {
                return Some(Told { from: at, to: self.at + 1, phrase: true, sure: true });
            }
            if unit.is(class::AS) && self.mode == Mode::Label && self.unknown == 0 {
                return self.as_one(at);
            }
            if unit.is(class::DUTY) && !unit.is(class::FILL) {
                // "mina erfarenheter av ångest gör mig lyhörd"
                if s.before(at).is(class::MY) && self.unknown == 0 && s.at(self.at + 1).is(class::IMPACT) {
                    return self.told(at - 1, false);
                }
                return self.sought(at);
            }
            // "om graviditet och förlossning"
            let governs = self.at - at <= 2
                || (at + 1..self.at).all(|at| s.at(at).trigger.is_some() || s.at(at).is(LIGHT));
            // "after a year of"
            let time = s.before(at).is(class::FILL | class::NUMBER) && unit.is(class::ORIGIN_PREP);
            let about = unit.is(class::ABOUT) && !unit.is(class::CONJ) && !time;
            if about && self.mode == Mode::Noun && governs {
                // "jag avbröt studierna för min rehab"
                let left = s.any(clause, at, class::LESS) && s.any(clause, at, class::SELF);
                let for_it = left && unit.is(class::PREP) && !s.any(clause, at, class::OTHER);
                return for_it.then(|| self.phrase(at, true))?;
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

    /// "jag söker tjänst med lönebidrag"
    fn sought(&self, duty: usize) -> Option<Told> {
        let s = self.sentence;
        let start = s.at(duty).clause;
        let seeks = s.any(start, duty, class::NOMINATIVE) && s.any(start, duty, class::SEEK);
        (seeks && self.mode == Mode::State && s.at(self.at - 1).is(class::PREP))
            .then(|| self.told(self.at - 1, true))?
    }

    /// "min dyslexi", "my depression".
    pub(super) fn possessed(&self, at: usize) -> Option<Told> {
        let s = self.sentence;
        if self.mode == Mode::Label {
            // "min sjuka kollega" is not the applicant, "min sjuka mor" is her family.
            let kin = s.at(self.at + 1).is(class::FAMILY) && s.at(self.at + 1).joined() && self.unknown == 0;
            return kin.then(|| self.phrase(self.at, true))?;
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
        if s.before(at).is(class::MY) && s.at(at).is(class::OTHER) && !s.at(at).is(class::CLIENTS) {
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
            // "matade jag personer med ALS"
            if unit.is(class::PREP | class::DUTY | class::TOPIC | class::CONJ | class::SELF) {
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
        let ground = s.before(at).is(class::HARM) || s.at(self.at).is(class::GROUND);
        if ground && !s.at(at + 1).is(class::MY) || self.of_its_time(at) {
            return None;
        }
        let lead = (0..at).find(|at| !s.at(*at).is(class::NUMBER)).unwrap_or_default();
        let absent = lead > 0
            || s.at(lead).is(class::PERSONAL)
            || matches!(s.at(lead).trigger, Some((Kind::Health, Mode::Label)));
        if s.before(at).trigger.is_some() && absent && self.is_line() {
            // "Sjukskrivning på grund av ryggskott", "2019–2020 Rehabilitering efter stroke"
            return self.told(lead, true);
        }
        if s.before(at).trigger.is_some() || s.any(start.max(s.at(at).clause), at, class::OTHER) {
            return None;
        }
        if self.mode == Mode::Noun && self.noun_follows() && s.english {
            return None;
        }
        if s.own {
            let (start, end) = (s.at(at).clause, s.clause_end(self.at));
            // "jag har, trots min ADHD, lett"
            let inserted = start == at && end - start <= 6 && s.any(0, start, class::SELF);
            // "vilket beror på min ADHD"
            let added = s.at(start).is(class::WHICH) && !s.any(start, end, class::OTHER | class::DUTY);
            // "Thanks to CBT, I"
            let before = start == at && end - start <= 6 && s.at(end).is(class::NOMINATIVE);
            let own = inserted || added || before || s.any(start, end, class::SELF | class::MY);
            return own.then(|| self.phrase(at, true))?;
        }
        // "Arbetade deltid på grund av"
        let less = s.any(start, at, class::LESS);
        let work = if less { class::OTHER } else { class::DUTY | class::TOPIC | class::OTHER };
        (!s.any(start, at, work)).then(|| self.phrase(at, false))?
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
            Subject::We(from) if of_the_home(s, self.at, self.kind) => self.told(from.min(at), plain),
            // "min vänstra arm är förlamad"
            Subject::Thing(from) if self.kind == Kind::Health && s.any(from, at, class::BODY) => {
                self.told(from.min(at), true)
            }
            Subject::We(_) | Subject::Thing(_) | Subject::Other | Subject::Unknown => None,
        }
    }

    /// "att leva med ADHD har lärt mig": whose life it is tells the sentence. `None`: no infinitive.
    #[expect(clippy::option_option, reason = "no ruling, or a ruling that nothing is told")]
    fn infinitive(&self, at: usize) -> Option<Option<Told>> {
        let s = self.sentence;
        let before = s.before(at);
        let marked = before.is(class::SUB) && !before.is(class::CONJ) && s.at(at).is(class::INFINITIVE);
        if !marked {
            return None;
        }
        let work = class::TOPIC | class::DUTY | class::OTHER | class::ABOUT;
        let from = at.saturating_sub(1);
        let own = s.own && !s.any(from.saturating_sub(FAR), from, work);
        Some(if own { self.told(from, true) } else { None })
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
            let supine = s.at(at).is(class::AUXILIARY)
                && !first.known
                && !first.capital
                && (first.last == b't' || s.english)
                && at + 1 < self.at;
            if supine || self.unknown > 2 {
                return None;
            }
            // "jag har en utbildning i KBT"
            if self.prep.is_some_and(|prep| s.at(prep).is(class::ORIGIN_PREP) && !s.at(prep).is(class::FROM))
            {
                return Some(None);
            }
        }
        let sure = self.unknown == 0;
        if let Some(ruling) = self.infinitive(at) {
            return Some(ruling);
        }
        Some(match subject(s, at) {
            Subject::Own(from) => self.told(from.min(at), sure),
            Subject::Family(from) => self.told(from.min(at), false),
            Subject::Nobody => self.told(at, sure),
            Subject::We(from) if s.at(self.at).is(class::COUPLE) => self.told(from.min(at), sure),
            Subject::We(_) | Subject::Other => None,
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
        // "studerade jag epilepsi", "beviljade jag ledsagning"
        let work = self.mode == Mode::Noun
            && !s.english
            && s.at(at).is(class::NOMINATIVE)
            && s.before(at).is(class::DUTY | class::TOPIC)
            && !s.before(at).is(class::WORKS);
        if work || self.unknown > far || attribute || noun || self.mode == Mode::Label && self.unknown > 0 {
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
        if s.before(at).is(class::OTHER) || self.noun_follows() && !self.as_a_professional(at) {
            return None;
        }
        let alone = at == 0 || s.before(at).is(class::CONJ) || s.own;
        alone.then(|| self.phrase(at, s.own))?
    }

    /// "som döv utvecklare läser jag", "as a deaf developer I read".
    fn as_a_professional(&self, at: usize) -> bool {
        let s = self.sentence;
        let opens = at == 0 || s.at(at).clause == at;
        let own = s.any(self.at + 1, self.at + 5, class::NOMINATIVE);
        // "jag kan som muslim bidra"
        if s.before(at).is(class::MODAL) && s.any(s.at(at).clause, at, class::NOMINATIVE) {
            return true;
        }
        opens && own && matches!(self.kind, Kind::Health | Kind::Belief | Kind::Orientation)
    }

    /// Whether a noun follows the label, so that it may be an attribute: "a Christian school".
    pub(super) fn noun_follows(&self) -> bool {
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
            Mode::Heading | Mode::Verb | Mode::Outright => None,
            Mode::State => {
                let clean = !s.any(start, close, work);
                let listed = self.kind == Kind::Union && s.any(0, start, class::DUTY | class::TOPIC);
                let inherits =
                    light && !listed && matches!(inherited(s, s.at(self.at).clause, 0), Subject::Own(_));
                let ours = s.any(start, end, class::WE) && of_the_home(s, self.at, self.kind);
                let spoken = s.any(start, end, class::NOMINATIVE) || inherits || ours;
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
                // ", själv muslim"
                let itself = s.any(start, end, class::MYSELF) && end - start <= 5 && start > 0;
                if itself && s.own && light && !s.any(start, end, class::OTHER) {
                    return self.told(start, true);
                }
                // "Muslim är jag också"
                if self.unknown == 0
                    && s.at(self.at + 1).is(class::BE)
                    && s.at(self.at + 2).is(class::NOMINATIVE)
                {
                    return Some(Told { from: self.at, to: self.at + 2, phrase: false, sure: true });
                }
                // "Strokedrabbad 2018, numera ekonom"
                let opens = (0..self.at).all(|at| s.at(at).is(class::NUMBER | class::FILL))
                    && end < s.len()
                    && !self.noun_follows()
                    && (self.at + 1..end).all(|at| s.at(at).is(LIGHT | class::PREP));
                if opens && !s.own && !s.any(0, s.len(), class::OTHER | class::TOPIC) {
                    return self.told(self.at, true);
                }
                let alone = stands_alone(s, self.at);
                (alone && !s.own && self.unknown == 0 && !s.any(0, s.len(), work))
                    .then(|| self.told(self.at, true))?
            }
            Mode::Noun => {
                let after = self.said_after(close).filter(|_| self.unknown == 0);
                if after.is_some() && s.before(self.at).is(class::PREP) && s.own {
                    // "Med romsk bakgrund har jag"
                    return self.phrase(self.at - 1, true);
                }
                if let Some(after) = after {
                    return Some(Told { from: self.at, to: after, phrase: false, sure: false });
                }
                let unit = s.at(self.at);
                // "Sjukskrivning efter en olycka"
                let named = self.at == 0
                    && unit.is(class::PERSONAL)
                    && s.at(1).is(class::CAUSE)
                    && s.at(1).joined()
                    && self.is_line();
                // "2019–2020 cancer"
                let years = s.len() > 1
                    && s.units().iter().enumerate().all(|(at, unit)| at == self.at || unit.is(class::NUMBER));
                let alone = stands_alone(s, self.at) && unit.is(class::SOLO) || named || years;
                // "Strålbehandling under 2019, därefter ekonom"
                let dated = self.at == 0
                    && unit.is(class::SOLO)
                    && !unit.is(class::STRICT)
                    && !s.own
                    && s.any(1, end, class::NUMBER)
                    && (1..end).all(|at| s.at(at).is(LIGHT | class::PREP));
                // "Med ADHD sedan barndomen har jag"
                let start = s.at(self.at).clause;
                let carried = self.at == start + 1
                    && s.at(start).is(class::WITH)
                    && s.own
                    && ((self.at + 1..end).all(|at| s.at(at).is(LIGHT | class::PREP | class::CAUSE))
                        && end < s.len()
                        || self.kind == Kind::Ethnicity);
                if carried {
                    return self.phrase(start, true);
                }
                (alone && !s.any(0, s.len(), work) || dated).then(|| self.told(self.at, true))?
            }
        }
    }
}
