//! Updates of a hand: each is logic of its own, which no device was ever offered.

use super::{CHUNK, Came, Hand, broken};
use crate::{
    cases::programs::{self, SERVICE},
    hex,
    sequence::model::Act,
    tester::{Answer, Manifest, Silence, Tester, digest, encode},
    verdict::Step,
};
use serde_json::json;
use std::time::{SystemTime, UNIX_EPOCH};

/// An update of a walk.
#[derive(Clone, Debug)]
pub(super) struct Update {
    content: Vec<u8>,
    manifest: Manifest,
    encoded: Vec<u8>,
    digest: String,
    /// The first byte that the reader does not have, as far as it said.
    next: u64,
}

impl Hand {
    pub(super) fn note_update(&mut self, tester: &mut Tester, message: &[u8], answer: &Answer) -> Step {
        let named = answer.fields["digest"].as_str().unwrap_or_default();
        let own = self.made.values_mut().find(|update| update.digest == named);
        if let (Some(update), Some(next)) = (own, answer.fields["next_offset"].as_u64()) {
            update.next = next;
        }
        // A commit that was refused raises nothing; one that was not says what it raised.
        let is_commit = message.first() == Some(&0x56);
        if answer.name == "update_result" && is_commit {
            tester.note_counters(answer)?;
        }
        Ok(())
    }

    pub(super) fn offer(&mut self, tester: &mut Tester, act: Act, silence: Silence) -> Step<Came> {
        let counter = tester.logic_counter();
        let counter = match act {
            Act::UpdateOfferOther => counter + 2,
            Act::UpdateOfferAgain => self.offered.unwrap_or(counter + 1),
            // There is none older than the first.
            Act::UpdateOfferOld => counter.max(1),
            _ => counter + 1,
        };
        let update = self.update(tester, counter)?;
        let encoded = if act == Act::UpdateOfferForeign {
            let hardware_class = json!(0xF0F0);
            Manifest {
                hardware_class,
                ..update.manifest.clone()
            }
            .encode()?
        } else {
            update.encoded.clone()
        };
        let signature = if act == Act::UpdateOfferUnsigned {
            tester.sign_as_stranger(&encoded)
        } else {
            tester.sign(&encoded)?
        };
        let is_right = match act {
            Act::UpdateOfferOld => tester.logic_counter() == 0,
            _ => matches!(
                act,
                Act::UpdateOffer | Act::UpdateOfferOther | Act::UpdateOfferAgain
            ),
        };
        if is_right {
            self.offered = Some(counter);
        }
        let fields = json!({ "manifest": hex::encode(&encoded), "signature": hex::encode(&signature) });
        let message = encode("update_offer", &fields)?;
        self.relay_word(tester, &message, silence)
    }

    pub(super) fn chunk(&mut self, tester: &mut Tester, act: Act, silence: Silence) -> Step<Came> {
        let (content, next) = match self.offered {
            Some(counter) => {
                let update = self.update(tester, counter)?;
                (update.content.clone(), update.next)
            }
            None => (Vec::new(), 0),
        };
        let next = usize::try_from(next).unwrap_or_default();
        let rest = content.get(next..).unwrap_or_default();
        let (offset, data) = match act {
            Act::UpdateChunkAhead => (next + 1, vec![0x63]),
            Act::UpdateChunkLong => (next, [rest, &[0; 2]].concat()),
            _ if rest.is_empty() => (next, vec![0x63]),
            Act::UpdateChunkRest => (next, rest.to_vec()),
            Act::UpdateChunkSpoiled => (next, rest.iter().map(|byte| byte ^ 0x01).collect()),
            _ => (next, rest[..rest.len().min(CHUNK)].to_vec()),
        };
        let fields = json!({ "digest": self.digest(tester)?, "offset": offset, "data": hex::encode(&data) });
        let message = encode("update_chunk", &fields)?;
        self.relay_word(tester, &message, silence)
    }

    /// The digest of the manifest that was offered last; of none, a digest of nothing.
    pub(super) fn digest(&mut self, tester: &Tester) -> Step<String> {
        match self.offered {
            Some(counter) => Ok(self.update(tester, counter)?.digest.clone()),
            None => Ok(hex::encode(&digest(&[]))),
        }
    }

    /// The update with this counter: logic that says which it is.
    pub(super) fn update(&mut self, tester: &Tester, counter: u64) -> Step<&Update> {
        if !self.made.contains_key(&counter) {
            let content = programs::echo(&format!("walk {:016x} {counter:08}", self.mark))?;
            let manifest = Manifest {
                kind: 0x03,
                hardware_class: tester.hardware_class(),
                counter,
                service: SERVICE,
                size: content.len() as u64,
                content_digest: digest(&content),
                min_software: 0,
            };
            let encoded = manifest.encode()?;
            let update = Update {
                digest: hex::encode(&digest(&encoded)),
                content,
                manifest,
                encoded,
                next: 0,
            };
            self.made.insert(counter, update);
        }
        self.made
            .get(&counter)
            .ok_or_else(|| broken("an update that was made is gone"))
    }
}

/// A number that no run had before: it follows from no seed, because a run that is repeated meets the device that the
/// first one left.
pub(super) fn mark() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or_default()
}
