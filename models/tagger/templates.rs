//! Generated text: this folder's templates, and what their slots are filled with.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Chance;
use crate::corpora::{Example, Piece, column, csv_counts};

/// Words before a name, besides the public list of occupations.
pub const TITLES: [&str; 34] = [
    "herr",
    "fru",
    "fröken",
    "mr",
    "mrs",
    "ms",
    "miss",
    "dr",
    "doktor",
    "doctor",
    "prof",
    "professor",
    "rektor",
    "chef",
    "enhetschef",
    "kollega",
    "kollegan",
    "handledare",
    "handledaren",
    "referens",
    "referent",
    "supervisor",
    "manager",
    "colleague",
    "referee",
    "president",
    "senator",
    "minister",
    "general",
    "sir",
    "kung",
    "prins",
    "statsminister",
    "ordförande",
];

const BARE: [&str; 22] = [
    "{PER:full}",
    "{PER:first}",
    "{PER:full},",
    "- {PER:first}",
    "/{PER:first}",
    "{PER:last}, {PER:first}",
    "{PER:init}",
    "{PER:full}\\n{ORG:company}",
    "Hi {PER:first},",
    "Hej {PER:first}!",
    "{PER:first},",
    "Thanks,\\n{PER:first}",
    "Mvh\\n{PER:full}",
    "{PER:first} {PER:last} och {PER:full}",
    "{PER:first}, {PER:first} and {PER:full}",
    "\"{PER:last}, {PER:first}\"",
    "{PER:full} ({PER:first})",
    "Dr {PER:last}",
    "{PER:first} och jag",
    "{ORG:company}",
    "{ORG:university}",
    "{LOC:town}",
];
const WORDS_ALONE: [&str; 60] = [
    "Thanks",
    "Regards",
    "Hello",
    "Utbildning",
    "Arbetslivserfarenhet",
    "Referenser",
    "Språk",
    "Övrigt",
    "Education",
    "Experience",
    "Skills",
    "References",
    "Languages",
    "Hej",
    "Tack",
    "Personligt brev",
    "Ansökan",
    "Meriter",
    "Kurser",
    "Körkort",
    "Datakunskaper",
    "Intressen",
    "Profil",
    "Profile",
    "Summary",
    "Projektledare",
    "Handläggare",
    "Sommarjobb",
    "Praktik",
    "Volunteer",
    "Interests",
    "Certificates",
    "Kontakt",
    "Contact",
    "Bilagor",
    "Svenska",
    "Engelska",
    "Arabiska",
    "English",
    "Swedish",
    "Excel",
    "Python",
    "Ledarskap",
    "Ansvar",
    "Resultat",
    "Uppgifter",
    "Kompetenser",
    "Sammanfattning",
    "Om mig",
    "About me",
    "Work experience",
    "Employment history",
    "Publications",
    "Awards",
    "Fråga",
    "Svar",
    "Question",
    "Answer",
    "Best regards",
    "Med vänlig hälsning",
];
const TRADES: [&str; 40] = [
    "Bygg",
    "Åkeri",
    "Städ",
    "Fastigheter",
    "Konsult",
    "El",
    "Rör",
    "Måleri",
    "Bageri",
    "Café",
    "Redovisning",
    "Energi",
    "Vård",
    "Omsorg",
    "Assistans",
    "Hotell",
    "Livs",
    "Trädgård",
    "Teknik",
    "Media",
    "Reklam",
    "Arkitekter",
    "Logistik",
    "Bil",
    "Däck",
    "Tryckeri",
    "Förskola",
    "Tandvård",
    "Apotek",
    "Bokhandel",
    "Consulting",
    "Solutions",
    "Foods",
    "Systems",
    "Partners",
    "Security",
    "Cleaning",
    "Kök",
    "Pizzeria",
    "Musikskola",
];
const HEADS: [&str; 36] = [
    "Nord", "Syd", "Havs", "Fjäll", "Sol", "Blå", "Grön", "Ny", "Stor", "Norr", "Väst", "Öst", "Prima",
    "Opti", "Tekno", "Info", "Data", "Eko", "Medi", "Agro", "Smart", "Bright", "Green", "Blue", "River",
    "Silver", "Golden", "Sky", "Ljus", "Skogs", "Sund", "Kust", "Alfa", "Delta", "Omega", "Nova",
];
const TAILS: [&str; 24] = [
    "vik", "gren", "tech", "soft", "ware", "net", "bygg", "kraft", "mat", "vård", "lab", "form", "print",
    "log", "com", "bridge", "field", "wise", "link", "point", "gate", "dal", "berg", "strand",
];

