//! Fonts (ISO 32000-1, 9.5 to 9.10): how the bytes of a string divide into codes, which letters a code
//! stands for, and how far it moves the pen.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use pdf_oxide::fonts::{Encoding, FontInfo, MappingProvenance};
use pdf_oxide::object::Object;

use super::source::{Source, number};

/// A font as the painter needs it.
pub(crate) struct Font {
    info: Option<FontInfo>,
    codes: Codes,
    /// Bold, by its name or its descriptor.
    pub bold: bool,
    /// Written from top to bottom.
    pub vertical: bool,
    /// For letters that are drawn by content streams: their height as a share of the font size.
    pub drawn_height: Option<f32>,
    /// Codes whose drawing leaves no mark.
    blank: Vec<u8>,
    known: RefCell<HashMap<u32, Rc<str>>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Codes {
    One,
    Two,
    ShiftJis,
}

/// One code of a string.
pub(crate) struct Code {
    /// The letters it stands for; empty when nobody can tell.
    pub text: Rc<str>,
    /// How far it moves the pen, as a share of the font size.
    pub width: f32,
    /// It is the one-byte code 32, which word spacing widens.
    pub space: bool,
    /// Its drawing leaves no mark.
    pub blank: bool,
}

impl Font {
    /// Reads a font; one that cannot be read gives the letters of Latin-1.
    pub(crate) fn new(source: &Source<'_>, object: &Object) -> Font {
        let object = source.get(object);
        let info = FontInfo::from_dict(&object, source.doc).ok();
        let codes = info.as_ref().map_or(Codes::One, codes_of);
        let mut font = Font {
            bold: info.as_ref().is_some_and(FontInfo::is_bold),
            vertical: info.as_ref().is_some_and(|info| info.wmode == 1),
            codes,
            info,
            drawn_height: None,
            blank: Vec::new(),
            known: RefCell::default(),
        };
        font.read_drawn(source, &object);
        font
    }

    /// A font of type 3 has its own measure, and may draw nothing for a letter.
    fn read_drawn(&mut self, source: &Source<'_>, object: &Object) {
        let Some(dict) = object.as_dict() else { return };
        if source.entry(dict, "Subtype").is_none_or(|s| s.as_name() != Some("Type3")) {
            return;
        }
        let matrix = dict.get("FontMatrix").map(|m| source.numbers(m, 6)).unwrap_or_default();
        let scale = matrix.get(3).copied().unwrap_or(0.001).abs();
        let height = dict.get("FontBBox").and_then(|b| source.rectangle(b)).map_or(0.0, |b| b[3] - b[1]);
        // An empty box says nothing; the letters are then taken to be as high as the size says.
        self.drawn_height = Some(if height * scale > 0.0 { height * scale } else { 1.0 });
        let Some(drawings) = source.entry(dict, "CharProcs") else { return };
        let (Some(drawings), Some(info)) = (drawings.as_dict(), &self.info) else { return };
        for (code, name) in info.diff_glyph_names.iter().take(256) {
            let program = drawings.get(name).map(|stream| source.program(stream));
            if let Some(Ok(program)) = program
                && !program.iter().any(leaves_a_mark)
            {
                self.blank.push(*code);
            }
        }
    }

    /// Divides a string into codes.
    pub(crate) fn codes(&self, bytes: &[u8], mut each: impl FnMut(Code)) {
        let mut rest = bytes;
        while let Some((first, after)) = rest.split_first() {
            let two = match self.codes {
                Codes::One => false,
                Codes::Two => true,
                Codes::ShiftJis => matches!(first, 0x81..=0x9f | 0xe0..=0xfc),
            };
            let (code, single) = match after.split_first() {
                Some((second, after)) if two => {
                    rest = after;
                    (u16::from(*first) << 8 | u16::from(*second), false)
                }
                _ => {
                    rest = after;
                    (u16::from(*first), !two || self.codes == Codes::ShiftJis)
                }
            };
            each(Code {
                text: self.letters(u32::from(code)),
                width: self.width(code),
                space: single && code == 32,
                blank: u8::try_from(code).is_ok_and(|code| self.blank.contains(&code)),
            });
        }
    }

