//! What the PDF reader promises, on files that are written by hand here.

use super::*;
use std::fmt::Write as _;

use crate::{Part, Shape};

/// A PDF of numbered objects; the first is the catalogue, the second the tree of pages, the third the page.
struct File {
    objects: Vec<Vec<u8>>,
    trailer: String,
}

const PAGE: &str = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << \
    /Font << /F1 5 0 R >> /ExtGState << /Faint << /ca 0 >> /Half << /ca 0.5 >> >> \
    /Properties << /Off 7 0 R /On 8 0 R >> /XObject << /Im 9 0 R /Fm 10 0 R >> >>";

impl File {
    fn new(content: &str) -> File {
        let stream = |dict: &str, data: &str| {
            format!("<< {dict} /Length {} >>\nstream\n{data}\nendstream", data.len())
        };
        let objects = [
            "<< /Type /Catalog /Pages 2 0 R /OCProperties << /OCGs [7 0 R 8 0 R] /D << /OFF [7 0 R] >> >> >>"
                .to_owned(),
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
            format!("{PAGE} >>"),
            stream("", content),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
            "<< >>".to_owned(),
            "<< /Type /OCG /Name (Off) >>".to_owned(),
            "<< /Type /OCG /Name (On) >>".to_owned(),
            stream(
                "/Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray",
                "\u{7f}",
            ),
            stream(
                "/Type /XObject /Subtype /Form /BBox [0 0 200 200] /Matrix [1 0 0 1 100 0]",
                "BT /F1 12 Tf 20 100 Td (from a form) Tj ET /Fm2 Do",
            ),
        ];
        File { objects: objects.map(String::into_bytes).to_vec(), trailer: String::new() }
    }

    fn set(mut self, number: usize, object: &str) -> File {
        self.objects.resize(self.objects.len().max(number), b"null".to_vec());
        self.objects[number - 1] = object.as_bytes().to_vec();
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
        let mut places = Vec::new();
        for (index, object) in self.objects.iter().enumerate() {
            places.push(out.len());
            out.extend(format!("{} 0 obj\n", index + 1).bytes());
            out.extend(object);
            out.extend(b"\nendobj\n");
        }
        let start = out.len();
        out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1).bytes());
        for place in &places {
            out.extend(format!("{place:010} 00000 n \n").bytes());
        }
        let (size, more) = (places.len() + 1, &self.trailer);
        out.extend(
            format!("trailer\n<< /Size {size} /Root 1 0 R {more} >>\nstartxref\n{start}\n%%EOF\n").bytes(),
        );
        out
    }

    fn read(&self) -> Result<Draft, Refusal> {
        read(&self.bytes(), &Limits::APPLICATION)
    }
}

/// What is seen, and what is hidden and why, of a page that shows "Seen" and what is given.
fn look(content: &str) -> (String, Vec<(Why, String)>) {
    let all = format!("BT /F1 12 Tf 50 800 Td (Seen) Tj ET\n{content}");
    let draft = File::new(&all).read().unwrap();
    (text(&draft), draft.hidden)
}

fn text(draft: &Draft) -> String {
    draft.pieces.iter().map(|piece| piece.text.as_str()).collect::<Vec<_>>().join("|")
}

fn secret(why: Why) -> (String, Vec<(Why, String)>) {
    ("Seen".to_owned(), vec![(why, "Secret words".to_owned())])
}

fn open_secret() -> (String, Vec<(Why, String)>) {
    ("Seen|Secret words".to_owned(), Vec::new())
}

const SECRET: &str = "BT /F1 12 Tf 100 500 Td (Secret words) Tj ET";

#[test]
fn black_on_white_is_seen() {
    assert_eq!(look(SECRET), open_secret());
}