/// Names by origin and role. Every second is kept for the test.
pub struct Origins(BTreeMap<(String, String), Vec<String>>);

impl Origins {
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let mut out: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for line in text.lines().skip(1) {
            if let [origin, role, name] = line.split('\t').collect::<Vec<_>>()[..] {
                out.entry((origin.into(), role.into())).or_default().push(name.into());
            }
        }
        Self(out)
    }

    pub fn train(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .flat_map(|((_, role), names)| names.iter().step_by(2).map(|n| (role.as_str(), n.as_str())))
    }

    pub fn origins(&self) -> Vec<String> {
        let mut all: Vec<String> = self.0.keys().map(|(origin, _)| origin.clone()).collect();
        all.dedup();
        all
    }

    /// Given and family names of one origin, the half for training or the half for the test.
    pub fn of(&self, origin: &str, test: bool) -> (Vec<&str>, Vec<&str>) {
        let half = |role: &str| -> Vec<&str> {
            let key = (origin.to_owned(), role.to_owned());
            let all = self.0.get(&key).map(Vec::as_slice).unwrap_or_default();
            all.iter().skip(usize::from(test)).step_by(2).map(String::as_str).collect()
        };
        let mut given = half("given_f");
        given.extend(half("given_m"));
        (given, half("family"))
    }
}

/// What slots are filled with.
pub struct Filler {
    given: Vec<String>,
    given_common: Vec<String>,
    family: Vec<String>,
    family_common: Vec<String>,
    by_origin: Vec<(Vec<String>, Vec<String>)>,
    organisations: BTreeMap<String, Vec<String>>,
    towns: Vec<String>,
    countries: Vec<String>,
    municipalities: Vec<String>,
}

impl Filler {
    pub fn new(data: &Path, text: &Path, origins: &Origins) -> Self {
        let lists = data.join("lists/svensktext");
        let mut given = Vec::new();
        let mut common = Vec::new();
        for file in ["tilltalsnamn-kvinnor.csv", "tilltalsnamn-man.csv"] {
            for (name, count) in csv_counts(&lists.join(file)) {
                let list = if count > 300 { &mut common } else { &mut given };
                list.push(proper(&name));
            }
        }
        let raw = std::fs::read_to_string(data.join("lists/scb-names/last-names.json")).unwrap_or_default();
        let family =
            raw.split('"').skip(1).step_by(2).filter(|n| n.chars().count() > 2).map(proper).collect();
        let family_common = csv_counts(&lists.join("efternamn-topp1000-1994-97.csv"))
            .iter()
            .map(|(n, _)| proper(n))
            .collect();
        let by_origin = origins
            .origins()
            .iter()
            .map(|origin| {
                let (given, family) = origins.of(origin, false);
                (given.iter().map(|n| (*n).into()).collect(), family.iter().map(|n| (*n).into()).collect())
            })
            .collect();
        let mut organisations: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let raw = std::fs::read_to_string(text.join("organisations.tsv")).unwrap_or_default();
        for (index, line) in raw.lines().skip(1).enumerate() {
            // Every fourth is kept for the test.
            if let [kind, _, name] = line.split('\t').collect::<Vec<_>>()[..] {
                let list = if index % 4 == 3 { format!("test-{kind}") } else { kind.to_owned() };
                organisations.entry(list).or_default().push(name.into());
            }
        }
        let mut countries = column(&lists.join("lander.csv"), 0);
        countries.extend(column(&lists.join("lander.csv"), 4));
        Self {
            given,
            given_common: common,
            family,
            family_common,
            by_origin,
            organisations,
            towns: column(&lists.join("ortsnamn.csv"), 0),
            countries,
            municipalities: column(&lists.join("kommuner.csv"), 1),
        }
    }

    fn given(&self, chance: &mut Chance) -> String {
        let name = match chance.below(10) {
            0..=3 => chance.pick(&self.given_common).clone(),
            4..=5 => chance.pick(&self.given).clone(),
            _ => {
                let of = chance.below(self.by_origin.len());
                chance.pick(&self.by_origin[of].0).clone()
            }
        };
        match chance.below(25) {
            0 => format!("{name}-{}", chance.pick(&self.given_common)),
            _ => name,
        }
    }

    fn family(&self, chance: &mut Chance) -> String {
        let name = match chance.below(10) {
            0..=2 => chance.pick(&self.family_common).clone(),
            3..=5 => chance.pick(&self.family).clone(),
            _ => {
                let of = chance.below(self.by_origin.len());
                chance.pick(&self.by_origin[of].1).clone()
            }
        };
        match chance.below(45) {
            0 => format!("{name}-{}", chance.pick(&self.family_common)),
            1 => format!(
                "{} {name}",
                chance.pick(&["von", "von der", "van", "De la", "Del", "El", "Al", "Bin", "Abu", "af", "de"])
            ),
            3 => format!("O'{name}"),
            4 => format!("{}{name}", chance.pick(&["Mac", "Mc", "Al-", "El-"])),
            2 => format!("{} {name}", chance.pick(&self.family_common)),
            _ => name,
        }
    }

