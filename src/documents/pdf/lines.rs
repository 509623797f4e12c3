//! From letters in their places to lines: letters to words, words to runs of a line, lines to paragraphs.
//!
//! A space is where the pen left room, as well as where the file has one; a run ends where the room is that
//! of a gutter. Which of the two a gap is, the order of painting helps to tell: the words of a line are
//! painted one after the other.

use std::collections::HashMap;
use std::rc::Rc;

use super::sight::Glyph;
use crate::{Part, Piece, Shape};

/// Letters without a space between them. All places are in points, along the direction of writing.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub text: String,
    pub left: f32,
    pub right: f32,
    /// The base line.
    pub base: f32,
    pub size: f32,
    pub bold: bool,
    /// Its place in the order of painting.
    pub turn: usize,
}

/// Words on one base line with no gutter between them.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub text: String,
    pub left: f32,
    pub right: f32,
    pub base: f32,
    pub size: f32,
    pub bold: bool,
    /// The turn of its first word.
    pub turn: usize,
    /// How many words.
    pub words: usize,
    /// How wide its first word is, in points.
    pub first: f32,
}

impl Run {
    pub(crate) fn top(&self) -> f32 {
        self.base + 0.72 * self.size
    }

    pub(crate) fn bottom(&self) -> f32 {
        self.base - 0.2 * self.size
    }
}

/// A line of a column: one run, or the cells of a row.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub cells: Vec<Run>,
    /// The column it belongs to; lines of different columns are never one paragraph.
    pub column: usize,
}

/// Letters by their direction of writing in degrees, turned so that they run from left to right.
pub(crate) fn by_direction(glyphs: Vec<Glyph>) -> Vec<(i32, Vec<Glyph>)> {
    let mut groups: Vec<(i32, Vec<Glyph>)> = Vec::new();
    let mut places: HashMap<i32, usize> = HashMap::new();
    for mut glyph in glyphs {
        #[allow(clippy::cast_possible_truncation)]
        let degrees = (glyph.angle.round() as i32).rem_euclid(360);
        // Scans that were set straight, and italics made by turning, are off by a degree or two.
        let degrees =
            if degrees % 90 <= 2 || degrees % 90 >= 88 { (degrees + 45) / 90 * 90 % 360 } else { degrees };
        if degrees != 0 {
            #[allow(clippy::cast_precision_loss)]
            let (sin, cos) = (-(degrees as f32)).to_radians().sin_cos();
            let turn = |(x, y): (f32, f32)| (x * cos - y * sin, x * sin + y * cos);
            glyph.from = turn(glyph.from);
            glyph.to = turn(glyph.to);
        }
        let place = *places.entry(degrees).or_insert_with(|| {
            groups.push((degrees, Vec::new()));
            groups.len() - 1
        });
        if let Some((_, group)) = groups.get_mut(place) {
            group.push(glyph);
        }
    }
    groups.sort_by_key(|(degrees, _)| *degrees);
    groups
}

/// Letters to words, in the order of painting. A letter that was painted twice in nearly the same place,
/// to make it bold, counts once.
pub(crate) fn words(glyphs: &[Glyph]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut seen: HashMap<(Rc<str>, i32, i32), (f32, f32)> = HashMap::new();
    let mut open = false;
    for glyph in glyphs {
        if glyph.text.trim().is_empty() {
            open = false;
            continue;
        }
        if again(&mut seen, glyph) {
            continue;
        }
        let (left, right) = (glyph.from.0.min(glyph.to.0), glyph.from.0.max(glyph.to.0));
        let base = glyph.from.1;
        let turn = words.len();
        if let Some(word) = words.last_mut().filter(|_| open) {
            let size = word.size.max(glyph.size);
            let gap = left - word.right;
            if (base - word.base).abs() < 0.12 * size && gap > -0.6 * size && gap < 0.1 * size {
                word.text.push_str(glyph.text.trim_start());
                word.right = word.right.max(right);
                word.bold &= glyph.bold;
                open = !glyph.text.ends_with(' ');
                continue;
            }
        }
        words.push(Word {
            text: glyph.text.trim().to_owned(),
            left,
            right,
            base,
            size: glyph.size,
            bold: glyph.bold,
            turn,
        });
        open = !glyph.text.ends_with(' ');
    }
    words
}

