//! The objects of a PDF (ISO 32000-1, 7.3 and 7.4), fetched with limits: references are followed a few
//! steps, streams are unpacked no further than the limits say, and fonts, forms and programs are kept so
//! that a file that names one of them a million times costs little more than one that names it once.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use pdf_oxide::PdfDocument;
use pdf_oxide::content::{Operator, parse_content_stream};
use pdf_oxide::decoders::{FlateDecoder, StreamDecoder, decode_stream};
use pdf_oxide::encryption::EncryptionHandler;
use pdf_oxide::object::{Object, ObjectRef};

use super::colour::{Colour, Space};
use super::font::Font;
use crate::{Limits, Refusal};

/// A PDF dictionary.
pub(crate) type Dict = HashMap<String, Object>;

/// How many operators one stream may have; the parser stops at this number without a word.
const OPERATORS_IN_A_STREAM: usize = 1_000_000;

/// Opening brackets within one another in a content stream or outside streams; the parser calls itself.
const BRACKETS: usize = 64;

/// Fonts of one document; some programs make one for each page and style.
const FONTS: usize = 2_000;

/// Glyphs that ranges of widths may name, several times the number a font can have.
const WIDTHS: i64 = 1 << 20;

/// Bytes of one table of a font other than its letters.
const FONT_TABLE: usize = 1 << 20;

/// The document, what is kept of it, and what has been spent on it.
pub(crate) struct Source<'a> {
    /// The document itself.
    pub doc: &'a PdfDocument,
    /// What may be spent.
    pub limits: &'a Limits,
    cipher: Option<EncryptionHandler>,
    unpacked: Cell<usize>,
    base_off: bool,
    named_layers: HashSet<ObjectRef>,
    fonts: RefCell<HashMap<ObjectRef, Rc<Font>>>,
    fonts_read: Cell<usize>,
    drawings: RefCell<HashMap<ObjectRef, Option<Rc<Drawing>>>>,
}

/// What `Do` can name.
pub(crate) enum Drawing {
    /// A content stream of its own.
    Form(Form),
    /// A picture.
    Picture {
        /// Nothing behind it shines through: no mask, no soft mask, not a stencil.
        opaque: bool,
        /// It belongs to a layer that is off.
        off: bool,
        /// Its colour, for a small one of one colour.
        colour: Colour,
    },
}

/// A form (8.10), or an appearance of an annotation.
pub(crate) struct Form {
    /// From its space to that of whoever draws it.
    pub matrix: [f32; 6],
    /// What is shown of it, in its own space; left, bottom, right, top.
    pub bounds: Option<[f32; 4]>,
    /// What it draws.
    pub program: Rc<Vec<Operator>>,
    /// Its resources, unless it uses those of whoever draws it.
    pub resources: Option<Rc<Resources>>,
    /// It is composed by itself and then laid over the page as a whole.
    pub group: bool,
    /// It belongs to a layer that is off.
    pub off: bool,
}

/// The resources of a page or a form (7.8.3), and what was made of them.
#[derive(Default)]
pub(crate) struct Resources {
    kinds: HashMap<&'static str, Dict>,
    fonts: RefCell<HashMap<String, Option<Rc<Font>>>>,
    /// Graphics state dictionaries by name, as the painter reads them.
    pub states: RefCell<HashMap<String, Rc<Dict>>>,
    /// Whether a marked-content property list is a layer that is off, by name.
    layers: RefCell<HashMap<String, bool>>,
}

impl<'a> Source<'a> {
    /// Prepares a document that has been opened.
    pub(crate) fn new(doc: &'a PdfDocument, limits: &'a Limits) -> Self {
        let mut source = Source {
            doc,
            limits,
            cipher: None,
            unpacked: Cell::new(0),
            base_off: false,
            named_layers: HashSet::new(),
            fonts: RefCell::default(),
            fonts_read: Cell::new(0),
            drawings: RefCell::default(),
        };
        source.cipher = source.cipher();
        source.read_layers();
        source
    }

