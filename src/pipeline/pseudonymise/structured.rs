//! Finds identifiers by their form: personnummer, addresses on the net, telephone numbers, postal
//! addresses, labelled lines, letter heads and signatures. It needs no knowledge of the applicant,
//! except to tell the applicant's own values from those of others.
//!
//! All patterns run in linear time.

use std::sync::LazyLock;

use regex::Regex;
use zeroize::Zeroizing;

use super::known::{Own, national_digits};
use super::normal::folded;
use super::ordinary;
use super::{Found, SpanCategory, rule};

/// Compiles a fixed pattern. A wrong one is a mistake in this file and stops the first test.
pub(super) fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a fixed pattern of this module")
}

macro_rules! patterns {
    ($($name:ident = $text:expr;)*) => {$(
        static $name: LazyLock<Regex> = LazyLock::new(|| pattern($text));
    )*};
}

patterns! {
    EMAIL_TIGHT = r"[\p{L}\p{M}\p{N}._%+'’\-]*[\p{L}\p{M}\p{N}_+\-]@[\p{L}\p{N}][\p{L}\p{M}\p{N}\-]*(?:\.[\p{L}\p{N}][\p{L}\p{M}\p{N}\-]*)*";
    EMAIL_SPACED = r"[\p{L}\p{M}\p{N}._%+'’\-]*[\p{L}\p{M}\p{N}_+\-][ \t]*@[ \t]*[\p{L}\p{N}][\p{L}\p{M}\p{N}\-]*(?:[ \t]?\.[ \t]?[\p{L}\p{N}][\p{L}\p{M}\p{N}\-]*)+";
    EMAIL_BRACKETS = r"(?i)[\p{L}\p{M}\p{N}._%+'’\-]*[\p{L}\p{M}\p{N}_+\-][ \t]*[(\[{<][ ]?(?:at|a|snabel-?a|@)[ ]?[)\]}>][ \t]*[\p{L}\p{N}][\p{L}\p{M}\p{N}\-]*(?:(?:[ ]?\.|[ \t]*[(\[{<][ ]?(?:dot|punkt|prick|\.)[ ]?[)\]}>][ \t]*|[ ](?:dot|punkt|prick)[ ])[\p{L}\p{N}][\p{L}\p{M}\p{N}\-]*)+";
    EMAIL_WORDS = r"(?i)\b[\p{L}\p{M}\p{N}._\-]+[ ](?:at|snabel-?a)[ ][\p{L}\p{N}\-]+(?:[ ](?:dot|punkt|prick)[ ][\p{L}\p{N}\-]+)*[ ](?:dot|punkt|prick)[ ](?:com|se|org|net|nu|io|eu|info|dk|no|fi)\b";
    EMAIL_WORD_AT = r"(?i)\b[\p{L}\p{M}\p{N}\-]+(?:[._][\p{L}\p{M}\p{N}\-]+)+[ ](?:at|snabel-?a)[ ][\p{L}\p{N}\-]+(?:\.[\p{L}\p{N}\-]+)+";
    EMAIL_AT = r"(?i)[ \t]*(?:@|[(\[{<][ ]?(?:at|a|snabel-?a|@)[ ]?[)\]}>]|[ ](?:at|snabel-?a)[ ])[ \t]*";
    EMAIL_DOT = r"(?i)[ \t]*(?:[(\[{<][ ]?(?:dot|punkt|prick|\.)[ ]?[)\]}>]|[ ](?:dot|punkt|prick)[ ])[ \t]*|[ \t]*\.[ \t]*";
    HANDLE = r"(?:^|[\s(\[,;:/|])(@[\p{L}\p{N}_][\p{L}\p{M}\p{N}_.\-]*)";
    ANY_AT = r"[^\s]*[\p{L}\p{N}_]@[^\s]*|[^\s]*@[\p{L}\p{N}_][^\s]*";
    URL = r#"(?i)\b(?:(?:https?|ftp)://|www\.|mailto:)[^\s<>"|]+"#;
    BARE_URL = r#"(?i)\b(?:[\p{L}\p{N}][\p{L}\p{M}\p{N}\-]*\.)+(\p{L}{2,12})\b(/[^\s<>"|]*)?"#;
    LABELLED_HANDLE = r"(?im)(?:^|[\s(|,;•])(?:linkedin|linked-in|github|gitlab|bitbucket|twitter|instagram|insta|facebook|skype|tiktok|snapchat|telegram|discord|behance|dribbble|youtube|mastodon|bluesky|portfolio|hemsida|webbplats|webbsida|website|homepage|blogg|blog)[ \t]*[:=][ \t]*([^\n|,;•]+)";
    PN_MAIN = r"((?:(?:18|19|20) ?)?)([0-9]{6})([\s\-+–—−()\[\].:/·]{0,4})([0-9]{4}|[A-Za-z][0-9]{3})";
    PN_DATE = r"((?:18|19|20)?[0-9]{2})[-./ ]([0-9]{2})[-./ ]([0-9]{2})([\s\-+–—−()\[\]/]{1,4})([0-9]{4}|[A-Za-z][0-9]{3})";
    PN_PAIRS = r"((?:18|19|20)? ?)([0-9]{2}) ?([0-9]{2}) ?([0-9]{2})[ \-–+−—]{0,3}([0-9]{2}) ([0-9]{2})";
    PN_SINGLE = r"[0-9](?:[ .\-–·]{1,3}[0-9]){9,11}";
    PN_HIDDEN = r"\b(?:18|19|20)?([0-9]{6})[ ]?[-+–−]?[ ]?(?:[xX]{4}|\*{4}|\?{4}|#{4}|_{4}|N{4})";
    PN_LABEL = r"(?i)\b(?:person(?:nummer|nr|al identity number|al number)|pers\.? ?nr|p\.?nr|samordningsn(?:ummer|r)|social security (?:number|no)|ssn|national id)\b[^0-9\n\x01]{0,12}([0-9][0-9 \t\-+–—−./]{4,18}[0-9A-Za-z])";
    DIGITS = r"[0-9]+";
    PHONE_LABEL = r"(?i)\b(?:tel(?:efon(?:nummer|nr)?)?|tfn|mobil(?:nummer|nr|telefon)?|mob|tele(?:phone)?|phone(?: ?number)?|cell(?:phone)?|mobile|sms|whatsapp|fax)\b\.?[ \t]*(?:nr|no|number)?\.?[ \t]*[:：]?[ \t]*(\+?[(]?[0-9][0-9 \t()\-–./]{3,18}[0-9])";
    YEARS = r"^\(?(?:19|20)[0-9]{2}\s*[-–/. ]\s*(?:(?:19|20)?[0-9]{2})\b";
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
    LABEL = r"(?im)^[ \t•*–\-]*([\p{L}][\p{L} \-/.&]{1,40}?)[ \t]*[:：][ \t]*([^\n]*)";
    VALUE_END = r"[ ]{3,}|\t|[|•·;]|[ ,]+\p{L}[\p{L}\-]{2,}[ ]?:";
    BIRTH = r"(?i)\b(?:född|födelsedatum|födelsedag|födelseår|födelsetid|date of birth|birth ?date|birthday|born|d\.?o\.?b\.?|f\.)[ \t]*(?:år|den|on|in|the)?[ \t]*[:\-–]?[ \t]*((?:[0-9]{4}[-./ ][0-9]{1,2}[-./ ][0-9]{1,2}|[0-9]{1,2}[-./ ][0-9]{1,2}[-./ ][0-9]{2,4}|[0-9]{8}|[0-9]{6}|[0-9]{1,2}(?:st|nd|rd|th|:e)?[ ](?:of[ ])?\p{L}{3,9},?[ ][0-9]{4}|\p{L}{3,9}[ ][0-9]{1,2}(?:st|nd|rd|th)?,?[ ][0-9]{4}|(?:19|20)[0-9]{2}))\b";
    SEX_LABEL = r"(?im)\b(?:kön|gender|sex|pronomen|pronouns?)[ \t]*:[ \t]*([\p{L}/ ,]{2,30})";
    PRONOUNS = r"(?i)\b(?:(?:she|they)[ ]?/[ ]?(?:hers?|them)|he[ ]?/[ ]?(?:him|his)|hon[ ]?/[ ]?hennes?|han[ ]?/[ ]?(?:honom|hans)|hen[ ]?/[ ]?(?:hen|hens|henom))(?:[ ]?/[ ]?\p{L}+)?\b";
    SELF_SEX = r"(?i)\b(?:jag är|och är|som|i am|i'm|and am|as)[ ](?:en |an? )(?:[\p{L}\p{N}\-]+[ ]){0,2}?(kvinna|man|tjej|kille|flicka|pojke|woman|girl|guy)\b|\b(?:jag är|som)[ ](kvinna)\b|\bjag är (man)\b";
    CLOSING = r"(?i)^[ \t]*(?:(?:(?:med[ ])?(?:de[ ])?(?:allra[ ])?(?:(?:vänlig(?:a|aste)?|bästa|varma|hjärtliga?|soliga|många|glada|trevliga?)[ ])?hälsning(?:ar|en)?|mvh|m\.[ ]?v\.[ ]?h\.?|bästa hälsningar|högaktningsfullt|vänligen|(?:(?:with[ ])?(?:my[ ])?(?:very[ ])?(?:kind(?:est)?|best|warm(?:est)?|many)[ ])(?:regards|wishes|greetings)|regards|(?:yours[ ])?(?:very[ ])?(?:sincerely|faithfully|truly|respectfully|cordially)(?:[ ]yours)?))(?:[ ]från|[ ]from)?(?:[,.!:;]|[ \t]|–|-|/|$)[ \t,.!:;–/\-]*(.*)$";
    WEAK_CLOSING = r"(?i)^[ \t]*(?:hälsar|tack(?:[ ]så[ ]mycket)?(?:[ ]på[ ]förhand)?|på återseende|allt gott|ha det bra|vi hörs|vi ses|hej så länge|best|all the best|cheers|thanks|thank you|many thanks|yours|bästa|vh)[ \t]*(?:,[ \t]*(.*)|[.!]*)$";
    CONTACT = r"@|\+[0-9]{2}|\b0[0-9]{1,3}[ \-–/]?[0-9]|\b[1-9][0-9]{2} ?[0-9]{2} \p{Lu}|(?i:https?://|www\.|linkedin|telefon|phone|mobil)";
}

