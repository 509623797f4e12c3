//! Reads a stretch of time from one date to another, or to the day applications are counted from, and
//! says how long it is. It never says when.

use jiff::civil::Date;

use super::lexer::{
    ABOUT, AND, ARS, BETWEEN, EARLY, FROM, MONTH, NOW, OF, ONGOING, ONWARD, SEASON, SINCE, SPAN, THE, TO,
    What, Words, YEARLEAD,
};
use super::moment::{Moment, Read, full_year, year_after};

/// A range that was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) next: usize,
    pub(super) start: Moment,
    pub(super) end: End,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    At(Moment),
    Open,
}

/// What opens a range, and so which words may stand between its dates.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opener {
    Nothing,
    Between,
    From,
    Since,
}

/// Stretches of more years are no part of anybody's application.
const YEARS_MAX: i32 = 99;

/// How long something lasted, in months, or in years where a date has no month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    Years(i32),
    Months(i32),
}

/// How long the range lasted; none where it is no range that can be.
pub(super) fn closed(start: Moment, end: Moment) -> Option<Length> {
    let years = end.year - start.year;
    if years.abs() > YEARS_MAX {
        return None;
    }
    if start.lo == 0 || end.lo == 0 {
        return Some(Length::Years(years.abs()));
    }
    // The same month or season on both sides says no more than a year alone.
    if start == end && start.day == 0 {
        return Some(Length::Years(0));
    }
    let (start, end) =
        if (years, i32::from(end.hi) - i32::from(start.lo)) < (0, 0) { (end, start) } else { (start, end) };
    Some(Length::Months(months(start, end)))
}

/// Months from the first day of the start to the last day of the end, rounded where days are told.
fn months(start: Moment, end: Moment) -> i32 {
    let whole = (end.year - start.year) * 12 + i32::from(end.hi) - i32::from(start.lo);
    if start.day == 0 && end.day == 0 {
        return (whole + 1).max(0);
    }
    // Every month has thirty days here, so that leap years, which a shift of years would move, are the same.
    let last = if end.hi == 2 && end.day >= 28 || end.day == 0 { 30 } else { end.day.min(30) };
    let days = i32::from(last) + 1 - i32::from(start.day.clamp(1, 30));
    (whole + (days + 15).div_euclid(30)).max(0)
}

/// How long something that began at `start` has lasted; none where it has not begun.
pub(super) fn until(start: Moment, today: Date) -> Option<Length> {
    let years = i32::from(today.year()) - start.year;
    if !(0..=YEARS_MAX).contains(&years) {
        return None;
    }
    if start.lo == 0 {
        return Some(Length::Years(years));
    }
    let month = today.month() as u8;
    let begun = years > 0 || (start.lo, start.day) <= (month, today.day() as u8);
    let end = Moment {
        year: today.year().into(),
        lo: month,
        hi: month,
        day: if start.day == 0 { 0 } else { today.day() as u8 },
    };
    begun.then(|| Length::Months(months(start, end)))
}

/// The length in words, in brackets.
pub(super) fn told(length: Length, open: bool, english: bool) -> String {
    let (years, months) = match length {
        Length::Years(years) => (years, 0),
        Length::Months(months) => (months / 12, months % 12),
    };
    let mut out = String::from("[");
    let plural = |n: i32| if english && n != 1 { "s" } else { "" };
    let (year, month) = if english { ("year", "month") } else { ("år", "mån") };
    match (years, months) {
        (0, 0) => {
            let unit = if matches!(length, Length::Years(_)) { year } else { month };
            out += &format!("under 1 {unit}");
        }
        (0, _) => out += &format!("{months} {month}{}", plural(months)),
        (_, 0) => out += &format!("{years} {year}{}", plural(years)),
        _ => out += &format!("{years} {year}{} {months} {month}{}", plural(years), plural(months)),
    }
    if open {
        out += if english { ", ongoing" } else { ", pågår" };
    }
    out.push(']');
    out
}

