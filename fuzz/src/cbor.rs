//! A property of messages in CBOR: both forms hold one value, and a library that we did not write says the same of it.

use crate::{
    Seed, Target,
    codec::{self, PROTOCOL},
    vectors,
};
use cardwire_codec::{
    cbor::{CborError, from_cbor, to_cbor},
    message::CodecRule,
    message::limits::FRAME_MAX,
    plain::Any,
    shape::Shape,
};
use cardwire_spec::{
    Place,
    interpret::{self, Data, Node, Tree, hex},
};
use ciborium::Value;

/// Native and CBOR.
pub const TARGET: Target = Target {
    name: "cbor",
    property: "what is a message in CBOR is one natively, holds the same value there, and comes back byte for byte; so the other way round",
    check,
    explain,
    seeds,
    words: codec::cbor_words,
};

/// The document whose form in CBOR is that of its interfaces.
const SERVICE_DATA: &str = "service_data";

/// A message or document, and the bytes that are taken for it.
struct Input<'b> {
    place: &'static str,
    name: &'static str,
    shape: &'static Shape,
    is_cbor: bool,
    bytes: &'b [u8],
}

impl<'b> Input<'b> {
    /// The first byte chooses the message, the second one the form.
    fn of(bytes: &'b [u8]) -> Option<Self> {
        let (&[choice, form], bytes) = bytes.split_first_chunk()?;
        let (place, name) = Any::ALL[usize::from(choice) % Any::ALL.len()];
        Some(Self {
            place,
            name,
            shape: Any::shape(name)?,
            is_cbor: form % 2 == 0,
            bytes,
        })
    }
}

/// Converts the bytes, there and back.
///
/// # Panics
/// Where the property does not hold.
pub fn check(bytes: &[u8]) {
    let Some(input) = Input::of(bytes) else { return };
    if input.is_cbor {
        let Ok(native) = converted(from_cbor, input.shape, input.bytes) else {
            return;
        };
        let again = converted(to_cbor, input.shape, &native);
        assert_eq!(
            again.as_deref(),
            Ok(input.bytes),
            "one value has one form in CBOR"
        );
        same_value(&input, &native, input.bytes);
    } else {
        let is_message = Any::decode(input.place, input.bytes)
            .is_some_and(|read| read.is_ok_and(|read| read.name() == input.name));
        match converted(to_cbor, input.shape, input.bytes) {
            Ok(cbor) => {
                let again = converted(from_cbor, input.shape, &cbor);
                assert_eq!(again.as_deref(), Ok(input.bytes), "CBOR loses nothing");
                same_value(&input, input.bytes, &cbor);
            }
            Err(CborError::Refused(error)) => assert!(
                !is_message || (input.name == SERVICE_DATA && error.rule == CodecRule::CborKind),
                "a message that decodes has a form in CBOR: {error}"
            ),
            Err(CborError::BufferTooSmall { needed }) => panic!("no message takes {needed} bytes in CBOR"),
        }
    }
}

type Convert = fn(&Shape, &[u8], &mut [u8]) -> Result<usize, CborError>;

/// What comes out; what comes out of a buffer that is too small goes with it.
fn converted(convert: Convert, shape: &Shape, from: &[u8]) -> Result<Vec<u8>, CborError> {
    let mut out = [0; 2 * FRAME_MAX];
    let result = convert(shape, from, &mut out);
    let (short, expected) = match result {
        Ok(needed) => (
            needed.saturating_sub(1),
            Err(CborError::BufferTooSmall { needed }),
        ),
        Err(error) => (0, Err(error)),
    };
    let mut room = vec![0; short];
    assert_eq!(
        convert(shape, from, &mut room),
        expected,
        "what is said of the bytes does not depend on the room"
    );
    if let Err(CborError::Refused(error)) = result {
        assert!(error.offset <= from.len(), "an error names a place in the bytes");
    }
    result.map(|length| out[..length].to_vec())
}

