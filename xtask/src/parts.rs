//! What each part of the reader takes of the flash of an image, from the lines of source that its code was made of.
//!
//! Functions don't tell: the compiler puts most of them into others. So every instruction is asked for the line that it
//! was made of, and for the lines that this was put into; the innermost of our own sources says whose it is, and where there
//! is none, the library.

use addr2line::{
    Context, gimli,
    gimli::{EndianSlice, LittleEndian},
};
use anyhow::{Context as _, Result};
use core::fmt;
use object::{Object as _, ObjectSection as _};
use std::{borrow::Cow, collections::BTreeMap, fs, path::Path};

/// A part of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Link,
    Codec,
    Security,
    Logic,
    Update,
    Card,
    Rest,
}

/// Whose a source is: the first that its path contains.
const OURS: &[(&str, Part)] = &[
    ("/codec/src/frame", Part::Link),
    ("/codec/src/", Part::Codec),
    ("/core/src/reader.rs", Part::Link),
    ("/core/src/security", Part::Security),
    ("/core/src/logic", Part::Logic),
    ("/core/src/control/run.rs", Part::Logic),
    ("/core/src/modules", Part::Logic),
    ("/core/src/update", Part::Update),
    ("/core/src/boot.rs", Part::Update),
    ("/store/src/", Part::Update),
    ("/simcard/src/", Part::Card),
    ("/firmware/src/modules.rs", Part::Card),
    ("/reference-reader/", Part::Rest),
];

/// Whose a library is that none of our own sources has taken in: all but these are cryptography.
const LIBRARIES: &[(&str, Part)] = &[
    ("/crc-", Part::Link),
    ("/memchr-", Part::Link),
    ("/nom-", Part::Codec),
    ("/cortex-m", Part::Rest),
    ("/semihosting-", Part::Rest),
    ("/registry/", Part::Security),
    ("registry/", Part::Security),
];

/// Bytes of code by part.
#[derive(Debug)]
pub(crate) struct Parts(BTreeMap<Part, u64>);

/// Instructions of this processor have two bytes or four; both halves of the long ones are of one line.
const STEP: u64 = 2;

type Slice<'d> = EndianSlice<'d, LittleEndian>;

impl Parts {
    /// Looks into an image that was built with line tables.
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let bytes = fs::read(file).with_context(|| format!("{} can't be read", file.display()))?;
        let image = object::File::parse(&*bytes)?;
        let load = |id: gimli::SectionId| -> Result<Cow<'_, [u8]>> {
            let section = image.section_by_name(id.name());
            Ok(section.map_or(Ok(Cow::default()), |section| section.uncompressed_data())?)
        };
        let sections = gimli::DwarfSections::load(load)?;
        let lines = Context::from_dwarf(sections.borrow(|section| Slice::new(section, LittleEndian)))?;
        let text = image
            .section_by_name(".text")
            .context("the image has no section `.text`")?;
        let mut parts = BTreeMap::new();
        for address in (text.address()..text.address() + text.size()).step_by(STEP as usize) {
            *parts.entry(part_of(&lines, address)?).or_default() += STEP;
        }
        Ok(Self(parts))
    }
}

fn part_of(lines: &Context<Slice<'_>>, address: u64) -> Result<Part> {
    let mut frames = lines.find_frames(address).skip_all_loads()?;
    let mut outside = None;
    while let Some(frame) = frames.next()? {
        let file = frame
            .location
            .and_then(|location| location.file)
            .unwrap_or_default();
        if let Some(part) = find(OURS, file) {
            return Ok(part);
        }
        outside = outside.or(find(LIBRARIES, file));
    }
    Ok(outside.unwrap_or(Part::Rest))
}

fn find(table: &[(&str, Part)], file: &str) -> Option<Part> {
    table
        .iter()
        .find(|(path, _)| file.contains(path))
        .map(|(_, part)| *part)
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (part, bytes) in &self.0 {
            let name = match part {
                Part::Link => "link",
                Part::Codec => "codec",
                Part::Security => "security",
                Part::Logic => "logic",
                Part::Update => "update",
                Part::Card => "card",
                Part::Rest => "rest",
            };
            writeln!(f, "  {name:<12} {bytes:>6}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{LIBRARIES, OURS, Part, find};

    #[test]
    fn sources_belong_to_parts() {
        for (file, part) in [
            ("cardwire/codec/src/frame/cobs.rs", Part::Link),
            ("cardwire/codec/src/list.rs", Part::Codec),
            ("cardwire/reference-reader/core/src/control/run.rs", Part::Logic),
            ("cardwire/reference-reader/core/src/control/login.rs", Part::Rest),
            ("cardwire/reference-reader/store/src/stage.rs", Part::Update),
        ] {
            assert_eq!(find(OURS, file), Some(part), "{file}");
        }
        for (file, part) in [
            ("registry/index/sha2-0.10.9/src/sha256.rs", Some(Part::Security)),
            ("registry/index/cortex-m-0.7.7/src/asm.rs", Some(Part::Rest)),
            ("/usr/lib/rustlib/src/rust/library/core/src/num/mod.rs", None),
        ] {
            assert_eq!(find(OURS, file), None, "{file}");
            assert_eq!(find(LIBRARIES, file), part, "{file}");
        }
    }
}
