//! Reads a text as sentences of units: a unit is a word or a phrase of the lists, with all that is
//! known of it. It judges nothing.

use super::Kind;
use super::lexicon::{Entry, Mode, Naming, Realm, class, lexicon};

/// Longest sentence in units. A longer one is cut, so that every look around a word stays short.
const LONGEST: usize = 200;
/// Longest phrase in words.
const PHRASE: usize = 12;

/// What stands before a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Gap {
    /// A space, or nothing at the head of a sentence.
    #[default]
    Space,
    /// A hyphen, apostrophe, slash or point without spaces.
    Glue,
    Comma,
    /// A colon and a space.
    Colon,
    /// Semicolon, dash, bracket or quotation mark.
    Break,
    /// An opening parenthesis.
    Open,
    /// A closing parenthesis.
    Close,
    /// The end of a sentence, of a line or of an item.
    End,
}

/// A word or phrase.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent marks, each read by itself")]
pub(super) struct Unit {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Bits of [`class`].
    pub(super) class: u128,
    pub(super) trigger: Option<(Kind, Mode)>,
    pub(super) naming: Option<(Naming, Realm)>,
    pub(super) gap: Gap,
    /// Begins with a capital letter.
    pub(super) capital: bool,
    /// One of its words begins with a capital letter.
    pub(super) some_capital: bool,
    /// Has no small letter.
    pub(super) capitals: bool,
    /// The word is in the lists.
    pub(super) known: bool,
    /// A hyphen and a space follow: the word is half of a compound.
    pub(super) half: bool,
    /// The last letter, where it is an ASCII one.
    pub(super) last: u8,
    /// First unit of its clause.
    pub(super) clause: usize,
}

impl Unit {
    pub(super) fn is(&self, bits: u128) -> bool {
        self.class & bits != 0
    }

    /// A capital I alone.
    fn is_i(&self) -> bool {
        self.is(class::ORIGIN_PREP) && self.capitals && self.end - self.start == 1
    }

    /// Joined to the unit before by a space or a hyphen.
    pub(super) fn joined(&self) -> bool {
        matches!(self.gap, Gap::Space | Gap::Glue)
    }
}

/// The units between two ends.
#[derive(Debug, Default)]
pub(super) struct Sentence {
    units: Vec<Unit>,
    /// Somebody speaks of herself in it.
    pub(super) own: bool,
    pub(super) english: bool,
    /// How many of its words are of the one language and of the other alone.
    languages: (usize, usize),
    /// It is written in capitals, which then mark no name.
    pub(super) shouted: bool,
}

impl Sentence {
    pub(super) fn len(&self) -> usize {
        self.units.len()
    }

    pub(super) fn units(&self) -> &[Unit] {
        &self.units
    }

    /// The unit, or an empty one outside the sentence.
    pub(super) fn at(&self, at: usize) -> Unit {
        self.units.get(at).copied().unwrap_or_default()
    }

    /// The unit before, or an empty one.
    pub(super) fn before(&self, at: usize) -> Unit {
        at.checked_sub(1).map(|at| self.at(at)).unwrap_or_default()
    }

    /// Whether one of the units `from..to` is in the set.
    pub(super) fn any(&self, from: usize, to: usize, bits: u128) -> bool {
        self.units
            .get(from..to.min(self.units.len()))
            .is_some_and(|some| some.iter().any(|unit| unit.is(bits)))
    }

    /// One past the last unit of the clause that `at` is in.
    pub(super) fn clause_end(&self, at: usize) -> usize {
        let clause = self.at(at).clause;
        self.units
            .iter()
            .enumerate()
            .skip(at)
            .find(|(_, unit)| unit.clause != clause)
            .map_or(self.units.len(), |(at, _)| at)
    }

    fn close(&mut self) {
        let (english, swedish) = self.languages;
        self.english = english > swedish;
        // An abbreviation alone on its line is not shouted.
        let shouted = self.units.iter().filter(|unit| !unit.is(class::NUMBER)).all(|unit| unit.capitals)
            && self.units.iter().any(|unit| unit.end - unit.start > 5);
        let am = self.units.windows(2).any(|pair| {
            pair.first().is_some_and(Unit::is_i) && pair.last().is_some_and(|next| next.is(class::ENGLISH))
        });
        for unit in &mut self.units {
            // "I" is the English pronoun, "i" the Swedish preposition.
            if unit.is_i() && (english > swedish || !shouted && english == swedish && (swedish == 0 || am)) {
                unit.class = class::SELF | class::NOMINATIVE;
            }
            let written = (!unit.is(class::CAPITALS) || (unit.capitals && !shouted))
                && (!unit.is(class::CAPITAL) || unit.some_capital)
                && (!unit.is(class::SMALL) || !unit.capital)
                && (!unit.is(class::ONLY_SWEDISH) || english <= swedish);
            if unit.is(class::PLACE) && !unit.some_capital {
                unit.class &= !class::PLACE;
            }
            if !written {
                unit.trigger = None;
                unit.naming = None;
                unit.class &= !(class::PLACE | class::PEOPLE);
            }
        }
        self.shouted = shouted;
        self.own = self.units.iter().any(|unit| unit.is(class::SELF | class::MY | class::TAUGHT));
        let mut clause = 0;
        for at in 0..self.units.len() {
            let (unit, next) = (self.at(at), self.at(at + 1));
            let opens = unit.is(class::CONJ)
                || matches!(unit.gap, Gap::Comma | Gap::Colon | Gap::Break | Gap::Open | Gap::Close)
                || unit.is(class::SUB) && next.is(class::SELF) && next.joined()
                || unit.is(class::MASK)
                || self.before(at).is(class::MASK);
            if opens {
                clause = at;
            }
            if let Some(unit) = self.units.get_mut(at) {
                unit.clause = clause;
            }
        }
    }
}

