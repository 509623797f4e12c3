//! The normal form of a text and its folded forms, so that a name cannot hide behind a spelling of
//! the same letters. It never looks at what the text means.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use zeroize::Zeroizing;

/// First digits of the decimal scripts that people really paste; ten consecutive characters each.
const DIGIT_SCRIPTS: [u32; 6] = [0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50, 0x1D7CE];

/// Composed letters, `\n` line ends, plain spaces and hyphens, ASCII digits, nothing invisible.
///
/// The result is trimmed at both ends and is its own normal form.
#[must_use]
pub(super) fn normal_form(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len() + text.len() / 8));
    out.extend(plain_characters(text).nfc());
    Zeroizing::new(out.trim().to_owned())
}

/// Small words of one language that the other does not have.
const ENGLISH: [&str; 18] = [
    "the", "and", "of", "with", "that", "was", "this", "from", "were", "have", "is", "their", "are", "been",
    "which", "would", "where", "while",
];
const SWEDISH: [&str; 16] = [
    "och", "att", "det", "som", "jag", "på", "är", "med", "för", "av", "ett", "har", "inte", "till", "från",
    "hos",
];

/// Whether a text is written in English rather than Swedish. It counts small words, which are nobody's
/// name, so that the answer does not depend on who wrote the text.
#[must_use]
pub(super) fn is_english(text: &str) -> bool {
    let (mut english, mut swedish) = (0_usize, 0_usize);
    for word in text.split(|c: char| !c.is_alphabetic()).filter(|word| word.len() < 7) {
        english += usize::from(ENGLISH.iter().any(|small| small.eq_ignore_ascii_case(word)));
        swedish += usize::from(SWEDISH.iter().any(|small| small.eq_ignore_ascii_case(word)));
    }
    english >= 2 && english > swedish
}

/// The normal form with, for each stretch of it that came from one letter of the text, where both begin:
/// (byte in the normal form, byte in the text). The last pair is both lengths.
#[must_use]
pub(super) fn normal_form_mapped(text: &str) -> (Zeroizing<String>, Vec<(usize, usize)>) {
    let normal = normal_form(text);
    let trimmed = {
        let mut all = Zeroizing::new(String::with_capacity(text.len() + text.len() / 8));
        all.extend(plain_characters(text).nfc());
        all.len() - all.trim_start().len()
    };
    let mut map = Vec::with_capacity(text.len());
    let mut at = 0_usize;
    let mut letters = text.char_indices().peekable();
    while let Some((start, first)) = letters.next() {
        let mut end = start + first.len_utf8();
        while let Some((mark, c)) =
            letters.next_if(|(_, c)| is_combining_mark(*c) || first == '\r' && *c == '\n')
        {
            end = mark + c.len_utf8();
        }
        map.push((at.saturating_sub(trimmed).min(normal.len()), start));
        at += plain_characters(text.get(start..end).unwrap_or_default())
            .nfc()
            .map(char::len_utf8)
            .sum::<usize>();
    }
    map.push((normal.len(), text.len()));
    (normal, map)
}

fn plain_characters(text: &str) -> impl Iterator<Item = char> + '_ {
    let mut after_return = false;
    text.chars().flat_map(move |c| {
        let line_end_continues = after_return && c == '\n';
        after_return = c == '\r';
        let kept = if line_end_continues { Plain::Nothing } else { plain(c) };
        match kept {
            Plain::Nothing => Spelled::None,
            Plain::One(one) => Spelled::One(Some(one)),
            Plain::Compatible => Spelled::Many(std::iter::once(c).nfkc()),
        }
    })
}

enum Plain {
    Nothing,
    One(char),
    Compatible,
}

enum Spelled<I> {
    None,
    One(Option<char>),
    Many(I),
}

impl<I: Iterator<Item = char>> Iterator for Spelled<I> {
    type Item = char;
    fn next(&mut self) -> Option<char> {
        match self {
            Self::None => None,
            Self::One(one) => one.take(),
            Self::Many(many) => many.next(),
        }
    }
}

