//! Bytes to text: UTF-8, UTF-16 with a byte-order mark, or Windows-1252. Line ends become `\n`,
//! letters are composed (NFC), and characters that cannot be seen are taken out, because a name
//! with one in it would slip past the pseudonymiser. It never guesses when the guess could turn
//! letters into other letters: such a file is refused.

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::unreadable::Unreadable;
use crate::subject::words::Lang;

/// Which encoding a file was read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8, with or without a byte-order mark.
    Utf8,
    /// UTF-16, little-endian, by its byte-order mark.
    Utf16Le,
    /// UTF-16, big-endian, by its byte-order mark.
    Utf16Be,
    /// Windows-1252, the older Western European encoding.
    Windows1252,
}

impl Encoding {
    /// Its name, the same in both languages.
    #[must_use]
    pub fn label(self, _lang: Lang) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16 LE",
            Self::Utf16Be => "UTF-16 BE",
            Self::Windows1252 => "Windows-1252",
        }
    }
}

/// A decoded file.
pub(super) struct Decoded {
    pub(super) text: Zeroizing<String>,
    pub(super) encoding: Encoding,
    /// Characters that cannot be seen, taken out.
    pub(super) invisible: usize,
    /// Control characters, made into spaces.
    pub(super) controls: usize,
}

pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, Unreadable> {
    let (raw, encoding) = match bytes {
        [0xff, 0xfe, rest @ ..] => (utf16(rest, u16::from_le_bytes)?, Encoding::Utf16Le),
        [0xfe, 0xff, rest @ ..] => (utf16(rest, u16::from_be_bytes)?, Encoding::Utf16Be),
        _ => eight_bit(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))?,
    };
    if let Some(offset) = raw.chars().position(|c| c == '\0') {
        return Err(Unreadable::Nul { offset });
    }
    let (mut invisible, mut controls, mut chars) = (0, 0, 0usize);
    let mut text = Zeroizing::new(String::with_capacity(raw.len()));
    let mut after_return = false;
    for c in raw.chars() {
        chars += 1;
        let follows_return = std::mem::replace(&mut after_return, c == '\r');
        match c {
            '\n' if follows_return => {}
            '\r' | '\n' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => text.push('\n'),
            '\t' => text.push('\t'),
            c if cannot_be_seen(c) => invisible += 1,
            c if c.is_control() => {
                controls += 1;
                text.push(' ');
            }
            c => text.push(c),
        }
    }
    if controls > 2 && controls * 100 > chars {
        return Err(Unreadable::Binary);
    }
    let text = Zeroizing::new(text.nfc().collect::<String>());
    if text.chars().all(char::is_whitespace) {
        return Err(Unreadable::Empty);
    }
    Ok(Decoded { text, encoding, invisible, controls })
}

/// Soft hyphens, zero-width spaces, direction marks and tag characters: no letter of any language.
/// The joiners U+200C and U+200D stay, because some scripts and emoji are spelt with them.
fn cannot_be_seen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{206f}'
            | '\u{feff}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Zeroizing<String>, Unreadable> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(Unreadable::DamagedUtf16 { offset: pairs.len() });
    }
    let mut text = Zeroizing::new(String::with_capacity(bytes.len()));
    let mut offset = 0;
    for c in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        let c = c.map_err(|_| Unreadable::DamagedUtf16 { offset })?;
        offset += c.len_utf16();
        text.push(c);
    }
    Ok(text)
}

fn eight_bit(bytes: &[u8]) -> Result<(Zeroizing<String>, Encoding), Unreadable> {
    if let Some(offset) = bytes.iter().position(|byte| *byte == 0) {
        return Err(Unreadable::Nul { offset });
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok((Zeroizing::new(text.to_owned()), Encoding::Utf8)),
        Err(error) => {
            let offset = error.valid_up_to();
            // Text in Windows-1252 hardly ever has a valid UTF-8 letter in it. One that does, more
            // often than not, is UTF-8 that lost a byte, and read as Windows-1252 every å would
            // come out as two wrong letters.
            let (mut whole, mut broken) = (0usize, 0usize);
            for chunk in bytes.utf8_chunks() {
                whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
                broken += usize::from(!chunk.invalid().is_empty());
            }
            if whole >= broken {
                return Err(Unreadable::DamagedUtf8 { offset });
            }
            if !plausibly_windows_1252(bytes) {
                return Err(Unreadable::UnknownEncoding { offset });
            }
            let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes);
            Ok((Zeroizing::new(text.into_owned()), Encoding::Windows1252))
        }
    }
}

