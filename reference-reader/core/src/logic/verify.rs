//! Verifies execution logic before it is stored (CW-LOGIC-003): one pass over the instructions, in bounded time.
//!
//! All jumps lead ahead and loops are bounded, so that visiting the instructions in order sees every path: each
//! instruction's arrival is the longest way to it and all that the modules may have gone through by then.

use super::{filter, parameters};
use crate::{env::Env, modules::SERVICE_MODULES};
use cardwire_codec::{
    message::{
        Instruction, Label, Logic, LogicRule, ModuleId, Policy,
        limits::{LOGIC_STEPS_MAX, LOOP_DEPTH_MAX},
    },
    wire::Cursor,
};

/// Largest code of execution logic, in bytes; the schema's bound of `logic.code`.
pub(crate) const CODE_MAX: usize = 900;

const UNREACHED: u16 = u16::MAX;

/// What the modules may have gone through on the ways to an instruction: three bits for each declared module. And
/// whether writes that belong together have begun, on which all ways agree.
type Past = u16;

const UNUSED: Past = 0b001;
const USED: Past = 0b010;
const DONE: Past = 0b100;
/// Every declared module unused.
const ALL_UNUSED: Past = 0b0_001_001_001_001_001;
const CRITICAL: Past = 0b1_000_000_000_000_000;

/// A label that was named in a loop which has ended since: whatever stands there is outside of it.
const FROM_ENDED_LOOP: u8 = u8::MAX;

/// Holds execution logic to the rules of the registry `logic_rule`; that its document decodes and is for the right
/// service was looked at before.
///
/// # Errors
/// The first rule that it breaks.
pub(crate) fn verify<E: Env>(logic: &Logic<'_>, env: &E) -> Result<(), LogicRule> {
    locate(logic, env).map_err(|broken| broken.rule)
}

/// A rule that logic breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The rule.
    pub rule: LogicRule,
    /// Where in the code the instruction begins at which it does; `None` where it is the header.
    pub at: Option<usize>,
}

impl From<LogicRule> for Broken {
    fn from(rule: LogicRule) -> Self {
        Self { rule, at: None }
    }
}

/// The same, and where.
///
/// # Errors
/// The first rule that it breaks, and the instruction at which it does.
//= spec/book/src/logic.md#cw-logic-011
//# Of the rules that logic breaks, a reader MUST name the one that it meets first in the order of this section.
// Kept apart from its callers: its tables take 5 KB of stack, which shall be free again when it returns.
#[inline(never)]
pub(super) fn locate<E: Env>(logic: &Logic<'_>, env: &E) -> Result<(), Broken> {
    // The codec has held both to their bounds.
    if logic.code.len() > CODE_MAX || usize::from(logic.budget) > LOGIC_STEPS_MAX {
        return Err(LogicRule::Document.into());
    }
    //= spec/book/src/logic.md#cw-logic-008
    //# A reader MUST refuse logic that declares a module which it does not know, or does not have, with the rule `module`.
    let has = |module| SERVICE_MODULES.contains(&module) && env.modules().contains(&module);
    if !logic.modules.iter().all(has) {
        return Err(LogicRule::Module.into());
    }
    if !parameters::are_sound(logic.parameters) {
        return Err(LogicRule::Parameter.into());
    }
    let mut walk = Walk::new(logic);
    let mut cursor = Cursor::new(logic.code);
    while !cursor.rest().is_empty() {
        let at = cursor.offset();
        let here = |rule| Broken { rule, at: Some(at) };
        // An instruction begins with its opcode; what is wrong behind it is wrong with an operand.
        let opcode = cursor.rest().first().copied().unwrap_or_default();
        let instruction = Instruction::parse(&mut cursor).ok_or_else(|| {
            here(if Instruction::is_opcode(opcode) {
                LogicRule::Operand
            } else {
                LogicRule::Opcode
            })
        })?;
        walk.visit(at, cursor.offset(), &instruction).map_err(here)?;
    }
    let behind = Some(logic.code.len());
    walk.finish().map_err(|rule| Broken { rule, at: behind })
}

/// A loop whose end has not been reached.
#[derive(Clone, Copy)]
struct OpenLoop {
    times: u32,
    /// Longest way up to and with its `loop`.
    entry: u16,
    /// Whether writes that belong together have begun at its `loop`.
    critical: Past,
    /// Longest way up to and with an `end` in its first round; 0 where it has none.
    end: u32,
}

struct Walk<'l, 'a> {
    logic: &'l Logic<'a>,
    /// Longest way to the instruction at this offset.
    cost: [u16; CODE_MAX + 1],
    past: [Past; CODE_MAX + 1],
    /// A bit for each instruction to which writes that belong together have begun on some ways and not on others.
    disagreeing: [u8; CODE_MAX / 8 + 1],
    /// How many loops were open where the instruction at this offset is jumped to from, plus one.
    jumped_from: [u8; CODE_MAX + 1],
    /// Targets that have been named and not visited.
    open_targets: usize,
    loops: [Option<OpenLoop>; LOOP_DEPTH_MAX],
    depth: usize,
}

