//! The tester's cloud: right in all that it says by itself, and wrong where its script wants it so.

use super::{
    opaque::Opaque,
    port::{Connection, Serve},
    say::{After, EVENTS, Voice, perform},
    script::{Ask, Script, message},
    tape::{Heard, read},
};
use crate::hex;
use cardwire_peers::cloud::{Cloud as Registry, Conversation};
use cardwire_spec::{
    Place,
    interpret::frame::{DELIMITER, Frame},
};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc, time::Instant};

/// A cloud with a script.
pub(super) struct Cloud {
    pub(super) registry: Arc<Registry>,
    pub(super) conversation: Conversation,
    pub(super) script: Script,
    /// What it has for the reader after the login, in order, and how many of it.
    pub(super) updates: Option<(Opaque, u32)>,
    pub(super) counts: BTreeMap<String, u32>,
    pub(super) last: Option<(Frame, u32)>,
}

impl Serve for Cloud {
    fn begins(&mut self) {
        self.conversation = Registry::conversation(&self.registry);
        self.last = None;
    }

    fn takes(&mut self, connection: &mut Connection, frame: Frame, line: &[u8]) -> bool {
        let (name, fields, fault) = read(Place::CloudRequest, &frame.payload);
        let repeats = match &self.last {
            Some((last, repeats)) if *last == frame => repeats + 1,
            Some(_) | None => 0,
        };
        self.last = Some((frame.clone(), repeats));
        connection.tape.lock().heard(
            connection.end,
            line,
            Heard {
                size: frame.payload.len() + 13,
                repeats,

                early: connection.early,
                session: 0,
                message: Some(frame.payload.clone()),
                name: name.clone(),
                fields,
                fault,
                refused: false,
                frame: frame.clone(),
            },
        );
        if frame.kind != "clear" {
            return true;
        }
        let count = self.counts.entry(name.clone()).or_default();
        *count += 1;
        let nth = *count - 1;
        let ask = Ask {
            right: self.answer(&name, &frame.payload),
            name,
            nth,
            repeats,
            number: frame.number,
            line: [line, &[DELIMITER]].concat(),
            message: frame.payload,
        };
        let acts = (self.script)(&ask);
        let mut none = EVENTS;
        let mut voice = Voice {
            sealer: None,
            session: 0,
            next_event: &mut none,
        };
        !matches!(perform(connection, &mut voice, &ask, acts), After::Close)
    }
}

impl Cloud {
    fn answer(&mut self, name: &str, request: &[u8]) -> Vec<u8> {
        let logged_in = self.conversation.is_logged_in();
        match &mut self.updates {
            Some((opaque, left)) if name == "cloud_relay" && logged_in => {
                let payload = match left.checked_sub(1) {
                    Some(fewer) => {
                        *left = fewer;
                        opaque.next()
                    }
                    None => Vec::new(),
                };
                message("cloud_relay_answer", &json!({ "payload": hex::encode(&payload) }))
            }
            Some(_) | None => self.conversation.handle(request, Instant::now()),
        }
    }
}
