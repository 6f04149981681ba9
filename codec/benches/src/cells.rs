//! What is measured: each operation of each codec on each message, as a list that is run for counts and for times.

use crate::frames::{Framed, InFrame, LINE, UsualCrates};
use crate::mix::Kind;
use crate::model::{Codec, Touch};
use crate::peers::{
    bincode::Bincode,
    minicbor::Minicbor,
    ours::Ours,
    postcard::{Postcard, PostcardBytes},
    prost::Prost,
    rmp_serde::RmpSerde,
    twin::Twin,
    wincode::Wincode,
};
use cardwire_codec::frame::Deframer;
use core::hint::black_box;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// From bytes to fields that were visited.
    Decode,
    /// From a value to bytes.
    Encode,
    /// From bytes of the line to fields that were visited.
    FrameIn,
    /// From a value to bytes for the line.
    FrameOut,
}

impl Operation {
    /// Its name in the tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Encode => "encode",
            Self::FrameIn => "frame-in",
            Self::FrameOut => "frame-out",
        }
    }
}

/// One operation of one codec on one message.
pub struct Cell {
    /// What is done.
    pub operation: Operation,
    /// By which codec.
    pub codec: &'static str,
    /// To which message, by the schema's name.
    pub message: &'static str,
    /// Bytes of the encoding: of the message, or of the frame on the line.
    pub size: usize,
    run: Box<dyn FnMut() -> u64>,
}

impl Cell {
    /// Does it once, and returns a number that hangs on all that was done.
    pub fn run(&mut self) -> u64 {
        (self.run)()
    }
}

/// All that is measured. For each message and operation, the codecs stand side by side.
///
/// # Panics
/// A codec can't encode or decode a message, or the codecs do not agree on what its fields are.
#[must_use]
pub fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for kind in Kind::ALL {
        codec::<Ours>(kind, &mut cells);
        codec::<Twin>(kind, &mut cells);
        codec::<Wincode>(kind, &mut cells);
        codec::<Postcard>(kind, &mut cells);
        codec::<PostcardBytes>(kind, &mut cells);
        codec::<Bincode>(kind, &mut cells);
        codec::<Minicbor>(kind, &mut cells);
        codec::<RmpSerde>(kind, &mut cells);
        codec::<Prost>(kind, &mut cells);
        framed::<InFrame<Ours>>(kind, &mut cells);
        framed::<InFrame<Postcard>>(kind, &mut cells);
        framed::<InFrame<PostcardBytes>>(kind, &mut cells);
        framed::<UsualCrates>(kind, &mut cells);
    }
    cells
}

/// Decoding and encoding one message.
fn codec<C: Codec<Value: 'static> + 'static>(kind: Kind, cells: &mut Vec<Cell>) {
    let value = C::value(kind);
    let mut out = [0; LINE];
    let size = C::encode(&value, &mut out).unwrap_or_else(|| panic!("{} can't encode {kind:?}", C::NAME));
    let bytes = out[..size].to_vec();
    let mut add = |operation, run: Box<dyn FnMut() -> u64>| {
        cells.push(Cell {
            operation,
            codec: C::NAME,
            message: kind.name(),
            size,
            run,
        });
    };
    add(
        Operation::Decode,
        Box::new(move || measured_decode::<C>(black_box(&bytes))),
    );
    add(
        Operation::Encode,
        Box::new(move || {
            let length = measured_encode::<C>(black_box(&value), black_box(&mut out));
            length as u64 ^ u64::from(black_box(&out)[0])
        }),
    );
}

/// The way of one message into a frame and out of it.
fn framed<F: Framed<Value: 'static> + 'static>(kind: Kind, cells: &mut Vec<Cell>) {
    let value = F::value(kind);
    let mut out = [0; LINE];
    let size = F::send(&value, &mut out).unwrap_or_else(|| panic!("{} can't send {kind:?}", F::NAME));
    let line = out[..size].to_vec();
    let mut deframer = Deframer::new();
    let mut add = |operation, run: Box<dyn FnMut() -> u64>| {
        cells.push(Cell {
            operation,
            codec: F::NAME,
            message: kind.name(),
            size,
            run,
        });
    };
    add(
        Operation::FrameIn,
        Box::new(move || measured_receive::<F>(black_box(&mut deframer), black_box(&line))),
    );
    add(
        Operation::FrameOut,
        Box::new(move || {
            let length = measured_send::<F>(black_box(&value), black_box(&mut out));
            length as u64 ^ u64::from(black_box(&out)[0])
        }),
    );
}

// Callgrind counts what happens between entering and leaving a function whose name begins with `measured_`, and knows
// nothing else of this program. What they do for a codec is compiled once, for all messages.

#[inline(never)]
fn measured_decode<C: Codec>(bytes: &[u8]) -> u64 {
    let mut sum = Touch::default();
    match C::decode(bytes, &mut sum) {
        Some(()) => sum.0,
        None => refused(),
    }
}

#[inline(never)]
fn measured_encode<C: Codec>(value: &C::Value, out: &mut [u8]) -> usize {
    C::encode(value, out).unwrap_or_else(|| refused() as usize)
}

#[inline(never)]
fn measured_receive<F: Framed>(deframer: &mut Deframer<LINE>, line: &[u8]) -> u64 {
    F::receive(deframer, line).unwrap_or_else(refused)
}

#[inline(never)]
fn measured_send<F: Framed>(value: &F::Value, out: &mut [u8]) -> usize {
    F::send(value, out).unwrap_or_else(|| refused() as usize)
}

/// Not reached: what is decoded is what was encoded.
#[cold]
#[inline(never)]
fn refused() -> u64 {
    panic!("a codec refuses what it has encoded itself")
}
