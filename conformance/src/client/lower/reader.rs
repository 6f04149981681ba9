//! The tester's reader: right in all that it says by itself, and wrong where its script wants it so.

use super::{
    opaque::Opaque,
    port::{Connection, Serve},
    say::{After, EVENTS, Voice, perform},
    script::{Ask, Script, message},
    tape::{Heard, What, read},
};
use crate::hex;
use cardwire_codec::message::{FrameKind, SessionState};
use cardwire_peers::{
    link::OwnedFrame,
    scripted::{Half, PlainReader, ReaderSession},
};
use cardwire_spec::{
    Place,
    interpret::frame::{DELIMITER, Frame},
};
use serde_json::json;
use std::collections::BTreeMap;

/// The one answer that says nothing.
const REFUSAL: u8 = 0xFF;

/// A reader with a script.
pub(super) struct Reader {
    pub(super) half: Half,
    pub(super) plain: PlainReader,
    pub(super) script: Script,
    /// What it says to bytes of the cloud after the login; else what it says of its own accord.
    pub(super) opaque: Option<Opaque>,
    pub(super) live: Option<Live>,
    pub(super) sessions: usize,
    pub(super) counts: BTreeMap<String, u32>,
    /// The last frame in clear, the right answer to it, how often it came, and which of its name it was.
    pub(super) last_clear: Option<Last>,
    /// What is to be written down of a connect that was accepted just now.
    pub(super) accepted: Option<What>,
}

/// A session.
pub(super) struct Live {
    keys: ReaderSession,
    next: u64,
    next_event: u64,
    last: Option<Last>,
}

#[derive(Clone)]
pub(super) struct Last {
    frame: Frame,
    right: Vec<u8>,
    repeats: u32,
    nth: u32,
}

impl Serve for Reader {
    fn begins(&mut self) {
        // A reset of the link ends the session (CW-SESS-018).
        (self.live, self.last_clear) = (None, None);
    }

    fn takes(&mut self, connection: &mut Connection, frame: Frame, line: &[u8]) -> bool {
        if frame.kind == "clear" {
            self.takes_clear(connection, frame, line)
        } else {
            self.takes_sealed(connection, frame, line)
        }
    }
}

impl Reader {
    fn takes_clear(&mut self, connection: &mut Connection, frame: Frame, line: &[u8]) -> bool {
        let (name, fields, fault) = read(Place::ClearRequest, &frame.payload);
        let again = self.last_clear.take_if(|last| last.frame == frame);
        // Whoever comes back to its connect after something else gets the same answer, too (CW-SESS-004).
        let last = match again {
            Some(last) => Last {
                repeats: last.repeats + 1,
                ..last
            },
            None => {
                let right = self.answer_clear(&name, &frame);
                Last {
                    nth: self.count(&name),
                    right,
                    repeats: 0,
                    frame: frame.clone(),
                }
            }
        };
        self.last_clear = Some(last.clone());
        let accepted = self.accepted.take();
        connection.tape.lock().heard(
            connection.end,
            line,
            Heard {
                size: frame.payload.len() + 13,
                repeats: last.repeats,

                early: connection.early,
                session: 0,
                message: Some(frame.payload.clone()),
                name: name.clone(),
                fields,
                fault,
                refused: last.right == [REFUSAL],
                frame: frame.clone(),
            },
        );
        if let Some(what) = accepted {
            let mut tape = connection.tape.lock();
            tape.event(connection.end, what, "the connect is right: a session");
        }
        let ask = Ask {
            name,
            nth: last.nth,
            repeats: last.repeats,
            number: frame.number,
            line: [line, &[DELIMITER]].concat(),
            message: frame.payload,
            right: last.right,
        };
        self.says(connection, &ask, false)
    }

    fn answer_clear(&mut self, name: &str, frame: &Frame) -> Vec<u8> {
        match name {
            "hello" => self.half.hello_answer(&frame.payload),
            "connect" => {
                let Some((answer, established)) = self.half.accept(&frame.payload) else {
                    return vec![REFUSAL];
                };
                let owned = OwnedFrame {
                    kind: FrameKind::Clear,
                    number: frame.number,
                    payload: frame.payload.clone(),
                };
                let Some(keys) = ReaderSession::new(established, (owned, answer.clone())) else {
                    return vec![REFUSAL];
                };
                self.sessions += 1;
                self.accepted = Some(What::Session {
                    id: keys.session,
                    reader_id: self.half.identity.id.clone(),
                });
                self.live = Some(Live {
                    keys,
                    next: 0,
                    next_event: EVENTS,
                    last: None,
                });
                answer
            }
            _ => vec![REFUSAL],
        }
    }

