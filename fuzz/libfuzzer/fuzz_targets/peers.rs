#![no_main]
//! Fuzz target: see [`cardwire_fuzz::peers::peers`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cardwire_fuzz::peers::peers(bytes));
