//! Updates as the authority makes them, and as others would.

use super::{encoded, people::PEOPLE};
use cardwire_codec::{
    List, Name,
    message::{
        ClientLoss, Component, Conversion, HardwareClass, Instruction, ItemKind, Logic, Manifest, ModuleId,
        Occurrence, Outcome, Parameter, ParameterSource, Policy, Register, ServiceId, UpdateKind,
    },
    wire::Writer,
};
use cardwire_peers::identity::{Authority, Key};
use sha2::{Digest, Sha256};

/// The class of hardware that all of this is for.
pub const CLASS: HardwareClass = HardwareClass::REFERENCE_HOST;

/// One part of an update.
#[derive(Clone, Debug)]
pub struct Part {
    /// What it is.
    pub kind: UpdateKind,
    /// Of logic, of which service.
    pub service: ServiceId,
    /// Its update counter.
    pub counter: u32,
    /// Its bytes.
    pub content: Vec<u8>,
    /// The software that it needs.
    pub min_software: u32,
}

impl Part {
    /// A part for no service.
    #[must_use]
    pub fn new(kind: UpdateKind, counter: u32, content: Vec<u8>) -> Self {
        Self {
            kind,
            service: ServiceId(0),
            counter,
            content,
            min_software: 0,
        }
    }

    /// Logic.
    #[must_use]
    pub fn logic(service: ServiceId, counter: u32, content: Vec<u8>) -> Self {
        Self {
            service,
            ..Self::new(UpdateKind::LOGIC, counter, content)
        }
    }
}

/// A signed update.
#[derive(Clone, Debug)]
pub struct Package {
    /// The manifest, encoded.
    pub manifest: Vec<u8>,
    /// Its signature.
    pub signature: [u8; 64],
    /// The content of its parts, one behind the other.
    pub content: Vec<u8>,
    /// Digest of the manifest.
    pub digest: [u8; 32],
    /// Counters of software, authentication information and logic that it brings.
    pub counters: [u32; 3],
    /// Whether a reader of this class may put it into force: signed by its authority, and whole.
    pub genuine: bool,
}

impl Package {
    /// An update of these parts that is right.
    #[must_use]
    pub fn of(parts: &[Part]) -> Self {
        Self::signed(parts, &PEOPLE.authority, CLASS)
    }

    /// The same signed by somebody else.
    #[must_use]
    pub fn foreign(parts: &[Part]) -> Self {
        let somebody = Authority {
            signing_key: Key::new([0x66; 32]),
        };
        Self {
            genuine: false,
            ..Self::signed(parts, &somebody, CLASS)
        }
    }

    /// The same for other hardware.
    #[must_use]
    pub fn for_other_hardware(parts: &[Part]) -> Self {
        Self {
            genuine: false,
            ..Self::signed(parts, &PEOPLE.authority, HardwareClass(CLASS.0 ^ 0x8001))
        }
    }

    fn signed(parts: &[Part], authority: &Authority, hardware_class: HardwareClass) -> Self {
        let digests: Vec<[u8; 32]> = parts
            .iter()
            .map(|part| Sha256::digest(&part.content).into())
            .collect();
        let mut counters = [0; 3];
        let components: Vec<_> = parts
            .iter()
            .zip(&digests)
            .map(|(part, digest)| {
                let place = match part.kind {
                    UpdateKind::SOFTWARE => 0,
                    UpdateKind::AUTHENTICATION => 1,
                    _ => 2,
                };
                counters[place] = part.counter.max(counters[place]);
                Component {
                    kind: part.kind,
                    service: part.service,
                    counter: part.counter,
                    size: part.content.len() as u32,
                    content_digest: digest,
                    min_software: part.min_software,
                }
            })
            .collect();
        let manifest = encoded(&Manifest {
            hardware_class,
            components: List::from_items(&components),
            extensions: Default::default(),
        });
        Self {
            signature: authority.sign(&manifest),
            digest: Sha256::digest(&manifest).into(),
            manifest,
            content: parts
                .iter()
                .flat_map(|part| part.content.iter().copied())
                .collect(),
            counters,
            genuine: true,
        }
    }
}

/// Execution logic of a service from instructions.
///
/// # Panics
/// Where it has more bytes than logic may have.
#[must_use]
pub fn logic(service: ServiceId, modules: &[ModuleId], budget: u16, code: &[Instruction<'_>]) -> Vec<u8> {
    logic_with(service, modules, &[], budget, code)
}

/// The same with parameters.
///
/// # Panics
/// Where it has more bytes than logic may have.
#[must_use]
pub fn logic_with(
    service: ServiceId,
    modules: &[ModuleId],
    parameters: &[Parameter<'_>],
    budget: u16,
    code: &[Instruction<'_>],
) -> Vec<u8> {
    let mut bytes = [0; 900];
    let mut writer = Writer::new(&mut bytes);
    for instruction in code {
        instruction.write(&mut writer).expect("the instructions fit");
    }
    let length = writer.written();
    encoded(&Logic {
        service,
        name: Name::from_text("fuzzed.service"),
        version: 1,
        policy: Policy::WholeService,
        on_client_loss: ClientLoss::Abort,
        modules: List::from_items(modules),
        parameters: List::from_items(parameters),
        budget,
        code: &bytes[..length],
        extensions: Default::default(),
    })
}

/// Logic that says a text.
#[must_use]
pub fn says(service: ServiceId, text: &[u8]) -> Vec<u8> {
    logic(
        service,
        &[],
        8,
        &[
            Instruction::Set {
                register: Register(0),
                value: text,
            },
            Instruction::Emit {
                name: Name::from_text("echo"),
                kind: ItemKind::Text,
                conversion: Conversion::None,
                register: Register(0),
            },
            Instruction::End {
                outcome: Outcome::SUCCESS,
            },
        ],
    )
}

/// The names of the numbers that logic that [`writes`] takes.
pub const NUMBERS: [&str; 2] = ["number-of", "number-for"];

/// Logic that resets the card and writes one byte to it. It takes as many numbers as a client likes, and needs none.
#[must_use]
pub fn writes(service: ServiceId) -> Vec<u8> {
    let numbers = NUMBERS.map(|name| Parameter {
        name: Name::from_text(name),
        kind: ItemKind::Number,
        source: ParameterSource::Client,
        occurrence: Occurrence::Any,
        minimum: 0,
        maximum: u16::MAX,
    });
    logic_with(
        service,
        &[ModuleId::CONTACT_CARD],
        &numbers,
        8,
        &[
            Instruction::Reset { into: Register(0) },
            Instruction::Apdu {
                command: &[0x00, 0xD6, 0x00, 0x00, 0x01, 0x3F],
                into: Register(1),
            },
            Instruction::End {
                outcome: Outcome::SUCCESS,
            },
        ],
    )
}
