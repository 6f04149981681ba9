//! PINs: what they are, and the five commands on them (ETSI TS 102 221, clauses 9.5 and 11.1.9 to 11.1.13).

use crate::{
    access::Condition,
    command::{Command, ins},
    profile::Secret,
    sw::StatusWord,
};

/// Wrong PINs in a row before a PIN is blocked (11.1.9.1.1).
const ATTEMPTS: u8 = 3;
/// Wrong unblock PINs in a row before unblocking is blocked (11.1.13.1.1).
const UNBLOCK_ATTEMPTS: u8 = 10;

/// What a card's PINs are when it leaves the factory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinValues {
    /// PIN1, key reference `01`.
    pub pin1: PinValue,
    /// PIN2, key reference `81`.
    pub pin2: PinValue,
    /// The administrative key, key reference `0A`.
    pub adm: PinValue,
}

/// One PIN or key, and the PIN that unblocks it; neither is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinValue {
    pub(crate) value: Secret,
    pub(crate) unblock: Secret,
    enabled: bool,
    attempts: u8,
    unblock_attempts: u8,
}

impl PinValue {
    /// A PIN that is asked for, with all its attempts.
    pub const fn new(value: [u8; 8], unblock: [u8; 8]) -> Self {
        Self {
            value: Secret(value),
            unblock: Secret(unblock),
            enabled: true,
            attempts: ATTEMPTS,
            unblock_attempts: UNBLOCK_ATTEMPTS,
        }
    }

    /// The same with these attempts left, of the PIN and of the one that unblocks it; it is blocked at 0.
    #[must_use]
    pub const fn with_attempts(self, attempts: u8, unblock_attempts: u8) -> Self {
        Self {
            attempts,
            unblock_attempts,
            ..self
        }
    }

    /// The same, asked for or not; PIN2 and keys always are.
    #[must_use]
    pub const fn with_enabled(self, enabled: bool) -> Self {
        Self { enabled, ..self }
    }
}

/// One PIN or administrative key.
#[derive(Clone)]
struct Pin {
    value: Secret,
    attempts: u8,
    enabled: bool,
    /// The logical channels in which it was verified, one bit each. PIN1 and the key are global: it holds in all of
    /// them or in none; PIN2 is local (9.5.1).
    verified: u8,
    is_global: bool,
    kind: Kind,
}

/// What sets a user's PIN apart from an administrative key.
#[derive(Clone)]
enum Kind {
    User {
        unblock: Secret,
        unblock_attempts: u8,
        can_be_disabled: bool,
    },
    Administrative,
}

/// All PINs of the card.
#[derive(Clone)]
pub(crate) struct Pins {
    pin1: Pin,
    pin2: Pin,
    adm: Pin,
}

impl Pins {
    pub(crate) fn new(values: &PinValues) -> Self {
        let pin = |value: &PinValue, can_be_disabled: bool, is_global| Pin {
            value: value.value,
            attempts: value.attempts,
            enabled: value.enabled || !can_be_disabled,
            verified: 0,
            is_global,
            kind: Kind::User {
                unblock: value.unblock,
                unblock_attempts: value.unblock_attempts,
                can_be_disabled,
            },
        };
        Self {
            pin1: pin(&values.pin1, true, true),
            pin2: pin(&values.pin2, false, false),
            adm: Pin {
                kind: Kind::Administrative,
                ..pin(&values.adm, false, true)
            },
        }
    }

    /// A reset ends every verification; counters stay.
    pub(crate) fn reset(&mut self) {
        for pin in [&mut self.pin1, &mut self.pin2, &mut self.adm] {
            pin.verified = 0;
        }
    }

    /// A logical channel that is closed, or opened anew, has no local verification.
    #[cfg(feature = "full")]
    pub(crate) fn forget_channel(&mut self, channel: u8) {
        self.pin2.verified &= !bit(channel);
    }

