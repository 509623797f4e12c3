//! What the layout of a text says of its sender: labelled lines, the head of the letter and the
//! signature.

use super::marks::Marks;
use super::{emails, lines_around, phones, trimmed};
use crate::pipeline::pseudonymise::known::Own;
use crate::pipeline::pseudonymise::normal::folded;
use crate::pipeline::pseudonymise::ordinary;
use crate::pipeline::pseudonymise::{Found, SpanCategory, rule};

patterns! {
    LABEL = r"(?im)^[ \t•*–\-]*([\p{L}][\p{L} \-/.&]{1,40}?)[ \t]*[:：][ \t]*([^\n]*)";
    VALUE_END = r"[ ]{3,}|\t|[|•·;]|[ ,]+\p{L}[\p{L}\-]{2,}[ ]?:";
    CLOSING = r"(?i)^[ \t]*(?:(?:(?:med[ ])?(?:de[ ])?(?:allra[ ])?(?:(?:vänlig(?:a|aste)?|bästa|varma|hjärtliga?|soliga|många|glada|trevliga?)[ ])?hälsning(?:ar|en)?|mvh|m\.[ ]?v\.[ ]?h\.?|bästa hälsningar|högaktningsfullt|vänligen|(?:(?:with[ ])?(?:my[ ])?(?:very[ ])?(?:kind(?:est)?|best|warm(?:est)?|many)[ ])(?:regards|wishes|greetings)|regards|(?:yours[ ])?(?:very[ ])?(?:sincerely|faithfully|truly|respectfully|cordially)(?:[ ]yours)?))(?:[ ]från|[ ]from)?(?:[,.!:;]|[ \t]|–|-|/|$)[ \t,.!:;–/\-]*(.*)$";
    WEAK_CLOSING = r"(?i)^[ \t]*(?:hälsar|tack(?:[ ]så[ ]mycket)?(?:[ ]på[ ]förhand)?|på återseende|allt gott|ha det bra|vi hörs|vi ses|hej så länge|best|all the best|cheers|thanks|thank you|many thanks|yours|bästa|vh)[ \t]*(?:,[ \t]*(.*)|[.!]*)$";
    CONTACT = r"@|\+[0-9]{2}|\b0[0-9]{1,3}[ \-–/]?[0-9]|\b[1-9][0-9]{2} ?[0-9]{2} \p{Lu}|(?i:https?://|www\.|linkedin|telefon|phone|mobil)";
}

/// Folded words that head a page or a column and are no name.
const HEADINGS: [&str; 92] = [
    "cv",
    "curriculum",
    "vitae",
    "resume",
    "personligt",
    "brev",
    "ansokan",
    "ansokningsbrev",
    "application",
    "cover",
    "letter",
    "profil",
    "profile",
    "kontakt",
    "contact",
    "kontaktuppgifter",
    "om",
    "mig",
    "about",
    "me",
    "sammanfattning",
    "summary",
    "erfarenhet",
    "erfarenheter",
    "arbetslivserfarenhet",
    "experience",
    "utbildning",
    "education",
    "kompetenser",
    "kompetens",
    "skills",
    "sprak",
    "languages",
    "referenser",
    "references",
    "trainee",
    "traineeprogram",
    "traineeprogrammet",
    "kommun",
    "stad",
    "hej",
    "hello",
    "hi",
    "dear",
    "basta",
    "kara",
    "till",
    "to",
    "rekrytering",
    "recruitment",
    "projektledare",
    "project",
    "manager",
    "developer",
    "utvecklare",
    "engineer",
    "ingenjor",
    "student",
    "konsult",
    "consultant",
    "ekonom",
    "economist",
    "jurist",
    "larare",
    "teacher",
    "sjukskoterska",
    "nurse",
    "och",
    "and",
    "for",
    "with",
    "med",
    "bilaga",
    "attachment",
    "datum",
    "date",
    "senior",
    "junior",
    "meriter",
    "meritforteckning",
    "intressen",
    "interests",
    "projekt",
    "projects",
    "certifikat",
    "anstallningar",
    "work",
    "arbete",
    "ovrigt",
    "other",
    "bilagor",
    "p",
];

