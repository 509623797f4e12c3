//! Postal addresses: street and house number, box, care of, postcode and town.

use super::marks::Marks;
use super::{digit_after, digit_before, lines_around, year_like};
use crate::pipeline::pseudonymise::known::Own;
use crate::pipeline::pseudonymise::normal::folded;
use crate::pipeline::pseudonymise::{Found, SpanCategory, rule};

patterns! {
    STREET = r"(?:\b(?:Norra|Södra|Östra|Västra|Stora|Lilla|Nya|Gamla|Övre|Nedre|Inre|Yttre|Sankt|Sankta|S:t|S:ta|N\.|S\.|Ö\.|V\.)[ ])?\b\p{Lu}[\p{L}\p{M}'’\-]*(?:gatan|gata|vägen|väg|gränden|gränd|stigen|stig|torget|torg|allén|allé|allen|alle|backen|backe|platsen|plats|leden|gården|gård|kroken|slingan|svängen|liden|kajen|kaj|esplanaden|parken|ringen|rundan|dalen|höjden|åsen|hagen|lyckan|ängen|strand|stranden|hamnen|plan|vagen|vag|granden|grand|platan|brinken|brink|torp|kullen|bron|hamngata|boulevarden|gatu)[ ]+[0-9]{1,4}";
    STREET_WORDS = r"\b(?:S:ta? )?\p{Lu}[\p{L}\p{M}'’\-]*(?:[ ](?:S:ta?|\p{Lu}[\p{L}\p{M}'’\-]*)){0,2}[ ](?:gatan|gata|vägen|väg|gränd|stig|torg|allé|backe|plats|plan|esplanad|boulevard)[ ]+[0-9]{1,4}";
    STREET_ENGLISH = r"\b([0-9]{1,4}[A-Za-z]?),?[ ](?:\p{Lu}[\p{L}\p{M}'’.\-]*[ ]){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Court|Ct|Square|Sq|Close|Way|Terrace|Crescent|Boulevard|Blvd)\b\.?";
    BOX = r"\b(?:P\.? ?O\.? ?)?(?:Box|BOX|Postbox|Postfack)[ ]+[0-9]{1,6}\b";
    CARE_OF = r"(?i)\bc/o[ ]+[^\n,|;]{2,60}";
    BEFORE_POSTCODE = r"(?m)(?:^|[,|;:•][ \t]*)[ \t]*((?:S:ta? )?\p{Lu}[\p{L}\p{M}'’.\-]*(?:[ ](?:S:ta?|av|af|von|\p{Lu}[\p{L}\p{M}'’.\-]*)){0,3}[ ][0-9]{1,4}[ ]?[A-Za-z]?)[ \t]*[,]?[ \t]*\n?[ \t]*(?:SE?-? ?)?[1-9][0-9]{2} ?[0-9]{2}[ ]+\p{Lu}";
    POSTCODE = r"\b(?:(?:SE|S|se|Se)[- ]? ?)?([1-9][0-9]{2} ?[0-9]{2})[ ,]{1,3}(\p{Lu}[\p{L}\p{M}\-]+)";
    SECOND_TOWN_WORD = r"^[ ]\p{Lu}[\p{L}\p{M}\-]+";
    ADDRESS_TAIL = r"^(?:[ ]?[A-Z]\b|[a-z]\b)?(?:,?[ ]?(?:lgh|läg|lägenhet|vån|våning|apt|flat|uppgång|port)\.?[ ]?[0-9A-Z]{1,5}\b|,?[ ][0-9]{1,2}[ ]?(?:tr|tr\.|trappor)(?:\b|$))*";
    HOUSE_NUMBER = r"^[ ]+[0-9]{1,4}\b";
}