/// Top-level domains that are also the ends of missing spaces in prose; they need a path.
const DOUBTFUL_DOMAINS: [&str; 17] = [
    "me", "no", "de", "fi", "ai", "info", "app", "page", "design", "studio", "space", "site", "blog", "tech",
    "online", "it", "is",
];
const DOMAINS: [&str; 12] =
    ["se", "com", "org", "net", "nu", "io", "dev", "eu", "dk", "uk", "website", "edu"];
/// Products that are written like an address.
const PRODUCTS: [&str; 8] =
    ["asp.net", "vb.net", "ado.net", "ml.net", "socket.io", "draw.io", "booking.com", "monday.com"];

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

/// The digits of a stretch of text in which little but digits stands.
pub(super) struct Chain {
    digits: Zeroizing<String>,
    at: Vec<usize>,
}

impl Chain {
    /// Index of the first and last digit of every occurrence of `digits`.
    pub(super) fn places(&self, digits: &str) -> Vec<(usize, usize)> {
        let mut out = Vec::new();
        let mut from = 0;
        if digits.is_empty() {
            return out;
        }
        while let Some(at) = self.digits.get(from..).and_then(|rest| rest.find(digits)) {
            let first = from + at;
            out.push((first, first + digits.len() - 1));
            from = first + 1;
        }
        out
    }

