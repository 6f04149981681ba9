//! Whom a campaign is open for, and how it goes on: stages, what opens the next one, and what ends them.

use super::{Campaign, Model, Reader};
use cardwire_peers::cloud::{CampaignState, DeliveryState, Share};
use std::collections::BTreeSet;

/// How the readers stand that a campaign is open for.
pub(super) struct Tally {
    /// All but those that it was taken from.
    readers: u32,
    installed: u32,
    pub(super) failures: u32,
    /// Those that may still take it.
    open: u32,
}

impl Model {
    /// Looks at a campaign where something has changed: fills its stage where that may have room, halts it, opens the next
    /// stage, or ends it.
    pub(super) fn looks_at(&mut self, campaign: usize, has_room: bool) {
        let Self { readers, campaigns } = self;
        let campaign = &mut campaigns[campaign];
        if !matches!(campaign.state, CampaignState::Running | CampaignState::Done) {
            return;
        }
        if has_room {
            campaign.fill(readers);
        }
        if campaign.state == CampaignState::Done && campaign.tally().open > 0 {
            campaign.state = CampaignState::Running;
        }
        while campaign.state == CampaignState::Running {
            let tally = campaign.tally();
            let may_fail = campaign
                .plan
                .halt_after
                .map(|share| at_most(share, tally.readers));
            if may_fail.is_some_and(|may_fail| tally.failures > may_fail + campaign.forgiven) {
                campaign.state = CampaignState::Halted;
            } else if tally.readers == 0 {
                // It waits for somebody.
                return;
            } else if campaign.has_later_stage() {
                if tally.installed < at_least(campaign.plan.successes, tally.readers) {
                    return;
                }
                campaign.stage += 1;
                campaign.fill(readers);
            } else if tally.open == 0 {
                campaign.state = CampaignState::Done;
            } else {
                return;
            }
        }
    }
}

impl Campaign {
    pub(super) fn has_later_stage(&self) -> bool {
        self.stage + 1 < self.plan.stages.len()
    }

    pub(super) fn tally(&self) -> Tally {
        let is = |states: &[DeliveryState]| {
            let all = self.deliveries.values();
            all.filter(|to| states.contains(&to.state)).count() as u32
        };
        let open = self.deliveries.values().filter(|to| to.is_open()).count() as u32;
        let withdrawn = is(&[DeliveryState::Withdrawn]);
        Tally {
            readers: self.deliveries.len() as u32 - withdrawn + self.unnamed.0,
            installed: is(&[DeliveryState::Installed]),
            failures: is(&[DeliveryState::Failed, DeliveryState::Refused]),
            open: open + self.unnamed.0,
        }
    }

    /// Opens it for as many as its stages up to this one are for, of those that have an older one and may log in.
    fn fill(&mut self, readers: &[Reader]) {
        let may_come: BTreeSet<usize> = (0..readers.len())
            .filter(|place| !self.deliveries.contains_key(place) && self.is_for(*place, &readers[*place]))
            .collect();
        let members = self.tally().readers;
        let others = may_come.len() as u32 - self.unnamed.0;
        let so_far = self.plan.stages.iter().take(self.stage + 1);
        let wanted = so_far.map(|share| at_least(*share, members + others)).max();
        self.unnamed.0 += wanted.unwrap_or(0).saturating_sub(members).min(others);
        self.unnamed.1 = may_come;
    }

    fn is_for(&self, place: usize, reader: &Reader) -> bool {
        let mut parts = self.update.raises.iter();
        reader.admitted
            && reader.class == Some(self.update.class)
            && self.only.is_none_or(|only| only == place)
            && parts.all(|part| part.counter > reader.counters[part.kind])
    }
}

/// A percentage that does not come out even is rounded up.
fn at_least(share: Share, readers: u32) -> u32 {
    match share {
        Share::Count(count) => count.min(readers),
        Share::Percent(percent) => (readers * u32::from(percent)).div_ceil(100),
    }
}

/// A percentage that does not come out even is rounded down.
fn at_most(share: Share, readers: u32) -> u32 {
    match share {
        Share::Count(count) => count,
        Share::Percent(percent) => readers * u32::from(percent) / 100,
    }
}
