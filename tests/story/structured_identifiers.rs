//! Every identifier that has a form of its own is found in every spelling: numbers of persons, firms,
//! accounts, cards, cars and machines, addresses of all kinds, set into Swedish and English text and
//! spoiled as people, forms and scanners spoil them. All are invented: test numbers of Skatteverket,
//! telephone numbers of PTS, the domains that are kept for examples.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use urval::pipeline::pseudonymise::{SpanCategory, Stream};
use urval::pipeline::received::Known;

/// A number of a person as twelve signs: `19900101` and `9802`.
#[derive(Clone)]
struct Number {
    kind: &'static str,
    date: String,
    four: String,
}

impl Number {
    fn new(kind: &'static str, date: &str, four: &str) -> Self {
        Self { kind, date: date.to_owned(), four: four.to_owned() }
    }

    fn six(&self) -> &str {
        &self.date[2..]
    }

    fn ten(&self) -> String {
        format!("{}{}", self.six(), self.four)
    }

    fn twelve(&self) -> String {
        format!("{}{}", self.date, self.four)
    }

    /// Ten digits with a check digit: what most spellings are made for.
    fn plain(&self) -> bool {
        self.four.bytes().all(|byte| byte.is_ascii_digit()) && !self.date.starts_with("99")
    }
}

