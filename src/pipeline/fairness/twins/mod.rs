//! Invented applications for a correspondence test, and their twins.
//!
//! A base application is put together from a profile and a seed: a person, a life that ends well before today, and
//! evidence of a strength that is drawn for each criterion. Its facts stand apart from its words, so that it can be
//! written in Swedish and in English. A twin is the same facts with one of them changed (`variants`).
//!
//! Evidence is made of words of its own (`evidence`), never of the profile's anchors: a text that is copied from the
//! profile says nothing of what somebody has done. Nobody here exists.

mod draw;
mod evidence;
mod names;
mod phrasing;
mod variants;

use serde::Serialize;

use self::draw::Draw;
use self::evidence::{DOMAINS, Domain, GENERAL, PLACES, Two, WEAK};
use self::names::{Person, Sex};
use crate::guard::pii::Pii;
use crate::pipeline::received::{Known, Received, Section, SectionKind};
use crate::subject::profile::{Criterion, Profile};
use crate::subject::words::Lang;

pub use self::variants::{BASE, Ground, VARIANTS, Variant};

/// How strong the evidence is that was put in for a criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// Nothing was put in.
    None,
    /// An opinion, and nothing done.
    Weak,
    /// Something taken part in.
    Adequate,
    /// Something done on one's own account, and what came of it.
    Strong,
}

impl Strength {
    /// Every strength, from none to strong.
    pub const ALL: [Self; 4] = [Self::None, Self::Weak, Self::Adequate, Self::Strong];
}

/// A sentence in both languages.
#[derive(Clone, Debug)]
struct Said {
    sv: String,
    en: String,
}

impl Said {
    fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Sv => &self.sv,
            Lang::En => &self.en,
        }
    }
}

fn word(two: Two, lang: Lang) -> &'static str {
    match lang {
        Lang::Sv => two.0,
        Lang::En => two.1,
    }
}

/// Where evidence stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Letter,
    Cv,
    Answer(usize),
}

/// A stretch of time from a month to a month, by the applicant's age in years and the month.
type Stretch = ((i16, u8), (i16, u8));

/// How the CV looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Layout {
    /// Association first, then work, then school.
    turned: bool,
    bullets: bool,
    /// Months in words instead of numbers.
    worded_dates: bool,
}

/// One application as facts.
#[derive(Clone, Debug)]
pub struct Base {
    seed: u64,
    number: usize,
    lang: Lang,
    person: Person,
    opening: Two,
    closing: Two,
    school: Two,
    jobs: [(Two, Stretch); 2],
    course: Two,
    role: Two,
    organisation: Two,
    evidence: Vec<(Strength, Place, Vec<Said>)>,
    questions: Vec<String>,
    /// A sentence of the letter that tells something of the person.
    mention: Option<Two>,
    /// A line of the CV between two jobs.
    pause: Option<Two>,
    mother_tongue: Option<Two>,
    layout: Layout,
    learner: bool,
}

/// An application in words. All invented, so it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Full name.
    pub name: String,
    /// E-mail address, of an example domain.
    pub email: String,
    /// Telephone number, of the series for fiction.
    pub phone: String,
    /// Street and number.
    pub street: String,
    /// Postcode and town.
    pub town: (&'static str, &'static str),
    /// The parts in the order in which a person reads them, with the question's id for an answer.
    pub parts: Vec<(SectionKind, Option<String>, String)>,
}

impl Application {
    /// As it would have come in.
    #[must_use]
    pub fn received(&self) -> Received {
        let mut known = Known::default();
        self.name.clone_into(&mut known.name);
        self.email.clone_into(&mut known.email);
        self.phone.clone_into(&mut known.phone);
        self.street.clone_into(&mut known.street);
        self.town.0.clone_into(&mut known.postcode);
        self.town.1.clone_into(&mut known.town);
        let sections = self
            .parts
            .iter()
            .map(|(kind, question, text)| Section {
                kind: *kind,
                question: question.clone(),
                text: Pii::new(text.clone()),
            })
            .collect();
        Received { known, sections }
    }

