//! `marks.csv` (docs/formats.md): people's marks, blind and final. Every fault is told at once, with its line and what
//! to do. No message holds anything from the file: where columns are out of place a cell may hold a name or a reason.
//! A reason is checked and dropped.

use std::collections::BTreeMap;
use std::fmt;

use super::csv_rows::Records;
use super::screened::Screened;
use super::{Limits, Unreadable};
use crate::subject::id::CriterionId;
use crate::subject::mark::{Mark, marked_now, settled_by_words};
use crate::subject::profile::{Criterion, Profile, well_formed_id};

/// The columns, in their order.
pub const HEADER: [&str; 6] = ["application", "criterion", "reviewer", "blind", "final", "reason"];

/// Characters of a reason for a changed mark, at the least.
const REASON_CHARS_MIN: usize = 10;

/// One person's marks for one criterion of one application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkRow {
    /// The application's pseudonym.
    pub application: String,
    /// Which criterion.
    pub criterion: CriterionId,
    /// Who, as an id.
    pub reviewer: String,
    /// Given before band and evidence were shown.
    pub blind: Mark,
    /// What holds.
    pub last: Mark,
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarksFault {
    /// The line in the file where its row begins, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub what: String,
}

impl fmt::Display for MarksFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// A file of marks has faults: every one that was found, by line; at least one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct MarksError(pub Vec<MarksFault>);

/// What rows are checked against.
struct Reading<'a> {
    profile: &'a Profile,
    screened: Option<&'a Screened>,
    rows: Vec<MarkRow>,
    faults: Vec<MarksFault>,
    /// Application, criterion, reviewer, and the line where they stood first.
    taken: BTreeMap<(String, String, String), usize>,
    /// Reviewers in small letters: how they were written first, and where.
    reviewers: BTreeMap<String, (String, usize)>,
}