#[test]
fn white_on_white_is_hidden_in_every_way_to_say_white() {
    for white in ["1 g", "1 1 1 rg", "0 0 0 0 k", "/DeviceGray cs 1 sc", "/DeviceRGB cs 1 1 1 scn", "0.97 g"]
    {
        assert_eq!(look(&format!("{white} {SECRET}")), secret(Why::Colour), "{white}");
    }
}

#[test]
fn light_gray_that_can_be_read_is_seen() {
    assert_eq!(look(&format!("0.8 g {SECRET}")), open_secret());
}

#[test]
fn white_on_a_white_rectangle_is_hidden() {
    assert_eq!(look(&format!("1 g 90 490 200 30 re f {SECRET}")), secret(Why::Colour));
}

#[test]
fn white_on_a_dark_rectangle_is_seen() {
    assert_eq!(look(&format!("0 0 0.4 rg 90 490 200 30 re f 1 g {SECRET}")), open_secret());
}

#[test]
fn white_on_a_dark_circle_or_a_gradient_or_a_picture_is_seen() {
    let circle = "0.1 g 60 500 m 60 600 260 600 260 500 c 260 400 60 400 60 500 c f";
    assert_eq!(look(&format!("{circle} 1 g {SECRET}")), open_secret());
    assert_eq!(look(&format!("q 200 0 0 50 90 490 cm /Im Do Q 1 g {SECRET}")), open_secret());
}

#[test]
fn black_on_a_black_rectangle_is_hidden() {
    assert_eq!(look(&format!("0 g 90 490 200 30 re f {SECRET}")), secret(Why::Colour));
}

#[test]
fn white_beside_a_dark_rectangle_is_hidden() {
    assert_eq!(look(&format!("0 g 90 300 200 30 re f 1 g {SECRET}")), secret(Why::Colour));
}

#[test]
fn black_within_a_black_frame_is_seen() {
    assert_eq!(look(&format!("50 450 400 100 re 60 460 380 80 re f* {SECRET}")), open_secret());
}

#[test]
fn text_drawn_in_a_mode_without_a_mark_is_hidden() {
    assert_eq!(look(&format!("3 Tr {SECRET}")), secret(Why::Unmarked));
    assert_eq!(look(&format!("7 Tr {SECRET}")), secret(Why::Unmarked));
    assert_eq!(look(&format!("/Faint gs {SECRET}")), secret(Why::Unmarked));
}

#[test]
fn text_that_is_filled_through_a_clip_is_seen() {
    assert_eq!(look(&format!("q 7 Tr {SECRET} 0.2 g 90 490 200 30 re f Q")), open_secret());
}

#[test]
fn text_of_one_point_is_hidden_however_it_is_made_small() {
    for small in [
        "BT /F1 1 Tf 100 500 Td (Secret words) Tj ET",
        "q 0.1 0 0 0.1 0 0 cm BT /F1 12 Tf 1000 5000 Td (Secret words) Tj ET Q",
        "BT /F1 100 Tf 0.01 0 0 0.01 100 500 Tm (Secret words) Tj ET",
    ] {
        assert_eq!(look(small), secret(Why::Size), "{small}");
    }
}

#[test]
fn text_that_a_matrix_makes_large_is_seen() {
    assert_eq!(look("BT /F1 1 Tf 12 0 0 12 100 500 Tm (Secret words) Tj ET"), open_secret());
}

#[test]
fn text_off_the_page_is_hidden() {
    for place in ["-300 500", "700 500", "100 900", "100 -50"] {
        assert_eq!(look(&format!("BT /F1 12 Tf {place} Td (Secret words) Tj ET")), secret(Why::OffPage));
    }
}

#[test]
fn text_outside_the_crop_box_is_hidden() {
    let content = "BT /F1 12 Tf 50 800 Td (Seen) Tj ET BT /F1 12 Tf 100 20 Td (Secret words) Tj ET";
    let file = File::new(content).set(3, &format!("{PAGE} /CropBox [0 100 595 842] >>"));
    let draft = file.read().unwrap();
    assert_eq!((text(&draft), draft.hidden), secret(Why::OffPage));
}

