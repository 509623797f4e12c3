//! Invented applicants and their applications, for the tests that ask whether a text tells who wrote it.
//!
//! A template (`fixtures/pseudonymise/applications`) is a whole application with slots for everything that
//! belongs to a person; `application` fills them. Names are put together by chance from the half of the
//! lists by origin that the tagger was not trained on; telephone numbers and personnummer come from the series
//! that PTS and Skatteverket keep for tests. Chance comes from a seed that is handed in: the same seed gives
//! the same people.

use jiff::civil::Date;
use urval::casework::App;
use urval::pipeline::pseudonymise::folded;
use urval::pipeline::received::{Known, Received, Section, SectionKind};

/// An application with slots.
pub struct Template {
    pub name: &'static str,
    pub english: bool,
    pub text: &'static str,
    /// Sentences of the text that tell a merit, one a line, without slots.
    pub merits: &'static str,
}

macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        [$(Template {
            name: $name,
            english: matches!($name.as_bytes(), [.., b'e', b'n']),
            text: include_str!(concat!("fixtures/pseudonymise/applications/", $name, ".txt")),
            merits: include_str!(concat!("fixtures/pseudonymise/applications/", $name, ".merits.txt")),
        }),*]
    };
}

pub const TEMPLATES: [Template; 42] = templates![
    "01-sv", "02-sv", "03-sv", "04-sv", "05-sv", "06-sv", "07-sv", "08-sv", "09-sv", "10-sv", "11-sv",
    "12-sv", "13-sv", "14-sv", "15-sv", "16-sv", "17-sv", "18-sv", "19-sv", "20-sv", "21-sv", "22-sv",
    "23-sv", "24-sv", "25-sv", "26-sv", "27-sv", "28-sv", "01-en", "02-en", "03-en", "04-en", "05-en",
    "06-en", "07-en", "08-en", "09-en", "10-en", "11-en", "12-en", "13-en", "14-en",
];

/// Chance from a seed (SplitMix64).
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).expect("a small number")
    }

    pub fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    Female,
    Male,
    Neutral,
}

impl Sex {
    pub const ALL: [Self; 3] = [Self::Female, Self::Male, Self::Neutral];

    pub fn of(chance: &mut Chance) -> Self {
        *chance.pick(&Self::ALL)
    }
}

/// Where names come from, and a country that goes with them.
pub const ORIGINS: [(&str, &str, &str); 24] = [
    ("swedish", "Danmark", "Denmark"),
    ("arabic", "Syrien", "Syria"),
    ("finnish", "Finland", "Finland"),
    ("polish", "Polen", "Poland"),
    ("somali", "Somalia", "Somalia"),
    ("albanian", "Kosovo", "Kosovo"),
    ("bosnian-serbian-croatian", "Bosnien", "Bosnia"),
    ("chinese", "Kina", "China"),
    ("danish-norwegian", "Norge", "Norway"),
    ("english", "Irland", "Ireland"),
    ("eritrean-ethiopian", "Eritrea", "Eritrea"),
    ("german", "Tyskland", "Germany"),
    ("greek", "Grekland", "Greece"),
    ("hungarian", "Ungern", "Hungary"),
    ("indian-pakistani", "Pakistan", "Pakistan"),
    ("kurdish", "Irak", "Iraq"),
    ("persian", "Iran", "Iran"),
    ("romanian", "Rumänien", "Romania"),
    ("spanish-latin", "Chile", "Chile"),
    ("thai", "Thailand", "Thailand"),
    ("turkish", "Turkiet", "Turkey"),
    ("ukrainian-russian", "Ukraina", "Ukraine"),
    ("vietnamese", "Vietnam", "Vietnam"),
    ("west-african", "Gambia", "Gambia"),
];

/// Given names that women and men have alike.
const NEUTRAL: [&str; 12] =
    ["Kim", "Robin", "Charlie", "Alex", "Mika", "Sasha", "Noa", "Love", "Lo", "Jamie", "Vanja", "Sam"];

