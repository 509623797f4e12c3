//! Names of organisations that their shape gives away (`Klippans kommun`, `University of Leeds`,
//! `Hallbergs Åkeri AB`), and of what kind an organisation is: the kind is a merit and stays.

use urval_tagger::lists::Sort;
use urval_tagger::{shipped, words};

use crate::pipeline::pseudonymise::SpanCategory;
use crate::pipeline::pseudonymise::category::rule;
use crate::pipeline::pseudonymise::normal::folded;
use crate::pipeline::pseudonymise::place::Found;

/// The last word of a name; a capitalised word must stand before it.
const LAST: [&str; 62] = [
    "kommun",
    "kommuns",
    "kommunen",
    "stad",
    "stads",
    "universitet",
    "universitets",
    "universitetet",
    "högskola",
    "högskolas",
    "högskolan",
    "university",
    "college",
    "gymnasium",
    "gymnasiet",
    "gymnasieskola",
    "folkhögskola",
    "yrkeshögskola",
    "lärcentrum",
    "församling",
    "församlings",
    "pastorat",
    "kyrka",
    "moské",
    "ab",
    "hb",
    "kb",
    "ltd",
    "limited",
    "inc",
    "llc",
    "gmbh",
    "oy",
    "aps",
    "plc",
    "municipality",
    "council",
    "region",
    "landsting",
    "universitetssjukhus",
    "sjukhus",
    "lasarett",
    "hospital",
    "institute",
    "institutet",
    "academy",
    "agency",
    "authority",
    "förvaltningshögskola",
    "stiftelse",
    "stiftelsen",
    "förening",
    "föreningen",
    "fc",
    "if",
    "bk",
    "ik",
    "fk",
    "gif",
    "scoutkår",
    "studentkår",
    "hembygdsförening",
];
/// Words that begin a name; a capitalised word must follow, directly or after `i`, `of`.
const FIRST: [&str; 15] = [
    "region",
    "länsstyrelsen",
    "universitetet",
    "university",
    "municipality",
    "city",
    "campus",
    "college",
    "föreningen",
    "länsförsäkringar",
    "studieförbundet",
    "stiftelsen",
    "institute",
    "academy",
    "landstinget",
];
/// Ends of names of one capitalised word.
const ENDS: [&str; 15] = [
    "verket",
    "myndigheten",
    "inspektionen",
    "kassan",
    "förmedlingen",
    "domstolen",
    "styrelsen",
    "gymnasiet",
    "skolan",
    "högskolan",
    "universitetet",
    "institutet",
    "verkets",
    "myndighetens",
    "kassans",
];

/// What kind of organisation a name is the name of.
pub(super) fn kind(name: &str) -> SpanCategory {
    let lower = name.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    let word = |parts: &[&str]| lower.split([' ', '-', ',']).any(|word| parts.contains(&word));
    if has(&["folkhögskol", "yrkeshögskol", "gymnasi", "grundskol", "förskol", "lärcentrum", "high school"])
    {
        SpanCategory::School
    } else if has(&["universitetssjukhus", "region ", "landsting", "lasarett"]) {
        SpanCategory::Region
    } else if has(&["universit", "högskol", "handelshög", "institute of technology", "karolinska"])
        || word(&["kth", "lth", "slu", "chalmers", "college", "mit"])
    {
        SpanCategory::University
    } else if has(&["skola", "school", "academy", "akademi"]) {
        SpanCategory::School
    } else if has(&["kommun", "municipality", "city of", "city council"]) || word(&["stad", "stads"]) {
        SpanCategory::Municipality
    } else if has(&[
        "verket",
        "myndighet",
        "länsstyrels",
        "inspektionen",
        "kassan",
        "förmedlingen",
        "domstol",
        "agency",
        "authority",
        "kriminalvård",
        "polisen",
        "regeringskansli",
        "departement",
        "ministry",
        "tingsrätt",
        "hovrätt",
        "åklagar",
        "riksdag",
        "länsrätt",
        "styrelsen",
    ]) {
        SpanCategory::Authority
    } else if has(&[
        "förening",
        "förbund",
        "klubb",
        "scout",
        "kår",
        "nationen",
        "kyrk",
        "moské",
        "församling",
        "society",
        "club",
        "association",
        "röda kors",
        "red cross",
        "rädda barn",
        "save the children",
        "stiftelse",
        "foundation",
        "charity",
        "friends",
        "choir",
        "idrott",
        "hemvärn",
    ]) || word(&["if", "bk", "ik", "fk", "fc", "gif", "ff", "ais", "nation", "trust", "union"])
    {
        SpanCategory::Voluntary
    } else {
        SpanCategory::Employer
    }
}

