//! Runs logic that verifies, and holds each step to what the book says of it.

use super::{
    card::{Asked, Card, Told},
    instructions,
};
use cardwire_codec::{
    Message as _,
    cbor::to_cbor,
    message::{
        Instruction, ItemKind, Logic, ModuleId, Occurrence, Outcome, Parameter, ParameterSource, Policy,
        ServiceData,
        limits::{JOB_DATA_MAX, REGISTER_SIZE, REGISTERS, TPDUS_MAX},
        shapes,
    },
    plain::{self, Plain as _},
};
use cardwire_core::logic::{Happening, Refused, Simulator};
use cardwire_spec::interpret::hex;
use core::fmt::{self, Write as _};
use std::collections::BTreeMap;

/// Who looks at a run.
pub(super) enum Judge {
    /// Panics where something is not as it should be.
    Strict,
    /// Tells what happens, and what is not as it should be.
    Telling(String),
}

impl Judge {
    fn hold(&mut self, is: bool, what: &str) {
        if is {
            return;
        }
        match self {
            Self::Strict => panic!("{what}"),
            Self::Telling(told) => *told += &format!("BROKEN: {what}\n"),
        }
    }

    fn tell(&mut self, what: fmt::Arguments<'_>) {
        if let Self::Telling(told) = self {
            let _ = writeln!(told, "{what}");
        }
    }
}

/// The bytes of parameters that a machine has room for, at least.
const PARAMETERS_MAX: usize = 400;

/// The most commands of one instruction: a secret takes two command APDUs of so many TPDUs; an activation less.
const COMMANDS_MAX: usize = 2 * (TPDUS_MAX + 1);
/// Told unasked in a row, at most: so many bytes a card may have to choose from.
const UNASKED_MAX: usize = 1 << 16;

/// Runs the document to its end.
pub(super) fn run(document: &[u8], mut card: Card, judge: &mut Judge) {
    let Ok(logic) = Logic::decode(document) else {
        return judge.hold(false, "what verifies decodes");
    };
    let given = given(&logic, ParameterSource::Client, &mut card);
    let sealed = given_by_cloud(&logic, &mut card);
    let simulator = match Simulator::with_secrets(document, &given, &sealed) {
        Ok(simulator) => simulator,
        Err(refused) => {
            let is_parameters = matches!(refused, Refused::Parameters | Refused::Secrets);
            let is_too_long = given.len() > PARAMETERS_MAX || sealed.len() > PARAMETERS_MAX;
            judge.tell(format_args!("does not begin: {refused:?}"));
            return judge.hold(
                is_parameters && is_too_long,
                "parameters as they are declared are taken",
            );
        }
    };
    let mut run = Run {
        places: instructions(logic.code).collect(),
        logic: &logic,
        simulator,
        card,
        used: Vec::new(),
        done: Vec::new(),
        critical: false,
        data: 0,
    };
    while run.step(judge) {}
}

/// One run, and what is known of it from what it was seen doing.
struct Run<'l> {
    logic: &'l Logic<'l>,
    places: BTreeMap<usize, Instruction<'l>>,
    simulator: Simulator,
    card: Card,
    used: Vec<ModuleId>,
    done: Vec<ModuleId>,
    critical: bool,
    /// Bytes of service data when they were last looked at.
    data: usize,
}

/// What a step came to, apart from the simulator.
enum Came {
    On,
    Asked(Asked),
    Done(ModuleId),
    Ended(Outcome),
}

impl From<Happening<'_>> for Came {
    fn from(happening: Happening<'_>) -> Self {
        match happening {
            Happening::Stepped | Happening::Progress(_) => Self::On,
            Happening::Command(command) => Self::Asked(Asked::of(command)),
            Happening::Done(module) => Self::Done(module),
            Happening::Ended(outcome) => Self::Ended(outcome),
        }
    }
}

