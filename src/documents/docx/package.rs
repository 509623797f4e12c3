//! The parts of a DOCX around its text (ECMA-376-2): which part is the main one and what it refers to,
//! settings, properties, and drawings that may lie behind text.

use std::collections::HashMap;

use super::colour::Fill;
use super::palette::Palette;
use super::styles;
use crate::xml::{self, Element, Event, Reader, Space};
use crate::zipped::Archive;
use crate::{Limits, Refusal, Why};

/// Bytes of the name of a part; many places may refer to one.
const NAME: usize = 1_000;
/// Drawings of a document that may lie behind text: every run of letters is held against them.
pub(crate) const BACKDROPS: usize = 64;
/// Colours of one drawing.
const COLOURS: usize = 4;

/// What a part refers to inside the package.
#[derive(Clone, Debug, Default)]
pub(crate) struct Relations {
    /// By id: the kind (the last step of its type) and the name of the part.
    targets: HashMap<String, (String, String)>,
    /// The ids in the order of the file.
    order: Vec<String>,
}

impl Relations {
    /// Reads what a part refers to; the package itself is the part without a name.
    pub(crate) fn of(archive: &mut Archive<'_>, part: &str, limits: &Limits) -> Result<Relations, Refusal> {
        let (folder, file) = part.rsplit_once('/').map_or(("", part), |(folder, file)| (folder, file));
        let name = format!("{folder}/_rels/{file}.rels");
        let mut relations = Relations::default();
        let Some(bytes) = archive.part(name.trim_start_matches('/'))? else { return Ok(relations) };
        let text = xml::decode(&bytes)?;
        let mut reader = Reader::new(&text, limits);
        loop {
            match reader.next()? {
                Event::Start(element) if element.is(Space::Package, "Relationship") => {
                    let external = element.attr("TargetMode") == Some("External");
                    if let (Some(id), Some(kind), Some(target), false) =
                        (element.attr("Id"), element.attr("Type"), element.attr("Target"), external)
                    {
                        let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                        let target = resolved(folder, target);
                        if target.len() > NAME {
                            return Err(Refusal::TooMuch("letters of the name of a part".into()));
                        }
                        if relations.targets.insert(id.to_owned(), (kind, target)).is_none() {
                            relations.order.push(id.to_owned());
                        }
                    }
                }
                Event::Eof => return Ok(relations),
                _ => {}
            }
        }
    }

    /// The part that an id refers to.
    pub(crate) fn by_id(&self, id: &str) -> Option<&str> {
        self.targets.get(id).map(|(_, name)| name.as_str())
    }

    /// The parts of a kind, in the order of the file.
    fn of_kind(&self, wanted: &str) -> impl Iterator<Item = &str> {
        self.order.iter().filter_map(move |id| {
            self.targets.get(id).filter(|(kind, _)| kind == wanted).map(|(_, name)| name.as_str())
        })
    }

    /// The first part of a kind.
    pub(crate) fn first(&self, kind: &str) -> Option<&str> {
        self.of_kind(kind).next()
    }
}

fn resolved(folder: &str, target: &str) -> String {
    let mut steps: Vec<&str> = if target.starts_with('/') {
        Vec::new()
    } else {
        folder.split('/').filter(|step| !step.is_empty()).collect()
    };
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// The name of the main part.
pub(crate) fn main_part(archive: &mut Archive<'_>, limits: &Limits) -> Result<String, Refusal> {
    let relations = Relations::of(archive, "", limits)?;
    Ok(relations.first("officeDocument").unwrap_or("word/document.xml").to_owned())
}

/// The texts of the parts of some kinds, with their names, each once.
pub(crate) fn parts(
    archive: &mut Archive<'_>,
    relations: &Relations,
    kinds: &[&str],
) -> Result<Vec<(String, String)>, Refusal> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut names = std::collections::HashSet::new();
    for kind in kinds {
        for name in relations.of_kind(kind) {
            if !names.insert(name) {
                continue;
            }
            if let Some(bytes) = archive.part(name)? {
                found.push((name.to_owned(), xml::decode(&bytes)?.into_owned()));
            }
        }
    }
    Ok(found)
}

/// What the settings say that decides what is seen.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// Whether the background of the page is shown.
    pub background: bool,
    /// Whether even pages have headers of their own.
    pub even: bool,
}

/// Reads the settings, and into the palette which colours the names of the theme stand for.
pub(crate) fn settings(text: &str, palette: &mut Palette, limits: &Limits) -> Result<Settings, Refusal> {
    let mut reader = Reader::new(text, limits);
    let mut settings = Settings::default();
    loop {
        match reader.next()? {
            Event::Start(element) if element.space == Space::W => match element.name.as_str() {
                "displayBackgroundShape" => settings.background = styles::on(&element),
                "evenAndOddHeaders" => settings.even = styles::on(&element),
                "clrSchemeMapping" => palette.map(&element),
                _ => {}
            },
            Event::Eof => return Ok(settings),
            _ => {}
        }
    }
}

/// A drawing that may lie behind text.
#[derive(Debug)]
pub(crate) struct Backdrop {
    /// Whether it is put behind the text.
    pub behind: bool,
    /// Square EMU.
    pub area: f64,
    /// What it is filled with.
    pub fills: Vec<Fill>,
}

/// The area of an element with `cx` and `cy`, in square EMU.
pub(crate) fn area(element: &Element) -> f64 {
    let side = |name| element.attr(name).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0).max(0.0);
    side("cx") * side("cy")
}

