//! Properties of the reader before anybody is authenticated.

use crate::LINE;
use cardwire_codec::{
    Frame,
    frame::DELIMITER,
    message::{HardwareClass, Provisioning, limits::FRAME_MIN},
};
use cardwire_core::{
    Env, Identity, Instant, Reader,
    env::{RandomFailed, Record, StoreFailed},
    identity::{Name, SecretKey},
};

/// Feeds a reader with frames and garbage.
///
/// # Panics
/// Where a module is powered although no client was authenticated.
pub fn reader(bytes: &[u8]) {
    let mut reader = Reader::new(identity(), Board(1), Instant::from_millis(0));
    let mut now = 0;
    for piece in bytes.split(|byte| *byte == 0xFF) {
        // A piece that begins with an even byte is garbage, another one the payload of a good frame.
        let line = match piece.split_first() {
            Some((kind, payload)) if kind % 2 == 1 && payload.len() < FRAME_MIN => good_frame(*kind, payload),
            _ => [piece, &[DELIMITER]].concat(),
        };
        let mut input = &line[..];
        while !input.is_empty() {
            now += 7;
            reader.handle_bytes(Instant::from_millis(now), &mut input);
            while reader.poll_output().is_some() {}
            assert!(
                reader.poll_module().is_none(),
                "no module is powered for a stranger"
            );
        }
    }
}

fn good_frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    use cardwire_codec::message::FrameKind;
    let kind = if kind % 4 == 1 {
        FrameKind::Clear
    } else {
        FrameKind::Sealed
    };
    let mut out = vec![0; 2 * LINE];
    let length = Frame {
        kind,
        number: u64::from(kind.value()),
        payload,
    }
    .encode(&mut out)
    .expect("it fits");
    out.truncate(length);
    out
}

/// A board that remembers nothing and whose randomness repeats, so that findings do too.
struct Board(u8);

impl Env for Board {
    fn random(&mut self, out: &mut [u8]) -> Result<(), RandomFailed> {
        self.0 = self.0.wrapping_mul(5).wrapping_add(3);
        out.fill(self.0);
        Ok(())
    }

    fn load(&mut self, _record: Record, _out: &mut [u8]) -> Option<usize> {
        None
    }

    fn store(&mut self, _record: Record, _data: &[u8]) -> Result<(), StoreFailed> {
        Ok(())
    }
}

fn identity() -> Identity {
    let name = |text| Name::new(text).expect("a name of the right characters");
    Identity {
        reader_id: name("FUZZED"),
        hardware_class: HardwareClass::REFERENCE_HOST,
        provisioning: Provisioning::Production,
        software: name("fuzz"),
        static_key: SecretKey([1; 32]),
        cloud_public_key: [9; 32],
        authority_public_key: [9; 32],
        clients: [None, None, None, None],
    }
}
