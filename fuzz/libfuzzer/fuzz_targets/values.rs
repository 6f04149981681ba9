#![no_main]
//! Fuzz target: see [`cardwire_fuzz::codec::values`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cardwire_fuzz::codec::values(bytes));
