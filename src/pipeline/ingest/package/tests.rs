//! What is read of the packages of other systems.

use serde_json::json;

use super::*;
use crate::pipeline::received::SectionKind;

fn source(files: &[(&str, &[u8])]) -> Source {
    let mut source = Source::default();
    for (name, bytes) in files {
        source.put((*name).to_owned(), bytes.to_vec());
    }
    source
}

fn read(files: &[(&str, &[u8])]) -> Import {
    source(files).read(&Options::default()).unwrap_or_else(|why| panic!("{why}"))
}

/// A part of a row's application.
fn text(import: &Import, row: usize, kind: SectionKind) -> String {
    let received = import.rows[row].outcome.as_ref().expect("an application");
    let section = received.sections.iter().find(|section| section.kind == kind).expect("the part");
    section.text.clear_text().to_owned()
}

#[test]
fn a_table_with_documents_is_read_and_what_belongs_to_nobody_is_named() {
    let table = "Nr;Namn;E-post;Personligt brev;CV-fil\n\
                 7;Ada Exempel;ada@example.org;Hej från Ada.;cv/ada.pdf\n\
                 8;Bo Exempel;bo@example.org;Hej från Bo.;saknas.pdf\n\
                 9;Cia Exempel;cia@example.org;;\n";
    let import = read(&[
        ("export/lista.csv", table.as_bytes()),
        ("export/cv/ada.pdf", b"%PDF-1.7"),
        ("export/9/cia-brev.docx", b"x"),
        ("export/9/cia.pdf", b"y"),
        ("export/okänd.pdf", b"z"),
    ]);
    assert_eq!(import.kind, SourceKind::Table);
    let keys: Vec<&str> = import.rows.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(keys, ["7", "8", "9"]);
    assert_eq!(import.rows[0].files, [(FilePlace::Cv, "cv/ada.pdf".to_owned())]);
    assert_eq!(text(&import, 0, SectionKind::Letter), "Hej från Ada.");
    assert!(import.rows[1].outcome.as_ref().is_err_and(|why| why.contains("saknas.pdf")));
    assert_eq!(
        import.rows[2].files,
        [(FilePlace::Letter, "export/9/cia-brev.docx".into()), (FilePlace::Cv, "export/9/cia.pdf".into())]
    );
    assert_eq!(import.unused, ["export/okänd.pdf"]);
    let read_as: Vec<&str> = import.columns.iter().map(|(_, as_what)| as_what.as_str()).collect();
    assert_eq!(read_as, ["id", "name", "e-mail", "letter", "file with the cv"]);
}

#[test]
fn a_column_is_taken_for_another_or_left_out() {
    let table = "Kandidat,Kontakt,Fritext,Intern not\nAda Exempel,ada@example.org,Hej.,hemligt\n";
    let columns = [("Kandidat", "namn"), ("Kontakt", "e-post"), ("Fritext", "brev"), ("Intern not", "-")]
        .map(|(from, to)| (from.to_owned(), to.to_owned()));
    let options = Options { columns: &columns, ..Options::default() };
    let import = source(&[("a.csv", table.as_bytes())]).read(&options).expect("a table");
    assert_eq!(import.rows[0].key, "ada@example.org");
    assert_eq!(text(&import, 0, SectionKind::Letter), "Hej.");
    let received = import.rows[0].outcome.as_ref().expect("an application");
    assert_eq!(received.sections.len(), 1, "what was left out is nowhere");
    let plain = read(&[("a.csv", b"Namn,E-post,Fritext\nAda,ada@example.org,Hej.\n")]);
    assert!(plain.columns[2].1.starts_with("NOT KNOWN"), "{:?}", plain.columns);
}

#[test]
fn a_manifest_says_who_has_which_documents() {
    let manifest = json!({ "format": "urval-manifest/1", "candidates": [
        { "id": "A-1", "name": "Ada Exempel", "email": "ada@example.org", "letter": "Hej.",
          "answers": { "F1": "Därför." }, "files": { "cv": "A-1\\CV.PDF" } },
        { "id": "A-1", "name": "En till", "email": "en@example.org", "letter": "Hej." },
    ] });
    let import = read(&[("manifest.json", manifest.to_string().as_bytes()), ("A-1/cv.pdf", b"x")]);
    assert_eq!(import.kind, SourceKind::Manifest);
    assert_eq!(text(&import, 0, SectionKind::Answer), "Därför.");
    assert!(import.unused.is_empty());
    assert!(
        import.rows[1].outcome.as_ref().is_err_and(|why| why.contains("same id")),
        "one candidate, not two"
    );
    let wrong =
        json!({ "format": "urval-manifest/1", "candidates": [{ "id": "1", "nme": "Hemlig Person" }] });
    let why = source(&[("manifest.json", wrong.to_string().as_bytes())])
        .read(&Options::default())
        .err()
        .expect("a fault");
    assert!(why.contains("urval-manifest/1") && !why.contains("Hemlig"), "{why}");
}

#[test]
fn a_teamtailor_dump_is_read_with_its_answers() {
    let dump = json!({
        "data": [{ "type": "candidates", "id": "41", "attributes": {
            "first-name": "Ada", "last-name": "Exempel", "email": "ada@example.org", "phone": "070-174 06 05",
            "pitch": "Jag vill arbeta hos er.", "linkedin-url": "https://example.org/ada" } }],
        "included": [
            { "type": "answers", "id": "5", "attributes": { "text": "För att jag kan." },
              "relationships": { "candidate": { "data": { "type": "candidates", "id": "41" } },
                                 "question": { "data": { "type": "questions", "id": "F1" } } } },
            { "type": "answers", "id": "6", "attributes": { "text": "Någon annans." },
              "relationships": { "candidate": { "data": { "type": "candidates", "id": "42" } } } },
        ],
    });
    let import = read(&[("dump.json", dump.to_string().as_bytes()), ("41/cv.pdf", b"x")]);
    assert_eq!(import.kind, SourceKind::Teamtailor);
    let received = import.rows[0].outcome.as_ref().expect("an application");
    assert_eq!((received.known.name.as_str(), received.known.links.len()), ("Ada Exempel", 1));
    assert_eq!(text(&import, 0, SectionKind::Letter), "Jag vill arbeta hos er.");
    assert_eq!(text(&import, 0, SectionKind::Answer), "För att jag kan.");
    assert_eq!(import.rows[0].files, [(FilePlace::Cv, "41/cv.pdf".to_owned())]);
}

