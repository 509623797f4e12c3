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
pub(in crate::pipeline) fn normal_form(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len() + text.len() / 8));
    for (start, end, simple) in stretches(text) {
        let piece = text.get(start..end).unwrap_or_default();
        if simple {
            out.push_str(piece);
        } else {
            out.extend(plain_characters(piece).nfc());
        }
    }
    Zeroizing::new(out.trim().to_owned())
}

/// Whether a letter is its own normal form and joins with nothing before it.
fn is_simple(c: char) -> bool {
    matches!(c, ' '..='~' | '\n' | '\t' | 'À'..='ſ')
}

/// The text in stretches: first byte, the byte after the last, and whether it is its own normal form.
fn stretches(text: &str) -> impl Iterator<Item = (usize, usize, bool)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let mut last = 0;
        let mut end = rest.len();
        for (offset, c) in rest.char_indices() {
            if !is_simple(c) {
                end = offset;
                break;
            }
            last = offset;
        }
        // A mark that follows joins the last letter.
        let simple = if end == rest.len() { end } else { last };
        let start = at;
        if simple > 0 {
            at += simple;
            return Some((start, at, true));
        }
        let mut returned = false;
        let length = rest
            .char_indices()
            .skip(1)
            .find(|(offset, c)| {
                let first = offset.checked_sub(1).and_then(|before| rest.as_bytes().get(before));
                returned = first == Some(&b'\r');
                is_simple(*c) && !(returned && *c == '\n')
            })
            .map_or(rest.len(), |(offset, _)| offset);
        at += length;
        Some((start, at, false))
    })
}

/// How a stretch of a normal form came from the text as given.
pub(super) struct Origin {
    /// First byte in the normal form.
    pub(super) normal: usize,
    /// First byte in the text as given.
    pub(super) given: usize,
    /// Byte for byte; else the whole stretch came from one letter.
    pub(super) alike: bool,
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

/// How many small words of English and of Swedish a text has. They are nobody's name, so that the
/// answer does not depend on who wrote the text.
#[derive(Clone, Copy, Default)]
pub(super) struct SmallWords {
    english: usize,
    swedish: usize,
}

/// With fewer small words of one language more than of the other, a part of an application says
/// nothing of its language by itself.
const CLEAR: usize = 3;

impl SmallWords {
    /// Counts them, but for those within a name: `Association of Engineers`.
    pub(super) fn of(text: &str) -> Self {
        let mut all = Self::default();
        let mut words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).peekable();
        let mut named = false;
        while let Some(word) = words.next() {
            let next_named =
                words.peek().is_some_and(|next| next.len() > 1 && next.starts_with(char::is_uppercase));
            if (2..7).contains(&word.len()) && !(named && next_named) {
                all.english += usize::from(ENGLISH.iter().any(|small| small.eq_ignore_ascii_case(word)));
                all.swedish += usize::from(SWEDISH.iter().any(|small| small.eq_ignore_ascii_case(word)));
            }
            named = word.starts_with(char::is_uppercase);
        }
        all
    }

    /// Of two texts together.
    pub(super) fn and(self, other: Self) -> Self {
        Self { english: self.english + other.english, swedish: self.swedish + other.swedish }
    }

    /// Whether the text is written in English rather than Swedish.
    pub(super) fn english(self) -> bool {
        self.english >= 2 && self.english > self.swedish
    }

    /// The same of a part of a whole: by itself where it is clear, else as the whole is.
    pub(super) fn english_within(self, whole: Self) -> bool {
        if self.english.abs_diff(self.swedish) >= CLEAR { self.english() } else { whole.english() }
    }
}

/// Whether a text is written in English rather than Swedish.
#[must_use]
pub(super) fn is_english(text: &str) -> bool {
    SmallWords::of(text).english()
}