pub const TOWNS: [&str; 40] = [
    "Helsingborg",
    "Malmö",
    "Lund",
    "Ängelholm",
    "Landskrona",
    "Höganäs",
    "Åstorp",
    "Båstad",
    "Klippan",
    "Trelleborg",
    "Ystad",
    "Simrishamn",
    "Tomelilla",
    "Sjöbo",
    "Hörby",
    "Höör",
    "Eslöv",
    "Hässleholm",
    "Osby",
    "Olofström",
    "Sölvesborg",
    "Karlshamn",
    "Ronneby",
    "Kalmar",
    "Nybro",
    "Vetlanda",
    "Eksjö",
    "Tranås",
    "Mjölby",
    "Västervik",
    "Laholm",
    "Falkenberg",
    "Varberg",
    "Kungsbacka",
    "Mölndal",
    "Alingsås",
    "Skara",
    "Härnösand",
    "Kiruna",
    "Åmål",
];

const STREETS: [&str; 20] = [
    "Storgatan",
    "Södra Långgatan",
    "Björkvägen",
    "Ekstigen",
    "Kullagatan",
    "Norra Vallgatan",
    "Hamntorget",
    "Skolgränd",
    "Lingonvägen",
    "Fältarpsvägen",
    "Östra Kajen",
    "Kvarnbacken",
    "Prästgatan",
    "Tallåsvägen",
    "Grusgången",
    "Västra Ringvägen",
    "Rosengatan",
    "Sankt Jörgens väg",
    "Bruksallén",
    "Hasselstigen",
];

const NICKNAMES: [&str; 16] = [
    "kanelbulle",
    "havsvind",
    "pixelraven",
    "cykelfantasten",
    "nattugglan",
    "kaffekoppen",
    "blomkruka",
    "tangopeppar",
    "isbiten",
    "grusvagen",
    "molntuss",
    "strandskata",
    "lakritsen",
    "skogsmulle",
    "bokmalen",
    "regnbagen",
];

/// Associations by what membership in them tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Association {
    Ordinary,
    Mosque,
    Church,
    Union,
    Party,
}

/// The names of organisations that the tagger was not trained on, and of unions, churches and parties all:
/// there are few.
pub fn association(kind: Association, english: bool, chance: &mut Chance) -> String {
    let all = include_str!("../models/tagger/text/organisations.tsv");
    let wanted = match kind {
        Association::Ordinary => "association",
        Association::Mosque | Association::Church => "church",
        Association::Union => "union",
        Association::Party => "party",
    };
    let mosque = ["mosk", "mosq", "islam", "muslim", "imam"];
    let of_lang = if english { "en" } else { "sv" };
    let names: Vec<&str> = all
        .lines()
        .skip(1)
        .enumerate()
        .filter(|(index, _)| kind != Association::Ordinary || english || index % 4 == 3)
        .filter_map(|(_, line)| {
            let [of, lang, name] = line.split('\t').collect::<Vec<_>>()[..] else { return None };
            let is_mosque = mosque.iter().any(|word| name.to_lowercase().contains(word));
            let fits = match kind {
                Association::Mosque => is_mosque,
                Association::Church => !is_mosque,
                _ => true,
            };
            (of == wanted && lang == of_lang && fits).then_some(name)
        })
        .collect();
    assert!(!names.is_empty(), "{kind:?} {english}");
    (*chance.pick(&names)).to_owned()
}

/// Names of one origin that the tagger was not trained on.
fn names(origin: &str, role: &str) -> Vec<&'static str> {
    include_str!("../models/tagger/text/names-by-origin.tsv")
        .lines()
        .skip(1)
        .filter_map(|line| {
            line.strip_prefix(origin)?.strip_prefix('\t')?.strip_prefix(role)?.strip_prefix('\t')
        })
        .skip(1)
        .step_by(2)
        .collect()
}

