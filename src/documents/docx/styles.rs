//! How runs, paragraphs and tables of a DOCX look, as far as that decides whether they are seen (ECMA-376-1,
//! 17.3 and 17.7).
//!
//! A look is what one place says; everything that it does not say is left to the style it refers to, to the
//! styles that one is based on, and in the end to the defaults of the document.

use std::collections::HashMap;

use super::colour::{self, Fill, Ink};
use super::palette::Palette;
use crate::xml::{Element, Event, Reader, Space};
use crate::{Limits, Refusal};

/// Styles of one document; Word itself knows some four hundred.
const STYLES: usize = 10_000;
/// Styles that one style is based on, one after the other. A ring ends here, too.
const CHAIN: usize = 32;
/// Bytes of the id of a style: the usual one is looked up for every paragraph.
const ID: usize = 1_000;
/// The parts of a table that may look different.
const PARTS: [&str; 13] = [
    "wholeTable",
    "firstRow",
    "lastRow",
    "firstCol",
    "lastCol",
    "band1Vert",
    "band2Vert",
    "band1Horz",
    "band2Horz",
    "neCell",
    "nwCell",
    "seCell",
    "swCell",
];

/// How a run looks.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunLook {
    /// Hidden text.
    pub vanish: Option<bool>,
    /// Hidden on the web, or as the mark between two styles.
    pub aside: Option<bool>,
    /// Half-points.
    pub size: Option<u32>,
    /// The colour of the letters.
    pub ink: Option<Ink>,
    /// What the run is shaded with.
    pub shade: Option<Fill>,
    /// What it is highlighted with, which lies over the shading.
    pub highlight: Option<Fill>,
    /// The width of letters, in percent.
    pub scale: Option<u32>,
    /// Drawn without fill, or wholly transparent.
    pub unmarked: Option<bool>,
    /// The character style.
    pub style: Option<String>,
}

impl RunLook {
    /// What the nearer look says counts, and this one where that is silent.
    pub(crate) fn under(&mut self, nearer: &RunLook) {
        self.vanish = nearer.vanish.or(self.vanish);
        self.aside = nearer.aside.or(self.aside);
        self.size = nearer.size.or(self.size);
        self.ink = nearer.ink.or(self.ink);
        self.shade = nearer.shade.or(self.shade);
        self.highlight = nearer.highlight.or(self.highlight);
        self.scale = nearer.scale.or(self.scale);
        self.unmarked = nearer.unmarked.or(self.unmarked);
    }
}

/// How a paragraph looks.
#[derive(Clone, Debug, Default)]
pub(crate) struct ParaLook {
    /// What it is shaded with.
    pub shade: Option<Fill>,
    /// Whether it is an item of a list.
    pub listed: Option<bool>,
    /// The level of the outline, 0 to 8 for headings and 9 for running text.
    pub level: Option<u32>,
    /// The height of its lines in twips when it is exact, which cuts off what is taller; 0 when it is not.
    pub exact: Option<u32>,
    /// The paragraph style.
    pub style: Option<String>,
}

impl ParaLook {
    fn under(&mut self, nearer: &ParaLook) {
        self.shade = nearer.shade.or(self.shade);
        self.listed = nearer.listed.or(self.listed);
        self.level = nearer.level.or(self.level);
        self.exact = nearer.exact.or(self.exact);
    }
}

/// How a table looks, or one of its parts (`firstRow` and such).
#[derive(Clone, Debug, Default)]
pub(crate) struct TableLook {
    /// What cells are shaded with.
    pub shade: Option<Fill>,
    /// How runs in it look.
    pub run: RunLook,
    /// Its parts by name.
    pub parts: HashMap<String, (Option<Fill>, RunLook)>,
}

/// Whether a property that is on or off is on.
pub(crate) fn on(element: &Element) -> bool {
    !matches!(element.attr("val"), Some("0" | "false" | "off"))
}

/// A measure in parts of a point: a bare number counts parts, and one with a unit is turned into them.
fn measure(text: &str, parts_of_a_point: f64) -> Option<u32> {
    let text = text.trim();
    let split = text.find(|sign: char| sign.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(split)?;
    let number = number.trim().parse::<f64>().ok()?;
    let parts = match unit {
        "" => number,
        "pt" => number * parts_of_a_point,
        "in" => number * 72.0 * parts_of_a_point,
        "cm" => number * 72.0 / 2.54 * parts_of_a_point,
        "mm" => number * 7.2 / 2.54 * parts_of_a_point,
        _ => return None,
    };
    // Counted in whole parts; a negative measure stands for its size.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is between 0 and a million"
    )]
    let whole = parts.abs().min(1e6) as u32;
    Some(whole)
}