#[test]
fn text_under_a_picture_or_a_rectangle_is_hidden() {
    assert_eq!(look(&format!("{SECRET} q 200 0 0 50 90 490 cm /Im Do Q")), secret(Why::Covered));
    assert_eq!(look(&format!("{SECRET} 1 g 90 490 200 30 re f")), secret(Why::Covered));
    assert_eq!(look(&format!("{SECRET} 0.3 0.5 0.7 rg 90 490 200 30 re f")), secret(Why::Covered));
}

#[test]
fn text_under_a_thin_line_or_half_transparent_colour_is_seen() {
    assert_eq!(look(&format!("{SECRET} 0 g 90 503 200 0.8 re f")), open_secret());
    assert_eq!(look(&format!("0 g 90 503 200 0.8 re f {SECRET}")), open_secret());
    assert_eq!(look(&format!("{SECRET} /Half gs 1 1 0 rg 90 490 200 30 re f")), open_secret());
}

#[test]
fn text_that_is_clipped_away_is_hidden() {
    assert_eq!(look(&format!("q 300 300 50 50 re W n {SECRET} Q")), secret(Why::OffPage));
    assert_eq!(look(&format!("q 90 490 300 50 re W n {SECRET} Q")), open_secret());
}

#[test]
fn text_in_a_layer_that_is_off_is_hidden_and_in_one_that_is_on_seen() {
    assert_eq!(look(&format!("/OC /Off BDC {SECRET} EMC")), secret(Why::Layer));
    assert_eq!(look(&format!("/OC /On BDC {SECRET} EMC")), open_secret());
    assert_eq!(look(&format!("/OC /Off BDC EMC {SECRET}")), open_secret());
}

#[test]
fn turned_text_is_seen() {
    let (seen, hidden) = look("BT /F1 12 Tf 0 1 -1 0 100 500 Tm (Secret words) Tj ET");
    assert_eq!((seen.as_str(), hidden), ("Seen|Secret words", Vec::new()));
    let file = File::new(SECRET).set(3, &format!("{PAGE} /Rotate 90 >>"));
    assert_eq!(text(&file.read().unwrap()), "Secret words");
}

#[test]
fn a_form_within_a_form_is_read_and_one_that_draws_itself_ends() {
    let inner = "BT /F1 12 Tf 20 60 Td (from within) Tj ET /Fm2 Do";
    let data = format!(
        "<< /Type /XObject /Subtype /Form /BBox [0 0 200 200] /Length {} >>\nstream\n{inner}\nendstream",
        inner.len()
    );
    let page = PAGE.replace("/Fm 10 0 R", "/Fm 10 0 R /Fm2 11 0 R");
    let file = File::new("/Fm Do").set(11, &data).set(3, &format!("{page} >>"));
    let read = text(&file.read().unwrap());
    assert!(read.contains("from a form") && read.contains("from within"), "{read}");
}

#[test]
fn what_lies_outside_the_box_of_a_form_is_hidden() {
    let draft = File::new("BT /F1 12 Tf 50 800 Td (Seen) Tj ET q 1 0 0 1 0 -150 cm /Fm Do Q").read().unwrap();
    assert_eq!(draft.hidden, vec![(Why::OffPage, "from a form".to_owned())]);
}

#[test]
fn properties_are_metadata() {
    let mut file = File::new(SECRET).set(6, "<< /Title (A title) /Keywords (some words) /Producer (P) >>");
    file.trailer = "/Info 6 0 R".to_owned();
    let hidden = file.read().unwrap().hidden;
    assert_eq!(hidden, [(Why::Metadata, "A title".into()), (Why::Metadata, "some words".into())]);
}