#[derive(Clone, Copy, PartialEq)]
enum Label {
    Name,
    Address,
    Town,
}

fn label_of(label: &str) -> Option<Label> {
    let label = folded(label.trim().trim_end_matches('.'));
    match label.as_str() {
        "namn" | "name" | "fullstandigt namn" | "full name" | "for- och efternamn" | "for och efternamn"
        | "fornamn" | "efternamn" | "mellannamn" | "tilltalsnamn" | "given name" | "given names"
        | "first name" | "last name" | "surname" | "family name" | "middle name" | "sokande"
        | "sokandens namn" | "applicant" | "applicant name" | "candidate" | "kandidat"
        | "namn pa sokande" | "mitt namn" | "my name" | "flicknamn" | "smeknamn" | "nickname" => {
            Some(Label::Name)
        }
        "adress"
        | "address"
        | "gatuadress"
        | "bostadsadress"
        | "hemadress"
        | "postadress"
        | "street"
        | "street address"
        | "home address"
        | "postnummer"
        | "postnr"
        | "postal code"
        | "postcode"
        | "zip"
        | "zip code"
        | "postnummer och ort"
        | "postnr och ort"
        | "folkbokforingsadress" => Some(Label::Address),
        "ort" | "postort" | "bostadsort" | "hemort" | "town" | "city" | "hometown" | "home town"
        | "bor i" | "lives in" | "place of residence" => Some(Label::Town),
        _ => None,
    }
}

/// `Namn: …`, `Address: …`: the value is replaced whatever it is.
pub(super) fn labelled_lines(text: &str, found: &mut Vec<Found>) {
    for (label, start, end) in labelled_values(text) {
        let (category, rule) = match label {
            Label::Name => (SpanCategory::Name, rule::LABELLED_NAME),
            Label::Address => (SpanCategory::Address, rule::LABELLED_ADDRESS),
            Label::Town => (SpanCategory::Town, rule::LABELLED_TOWN),
        };
        let value = text.get(start..end).map(folded).unwrap_or_default();
        found.push(Found::other(start, end, category, rule, &value));
    }
}

fn labelled_values(text: &str) -> Vec<(Label, usize, usize)> {
    let mut values = Vec::new();
    let colons: Vec<usize> = text.match_indices([':', '：']).map(|(at, _)| at).collect();
    for (from, to) in lines_around(text, &colons) {
        let Some(captures) = text.get(from..to).and_then(|line| LABEL.captures(line)) else { continue };
        let (Some(name), Some(value)) = (captures.get(1), captures.get(2)) else { continue };
        let Some(label) = label_of(name.as_str()) else { continue };
        let length = VALUE_END.find(value.as_str()).map_or(value.len(), |m| m.start());
        let (mut start, mut end) = trimmed(text, from + value.start(), from + value.start() + length);
        if start >= end && value.as_str().trim().is_empty() {
            // The value stands on the next line, as in two-column forms.
            let from = from + value.end() + 1;
            let line = text.get(from..).unwrap_or_default().split('\n').next().unwrap_or_default();
            (start, end) = trimmed(text, from, from + line.len());
            let fits = label == Label::Name && is_name_line(line, 1, 5)
                || label == Label::Address
                    && line.chars().any(|c| c.is_ascii_digit())
                    && line.len() < 80
                    && !line.contains(':')
                || label == Label::Town && is_name_line(line, 1, 2);
            if !fits {
                continue;
            }
        }
        let says_something = text.get(start..end).is_some_and(|v| v.chars().any(char::is_alphanumeric));
        if says_something {
            values.push((label, start, end));
        }
    }
    values
}