#[test]
fn europass_of_both_versions_and_json_resume_stand_side_by_side() {
    let new = r#"<?xml version="1.0" encoding="UTF-8"?>
        <Candidate xmlns="http://www.europass.eu/1.0" xmlns:hr="http://www.hr-xml.org/3" xmlns:oa="http://www.openapplications.org/oagis/9">
          <hr:DocumentID>77</hr:DocumentID>
          <CandidatePerson>
            <PersonName><oa:GivenName>Ada</oa:GivenName><hr:FamilyName>Exempel</hr:FamilyName></PersonName>
            <Communication><oa:URI>ada@example.org</oa:URI></Communication>
            <hr:BirthDate>1999-01-01</hr:BirthDate>
          </CandidatePerson>
          <CandidateProfile>
            <EmploymentHistory><EmployerHistory>
              <hr:OrganizationName>Påhittade bolaget</hr:OrganizationName>
              <PositionHistory><PositionTitle>Assistent &amp; samordnare</PositionTitle>
              <eures:Description xmlns:eures="http://www.europass_eures.eu/1.0">Höll ihop tolv ärenden.</eures:Description></PositionHistory>
            </EmployerHistory></EmploymentHistory>
          </CandidateProfile>
        </Candidate>"#;
    let old = r"<SkillsPassport xmlns='http://europass.cedefop.europa.eu/Europass'><LearnerInfo>
        <Identification><PersonName><FirstName>Bo</FirstName><Surname>Exempel</Surname></PersonName>
        <ContactInfo><Email><Contact>bo@example.org</Contact></Email></ContactInfo></Identification>
        <WorkExperienceList><WorkExperience><Position><Label>Lärare</Label></Position>
        <Activities>Undervisade i matematik.</Activities></WorkExperience></WorkExperienceList>
        </LearnerInfo></SkillsPassport>";
    let resume =
        json!({ "basics": { "name": "Cia Exempel", "email": "cia@example.org", "summary": "Ingenjör." } });
    let bomb = "<!DOCTYPE a [<!ENTITY b 'c'>]><Candidate>&b;</Candidate>";
    let import = read(&[
        ("ada.xml", new.as_bytes()),
        ("bo.xml", old.as_bytes()),
        ("cia.json", resume.to_string().as_bytes()),
        ("d.xml", bomb.as_bytes()),
    ]);
    assert_eq!(import.kind, SourceKind::OneEach);
    let by_key = |key: &str| import.rows.iter().position(|row| row.key == key).expect("a row");
    let ada = by_key("ada");
    let received = import.rows[ada].outcome.as_ref().expect("an application");
    assert_eq!(
        (received.known.name.as_str(), received.known.email.as_str()),
        ("Ada Exempel", "ada@example.org")
    );
    let cv = text(&import, ada, SectionKind::Cv);
    assert!(cv.contains("Assistent & samordnare\nHöll ihop tolv ärenden."), "{cv}");
    assert!(!cv.contains("1999") && !cv.contains("77"), "{cv}");
    let bo = import.rows[by_key("bo")].outcome.as_ref().expect("an application");
    assert_eq!((bo.known.name.as_str(), bo.known.email.as_str()), ("Bo Exempel", "bo@example.org"));
    assert!(import.rows[by_key("cia")].outcome.is_ok());
    assert!(import.rows[by_key("d.xml")].outcome.as_ref().is_err_and(|why| why.contains("Europass")));
}

#[test]
fn europass_in_an_older_encoding_is_read_or_refused_in_words() {
    let xml = "<Candidate><CandidatePerson><PersonName><GivenName>Åsa</GivenName><FamilyName>Öberg</FamilyName>\
               </PersonName></CandidatePerson><Note>Höll ihop tolv ärenden i Västerås.</Note></Candidate>";
    let declared = |name: &str| format!("<?xml version='1.0' encoding='{name}'?>{xml}");
    // Every letter of it has the same place in Windows-1252 and Unicode.
    let older =
        |text: &str| text.chars().map(|c| u8::try_from(u32::from(c)).expect("a letter")).collect::<Vec<_>>();
    let import = read(&[
        ("a.xml", &older(xml)),
        ("b.xml", &older(&declared("windows-1252"))),
        ("c.xml", xml.as_bytes()),
        ("d.xml", &older(&declared("UTF-8"))),
        ("e.xml", &[xml.as_bytes(), b"\xe5"].concat()),
    ]);
    for row in 0..3 {
        let received = import.rows[row].outcome.as_ref().expect("an application");
        assert_eq!(received.known.name, "Åsa Öberg", "{row}");
        assert_eq!(text(&import, row, SectionKind::Cv), "Höll ihop tolv ärenden i Västerås.", "{row}");
    }
    let why = |row: usize| import.rows[row].outcome.as_ref().expect_err("a refusal").as_str();
    assert!(why(3).contains("not written in the encoding that it names. Save it as UTF-8"), "{}", why(3));
    assert!(why(4).contains("UTF-8 but has broken bytes"), "{}", why(4));
}
