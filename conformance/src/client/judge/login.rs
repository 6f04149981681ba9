//! Logins: the header, what opens a login with the cloud, and that relayed bytes pass unchanged.

use super::{Found, Role, text};
use crate::{
    client::lower::tape::{End, Heard, Record, What, read},
    hex,
};
use cardwire_spec::Place;
use serde_json::Value;
use std::collections::VecDeque;

/// The fewest bytes that a relay takes.
const RELAYED_MIN: usize = 16;

#[derive(Default)]
struct Login {
    /// Hash of the present session, and the reader's identity.
    session: Option<([u8; 32], String)>,
    /// The last platform_auth_answer: header, handshake.
    begun: Option<(String, String)>,
    /// What the cloud said for the reader, and the reader for the cloud, and nobody has passed on yet.
    for_reader: VecDeque<String>,
    for_cloud: VecDeque<String>,
    /// The last request on the reader's and on the cloud's line, as long as it has no answer: its name and number.
    asked: [Option<(String, u64)>; 2],
}

pub(super) fn judge(records: &[Record], found: &mut Found) {
    let (mut login, mut role) = (Login::default(), Role::default());
    for record in records {
        let side = usize::from(record.end == End::Cloud);
        match &record.what {
            What::Role(told) => role = told.clone(),
            What::Session { id, reader_id } => login.session = Some((*id, reader_id.clone())),
            // A repeat is the same request: its second answer is no other word.
            What::Heard(heard) if heard.repeats == 0 => {
                if heard.message.is_some() {
                    login.heard(heard, &role, found);
                }
                login.asked[side] = Some((heard.name.clone(), heard.frame.number));
            }
            What::Said(said) if said.answers => {
                let asked = login.asked[side].take_if(|(_, number)| *number == said.number);
                if let Some((name, _)) = asked {
                    login.said(&name, record.end, &said.message);
                }
            }
            What::Opened
            | What::Closed
            | What::Delimiter
            | What::Garbage { .. }
            | What::Heard(_)
            | What::Said(_) => {}
        }
    }
}

impl Login {
    fn said(&mut self, asked: &str, end: End, message: &[u8]) {
        let place = match end {
            End::Reader => Place::Answer,
            End::Cloud => Place::CloudAnswer,
        };
        let (name, fields, _) = read(place, message);
        let bytes = |field: &str| fields[field].as_str().unwrap_or_default().to_owned();
        match (asked, name.as_str()) {
            ("platform_auth", "platform_auth_answer") => {
                self.begun = Some((bytes("header"), bytes("handshake")));
            }
            ("relay", "relay_answer") => queue(&mut self.for_cloud, bytes("payload")),
            ("cloud_open", "cloud_open_answer") => queue(&mut self.for_reader, bytes("handshake")),
            ("cloud_relay", "cloud_relay_answer") => queue(&mut self.for_reader, bytes("payload")),
            _ => {}
        }
    }

    fn heard(&mut self, heard: &Heard, role: &Role, found: &mut Found) {
        match heard.name.as_str() {
            "platform_auth" => {
                self.for_reader.clear();
                self.for_cloud.clear();
                self.begun = None;
                offers(heard, role, found);
            }
            "cloud_open" => self.open(heard, role, found),
            "relay" => pass(&mut self.for_reader, text(heard, "payload"), "the cloud", found),
            "cloud_relay" => {
                let payload = text(heard, "payload");
                if !payload.is_empty() || !self.for_cloud.is_empty() {
                    pass(&mut self.for_cloud, payload, "the reader", found);
                }
            }
            _ => {}
        }
    }

    fn open(&mut self, heard: &Heard, role: &Role, found: &mut Found) {
        self.for_reader.clear();
        self.for_cloud.clear();
        let Some((header, handshake)) = &self.begun else {
            return found.breaks(
                "CW-LOGIN-022",
                "cloud_open with the header of a login that the reader has begun",
                "cloud_open before there was one",
            );
        };
        if text(heard, "header") != header || text(heard, "handshake") != handshake {
            found.breaks(
                "CW-LOGIN-004",
                "cloud_open with the reader's header and handshake, unchanged",
                format!(
                    "header {}, handshake {}",
                    text(heard, "header"),
                    text(heard, "handshake")
                ),
            );
        }
        let (session, reader) = match &self.session {
            Some((id, reader)) => (hex::encode(id), reader.as_str()),
            None => (String::new(), ""),
        };
        let own = [
            ("version", "1".to_owned()),
            ("client_id", role.client_id.clone()),
            ("session", session.clone()),
        ];
        for (field, own) in own {
            let stated = plain(&heard.fields[field]);
            if stated != own {
                found.breaks(
                    "CW-LOGIN-022",
                    &format!("cloud_open with the client's own {field}, {own}"),
                    stated,
                );
            }
        }
        if let Some(what) = contradiction(header, role, &session, reader) {
            found.breaks(
                "CW-LOGIN-022",
                "no cloud_open",
                format!("cloud_open, though the header {what}"),
            );
        }
    }
}

/// What in a header the client must not take.
fn contradiction(header: &str, role: &Role, session: &str, reader: &str) -> Option<String> {
    let bytes = hex::decode(header).unwrap_or_default();
    let (_, fields, fault) = read(Place::Document("login_header"), &bytes);
    if fault.is_some() {
        return Some("is no login_header".into());
    }
    let own = [
        ("version", "1"),
        ("reader_id", reader),
        ("client_id", &role.client_id),
        ("session", session),
    ];
    let other = own
        .into_iter()
        .find(|(field, own)| plain(&fields[*field]) != *own);
    other.map(|(field, _)| format!("names another {field}"))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn offers(heard: &Heard, role: &Role, found: &mut Found) {
    let number = |value: &Value| match value.as_str() {
        Some(name) => crate::embedded::registered("service", name),
        None => value.as_u64(),
    };
    let offers = heard.fields["offers"].as_array().into_iter().flatten();
    let offered: Vec<_> = offers
        .map(|offer| (number(&offer["service"]), plain(&offer["format"])))
        .collect();
    let told = role.offers.iter();
    let told: Vec<_> = told
        .map(|offer| (Some(u64::from(offer.service)), offer.format.to_owned()))
        .collect();
    if offered != told {
        found.breaks(
            "CW-INTF-003",
            &format!("the offers {told:?}"),
            format!("{offered:?}"),
        );
    }
}

fn queue(queue: &mut VecDeque<String>, bytes: String) {
    // Fewer bytes can't be relayed: they are no word of a right end.
    if bytes.len() >= RELAYED_MIN * 2 {
        queue.push_back(bytes);
    }
}

fn pass(waiting: &mut VecDeque<String>, passed: &str, whose: &str, found: &mut Found) {
    let expected = waiting.pop_front();
    if expected.as_deref() == Some(passed) {
        return;
    }
    let expected = match expected {
        Some(bytes) => format!("the bytes of {whose} unchanged: {bytes}"),
        None => format!("nothing, because {whose} has said nothing that was not passed on"),
    };
    let seen = if passed.is_empty() { "no bytes" } else { passed };
    found.breaks("CW-LOGIN-004", &expected, seen);
}