impl Words<'_> {
    /// The range that begins at `i`.
    pub(super) fn range(&self, i: usize) -> Option<Range> {
        if self.has(i, ONGOING) && self.has(i + 1, SINCE) {
            return self.range(i + 1);
        }
        let (opener, at) = self.opener(i);
        if opener == Opener::Nothing
            && let Some(range) = self.short_span(i)
        {
            return Some(range);
        }
        if let Some(range) = self.shared(at, opener) {
            return Some(range);
        }
        if let Some(range) = self.spaced_iso(at).or_else(|| self.six_figures(at)) {
            return Some(range);
        }
        let first = self.moment(at)?;
        let start = first.moment;
        let k = first.next;
        if start.lo == 0
            && let Some(range) = self.school_year(k, start)
        {
            // "sedan 2019/20" is open from the first of the two.
            return Some(if opener == Opener::Since { Range { end: End::Open, ..range } } else { range });
        }
        if let Some(next) = self.one_winter(at, k, start) {
            return Some(Range { next, start, end: End::At(start) });
        }
        // `HT19/VT20`
        if self.is_mark(k, '/')
            && start.lo > 0
            && let Some(second) = self.moment(k + 1).filter(|second| second.moment.lo > 0)
            && self.joined(k)
        {
            return Some(Range { next: second.next, start, end: End::At(second.moment) });
        }
        if let Some(after) = self.after_to(k, opener) {
            if let Some(next) = self.now(after) {
                return (!first.loose).then_some(Range { next, start, end: End::Open });
            }
            if let Some(range) = self.second(after, first.loose, start) {
                return Some(range);
            }
        }
        if let Some(range) = self.after_dash(k, first) {
            return Some(range);
        }
        if first.loose {
            return None;
        }
        if let Some(next) = self.onward(k) {
            return Some(Range { next, start, end: End::Open });
        }
        (opener == Opener::Since && !self.has(k, ARS)).then_some(Range { next: k, start, end: End::Open })
    }

    /// What opens the range at `i`, and where its first date is looked for.
    fn opener(&self, i: usize) -> (Opener, usize) {
        let (opener, mut at) = if self.has(i, BETWEEN) {
            (Opener::Between, i + 1)
        } else if self.has(i, SINCE) {
            (Opener::Since, i + 1)
        } else if let Some(at) = self.open_from(i) {
            at
        } else {
            (Opener::Nothing, i)
        };
        if opener != Opener::Nothing || self.leads_year(i) && self.years(i) {
            for _ in 0..4 {
                let skipped = self.has(at, ABOUT | EARLY | YEARLEAD) && !self.has(at, SEASON)
                    || self.has(at, OF)
                    || self.has(at, THE) && self.has(at + 1, EARLY | YEARLEAD)
                    || self.is_mark(at, '.') && self.joined(at)
                    || self.is_dash(at) && self.tight(at) && self.number(at + 1).is_some_and(|(_, d)| d == 4);
                at += usize::from(skipped);
            }
        }
        (opener, at)
    }

    /// Whether the word at `i` opens a stretch of years: `åren`, `years`.
    fn years(&self, i: usize) -> bool {
        self.has(i, SPAN) || self.slice(i).ends_with("ears")
    }

    /// `från`, `from`, `från och med`, `fr.o.m.`, `f.o.m.`; the longer ones have no end.
    fn open_from(&self, i: usize) -> Option<(Opener, usize)> {
        if self.has(i, FROM) && self.has(i + 1, AND) && self.slice(i + 2) == "med" {
            return Some((Opener::Since, i + 3));
        }
        if matches!(self.slice(i), "fr" | "f" | "Fr" | "F") {
            let dot = |at| usize::from(self.is_mark(at, '.'));
            let o = i + 1 + dot(i + 1);
            let m = o + 1 + dot(o + 1);
            return (self.slice(o) == "o" && self.slice(m) == "m")
                .then(|| (Opener::Since, m + 1 + dot(m + 1)));
        }
        self.has(i, FROM).then_some((Opener::From, i + 1))
    }

    /// The word between two dates at `k`; where the second date begins.
    fn after_to(&self, k: usize, opener: Opener) -> Option<usize> {
        let at = if self.is_mark(k, ',') { k + 1 } else { k };
        if opener == Opener::Between && self.has(at, AND) {
            return Some(self.lead(at + 1));
        }
        // `t.o.m.`, `t o m`
        if self.slice(at) == "t" {
            let dot = |at| usize::from(self.is_mark(at, '.'));
            let o = at + 1 + dot(at + 1);
            let m = o + 1 + dot(o + 1);
            return (self.slice(o) == "o" && self.slice(m) == "m").then(|| self.lead(m + 1 + dot(m + 1)));
        }
        let at = if matches!(self.slice(at), "fram" | "up" | "upp") { at + 1 } else { at };
        // `2020 och fortfarande`
        if self.has(at, AND) && self.now(at + 1).is_some() {
            return Some(at + 1);
        }
        if !self.has(at, TO) {
            return None;
        }
        let with = if self.has(at + 1, AND) && self.slice(at + 2) == "med" { at + 3 } else { at + 1 };
        Some(self.lead(with))
    }

    /// Passes by what may stand before the second date.
    fn lead(&self, at: usize) -> usize {
        let at = if self.has(at, ABOUT) { at + 1 } else { at };
        let early = if self.has(at, THE) && self.has(at + 1, EARLY) { at + 1 } else { at };
        if self.has(early, EARLY) { if self.has(early + 1, OF) { early + 2 } else { early + 1 } } else { at }
    }

    /// A word for today at `at`; where it ends.
    fn now(&self, at: usize) -> Option<usize> {
        let two = matches!(
            (self.slice(at), self.slice(at + 1)),
            ("i", "dag" | "nuläget" | "dagsläget") | ("tills", "vidare") | ("dags", "dato") | ("I", "dag")
        );
        if two {
            return Some(at + 2);
        }
        // `t.v.`, until further notice
        if self.slice(at) == "t" && self.is_mark(at + 1, '.') && self.slice(at + 2) == "v" {
            return Some(if self.is_mark(at + 3, '.') { at + 4 } else { at + 3 });
        }
        let word = if self.has(at, THE) { at + 1 } else { at };
        self.has(word, NOW).then_some(word + 1)
    }

    /// `och framåt`, `onwards`; where it ends.
    fn onward(&self, k: usize) -> Option<usize> {
        let at = if self.has(k, AND) { k + 1 } else { k };
        self.has(at, ONWARD).then_some(at + 1)
    }

    fn second(&self, at: usize, loose: bool, start: Moment) -> Option<Range> {
        let second = self.later_moment(at)?;
        if second.loose && (start.lo == 0 || !loose && start.day > 0) {
            return None;
        }
        let end = second.moment;
        closed(start, end)?;
        // Two dates without a year between them are days of a month, not years.
        (!(loose && second.loose) || end.year >= start.year).then_some(())?;
        Some(Range { next: second.next, start, end: End::At(end) })
    }

    /// `2019/2020`, `2019/20`, of which `k` is the mark.
    fn school_year(&self, k: usize, start: Moment) -> Option<Range> {
        if !self.is_mark(k, '/') || !self.tight(k) {
            return None;
        }
        let (value, digits) = self.number(k + 1)?;
        let year = match digits {
            2 => year_after(start.year, value),
            4 => value as i32,
            _ => return None,
        };
        let short = (1..=6).contains(&(year - start.year));
        let law = self.joined(k + 2)
            && (self.is_mark(k + 2, ':') || self.is_mark(k + 2, '/'))
            && self.joined(k + 3);
        if !short || law {
            return None;
        }
        let range = Range { next: k + 2, start, end: End::At(Moment::year(year)) };
        // `2017/18–2019/20`: from the first of the four years to the last.
        let later = self.is_dash(k + 2).then(|| self.later_moment(k + 3)).flatten();
        let last = later.and_then(|later| self.school_year(later.next, later.moment));
        Some(
            last.filter(|_| later.is_some_and(|l| l.moment.lo == 0))
                .map_or(range, |last| Range { start, ..last }),
        )
    }

    /// `vintern 2019/20`, `vintern 2019–2020`: one season over the turn of a year.
    fn one_winter(&self, at: usize, k: usize, start: Moment) -> Option<usize> {
        let winter = self.is_dash(k) && self.has(at, SEASON) && self.value(at) == 4;
        if start.lo == 0 || start.day > 0 || !self.tight(k) || !(winter || self.is_mark(k, '/')) {
            return None;
        }
        let (value, digits) = self.number(k + 1)?;
        let year = if digits == 2 { year_after(start.year, value) } else { value as i32 };
        (matches!(digits, 2 | 4) && year == start.year + 1).then_some(k + 2)
    }

    /// `åren 19–21`, `läsåret 19/20`: two digits are years only after a word that says so, which stays
    /// where it names what the years are of.
    fn short_span(&self, i: usize) -> Option<Range> {
        let spanned = self.back_has(i, 1, SPAN);
        let (first, 2) = self.number(i).filter(|_| spanned)? else { return None };
        let (second, 2) = self.number(i + 2)? else { return None };
        if !(self.is_dash(i + 1) || self.is_mark(i + 1, '/')) {
            return None;
        }
        let start = full_year(first);
        let end = Moment::year(year_after(start, second));
        Some(Range { next: i + 3, start: Moment::year(start), end: End::At(end) })
    }

    /// What follows a date and a dash at `k`: another date, a word for today, or nothing.
    fn after_dash(&self, k: usize, first: Read) -> Option<Range> {
        let start = first.moment;
        let dots = self.is_mark(k, '.') && self.is_mark(k + 1, '.') && self.joined(k + 1);
        let next_line = self.has_line(k) && self.is_dash(k + 1) && self.joined(k + 2);
        if !(self.is_dash(k) || dots || next_line) {
            return None;
        }
        let dash = if next_line { k + 1 } else { k };
        let mut at = dash + 1;
        while at < dash + 3
            && self.joined(at)
            && (self.is_dash(at) || self.is_mark(at, '>') || self.is_mark(at, '.'))
        {
            at += 1;
        }
        let now = self.now(at).or_else(|| self.has(at, TO).then(|| self.now(at + 1)).flatten());
        if let Some(next) = now.filter(|_| !first.loose) {
            return Some(Range { next, start, end: End::Open });
        }
        let to = if self.has(at, TO) { at + 1 } else { at };
        if let Some(range) = self.dash_date(dash, to, first) {
            return Some(range);
        }
        if self.has_line(at)
            && let Some(range) = self.dash_date(dash, at + 1, first)
            && let End::At(end) = range.end
            && (end.year, end.hi) >= (start.year, start.lo)
            && !self.is_dash(range.next)
        {
            return Some(range);
        }
        let open = !first.loose && !dots && dash == k && self.left_open(dash, at);
        open.then_some(Range { next: at, start, end: End::Open })
    }

    fn has_line(&self, i: usize) -> bool {
        self.what(i) == Some(What::Line)
    }

    fn dash_date(&self, dash: usize, at: usize, first: Read) -> Option<Range> {
        let start = first.moment;
        if let Some((value, 2)) = self.number(at)
            && start.lo == 0
            && self.moment(at).is_none()
        {
            let end = year_after(start.year, value);
            let tight = self.joined(dash) && self.joined(at);
            let after = self.what(at + 1);
            let ends = match after {
                None | Some(What::Line | What::Mark(')' | ']' | ';' | '|' | '!' | '?')) => true,
                Some(What::Mark('.' | ',' | ':')) => {
                    !(self.joined(at + 1) && self.joined(at + 2) && self.number(at + 2).is_some())
                }
                Some(What::Word(_)) => tight && !self.joined(at + 1),
                Some(What::Dash) => !self.joined(at + 1),
                _ => false,
            };
            let years = end - start.year;
            return (ends && years <= 40).then_some(Range {
                next: at + 1,
                start,
                end: End::At(Moment::year(end)),
            });
        }
        self.second(at, first.loose, start)
    }

    /// Whether the dash at `dash`, after which `at` comes, says that the range goes on until today, and
    /// does not only set off what follows.
    fn left_open(&self, dash: usize, at: usize) -> bool {
        let close = self.joined(dash);
        match self.what(at) {
            None | Some(What::Line | What::Mark(')' | ']' | ',' | ';' | '|')) => true,
            Some(What::Mark('.' | ':' | '(')) => close,
            Some(What::Masked) => close && !self.joined(at),
            Some(What::Word(_)) => close && (!self.joined(at) || self.capital(at)),
            _ => false,
        }
    }

    /// `aug–dec 2019`, `14–18 maj 2018`, `14 maj till 18 juni 2018`, `May 14–18, 2018`: the year stands once.
    fn shared(&self, i: usize, opener: Opener) -> Option<Range> {
        let i = if self.has(i, THE) && self.number(i + 1).is_some() { i + 1 } else { i };
        let (month, day, k) = if self.has(i, MONTH) {
            match self.number(i + 1) {
                Some((day, 1 | 2)) if (1..=31).contains(&day) => (self.value(i), day as u8, i + 2),
                Some(_) => return None,
                None => (self.value(i), 0, if self.is_mark(i + 1, '.') { i + 2 } else { i + 1 }),
            }
        } else if self.has(i, SEASON) {
            (0, 0, i + 1)
        } else if let Some((day, 1 | 2)) = self.number(i)
            && (1..=31).contains(&day)
        {
            if self.joined(i) && !self.back_is_open(i) {
                return None;
            }
            if self.has(i + 1, MONTH) {
                (self.value(i + 1), day as u8, i + 2)
            } else if self.is_mark(i + 1, '/')
                && let Some((month, 1 | 2)) = self.number(i + 2)
                && (1..=12).contains(&month)
            {
                (month as u8, day as u8, i + 3)
            } else {
                (0, day as u8, i + 1)
            }
        } else {
            return None;
        };
        let to = if self.is_dash(k) || self.is_mark(k, '/') && day == 0 && month > 0 {
            k + 1
        } else {
            self.after_to(k, opener)?
        };
        // `May 14–18, 2018`
        if self.has(i, MONTH)
            && day > 0
            && let Some((last, 1 | 2)) = self.number(to)
            && !self.has(to + 1, MONTH)
        {
            let year = if self.is_mark(to + 1, ',') { to + 2 } else { to + 1 };
            let full = self.year_at(year)?;
            let last = u8::try_from(last).ok().filter(|last| (1..=31).contains(last))?;
            let end = End::At(Moment::day(full, month, last));
            return Some(Range { next: year + 1, start: Moment::day(full, month, day), end });
        }
        let last = self.moment(to).filter(|last| !last.loose)?;
        let end = last.moment;
        if end.lo == 0 || (end.day == 0) != (day == 0) {
            return None;
        }
        let start = match (month, day) {
            // A season: its months are those of a date in it.
            (0, 0) => {
                let (lo, hi) = super::moment::season(self.value(i));
                Moment::months(end.year - i32::from(lo > end.hi), lo, hi)
            }
            (0, _) => Moment::day(end.year, end.lo, day),
            (_, 0) => Moment::months(end.year - i32::from(month > end.hi), month, month),
            _ => Moment::day(end.year - i32::from(month > end.hi), month, day),
        };
        Some(Range { next: last.next, start, end: End::At(end) })
    }

    /// Whether what the number at `i` is joined to leaves it a number of its own.
    fn back_is_open(&self, i: usize) -> bool {
        self.back(i, 1).is_some_and(|t| matches!(t.what, What::Mark('(' | ':' | '"' | ';')))
    }

    /// `201809–202106`, `190801–200630`: six figures are a date only beside six others.
    fn six_figures(&self, i: usize) -> Option<Range> {
        let six = |at: usize| self.number(at).filter(|(_, digits)| *digits == 6).map(|(value, _)| value);
        let (first, last) = (six(i).filter(|_| self.is_dash(i + 1))?, six(i + 2)?);
        let month = |value: u32| {
            let (year, month) = (value / 100, value % 100);
            let told = (1900..2100).contains(&year) && (1..=12).contains(&month);
            told.then(|| Moment::months(year as i32, month as u8, month as u8))
        };
        let day = |value: u32| {
            let (month, day) = (value / 100 % 100, value % 100);
            let told = (1..=12).contains(&month) && (1..=31).contains(&day);
            told.then(|| Moment::day(full_year(value / 10_000), month as u8, day as u8))
        };
        let (start, end) = month(first).zip(month(last)).or_else(|| day(first).zip(day(last)))?;
        closed(start, end)?;
        (!self.joined(i + 3) || self.is_plain_end(i + 3)).then_some(Range {
            next: i + 3,
            start,
            end: End::At(end),
        })
    }

    /// A mark after which the number before it does not go on.
    fn is_plain_end(&self, i: usize) -> bool {
        matches!(self.what(i), Some(What::Mark(')' | ',' | ';' | '.' | ':'))) && !self.joined(i + 1)
    }

    /// `2019 - 08 - 2021 - 06`, or with long dashes: months, because a year follows.
    fn spaced_iso(&self, i: usize) -> Option<Range> {
        let month = |at: usize| {
            self.is_dash(at)
                .then(|| self.number(at + 1))?
                .filter(|(value, digits)| *digits == 2 && (1..=12).contains(value))
        };
        let year = |at: usize| {
            self.number(at).filter(|(value, digits)| *digits == 4 && (1900..2100).contains(value))
        };
        let (from, _) = year(i)?;
        let (first, _) = month(i + 1)?;
        let to = if self.is_dash(i + 3) { i + 4 } else { self.after_to(i + 3, Opener::Nothing)? };
        let (until, _) = year(to)?;
        let (last, _) = month(to + 1)?;
        // A third pair of figures makes them days.
        if self.is_dash(to + 3) && self.joined(to + 3) && self.number(to + 4).is_some() {
            return None;
        }
        let start = Moment::months(from as i32, first as u8, first as u8);
        let end = Moment::months(until as i32, last as u8, last as u8);
        closed(start, end)?;
        Some(Range { next: to + 3, start, end: End::At(end) })
    }
}
