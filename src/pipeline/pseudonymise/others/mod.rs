//! Names of others: persons, employers, schools, public bodies, associations, towns and countries.
//! The trained tagger (`urval_tagger`) reads the text around them; a few shapes of names of public
//! bodies need no tagger, and what was found once is found again wherever it stands.
//!
//! It reads a text in which the applicant's own fields are blanked, so that what it finds does not
//! depend on who the applicant is. It never masks tools, laws and methods (`tools.txt`): those are
//! merits.

use std::collections::HashSet;
use std::sync::LazyLock;

use urval_tagger::lists::Sort;
use urval_tagger::words::Word;
use urval_tagger::{Kind, Memory, Name, shipped, words};

use super::SpanCategory;
use super::category::rule;
use super::normal::folded;
use super::ordinary;
use super::place::Found;

mod office;
mod organisations;
mod people;

pub(super) use self::office::associations;
pub(super) use self::organisations::organisations;
pub(super) use self::people::People;

static TOOLS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("../tools.txt").lines().filter(|line| !line.is_empty()).collect());

/// A word that is written in small letters is a name only when the tagger is this sure.
const SURE_IN_SMALL_LETTERS: f32 = 0.8;
/// A word that opens a sentence and is an ordinary one is a name only when the tagger is this sure.
const SURE_OF_A_WORD: f32 = 0.6;
/// How sure the tagger must be for a name to be looked for elsewhere too.
const SURE_ENOUGH_TO_REPEAT: f32 = 0.5;

/// All names of others in a text whose own fields are blanked. They may overlap.
pub(super) fn find(text: &str, people: &mut People, memory: &mut Memory) -> Vec<Found> {
    let mut out = organisations(text);
    let all = words::words(text);
    out.extend(listed_places(text, &all));
    // A rule knows what it found better than the tagger does.
    let ruled = out.len();
    for name in urval_tagger::names(text, shipped(), urval_tagger::THRESHOLDS, memory) {
        let Some(name) = kept(text, name) else { continue };
        let Some(cut) = text.get(name.start..name.end) else { continue };
        let within = |found: &Found| found.start <= name.start && name.end <= found.end;
        if out.iter().take(ruled).any(within) {
            continue;
        }
        let category = category(&name, cut);
        let value = folded(cut);
        if category == SpanCategory::Person && name.confidence >= SURE_ENOUGH_TO_REPEAT {
            people.remember(&value);
        }
        let mut found = Found::other(name.start, name.end, category, rule::TAGGER, &value);
        found.confidence = (name.confidence * 100.0) as u8;
        out.push(found);
    }
    out
}

/// The words of persons' names that were found before, wherever they stand.
pub(super) fn again(text: &str, people: &People) -> Vec<Found> {
    let mut out = Vec::new();
    if people.is_empty() {
        return out;
    }
    for word in words::words(text) {
        let Some(cut) = text.get(word.start..word.end) else { continue };
        if !cut.starts_with(char::is_uppercase) {
            continue;
        }
        let value = folded(cut);
        if people.knows(&value) && !ordinary::is_ordinary(&value) {
            out.push(Found::other(word.start, word.end, SpanCategory::Person, rule::AGAIN, &value));
        }
    }
    out
}

/// Towns and countries that the lists know and that are no ordinary words.
fn listed_places(text: &str, all: &[Word]) -> Vec<Found> {
    let lists = &shipped().lists;
    let mut out = Vec::new();
    for word in all {
        let Some(cut) = text.get(word.start..word.end) else { continue };
        if !cut.starts_with(char::is_uppercase) || cut.len() < 4 {
            continue;
        }
        let sort = lists.sort(&cut.to_lowercase()).0;
        let certain = sort & (Sort::PLAIN | Sort::GIVEN | Sort::FAMILY | Sort::PARTS | Sort::NATION) == 0;
        let category = if sort & Sort::COUNTRY != 0 {
            SpanCategory::Country
        } else if sort & Sort::TOWN != 0 {
            SpanCategory::Town
        } else {
            continue;
        };
        if certain && !ordinary::names_an_organisation(text, word.start, word.end) {
            out.push(Found::other(word.start, word.end, category, rule::COUNTRY, &folded(cut)));
        }
    }
    out
}

/// The name as it is to be masked: tools and laws are none.
fn kept(text: &str, mut name: Name) -> Option<Name> {
    let cut = text.get(name.start..name.end)?;
    // A heading's colon or a list's dash is no part of a name.
    // Two columns are two names.
    let column = cut.split(['\t', '\n']).next().and_then(|column| column.split("  ").next()).unwrap_or(cut);
    let trimmed = column.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '.' && c != ')');
    name.end = name.start + trimmed.len();
    let cut = text.get(name.start..name.end)?;
    if cut.contains('\u{1}') || !cut.contains(char::is_alphabetic) {
        return None;
    }
    if !cut.contains(char::is_uppercase) && name.confidence < SURE_IN_SMALL_LETTERS {
        return None;
    }
    let lower = cut.to_lowercase();
    let value = folded(cut);
    let doubtful = name.kind == Kind::Person && name.confidence < SURE_OF_A_WORD;
    if doubtful && ordinary::is_ordinary(&value) && ordinary::opens_a_sentence(text, name.start) {
        return None;
    }
    let is_tool = TOOLS.contains(lower.as_str())
        || lower.strip_suffix('s').is_some_and(|stem| TOOLS.contains(stem))
        || lower.split([' ', '-', '/']).all(|word| TOOLS.contains(word));
    let at_work = text.get(..name.start)?.trim_end().rsplit([' ', '\n']).next();
    let employer = at_work.is_some_and(|word| matches!(word, "hos" | "at" | "Hos" | "At"));
    if is_tool && !(employer && name.kind == Kind::Organisation) { None } else { Some(name) }
}

fn category(name: &Name, cut: &str) -> SpanCategory {
    match name.kind {
        Kind::Person => SpanCategory::Person,
        Kind::Organisation => organisations::kind(cut),
        Kind::Place => {
            let sort = shipped().lists.sort(&cut.to_lowercase()).0;
            if sort & Sort::COUNTRY != 0 { SpanCategory::Country } else { SpanCategory::Town }
        }
    }
}