    fn width(&self, code: u16) -> f32 {
        let width = self.info.as_ref().map_or(0.5, |i| i.get_glyph_width(code) * i.font_matrix_a);
        if width.is_finite() { width } else { 0.0 }
    }

    fn letters(&self, code: u32) -> Rc<str> {
        if let Some(found) = self.known.borrow().get(&code) {
            return Rc::clone(found);
        }
        let raw = match &self.info {
            // Without any table the library gives the number of a glyph for the letter.
            Some(info) if info.best_mapping_provenance() == MappingProvenance::Fallback => {
                let letter = info.char_to_unicode(code);
                let named = info.embedded_glyph_names.get().is_some_and(Option::is_some);
                letter.filter(|_| named).unwrap_or_default()
            }
            Some(info) => {
                let simple = if info.subtype == "Type0" {
                    None
                } else {
                    usize::try_from(code).ok().and_then(|c| info.get_byte_to_char_table().get(c).copied())
                };
                match simple {
                    Some(letter) if letter != '\0' => letter.to_string(),
                    _ => info.char_to_unicode(code).unwrap_or_default(),
                }
            }
            None => char::from_u32(code).map(String::from).unwrap_or_default(),
        };
        let mut text = String::with_capacity(raw.len());
        for letter in raw.chars().take(16) {
            match letter {
                // What is drawn is a hyphen, whatever it was before the lines were broken (Typst names all so).
                '\u{ad}' => text.push('-'),
                '\u{fb00}' => text.push_str("ff"),
                '\u{fb01}' => text.push_str("fi"),
                '\u{fb02}' => text.push_str("fl"),
                '\u{fb03}' => text.push_str("ffi"),
                '\u{fb04}' => text.push_str("ffl"),
                '\u{fb05}' | '\u{fb06}' => text.push_str("st"),
                '\t' | '\n' | '\r' => text.push(' '),
                '\u{fffd}' => {}
                letter if letter.is_control() => {}
                letter => text.push(letter),
            }
        }
        let text: Rc<str> = text.into();
        self.known.borrow_mut().insert(code, Rc::clone(&text));
        text
    }
}

fn codes_of(info: &FontInfo) -> Codes {
    if info.subtype != "Type0" {
        return Codes::One;
    }
    if info.to_unicode.as_ref().is_some_and(|map| map.code_width() == 2) {
        return Codes::Two;
    }
    match &info.encoding {
        Encoding::Identity => Codes::Two,
        Encoding::Standard(name) if name.contains("RKSJ") => Codes::ShiftJis,
        Encoding::Standard(name) => {
            let wide = ["UCS2", "UTF16", "EUC", "GBK", "GBpc", "GB-", "CNS", "B5", "KSC"];
            let identity = name.contains("Identity") && !name.contains("OneByteIdentity");
            if identity || name == "H" || name == "V" || wide.iter().any(|part| name.contains(part)) {
                Codes::Two
            } else {
                Codes::One
            }
        }
        Encoding::Custom(_) => Codes::One,
    }
}

fn leaves_a_mark(operator: &pdf_oxide::content::Operator) -> bool {
    use pdf_oxide::content::Operator as O;
    match operator {
        O::Fill
        | O::FillEvenOdd
        | O::Stroke
        | O::CloseAndStroke
        | O::FillStroke
        | O::FillStrokeEvenOdd
        | O::CloseFillStroke
        | O::CloseFillStrokeEvenOdd
        | O::Do { .. }
        | O::PaintShading { .. }
        | O::InlineImage { .. }
        | O::Tj { .. }
        | O::TJ { .. }
        | O::Quote { .. }
        | O::DoubleQuote { .. } => true,
        // What the parser does not know (such as F, the old name of f) is taken to leave a mark.
        O::Other { name, operands } => {
            !matches!(name.as_str(), "d0" | "d1") && operands.iter().all(|o| number(o).is_some())
        }
        _ => false,
    }
}
