//! What every fuzz target does with its bytes: reads them as the service would, and holds the result
//! against what [`urval_documents`] promises of it.
//!
//! A panic of our own ends the fuzzer with the input kept. A panic inside the PDF library does not: the
//! service reads in a child process that may die, and the library's faults are not found out here. Those are
//! counted, and each place in it is named once.

use std::collections::HashSet;
use std::io::{Cursor, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use urval_documents::{Limits, Reading, Refusal, Shape, read};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Limits of the service: a fuzzer with narrower ones would never come to the code behind them.
const LIMITS: Limits = Limits::APPLICATION;

/// Separates the parts of an archive in the input of a target. XML cannot hold it, and an input that a person
/// writes can.
const SEPARATOR: u8 = 0x1e;

/// The library whose panics are counted and not reported.
const LIBRARY: &str = "pdf_oxide";
static LIBRARY_PANICS: AtomicU64 = AtomicU64::new(0);

/// To be called once, after libFuzzer has put its own hook in place, which ends the process.
pub fn tolerate_library_panics() {
    let ends_the_process = take_hook();
    let named = Mutex::new(HashSet::new());
    set_hook(Box::new(move |panic| {
        let Some(place) = panic.location().filter(|place| place.file().contains(LIBRARY)) else {
            return ends_the_process(panic);
        };
        // Told at every doubling, as nothing of ours runs when libFuzzer ends.
        let count = LIBRARY_PANICS.fetch_add(1, Ordering::Relaxed) + 1;
        if count.is_power_of_two() {
            eprintln!("{LIBRARY} has panicked {count} times");
        }
        let file = place.file().rsplit_once(LIBRARY).map_or("", |(_, file)| file);
        let place = format!("{LIBRARY}{file}:{}", place.line());
        if named.lock().unwrap_or_else(PoisonError::into_inner).insert(place.clone()) {
            eprintln!("a panic inside the library, at {place}: {}", panic.payload_as_str().unwrap_or("?"));
        }
    }));
}

/// Reads the bytes and checks what comes out.
pub fn check(bytes: &[u8]) {
    let panics = LIBRARY_PANICS.load(Ordering::Relaxed);
    // None when the library panicked outside of what the reader guards: any other panic has ended the process.
    let Some(first) = reading(bytes) else { return };
    // Reading twice halves the speed, so only some inputs are; which ones must depend on nothing but them.
    if bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)).is_multiple_of(4) {
        let second = reading(bytes);
        // Whether the library panics depends on the order of its hash tables.
        let contained = LIBRARY_PANICS.load(Ordering::Relaxed) > panics;
        assert!(contained || second.as_ref() == Some(&first), "read twice: {first:?} and {second:?}");
    }
    match first {
        Ok(reading) => check_reading(&reading),
        Err(refusal) => assert!(!refusal.to_string().is_empty()),
    }
}

fn reading(bytes: &[u8]) -> Option<Result<Reading, Refusal>> {
    catch_unwind(AssertUnwindSafe(|| read(bytes, &LIMITS))).ok()
}

fn check_reading(reading: &Reading) {
    for block in &reading.blocks {
        let text = &block.text;
        assert!(!text.trim().is_empty(), "an empty block: {block:?}");
        assert!(!text.contains('\n'), "more than one line: {block:?}");
        assert!(!text.chars().any(|c| c.is_control() && c != '\t'), "a control character: {block:?}");
        assert!(block.shape == Shape::Row || !text.contains('\t'), "a tab outside a row: {block:?}");
        assert!(unicode_normalization::is_nfc(text), "not composed: {block:?}");
        assert!(block.page <= reading.pages, "a page beyond the last: {block:?}");
    }
    assert!(reading.pages <= LIMITS.pages, "more pages than are read: {}", reading.pages);
    assert!(reading.words() > 0, "nothing to see, and not refused: {reading:?}");
    let mut kept = 0;
    for hidden in &reading.hidden {
        assert!(hidden.words > 0, "hidden, and no word: {hidden:?}");
        assert!(!hidden.text.chars().any(char::is_control), "a control character: {hidden:?}");
        assert!(unicode_normalization::is_nfc(&hidden.text), "not composed: {hidden:?}");
        kept += hidden.text.chars().count();
    }
    assert!(kept <= LIMITS.hidden_chars, "{kept} hidden characters are kept");
    assert!(reading.hidden_words() as usize >= reading.hidden.len());
}

/// The bytes, begun with `head` when they do not begin so.
#[must_use]
pub fn begun(head: &[u8], begins: &[u8], bytes: &[u8]) -> Vec<u8> {
    if bytes.starts_with(begins) { bytes.to_vec() } else { [head, bytes].concat() }
}

/// A PDF of one page with a few words, and the bytes as its embedded Europass file.
#[must_use]
pub fn with_europass(bytes: &[u8]) -> Vec<u8> {
    let words = "BT /F 12 Tf 60 700 Td (Ada Exempel) Tj 0 -24 Td (Led two projects) Tj 0 -24 Td (in Lund) Tj ET";
    let objects: [Vec<u8>; 6] = [
        b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(a)<</F(a.xml)/EF<</F 6 0 R>>>>]>>>>>>".into(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".into(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>".into(),
        format!("<</Length {}>>\nstream\n{words}\nendstream", words.len()).into(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".into(),
        [format!("<</Length {}>>\nstream\n", bytes.len()).as_bytes(), bytes, b"\nendstream"].concat(),
    ];
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut table = String::new();
    for (object, number) in objects.iter().zip(1..) {
        table.push_str(&format!("{:010} 00000 n \n", out.len()));
        out.extend(format!("{number} 0 obj\n").bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let start = out.len();
    let end = format!("xref\n0 7\n0000000000 65535 f \n{table}trailer\n<</Size 7/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n");
    out.extend(end.bytes());
    out
}

/// An archive of fixed files, and of parts that are cut from the bytes, as many as there are.
///
/// Nothing is packed: unpacking is tested elsewhere and takes the time of many inputs.
#[must_use]
pub fn archive(fixed: &[(&str, &str)], parts: &[&str], bytes: &[u8]) -> Vec<u8> {
    let how = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut writer = ZipWriter::new(Cursor::new(Vec::with_capacity(bytes.len() + 4_096)));
    let fixed = fixed.iter().map(|(name, text)| (*name, text.as_bytes()));
    // The last part takes the rest, separators and all.
    let cut = parts.iter().copied().zip(bytes.splitn(parts.len(), |byte| *byte == SEPARATOR));
    for (name, content) in fixed.chain(cut) {
        writer.start_file(name, how).expect("a file can be begun in memory");
        writer.write_all(content).expect("a file can be written in memory");
    }
    writer.finish().expect("an archive can be ended in memory").into_inner()
}
