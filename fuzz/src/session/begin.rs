//! The readers that executions begin with: made once in each thread, with real handshakes, and copied.

use super::{
    inputs::{Beginning, Connecting, FromCloud, Input},
    model::Model,
    play::Play,
    services::{ECHO, WRITER},
};
use crate::world::{
    board::Board,
    log::Log,
    people::PEOPLE,
    storage::{Faults, Storage},
    updates::{says, writes},
};
use cardwire_core::env::Record;

/// A reader, and what is known of it.
#[derive(Clone)]
pub struct Scene {
    /// The reader on its board.
    pub board: Board,
    /// What is known.
    pub model: Model,
}

thread_local! {
    static BEGINNINGS: Beginnings = Beginnings::new();
}

/// A copy of the reader that stands there.
#[must_use]
pub fn copy(beginning: Beginning) -> Scene {
    BEGINNINGS.with(|all| {
        match beginning {
            Beginning::Locked => &all.locked,
            Beginning::Connected => &all.connected,
            Beginning::Login => &all.login,
            Beginning::Confirming => &all.confirming,
            Beginning::Serving => &all.serving,
        }
        .clone()
    })
}

struct Beginnings {
    locked: Scene,
    connected: Scene,
    login: Scene,
    confirming: Scene,
    serving: Scene,
}

impl Beginnings {
    fn new() -> Self {
        let faults = Faults::none();
        let mut storage = Storage::new(faults.clone());
        let stored = |document: Vec<u8>| [&1_u32.to_be_bytes()[..], &document].concat();
        storage.put(Record::Logic(0), stored(says(ECHO, b"first")));
        storage.put(Record::Logic(1), stored(writes(WRITER)));
        let locked = Scene {
            board: Board::new(&PEOPLE.identity, storage, faults),
            model: Model {
                boots: 1,
                counter: 1,
                slots: [(true, 1), (false, 0)],
                ..Model::default()
            },
        };
        let then = |scene: &Scene, input: Input| {
            let log = Log::off();
            let mut play = Play::new(scene.clone(), false, &log);
            play.lets(&input);
            play.into_scene()
        };
        let connected = then(&locked, Input::Connect(Connecting::Right(0)));
        let login = then(&connected, Input::Auth(0));
        let confirming = then(&login, Input::Cloud(FromCloud::Second));
        let serving = then(&confirming, Input::Cloud(FromCloud::LoginResult(0)));
        Self {
            locked,
            connected,
            login,
            confirming,
            serving,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cardwire_codec::message::SessionState;

    #[test]
    fn each_reader_stands_where_it_is_to() {
        for (beginning, state, interfaces) in [
            (Beginning::Locked, None, 0),
            (Beginning::Connected, Some(SessionState::Connected), 0),
            (Beginning::Login, Some(SessionState::Login), 0),
            (Beginning::Confirming, Some(SessionState::Login), 0),
            (Beginning::Serving, Some(SessionState::Serving), 20),
        ] {
            let live = copy(beginning).model.live;
            assert_eq!(live.as_ref().map(|live| live.state), state, "{beginning:?}");
            let enabled = live.map_or(0, |live| live.enabled.len());
            assert_eq!(enabled, interfaces, "{beginning:?}");
        }
    }
}
