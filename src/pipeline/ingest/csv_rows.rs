//! Tables: one applicant a row, with a header row. Semicolons, commas and tabs are told apart by
//! the header. A bad row is refused by its number and the rest goes on; a column that is not
//! understood becomes an answer under its header, never nothing.

use super::headings::{Asked, Questions, fold};
use super::{Draft, Entry, Options, Unreadable};
use crate::pipeline::received::SectionKind;
use crate::subject::file_place::FilePlace;

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Column {
    Name,
    FirstName,
    LastName,
    Email,
    Phone,
    Street,
    Postcode,
    Town,
    Link,
    Other,
    Placements,
    Letter,
    Cv,
    /// The id in another system.
    Key,
    /// The name of a document.
    File(FilePlace),
    /// Left out on purpose.
    LeftOut,
    Answer(String),
    /// Not understood: kept as an answer under its header.
    Unknown(String),
}

pub(super) fn read(name: &str, text: &str, options: &Options<'_>) -> Result<Vec<Entry>, Unreadable> {
    let limits = &options.limits;
    let questions = Questions::new(options.questions);
    let (declared, text) = declared_delimiter(text);
    let delimiter = declared.map_or_else(|| sniff_delimiter(text, &questions), Ok)?;

    let mut records = Records::of(text, delimiter);
    let header = loop {
        match records.next() {
            None => return Err(Unreadable::CsvNoHeaders),
            Some(record) if record.blank() => {}
            Some(record) => break record,
        }
    };
    if let Some(fault) = &header.fault {
        return Err(fault.clone());
    }
    if header.fields.len() > limits.csv_columns_max {
        return Err(Unreadable::CsvTooManyColumns { columns_max: limits.csv_columns_max });
    }
    let columns = columns(&header.fields, &questions, options)?;

    let mut entries = Vec::new();
    for record in records {
        if record.blank() && record.fault.is_none() {
            continue;
        }
        if entries.len() == limits.csv_rows_max {
            return Err(Unreadable::CsvTooManyRows { rows_max: limits.csv_rows_max });
        }
        let label = format!("{name}#{}", record.row);
        let draft = match &record.fault {
            Some(fault) => Err(fault.clone()),
            None if record.fields.len() != columns.len() => Err(Unreadable::CsvFieldCount {
                row: record.row,
                fields: record.fields.len(),
                wanted: columns.len(),
            }),
            None => Ok(draft(&columns, &record.fields)),
        };
        entries.push(Entry { label, draft });
    }
    if entries.is_empty() { Err(Unreadable::CsvNoRows) } else { Ok(entries) }
}

fn draft(columns: &[Column], fields: &[String]) -> Draft {
    let mut draft = Draft::default();
    let (mut first, mut last) = ("", "");
    for (column, field) in columns.iter().zip(fields) {
        let value = field.trim();
        let known = &mut draft.known;
        match column {
            Column::Name => known.name = value.to_owned(),
            Column::FirstName => first = value,
            Column::LastName => last = value,
            Column::Email => known.email = value.to_owned(),
            Column::Phone => known.phone = value.to_owned(),
            Column::Street => known.street = value.to_owned(),
            Column::Postcode => known.postcode = value.to_owned(),
            Column::Town => known.town = value.to_owned(),
            Column::Link => known.links.extend(value.split_whitespace().map(str::to_owned)),
            Column::Other if !value.is_empty() => known.other.push(value.to_owned()),
            Column::Placements => draft.placements.extend(
                value
                    .split([',', ';', '|', '\n'])
                    .map(str::trim)
                    .filter(|placement| !placement.is_empty())
                    .map(str::to_owned),
            ),
            Column::Letter => draft.add(SectionKind::Letter, None, field),
            Column::Cv => draft.add(SectionKind::Cv, None, field),
            Column::Key => draft.key = value.to_owned(),
            Column::File(place) if !value.is_empty() => draft.files.push((*place, value.to_owned())),
            Column::Other | Column::File(_) | Column::LeftOut => {}
            Column::Answer(question) | Column::Unknown(question) => {
                draft.add(SectionKind::Answer, Some(question), field);
            }
        }
    }
    let full = [first, last].join(" ").trim().to_owned();
    if draft.known.name.is_empty() {
        draft.known.name = full;
    } else if !full.is_empty() && full != draft.known.name {
        draft.known.other.push(full);
    }
    draft
}