    /// The library keeps its own to itself.
    fn cipher(&self) -> Option<EncryptionHandler> {
        let trailer = self.doc.trailer().as_dict()?;
        let rules = self.doc.resolve_references(&self.get(trailer.get("Encrypt")?), 4).ok()?;
        let id = trailer
            .get("ID")
            .map(|id| self.get(id))
            .and_then(|id| id.as_array().and_then(|parts| parts.first().map(|part| self.get(part))))
            .and_then(|part| part.as_string().map(<[u8]>::to_vec))
            .unwrap_or_default();
        let mut handler = EncryptionHandler::new(&rules, id).ok()?;
        handler.authenticate(b"").ok()?.then_some(handler)
    }

    fn read_layers(&mut self) {
        let Ok(catalog) = self.doc.catalog() else { return };
        let Some(properties) = catalog.as_dict().and_then(|c| self.entry(c, "OCProperties")) else { return };
        let Some(shown) = properties.as_dict().and_then(|p| self.entry(p, "D")) else { return };
        let Some(shown) = shown.as_dict() else { return };
        self.base_off = self.entry(shown, "BaseState").is_some_and(|s| s.as_name() == Some("OFF"));
        let list = self.entry(shown, if self.base_off { "ON" } else { "OFF" });
        if let Some(layers) = list.as_ref().and_then(Object::as_array) {
            self.named_layers = layers.iter().filter_map(Object::as_reference).collect();
        }
    }

    /// Goes through the tree of pages, as the library calls itself for each level of it.
    ///
    /// # Errors
    /// [`Refusal::TooMuch`] when it is deeper, or has more branches, than the pages of any file need.
    pub(crate) fn check_tree(&self) -> Result<(), Refusal> {
        let Ok(catalog) = self.doc.catalog() else { return Ok(()) };
        let Some(root) = catalog.as_dict().and_then(|c| c.get("Pages")) else { return Ok(()) };
        let mut open = vec![(root.clone(), 0)];
        let mut seen = HashSet::new();
        let mut branches = 0;
        while let Some((node, depth)) = open.pop() {
            if node.as_reference().is_none_or(|reference| !seen.insert(reference)) {
                continue;
            }
            if depth > self.limits.depth {
                return Err(Refusal::TooMuch("depth of the tree of pages".into()));
            }
            let node = self.get(&node);
            let Some(kids) = node.as_dict().and_then(|dict| self.entry(dict, "Kids")) else { continue };
            let Some(kids) = kids.as_array() else { continue };
            branches += kids.len();
            if branches > 20 * self.limits.pages as usize {
                return Err(Refusal::TooMuch("pages".into()));
            }
            open.extend(kids.iter().map(|kid| (kid.clone(), depth + 1)));
        }
        Ok(())
    }

    /// Unpacks the streams of a font once before the library does so without a limit.
    ///
    /// # Errors
    /// [`Refusal::TooMuch`], from the limits.
    fn check_font(&self, object: &Object) -> Result<(), Refusal> {
        let font = self.get(object);
        let Some(dict) = font.as_dict() else { return Ok(()) };
        let descendant = match self.entry(dict, "DescendantFonts") {
            Some(Object::Array(list)) => list.first().map(|first| self.get(first)),
            _ => None,
        };
        for dict in [Some(dict), descendant.as_ref().and_then(Object::as_dict)].into_iter().flatten() {
            for key in ["ToUnicode", "Encoding", "CIDToGIDMap"] {
                if let Some(stream) = dict.get(key) {
                    let bytes = self.bytes(stream)?.unwrap_or_default();
                    if bytes.len() > FONT_TABLE {
                        return Err(Refusal::TooMuch("a table of a font".into()));
                    }
                }
            }
            for key in ["W", "W2"] {
                if self.entry(dict, key).and_then(|w| w.as_array().map(|w| widths(w))).unwrap_or(0) > WIDTHS {
                    return Err(Refusal::TooMuch("widths of a font".into()));
                }
            }
            let Some(descriptor) = self.entry(dict, "FontDescriptor") else { continue };
            for key in ["FontFile", "FontFile2", "FontFile3"] {
                if let Some(stream) = descriptor.as_dict().and_then(|d| d.get(key)) {
                    self.bytes(stream)?;
                }
            }
        }
        Ok(())
    }

    /// What an object stands for, through at most eight references.
    pub(crate) fn get(&self, object: &Object) -> Object {
        let mut found = object.clone();
        for _ in 0..8 {
            let Some(reference) = found.as_reference() else { return found };
            found = self.doc.load_object(reference).unwrap_or(Object::Null);
        }
        Object::Null
    }