    /// Refuses unless the condition is met.
    pub(crate) fn require(&self, condition: Condition, channel: u8) -> Result<(), StatusWord> {
        let met = match condition {
            Condition::Always => true,
            Condition::Pin1 => self.pin1.opens(channel),
            Condition::Pin2 => self.pin2.opens(channel),
            Condition::Adm => self.adm.opens(channel),
            Condition::Never => false,
        };
        if met {
            Ok(())
        } else {
            Err(StatusWord::SECURITY_NOT_SATISFIED)
        }
    }

    /// What class `A0` tells of PIN1 and PIN2: whether PIN1 is enabled, and the attempts that are left, each before
    /// those of its unblock PIN.
    #[cfg(feature = "full")]
    pub(crate) fn attempts(&self) -> (bool, [u8; 4]) {
        let unblock = |pin: &Pin| match pin.kind {
            Kind::User { unblock_attempts, .. } => unblock_attempts,
            Kind::Administrative => 0,
        };
        let (one, two) = (&self.pin1, &self.pin2);
        (
            one.enabled,
            [one.attempts, unblock(one), two.attempts, unblock(two)],
        )
    }

    /// The PIN status byte: bit 8 for PIN1, bit 7 for PIN2 (9.5.2, 11.1.1.4.10).
    pub(crate) fn status(&self) -> u8 {
        u8::from(self.pin1.enabled) << 7 | u8::from(self.pin2.enabled) << 6
    }

    /// VERIFY, CHANGE, DISABLE, ENABLE, UNBLOCK.
    pub(crate) fn execute(&mut self, command: &Command<'_>) -> Result<(), StatusWord> {
        let data = command.data()?;
        // DISABLE PIN with P1 = 80 would put the universal PIN in its place, which this card doesn't have (11.1.11).
        if command.p1 != 0x00 {
            return Err(StatusWord::WRONG_P1_P2);
        }
        // Key references (9.5.1).
        let pin = match command.p2 {
            0x00 => return Err(StatusWord::WRONG_P1_P2),
            0x01 => &mut self.pin1,
            0x0A => &mut self.adm,
            0x81 => &mut self.pin2,
            _ => return Err(StatusWord::REFERENCE_NOT_FOUND),
        };
        let channel = command.channel;
        match command.instruction {
            ins::VERIFY => pin.verify(data, channel),
            ins::CHANGE => pin.change(data, channel),
            ins::DISABLE => pin.disable(data, channel),
            ins::ENABLE => pin.enable(data, channel),
            ins::UNBLOCK => pin.unblock(data, channel),
            _ => Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),
        }
    }
}

impl Pin {
    /// Whether files behind this PIN are open: it was verified in this session, or nobody asks for it.
    fn opens(&self, channel: u8) -> bool {
        self.verified & bit(channel) != 0 || !self.enabled
    }

    /// 11.1.9; without data it tells the attempts that are left and changes nothing.
    fn verify(&mut self, data: &[u8], channel: u8) -> Result<(), StatusWord> {
        if data.is_empty() {
            self.refuse_if_blocked()?;
            return Err(StatusWord::attempts_left(self.attempts));
        }
        let value = one(data)?;
        self.refuse_if_blocked()?;
        self.refuse_if_disabled()?;
        self.compare(value, channel)
    }

    /// 11.1.10.
    fn change(&mut self, data: &[u8], channel: u8) -> Result<(), StatusWord> {
        let (old, new) = two(data)?;
        self.refuse_if_blocked()?;
        self.refuse_if_disabled()?;
        self.refuse_if_malformed(new)?;
        self.compare(old, channel)?;
        self.value = Secret(new);
        Ok(())
    }

    /// 11.1.11.
    fn disable(&mut self, data: &[u8], channel: u8) -> Result<(), StatusWord> {
        let value = one(data)?;
        self.refuse_if_always_enabled()?;
        self.refuse_if_blocked()?;
        self.refuse_if_disabled()?;
        self.compare(value, channel)?;
        self.enabled = false;
        Ok(())
    }

