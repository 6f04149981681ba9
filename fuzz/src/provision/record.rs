//! The keys as they stand on the flash, read by the layout that the core documents and not by its code: so that what it
//! writes and reads again the same way is wrong all the same where it is.

use super::ring::{Client, Ring};

const ENDS: u8 = 0x01;
const LIMITED: u8 = 0x02;

/// Where the counter stands: behind the version of the layout.
const COUNTER: core::ops::Range<usize> = 1..5;
/// Where it stands whether there is an old key of the cloud: behind the counter and the cloud's key.
const OLD_CLOUD: usize = 37;

/// The keys that a record holds; `None` where it is no record of keys.
#[must_use]
pub fn read(record: &[u8]) -> Option<Ring> {
    let rest = &mut &record[..];
    let [1] = take(rest)? else { return None };
    let counter = u32::from_be_bytes(take(rest)?);
    let cloud = take(rest)?;
    let old_cloud = match take(rest)? {
        [0] => None,
        [1] => Some((take(rest)?, u16::from_be_bytes(take(rest)?))),
        _ => return None,
    };
    let authority = take(rest)?;
    let [count] = take(rest)?;
    let clients = (0..count).map(|_| client(rest)).collect::<Option<_>>()?;
    rest.is_empty().then_some(Ring {
        counter,
        cloud,
        old_cloud,
        authority,
        clients,
    })
}

fn client(rest: &mut &[u8]) -> Option<Client> {
    let [length] = take(rest)?;
    let (name, behind) = rest.split_at_checked(usize::from(length))?;
    *rest = behind;
    let generation = u32::from_be_bytes(take(rest)?);
    let key = take(rest)?;
    let [flags] = take(rest)?;
    let left = u16::from_be_bytes(take(rest)?);
    let [count] = take(rest)?;
    let services: Option<Vec<_>> = (0..count)
        .map(|_| Some(u16::from_be_bytes(take(rest)?)))
        .collect();
    let services = services?;
    // What is not said is zero, and nothing else is said.
    let is_limited = flags & LIMITED != 0;
    let ends = flags & ENDS != 0;
    if flags & !(ENDS | LIMITED) != 0 || !is_limited && count != 0 || !ends && left != 0 {
        return None;
    }
    Some(Client {
        name: String::from_utf8(name.to_vec()).ok()?,
        generation,
        key,
        ends_after: ends.then_some(left),
        services: is_limited.then_some(services),
    })
}

/// The same keys after an update with this counter that has left an old key of the cloud, unless there was one.
pub fn update(record: &mut Vec<u8>, counter: u32, old_cloud: ([u8; 32], u16)) {
    record[COUNTER].copy_from_slice(&counter.to_be_bytes());
    if record[OLD_CLOUD] == 0 {
        record[OLD_CLOUD] = 1;
        let (key, left) = old_cloud;
        let behind = OLD_CLOUD + 1;
        record.splice(behind..behind, key.into_iter().chain(left.to_be_bytes()));
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(*taken)
}
