//! The connection to the cloud: clear frames, one request at a time, none of them twice.

use super::{Found, text};
use crate::client::lower::tape::{End, Heard, Record, What};
use std::collections::BTreeSet;

#[derive(Default)]
struct Line {
    opened: bool,
    numbers: BTreeSet<u64>,
    outstanding: Option<(u64, String)>,
}

pub(super) fn judge(records: &[Record], found: &mut Found) {
    let mut line = Line::default();
    // Over all connections of a case: what was sealed once is taken once.
    let mut sent = BTreeSet::new();
    for record in records.iter().filter(|record| record.end == End::Cloud) {
        match &record.what {
            What::Heard(heard) => line.heard(heard, &mut sent, found),
            What::Said(said) if said.answers => {
                if line
                    .outstanding
                    .as_ref()
                    .is_some_and(|(number, _)| *number == said.number)
                {
                    line.outstanding = None;
                }
            }
            What::Opened => line = Line::default(),
            What::Role(_)
            | What::Said(_)
            | What::Closed
            | What::Delimiter
            | What::Garbage { .. }
            | What::Session { .. } => {}
        }
    }
}

impl Line {
    fn heard(&mut self, heard: &Heard, sent: &mut BTreeSet<Vec<u8>>, found: &mut Found) {
        let name = &heard.name;
        if heard.frame.kind != "clear" {
            return found.breaks("CW-LINK-013", "clear frames to the cloud", "a sealed one");
        }
        let empty = name == "cloud_relay" && text(heard, "payload").is_empty();
        let again = !empty && !sent.insert(heard.frame.payload.clone());
        if again || heard.repeats > 0 {
            found.breaks(
                "CW-LOGIN-023",
                "no request to the cloud twice",
                format!("{name} again"),
            );
        } else if let Some((_, before)) = &self.outstanding {
            found.breaks(
                "CW-LOGIN-023",
                "nothing on a connection to the cloud before the answer",
                format!("{name} before the answer to {before}"),
            );
        }
        if heard.early && heard.repeats == 0 {
            let seen = format!("{name} before the answer to the request before");
            found.breaks(
                "CW-LOGIN-023",
                "nothing on a connection to the cloud before the answer",
                seen,
            );
        }
        if !self.numbers.insert(heard.frame.number) && heard.repeats == 0 {
            found.breaks(
                "CW-LINK-013",
                "a number for each request that no other one on the connection had",
                format!("{name} under the number {} of an earlier one", heard.frame.number),
            );
        }
        if name == "cloud_open" {
            self.opened = true;
        } else if !self.opened {
            found.breaks(
                "CW-LOGIN-023",
                "a new login on a new connection",
                format!("{name} before a cloud_open on it"),
            );
        }
        self.outstanding = Some((heard.frame.number, name.clone()));
    }
}