/// The names that their shape gives away.
pub(in crate::pipeline::pseudonymise) fn organisations(text: &str) -> Vec<Found> {
    let all = words::words(text);
    let lists = &shipped().lists;
    let cut =
        |index: usize| all.get(index).and_then(|word| text.get(word.start..word.end)).unwrap_or_default();
    let plain = |index: usize| lists.sort(&cut(index).to_lowercase()).0 & Sort::PLAIN >= 2 << 4;
    // A capitalised word that goes on the name in front of `index + 1`.
    let capital = |index: usize| cut(index).starts_with(char::is_uppercase);
    let opens = |index: usize| {
        index == 0
            || all.get(index).is_some_and(|word| word.line)
            || matches!(cut(index - 1), "." | "!" | "?" | ":" | "•" | "–" | "-" | "," | "(")
    };
    let mut out: Vec<Found> = Vec::new();
    let mut index = 0;
    while index < all.len() {
        let word = cut(index);
        let lower = word.to_lowercase();
        let capitalised = word.starts_with(char::is_uppercase);
        let mut name: Option<(usize, usize)> = None;
        if LAST.contains(&lower.as_str()) && !all.get(index).is_some_and(|word| word.line) {
            let mut from = index;
            while from > 0 && index - from < 4 && !all.get(from).is_some_and(|word| word.line) {
                let before = from - 1;
                let joins = capital(before) || cut(before) == "&" && before > 0 && capital(before - 1);
                if !joins || opens(before) && plain(before) {
                    break;
                }
                from = before;
            }
            // `Kommun` or `AB` alone is no name, and `stad` needs a genitive.
            let genitive = from < index && cut(index - 1).ends_with(['s', 'x', 'z']);
            let capital_only = matches!(
                lower.as_str(),
                "ab" | "hb" | "kb" | "if" | "bk" | "ik" | "fk" | "fc" | "gif" | "oy"
            );
            let fits = if lower.starts_with("stad") {
                genitive
            } else if capital_only {
                word.chars().all(char::is_uppercase) || word == "Ab"
            } else if matches!(
                lower.as_str(),
                "council" | "region" | "institute" | "academy" | "agency" | "authority"
            ) {
                capitalised
            } else {
                true
            };
            if from < index && fits {
                name = Some((from, index));
            }
        }
        if name.is_none() && capitalised && FIRST.contains(&lower.as_str()) {
            let mut to = index;
            let mut next = index + 1;
            let same_line = |at: usize| at < all.len() && !all.get(at).is_some_and(|word| word.line);
            if same_line(next + 1) && matches!(cut(next), "i" | "of" | "in") && capital(next + 1) {
                next += 1;
            }
            while same_line(next) && next - index <= 4 && capital(next) {
                to = next;
                next += 1;
            }
            if to > index {
                name = Some((index, to));
            }
        }
        if name.is_none()
            && capitalised
            && ENDS.iter().any(|end| lower.ends_with(end) && lower.len() > end.len() + 3)
            && !plain(index)
        {
            name = Some((index, index));
        }
        if let Some((from, to)) = name {
            let (start, end) = (all.get(from).map_or(0, |w| w.start), all.get(to).map_or(0, |w| w.end));
            if let Some(whole) = text.get(start..end).filter(|whole| !whole.contains('\u{1}')) {
                let value = folded(whole.trim_end_matches('s'));
                out.push(Found::other(start, end, kind(whole), rule::ORGANISATION, &value));
            }
            index = to;
        }
        index += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, SpanCategory)> {
        organisations(text).iter().map(|f| (&text[f.start..f.end], f.category)).collect()
    }

    #[test]
    fn public_bodies_and_schools_are_found_by_their_shape() {
        use SpanCategory as C;
        assert_eq!(found("Jag arbetade i Klippans kommun 2020."), [("Klippans kommun", C::Municipality)]);
        assert_eq!(
            found("hos Helsingborgs stad och Region Skåne"),
            [("Helsingborgs stad", C::Municipality), ("Region Skåne", C::Region)]
        );
        assert_eq!(found("Examen från Lunds universitet"), [("Lunds universitet", C::University)]);
        assert_eq!(
            found("a degree from the University of Leeds, UK"),
            [("University of Leeds", C::University)]
        );
        assert_eq!(found("på Skatteverket i somras"), [("Skatteverket", C::Authority)]);
        assert_eq!(found("Hallbergs Åkeri AB körde"), [("Hallbergs Åkeri AB", C::Employer)]);
    }

    #[test]
    fn ordinary_words_of_the_trade_are_no_names() {
        for text in [
            "kommunen växer",
            "en kommun i Skåne",
            "Min kommun",
            "skolan är viktig",
            "Kommunstyrelsen beslutar",
            "på universitetet",
            "om AB Förening",
            "Stor stad",
            "vårt sjukhus",
            "Styrelsen valde mig",
        ] {
            let names = found(text);
            assert!(
                names.iter().all(|(name, _)| !name.starts_with("Min") && *name != "Kommun"),
                "{text}: {names:?}"
            );
        }
        assert!(found("kommunen växer och skolan är viktig").is_empty());
    }
}
