//! Whether a letter can be seen: what was painted behind it and over it, and how far its colour stands out.

use std::rc::Rc;

use super::colour::{Colour, READABLE, contrast, over};
use crate::{Refusal, Why};

/// Left, bottom, right, top, in points of the page as it is shown.
pub(crate) type Area = [f32; 4];

/// Comparisons of letters with corners of shapes on one page; a dense map has some ten million.
const WORK: usize = 400_000_000;

/// Below this size, in points, nobody reads a letter.
const READABLE_SIZE: f32 = 2.0;

/// How a letter is inked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ink {
    /// Its colour.
    pub colour: Colour,
    /// How much of it, from 0 to 1.
    pub alpha: f32,
}

/// One letter, or the few that one code stands for, as it was painted.
#[derive(Clone, Debug)]
pub(crate) struct Glyph {
    /// The letters; blank for a space.
    pub text: Rc<str>,
    /// Where the pen was before it, on the base line.
    pub from: (f32, f32),
    /// Where the pen was after it.
    pub to: (f32, f32),
    /// Its size in points: the font size after all scaling.
    pub size: f32,
    /// The direction of writing in degrees, 0 from left to right, 90 upwards.
    pub angle: f32,
    /// Bold.
    pub bold: bool,
    /// When it was painted; counts with the shapes.
    pub number: u32,
    /// Filling and outline, as far as it has them.
    pub inks: [Option<Ink>; 2],
    /// What was shown when it was painted.
    pub clip: Area,
    /// Why it cannot be seen, when that is known already.
    pub why: Option<Why>,
}

/// How colours come together where a shape lies over something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blend {
    Normal,
    Multiply,
    Other,
}

/// Something that was painted and has an area.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// When it was painted.
    pub number: u32,
    /// What encloses it, clipped.
    pub bounds: Area,
    /// Its outline; without one it fills its bounds.
    pub outline: Option<Rc<Outline>>,
    /// Its colour.
    pub colour: Colour,
    /// How much of it.
    pub alpha: f32,
    /// How it mixes.
    pub blend: Blend,
    /// Nothing shines through but what `alpha` lets.
    pub solid: bool,
}

/// Closed lines of corners.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outline {
    /// The lines.
    pub lines: Vec<Vec<(f32, f32)>>,
    /// Inside is what is enclosed an odd number of times.
    pub even_odd: bool,
}

impl Outline {
    fn corners(&self) -> usize {
        self.lines.iter().map(Vec::len).sum()
    }

    fn contains(&self, (x, y): (f32, f32)) -> bool {
        let mut winding = 0_i32;
        let mut crossings = 0_u32;
        for line in &self.lines {
            let Some(mut last) = line.last().copied() else { continue };
            for point in line.iter().copied() {
                let ((x1, y1), (x2, y2)) = (last, point);
                last = point;
                if (y1 > y) == (y2 > y) {
                    continue;
                }
                if x < x1 + (y - y1) / (y2 - y1) * (x2 - x1) {
                    crossings += 1;
                    winding += if y2 > y1 { 1 } else { -1 };
                }
            }
        }
        if self.even_odd { crossings % 2 == 1 } else { winding != 0 }
    }
}

impl Glyph {
    /// Three points of it that no line through it or under it meets all.
    pub(crate) fn points(&self) -> [(f32, f32); 3] {
        let along = (self.to.0 - self.from.0, self.to.1 - self.from.1);
        let (sin, cos) = self.angle.to_radians().sin_cos();
        let up = (-sin * self.size, cos * self.size);
        [(0.25, 0.1), (0.5, 0.3), (0.75, 0.55)].map(|(right, high)| {
            (self.from.0 + along.0 * right + up.0 * high, self.from.1 + along.1 * right + up.1 * high)
        })
    }
}

/// Whether a point lies in an area, with some room about it.
pub(crate) fn inside(area: &Area, (x, y): (f32, f32), room: f32) -> bool {
    x >= area[0] - room && x <= area[2] + room && y >= area[1] - room && y <= area[3] + room
}

/// What two areas have in common; turned inside out when they have nothing.
pub(crate) fn common(one: &Area, other: &Area) -> Area {
    [one[0].max(other[0]), one[1].max(other[1]), one[2].min(other[2]), one[3].min(other[3])]
}

/// Finds the shapes about a point without going through all of them.
struct Grid<'a> {
    shapes: &'a [Shape],
    page: Area,
    cells: Vec<Vec<u32>>,
    wide: Vec<u32>,
}

const SIDE: usize = 64;

