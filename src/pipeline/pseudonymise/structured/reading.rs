//! Reads a number sign by sign from a place in a text: its digits and letters, and what stands between
//! them. Whoever asks says what the number must look like; nothing here knows what it means.

use super::near::{self, BLANK};

/// No number that is looked for has more digits and letters.
pub(super) const LONGEST: usize = 20;
/// No more signs may stand between two digits of one number.
const WIDEST_GAP: u8 = 5;
/// A number with more letters is a text.
const MOST_LETTERS: usize = 8;
/// A tag is no longer, brackets and all.
const LONGEST_TAG: usize = 14;

/// The kinds of signs between two digits.
pub(super) mod kind {
    /// A space or a tabulator.
    pub(in super::super) const SPACE: u16 = 1;
    /// The end of a line.
    pub(in super::super) const LINE: u16 = 1 << 1;
    /// Any hyphen, dash or minus sign.
    pub(in super::super) const DASH: u16 = 1 << 2;
    /// A dash that more often stands between two years than in a number.
    pub(in super::super) const WIDE: u16 = 1 << 3;
    /// `+`, for those who are over a hundred years old.
    pub(in super::super) const PLUS: u16 = 1 << 4;
    /// A full stop or a point in the middle of the line.
    pub(in super::super) const DOT: u16 = 1 << 5;
    /// A slash of any direction.
    pub(in super::super) const SLASH: u16 = 1 << 6;
    /// A colon or semicolon.
    pub(in super::super) const COLON: u16 = 1 << 7;
    /// A bracket of any kind.
    pub(in super::super) const BRACKET: u16 = 1 << 8;
    /// A comma.
    pub(in super::super) const COMMA: u16 = 1 << 9;
    /// Any other sign.
    pub(in super::super) const OTHER: u16 = 1 << 10;
}

/// What stands between two digits.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Gap {
    kinds: u16,
    signs: u8,
}

impl Gap {
    fn add(&mut self, c: char) {
        self.signs += 1;
        self.kinds |= match c {
            ' ' | '\t' => kind::SPACE,
            '\n' => kind::LINE,
            '-' | '−' | '‐' | '‑' | '﹣' | '⁻' | '˗' | '_' | '~' => kind::DASH,
            '–' | '—' | '‒' | '―' | '﹘' => kind::DASH | kind::WIDE,
            '+' => kind::PLUS,
            '.' | '·' | '•' | '‧' | '∙' | '⋅' => kind::DOT,
            '/' | '\\' | '|' | '⁄' | '∕' => kind::SLASH,
            ':' | ';' => kind::COLON,
            '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' => kind::BRACKET,
            ',' => kind::COMMA,
            _ => kind::OTHER,
        };
    }

    /// Nothing stands there.
    pub(super) fn none(self) -> bool {
        self.signs == 0
    }

    /// How many signs stand there.
    pub(super) fn signs(self) -> u8 {
        self.signs
    }

    /// A sign of one of these kinds stands there.
    pub(super) fn has(self, kinds: u16) -> bool {
        self.kinds & kinds != 0
    }

    /// Nothing but these kinds stands there.
    pub(super) fn only(self, kinds: u16) -> bool {
        self.kinds & !kinds == 0
    }

    /// One single sign, of one of these kinds.
    pub(super) fn one(self, kinds: u16) -> bool {
        self.signs == 1 && self.only(kinds)
    }
}

/// A digit or letter of a number.
#[derive(Clone, Copy, Default)]
pub(super) struct Sign {
    /// The digit or letter.
    pub(super) byte: u8,
    /// Where it stands.
    pub(super) at: usize,
    /// What stands before it.
    pub(super) gap: Gap,
}

/// How a number ends after so many signs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// A digit follows directly: it does not end there.
    Not,
    /// A letter follows directly.
    Letter,
    /// Something else follows.
    Clean,
}

/// A number as it is read.
pub(super) struct Reading {
    signs: [Sign; LONGEST],
    length: usize,
    /// What follows directly after the last sign.
    next: End,
}

