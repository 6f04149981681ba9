//! What the targets that drive a reader have in common: a reader on a board of memory and virtual time, and the ends that
//! talk to it, with real keys. Nothing here draws on a clock or on the operating system's randomness.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`board`] | the real reader core, modules that answer as the input says, time that the input lets pass |
//! | [`storage`] | records and a stage in memory, which fail when the input says so |
//! | [`ends`] | client and cloud, by `snow` |
//! | [`people`] | who they are, and their keys |
//! | [`updates`] | updates, signed |
//! | [`log`] | what happens, in words, for a person who looks at an input |

pub mod board;
pub mod ends;
pub mod log;
pub mod people;
pub mod storage;
pub mod updates;

use cardwire_codec::Message;

/// A message encoded.
///
/// # Panics
/// Where it breaks a bound: what a target makes keeps them.
#[must_use]
pub fn encoded<'a>(message: &impl Message<'a>) -> Vec<u8> {
    let mut out = vec![0; 2048];
    let length = message.encode(&mut out).expect("the message keeps its bounds");
    out.truncate(length);
    out
}
