//! What stands inside the bytes of a field: a message, a document, instructions.

use super::{Explanation, Part, explain_at, parts::Explainer};
use crate::{
    Place,
    interpret::Fault,
    logic,
    model::{Field, Standing},
};
use serde_json::Value;

/// What the schema says that a field of bytes holds instead of a message or document.
pub(crate) const INSTRUCTIONS: &str = "instructions";

/// What the bytes of a field hold.
#[derive(Clone, Debug)]
pub enum Held<'p> {
    /// A message or document; one that is refused where the bytes are none.
    Message(Box<Explanation<'p>>),
    /// Instructions of execution logic.
    Instructions(Vec<Part<'p>>),
    /// What should be instructions and is none, and why.
    NoInstructions(Fault),
}

impl<'p> Explainer<'p, '_> {
    /// What `content`, which ends at `end` in the message, holds by the schema; nothing where there is no content.
    pub(super) fn held(
        &self,
        field: &'p Field,
        content: &[u8],
        end: usize,
        path: &str,
        standing: Standing<'p>,
    ) -> Option<Held<'p>> {
        let name = field.holds.as_deref().filter(|_| !content.is_empty())?;
        let begin = end - content.len();
        if name == INSTRUCTIONS {
            return Some(self.instructions(content, begin, path, standing));
        }
        let place = match self.protocol.message(name) {
            Some(message) => message.place()?,
            None => Place::Document(name),
        };
        let explanation = explain_at(self.protocol, place, content, self.at + begin);
        Some(Held::Message(Box::new(explanation)))
    }

    fn instructions(&self, code: &[u8], begin: usize, path: &str, standing: Standing<'p>) -> Held<'p> {
        let steps = match logic::steps(self.protocol, code) {
            Ok(steps) => steps,
            Err(fault) => return Held::NoInstructions(fault.moved(begin)),
        };
        let ends = steps.iter().skip(1).map(|step| step.offset).chain([code.len()]);
        let parts = steps.iter().zip(ends).map(|(step, end)| {
            let words = logic::words(self.protocol, step);
            Part {
                path: format!("{path}@{:04X}", step.offset),
                offset: begin + step.offset,
                size: end - step.offset,
                prefix: 0,
                field: None,
                value: Value::from(words.as_str()),
                text: words,
                meaning: step.instruction.doc.clone(),
                standing,
                parts: Vec::new(),
                held: None,
                is_absent: false,
            }
        });
        Held::Instructions(parts.collect())
    }
}

impl Held<'_> {
    /// Why the bytes are not what they should be.
    #[must_use]
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Message(explanation) => explanation.refusal.as_ref().map(|refusal| &refusal.fault),
            Self::Instructions(_) => None,
            Self::NoInstructions(fault) => Some(fault),
        }
    }
}