impl Reading {
    /// Reads from a byte at which a digit or letter stands. With `bars`, an upright bar beside a digit
    /// is read as a sign of the number, as if it were a misread 1.
    pub(super) fn at(text: &str, start: usize, bars: bool) -> Self {
        let mut reading = Self { signs: [Sign::default(); LONGEST], length: 0, next: End::Clean };
        let mut gap = Gap::default();
        let mut letters = 0;
        // Inside a tag or an entity nothing is read.
        let mut until = start;
        for (offset, c) in text.get(start..).unwrap_or_default().char_indices() {
            let at = start + offset;
            if at < until {
                continue;
            }
            let digit = c.is_ascii_digit();
            let bar = bars && matches!(c, '|' | '!') && (gap.none() || bar_stands_for_digit(text, at, gap));
            if digit || bar || c.is_ascii_alphabetic() && letters < MOST_LETTERS {
                letters += usize::from(!digit);
                let Some(room) = reading.signs.get_mut(reading.length) else {
                    reading.next = match (gap.none(), digit) {
                        (false, _) => End::Clean,
                        (true, true) => End::Not,
                        (true, false) => End::Letter,
                    };
                    break;
                };
                *room = Sign { byte: c as u8, at, gap };
                reading.length += 1;
                gap = Gap::default();
            } else if near::in_word(c) && c != '_' {
                if gap.none() {
                    reading.next = End::Letter;
                }
                break;
            } else if c == BLANK || gap.signs == WIDEST_GAP {
                break;
            } else {
                until = at + markup(text, at, c);
                gap.add(c);
            }
        }
        reading
    }

    /// The first signs, when there are so many.
    pub(super) fn first(&self, count: usize) -> Option<&[Sign]> {
        if count <= self.length { self.signs.get(..count) } else { None }
    }

    /// How the number ends when it has so many signs.
    pub(super) fn end(&self, count: usize) -> End {
        match self.signs.get(count).filter(|_| count < self.length) {
            Some(next) if !next.gap.none() => End::Clean,
            Some(next) if next.byte.is_ascii_digit() => End::Not,
            Some(_) => End::Letter,
            None if count == self.length => self.next,
            None => End::Not,
        }
    }

    /// All signs that were read.
    pub(super) fn all(&self) -> &[Sign] {
        self.signs.get(..self.length).unwrap_or_default()
    }
}

/// A bar that is parted from the sign before it, but not from the sign after it, or by one space from both.
fn bar_stands_for_digit(text: &str, at: usize, gap: Gap) -> bool {
    let spaced = gap.one(kind::SPACE) && near::closes(text, at + 1);
    spaced || near::digit_at(text, at + 1)
}

/// How many bytes a tag, an entity or an escaped sign of an address takes that begins at a byte, else 0.
fn markup(text: &str, at: usize, c: char) -> usize {
    let rest = text.as_bytes().get(at + 1..).unwrap_or_default();
    let until = |end: u8, most: usize, inside: fn(u8) -> bool| {
        let length = rest.iter().take(most).position(|byte| *byte == end || !inside(*byte))?;
        (length > 0 && rest.get(length) == Some(&end)).then_some(length + 2)
    };
    match c {
        '<' if rest.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'/') => {
            until(b'>', LONGEST_TAG, |b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b' ' | b'-'))
        }
        '&' => until(b';', 9, |b| b.is_ascii_alphanumeric() || b == b'#'),
        '%' => rest.get(..2).and_then(|two| {
            let spoken: &[&[u8; 2]] = &[
                b"20", b"2D", b"2d", b"2B", b"2b", b"2F", b"A0", b"C2", b"E2", b"e2", b"80", b"88", b"90",
                b"91", b"92", b"93", b"94",
            ];
            spoken.iter().any(|one| one.as_slice() == two).then_some(3)
        }),
        _ => None,
    }
    .unwrap_or_default()
}

/// What parts the signs of a number.
pub(super) struct Shape {
    /// Bit n: something stands before sign n.
    breaks: u16,
    /// Where the last four begin.
    pub(super) main: usize,
    /// How many signs there are, at most sixteen.
    pub(super) count: usize,
}

impl Shape {
    /// What parts some signs, of which the last four belong together.
    pub(super) fn of(signs: &[Sign]) -> Self {
        let parted = |breaks: u16, (index, sign): (usize, &Sign)| {
            breaks | u16::from(index > 0 && !sign.gap.none()) << index
        };
        let breaks = signs.iter().enumerate().fold(0, parted);
        Self { breaks, main: signs.len().saturating_sub(4), count: signs.len() }
    }

