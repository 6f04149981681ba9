#![no_main]
//! Fuzz target: see [`cardwire_fuzz::session::session`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cardwire_fuzz::session::session(bytes));
