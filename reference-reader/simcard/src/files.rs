//! The file tree: which files there are, where, how long, and who may touch them.
//!
//! File identifiers, SFIs, sizes and access conditions are those of ETSI TS 102 221, clause 13, and 3GPP TS 31.102,
//! clauses 4.2 and 4.4.

use crate::access::Rule;

/// Full name of the USIM application, as EF.DIR gives it (ETSI TS 101 220, annex E; 3GPP TS 31.102, 4.1).
pub const USIM_AID: [u8; 16] = [
    0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02, 0xFF, 0xFF, 0xFF, 0xFF, 0x89, 0x07, 0x09, 0x00, 0x00,
];

/// A directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Df {
    /// The master file.
    Mf,
    /// DF.TELECOM, below the master file.
    Telecom,
    /// ADF.USIM, reached by its name, and by its identifier while the application is active.
    Usim,
}

impl Df {
    pub(crate) const fn fid(self) -> u16 {
        match self {
            Self::Mf => 0x3F00,
            Self::Telecom => 0x7F10,
            Self::Usim => 0x7FFF,
        }
    }

    pub(crate) const fn parent(self) -> Option<Self> {
        match self {
            Self::Mf => None,
            Self::Telecom | Self::Usim => Some(Self::Mf),
        }
    }

    /// The directory below this one that has this file identifier; an ADF is not found by its parent.
    pub(crate) fn child_directory(self, fid: u16) -> Option<Self> {
        (self == Self::Mf && fid == Self::Telecom.fid()).then_some(Self::Telecom)
    }

    /// The EF in this directory that has this file identifier.
    pub(crate) fn child_file(self, fid: u16) -> Option<Ef> {
        Ef::ALL
            .into_iter()
            .find(|ef| ef.directory() == self && ef.fid() == fid)
    }

    /// The EF in this directory that has this short file identifier.
    pub(crate) fn child_by_sfi(self, sfi: u8) -> Option<Ef> {
        Ef::ALL
            .into_iter()
            .find(|ef| ef.directory() == self && ef.sfi() == Some(sfi))
    }
}

/// An elementary file, in the order of the table below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ef {
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

/// What an elementary file is made of (ETSI TS 102 221, 8.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Structure {
    /// A string of bytes.
    Transparent { size: u16 },
    /// Records of the same length, numbered from 1.
    LinearFixed { record_length: u8, records: u8 },
}

impl Structure {
    /// The size of the content in bytes.
    pub(crate) const fn size(self) -> usize {
        match self {
            Self::Transparent { size } => size as usize,
            Self::LinearFixed {
                record_length,
                records,
            } => record_length as usize * records as usize,
        }
    }
}

/// What there is to know of a file.
struct Row {
    directory: Df,
    fid: u16,
    sfi: Option<u8>,
    structure: Structure,
    rule: Rule,
}

/// Alpha identifier of 14 bytes and the 14 bytes that every dialling number has (3GPP TS 31.102, 4.4.2.3).
pub(crate) const DIALLING_RECORD: u8 = 28;

/// A status byte and a message with the address of its service centre (3GPP TS 31.102, 4.2.25).
pub(crate) const SMS_RECORD: u8 = 176;

impl Ef {
    const COUNT: usize = Self::Ad as usize + 1;

