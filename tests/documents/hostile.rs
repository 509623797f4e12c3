//! Files that are made to hurt whoever reads them: each ends in text, in a refusal or in the end of its own
//! reader, in time, and the next document is read as if nothing had been.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::json;
use urval::pipeline::extract::{Outcome, limits};

use super::{extractor, made};
use crate::faults::turns;
use crate::fixture::figures;

type Files = Vec<(String, Vec<u8>)>;

/// A PDF of these objects, numbered from 1, with a table of references.
pub(super) fn pdf(objects: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.extend(format!("{} 0 obj\n", at + 1).bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let start = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for place in places {
        out.extend(format!("{place:010} 00000 n \n").bytes());
    }
    let size = objects.len() + 1;
    out.extend(format!("trailer\n<</Size {size}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n").bytes());
    out
}

pub(super) fn stream(dictionary: &str, data: &[u8]) -> Vec<u8> {
    let mut out = format!("<<{dictionary}/Length {}>>\nstream\n", data.len()).into_bytes();
    out.extend(data);
    out.extend(b"\nendstream");
    out
}

fn zeros(bytes: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    let block = vec![b' '; 1 << 16];
    for _ in 0..bytes >> 16 {
        encoder.write_all(&block).expect("memory");
    }
    encoder.finish().expect("memory")
}

fn squeezed(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data).expect("memory");
    encoder.finish().expect("memory")
}

/// A page with this content, and what its resources are.
fn page(content: Vec<u8>, resources: &str, further: &[Vec<u8>]) -> Vec<u8> {
    let mut objects = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
        format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>{resources}>>>>").into_bytes(),
        content,
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_vec(),
    ];
    objects.extend(further.iter().cloned());
    pdf(&objects, "")
}

/// A page of words in Helvetica, and one embedded file.
pub fn with_attachment(lines: &[&str], name: &str, attachment: &[u8]) -> Vec<u8> {
    let words: String = lines.iter().map(|line| format!("({line}) Tj 0 -24 Td ")).collect();
    let catalogue = format!(
        "<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(a)<</Type/Filespec/F({name})/EF<</F 6 0 R>>>>]>>>>>>"
    );
    let objects = vec![
        catalogue.into_bytes(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>"
            .to_vec(),
        stream("", format!("BT /F 12 Tf 60 780 Td {words}ET").as_bytes()),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_vec(),
        stream("/Filter/FlateDecode", &squeezed(attachment)),
    ];
    pdf(&objects, "")
}

/// A file that takes the reader a second or two.
pub(super) fn slow() -> Vec<u8> {
    page(stream("", &[b"BT /F 9 Tf (".to_vec(), b"(".repeat(1 << 20)].concat()), "", &[])
}

fn hostile_pdfs(out: &mut Files) {
    let mut add = |name: String, bytes: Vec<u8>| out.push((format!("pdf: {name}"), bytes));
    for depth in [100, 1_000, 10_000, 100_000, 1_000_000] {
        let array = [b"[".repeat(depth), b"]".repeat(depth)].concat();
        add(format!("array {depth} deep"), pdf(&[b"<</Type/Catalog/Pages 2 0 R>>".to_vec(), array], ""));
        let dictionary = [b"<</A ".repeat(depth), b"1".to_vec(), b">>".repeat(depth)].concat();
        add(format!("dictionary {depth} deep"), pdf(&[dictionary], ""));
        let content = [b"[".repeat(depth), b"] TJ".to_vec()].concat();
        add(format!("content array {depth} deep"), page(stream("", &content), "", &[]));
        add(format!("{depth} saved states"), page(stream("", &b"q ".repeat(depth)), "", &[]));
    }
    for megabytes in [8, 64, 512, 1024] {
        let bomb = zeros(megabytes << 20);
        add(format!("content of {megabytes} MiB"), page(stream("/Filter/FlateDecode", &bomb), "", &[]));
        let twice = squeezed(&bomb);
        add(
            format!("content of {megabytes} MiB, twice packed"),
            page(stream("/Filter[/FlateDecode/FlateDecode]", &twice), "", &[]),
        );
    }
    add(
        "pages that are their own parent".into(),
        pdf(
            &[
                b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
                b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>".to_vec(),
            ],
            "",
        ),
    );
    add(
        "two hundred million pages".into(),
        pdf(
            &[b"<</Type/Catalog/Pages 2 0 R>>".to_vec(), b"<</Type/Pages/Kids[]/Count 200000000>>".to_vec()],
            "",
        ),
    );
    add("a table of references that follows itself".into(), {
        let mut bytes = pdf(&[b"<</Type/Catalog>>".to_vec()], "/Prev 9");
        let place = bytes.windows(4).position(|w| w == b"xref").unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).replace("/Prev 9", &format!("/Prev {place}"));
        bytes = text.into_bytes();
        bytes
    });
    let form =
        stream("/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 6 0 R>>>>", b"/X Do /X Do");
    add("a form that draws itself twice".into(), page(stream("", b"/X Do"), "/XObject<</X 6 0 R>>", &[form]));
    let chain: Vec<Vec<u8>> = (0..40)
        .map(|at| {
            let next = 7 + at;
            let resources =
                format!("/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X {next} 0 R>>>>");
            stream(&resources, b"/X Do /X Do")
        })
        .collect();
    add("forms that double forty times".into(), page(stream("", b"/X Do"), "/XObject<</X 6 0 R>>", &chain));
    add("objects that refer to themselves".into(), pdf(&[b"1 0 R".to_vec()], ""));
    add(
        "a length that is itself".into(),
        page(b"<</Length 4 0 R>>\nstream\nBT ET\nendstream".to_vec(), "", &[]),
    );
    add("a length below nothing".into(), page(b"<</Length -9>>\nstream\nBT ET\nendstream".to_vec(), "", &[]));
    add("numbers without end".into(), page(stream("", &b"9".repeat(1 << 20)), "", &[]));
    add(
        "a name of a million letters".into(),
        page(stream("", &[b"/".to_vec(), b"A".repeat(1 << 20)].concat()), "", &[]),
    );
    add("a string without an end".into(), slow());
    add(
        "two million words".into(),
        page(
            stream(
                "/Filter/FlateDecode",
                &squeezed(&b"BT /F 9 Tf 50 500 Td (ord ord) Tj ET\n".repeat(1_000_000)),
            ),
            "",
            &[],
        ),
    );
    add("a script and a file that open by themselves".into(), pdf(
        &[
            b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.launchURL\\('http://example.com'\\))>>>>".to_vec(),
            b"<</Type/Pages/Kids[]/Count 0>>".to_vec(),
        ],
        "",
    ));
    add(
        "a lock of no known kind".into(),
        pdf(
            &[
                b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
                b"<</Type/Pages/Kids[]/Count 0>>".to_vec(),
                b"<</Filter/Unknown/V 99>>".to_vec(),
            ],
            "/Encrypt 3 0 R/ID[(a)(b)]",
        ),
    );
}

