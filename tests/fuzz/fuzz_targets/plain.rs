//! Markdown and plain text: bytes that begin as a container begin with a line feed here, and are text again.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: urval_fuzz::tolerate_library_panics(), |bytes: &[u8]| {
    let other = ["%PDF-", "PK\u{3}\u{4}", "{\\rtf"].iter().any(|sign| bytes.starts_with(sign.as_bytes()));
    urval_fuzz::check(&if other { [b"\n", bytes].concat() } else { bytes.to_vec() });
});