    pub(super) fn offset(&self, index: usize) -> usize {
        self.at.get(index).copied().unwrap_or_default()
    }

    pub(super) fn digits_before(&self, index: usize) -> String {
        self.digits.get(..index).unwrap_or_default().to_owned()
    }

    /// Whether a further digit stands directly before the first or after the last one.
    pub(super) fn touches_digit(&self, text: &str, first: usize, last: usize) -> bool {
        digit_before(text, self.offset(first)) || digit_after(text, self.offset(last) + 1)
    }
}

/// All digits of the text, cut where a letter or more than four other characters stand between.
pub(super) fn digit_chains(text: &str) -> Vec<Chain> {
    let mut chains: Vec<Chain> = Vec::new();
    let mut gap = usize::MAX;
    for (at, c) in text.char_indices() {
        if c.is_ascii_digit() {
            if gap > 4 {
                chains.push(Chain { digits: Zeroizing::new(String::with_capacity(16)), at: Vec::new() });
            }
            if let Some(chain) = chains.last_mut() {
                chain.digits.push(c);
                chain.at.push(at);
            }
            gap = 0;
        } else if c.is_alphanumeric() {
            gap = usize::MAX;
        } else {
            gap = gap.saturating_add(1);
        }
    }
    chains
}

fn digit_before(text: &str, at: usize) -> bool {
    text.get(..at).is_some_and(|head| head.ends_with(|c: char| c.is_ascii_digit()))
}

fn digit_after(text: &str, at: usize) -> bool {
    text.get(at..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// All identifiers in a text in normal form. They may overlap.
pub(super) fn find(text: &str, own: &Own) -> Vec<Found> {
    let mut found = Vec::new();
    emails(text, own, &mut found);
    links(text, own, &mut found);
    personal_numbers(text, own, &mut found);
    phones(text, own, &mut found);
    addresses(text, own, &mut found);
    labelled_lines(text, &mut found);
    births_and_sex(text, &mut found);
    for (start, end, rule) in sender_lines(text) {
        found.push(Found::own(start, end, SpanCategory::Name, rule));
    }
    found
}

fn canonical_email(text: &str) -> Zeroizing<String> {
    let at = Zeroizing::new(EMAIL_AT.replace(text, "@").into_owned());
    Zeroizing::new(EMAIL_DOT.replace_all(&at, ".").trim().to_lowercase())
}

fn emails(text: &str, own: &Own, found: &mut Vec<Found>) {
    if text.contains('@') {
        for pattern in [&EMAIL_TIGHT, &EMAIL_SPACED] {
            for m in pattern.find_iter(text) {
                push_email(m.start(), m.end(), m.as_str(), own, found);
            }
        }
    }
    for pattern in [&EMAIL_BRACKETS, &EMAIL_WORDS, &EMAIL_WORD_AT] {
        for m in pattern.find_iter(text) {
            push_email(m.start(), m.end(), m.as_str(), own, found);
        }
    }
}

fn push_email(start: usize, end: usize, text: &str, own: &Own, found: &mut Vec<Found>) {
    let value = canonical_email(text);
    found.push(if own.is_own_email(&value) {
        Found::own(start, end, SpanCategory::Email, rule::EMAIL)
    } else {
        Found::other(start, end, SpanCategory::Email, rule::EMAIL, &value)
    });
}

fn push_link(start: usize, text: &str, rule: &'static str, own: &Own, found: &mut Vec<Found>) {
    let text = text.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}', '\'', '’', '”', '"', '>']);
    if text.is_empty() {
        return;
    }
    let end = start + text.len();
    found.push(if own.is_own_link(text) {
        Found::own(start, end, SpanCategory::Link, rule)
    } else {
        Found::other(start, end, SpanCategory::Link, rule, &text.to_lowercase())
    });
}