/// Every column of a table and what it is read as, in words.
pub(super) fn columns_in_words(
    text: &str,
    options: &Options<'_>,
) -> Result<Vec<(String, String)>, Unreadable> {
    let questions = Questions::new(options.questions);
    let (declared, text) = declared_delimiter(text);
    let delimiter = declared.map_or_else(|| sniff_delimiter(text, &questions), Ok)?;
    let mut records = Records::of(text, delimiter);
    let header = records.find(|record| !record.blank()).ok_or(Unreadable::CsvNoHeaders)?;
    let columns = columns(&header.fields, &questions, options)?;
    let words = |column: &Column| match column {
        Column::Name => "name".to_owned(),
        Column::FirstName => "first name".to_owned(),
        Column::LastName => "last name".to_owned(),
        Column::Email => "e-mail".to_owned(),
        Column::Phone => "telephone".to_owned(),
        Column::Street => "street".to_owned(),
        Column::Postcode => "postcode".to_owned(),
        Column::Town => "town".to_owned(),
        Column::Link => "link".to_owned(),
        Column::Other => "known about the person, to be taken out of texts".to_owned(),
        Column::Placements => "placements".to_owned(),
        Column::Letter => "letter".to_owned(),
        Column::Cv => "CV".to_owned(),
        Column::Key => "id".to_owned(),
        Column::File(place) => format!("file with the {}", place.code()),
        Column::LeftOut => "left out".to_owned(),
        Column::Answer(question) => format!("answer to {question}"),
        Column::Unknown(_) => "NOT KNOWN: kept as an answer under its header".to_owned(),
    };
    Ok(header.fields.iter().cloned().zip(columns.iter().map(words)).collect())
}

fn columns(
    headers: &[String],
    questions: &Questions<'_>,
    options: &Options<'_>,
) -> Result<Vec<Column>, Unreadable> {
    let mut columns: Vec<Column> = Vec::new();
    for (index, header) in headers.iter().enumerate() {
        let mapped =
            options.columns.iter().find(|(from, _)| fold(from) == fold(header)).map(|(_, to)| to.trim());
        if mapped == Some("-") {
            columns.push(Column::LeftOut);
            continue;
        }
        let header = mapped.unwrap_or(header);
        let column = column(header, questions).unwrap_or_else(|| match header.trim() {
            "" => Column::Unknown(format!("#{}", index + 1)),
            words => Column::Unknown(words.to_owned()),
        });
        let same = |other: &Column| match (&column, other) {
            (Column::Link | Column::Other | Column::LeftOut, _) => false,
            (Column::Unknown(one), Column::Unknown(two)) => fold(one) == fold(two),
            (one, two) => one == two,
        };
        if let Some(first) = columns.iter().position(same) {
            return Err(Unreadable::CsvHeaderTwice { first: first + 1, second: index + 1 });
        }
        columns.push(column);
    }
    let understood = columns.iter().any(|column| !matches!(column, Column::Unknown(_)));
    let has_text = |column: &Column| {
        matches!(
            column,
            Column::Letter | Column::Cv | Column::File(_) | Column::Answer(_) | Column::Unknown(_)
        )
    };
    // A table without a header row has a person where the headers should be: none is understood.
    if understood && columns.iter().any(has_text) { Ok(columns) } else { Err(Unreadable::CsvNoHeaders) }
}

fn column(header: &str, questions: &Questions<'_>) -> Option<Column> {
    if let Asked::Question(id) | Asked::QuestionAndWords(id) = questions.asked(header) {
        return Some(Column::Answer(id));
    }
    Some(match fold(header).as_str() {
        "namn" | "name" | "fullname" | "fullstandigtnamn" | "sokande" | "applicant" => Column::Name,
        "fornamn" | "firstname" | "givenname" | "tilltalsnamn" => Column::FirstName,
        "efternamn" | "lastname" | "surname" | "familyname" => Column::LastName,
        "epost" | "email" | "epostadress" | "emailaddress" | "mail" | "mejl" => Column::Email,
        "telefon" | "phone" | "telefonnummer" | "phonenumber" | "mobil" | "mobile" | "tel" => Column::Phone,
        "adress" | "address" | "street" | "gata" | "gatuadress" | "streetaddress" | "postadress" => {
            Column::Street
        }
        "postnummer" | "postnr" | "postcode" | "postalcode" | "zip" | "zipcode" => Column::Postcode,
        "ort" | "postort" | "town" | "city" | "stad" => Column::Town,
        "lank" | "lankar" | "link" | "links" | "linkedin" | "webbplats" | "website" | "url" | "github" => {
            Column::Link
        }
        "personnummer"
        | "personnr"
        | "pnr"
        | "personalnumber"
        | "personalidentitynumber"
        | "samordningsnummer"
        | "fodelsedatum"
        | "dateofbirth"
        | "birthdate"
        | "smeknamn"
        | "nickname" => Column::Other,
        "placering" | "placeringar" | "placement" | "placements" | "soktaplaceringar" | "onskadplacering"
        | "onskadeplaceringar" => Column::Placements,
        "brev" | "personligtbrev" | "letter" | "coverletter" | "personalletter" | "ansokningsbrev" => {
            Column::Letter
        }
        "cv" | "meriter" | "meritforteckning" | "resume" | "curriculumvitae" => Column::Cv,
        "id" | "nr" | "kandidatid" | "ansokningsid" | "candidateid" | "applicationid" => Column::Key,
        "cvfil" | "filcv" | "cvfile" | "resumefile" => Column::File(FilePlace::Cv),
        "brevfil" | "filbrev" | "letterfile" | "coverletterfile" => Column::File(FilePlace::Letter),
        _ => return None,
    })
}