/// Whether the bytes beyond ASCII are the letters and signs of Western European text.
fn plausibly_windows_1252(bytes: &[u8]) -> bool {
    let is_letter = |byte: u8| {
        (byte >= 0xc0 && byte != 0xd7 && byte != 0xf7)
            || matches!(byte, 0x8a | 0x8c | 0x8e | 0x9a | 0x9c | 0x9e | 0x9f)
    };
    let is_sign = |byte: u8| {
        matches!(
            byte,
            0x80 | 0x82 | 0x84 | 0x85 | 0x91
                ..=0x97 | 0x99 | 0xa0 | 0xa7 | 0xa9 | 0xab | 0xad | 0xae | 0xb0 | 0xb4 | 0xb7 | 0xbb
        )
    };
    let (mut high, mut usual, mut odd_in_word, mut letter_in_word) = (0usize, 0usize, 0usize, 0usize);
    for (index, byte) in bytes.iter().copied().enumerate().filter(|(_, byte)| *byte >= 0x80) {
        if matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d) {
            return false;
        }
        high += 1;
        usual += usize::from(is_letter(byte) || is_sign(byte));
        let beside = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphabetic);
        if beside(index.checked_sub(1)) && beside(index.checked_add(1)) {
            // å, ä and ö of MS-DOS and old Macintosh files lie in 0x80..=0x9F, where Windows-1252
            // has signs that stand between words; the apostrophe and the dashes are the exception.
            odd_in_word += usize::from((0x80..=0x9f).contains(&byte) && !matches!(byte, 0x92 | 0x96 | 0x97));
            letter_in_word += usize::from(byte >= 0xc0);
        }
    }
    high * 10 <= bytes.len() * 4 && usual * 10 >= high * 6 && odd_in_word <= letter_in_word
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(bytes: &[u8]) -> (String, Encoding) {
        match decode(bytes) {
            Ok(decoded) => (decoded.text.to_string(), decoded.encoding),
            Err(error) => panic!("{error:?}"),
        }
    }

    fn refusal(bytes: &[u8]) -> Unreadable {
        match decode(bytes) {
            Ok(_) => panic!("read"),
            Err(error) => error,
        }
    }

    pub(in super::super) fn encode(text: &str, encoding: Encoding) -> Vec<u8> {
        match encoding {
            Encoding::Utf8 => text.as_bytes().to_vec(),
            Encoding::Utf16Le => {
                [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
            }
            Encoding::Utf16Be => {
                [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect()
            }
            Encoding::Windows1252 => encoding_rs::WINDOWS_1252.encode(text).0.into_owned(),
        }
    }

    const SWEDISH: &str = "Jag sköter ärenden på Ängelholms sjukhus – ”främst” om vård.\nÅterkommer gärna!";

    #[test]
    fn each_encoding_gives_the_same_text_and_is_named() {
        for encoding in [Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be, Encoding::Windows1252] {
            assert_eq!(text(&encode(SWEDISH, encoding)), (SWEDISH.to_owned(), encoding));
        }
        let mut with_mark = b"\xef\xbb\xbf".to_vec();
        with_mark.extend_from_slice(SWEDISH.as_bytes());
        assert_eq!(text(&with_mark), (SWEDISH.to_owned(), Encoding::Utf8));
    }

    #[test]
    fn line_ends_may_be_mixed() {
        assert_eq!(text(b"a\r\nb\rc\nd\r\r\ne\n\rf").0, "a\nb\nc\nd\n\ne\n\nf");
        assert_eq!(text("a\u{2028}b\u{c}c".as_bytes()).0, "a\nb\nc");
    }

    #[test]
    fn letters_are_composed() {
        assert_eq!(text("A\u{30a}sa fo\u{308}r".as_bytes()).0, "Åsa för");
    }

    #[test]
    fn characters_that_cannot_be_seen_are_taken_out_and_counted() {
        let decoded = decode("An\u{200b}na\u{ad} \u{202e}x".as_bytes()).expect("text");
        assert_eq!((decoded.text.as_str(), decoded.invisible), ("Anna x", 3));
    }

    #[test]
    fn what_is_not_text_is_refused() {
        assert_eq!(refusal(b""), Unreadable::Empty);
        assert_eq!(refusal(b" \r\n\t "), Unreadable::Empty);
        assert_eq!(refusal("\u{feff}\u{200b}".as_bytes()), Unreadable::Empty);
        assert_eq!(refusal(b"ab\0c"), Unreadable::Nul { offset: 2 });
        assert_eq!(refusal(b"h\0e\0j\0"), Unreadable::Nul { offset: 1 });
        assert_eq!(refusal(b"\x01\x02\x03\x04 text"), Unreadable::Binary);
        assert_eq!(refusal(b"\xff\xfea"), Unreadable::DamagedUtf16 { offset: 0 });
        assert_eq!(refusal(b"\xff\xfea\0\x00\xd8b\0"), Unreadable::DamagedUtf16 { offset: 1 });
    }

    #[test]
    fn utf8_that_lost_a_byte_is_not_read_as_windows_1252() {
        let mut bytes = "Åsa går på ön och läser på kvällen".as_bytes().to_vec();
        bytes.truncate(bytes.len());
        let cut = bytes.iter().rposition(|byte| *byte == 0xc3).expect("an å");
        bytes.remove(cut);
        assert!(matches!(refusal(&bytes), Unreadable::DamagedUtf8 { .. }));
    }

    #[test]
    fn msdos_and_macintosh_letters_are_not_taken_for_windows_1252() {
        // "sköter vård på höst" in code page 850 and in Mac Roman.
        assert!(matches!(refusal(b"sk\x94ter v\x86rd p\x86 h\x94st"), Unreadable::UnknownEncoding { .. }));
        assert!(matches!(refusal(b"sk\x9ater v\x8crd p\x8c h\x9ast"), Unreadable::UnknownEncoding { .. }));
        assert!(matches!(refusal(b"\x81\x8d\x8f\x90 abc def"), Unreadable::UnknownEncoding { .. }));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(decoded) = decode(&bytes) {
                prop_assert!(!decoded.text.contains(['\0', '\r']));
            }
        }

        #[test]
        fn swedish_text_survives_every_encoding(text in "[a-zåäöéA-ZÅÄÖ ,.\n]{0,80}[a-zåäö]") {
            for encoding in [Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be, Encoding::Windows1252] {
                match decode(&encode(&text, encoding)) {
                    Ok(decoded) => prop_assert_eq!(&*decoded.text, &text),
                    // Very few letters that happen to be other letters in UTF-8 are refused, never
                    // turned into something else.
                    Err(error) => prop_assert!(
                        encoding == Encoding::Windows1252
                            && matches!(
                                error,
                                Unreadable::DamagedUtf8 { .. } | Unreadable::UnknownEncoding { .. }
                            ),
                        "{error:?}"
                    ),
                }
            }
        }
    }
}