/// Reads marks and checks them against the profile and, when given, the result of the screening.
///
/// # Errors
/// [`MarksError`] with every fault.
pub fn read_marks(
    bytes: &[u8],
    profile: &Profile,
    screened: Option<&Screened>,
) -> Result<Vec<MarkRow>, MarksError> {
    let alone = |line, what: String| MarksError(vec![MarksFault { line, what }]);
    let most = Limits::default().file_bytes_max;
    if bytes.len() > most {
        return Err(alone(1, format!("the file has {} bytes; at most {most} are read", bytes.len())));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let sound = bytes.get(..error.valid_up_to()).and_then(|sound| std::str::from_utf8(sound).ok());
        alone(lines_in(sound.unwrap_or_default()), "a byte is not UTF-8; save the file as UTF-8".into())
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let mut reading = Reading {
        profile,
        screened,
        rows: Vec::new(),
        faults: Vec::new(),
        taken: BTreeMap::new(),
        reviewers: BTreeMap::new(),
    };
    let mut records = Records::of(&text, ',');
    if records.next().is_none_or(|header| header.fault.is_some() || header.fields != HEADER) {
        let what = format!("the header must be exactly `{}`, with commas", HEADER.join(","));
        return Err(alone(1, what));
    }
    loop {
        let read = text.len() - records.rest().len();
        let line = lines_in(text.get(..read).unwrap_or_default());
        let Some(record) = records.next() else { break };
        // A line end too many says nothing.
        if record.fields.iter().all(String::is_empty) && record.fields.len() == 1 {
            continue;
        }
        match &record.fault {
            Some(Unreadable::CsvQuoteOpen { .. }) => reading.fault(
                line,
                "a quotation mark is never closed, so nothing below it is read; close it".to_owned(),
            ),
            Some(_) => reading.fault(
                line,
                "there is text after a closing quotation mark; write one inside a field as \"\"".to_owned(),
            ),
            None => reading.row(line, &record.fields),
        }
    }
    if !reading.faults.is_empty() {
        return Err(MarksError(reading.faults));
    }
    if reading.rows.is_empty() {
        return Err(alone(1, "there is no mark in the file; add a row for each".into()));
    }
    Ok(reading.rows)
}

/// The line on which the next byte stands, from 1.
fn lines_in(before: &str) -> usize {
    before.matches('\n').count() + 1
}

impl<'a> Reading<'a> {
    fn fault(&mut self, line: usize, what: impl Into<String>) {
        self.faults.push(MarksFault { line, what: what.into() });
    }

    fn row(&mut self, line: usize, fields: &[String]) {
        let [application, id, reviewer, blind, last, reason] = fields else {
            let (found, wanted) = (fields.len(), HEADER.len());
            return self.fault(
                line,
                format!("{found} fields, {wanted} are needed; put quotation marks around a reason with a comma in it"),
            );
        };
        self.application(line, application);
        self.reviewer(line, reviewer);
        let id = CriterionId::new(id);
        let Some(criterion) = self.criterion(line, application, &id) else { return };
        let blind = self.mark(line, "blind", blind, criterion);
        let last = self.mark(line, "final", last, criterion);
        let key = (application.clone(), id.to_string(), reviewer.clone());
        match self.taken.get(&key) {
            Some(first) => {
                let first = *first;
                self.fault(
                    line,
                    format!("the same application, criterion and reviewer stand in line {first}; keep one of the two"),
                );
            }
            None => {
                self.taken.insert(key, line);
            }
        }
        let (Some(blind), Some(last)) = (blind, last) else { return };
        let chars = reason.trim().chars().count();
        if blind != last && chars < REASON_CHARS_MIN {
            self.fault(
                line,
                format!(
                    "`final` differs from `blind`, so `reason` must say why in at least {REASON_CHARS_MIN} characters; \
                     add it or correct the marks"
                ),
            );
        }
        if blind == last && chars > 0 {
            self.fault(
                line,
                "`final` equals `blind`, so `reason` must be empty; remove it or correct the marks",
            );
        }
        let (application, reviewer) = (application.clone(), reviewer.clone());
        self.rows.push(MarkRow { application, criterion: id, reviewer, blind, last });
    }

    fn application(&mut self, line: usize, id: &str) {
        if !well_formed_id(id) {
            self.fault(line, "`application` is no id; write the `id` from the result of the screening");
        } else if self.screened.is_some_and(|screened| {
            screened.application(id).is_none() && !screened.held.iter().any(|h| h == id)
        }) {
            self.fault(
                line,
                "`application` is not in the result of the screening; write an `id` of that file",
            );
        }
    }

    fn reviewer(&mut self, line: usize, id: &str) {
        if !well_formed_id(id) {
            return self.fault(
                line,
                "`reviewer` must be 1–60 characters of a–z, A–Z, 0–9, - and _ and begin with a letter or digit; write \
                 an id, never a name",
            );
        }
        let (first, at) =
            self.reviewers.entry(id.to_ascii_lowercase()).or_insert_with(|| (id.to_owned(), line)).clone();
        if first != id {
            self.fault(
                line,
                format!("`reviewer` differs from the one in line {at} only in capitals; write both alike"),
            );
        }
    }

    /// The criterion, when people mark it now for this application.
    fn criterion(&mut self, line: usize, application: &str, id: &CriterionId) -> Option<&'a Criterion> {
        let profile = self.profile;
        let Some(criterion) = profile.criterion(id) else {
            let marked: Vec<&str> =
                profile.criteria.iter().filter(|c| marked_now(c)).map(|c| c.id.as_str()).collect();
            self.fault(
                line,
                format!("`criterion` is not in the profile; write one of {}", marked.join(", ")),
            );
            return None;
        };
        if !marked_now(criterion) {
            self.fault(line, format!("{id} is a personal quality, which nobody marks yet; remove the row"));
            return None;
        }
        // Of an application that was held the result does not say what it is for.
        let read = self.screened.filter(|screened| screened.application(application).is_some());
        if read.is_some_and(|s| !s.placements_of(application).any(|p| criterion.applies_to(&p.id))) {
            self.fault(
                line,
                format!(
                    "{id} applies to no placement that the application is for; remove the row or correct it"
                ),
            );
        }
        Some(criterion)
    }

    fn mark(&mut self, line: usize, column: &str, cell: &str, criterion: &Criterion) -> Option<Mark> {
        let mark = Mark::parse(cell).filter(|mark| mark.fits(criterion));
        if mark.is_none() {
            let scale =
                if settled_by_words(criterion) { "styrkt, ej_styrkt or oklart" } else { "1, 2, 3, 4 or 5" };
            self.fault(line, format!("`{column}` is no mark for {}; write {scale}", criterion.id));
        }
        mark
    }
}