/// The ends of the last words of street names, in small letters without accents, and of boxes.
const STREET_ENDS: [&str; 50] = [
    "gatan",
    "gata",
    "vagen",
    "vag",
    "granden",
    "grand",
    "stigen",
    "stig",
    "torget",
    "torg",
    "allen",
    "alle",
    "backen",
    "backe",
    "platsen",
    "plats",
    "leden",
    "garden",
    "gard",
    "kroken",
    "slingan",
    "svangen",
    "liden",
    "kajen",
    "kaj",
    "esplanaden",
    "esplanad",
    "parken",
    "ringen",
    "rundan",
    "dalen",
    "hojden",
    "asen",
    "hagen",
    "lyckan",
    "angen",
    "strand",
    "stranden",
    "hamnen",
    "plan",
    "platan",
    "brinken",
    "brink",
    "torp",
    "kullen",
    "bron",
    "boulevarden",
    "boulevard",
    "gatu",
    "box",
];
/// The words that English addresses end with.
const ENGLISH_ENDS: [&str; 21] = [
    "Street",
    "St",
    "Road",
    "Rd",
    "Avenue",
    "Ave",
    "Lane",
    "Ln",
    "Drive",
    "Dr",
    "Court",
    "Ct",
    "Square",
    "Sq",
    "Close",
    "Way",
    "Terrace",
    "Crescent",
    "Boulevard",
    "Blvd",
    "St.",
];
/// The words that stand before an address.
const LABELS: [&str; 10] = [
    "adress",
    "address",
    "gatuadress",
    "postadress",
    "hemadress",
    "bostadsadress",
    "bostad",
    "bor",
    "hem",
    "home",
];
/// The first words of names of towns that have two.
const COMPOUND: [&str; 11] =
    ["vastra", "ostra", "norra", "sodra", "stora", "lilla", "nya", "gamla", "upplands", "saint", "new"];

/// Whether the number after this text may be a house on a street, or a box.
fn after_street(head: &str) -> bool {
    let bare = head.trim_end_matches(' ');
    if bare.len() == head.len() || !bare.ends_with(char::is_alphabetic) {
        return false;
    }
    let from = bare.char_indices().rev().take(14).take_while(|(_, c)| c.is_alphabetic()).last();
    let word = folded(from.and_then(|(at, _)| bare.get(at..)).unwrap_or_default());
    STREET_ENDS.iter().any(|end| word.ends_with(end)) || word.ends_with("fack")
}

/// Whether the number before this text may be a house on an English street.
fn before_street(rest: &str) -> bool {
    let rest = rest.strip_prefix(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest);
    let rest = rest.strip_prefix(',').unwrap_or(rest);
    let Some(rest) = rest.strip_prefix(' ').filter(|rest| rest.starts_with(char::is_uppercase)) else {
        return false;
    };
    let line = rest.split('\n').next().unwrap_or_default();
    line.split(' ')
        .take(4)
        .any(|word| ENGLISH_ENDS.contains(&word.trim_end_matches(|c: char| !c.is_alphabetic())))
}

/// Whether a postcode and a town begin at these digits.
fn is_postcode(text: &str, at: usize) -> bool {
    let rest = text.get(at..).unwrap_or_default();
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let after = match digits(rest) {
        5 => rest.get(5..),
        3 => rest
            .get(3..)
            .and_then(|rest| rest.strip_prefix(' '))
            .filter(|r| digits(r) == 2)
            .and_then(|r| r.get(2..)),
        _ => None,
    };
    after.is_some_and(|after| {
        after.starts_with([' ', ',']) && after.trim_start_matches([' ', ',']).starts_with(char::is_uppercase)
    })
}