/// Holds both forms to the value that the native bytes have, as the book's table says it in CBOR.
fn same_value(input: &Input<'_>, native: &[u8], cbor: &[u8]) {
    let place = Place::parse(input.place).expect("the codec's places are the schema's");
    let tree = interpret::decode(&PROTOCOL, place, native).expect("what converts is a message");
    assert_eq!(tree.name, input.name, "of its own name");
    let expected = if input.name == SERVICE_DATA {
        service_data(&tree)
    } else {
        message(&tree)
    };
    let mut written = Vec::new();
    ciborium::into_writer(&expected, &mut written).expect("a vector takes everything");
    assert_eq!(
        hex::encode(cbor),
        hex::encode(&written),
        "the CBOR of {}",
        input.name
    );
    let read: Value = ciborium::from_reader(cbor).expect("a library reads it");
    assert_eq!(read, expected, "and finds the value");
}

fn message(tree: &Tree) -> Value {
    let mut pairs = vec![(Value::from(0), Value::from(tree.code))];
    pairs.extend(
        (1_u64..)
            .zip(&tree.fields)
            .map(|(key, field)| (Value::from(key), value(&field.data))),
    );
    pairs.extend(tree.extensions.iter().map(|extension| {
        let number = i64::from(extension.tag & 0x7FFF);
        let held = match &extension.known {
            Some(known) => value(&known.data),
            None => Value::Bytes(extension.value.clone()),
        };
        (Value::from(-1 - number), held)
    }));
    Value::Map(pairs)
}

fn value(data: &Data) -> Value {
    let list = |nodes: &[Node]| Value::Array(nodes.iter().map(|node| value(&node.data)).collect());
    match data {
        Data::Number(number) | Data::Registered { value: number, .. } => Value::from(*number),
        Data::Bool(is) => Value::Bool(*is),
        Data::Bytes(bytes) => Value::Bytes(bytes.clone()),
        Data::Text(text) => Value::Text(text.clone()),
        Data::Structure(nodes) | Data::List(nodes) => list(nodes),
    }
}

/// An array of names and values; the kind is that of the value.
fn service_data(tree: &Tree) -> Value {
    let items = match tree.field("items") {
        Some(Data::List(items)) => items.as_slice(),
        _ => &[],
    };
    let pair = |item: &Node| {
        let Data::Structure(parts) = &item.data else {
            return Value::Null;
        };
        let [name, kind, held] = parts.as_slice() else {
            return Value::Null;
        };
        let Data::Bytes(bytes) = &held.data else {
            return Value::Null;
        };
        let held = match &kind.data {
            Data::Registered { name: Some(kind), .. } if kind == "text" => {
                Value::Text(String::from_utf8_lossy(bytes).into_owned())
            }
            Data::Registered { name: Some(kind), .. } if kind == "number" => Value::from(
                bytes
                    .iter()
                    .fold(0_u64, |number, byte| number << 8 | u64::from(*byte)),
            ),
            _ => Value::Bytes(bytes.clone()),
        };
        Value::Array(vec![value(&name.data), held])
    };
    Value::Array(items.iter().map(pair).collect())
}

/// The input in both forms, or why it has one only.
#[must_use]
pub fn explain(bytes: &[u8]) -> String {
    let Some(input) = Input::of(bytes) else {
        return String::from("nothing\n");
    };
    let (form, other, convert): (_, _, Convert) = if input.is_cbor {
        ("CBOR", "native", from_cbor)
    } else {
        ("native", "CBOR", to_cbor)
    };
    let mut out = [0; 2 * FRAME_MAX];
    let converted = match convert(input.shape, input.bytes, &mut out) {
        Ok(length) => hex::encode(&out[..length]),
        Err(error) => error.to_string(),
    };
    format!(
        "{} in {form}: {}\nin {other}: {converted}\n",
        input.name,
        hex::encode(input.bytes)
    )
}

/// Every vector of CBOR, in the form that it is about.
fn seeds() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for vector in vectors::all("cbor") {
        let choice = Any::ALL.iter().position(|(_, name)| *name == vector.about);
        let Some(choice) = choice.and_then(|choice| u8::try_from(choice).ok()) else {
            continue;
        };
        for (form, member) in (0..).zip(["cbor", "native"]) {
            if let Some(bytes) = vector.bytes(member) {
                let mut seed = vector.seed([&[choice, form], &bytes[..]].concat());
                seed.name += if form == 0 { "" } else { "-native" };
                seeds.push(seed);
            }
        }
    }
    seeds
}
