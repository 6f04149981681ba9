//! The way in and out through a link frame.
//!
//! The judged comparison puts the messages of postcard by plain derive, the shape whose size is judged too, into the
//! very frames that ours go into, by the same code: most of what ours takes is checksum and COBS. For information,
//! the shape with `serde_bytes` stands beside it in the same frames, and with the crates that postcard is commonly
//! used with: `cobs`, and `crc` with its table.

use crate::mix::Kind;
use crate::model::{Codec, Touch};
use crate::peers::postcard::PostcardBytes;
use cardwire_codec::frame::{Deframer, Frame, line_size};
use cardwire_codec::message::FrameKind;
use core::marker::PhantomData;
use crc::{CRC_32_ISCSI, Crc};

/// The smallest frame that everybody takes: what the messages of the mix fit into.
pub(crate) const FRAME: usize = 512;
/// On the line.
pub(crate) const LINE: usize = line_size(FRAME);

/// The number of a frame in the middle of a session.
const NUMBER: u64 = 0x2_17;

/// A codec behind a frame layer.
pub(crate) trait Framed {
    const NAME: &'static str;

    /// A message in the codec's own types.
    type Value;

    fn value(kind: Kind) -> Self::Value;

    /// Finds one frame in what came from the line and decodes its message, visiting each field.
    fn receive(deframer: &mut Deframer<LINE>, line: &[u8]) -> Option<u64>;

    /// Encodes a message into a frame for the line.
    fn send(value: &Self::Value, line: &mut [u8]) -> Option<usize>;
}

/// A codec behind the frame layer of this project.
pub(crate) struct InFrame<C>(PhantomData<C>);

impl<C: Codec> Framed for InFrame<C> {
    const NAME: &'static str = C::NAME;

    type Value = C::Value;

    fn value(kind: Kind) -> C::Value {
        C::value(kind)
    }

    #[inline(always)]
    fn receive(deframer: &mut Deframer<LINE>, mut line: &[u8]) -> Option<u64> {
        let frame = deframer.feed(&mut line)?.ok()?;
        let mut sum = Touch(frame.number ^ u64::from(frame.kind.value()));
        C::decode(frame.payload, &mut sum)?;
        Some(sum.0)
    }

    #[inline(always)]
    fn send(value: &C::Value, line: &mut [u8]) -> Option<usize> {
        let mut message = [0; FRAME];
        let length = C::encode(value, &mut message)?;
        let frame = Frame {
            kind: FrameKind::Clear,
            number: NUMBER,
            payload: &message[..length],
        };
        frame.encode(line).ok()
    }
}

/// postcard, in the shape that is faster, with its usual crates.
pub(crate) enum UsualCrates {}

static CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

impl Framed for UsualCrates {
    const NAME: &'static str = "postcard, usual crates";

    type Value = <PostcardBytes as Codec>::Value;

    fn value(kind: Kind) -> Self::Value {
        PostcardBytes::value(kind)
    }

    #[inline(always)]
    fn receive(_: &mut Deframer<LINE>, line: &[u8]) -> Option<u64> {
        let mut bytes = [0; FRAME];
        let (encoded, rest) = line.split_at_checked(line.iter().position(|&byte| byte == 0)?)?;
        if rest.len() != 1 {
            return None;
        }
        let length = cobs::decode(encoded, &mut bytes).ok()?;
        let (body, checksum) = bytes[..length].split_last_chunk()?;
        if CRC.checksum(body) != u32::from_be_bytes(*checksum) {
            return None;
        }
        let ([kind, number @ ..], message) = body.split_first_chunk::<9>()?;
        let mut sum = Touch(u64::from_be_bytes(*number) ^ u64::from(*kind));
        PostcardBytes::decode(message, &mut sum)?;
        Some(sum.0)
    }

    #[inline(always)]
    fn send(value: &Self::Value, line: &mut [u8]) -> Option<usize> {
        let mut bytes = [0; FRAME];
        bytes[0] = FrameKind::Clear.value();
        bytes[1..9].copy_from_slice(&NUMBER.to_be_bytes());
        let end = 9 + PostcardBytes::encode(value, &mut bytes[9..FRAME - 4])?;
        let checksum = CRC.checksum(&bytes[..end]).to_be_bytes();
        bytes[end..end + 4].copy_from_slice(&checksum);
        let length = cobs::try_encode(&bytes[..end + 4], line.get_mut(..LINE - 1)?).ok()?;
        line[length] = 0;
        Some(length + 1)
    }
}
