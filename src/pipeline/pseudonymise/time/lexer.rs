//! Cuts a text into words, numbers and marks, and says of each word what it can mean where time is told.
//! It never decides what stands in a text: the readers beside it do.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use regex::Regex;

/// Gives each meaning a bit, and knows it by its name in `words.txt`.
macro_rules! meanings {
    ($($name:ident)*) => {
        meanings! { 0; $($name)* }
        const MEANINGS: &[(&str, u128)] = &[$((stringify!($name), $name)),*];
    };
    ($bit:expr;) => {};
    ($bit:expr; $name:ident $($more:ident)*) => {
        pub(super) const $name: u128 = 1 << ($bit);
        meanings! { $bit + 1; $($more)* }
    };
}

meanings! {
    MONTH SEASON TERM TERMWORD QUARTER NUMBER SINCE FROM BETWEEN AND TO NOW ONGOING ONWARD YEARLEAD SPAN
    IN AR ARS OF THE ABOUT EARLY DEGREE NEAR TAKE READY GRADUATE AFTER EXPECT UNIT COUNT APPROX NAMED
    CAPITAL NUMBERED TALET TAL TALIST DECADE CENTURY SELF MINE BE WAS WHEN TURN SOON AS ADVERB YOUNG
    UNGA YOUNGEST YOUNGER OLDEST OLD RETIREE FRESH RECENT PROGRAMME TEEN TEENS ALDER AGED AGEADJ ARING
    ARIG ARSALDERN BORN COHORT EXPERIENCE ARTICLE WEAK STOP THIS DIGITAL NATIVE CHILD THING HE FULL OVER
    LIMIT BUT
}

/// The words that can be the first of a time.
pub(super) const FIRST: u128 = MONTH
    | SEASON
    | TERM
    | QUARTER
    | NUMBER
    | SINCE
    | FROM
    | BETWEEN
    | ONGOING
    | YEARLEAD
    | THE
    | DECADE
    | CENTURY
    | MINE
    | YOUNG
    | UNGA
    | YOUNGEST
    | YOUNGER
    | OLDEST
    | OLD
    | RETIREE
    | FRESH
    | RECENT
    | TEEN
    | TEENS
    | ALDER
    | AGED
    | ARING
    | ARIG
    | ARSALDERN
    | DIGITAL;

/// What a word can mean, and which month, season or number it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sense {
    bits: u128,
    value: u8,
}

/// One word, number or mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Word(Sense),
    /// At most eight digits are told apart; a longer number is no time.
    Number {
        value: u32,
        digits: u8,
    },
    Dash,
    Mark(char),
    Line,
    /// Replaced by another part of the masker.
    Masked,
    /// A replacement of this module.
    Placed,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) what: What,
}

/// No word of the list is longer, in bytes.
const WORD_MAX: usize = 32;
/// How many tokens are kept for looking back.
const PAST: usize = 64;
/// The longest replacement, in bytes, with some room.
const PLACED_MAX: usize = 48;

/// A hash for short words of a fixed list, where nobody gains by collisions.
#[derive(Clone, Copy)]
struct Quick(u64);

