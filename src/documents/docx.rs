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
use palette::Palette;
use shapes::Scene;
use styles::{ParaLook, RunLook, Styles};

pub(crate) mod colour;
mod around;
mod package;
mod palette;
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
        open: Ground::default(),
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
    story.backdrops.truncate(package::BACKDROPS);
    story.open = story.open_page();
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
    /// What may lie behind running text, of the page and the drawings behind it.
    open: Ground,
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
                    self.picture_of_page(reader)?;
                    self.open = self.open_page();
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
                        Event::Start(element) if Self::chooses(reader, &element, &mut chosen) => {
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

    /// A picture or a pattern lies over the colour of the page.
    fn picture_of_page(&mut self, reader: &mut Reader<'_>) -> Result<(), Refusal> {
        let mut open = 1_usize;
        while open > 0 {
            match reader.next()? {
                Event::Start(element) => {
                    open += 1;
                    if element.is(Space::V, "fill")
                        && element.attr("type").is_some_and(|kind| kind != "solid")
                    {
                        self.page.push(Fill::Unknown);
                    }
                }
                Event::End => open -= 1,
                Event::Text(_) => {}
                Event::Eof => break,
            }
        }
        Ok(())
    }

    /// Leaves out what Word does not know and so does not show.
    fn strange(&mut self, reader: &mut Reader<'_>) -> Result<(), Refusal> {
        let text = reader.rest()?;
        self.hide(Why::Marked, &text);
        Ok(())
    }

    /// Whether this branch of alternatives is the one that is shown: the first whose needs are known.
    fn chooses(reader: &Reader<'_>, element: &Element, chosen: &mut bool) -> bool {
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

    fn paragraph(
        &mut self,
        reader: &mut Reader<'_>,
        context: &Context,
        flow: &mut Flow,
    ) -> Result<(), Refusal> {
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
                        Event::Start(element) if Self::chooses(reader, &element, &mut chosen) => {
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
                let text = if kept || element.space == Space::M {
                    text.as_str()
                } else {
                    text.trim_matches([' ', '\t', '\r', '\n'])
                };
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
                let context = Context {
                    gone: why.filter(|why| *why != Why::Colour).or(context.gone),
                    ..context.clone()
                };
                self.drawing(reader, element, &context, &mut Scene::default(), paragraph)
            }
            (Space::W, "ruby" | "rt" | "rubyBase") => self.inlines(reader, context, paragraph),
            (Space::W | Space::W14, _) => reader.skip(),
            (Space::Mc, "AlternateContent") => {
                let mut chosen = false;
                loop {
                    match reader.next()? {
                        Event::Start(element) if Self::chooses(reader, &element, &mut chosen) => loop {
                            match reader.next()? {
                                Event::Start(element) => {
                                    self.sign(reader, &element, context, why, paragraph)?;
                                }
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
            (None, None) => self.open.swallows(ink),
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
}

/// Properties, and what a change was before: none of it is text.
fn is_aside(name: &str) -> bool {
    name.ends_with("Pr")
        || name.ends_with("PrChange")
        || name.ends_with("PrEx")
        || name == "instrText"
        || name == "proofErr"
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::zipped::tests::packed;

    const SPACES: &str = "xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main' \
    xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships' \
    xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006' \
    xmlns:wp='http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing' \
    xmlns:a='http://schemas.openxmlformats.org/drawingml/2006/main' \
    xmlns:wps='http://schemas.microsoft.com/office/word/2010/wordprocessingShape' \
    xmlns:w14='http://schemas.microsoft.com/office/word/2010/wordml' \
    xmlns:v='urn:schemas-microsoft-com:vml' xmlns:x='urn:example:unknown'";
    const TYPES: &str = "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'><Override \
    PartName='/word/document.xml' ContentType='application/vnd.openxmlformats-officedocument.\
    wordprocessingml.document.main+xml'/></Types>";

    /// A file whose body is this, with further parts: the name, the kind of the relationship, and the content of
    /// the root, whose name is the kind's.
    fn made(body: &str, parts: &[(&str, &str, &str)]) -> Vec<u8> {
        let mut relations = String::new();
        let mut files = Vec::new();
        for (index, (name, kind, content)) in parts.iter().enumerate() {
            relations.push_str(&format!(
                "<Relationship Id='r{index}' Target='{name}' \
            Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}'/>"
            ));
            let root = match *kind {
                "header" => "hdr",
                "footer" => "ftr",
                kind => kind,
            };
            files.push((format!("word/{name}"), format!("<w:{root} {SPACES}>{content}</w:{root}>")));
        }
        files.push(("[Content_Types].xml".into(), TYPES.into()));
        let open = "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>";
        files.push(("word/_rels/document.xml.rels".into(), format!("{open}{relations}</Relationships>")));
        let background = "<w:background w:color='1F3A5F'/>";
        files.push((
            "word/document.xml".into(),
            format!("<w:document {SPACES}>{background}<w:body>{body}</w:body></w:document>"),
        ));
        let files: Vec<(&str, &[u8])> =
            files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
        packed(&files)
    }

    fn drafted(body: &str, parts: &[(&str, &str, &str)]) -> Draft {
        read(&made(body, parts), &Limits::APPLICATION).unwrap()
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

    fn para(look: &str, text: &str) -> String {
        format!("<w:p><w:r><w:rPr>{look}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r></w:p>")
    }

    const WHITE_INK: &str = "<w:color w:val='FFFFFF'/>";

    #[test]
    fn paragraphs_headings_and_items_keep_their_shapes_and_their_order() {
        let styles = "<w:style w:type='paragraph' w:styleId='Rubrik1'><w:name w:val='heading 1'/></w:style>\
        <w:style w:type='paragraph' w:styleId='Egen'><w:basedOn w:val='Rubrik1'/></w:style>";
        let body = "<w:p><w:pPr><w:pStyle w:val='Egen'/></w:pPr><w:r><w:t>Utbildning</w:t></w:r></w:p>\
        <w:p><w:pPr><w:numPr><w:numId w:val='3'/></w:numPr></w:pPr><w:r><w:t>Läser</w:t></w:r></w:p>\
        <w:p><w:pPr><w:outlineLvl w:val='1'/></w:pPr><w:r><w:t>Kurser</w:t></w:r></w:p>\
        <w:p><w:r><w:t xml:space='preserve'>e</w:t><w:noBreakHyphen/><w:t>tjänster</w:t><w:tab/><w:t>a</w:t>\
        <w:br/><w:t>kom</w:t><w:softHyphen/><w:t>mun</w:t></w:r></w:p>";
        let draft = drafted(body, &[("styles.xml", "styles", styles)]);
        assert_eq!(
            seen(&draft),
            [
                (Part::Body, Shape::Heading, "Utbildning"),
                (Part::Body, Shape::Item, "Läser"),
                (Part::Body, Shape::Heading, "Kurser"),
                (Part::Body, Shape::Paragraph, "e-tjänster a kommun"),
            ]
        );
        assert!(hidden(&draft).is_empty());
    }

    #[test]
    fn white_on_white_is_hidden_and_white_on_a_dark_ground_is_seen() {
        let shaded = "<w:color w:val='FFFFFF'/><w:shd w:val='clear' w:fill='1F3A5F'/>";
        let lit = "<w:color w:val='FFFFFF'/><w:highlight w:val='darkBlue'/>";
        let body = [para(WHITE_INK, "borta"), para(shaded, "skuggad"), para(lit, "struken")].concat()
            + "<w:p><w:pPr><w:shd w:val='clear' w:fill='202020'/></w:pPr><w:r><w:rPr><w:color w:val='FFFFFF'/></w:rPr>\
            <w:t>stycke</w:t></w:r></w:p>"
            + &para("<w:color w:val='000000'/><w:shd w:val='solid' w:color='000000'/>", "svart")
            + &para("<w:color w:val='auto'/><w:shd w:val='clear' w:fill='000000'/>", "auto");
        let draft = drafted(&body, &[]);
        assert_eq!(texts(&draft), ["skuggad", "struken", "stycke", "auto"]);
        assert_eq!(hidden(&draft), [(Why::Colour, "borta"), (Why::Colour, "svart")]);
    }

    #[test]
    fn a_colour_of_the_theme_counts_and_not_the_one_written_beside_it() {
        let body = para("<w:color w:val='000000' w:themeColor='background1'/>", "borta")
            + &para("<w:color w:val='FFFFFF' w:themeColor='text1'/>", "kvar")
            + &para("<w:color w:val='000000' x:val='123456' w:themeColor='accent1'/>", "accent");
        let draft = drafted(&body, &[]);
        assert_eq!(texts(&draft), ["kvar", "accent"]);
        assert_eq!(hidden(&draft), [(Why::Colour, "borta")]);
    }

    #[test]
    fn a_style_two_levels_up_hides() {
        let styles = "<w:style w:type='character' w:styleId='Far'><w:rPr><w:color w:val='FFFFFF'/></w:rPr></w:style>\
        <w:style w:type='character' w:styleId='Barn'><w:basedOn w:val='Far'/></w:style>\
        <w:style w:type='character' w:styleId='Barnbarn'><w:basedOn w:val='Barn'/></w:style>\
        <w:style w:type='paragraph' w:styleId='Dold'><w:rPr><w:vanish/></w:rPr></w:style>\
        <w:style w:type='paragraph' w:styleId='DoldBarn'><w:basedOn w:val='Dold'/></w:style>";
        let body = para("<w:rStyle w:val='Barnbarn'/>", "vit")
            + "<w:p><w:pPr><w:pStyle w:val='DoldBarn'/></w:pPr><w:r><w:t>dold</w:t></w:r><w:r><w:rPr>\
            <w:vanish w:val='0'/></w:rPr><w:t>visad</w:t></w:r></w:p>";
        let draft = drafted(&body, &[("styles.xml", "styles", styles)]);
        assert_eq!(texts(&draft), ["visad"]);
        assert_eq!(hidden(&draft), [(Why::Colour, "vit"), (Why::Marked, "dold")]);
    }

    #[test]
    fn a_ring_of_styles_ends() {
        let styles = "<w:style w:type='paragraph' w:styleId='A'><w:basedOn w:val='B'/></w:style>\
        <w:style w:type='paragraph' w:styleId='B'><w:basedOn w:val='A'/><w:rPr><w:vanish/></w:rPr></w:style>";
        let body = "<w:p><w:pPr><w:pStyle w:val='A'/></w:pPr><w:r><w:t>dold</w:t></w:r></w:p>";
        let draft = drafted(body, &[("styles.xml", "styles", styles)]);
        assert_eq!(hidden(&draft), [(Why::Marked, "dold")]);
    }

    #[test]
    fn letters_too_small_too_narrow_or_without_fill_are_hidden() {
        let body = para("<w:sz w:val='4'/>", "liten")
            + &para("<w:sz w:val='5'/>", "läslig")
            + &para("<w:sz w:val='1pt'/>", "punkt")
            + &para("<w:w w:val='1'/>", "smal")
            + &para("<w14:textFill><w14:noFill/></w14:textFill>", "ofylld")
            + "<w:p><w:pPr><w:spacing w:line='1' w:lineRule='exact'/></w:pPr><w:r><w:t>platt</w:t></w:r></w:p>";
        let draft = drafted(&body, &[]);
        assert_eq!(texts(&draft), ["läslig"]);
        let wanted = [
            (Why::Size, "liten"),
            (Why::Size, "punkt"),
            (Why::Size, "smal"),
            (Why::Unmarked, "ofylld"),
            (Why::Size, "platt"),
        ];
        assert_eq!(hidden(&draft), wanted);
    }

    #[test]
    fn deletions_are_hidden_and_insertions_seen() {
        let body = "<w:p><w:r><w:t xml:space='preserve'>Jag har </w:t></w:r><w:del w:id='1'><w:r><w:delText>inte</w:delText></w:r>\
        </w:del><w:ins w:id='2'><w:r><w:t>körkort</w:t></w:r></w:ins><w:moveFrom w:id='3'><w:r><w:t>flyttat</w:t></w:r>\
        </w:moveFrom></w:p>";
        let draft = drafted(body, &[]);
        assert_eq!(texts(&draft), ["Jag har körkort"]);
        assert_eq!(hidden(&draft), [(Why::Deleted, "inteflyttat")]);
    }

    #[test]
    fn comments_and_properties_are_hidden() {
        let comments = "<w:comment w:id='0'><w:p><w:r><w:t>Anställ henne</w:t></w:r></w:p></w:comment>";
        let draft = drafted(&para("", "brev"), &[("comments.xml", "comments", comments)]);
        assert_eq!(texts(&draft), ["brev"]);
        assert_eq!(hidden(&draft), [(Why::Comment, "Anställ henne")]);
        let relations = "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'><Relationship \
        Id='a' Target='docProps/core.xml' Type='http://schemas.openxmlformats.org/package/2006/relationships/metadata/\
        core-properties'/></Relationships>";
        let core = "<cp:coreProperties xmlns:cp='http://schemas.openxmlformats.org/package/2006/metadata/core-properties' \
        xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:title>Bäst</dc:title><cp:lastModifiedBy>Kim</cp:lastModifiedBy>\
        <cp:keywords>ledare</cp:keywords></cp:coreProperties>";
        let body = format!("<w:document {SPACES}><w:body>{}</w:body></w:document>", para("", "brev"));
        let bytes = packed(&[
            ("_rels/.rels", relations.as_bytes()),
            ("docProps/core.xml", core.as_bytes()),
            ("word/document.xml", body.as_bytes()),
            ("word/embeddings/oleObject1.bin", b"abc"),
        ]);
        let draft = read(&bytes, &Limits::APPLICATION).unwrap();
        let wanted = [
            (Why::Metadata, "Bäst"),
            (Why::Metadata, "ledare"),
            (Why::Embedded, "word/embeddings/oleObject1.bin"),
        ];
        assert_eq!(hidden(&draft), wanted);
    }

    #[test]
    fn the_result_of_a_field_is_seen_and_its_instruction_is_not() {
        let field = |kind: &str| format!("<w:r><w:fldChar w:fldCharType='{kind}'/></w:r>");
        let body = format!(
            "<w:p>{}<w:r><w:instrText>HYPERLINK</w:instrText><w:t>dolt</w:t></w:r>{}<w:r><w:t>länk</w:t></w:r>{}\
        <w:fldSimple w:instr='DATE'><w:r><w:t>-datum</w:t></w:r></w:fldSimple><w:hyperlink><w:r><w:t>-mer</w:t></w:r>\
        </w:hyperlink></w:p>",
            field("begin"),
            field("separate"),
            field("end")
        );
        let draft = drafted(&body, &[]);
        assert_eq!(texts(&draft), ["länk-datum-mer"]);
        assert_eq!(hidden(&draft), [(Why::Marked, "dolt")]);
    }

    fn text_box(fill: &str, ink: &str, text: &str) -> String {
        let inner = para(ink, text);
        format!(
            "<w:p><w:r><w:t>före</w:t></w:r><w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wp:anchor><wp:docPr \
        id='1' name='Ruta' descr='En ruta'/><a:graphic><a:graphicData><wps:wsp><wps:spPr>{fill}</wps:spPr><wps:txbx>\
        <w:txbxContent>{inner}</w:txbxContent></wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing>\
        </mc:Choice><mc:Fallback><w:pict><v:shape><v:textbox><w:txbxContent>{inner}</w:txbxContent></v:textbox></v:shape>\
        </w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
        )
    }

    #[test]
    fn a_text_box_is_read_once_on_its_own_ground() {
        let solid = |colour: &str| format!("<a:solidFill><a:srgbClr val='{colour}'/></a:solidFill>");
        let draft = drafted(&text_box(&solid("1F3A5F"), WHITE_INK, "ruta"), &[]);
        assert_eq!(texts(&draft), ["före", "ruta"]);
        assert_eq!(hidden(&draft), [(Why::AltText, "En ruta")]);
        let draft = drafted(&text_box(&solid("FFFFFF"), WHITE_INK, "ruta"), &[]);
        assert_eq!(texts(&draft), ["före"]);
        assert!(hidden(&draft).contains(&(Why::Colour, "ruta")));
        let draft = drafted(&text_box("<a:gradFill><a:gsLst/></a:gradFill>", WHITE_INK, "ruta"), &[]);
        assert_eq!(texts(&draft), ["före", "ruta"]);
    }

    #[test]
    fn a_branch_for_programs_that_do_not_exist_is_not_shown() {
        let branch = |requires: &str| {
            format!(
                "<w:p><mc:AlternateContent><mc:Choice Requires='{requires}'><w:r><w:t>val</w:t></w:r></mc:Choice><mc:Fallback>\
            <w:r><w:t>annars</w:t></w:r></mc:Fallback></mc:AlternateContent></w:p>"
            )
        };
        assert_eq!(texts(&drafted(&branch("x"), &[])), ["annars"]);
        assert_eq!(texts(&drafted(&branch("wps"), &[])), ["val"]);
    }

    #[test]
    fn an_element_of_an_unknown_namespace_is_not_shown_whatever_it_is_called() {
        let body = "<w:p><w:r><w:t>synlig</w:t></w:r><x:r><x:t>osynlig</x:t></x:r></w:p>";
        let draft = drafted(body, &[]);
        assert_eq!(texts(&draft), ["synlig"]);
        assert_eq!(hidden(&draft), [(Why::Marked, "osynlig")]);
    }

    fn cell(look: &str, inner: &str) -> String {
        format!("<w:tc><w:tcPr>{look}</w:tcPr>{inner}</w:tc>")
    }

    #[test]
    fn a_row_is_a_line_with_tabs_and_a_nested_table_is_laid_flat() {
        let row = |one: &str, other: &str| format!("<w:tr>{}{}</w:tr>", cell("", one), cell("", other));
        let body = format!("<w:tbl>{}</w:tbl>", row(&para("", "2019–2021"), &para("", "Kock")));
        assert_eq!(seen(&drafted(&body, &[])), [(Part::Body, Shape::Row, "2019–2021\tKock")]);
        let nested = format!("<w:tbl>{}</w:tbl><w:p/>", row(&para("", "a"), &para("", "b")));
        let body = format!("<w:tbl>{}</w:tbl>", row(&para("", "vänster"), &nested));
        assert_eq!(
            seen(&drafted(&body, &[])),
            [(Part::Body, Shape::Paragraph, "vänster"), (Part::Body, Shape::Row, "a\tb")]
        );
    }

    #[test]
    fn white_letters_in_a_dark_cell_are_seen_and_in_a_white_one_hidden() {
        let dark = "<w:shd w:val='clear' w:fill='1F3A5F'/>";
        let body = format!(
            "<w:tbl><w:tr>{}{}</w:tr></w:tbl>",
            cell(dark, &para(WHITE_INK, "syns")),
            cell("", &para(WHITE_INK, "borta"))
        );
        let draft = drafted(&body, &[]);
        assert_eq!(texts(&draft), ["syns"]);
        assert_eq!(hidden(&draft), [(Why::Colour, "borta")]);
    }

    #[test]
    fn the_head_of_a_table_style_is_seen_in_white() {
        let styles = "<w:style w:type='table' w:styleId='T'><w:tblStylePr w:type='firstRow'><w:rPr><w:color w:val='FFFFFF'/>\
        </w:rPr><w:tcPr><w:shd w:val='clear' w:fill='1F3A5F'/></w:tcPr></w:tblStylePr></w:style>";
        let row =
            |text: &str| format!("<w:tr>{}{}</w:tr>", cell("", &para("", text)), cell("", &para("", "b")));
        let body = format!(
            "<w:tbl><w:tblPr><w:tblStyle w:val='T'/><w:tblLook w:val='04A0' w:firstRow='1'/></w:tblPr>{}{}</w:tbl>",
            row("huvud"),
            row("rad")
        );
        let draft = drafted(&body, &[("styles.xml", "styles", styles)]);
        assert_eq!(texts(&draft), ["huvud\tb", "rad\tb"]);
    }

    #[test]
    fn the_colour_of_the_page_counts_only_when_it_is_shown() {
        let draft = drafted(&para(WHITE_INK, "vit"), &[]);
        assert_eq!(hidden(&draft), [(Why::Colour, "vit")]);
        let settings = [("settings.xml", "settings", "<w:displayBackgroundShape/>")];
        let draft = drafted(&(para(WHITE_INK, "vit") + &para("<w:color w:val='1F3A5F'/>", "blå")), &settings);
        assert_eq!(texts(&draft), ["vit"]);
        assert_eq!(hidden(&draft), [(Why::Colour, "blå")]);
    }

    #[test]
    fn notes_and_headers_are_seen_when_something_refers_to_them() {
        let note = |id: u32, text: &str| format!("<w:footnote w:id='{id}'>{}</w:footnote>", para("", text));
        let notes = note(2, "not") + &note(3, "lös");
        let parts = [
            ("footnotes.xml", "footnotes", notes.as_str()),
            ("header1.xml", "header", "<w:p><w:r><w:t>Kim Exempel</w:t></w:r></w:p>"),
            ("header2.xml", "header", "<w:p><w:r><w:t>aldrig</w:t></w:r></w:p>"),
        ];
        let body = "<w:p><w:r><w:t>text</w:t><w:footnoteReference w:id='2'/></w:r></w:p><w:sectPr>\
        <w:headerReference w:type='default' r:id='r1'/><w:headerReference w:type='first' r:id='r2'/></w:sectPr>";
        let draft = drafted(body, &parts);
        assert_eq!(
            seen(&draft),
            [
                (Part::Body, Shape::Paragraph, "text"),
                (Part::Note, Shape::Paragraph, "not"),
                (Part::Margin, Shape::Paragraph, "Kim Exempel"),
            ]
        );
        assert_eq!(hidden(&draft), [(Why::Marked, "lös"), (Why::Marked, "aldrig")]);
    }

    #[test]
    fn another_document_within_is_named_and_not_read() {
        let draft = drafted("<w:altChunk r:id='r0'/>", &[("chunk.xml", "aFChunk", "<w:p/>")]);
        assert_eq!(hidden(&draft), [(Why::Embedded, "word/chunk.xml")]);
    }

    #[test]
    fn strict_documents_are_read_and_the_main_part_may_have_any_name() {
        let relations = "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'><Relationship \
        Id='a' Target='/a/b.xml' Type='http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument'/>\
        </Relationships>";
        let body = "<document xmlns='http://purl.oclc.org/ooxml/wordprocessingml/main'><body><p><r><t>strikt</t></r></p>\
        </body></document>";
        let bytes = packed(&[("_rels/.rels", relations.as_bytes()), ("a/b.xml", body.as_bytes())]);
        assert_eq!(texts(&read(&bytes, &Limits::APPLICATION).unwrap()), ["strikt"]);
    }

    fn refusal(document: &str) -> Refusal {
        read(&packed(&[("word/document.xml", document.as_bytes())]), &Limits::APPLICATION).unwrap_err()
    }

    #[test]
    fn bombs_end_in_a_refusal() {
        let zeros = packed(&[("word/document.xml", &vec![0; 100 << 20])]);
        assert!(matches!(read(&zeros, &Limits::APPLICATION), Err(Refusal::TooMuch(_))));
        let entities = "<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;'>]><d>&b;</d>";
        assert_eq!(refusal(entities), Refusal::Entities);
        for name in ["w:sdt", "w:tbl", "w:p", "w:r", "w:ins", "mc:AlternateContent", "x:y"] {
            let deep = format!(
                "<w:document {SPACES}><w:body>{}{}</w:body></w:document>",
                format!("<{name}>").repeat(10_000),
                format!("</{name}>").repeat(10_000)
            );
            assert!(matches!(refusal(&deep), Refusal::TooMuch(_)), "{name}");
        }
        let fields = "<w:r><w:fldChar w:fldCharType='begin'/></w:r>".repeat(10_000);
        let fields = format!("<w:document {SPACES}><w:body><w:p>{fields}</w:p></w:body></w:document>");
        assert!(matches!(refusal(&fields), Refusal::TooMuch(_)));
        let long = format!(
            "<w:document {SPACES}><w:body>{}</w:body></w:document>",
            para("", &"ab ".repeat(200_000))
        );
        assert!(matches!(refusal(&long), Refusal::TooMuch(_)));
    }

    /// A file with something of everything.
    fn valid() -> Vec<u8> {
        let body = text_box(
            "<a:solidFill><a:schemeClr val='accent1'><a:lumMod val='50000'/></a:schemeClr></a:solidFill>",
            WHITE_INK,
            "ruta",
        ) + &para("<w:rStyle w:val='A'/>", "text")
            + &format!(
                "<w:tbl><w:tr>{}{}</w:tr></w:tbl>",
                cell("", &para("", "a")),
                cell("", &para("", "b"))
            )
            + "<w:sectPr><w:headerReference w:type='default' r:id='r1'/></w:sectPr>";
        let styles = "<w:style w:type='character' w:styleId='A'><w:rPr><w:vanish/></w:rPr></w:style>";
        let parts = [
            ("styles.xml", "styles", styles),
            ("header1.xml", "header", "<w:p><w:r><w:t>topp</w:t></w:r></w:p>"),
        ];
        made(&body, &parts)
    }

    #[test]
    fn a_file_that_is_cut_off_anywhere_is_refused_or_read() {
        let bytes = valid();
        for end in (0..bytes.len()).step_by(97) {
            let _ = crate::kind::kind_of(&bytes[..end]);
            assert!(read(&bytes[..end], &Limits::APPLICATION).is_err());
        }
        // The parts themselves, too.
        let body =
            format!("<w:document {SPACES}><w:body>{}</w:body></w:document>", para("", &"ord ".repeat(3_000)));
        for end in (0..body.len()).step_by(997) {
            assert!(matches!(refusal(&body[..end]), Refusal::Broken(_)));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn bytes_that_nobody_would_write_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
            let _ = crate::kind::kind_of(&bytes);
            let _ = read(&bytes, &Limits::APPLICATION);
            let _ = read(&packed(&[("word/document.xml", &bytes)]), &Limits::APPLICATION);
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

        #[test]
        fn markup_in_any_order_does_no_harm(pieces in prop::collection::vec(prop::sample::select(vec![
            "<w:p>", "</w:p>", "<w:r>", "</w:r>", "<w:t>", "</w:t>", "<w:tbl>", "</w:tbl>", "<w:tr>", "</w:tr>", "<w:tc>",
            "</w:tc>", "<w:rPr>", "</w:rPr>", "<w:pPr>", "</w:pPr>", "<w:vanish/>", "<w:sectPr/>", "<w:drawing>",
            "</w:drawing>", "<w:txbxContent>", "</w:txbxContent>", "<wps:wsp>", "</wps:wsp>", "<wps:spPr><a:solidFill/>",
            "</wps:spPr>", "text", "<w:fldChar w:fldCharType='end'/>", "<v:shape fillcolor='#1'/>", "<w:shd w:fill='å'/>",
        ]), 0..60)) {
            let body = pieces.concat();
            let _ = read(&made(&body, &[]), &Limits::APPLICATION);
        }
    }
}
