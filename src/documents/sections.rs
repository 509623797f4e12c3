//! What each block is about, from the headings of applications in Swedish and English.
//!
//! A heading is known by its whole text and never by words in it: a sentence about education does not begin
//! the education. There is no standard for this; the lists are what applications use.

use crate::text::words;
use crate::{Block, Part, Section, Shape};

/// Headings are shorter than this, in bytes.
const HEADING: usize = 80;

/// Marks the blocks of a document that stand in reading order. A block under a known heading, and the heading
/// itself, get its section; margins and notes get none of the body's.
pub(crate) fn mark(blocks: &mut [Block]) {
    let mut current = Section::Opening;
    let mut any = false;
    for block in blocks.iter_mut() {
        match block.part {
            Part::Body => {}
            Part::Margin => {
                block.section = Section::Opening;
                continue;
            }
            Part::Note => {
                block.section = Section::Other;
                continue;
            }
        }
        let (line, of_row) = match block.shape {
            // A table that lays out a CV has the heading in its first cell.
            Shape::Row => (
                block.text.split('\t').find(|cell| !cell.is_empty()).unwrap_or(""),
                block.text.contains('\t'),
            ),
            _ => (block.text.as_str(), false),
        };
        let heading = block.shape == Shape::Heading;
        // An item of a list is one thing of a section, whatever its name.
        let own = if block.shape == Shape::Item { None } else { known(line) };
        if let Some(section) = own {
            (current, any) = (section, true);
            block.section = section;
        } else if let Some(section) = line
            .split_once(':')
            .filter(|_| !heading && !of_row)
            .and_then(|(label, rest)| if rest.trim().is_empty() { None } else { known(label) })
        {
            // "Språk: svenska" says what this line is about and nothing of the next.
            block.section = section;
        } else {
            if heading {
                current = under_unknown_heading(current);
            }
            block.section = current;
        }
    }
    mark_letter(blocks, any);
}

/// Headings of jobs stand under "Arbetslivserfarenhet" and those of schools under "Utbildning"; elsewhere a
/// heading that is not known begins something else. Before the first known heading it is a name or a title.
fn under_unknown_heading(current: Section) -> Section {
    match current {
        Section::Opening | Section::Education | Section::Experience | Section::Skills | Section::Letter => {
            current
        }
        _ => Section::Other,
    }
}

/// A body that greets is a letter: from the greeting to the first known heading, or all of it when there is none.
fn mark_letter(blocks: &mut [Block], any_heading: bool) {
    /// The address and the date come before the greeting.
    const BEFORE: usize = 10;
    let mut opening = blocks
        .iter_mut()
        .filter(|block| block.part == Part::Body && (!any_heading || block.section == Section::Opening))
        .collect::<Vec<_>>();
    let Some(at) = opening.iter().take(BEFORE).position(|block| greets(&block.text)) else {
        return;
    };
    let first = if any_heading { at } else { 0 };
    for block in opening.iter_mut().skip(first) {
        // An inline label ("Telefon: ...") has said more already.
        if matches!(block.section, Section::Opening | Section::Other) {
            block.section = Section::Letter;
        }
    }
}

/// Whether a block begins as a letter does.
fn greets(text: &str) -> bool {
    const ALONE: [&str; 8] = ["hej", "hejsan", "bästa", "dear", "hello", "hi", "goddag", "ansökan"];
    let mut found =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase);
    let Some(first) = found.next() else { return false };
    let second = found.next();
    match (first.as_str(), second.as_deref()) {
        // "Ansökan" alone would be a heading; as a subject it goes on.
        ("ansökan", second) => matches!(second, Some("om" | "till" | "avseende" | "gällande")),
        (first, _) if ALONE.contains(&first) => true,
        ("god", Some("dag")) | ("to", Some("whom")) | ("jag", Some("söker")) => true,
        // A line to someone, not a sentence that begins with where to.
        ("till", Some(_)) => words(text) <= 8 && !text.ends_with('.'),
        _ => false,
    }
}

