//! Europass: `<Candidate xmlns="http://www.europass.eu/1.0">`, and the older `SkillsPassport` (version 3).
//!
//! Who the person is goes to the known fields by the names of the elements; every other text becomes a line of the
//! CV in the order of the file, with an empty line between the entries of a list. Codes and ids are left out. A
//! document type or an entity of its own is refused; nothing is resolved.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::{Draft, Unreadable};
use crate::pipeline::received::SectionKind;

/// Elements within elements at most.
const DEPTH: usize = 64;

/// Elements that are one entry of a list: an empty line stands before each.
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

pub(super) fn read(text: &str) -> Result<Draft, Unreadable> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut path: Vec<String> = Vec::new();
    let mut draft = Draft::default();
    let (mut given, mut family, mut cv) = (String::new(), String::new(), String::new());
    let mut words = String::new();
    let mut known_root = false;
    loop {
        let not_xml = || Unreadable::NotXml;
        match reader.read_event().map_err(|_| not_xml())? {
            Event::DocType(_) => return Err(Unreadable::NotXml),
            Event::Start(start) => {
                let name = start.local_name().as_ref().to_owned();
                if path.is_empty() {
                    known_root = matches!(name.as_str(), "Candidate" | "SkillsPassport");
                }
                if path.len() >= DEPTH {
                    return Err(not_xml());
                }
                if ENTRIES.contains(&name.as_str()) && !cv.is_empty() && !cv.ends_with("\n\n") {
                    cv.push('\n');
                }
                path.push(name);
                words.clear();
            }
            Event::Text(piece) => words.push_str(piece.as_ref()),
            Event::CData(piece) => words.push_str(piece.as_ref()),
            Event::GeneralRef(reference) => {
                let letter = match reference.as_ref() {
                    "lt" => '<',
                    "gt" => '>',
                    "amp" => '&',
                    "quot" => '"',
                    "apos" => '\'',
                    _ => reference.resolve_char_ref().ok().flatten().ok_or_else(not_xml)?,
                };
                words.push(letter);
            }
            Event::End(_) => {
                let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
                words.clear();
                if !line.is_empty() {
                    put(&path, &line, &mut draft, (&mut given, &mut family), &mut cv);
                }
                path.pop();
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if !known_root || !path.is_empty() {
        return Err(Unreadable::NotXml);
    }
    draft.known.name = format!("{given} {family}").trim().to_owned();
    draft.add(SectionKind::Cv, None, &cv);
    Ok(draft)
}

/// One text where it belongs.
fn put(path: &[String], line: &str, draft: &mut Draft, name: (&mut String, &mut String), cv: &mut String) {
    let last = path.last().map_or("", String::as_str);
    let within = |part: &str| path.iter().any(|step| step == part);
    let about_person = within("CandidatePerson") || within("Identification");
    let known = &mut draft.known;
    match last {
        "GivenName" | "FirstName" if about_person => line.clone_into(name.0),
        "FamilyName" | "Surname" if about_person => line.clone_into(name.1),
        _ if about_person && line.contains('@') => line.clone_into(&mut known.email),
        "DialNumber" if about_person => line.clone_into(&mut known.phone),
        "Contact" if about_person && within("Telephone") => line.clone_into(&mut known.phone),
        "AddressLine" if about_person => line.clone_into(&mut known.street),
        "PostalCode" if about_person => line.clone_into(&mut known.postcode),
        "CityName" | "Municipality" if about_person => line.clone_into(&mut known.town),
        "URI" | "Contact" if about_person => known.links.push(line.to_owned()),
        // Sex, nationality, date of birth and photo are no part of an assessment; as known texts they are taken
        // out wherever else they stand.
        _ if about_person => known.other.push(line.to_owned()),
        _ if last.ends_with("Code") || last.ends_with("ID") || within("DocumentInfo") => {}
        _ => {
            cv.push_str(line);
            cv.push('\n');
        }
    }
}
