//! What bytes mean, part by part: each value with its meaning and with what governs it, and where bytes are refused
//! the exact place and what is wanted there.

mod held;
mod json;
mod parts;
mod value;

use super::{
    decode::{Refused, Shape, read},
    fault::Fault,
    to_json,
};
use crate::{
    Place,
    model::{Channel, Field, Protocol, Standing},
};
pub use held::Held;
pub(crate) use held::INSTRUCTIONS;
use parts::Explainer;
use serde_json::Value;

/// What bytes mean.
#[derive(Clone, Debug)]
pub struct Explanation<'p> {
    /// What they are, or were taken for; `None` where the code already is wrong.
    pub subject: Option<Subject<'p>>,
    /// Where they begin, counted from the start of the outermost bytes that are explained.
    pub at: usize,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The code, the fields and the extensions, as far as they were read.
    pub parts: Vec<Part<'p>>,
    /// The JSON form, where they are not refused.
    pub fields: Option<Value>,
    /// Why they are refused.
    pub refusal: Option<Refusal<'p>>,
}

/// A message or document of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'p> {
    /// Its name.
    pub name: &'p str,
    /// Its code.
    pub code: u8,
    /// What it is for.
    pub doc: &'p str,
    /// Where it is met.
    pub place: Place<'p>,
    /// What protects it there; of messages.
    pub channel: Option<Channel>,
    /// What governs it.
    pub standing: Standing<'p>,
}

/// One part of a message: its code, a field, a field of a structure, an item of a list, an extension, an instruction.
#[derive(Clone, Debug)]
pub struct Part<'p> {
    /// The way to it from the top of the message, such as `services[2].name`.
    pub path: String,
    /// Where it begins in the message, its prefix included.
    pub offset: usize,
    /// How many bytes it takes; how many of them are the prefix of its length or count.
    pub size: usize,
    /// See `size`.
    pub prefix: usize,
    /// The schema's field; none of the code and of unknown extensions.
    pub field: Option<&'p Field>,
    /// The value as people read it, with its unit.
    pub text: String,
    /// The value in its JSON form.
    pub value: Value,
    /// What the value means.
    pub meaning: String,
    /// What governs the part.
    pub standing: Standing<'p>,
    /// Fields of a structure, items of a list.
    pub parts: Vec<Part<'p>>,
    /// What its bytes hold.
    pub held: Option<Held<'p>>,
    /// Whether it is not there: an extension of the schema, whose default holds.
    pub is_absent: bool,
}

/// Why bytes are refused.
#[derive(Clone, Debug)]
pub struct Refusal<'p> {
    /// The rule that is broken, where, and what is wanted there.
    pub fault: Fault,
    /// What the rule says.
    pub rule: &'p str,
    /// The field that breaks it; none where no field does.
    pub field: Option<&'p Field>,
    /// What governs the field, or else the message; `None` where the message is not known.
    pub standing: Option<Standing<'p>>,
}

/// Explains a message or document; where it is refused, what can be read before that is explained too.
#[must_use]
pub fn explain<'p>(protocol: &'p Protocol, place: Place<'_>, bytes: &[u8]) -> Explanation<'p> {
    explain_at(protocol, place, bytes, 0)
}

fn explain_at<'p>(protocol: &'p Protocol, place: Place<'_>, bytes: &[u8], at: usize) -> Explanation<'p> {
    let (before, fault) = match read(protocol, place, bytes) {
        Ok(read) => (Some(read), None),
        Err(refused) => {
            let Refused { fault, before } = *refused;
            (before, Some(fault))
        }
    };
    let explainer = Explainer { protocol, bytes, at };
    let mut explanation = Explanation {
        subject: None,
        at,
        bytes: bytes.to_vec(),
        parts: Vec::new(),
        fields: None,
        refusal: None,
    };
    if let Some((shape, tree)) = &before {
        explanation.subject = Some(subject(shape));
        explanation.parts = explainer.message(shape, tree, fault.is_none());
        explanation.fields = fault.is_none().then(|| to_json(tree));
    }
    explanation.refusal = fault.map(|fault| {
        let shape = before.as_ref().map(|(shape, _)| shape);
        refusal(protocol, shape, fault)
    });
    explanation
}

fn subject<'p>(shape: &Shape<'p>) -> Subject<'p> {
    Subject {
        name: shape.name,
        code: shape.code,
        doc: shape.doc,
        place: shape.place.unwrap_or(Place::Document(shape.name)),
        channel: shape.channel,
        standing: shape.standing,
    }
}

fn refusal<'p>(protocol: &'p Protocol, shape: Option<&Shape<'p>>, fault: Fault) -> Refusal<'p> {
    let rules = protocol.registries.get("codec_rule");
    let mut rules = rules.into_iter().flat_map(|registry| &registry.values);
    let rule = rules.find(|rule| rule.name == fault.rule.name());
    let (field, standing) = match shape {
        Some(shape) => governor(protocol, shape, &fault.detail.path),
        None => (None, None),
    };
    Refusal {
        rule: rule.map_or("", |rule| &rule.doc),
        field,
        standing,
        fault,
    }
}

/// The field at the end of a path, and what governs it; without one, what governs the message.
fn governor<'p>(
    protocol: &'p Protocol,
    shape: &Shape<'p>,
    path: &str,
) -> (Option<&'p Field>, Option<Standing<'p>>) {
    let extensions = shape.extensions.iter().map(|extension| &extension.field);
    let mut fields: Vec<&Field> = shape.fields.iter().chain(extensions).collect();
    let mut standing = shape.standing;
    let mut found = None;
    for step in path.split('.') {
        let name = step.split('[').next().unwrap_or(step);
        let Some(field) = fields.into_iter().find(|field| field.name == name) else {
            break;
        };
        found = Some((field, standing.of(field)));
        fields = Vec::new();
        if let Some(structure) = protocol.structure(&field.type_name) {
            standing = structure.standing();
            fields.extend(&structure.fields);
        }
    }
    match found {
        Some((field, standing)) => (Some(field), Some(standing)),
        None => (None, Some(shape.standing)),
    }
}
