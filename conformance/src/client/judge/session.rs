//! Connects and sessions: handshakes, numbers, one request at a time, repeats, and what follows a wrong answer.

use super::{Found, Once, Role, text};
use crate::{
    client::lower::tape::{End, Heard, Record, Said, What, read},
    embedded::protocol,
    hex,
};
use cardwire_spec::Place;

/// What the line between client and reader is at.
#[derive(Default)]
struct Line {
    hello: Vec<u8>,
    /// The last answer to hello: whether it was as it should be, and whether a client may connect after it.
    greeted: Option<Greeted>,
    /// The last request in clear, and whether it has an answer.
    clear: Option<(u64, bool)>,
    /// The last sealed request: its number, its name, its fields, whether it has an answer.
    sealed: Option<Sealed>,
    /// The session in which the last answer was a wrong one, and what was wrong with it.
    wrong: Option<(usize, String)>,
}

struct Greeted {
    as_is: bool,
    stated: u64,
    common: u64,
}

struct Sealed {
    session: usize,
    number: u64,
    heard: Heard,
    answered: bool,
}

pub(super) fn judge(records: &[Record], once: &mut Once, found: &mut Found) {
    let (mut line, mut role) = (Line::default(), Role::default());
    for record in records.iter().filter(|record| record.end == End::Reader) {
        match &record.what {
            What::Role(told) => role = told.clone(),
            What::Opened => line = Line::default(),
            What::Said(said) => line.said(said),
            What::Heard(heard) if heard.frame.kind == "clear" => line.clear(heard, &role, once, found),
            What::Heard(heard) => line.sealed(heard, once, found),
            What::Closed | What::Delimiter | What::Garbage { .. } | What::Session { .. } => {}
        }
    }
}

impl Line {
    fn said(&mut self, said: &Said) {
        if !said.answers {
            return;
        }
        if let Some((number, answered)) = &mut self.clear
            && *number == said.number
        {
            *answered = true;
        }
        let (name, fields, _) = read(Place::ClearAnswer, &said.message);
        if name == "hello_answer" && said.session == 0 {
            let versions = |fields: &serde_json::Value| -> Vec<u64> {
                let list = fields["versions"].as_array().into_iter().flatten();
                list.filter_map(serde_json::Value::as_u64).collect()
            };
            let theirs = versions(&fields);
            let (_, hello, _) = read(Place::ClearRequest, &self.hello);
            let common = versions(&hello)
                .into_iter()
                .filter(|version| theirs.contains(version));
            self.greeted = Some(Greeted {
                as_is: said.as_is,
                stated: fields["version"].as_u64().unwrap_or_default(),
                common: common.max().unwrap_or(0),
            });
        }
        if let Some(sealed) = &mut self.sealed
            && (sealed.session, sealed.number) == (said.session, said.number)
        {
            sealed.answered = true;
            self.wrong = wrong(&sealed.heard, &said.message).map(|what| (sealed.session, what));
        }
    }

    fn clear(&mut self, heard: &Heard, role: &Role, once: &mut Once, found: &mut Found) {
        if heard.repeats > 0 {
            return;
        }
        let number = heard.frame.number;
        if !once.numbers.insert(number) {
            found.breaks(
                "CW-LINK-004",
                "a number for each new request in clear that no other one had",
                format!("{} under the number {number} of an earlier one", heard.name),
            );
        }
        self.clear = Some((number, false));
        match heard.name.as_str() {
            "hello" => self.hello(heard, once, found),
            "connect" => self.connect(heard, role, once, found),
            _ => {}
        }
    }

    fn hello(&mut self, heard: &Heard, once: &mut Once, found: &mut Found) {
        self.hello.clone_from(&heard.frame.payload);
        self.greeted = None;
        let versions = heard.fields["versions"].to_string();
        let first = once.versions.get_or_insert_with(|| versions.clone());
        if *first != versions {
            found.breaks(
                "CW-VER-002",
                "the same list of versions in every hello",
                format!("{versions} where the first was {first}"),
            );
        }
    }

