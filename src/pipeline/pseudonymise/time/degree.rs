//! Tells whether a date is that of a degree, and says instead of it whether the degree is there, will be
//! before the programme starts, or is unclear. It never guesses a date that the text does not have.

use jiff::civil::Date;

use super::Frame;
use super::lexer::{
    AFTER, AND, AS, BE, DEGREE, EXPECT, IN, MONTH, NEAR, OF, READY, SEASON, SINCE, TAKE, TERM, WEAK, What,
    Words, YEARLEAD, means,
};
use super::moment::Moment;

/// So many words may stand between a degree and its date: `kandidatexamen i statsvetenskap med
/// inriktning mot offentlig förvaltning vid Malmö universitet 2021`.
const WORDS_BEFORE: usize = 14;
const WORDS_AFTER: usize = 5;

/// How the date at `from..next` belongs to a degree.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Degree {
    No,
    Dated,
    /// Announced: `beräknad examen`, `expected graduation`.
    Expected,
}

impl Words<'_> {
    /// Whether the date at `from..next` is that of a degree. `chained` says the same of the date before.
    pub(super) fn degree(&self, from: usize, next: usize, chained: Degree) -> Degree {
        // `Class of 2015`
        let class = self.back_has(from, 1, OF)
            && self.back(from, 2).is_some_and(|t| matches!(self.slice_of(t), "class" | "Class" | "CLASS"));
        let mut found = class.then_some(1);
        // Bit n: a word of announcement stands n words before the date.
        let mut announced = 0u32;
        let mut distance = 0;
        for n in 1..WORDS_BEFORE * 3 {
            let Some(token) = self.back(from, n) else { break };
            match token.what {
                // `examina 2018 och 2020`
                What::Placed if distance == 0 || n == 2 && self.back_has(from, 1, AND) => return chained,
                What::Line | What::Placed | What::Mark(';' | '!' | '?') => break,
                What::Mark('.') if self.ends_sentence(from, n) => break,
                What::Word(_) => {
                    distance += 1;
                    if distance > WORDS_BEFORE {
                        break;
                    }
                    announced |= u32::from(means(token.what, EXPECT)) << distance;
                    if found.is_none() && self.degree_word(from, n, token.what, distance) {
                        found = Some(distance);
                    }
                }
                _ => {}
            }
        }
        if found.is_none() && self.degree_follows(next) {
            return if self.back_has(from, 1, EXPECT) || self.has(next, EXPECT) {
                Degree::Expected
            } else {
                Degree::Dated
            };
        }
        let Some(found) = found else { return Degree::No };
        // `Jag kommer från Lund och tog examen 2026` announces nothing.
        let near = (1..=WORDS_BEFORE).any(|n| announced >> n & 1 == 1 && n.abs_diff(found) <= 3);
        if near { Degree::Expected } else { Degree::Dated }
    }

    fn degree_word(&self, from: usize, n: usize, what: What, distance: usize) -> bool {
        // `B.A.`, `MA`, which in small letters are other words
        if let Some(token) = self.back(from, n) {
            let after = |n: usize| self.back(from, n).map_or("", |t| self.slice_of(t));
            let dotted =
                n > 2 && after(n - 1) == "." && matches!(after(n - 2), "A" | "S" | "Sc" | "Eng" | "Ed");
            let letters = self.slice_of(token);
            if matches!(letters, "B" | "M") && dotted || matches!(letters, "BA" | "MA" | "BEng" | "MEng") {
                return true;
            }
        }
        if means(what, READY) {
            // `klar ämneslärare i samhällskunskap, Malmö universitet, januari 2027`
            let titled = self.back(from, n - 1).is_some_and(|t| match t.what {
                What::Word(_) => !means(t.what, WEAK | IN | AND | MONTH | SEASON | TERM),
                _ => false,
            });
            return distance <= if titled { 10 } else { 3 }
                && !(means(what, EXPECT) && self.back_has(from, n + 1, AS));
        }
        if means(what, NEAR) {
            let name = self.back(from, n + 1).is_some_and(|t| matches!(self.slice_of(t), "scrum" | "Scrum"));
            return distance <= 9 && !name;
        }
        // `Efter examen arbetade jag 2019`: another date than that of the degree.
        let other = (n + 1..n + 4).any(|n| self.back_has(from, n, AFTER)) && distance > 2;
        means(what, DEGREE) && !other
    }

    /// Whether the mark `n` before `from` ends a sentence and no shortened word.
    fn ends_sentence(&self, from: usize, n: usize) -> bool {
        let long =
            self.back(from, n + 1).is_none_or(|t| t.end - t.start > 4 || !matches!(t.what, What::Word(_)));
        let spaced = match (self.back(from, n), self.back(from, n - 1)) {
            (Some(mark), Some(after)) => mark.end < after.start,
            _ => true,
        };
        long && spaced
    }

    /// `2019: kandidatexamen`, `juni 2025, examen`
    fn degree_follows(&self, next: usize) -> bool {
        let mut distance = 0;
        let mut taken = false;
        for at in next..next + WORDS_AFTER * 2 {
            match self.what(at) {
                Some(What::Word(_)) => {
                    distance += 1;
                    taken |= self.has(at, TAKE);
                    let master = self.has(at, NEAR) && (distance <= 2 || taken);
                    if self.has(at, DEGREE) || master {
                        return !self.dated_itself(at + 1);
                    }
                    if distance >= WORDS_AFTER || self.has(at, AND | SINCE | BE | AFTER) {
                        return false;
                    }
                }
                Some(What::Mark(':' | ',' | '(' | '|') | What::Dash) if at == next => {}
                Some(What::Mark('\'' | '’' | '/')) => {}
                _ => return false,
            }
        }
        false
    }

    /// Whether another date follows close: then the degree's date is that one.
    fn dated_itself(&self, at: usize) -> bool {
        for at in at..at + 4 {
            if matches!(self.what(at), None | Some(What::Line | What::Mark('.' | ';'))) {
                return false;
            }
            if self.year_at(at).is_some() || self.has(at, MONTH | SEASON | TERM | YEARLEAD) {
                return true;
            }
        }
        false
    }

    /// `klar kandidat sedan 2025`, `examinerad sedan 2019`: the date of a degree rather than a length.
    pub(super) fn degree_since(&self, from: usize) -> bool {
        let degree = (1..=3).any(|n| self.back_has(from, n, NEAR | DEGREE | READY));
        degree
            && (1..=5).any(|n| {
                self.back(from, n).is_some_and(|t| {
                    means(t.what, READY)
                        || self.slice_of(t).ends_with("examinerad")
                        || self.slice_of(t) == "graduated"
                })
            })
            && !(1..=3).any(|n| self.back_has(from, n, IN) && self.back_has(from, n + 1, BE))
    }
}