    /// Something stands before this sign.
    pub(super) fn at(&self, index: usize) -> bool {
        self.breaks & 1 << index != 0
    }

    /// What stands before the last four.
    pub(super) fn main_gap(&self, signs: &[Sign]) -> Gap {
        signs.get(self.main).map(|sign| sign.gap).unwrap_or_default()
    }

    /// Nothing parts it.
    pub(super) fn compact(&self) -> bool {
        self.breaks == 0
    }

    /// The last four are parted.
    pub(super) fn tail(&self) -> bool {
        self.breaks >> (self.main + 1) != 0
    }

    /// The date is parted.
    pub(super) fn inner(&self) -> bool {
        self.breaks & ((1 << self.main) - 1) != 0
    }

    /// Each sign stands apart.
    pub(super) fn each(&self) -> bool {
        self.breaks == (1 << self.count) - 2
    }

    /// Parted as people part a number: between century, year, month, day and the last four, or in pairs.
    pub(super) fn natural(&self) -> bool {
        self.breaks & 0xAAAA == 0 && (!self.tail() || self.at(self.main))
    }

    /// At how many places it is parted.
    pub(super) fn parts(&self) -> u32 {
        self.breaks.count_ones()
    }

    /// The groups of signs: first and the one after the last.
    pub(super) fn groups(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let mut from = 0;
        (1..=self.count)
            .filter(|index| *index == self.count || self.at(*index))
            .map(move |index| (std::mem::replace(&mut from, index), index))
    }
}

/// The byte after the last of some signs.
pub(super) fn end_of(signs: &[Sign]) -> usize {
    signs.last().map_or(0, |sign| sign.at + 1)
}

/// Whether no further group of the same size stands before or after some signs, parted from them as they
/// are parted among themselves: a part of a row of numbers is no number.
pub(super) fn alone(text: &str, signs: &[Sign], shape: &Shape) -> bool {
    let place = |index: usize| signs.get(index).map_or(0, |sign| sign.at);
    let size = (1..shape.count).find(|index| shape.at(*index)).unwrap_or(shape.count);
    let first = text.get(place(size - 1) + 1..place(size)).unwrap_or_default();
    let last_start = (1..shape.count).rev().find(|index| shape.at(*index)).unwrap_or_default();
    let last = text.get(place(last_start.saturating_sub(1)) + 1..place(last_start)).unwrap_or_default();
    let digits =
        |chars: &mut dyn Iterator<Item = char>| chars.take(size + 1).take_while(char::is_ascii_digit).count();
    let head = text.get(..place(0)).and_then(|head| head.strip_suffix(first));
    let rest = text.get(end_of(signs)..).and_then(|rest| rest.strip_prefix(last));
    head.is_none_or(|head| digits(&mut head.chars().rev()) != size)
        && rest.is_none_or(|rest| digits(&mut rest.chars()) != size)
}

/// The digit that a sign is often misread from, or the digit itself.
pub(super) fn as_digit(byte: u8) -> Option<u8> {
    Some(match byte {
        b'0'..=b'9' => byte - b'0',
        b'O' | b'o' | b'Q' | b'D' => 0,
        b'l' | b'I' | b'i' | b'|' | b'!' => 1,
        b'Z' | b'z' => 2,
        b'S' | b's' => 5,
        b'G' | b'b' => 6,
        b'B' => 8,
        b'g' | b'q' => 9,
        _ => return None,
    })
}

/// The check digit of a number, modulus 10, counted from the right.
pub(super) fn luhn(digits: impl DoubleEndedIterator<Item = u8>) -> bool {
    let sum: u32 = digits
        .rev()
        .enumerate()
        .map(|(index, digit)| {
            let value = u32::from(digit) << (index % 2);
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// A year of a person's or a trade's life.
pub(super) fn year_like(four: &[u8]) -> bool {
    four.len() == 4
        && four
            .iter()
            .try_fold(0_u32, |year, digit| (*digit < 10).then(|| year * 10 + u32::from(*digit)))
            .is_some_and(|year| (1950..=2039).contains(&year))
}