impl<'l, 'a> Walk<'l, 'a> {
    fn new(logic: &'l Logic<'a>) -> Self {
        let mut walk = Self {
            logic,
            cost: [UNREACHED; CODE_MAX + 1],
            past: [0; CODE_MAX + 1],
            disagreeing: [0; CODE_MAX / 8 + 1],
            jumped_from: [0; CODE_MAX + 1],
            open_targets: 0,
            loops: [None; LOOP_DEPTH_MAX],
            depth: 0,
        };
        walk.cost[0] = 0;
        walk.past[0] = ALL_UNUSED;
        walk
    }

    /// Tells the loop that is open from all others that are: of one depth there is one at a time.
    fn current_loop(&self) -> u8 {
        // At most `LOOP_DEPTH_MAX` are open.
        self.depth as u8 + 1
    }

    fn visit(&mut self, at: usize, next: usize, instruction: &Instruction<'_>) -> Result<(), LogicRule> {
        // Code that no path reaches would hide from the rules about paths.
        if self.cost[at] == UNREACHED {
            return Err(LogicRule::Target);
        }
        if self.jumped_from[at] != 0 {
            self.open_targets -= 1;
            if self.jumped_from[at] != self.current_loop() {
                return Err(LogicRule::Target);
            }
        }
        if self.disagreeing[at / 8] >> (at % 8) & 1 != 0 {
            return Err(LogicRule::Critical);
        }
        let cost = self.cost[at] + 1;
        if cost > self.logic.budget {
            return Err(LogicRule::Budget);
        }
        let mut past = self.past[at];
        match instruction {
            Instruction::Apdu { command, .. } if !filter::allows(command) => return Err(LogicRule::Filter),
            Instruction::Command { header, .. } if !filter::allows(&header[..]) => {
                return Err(LogicRule::Filter);
            }
            _ => {}
        }
        if let Some(module) = instruction.module() {
            self.call(module, &mut past)?;
        }
        match instruction {
            Instruction::Done { module } => self.done(*module, &mut past)?,
            Instruction::Parameter { name, .. } => {
                let declared = self.logic.parameters.iter().any(|known| known.name == *name);
                if !declared {
                    return Err(LogicRule::Parameter);
                }
            }
            Instruction::WhenStatus { target, .. }
            | Instruction::WhenEmpty { target, .. }
            | Instruction::WhenEqual { target, .. }
            | Instruction::WhenLonger { target, .. }
            | Instruction::WhenByte { target, .. } => self.jump(next, *target, cost, past)?,
            Instruction::Go { target } => return self.jump(next, *target, cost, past),
            Instruction::Loop { times } => self.open_loop(*times, cost, past)?,
            Instruction::Again => {
                let cost = self.close_loop(next, cost, past)?;
                self.arrive(next, cost, past);
                return Ok(());
            }
            Instruction::Critical if past & CRITICAL == 0 => past |= CRITICAL,
            Instruction::Settled if past & CRITICAL != 0 => past &= !CRITICAL,
            Instruction::Critical | Instruction::Settled => return Err(LogicRule::Critical),
            Instruction::End { .. } => return self.end(cost, past),
            Instruction::Apdu { .. }
            | Instruction::Command { .. }
            | Instruction::Exchange { .. }
            | Instruction::Pin { .. }
            | Instruction::Ask { .. }
            | Instruction::Poll { .. }
            | Instruction::Reset { .. }
            | Instruction::Show { .. }
            | Instruction::Set { .. }
            | Instruction::Slice { .. }
            | Instruction::Copy { .. }
            | Instruction::Join { .. }
            | Instruction::Split { .. }
            | Instruction::Fill { .. }
            | Instruction::Patch { .. }
            | Instruction::Put { .. }
            | Instruction::Add { .. }
            | Instruction::Find { .. }
            | Instruction::Take { .. }
            | Instruction::Convert { .. }
            | Instruction::Status { .. }
            | Instruction::Progress { .. }
            | Instruction::Emit { .. }
            | Instruction::Expect { .. } => {}
        }
        self.arrive(next, cost, past);
        Ok(())
    }

    /// One more way leads to the instruction at this offset. Whether all ways to it agree is looked at when it is visited.
    fn arrive(&mut self, at: usize, cost: u16, past: Past) {
        let known = self.cost[at];
        if known == UNREACHED {
            self.cost[at] = cost;
            self.past[at] = past;
        } else {
            self.cost[at] = known.max(cost);
            if (self.past[at] ^ past) & CRITICAL != 0 {
                self.disagreeing[at / 8] |= 1 << (at % 8);
            }
            self.past[at] |= past;
        }
    }

