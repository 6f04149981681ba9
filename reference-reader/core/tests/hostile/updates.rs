//! The update authority, and a cloud with the right key that delivers what it likes.

use super::{
    Held,
    board::Board,
    broken,
    ends::{NONE, Session, encode},
};
use cardwire_codec::{
    List, Message, Name,
    message::{
        ClientLoss, Conversion, ErrorCode, HardwareClass, Instruction, ItemKind, Logic, LoginOutcome,
        LoginResult, ModuleId, Offer, Outcome, Policy, Register, ServiceId, SessionState, UpdateChunk,
        UpdateCommit, UpdateOffer, UpdateResult, UpdateState, UpdateStatus,
    },
    wire::Writer,
};
use cardwire_peers::{
    cloud::{Channel, Responder, Update},
    identity::{Authority, Key},
};
use sha2::{Digest, Sha256};

pub const ECHO: ServiceId = ServiceId::CERTIFICATION_ECHO;
pub const CLASS: HardwareClass = HardwareClass::REFERENCE_HOST;

/// Most bytes in one chunk.
const CHUNK: usize = 300;

/// A cloud that holds a static key and says what it likes.
pub struct PlayedCloud {
    pub channel: Channel,
}

impl PlayedCloud {
    /// Takes part in a login up to login_confirm; `None` where this key can't read the reader's message.
    pub fn begin(
        session: &mut Session,
        board: &mut Board,
        key: &Key,
        offers: &[Offer],
    ) -> Held<Option<Self>> {
        let (header, first) = session.begin_login(board, offers)?;
        let Ok(responder) = Responder::read(key, &header, &first) else {
            return Ok(None);
        };
        let reader = responder.reader_key();
        let Some(Ok((second, mut channel))) =
            responder.registered(&reader).map(|responder| responder.answer())
        else {
            return Ok(None);
        };
        let Ok((_, confirm)) = session.relay(board, &second)? else {
            return Ok(None);
        };
        Ok(channel.open(&confirm).is_some().then_some(Self { channel }))
    }

    /// A whole login that grants everything.
    pub fn login(session: &mut Session, board: &mut Board, key: &Key, offers: &[Offer]) -> Held<Self> {
        let Some(mut cloud) = Self::begin(session, board, key, offers)? else {
            return broken("login", "the cloud was not taken");
        };
        match cloud.grant(session, board, |_| {})? {
            Ok(SessionState::Serving) => Ok(cloud),
            other => broken("login_result", other),
        }
    }

    /// Sends a login_result, changed.
    pub fn grant(
        &mut self,
        session: &mut Session,
        board: &mut Board,
        change: impl FnOnce(&mut LoginResult<'_>),
    ) -> Held<Result<SessionState, ErrorCode>> {
        let reader_id = board.identity.reader_id.as_str().to_owned();
        let client_id = session.client.clone();
        let mut result = LoginResult {
            outcome: LoginOutcome::Success,
            reader_id: Name::from_text(&reader_id),
            client_id: Name::from_text(&client_id),
            all_services: true,
            services: List::default(),
            lifetime: 3600,
            software_latest: 0,
            authentication_latest: 0,
            logic_latest: 0,
            extensions: NONE,
        };
        change(&mut result);
        let sealed = self.channel.seal(&encode(&result)).unwrap();
        Ok(session.relay(board, &sealed)?.map(|(state, _)| state))
    }

    /// Sends a message to the reader and gives its answer.
    pub fn ask<'a>(
        &mut self,
        session: &mut Session,
        board: &mut Board,
        message: &impl Message<'a>,
    ) -> Held<Vec<u8>> {
        let sealed = self.channel.seal(&encode(message)).unwrap();
        let answer = session.relayed(board, &sealed)?;
        match self.channel.open(&answer) {
            Some(answer) => Ok(answer),
            None => broken("the reader's answer to the cloud", answer),
        }
    }

