//! Vectors of one message: values of every size, and for every rule that it can break, bytes that break it and nothing
//! else.

use super::{
    base::Base,
    types::{CUT, InvalidMessage, MessageVector, MessageVectors, ValidMessage},
    values::{self, Size},
};
use crate::hex;
use cardwire_spec::{Place, Protocol, interpret};
use serde_json::Value;

/// No message and no document has this code.
pub(super) const NO_CODE: u8 = 0x7F;

/// The vectors of a message or document of the schema.
pub(super) fn vectors(protocol: &Protocol, name: &str) -> MessageVectors {
    let message = protocol.message(name);
    let place = match message.and_then(|message| message.place()) {
        Some(place) => place.to_string(),
        None => format!("document:{name}"),
    };
    let code = message.map(|message| message.code);
    let code = code.or_else(|| protocol.document(name).map(|document| document.code));
    let mut made = Made {
        protocol,
        name,
        place: &place,
        valid: Vec::new(),
        invalid: Vec::new(),
    };
    made.all();
    let Made { valid, invalid, .. } = made;
    let valid = valid.into_iter().map(MessageVector::Valid);
    MessageVectors {
        message: name.to_owned(),
        // Every name that comes here is in the schema.
        code: code.unwrap_or_default(),
        place: place.clone(),
        vectors: valid
            .chain(invalid.into_iter().map(MessageVector::Invalid))
            .collect(),
    }
}

/// What is made so far.
pub(super) struct Made<'n> {
    pub(super) protocol: &'n Protocol,
    pub(super) name: &'n str,
    pub(super) place: &'n str,
    pub(super) valid: Vec<ValidMessage>,
    pub(super) invalid: Vec<InvalidMessage>,
}

impl Made<'_> {
    fn all(&mut self) {
        let Some(typical) = self.sizes() else { return };
        self.codes(&typical);
        self.fields(&typical);
        self.unknown_extensions(&typical);
        self.known_extensions(&typical);
        self.two_faults(&typical);
        for at in 0..typical.bytes.len() {
            self.refuse(&typical, &format!("{CUT}{at}"), &typical.cut(at), "truncated");
        }
    }

    /// The smallest, a typical and the largest value, and one that holds its defaults. The first three are there under
    /// their names even where they are the same.
    fn sizes(&mut self) -> Option<Base> {
        let sizes = [
            (
                "smallest",
                values::value(self.protocol, self.name, Size::Smallest),
            ),
            ("typical", values::value(self.protocol, self.name, Size::Typical)),
            ("largest", values::largest(self.protocol, self.name)),
        ];
        let mut typical = Vec::new();
        for (name, made) in sizes {
            let (_, bytes) = made?;
            self.add(name, &bytes);
            if name == "typical" {
                typical = bytes;
            }
        }
        self.take_value("defaults", &values::defaults(self.protocol, self.name));
        Base::of(self.protocol, self.place, "typical", &typical)
    }

    fn codes(&mut self, typical: &Base) {
        self.refuse(typical, "empty", &[], "message-type");
        self.refuse(
            typical,
            "another-code",
            &typical.splice(0..1, &[NO_CODE]),
            "message-type",
        );
        // Known, and met elsewhere. No answer: in clear, a reader says nothing to its code (CW-LINK-007).
        let elsewhere = self.protocol.messages.iter().find(|message| {
            let place = message.place().map(|place| place.to_string());
            !message.answer && place.as_deref() != Some(self.place)
        });
        if let Some(elsewhere) = elsewhere {
            let bytes = typical.splice(0..1, &[elsewhere.code]);
            self.refuse(typical, "code-of-another-place", &bytes, "message-type");
        }
    }

    fn decode(&self, bytes: &[u8]) -> Result<interpret::Tree, interpret::Fault> {
        // It was made by `to_string` of a place.
        interpret::decode(
            self.protocol,
            Place::parse(self.place).unwrap_or(Place::Any),
            bytes,
        )
    }

    /// Adds bytes that the interpreter takes, with the value that it reads, if they are not there yet.
    pub(super) fn take(&mut self, name: &str, bytes: &[u8]) {
        let hex = hex::encode(bytes);
        if self.valid.iter().all(|known| known.hex != hex) {
            self.add(name, bytes);
        }
    }

    fn add(&mut self, name: &str, bytes: &[u8]) {
        match self.decode(bytes) {
            Ok(tree) => self.valid.push(ValidMessage {
                name: name.to_owned(),
                hex: hex::encode(bytes),
                value: interpret::to_json(&tree),
            }),
            Err(fault) => unreachable!("{} {name} is refused: {fault}", self.name),
        }
    }

    /// Adds the encoding of a value, if it has one: it may be too large for its place.
    pub(super) fn take_value(&mut self, name: &str, value: &Value) {
        if let Ok(bytes) = interpret::encode(self.protocol, self.name, value) {
            self.take(name, &bytes);
        }
    }

    /// Adds bytes that break this rule; others, and bytes that are there already, are passed over. Says whether the
    /// rule is what they break.
    pub(super) fn refuse(&mut self, twin: &Base, name: &str, bytes: &[u8], rule: &str) -> bool {
        self.refuse_with(twin, name, bytes, (rule, None), None)
    }

    /// The same, with what else they break, and a comment.
    pub(super) fn refuse_with(
        &mut self,
        twin: &Base,
        name: &str,
        bytes: &[u8],
        (rule, also): (&str, Option<&str>),
        comment: Option<&str>,
    ) -> bool {
        let Err(fault) = self.decode(bytes) else {
            return false;
        };
        if fault.rule.name() != rule {
            return false;
        }
        let hex = hex::encode(bytes);
        if self.invalid.iter().all(|known| known.hex != hex) {
            self.invalid.push(InvalidMessage {
                name: name.to_owned(),
                hex,
                rule: rule.to_owned(),
                field: fault.field,
                offset: fault.offset,
                twin: twin.name.clone(),
                also: also.map(str::to_owned),
                comment: comment.map(str::to_owned),
            });
        }
        true
    }

    /// How many bytes the message has at most.
    pub(super) fn max_size(&self) -> usize {
        let message = self.protocol.message(self.name);
        let of_channel = message.map(|message| self.protocol.channel_size(message.channel));
        let of_document = || {
            self.protocol
                .document(self.name)
                .map(|document| document.max_size)
        };
        of_channel.or_else(of_document).unwrap_or_default() as usize
    }
}