/// An applicant. All invented.
#[derive(Clone, Debug)]
pub struct Person {
    pub given: String,
    pub family: String,
    pub sex: Sex,
    pub origin: &'static str,
    /// The country of birth in Swedish and English, as an application tells it.
    pub country: (&'static str, &'static str),
    pub birth: Date,
    pub partner: Sex,
    pub email: String,
    pub phone: String,
    pub street: String,
    pub postcode: String,
    pub town: String,
    pub handle: String,
    pub association: String,
    serial: usize,
}

impl Person {
    /// An applicant with a name of this origin and this sex, aged between 24 and 60.
    pub fn new(origin: &'static str, sex: Sex, english: bool, chance: &mut Chance) -> Self {
        let birth = Date::new(
            2026 - 25 - i16::try_from(chance.below(36)).expect("small"),
            1 + i8::try_from(chance.below(12)).expect("small"),
            1 + i8::try_from(chance.below(28)).expect("small"),
        )
        .expect("a day");
        let origins = ORIGINS.iter().find(|(name, ..)| *name == origin).expect("an origin");
        let mut person = Self {
            given: String::new(),
            family: String::new(),
            sex,
            origin,
            country: (origins.1, origins.2),
            birth,
            partner: Sex::of(chance),
            email: String::new(),
            phone: String::new(),
            street: String::new(),
            postcode: String::new(),
            town: String::new(),
            handle: String::new(),
            association: association(Association::Ordinary, english, chance),
            serial: 980 + chance.below(10) * 2 + usize::from(sex == Sex::Male),
        };
        person.rename(origin, sex, chance);
        person.move_house(chance);
        person.contact(chance);
        person
    }

    /// Anyone.
    pub fn any(english: bool, chance: &mut Chance) -> Self {
        let (origin, ..) = *chance.pick(&ORIGINS);
        let sex = Sex::of(chance);
        Self::new(origin, sex, english, chance)
    }

    pub fn full(&self) -> String {
        format!("{} {}", self.given, self.family)
    }

    /// Another name, and an address and handle that go with it. The words for the sex stay.
    pub fn rename(&mut self, origin: &str, sex: Sex, chance: &mut Chance) {
        let role = if sex == Sex::Female { "given_f" } else { "given_m" };
        let given = names(origin, role);
        self.given = (*chance.pick(if sex == Sex::Neutral { &NEUTRAL[..] } else { &given[..] })).into();
        self.family = (*chance.pick(&names(origin, "family"))).into();
        self.address_words(chance);
    }

    /// Another e-mail address, handle and telephone number.
    pub fn contact(&mut self, chance: &mut Chance) {
        self.address_words(chance);
        let last = 605 + chance.below(95);
        let home = chance.below(100);
        self.phone = match chance.below(5) {
            0 => format!("070-174 0{} {:02}", last / 100, last % 100),
            1 => format!("+46 70 174 0{last}"),
            2 => format!("0701740{last}"),
            3 => format!("+46(0)70-1740{last}"),
            _ => format!("08-465 004 {home:02}"),
        };
    }

    fn address_words(&mut self, chance: &mut Chance) {
        let plain = |text: &str| -> String {
            folded(text).chars().filter(char::is_ascii_alphanumeric).collect::<String>()
        };
        let (given, family) = (plain(&self.given), plain(&self.family));
        let year = self.birth.year() % 100;
        let first = given.chars().next().unwrap_or('a');
        let nickname = *chance.pick(&NICKNAMES);
        let domain = *chance.pick(&["example.com", "example.org", "example.net"]);
        let local = match chance.below(6) {
            0 | 1 => format!("{given}.{family}"),
            2 => format!("{first}{family}"),
            3 => format!("{given}{year:02}"),
            4 => format!("{family}.{given}"),
            _ => format!("{nickname}{year:02}"),
        };
        self.email = format!("{local}@{domain}");
        self.handle = match chance.below(5) {
            0 => format!("{given}{family}"),
            1 => format!("{given}-{family}"),
            2 => format!("{first}{family}{year:02}"),
            _ => format!("{nickname}{}", chance.below(90) + 10),
        };
    }

