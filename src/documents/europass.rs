//! Europass XML: `<Candidate xmlns="http://www.europass.eu/1.0">`, and the older `SkillsPassport` (version 3). A
//! file of its own, or embedded in the PDF that Europass makes.
//!
//! Who the person is goes to [`Person`] by the names of the elements; every other text is a [`Line`], in the order of
//! the file, with what it is about. Codes and ids are left out. A document type or an entity of its own is refused;
//! nothing is resolved.
//!
//! Of an embedded one nothing is read to anybody who assesses: it says what lines of the page are about, and what
//! is not on the page counts as hidden.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::xml::{Event, Reader, decode, named};
use crate::{Block, Limits, Part, Refusal, Section};
use finder::Finder;

mod finder;

/// What a Europass file holds.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Europass {
    /// Who the person is.
    pub person: Person,
    /// All other texts.
    pub lines: Vec<Line>,
}

/// Who the person of a Europass file is. Empty where nothing is said.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Given and family name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Telephone number, as written.
    pub phone: String,
    /// Street and number.
    pub street: String,
    /// Postcode.
    pub postcode: String,
    /// Postal town.
    pub town: String,
    /// Addresses on the web, and of other services.
    pub links: Vec<String>,
    /// Everything else that is said of the person: date of birth, nationality, sex.
    pub other: Vec<String>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(redacted)")
    }
}

impl fmt::Debug for Europass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Europass(redacted, {} lines)", self.lines.len())
    }
}

/// One text of a Europass file.
#[derive(Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is about.
    pub section: Section,
    /// It is the first of an entry of a list: a job, a school.
    pub begins: bool,
    /// The text, on one line.
    pub text: String,
}

/// Elements that are one entry of a list.
const ENTRIES: [&str; 12] = [
    "EmployerHistory",
    "PositionHistory",
    "EducationOrganizationAttendance",
    "PersonQualification",
    "PersonCompetency",
    "WorkExperience",
    "Education",
    "Achievement",
    "ForeignLanguage",
    "Skill",
    "Other",
    "License",
];

/// What the texts within an element are about; the innermost that is known decides.
fn about(element: &str) -> Option<Section> {
    Some(match element {
        "EmploymentHistory" | "WorkExperienceList" | "WorkExperience" | "MilitaryHistory" => {
            Section::Experience
        }
        "EducationHistory" | "EducationList" | "Education" | "Certifications" | "Licenses" => {
            Section::Education
        }
        "Linguistic" | "ForeignLanguageList" | "MotherTongueList" | "LanguageSkills" => Section::Languages,
        "PersonQualifications" | "Skills" | "SkillsList" => Section::Skills,
        "ExecutiveSummary" | "Objective" | "Headline" | "PersonalStatement" => Section::Profile,
        "EmploymentReferences" | "References" => Section::References,
        "CoverLetter" => Section::Letter,
        _ => return None,
    })
}

/// What a file says of the encoding that it is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// In the one that it names, or in UTF-8 as XML is that names none.
    AsSaid,
    /// In another one than it names.
    Otherwise,
    /// Not in UTF-8, and it names none.
    Unsaid,
}

/// Whether the letters of a file can be had by what it says itself.
#[must_use]
pub fn written(bytes: &[u8]) -> Written {
    match (decode(bytes), named(bytes)) {
        (Ok(_), _) => Written::AsSaid,
        (Err(_), Some(_)) => Written::Otherwise,
        (Err(_), None) => Written::Unsaid,
    }
}

