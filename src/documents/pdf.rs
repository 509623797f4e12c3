//! PDF (ISO 32000-1 and -2).
//!
//! The library that is used takes the file apart: objects, filters, fonts. What a reader sees of a page is
//! found out here, as neither its text nor that of any other library we know tells what is seen from what
//! is not: [`paint`] follows the content streams and notes every letter and everything that lies behind or
//! over letters, [`sight`] judges each letter by them, [`lines`] makes lines of those that are seen, and
//! [`order`] puts the lines in the order of reading.
//!
//! The library has panicked on broken files; a panic is caught and the file refused. It can run out of
//! memory or of stack on hostile ones, which only a process with limits holds.

mod about;
mod colour;
mod font;
mod lines;
mod margins;
mod order;
mod paint;
mod path;
mod sight;
mod source;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pdf_oxide::PdfDocument;
use pdf_oxide::decoders::{FlateDecoder, StreamDecoder};
use pdf_oxide::object::Object;

use crate::{Draft, Limits, Refusal, Why, europass};
use lines::Run;
use paint::{Matrix, Painter};
use sight::Glyph;
use source::{Dict, Drawing, Source};

/// Brackets within one another in the file as it is; a real one has some ten.
const BRACKETS: usize = 400;

/// Letters below which a page that has pictures is taken for a scan.
const FEW_LETTERS: usize = 20;

/// Reads a PDF.
///
/// # Errors
/// [`Refusal::Encrypted`] when it needs a password, [`Refusal::TooMuch`] from the limits,
/// [`Refusal::Scanned`] when there are pictures and no text, [`Refusal::NothingToSee`] when nothing can be
/// seen, and [`Refusal::Broken`] for all else.
pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Draft, Refusal> {
    if bytes.len() > limits.bytes {
        return Err(Refusal::TooMuch("bytes".into()));
    }
    if open_brackets(bytes) > BRACKETS {
        return Err(Refusal::TooMuch("arrays within arrays".into()));
    }
    check_packed_objects(bytes, limits)?;
    catch_unwind(AssertUnwindSafe(|| open(bytes, limits)))
        .unwrap_or_else(|_| Err(Refusal::Broken("the PDF cannot be taken apart".into())))
}

/// How deep brackets open within one another in what is not binary data; the parser of the library calls
/// itself for each. A guard and no parser: a file that knows of it can get around it, and the process ends.
fn open_brackets(bytes: &[u8]) -> usize {
    let (mut depth, mut most) = (0_usize, 0_usize);
    let mut last = 0;
    for byte in bytes {
        match (last, byte) {
            (_, b'[') | (b'<', b'<') => {
                depth += 1;
                most = most.max(depth);
            }
            (_, b']') | (b'>', b'>') => depth = depth.saturating_sub(1),
            (_, 0..=8 | 14..=31 | 127..) => depth = 0,
            _ => {}
        }
        last = *byte;
    }
    most
}

/// Unpacks the streams that hold objects once before the library does so with neither limit. A guard like
/// the one above.
fn check_packed_objects(bytes: &[u8], limits: &Limits) -> Result<(), Refusal> {
    let mut rest = bytes;
    let mut unpacked = 0;
    while let Some(at) = rest.windows(6).position(|word| word == b"stream") {
        let (head, data) = rest.split_at_checked(at + 6).unwrap_or((rest, &[]));
        let dict = head.get(head.len().saturating_sub(1_000)..).unwrap_or(head);
        let holds = |name: &[u8]| dict.windows(name.len()).any(|word| word == name);
        if (holds(b"/ObjStm") || holds(b"/XRef")) && holds(b"/FlateDecode") && !head.ends_with(b"endstream") {
            let data = data.strip_prefix(b"\r").unwrap_or(data);
            let data = data.strip_prefix(b"\n").unwrap_or(data);
            let length = data.windows(9).position(|word| word == b"endstream").unwrap_or(data.len());
            let packed = data.get(..length).unwrap_or(data);
            match FlateDecoder::with_limit(limits.part as u64).decode(packed) {
                Ok(plain) if unpacked + plain.len() > limits.unpacked => {
                    return Err(Refusal::TooMuch("unpacked size of all streams".into()));
                }
                Ok(plain) if holds(b"/ObjStm") && open_brackets(&plain) > BRACKETS => {
                    return Err(Refusal::TooMuch("arrays within arrays".into()));
                }
                Err(error) if error.to_string().contains("safety limit") => {
                    return Err(Refusal::TooMuch("unpacked size of a stream".into()));
                }
                Ok(plain) => unpacked += plain.len(),
                Err(_) => {}
            }
            rest = data.get(length..).unwrap_or_default();
        } else {
            rest = data;
        }
    }
    Ok(())
}

