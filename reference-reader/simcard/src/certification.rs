//! The certification card: its files, and what they hold when it leaves the factory.
//!
//! File identifiers, SFIs, sizes and access conditions are those of ETSI TS 102 221, clause 13, and 3GPP TS 31.102,
//! clauses 4.2 and 4.4.

use crate::{
    ATR,
    access::{Condition, Rule},
    encode,
    files::{APPLICATION, Directory, File, Generation, Layout, MASTER_FILE, Memory, Name, Structure},
    profile::{Profile, checked},
};

/// Full name of the USIM application, as EF.DIR gives it (ETSI TS 101 220, annex E; 3GPP TS 31.102, 4.1).
pub const USIM_AID: [u8; 16] = [
    0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02, 0xFF, 0xFF, 0xFF, 0xFF, 0x89, 0x07, 0x09, 0x00, 0x00,
];

/// The memory of the certification card, of which there may be many with other numbers: [`Profile`].
#[derive(Clone)]
pub struct Certification([u8; SIZE]);

impl Certification {
    /// The files as they leave the factory, personalised.
    pub fn new(profile: &Profile) -> Self {
        let mut content = [0xFF; SIZE];
        for (ef, file) in Ef::ALL.iter().zip(&FILES) {
            personalise(*ef, profile, file.of_mut(&mut content));
        }
        Self(content)
    }
}

impl Memory for Certification {
    fn layout(&self) -> Layout<'_> {
        LAYOUT
    }

    fn content(&self) -> &[u8] {
        &self.0
    }

    fn content_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

const LAYOUT: Layout<'static> = Layout {
    atr: &ATR,
    generation: Generation::Uicc,
    channels: 1,
    directories: &DIRECTORIES,
    files: &FILES,
};

const MF: u8 = 0;
const TELECOM: u8 = 1;
const USIM: u8 = 2;

static DIRECTORIES: [Directory; 3] = [
    directory(MASTER_FILE, None),
    directory(0x7F10, None),
    directory(APPLICATION, Name::new(&USIM_AID)),
];

/// Alpha identifier of 14 bytes and the 14 bytes that every dialling number has (3GPP TS 31.102, 4.4.2.3).
const DIALLING_RECORD: u8 = 28;

/// A status byte and a message with the address of its service centre (3GPP TS 31.102, 4.2.25).
const SMS_RECORD: u8 = 176;

/// The access rules of this card; the number of a rule is that of its record in EF.ARR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    ReadAlwaysUpdateNever,
    ReadAlwaysUpdateAdm,
    ReadAlwaysUpdatePin1,
    ReadPin1UpdateAdm,
    ReadPin1UpdatePin1,
    ReadPin1UpdatePin2,
    /// Nothing can be created in, or deleted from, any directory.
    Directory,
}

impl Access {
    const ALL: [Self; 7] = [
        Self::ReadAlwaysUpdateNever,
        Self::ReadAlwaysUpdateAdm,
        Self::ReadAlwaysUpdatePin1,
        Self::ReadPin1UpdateAdm,
        Self::ReadPin1UpdatePin1,
        Self::ReadPin1UpdatePin2,
        Self::Directory,
    ];

    /// How many rules, and so records of EF.ARR, there are.
    const COUNT: u8 = Self::ALL.len() as u8;

    const fn rule(self) -> Rule {
        let (read, update) = match self {
            Self::ReadAlwaysUpdateNever => (Condition::Always, Condition::Never),
            Self::ReadAlwaysUpdateAdm => (Condition::Always, Condition::Adm),
            Self::ReadAlwaysUpdatePin1 => (Condition::Always, Condition::Pin1),
            Self::ReadPin1UpdateAdm => (Condition::Pin1, Condition::Adm),
            Self::ReadPin1UpdatePin1 => (Condition::Pin1, Condition::Pin1),
            Self::ReadPin1UpdatePin2 => (Condition::Pin1, Condition::Pin2),
            Self::Directory => (Condition::Never, Condition::Never),
        };
        Rule {
            number: self as u8 + 1,
            read,
            update,
        }
    }
}

/// An elementary file, in the order of the table below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ef {
    Dir,
    Pl,
    Arr,
    Umpc,
    Iccid,
    Adn,
    Fdn,
    Imsi,
    Hpplmn,
    Ust,
    Sms,
    Msisdn,
    Smsp,
    Smss,
    Spn,
    Acc,
    Loci,
    Ad,
}

impl Ef {
    const COUNT: usize = Self::Ad as usize + 1;

    const ALL: [Self; Self::COUNT] = [
        Self::Dir,
        Self::Pl,
        Self::Arr,
        Self::Umpc,
        Self::Iccid,
        Self::Adn,
        Self::Fdn,
        Self::Imsi,
        Self::Hpplmn,
        Self::Ust,
        Self::Sms,
        Self::Msisdn,
        Self::Smsp,
        Self::Smss,
        Self::Spn,
        Self::Acc,
        Self::Loci,
        Self::Ad,
    ];