#[test]
fn annotations_are_comments_and_what_they_draw_is_seen() {
    let drawn = "BT /F1 12 Tf 2 5 Td (In a field) Tj ET";
    let form = format!(
        "<< /Subtype /Form /BBox [0 0 100 20] /Resources << /Font << /F1 5 0 R >> >> /Length {} >>\nstream\n{drawn}\nendstream",
        drawn.len()
    );
    let notes = "/Annots [<< /Subtype /Text /Rect [0 0 9 9] /Contents (Hire me) >> \
        << /Subtype /Widget /FT /Tx /V (Not this) /Rect [100 300 200 320] /AP << /N 11 0 R >> >> \
        << /Subtype /Widget /FT /Tx /V (No picture of it) /Rect [100 200 200 220] >> \
        << /Subtype /Widget /F 2 /FT /Tx /V (Hidden value) /Rect [100 200 200 220] >>] >>";
    let draft = File::new(SECRET).set(11, &form).set(3, &format!("{PAGE} {notes}")).read().unwrap();
    assert_eq!(text(&draft), "Secret words|In a field|No picture of it");
    assert_eq!(draft.hidden, [(Why::Comment, "Hire me".into()), (Why::Marked, "Hidden value".into())]);
}

#[test]
fn an_embedded_file_is_named_and_not_opened() {
    let catalogue = "<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [(a) << /Type /Filespec \
        /F (betyg.docx) /EF << /F 99 0 R >> >>] >> >> >>";
    let hidden = File::new(SECRET).set(1, catalogue).read().unwrap().hidden;
    assert_eq!(hidden, [(Why::Embedded, "betyg.docx".into())]);
}

#[test]
fn one_europass_file_is_opened_and_no_other() {
    let catalogue = "<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [(a) << /Type /Filespec \
        /F (attachment.XML) /EF << /F 11 0 R >> >> (b) << /Type /Filespec /F (b.xml) /EF << /F 12 0 R >> >> (c) \
        << /Type /Filespec /F (c.xml) /EF << /F 99 0 R >> >>] >> >> >>";
    let stream = |text: &str| format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len());
    let cv = "<SkillsPassport><WorkExperienceList><Label>Secret words</Label><Label>Nobody sees this</Label>\
        </WorkExperienceList></SkillsPassport>";
    let file = File::new(SECRET).set(1, catalogue).set(11, &stream(cv)).set(12, &stream(cv));
    let (reading, person) = crate::read_with_person(&file.bytes(), &Limits::APPLICATION).unwrap();
    assert_eq!(reading.blocks[0].section, crate::Section::Experience);
    let embedded = reading.hidden.iter().find(|hidden| hidden.why == Why::Embedded).unwrap();
    assert_eq!(embedded.text, "b.xml c.xml Nobody sees this");
    assert_eq!(person, Some(crate::Person::default()));
    let other = File::new(SECRET).set(1, catalogue).set(11, &stream("<rss>Hidden</rss>"));
    let (reading, person) = crate::read_with_person(&other.bytes(), &Limits::APPLICATION).unwrap();
    assert!(person.is_none() && reading.hidden[0].text.starts_with("attachment.XML"));
}

#[test]
fn a_page_of_a_picture_is_a_scan_even_with_recognised_text_behind_it() {
    let scan = "q 595 0 0 842 0 0 cm /Im Do Q";
    let hidden = "BT 3 Tr /F1 12 Tf 50 700 Td (Recognised words that nobody sees here) Tj ET";
    for content in [scan.to_owned(), format!("{scan} {hidden}"), format!("{hidden} {scan}")] {
        assert_eq!(File::new(&content).read().unwrap_err(), Refusal::Scanned(1));
    }
}

#[test]
fn a_page_of_nothing_has_nothing_to_see() {
    assert_eq!(File::new("").read().unwrap_err(), Refusal::NothingToSee);
    assert_eq!(File::new(&format!("1 g {SECRET}")).read().unwrap_err(), Refusal::NothingToSee);
}

