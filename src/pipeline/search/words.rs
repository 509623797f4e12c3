//! Whether the words of a query tell what people may not be selected on. It knows no applicant and no text.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{Ground, plain};
use crate::pipeline::pseudonymise::folded;
use crate::pipeline::pseudonymise::special::Kind;
use crate::pipeline::pseudonymise::special::sought::{Known, Set, known_at, telling_words};
use crate::pipeline::pseudonymise::words::{Selects, is_language, selects};

/// A word of the lists that begins a compound has at least so many letters; shorter ones begin too many others.
const COMPOUND_LETTERS_MIN: usize = 6;
/// A word that is put together from pieces has at least so many letters.
const PIECED_LETTERS_MIN: usize = 5;
/// The most pieces that a word is put together from, when they are longer than a letter.
const PIECES_MAX: usize = 5;
/// A misspelt word has at least so many letters, so that one more or less leaves no doubt which word it is.
const MISSPELT_LETTERS_MIN: usize = 7;
/// How far before a revelation the word for work may stand: "stöd till personer med".
const FRAME_WORDS_MAX: usize = 5;

/// What a list of `words.txt` says of its phrases.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    Plain,
    Is(Ground),
}

/// A phrase of `words.txt`.
struct Phrase {
    words: Vec<String>,
    /// The last word may go on.
    open: bool,
    says: Says,
}

struct Lists {
    /// By the first two letters of the first word.
    phrases: HashMap<String, Vec<Phrase>>,
    work: Vec<String>,
    endings: Vec<String>,
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    let mut lists = Lists { phrases: HashMap::new(), work: Vec::new(), endings: Vec::new() };
    let mut heading = "";
    for line in include_str!("words.txt").lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            heading = name;
            continue;
        }
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        for entry in line.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            match (heading, says(heading)) {
                ("work", _) => lists.work.push(folded(entry)),
                ("ending", _) => lists.endings.push(folded(entry)),
                (_, Some(says)) => {
                    let open = entry.ends_with('*');
                    let words: Vec<String> = entry
                        .trim_end_matches('*')
                        .split(' ')
                        .map(folded)
                        .filter(|word| !word.is_empty())
                        .collect();
                    let key = words.first().map(|word| head(word)).unwrap_or_default();
                    lists.phrases.entry(key).or_default().push(Phrase { words, open, says });
                }
                (_, None) => {}
            }
        }
    }
    lists
});

fn says(heading: &str) -> Option<Says> {
    Some(match heading {
        "plain" => Says::Plain,
        "health" => Says::Is(Ground::Health),
        "belief" => Says::Is(Ground::Belief),
        "union" => Says::Is(Ground::Union),
        "politics" => Says::Is(Ground::Politics),
        "origin" => Says::Is(Ground::Origin),
        "orientation" => Says::Is(Ground::Orientation),
        "genetic" => Says::Is(Ground::Genetic),
        "offence" => Says::Is(Ground::Offence),
        "pregnancy" => Says::Is(Ground::Pregnancy),
        "sex" => Says::Is(Ground::Sex),
        "age" => Says::Is(Ground::Age),
        "family" => Says::Is(Ground::Family),
        _ => return None,
    })
}

fn head(word: &str) -> String {
    word.chars().take(2).collect()
}

/// The words of a text in lower case.
pub(super) fn split(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The ways to read a query: as it is written; with digits and signs for the letters that they stand for; and with
/// letters that stand alone put together.
pub(super) fn readings(text: &str) -> Vec<Vec<String>> {
    let text = plain(text);
    let mut out = vec![split(&text)];
    // A one stands for two letters.
    out.extend(['i', 'l'].map(|one| split(&signs_as_letters(&text, one))));
    for at in 0..out.len() {
        let Some(reading) = out.get(at) else { break };
        let joined = letters_joined(reading);
        if &joined != reading {
            out.push(joined);
        }
    }
    out.dedup();
    out
}

/// "mus1im", "h!jab": signs beside letters; `one` is what a one stands for.
fn signs_as_letters(text: &str, one: char) -> String {
    let letters: Vec<char> = text.chars().collect();
    let letter = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|c| c.is_alphabetic());
    letters
        .iter()
        .enumerate()
        .map(|(at, c)| {
            let beside = letter(at.checked_sub(1)) || letter(Some(at + 1));
            let inside = letter(at.checked_sub(1)) && letter(Some(at + 1));
            match c {
                '0' if beside => 'o',
                '1' | '|' if beside => one,
                '3' if beside => 'e',
                '4' | '@' if beside => 'a',
                '5' | '$' if beside => 's',
                '7' if beside => 't',
                '!' if inside => 'i',
                other => *other,
            }
        })
        .collect()
}