    /// Another street, postcode and town.
    pub fn move_house(&mut self, chance: &mut Chance) {
        let number = 1 + chance.below(98);
        self.street = match chance.below(5) {
            0 => format!("{} {number} {}", chance.pick(&STREETS), chance.pick(&['A', 'B', 'C'])),
            1 => format!(
                "{} {number}, lgh 1{}0{}",
                chance.pick(&STREETS),
                chance.below(5),
                1 + chance.below(8)
            ),
            _ => format!("{} {number}", chance.pick(&STREETS)),
        };
        let (three, two) = (211 + chance.below(700), 10 + chance.below(90));
        self.postcode = if chance.below(2) == 0 { format!("{three} {two}") } else { format!("{three}{two}") };
        self.town = (*chance.pick(&TOWNS)).into();
    }

    /// Born so many years later (earlier if negative). Studies and employments move along and last as long.
    pub fn younger(&mut self, years: i16) {
        self.birth =
            Date::new(self.birth.year() + years, self.birth.month(), self.birth.day()).expect("a day");
    }

    pub fn age(&self) -> i16 {
        let today = crate::fixture::frame().today;
        let had_birthday = (today.month(), today.day()) >= (self.birth.month(), self.birth.day());
        today.year() - self.birth.year() - i16::from(!had_birthday)
    }

    /// The year that the years of studies and employments are counted from.
    fn reference(&self) -> i16 {
        (self.birth.year() + 30).min(2026)
    }

    /// A personnummer from Skatteverket's series for tests, with its right check digit.
    pub fn personnummer(&self) -> String {
        let (year, month, day) = (self.birth.year(), self.birth.month(), self.birth.day());
        let nine = format!("{:02}{month:02}{day:02}{:03}", year % 100, self.serial);
        let sum: u32 = nine
            .chars()
            .enumerate()
            .map(|(index, c)| c.to_digit(10).expect("a digit") * if index % 2 == 0 { 2 } else { 1 })
            .map(|value| value / 10 + value % 10)
            .sum();
        format!("{year}{month:02}{day:02}-{:03}{}", self.serial, (10 - sum % 10) % 10)
    }

    pub fn birth_date(&self, english: bool) -> String {
        const SV: [&str; 12] = [
            "januari",
            "februari",
            "mars",
            "april",
            "maj",
            "juni",
            "juli",
            "augusti",
            "september",
            "oktober",
            "november",
            "december",
        ];
        const EN: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        let (year, month, day) = (self.birth.year(), self.birth.month(), self.birth.day());
        if self.serial % 4 < 2 {
            return format!("{year}-{month:02}-{day:02}");
        }
        let index = usize::try_from(month).expect("a month") - 1;
        format!("{day} {} {year}", if english { EN[index] } else { SV[index] })
    }

    pub fn initials(&self) -> String {
        let letter =
            |word: Option<&str>| word.and_then(|word| word.chars().next()).unwrap_or('X').to_uppercase();
        let family = self.family.split([' ', '-']).next_back();
        format!("{}.{}.", letter(Some(&self.given)), letter(family))
    }

    pub fn linkedin(&self) -> String {
        format!("https://www.linkedin.com/in/{}", self.handle)
    }

