//! Measures the pseudonymiser on texts in which somebody has marked what must not remain. It runs the
//! very replacing of the service, without an applicant's known fields, and counts in the text as given.
//!
//! Two questions are kept apart: was what is marked covered, by whatever rule; and was what was covered
//! marked. Neutral words (`[hen]`, `[2 år]`) are counted by themselves: they mask nobody.

use serde::Deserialize;

use super::SpanCategory;
use super::category::Treatment;
use super::known::Own;
use super::normal::{given_end, given_start, is_english, normal_form_mapped};
use super::replace::{About, Seen, replaced};
use super::time::Frame;
use crate::pipeline::received::Known;

/// A text with marked places.
#[derive(Debug, Default)]
pub struct Marked {
    /// The text.
    pub text: String,
    /// First byte, the byte after the last one, label.
    pub spans: Vec<(usize, usize, String)>,
}

/// A file is not of the form that was asked for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotMarked {
    /// No line with a word and a tag.
    #[error("no line with a word and its tag, parted by a tab; give a file in IOB2 form")]
    NoTags,
    /// The JSON is another.
    #[error(
        "not a list of texts with spans: {0}; give [{{\"text\": …, \"spans\": [{{\"start\": 0, \"end\": 4, \"label\": \"PERSON\"}}]}}], offsets in characters"
    )]
    Json(String),
    /// A span lies outside its text.
    #[error(
        "span {span} of text {text} (counted from 0) lies outside the text; offsets are characters, the end is the one after the last"
    )]
    Offsets {
        /// Which text.
        text: usize,
        /// Which span.
        span: usize,
    },
}

/// Reads words with tags: `word TAB tag`, or the columns of Universal NER (`number TAB word TAB tag …`).
/// An empty line ends a sentence, a line `# newdoc` begins a document; without any, each sentence is a
/// document. `O` and `0` mark no name.
///
/// # Errors
/// [`NotMarked::NoTags`].
pub fn from_iob2(file: &str) -> Result<Vec<Marked>, NotMarked> {
    let by_document = file.contains("# newdoc");
    let mut out = Vec::new();
    let mut now = Marked::default();
    let mut open: Option<(usize, String)> = None;
    let mut fresh = true;
    let close = |now: &mut Marked, open: &mut Option<(usize, String)>| {
        if let Some((start, label)) = open.take() {
            now.spans.push((start, now.text.len(), label));
        }
    };
    for line in file.lines().chain([""]) {
        let line = line.trim_end_matches('\r');
        if line.starts_with("# ") && line.contains('=') {
            if line.starts_with("# newdoc") && !now.text.is_empty() {
                out.push(std::mem::take(&mut now));
            }
            continue;
        }
        let cells: Vec<&str> = line.split('\t').collect();
        let (word, tag) = match cells.as_slice() {
            [word, tag] | [_, word, tag, ..] => (*word, *tag),
            _ => {
                close(&mut now, &mut open);
                if by_document {
                    fresh = true;
                } else if !now.text.is_empty() {
                    out.push(std::mem::take(&mut now));
                }
                continue;
            }
        };
        let label = tag.trim_start_matches("B-").trim_start_matches("I-");
        let goes_on = open.as_ref().is_some_and(|(_, before)| before == label) && !tag.starts_with("B-");
        if !goes_on {
            close(&mut now, &mut open);
        }
        if !now.text.is_empty() {
            now.text.push(if std::mem::take(&mut fresh) { '\n' } else { ' ' });
        }
        fresh = false;
        if !goes_on && !matches!(label, "O" | "0" | "_" | "") {
            open = Some((now.text.len(), label.to_owned()));
        }
        now.text.push_str(word);
    }
    if !now.text.is_empty() {
        out.push(now);
    }
    if out.is_empty() { Err(NotMarked::NoTags) } else { Ok(out) }
}

#[derive(Deserialize)]
struct TextRecord {
    text: String,
    #[serde(default)]
    spans: Vec<SpanRecord>,
}

#[derive(Deserialize)]
struct SpanRecord {
    start: usize,
    end: usize,
    label: String,
}

