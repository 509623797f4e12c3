//! DOCX: word processing in Office Open XML (ECMA-376-1 and -2, transitional and strict).
//!
//! The main part is found through the relationships of the package. What stands in it is read once, from the
//! beginning to the end: paragraphs, lists, tables, text boxes; then the notes, headers and footers that it refers
//! to. What Word would not show is put aside with the reason. Links, embedded files and other documents are not
//! followed.
//!
//! Two things need a laid-out page and are guessed in favour of what a person wrote: letters of the colour of the page
//! are taken as seen when a large drawing in another colour stands behind the text, and in a text box
//! without fill when any drawing of its size is there.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::xml::{self, Element, Event, Reader, Space};
use crate::zipped::Archive;
use crate::{Draft, Limits, Part, Piece, Refusal, Shape, Why};
use colour::{Fill, Ground, Ink, WHITE};
use package::Relations;
use shapes::Scene;
use styles::{Palette, ParaLook, RunLook, Styles};

pub(crate) mod colour;
mod package;
mod shapes;
mod styles;
mod tables;

/// Half-points up to which letters are too small to be read.
const TINY: u32 = 4;
/// Twips of an exact line that show nothing of what stands in it.
const FLAT: u32 = 40;
/// Percent of their width at which letters are strokes.
const NARROW: u32 = 10;
/// Square EMU from which a drawing may lie behind running text: eight in a hundred of an A4 page.
const WIDE: f64 = 6.5e12;
/// Reads a DOCX.
///
/// # Errors
/// [`Refusal::Broken`] when there is no main part or it is not well-formed, and every limit.
pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Draft, Refusal> {
    let mut archive = Archive::open(bytes, limits)?;
    let main = package::main_part(&mut archive, limits)?;
    let relations = Relations::of(&mut archive, &main, limits)?;
    let mut text = HashMap::new();
    for kind in ["theme", "settings", "styles"] {
        if let Some(bytes) = relations.first(kind).map(|name| archive.part(name)).transpose()?.flatten() {
            text.insert(kind, xml::decode(&bytes)?.into_owned());
        }
    }
    let mut palette = Palette::default();
    if let Some(theme) = text.get("theme") {
        palette.theme(theme, limits)?;
    }
    let settings = match text.get("settings") {
        Some(text) => package::settings(text, &mut palette, limits)?,
        None => package::Settings::default(),
    };
    let styles = match text.get("styles") {
        Some(text) => Styles::load(text, &palette, limits)?,
        None => Styles::default(),
    };
    let mut story = Story {
        limits,
        styles,
        palette,
        shows_background: settings.background,
        page: vec![Fill::Rgb(WHITE)],
        backdrops: Vec::new(),
        relations: Relations::default(),
        draft: Draft::default(),
        chars: 0,
        notes: HashSet::new(),
        margins: HashSet::new(),
        fields: Vec::new(),
        graphics: Vec::new(),
        left_out: 0,
    };
    let Some(body) = archive.part(&main)? else {
        return Err(Refusal::Broken("the document has no main part".into()));
    };
    let body = xml::decode(&body)?;
    let margins = package::parts(&mut archive, &relations, &["header", "footer"])?;
    for text in margins.iter().map(|(_, text)| text.as_str()).chain([body.as_ref()]) {
        story.backdrops.extend(package::backdrops(text, &story.palette, limits)?);
    }
    story.relations = relations.clone();
    let mut flow = Flow::default();
    story.whole(&body, &Context::default(), &mut flow)?;
    story.graphics(&mut archive, &mut flow)?;
    story.give(Part::Body, flow)?;
    story.notes(&mut archive, &relations)?;
    story.margins(margins, &relations, settings.even)?;
    story.comments(&mut archive, &relations)?;
    for (why, text) in package::asides(&mut archive, limits)? {
        story.hide(why, &text);
    }
    Ok(story.draft)
}