/// Reads `w:rPr`, which has just started, to its end.
pub(crate) fn run_look(reader: &mut Reader<'_>, palette: &Palette) -> Result<RunLook, Refusal> {
    let mut look = RunLook::default();
    loop {
        let element = match reader.next()? {
            Event::Start(element) => element,
            Event::End | Event::Eof => return Ok(look),
            Event::Text(_) => continue,
        };
        if element.is(Space::W14, "textFill") {
            fill_of_text(reader, palette, &mut look)?;
            continue;
        }
        if element.space == Space::W {
            match element.name.as_str() {
                "vanish" => look.vanish = Some(on(&element)),
                "webHidden" | "specVanish" => look.aside = Some(look.aside == Some(true) || on(&element)),
                "sz" => look.size = element.attr("val").and_then(|text| measure(text, 2.0)).or(look.size),
                "w" => {
                    let percent = |text: &str| text.trim_end_matches('%').parse().ok();
                    look.scale = element.attr("val").and_then(percent).or(look.scale);
                }
                // The effects of Word 2010 stand after the colour and count instead of it.
                "color" => look.ink = Some(palette.ink(&element)),
                "shd" => look.shade = Some(palette.shade(&element)),
                "highlight" => {
                    let name = element.attr("val").unwrap_or("none");
                    look.highlight = Some(colour::named(name).map_or(Fill::Clear, Fill::Rgb));
                }
                "rStyle" => look.style = element.attr("val").map(str::to_owned),
                _ => {}
            }
        }
        reader.skip()?;
    }
}

fn fill_of_text(reader: &mut Reader<'_>, palette: &Palette, look: &mut RunLook) -> Result<(), Refusal> {
    loop {
        match reader.next()? {
            Event::Start(element) => {
                let fills = palette.fills(reader, &element)?;
                if fills.iter().all(|fill| *fill == Fill::Clear) {
                    look.unmarked = Some(true);
                } else if let [Fill::Rgb(colour)] = fills.as_slice() {
                    look.ink = Some(Ink::Rgb(*colour));
                    look.unmarked = Some(false);
                } else {
                    look.ink = Some(Ink::Seen);
                    look.unmarked = Some(false);
                }
            }
            Event::Text(_) => {}
            Event::End | Event::Eof => return Ok(()),
        }
    }
}

/// Reads `w:pPr`, which has just started, to its end. Elements that it does not know are given to `others`,
/// which has to read them to their end.
pub(crate) fn para_look(
    reader: &mut Reader<'_>,
    palette: &Palette,
    mut others: impl FnMut(&mut Reader<'_>, &Element) -> Result<(), Refusal>,
) -> Result<ParaLook, Refusal> {
    let mut look = ParaLook::default();
    loop {
        let element = match reader.next()? {
            Event::Start(element) => element,
            Event::End | Event::Eof => return Ok(look),
            Event::Text(_) => continue,
        };
        if element.space != Space::W {
            reader.skip()?;
            continue;
        }
        match element.name.as_str() {
            "pStyle" => look.style = element.attr("val").map(str::to_owned),
            "shd" => look.shade = Some(palette.shade(&element)),
            "outlineLvl" => look.level = element.attr("val").and_then(|text| text.parse().ok()),
            "spacing" => {
                if let Some(line) = element.attr("line") {
                    let exact = element.attr("lineRule") == Some("exact");
                    look.exact = if exact { measure(line, 20.0) } else { Some(0) };
                }
            }
            "numPr" => {
                look.listed = Some(is_listed(reader)?);
                continue;
            }
            _ => {
                others(reader, &element)?;
                continue;
            }
        }
        reader.skip()?;
    }
}

/// A number 0 takes a paragraph out of the list that its style puts it in.
fn is_listed(reader: &mut Reader<'_>) -> Result<bool, Refusal> {
    let mut listed = true;
    loop {
        match reader.next()? {
            Event::Start(element) => {
                if element.is(Space::W, "numId") {
                    listed = element.attr("val") != Some("0");
                }
                reader.skip()?;
            }
            Event::Text(_) => {}
            Event::End | Event::Eof => return Ok(listed),
        }
    }
}

#[derive(Debug, Default)]
struct Style {
    kind: String,
    name: String,
    based_on: Option<String>,
    run: RunLook,
    para: ParaLook,
    table: TableLook,
}

/// A style with everything that it is based on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Whole {
    /// How its runs look.
    pub run: RunLook,
    /// How its paragraphs look.
    pub para: ParaLook,
    /// How its tables look.
    pub table: TableLook,
    /// Whether it is one of headings, by its name.
    pub heading: bool,
}

