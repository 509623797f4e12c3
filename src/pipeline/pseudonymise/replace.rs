//! Replaces what the finders find, stage by stage, until nothing more is found.
//!
//! The order matters: what belongs to the applicant goes first, so that every later stage reads a text
//! in which the applicant cannot be told from any other; then sensitive data and neutral words; then
//! names of others, which the tagger can only find around what is left.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hasher};

use urval_tagger::Memory;
use urval_tagger::features::hash;
use zeroize::Zeroizing;

use super::category::rule;
use super::known::Own;
use super::others::{self, People};
use super::place::{Found, blanked, resolved};
use super::special::{self, Kind};
use super::time::{self, Frame};
use super::words;
use super::{Span, SpanCategory, structured};

/// What is known around one text.
pub(super) struct About<'a> {
    /// The applicant's fields.
    pub(super) own: &'a Own,
    /// From which day time is counted.
    pub(super) frame: &'a Frame,
    /// The text is written in English, and so are its placeholders.
    pub(super) english: bool,
}

/// What was seen of others so far in one application, so that the same value has the same number in all
/// of its parts.
#[derive(Default)]
pub(super) struct Seen {
    /// By the hash of the value: no value is kept.
    numbers: HashMap<(SpanCategory, u64), usize>,
    counts: HashMap<SpanCategory, usize>,
    pub(super) people: People,
}

impl Seen {
    /// The applicant's own value has no number. Persons, employers and public bodies count from 1.
    /// Others count from 2 where the applicant's own value is known, else from 1, which is not written.
    fn placeholder(&mut self, found: &Found, about: &About<'_>) -> String {
        if let Some(text) = &found.text {
            return text.clone();
        }
        let word = found.category.placeholder(about.english);
        if found.own || found.category == SpanCategory::Withheld {
            return format!("[{word}]");
        }
        let number = if found.category == SpanCategory::Person {
            self.people.number(&found.value)
        } else {
            let count = self.counts.entry(found.category).or_default();
            *self.numbers.entry((found.category, hash(found.value.as_bytes()))).or_insert_with(|| {
                *count += 1;
                *count
            })
        };
        match number + usize::from(about.own.knows(found.category)) {
            1 if !counted_from_one(found.category) => format!("[{word}]"),
            number => format!("[{word} {}]", number.min(9999)),
        }
    }
}

fn counted_from_one(category: SpanCategory) -> bool {
    use SpanCategory as C;
    matches!(
        category,
        C::Person
            | C::Employer
            | C::University
            | C::School
            | C::Municipality
            | C::Region
            | C::Authority
            | C::Country
    )
}

/// What replacing may bring to light, for example a street name that a personal name had grown together
/// with, is replaced in a further round; no text needs more rounds than this.
const ROUNDS: usize = 8;