/// A line of nothing but name words.
fn is_name_line(line: &str, least: usize, most: usize) -> bool {
    let line = line.trim().trim_end_matches(['.', ',', '!']);
    if line.is_empty() || line.len() > 90 {
        return false;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let name_word = |word: &str| {
        let letters = word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’' | '.'));
        letters && (word.starts_with(char::is_uppercase) || ordinary::is_particle(&folded(word)))
    };
    (least..=most).contains(&words.len())
        && words.iter().all(|word| name_word(word))
        && words.iter().any(|word| word.starts_with(char::is_uppercase))
        && !words.iter().any(|word| HEADINGS.contains(&folded(word.trim_end_matches('.')).as_str()))
}

/// The part of a line before contact details: `Anna Svensson | 070 …`.
fn first_piece(line: &str) -> &str {
    let cut = line
        .find(|c: char| matches!(c, '|' | '•' | '·' | ',' | ';' | '(' | '[' | '\t') || c.is_ascii_digit())
        .unwrap_or(line.len());
    let cut = line
        .find("  ")
        .filter(|at| line.get(..*at).is_some_and(|l| !l.trim().is_empty()))
        .map_or(cut, |at| at.min(cut));
    line.get(..cut).unwrap_or(line)
}

/// The lines in which a sender names himself or herself: the head of the letter and the signature.
pub(super) fn sender_lines(text: &str) -> Vec<(usize, usize, &'static str)> {
    let mut lines: Vec<(usize, &str)> = Vec::new();
    let mut at = 0;
    for line in text.split('\n') {
        lines.push((at, line));
        at += line.len() + 1;
    }
    let place = |start: usize, piece: &str| {
        let (start, end) = trimmed(text, start, start + piece.len());
        let end = start + text.get(start..end).unwrap_or_default().trim_end_matches('!').len();
        (start, end)
    };
    let mut out = Vec::new();
    if let Some((start, piece)) = head_line(&lines) {
        let (start, end) = place(start, piece);
        out.push((start, end, rule::HEAD));
    }
    for (index, (start, line)) in lines.iter().enumerate() {
        let strong = may_close(line).then(|| CLOSING.captures(line)).flatten();
        let captures = match &strong {
            Some(captures) => captures,
            None if lines.len() - index > 12 => continue,
            None => match &WEAK_CLOSING.captures(line) {
                Some(captures) => {
                    signature(&lines, index, *start, captures.get(1), false, &mut |s, p| {
                        let (s, e) = place(s, p);
                        out.push((s, e, rule::SIGNATURE));
                    });
                    continue;
                }
                None => continue,
            },
        };
        signature(&lines, index, *start, captures.get(1), true, &mut |s, p| {
            let (s, e) = place(s, p);
            out.push((s, e, rule::SIGNATURE));
        });
    }
    out.retain(|(start, end, _)| start < end);
    out
}

/// Whether the line may begin with a closing phrase: the first letters of its first word.
fn may_close(line: &str) -> bool {
    const FIRST: [&str; 20] = [
        "med", "de ", "all", "vän", "bäs", "var", "hjä", "sol", "mån", "gla", "tre", "häl", "mvh", "m.",
        "m v", "hög", "wit", "my ", "ver", "kin",
    ];
    const FIRST_ENGLISH: [&str; 12] =
        ["bes", "war", "man", "reg", "you", "sin", "fai", "tru", "res", "cor", "mvh", "vh"];
    let word: String =
        line.trim_start_matches([' ', '\t']).chars().take(3).flat_map(char::to_lowercase).collect();
    FIRST.iter().chain(&FIRST_ENGLISH).any(|first| word.starts_with(first))
}

fn signature<'t>(
    lines: &[(usize, &'t str)],
    index: usize,
    start: usize,
    rest: Option<regex::Match<'t>>,
    strong: bool,
    push: &mut dyn FnMut(usize, &'t str),
) {
    if let Some(rest) = rest
        && !rest.as_str().trim().is_empty()
    {
        let piece = first_piece(rest.as_str());
        let alone = piece.trim().trim_end_matches(['.', '!']).len()
            == rest.as_str().trim().trim_end_matches(['.', '!']).len();
        // "Vänligen kontakta mig" is no signature, "mvh anna" is.
        let phrase =
            lines.get(index).and_then(|(_, line)| line.get(..rest.start())).map(folded).unwrap_or_default();
        let greets = ["mvh", "halsning", "regards"].iter().any(|word| phrase.contains(word));
        let short = piece.split_whitespace().count() <= 2;
        if is_name_line(piece, 1, 5) || strong && alone && greets && short && is_lower_name(piece) {
            push(start + rest.start(), piece);
        }
        return;
    }
    let Some((offset, (start, line))) =
        lines.iter().skip(index + 1).take(4).enumerate().find(|(_, (_, line))| !line.trim().is_empty())
    else {
        return;
    };
    let piece = first_piece(line.trim_start_matches(['/', '~', '-', '–', ' ', '\t']));
    let from = start + line.len() - line.trim_start_matches(['/', '~', '-', '–', ' ', '\t']).len();
    let last = lines.iter().skip(index + offset + 2).all(|(_, line)| line.trim().is_empty());
    if is_name_line(piece, 1, 5) || strong && last && is_lower_name(piece) {
        push(from, piece);
    }
}

fn is_lower_name(piece: &str) -> bool {
    let words: Vec<&str> = piece.split_whitespace().collect();
    (1..=3).contains(&words.len())
        && piece.len() <= 60
        && words.iter().all(|w| w.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '.' | '!')))
        && !words.iter().any(|w| HEADINGS.contains(&folded(w).as_str()))
}

fn head_line<'t>(lines: &[(usize, &'t str)]) -> Option<(usize, &'t str)> {
    let heading = |line: &str| {
        line.split_whitespace()
            .all(|word| HEADINGS.contains(&folded(word.trim_matches(|c: char| !c.is_alphabetic())).as_str()))
    };
    let mut seen = lines.iter().enumerate().filter(|(_, (_, line))| !line.trim().is_empty());
    let mut candidate = seen.next()?;
    for _ in 0..2 {
        if heading(candidate.1.1) {
            candidate = seen.next()?;
        }
    }
    let (index, (start, line)) = candidate;
    let piece = first_piece(line);
    if !is_name_line(piece, 2, 5) {
        return None;
    }
    let rest = line.get(piece.len()..).unwrap_or_default();
    let contact = CONTACT.is_match(rest)
        || lines
            .iter()
            .skip(index + 1)
            .filter(|(_, line)| !line.trim().is_empty())
            .take(4)
            .any(|(_, line)| line.len() < 200 && CONTACT.is_match(line));
    contact.then_some((*start, piece))
}

