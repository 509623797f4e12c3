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
/// Drawings that may lie behind text: every text box is held against them.
const DROPS: usize = 64;
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
    let mut story = Story {
        limits,
        styles,
        page,
        drops: Vec::new(),
        open: Ground::default(),
        draft: Draft::default(),
        chars: 0,
        kept: 0,
    };
    story.drops = story.backdrops(&content)?;
    story.open = story.page.clone();
    let wide = story.drops.iter().filter(|drop| drop.behind && drop.area >= WIDE);
    wide.for_each(|drop| story.open.perhaps(drop.fill));
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
    let objects = |name: &&str| {
        name.starts_with("Object ") && name.ends_with("content.xml")
            || name.starts_with("Basic/") && name.ends_with("Module1.xml")
    };
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
    /// What may lie behind running text, of the page and the drawings behind it.
    open: Ground,
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
                Event::Start(element)
                    if element.space == Space::Office && element.name.ends_with("styles") =>
                {
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
                    if fill != Fill::Clear && area > 0.0 && found.len() < DROPS {
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
            (Space::Text, "p" | "h" | "list") | (Space::Table, "table") => {
                let mut flow = Flow::default();
                self.block(reader, element, context, &mut flow)?;
                paragraph.boxes.pieces.extend(flow.pieces);
                paragraph.boxes.notes.extend(flow.notes);
                Ok(())
            }
            (Space::Text, "script" | "tracked-changes") => reader.skip(),
            (Space::Text | Space::Loext, _) => self.inlines(reader, context, paragraph),
            (Space::Office, "annotation") => self.comment(reader),
            (Space::Draw, _) => {
                let within = Context {
                    gone: context.gone.or(why.filter(|why| *why == Why::Marked)),
                    ..context.clone()
                };
                self.drawing(reader, element, &within, paragraph)
            }
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
        if element.is(Space::Draw, "object")
            || element.is(Space::Draw, "object-ole")
            || element.is(Space::Draw, "plugin")
        {
            return reader.skip();
        }
        let look = self.styles.get("graphic", element.attr("style-name"));
        let own =
            look.fill.filter(|fill| *fill != Fill::Clear).or(look.ground).filter(|fill| *fill != Fill::Clear);
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
                self.drops
                    .iter()
                    .filter(|drop| area > 0.0 && drop.area >= area)
                    .for_each(|drop| ground.perhaps(drop.fill));
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
                Event::Start(element)
                    if element.space == Space::Table && element.name.ends_with("table-cell") =>
                {
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
            (None, None) => self.open.swallows(ink),
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
                    (Space::Dc, "title" | "subject" | "description")
                    | (Space::Meta, "keyword" | "user-defined") => {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::zipped::tests::packed;

    const SPACES: &str = "xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0' \
    xmlns:text='urn:oasis:names:tc:opendocument:xmlns:text:1.0' xmlns:table='urn:oasis:names:tc:opendocument:xmlns:table:1.0' \
    xmlns:draw='urn:oasis:names:tc:opendocument:xmlns:drawing:1.0' xmlns:style='urn:oasis:names:tc:opendocument:xmlns:style:1.0' \
    xmlns:fo='urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0' xmlns:xlink='http://www.w3.org/1999/xlink' \
    xmlns:svg='urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0' xmlns:dc='http://purl.org/dc/elements/1.1/' \
    xmlns:meta='urn:oasis:names:tc:opendocument:xmlns:meta:1.0'";
    const MIME: &[u8] = b"application/vnd.oasis.opendocument.text";

    fn content(styles: &str, body: &str) -> String {
        format!(
            "<office:document-content {SPACES}><office:automatic-styles>{styles}</office:automatic-styles><office:body>\
        <office:text>{body}</office:text></office:body></office:document-content>"
        )
    }

    fn made(styles: &str, body: &str, common: &str) -> Vec<u8> {
        let common = format!("<office:document-styles {SPACES}>{common}</office:document-styles>");
        let meta = format!(
            "<office:document-meta {SPACES}><office:meta><dc:title>Titel</dc:title><dc:creator>Kim</dc:creator></office:meta>\
        </office:document-meta>"
        );
        packed(&[
            ("mimetype", MIME),
            ("content.xml", content(styles, body).as_bytes()),
            ("styles.xml", common.as_bytes()),
            ("meta.xml", meta.as_bytes()),
        ])
    }

    fn drafted(styles: &str, body: &str, common: &str) -> Draft {
        let mut draft = read(&made(styles, body, common), &Limits::APPLICATION).unwrap();
        assert_eq!(draft.hidden.pop(), Some((Why::Metadata, "Titel".into())));
        draft
    }

    fn seen(draft: &Draft) -> Vec<(Part, Shape, &str)> {
        draft.pieces.iter().map(|piece| (piece.part, piece.shape, piece.text.as_str())).collect()
    }

    fn texts(draft: &Draft) -> Vec<&str> {
        draft.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    fn hidden(draft: &Draft) -> Vec<(Why, &str)> {
        draft.hidden.iter().map(|(why, text)| (*why, text.as_str())).collect()
    }

    fn style(family: &str, name: &str, parent: &str, properties: &str) -> String {
        format!(
            "<style:style style:family='{family}' style:name='{name}' style:parent-style-name='{parent}'>{properties}</style:style>"
        )
    }

    const WHITE_INK: &str = "<style:text-properties fo:color='#ffffff'/>";

    #[test]
    fn paragraphs_headings_items_and_rows_keep_their_shapes_and_their_order() {
        let body = "<text:h text:outline-level='1'>Utbildning</text:h><text:list><text:list-item><text:p>Läser</text:p>\
        </text:list-item></text:list><text:p>e-<text:span>tjänster</text:span><text:s text:c='3'/>a<text:tab/>b<text:line-break/>\
        c</text:p><table:table><table:table-row><table:table-cell><text:p>2019</text:p></table:table-cell><table:table-cell>\
        <text:p>Kock</text:p></table:table-cell></table:table-row></table:table>";
        let draft = drafted("", body, "");
        assert_eq!(
            seen(&draft),
            [
                (Part::Body, Shape::Heading, "Utbildning"),
                (Part::Body, Shape::Item, "Läser"),
                (Part::Body, Shape::Paragraph, "e-tjänster a b c"),
                (Part::Body, Shape::Row, "2019\tKock"),
            ]
        );
    }

    #[test]
    fn a_style_two_levels_up_hides_and_a_dark_cell_shows() {
        let styles = style("text", "a", "", WHITE_INK)
            + &style("text", "b", "a", "")
            + &style("text", "c", "b", "")
            + &style(
                "table-cell",
                "dark",
                "",
                "<style:table-cell-properties fo:background-color='#1f3a5f'/>",
            )
            + &style("text", "lit", "a", "<style:text-properties fo:background-color='#000000'/>");
        let body = "<text:p>kvar <text:span text:style-name='c'>borta</text:span><text:span text:style-name='lit'>lyst</text:span>\
        </text:p><table:table><table:table-row><table:table-cell table:style-name='dark'><text:p><text:span \
        text:style-name='c'>cell</text:span></text:p></table:table-cell></table:table-row></table:table>";
        let draft = drafted(&styles, body, "");
        assert_eq!(texts(&draft), ["kvar lyst", "cell"]);
        assert_eq!(hidden(&draft), [(Why::Colour, "borta")]);
    }

    #[test]
    fn sizes_are_followed_through_percentages() {
        let styles = style("paragraph", "p", "", "<style:text-properties fo:font-size='10pt'/>")
            + &style("paragraph", "q", "p", "<style:text-properties fo:font-size='15%'/>")
            + &style("text", "t", "", "<style:text-properties fo:font-size='2pt'/>");
        let body = "<text:p text:style-name='p'>kvar<text:span text:style-name='t'>prick</text:span></text:p>\
        <text:p text:style-name='q'>liten</text:p>";
        let draft = drafted(&styles, body, "");
        assert_eq!(texts(&draft), ["kvar"]);
        assert_eq!(hidden(&draft), [(Why::Size, "prick"), (Why::Size, "liten")]);
    }

    #[test]
    fn an_automatic_colour_is_seen_though_it_is_written_as_transparent() {
        let loext = "xmlns:loext='urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0' loext:opacity='0%'";
        let automatic = format!("<style:text-properties style:use-window-font-color='true' {loext}/>");
        let clear = format!("<style:text-properties fo:color='#000000' {loext}/>");
        let styles = style("text", "a", "", &automatic) + &style("text", "c", "", &clear);
        let body = "<text:p><text:span text:style-name='a'>syns</text:span><text:span text:style-name='c'>borta</text:span></text:p>";
        let draft = drafted(&styles, body, "");
        assert_eq!(texts(&draft), ["syns"]);
        assert_eq!(hidden(&draft), [(Why::Unmarked, "borta")]);
    }

    #[test]
    fn deletions_comments_and_descriptions_are_hidden() {
        let body = "<text:tracked-changes><text:changed-region><text:deletion><office:change-info><dc:creator>Kim</dc:creator>\
        <dc:date>2024-01-01T00:00:00</dc:date></office:change-info><text:p>struket</text:p></text:deletion></text:changed-region></text:tracked-changes>\
        <text:p>text<office:annotation><dc:creator>Kim</dc:creator><text:p>Anställ</text:p></office:annotation><draw:frame>\
        <draw:image/><svg:desc>En bild</svg:desc></draw:frame></text:p>";
        let draft = drafted("", body, "");
        assert_eq!(texts(&draft), ["text"]);
        assert_eq!(
            hidden(&draft),
            [(Why::Deleted, "struket"), (Why::Comment, "Anställ"), (Why::AltText, "En bild")]
        );
    }

    #[test]
    fn text_that_is_marked_as_hidden_is_hidden() {
        let styles = style("text", "h", "", "<style:text-properties text:display='none'/>");
        let body = "<text:p>a<text:span text:style-name='h'>b</text:span><text:hidden-text text:string-value='c'/></text:p>\
        <text:p>d<text:hidden-paragraph text:is-hidden='true'/>e</text:p><text:section text:display='none'><text:p>f</text:p>\
        </text:section>";
        let draft = drafted(&styles, body, "");
        assert_eq!(texts(&draft), ["a"]);
        let all: Vec<&str> = draft.hidden.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(
            all.concat().chars().collect::<std::collections::BTreeSet<_>>().into_iter().collect::<String>(),
            "bcdef"
        );
        assert!(draft.hidden.iter().all(|(why, _)| *why == Why::Marked));
    }

    #[test]
    fn a_text_box_is_read_on_its_own_ground() {
        let graphic = |fill: &str| style("graphic", "g", "", &format!("<style:graphic-properties {fill}/>"));
        let body = "<text:p>före<draw:frame draw:style-name='g' svg:width='5cm' svg:height='2cm'><draw:text-box><text:p><text:span \
        text:style-name='w'>ruta</text:span></text:p></draw:text-box></draw:frame></text:p>";
        let white = style("text", "w", "", WHITE_INK);
        let dark = graphic("draw:fill='solid' draw:fill-color='#1f3a5f'") + &white;
        assert_eq!(texts(&drafted(&dark, body, "")), ["före", "ruta"]);
        let light = graphic("draw:fill='solid' draw:fill-color='#ffffff'") + &white;
        assert_eq!(hidden(&drafted(&light, body, "")), [(Why::Colour, "ruta")]);
        let none = graphic("draw:fill='none'") + &white;
        assert_eq!(hidden(&drafted(&none, body, "")), [(Why::Colour, "ruta")]);
    }

    #[test]
    fn notes_come_after_the_text_and_headers_last() {
        let common = "<office:master-styles><style:master-page style:name='m' style:page-layout-name='l'><style:header><text:p>Kim \
        Exempel</text:p></style:header></style:master-page></office:master-styles>";
        let body = "<text:p>ett<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>not</text:p>\
        </text:note-body></text:note></text:p><text:p>två</text:p>";
        let draft = drafted("", body, common);
        let parts: Vec<_> = draft.pieces.iter().map(|piece| (piece.part, piece.text.as_str())).collect();
        assert_eq!(
            parts,
            [(Part::Body, "ett"), (Part::Body, "två"), (Part::Note, "not"), (Part::Margin, "Kim Exempel")]
        );
    }

    #[test]
    fn the_colour_of_the_page_counts() {
        let common = "<office:automatic-styles><style:page-layout style:name='l'><style:page-layout-properties \
        fo:background-color='#1f3a5f'/></style:page-layout></office:automatic-styles><office:master-styles><style:master-page \
        style:name='m' style:page-layout-name='l'/></office:master-styles>";
        let styles = style("text", "w", "", WHITE_INK);
        let body = "<text:p><text:span text:style-name='w'>vit</text:span></text:p>";
        assert_eq!(texts(&drafted(&styles, body, common)), ["vit"]);
        assert_eq!(hidden(&drafted(&styles, body, "")), [(Why::Colour, "vit")]);
    }

    #[test]
    fn an_encrypted_document_is_told_from_a_broken_one() {
        let manifest = b"<manifest:manifest xmlns:manifest='urn:oasis:names:tc:opendocument:xmlns:manifest:1.0'><manifest:file-entry>\
        <manifest:encryption-data/></manifest:file-entry></manifest:manifest>";
        let bytes =
            packed(&[("mimetype", MIME), ("META-INF/manifest.xml", manifest), ("content.xml", b"\x01\x02")]);
        assert_eq!(read(&bytes, &Limits::APPLICATION).unwrap_err(), Refusal::Encrypted);
        let bytes = packed(&[("mimetype", MIME)]);
        assert!(matches!(read(&bytes, &Limits::APPLICATION), Err(Refusal::Broken(_))));
    }

    #[test]
    fn bombs_end_in_a_refusal() {
        let only = |text: &[u8]| {
            read(&packed(&[("mimetype", MIME), ("content.xml", text)]), &Limits::APPLICATION).unwrap_err()
        };
        assert!(matches!(only(&vec![0; 100 << 20]), Refusal::TooMuch(_)));
        assert_eq!(only(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), Refusal::Entities);
        for name in ["text:p", "text:span", "text:list", "draw:frame", "table:table", "text:section"] {
            let deep = format!("<{name}>").repeat(10_000) + &format!("</{name}>").repeat(10_000);
            assert!(matches!(only(content("", &deep).as_bytes()), Refusal::TooMuch(_)), "{name}");
        }
        let spaces = "<text:p><text:s text:c='4000000000'/></text:p>".repeat(50);
        assert!(drafted("", &spaces, "").pieces.is_empty());
    }

    fn valid() -> Vec<u8> {
        let styles = style("text", "w", "v", WHITE_INK) + &style("text", "v", "w", "");
        let body = "<text:p>före<text:span text:style-name='w'>vit</text:span><draw:frame svg:width='5cm'><draw:text-box><text:p>ruta\
        </text:p></draw:text-box></draw:frame></text:p><table:table><table:table-row><table:table-cell><text:p>a</text:p>\
        </table:table-cell></table:table-row></table:table>";
        made(&styles, body, "<office:master-styles/>")
    }

    #[test]
    fn a_file_that_is_cut_off_anywhere_is_refused() {
        let bytes = valid();
        for end in (0..bytes.len()).step_by(97) {
            assert!(read(&bytes[..end], &Limits::APPLICATION).is_err());
        }
        let text = content("", &format!("<text:p>{}</text:p>", "ord ".repeat(3_000)));
        for end in (0..text.len()).step_by(997) {
            let cut = packed(&[("mimetype", MIME), ("content.xml", &text.as_bytes()[..end])]);
            assert!(matches!(read(&cut, &Limits::APPLICATION), Err(Refusal::Broken(_))));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn bytes_that_nobody_would_write_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
            let _ = read(&bytes, &Limits::APPLICATION);
            let _ = read(&packed(&[("content.xml", &bytes)]), &Limits::APPLICATION);
        }

        #[test]
        fn flipped_bits_do_no_harm(flips in prop::collection::vec((any::<prop::sample::Index>(), 0..8_u8), 1..8)) {
            let mut bytes = valid();
            for (at, bit) in flips {
                let at = at.index(bytes.len());
                bytes[at] ^= 1 << bit;
            }
            let _ = crate::kind::kind_of(&bytes);
            let _ = read(&bytes, &Limits::APPLICATION);
        }
    }
}
