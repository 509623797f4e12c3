//! What the reader of RTF keeps: small files as the three word processors write them, and hostile ones.

use super::*;
use proptest::prelude::*;

fn draft(rtf: &str) -> Draft {
    read(rtf.as_bytes(), &Limits::APPLICATION).unwrap_or_default()
}

/// The pieces of a body in a file with four colours: black, white, navy and nearly white.
fn shown(body: &str) -> Vec<(Shape, String)> {
    draft(&within(body)).pieces.into_iter().map(|piece| (piece.shape, piece.text)).collect()
}

fn within(body: &str) -> String {
    format!(
        "{{\\rtf1\\ansi\\ansicpg1252\\deff0{{\\fonttbl{{\\f0\\fnil\\fcharset0 Calibri;}}{{\\f1\\fnil\\fcharset204 Arial;}}\
         {{\\f2\\fnil\\fcharset2 Symbol;}}{{\\f3\\fcharset128 MS Mincho;}}}}{{\\colortbl;\\red0\\green0\\blue0;\
         \\red255\\green255\\blue255;\\red0\\green0\\blue128;\\red250\\green250\\blue250;}}{{\\stylesheet{{Normal;}}\
         {{\\s1\\outlinelevel0 heading 1;}}{{\\s2 Rubrik 2;}}{{\\s3 Brödtext;}}}}{body}}}"
    )
}

fn text(body: &str) -> String {
    shown(body).into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("¶")
}

fn hidden(body: &str) -> Vec<(Why, String)> {
    draft(&within(body)).hidden.into_iter().map(|(why, text)| (why, text.trim().to_owned())).collect()
}

#[test]
fn letters_come_from_code_pages_fonts_and_unicode() {
    for (body, letters) in [
        (r"\'e5\'e4\'f6 \'c5\'96", "åäö Å–"),
        (r"\f1\'ef\'f0\f0\'e5", "прå"),
        (r"\f3\'93\'fa\'96{", "日"),
        (r"\f2\'b7", "\u{f0b7}"),
        (r"\u229?\u8211-\u-10179?\u-8704?", "å–😀"),
        (r"\uc0\u229\u228 x", "åäx"),
        (r"\uc2\u229 ab{\uc0\u228}c", "åäc"),
        (r"\u26085\'3f\u26412\'3f \uc0 \u55356\uc1 \u57225\'3f", "日本 🎉"),
        (r"\u229\u228?", "åä"),
        (r"\ldblquote a\rdblquote\~b\_c\-d\{\}\\", "“a”\u{a0}b\u{2011}c\u{ad}d{}\\"),
        (r"\u55356?x", ""),
    ] {
        let got = text(body);
        if letters.is_empty() {
            assert_eq!(got.trim(), "x", "{body}");
        } else {
            assert!(got.starts_with(letters), "{body}: {got}");
        }
    }
}

#[test]
fn paragraphs_headings_items_and_rows_keep_their_shape() {
    assert_eq!(
        shown(
            r"\pard\s1 Vera Exempelsson\par \pard\plain\s3 ett\line tv\'e5\par{\pntext\f2\'b7\tab}punkt\par \pard {\listtext 1.\tab}\ls1 fyra\par
\pard\s2 Rubrik\par\trowd\cellx100\cellx200\pard\intbl A\cell B\par b\cell\row\pard efter\par{\b slut}"
        ),
        [
            (Shape::Heading, "Vera Exempelsson"),
            (Shape::Paragraph, "ett\ntvå"),
            (Shape::Item, "punkt"),
            (Shape::Item, "fyra"),
            (Shape::Heading, "Rubrik"),
            (Shape::Row, "A\tB\nb"),
            (Shape::Paragraph, "efter"),
            (Shape::Paragraph, "slut"),
        ]
        .map(|(shape, text)| (shape, text.to_owned()))
    );
}

#[test]
fn a_table_that_lays_out_a_page_gives_its_paragraphs() {
    let body =
        r"\trowd\cellx1\cellx2\pard\intbl Kontakt\par a\par b\par c\cell{\listtext x}\ls1 punkt\cell\row";
    let shapes: Vec<Shape> = shown(body).into_iter().map(|(shape, _)| shape).collect();
    assert_eq!(shapes, [Shape::Paragraph, Shape::Paragraph, Shape::Paragraph, Shape::Paragraph, Shape::Item]);
}