fn links(text: &str, own: &Own, found: &mut Vec<Found>) {
    for m in URL.find_iter(text) {
        push_link(m.start(), m.as_str(), rule::URL, own, found);
    }
    for captures in BARE_URL.captures_iter(text) {
        let (Some(all), Some(domain)) = (captures.get(0), captures.get(1)) else { continue };
        let has_path = captures.get(2).is_some_and(|path| path.len() > 1);
        let known = DOMAINS.contains(&domain.as_str())
            || has_path
                && (DOUBTFUL_DOMAINS.contains(&domain.as_str())
                    || DOMAINS.contains(&&*domain.as_str().to_lowercase()));
        if known && !PRODUCTS.contains(&&*all.as_str().to_lowercase()) {
            push_link(all.start(), all.as_str(), rule::URL, own, found);
        }
    }
    for captures in LABELLED_HANDLE.captures_iter(text) {
        let Some(value) = captures.get(1) else { continue };
        let (start, end) = trimmed(text, value.start(), value.end());
        let Some(handle) = text.get(start..end) else { continue };
        let one_word = !handle.is_empty() && !handle.contains(char::is_whitespace);
        if one_word {
            push_link(start, handle, rule::HANDLE, own, found);
        } else if !handle.is_empty() {
            found.push(Found::weak_link(start, end));
        }
    }
    if text.contains('@') {
        for captures in HANDLE.captures_iter(text) {
            if let Some(handle) = captures.get(1) {
                push_link(handle.start(), handle.as_str(), rule::HANDLE, own, found);
            }
        }
        for m in ANY_AT.find_iter(text) {
            let before =
                m.as_str().len() - m.as_str().trim_start_matches(['(', '[', '"', '”', '<', '*']).len();
            push_link(
                m.start() + before,
                m.as_str().get(before..).unwrap_or_default(),
                rule::ANY_AT,
                own,
                found,
            );
        }
    }
}

pub(super) fn is_web_address(text: &str) -> bool {
    !text.contains(char::is_whitespace) && BARE_URL.find(text).is_some_and(|m| m.len() == text.len())
}

/// Whether a whole field is a personnummer or samordningsnummer in some spelling.
pub(super) fn like_personnummer(text: &str) -> bool {
    let digits: Zeroizing<String> = Zeroizing::new(text.chars().filter(char::is_ascii_digit).collect());
    if text.trim_start().starts_with('+') && digits.len() < 12 {
        return false;
    }
    match digits.len() {
        12 => strict_date(digits.get(2..8).unwrap_or_default()),
        10 if text.contains(['-', '+', '–']) && text.find(['-', '+', '–']).is_some_and(|at| at >= 6) => {
            true
        }
        10 => strict_date(digits.get(..6).unwrap_or_default()) && (!digits.starts_with('0') || luhn(&digits)),
        9 => text.chars().any(char::is_alphabetic) && strict_date(digits.get(..6).unwrap_or_default()),
        _ => false,
    }
}

/// `YYMMDD` with a real month and a day of the month, or sixty more for a samordningsnummer, whose month
/// and day may also be unknown: 00 and 60.
pub(super) fn strict_date(six: &str) -> bool {
    let (Some(month), Some(day)) = (number(six, 2, 4), number(six, 4, 6)) else { return false };
    (1..=12).contains(&month) && (1..=31).contains(&day) || month <= 12 && (60..=91).contains(&day)
}

fn number(digits: &str, from: usize, to: usize) -> Option<u32> {
    digits.get(from..to).and_then(|part| part.parse().ok())
}