/// Whether a line of text, alone, is a heading that is known, and of what.
pub(crate) fn known(line: &str) -> Option<Section> {
    if line.is_empty() || line.len() > HEADING {
        return None;
    }
    let low = line.to_lowercase();
    if let Some(section) = by_key(&key(&low)) {
        return Some(section);
    }
    // "Kurser och certifikat", "Språk & IT-kunskaper": every part must be known, and the first decides.
    let mut first = None;
    let low = format!(" {low} ").replace(" och ", "/").replace(" and ", "/").replace(" samt ", "/");
    if !low.contains(['/', '&', ',', '+']) {
        return None;
    }
    for part in low.split(['/', '&', ',', '+']) {
        let section = by_key(&key(part))?;
        first = first.or(Some(section));
    }
    first
}

/// The letters of a heading: no spaces (so that "U T B I L D N I N G" is one word), no signs, no number before it.
fn key(low: &str) -> String {
    let letters: String = low.chars().filter(|c| c.is_alphabetic() || c.is_ascii_digit()).collect();
    letters.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned()
}

fn by_key(key: &str) -> Option<Section> {
    const BEFORE: [&str; 21] = [
        "min",
        "mina",
        "mitt",
        "my",
        "kort",
        "relevant",
        "relevanta",
        "övrig",
        "övriga",
        "annan",
        "andra",
        "tidigare",
        "nuvarande",
        "professional",
        "previous",
        "current",
        "other",
        "formell",
        "formella",
        "akademisk",
        "personliga",
    ];
    let find = |key: &str| LISTS.iter().find(|(_, keys)| keys.contains(&key)).map(|(section, _)| *section);
    find(key).or_else(|| BEFORE.iter().filter_map(|before| key.strip_prefix(before)).find_map(find))
}