/// Reads a Europass file.
///
/// # Errors
/// A [`Refusal`] when it is no XML, no Europass, declares a document type, or exceeds a limit.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Europass, Refusal> {
    let text = decode(bytes)?;
    let mut reader = Reader::new(&text, limits);
    let mut path: Vec<String> = Vec::new();
    let mut found = Europass::default();
    let mut name = Names::default();
    let (mut words, mut begins, mut chars) = (String::new(), false, 0_usize);
    loop {
        match reader.next()? {
            Event::Start(element) => {
                if path.is_empty() && !matches!(element.name.as_str(), "Candidate" | "SkillsPassport") {
                    return Err(Refusal::OtherKind("XML that is no Europass".into()));
                }
                begins |= ENTRIES.contains(&element.name.as_str());
                path.push(element.name);
                words.clear();
            }
            Event::Text(piece) => {
                chars = chars.saturating_add(piece.len());
                if chars > limits.chars.saturating_mul(2) {
                    return Err(Refusal::TooMuch("characters".into()));
                }
                words.push_str(&piece);
            }
            Event::End => {
                let text = without_marks(&words);
                words.clear();
                if !text.is_empty() {
                    put(&path, text, &mut found, &mut name, &mut begins);
                }
                path.pop();
            }
            Event::Eof => break,
        }
    }
    format!("{} {}", name.given, name.family).trim().clone_into(&mut found.person.name);
    Ok(found)
}

/// The words of a text on one line. Descriptions hold HTML, of which the marks are no words.
fn without_marks(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        plain.push_str(before);
        let mark = |c: char| c == '/' || c.is_ascii_alphabetic();
        if let Some((_, after)) = after.split_once('>').filter(|_| after.starts_with(mark)) {
            plain.push(' ');
            rest = after;
        } else {
            plain.push('<');
            rest = after;
        }
    }
    plain.push_str(rest);
    plain.replace("&nbsp;", " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The parts of a name, until both are known.
#[derive(Default)]
struct Names {
    given: String,
    family: String,
}

/// One text where it belongs.
fn put(path: &[String], text: String, found: &mut Europass, name: &mut Names, begins: &mut bool) {
    let last = path.last().map_or("", String::as_str);
    let within = |part: &str| path.iter().any(|step| step == part);
    let about_person = within("CandidatePerson") || within("Identification");
    let person = &mut found.person;
    match last {
        "GivenName" | "FirstName" if about_person => name.given = text,
        "FamilyName" | "Surname" if about_person => name.family = text,
        _ if about_person && text.contains('@') => person.email = text,
        "DialNumber" if about_person => person.phone = text,
        "Contact" if about_person && within("Telephone") => person.phone = text,
        "AddressLine" if about_person => person.street = text,
        "PostalCode" if about_person => person.postcode = text,
        "CityName" | "Municipality" if about_person => person.town = text,
        "URI" | "Contact" if about_person => person.links.push(text),
        _ if about_person => person.other.push(text),
        _ if last.ends_with("Code") || last.ends_with("ID") || within("DocumentInfo") => {}
        _ => {
            let section = path.iter().rev().find_map(|step| about(step)).unwrap_or(Section::Other);
            found.lines.push(Line { section, begins: std::mem::take(begins), text });
        }
    }
}

/// What the lines say that have to do with a block.
#[derive(Clone, Copy)]
enum Said {
    Nothing,
    One(Section),
    /// Where two parts of the file say the same words, neither is believed.
    Different,
}

impl Said {
    fn by(line: &Line) -> Self {
        if line.section == Section::Other { Self::Nothing } else { Self::One(line.section) }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (said, Self::Nothing) | (Self::Nothing, said) => said,
            (Self::One(one), Self::One(another)) if one == another => self,
            _ => Self::Different,
        }
    }
}

