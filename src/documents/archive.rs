//! An archive of many documents, such as another system's export: every file of it, within limits.

use crate::zipped::Archive;
use crate::{Limits, Refusal};

/// What an archive of documents may be: some thousand files of the size of an application. Archives inside are
/// files like others and are not opened here.
const EXPORT: Limits =
    Limits { bytes: 1 << 30, unpacked: 2 << 30, part: 20 << 20, entries: 10_000, ..Limits::APPLICATION };

/// The files of an archive by their names, folders left out.
///
/// # Errors
/// A [`Refusal`] when it is none, a file leads out of it, or a limit on number, size or ratio is passed.
pub fn unpack(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Refusal> {
    if bytes.len() > EXPORT.bytes {
        return Err(Refusal::TooMuch("bytes".into()));
    }
    let mut archive = Archive::open(bytes, &EXPORT)?;
    let names: Vec<String> =
        archive.names().filter(|name| !name.ends_with(['/', '\\'])).map(str::to_owned).collect();
    let mut files = Vec::with_capacity(names.len());
    for name in names {
        if let Some(bytes) = archive.part(&name)? {
            files.push((name, bytes));
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zipped::tests::packed;

    #[test]
    fn every_file_is_there_and_one_that_leads_out_is_refused() {
        let files = unpack(&packed(&[("a/cv.txt", b"ett"), ("b.csv", b"tv\xc3\xa5")])).unwrap();
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a/cv.txt", "b.csv"]);
        assert!(unpack(&packed(&[("../a", b"x")])).is_err());
        assert!(unpack(b"PK\x03\x04").is_err());
    }
}
