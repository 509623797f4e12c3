//! One CV as text, DOCX, ODT and PDF should be assessed alike: what a file is like says nothing of who wrote it. How
//! far that holds is measured here.

use std::collections::BTreeMap;
use std::io::Write as _;

use serde_json::json;
use urval::pipeline::bands::bands;
use urval::pipeline::extract::{Outcome, told};
use urval::pipeline::fairness::twins::{Application, Base};
use urval::pipeline::pseudonymise::split;
use urval::pipeline::received::SectionKind;
use urval::pipeline::score::{Assessment, Ruler};
use urval::subject::profile::Profile;

use super::extractor;
use super::hostile::{pdf as made_of, stream};

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn packed(files: &[(&str, String)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        // The type of an ODT stands first and is not packed.
        let how = if *name == "mimetype" {
            zip::CompressionMethod::Stored
        } else {
            zip::CompressionMethod::Deflated
        };
        let how = zip::write::SimpleFileOptions::default().compression_method(how);
        writer.start_file(*name, how).expect("a part");
        writer.write_all(content.as_bytes()).expect("memory");
    }
    writer.finish().expect("an archive").into_inner()
}

fn docx(text: &str) -> Vec<u8> {
    let lines: String = text
        .lines()
        .map(|line| format!("<w:p><w:r><w:t xml:space=\"preserve\">{}</w:t></w:r></w:p>", escaped(line)))
        .collect();
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document \
         xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{lines}</w:body></w:document>"
    );
    let types = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Types \
        xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" \
        ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override \
        PartName=\"/word/document.xml\" \
        ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
    let rels = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Relationships \
        xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r\" \
        Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" \
        Target=\"word/document.xml\"/></Relationships>";
    packed(&[
        ("[Content_Types].xml", types.into()),
        ("_rels/.rels", rels.into()),
        ("word/document.xml", document),
    ])
}

fn odt(text: &str) -> Vec<u8> {
    let lines: String = text.lines().map(|line| format!("<text:p>{}</text:p>", escaped(line))).collect();
    let content = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document-content \
         xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
         xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><office:body><office:text>{lines}\
         </office:text></office:body></office:document-content>"
    );
    let mimetype = "application/vnd.oasis.opendocument.text";
    let manifest = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><manifest:manifest \
         xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"><manifest:file-entry \
         manifest:full-path=\"/\" manifest:media-type=\"{mimetype}\"/><manifest:file-entry \
         manifest:full-path=\"content.xml\" manifest:media-type=\"text/xml\"/></manifest:manifest>"
    );
    packed(&[("mimetype", mimetype.into()), ("content.xml", content), ("META-INF/manifest.xml", manifest)])
}

/// A page with one line of text a line, broken where it is full; blank lines stay blank.
fn pdf(text: &str) -> Vec<u8> {
    let mut content = b"BT /F 9 Tf 40 800 Td 13 TL ".to_vec();
    for line in text.lines() {
        let mut shown = String::new();
        let mut rows = Vec::new();
        for word in line.split(' ') {
            if shown.chars().count() + word.chars().count() > 95 {
                rows.push(std::mem::take(&mut shown));
            }
            if !shown.is_empty() {
                shown.push(' ');
            }
            shown.push_str(word);
        }
        rows.push(shown);
        for row in rows {
            content.push(b'(');
            for letter in row.chars() {
                match letter {
                    '(' | ')' | '\\' => content.extend([b'\\', letter as u8]),
                    '–' => content.push(0x96),
                    letter => content.push(u8::try_from(u32::from(letter)).expect("Windows-1252")),
                }
            }
            content.extend(b") Tj T* ");
        }
    }
    content.extend(b"ET");
    let objects = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>"
            .to_vec(),
        stream("", &content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_vec(),
    ];
    made_of(&objects, "")
}

fn assessed(ruler: &Ruler, application: &Application, cv: String) -> Assessment {
    let mut application = application.clone();
    let (_, _, text) =
        application.parts.iter_mut().find(|(kind, _, _)| *kind == SectionKind::Cv).expect("a CV");
    *text = cv;
    let (text, _) = split(application.received(), &crate::fixture::frame()).expect("not held");
    ruler.assess(&crate::fixture::encoder(), &text, None).expect("an assessment").0
}

#[test]
fn docx_and_odt_are_assessed_alike_and_how_far_text_and_pdf_are_from_them_is_measured() {
    let extractor = extractor();
    let profile = Profile::freeze(urval::demo::PROFILE).expect("the profile");
    let encoder = crate::fixture::encoder();
    let ruler = Ruler::new(&encoder, profile.clone()).expect("a ruler");
    let profile = profile.profile();
    let bases: Vec<Application> =
        (0..24).map(|number| Base::new(profile, 5, number, 2026).application()).collect();
    let cv = |application: &Application| {
        let cv = application.parts.iter().find(|(kind, _, _)| *kind == SectionKind::Cv);
        cv.map(|(_, _, text)| text.clone()).expect("a CV")
    };
    let own: Vec<Assessment> = bases.iter().map(|base| assessed(&ruler, base, cv(base))).collect();
    let place_of = |at: usize, now: &Assessment| {
        let all = own
            .iter()
            .enumerate()
            .map(|(other, one)| (other, if other == at { now } else { one }.interval(profile, None)));
        bands(all.collect()).find(|one| *one == at).expect("a band").0
    };
    let levels = |assessment: &Assessment| -> Vec<f64> {
        assessment.criteria.iter().filter_map(|result| Some(result.level?.as_f64())).collect()
    };
    // By kind: files, those with the same levels as the typed text, those in another band, the greatest difference.
    let mut by_kind: BTreeMap<&str, (u32, u32, u32, f64)> = BTreeMap::new();
    for (at, base) in bases.iter().enumerate() {
        let text = cv(base);
        let mut found = Vec::new();
        for (kind, file) in [
            ("text", text.clone().into_bytes()),
            ("docx", docx(&text)),
            ("odt", odt(&text)),
            ("pdf", pdf(&text)),
        ] {
            let reading = match extractor.read(&file) {
                Outcome::Read(reading) => reading,
                other => panic!("{kind}: {other:?}"),
            };
            let now = assessed(&ruler, base, told::whole(&reading));
            let apart = levels(&own[at])
                .iter()
                .zip(levels(&now))
                .map(|(before, after)| (before - after).abs())
                .fold(0.0, f64::max);
            let entry = by_kind.entry(kind).or_default();
            entry.0 += 1;
            entry.1 += u32::from(apart == 0.0);
            entry.2 += u32::from(place_of(at, &now) != place_of(at, &own[at]));
            entry.3 = entry.3.max(apart);
            found.push(levels(&now));
        }
        // Two containers of the same paragraphs.
        assert_eq!(found[1], found[2], "no. {at}: DOCX and ODT");
    }
    let told: serde_json::Map<String, serde_json::Value> = by_kind
        .iter()
        .map(|(kind, (files, same, bands, apart))| {
            let row = json!({ "files": files, "same_levels": same, "another_band": bands, "greatest_difference": apart });
            ((*kind).to_owned(), row)
        })
        .collect();
    let count = by_kind.values().map(|row| u64::from(row.0)).sum();
    crate::fixture::figures(
        "documents::alike::docx_and_odt_are_assessed_alike_and_how_far_text_and_pdf_are_from_them_is_measured",
        count,
        &json!(told),
    );
    // Not yet alike (docs/fairness.md): where a file has blank lines, passages are cut otherwise. It may only fall.
    let worst = by_kind.values().map(|row| row.3).fold(0.0, f64::max);
    assert!(worst <= 0.21, "{by_kind:?}");
}