impl Run<'_> {
    /// Executes one instruction with all that a module does for it; `false` where the run has ended.
    fn step(&mut self, judge: &mut Judge) -> bool {
        let at = self.simulator.place();
        let Some(&instruction) = self.places.get(&at) else {
            judge.hold(false, "a run stays on its instructions");
            return false;
        };
        judge.hold(
            self.simulator.steps() < self.logic.budget,
            "a run that was verified is never ended by its budget",
        );
        judge.tell(format_args!("@{at:04X} {instruction:02x?}"));
        let before = self.simulator.steps();
        let mut came = Came::from(self.simulator.step());
        judge.hold(
            self.simulator.steps() == before + 1,
            "one step is one instruction",
        );
        self.sections(&instruction, judge);
        let mut commands = 0;
        while let Came::Asked(asked) = came {
            self.called(&instruction, &asked, judge);
            commands += 1;
            judge.hold(
                commands <= COMMANDS_MAX,
                "what a module does for one instruction is bounded",
            );
            if commands > COMMANDS_MAX {
                return false;
            }
            came = self.answer(&asked, judge);
        }
        self.bounds(judge);
        match came {
            Came::On | Came::Asked(_) => true,
            Came::Done(module) => {
                judge.hold(
                    self.logic.policy != Policy::PerStep || !self.done.contains(&module),
                    "under `per-step` a module is done once",
                );
                self.done.push(module);
                true
            }
            Came::Ended(outcome) => {
                self.ended(&instruction, outcome, judge);
                false
            }
        }
    }

    /// Writes that belong together begin and end in turn.
    fn sections(&mut self, instruction: &Instruction<'_>, judge: &mut Judge) {
        match instruction {
            Instruction::Critical => {
                judge.hold(!self.critical, "writes that belong together begin once");
                self.critical = true;
            }
            Instruction::Settled => {
                judge.hold(self.critical, "only what has begun is settled");
                self.critical = false;
            }
            _ => {}
        }
    }

    fn called(&mut self, instruction: &Instruction<'_>, asked: &Asked, judge: &mut Judge) {
        judge.tell(format_args!("      asks {asked:02x?}"));
        let Some(module) = asked.module() else {
            return judge.hold(false, "logic has no say about supply");
        };
        judge.hold(
            instruction.module() == Some(module),
            "an instruction calls its own module",
        );
        judge.hold(
            self.logic.modules.iter().any(|declared| declared == module),
            "a module that is called is declared",
        );
        judge.hold(
            self.logic.policy != Policy::PerStep || !self.done.contains(&module),
            "under `per-step` a module that is done is not called",
        );
        if !self.used.contains(&module) {
            self.used.push(module);
        }
        if let Asked::Transmit(tpdu) = asked {
            // Class, instruction, P1, P2, P3 and 255 bytes.
            judge.hold(
                (5..=260).contains(&tpdu.len()),
                "a TPDU has a header, and no more data than one takes",
            );
            judge.hold(
                tpdu.get(1)
                    .is_some_and(|instruction| MAY_BE_SENT.contains(instruction)),
                "only what logic may send goes to the card",
            );
        }
    }

    /// Has the module answer; what belongs to nothing that was asked changes nothing.
    fn answer(&mut self, asked: &Asked, judge: &mut Judge) -> Came {
        for _ in 0..UNASKED_MAX {
            let told = self.card.answer(asked);
            judge.tell(format_args!("      gets {told:02x?}"));
            let before = (self.simulator.place(), self.simulator.steps());
            let came = Came::from(self.simulator.answer(told.event(asked)));
            if !matches!(told, Told::Unasked(_)) {
                return came;
            }
            let is_same = matches!(&came, Came::Asked(again) if again == asked);
            judge.hold(
                is_same && before == (self.simulator.place(), self.simulator.steps()),
                "what was not asked changes nothing",
            );
            if !is_same {
                return came;
            }
        }
        judge.hold(false, "the bytes of a card come to an end");
        Came::On
    }

    fn bounds(&mut self, judge: &mut Judge) {
        for number in 0..=REGISTERS as u8 {
            let is_right = match self.simulator.register(number) {
                Some(held) => usize::from(number) < REGISTERS && held.len() <= REGISTER_SIZE,
                None => usize::from(number) >= REGISTERS,
            };
            judge.hold(
                is_right,
                "there are eight registers, none of which holds more than its size",
            );
        }
        let data = self.simulator.data();
        if data.len() == self.data {
            return;
        }
        self.data = data.len();
        judge.hold(
            data.len() <= JOB_DATA_MAX,
            "service data has the size that a job may give",
        );
        judge.hold(
            ServiceData::decode(data).is_ok(),
            "service data is the document `service_data`",
        );
        let mut room = [0; JOB_DATA_MAX];
        judge.hold(
            to_cbor(&shapes::SERVICE_DATA, data, &mut room).is_ok(),
            "service data has a form in CBOR, of the size that a job may give",
        );
    }

    fn ended(&mut self, instruction: &Instruction<'_>, outcome: Outcome, judge: &mut Judge) {
        judge.tell(format_args!(
            "ends {}, data {}",
            outcome.0,
            hex::encode(self.simulator.data())
        ));
        if let Instruction::End { outcome: stated } = instruction {
            judge.hold(
                outcome == *stated,
                "a run that ends by itself has the outcome that it states",
            );
            judge.hold(!self.critical, "and no writes that belong together are left open");
            let left = self.used.iter().any(|module| !self.done.contains(module));
            judge.hold(
                self.logic.policy != Policy::PerStep || !left,
                "and under `per-step` it is done with all that it used",
            );
        }
        judge.hold(
            outcome != Outcome::CARD_INCONSISTENT
                || self.critical
                || matches!(instruction, Instruction::End { .. }),
            "only between writes that belong together a card is left inconsistent",
        );
        let again = Came::from(self.simulator.step());
        judge.hold(
            matches!(again, Came::Ended(same) if same == outcome),
            "an ended run stays ended",
        );
        judge.hold(
            self.simulator.steps() <= self.logic.budget,
            "a run ends within its budget",
        );
    }
}