/// The check digit, modulus 10.
fn check_digit(nine: &str) -> u32 {
    let sum: u32 = nine
        .chars()
        .rev()
        .enumerate()
        .map(|(index, c)| {
            let value = c.to_digit(10).expect("a digit") << (1 - index % 2);
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    (10 - sum % 10) % 10
}

/// Test numbers: the serials 980 to 999 belong to nobody.
fn numbers() -> Vec<Number> {
    let mut out = Vec::new();
    let serial = |date: &str, serial: u32| {
        let nine = format!("{}{serial}", &date[2..]);
        format!("{serial}{}", check_digit(&nine))
    };
    for (at, date) in
        ["19900101", "19851231", "20010203", "19770615", "20040229", "19681124"].iter().enumerate()
    {
        out.push(Number::new("personnummer", date, &serial(date, 980 + 3 * at as u32)));
    }
    // Sixty more than the day; month and day may be unknown.
    for (at, date) in ["19910161", "20020391", "19880084", "19750060", "20001260"].iter().enumerate() {
        out.push(Number::new("samordningsnummer", date, &serial(date, 981 + 3 * at as u32)));
    }
    for (at, letter) in "TRSUWXJKLMNP".chars().enumerate() {
        let date = ["19900101", "20011130", "19831008"][at % 3];
        out.push(Number::new("interim number", date, &format!("{letter}{}", 220 + at * 61)));
    }
    // The regions' own forms and the national one.
    for (date, four) in [
        ("99198100", "0010"),
        ("99200300", "4821"),
        ("19810829", "M071"),
        ("19930829", "X802"),
        ("19810829", "SU3A"),
        ("20020131", "SF2B"),
        ("22900101", "AB24"),
        ("23040229", "KT31"),
    ] {
        out.push(Number::new("reserve number", date, four));
    }
    out
}

fn chars_apart(text: &str, between: &str) -> String {
    text.chars().map(String::from).collect::<Vec<_>>().join(between)
}

fn pairs(text: &str, between: &str) -> String {
    text.as_bytes().chunks(2).map(|two| String::from_utf8_lossy(two)).collect::<Vec<_>>().join(between)
}

fn with_digits_from(text: &str, zero: u32) -> String {
    text.chars()
        .map(|c| c.to_digit(10).map_or(c, |digit| char::from_u32(zero + digit).expect("a digit")))
        .collect()
}

/// Misreads up to `most` digits of a number, from the left.
fn misread(text: &str, most: usize, swaps: &[(char, char)]) -> String {
    let mut left = most;
    text.chars()
        .map(|c| match swaps.iter().find(|(from, _)| *from == c && left > 0) {
            Some((_, to)) => {
                left -= 1;
                *to
            }
            None => c,
        })
        .collect()
}

type Form = (&'static str, fn(&Number) -> Option<String>);

/// Spellings of any number.
const FORMS: &[Form] = &[
    ("twelve signs", |n| Some(n.twelve())),
    ("twelve signs with a hyphen", |n| Some(format!("{}-{}", n.date, n.four))),
    ("en dash", |n| Some(format!("{}–{}", n.date, n.four))),
    ("em dash", |n| Some(format!("{}—{}", n.date, n.four))),
    ("minus sign", |n| Some(format!("{}−{}", n.date, n.four))),
    ("non-breaking hyphen", |n| Some(format!("{}\u{2011}{}", n.date, n.four))),
    ("soft hyphens", |n| Some(format!("{}\u{AD}-{}", chars_apart(&n.date, "\u{AD}"), n.four))),
    ("zero-width spaces", |n| Some(chars_apart(&n.twelve(), "\u{200B}"))),
    ("word joiner at the hyphen", |n| Some(format!("{}\u{2060}-\u{2060}{}", n.date, n.four))),
    ("byte order mark inside", |n| Some(format!("{}\u{FEFF}{}", n.date, n.four))),
    ("full-width digits", |n| Some(with_digits_from(&format!("{}－{}", n.date, n.four), 0xFF10))),
    ("Arabic-Indic digits", |n| Some(with_digits_from(&format!("{}-{}", n.date, n.four), 0x0660))),
    ("bold mathematical digits", |n| Some(with_digits_from(&n.twelve(), 0x1D7CE))),
    ("in brackets", |n| Some(format!("({}-{})", n.date, n.four))),
    ("in quotation marks", |n| Some(format!("”{}-{}”", n.date, n.four))),
    ("in guillemets", |n| Some(format!("»{}«", n.twelve()))),
    ("in bold markup", |n| Some(format!("<b>{}-{}</b>", n.date, n.four))),
    ("in bold markdown", |n| Some(format!("**{}-{}**", n.date, n.four))),
    ("in an address of the web", |n| Some(format!("https://sida.example.org/?pnr={}&sida=a", n.twelve()))),
    ("in a file name", |n| Some(format!("intyg_{}-{}.pdf", n.date, n.four))),
    ("in a file name without a hyphen", |n| Some(format!("cv-{}.docx", n.twelve()))),
    ("in JSON", |n| Some(format!("{{\"personnummer\":\"{}\"}}", n.twelve()))),
    ("in an attribute", |n| Some(format!("<person id='{}-{}'/>", n.date, n.four))),
    ("labelled in Swedish", |n| Some(format!("Personnr: {}-{}", n.date, n.four))),
    ("labelled with a short word", |n| Some(format!("pers. nr {}", n.twelve()))),
    ("labelled in English", |n| Some(format!("personal identity number: {}-{}", n.date, n.four))),
    ("labelled, a line above", |n| Some(format!("Personnummer\n{}-{}", n.date, n.four))),
    ("grown together with its label", |n| Some(format!("pnr{}-{}", n.date, n.four))),
    ("after an equals sign", |n| Some(format!("pnr={}", n.twelve()))),
    ("before a comma", |n| Some(format!("{}-{},", n.date, n.four))),
    ("in a cell", |n| Some(format!("|{}-{}|", n.date, n.four))),
];

/// Spellings with spaces, lines and other signs inside; no reserve number is written so.
const PARTED: &[Form] = &[
    ("ten signs", |n| Some(n.ten())),
    ("ten signs with a hyphen", |n| Some(format!("{}-{}", n.six(), n.four))),
    ("plus sign", |n| Some(format!("{}+{}", n.six(), n.four))),
    ("spaces around the hyphen", |n| Some(format!("{} - {}", n.six(), n.four))),
    ("spaces around an en dash", |n| Some(format!("{} – {}", n.six(), n.four))),
    ("a space", |n| Some(format!("{} {}", n.six(), n.four))),
    ("two spaces", |n| Some(format!("{}  {}", n.six(), n.four))),
    ("a no-break space", |n| Some(format!("{}\u{A0}{}", n.six(), n.four))),
    ("a thin space", |n| Some(format!("{}\u{2009}{}", n.date, n.four))),
    ("a tabulator", |n| Some(format!("{}\t{}", n.date, n.four))),
    ("a hyphenated date", |n| Some(format!("{}-{}", dated(n, "-"), n.four))),
    ("a date with points", |n| Some(format!("{}-{}", dated(n, "."), n.four))),
    ("a date with slashes", |n| Some(format!("{} {}", dated(n, "/"), n.four))),
    ("a date with spaces", |n| Some(format!("{} {}", dated(n, " "), n.four))),
    ("the century apart", |n| Some(format!("{} {}-{}", &n.date[..2], n.six(), n.four))),
    ("the century apart, spaces", |n| Some(format!("{} {} {}", &n.date[..2], n.six(), n.four))),
    ("the century in brackets", |n| Some(format!("({}){}-{}", &n.date[..2], n.six(), n.four))),
    ("groups of four", |n| Some(format!("{} {} {}", &n.date[..4], &n.date[4..], n.four))),
    ("a point", |n| Some(format!("{}.{}", n.six(), n.four))),
    ("a slash", |n| Some(format!("{}/{}", n.six(), n.four))),
    ("a colon", |n| Some(format!("{}:{}", n.six(), n.four))),
    ("an underscore", |n| Some(format!("{}_{}", n.six(), n.four))),
    ("a middle dot", |n| Some(format!("{}·{}", n.six(), n.four))),
    ("a tilde", |n| Some(format!("{}~{}", n.six(), n.four))),
    ("the last four in brackets", |n| Some(format!("{} ({})", n.six(), n.four))),
    ("the date in brackets", |n| Some(format!("[{}] {}", n.six(), n.four))),
    ("a line break", |n| Some(format!("{}\n{}", n.six(), n.four))),
    ("a Windows line break", |n| Some(format!("{}\r\n{}", n.date, n.four))),
    ("a hyphen at the line's end", |n| Some(format!("{}-\n{}", n.six(), n.four))),
    ("a hyphen at a Windows line's end", |n| Some(format!("{}-\r\n{}", n.six(), n.four))),
    ("a hyphen at a line's beginning", |n| Some(format!("{}\n-{}", n.date, n.four))),
    ("a line break and an indent", |n| Some(format!("{}-\n  {}", n.six(), n.four))),
    ("a quoted mail's line break", |n| Some(format!("{}-\n> {}", n.six(), n.four))),
    ("a soft line break of mail", |n| Some(format!("{}=\n-{}", n.six(), n.four))),
    ("each sign apart", |n| Some(chars_apart(&n.ten(), " "))),
    ("each sign apart, long", |n| Some(chars_apart(&n.twelve(), " "))),
    ("each sign apart by points", |n| Some(chars_apart(&n.ten(), "."))),
    ("each sign apart by hyphens", |n| Some(chars_apart(&n.twelve(), "-"))),
    ("pairs", |n| Some(pairs(&n.ten(), " "))),
    ("long pairs", |n| Some(pairs(&n.twelve(), " "))),
    ("pairs and a hyphen", |n| Some(format!("{}-{}", pairs(n.six(), " "), n.four))),
    ("pairs with points", |n| Some(pairs(&n.ten(), "."))),
    ("a tag inside", |n| Some(format!("<b>{}</b>-{}", n.six(), n.four))),
    ("bold markdown inside", |n| Some(format!("**{}**-{}", n.date, n.four))),
    ("an entity inside", |n| Some(format!("{}&nbsp;{}", n.date, n.four))),
    ("a numbered entity inside", |n| Some(format!("{}&#8209;{}", n.six(), n.four))),
    ("an escaped hyphen", |n| Some(format!("{}%2D{}", n.six(), n.four))),
];

/// Spellings that only digits have.
const DIGITS: &[Form] = &[
    ("a stray space after one", |n| Some(stray(&n.ten(), 1))),
    ("a stray space after three", |n| Some(stray(&n.ten(), 3))),
    ("a stray space after five", |n| Some(stray(&n.twelve(), 5))),
    ("a stray space after seven", |n| Some(stray(&n.ten(), 7))),
    ("a stray space after nine", |n| Some(stray(&n.ten(), 9))),
    ("a stray space and a hyphen", |n| Some(format!("{}-{}", stray(n.six(), 3), n.four))),
    ("a stray space in the last four", |n| Some(format!("{}-{}", n.six(), stray(&n.four, 1)))),
    ("a wrong check digit", |n| Some(format!("{}-{}", n.six(), wrong(&n.four)))),
    ("a wrong check digit, compact", |n| Some(format!("{}{}", n.date, wrong(&n.four)))),
    ("a wrong check digit, ten digits", |n| Some(format!("{}{}", n.six(), wrong(&n.four)))),
    ("a wrong check digit and a space", |n| Some(format!("{} {}", n.six(), wrong(&n.four)))),
    ("an impossible month", |n| Some(format!("{}15{}-{}", &n.six()[..2], &n.six()[4..], n.four))),
    ("an impossible day", |n| Some(format!("{}0132-{}", &n.six()[..2], n.four))),
    ("an impossible date, labelled", |n| Some(format!("personnummer {}1955{}", &n.six()[..2], n.four))),
    ("a digit too few, labelled", |n| Some(format!("Personnummer: {}-{}", n.six(), &n.four[..3]))),
    ("a digit too many, labelled", |n| Some(format!("Personnummer: {}-{}7", n.six(), n.four))),
    ("O for 0", |n| Some(misread(&format!("{}-{}", n.six(), n.four), 3, &[('0', 'O')]))),
    ("o for 0, compact", |n| Some(misread(&n.twelve(), 3, &[('0', 'o')]))),
    ("Q for 0", |n| Some(misread(&format!("{} {}", n.date, n.four), 2, &[('0', 'Q')]))),
    ("l for 1", |n| Some(misread(&format!("{}-{}", n.date, n.four), 3, &[('1', 'l')]))),
    ("I for 1", |n| Some(misread(&format!("{}-{}", n.six(), n.four), 3, &[('1', 'I')]))),
    ("a bar for 1", |n| Some(misread(&format!("{}-{}", n.date, n.four), 3, &[('1', '|')]))),
    ("S for 5", |n| Some(misread(&format!("{}-{}", n.six(), n.four), 3, &[('5', 'S')]))),
    ("B for 8", |n| Some(misread(&format!("{}-{}", n.six(), n.four), 3, &[('8', 'B')]))),
    ("Z for 2", |n| Some(misread(&n.twelve(), 3, &[('2', 'Z')]))),
    ("G and b for 6", |n| Some(misread(&format!("{}-{}", n.six(), n.four), 3, &[('6', 'b')]))),
    ("g for 9", |n| Some(misread(&format!("{}-{}", n.date, n.four), 3, &[('9', 'g')]))),
    ("many misread", |n| {
        let mixed = [('0', 'O'), ('1', 'l'), ('5', 'S'), ('8', 'B')];
        Some(misread(&format!("{}-{}", n.six(), n.four), 3, &mixed))
    }),
    ("grown together with a word before", |n| Some(format!("nummer{}-{}", n.six(), n.four))),
    ("grown together with a word after", |n| Some(format!("{}-{}och", n.six(), n.four))),
    ("grown together with digits", |n| Some(format!("7{}-{}", n.six(), n.four))),
    ("hidden by X", |n| Some(format!("{}-XXXX", n.six()))),
    ("hidden by stars", |n| Some(format!("{}-****", n.date))),
    ("partly hidden", |n| Some(format!("{}-{}XX", n.six(), &n.four[..2]))),
    ("the date hidden", |n| Some(format!("XXXXXX-{}", n.four))),
    ("the last four alone", |n| Some(format!("sista fyra: {}", n.four))),
    ("the last four in English", |n| {
        Some(format!("the last four digits of my personal number are {}", n.four))
    }),
];

fn dated(number: &Number, between: &str) -> String {
    let date = &number.date;
    [&date[..4], &date[4..6], &date[6..]].join(between)
}

fn stray(text: &str, at: usize) -> String {
    format!("{} {}", &text[..at], &text[at..])
}

/// The last four with another check digit.
fn wrong(four: &str) -> String {
    let last = four[3..].parse::<u32>().map_or(0, |digit| (digit + 3) % 10);
    format!("{}{last}", &four[..3])
}

/// Texts to set an identifier into: none holds a digit of its own.
const CARRIERS: &[(&str, &str)] = &[
    ("", " är det nummer som jag har, och jag söker platsen som trainee."),
    ("Jag heter som ni ser ovan och har numret ", " sedan jag flyttade hit, så det kan ni använda."),
    ("Hej! Här kommer de uppgifter som ni bad om: ", ""),
    ("| Sökande | ", " | ja |"),
    ("I am applying for the trainee position and my number is ", ", as the form asks for it."),
    ("Please find the details that you asked for below.\n\n", "\n\nI look forward to hearing from you."),
];

/// Texts with digits of their own directly beside the identifier: none of them may hide it.
const CROWDED: &[(&str, &str)] = &[
    ("1. ", "\n2. annat"),
    ("1) ", ", 36 timmar"),
    ("2024-05-06 ", " 10 000 kr"),
    ("2019–2021, ", ", 2022–2024"),
    ("| 1 | ", " | 2019 |"),
    ("12;", ";2019;7,5"),
    ("3\t", "\t180 hp"),
    ("08-465 004 00, ", ", 070-174 06 05"),
    ("252 68 Höganäs, ", " (12)"),
    ("kl. 08:30 ", " kl. 17:00"),
    ("50 % och ", "; 25 %"),
    ("år 2023: ", ". 14 personer"),
];

fn masked(text: &str) -> String {
    let mut stream = Stream::new(Known::default(), crate::fixture::frame());
    let mut parts = stream.push(text.as_bytes());
    parts.extend(stream.finish());
    parts.iter().map(|part| part.text.as_str()).collect()
}

/// The text without the placeholders that stand for identifiers: `[TELEFON 2]`, but not `[2 år]`.
fn without_placeholders(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('[') {
        let inside = &rest[at + 1..];
        let close = inside.find(']').unwrap_or(0);
        let word = inside[..close].trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ');
        let placeholder = !word.is_empty() && word.chars().all(|c| c.is_uppercase() || c == ' ' || c == '-');
        out.push_str(&rest[..at]);
        if placeholder {
            rest = &inside[close + 1..];
        } else {
            out.push('[');
            rest = inside;
        }
    }
    out.push_str(rest);
    out
}

/// Letters and digits in lower case, nothing between.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Counts what was looked for and what was missed.
#[derive(Default)]
struct Tally {
    looked: BTreeMap<String, u64>,
    misses: Vec<String>,
}

impl Tally {
    /// One positive of a text that holds no other digit: none may be left.
    fn no_digit(&mut self, kind: &str, form: &str, text: &str) {
        *self.looked.entry(kind.to_owned()).or_default() += 1;
        let out = masked(text);
        if without_placeholders(&out).contains(|c: char| c.is_numeric()) {
            self.misses.push(format!("{kind}, {form}: {text:?} -> {out:?}"));
        }
    }

    /// One positive between other digits: what is left of all digits is theirs, in their order.
    fn no_other_digit(&mut self, kind: &str, form: &str, (before, spelled, after): (&str, &str, &str)) {
        *self.looked.entry(kind.to_owned()).or_default() += 1;
        let text = format!("{before}{spelled}{after}");
        let out = masked(&text);
        let mut theirs = before.chars().chain(after.chars()).filter(char::is_ascii_digit);
        let left = without_placeholders(&out);
        if !left.chars().filter(char::is_ascii_digit).all(|digit| theirs.any(|one| one == digit)) {
            self.misses.push(format!("{kind}, {form}: {text:?} -> {out:?}"));
        }
    }

    /// One positive: nothing of what must go may be left, whatever stands between its signs.
    fn nothing_of(&mut self, kind: &str, form: &str, text: &str, gone: &[&str]) {
        *self.looked.entry(kind.to_owned()).or_default() += 1;
        let out = masked(text);
        let left = squeezed(&without_placeholders(&out));
        if let Some(found) = gone.iter().find(|word| left.contains(&squeezed(word))) {
            self.misses.push(format!("{kind}, {form}, left {found}: {text:?} -> {out:?}"));
        }
    }

    fn report(self, test: &str, forms: usize) {
        let count: u64 = self.looked.values().sum();
        let missed = self.misses.len() as u64;
        // Clopper–Pearson, one-sided, 95 %: what recall is at least when nothing was missed.
        let bound = if missed == 0 { 0.05_f64.powf(1.0 / count as f64) } else { 0.0 };
        let figures = json!({
            "forms": forms,
            "kinds": self.looked,
            "misses": missed,
            "recall_at_least": (bound * 1e6).floor() / 1e6,
        });
        crate::fixture::figures(&format!("story::structured_identifiers::{test}"), count, &figures);
        let first: Vec<&String> = self.misses.iter().take(200).collect();
        assert!(first.is_empty(), "{missed} of {count} missed:\n{first:#?}");
    }
}

#[test]
fn every_spelling_of_every_number_of_a_person_is_found() {
    let mut tally = Tally::default();
    let numbers = numbers();
    for number in &numbers {
        let mut forms: Vec<&Form> = FORMS.iter().collect();
        if number.kind != "reserve number" {
            forms.extend(PARTED);
        }
        if number.plain() {
            forms.extend(DIGITS);
        }
        for (at, (name, form)) in forms.into_iter().enumerate() {
            let Some(spelled) = form(number) else { continue };
            // Persons' own numbers in every carrier, the others in two of them by turns.
            for (place, (before, after)) in CARRIERS.iter().enumerate() {
                if number.plain() || (place + at) % 3 == 0 {
                    tally.no_digit(number.kind, name, &format!("{before}{spelled}{after}"));
                }
            }
        }
    }
    for number in numbers.iter().filter(|number| number.plain()) {
        for (at, (name, form)) in FORMS.iter().chain(PARTED).chain(DIGITS).enumerate() {
            let Some(spelled) = form(number) else { continue };
            for turn in 0..4 {
                let (before, after) = CROWDED[(at + 3 * turn) % CROWDED.len()];
                tally.no_other_digit("between other digits", name, (before, &spelled, after));
            }
        }
    }
    let positives: u64 = tally.looked.values().sum();
    assert!(positives >= 6_000, "{positives} positives are too few");
    tally.report(
        "every_spelling_of_every_number_of_a_person_is_found",
        FORMS.len() + PARTED.len() + DIGITS.len(),
    );
}

/// The published vectors, or nothing when they are not beside the project.
fn vectors(name: &str) -> Option<Value> {
    let folder = "/../shared/data/pii/personnummer/testdata";
    let path = format!("{}{folder}/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).ok();
    if text.is_none() {
        println!("SKIPPED: the published vectors of personnummer are not beside the project ({name})");
    }
    text.map(|text| serde_json::from_str(&text).expect("JSON"))
}

/// All strings and numbers of a value that look like a number of a person.
fn leaves(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) if text.chars().filter(char::is_ascii_digit).count() >= 9 => {
            out.push(text.clone());
        }
        Value::Number(number) if number.to_string().len() >= 9 => out.push(number.to_string()),
        Value::Array(all) => all.iter().for_each(|one| leaves(one, out)),
        Value::Object(all) => all.values().for_each(|one| leaves(one, out)),
        _ => {}
    }
}

#[test]
fn every_published_vector_is_found() {
    let mut tally = Tally::default();
    let mut forms = 0;
    for name in ["list.json", "structured.json", "interim.json", "orgnumber.json"] {
        let Some(value) = vectors(name) else { return };
        let mut all = Vec::new();
        leaves(&value, &mut all);
        all.sort();
        all.dedup();
        assert!(all.len() >= 6, "{name}");
        for vector in &all {
            // Which side of the hyphen is what: spelled anew in every form that the kind can have.
            let signs: String = vector.chars().filter(char::is_ascii_alphanumeric).collect();
            let lettered = signs.contains(|c: char| c.is_ascii_alphabetic());
            let firm = name == "orgnumber.json";
            // An organisation number without a hyphen or a label is any number of ten digits.
            let text =
                if firm && !vector.contains('-') { format!("org.nr {vector}") } else { vector.clone() };
            for (before, after) in CARRIERS {
                tally.no_digit(name, "as published", &format!("{before}{text}{after}"));
            }
            let date = match signs.len() {
                12 => signs[..8].to_owned(),
                10 => format!("19{}", &signs[..6]),
                _ => continue,
            };
            let number = Number::new("vector", &date, &signs[signs.len() - 4..]);
            let mut every: Vec<&Form> = FORMS.iter().chain(PARTED).collect();
            if !lettered {
                every.extend(DIGITS);
            }
            if firm {
                every.clear();
            }
            forms = forms.max(every.len());
            for (at, (form_name, form)) in every.into_iter().enumerate() {
                let Some(spelled) = form(&number) else { continue };
                let (before, after) = CARRIERS[at % CARRIERS.len()];
                tally.no_digit(name, form_name, &format!("{before}{spelled}{after}"));
            }
        }
    }
    // All test numbers of Skatteverket, each in one form after the other, a line each.
    let within_a_line: Vec<&Form> = FORMS
        .iter()
        .chain(PARTED)
        .chain(DIGITS)
        .filter(|(name, form)| {
            let one = form(&Number::new("", "19900101", "9802")).unwrap_or_default();
            !one.contains('\n') && !name.contains("address of the web")
        })
        .collect();
    for name in ["allPins.json", "allCoords.json"] {
        let Some(value) = vectors(name) else { return };
        let mut all = Vec::new();
        leaves(&value, &mut all);
        let mut stream = Stream::new(Known::default(), crate::fixture::frame());
        let mut parts = Vec::new();
        let mut given = Vec::new();
        for (at, vector) in all.iter().enumerate() {
            let number = Number::new("vector", &vector[..8], &vector[8..]);
            let (form_name, form) = within_a_line[at % within_a_line.len()];
            let spelled = form(&number).expect("a spelling");
            let line = format!("Sökande har numret {spelled} i registret.\n\n");
            parts.extend(stream.push(line.as_bytes()));
            given.push((*form_name, line));
        }
        parts.extend(stream.finish());
        let out: String = parts.iter().map(|part| format!("{}\n\n", part.text.trim_end())).collect();
        let lines: Vec<&str> = out.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(lines.len(), given.len(), "{name}");
        for (line, (form_name, text)) in lines.iter().zip(&given) {
            *tally.looked.entry(name.to_owned()).or_default() += 1;
            if without_placeholders(line).contains(|c: char| c.is_numeric()) {
                tally.misses.push(format!("{name}, {form_name}: {text:?} -> {line:?}"));
            }
        }
    }
    tally.report("every_published_vector_is_found", forms);
}

/// A sentence for what is no number of a person.
const AROUND: &[(&str, &str)] = &[
    ("", " är vad som gäller."),
    ("Det som ni frågade om är ", " om jag minns rätt."),
    ("Here is what you asked for: ", ""),
    ("| Uppgift | ", " |"),
];

fn all_around(tally: &mut Tally, kind: &str, spellings: &[String]) {
    for spelled in spellings {
        for (before, after) in AROUND {
            tally.no_digit(kind, spelled, &format!("{before}{spelled}{after}"));
        }
    }
}

#[test]
fn firms_accounts_cards_cars_and_machines_are_found() {
    let mut tally = Tally::default();
    let mut forms = 0;
    // Firms, and sole traders, whose number is the personnummer.
    for (six, serial) in [("556677", 889), ("802016", 123), ("969663", 440), ("212000", 113)] {
        let four = format!("{serial}{}", check_digit(&format!("{six}{serial}")));
        let all = [
            format!("{six}-{four}"),
            format!("{six}–{four}"),
            format!("{six} - {four}"),
            format!("{six} {four}"),
            format!("{six}-\n{four}"),
            format!("16{six}-{four}"),
            format!("org.nr {six}{four}"),
            format!("org nr: {six} {four}"),
            format!("Organisationsnummer: {six}-{four}"),
            format!("organisationsnummer\n{six}{four}"),
            format!("organisation number {six}{four}"),
            format!("Momsregistreringsnummer: SE{six}{four}01"),
            format!("VAT no. SE {six}-{four} 01"),
            format!("VAT SE{six}{four}01"),
            format!("SE{six}{four}01"),
            with_digits_from(&format!("{six}-{four}"), 0xFF10),
            chars_apart(&format!("{six}-{four}"), "\u{200B}"),
        ];
        forms = forms.max(all.len());
        all_around(&mut tally, "organisation number", &all);
    }
    for number in numbers().iter().filter(|number| number.kind == "personnummer") {
        let all = [
            format!("enskild firma, org.nr {}-{}", number.six(), number.four),
            format!("org.nr {}", number.ten()),
            format!("VAT: SE{}01", number.ten()),
            format!("SE {} {} 01", number.six(), number.four),
            format!("Firma, {}-{}", number.six(), number.four),
        ];
        all_around(&mut tally, "sole trader", &all);
    }
    for (country, account) in [
        ("SE", "50000000058398257466"),
        ("SE", "80000810340009783242"),
        ("NO", "86011117947"),
        ("DK", "00400440116243"),
        ("FI", "12345600000785"),
        ("DE", "370400440532013000"),
        ("GB", "NWBK60161331926819"),
    ] {
        let iban = iban(country, account);
        let spaced = iban.as_bytes().chunks(4).map(|four| String::from_utf8_lossy(four)).collect::<Vec<_>>();
        let all = [
            iban.clone(),
            iban.to_lowercase(),
            spaced.join(" "),
            spaced.join("-"),
            spaced.join("\u{A0}"),
            format!("IBAN: {iban}"),
            format!("IBAN{iban}"),
            format!("iban {}", spaced.join(" ").to_lowercase()),
            chars_apart(&iban, "\u{200B}"),
            format!("{country} {}", spaced.join(" ").trim_start_matches(country)),
        ];
        all_around(&mut tally, "IBAN", &all);
    }
    for (stem, groups) in [
        ("411111111111111", &[4, 4, 4, 4][..]),
        ("555555555555444", &[4, 4, 4, 4]),
        ("222300004841001", &[4, 4, 4, 4]),
        ("37828224631000", &[4, 6, 5]),
        ("3056930902590", &[4, 6, 4]),
    ] {
        let card = format!("{stem}{}", check_digit(stem));
        let mut from = 0;
        let parts: Vec<&str> = groups
            .iter()
            .map(|size| {
                from += size;
                &card[from - size..from]
            })
            .collect();
        let all = [
            card.clone(),
            parts.join(" "),
            parts.join("-"),
            parts.join("\u{A0}"),
            parts.join("."),
            parts.join("\n"),
            format!("kortnummer: {card}"),
            format!("Visa {}", parts.join(" ")),
            format!("card no {}", parts.join("-")),
            chars_apart(&card, "\u{200B}"),
            with_digits_from(&card, 0xFF10),
        ];
        all_around(&mut tally, "card", &all);
    }
    let accounts = [
        "kontonummer: 8327-9, 123 456 789-0",
        "Kontonr 6789 123 456 789",
        "konto 3300-900101-9802",
        "clearingnummer 8327-9, kontonummer 123 456 789",
        "clearing 5270 konto 12 345 67",
        "Clearing: 9270",
        "bankkonto 9270 1234567",
        "lönekonto 1234 56 78901",
        "account no. 5012 1234567",
        "account number: 50121234567",
        "bank account 5012-1234567",
        "mitt konto i Swedbank är 8327-9,123 456 789-0",
        "Handelsbanken 6789 123 456 789",
        "SEB 5012 1234567",
        "Nordea 3300 900101 9802",
        "Nordea, clearing 1160, 12 34 567",
        "bankgiro 123-4567",
        "Bankgiro: 5050-1055",
        "bg 5050-1055",
        "BG: 123-4567",
        "bankgironummer 50501055",
        "plusgiro 12 34 56-7",
        "PG 123456-7",
        "Pg: 90 20 03-3",
        "postgiro 4 12 34-5",
        "Swish: 123 456 78 90",
        "Swish 1234567890",
        "swisha till 070-174 06 05",
        "Swishnummer: 0701740605",
    ]
    .map(str::to_owned);
    all_around(&mut tally, "account", &accounts);
    let plates = [
        "regnr ABC 123",
        "reg.nr: ABC123",
        "Reg nr abc 123",
        "registreringsnummer ABC 12D",
        "Registreringsnumret är MLB84A",
        "registration number ABC 123",
        "license plate ABC 123",
        "bilen ABC 123",
        "min bil, ABC123,",
        "en Volvo med skylten ABC 12D",
        "bilen (ABC-123)",
        "my car ABC 123",
        "parkering för ABC123",
        "regskylt ABC\u{A0}123",
        "bil A B C 123",
    ]
    .map(str::to_owned);
    all_around(&mut tally, "car plate", &plates);
    let machines = [
        "192.0.2.17",
        "198.51.100.254",
        "IP 203.0.113.9",
        "203.0.113.9:8080",
        "192.0.2.0/24",
        "192[.]0[.]2[.]17",
        "(198.51.100.7)",
        "198.51.100.7,",
        "2001:db8:85a3:0:0:8a2e:370:7334",
        "2001:db8::8a2e:370:7334",
        "[2001:db8::1]",
        "fe80::1ff:fe23:4567:890a%eth0",
        "::ffff:192.0.2.128",
        "MAC 00:00:5E:00:53:AF",
        "00-00-5e-00-53-af",
        "00:00:5e:00:53:af",
    ]
    .map(str::to_owned);
    all_around(&mut tally, "machine", &machines);
    let documents = [
        "passnummer 12345678",
        "Passnr: AA1234567",
        "pass nr 9123 4567",
        "passport no. AB123456",
        "Passport number: 123456789",
        "ID-kort 12345678",
        "ID-kort nr 1234 5678",
        "identity card AB1234567",
        "körkortsnummer 900101-9802",
        "Körkortsnr 19900101980",
        "driving licence number 900101980",
        "anställningsnummer 104511",
        "Anst.nr 4511",
        "employee number 104511",
        "studentnummer 12345",
        "student id: 20231234",
        "LMA-nummer 50-123456",
        "kundnummer 445566",
        "medlemsnummer 112233",
    ]
    .map(str::to_owned);
    all_around(&mut tally, "document", &documents);
    tally.report("firms_accounts_cards_cars_and_machines_are_found", forms);
}

/// A country's account number with its check digits.
fn iban(country: &str, account: &str) -> String {
    let value = |c: char| c.to_digit(36).expect("a letter or digit").to_string();
    let digits: String = account.chars().chain(country.chars()).map(value).collect::<String>() + "00";
    let remainder = digits.chars().fold(0, |sum, c| (sum * 10 + c.to_digit(10).expect("a digit")) % 97);
    format!("{country}{:02}{account}", 98 - remainder)
}

#[test]
fn addresses_telephones_births_and_ages_are_found() {
    let mut tally = Tally::default();
    let mails: &[&str] = &[
        "klara.odman@example.com",
        "Klara.Odman@EXAMPLE.COM",
        "klara.odman+jobb@example.org",
        "klara_odman99@mail.example.net",
        "klara.odman (at) example.com",
        "klara.odman(at)example.com",
        "klara.odman [at] example.com",
        "klara.odman [at] example [dot] com",
        "klara.odman(at)example(dot)com",
        "klara.odman {at} example.com",
        "klara.odman <at> example.com",
        "klara.odman at example dot com",
        "klara.odman at example.com",
        "klara.odman snabel-a example punkt com",
        "klara.odman snabela example punkt com",
        "klara.odman (snabel-a) example.com",
        "klara.odman [snabel-a] example [punkt] com",
        "klara.odman (a) example.com",
        "klara.odman @ example.com",
        "klara.odman@ example.com",
        "klara.odman @example.com",
        "klara.odman@example. com",
        "klara.odman@example .com",
        "klara.odman＠example.com",
        "klara.odman\u{FE6B}example.com",
        "klara.odman@exam\u{AD}ple.com",
        "klara\u{200B}.odman@example\u{200B}.com",
        "<klara.odman@example.com>",
        "\"klara.odman@example.com\"",
        "mailto:klara.odman@example.com",
        "e-post:klara.odman@example.com",
        "E-post: klara.odman@example.com.",
        "**klara.odman@example.com**",
        "klara.odman@example.com,",
        "(klara.odman@example.com)",
        "ｋｌａｒａ.odman@example.com",
        "k.odman@xn--exmple-cua.com",
    ];
    for spelled in mails {
        for (before, after) in AROUND {
            tally.nothing_of("e-mail", spelled, &format!("{before}{spelled}{after}"), &["odman", "example"]);
        }
    }
    let phones: Vec<String> = [
        "070-174 06 05",
        "070-1740605",
        "0701740605",
        "070 174 06 05",
        "070.174.06.05",
        "070/174 06 05",
        "(070) 174 06 05",
        "(070)1740605",
        "+46701740605",
        "+46 70 174 06 05",
        "+46 (0)70-174 06 05",
        "+46(0)701740605",
        "0046701740605",
        "0046 70 174 06 05",
        "+46-70-174 06 05",
        "070–174 06 05",
        "070\u{2011}174\u{A0}06\u{A0}05",
        "070-17 40 605",
        "070 1740 605",
        "07 01 74 06 05",
        "Tel: 070-1740605",
        "tfn 0701740605",
        "mobil:070-174 06 05",
        "Phone: +46 70 174 06 05",
        "08-465 004 00",
        "08-46500400",
        "08 465 004 00",
        "+46 8 465 004 00",
        "+46 (0) 8 465 004 00",
        "031-390 06 00",
        "０７０-１７４ ０６ ０５",
        "070\u{200B}174\u{200B}0605",
        "tel:+46701740605",
        "070 - 174 06 05",
        "ring 070-1740605!",
        "**070-174 06 05**",
        "<0701740605>",
    ]
    .map(str::to_owned)
    .to_vec();
    all_around(&mut tally, "telephone", &phones);
    let places: &[(&str, &str)] = &[
        ("Storvägen 3, 252 68 Höganäs", "storvägen"),
        ("Storvägen 3\n252 68 Höganäs", "storvägen"),
        ("Storvägen 3 B, lgh 1203, 25268 Höganäs", "storvägen"),
        ("Storvägen\u{A0}3", "storvägen"),
        ("Norra Storvägen 3", "storvägen"),
        ("Klara Ödmans gata 5", "ödmans"),
        ("Sankt Klaras gränd 7", "klaras"),
        ("c/o Ödman, Storvägen 3", "ödman"),
        ("Box 123, 252 68 Höganäs", "höganäs"),
        ("SE-252 68 Höganäs", "höganäs"),
        ("S-252 68 Höganäs", "höganäs"),
        ("252 68 HÖGANÄS", "höganäs"),
        ("25268 Höganäs", "höganäs"),
        ("12 Klaras Street", "klaras"),
        ("Storva\u{308}gen 3, 252 68 Ho\u{308}gana\u{308}s", "storvägen"),
    ];
    for (spelled, gone) in places {
        for (before, after) in AROUND {
            let text = format!("{before}{spelled}{after}");
            tally.no_digit("address", spelled, &text);
            tally.nothing_of("address", spelled, &text, &[gone]);
        }
    }
    let links: &[&str] = &[
        "https://www.linkedin.com/in/klaraodman",
        "http://klaraodman.example.org",
        "www.klaraodman.example.com",
        "linkedin.com/in/klaraodman",
        "github.com/klaraodman",
        "Instagram: @klaraodman",
        "@klaraodman",
        "https://example.org/~klaraodman/cv.html",
        "klaraodman.example.se/cv",
        "(https://example.com/klaraodman)",
        "<https://example.com/klaraodman>",
        "[min sida](https://example.com/klaraodman)",
        "hxxps://example.com/klaraodman",
        "https://\u{200B}example.com/klaraodman",
    ];
    for spelled in links {
        for (before, after) in AROUND {
            tally.nothing_of("link", spelled, &format!("{before}{spelled}{after}"), &["klaraodman"]);
        }
    }
    let births: &[(&str, &str)] = &[
        ("född 1990-01-01", "1990"),
        ("Född: 1990-01-01", "1990"),
        ("född den 1 januari 1990", "1990"),
        ("född 900101", "900101"),
        ("född 1990", "1990"),
        ("född år 1990", "1990"),
        ("Födelsedatum: 19900101", "1990"),
        ("födelsedatum 1 jan 1990", "1990"),
        ("Födelseår 1990", "1990"),
        ("f. 1990", "1990"),
        ("f. 1/1 1990", "1990"),
        ("född 1/1-90", "190"),
        ("född 01.01.1990", "1990"),
        ("born 1 January 1990", "1990"),
        ("born on January 1, 1990", "1990"),
        ("born in 1990", "1990"),
        ("Date of birth: 01/01/1990", "1990"),
        ("DOB 1990-01-01", "1990"),
        ("D.O.B. 01-01-1990", "1990"),
    ];
    for (spelled, gone) in births {
        for (before, after) in AROUND {
            tally.nothing_of("birth", spelled, &format!("{before}{spelled}{after}"), &[gone]);
        }
    }
    let ages: &[(&str, &str)] = &[
        ("Jag är 36 år gammal", "36"),
        ("jag är 36 år", "36"),
        ("Jag är trettiosex år", "trettiosex"),
        ("trettiosex år gammal", "trettiosex"),
        ("en 36-åring", "36"),
        ("en 36-årig ekonom", "36"),
        ("Ålder: 36", "36"),
        ("ålder 36 år", "36"),
        ("I am 36 years old", "36"),
        ("I'm thirty-six years old", "thirtysix"),
        ("a 36-year-old economist", "36"),
        ("aged 36", "36"),
        ("Age: 36", "36"),
        ("jag fyller 37 i år", "37"),
    ];
    for (spelled, gone) in ages {
        for (before, after) in AROUND {
            tally.nothing_of("age", spelled, &format!("{before}{spelled}{after}"), &[gone]);
        }
    }
    let forms = mails.len() + phones.len() + places.len() + links.len() + births.len() + ages.len();
    tally.report("addresses_telephones_births_and_ages_are_found", forms);
}

/// What looks like an identifier and is none.
const STAYS: &[&str] = &[
    "2019–2021",
    "2019-2021",
    "2019 - 2021",
    "åren 2001 2002 2003",
    "201209-2014",
    "2012-09–2014-06",
    "2011-12-01 – 2013-01-31",
    "20120901 – 2014",
    "20190101–20191231",
    "05-2019 – 06-2021",
    "2019-12-01 08:30",
    "2019-05-06",
    "1 juni 2020",
    "08.00-16.00",
    "kl. 08:30–17:00",
    "mån-fre 07.00-15.30",
    "10 000 SEK",
    "400 000 kronor",
    "1 050 000 000 kr",
    "1 201 010 000 kr",
    "12 500 000 euro",
    "1,234,567 USD",
    "15000-20000 kr",
    "omsättning 2 345 678 900 kr",
    "37,5 timmar",
    "180 hp",
    "30 ECTS credits",
    "7,5 högskolepoäng",
    "120 credits",
    "ISO 9001:2015",
    "ISO 27001:2022",
    "ISO/IEC 27001",
    "SS-EN 301 549",
    "EN 301 549 V3.2.1",
    "IFRS 16",
    "RFC 2119 och RFC 8174",
    "kursen TDA 452",
    "DVA 117 Datavetenskap, grundkurs",
    "kurs ABC 123, 7,5 hp",
    "course EDA 216 (databases)",
    "TDA452",
    "FMA 420",
    "Python 3.12",
    "version 10.4.2.1",
    "v1.2.3.4",
    "Windows 11 22H2",
    "version 4.2.1",
    "10.0.19",
    "Chrome 120.0.6099.109 är en version",
    "kernel 5.15.0.91",
    "ISBN 978-91-7000-123-4",
    "ISBN 91-7000-123-4",
    "EAN 7310865004703",
    "mellan 10 och 12 personer",
    "10-12 personer",
    "3 000 invånare",
    "1 234 567 invånare",
    "50/50",
    "24/7",
    "1:a",
    "steg 1, 2, 3 och 4",
    "SFS 2018:218",
    "GDPR art. 6.1 e",
    "diarienummer KS 2023/145",
    "prop. 2017/18:105",
    "sida 12-15",
    "lag (2018:218)",
    "bitar 16, 32, 64, 128",
    "resultat 3-2, 4-1 och 2-2",
    "1920x1080",
    "4K och 8K",
    "100 %",
    "12,5 procent",
    "0,75 FTE",
    "B-körkort",
    "C1-nivå i engelska",
    "Excel 365",
    "SAP S/4HANA 2022",
    "std::net::Ipv6Addr",
    "klockan 12:30:45",
    "ratio 1:2:3",
    "GPA 3.85/4.00",
    "CAP 2020",
    "ABC 123 metoden",
];

#[test]
fn years_amounts_courses_and_versions_are_no_identifiers() {
    use SpanCategory as C;
    let identifiers = [
        C::PersonalNumber,
        C::OrganisationNumber,
        C::Account,
        C::Vehicle,
        C::Link,
        C::Phone,
        C::Email,
        C::Address,
        C::Birth,
    ];
    assert!(STAYS.len() >= 60);
    let mut taken = Vec::new();
    for text in STAYS {
        for (before, after) in
            [("", ""), ("Jag arbetade med detta: ", " och det gick bra."), ("- ", "\n- annat")]
        {
            let whole = format!("{before}{text}{after}");
            let mut stream = Stream::new(Known::default(), crate::fixture::frame());
            let mut parts = stream.push(whole.as_bytes());
            parts.extend(stream.finish());
            for (span, _) in parts.iter().flat_map(|part| &part.spans) {
                if identifiers.contains(&span.category) {
                    taken.push(format!("{whole:?} -> {:?} by {}", span.category, span.rule));
                }
            }
        }
    }
    let count = STAYS.len() as u64 * 3;
    let figures = json!({ "strings": STAYS.len(), "taken": taken.len() });
    crate::fixture::figures(
        "story::structured_identifiers::years_amounts_courses_and_versions_are_no_identifiers",
        count,
        &figures,
    );
    assert!(taken.is_empty(), "{taken:#?}");
}
