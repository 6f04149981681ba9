#![no_main]
//! Fuzz target: see [`cardwire_fuzz::values`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cardwire_fuzz::values(bytes));