    /// What stands in a slot about this person; `None` for a slot about somebody else.
    pub fn value(&self, slot: &str, english: bool) -> Option<String> {
        let of = |sex: Sex, words: &str| {
            words.split('|').nth(sex as usize).expect("a word for each sex").to_owned()
        };
        if let Some(words) = slot.strip_prefix("S:") {
            return Some(of(self.sex, words));
        }
        if let Some(words) = slot.strip_prefix("PARTNER:") {
            return Some(of(self.partner, words));
        }
        if let Some(years) = slot.strip_prefix("Y-") {
            let years: i16 = years.parse().expect("a number");
            // From 27 years back on it is the year of birth.
            let from = if years >= 27 { self.birth.year() + years } else { self.reference() };
            return Some((from - years).to_string());
        }
        Some(match slot {
            "FULL" => self.full(),
            "FIRST" => self.given.clone(),
            "LAST" => self.family.clone(),
            "INITIALS" => self.initials(),
            "EMAIL" => self.email.clone(),
            "PHONE" => self.phone.clone(),
            "STREET" => self.street.clone(),
            "POSTCODE" => self.postcode.clone(),
            "TOWN" => self.town.clone(),
            "PNR" => self.personnummer(),
            "BIRTHDATE" => self.birth_date(english),
            "AGE" => self.age().to_string(),
            "HANDLE" => self.handle.clone(),
            "LINKEDIN" => self.linkedin(),
            "ASSOC" => self.association.clone(),
            "ORIGIN" if english => {
                format!("I was born in {} and came to Sweden as a child.", self.country.1)
            }
            "ORIGIN" => format!("Jag är född i {} och kom till Sverige som barn.", self.country.0),
            _ => return None,
        })
    }

    /// What the applicant fills in the form.
    pub fn known(&self) -> Known {
        let mut known = Known::default();
        known.name = self.full();
        known.email.clone_from(&self.email);
        known.phone.clone_from(&self.phone);
        known.street.clone_from(&self.street);
        known.postcode.clone_from(&self.postcode);
        known.town.clone_from(&self.town);
        known.links = vec![self.linkedin(), format!("https://github.com/{}", self.handle)];
        known
    }
}

/// Somebody whom an application names: a former chief, a referee.
#[derive(Clone, Debug)]
pub struct Other {
    pub given: String,
    pub family: String,
    pub email: String,
    pub phone: String,
}

impl Other {
    pub fn any(chance: &mut Chance) -> Self {
        let (origin, ..) = *chance.pick(&ORIGINS);
        let role = *chance.pick(&["given_f", "given_m"]);
        let given = *chance.pick(&names(origin, role));
        let family = *chance.pick(&names(origin, "family"));
        let plain = |text: &str| folded(text).chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        Self {
            given: given.into(),
            family: family.into(),
            email: format!("{}.{}@example.org", plain(given), plain(family)),
            phone: format!("08-465 004 {:02}", chance.below(100)),
        }
    }

    /// Others whose names, numbers and addresses are nowhere near any of these people's.
    pub fn apart_from(people: &[Person], chance: &mut Chance) -> [Self; 2] {
        let mut one = || loop {
            let other = Self::any(chance);
            if people.iter().all(|person| apart(&other, person)) {
                return other;
            }
        };
        let first = one();
        loop {
            let second = one();
            if second.phone != first.phone && !near(&second.full(), &first.full()) {
                return [first, second];
            }
        }
    }

    pub fn full(&self) -> String {
        format!("{} {}", self.given, self.family)
    }

    fn value(&self, field: &str) -> String {
        match field {
            "" => self.full(),
            ".first" => self.given.clone(),
            ".last" => self.family.clone(),
            ".email" => self.email.clone(),
            ".phone" => self.phone.clone(),
            other => panic!("{other}"),
        }
    }
}

/// Whether a text about one can be told from a text about the other.
pub fn apart(other: &Other, person: &Person) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).rev().take(7).collect::<String>();
    !near(&other.full(), &person.full()) && digits(&other.phone) != digits(&person.phone)
}

/// Whether a word of one name is a word of the other or one letter from it.
pub fn near(one: &str, other: &str) -> bool {
    let words = |name: &str| -> Vec<Vec<char>> {
        folded(name)
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(|word| word.chars().collect())
            .collect()
    };
    words(one).iter().any(|a| words(other).iter().any(|b| one_apart(a, b)))
}

