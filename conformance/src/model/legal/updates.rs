//! What the cloud says of updates, once the channel stands.

use super::{
    super::{
        moves::Move,
        state::{State, Update},
    },
    Legal, expect, plain,
};
use crate::sequence::{Act, CHUNK};
use serde_json::{Value, json};

impl State {
    /// A message of an update, in a channel that stands.
    pub(super) fn update_word(&self, mv: Move) -> Vec<Legal> {
        let Move::Act(act) = mv else {
            return Vec::new();
        };
        if let Some(offered) = self.offers(mv) {
            return self.offer(offered);
        }
        let counter = self.told_counter;
        match act {
            Act::UpdateOfferUnsigned => vec![self.refused_offer("update-signature")],
            Act::UpdateOfferForeign => vec![self.refused_offer("update-hardware")],
            // The manifest that is kept may be the one of this counter: it is no older than itself.
            Act::UpdateOfferOld if self.may_keep(counter) => {
                vec![self.unruled(plain("update_status"))]
            }
            Act::UpdateOfferOld => vec![self.refused_offer("update-counter")],
            Act::UpdateChunk => self.chunk(),
            Act::UpdateChunkAhead => vec![self.refused_chunk("update-order")],
            Act::UpdateChunkLong => {
                let code = match self.update {
                    Update::Receiving { .. } if self.keeps_what_was_offered() => "update-size",
                    _ => "update-order",
                };
                vec![self.refused_chunk(code)]
            }
            Act::UpdateChunkRest => vec![self.rest()],
            Act::UpdateChunkSpoiled => vec![self.spoiled()],
            Act::UpdateCommit => self.commit(),
            _ => vec![self.query()],
        }
    }

    fn may_keep(&self, counter: u64) -> bool {
        self.update == Update::Unknown || self.update.counter() == Some(counter)
    }

    fn offer(&self, offered: u64) -> Vec<Legal> {
        let counter = self.told_counter;
        if self.update == Update::Unknown && offered > counter {
            // Bytes of this very manifest may be there from an earlier time: how many, the answer tells.
            let turn = |state: &str, update| {
                let pattern = json!({ "state": state, "error": 0 });
                let mut legal = self.unruled(expect("update_status", pattern));
                legal.next.update = update;
                legal
            };
            let receiving = Update::Receiving {
                counter: offered,
                next: 0,
            };
            let received = Update::Received { counter: offered };
            return vec![turn("receiving", receiving), turn("received", received)];
        }
        let from = self.update.name();
        let is_kept = self.update.counter() == Some(offered);
        let mut legal = match self.update {
            _ if is_kept => self.unruled(expect("update_status", self.standing())),
            Update::Unknown => self.unruled(plain("update_status")),
            _ if offered > counter => {
                let pattern = json!({ "state": "receiving", "next_offset": 0, "error": 0 });
                let mut legal = self.unruled(expect("update_status", pattern));
                legal.next.update = Update::Receiving {
                    counter: offered,
                    next: 0,
                };
                legal
            }
            _ => self.unruled(expect(
                "update_status",
                json!({ "state": "none", "error": "update-counter" }),
            )),
        };
        let on = if is_kept || offered > counter {
            "manifest-accepted"
        } else {
            "manifest-refused"
        };
        // A manifest that is kept leads nowhere, as one that is refused does.
        let to = (on == "manifest-accepted" && !is_kept).then(|| legal.next.update.name());
        legal
            .rules
            .extend(super::super::machines::rule("update", from, on, to));
        vec![legal]
    }

    fn refused_offer(&self, code: &str) -> Legal {
        let mut legal = self.unruled(expect("update_status", json!({ "error": code })));
        legal.touch("update", self.update.name(), "manifest-refused");
        legal
    }

    /// Where a chunk of the offered manifest goes wrong.
    fn refused_chunk(&self, code: &str) -> Legal {
        if self.update == Update::Unknown {
            return self.unruled(plain("update_status"));
        }
        let mut pattern = json!({ "error": code });
        merge(&mut pattern, self.own_standing());
        let mut legal = self.unruled(expect("update_status", pattern));
        legal.touch("update", self.update.name(), "other-bytes");
        legal
    }