/// The check digit of ten digits (modulus 10).
pub(super) fn luhn(ten: &str) -> bool {
    let ten = if ten.len() == 12 { ten.get(2..).unwrap_or(ten) } else { ten };
    ten.len() == 10
        && ten
            .bytes()
            .enumerate()
            .map(|(index, byte)| {
                let digit = u32::from(byte.wrapping_sub(b'0'));
                let twice = digit * 2;
                if index % 2 == 0 { twice / 10 + twice % 10 } else { digit }
            })
            .sum::<u32>()
            % 10
            == 0
}

fn year_like(four: &str) -> bool {
    four.parse::<u32>().is_ok_and(|year| (1950..=2039).contains(&year))
}

/// Tries a pattern at every place, so that a refused match does not hide one that begins inside it.
fn every_match<'t>(pattern: &Regex, text: &'t str, mut accept: impl FnMut(&regex::Captures<'t>) -> bool) {
    let mut at = 0;
    while let Some(captures) = pattern.captures_at(text, at) {
        let Some(all) = captures.get(0) else { break };
        let bounded = !digit_before(text, all.start()) && !digit_after(text, all.end());
        let step = text.get(all.start()..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        at = if bounded && accept(&captures) { all.end() } else { all.start() + step };
        if at >= text.len() {
            break;
        }
    }
}

fn personal_numbers(text: &str, own: &Own, found: &mut Vec<Found>) {
    let group = |captures: &regex::Captures<'_>, index: usize| -> String {
        captures.get(index).map_or(String::new(), |m| m.as_str().to_owned())
    };
    let mut push = |start: usize, end: usize, value: &str| {
        let (start, end) = bracketed(text, start, end);
        found.push(if own.is_own_number(value) {
            Found::own(start, end, SpanCategory::PersonalNumber, rule::PERSONNUMMER)
        } else {
            let digits: Zeroizing<String> = Zeroizing::new(value.to_lowercase());
            let ten = if digits.len() == 12 { digits.get(2..).unwrap_or(&digits) } else { digits.as_str() };
            Found::other(start, end, SpanCategory::PersonalNumber, rule::PERSONNUMMER, ten)
        });
    };
    every_match(&PN_MAIN, text, |c| {
        let (century, six, gap, four) = (group(c, 1), group(c, 2), group(c, 3), group(c, 4));
        let interim = four.starts_with(|x: char| x.is_ascii_alphabetic());
        if interim && !four.starts_with(|x: char| "TRSUWXJKLMNP".contains(x.to_ascii_uppercase())) {
            return false;
        }
        let after = c.get(0).map_or(0, |m| m.end());
        if interim && (gap.len() > 3 || text.get(after..).is_some_and(|t| t.starts_with(char::is_alphabetic)))
        {
            return false;
        }
        let dashed = gap.contains(['-', '+', '–', '—', '−']);
        let ten = Zeroizing::new(format!("{six}{four}"));
        let fits = if gap.is_empty() && century.is_empty() && !interim {
            strict_date(&six)
                && (!six.starts_with('0')
                    || luhn(&ten) && (six.starts_with("00") || number(&six, 4, 6).is_some_and(|d| d <= 31)))
        } else if dashed && !interim {
            strict_date(&six)
                || number(&six, 2, 4).is_some_and(|m| (1..=19).contains(&m))
                    && number(&six, 4, 6).is_some_and(|d| d > 0)
        } else {
            strict_date(&six)
        };
        // `201209-2014` is a stretch of months, `20120901 – 2014` a stretch of days.
        let loose = !gap.is_empty() && year_like(&four);
        let months = century.is_empty() && (six.starts_with("19") || six.starts_with("20"));
        let spread = if dashed { gap.contains([' ', '–', '\n']) } else { !luhn(&ten) };
        let days = !century.is_empty() && spread;
        if !fits || loose && (months || days) {
            return false;
        }
        if let Some(all) = c.get(0) {
            push(all.start(), all.end(), &ten);
        }
        true
    });
    every_match(&PN_DATE, text, |c| {
        let (year, month, day, gap, four) = (group(c, 1), group(c, 2), group(c, 3), group(c, 4), group(c, 5));
        let short = year.get(year.len().saturating_sub(2)..).unwrap_or_default();
        let six = Zeroizing::new(format!("{short}{month}{day}"));
        let ten = Zeroizing::new(format!("{}{four}", six.as_str()));
        let loose = gap.chars().count() > 1 || gap.contains([' ', '–', '—', '/', '\n']);
        let dashed = gap.contains(['-', '–', '—', '−']);
        if !strict_date(&six) || year_like(&four) && loose && (dashed || !luhn(&ten)) {
            return false;
        }
        if let Some(all) = c.get(0) {
            push(all.start(), all.end(), &ten);
        }
        true
    });
    every_match(&PN_PAIRS, text, |c| {
        let ten = Zeroizing::new((2..=6).map(|index| group(c, index)).collect::<String>());
        // Pairs after a single zero are more often a telephone number.
        let number = !ten.starts_with('0') || ten.starts_with("00") || luhn(&ten);
        let ok = strict_date(ten.get(..6).unwrap_or_default()) && number;
        if let (true, Some(all)) = (ok, c.get(0)) {
            let start = all.start() + all.as_str().len() - all.as_str().trim_start().len();
            push(start, all.end(), &ten);
        }
        ok
    });
    every_match(&PN_SINGLE, text, |c| {
        let Some(all) = c.get(0) else { return false };
        let digits: Zeroizing<String> =
            Zeroizing::new(all.as_str().chars().filter(char::is_ascii_digit).collect());
        let date = match digits.len() {
            12 => digits.get(2..8),
            10 => digits.get(..6),
            _ => None,
        };
        let ok = date.is_some_and(strict_date);
        if ok {
            push(all.start(), all.end(), &digits);
        }
        ok
    });
    for captures in PN_HIDDEN.captures_iter(text) {
        if let (Some(all), Some(six)) = (captures.get(0), captures.get(1))
            && strict_date(six.as_str())
        {
            push(all.start(), all.end(), six.as_str());
        }
    }
    for captures in PN_LABEL.captures_iter(text) {
        let Some(value) = captures.get(1) else { continue };
        let digits: Zeroizing<String> =
            Zeroizing::new(value.as_str().chars().filter(char::is_ascii_alphanumeric).collect());
        if (6..=13).contains(&digits.len()) {
            push(value.start(), value.end(), &digits);
        }
    }
}