fn broken(error: &pdf_oxide::Error) -> Refusal {
    let text = error.to_string();
    if text.contains("safety limit") {
        return Refusal::TooMuch("unpacked size of a stream".into());
    }
    Refusal::Broken(text.chars().filter(|c| !c.is_control()).take(120).collect())
}

fn open(bytes: &[u8], limits: &Limits) -> Result<Draft, Refusal> {
    let doc = PdfDocument::from_bytes(bytes.to_vec()).map_err(|error| broken(&error))?;
    // An empty password is what readers try first: such a file opens for everybody.
    if doc.is_encrypted() && !doc.authenticate(b"").unwrap_or(false) {
        return Err(Refusal::Encrypted);
    }
    let source = Source::new(&doc, limits);
    source.check_tree()?;
    let count = match doc.page_count() {
        Ok(count) => count,
        Err(pdf_oxide::Error::EncryptedPdf) => return Err(Refusal::Encrypted),
        Err(error) => return Err(broken(&error)),
    };
    if count > limits.pages as usize {
        return Err(Refusal::TooMuch("pages".into()));
    }
    let mut pages = Vec::with_capacity(count);
    let mut spent = Spent { operators: 0, letters: limits.chars.saturating_mul(4) };
    let mut failed = 0;
    for index in 0..count {
        if let Ok(Object::Dictionary(dict)) = doc.get_page(index) {
            pages.push(read_page(&source, index, &dict, &mut spent)?);
        } else {
            failed += 1;
            pages.push(Page::default());
        }
    }
    if failed == count {
        return Err(Refusal::Broken("no page can be read".into()));
    }
    put_together(&source, pages)
}

/// What has been spent on the document so far.
struct Spent {
    operators: usize,
    letters: usize,
}

/// A page as far as it can be read by itself.
#[derive(Default)]
struct Page {
    height: f32,
    /// Runs that are written from left to right.
    runs: Vec<Run>,
    /// Runs of other directions, each by itself.
    turned: Vec<Vec<Run>>,
    hidden: Vec<(Why, String)>,
    letters: usize,
    without_text: bool,
}

fn read_page(source: &Source<'_>, index: usize, dict: &Dict, spent: &mut Spent) -> Result<Page, Refusal> {
    let letter = (0.0, 0.0, 612.0, 792.0);
    let (x0, y0, x1, y1) = source.doc.get_page_visible_box(index).unwrap_or(letter);
    let unit = source.entry(dict, "UserUnit").as_ref().and_then(source::number).unwrap_or(1.0);
    let unit = if (0.1..=100.0).contains(&unit) { unit } else { 1.0 };
    let (wide, high) = ((x1 - x0) * unit, (y1 - y0) * unit);
    let upright = Matrix([unit, 0.0, 0.0, unit, -x0 * unit, -y0 * unit]);
    let (base, wide, high) = match source.doc.get_page_rotation(index).unwrap_or(0) {
        90 => (upright.then(Matrix([0.0, -1.0, 1.0, 0.0, 0.0, wide])), high, wide),
        180 => (upright.then(Matrix([-1.0, 0.0, 0.0, -1.0, wide, high])), wide, high),
        270 => (upright.then(Matrix([0.0, 1.0, -1.0, 0.0, high, 0.0])), high, wide),
        _ => (upright, wide, high),
    };
    let area = [0.0, 0.0, wide, high];
    let resources = dict.get("Resources").map(|r| source.resources(r)).unwrap_or_default();
    let mut painter = Painter::new(source, area, base, &mut spent.operators, spent.letters);
    if let Some(contents) = dict.get("Contents") {
        painter.run(&source.program(contents)?, &resources)?;
    }
    let mut page = Page { height: high, ..Page::default() };
    let mut shown = Vec::new();
    for note in about::notes(source, dict)? {
        page.hidden.extend(note.hidden);
        let letters = painter.glyphs.len();
        if let (Some(appearance), Some(place)) = (note.appearance, note.place)
            && let Some(drawing) = source.drawing(&appearance)?
            && let Drawing::Form(form) = &*drawing
        {
            painter.appearance(form, place, base, &resources)?;
        }
        if let Some(text) = note.shown.filter(|_| painter.glyphs.len() == letters) {
            shown.push((base.bounds(note.place.unwrap_or_default()), text));
        }
    }
    let Painter { mut glyphs, shapes, pictures, unreadable, descriptions, .. } = painter;
    spent.letters = spent.letters.saturating_sub(glyphs.len());
    sight::judge(&mut glyphs, &shapes, area)?;
    page.hidden.extend(descriptions.into_iter().map(|text| (Why::AltText, text)));
    let (seen, unseen): (Vec<Glyph>, Vec<Glyph>) = glyphs.into_iter().partition(|g| g.why.is_none());
    keep_hidden(&unseen, &mut page.hidden);
    page.letters = seen.iter().filter(|g| !g.text.trim().is_empty()).count();
    page.without_text = page.letters < FEW_LETTERS
        && (pictures > 0.1 * wide * high || unreadable > FEW_LETTERS.max(page.letters));
    for (degrees, group) in lines::by_direction(seen) {
        let runs = lines::runs(lines::words(&group));
        if degrees == 0 {
            page.runs = runs;
        } else {
            page.turned.push(runs);
        }
    }
    for (place, text) in shown {
        page.letters += text.chars().count();
        page.runs.push(field(place, &text, page.runs.len()));
    }
    Ok(page)
}

