//! What name statistics and word counts say of a word: how common it is as a given name, whether it
//! is a family name, a place, a country, a nationality, a title, and how often it is written in lower
//! case. Words are kept as 32-bit hashes; the lists cannot be read back from them.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::features::hash;

/// What the lists say of one word; bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort(pub u16);

impl Sort {
    /// Given name: 0 none, 1 rare, 2, 3 common.
    pub const GIVEN: u16 = 0b11;
    /// Family name: 0 none, 1 listed, 2 common.
    pub const FAMILY: u16 = 0b1100;
    /// Written in lower case in running text: 0 never, 1 seldom, 2, 3 often.
    pub const PLAIN: u16 = 0b11_0000;
    /// A town, municipality or county.
    pub const TOWN: u16 = 1 << 6;
    /// A country.
    pub const COUNTRY: u16 = 1 << 7;
    /// A nationality or language.
    pub const NATION: u16 = 1 << 8;
    /// An occupation or title.
    pub const TITLE: u16 = 1 << 9;
    /// Looked up without its last `s`.
    pub const GENITIVE: u16 = 1 << 10;
    /// Looked up by the parts between hyphens.
    pub const PARTS: u16 = 1 << 11;

    fn empty(self) -> bool {
        self.0 & !Self::PLAIN == 0
    }

    pub(crate) fn names(self) -> u64 {
        u64::from(self.0 & (Self::GIVEN | Self::FAMILY | Self::PLAIN | Self::PARTS)) + 1
    }

    pub(crate) fn places(self) -> u64 {
        u64::from(self.0 & (Self::TOWN | Self::COUNTRY | Self::NATION | Self::TITLE | Self::GENITIVE)) + 1
    }
}

/// All lists. Sorted by hash.
#[derive(Default)]
pub struct Lists {
    hashes: Vec<u32>,
    sorts: Vec<u16>,
    /// Where the hashes with these first 16 bits begin.
    starts: Vec<u32>,
}

/// A letter that no Swedish or English word has: it speaks for a name.
#[must_use]
pub fn is_foreign(c: char) -> bool {
    !c.is_ascii() && c.is_alphabetic() && !matches!(c, 'å' | 'ä' | 'ö' | 'é' | 'Å' | 'Ä' | 'Ö' | 'É')
}

/// Letters without what Swedish keyboards lack: `nguyễn` is looked up as `nguyen`.
#[must_use]
pub fn without_accents(lower: &str) -> String {
    lower
        .nfd()
        .filter(|c| !is_combining_mark(*c))
        .map(|c| match c {
            'ł' => 'l',
            'đ' | 'ð' => 'd',
            'ø' => 'o',
            'ı' => 'i',
            'æ' => 'a',
            'ß' => 's',
            other => other,
        })
        .collect()
}

/// The hash by which a word in lower case is kept.
#[must_use]
pub fn short_hash(lower: &str) -> u32 {
    (hash(lower.as_bytes()) >> 32) as u32
}

impl Lists {
    /// From pairs of hash and sort, in any order; of two with one hash the bits are joined.
    #[must_use]
    pub fn new(mut pairs: Vec<(u32, u16)>) -> Self {
        pairs.sort_unstable();
        let mut lists = Self::default();
        for (hash, sort) in pairs {
            if lists.hashes.last() == Some(&hash) {
                if let Some(last) = lists.sorts.last_mut() {
                    *last |= sort;
                }
            } else {
                lists.hashes.push(hash);
                lists.sorts.push(sort);
            }
        }
        lists.starts = Vec::with_capacity(65_537);
        let mut at = 0;
        for first in 0..65_536_u32 {
            while lists.hashes.get(at).is_some_and(|hash| hash >> 16 < first) {
                at += 1;
            }
            lists.starts.push(at as u32);
        }
        lists.starts.push(lists.hashes.len() as u32);
        lists
    }

    /// All pairs, sorted by hash.
    pub fn pairs(&self) -> impl Iterator<Item = (u32, u16)> + '_ {
        self.hashes.iter().copied().zip(self.sorts.iter().copied())
    }

    fn exactly(&self, lower: &str) -> Sort {
        let hash = short_hash(lower);
        let bucket = (hash >> 16) as usize;
        let from = self.starts.get(bucket).copied().unwrap_or_default() as usize;
        let to = self.starts.get(bucket + 1).copied().unwrap_or_default() as usize;
        let within = self.hashes.get(from..to).unwrap_or_default();
        match within.iter().position(|known| *known == hash) {
            Some(at) => Sort(self.sorts.get(from + at).copied().unwrap_or_default()),
            None => Sort::default(),
        }
    }

    /// What the lists say of a word in lower case: as it stands, else without its foreign accents, else
    /// without a genitive `s`, else by its parts between hyphens.
    #[must_use]
    pub fn sort(&self, lower: &str) -> Sort {
        let whole = self.looked_up(lower);
        if !whole.empty() || !lower.chars().any(is_foreign) {
            return whole;
        }
        self.looked_up(&without_accents(lower))
    }

    fn looked_up(&self, lower: &str) -> Sort {
        let whole = self.exactly(lower);
        if !whole.empty() {
            return whole;
        }
        if let Some(stem) = lower.strip_suffix('s').map(|stem| stem.trim_end_matches(['\'', '’'])) {
            let stem = self.exactly(stem);
            if !stem.empty() {
                return Sort(stem.0 & !Sort::PLAIN | whole.0 | Sort::GENITIVE);
            }
        }
        if lower.contains(['-', '\'', '’']) {
            let mut all = 0;
            for part in lower.split(['-', '\'', '’']) {
                all |= self.exactly(part.strip_suffix('s').filter(|p| p.len() > 3).unwrap_or(part)).0;
                all |= self.exactly(part).0;
            }
            if all != 0 {
                return Sort(all | Sort::PARTS);
            }
        }
        whole
    }
}
