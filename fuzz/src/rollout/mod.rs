//! A fleet, its operators and the cloud in between: updates are published, steered and brought, to readers that say what
//! they like, and a model of the book's says what the cloud has to make of it.
//!
//! The cloud is a real one, with its database in memory, made anew for each execution; the readers' keys, handshakes and
//! seals are real too. The ends draw their ephemeral keys from the operating system, and the database notes the time of
//! day; nothing that happens depends on them.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`acts`] | what operators and readers do, out of bytes and into them |
//! | [`fleet`] | the readers, the updates, the plans |
//! | [`words`] | what a reader says, out of bytes and into them |
//! | [`said`] | what goes through its channel, decoded |
//! | [`mod@line`] | a reader's login and its channel with the cloud |
//! | [`model`] | what has to become of it |
//! | [`play`] | does it with both, and compares them |
//! | [`seeds`] | inputs to begin with |

pub mod acts;
pub mod fleet;
pub mod line;
pub mod model;
pub mod play;
pub mod said;
pub mod seeds;
pub mod words;

use crate::world::log::{Log, explained};
use acts::Act;
use play::Play;
use std::collections::BTreeSet;

/// Plays what the bytes say.
///
/// # Panics
/// Where the cloud makes something else of it than the model.
pub fn rollout(bytes: &[u8]) {
    run(bytes, &Log::off());
}

/// Says what happens in it.
#[must_use]
pub fn explain(bytes: &[u8]) -> String {
    explained(|log| {
        run(bytes, log);
    })
}

/// Plays what the bytes say, and gives the words for how deliveries and campaigns have stood.
///
/// # Panics
/// As for [`rollout`].
pub fn run(bytes: &[u8], log: &Log<'_>) -> BTreeSet<&'static str> {
    let mut play = Play::new(log);
    for act in Act::read_all(bytes) {
        log.line(|| format!("{act:?}"));
        play.does(act);
    }
    play.ends()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cardwire_peers::cloud::{CampaignState, DeliveryState};

    #[test]
    fn what_is_written_is_read_again() {
        for seed in seeds::seeds() {
            let acts = Act::read_all(&seed.bytes);
            assert_eq!(Act::write_all(&acts), seed.bytes, "{}", seed.name);
        }
    }

    #[test]
    fn the_seeds_break_nothing_and_reach_every_state() {
        let (mut broken, mut seen) = (Vec::new(), BTreeSet::new());
        for seed in seeds::seeds() {
            let text = explained(|log| seen.extend(run(&seed.bytes, log)));
            if text.contains("BROKEN") {
                broken.push(format!("{}:\n{text}", seed.name));
            }
        }
        assert!(
            broken.is_empty(),
            "{} break:\n{}",
            broken.len(),
            broken.join("\n")
        );
        let deliveries = DeliveryState::ALL.map(DeliveryState::name);
        let campaigns = CampaignState::ALL.map(CampaignState::name);
        let every: BTreeSet<_> = deliveries.into_iter().chain(campaigns).collect();
        assert_eq!(seen, every);
    }
}