/// Takes a pair of brackets directly around a number with it when one of them is inside.
fn bracketed(text: &str, start: usize, end: usize) -> (usize, usize) {
    let inner = text.get(start..end).unwrap_or_default();
    let closes =
        inner.contains('(') && !inner.contains(')') && text.get(end..).is_some_and(|t| t.starts_with(')'));
    (start, if closes { end + 1 } else { end })
}

fn phones(text: &str, own: &Own, found: &mut Vec<Found>) {
    let groups: Vec<(usize, usize)> = DIGITS.find_iter(text).map(|m| (m.start(), m.end())).collect();
    let mut index = 0;
    while index < groups.len() {
        match phone_at(text, &groups, index) {
            Some((start, last)) => {
                let end = groups.get(last).map_or(start, |g| g.1);
                push_phone(text, start, end, own, found);
                index = last + 1;
            }
            None => index += 1,
        }
    }
    for captures in PHONE_LABEL.captures_iter(text) {
        let Some(value) = captures.get(1) else { continue };
        let digits = value.as_str().chars().filter(char::is_ascii_digit).count();
        let (start, mut end) = (value.start(), value.end());
        if let Some(cut) = value.as_str().find("  ") {
            end = start + cut;
        }
        let covered = found.iter().any(|f| {
            f.start < end
                && f.end > start
                && matches!(f.category, SpanCategory::Phone | SpanCategory::PersonalNumber)
        });
        if digits >= 6 && !covered && !YEARS.is_match(value.as_str()) {
            push_phone(text, start, end, own, found);
        }
    }
}

fn push_phone(text: &str, start: usize, end: usize, own: &Own, found: &mut Vec<Found>) {
    let value = text.get(start..end).unwrap_or_default();
    found.push(if own.is_own_phone(value) {
        Found::own(start, end, SpanCategory::Phone, rule::PHONE)
    } else {
        Found::other(start, end, SpanCategory::Phone, rule::PHONE, &national_digits(value))
    });
}

