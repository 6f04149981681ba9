//! Hello, and what else travels in clear.

use super::{Answer, Tester, frames::OUR_MAX_FRAME};
use crate::{
    embedded::protocol,
    verdict::{Step, Stop},
};
use cardwire_spec::{Place, interpret};
use serde_json::{Value, json};

/// What hello and its answer have settled, verbatim.
#[derive(Clone, Debug)]
pub(crate) struct Greeting {
    pub(crate) hello: Vec<u8>,
    pub(crate) answer: Answer,
}

/// A hello that speaks these versions.
pub(crate) fn hello(versions: &[u64]) -> Step<Vec<u8>> {
    encode(
        "hello",
        &json!({ "versions": versions, "max_frame": OUR_MAX_FRAME }),
    )
}

/// The encoding of a message.
pub(crate) fn encode(name: &str, fields: &Value) -> Step<Vec<u8>> {
    interpret::encode(protocol(), name, fields)
        .map_err(|error| Stop::Error(format!("{name} {fields}: {error}")))
}

impl Greeting {
    pub(crate) fn challenge(&self) -> &Value {
        &self.answer.fields["challenge"]
    }
}

impl Tester {
    /// Sends a message in clear and gives the clear answer under the same number.
    pub(crate) fn ask_clear(&mut self, message: &[u8]) -> Step<Answer> {
        let number = self.random.number();
        self.ask_clear_as(number, message)
    }

    /// The same with this number.
    pub(crate) fn ask_clear_as(&mut self, number: u64, message: &[u8]) -> Step<Answer> {
        self.send_frame("clear", number, message)?;
        self.clear_answer(number)
    }

    /// The clear answer to the frame with this number; events may come before it.
    pub(crate) fn clear_answer(&mut self, number: u64) -> Step<Answer> {
        let deadline = self.answer_due();
        while let Some(seen) = self.next_frame(deadline)? {
            if self.is_event(&seen) {
                self.take_event(&seen)?;
                continue;
            }
            let right = seen.is_clear() && seen.frame.number == number;
            if !right {
                let expected = format!("a clear answer that repeats the number {number}");
                return self.under("CW-LINK-004", |tester| tester.fail(expected, seen.describe()));
            }
            let payload = seen.frame.payload;
            return match interpret::decode(protocol(), Place::ClearAnswer, &payload) {
                Ok(tree) => {
                    self.judge_refusal(&tree.name, &payload)?;
                    self.judge_numbers(&tree)?;
                    Ok(Answer {
                        fields: interpret::to_json(&tree),
                        name: tree.name,
                        bytes: payload,
                        line: seen.line,
                    })
                }
                Err(fault) => self.fail("an answer in clear that is well formed", fault),
            };
        }
        self.no_answer()
    }

    /// Holds a refusal to being the one that says nothing: whatever it carries tells one reason from another.
    fn judge_refusal(&self, name: &str, payload: &[u8]) -> Step {
        self.demand(
            name != "refusal" || payload.len() == 1,
            "the refusal of one byte, the same whatever is refused and why",
            format!("a refusal that tells more, {}", crate::hex::encode(payload)),
        )
    }

    /// Says hello with this version of the protocol, and takes what the device says of itself.
    pub(crate) fn hello(&mut self) -> Step<Greeting> {
        self.under("CW-CONN-001", |tester| {
            let hello = hello(&[u64::from(protocol().about.version)])?;
            let answer = tester.ask_clear(&hello)?;
            tester.demand(answer.name == "hello_answer", "hello_answer", answer.describe())?;
            tester.note_device(&answer)?;
            Ok(Greeting { hello, answer })
        })
    }

    fn note_device(&mut self, answer: &Answer) -> Step {
        self.device.reader_id = Some(answer.text("reader_id")?.to_owned());
        self.device.versions = answer
            .items("versions")?
            .iter()
            .filter_map(Value::as_u64)
            .collect();
        self.device.max_frame = Some(answer.number("max_frame")?);
        Ok(())
    }

    /// Sends a message in clear that has no place there, and holds the device to the refusal.
    pub(crate) fn refused_in_clear(&mut self, message: &[u8], what: &str) -> Step<Answer> {
        let answer = self.ask_clear(message)?;
        self.demand(
            answer.name == "refusal",
            format!("the refusal of {what}"),
            answer.describe(),
        )?;
        Ok(answer)
    }
}