/// "m u s l i m" and "m.u.s.l.i.m", three letters and more.
fn letters_joined(words: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut run: Vec<&String> = Vec::new();
    let close = |run: &mut Vec<&String>, out: &mut Vec<String>| {
        if run.len() >= 3 {
            // A letter of another script passes for a Latin one only beside others.
            out.push(plain(&run.drain(..).map(String::as_str).collect::<String>()));
        } else {
            out.extend(run.drain(..).cloned());
        }
    };
    for word in words {
        if word.chars().count() == 1 {
            run.push(word);
        } else {
            close(&mut run, &mut out);
            out.push(word.clone());
        }
    }
    close(&mut run, &mut out);
    out
}

/// What the words would select people on.
pub(super) fn ground(words: &[String]) -> Option<Ground> {
    let bare: Vec<String> = words.iter().map(|word| folded(word)).collect();
    let mut free = vec![true; words.len()];
    for at in 0..bare.len() {
        let longest = own(&bare, at).filter(|own| own.says == Says::Plain).map(|own| own.words).max();
        for covered in free.iter_mut().skip(at).take(longest.unwrap_or(0)) {
            *covered = false;
        }
    }
    let is_free = |at: usize| free.get(at).copied().unwrap_or(false);
    if let Some(found) = numbers(&bare) {
        return Some(found);
    }
    for at in 0..words.len() {
        // Even a word of work belongs to the phrase that begins before it: "left wing", "gift kvinna".
        let told = own(&bare, at).filter(|own| own.says != Says::Plain && (at..at + own.words).any(is_free));
        if let Some(Own { says: Says::Is(found), .. }) = told.max_by_key(|own| own.letters)
            && !(about_work(words, at) && work_may_be_about(found))
        {
            return Some(found);
        }
        if is_free(at)
            && let Some(found) = listed(words, &bare, at)
        {
            return Some(found);
        }
    }
    for (at, word) in bare.iter().enumerate() {
        if is_free(at)
            && !is_language(word)
            && let Some(found) = inside(word)
            && !(about_work(words, at) && work_may_be_about(found))
        {
            return Some(found);
        }
    }
    pieced(&bare)
}

/// A phrase of `words.txt` that stands in a query.
#[derive(Clone, Copy)]
struct Own {
    says: Says,
    words: usize,
    letters: usize,
}

/// The phrases of `words.txt` that begin at the word. A phrase that goes on as the name of work is none.
fn own(bare: &[String], at: usize) -> impl Iterator<Item = Own> + '_ {
    let found = bare.get(at).map(|word| head(word)).and_then(|key| LISTS.phrases.get(&key));
    found.into_iter().flatten().filter_map(move |phrase| {
        let long = phrase.words.len();
        let here = bare.get(at..at + long)?;
        let (last, before) = phrase.words.split_last()?;
        let (found, before_found) = here.split_last()?;
        let rest = found.strip_prefix(last.as_str())?;
        let fits = before == before_found
            && (rest.is_empty() || phrase.open && (phrase.says == Says::Plain || !names_work(rest)));
        let letters = phrase.words.iter().map(|word| word.chars().count()).sum();
        fits.then_some(Own { says: phrase.says, words: long, letters })
    })
}

/// What the pseudonymiser's lists know of the words from `at` on.
fn listed(words: &[String], bare: &[String], at: usize) -> Option<Ground> {
    let mut known = known_at(words, at);
    known.extend(known_at(bare, at));
    for one in &known {
        if let Some(found) = one.tells.and_then(|kind| told(words, at, kind)) {
            return Some(found);
        }
        // "medlem i Vision", "ombud Kommunal": of an organisation whose name is a word.
        if let Some(found) = one.may_name.and_then(Ground::of)
            && (0..words.len()).any(|beside| beside != at && any(words, beside, Set::Member))
        {
            return Some(found);
        }
    }
    if let Some(found) = origin(words, at, &known) {
        return Some(found);
    }
    let word = words.get(at)?;
    selects(word, words.len() == 1).map(|found| match found {
        Selects::Sex => Ground::Sex,
        Selects::Family => Ground::Family,
        Selects::ParentalLeave => Ground::Pregnancy,
    })
}

