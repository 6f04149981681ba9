//! That the comparison is fair: all codecs carry the same messages, and the twin is as strict as ours.

use crate::mix::{Kind, relay};
use crate::model::{Codec, Visit};
use crate::peers::{
    bincode::Bincode,
    minicbor::Minicbor,
    ours::{self, Ours},
    postcard::{Postcard, PostcardBytes},
    prost::Prost,
    rmp_serde::RmpSerde,
    twin::{self, Twin},
    wincode::Wincode,
};

/// Keeps every number and every byte that is visited.
#[derive(Debug, Default, PartialEq)]
struct Whole(Vec<Vec<u8>>);

impl Visit for Whole {
    fn number(&mut self, value: u64) {
        self.0.push(value.to_be_bytes().to_vec());
    }

    fn bytes(&mut self, value: &[u8]) {
        self.0.push(value.to_vec());
    }
}

fn encoded<C: Codec>(kind: Kind) -> Vec<u8> {
    let mut out = [0; 1024];
    let length = C::encode(&C::value(kind), &mut out).expect("every codec encodes the mix");
    out[..length].to_vec()
}

fn visited<C: Codec>(kind: Kind) -> Whole {
    let mut whole = Whole::default();
    let decoded = C::decode(&encoded::<C>(kind), &mut whole);
    assert!(decoded.is_some(), "{} refuses its own {kind:?}", C::NAME);
    whole
}

#[test]
fn every_codec_carries_the_same_fields() {
    for kind in Kind::ALL {
        let ours = visited::<Ours>(kind);
        assert_eq!(visited::<Twin>(kind), ours, "{kind:?}");
        assert_eq!(visited::<Wincode>(kind), ours, "{kind:?}");
        assert_eq!(visited::<Postcard>(kind), ours, "{kind:?}");
        assert_eq!(visited::<PostcardBytes>(kind), ours, "{kind:?}");
        assert_eq!(visited::<Bincode>(kind), ours, "{kind:?}");
        assert_eq!(visited::<Minicbor>(kind), ours, "{kind:?}");
        assert_eq!(visited::<RmpSerde>(kind), ours, "{kind:?}");
        assert_eq!(visited::<Prost>(kind), ours, "{kind:?}");
    }
}

#[test]
fn what_is_relayed_is_as_long_as_a_sealed_chunk() {
    let chunk = encoded::<Ours>(Kind::UpdateChunk).len();
    assert_eq!(relay::PAYLOAD.len(), chunk + relay::TAG);
}

#[test]
fn the_twin_writes_our_bytes() {
    for kind in Kind::ALL {
        assert_eq!(encoded::<Twin>(kind), encoded::<Ours>(kind), "{kind:?}");
    }
}

/// The twin refuses what ours refuses, by the same rule, for the same field, at the same place: in each message cut at
/// each length, with each byte changed to each value, and with extensions of all kinds.
#[test]
fn the_twin_is_as_strict() {
    for kind in Kind::ALL {
        let right = encoded::<Ours>(kind);
        for length in 0..=right.len() {
            agree(&right[..length]);
        }
        for at in 0..right.len() {
            for value in 0..=u8::MAX {
                let mut wrong = right.clone();
                wrong[at] = value;
                agree(&wrong);
            }
        }
        for tail in [
            &b"\x7F"[..],
            b"\x7F\x01\x00\x00",
            b"\x7F\x01\x00\x02\xAB",
            b"\x7F\x01\x00\x02\xAB\xCD",
            b"\xFF\x01\x00\x00",
            b"\x70\x01\x00\x00\x70\x02\x00\x01\x00",
            b"\x70\x02\x00\x00\x70\x01\x00\x00",
            b"\x70\x02\x00\x00\xF0\x02\x00\x00",
            &[0; 500],
        ] {
            agree(&[&right, tail].concat());
        }
    }
}

fn agree(bytes: &[u8]) {
    let ours = ours::fault(bytes);
    assert_eq!(twin::fault(bytes), ours, "{bytes:02x?}");
}
