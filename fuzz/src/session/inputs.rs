//! What happens to a reader in an execution, read from a fuzzer's bytes and written for seeds: one byte says what, those
//! behind it what of it. Whatever takes a handshake comes up rarely in random bytes, as it takes as long as twenty others.

use crate::world::board::Told;
use arbitrary::{Result, Unstructured};
use cardwire_codec::message::ModuleId;

/// Most that happens in one execution.
pub const INPUTS_MAX: usize = 32;
/// Most bytes of one part of an input.
const BYTES_MAX: usize = 600;

/// Where an execution begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// Logged in, with all services.
    Serving,
    /// Connected.
    Connected,
    /// The cloud's handshake message is waited for.
    Login,
    /// login_result is waited for.
    Confirming,
    /// Nobody is connected.
    Locked,
}

impl Beginning {
    const TABLE: [Self; 8] = [
        Self::Serving,
        Self::Connected,
        Self::Login,
        Self::Confirming,
        Self::Locked,
        Self::Serving,
        Self::Serving,
        Self::Serving,
    ];
}

/// Bit of the first byte: modules tell only when they are let.
const PATIENT: u8 = 0x80;

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The client asks how the reader stands.
    Status,
    /// It asks for diagnostic records.
    Diagnostics(u8),
    /// It asks for the services.
    List(u8),
    /// It instructs a job.
    Instruct(Instruction),
    /// It asks how a job stands.
    JobStatus(u8),
    /// It asks for a part of a job's data.
    JobData(u8, u8),
    /// It aborts a job.
    JobAbort(u8),
    /// It ends the session.
    Disconnect,
    /// It sends these bytes as its next request.
    Sealed(Vec<u8>),
    /// It sends its last frame again.
    Repeat,
    /// Somebody sends an older frame of this session again.
    Replay(u8),
    /// The next request arrives with one bit flipped.
    Flip(u16),
    /// A request arrives under a number that is this far ahead; from 128 on, so often as it is above that.
    Numbered(u8),
    /// Only the front of the next request arrives.
    Cut(u8),
    /// Bytes arrive.
    Line(Vec<u8>),
    /// A clear frame arrives.
    Clear(Vec<u8>),
    /// Somebody says hello.
    Hello,
    /// Modules tell what they have to tell, so many times.
    Tell(u8),
    /// The module that waits longest tells something else instead.
    TellInstead(Told),
    /// A module or a switch tells something unasked.
    TellUnasked(Told),
    /// Time passes: one of [`WAITS`].
    Wait(u8),
    /// Time passes until something is due: a millisecond less, until then, or a millisecond more.
    WaitDue(u8),
    /// The link is reset.
    LinkReset,
    /// The power goes and comes back.
    PowerCut,
    /// After so many writes the storage fails.
    StoresLeft(u8),
    /// The random source fails.
    RandomFails,
    /// The client relays something of the cloud.
    Cloud(FromCloud),
    /// The client begins a login.
    Auth(u8),
    /// A client connects.
    Connect(Connecting),
    /// The last connect arrives again.
    ConnectAgain,
}

/// A job that is instructed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Which job.
    pub job: u8,
    /// Which of the services.
    pub service: u8,
    /// With which parameters.
    pub parameters: Parameters,
}

/// Parameters of an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parameters {
    /// None.
    None,
    /// What the service takes, in the format of its interface.
    Typical,
    /// The same in the other format.
    OtherFormat,
    /// These bytes.
    Bytes(Vec<u8>),
}

/// Something of the cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromCloud {
    /// These bytes, sealed as its next message.
    Sealed(Vec<u8>),
    /// These bytes as they are.
    Strange(Vec<u8>),
    /// A login result: 0 grants all, others less, or something wrong.
    LoginResult(u8),
    /// An update is offered.
    Offer(u8),
    /// The next bytes of an update, or others.
    Chunk(u8, u8),
    /// It is committed.
    Commit(u8),
    /// It is asked for.
    Query(u8),
    /// Secrets for a job.
    Secrets(u8, u8),
    /// The last relayed message again.
    Again,
    /// The cloud's handshake message.
    Second,
    /// The same with a bit flipped.
    SecondFlipped(u8),
}

