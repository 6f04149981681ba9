//! What is personal about a card: its numbers, its name, its PINs.

use core::fmt;

use crate::{
    encode::{self, EncodeError, MncLength},
    pin::{PinValue, PinValues},
};

/// The values that make one card out of many, already in the form in which the card stores them.
///
/// A profile can't be invalid: every text goes through [`encode`](crate::encode) on its way in.
///
/// ```
/// use cardwire_simcard::{MncLength, Profile};
///
/// let profile = Profile::certification()
///     .with_imsi("310170123456789", MncLength::Three)?
///     .with_service_provider("Elsewhere")?
///     .with_pin1_enabled(true);
/// # Ok::<(), cardwire_simcard::EncodeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub(crate) iccid: [u8; 10],
    pub(crate) imsi: [u8; 9],
    pub(crate) mnc_length: MncLength,
    pub(crate) service_provider: [u8; 17],
    pub(crate) msisdn: [u8; 12],
    pub(crate) sms_centre: [u8; 12],
    pub(crate) pin1: Secret,
    pub(crate) unblock_pin1: Secret,
    pub(crate) pin1_enabled: bool,
    pub(crate) pin2: Secret,
    pub(crate) unblock_pin2: Secret,
    pub(crate) adm: Secret,
}

impl Profile {
    /// The published certification card, the same for everybody who tests a reader.
    ///
    /// | value | is | from |
    /// | --- | --- | --- |
    /// | ICCID | 8900001010123456783 | no country has code 00; the last digit is the check digit |
    /// | IMSI | 001010123456789, MNC of two digits | test network 001/01 |
    /// | service provider | Cardwire Test | |
    /// | MSISDN | +4915228817386 | kept free for films by the German regulator |
    /// | SMS centre | +493023125000 | likewise |
    /// | PIN1, its unblock PIN | 1234, 12345678 | PIN1 is disabled |
    /// | PIN2, its unblock PIN | 5678, 87654321 | |
    /// | ADM (key reference `0A`) | the bytes of "CARDWIRE" | |
    pub const fn certification() -> Self {
        CERTIFICATION
    }

    /// The key of every certification card: test set 1 of 3GPP TS 35.208.
    #[cfg(feature = "full")]
    pub const SUBSCRIBER_KEY: crate::SubscriberKey = crate::SubscriberKey::with_opc(
        0x465B_5CE8_B199_B49F_AA5F_0A2E_E238_A6BC_u128.to_be_bytes(),
        0xCD63_CB71_954A_9F4E_48A5_994E_37A0_2BAF_u128.to_be_bytes(),
    );

    /// Changes EF.ICCID; 18 to 20 digits, the check digit among them.
    pub fn with_iccid(self, digits: &str) -> Result<Self, EncodeError> {
        Ok(Self {
            iccid: encode::iccid(digits)?,
            ..self
        })
    }

    /// Changes EF.IMSI, and what follows from it: EF.ACC, EF.AD and the network in EF.LOCI; 6 to 15 digits.
    pub fn with_imsi(self, digits: &str, mnc_length: MncLength) -> Result<Self, EncodeError> {
        Ok(Self {
            imsi: encode::imsi(digits)?,
            mnc_length,
            ..self
        })
    }

    /// Changes EF.SPN; up to 16 characters.
    pub fn with_service_provider(self, name: &str) -> Result<Self, EncodeError> {
        Ok(Self {
            service_provider: encode::service_provider_name(name)?,
            ..self
        })
    }

    /// Changes the first record of EF.MSISDN; 1 to 20 digits, with `+` before an international number.
    pub fn with_msisdn(self, number: &str) -> Result<Self, EncodeError> {
        Ok(Self {
            msisdn: encode::dialling_number(number)?,
            ..self
        })
    }

    /// Changes the first record of EF.SMSP; 1 to 20 digits, with `+` before an international number.
    pub fn with_sms_centre(self, number: &str) -> Result<Self, EncodeError> {
        Ok(Self {
            sms_centre: encode::dialling_number(number)?,
            ..self
        })
    }

    /// Changes PIN1 and the PIN that unblocks it; 4 to 8 digits each.
    pub fn with_pin1(self, pin: &str, unblock: &str) -> Result<Self, EncodeError> {
        Ok(Self {
            pin1: Secret(encode::pin(pin)?),
            unblock_pin1: Secret(encode::pin(unblock)?),
            ..self
        })
    }

    /// Says whether PIN1 is asked for; the certification card doesn't.
    pub fn with_pin1_enabled(self, pin1_enabled: bool) -> Self {
        Self { pin1_enabled, ..self }
    }

    /// Changes PIN2 and the PIN that unblocks it; 4 to 8 digits each.
    pub fn with_pin2(self, pin: &str, unblock: &str) -> Result<Self, EncodeError> {
        Ok(Self {
            pin2: Secret(encode::pin(pin)?),
            unblock_pin2: Secret(encode::pin(unblock)?),
            ..self
        })
    }

    /// Changes the administrative key, key reference `0A`.
    pub fn with_adm(self, key: [u8; 8]) -> Self {
        Self {
            adm: Secret(key),
            ..self
        }
    }
}

impl Profile {
    /// PINs and keys.
    pub(crate) fn pins(&self) -> PinValues {
        PinValues {
            pin1: PinValue::new(self.pin1.0, self.unblock_pin1.0).with_enabled(self.pin1_enabled),
            pin2: PinValue::new(self.pin2.0, self.unblock_pin2.0),
            adm: PinValue::new(self.adm.0, self.adm.0),
        }
    }
}

impl Default for Profile {
    /// [`Profile::certification`].
    fn default() -> Self {
        Self::certification()
    }
}

/// Eight bytes that must not appear in a log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Secret(pub(crate) [u8; 8]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

const CERTIFICATION: Profile = Profile {
    iccid: checked(encode::iccid("8900001010123456783")),
    imsi: checked(encode::imsi("001010123456789")),
    mnc_length: MncLength::Two,
    service_provider: checked(encode::service_provider_name("Cardwire Test")),
    msisdn: checked(encode::dialling_number("+4915228817386")),
    sms_centre: checked(encode::dialling_number("+493023125000")),
    pin1: Secret(checked(encode::pin("1234"))),
    unblock_pin1: Secret(checked(encode::pin("12345678"))),
    pin1_enabled: false,
    pin2: Secret(checked(encode::pin("5678"))),
    unblock_pin2: Secret(checked(encode::pin("87654321"))),
    adm: Secret(*b"CARDWIRE"),
};

/// Takes a value that is written in this file, or stops the compiler.
pub(crate) const fn checked<const N: usize>(encoded: Result<[u8; N], EncodeError>) -> [u8; N] {
    match encoded {
        Ok(bytes) => bytes,
        Err(_) => panic!("a text in the program can't be encoded"),
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn certification_card_has_a_valid_check_digit() {
        assert_eq!(encode::luhn_check_digit("890000101012345678"), 3);
    }

    #[test]
    fn secrets_are_not_shown() {
        let shown = std::format!("{:?}", Profile::certification());
        assert!(shown.contains("pin1: Secret(..)"), "{shown}");
        assert!(!shown.contains("49, 50, 51, 52"), "{shown}");
    }

    #[test]
    fn errors_name_the_place() {
        let error = Profile::default().with_msisdn("+49 152").unwrap_err();
        assert_eq!(
            std::format!("{error}"),
            "character 2 of the text has no place in this field"
        );
        let error = Profile::default().with_pin1("1", "12345678").unwrap_err();
        assert_eq!(
            std::format!("{error}"),
            "the text has 1 characters, the field takes 4 to 8"
        );
    }
}