impl Default for Quick {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

type Senses = HashMap<String, Sense, BuildHasherDefault<Quick>>;

static SENSES: LazyLock<Senses> = LazyLock::new(senses);

fn senses() -> Senses {
    let mut all = Senses::default();
    let mut add = |word: &str, bits: u128, value: u8| {
        let sense = all.entry(word.to_owned()).or_default();
        sense.bits |= bits;
        sense.value = sense.value.max(value);
    };
    for line in include_str!("words.txt").lines() {
        let Some((name, words)) = line.split_once(':') else { continue };
        let (name, value) = name.split_once('=').unwrap_or((name, "0"));
        let bits = MEANINGS.iter().find(|(known, _)| *known == name).map_or(0, |(_, bits)| *bits);
        for word in words.split_whitespace() {
            add(word, bits, value.parse().unwrap_or_default());
        }
    }
    let units = ["", "ett", "två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio"];
    let tens = ["tjugo", "trettio", "fyrtio", "femtio", "sextio", "sjuttio", "åttio", "nittio"];
    let teens = ["femton", "sexton", "sjutton", "arton", "nitton"];
    let compound = (20u8..).step_by(10).zip(tens).flat_map(|(ten, word)| {
        (ten..).zip(units).map(move |(value, unit)| (value, format!("{word}{unit}")))
    });
    let small = (15u8..).zip(teens).map(|(value, word)| (value, word.to_owned()));
    for (value, word) in compound.chain(small) {
        add(&word, NUMBER, value);
        add(&format!("{word}åring"), ARING, value);
        add(&format!("{word}årig"), ARIG, value);
        add(&format!("{word}årsåldern"), ARSALDERN, value);
        add(&format!("{word}talist"), FRESH, 0);
    }
    // Old files and hasty writers lose the dots and rings; a word that is another one without them
    // keeps its own meaning.
    let mut plain: HashMap<String, Sense> = HashMap::new();
    for (word, sense) in all.iter().filter(|(word, _)| !word.is_ascii()) {
        let bare = word.replace(['å', 'ä'], "a").replace('ö', "o");
        if !all.contains_key(&bare) {
            let entry = plain.entry(bare).or_default();
            entry.bits |= sense.bits;
            entry.value = entry.value.max(sense.value);
        }
    }
    all.extend(plain);
    all
}

/// What a word means; a word that ends in `examen` is a degree whatever stands before it.
fn sense(word: &str) -> Sense {
    let mut folded = [0u8; WORD_MAX];
    let mut len = 0;
    if word.is_ascii() {
        let Some(room) = folded.get_mut(..word.len()) else { return long_sense(word) };
        room.copy_from_slice(word.as_bytes());
        room.make_ascii_lowercase();
        len = word.len();
    } else {
        for c in word.chars().flat_map(char::to_lowercase) {
            let Some(room) = folded.get_mut(len..len + c.len_utf8()) else { return long_sense(word) };
            len += c.encode_utf8(room).len();
        }
    }
    let folded = folded.get(..len).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    if let Some(known) = SENSES.get(folded) {
        return *known;
    }
    long_sense(folded)
}

fn long_sense(word: &str) -> Sense {
    let degree = word.ends_with("examen") || word.ends_with("EXAMEN");
    Sense { bits: if degree { DEGREE } else { 0 }, value: 0 }
}

/// The tokens of a text: those read already as they stand after the replacing (`past`), and those to come.
///
/// A rule that looks back therefore sees what it would see in the replaced text, so a second pass over
/// that finds nothing new.
pub(super) struct Words<'t> {
    pub(super) text: &'t str,
    tokens: Vec<Token>,
    past: Vec<Token>,
    head: usize,
}