/// What a text in normal form tells about its sender.
#[derive(Default)]
pub(in crate::pipeline::pseudonymise) struct Sender {
    pub(in crate::pipeline::pseudonymise) name: Option<String>,
    pub(in crate::pipeline::pseudonymise) email: Option<String>,
    pub(in crate::pipeline::pseudonymise) phone: Option<String>,
}

pub(in crate::pipeline::pseudonymise) fn sender(text: &str) -> Sender {
    let own = Own::new(&crate::pipeline::received::Known::default());
    let labelled: Vec<String> = labelled_values(text)
        .into_iter()
        .filter(|(label, _, _)| *label == Label::Name)
        .filter_map(|(_, start, end)| text.get(start..end))
        .filter(|value| is_name_line(value, 1, 5))
        .take(2)
        .map(str::to_owned)
        .collect();
    let lines = sender_lines(text);
    let by = |wanted: &str| {
        lines
            .iter()
            .filter(|(_, _, rule)| *rule == wanted)
            .filter_map(|(start, end, _)| text.get(*start..*end))
            .max_by_key(|name| name.split_whitespace().count())
            .map(str::to_owned)
    };
    let name = if labelled.is_empty() {
        by(rule::HEAD).or_else(|| by(rule::SIGNATURE))
    } else {
        Some(labelled.join(" "))
    };
    let mut found = Vec::new();
    let marks = Marks::of(text);
    emails(text, &marks, &own, &mut found);
    let email = found.iter().min_by_key(|f| f.start).map(|f| f.value.to_string());
    found.clear();
    phones(text, &marks, &own, &mut found);
    let phone =
        found.iter().min_by_key(|f| f.start).and_then(|f| text.get(f.start..f.end)).map(str::to_owned);
    Sender { name, email, phone }
}
