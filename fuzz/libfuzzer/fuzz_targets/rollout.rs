#![no_main]
//! Fuzz target: see [`cardwire_fuzz::rollout::rollout`].

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cardwire_fuzz::rollout::rollout(bytes));