    /// An entry of a dictionary, followed; absent and null are the same.
    pub(crate) fn entry(&self, dict: &Dict, key: &str) -> Option<Object> {
        dict.get(key).map(|object| self.get(object)).filter(|object| !object.is_null())
    }

    /// An array of numbers, at most `most` of them.
    pub(crate) fn numbers(&self, object: &Object, most: usize) -> Vec<f32> {
        let object = self.get(object);
        let Some(array) = object.as_array() else { return Vec::new() };
        array.iter().take(most).filter_map(|item| number(&self.get(item))).collect()
    }

    /// Four numbers as left, bottom, right, top, whichever corners the file gave.
    pub(crate) fn rectangle(&self, object: &Object) -> Option<[f32; 4]> {
        match self.numbers(object, 4).as_slice() {
            [a, b, c, d] => Some([a.min(*c), b.min(*d), a.max(*c), b.max(*d)]),
            _ => None,
        }
    }

    /// A text string (7.9.2) under a key.
    pub(crate) fn text(&self, dict: &Dict, key: &str) -> Option<String> {
        let object = self.entry(dict, key)?;
        let text = pdf_oxide::optional_content::decode_pdf_text_string(object.as_string()?);
        let text = text.trim_matches(['\0', '\u{feff}', ' ']).to_owned();
        (!text.is_empty()).then_some(text)
    }

