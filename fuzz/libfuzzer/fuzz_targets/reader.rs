#![no_main]
//! Fuzz target: see [`cardwire_fuzz::reader::reader`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cardwire_fuzz::reader::reader(bytes));
