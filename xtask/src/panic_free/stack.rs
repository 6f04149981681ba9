//! How deep the stack of each entry point is: the deepest sum of stack frames along what it calls.
//!
//! That is a bound and no measurement: it holds for every input, and nobody may ever come so deep. It exists because
//! nothing calls itself and nothing is called by a pointer, both of which are checked here.

use super::calls::{Calls, Function};
use anyhow::{Context as _, Result, bail, ensure};
use std::collections::BTreeMap;

/// Copying and comparing memory comes compiled with the toolchain, without a record of its stack frame: a frame of all
/// registers and as much again.
const UNRECORDED: u64 = 64;

/// The module of the entry points.
const ENTRIES: &str = "panic_free::entries::";

/// Prints the depths, and fails where one is above the limit.
pub(super) fn check(calls: &Calls, limit: u64) -> Result<()> {
    let entries = calls
        .functions
        .iter()
        .enumerate()
        .filter(|(_, function)| function.name.starts_with(ENTRIES));
    let mut depths = Depths {
        calls,
        known: BTreeMap::new(),
    };
    let mut rows: BTreeMap<&str, Vec<(&str, u64)>> = BTreeMap::new();
    for (index, function) in entries {
        let depth = depths.of(index, &mut Vec::new())?;
        let name = &function.name[ENTRIES.len()..];
        let (place, what) = name.split_once("::").unwrap_or((name, ""));
        rows.entry(place).or_default().push((what, depth));
    }
    if let Some(pointed) = calls
        .functions
        .iter()
        .find(|function| function.is_pointed_to && !function.name.starts_with(ENTRIES))
    {
        bail!(
            "{} is called by a pointer, so that no depth of the stack can be told",
            pointed.name
        );
    }
    println!("stack on a Cortex-M3, at most, in bytes:");
    for (place, depths) in &rows {
        let depths: Vec<String> = depths
            .iter()
            .map(|(what, depth)| format!("{what} {depth}").trim().to_owned())
            .collect();
        println!("  {place:<16} {}", depths.join(", "));
    }
    let all = rows
        .iter()
        .flat_map(|(place, depths)| depths.iter().map(move |(what, depth)| (*depth, *place, *what)));
    let (deepest, place, what) = all.max().context("the image has no entry points")?;
    println!("deepest: {deepest} of {limit} allowed; nothing calls itself");
    ensure!(
        deepest <= limit,
        "{place} {what} takes {deepest} bytes of stack, and {limit} are allowed; if it is worth them, raise STACK_LIMIT"
    );
    Ok(())
}

struct Depths<'c> {
    calls: &'c Calls,
    known: BTreeMap<usize, u64>,
}

impl Depths<'_> {
    fn of(&mut self, index: usize, above: &mut Vec<usize>) -> Result<u64> {
        if let Some(depth) = self.known.get(&index) {
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
            below = below.max(self.of(*callee, above)?);
        }
        above.pop();
        let depth = frame(function)? + below;
        self.known.insert(index, depth);
        Ok(depth)
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
