#![no_main]
//! Fuzz target: see [`cardwire_fuzz::messages`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cardwire_fuzz::messages(bytes));
