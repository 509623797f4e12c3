//! Why a file or a row was not read. A reason says what is wrong, where, and what to do; it never
//! holds anything from the file.

use crate::pipeline::received::SectionKind;
use crate::subject::words::Lang;

/// What a file that is not read turned out to be, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// PDF.
    Pdf,
    /// Word (docx).
    Docx,
    /// OpenDocument text (odt).
    Odt,
    /// Excel (xlsx) or OpenDocument spreadsheet.
    Spreadsheet,
    /// Word, Excel or Outlook from before 2007.
    OldOffice,
    /// Rich text (rtf).
    Rtf,
    /// A picture.
    Picture,
    /// Sound or film.
    Media,
    /// A compressed archive.
    Archive,
    /// A web page.
    Html,
    /// XML.
    Xml,
    /// A program.
    Program,
    /// A database.
    Database,
    /// Text whose file name has an ending that is not read.
    TextOfOtherEnding,
}

impl Found {
    /// The kind in words.
    #[must_use]
    pub fn label(self, lang: Lang) -> &'static str {
        let (sv, en) = match self {
            Self::Pdf => ("en PDF-fil", "a PDF file"),
            Self::Docx => ("ett Word-dokument (docx)", "a Word document (docx)"),
            Self::Odt => ("ett OpenDocument-dokument (odt)", "an OpenDocument text (odt)"),
            Self::Spreadsheet => ("ett kalkylblad (xlsx eller ods)", "a spreadsheet (xlsx or ods)"),
            Self::OldOffice => {
                ("ett äldre Office-dokument (doc, xls eller msg)", "an old Office document (doc, xls or msg)")
            }
            Self::Rtf => ("ett RTF-dokument", "an RTF document"),
            Self::Picture => ("en bild", "a picture"),
            Self::Media => ("ljud eller film", "sound or film"),
            Self::Archive => ("ett arkiv (zip, gzip eller liknande)", "an archive (zip, gzip or the like)"),
            Self::Html => ("en webbsida (html)", "a web page (html)"),
            Self::Xml => ("en XML-fil", "an XML file"),
            Self::Program => ("ett program", "a program"),
            Self::Database => ("en databas", "a database"),
            Self::TextOfOtherEnding => (
                "text, men filnamnets ändelse är ingen av dem som läses",
                "text, but its file name has none of the endings that are read",
            ),
        };
        pick(lang, sv, en)
    }
}

/// The shape a JSON value should have had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// An object.
    Object,
    /// A list.
    List,
    /// A text, a number, or true or false.
    Text,
}

impl Wanted {
    fn label(self, lang: Lang) -> &'static str {
        let (sv, en) = match self {
            Self::Object => ("ett objekt {…}", "an object {…}"),
            Self::List => ("en lista […]", "a list […]"),
            Self::Text => ("en text", "a text"),
        };
        pick(lang, sv, en)
    }
}

