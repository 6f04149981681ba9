#![no_main]
//! Fuzz target: see [`cardwire_fuzz::handshake::handshake`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cardwire_fuzz::handshake::handshake(bytes));
