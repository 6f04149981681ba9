//! Updates of a reader on flash whose power is cut at any of its operations: genuine and hostile ones, in any order. After
//! every restart the old or the new is there, whole, and serves; versions and counters never go back.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`acts`] | what the cloud, the power and the clock do, out of bytes and into them |
//! | [`packages`] | the updates, and what each leaves in force |
//! | [`reader`] | the reader on its flash, with a client and a cloud |
//! | [`board`] | the board: that of the power cut sweep of the core |

pub mod acts;
#[path = "../../../reference-reader/core/tests/power_cuts/board.rs"]
#[allow(missing_docs, unreachable_pub, dead_code, missing_debug_implementations)]
pub mod board;
pub mod packages;
pub mod reader;

use crate::{
    Seed,
    world::{
        log::{Log, explained},
        updates::Package,
    },
};
use acts::{Act, How};
use board::Flash;
use cardwire_codec::message::{ErrorCode, UpdateState};
use packages::{InForce, NEW_KEY, PACKAGES, SPARE_KEY};
use reader::{Gone, OnFlash};

/// Plays what the bytes say.
///
/// # Panics
/// Where neither old nor new is in force, or something goes back.
pub fn updates(bytes: &[u8]) {
    run(bytes, &Log::off());
}

/// Says what happens in it.
#[must_use]
pub fn explain(bytes: &[u8]) -> String {
    explained(|log| run(bytes, log))
}

thread_local! {
    static UPDATED: (Flash, InForce) = updated();
}

/// A reader that was updated before: software, keys and two services.
fn updated() -> (Flash, InForce) {
    let log = Log::off();
    let mut play = Play::new(board::flash(), InForce::factory(), &log);
    play.does(Act::Install(0));
    play.does(Act::PowerCycle);
    let standing = play.stands();
    assert_eq!(standing.counters, [1, 1, 1], "the first update is in force");
    (play.reader.into_flash(), standing)
}

fn run(bytes: &[u8], log: &Log<'_>) {
    let acts = Act::read_all(bytes);
    let (flash, standing) = UPDATED.with(Clone::clone);
    let mut play = Play::new(flash, standing, log);
    for act in acts {
        log.line(|| format!("{act:?}"));
        play.does(act);
    }
    play.ends();
}

/// An execution.
struct Play<'l> {
    reader: OnFlash,
    /// What is in force.
    standing: InForce,
    /// What may be in force as well: an update whose commit was asked for, and nobody knows yet what became of it.
    pending: Option<InForce>,
    log: &'l Log<'l>,
}

impl<'l> Play<'l> {
    fn new(flash: Flash, standing: InForce, log: &'l Log<'l>) -> Self {
        let mut play = Self {
            reader: OnFlash::new(flash),
            standing,
            pending: None,
            log,
        };
        play.comes_up();
        play
    }

    fn does(&mut self, act: Act) {
        let done = match act {
            Act::Offer(place) => self.offer(place),
            Act::Chunk(place, how) => self.chunk(place, how),
            Act::Commit(place) => self.commit(place),
            Act::Bring(place) => self.bring(place),
            Act::Install(place) => self.bring(place).and_then(|()| self.commit(place)),
            Act::Login => self.reader.log_in().map(drop),
            Act::PowerCycle => {
                self.reader.power_cycle();
                Err(Gone::Power)
            }
            Act::Cut(cut) => {
                self.reader.cut_at(cut);
                Ok(())
            }
            Act::Trial => self.reader.trial_ends(),
        };
        match done {
            Ok(()) if self.reader.wants_reset() => {
                self.log.line(|| "  the reader resets itself".to_owned());
                self.reader.reset();
                self.comes_up();
            }
            Ok(()) => {}
            Err(Gone::Power) => self.comes_up(),
        }
    }

    // --- the cloud ---

    fn offer(&mut self, place: u8) -> Result<(), Gone> {
        let package = package(place);
        let (state, error) = self.reader.offer(package)?;
        self.log.line(|| format!("  {state:?} {error:?}"));
        if error == ErrorCode(0) && state != UpdateState::None {
            assert!(
                packages::is_signed(place),
                "an offer is taken where the authority has signed it"
            );
        }
        Ok(())
    }

    fn chunk(&mut self, place: u8, how: How) -> Result<(), Gone> {
        let package = package(place);
        let (state, next) = self.reader.query(package)?;
        let (state, error) = match state {
            UpdateState::Receiving => self.reader.chunk(package, next as usize, how)?,
            _ => self.reader.chunk(package, 0, how)?,
        };
        self.log.line(|| format!("  {state:?} {error:?}"));
        Ok(())
    }

    /// Offers an update and sends what is missing of it.
    fn bring(&mut self, place: u8) -> Result<(), Gone> {
        let package = package(place);
        let (mut state, error) = self.reader.offer(package)?;
        self.log.line(|| format!("  {state:?} {error:?}"));
        let mut rounds = 0;
        while state == UpdateState::Receiving && error == ErrorCode(0) {
            let (known, next) = self.reader.query(package)?;
            assert_eq!(known, UpdateState::Receiving, "what is received goes on");
            let (then, error) = self.reader.chunk(package, next as usize, How::Right)?;
            self.log.line(|| format!("  from {next}: {then:?} {error:?}"));
            state = then;
            rounds += 1;
            if error != ErrorCode(0) || rounds > 64 {
                break;
            }
        }
        Ok(())
    }