fn told(words: &[String], at: usize, kind: Kind) -> Option<Ground> {
    let found = Ground::of(kind)?;
    (!(about_work(words, at) && work_may_be_about(found))).then_some(found)
}

/// Whether any entry of the lists that begins at the word is in the set.
fn any(words: &[String], at: usize, set: Set) -> bool {
    known_at(words, at).iter().any(|known| known.is(set))
}

/// What people work with and for. Nobody's belief, union or orientation is anybody's field of work.
fn work_may_be_about(found: Ground) -> bool {
    matches!(
        found,
        Ground::Health | Ground::Origin | Ground::Offence | Ground::ProtectedIdentity | Ground::Sex
    )
}

/// "stöd till personer med funktionsnedsättning", "handläggning av asylärenden": a word for work, a preposition,
/// and what the work is about.
fn about_work(words: &[String], at: usize) -> bool {
    let from = at.saturating_sub(FRAME_WORDS_MAX);
    (from..at).any(|work| {
        known_at(words, work).iter().any(|known| {
            let last = work + known.words;
            known.is(Set::Work)
                && last <= at
                && (last.saturating_sub(1)..at).any(|one| any(words, one, Set::Preposition))
        })
    })
}

/// "född i Syrien", "kommer från Somalia", "syrisk bakgrund", "somalier".
fn origin(words: &[String], at: usize, known: &[Known]) -> Option<Ground> {
    let is = |set: Set| known.iter().any(|one| one.is(set));
    let next = |set: Set| any(words, at + 1, set) || any(words, at + 2, set);
    let from_there = |from: usize| any(words, from, Set::From) && any(words, from + 1, Set::Place);
    let word = words.get(at).map(String::as_str).unwrap_or_default();
    let speaks = (is(Set::Language) || is_language(word)) && !next(Set::Origin);
    let adjective = word.ends_with("sk") || word.ends_with("ska") || word.ends_with("skt");
    let found = is(Set::Born) && words.len() > at + 1 && any(words, at + 1, Set::Preposition)
        || is(Set::From) && from_there(at)
        || is(Set::Came) && from_there(at + 1)
        || is(Set::Tongue)
        || is(Set::Origin) && any(words, at + 1, Set::Preposition) && any(words, at + 2, Set::Place)
        || (is(Set::Place) || is(Set::People) || is(Set::HomePeople)) && next(Set::Origin)
        // A people by itself; "tysk lagstiftning" is about the law.
        || is(Set::People) && !speaks && (!adjective && !english_adjective(word) || words.len() == at + 1);
    (found && !about_work(words, at)).then_some(Ground::Origin)
}

/// "german", "chinese": adjectives of English, which are languages as well.
fn english_adjective(word: &str) -> bool {
    ["ish", "ese", "ian", "an", "ench", "eek", "utch", "i", "ic"].iter().any(|end| word.ends_with(end))
        && !["fransman", "norrman", "engelsman", "afghan", "iranian"].contains(&word)
}

/// What a single word tells by its form: bent, in a compound, misspelt.
fn inside(word: &str) -> Option<Ground> {
    let letters = word.chars().count();
    for (known, kind) in telling_words() {
        let Some(found) = Ground::of(*kind) else { continue };
        let long = known.chars().count();
        if long < PIECED_LETTERS_MIN || is_plain(known) {
            continue;
        }
        if word == known || word.strip_prefix(known.as_str()).is_some_and(is_ending) {
            return Some(found);
        }
        if long >= COMPOUND_LETTERS_MIN {
            let rest = word.strip_prefix(known.as_str());
            if let Some(rest) = rest {
                if names_work(rest) {
                    return None;
                }
                return Some(found);
            }
            let before = word.strip_suffix(known.as_str()).map(|before| before.chars().count());
            if before.is_some_and(|before| before >= 2) {
                return Some(found);
            }
        }
        let first = word.chars().next();
        // Swapped letters may be the first two; nothing else is wrong before the second.
        let begins = known.chars().take(2).any(|c| Some(c) == first);
        let near = begins
            && letters >= MISSPELT_LETTERS_MIN
            && long >= MISSPELT_LETTERS_MIN
            && letters.abs_diff(long) <= 3;
        if near
            && LISTS
                .endings
                .iter()
                .map(String::as_str)
                .chain([""])
                .any(|ending| word.strip_suffix(ending).is_some_and(|stem| misspelt(stem, known)))
        {
            return Some(found);
        }
    }
    None
}

fn is_plain(word: &str) -> bool {
    let bare = [word.to_owned()];
    own(&bare, 0).any(|own| own.says == Says::Plain)
}