/// Says of the blocks of a page what the embedded file says that they are about, and gives the texts of the file
/// that are not on the page. A line of fewer than two words says nothing of a block: "Excel" stands anywhere. It takes
/// time linear in both, because whoever makes the file chooses how many lines it has.
pub(crate) fn label(blocks: &mut [Block], europass: &Europass) -> Vec<String> {
    let page: Vec<String> = blocks.iter().map(|block| folded(&block.text)).collect();
    let page_words = || page.iter().map(String::as_str);
    let person = &europass.person;
    let named = [&person.name, &person.email, &person.phone, &person.street, &person.postcode, &person.town];
    let of_person = named.into_iter().chain(&person.links).chain(&person.other);
    let texts: Vec<&String> = europass.lines.iter().map(|line| &line.text).chain(of_person).collect();
    let text_words: Vec<String> = texts.iter().map(|text| folded(text)).collect();
    // Lines break where the page is full, so the text of one entry goes over several blocks.
    let all = page.concat();
    let seen = Finder::of(text_words.iter().map(String::as_str)).found_in(
        [(all.as_str(), true)],
        false,
        |one, other| one || other,
    );
    let unseen =
        texts.iter().zip(&seen).filter(|(_, seen)| !**seen).map(|(text, _)| (*text).clone()).collect();

    let lines = || text_words.iter().map(String::as_str).zip(&europass.lines);
    let sections: HashMap<&str, Section> = lines()
        .zip(&seen)
        .filter(|((_, line), seen)| {
            **seen && line.section != Section::Other && crate::text::words(&line.text) >= 2
        })
        .map(|((words, line), _)| (words, line.section))
        .collect();
    // A block is a part of a longer text, or takes in a whole one.
    let within = Finder::of(page_words()).found_in(
        lines().map(|(words, line)| (words, Said::by(line))),
        Said::Nothing,
        Said::and,
    );
    let around = Finder::of(lines().map(|(words, _)| words)).put_together(
        lines().map(
            |(words, line)| {
                if sections.contains_key(words) { Said::by(line) } else { Said::Nothing }
            },
        ),
        page_words(),
        Said::Nothing,
        Said::and,
    );
    for ((block, words), (within, around)) in blocks.iter_mut().zip(&page).zip(within.iter().zip(&around)) {
        if block.part != Part::Body || words.is_empty() {
            continue;
        }
        match (sections.get(words.as_str()), within.and(*around)) {
            (Some(section), _) => block.section = *section,
            (None, Said::One(section)) if crate::text::words(&block.text) >= 2 => block.section = section,
            _ => {}
        }
    }
    unseen
}

