//! A simulated UICC: the SIM card that a reader can be tested with when no card is at hand.
//!
//! It behaves as a contact card does behind T=0 (ETSI TS 102 221) and carries the files of a USIM (3GPP TS 31.102)
//! that SIM services read and write. It needs no operating system and no allocation, and no command makes it panic. What
//! it holds is in memory only: a new [`Card`] is a new card.
//!
//! The [certification card](Certification) is built in, so that a chip can have it; with the feature `full` so is
//! [the same card with all files and commands](Published) that a host's has. Any other card is a [`Memory`]: which
//! files there are, where, and who may touch them. Hosts make one of a profile, a TOML file; those in `profiles` come
//! with the program.
//!
//! ```
//! use cardwire_simcard::{Card, Profile, RESPONSE_MAX};
//!
//! let mut card = Card::new(&Profile::certification());
//! let mut response = [0; RESPONSE_MAX];
//! assert_eq!(card.transmit(&[0x00, 0xA4, 0x00, 0x0C, 0x02, 0x2F, 0xE2], &mut response), 0, "mute without power");
//!
//! assert_eq!(card.cold_reset()[..2], [0x3B, 0x9F]);
//! // SELECT EF.ICCID, no data wanted; READ BINARY with an Le of 0 is told the right one.
//! let length = card.transmit(&[0x00, 0xA4, 0x00, 0x0C, 0x02, 0x2F, 0xE2], &mut response);
//! assert_eq!(response[..length], [0x90, 0x00]);
//! let length = card.transmit(&[0x00, 0xB0, 0x00, 0x00, 0x00], &mut response);
//! assert_eq!(response[..length], [0x6C, 0x0A]);
//! let length = card.transmit(&[0x00, 0xB0, 0x00, 0x00, 0x0A], &mut response);
//! assert_eq!(response[..length], *b"\x98\x00\x00\x01\x01\x21\x43\x65\x87\xF3\x90\x00");
//! ```
//!
//! # Commands
//!
//! | CLA INS | command | clause of ETSI TS 102 221 |
//! | --- | --- | --- |
//! | `00 A4` | SELECT by file identifier, as child, as parent, by name (also cut off), by path | 11.1.1 |
//! | `80 F2` | STATUS | 11.1.2 |
//! | `00 B0`, `00 D6` | READ BINARY, UPDATE BINARY, of the current EF or by SFI | 11.1.3, 11.1.4 |
//! | `00 B2`, `00 DC` | READ RECORD, UPDATE RECORD: absolute, current, next, previous; current EF or by SFI | 11.1.5, 11.1.6 |
//! | `00 A2` | SEARCH RECORD, simple search forward and backward | 11.1.7 |
//! | `00 20`, `24`, `26`, `28`, `2C` | VERIFY, CHANGE, DISABLE, ENABLE, UNBLOCK PIN | 11.1.9 to 11.1.13 |
//! | `80 AA` | TERMINAL CAPABILITY | 11.1.19 |
//! | `00 C0` | GET RESPONSE | 12.1.1 |
//!
//! With the feature `full` also, which the firmware's own image goes without:
//!
//! | CLA INS | command | clause |
//! | --- | --- | --- |
//! | `00 88` | AUTHENTICATE with Milenage, contexts 3G and GSM, sequence numbers by index, resynchronisation | TS 31.102, 7.1; TS 33.102, annex C |
//! | `00 70` | MANAGE CHANNEL, up to four channels: each has its current file and its own verification of PIN2 | 8.7, 11.1.17 |
//! | `A0 ..` | a SIM of the second generation: SELECT, STATUS, READ and UPDATE, CHVs, RUN GSM ALGORITHM, GET RESPONSE | TS 51.011, 9 |
//!
//! # Files of the certification card
//!
//! | directory | files |
//! | --- | --- |
//! | MF `3F00` | EF.DIR `2F00`, EF.PL `2F05`, EF.ARR `2F06`, EF.UMPC `2F08`, EF.ICCID `2FE2` |
//! | DF.TELECOM `7F10` | EF.ADN `6F3A`, EF.FDN `6F3B` |
//! | ADF.USIM, [`USIM_AID`] | EF.IMSI `6F07`, EF.HPPLMN `6F31`, EF.UST `6F38`, EF.SMS `6F3C`, EF.MSISDN `6F40`, EF.SMSP `6F42`, EF.SMSS `6F43`, EF.SPN `6F46`, EF.ACC `6F78`, EF.LOCI `6F7E`, EF.AD `6FAD` |
//!
//! PINs are PIN1 (key reference `01`), PIN2 (`81`) and one administrative key (`0A`).
//!
//! # Where the standard leaves room
//!
//! - A command with the right class byte on another channel is refused with `6881`, with secure messaging with `6882`;
//!   an instruction under the wrong one of the two classes with `6D00`.
//! - A file whose SFI is used becomes current only if the command succeeds.
//! - A wrong PIN takes back an earlier verification. A PIN counter can be asked for while the PIN is disabled.
//! - VERIFY, CHANGE and DISABLE of a disabled PIN end with `6984`, ENABLE of an enabled one with `6985`.
//! - GET RESPONSE may take a part of what waits; `61xx` then announces the rest.
//! - The administrative key opens what asks for it, and nothing else. PIN1 and the key are global, PIN2 is local.
//! - With one channel only, MANAGE CHANNEL ends with `6881`. With more, opening one when all are in use ends with `6A81`,
//!   a number that can't be with `6A86`, closing one that is closed and opening one that is open with `6881`.
//! - AUTHENTICATE outside an application ends with `6985`; data with wrong lengths in it with `6A80`.
//! - Class `A0` has the administrative key as CHV 0A; READ RECORD takes no short file identifier there.
//!
//! # Not supported
//!
//! Card application toolkit (91xx, FETCH, ENVELOPE), secure messaging, extended length and command chaining, which the
//! ATR says, T=1, PPS and procedure bytes, SUSPEND UICC, the commands that create, delete, deactivate or resize files,
//! cyclic and BER-TLV files, INCREASE, enhanced search and SEEK, the universal PIN, ending an application session by
//! SELECT, and AUTHENTICATE for group calls, GBA and local keys.
//!
//! Whether a card is in the slot is not the card's matter: drop it, or don't call it.

#![no_std]

mod access;
mod answer;
mod atr;
#[cfg(feature = "full")]
mod authenticate;
mod binary;
mod card;
mod certification;
mod channels;
mod command;
pub mod encode;
mod fcp;
mod files;
#[cfg(feature = "full")]
mod gsm;
#[cfg(feature = "full")]
mod milenage;
mod pin;
mod profile;
#[cfg(feature = "full")]
mod published;
mod record;
mod select;
mod sw;

pub use access::{Condition, Rule};
pub use atr::ATR;
#[cfg(feature = "full")]
pub use authenticate::SubscriberKey;
pub use card::Card;
pub use certification::{Certification, USIM_AID};
pub use channels::CHANNELS_MAX;
pub use encode::{EncodeError, MncLength};
pub use files::{APPLICATION, Directory, File, Generation, Layout, MASTER_FILE, Memory, Name, Structure};
pub use pin::{PinValue, PinValues};
pub use profile::Profile;
#[cfg(feature = "full")]
pub use published::Published;
pub use sw::StatusWord;

/// The longest answer of a card in bytes: 256 bytes of data and the status word.
pub const RESPONSE_MAX: usize = 258;