/// A first line `sep=;`, as spreadsheets write it.
fn declared_delimiter(text: &str) -> (Option<char>, &str) {
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    match line.strip_prefix("sep=").map(|delimiter| delimiter.trim_end_matches(' ')) {
        Some(";") => (Some(';'), rest),
        Some(",") => (Some(','), rest),
        Some("\t") => (Some('\t'), rest),
        _ => (None, text),
    }
}

/// The separator with which most of the header is understood; among equals the commonest one. A
/// plain count would be fooled by a question's text with commas in it.
fn sniff_delimiter(text: &str, questions: &Questions<'_>) -> Result<char, Unreadable> {
    let mut best: Option<(usize, usize, char)> = None;
    for delimiter in [';', '\t', ','] {
        let Some(header) = Records::of(text, delimiter).find(|record| !record.blank()) else {
            continue;
        };
        if let Some(fault @ Unreadable::CsvQuoteOpen { .. }) = &header.fault {
            return Err(fault.clone());
        }
        let understood = header.fields.iter().filter(|field| column(field, questions).is_some()).count();
        if best.is_none_or(|(most, fields, _)| (understood, header.fields.len()) > (most, fields)) {
            best = Some((understood, header.fields.len(), delimiter));
        }
    }
    best.map(|(_, _, delimiter)| delimiter).ok_or(Unreadable::CsvNoHeaders)
}

/// One row of the table.
pub(super) struct Record {
    /// From 1, blank rows counted, as a spreadsheet shows it.
    row: usize,
    pub(super) fields: Vec<String>,
    pub(super) fault: Option<Unreadable>,
}

impl Record {
    fn blank(&self) -> bool {
        self.fields.iter().all(|field| field.trim().is_empty())
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.fields);
    }
}

/// Splits a table into rows. A library reader joins everything after an unclosed quotation mark
/// into one field without a word, and so loses every applicant below it; here it is a fault.
pub(super) struct Records<'a> {
    rest: &'a str,
    delimiter: char,
    row: usize,
}

impl<'a> Records<'a> {
    pub(super) fn of(text: &'a str, delimiter: char) -> Self {
        Self { rest: text, delimiter, row: 0 }
    }

    /// What was not split yet.
    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }
}

