//! A painter that paints nothing: it follows the content streams of a page (ISO 32000-1, 8 and 9) with the
//! state of the graphics, and notes each letter with its place, colour and time, and each shape and picture
//! that lies behind or over letters.

use std::rc::Rc;

use pdf_oxide::content::{Operator, TextElement};
use pdf_oxide::object::Object;

use super::colour::{Colour, Space};
use super::font::Font;
use super::path::Path;
use super::sight::{Area, Blend, Glyph, Ink, Outline, Shape, common, inside};
use super::source::{Drawing, Form, Resources, Source, number};
use crate::{Refusal, Why};

/// Operators that are carried out for one document.
const OPERATORS: usize = 4_000_000;

/// Forms within forms.
const FORMS: usize = 24;

/// Saved states; files have some ten.
const STATES: usize = 256;

/// Shapes that are kept for one page.
const SHAPES: usize = 400_000;

/// A matrix of six numbers (8.3.3): x' = a x + c y + e, y' = b x + d y + f.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix(pub [f32; 6]);

impl Matrix {
    pub(crate) const ONE: Matrix = Matrix([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// First `self`, then `next`.
    #[allow(clippy::many_single_char_names)]
    pub(crate) fn then(self, next: Matrix) -> Matrix {
        let [a, b, c, d, e, f] = self.0;
        let [na, nb, nc, nd, ne, nf] = next.0;
        Matrix([
            a * na + b * nc,
            a * nb + b * nd,
            c * na + d * nc,
            c * nb + d * nd,
            e * na + f * nc + ne,
            e * nb + f * nd + nf,
        ])
    }

    pub(crate) fn at(self, (x, y): (f32, f32)) -> (f32, f32) {
        let m = self.0;
        (m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5])
    }

    /// What encloses an area after the change.
    pub(crate) fn bounds(self, area: Area) -> Area {
        let [left, bottom, right, top] = area;
        let corners = [(left, bottom), (right, bottom), (right, top), (left, top)].map(|p| self.at(p));
        corners
            .iter()
            .fold([f32::INFINITY, f32::INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY], |all, (x, y)| {
                [all[0].min(*x), all[1].min(*y), all[2].max(*x), all[3].max(*y)]
            })
    }

    /// Whether upright rectangles stay upright.
    fn upright(self) -> bool {
        let [a, b, c, d, ..] = self.0.map(f32::abs);
        (b < 1e-4 * a && c < 1e-4 * d) || (a < 1e-4 * b && d < 1e-4 * c)
    }
}

/// What is used to fill or to draw lines.
#[derive(Clone, Debug)]
struct Paint {
    space: Space,
    colour: Colour,
    alpha: f32,
    /// A pattern that may leave holes.
    sparse: bool,
}

impl Paint {
    fn black() -> Paint {
        Paint { space: Space::Gray, colour: Some([0.0; 3]), alpha: 1.0, sparse: false }
    }

    fn set(&mut self, space: Space, parts: &[f32]) {
        self.colour = space.colour(parts);
        self.space = space;
        self.sparse = false;
    }
}

/// The state of the graphics (8.4), as far as it bears on what is seen.
#[derive(Clone)]
struct State {
    ctm: Matrix,
    clip: Area,
    fill: Paint,
    stroke: Paint,
    blend: Blend,
    /// A soft mask lies over what is painted.
    masked: bool,
    /// What the groups about it leave of it.
    outer: f32,
    font: Option<Rc<Font>>,
    size: f32,
    letter_space: f32,
    word_space: f32,
    stretch: f32,
    leading: f32,
    rise: f32,
    mode: u8,
    /// Letters that what is painted next shows only within (modes 4 to 7), as a range of glyphs.
    within: Option<(usize, usize)>,
}

impl State {
    fn new(page: Area, ctm: Matrix) -> State {
        State {
            ctm,
            clip: page,
            fill: Paint::black(),
            stroke: Paint::black(),
            blend: Blend::Normal,
            masked: false,
            outer: 1.0,
            font: None,
            size: 0.0,
            letter_space: 0.0,
            word_space: 0.0,
            stretch: 1.0,
            leading: 0.0,
            rise: 0.0,
            mode: 0,
            within: None,
        }
    }
}

/// A page as it was painted.
pub(crate) struct Painter<'a> {
    source: &'a Source<'a>,
    page: Area,
    state: State,
    saved: Vec<State>,
    unsaved: usize,
    text: Matrix,
    line: Matrix,
    path: Path,
    clip_next: bool,
    /// For each open marked content, whether it switched the page off.
    marks: Vec<bool>,
    hidden_by_layer: usize,
    number: u32,
    /// The forms that are being drawn.
    forms: Vec<*const Form>,
    clipping_from: Option<usize>,
    /// Every letter.
    pub glyphs: Vec<Glyph>,
    /// Everything with an area.
    pub shapes: Vec<Shape>,
    /// The area of all pictures, in square points.
    pub pictures: f32,
    /// Codes that stand for no letter anybody can tell.
    pub unreadable: usize,
    /// Descriptions of pictures that were met.
    pub descriptions: Vec<String>,
    operators: &'a mut usize,
    room: usize,
}

