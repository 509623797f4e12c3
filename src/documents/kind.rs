//! Tells what bytes are by what is in them; a name or a declared type is never asked.
//!
//! The first bytes decide: a file that is two things at once is the one that it begins as. Signatures are
//! those of ISO 32000 (which allows a kilobyte before the header), APPNOTE, ECMA-376, ISO/IEC 26300, MS-CFB and the
//! picture formats.

use crate::zipped::Archive;
use crate::{Kind, Limits, Refusal, plain, xml};

/// What the bytes are.
///
/// # Errors
/// [`Refusal::Empty`], [`Refusal::OtherKind`] with what it is, when that is known, [`Refusal::Encrypted`] for
/// documents that ask for a password, and what opening an archive ends in.
pub(crate) fn kind_of(bytes: &[u8]) -> Result<Kind, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::Empty);
    }
    if bytes.starts_with(b"%PDF-") {
        return Ok(Kind::Pdf);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return archived(bytes);
    }
    if bytes.starts_with(b"{\\rtf") {
        return Ok(Kind::Rtf);
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(compound(bytes));
    }
    if let Some(name) = other(bytes) {
        return Err(Refusal::OtherKind(name.into()));
    }
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    // Without an object it is a text that speaks of PDF, not one.
    if holds(head, b"%PDF-") && holds(bytes, b"endobj") {
        return Ok(Kind::Pdf);
    }
    let Some(text) = plain::decode(bytes) else {
        return Err(Refusal::OtherKind("a file of an unknown kind".into()));
    };
    if text.chars().all(|sign| sign.is_whitespace() || sign == '\u{feff}') {
        return Err(Refusal::Empty);
    }
    if is_html(&text) {
        return Err(Refusal::OtherKind("a web page (HTML)".into()));
    }
    Ok(if plain::is_markdown(&text) { Kind::Markdown } else { Kind::Text })
}

fn archived(bytes: &[u8]) -> Result<Kind, Refusal> {
    let mut archive = Archive::open(bytes, &Limits::APPLICATION)?;
    let other = |name: &str| Err(Refusal::OtherKind(name.into()));
    if let Some(types) = archive.part("[Content_Types].xml")? {
        let types = xml::decode(&types)?;
        let main = |kind: &str| types.contains(kind);
        let word = [
            "wordprocessingml.document.main+xml",
            "wordprocessingml.template.main+xml",
            "ms-word.document.macroEnabled.main+xml",
            "ms-word.template.macroEnabledTemplate.main+xml",
        ];
        return if word.into_iter().any(main) {
            Ok(Kind::Docx)
        } else if main("spreadsheetml.") || main("ms-excel.") {
            other("an Excel workbook")
        } else if main("presentationml.") || main("ms-powerpoint.") {
            other("a PowerPoint presentation")
        } else {
            other("a ZIP archive")
        };
    }
    let Some(mime) = archive.part("mimetype")? else { return other("a ZIP archive") };
    match String::from_utf8_lossy(&mime).trim() {
        // As saved by the word processor, by its web view, as a template, as a master of several.
        "application/vnd.oasis.opendocument.text"
        | "application/vnd.oasis.opendocument.text-web"
        | "application/vnd.oasis.opendocument.text-template"
        | "application/vnd.oasis.opendocument.text-master" => Ok(Kind::Odt),
        "application/vnd.oasis.opendocument.spreadsheet" => other("an OpenDocument spreadsheet"),
        "application/vnd.oasis.opendocument.presentation" => other("an OpenDocument presentation"),
        "application/epub+zip" => other("an electronic book (EPUB)"),
        _ => other("a ZIP archive"),
    }
}