fn plain(c: char) -> Plain {
    match c {
        '\n' | '\t' => Plain::One(c),
        '\r' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Plain::One('\n'),
        '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => {
            Plain::One(' ')
        }
        '\u{2010}' | '\u{2011}' | '\u{FE63}' => Plain::One('-'),
        '\u{FE6B}' => Plain::One('@'),
        '\u{AD}'
        | '\u{34F}'
        | '\u{61C}'
        | '\u{115F}'
        | '\u{1160}'
        | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}'
        | '\u{FFA0}'
        | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E0FFF}' => Plain::Nothing,
        // Ligatures of PDF files, full-width forms and the "fancy" letters of profile pages.
        '\u{FB00}'..='\u{FB06}'
        | '\u{FF01}'..='\u{FF9F}'
        | '\u{2460}'..='\u{24FF}'
        | '\u{1D400}'..='\u{1D7CB}' => Plain::Compatible,
        _ if c.is_control() => Plain::Nothing,
        _ => Plain::One(ascii_digit(c).unwrap_or(c)),
    }
}

fn ascii_digit(c: char) -> Option<char> {
    let code = u32::from(c);
    DIGIT_SCRIPTS.iter().find_map(|first| {
        // The mathematical digits come in five styles, one after the other.
        let many = if *first == 0x1D7CE { 50 } else { 10 };
        let step = code.checked_sub(*first).filter(|step| *step < many)?;
        char::from_digit(step % 10, 10)
    })
}

/// Lower case without diacritics: `Åsa` and `asa` fold to the same.
#[must_use]
pub fn folded(text: &str) -> String {
    fold(text, false)
}

/// Lower case with the two-letter spelling of Nordic letters: `Åsa` gives `aasa`.
#[must_use]
pub(super) fn spelled_out(text: &str) -> String {
    fold(text, true)
}

fn fold(text: &str, out_spelled: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.nfc().flat_map(char::to_lowercase) {
        if out_spelled {
            match c {
                'å' => {
                    out.push_str("aa");
                    continue;
                }
                'ä' => {
                    out.push_str("ae");
                    continue;
                }
                'ö' | 'ø' => {
                    out.push_str("oe");
                    continue;
                }
                'ü' => {
                    out.push_str("ue");
                    continue;
                }
                _ => {}
            }
        }
        push_base(c, &mut out);
    }
    out
}

fn push_base(c: char, out: &mut String) {
    match c {
        'ø' => out.push('o'),
        'æ' => out.push_str("ae"),
        'œ' => out.push_str("oe"),
        'ß' => out.push_str("ss"),
        'ł' => out.push('l'),
        'đ' | 'ð' => out.push('d'),
        'þ' => out.push_str("th"),
        'ı' => out.push('i'),
        _ if c.is_ascii() => out.push(c),
        _ => out.extend(std::iter::once(c).nfd().filter(|part| !is_combining_mark(*part))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decomposed_hidden_or_full_width_spelling_becomes_the_plain_one() {
        assert_eq!(normal_form("A\u{30A}sa Bjo\u{308}rk").as_str(), "Åsa Björk");
        assert_eq!(normal_form("An\u{200B}n\u{AD}a\u{A0}S").as_str(), "Anna S");
        assert_eq!(normal_form("Ａｎｎａ １２３ ٤").as_str(), "Anna 123 4");
        assert_eq!(normal_form("a\r\nb\rc\u{2028}d").as_str(), "a\nb\nc\nd");
        assert_eq!(normal_form("850101\u{2011}1234").as_str(), "850101-1234");
    }

    #[test]
    fn folding_drops_case_and_diacritics() {
        assert_eq!(folded("ÅSA Björk Sørensen Łukasz"), "asa bjork sorensen lukasz");
        assert_eq!(spelled_out("Åsa Björk Jäger"), "aasa bjoerk jaeger");
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig {
            failure_persistence: None, ..proptest::prelude::ProptestConfig::default()
        })]
        #[test]
        fn the_normal_form_is_its_own_normal_form(text in "\\PC{0,80}|[\\x00-\\x{2100}]{0,60}") {
            let once = normal_form(&text);
            let twice = normal_form(&once);
            proptest::prop_assert_eq!(twice.as_str(), once.as_str());
        }
    }
}