#[test]
fn headers_notes_and_text_boxes_are_pieces_of_their_own() {
    let draft = draft(&within(
        r"{\header\pard Topp\par}{\footer Fot}Text{\super\chftn}{\footnote\pard\plain {\chftn} En not\par}
{\shp{\*\shpinst\shpleft0\shptop0{\sp{\sn fillColor}{\sv 8388608}}{\shptxt\pard\cf2 I en ruta\par}}{\shprslt{\*\do{\dptxbxtext Igen\par}}}}
slut\par",
    ));
    let pieces: Vec<(Part, &str)> =
        draft.pieces.iter().map(|piece| (piece.part, piece.text.trim())).collect();
    assert_eq!(
        pieces,
        [
            (Part::Margin, "Topp"),
            (Part::Margin, "Fot"),
            (Part::Note, "En not"),
            (Part::Body, "I en ruta"),
            (Part::Body, "Textslut"),
        ]
    );
    assert!(draft.hidden.is_empty(), "{:?}", draft.hidden);
}

#[test]
fn what_no_reader_sees_is_hidden_and_the_rest_is_not() {
    for (body, why) in [
        (r"a{\v dold}b", Why::Marked),
        (r"a{\deleted\revauthdel1 dold}b", Why::Deleted),
        (r"a{\cf2 dold}b", Why::Colour),
        (r"a{\cf4 dold}b", Why::Colour),
        (r"a{\cf3\highlight3 dold}b", Why::Colour),
        (r"a{\cf2\chshdng0\chcbpat4 dold}b", Why::Colour),
        (r"a{\fs2 dold}b", Why::Size),
        (r"a{\fs4\'64old}b", Why::Size),
        (r"a{\charscalex1 dold}b", Why::Size),
        (r"a{\*\annotation dold}b", Why::Comment),
        (r"a{\xe dold}b", Why::Marked),
        (r"{\info{\title dold}{\author Vera}}ab", Why::Metadata),
        (r"{\info{\doccomm dold}}ab", Why::Metadata),
        (r"{\*\userprops{\propname Namn}\proptype30{\staticval dold}}ab", Why::Metadata),
        (r"a{\pict{\*\picprop{\sp{\sn wzDescription}{\sv dold}}}\pngblip 00ff}b", Why::AltText),
        (r"{\shp{\*\shpinst{\sp{\sn fHidden}{\sv 1}}{\shptxt dold}}}ab", Why::Marked),
        (r"{\shp{\*\shpinst\shpleft20000{\shptxt dold}}}ab", Why::OffPage),
        (r"{\shp{\*\shpinst{\shptxt\cf2 dold}}}ab", Why::Colour),
        (r"{\pard\posnegx-20000 dold\par}\pard ab", Why::OffPage),
    ] {
        assert_eq!(text(body), "ab", "{body}");
        assert_eq!(hidden(body), [(why, "dold".to_owned())], "{body}");
    }
}

#[test]
fn white_on_a_dark_ground_is_seen() {
    for body in [
        r"{\cf2\highlight3 syns}",
        r"{\cf2\chcbpat3 syns}",
        r"{\cf2\cb3 syns}",
        r"\pard\cbpat3\cf2 syns\par",
        r"\pard\shading10000\cfpat1\cf2 syns\par",
        r"\trowd\clcbpat3\cellx1\pard\intbl\cf2 syns\cell\row",
        r"{\shp{\*\shpinst{\sp{\sn fillColor}{\sv 0}}{\shptxt\cf2 syns}}}",
        r"{\shp{\*\shpinst{\sp{\sn fillType}{\sv 7}}{\shptxt\cf2 syns}}}",
        r"{\*\background{\shp{\*\shpinst{\sp{\sn fillColor}{\sv 0}}}}}\cf2 syns",
        r"{\cf0\highlight1 syns}",
        r"{\cf99 syns}",
        r"{\v dold\v0 syns}",
    ] {
        assert_eq!(text(body), "syns", "{body}");
    }
    // The next cell has its own ground.
    assert_eq!(text(r"\trowd\clcbpat3\cellx1\cellx2\pard\intbl\cf2 syns\cell dold\cell\row"), "syns\t");
}

