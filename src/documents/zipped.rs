//! The container of DOCX and ODT: a ZIP archive (APPNOTE 6.3.10, ISO/IEC 21320-1), read with distrust.
//!
//! Sizes in the headers are claims: what is unpacked is counted byte by byte, in all and for one part, and
//! against what it was packed in. Two entries of one name are refused, because two programs may show
//! different ones. Archives within the archive are bytes like any others.

use std::collections::HashSet;
use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::{Limits, Refusal};

/// How many times its packed size a part may have, once it is large.
const RATIO: usize = 200;
/// From how many bytes on the ratio counts: a page of spaces packs well and hurts nobody.
const LARGE: usize = 1 << 20;

/// An archive whose directory has been checked.
pub(crate) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    names: Vec<String>,
    packed: usize,
    left: usize,
    part: usize,
}

impl<'a> Archive<'a> {
    /// Reads the directory.
    ///
    /// # Errors
    /// [`Refusal::TooMuch`] for too many entries, [`Refusal::Encrypted`] when one is, [`Refusal::Broken`] for
    /// names that occur twice or lead out of the archive, and for what is no archive.
    pub(crate) fn open(bytes: &'a [u8], limits: &Limits) -> Result<Archive<'a>, Refusal> {
        if claims_too_many(bytes, limits.entries) {
            return Err(Refusal::TooMuch("files in the archive".into()));
        }
        let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
        if zip.len() > limits.entries {
            return Err(Refusal::TooMuch("files in the archive".into()));
        }
        if zip.has_duplicate_names() {
            return Err(Refusal::Broken("two files of the archive have one name".into()));
        }
        let mut names = Vec::with_capacity(zip.len());
        let mut seen = HashSet::new();
        for index in 0..zip.len() {
            let entry = zip.by_index_raw(index).map_err(|error| broken(&error))?;
            if entry.encrypted() {
                return Err(Refusal::Encrypted);
            }
            let name = match std::str::from_utf8(entry.name_raw()) {
                Ok(name) => name.to_owned(),
                Err(_) => String::from_utf8_lossy(entry.name_raw()).into_owned(),
            };
            if leads_out(&name) || entry.is_symlink() {
                return Err(Refusal::Broken("a file of the archive leads out of it".into()));
            }
            // The names of parts are equal whatever their case (ECMA-376-2, 6.2.2.3).
            if !seen.insert(name.to_ascii_lowercase()) {
                return Err(Refusal::Broken("two files of the archive have one name".into()));
            }
            names.push(name);
        }
        if matches!(zip.has_overlapping_files(), Ok(true)) {
            return Err(Refusal::Broken("files of the archive overlap".into()));
        }
        Ok(Archive { zip, names, packed: bytes.len(), left: limits.unpacked, part: limits.part })
    }

    /// The names of the files in it, in the order of the directory.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Unpacks a file; none when there is no such name. Case does not count.
    ///
    /// # Errors
    /// [`Refusal::TooMuch`] when it unpacks to more than the limits allow, [`Refusal::Broken`] when it cannot
    /// be unpacked.
    pub(crate) fn part(&mut self, name: &str) -> Result<Option<Vec<u8>>, Refusal> {
        let same = |other: &String| other.eq_ignore_ascii_case(name);
        let Some(index) = self.names.iter().position(same) else { return Ok(None) };
        let mut entry = self.zip.by_index(index).map_err(|error| broken(&error))?;
        let packed = usize::try_from(entry.compressed_size()).unwrap_or(usize::MAX).min(self.packed);
        let mut unpacked = Vec::new();
        let mut piece = vec![0; 64 << 10];
        loop {
            let count = entry
                .read(&mut piece)
                .map_err(|_| Refusal::Broken("a file of the archive cannot be unpacked".into()))?;
            let Some(fresh) = piece.get(..count).filter(|fresh| !fresh.is_empty()) else { break };
            unpacked.extend_from_slice(fresh);
            self.left = match self.left.checked_sub(count) {
                Some(left) => left,
                None => return Err(Refusal::TooMuch("bytes, unpacked in all".into())),
            };
            if unpacked.len() > self.part {
                return Err(Refusal::TooMuch("bytes of one part, unpacked".into()));
            }
            if unpacked.len() > LARGE && unpacked.len() / RATIO > packed {
                return Err(Refusal::TooMuch("times the packed size".into()));
            }
        }
        Ok(Some(unpacked))
    }
}

fn broken(error: &ZipError) -> Refusal {
    match error {
        ZipError::UnsupportedArchive(text) if *text == ZipError::PASSWORD_REQUIRED => Refusal::Encrypted,
        ZipError::UnsupportedArchive(_) => {
            Refusal::Broken("the archive is packed in a way that is not read".into())
        }
        _ => Refusal::Broken("the archive cannot be opened".into()),
    }
}

fn leads_out(name: &str) -> bool {
    let drive = name.as_bytes().get(1) == Some(&b':');
    drive
        || name.starts_with(['/', '\\'])
        || name.contains('\0')
        || name.split(['/', '\\']).any(|step| step == "..")
}

/// Whether the end of the directory claims more files than are read: room for as many as it claims is made
/// before they are found.
fn claims_too_many(bytes: &[u8], entries: usize) -> bool {
    let number = |at: usize, width: usize| {
        let digits = bytes.get(at..at.checked_add(width)?)?;
        Some(digits.iter().rev().fold(0_u64, |sum, digit| sum << 8 | u64::from(*digit)))
    };
    let limit = entries as u64;
    let tail = bytes.len().saturating_sub(22 + (1 << 16));
    let mut long = false;
    for (at, _) in signs(bytes, tail, *b"PK\x05\x06") {
        let located = at.checked_sub(20).and_then(|at| bytes.get(at..at + 4)) == Some(b"PK\x06\x07");
        long |= located;
        if !located && number(at + 8, 2).is_some_and(|claim| claim > limit) {
            return true;
        }
    }
    long && signs(bytes, 0, *b"PK\x06\x06")
        .any(|(at, _)| number(at + 24, 8).max(number(at + 32, 8)).is_some_and(|claim| claim > limit))
}

fn signs(bytes: &[u8], from: usize, sign: [u8; 4]) -> impl Iterator<Item = (usize, &[u8])> {
    bytes
        .get(from..)
        .unwrap_or_default()
        .windows(4)
        .enumerate()
        .filter(move |(_, window)| *window == sign)
        .map(move |(at, window)| (at + from, window))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use super::*;

    /// An archive of these files.
    pub(crate) fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            let how =
                if *name == "mimetype" { CompressionMethod::Stored } else { CompressionMethod::Deflated };
            writer.start_file(*name, SimpleFileOptions::default().compression_method(how)).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn refusal(bytes: &[u8]) -> Refusal {
        match Archive::open(bytes, &Limits::APPLICATION) {
            Ok(_) => panic!("the archive was opened"),
            Err(refusal) => refusal,
        }
    }

    #[test]
    fn a_part_is_found_whatever_its_case_and_a_missing_one_is_none() {
        let bytes = packed(&[("word/Document.xml", b"abc"), ("b", b"")]);
        let mut archive = Archive::open(&bytes, &Limits::APPLICATION).unwrap();
        assert_eq!(archive.names().collect::<Vec<_>>(), ["word/Document.xml", "b"]);
        assert_eq!(archive.part("word/document.xml").unwrap().unwrap(), b"abc");
        assert_eq!(archive.part("b").unwrap().unwrap(), b"");
        assert_eq!(archive.part("c").unwrap(), None);
    }

    #[test]
    fn a_bomb_of_zeros_ends_at_the_ratio() {
        let bytes = packed(&[("a", &vec![0; 100 << 20])]);
        assert!(bytes.len() < 200 << 10);
        let mut archive = Archive::open(&bytes, &Limits::APPLICATION).unwrap();
        assert_eq!(archive.part("a"), Err(Refusal::TooMuch("times the packed size".into())));
    }

    #[test]
    fn sizes_are_counted_for_one_part_and_in_all() {
        let noise: Vec<u8> =
            (0..400_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let bytes = packed(&[("a", &noise), ("b", &noise)]);
        let narrow = Limits { part: 1 << 20, ..Limits::APPLICATION };
        let mut archive = Archive::open(&bytes, &narrow).unwrap();
        assert_eq!(archive.part("a"), Err(Refusal::TooMuch("bytes of one part, unpacked".into())));
        let narrow = Limits { unpacked: 2 << 20, ..Limits::APPLICATION };
        let mut archive = Archive::open(&bytes, &narrow).unwrap();
        assert!(archive.part("a").is_ok());
        assert_eq!(archive.part("b"), Err(Refusal::TooMuch("bytes, unpacked in all".into())));
    }

    #[test]
    fn names_that_lead_out_of_the_archive_are_refused() {
        let out = Refusal::Broken("a file of the archive leads out of it".into());
        for name in ["../a", "a/../../b", "/etc/a", "\\a", "C:\\a", "a\\..\\b"] {
            // The writer mends some names itself, so they are put in afterwards.
            let stand_in = "x".repeat(name.len());
            let mut bytes = packed(&[(&stand_in, b"abc")]);
            for at in 0..bytes.len() - name.len() {
                if bytes[at..].starts_with(stand_in.as_bytes()) {
                    bytes[at..at + name.len()].copy_from_slice(name.as_bytes());
                }
            }
            assert_eq!(refusal(&bytes), out, "{name}");
        }
    }

    #[test]
    fn two_files_of_one_name_are_refused() {
        let twice = Refusal::Broken("two files of the archive have one name".into());
        let mut bytes = packed(&[("word/a.xml", b"seen"), ("word/b.xml", b"read")]);
        for at in 0..bytes.len() - 10 {
            if bytes[at..].starts_with(b"word/b.xml") {
                bytes[at + 5] = b'a';
            }
        }
        assert_eq!(refusal(&bytes), twice);
        assert_eq!(refusal(&packed(&[("word/a.xml", b"seen"), ("Word/A.xml", b"read")])), twice);
    }

    #[test]
    fn too_many_files_are_refused_and_so_is_the_claim_of_too_many() {
        let too_many = Refusal::TooMuch("files in the archive".into());
        let names: Vec<String> = (0..2_001).map(|n| n.to_string()).collect();
        let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
        assert_eq!(refusal(&packed(&files)), too_many);
        let mut bytes = packed(&[("a", b"abc")]);
        let end = bytes.len() - 22;
        bytes[end + 8..end + 12].copy_from_slice(&[0xff, 0x7f, 0xff, 0x7f]);
        assert_eq!(refusal(&bytes), too_many);
    }

    #[test]
    fn an_encrypted_file_is_told_from_a_broken_one() {
        let mut bytes = packed(&[("a", b"abc")]);
        for at in 0..bytes.len() - 10 {
            if bytes[at..].starts_with(b"PK\x01\x02") {
                bytes[at + 8] |= 1;
            }
            if bytes[at..].starts_with(b"PK\x03\x04") {
                bytes[at + 6] |= 1;
            }
        }
        assert_eq!(refusal(&bytes), Refusal::Encrypted);
        assert!(matches!(refusal(b"PK\x03\x04 and no more"), Refusal::Broken(_)));
    }
}
