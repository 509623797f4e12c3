//! What a PDF says of itself and beside its pages: properties, descriptions, annotations, fields of forms
//! and embedded files. None of it is followed, and only what may be a Europass file is opened.

use std::collections::HashSet;

use pdf_oxide::extractors::xmp::XmpExtractor;
use pdf_oxide::object::{Object, ObjectRef};

use super::source::{Dict, Source};
use crate::{Refusal, Why};

/// Nodes of the tree of the structure; a long document has one for each cell and each link.
const NODES: usize = 300_000;

/// Annotations of a page, and embedded files.
const NOTES: usize = 2_000;

/// Properties of the document: title, subject and keywords, of both kinds.
pub(crate) fn properties(source: &Source<'_>) -> Vec<(Why, String)> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |text: String| {
        if !text.trim().is_empty() && !found.contains(&text) && found.len() < 100 {
            found.push(text);
        }
    };
    if let Some(info) = source.doc.trailer().as_dict().and_then(|trailer| source.entry(trailer, "Info"))
        && let Some(info) = info.as_dict()
    {
        for key in ["Title", "Subject", "Keywords"] {
            source.text(info, key).into_iter().for_each(&mut add);
        }
    }
    if let Ok(Some(xmp)) = XmpExtractor::extract(source.doc) {
        let single = [xmp.dc_title, xmp.dc_description, xmp.pdf_keywords];
        single.into_iter().flatten().chain(xmp.dc_subject).for_each(&mut add);
    }
    found.into_iter().map(|text| (Why::Metadata, text)).collect()
}

/// Descriptions of pictures, from the tree of the structure.
///
/// # Errors
/// [`Refusal::TooMuch`] when the tree has more nodes than any document.
pub(crate) fn descriptions(source: &Source<'_>) -> Result<Vec<String>, Refusal> {
    let mut found = Vec::new();
    let Ok(catalog) = source.doc.catalog() else { return Ok(found) };
    let Some(root) = catalog.as_dict().and_then(|c| c.get("StructTreeRoot")) else { return Ok(found) };
    let mut seen: HashSet<ObjectRef> = HashSet::new();
    let mut open = vec![root.clone()];
    let mut nodes = 0;
    while let Some(node) = open.pop() {
        nodes += 1;
        if nodes + open.len() > NODES {
            return Err(Refusal::TooMuch("the tree of the structure".into()));
        }
        if node.as_reference().is_some_and(|reference| !seen.insert(reference)) {
            continue;
        }
        let node = source.get(&node);
        if let Some(list) = node.as_array() {
            open.extend(list.iter().cloned());
        } else if let Some(dict) = node.as_dict() {
            found.extend(source.text(dict, "Alt"));
            open.extend(dict.get("K").filter(|k| k.as_integer().is_none()).cloned());
        }
    }
    found.reverse();
    Ok(found)
}

/// An embedded file.
pub(crate) struct Embedded {
    /// Its name.
    pub name: String,
    /// Its stream, of a file that is named as XML.
    pub data: Option<Object>,
}

/// The embedded files.
///
/// # Errors
/// [`Refusal::TooMuch`] when there are more than any document has.
pub(crate) fn embedded(source: &Source<'_>) -> Result<Vec<Embedded>, Refusal> {
    let mut found = Vec::new();
    let Ok(catalog) = source.doc.catalog() else { return Ok(found) };
    let Some(names) = catalog.as_dict().and_then(|c| source.entry(c, "Names")) else { return Ok(found) };
    let Some(tree) = names.as_dict().and_then(|n| n.get("EmbeddedFiles")) else { return Ok(found) };
    let mut seen: HashSet<ObjectRef> = HashSet::new();
    let mut open = vec![tree.clone()];
    while let Some(node) = open.pop() {
        if found.len() + open.len() > NOTES {
            return Err(Refusal::TooMuch("embedded files".into()));
        }
        if node.as_reference().is_some_and(|reference| !seen.insert(reference)) {
            continue;
        }
        let node = source.get(&node);
        let Some(dict) = node.as_dict() else { continue };
        if let Some(Object::Array(kids)) = source.entry(dict, "Kids") {
            open.extend(kids.iter().rev().take(NOTES + 1).cloned());
        }
        if let Some(Object::Array(pairs)) = source.entry(dict, "Names") {
            for pair in pairs.chunks(2).take(NOTES + 1) {
                let [name, file] = pair else { continue };
                let name = file_name(source, file).unwrap_or_else(|| string(source, name));
                let data = name.to_lowercase().ends_with(".xml").then(|| stream(source, file)).flatten();
                found.push(Embedded { name, data });
            }
        }
    }
    if found.len() > NOTES {
        return Err(Refusal::TooMuch("embedded files".into()));
    }
    Ok(found)
}