#[cfg(test)]
mod tests {
    use super::super::screened::read_screened;
    use super::*;
    use crate::subject::profile::FrozenProfile;
    use proptest::prelude::*;
    use serde_json::json;

    const HEAD: &str = "application,criterion,reviewer,blind,final,reason\n";

    fn profile() -> FrozenProfile {
        let text = r#"
format = "urval-kravprofil/1"
id = "p"
version = 1
title = "p"
[[placement]]
id = "here"
organisation = "a"
title = "Here"
[[placement]]
id = "there"
organisation = "b"
title = "There"
[[criterion]]
id = "K1"
kind = "must_have"
ai = "list"
label = "x"
description = "x"
[[criterion]]
id = "K2"
kind = "competence"
ai = "list"
label = "x"
description = "x"
[[criterion]]
id = "K3"
kind = "personal_quality"
ai = "none"
label = "x"
description = "x"
[[criterion]]
id = "K4"
kind = "desirable"
ai = "list"
placements = ["there"]
label = "x"
description = "x"
"#;
        Profile::freeze(text).unwrap_or_else(|error| panic!("{error}"))
    }

    fn screened() -> Screened {
        let value = json!({
            "format": "urval-screen/1", "evaluation": true, "profile": { "sha256": profile().digest() },
            "model": { "fingerprint": "m" }, "method": "m", "held": ["K-HELD"],
            "placements": [{ "id": "here", "bands": [["K-ONE"]] }],
            "applications": [{ "id": "K-ONE", "criteria": [] }],
        });
        read_screened(value.to_string().as_bytes(), &profile()).expect("a result")
    }

    fn read(rows: &str) -> Result<Vec<MarkRow>, MarksError> {
        read_marks(format!("{HEAD}{rows}").as_bytes(), profile().profile(), None)
    }

    /// The faults of these rows, below the header.
    fn faults(rows: &str) -> Vec<String> {
        read(rows).expect_err("faults").0.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn sound_rows_are_read_with_either_line_end_and_a_mark_of_byte_order() {
        let text = format!(
            "\u{feff}{HEAD}K-ONE,K1,b1,styrkt,oklart,\"Two lines,\nand a comma.\"\nK-ONE,K2,b1,3,3,\n\n"
        );
        for text in [text.clone(), text.replace('\n', "\r\n")] {
            let rows = read_marks(text.as_bytes(), profile().profile(), Some(&screened())).expect("rows");
            let at = |criterion: &str, blind, last| MarkRow {
                application: "K-ONE".into(),
                criterion: CriterionId::new(criterion),
                reviewer: "b1".into(),
                blind,
                last,
            };
            let wanted = [at("K1", Mark::Evidenced, Mark::Unclear), at("K2", Mark::Grade(3), Mark::Grade(3))];
            assert_eq!(rows, wanted);
        }
    }

    #[test]
    fn every_fault_is_told_with_the_line_of_its_row() {
        let told = faults(
            "K-ONE,K1,b1,styrkt,ej_styrkt,\"Long enough,\nover two lines.\"\nK-ONE,K9,b1,3,3,\nK-ONE,K2,b1,6,\n",
        );
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with("line 4: `criterion` is not in the profile; write one of K1, K2, K4"));
        assert!(told[1].starts_with("line 5: 5 fields, 6 are needed"), "{told:?}");
    }