    fn commit(&mut self, place: u8) -> Result<(), Gone> {
        let package = package(place);
        // Whatever becomes of it: from here on it may be in force, where it is one that may be.
        let (state, _) = self.reader.query(package)?;
        let may = package.genuine
            && state == UpdateState::Received
            && package
                .counters
                .iter()
                .zip(self.standing.counters)
                .all(|(new, old)| *new == 0 || *new > old);
        if may {
            self.pending = Some(self.standing.with(place));
        }
        let result = self.reader.commit(package)?;
        self.log.line(|| format!("  {result:?}"));
        let (state, error, counters) = result;
        for (stated, known) in counters.iter().zip(self.standing.counters) {
            assert!(*stated >= known, "counters never go back");
        }
        match (state, error) {
            (UpdateState::Installed, ErrorCode(0)) => {
                if let Some(new) = self.pending.take() {
                    assert_eq!(counters, new.counters, "the counters are those that are in force");
                    self.standing = new;
                }
                assert_eq!(
                    counters, self.standing.counters,
                    "the counters are those that are in force"
                );
            }
            // It is tried at the next start.
            (UpdateState::Trial, ErrorCode(0)) => {}
            _ => {
                assert_eq!(
                    counters, self.standing.counters,
                    "what is refused changes nothing"
                );
                self.pending = None;
            }
        }
        Ok(())
    }

    // --- what a restart leaves ---

    /// Starts the reader, and again where its power goes meanwhile, until it is there; then it is what it may be.
    fn comes_up(&mut self) {
        loop {
            match self.reader.start() {
                Ok(counters) => {
                    self.log.line(|| format!("  starts with {counters:?}"));
                    self.is(counters);
                    return;
                }
                Err(Gone::Power) => self.log.line(|| "  the power goes meanwhile".to_owned()),
            }
        }
    }

    /// These counters are those in force.
    fn is(&mut self, counters: [u32; 3]) {
        if let Some(new) = self.pending.take_if(|new| new.counters == counters) {
            self.standing = new;
        } else {
            assert_eq!(
                counters, self.standing.counters,
                "old or new is in force, and nothing went back"
            );
            self.pending = None;
        }
    }

    /// All that is in force, as everybody can see it.
    fn stands(&mut self) -> InForce {
        loop {
            match self.reader.look() {
                Ok(seen) => return seen,
                Err(Gone::Power) => self.comes_up(),
            }
        }
    }

    fn ends(mut self) {
        self.reader.stays_on();
        self.reader.power_cycle();
        self.comes_up();
        let seen = self.stands();
        assert_eq!(seen, self.standing, "old or new is there, whole");
        let flash = self.reader.into_flash();
        for key in [NEW_KEY, SPARE_KEY] {
            let sized = board::layout(&flash).slot(cardwire_store::Slot::A).start as usize;
            assert!(
                memchr::memmem::find(&flash.bytes()[sized..], &key).is_none(),
                "a key of a client stands in the stage in clear"
            );
        }
        assert_eq!(flash.refused(), 0, "nothing is written twice between erases");
    }
}

fn package(place: u8) -> &'static Package {
    &PACKAGES[usize::from(place) % PACKAGES.len()].package
}

/// Seeds of the target: every update brought, and cut at its first operations.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let mut all = Vec::new();
    let mut seed = |name: String, acts: &[Act]| {
        all.push(Seed {
            name,
            bytes: Act::write_all(acts),
        });
    };
    for place in 0..PACKAGES.len() as u8 {
        seed(
            format!("install-{place}"),
            &[Act::Install(place), Act::Login, Act::PowerCycle],
        );
        for operation in [0, 3, 9, 14, 21, 30] {
            for moment in 0..3 {
                let cut = acts::Power {
                    operation,
                    moment,
                    seed: 7,
                };
                seed(
                    format!("cut-{place}-{operation}-{moment}"),
                    &[
                        Act::Bring(place),
                        Act::Cut(cut),
                        Act::Commit(place),
                        Act::Install(place),
                    ],
                );
            }
        }
    }
    seed(
        "chunks".into(),
        &[
            Act::Offer(1),
            Act::Chunk(1, How::Altered),
            Act::Chunk(1, How::Right),
            Act::Chunk(1, How::Elsewhere),
            Act::Chunk(2, How::Right),
            Act::Commit(1),
        ],
    );
    seed("given-up".into(), &[Act::Install(4), Act::Trial, Act::Login]);
    seed(
        "one-after-the-other".into(),
        &[Act::Install(1), Act::Install(3), Act::Install(2), Act::Install(6)],
    );
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for seed in seeds() {
            let acts = Act::read_all(&seed.bytes);
            assert_eq!(Act::write_all(&acts), seed.bytes, "{}", seed.name);
        }
    }

    #[test]
    fn the_seeds_break_nothing_and_bring_what_is_right() {
        let explained = seeds()
            .into_iter()
            .map(|seed| format!("{}:\n{}", seed.name, explain(&seed.bytes)));
        let (broken, fine): (Vec<_>, Vec<_>) = explained.partition(|text| text.contains("BROKEN"));
        assert!(broken.is_empty(), "{}", broken.join("\n"));
        for state in ["Installed, ErrorCode(0)", "Trial, ErrorCode(0)", "the power goes"] {
            assert!(fine.iter().any(|text| text.contains(state)), "{state}");
        }
    }
}
