//! A program, and modules that answer it.

use cardwire_codec::{
    List, Message, Name,
    message::{
        ClientLoss, Conversion, Instruction, Item, ItemKind, Label, Logic, ModuleId, Outcome, Parameter,
        Policy, Register, ServiceData, ServiceId,
    },
    wire::Writer,
};
use cardwire_core::{
    ModuleCommand, ModuleEvent,
    logic::{Happening, Refused, Simulator},
};

pub(crate) const R0: Register = Register(0);
pub(crate) const R1: Register = Register(1);
pub(crate) const R2: Register = Register(2);
pub(crate) const R3: Register = Register(3);
/// Never written by these programs.
pub(crate) const EMPTY: Register = Register(7);

pub(crate) const SUCCESS: Instruction<'static> = Instruction::End {
    outcome: Outcome::SUCCESS,
};
/// An outcome that only programs here give.
pub(crate) const TAKEN: Outcome = Outcome(0xF001);

pub(crate) fn set(register: Register, value: &[u8]) -> Instruction<'_> {
    Instruction::Set { register, value }
}

pub(crate) fn emit(name: &'static str, register: Register) -> Instruction<'static> {
    Instruction::Emit {
        name: Name::from_text(name),
        kind: ItemKind::Bytes,
        conversion: Conversion::None,
        register,
    }
}

pub(crate) fn parameter(name: &'static str, into: Register) -> Instruction<'static> {
    Instruction::Parameter {
        name: Name::from_text(name),
        into,
    }
}

/// The code of instructions; a branch made by [`branch`] is the last but three, and leads to the last.
pub(crate) fn code(instructions: &[Instruction<'_>]) -> Vec<u8> {
    let mut room = [0; 900];
    let mut writer = Writer::new(&mut room);
    for instruction in instructions {
        instruction.write(&mut writer).unwrap();
    }
    let length = writer.written();
    room[..length].to_vec()
}

/// `before`, then a branch; where it is taken the program ends with [`TAKEN`], else with success.
pub(crate) fn branch(before: &[Instruction<'_>], to: impl Fn(Label) -> Instruction<'static>) -> Vec<u8> {
    let branch = |target| code(&[before, &[to(Label(target)), SUCCESS]].concat());
    let target = branch(0).len() as u16;
    [branch(target), code(&[Instruction::End { outcome: TAKEN }])].concat()
}

pub(crate) fn document(parameters: &[Parameter<'_>], code: &[u8]) -> Vec<u8> {
    let modules = [
        ModuleId::CONTACT_CARD,
        ModuleId::CONTACTLESS_CARD,
        ModuleId::INDICATOR,
        ModuleId::PIN_PAD,
    ];
    encode(&Logic {
        service: ServiceId(0xF001),
        name: Name::from_text("example.test"),
        version: 1,
        policy: Policy::WholeService,
        on_client_loss: ClientLoss::Abort,
        modules: List::from_items(&modules),
        parameters: List::from_items(parameters),
        budget: 4096,
        code,
        extensions: Default::default(),
    })
}

pub(crate) fn encode<'a>(message: &impl Message<'a>) -> Vec<u8> {
    let mut room = [0; 1024];
    let length = message.encode(&mut room).unwrap();
    room[..length].to_vec()
}

pub(crate) fn item<'a>(name: &'static str, kind: ItemKind, value: &'a [u8]) -> Item<'a> {
    Item {
        name: Name::from_text(name),
        kind,
        value,
    }
}

pub(crate) fn service_data(items: &[Item<'_>]) -> Vec<u8> {
    encode(&ServiceData {
        items: List::from_items(items),
        extensions: Default::default(),
    })
}

/// How a run went.
pub(crate) struct Ran {
    pub(crate) outcome: Outcome,
    pub(crate) simulator: Simulator,
    /// TPDUs that went to the card.
    pub(crate) sent: Vec<Vec<u8>>,
    /// Names and values of the service data.
    pub(crate) data: Vec<(String, Vec<u8>)>,
}

impl Ran {
    pub(crate) fn value(&self, name: &str) -> Option<&[u8]> {
        let found = self.data.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_slice())
    }
}

/// Takes a TPDU and gives the card's response.
type CardOf<'m> = Box<dyn FnMut(&[u8]) -> Vec<u8> + 'm>;

/// What answers a program: the card that takes a TPDU and gives its response, the card holder, the field.
pub(crate) struct Modules<'m> {
    pub(crate) card: CardOf<'m>,
    pub(crate) entered: &'static [u8],
    pub(crate) polled: &'static [u8],
}

impl<'m> Modules<'m> {
    pub(crate) fn with_card(card: impl FnMut(&[u8]) -> Vec<u8> + 'm) -> Self {
        Self {
            card: Box::new(card),
            entered: &[],
            polled: &[],
        }
    }

    /// A card that answers everything with 9000.
    pub(crate) fn fine() -> Self {
        Self::with_card(|_| vec![0x90, 0x00])
    }
}

pub(crate) fn run_document(
    document: &[u8],
    parameters: &[u8],
    modules: &mut Modules<'_>,
) -> Result<Ran, Refused> {
    let mut simulator = Simulator::new(document, parameters)?;
    let mut sent = Vec::new();
    let mut answer: Option<Vec<u8>> = None;
    let mut asked = 0;
    let outcome = loop {
        let happening = match (&answer, asked) {
            (None, _) => simulator.step(),
            (Some(atr), 0) => simulator.answer(ModuleEvent::Atr(atr)),
            (Some(response), 1) => simulator.answer(ModuleEvent::CardResponse(response)),
            (Some(digits), 2) => simulator.answer(ModuleEvent::Entered(digits)),
            (Some(card), 3) => simulator.answer(ModuleEvent::Polled(card)),
            (Some(_), 5) => simulator.answer(ModuleEvent::CardLineSet),
            _ => simulator.answer(ModuleEvent::Shown),
        };
        answer = None;
        let command = match happening {
            Happening::Stepped | Happening::Done(_) | Happening::Progress(_) => continue,
            Happening::Ended(outcome) => break outcome,
            Happening::Command(command) => command,
        };
        (asked, answer) = match command {
            ModuleCommand::CardReset(_) => (0, Some(vec![0x3B, 0x00])),
            ModuleCommand::CardLine(_) => (5, Some(Vec::new())),
            ModuleCommand::CardTransmit(tpdu) => {
                sent.push(tpdu.to_vec());
                (1, Some((modules.card)(tpdu)))
            }
            ModuleCommand::Ask(_) => (2, Some(modules.entered.to_vec())),
            ModuleCommand::Poll => (3, Some(modules.polled.to_vec())),
            ModuleCommand::Show(_) => (4, Some(Vec::new())),
            ModuleCommand::Enable(_) | ModuleCommand::Disable(_) => panic!("the simulator drives no supply"),
        };
    };
    let data = ServiceData::decode(simulator.data()).unwrap();
    let data = data
        .items
        .iter()
        .map(|item| (item.name.as_str().to_owned(), item.value.to_vec()))
        .collect();
    Ok(Ran {
        outcome,
        simulator,
        sent,
        data,
    })
}

/// Runs instructions without parameters.
#[track_caller]
pub(crate) fn run(instructions: &[Instruction<'_>], modules: &mut Modules<'_>) -> Ran {
    run_document(&document(&[], &code(instructions)), &[], modules).unwrap()
}

/// Instructions that use what is not there.
#[track_caller]
pub(crate) fn assert_fault(instructions: &[Instruction<'_>]) {
    let instructions = [instructions, &[SUCCESS]].concat();
    let ran = run(&instructions, &mut Modules::fine());
    assert_eq!(ran.outcome, Outcome::LOGIC_FAULT);
}