impl<'t> Words<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let tokens = cut(text);
        Self { text, past: Vec::with_capacity(4 * PAST), tokens, head: 0 }
    }

    /// The token to be read next, as an index for all functions here.
    pub(super) fn head(&self) -> usize {
        self.head
    }

    /// Goes on to the next token.
    pub(super) fn step(&mut self) {
        // No rule looks back further.
        if self.past.len() >= 4 * PAST {
            self.past.drain(..3 * PAST);
        }
        self.past.extend(self.tokens.get(self.head));
        self.head += 1;
    }

    /// Goes on to `next`; the tokens from `from` on stand replaced from now on, those before it as they were.
    pub(super) fn replace(&mut self, from: usize, next: usize) {
        while self.head < from {
            self.step();
        }
        if let (Some(first), Some(last)) = (self.token(from), next.checked_sub(1).and_then(|i| self.token(i)))
        {
            self.past.push(Token { start: first.start, end: last.end, what: What::Placed });
        }
        self.head = next;
    }

    /// The token at an index from the head on.
    pub(super) fn token(&self, i: usize) -> Option<Token> {
        self.tokens.get(i).copied()
    }

    /// The token `n` places before `i`.
    pub(super) fn back(&self, i: usize, n: usize) -> Option<Token> {
        let ahead = i.saturating_sub(self.head);
        match n.checked_sub(ahead) {
            None | Some(0) => self.tokens.get(i.checked_sub(n)?).copied(),
            Some(into) => self.past.get(self.past.len().checked_sub(into)?).copied(),
        }
    }

    pub(super) fn what(&self, i: usize) -> Option<What> {
        self.tokens.get(i).map(|token| token.what)
    }

    pub(super) fn has(&self, i: usize, bits: u128) -> bool {
        self.what(i).is_some_and(|what| means(what, bits))
    }

    pub(super) fn back_has(&self, i: usize, n: usize, bits: u128) -> bool {
        self.back(i, n).is_some_and(|token| means(token.what, bits))
    }

    /// The number of the month, season or numeral at `i`.
    pub(super) fn value(&self, i: usize) -> u8 {
        match self.what(i) {
            Some(What::Word(sense)) => sense.value,
            _ => 0,
        }
    }

    pub(super) fn number(&self, i: usize) -> Option<(u32, u8)> {
        match self.what(i)? {
            What::Number { value, digits } => Some((value, digits)),
            _ => None,
        }
    }

    pub(super) fn is_dash(&self, i: usize) -> bool {
        self.what(i) == Some(What::Dash)
    }

    pub(super) fn is_mark(&self, i: usize, mark: char) -> bool {
        self.what(i) == Some(What::Mark(mark))
    }

    pub(super) fn is_placed(&self, i: usize) -> bool {
        self.what(i) == Some(What::Placed)
    }

    pub(super) fn is_word(&self, i: usize) -> bool {
        matches!(self.what(i), Some(What::Word(_)))
    }

    /// Whether both the token at `i` and the one after it follow without a space.
    pub(super) fn tight(&self, i: usize) -> bool {
        self.joined(i) && self.joined(i + 1)
    }

    /// Whether nothing stands between the token at `i` and the one before it on its line.
    pub(super) fn joined(&self, i: usize) -> bool {
        match (self.back(i, 1), self.token(i)) {
            (Some(before), Some(this)) => {
                before.end == this.start && before.what != What::Line && this.what != What::Line
            }
            _ => false,
        }
    }

    pub(super) fn slice(&self, i: usize) -> &'t str {
        self.token(i).map_or("", |token| self.slice_of(token))
    }

    pub(super) fn slice_of(&self, token: Token) -> &'t str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    /// Whether the word at `i` begins with a capital.
    pub(super) fn capital(&self, i: usize) -> bool {
        self.slice(i).chars().next().is_some_and(char::is_uppercase)
    }

    /// Whether the word at `i` is in small letters and none of the list.
    pub(super) fn plain_small(&self, i: usize) -> bool {
        self.what(i) == Some(What::Word(Sense::default())) && !self.capital(i)
    }
}

/// Whether a word means one of the given.
pub(super) fn means(what: What, bits: u128) -> bool {
    matches!(what, What::Word(sense) if sense.bits & bits != 0)
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '–' | '—' | '−' | '‒' | '―' | '⁓' | '~' | '→' | '‐' | '‑')
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || !c.is_ascii() && c.is_alphabetic()
}

/// How many bytes of letters `rest` begins with.
fn letters(rest: &str) -> usize {
    let mut len = 0;
    loop {
        len += rest
            .as_bytes()
            .get(len..)
            .unwrap_or_default()
            .iter()
            .take_while(|b| b.is_ascii_alphabetic())
            .count();
        match rest.get(len..).and_then(|rest| rest.chars().next()) {
            Some(c) if is_letter(c) => len += c.len_utf8(),
            _ => return len,
        }
    }
}

fn cut(text: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(text.len() / 5);
    let mut at = 0;
    while let Some(rest) = text.get(at..)
        && let Some(c) = rest.chars().next()
    {
        let (len, what) = match c {
            ' ' | '\t' => {
                at += 1;
                continue;
            }
            '\n' => (1, What::Line),
            '\u{1}' => (rest.len() - rest.trim_start_matches('\u{1}').len(), What::Masked),
            '[' => placed(rest).map_or((1, What::Mark(c)), |len| (len, What::Placed)),
            '0'..='9' => digits(text, at, rest),
            'I' | 'l' | 'O' | 'o' if misread(text, at, rest).is_some() => digits(text, at, rest),
            _ if is_letter(c) => {
                let len = letters(rest);
                (len, What::Word(rest.get(..len).map(sense).unwrap_or_default()))
            }
            _ if is_dash(c) => (c.len_utf8(), What::Dash),
            _ => (c.len_utf8(), What::Mark(c)),
        };
        tokens.push(Token { start: at, end: at + len, what });
        at += len;
    }
    tokens
}

