//! Which kind of file it is, by its first bytes. It says only what a file that is not read is;
//! among texts the ending of the file name decides.

use super::unreadable::Found;

/// A kind that is not read, or `None` when the bytes may be text.
pub(super) fn not_text(bytes: &[u8]) -> Option<Found> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let at = |offset: usize, magic: &[u8]| bytes.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    // A PDF may have a little rubbish before its mark.
    if contains(head.get(..head.len().min(1024)).unwrap_or_default(), b"%PDF-") {
        return Some(Found::Pdf);
    }
    if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") || starts(b"PK\x07\x08") {
        // The names of the parts stand in the clear: some at the start, all of them at the end.
        let tail = bytes.get(bytes.len().saturating_sub(65_536)..).unwrap_or_default();
        let has = |name: &[u8]| contains(head, name) || contains(tail, name);
        return Some(if has(b"word/document") {
            Found::Docx
        } else if has(b"opendocument.text") {
            Found::Odt
        } else if has(b"xl/workbook") || has(b"opendocument.spreadsheet") {
            Found::Spreadsheet
        } else {
            Found::Archive
        });
    }
    let pictures: [&[u8]; 7] =
        [b"\x89PNG", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"8BPS"];
    if pictures.iter().any(|magic| starts(magic)) || at(8, b"WEBP") || at(4, b"ftyphei") || at(4, b"ftypavif")
    {
        return Some(Found::Picture);
    }
    let kinds: [(&[u8], Found); 15] = [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Found::OldOffice),
        (b"{\\rtf", Found::Rtf),
        (b"\x1f\x8b", Found::Archive),
        (b"7z\xbc\xaf\x27\x1c", Found::Archive),
        (b"Rar!\x1a\x07", Found::Archive),
        (b"BZh9", Found::Archive),
        (b"\xfd7zXZ\0", Found::Archive),
        (b"\x28\xb5\x2f\xfd", Found::Archive),
        (b"\x7fELF", Found::Program),
        (b"MZ\x90\0", Found::Program),
        (b"SQLite format 3\0", Found::Database),
        (b"OggS", Found::Media),
        (b"ID3", Found::Media),
        (b"fLaC", Found::Media),
        (b"%!PS", Found::Pdf),
    ];
    if let Some((_, found)) = kinds.iter().find(|(magic, _)| starts(magic)) {
        return Some(*found);
    }
    if at(4, b"ftyp") || (starts(b"RIFF") && (at(8, b"WAVE") || at(8, b"AVI "))) {
        return Some(Found::Media);
    }
    let opening: Vec<u8> = head
        .iter()
        .copied()
        .skip_while(|byte| byte.is_ascii_whitespace() || [0xef, 0xbb, 0xbf].contains(byte))
        .take(200)
        .map(|byte| byte.to_ascii_lowercase())
        .collect();
    if opening.starts_with(b"<!doctype html") || opening.starts_with(b"<html") {
        return Some(Found::Html);
    }
    if opening.starts_with(b"<?xml") {
        return Some(if contains(&opening, b"<html") { Found::Html } else { Found::Xml });
    }
    None
}

fn contains(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_told_by_content() {
        for (bytes, found) in [
            (&b"%PDF-1.7\n"[..], Some(Found::Pdf)),
            (b"\n\n%PDF-1.4", Some(Found::Pdf)),
            (b"PK\x03\x04.....[Content_Types].xml....word/document.xml", Some(Found::Docx)),
            (b"PK\x03\x04....mimetypeapplication/vnd.oasis.opendocument.text", Some(Found::Odt)),
            (b"PK\x03\x04....xl/workbook.xml", Some(Found::Spreadsheet)),
            (b"PK\x03\x04....photo.txt", Some(Found::Archive)),
            (b"\x89PNG\r\n\x1a\n", Some(Found::Picture)),
            (b"\xff\xd8\xff\xe0", Some(Found::Picture)),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Some(Found::OldOffice)),
            (b"{\\rtf1\\ansi", Some(Found::Rtf)),
            (b"  <!DOCTYPE html><html>", Some(Found::Html)),
            (b"<?xml version=\"1.0\"?><a/>", Some(Found::Xml)),
            (b"Hej! <html> is a word here", None),
            (b"{\"basics\": {}}", None),
            (b"", None),
            (b"P", None),
        ] {
            assert_eq!(not_text(bytes), found, "{:?}", String::from_utf8_lossy(bytes));
        }
    }
}
