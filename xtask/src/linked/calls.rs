//! Who calls whom in a linked image, from the relocations that the linker has kept (`--emit-relocs`).

use super::bytes;
use anyhow::{Context as _, Result, ensure};
use object::{
    Architecture, File, Object as _, ObjectSection as _, ObjectSymbol as _, Relocation, RelocationFlags,
    RelocationTarget, SectionKind, SymbolKind, elf,
};
use std::{collections::BTreeSet, path::Path};

/// The functions of an image.
#[derive(Debug)]
pub(crate) struct Calls {
    /// In the order of their addresses.
    pub(crate) functions: Vec<Function>,
}

/// A function, and what it calls.
#[derive(Debug)]
pub(crate) struct Function {
    /// Its path, without what tells copies apart.
    pub(crate) name: String,
    address: u64,
    size: u64,
    /// Bytes of its stack frame, where the compiler has said it.
    pub(super) frame: Option<u64>,
    /// Indices of what it calls.
    pub(super) calls: BTreeSet<usize>,
    /// Whether its address is kept in data or a register, so that it may be called by anybody.
    pub(super) is_pointed_to: bool,
}

impl Function {
    /// Whether it belongs to the compiler's libraries. What these do to panic is their own matter; who calls them is
    /// not.
    fn is_library(&self, end: &str) -> bool {
        const ROOTS: [&str; 6] = ["core::", "<core::", "<[", "<str", "__rustc", "rust_begin_unwind"];
        self.name == end || ROOTS.iter().any(|root| self.name.starts_with(root))
    }
}

impl Calls {
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let data = bytes(file)?;
        let image = File::parse(&*data)?;
        let mut calls = Self {
            functions: functions(&image),
        };
        ensure!(
            !calls.functions.is_empty(),
            "{} names no functions",
            file.display()
        );
        for section in image.sections() {
            let is_code = section.kind() == SectionKind::Text;
            let is_data = matches!(
                section.kind(),
                SectionKind::ReadOnlyData | SectionKind::ReadOnlyDataWithRel | SectionKind::Data
            );
            if !is_code && !is_data {
                continue;
            }
            for (site, relocation) in section.relocations() {
                let Some(target) = target(&image, &relocation) else {
                    continue;
                };
                let Some(callee) = calls.containing(target) else {
                    continue;
                };
                if is_code && is_call(&image, &relocation) {
                    let caller = calls.containing(site).context("code outside of functions")?;
                    calls.functions[caller].calls.insert(callee);
                } else if calls.functions[callee].address == target {
                    calls.functions[callee].is_pointed_to = true;
                }
            }
        }
        calls.read_frames(&image)?;
        Ok(calls)
    }

    /// Each function that calls what panics, with what it calls; inside the compiler's libraries it is not followed up.
    /// `end` is what every panic comes to.
    pub(crate) fn panics<'c>(&'c self, end: &'c str) -> Vec<(&'c str, &'c str)> {
        let panicking = self.reaching(end);
        let mut found = Vec::new();
        for (caller, function) in self.functions.iter().enumerate() {
            if !panicking.contains(&caller) || function.is_library(end) {
                continue;
            }
            for callee in &function.calls {
                let callee = &self.functions[*callee];
                if callee.is_library(end) && panicking.contains(&self.index(callee)) {
                    found.push((function.name.as_str(), callee.name.as_str()));
                }
            }
        }
        if found.is_empty() && !panicking.is_empty() {
            // Inlined to the last: the handler itself is all that is seen.
            found.push(("something", end));
        }
        found
    }

    /// The function of this name, and all from which it can be reached.
    fn reaching(&self, name: &str) -> BTreeSet<usize> {
        let named = |(index, function): (usize, &Function)| (function.name == name).then_some(index);
        let mut reaching: BTreeSet<usize> = self.functions.iter().enumerate().filter_map(named).collect();
        loop {
            let more: Vec<usize> = (0..self.functions.len())
                .filter(|index| !reaching.contains(index))
                .filter(|index| !self.functions[*index].calls.is_disjoint(&reaching))
                .collect();
            if more.is_empty() {
                return reaching;
            }
            reaching.extend(more);
        }
    }

    fn index(&self, function: &Function) -> usize {
        self.functions
            .partition_point(|other| other.address < function.address)
    }

    fn containing(&self, address: u64) -> Option<usize> {
        let behind = self
            .functions
            .partition_point(|function| function.address <= address);
        let index = behind.checked_sub(1)?;
        let function = &self.functions[index];
        (address < function.address + function.size.max(1)).then_some(index)
    }

    /// The section that `-Z emit-stack-sizes` writes: addresses, each with a size in LEB128.
    fn read_frames(&mut self, image: &File<'_>) -> Result<()> {
        let Some(section) = image.section_by_name(".stack_sizes") else {
            return Ok(());
        };
        let mut rest = section.data()?;
        let width = if image.is_64() { 8 } else { 4 };
        while let Some((address, behind)) = rest.split_at_checked(width) {
            let address = address
                .iter()
                .rev()
                .fold(0, |address, byte| address << 8 | u64::from(*byte));
            let mut size = 0;
            let mut shift = 0;
            rest = behind;
            loop {
                let (byte, behind) = rest
                    .split_first()
                    .context("the sizes of stack frames are cut off")?;
                rest = behind;
                size |= u64::from(byte & 0x7F) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    break;
                }
            }
            if let Some(index) = self.containing(address & !thumb(image)) {
                self.functions[index].frame = Some(size);
            }
        }
        Ok(())
    }
}

