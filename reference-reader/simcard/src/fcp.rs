//! What SELECT and STATUS tell of a file: the FCP template (ETSI TS 102 221, clauses 11.1.1.3 and 11.1.1.4).

use crate::{
    access::Rule,
    answer::Response,
    files::{File, Layout, MASTER, Name, Structure},
    pin::Pins,
};

/// Tag of the template.
const FCP: u8 = 0x62;
/// Life cycle status: operational, activated (11.1.1.4.9).
const ACTIVATED: [u8; 3] = [0x8A, 0x01, 0x05];
/// EF.ARR of the master file, whose records hold the access rules of all files (9.2.7).
const ACCESS_RULES: u16 = 0x2F06;
/// Data coding byte of a file descriptor, which no terminal looks at (11.1.1.4.3).
const DATA_CODING: u8 = 0x21;

/// The template of a directory (11.1.1.3.1).
pub(crate) fn of_directory(place: u8, layout: Layout<'_>, pins: &Pins) -> Response {
    let df = layout.directory(place);
    let mut template = Response::new();
    template.push(&[0x82, 0x02, 0x78, DATA_CODING]);
    template.push(&identifier(df.fid));
    if place == MASTER {
        // Clock stop in any state and three supply classes; TERMINAL CAPABILITY is supported (11.1.1.4.6).
        template.push(&[0xA5, 0x06, 0x80, 0x01, 0x71, 0x87, 0x01, 0x01]);
    }
    if let Some(full) = &df.name {
        push_name(&mut template, full);
    }
    template.push(&ACTIVATED);
    template.push(&access(df.rule));
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
pub(crate) fn of_file(ef: &File) -> Response {
    let mut template = Response::new();
    match ef.structure {
        Structure::Transparent { .. } => template.push(&[0x82, 0x02, 0x41, DATA_CODING]),
        Structure::LinearFixed {
            record_length,
            records,
        } => {
            template.push(&[0x82, 0x05, 0x42, DATA_CODING, 0x00, record_length, records]);
        }
    }
    template.push(&identifier(ef.fid));
    template.push(&ACTIVATED);
    template.push(&access(ef.rule));
    let [high, low] = (ef.structure.size() as u16).to_be_bytes();
    template.push(&[0x80, 0x02, high, low]);
    match ef.sfi {
        Some(sfi) => template.push(&[0x88, 0x01, sfi << 3]),
        // Without this object the file identifier would give the SFI (11.1.1.4.8).
        None => template.push(&[0x88, 0x00]),
    }
    wrapped(template.rest())
}

/// The name of the application alone, as STATUS returns it (11.1.2.2).
pub(crate) fn name(name: &Name) -> Response {
    let mut object = Response::new();
    push_name(&mut object, name);
    object
}

fn push_name(response: &mut Response, name: &Name) {
    let name = name.as_bytes();
    response.push(&[0x84, name.len() as u8]);
    response.push(name);
}

/// The template around its objects, which are shorter than 128 bytes.
fn wrapped(objects: &[u8]) -> Response {
    let mut template = Response::new();
    template.push(&[FCP, objects.len() as u8]);
    template.push(objects);
    template
}

const fn identifier(fid: u16) -> [u8; 4] {
    let [high, low] = fid.to_be_bytes();
    [0x83, 0x02, high, low]
}

/// The record of EF.ARR that holds the rule (11.1.1.4.7.3).
const fn access(rule: Rule) -> [u8; 5] {
    let [high, low] = ACCESS_RULES.to_be_bytes();
    [0x8B, 0x03, high, low, rule.number]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Certification, Memory as _, Profile};

    #[test]
    fn no_template_is_cut_off() {
        let profile = Profile::certification();
        let (memory, pins) = (Certification::new(&profile), Pins::new(&profile.pins()));
        let layout = memory.layout();
        let directories = 0..layout.directories.len() as u8;
        let directories = directories.map(|df| of_directory(df, layout, &pins));
        for template in directories.chain(layout.files.iter().map(of_file)) {
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
