#![no_main]
//! Fuzz target: see [`cardwire_fuzz::updates::updates`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cardwire_fuzz::updates::updates(bytes));