/// Reads `[{text, spans: [{start, end, label}]}]`, offsets in characters.
///
/// # Errors
/// [`NotMarked::Json`] or [`NotMarked::Offsets`].
pub fn from_spans(file: &str) -> Result<Vec<Marked>, NotMarked> {
    let texts: Vec<TextRecord> = serde_json::from_str(file).map_err(|e| NotMarked::Json(e.to_string()))?;
    let mut out = Vec::with_capacity(texts.len());
    for (text, record) in texts.into_iter().enumerate() {
        let mut bytes: Vec<usize> = record.text.char_indices().map(|(at, _)| at).collect();
        bytes.push(record.text.len());
        let mut spans = Vec::with_capacity(record.spans.len());
        for (span, marked) in record.spans.into_iter().enumerate() {
            let wrong = NotMarked::Offsets { text, span };
            match (bytes.get(marked.start), bytes.get(marked.end)) {
                (Some(start), Some(end)) if start < end => spans.push((*start, *end, marked.label)),
                _ => return Err(wrong),
            }
        }
        spans.sort();
        out.push(Marked { text: record.text, spans });
    }
    Ok(out)
}

/// What was measured for one label.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// The label as in the file.
    pub label: String,
    /// Marked places.
    pub marked: usize,
    /// All of their words are covered, by whatever category.
    pub covered: usize,
    /// … by a category that fits the label.
    pub fitting: usize,
    /// Words in marked places, and how many of them are covered.
    pub words: usize,
    /// Covered words of them.
    pub words_covered: usize,
    /// Places that were found with a category that fits the label,
    pub found: usize,
    /// and how many of those touch a place with the label.
    pub found_right: usize,
}

impl Row {
    /// Share of marked places that are wholly covered.
    #[must_use]
    pub fn recall(&self) -> f64 {
        share(self.covered, self.marked)
    }

    /// Share of the found places of fitting categories that touch a marked one.
    #[must_use]
    pub fn precision(&self) -> f64 {
        share(self.found_right, self.found)
    }

    /// Weighs recall four times as much as precision (F2).
    #[must_use]
    pub fn f2(&self) -> f64 {
        let (recall, precision) = (self.recall(), self.precision());
        if recall + precision == 0.0 { 0.0 } else { 5.0 * precision * recall / (4.0 * precision + recall) }
    }
}

fn share(part: usize, of: usize) -> f64 {
    if of == 0 { 1.0 } else { part as f64 / of as f64 }
}

/// What was measured over all texts.
#[derive(Debug, Default)]
pub struct Measured {
    /// One row a label, in the order of first appearance.
    pub rows: Vec<Row>,
    /// Texts.
    pub texts: usize,
    /// Bytes of all texts.
    pub bytes: usize,
    /// Words in all texts.
    pub words: usize,
    /// Words that were masked or withheld.
    pub masked: usize,
    /// … and lie in some marked place.
    pub masked_right: usize,
    /// Words outside any marked place.
    pub outside: usize,
    /// … that were masked.
    pub outside_masked: usize,
    /// … that were withheld as sensitive.
    pub outside_withheld: usize,
    /// … for which a neutral word stands.
    pub outside_neutral: usize,
    /// What was not covered: label, the marked text, and some text around it. For the terminal only.
    pub missed: Vec<(String, String, String)>,
    /// What was covered and is marked by nobody: category, text, some text around it. For the terminal
    /// only.
    pub too_much: Vec<(SpanCategory, String, String)>,
}

impl Measured {
    /// Share of masked words that lie in a marked place.
    #[must_use]
    pub fn precision(&self) -> f64 {
        share(self.masked_right, self.masked)
    }

    /// Share of the words outside any marked place that were masked.
    #[must_use]
    pub fn over_masking(&self) -> f64 {
        share(self.outside_masked, self.outside)
    }
}

