//! Reads XML 1.0 as parts of archives hold it, and no more than that.
//!
//! Over `quick-xml` this reader refuses a document type (so there are no entities to expand or to fetch),
//! counts depth, events, attributes and namespaces, and knows the five named entities and character
//! references only. Names come as a [`Space`] and a local name: whoever makes a file chooses the prefixes, and
//! a program that shows it skips elements of spaces that it does not know, so a prefix alone tells nothing.

use std::borrow::Cow;

use quick_xml::events::Event as Raw;

use crate::{Limits, Refusal};

/// Starts, ends and texts of one part; a text of a hundred pages has some fifty thousand.
const EVENTS: usize = 4_000_000;
/// Attributes of one element.
const ATTRIBUTES: usize = 512;
/// Namespaces that are declared at one place.
const SPACES: usize = 256;

/// The namespaces that are known, transitional and strict alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Space {
    /// No namespace.
    None,
    /// One that is not known.
    Other,
    /// `WordprocessingML`.
    W,
    /// Office mathematics.
    M,
    /// `DrawingML`, and its locked canvas.
    A,
    /// `DrawingML` charts.
    Chart,
    /// `DrawingML` diagrams.
    Diagram,
    /// Drawings within text: anchors and their places.
    Wp,
    /// Pictures.
    Pic,
    /// Shapes with text.
    Wps,
    /// Groups and canvases of shapes.
    Wpg,
    /// Markup compatibility.
    Mc,
    /// VML, its Office and Word extensions.
    V,
    /// Word 2010 to 2023: text effects and such.
    W14,
    /// Relationships, where an attribute refers to one.
    R,
    /// The parts of a package that name others, or tell of it: relationships, types, properties.
    Package,
    /// Dublin Core.
    Dc,
    /// ODF: `office`.
    Office,
    /// ODF: `text`.
    Text,
    /// ODF: `table`.
    Table,
    /// ODF: `draw`, `presentation` and `dr3d`.
    Draw,
    /// ODF: `style`.
    Style,
    /// ODF: formatting objects.
    Fo,
    /// ODF: `svg`.
    Svg,
    /// ODF: `meta`.
    Meta,
    /// ODF: `xlink`.
    Xlink,
    /// ODF: the manifest.
    Manifest,
    /// ODF: `LibreOffice`'s extensions.
    Loext,
    /// `xml:`.
    Xml,
}

fn space(uri: &str) -> Space {
    if let Some(rest) = uri
        .strip_prefix("http://schemas.openxmlformats.org/")
        .or_else(|| uri.strip_prefix("http://purl.oclc.org/ooxml/"))
    {
        return match rest {
            "wordprocessingml/2006/main" | "wordprocessingml/main" => Space::W,
            "officeDocument/2006/math" | "officeDocument/math" => Space::M,
            "drawingml/2006/main"
            | "drawingml/main"
            | "drawingml/2006/lockedCanvas"
            | "drawingml/lockedCanvas" => Space::A,
            "drawingml/2006/chart" | "drawingml/chart" => Space::Chart,
            "drawingml/2006/diagram" | "drawingml/diagram" => Space::Diagram,
            "drawingml/2006/wordprocessingDrawing" | "drawingml/wordprocessingDrawing" => Space::Wp,
            "drawingml/2006/picture" | "drawingml/picture" => Space::Pic,
            "markup-compatibility/2006" => Space::Mc,
            "officeDocument/2006/relationships" | "officeDocument/relationships" => Space::R,
            _ if rest.starts_with("package/") || rest.starts_with("officeDocument/") => Space::Package,
            _ => Space::Other,
        };
    }
    if let Some(rest) = uri.strip_prefix("http://schemas.microsoft.com/office/") {
        return match rest {
            "word/2010/wordprocessingShape" => Space::Wps,
            "word/2010/wordprocessingGroup" | "word/2010/wordprocessingCanvas" => Space::Wpg,
            "drawing/2008/diagram" => Space::Diagram,
            "word/2010/wordml"
            | "word/2012/wordml"
            | "word/2010/wordprocessingDrawing"
            | "word/2010/wordprocessingInk"
            | "word/2015/wordml/symex"
            | "word/2016/wordml/cid"
            | "word/2018/wordml"
            | "word/2018/wordml/cex"
            | "word/2020/wordml/sdtdatahash"
            | "drawing/2010/main"
            | "drawing/2014/main"
            | "drawing/2016/ink"
            | "drawing/2017/model3d" => Space::W14,
            _ => Space::Other,
        };
    }
    if let Some(rest) = uri.strip_prefix("urn:oasis:names:tc:opendocument:xmlns:") {
        return match rest.split(':').next().unwrap_or_default() {
            "office" => Space::Office,
            "text" => Space::Text,
            "table" => Space::Table,
            "drawing" | "presentation" | "dr3d" => Space::Draw,
            "style" => Space::Style,
            "xsl-fo-compatible" => Space::Fo,
            "svg-compatible" => Space::Svg,
            "meta" => Space::Meta,
            "manifest" => Space::Manifest,
            _ => Space::Other,
        };
    }
    match uri {
        "" => Space::None,
        "urn:schemas-microsoft-com:vml"
        | "urn:schemas-microsoft-com:office:office"
        | "urn:schemas-microsoft-com:office:word" => Space::V,
        "http://purl.org/dc/elements/1.1/" => Space::Dc,
        "http://www.w3.org/1999/xlink" => Space::Xlink,
        "http://www.w3.org/XML/1998/namespace" => Space::Xml,
        "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0" => Space::Loext,
        _ => Space::Other,
    }
}

