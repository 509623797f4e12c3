//! What the tagger looks at: the word, its form, its beginning and end, what the name lists say of it,
//! and the same of its neighbours. Trainer and service share this file, so a weight can never be
//! read for another feature than the one it was learnt for.

use crate::lists::{Lists, Sort, is_foreign};
use crate::words::{REPLACED, Word};

/// Features a word has.
pub const COUNT: usize = 44;

/// What is known of one word by itself.
#[derive(Clone, Copy, Default)]
struct Own {
    word: u64,
    form: u64,
    names: u64,
    places: u64,
    ends: [u64; 3],
    starts: [u64; 2],
    opens: bool,
}

/// Mixes a value into a hash.
fn mix(hash: u64, value: u64) -> u64 {
    let turned = (hash ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    turned ^ (turned >> 29)
}

/// A stable hash of bytes (FNV-1a): the weights are stored by it.
#[must_use]
pub fn hash(bytes: &[u8]) -> u64 {
    let mut out = 0xCBF2_9CE4_8422_2325_u64;
    for byte in bytes {
        out = (out ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
    }
    mix(out, 7)
}

/// Letters to kinds of letters: `Anna-Karin` is `Xx-Xx`, `2019` is `dd`, `IKEA` is `XX`.
fn form(word: &str) -> u64 {
    let mut out = u64::from(word.chars().any(is_foreign));
    let (mut last, mut run) = (0_u64, 0);
    for c in word.chars() {
        let kind = if c.is_uppercase() {
            1
        } else if c.is_alphabetic() {
            2
        } else if c.is_numeric() {
            3
        } else if c == REPLACED {
            4
        } else {
            7 + (c as u64 & 0xFF)
        };
        run = if kind == last { run + 1 } else { 1 };
        if run <= 2 && out < 1 << 50 {
            out = out * 263 + kind;
        }
        last = kind;
    }
    out
}

/// The features of every word of a text. `doubt(i)` hides from the trainer what the lists say of the
/// word `i`, so that it learns from the neighbours too; the service passes `|_| false`.
pub fn features(
    text: &str,
    words: &[Word],
    lists: &Lists,
    doubt: impl FnMut(usize) -> bool,
) -> Vec<[u64; COUNT]> {
    features_where(text, words, lists, doubt, |_| true).into_iter().flatten().collect()
}

/// How many words to each side have a part in a word's features.
pub const REACH: usize = 2;

/// [`features`] of the words that are wanted, and nothing for the others.
pub fn features_where(
    text: &str,
    words: &[Word],
    lists: &Lists,
    mut doubt: impl FnMut(usize) -> bool,
    wanted: impl Fn(usize) -> bool,
) -> Vec<Option<[u64; COUNT]>> {
    let mut own: Vec<Own> = Vec::with_capacity(words.len());
    let mut lower = String::with_capacity(40);
    for (index, word) in words.iter().enumerate() {
        if !(index.saturating_sub(REACH)..=index + REACH).any(&wanted) {
            own.push(Own::default());
            continue;
        }
        let cut = text.get(word.start..word.end).unwrap_or_default();
        // What was replaced says nothing, not even how long it was.
        let cut = if cut.starts_with(REPLACED) { "\u{1}\u{1}" } else { cut };
        lower.clear();
        lower.extend(cut.chars().take(40).flat_map(char::to_lowercase));
        let bytes = lower.as_bytes();
        let sort = if doubt(index) { Sort::default() } else { lists.sort(&lower) };
        let cut_at = |count: usize, from_end: bool| -> u64 {
            let mut ends = lower.char_indices().map(|(at, _)| at);
            if from_end {
                let at = ends.rev().nth(count - 1).unwrap_or(0);
                hash(bytes.get(at..).unwrap_or_default())
            } else {
                let at = ends.nth(count).unwrap_or(bytes.len());
                hash(bytes.get(..at).unwrap_or_default())
            }
        };
        let opens = word.line
            || index == 0
            || words.get(index - 1).and_then(|before| text.get(before.start..before.end)).is_some_and(
                |sign| matches!(sign, "." | "!" | "?" | ":" | "•" | "*" | "–" | "-" | "\"" | "”"),
            );
        let digits = bytes.iter().all(u8::is_ascii_digit);
        own.push(Own {
            word: if digits { 3 + bytes.len() as u64 } else { hash(bytes) },
            form: form(cut),
            names: sort.names(),
            places: sort.places(),
            ends: [cut_at(2, true), cut_at(3, true), cut_at(4, true)],
            starts: [cut_at(3, false), cut_at(2, false)],
            opens,
        });
    }
    let none = Own { word: 1, form: 1, ..Own::default() };
    let at = |index: usize, by: isize| -> Own {
        let Some(index) = index.checked_add_signed(by) else { return none };
        let Some(found) = own.get(index) else { return none };
        // A line end parts neighbours.
        let crossed = if by > 0 {
            words.get(index + 1 - by as usize..=index).unwrap_or_default().iter().any(|w| w.line)
        } else {
            words.get(index + 1..=index + by.unsigned_abs()).unwrap_or_default().iter().any(|w| w.line)
        };
        if crossed { none } else { *found }
    };
    (0..own.len())
        .map(|i| {
            if !wanted(i) {
                return None;
            }
            let (a2, a, o, b, b2) = (at(i, -2), at(i, -1), at(i, 0), at(i, 1), at(i, 2));
            let opens = u64::from(o.opens);
            let mut out = [0_u64; COUNT];
            let mut next = 0;
            let mut push = |parts: &[u64]| {
                let mut hash = next as u64 + 101;
                for part in parts {
                    hash = mix(hash, *part);
                }
                if let Some(slot) = out.get_mut(next) {
                    *slot = hash;
                }
                next += 1;
            };
            push(&[]);
            push(&[o.word]);
            push(&[a.word]);
            push(&[b.word]);
            push(&[a2.word]);
            push(&[b2.word]);
            push(&[a.word, o.word]);
            push(&[o.word, b.word]);
            push(&[o.form, opens]);
            push(&[a.form, o.form]);
            push(&[o.form, b.form]);
            push(&[a.form, o.form, b.form]);
            push(&[o.ends[0], o.form]);
            push(&[o.ends[1]]);
            push(&[o.ends[2]]);
            push(&[o.starts[0]]);
            push(&[o.starts[1], o.form]);
            push(&[a.ends[1]]);
            push(&[b.ends[1]]);
            push(&[o.names]);
            push(&[o.names, o.form, opens]);
            push(&[a.names, o.names]);
            push(&[o.names, b.names]);
            push(&[a.names, o.names, b.names]);
            push(&[a.names, o.names, o.form, a.form]);
            push(&[o.names, b.names, o.form, b.form]);
            push(&[o.places, o.form]);
            push(&[a.places, o.form]);
            push(&[b.places, o.form]);
            push(&[o.places, o.names, o.form]);
            push(&[a.word, o.form]);
            push(&[b.word, o.form]);
            push(&[a.word, o.names]);
            push(&[b.word, o.names]);
            push(&[a2.word, a.word, o.form]);
            push(&[o.form, b.word, b2.word]);
            push(&[a.word, o.form, b.word]);
            push(&[a2.word, a.form, o.form]);
            push(&[a.form, o.form, b.form, a2.form]);
            push(&[o.form, b.form, b2.form]);
            push(&[a.ends[1], o.form, o.names]);
            push(&[b.ends[1], o.form, o.names]);
            push(&[a.places, o.places, b.places]);
            push(&[a2.names, a.names, o.names]);
            Some(out)
        })
        .collect()
}
