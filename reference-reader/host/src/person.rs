//! What a person at the simulated counter does: enters digits at the keypad, lays a card on the reader.

use core::{fmt, str::FromStr};
use std::collections::VecDeque;

/// Somebody who has been told beforehand what to do.
#[derive(Clone, Default)]
pub struct Person {
    entries: VecDeque<Entry>,
    field: Option<FieldCard>,
}

impl Person {
    /// Enters these, one after the other, whenever the keypad asks; and nothing when there are none left. `field` lies on
    /// the reader all the time.
    pub fn new(entries: impl IntoIterator<Item = Entry>, field: Option<FieldCard>) -> Self {
        Self {
            entries: entries.into_iter().collect(),
            field,
        }
    }

    /// The digits that are entered next; none where the person has no more, and cancels.
    pub fn enter(&mut self) -> Vec<u8> {
        self.entries
            .pop_front()
            .map(|Entry(digits)| digits)
            .unwrap_or_default()
    }

    /// What the card in the field tells of itself, as data objects (CW-LOGIC-009, `poll`); nothing where none is there.
    #[must_use]
    pub fn lays(&self) -> Vec<u8> {
        self.field.as_ref().map(FieldCard::objects).unwrap_or_default()
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person")
            .field("entries", &self.entries.len())
            .field("field", &self.field)
            .finish()
    }
}

/// Four to eight digits, which no log shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry(Vec<u8>);

impl FromStr for Entry {
    type Err = &'static str;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let digits = given.as_bytes();
        if (4..=8).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) {
            Ok(Self(digits.to_vec()))
        } else {
            Err("expected 4 to 8 digits")
        }
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entry(..)")
    }
}

/// A contactless card of type A (ISO/IEC 14443-3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldCard {
    uid: Vec<u8>,
    atqa: [u8; 2],
    sak: u8,
    ats: Vec<u8>,
}

impl FieldCard {
    fn objects(&self) -> Vec<u8> {
        let sak = [self.sak];
        let objects: [(u8, &[u8]); 4] = [
            (0x80, &self.uid),
            (0x81, &self.atqa),
            (0x82, &sak),
            (0x83, &self.ats),
        ];
        let there = objects.into_iter().filter(|(_, value)| !value.is_empty());
        // None is longer than an answer to select, which has 254 bytes at most; those that are parsed here have 64.
        there
            .flat_map(|(tag, value)| [&[tag, value.len() as u8], value].concat())
            .collect()
    }
}

impl FromStr for FieldCard {
    type Err = &'static str;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let form =
            "expected UID:ATQA:SAK or UID:ATQA:SAK:ATS in hexadecimal digits, such as 04A1B2C3D4E580:4400:20";
        let parts: Option<Vec<_>> = given.split(':').map(from_hex).collect();
        let parts = parts.ok_or(form)?;
        let (uid, atqa, sak, ats) = match parts.as_slice() {
            [uid, atqa, sak] => (uid, atqa, sak, Vec::new()),
            [uid, atqa, sak, ats] if !ats.is_empty() => (uid, atqa, sak, ats.clone()),
            _ => return Err(form),
        };
        match (uid.len(), atqa.as_slice(), sak.as_slice()) {
            (4 | 7 | 10, &[a, b], &[sak]) if ats.len() <= 64 => Ok(Self {
                uid: uid.clone(),
                atqa: [a, b],
                sak,
                ats,
            }),
            _ => Err(form),
        }
    }
}

/// The bytes of hexadecimal digits, two to a byte.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {
                u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok()
            }
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_in_order_and_then_none() {
        let entries = ["1234", "87654321"].map(|digits| digits.parse().unwrap());
        let mut person = Person::new(entries, None);
        assert_eq!(format!("{person:?}"), "Person { entries: 2, field: None }");
        assert_eq!(person.enter(), b"1234");
        assert_eq!(person.enter(), b"87654321");
        assert!(person.enter().is_empty() && person.lays().is_empty());
        for wrong in ["", "123", "123456789", "12a4"] {
            assert!(wrong.parse::<Entry>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_card_in_the_field_tells_what_it_is() {
        let card: FieldCard = "04A1B2C3D4E580:4400:20:0578807002".parse().unwrap();
        let objects = Person::new([], Some(card)).lays();
        let expected =
            *b"\x80\x07\x04\xA1\xB2\xC3\xD4\xE5\x80\x81\x02\x44\x00\x82\x01\x20\x83\x05\x05\x78\x80\x70\x02";
        assert_eq!(objects, expected);
        for wrong in [
            "",
            "04",
            "04A1B2C3:4400",
            "04A1B2:4400:20",
            "04A1B2C3:4400:20:",
            "04A1B2C3:4400:2",
            "+4A1B2C3:4400:20",
        ] {
            assert!(wrong.parse::<FieldCard>().is_err(), "{wrong}");
        }
    }
}