/// The known headings, in small letters without spaces and signs.
const LISTS: [(Section, &[&str]); 10] = [
    (
        Section::Profile,
        &[
            "profil",
            "profile",
            "ommig",
            "about",
            "aboutme",
            "sammanfattning",
            "summary",
            "personligprofil",
            "yrkesprofil",
            "presentation",
            "personligpresentation",
            "introduktion",
            "introduction",
            "vemärjag",
            "personalstatement",
            "careersummary",
            "executivesummary",
            "kortfattat",
            "mål",
            "objective",
            "egenskaper",
            "personligaegenskaper",
            "styrkor",
            "strengths",
        ],
    ),
    (
        Section::Education,
        &[
            "utbildning",
            "utbildningar",
            "utbildningsbakgrund",
            "studier",
            "kurs",
            "kurser",
            "vidareutbildning",
            "vidareutbildningar",
            "fortbildning",
            "kompetensutveckling",
            "certifikat",
            "certifiering",
            "certifieringar",
            "examen",
            "examina",
            "education",
            "educationalbackground",
            "academicbackground",
            "courses",
            "training",
            "certificates",
            "certifications",
            "qualifications",
            "studies",
            "degrees",
            "högskoleutbildning",
            "universitetsutbildning",
            "gymnasieutbildning",
            "yrkesutbildning",
            "skola",
            "skolor",
            "utbildningsmeriter",
            "kursermm",
            "internutbildningar",
        ],
    ),
    (
        Section::Experience,
        &[
            "arbetslivserfarenhet",
            "arbetslivserfarenheter",
            "erfarenhet",
            "erfarenheter",
            "anställning",
            "anställningar",
            "arbete",
            "arbeten",
            "jobb",
            "arbetserfarenhet",
            "arbetserfarenheter",
            "yrkeserfarenhet",
            "yrkeserfarenheter",
            "yrkesliv",
            "arbetsliv",
            "anställningsbakgrund",
            "yrkesbakgrund",
            "tjänstgöring",
            "praktik",
            "praktikplatser",
            "uppdrag",
            "förtroendeuppdrag",
            "ideellauppdrag",
            "ideelltarbete",
            "ideelltengagemang",
            "engagemang",
            "föreningsliv",
            "projekt",
            "experience",
            "experiences",
            "workexperience",
            "workexperiences",
            "professionalexperience",
            "employment",
            "employmenthistory",
            "workhistory",
            "careerhistory",
            "career",
            "internship",
            "internships",
            "volunteering",
            "volunteerwork",
            "volunteerexperience",
            "projects",
            "assignments",
            "karriär",
            "sommarjobb",
            "extrajobb",
            "feriearbete",
            "relevanterfarenhet",
            "anställningarochuppdrag",
        ],
    ),
    (
        Section::Skills,
        &[
            "kompetens",
            "kompetenser",
            "kompetensområden",
            "färdigheter",
            "kunskaper",
            "nyckelkompetenser",
            "kärnkompetenser",
            "itkunskaper",
            "itkunskap",
            "itkompetens",
            "itfärdigheter",
            "it",
            "datakunskaper",
            "datakunskap",
            "datorkunskaper",
            "datorvana",
            "datavana",
            "data",
            "system",
            "systemkunskaper",
            "verktyg",
            "program",
            "programmering",
            "programmeringsspråk",
            "teknik",
            "tekniskafärdigheter",
            "tekniskkompetens",
            "itsystem",
            "skills",
            "keyskills",
            "technicalskills",
            "softskills",
            "computerskills",
            "itskills",
            "competence",
            "competences",
            "competencies",
            "expertise",
            "tools",
            "technologies",
            "körkort",
            "drivinglicence",
            "drivinglicense",
            "specialkunskaper",
            "mjukafärdigheter",
        ],
    ),
    (
        Section::Languages,
        &[
            "språk",
            "språkkunskap",
            "språkkunskaper",
            "språkfärdigheter",
            "languages",
            "language",
            "languageskills",
        ],
    ),
    (
        Section::Letter,
        &[
            "personligtbrev",
            "ansökan",
            "ansökningsbrev",
            "brev",
            "motivering",
            "motivationsbrev",
            "coverletter",
            "letter",
            "personalletter",
            "application",
            "letterofapplication",
            "motivationletter",
            "motivation",
            "varförjag",
            "varförsökerjagtjänsten",
        ],
    ),
    (
        Section::References,
        &[
            "referens",
            "referenser",
            "referenspersoner",
            "referees",
            "references",
            "reference",
            "recommendations",
        ],
    ),
    (
        Section::Contact,
        &[
            "kontakt",
            "kontakta",
            "kontaktuppgifter",
            "kontaktinformation",
            "kontaktinfo",
            "personuppgifter",
            "uppgifter",
            "adress",
            "contact",
            "contactme",
            "contactinformation",
            "contactdetails",
            "contactinfo",
            "personalinformation",
            "personaldetails",
            "address",
        ],
    ),
    (
        Section::Opening,
        &[
            "cv",
            "curriculumvitae",
            "meritförteckning",
            "levnadsbeskrivning",
            "resume",
            "résumé",
            "cvmeritförteckning",
        ],
    ),
    (
        Section::Other,
        &[
            "intressen",
            "fritidsintressen",
            "fritid",
            "fritidsaktiviteter",
            "hobby",
            "hobbies",
            "interests",
            "hobbiesandinterests",
            "övrigt",
            "övriginformation",
            "övrigameriter",
            "meriter",
            "other",
            "miscellaneous",
            "additionalinformation",
            "publikationer",
            "publications",
            "utmärkelser",
            "priser",
            "stipendier",
            "awards",
            "honors",
            "bilagor",
            "bilaga",
            "attachments",
            "militärtjänst",
            "värnplikt",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn block(shape: Shape, text: &str) -> Block {
        Block { part: Part::Body, shape, section: Section::Other, page: 0, text: text.to_owned() }
    }

    fn marked(texts: &[&str]) -> Vec<Section> {
        // A line that begins with # stands for a heading of the format.
        let mut blocks: Vec<Block> = texts
            .iter()
            .map(|text| match text.strip_prefix("# ") {
                Some(heading) => block(Shape::Heading, heading),
                None if text.contains('\t') => block(Shape::Row, text),
                None => block(Shape::Paragraph, text),
            })
            .collect();
        mark(&mut blocks);
        blocks.into_iter().map(|block| block.section).collect()
    }

    #[test]
    fn blocks_get_the_section_of_the_heading_above_them() {
        use Section::{Contact, Education, Experience, Languages, Opening, References};
        assert_eq!(
            marked(&[
                "Vera Exempelsson",
                "# Utbildning",
                "KTH",
                "Arbetslivserfarenhet:",
                "Kommun",
                "SPRÅK",
                "Svenska",
                "References",
                "Lämnas",
                "Kontakt",
                "vera@example.com"
            ]),
            [
                Opening, Education, Education, Experience, Experience, Languages, Languages, References,
                References, Contact, Contact
            ]
        );
    }

    #[test]
    fn headings_are_known_in_capitals_spaced_numbered_and_together() {
        for (line, section) in [
            ("UTBILDNING", Section::Education),
            ("U T B I L D N I N G", Section::Education),
            ("O M M I G", Section::Profile),
            ("2. Work Experience:", Section::Experience),
            ("Tidigare anställningar", Section::Experience),
            ("IT-kunskaper", Section::Skills),
            ("Kurser och certifikat", Section::Education),
            ("Språk & IT", Section::Languages),
            ("• Referenser •", Section::References),
            ("Mina kompetenser", Section::Skills),
            ("Personligt brev", Section::Letter),
            ("Övrigt", Section::Other),
        ] {
            assert_eq!(known(line), Some(section), "{line}");
        }
    }

    #[test]
    fn a_sentence_or_a_name_is_no_heading() {
        for line in [
            "Jag har en utbildning.",
            "Utbildning i Sundsvall",
            "Vera Exempelsson",
            "",
            "&",
            "12",
            "Språk och resor",
        ] {
            assert_eq!(known(line), None, "{line}");
        }
    }

    #[test]
    fn an_unknown_heading_under_experience_is_a_job_and_elsewhere_something_else() {
        use Section::{Experience, Languages, Opening, Other};
        assert_eq!(
            marked(&[
                "# Vera Exempelsson",
                "Text",
                "# Erfarenhet",
                "# Handläggare",
                "Text",
                "# Språk",
                "# Frimärken",
                "Text"
            ]),
            [Opening, Opening, Experience, Experience, Experience, Languages, Other, Other]
        );
    }

    #[test]
    fn a_label_marks_its_own_line_only() {
        use Section::{Education, Languages, References};
        assert_eq!(
            marked(&["Utbildning", "Språk: svenska", "Samhällsvetare", "Referenser: på begäran"]),
            [Education, Languages, Education, References]
        );
    }

    #[test]
    fn the_first_cell_of_a_row_can_be_the_heading() {
        assert_eq!(marked(&["Utbildning\t2015", "\t2016"]), [Section::Education, Section::Education]);
    }

    #[test]
    fn a_body_that_greets_and_has_no_heading_is_a_letter() {
        for first in ["Hej!", "Till Sundsvalls kommun", "Dear Sir or Madam,", "Ansökan om tjänst", "God dag"]
        {
            assert_eq!(
                marked(&["Vera Exempelsson", first, "Jag kan ordna."]),
                [Section::Letter; 3],
                "{first}"
            );
        }
        let none = marked(&[
            "Vera",
            "Till vardags arbetar jag med att ordna papper i en liten kommun.",
            "Tillgänglig",
        ]);
        assert_eq!(none, [Section::Opening; 3]);
    }

    #[test]
    fn a_letter_before_a_cv_ends_at_the_first_known_heading() {
        use Section::{Education, Letter, Opening};
        assert_eq!(
            marked(&["Vera", "Hej!", "Jag söker.", "Utbildning", "KTH"]),
            [Opening, Letter, Letter, Education, Education]
        );
    }

    #[test]
    fn margins_and_notes_do_not_take_the_section_of_the_body() {
        let mut blocks = vec![
            block(Shape::Heading, "Utbildning"),
            block(Shape::Paragraph, "Not"),
            block(Shape::Paragraph, "Topp"),
        ];
        blocks[1].part = Part::Note;
        blocks[2].part = Part::Margin;
        mark(&mut blocks);
        let sections: Vec<Section> = blocks.iter().map(|block| block.section).collect();
        assert_eq!(sections, [Section::Education, Section::Other, Section::Opening]);
    }
}