    fn takes_sealed(&mut self, connection: &mut Connection, frame: Frame, line: &[u8]) -> bool {
        let size = frame.payload.len() + 13;
        let Some(live) = &mut self.live else {
            let heard = Heard {
                size,
                repeats: 0,

                early: connection.early,
                session: 0,
                message: None,
                name: String::new(),
                fields: json!(null),
                fault: None,
                refused: true,
                frame: frame.clone(),
            };
            connection.tape.lock().heard(connection.end, line, heard);
            let ask = Ask {
                name: String::new(),
                nth: 0,
                repeats: 0,
                number: frame.number,
                line: [line, &[DELIMITER]].concat(),
                message: Vec::new(),
                right: vec![REFUSAL],
            };
            return self.says(connection, &ask, false);
        };
        let again = live.last.take_if(|last| last.frame == frame);
        let opened = match &again {
            Some(_) => live.keys.opener.open(frame.number, &frame.payload),
            None => live
                .keys
                .opener
                .open(frame.number, &frame.payload)
                .filter(|_| frame.number == live.next),
        };
        let (name, fields, fault) = match &opened {
            Some(message) => read(Place::Request, message),
            None => (String::new(), json!(null), None),
        };
        let last = match (again, &opened) {
            (Some(last), _) => Some(Last {
                repeats: last.repeats + 1,
                ..last
            }),
            (None, None) => None,
            (None, Some(message)) => {
                live.next += 1;
                let right = self.answer_sealed(&name, message);
                Some(Last {
                    nth: self.count(&name),
                    right,
                    repeats: 0,
                    frame: frame.clone(),
                })
            }
        };
        let heard = Heard {
            size,
            repeats: last.as_ref().map_or(0, |last| last.repeats),

            early: connection.early,
            session: self.sessions,
            message: opened.clone(),
            name: name.clone(),
            fields,
            fault,
            refused: false,
            frame: frame.clone(),
        };
        connection.tape.lock().heard(connection.end, line, heard);
        let (Some(last), Some(message)) = (last, opened) else {
            return true;
        };
        let ask = Ask {
            name,
            nth: last.nth,
            repeats: last.repeats,
            number: frame.number,
            line: [line, &[DELIMITER]].concat(),
            message,
            right: last.right.clone(),
        };
        if let Some(live) = &mut self.live {
            live.last = Some(last);
        }
        self.says(connection, &ask, true)
    }

    fn answer_sealed(&mut self, name: &str, request: &[u8]) -> Vec<u8> {
        let serving = self.plain.state() == SessionState::Serving;
        if let Some(opaque) = self.opaque.as_mut().filter(|_| name == "relay" && serving) {
            let payload = hex::encode(&opaque.next());
            return message("relay_answer", &json!({ "state": "serving", "payload": payload }));
        }
        match &self.live {
            Some(live) => self.plain.answer(&live.keys, request),
            None => vec![REFUSAL],
        }
    }

    fn count(&mut self, name: &str) -> u32 {
        let count = self.counts.entry(name.to_owned()).or_default();
        *count += 1;
        *count - 1
    }

    fn says(&mut self, connection: &mut Connection, ask: &Ask, sealed: bool) -> bool {
        let acts = (self.script)(ask);
        let mut none = EVENTS;
        let mut voice = match &mut self.live {
            Some(live) => Voice {
                sealer: sealed.then_some(&live.keys.sealer),
                session: self.sessions,
                next_event: &mut live.next_event,
            },
            None => Voice {
                sealer: None,
                session: 0,
                next_event: &mut none,
            },
        };
        match perform(connection, &mut voice, ask, acts) {
            After::GoOn => true,
            After::Forget => {
                self.live = None;
                true
            }
            After::Close => false,
        }
    }
}
