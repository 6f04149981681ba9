//! Who may read and update a file, and EF.ARR, which tells it (ETSI TS 102 221, clauses 9.2 and 13.4).

/// What must hold before a file is read or updated (ETSI TS 102 221, 9.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Always,
    Pin1,
    Pin2,
    Adm,
    Never,
}

/// The access rules of this card; the number of a rule is that of its record in EF.ARR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    ReadAlwaysUpdateNever = 1,
    ReadAlwaysUpdateAdm,
    ReadAlwaysUpdatePin1,
    ReadPin1UpdateAdm,
    ReadPin1UpdatePin1,
    ReadPin1UpdatePin2,
    /// Nothing can be created in, or deleted from, any directory.
    Directory,
}

impl Rule {
    pub(crate) const ALL: [Self; 7] = [
        Self::ReadAlwaysUpdateNever,
        Self::ReadAlwaysUpdateAdm,
        Self::ReadAlwaysUpdatePin1,
        Self::ReadPin1UpdateAdm,
        Self::ReadPin1UpdatePin1,
        Self::ReadPin1UpdatePin2,
        Self::Directory,
    ];

    /// How many rules, and so records of EF.ARR, there are.
    pub(crate) const COUNT: u8 = Self::ALL.len() as u8;

    /// The length of a record of EF.ARR: two access modes, each with the longest condition.
    pub(crate) const RECORD_LENGTH: u8 = 22;

    /// Reading and searching.
    pub(crate) const fn read(self) -> Condition {
        match self {
            Self::ReadAlwaysUpdateNever | Self::ReadAlwaysUpdateAdm | Self::ReadAlwaysUpdatePin1 => {
                Condition::Always
            }
            Self::ReadPin1UpdateAdm | Self::ReadPin1UpdatePin1 | Self::ReadPin1UpdatePin2 => Condition::Pin1,
            Self::Directory => Condition::Never,
        }
    }

    /// Updating.
    pub(crate) const fn update(self) -> Condition {
        match self {
            Self::ReadAlwaysUpdateNever | Self::Directory => Condition::Never,
            Self::ReadAlwaysUpdateAdm | Self::ReadPin1UpdateAdm => Condition::Adm,
            Self::ReadAlwaysUpdatePin1 | Self::ReadPin1UpdatePin1 => Condition::Pin1,
            Self::ReadPin1UpdatePin2 => Condition::Pin2,
        }
    }

    /// The record of EF.ARR, without filler: access mode (tag `80`) and security condition, in turn.
    pub(crate) fn record(self) -> impl Iterator<Item = u8> {
        // ISO/IEC 7816-4, table 17: for an EF 01 is read and search, 02 is update; for a DF 07 is create and delete.
        let (first, second) = match self {
            Self::Directory => (0x07, None),
            _ => (0x01, Some(0x02)),
        };
        let mode = |mode: u8, condition: Condition| {
            [0x80, 0x01, mode]
                .into_iter()
                .chain(condition.data_object().iter().copied())
        };
        mode(first, self.read()).chain(second.into_iter().flat_map(move |byte| mode(byte, self.update())))
    }
}

impl Condition {
    /// The security condition data object; a PIN or key is a control reference template, usage "user authentication".
    const fn data_object(self) -> &'static [u8] {
        match self {
            Self::Always => &[0x90, 0x00],
            Self::Pin1 => &[0xA4, 0x06, 0x83, 0x01, 0x01, 0x95, 0x01, 0x08],
            Self::Pin2 => &[0xA4, 0x06, 0x83, 0x01, 0x81, 0x95, 0x01, 0x08],
            Self::Adm => &[0xA4, 0x06, 0x83, 0x01, 0x0A, 0x95, 0x01, 0x08],
            Self::Never => &[0x97, 0x00],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_rule_is_its_place() {
        for (number, rule) in (1..).zip(Rule::ALL) {
            assert_eq!(rule as u8, number);
        }
    }

    #[test]
    fn records_are_coded_as_pysim_decodes_them() {
        // pySim's EF.ARR vectors hold "8001019000", read always, "80010297 00", update never, and "a40683010a950108", ADM1.
        assert!(
            Rule::ReadAlwaysUpdateNever
                .record()
                .eq([0x80, 1, 1, 0x90, 0, 0x80, 1, 2, 0x97, 0])
        );
        let adm = [0xA4, 6, 0x83, 1, 0x0A, 0x95, 1, 8];
        assert!(
            Rule::ReadAlwaysUpdateAdm
                .record()
                .eq([0x80, 1, 1, 0x90, 0, 0x80, 1, 2].into_iter().chain(adm))
        );
        assert!(Rule::Directory.record().eq([0x80, 1, 7, 0x97, 0]));
    }

    #[test]
    fn the_longest_record_fits() {
        let longest = Rule::ALL.into_iter().map(|rule| rule.record().count()).max();
        assert_eq!(longest, Some(usize::from(Rule::RECORD_LENGTH)));
    }
}