/// The name in a file specification.
pub(crate) fn file_name(source: &Source<'_>, object: &Object) -> Option<String> {
    let file = source.get(object);
    let dict = file.as_dict()?;
    source.text(dict, "UF").or_else(|| source.text(dict, "F"))
}

/// The stream that a file specification refers to.
fn stream(source: &Source<'_>, object: &Object) -> Option<Object> {
    let file = source.get(object);
    let held = source.entry(file.as_dict()?, "EF")?;
    let held = held.as_dict()?;
    held.get("UF").or_else(|| held.get("F")).cloned()
}

fn string(source: &Source<'_>, object: &Object) -> String {
    let object = source.get(object);
    object.as_string().map(pdf_oxide::optional_content::decode_pdf_text_string).unwrap_or_default()
}

/// One annotation of a page.
pub(crate) struct Note {
    /// Its stream of appearance, by reference.
    pub appearance: Option<Object>,
    /// Where it is, in the space of the page.
    pub place: Option<[f32; 4]>,
    /// What a field or a free text holds: it is shown, unless the appearance shows letters.
    pub shown: Option<String>,
    /// Text that is not shown on the page.
    pub hidden: Option<(Why, String)>,
}

/// The annotations of a page (12.5), those that are not to be seen without an appearance.
///
/// # Errors
/// [`Refusal::TooMuch`] when there are more than any page has.
pub(crate) fn notes(source: &Source<'_>, page: &Dict) -> Result<Vec<Note>, Refusal> {
    let Some(Object::Array(list)) = source.entry(page, "Annots") else { return Ok(Vec::new()) };
    if list.len() > NOTES {
        return Err(Refusal::TooMuch("annotations".into()));
    }
    Ok(list.iter().filter_map(|object| note(source, object)).collect())
}

fn note(source: &Source<'_>, object: &Object) -> Option<Note> {
    let annotation = source.get(object);
    let dict = annotation.as_dict()?;
    let kind = source.entry(dict, "Subtype").and_then(|s| s.as_name().map(str::to_owned)).unwrap_or_default();
    let flags = source.entry(dict, "F").and_then(|f| f.as_integer()).unwrap_or(0);
    // Hidden (2) or not shown on a screen (6); a pop-up is a window of its own.
    let gone = flags & 0b10_0010 != 0
        || kind == "Popup"
        || dict.get("OC").is_some_and(|layer| source.layer_is_off(layer));
    let appearance = if gone { None } else { appearance(source, dict) };
    let contents = source.text(dict, "Contents");
    let mut shown = None;
    let hidden = match kind.as_str() {
        "FreeText" if !gone => {
            shown = contents;
            None
        }
        "Widget" => {
            let value = value(source, dict);
            if gone {
                value.map(|text| (Why::Marked, text))
            } else {
                // Where there is no appearance, or an empty one, readers make one of the value.
                shown = value;
                None
            }
        }
        "FileAttachment" => {
            let name = dict.get("FS").and_then(|file| file_name(source, file));
            name.map(|name| (Why::Embedded, name)).or(contents.map(|text| (Why::Comment, text)))
        }
        _ => contents.map(|text| (Why::Comment, text)),
    };
    let place = dict.get("Rect").and_then(|place| source.rectangle(place));
    Some(Note { appearance, place, shown, hidden })
}

/// The normal appearance, in the state the annotation is in.
fn appearance(source: &Source<'_>, dict: &Dict) -> Option<Object> {
    let all = source.entry(dict, "AP")?;
    let normal = all.as_dict()?.get("N")?;
    match source.get(normal) {
        Object::Stream { .. } => Some(normal.clone()),
        Object::Dictionary(states) => {
            let state = source.entry(dict, "AS")?;
            states.get(state.as_name()?).cloned()
        }
        _ => None,
    }
}

/// The value of a field of text, its own or its parent's.
fn value(source: &Source<'_>, dict: &Dict) -> Option<String> {
    let mut dict = dict.clone();
    for _ in 0..8 {
        if let Some(text) = source.text(&dict, "V") {
            return Some(text);
        }
        let Some(Object::Dictionary(parent)) = source.entry(&dict, "Parent") else { return None };
        dict = parent;
    }
    None
}