/// The styles of a document.
#[derive(Debug, Default)]
pub(crate) struct Styles {
    defaults: RunLook,
    default_para: ParaLook,
    wholes: HashMap<(String, String), Whole>,
    /// The style of a kind that is taken where none is named.
    usual: HashMap<String, String>,
}

impl Styles {
    /// Reads the part of the styles.
    pub(crate) fn load(text: &str, palette: &Palette, limits: &Limits) -> Result<Styles, Refusal> {
        let mut reader = Reader::new(text, limits);
        let mut styles = Styles::default();
        let mut raw: HashMap<String, Style> = HashMap::new();
        loop {
            match reader.next()? {
                Event::Start(element) if element.is(Space::W, "rPrDefault") => {
                    if let Some(look) = inner(&mut reader, "rPr", |reader| run_look(reader, palette))? {
                        styles.defaults = RunLook { style: None, ..look };
                    }
                }
                Event::Start(element) if element.is(Space::W, "pPrDefault") => {
                    let read =
                        |reader: &mut Reader<'_>| para_look(reader, palette, |reader, _| reader.skip());
                    if let Some(look) = inner(&mut reader, "pPr", read)? {
                        styles.default_para = ParaLook { style: None, ..look };
                    }
                }
                Event::Start(element) if element.is(Space::W, "style") => {
                    let id = element.attr("styleId").unwrap_or_default().to_owned();
                    let style = style(&mut reader, &element, palette)?;
                    if matches!(element.attr("default"), Some("1" | "true" | "on")) {
                        styles.usual.insert(style.kind.clone(), id.clone());
                    }
                    if id.len() > ID {
                        return Err(Refusal::TooMuch("letters of the name of a style".into()));
                    }
                    raw.entry(id).or_insert(style);
                    if raw.len() > STYLES {
                        return Err(Refusal::TooMuch("styles".into()));
                    }
                }
                Event::Start(element)
                    if element.is(Space::W, "styles") || element.is(Space::W, "docDefaults") => {}
                Event::Start(_) => reader.skip()?,
                Event::Eof => break,
                _ => {}
            }
        }
        for (id, style) in &raw {
            styles.wholes.insert((style.kind.clone(), id.clone()), whole(&raw, style));
        }
        Ok(styles)
    }

    /// A style of a kind by its id, or the usual one of that kind.
    pub(crate) fn get(&self, kind: &str, id: Option<&str>) -> Option<&Whole> {
        let find = |id: &str| self.wholes.get(&(kind.to_owned(), id.to_owned()));
        // One that is named and does not exist is as if none were named.
        id.and_then(find).or_else(|| self.usual.get(kind).and_then(|id| find(id)))
    }

    /// How a paragraph looks in the end, and whether its style is one of headings.
    pub(crate) fn paragraph(&self, direct: &ParaLook) -> (ParaLook, bool) {
        let mut look = self.default_para.clone();
        let style = self.get("paragraph", direct.style.as_deref());
        if let Some(style) = style {
            look.under(&style.para);
        }
        look.under(direct);
        (look, style.is_some_and(|style| style.heading))
    }

    /// How a run looks in the end: in a table that gives `table`, in a paragraph of this style.
    pub(crate) fn run(&self, table: &RunLook, paragraph: Option<&str>, direct: &RunLook) -> RunLook {
        let mut look = self.defaults.clone();
        let usual = look.vanish;
        let paragraph = self.get("paragraph", paragraph);
        let character = direct.style.as_deref().and_then(|id| self.get("character", Some(id)));
        let above = [Some(table), paragraph.map(|style| &style.run), character.map(|style| &style.run)];
        for above in above.into_iter().flatten() {
            look.under(above);
        }
        // What is switched twice on the way is off again (17.7.3); what the run says itself is final.
        let switched = above.into_iter().flatten().filter(|look| look.vanish == Some(true)).count();
        look.vanish = Some(usual == Some(true) || switched % 2 == 1);
        look.under(direct);
        look
    }
}