#[allow(clippy::cast_possible_truncation)]
fn again(seen: &mut HashMap<(Rc<str>, i32, i32), (f32, f32)>, glyph: &Glyph) -> bool {
    let near = 0.15 * glyph.size;
    let cell = |value: f32| (value / 2.0).floor() as i32;
    let (x, y) = glyph.from;
    // A file may put letters at the end of all numbers.
    let cells = |from: f32, to: f32| cell(from)..=cell(to).min(cell(from).saturating_add(8));
    for column in cells(x - near, x + near) {
        for row in cells(y - near, y + near) {
            let key = (Rc::clone(&glyph.text), column, row);
            if seen.get(&key).is_some_and(|(a, b)| (a - x).abs() < near && (b - y).abs() < near) {
                return true;
            }
        }
    }
    seen.insert((Rc::clone(&glyph.text), cell(x), cell(y)), (x, y));
    false
}

/// Words to runs: those on one base line, parted where there is a gutter.
pub(crate) fn runs(mut words: Vec<Word>) -> Vec<Run> {
    words.sort_by(|a, b| b.base.total_cmp(&a.base).then(a.left.total_cmp(&b.left)));
    let mut runs = Vec::new();
    let mut row: Vec<Word> = Vec::new();
    // The longest word of the row so far; a raised figure does not say where the base line is.
    let mut main: Option<(f32, f32, usize)> = None;
    for word in words {
        let letters = word.text.len();
        let same = main.is_some_and(|(base, size, _)| {
            let (small, large) = (size.min(word.size), size.max(word.size));
            let share = if small < 0.8 * large { 0.45 } else { 0.35 };
            base - word.base <= share * large.min(2.0 * small)
        });
        if !same {
            part_row(std::mem::take(&mut row), &mut runs);
            main = None;
        }
        if main.is_none_or(|(.., longest)| letters > longest) {
            main = Some((word.base, word.size, letters));
        }
        row.push(word);
    }
    part_row(row, &mut runs);
    runs
}

fn part_row(mut row: Vec<Word>, runs: &mut Vec<Run>) {
    row.sort_by(|a, b| a.left.total_cmp(&b.left));
    let mut part: Vec<Word> = Vec::new();
    for word in row {
        let apart = part.last().is_some_and(|last| {
            let size = last.size.max(word.size);
            let gap = word.left - last.right;
            // Words that overlap are of different texts, such as a watermark.
            gap < -0.8 * size || (word.turn != last.turn + 1 && gap > 0.5 * size)
        });
        if apart {
            part_by_gutters(std::mem::take(&mut part), runs);
        }
        part.push(word);
    }
    part_by_gutters(part, runs);
}

fn part_by_gutters(part: Vec<Word>, runs: &mut Vec<Run>) {
    let gutter = gutter(&part);
    let mut run: Vec<Word> = Vec::new();
    for word in part {
        if let Some(last) = run.last() {
            let size = last.size.max(word.size);
            let marker = run.len() == 1 && is_marker(&last.text);
            if word.left - last.right > gutter.max(if marker { 4.5 } else { 0.9 } * size) {
                close_run(&std::mem::take(&mut run), runs);
            }
        }
        run.push(word);
    }
    close_run(&run, runs);
}

/// The room from which words of a row that were painted one after the other stand apart: well more than
/// the spaces between its other words. Those of a line that is set to a width are all alike, and may be wide.
fn gutter(row: &[Word]) -> f32 {
    let pairs = row.iter().zip(row.iter().skip(1));
    let mut gaps: Vec<f32> = pairs
        .map(|(a, b)| (b.left - a.right) / a.size.max(b.size).max(0.01))
        .filter(|gap| (0.1..4.0).contains(gap))
        .collect();
    gaps.sort_by(f32::total_cmp);
    let size = row.first().map_or(0.0, |word| word.size);
    let (Some(least), Some(most)) = (gaps.first(), gaps.last()) else { return 0.9 * size };
    if gaps.len() > 1 && gaps.len() + 1 == row.len() && most / least < 1.05 {
        return most * 1.1 * size;
    }
    let single = row.iter().filter(|word| word.text.chars().nth(1).is_none()).count();
    if row.len() > 3 && single * 10 >= row.len() * 8 {
        // Letters set apart: the room between words is as much larger.
        return gaps.get(gaps.len() / 3).map_or(0.9, |gap| (4.0 * gap).clamp(0.9, 4.0)) * size;
    }
    let narrow = gaps.partition_point(|gap| *gap < 1.2);
    gaps.get(narrow / 2).filter(|_| narrow > 0).map_or(0.9, |gap| (2.6 * gap).clamp(0.9, 2.0)) * size
}

