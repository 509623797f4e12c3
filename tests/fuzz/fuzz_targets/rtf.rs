//! RTF: the header is put before bytes that lack it.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: urval_fuzz::tolerate_library_panics(), |bytes: &[u8]| urval_fuzz::check(&urval_fuzz::begun(b"{\\rtf1", b"{\\rtf", bytes)));
