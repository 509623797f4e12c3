//! Rich Text Format 1.9.1, as Word, `LibreOffice` and `WordPad` write it.
//!
//! One pass over the tokens with a stack of groups that the limit on depth bounds. Where a group's text goes is
//! its [`Place`]; what a reader does not see goes to the hidden texts. Pictures, objects and everything that
//! a writer marks as to be ignored (`\*`) is passed over unless it is known here.
//!
//! Nothing is laid out. So a shape that lies behind text without containing it is not taken for its ground:
//! white text on such a shape counts as hidden, and is shown to people as that.

use crate::{Draft, Limits, Part, Piece, Refusal, Shape, Why};
use codepage::CodePage;
use colour::{Rgb, Shade, WHITE, colour};
use std::collections::{HashMap, HashSet};
use tokens::{Token, Tokens};

mod codepage;
mod colour;
mod flow;
mod tokens;

/// Text of this size or less cannot be read, in half-points.
const UNREADABLE: i32 = 4;

/// Reads the bytes of an RTF file. Groups within groups beyond the limit are `TooMuch`; what breaks off early is
/// read as far as it goes.
pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Draft, Refusal> {
    let mut reader = Reader::new();
    for token in Tokens::new(bytes) {
        match token {
            Token::Open => {
                reader.open();
                if reader.stack.len() > limits.depth {
                    return Err(Refusal::TooMuch("groups within groups".into()));
                }
            }
            Token::Close => {
                reader.close();
                if reader.stack.is_empty() {
                    break;
                }
            }
            // Most of a large file is pictures.
            _ if reader.group.place == Place::Nowhere => {}
            Token::Bytes(bytes) => reader.bytes(bytes),
            Token::Hex(byte) => reader.bytes(&[byte]),
            Token::Symbol(sign) => reader.symbol(sign),
            Token::Word(word, number) => reader.word(word, number),
        }
    }
    while !reader.stack.is_empty() {
        reader.close();
    }
    reader.end_flow();
    Ok(Draft { pieces: reader.pieces, hidden: reader.hidden, ..Draft::default() })
}

/// Where the text of a group goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Onto the page.
    Page,
    /// Nowhere, and neither does that of groups in it.
    Nowhere,
    /// Nowhere, while groups in it may go somewhere.
    Frame,
    Fonts,
    Colours,
    Styles,
    /// Properties of the document.
    Properties,
    /// Entries of an index or of a table of contents, which stand elsewhere.
    Entries,
    /// Comments to the document that no page shows.
    Comments,
    /// Name and value of a property of a shape.
    Name,
    Value,
    /// Twice the same, for old readers (where `\ud` is not known) and for new ones; where it goes.
    Twice,
}

/// How paragraphs are formatted.
#[derive(Clone, Copy, Default)]
struct Paragraph {
    in_table: bool,
    listed: bool,
    off_page: bool,
    style: i32,
    /// The level in the outline from 1; 0 for text.
    outline: i32,
    shade: Shade,
}

/// What a group keeps and its end restores.
#[derive(Clone, Copy)]
struct Group {
    place: Place,
    /// How many flows and shapes end with the group.
    flows: u32,
    shapes: u32,
    /// Whether a property of a shape ends with the group.
    property: bool,
    /// Characters that stand for one `\u` to old readers.
    fallback: usize,
    font: i32,
    hidden: bool,
    deleted: bool,
    half_points: i32,
    /// The width of letters in percent.
    width: i32,
    colour: i32,
    ground: i32,
    highlight: i32,
    shade: Shade,
    paragraph: Paragraph,
}

/// A text that stands by itself: the body, a header, a note, a text box, a comment.
struct Flow {
    part: Part,
    /// Set where no reader sees it.
    why: Option<Why>,
    text: String,
    /// The paragraph that goes on has a mark of a list.
    item: bool,
    cell: Vec<(Shape, String)>,
    row: Vec<Vec<(Shape, String)>>,
    /// The shading of the cells of the row, as it is defined, and that of the cell being defined.
    shades: Vec<Shade>,
    shade: Shade,
}

/// A shape or a text box.
#[derive(Clone, Copy)]
struct Drawing {
    /// Nothing when it is not filled, or filled with what has no one colour.
    fill: Option<Rgb>,
    /// Filled with a picture, a pattern or a gradient: what lies behind is not known.
    painted: bool,
    hidden: bool,
    off_page: bool,
}