    fn listed(&self, form: &str, chance: &mut Chance) -> String {
        self.organisations.get(form).map_or_else(String::new, |all| chance.pick(all).clone())
    }

    /// A name of an organisation in one of the shapes that such names have.
    fn invented(&self, form: &str, chance: &mut Chance) -> String {
        let place = chance.pick(&self.towns).clone();
        let family = self.family(chance);
        let genitive =
            |word: &str| if word.ends_with(['s', 'x', 'z']) { word.to_owned() } else { format!("{word}s") };
        match form {
            "company" => {
                let trade = *chance.pick(&TRADES);
                let tail = *chance.pick(&[
                    "",
                    "",
                    " AB",
                    " AB",
                    " HB",
                    " Group",
                    " Sverige AB",
                    " Ltd",
                    " i Sverige",
                    " & Co",
                ]);
                match chance.below(7) {
                    0 => format!("{} {trade}{tail}", genitive(&family)),
                    1 => format!("{place} {trade}{tail}"),
                    2 => format!("{family} & {}{tail}", self.family(chance)),
                    3 => format!("{} {trade}", genitive(&place)),
                    4 => {
                        let letters = 2 + chance.below(3);
                        let all: String = (0..letters)
                            .map(|_| {
                                *chance.pick(&[
                                    'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'K', 'L', 'M', 'N', 'P',
                                    'R', 'S', 'T', 'V',
                                ])
                            })
                            .collect();
                        format!("{all}{tail}")
                    }
                    5 => format!("{}{}{tail}", chance.pick(&HEADS), chance.pick(&TAILS)),
                    _ => format!("{} {trade}{tail}", chance.pick(&HEADS)),
                }
            }
            "school" => match chance.below(4) {
                0 => format!("{}skolan", genitive(&family)),
                1 => format!(
                    "{place} {}",
                    chance.pick(&["gymnasium", "folkhögskola", "yrkeshögskola", "High School", "lärcentrum"])
                ),
                2 => format!("{}gymnasiet", chance.pick(&HEADS)),
                _ => format!("{} gymnasieskola", genitive(&place)),
            },
            "association" => match chance.below(5) {
                0 => format!(
                    "{place} {}",
                    chance.pick(&["IF", "BK", "FF", "IK", "GIF", "HK", "Basket", "Simklubb"])
                ),
                1 => format!(
                    "{} {}",
                    genitive(&place),
                    chance.pick(&[
                        "scoutkår",
                        "hembygdsförening",
                        "ridklubb",
                        "orkester",
                        "studentkår",
                        "roddklubb",
                        "ungdomsråd"
                    ])
                ),
                2 => format!("Föreningen {}", chance.pick(&HEADS)),
                3 => format!(
                    "{} {}",
                    chance.pick(&HEADS),
                    chance.pick(&["Friends", "Society", "Club", "Choir", "Trust", "Association"])
                ),
                _ => self.listed(form, chance),
            },
            "church" => match chance.below(3) {
                0 => format!("{} församling", genitive(&place)),
                1 => format!(
                    "{}kyrkan i {place}",
                    chance.pick(&["Pingst", "Ebeneser", "Sankt Johannes", "Missions", "Frikyrko"])
                ),
                _ => format!("{} moské", genitive(&place)),
            },
            "university" => match chance.below(3) {
                0 => format!("University of {place}"),
                1 => format!("{} universitet", genitive(&place)),
                _ => self.listed(form, chance),
            },
            _ => self.listed(form, chance),
        }
    }

    /// A value for a slot.
    pub fn fill(&self, kind: usize, form: &str, chance: &mut Chance) -> String {
        match (kind, form) {
            (0, "first") => self.given(chance),
            (0, "last") => self.family(chance),
            (0, "init") => {
                let given = self.given(chance);
                let initial = given.chars().next().unwrap_or('A');
                format!("{initial}{} {}", if chance.share(0.7) { "." } else { "" }, self.family(chance))
            }
            (0, _) => {
                let (given, family) = if chance.share(0.5) {
                    let (given, family) = chance.pick(&self.by_origin);
                    (chance.pick(given).clone(), chance.pick(family).clone())
                } else {
                    (self.given(chance), self.family(chance))
                };
                match chance.below(18) {
                    2 | 3 => format!("{family} {given}"),
                    4 => format!("{given} {family} {}", self.family(chance)),
                    0 => format!("{given} {} {family}", self.given(chance)),
                    1 => {
                        let middle = self.given(chance).chars().next().unwrap_or('A');
                        format!("{given} {middle}. {family}")
                    }
                    _ => format!("{given} {family}"),
                }
            }
            (1, "municipality") => chance.pick(&self.municipalities).clone(),
            (1, form) if chance.share(0.45) => self.invented(form, chance),
            (1, form) => self.listed(form, chance),
            (_, "country") => chance.pick(&self.countries).clone(),
            _ => chance.pick(&self.towns).clone(),
        }
    }

