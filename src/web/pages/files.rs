//! Words for what was found in a file, for applicants and reviewers alike.

use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};

use crate::casework::drafts::Original;
use crate::pipeline::extract::told::{Came, Told};
use crate::pipeline::extract::{Kind, Section, Trick, Why};
use crate::subject::file_place::FilePlace;
use crate::subject::id::ApplicationId;
use crate::subject::words::Lang;
use crate::web::layout::t;

/// The name of a kind of file.
pub(super) fn kind_name(lang: Lang, kind: Kind) -> &'static str {
    match kind {
        Kind::Pdf => "PDF",
        Kind::Docx => "DOCX",
        Kind::Odt => "ODT",
        Kind::Rtf => "RTF",
        Kind::Markdown => "Markdown",
        Kind::Text => t(lang, "textfil", "text file"),
    }
}

/// The name of what a file is for.
pub(super) fn place_name(lang: Lang, place: FilePlace) -> &'static str {
    match place {
        FilePlace::Letter => t(lang, "Personligt brev", "Personal letter"),
        FilePlace::Cv => t(lang, "Meritförteckning (CV)", "Curriculum vitae (CV)"),
    }
}

/// A file as it was handed in, to be saved: it is never opened by the browser in our name.
pub(super) fn to_save(name: &str, mut file: Original) -> Response {
    let ending = match file.kind {
        Some(Kind::Pdf) => "pdf",
        Some(Kind::Docx) => "docx",
        Some(Kind::Odt) => "odt",
        Some(Kind::Rtf) => "rtf",
        Some(Kind::Markdown) => "md",
        Some(Kind::Text) => "txt",
        None => "bin",
    };
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{ending}\"")),
    ];
    (headers, std::mem::take(&mut *file.bytes)).into_response()
}

/// The heading of a part.
pub(super) fn section_name(lang: Lang, section: Section) -> &'static str {
    match section {
        Section::Opening => t(lang, "Inledning", "Opening"),
        Section::Profile => t(lang, "Om mig", "About me"),
        Section::Education => t(lang, "Utbildning", "Education"),
        Section::Experience => t(lang, "Arbete och uppdrag", "Work and roles"),
        Section::Skills => t(lang, "Kunskaper", "Skills"),
        Section::Languages => t(lang, "Språk", "Languages"),
        Section::Letter => t(lang, "Brev", "Letter"),
        Section::References => t(lang, "Referenser", "References"),
        Section::Contact => t(lang, "Kontaktuppgifter", "Contact details"),
        Section::Other => t(lang, "Övrigt", "Other"),
    }
}

/// Why words cannot be seen.
pub(super) fn why_words(lang: Lang, why: Why) -> &'static str {
    match why {
        Why::Colour => t(lang, "samma färg som bakgrunden", "the colour of the background"),
        Why::Size => t(lang, "för liten stil", "too small to read"),
        Why::OffPage => t(lang, "utanför sidan", "outside the page"),
        Why::Covered => t(lang, "under en bild eller yta", "under a picture or a shape"),
        Why::Unmarked => t(lang, "genomskinlig text", "transparent text"),
        Why::Layer => t(lang, "i ett lager som är släckt", "in a layer that is switched off"),
        Why::Marked => t(lang, "markerad som dold", "marked as hidden"),
        Why::Deleted => t(lang, "borttagen, men kvar i filen", "deleted, but still in the file"),
        Why::Comment => t(lang, "kommentar", "comment"),
        Why::AltText => t(lang, "bildbeskrivning", "description of a picture"),
        Why::Metadata => t(lang, "filens egenskaper", "the file's properties"),
        Why::Embedded => t(lang, "i en inbäddad fil", "in an embedded file"),
    }
}

/// What was done to letters that were not what they seemed.
pub(super) fn trick_words(lang: Lang, trick: Trick) -> &'static str {
    match trick {
        Trick::ZeroWidth => t(lang, "osynliga tecken inne i ord", "invisible characters inside words"),
        Trick::Homoglyph => t(
            lang,
            "bokstäver ur ett annat alfabet som liknar latinska",
            "letters of another alphabet that look Latin",
        ),
        Trick::Direction => {
            t(lang, "tecken som vänder skrivriktningen", "characters that turn the direction of writing")
        }
        Trick::Tags => t(lang, "osynliga märktecken", "invisible tag characters"),
        Trick::Styled => t(lang, "prydnadsbokstäver", "decorated letters"),
    }
}