impl<'a> Grid<'a> {
    #[allow(clippy::cast_possible_truncation)]
    fn new(shapes: &'a [Shape], page: Area) -> Grid<'a> {
        let mut grid = Grid { shapes, page, cells: vec![Vec::new(); SIDE * SIDE], wide: Vec::new() };
        let mut entries = 0;
        for (index, shape) in shapes.iter().enumerate() {
            let index = index as u32;
            let (left, bottom) = grid.cell((shape.bounds[0], shape.bounds[1]));
            let (right, top) = grid.cell((shape.bounds[2], shape.bounds[3]));
            let area = (right + 1 - left.min(right)) * (top + 1 - bottom.min(top));
            if area > 256 || entries > 4_000_000 {
                grid.wide.push(index);
                continue;
            }
            entries += area;
            for row in bottom..=top {
                for column in left..=right {
                    if let Some(cell) = grid.cells.get_mut(row * SIDE + column) {
                        cell.push(index);
                    }
                }
            }
        }
        grid
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    fn cell(&self, (x, y): (f32, f32)) -> (usize, usize) {
        let part = |value: f32, low: f32, high: f32| {
            let share = (value - low) / (high - low).max(1.0) * SIDE as f32;
            (share.max(0.0) as usize).min(SIDE - 1)
        };
        (part(x, self.page[0], self.page[2]), part(y, self.page[1], self.page[3]))
    }

    /// The shapes that may enclose a point, in the order of painting.
    fn about(&self, point: (f32, f32)) -> impl Iterator<Item = &'a Shape> {
        let (column, row) = self.cell(point);
        let near = self.cells.get(row * SIDE + column).map_or(&[][..], Vec::as_slice);
        let mut near = near.iter().peekable();
        let mut wide = self.wide.iter().peekable();
        let shapes = self.shapes;
        std::iter::from_fn(move || {
            let next = match (near.peek(), wide.peek()) {
                (Some(a), Some(b)) if a < b => near.next(),
                (_, Some(_)) => wide.next(),
                (_, None) => near.next(),
            };
            next.and_then(|index| shapes.get(*index as usize))
        })
    }
}

/// Finds out for each letter why it cannot be seen, if so.
///
/// # Errors
/// [`Refusal::TooMuch`] when there are more shapes about the letters than any page has.
pub(crate) fn judge(glyphs: &mut [Glyph], shapes: &[Shape], page: Area) -> Result<(), Refusal> {
    let grid = Grid::new(shapes, page);
    let mut work = 0_usize;
    for glyph in glyphs {
        if glyph.why.is_some() || glyph.text.trim().is_empty() {
            continue;
        }
        glyph.why = judge_one(glyph, &grid, page, &mut work);
        if work > WORK {
            return Err(Refusal::TooMuch("shapes on a page".into()));
        }
    }
    Ok(())
}

fn judge_one(glyph: &Glyph, grid: &Grid<'_>, page: Area, work: &mut usize) -> Option<Why> {
    if glyph.inks.iter().flatten().all(|ink| ink.alpha < 0.05) {
        return Some(Why::Unmarked);
    }
    if glyph.size < READABLE_SIZE {
        return Some(Why::Size);
    }
    let points = glyph.points();
    let shown = common(&page, &glyph.clip);
    if !points.iter().any(|point| inside(&shown, *point, 0.5)) {
        return Some(Why::OffPage);
    }
    let mut reason = None;
    for point in points {
        match hidden_at(glyph, point, grid, work) {
            None => return None,
            Some(why) if reason.is_none() || why == Why::Covered => reason = Some(why),
            Some(_) => {}
        }
    }
    reason
}

fn hidden_at(glyph: &Glyph, point: (f32, f32), grid: &Grid<'_>, work: &mut usize) -> Option<Why> {
    // The paper is white.
    let mut ground: Colour = Some([1.0; 3]);
    let mut inks: Option<[Option<Colour>; 2]> = None;
    let mut stood_out = true;
    let mut covered = false;
    let settle = |ground: Colour| {
        glyph.inks.map(|ink| ink.filter(|i| i.alpha >= 0.05).map(|i| over(ground, i.colour, i.alpha)))
    };
    for shape in grid.about(point) {
        *work += 1 + shape.outline.as_ref().map_or(0, |outline| outline.corners());
        if shape.number > glyph.number && inks.is_none() {
            let settled = settle(ground);
            stood_out = stands_out(&settled, ground);
            inks = Some(settled);
        }
        if !inside(&shape.bounds, point, 0.0) || shape.outline.as_ref().is_some_and(|o| !o.contains(point)) {
            continue;
        }
        if let Some(inks) = &mut inks {
            if !shape.solid || shape.blend == Blend::Other {
                continue;
            }
            if shape.alpha >= 0.98 && shape.blend == Blend::Normal {
                covered = true;
                break;
            }
            for ink in inks.iter_mut().flatten() {
                *ink = lay(*ink, shape);
            }
        }
        ground = lay(ground, shape);
    }
    let inks = if let Some(inks) = inks {
        inks
    } else {
        let settled = settle(ground);
        stood_out = stands_out(&settled, ground);
        settled
    };
    if !stood_out {
        return Some(Why::Colour);
    }
    (covered || !stands_out(&inks, ground)).then_some(Why::Covered)
}

/// A shape laid over a colour.
fn lay(below: Colour, shape: &Shape) -> Colour {
    if !shape.solid {
        return None;
    }
    match shape.blend {
        Blend::Normal => over(below, shape.colour, shape.alpha),
        Blend::Multiply => {
            let (mut low, high) = (below?, shape.colour?);
            for (part, other) in low.iter_mut().zip(high) {
                *part *= 1.0 - shape.alpha * (1.0 - other);
            }
            Some(low)
        }
        Blend::Other => None,
    }
}

fn stands_out(inks: &[Option<Colour>; 2], ground: Colour) -> bool {
    inks.iter().flatten().any(|ink| match (ink, ground) {
        (Some(ink), Some(ground)) => contrast(*ink, ground) >= READABLE,
        // What cannot be told is taken to be seen.
        _ => true,
    })
}