#[test]
fn fragments_of_a_word_are_one_word_and_gaps_are_spaces() {
    let (seen, _) = look("BT /F1 12 Tf 100 500 Td [(W) 80 (ord) -300 (next) 20 (to)] TJ ET");
    assert_eq!(seen, "Seen|Word nextto");
}

#[test]
fn letters_painted_twice_to_be_bold_are_read_once() {
    let twice = "BT /F1 12 Tf 100 500 Td (Bold) Tj ET BT /F1 12 Tf 100.3 500 Td (Bold) Tj ET";
    assert_eq!(look(twice).0, "Seen|Bold");
}

#[test]
fn a_hyphen_at_the_end_of_a_line_and_the_line_feed_after_it_are_kept() {
    let lines = "BT /F1 12 Tf 14 TL 100 500 Td (Vi bygger nya och goda e-) Tj T* (tj\\344nster) Tj ET";
    assert_eq!(look(lines).0, "Seen|Vi bygger nya och goda e-\ntjänster");
}

#[test]
fn a_column_is_read_to_its_end_though_both_are_painted_line_by_line() {
    let mut content = String::from("/F1 10 Tf\n");
    for line in 0..8 {
        let y = 700 - 12 * line;
        for (x, side) in [(50, "vänster"), (320, "höger")] {
            let _ =
                writeln!(content, "BT 1 0 0 1 {x} {y} Tm (ord som hör till {side} spalt rad {line}) Tj ET");
        }
    }
    let latin: Vec<u8> = content.chars().map(|c| c as u8).collect();
    let mut file = File::new("");
    file.objects[3] = format!("<< /Length {} >>\nstream\n", latin.len()).into_bytes();
    file.objects[3].extend(latin);
    file.objects[3].extend(b"\nendstream");
    let read = text(&file.read().unwrap());
    assert!(read.rfind("vänster").unwrap() < read.find("höger").unwrap(), "{read}");
}

#[test]
fn a_table_is_read_row_by_row_with_tabs_between_its_cells() {
    let mut content = String::from("/F1 10 Tf\n");
    for (line, (one, two)) in [("Kurs", "Betyg"), ("Svenska", "A"), ("Matematik", "B")].iter().enumerate() {
        let y = 700 - 20 * line;
        let _ = writeln!(content, "BT 1 0 0 1 50 {y} Tm ({one}) Tj ET BT 1 0 0 1 250 {y} Tm ({two}) Tj ET");
    }
    let draft = File::new(&content).read().unwrap();
    assert_eq!(text(&draft), "Kurs\tBetyg|Svenska\tA|Matematik\tB");
    assert!(draft.pieces.iter().all(|piece| piece.shape == Shape::Row));
}

#[test]
fn headings_items_and_paragraphs_have_their_shapes() {
    let content = "BT /F1 16 Tf 50 750 Td (Erfarenhet) Tj ET BT /F1 10 Tf 12 TL 50 720 Td \
        (Jag har arbetat i tjugo \\345r med det som st\\345r h\\344r och lite till) Tj T* (och med annat.) Tj \
        0 -24 Td (\\225 Excel) Tj T* (\\225 Word) Tj T* (1. F\\366rst) Tj ET";
    let draft = File::new(content).read().unwrap();
    let shapes: Vec<Shape> = draft.pieces.iter().map(|piece| piece.shape).collect();
    assert_eq!(
        shapes,
        [Shape::Heading, Shape::Paragraph, Shape::Item, Shape::Item, Shape::Item],
        "{draft:?}"
    );
    assert!(text(&draft).ends_with("|Excel|Word|1. Först"), "{draft:?}");
}

/// A file of several pages with these contents.
fn pages(contents: &[String]) -> File {
    let mut file = File::new("");
    let mut kids = String::new();
    for (index, content) in contents.iter().enumerate() {
        let number = 20 + 2 * index;
        let _ = write!(kids, "{number} 0 R ");
        let page = PAGE.replace("4 0 R", &format!("{} 0 R", number + 1));
        let stream = format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len());
        file = file.set(number, &format!("{page} >>")).set(number + 1, &stream);
    }
    file.set(2, &format!("<< /Type /Pages /Kids [{kids}] /Count {} >>", contents.len()))
}

