//! Finds the applicant's name in a text: its parts alone and side by side, grown together, broken at
//! the end of a line or written letter by letter.

use zeroize::Zeroizing;

use super::letters::Letters;
use super::misspelt::is_a_word;
use super::spelling::{genitive_end, letter_runs};
use super::strength::{Strength, name_gap, part_strength, strengthen, unknown_middle};
use super::{Class, JOINTS, LONGEST_WORD, Own};
use crate::pipeline::pseudonymise::normal::{folded, spelled_out};
use crate::pipeline::pseudonymise::{Found, SpanCategory, rule};

impl Own {
    pub(super) fn find_name(&self, text: &str) -> Vec<Found> {
        if self.parts.is_empty() {
            return Vec::new();
        }
        let mut hits = self.name_hits(text);
        strengthen(text, &mut hits);
        let mut found: Vec<Found> = Vec::new();
        // Start, end, and whether a given name is in it.
        let mut open: Option<(usize, usize, bool)> = None;
        let strong: Vec<&Hit> = hits.iter().filter(|hit| hit.strength == Strength::Strong).collect();
        for (index, hit) in strong.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|before| strong.get(before));
            let joins = open.zip(before).is_some_and(|((_, end, given), before)| {
                let gap = text.get(end..hit.start).unwrap_or("\n");
                // `Svensson, Anna` is one name, `Anna Svensson, Anna` two.
                (!gap.contains(',') || !given) && name_gap(text, end, hit.start, before, hit)
                    || unknown_middle(text, end, hit.start, before, hit)
            });
            open = match open {
                Some((start, end, given)) if joins => Some((start, hit.end.max(end), given || hit.given)),
                other => {
                    if let Some((start, end, _)) = other {
                        found.push(own_name(text, start, end));
                    }
                    Some((hit.start, hit.end, hit.given))
                }
            };
        }
        if let Some((start, end, _)) = open {
            found.push(own_name(text, start, end));
        }
        found
    }

    fn name_hits(&self, text: &str) -> Vec<Hit> {
        let mut hits = Vec::new();
        let words = letter_runs(text);
        for (index, &(start, end)) in words.iter().enumerate() {
            let Some(word) = text.get(start..end) else { continue };
            if word.len() > LONGEST_WORD {
                // Longer than any name, but a name may stand inside it.
                if let Some(hit) = self.inside(word, start, end, Chunk::Joined) {
                    hits.push(hit);
                }
                continue;
            }
            let may_be = word.len() <= 2 || self.may_be_in(word);
            if may_be && let Some(hit) = self.word_hit(text, word, start, end, chunk_kind(text, start, end)) {
                hits.push(hit);
                continue;
            }
            if let Some(hit) = self.broken_word(text, &words, index) {
                hits.push(hit);
                continue;
            }
            if !may_be {
                continue;
            }
            for (from, to) in camel_pieces(text, start, end) {
                if let Some(piece) = text.get(from..to)
                    && let Some(hit) = self.word_hit(text, piece, from, to, Chunk::Joined)
                {
                    hits.push(hit);
                }
            }
        }
        hits.extend(self.spaced_out(text, &words));
        hits.extend(self.initials_alone(text, &words));
        hits.sort_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)));
        let misspelt = self.misspelt(text, &hits);
        hits.extend(misspelt);
        hits.sort_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)));
        let mut last_end = 0;
        hits.retain(|hit| {
            let keep = hit.start >= last_end;
            if keep {
                last_end = hit.end;
            }
            keep
        });
        hits
    }

    /// Whether the word has the letters of a part of the name.
    fn may_be_in(&self, word: &str) -> bool {
        let own = Letters::of(word);
        self.letters.iter().any(|letters| letters.missing_in(own) == 0)
    }

    fn word_hit(&self, text: &str, word: &str, start: usize, end: usize, chunk: Chunk) -> Option<Hit> {
        let (plain, spelled) = (Zeroizing::new(folded(word)), Zeroizing::new(spelled_out(word)));
        let letters = word.chars().count();
        if letters == 1 {
            // `o´brien` and `T:son` have their capital or not; `a` alone is a word.
            let joint = text.get(end..).is_some_and(|rest| rest.starts_with(JOINTS))
                || text.get(..start).is_some_and(|head| head.ends_with(JOINTS));
            let capital = word.starts_with(char::is_uppercase) || joint;
            let known = capital && plain.chars().next().is_some_and(|c| self.initials.contains(c));
            let file =
                chunk == Chunk::File && plain.chars().next().is_some_and(|c| self.initials.contains(c));
            return (known || file).then_some(Hit {
                start,
                end,
                part: None,
                given: false,
                family: false,
                strength: Strength::BesideOnly,
            });
        }
        let exact =
            |form: &str| self.parts.iter().position(|part| part.forms.iter().any(|f| f.as_str() == form));
        let whole = exact(&plain).or_else(|| exact(&spelled));
        let genitive = || {
            // "this" is no genitive of "Thi".
            if word.starts_with(char::is_lowercase) && is_a_word(&plain) {
                return None;
            }
            let plain = plain.strip_suffix('s')?;
            exact(plain).or_else(|| exact(spelled.strip_suffix('s')?))
        };
        if let Some(index) = whole.or_else(genitive) {
            if is_month(text, &plain, start, end) {
                return None;
            }
            let part = self.parts.get(index)?;
            if whole.is_none() && part.class == Class::Particle {
                return None;
            }
            let end = genitive_end(text, start, end);
            // "Bos" is no word that opens a sentence, though "Bo" is.
            let class =
                if whole.is_none() && part.class == Class::Opener { Class::Common } else { part.class };
            let strength = part_strength(text, word, start, end, class, chunk);
            return Some(Hit {
                start,
                end,
                part: Some(index),
                given: part.given,
                family: part.family,
                strength,
            });
        }
        let as_one = |form: &str| {
            let form = if self.is_glued(form) { form } else { form.strip_suffix('s').unwrap_or(form) };
            (self.is_glued(form)
                && (form.chars().count() >= 6 || chunk != Chunk::Prose || has_inner_capital(word)))
                || self.is_made_of_parts(form, chunk)
        };
        if as_one(&plain) || as_one(&spelled) || self.is_word_of_the_email(&plain) {
            let end = genitive_end(text, start, end);
            return Some(Hit {
                start,
                end,
                part: None,
                given: true,
                family: true,
                strength: Strength::Strong,
            });
        }
        self.inside(word, start, end, chunk)
    }

    /// `alind` of `alind@example.com`: the part before the `@`, where it is made of the name.
    fn is_word_of_the_email(&self, form: &str) -> bool {
        form.chars().count() >= 3
            && !is_a_word(form)
            && self
                .emails
                .iter()
                .any(|email| email.split('@').next().is_some_and(|local| folded(local) == form))
            && self.is_made_of_parts(form, Chunk::File)
    }

    fn is_glued(&self, form: &str) -> bool {
        self.glued.iter().any(|glued| glued.as_str() == form)
    }

    /// `svenssonanna`, and in file names and handles also `asvensson` and `annasv`.
    fn is_made_of_parts(&self, form: &str, chunk: Chunk) -> bool {
        let solid = || self.parts.iter().filter(|part| part.class != Class::Particle);
        if chunk != Chunk::Prose {
            for part in solid() {
                for known in part.forms.iter().filter(|known| known.len() >= 2) {
                    let rest =
                        form.strip_prefix(known.as_str()).or_else(|| form.strip_suffix(known.as_str()));
                    let Some(rest) = rest else { continue };
                    let enough = rest.chars().count() + known.chars().count() >= 3;
                    let is_initials = !rest.is_empty()
                        && rest.chars().count() <= 3
                        && solid().any(|other| {
                            !std::ptr::eq(other, part) && other.forms.iter().any(|f| f.starts_with(rest))
                        });
                    if enough && is_initials {
                        return true;
                    }
                }
            }
        }
        let long_enough = form.chars().count() >= if chunk == Chunk::Prose { 6 } else { 4 };
        long_enough && self.covers(form, &mut vec![false; self.parts.len()], chunk)
    }

    fn covers(&self, rest: &str, used: &mut Vec<bool>, chunk: Chunk) -> bool {
        if rest.is_empty() {
            let solid = |index: usize| self.parts.get(index).is_some_and(|p| p.class != Class::Particle);
            let count = used.iter().filter(|u| **u).count();
            let long = used.iter().enumerate().any(|(index, u)| {
                *u && solid(index)
                    && self.parts[index].class == Class::Distinct
                    && self.parts[index].forms.iter().any(|f| f.chars().count() >= 4)
            });
            return count >= 2
                && used.iter().enumerate().any(|(i, u)| *u && solid(i))
                && (long || chunk == Chunk::File);
        }
        for (index, part) in self.parts.iter().enumerate() {
            if used.get(index).copied().unwrap_or(true) {
                continue;
            }
            for form in &part.forms {
                if let Some(tail) = rest.strip_prefix(form.as_str()) {
                    used[index] = true;
                    if self.covers(tail, used, chunk) {
                        return true;
                    }
                    used[index] = false;
                }
            }
        }
        false
    }

    /// A name grown together with something else: `annasvenssoncv`.
    fn inside(&self, word: &str, start: usize, end: usize, chunk: Chunk) -> Option<Hit> {
        let (plain, spelled) = (Zeroizing::new(folded(word)), Zeroizing::new(spelled_out(word)));
        let least = if chunk == Chunk::Prose { 8 } else { 4 };
        let glued = self.glued.iter().any(|g| {
            g.chars().count() >= least && (plain.contains(g.as_str()) || spelled.contains(g.as_str()))
        });
        let part = chunk != Chunk::Prose
            && self.parts.iter().any(|part| {
                part.class == Class::Distinct
                    && part.forms.iter().any(|f| {
                        f.chars().count() >= 5 && (plain.contains(f.as_str()) || spelled.contains(f.as_str()))
                    })
            });
        (glued || part).then_some(Hit {
            start,
            end,
            part: None,
            given: true,
            family: true,
            strength: Strength::Strong,
        })
    }

    /// A word broken at the end of a line: `Svens-` and `son`.
    fn broken_word(&self, text: &str, words: &[(usize, usize)], index: usize) -> Option<Hit> {
        let &(start, first_end) = words.get(index)?;
        let &(second, end) = words.get(index + 1)?;
        let gap = text.get(first_end..second)?;
        if gap.trim_matches([' ', '\t']) != "-\n" {
            return None;
        }
        let joined = Zeroizing::new(format!("{}{}", text.get(start..first_end)?, text.get(second..end)?));
        if joined.len() > LONGEST_WORD {
            return None;
        }
        let (plain, spelled) = (Zeroizing::new(folded(&joined)), Zeroizing::new(spelled_out(&joined)));
        let known = [&plain, &spelled].into_iter().any(|form| {
            let shorter = form.strip_suffix('s').unwrap_or(form);
            [form.as_str(), shorter].iter().any(|f| {
                f.chars().count() >= 4
                    && self
                        .parts
                        .iter()
                        .any(|p| p.class != Class::Particle && p.forms.iter().any(|x| x.as_str() == *f))
            })
        });
        known.then_some(Hit { start, end, part: None, given: true, family: true, strength: Strength::Strong })
    }

    /// Letter by letter: `A n n a` or `S-v-e-n-s-s-o-n`, as headings come out of many PDF files.
    fn spaced_out(&self, text: &str, words: &[(usize, usize)]) -> Vec<Hit> {
        let mut hits = Vec::new();
        let single =
            |&(start, end): &(usize, usize)| text.get(start..end).is_some_and(|w| w.chars().count() == 1);
        let mut at = 0;
        while at < words.len() {
            if !single(&words[at]) {
                at += 1;
                continue;
            }
            let mut stop = at + 1;
            while stop < words.len() && stop - at < LONGEST_WORD && single(&words[stop]) {
                let gap = text.get(words[stop - 1].1..words[stop].0).unwrap_or("\n");
                if gap.is_empty() || gap.len() > 4 || gap.contains('\n') {
                    break;
                }
                stop += 1;
            }
            if stop - at >= 2 {
                self.spaced_words(text, &words[at..stop], &mut hits);
            }
            at = stop;
        }
        hits
    }

    fn spaced_words(&self, text: &str, letters: &[(usize, usize)], hits: &mut Vec<Hit>) {
        let longest =
            self.parts.iter().flat_map(|p| &p.forms).map(|f| f.chars().count()).max().unwrap_or_default();
        let mut at = 0;
        while at < letters.len() {
            let mut best = None;
            let mut joined = Zeroizing::new(String::with_capacity(letters.len() * 4));
            for (offset, &(start, end)) in letters[at..].iter().take(longest).enumerate() {
                joined.push_str(text.get(start..end).unwrap_or_default());
                let (plain, spelled) =
                    (Zeroizing::new(folded(&joined)), Zeroizing::new(spelled_out(&joined)));
                let matching = self.parts.iter().position(|part| {
                    part.class != Class::Particle && part.forms.iter().any(|f| *f == plain || *f == spelled)
                });
                if let Some(index) = matching {
                    best = Some((at + offset, index));
                }
            }
            let Some((last, index)) = best else {
                at += 1;
                continue;
            };
            hits.push(Hit {
                start: letters[at].0,
                end: letters[last].1,
                part: Some(index),
                given: self.parts.get(index).is_some_and(|part| part.given),
                family: self.parts.get(index).is_some_and(|part| part.family),
                strength: Strength::Strong,
            });
            at = last + 1;
        }
    }
}