/// A start of an element, with its attributes.
#[derive(Debug)]
pub(crate) struct Element {
    /// Its namespace.
    pub space: Space,
    /// Its name without prefix.
    pub name: String,
    attributes: Vec<(Space, String, String)>,
}

impl Element {
    /// An attribute of the element's own namespace or of none.
    pub(crate) fn attr(&self, name: &str) -> Option<&str> {
        self.find(|space| space == self.space || space == Space::None, name)
    }

    /// An attribute of another namespace.
    pub(crate) fn attr_in(&self, space: Space, name: &str) -> Option<&str> {
        self.find(|other| other == space, name)
    }

    fn find(&self, fits: impl Fn(Space) -> bool, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(space, local, _)| fits(*space) && local == name)
            .map(|(_, _, value)| value.as_str())
    }

    /// Whether it is this element.
    pub(crate) fn is(&self, space: Space, name: &str) -> bool {
        self.space == space && self.name == name
    }
}

/// What comes next.
#[derive(Debug)]
pub(crate) enum Event {
    /// An element starts. Every start has its end, also when the element is empty.
    Start(Element),
    /// The element that started last ends.
    End,
    /// Characters, resolved.
    Text(String),
    /// There is no more.
    Eof,
}

/// The letters of a part: UTF-8 or UTF-16 with or without a byte order mark, or the encoding of its
/// declaration.
///
/// # Errors
/// [`Refusal::Broken`] when they are not letters of that encoding.
pub(crate) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Refusal> {
    let (text, had_errors) = named(bytes).unwrap_or(encoding_rs::UTF_8).decode_with_bom_removal(bytes);
    if had_errors {
        return Err(Refusal::Broken("a part is not written in the encoding that it names".into()));
    }
    Ok(text)
}

/// The encoding that the first bytes or the declaration name; nothing where a part leaves it at what XML takes then.
pub(crate) fn named(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    match bytes {
        [0xff, 0xfe, ..] | [b'<', 0, ..] => Some(encoding_rs::UTF_16LE),
        [0xfe, 0xff, ..] | [0, b'<', ..] => Some(encoding_rs::UTF_16BE),
        [0xef, 0xbb, 0xbf, ..] => Some(encoding_rs::UTF_8),
        _ => declared(bytes),
    }
}

fn declared(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let head = bytes.get(..bytes.len().min(200))?;
    let end = head.windows(2).position(|pair| pair == b"?>")?;
    let head = std::str::from_utf8(head.get(..end)?).ok()?;
    let value = head.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let name = value.get(1..)?.split(quote).next()?;
    // Bytes that could be read as ASCII up to here are not UTF-16, whatever they say.
    encoding_rs::Encoding::for_label(name.as_bytes())
        .filter(|encoding| *encoding != encoding_rs::UTF_16LE && *encoding != encoding_rs::UTF_16BE)
}

/// Reads the events of one part.
pub(crate) struct Reader<'a> {
    raw: quick_xml::Reader<&'a [u8]>,
    depth: usize,
    deepest: usize,
    events: usize,
    /// Prefixes that are declared: at which depth, and what they stand for.
    prefixes: Vec<(usize, String, Space)>,
    roots: usize,
}

