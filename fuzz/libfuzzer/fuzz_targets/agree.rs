#![no_main]
//! Fuzz target: see [`cardwire_fuzz::codec::agree`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cardwire_fuzz::codec::agree(bytes));
