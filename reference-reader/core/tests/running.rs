//! Programs in a reader: parameters through its interfaces, aborts between writes, secrets, people who take their time.

mod common;

use cardwire_codec::{List, Message, Name, cbor::to_cbor, message::*, wire::Writer};
use cardwire_core::{ModuleEvent, env::Record};
use common::{Records, identity, pair::*};

const OWN: ServiceId = ServiceId(0xF001);
const R0: Register = Register(0);
const R1: Register = Register(1);
const R2: Register = Register(2);
const R3: Register = Register(3);

/// As long as a module may be silent, in milliseconds.
const T_MODULE: u64 = limits::T_MODULE_MS;

const RESET: Instruction<'static> = Instruction::Reset { into: R0 };
const WRITE: Instruction<'static> = Instruction::Apdu {
    command: &[0x00, 0xD6, 0x00, 0x00, 0x01, 0x00],
    into: R0,
};
const SUCCESS: Instruction<'static> = Instruction::End {
    outcome: Outcome::SUCCESS,
};

/// A reader that has this logic, as an update would have stored it, and serves it in this format.
fn reader(parameters: &[Parameter<'_>], code: &[Instruction<'_>], format: Format) -> Pair {
    let mut room = [0; 900];
    let mut writer = Writer::new(&mut room);
    for instruction in code {
        instruction.write(&mut writer).unwrap();
    }
    let length = writer.written();
    let document = encode(&Logic {
        service: OWN,
        name: Name::from_text("example.own"),
        version: 1,
        policy: Policy::WholeService,
        on_client_loss: ClientLoss::Abort,
        modules: List::from_items(&[ModuleId::CONTACT_CARD, ModuleId::PIN_PAD]),
        parameters: List::from_items(parameters),
        budget: 64,
        code: &room[..length],
        extensions: Default::default(),
    });
    let records = Records::default();
    let stored = [&1_u32.to_be_bytes()[..], &document].concat();
    records.borrow_mut().insert(Record::Logic(0), stored);
    let mut pair = Pair::with(records, identity());
    pair.connect();
    pair.login(&[Offer { service: OWN, format }]);
    pair
}

fn instruct(pair: &mut Pair, job: u8, parameters: &[u8]) -> Result<JobState, ErrorCode> {
    let answer = pair.request(&Instruct {
        job: &[job; 16],
        service: OWN,
        parameters,
        extensions: Default::default(),
    });
    match InstructAnswer::decode(&answer) {
        Ok(answer) => Ok(answer.state),
        Err(_) => Err(ErrorAnswer::decode(&answer).unwrap().code),
    }
}

fn job(pair: &mut Pair, job: u8) -> (JobState, Outcome) {
    let answer = pair.request(&JobStatus {
        job: &[job; 16],
        extensions: Default::default(),
    });
    let status = JobStatusAnswer::decode(&answer).unwrap();
    (status.state, status.outcome)
}

fn abort(pair: &mut Pair, job: u8) {
    pair.request(&JobAbort {
        job: &[job; 16],
        extensions: Default::default(),
    });
}

fn tell(pair: &mut Pair, event: ModuleEvent<'_>) {
    pair.reader.handle_module(pair.instant(), event);
    pair.drive();
}

/// Both modules on, and the card reset.
fn begin(pair: &mut Pair) {
    pair.hung = true;
    assert_eq!(instruct(pair, 1, &[]), Ok(JobState::Running));
    tell(pair, ModuleEvent::Enabled(ModuleId::CONTACT_CARD));
    tell(pair, ModuleEvent::Enabled(ModuleId::PIN_PAD));
    tell(pair, ModuleEvent::Atr(&[0x3B, 0x00]));
}

fn fine(pair: &mut Pair) {
    tell(pair, ModuleEvent::CardResponse(&[0x90, 0x00]));
}

#[test]
fn parameters_come_in_either_format_and_are_held_to_their_declaration() {
    let declared = [Parameter {
        name: Name::from_text("name"),
        kind: ItemKind::Text,
        source: ParameterSource::Client,
        occurrence: Occurrence::Required,
        minimum: 2,
        maximum: 4,
    }];
    let echo = [
        Instruction::Parameter {
            name: Name::from_text("name"),
            into: R1,
        },
        Instruction::Emit {
            name: Name::from_text("echo"),
            kind: ItemKind::Text,
            conversion: Conversion::None,
            register: R1,
        },
        SUCCESS,
    ];
    let data = |value: &[u8]| {
        encode(&ServiceData {
            items: List::from_items(&[Item {
                name: Name::from_text("name"),
                kind: ItemKind::Text,
                value,
            }]),
            extensions: Default::default(),
        })
    };
    let packed = |value: &[u8]| {
        let mut room = [0; 400];
        let length = to_cbor(ServiceData::SHAPE, &data(value), &mut room).unwrap();
        room[..length].to_vec()
    };
    for format in [Format::NATIVE, Format::CBOR] {
        let form = |value: &[u8]| {
            if format == Format::CBOR {
                packed(value)
            } else {
                data(value)
            }
        };
        let mut pair = reader(&declared, &echo, format);
        let refused = Err(ErrorCode::PARAMETERS_REFUSED);
        assert_eq!(instruct(&mut pair, 1, &[]), refused);
        assert_eq!(instruct(&mut pair, 1, &form(b"x")), refused);
        assert_eq!(instruct(&mut pair, 1, &form(b"xxxxx")), refused);
        let log = pair.log.len();
        assert_eq!(job(&mut pair, 1).0, JobState::Unknown, "nothing ran");
        assert_eq!(pair.log.len(), log);
        assert_eq!(instruct(&mut pair, 1, &form(b"Ann")), Ok(JobState::Running));
        assert_eq!(job(&mut pair, 1), (JobState::Done, Outcome::SUCCESS));
        // The same once more is the same job, another one is a conflict.
        assert_eq!(instruct(&mut pair, 1, &form(b"Ann")), Ok(JobState::Done));
        assert_eq!(
            instruct(&mut pair, 1, &form(b"Bob")),
            Err(ErrorCode::JOB_CONFLICT)
        );
        let answer = pair.request(&JobData {
            job: &[1; 16],
            part: 0,
            extensions: Default::default(),
        });
        let given = JobDataAnswer::decode(&answer).unwrap().data;
        assert!(given.windows(3).any(|window| window == b"Ann"), "{given:02X?}");
    }
}