impl<'a> Reader<'a> {
    /// Reads letters that [`decode`] gave.
    pub(crate) fn new(text: &'a str, limits: &Limits) -> Reader<'a> {
        let mut raw = quick_xml::Reader::from_str(text);
        raw.config_mut().expand_empty_elements = true;
        Reader {
            raw,
            depth: 0,
            deepest: limits.depth,
            events: 0,
            prefixes: vec![(0, "xml".into(), Space::Xml)],
            roots: 0,
        }
    }

    /// What comes next.
    ///
    /// # Errors
    /// [`Refusal::Entities`] at a document type or an entity that XML does not name itself,
    /// [`Refusal::TooMuch`] at a limit, [`Refusal::Broken`] where it is not well-formed.
    pub(crate) fn next(&mut self) -> Result<Event, Refusal> {
        loop {
            self.events += 1;
            if self.events > EVENTS {
                return Err(Refusal::TooMuch("elements in one part".into()));
            }
            let raw = self.raw.read_event().map_err(|_| Refusal::Broken("a part is not XML".into()))?;
            match raw {
                Raw::Start(start) => {
                    self.depth += 1;
                    if self.depth > self.deepest {
                        return Err(Refusal::TooMuch("elements within elements".into()));
                    }
                    if self.depth == 1 {
                        self.roots += 1;
                        if self.roots > 1 {
                            return Err(Refusal::Broken("a part has more than one root".into()));
                        }
                    }
                    return self.start(&start).map(Event::Start);
                }
                Raw::End(_) => {
                    while self.prefixes.last().is_some_and(|(depth, _, _)| *depth > 0 && *depth >= self.depth)
                    {
                        self.prefixes.pop();
                    }
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Event::End);
                }
                Raw::Text(text) => return Ok(Event::Text(text.xml10_content().into_owned())),
                Raw::CData(text) => return Ok(Event::Text(text.xml10_content().into_owned())),
                Raw::GeneralRef(reference) => {
                    let name: &str = &reference;
                    return reference_of(name).map(|sign| Event::Text(sign.to_string()));
                }
                Raw::DocType(_) => return Err(Refusal::Entities),
                Raw::Empty(_) | Raw::Decl(_) | Raw::PI(_) | Raw::Comment(_) => {}
                Raw::Eof if self.depth > 0 || self.roots == 0 => {
                    return Err(Refusal::Broken("a part ends too early".into()));
                }
                Raw::Eof => return Ok(Event::Eof),
            }
        }
    }

    fn start(&mut self, start: &quick_xml::events::BytesStart<'_>) -> Result<Element, Refusal> {
        let mut plain: Vec<(String, String)> = Vec::new();
        for attribute in start.attributes().with_checks(false) {
            let attribute =
                attribute.map_err(|_| Refusal::Broken("an attribute is not well-formed".into()))?;
            let value = unescape(&attribute.value)?;
            let name = attribute.key.0;
            let declares = name.strip_prefix("xmlns:").or_else(|| (name == "xmlns").then_some(""));
            if let Some(prefix) = declares {
                if self.prefixes.len() >= SPACES {
                    return Err(Refusal::TooMuch("namespaces".into()));
                }
                self.prefixes.push((self.depth, prefix.to_owned(), space(&value)));
            } else {
                if plain.len() >= ATTRIBUTES {
                    return Err(Refusal::TooMuch("attributes of one element".into()));
                }
                plain.push((name.to_owned(), value));
            }
        }
        let attributes = plain
            .into_iter()
            .map(|(name, value)| match name.split_once(':') {
                Some((prefix, local)) => (self.space_of(prefix), local.to_owned(), value),
                None => (Space::None, name, value),
            })
            .collect();
        let name = start.name();
        let (prefix, local) = name.0.split_once(':').unwrap_or(("", name.0));
        Ok(Element { space: self.space_of(prefix), name: local.to_owned(), attributes })
    }

    /// What a prefix stands for at this place.
    pub(crate) fn space_of(&self, prefix: &str) -> Space {
        let declared = self.prefixes.iter().rev().find(|(_, name, _)| name == prefix);
        match declared {
            Some((_, _, space)) => *space,
            None if prefix.is_empty() => Space::None,
            None => Space::Other,
        }
    }

    /// Reads the rest of the element that started last, and gives the characters in it: paragraphs, tabs and
    /// breaks are parted by a space, and who wrote it and when (Dublin Core) is left out.
    ///
    /// # Errors
    /// As [`Reader::next`].
    pub(crate) fn rest(&mut self) -> Result<String, Refusal> {
        let mut text = String::new();
        let mut open = 1_usize;
        while open > 0 {
            match self.next()? {
                Event::Start(element) if element.space == Space::Dc => self.skip()?,
                Event::Start(element) => {
                    open += 1;
                    let parts = ["p", "h", "s", "tab", "br", "cr", "line-break", "tc", "table-cell"];
                    if parts.contains(&element.name.as_str()) && !text.is_empty() {
                        text.push(' ');
                    }
                }
                Event::End => open -= 1,
                Event::Text(more) => text.push_str(&more),
                Event::Eof => break,
            }
        }
        Ok(text)
    }

