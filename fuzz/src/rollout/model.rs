//! What a cloud has to make of what operators and readers do: the book's pages on updates and on running a cloud, written
//! once more, without a database.
//!
//! Which readers a stage is open for follows from a digest, which is not worked out here: the model knows how many come,
//! and who may; who came is read from the cloud, and stays.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`stages`] | whom a campaign is open for, and how it goes on |
//! | [`course`] | what becomes of one login, message by message |
//! | [`compare`] | whether the cloud says the same |

pub mod compare;
pub mod course;
pub mod stages;

use super::{
    acts::Bar,
    fleet::{Prepared, READERS},
};
use cardwire_codec::message::{ErrorCode, HardwareClass};
use cardwire_peers::cloud::{CampaignCommand, CampaignState, DeliveryState, Rollout};
use std::collections::{BTreeMap, BTreeSet};

/// How often an update that fails is offered in all.
const TRIES: u32 = 3;

/// Readers and campaigns as the cloud has to know them.
#[derive(Default)]
pub struct Model {
    /// The readers, by their places in the fleet.
    pub readers: [Reader; READERS],
    /// The campaigns, the oldest first.
    pub campaigns: Vec<Campaign>,
}

/// What is known of a reader.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// Whether it may log in.
    pub admitted: bool,
    /// Whether it was revoked, and not admitted since.
    pub revoked: bool,
    /// What it said at its last login.
    pub class: Option<HardwareClass>,
    /// What it said at its last login, and has taken since.
    pub counters: [u32; 3],
}

/// A campaign.
pub struct Campaign {
    /// What it brings.
    pub update: &'static Prepared,
    /// How it is rolled out.
    pub plan: Rollout,
    /// The one reader that it is for.
    pub only: Option<usize>,
    /// How it stands.
    pub state: CampaignState,
    /// The stage that is open.
    pub stage: usize,
    /// Failures that somebody has resumed after.
    pub forgiven: u32,
    /// Those that it is open for.
    pub deliveries: BTreeMap<usize, Delivery>,
    /// How many more it has opened for in this act, and who they may be.
    pub unnamed: (u32, BTreeSet<usize>),
}

/// How far a campaign has come with a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// How far.
    pub state: DeliveryState,
    /// How often it has failed.
    pub attempts: u32,
    /// What was wrong last.
    pub reason: (ErrorCode, u16),
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            admitted: true,
            revoked: false,
            class: None,
            counters: [0; 3],
        }
    }
}

impl Delivery {
    /// Whether the reader may still take it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self.state {
            DeliveryState::Pending | DeliveryState::Delivering | DeliveryState::Trial => true,
            DeliveryState::Failed => self.attempts < TRIES,
            DeliveryState::Installed | DeliveryState::Refused | DeliveryState::Withdrawn => false,
        }
    }
}

impl Model {
    /// An update is published; whether it can be: two of one kind and counter can't be told apart by a reader's class.
    pub fn publish(&mut self, update: &'static Prepared, plan: Rollout, only: Option<usize>) -> bool {
        let taken = self.campaigns.iter().any(|other| {
            let same = |raises| other.update.raises.contains(raises);
            other.update.class == update.class && update.raises.iter().any(same)
        });
        if taken {
            return false;
        }
        self.campaigns.push(Campaign {
            update,
            state: if plan.draft {
                CampaignState::Draft
            } else {
                CampaignState::Running
            },
            plan,
            only,
            stage: 0,
            forgiven: 0,
            deliveries: BTreeMap::new(),
            unnamed: Default::default(),
        });
        self.looks_at(self.campaigns.len() - 1, true);
        true
    }

    /// An operator steers a campaign; whether it can be steered so.
    pub fn steer(&mut self, campaign: usize, command: CampaignCommand) -> bool {
        use CampaignState::{Cancelled, Draft, Halted, Paused, Running};
        let Some(steered) = self.campaigns.get_mut(campaign) else {
            return false;
        };
        match (command, steered.state) {
            (CampaignCommand::Advance, Draft) | (CampaignCommand::Resume, Paused) => steered.state = Running,
            (CampaignCommand::Advance, Running) if steered.has_later_stage() => steered.stage += 1,
            (CampaignCommand::Pause, Running) => steered.state = Paused,
            (CampaignCommand::Resume, Halted) => {
                steered.forgiven = steered.tally().failures;
                steered.state = Running;
            }
            (CampaignCommand::Cancel, state) if state != Cancelled => steered.state = Cancelled,
            _ => return false,
        }
        self.looks_at(campaign, true);
        true
    }