impl<'a> Painter<'a> {
    /// A painter for a page of a size in points, whose user space `base` makes the page as it is shown.
    /// `operators` counts for the document, `room` is how many letters it may still have.
    pub(crate) fn new(
        source: &'a Source<'a>,
        page: Area,
        base: Matrix,
        operators: &'a mut usize,
        room: usize,
    ) -> Painter<'a> {
        Painter {
            source,
            page,
            state: State::new(page, base),
            saved: Vec::new(),
            unsaved: 0,
            text: Matrix::ONE,
            line: Matrix::ONE,
            path: Path::default(),
            clip_next: false,
            marks: Vec::new(),
            hidden_by_layer: 0,
            number: 0,
            forms: Vec::new(),
            clipping_from: None,
            glyphs: Vec::new(),
            shapes: Vec::new(),
            pictures: 0.0,
            unreadable: 0,
            descriptions: Vec::new(),
            operators,
            room,
        }
    }

    /// Carries out a content stream.
    ///
    /// # Errors
    /// [`Refusal::TooMuch`], from the limits.
    pub(crate) fn run(&mut self, program: &[Operator], resources: &Resources) -> Result<(), Refusal> {
        for operator in program {
            *self.operators += 1;
            if *self.operators > OPERATORS {
                return Err(Refusal::TooMuch("operators".into()));
            }
            self.step(operator, resources)?;
            if self.shapes.len() > SHAPES {
                return Err(Refusal::TooMuch("shapes on a page".into()));
            }
        }
        Ok(())
    }

    /// Draws an appearance of an annotation into its rectangle (12.5.5).
    ///
    /// # Errors
    /// [`Refusal::TooMuch`], from the limits.
    pub(crate) fn appearance(
        &mut self,
        form: &Form,
        rectangle: Area,
        base: Matrix,
        fallback: &Resources,
    ) -> Result<(), Refusal> {
        let from = Matrix(form.matrix).bounds(form.bounds.unwrap_or(rectangle));
        let scale = |to: f32, of: f32| if of.abs() < 1e-6 { 1.0 } else { to / of };
        let x = scale(rectangle[2] - rectangle[0], from[2] - from[0]);
        let y = scale(rectangle[3] - rectangle[1], from[3] - from[1]);
        let place = Matrix([x, 0.0, 0.0, y, rectangle[0] - from[0] * x, rectangle[1] - from[1] * y]);
        // Each is painted over the page from a fresh start, whatever the page left open.
        self.state = State::new(self.page, place.then(base));
        self.saved.clear();
        self.marks.clear();
        (self.unsaved, self.hidden_by_layer, self.clipping_from) = (0, 0, None);
        self.form(form, fallback)
    }

    fn step(&mut self, operator: &Operator, resources: &Resources) -> Result<(), Refusal> {
        use Operator as O;
        match operator {
            O::SaveState => self.save(),
            O::RestoreState => self.restore(),
            O::Cm { a, b, c, d, e, f } => {
                self.state.ctm = Matrix([*a, *b, *c, *d, *e, *f]).then(self.state.ctm);
            }
            O::SetExtGState { dict_name } => self.graphics_state(dict_name, resources)?,
            O::BeginText => {
                self.text = Matrix::ONE;
                self.line = Matrix::ONE;
                self.clipping_from = None;
            }
            O::EndText => {
                if let Some(from) = self.clipping_from.take() {
                    self.state.within = Some((from, self.glyphs.len()));
                }
            }
            O::Do { name } => {
                if let Some(object) = resources.find("XObject", name)
                    && let Some(drawing) = self.source.drawing(object)?
                {
                    self.drawing(&drawing, resources)?;
                }
            }
            O::InlineImage { dict, .. } => {
                let stencil = ["IM", "ImageMask"]
                    .iter()
                    .any(|key| matches!(dict.get(*key), Some(Object::Boolean(true))));
                self.picture(!stencil, None);
            }
            O::PaintShading { .. } => {
                let bounds = self.state.clip;
                self.shape(bounds, None, None, self.state.fill.alpha, true);
            }
            O::BeginMarkedContent { .. } => self.begin_mark(false),
            O::BeginMarkedContentDict { tag, properties } => self.mark(tag, properties, resources),
            O::EndMarkedContent => {
                if self.marks.pop() == Some(true) {
                    self.hidden_by_layer = self.hidden_by_layer.saturating_sub(1);
                }
            }
            _ if self.step_path(operator) || self.step_colour(operator, resources) => {}
            _ => self.step_text(operator, resources)?,
        }
        Ok(())
    }

    fn save(&mut self) {
        if self.saved.len() < STATES {
            self.saved.push(self.state.clone());
        } else {
            self.unsaved += 1;
        }
    }

    fn restore(&mut self) {
        if self.unsaved > 0 {
            self.unsaved -= 1;
        } else if let Some(state) = self.saved.pop() {
            self.state = state;
        }
    }

    fn graphics_state(&mut self, name: &str, resources: &Resources) -> Result<(), Refusal> {
        let known = resources.states.borrow().get(name).cloned();
        let dict = if let Some(dict) = known {
            dict
        } else {
            let object = resources.find("ExtGState", name).map(|object| self.source.get(object));
            let mut dict = object.as_ref().and_then(Object::as_dict).cloned().unwrap_or_default();
            dict.retain(|key, _| matches!(key.as_str(), "ca" | "CA" | "BM" | "SMask" | "Font"));
            for value in dict.values_mut() {
                if !matches!(value, Object::Array(_)) {
                    *value = self.source.get(value);
                }
            }
            let dict = Rc::new(dict);
            resources.states.borrow_mut().insert(name.to_owned(), Rc::clone(&dict));
            dict
        };
        if let Some(alpha) = dict.get("ca").and_then(number) {
            self.state.fill.alpha = alpha.clamp(0.0, 1.0);
        }
        if let Some(alpha) = dict.get("CA").and_then(number) {
            self.state.stroke.alpha = alpha.clamp(0.0, 1.0);
        }
        if let Some(mode) = dict.get("BM") {
            let first = mode.as_array().and_then(|modes| modes.first()).unwrap_or(mode);
            self.state.blend = match first.as_name() {
                Some("Normal" | "Compatible") | None => Blend::Normal,
                Some("Multiply" | "Darken") => Blend::Multiply,
                Some(_) => Blend::Other,
            };
        }
        if let Some(mask) = dict.get("SMask") {
            self.state.masked = mask.as_dict().is_some();
        }
        if let Some([font, size]) = dict.get("Font").and_then(Object::as_array).map(Vec::as_slice) {
            self.state.font = Some(self.source.any_font(font)?);
            self.state.size = number(size).unwrap_or(0.0);
        }
        Ok(())
    }

    fn drawing(&mut self, drawing: &Drawing, resources: &Resources) -> Result<(), Refusal> {
        match drawing {
            Drawing::Picture { opaque, off, colour } => {
                if !off {
                    self.picture(*opaque, *colour);
                }
                Ok(())
            }
            Drawing::Form(form) => {
                self.save();
                let result = self.form(form, resources);
                self.restore();
                result
            }
        }
    }

    fn form(&mut self, form: &Form, resources: &Resources) -> Result<(), Refusal> {
        // Readers leave out a form within itself.
        let this = std::ptr::from_ref(form);
        if self.forms.contains(&this) {
            return Ok(());
        }
        if self.forms.len() >= FORMS {
            return Err(Refusal::TooMuch("forms within forms".into()));
        }
        self.forms.push(this);
        let (saved, unsaved) = (std::mem::take(&mut self.saved), std::mem::take(&mut self.unsaved));
        let marks = std::mem::take(&mut self.marks);
        let path = std::mem::take(&mut self.path);
        let (text, line, layers) = (self.text, self.line, self.hidden_by_layer);
        self.hidden_by_layer += usize::from(form.off);
        self.state.ctm = Matrix(form.matrix).then(self.state.ctm);
        if let Some(bounds) = form.bounds {
            self.state.clip = common(&self.state.clip, &self.state.ctm.bounds(bounds));
        }
        if form.group {
            self.state.outer *= self.state.fill.alpha;
            self.state.fill.alpha = 1.0;
            self.state.stroke.alpha = 1.0;
        }
        let result = self.run(&form.program, form.resources.as_deref().unwrap_or(resources));
        (self.saved, self.unsaved, self.marks, self.path) = (saved, unsaved, marks, path);
        (self.text, self.line, self.hidden_by_layer) = (text, line, layers);
        self.forms.pop();
        result
    }

    fn picture(&mut self, opaque: bool, colour: Colour) {
        let ctm = self.state.ctm;
        let bounds = common(&ctm.bounds([0.0, 0.0, 1.0, 1.0]), &self.state.clip);
        if self.hidden_by_layer == 0 {
            let shown = common(&bounds, &self.page);
            self.pictures += (shown[2] - shown[0]).max(0.0) * (shown[3] - shown[1]).max(0.0);
        }
        let outline = (!ctm.upright()).then(|| {
            let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)].map(|p| ctm.at(p));
            Rc::new(Outline { lines: vec![corners.to_vec()], even_odd: false })
        });
        self.shape(bounds, outline, colour, self.state.fill.alpha, opaque);
    }

    fn begin_mark(&mut self, off: bool) {
        // Marks are only counted; a million open ones cost a million bytes.
        self.marks.push(off);
        self.hidden_by_layer += usize::from(off);
    }

    fn mark(&mut self, tag: &str, properties: &Object, resources: &Resources) {
        let off = tag == "OC"
            && match properties {
                Object::Name(name) => self.source.property_is_off(resources, name),
                _ => false,
            };
        if let Some(dict) = properties.as_dict()
            && self.descriptions.len() < 1_000
            && let Some(text) = self.source.text(dict, "Alt")
        {
            self.descriptions.push(text);
        }
        self.begin_mark(off);
    }

    fn step_path(&mut self, operator: &Operator) -> bool {
        use Operator as O;
        let ctm = self.state.ctm;
        match operator {
            O::MoveTo { x, y } => self.path.start(ctm.at((*x, *y))),
            O::LineTo { x, y } => self.path.line(ctm.at((*x, *y))),
            O::CurveTo { x1, y1, x2, y2, x3, y3 } => {
                self.path.curve(Some(ctm.at((*x1, *y1))), ctm.at((*x2, *y2)), ctm.at((*x3, *y3)));
            }
            O::CurveToV { x2, y2, x3, y3 } => {
                self.path.curve(None, ctm.at((*x2, *y2)), ctm.at((*x3, *y3)));
            }
            O::CurveToY { x1, y1, x3, y3 } => {
                let end = ctm.at((*x3, *y3));
                self.path.curve(Some(ctm.at((*x1, *y1))), end, end);
            }
            O::ClosePath => self.path.close(),
            O::Rectangle { x, y, width, height } => {
                let corners = [(*x, *y), (x + width, *y), (x + width, y + height), (*x, y + height)];
                self.path.rectangle(corners.map(|p| ctm.at(p)));
            }
            O::Fill | O::FillStroke | O::CloseFillStroke => self.paint_path(Some(false)),
            O::FillEvenOdd | O::FillStrokeEvenOdd | O::CloseFillStrokeEvenOdd => self.paint_path(Some(true)),
            O::Stroke | O::CloseAndStroke | O::EndPath => self.paint_path(None),
            O::ClipNonZero | O::ClipEvenOdd => self.clip_next = true,
            _ => return false,
        }
        true
    }

    /// Ends the path; fills it with the rule, when it is to be filled.
    fn paint_path(&mut self, even_odd: Option<bool>) {
        let path = std::mem::take(&mut self.path);
        let all = path.bounds();
        if let Some(even_odd) = even_odd
            && let Some(bounds) = all
        {
            let bounds = common(&bounds, &self.state.clip);
            let paint = &self.state.fill;
            let (colour, alpha, sparse) = (paint.colour, paint.alpha, paint.sparse);
            let whole = path.whole();
            // A path of more corners than are kept is known by its bounds only: it covers nothing.
            let exact = whole && !path.is_rectangle();
            let outline = exact.then(|| Rc::new(path.outline(even_odd)));
            self.shape(bounds, outline, colour, alpha, whole && !sparse);
        }
        if self.clip_next {
            self.clip_next = false;
            let bounds = all.unwrap_or([0.0, 0.0, -1.0, -1.0]);
            self.state.clip = common(&self.state.clip, &bounds);
        }
    }

    fn shape(&mut self, bounds: Area, outline: Option<Rc<Outline>>, colour: Colour, alpha: f32, solid: bool) {
        self.number += 1;
        let alpha = alpha * self.state.outer;
        if self.hidden_by_layer > 0 || alpha < 0.02 || bounds[0] > bounds[2] || bounds[1] > bounds[3] {
            return;
        }
        let solid = solid && !self.state.masked;
        if let Some((from, to)) = self.state.within {
            // It shows only within letters: those that leave no mark of their own get its colour.
            *self.operators += to - from;
            for glyph in self.glyphs.get_mut(from..to).unwrap_or_default() {
                if glyph.why == Some(Why::Unmarked) && inside(&bounds, glyph.points()[1], 0.0) {
                    glyph.inks = [Some(Ink { colour, alpha }), None];
                    glyph.number = self.number;
                    glyph.why = None;
                }
            }
            return;
        }
        if self.shapes.len() <= SHAPES {
            let (number, blend) = (self.number, self.state.blend);
            self.shapes.push(Shape { number, bounds, outline, colour, alpha, blend, solid });
        }
    }

    fn step_colour(&mut self, operator: &Operator, resources: &Resources) -> bool {
        use Operator as O;
        let State { fill, stroke, .. } = &mut self.state;
        match operator {
            O::SetFillRgb { r, g, b } => fill.set(Space::Rgb, &[*r, *g, *b]),
            O::SetStrokeRgb { r, g, b } => stroke.set(Space::Rgb, &[*r, *g, *b]),
            O::SetFillGray { gray } => fill.set(Space::Gray, &[*gray]),
            O::SetStrokeGray { gray } => stroke.set(Space::Gray, &[*gray]),
            O::SetFillCmyk { c, m, y, k } => fill.set(Space::Cmyk, &[*c, *m, *y, *k]),
            O::SetStrokeCmyk { c, m, y, k } => stroke.set(Space::Cmyk, &[*c, *m, *y, *k]),
            O::SetFillColorSpace { name } => {
                fill.space = Space::named(self.source, resources, name);
                fill.colour = fill.space.first();
                fill.sparse = false;
            }
            O::SetStrokeColorSpace { name } => {
                stroke.space = Space::named(self.source, resources, name);
                stroke.colour = stroke.space.first();
            }
            O::SetFillColor { components } => fill.colour = fill.space.colour(components),
            O::SetStrokeColor { components } => stroke.colour = stroke.space.colour(components),
            O::SetFillColorN { components, name } => {
                fill.sparse = name.is_some() && !is_gradient(self.source, resources, name.as_deref());
                fill.colour = if name.is_some() { None } else { fill.space.colour(components) };
            }
            O::SetStrokeColorN { components, name } => {
                stroke.colour = if name.is_some() { None } else { stroke.space.colour(components) };
            }
            _ => return false,
        }
        true
    }

    fn step_text(&mut self, operator: &Operator, resources: &Resources) -> Result<(), Refusal> {
        use Operator as O;
        match operator {
            O::Tf { font, size } => {
                self.state.font = self.source.font(resources, font)?;
                self.state.size = *size;
            }
            O::Tc { char_space } => self.state.letter_space = *char_space,
            O::Tw { word_space } => self.state.word_space = *word_space,
            O::Tz { scale } => self.state.stretch = scale / 100.0,
            O::TL { leading } => self.state.leading = *leading,
            O::Ts { rise } => self.state.rise = *rise,
            O::Tr { render } => self.state.mode = *render,
            O::Td { tx, ty } => self.move_line(*tx, *ty),
            O::TD { tx, ty } => {
                self.state.leading = -ty;
                self.move_line(*tx, *ty);
            }
            O::Tm { a, b, c, d, e, f } => {
                self.line = Matrix([*a, *b, *c, *d, *e, *f]);
                self.text = self.line;
            }
            O::TStar => self.move_line(0.0, -self.state.leading),
            O::Tj { text } => self.show(text)?,
            O::TJ { array } => {
                for element in array {
                    match element {
                        TextElement::String(text) => self.show(text)?,
                        TextElement::Offset(offset) => {
                            let by = -offset / 1000.0 * self.state.size;
                            let vertical = self.state.font.as_ref().is_some_and(|f| f.vertical);
                            self.advance(by, vertical);
                        }
                    }
                }
            }
            O::Quote { text } => {
                self.move_line(0.0, -self.state.leading);
                self.show(text)?;
            }
            O::DoubleQuote { word_space, char_space, text } => {
                self.state.word_space = *word_space;
                self.state.letter_space = *char_space;
                self.move_line(0.0, -self.state.leading);
                self.show(text)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn move_line(&mut self, x: f32, y: f32) {
        self.line = Matrix([1.0, 0.0, 0.0, 1.0, x, y]).then(self.line);
        self.text = self.line;
    }

    fn advance(&mut self, by: f32, vertical: bool) {
        let (x, y) = if vertical { (0.0, by) } else { (by * self.state.stretch, 0.0) };
        self.text = Matrix([1.0, 0.0, 0.0, 1.0, x, y]).then(self.text);
    }

    fn show(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        self.number += 1;
        if self.glyphs.len() + bytes.len() > self.room {
            return Err(Refusal::TooMuch("characters".into()));
        }
        let state = &self.state;
        let Some(font) = state.font.clone() else { return Ok(()) };
        let (size, mode) = (state.size, state.mode);
        let alpha = state.outer;
        let ink = |paint: &Paint| Some(Ink { colour: paint.colour, alpha: paint.alpha * alpha });
        let inks = match mode {
            0 | 4 => [ink(&state.fill), None],
            1 | 5 => [ink(&state.stroke), None],
            2 | 6 => [ink(&state.fill), ink(&state.stroke)],
            _ => [None, None],
        };
        if (4..=7).contains(&mode) {
            self.clipping_from.get_or_insert(self.glyphs.len());
        }
        let off = (self.hidden_by_layer > 0).then_some(Why::Layer);
        let (clip, number) = (state.clip, self.number);
        let letter_space = state.letter_space;
        let word_space = state.word_space;
        let rise = state.rise;
        font.codes(bytes, |code| {
            let whole = self.text.then(self.state.ctm);
            let [a, b, c, d, ..] = whole.0;
            let width = code.width * size;
            let spaced = width + letter_space + if code.space { word_space } else { 0.0 };
            let (from, to, direction) = if font.vertical {
                let aside = -0.5 * code.width * size;
                let from = whole.at((aside, rise - 0.88 * size));
                let to = whole.at((aside + width * self.state.stretch, rise - 0.88 * size));
                (from, to, (a, b))
            } else {
                let from = whole.at((0.0, rise));
                (from, whole.at((width * self.state.stretch, rise)), (a, b))
            };
            if font.vertical {
                self.advance(-size + letter_space, true);
            } else {
                self.advance(spaced, false);
            }
            if code.text.is_empty() {
                self.unreadable += 1;
                return;
            }
            let turned = if size * self.state.stretch < 0.0 { 180.0 } else { 0.0 };
            let angle = direction.1.atan2(direction.0).to_degrees() + turned;
            let high = size.abs() * c.hypot(d) * font.drawn_height.unwrap_or(1.0);
            let broad = size.abs() * a.hypot(b) * self.state.stretch.abs();
            // Letters squeezed to a line are as good as small.
            let shown = if broad < 0.1 * high && font.drawn_height.is_none() { broad } else { high };
            if ![from.0, from.1, to.0, to.1, shown, angle].iter().all(|v| v.is_finite() && v.abs() < 1e7) {
                return;
            }
            let unmarked = (code.blank && !code.text.trim().is_empty()).then_some(Why::Unmarked);
            let invisible = (inks[0].is_none() && inks[1].is_none()).then_some(Why::Unmarked);
            self.glyphs.push(Glyph {
                text: code.text,
                from,
                to,
                size: shown,
                angle,
                bold: font.bold,
                number,
                inks,
                clip,
                why: off.or(unmarked).or(invisible),
            });
        });
        Ok(())
    }
}

fn is_gradient(source: &Source<'_>, resources: &Resources, name: Option<&String>) -> bool {
    let pattern = name.and_then(|name| resources.find("Pattern", name)).map(|object| source.get(object));
    let kind = pattern.as_ref().and_then(Object::as_dict).and_then(|dict| source.entry(dict, "PatternType"));
    kind.and_then(|kind| kind.as_integer()) == Some(2)
}
