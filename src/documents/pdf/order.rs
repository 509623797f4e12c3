//! The order of reading: which runs are columns and which are rows.
//!
//! The page is cut where there is room all the way across or all the way down. Columns are read one after
//! the other and rows one after the other, and the same room between runs can mean either. Four signs
//! decide: whether the file paints one side before the other; whether lines run on from one to the next (a
//! small letter begins them), as they do in columns and not in the cells of a table; whether both sides have
//! headings of their own; and whether the runs of both sides stand on common base lines, as those of a table
//! do.

use super::lines::{Line, Run};

/// Cuts within cuts; what is left is read from top to bottom.
const DEPTH: usize = 24;

/// Runs in reading order, as lines. `column` counts up for each stretch of lines that belong together.
pub(crate) fn order(runs: Vec<Run>, column: &mut usize) -> Vec<Line> {
    let mut lines = Vec::new();
    region(runs, 0, column, &mut lines);
    lines
}

/// Runs whose heights overlap, from left to right.
type Band = Vec<Run>;

fn bands(mut runs: Vec<Run>) -> Vec<Band> {
    runs.sort_by(|a, b| b.top().total_cmp(&a.top()));
    let mut bands: Vec<Band> = Vec::new();
    let mut bottom = f32::INFINITY;
    for run in runs {
        match bands.last_mut() {
            Some(band) if run.top() > bottom + 0.5 => {
                bottom = bottom.min(run.bottom());
                band.push(run);
            }
            _ => {
                bottom = run.bottom();
                bands.push(vec![run]);
            }
        }
    }
    bands
}

fn region(runs: Vec<Run>, depth: usize, column: &mut usize, lines: &mut Vec<Line>) {
    if depth > DEPTH || runs.len() < 2 {
        *column += 1;
        rows(runs, *column, lines);
        return;
    }
    let bands = bands(runs);
    *column += 1;
    let mut at = 0;
    while at < bands.len() {
        let (start, end, gaps) = stretch(&bands, at);
        for band in bands.get(at..start).unwrap_or_default() {
            rows(band.clone(), *column, lines);
        }
        let part: Vec<Run> = bands.get(start..end).unwrap_or_default().iter().flatten().cloned().collect();
        at = end;
        if end == start + 1 && single_row(&part) {
            rows(part, *column, lines);
        } else if !part.is_empty() {
            columns(part, &gaps, depth, column, lines);
            *column += 1;
        }
    }
}

fn single_row(runs: &[Run]) -> bool {
    let high = runs.iter().map(|r| r.base).fold(f32::NEG_INFINITY, f32::max);
    let low = runs.iter().map(|r| r.base).fold(f32::INFINITY, f32::min);
    let size = runs.iter().map(|r| r.size).fold(0.0, f32::max);
    high - low < 0.35 * size
}

/// The first bands from `from` that have room in common all the way down, with runs on both sides: which,
/// and where the room is. The stretch is empty when no band has any.
fn stretch(bands: &[Band], from: usize) -> (usize, usize, Vec<(f32, f32)>) {
    let begins = bands.iter().enumerate().skip(from).find_map(|(at, band)| {
        let room = (0.5 * middle(band.iter().map(|r| r.size).collect())).max(2.0);
        // One that has nothing on one side begins no columns.
        let gaps = inner_gaps(band, room);
        (!gaps.is_empty()).then_some((at, room, gaps))
    });
    let Some((at, room, mut gaps)) = begins else { return (bands.len(), bands.len(), Vec::new()) };
    let mut end = at + 1;
    while let Some(band) = bands.get(end) {
        let next = overlap(&gaps, band, room);
        if next.is_empty() {
            break;
        }
        gaps = next;
        end += 1;
    }
    // What stands on one side only at the end, and is painted after all of the other, follows the columns.
    while end > at + 1 {
        let Some(band) = bands.get(end - 1) else { break };
        let beyond = |run: &Run| gaps.first().is_some_and(|gap| run.left >= gap.0);
        if band.iter().any(beyond) {
            break;
        }
        let others = bands.get(at..end - 1).unwrap_or_default().iter().flatten();
        let last = others.filter(|run| beyond(run)).map(|run| run.turn).max();
        if last.is_some_and(|last| band.iter().all(|run| run.turn > last)) {
            end -= 1;
        } else {
            break;
        }
    }
    let first = bands.get(at..end).unwrap_or_default().iter().flatten();
    let first = first.filter(|run| side(run, &gaps) == 0).map(|run| run.turn).min();
    let mut start = at;
    // Lines of the first column may stand between those of the head of another.
    let mut above = at;
    while above > from && start - above < 4 {
        above -= 1;
        let Some(band) = bands.get(above) else { break };
        if overlap(&gaps, band, room).len() != gaps.len() {
            break;
        }
        let below = bands.get(above + 1..(above + 4).min(end)).unwrap_or_default();
        if belongs_below(band, first, below, &gaps) {
            start = above;
        }
    }
    (start, end, gaps)
}