/// A telephone number that begins with group `index`: its start and its last group.
fn phone_at(text: &str, groups: &[(usize, usize)], index: usize) -> Option<(usize, usize)> {
    let &(first, first_end) = groups.get(index)?;
    let head = text.get(..first)?;
    let bare = head.trim_end_matches(['(', ' ']);
    let plus = if head.ends_with('+') {
        Some(first - 1)
    } else if bare.ends_with('+') && head.len() - bare.len() <= 2 {
        Some(bare.len() - 1)
    } else {
        None
    };
    let group = text.get(first..first_end)?;
    let abroad =
        plus.is_some() || group.starts_with("00") && group.as_bytes().get(2).is_some_and(|b| *b != b'0');
    let domestic = !abroad && group.len() >= 2 && group.starts_with('0') && !group.starts_with("00");
    if !abroad && !domestic {
        return None;
    }
    // Inside a date or an amount: `2019-05-06`, `1.050.000`.
    if plus.is_none()
        && head.ends_with(['.', ',', '-', '–', '/', ':', '\''])
        && head.trim_end_matches(['.', ',', '-', '–', '/', ':', '\'']).ends_with(|c: char| c.is_ascii_digit())
    {
        return None;
    }
    if domestic && amount(text, groups, index) {
        return None;
    }
    let mut totals: Vec<usize> = Vec::new();
    let mut digits = Zeroizing::new(String::with_capacity(16));
    for position in index..groups.len().min(index + 10) {
        let &(start, end) = groups.get(position)?;
        if position > index {
            let gap = text.get(groups.get(position - 1)?.1..start)?;
            let fits = gap.chars().count() <= 3
                && gap
                    .chars()
                    .all(|c| matches!(c, ' ' | '\t' | '.' | '-' | '–' | '—' | '−' | '(' | ')' | '/'));
            if !fits || gap.is_empty() {
                break;
            }
        }
        digits.push_str(text.get(start..end)?);
        totals.push(digits.len());
        if digits.len() > 15 {
            break;
        }
    }
    if domestic && like_a_date(text, groups, index) {
        return None;
    }
    let (least, most) = if abroad {
        let rest = digits.strip_prefix("00").unwrap_or(&digits);
        let trunk = digits.len() - rest.len();
        match rest.strip_prefix("46") {
            Some(national) if national.starts_with('0') => (9 + trunk, 12 + trunk),
            Some(_) => (8 + trunk, 11 + trunk),
            None => (8 + trunk, 12 + trunk),
        }
    } else {
        (8, 10)
    };
    let fit = |low: usize, high: usize| totals.iter().rposition(|total| (low..=high).contains(total));
    let last = match fit(9.max(least), most) {
        Some(last) => last,
        None if domestic => fit(11, 11).or_else(|| fit(least, most))?,
        None => fit(least, most).or_else(|| fit(13, 15))?,
    };
    let start = plus.unwrap_or(first);
    let opened = text.get(..start).is_some_and(|t| t.ends_with('('))
        && text.get(start..groups.get(index + last)?.1).is_some_and(|t| t.contains(')'));
    Some((if opened { start - 1 } else { start }, index + last))
}

/// Thousands: groups of three after a first group that is no zero.
fn amount(text: &str, groups: &[(usize, usize)], index: usize) -> bool {
    let Some(before) = index.checked_sub(1) else { return false };
    let spaced = |left: usize| match (groups.get(left), groups.get(left + 1)) {
        (Some((_, end)), Some((start, _))) => text.get(*end..*start) == Some(" "),
        _ => false,
    };
    let three = |at: usize| groups.get(at).is_some_and(|(start, end)| end - start == 3);
    let mut last = index;
    while spaced(last) && last < index + 8 {
        last += 1;
    }
    spaced(before)
        && groups
            .get(before)
            .is_some_and(|(start, end)| end - start <= 3 && text.as_bytes().get(*start) != Some(&b'0'))
        && (index..=last).all(three)
}

/// `05-2019`, `01/02/2019`, `08.00-16.00`.
fn like_a_date(text: &str, groups: &[(usize, usize)], index: usize) -> bool {
    let part = |offset: usize| groups.get(index + offset).and_then(|(start, end)| text.get(*start..*end));
    let gap = |offset: usize| -> Option<&str> {
        text.get(groups.get(index + offset)?.1..groups.get(index + offset + 1)?.0)
    };
    let small =
        |part: Option<&str>| part.is_some_and(|p| p.len() <= 2 && p.parse::<u32>().is_ok_and(|n| n <= 31));
    let year = |part: Option<&str>| part.is_some_and(|p| p.len() == 4 && year_like(p));
    if small(part(0)) && year(part(1)) || small(part(0)) && small(part(1)) && year(part(2)) {
        return true;
    }
    let short_year = part(2).is_some_and(|p| p.len() == 2)
        && gap(0).is_some_and(|g| matches!(g, "/" | "." | "-"))
        && gap(0) == gap(1)
        && gap(2) != gap(0);
    if small(part(0)) && small(part(1)) && short_year {
        return true;
    }
    let clock = |offset: usize| {
        part(offset).is_some_and(|h| h.len() == 2 && h.parse::<u32>().is_ok_and(|n| n < 25))
            && part(offset + 1).is_some_and(|m| m.len() == 2 && m.parse::<u32>().is_ok_and(|n| n < 60))
            && gap(offset).is_some_and(|g| g == "." || g == ":")
    };
    clock(0) && clock(2)
}