#[test]
fn fields_objects_and_doubles_give_what_is_on_the_page() {
    for (body, shown) in [
        (r#"{\field{\*\fldinst {HYPERLINK "http://example.com"}}{\fldrslt {\ul l\'e4nk}}}"#, "länk"),
        (r"{\object\objemb{\*\objclass Word}{\*\objdata 0102}{\result {\pard bild}}}", "bild"),
        (r"{\upr{a?b}{\*\ud{a\u229?b}}}", "aåb"),
        (r"a{\*\unknown b}{\unknown c}", "ac"),
        (r"{\*\shppict{\pict 89504e}}{\nonshppict{\pict 00}}a", "a"),
        (r"{\shp{\*\shpinst{\sp{\sn gtextUNICODE}{\sv Ornament}}}}", "Ornament"),
    ] {
        assert_eq!(text(body), shown, "{body}");
    }
}

#[test]
fn a_file_of_wordpad_is_read() {
    let rtf = "{\\rtf1\\ansi\\ansicpg1252\\deff0\\nouicompat\\deflang1053{\\fonttbl{\\f0\\fnil\\fcharset0 Calibri;}\
               {\\f1\\fnil\\fcharset2 Symbol;}}\r\n{\\*\\generator Riched20 10.0.19041}\\viewkind4\\uc1 \r\n\
               \\pard\\sa200\\sl276\\slmult1\\f0\\fs22\\lang29 Jag s\\'f6ker arbete.\\par\r\n\
               \\pard{\\pntext\\f1\\'B7\\tab}{\\*\\pn\\pnlvlblt\\pnf1\\pnindent0{\\pntxtb\\'B7}}\\fi-360\\li720 Ett\\par\r\n}\r\n\0";
    let pieces: Vec<(Shape, String)> =
        draft(rtf).pieces.into_iter().map(|piece| (piece.shape, piece.text)).collect();
    assert_eq!(pieces, [(Shape::Paragraph, "Jag söker arbete.".into()), (Shape::Item, "Ett".into())]);
}

#[test]
fn groups_without_end_are_refused_in_short_time() {
    let start = std::time::Instant::now();
    let nested = format!("{{\\rtf1{}", "{".repeat(100_000));
    assert_eq!(
        read(nested.as_bytes(), &Limits::APPLICATION).err(),
        Some(Refusal::TooMuch("groups within groups".into()))
    );
    for body in [
        "{\\v a}b".repeat(100_000),
        "{\\footnote a}".repeat(50_000),
        "\\cell".repeat(200_000),
        "}{".repeat(200_000),
        "\\u55356 ".repeat(100_000),
        "{\\shp{\\shpinst".repeat(90),
        "{\\upr{\\*\\ud ".repeat(60),
    ] {
        let _ = read(within(&body).as_bytes(), &Limits::APPLICATION);
    }
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}

#[test]
fn binary_data_of_any_length_is_passed_over_and_nothing_more() {
    assert_eq!(text("a{\\pict\\bin5 }}}}}}b"), "ab");
    assert_eq!(text("a\\bin999999999999 b"), "a");
    assert_eq!(text("a\\bin-7 b"), "ab");
}

/// A file with all that the reader knows.
const ALL: &str = r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 A;}}{\colortbl;\red255\green255\blue255;}{\stylesheet{\s1 heading 1;}}{\info{\title T}}{\header H\par}\pard\s1 R\'f6d\u229?\par{\listtext 1.\tab}a{\v b}{\cf1 c}\par\trowd\clcbpat1\cellx1\intbl d\cell\row\pard{\field{\*\fldinst X}{\fldrslt e}}{\footnote f}{\shp{\*\shpinst{\sp{\sn fillColor}{\sv 0}}{\shptxt g}}}{\upr{h}{\*\ud{i}}}{\pict\bin3 abc}\u-10179?\u-8704?\par}";

#[test]
fn a_file_that_breaks_off_anywhere_is_read_or_refused() {
    for end in 0..ALL.len() {
        let _ = read(ALL.as_bytes().get(..end).unwrap_or(&[]), &Limits::APPLICATION);
    }
    assert_eq!(draft(ALL).pieces.len(), 7, "{:?}", draft(ALL).pieces);
}

proptest! {
    #[test]
    fn any_words_in_any_order_are_read_or_refused(
        words in proptest::collection::vec(prop_oneof![
            Just("{"), Just("}"), Just("{\\*"), Just("\\par "), Just("\\cell "), Just("\\row "), Just("\\trowd "),
            Just("\\footnote "), Just("\\shp "), Just("\\sp "), Just("\\sn "), Just("\\sv "), Just("\\upr "), Just("\\ud "),
            Just("\\u-1 "), Just("\\u55357 "), Just("\\'e5"), Just("\\'"), Just("\\v "), Just("\\intbl "), Just("\\colortbl;"),
            Just("\\cf1 "), Just("\\cf-1 "), Just("\\shptxt "), Just("\\background "), Just("\\bin2 "), Just("x"), Just("\\uc9 "),
            Just("\\header "), Just("\\annotation "), Just("\\f2 "), Just("\\fcharset128 "), Just("\\fonttbl "), Just("\\stylesheet "),
        ], 0..60)
    ) {
        let _ = read(words.concat().as_bytes(), &Limits::APPLICATION);
    }

    #[test]
    fn damaged_files_are_read_or_refused(at in 0..ALL.len(), byte: u8, cut in 0..40_usize) {
        let mut bytes = ALL.as_bytes().to_vec();
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        bytes.drain(at..(at + cut).min(ALL.len()));
        let _ = read(&bytes, &Limits::APPLICATION);
    }
}