/// Why a file, or one row of it, was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// No bytes, or nothing but white space.
    Empty,
    /// The file is too large.
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// A kind of file that is not read.
    NotAccepted(Found),
    /// A NUL byte: binary data, or UTF-16 without a byte-order mark.
    Nul {
        /// The first one, in bytes, or in characters for UTF-16.
        offset: usize,
    },
    /// Too many control characters for a text.
    Binary,
    /// UTF-16 with half a character in it.
    DamagedUtf16 {
        /// The first one, in 16-bit units.
        offset: usize,
    },
    /// UTF-8 with broken bytes in it.
    DamagedUtf8 {
        /// The first one, in bytes.
        offset: usize,
    },
    /// Neither UTF-8 nor plausibly Windows-1252.
    UnknownEncoding {
        /// The first byte that is not UTF-8.
        offset: usize,
    },
    /// Nothing to assess: no letter, CV or answer.
    NoText,
    /// A letter, a CV or an answer is too long.
    SectionTooLong {
        /// Which part.
        part: SectionKind,
        /// Its length in characters.
        chars: usize,
        /// The limit.
        chars_max: usize,
    },
    /// A name, an address or another known field is too long.
    FieldTooLong {
        /// The limit in characters.
        chars_max: usize,
    },
    /// Not JSON.
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// JSON, and not of the format that its name says.
    NotThisFormat {
        /// The format.
        format: &'static str,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// Not XML of Europass, or with a document type or entities of its own.
    NotXml,
    /// XML in another encoding than the one that it names.
    OtherEncoding,
    /// Too many brackets within brackets.
    JsonTooDeep {
        /// The limit.
        levels_max: usize,
    },
    /// A value of the wrong shape.
    JsonShape {
        /// Where, as a JSON pointer; the empty pointer is the whole file.
        pointer: String,
        /// What it should have been.
        wanted: Wanted,
    },
    /// The same key twice in one object: one of the two values would be lost.
    JsonKeyTwice {
        /// The object, as a JSON pointer.
        pointer: String,
    },
    /// A number that cannot be held exactly.
    JsonNumber {
        /// The line, from 1.
        line: usize,
    },
    /// A table in which no header is understood.
    CsvNoHeaders,
    /// Two columns with the same header or for the same field.
    CsvHeaderTwice {
        /// The first column, from 1.
        first: usize,
        /// The second column, from 1.
        second: usize,
    },
    /// Too many columns.
    CsvTooManyColumns {
        /// The limit.
        columns_max: usize,
    },
    /// Too many rows.
    CsvTooManyRows {
        /// The limit.
        rows_max: usize,
    },
    /// A header and no row below it.
    CsvNoRows,
    /// A row with another number of fields than the header.
    CsvFieldCount {
        /// The row, the header being row 1.
        row: usize,
        /// Fields in the row.
        fields: usize,
        /// Fields in the header.
        wanted: usize,
    },
    /// Text after a closing quotation mark.
    CsvQuote {
        /// The row, the header being row 1.
        row: usize,
    },
    /// A quotation mark that is never closed: this row and all below it are unread.
    CsvQuoteOpen {
        /// The row, the header being row 1.
        row: usize,
    },
}

/// The headers a table may have, for messages and documentation.
const HEADERS_SV: &str = "namn, förnamn, efternamn, e-post, telefon, adress, postnummer, ort, länk, \
                          personnummer, placeringar, personligt brev, cv, F1, F2 … eller frågans text";
const HEADERS_EN: &str = "name, first name, last name, email, phone, address, postcode, town, link, \
                          personal number, placements, cover letter, cv, F1, F2 … or the question's text";

impl Unreadable {
    /// The reason and what to do.
    #[must_use]
    pub fn reason(&self, lang: Lang) -> String {
        match lang {
            Lang::Sv => self.swedish(),
            Lang::En => self.english(),
        }
    }