/// The length of a replacement of this module at the head of `rest`.
fn placed(rest: &str) -> Option<usize> {
    static WHOLE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(&format!("^(?:{})$", super::PLACEHOLDERS)).ok());
    let len = rest.bytes().take(PLACED_MAX).position(|byte| byte == b']')? + 1;
    let whole = rest.get(..len)?;
    WHOLE.as_ref().is_some_and(|pattern| pattern.is_match(whole)).then_some(len)
}

fn digits(text: &str, at: usize, rest: &str) -> (usize, What) {
    if let Some(value) = misread(text, at, rest) {
        return (4, What::Number { value, digits: 4 });
    }
    if let Some(value) = spaced(text, at, rest) {
        return (7, What::Number { value, digits: 4 });
    }
    let len = rest.bytes().take_while(u8::is_ascii_digit).count();
    let value =
        rest.get(..len).filter(|_| len <= 8).and_then(|digits| digits.parse().ok()).unwrap_or_default();
    (len, What::Number { value, digits: len.min(9) as u8 })
}

/// Whether something stands close before; a replaced word does as the word did.
fn glued(before: &str) -> bool {
    before.ends_with(|c: char| c.is_alphanumeric() || c == ']')
}

fn goes_on(after: &str) -> bool {
    after.starts_with(|c: char| c.is_alphanumeric() || c == '[')
}

/// A year in which a scanner took a digit for a letter: `2O19`, `20l9`.
fn misread(text: &str, at: usize, rest: &str) -> Option<u32> {
    let four: [u8; 4] = rest.as_bytes().get(..4)?.try_into().ok()?;
    let mut value = 0;
    let mut letters = 0;
    for byte in four {
        let digit = match byte {
            b'O' | b'o' => 0,
            b'I' | b'l' => 1,
            _ if byte.is_ascii_digit() => u32::from(byte - b'0'),
            _ => return None,
        };
        letters += usize::from(!byte.is_ascii_digit());
        value = value * 10 + digit;
    }
    let alone = !goes_on(rest.get(4..)?) && !glued(text.get(..at)?);
    (alone && (1..=2).contains(&letters) && (1900..2100).contains(&value)).then_some(value)
}

/// A year with a space after each digit.
fn spaced(text: &str, at: usize, rest: &str) -> Option<u32> {
    let bytes = rest.as_bytes();
    let mut value = 0;
    for place in 0..4 {
        let digit = bytes.get(place * 2).filter(|byte| byte.is_ascii_digit())?;
        if place < 3 && bytes.get(place * 2 + 1) != Some(&b' ') {
            return None;
        }
        value = value * 10 + u32::from(digit - b'0');
    }
    let alone = !goes_on(rest.get(7..)?) && !glued(text.get(..at)?);
    (alone && (1900..2100).contains(&value)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_the_list_has_a_known_meaning() {
        for line in include_str!("words.txt").lines() {
            let name = line.split_once(':').expect("a colon").0;
            let name = name.split_once('=').map_or(name, |(name, _)| name);
            assert!(MEANINGS.iter().any(|(known, _)| *known == name), "{line}");
        }
    }

    #[test]
    fn a_word_without_its_dots_means_the_same_unless_it_is_another_word() {
        assert_eq!(sense("hosten"), sense("HÖSTEN"));
        assert_eq!(sense("fodd"), sense("född"));
        assert_ne!(sense("var"), sense("vår"));
    }

    #[test]
    fn a_year_is_read_through_the_flaws_of_a_scan() {
        let year = |text: &str| match cut(text).first().map(|token| token.what) {
            Some(What::Number { value, digits: 4 }) => Some(value),
            _ => None,
        };
        for (text, value) in [("2O19", 2019), ("20l9", 2019), ("l998", 1998), ("2 0 1 9", 2019)] {
            assert_eq!(year(text), Some(value), "{text}");
        }
        for text in ["2O19x", "Io", "OOOO", "2 0 1 99", "2 0 1"] {
            assert_eq!(year(text), None, "{text}");
        }
    }
}