fn close_run(words: &[Word], runs: &mut Vec<Run>) {
    let Some(first) = words.first() else { return };
    let letters: usize = words.iter().map(|w| w.text.chars().count()).sum();
    let bold: usize = words.iter().filter(|w| w.bold).map(|w| w.text.chars().count()).sum();
    // The size and the base line are those of most of its letters; a raised figure has its own.
    let main = words.iter().max_by_key(|w| w.text.chars().count()).unwrap_or(first);
    let spread = spread(words);
    let mut text = String::new();
    let mut count = 0;
    let mut end: Option<f32> = None;
    let mut size = first.size;
    let mut first_right = first.right;
    for word in words {
        let gap = end.map(|end| word.left - end);
        let joins = gap.is_some_and(|gap| gap < spread.unwrap_or(0.1 * word.size.min(size)));
        // The mark of a footnote is not part of the number before it.
        let mark = word.size < 0.8 * size
            && text.ends_with(|c: char| c.is_ascii_digit())
            && word.text.starts_with(|c: char| c.is_ascii_digit());
        size = word.size;
        if joins && !mark {
            if count == 1 {
                first_right = word.right;
            }
        } else {
            if end.is_some() {
                text.push(' ');
            }
            count += 1;
        }
        text.push_str(&word.text);
        end = Some(word.right);
    }
    runs.push(Run {
        text,
        left: first.left,
        right: words.iter().map(|w| w.right).fold(first.right, f32::max),
        base: main.base,
        size: main.size,
        bold: bold * 10 >= letters * 8,
        turn: words.iter().map(|w| w.turn).min().unwrap_or(first.turn),
        words: count,
        first: first_right - first.left,
    });
}

/// Letters set apart ("P R O F I L"): the room up to which two of them belong to one word.
fn spread(words: &[Word]) -> Option<f32> {
    let single = words.iter().filter(|w| w.text.chars().count() == 1).count();
    if words.len() < 4 || single * 10 < words.len() * 8 {
        return None;
    }
    let mut gaps: Vec<f32> =
        words.windows(2).filter_map(|w| Some(w.get(1)?.left - w.first()?.right)).collect();
    gaps.sort_by(f32::total_cmp);
    let middle = gaps.get(gaps.len() / 3).copied()?;
    let size = words.first()?.size;
    (middle < 0.8 * size).then_some((middle * 1.6).max(0.1 * size))
}

/// A sign that stands before an item of a list.
pub(crate) fn is_marker(text: &str) -> bool {
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(only), None) => is_bullet(only),
        _ => is_number(text),
    }
}

fn is_bullet(letter: char) -> bool {
    matches!(
        letter,
        '•' | '‣'
            | '◦'
            | '▪'
            | '▫'
            | '■'
            | '□'
            | '●'
            | '○'
            | '◆'
            | '◇'
            | '►'
            | '▸'
            | '▶'
            | '➢'
            | '➤'
            | '✓'
            | '✔'
            | '–'
            | '—'
            | '-'
            | '*'
            | '·'
            | '∙'
            | '⁃'
            | '❖'
            | '§'
            | '\u{e000}'..='\u{f8ff}'
    )
}

/// "1.", "12)", "a)".
fn is_number(text: &str) -> bool {
    let Some(inner) = text.strip_suffix(['.', ')']) else { return false };
    let digits = !inner.is_empty() && inner.len() <= 2 && inner.bytes().all(|b| b.is_ascii_digit());
    digits || (text.ends_with(')') && inner.len() == 1 && inner.bytes().all(|b| b.is_ascii_lowercase()))
}

/// Lines in reading order to pieces. `body` is the size of the running text in points.
pub(crate) fn pieces(lines: &[Line], page: u32, body: f32, out: &mut Vec<Piece>) {
    let mut start = 0;
    while let Some(first) = lines.get(start) {
        let mut end = start + 1;
        while lines.get(end).is_some_and(|line| line.column == first.column) {
            end += 1;
        }
        column(lines.get(start..end).unwrap_or_default(), page, body, out);
        start = end;
    }
}

fn column(lines: &[Line], page: u32, body: f32, out: &mut Vec<Piece>) {
    let right = lines.iter().flat_map(|l| &l.cells).map(|r| r.right).fold(f32::NEG_INFINITY, f32::max);
    let mut paragraph: Vec<&Run> = Vec::new();
    let mut margin = 0.0;
    for line in lines {
        let [run] = line.cells.as_slice() else {
            close_paragraph(&mut paragraph, page, body, out);
            let cells: Vec<&str> = line.cells.iter().map(|cell| cell.text.as_str()).collect();
            push(Shape::Row, page, cells.join("\t"), out);
            continue;
        };
        if let (Some(first), Some(last)) = (paragraph.first(), paragraph.last())
            && parts(first, last, run, right, &mut margin)
        {
            close_paragraph(&mut paragraph, page, body, out);
        }
        paragraph.push(run);
    }
    close_paragraph(&mut paragraph, page, body, out);
}

