//! A reader at the bench: provisioned, changed, latched and emptied, with the power cut at any write, and with documents
//! right and wrong. A model that is written from the book says what has to be there after every step.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`acts`] | what is done at the bench, out of bytes and into them |
//! | [`documents`] | documents `authentication`, right and wrong |
//! | [`keys`] | public keys, and such as no key can be |
//! | [`mod@bench`] | the flash whose power is cut |
//! | [`model`] | what a reader is after each step |
//! | [`ring`] | what a document makes of the keys in force |
//! | [`record`] | the keys as they stand on the flash |
//! | `play` | the reader, and the model beside it |
//! | `judge` | what is held against the model |
//! | [`door`] | the way in, by real handshakes |
//! | [`seeds`] | inputs to begin with, of documents with [`papers`] |

pub mod acts;
pub mod bench;
pub mod documents;
pub mod door;
mod judge;
pub mod keys;
pub mod model;
pub mod papers;
mod play;
pub mod record;
pub mod ring;
pub mod seeds;

use crate::world::log::{Log, explained};
use acts::Act;
use cardwire_core::provision::Refused;
use play::Play;

/// Does what the bytes say.
///
/// # Panics
/// Where the reader is not what it may be.
pub fn provision(bytes: &[u8]) {
    run(bytes, &Log::off());
}

/// Says what happens in it.
#[must_use]
pub fn explain(bytes: &[u8]) -> String {
    explained(|log| run(bytes, log))
}

fn run(bytes: &[u8], log: &Log<'_>) {
    let acts = Act::read_all(bytes);
    let mut play = Play::new();
    for act in &acts {
        log.line(|| format!("{act:?}"));
        let (before, knows) = (play.model.flash.clone(), play.model.knows_the_flash());
        let result = play.does(act);
        log.line(|| format!("  {result:?}"));
        // Who goes on after a step that failed, and has not looked what came of it, has another reader in mind.
        if result == Err(Refused::Store) && knows {
            play.can_be_done_again(act, &before, log);
        }
    }
    play.ends(acts.len(), log);
}

#[cfg(test)]
mod tests {
    use super::{seeds::seeds, *};
    use std::collections::BTreeSet;

    #[test]
    fn what_is_written_is_read_again() {
        for seed in seeds() {
            let acts = Act::read_all(&seed.bytes);
            assert_eq!(Act::write_all(&acts), seed.bytes, "{}", seed.name);
        }
    }

    #[test]
    fn every_seed_has_a_name_of_its_own() {
        let all = seeds();
        let names: BTreeSet<_> = all.iter().map(|seed| &seed.name).collect();
        assert_eq!(names.len(), all.len());
    }

    #[test]
    fn the_seeds_break_nothing_and_are_refused_for_every_reason() {
        let explained = seeds()
            .into_iter()
            .map(|seed| format!("{}:\n{}", seed.name, explain(&seed.bytes)));
        let (broken, fine): (Vec<_>, Vec<_>) = explained.partition(|text| text.contains("BROKEN"));
        assert!(broken.is_empty(), "{}", broken.join("\n"));
        for result in [
            "Ok(())",
            "Err(Unprovisioned)",
            "Err(Provisioned(Production))",
            "Err(Provisioned(Certification))",
            "Err(Latched)",
            "Err(ProductionForGood)",
            "Err(NoProduction)",
            "Err(Name)",
            "Err(Pending)",
            "Err(Rule(Document))",
            "Err(Rule(Client))",
            "Err(Rule(Generation))",
            "Err(Rule(Room))",
            "Err(Rule(LastClient))",
            "Err(Rule(Key))",
            "Err(Random)",
            "Err(Store)",
            "again with power: Ok(())",
            "again with power: Err(Provisioned(Production))",
            "has no such key",
            "has this key",
        ] {
            assert!(fine.iter().any(|text| text.contains(result)), "{result}");
        }
    }
}
