//! What the cloud says inside its channel with the reader.

use super::{Answer, Tester, clear::encode};
use crate::{
    embedded::protocol,
    trace::Way,
    verdict::{Step, Stop},
};
use cardwire_peers::cloud::Channel;
use cardwire_spec::{Place, interpret};
use serde_json::Value;

impl Tester {
    /// Whether there are keys of a channel with the reader, whatever has become of it.
    pub(crate) fn has_cloud(&self) -> bool {
        self.cloud.is_some()
    }

    /// Takes these keys for those of the channel with the reader from here on.
    pub(crate) fn take_cloud(&mut self, channel: Option<Channel>) -> Option<Channel> {
        core::mem::replace(&mut self.cloud, channel)
    }

    /// Seals the next message of the cloud.
    pub(crate) fn seal_as_cloud(&mut self, message: &[u8]) -> Step<Vec<u8>> {
        let sealed = self.cloud.as_mut().and_then(|channel| channel.seal(message));
        sealed.ok_or_else(|| Stop::Error("the case has no channel between reader and cloud".into()))
    }

    /// Opens what the reader says to its cloud in a relay_answer.
    pub(crate) fn open_relayed(&mut self, answer: &Answer) -> Step<Answer> {
        let payload = answer.octets("payload")?;
        let opened = self.cloud.as_mut().and_then(|channel| channel.open(&payload));
        let Some(bytes) = opened else {
            let seen = format!("{} bytes that are not", payload.len());
            return self.fail("a message sealed for the cloud", seen);
        };
        let tree = match interpret::decode(protocol(), Place::ChannelAnswer, &bytes) {
            Ok(tree) => tree,
            Err(fault) => {
                return self.under("CW-CODEC-001", |tester| {
                    tester.fail("a message to the cloud that is well formed", fault)
                });
            }
        };
        self.judge_numbers(&tree)?;
        let fields = interpret::to_json(&tree);
        self.trace.inner(
            Way::Received,
            &format!("{} (relayed)", tree.name),
            Some(fields.clone()),
        );
        Ok(Answer {
            name: tree.name,
            fields,
            bytes,
            line: answer.line.clone(),
        })
    }

    /// Sends a message of the cloud, by its schema's name, and gives what the reader says to it.
    pub(crate) fn cloud_ask(&mut self, name: &str, fields: &Value) -> Step<Answer> {
        let message = encode(name, fields)?;
        self.cloud_ask_bytes(&message)
    }

    /// Sends any bytes as the next message of the cloud, and gives what the reader says to them.
    pub(crate) fn cloud_ask_bytes(&mut self, message: &[u8]) -> Step<Answer> {
        match interpret::decode(protocol(), Place::ChannelRequest, message) {
            Ok(tree) => {
                let fields = interpret::to_json(&tree);
                let name = format!("{} (sealed for the reader, relayed next)", tree.name);
                self.trace.inner(Way::Sent, &name, Some(fields));
            }
            Err(fault) => self
                .trace
                .note(format!("no message of the cloud ({fault}), relayed next")),
        }
        let sealed = self.seal_as_cloud(message)?;
        let answer = self.relay(&sealed)?;
        self.open_relayed(&answer)
    }

    /// Sends a message of the cloud and demands this answer to it.
    pub(crate) fn cloud_expect(&mut self, name: &str, fields: &Value, answer: &str) -> Step<Answer> {
        let got = self.cloud_ask(name, fields)?;
        self.demand(got.name == answer, format!("{answer} to {name}"), got.describe())?;
        Ok(got)
    }
}
