//! Reads the applicant's own age: in figures, in words, and words such as `ung` that only say it. The ages
//! of others, which belong to duties, and lengths of experience are not touched.

use super::lexer::{
    ADVERB, AGEADJ, AGED, ALDER, AND, AR, ARIG, ARING, ARS, ARSALDERN, ARTICLE, AS, BE, BUT, CHILD, DECADE,
    DIGITAL, EARLY, EXPERIENCE, FRESH, FROM, FULL, GRADUATE, HE, LIMIT, MINE, NATIVE, NUMBER, NUMBERED, OF,
    OLD, OLDEST, OVER, PROGRAMME, RECENT, RETIREE, SELF, SINCE, SOON, STOP, TALIST, TEEN, TEENS, THE, THING,
    THIS, TO, TURN, UNGA, WAS, WEAK, WHEN, What, Words, YOUNG, YOUNGER, YOUNGEST, means,
};

/// Where an age stands, in tokens.
pub(super) struct Age {
    pub(super) from: usize,
    pub(super) next: usize,
    pub(super) rule: &'static str,
}

/// Younger than this nobody applies; an age below is a child's in a duty.
const ADULT: u32 = 15;
const OLDEST_AGE: u32 = 99;

impl Words<'_> {
    /// The age that begins at `i`.
    pub(super) fn age(&self, i: usize) -> Option<Age> {
        match self.what(i)? {
            What::Number { digits, .. } if digits <= 2 => self.age_number(i),
            What::Word(_) => self.age_word(i).or_else(|| self.age_number(i)),
            _ => None,
        }
    }

    /// A number up to 99 in figures or words, and the token after it.
    fn count(&self, i: usize) -> Option<(usize, u32)> {
        if let Some((value, digits)) = self.number(i) {
            let decimal = self.joined(i + 1)
                && matches!(self.what(i + 1), Some(What::Mark('.' | ',' | ':' | '/' | '%')))
                && (self.is_mark(i + 1, '%')
                    || self.joined(i + 2) && (self.number(i + 2).is_some() || self.is_placed(i + 2)));
            let part = self.joined(i)
                && self.back(i, 1).is_some_and(|t| {
                    !matches!(t.what, What::Mark('(' | ':' | '"' | '”') | What::Dash | What::Line)
                });
            return (digits <= 2 && !decimal && !part).then_some((i + 1, value));
        }
        if !self.has(i, NUMBER) {
            return None;
        }
        let tens = u32::from(self.value(i));
        let unit = if self.is_dash(i + 1) && self.tight(i + 1) { i + 2 } else { i + 1 };
        if tens >= 20 && tens % 10 == 0 && self.has(unit, NUMBER) && (1..10).contains(&self.value(unit)) {
            return Some((unit + 1, tens + u32::from(self.value(unit))));
        }
        // `one` is an article in both languages, and of no use here.
        let one = matches!(self.slice(unit), "one" | "ett") && tens >= 20 && tens % 10 == 0;
        Some(if one { (unit + 1, tens + 1) } else { (i + 1, tens) })
    }

    fn hit(from: usize, next: usize) -> Age {
        Age { from, next, rule: "time.age" }
    }

    fn age_number(&self, i: usize) -> Option<Age> {
        // `tjugofyraåring` is one word.
        if self.has(i, ARING | ARIG | ARSALDERN) {
            let n = u32::from(self.value(i));
            return if n > 0 { self.age_suffix(i, i, i, n) } else { None };
        }
        let (k, n) = self.count(i)?;
        let s = if self.is_dash(k) && self.is_word(k + 1) { k + 1 } else { k };
        // `25–30-årsåldern`
        if self.is_dash(k)
            && let Some((later, _)) = self.number(k + 1).and_then(|_| self.count(k + 1))
        {
            let word = if self.is_dash(later) { later + 1 } else { later };
            return self.has(word, ARSALDERN).then(|| self.age_suffix(i, word - 1, word, n)).flatten();
        }
        self.age_suffix(i, k, s, n).or_else(|| self.age_of_subject(i, k, n))
    }

    /// `24-åring`, `24-årig`, `20-årsåldern`, `24 år gammal`, `24-year-old`, `17 års ålder`, of which `s` is
    /// the word after the number.
    fn age_suffix(&self, i: usize, k: usize, s: usize, n: u32) -> Option<Age> {
        if self.has(s, ARING) {
            let own = n >= 18 || n >= 13 && self.back_has(i, 1, AS);
            return own.then(|| Self::hit(i, s + 1));
        }
        if self.has(s, ARIG) {
            let other = self.has(s + 1, EXPERIENCE | CHILD | THING) && self.slice(s + 1) != "student";
            return (n >= ADULT && !other).then(|| Self::hit(i, s + 1));
        }
        if self.has(s, ARSALDERN) {
            let other = (2..=3).any(|back| self.back_has(i, back, CHILD));
            return (n >= ADULT && !other).then(|| Self::hit(i, s + 1));
        }
        if self.has(s, TALIST) && s > k {
            return Some(Self::hit(i, s + 1));
        }
        if self.has(s, ARS) && self.has(s + 1, ALDER) && !(2..=4).any(|n| self.back_has(i, n, CHILD)) {
            return Some(Self::hit(i, s + 2));
        }
        // `28 vårar`, `28 bast`
        if s == k && n >= ADULT && matches!(self.slice(s), "vårar" | "bast") {
            return Some(Self::hit(i, s + 1));
        }
        if self.has(s, AR) {
            if self.has(s + 1, OF) && self.has(s + 2, ALDER) {
                return Some(Self::hit(i, s + 3));
            }
            let old = if self.is_dash(s + 1) { s + 2 } else { s + 1 };
            if self.has(old, OLD | YOUNG) && n >= 14 {
                let other = self.has(old + 1, THING | CHILD | EXPERIENCE)
                    || n < 18 && self.is_dash(k) && !(1..=3).any(|n| self.back_has(i, n, AS));
                let told = (1..=3).any(|n| self.back_has(i, n, BE | AS)) || !other;
                return told.then(|| Self::hit(i, old + 1));
            }
        }
        if self.joined(s) && matches!(self.slice(s), "yo" | "y") && n >= ADULT {
            let next = if self.is_mark(s + 1, '/') { s + 3 } else { s + 1 };
            return Some(Self::hit(i, next));
        }
        None
    }

    /// Whether nothing counted can follow at `b`.
    fn ends(&self, b: usize) -> bool {
        match self.what(b) {
            None | Some(What::Line) => true,
            Some(What::Mark(c)) => {
                !matches!(c, '%' | '‰' | '°' | '/' | '+' | '$' | '€' | '£' | '×' | '[' | '*')
            }
            Some(What::Dash) => !self.joined(b),
            Some(What::Word(_)) => self.has(b, STOP | BUT),
            _ => false,
        }
    }

    /// Whether the applicant is the subject of the verb `n` tokens before `i`.
    fn of_self(&self, i: usize, n: usize) -> bool {
        // A name that is replaced already is most often the applicant's.
        [n - 1, n + 1, n + 2].into_iter().filter(|n| *n > 0).any(|n| self.is_self(i, n))
            || self.back(i, n + 1).is_some_and(|t| t.what == What::Masked)
    }

    fn is_self(&self, i: usize, n: usize) -> bool {
        self.back(i, n).is_some_and(|t| means(t.what, SELF) || self.slice_of(t) == "I")
    }

    /// `jag är 24`, `fyllde 30`, `snart 30`, `sen jag var 15`: an age by the words before it.
    fn age_of_subject(&self, i: usize, k: usize, n: u32) -> Option<Age> {
        if !(3..=OLDEST_AGE).contains(&n) {
            return None;
        }
        let years = self.has(k, AR);
        let b = if years { k + 1 } else { k };
        let ends = self.ends(b);
        let adult = n >= ADULT;
        if self.back_has(i, 1, TURN)
            || self.back_has(i, 2, TURN) && (self.is_self(i, 1) || self.back_has(i, 1, SOON))
        {
            let told = ends || self.has(b, THIS) || years;
            let own = (1..=5).any(|n| self.is_self(i, n));
            let other =
                !own && self.back_has(i, 2, HE) || (2..=4).any(|n| self.back_has(i, n, CHILD | THING));
            return (told && n >= 13 && !other).then(|| Self::hit(i, b));
        }
        // `Anna, 24 år,` where the name is replaced already.
        let after_name = self.back(i, 1).is_some_and(|t| matches!(t.what, What::Mark(',' | '(')))
            && self.back(i, 2).is_some_and(|t| t.what == What::Masked);
        if after_name
            && adult
            && matches!(self.what(b), None | Some(What::Line | What::Mark(',' | '.' | ')')))
        {
            return Some(Self::hit(i, b));
        }
        if self.is_mark(b, '+') && self.joined(b) && adult && self.back_has(i, 1, AS | BE) && self.ends(b + 1)
        {
            return Some(Self::hit(i, b + 1));
        }
        // `I came alone at sixteen`
        let word = self.is_word(i) && (ADULT..20).contains(&n) || adult && self.slice(k) == "I";
        if word
            && self.back(i, 1).is_some_and(|t| matches!(self.slice_of(t), "at" | "vid"))
            && (ends || years || self.slice(k) == "I")
        {
            return Some(Self::hit(i, b));
        }
        let verb = (1..=3).find(|n| self.back_has(i, *n, BE) && (1..*n).all(|n| self.aside(i, n)));
        // `Är 27 år`, `Är 27 och bor i Lund`, `Jag tog examen i våras och är nu 30 år`
        if verb.is_some_and(|verb| {
            let opens = self.opens(i, verb + 1);
            (opens || self.back_has(i, verb + 1, AND)) && years || opens && self.has(b, STOP)
        }) && adult
            && ends
        {
            return Some(Self::hit(i, b));
        }
        if adult && self.told_in_passing(i, b, years, verb) {
            return Some(Self::hit(i, b));
        }
        // `Kvinna, 32 år` at the head of a line
        let comma = usize::from(self.back(i, 1).is_some_and(|t| t.what == What::Mark(',')));
        if self.back_has(i, 1 + comma, CHILD) && self.opens(i, 2 + comma) && n >= 18 && years && ends {
            return Some(Self::hit(i, b));
        }
        if let Some(verb) = verb
            && self.of_self(i, verb)
        {
            let past = self.back_has(i, verb, WAS) && (verb + 1..verb + 4).any(|n| self.back_has(i, n, WHEN));
            let told = ends || years && adult && self.is_word(b) && !self.has(b, WEAK | EXPERIENCE);
            return (told && (adult || past)).then(|| Self::hit(i, b));
        }
        if self.back_has(i, 1, SOON) && adult && ends {
            let length =
                self.back_has(i, 2, WEAK | SINCE) || self.back_has(i, 2, BE) && years && !self.is_self(i, 3);
            let subject = self.back_has(i, 2, SELF | BE | AND | AS) || self.opens(i, 2);
            return (!length && (subject || !years)).then(|| Self::hit(i, b));
        }
        None
    }

    /// An age beside the sentence rather than in it, of which `b` is the token after it:
    /// `Jag heter Anna, är 28 år och`, `Jag är ekonom, 28 år, och`, `Backend developer, 28, based in`,
    /// `Om mig: 28 år`, `28 år, noggrann`, `somebody who is 28,`, `As 28 going on seventy`.
    fn told_in_passing(&self, i: usize, b: usize, years: bool, verb: Option<usize>) -> bool {
        let closed = matches!(self.what(b), None | Some(What::Line | What::Mark(',' | '.' | ')')));
        let back = |n| self.back(i, n).map_or("", |t| self.slice_of(t));
        if matches!(back(1), "is" | "är") && matches!(back(2), "who" | "som") {
            let some = ["somebody", "someone", "någon"].iter().any(|one| one.eq_ignore_ascii_case(back(3)));
            return some && self.ends(b);
        }
        if let Some(verb) = verb {
            let after_comma = self.is_back_mark(i, verb + 1, ',')
                && (verb + 2..verb + 9)
                    .any(|n| self.is_self(i, n) || self.back(i, n).is_some_and(|t| t.what == What::Masked));
            return after_comma && years && self.ends(b);
        }
        if self.back_has(i, 1, AS) && self.slice(b) == "going" && self.slice(b + 1) == "on" {
            return true;
        }
        if years && closed && self.is_back_mark(i, 1, ':') && self.is_self(i, 2) {
            return true;
        }
        let opens = self.back(i, 1).is_none_or(|t| matches!(t.what, What::Line | What::Mark('.')));
        if years && opens && matches!(self.what(b), Some(What::Mark(',' | '.'))) {
            return true;
        }
        closed && self.is_back_mark(i, 1, ',') && self.apposed(i, years)
    }

    /// Whether the words before the comma before `i` are what the applicant is: `Jag är jurist, 28 år`, or,
    /// without the word for years, also a line's first words: `Backend developer, 28,`.
    fn apposed(&self, i: usize, years: bool) -> bool {
        if !self.back(i, 2).is_some_and(|t| matches!(t.what, What::Word(_)) && !means(t.what, NUMBERED)) {
            return false;
        }
        // `Statistics, 30, Lund` counts points.
        let small = self.is_word(i + 2) && !self.capital(i + 2);
        let head = |n| !years && n <= 6 && small;
        for n in 2..=14 {
            let Some(token) = self.back(i, n) else { return head(n) };
            match token.what {
                What::Line => return head(n),
                What::Mark('.' | '!' | '?' | ':' | ';') | What::Number { .. } => return false,
                What::Word(_) if matches!(self.slice_of(token), "är" | "am" | "m") => {
                    return self.is_self(i, n + 1)
                        || n > 2 && self.is_self(i, n - 1)
                        || self.is_self(i, n + 2);
                }
                _ => {}
            }
        }
        false
    }

    fn is_back_mark(&self, i: usize, n: usize, mark: char) -> bool {
        self.back(i, n).is_some_and(|t| t.what == What::Mark(mark))
    }

    /// A small word between the verb and the age, the applicant among them.
    fn aside(&self, i: usize, n: usize) -> bool {
        self.back_has(i, n, ADVERB | SOON) || self.is_self(i, n)
    }

    /// Whether a sentence, line or list item begins after the token `n` before `i`.
    fn opens(&self, i: usize, n: usize) -> bool {
        self.back(i, n).is_none_or(|t| {
            matches!(
                t.what,
                What::Line | What::Dash | What::Mark('.' | '!' | '?' | '•' | '·' | '*' | ':' | '–')
            )
        })
    }

    fn age_word(&self, i: usize) -> Option<Age> {
        self.labelled(i).or_else(|| self.own_age(i)).or_else(|| self.stage(i)).or_else(|| self.young(i)).map(
            |(from, next)| Age {
                from,
                next,
                rule: if self.number(next - 1).is_some() { "time.age" } else { "time.age_word" },
            },
        )
    }

    /// `ålder: 24 år`, `aged 24`, `at the age of 19`, `i en ålder av 24`
    fn labelled(&self, i: usize) -> Option<(usize, usize)> {
        let at = if self.has(i, THE) { i + 1 } else { i };
        if !self.has(at, ALDER | AGED) {
            return None;
        }
        let named = self.is_mark(at + 1, ':') || self.has(at + 1, OF);
        let mut told = if named { at + 2 } else { at + 1 };
        // `Ålder ........ 28`: dots lead to the figure.
        if !named && self.is_mark(told, '.') && self.is_mark(told + 1, '.') {
            while self.is_mark(told, '.') {
                told += 1;
            }
        }
        let (k, n) = self.count(told)?;
        // `a building services engineer, aged 51`
        let near = if self.is_back_mark(i, 1, ',') { 2 } else { 3 };
        let others = (1..=near).any(|n| self.back_has(i, n, CHILD))
            || (1..=2).any(|back| self.back_has(i, back, LIMIT) || n < ADULT && self.back_has(i, back, FROM));
        let range = self.is_dash(k)
            || self.is_mark(k, '+')
            || self.has(k, TO)
            || self.has(k, OVER)
                && (self.has(k + 1, LIMIT | OLD) || self.count(k + 1).is_some() || self.is_placed(k + 1));
        if others || range || n < 5 {
            return None;
        }
        let years = if self.has(k, AR) { k + 1 } else { k };
        Some((i, if self.has(years, OLD) { years + 1 } else { years }))
    }

    /// `min ringa ålder`, `my age`, `in my thirties`, `ung ålder`, `unga år`
    fn own_age(&self, i: usize) -> Option<(usize, usize)> {
        if self.has(i, MINE) {
            let at = (i + 1..i + 4).find(|at| !self.has(*at, AGEADJ))?;
            if self.has(at, ALDER) || self.has(at, TEENS) {
                return Some((i, at + 1));
            }
            let early = if self.has(i + 1, EARLY) { i + 2 } else { i + 1 };
            let word = if self.is_dash(early) { early + 1 } else { early };
            if self.has(word, DECADE) {
                return Some((i + 1, word + 1));
            }
            let figures = self.number(word).is_some_and(|(value, digits)| digits == 2 && value % 10 == 0);
            return (figures && self.slice(word + 1) == "s" && self.joined(word + 1))
                .then_some((i + 1, word + 2));
        }
        let young = self.has(i, YOUNG | UNGA);
        (young && (self.has(i + 1, ALDER) || self.has(i, UNGA | YOUNG) && self.slice(i + 1) == "år"))
            .then_some((i, i + 2))
    }

    /// `nyexaminerad`, `recent graduate`, `pensionär`, `som tonåring`
    fn stage(&self, i: usize) -> Option<(usize, usize)> {
        if self.has(i, FRESH) {
            return Some((i, i + 1));
        }
        if self.has(i, RECENT) && self.has(i + 1, GRADUATE) && !self.has(i + 2, PROGRAMME) {
            return Some((i, i + 2));
        }
        // `a recent computer science graduate`: the subject stays.
        let later = (i + 2..i + 4).any(|at| self.slice(at) == "graduate");
        if self.slice(i) == "recent" && later && (i + 1..i + 3).all(|at| self.is_word(at)) {
            return Some((i, i + 1));
        }
        if self.has(i, DIGITAL) && self.has(i + 1, NATIVE) {
            return Some((i, i + 2));
        }
        let article = usize::from(self.back_has(i, 1, ARTICLE));
        let said_of_self = self.back_has(i, 1 + article, AS)
            || (1 + article..4 + article).any(|n| self.back_has(i, n, BE) && self.of_self(i, n));
        if self.has(i, RETIREE) {
            let alone = self.opens(i, 1) || said_of_self;
            return (alone && !self.has(i + 1, CHILD)).then_some((i, i + 1));
        }
        if self.has(i, TEEN) {
            return said_of_self.then_some((i, i + 1));
        }
        if self.has(i, TEENS) && self.slice(i).ends_with("åren") {
            let others = (2..=3).any(|n| self.back_has(i, n, CHILD));
            return (!others).then_some((i, i + 1));
        }
        None
    }

    /// `ung`, `yngst`, `young`, and their like, about oneself.
    fn young(&self, i: usize) -> Option<(usize, usize)> {
        let one = Some((i, i + 1));
        if self.has(i, YOUNG) {
            let opens = self.opens(i, 1);
            if self.capital(i) && (!opens || self.capital(i + 1)) || self.has(i + 1, THING) {
                return None;
            }
            let article = usize::from(self.back_has(i, 1, ARTICLE));
            let said = self.back_has(i, 1 + article, AS | BE);
            if self.has(i + 1, CHILD) {
                return if said { one } else { None };
            }
            let near = (1..=4).any(|n| self.back_has(i, n, AS | BE) || self.is_self(i, n));
            let alone =
                self.has(i + 1, AND | BUT) || matches!(self.what(i + 1), None | Some(What::Mark(',' | '.')));
            let group = self.back_has(i, 1, THE | FULL);
            return if !group && (near || opens || alone) { one } else { None };
        }
        if self.has(i, YOUNGEST | OLDEST) {
            // Much that is oldest is no applicant.
            let own = (1..=4).any(|n| self.back_has(i, n, AS | BE) || self.is_self(i, n));
            if self.has(i, OLDEST) && !own {
                return None;
            }
            let others = self.back_has(i, 1, FULL) && !self.has(i, YOUNGEST) || self.has(i + 1, CHILD);
            let group = matches!(
                self.back(i, 1).map(|t| self.slice_of(t)),
                Some("de" | "De" | "våra" | "min" | "my")
            );
            return if others || group { None } else { one };
        }
        if self.has(i, YOUNGER) {
            let told =
                (1..=2).any(|n| self.back_has(i, n, BE) && self.of_self(i, n)) || self.back_has(i, 1, AS);
            return if told && !self.has(i + 1, CHILD) { one } else { None };
        }
        if self.has(i, OLD) {
            let told = (1..=3).any(|n| self.back_has(i, n, BE) && self.of_self(i, n));
            return if told && !self.plain_small(i + 1) && !self.back_has(i, 1, FROM) { one } else { None };
        }
        None
    }
}
