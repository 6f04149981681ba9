//! Who may read and update a file, and EF.ARR, which tells it (ETSI TS 102 221, clauses 9.2 and 13.4).

/// What must hold before a file is read or updated (ETSI TS 102 221, 9.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    Always,
    /// PIN1 was verified, or is disabled.
    Pin1,
    /// PIN2 was verified.
    Pin2,
    /// The administrative key was verified.
    Adm,
    /// It can't be done at all.
    Never,
}

/// An access rule, and the number of the record of EF.ARR that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its record in EF.ARR, the first is 1.
    pub number: u8,
    /// Reading and searching; for a directory, nothing.
    pub read: Condition,
    /// Updating; for a directory, creating and deleting.
    pub update: Condition,
}

impl Rule {
    /// The length of a record of EF.ARR: two access modes, each with the longest condition.
    pub const RECORD_LENGTH: u8 = 22;

    /// The record of EF.ARR for an elementary file, without filler: access mode (tag `80`) and security condition, in
    /// turn.
    #[must_use]
    pub const fn of_file(self) -> [&'static [u8]; 4] {
        // ISO/IEC 7816-4, table 17: for an EF 01 is read and search, 02 is update.
        [
            &[0x80, 0x01, 0x01],
            self.read.data_object(),
            &[0x80, 0x01, 0x02],
            self.update.data_object(),
        ]
    }

    /// The record of EF.ARR for a directory, without filler.
    #[must_use]
    pub const fn of_directory(self) -> [&'static [u8]; 2] {
        // The same table: for a DF 07 is create and delete.
        [&[0x80, 0x01, 0x07], self.update.data_object()]
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

    const fn rule(read: Condition, update: Condition) -> Rule {
        Rule {
            number: 1,
            read,
            update,
        }
    }

    #[test]
    fn records_are_coded_as_pysim_decodes_them() {
        // pySim's EF.ARR vectors hold "8001019000", read always, "80010297 00", update never, and "a40683010a950108", ADM1.
        let never = rule(Condition::Always, Condition::Never);
        assert_eq!(
            never.of_file().concat(),
            [0x80, 1, 1, 0x90, 0, 0x80, 1, 2, 0x97, 0]
        );
        let adm = [0xA4, 6, 0x83, 1, 0x0A, 0x95, 1, 8];
        assert_eq!(
            rule(Condition::Always, Condition::Adm).of_file().concat(),
            [&[0x80, 1, 1, 0x90, 0, 0x80, 1, 2][..], &adm].concat()
        );
        assert_eq!(never.of_directory().concat(), [0x80, 1, 7, 0x97, 0]);
    }

    #[test]
    fn the_longest_record_fits() {
        let longest = rule(Condition::Pin1, Condition::Pin2).of_file().concat().len();
        assert_eq!(longest, usize::from(Rule::RECORD_LENGTH));
    }
}