#[test]
fn an_abort_waits_until_writes_that_belong_together_are_settled() {
    use Instruction::{Critical, Settled};
    let mut pair = reader(
        &[],
        &[RESET, Critical, WRITE, WRITE, Settled, WRITE, SUCCESS],
        Format::NATIVE,
    );
    begin(&mut pair);
    abort(&mut pair, 1);
    fine(&mut pair);
    assert_eq!(job(&mut pair, 1).0, JobState::Running, "one of two is written");
    fine(&mut pair);
    assert_eq!(job(&mut pair, 1), (JobState::Done, Outcome::ABORTED));
    let sent = pair.log.iter().filter(|entry| entry.starts_with("CardTransmit"));
    assert_eq!(sent.count(), 2);
}

#[test]
fn a_client_that_is_lost_between_writes_is_waited_for_like_an_abort() {
    use Instruction::{Critical, Settled};
    let mut pair = reader(
        &[],
        &[RESET, Critical, WRITE, WRITE, Settled, WRITE, SUCCESS],
        Format::NATIVE,
    );
    begin(&mut pair);
    pair.reader.handle_link_reset(pair.instant());
    pair.drive();
    fine(&mut pair);
    fine(&mut pair);
    pair.serve(&[OWN]);
    assert_eq!(job(&mut pair, 1), (JobState::Done, Outcome::CLIENT_LOST));
}

#[test]
fn what_breaks_off_between_writes_leaves_the_card_inconsistent() {
    use Instruction::{Critical, Settled};
    let program = [RESET, Critical, WRITE, WRITE, Settled, SUCCESS];
    type Break = fn(&mut Pair);
    let breaks: [Break; 4] = [
        |pair| tell(pair, ModuleEvent::CardRemoved(0)),
        |pair| tell(pair, ModuleEvent::CardMute),
        |pair| tell(pair, ModuleEvent::Failed(ModuleId::CONTACT_CARD)),
        |pair| {
            pair.pass(T_MODULE);
        },
    ];
    for breaks in breaks {
        let mut pair = reader(&[], &program, Format::NATIVE);
        begin(&mut pair);
        breaks(&mut pair);
        assert_eq!(job(&mut pair, 1), (JobState::Done, Outcome::CARD_INCONSISTENT));
    }
}

#[test]
fn presenting_a_secret_is_journalled_before_the_card_is_asked() {
    let verify = Instruction::Pin {
        function: PinFunction::Verify,
        reference: R1,
        first: R2,
        second: R0,
        into: R3,
    };
    let set = |register, value| Instruction::Set { register, value };
    let program = [RESET, set(R1, &[1]), set(R2, b"1234"), verify, SUCCESS];
    let mut pair = reader(&[], &program, Format::NATIVE);
    begin(&mut pair);
    assert!(pair.records.borrow().contains_key(&Record::Journal));
    assert!(
        pair.log.last().unwrap().contains("00, 20, 00, 01"),
        "{:?}",
        pair.log
    );
    // The question is answered, and the abort comes before the secret.
    abort(&mut pair, 1);
    tell(&mut pair, ModuleEvent::CardResponse(&[0x63, 0xC3]));
    assert_eq!(job(&mut pair, 1), (JobState::Done, Outcome::ABORTED));
    assert!(pair.log.iter().all(|entry| !entry.contains("31, 32, 33, 34")));
}

#[test]
fn a_card_holder_has_time_and_a_keypad_that_hangs_has_not() {
    let ask = Instruction::Ask {
        prompt: Prompt::Pin,
        into: R1,
    };
    let mut pair = reader(&[], &[RESET, ask, SUCCESS], Format::NATIVE);
    begin(&mut pair);
    pair.pass(34_999);
    assert_eq!(job(&mut pair, 1).0, JobState::Running);
    tell(&mut pair, ModuleEvent::Entered(b"1234"));
    assert_eq!(job(&mut pair, 1), (JobState::Done, Outcome::SUCCESS));

    let mut pair = reader(&[], &[RESET, ask, SUCCESS], Format::NATIVE);
    begin(&mut pair);
    pair.pass(35_000);
    assert_eq!(job(&mut pair, 1), (JobState::Done, Outcome::MODULE_TIMEOUT));
}

#[test]
fn progress_is_told_with_its_percentage() {
    let progress = |percent| Instruction::Progress { percent };
    let mut pair = reader(
        &[],
        &[progress(10), RESET, progress(60), WRITE, SUCCESS],
        Format::NATIVE,
    );
    assert_eq!(instruct(&mut pair, 1, &[]), Ok(JobState::Running));
    pair.drive();
    job(&mut pair, 1);
    let told: Vec<(JobState, Option<u8>)> = pair
        .events
        .iter()
        .filter_map(|event| {
            Progress::decode(event)
                .ok()
                .map(|progress| (progress.state, progress.percent()))
        })
        .collect();
    assert_eq!(
        told,
        [
            (JobState::Running, Some(10)),
            (JobState::Running, Some(60)),
            (JobState::Done, None)
        ]
    );
}
