//! Whether the cloud says of its readers and campaigns what the model does.

use super::{Campaign, Delivery, Model};
use crate::rollout::fleet::FLEET;
use cardwire_codec::message::ErrorCode;
use cardwire_peers::cloud::{Admission, CampaignRecord, CampaignState, DeliveryState, Registry};

impl Model {
    /// Compares all that can be seen, and takes over who was chosen for a stage.
    ///
    /// # Panics
    /// Where the cloud says something else.
    pub fn compare(&mut self, registry: &Registry) {
        let found = registry.campaigns().expect("a database in memory can be read");
        assert_eq!(
            found.len(),
            self.campaigns.len(),
            "a campaign is there once it is published"
        );
        for (place, (campaign, found)) in self.campaigns.iter_mut().zip(&found).enumerate() {
            campaign.name_who_came(place, found);
            campaign.compare(place, found);
        }
        self.compare_readers(registry);
    }

    fn compare_readers(&self, registry: &Registry) {
        let found = registry.readers().expect("a database in memory can be read");
        assert_eq!(found.len(), FLEET.len(), "readers stay registered");
        for (identity, reader) in FLEET.iter().zip(&self.readers) {
            let found = found.iter().find(|found| found.id == identity.id);
            let found = found.expect("the readers of the fleet are registered");
            let admission = match (reader.admitted, reader.revoked) {
                (true, _) => Admission::Admitted,
                (false, true) => Admission::Revoked,
                (false, false) => Admission::Denied,
            };
            let counters = [
                found.counters.software,
                found.counters.authentication,
                found.counters.logic,
            ];
            assert_eq!(
                (found.admission, found.hardware_class, counters),
                (admission, reader.class, reader.counters),
                "what is known of {}",
                identity.id
            );
        }
    }

    /// What a login says of the latest counters: those of all that the cloud could offer the reader.
    ///
    /// # Panics
    /// Where it says another.
    pub fn latest(&self, reader: usize, said: [u32; 3]) {
        let mut latest = [0; 3];
        for campaign in &self.campaigns {
            let goes_on = matches!(campaign.state, CampaignState::Running | CampaignState::Done);
            let to = campaign.deliveries.get(&reader).filter(|_| goes_on);
            if to.is_none_or(|to| to.state == DeliveryState::Withdrawn) {
                continue;
            }
            for (latest, highest) in latest.iter_mut().zip(campaign.update.highest()) {
                *latest = highest.unwrap_or(0).max(*latest);
            }
        }
        assert_eq!(said, latest, "a login says the latest counters");
    }
}

impl Campaign {
    /// Readers that were chosen in this act: as many as the model says, of those that may be.
    fn name_who_came(&mut self, place: usize, found: &CampaignRecord) {
        let (count, may_come) = core::mem::take(&mut self.unnamed);
        let mut came = 0;
        for delivery in &found.deliveries {
            let reader = FLEET.iter().position(|reader| reader.id == delivery.reader);
            let reader = reader.expect("updates are for readers of the fleet");
            if self.deliveries.contains_key(&reader) {
                continue;
            }
            came += 1;
            assert!(
                may_come.contains(&reader),
                "campaign {place} is not for {}",
                delivery.reader
            );
            assert_eq!(
                (
                    delivery.state,
                    delivery.attempts,
                    delivery.next_offset,
                    delivery.error
                ),
                (DeliveryState::Pending, 0, 0, None),
                "nobody has offered campaign {place} to {} yet",
                delivery.reader
            );
            assert!(
                delivery.stage as usize <= self.stage,
                "nobody comes before his stage"
            );
            self.deliveries.insert(
                reader,
                Delivery {
                    state: DeliveryState::Pending,
                    attempts: 0,
                    reason: super::NOTHING,
                },
            );
        }
        assert_eq!(
            came, count,
            "campaign {place} opens for as many as its stage is for"
        );
    }

    fn compare(&self, place: usize, found: &CampaignRecord) {
        assert_eq!(
            (found.hardware_class, found.size),
            (self.update.class, self.update.size()),
            "campaign {place} brings what was published"
        );
        assert_eq!(
            (found.state, found.stage as usize),
            (self.state, self.stage),
            "campaign {place}: its state and stage, {:?}",
            self.deliveries
        );
        assert_eq!(
            found.deliveries.len(),
            self.deliveries.len(),
            "campaign {place}: who was chosen stays so"
        );
        for to in &found.deliveries {
            let model = FLEET.iter().position(|reader| reader.id == to.reader);
            let model = model.and_then(|reader| self.deliveries.get(&reader));
            let reason = (to.error.unwrap_or(ErrorCode(0)), to.detail);
            let found = Delivery {
                state: to.state,
                attempts: to.attempts,
                reason,
            };
            assert_eq!(
                Some(&found),
                model,
                "campaign {place}: how far it has come with {}",
                to.reader
            );
            assert!(
                to.next_offset <= self.update.size(),
                "nobody has more of an update than there is"
            );
        }
    }
}