fn archive(parts: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let how = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, bytes) in parts {
        writer.start_file(*name, how).expect("a part");
        writer.write_all(bytes).expect("memory");
    }
    writer.finish().expect("an archive").into_inner()
}

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;
const RELATIONS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;

fn docx(document: Vec<u8>, further: Vec<(&str, Vec<u8>)>) -> Vec<u8> {
    let mut parts = vec![
        ("[Content_Types].xml", TYPES.as_bytes().to_vec()),
        ("_rels/.rels", RELATIONS.as_bytes().to_vec()),
        ("word/document.xml", document),
    ];
    parts.extend(further);
    archive(&parts)
}

fn odt(content: Vec<u8>) -> Vec<u8> {
    archive(&[("mimetype", b"application/vnd.oasis.opendocument.text".to_vec()), ("content.xml", content)])
}

fn document(inside: &str) -> Vec<u8> {
    format!(r#"<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{inside}</w:body></w:document>"#).into_bytes()
}

fn hostile_archives(out: &mut Files) {
    let mut add = |name: String, bytes: Vec<u8>| out.push((format!("archive: {name}"), bytes));
    for megabytes in [32, 256, 1024] {
        let bomb = vec![b' '; megabytes << 20];
        add(format!("a document of {megabytes} MiB"), docx(bomb.clone(), vec![]));
        if megabytes < 1024 {
            add(format!("content of {megabytes} MiB"), odt(bomb));
        }
    }
    let paragraph = "<w:p><w:r><w:t>ord ord ord</w:t></w:r></w:p>";
    add("two million words".into(), docx(document(&paragraph.repeat(700_000)), vec![]));
    for depth in [100, 1_000, 10_000, 1_000_000] {
        let nested =
            format!("{}{}", "<w:tbl><w:tr><w:tc>".repeat(depth), "</w:tc></w:tr></w:tbl>".repeat(depth));
        add(format!("tables {depth} deep"), docx(document(&nested), vec![]));
        add(format!("elements {depth} deep that do not end"), docx(document(&"<w:p>".repeat(depth)), vec![]));
        add(format!("sections {depth} deep"), odt("<a>".repeat(depth).into_bytes()));
    }
    let laughs: String = (1..10).fold(String::from(r#"<!ENTITY l0 "ha">"#), |text, at| {
        let before = format!("&l{};", at - 1);
        format!(r#"{text}<!ENTITY l{at} "{}">"#, before.repeat(10))
    });
    for (name, entities, word) in [
        ("a billion laughs", laughs.as_str(), "&l9;"),
        ("a file of the host", r#"<!ENTITY f SYSTEM "file:///etc/passwd">"#, "&f;"),
        ("a page of the network", r#"<!ENTITY f SYSTEM "http://example.com/">"#, "&f;"),
        ("an entity of its own", r#"<!ENTITY f "&f;">"#, "&f;"),
    ] {
        let text = format!("<!DOCTYPE d [{entities}]><d><w:p><w:r><w:t>{word}</w:t></w:r></w:p></d>");
        add(format!("DOCX with {name}"), docx(text.clone().into_bytes(), vec![]));
        add(format!("ODT with {name}"), odt(text.into_bytes()));
    }
    let inner = docx(document(paragraph), vec![]);
    for name in ["../../../etc/cron.d/x", "/etc/passwd", "word/../../x", "C:\\x", "word\\..\\..\\x", "a\0b"] {
        add(format!("a part named {name:?}"), docx(document(paragraph), vec![(name, b"x".to_vec())]));
    }
    add(
        "an archive in an archive in an archive".into(),
        archive(&[("a.zip", archive(&[("b.zip", inner.clone())]))]),
    );
    let many: Vec<(String, Vec<u8>)> = (0..60_000).map(|at| (format!("p{at}"), Vec::new())).collect();
    add(
        "sixty thousand parts".into(),
        archive(&many.iter().map(|(n, b)| (n.as_str(), b.clone())).collect::<Vec<_>>()),
    );
    add("styles that inherit from each other".into(), docx(
        document(r#"<w:p><w:pPr><w:pStyle w:val="A"/></w:pPr><w:r><w:t>ord</w:t></w:r></w:p>"#),
        vec![("word/styles.xml", br#"<w:styles xmlns:w="w"><w:style w:type="paragraph" w:styleId="A"><w:basedOn w:val="B"/></w:style><w:style w:type="paragraph" w:styleId="B"><w:basedOn w:val="A"/></w:style></w:styles>"#.to_vec())],
    ));
    let pdf_after = [inner.clone(), b"%PDF-1.7".to_vec()].concat();
    add("that is a PDF, too".into(), pdf_after);
    add("behind a picture".into(), [b"GIF89a".to_vec(), inner].concat());
}

fn hostile_texts(out: &mut Files) {
    let mut add = |name: String, bytes: Vec<u8>| out.push((format!("text: {name}"), bytes));
    for depth in [1_000, 100_000, 5_000_000] {
        add(format!("RTF, groups {depth} deep"), [b"{\\rtf1 ".to_vec(), b"{".repeat(depth)].concat());
    }
    add("RTF, pieces of memory that are not there".into(), b"{\\rtf1 \\bin99999999999 x}".to_vec());
    add(
        "RTF, a picture without an end".into(),
        [b"{\\rtf1{\\pict ".to_vec(), b"ff".repeat(4 << 20)].concat(),
    );
    add("RTF, control words without an end".into(), [b"{\\rtf1\\".to_vec(), b"a".repeat(4 << 20)].concat());
    add("RTF, letters by number".into(), [b"{\\rtf1 ".to_vec(), b"\\u-1?\\u55357?".repeat(200_000)].concat());
    add("larger than any application".into(), b"ord ".repeat(6 << 20));
    add("one line of ten million letters".into(), b"a".repeat(10_000_000));
    add("a million marks of a list".into(), b"- ".repeat(1_000_000));
    add("a million opened links".into(), [b"# x\n".to_vec(), b"[".repeat(1_000_000)].concat());
    add("a million marks of emphasis".into(), [b"# x\n".to_vec(), b"*_".repeat(500_000)].concat());
    add("joined letters without end".into(), "a\u{301}".repeat(200_000).into_bytes());
    add("one letter with many accents".into(), format!("a{}", "\u{301}".repeat(300_000)).into_bytes());
    add("HTML that is a program".into(), b"<html><script>x()</script></html>".to_vec());
    add("a program".into(), [b"\x7fELF".to_vec(), vec![0; 4096]].concat());
    add("a picture".into(), [b"\x89PNG\r\n\x1a\n".to_vec(), vec![7; 4096]].concat());
    add("nothing".into(), Vec::new());
    add("one byte".into(), vec![b'%']);
    add("zeros".into(), vec![0; 1 << 20]);
    for seed in 0..10u32 {
        // A fixed sequence (an xorshift generator), so that a failure can be seen again.
        let mut state = seed + 1;
        let noise = (0..4096).map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_le_bytes()[0]
        });
        let begin: &[u8] =
            [b"%PDF-1.4\n".as_slice(), b"PK\x03\x04", b"{\\rtf1 ", b"\xff\xfe", b""][seed as usize % 5];
        add(format!("noise {seed}"), begin.iter().copied().chain(noise).collect());
    }
}

/// Made documents, cut off and with turned bits.
fn damaged(out: &mut Files) {
    let every = usize::try_from(turns(9, 1)).expect("few");
    for made in made().iter().step_by(every) {
        let bytes = std::fs::read(&made.file).expect("a file");
        for part in 1..6 {
            out.push((format!("{}, {part} of 6 parts", made.name), bytes[..bytes.len() * part / 6].to_vec()));
        }
        for turn in 0..8usize {
            let mut bent = bytes.clone();
            for at in (turn * 97..bytes.len()).step_by(bytes.len() / 5 + 1) {
                bent[at] ^= 1 << (turn % 8);
            }
            out.push((format!("{}, bits turned {turn}", made.name), bent));
        }
    }
}

#[test]
fn a_hostile_file_ends_in_text_or_words_and_the_next_one_is_read() {
    let extractor = extractor();
    let mut files = Files::new();
    hostile_pdfs(&mut files);
    hostile_archives(&mut files);
    hostile_texts(&mut files);
    damaged(&mut files);
    // Documents of other projects, odd and broken ones among them; they are not part of this repository.
    let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/documents"));
    let more = folder.is_dir().then_some(folder);
    match &more {
        Some(folder) => {
            for entry in walk(folder) {
                files.push((format!("file: {}", entry.display()), std::fs::read(&entry).expect("a file")));
            }
        }
        None => println!("SKIPPED: documents of other projects, which are not at {}", folder.display()),
    }
    assert!(files.len() >= 200, "{} files are too few", files.len());
    let good = std::fs::read(&made()[0].file).expect("a file");
    let mut tally: BTreeMap<String, u32> = BTreeMap::new();
    let mut slowest = (Duration::ZERO, String::new());
    let mut fell = Vec::new();
    for (name, bytes) in &files {
        let began = Instant::now();
        let outcome = extractor.read(bytes);
        let took = began.elapsed();
        assert!(took < limits::TIME + Duration::from_secs(3), "{name}: {took:?}");
        if took > slowest.0 {
            slowest = (took, name.clone());
        }
        let came = match &outcome {
            Outcome::Read(_) => "text".into(),
            Outcome::Refused(refusal) => {
                let value = serde_json::to_value(refusal).expect("JSON");
                format!("refused: {}", value["refusal"].as_str().unwrap_or_default())
            }
            Outcome::Ended(end) => {
                fell.push(format!("{name}: {end:?}"));
                format!("ended: {end:?}")
            }
        };
        *tally.entry(came).or_default() += 1;
    }
    assert!(matches!(extractor.read(&good), Outcome::Read(_)), "the next document is not read");
    println!("{tally:#?}\nslowest {slowest:?}\n{}", fell.join("\n"));
    figures(
        "documents::hostile::a_hostile_file_ends_in_text_or_words_and_the_next_one_is_read",
        files.len() as u64,
        &json!({
            "files": files.len(), "of_other_projects": more.is_some(), "outcomes": tally,
            "slowest_seconds": slowest.0.as_secs_f64(), "slowest": slowest.1,
        }),
    );
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut out = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder").flatten() {
            if entry.path().is_dir() { folders.push(entry.path()) } else { out.push(entry.path()) }
        }
    }
    out.sort();
    out
}
