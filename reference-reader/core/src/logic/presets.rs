//! Services that come with the software; an update replaces them.
//!
//! Logic for a module that this reader lacks does not verify, so that the last of a service's that do holds.
//!
//! The documents stand packed: what often stands side by side is one byte. They take half of the room so, and are unpacked
//! where one is asked for.

mod packed;

use packed::{DOCUMENTS, LITERALS, PAIRS};

/// How many there are.
pub(super) const COUNT: u8 = DOCUMENTS.len() as u8;

/// Unpacks the document of this index into `room`; `None` where there is none, or where it does not fit.
///
/// What is still packed lies at the end of `room`, and what is unpacked at its start. Every packed byte becomes one byte
/// or more, so that neither reaches the other where there is room for the document.
pub(super) fn unpack(index: u8, room: &mut [u8]) -> Option<&[u8]> {
    let document = *DOCUMENTS.get(usize::from(index))?;
    let mut next = room.len().checked_sub(document.len())?;
    room[next..].copy_from_slice(document);
    let mut length = 0;
    while let Some(byte) = room.get(next).copied() {
        let byte = usize::from(byte);
        if let Some(literal) = LITERALS.get(byte) {
            *room.get_mut(length)? = *literal;
            length += 1;
            next += 1;
        } else {
            let pair = PAIRS.get(byte - LITERALS.len())?;
            next = next.checked_sub(1)?;
            room.get_mut(next..next + 2)?.copy_from_slice(pair);
        }
    }
    room.get(..length)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::{collections::BTreeSet, fs, path::Path, vec, vec::Vec};

    fn files_below(folder: &Path, found: &mut BTreeSet<Vec<u8>>) {
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                files_below(&path, found);
            } else if path
                .file_name()
                .is_some_and(|name| name != "certification.echo.bin")
            {
                found.insert(fs::read(path).expect("the file can be read"));
            }
        }
    }

    #[test]
    fn what_is_unpacked_are_the_published_documents() {
        let mut published = BTreeSet::new();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/logic");
        files_below(&folder, &mut published);
        let mut unpacked = BTreeSet::new();
        for index in 0..COUNT {
            let mut room = [0xEE; 1024];
            unpacked.insert(unpack(index, &mut room).expect("it is there").to_vec());
        }
        assert!(unpacked == published);
        assert_eq!(unpacked.len(), usize::from(COUNT), "no document is there twice");
    }

    #[test]
    fn a_document_takes_no_more_room_than_its_length() {
        for index in 0..COUNT {
            let mut room = [0; 1024];
            let document = unpack(index, &mut room).expect("it is there").to_vec();
            let mut exact = vec![0; document.len()];
            assert_eq!(unpack(index, &mut exact), Some(&document[..]));
            for length in 0..document.len() {
                assert_eq!(
                    unpack(index, &mut vec![0; length]),
                    None,
                    "{length} bytes of room"
                );
            }
        }
    }

    #[test]
    fn behind_the_last_there_is_none() {
        assert_eq!(unpack(COUNT, &mut [0; 1024]), None);
        assert_eq!(unpack(u8::MAX, &mut [0; 1024]), None);
    }
}
