//! What an image takes of the chip, read from its ELF file.

use anyhow::{Context as _, Result};
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, SectionFlags, elf};
use std::fs;
use std::path::Path;

/// The parts of an image, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// Vectors and code.
    pub(crate) text: u64,
    /// Constants.
    pub(crate) rodata: u64,
    /// Variables that begin with a value: it stands in flash, and they in RAM.
    pub(crate) data: u64,
    /// Other variables.
    pub(crate) bss: u64,
    /// The lowest address of the stack.
    pub(crate) stack_end: u64,
    /// What is reserved for the stack.
    pub(crate) stack: u64,
    /// What is reserved for variables.
    pub(crate) ram: u64,
}

impl Sizes {
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let bytes = fs::read(file).with_context(|| format!("{} can't be read", file.display()))?;
        let image = object::File::parse(&*bytes)?;
        let mut sizes = Self {
            text: 0,
            rodata: 0,
            data: 0,
            bss: 0,
            stack_end: 0,
            stack: 0,
            ram: 0,
        };
        for section in image.sections() {
            let SectionFlags::Elf { sh_flags, .. } = section.flags() else {
                continue;
            };
            if !sh_flags.contains(elf::SHF_ALLOC) {
                continue;
            }
            match section.name()? {
                ".vector_table" | ".text" => sizes.text += section.size(),
                ".bss" | ".uninit" => sizes.bss += section.size(),
                _ if sh_flags.contains(elf::SHF_WRITE) => sizes.data += section.size(),
                _ => sizes.rodata += section.size(),
            }
        }
        let symbol = |name: &str| {
            let found = image.symbols().find(|symbol| symbol.name() == Ok(name));
            found
                .map(|symbol| symbol.address())
                .with_context(|| format!("the image has no `{name}`"))
        };
        sizes.stack_end = symbol("_stack_end")?;
        sizes.stack = symbol("_stack_start")? - sizes.stack_end;
        sizes.ram = symbol("_ram_end")? - symbol("_ram_start")?;
        Ok(sizes)
    }

    /// Bytes of flash.
    pub(crate) fn flash(&self) -> u64 {
        self.text + self.rodata + self.data
    }
}
