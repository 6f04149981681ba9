//! Updates as the authority makes them and the cloud brings them.

use super::pair::{Pair, encode};
use super::*;
use cardwire_codec::{List, Message, Name, message::*, wire::Writer};
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};

pub const ECHO: ServiceId = ServiceId::CERTIFICATION_ECHO;
pub const NONE: ErrorCode = ErrorCode(0);

/// Logic of the service `certification.echo` from instructions.
pub fn logic(policy: Policy, modules: &[ModuleId], budget: u16, code: &[Instruction<'_>]) -> Vec<u8> {
    logic_of(ECHO, policy, modules, budget, code)
}

/// Logic of a service from instructions.
pub fn logic_of(
    service: ServiceId,
    policy: Policy,
    modules: &[ModuleId],
    budget: u16,
    code: &[Instruction<'_>],
) -> Vec<u8> {
    let mut bytes = [0; 900];
    let mut writer = Writer::new(&mut bytes);
    for instruction in code {
        instruction.write(&mut writer).unwrap();
    }
    let length = writer.written();
    encode(&Logic {
        service,
        name: Name::from_text("certification.echo"),
        version: 1,
        policy,
        on_client_loss: ClientLoss::Abort,
        modules: List::from_items(modules),
        parameters: Default::default(),
        budget,
        code: &bytes[..length],
        extensions: Default::default(),
    })
}

pub fn echo(text: &[u8]) -> Vec<u8> {
    echo_of(ECHO, text)
}

/// Logic that says `text`, of any service.
pub fn echo_of(service: ServiceId, text: &[u8]) -> Vec<u8> {
    logic_of(
        service,
        Policy::WholeService,
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

/// Software: its header, and an image of this many bytes.
pub fn software(name: &str, image: usize) -> Vec<u8> {
    let header = encode(&Software {
        name: Name::from_text(name),
        hardware_class: HardwareClass::REFERENCE_HOST,
        image_size: image as u32,
        extensions: Default::default(),
    });
    let mut content = (header.len() as u16).to_be_bytes().to_vec();
    content.extend(header);
    content.resize(limits::SOFTWARE_HEADER, 0);
    content.extend((0..image).map(|index| index as u8 ^ name.len() as u8));
    content
}

/// One part of an update.
#[derive(Clone)]
pub struct Part {
    pub kind: UpdateKind,
    pub service: ServiceId,
    pub counter: u32,
    pub content: Vec<u8>,
    pub min_software: u32,
}

impl Part {
    pub fn new(kind: UpdateKind, counter: u32, content: Vec<u8>) -> Self {
        Self {
            kind,
            service: ServiceId(0),
            counter,
            content,
            min_software: 0,
        }
    }

    pub fn logic(service: ServiceId, counter: u32, content: Vec<u8>) -> Self {
        Self {
            service,
            ..Self::new(UpdateKind::LOGIC, counter, content)
        }
    }

    pub fn needs(self, min_software: u32) -> Self {
        Self { min_software, ..self }
    }
}

/// A signed update.
#[derive(Clone)]
pub struct Package {
    pub manifest: Vec<u8>,
    pub signature: [u8; 64],
    pub content: Vec<u8>,
}

impl Package {
    /// Logic of the service `certification.echo`, with a manifest that `change` has changed.
    pub fn new(
        content: Vec<u8>,
        counter: u32,
        change: impl Fn(&mut HardwareClass, &mut Component<'_>),
    ) -> Self {
        Self::with(&[Part::logic(ECHO, counter, content)], &AUTHORITY_KEY, change)
    }

    /// An update of these parts, in this order.
    pub fn of(parts: &[Part]) -> Self {
        Self::with(parts, &AUTHORITY_KEY, |_, _| {})
    }

    /// An update that another authority has signed, or with another manifest.
    pub fn with(
        parts: &[Part],
        authority: &[u8; 32],
        change: impl Fn(&mut HardwareClass, &mut Component<'_>),
    ) -> Self {
        let mut hardware_class = HardwareClass::REFERENCE_HOST;
        let digests: Vec<[u8; 32]> = parts
            .iter()
            .map(|part| Sha256::digest(&part.content).into())
            .collect();
        let mut components = Vec::new();
        for (part, digest) in parts.iter().zip(&digests) {
            let mut component = Component {
                kind: part.kind,
                service: part.service,
                counter: part.counter,
                size: part.content.len() as u32,
                content_digest: digest,
                min_software: part.min_software,
            };
            change(&mut hardware_class, &mut component);
            components.push(component);
        }
        let manifest = encode(&Manifest {
            hardware_class,
            components: List::from_items(&components),
            extensions: Default::default(),
        });
        let mut signed = b"cardwire/1 manifest".to_vec();
        signed.extend(&manifest);
        Self {
            signature: SigningKey::from_bytes(authority).sign(&signed).to_bytes(),
            manifest,
            content: parts.iter().flat_map(|part| part.content.clone()).collect(),
        }
    }

    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.manifest).into()
    }

    /// Offers it; state, error and detail.
    pub fn offer_in_full<E: Env>(&self, pair: &mut Pair<E>) -> (UpdateState, ErrorCode, u16) {
        let answer = pair.cloud(&UpdateOffer {
            manifest: &self.manifest,
            signature: &self.signature,
            extensions: Default::default(),
        });
        let status = UpdateStatus::decode(&answer).unwrap();
        (status.state, status.error, status.detail)
    }

    pub fn offer<E: Env>(&self, pair: &mut Pair<E>) -> (UpdateState, ErrorCode) {
        let (state, error, _) = self.offer_in_full(pair);
        (state, error)
    }

    pub fn query<E: Env>(&self, pair: &mut Pair<E>) -> (UpdateState, u32) {
        let answer = pair.cloud(&UpdateQuery {
            digest: &self.digest(),
            extensions: Default::default(),
        });
        let status = UpdateStatus::decode(&answer).unwrap();
        assert_eq!((status.error, status.detail), (NONE, 0));
        (status.state, status.next_offset)
    }

    pub fn chunk<E: Env>(&self, pair: &mut Pair<E>, from: usize, to: usize) -> (UpdateState, ErrorCode) {
        let digest = self.digest();
        let answer = pair.cloud(&UpdateChunk {
            digest: &digest,
            offset: from as u32,
            data: &self.content[from..to],
            extensions: Default::default(),
        });
        let status = UpdateStatus::decode(&answer).unwrap();
        (status.state, status.error)
    }

    /// Sends all bytes from `from` on; what the last chunk leads to.
    pub fn send<E: Env>(&self, pair: &mut Pair<E>, from: usize) -> (UpdateState, ErrorCode) {
        let mut last = None;
        for at in (from..self.content.len()).step_by(400) {
            last = Some(self.chunk(pair, at, self.content.len().min(at + 400)));
        }
        last.expect("bytes to send")
    }

    /// Commits it; the counters in the answer are those of the next login_confirm.
    pub fn commit_in_full<E: Env>(&self, pair: &mut Pair<E>) -> Committed {
        let answer = pair.cloud(&UpdateCommit {
            digest: &self.digest(),
            extensions: Default::default(),
        });
        let result = UpdateResult::decode(&answer).unwrap();
        Committed {
            state: result.state,
            error: result.error,
            detail: result.detail,
            counters: [
                result.software_counter,
                result.authentication_counter,
                result.logic_counter,
            ],
        }
    }

    pub fn commit<E: Env>(&self, pair: &mut Pair<E>) -> (ErrorCode, u16, u32) {
        let Committed {
            error,
            detail,
            counters,
            ..
        } = self.commit_in_full(pair);
        (error, detail, counters[2])
    }

    /// Brings all of it up to the commit.
    pub fn bring<E: Env>(&self, pair: &mut Pair<E>) {
        assert_eq!(self.offer(pair), (UpdateState::Receiving, NONE));
        assert_eq!(self.send(pair, 0), (UpdateState::Received, NONE));
    }

    pub fn install<E: Env>(&self, pair: &mut Pair<E>) -> (ErrorCode, u16, u32) {
        self.bring(pair);
        self.commit(pair)
    }
}

/// What a commit was answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    pub state: UpdateState,
    pub error: ErrorCode,
    pub detail: u16,
    /// Of software, authentication information and logic.
    pub counters: [u32; 3],
}

impl Committed {
    pub fn success(state: UpdateState, counters: [u32; 3]) -> Self {
        Self {
            state,
            error: NONE,
            detail: 0,
            counters,
        }
    }

    pub fn refused(error: ErrorCode, detail: u16, counters: [u32; 3]) -> Self {
        Self {
            state: UpdateState::None,
            error,
            detail,
            counters,
        }
    }
}

/// A reader that serves.
pub fn updating() -> Pair {
    let mut pair = Pair::new();
    pair.serve(&[ECHO]);
    pair
}