/// The normal form, and where each stretch of it came from. The last origin is both lengths.
#[must_use]
pub(super) fn normal_form_mapped(text: &str) -> (Zeroizing<String>, Vec<Origin>) {
    let normal = normal_form(text);
    let mut map = Vec::new();
    let mut at = 0_usize;
    for (start, end, alike) in stretches(text) {
        let piece = text.get(start..end).unwrap_or_default();
        if alike {
            map.push(Origin { normal: at, given: start, alike });
            at += piece.len();
            continue;
        }
        let mut letters = piece.char_indices().peekable();
        while let Some((from, first)) = letters.next() {
            let mut to = from + first.len_utf8();
            while let Some((mark, c)) =
                letters.next_if(|(_, c)| is_combining_mark(*c) || first == '\r' && *c == '\n')
            {
                to = mark + c.len_utf8();
            }
            map.push(Origin { normal: at, given: start + from, alike });
            at += plain_characters(piece.get(from..to).unwrap_or_default())
                .nfc()
                .map(char::len_utf8)
                .sum::<usize>();
        }
    }
    // The normal form is trimmed.
    let mut skipped = 0;
    for (start, end, simple) in stretches(text) {
        let piece = text.get(start..end).unwrap_or_default();
        let plain = if simple { Zeroizing::new(piece.to_owned()) } else { spelled(piece) };
        let bare = plain.trim_start();
        skipped += plain.len() - bare.len();
        if !bare.is_empty() {
            break;
        }
    }
    for origin in &mut map {
        let before = skipped.saturating_sub(origin.normal);
        if origin.alike {
            origin.given += before;
        }
        origin.normal = origin.normal.saturating_sub(skipped).min(normal.len());
    }
    map.push(Origin { normal: normal.len(), given: text.len(), alike: false });
    (normal, map)
}

fn spelled(piece: &str) -> Zeroizing<String> {
    Zeroizing::new(plain_characters(piece).nfc().collect())
}

/// The byte in the text as given at which the byte `normal` of the normal form begins.
pub(super) fn given_start(map: &[Origin], normal: usize) -> usize {
    let after = map.partition_point(|origin| origin.normal <= normal);
    map.get(after.saturating_sub(1))
        .map_or(0, |origin| origin.given + if origin.alike { normal - origin.normal } else { 0 })
}

/// The byte in the text as given after the last byte before `normal`.
pub(super) fn given_end(map: &[Origin], normal: usize) -> usize {
    let after = map.partition_point(|origin| origin.normal < normal);
    match after.checked_sub(1).and_then(|before| map.get(before)) {
        Some(origin) if origin.alike => origin.given + normal - origin.normal,
        _ => map.get(after).map_or(0, |origin| origin.given),
    }
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
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    if !out_spelled && text.chars().all(is_simple) {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                'å' | 'ä' | 'Å' | 'Ä' => out.push('a'),
                'ö' | 'Ö' => out.push('o'),
                c if c.is_ascii() => out.push(c.to_ascii_lowercase()),
                c => c.to_lowercase().for_each(|c| push_base(c, &mut out)),
            }
        }
        return out;
    }
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

    #[test]
    fn where_each_byte_came_from_is_told() {
        let given = " \u{200B} A\u{30A}sa \u{FB01}n\r\n\u{AD}Bo  ";
        let (normal, map) = normal_form_mapped(given);
        assert_eq!(normal.as_str(), "Åsa fin\nBo");
        for (piece, from) in
            [("Åsa", "A\u{30A}sa"), ("sa", "sa"), ("f", "\u{FB01}"), ("n", "n"), ("\n", "\r\n"), ("Bo", "Bo")]
        {
            let at = normal.find(piece).expect("a piece");
            let (start, end) = (given_start(&map, at), given_end(&map, at + piece.len()));
            assert_eq!(given[start..end].trim_matches('\u{AD}'), from, "{piece}");
        }
    }

    #[test]
    fn one_spelling_folds_the_same_by_the_short_way_and_the_long_one() {
        for c in (' '..'\u{250}').chain(['ﬁ', 'Ѕ']) {
            let text = format!("x{c}Y");
            // The mark takes the long way and is left out again.
            assert_eq!(folded(&text), folded(&format!("{text}\u{323}")), "{text:?}");
        }
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
