//! Colours of a PDF (ISO 32000-1, 8.6) as red, green and blue, as far as that can be told without a
//! colour profile, and how far two of them stand apart (WCAG 2.2, contrast ratio).

use pdf_oxide::object::Object;

use super::source::{Resources, Source};

/// Red, green and blue from 0 to 1; `None` where it cannot be told.
pub(crate) type Colour = Option<[f32; 3]>;

/// Below this contrast nobody reads a letter.
pub(crate) const READABLE: f32 = 1.25;

/// A colour space, as far as it matters here.
#[derive(Clone, Debug)]
pub(crate) enum Space {
    Gray,
    Rgb,
    Cmyk,
    Lab,
    /// Inks of their own: no ink is the paper, more is not known, unless it is called black.
    Inks {
        black: bool,
    },
    /// A table of colours.
    Table(Vec<[f32; 3]>),
    Pattern,
    Unknown,
}

impl Space {
    /// The space of a name: a device's, or one of the resources.
    pub(crate) fn named(source: &Source<'_>, resources: &Resources, name: &str) -> Space {
        match name {
            "DeviceGray" | "G" | "CalGray" => Space::Gray,
            "DeviceRGB" | "RGB" | "CalRGB" => Space::Rgb,
            "DeviceCMYK" | "CMYK" => Space::Cmyk,
            "Pattern" => Space::Pattern,
            _ => resources
                .find("ColorSpace", name)
                .map_or(Space::Unknown, |object| Space::read(source, object, 0)),
        }
    }

    /// The space of an object; `depth` counts spaces within spaces.
    pub(crate) fn read(source: &Source<'_>, object: &Object, depth: usize) -> Space {
        let object = source.get(object);
        if let Some(name) = object.as_name() {
            return if depth < 4 { Space::plain(name) } else { Space::Unknown };
        }
        let Some(array) = object.as_array() else { return Space::Unknown };
        let kind = array.first().map(|first| source.get(first));
        let second = array.get(1);
        match kind.as_ref().and_then(Object::as_name) {
            Some("ICCBased") => {
                let profile = second.map(|s| source.get(s));
                let parts = profile
                    .as_ref()
                    .and_then(Object::as_dict)
                    .and_then(|d| source.entry(d, "N"))
                    .and_then(|n| n.as_integer());
                match parts {
                    Some(1) => Space::Gray,
                    Some(3) => Space::Rgb,
                    Some(4) => Space::Cmyk,
                    _ => Space::Unknown,
                }
            }
            Some("Lab") => Space::Lab,
            Some("Separation") => {
                let name = second.map(|s| source.get(s));
                Space::Inks { black: name.as_ref().and_then(Object::as_name) == Some("Black") }
            }
            Some("DeviceN") => Space::Inks { black: false },
            Some("Indexed" | "I") if depth < 4 => {
                let base = second.map_or(Space::Unknown, |s| Space::read(source, s, depth + 1));
                let table = match array.get(3).map(|t| (t, source.get(t))) {
                    Some((_, Object::String(bytes))) => bytes,
                    Some((object, Object::Stream { .. })) => {
                        source.bytes(object).ok().flatten().unwrap_or_default()
                    }
                    _ => Vec::new(),
                };
                base.table(&table)
            }
            Some(name) if depth < 4 => Space::plain(name),
            _ => Space::Unknown,
        }
    }

    fn plain(name: &str) -> Space {
        match name {
            "DeviceGray" | "G" | "CalGray" => Space::Gray,
            "DeviceRGB" | "RGB" | "CalRGB" => Space::Rgb,
            "DeviceCMYK" | "CMYK" => Space::Cmyk,
            "Pattern" => Space::Pattern,
            _ => Space::Unknown,
        }
    }

    fn table(&self, bytes: &[u8]) -> Space {
        let parts = match self {
            Space::Gray => 1,
            Space::Rgb => 3,
            Space::Cmyk => 4,
            _ => return Space::Unknown,
        };
        let colours = bytes.chunks_exact(parts).take(256).filter_map(|entry| {
            let parts: Vec<f32> = entry.iter().map(|b| f32::from(*b) / 255.0).collect();
            self.colour(&parts)
        });
        Space::Table(colours.collect())
    }