    /// Its parts one after the other.
    #[must_use]
    pub fn whole(&self) -> String {
        self.parts.iter().map(|(_, _, text)| text.as_str()).collect::<Vec<_>>().join("\n\n")
    }
}

const OPENINGS: [Two; 5] = [
    (
        "Jag söker tjänsten och berättar här vem jag är.",
        "I am applying for the position and tell you here who I am.",
    ),
    ("Er annons fick mig att skriva.", "Your advertisement made me write."),
    ("Tack för att ni läser min ansökan.", "Thank you for reading my application."),
    ("Här kommer min ansökan med några rader om mig.", "Here is my application with a few lines about me."),
    (
        "Jag såg annonsen i måndags och bestämde mig direkt.",
        "I saw the advertisement on Monday and made up my mind at once.",
    ),
];
const CLOSINGS: [Two; 4] = [
    ("Jag kommer gärna på ett samtal.", "I would be glad to come for a talk."),
    ("Jag kan börja med en månads varsel.", "I can start at a month's notice."),
    ("Hör gärna av er om något är oklart.", "Please get in touch if anything is unclear."),
    ("Betyg och intyg visar jag när vi ses.", "I will show grades and certificates when we meet."),
];
const SILENT: Two =
    ("Det berättar jag hellre om när vi ses.", "I would rather tell you about that when we meet.");
const SCHOOLS: [Two; 4] = [
    ("Gymnasiet, naturvetenskap", "Upper secondary school, science"),
    ("Gymnasiet, ekonomi", "Upper secondary school, business"),
    ("Gymnasiet, estetiska programmet", "Upper secondary school, arts"),
    ("Gymnasiet, bygg och anläggning", "Upper secondary school, building and construction"),
];
const COURSES: [Two; 4] = [
    ("Folkhögskola, allmän linje", "Folk high school, general course"),
    ("Språkkurs i franska, grundnivå", "Course in French, beginners"),
    ("Kvällskurs i keramik", "Evening course in pottery"),
    ("Folkhögskola, musiklinjen", "Folk high school, music"),
];
const JOBS: [Two; 10] = [
    ("Receptionist, ett hotell", "Receptionist, a hotel"),
    ("Lagerarbetare, ett grossistföretag", "Warehouse worker, a wholesaler"),
    ("Butiksbiträde, en järnhandel", "Shop assistant, a hardware shop"),
    ("Cykelbud, en budfirma", "Bicycle courier, a courier firm"),
    ("Köksbiträde, en lunchrestaurang", "Kitchen assistant, a lunch restaurant"),
    ("Telefonist, ett taxibolag", "Telephone operator, a taxi company"),
    ("Vaktmästare, en konserthall", "Caretaker, a concert hall"),
    ("Brevbärare, ett postföretag", "Postal worker, a mail company"),
    ("Biljettkontrollant, en båtlinje", "Ticket inspector, a ferry line"),
    ("Trädgårdsarbetare, en plantskola", "Gardener, a nursery for plants"),
];
const ROLES: [Two; 4] = [
    ("Kassör", "Treasurer"),
    ("Sekreterare", "Secretary"),
    ("Ledamot", "Board member"),
    ("Ordförande", "Chair"),
];
const ORGANISATIONS: [Two; 5] = [
    ("en båtklubb", "a boating club"),
    ("en schackklubb", "a chess club"),
    ("en koloniförening", "an allotment society"),
    ("en cykelklubb", "a cycling club"),
    ("en körförening", "a choral society"),
];

/// Words that name no subject.
const EMPTY_WORDS: [&str; 24] = [
    "annan",
    "andra",
    "annat",
    "eller",
    "erfarenhet",
    "experience",
    "from",
    "goda",
    "good",
    "having",
    "inom",
    "kunskap",
    "kunskaper",
    "knowledge",
    "least",
    "minst",
    "passar",
    "relevant",
    "some",
    "that",
    "till",
    "with",
    "work",
    "arbete",
];

