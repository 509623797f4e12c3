//! Europass XML becomes a draft: who the person is goes to the known fields, every other text becomes a line of the CV
//! in the order of the file, with an empty line between the entries of a list.

use super::{Draft, Unreadable, decode};
use crate::pipeline::extract::ReaderLimits;
use crate::pipeline::extract::europass::{self, Written};
use crate::pipeline::received::{Known, SectionKind};

pub(super) fn read(bytes: &[u8]) -> Result<Draft, Unreadable> {
    let text;
    let bytes = match europass::written(bytes) {
        Written::AsSaid => bytes,
        Written::Otherwise => return Err(Unreadable::OtherEncoding),
        // XML that names no encoding ought to be UTF-8, and exports of Windows programs are not. They are read as a
        // table beside them is, or refused where a letter could become another.
        Written::Unsaid => {
            text = decode::decode(bytes)?.text;
            text.as_bytes()
        }
    };
    let file = europass::read(bytes, &ReaderLimits::APPLICATION).map_err(|_| Unreadable::NotXml)?;
    let mut cv = String::new();
    for line in &file.lines {
        if line.begins && !cv.is_empty() {
            cv.push('\n');
        }
        cv.push_str(&line.text);
        cv.push('\n');
    }
    let mut draft = Draft { known: known(file.person), ..Draft::default() };
    draft.add(SectionKind::Cv, None, &cv);
    Ok(draft)
}

/// Sex, nationality and date of birth are no part of an assessment; as known texts they are taken out wherever else
/// they stand.
pub(super) fn known(person: europass::Person) -> Known {
    let europass::Person { name, email, phone, street, postcode, town, links, other } = person;
    Known { name, email, phone, street, postcode, town, links, other }
}