fn own_name(text: &str, start: usize, end: usize) -> Found {
    Found::own(title_start(text, start), figures_end(text, end), SpanCategory::Name, rule::KNOWN_NAME)
}

/// `jan 2019`, `jan–jun 2019`, `14 maj`: a month, though somebody is called so.
fn is_month(text: &str, word: &str, start: usize, end: usize) -> bool {
    const MONTHS: [&str; 14] = [
        "jan", "mars", "march", "april", "maj", "may", "juni", "june", "jun", "juli", "july", "jul",
        "augusti", "august",
    ];
    if !MONTHS.contains(&word) {
        return false;
    }
    let rest = text.get(end..).unwrap_or_default();
    let after = rest.strip_prefix('.').unwrap_or(rest);
    let later =
        after.trim_start_matches(' ').strip_prefix(['–', '-']).map(|later| later.trim_start_matches(' '));
    let year = |text: &str| {
        let figures = text.bytes().take_while(u8::is_ascii_digit).count();
        figures == 4 || text.starts_with(['\'', '’']) || figures == 2
    };
    let to_month = later.is_some_and(|later| {
        let next: String = later.chars().take_while(|c| c.is_alphabetic()).take(10).collect();
        !next.is_empty()
            && later.get(next.len()..).is_some_and(|rest| rest.strip_prefix(' ').is_some_and(year))
    });
    let before = text.get(..start).unwrap_or_default();
    let of_day = before.strip_suffix(' ').is_some_and(|head| head.ends_with(|c: char| c.is_ascii_digit()));
    after.strip_prefix(' ').is_some_and(year) || to_month || of_day && word.len() >= 3
}

