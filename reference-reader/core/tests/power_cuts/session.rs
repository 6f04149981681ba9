//! A session that writes: a failed connect, a boot counter, and a job that writes to a card.

use crate::{
    board::{Board, Flash, Shared, Weakness, flash, layout, on},
    common::{CLIENT_ID, PRE_SHARED_KEY, identity, pair::*},
};
use cardwire_codec::{List, Name, message::*};
use cardwire_core::env::Record;
use cardwire_store::{Fault, Store, mock::Scenario};

const OWN: ServiceId = ServiceId(0xF001);
const OFFERS: [Offer; 1] = [Offer {
    service: OWN,
    format: Format::NATIVE,
}];

/// What client and card know.
#[derive(Clone, Default)]
pub struct Known {
    /// The highest number of boots that a client was told.
    boots: u32,
    /// The job that was given last.
    job: u8,
    /// The card was written to by it.
    written: bool,
    /// A client was told that it is done.
    done: bool,
}

/// A client fails to connect, connects, logs in, and runs a service that writes to the card.
pub struct Session {
    pub fault: Option<Fault>,
}

impl Session {
    fn boot(&self, flash: &Shared) -> Pair<Board> {
        let weakness = self.fault.map(Weakness::Store);
        Pair::on(Board::new(Shared::clone(flash), weakness), identity())
    }

    /// As far as it comes before the power goes.
    fn session(&self, flash: &Shared, known: &mut Known) -> Option<()> {
        let on = || (!flash.borrow().is_off()).then_some(());
        let mut pair = self.boot(flash);
        on()?;
        let refused = !pair.connect_with(CLIENT_ID, 1, &[0; 32]);
        on()?;
        assert!(refused);
        pair.pass(60_000);
        let connected = pair.connect_with(CLIENT_ID, 1, &PRE_SHARED_KEY);
        on()?;
        assert!(connected);
        known.boots = known.boots.max(boots(&mut pair));
        pair.login(&OFFERS);
        let log = pair.log.len();
        (known.job, known.written, known.done) = (known.job + 1, false, false);
        pair.request(&Instruct {
            job: &[known.job; 16],
            service: OWN,
            parameters: &[],
            extensions: Default::default(),
        });
        known.written = pair.log[log..]
            .iter()
            .any(|entry| entry.starts_with("CardTransmit"));
        on()?;
        known.done = job(&mut pair, known.job) == (JobState::Done, Outcome::SUCCESS);
        Some(())
    }
}

pub fn boots(pair: &mut Pair<Board>) -> u32 {
    let answer = pair.request(&ReaderStatus {
        extensions: Default::default(),
    });
    cardwire_codec::Message::decode(&answer)
        .map(|answer: ReaderStatusAnswer<'_>| answer.boot_counter)
        .unwrap()
}

fn job(pair: &mut Pair<Board>, job: u8) -> (JobState, Outcome) {
    let answer = pair.request(&JobStatus {
        job: &[job; 16],
        extensions: Default::default(),
    });
    let status: JobStatusAnswer<'_> = cardwire_codec::Message::decode(&answer).unwrap();
    (status.state, status.outcome)
}

impl Scenario<8, 2048> for Session {
    type Known = Known;

    fn name(&self) -> String {
        String::from("a session that writes to a card")
    }

    fn start(&self) -> (Flash, Known) {
        let mut flash = flash();
        let layout = layout(&flash);
        // Resets the card and sends UPDATE BINARY.
        let document = encode(&Logic {
            service: OWN,
            name: Name::from_text("example.own"),
            version: 1,
            policy: Policy::WholeService,
            on_client_loss: ClientLoss::Abort,
            modules: List::from_items(&[ModuleId::CONTACT_CARD]),
            parameters: Default::default(),
            budget: 64,
            code: &[
                0x10, 0x00, 0x11, 0x06, 0x00, 0xD6, 0x00, 0x00, 0x01, 0x00, 0x01, 0x3F, 0x00, 0x00,
            ],
            extensions: Default::default(),
        });
        let stored = [&1_u32.to_be_bytes()[..], &document].concat();
        let logic = Record::Logic(0).number();
        Store::new(&mut flash, &layout).store(logic, &stored).unwrap();
        // The journal's block is nearly full: the session has to erase one.
        for _ in 0..15 {
            let journal = Record::Journal.number();
            Store::new(&mut flash, &layout).store(journal, &[0; 89]).unwrap();
        }
        (flash, Known::default())
    }

    fn run(&self, flash: &mut Flash, known: &mut Known) -> Result<(), String> {
        let whole = on(flash, |flash| self.session(flash, known));
        match whole {
            Some(()) if !known.done => Err(format!("job {} is not done", known.job)),
            _ => Ok(()),
        }
    }

    fn check(&self, flash: &mut Flash, known: &mut Known) -> Result<(), String> {
        // On a copy: a boot is a write.
        on(&mut flash.clone(), |flash| {
            let mut pair = self.boot(flash);
            pair.pass(60_000);
            if !pair.connect_with(CLIENT_ID, 1, &PRE_SHARED_KEY) {
                return Err(String::from("nobody is let in"));
            }
            let boots = boots(&mut pair);
            if boots <= known.boots {
                return Err(format!("boot {boots} comes after boot {}", known.boots));
            }
            if known.job == 0 {
                return Ok(());
            }
            pair.login(&OFFERS);
            let state = job(&mut pair, known.job);
            let allowed = match state {
                (JobState::Done, Outcome::SUCCESS) => known.written,
                (JobState::Interrupted, _) => !known.done,
                (JobState::Unknown, _) => !known.written,
                _ => false,
            };
            if allowed {
                Ok(())
            } else {
                let Known { written, done, .. } = known;
                Err(format!(
                    "job {} is {state:?}; written: {written}, told done: {done}",
                    known.job
                ))
            }
        })
    }
}