    /// Leaves out the rest of the element that started last.
    ///
    /// # Errors
    /// As [`Reader::next`].
    pub(crate) fn skip(&mut self) -> Result<(), Refusal> {
        let mut open = 1_usize;
        while open > 0 {
            match self.next()? {
                Event::Start(_) => open += 1,
                Event::End => open -= 1,
                Event::Text(_) => {}
                Event::Eof => break,
            }
        }
        Ok(())
    }
}

/// The sign that a reference stands for, by its name without `&` and `;`.
fn reference_of(name: &str) -> Result<char, Refusal> {
    let code = match name {
        "amp" => return Ok('&'),
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "quot" => return Ok('"'),
        "apos" => return Ok('\''),
        _ => match name.strip_prefix('#') {
            Some(code) => code,
            None => return Err(Refusal::Entities),
        },
    };
    let value = match code.strip_prefix('x') {
        Some(code) => u32::from_str_radix(code, 16),
        None => code.parse(),
    };
    // What XML forbids (a zero, half a surrogate pair) is not text: it is left out as a space.
    Ok(value.ok().and_then(char::from_u32).filter(|sign| *sign != '\0').unwrap_or(' '))
}

fn unescape(text: &str) -> Result<String, Refusal> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        // A reference is short; a lone ampersand must not make every other one look through all the rest.
        let end = after.bytes().take(12).position(|byte| byte == b';');
        if let Some((name, after)) = end.and_then(|end| Some((after.get(..end)?, after.get(end + 1..)?))) {
            plain.push(reference_of(name)?);
            rest = after;
        } else {
            plain.push('&');
            rest = after;
        }
    }
    plain.push_str(rest);
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Result<Vec<String>, Refusal> {
        let mut reader = Reader::new(text, &Limits::APPLICATION);
        let mut found = Vec::new();
        loop {
            match reader.next()? {
                Event::Start(element) => found.push(format!("<{:?} {}", element.space, element.name)),
                Event::End => found.push(">".into()),
                Event::Text(text) => found.push(text),
                Event::Eof => return Ok(found),
            }
        }
    }

    #[test]
    fn a_document_type_is_refused_before_anything_is_expanded() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bb\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>";
        assert_eq!(words(bomb), Err(Refusal::Entities));
        assert_eq!(words("<a>&c;</a>"), Err(Refusal::Entities));
        assert_eq!(words("<a b='&c;'/>"), Err(Refusal::Entities));
        assert_eq!(words("<!doctype html><a/>"), Err(Refusal::Entities));
    }

    #[test]
    fn the_five_names_and_numbers_are_resolved() {
        assert_eq!(words("<a>&lt;&#229;&#xE4;</a>").unwrap().concat(), "<None a<åä>");
    }

    #[test]
    fn depth_ends_in_a_refusal() {
        let deep = format!("{}{}", "<a>".repeat(10_000), "</a>".repeat(10_000));
        assert_eq!(words(&deep), Err(Refusal::TooMuch("elements within elements".into())));
    }

    #[test]
    fn a_prefix_means_what_it_is_bound_to_and_not_what_it_is_called() {
        let text = "<w:a xmlns:w='urn:x' xmlns:q='http://purl.oclc.org/ooxml/wordprocessingml/main'>\
            <q:b xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'><w:c/></q:b><w:d/></w:a>";
        assert_eq!(words(text).unwrap().concat(), "<Other a<W b<W c>><Other d>>");
    }

    #[test]
    fn an_attribute_of_another_namespace_does_not_stand_in_for_the_own_one() {
        let text = "<w:color xmlns:x='urn:x' x:val='000000' w:val='FFFFFF' \
            xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'/>";
        let mut reader = Reader::new(text, &Limits::APPLICATION);
        let Event::Start(element) = reader.next().unwrap() else { panic!("no start") };
        assert_eq!(element.attr("val"), Some("FFFFFF"));
    }

    #[test]
    fn utf_16_parts_are_read() {
        for text in ["\u{feff}<a>åäö</a>", "<a>åäö</a>"] {
            let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            assert_eq!(decode(&little).unwrap(), "<a>åäö</a>");
            assert_eq!(decode(&big).unwrap(), "<a>åäö</a>");
        }
        let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe5</a>";
        assert!(decode(latin).unwrap().ends_with("<a>å</a>"));
        assert!(decode(b"<a>\xe5</a>").is_err());
    }

    #[test]
    fn what_is_not_well_formed_is_refused_and_nothing_panics() {
        for text in
            ["", "<a>", "<a></b>", "</a>", "<a/><b/>", "<a b=c/>", "<", "<a &#;/>", "<a>&", "<![CDATA["]
        {
            assert!(words(text).is_err(), "{text}");
        }
    }
}