    pub fn offer(
        &mut self,
        session: &mut Session,
        board: &mut Board,
        manifest: &[u8],
        signature: &[u8; 64],
    ) -> Held<(UpdateState, ErrorCode)> {
        let offer = UpdateOffer {
            manifest,
            signature,
            extensions: NONE,
        };
        status(&self.ask(session, board, &offer)?)
    }

    pub fn chunk(
        &mut self,
        session: &mut Session,
        board: &mut Board,
        digest: &[u8; 32],
        offset: usize,
        data: &[u8],
    ) -> Held<(UpdateState, ErrorCode)> {
        let chunk = UpdateChunk {
            digest,
            offset: offset as u32,
            data,
            extensions: NONE,
        };
        status(&self.ask(session, board, &chunk)?)
    }

    pub fn commit(&mut self, session: &mut Session, board: &mut Board, digest: &[u8; 32]) -> Held<ErrorCode> {
        let commit = UpdateCommit {
            digest,
            extensions: NONE,
        };
        let answer = self.ask(session, board, &commit)?;
        match UpdateResult::decode(&answer) {
            Ok(result) => Ok(result.error),
            Err(error) => broken("update_commit", error),
        }
    }

    /// Offers an update, sends these bytes as its content, and commits: the first error, or none.
    pub fn deliver(
        &mut self,
        session: &mut Session,
        board: &mut Board,
        update: &Update,
        content: &[u8],
    ) -> Held<ErrorCode> {
        let digest = digest(update);
        let (_, error) = self.offer(session, board, update.manifest(), update.signature())?;
        if error != ErrorCode(0) {
            return Ok(error);
        }
        let mut offset = 0;
        for data in content.chunks(CHUNK) {
            let (_, error) = self.chunk(session, board, &digest, offset, data)?;
            if error != ErrorCode(0) {
                return Ok(error);
            }
            offset += data.len();
        }
        self.commit(session, board, &digest)
    }
}

pub fn digest(update: &Update) -> [u8; 32] {
    Sha256::digest(update.manifest()).into()
}

fn status(answer: &[u8]) -> Held<(UpdateState, ErrorCode)> {
    match UpdateStatus::decode(answer) {
        Ok(status) => Ok((status.state, status.error)),
        Err(error) => broken("update_status", (error, answer)),
    }
}

/// Execution logic of a service, from instructions.
pub fn logic_of(service: ServiceId, modules: &[ModuleId], budget: u16, code: &[Instruction<'_>]) -> Vec<u8> {
    let mut bytes = [0; 1024];
    let mut writer = Writer::new(&mut bytes);
    for instruction in code {
        instruction.write(&mut writer).unwrap();
    }
    let length = writer.written();
    encode(&Logic {
        service,
        name: Name::from_text("certification.echo"),
        version: 1,
        policy: Policy::WholeService,
        on_client_loss: ClientLoss::Abort,
        modules: List::from_items(modules),
        parameters: Default::default(),
        budget,
        code: &bytes[..length],
        extensions: NONE,
    })
}

/// Logic that says this.
pub fn echo(text: &[u8]) -> Vec<u8> {
    let code = [
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
    ];
    logic_of(ECHO, &[], 8, &code)
}

/// Logic that resets the card and writes one byte to it, each time that it runs.
pub fn writing(service: ServiceId) -> Vec<u8> {
    let code = [
        Instruction::Reset { into: Register(0) },
        Instruction::Apdu {
            command: &[0x00, 0xD6, 0x00, 0x00, 0x01, 0x3F],
            into: Register(1),
        },
        Instruction::End {
            outcome: Outcome::SUCCESS,
        },
    ];
    logic_of(service, &[ModuleId::CONTACT_CARD], 8, &code)
}

pub fn signed(document: &[u8], counter: u32, authority: &Authority) -> Update {
    Update::logic(document, counter, CLASS, authority).unwrap()
}