#[test]
fn what_is_repeated_at_the_edges_is_given_once_and_numbers_of_pages_not_at_all() {
    let contents: Vec<String> = (1..=3)
        .map(|page| {
            format!(
                "/F1 10 Tf BT 1 0 0 1 50 810 Tm (Anna Ek) Tj ET BT 1 0 0 1 500 810 Tm (Sida {page} \\(3\\)) Tj ET \
                 BT 1 0 0 1 50 500 Tm (Text of its own {page}) Tj ET BT 1 0 0 1 290 30 Tm ({page}) Tj ET"
            )
        })
        .collect();
    let draft = pages(&contents).read().unwrap();
    assert_eq!(text(&draft), "Text of its own 1|Text of its own 2|Text of its own 3|Anna Ek");
    assert_eq!(draft.pieces.last().map(|piece| piece.part), Some(Part::Margin));
    assert_eq!(draft.pages, 3);
}

#[test]
fn more_pages_than_any_application_has_are_refused() {
    let contents = vec!["BT ET".to_owned(); 201];
    assert_eq!(pages(&contents).read().unwrap_err(), Refusal::TooMuch("pages".into()));
}

#[test]
fn a_file_cut_off_anywhere_is_refused_or_read_and_never_panics() {
    let whole = File::new(&format!("BT /F1 12 Tf 50 800 Td (Seen) Tj ET {SECRET}")).bytes();
    for end in (0..whole.len()).step_by(7) {
        if let Ok(draft) = read(&whole[..end], &Limits::APPLICATION) {
            assert!(text(&draft).len() <= "Seen|Secret words".len());
        }
    }
}

#[test]
fn a_file_with_any_byte_changed_never_panics() {
    let whole = File::new(&format!("BT /F1 12 Tf 50 800 Td (Seen) Tj ET {SECRET}")).bytes();
    for place in (0..whole.len()).step_by(11) {
        for byte in [0, b'9', b'(', b'/', b'>', 255] {
            let mut changed = whole.clone();
            changed[place] = byte;
            let _ = read(&changed, &Limits::APPLICATION);
        }
    }
}

#[test]
fn tables_of_places_that_go_in_circles_come_to_an_end() {
    let file = "%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 1 /Root 1 0 R /Prev 9 >>\n\
        startxref\n9\n%%EOF\n";
    assert!(matches!(
        read(file.as_bytes(), &Limits::APPLICATION),
        Err(Refusal::Broken(_) | Refusal::NothingToSee)
    ));
    let parents = File::new(SECRET).set(2, "<< /Type /Pages /Kids [2 0 R] /Count 1 >>");
    // The library finds the page without the tree; what matters is that it comes to an end.
    assert!(parents.read().is_err_and(|e| e != Refusal::NothingToSee) || parents.read().is_ok());
    let itself = File::new(SECRET).set(4, "4 0 R");
    assert!(itself.read().is_err());
}

#[test]
fn arrays_ten_thousand_deep_are_refused() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let refused = Err(Refusal::TooMuch("arrays within arrays".into()));
    assert_eq!(File::new(SECRET).set(6, &deep).read().map(|_| ()), refused);
    assert_eq!(File::new(&format!("{SECRET} {deep} TJ")).read().map(|_| ()), refused);
    let dictionaries = "<< /A ".repeat(10_000);
    assert_eq!(File::new(SECRET).set(6, &dictionaries).read().map(|_| ()), refused);
}