    fn connect(&mut self, heard: &Heard, role: &Role, once: &mut Once, found: &mut Found) {
        let ephemeral = text(heard, "handshake").chars().take(64).collect();
        if !once.ephemerals.insert(ephemeral) {
            found.breaks(
                "CW-CONN-015",
                "a fresh ephemeral key for every connect",
                "one that an earlier connect had",
            );
        }
        let (id, generation) = (text(heard, "client_id"), heard.fields["generation"].as_u64());
        if id != role.client_id || generation != Some(role.generation.into()) {
            found.breaks(
                "CW-CONN-004",
                "a connect of the client and the generation that it was told to be",
                format!("client {id}, generation {generation:?}"),
            );
        }
        if text(heard, "hello") != hex::encode(&self.hello) {
            found.breaks(
                "CW-CONN-004",
                "a connect with the hello that was answered, verbatim",
                format!("the hello {}", text(heard, "hello")),
            );
        }
        match &self.greeted {
            None => found.breaks(
                "CW-CONN-004",
                "a connect for the answer to a hello on the same link",
                "a connect before there was one",
            ),
            Some(Greeted { stated, common, .. }) if stated != common || *common == 0 => found.breaks(
                "CW-VER-002",
                "no connect",
                format!("a connect, though the reader stated version {stated} where {common} is the highest common one"),
            ),
            Some(Greeted { as_is: true, .. }) if heard.refused => found.breaks(
                "CW-CONN-004",
                "a first handshake message that opens under the client's key and the prologue of what was said",
                "one that does not open",
            ),
            Some(_) => {}
        }
    }

    fn sealed(&mut self, heard: &Heard, once: &mut Once, found: &mut Found) {
        if heard.session == 0 || heard.repeats > 0 {
            return;
        }
        let number = heard.frame.number;
        let before = self
            .sealed
            .as_ref()
            .filter(|sealed| sealed.session == heard.session);
        let next = before.map_or(0, |sealed| sealed.number + 1);
        if heard.message.is_none() {
            let (requirement, expected) = if number == next {
                (
                    "CW-SESS-001",
                    "a request that opens under the client's key and its number",
                )
            } else if number + 1 == next {
                (
                    "CW-SESS-019",
                    "the same bytes again, and nothing else, under a number that was used",
                )
            } else {
                ("CW-SESS-002", "requests under the numbers 0, 1, 2 and so on")
            };
            let seen = format!("a sealed frame with the number {number} where {next} is the next");
            return found.breaks(requirement, expected, seen);
        }
        if let Some(sealed) = before.filter(|sealed| !sealed.answered || heard.early) {
            found.breaks(
                "CW-SESS-019",
                "no other request before the answer",
                format!(
                    "{} under {number}, though {} under {} had none",
                    heard.name, sealed.heard.name, sealed.number
                ),
            );
        }
        if let Some((session, what)) = &self.wrong
            && *session == heard.session
            && heard.name != "disconnect"
        {
            found.breaks(
                "CW-SESS-021",
                "no further request in a session whose reader gave a wrong answer",
                format!("{} after {what}", heard.name),
            );
        }
        if heard.name == "instruct" && !once.jobs.insert(text(heard, "job").to_owned()) {
            let earlier = before.is_some_and(|sealed| sealed.answered);
            if earlier {
                let seen = "the id of an earlier job";
                found.breaks("CW-JOB-002", "a fresh random id for every job", seen);
            }
        }
        self.sealed = Some(Sealed {
            session: heard.session,
            number,
            heard: heard.clone(),
            answered: false,
        });
    }
}

/// What is wrong with an answer that has authenticated.
fn wrong(request: &Heard, answer: &[u8]) -> Option<String> {
    let (name, fields, fault) = read(Place::Answer, answer);
    if let Some(fault) = fault {
        return Some(format!("an answer that breaks a rule of the codec ({fault})"));
    }
    let schema = protocol().message(&request.name)?;
    if !schema.answers.contains(&name) {
        return Some(format!("{name} as the answer to {}", request.name));
    }
    let differs = |field: &str| {
        let (theirs, ours) = (fields.get(field), request.fields.get(field));
        theirs.is_some() && ours.is_some() && theirs != ours
    };
    if name == "error" {
        let code = u64::from(schema.code);
        return (fields["request"].as_u64() != Some(code))
            .then(|| "an error that names another request".into());
    }
    ["job", "part"]
        .into_iter()
        .find(|field| differs(field))
        .map(|field| format!("{name} with another {field}"))
}
