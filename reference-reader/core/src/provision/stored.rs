//! A reader's own identity as the record [`Record::Identity`] holds it.
//!
//! | bytes | |
//! | --- | --- |
//! | 0 | version of this layout, 1 |
//! | 1 | 0 unprovisioned, 1 production, 2 certification |
//! | 2 | 1 where the reader is latched |
//! | 3, 4 | class of hardware |
//! | 5 | 1 where there is a static key |
//! | 6 to 37 | static key |
//! | 38 | length of the name, 0 where there is none |
//! | from 39 on | name |

use super::Kept;
use crate::{
    codec::message::{HardwareClass, Provisioning},
    env::{Env, Record, StoreFailed},
    identity::{Name, SecretKey},
};
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const HEAD: usize = 39;
const SIZE: usize = HEAD + 32;

pub(super) fn load(env: &mut impl Env) -> Option<Kept> {
    let mut out = Zeroizing::new([0; SIZE]);
    let length = env.load(Record::Identity, &mut *out)?;
    decode(out.get(..length)?)
}

pub(super) fn store(env: &mut impl Env, kept: &Kept) -> Result<(), StoreFailed> {
    let mut out = Zeroizing::new([0; SIZE]);
    let length = encode(kept, &mut out);
    env.store(Record::Identity, &out[..length])
}

fn encode(kept: &Kept, out: &mut [u8; SIZE]) -> usize {
    out[0] = VERSION;
    out[1] = match kept.identity {
        None => 0,
        Some((_, Provisioning::Production)) => 1,
        Some((_, Provisioning::Certification)) => 2,
    };
    out[2] = u8::from(kept.latched);
    out[3..5].copy_from_slice(&kept.hardware_class.0.to_be_bytes());
    if let Some(key) = &kept.static_key {
        out[5] = 1;
        out[6..38].copy_from_slice(&key.0);
    }
    let name = kept.identity.as_ref().map_or("", |(name, _)| name.as_str());
    // A name has 32 bytes at most.
    out[38] = name.len() as u8;
    out[HEAD..HEAD + name.len()].copy_from_slice(name.as_bytes());
    HEAD + name.len()
}

fn decode(data: &[u8]) -> Option<Kept> {
    let (&[version, kind, latched, high, low, has_key, ref key @ .., length], name) =
        data.split_first_chunk::<HEAD>()?;
    let is_sound = version == VERSION && latched <= 1 && has_key <= 1 && usize::from(length) == name.len();
    let provisioning = match kind {
        0 if name.is_empty() => None,
        1 => Some(Provisioning::Production),
        2 => Some(Provisioning::Certification),
        _ => return None,
    };
    // Who is provisioned has a key.
    if !is_sound || has_key < u8::from(provisioning.is_some()) {
        return None;
    }
    let identity = match provisioning {
        Some(provisioning) => Some((Name::new(core::str::from_utf8(name).ok()?)?, provisioning)),
        None => None,
    };
    Some(Kept {
        identity,
        hardware_class: HardwareClass(u16::from_be_bytes([high, low])),
        static_key: (has_key == 1).then(|| SecretKey(*key)),
        latched: latched == 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_read_as_it_was_written_and_nothing_else_is() {
        let name = Name::new("AN-ID-OF-THIRTY-TWO-BYTES-123456").unwrap();
        for kept in [
            Kept::blank(HardwareClass::REFERENCE_HOST),
            Kept {
                identity: Some((name, Provisioning::Production)),
                hardware_class: HardwareClass::REFERENCE_CORTEX_M3,
                static_key: Some(SecretKey([7; 32])),
                latched: true,
            },
            Kept {
                identity: Some((Name::new("R").unwrap(), Provisioning::Certification)),
                hardware_class: HardwareClass::REFERENCE_HOST,
                static_key: Some(SecretKey([9; 32])),
                latched: false,
            },
        ] {
            let mut out = [0; SIZE];
            let length = encode(&kept, &mut out);
            let read = decode(&out[..length]).unwrap();
            let mut again = [0; SIZE];
            assert_eq!(encode(&read, &mut again), length);
            assert_eq!(out, again);
            for end in 0..length {
                assert!(decode(&out[..end]).is_none(), "cut at {end}");
            }
            for (at, value) in [(0, 2), (1, 3), (2, 2), (5, 2), (38, 31)] {
                let mut wrong = out;
                wrong[at] = value;
                assert!(decode(&wrong[..length]).is_none(), "byte {at}");
            }
        }
    }
}