struct Reader {
    stack: Vec<Group>,
    group: Group,
    flows: Vec<Flow>,
    drawings: Vec<Drawing>,
    pieces: Vec<Piece>,
    hidden: Vec<(Why, String)>,
    /// Whether the last hidden text goes on without a gap.
    hidden_goes_on: bool,
    /// Bytes of text that wait for the next ones of their letter.
    waiting: Vec<u8>,
    /// The first half of a character beyond U+FFFF.
    half: Option<u16>,
    /// Characters still to be passed over after a `\u`.
    passed: usize,
    /// The group began with `\*`.
    optional: bool,
    page: CodePage,
    fonts: HashMap<i32, CodePage>,
    font: i32,
    default_font: i32,
    colours: Vec<Option<Rgb>>,
    mixing: Option<Rgb>,
    headings: HashSet<i32>,
    style: i32,
    style_name: String,
    name: String,
    value: String,
    /// The ground of all pages, and how deep the groups are that give it.
    paper: Rgb,
    background: Option<usize>,
    /// In twips.
    paper_width: i32,
    paper_height: i32,
}

impl Reader {
    fn new() -> Self {
        let group = Group {
            place: Place::Page,
            flows: 0,
            shapes: 0,
            property: false,
            fallback: 1,
            font: 0,
            hidden: false,
            deleted: false,
            half_points: 24,
            width: 100,
            colour: 0,
            ground: 0,
            highlight: 0,
            shade: Shade::default(),
            paragraph: Paragraph::default(),
        };
        Self {
            stack: Vec::new(),
            group,
            flows: vec![Flow::new(Part::Body, None)],
            drawings: Vec::new(),
            pieces: Vec::new(),
            hidden: Vec::new(),
            hidden_goes_on: false,
            waiting: Vec::new(),
            half: None,
            passed: 0,
            optional: false,
            page: CodePage::WESTERN,
            fonts: HashMap::new(),
            font: 0,
            default_font: 0,
            colours: Vec::new(),
            mixing: None,
            headings: HashSet::new(),
            style: 0,
            style_name: String::new(),
            name: String::new(),
            value: String::new(),
            paper: WHITE,
            background: None,
            paper_width: 12_240,
            paper_height: 15_840,
        }
    }

    fn open(&mut self) {
        self.flush();
        (self.passed, self.optional) = (0, false);
        self.stack.push(self.group);
        (self.group.flows, self.group.shapes, self.group.property) = (0, 0, false);
        if self.group.place == Place::Twice {
            // Only the group that says so goes anywhere.
            self.group.place = Place::Frame;
        }
        if self.group.place == Place::Styles {
            self.style = 0;
            self.style_name.clear();
        }
    }

