//! How everything stands, as far as it can be seen: what an attack must leave as it was.

use super::{
    Fallen, Held,
    board::Board,
    ends::{NONE, Session},
};
use cardwire_codec::message::{ServiceList, limits::FAILURES_MAX};
use std::collections::BTreeMap;

/// What an attack must leave as it was: all that is kept, all that is supplied, all that a client can see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    records: BTreeMap<String, Vec<u8>>,
    supplied: Vec<u8>,
    commands: usize,
    hello_answer: Vec<u8>,
    client_sees: Option<(String, Vec<u8>)>,
}

impl Board {
    /// How everything stands now, as far as it can be seen. The count of failed connects is not among it: it is the
    /// reader's log of attacks. Nor is the manifest that is kept, for what is received of an update is no part of the
    /// reader (CW-UPD-006).
    pub fn state(&mut self, session: Option<&mut Session>) -> Held<State> {
        let client_sees = match session {
            None => None,
            Some(session) => {
                let status = session.status(self)?;
                let services = session.request(
                    self,
                    &ServiceList {
                        from: 0,
                        extensions: NONE,
                    },
                )?;
                Some((status.rest, services))
            }
        };
        let hello_answer = self.hello_answer()?;
        let flash = self.memory.lock();
        let records = flash.records.iter();
        let records = records.map(|(record, data)| (format!("{record:?}"), data.clone()));
        Ok(State {
            records: records
                .filter(|(name, _)| !["FailedConnects", "Manifest"].contains(&name.as_str()))
                // A key of the stage that is erased is none.
                .filter(|(name, data)| name != "StageKey" || !data.is_empty())
                .collect(),
            supplied: self.supplied.iter().copied().collect(),
            commands: self.commands,
            hello_answer,
            client_sees,
        })
    }

    /// A breach, where anything is not as it was.
    pub fn unchanged(&mut self, session: Option<&mut Session>, before: &State, by: &str) -> Held {
        match self.state(session) {
            Ok(after) if after == *before => Ok(()),
            Ok(after) => Err(Fallen::Breach(format!(
                "{by} has changed {}",
                difference(before, &after)
            ))),
            Err(Fallen::Broken(what) | Fallen::Breach(what)) => Err(Fallen::Breach(format!(
                "{by} has cost the right client his session: {what}"
            ))),
        }
    }
}

fn difference(before: &State, after: &State) -> String {
    let changed = [
        ("what is stored", before.records != after.records),
        ("which modules are supplied", before.supplied != after.supplied),
        ("what modules were told", before.commands != after.commands),
        (
            "the challenge or identity",
            before.hello_answer != after.hello_answer,
        ),
        ("what the client sees", before.client_sees != after.client_sees),
    ];
    let changed: Vec<_> = changed
        .iter()
        .filter(|(_, changed)| *changed)
        .map(|(what, _)| *what)
        .collect();
    changed.join(", ")
}

/// Frames that an attacker may send before the session ends by itself; he is looked at before that.
pub const UNNOTICED: usize = FAILURES_MAX - 2;

impl State {
    /// Takes another state's challenge: that of another session is another one.
    pub fn same_challenge(&mut self, other: &Self) {
        self.hello_answer.clone_from(&other.hello_answer);
    }
}
