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

use crate::xml::{Event, Reader, decode};
use crate::{Block, Limits, Part, Refusal, Section};

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

/// Says of the blocks of a page what the embedded file says that they are about, and gives the texts of the file
/// that are not on the page. A line of fewer than two words says nothing of a block: "Excel" stands anywhere.
pub(crate) fn label(blocks: &mut [Block], europass: &Europass) -> Vec<String> {
    let page: Vec<String> = blocks.iter().map(|block| folded(&block.text)).collect();
    // Lines break where the page is full, so the text of one entry goes over several blocks.
    let all = page.concat();
    let mut unseen = Vec::new();
    let mut sections: HashMap<&str, Section> = HashMap::new();
    let folded_lines: Vec<(String, &Line)> =
        europass.lines.iter().map(|line| (folded(&line.text), line)).collect();
    for (words, line) in &folded_lines {
        if !all.contains(words.as_str()) {
            unseen.push(line.text.clone());
        } else if crate::text::words(&line.text) >= 2 && line.section != Section::Other {
            sections.insert(words, line.section);
        }
    }
    let person = &europass.person;
    let named = [&person.name, &person.email, &person.phone, &person.street, &person.postcode, &person.town];
    for text in named.into_iter().chain(&person.links).chain(&person.other) {
        if !all.contains(&folded(text)) {
            unseen.push(text.clone());
        }
    }
    for (block, words) in blocks.iter_mut().zip(&page) {
        if block.part != Part::Body || words.is_empty() {
            continue;
        }
        let own = sections.get(words.as_str()).copied().or_else(|| {
            // Two or more words of a longer text, or a block that takes in a whole text.
            let long = crate::text::words(&block.text) >= 2;
            let mut fitting = folded_lines
                .iter()
                .filter(|(text, line)| {
                    line.section != Section::Other
                        && long
                        && (text.contains(words.as_str())
                            || sections.contains_key(text.as_str()) && words.contains(text.as_str()))
                })
                .map(|(_, line)| line.section);
            // Where two parts of the file say the same words, neither is believed.
            let first = fitting.next()?;
            fitting.all(|section| section == first).then_some(first)
        });
        if let Some(section) = own {
            block.section = section;
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