    /// The bytes of a stream, decrypted and unpacked; `None` for what is no stream or cannot be unpacked.
    ///
    /// # Errors
    /// [`Refusal::TooMuch`] when it, or all streams so far, unpack to more than the limits allow.
    pub(crate) fn bytes(&self, object: &Object) -> Result<Option<Vec<u8>>, Refusal> {
        let reference = object.as_reference();
        let Object::Stream { dict, data } = self.get(object) else { return Ok(None) };
        let mut bytes = data.to_vec();
        if let (Some(cipher), Some(reference)) = (&self.cipher, reference) {
            match cipher.decrypt_stream(&bytes, reference.id, u32::from(reference.r#gen)) {
                Ok(plain) => bytes = plain,
                Err(_) => return Ok(None),
            }
        }
        let filters = match self.entry(&dict, "Filter") {
            Some(Object::Name(name)) => vec![name],
            Some(Object::Array(names)) => {
                names.iter().filter_map(|n| self.get(n).as_name().map(str::to_owned)).collect()
            }
            _ => Vec::new(),
        };
        if filters.len() > 4 {
            return Err(Refusal::TooMuch("filters on a stream".into()));
        }
        let room = self.limits.part.min(self.limits.unpacked.saturating_sub(self.unpacked.get()));
        for name in filters {
            let result = if matches!(name.as_str(), "FlateDecode" | "Fl") {
                FlateDecoder::with_limit(room as u64 + 1).decode(&bytes)
            } else if matches!(name.as_str(), "LZWDecode" | "LZW" | "RunLengthDecode" | "RL")
                && bytes.len() > room / 64
            {
                // These decoders have no limit of their own, and one packs up to some thousand to one.
                return Err(Refusal::TooMuch("a large stream of an old kind".into()));
            } else {
                decode_stream(&bytes, &[name])
            };
            match result {
                Ok(plain) => bytes = plain,
                Err(error) if error.to_string().contains("safety limit") => {
                    return Err(Refusal::TooMuch("unpacked size of a stream".into()));
                }
                Err(_) => return Ok(None),
            }
            if bytes.len() > room {
                return Err(Refusal::TooMuch("unpacked size of a stream".into()));
            }
        }
        self.unpacked.set(self.unpacked.get() + bytes.len());
        Ok(Some(bytes))
    }

    /// The operators of one stream, or of several as if they were one.
    ///
    /// # Errors
    /// [`Refusal::TooMuch`], from the limits.
    pub(crate) fn program(&self, object: &Object) -> Result<Rc<Vec<Operator>>, Refusal> {
        let followed = self.get(object);
        let bytes = match followed.as_array() {
            Some(parts) => {
                let mut all = Vec::new();
                for part in parts {
                    if let Some(bytes) = self.bytes(part)? {
                        all.extend_from_slice(&bytes);
                        all.push(b'\n');
                    }
                }
                all
            }
            None => self.bytes(object)?.unwrap_or_default(),
        };
        if nesting(&bytes) > BRACKETS {
            return Err(Refusal::TooMuch("arrays within arrays".into()));
        }
        let operators = parse_content_stream(&bytes).unwrap_or_default();
        if operators.len() >= OPERATORS_IN_A_STREAM {
            return Err(Refusal::TooMuch("operators in a stream".into()));
        }
        Ok(Rc::new(operators))
    }

    /// Resources, each kind fetched once.
    pub(crate) fn resources(&self, object: &Object) -> Resources {
        let mut resources = Resources::default();
        let object = self.get(object);
        let Some(dict) = object.as_dict() else { return resources };
        for kind in ["Font", "XObject", "ExtGState", "ColorSpace", "Properties", "Pattern"] {
            if let Some(Object::Dictionary(entries)) = self.entry(dict, kind) {
                resources.kinds.insert(kind, entries);
            }
        }
        resources
    }

    /// The font of a name.
    ///
    /// # Errors
    /// [`Refusal::TooMuch`], from the limits.
    pub(crate) fn font(&self, resources: &Resources, name: &str) -> Result<Option<Rc<Font>>, Refusal> {
        if let Some(found) = resources.fonts.borrow().get(name) {
            return Ok(found.clone());
        }
        let object = resources.find("Font", name);
        let font = object.map(|object| self.any_font(object)).transpose()?;
        resources.fonts.borrow_mut().insert(name.to_owned(), font.clone());
        Ok(font)
    }

    /// A font, read once.
    ///
    /// # Errors
    /// [`Refusal::TooMuch`], from the limits.
    pub(crate) fn any_font(&self, object: &Object) -> Result<Rc<Font>, Refusal> {
        let reference = object.as_reference();
        if let Some(font) = reference.and_then(|r| self.fonts.borrow().get(&r).cloned()) {
            return Ok(font);
        }
        self.fonts_read.set(self.fonts_read.get() + 1);
        if self.fonts_read.get() > FONTS {
            return Err(Refusal::TooMuch("fonts".into()));
        }
        self.check_font(object)?;
        let font = Rc::new(Font::new(self, object));
        if let Some(reference) = reference {
            self.fonts.borrow_mut().insert(reference, Rc::clone(&font));
        }
        Ok(font)
    }

    /// The form or the picture of a name, or an appearance that is given by its reference.
    ///
    /// # Errors
    /// [`Refusal::TooMuch`], from the limits.
    pub(crate) fn drawing(&self, object: &Object) -> Result<Option<Rc<Drawing>>, Refusal> {
        let Some(reference) = object.as_reference() else { return Ok(None) };
        if let Some(found) = self.drawings.borrow().get(&reference) {
            return Ok(found.clone());
        }
        let Object::Stream { dict, .. } = self.get(object) else { return Ok(None) };
        let off = dict.get("OC").is_some_and(|oc| self.layer_is_off(oc));
        let drawing = if self.entry(&dict, "Subtype").is_some_and(|s| s.as_name() == Some("Image")) {
            let stencil = matches!(self.entry(&dict, "ImageMask"), Some(Object::Boolean(true)));
            let opaque = !stencil && !dict.contains_key("SMask") && !dict.contains_key("Mask");
            Drawing::Picture { opaque, off, colour: self.one_colour(object, &dict) }
        } else {
            let matrix = dict.get("Matrix").map(|m| self.numbers(m, 6)).unwrap_or_default();
            Drawing::Form(Form {
                matrix: matrix.try_into().unwrap_or([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]),
                bounds: dict.get("BBox").and_then(|b| self.rectangle(b)),
                program: self.program(object)?,
                resources: dict.get("Resources").map(|r| Rc::new(self.resources(r))),
                group: dict.contains_key("Group"),
                off,
            })
        };
        let drawing = Some(Rc::new(drawing));
        self.drawings.borrow_mut().insert(reference, drawing.clone());
        Ok(drawing)
    }

    /// The colour of a small picture that has only one: what a letter is hidden on as well as on a filled
    /// rectangle.
    fn one_colour(&self, object: &Object, dict: &Dict) -> Colour {
        let size = |key| self.entry(dict, key).and_then(|n| n.as_integer()).filter(|n| (1..=64).contains(n));
        let (wide, high) = (size("Width")?, size("Height")?);
        let plain = match self.entry(dict, "Filter") {
            None => true,
            Some(filter) => matches!(filter.as_name(), Some("FlateDecode" | "ASCIIHexDecode")),
        };
        if !plain || dict.contains_key("Decode") || size("BitsPerComponent") != Some(8) {
            return None;
        }
        let space = Space::read(self, dict.get("ColorSpace")?, 0);
        let parts = match &space {
            Space::Gray => 1,
            Space::Rgb => 3,
            Space::Cmyk => 4,
            _ => return None,
        };
        let bytes = self.bytes(object).ok()??;
        let bytes = bytes.get(..usize::try_from(wide * high).ok()? * parts)?;
        let first = bytes.get(..parts)?;
        let colour: Vec<f32> = first.iter().map(|byte| f32::from(*byte) / 255.0).collect();
        bytes.chunks(parts).all(|pixel| pixel == first).then(|| space.colour(&colour))?
    }

    /// Whether a layer (8.11.2), or what a set of layers says together, is off when the file is opened.
    pub(crate) fn layer_is_off(&self, object: &Object) -> bool {
        if let Some(reference) = object.as_reference()
            && self.named_layers.contains(&reference)
        {
            return !self.base_off;
        }
        let layer = self.get(object);
        let Some(dict) = layer.as_dict() else { return false };
        if self.entry(dict, "Type").is_none_or(|t| t.as_name() != Some("OCMD")) {
            return self.base_off && object.as_reference().is_some();
        }
        let single = |o: &Object| o.as_reference().map(|r| self.named_layers.contains(&r) != self.base_off);
        let members: Vec<bool> = match dict.get("OCGs") {
            Some(group @ Object::Reference(reference)) => match self.get(group) {
                Object::Array(list) => list.iter().filter_map(single).collect(),
                _ => vec![self.named_layers.contains(reference) != self.base_off],
            },
            Some(Object::Array(list)) => list.iter().filter_map(single).collect(),
            _ => Vec::new(),
        };
        if members.is_empty() {
            return false;
        }
        match self.entry(dict, "P").as_ref().and_then(Object::as_name) {
            Some("AllOn") => members.iter().any(|off| *off),
            Some("AnyOff") => !members.iter().any(|off| *off),
            Some("AllOff") => !members.iter().all(|off| *off),
            _ => members.iter().all(|off| *off),
        }
    }

    /// Whether the property list of a name is a layer that is off.
    pub(crate) fn property_is_off(&self, resources: &Resources, name: &str) -> bool {
        if let Some(off) = resources.layers.borrow().get(name) {
            return *off;
        }
        let off = resources.find("Properties", name).is_some_and(|object| self.layer_is_off(object));
        resources.layers.borrow_mut().insert(name.to_owned(), off);
        off
    }
}

impl Resources {
    /// One resource, not followed.
    pub(crate) fn find(&self, kind: &str, name: &str) -> Option<&Object> {
        self.kinds.get(kind)?.get(name)
    }
}

/// How many glyphs the ranges of an array of widths (9.7.4.3) name.
fn widths(array: &[Object]) -> i64 {
    let mut numbers = Vec::new();
    let mut named = 0_i64;
    for item in array {
        match item.as_integer() {
            Some(number) => numbers.push(number),
            None => numbers.clear(),
        }
        if let [from, to, _] = numbers.as_slice() {
            named = named.saturating_add(to.saturating_sub(*from).clamp(0, 65_536));
            numbers.clear();
        }
    }
    named
}

/// A number of either kind.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
pub(crate) fn number(object: &Object) -> Option<f32> {
    let value = match object {
        Object::Integer(value) => *value as f32,
        Object::Real(value) => *value as f32,
        _ => return None,
    };
    value.is_finite().then_some(value)
}

/// How deep brackets open within one another, without looking into strings. A guard and no parser: what
/// it takes for a bracket in binary data closes again sooner or later.
pub(crate) fn nesting(bytes: &[u8]) -> usize {
    let (mut depth, mut most, mut strings) = (0_usize, 0_usize, 0_usize);
    let mut escaped = false;
    for byte in bytes {
        if strings > 0 {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'(' => strings += 1,
                b')' => strings -= 1,
                _ => {}
            }
            continue;
        }
        match byte {
            b'(' => strings = 1,
            b'[' | b'<' => {
                depth += 1;
                most = most.max(depth);
            }
            b']' | b'>' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    most
}