/// A client that connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connecting {
    /// One of the right ones.
    Right(u8),
    /// With the key of somebody else.
    WrongKey,
    /// Nobody's name.
    Unknown,
    /// A generation that is not there.
    Generation,
    /// The connect of a right one, altered at a byte.
    Altered(u8),
}

/// How much time may pass at once, in milliseconds.
pub const WAITS: [u64; 16] = [
    1, 24, 25, 500, 999, 1000, 1499, 4999, 5000, 9999, 10_000, 30_000, 59_999, 60_000, 599_999, 3_600_000,
];

/// What a first byte says, by its remainder; `x` is what is rare, of which the next byte says what it is.
const KINDS: &[u8] =
    b"SDLIIIIIIIJJJAAGXEEEEERRPPFFNKBBBCCHTTTTTTTTTTTTQQQQQUUUUWWWWWVVVVZOMLooooooooooooooooooooxxSJDL";

impl Input {
    /// The beginning, whether modules are patient, and what happens then.
    ///
    /// # Errors
    /// No bytes.
    pub fn read_all(bytes: &[u8]) -> Result<(Beginning, bool, Vec<Self>)> {
        let mut input = Unstructured::new(bytes);
        let first: u8 = input.arbitrary()?;
        let beginning = Beginning::TABLE[usize::from(first & !PATIENT) % Beginning::TABLE.len()];
        let mut inputs = Vec::new();
        while !input.is_empty() && inputs.len() < INPUTS_MAX {
            inputs.push(Self::read(&mut input)?);
        }
        Ok((beginning, first & PATIENT != 0, inputs))
    }

    /// The bytes that [`Input::read_all`] reads as this.
    #[must_use]
    pub fn write_all(beginning: Beginning, patient: bool, inputs: &[Self]) -> Vec<u8> {
        let place = Beginning::TABLE.iter().position(|known| *known == beginning);
        let mut bytes = vec![place.unwrap_or(0) as u8 | if patient { PATIENT } else { 0 }];
        for input in inputs {
            input.write(&mut bytes);
        }
        bytes
    }

    fn read(input: &mut Unstructured<'_>) -> Result<Self> {
        let kind: u8 = input.arbitrary()?;
        let mut byte = || -> Result<u8> { input.arbitrary() };
        Ok(match KINDS[usize::from(kind) % KINDS.len()] {
            b'S' => Self::Status,
            b'D' => Self::Diagnostics(byte()?),
            b'L' => Self::List(byte()?),
            b'I' => Self::Instruct(Instruction {
                job: byte()?,
                service: byte()?,
                parameters: match byte()? % 8 {
                    0 | 1 => Parameters::None,
                    2..=4 => Parameters::Typical,
                    5 => Parameters::OtherFormat,
                    _ => Parameters::Bytes(some_bytes(input)?),
                },
            }),
            b'J' => Self::JobStatus(byte()?),
            b'A' => Self::JobData(byte()?, byte()?),
            b'G' => Self::JobAbort(byte()?),
            b'X' => Self::Disconnect,
            b'E' => Self::Sealed(some_bytes(input)?),
            b'R' => Self::Repeat,
            b'P' => Self::Replay(byte()?),
            b'F' => Self::Flip(u16::from_le_bytes([byte()?, byte()?])),
            b'N' => Self::Numbered(byte()?),
            b'K' => Self::Cut(byte()?),
            b'B' => Self::Line(some_bytes(input)?),
            b'C' => Self::Clear(some_bytes(input)?),
            b'H' => Self::Hello,
            b'T' => Self::Tell(byte()?),
            b'Q' => Self::TellInstead(read_told(input)?),
            b'U' => Self::TellUnasked(read_told(input)?),
            b'W' => Self::Wait(byte()?),
            b'V' => Self::WaitDue(byte()?),
            b'Z' => Self::LinkReset,
            b'O' => Self::PowerCut,
            b'M' => Self::StoresLeft(byte()?),
            b'o' => Self::Cloud(FromCloud::read(input)?),
            _ => return Self::read_rare(input),
        })
    }

