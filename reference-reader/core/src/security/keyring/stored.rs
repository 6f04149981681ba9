//! The keys as the record [`Record::Authentication`] holds them.

use super::{ClientRecord, ENTITLED_MAX, Entitled, KEYS_MAX, Keyring, OldCloud};
use crate::{
    env::{Env, Record},
    identity::{Name, SecretKey},
};
use cardwire_codec::message::ServiceId;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
/// Id with its length, generation, key, flags, logins left, services with their count.
const CLIENT: usize = 33 + 4 + 32 + 1 + 2 + 1 + 2 * ENTITLED_MAX;
/// Version, counter, the cloud's keys, the authority's, clients with their count.
const SIZE: usize = 1 + 4 + 32 + 1 + 34 + 32 + 1 + KEYS_MAX * CLIENT;

// The record's bound, as `Record` states it.
const _: () = assert!(SIZE <= 1024);

/// A newer key of the same client is there.
const ENDS: u8 = 0x01;
/// The client is entitled to some services only.
const LIMITED: u8 = 0x02;

/// Room for the record, erased when it goes out of use.
pub(super) fn room() -> Zeroizing<[u8; SIZE]> {
    Zeroizing::new([0; SIZE])
}

/// The stored keys; `None` where nothing was stored yet.
pub(super) fn load(env: &mut impl Env) -> Option<Keyring> {
    let mut out = room();
    let length = env.load(Record::Authentication, &mut *out)?;
    decode(out.get(..length)?)
}

/// Writes the record into the front of `out` and returns its length.
pub(super) fn encode(keys: &Keyring, out: &mut [u8]) -> Option<usize> {
    let mut length = 0;
    let mut put = |bytes: &[u8]| {
        out.get_mut(length..length + bytes.len())?.copy_from_slice(bytes);
        length += bytes.len();
        Some(())
    };
    put(&[VERSION])?;
    put(&keys.counter.to_be_bytes())?;
    put(&keys.cloud)?;
    put(&[u8::from(keys.old_cloud.is_some())])?;
    if let Some(old) = &keys.old_cloud {
        put(&old.public_key)?;
        put(&old.ends_after.to_be_bytes())?;
    }
    put(&keys.authority)?;
    put(&[keys.keys().count() as u8])?;
    for client in keys.keys() {
        let id = client.id.as_str().as_bytes();
        put(&[id.len() as u8])?;
        put(id)?;
        put(&client.generation.to_be_bytes())?;
        put(&client.pre_shared_key.0)?;
        let ends = client.ends_after.map_or(0, |_| ENDS);
        let limited = client.entitled.map_or(0, |_| LIMITED);
        put(&[ends | limited])?;
        put(&client.ends_after.unwrap_or(0).to_be_bytes())?;
        let services = client.entitled.as_ref().map_or(&[][..], Entitled::services);
        put(&[services.len() as u8])?;
        services
            .iter()
            .try_for_each(|service| put(&service.to_be_bytes()))?;
    }
    Some(length)
}

fn decode(data: &[u8]) -> Option<Keyring> {
    let mut rest = data;
    (take(&mut rest)? == [VERSION]).then_some(())?;
    let counter = u32::from_be_bytes(take(&mut rest)?);
    let cloud = take(&mut rest)?;
    let old_cloud = match take(&mut rest)? {
        [0] => None,
        [1] => Some(OldCloud {
            public_key: take(&mut rest)?,
            ends_after: u16::from_be_bytes(take(&mut rest)?),
        }),
        [_] => return None,
    };
    let authority = take(&mut rest)?;
    let [count] = take(&mut rest)?;
    let mut keys = Keyring {
        counter,
        clients: [const { None }; KEYS_MAX],
        cloud,
        old_cloud,
        authority,
        for_old: false,
        next_for_old: false,
    };
    for _ in 0..count {
        let client = decode_client(&mut rest)?;
        keys.add(client).then_some(())?;
    }
    rest.is_empty().then_some(keys)
}

fn decode_client(rest: &mut &[u8]) -> Option<ClientRecord> {
    let [length] = take(rest)?;
    let (id, behind) = rest.split_at_checked(usize::from(length))?;
    *rest = behind;
    let id = Name::new(core::str::from_utf8(id).ok()?)?;
    let generation = u32::from_be_bytes(take(rest)?);
    let pre_shared_key = SecretKey(take(rest)?);
    let [flags] = take(rest)?;
    let left = u16::from_be_bytes(take(rest)?);
    let [count] = take(rest)?;
    let mut entitled = Entitled::default();
    for _ in 0..count {
        let service = ServiceId(u16::from_be_bytes(take(rest)?));
        entitled.add(service).then_some(())?;
    }
    Some(ClientRecord {
        id,
        generation,
        pre_shared_key,
        ends_after: (flags & ENDS != 0).then_some(left),
        entitled: (flags & LIMITED != 0).then_some(entitled),
    })
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many keys as there may be, with longest names, and an old key of the cloud.
    fn keys(entitled: impl Fn(u32) -> Option<Entitled>) -> Keyring {
        let mut keys = Keyring {
            counter: 77,
            clients: [const { None }; KEYS_MAX],
            cloud: [1; 32],
            old_cloud: Some(OldCloud {
                public_key: [2; 32],
                ends_after: 5,
            }),
            authority: [3; 32],
            for_old: true,
            next_for_old: true,
        };
        for generation in 1..=KEYS_MAX as u32 {
            assert!(keys.add(ClientRecord {
                id: Name::new("AN-ID-OF-THIRTY-TWO-BYTES-123456").unwrap(),
                generation,
                pre_shared_key: SecretKey([generation as u8; 32]),
                ends_after: (generation == 1).then_some(4),
                entitled: entitled(generation),
            }));
        }
        keys
    }

    #[test]
    fn the_most_that_there_can_be_fills_its_room() {
        let mut most = Entitled::default();
        while most.add(ServiceId(7)) {}
        assert_eq!(encode(&keys(|_| Some(most)), &mut *room()), Some(SIZE));
    }

    #[test]
    fn keys_are_read_as_they_were_written_and_nothing_else_is() {
        let mut entitled = Entitled::default();
        assert!(entitled.add(ServiceId(7)) && entitled.add(ServiceId(9)));
        let keys = keys(|generation| (generation == 2).then_some(entitled));
        let mut out = room();
        let length = encode(&keys, &mut *out).unwrap();
        let read = decode(&out[..length]).unwrap();
        let mut again = room();
        assert_eq!(encode(&read, &mut *again), Some(length));
        assert_eq!(out, again);
        assert!(!read.entitles("AN-ID-OF-THIRTY-TWO-BYTES-123456", 2, ServiceId(8)));
        assert!(read.entitles("AN-ID-OF-THIRTY-TWO-BYTES-123456", 2, ServiceId(9)));
        for end in 0..length {
            assert!(decode(&out[..end]).is_none(), "cut at {end}");
        }
    }
}