fn one_apart(a: &[char], b: &[char]) -> bool {
    let front = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let back = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let longest = a.len().max(b.len());
    // An ending, one letter, or two neighbours turned.
    front + 2 >= longest && longest > 3 || front + back + 2 >= longest && a.len().abs_diff(b.len()) <= 1
}

/// The text with every slot filled by `value`, which sees the text before the slot, the slot and what follows.
pub fn filled(text: &str, mut value: impl FnMut(&str, &str, &str) -> String) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (slot, after) = after.split_once('}').expect("the end of a slot");
        out.push_str(before);
        let value = value(&out, slot, after);
        out.push_str(&value);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// One part of an application.
#[derive(Clone, Debug)]
pub struct Part {
    pub kind: SectionKind,
    pub question: Option<String>,
    pub text: String,
}

/// The template as this person would send it.
pub fn application(template: &Template, person: &Person, others: &[Other; 2]) -> Vec<Part> {
    parts(&filled(template.text, |before, slot, _| slot_value(before, slot, template, person, others)))
}

pub fn slot_value(
    before: &str,
    slot: &str,
    template: &Template,
    person: &Person,
    others: &[Other; 2],
) -> String {
    if let Some(years) = slot.strip_prefix("Y-")
        && ["since ", "sedan "].iter().any(|word| before.ends_with(word))
    {
        // What goes on since then lasts as long whoever it is.
        return (2026 - years.parse::<i16>().expect("a number")).to_string();
    }
    let other = || {
        let (which, field) = slot.split_at(2);
        others[usize::from(which == "P2")].value(field)
    };
    person.value(slot, template.english).unwrap_or_else(other)
}

/// The first words of headings above a CV.
const HEADS_OF_CV: [&str; 8] = [
    "cv",
    "curriculum",
    "meriter",
    "meritförteckning",
    "bilaga",
    "levnadsbeskrivning",
    "tjänsteförteckning",
    "resume",
];

/// The text as the form takes it: letter, CV, and an answer to each question.
pub fn parts(text: &str) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::new();
    let mut now: (SectionKind, Option<String>) = (SectionKind::Letter, None);
    for line in text.split_inclusive('\n') {
        let head = line.trim_start_matches(['#', '*', '=', '>', '[', ' ', '\t', '/']).to_lowercase();
        let begins = |words: &[&str]| words.iter().any(|word| head.starts_with(word));
        if begins(&["fråga", "svar ", "question ", "your question", "q:", "why do you", "tell us"]) {
            let number = out.iter().filter(|part| part.kind == SectionKind::Answer).count() + 1;
            now = (SectionKind::Answer, Some(format!("q{number}")));
        } else if begins(&["brev\n", "brevet\n", "letter\n", "dear ", "personligt\n", "hej,\n"]) {
            now = (SectionKind::Letter, None);
        } else if head
            .split(|c: char| !c.is_alphabetic())
            .next()
            .is_some_and(|word| HEADS_OF_CV.contains(&word))
            || begins(&["c v", "employment history"])
        {
            now = (SectionKind::Cv, None);
        }
        match out.iter_mut().find(|part| (part.kind, &part.question) == (now.0, &now.1)) {
            Some(part) => part.text.push_str(line),
            None => out.push(Part { kind: now.0, question: now.1.clone(), text: line.into() }),
        }
    }
    out.sort_by_key(|part| match part.kind {
        SectionKind::Letter => 0,
        SectionKind::Cv => 1,
        SectionKind::Answer => 2,
    });
    out
}

/// As it comes in.
pub fn received(known: Known, parts: &[Part]) -> Received {
    let sections = parts
        .iter()
        .map(|part| Section {
            kind: part.kind,
            question: part.question.clone(),
            text: App::pii_of(part.text.clone()),
        })
        .collect();
    Received { known, sections }
}