impl Iterator for Records<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        if self.rest.is_empty() {
            return None;
        }
        self.row += 1;
        let mut record = Record { row: self.row, fields: Vec::new(), fault: None };
        let mut field = String::new();
        let mut quoted = false;
        let mut was_quoted = false;
        let mut chars = self.rest.char_indices().peekable();
        let mut end = self.rest.len();
        while let Some((at, c)) = chars.next() {
            if quoted {
                match c {
                    '"' if chars.peek().is_some_and(|(_, next)| *next == '"') => {
                        chars.next();
                        field.push('"');
                    }
                    '"' => quoted = false,
                    c => field.push(c),
                }
            } else if c == self.delimiter {
                record.fields.push(std::mem::take(&mut field));
                was_quoted = false;
            } else if c == '\n' {
                end = at + 1;
                break;
            } else if c == '"' && !was_quoted && field.trim().is_empty() {
                field.clear();
                quoted = true;
                was_quoted = true;
            } else if was_quoted && !c.is_whitespace() {
                record.fault = Some(Unreadable::CsvQuote { row: self.row });
                field.push(c);
            } else if !was_quoted {
                field.push(c);
            }
        }
        record.fields.push(field);
        if quoted {
            record.fault = Some(Unreadable::CsvQuoteOpen { row: self.row });
        }
        self.rest = self.rest.get(end..).unwrap_or_default();
        Some(record)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Encoding;
    use super::super::decode::tests::encode;
    use super::*;
    use crate::subject::profile::Question;
    use crate::subject::words::Text;
    use proptest::prelude::*;

    fn entries(text: &str) -> Vec<Entry> {
        match read("in.csv", text, &Options::default()) {
            Ok(entries) => entries,
            Err(error) => panic!("{error:?}"),
        }
    }

    fn refusal(text: &str) -> Unreadable {
        match read("in.csv", text, &Options::default()) {
            Ok(_) => panic!("read"),
            Err(error) => error,
        }
    }

    fn parts(entry: &Entry) -> Vec<(SectionKind, Option<&str>, &str)> {
        let draft = entry.draft.as_ref().expect("a draft");
        draft.parts.iter().map(|part| (part.kind, part.question.as_deref(), part.text.as_str())).collect()
    }

    #[test]
    fn every_encoding_with_every_delimiter_gives_the_same_applicants() {
        for encoding in [Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be, Encoding::Windows1252] {
            for delimiter in [";", ",", "\t"] {
                for end in ["\n", "\r\n", "\r"] {
                    let lines = [
                        ["Förnamn", "Efternamn", "E-post", "Personligt brev", "F1"],
                        ["Åsa", "Öberg", "asa@example.org", "\"Hej; på, er!\"", "\"Jag sa \"\"ja\"\".\""],
                        ["Bo", "Ek", "bo@example.org", "Kort brev", ""],
                    ];
                    let text = lines.map(|line| line.join(delimiter)).join(end);
                    let bytes = encode(&text, encoding);
                    let read = super::super::drafts("in.csv", &bytes, &Options::default()).expect("read");
                    assert_eq!(
                        read.iter().map(|entry| entry.label.as_str()).collect::<Vec<_>>(),
                        ["in.csv#2", "in.csv#3"]
                    );
                    assert_eq!(
                        parts(&read[0]),
                        [
                            (SectionKind::Letter, None, "Hej; på, er!"),
                            (SectionKind::Answer, Some("F1"), "Jag sa \"ja\".")
                        ]
                    );
                    let draft = read[0].draft.as_ref().expect("draft");
                    assert_eq!(
                        (draft.known.name.as_str(), draft.known.email.as_str()),
                        ("Åsa Öberg", "asa@example.org")
                    );
                    assert_eq!(draft.notes, [super::super::Note::ReadAs(encoding)]);
                    assert_eq!(parts(&read[1]), [(SectionKind::Letter, None, "Kort brev")]);
                }
            }
        }
    }

    #[test]
    fn every_field_of_the_applicant_is_known() {
        let text = "Name;Phone;Address;Postnummer;ORT;LinkedIn;Website;Personnummer;Placeringar;CV\n\
                    Bo Ek;070-1740605;Storgatan 1;252 00;Helsingborg;https://example.org/bo;\
                    https://example.com/b;\
                    19090526-9813;bjuv-hr, klippan-ekonomi;Kock 2019";
        let all = entries(text);
        let draft = all[0].draft.as_ref().expect("draft");
        let known = &draft.known;
        assert_eq!(
            [&known.name, &known.phone, &known.street, &known.postcode, &known.town],
            ["Bo Ek", "070-1740605", "Storgatan 1", "252 00", "Helsingborg"]
        );
        assert_eq!(known.links, ["https://example.org/bo", "https://example.com/b"]);
        assert_eq!(known.other, ["19090526-9813"]);
        assert_eq!(draft.placements, ["bjuv-hr", "klippan-ekonomi"]);
    }

    #[test]
    fn a_bad_row_is_refused_by_number_and_the_rest_goes_on() {
        let all = entries("namn;brev\nA;hej\nB;hej;extra\n\nC\nD;\"x\" y\nE;hej igen\n;\n");
        let labels: Vec<&str> = all.iter().map(|entry| entry.label.as_str()).collect();
        assert_eq!(labels, ["in.csv#2", "in.csv#3", "in.csv#5", "in.csv#6", "in.csv#7"]);
        let faults: Vec<Option<&Unreadable>> = all.iter().map(|entry| entry.draft.as_ref().err()).collect();
        assert_eq!(
            faults,
            [
                None,
                Some(&Unreadable::CsvFieldCount { row: 3, fields: 3, wanted: 2 }),
                Some(&Unreadable::CsvFieldCount { row: 5, fields: 1, wanted: 2 }),
                Some(&Unreadable::CsvQuote { row: 6 }),
                None
            ]
        );
    }

    #[test]
    fn an_open_quotation_mark_is_told_and_hides_nobody() {
        let all = entries("namn;brev\nA;hej\nB;\"hej\nC;hej\nD;hej\n");
        assert_eq!(all.len(), 2);
        assert_eq!(all[1].draft.as_ref().err(), Some(&Unreadable::CsvQuoteOpen { row: 3 }));
    }

    #[test]
    fn a_column_that_is_not_understood_is_kept_under_its_header() {
        let all = entries("namn,Övrigt att säga,\nBo Ek,Jag kan segla,xyz\n");
        assert_eq!(
            parts(&all[0]),
            [
                (SectionKind::Answer, Some("Övrigt att säga"), "Jag kan segla"),
                (SectionKind::Answer, Some("#3"), "xyz")
            ]
        );
    }

    #[test]
    fn a_header_with_a_questions_text_is_that_answer() {
        let questions = [Question {
            id: "F3".into(),
            text: Text { sv: "Varför, egentligen, här?".into(), en: "Why, really, here?".into() },
        }];
        let options = Options { questions: &questions, ..Options::default() };
        // More commas than semicolons in the header; the semicolon is still the separator.
        let all = read("in.csv", "Namn;Varför, egentligen, här?\nBo Ek;För att\n", &options).expect("read");
        assert_eq!(parts(&all[0]), [(SectionKind::Answer, Some("F3"), "För att")]);
    }

    #[test]
    fn a_table_that_cannot_be_understood_is_refused() {
        assert_eq!(refusal("Bo Ek;bo@example.org;Hej\n"), Unreadable::CsvNoHeaders);
        assert_eq!(refusal("namn;telefon\nBo;1\n"), Unreadable::CsvNoHeaders);
        assert_eq!(refusal("namn;brev\n"), Unreadable::CsvNoRows);
        assert_eq!(refusal("namn;brev;Namn\n"), Unreadable::CsvHeaderTwice { first: 1, second: 3 });
        assert_eq!(refusal("e-post;brev;email\n"), Unreadable::CsvHeaderTwice { first: 1, second: 3 });
        assert_eq!(refusal("brev;Eget;EGET!\n"), Unreadable::CsvHeaderTwice { first: 2, second: 3 });
        assert_eq!(refusal("namn;\"brev\nBo;hej\n"), Unreadable::CsvQuoteOpen { row: 1 });
        let many = format!("namn;brev\n{}", "A;hej\n".repeat(2_001));
        assert_eq!(refusal(&many), Unreadable::CsvTooManyRows { rows_max: 2_000 });
        let wide = format!("namn{}\n", ";x".repeat(200));
        assert_eq!(refusal(&wide), Unreadable::CsvTooManyColumns { columns_max: 200 });
    }

    #[test]
    fn a_declared_separator_is_obeyed() {
        let all = entries("sep=,\nnamn,brev\nBo,hej; du\n");
        assert_eq!(parts(&all[0]), [(SectionKind::Letter, None, "hej; du")]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a-zåF1;,\t\"\n ]{0,200}") {
            let _ = read("in.csv", &text, &Options::default());
            let _ = read("in.csv", &format!("namn;brev\n{text}"), &Options::default());
        }

        // An independent writer is the oracle: what it writes is read back cell by cell.
        #[test]
        fn what_another_writer_writes_is_read_back(
            rows in prop::collection::vec(prop::collection::vec("[a-zåäö;,\t\"\n x]{0,12}", 3), 1..8),
            delimiter in prop::sample::select(vec![b';', b',', b'\t']),
        ) {
            let mut writer = csv::WriterBuilder::new()
                .delimiter(delimiter)
                .quote_style(csv::QuoteStyle::Always)
                .from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).expect("in memory");
            }
            let bytes = writer.into_inner().expect("in memory");
            let text = String::from_utf8(bytes).expect("UTF-8");
            let read: Vec<Vec<String>> = (Records { rest: &text, delimiter: char::from(delimiter), row: 0 })
                .map(|record| {
                    assert!(record.fault.is_none());
                    record.fields.clone()
                })
                .collect();
            prop_assert_eq!(read, rows);
        }
    }
}