/// Whether a category fits a label, by the names that labels have in common corpora and tools.
fn fits(label: &str, category: SpanCategory) -> bool {
    use SpanCategory as C;
    let label = label.to_uppercase().replace(['-', ' ', '_'], "");
    let has = |parts: &[&str]| parts.iter().any(|part| label.contains(part));
    if has(&[
        "PERSONNUMMER",
        "PERSONALNUMBER",
        "PERSONALID",
        "PNR",
        "SSN",
        "SAMORDNING",
        "NATIONALID",
        "INTERIM",
    ]) {
        category == C::PersonalNumber
    } else if has(&["ORGANISATIONSNUMMER", "ORGNUM", "ORGNR", "ORGANISATIONNUMBER", "ORGANIZATIONNUMBER"]) {
        matches!(category, C::OrganisationNumber | C::PersonalNumber)
    } else if has(&["MAIL", "EPOST"]) {
        category == C::Email
    } else if has(&["PHONE", "TEL", "MOBIL"]) {
        category == C::Phone
    } else if has(&["IPADD", "URL", "LINK", "LÄNK", "HANDLE", "USERNAME", "SOCIAL", "DOMAIN"])
        || label == "IP"
    {
        category == C::Link
    } else if has(&["IBAN", "ACCOUNT", "CARD", "BANK", "GIRO", "KONTO"]) {
        category == C::Account
    } else if has(&["PLATE", "VEHICLE", "CAR", "REGNR"]) {
        category == C::Vehicle
    } else if has(&["BIRTH", "DOB", "FÖD"]) {
        matches!(category, C::Birth | C::Age | C::Time | C::PersonalNumber)
    } else if has(&["ADDRESS", "ADRESS", "STREET", "POST", "ZIP"]) {
        matches!(category, C::Address | C::Town)
    } else if label == "AGE" || has(&["ÅLDER"]) {
        matches!(category, C::Age | C::Birth)
    } else if has(&["DATE", "YEAR", "TIME", "TID"]) {
        matches!(category, C::Time | C::Birth)
    } else if has(&[
        "HEALTH",
        "BELIEF",
        "RELIG",
        "POLIT",
        "UNION",
        "SEXUAL",
        "ORIENT",
        "ETHNI",
        "OFFEN",
        "SENSITIVE",
        "ART9",
    ]) {
        matches!(category, C::Withheld | C::Voluntary)
    } else if has(&["GENDER", "SEX", "PRONOUN", "FAMILY"]) {
        matches!(category, C::Word | C::Sex)
    } else if has(&["ORG", "EMPLOYER", "COMPANY", "SCHOOL", "UNIVERSIT", "ASSOC", "ARBETSGIVARE"]) {
        matches!(
            category,
            C::Employer
                | C::University
                | C::School
                | C::Municipality
                | C::Region
                | C::Authority
                | C::Voluntary
        )
    } else if has(&["LOC", "GPE", "PLACE", "TOWN", "CITY", "COUNTRY", "ORT", "MUNICIP", "PLATS"]) {
        matches!(category, C::Town | C::Country | C::Municipality | C::Region | C::Address)
    } else if has(&["PER", "NAME", "NAMN"]) {
        matches!(category, C::Person | C::Name)
    } else {
        true
    }
}

/// A found place in the text as given.
struct Place {
    start: usize,
    end: usize,
    category: SpanCategory,
}

fn places(text: &str, frame: &Frame) -> Vec<Place> {
    let own = Own::new(&Known::default());
    let (normal, map) = normal_form_mapped(text);
    let about = About { own: &own, frame, english: is_english(&normal) };
    let (_, placed, _) = replaced(&normal, &about, &mut Seen::default());
    placed
        .iter()
        .map(|placed| Place {
            start: given_start(&map, placed.from),
            end: given_end(&map, placed.to),
            category: placed.span.category,
        })
        .collect()
}

/// Measures over all texts. `examples` missed and needless places are kept at most.
#[must_use]
pub fn measure(texts: &[Marked], frame: &Frame, examples: usize) -> Measured {
    let mut out = Measured::default();
    for marked in texts {
        out.texts += 1;
        out.bytes += marked.text.len();
        let found = places(&marked.text, frame);
        one_text(marked, &found, examples, &mut out);
    }
    out
}

fn around(text: &str, start: usize, end: usize) -> String {
    let from = text.floor_char_boundary(start.saturating_sub(50));
    let to = text.ceil_char_boundary((end + 50).min(text.len()));
    text.get(from..to).unwrap_or_default().replace('\n', " ⏎ ")
}