/// A criterion with the words that evidence for it is made of.
struct Need<'p> {
    domain: &'static Domain,
    /// Words of the label, in Swedish and English.
    words: [Vec<&'p str>; 2],
}

impl<'p> Need<'p> {
    fn of(criterion: &'p Criterion) -> Self {
        let text = |of: &crate::subject::words::Text| format!("{} {}", of.sv, of.en).to_lowercase();
        let (label, about) = (text(&criterion.label), text(&criterion.description));
        let fit = |domain: &Domain| -> usize {
            domain
                .stems
                .iter()
                .map(|stem| 2 * usize::from(label.contains(stem)) + usize::from(about.contains(stem)))
                .sum()
        };
        // The first of those that fit equally well.
        let best = DOMAINS.iter().rev().max_by_key(|domain| fit(domain)).filter(|domain| fit(domain) > 0);
        let words = [&criterion.label.sv, &criterion.label.en].map(|label| {
            label
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| word.chars().count() >= 4)
                .filter(|word| !EMPTY_WORDS.contains(&word.to_lowercase().as_str()))
                .collect::<Vec<_>>()
        });
        Self { domain: best.unwrap_or(&GENERAL), words }
    }

    fn evidence(&self, strength: Strength, draw: &mut Draw) -> Vec<Said> {
        match strength {
            Strength::None => Vec::new(),
            Strength::Weak => {
                let (sv, en) = draw.pick(&WEAK);
                let topic = self.domain.topic;
                vec![Said {
                    sv: capital(&sv.replace("{}", topic.0)),
                    en: capital(&en.replace("{}", topic.1)),
                }]
            }
            Strength::Adequate => vec![self.done(self.domain.took_part, draw)],
            Strength::Strong => {
                let did = self.done(self.domain.drove, draw);
                let (sv, en) = draw.pick(self.domain.results);
                let n = (3 + draw.below(58)).to_string();
                vec![did, Said { sv: sv.replace("{n}", &n), en: en.replace("{n}", &n) }]
            }
        }
    }

    /// A sentence that says what somebody did.
    fn done(&self, what: &[Two], draw: &mut Draw) -> Said {
        let (sv, en) = draw.pick(what);
        let (verb, rest) = sv.split_once('|').unwrap_or(("gjorde", sv));
        let somewhere = (draw.below(3) > 0).then(|| draw.pick(&PLACES));
        // A word of the profile, alone: an applicant takes up the advertisement's words too.
        let taken_up = self.domain.stems.is_empty() || draw.below(2) == 0;
        let at = draw.below(6);
        let borrowed = |words: &[&str], before: &str| {
            let found = at.checked_rem(words.len()).and_then(|at| words.get(at)).filter(|_| taken_up);
            found.map_or_else(String::new, |found| format!("{before}{}", found.to_lowercase()))
        };
        let [swedish, english] = &self.words;
        let (under, headed) =
            (borrowed(swedish, ", under rubriken "), borrowed(english, ", under the heading of "));
        match somewhere {
            Some((here, there)) => Said {
                sv: format!("{here} {verb} jag {rest}{under}."),
                en: format!("{there} I {en}{headed}."),
            },
            None => Said { sv: format!("Jag {verb} {rest}{under}."), en: format!("I {en}{headed}.") },
        }
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The criteria that a base holds evidence for: those whose level the AI support proposes.
pub fn assessed(profile: &Profile) -> impl Iterator<Item = &Criterion> {
    profile.criteria.iter().filter(|criterion| criterion.in_sum())
}

impl Base {
    /// The base with a number, for a profile. `year` is the present one: the applicant is 42 to 45 years old, so
    /// that somebody fifteen years younger has done the same.
    #[must_use]
    pub fn new(profile: &Profile, seed: u64, number: usize, year: i16) -> Self {
        let mut draw = Draw::of(seed, number as u64);
        let sex = if draw.below(2) == 0 { Sex::Female } else { Sex::Male };
        let person = Person::new(sex, year - 42 - draw.below(4) as i16, &mut draw);
        let month = |draw: &mut Draw| 1 + draw.below(12) as u8;
        let first = ((20, month(&mut draw)), (22, month(&mut draw)));
        let second = ((23, month(&mut draw)), (25, month(&mut draw)));
        let begin = draw.below(JOBS.len());
        let other = (begin + 1 + draw.below(JOBS.len() - 1)) % JOBS.len();
        let job = |at: usize| JOBS.get(at).copied().unwrap_or_default();
        let questions: Vec<String> = profile.questions.iter().map(|question| question.id.clone()).collect();
        let evidence = assessed(profile)
            .map(|criterion| {
                let strength = match draw.below(4) {
                    0 => Strength::None,
                    1 => Strength::Weak,
                    2 => Strength::Adequate,
                    _ => Strength::Strong,
                };
                let place = match draw.below(3 + questions.len()) {
                    0 | 1 => Place::Letter,
                    2 => Place::Cv,
                    question => Place::Answer(question - 3),
                };
                (strength, place, Need::of(criterion).evidence(strength, &mut draw))
            })
            .collect();
        Self {
            seed,
            number,
            lang: if number.is_multiple_of(2) { Lang::Sv } else { Lang::En },
            person,
            opening: draw.pick(&OPENINGS),
            closing: draw.pick(&CLOSINGS),
            school: draw.pick(&SCHOOLS),
            jobs: [(job(begin), first), (job(other), second)],
            course: draw.pick(&COURSES),
            role: draw.pick(&ROLES),
            organisation: draw.pick(&ORGANISATIONS),
            evidence,
            questions,
            mention: None,
            pause: None,
            mother_tongue: None,
            layout: Layout::default(),
            learner: false,
        }
    }

    /// Which base.
    #[must_use]
    pub fn number(&self) -> usize {
        self.number
    }

    /// The language that it is written in.
    #[must_use]
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// What was put in for each criterion of [`assessed`], in its order.
    pub fn planted(&self) -> impl Iterator<Item = Strength> {
        self.evidence.iter().map(|(strength, _, _)| *strength)
    }

    /// The chance that its twin of a name is drawn with.
    fn draw(&self, variant: &str) -> Draw {
        let thing = variant
            .bytes()
            .fold(self.number as u64, |sum, byte| sum.wrapping_mul(0x0100_0000_01B3) ^ u64::from(byte));
        Draw::of(!self.seed, thing)
    }

    /// The sentences that stand in one place, one criterion a paragraph.
    fn told(&self, at: Place) -> Vec<String> {
        self.evidence
            .iter()
            .filter(|(_, place, said)| *place == at && !said.is_empty())
            .map(|(_, _, said)| said.iter().map(|one| one.get(self.lang)).collect::<Vec<_>>().join(" "))
            .collect()
    }

    fn worded(&self, text: String) -> String {
        if self.learner { phrasing::learner(&text, self.lang) } else { text }
    }

    fn letter(&self) -> String {
        let (hello, regards) = word_pair(self.lang);
        let mut paragraphs = vec![hello.to_owned(), word(self.opening, self.lang).to_owned()];
        paragraphs.extend(self.told(Place::Letter));
        paragraphs.extend(self.mention.map(|mention| word(mention, self.lang).to_owned()));
        paragraphs.push(word(self.closing, self.lang).to_owned());
        format!("{}\n\n{regards}\n{}", self.worded(paragraphs.join("\n\n")), self.person.name())
    }

    fn stretch(&self, ((from, from_month), (to, to_month)): Stretch) -> String {
        let date = |age: i16, month: u8| {
            let year = self.person.born + age;
            if self.layout.worded_dates {
                format!("{} {year}", month_name(month, self.lang))
            } else {
                format!("{year}-{month:02}")
            }
        };
        format!("{} – {}", date(from, from_month), date(to, to_month))
    }

    fn cv(&self) -> String {
        let lang = self.lang;
        let pick = |sv, en| word((sv, en), lang);
        let person = &self.person;
        let mut head = format!(
            "{}\n{}, {} {}\n{}\n{}\n",
            person.name(),
            person.street,
            person.postcode,
            person.town,
            person.email,
            person.phone
        );
        head.push_str(&format!("{} {}", pick("Född", "Born"), person.born));
        let dated = |when: Stretch, what: &str| format!("{} {what}", self.stretch(when));
        let [(first, when_first), (second, when_second)] = self.jobs;
        let mut work = vec![dated(when_second, word(second, lang))];
        work.extend(self.pause.map(|pause| dated(((24, 2), (24, 11)), word(pause, lang))));
        work.push(dated(when_first, word(first, lang)));
        work.extend(self.told(Place::Cv));
        let school = vec![
            dated(((19, 8), (20, 5)), word(self.course, lang)),
            dated(((16, 8), (19, 6)), word(self.school, lang)),
        ];
        let role = format!("{} {} {}", word(self.role, lang), pick("i", "of"), word(self.organisation, lang));
        let association = vec![dated(((21, 3), (23, 3)), &role)];
        let mut languages = vec![pick("Svenska, engelska", "Swedish, English").to_owned()];
        languages.extend(self.mother_tongue.map(|tongue| word(tongue, lang).to_owned()));
        let mut sections = vec![
            (pick("UTBILDNING", "EDUCATION"), school),
            (pick("ARBETE", "WORK"), work),
            (pick("FÖRENINGSLIV", "ASSOCIATIONS"), association),
            (pick("SPRÅK", "LANGUAGES"), languages),
        ];
        if self.layout.turned {
            sections.reverse();
        }
        let mark = if self.layout.bullets { "• " } else { "" };
        let mut out = vec![head];
        out.extend(sections.into_iter().map(|(title, lines)| {
            let lines: Vec<String> = lines.into_iter().map(|line| format!("{mark}{line}")).collect();
            format!("{title}\n{}", lines.join("\n"))
        }));
        out.join("\n\n")
    }

    /// The application in words.
    #[must_use]
    pub fn application(&self) -> Application {
        let mut parts = vec![(SectionKind::Letter, None, self.letter()), (SectionKind::Cv, None, self.cv())];
        for (index, question) in self.questions.iter().enumerate() {
            let mut told = self.told(Place::Answer(index));
            if told.is_empty() {
                told.push(word(SILENT, self.lang).to_owned());
            }
            parts.push((SectionKind::Answer, Some(question.clone()), self.worded(told.join("\n\n"))));
        }
        Application {
            name: self.person.name(),
            email: self.person.email.clone(),
            phone: self.person.phone.clone(),
            street: self.person.street.clone(),
            town: (self.person.postcode, self.person.town),
            parts,
        }
    }
}

/// How a letter begins and ends.
fn word_pair(lang: Lang) -> Two {
    match lang {
        Lang::Sv => ("Hej!", "Med vänlig hälsning"),
        Lang::En => ("Hello,", "Kind regards"),
    }
}

fn month_name(month: u8, lang: Lang) -> &'static str {
    const MONTHS: [Two; 12] = [
        ("januari", "January"),
        ("februari", "February"),
        ("mars", "March"),
        ("april", "April"),
        ("maj", "May"),
        ("juni", "June"),
        ("juli", "July"),
        ("augusti", "August"),
        ("september", "September"),
        ("oktober", "October"),
        ("november", "November"),
        ("december", "December"),
    ];
    let at = usize::from(month).saturating_sub(1);
    word(MONTHS.get(at).copied().unwrap_or_default(), lang)
}

#[cfg(test)]
mod tests;
