#![no_main]
//! Fuzz target: see [`cardwire_fuzz::logic::check`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cardwire_fuzz::logic::check(bytes));
