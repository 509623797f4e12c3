//! The colours of a DOCX: those of its theme by their names, and fills of text, cells and shapes (ECMA-376-1, 17.3.5
//! and 20.1.2.3).

use std::collections::HashMap;

use super::colour::{self, BLACK, Fill, Ink, Rgb, WHITE};
use crate::xml::{Element, Event, Reader, Space};
use crate::{Limits, Refusal};

/// The colours of the theme.
#[derive(Clone, Debug, Default)]
pub(crate) struct Palette {
    scheme: HashMap<String, Rgb>,
    /// Which colour of the theme stands for a name of the document, from the settings.
    mapping: HashMap<String, String>,
}

impl Palette {
    /// Reads the theme's part.
    pub(crate) fn theme(&mut self, text: &str, limits: &Limits) -> Result<(), Refusal> {
        let mut reader = Reader::new(text, limits);
        let mut slot = String::new();
        let mut inside = false;
        loop {
            match reader.next()? {
                Event::Start(element) if element.is(Space::A, "clrScheme") => inside = true,
                Event::Start(element) if element.is(Space::A, "fontScheme") => return Ok(()),
                Event::Start(element) if inside => {
                    let value = match element.name.as_str() {
                        "srgbClr" => element.attr("val"),
                        "sysClr" => element.attr("lastClr"),
                        _ => {
                            slot = element.name;
                            None
                        }
                    };
                    if let Some(colour) = value.and_then(colour::hex) {
                        self.scheme.entry(slot.clone()).or_insert(colour);
                    }
                }
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    /// Takes the mapping from an element `w:clrSchemeMapping`.
    pub(crate) fn map(&mut self, element: &Element) {
        let names = [("bg1", "bg1"), ("t1", "tx1"), ("bg2", "bg2"), ("t2", "tx2")];
        for (name, from) in names {
            if let Some(to) = element.attr(name) {
                self.mapping.insert(from.to_owned(), slot_of(to).to_owned());
            }
        }
    }

    /// The colour that a name of the theme stands for.
    pub(crate) fn get(&self, name: &str) -> Option<Rgb> {
        let short = match name {
            "background1" => "bg1",
            "background2" => "bg2",
            "text1" => "tx1",
            "text2" => "tx2",
            name => slot_of(name),
        };
        let slot = self.mapping.get(short).map_or(
            match short {
                "bg1" => "lt1",
                "bg2" => "lt2",
                "tx1" => "dk1",
                "tx2" => "dk2",
                short => short,
            },
            String::as_str,
        );
        self.scheme.get(slot).copied().or(match slot {
            "lt1" => Some(WHITE),
            "dk1" => Some(BLACK),
            _ => None,
        })
    }

    /// A colour of three attributes of a kind, as `w:color` and `w:shd` have them; none for `auto`.
    fn of(&self, element: &Element, value: &str, theme: &str) -> Option<Fill> {
        let plain = element.attr(value).filter(|value| *value != "auto");
        let Some(name) = element.attr(theme).filter(|name| *name != "none") else {
            return plain.map(|text| match colour::hex(text).or_else(|| colour::named(text)) {
                Some(colour) => Fill::Rgb(colour),
                None => Fill::Unknown,
            });
        };
        let Some(base) = self.get(name).or_else(|| plain.and_then(colour::hex)) else {
            return Some(Fill::Unknown);
        };
        let share = |name: String| {
            let value = u8::from_str_radix(element.attr(&name)?, 16).ok()?;
            Some(f64::from(value) / 255.0)
        };
        let tint = share(format!("{theme}Tint").replace("ColorTint", "Tint"));
        let darker = share(format!("{theme}Shade").replace("ColorShade", "Shade"));
        let mut mixed = base;
        if let Some(tint) = tint {
            mixed = colour::mix(mixed, WHITE, tint);
        }
        if let Some(darker) = darker {
            mixed = colour::mix(mixed, BLACK, darker);
        }
        Some(Fill::Rgb(mixed))
    }

    /// The colour of letters from `w:color`.
    pub(crate) fn ink(&self, element: &Element) -> Ink {
        match self.of(element, "val", "themeColor") {
            Some(Fill::Rgb(colour)) => Ink::Rgb(colour),
            _ => Ink::Seen,
        }
    }

    /// The colour of the page from `w:background`.
    pub(crate) fn page(&self, element: &Element) -> Option<Fill> {
        self.of(element, "color", "themeColor")
    }

    /// What `w:shd` fills with.
    pub(crate) fn shade(&self, element: &Element) -> Fill {
        let fill = self.of(element, "fill", "themeFill").unwrap_or(Fill::Clear);
        let pattern = self.of(element, "color", "themeColor").unwrap_or(Fill::Rgb(BLACK));
        let kind = element.attr("val").unwrap_or("clear");
        let share = match kind {
            "clear" => return fill,
            "nil" => return Fill::Clear,
            "solid" => return pattern,
            _ => kind.strip_prefix("pct").and_then(|text| text.parse::<f64>().ok()).unwrap_or(50.0) / 100.0,
        };
        match (pattern, fill) {
            (Fill::Rgb(pattern), Fill::Rgb(fill)) => Fill::Rgb(colour::mix(pattern, fill, share)),
            (Fill::Rgb(pattern), Fill::Clear) => Fill::Rgb(colour::mix(pattern, WHITE, share)),
            _ => Fill::Unknown,
        }
    }

    /// A colour of `DrawingML`, whose element has just started; reads it to its end.
    fn drawn(&self, reader: &mut Reader<'_>, element: &Element) -> Result<Fill, Refusal> {
        let thousandth = |element: &Element, name: &str| {
            element.attr(name).and_then(|text| text.trim_end_matches('%').parse::<f64>().ok()).unwrap_or(0.0)
        };
        let value = element.attr("val").unwrap_or_default();
        let mut colour = match element.name.as_str() {
            "srgbClr" => colour::hex(value),
            "schemeClr" => self.get(value),
            "sysClr" => element.attr("lastClr").and_then(colour::hex),
            "prstClr" => colour::named(value),
            "scrgbClr" => {
                let part =
                    |name| colour::byte((thousandth(element, name) / 100_000.0).max(0.0).powf(1.0 / 2.2));
                Some(Rgb(part("r"), part("g"), part("b")))
            }
            // Without its hue: only how light it is tells whether letters are seen.
            "hslClr" => {
                let light = colour::byte(thousandth(element, "lum") / 100_000.0);
                Some(Rgb(light, light, light))
            }
            _ => None,
        };
        let mut clear = false;
        let mut open = 1_usize;
        while open > 0 {
            match reader.next()? {
                Event::Start(change) => {
                    open += 1;
                    let share = thousandth(&change, "val") / 100_000.0;
                    let transparent = change.space == Space::W14 && share > 0.9;
                    colour = colour.map(|colour| match change.name.as_str() {
                        "lumMod" => colour::relight(colour, share, 0.0),
                        "lumOff" => colour::relight(colour, 1.0, share),
                        "tint" => colour::mix(colour, WHITE, share),
                        "shade" => colour::mix(colour, BLACK, share),
                        _ => colour,
                    });
                    // How opaque it is in DrawingML, and how transparent in the text effects of Word.
                    clear |= change.name == "alpha"
                        && if change.space == Space::W14 { transparent } else { share < 0.1 };
                }
                Event::End => open -= 1,
                Event::Text(_) => {}
                Event::Eof => break,
            }
        }
        Ok(if clear { Fill::Clear } else { colour.map_or(Fill::Unknown, Fill::Rgb) })
    }

    /// Every colour of a fill of `DrawingML` or of the text effects of Word, whose element has just started;
    /// reads it to its end.
    pub(crate) fn fills(&self, reader: &mut Reader<'_>, element: &Element) -> Result<Vec<Fill>, Refusal> {
        match element.name.as_str() {
            "noFill" => {
                reader.skip()?;
                return Ok(vec![Fill::Clear]);
            }
            "blipFill" => {
                reader.skip()?;
                return Ok(vec![Fill::Unknown]);
            }
            _ => {}
        }
        let mut fills = Vec::new();
        let mut open = 1_usize;
        while open > 0 {
            match reader.next()? {
                Event::Start(inner) if inner.name.ends_with("Clr") && !inner.name.starts_with(['f', 'b']) => {
                    let fill = self.drawn(reader, &inner)?;
                    if fills.len() < 16 {
                        fills.push(fill);
                    }
                }
                Event::Start(_) => open += 1,
                Event::End => open -= 1,
                Event::Text(_) => {}
                Event::Eof => break,
            }
        }
        if fills.is_empty() {
            fills.push(Fill::Unknown);
        }
        Ok(fills)
    }
}

fn slot_of(name: &str) -> &str {
    match name {
        "light1" => "lt1",
        "light2" => "lt2",
        "dark1" => "dk1",
        "dark2" => "dk2",
        "hyperlink" => "hlink",
        "followedHyperlink" => "folHlink",
        name => name,
    }
}
