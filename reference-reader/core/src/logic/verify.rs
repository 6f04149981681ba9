//! Verifies execution logic before it is stored (CW-LOGIC-003): one pass over the instructions, in bounded time.
//!
//! All jumps lead ahead and loops are bounded, so that visiting the instructions in order sees every path: each
//! instruction's arrival is the longest way to it and all that the modules may have gone through by then.

use crate::modules::{SERVICE_MODULES, contact_card};
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

/// What the modules may have gone through on the ways to an instruction: three bits for each declared module.
type Past = u8;

const UNUSED: Past = 0b001;
const USED: Past = 0b010;
const DONE: Past = 0b100;
/// Every declared module unused.
const ALL_UNUSED: Past = 0b00_001_001;

/// Instructions that execution logic may send to the card (CW-LOGIC-007).
const ALLOWED_INSTRUCTIONS: [u8; 8] = [0xA4, 0xB0, 0xB2, 0xA2, 0xF2, 0xD6, 0xDC, 0x70];
const ALLOWED_CLASSES: [u8; 5] = [0x00, 0x01, 0x02, 0x03, 0x80];

/// Holds execution logic to the rules of the registry `logic_rule`.
///
/// # Errors
/// The first rule that it breaks.
// Kept apart from its callers: its tables take 4 KB of stack, which shall be free again when it returns.
#[inline(never)]
pub(crate) fn verify(logic: &Logic<'_>, has_module: impl Fn(ModuleId) -> bool) -> Result<(), LogicRule> {
    if !logic.modules.iter().all(has_module) {
        return Err(LogicRule::Module);
    }
    if logic.code.len() > CODE_MAX || usize::from(logic.budget) > LOGIC_STEPS_MAX {
        return Err(LogicRule::Document);
    }
    let mut walk = Walk::new(logic);
    let mut cursor = Cursor::new(logic.code);
    while !cursor.rest().is_empty() {
        let at = cursor.offset();
        let instruction = Instruction::read(&mut cursor).map_err(|error| match error.field {
            "opcode" => LogicRule::Opcode,
            _ => LogicRule::Operand,
        })?;
        walk.visit(at, cursor.offset(), &instruction)?;
    }
    walk.finish()
}

/// A loop whose end has not been reached.
#[derive(Clone, Copy)]
struct OpenLoop {
    id: u8,
    times: u32,
    entry: u16,
}

struct Walk<'l, 'a> {
    logic: &'l Logic<'a>,
    /// Longest way to the instruction at this offset.
    cost: [u16; CODE_MAX + 1],
    modules: [Past; CODE_MAX + 1],
    /// The loop from which the instruction at this offset is jumped to, plus one.
    jumped_from: [u8; CODE_MAX + 1],
    /// Targets that have been named and not visited.
    open_targets: usize,
    loops: [Option<OpenLoop>; LOOP_DEPTH_MAX],
    depth: usize,
    loops_seen: u8,
}

impl<'l, 'a> Walk<'l, 'a> {
    fn new(logic: &'l Logic<'a>) -> Self {
        let mut walk = Self {
            logic,
            cost: [UNREACHED; CODE_MAX + 1],
            modules: [0; CODE_MAX + 1],
            jumped_from: [0; CODE_MAX + 1],
            open_targets: 0,
            loops: [None; LOOP_DEPTH_MAX],
            depth: 0,
            loops_seen: 0,
        };
        walk.cost[0] = 0;
        walk.modules[0] = ALL_UNUSED;
        walk
    }

    fn current_loop(&self) -> u8 {
        self.depth
            .checked_sub(1)
            .and_then(|top| self.loops[top])
            .map_or(0, |open| open.id)
    }