/// Whether a run begins a new paragraph after the last run of one.
fn parts(first: &Run, last: &Run, next: &Run, right: f32, margin: &mut f32) -> bool {
    let size = last.size.max(next.size);
    let pitch = last.base - next.base;
    if pitch > 1.9 * size || pitch < 0.3 * size {
        return true;
    }
    if first.base <= last.base + 0.01 {
        *margin = pitch;
    } else if pitch > *margin * 1.2 + 0.5 {
        // More room than between the lines so far.
        return true;
    }
    if (last.size - next.size).abs() > 0.08 * size || last.bold != next.bold {
        return true;
    }
    if begins_item(&next.text) {
        return true;
    }
    if begins_item(&first.text) && next.left < first.left + 0.3 * size {
        return true;
    }
    // The first word would have had room at the end of the line before: the line was ended on purpose.
    let room = right - last.right - 0.3 * size;
    if room > next.first && (next.left - last.left).abs() < 4.0 * size {
        return !(last.text.ends_with('-') && next.text.chars().next().is_some_and(char::is_lowercase));
    }
    // A list of short lines in a column where none is long enough to tell.
    let capital = next.text.chars().next().is_some_and(char::is_uppercase);
    if capital && room > 0.25 * (right - first.left) && !last.text.ends_with([',', '-', '&', '/']) {
        return true;
    }
    // An indented first line, where lines are not indented.
    next.left - last.left > 0.8 * size && first.left < next.left - 0.8 * size && !begins_item(&first.text)
}

fn begins_item(text: &str) -> bool {
    match text.split_once(' ') {
        Some((marker, rest)) => is_marker(marker) && !rest.is_empty(),
        None => text.chars().next().is_some_and(|c| is_bullet(c) && c != '-' && c != '–' && c != '—'),
    }
}

fn close_paragraph(paragraph: &mut Vec<&Run>, page: u32, body: f32, out: &mut Vec<Piece>) {
    let Some(first) = paragraph.first() else { return };
    let mut text: String = paragraph.iter().map(|run| run.text.as_str()).collect::<Vec<_>>().join("\n");
    let shape = if begins_item(&text.replace('\n', " ")) {
        if let Some((marker, rest)) = text.split_once([' ', '\n'])
            && !is_number(marker)
        {
            text = rest.into();
        } else if text.chars().next().is_some_and(is_bullet) && !text.contains([' ', '\n']) {
            text = text.chars().skip(1).collect();
        }
        Shape::Item
    } else if is_heading(paragraph, &text, first, body) {
        Shape::Heading
    } else {
        Shape::Paragraph
    };
    paragraph.clear();
    push(shape, page, text, out);
}

fn is_heading(paragraph: &[&Run], text: &str, first: &Run, body: f32) -> bool {
    let short = paragraph.len() <= 2 && text.chars().count() <= 90;
    let sentence = text.ends_with(['.', ',', ';']) || text.chars().filter(|c| c.is_alphabetic()).count() < 2;
    if !short || sentence {
        return false;
    }
    let capitals = text.chars().filter(|c| c.is_alphabetic()).all(char::is_uppercase)
        && text.chars().filter(|c| c.is_alphabetic()).count() > 3;
    first.size > 1.12 * body || paragraph.iter().all(|run| run.bold) || (capitals && first.size > 0.9 * body)
}

fn push(shape: Shape, page: u32, text: String, out: &mut Vec<Piece>) {
    if !text.trim().is_empty() {
        out.push(Piece { part: Part::Body, shape, page, text });
    }
}

/// Letters that cannot be seen, as text: in the order of painting, with a space where the pen moved.
pub(crate) fn plain<'a>(glyphs: impl Iterator<Item = &'a Glyph>) -> String {
    let mut text = String::new();
    let mut last: Option<&Glyph> = None;
    for glyph in glyphs {
        if let Some(last) = last {
            let size = last.size.max(glyph.size).max(0.01);
            let moved = (glyph.from.0 - last.to.0).hypot(glyph.from.1 - last.to.1);
            if moved > 0.1 * size && !text.ends_with(' ') {
                text.push(' ');
            }
        }
        text.push_str(&glyph.text);
        last = Some(glyph);
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_that_is_painted_twice_counts_once_wherever_it_stands() {
        for place in [0.0, -1e12, 1e12, f32::MAX, f32::MIN] {
            let letter = Glyph {
                text: "V".into(),
                from: (place, place),
                to: (place, place),
                size: 12.0,
                angle: 0.0,
                bold: false,
                number: 0,
                inks: [None, None],
                clip: [0.0; 4],
                why: None,
            };
            assert_eq!(words(&[letter.clone(), letter]).len(), 1, "{place}");
        }
    }
}
