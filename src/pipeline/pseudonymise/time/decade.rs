//! Reads words for a decade or a turn of the century, which tell how old somebody is. It leaves the
//! centuries of history alone.

use super::lexer::{AND, CENTURY, DECADE, EARLY, TAL, TALET, THE, What, Words};

impl Words<'_> {
    /// The token after the decade that begins at `i`.
    pub(super) fn decade(&self, i: usize) -> Option<usize> {
        if self.has(i, THE) {
            return self.decade_alone(i + 1, true);
        }
        self.decade_alone(i, self.back_has(i, 1, EARLY | THE))
    }

    fn decade_alone(&self, i: usize, told: bool) -> Option<usize> {
        if self.has(i, CENTURY) {
            return Some(i + 1);
        }
        if self.has(i, DECADE) {
            let swedish = self.slice(i).ends_with("talet");
            return (swedish || told).then_some(i + 1);
        }
        let quote = matches!(self.what(i), Some(What::Mark('\'' | '’' | '‘'))) && !self.joined(i);
        let at = if quote { i + 1 } else { i };
        let (ten, digits) = self.ten(at)?;
        // `1990s`, `the 90s`, `90's`; a number of seconds has no article.
        let apostrophe = matches!(self.what(at + 1), Some(What::Mark('\'' | '’')));
        let s = if apostrophe { at + 2 } else { at + 1 };
        if self.slice(s) == "s" && self.joined(s) && self.joined(at + 1) {
            return (digits == 4 || told || quote || apostrophe && ten >= 40).then_some(s + 1);
        }
        if quote {
            return None;
        }
        // `80- och 90-talet`, `80/90-talet`
        let mut last = at;
        if self.is_dash(at + 1) && self.has(at + 2, AND) && self.ten(at + 3).is_some() {
            last = at + 3;
        } else if (self.is_dash(at + 1) || matches!(self.what(at + 1), Some(What::Mark('/'))))
            && self.ten(at + 2).is_some()
        {
            last = at + 2;
        }
        if !self.is_dash(last + 1) {
            return None;
        }
        let count = self.back(i, 1).is_some_and(|t| matches!(self.slice_of(t), "ett" | "Ett"));
        let tal = self.has(last + 2, TAL) && !count && (digits == 4 || ten >= 40);
        (self.has(last + 2, TALET) || tal).then_some(last + 3)
    }

    /// A decade's number from 1900 on.
    fn ten(&self, i: usize) -> Option<(u32, u8)> {
        let (value, digits) = self.number(i)?;
        let whole = value % 10 == 0 && (digits == 2 || digits == 4 && (1900..2100).contains(&value));
        (whole && (!self.joined(i) || self.back(i, 1).is_some_and(|t| !matches!(t.what, What::Word(_)))))
            .then_some((value, digits))
    }
}
