#![no_main]
//! Fuzz target: see [`cardwire_fuzz::provision::provision`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cardwire_fuzz::provision::provision(bytes));
