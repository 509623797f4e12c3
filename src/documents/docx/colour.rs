//! Colours, and whether letters can be told from what lies behind them.
//!
//! Contrast is the ratio of WCAG 2.2 (relative luminance of sRGB). Whether something can be seen is asked of
//! every ground that may lie behind it: letters are hidden only when they cannot be told from any of them.

/// A colour in sRGB, 0 to 255 each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rgb(pub u8, pub u8, pub u8);

/// Paper.
pub(crate) const WHITE: Rgb = Rgb(255, 255, 255);
/// Ink.
pub(crate) const BLACK: Rgb = Rgb(0, 0, 0);

/// Below this ratio nobody sees letters: 1 is the same colour, 21 is black on white.
const FAINT: f64 = 1.25;

/// What letters are drawn in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Black or white, as the ground asks for, or a colour that is not known: it is seen.
    Seen,
    /// One colour.
    Rgb(Rgb),
}

/// What an area is filled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fill {
    /// Nothing: what lies behind shows through.
    Clear,
    /// One colour.
    Rgb(Rgb),
    /// A picture, a gradient or a colour that is not known: letters on it are taken as seen.
    Unknown,
}

/// What may lie behind letters: the first surely, the others perhaps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ground {
    fills: Vec<Fill>,
}

impl Ground {
    /// One fill, surely.
    pub(crate) fn of(fill: Fill) -> Ground {
        Ground { fills: vec![fill] }
    }

    /// Another fill that may lie behind, too. At most sixty-four are kept, so that asking stays cheap.
    pub(crate) fn perhaps(&mut self, fill: Fill) {
        if fill != Fill::Clear && self.fills.len() < 64 && !self.fills.contains(&fill) {
            self.fills.push(fill);
        }
    }

    /// Everything that may lie behind the other ground may lie behind this one.
    pub(crate) fn perhaps_all(&mut self, other: &Ground) {
        for fill in &other.fills {
            self.perhaps(*fill);
        }
    }

    /// Whether letters in this ink cannot be told from anything that may lie behind them.
    pub(crate) fn swallows(&self, ink: Ink) -> bool {
        let Ink::Rgb(ink) = ink else { return false };
        self.fills.iter().all(|fill| match fill {
            Fill::Rgb(ground) => contrast(ink, *ground) < FAINT,
            Fill::Clear => contrast(ink, WHITE) < FAINT,
            Fill::Unknown => false,
        })
    }
}