/// The anchored drawings of a part.
pub(crate) fn backdrops(text: &str, palette: &Palette, limits: &Limits) -> Result<Vec<Backdrop>, Refusal> {
    if !text.contains("anchor") {
        return Ok(Vec::new());
    }
    let mut reader = Reader::new(text, limits);
    let mut found: Vec<Backdrop> = Vec::new();
    let mut depth = 0_usize;
    let mut anchor = None;
    loop {
        match reader.next()? {
            Event::Start(element) => {
                let open = anchor.is_some();
                match (element.space, element.name.as_str()) {
                    (Space::Wp, "anchor") if !open && found.len() < BACKDROPS => {
                        anchor = Some(depth);
                        let behind = matches!(element.attr("behindDoc"), Some("1" | "true"));
                        found.push(Backdrop { behind, area: 0.0, fills: Vec::new() });
                    }
                    (Space::Wp, "extent") if open => {
                        if let Some(drop) = found.last_mut() {
                            drop.area = area(&element);
                        }
                    }
                    // What stands in a text box is in front of it, and lines are not grounds.
                    (Space::W, "txbxContent") | (Space::A, "ln") if open => {
                        reader.skip()?;
                        continue;
                    }
                    (Space::Pic, "blipFill") if open => {
                        if let Some(drop) = found.last_mut() {
                            drop.fills.push(Fill::Unknown);
                        }
                    }
                    (Space::A, "solidFill" | "gradFill" | "blipFill" | "pattFill" | "fillRef") if open => {
                        if element.attr("idx") == Some("0") {
                            reader.skip()?;
                        } else {
                            let fills = palette.fills(&mut reader, &element)?;
                            if let Some(drop) = found.last_mut() {
                                drop.fills.extend(fills);
                            }
                        }
                        continue;
                    }
                    _ => {}
                }
                depth += 1;
            }
            Event::End => {
                depth = depth.saturating_sub(1);
                if anchor == Some(depth) {
                    anchor = None;
                    if let Some(drop) = found.last_mut() {
                        drop.fills.truncate(COLOURS);
                    }
                }
            }
            Event::Text(_) => {}
            Event::Eof => return Ok(found),
        }
    }
}

/// Why a row is not shown, from its properties, which have just started.
pub(crate) fn row_is_gone(reader: &mut Reader<'_>, flat: u32) -> Result<Option<Why>, Refusal> {
    let mut why = None;
    loop {
        match reader.next()? {
            Event::Start(element) => {
                match (element.space, element.name.as_str()) {
                    (Space::W, "del") => why = Some(Why::Deleted),
                    (Space::W, "hidden") if styles::on(&element) => why = why.or(Some(Why::Marked)),
                    (Space::W, "trHeight") if element.attr("hRule") == Some("exact") => {
                        let height = element.attr("val").and_then(|text| text.parse::<u32>().ok());
                        if height.is_some_and(|height| height > 0 && height <= flat) {
                            why = why.or(Some(Why::Size));
                        }
                    }
                    _ => {}
                }
                reader.skip()?;
            }
            Event::Text(_) => {}
            Event::End | Event::Eof => return Ok(why),
        }
    }
}

/// The texts of a diagram or a chart, one a paragraph or a label.
pub(crate) fn drawn_texts(text: &str, limits: &Limits) -> Result<Vec<String>, Refusal> {
    let mut reader = Reader::new(text, limits);
    let mut texts = Vec::new();
    let mut line = String::new();
    loop {
        match reader.next()? {
            Event::Start(element) => match (element.space, element.name.as_str()) {
                (Space::A, "t") => line.push_str(&reader.rest()?),
                (Space::Chart, "strCache") | (Space::A, "p") => texts.push(std::mem::take(&mut line)),
                (Space::Chart, "v") => {
                    line.push_str(&reader.rest()?);
                    line.push(' ');
                }
                // Values of charts are drawn as bars, and not as numbers.
                (Space::Chart, "numCache") => reader.skip()?,
                _ => {}
            },
            Event::Eof => break,
            _ => {}
        }
    }
    texts.push(line);
    let tidy = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(texts.iter().map(tidy).filter(|text| !text.is_empty()).collect())
}

/// What is in the package beside the document: properties, and files that are embedded.
pub(crate) fn asides(archive: &mut Archive<'_>, limits: &Limits) -> Result<Vec<(Why, String)>, Refusal> {
    let mut found = Vec::new();
    let relations = Relations::of(archive, "", limits)?;
    for kind in ["core-properties", "extended-properties", "custom-properties"] {
        for (_, text) in parts(archive, &relations, &[kind])? {
            let mut reader = Reader::new(&text, limits);
            loop {
                match reader.next()? {
                    Event::Start(element) => match element.name.as_str() {
                        "title" | "subject" | "keywords" | "description" | "category" | "contentStatus"
                        | "Company" | "Manager" | "lpwstr" | "lpstr" | "bstr" => {
                            found.push((Why::Metadata, reader.rest()?));
                        }
                        // The headings and the links of the text, once more.
                        "vector" => reader.skip()?,
                        _ => {}
                    },
                    Event::Eof => break,
                    _ => {}
                }
            }
        }
    }
    let embedded = |name: &&str| {
        let name = name.to_ascii_lowercase();
        (name.contains("/embeddings/") || name.ends_with("vbaproject.bin"))
            && !name.ends_with('/')
            && !name.contains("/_rels/")
    };
    found.extend(archive.names().filter(embedded).map(|name| (Why::Embedded, name.to_owned())));
    Ok(found)
}