/// Why a file was not read, from the code that is stored.
fn came_words(lang: Lang, why: &str) -> &'static str {
    match why {
        "empty" => t(lang, "den är tom", "it is empty"),
        "other_kind" => t(lang, "den är av ett slag som inte läses", "it is of a kind that is not read"),
        "encrypted" => t(lang, "den är skyddad med lösenord", "it is protected by a password"),
        "broken" => t(lang, "den är skadad", "it is damaged"),
        "too_much" => t(lang, "den är för stor eller för krånglig", "it is too large or too intricate"),
        "entities" => t(lang, "den innehåller otillåtna delar", "it has parts that are not allowed"),
        "scanned" => t(lang, "den är en inskannad bild", "it is a scanned picture"),
        "nothing_to_see" => t(lang, "ingen text i den syns", "no text in it can be seen"),
        _ => t(lang, "läsningen avbröts", "reading it was broken off"),
    }
}

/// What a reviewer is told of the files of an application: never their text. `asks` names the application to those
/// who may ask for a file that could not be read.
pub(super) fn told_of_files(lang: Lang, files: &[(FilePlace, Told)], asks: Option<&ApplicationId>) -> Markup {
    html! {
        @if !files.is_empty() {
            section.files aria-labelledby="filer" {
                h2 #filer { (t(lang, "Filer", "Files")) }
                ul { @for (place, told) in files { li { (one(lang, *place, told, asks)) } } }
            }
        }
    }
}

/// The files as they were handed in, for whoever may see who the applicant is.
pub(super) fn originals(lang: Lang, id: &ApplicationId, files: &[(FilePlace, Told)]) -> Markup {
    html! {
        @if !files.is_empty() {
            section.files aria-labelledby="original" {
                h2 #original { (t(lang, "Filerna som de lämnades in", "The files as they were handed in")) }
                ul {
                    @for (place, told) in files {
                        li {
                            a href={ "/arbete/ansokningar/" (id) "/fil/" (place.code()) } {
                                (t(lang, "Spara filen", "Save the file")) }
                            ". " (one(lang, *place, told, None))
                        }
                    }
                }
                p.hint { (t(lang,
                    "Filen är som den sökande skickade den, med namn och allt. Varje gång den hämtas loggas det, och \
                     den sökande kan se det. Öppna en fil som inte gick att läsa med försiktighet.",
                    "The file is as the applicant sent it, with name and all. Each time it is fetched is logged, and \
                     the applicant can see it. Be careful with a file that could not be read.")) }
            }
        }
    }
}

fn one(lang: Lang, place: FilePlace, told: &Told, asks: Option<&ApplicationId>) -> Markup {
    html! {
        strong { (place_name(lang, place)) } ": "
        @match &told.outcome {
            Came::NotRead(why) => {
                (t(lang, "filen kunde inte läsas, ", "the file could not be read, ")) (came_words(lang, why)) ". "
                (t(lang, "Originalet är sparat.", "The original is kept."))
                @if let Some(id) = asks {
                    " " a href={ "/arbete/ansokningar/" (id) "/nodatkomst" } {
                        (t(lang, "Be att få läsa det", "Ask to read it")) }
                }
            }
            Came::Read => {
                @if let Some(kind) = told.kind { (kind_name(lang, kind)) ", " }
                @if told.pages == 1 { (t(lang, "1 sida", "1 page")) ", " }
                @if told.pages > 1 { (told.pages) " " (t(lang, "sidor", "pages")) ", " }
                (told.words) " " (t(lang, "ord", "words")) ". "
                @if told.hidden_words > 0 {
                    span.warn-text { (told.hidden_words) " " (t(lang,
                        "ord i filen kan inte ses av en läsare och har inte lästs.",
                        "words in this file cannot be seen by a reader and were not read.")) } " "
                }
                @for (trick, count) in &told.tricks { (count) " " (trick_words(lang, *trick)) ". " }
                @if told.pages_without_text > 0 {
                    (told.pages_without_text) " " (t(lang,
                        "sidor är bilder utan text.",
                        "pages are pictures without text.")) " "
                }
                @if let Some((out, put)) = told.corrected {
                    (t(lang, "Den sökande rättade texten: ", "The applicant corrected the text: "))
                    (out) " " (t(lang, "ord ut, ", "words out, ")) (put) " " (t(lang, "ord in.", "words in."))
                }
            }
        }
    }
}
