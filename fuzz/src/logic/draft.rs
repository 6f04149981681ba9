//! Makes programs of bytes, instruction by instruction from the schema: such as verify, or such with hostile fields.
//!
//! Jumps lead ahead and are bound to a later instruction of the same loop and the same section; a loop is closed and a
//! section settled before the end; under `per-step` every module is done before every `end`. So whatever the bytes are,
//! a program that is not hostile keeps all rules but the one of the budget.

use super::{MODULES, around};
use crate::codec::PROTOCOL;
use cardwire_codec::{
    message::{
        ItemKind, ModuleId, Occurrence, ParameterSource, Policy,
        limits::{LOOP_DEPTH_MAX, REGISTERS},
    },
    plain::{Logic, Parameter},
};
use cardwire_spec::{
    kind::{Kind, prefix_size},
    model::{Field, Instruction, Length},
};
use std::sync::LazyLock;

/// Room that is left for what closes a program.
const CODE_FULL: usize = 760;
/// The most instructions that are chosen.
const INSTRUCTIONS_MAX: usize = 96;
/// Rounds of a loop, mostly: so a program stays below the largest budget.
const TIMES_MAX: u8 = 6;

/// The program that these bytes make.
pub(super) fn program(bytes: &[u8], is_hostile: bool) -> Logic {
    let mut draft = Draft {
        choices: Choices { bytes, at: 0 },
        is_hostile,
        code: Vec::new(),
        open: Vec::new(),
        loops: Vec::new(),
        critical: false,
        parameters: Vec::new(),
        policy: Policy::WholeService,
    };
    draft.header();
    for _ in 0..draft.choices.below(INSTRUCTIONS_MAX) + 1 {
        if draft.code.len() > CODE_FULL {
            break;
        }
        draft.statement();
    }
    while !draft.loops.is_empty() {
        draft.close_loop();
    }
    draft.converge(false);
    draft.end();
    let mut logic = around(&draft.code);
    logic.policy = draft.policy;
    logic.parameters = draft.parameters;
    if is_hostile {
        draft.choices.spoil(&mut logic);
    }
    logic
}

/// The fuzzer's bytes as choices; where none are left, the first one of all.
struct Choices<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Choices<'_> {
    fn byte(&mut self) -> u8 {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        byte
    }

    fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count.max(1)
    }

    /// One in so many; never where no bytes are left.
    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }

    /// A header with a field that is not as it should be.
    fn spoil(&mut self, logic: &mut Logic) {
        match self.below(8) {
            0 => logic.budget = 1 + u16::from(self.byte()),
            1 => drop(logic.modules.pop()),
            2 => logic.modules.push(ModuleId(self.byte())),
            3 => drop(logic.parameters.pop()),
            4 => {
                let at = self.below(logic.code.len());
                let byte = self.byte();
                if let Some(place) = logic.code.get_mut(at) {
                    *place = byte;
                }
            }
            5 => logic.code.truncate(self.below(usize::from(u8::MAX)) + 1),
            _ => {}
        }
    }
}

/// A label that is wanted and has no place yet.
struct Jump {
    /// Where in the code its offset is to stand.
    at: usize,
    /// How many loops were open.
    depth: usize,
    critical: bool,
}

struct Draft<'b> {
    choices: Choices<'b>,
    is_hostile: bool,
    code: Vec<u8>,
    open: Vec<Jump>,
    /// For each open loop, whether it began in a section.
    loops: Vec<bool>,
    critical: bool,
    parameters: Vec<Parameter>,
    policy: Policy,
}

/// What the schema calls an instruction is what the draft calls it.
static INSTRUCTIONS: LazyLock<Vec<&'static Instruction>> =
    LazyLock::new(|| PROTOCOL.instructions.iter().collect());

fn named(name: &str) -> &'static Instruction {
    let mut all = INSTRUCTIONS.iter();
    all.find(|known| known.name == name)
        .unwrap_or_else(|| panic!("the schema has no instruction {name}"))
}