    fn swedish(&self) -> String {
        let save = "Spara om filen som UTF-8 och försök igen.";
        match self {
            Self::Empty => "Filen är tom. Lämna in en fil med text.".into(),
            Self::TooLarge { bytes, bytes_max } => {
                format!(
                    "Filen är {bytes} byte; högst {bytes_max} byte läses. Dela upp den eller ta bort det \
                     som inte är text."
                )
            }
            Self::NotAccepted(found) => format!(
                "Filen är {}. De filer som läses är JSON Resume (.json), text (.txt), Markdown (.md) och \
                 tabeller (.csv, .tsv). Spara innehållet som text och försök igen.",
                found.label(Lang::Sv)
            ),
            Self::Nul { offset } => {
                format!("Filen har ett NUL-tecken (plats {offset}) och är därför ingen vanlig text. {save}")
            }
            Self::Binary => format!("Filen har för många styrtecken för att vara text. {save}"),
            Self::DamagedUtf16 { offset } => {
                format!("Filen är UTF-16 men trasig (plats {offset}). {save}")
            }
            Self::DamagedUtf8 { offset } => {
                format!("Filen är UTF-8 men har trasiga byte (den första vid byte {offset}). {save}")
            }
            Self::UnknownEncoding { offset } => {
                format!("Filens teckenkodning går inte att avgöra (byte {offset}). {save}")
            }
            Self::NoText => {
                "Det finns inget brev, inget CV och inget svar att läsa. Lägg till texten och försök igen."
                    .into()
            }
            Self::SectionTooLong { part, chars, chars_max } => {
                let part = match part {
                    SectionKind::Letter => "Brevet",
                    SectionKind::Cv => "CV-delen",
                    SectionKind::Answer => "Ett svar",
                };
                format!("{part} är {chars} tecken; högst {chars_max} tecken läses. Korta texten.")
            }
            Self::FieldTooLong { chars_max } => format!(
                "En personuppgift (namn, adress eller liknande) är längre än {chars_max} tecken. Korta den \
                 eller kontrollera att texten står i rätt fält."
            ),
            Self::NotJson { line, column } => {
                format!(
                    "Filen är inte giltig JSON (rad {line}, tecken {column}). Rätta filen eller exportera \
                     den på nytt."
                )
            }
            Self::NotThisFormat { format, line, column } => format!(
                "Filen följer inte {format} (rad {line}, tecken {column}). Se docs/import.md och rätta den."
            ),
            Self::OtherEncoding => {
                "Filen är inte skriven i den teckenkodning som den själv anger. Spara om den som UTF-8, ange UTF-8 på \
                 första raden och försök igen."
                    .to_owned()
            }
            Self::NotXml => {
                "Filen är inte Europass-XML, eller har egna entiteter. Exportera den på nytt.".to_owned()
            }
            Self::JsonTooDeep { levels_max } => {
                format!(
                    "JSON-filen har fler än {levels_max} nivåer av klamrar. Exportera den som JSON Resume."
                )
            }
            Self::JsonShape { pointer, wanted } => format!(
                "Värdet {} i JSON-filen ska vara {}. Rätta det enligt JSON Resume.",
                place(pointer, Lang::Sv),
                wanted.label(Lang::Sv)
            ),
            Self::JsonKeyTwice { pointer } => format!(
                "Objektet {} i JSON-filen har samma nyckel två gånger. Ta bort den ena, annars går text \
                 förlorad.",
                place(pointer, Lang::Sv)
            ),
            Self::JsonNumber { line } => {
                format!(
                    "Ett tal på rad {line} i JSON-filen är för stort. Skriv det som text inom citattecken."
                )
            }
            Self::CsvNoHeaders => {
                format!("Ingen av tabellens rubriker känns igen. Första raden ska ha rubriker: {HEADERS_SV}.")
            }
            Self::CsvHeaderTwice { first, second } => {
                format!(
                    "Kolumn {first} och {second} i tabellen är samma uppgift. Ta bort eller döp om den ena."
                )
            }
            Self::CsvTooManyColumns { columns_max } => {
                format!("Tabellen har fler än {columns_max} kolumner. Ta bort dem som inte behövs.")
            }
            Self::CsvTooManyRows { rows_max } => {
                format!("Tabellen har fler än {rows_max} rader. Dela upp den i flera filer.")
            }
            Self::CsvNoRows => {
                "Tabellen har rubriker men inga rader. Lägg till en rad för varje sökande.".into()
            }
            Self::CsvFieldCount { row, fields, wanted } => format!(
                "Rad {row} har {fields} fält, men rubrikraden har {wanted}. Sätt citattecken om text som \
                 innehåller skiljetecknet och försök igen."
            ),
            Self::CsvQuote { row } => format!(
                "Rad {row} har text efter ett avslutande citattecken. Skriv citattecken inne i en text \
                 dubbelt (\"\")."
            ),
            Self::CsvQuoteOpen { row } => format!(
                "Ett citattecken på rad {row} avslutas aldrig, så den raden och alla rader under den är \
                 olästa. Lägg till citattecknet och försök igen."
            ),
        }
    }