/// A text in normal form with every found place replaced, and the places in the new text. The second
/// value is true when the text may say that the applicant's identity is protected.
pub(super) fn replaced(
    text: &str,
    about: &About<'_>,
    seen: &mut Seen,
) -> (Zeroizing<String>, Vec<Placed>, bool) {
    let mut text = Zeroizing::new(text.to_owned());
    let mut spans: Vec<Placed> = Vec::new();
    let mut protected = false;
    let mut memory = Memory::default();
    let mut quiet = [Quiet::default(), Quiet::default(), Quiet::default()];
    for _ in 0..ROUNDS {
        let mut changed = false;
        for (stage, quiet) in [Stage::Identity, Stage::Sensitive, Stage::Others].into_iter().zip(&mut quiet) {
            let blank = blanked(&text);
            let mut all = Vec::new();
            let open = quiet.open(&blank);
            for (start, end) in &open {
                let Some(piece) = blank.get(*start..*end) else { continue };
                let found = match stage {
                    Stage::Identity => identity(piece, about),
                    Stage::Sensitive => sensitive(piece, about, &mut protected),
                    Stage::Others => others::find(piece, &mut seen.people, &mut memory),
                };
                all.extend(found.into_iter().map(|found| found.moved(*start)));
            }
            match stage {
                Stage::Identity => all.extend(structured::find_in_layout(&blank)),
                Stage::Others => all.extend(others::again(&blank, &seen.people)),
                Stage::Sensitive => {}
            }
            let places = resolved(&text, &blank, all);
            quiet.learn(&blank, &open, &places);
            if !places.is_empty() {
                (text, spans) = one_round(&text, &places, &spans, about, seen);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    (text, spans, protected)
}

#[derive(Clone, Copy)]
enum Stage {
    Identity,
    Sensitive,
    Others,
}

/// The paragraphs in which one stage found nothing. The finders judge a paragraph by itself, so it needs
/// no second look until something in it is replaced.
#[derive(Default)]
struct Quiet(HashSet<u64>);

impl Quiet {
    /// The stretches of whole paragraphs that need a look, in order.
    fn open(&self, text: &str) -> Vec<(usize, usize)> {
        if self.0.is_empty() {
            return vec![(0, text.len())];
        }
        let mut out: Vec<(usize, usize)> = Vec::new();
        for (start, end) in paragraphs(text, 0, text.len()) {
            if self.0.contains(&key(text, start, end)) {
                continue;
            }
            match out.last_mut() {
                Some(last) if last.1 == start => last.1 = end,
                _ => out.push((start, end)),
            }
        }
        out
    }

    /// Of what was looked at, remembers the paragraphs that hold none of the places.
    fn learn(&mut self, text: &str, looked_at: &[(usize, usize)], places: &[Found]) {
        for (from, to) in looked_at {
            for (start, end) in paragraphs(text, *from, *to) {
                let first = places.partition_point(|place| place.end <= start);
                if places.get(first).is_none_or(|place| place.start >= end) {
                    self.0.insert(key(text, start, end));
                }
            }
        }
    }
}

/// Paragraphs are kept by a hash, no text is.
fn key(text: &str, start: usize, end: usize) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.get(start..end).unwrap_or_default().as_bytes());
    hasher.finish()
}

/// The paragraphs between two ends of paragraphs, each with the line ends after it. A line that ends a
/// sentence ends a paragraph too when the next line begins one.
fn paragraphs(text: &str, from: usize, to: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut at = from;
    std::iter::from_fn(move || {
        let rest = text.get(at..to).filter(|rest| !rest.is_empty())?;
        let end = rest.match_indices('\n').map(|(gap, _)| gap).find(|gap| {
            let (before, after) = rest.split_at(*gap);
            let next = after.get(1..).and_then(|after| after.chars().next());
            next == Some('\n') || before.ends_with(['.', '!', '?']) && next.is_some_and(char::is_uppercase)
        });
        let length = end.map_or(rest.len(), |gap| {
            let after = rest.get(gap..).unwrap_or_default();
            gap + after.len() - after.trim_start_matches('\n').len()
        });
        let start = at;
        at += length;
        Some((start, at))
    })
}

/// What belongs to the applicant or has a form of its own. Organisations whose name holds the
/// applicant's town are taken whole here, so that the text does not depend on which town it is.
fn identity(text: &str, about: &About<'_>) -> Vec<Found> {
    let mut all = about.own.find(text);
    all.extend(structured::find(text, about.own));
    let towns: Vec<(usize, usize)> =
        all.iter().filter(|f| f.category == SpanCategory::Town).map(|f| (f.start, f.end)).collect();
    if !towns.is_empty() {
        // More than the town itself.
        let within = |start: usize, end: usize| {
            towns.iter().any(|town| town.0 >= start && town.1 <= end && town.1 - town.0 < end - start)
        };
        let bodies = special::find(text).into_iter().filter(|hit| hit.kind == Kind::Voluntary);
        let bodies = bodies.map(|hit| (hit.start, hit.end)).chain(others::associations(text));
        all.extend(bodies.filter(|body| within(body.0, body.1)).map(|body| voluntary(text, body)));
        all.extend(others::organisations(text).into_iter().filter(|found| within(found.start, found.end)));
    }
    all
}

fn voluntary(text: &str, (start, end): (usize, usize)) -> Found {
    let value = text.get(start..end).map(super::folded).unwrap_or_default();
    Found::other(start, end, SpanCategory::Voluntary, rule::VOLUNTARY, &value)
}

/// Sensitive data, and words that may weigh unequally.
fn sensitive(text: &str, about: &About<'_>, protected: &mut bool) -> Vec<Found> {
    let mut all = Vec::new();
    for hit in special::find(text) {
        *protected |= hit.kind == Kind::ProtectedIdentity;
        if hit.kind == Kind::Voluntary {
            all.push(voluntary(text, (hit.start, hit.end)));
        } else {
            let mut found = Found::other(hit.start, hit.end, SpanCategory::Withheld, rule::SPECIAL, "");
            found.confidence = if hit.sure { 100 } else { 60 };
            all.push(found);
        }
    }
    all.extend(others::associations(text).into_iter().map(|body| voluntary(text, body)));
    for hit in time::find(text, about.english, about.frame) {
        let category = if hit.kind == time::Kind::Age { SpanCategory::Age } else { SpanCategory::Time };
        all.push(Found::neutral(hit.start, hit.end, category, hit.rule, hit.text));
    }
    for hit in words::find(text, about.english) {
        all.push(Found::neutral(hit.start, hit.end, SpanCategory::Word, hit.rule, hit.text));
    }
    all
}

/// A replaced place, and where in the text before all replacing it stood.
pub(super) struct Placed {
    pub(super) span: Span,
    pub(super) from: usize,
    pub(super) to: usize,
}

fn one_round(
    text: &str,
    places: &[Found],
    before: &[Placed],
    about: &About<'_>,
    seen: &mut Seen,
) -> (Zeroizing<String>, Vec<Placed>) {
    let mut out = Zeroizing::new(String::with_capacity(text.len() + places.len() * 24));
    let mut spans = Vec::with_capacity(places.len() + before.len());
    let mut earlier = before.iter().peekable();
    let mut at = 0;
    // By how much the text before all replacing is ahead of this one, which may be negative.
    let mut ahead = 0_isize;
    let end_of_text = text.len();
    for found in places.iter().map(Some).chain(std::iter::once(None)) {
        let until = found.map_or(end_of_text, |found| found.start);
        while let Some(placed) = earlier.next_if(|placed| placed.span.end <= until) {
            let Placed { span, from, to } = placed;
            let start = out.len() + span.start.saturating_sub(at);
            let moved = Span { start, end: start + (span.end - span.start), ..span.clone() };
            spans.push(Placed { span: moved, from: *from, to: *to });
            ahead = *to as isize - span.end as isize;
        }
        out.push_str(text.get(at..until).unwrap_or_default());
        let Some(found) = found else { break };
        let start = out.len();
        out.push_str(&seen.placeholder(found, about));
        let span = Span {
            start,
            end: out.len(),
            category: found.category,
            rule: found.rule,
            confidence: found.confidence,
        };
        let from = found.start.saturating_add_signed(ahead);
        spans.push(Placed { span, from, to: from + (found.end - found.start) });
        at = found.end;
    }
    (out, spans)
}
