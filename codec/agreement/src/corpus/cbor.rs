//! Messages in CBOR: right ones, and such as have something wrong with a head, a key, or any byte.

use super::{Corpus, Sort, change, draft::Draft};
use crate::{
    input::{Input, Subject},
    random::Random,
};
use cardwire_spec::interpret;

/// Types of data items, as the upper three bits of a head state them.
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;

/// One message, mostly with something wrong.
pub(super) fn message<'p>(corpus: &Corpus<'p>, random: &mut Random) -> Input<'p> {
    let (sort, native_size, mut bytes) = right(corpus, random);
    if random.percent(4) {
        bytes = filled(&bytes, sort.max_size.saturating_sub(native_size), random);
    }
    // A quarter is left as it is.
    for _ in 0..[0, 1, 1, 2][random.below(4)] {
        bytes = changed(&bytes, corpus, random);
    }
    let other = random.pick(&corpus.sorts);
    let name = if random.percent(2) { other.name } else { sort.name };
    Input {
        subject: Subject::Cbor(name),
        bytes,
    }
}

/// One that nothing is wrong with, and the size of its native encoding, which it is made of.
fn right<'c, 'p>(corpus: &'c Corpus<'p>, random: &mut Random) -> (&'c Sort<'p>, usize, Vec<u8>) {
    loop {
        let sort = random.pick(&corpus.sorts);
        let native = corpus.written(sort, false, random).bytes;
        // Some are a byte too large, and of service data many have no form.
        if let Ok(cbor) = interpret::to_cbor(corpus.protocol, sort.name, &native) {
            return (sort, native.len(), cbor);
        }
    }
}

/// The head of a data item.
#[derive(Clone, Copy)]
struct Head {
    at: usize,
    size: usize,
    major: u8,
    number: u64,
}

impl Head {
    /// The one at this place; `None` where there is none, or one that is reserved.
    fn read(bytes: &[u8], at: usize) -> Option<Self> {
        let first = *bytes.get(at)?;
        let following = match first & 0x1F {
            0..=23 => 0,
            low @ 24..=27 => 1 << (low - 24),
            28.. => return None,
        };
        let rest = bytes.get(at + 1..at + 1 + following)?;
        let number = rest.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        Some(Self {
            at,
            size: 1 + following,
            major: first >> 5,
            number: if following == 0 {
                u64::from(first & 0x1F)
            } else {
                number
            },
        })
    }

    /// The place behind it, and behind what it says that follows.
    fn end(self) -> usize {
        let follows = if matches!(self.major, BYTES | TEXT) {
            self.number as usize
        } else {
            0
        };
        (self.at + self.size).saturating_add(follows)
    }

    /// Its bytes: the shortest that there are, and so many steps longer.
    fn write(self, longer: usize) -> Vec<u8> {
        let shortest = match self.number {
            0..=23 => 0,
            24..=0xFF => 1,
            0x100..=0xFFFF => 2,
            0x1_0000..=0xFFFF_FFFF => 3,
            0x1_0000_0000.. => 4,
        };
        let major = self.major << 5;
        match (shortest + longer).min(4) {
            0 => vec![major | self.number as u8],
            step => {
                let bytes = self.number.to_be_bytes();
                let following = &bytes[8 - (1 << (step - 1))..];
                [&[major | (23 + step as u8)], following].concat()
            }
        }
    }
}

/// With one extension more, which takes all the room that is left natively, a byte less, or one that is not there.
fn filled(bytes: &[u8], room: usize, random: &mut Random) -> Vec<u8> {
    const TAG_AND_LENGTH: usize = 4;
    let size = (room + random.below(3)).saturating_sub(1 + TAG_AND_LENGTH);
    let head = |major, number| Head {
        at: 0,
        size: 0,
        major,
        number,
    };
    let Some(whole) = Head::read(bytes, 0) else {
        return bytes.to_vec();
    };
    let mut filled = head(whole.major, whole.number + 1).write(0);
    filled.extend(&bytes[whole.size..]);
    filled.extend(head(NEGATIVE, 0x7FFF).write(0));
    filled.extend(head(BYTES, size as u64).write(0));
    random.append(&mut filled, size);
    filled
}

/// All heads, from front to back, as far as they can be read.
fn heads(bytes: &[u8]) -> Vec<Head> {
    core::iter::successors(Head::read(bytes, 0), |head| Head::read(bytes, head.end())).collect()
}

/// What the whole has directly beneath it: pairs of a map, elements of an array.
fn parts(heads: &[Head], size: usize) -> Vec<core::ops::Range<usize>> {
    let Some((whole, mut rest)) = heads.split_first() else {
        return Vec::new();
    };
    let items = if whole.major == MAP { 2 } else { 1 };
    let mut parts = Vec::new();
    while let Some(first) = rest.first() {
        let mut open = items;
        let mut end = size;
        while open > 0
            && let Some((head, behind)) = rest.split_first()
        {
            open -= 1;
            if head.major == ARRAY {
                open += head.number;
            }
            end = head.end().min(size);
            rest = behind;
        }
        parts.push(first.at..end);
    }
    parts
}

/// One change.
fn changed(bytes: &[u8], corpus: &Corpus<'_>, random: &mut Random) -> Vec<u8> {
    let heads = heads(bytes);
    let parts = parts(&heads, bytes.len());
    if heads.is_empty() || random.percent(30) {
        let mut draft = Draft {
            bytes: bytes.to_vec(),
            parts,
            prefixes: Vec::new(),
        };
        change::change(&mut draft, corpus, random);
        return draft.bytes;
    }
    // The first says how many pairs there are.
    let [whole, ..] = heads[..] else {
        return bytes.to_vec();
    };
    let counted = |number| Head { number, ..whole }.write(0);
    if !parts.is_empty() && random.percent(35) {
        let at = random.below(parts.len());
        let part = &bytes[parts[at].clone()];
        let before = &bytes[whole.size..parts[at].start];
        let behind = &bytes[parts[at].end..];
        return match random.below(4) {
            0 => [&counted(whole.number.wrapping_sub(1)), before, behind].concat(),
            1 => [&counted(whole.number + 1), before, part, part, behind].concat(),
            // Out of its place: to the front or the rear.
            2 => [&bytes[..whole.size], part, before, behind].concat(),
            _ => [&bytes[..whole.size], before, behind, part].concat(),
        };
    }
    if random.percent(8) {
        let key = Head {
            at: 0,
            size: 0,
            major: random.below(2) as u8,
            number: random.number() >> random.below(64),
        };
        return [
            &counted(whole.number + 1),
            &bytes[whole.size..],
            &key.write(0),
            &[0x40],
        ]
        .concat();
    }
    let head = random.pick(&heads);
    let written = with_fault(head, random);
    let behind = &bytes[(head.at + head.size).min(bytes.len())..];
    [&bytes[..head.at], &written, behind].concat()
}

/// A head like this one, with another number, another type, or in another way.
fn with_fault(head: &Head, random: &mut Random) -> Vec<u8> {
    let number = |number| Head { number, ..*head }.write(0);
    match random.below(9) {
        0 => number(head.number.wrapping_sub(1)),
        1 => number(head.number.wrapping_add(1)),
        2 => number(random.number() >> random.below(64)),
        3 => number(0),
        4..=5 => head.write(1 + random.below(3)),
        // Reserved or of indefinite length.
        6 => vec![head.major << 5 | (28 + random.below(4)) as u8],
        _ => Head {
            major: random.below(8) as u8,
            ..*head
        }
        .write(0),
    }
}
