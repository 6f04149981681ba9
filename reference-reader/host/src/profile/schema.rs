//! What a profile may say, field by field.

use serde::{Deserialize, Deserializer, de::Error as _};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Profile {
    /// For people: what card this is.
    #[serde(rename = "about")]
    pub(super) _about: Option<String>,
    pub(super) generation: Generation,
    pub(super) atr: Hex,
    #[serde(default = "one")]
    pub(super) channels: u8,
    pub(super) subscriber: Subscriber,
    pub(super) authentication: Option<Authentication>,
    pub(super) pins: Pins,
    #[serde(rename = "directory")]
    pub(super) directories: Vec<Directory>,
    #[serde(default)]
    pub(super) faults: Faults,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Generation {
    Uicc,
    Sim,
}

/// What makes a card a subscriber's; an empty text is a card without it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Subscriber {
    pub(super) iccid: String,
    pub(super) imsi: String,
    pub(super) mnc_digits: u8,
    pub(super) service_provider: String,
    pub(super) msisdn: String,
    pub(super) sms_centre: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Authentication {
    pub(super) k: Hex,
    pub(super) opc: Option<Hex>,
    pub(super) op: Option<Hex>,
    pub(super) sqn: Option<Hex>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Pins {
    pub(super) pin1: Pin,
    pub(super) pin2: Pin,
    pub(super) adm: Key,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Pin {
    pub(super) value: String,
    pub(super) unblock: String,
    #[serde(default = "yes")]
    pub(super) enabled: bool,
    #[serde(default = "three")]
    pub(super) attempts: u8,
    #[serde(default = "ten")]
    pub(super) unblock_attempts: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Key {
    pub(super) key: Hex,
    #[serde(default = "three")]
    pub(super) attempts: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Directory {
    pub(super) name: String,
    pub(super) fid: u16,
    /// The name of the directory above it; the first one's where none is given.
    pub(super) parent: Option<String>,
    /// The name of an application, and what EF.DIR calls it.
    pub(super) aid: Option<Hex>,
    pub(super) label: Option<String>,
    pub(super) files: Vec<File>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct File {
    pub(super) name: String,
    pub(super) fid: u16,
    pub(super) sfi: Option<u8>,
    /// Of a transparent file.
    pub(super) size: Option<u16>,
    /// Of a linear fixed file.
    pub(super) record_length: Option<u8>,
    pub(super) records: Option<u8>,
    pub(super) read: Condition,
    pub(super) update: Condition,
    /// What it holds, in one of these ways; `FF` where none is given.
    pub(super) content: Option<Content>,
    pub(super) from: Option<From>,
    /// Names and dialling numbers, one a record.
    pub(super) numbers: Option<Vec<(String, String)>>,
    /// The numbers of services that a service table offers.
    pub(super) services: Option<Vec<u8>>,
}

/// Bytes of a file, or of its records.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Content {
    Whole(Hex),
    Records(Vec<Hex>),
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Condition {
    Always,
    Pin1,
    Pin2,
    Adm,
    Never,
}

/// A content that follows from something else in the profile.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum From {
    Applications,
    AccessRules,
    Iccid,
    Imsi,
    ServiceProvider,
    Msisdn,
    SmsCentre,
    AccessClass,
    Location,
    PacketLocation,
    EpsLocation,
    AdministrativeData,
}

/// What a card does that it shouldn't. A card without faults has none of these.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Faults {
    /// Instead of the answer to reset.
    pub(crate) atr: Option<Hex>,
    /// No answer to a reset.
    pub mute_at_reset: bool,
    /// Mute after this many commands, until the next reset.
    pub mute_after: Option<u32>,
    /// Mute after one of these instructions, until the next reset.
    pub(crate) mute_on: Vec<Instruction>,
    /// Each answer comes this much later.
    pub delay_ms: u64,
    /// `61xx` announces this many bytes more than there are.
    pub announce_more: u8,
    /// These instructions end with `6F00`.
    pub(crate) technical_problem: Vec<Instruction>,
}

/// Bytes in hexadecimal, with blanks where it pleases. Not shown: some are keys.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Hex(pub(crate) Vec<u8>);

/// An instruction code in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instruction(pub(crate) u8);

impl core::fmt::Debug for Hex {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Hex({} bytes)", self.0.len())
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        bytes(&text).map(Self).ok_or_else(|| {
            D::Error::custom(
                "expected bytes: an even number of hexadecimal digits, and blanks where it pleases",
            )
        })
    }
}

impl<'de> Deserialize<'de> for Instruction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Hex(bytes) = Hex::deserialize(deserializer)?;
        match bytes[..] {
            [instruction] => Ok(Self(instruction)),
            _ => Err(D::Error::custom(
                "expected an instruction code: two hexadecimal digits",
            )),
        }
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    let digits: Option<Vec<_>> = digits.map(|digit| char::from(digit).to_digit(16)).collect();
    let digits = digits?;
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    // Two digits below 16 are a byte.
    Some(pairs.iter().map(|[high, low]| (high << 4 | low) as u8).collect())
}

const fn one() -> u8 {
    1
}

const fn three() -> u8 {
    3
}

const fn ten() -> u8 {
    10
}

const fn yes() -> bool {
    true
}