/// Reads the only child of this name in an element that has just started, up to the element's end.
fn inner<T>(
    reader: &mut Reader<'_>,
    name: &str,
    mut read: impl FnMut(&mut Reader<'_>) -> Result<T, Refusal>,
) -> Result<Option<T>, Refusal> {
    let mut found = None;
    loop {
        match reader.next()? {
            Event::Start(element) if element.is(Space::W, name) => found = Some(read(reader)?),
            Event::Start(_) => reader.skip()?,
            Event::Text(_) => {}
            Event::End | Event::Eof => return Ok(found),
        }
    }
}

fn style(reader: &mut Reader<'_>, element: &Element, palette: &Palette) -> Result<Style, Refusal> {
    let mut style =
        Style { kind: element.attr("type").unwrap_or("paragraph").to_owned(), ..Style::default() };
    loop {
        let element = match reader.next()? {
            Event::Start(element) => element,
            Event::End | Event::Eof => return Ok(style),
            Event::Text(_) => continue,
        };
        let known = element.space == Space::W;
        match element.name.as_str() {
            "name" if known => style.name = element.attr("val").unwrap_or_default().to_lowercase(),
            "basedOn" if known => style.based_on = element.attr("val").map(str::to_owned),
            "rPr" if known => {
                style.run = run_look(reader, palette)?;
                continue;
            }
            "pPr" if known => {
                style.para = para_look(reader, palette, |reader, _| reader.skip())?;
                continue;
            }
            "tblPr" | "tcPr" if known => {
                style.table.shade = shade_in(reader, palette)?.or(style.table.shade);
                continue;
            }
            "tblStylePr" if known => {
                let part = element.attr("type").unwrap_or_default().to_owned();
                let look = part_of_table(reader, palette)?;
                if PARTS.contains(&part.as_str()) {
                    style.table.parts.insert(part, look);
                }
                continue;
            }
            _ => {}
        }
        reader.skip()?;
    }
}

/// The shading among the properties of a table or a cell, which have just started.
pub(crate) fn shade_in(reader: &mut Reader<'_>, palette: &Palette) -> Result<Option<Fill>, Refusal> {
    let mut shade = None;
    loop {
        match reader.next()? {
            Event::Start(element) => {
                if element.is(Space::W, "shd") {
                    shade = Some(palette.shade(&element));
                }
                reader.skip()?;
            }
            Event::Text(_) => {}
            Event::End | Event::Eof => return Ok(shade),
        }
    }
}

fn part_of_table(reader: &mut Reader<'_>, palette: &Palette) -> Result<(Option<Fill>, RunLook), Refusal> {
    let mut look = (None, RunLook::default());
    loop {
        match reader.next()? {
            Event::Start(element) if element.is(Space::W, "rPr") => look.1 = run_look(reader, palette)?,
            Event::Start(element) if element.is(Space::W, "tcPr") || element.is(Space::W, "tblPr") => {
                look.0 = shade_in(reader, palette)?.or(look.0);
            }
            Event::Start(_) => reader.skip()?,
            Event::Text(_) => {}
            Event::End | Event::Eof => return Ok(look),
        }
    }
}

fn whole(raw: &HashMap<String, Style>, style: &Style) -> Whole {
    let mut chain = vec![style];
    let mut at = style;
    while let Some(next) = at.based_on.as_ref().and_then(|id| raw.get(id)) {
        if chain.len() >= CHAIN || next.kind != style.kind {
            break;
        }
        chain.push(next);
        at = next;
    }
    let mut whole = Whole::default();
    for style in chain.into_iter().rev() {
        whole.run.under(&style.run);
        whole.para.under(&style.para);
        whole.table.shade = style.table.shade.or(whole.table.shade);
        whole.table.run.under(&style.run);
        for (part, (shade, run)) in &style.table.parts {
            let entry = whole.table.parts.entry(part.clone()).or_default();
            entry.0 = shade.or(entry.0);
            entry.1.under(run);
        }
        let name = style.name.as_str();
        whole.heading |= matches!(name, "title" | "subtitle")
            || name.starts_with("heading ")
            || name.starts_with("rubrik ");
    }
    whole
}