    fn close(&mut self) {
        self.flush();
        (self.passed, self.optional) = (0, false);
        if self.group.place == Place::Properties || self.group.place == Place::Comments {
            self.hidden_goes_on = false;
        }
        if self.group.property {
            self.property();
        }
        for _ in 0..self.group.flows {
            self.end_flow();
        }
        for _ in 0..self.group.shapes {
            let drawing = self.drawings.pop();
            if let (Some(_), Some(drawing)) = (self.background, drawing) {
                self.paper = drawing.fill.unwrap_or(self.paper);
            }
        }
        if self.background.is_some_and(|depth| depth >= self.stack.len()) {
            self.background = None;
        }
        if let Some(group) = self.stack.pop() {
            self.group = group;
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        let passed = self.passed.min(bytes.len());
        self.passed -= passed;
        let bytes = bytes.get(passed..).unwrap_or(&[]);
        match self.group.place {
            Place::Colours => {
                for _ in bytes.iter().filter(|byte| **byte == b';') {
                    self.colours.push(self.mixing.take());
                }
            }
            Place::Nowhere | Place::Frame | Place::Twice | Place::Fonts => {}
            _ => self.waiting.extend_from_slice(bytes),
        }
    }

    /// Decodes the bytes that wait; the font must not have changed since they came.
    fn flush(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let waiting = std::mem::take(&mut self.waiting);
        let page = match self.group.place {
            Place::Page | Place::Entries => self.fonts.get(&self.group.font).copied().unwrap_or(self.page),
            _ => self.page,
        };
        if waiting.is_ascii() && !matches!(page, CodePage::Symbol) {
            self.text(&String::from_utf8_lossy(&waiting));
        } else {
            self.text(&page.decode(&waiting));
        }
        self.waiting = waiting;
        self.waiting.clear();
    }

    fn text(&mut self, text: &str) {
        self.half = None;
        match self.group.place {
            Place::Page => {
                let why = self.flows.last().and_then(|flow| flow.why).or_else(|| self.why_unseen());
                match (why, self.flows.last_mut()) {
                    (Some(why), _) => self.hide(why, text),
                    (None, Some(flow)) => {
                        flow.text.push_str(text);
                        self.hidden_goes_on &= text.is_empty();
                    }
                    (None, None) => {}
                }
            }
            Place::Properties => self.hide(Why::Metadata, text),
            Place::Entries => self.hide(Why::Marked, text),
            Place::Comments => self.hide(Why::Comment, text),
            Place::Name => self.name.push_str(text),
            Place::Value => self.value.push_str(text),
            Place::Styles => self.style_text(text),
            Place::Nowhere | Place::Frame | Place::Twice | Place::Fonts | Place::Colours => {}
        }
    }

    fn hide(&mut self, why: Why, text: &str) {
        match self.hidden.last_mut() {
            Some((last, all)) if *last == why => {
                if !self.hidden_goes_on {
                    all.push(' ');
                }
                all.push_str(text);
            }
            _ => self.hidden.push((why, text.to_owned())),
        }
        self.hidden_goes_on = true;
    }

    /// Why text that is formatted like this cannot be seen.
    fn why_unseen(&self) -> Option<Why> {
        let (group, drawing) = (&self.group, self.drawings.last());
        if group.deleted {
            Some(Why::Deleted)
        } else if group.hidden || drawing.is_some_and(|drawing| drawing.hidden) {
            Some(Why::Marked)
        } else if group.paragraph.off_page || drawing.is_some_and(|drawing| drawing.off_page) {
            Some(Why::OffPage)
        } else if group.half_points <= UNREADABLE || group.width < 10 {
            Some(Why::Size)
        } else {
            // Automatic colours are made to be seen.
            let text = colour(&self.colours, group.colour)?;
            colour::is_unseen(text, self.ground()?).then_some(Why::Colour)
        }
    }

    /// What lies behind the text; nothing when that is not known.
    fn ground(&self) -> Option<Rgb> {
        let (group, paragraph) = (&self.group, &self.group.paragraph);
        let marked = colour(&self.colours, group.highlight)
            .or_else(|| group.shade.seen(&self.colours))
            .or_else(|| colour(&self.colours, group.ground))
            .or_else(|| paragraph.shade.seen(&self.colours));
        if marked.is_some() {
            return marked;
        }
        let cell = self.flows.last().filter(|_| paragraph.in_table);
        if let Some(seen) = cell.and_then(|flow| flow.shades.get(flow.row.len())?.seen(&self.colours)) {
            return Some(seen);
        }
        match self.drawings.last() {
            Some(drawing) if drawing.painted => None,
            Some(drawing) => Some(drawing.fill.unwrap_or(self.paper)),
            None => Some(self.paper),
        }
    }

    /// A `\u`: one UTF-16 unit, written as a signed number.
    fn unit(&mut self, number: i32) {
        self.passed = 0;
        let code =
            u32::try_from(if number < 0 { number.saturating_add(65_536) } else { number }).unwrap_or(0xfffd);
        match (code, self.half.take()) {
            (0xd800..=0xdbff, _) => self.half = u16::try_from(code).ok(),
            (0xdc00..=0xdfff, Some(half)) => {
                let code = 0x10000 + ((u32::from(half) - 0xd800) << 10) + (code - 0xdc00);
                self.letter(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            _ => self.letter(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)),
        }
        self.passed = self.group.fallback;
    }

    /// A single character, unless it stands for the one before.
    fn letter(&mut self, letter: char) {
        if self.passed > 0 {
            self.passed -= 1;
        } else {
            self.text(letter.encode_utf8(&mut [0; 4]));
        }
    }

    fn symbol(&mut self, sign: u8) {
        self.flush();
        match sign {
            b'*' => self.optional = true,
            b'~' => self.letter('\u{a0}'),
            b'_' => self.letter('\u{2011}'),
            b'-' => self.letter('\u{ad}'),
            b'\\' | b'{' | b'}' => self.letter(char::from(sign)),
            b'\r' | b'\n' => self.end_paragraph(),
            b'\t' => self.letter(' '),
            _ => {}
        }
    }

    fn word(&mut self, word: &str, number: Option<i32>) {
        self.flush();
        let optional = std::mem::take(&mut self.optional);
        if self.destination(word) {
            return;
        }
        if optional {
            self.group.place = Place::Nowhere;
            return;
        }
        match self.group.place {
            Place::Fonts => return self.font_word(word, number.unwrap_or(0)),
            Place::Colours => return self.colour_word(word, number.unwrap_or(0)),
            Place::Styles => return self.style_word(word, number.unwrap_or(0)),
            _ => {}
        }
        let on = number != Some(0);
        let value = number.unwrap_or(0);
        match word {
            "u" if number.is_some() => self.unit(value),
            "uc" => self.group.fallback = usize::try_from(value).unwrap_or(1).min(64),
            "par" | "sect" | "page" | "column" | "nestcell" => self.end_paragraph(),
            "line" | "lbr" | "softline" => self.letter('\n'),
            "cell" => self.end_cell(),
            "row" => self.end_row(),
            "tab" | "emspace" | "enspace" | "qmspace" => self.letter(' '),
            "emdash" => self.letter('—'),
            "endash" => self.letter('–'),
            "lquote" => self.letter('‘'),
            "rquote" => self.letter('’'),
            "ldblquote" => self.letter('“'),
            "rdblquote" => self.letter('”'),
            "bullet" => self.letter('•'),
            "plain" => self.plain(),
            "pard" => self.group.paragraph = Paragraph::default(),
            "v" => self.group.hidden = on,
            "deleted" => self.group.deleted = on,
            "f" => self.group.font = value,
            "fs" => self.group.half_points = number.unwrap_or(24),
            "charscalex" => self.group.width = number.unwrap_or(100),
            "cf" => self.group.colour = value,
            "cb" => self.group.ground = value,
            "highlight" => self.group.highlight = value,
            "chshdng" => self.group.shade.share = value,
            "chcfpat" => self.group.shade.front = value,
            "chcbpat" => self.group.shade.back = value,
            "shading" => self.group.paragraph.shade.share = value,
            "cfpat" => self.group.paragraph.shade.front = value,
            "cbpat" => self.group.paragraph.shade.back = value,
            "intbl" => self.group.paragraph.in_table = true,
            "s" => self.group.paragraph.style = value,
            "ls" => self.group.paragraph.listed = value > 0,
            "outlinelevel" => {
                self.group.paragraph.outline = if value < 9 { value.saturating_add(1) } else { 0 }
            }
            "posx" | "posnegx" => self.group.paragraph.off_page |= is_beyond(value, self.paper_width),
            "posy" | "posnegy" => self.group.paragraph.off_page |= is_beyond(value, self.paper_height),
            "ansi" => self.page = CodePage::WESTERN,
            "mac" => self.page = CodePage::MAC,
            "pc" => self.page = CodePage::by_number(437),
            "pca" => self.page = CodePage::by_number(850),
            "ansicpg" if value != 0 => self.page = CodePage::by_number(value),
            "deff" => (self.default_font, self.group.font) = (value, value),
            "paperw" if value > 0 => self.paper_width = value,
            "paperh" if value > 0 => self.paper_height = value,
            _ => self.table_or_shape_word(word, value),
        }
    }

    fn table_or_shape_word(&mut self, word: &str, value: i32) {
        let (width, height) = (self.paper_width, self.paper_height);
        if let Some(flow) = self.flows.last_mut() {
            match word {
                "trowd" => {
                    flow.shades.clear();
                    flow.shade = Shade::default();
                }
                "clshdng" => flow.shade.share = value,
                "clcfpat" => flow.shade.front = value,
                "clcbpat" => flow.shade.back = value,
                "cellx" => flow.shades.push(std::mem::take(&mut flow.shade)),
                _ => {}
            }
        }
        if let Some(drawing) = self.drawings.last_mut() {
            // What a shape is placed by lies on the page, so it can be off only by more than the page.
            drawing.off_page |= match word {
                "shpleft" => value >= width,
                "shpright" => value <= -width,
                "shptop" => value >= height,
                "shpbottom" => value <= -height,
                _ => false,
            };
        }
    }

    /// Whether the word says where the text of its group goes.
    fn destination(&mut self, word: &str) -> bool {
        let part = self.flows.last().map_or(Part::Body, |flow| flow.part);
        match word {
            "fonttbl" => self.group.place = Place::Fonts,
            "colortbl" => self.group.place = Place::Colours,
            "stylesheet" => self.group.place = Place::Styles,
            "header" | "headerl" | "headerr" | "headerf" | "footer" | "footerl" | "footerr" | "footerf" => {
                self.begin_flow(Part::Margin, None);
            }
            "footnote" => self.begin_flow(Part::Note, None),
            "annotation" => self.begin_flow(part, Some(Why::Comment)),
            "shptxt" | "dptxbxtext" => self.begin_flow(part, None),
            "shp" => {
                self.drawings.push(Drawing {
                    fill: Some(WHITE),
                    painted: false,
                    hidden: false,
                    off_page: false,
                });
                self.group.shapes += 1;
                self.group.place = Place::Frame;
            }
            "background" => {
                self.background = Some(self.stack.len());
                self.group.place = Place::Frame;
            }
            "info" | "userprops" | "object" | "pict" | "shppict" | "picprop" | "shpinst" | "shpgrp"
            | "do" => {
                self.group.place = Place::Frame;
            }
            "title" | "subject" | "keywords" | "doccomm" | "category" | "staticval" | "docvar" => {
                self.group.place = Place::Properties;
            }
            "xe" | "rxe" | "txe" | "tc" | "tcn" => self.group.place = Place::Entries,
            "comment" => self.group.place = Place::Comments,
            "sp" => {
                self.name.clear();
                self.value.clear();
                self.group.property = true;
                self.group.place = Place::Frame;
            }
            "sn" => self.group.place = Place::Name,
            "sv" => self.group.place = Place::Value,
            // Of objects and fields the picture of the result is on the page.
            "result" => self.group.place = Place::Page,
            "fldrslt" | "nesttableprops" => {}
            "upr" => self.group.place = Place::Twice,
            "ud" => {
                // The group around the outer one knows where it goes.
                let outer = self.stack.len().checked_sub(2).and_then(|at| self.stack.get(at));
                self.group.place = outer.map_or(Place::Page, |group| group.place);
            }
            "pntext" | "listtext" => {
                if let Some(flow) = self.flows.last_mut() {
                    flow.item = true;
                }
                self.group.place = Place::Nowhere;
            }
            "fldinst" | "nonshppict" | "shprslt" | "nonesttables" | "objdata" | "objclass" | "objname"
            | "objalias" | "objsect" | "propname" | "linkval" | "author" | "operator" | "company"
            | "manager" | "hlinkbase" | "ftnsep" | "ftnsepc" | "ftncn" | "aftnsep" | "aftnsepc"
            | "aftncn" | "template" | "datafield" | "formfield" | "filetbl" | "listtable"
            | "listoverridetable" | "revtbl" | "generator" | "private" | "bkmkstart" | "bkmkend"
            | "atnid" | "atnauthor" | "falt" | "panose" | "themedata" | "blipuid" => {
                self.group.place = Place::Nowhere;
            }
            _ => return false,
        }
        true
    }

    fn plain(&mut self) {
        let group = &mut self.group;
        (group.hidden, group.deleted, group.half_points, group.width) = (false, false, 24, 100);
        (group.colour, group.ground, group.highlight, group.shade) = (0, 0, 0, Shade::default());
        group.font = self.default_font;
    }

    fn font_word(&mut self, word: &str, value: i32) {
        let page = match word {
            "f" => {
                self.font = value;
                return;
            }
            "fcharset" => CodePage::by_charset(value),
            "cpg" => Some(CodePage::by_number(value)),
            _ => None,
        };
        if let Some(page) = page {
            self.fonts.insert(self.font, page);
        }
    }

    fn colour_word(&mut self, word: &str, value: i32) {
        let part = u8::try_from(value.clamp(0, 255)).unwrap_or(0);
        let [red, green, blue] = self.mixing.unwrap_or_default();
        self.mixing = match word {
            "red" => Some([part, green, blue]),
            "green" => Some([red, part, blue]),
            "blue" => Some([red, green, part]),
            _ => return,
        };
    }

    fn style_word(&mut self, word: &str, value: i32) {
        match word {
            "s" => self.style = value,
            "outlinelevel" if value < 9 => {
                self.headings.insert(self.style);
            }
            _ => {}
        }
    }

    fn style_text(&mut self, text: &str) {
        let (name, ends) = match text.split_once(';') {
            Some((name, _)) => (name, true),
            None => (text, false),
        };
        if self.style_name.len() < 64 {
            self.style_name.push_str(name);
        }
        if ends {
            let name = self.style_name.trim().to_lowercase();
            let heading = ["heading ", "rubrik ", "überschrift ", "title", "rubrik", "titel"];
            if heading
                .iter()
                .any(|known| name == known.trim_end() || known.ends_with(' ') && name.starts_with(known))
            {
                self.headings.insert(self.style);
            }
        }
    }
}

/// Whether a place of a frame in twips is off a page of this length.
fn is_beyond(place: i32, length: i32) -> bool {
    place >= length || place <= -length
}

#[cfg(test)]
mod tests;