/// Gives every sentence of the text to `each`, in order.
pub(super) fn sentences(text: &str, mut each: impl FnMut(&Sentence)) {
    let mut reader = Reader::new(text);
    let mut words: Vec<Word> = Vec::new();
    let mut sentence = Sentence::default();
    loop {
        let word = reader.next();
        let whole = word.is_none_or(|word| word.gap == Gap::End) || words.len() >= LONGEST;
        if whole && !words.is_empty() {
            units(&words, &mut sentence);
            sentence.close();
            each(&sentence);
            words.clear();
        }
        let Some(word) = word else { return };
        words.push(word);
    }
}

#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent marks, each read by itself")]
struct Word {
    start: usize,
    end: usize,
    node: u32,
    gap: Gap,
    capital: bool,
    capitals: bool,
    number: bool,
    mask: bool,
    half: bool,
    last: u8,
}

/// Joins the words to the longest phrases of the lists.
fn units(words: &[Word], sentence: &mut Sentence) {
    sentence.units.clear();
    let lexicon = lexicon();
    let count = |bits| words.iter().filter(|word| lexicon.entry(word.node).class & bits != 0).count();
    // Word by word: a phrase of the lists may hold the very words that tell the language.
    sentence.languages = (count(class::ENGLISH), count(class::SWEDISH));
    let mut at = 0;
    while let Some(first) = words.get(at) {
        let mut entry = lexicon.entry(first.node);
        let (mut best, mut node, mut here) = ((1, entry), first.node, entry);
        let mut taken = 1;
        let (mut inverted, mut skipped) = (false, 0);
        while here.goes_on && taken < PHRASE {
            let Some(next) = words.get(at + taken).filter(|next| matches!(next.gap, Gap::Space | Gap::Glue))
            else {
                break;
            };
            let Some(longer) = lexicon.step(node, next.node) else {
                // "går jag fortfarande i kyrkan"
                let writer = next.node == lexicon.writer();
                let adverb = lexicon.entry(next.node).class & class::FILL != 0;
                if taken == 1 + skipped && skipped < 2 && (writer || adverb) {
                    inverted |= writer;
                    skipped += 1;
                    taken += 1;
                    continue;
                }
                break;
            };
            node = longer;
            here = lexicon.entry(node);
            taken += 1;
            if inverted && here.trigger.is_some() {
                here.class |= class::MY | class::SELF | class::NOMINATIVE;
            }
            let counts = if skipped > 0 { here.trigger.is_some() } else { means(&here) };
            if counts {
                best = (taken, here);
            }
        }
        let taken = best.0;
        entry = best.1;
        let last = words.get(at + taken - 1).copied().unwrap_or_default();
        let mut class = entry.class;
        if first.number {
            class |= class::NUMBER;
        }
        if first.mask {
            class |= class::MASK;
        }
        let all = words.get(at..at + taken).unwrap_or_default();
        sentence.units.push(Unit {
            start: first.start,
            end: last.end,
            class,
            trigger: entry.trigger,
            naming: entry.naming,
            gap: first.gap,
            capital: first.capital,
            some_capital: all.iter().any(|word| word.capital),
            capitals: all.iter().all(|word| word.capitals),
            known: first.number || means(&entry),
            half: last.half,
            last: last.last,
            clause: 0,
        });
        at += taken;
    }
}

fn means(entry: &Entry) -> bool {
    entry.class != 0 || entry.trigger.is_some() || entry.naming.is_some()
}

