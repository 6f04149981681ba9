//! How deep the stack of each entry point is: the deepest sum of stack frames along what it calls.
//!
//! That is a bound and no measurement: it holds for every input, and nobody may ever come so deep. It exists because
//! nothing calls itself and nothing but the formatting of text is called by a pointer, both of which are checked here.

use super::calls::{Calls, Function};
use anyhow::{Result, bail, ensure};
use std::collections::BTreeMap;

/// Copying and comparing memory comes compiled with the toolchain, without a record of its stack frame: a frame of all
/// registers and as much again.
const UNRECORDED: u64 = 64;

/// What formats text calls by pointers. A library makes the name of its handshake so, of plain text: no value formats
/// another one, so that each of those that are pointed to is on the way at most once.
const FORMATTING: &str = "core::fmt::write";
/// What belongs to that.
const TEXT: [&str; 2] = ["core::fmt::", "core::panicking::"];

/// An entry point, and how deep the stack gets below it.
#[derive(Debug)]
pub(crate) struct Depth<'c> {
    /// Its name, behind that of the module of the entry points.
    pub(crate) name: &'c str,
    /// Bytes, its own frame included.
    pub(crate) bytes: u64,
    /// The way down: the functions behind the entry point, each with the bytes of its own frame.
    pub(crate) way: Vec<(&'c str, u64)>,
}

/// The entry points of a module (`PATH::`), in the order of their addresses.
///
/// # Errors
/// Something calls itself, or is called by a pointer, or has a stack frame that the compiler does not tell.
pub(crate) fn depths<'c>(calls: &'c Calls, module: &str) -> Result<Vec<Depth<'c>>> {
    let is_entry = |function: &Function| function.name.starts_with(module);
    let is_text = |function: &Function| TEXT.iter().any(|part| function.name.contains(part));
    let pointed: Vec<usize> = (0..calls.functions.len())
        .filter(|index| calls.functions[*index].is_pointed_to && !is_entry(&calls.functions[*index]))
        .collect();
    if let Some(strange) = pointed.iter().find(|index| !is_text(&calls.functions[**index])) {
        bail!(
            "{} is called by a pointer, so that no depth of the stack can be told",
            calls.functions[*strange].name
        );
    }
    let mut known = Known {
        calls,
        pointed,
        depths: BTreeMap::new(),
    };
    let mut found = Vec::new();
    for (index, function) in calls.functions.iter().enumerate() {
        if is_entry(function) {
            found.push(Depth {
                name: &function.name[module.len()..],
                bytes: known.depth(index, &mut Vec::new())?,
                way: known.way(index)?,
            });
        }
    }
    ensure!(!found.is_empty(), "the image has no entry points");
    Ok(found)
}

struct Known<'c> {
    calls: &'c Calls,
    /// What formats text, called by pointers.
    pointed: Vec<usize>,
    depths: BTreeMap<usize, u64>,
}

impl<'c> Known<'c> {
    fn depth(&mut self, index: usize, above: &mut Vec<usize>) -> Result<u64> {
        if let Some(depth) = self.depths.get(&index) {
            return Ok(*depth);
        }
        let function = &self.calls.functions[index];
        ensure!(
            !above.contains(&index),
            "{} calls itself, by way of others or directly: its stack has no bound",
            function.name
        );
        above.push(index);
        let mut below = 0;
        for callee in &function.calls {
            below = below.max(self.depth(*callee, above)?);
        }
        if function.name == FORMATTING {
            for index in self.pointed.clone() {
                below += self.depth(index, above)?;
            }
        }
        above.pop();
        let depth = frame(function)? + below;
        self.depths.insert(index, depth);
        Ok(depth)
    }

    /// The way down from a function whose depth is known.
    fn way(&self, from: usize) -> Result<Vec<(&'c str, u64)>> {
        let mut way = Vec::new();
        let deepest = |index: usize| {
            let calls = self.calls.functions[index].calls.iter().copied();
            calls.max_by_key(|callee| self.depths.get(callee))
        };
        let mut next = deepest(from);
        while let Some(index) = next {
            let function = &self.calls.functions[index];
            way.push((function.name.as_str(), frame(function)?));
            next = deepest(index);
        }
        Ok(way)
    }
}

fn frame(function: &Function) -> Result<u64> {
    const MEMORY: [&str; 3] = ["mem", "__aeabi_mem", "compiler_builtins::mem"];
    match function.frame {
        Some(frame) => Ok(frame),
        None if MEMORY.iter().any(|name| function.name.starts_with(name)) => Ok(UNRECORDED),
        None => bail!(
            "the compiler does not say how large the stack frame of {} is",
            function.name
        ),
    }
}
