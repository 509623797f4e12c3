//! Reads one date: a year, a month or season of a year, a day. It also knows which numbers of four
//! digits are no years: money, counts, laws, standards, products, telephone numbers.
//!
//! What a number is never depends on its value, save that it lies between 1900 and 2099: shifting the
//! dates of an application must not change what is found.

use super::lexer::{
    ABOUT, AND, APPROX, ARS, AS, BORN, CAPITAL, COHORT, COUNT, DEGREE, FROM, IN, MONTH, NAMED, NEAR, NOW,
    NUMBER, NUMBERED, OF, QUARTER, READY, SEASON, SINCE, SPAN, TAL, TALET, TALIST, TERM, TERMWORD, THE, TO,
    UNIT, What, Words, YEARLEAD, means,
};

/// A date as precise as the text has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) year: i32,
    /// First and last month, 0 where only the year is told.
    pub(super) lo: u8,
    pub(super) hi: u8,
    /// 0 where only the month is told.
    pub(super) day: u8,
}

/// A date that was read, and where it ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Read {
    pub(super) next: usize,
    pub(super) moment: Moment,
    /// Two digits without a mark, which are a year only beside another date: `aug 19 – jun 21`.
    pub(super) loose: bool,
}

impl Moment {
    pub(super) fn year(year: i32) -> Self {
        Self { year, lo: 0, hi: 0, day: 0 }
    }

    pub(super) fn months(year: i32, lo: u8, hi: u8) -> Self {
        Self { year, lo, hi, day: 0 }
    }

    pub(super) fn day(year: i32, month: u8, day: u8) -> Self {
        Self { year, lo: month, hi: month, day }
    }
}

/// The first and last month of a season; terms are half years, and so are spring and autumn in the
/// language of schools and employers.
pub(super) fn season(value: u8) -> (u8, u8) {
    match value {
        1 => (1, 6),
        2 => (6, 8),
        3 => (7, 12),
        4 => (1, 3),
        5 => (12, 12),
        _ => (4, 4),
    }
}

/// The century of a year of two digits.
pub(super) fn full_year(two: u32) -> i32 {
    if two < 60 { 2000 + two as i32 } else { 1900 + two as i32 }
}

/// The year that `two` digits mean after `start`: the next one that ends so.
pub(super) fn year_after(start: i32, two: u32) -> i32 {
    start + (two as i32 - start).rem_euclid(100)
}

fn small(value: u32, max: u32) -> Option<u8> {
    (1..=max).contains(&value).then_some(value as u8)
}

fn four(what: What) -> bool {
    matches!(what, What::Number { value, digits: 4 } if (1900..2100).contains(&value))
}

