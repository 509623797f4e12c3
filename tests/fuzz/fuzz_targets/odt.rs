//! ODT: the bytes are `content.xml`, and behind separators `styles.xml` and `meta.xml`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: urval_fuzz::tolerate_library_panics(), |bytes: &[u8]| {
    let fixed = [("mimetype", "application/vnd.oasis.opendocument.text")];
    urval_fuzz::check(&urval_fuzz::archive(&fixed, &["content.xml", "styles.xml", "meta.xml"], bytes));
});
