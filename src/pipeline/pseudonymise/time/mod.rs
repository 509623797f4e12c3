//! Finds when something was: years, dates, the dates of degrees and the applicant's age, and says what
//! neutral text stands in their place. How long something lasted, and in which month of how many, is a
//! merit and stays; so two applications that differ only in their years become the same text.
//!
//! It reads no clock, knows nobody's birth, and does not touch the ages of others in a duty, money,
//! counts, laws, standards and products that are written like a year.
//!
//! One pass over the words: `lexer` cuts, `moment` reads a date, `range` a stretch of time, `decade`,
//! `degree` and `age` what their names say.

mod lexer;
mod moment;
mod range;
mod decade;
mod degree;
mod age;
#[cfg(test)]
mod tests;

use self::degree::Degree;
use self::lexer::{BORN, COHORT, FIRST, What, Words, means};
use self::range::End;

/// The days that lengths and degrees are told by.
pub struct Frame {
    /// The day applications are counted from: what goes on, went on until then.
    pub today: jiff::civil::Date,
    /// The day the programme starts, where it is known.
    pub starts: Option<jiff::civil::Date>,
}

/// What a replaced time was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A stretch of time, of which the length stays.
    Duration,
    /// A date, year or decade.
    Year,
    /// The date of a degree, of which it stays whether the degree is there.
    Degree,
    /// The applicant's age.
    Age,
}

/// One place to be replaced.
#[derive(Debug)]
pub(super) struct Hit {
    /// First byte.
    pub(super) start: usize,
    /// The byte after the last one.
    pub(super) end: usize,
    /// What stood there.
    pub(super) kind: Kind,
    /// Which of [`RULES`] found it.
    pub(super) rule: &'static str,
    /// What stands there instead.
    pub(super) text: String,
}

/// All rules that a [`Hit`] can name.
pub(super) const RULES: [&str; 8] = [
    "time.range",
    "time.since",
    "time.year",
    "time.decade",
    "time.degree",
    "time.age",
    "time.born",
    "time.age_word",
];

/// A pattern for exactly the texts that a [`Hit`] can hold, in both languages.
pub(super) const PLACEHOLDERS: &str = concat!(
    r"\[(?:(?:under 1 (?:år|mån)|[1-9][0-9]? år(?: (?:[1-9]|1[01]) mån)?|(?:[1-9]|1[01]) mån)(?:, pågår)?",
    r"|(?:under 1 (?:year|month)|(?:1 year|(?:[2-9]|[1-9][0-9]) years)",
    r"(?: (?:1 month|(?:[2-9]|1[01]) months))?",
    r"|1 month|(?:[2-9]|1[01]) months)(?:, ongoing)?",
    r"|tid|time|klar|klar före tillträde|oklart|completed|completed before start|unclear|ålder|age)\]",
);

/// What one place is, in tokens.
struct Place {
    from: usize,
    next: usize,
    kind: Kind,
    rule: &'static str,
    text: String,
    degree: Degree,
}

/// All places of a text in normal form that tell when, in order and apart from each other.
pub(super) fn find(text: &str, english: bool, frame: &Frame) -> Vec<Hit> {
    let mut words = Words::of(text);
    let mut hits = Vec::new();
    let mut chained = Degree::No;
    while let Some(token) = words.token(words.head()) {
        if !begins(token.what) {
            words.step();
            continue;
        }
        let head = words.head();
        match read(&words, head, english, frame, chained) {
            Some(place) => {
                let first = words.token(place.from);
                let last = place.next.checked_sub(1).and_then(|i| words.token(i));
                if let (Some(first), Some(last)) = (first, last)
                    && !beside_masked(text, first.start, last.end)
                {
                    hits.push(Hit {
                        start: first.start,
                        end: last.end,
                        kind: place.kind,
                        rule: place.rule,
                        text: place.text,
                    });
                    chained = place.degree;
                    words.replace(place.from, place.next);
                } else {
                    words.step();
                }
            }
            None => words.step(),
        }
    }
    hits
}

/// Whether a token can be the first of a time.
fn begins(what: What) -> bool {
    match what {
        What::Number { .. } | What::Dash | What::Mark('\'' | '’' | '‘') => true,
        What::Word(_) => means(what, FIRST),
        What::Mark(_) | What::Line | What::Masked | What::Placed => false,
    }
}

/// A place that another part of the masker replaced is whole as it is.
fn beside_masked(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    start.checked_sub(1).and_then(|at| bytes.get(at)) == Some(&1) || bytes.get(end) == Some(&1)
}

/// What the place that begins at `i` is.
fn read(words: &Words<'_>, i: usize, english: bool, frame: &Frame, chained: Degree) -> Option<Place> {
    let place = |from, next, kind, rule, text: &str| {
        Some(Place { from, next, kind, rule, text: text.to_owned(), degree: Degree::No })
    };
    let (time, age) = if english { ("[time]", "[age]") } else { ("[tid]", "[ålder]") };
    if let Some(next) = words.decade(i) {
        return if born(words, i) {
            place(i, next, Kind::Age, "time.born", age)
        } else {
            place(i, next, Kind::Year, "time.decade", time)
        };
    }
    if let Some(range) = words.range(i) {
        match range.end {
            End::At(end) => {
                if let Some(length) = range::closed(range.start, end) {
                    let text = range::told(length, false, english);
                    return place(i, range.next, Kind::Duration, "time.range", &text);
                }
            }
            End::Open if words.degree_since(i) => {
                let text = degree::told(range.start, Degree::Dated, frame, english);
                return place(i, range.next, Kind::Degree, "time.degree", text);
            }
            End::Open => {
                if let Some(length) = range::until(range.start, frame.today) {
                    let text = range::told(length, true, english);
                    return place(i, range.next, Kind::Duration, "time.since", &text);
                }
            }
        }
    }
    if let Some(found) = words.age(i) {
        return place(found.from, found.next, Kind::Age, found.rule, age);
    }
    let single = words.moment(i).filter(|single| !single.loose)?;
    if born(words, i) || cohort(words, i) {
        return place(i, single.next, Kind::Age, "time.born", age);
    }
    match words.degree(i, single.next, chained) {
        Degree::No => place(i, single.next, Kind::Year, "time.year", time),
        degree => Some(Place {
            from: i,
            next: single.next,
            kind: Kind::Degree,
            rule: "time.degree",
            text: degree::told(single.moment, degree, frame, english).to_owned(),
            degree,
        }),
    }
}

/// Whether the date at `i` is one of birth: `född 1998`, `f. 1998`, `born in Lund in 1998`.
fn born(words: &Words<'_>, i: usize) -> bool {
    for n in 1..=5 {
        let Some(token) = words.back(i, n) else { return false };
        match token.what {
            What::Word(_) if means(token.what, BORN) => {
                return !matches!(words.slice_of(token), "f" | "F") || n <= 2;
            }
            What::Word(_) | What::Mark(':' | ',') => {}
            // `f. 1998`
            What::Mark('.') if n == 1 => {}
            _ => return false,
        }
    }
    false
}

/// Whether the year at `i` names a cohort: `årgång 1998`.
fn cohort(words: &Words<'_>, i: usize) -> bool {
    words.back_has(i, 1, COHORT) || words.back_has(i, 2, COHORT)
}
