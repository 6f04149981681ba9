//! Changes of CBOR as such: what one byte more or less seldom comes to.

use ciborium::Value;
use proptest::{prelude::*, sample::Index};

/// A change of one part of a message.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    None,
    /// A head whose number takes more bytes than it need.
    Lengthen(Index),
    /// A part with another value in its place.
    Replace(Index, Value),
    /// A pair or element that is left out.
    Drop(Index, Index),
    /// A pair or element that stands twice.
    Repeat(Index, Index),
    /// Two pairs or elements in each other's place.
    Swap(Index, Index),
}

impl Change {
    /// The CBOR of what is right, with the change.
    pub(crate) fn apply(&self, cbor: Vec<u8>) -> Vec<u8> {
        let (at, change): (&Index, &dyn Fn(&mut Value)) = match self {
            Self::None => return cbor,
            Self::Lengthen(at) => return lengthen(cbor, at),
            Self::Replace(at, with) => (at, &|part| part.clone_from(with)),
            Self::Drop(at, which) => (at, &|part| rearrange(part, which, &Rearrange::Drop)),
            Self::Repeat(at, which) => (at, &|part| rearrange(part, which, &Rearrange::Repeat)),
            Self::Swap(at, which) => (at, &|part| rearrange(part, which, &Rearrange::Swap)),
        };
        let mut value: Value = ciborium::from_reader(&cbor[..]).expect("CBOR that is right");
        let mut parts = 0;
        each_part(&mut value, &mut |_| parts += 1);
        let (chosen, mut part) = (at.index(parts), 0);
        each_part(&mut value, &mut |value| {
            if part == chosen {
                change(value);
            }
            part += 1;
        });
        written(&value)
    }
}

/// Every data item, what holds others behind them.
fn each_part(value: &mut Value, visit: &mut dyn FnMut(&mut Value)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| each_part(item, visit)),
        Value::Map(pairs) => {
            for (key, value) in pairs {
                each_part(key, visit);
                each_part(value, visit);
            }
        }
        _ => {}
    }
    visit(value);
}

enum Rearrange {
    Drop,
    Repeat,
    Swap,
}

fn rearrange(value: &mut Value, which: &Index, how: &Rearrange) {
    fn list<T: Clone>(list: &mut Vec<T>, which: &Index, how: &Rearrange) {
        if list.is_empty() {
            return;
        }
        let at = which.index(list.len());
        match how {
            Rearrange::Drop => drop(list.remove(at)),
            Rearrange::Repeat => list.insert(at, list[at].clone()),
            Rearrange::Swap => list.swap(0, at),
        }
    }
    match value {
        Value::Array(items) => list(items, which, how),
        Value::Map(pairs) => list(pairs, which, how),
        _ => {}
    }
}

/// Makes the head that may begin at a byte longer than it need be.
fn lengthen(mut cbor: Vec<u8>, at: &Index) -> Vec<u8> {
    let at = at.index(cbor.len());
    let low = cbor[at] & 0x1F;
    match low {
        0..=23 => {
            cbor[at] = cbor[at] & 0xE0 | 24;
            cbor.insert(at + 1, low);
        }
        24..=26 => {
            cbor[at] += 1;
            let zeros = vec![0; 1 << (low - 24)];
            cbor.splice(at + 1..at + 1, zeros);
        }
        _ => {}
    }
    cbor
}

/// What the library writes.
pub(crate) fn written(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    ciborium::into_writer(value, &mut out).expect("a vector takes everything");
    out
}

pub(crate) fn change() -> impl Strategy<Value = Change> {
    let places = || (any::<Index>(), any::<Index>());
    prop_oneof![
        2 => Just(Change::None),
        2 => any::<Index>().prop_map(Change::Lengthen),
        4 => (any::<Index>(), value()).prop_map(|(at, with)| Change::Replace(at, with)),
        2 => places().prop_map(|(at, which)| Change::Drop(at, which)),
        2 => places().prop_map(|(at, which)| Change::Repeat(at, which)),
        2 => places().prop_map(|(at, which)| Change::Swap(at, which)),
    ]
}

/// Values of every type, among them some that messages hold.
fn value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        (0..=40_u64).boxed(),
        any::<u16>().prop_map(u64::from).boxed(),
        any::<u64>().boxed(),
    ];
    prop_oneof![
        4 => number.prop_map(Value::from),
        2 => (-40_000..0_i64).prop_map(Value::from),
        2 => proptest::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
        2 => "[a-z.]{0,40}".prop_map(Value::Text),
        1 => "\\PC{0,8}".prop_map(Value::Text),
        2 => any::<bool>().prop_map(Value::Bool),
        1 => Just(Value::Null),
        1 => any::<f64>().prop_map(Value::Float),
        1 => Just(Value::Tag(24, Box::new(Value::from(1)))),
        1 => proptest::collection::vec((0..4_u8).prop_map(Value::from), 0..4).prop_map(Value::Array),
        1 => Just(Value::Map(vec![(Value::from(0), Value::from(1))])),
    ]
}