    /// The colour before any is set.
    pub(crate) fn first(&self) -> Colour {
        match self {
            Space::Gray | Space::Rgb | Space::Cmyk => Some([0.0; 3]),
            Space::Table(colours) => colours.first().copied(),
            _ => None,
        }
    }

    /// The colour of components.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub(crate) fn colour(&self, parts: &[f32]) -> Colour {
        let one = |value: f32| value.clamp(0.0, 1.0);
        match (self, parts) {
            (Space::Gray, [gray, ..]) => Some([one(*gray); 3]),
            (Space::Rgb, [r, g, b, ..]) => Some([one(*r), one(*g), one(*b)]),
            (Space::Cmyk, [c, m, y, k, ..]) => Some([c, m, y].map(|ink| (1.0 - one(*ink)) * (1.0 - one(*k)))),
            // The lightness decides the contrast; the tint of a colour as light as this or that is let be.
            (Space::Lab, [light, a, b, ..]) if a.abs() + b.abs() < 12.0 || *light > 97.0 || *light < 3.0 => {
                let y = if *light > 8.0 { ((light + 16.0) / 116.0).powi(3) } else { light / 903.3 };
                Some([one(y).powf(1.0 / 2.2); 3])
            }
            (Space::Inks { .. }, inks) if !inks.is_empty() && inks.iter().all(|ink| *ink <= 0.0) => {
                Some([1.0; 3])
            }
            (Space::Inks { black: true }, [ink, ..]) => Some([1.0 - one(*ink); 3]),
            (Space::Table(colours), [index, ..]) => colours.get(index.max(0.0) as usize).copied(),
            _ => None,
        }
    }
}

/// The contrast of two colours, from 1 to 21.
pub(crate) fn contrast(one: [f32; 3], other: [f32; 3]) -> f32 {
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(colour: [f32; 3]) -> f32 {
    let [r, g, b] = colour.map(|c| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// One colour laid over another.
pub(crate) fn over(below: Colour, above: Colour, alpha: f32) -> Colour {
    if alpha >= 0.98 {
        return above;
    }
    let (below, above) = (below?, above?);
    let mut mixed = below;
    for (part, (low, high)) in mixed.iter_mut().zip(below.iter().zip(above)) {
        *part = low * (1.0 - alpha) + high * alpha;
    }
    Some(mixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_on_white_is_21_to_1_and_a_colour_on_itself_1_to_1() {
        assert!((contrast([0.0; 3], [1.0; 3]) - 21.0).abs() < 0.01);
        assert!((contrast([0.3, 0.5, 0.7], [0.3, 0.5, 0.7]) - 1.0).abs() < 0.001);
    }

    #[test]
    fn white_is_told_in_every_space_it_can_be_written_in() {
        for (space, parts) in [
            (Space::Gray, vec![1.0]),
            (Space::Rgb, vec![1.0, 1.0, 1.0]),
            (Space::Cmyk, vec![0.0, 0.0, 0.0, 0.0]),
            (Space::Lab, vec![100.0, 0.0, 0.0]),
            (Space::Inks { black: false }, vec![0.0]),
            (Space::Rgb.table(&[255, 255, 255]), vec![0.0]),
        ] {
            let colour = space.colour(&parts).unwrap();
            assert!(contrast(colour, [1.0; 3]) < 1.01, "{space:?} {colour:?}");
        }
    }

    #[test]
    fn a_half_transparent_black_over_white_is_gray() {
        assert_eq!(over(Some([1.0; 3]), Some([0.0; 3]), 0.5), Some([0.5; 3]));
        assert_eq!(over(None, Some([0.0; 3]), 0.5), None);
        assert_eq!(over(None, Some([0.0; 3]), 1.0), Some([0.0; 3]));
    }
}