/// Whether what stands above columns is the head of one that is not the first: painted after some of the
/// first (whose turn is `first`), or with the next line of its column close below it.
fn belongs_below(band: &[Run], first: Option<usize>, below: &[Band], gaps: &[(f32, f32)]) -> bool {
    if band.iter().any(|run| side(run, gaps) == 0) {
        return false;
    }
    let late = first.is_some_and(|first| band.iter().all(|run| run.turn > first));
    late || band.iter().all(|run| {
        below.iter().flatten().any(|next| {
            let pitch = run.base - next.base;
            (next.left - run.left).abs() < 1.0 && pitch < 1.5 * run.size && (next.size - run.size).abs() < 0.2
        })
    })
}

fn inner_gaps(band: &[Run], room: f32) -> Vec<(f32, f32)> {
    let mut sorted: Vec<(f32, f32)> = band.iter().map(|r| (r.left, r.right)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut gaps = Vec::new();
    let mut right = f32::NEG_INFINITY;
    for (left, end) in sorted {
        if right.is_finite() && left - right >= room {
            gaps.push((right, left));
        }
        right = right.max(end);
    }
    gaps
}

/// What of the gaps is free in a band too.
fn overlap(gaps: &[(f32, f32)], band: &[Run], room: f32) -> Vec<(f32, f32)> {
    let mut sorted: Vec<(f32, f32)> = band.iter().map(|r| (r.left, r.right)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = Vec::new();
    let mut right = f32::NEG_INFINITY;
    for (left, end) in sorted {
        free.push((right, left));
        right = right.max(end);
    }
    free.push((right, f32::INFINITY));
    let mut both = Vec::new();
    let mut frees = free.iter().peekable();
    for gap in gaps {
        while let Some(free) = frees.peek() {
            let (left, right) = (gap.0.max(free.0), gap.1.min(free.1));
            if right - left >= room {
                both.push((left, right));
                break;
            }
            if free.1 < gap.1 {
                frees.next();
            } else {
                break;
            }
        }
    }
    both
}

fn side(run: &Run, gaps: &[(f32, f32)]) -> usize {
    let centre = f32::midpoint(run.left, run.right);
    gaps.partition_point(|gap| f32::midpoint(gap.0, gap.1) < centre)
}

/// Runs with room between them all the way down: columns, or rows of cells.
fn columns(mut runs: Vec<Run>, gaps: &[(f32, f32)], depth: usize, column: &mut usize, lines: &mut Vec<Line>) {
    runs.sort_by_key(|run| run.turn);
    let mut sides: Vec<Vec<Run>> = vec![Vec::new(); gaps.len() + 1];
    let mut order: Vec<usize> = Vec::new();
    let mut met = vec![false; sides.len()];
    let mut turns = 0;
    let mut last = None;
    for run in &runs {
        let side = side(run, gaps);
        if last.is_some_and(|last| last != side) {
            turns += 1;
        }
        last = Some(side);
        if let Some(met) = met.get_mut(side).filter(|met| !**met) {
            *met = true;
            order.push(side);
        }
        if let Some(list) = sides.get_mut(side) {
            list.push(run.clone());
        }
    }
    let one_after_the_other = turns < order.len();
    let narrow = sides.iter().filter(|s| !s.is_empty()).map(Vec::len).min().unwrap_or(0);
    let cells = !runs_on(&sides, turns, runs.len()) && !headed(&sides);
    if !one_after_the_other && cells && (narrow < 4 || aligned(&sides) >= 0.5) {
        let parts = by_paint(runs);
        if parts.len() > 1 {
            for part in parts {
                region(part, depth + 1, column, lines);
            }
        } else {
            *column += 1;
            rows(parts.into_iter().flatten().collect(), *column, lines);
        }
        return;
    }
    if !one_after_the_other {
        order.sort_unstable();
    }
    for side in order {
        if let Some(runs) = sides.get_mut(side) {
            region(std::mem::take(runs), depth + 1, column, lines);
        }
    }
}

/// Whether lines of at least two columns run on from one to the next, though they are painted in turns.
fn runs_on(sides: &[Vec<Run>], turns: usize, all: usize) -> bool {
    // Cells of several lines are painted one cell after the other.
    if turns * 10 < all * 5 {
        return false;
    }
    let running = sides.iter().filter(|runs| {
        let small = runs.iter().filter(|r| r.text.chars().next().is_some_and(char::is_lowercase)).count();
        let words: usize = runs.iter().map(|r| r.words).sum();
        runs.len() >= 4 && small * 3 >= runs.len() && words >= 2 * runs.len()
    });
    running.count() >= 2
}

/// Whether at least two sides have headings of their own, more than one each: columns, whose lines stand beside
/// each other by chance. The cells of a table have a head once, and dates beside an entry have none.
fn headed(sides: &[Vec<Run>]) -> bool {
    let usual = middle(sides.iter().flatten().map(|run| run.size).collect());
    let heads = |runs: &[Run]| runs.iter().filter(|run| run.size > 1.15 * usual).count();
    sides.iter().filter(|runs| heads(runs) >= 2).count() >= 2
}

/// How many of the runs of the shorter side stand on a base line of another, from 0 to 1.
#[allow(clippy::cast_precision_loss)]
fn aligned(sides: &[Vec<Run>]) -> f32 {
    let Some((index, shortest)) =
        sides.iter().enumerate().filter(|(_, s)| !s.is_empty()).min_by_key(|(_, s)| s.len())
    else {
        return 0.0;
    };
    let others = sides.iter().enumerate().filter(|(i, _)| *i != index).flat_map(|(_, side)| side);
    let mut bases: Vec<f32> = others.map(|run| run.base).collect();
    bases.sort_by(f32::total_cmp);
    let common = shortest.iter().filter(|run| {
        let at = bases.partition_point(|base| *base < run.base - 0.15 * run.size);
        bases.get(at).is_some_and(|base| *base <= run.base + 0.15 * run.size)
    });
    common.count() as f32 / shortest.len().max(1) as f32
}

/// Cuts runs across wherever all above is painted before all below.
fn by_paint(runs: Vec<Run>) -> Vec<Vec<Run>> {
    let bands = bands(runs);
    let mut earliest: Vec<usize> = Vec::with_capacity(bands.len());
    let mut least = usize::MAX;
    for band in bands.iter().rev() {
        earliest.push(least);
        least = band.iter().map(|r| r.turn).min().unwrap_or(least).min(least);
    }
    let mut parts: Vec<Vec<Run>> = vec![Vec::new()];
    let mut latest = 0;
    // The last lines of a cell stand alone and close to the others; they are no row.
    let tails: Vec<bool> = bands.windows(2).map(|pair| is_tail(pair.first(), pair.last())).collect();
    for ((band, below), tail) in
        bands.into_iter().zip(earliest.into_iter().rev()).zip(tails.into_iter().chain([true]))
    {
        latest = band.iter().map(|r| r.turn).max().unwrap_or(0).max(latest);
        if let Some(part) = parts.last_mut() {
            part.extend(band);
        }
        if latest < below && !tail {
            parts.push(Vec::new());
        }
    }
    parts
}

fn is_tail(above: Option<&Band>, below: Option<&Band>) -> bool {
    let (Some(above), Some(below)) = (above, below) else { return true };
    let bottom = above.iter().map(Run::bottom).fold(f32::INFINITY, f32::min);
    let [only] = below.as_slice() else { return false };
    bottom - only.top() < 0.55 * only.size
}

/// Runs from top to bottom; those on one base line are cells of a row.
fn rows(mut runs: Vec<Run>, column: usize, lines: &mut Vec<Line>) {
    runs.sort_by(|a, b| b.base.total_cmp(&a.base));
    let mut row: Vec<Run> = Vec::new();
    let mut flush = |mut row: Vec<Run>| {
        row.sort_by(|a, b| a.left.total_cmp(&b.left));
        if !row.is_empty() {
            lines.push(Line { cells: row, column });
        }
    };
    for run in runs {
        if row.first().is_some_and(|first| first.base - run.base > 0.35 * first.size.min(run.size)) {
            flush(std::mem::take(&mut row));
        }
        row.push(run);
    }
    flush(row);
}

fn middle(mut values: Vec<f32>) -> f32 {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