    fn jump(&mut self, next: usize, target: Label, cost: u16, past: Past) -> Result<(), LogicRule> {
        let target = usize::from(target.0);
        if target < next || target >= self.logic.code.len() {
            return Err(LogicRule::Target);
        }
        let from = self.current_loop();
        match self.jumped_from[target] {
            0 => {
                self.jumped_from[target] = from;
                self.open_targets += 1;
            }
            other if other != from => return Err(LogicRule::Target),
            _ => {}
        }
        self.arrive(target, cost, past);
        Ok(())
    }

    fn open_loop(&mut self, times: u8, entry: u16, past: Past) -> Result<(), LogicRule> {
        let slot = self.loops.get_mut(self.depth).ok_or(LogicRule::Loop)?;
        *slot = Some(OpenLoop {
            times: u32::from(times),
            entry,
            critical: past & CRITICAL,
            end: 0,
        });
        self.depth += 1;
        Ok(())
    }

    /// The longest way to behind the loop that ends here. An `end` in it may be reached in the last round.
    fn close_loop(&mut self, next: usize, cost: u16, past: Past) -> Result<u16, LogicRule> {
        let inside = self.current_loop();
        self.depth = self.depth.checked_sub(1).ok_or(LogicRule::Loop)?;
        let open = self.loops[self.depth].take().ok_or(LogicRule::Loop)?;
        for from in &mut self.jumped_from[next..] {
            if *from == inside {
                *from = FROM_ENDED_LOOP;
            }
        }
        // No overflow: every length that was counted before was held to the budget, which is one of 16 bits.
        let body = u32::from(cost - open.entry);
        let behind = u32::from(open.entry) + open.times * body;
        let mut end = 0;
        if open.end > 0 {
            end = open.end + (open.times - 1) * body;
        }
        if let Some(outer) = self.around() {
            outer.end = outer.end.max(end);
        }
        if behind.max(end) > u32::from(self.logic.budget) {
            return Err(LogicRule::Budget);
        }
        // Else its second round would begin with what its first did not.
        if open.critical != past & CRITICAL {
            return Err(LogicRule::Critical);
        }
        u16::try_from(behind).map_err(|_| LogicRule::Budget)
    }

    /// The innermost open loop.
    fn around(&mut self) -> Option<&mut OpenLoop> {
        let top = self.depth.checked_sub(1)?;
        self.loops.get_mut(top)?.as_mut()
    }

    /// Where the bits of a declared module stand.
    fn shift(&self, module: ModuleId) -> Result<u32, LogicRule> {
        let declared = self.logic.modules.iter().position(|declared| declared == module);
        declared
            .and_then(|index| u32::try_from(index * 3).ok())
            .ok_or(LogicRule::Module)
    }

    //= spec/book/src/logic.md#cw-logic-006
    //# Under `per-step` the verifier MUST demand exactly one `done` on every path that uses a module, and no use after it.
    fn call(&self, module: ModuleId, past: &mut Past) -> Result<(), LogicRule> {
        let shift = self.shift(module)?;
        if self.wants_done() && *past >> shift & DONE != 0 {
            return Err(LogicRule::Done);
        }
        *past = *past & !(0b111 << shift) | USED << shift;
        Ok(())
    }

    fn done(&self, module: ModuleId, past: &mut Past) -> Result<(), LogicRule> {
        let shift = self.shift(module)?;
        let so_far = *past >> shift & 0b111;
        // In a loop it would be done twice.
        if self.wants_done() && (so_far & DONE != 0 || self.depth > 0) {
            return Err(LogicRule::Done);
        }
        *past = *past & !(0b111 << shift) | DONE << shift;
        Ok(())
    }

    fn end(&mut self, cost: u16, past: Past) -> Result<(), LogicRule> {
        if past & CRITICAL != 0 {
            return Err(LogicRule::Critical);
        }
        let used = (0..self.logic.modules.len()).any(|index| past >> (index * 3) & USED != 0);
        if self.wants_done() && used {
            return Err(LogicRule::Done);
        }
        if let Some(open) = self.around() {
            open.end = open.end.max(u32::from(cost));
        }
        Ok(())
    }

    /// Whether modules have to be done with.
    fn wants_done(&self) -> bool {
        self.logic.policy == Policy::PerStep
    }

    fn finish(&self) -> Result<(), LogicRule> {
        if self.depth != 0 {
            return Err(LogicRule::Loop);
        }
        if self.open_targets != 0 {
            return Err(LogicRule::Target);
        }
        // A path that arrives behind the last instruction has not ended.
        if self.cost[self.logic.code.len()] != UNREACHED {
            Err(LogicRule::End)
        } else {
            Ok(())
        }
    }
}

// A declared module is one that this reader has, and declared but once.
const _: () = assert!(SERVICE_MODULES.len() * 3 < Past::BITS as usize && CRITICAL.trailing_zeros() == 15);
const _: () = assert!(UNUSED | USED | DONE == 0b111 && ALL_UNUSED & 0b111 == UNUSED);

#[cfg(test)]
mod tests;
