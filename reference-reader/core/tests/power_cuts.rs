//! A whole reader on a flash whose power is cut: at every operation of a session that writes, and at every operation of the
//! next one.

mod common;

use cardwire_codec::{List, Name, message::*};
use cardwire_core::{
    Env,
    env::{RandomFailed, Record, StoreFailed},
};
use cardwire_store::{
    Fault, Layout, Sizes, Slot, Stage, Store,
    mock::{Inside, MockFlash, Scenario, sweep},
};
use common::{CLIENT_ID, PRE_SHARED_KEY, identity, pair::*};
use core::cell::RefCell;
use std::rc::Rc;

type Flash = MockFlash<8, 2048>;

/// Room for the records that a reader without stored updates has, and one service.
const SIZES: Sizes = Sizes {
    block: 2048,
    records: 9,
    slot: 4 * 2048,
};
const OWN: ServiceId = ServiceId(0xF001);
const OFFERS: [Offer; 1] = [Offer {
    service: OWN,
    format: Format::NATIVE,
}];

/// A board that is a flash, as a port has it.
struct FlashEnv {
    seed: u64,
    flash: Rc<RefCell<Flash>>,
    layout: Layout,
    stage: Stage,
    fault: Option<Fault>,
}

impl FlashEnv {
    fn new(flash: Rc<RefCell<Flash>>, fault: Option<Fault>) -> Self {
        let layout = Layout::new(&*flash.borrow(), SIZES).unwrap();
        let seed = flash.borrow().bytes().iter().map(|byte| u64::from(*byte)).sum();
        Self {
            seed,
            stage: layout.stage(Slot::A),
            layout,
            flash,
            fault,
        }
    }
}

impl Env for FlashEnv {
    fn random(&mut self, out: &mut [u8]) -> Result<(), RandomFailed> {
        let mut random = cardwire_store::mock::Random::new(self.seed);
        out.fill_with(|| random.next() as u8);
        self.seed = random.next();
        Ok(())
    }

    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize> {
        let mut flash = self.flash.borrow_mut();
        let mut store = Store::new(&mut *flash, &self.layout).with_fault(self.fault);
        store.load(record.number(), out).ok()?
    }

    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed> {
        let mut flash = self.flash.borrow_mut();
        if matches!(record, Record::Commit | Record::Boot) {
            self.stage.finish(&mut *flash).map_err(|_| StoreFailed)?;
        }
        let mut store = Store::new(&mut *flash, &self.layout).with_fault(self.fault);
        store.store(record.number(), data).map_err(|_| StoreFailed)
    }

    fn stage_size(&self) -> u32 {
        self.stage.size::<Flash>()
    }

    fn stage_begin(&mut self, digest: &[u8; 32]) -> Result<(), StoreFailed> {
        let mut flash = self.flash.borrow_mut();
        self.stage.begin(&mut *flash, digest).map_err(|_| StoreFailed)
    }

    fn stage_length(&mut self, digest: &[u8; 32]) -> u32 {
        let mut flash = self.flash.borrow_mut();
        self.stage.length(&mut *flash, digest).unwrap_or(0)
    }

    fn stage_append(&mut self, data: &[u8]) -> Result<(), StoreFailed> {
        let mut flash = self.flash.borrow_mut();
        self.stage.append(&mut *flash, data).map_err(|_| StoreFailed)
    }

    fn stage_read(&mut self, offset: u32, out: &mut [u8]) -> Result<(), StoreFailed> {
        let mut flash = self.flash.borrow_mut();
        self.stage.read(&mut *flash, offset, out).map_err(|_| StoreFailed)
    }
}

/// What client and card know.
#[derive(Clone, Default)]
struct Known {
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
struct Session {
    fault: Option<Fault>,
}

impl Session {
    fn on<T>(&self, flash: &mut Flash, work: impl FnOnce(&Rc<RefCell<Flash>>) -> T) -> T {
        let shared = Rc::new(RefCell::new(core::mem::replace(flash, Flash::new(0))));
        let result = work(&shared);
        *flash = Rc::into_inner(shared).expect("the reader is gone").into_inner();
        result
    }

    fn boot(&self, flash: &Rc<RefCell<Flash>>) -> Pair<FlashEnv> {
        Pair::on(FlashEnv::new(Rc::clone(flash), self.fault), identity())
    }

    /// As far as it comes before the power goes.
    fn session(&self, flash: &Rc<RefCell<Flash>>, known: &mut Known) -> Option<()> {
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

fn boots(pair: &mut Pair<FlashEnv>) -> u32 {
    let answer = pair.request(&ReaderStatus {
        extensions: Default::default(),
    });
    cardwire_codec::Message::decode(&answer)
        .map(|answer: ReaderStatusAnswer<'_>| answer.boot_counter)
        .unwrap()
}

fn job(pair: &mut Pair<FlashEnv>, job: u8) -> (JobState, Outcome) {
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
        let pages = 2 * (u32::from(SIZES.records) * SIZES.block + SIZES.slot) / 2048;
        let mut flash = Flash::new(pages as usize);
        let layout = Layout::new(&flash, SIZES).unwrap();
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
        let whole = self.on(flash, |flash| self.session(flash, known));
        match whole {
            Some(()) if !known.done => Err(format!("job {} is not done", known.job)),
            _ => Ok(()),
        }
    }

    fn check(&self, flash: &mut Flash, known: &mut Known) -> Result<(), String> {
        // On a copy: a boot is a write.
        self.on(&mut flash.clone(), |flash| {
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

//= spec/book/src/jobs.md#cw-job-009
//= type=test
//# After a reset a reader MUST answer the status of a job that had begun to write and not ended with `interrupted`, and run it no more.
#[test]
fn a_session_that_is_cut_twice_forgets_no_boot_and_no_job_that_wrote() {
    // One way of being cut inside, and of the second cut none: the store's own sweeps try many.
    let inside = Inside { first: 1, second: 0 };
    let counts = sweep(&Session { fault: None }, inside).unwrap_or_else(|failure| panic!("{failure}"));
    println!("{counts:?}");
    assert!(counts.operations > 15 && counts.second[0] > 500, "{counts:?}");
}

/// The sweep sees a store that is wrong through the whole reader.
#[test]
fn a_reader_on_a_faulty_store_is_caught() {
    let inside = Inside { first: 2, second: 1 };
    let fault = Some(Fault::ReusesTorn);
    let failure = sweep(&Session { fault }, inside).expect_err("it writes where a cut has written");
    assert!(failure.first.is_some(), "{failure}");
}