/// The value of a field as a reader puts it in its place: on one line, in a size that most forms have.
fn field([left, bottom, right, top]: sight::Area, text: &str, others: usize) -> Run {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let size = (top - bottom).clamp(4.0, 10.0);
    Run {
        left,
        right: right.max(left + 1.0),
        base: f32::midpoint(bottom, top) - 0.3 * size,
        size,
        bold: false,
        // After all that the page itself paints.
        turn: usize::MAX / 2 + others,
        words: text.split(' ').count(),
        first: 0.0,
        text,
    }
}

/// Letters that cannot be seen, one text for each reason.
fn keep_hidden(unseen: &[Glyph], hidden: &mut Vec<(Why, String)>) {
    let mut reasons: Vec<Why> = Vec::new();
    for why in unseen.iter().filter_map(|glyph| glyph.why) {
        if !reasons.contains(&why) {
            reasons.push(why);
        }
    }
    for why in reasons {
        // Spaces are judged by nothing and belong to whatever is about them; gaps tell where they are.
        let text = lines::plain(unseen.iter().filter(|glyph| glyph.why == Some(why)));
        if !text.is_empty() {
            hidden.push((why, text));
        }
    }
}

/// The size of most letters, in points.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn body_size(pages: &[Page]) -> f32 {
    let mut sizes: HashMap<i32, usize> = HashMap::new();
    for run in pages.iter().flat_map(|page| &page.runs) {
        *sizes.entry((run.size * 4.0).round() as i32).or_default() += run.text.len();
    }
    sizes
        .into_iter()
        .max_by_key(|(size, letters)| (*letters, -size))
        .map_or(10.0, |(size, _)| size as f32 / 4.0)
}

fn put_together(source: &Source<'_>, mut pages: Vec<Page>) -> Result<Draft, Refusal> {
    let count = u32::try_from(pages.len()).unwrap_or(u32::MAX);
    let body = body_size(&pages);
    let heights: Vec<f32> = pages.iter().map(|page| page.height).collect();
    let mut runs: Vec<Vec<Run>> = pages.iter_mut().map(|page| std::mem::take(&mut page.runs)).collect();
    let mut margins = margins::take(&mut runs, &heights);
    let mut draft = Draft { pages: count, ..Draft::default() };
    let mut column = 0;
    let mut letters = 0;
    for (index, (page, runs)) in pages.into_iter().zip(runs).enumerate() {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        letters += page.letters;
        for runs in std::iter::once(runs).chain(page.turned) {
            lines::pieces(&order::order(runs, &mut column), number, body, &mut draft.pieces);
        }
        draft.hidden.extend(page.hidden);
        draft.pages_without_text += u32::from(page.without_text);
    }
    if letters > source.limits.chars {
        return Err(Refusal::TooMuch("characters".into()));
    }
    draft.pieces.append(&mut margins);
    draft.hidden.extend(about::properties(source));
    for text in about::descriptions(source)? {
        draft.hidden.push((Why::AltText, text));
    }
    for about::Embedded { name, data } in about::embedded(source)? {
        let opened = match data.filter(|_| draft.europass.is_none()) {
            Some(data) => source.bytes(&data)?.and_then(|xml| europass::read(&xml, source.limits).ok()),
            None => None,
        };
        match opened {
            Some(europass) => draft.europass = Some(europass),
            None => draft.hidden.push((Why::Embedded, name)),
        }
    }
    if draft.pages_without_text == count && count > 0 {
        return Err(Refusal::Scanned(count));
    }
    if draft.pieces.is_empty() {
        return Err(match draft.pages_without_text {
            0 => Refusal::NothingToSee,
            scanned => Refusal::Scanned(scanned),
        });
    }
    Ok(draft)
}

#[cfg(test)]
mod tests;