    #[test]
    fn each_rule_of_the_format_has_its_fault() {
        for (rows, says) in [
            ("Anna Ek,K2,b1,3,3,\n", "line 2: `application` is no id"),
            ("K-ONE,K3,b1,3,3,\n", "line 2: K3 is a personal quality"),
            ("K-ONE,K2,Bo Ek,3,3,\n", "line 2: `reviewer` must be 1–60 characters"),
            ("K-ONE,K2,b1,3,3,\nK-TWO,K2,B1,3,3,\n", "line 3: `reviewer` differs from the one in line 2"),
            ("K-ONE,K2,b1,styrkt,3,\n", "line 2: `blind` is no mark for K2; write 1, 2, 3, 4 or 5"),
            ("K-ONE,K2,b1,3, 3,\n", "line 2: `final` is no mark for K2"),
            (
                "K-ONE,K1,b1,styrkt,1,\n",
                "line 2: `final` is no mark for K1; write styrkt, ej_styrkt or oklart",
            ),
            ("K-ONE,K2,b1,3,4,\n", "line 2: `final` differs from `blind`, so `reason` must say why"),
            ("K-ONE,K2,b1,3,4,   too short \n", "line 2: `final` differs"),
            ("K-ONE,K2,b1,3,3,I had missed a line.\n", "line 2: `final` equals `blind`"),
            (
                "K-ONE,K2,b1,3,3,\nK-ONE,K2,b1,4,4,\n",
                "line 3: the same application, criterion and reviewer stand in line 2",
            ),
            (
                "K-ONE,K2,b1,3,4,\"Open until the end\nK-ONE,K1,b1,styrkt,styrkt,\n",
                "line 2: a quotation mark is never closed",
            ),
            ("K-ONE,K2,b1,3,4,\"Closed\" too soon\n", "line 2: there is text after a closing quotation mark"),
            ("", "line 1: there is no mark in the file"),
        ] {
            let told = faults(rows);
            assert!(told.len() == 1 && told[0].starts_with(says), "{rows:?}: {told:?}");
        }
        let whole =
            |bytes: &[u8]| read_marks(bytes, profile().profile(), None).expect_err("a fault").to_string();
        for header in
            ["", "\n", "application;criterion;reviewer;blind;final;reason\n", "criterion,application\n"]
        {
            assert!(whole(header.as_bytes()).starts_with("line 1: the header must be exactly"), "{header}");
        }
        assert!(whole(b"application\n\xe5").starts_with("line 2: a byte is not UTF-8"));
        assert!(whole(&vec![b'x'; 6 << 20]).contains("are read"));
    }

    #[test]
    fn with_a_result_only_its_applications_and_their_criteria_are_marked() {
        let of = |rows: &str| {
            read_marks(format!("{HEAD}{rows}").as_bytes(), profile().profile(), Some(&screened()))
                .map_err(|error| error.to_string())
        };
        assert!(of("K-TWO,K2,b1,3,3,\n").unwrap_err().contains("not in the result"));
        assert!(of("K-ONE,K4,b1,3,3,\n").unwrap_err().contains("applies to no placement"));
        assert_eq!(of("K-HELD,K4,b1,3,3,\n").expect("what it is for is not known").len(), 1);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_fail_and_no_fault_quotes_the_file(text in "(K-ONE|K2|secret|\"|,|\n|3|b1){0,40}") {
            if let Err(error) = read(&text) {
                prop_assert!(!error.to_string().contains("secret"));
                let lines = HEAD.lines().count() + text.lines().count() + 1;
                prop_assert!(error.0.iter().all(|fault| (1..=lines).contains(&fault.line)));
            }
        }
    }
}