/// The contrast ratio of two colours, 1 to 21.
pub(crate) fn contrast(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(Rgb(red, green, blue): Rgb) -> f64 {
    let linear = |part: u8| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

/// `RRGGBB` or `#RRGGBB`; short `#RGB`, too.
pub(crate) fn hex(text: &str) -> Option<Rgb> {
    let text = text.trim().trim_start_matches('#');
    if !text.is_ascii() {
        return None;
    }
    let value = u32::from_str_radix(text, 16).ok()?;
    match text.len() {
        6 => {
            let [_, red, green, blue] = value.to_be_bytes();
            Some(Rgb(red, green, blue))
        }
        // Every digit stands for two of itself.
        3 => {
            let [_, _, red, rest] = value.to_be_bytes();
            Some(Rgb(red * 17, (rest >> 4) * 17, (rest & 15) * 17))
        }
        _ => None,
    }
}

/// A share of the whole, 0 to 1, as a part of a colour.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and 255")]
pub(crate) fn byte(share: f64) -> u8 {
    (share.clamp(0.0, 1.0) * 255.0).round() as u8
}

/// A colour between two: `share` of the first, 0 to 1.
pub(crate) fn mix(one: Rgb, other: Rgb, share: f64) -> Rgb {
    let part = |one: u8, other: u8| byte((f64::from(one) * share + f64::from(other) * (1.0 - share)) / 255.0);
    Rgb(part(one.0, other.0), part(one.1, other.1), part(one.2, other.2))
}

/// Makes a colour lighter or darker: its lightness (HSL) times `times`, plus `plus`.
pub(crate) fn relight(colour: Rgb, times: f64, plus: f64) -> Rgb {
    let parts = [colour.0, colour.1, colour.2].map(|part| f64::from(part) / 255.0);
    let high = parts.iter().copied().fold(0.0, f64::max);
    let low = parts.iter().copied().fold(1.0, f64::min);
    let light = f64::midpoint(high, low);
    let wanted = (light * times + plus).clamp(0.0, 1.0);
    let room = |light: f64| 1.0 - (2.0 * light - 1.0).abs();
    // The hue and the saturation stay: every part keeps its share of the room that its lightness gives.
    let scale = if room(light) > 0.0 { room(wanted) / room(light) } else { 0.0 };
    let part = |index: usize| {
        let part = parts.get(index).copied().unwrap_or_default();
        byte(wanted + (part - light) * scale)
    };
    Rgb(part(0), part(1), part(2))
}

/// The colours that have names in highlights, in VML and in `DrawingML`, as far as they matter here.
pub(crate) fn named(name: &str) -> Option<Rgb> {
    Some(match name {
        "black" => BLACK,
        "white" => WHITE,
        "red" => Rgb(255, 0, 0),
        "yellow" => Rgb(255, 255, 0),
        "blue" => Rgb(0, 0, 255),
        "green" | "lime" => Rgb(0, 255, 0),
        "cyan" | "aqua" => Rgb(0, 255, 255),
        "magenta" | "fuchsia" => Rgb(255, 0, 255),
        "darkBlue" | "navy" => Rgb(0, 0, 128),
        "darkCyan" | "teal" => Rgb(0, 128, 128),
        "darkGreen" => Rgb(0, 100, 0),
        "darkMagenta" | "purple" => Rgb(128, 0, 128),
        "darkRed" | "maroon" => Rgb(128, 0, 0),
        "darkYellow" | "olive" => Rgb(128, 128, 0),
        "darkGray" | "gray" | "grey" => Rgb(128, 128, 128),
        "lightGray" | "silver" => Rgb(192, 192, 192),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_is_swallowed_by_paper_and_seen_on_a_dark_ground() {
        assert!(Ground::of(Fill::Rgb(WHITE)).swallows(Ink::Rgb(WHITE)));
        assert!(Ground::of(Fill::Rgb(WHITE)).swallows(Ink::Rgb(Rgb(0xf5, 0xf5, 0xf5))));
        assert!(!Ground::of(Fill::Rgb(Rgb(0x1f, 0x3a, 0x5f))).swallows(Ink::Rgb(WHITE)));
        assert!(!Ground::of(Fill::Rgb(WHITE)).swallows(Ink::Rgb(Rgb(0x80, 0x80, 0x80))));
        assert!(!Ground::of(Fill::Unknown).swallows(Ink::Rgb(WHITE)));
    }

    #[test]
    fn one_ground_that_may_lie_behind_is_enough_to_be_seen() {
        let mut ground = Ground::of(Fill::Rgb(WHITE));
        ground.perhaps(Fill::Rgb(BLACK));
        assert!(!ground.swallows(Ink::Rgb(WHITE)));
        assert!(!ground.swallows(Ink::Rgb(BLACK)));
    }

    #[test]
    fn black_on_white_is_twenty_one_to_one() {
        assert!((contrast(BLACK, WHITE) - 21.0).abs() < 1e-9);
        assert_eq!(hex("#fff"), Some(WHITE));
        assert_eq!(hex("1F3A5F"), Some(Rgb(0x1f, 0x3a, 0x5f)));
        assert_eq!(hex("auto"), None);
        assert_eq!(hex("åäö"), None);
        assert_eq!(relight(BLACK, 0.5, 0.5), Rgb(128, 128, 128));
    }
}
