//! The styles of an ODT (ISO/IEC 26300-3, 16 and 20), as far as they decide whether text is seen.

use std::collections::HashMap;

use crate::docx::colour::{self, Fill, Ink};
use crate::xml::{Element, Event, Reader, Space};
use crate::{Limits, Refusal};

/// Styles of one document.
const STYLES: usize = 20_000;
/// Styles that one style follows, one after the other. A ring ends here, too.
const CHAIN: usize = 32;
/// Bytes of the name of a style: those of parents are looked up again and again.
const NAME: usize = 1_000;

/// A size of letters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Size {
    /// Points.
    Points(f64),
    /// A share of the size around.
    Share(f64),
}

/// How something looks: what its style says, and nothing where it says nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Look {
    /// Not displayed.
    pub hidden: Option<bool>,
    /// The size of letters.
    pub size: Option<Size>,
    /// The colour of letters.
    pub ink: Option<Ink>,
    /// What lies behind the letters of a run.
    pub marker: Option<Fill>,
    /// What a paragraph, a cell, a table or a page is filled with.
    pub ground: Option<Fill>,
    /// What a shape is filled with.
    pub fill: Option<Fill>,
    /// Wholly transparent letters.
    pub unmarked: Option<bool>,
    /// The width of letters, a share.
    pub scale: Option<f64>,
    /// The level of the outline.
    pub level: Option<u32>,
}

impl Look {
    /// What the nearer look says counts; a share of a size is taken of the size here.
    pub(crate) fn under(&mut self, nearer: &Look) {
        self.hidden = nearer.hidden.or(self.hidden);
        self.size = match (nearer.size, self.size) {
            (Some(Size::Share(share)), Some(Size::Points(points))) => Some(Size::Points(points * share)),
            (Some(Size::Share(share)), Some(Size::Share(other))) => Some(Size::Share(other * share)),
            (nearer, farther) => nearer.or(farther),
        };
        self.ink = nearer.ink.or(self.ink);
        self.marker = nearer.marker.or(self.marker);
        self.ground = nearer.ground.or(self.ground);
        self.fill = nearer.fill.or(self.fill);
        self.unmarked = nearer.unmarked.or(self.unmarked);
        self.scale = nearer.scale.or(self.scale);
        self.level = nearer.level.or(self.level);
    }
}

#[derive(Debug, Default)]
struct Style {
    parent: Option<String>,
    look: Look,
}

/// The styles of a document, of both of its parts.
#[derive(Debug, Default)]
pub(crate) struct Styles {
    named: HashMap<(String, String), Style>,
    defaults: HashMap<String, Look>,
    /// Page layouts by name.
    layouts: HashMap<String, Look>,
    /// Of each master page: its name and its layout, in the order of the file.
    masters: Vec<(String, String)>,
}

