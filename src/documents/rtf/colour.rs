//! Whether a colour can be read on what lies behind it: the contrast ratio of the Web Content Accessibility
//! Guidelines 2.2, and the shadings of RTF 1.9.1.

/// Red, green and blue.
pub(super) type Rgb = [u8; 3];

/// White paper.
pub(super) const WHITE: Rgb = [255; 3];

/// Below this contrast nothing can be read; the guidelines ask for 4.5, and pale grey on white has 1.3.
const LEAST: f64 = 1.25;

/// Whether text in one colour on another cannot be seen.
pub(super) fn is_unseen(text: Rgb, ground: Rgb) -> bool {
    let (one, other) = (luminance(text), luminance(ground));
    (one.max(other) + 0.05) / (one.min(other) + 0.05) < LEAST
}

/// The relative luminance of a colour, from 0 to 1.
fn luminance([red, green, blue]: Rgb) -> f64 {
    let linear = |part: u8| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

/// A shading as characters, paragraphs and cells have it: indices into the table of colours, 0 for automatic.
#[derive(Clone, Copy, Default)]
pub(super) struct Shade {
    /// How much of the pattern is in front, in hundredths of a percent.
    pub share: i32,
    /// The colour in front.
    pub front: i32,
    /// The colour behind.
    pub back: i32,
}

impl Shade {
    /// The colour that is seen, or nothing when there is no shading.
    pub(super) fn seen(self, colours: &[Option<Rgb>]) -> Option<Rgb> {
        let back = colour(colours, self.back);
        if self.share <= 0 {
            return back;
        }
        let front = colour(colours, self.front).unwrap_or([0; 3]);
        let share = u32::try_from(self.share.min(10_000)).unwrap_or(0);
        let mixed = front.iter().zip(back.unwrap_or(WHITE)).map(|(front, back)| {
            let sum = u32::from(*front) * share + u32::from(back) * (10_000 - share);
            u8::try_from(sum / 10_000).unwrap_or(u8::MAX)
        });
        let mut seen = WHITE;
        for (part, mixed) in seen.iter_mut().zip(mixed) {
            *part = mixed;
        }
        Some(seen)
    }
}

/// The colour at an index of the table; nothing when it is automatic or not there.
pub(super) fn colour(colours: &[Option<Rgb>], index: i32) -> Option<Rgb> {
    usize::try_from(index).ok().and_then(|index| colours.get(index)).copied().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nearly_the_ground_is_unseen_and_white_on_dark_is_not() {
        assert!(is_unseen(WHITE, WHITE));
        assert!(is_unseen([240, 240, 240], WHITE));
        assert!(is_unseen([0, 0, 0], [10, 10, 10]));
        assert!(!is_unseen(WHITE, [0, 0, 128]));
        assert!(!is_unseen([191, 191, 191], WHITE));
        assert!(!is_unseen([0, 0, 0], WHITE));
    }

    #[test]
    fn a_shading_mixes_its_colours() {
        let colours = [None, Some([0, 0, 0]), Some([255, 0, 0])];
        assert_eq!(Shade::default().seen(&colours), None);
        assert_eq!(Shade { back: 2, ..Shade::default() }.seen(&colours), Some([255, 0, 0]));
        assert_eq!(Shade { share: 10_000, ..Shade::default() }.seen(&colours), Some([0, 0, 0]));
        assert_eq!(Shade { share: 5_000, front: 1, back: 9 }.seen(&colours), Some([127, 127, 127]));
    }
}