    pub(crate) const ALL: [Self; Self::COUNT] = [
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
    const fn row(self) -> Row {
        match self {
            Self::Dir    => row(Df::Mf,      0x2F00, Some(0x1E), linear_fixed(32, 2),               Rule::ReadAlwaysUpdateAdm),
            Self::Pl     => row(Df::Mf,      0x2F05, Some(0x05), transparent(4),                    Rule::ReadAlwaysUpdatePin1),
            Self::Arr    => row(Df::Mf,      0x2F06, Some(0x06), linear_fixed(Rule::RECORD_LENGTH, Rule::COUNT), Rule::ReadAlwaysUpdateAdm),
            Self::Umpc   => row(Df::Mf,      0x2F08, Some(0x08), transparent(5),                    Rule::ReadAlwaysUpdateAdm),
            Self::Iccid  => row(Df::Mf,      0x2FE2, Some(0x02), transparent(10),                   Rule::ReadAlwaysUpdateNever),
            Self::Adn    => row(Df::Telecom, 0x6F3A, None,       linear_fixed(DIALLING_RECORD, 10), Rule::ReadPin1UpdatePin1),
            Self::Fdn    => row(Df::Telecom, 0x6F3B, None,       linear_fixed(DIALLING_RECORD, 4),  Rule::ReadPin1UpdatePin2),
            Self::Imsi   => row(Df::Usim,    0x6F07, Some(0x07), transparent(9),                    Rule::ReadPin1UpdateAdm),
            Self::Hpplmn => row(Df::Usim,    0x6F31, Some(0x12), transparent(1),                    Rule::ReadPin1UpdateAdm),
            Self::Ust    => row(Df::Usim,    0x6F38, Some(0x04), transparent(17),                   Rule::ReadPin1UpdateAdm),
            Self::Sms    => row(Df::Usim,    0x6F3C, None,       linear_fixed(SMS_RECORD, 4),       Rule::ReadPin1UpdatePin1),
            Self::Msisdn => row(Df::Usim,    0x6F40, None,       linear_fixed(DIALLING_RECORD, 2),  Rule::ReadPin1UpdatePin1),
            Self::Smsp   => row(Df::Usim,    0x6F42, None,       linear_fixed(40, 2),               Rule::ReadPin1UpdatePin1),
            Self::Smss   => row(Df::Usim,    0x6F43, None,       transparent(2),                    Rule::ReadPin1UpdatePin1),
            Self::Spn    => row(Df::Usim,    0x6F46, None,       transparent(17),                   Rule::ReadAlwaysUpdateAdm),
            Self::Acc    => row(Df::Usim,    0x6F78, Some(0x06), transparent(2),                    Rule::ReadPin1UpdateAdm),
            Self::Loci   => row(Df::Usim,    0x6F7E, Some(0x0B), transparent(11),                   Rule::ReadPin1UpdatePin1),
            Self::Ad     => row(Df::Usim,    0x6FAD, Some(0x03), transparent(4),                    Rule::ReadAlwaysUpdateAdm),
        }
    }

    pub(crate) const fn fid(self) -> u16 {
        self.row().fid
    }

    pub(crate) const fn sfi(self) -> Option<u8> {
        self.row().sfi
    }

    pub(crate) const fn directory(self) -> Df {
        self.row().directory
    }

    pub(crate) const fn structure(self) -> Structure {
        self.row().structure
    }

    pub(crate) const fn rule(self) -> Rule {
        self.row().rule
    }

    /// The bytes that all files together hold.
    pub(crate) const TOTAL_SIZE: usize = size_before(Self::COUNT);

    /// Where the content of this file starts, when the files lie one behind the other.
    pub(crate) const fn offset(self) -> usize {
        size_before(self as usize)
    }
}

/// The bytes that the first `count` files hold.
const fn size_before(count: usize) -> usize {
    let mut size = 0;
    let mut i = 0;
    while i < count && i < Ef::COUNT {
        size += Ef::ALL[i].structure().size();
        i += 1;
    }
    size
}

const fn row(directory: Df, fid: u16, sfi: Option<u8>, structure: Structure, rule: Rule) -> Row {
    Row {
        directory,
        fid,
        sfi,
        structure,
        rule,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_are_listed_in_their_order() {
        assert!(
            Ef::ALL
                .into_iter()
                .enumerate()
                .all(|(place, ef)| ef as usize == place)
        );
    }

    #[test]
    fn no_two_files_of_a_directory_share_an_identifier() {
        for one in Ef::ALL {
            for other in Ef::ALL
                .into_iter()
                .filter(|ef| *ef != one && ef.directory() == one.directory())
            {
                assert_ne!(one.fid(), other.fid());
                assert!(
                    one.sfi().is_none() || one.sfi() != other.sfi(),
                    "{one:?} {other:?}"
                );
            }
        }
    }

    #[test]
    fn short_identifiers_are_in_range() {
        assert!(
            Ef::ALL
                .into_iter()
                .filter_map(Ef::sfi)
                .all(|sfi| (1..=30).contains(&sfi))
        );
    }

    #[test]
    fn contents_do_not_overlap() {
        let mut end = 0;
        for ef in Ef::ALL {
            assert_eq!(ef.offset(), end);
            end += ef.structure().size();
        }
        assert_eq!(end, Ef::TOTAL_SIZE);
    }
}