/// Instruction bytes that may go to a card, by the book: the list of CW-LOGIC-007, what presents secrets, and what the
/// transport rules send.
const MAY_BE_SENT: [u8; 16] = [
    0xA4, 0xB0, 0xB2, 0xA2, 0xF2, 0xD6, 0xDC, 0x70, 0x88, 0x20, 0x24, 0x26, 0x28, 0x2C, 0xC0, 0xC2,
];

/// Parameters as they are declared to come from there, the card's bytes choose which ones; nothing where none are.
fn given(logic: &Logic<'_>, source: ParameterSource, card: &mut Card) -> Vec<u8> {
    let declared = logic
        .parameters
        .iter()
        .filter(|parameter| parameter.source == source);
    let items: Vec<_> = declared.flat_map(|parameter| values(&parameter, card)).collect();
    let data = plain::ServiceData {
        items,
        extensions: Vec::new(),
    };
    // Eight parameters of a length that is in bounds have an encoding.
    data.encode().unwrap_or_default()
}

/// The same of the cloud, which brings nothing where nothing is declared.
fn given_by_cloud(logic: &Logic<'_>, card: &mut Card) -> Vec<u8> {
    let source = ParameterSource::Cloud;
    if logic
        .parameters
        .iter()
        .any(|parameter| parameter.source == source)
    {
        given(logic, source, card)
    } else {
        Vec::new()
    }
}

fn values(parameter: &Parameter<'_>, card: &mut Card) -> Vec<plain::Item> {
    let times = match parameter.occurrence {
        Occurrence::Required => 1,
        Occurrence::Optional => card.byte() % 2,
        Occurrence::Several => 1 + card.byte() % 2,
        Occurrence::Any => card.byte() % 3,
    };
    let spread = (parameter.maximum - parameter.minimum).min(15);
    let value = |card: &mut Card| {
        let measure = parameter.minimum + u16::from(card.byte()) % (spread + 1);
        match parameter.kind {
            ItemKind::Number => u32::from(measure).to_be_bytes().to_vec(),
            ItemKind::Text => vec![b'0' + card.byte() % 10; usize::from(measure)],
            ItemKind::Bytes => card.take(usize::from(measure)),
        }
    };
    (0..times)
        .map(|_| plain::Item {
            name: parameter.name.as_str().to_owned(),
            kind: parameter.kind,
            value: value(card),
        })
        .collect()
}
