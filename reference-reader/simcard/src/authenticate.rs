//! AUTHENTICATE and RUN GSM ALGORITHM: the card proves that it knows the subscriber's key, and checks that the network does
//! (3GPP TS 31.102, 7.1; TS 33.102, 6.3 and annex C; TS 51.011, 9.2.16).

use crate::{
    answer::Response,
    milenage::{Milenage, Vector},
    sw::StatusWord,
};
use core::fmt;

/// The subscriber's key and the operator's constant, of which nothing is shown: Milenage (3GPP TS 35.206).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SubscriberKey {
    k: [u8; 16],
    opc: [u8; 16],
}

/// What the card keeps of a subscription besides its files.
#[derive(Clone)]
pub(crate) struct Subscription {
    key: SubscriberKey,
    sequence: Sequence,
}

/// How many authentications the card tells apart that are under way at once: one bit of IND each way (TS 33.102, C.1.1.3).
const INDICES: usize = 32;
/// The low bits of a sequence number that are its IND.
const IND_BITS: u32 = 5;
/// A sequence number has 48 bits.
const SQN_MAX: u64 = (1 << 48) - 1;

/// The sequence numbers that the card has accepted, one for each IND.
#[derive(Clone)]
struct Sequence {
    accepted: [u64; INDICES],
    highest: u64,
}

impl SubscriberKey {
    /// From K and OPc, as a profile of an operator has them.
    pub const fn with_opc(k: [u8; 16], opc: [u8; 16]) -> Self {
        Self { k, opc }
    }

    /// From K and OP, from which OPc is derived.
    pub fn with_op(k: [u8; 16], op: [u8; 16]) -> Self {
        Self {
            k,
            opc: Milenage::opc(k, op),
        }
    }

    fn functions(&self) -> Milenage {
        Milenage::with_opc(self.k, self.opc)
    }
}

impl fmt::Debug for SubscriberKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubscriberKey(..)")
    }
}

impl Subscription {
    /// `sqn` is the highest sequence number that counts as used.
    pub(crate) fn new(key: SubscriberKey, sqn: u64) -> Self {
        let sequence = Sequence {
            accepted: [sqn & SQN_MAX; INDICES],
            highest: sqn & SQN_MAX,
        };
        Self { key, sequence }
    }

    /// 3G security context: RAND and AUTN, each behind its length (TS 31.102, 7.1.2.1).
    pub(crate) fn authenticate(
        &mut self,
        data: &[u8],
        gives_gsm_key: bool,
        response: &mut Response,
    ) -> Result<(), StatusWord> {
        let [0x10, rest @ ..] = data else {
            return Err(wrong(data));
        };
        let Some((rand, [0x10, autn @ ..])) = rest.split_first_chunk::<16>() else {
            return Err(wrong(rest));
        };
        let Ok(autn) = <&[u8; 16]>::try_from(autn) else {
            return Err(StatusWord::WRONG_LENGTH);
        };
        let (hidden, rest) = split::<6>(autn);
        let (amf, mac) = split::<2>(rest);
        let functions = self.key.functions();
        let Vector { res, ck, ik, ak } = functions.f2345(*rand);
        let sqn = exclusive_or(hidden, ak);
        let (expected, _) = functions.f1(*rand, sqn, amf);
        if expected != mac {
            return Err(StatusWord::AUTHENTICATION_FAILED);
        }
        if !self.sequence.accept(sqn) {
            // Synchronisation failure: the network is told where the card stands (TS 33.102, 6.3.3).
            let highest = self.sequence.highest();
            let (_, mac) = functions.f1(*rand, highest, [0x00, 0x00]);
            let hidden = exclusive_or(highest, functions.f5star(*rand));
            response.push(&[0xDC, 0x0E]);
            response.push(&hidden);
            response.push(&mac);
            return Ok(());
        }
        response.push(&[0xDB]);
        for part in [&res[..], &ck, &ik] {
            response.push(&[part.len() as u8]);
            response.push(part);
        }
        if gives_gsm_key {
            response.push(&[0x08]);
            response.push(&gsm_key(ck, ik));
        }
        Ok(())
    }

    /// GSM security context: the signed response and the key, from RAND alone (TS 33.102, 6.8.1.2: c2 and c3).
    pub(crate) fn gsm(&self, rand: [u8; 16]) -> ([u8; 4], [u8; 8]) {
        let Vector { res, ck, ik, .. } = self.key.functions().f2345(rand);
        let [a, b, c, d, e, f, g, h] = res;
        (exclusive_or([a, b, c, d], [e, f, g, h]), gsm_key(ck, ik))
    }
}

impl Sequence {
    /// Accepts a number that is higher than the last one with the same IND (TS 33.102, C.2.2).
    fn accept(&mut self, sqn: [u8; 6]) -> bool {
        let [a, b, c, d, e, f] = sqn;
        let sqn = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
        let index = (sqn % INDICES as u64) as usize;
        let Some(accepted) = self.accepted.get_mut(index) else {
            return false;
        };
        let is_fresh = sqn >> IND_BITS > *accepted >> IND_BITS;
        if is_fresh {
            *accepted = sqn;
            self.highest = self.highest.max(sqn);
        }
        is_fresh
    }

    fn highest(&self) -> [u8; 6] {
        let [_, _, a, b, c, d, e, f] = self.highest.to_be_bytes();
        [a, b, c, d, e, f]
    }
}

/// Data that does not have the form: too short, or with a length in it that is none.
fn wrong(data: &[u8]) -> StatusWord {
    if data.is_empty() {
        StatusWord::WRONG_LENGTH
    } else {
        StatusWord::WRONG_DATA
    }
}

/// Kc (TS 33.102, 6.8.1.2: c3).
fn gsm_key(ck: [u8; 16], ik: [u8; 16]) -> [u8; 8] {
    let (ck_high, ck_low) = halves(ck);
    let (ik_high, ik_low) = halves(ik);
    exclusive_or(exclusive_or(ck_high, ck_low), exclusive_or(ik_high, ik_low))
}

fn halves(key: [u8; 16]) -> ([u8; 8], [u8; 8]) {
    let [high, low] =
        [0, 8].map(|start| core::array::from_fn(|at| key.get(start + at).copied().unwrap_or_default()));
    (high, low)
}

fn split<const N: usize>(bytes: &[u8]) -> ([u8; N], &[u8]) {
    bytes
        .split_first_chunk::<N>()
        .map_or(([0; N], &[]), |(first, rest)| (*first, rest))
}

fn exclusive_or<const N: usize>(one: [u8; N], other: [u8; N]) -> [u8; N] {
    let mut result = one;
    result
        .iter_mut()
        .zip(other)
        .for_each(|(byte, other)| *byte ^= other);
    result
}