fn addresses(text: &str, own: &Own, found: &mut Vec<Found>) {
    let mut push = |start: usize, end: usize, rule: &'static str| {
        let end = address_tail(text, end);
        let value = text.get(start..end).map(folded).unwrap_or_default();
        found.push(Found::other(start, end, SpanCategory::Address, rule, &value));
    };
    for pattern in [&STREET, &STREET_WORDS, &BOX, &CARE_OF] {
        for m in pattern.find_iter(text) {
            if !digit_after(text, m.end()) {
                push(m.start(), m.start() + m.as_str().trim_end().len(), rule::STREET);
            }
        }
    }
    for captures in STREET_ENGLISH.captures_iter(text) {
        if let (Some(all), Some(house)) = (captures.get(0), captures.get(1))
            && !year_like(house.as_str())
        {
            push(all.start(), all.end(), rule::STREET);
        }
    }
    for captures in BEFORE_POSTCODE.captures_iter(text) {
        if let Some(street) = captures.get(1) {
            let house = street.as_str().rsplit(' ').next().unwrap_or_default();
            if !year_like(house) {
                push(street.start(), street.end(), rule::STREET);
            }
        }
    }
    let mut towns = Vec::new();
    for captures in POSTCODE.captures_iter(text) {
        let (Some(all), Some(town)) = (captures.get(0), captures.get(2)) else { continue };
        if digit_before(text, all.start()) || is_unit(town.as_str()) {
            continue;
        }
        let rest = text.get(town.start()..).unwrap_or_default();
        let mut end =
            own.starts_with_town(rest).map_or(town.end(), |length| (town.start() + length).max(town.end()));
        let compound = [
            "vastra", "ostra", "norra", "sodra", "stora", "lilla", "nya", "gamla", "upplands", "saint", "new",
        ];
        if end == town.end()
            && compound.contains(&folded(town.as_str()).as_str())
            && let Some(second) = SECOND_TOWN_WORD.find(text.get(end..).unwrap_or_default())
        {
            end += second.end();
        }
        towns.push((all.start(), end));
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
pub(super) fn address_tail(text: &str, end: usize) -> usize {
    let rest = text.get(end..).unwrap_or_default();
    end + ADDRESS_TAIL.find(rest).map_or(0, |m| m.end())
}

/// Where the house number after a street name ends.
pub(super) fn house_number(text: &str, end: usize) -> usize {
    let rest = text.get(end..).unwrap_or_default();
    HOUSE_NUMBER.find(rest).map_or(end, |m| address_tail(text, end + m.end()))
}

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
fn labelled_lines(text: &str, found: &mut Vec<Found>) {
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
    for captures in LABEL.captures_iter(text) {
        let (Some(name), Some(value)) = (captures.get(1), captures.get(2)) else { continue };
        let Some(label) = label_of(name.as_str()) else { continue };
        let cut = VALUE_END.find(value.as_str()).map_or(value.end(), |m| value.start() + m.start());
        let (mut start, mut end) = trimmed(text, value.start(), cut);
        if start >= end && value.as_str().trim().is_empty() {
            // The value stands on the next line, as in two-column forms.
            let from = value.end() + 1;
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

fn trimmed(text: &str, start: usize, end: usize) -> (usize, usize) {
    let Some(value) = text.get(start..end) else { return (start, start) };
    let tail = value.trim_end_matches([' ', '\t', ',', '.']);
    let lead = tail.len() - tail.trim_start_matches([' ', '\t']).len();
    (start + lead, start + tail.len())
}

fn births_and_sex(text: &str, found: &mut Vec<Found>) {
    for captures in BIRTH.captures_iter(text) {
        if let Some(value) = captures.get(1) {
            found.push(Found::own(value.start(), value.end(), SpanCategory::Birth, rule::BIRTH));
        }
    }
    for captures in SEX_LABEL.captures_iter(text) {
        if let Some(value) = captures.get(1) {
            let (start, end) = trimmed(text, value.start(), value.end());
            if start < end {
                found.push(Found::own(start, end, SpanCategory::Sex, rule::SEX));
            }
        }
    }
    for m in PRONOUNS.find_iter(text) {
        found.push(Found::own(m.start(), m.end(), SpanCategory::Sex, rule::SEX));
    }
    for captures in SELF_SEX.captures_iter(text) {
        for word in captures.iter().skip(1).flatten() {
            found.push(Found::own(word.start(), word.end(), SpanCategory::Sex, rule::SEX));
        }
    }
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
fn sender_lines(text: &str) -> Vec<(usize, usize, &'static str)> {
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
        let strong = CLOSING.captures(line);
        let captures = match &strong {
            Some(captures) => captures,
            None => match &WEAK_CLOSING.captures(line) {
                Some(captures) if lines.len() - index <= 12 => {
                    signature(&lines, index, *start, captures.get(1), false, &mut |s, p| {
                        let (s, e) = place(s, p);
                        out.push((s, e, rule::SIGNATURE));
                    });
                    continue;
                }
                _ => continue,
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
pub(super) struct Sender {
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
}

pub(super) fn sender(text: &str) -> Sender {
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
    emails(text, &own, &mut found);
    let email = found.iter().min_by_key(|f| f.start).map(|f| f.value.to_string());
    found.clear();
    phones(text, &own, &mut found);
    let phone =
        found.iter().min_by_key(|f| f.start).and_then(|f| text.get(f.start..f.end)).map(str::to_owned);
    Sender { name, email, phone }
}
