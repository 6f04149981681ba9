//! The harness of the core's tests, on the core that can be weak in one place: this file stands where the core's tests have
//! `hostile/sound.rs`.

use crate::hostile::board::HostileEnv;
use cardwire_faulty::{Fault, Faulty};

/// The environment of a board.
pub type BoardEnv = Faulty<HostileEnv>;

/// The environment with a fault of the core.
pub fn with_fault(env: HostileEnv, fault: Option<&str>) -> BoardEnv {
    let fault = fault.map(|name| match Fault::named(name) {
        Some(fault @ Fault::Core(_)) => fault,
        _ => panic!("the core has no fault {name}"),
    });
    Faulty::new(env, fault)
}
