//! A reader in a session: the input says what its client, its cloud, somebody on the line, its modules, the clock and the
//! power do; the rules of the schema's machines judge every answer.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`inputs`] | what happens, out of bytes and into them |
//! | [`begin`] | the readers that executions begin with: each is made once and copied |
//! | [`play`] | lets it happen |
//! | [`model`] | what everybody may know of the reader |
//! | [`judge`], [`requests`], [`relayed`] | what it may answer |
//! | [`services`] | its services and updates |
//! | [`seeds`], [`vectors`] | executions to begin with |

pub mod begin;
pub mod inputs;
pub mod judge;
pub mod model;
pub mod play;
pub mod relayed;
pub mod requests;
pub mod seeds;
pub mod services;
pub mod vectors;

use crate::world::log::{Log, explained};
use inputs::Input;
use play::Play;

/// Plays what the bytes say.
///
/// # Panics
/// Where the reader breaks a rule.
pub fn session(bytes: &[u8]) {
    run(bytes, &Log::off());
}

/// Says what happens in it.
#[must_use]
pub fn explain(bytes: &[u8]) -> String {
    explained(|log| run(bytes, log))
}

fn run(bytes: &[u8], log: &Log<'_>) {
    // The only reason for none is that there are no bytes.
    let Ok((beginning, patient, inputs)) = Input::read_all(bytes) else {
        return;
    };
    log.line(|| {
        format!(
            "{beginning:?}{}",
            if patient {
                ", modules tell when they are let"
            } else {
                ""
            }
        )
    });
    let mut play = Play::new(begin::copy(beginning), patient, log);
    for input in &inputs {
        log.line(|| format!("{input:?}"));
        play.lets(input);
    }
    play.ends();
}