/// Letters and digits alone, in lower case: a page and a file part words in their own ways.
fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Shape;
    use proptest::prelude::*;

    const FILE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
        <Candidate xmlns="http://www.europass.eu/1.0" xmlns:hr="http://www.hr-xml.org/3">
          <hr:DocumentID>77</hr:DocumentID>
          <CandidatePerson>
            <PersonName><GivenName>Ada</GivenName><hr:FamilyName>Exempel</hr:FamilyName></PersonName>
            <Communication><URI>ada@example.org</URI></Communication>
            <BirthDate>1999-01-01</BirthDate>
          </CandidatePerson>
          <CandidateProfile>
            <EmploymentHistory><EmployerHistory>
              <hr:OrganizationName>Påhittade bolaget</hr:OrganizationName>
              <Description>&lt;p&gt;Höll ihop tolv&amp;nbsp;ärenden &lt;b&gt;i&lt;/b&gt; veckan.&lt;/p&gt;</Description>
            </EmployerHistory></EmploymentHistory>
            <EducationHistory><EducationOrganizationAttendance>
              <hr:OrganizationName>Exempelskolan i Lund</hr:OrganizationName>
              <Note>Betyg: bäst av alla</Note>
            </EducationOrganizationAttendance></EducationHistory>
          </CandidateProfile>
        </Candidate>"#;

    fn block(text: &str) -> Block {
        Block {
            part: Part::Body,
            shape: Shape::Paragraph,
            section: Section::Opening,
            page: 1,
            text: text.into(),
        }
    }

    #[test]
    fn the_page_is_labelled_and_what_is_not_on_it_is_hidden() {
        use Section::{Education, Experience, Opening};
        let europass = read(FILE.as_bytes(), &Limits::APPLICATION).unwrap();
        assert_eq!(europass.person.name, "Ada Exempel");
        assert_eq!(europass.person.other, ["1999-01-01"]);
        assert!(!format!("{europass:?} {:?}", europass.person).contains("Ada"));
        let mut blocks = [
            block("Ada Exempel ada@example.org"),
            block("Jag vill göra nytta."),
            block("PÅHITTADE BOLAGET"),
            block("Höll ihop tolv ärenden i"),
            block("veckan."),
            block("2019 Exempelskolan i Lund"),
        ];
        let unseen = label(&mut blocks, &europass);
        assert_eq!(
            blocks.each_ref().map(|block| block.section),
            [Opening, Opening, Experience, Experience, Opening, Education]
        );
        assert_eq!(unseen, ["Betyg: bäst av alla", "1999-01-01"]);
    }

    #[test]
    fn words_that_two_parts_of_the_file_have_label_nothing() {
        let both = "<SkillsPassport><WorkExperienceList><Activities>Lunds kommun ritade</Activities>\
                    </WorkExperienceList><EducationList><Title>Lunds kommun lärde</Title></EducationList></SkillsPassport>";
        let europass = read(both.as_bytes(), &Limits::APPLICATION).unwrap();
        let mut blocks = [block("Lunds kommun"), block("ritade och lärde"), block("kommun lärde")];
        label(&mut blocks, &europass);
        assert_eq!(blocks[0].section, Section::Opening);
        assert_eq!(blocks[2].section, Section::Education);
    }

    /// Each line compared with each block, as the rules read.
    fn compared_one_by_one(blocks: &mut [Block], lines: &[Line]) -> Vec<String> {
        let page: Vec<String> = blocks.iter().map(|block| folded(&block.text)).collect();
        let all = page.concat();
        let two = |text: &str| crate::text::words(text) >= 2;
        let known = |line: &&Line| line.section != Section::Other;
        let whole: Vec<&Line> = lines
            .iter()
            .filter(known)
            .filter(|line| all.contains(&folded(&line.text)) && two(&line.text))
            .collect();
        for (block, words) in blocks.iter_mut().zip(page) {
            if words.is_empty() {
                continue;
            }
            if let Some(same) = whole.iter().rev().find(|line| folded(&line.text) == words) {
                block.section = same.section;
            } else if two(&block.text) {
                let is_whole = |text: &str| whole.iter().any(|line| folded(&line.text) == text);
                let fits = |line: &&Line| {
                    let text = folded(&line.text);
                    text.contains(&words) || is_whole(&text) && words.contains(&text)
                };
                let fitting: Vec<Section> =
                    lines.iter().filter(known).filter(fits).map(|line| line.section).collect();
                if let Some(first) = fitting.first().filter(|first| fitting.iter().all(|s| s == *first)) {
                    block.section = *first;
                }
            }
        }
        lines.iter().map(|line| line.text.clone()).filter(|text| !all.contains(&folded(text))).collect()
    }

    proptest! {
        #[test]
        fn a_page_is_labelled_as_if_each_line_were_compared_with_each_block(
            blocks in prop::collection::vec("[ab ]{0,6}", 0..6),
            lines in prop::collection::vec(("[ab ]{0,8}", 0..3_usize), 0..8),
        ) {
            let sections = [Section::Experience, Section::Education, Section::Other];
            let lines: Vec<Line> = lines
                .into_iter()
                .map(|(text, at)| Line { section: sections[at], begins: false, text })
                .collect();
            let mut blocks: Vec<Block> = blocks.iter().map(|text| block(text)).collect();
            let mut one_by_one = blocks.clone();
            let unseen = compared_one_by_one(&mut one_by_one, &lines);
            let europass = Europass { lines, ..Europass::default() };
            prop_assert_eq!(label(&mut blocks, &europass), unseen);
            prop_assert_eq!(blocks, one_by_one);
        }
    }

    #[test]
    fn nothing_is_resolved_and_nothing_else_is_read() {
        for (file, refusal) in [
            (
                "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]><Candidate>&b;</Candidate>",
                Refusal::Entities,
            ),
            ("<Candidate>&b;</Candidate>", Refusal::Entities),
            ("<rss><Candidate>x</Candidate></rss>", Refusal::OtherKind("XML that is no Europass".into())),
        ] {
            assert_eq!(read(file.as_bytes(), &Limits::APPLICATION), Err(refusal), "{file}");
        }
        let deep = format!("<Candidate>{}", "<a>".repeat(500));
        assert!(matches!(read(deep.as_bytes(), &Limits::APPLICATION), Err(Refusal::TooMuch(_))));
    }
}