fn is_ending(rest: &str) -> bool {
    LISTS.endings.iter().any(|ending| ending == rest)
}

/// Whether what follows the first part of a compound is work: "handikapp-omsorg", "flykting-s-samordnare".
fn names_work(rest: &str) -> bool {
    let bare = [rest, rest.strip_prefix('s').unwrap_or(rest), rest.strip_prefix('e').unwrap_or(rest)];
    bare.iter().any(|rest| LISTS.work.iter().any(|work| rest.starts_with(work.as_str())))
}

/// Whether `word` is `known` with one letter missing, one too many, or two neighbours swapped; or, in a long
/// word, with one letter wrong.
fn misspelt(word: &str, known: &str) -> bool {
    let (word, known): (Vec<char>, Vec<char>) = (word.chars().collect(), known.chars().collect());
    if word.len() < MISSPELT_LETTERS_MIN - 1 || word.len().abs_diff(known.len()) > 1 || word == known {
        return false;
    }
    let start = word.iter().zip(&known).take_while(|(a, b)| a == b).count();
    let rest = |of: &[char], from: usize| of.get(from..).map(<[char]>::to_vec).unwrap_or_default();
    let (one, other) = (rest(&word, start), rest(&known, start));
    if word.len() != known.len() {
        let (short, long) = if word.len() < known.len() { (one, other) } else { (other, one) };
        return start > 0 && short == rest(&long, 1);
    }
    let swapped = one.first() == other.get(1)
        && one.get(1) == other.first()
        && rest(&one, 2) == rest(&other, 2)
        && one.len() >= 2;
    swapped || start > 0 && word.len() > MISSPELT_LETTERS_MIN && rest(&one, 1) == rest(&other, 1)
}

/// "mus lim", "hand-ikappad": a word in pieces, none of which is looked for by itself.
fn pieced(bare: &[String]) -> Option<Ground> {
    for at in 0..bare.len() {
        let mut joined = bare.get(at).cloned().unwrap_or_default();
        for next in bare.iter().skip(at + 1).take(PIECES_MAX - 1) {
            joined.push_str(next);
            if joined.chars().count() < PIECED_LETTERS_MIN || is_plain(&joined) {
                continue;
            }
            let told = telling_words().iter().find(|(known, _)| {
                known.len() >= PIECED_LETTERS_MIN
                    && (joined == *known || joined.strip_prefix(known.as_str()).is_some_and(is_ending))
            });
            if let Some(found) = told.and_then(|(_, kind)| Ground::of(*kind)) {
                return Some(found);
            }
            let whole = [joined.clone()];
            // The first piece alone is another word: "facklig samverkan".
            let first = bare.get(at).map_or(0, |word| word.chars().count());
            let told = own(&whole, 0).find(|own| own.says != Says::Plain && own.letters > first);
            if let Some(Own { says: Says::Is(found), .. }) = told {
                return Some(found);
            }
        }
    }
    None
}

/// Ages in digits: "född 1990", "under 30 år", "25-åring", "90-talist", "older than 50".
fn numbers(bare: &[String]) -> Option<Ground> {
    let word = |at: usize| bare.get(at).map(String::as_str).unwrap_or_default();
    for at in 0..bare.len() {
        let Ok(number) = word(at).trim_end_matches("aring").trim_end_matches("aringar").parse::<u32>() else {
            continue;
        };
        let before = at.checked_sub(1).map(word).unwrap_or_default();
        let before_that = at.checked_sub(2).map(word).unwrap_or_default();
        let after = word(at + 1);
        let year = (1930..=2015).contains(&number);
        let age = (16..=99).contains(&number);
        let born = ["fodd", "fodda", "born", "fodelsear"];
        let than = ["an", "than"].contains(&before) && !before_that.is_empty();
        let compared = than && ["yngre", "aldre", "younger", "older"].contains(&before_that)
            || ["under", "over"].contains(&before) && (after == "ar" || after == "years" || after.is_empty());
        if (year || age) && (born.contains(&before) || born.contains(&before_that))
            || age && (compared && word(at + 2) != "erfarenhet" && word(at + 2) != "experience")
            || age && (after.starts_with("aring") || after == "talist" || after == "talister")
            || age && word(at).contains("aring")
            || age
                && ["ar", "years", "year"].contains(&after)
                && ["gammal", "gamla", "old", "ung"].contains(&word(at + 2))
        {
            return Some(Ground::Age);
        }
    }
    None
}
