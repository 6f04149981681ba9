//! What a reader is at the bench, as the book's chapter on provisioning and the core's documentation say.

use super::{
    acts::{Act, Cut, Given, How},
    documents::Paper,
    keys::OLD_CLOUD,
    ring::{Judged, Ring},
};
use cardwire_codec::message::{AuthenticationRule as Rule, Provisioning};
use cardwire_core::provision::{Refused, UNPROVISIONED};

/// The published key: its place among the static keys. Those that readers have made come behind it.
pub const PUBLISHED_PLACE: usize = 0;

/// What a reader keeps of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// Its name and kind.
    pub identity: Option<(&'static str, Provisioning)>,
    /// Which of all static keys is its own.
    pub key: Option<usize>,
    /// Whether it is a production reader for good.
    pub latched: bool,
}

/// What the flash holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flash {
    /// What the reader keeps of itself; `None` where it was never written.
    pub own: Option<Own>,
    /// The keys in force, or those of a provisioning that was cut off.
    pub ring: Option<Ring>,
    /// Whether an update waits.
    pub pending: bool,
}

/// The model.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// What the program at the bench knows of the reader.
    pub memory: Own,
    /// What its flash holds.
    pub flash: Flash,
    /// Static keys that were made.
    pub made: usize,
    cut: Option<Cut>,
    is_off: bool,
    random_fails: bool,
}

impl Model {
    /// Does it, and says what comes of it. Where that may be one thing or another, it is what was seen.
    pub fn does(&mut self, act: &Act, seen: Result<(), Refused>) -> Result<(), Refused> {
        match act {
            Act::Boot => self.boot(),
            Act::Provision(given, paper) => self.provision(*given, paper, seen),
            Act::Change(paper) => self.change(paper, seen),
            Act::Latch => self.latch(),
            Act::Forget => self.forget(),
            Act::Pending(waits) => {
                self.flash.pending = *waits;
                Ok(())
            }
            Act::Update(counter) => {
                self.update(*counter);
                Ok(())
            }
            Act::Cut(cut) => {
                if !self.is_off {
                    self.cut = Some(*cut);
                }
                Ok(())
            }
            Act::RandomFails => {
                self.random_fails = true;
                Ok(())
            }
            Act::PowerCycle => {
                (self.cut, self.is_off) = (None, false);
                self.random_fails = false;
                self.memory = self.flash.own.clone().unwrap_or_default();
                Ok(())
            }
        }
    }

    /// Whether the flash holds a reader's identity.
    #[must_use]
    pub fn is_provisioned(&self) -> bool {
        self.flash.own.as_ref().is_some_and(|own| own.identity.is_some())
    }

    /// Whether the program at the bench has in mind what the flash holds.
    #[must_use]
    pub fn knows_the_flash(&self) -> bool {
        self.flash.own.clone().unwrap_or_default() == self.memory
    }

    fn boot(&mut self) -> Result<(), Refused> {
        if self.memory.key.is_some() {
            return Ok(());
        }
        if self.random_fails {
            return Err(Refused::Random);
        }
        self.made += 1;
        let mut own = self.memory.clone();
        own.key = Some(self.made);
        // A key that is not on the flash is not made: another one would be at the next boot.
        self.keeps(own)
    }

    fn provision(&mut self, given: Given, paper: &Paper, seen: Result<(), Refused>) -> Result<(), Refused> {
        let certification = given.kind == Provisioning::Certification;
        if self.memory.latched && certification {
            return Err(Refused::ProductionForGood);
        }
        match self.memory.identity {
            Some(_) if self.memory.latched => return Err(Refused::Latched),
            Some((_, kind)) => return Err(Refused::Provisioned(kind)),
            None => {}
        }
        if given.name() == UNPROVISIONED {
            return Err(Refused::Name);
        }
        let mut judged = Ring::empty().judge(paper.changes().as_ref());
        if judged
            .taken
            .take_if(|ring| [ring.cloud, ring.authority].contains(&[0; 32]))
            .is_some()
        {
            judged.refused.push(Rule::Key);
        }
        let mut ring = settle(judged, seen)?;
        ring.old_cloud = None;
        self.boot()?;
        self.write(|flash| flash.ring = Some(ring))?;
        let mut own = self.memory.clone();
        own.identity = Some((given.name(), given.kind));
        if given.published && certification {
            own.key = Some(PUBLISHED_PLACE);
        }
        self.keeps(own)
    }

    fn change(&mut self, paper: &Paper, seen: Result<(), Refused>) -> Result<(), Refused> {
        let before = match &self.flash.ring {
            Some(ring) if self.memory.identity.is_some() => ring,
            _ => return Err(Refused::Unprovisioned),
        };
        if self.memory.latched {
            return Err(Refused::Latched);
        }
        if self.flash.pending {
            return Err(Refused::Pending);
        }
        let mut after = settle(before.judge(paper.changes().as_ref()), seen)?;
        if after.cloud != before.cloud {
            // `provision cloud` replaces it at once. The same key once more is beside itself, as an update has it.
            after.old_cloud = None;
        }
        self.write(|flash| flash.ring = Some(after))
    }

    fn latch(&mut self) -> Result<(), Refused> {
        match self.memory.identity {
            None => Err(Refused::Unprovisioned),
            Some(_) if self.memory.latched => Err(Refused::Latched),
            Some((_, Provisioning::Certification)) => Err(Refused::NoProduction),
            Some((_, Provisioning::Production)) => {
                let mut own = self.memory.clone();
                own.latched = true;
                self.keeps(own)
            }
        }
    }

    fn forget(&mut self) -> Result<(), Refused> {
        let mut own = self.memory.clone();
        (own.identity, own.key) = (None, None);
        self.keeps(own)
    }

    fn update(&mut self, counter: u8) {
        if self.is_provisioned()
            && let Some(ring) = &mut self.flash.ring
        {
            ring.counter = u32::from(counter);
            ring.old_cloud.get_or_insert(OLD_CLOUD);
        }
    }

    fn keeps(&mut self, own: Own) -> Result<(), Refused> {
        let kept = own.clone();
        self.write(|flash| flash.own = Some(kept))?;
        self.memory = own;
        Ok(())
    }

    fn write(&mut self, write: impl FnOnce(&mut Flash)) -> Result<(), Refused> {
        if self.is_off {
            return Err(Refused::Store);
        }
        if let Some(cut) = self.cut.take() {
            if let Some(writes) = cut.writes.checked_sub(1) {
                self.cut = Some(Cut { writes, ..cut });
            } else {
                self.is_off = cut.how != How::Refused;
                if cut.how == How::Behind {
                    write(&mut self.flash);
                }
                return Err(Refused::Store);
            }
        }
        write(&mut self.flash);
        Ok(())
    }
}

/// Whether a document is taken: what was seen, where that may be.
fn settle(judged: Judged, seen: Result<(), Refused>) -> Result<Ring, Refused> {
    let refused = judged.refused.iter().map(|rule| Refused::Rule(*rule));
    if let Some(refused) = refused.clone().find(|refused| seen == Err(*refused)) {
        return Err(refused);
    }
    judged
        .taken
        .ok_or_else(|| refused.clone().next().expect("what is not taken breaks a rule"))
}