fn functions(image: &File<'_>) -> Vec<Function> {
    let symbols = image
        .symbols()
        .filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.is_definition());
    let mut functions: Vec<Function> = symbols
        .filter_map(|symbol| {
            Some(Function {
                name: format!("{:#}", rustc_demangle::demangle(symbol.name().ok()?)),
                address: symbol.address() & !thumb(image),
                size: symbol.size(),
                frame: None,
                calls: BTreeSet::new(),
                is_pointed_to: false,
            })
        })
        .collect();
    // One function may have several names; the largest says where it ends.
    functions.sort_by_key(|function| (function.address, core::cmp::Reverse(function.size)));
    functions.dedup_by_key(|function| function.address);
    functions
}

/// Set in addresses of functions that are Thumb code.
fn thumb(image: &File<'_>) -> u64 {
    u64::from(image.architecture() == Architecture::Arm)
}

/// The address that a relocation leads to.
fn target(image: &File<'_>, relocation: &Relocation) -> Option<u64> {
    let RelocationTarget::Symbol(index) = relocation.target() else {
        return None;
    };
    let symbol = image.symbol_by_index(index).ok()?;
    if image.architecture() == Architecture::Arm {
        // The addend stands in the code; functions are named by their own symbols.
        return (symbol.kind() == SymbolKind::Text).then(|| symbol.address() & !1);
    }
    // Calls count from behind their four bytes.
    let behind = if is_call(image, relocation) { 4 } else { 0 };
    symbol.address().checked_add_signed(relocation.addend() + behind)
}

fn is_call(image: &File<'_>, relocation: &Relocation) -> bool {
    let RelocationFlags::Elf { r_type } = relocation.flags() else {
        return false;
    };
    match image.architecture() {
        Architecture::Arm => [
            elf::R_ARM_THM_PC22,
            elf::R_ARM_THM_JUMP24,
            elf::R_ARM_THM_JUMP19,
            elf::R_ARM_THM_PC11,
        ]
        .contains(&r_type),
        _ => [
            elf::R_X86_64_PLT32,
            elf::R_X86_64_PC32,
            elf::R_AARCH64_CALL26,
            elf::R_AARCH64_JUMP26,
        ]
        .contains(&r_type),
    }
}