    fn visit(&mut self, at: usize, next: usize, instruction: &Instruction<'_>) -> Result<(), LogicRule> {
        // Code that no path reaches would hide from the rules about paths.
        if self.cost[at] == UNREACHED {
            return Err(LogicRule::Target);
        }
        if self.jumped_from[at] != 0 {
            self.open_targets -= 1;
            if self.jumped_from[at] - 1 != self.current_loop() {
                return Err(LogicRule::Target);
            }
        }
        let cost = self.cost[at] + 1;
        if cost > self.logic.budget {
            return Err(LogicRule::Budget);
        }
        let mut modules = self.modules[at];
        match instruction {
            Instruction::Apdu { command, .. } => {
                check_command(command)?;
                self.call(ModuleId::CONTACT_CARD, &mut modules)?;
            }
            Instruction::Reset { .. } => self.call(ModuleId::CONTACT_CARD, &mut modules)?,
            Instruction::Show { .. } => self.call(ModuleId::INDICATOR, &mut modules)?,
            Instruction::Done { module } => self.done(*module, &mut modules)?,
            Instruction::WhenStatus { target, .. } | Instruction::WhenEmpty { target, .. } => {
                self.jump(next, *target, cost, modules)?;
            }
            Instruction::Go { target } => return self.jump(next, *target, cost, modules),
            Instruction::Loop { times } => self.open_loop(*times, cost)?,
            Instruction::Again => {
                let cost = self.close_loop(cost)?;
                self.arrive(next, cost, modules);
                return Ok(());
            }
            Instruction::End { .. } => return self.end(modules),
            Instruction::Set { .. }
            | Instruction::Slice { .. }
            | Instruction::Emit { .. }
            | Instruction::Expect { .. } => {}
        }
        self.arrive(next, cost, modules);
        Ok(())
    }

    fn arrive(&mut self, at: usize, cost: u16, modules: Past) {
        let known = self.cost[at];
        self.cost[at] = if known == UNREACHED { cost } else { known.max(cost) };
        self.modules[at] |= modules;
    }

    fn jump(&mut self, next: usize, target: Label, cost: u16, modules: Past) -> Result<(), LogicRule> {
        let target = usize::from(target.0);
        if target < next || target >= self.logic.code.len() {
            return Err(LogicRule::Target);
        }
        let from = self.current_loop() + 1;
        match self.jumped_from[target] {
            0 => {
                self.jumped_from[target] = from;
                self.open_targets += 1;
            }
            other if other != from => return Err(LogicRule::Target),
            _ => {}
        }
        self.arrive(target, cost, modules);
        Ok(())
    }

    fn open_loop(&mut self, times: u8, entry: u16) -> Result<(), LogicRule> {
        let slot = self.loops.get_mut(self.depth).ok_or(LogicRule::Loop)?;
        self.loops_seen = self
            .loops_seen
            .checked_add(1)
            .filter(|id| *id < u8::MAX)
            .ok_or(LogicRule::Loop)?;
        *slot = Some(OpenLoop {
            id: self.loops_seen,
            times: u32::from(times),
            entry,
        });
        self.depth += 1;
        Ok(())
    }

    /// The longest way to behind the loop that ends here.
    fn close_loop(&mut self, cost: u16) -> Result<u16, LogicRule> {
        self.depth = self.depth.checked_sub(1).ok_or(LogicRule::Loop)?;
        let open = self.loops[self.depth].take().ok_or(LogicRule::Loop)?;
        let body = u32::from(cost - open.entry);
        let total = u32::from(open.entry) + open.times * body;
        u16::try_from(total)
            .ok()
            .filter(|total| *total <= self.logic.budget)
            .ok_or(LogicRule::Budget)
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
    fn call(&self, module: ModuleId, modules: &mut Past) -> Result<(), LogicRule> {
        let shift = self.shift(module)?;
        if self.logic.policy == Policy::PerStep && *modules >> shift & DONE != 0 {
            return Err(LogicRule::Done);
        }
        *modules = *modules & !(0b111 << shift) | USED << shift;
        Ok(())
    }

    fn done(&self, module: ModuleId, modules: &mut Past) -> Result<(), LogicRule> {
        let shift = self.shift(module)?;
        let so_far = *modules >> shift & 0b111;
        // In a loop it would be done twice.
        if self.logic.policy == Policy::PerStep && (so_far & DONE != 0 || self.depth > 0) {
            return Err(LogicRule::Done);
        }
        *modules = *modules & !(0b111 << shift) | DONE << shift;
        Ok(())
    }

    fn end(&self, modules: Past) -> Result<(), LogicRule> {
        let used = (0..self.logic.modules.len()).any(|index| modules >> (index * 3) & USED != 0);
        if self.logic.policy == Policy::PerStep && used {
            Err(LogicRule::Done)
        } else {
            Ok(())
        }
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
const _: () = assert!(SERVICE_MODULES.len() * 3 <= Past::BITS as usize);
const _: () = assert!(UNUSED | USED | DONE == 0b111 && ALL_UNUSED & 0b111 == UNUSED);

fn check_command(command: &[u8]) -> Result<(), LogicRule> {
    let allowed = matches!(command, [class, instruction, ..]
        if ALLOWED_CLASSES.contains(class) && ALLOWED_INSTRUCTIONS.contains(instruction));
    if allowed && contact_card::is_well_formed(command) {
        Ok(())
    } else {
        Err(LogicRule::Filter)
    }
}