pub(super) fn addresses(text: &str, marks: &Marks, own: &Own, found: &mut Vec<Found>) {
    let mut push = |start: usize, end: usize, rule: &'static str| {
        let end = address_tail(text, end);
        let value = text.get(start..end).map(folded).unwrap_or_default();
        found.push(Found::other(start, end, SpanCategory::Address, rule, &value));
    };
    let before = |at: usize| text.get(..at).unwrap_or_default();
    let houses = marks.groups.iter().map(|(start, _)| *start);
    let streets: Vec<usize> = houses.clone().filter(|at| after_street(before(*at))).collect();
    for (from, to) in lines_around(text, &streets) {
        let line = text.get(from..to).unwrap_or_default();
        for pattern in [&STREET, &STREET_WORDS, &BOX] {
            for m in pattern.find_iter(line) {
                if !digit_after(line, m.end()) {
                    push(from + m.start(), from + m.start() + m.as_str().trim_end().len(), rule::STREET);
                }
            }
        }
    }
    let care_of: Vec<usize> =
        marks.slashes.iter().copied().filter(|at| before(*at).ends_with(['c', 'C'])).collect();
    for (from, to) in lines_around(text, &care_of) {
        for m in CARE_OF.find_iter(text.get(from..to).unwrap_or_default()) {
            if !digit_after(text, from + m.end()) {
                push(from + m.start(), from + m.start() + m.as_str().trim_end().len(), rule::STREET);
            }
        }
    }
    let english: Vec<usize> = marks
        .groups
        .iter()
        .filter(|(start, end)| end - start <= 4 && before_street(text.get(*end..).unwrap_or_default()))
        .map(|(start, _)| *start)
        .collect();
    for (from, to) in lines_around(text, &english) {
        for captures in STREET_ENGLISH.captures_iter(text.get(from..to).unwrap_or_default()) {
            if let (Some(all), Some(house)) = (captures.get(0), captures.get(1))
                && !year_like(house.as_str())
            {
                push(from + all.start(), from + all.end(), rule::STREET);
            }
        }
    }
    let postcodes: Vec<usize> = houses.filter(|at| is_postcode(text, *at)).collect();
    let lines = lines_around(text, &postcodes);
    for (from, to) in &lines {
        // The street may stand on the line before.
        let from = before(from.saturating_sub(1)).rfind('\n').map_or(0, |end| end + 1);
        for captures in BEFORE_POSTCODE.captures_iter(text.get(from..*to).unwrap_or_default()) {
            if let Some(street) = captures.get(1) {
                let house = street.as_str().rsplit(' ').next().unwrap_or_default();
                // `Adress Storgatan 5`: the label is no part of the name.
                let label = street
                    .as_str()
                    .split_once(' ')
                    .filter(|(word, rest)| rest.contains(' ') && LABELS.contains(&folded(word).as_str()));
                let start = street.start() + label.map_or(0, |(word, _)| word.len() + 1);
                if !year_like(house) {
                    push(from + start, from + street.end(), rule::STREET);
                }
            }
        }
    }
    let mut towns = Vec::new();
    for (from, to) in lines {
        for captures in POSTCODE.captures_iter(text.get(from..to).unwrap_or_default()) {
            let (Some(all), Some(town)) = (captures.get(0), captures.get(2)) else { continue };
            let start = from + all.start();
            if digit_before(text, start) || is_unit(town.as_str()) {
                continue;
            }
            let (town_start, town_end) = (from + town.start(), from + town.end());
            let rest = text.get(town_start..).unwrap_or_default();
            let mut end =
                own.starts_with_town(rest).map_or(town_end, |length| (town_start + length).max(town_end));
            if end == town_end
                && COMPOUND.contains(&folded(town.as_str()).as_str())
                && let Some(second) = SECOND_TOWN_WORD.find(text.get(end..).unwrap_or_default())
            {
                end += second.end();
            }
            towns.push((start, end));
        }
    }
    for (start, end) in towns {
        let value = text.get(start..end).map(folded).unwrap_or_default();
        found.push(Found::other(start, end, SpanCategory::Address, rule::POSTCODE, &value));
    }
}

fn is_unit(word: &str) -> bool {
    let word = word.to_lowercase();
    word.starts_with("kron")
        || ["sek", "eur", "usd", "gbp", "dkk", "nok", "kr", "euro", "euros", "personer", "people", "invånare"]
            .contains(&word.as_str())
}

/// Where an address ends that was found up to `end`: staircase, flat and floor belong to it.
pub(in crate::pipeline::pseudonymise) fn address_tail(text: &str, end: usize) -> usize {
    let rest = text.get(end..).unwrap_or_default();
    end + ADDRESS_TAIL.find(rest).map_or(0, |m| m.end())
}

/// Where the house number after a street name ends.
pub(in crate::pipeline::pseudonymise) fn house_number(text: &str, end: usize) -> usize {
    let rest = text.get(end..).unwrap_or_default();
    HOUSE_NUMBER.find(rest).map_or(end, |m| address_tail(text, end + m.end()))
}