/// What holds at a place.
#[derive(Clone, Default)]
struct Context {
    /// Why nothing here is seen, whatever it looks like.
    gone: Option<Why>,
    /// What lies behind, nearer than the page.
    ground: Option<Rc<Ground>>,
    /// How runs of the table around it look.
    table: Rc<RunLook>,
}

impl Context {
    fn gone(&self, why: Why) -> Context {
        Context { gone: self.gone.or(Some(why)), ..self.clone() }
    }

    fn on(&self, ground: Ground) -> Context {
        Context { ground: Some(Rc::new(ground)), ..self.clone() }
    }
}

/// Pieces in reading order.
#[derive(Default)]
struct Flow {
    pieces: Vec<(Shape, String)>,
}

/// A paragraph that is being read.
#[derive(Default)]
struct Paragraph {
    text: String,
    look: ParaLook,
    heading: bool,
    /// What lies behind, with its own shading.
    context: Context,
    /// Text boxes that are anchored in it.
    boxes: Flow,
    /// What is hidden in it, one text a reason.
    hidden: Vec<(Why, String)>,
}

struct Story<'a> {
    limits: &'a Limits,
    styles: Styles,
    palette: Palette,
    shows_background: bool,
    page: Vec<Fill>,
    backdrops: Vec<package::Backdrop>,
    relations: Relations,
    draft: Draft,
    chars: usize,
    notes: HashSet<(bool, String)>,
    margins: HashSet<(String, String)>,
    /// Fields that are open, and whether their result has begun.
    fields: Vec<bool>,
    /// Relationships of diagrams and charts.
    graphics: Vec<String>,
    left_out: usize,
}

