//! What is told without a subject: on a line of a curriculum vitae, behind a label, in a clause that goes
//! without its subject, or by the words that follow.

use super::Kind;
use super::about::{LIGHT, is_merit};
use super::lexicon::{Mode, class};
use super::look::Look;
use super::sentence::{Gap, Sentence};

impl Look<'_> {
    /// "Uppehåll 2019: utmattning", "Lucka i CV (cancer)".
    pub(super) fn behind_a_label(&self) -> bool {
        let s = self.sentence;
        let mut clause = s.at(self.at).clause;
        while clause > 0 && s.at(clause).is(class::CONJ) && s.at(clause).joined() {
            clause = s.before(clause).clause;
        }
        let led = matches!(s.at(clause).gap, Gap::Colon | Gap::Open | Gap::Break)
            && (clause..self.at).all(|at| s.at(at).is(LIGHT | class::PREP) || s.at(at).trigger.is_some());
        let label = clause.saturating_sub(6)..clause;
        // "Uppehåll för rehabilitering"
        let line = s.at(0).is(class::PERSONAL)
            && self.at < 6
            && (1..self.at).all(|at| s.at(at).is(LIGHT | class::PREP))
            && s.at(1).is(class::PREP)
            && self.is_line();
        // "Intressen: löpning, bibelstudier"
        let liked = s.at(0).is(class::INTERESTS)
            && s.at(1).gap == Gap::Colon
            && matches!(self.kind, Kind::Belief | Kind::Politics | Kind::Orientation | Kind::Union);
        line || liked
            || led
                && s.any(label.start, label.end, class::PERSONAL)
                && !s.any(label.start, s.clause_end(self.at), class::OTHER | class::DUTY | class::TOPIC)
    }

    /// "schema under ramadan" tells when something was, and no belief.
    pub(super) fn of_its_time(&self, at: usize) -> bool {
        let opens = self.sentence.at(at).clause == at;
        let s = self.sentence;
        // "Inför ramadan planerade jag menyer", but "Under ramadan arbetar jag hellre tidigt".
        let work = (at..s.clause_end(self.at)).any(|at| is_merit(s.at(at)) && !s.at(at).is(class::WORKS));
        let when = s.at(at).is(class::WHEN) && (!opens || work);
        when && self.kind == Kind::Belief && self.mode == Mode::Noun
    }

    /// "Utmattad efter pandemin bytte jag bana", "Openly gay, I led": a label before its sentence.
    pub(super) fn opening(&self) -> Option<usize> {
        let s = self.sentence;
        let light = class::FILL | class::ARTICLE | class::MYSELF | class::ORIGINALLY;
        let label = self.mode == Mode::Label || self.mode == Mode::State && self.kind == Kind::Health;
        if !label || self.at > 4 || !(0..self.at).all(|at| s.at(at).is(light) && !s.at(at).is(class::SELF)) {
            return None;
        }
        let writer = (self.at + 1..self.at + 9).find(|at| s.at(*at).is(class::NOMINATIVE))?;
        let ends = s.clause_end(self.at);
        // ", I led", or the verb before "jag" in Swedish.
        let said = writer == ends && s.english
            || !s.english && writer < ends && s.at(self.at + 1).clause == s.at(self.at).clause;
        let until = if s.english { writer } else { writer.saturating_sub(1) };
        let work = class::OTHER | class::DUTY | class::TOPIC | class::IT | class::BE;
        let attribute = self.at + 1 < until && !s.at(self.at + 1).known && s.at(self.at + 1).joined();
        (said && !attribute && !s.any(self.at + 1, until, work)).then_some(0)
    }

    /// "jag ledde projektet, gravid i sjätte månaden", "min far, pastor": a label behind its sentence.
    pub(super) fn closing(&self) -> Option<usize> {
        let s = self.sentence;
        let start = s.at(self.at).clause;
        let before = s.before(start);
        let light = class::FILL | class::ARTICLE | class::PEOPLE;
        let aside = start > 0
            && self.mode == Mode::Label
            && s.at(start).gap == Gap::Comma
            && (start..self.at).all(|at| s.at(at).is(light));
        let kin =
            before.is(class::FAMILY) && (start.saturating_sub(3)..start).any(|at| s.at(at).is(class::MY));
        let sentence = before.clause;
        let own = matches!(self.kind, Kind::Health | Kind::Offence)
            && s.any(sentence, start, class::NOMINATIVE)
            && !s.any(sentence, start, class::OTHER | class::FAMILY)
            && !self.noun_follows();
        (aside && (kin || own)).then_some(start)
    }

    /// "Med rullstol klarar jag", "without insulin I": the first unit of such a phrase.
    pub(super) fn carried(&self) -> Option<usize> {
        let s = self.sentence;
        let start = s.at(self.at).clause;
        let light = |at: usize| s.at(at).is(LIGHT) || s.at(at).trigger.is_some();
        let opens = s.at(start).is(class::CARRY)
            && self.mode == Mode::Noun
            && self.kind == Kind::Health
            && self.at > start
            && (start + 1..self.at).all(light);
        let writer = (self.at + 1..self.at + 5).find(|at| s.at(*at).is(class::NOMINATIVE))?;
        // In Swedish the verb stands before "jag".
        let between = !s.english || (self.at + 1..writer).all(|at| light(at) || s.at(at).is(class::PREP));
        let work = class::DUTY | class::TOPIC | class::OTHER;
        (opens && between && !s.any(self.at + 1, writer, work)).then_some(start)
    }

    /// "while pregnant", "although in rehab": the first unit of such a clause.
    pub(super) fn without_subject(&self) -> Option<usize> {
        let s = self.sentence;
        let start = s.at(self.at).clause;
        let light = LIGHT | class::PREP | class::BE | class::HAVE;
        let bare = s.at(start).is(class::WHILE)
            && (start + 1..self.at).all(|at| s.at(at).is(light) && !s.at(at).is(class::SELF))
            && !s.at(self.at + 1).is(class::OTHER);
        let first_person = s.any(0, start, class::NOMINATIVE) || s.any(self.at, s.len(), class::NOMINATIVE);
        (bare && first_person && !s.any(start, self.at, class::OTHER)).then_some(start)
    }

    /// A line without a subject that tells of no work.
    pub(super) fn is_line(&self) -> bool {
        let s = self.sentence;
        !s.own && !s.any(0, s.len(), class::DUTY | class::TOPIC | class::OTHER)
    }

    /// The writer behind the trigger: "dyslexi har jag haft", "utmattningen lärde mig".
    pub(super) fn said_after(&self, close: usize) -> Option<usize> {
        let s = self.sentence;
        let (mut unknown, mut has) = (0, s.before(self.at).is(class::IMPACT));
        for at in self.at + 1..close {
            let unit = s.at(at);
            if unit.is(class::NOMINATIVE) {
                return (has && unknown == 0).then_some(at);
            }
            if unit.is(class::SELF | class::TAUGHT | class::BAGGAGE) || unit.is(class::IMPACT) && s.own {
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

/// Whether the line says little else than the trigger.
pub(super) fn stands_alone(sentence: &Sentence, at: usize) -> bool {
    sentence.len() <= 10
        && sentence.units().iter().enumerate().all(|(here, unit)| {
            here == at
                || unit.trigger.is_some()
                || unit.is(LIGHT | class::PREP | class::HAVE | class::BE | class::CRIME | class::CAUSE)
        })
}
