//! Europass XML, embedded in a PDF of one page.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: urval_fuzz::tolerate_library_panics(), |bytes: &[u8]| urval_fuzz::check(&urval_fuzz::with_europass(bytes)));