/// Dates are compared as precisely as the text has them: the year of the programme's start is not after it.
fn after(moment: Moment, day: Date) -> bool {
    let date = (i32::from(day.year()), day.month() as u8, day.day() as u8);
    match (moment.hi, moment.day) {
        (0, _) => moment.year > date.0,
        (month, 0) => (moment.year, month) > (date.0, date.1),
        (month, told) => (moment.year, month, told) > date,
    }
}

/// Whether the date lies in the past as a whole.
fn over(moment: Moment, day: Date) -> bool {
    let date = (i32::from(day.year()), day.month() as u8, day.day() as u8);
    match (moment.hi, moment.day) {
        (0, _) => moment.year < date.0,
        (month, 0) => (moment.year, month) < (date.0, date.1),
        (month, told) => (moment.year, month, told) <= date,
    }
}

/// What stands in place of a degree's date.
pub(super) fn told(moment: Moment, degree: Degree, frame: &Frame, english: bool) -> &'static str {
    // One announced for this year or month is still to come.
    let future =
        if degree == Degree::Expected { !over(moment, frame.today) } else { after(moment, frame.today) };
    let before = frame.starts.is_some_and(|starts| !after(moment, starts));
    match (future, before, english) {
        (false, _, false) => "[klar]",
        (false, _, true) => "[completed]",
        (true, true, false) => "[klar före tillträde]",
        (true, true, true) => "[completed before start]",
        (true, false, false) => "[oklart]",
        (true, false, true) => "[unclear]",
    }
}
