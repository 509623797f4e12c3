//! The code pages of RTF: by `\ansicpg` for the file and by `\fcharset` for a font (RTF 1.9.1, "Character Set"
//! and "Font Table"). Two of DOS are kept here, since the Encoding Standard has none of them.

use encoding_rs::{
    BIG5, EUC_KR, Encoding, GBK, IBM866, KOI8_R, MACINTOSH, SHIFT_JIS, UTF_8, WINDOWS_874, WINDOWS_1250,
    WINDOWS_1251, WINDOWS_1252, WINDOWS_1253, WINDOWS_1254, WINDOWS_1255, WINDOWS_1256, WINDOWS_1257,
    WINDOWS_1258,
};

/// How bytes become letters.
#[derive(Clone, Copy)]
pub(super) enum CodePage {
    /// One of the Encoding Standard.
    Standard(&'static Encoding),
    /// ASCII, and these for the bytes from 128.
    Dos(&'static str),
    /// Signs and no letters: a reader sees what the font draws.
    Symbol,
}

/// Code page 437 from 128, the first of DOS.
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
/// Code page 850 from 128, that of Western Europe.
const CP850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

impl CodePage {
    /// What Windows writes in Western Europe, and what unknown numbers mean.
    pub(super) const WESTERN: CodePage = CodePage::Standard(WINDOWS_1252);
    /// What old Macintoshes write (`\mac`).
    pub(super) const MAC: CodePage = CodePage::Standard(MACINTOSH);

    /// By the number after `\ansicpg` or `\cpg`.
    pub(super) fn by_number(number: i32) -> CodePage {
        CodePage::Standard(match number {
            437 => return CodePage::Dos(CP437),
            850 | 858 => return CodePage::Dos(CP850),
            42 => return CodePage::Symbol,
            866 => IBM866,
            874 => WINDOWS_874,
            932 => SHIFT_JIS,
            936 => GBK,
            949 | 1361 => EUC_KR,
            950 => BIG5,
            1250 => WINDOWS_1250,
            1251 => WINDOWS_1251,
            1253 => WINDOWS_1253,
            1254 => WINDOWS_1254,
            1255 => WINDOWS_1255,
            1256 => WINDOWS_1256,
            1257 => WINDOWS_1257,
            1258 => WINDOWS_1258,
            10_000 => MACINTOSH,
            20_866 => KOI8_R,
            65_001 => UTF_8,
            _ => WINDOWS_1252,
        })
    }

    /// By the number after `\fcharset`; nothing where it says that the file decides.
    pub(super) fn by_charset(number: i32) -> Option<CodePage> {
        Some(CodePage::Standard(match number {
            0 => WINDOWS_1252,
            2 => return Some(CodePage::Symbol),
            77 => MACINTOSH,
            128 => SHIFT_JIS,
            129 | 130 => EUC_KR,
            134 => GBK,
            136 => BIG5,
            161 => WINDOWS_1253,
            162 => WINDOWS_1254,
            163 => WINDOWS_1258,
            177..=181 => {
                if number == 177 || number == 181 {
                    WINDOWS_1255
                } else {
                    WINDOWS_1256
                }
            }
            186 => WINDOWS_1257,
            204 => WINDOWS_1251,
            222 => WINDOWS_874,
            238 => WINDOWS_1250,
            254 => return Some(CodePage::Dos(CP437)),
            255 => return Some(CodePage::Dos(CP850)),
            _ => return None,
        }))
    }

    /// The letters that bytes stand for; bytes that stand for none give U+FFFD.
    pub(super) fn decode(self, bytes: &[u8]) -> String {
        match self {
            CodePage::Standard(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
            CodePage::Dos(table) => {
                let letter = |byte: &u8| match byte.checked_sub(128) {
                    None => char::from(*byte),
                    Some(at) => table.chars().nth(usize::from(at)).unwrap_or(char::REPLACEMENT_CHARACTER),
                };
                bytes.iter().map(letter).collect()
            }
            // The private use area, where Word keeps such signs too.
            CodePage::Symbol => bytes
                .iter()
                .map(|byte| {
                    if *byte <= b' ' { ' ' } else { char::from_u32(0xf000 + u32::from(*byte)).unwrap_or(' ') }
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swedish_letters_are_read_from_every_code_page_that_has_them() {
        for (page, bytes) in [
            (CodePage::WESTERN, b"\xe5\xe4\xf6"),
            (CodePage::MAC, b"\x8c\x8a\x9a"),
            (CodePage::by_number(437), b"\x86\x84\x94"),
            (CodePage::by_number(850), b"\x86\x84\x94"),
            (CodePage::by_number(1257), b"\xe5\xe4\xf6"),
        ] {
            assert_eq!(page.decode(bytes), "åäö");
        }
    }

    #[test]
    fn the_tables_of_dos_are_whole() {
        assert_eq!((CP437.chars().count(), CP850.chars().count()), (128, 128));
    }

    #[test]
    fn signs_of_a_symbol_font_are_no_letters() {
        let text = CodePage::Symbol.decode(b"Expert \xb7");
        assert_eq!(crate::text::words(&text), 0);
        assert!(text.ends_with('\u{f0b7}'));
    }
}