#[test]
fn a_stream_that_unpacks_to_200_mebibytes_is_refused() {
    let limits = Limits { part: 1 << 20, ..Limits::APPLICATION };
    let mut packed = vec![0x78, 0x9c];
    // One block of fixed codes: a literal zero, then "258 back by one" as often as it takes.
    let mut bits = vec![1_u8, 1, 0];
    let mut put = |code: u32, length: u32| bits.extend((0..length).rev().map(|i| ((code >> i) & 1) as u8));
    put(0b0011_0000, 8);
    for _ in 0..200_000_000 / 258 {
        put(0b1100_0101, 8);
        put(0, 5);
    }
    put(0, 7);
    for byte in bits.chunks(8) {
        packed.push(byte.iter().enumerate().fold(0, |all, (i, bit)| all | bit << i));
    }
    let mut file = File::new("");
    file.objects[3] = format!("<< /Filter /FlateDecode /Length {} >>\nstream\n", packed.len()).into_bytes();
    file.objects[3].extend(packed);
    file.objects[3].extend(b"\nendstream");
    for limits in [limits, Limits::APPLICATION] {
        let refused = read(&file.bytes(), &limits).map(|_| ());
        assert_eq!(refused, Err(Refusal::TooMuch("unpacked size of a stream".into())));
    }
}

#[test]
fn a_tree_of_pages_a_thousand_levels_deep_is_refused() {
    let mut file = File::new(SECRET);
    for level in 20..1_020 {
        file = file.set(level, &format!("<< /Type /Pages /Kids [{} 0 R] /Count 1 >>", level + 1));
    }
    let file = file.set(1_020, &format!("{PAGE} >>")).set(2, "<< /Type /Pages /Kids [20 0 R] /Count 1 >>");
    assert_eq!(file.read().map(|_| ()), Err(Refusal::TooMuch("depth of the tree of pages".into())));
}

#[test]
fn white_on_a_white_picture_is_hidden() {
    let page = format!("BT /F1 12 Tf 50 800 Td (Seen) Tj ET q 200 0 0 50 90 490 cm /Im Do Q 1 g {SECRET}");
    let white = "<< /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceRGB /Length 7 \
        /Filter /ASCIIHexDecode >>\nstream\nffffff>\nendstream";
    let draft = File::new(&page).set(9, white).read().unwrap();
    assert_eq!((text(&draft), draft.hidden), secret(Why::Colour));
}

#[test]
fn a_form_that_doubles_itself_at_each_step_is_refused() {
    let mut file = File::new("/X0 Do");
    let mut names = String::new();
    for step in 0..20 {
        let data = format!("/X{0} Do /X{0} Do", step + 1);
        let form =
            format!("<< /Subtype /Form /BBox [0 0 9 9] /Length {} >>\nstream\n{data}\nendstream", data.len());
        let _ = write!(names, "/X{step} {} 0 R ", 30 + step);
        file = file.set(30 + step, &form);
    }
    // Each form runs in itself some four million times unless somebody counts.
    let page = PAGE.replace("/XObject <<", &format!("/XObject << {names}"));
    file = file.set(49, "<< /Subtype /Form /BBox [0 0 9 9] /Length 90 >>\nstream\n\
        /X0 Do /X0 Do /X0 Do /X0 Do /X0 Do /X0 Do /X0 Do /X0 Do /X0 Do /X0 Do /X0 Do /X0 Do       \nendstream");
    let result = file.set(3, &format!("{page} >>")).read();
    assert_eq!(result.map(|_| ()), Err(Refusal::TooMuch("operators".into())));
}

#[test]
fn a_million_boxes_behind_many_letters_are_refused_in_good_time() {
    let mut content = String::new();
    for _ in 0..200_000 {
        content += "0 0 595 842 re f\n";
    }
    content += "1 g /F1 10 Tf BT 1 0 0 1 9 400 Tm\n";
    for _ in 0..2_000 {
        content += "(aaaaaaaaaa) Tj 0 0.1 Td\n";
    }
    content += "ET";
    assert_eq!(File::new(&content).read().map(|_| ()), Err(Refusal::TooMuch("shapes on a page".into())));
}
