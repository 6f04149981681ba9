//! What a codec for all messages and documents takes of a Cortex-M's flash: ours, and postcard's for the same messages.
//!
//! Each image in `src/bin` is linked and never run. It decodes bytes that the compiler knows nothing of as a message of
//! each place and as each document, and looks at what came out, items of lists included; or it encodes values that the
//! compiler knows nothing of; or both. What an image takes over `nothing` is what the codec takes. Neither allocates.
//!
//! `ours`, `postcard` and `postcard_bytes` are generated from the schema (`cargo xtask generate`): the same messages,
//! with the same fields in the same order. postcard stands here in two shapes: by plain derive, where bytes of fixed
//! size are arrays, and by `serde_bytes`, where they are byte strings.
#![cfg_attr(not(test), no_std)]

mod ours;
#[allow(
    clippy::large_enum_variant,
    clippy::enum_variant_names,
    reason = "without allocation lists stand where they are, and names are the schema's"
)]
mod postcard;
#[allow(
    clippy::large_enum_variant,
    clippy::enum_variant_names,
    reason = "without allocation lists stand where they are, and names are the schema's"
)]
mod postcard_bytes;

use core::hint::black_box;

/// A document, or a message of one place, that is decoded and encoded.
pub(crate) trait Whole<'a>: Sized {
    /// Why it can't be decoded.
    type DecodeError;
    /// Why it can't be encoded.
    type EncodeError;

    /// From all of `bytes`.
    fn from_bytes(bytes: &'a [u8]) -> Result<Self, Self::DecodeError>;

    /// At the start of `out`; the length in bytes.
    fn to_bytes(&self, out: &mut [u8]) -> Result<usize, Self::EncodeError>;

    /// Looks at what does not stand in the value itself.
    fn visit(&self);
}

/// Decodes everything by the codec of this project.
pub fn decode_ours(bytes: &[u8]) {
    ours::decode(bytes);
}

/// Encodes everything by the codec of this project.
pub fn encode_ours(out: &mut [u8]) {
    ours::encode(out);
}

/// Decodes everything by postcard, plain derive.
pub fn decode_postcard(bytes: &[u8]) {
    postcard::decode(bytes);
}

/// Encodes everything by postcard, plain derive.
pub fn encode_postcard(out: &mut [u8]) {
    postcard::encode(out);
}

/// Decodes everything by postcard, `serde_bytes`.
pub fn decode_postcard_bytes(bytes: &[u8]) {
    postcard_bytes::decode(bytes);
}

/// Encodes everything by postcard, `serde_bytes`.
pub fn encode_postcard_bytes(out: &mut [u8]) {
    postcard_bytes::encode(out);
}

#[inline(never)]
pub(crate) fn decode_one<'a, T: Whole<'a>>(bytes: &'a [u8]) {
    let decoded = T::from_bytes(bytes);
    if let Ok(whole) = &decoded {
        whole.visit();
    }
    black_box(&decoded);
}

#[inline(never)]
pub(crate) fn encode_one<'a, T: Whole<'a>>(out: &mut [u8]) {
    // There is none, but the compiler can't know.
    if let Some(whole) = black_box(None::<&T>) {
        let encoded = whole.to_bytes(out);
        black_box(&encoded);
    }
}

/// An image whose way in is `$body`, a function of bytes that came in and of room for bytes to go out.
#[macro_export]
macro_rules! image {
    ($body:expr) => {
        #[cfg(target_os = "none")]
        #[expect(
            unsafe_code,
            reason = "the name that linkers begin at has to stay as it is"
        )]
        #[unsafe(no_mangle)]
        extern "C" fn _start() -> ! {
            let body: fn(&[u8], &mut [u8]) = $body;
            let (bytes, mut out) = ([0; 512], [0; 512]);
            body(
                core::hint::black_box(&bytes),
                core::hint::black_box(&mut out),
            );
            #[expect(clippy::empty_loop, reason = "it is never run")]
            loop {}
        }

        #[cfg(target_os = "none")]
        #[panic_handler]
        fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
            #[expect(clippy::empty_loop, reason = "it is never run")]
            loop {}
        }

        #[cfg(not(target_os = "none"))]
        fn main() {
            let body: fn(&[u8], &mut [u8]) = $body;
            body(&[0; 512], &mut [0; 512]);
            println!("this is an image to be weighed: `cargo xtask bench`");
        }
    };
}