    /// A value for a slot of the test.
    pub fn fill_for_test(
        &self,
        kind: usize,
        form: &str,
        names: &(Vec<&str>, Vec<&str>),
        chance: &mut Chance,
    ) -> String {
        let (given, family) = (chance.pick(&names.0), chance.pick(&names.1));
        match (kind, form) {
            (0, "first") => (*given).to_owned(),
            (0, "last") => (*family).to_owned(),
            (0, "init") => format!("{}. {family}", given.chars().next().unwrap_or('A')),
            (0, _) => format!("{given} {family}"),
            (1, "municipality") => chance.pick(&self.municipalities).clone(),
            (1, form) => {
                let all =
                    self.organisations.get(&format!("test-{form}")).map(Vec::as_slice).unwrap_or_default();
                if all.is_empty() { String::new() } else { chance.pick(all).clone() }
            }
            _ => self.fill(kind, form, chance),
        }
    }

    /// Another name in place of a corpus name of as many words, or the same.
    pub fn instead_of(&self, kind: usize, original: &str, augment: bool, chance: &mut Chance) -> String {
        let words = original.split(' ').count();
        let plain = original.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '-'));
        if !augment || !plain {
            return original.to_owned();
        }
        match (kind, words) {
            (0, 1) if chance.share(0.4) => {
                let name = if chance.share(0.5) { self.given(chance) } else { self.family(chance) };
                if original.ends_with('s') && chance.share(0.25) { format!("{name}s") } else { name }
            }
            (0, 2) if chance.share(0.4) => {
                let name = self.fill(0, "full", chance);
                if original.ends_with('s') && chance.share(0.15) { format!("{name}s") } else { name }
            }
            (2, 1) if chance.share(0.15) => {
                self.fill(2, if chance.share(0.5) { "town" } else { "country" }, chance)
            }
            _ => original.to_owned(),
        }
    }
}

/// Statistics are written in capitals here and there.
fn proper(name: &str) -> String {
    let mut out = String::new();
    let mut start = true;
    let all_capitals = name.chars().count() > 2 && !name.chars().any(char::is_lowercase);
    for c in name.chars() {
        if start || !all_capitals {
            out.push(c)
        } else {
            out.extend(c.to_lowercase())
        }
        start = !c.is_alphabetic();
    }
    out
}

/// The templates of a part as examples.
pub fn examples(folder: &Path, test: bool) -> Vec<Example> {
    let files: &[&str] = if test {
        &["test-sv.txt", "test-en.txt"]
    } else {
        &["sv-applications.txt", "sv-prose.txt", "en-applications.txt", "en-prose.txt", "en-web.txt"]
    };
    let mut out = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
        out.extend(text.lines().filter(|line| !line.trim().is_empty()).map(parsed));
    }
    if !test {
        // Lines with nothing but a name, as in signatures and lists, and lines with nothing but a word.
        for _ in 0..25 {
            out.extend(BARE.iter().map(|line| parsed(line)));
        }
        out.extend(WORDS_ALONE.iter().flat_map(|line| [parsed(line), parsed(&line.to_uppercase())]));
    }
    out
}

fn parsed(line: &str) -> Example {
    let line = line.replace("\\n", "\n");
    let mut pieces = Vec::new();
    let mut rest = line.as_str();
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else { break };
        let slot = &rest[open + 1..open + close];
        pieces.push(Piece::Plain(rest[..open].to_owned()));
        match slot.split_once(':') {
            Some(("PER", form)) => pieces.push(Piece::Slot(0, form.into())),
            Some(("ORG", form)) => pieces.push(Piece::Slot(1, form.into())),
            Some(("LOC", form)) => pieces.push(Piece::Slot(2, form.into())),
            _ => pieces.push(Piece::Plain(rest[open..=open + close].to_owned())),
        }
        rest = &rest[open + close + 1..];
    }
    pieces.push(Piece::Plain(rest.to_owned()));
    Example { pieces, augment: false }
}
