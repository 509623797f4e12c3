//! ODT: text in `OpenDocument` (ISO/IEC 26300, 1.0 to 1.4), as archives hold it.
//!
//! The text is in `content.xml`, and headers and footers are in `styles.xml` with the styles that both use.
//! What an office suite would not show is put aside with the reason: tracked deletions, notes in the margin,
//! descriptions, hidden text, letters in the colour of their ground or too small to read. Objects that are
//! embedded are not opened. A document in one XML file (flat) is not read.

use std::rc::Rc;

use crate::docx::colour::{Fill, Ground, Ink, WHITE};
use crate::xml::{self, Element, Event, Reader, Space};
use crate::zipped::Archive;
use crate::{Draft, Limits, Part, Piece, Refusal, Shape, Why};
use styles::{Look, Size, Styles, points};

mod styles;

/// Points up to which letters are too small to be read.
const TINY: f64 = 2.0;
/// The share of their width at which letters are strokes.
const NARROW: f64 = 0.1;
/// Square points from which a drawing may lie behind running text: eight in a hundred of an A4 page.
const WIDE: f64 = 40_000.0;
/// Paragraphs in one cell, beyond which a table serves to lay out a page.
const LAID_OUT: usize = 3;
/// Spaces that one element may stand for; nobody sees more.
const SPACES: usize = 100;

/// Reads an ODT.
///
/// # Errors
/// [`Refusal::Encrypted`] when the manifest says so, [`Refusal::Broken`] when there is no content or it is not
/// well-formed, and every limit.
pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Draft, Refusal> {
    let mut archive = Archive::open(bytes, limits)?;
    if let Some(manifest) = archive.part("META-INF/manifest.xml")? {
        let text = xml::decode(&manifest)?;
        // Suites of today write a document type in none of the parts; old ones did in this one, and nothing
        // of it is needed but this.
        if text.contains("encryption-data") {
            return Err(Refusal::Encrypted);
        }
    }
    let Some(content) = archive.part("content.xml")? else {
        return Err(Refusal::Broken("the document has no content".into()));
    };
    let content = xml::decode(&content)?;
    let common = archive.part("styles.xml")?;
    let common = common.as_deref().map(xml::decode).transpose()?;
    let mut styles = Styles::default();
    if let Some(common) = &common {
        styles.load(common, limits)?;
    }
    styles.load(&content, limits)?;
    let mut page = Ground::default();
    styles.pages().into_iter().for_each(|fill| page.perhaps(paper(fill)));
    let mut story = Story { limits, styles, page, drops: Vec::new(), draft: Draft::default(), chars: 0, kept: 0 };
    story.drops = story.backdrops(&content)?;
    let mut flow = Flow::default();
    let mut reader = Reader::new(&content, limits);
    story.find(&mut reader, "text", &mut |story, reader| {
        story.blocks(reader, &Context::default(), &mut flow)
    })?;
    story.give(Part::Body, flow.pieces)?;
    story.give(Part::Note, flow.notes)?;
    if let Some(common) = &common {
        story.margins(common)?;
    }
    story.properties(&mut archive)?;
    let objects = |name: &&str| name.starts_with("Object ") && name.ends_with("content.xml") || name.starts_with("Basic/") && name.ends_with("Module1.xml");
    let objects: Vec<String> = archive.names().filter(objects).map(str::to_owned).collect();
    for name in objects {
        story.hide(Why::Embedded, &name);
    }
    Ok(story.draft)
}

fn paper(fill: Fill) -> Fill {
    if fill == Fill::Clear { Fill::Rgb(WHITE) } else { fill }
}

/// What holds at a place.
#[derive(Clone, Default)]
struct Context {
    gone: Option<Why>,
    ground: Option<Rc<Ground>>,
    /// How letters look here.
    look: Look,
    /// What paragraphs are here.
    item: bool,
    /// The size of the text box around, square points.
    area: f64,
}