impl Styles {
    /// Reads the styles of one part. Those of the text itself are read after the common ones and go before
    /// them.
    pub(crate) fn load(&mut self, text: &str, limits: &Limits) -> Result<(), Refusal> {
        let mut reader = Reader::new(text, limits);
        loop {
            match reader.next()? {
                Event::Start(element) if element.is(Space::Style, "style") => {
                    let family = element.attr("family").unwrap_or_default().to_owned();
                    let name = element.attr("name").unwrap_or_default().to_owned();
                    let parent = element.attr("parent-style-name").map(str::to_owned);
                    if name.len().max(parent.as_ref().map_or(0, String::len)) > NAME {
                        return Err(Refusal::TooMuch("letters of the name of a style".into()));
                    }
                    let level = element.attr("default-outline-level").and_then(|text| text.parse().ok());
                    let look = Look { level, ..properties(&mut reader)? };
                    self.named.insert((family, name), Style { parent, look });
                    if self.named.len() > STYLES {
                        return Err(Refusal::TooMuch("styles".into()));
                    }
                }
                Event::Start(element) if element.is(Space::Style, "default-style") => {
                    let family = element.attr("family").unwrap_or_default().to_owned();
                    let look = properties(&mut reader)?;
                    self.defaults.insert(family, look);
                }
                Event::Start(element) if element.is(Space::Style, "page-layout") => {
                    let name = element.attr("name").unwrap_or_default().to_owned();
                    let look = properties(&mut reader)?;
                    self.layouts.insert(name, look);
                }
                Event::Start(element) if element.is(Space::Style, "master-page") => {
                    let name = element.attr("name").unwrap_or_default().to_owned();
                    let layout = element.attr("page-layout-name").unwrap_or_default().to_owned();
                    self.masters.push((name, layout));
                    reader.skip()?;
                }
                // The text itself is read later.
                Event::Start(element) if element.is(Space::Office, "body") => reader.skip()?,
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    /// What a style says, with all that it follows.
    pub(crate) fn get(&self, family: &str, name: Option<&str>) -> Look {
        let mut chain = Vec::new();
        let mut next = name;
        while let Some(name) = next.filter(|_| chain.len() < CHAIN) {
            let Some(style) = self.named.get(&(family.to_owned(), name.to_owned())) else { break };
            chain.push(&style.look);
            next = style.parent.as_deref();
        }
        let mut look = self.defaults.get(family).cloned().unwrap_or_default();
        if family == "text" {
            // The defaults of characters are those of the paragraph around them.
            look = Look::default();
        }
        chain.into_iter().rev().for_each(|nearer| look.under(nearer));
        look
    }

    /// What pages may be filled with.
    pub(crate) fn pages(&self) -> Vec<Fill> {
        let mut fills: Vec<Fill> = self
            .masters
            .iter()
            .filter_map(|(_, layout)| self.layouts.get(layout))
            .map(|look| look.fill.filter(|fill| *fill != Fill::Clear).or(look.ground).unwrap_or(Fill::Clear))
            .collect();
        fills.truncate(64);
        if fills.is_empty() {
            fills.push(Fill::Clear);
        }
        fills
    }
}

/// Reads the properties of a style, which has just started, to its end.
fn properties(reader: &mut Reader<'_>) -> Result<Look, Refusal> {
    let mut look = Look::default();
    loop {
        match reader.next()? {
            Event::Start(element) => {
                if element.space == Space::Style && element.name.ends_with("-properties") {
                    say(&element, &mut look);
                    // A picture in the ground stands inside of the properties.
                    let mut open = 1_usize;
                    while open > 0 {
                        match reader.next()? {
                            Event::Start(inner) => {
                                open += 1;
                                if inner.is(Space::Style, "background-image")
                                    && inner.attr_in(Space::Xlink, "href").is_some()
                                {
                                    look.ground = Some(Fill::Unknown);
                                }
                            }
                            Event::End => open -= 1,
                            Event::Text(_) => {}
                            Event::Eof => break,
                        }
                    }
                } else {
                    reader.skip()?;
                }
            }
            Event::Text(_) => {}
            Event::End | Event::Eof => return Ok(look),
        }
    }
}

fn say(element: &Element, look: &mut Look) {
    let share =
        |text: &str| text.trim().strip_suffix('%')?.parse::<f64>().ok().map(|percent| percent / 100.0);
    let fo = |name| element.attr_in(Space::Fo, name);
    let fill = fo("background-color").map(|text| match text {
        "transparent" => Fill::Clear,
        text => colour::hex(text).map_or(Fill::Unknown, Fill::Rgb),
    });
    if element.name == "text-properties" {
        look.marker = fill.or(look.marker);
        let automatic = matches!(element.attr("use-window-font-color"), Some("true"));
        let ink = fo("color").and_then(colour::hex).map(Ink::Rgb);
        look.ink = if automatic { Some(Ink::Seen) } else { ink.or(look.ink) };
        look.size = fo("font-size")
            .and_then(|text| share(text).map(Size::Share).or_else(|| points(text).map(Size::Points)))
            .or(look.size);
        look.hidden = element.attr_in(Space::Text, "display").map(|text| text == "none").or(look.hidden);
        look.scale = element.attr("text-scale").and_then(share).or(look.scale);
        let opacity = element.attr_in(Space::Loext, "opacity").and_then(share);
        // An automatic colour is written as wholly transparent by `LibreOffice`, and shown.
        look.unmarked =
            if automatic { Some(false) } else { opacity.map(|opacity| opacity < 0.1).or(look.unmarked) };
        return;
    }
    look.ground = fill.or(look.ground);
    let draw = |name| element.attr_in(Space::Draw, name);
    let clear = draw("opacity").and_then(share).is_some_and(|opacity| opacity < 0.1);
    look.fill = match draw("fill") {
        Some("none") => Some(Fill::Clear),
        _ if clear => Some(Fill::Clear),
        Some("solid") => Some(draw("fill-color").and_then(colour::hex).map_or(Fill::Unknown, Fill::Rgb)),
        Some(_) => Some(Fill::Unknown),
        None => draw("fill-color").and_then(colour::hex).map(Fill::Rgb).or(look.fill),
    };
}

/// A length in points.
pub(crate) fn points(text: &str) -> Option<f64> {
    let text = text.trim();
    let split = text.find(|sign: char| sign.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at_checked(split)?;
    let number: f64 = number.parse().ok()?;
    let factor = match unit {
        "pt" => 1.0,
        "in" | "inch" => 72.0,
        "cm" => 72.0 / 2.54,
        "mm" => 7.2 / 2.54,
        "pc" => 12.0,
        "px" => 0.75,
        _ => return None,
    };
    Some(number * factor)
}