/// Cuts a text into words.
struct Reader<'t> {
    text: &'t str,
    at: usize,
    lower: String,
    /// The last word ends no sentence before a point; it leads on to the next line.
    last: Option<(bool, bool)>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, at: 0, lower: String::new(), last: None }
    }

    fn next(&mut self) -> Option<Word> {
        let gap = self.gap()?;
        let rest = self.text.get(self.at..).unwrap_or_default();
        let start = self.at;
        let mut word = Word { start, end: start, gap, capital: false, capitals: true, ..Word::default() };
        if rest.starts_with('\x01') {
            // With an ending that touches it: "\x01\x01s".
            let glued = |c: char| c == '\x01' || c.is_alphanumeric();
            word.end = start + rest.len() - rest.trim_start_matches(glued).len();
            word.mask = true;
            word.capitals = false;
            self.at = word.end;
            self.last = Some((false, false));
            return Some(word);
        }
        self.lower.clear();
        let mut letters = rest.char_indices().peekable();
        while let Some((at, c)) = letters.next() {
            if !c.is_alphanumeric() {
                // A word that was broken at the end of a line.
                let broken = c == '-'
                    && at > 0
                    && rest.get(at..).is_some_and(|tail| {
                        tail.strip_prefix("-\n").is_some_and(|tail| tail.starts_with(char::is_lowercase))
                    });
                if broken {
                    letters.next();
                    continue;
                }
                break;
            }
            if c.is_uppercase() {
                word.capital |= at == 0;
                self.lower.extend(c.to_lowercase());
            } else {
                word.capitals &= !c.is_lowercase();
                self.lower.push(c);
            }
            word.number |= c.is_ascii_digit();
            word.end = start + at + c.len_utf8();
        }
        if word.end == start {
            // Nothing is a word that has no letter; the gap never ends before one.
            self.at = self.text.len();
            return None;
        }
        word.node = lexicon().word(&self.lower);
        word.last = self.lower.bytes().last().unwrap_or_default();
        if word.node == 0 && word.capital && word.last == b's' {
            word.node = lexicon().genitive(&self.lower);
        }
        if word.node == 0 && self.lower.len() > 6 {
            let lexicon = lexicon();
            // What a name begins with tells more than what it ends with.
            let headed = if word.capital { lexicon.headed(&self.lower) } else { 0 };
            word.node = [headed]
                .into_iter()
                .chain(std::iter::once_with(|| lexicon.compound(&self.lower, word.capital)))
                .chain(std::iter::once_with(|| lexicon.definite(&self.lower)))
                .chain(std::iter::once_with(|| lexicon.begun(&self.lower)))
                .find(|node| *node != 0)
                .unwrap_or_default();
        }
        let class = lexicon().entry(word.node).class;
        word.end += ending(self.text.get(word.end..).unwrap_or_default());
        self.at = word.end;
        let tail = self.text.get(word.end..).unwrap_or_default();
        word.half = tail.starts_with("- ");
        if tail.starts_with('\x01') {
            word.mask = true;
            word.node = 0;
        }
        let single = self.lower.chars().count() == 1 && !word.number;
        self.last = Some((single || class & class::ABBREVIATION != 0, class & class::FUNCTION != 0));
        Some(word)
    }

    /// Reads up to the next word and says what stands between.
    fn gap(&mut self) -> Option<Gap> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let first = self.last.is_none();
        let (abbreviation, leads_on) = self.last.unwrap_or_default();
        let (mut gap, mut spaced, mut lines, mut point) = (Gap::Glue, false, 0, false);
        // "2018–2019"
        if rest.strip_prefix(['–', '—']).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        {
            self.at += '–'.len_utf8();
            return Some(Gap::Glue);
        }
        let mut marks = 0;
        let mut found = None;
        for (at, c) in rest.char_indices() {
            if c.is_alphanumeric() || c == '\x01' {
                found = Some((at, c));
                break;
            }
            gap = match (gap, c) {
                (Gap::End, _)
                | (
                    _,
                    '!' | '?' | '•' | '·' | '▪' | '●' | '◦' | '|' | '\t' | '…' | '*' | '■' | '►' | '\u{F0B7}'
                    | '\u{F0A7}',
                ) => Gap::End,
                (_, '(') | (Gap::Open, _) => Gap::Open,
                (Gap::Close, ',') => Gap::Comma,
                (_, ')') | (Gap::Close, _) => Gap::Close,
                (_, ',') => Gap::Comma,
                (_, ':') => Gap::Colon,
                (_, ';' | '–' | '—' | '"' | '”' | '“' | '[' | ']' | '{' | '}' | '«' | '»' | '<' | '>') => {
                    Gap::Break
                }
                (Gap::Glue, '-' | '+') if spaced => Gap::Break,
                (before, _) => before,
            };
            if c == '\n' {
                lines += 1;
            }
            point |= c == '.';
            spaced |= c.is_whitespace();
            if !c.is_whitespace() {
                marks += 1;
            }
        }
        let (at, next) = found?;
        self.at += at;
        if first {
            return Some(Gap::Space);
        }
        let begins = !next.is_lowercase();
        let ended = point && spaced && (begins || lines > 0) && !(abbreviation && lines == 0);
        let new_line = lines > 1
            || lines == 1
                && (ended || begins && !leads_on && gap != Gap::Comma || marks > 0 && gap == Gap::Break);
        if gap == Gap::End || ended || new_line {
            return Some(Gap::End);
        }
        if gap == Gap::Colon && !spaced {
            return Some(Gap::Glue);
        }
        Some(if gap == Gap::Glue && spaced { Gap::Space } else { gap })
    }
}

/// Length of an ending that is written with a colon: "ADHD:n", "SSU:s".
fn ending(tail: &str) -> usize {
    let Some(rest) = tail.strip_prefix(':') else { return 0 };
    let letters = rest.bytes().take(4).take_while(u8::is_ascii_lowercase).count();
    let ends = rest.get(letters..).is_some_and(|after| !after.starts_with(char::is_alphanumeric));
    if (1..=3).contains(&letters) && ends { letters + 1 } else { 0 }
}