/// What a compound file (MS-CFB) is, by the names of its streams, which are UTF-16.
fn compound(bytes: &[u8]) -> Refusal {
    let wide = |name: &str| -> Vec<u8> { name.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let has = |name: &str| holds(bytes, &wide(name));
    if has("EncryptedPackage") {
        Refusal::Encrypted
    } else if has("Workbook") && !has("WordDocument") {
        Refusal::OtherKind("an Excel 97 workbook".into())
    } else if has("PowerPoint Document") {
        Refusal::OtherKind("a PowerPoint 97 presentation".into())
    } else if has("__properties_version1.0") {
        Refusal::OtherKind("an Outlook message".into())
    } else {
        Refusal::OtherKind("a Word 97 document".into())
    }
}

fn other(bytes: &[u8]) -> Option<&'static str> {
    let starts = |sign: &[u8]| bytes.starts_with(sign);
    let brand = bytes.get(4..8).filter(|mark| *mark == b"ftyp").and_then(|_| bytes.get(8..12));
    Some(match bytes {
        _ if starts(&[0xff, 0xd8, 0xff]) => "a picture (JPEG)",
        _ if starts(b"\x89PNG\r\n\x1a\n") => "a picture (PNG)",
        _ if starts(b"GIF87a") || starts(b"GIF89a") => "a picture (GIF)",
        _ if starts(b"II*\0") || starts(b"MM\0*") => "a picture (TIFF)",
        _ if starts(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") => "a picture (WebP)",
        _ if matches!(brand, Some(b"heic" | b"heix" | b"hevc" | b"mif1" | b"msf1" | b"avif")) => {
            "a picture (HEIC)"
        }
        _ if brand.is_some() => "a film",
        _ if starts(b"BM") && bytes.get(6..10) == Some(&[0; 4]) => "a picture (BMP)",
        _ if starts(b"MZ") && bytes.iter().take(512).any(|byte| *byte == 0) => "a program",
        _ if starts(b"\x7fELF") || starts(&[0xcf, 0xfa, 0xed, 0xfe]) || starts(&[0xca, 0xfe, 0xba, 0xbe]) => {
            "a program"
        }
        _ if starts(b"PK\x05\x06") || starts(b"PK\x07\x08") => "a ZIP archive",
        _ if starts(b"Rar!\x1a\x07") => "a RAR archive",
        _ if starts(b"7z\xbc\xaf\x27\x1c") => "a 7z archive",
        _ if starts(&[0x1f, 0x8b, 8]) => "a gzip archive",
        _ if starts(b"%!PS") => "a PostScript file",
        _ => return None,
    })
}

/// Whether a text is a web page: the marks of one stand at its beginning.
fn is_html(text: &str) -> bool {
    let head: String = text.trim_start_matches('\u{feff}').trim_start().chars().take(256).collect();
    let head = head.to_ascii_lowercase();
    let marks = ["<!doctype html", "<html", "<head", "<body", "<script"];
    marks.iter().any(|mark| head.starts_with(mark)) || head.starts_with("<?xml") && head.contains("<html")
}

fn holds(bytes: &[u8], sign: &[u8]) -> bool {
    bytes.windows(sign.len()).any(|window| window == sign)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zipped::tests::packed;

    fn other_kind(bytes: &[u8]) -> String {
        match kind_of(bytes) {
            Err(Refusal::OtherKind(name)) => name,
            found => panic!("{found:?}"),
        }
    }

    #[test]
    fn archives_are_told_apart_by_what_they_say_of_themselves() {
        let word = b"<Types><Override ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
        let sheet = b"<Types><Override ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/></Types>";
        assert_eq!(kind_of(&packed(&[("[Content_Types].xml", word)])), Ok(Kind::Docx));
        assert_eq!(other_kind(&packed(&[("[Content_Types].xml", sheet)])), "an Excel workbook");
        let odt = packed(&[("mimetype", b"application/vnd.oasis.opendocument.text")]);
        assert_eq!(kind_of(&odt), Ok(Kind::Odt));
        assert_eq!(other_kind(&packed(&[("cv.docx", b"PK")])), "a ZIP archive");
    }

    #[test]
    fn a_document_with_a_password_is_called_encrypted_and_an_old_one_by_its_name() {
        let wide: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let ole = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, 0, 0];
        assert_eq!(kind_of(&[&ole[..], &wide].concat()), Err(Refusal::Encrypted));
        assert_eq!(other_kind(&ole), "a Word 97 document");
    }

    #[test]
    fn the_first_bytes_of_a_polyglot_decide() {
        let archive = packed(&[("mimetype", b"application/vnd.oasis.opendocument.text")]);
        let pdf_first = [b"%PDF-1.7\n".as_slice(), &archive].concat();
        assert_eq!(kind_of(&pdf_first), Ok(Kind::Pdf));
        let rtf_first = [b"{\\rtf1 %PDF-1.7 endobj}".as_slice(), &archive].concat();
        assert_eq!(kind_of(&rtf_first), Ok(Kind::Rtf));
        let picture_first = [&[0xff, 0xd8, 0xff, 0xe0][..], &archive].concat();
        assert_eq!(other_kind(&picture_first), "a picture (JPEG)");
    }

    #[test]
    fn a_header_of_pdf_may_stand_within_the_first_kilobyte() {
        let late = [&[b' '; 1000][..], b"%PDF-1.4\n1 0 obj\nendobj\n"].concat();
        assert_eq!(kind_of(&late), Ok(Kind::Pdf));
        assert_ne!(kind_of("Jag kan skriva %PDF-filer för hand.".as_bytes()), Ok(Kind::Pdf));
    }

    #[test]
    fn pictures_programs_and_web_pages_are_named() {
        assert_eq!(other_kind(b"\x89PNG\r\n\x1a\n...."), "a picture (PNG)");
        assert_eq!(other_kind(b"\0\0\0\x18ftypheic"), "a picture (HEIC)");
        assert_eq!(other_kind(b"MZ\x90\0\x03\0"), "a program");
        assert_eq!(other_kind(b" <!DOCTYPE html><html></html>"), "a web page (HTML)");
        assert_eq!(kind_of(b""), Err(Refusal::Empty));
        assert_eq!(kind_of(b" \r\n\t "), Err(Refusal::Empty));
    }
}
