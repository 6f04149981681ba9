//! What the certification card holds, read from the card itself without a reader, and decoded here.

use cardwire_host::profile;

/// ADF.USIM, by the first bytes of its AID.
pub(super) const USIM: &[u8] = &[0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02];

/// A file of a fresh card: of a directory of the MF, or of the USIM, whole or a record.
pub(super) fn file(usim: bool, path: &[[u8; 2]], record: Option<u8>) -> Vec<u8> {
    file_if_there(usim, path, record).expect("the card has this file")
}

/// The same; `None` where the card lacks it.
pub(super) fn file_if_there(usim: bool, path: &[[u8; 2]], record: Option<u8>) -> Option<Vec<u8>> {
    let mut card = fresh();
    let mut send = |command: &[u8]| {
        let response = card(command);
        let (data, status) = response.split_last_chunk::<2>().unwrap();
        (data.to_vec(), *status)
    };
    let select = |p1: u8, name: &[u8]| [&[0x00, 0xA4, p1, 0x0C, name.len() as u8], name].concat();
    if usim {
        assert_eq!(send(&select(0x04, USIM)).1, [0x90, 0x00]);
    }
    for fid in path {
        match send(&select(0x00, fid)).1 {
            [0x6A, 0x82] => return None,
            status => assert_eq!(status, [0x90, 0x00]),
        }
    }
    let mut read = match record {
        None => vec![0x00, 0xB0, 0x00, 0x00, 0x00],
        Some(number) => vec![0x00, 0xB2, number, 0x04, 0x00],
    };
    let (data, status) = send(&read);
    let [0x6C, length] = status else {
        assert_eq!(status, [0x90, 0x00]);
        return Some(data);
    };
    read[4] = length;
    let (data, status) = send(&read);
    assert_eq!(status, [0x90, 0x00]);
    Some(data)
}

/// The card of the tests as it comes out of its package, reset.
fn fresh() -> impl FnMut(&[u8]) -> Vec<u8> {
    // What `--card sim` means.
    let mut card = profile::card("usim").unwrap();
    card.cold_reset();
    move |command| card.transmit(command).bytes
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A dialling number behind its length: a type, and swapped digits up to the first F.
pub(super) fn number(field: &[u8]) -> String {
    let length = usize::from(field[0]);
    let nibbles = field[2..=length].iter().flat_map(|byte| [byte & 0x0F, byte >> 4]);
    let digits = nibbles.take_while(|nibble| *nibble != 0x0F);
    let plus = if field[1] & 0x70 == 0x10 { "+" } else { "" };
    plus.chars()
        .chain(digits.map(|nibble| char::from(b'0' + nibble)))
        .collect()
}

/// A name without what fills its place up; those of the card are ASCII.
pub(super) fn name(field: &[u8]) -> String {
    let bytes = field.iter().take_while(|byte| **byte != 0xFF);
    bytes.map(|byte| char::from(*byte)).collect()
}
