//! What the files hold, and what they hold when the card leaves the factory.

use crate::{
    access::Rule,
    encode,
    files::{DIALLING_RECORD, Ef, SMS_RECORD, Structure, USIM_AID},
    profile::{Profile, checked},
};

/// The content of all files, one behind the other.
#[derive(Clone)]
pub(crate) struct Content([u8; Ef::TOTAL_SIZE]);

impl Content {
    pub(crate) fn new(profile: &Profile) -> Self {
        let mut content = Self([0xFF; Ef::TOTAL_SIZE]);
        for ef in Ef::ALL {
            personalise(ef, profile, content.of_mut(ef));
        }
        content
    }

    /// The whole file.
    pub(crate) fn of(&self, ef: Ef) -> &[u8] {
        self.0
            .get(ef.offset()..ef.offset() + ef.structure().size())
            .unwrap_or_default()
    }

    /// The whole file, to be written.
    pub(crate) fn of_mut(&mut self, ef: Ef) -> &mut [u8] {
        self.0
            .get_mut(ef.offset()..ef.offset() + ef.structure().size())
            .unwrap_or_default()
    }

    /// A record, the first is 1; `None` if the file has no such record, or no records at all.
    pub(crate) fn record(&self, ef: Ef, number: u8) -> Option<&[u8]> {
        self.of(ef).get(record_range(ef, number)?)
    }

    /// A record, to be written.
    pub(crate) fn record_mut(&mut self, ef: Ef, number: u8) -> Option<&mut [u8]> {
        self.of_mut(ef).get_mut(record_range(ef, number)?)
    }
}

fn record_range(ef: Ef, number: u8) -> Option<core::ops::Range<usize>> {
    let Structure::LinearFixed { record_length, .. } = ef.structure() else {
        return None;
    };
    let length = usize::from(record_length);
    let start = usize::from(number.checked_sub(1)?) * length;
    Some(start..start + length)
}

/// Writes the first content of a file, which is filled with `FF`.
fn personalise(ef: Ef, profile: &Profile, file: &mut [u8]) {
    match ef {
        Ef::Dir => {
            // ETSI TS 102 221, 13.1: application template, identifier, label.
            write(file, 0, &[0x61, 0x18, 0x4F, 0x10]);
            write(file, 4, &USIM_AID);
            write(file, 20, b"\x50\x04USIM");
        }
        Ef::Pl => write(file, 0, b"en"),
        Ef::Arr => {
            for (record, rule) in file.chunks_exact_mut(Rule::RECORD_LENGTH.into()).zip(Rule::ALL) {
                record
                    .iter_mut()
                    .zip(rule.record())
                    .for_each(|(byte, value)| *byte = value);
            }
        }
        // 10 mA, settled after 5 time units, no further information (ETSI TS 102 221, 13.6).
        Ef::Umpc => write(file, 0, &[0x0A, 0x05, 0x00]),
        Ef::Iccid => write(file, 0, &profile.iccid),
        Ef::Adn => {
            for (place, (name, number)) in PHONE_BOOK.iter().enumerate() {
                dialling_record(file, place, name, number);
            }
        }
        // Empty records.
        Ef::Fdn => {}
        Ef::Imsi => write(file, 0, &profile.imsi),
        // Searched for every two units of time (3GPP TS 31.102, 4.2.6).
        Ef::Hpplmn => write(file, 0, &[0x02]),
        Ef::Ust => {
            file.fill(0x00);
            // Services 10 SMS, 12 SMSP; 19 SPN, 21 MSISDN; 33, which must be there (3GPP TS 31.102, 4.2.8).
            write(file, 1, &[0x0A, 0x14, 0x00, 0x01]);
        }
        Ef::Sms => {
            // Status "free space" (3GPP TS 31.102, 4.2.25).
            file.iter_mut()
                .step_by(SMS_RECORD.into())
                .for_each(|status| *status = 0x00);
        }
        Ef::Msisdn => dialling_record(file, 0, &[0xFF; 14], &profile.msisdn),
        Ef::Smsp => {
            // Service centre, protocol, data coding and validity are there, destination is not (3GPP TS 31.102, 4.2.27).
            write(file, 12, &[0xE1]);
            write(file, 25, &profile.sms_centre);
            // Protocol 00, data coding 00, valid for one day.
            write(file, 37, &[0x00, 0x00, 0xA7]);
        }
        // No message sent yet, memory not full.
        Ef::Smss => {}
        Ef::Spn => write(file, 0, &profile.service_provider),
        Ef::Acc => write(file, 0, &encode::access_class(&profile.imsi)),
        Ef::Loci => {
            // No TMSI, no location area, "not updated" (3GPP TS 31.102, 4.2.17, annex E).
            write(file, 4, &encode::home_network(&profile.imsi, profile.mnc_length));
            write(file, 7, &[0x00, 0x00, 0xFF, 0x01]);
        }
        // Normal operation, nothing to display, length of the MNC (3GPP TS 31.102, 4.2.18).
        Ef::Ad => write(file, 0, &[0x00, 0x00, 0x00, profile.mnc_length as u8]),
    }
}

/// The first records of EF.ADN; the numbers are kept free for films by the German regulator.
const PHONE_BOOK: [([u8; 14], [u8; 12]); 2] = [
    (
        checked(encode::alpha_identifier("Cardwire Lab")),
        checked(encode::dialling_number("+493023125042")),
    ),
    (
        checked(encode::alpha_identifier("Cardwire Desk")),
        checked(encode::dialling_number("+493023125043")),
    ),
];

/// Writes a record of EF.ADN or EF.MSISDN; `place` counts from 0.
fn dialling_record(file: &mut [u8], place: usize, name: &[u8; 14], number: &[u8; 12]) {
    let start = place * usize::from(DIALLING_RECORD);
    write(file, start, name);
    write(file, start + name.len(), number);
}

/// Copies as much of `bytes` as there is room for.
fn write(file: &mut [u8], at: usize, bytes: &[u8]) {
    file.iter_mut()
        .skip(at)
        .zip(bytes)
        .for_each(|(byte, value)| *byte = *value);
}