    /// An operator lets a reader in, or does not. Nothing waits for one that is revoked; one that is denied keeps its place.
    pub fn bar(&mut self, reader: usize, bar: Bar) {
        let known = &mut self.readers[reader];
        match bar {
            Bar::Admit => {
                if known.revoked {
                    for campaign in &mut self.campaigns {
                        let gone = |to: &Delivery| to.state == DeliveryState::Withdrawn;
                        campaign
                            .deliveries
                            .retain(|place, to| *place != reader || !gone(to));
                    }
                }
                (known.admitted, known.revoked) = (true, false);
            }
            Bar::Deny => known.admitted = false,
            Bar::Revoke if known.revoked => {}
            Bar::Revoke => {
                (known.admitted, known.revoked) = (false, true);
                for campaign in 0..self.campaigns.len() {
                    let open = |to: DeliveryState| Self::is_under_way(to) || to == DeliveryState::Pending;
                    if self.state(campaign, reader).is_some_and(open) {
                        self.record(campaign, reader, DeliveryState::Withdrawn, NOTHING);
                    }
                }
            }
        }
    }

    /// A reader has logged in, and states this.
    pub fn arrives(&mut self, reader: usize, class: HardwareClass, counters: [u32; 3]) {
        let known = &mut self.readers[reader];
        (known.class, known.counters) = (Some(class), counters);
        if !known.admitted {
            return;
        }
        for campaign in 0..self.campaigns.len() {
            match self.state(campaign, reader) {
                Some(before) => {
                    let then = self.campaigns[campaign].settled(before, class, counters);
                    if let Some(then) = then {
                        self.record(campaign, reader, then, NOTHING);
                    }
                }
                // Its coming may make room in a stage.
                None if self.campaigns[campaign].update.class == class => self.looks_at(campaign, true),
                None => {}
            }
        }
    }

    /// Notes how far a campaign has come with a reader, and what follows for the campaign.
    fn record(&mut self, campaign: usize, reader: usize, state: DeliveryState, reason: (ErrorCode, u16)) {
        let to = self.campaigns[campaign].deliveries.get_mut(&reader);
        let Some(to) = to.filter(|to| to.state != DeliveryState::Withdrawn) else {
            // Nothing is brought to it any more, whatever it says.
            return;
        };
        (to.state, to.reason) = (state, reason);
        to.attempts += u32::from(state == DeliveryState::Failed);
        // Only one that is gone leaves room for another.
        self.looks_at(campaign, state == DeliveryState::Withdrawn);
    }

    /// How far a campaign has come with a reader; none where it is not open for it.
    #[must_use]
    pub fn state(&self, campaign: usize, reader: usize) -> Option<DeliveryState> {
        self.campaigns[campaign]
            .deliveries
            .get(&reader)
            .map(|to| to.state)
    }

    /// The reader was offered it, and nobody knows yet what became of it, or it has failed.
    fn is_under_way(state: DeliveryState) -> bool {
        matches!(
            state,
            DeliveryState::Delivering | DeliveryState::Trial | DeliveryState::Failed
        )
    }
}

/// Nothing is wrong.
const NOTHING: (ErrorCode, u16) = (ErrorCode(0), 0);

impl Campaign {
    /// What a login tells of a delivery by the class and the counters that the reader states; none where it tells nothing.
    fn settled(
        &self,
        before: DeliveryState,
        class: HardwareClass,
        counters: [u32; 3],
    ) -> Option<DeliveryState> {
        let is_right_class = self.update.class == class;
        let mut highest = self.update.highest().into_iter().zip(counters);
        let has_all = highest.all(|(wanted, has)| wanted.is_none_or(|wanted| wanted == has));
        // A reader takes nothing whose counter is not above its own: not one part of an update, then none.
        let has_some = self
            .update
            .raises
            .iter()
            .any(|part| part.counter <= counters[part.kind]);
        match before {
            // The word of its commit was lost, or the trial was passed.
            _ if Model::is_under_way(before) && is_right_class && has_all => Some(DeliveryState::Installed),
            _ if Model::is_under_way(before) || before == DeliveryState::Pending => {
                (!is_right_class || has_some).then_some(DeliveryState::Withdrawn)
            }
            // It was provisioned anew; a campaign that was taken back is nobody's any more.
            DeliveryState::Installed
                if matches!(self.state, CampaignState::Running | CampaignState::Done) =>
            {
                (is_right_class && !has_some).then_some(DeliveryState::Pending)
            }
            _ => None,
        }
    }
}
