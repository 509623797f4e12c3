//! How much a word that may be part of the applicant's name counts: by itself, or only beside
//! another part of it. Many names are ordinary words too.

use zeroize::Zeroizing;

use super::name::{Chunk, Hit};
use super::{Class, JOINTS};
use crate::pipeline::pseudonymise::ordinary;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Strength {
    Strong,
    /// Counts beside any other part of the name, also beside another of its own kind.
    Beside,
    /// Counts beside a part that counts by itself.
    BesideOnly,
}

pub(super) fn part_strength(
    text: &str,
    word: &str,
    start: usize,
    end: usize,
    class: Class,
    chunk: Chunk,
) -> Strength {
    let capital = word.starts_with(char::is_uppercase);
    let before_digit = text.get(end..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    match class {
        Class::Distinct => Strength::Strong,
        Class::Particle => Strength::BesideOnly,
        Class::Common | Class::Opener if chunk == Chunk::File || before_digit => Strength::Strong,
        Class::Common if capital => {
            if ordinary::names_an_organisation(text, start, end) {
                Strength::Beside
            } else {
                Strength::Strong
            }
        }
        Class::Opener if capital => {
            if ordinary::line_in_capitals(text, start)
                || ordinary::opens_a_sentence(text, start) && reads_as_word(text, word, end)
                || ordinary::names_an_organisation(text, start, end)
            {
                Strength::Beside
            } else {
                Strength::Strong
            }
        }
        Class::Common | Class::Opener => Strength::Beside,
    }
}

/// Words of English alone: before a Swedish verb they are a name. `Love sade alltid som det var.`
const ENGLISH_ALONE: [&str; 4] = ["love", "hope", "can", "may"];

/// Whether the word ending at `end` goes on like the first word of a sentence.
fn reads_as_word(text: &str, word: &str, end: usize) -> bool {
    let Some(rest) = text.get(end..) else { return false };
    let next: Zeroizing<String> = Zeroizing::new(
        rest.trim_start_matches([' ', '\t']).chars().take_while(|c| c.is_alphanumeric()).take(24).collect(),
    );
    let lower = Zeroizing::new(next.to_lowercase());
    let swedish_verb = || {
        lower.contains(['å', 'ä', 'ö'])
            || lower.len() >= 4
                && ["ade", "dde", "te", "ar", "er"].iter().any(|ending| lower.ends_with(ending))
    };
    rest.starts_with([' ', '\t'])
        && next.starts_with(|c: char| c.is_lowercase() || c.is_ascii_digit())
        && !ordinary::follows_a_name(&lower)
        && !(ENGLISH_ALONE.iter().any(|english| english.eq_ignore_ascii_case(word)) && swedish_verb())
}

/// Gives the parts that count only beside others their weight.
pub(super) fn strengthen(text: &str, hits: &mut [Hit]) {
    let near = |hits: &[Hit], left: usize, right: usize| match (hits.get(left), hits.get(right)) {
        (Some(a), Some(b)) => name_gap(text, a.end, b.start, a, b),
        _ => false,
    };
    // `bo ek`, `muslim van den berg`, `t:son`: parts that are words or too short alone, side by side.
    let mut beside: Option<usize> = None;
    for right in 0..hits.len() {
        let chained = right > 0 && near(hits, right - 1, right);
        if !chained {
            beside = None;
        }
        if hits[right].strength == Strength::Beside {
            if let Some(left) = beside
                && hits[left].part != hits[right].part
            {
                hits[left].strength = Strength::Strong;
                hits[right].strength = Strength::Strong;
            }
            beside = Some(right);
        }
        let joint = right > 0
            && text.get(hits[right - 1].end..hits[right].start).is_some_and(|gap| {
                let mut marks = gap.chars();
                marks.next().is_some_and(|mark| JOINTS.contains(&mark)) && marks.next().is_none()
            });
        let pieces = right > 0 && (hits[right - 1].part.is_some() || hits[right].part.is_some());
        if joint && pieces {
            hits[right - 1].strength = Strength::Strong;
            hits[right].strength = Strength::Strong;
        }
    }
    for right in 1..hits.len() {
        if hits[right - 1].strength == Strength::Strong
            && hits[right].strength != Strength::Strong
            && near(hits, right - 1, right)
        {
            hits[right].strength = Strength::Strong;
        }
    }
    for right in (1..hits.len()).rev() {
        if hits[right].strength == Strength::Strong
            && hits[right - 1].strength != Strength::Strong
            && near(hits, right - 1, right)
        {
            hits[right - 1].strength = Strength::Strong;
        }
    }
}

/// Whether what stands between two parts belongs to one name.
pub(super) fn name_gap(text: &str, end: usize, start: usize, left: &Hit, right: &Hit) -> bool {
    let Some(gap) = text.get(end..start) else { return false };
    if gap.is_empty() {
        return true;
    }
    if gap.len() > 12 || gap.contains('\n') {
        return false;
    }
    let marks: Vec<char> = gap.chars().filter(|c| *c != ' ' && *c != '\t').collect();
    let spaced = gap.len() > marks.iter().map(|c| c.len_utf8()).sum::<usize>();
    let initial = |hit: &Hit| {
        hit.part.is_none() && text.get(hit.start..hit.end).is_some_and(|t| t.chars().count() == 1)
    };
    match marks.as_slice() {
        [] => true,
        ['.'] => !spaced || initial(left),
        ['-' | '_' | '+'] => !spaced || marks == ['-'] && gap.len() == 3 && initial(left),
        ['.', '-'] => !spaced,
        [mark] if JOINTS.contains(mark) => !spaced,
        [','] => left.family && !left.given && right.given,
        _ => false,
    }
}

/// A middle name that the applicant left out of the form: `Anna Maria Svensson`.
pub(super) fn unknown_middle(text: &str, end: usize, start: usize, left: &Hit, right: &Hit) -> bool {
    if !left.given || right.given || left.part.is_none() {
        return false;
    }
    let Some(gap) = text.get(end..start) else { return false };
    let Some(word) = gap.strip_prefix(' ').and_then(|gap| gap.strip_suffix(' ')) else { return false };
    let word = word.strip_suffix('.').unwrap_or(word);
    !word.is_empty()
        && word.len() <= 40
        && (word.starts_with(char::is_uppercase) || word.chars().count() == 1)
        && word.chars().all(|c| c.is_alphabetic() || c == '-')
}