    fn read_rare(input: &mut Unstructured<'_>) -> Result<Self> {
        let mut byte = || -> Result<u8> { input.arbitrary() };
        Ok(match byte()? {
            0..16 => Self::Connect(match byte()? % 16 {
                0..=9 => Connecting::Right(byte()?),
                10 => Connecting::WrongKey,
                11 | 12 => Connecting::Unknown,
                13 => Connecting::Generation,
                _ => Connecting::Altered(byte()?),
            }),
            16..32 => Self::Auth(byte()?),
            32..96 => Self::ConnectAgain,
            96..192 => Self::PowerCut,
            192.. => Self::RandomFails,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        let mut kind = |name: u8| {
            let place = KINDS.iter().position(|known| *known == name);
            out.push(place.unwrap_or(0) as u8);
        };
        match self {
            Self::Status => kind(b'S'),
            Self::Diagnostics(from) => {
                kind(b'D');
                out.push(*from);
            }
            Self::List(from) => {
                kind(b'L');
                out.push(*from);
            }
            Self::Instruct(Instruction {
                job,
                service,
                parameters,
            }) => {
                kind(b'I');
                out.extend([*job, *service]);
                match parameters {
                    Parameters::None => out.push(0),
                    Parameters::Typical => out.push(2),
                    Parameters::OtherFormat => out.push(5),
                    Parameters::Bytes(bytes) => {
                        out.push(6);
                        put_bytes(bytes, out);
                    }
                }
            }
            Self::JobStatus(job) => {
                kind(b'J');
                out.push(*job);
            }
            Self::JobData(job, part) => {
                kind(b'A');
                out.extend([*job, *part]);
            }
            Self::JobAbort(job) => {
                kind(b'G');
                out.push(*job);
            }
            Self::Disconnect => kind(b'X'),
            Self::Sealed(bytes) => {
                kind(b'E');
                put_bytes(bytes, out);
            }
            Self::Repeat => kind(b'R'),
            Self::Replay(back) => {
                kind(b'P');
                out.push(*back);
            }
            Self::Flip(at) => {
                kind(b'F');
                out.extend(at.to_le_bytes());
            }
            Self::Numbered(ahead) => {
                kind(b'N');
                out.push(*ahead);
            }
            Self::Cut(at) => {
                kind(b'K');
                out.push(*at);
            }
            Self::Line(bytes) => {
                kind(b'B');
                put_bytes(bytes, out);
            }
            Self::Clear(bytes) => {
                kind(b'C');
                put_bytes(bytes, out);
            }
            Self::Hello => kind(b'H'),
            Self::Tell(times) => {
                kind(b'T');
                out.push(*times);
            }
            Self::TellInstead(told) => {
                kind(b'Q');
                write_told(told, out);
            }
            Self::TellUnasked(told) => {
                kind(b'U');
                write_told(told, out);
            }
            Self::Wait(wait) => {
                kind(b'W');
                out.push(*wait);
            }
            Self::WaitDue(wait) => {
                kind(b'V');
                out.push(*wait);
            }
            Self::LinkReset => kind(b'Z'),
            Self::PowerCut => kind(b'O'),
            Self::StoresLeft(stores) => {
                kind(b'M');
                out.push(*stores);
            }
            Self::RandomFails => {
                kind(b'x');
                out.push(192);
            }
            Self::Cloud(cloud) => {
                kind(b'o');
                cloud.write(out);
            }
            Self::Auth(offers) => {
                kind(b'x');
                out.extend([16, *offers]);
            }
            Self::Connect(connecting) => {
                kind(b'x');
                out.push(0);
                match connecting {
                    Connecting::Right(client) => out.extend([0, *client]),
                    Connecting::WrongKey => out.push(10),
                    Connecting::Unknown => out.push(11),
                    Connecting::Generation => out.push(13),
                    Connecting::Altered(at) => out.extend([14, *at]),
                }
            }
            Self::ConnectAgain => {
                kind(b'x');
                out.push(32);
            }
        }
    }
}

impl FromCloud {
    fn read(input: &mut Unstructured<'_>) -> Result<Self> {
        let mut byte = || -> Result<u8> { input.arbitrary() };
        Ok(match byte()? % 32 {
            0..=2 => Self::Sealed(some_bytes(input)?),
            3 => Self::Strange(some_bytes(input)?),
            4 | 5 => Self::LoginResult(byte()?),
            6..=10 => Self::Offer(byte()?),
            11..=18 => Self::Chunk(byte()?, byte()?),
            19..=22 => Self::Commit(byte()?),
            23 | 24 => Self::Query(byte()?),
            25..=28 => Self::Secrets(byte()?, byte()?),
            29 => Self::Again,
            30 => Self::Second,
            _ => Self::SecondFlipped(byte()?),
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Sealed(bytes) => {
                out.push(0);
                put_bytes(bytes, out);
            }
            Self::Strange(bytes) => {
                out.push(3);
                put_bytes(bytes, out);
            }
            Self::LoginResult(which) => out.extend([4, *which]),
            Self::Offer(package) => out.extend([6, *package]),
            Self::Chunk(package, how) => out.extend([11, *package, *how]),
            Self::Commit(package) => out.extend([19, *package]),
            Self::Query(package) => out.extend([23, *package]),
            Self::Secrets(job, which) => out.extend([25, *job, *which]),
            Self::Again => out.push(29),
            Self::Second => out.push(30),
            Self::SecondFlipped(at) => out.extend([31, *at]),
        }
    }
}

/// The length in one byte, or in two where the first is 255; then as many as are there.
fn some_bytes(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let length = match input.arbitrary::<u8>()? {
        255 => usize::from(input.arbitrary::<u16>()?) % BYTES_MAX,
        length => usize::from(length),
    };
    Ok(input.bytes(length.min(input.len()))?.to_vec())
}

fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    let bytes = &bytes[..bytes.len().min(BYTES_MAX - 1)];
    match u8::try_from(bytes.len()) {
        Ok(length) if length < 255 => out.push(length),
        _ => {
            out.push(255);
            out.extend((bytes.len() as u16).to_le_bytes());
        }
    }
    out.extend_from_slice(bytes);
}

fn read_told(input: &mut Unstructured<'_>) -> Result<Told> {
    let kind: u8 = input.arbitrary()?;
    Ok(match kind % 16 {
        0 => Told::Enabled(ModuleId(input.arbitrary::<u8>()? % 8)),
        1 => Told::Failed(ModuleId(input.arbitrary::<u8>()? % 8)),
        2 | 3 => Told::Atr(some_bytes(input)?),
        4..=8 => Told::Response(some_bytes(input)?),
        9 => Told::LineSet,
        10 => Told::Mute,
        11 => Told::Shown,
        12 => Told::Entered(some_bytes(input)?),
        13 => Told::Polled(some_bytes(input)?),
        14 => Told::Inserted(input.arbitrary::<u8>()? % 4),
        _ => Told::Removed(input.arbitrary::<u8>()? % 4),
    })
}

fn write_told(told: &Told, out: &mut Vec<u8>) {
    match told {
        Told::Enabled(module) => out.extend([0, module.0]),
        Told::Failed(module) => out.extend([1, module.0]),
        Told::Atr(bytes) => {
            out.push(2);
            put_bytes(bytes, out);
        }
        Told::Response(bytes) => {
            out.push(4);
            put_bytes(bytes, out);
        }
        Told::LineSet => out.push(9),
        Told::Mute => out.push(10),
        Told::Shown => out.push(11),
        Told::Entered(bytes) => {
            out.push(12);
            put_bytes(bytes, out);
        }
        Told::Polled(bytes) => {
            out.push(13);
            put_bytes(bytes, out);
        }
        Told::Inserted(slot) => out.extend([14, *slot]),
        Told::Removed(slot) => out.extend([15, *slot]),
    }
}