impl Context {
    fn gone(&self, why: Why) -> Context {
        Context { gone: self.gone.or(Some(why)), ..self.clone() }
    }

    /// On this fill, when it is one.
    fn on(mut self, fill: Option<Fill>) -> Context {
        if let Some(fill) = fill.filter(|fill| *fill != Fill::Clear) {
            self.ground = Some(Rc::new(Ground::of(fill)));
        }
        self
    }
}

#[derive(Default)]
struct Flow {
    pieces: Vec<(Shape, String)>,
    notes: Vec<(Shape, String)>,
}

/// A paragraph that is being read.
#[derive(Default)]
struct Paragraph {
    text: String,
    hidden: Vec<(Why, String)>,
    boxes: Flow,
    /// A sign hides the rest of it.
    gone: bool,
}

/// A drawing that may lie behind text: square points, behind the text, and its fill.
struct Drop {
    area: f64,
    behind: bool,
    fill: Fill,
}

struct Story<'a> {
    limits: &'a Limits,
    styles: Styles,
    page: Ground,
    drops: Vec<Drop>,
    draft: Draft,
    chars: usize,
    kept: usize,
}

impl Story<'_> {
    fn hide(&mut self, why: Why, text: &str) {
        let text = tidy(text);
        // What is kept is cut at the end; what is far beyond that need not be held.
        if !text.is_empty() && self.kept < self.limits.part {
            self.kept += text.len();
            self.draft.hidden.push((why, text));
        }
    }

    fn give(&mut self, part: Part, pieces: Vec<(Shape, String)>) -> Result<(), Refusal> {
        for (shape, text) in pieces {
            self.chars += text.chars().count();
            if self.chars > self.limits.chars {
                return Err(Refusal::TooMuch("characters".into()));
            }
            self.draft.pieces.push(Piece { part, shape, page: 0, text });
        }
        Ok(())
    }

    /// Goes to the element of this name in the body, and reads it.
    fn find(
        &mut self,
        reader: &mut Reader<'_>,
        name: &str,
        read: &mut dyn FnMut(&mut Self, &mut Reader<'_>) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        loop {
            match reader.next()? {
                Event::Start(element) if element.is(Space::Office, name) => read(self, reader)?,
                Event::Start(element) if element.space == Space::Office && element.name.ends_with("styles") => {
                    reader.skip()?;
                }
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    fn backdrops(&self, text: &str) -> Result<Vec<Drop>, Refusal> {
        let mut reader = Reader::new(text, self.limits);
        let mut found = Vec::new();
        let mut frame = 0.0;
        loop {
            match reader.next()? {
                Event::Start(element) if element.space == Space::Draw => {
                    if element.name == "frame" {
                        frame = area(&element);
                    }
                    let style = element.attr("style-name");
                    let look = self.styles.get("graphic", style);
                    let fill = match element.name.as_str() {
                        "image" => Fill::Unknown,
                        _ => look.fill.or(look.ground).unwrap_or(Fill::Clear),
                    };
                    let picture = element.name == "image";
                    let area = if picture { frame } else { area(&element) };
                    if fill != Fill::Clear && area > 0.0 && found.len() < 256 {
                        // A text box is in front of running text; of shapes and pictures only the size is asked.
                        found.push(Drop { area, behind: element.name != "frame", fill });
                    }
                }
                Event::Eof => return Ok(found),
                _ => {}
            }
        }
    }

    fn blocks(&mut self, reader: &mut Reader<'_>, context: &Context, flow: &mut Flow) -> Result<(), Refusal> {
        loop {
            match reader.next()? {
                Event::Start(element) => self.block(reader, &element, context, flow)?,
                Event::Text(_) => {}
                Event::End | Event::Eof => return Ok(()),
            }
        }
    }

    fn block(
        &mut self,
        reader: &mut Reader<'_>,
        element: &Element,
        context: &Context,
        flow: &mut Flow,
    ) -> Result<(), Refusal> {
        match (element.space, element.name.as_str()) {
            (Space::Text, "p" | "h") => self.paragraph(reader, element, context, flow),
            (Space::Text, "list-item" | "list-header") => {
                self.blocks(reader, &Context { item: true, ..context.clone() }, flow)
            }
            (Space::Text, "tracked-changes") => {
                let text = reader.rest()?;
                self.hide(Why::Deleted, &text);
                Ok(())
            }
            (Space::Text, "section") => {
                let gone = matches!(element.attr("display"), Some("none" | "condition"));
                let within = if gone { context.gone(Why::Marked) } else { context.clone() };
                let fill = self.styles.get("section", element.attr("style-name")).ground;
                self.blocks(reader, &within.on(fill), flow)
            }
            (Space::Text, name) if name.ends_with("-source") || name.ends_with("-decls") => reader.skip(),
            (Space::Table, "table") => {
                let look = self.styles.get("table", element.attr("style-name"));
                self.rows(reader, &Context { item: false, ..context.clone() }.on(look.ground), flow)
            }
            (Space::Office, "forms") => reader.skip(),
            (Space::Text, _) => self.blocks(reader, context, flow),
            (Space::Draw, _) => {
                let mut paragraph = Paragraph::default();
                self.drawing(reader, element, context, &mut paragraph)?;
                self.end(paragraph, Shape::Paragraph, flow);
                Ok(())
            }
            (Space::Office, "annotation") => self.comment(reader),
            _ => reader.skip(),
        }
    }

    fn paragraph(
        &mut self,
        reader: &mut Reader<'_>,
        element: &Element,
        context: &Context,
        flow: &mut Flow,
    ) -> Result<(), Refusal> {
        let style = self.styles.get("paragraph", element.attr("style-name"));
        let heading = element.name == "h" || style.level.is_some_and(|level| level > 0);
        let fill = style.ground;
        let mut within = Context { look: style, item: false, ..context.clone() }.on(fill);
        within.look.fill = None;
        let mut paragraph = Paragraph::default();
        self.inlines(reader, &within, &mut paragraph)?;
        let shape = if heading {
            Shape::Heading
        } else if context.item {
            Shape::Item
        } else {
            Shape::Paragraph
        };
        self.end(paragraph, shape, flow);
        Ok(())
    }

    fn end(&mut self, paragraph: Paragraph, shape: Shape, flow: &mut Flow) {
        let text = tidy(&paragraph.text);
        if !text.is_empty() {
            flow.pieces.push((shape, text));
        }
        flow.pieces.extend(paragraph.boxes.pieces);
        flow.notes.extend(paragraph.boxes.notes);
        for (why, text) in paragraph.hidden {
            self.hide(why, &text);
        }
    }

    fn inlines(
        &mut self,
        reader: &mut Reader<'_>,
        context: &Context,
        paragraph: &mut Paragraph,
    ) -> Result<(), Refusal> {
        let why = self.unseen(context);
        loop {
            match reader.next()? {
                Event::Start(element) => self.inline(reader, &element, context, why, paragraph)?,
                Event::Text(text) => put(&text, why, paragraph),
                Event::End | Event::Eof => return Ok(()),
            }
        }
    }

    fn inline(
        &mut self,
        reader: &mut Reader<'_>,
        element: &Element,
        context: &Context,
        why: Option<Why>,
        paragraph: &mut Paragraph,
    ) -> Result<(), Refusal> {
        match (element.space, element.name.as_str()) {
            (Space::Text, "span" | "a") => {
                let mut within = context.clone();
                within.look.under(&self.styles.get("text", element.attr("style-name")));
                self.inlines(reader, &within, paragraph)
            }
            (Space::Text, "s") => {
                let count = element.attr("c").and_then(|text| text.parse().ok()).unwrap_or(1_usize);
                put(&" ".repeat(count.min(SPACES)), why, paragraph);
                reader.skip()
            }
            (Space::Text, "tab" | "line-break") => {
                put(" ", why, paragraph);
                reader.skip()
            }
            (Space::Text, "hidden-text") => {
                // Its text stands in an attribute, and between the tags once more when it is shown.
                let said = element.attr("string-value").unwrap_or_default().to_owned();
                let text = reader.rest()?;
                self.hide(Why::Marked, if said.is_empty() { &text } else { &said });
                Ok(())
            }
            (Space::Text, "hidden-paragraph") => {
                let gone = element.attr("is-hidden") == Some("true");
                let text = reader.rest()?;
                if gone {
                    // All of the paragraph goes, also what was read before this sign.
                    let before = std::mem::take(&mut paragraph.text);
                    put(&before, Some(Why::Marked), paragraph);
                    put(&text, Some(Why::Marked), paragraph);
                    paragraph.gone = true;
                    return Ok(());
                }
                put(&text, why, paragraph);
                Ok(())
            }
            (Space::Text, "note") => self.note(reader, context, paragraph),
            (Space::Text, "ruby" | "ruby-base" | "ruby-text" | "meta" | "meta-field" | "bookmark-ref" | "reference-ref") => {
                self.inlines(reader, context, paragraph)
            }
            (Space::Text, "p" | "h" | "list") | (Space::Table, "table") => {
                let mut flow = Flow::default();
                self.block(reader, element, context, &mut flow)?;
                paragraph.boxes.pieces.extend(flow.pieces);
                paragraph.boxes.notes.extend(flow.notes);
                Ok(())
            }
            (Space::Text, "script" | "tracked-changes") => reader.skip(),
            (Space::Text, _) => self.inlines(reader, context, paragraph),
            (Space::Office, "annotation") => self.comment(reader),
            (Space::Draw, _) => {
                let within = Context { gone: context.gone.or(why.filter(|why| *why == Why::Marked)), ..context.clone() };
                self.drawing(reader, element, &within, paragraph)
            }
            (Space::Loext, _) => self.inlines(reader, context, paragraph),
            _ => {
                let text = reader.rest()?;
                self.hide(Why::Marked, &text);
                Ok(())
            }
        }
    }

    fn comment(&mut self, reader: &mut Reader<'_>) -> Result<(), Refusal> {
        let mut text = String::new();
        loop {
            match reader.next()? {
                // Who wrote it and when is not what is said in it.
                Event::Start(element) if element.space == Space::Text => {
                    text.push_str(&reader.rest()?);
                    text.push(' ');
                }
                Event::Start(_) => reader.skip()?,
                Event::Text(_) => {}
                Event::End | Event::Eof => break,
            }
        }
        self.hide(Why::Comment, &text);
        Ok(())
    }

    fn note(
        &mut self,
        reader: &mut Reader<'_>,
        context: &Context,
        paragraph: &mut Paragraph,
    ) -> Result<(), Refusal> {
        loop {
            match reader.next()? {
                Event::Start(element) if element.is(Space::Text, "note-body") => {
                    let within = Context { gone: context.gone, ..Context::default() };
                    let mut flow = Flow::default();
                    self.blocks(reader, &within, &mut flow)?;
                    paragraph.boxes.notes.extend(flow.pieces);
                    paragraph.boxes.notes.extend(flow.notes);
                }
                // The number of the note would stand inside of a word.
                Event::Start(_) => reader.skip()?,
                Event::Text(_) => {}
                Event::End | Event::Eof => return Ok(()),
            }
        }
    }

    fn drawing(
        &mut self,
        reader: &mut Reader<'_>,
        element: &Element,
        context: &Context,
        paragraph: &mut Paragraph,
    ) -> Result<(), Refusal> {
        if element.is(Space::Draw, "object") || element.is(Space::Draw, "object-ole") || element.is(Space::Draw, "plugin") {
            return reader.skip();
        }
        let look = self.styles.get("graphic", element.attr("style-name"));
        let own = look.fill.filter(|fill| *fill != Fill::Clear).or(look.ground).filter(|fill| *fill != Fill::Clear);
        let area = area(element).max(context.area);
        let mut within = Context { item: false, area, look: Look::default(), ..context.clone() };
        if element.attr("display").is_some_and(|shown| shown == "none") {
            within = within.gone(Why::Marked);
        }
        match own {
            Some(fill) => within = within.on(Some(fill)),
            // A text box within a frame is filled as the frame is.
            None if element.attr("style-name").is_none() => {}
            None => {
                // Nothing of its own: the page, what is around, or a drawing as large.
                let mut ground = self.page.clone();
                within.ground.iter().for_each(|around| ground.perhaps_all(around));
                self.drops.iter().filter(|drop| area > 0.0 && drop.area >= area).for_each(|drop| ground.perhaps(drop.fill));
                within.ground = Some(Rc::new(ground));
            }
        }
        loop {
            match reader.next()? {
                Event::Start(inner) => match (inner.space, inner.name.as_str()) {
                    (Space::Svg, "title" | "desc") => {
                        let text = reader.rest()?;
                        self.hide(Why::AltText, &text);
                    }
                    (Space::Draw, _) => self.drawing(reader, &inner, &within, paragraph)?,
                    (Space::Text | Space::Table, _) => {
                        let mut flow = Flow::default();
                        self.block(reader, &inner, &within, &mut flow)?;
                        paragraph.boxes.pieces.extend(flow.pieces);
                        paragraph.boxes.notes.extend(flow.notes);
                    }
                    _ => reader.skip()?,
                },
                Event::Text(_) => {}
                Event::End | Event::Eof => return Ok(()),
            }
        }
    }

    fn rows(&mut self, reader: &mut Reader<'_>, context: &Context, flow: &mut Flow) -> Result<(), Refusal> {
        loop {
            let element = match reader.next()? {
                Event::Start(element) => element,
                Event::Text(_) => continue,
                Event::End | Event::Eof => return Ok(()),
            };
            let gone = matches!(element.attr("visibility"), Some("collapse" | "filter"));
            let within = if gone { context.gone(Why::Marked) } else { context.clone() };
            match (element.space, element.name.as_str()) {
                (Space::Table, "table-row") => {
                    let fill = self.styles.get("table-row", element.attr("style-name")).ground;
                    let mut cells = Vec::new();
                    self.cells(reader, &within.on(fill), &mut cells)?;
                    row(cells, flow);
                }
                (Space::Table, "table-header-rows" | "table-rows" | "table-row-group") => {
                    self.rows(reader, &within, flow)?;
                }
                _ => reader.skip()?,
            }
        }
    }

    fn cells(
        &mut self,
        reader: &mut Reader<'_>,
        context: &Context,
        cells: &mut Vec<Flow>,
    ) -> Result<(), Refusal> {
        loop {
            match reader.next()? {
                // A covered cell lies under one that spans several.
                Event::Start(element) if element.space == Space::Table && element.name.ends_with("table-cell") => {
                    let fill = self.styles.get("table-cell", element.attr("style-name")).ground;
                    let mut within = context.clone().on(fill);
                    if element.name == "covered-table-cell" {
                        within = within.gone(Why::Covered);
                    }
                    let mut cell = Flow::default();
                    self.blocks(reader, &within, &mut cell)?;
                    cells.push(cell);
                }
                Event::Start(_) => reader.skip()?,
                Event::Text(_) => {}
                Event::End | Event::Eof => return Ok(()),
            }
        }
    }

    fn unseen(&self, context: &Context) -> Option<Why> {
        if context.gone.is_some() {
            return context.gone;
        }
        let look = &context.look;
        if look.hidden == Some(true) {
            return Some(Why::Marked);
        }
        let size = match look.size {
            Some(Size::Points(points)) => points,
            Some(Size::Share(share)) => share * 12.0,
            None => 12.0,
        };
        if size <= TINY || look.scale.is_some_and(|scale| scale <= NARROW) {
            return Some(Why::Size);
        }
        if look.unmarked == Some(true) {
            return Some(Why::Unmarked);
        }
        let ink @ Ink::Rgb(_) = look.ink? else { return None };
        let swallowed = match (look.marker.filter(|fill| *fill != Fill::Clear), &context.ground) {
            (Some(fill), _) => Ground::of(fill).swallows(ink),
            (None, Some(ground)) => ground.swallows(ink),
            (None, None) => {
                let mut ground = self.page.clone();
                let wide = self.drops.iter().filter(|drop| drop.behind && drop.area >= WIDE);
                wide.for_each(|drop| ground.perhaps(drop.fill));
                ground.swallows(ink)
            }
        };
        swallowed.then_some(Why::Colour)
    }

    /// Headers and footers of the master pages, each text once.
    fn margins(&mut self, text: &str) -> Result<(), Refusal> {
        let mut reader = Reader::new(text, self.limits);
        let mut seen = std::collections::HashSet::new();
        loop {
            match reader.next()? {
                Event::Start(element)
                    if element.space == Space::Style
                        && (element.name.starts_with("header") || element.name.starts_with("footer"))
                        && !element.name.ends_with("style") =>
                {
                    let gone = element.attr("display") == Some("false");
                    let context = Context::default();
                    let context = if gone { context.gone(Why::Marked) } else { context };
                    let mut flow = Flow::default();
                    self.blocks(&mut reader, &context, &mut flow)?;
                    flow.pieces.retain(|(_, text)| seen.insert(text.clone()));
                    self.give(Part::Margin, flow.pieces)?;
                }
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    fn properties(&mut self, archive: &mut Archive<'_>) -> Result<(), Refusal> {
        let Some(bytes) = archive.part("meta.xml")? else { return Ok(()) };
        let text = xml::decode(&bytes)?;
        let mut reader = Reader::new(&text, self.limits);
        loop {
            match reader.next()? {
                Event::Start(element) => match (element.space, element.name.as_str()) {
                    (Space::Dc, "title" | "subject" | "description") | (Space::Meta, "keyword" | "user-defined") => {
                        let text = reader.rest()?;
                        self.hide(Why::Metadata, &text);
                    }
                    _ => {}
                },
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }
}

fn row(cells: Vec<Flow>, flow: &mut Flow) {
    let laid_out = cells.iter().any(|cell| {
        cell.pieces.len() > LAID_OUT
            || cell.pieces.iter().any(|(shape, _)| matches!(shape, Shape::Row | Shape::Item))
            || cell.pieces.len() > 1 && cell.pieces.iter().any(|(shape, _)| *shape == Shape::Heading)
    });
    let single = cells.len() == 1;
    let mut texts = Vec::new();
    for cell in cells {
        flow.notes.extend(cell.notes);
        if laid_out || single {
            flow.pieces.extend(cell.pieces);
        } else {
            texts.push(cell.pieces.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(" "));
        }
    }
    let text = texts.join("\t");
    if !text.trim().is_empty() {
        flow.pieces.push((Shape::Row, text.trim_end_matches('\t').to_owned()));
    }
}

fn put(text: &str, why: Option<Why>, paragraph: &mut Paragraph) {
    let why = why.or(paragraph.gone.then_some(Why::Marked));
    let text = text.replace('\u{ad}', "");
    match why {
        None => paragraph.text.push_str(&text),
        Some(why) => match paragraph.hidden.iter_mut().find(|(other, _)| *other == why) {
            Some((_, sum)) => sum.push_str(&text),
            None => paragraph.hidden.push((why, text)),
        },
    }
}

/// The area of a drawing, in square points.
fn area(element: &Element) -> f64 {
    let side = |name| element.attr_in(Space::Svg, name).and_then(points).unwrap_or(0.0).max(0.0);
    side("width") * side("height")
}

/// One line, with one space between words.
fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