impl Words<'_> {
    fn year_number(&self, i: usize) -> Option<i32> {
        let (value, digits) = self.number(i)?;
        (digits == 4 && (1900..2100).contains(&value)).then_some(value as i32)
    }

    /// `år 2019`, but not the end of `tre år 2019`.
    pub(super) fn leads_year(&self, i: usize) -> bool {
        let counted =
            self.back(i, 1).is_some_and(|t| matches!(t.what, What::Number { .. }) || means(t.what, NUMBER));
        self.has(i, YEARLEAD) && !counted
    }

    fn is_slash(&self, i: usize) -> bool {
        self.is_mark(i, '/')
    }

    fn is_apostrophe(&self, i: usize) -> bool {
        self.is_mark(i, '\'') || self.is_mark(i, '’') || self.is_mark(i, '‘')
    }

    /// Whether the number at `i` goes on: further digits, a decimal, an hour.
    fn goes_on(&self, i: usize) -> bool {
        self.joined(i + 1)
            && match self.what(i + 1) {
                Some(What::Word(_) | What::Number { .. } | What::Masked | What::Placed) => true,
                Some(What::Mark('.' | ',' | ':' | '/')) => {
                    let more = self.number(i + 2).is_some_and(|(_, digits)| digits != 8);
                    (more || self.is_placed(i + 2)) && self.joined(i + 2)
                }
                Some(What::Mark(c)) => matches!(c, '%' | '‰' | '°' | '$' | '€' | '£' | '×' | '@' | '='),
                _ => false,
            }
    }

    /// The year at `i`, where the number there is one.
    pub(super) fn year_at(&self, i: usize) -> Option<i32> {
        let year = self.year_number(i)?;
        (self.year_begins(i) && self.year_ends(i, year)).then_some(year)
    }

    fn year_begins(&self, i: usize) -> bool {
        let Some(before) = self.back(i, 1) else { return true };
        let joined = self.joined(i);
        let number_before = |n| self.back(i, n).is_some_and(|t| matches!(t.what, What::Number { .. }));
        match before.what {
            What::Word(_) if joined => {
                means(before.what, MONTH | SEASON | TERM | TO | SINCE | FROM | AND)
                    || self.slice_of(before) == "_"
            }
            What::Word(_) => {
                // `Bachelor’s 2019` is no page 2019.
                let genitive = self.back(i, 2).is_some_and(|t| matches!(t.what, What::Mark('\'' | '’')));
                !self.names(i, 1) && (!means(before.what, NUMBERED) || genitive)
            }
            What::Masked | What::Placed | What::Number { .. } if joined => false,
            What::Number { .. } => !self.telephone(i),
            // A list whose items begin with a plus.
            What::Mark('+') if !joined && self.back(i, 2).is_none_or(|t| t.what == What::Line) => true,
            What::Mark('#' | '@' | '=' | '$' | '€' | '£' | '§' | '×' | '^' | '+') => false,
            What::Mark(':') => !(self.names(i, 2) || joined && number_before(2)),
            What::Mark('.') if joined => !number_before(2),
            What::Mark('.') => !self.back_has(i, 2, NUMBERED) && !self.names(i, 2),
            What::Mark(',') if joined => !number_before(2) || self.back(i, 2).is_some_and(|t| four(t.what)),
            What::Mark('/') if joined => {
                !self.back(i, 2).is_some_and(|t| matches!(t.what, What::Number { digits, .. } if digits > 2))
            }
            What::Dash if joined => !number_before(2) && !self.names(i, 2),
            _ => true,
        }
    }

    /// Whether the word `n` before `i` is a product, a law or a plan that has a year in its name.
    fn names(&self, i: usize, n: usize) -> bool {
        let Some(before) = self.back(i, n) else { return false };
        means(before.what, NAMED)
            || means(before.what, CAPITAL)
                && self.slice_of(before).chars().next().is_some_and(char::is_uppercase)
    }

    fn telephone(&self, i: usize) -> bool {
        // Groups of digits that begin with 0 or + and are long enough for a subscriber.
        let mut digits_seen = 0;
        for n in 1..=10 {
            match self.back(i, n).map(|token| (token, token.what)) {
                Some((token, What::Number { digits, .. })) => {
                    digits_seen += digits;
                    let plus = self
                        .back(i, n + 1)
                        .is_some_and(|t| t.what == What::Mark('+') && t.end == token.start);
                    if plus || self.slice_of(token).starts_with('0') && digits_seen >= 3 {
                        return true;
                    }
                }
                Some((_, What::Dash)) => {}
                _ => return false,
            }
        }
        false
    }

    fn year_ends(&self, i: usize, year: i32) -> bool {
        let Some(after) = self.what(i + 1) else { return true };
        // `2000–2050 kr`
        if (after == What::Dash || self.has(i + 1, TO)) && self.number(i + 2).is_some() && self.counted(i + 2)
        {
            return false;
        }
        let joined = self.joined(i + 1);
        // Eight digits are a date of their own.
        let number = self.number(i + 2).filter(|(_, digits)| *digits != 8 && self.joined(i + 2));
        match after {
            What::Word(_) if joined => {
                self.has(i + 1, MONTH | TO | NOW | ARS | AND | QUARTER)
                    || matches!(self.slice(i + 1), "s" | "S" | "T" | "_")
            }
            What::Word(_) => !self.counted(i),
            What::Mark('%' | '‰' | '°' | '$' | '€' | '£' | '×') => false,
            What::Masked | What::Placed | What::Number { .. } | What::Mark('@' | '=' | '^') => !joined,
            What::Mark(':' | '.' | ',' | '/') if joined && self.joined(i + 2) && self.is_placed(i + 2) => {
                false
            }
            What::Mark(':' | '.') if joined => number.is_none(),
            What::Mark(',') if joined => number.is_none() || self.year_number(i + 2).is_some(),
            What::Mark('/') if joined => match number {
                Some((value, digits)) => {
                    let goes_on = self.joined(i + 3)
                        && (self.is_slash(i + 3) || self.is_mark(i + 3, ':'))
                        && self.joined(i + 4)
                        && (self.number(i + 4).is_some() || self.is_word(i + 4) || self.is_placed(i + 4));
                    !goes_on
                        && match digits {
                            1 | 2 => true,
                            4 => (1..=6).contains(&(value as i32 - year)),
                            _ => false,
                        }
                }
                None => true,
            },
            // "sedan 1990-talet" names a decade.
            What::Dash if self.has(i + 2, TALET | TAL | TALIST) => false,
            What::Dash if joined => match number {
                Some((_, digits)) => digits < 3 || self.year_number(i + 2).is_some(),
                None => true,
            },
            _ => true,
        }
    }

    /// Whether the number at `i` counts what the next word names.
    pub(super) fn counted(&self, i: usize) -> bool {
        if self.has(i + 1, UNIT) || self.has(i + 1, COUNT) && !self.capital(i + 1) {
            // `2019 m.fl.` is no metre.
            return !(self.is_mark(i + 2, '.')
                && self.joined(i + 2)
                && self.is_word(i + 3)
                && self.joined(i + 3));
        }
        if self.slice(i + 1) == "x" && (self.number(i + 2).is_some() || self.is_placed(i + 2)) {
            return true;
        }
        let of_many = self.back_has(i, 1, APPROX | AS) || self.back_has(i, 1, OF);
        self.plain_small(i + 1)
            && (self.back_has(i, 1, APPROX) || of_many && self.has(i + 2, COUNT) && !self.capital(i + 2))
    }

    /// Two digits after a hyphen or an apostrophe, of which `i` is the mark: `-19`, `’19`.
    fn short_year(&self, i: usize) -> Option<u32> {
        let mark = self.is_dash(i) || self.is_apostrophe(i);
        let (value, digits) = self.number(i + 1)?;
        (mark && digits == 2 && self.joined(i + 1) && !self.goes_on(i + 1) && !self.dash_goes_on(i + 1))
            .then_some(value)
    }

    /// Whether digits follow the number at `i` after a hyphen, other than a further year.
    fn dash_goes_on(&self, i: usize) -> bool {
        self.is_dash(i + 1) && self.joined(i + 1) && self.joined(i + 2) && self.number(i + 2).is_some()
    }

    /// The year at `i`, in four digits or in two after a mark; and the token after it.
    fn any_year(&self, i: usize) -> Option<(usize, i32)> {
        if let Some(year) = self.year_at(i) {
            return Some((i + 1, year));
        }
        if let Some(two) = self.short_year(i) {
            return Some((i + 2, full_year(two)));
        }
        None
    }

    /// Two digits that can be the year after a month, a season or a term.
    fn bare_two(&self, i: usize) -> Option<u32> {
        let (value, digits) = self.number(i)?;
        (digits == 2 && !self.goes_on(i)).then_some(value)
    }

    /// The date that begins at `i`.
    pub(super) fn moment(&self, i: usize) -> Option<Read> {
        let i = if self.has(i, THE)
            && (self.has(i + 1, SEASON | TERM)
                || self.number(i + 1).is_some() && self.year_number(i + 1).is_none()
                || self.has(i + 1, YEARLEAD))
        {
            i + 1
        } else {
            i
        };
        let (next, moment) = match self.what(i)? {
            What::Number { digits: 8, .. } => self.compact(i)?,
            What::Number { digits: 4, .. } => self.dated_by_year(i, self.year_begins(i))?,
            What::Number { digits: 1 | 2, .. } => self.dated_by_day(i)?,
            What::Word(_) => return self.dated_by_word(i),
            What::Dash | What::Mark('\'' | '’' | '‘') => {
                let marked = self.back_has(
                    i,
                    1,
                    SINCE
                        | FROM
                        | TO
                        | BORN
                        | COHORT
                        | DEGREE
                        | NEAR
                        | READY
                        | YEARLEAD
                        | IN
                        | OF
                        | AND
                        | ABOUT,
                ) || !self.is_dash(i) && self.short_pair(i);
                let two = self.short_year(i).filter(|_| marked && !self.joined(i) && !self.counted(i + 1))?;
                (i + 2, Moment::year(full_year(two)))
            }
            _ => return None,
        };
        Some(Read { next, moment, loose: false })
    }

    /// The date that begins at `i` after another date and a dash.
    pub(super) fn later_moment(&self, i: usize) -> Option<Read> {
        let year = self.dated_by_year(i, true).map(|(next, moment)| Read { next, moment, loose: false });
        let short = || {
            self.short_year(i).map(|two| Read {
                next: i + 2,
                moment: Moment::year(full_year(two)),
                loose: false,
            })
        };
        year.or_else(|| self.moment(i)).or_else(short)
    }

    /// `’19–’21`, of which `i` is the first mark.
    fn short_pair(&self, i: usize) -> bool {
        self.is_dash(i + 2) && self.is_apostrophe(i + 3) && self.number(i + 4).is_some()
    }

    fn compact(&self, i: usize) -> Option<(usize, Moment)> {
        let (value, _) = self.number(i)?;
        let year = value / 10_000;
        let month = small(value / 100 % 100, 12)?;
        let day = small(value % 100, 31)?;
        // A personnummer; with spaces only where the figures after it can be no year.
        let number = self.is_dash(i + 1)
            && match self.number(i + 2) {
                Some((_, digits)) => digits == 4 && (self.tight(i + 1) || self.year_number(i + 2).is_none()),
                None => self.is_placed(i + 2) && self.tight(i + 1),
            };
        let begins = !self.joined(i)
            || self
                .back(i, 1)
                .is_some_and(|t| matches!(t.what, What::Dash | What::Mark('(' | ':' | '_' | '/')));
        ((1900..2100).contains(&year) && begins && !number && !self.goes_on(i) && !self.counted(i))
            .then_some((i + 1, Moment::day(year as i32, month, day)))
    }

    fn dated_by_year(&self, i: usize, begins: bool) -> Option<(usize, Moment)> {
        let year = self.year_number(i).filter(|_| begins)?;
        if self.tight(i + 1)
            && let Some((month, 2)) = self.number(i + 2)
            && let Some(month) = small(month, 12)
        {
            let separator = self.slice(i + 1);
            if self.slice(i + 3) == separator
                && self.tight(i + 3)
                && matches!(separator, "-" | "." | "/" | "–")
                && let Some((day, 1..=2)) = self.number(i + 4)
                && let Some(day) = small(day, 31)
            {
                return Some((i + 5, Moment::day(year, month, day)));
            }
            let ends = !self.goes_on(i + 2);
            // A hyphen or dot: a month. A slash: a school year where the next year follows. A long
            // dash: a month only where no later year can be meant.
            let is_month = match separator {
                "-" | "." => true,
                "/" => year_after(year, month.into()) != year + 1,
                "–" => year_after(year, month.into()) - year > 20,
                _ => false,
            };
            if ends && is_month {
                return Some((i + 3, Moment::months(year, month, month)));
            }
        }
        self.year_ends(i, year).then_some(())?;
        let month = if self.is_mark(i + 1, ',') { i + 2 } else { i + 1 };
        if self.has(month, MONTH) && !matches!(self.slice(month), "may" | "mar" | "mars" | "march") {
            let next = month + 1;
            // `2019 maj 2020`: the month belongs to the later year.
            if self.any_year(next).is_none() && self.bare_two(next).is_none() && self.number(next).is_none() {
                return Some((next, Moment::months(year, self.value(month), self.value(month))));
            }
        }
        Some((i + 1, Moment::year(year)))
    }

    fn dated_by_day(&self, i: usize) -> Option<(usize, Moment)> {
        let (first, digits) = self.number(i)?;
        if self.joined(i)
            && self.back(i, 1).is_some_and(|t| {
                matches!(
                    t.what,
                    What::Word(_) | What::Masked | What::Placed | What::Mark('.' | '/' | ',' | '+')
                )
            })
        {
            return None;
        }
        if self.tight(i + 1)
            && (self.is_slash(i + 1) || self.is_mark(i + 1, '.') || self.is_dash(i + 1))
            && let Some(read) = self.day_in_figures(i, first)
        {
            return Some(read);
        }
        // `14 maj 2018`, `14:e maj`, `14th of May 2018`, `14-maj-2018`
        let day = small(first, 31).filter(|_| digits <= 2)?;
        let mut month = i + 1;
        if self.joined(month) && matches!(self.slice(month), "st" | "nd" | "rd" | "th" | "e" | "." | "-") {
            month += 1;
        } else if self.is_mark(month, ':') && matches!(self.slice(month + 1), "e" | "a") {
            month += 2;
        }
        if self.has(month, OF) {
            month += 1;
        }
        let (next, year) = self.has(month, MONTH).then(|| self.year_after_month(month))??;
        Some((next, Moment::day(year, self.value(month), day)))
    }

    /// The year after the month at `i`, with what may stand between.
    fn year_after_month(&self, i: usize) -> Option<(usize, i32)> {
        let mut at = i + 1;
        if self.is_mark(at, '.') || self.is_mark(at, ',') || self.is_mark(at, '/') {
            at += 1;
        }
        if self.has(at, OF) || self.has(at, YEARLEAD) {
            at += 1;
        }
        if self.is_dash(at) && self.tight(at) && self.year_number(at + 1).is_some() {
            at += 1;
        }
        self.any_year(at)
    }

    /// `14/5 2018`, `14.5.2018`, `05/2018`
    fn day_in_figures(&self, i: usize, first: u32) -> Option<(usize, Moment)> {
        let separator = self.slice(i + 1);
        if let Some(year) = self.year_number(i + 2) {
            // A month of a year, or a week of it, which only covers the year.
            return (self.year_ends(i + 2, year) && !self.names(i, 1))
                .then(|| small(first, 12))
                .flatten()
                .map(|month| (i + 3, Moment::months(year, month, month)));
        }
        let (second, digits) = self.number(i + 2)?;
        if digits > 2 || (first, second, separator) == (24, 7, "/") {
            return None;
        }
        let (day, month) = match (small(first, 31), small(second, 12)) {
            (Some(day), Some(month)) => (day, month),
            _ => (small(second, 31)?, small(first, 12)?),
        };
        if self.slice(i + 3) == separator && self.tight(i + 3) {
            let year = self.year_number(i + 4).filter(|year| self.year_ends(i + 4, *year))?;
            return Some((i + 5, Moment::day(year, month, day)));
        }
        if separator != "/" {
            return None;
        }
        let year = if self.is_dash(i + 3) && self.tight(i + 3) { i + 4 } else { i + 3 };
        if let Some(full) = self.year_number(year).filter(|full| self.year_ends(year, *full)) {
            return Some((year + 1, Moment::day(full, month, day)));
        }
        let two = self.short_year(i + 3).filter(|_| !self.is_slash(i + 5))?;
        Some((i + 5, Moment::day(full_year(two), month, day)))
    }

    fn dated_by_word(&self, i: usize) -> Option<Read> {
        let sure = |(next, moment)| Some(Read { next, moment, loose: false });
        if self.leads_year(i) && !self.has(i, SPAN) {
            let (next, year) = self.any_year(i + 1)?;
            // "the academic year 2019/20"
            let pair = self.is_slash(next) && self.tight(next) && self.number(next + 1).is_some();
            return if pair { None } else { sure((next, Moment::year(year))) };
        }
        if matches!(self.slice(i), "Q" | "q") && self.joined(i + 1) {
            let quarter = self.number(i + 1).and_then(|(value, _)| small(value, 4))?;
            let (next, year) = self.any_year(i + 2)?;
            return sure((next, Moment::months(year, quarter * 3 - 2, quarter * 3)));
        }
        let (lo, hi, mut at) = if self.has(i, MONTH) {
            (self.value(i), self.value(i), i + 1)
        } else if self.has(i, SEASON | TERM) {
            let (lo, hi) = season(self.value(i));
            (lo, hi, if self.has(i + 1, TERMWORD) { i + 2 } else { i + 1 })
        } else {
            return None;
        };
        let months = |year| Moment::months(year, lo, hi);
        if self.has(i, MONTH) {
            if let Some((next, year)) = self.year_after_month(i) {
                return sure((next, months(year)));
            }
            if let Some(read) = self.day_after_month(i) {
                return sure(read);
            }
        } else {
            if self.is_mark(at, ',')
                || self.has(at, OF)
                || self.has(at, YEARLEAD) && self.year_at(at + 1).is_some()
            {
                at += 1;
            }
            if self.is_dash(at) && self.tight(at) && self.year_number(at + 1).is_some() {
                at += 1;
            }
            if let Some((next, year)) = self.any_year(at) {
                return sure((next, months(year)));
            }
        }
        let two = self.bare_two(at).filter(|_| !self.counted(at))?;
        let ends = matches!(self.what(at + 1), None | Some(What::Line | What::Mark(_) | What::Dash))
            || self.has(at + 1, TO | AND | TERM);
        let moment = months(full_year(two));
        // A term has two digits more often than four; a season only where nothing is counted.
        let loose = !(self.has(i, TERM) || self.has(i, SEASON) && ends);
        Some(Read { next: at + 1, moment, loose })
    }

    /// `May 14, 2018`
    fn day_after_month(&self, i: usize) -> Option<(usize, Moment)> {
        let number = if self.is_mark(i + 1, '.') { i + 2 } else { i + 1 };
        let (day, digits) = self.number(number)?;
        let day = small(day, 31).filter(|_| digits <= 2)?;
        let mut at = number + 1;
        if self.joined(at) && matches!(self.slice(at), "st" | "nd" | "rd" | "th") {
            at += 1;
        }
        if self.is_mark(at, ',') {
            at += 1;
        }
        let year = self.year_at(at)?;
        Some((at + 1, Moment::day(year, self.value(i), day)))
    }
}