    fn english(&self) -> String {
        let save = "Save the file as UTF-8 and try again.";
        match self {
            Self::Empty => "The file is empty. Hand in a file with text.".into(),
            Self::TooLarge { bytes, bytes_max } => {
                format!(
                    "The file is {bytes} bytes; at most {bytes_max} bytes are read. Split it or remove \
                     what is not text."
                )
            }
            Self::NotAccepted(found) => format!(
                "The file is {}. The files that are read are JSON Resume (.json), text (.txt), Markdown \
                 (.md) and tables (.csv, .tsv). Save the content as text and try again.",
                found.label(Lang::En)
            ),
            Self::Nul { offset } => {
                format!("The file has a NUL character (position {offset}), so it is not plain text. {save}")
            }
            Self::Binary => format!("The file has too many control characters to be text. {save}"),
            Self::DamagedUtf16 { offset } => {
                format!("The file is UTF-16 but broken (position {offset}). {save}")
            }
            Self::DamagedUtf8 { offset } => {
                format!("The file is UTF-8 but has broken bytes (the first at byte {offset}). {save}")
            }
            Self::UnknownEncoding { offset } => {
                format!("The file's character encoding cannot be told (byte {offset}). {save}")
            }
            Self::NoText => "There is no letter, CV or answer to read. Add the text and try again.".into(),
            Self::SectionTooLong { part, chars, chars_max } => {
                let part = match part {
                    SectionKind::Letter => "The letter",
                    SectionKind::Cv => "The CV part",
                    SectionKind::Answer => "An answer",
                };
                format!(
                    "{part} is {chars} characters; at most {chars_max} characters are read. Shorten the text."
                )
            }
            Self::FieldTooLong { chars_max } => format!(
                "A personal field (name, address or the like) is longer than {chars_max} characters. \
                 Shorten it, or check that the text is in the right field."
            ),
            Self::NotJson { line, column } => {
                format!(
                    "The file is not valid JSON (line {line}, column {column}). Correct it or export it \
                     again."
                )
            }
            Self::NotThisFormat { format, line, column } => format!(
                "The file does not follow {format} (line {line}, column {column}). See docs/import.md and correct \
                 it."
            ),
            Self::OtherEncoding => {
                "The file is not written in the encoding that it names. Save it as UTF-8, name UTF-8 in its first line \
                 and try again."
                    .to_owned()
            }
            Self::NotXml => {
                "The file is not Europass XML, or has entities of its own. Export it again.".to_owned()
            }
            Self::JsonTooDeep { levels_max } => {
                format!(
                    "The JSON file has more than {levels_max} levels of brackets. Export it as JSON Resume."
                )
            }
            Self::JsonShape { pointer, wanted } => format!(
                "The value {} in the JSON file must be {}. Correct it according to JSON Resume.",
                place(pointer, Lang::En),
                wanted.label(Lang::En)
            ),
            Self::JsonKeyTwice { pointer } => format!(
                "The object {} in the JSON file has the same key twice. Remove one, or text would be lost.",
                place(pointer, Lang::En)
            ),
            Self::JsonNumber { line } => {
                format!(
                    "A number on line {line} of the JSON file is too large. Write it as text in quotation \
                     marks."
                )
            }
            Self::CsvNoHeaders => {
                format!(
                    "None of the table's headers is understood. The first row must have headers: \
                     {HEADERS_EN}."
                )
            }
            Self::CsvHeaderTwice { first, second } => {
                format!("Columns {first} and {second} of the table are the same field. Remove or rename one.")
            }
            Self::CsvTooManyColumns { columns_max } => {
                format!("The table has more than {columns_max} columns. Remove those that are not needed.")
            }
            Self::CsvTooManyRows { rows_max } => {
                format!("The table has more than {rows_max} rows. Split it into several files.")
            }
            Self::CsvNoRows => "The table has headers but no rows. Add one row for each applicant.".into(),
            Self::CsvFieldCount { row, fields, wanted } => format!(
                "Row {row} has {fields} fields, but the header row has {wanted}. Put quotation marks round \
                 text that contains the separator and try again."
            ),
            Self::CsvQuote { row } => format!(
                "Row {row} has text after a closing quotation mark. Write quotation marks inside a text \
                 twice (\"\")."
            ),
            Self::CsvQuoteOpen { row } => format!(
                "A quotation mark in row {row} is never closed, so that row and every row below it are \
                 unread. Add the quotation mark and try again."
            ),
        }
    }
}

fn place(pointer: &str, lang: Lang) -> &str {
    if pointer.is_empty() {
        pick(lang, "överst (hela filen)", "at the top (the whole file)")
    } else {
        pointer
    }
}

fn pick<'a>(lang: Lang, sv: &'a str, en: &'a str) -> &'a str {
    match lang {
        Lang::Sv => sv,
        Lang::En => en,
    }
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason(Lang::En))
    }
}

impl std::error::Error for Unreadable {}
