//! What SELECT and STATUS tell of a file: the FCP template (ETSI TS 102 221, clauses 11.1.1.3 and 11.1.1.4).

use crate::{
    access::Rule,
    answer::Response,
    files::{Df, Ef, Structure, USIM_AID},
    pin::Pins,
};

/// Tag of the template.
const FCP: u8 = 0x62;
/// Life cycle status: operational, activated (11.1.1.4.9).
const ACTIVATED: [u8; 3] = [0x8A, 0x01, 0x05];
/// Data coding byte of a file descriptor, which no terminal looks at (11.1.1.4.3).
const DATA_CODING: u8 = 0x21;

/// The template of a directory (11.1.1.3.1).
pub(crate) fn of_directory(df: Df, pins: &Pins) -> Response {
    let mut template = Response::new();
    template.push(&[0x82, 0x02, 0x78, DATA_CODING]);
    template.push(&identifier(df.fid()));
    match df {
        Df::Mf => {
            // Clock stop in any state and three supply classes; TERMINAL CAPABILITY is supported (11.1.1.4.6).
            template.push(&[0xA5, 0x06, 0x80, 0x01, 0x71, 0x87, 0x01, 0x01]);
        }
        Df::Telecom => {}
        Df::Usim => {
            template.push(&name_header());
            template.push(&USIM_AID);
        }
    }
    template.push(&ACTIVATED);
    template.push(&access(Rule::Directory));
    // PIN status: one bit per key reference, from the highest down, set while the PIN is enabled (11.1.1.4.10).
    template.push(&[
        0xC6,
        0x09,
        0x90,
        0x01,
        pins.status(),
        0x83,
        0x01,
        0x01,
        0x83,
        0x01,
        0x81,
    ]);
    wrapped(template.rest())
}

/// The template of an elementary file (11.1.1.3.2).
pub(crate) fn of_file(ef: Ef) -> Response {
    let mut template = Response::new();
    match ef.structure() {
        Structure::Transparent { .. } => template.push(&[0x82, 0x02, 0x41, DATA_CODING]),
        Structure::LinearFixed {
            record_length,
            records,
        } => {
            template.push(&[0x82, 0x05, 0x42, DATA_CODING, 0x00, record_length, records]);
        }
    }
    template.push(&identifier(ef.fid()));
    template.push(&ACTIVATED);
    template.push(&access(ef.rule()));
    let [high, low] = (ef.structure().size() as u16).to_be_bytes();
    template.push(&[0x80, 0x02, high, low]);
    match ef.sfi() {
        Some(sfi) => template.push(&[0x88, 0x01, sfi << 3]),
        // Without this object the file identifier would give the SFI (11.1.1.4.8).
        None => template.push(&[0x88, 0x00]),
    }
    wrapped(template.rest())
}

/// The name of the application alone, as STATUS returns it (11.1.2.2).
pub(crate) fn name() -> Response {
    let mut object = Response::new();
    object.push(&name_header());
    object.push(&USIM_AID);
    object
}

/// The template around its objects, which are shorter than 128 bytes.
fn wrapped(objects: &[u8]) -> Response {
    let mut template = Response::new();
    template.push(&[FCP, objects.len() as u8]);
    template.push(objects);
    template
}

const fn name_header() -> [u8; 2] {
    [0x84, USIM_AID.len() as u8]
}

const fn identifier(fid: u16) -> [u8; 4] {
    let [high, low] = fid.to_be_bytes();
    [0x83, 0x02, high, low]
}

/// The record of EF.ARR that holds the rule (11.1.1.4.7.3).
const fn access(rule: Rule) -> [u8; 5] {
    let [high, low] = Ef::Arr.fid().to_be_bytes();
    [0x8B, 0x03, high, low, rule as u8]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Profile;

    #[test]
    fn no_template_is_cut_off() {
        let pins = Pins::new(&Profile::certification());
        let directories = [Df::Mf, Df::Telecom, Df::Usim].map(|df| of_directory(df, &pins));
        for template in directories.into_iter().chain(Ef::ALL.map(of_file)) {
            let [FCP, length, objects @ ..] = template.rest() else {
                panic!("no template")
            };
            assert_eq!(usize::from(*length), objects.len());
            let mut rest = objects;
            while let [_, length, tail @ ..] = rest {
                rest = tail
                    .get(usize::from(*length)..)
                    .expect("an object ends inside its template");
            }
            assert!(rest.is_empty());
        }
    }
}