    fn chunk(&self) -> Vec<Legal> {
        let from = self.update.name();
        match self.update {
            Update::Unknown => vec![self.unruled(plain("update_status"))],
            Update::Receiving { counter, next } if self.keeps_what_was_offered() => {
                let more = json!({ "state": "receiving", "error": 0, "next_offset": next + CHUNK as u64 });
                let mut more = self.unruled(expect("update_status", more));
                more.next.update = Update::Receiving {
                    counter,
                    next: next + CHUNK as u64,
                };
                more.touch("update", from, "next-bytes");
                let last = json!({ "state": "received", "error": 0 });
                let mut last = self.unruled(expect("update_status", last));
                last.next.update = Update::Received { counter };
                last.rules.extend(super::super::machines::rule(
                    "update",
                    from,
                    "last-bytes",
                    Some("received"),
                ));
                vec![more, last]
            }
            _ => {
                let mut legal = self.refused_chunk("update-order");
                legal.rules.clear();
                legal.touch("update", from, "next-bytes");
                vec![legal]
            }
        }
    }

    /// All bytes that are missing.
    fn rest(&self) -> Legal {
        match self.update {
            Update::Receiving { counter, .. } if self.keeps_what_was_offered() => {
                let mut legal = self.unruled(expect(
                    "update_status",
                    json!({ "state": "received", "error": 0 }),
                ));
                legal.next.update = Update::Received { counter };
                legal.rules.extend(super::super::machines::rule(
                    "update",
                    "receiving",
                    "last-bytes",
                    Some("received"),
                ));
                legal
            }
            _ => self.refused_chunk("update-order"),
        }
    }

    /// All bytes that are missing, and wrong ones.
    fn spoiled(&self) -> Legal {
        match self.update {
            Update::Receiving { .. } if self.keeps_what_was_offered() => {
                let pattern = json!({ "state": "none", "next_offset": 0, "error": "update-digest" });
                let mut legal = self.unruled(expect("update_status", pattern));
                legal.next.update = Update::None;
                legal.rules.extend(super::super::machines::rule(
                    "update",
                    "receiving",
                    "last-bytes",
                    Some("none"),
                ));
                legal
            }
            _ => self.refused_chunk("update-order"),
        }
    }

    fn commit(&self) -> Vec<Legal> {
        let from = self.update.name();
        match self.update {
            Update::Unknown => vec![self.unruled(plain("update_result"))],
            Update::Received { counter } if self.keeps_what_was_offered() => {
                let mut pattern = json!({ "state": "installed", "error": 0 });
                self.hold_to_counter(&mut pattern, Some(counter));
                let mut legal = self.unruled(expect("update_result", pattern));
                legal.next.update = Update::Installed { counter };
                legal.next.counter = Some(counter);
                legal.rules.extend(super::super::machines::rule(
                    "update",
                    from,
                    "commit",
                    Some("installed"),
                ));
                vec![legal]
            }
            Update::Installed { counter } if self.keeps_what_was_offered() => {
                let mut pattern = json!({ "state": "installed", "error": 0 });
                self.hold_to_counter(&mut pattern, Some(counter));
                let mut legal = self.unruled(expect("update_result", pattern));
                legal.touch("update", from, "commit");
                vec![legal]
            }
            _ => {
                let mut pattern = json!({ "error": "update-order" });
                self.hold_to_counter(&mut pattern, self.counter);
                let mut legal = self.unruled(expect("update_result", pattern));
                legal.touch("update", from, "commit");
                vec![legal]
            }
        }
    }

    fn query(&self) -> Legal {
        if self.update == Update::Unknown {
            return self.unruled(plain("update_status"));
        }
        let mut pattern = json!({ "error": 0 });
        merge(&mut pattern, self.own_standing());
        let mut legal = self.unruled(expect("update_status", pattern));
        legal.touch("update", self.update.name(), "query");
        legal
    }

    /// How the manifest stands that was offered last: the kept one, or one of which the reader knows nothing.
    fn own_standing(&self) -> Value {
        if self.keeps_what_was_offered() {
            self.standing()
        } else {
            json!({ "state": "none", "next_offset": 0 })
        }
    }

    fn standing(&self) -> Value {
        match self.update {
            Update::Receiving { next, .. } => json!({ "state": "receiving", "next_offset": next }),
            Update::Received { .. } => json!({ "state": "received" }),
            Update::Installed { .. } => json!({ "state": "installed" }),
            Update::None | Update::Unknown => json!({ "state": "none", "next_offset": 0 }),
        }
    }
}

fn merge(into: &mut Value, from: Value) {
    if let (Some(into), Value::Object(from)) = (into.as_object_mut(), from) {
        into.extend(from);
    }
}