/// `anna82`: the figures are most often the year of birth.
fn figures_end(text: &str, end: usize) -> usize {
    let rest = text.get(end..).unwrap_or_default();
    let figures = rest.bytes().take_while(u8::is_ascii_digit).count();
    let alone = !rest.get(figures..).is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
    if figures <= 4 && alone { end + figures } else { end }
}

pub(super) struct Hit {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) part: Option<usize>,
    pub(super) given: bool,
    pub(super) family: bool,
    pub(super) strength: Strength,
}

/// What a word is written in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Chunk {
    Prose,
    /// Joined by dots or digits: `anna.svensson`, `boek92`.
    Joined,
    /// A file name or handle: `cv_ek.pdf`.
    File,
}

/// `Mr`, `fru`: the title tells the sex and goes with the name.
fn title_start(text: &str, start: usize) -> usize {
    let Some(head) = text.get(..start) else { return start };
    let bare = head.strip_suffix(' ').unwrap_or(head);
    if bare.len() == head.len() {
        return start;
    }
    let word_end = bare.strip_suffix('.').unwrap_or(bare);
    let from = word_end
        .char_indices()
        .rev()
        .take(8)
        .take_while(|(_, c)| c.is_alphabetic())
        .last()
        .map_or(word_end.len(), |(at, _)| at);
    let word = word_end.get(from..).unwrap_or_default();
    let is_title = ["herr", "hr", "fru", "froken", "frk", "mr", "mrs", "ms", "miss", "mx"]
        .contains(&folded(word).as_str());
    if is_title { from } else { start }
}