    /// 11.1.12.
    fn enable(&mut self, data: &[u8], channel: u8) -> Result<(), StatusWord> {
        let value = one(data)?;
        self.refuse_if_blocked()?;
        if self.enabled {
            return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        self.compare(value, channel)?;
        self.enabled = true;
        Ok(())
    }

    /// 11.1.13; without data it tells the attempts that are left and changes nothing.
    fn unblock(&mut self, data: &[u8], channel: u8) -> Result<(), StatusWord> {
        let Kind::User {
            unblock,
            unblock_attempts,
            ..
        } = &mut self.kind
        else {
            return Err(StatusWord::REFERENCE_NOT_FOUND);
        };
        let presented = if data.is_empty() { None } else { Some(two(data)?) };
        if *unblock_attempts == 0 {
            return Err(StatusWord::BLOCKED);
        }
        let Some((value, new)) = presented else {
            return Err(StatusWord::attempts_left(*unblock_attempts));
        };
        if !is_well_formed(new) {
            return Err(StatusWord::WRONG_DATA);
        }
        if Secret(value) != *unblock {
            *unblock_attempts -= 1;
            return Err(StatusWord::attempts_left(*unblock_attempts));
        }
        *unblock_attempts = UNBLOCK_ATTEMPTS;
        self.value = Secret(new);
        self.attempts = ATTEMPTS;
        self.enabled = true;
        self.set_verified(channel);
        Ok(())
    }

    /// Counts the attempt, and takes back an earlier verification if it is wrong.
    fn compare(&mut self, value: [u8; 8], channel: u8) -> Result<(), StatusWord> {
        if Secret(value) == self.value {
            self.set_verified(channel);
            self.attempts = ATTEMPTS;
            return Ok(());
        }
        self.verified = 0;
        self.attempts = self.attempts.saturating_sub(1);
        Err(StatusWord::attempts_left(self.attempts))
    }

    fn set_verified(&mut self, channel: u8) {
        self.verified |= if self.is_global { u8::MAX } else { bit(channel) };
    }

    fn refuse_if_blocked(&self) -> Result<(), StatusWord> {
        if self.attempts == 0 {
            Err(StatusWord::BLOCKED)
        } else {
            Ok(())
        }
    }

    fn refuse_if_disabled(&self) -> Result<(), StatusWord> {
        if self.enabled {
            Ok(())
        } else {
            Err(StatusWord::PIN_DISABLED)
        }
    }

    /// PIN2 and administrative keys can't be disabled (3GPP TS 31.102, 6.4).
    fn refuse_if_always_enabled(&self) -> Result<(), StatusWord> {
        match self.kind {
            Kind::User {
                can_be_disabled: true,
                ..
            } => Ok(()),
            Kind::User {
                can_be_disabled: false,
                ..
            }
            | Kind::Administrative => Err(StatusWord::CONDITIONS_NOT_SATISFIED),
        }
    }

    /// A new PIN is made of digits; an administrative key of anything.
    fn refuse_if_malformed(&self, new: [u8; 8]) -> Result<(), StatusWord> {
        match self.kind {
            Kind::User { .. } if !is_well_formed(new) => Err(StatusWord::WRONG_DATA),
            Kind::User { .. } | Kind::Administrative => Ok(()),
        }
    }
}

/// The bit of a logical channel, of which there are four at most.
const fn bit(channel: u8) -> u8 {
    1 << (channel & 0x07)
}

/// The PIN that is the whole data field.
fn one(data: &[u8]) -> Result<[u8; 8], StatusWord> {
    data.try_into().map_err(|_| StatusWord::WRONG_LENGTH)
}

/// The two PINs that are the whole data field.
fn two(data: &[u8]) -> Result<([u8; 8], [u8; 8]), StatusWord> {
    let (first, second) = data.split_first_chunk().ok_or(StatusWord::WRONG_LENGTH)?;
    Ok((*first, one(second)?))
}

/// 4 to 8 digits, then `FF` (ETSI TS 102 221, 9.5).
fn is_well_formed(pin: [u8; 8]) -> bool {
    let digits = pin.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits >= 4 && pin.iter().skip(digits).all(|byte| *byte == 0xFF)
}
