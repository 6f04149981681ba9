#![no_main]
//! The target that the environment names in `CARDWIRE_FUZZ_TARGET`: one program where many would have to be linked.

use cardwire_fuzz::Target;
use std::{env, sync::OnceLock};

static TARGET: OnceLock<&'static Target> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let target = TARGET.get_or_init(|| {
        let name = env::var("CARDWIRE_FUZZ_TARGET").expect("CARDWIRE_FUZZ_TARGET names a target");
        Target::named(&name).unwrap_or_else(|| panic!("there is no target {name}"))
    });
    (target.check)(bytes);
});