impl Story<'_> {
    fn hide(&mut self, why: Why, text: &str) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        // What is kept is cut at the end; what is far beyond that need not be held.
        if !text.is_empty() && self.left_out < self.limits.part {
            self.left_out += text.len();
            self.draft.hidden.push((why, text));
        }
    }

    fn give(&mut self, part: Part, flow: Flow) -> Result<(), Refusal> {
        for (shape, text) in flow.pieces {
            self.chars += text.chars().count();
            if self.chars > self.limits.chars {
                return Err(Refusal::TooMuch("characters".into()));
            }
            self.draft.pieces.push(Piece { part, shape, page: 0, text });
        }
        Ok(())
    }

    /// Reads a part from its beginning.
    fn whole(&mut self, text: &str, context: &Context, flow: &mut Flow) -> Result<(), Refusal> {
        let mut reader = Reader::new(text, self.limits);
        self.fields.clear();
        self.blocks(&mut reader, context, flow)
    }

    /// Reads blocks up to the end of what holds them.
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
            (Space::W, "p") => self.paragraph(reader, context, flow),
            (Space::W, "tbl") => self.table(reader, context, flow),
            (Space::W, "background") => {
                if self.shows_background {
                    self.page = vec![self.palette.page(element).unwrap_or(Fill::Rgb(WHITE))];
                    // A picture or a pattern lies over the colour.
                    if !reader.rest()?.is_empty() {
                        self.page.push(Fill::Unknown);
                    }
                    return Ok(());
                }
                reader.skip()
            }
            (Space::W, "sectPr") => self.section(reader),
            (Space::W, "altChunk") => {
                let name = element.attr_in(Space::R, "id").and_then(|id| self.relations.by_id(id));
                let name = name.unwrap_or("a part of another document").to_owned();
                self.hide(Why::Embedded, &name);
                reader.skip()
            }
            (Space::W, "del" | "moveFrom") => self.blocks(reader, &context.gone(Why::Deleted), flow),
            (Space::W, name) if is_aside(name) => reader.skip(),
            (Space::Mc, "AlternateContent") => {
                let mut chosen = false;
                loop {
                    match reader.next()? {
                        Event::Start(element) if self.chooses(reader, &element, &mut chosen) => {
                            self.blocks(reader, context, flow)?;
                        }
                        Event::Start(_) => reader.skip()?,
                        Event::Text(_) => {}
                        Event::End | Event::Eof => return Ok(()),
                    }
                }
            }
            (Space::W, "r" | "hyperlink" | "t") => {
                // A run outside of any paragraph: Word would not open it, other programs show it.
                let mut paragraph = self.fresh(context, ParaLook::default());
                self.inline(reader, element, &context.clone(), &mut paragraph)?;
                self.end(paragraph, flow);
                Ok(())
            }
            (Space::W, _) => self.blocks(reader, context, flow),
            _ => self.strange(reader),
        }
    }

    /// Leaves out what Word does not know and so does not show.
    fn strange(&mut self, reader: &mut Reader<'_>) -> Result<(), Refusal> {
        let text = reader.rest()?;
        self.hide(Why::Marked, &text);
        Ok(())
    }

    /// Whether this branch of alternatives is the one that is shown: the first whose needs are known.
    fn chooses(&self, reader: &Reader<'_>, element: &Element, chosen: &mut bool) -> bool {
        let fits = match element.name.as_str() {
            "Choice" => element
                .attr("Requires")
                .unwrap_or("?")
                .split_whitespace()
                .all(|prefix| !matches!(reader.space_of(prefix), Space::Other | Space::None)),
            name => name == "Fallback",
        };
        let chooses = element.space == Space::Mc && fits && !*chosen;
        *chosen |= chooses;
        chooses
    }

    /// Headers and footers that a section refers to.
    fn section(&mut self, reader: &mut Reader<'_>) -> Result<(), Refusal> {
        let mut found = Vec::new();
        let mut first = false;
        loop {
            match reader.next()? {
                Event::Start(element) => {
                    if element.is(Space::W, "headerReference") || element.is(Space::W, "footerReference") {
                        let kind = element.attr("type").unwrap_or("default").to_owned();
                        found.extend(element.attr_in(Space::R, "id").map(|id| (id.to_owned(), kind)));
                    }
                    first |= element.is(Space::W, "titlePg") && styles::on(&element);
                    reader.skip()?;
                }
                Event::Text(_) => {}
                Event::End | Event::Eof => break,
            }
        }
        // That of a first page is shown where the section has a first page of its own.
        self.margins.extend(found.into_iter().filter(|(_, kind)| first || kind != "first"));
        Ok(())
    }

    fn fresh(&self, context: &Context, direct: ParaLook) -> Paragraph {
        let (look, heading) = self.styles.paragraph(&direct);
        let look = ParaLook { style: direct.style, ..look };
        let mut context = match look.shade {
            Some(fill) if fill != Fill::Clear => context.on(Ground::of(fill)),
            _ => context.clone(),
        };
        if look.exact.is_some_and(|line| line > 0 && line <= FLAT) {
            context = context.gone(Why::Size);
        }
        let heading = look.level.map_or(heading, |level| level < 9);
        Paragraph { look, heading, context, ..Paragraph::default() }
    }

    fn paragraph(&mut self, reader: &mut Reader<'_>, context: &Context, flow: &mut Flow) -> Result<(), Refusal> {
        let mut paragraph = self.fresh(context, ParaLook::default());
        loop {
            match reader.next()? {
                Event::Start(element) if element.is(Space::W, "pPr") => {
                    let direct = {
                        let palette = std::mem::take(&mut self.palette);
                        let direct = styles::para_look(reader, &palette, |reader, element| {
                            if element.is(Space::W, "sectPr") { self.section(reader) } else { reader.skip() }
                        });
                        self.palette = palette;
                        direct?
                    };
                    paragraph = Paragraph { text: paragraph.text, ..self.fresh(context, direct) };
                }
                Event::Start(element) => {
                    let context = paragraph.context.clone();
                    self.inline(reader, &element, &context, &mut paragraph)?;
                }
                Event::Text(_) => {}
                Event::End | Event::Eof => break,
            }
        }
        self.end(paragraph, flow);
        Ok(())
    }

    fn end(&mut self, paragraph: Paragraph, flow: &mut Flow) {
        let text = paragraph.text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.is_empty() {
            let shape = if paragraph.heading {
                Shape::Heading
            } else if paragraph.look.listed == Some(true) {
                Shape::Item
            } else {
                Shape::Paragraph
            };
            flow.pieces.push((shape, text));
        }
        flow.pieces.extend(paragraph.boxes.pieces);
        for (why, text) in paragraph.hidden {
            self.hide(why, &text);
        }
    }

    /// Reads what stands in a paragraph: runs, and what holds runs.
    fn inline(
        &mut self,
        reader: &mut Reader<'_>,
        element: &Element,
        context: &Context,
        paragraph: &mut Paragraph,
    ) -> Result<(), Refusal> {
        let within = match (element.space, element.name.as_str()) {
            (Space::W | Space::M, "r") => return self.run(reader, context, paragraph),
            (Space::W, "del" | "moveFrom") => context.gone(Why::Deleted),
            (Space::W, "p" | "tbl") => {
                let mut flow = Flow::default();
                self.block(reader, element, context, &mut flow)?;
                paragraph.boxes.pieces.extend(flow.pieces);
                return Ok(());
            }
            (Space::W, name) if is_aside(name) => return reader.skip(),
            (Space::W | Space::M, _) => context.clone(),
            (Space::Mc, "AlternateContent") => {
                let mut chosen = false;
                loop {
                    match reader.next()? {
                        Event::Start(element) if self.chooses(reader, &element, &mut chosen) => {
                            self.inlines(reader, context, paragraph)?;
                        }
                        Event::Start(_) => reader.skip()?,
                        Event::Text(_) => {}
                        Event::End | Event::Eof => return Ok(()),
                    }
                }
            }
            (Space::V | Space::Wp | Space::A, _) => {
                return self.drawing(reader, element, context, &mut Scene::default(), paragraph);
            }
            _ => return self.strange(reader),
        };
        self.inlines(reader, &within, paragraph)
    }

    fn inlines(
        &mut self,
        reader: &mut Reader<'_>,
        context: &Context,
        paragraph: &mut Paragraph,
    ) -> Result<(), Refusal> {
        loop {
            match reader.next()? {
                Event::Start(element) => self.inline(reader, &element, context, paragraph)?,
                Event::Text(_) => {}
                Event::End | Event::Eof => return Ok(()),
            }
        }
    }

    /// Reads a run to its end.
    fn run(
        &mut self,
        reader: &mut Reader<'_>,
        context: &Context,
        paragraph: &mut Paragraph,
    ) -> Result<(), Refusal> {
        let mut direct = RunLook::default();
        let mut unseen = None;
        loop {
            let element = match reader.next()? {
                Event::Start(element) => element,
                Event::Text(_) => continue,
                Event::End | Event::Eof => return Ok(()),
            };
            if element.is(Space::W, "rPr") {
                direct = styles::run_look(reader, &self.palette)?;
                unseen = None;
                continue;
            }
            let why = *unseen.get_or_insert_with(|| self.unseen(context, paragraph, &direct));
            self.sign(reader, &element, context, why, paragraph)?;
        }
    }

    /// Reads what stands in a run.
    fn sign(
        &mut self,
        reader: &mut Reader<'_>,
        element: &Element,
        context: &Context,
        why: Option<Why>,
        paragraph: &mut Paragraph,
    ) -> Result<(), Refusal> {
        match (element.space, element.name.as_str()) {
            (Space::W | Space::M, "t" | "delText") => {
                let kept = element.attr_in(Space::Xml, "space") == Some("preserve");
                let text = reader.rest()?;
                let text = if kept || element.space == Space::M { text.as_str() } else { text.trim_matches([' ', '\t', '\r', '\n']) };
                let why = if element.name == "delText" { why.or(Some(Why::Deleted)) } else { why };
                self.put(text, why, paragraph);
                Ok(())
            }
            (Space::W, "tab" | "ptab" | "br" | "cr") => {
                self.put(" ", why, paragraph);
                reader.skip()
            }
            (Space::W, "noBreakHyphen") => {
                self.put("-", why, paragraph);
                reader.skip()
            }
            (Space::W, "sym") => {
                let code = element.attr("char").and_then(|code| u32::from_str_radix(code, 16).ok());
                let sign = match code {
                    // Fonts of pictures: what they show is no letter.
                    Some(0xf0b7 | 0xf0a7 | 0xf0d8) => Some('•'),
                    Some(0xe000..=0xf8ff) => Some(' '),
                    code => code.and_then(char::from_u32),
                };
                self.put(sign.unwrap_or(' ').encode_utf8(&mut [0; 4]), why, paragraph);
                reader.skip()
            }
            (Space::W, "fldChar") => {
                match element.attr("fldCharType") {
                    Some("begin") if self.fields.len() < self.limits.depth => self.fields.push(false),
                    Some("begin") => return Err(Refusal::TooMuch("fields within fields".into())),
                    Some("separate") => self.fields.last_mut().into_iter().for_each(|begun| *begun = true),
                    Some("end") => drop(self.fields.pop()),
                    _ => {}
                }
                reader.skip()
            }
            (Space::W, "footnoteReference" | "endnoteReference") => {
                if why.is_none() {
                    let foot = element.name == "footnoteReference";
                    self.notes.extend(element.attr("id").map(|id| (foot, id.to_owned())));
                }
                reader.skip()
            }
            (Space::W, "drawing" | "pict" | "object") | (Space::V | Space::Wp | Space::A, _) => {
                let context = Context { gone: why.filter(|why| *why != Why::Colour).or(context.gone), ..context.clone() };
                self.drawing(reader, element, &context, &mut Scene::default(), paragraph)
            }
            (Space::W, "ruby" | "rt" | "rubyBase") => self.inlines(reader, context, paragraph),
            (Space::W, _) => reader.skip(),
            (Space::Mc, "AlternateContent") => {
                let mut chosen = false;
                loop {
                    match reader.next()? {
                        Event::Start(element) if self.chooses(reader, &element, &mut chosen) => loop {
                            match reader.next()? {
                                Event::Start(element) => self.sign(reader, &element, context, why, paragraph)?,
                                Event::Text(_) => {}
                                Event::End | Event::Eof => break,
                            }
                        },
                        Event::Start(_) => reader.skip()?,
                        Event::Text(_) => {}
                        Event::End | Event::Eof => return Ok(()),
                    }
                }
            }
            (Space::M | Space::W14, _) => reader.skip(),
            _ => self.strange(reader),
        }
    }

    fn put(&mut self, text: &str, why: Option<Why>, paragraph: &mut Paragraph) {
        // The instruction of a field is not shown, whatever is written in it.
        let why = why.or(self.fields.contains(&false).then_some(Why::Marked));
        let text = text.replace('\u{ad}', "");
        match why {
            None => paragraph.text.push_str(&text),
            Some(why) => match paragraph.hidden.iter_mut().find(|(other, _)| *other == why) {
                Some((_, sum)) => sum.push_str(&text),
                None => paragraph.hidden.push((why, text)),
            },
        }
    }

    /// Why a run is not seen, when it is not.
    fn unseen(&self, context: &Context, paragraph: &Paragraph, direct: &RunLook) -> Option<Why> {
        if context.gone.is_some() {
            return context.gone;
        }
        let look = self.styles.run(&context.table, paragraph.look.style.as_deref(), direct);
        if look.vanish == Some(true) || look.aside == Some(true) {
            return Some(Why::Marked);
        }
        if look.size.is_some_and(|size| size <= TINY) || look.scale.is_some_and(|scale| scale <= NARROW) {
            return Some(Why::Size);
        }
        if look.unmarked == Some(true) {
            return Some(Why::Unmarked);
        }
        let ink @ Ink::Rgb(_) = look.ink? else { return None };
        let own = [look.highlight, look.shade].into_iter().flatten().find(|fill| *fill != Fill::Clear);
        let swallowed = match (own, &context.ground) {
            (Some(fill), _) => Ground::of(fill).swallows(ink),
            (None, Some(ground)) => ground.swallows(ink),
            (None, None) => self.open_page().swallows(ink),
        };
        swallowed.then_some(Why::Colour)
    }

    /// What may lie behind running text.
    fn open_page(&self) -> Ground {
        let mut ground = Ground::default();
        let behind = self.backdrops.iter().filter(|drop| drop.behind && drop.area >= WIDE);
        self.page.iter().chain(behind.flat_map(|drop| &drop.fills)).for_each(|fill| ground.perhaps(*fill));
        ground
    }

    /// Texts of diagrams and charts, which stand in parts of their own.
    fn graphics(&mut self, archive: &mut Archive<'_>, flow: &mut Flow) -> Result<(), Refusal> {
        for id in std::mem::take(&mut self.graphics) {
            let Some(name) = self.relations.by_id(&id).map(str::to_owned) else { continue };
            let Some(bytes) = archive.part(&name)? else { continue };
            let text = xml::decode(&bytes)?;
            let texts = package::drawn_texts(&text, self.limits)?;
            flow.pieces.extend(texts.into_iter().map(|text| (Shape::Paragraph, text)));
        }
        Ok(())
    }

    fn notes(&mut self, archive: &mut Archive<'_>, relations: &Relations) -> Result<(), Refusal> {
        for kind in ["footnotes", "endnotes"] {
            let foot = kind == "footnotes";
            for (name, text) in package::parts(archive, relations, &[kind])? {
                self.relations = Relations::of(archive, &name, self.limits)?;
                let mut reader = Reader::new(&text, self.limits);
                loop {
                    match reader.next()? {
                        Event::Start(element) if element.is(Space::W, kind) => {}
                        Event::Start(element) if element.space == Space::W && element.name.ends_with("note") => {
                            let id = element.attr("id").unwrap_or_default().to_owned();
                            let shown = self.notes.contains(&(foot, id));
                            self.aside(&mut reader, Part::Note, shown)?;
                        }
                        Event::Start(_) => reader.skip()?,
                        Event::Eof => break,
                        _ => {}
                    }
                }
            }
        }
        Ok(())
    }

    /// Reads blocks that are shown on condition that something refers to them.
    fn aside(&mut self, reader: &mut Reader<'_>, part: Part, shown: bool) -> Result<(), Refusal> {
        let context = Context::default();
        let context = if shown { context } else { context.gone(Why::Marked) };
        let mut flow = Flow::default();
        self.fields.clear();
        self.blocks(reader, &context, &mut flow)?;
        self.give(part, flow)
    }

    fn margins(&mut self, parts: Vec<(String, String)>, relations: &Relations, even: bool) -> Result<(), Refusal> {
        let mut seen: HashSet<String> = HashSet::new();
        let shown: HashSet<String> = std::mem::take(&mut self.margins)
            .into_iter()
            .filter(|(_, kind)| even || kind != "even")
            .filter_map(|(id, _)| relations.by_id(&id).map(str::to_owned))
            .collect();
        for (name, text) in parts {
            let mut reader = Reader::new(&text, self.limits);
            let context = Context::default();
            let context = if shown.contains(&name) { context } else { context.gone(Why::Marked) };
            let mut flow = Flow::default();
            self.fields.clear();
            self.blocks(&mut reader, &context, &mut flow)?;
            flow.pieces.retain(|(_, text)| seen.insert(text.clone()));
            self.give(Part::Margin, flow)?;
        }
        Ok(())
    }

    fn comments(&mut self, archive: &mut Archive<'_>, relations: &Relations) -> Result<(), Refusal> {
        for (_, text) in package::parts(archive, relations, &["comments"])? {
            let mut reader = Reader::new(&text, self.limits);
            loop {
                match reader.next()? {
                    Event::Start(element) if element.is(Space::W, "comment") => {
                        let text = reader.rest()?;
                        self.hide(Why::Comment, &text);
                    }
                    Event::Eof => break,
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

/// Properties, and what a change was before: none of it is text.
fn is_aside(name: &str) -> bool {
    name.ends_with("Pr") || name.ends_with("PrChange") || name.ends_with("PrEx") || name == "instrText" || name == "proofErr"
}