impl Draft<'_> {
    fn header(&mut self) {
        if self.choices.one_in(2) {
            self.policy = Policy::PerStep;
        }
        for index in 0..self.choices.below(4) {
            let choice = self.choices.byte();
            let kind = [ItemKind::Text, ItemKind::Bytes, ItemKind::Number][usize::from(choice) % 3];
            let minimum = u16::from(self.choices.byte() % 9);
            let source = if choice & 0x80 == 0 {
                ParameterSource::Client
            } else {
                ParameterSource::Cloud
            };
            let often = [
                Occurrence::Required,
                Occurrence::Optional,
                Occurrence::Several,
                Occurrence::Any,
            ];
            self.parameters.push(Parameter {
                name: format!("p{index}"),
                kind,
                source,
                occurrence: often[usize::from(choice >> 4) % 4],
                minimum,
                maximum: minimum + u16::from(self.choices.byte() % 9),
            });
        }
    }

    /// One instruction, with what has to stand before and behind it.
    fn statement(&mut self) {
        // Labels that are wanted here.
        if self.choices.one_in(3) {
            self.bind(self.critical);
        }
        let instruction = INSTRUCTIONS[self.choices.below(INSTRUCTIONS.len())];
        let is_reachable_behind = self
            .open
            .iter()
            .any(|jump| self.can_be_bound(jump, self.critical));
        match instruction.name.as_str() {
            "loop" if self.loops.len() < LOOP_DEPTH_MAX || self.is_hostile => {
                self.put(instruction);
                self.loops.push(self.critical);
            }
            "again" if !self.loops.is_empty() => self.close_loop(),
            "critical" if !self.critical => self.flip(),
            "settled" if self.critical => self.flip(),
            // What stands behind must be jumped to.
            "go" if is_reachable_behind => {
                self.put(instruction);
                let last = self.open.pop();
                self.bind(self.critical);
                self.open.extend(last);
            }
            "end" if is_reachable_behind && !self.critical && (self.loops.is_empty() || !self.per_step()) => {
                self.end();
                self.bind(self.critical);
            }
            "done" if !self.per_step() => self.put(instruction),
            "parameter" if self.parameters.is_empty() && !self.is_hostile => self.put(named("status")),
            "loop" | "again" | "critical" | "settled" | "go" | "end" | "done" => {
                // Not here; a branch is always right.
                let branches = [
                    "when-status",
                    "when-empty",
                    "when-equal",
                    "when-longer",
                    "when-byte",
                ];
                let branch = branches[self.choices.below(branches.len())];
                self.put(named(branch));
            }
            _ => self.put(instruction),
        }
    }

    fn per_step(&self) -> bool {
        self.policy == Policy::PerStep
    }

    fn can_be_bound(&self, jump: &Jump, critical: bool) -> bool {
        jump.depth == self.loops.len() && jump.critical == critical
    }

    /// Has all labels that may stand here stand here.
    fn bind(&mut self, critical: bool) {
        let here = (self.code.len() as u16).to_be_bytes();
        let (bound, open) = core::mem::take(&mut self.open)
            .into_iter()
            .partition::<Vec<_>, _>(|jump| self.can_be_bound(jump, critical));
        self.open = open;
        for jump in bound {
            self.code[jump.at..jump.at + 2].copy_from_slice(&here);
        }
    }

    /// Brings all ways of this loop together, in a section or outside of one.
    fn converge(&mut self, wanted: bool) {
        self.bind(self.critical);
        let depth = self.loops.len();
        let is_split = self.open.iter().any(|jump| jump.depth == depth);
        if is_split || self.critical != wanted {
            self.flip();
            self.bind(self.critical);
        }
        if self.critical != wanted {
            self.flip();
        }
    }

    /// Begins a section, or settles it.
    fn flip(&mut self) {
        let name = if self.critical { "settled" } else { "critical" };
        self.code.push(named(name).opcode);
        self.critical = !self.critical;
    }

    fn close_loop(&mut self) {
        let wanted = self.loops.last().copied().unwrap_or_default();
        self.converge(wanted);
        self.code.push(named("again").opcode);
        self.loops.pop();
    }

    /// Ends the program here, done with all that it may have used.
    fn end(&mut self) {
        if self.per_step() {
            for module in MODULES {
                self.code.push(named("done").opcode);
                self.code.push(module.0);
            }
        }
        self.put(named("end"));
    }

    fn put(&mut self, instruction: &'static Instruction) {
        self.code.push(instruction.opcode);
        for operand in &instruction.operands {
            if self.is_hostile && self.choices.one_in(200) {
                // Whatever it is, it is not what is wanted, or not enough of it.
                let byte = self.choices.byte();
                self.code.push(byte);
            } else {
                self.operand(instruction, operand);
            }
        }
    }

    fn operand(&mut self, instruction: &Instruction, operand: &Field) {
        let kind = PROTOCOL.operand_kind(&operand.type_name);
        match (instruction.name.as_str(), kind) {
            ("apdu", Some(Kind::Bytes)) => {
                let command = self.command();
                self.prefixed(operand, &command);
            }
            ("command", Some(Kind::Bytes)) if operand.name == "header" => {
                let header = self.command_header();
                self.code.extend(header);
            }
            ("parameter", Some(Kind::Text)) => {
                let name = format!("p{}", self.choices.below(self.parameters.len()));
                self.prefixed(operand, name.as_bytes());
            }
            ("done", _) => {
                let module = MODULES[self.choices.below(MODULES.len())];
                self.code.push(module.0);
            }
            ("loop", _) => {
                let many = self.choices.one_in(16);
                let times = self.choices.byte() % if many { u8::MAX } else { TIMES_MAX };
                let times = times + 1;
                self.code.push(times);
            }
            (_, Some(kind)) => self.value(kind, operand),
            (_, None) => {}
        }
    }

    fn value(&mut self, kind: Kind<'_>, operand: &Field) {
        match kind {
            Kind::Register => {
                let register = self.choices.below(REGISTERS) as u8;
                self.code.push(register);
            }
            Kind::Label => {
                self.open.push(Jump {
                    at: self.code.len(),
                    depth: self.loops.len(),
                    critical: self.critical,
                });
                self.code.extend([0xFF, 0xFF]);
            }
            Kind::Number(size) => {
                let [least, most] = operand.range.unwrap_or([0, u64::MAX >> (64 - 8 * size)]);
                // Small numbers mean more than large ones.
                let choice = self.choices.byte();
                let spread = if choice & 0x80 == 0 {
                    (most - least).min(15)
                } else {
                    most - least
                };
                let number = (0..size).fold(0, |number, _| number << 8 | u64::from(self.choices.byte()));
                let number = least + number % (spread + 1);
                self.code.extend(&number.to_be_bytes()[8 - size..]);
            }
            Kind::Registry(_, registry) => {
                let value = registry.values[self.choices.below(registry.values.len())].value;
                self.code
                    .extend(&value.to_be_bytes()[8 - registry.width.bytes()..]);
            }
            Kind::Bytes => {
                let length = self.length(operand);
                let bytes: Vec<u8> = (0..length).map(|_| self.choices.byte()).collect();
                self.prefixed(operand, &bytes);
            }
            Kind::Text => {
                let length = self.length(operand).max(1);
                let text: Vec<u8> = (0..length).map(|_| b'a' + self.choices.byte() % 26).collect();
                self.prefixed(operand, &text);
            }
            Kind::Bool => {
                let is = self.choices.byte() % 2;
                self.code.push(is);
            }
            // No instruction has one.
            Kind::Structure(_) => {}
        }
    }

    fn length(&mut self, operand: &Field) -> usize {
        match operand.length {
            None => 0,
            Some(Length::Exact(length)) => length as usize,
            Some(Length::Bounds(fewest, most)) => {
                let spread = (most - fewest).min(12) as usize;
                fewest as usize + self.choices.below(spread + 1)
            }
        }
    }

    fn prefixed(&mut self, operand: &Field, bytes: &[u8]) {
        if let Some(Length::Bounds(_, most)) = operand.length {
            let size = prefix_size(most) as usize;
            self.code.extend(&(bytes.len() as u64).to_be_bytes()[8 - size..]);
        }
        self.code.extend(bytes);
    }

    /// A command APDU that may be sent, of any case.
    fn command(&mut self) -> Vec<u8> {
        let mut command = self.command_header().to_vec();
        match self.choices.below(4) {
            0 => {}
            1 => command.push(self.choices.byte()),
            case => {
                let length = 1 + self.choices.byte() % 12;
                command.push(length);
                command.extend((0..length).map(|_| self.choices.byte()).collect::<Vec<_>>());
                if case == 3 {
                    command.push(self.choices.byte());
                }
            }
        }
        command
    }

    fn command_header(&mut self) -> [u8; 4] {
        // The lists of CW-LOGIC-007.
        const CLASSES: [u8; 5] = [0x00, 0x01, 0x02, 0x03, 0x80];
        const INSTRUCTIONS: [u8; 9] = [0xA4, 0xB0, 0xB2, 0xA2, 0xF2, 0xD6, 0xDC, 0x70, 0x88];
        let class = CLASSES[self.choices.below(CLASSES.len())];
        let instruction = INSTRUCTIONS[self.choices.below(INSTRUCTIONS.len())];
        [class, instruction, self.choices.byte(), self.choices.byte()]
    }
}