    #[rustfmt::skip]
    const fn file(self) -> File {
        match self {
            Self::Dir    => file(MF,      0x2F00, 0x1E, linear_fixed(32, 2),               Access::ReadAlwaysUpdateAdm),
            Self::Pl     => file(MF,      0x2F05, 0x05, transparent(4),                    Access::ReadAlwaysUpdatePin1),
            Self::Arr    => file(MF,      0x2F06, 0x06, linear_fixed(Rule::RECORD_LENGTH, Access::COUNT), Access::ReadAlwaysUpdateAdm),
            Self::Umpc   => file(MF,      0x2F08, 0x08, transparent(5),                    Access::ReadAlwaysUpdateAdm),
            Self::Iccid  => file(MF,      0x2FE2, 0x02, transparent(10),                   Access::ReadAlwaysUpdateNever),
            Self::Adn    => file(TELECOM, 0x6F3A, NONE, linear_fixed(DIALLING_RECORD, 10), Access::ReadPin1UpdatePin1),
            Self::Fdn    => file(TELECOM, 0x6F3B, NONE, linear_fixed(DIALLING_RECORD, 4),  Access::ReadPin1UpdatePin2),
            Self::Imsi   => file(USIM,    0x6F07, 0x07, transparent(9),                    Access::ReadPin1UpdateAdm),
            Self::Hpplmn => file(USIM,    0x6F31, 0x12, transparent(1),                    Access::ReadPin1UpdateAdm),
            Self::Ust    => file(USIM,    0x6F38, 0x04, transparent(17),                   Access::ReadPin1UpdateAdm),
            Self::Sms    => file(USIM,    0x6F3C, NONE, linear_fixed(SMS_RECORD, 4),       Access::ReadPin1UpdatePin1),
            Self::Msisdn => file(USIM,    0x6F40, NONE, linear_fixed(DIALLING_RECORD, 2),  Access::ReadPin1UpdatePin1),
            Self::Smsp   => file(USIM,    0x6F42, NONE, linear_fixed(40, 2),               Access::ReadPin1UpdatePin1),
            Self::Smss   => file(USIM,    0x6F43, NONE, transparent(2),                    Access::ReadPin1UpdatePin1),
            Self::Spn    => file(USIM,    0x6F46, NONE, transparent(17),                   Access::ReadAlwaysUpdateAdm),
            Self::Acc    => file(USIM,    0x6F78, 0x06, transparent(2),                    Access::ReadPin1UpdateAdm),
            Self::Loci   => file(USIM,    0x6F7E, 0x0B, transparent(11),                   Access::ReadPin1UpdatePin1),
            Self::Ad     => file(USIM,    0x6FAD, 0x03, transparent(4),                    Access::ReadAlwaysUpdateAdm),
        }
    }
}

/// No short file identifier.
const NONE: u8 = 0;

/// The files lie one behind the other.
static FILES: [File; Ef::COUNT] = {
    let mut files = [Ef::Dir.file(); Ef::COUNT];
    let mut at = 0;
    while at < Ef::COUNT {
        files[at] = Ef::ALL[at].file();
        files[at].start = size_before(at) as u16;
        at += 1;
    }
    files
};

/// The bytes that all files together hold.
const SIZE: usize = size_before(Ef::COUNT);

const fn size_before(count: usize) -> usize {
    let mut size = 0;
    let mut at = 0;
    while at < count && at < Ef::COUNT {
        size += Ef::ALL[at].file().structure.size();
        at += 1;
    }
    size
}

const fn file(directory: u8, fid: u16, sfi: u8, structure: Structure, access: Access) -> File {
    File {
        directory,
        fid,
        sfi: if sfi == NONE { None } else { Some(sfi) },
        structure,
        rule: access.rule(),
        start: 0,
    }
}

const fn directory(fid: u16, name: Option<Name>) -> Directory {
    Directory {
        fid,
        parent: MF,
        name,
        rule: Access::Directory.rule(),
    }
}

const fn transparent(size: u16) -> Structure {
    Structure::Transparent { size }
}

const fn linear_fixed(record_length: u8, records: u8) -> Structure {
    Structure::LinearFixed {
        record_length,
        records,
    }
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
            for (record, access) in file
                .chunks_exact_mut(Rule::RECORD_LENGTH.into())
                .zip(&Access::ALL)
            {
                match access {
                    Access::Directory => fill(record, &access.rule().of_directory()),
                    _ => fill(record, &access.rule().of_file()),
                }
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

/// Writes what a record begins with.
fn fill(record: &mut [u8], parts: &[&[u8]]) {
    let mut at = 0;
    for part in parts {
        write(record, at, part);
        at += part.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_and_rules_are_listed_in_their_order() {
        let files = Ef::ALL.into_iter().enumerate();
        assert!({ files }.all(|(place, ef)| ef as usize == place));
        let rules = Access::ALL.into_iter().enumerate();
        assert!({ rules }.all(|(place, access)| access as usize == place));
    }

    #[test]
    fn no_two_files_of_a_directory_share_an_identifier() {
        for (place, one) in FILES.iter().enumerate() {
            let others = FILES.iter().skip(place + 1);
            for other in others.filter(|other| other.directory == one.directory) {
                assert_ne!(one.fid, other.fid);
                assert!(one.sfi.is_none() || one.sfi != other.sfi, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn short_identifiers_are_in_range() {
        let mut sfis = FILES.iter().filter_map(|file| file.sfi);
        assert!(sfis.all(|sfi| (1..=30).contains(&sfi)));
    }

    #[test]
    fn contents_do_not_overlap() {
        let mut end = 0;
        for file in &FILES {
            assert_eq!(usize::from(file.start), end);
            end += file.structure.size();
        }
        assert_eq!(end, SIZE);
    }
}