fn one_text(marked: &Marked, found: &[Place], examples: usize, out: &mut Measured) {
    let text = marked.text.as_str();
    let words: Vec<(usize, usize)> = urval_tagger::words::words(text)
        .iter()
        .filter(|w| text.get(w.start..w.end).is_some_and(|cut| cut.contains(char::is_alphanumeric)))
        .map(|w| (w.start, w.end))
        .collect();
    let over = |start: usize, end: usize| found.iter().find(move |p| p.start < end && p.end > start);
    for (start, end, label) in &marked.spans {
        let index = out.rows.iter().position(|row| row.label == *label).unwrap_or_else(|| {
            out.rows.push(Row { label: label.clone(), ..Row::default() });
            out.rows.len() - 1
        });
        let inside: Vec<_> = words.iter().filter(|w| w.0 < *end && w.1 > *start).collect();
        // What no word lies in (a sign alone) is covered when the place itself is.
        let hits: Vec<Option<&Place>> = if inside.is_empty() {
            vec![over(*start, *end)]
        } else {
            inside.iter().map(|w| over(w.0.max(*start), w.1.min(*end))).collect()
        };
        let Some(row) = out.rows.get_mut(index) else { continue };
        row.marked += 1;
        row.words += hits.len();
        row.words_covered += hits.iter().flatten().count();
        if hits.iter().all(Option::is_some) {
            row.covered += 1;
            row.fitting += usize::from(hits.iter().flatten().all(|place| fits(label, place.category)));
        } else if out.missed.len() < examples {
            let cut = text.get(*start..*end).unwrap_or_default().to_owned();
            out.missed.push((label.clone(), cut, around(text, *start, *end)));
        }
    }
    for place in found {
        for row in out.rows.iter_mut().filter(|row| fits(&row.label, place.category)) {
            row.found += 1;
            let right = marked
                .spans
                .iter()
                .any(|(start, end, label)| *label == row.label && *start < place.end && *end > place.start);
            row.found_right += usize::from(right);
        }
    }
    for (start, end) in words {
        out.words += 1;
        let named = marked.spans.iter().any(|span| span.0 < end && span.1 > start);
        let place = over(start, end);
        let treatment = place.map(|place| place.category.treatment());
        if matches!(treatment, Some(Treatment::Masked | Treatment::Quarantined)) {
            out.masked += 1;
            out.masked_right += usize::from(named);
        }
        if !named {
            out.outside += 1;
            match treatment {
                Some(Treatment::Masked) => {
                    out.outside_masked += 1;
                    if let Some(place) = place
                        && out.too_much.len() < examples
                    {
                        let cut = text.get(start..end).unwrap_or_default().to_owned();
                        out.too_much.push((place.category, cut, around(text, start, end)));
                    }
                }
                Some(Treatment::Quarantined) => out.outside_withheld += 1,
                Some(Treatment::Neutralised) => out.outside_neutral += 1,
                None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> Frame {
        Frame { today: jiff::civil::date(2026, 11, 1), starts: None }
    }

    #[test]
    fn both_column_forms_are_read_and_their_names_are_joined() {
        let plain = "Gunvor\tPER\nTestberg\tPER\nbor\t0\n\nHej\tO\n";
        let texts = from_iob2(plain).expect("read");
        assert_eq!(texts.len(), 2);
        assert_eq!(texts[0].spans, [(0, 15, "PER".to_owned())]);
        let numbered =
            "# newdoc id = a\n# text = x\n1\tEva\tB-PER\t-\t-\n2\tLund\tB-LOC\t-\t-\n\n1\tja\tO\t-\t-\n";
        let texts = from_iob2(numbered).expect("read");
        assert_eq!((texts.len(), texts[0].text.as_str()), (1, "Eva Lund\nja"));
        assert_eq!(texts[0].spans.len(), 2);
        assert_eq!(from_iob2("no tags here").expect_err("none"), NotMarked::NoTags);
    }

    #[test]
    fn offsets_are_characters_and_one_outside_is_refused_by_its_place() {
        let texts =
            from_spans(r#"[{"text":"Åsa: 070-1740605","spans":[{"start":5,"end":16,"label":"PHONE"}]}]"#)
                .expect("read");
        assert_eq!(&texts[0].text[texts[0].spans[0].0..texts[0].spans[0].1], "070-1740605");
        let wrong = from_spans(r#"[{"text":"ab","spans":[{"start":1,"end":3,"label":"X"}]}]"#);
        assert_eq!(wrong.expect_err("outside"), NotMarked::Offsets { text: 0, span: 0 });
        assert!(from_spans("{}").is_err());
    }

    #[test]
    fn what_is_missed_and_what_is_covered_needlessly_is_counted() {
        let text = "Ring 070-1740605 eller mig. Ordet xyzzy är hemligt.";
        let marked = vec![Marked {
            text: text.into(),
            spans: vec![(5, 16, "PHONE".into()), (34, 39, "SECRET".into())],
        }];
        let out = measure(&marked, &frame(), 5);
        assert_eq!((out.rows[0].covered, out.rows[0].fitting, out.rows[1].covered), (1, 1, 0));
        assert_eq!(out.missed.len(), 1);
        assert!((out.rows[0].f2() - 1.0).abs() < 1e-9);
    }
}
