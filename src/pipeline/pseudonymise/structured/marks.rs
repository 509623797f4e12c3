//! One pass over the bytes of a text: the places at which an identifier can stand. The finders start
//! from these, so that a text without digits and signs costs one pass and nothing more.

/// Where the signs of identifiers stand in a text.
#[derive(Default)]
pub(super) struct Marks {
    /// The runs of digits: first byte and the byte after the last.
    pub(super) groups: Vec<(usize, usize)>,
    /// `@`
    pub(super) at_signs: Vec<usize>,
    /// `:` and `=`
    pub(super) colons: Vec<usize>,
    /// A `.` between two letters or digits.
    pub(super) dots: Vec<usize>,
    /// `/`
    pub(super) slashes: Vec<usize>,
    /// An opening bracket of any kind.
    pub(super) brackets: Vec<usize>,
}

/// What a byte is to a finder.
mod class {
    pub(super) const NOTHING: u8 = 0;
    pub(super) const DIGIT: u8 = 1;
    pub(super) const AT: u8 = 2;
    pub(super) const COLON: u8 = 3;
    pub(super) const DOT: u8 = 4;
    pub(super) const SLASH: u8 = 5;
    pub(super) const BRACKET: u8 = 6;

    pub(super) const fn of(byte: u8) -> u8 {
        match byte {
            b'0'..=b'9' => DIGIT,
            b'@' => AT,
            b':' | b'=' => COLON,
            b'.' => DOT,
            b'/' => SLASH,
            b'(' | b'[' | b'{' | b'<' => BRACKET,
            _ => NOTHING,
        }
    }
}

/// A table with a place for every byte, filled by the compiler.
const CLASSES: [u8; 256] = {
    let mut classes = [class::NOTHING; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = class::of(byte as u8);
        byte += 1;
    }
    classes
};

impl Marks {
    /// The marks of a text.
    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut marks = Self::default();
        // The byte after the last digit that was seen.
        let mut digits_end = usize::MAX;
        let lettered = |at: Option<usize>| {
            at.and_then(|at| bytes.get(at))
                .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80 || *byte == b'-')
        };
        for (at, byte) in bytes.iter().enumerate() {
            let class = CLASSES.get(usize::from(*byte)).copied().unwrap_or_default();
            if class == class::NOTHING {
                continue;
            }
            match class {
                class::DIGIT => {
                    match marks.groups.last_mut() {
                        Some(last) if digits_end == at => last.1 = at + 1,
                        _ => marks.groups.push((at, at + 1)),
                    }
                    digits_end = at + 1;
                }
                class::AT => marks.at_signs.push(at),
                class::COLON => marks.colons.push(at),
                class::DOT if lettered(at.checked_sub(1)) && lettered(Some(at + 1)) => marks.dots.push(at),
                class::SLASH => marks.slashes.push(at),
                class::BRACKET => marks.brackets.push(at),
                _ => {}
            }
        }
        marks
    }

    /// How many digits stand from a group of digits on, together with the groups close after it. It
    /// stops to count at 13.
    pub(super) fn digits_ahead(&self, index: usize) -> usize {
        /// No tag or entity between two digits of one number is longer.
        const FAR: usize = 14;
        let mut count = 0;
        let mut until = None;
        for (start, end) in self.groups.get(index..).unwrap_or_default() {
            if until.is_some_and(|until| start - until > FAR) || count >= 13 {
                break;
            }
            count += end - start;
            until = Some(*end);
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_of_digits_and_signs_are_told() {
        let marks = Marks::of("a@b.se: 19 (2/3) åäö. 12x");
        assert_eq!(marks.groups, [(8, 10), (12, 13), (14, 15), (25, 27)]);
        assert_eq!((marks.at_signs.as_slice(), marks.colons.as_slice()), ([1].as_slice(), [6].as_slice()));
        assert_eq!((marks.dots.as_slice(), marks.slashes.as_slice()), ([3].as_slice(), [13].as_slice()));
        assert_eq!(marks.brackets, [11]);
        assert_eq!(marks.digits_ahead(0), 6);
        assert_eq!(marks.digits_ahead(3), 2);
    }
}
