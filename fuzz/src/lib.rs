//! Properties that hold for every input. A fuzzer looks for one that breaks them; a plain `cargo test` tries random
//! ones, and those that are kept in `corpus/`.
//!
//! The programs that libFuzzer drives are in `libfuzzer/`, one for each target.

pub mod assembler;
pub mod cbor;
pub mod codec;
pub mod dictionary;
pub mod documents;
pub mod handshake;
pub mod logic;
pub mod peers;
pub mod provision;
pub mod reader;
pub mod rollout;
pub mod schema;
mod sequence;
pub mod session;
pub mod speed;
mod target;
mod text;
pub mod updates;
mod vectors;
pub mod world;

use cardwire_codec::{frame::line_size, message::limits::FRAME_MIN};
pub use target::{Seed, Target};

/// The longest line, in bytes, of a frame of the size that every reader takes.
pub const LINE: usize = line_size(FRAME_MIN);

/// Every target, those of the codec first.
pub static TARGETS: &[Target] = &[
    Target {
        name: "frames",
        property: "a byte stream gives the same frames however it is cut, each of which encodes to the bytes it came from",
        check: codec::frames,
        explain: codec::explain_frames,
        seeds: codec::frame_seeds,
        words: codec::frame_words,
    },
    Target {
        name: "messages",
        property: "whatever decodes encodes to the same bytes",
        check: codec::messages,
        explain: codec::explain_messages,
        seeds: codec::message_seeds,
        words: codec::message_words,
    },
    Target {
        name: "values",
        property: "every value that keeps the schema's bounds encodes, and comes back out of its bytes and out of its JSON",
        check: codec::values,
        explain: codec::explain_value,
        seeds: codec::value_seeds,
        words: Vec::new,
    },
    Target {
        name: "agree",
        property: "the codec and the interpreter of the schema take the same bytes for the same values, and refuse others alike",
        check: codec::agree,
        explain: codec::explain_agreement,
        seeds: codec::agreement_seeds,
        words: codec::message_words,
    },
    cbor::TARGET,
    logic::TARGET,
    assembler::TARGET,
    schema::TARGET,
    documents::TARGET,
    Target {
        name: "reader",
        property: "a reader neither panics nor does anything for a stranger but refuse, whatever comes in",
        check: reader::reader,
        explain: reader::explain,
        seeds: reader::seeds,
        words: Vec::new,
    },
    Target {
        name: "session",
        property: "whatever client, cloud, line, modules, clock and power do, a reader answers as the machines of the schema say",
        check: session::session,
        explain: session::explain,
        seeds: session::seeds::seeds,
        words: Vec::new,
    },
    Target {
        name: "handshake",
        property: "with somebody in between a session is one on which the ends agree, or none; when he has gone the way in is open",
        check: handshake::handshake,
        explain: handshake::explain,
        seeds: handshake::seeds,
        words: Vec::new,
    },
    Target {
        name: "updates",
        property: "wherever the power is cut, the old or the new is in force, whole, and serves; versions and counters never go back",
        check: updates::updates,
        explain: updates::explain,
        seeds: updates::seeds,
        words: Vec::new,
    },
    Target {
        name: "provision",
        property: "wherever the power is cut at the bench, a reader lets in nobody or whom it was given, becomes nothing that it may not, and the step is done again",
        check: provision::provision,
        explain: provision::explain,
        seeds: provision::seeds::seeds,
        words: Vec::new,
    },
    Target {
        name: "peers",
        property: "whatever a counterpart says, client and cloud end with a clear error or with what was really said",
        check: peers::peers,
        explain: peers::explain,
        seeds: peers::seeds,
        words: Vec::new,
    },
    Target {
        name: "rollout",
        property: "whatever readers say of their updates, the cloud offers each what is meant for it, believes what it has sealed and no more, and opens, halts and ends campaigns by their plans",
        check: rollout::rollout,
        explain: rollout::explain,
        seeds: rollout::seeds::seeds,
        words: Vec::new,
    },
];
