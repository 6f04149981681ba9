//! What a counterpart says, read from a fuzzer's bytes and written for seeds.

use crate::sequence;
use arbitrary::{Result, Unstructured};

/// Most that it says in one execution; then it does what is right.
pub const SAYS_MAX: usize = 32;
/// Slot 1 holds a card, the first since the reader has booted.
pub const CARD_EVENT: [u8; 7] = [0x42, 1, 1, 0, 0, 0, 1];
/// Most bytes at once.
const BYTES_MAX: usize = 700;

/// Who is tried, and against whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    /// The client against a reader that does not hold its key.
    Stranger,
    /// The client against a reader that does.
    Reader,
    /// The client, with a right reader, against a cloud.
    Cloud,
    /// The cloud against a client.
    Client,
}

impl Against {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Stranger, Self::Reader, Self::Cloud, Self::Client];
}

/// What it says to one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// What is right.
    Right,
    /// The same with a byte altered where it is encoded: sealed behind that, where it is sealed.
    Altered(u16, u8),
    /// The same with a byte altered on its way.
    Damaged(u16, u8),
    /// The front of what is right.
    Cut(u16),
    /// This in its place, sealed where a right answer would be.
    Instead(Vec<u8>),
    /// This in its place, in clear, in a frame of the same number.
    Clear(Vec<u8>),
    /// These bytes on the line, and then what is right.
    Before(Vec<u8>),
    /// An event, then what is right.
    Event(Vec<u8>),
    /// The frame of the last event again, then what is right.
    EventAgain,
    /// Nothing.
    Nothing,
    /// What is right, twice.
    Twice,
    /// What is right, many times: the client is still hearing it when it waits for something else.
    Often,
}

impl Says {
    /// One of each, with a name.
    #[must_use]
    pub fn each() -> [(&'static str, Self); 13] {
        [
            ("right", Self::Right),
            ("altered", Self::Altered(1, 3)),
            ("damaged", Self::Damaged(20, 1)),
            ("cut", Self::Cut(5)),
            ("instead", Self::Instead(vec![0xFE, 0x0A, 0, 1, 0, 0, 0, 0])),
            ("clear", Self::Clear(vec![0xFF])),
            ("before", Self::Before(b"noise\0".to_vec())),
            ("event", Self::Event(vec![0xC2, 0, 0, 0, 0, 0, 1])),
            ("card-event", Self::Event(CARD_EVENT.to_vec())),
            ("event-again", Self::EventAgain),
            ("nothing", Self::Nothing),
            ("twice", Self::Twice),
            ("often", Self::Often),
        ]
    }

    fn read(input: &mut Unstructured<'_>) -> Result<Self> {
        let kind: u8 = input.arbitrary()?;
        Ok(match kind % 16 {
            0 | 12 => Self::Right,
            1 | 13 | 14 => Self::Altered(input.arbitrary()?, input.arbitrary()?),
            2 => Self::Damaged(input.arbitrary()?, input.arbitrary()?),
            3 => Self::Cut(input.arbitrary()?),
            4 | 15 => Self::Instead(some_bytes(input)?),
            5 => Self::Clear(some_bytes(input)?),
            6 => Self::Before(some_bytes(input)?),
            7 => Self::Event(some_bytes(input)?),
            8 => Self::Nothing,
            10 => Self::EventAgain,
            11 => Self::Often,
            _ => Self::Twice,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        let mut bytes = |kind: u8, bytes: &[u8]| {
            out.push(kind);
            out.extend((bytes.len() as u16).to_le_bytes());
            out.extend_from_slice(bytes);
        };
        match self {
            Self::Right => out.push(0),
            Self::Altered(at, with) => {
                out.push(1);
                out.extend(at.to_le_bytes());
                out.push(*with);
            }
            Self::Damaged(at, with) => {
                out.push(2);
                out.extend(at.to_le_bytes());
                out.push(*with);
            }
            Self::Cut(at) => {
                out.push(3);
                out.extend(at.to_le_bytes());
            }
            Self::Instead(message) => bytes(4, message),
            Self::Clear(message) => bytes(5, message),
            Self::Before(line) => bytes(6, line),
            Self::Event(message) => bytes(7, message),
            Self::Nothing => out.push(8),
            Self::Twice => out.push(9),
            Self::EventAgain => out.push(10),
            Self::Often => out.push(11),
        }
    }

    /// What becomes of a message that is right, before it is sealed; none where nothing is said.
    #[must_use]
    pub fn of(&self, right: Vec<u8>) -> Option<Vec<u8>> {
        match self {
            Self::Altered(at, with) => Some(altered(right, *at, *with)),
            Self::Cut(at) => {
                let mut cut = right;
                cut.truncate(usize::from(*at) % cut.len().max(1));
                Some(cut)
            }
            Self::Instead(message) | Self::Clear(message) => Some(message.clone()),
            Self::Nothing => None,
            Self::Right
            | Self::Damaged(..)
            | Self::Before(_)
            | Self::Event(_)
            | Self::EventAgain
            | Self::Twice
            | Self::Often => Some(right),
        }
    }
}

/// Bytes with one of them altered.
#[must_use]
pub fn altered(mut bytes: Vec<u8>, at: u16, with: u8) -> Vec<u8> {
    let at = usize::from(at) % bytes.len().max(1);
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= with.max(1);
    }
    bytes
}

/// Who is tried, and what the counterpart says; none where there are no bytes.
#[must_use]
pub fn read_all(bytes: &[u8]) -> Option<(Against, Vec<Says>)> {
    let (first, rest) = bytes.split_first()?;
    let says = sequence::read_all(rest, SAYS_MAX, Says::read);
    Some((Against::ALL[usize::from(*first) % Against::ALL.len()], says))
}

/// The bytes that [`read_all`] reads as this.
#[must_use]
pub fn write_all(against: Against, says: &[Says]) -> Vec<u8> {
    let first = Against::ALL.iter().position(|known| *known == against);
    let mut out = vec![first.unwrap_or(0) as u8];
    for said in says {
        said.write(&mut out);
    }
    out
}

fn some_bytes(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let length = usize::from(input.arbitrary::<u16>()?) % BYTES_MAX;
    Ok(input.bytes(length.min(input.len()))?.to_vec())
}
