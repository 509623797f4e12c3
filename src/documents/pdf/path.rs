//! Paths (ISO 32000-1, 8.5) as closed lines of corners; curves become eight straight lines.

use super::sight::{Area, Outline};

/// Corners that are kept of one path; letters drawn as outlines have some ten thousand.
const CORNERS: usize = 20_000;

/// A path under construction, in the space of the page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Path {
    lines: Vec<Vec<(f32, f32)>>,
    corners: usize,
    bounds: Option<Area>,
}

impl Path {
    /// Begins a line.
    pub(crate) fn start(&mut self, point: (f32, f32)) {
        self.lines.push(Vec::new());
        self.add(point);
    }

    /// A straight line.
    pub(crate) fn line(&mut self, point: (f32, f32)) {
        if self.lines.is_empty() {
            self.lines.push(Vec::new());
        }
        self.add(point);
    }

    /// A curve from where the pen is.
    pub(crate) fn curve(&mut self, first: Option<(f32, f32)>, second: (f32, f32), end: (f32, f32)) {
        let from = self.lines.last().and_then(|line| line.last()).copied().unwrap_or(end);
        let first = first.unwrap_or(from);
        for step in 1..=8_u8 {
            let t = f32::from(step) / 8.0;
            let u = 1.0 - t;
            let part = |p: [f32; 4]| {
                u * u * u * p[0] + 3.0 * u * u * t * p[1] + 3.0 * u * t * t * p[2] + t * t * t * p[3]
            };
            self.line((part([from.0, first.0, second.0, end.0]), part([from.1, first.1, second.1, end.1])));
        }
    }

    /// Goes back to where the line began; what follows begins there too.
    pub(crate) fn close(&mut self) {
        if let Some(first) = self.lines.last().and_then(|line| line.first()).copied() {
            self.start(first);
        }
    }

    /// A rectangle of four corners.
    pub(crate) fn rectangle(&mut self, corners: [(f32, f32); 4]) {
        let [first, rest @ ..] = corners;
        self.start(first);
        for corner in rest {
            self.add(corner);
        }
        self.start(first);
    }

    fn add(&mut self, (x, y): (f32, f32)) {
        if !(x.is_finite() && y.is_finite()) {
            return;
        }
        let [left, bottom, right, top] = self.bounds.unwrap_or([x, y, x, y]);
        self.bounds = Some([left.min(x), bottom.min(y), right.max(x), top.max(y)]);
        self.corners += 1;
        if self.corners <= CORNERS
            && let Some(line) = self.lines.last_mut()
        {
            line.push((x, y));
        }
    }

    /// What encloses it; `None` for nothing.
    pub(crate) fn bounds(&self) -> Option<Area> {
        self.bounds
    }

    /// Whether all corners were kept.
    pub(crate) fn whole(&self) -> bool {
        self.corners <= CORNERS
    }

    /// Whether it fills its bounds: one upright rectangle.
    pub(crate) fn is_rectangle(&self) -> bool {
        let mut drawn = self.lines.iter().filter(|line| line.len() > 2);
        let (Some(line), None) = (drawn.next(), drawn.next()) else { return false };
        let mut corners = line.clone();
        corners.dedup();
        if corners.len() > 1 && corners.first() == corners.last() {
            corners.pop();
        }
        let [a, b, c, d] = corners.as_slice() else { return false };
        let same = |x: f32, y: f32| (x - y).abs() < 0.05;
        (same(a.0, b.0) && same(b.1, c.1) && same(c.0, d.0) && same(d.1, a.1))
            || (same(a.1, b.1) && same(b.0, c.0) && same(c.1, d.1) && same(d.0, a.0))
    }

    /// Its lines, closed.
    pub(crate) fn outline(mut self, even_odd: bool) -> Outline {
        self.lines.retain(|line| line.len() > 2);
        Outline { lines: self.lines, even_odd }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rectangle_is_known_however_it_is_drawn() {
        let mut path = Path::default();
        path.rectangle([(0.0, 0.0), (9.0, 0.0), (9.0, 4.0), (0.0, 4.0)]);
        assert!(path.is_rectangle());
        let mut path = Path::default();
        path.start((0.0, 0.0));
        for corner in [(0.0, 4.0), (9.0, 4.0), (9.0, 0.0), (0.0, 0.0)] {
            path.line(corner);
        }
        path.close();
        assert!(path.is_rectangle());
        path.line((3.0, 3.0));
        path.line((4.0, 5.0));
        assert!(!path.is_rectangle());
    }
}
