//! What is repeated at the top and the bottom of pages, and the numbers of pages.

use std::collections::{HashMap, HashSet};

use super::lines::Run;
use crate::{Part, Piece, Shape};

/// How much of a page, at the top and at the bottom, can be a margin.
const SHARE: f32 = 0.16;

/// Takes repeated runs out of the pages and gives each once. Numbers of pages are dropped, as they are of
/// nobody's making. `heights` are those of the pages, in points.
pub(crate) fn take(pages: &mut [Vec<Run>], heights: &[f32]) -> Vec<Piece> {
    let all = pages.len();
    let mut seen: HashMap<(String, i32), HashSet<usize>> = HashMap::new();
    for (page, (runs, height)) in pages.iter().zip(heights).enumerate() {
        for run in runs.iter().filter(|run| is_outside(run, *height)) {
            for place in places(run) {
                seen.entry((key(&run.text), place)).or_default().insert(page);
            }
        }
    }
    let least = 2.max(all * 2 / 5);
    let repeated = |run: &Run| {
        let text = key(&run.text);
        places(run)
            .iter()
            .any(|place| seen.get(&(text.clone(), *place)).is_some_and(|pages| pages.len() >= least))
    };
    let mut pieces = Vec::new();
    let mut known: HashSet<String> = HashSet::new();
    for (index, (runs, height)) in pages.iter_mut().zip(heights).enumerate() {
        let mut gone = HashSet::new();
        for top in [true, false] {
            let mut outer: Vec<&Run> = runs
                .iter()
                .filter(|run| is_outside(run, *height) && (run.base > height / 2.0) == top)
                .collect();
            outer.sort_by(|a, b| if top { b.base.total_cmp(&a.base) } else { a.base.total_cmp(&b.base) });
            let mut found: Vec<&Run> = Vec::new();
            let mut rest = outer.as_slice();
            while let Some(first) = rest.first() {
                let row =
                    rest.iter().take_while(|run| (run.base - first.base).abs() < 0.35 * run.size).count();
                let (row, after) = rest.split_at_checked(row.max(1)).unwrap_or((rest, &[]));
                rest = after;
                let margin =
                    |run: &Run| (all > 1 && repeated(run)) || is_page_number(&run.text, index + 1, all);
                if !row.iter().any(|run| margin(run)) {
                    break;
                }
                for run in row.iter().filter(|run| margin(run)) {
                    gone.insert(run.turn);
                    if !is_page_number(&run.text, index + 1, all) {
                        found.push(run);
                    }
                }
            }
            found.sort_by(|a, b| b.base.total_cmp(&a.base).then(a.left.total_cmp(&b.left)));
            for run in found {
                if known.insert(key(&run.text)) {
                    let page = u32::try_from(index + 1).unwrap_or(u32::MAX);
                    let text = run.text.clone();
                    pieces.push(Piece { part: Part::Margin, shape: Shape::Paragraph, page, text });
                }
            }
        }
        runs.retain(|run| !gone.contains(&run.turn));
    }
    pieces
}

fn is_outside(run: &Run, height: f32) -> bool {
    run.base > height * (1.0 - SHARE) || run.base < height * SHARE
}

/// The text without digits, so that a page's number makes no difference.
fn key(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit() && !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// Where it stands, so roughly that a point makes no difference: two neighbouring steps of six points.
#[allow(clippy::cast_possible_truncation)]
fn places(run: &Run) -> [i32; 2] {
    let step = (run.base / 6.0).floor() as i32;
    [step, step.saturating_add(1)]
}

/// "3", "Sida 3", "3 (7)", "3/7", "Page 3 of 7", "- 3 -".
fn is_page_number(text: &str, page: usize, all: usize) -> bool {
    let lower = text.to_lowercase();
    let mut numbers = Vec::new();
    let mut named = false;
    for part in lower.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()) {
        match part.parse::<usize>() {
            Ok(number) => numbers.push(number),
            Err(_) if matches!(part, "sida" | "sid" | "s" | "page" | "p") => named = true,
            Err(_) if matches!(part, "av" | "of") => {}
            Err(_) => return false,
        }
    }
    match numbers.as_slice() {
        [number] => named || (*number == page && all > 1),
        [number, total] => number <= total && *total < 1_000 && (named || *total == all),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_at_the_end_of_all_numbers_is_borne() {
        let (text, size, bold) = (String::new(), 12.0, false);
        let run =
            Run { text, left: 0.0, right: 1.0, base: f32::MAX, size, bold, turn: 0, words: 1, first: 1.0 };
        assert_eq!(places(&run), [i32::MAX; 2]);
    }

    #[test]
    fn numbers_of_pages_are_told_from_years_and_amounts() {
        for text in ["Sida 2", "2", "2 (3)", "Page 2 of 3", "– 2 –", "2/3", "sida 2 av 3"] {
            assert!(is_page_number(text, 2, 3), "{text}");
        }
        for text in ["2019", "2019–2021", "070-174 06 05", "Sida vid sida", "7", "12 elever", "1 (1) 1"] {
            assert!(!is_page_number(text, 2, 3), "{text}");
        }
    }
}
