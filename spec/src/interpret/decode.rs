//! From bytes to values.

use super::{
    fault::{Detail, Fault, Rule},
    reader::Reader,
    tree::Tree,
    wanted,
};
use crate::{
    Place,
    model::{Channel, ExtensionField, Field, Protocol, Standing},
};

/// Decodes exactly one message or document from all of `bytes`.
///
/// # Errors
/// The first rule that the bytes break, with field and offset.
pub fn decode(protocol: &Protocol, place: Place<'_>, bytes: &[u8]) -> Result<Tree, Fault> {
    read(protocol, place, bytes)
        .map(|(_, tree)| tree)
        .map_err(|refused| refused.fault)
}

/// Bytes that are refused, and what was read of them before.
pub(super) struct Refused<'p> {
    pub(super) fault: Fault,
    /// `None` where the code already is wrong.
    pub(super) before: Option<(Shape<'p>, Tree)>,
}

/// What [`decode`] does, with all that it comes to know.
pub(super) fn read<'p>(
    protocol: &'p Protocol,
    place: Place<'_>,
    bytes: &[u8],
) -> Result<(Shape<'p>, Tree), Box<Refused<'p>>> {
    let code = bytes.first().copied();
    let mut shapes = shapes(protocol);
    let shape = match place {
        // A document's reader knows what it wants before it sees the first byte.
        Place::Document(name) => shapes.find(|shape| shape.place.is_none() && shape.name == name),
        Place::Any => shapes.find(|shape| Some(shape.code) == code),
        Place::ClearRequest
        | Place::ClearAnswer
        | Place::Request
        | Place::Answer
        | Place::Event
        | Place::CloudRequest
        | Place::CloudAnswer
        | Place::ChannelRequest
        | Place::ChannelAnswer => shapes.find(|shape| shape.place == Some(place) && Some(shape.code) == code),
    };
    match shape {
        Some(shape) => read_as(protocol, shape, bytes),
        None => Err(Box::new(Refused {
            fault: no_code(protocol, place, code),
            before: None,
        })),
    }
}

/// Reads exactly this message or document from all of `bytes`: whoever wants it knows its size before its code.
pub(super) fn read_as<'p>(
    protocol: &'p Protocol,
    shape: Shape<'p>,
    bytes: &[u8],
) -> Result<(Shape<'p>, Tree), Box<Refused<'p>>> {
    let refused = |fault, before| Err(Box::new(Refused { fault, before }));
    let code = bytes.first().copied();
    let mut tree = Tree {
        name: shape.name.to_owned(),
        code: shape.code,
        fields: Vec::new(),
        extensions: Vec::new(),
    };
    if bytes.len() as u64 > shape.max_size {
        return refused(too_large(shape.max_size, bytes.len()), Some((shape, tree)));
    }
    if code != Some(shape.code) {
        return refused(wrong_code(protocol, &shape, code), None);
    }
    let mut reader = Reader::new(protocol, bytes, 1);
    for field in shape.fields {
        match reader.field(field, &field.name) {
            Ok(node) => tree.fields.push(node),
            Err(stop) => {
                tree.fields.extend(stop.partial);
                return refused(stop.fault, Some((shape, tree)));
            }
        }
    }
    match reader.extensions(shape.extensions, &mut tree.extensions) {
        Ok(()) => Ok((shape, tree)),
        Err(fault) => refused(fault, Some((shape, tree))),
    }
}

/// Another code than that of the one message or document that is wanted.
fn wrong_code(protocol: &Protocol, shape: &Shape<'_>, code: Option<u8>) -> Fault {
    match shape.place {
        None => no_code(protocol, Place::Document(shape.name), code),
        Some(_) => {
            let mut fault = no_code(protocol, Place::Any, code);
            fault.detail.expected = format!("{:02x} {}, the code of the message", shape.code, shape.name);
            fault
        }
    }
}

fn no_code(protocol: &Protocol, place: Place<'_>, code: Option<u8>) -> Fault {
    let detail = Detail {
        path: String::from("code"),
        mark: 0..usize::from(code.is_some()),
        expected: wanted::codes(protocol, place),
        found: wanted::code(protocol, code),
    };
    Fault::new(Rule::MessageType, "code", 0, detail)
}

fn too_large(max: u64, size: usize) -> Fault {
    let detail = Detail {
        path: String::from("message"),
        mark: usize::try_from(max).unwrap_or(size)..size,
        expected: format!("{} at most", wanted::bytes(max)),
        found: wanted::bytes(size as u64),
    };
    Fault::new(Rule::MessageSize, "message", 0, detail)
}

/// What messages and documents have in common.
pub(super) struct Shape<'p> {
    pub(super) name: &'p str,
    pub(super) code: u8,
    pub(super) fields: &'p [Field],
    pub(super) extensions: &'p [ExtensionField],
    pub(super) max_size: u64,
    pub(super) doc: &'p str,
    pub(super) standing: Standing<'p>,
    /// Of messages.
    pub(super) place: Option<Place<'static>>,
    /// Of messages.
    pub(super) channel: Option<Channel>,
}

pub(super) fn shapes(protocol: &Protocol) -> impl Iterator<Item = Shape<'_>> {
    let messages = protocol.messages.iter().map(|message| Shape {
        name: &message.name,
        code: message.code,
        fields: &message.fields,
        extensions: &message.extensions,
        max_size: protocol.channel_size(message.channel),
        doc: &message.doc,
        standing: message.standing(),
        place: message.place(),
        channel: Some(message.channel),
    });
    let documents = protocol.documents.iter().map(|document| Shape {
        name: &document.name,
        code: document.code,
        fields: &document.fields,
        extensions: &[],
        max_size: document.max_size,
        doc: &document.doc,
        standing: document.standing(),
        place: None,
        channel: None,
    });
    messages.chain(documents)
}