/// `AnnaSvensson` as `Anna` and `Svensson`; nothing for a word without inner capitals.
fn camel_pieces(text: &str, start: usize, end: usize) -> Vec<(usize, usize)> {
    let Some(word) = text.get(start..end) else { return Vec::new() };
    let mut pieces = Vec::new();
    let (mut from, mut lower_before) = (start, false);
    for (at, c) in word.char_indices() {
        if c.is_uppercase() && lower_before {
            pieces.push((from, start + at));
            from = start + at;
        }
        lower_before = c.is_lowercase();
    }
    if from > start {
        pieces.push((from, end));
    }
    pieces
}

fn has_inner_capital(word: &str) -> bool {
    word.chars().zip(word.chars().skip(1)).any(|(a, b)| a.is_lowercase() && b.is_uppercase())
}

fn chunk_kind(text: &str, start: usize, end: usize) -> Chunk {
    let outside = |c: char| {
        c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '"' | '”' | '«' | '»' | '|' | ',' | ';')
    };
    // A chunk is looked at no further than this many characters to each side.
    let from = text
        .get(..start)
        .unwrap_or_default()
        .char_indices()
        .rev()
        .take(LONGEST_WORD)
        .take_while(|(_, c)| !outside(*c))
        .last()
        .map_or(start, |(at, _)| at);
    let after = text.get(end..).unwrap_or_default();
    let to = end
        + after.chars().take(LONGEST_WORD).take_while(|c| !outside(*c)).map(char::len_utf8).sum::<usize>();
    let chunk = text.get(from..to).unwrap_or_default().trim_matches(['.', ':', '!', '?', '\'', '’']);
    let lower = Zeroizing::new(chunk.to_lowercase());
    let ending =
        [".pdf", ".doc", ".docx", ".odt", ".txt", ".rtf", ".jpg", ".jpeg", ".png", ".pages", ".zip", ".pptx"];
    if chunk.contains(['_', '#', '@', '\\']) || ending.iter().any(|e| lower.ends_with(e)) {
        return Chunk::File;
    }
    let letters: Vec<char> = chunk.chars().collect();
    let joined = letters
        .windows(3)
        .any(|w| matches!(w, [a, '.', c] if a.is_alphanumeric() && (c.is_lowercase() || c.is_ascii_digit())))
        || letters.windows(2).any(|w| matches!(w, [a, b] if a.is_alphabetic() && b.is_ascii_digit()));
    if joined { Chunk::Joined } else { Chunk::Prose }
}
