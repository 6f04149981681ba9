//! Secrets of a card: for one run of one job of one service, and gone when anything ends.

mod common;

use cardwire_codec::{List, Message, Name, message::*, wire::Writer};
use cardwire_core::env::Record;
use common::{Records, identity, pair::*};

const ADMIN: ServiceId = ServiceId::FILE_UPDATE_ADMIN;
const OWN: ServiceId = ServiceId(0xF001);
const IDENTIFY: ServiceId = ServiceId::CARD_IDENTIFY;
const ICCID: &[u8] = b"8900001010123456783";
/// The administrative key of the simulated card.
const ADM: &[u8] = b"CARDWIRE";
/// SELECT of the USIM, and EF.SPN in it, which asks for the key.
const USIM: &[u8] = &[0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02];
const SPN: &[u8] = &[0x6F, 0x46];

/// What ends the wait of secrets for their job.
type End<'a> = &'a dyn Fn(&mut Pair);

fn data(items: &[(&'static str, ItemKind, &[u8])]) -> Vec<u8> {
    let items: Vec<_> = items
        .iter()
        .map(|(name, kind, value)| Item {
            name: Name::from_text(name),
            kind: *kind,
            value,
        })
        .collect();
    encode(&ServiceData {
        items: List::from_items(&items),
        extensions: Default::default(),
    })
}

fn parameters() -> Vec<u8> {
    data(&[
        ("aid", ItemKind::Bytes, USIM),
        ("path", ItemKind::Bytes, SPN),
        ("data", ItemKind::Bytes, b"\x00New"),
    ])
}

fn secrets(card: &[u8], adm: &[u8]) -> Vec<u8> {
    data(&[("card", ItemKind::Text, card), ("adm", ItemKind::Bytes, adm)])
}

/// What the reader says to secrets for a job: nothing wrong, or an error.
fn send(pair: &mut Pair, job: u8, service: ServiceId, parameters: &[u8]) -> Result<(), ErrorCode> {
    let answer = pair.cloud(&JobSecrets {
        job: &[job; 16],
        service,
        parameters,
        extensions: Default::default(),
    });
    match ChannelAnswer::decode(&answer).unwrap() {
        ChannelAnswer::JobSecretsAnswer(answer) => {
            assert_eq!(answer.job, &[job; 16]);
            Ok(())
        }
        ChannelAnswer::ChannelError(error) => {
            assert_eq!(error.request, JobSecrets::CODE);
            Err(error.code)
        }
        other => panic!("{other:?}"),
    }
}

/// How a job ends, or why it is refused.
fn run(pair: &mut Pair, job: u8, service: ServiceId, parameters: &[u8]) -> Result<Outcome, ErrorCode> {
    let answer = pair.request(&Instruct {
        job: &[job; 16],
        service,
        parameters,
        extensions: Default::default(),
    });
    if answer[0] == ErrorAnswer::CODE {
        return Err(ErrorAnswer::decode(&answer).unwrap().code);
    }
    let answer = pair.request(&JobStatus {
        job: &[job; 16],
        extensions: Default::default(),
    });
    let status = JobStatusAnswer::decode(&answer).unwrap();
    assert_eq!(status.state, JobState::Done);
    Ok(status.outcome)
}

fn serving() -> Pair {
    let mut pair = Pair::new();
    pair.serve(&[IDENTIFY, ADMIN]);
    pair
}

#[test]
fn a_file_that_asks_for_the_key_is_written_with_it_and_not_without() {
    let mut pair = serving();
    assert_eq!(
        run(&mut pair, 1, ADMIN, &parameters()),
        Err(ErrorCode::SECRETS_MISSING)
    );
    assert_eq!(send(&mut pair, 1, ADMIN, &secrets(ICCID, ADM)), Ok(()));
    assert_eq!(run(&mut pair, 1, ADMIN, &parameters()), Ok(Outcome::SUCCESS));
    // Nothing of it is anywhere that outlasts the run.
    let kept = pair.records.borrow();
    for record in [Record::Journal, Record::Manifest, Record::Authentication] {
        let held = kept.get(&record).cloned().unwrap_or_default();
        assert!(!held.windows(ADM.len()).any(|bytes| bytes == ADM), "{record:?}");
    }
}

#[test]
fn another_card_and_a_wrong_key_end_the_job_and_cost_no_try_of_the_other_card() {
    let mut pair = serving();
    send(&mut pair, 1, ADMIN, &secrets(b"8900001010123456784", b"00000000")).unwrap();
    assert_eq!(
        run(&mut pair, 1, ADMIN, &parameters()),
        Ok(Outcome::CARD_MISMATCH)
    );
    // Were a try lost by the card that is not meant, the second of these would meet the guard.
    for job in 2..4 {
        send(
            &mut pair,
            job,
            ADMIN,
            &secrets(b"8900001010123456784", b"00000000"),
        )
        .unwrap();
        assert_eq!(
            run(&mut pair, job, ADMIN, &parameters()),
            Ok(Outcome::CARD_MISMATCH)
        );
    }
    send(&mut pair, 4, ADMIN, &secrets(ICCID, b"00000000")).unwrap();
    assert_eq!(run(&mut pair, 4, ADMIN, &parameters()), Ok(Outcome::CARD_STATUS));
}

#[test]
fn secrets_are_for_one_job_and_used_once() {
    let mut pair = serving();
    send(&mut pair, 1, ADMIN, &secrets(ICCID, ADM)).unwrap();
    assert_eq!(
        run(&mut pair, 2, ADMIN, &parameters()),
        Err(ErrorCode::SECRETS_MISSING)
    );
    assert_eq!(run(&mut pair, 1, ADMIN, &parameters()), Ok(Outcome::SUCCESS));
    assert_eq!(
        run(&mut pair, 2, ADMIN, &parameters()),
        Err(ErrorCode::SECRETS_MISSING)
    );
    assert_eq!(
        send(&mut pair, 1, ADMIN, &secrets(ICCID, ADM)),
        Err(ErrorCode::JOB_CONFLICT)
    );
    // Once the job is forgotten its id is like any other, and what it has used is gone.
    for job in 10..16 {
        run(&mut pair, job, IDENTIFY, &[]).unwrap();
    }
    assert_eq!(
        run(&mut pair, 1, ADMIN, &parameters()),
        Err(ErrorCode::SECRETS_MISSING)
    );
}

#[test]
fn what_the_service_does_not_take_is_refused_and_what_is_held_stays() {
    let mut pair = serving();
    send(&mut pair, 1, ADMIN, &secrets(ICCID, ADM)).unwrap();
    let refused = Err(ErrorCode::PARAMETERS_REFUSED);
    for wrong in [
        data(&[("adm", ItemKind::Bytes, ADM)]),
        secrets(ICCID, b"123"),
        secrets(
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            ADM,
        ),
        parameters(),
        data(&[]),
        vec![0x61],
        vec![0x80],
    ] {
        assert_eq!(send(&mut pair, 2, ADMIN, &wrong), refused, "{wrong:02x?}");
    }
    // A service that takes nothing from the cloud can be sent nothing.
    assert_eq!(send(&mut pair, 2, IDENTIFY, &secrets(ICCID, ADM)), refused);
    assert_eq!(
        send(&mut pair, 2, OWN, &secrets(ICCID, ADM)),
        Err(ErrorCode::UNKNOWN_SERVICE)
    );
    assert_eq!(
        send(&mut pair, 2, ServiceId::FILE_UPDATE, &data(&[])),
        Err(ErrorCode::INTERFACE_DISABLED)
    );
    assert_eq!(run(&mut pair, 1, ADMIN, &parameters()), Ok(Outcome::SUCCESS));
}

#[test]
fn they_end_with_session_login_channel_and_time() {
    let missing = Err(ErrorCode::SECRETS_MISSING);
    let offers = [Offer {
        service: ADMIN,
        format: Format::NATIVE,
    }];
    let ends: [(&str, End<'_>); 4] = [
        ("session", &|pair| pair.serve(&[ADMIN])),
        ("login", &|pair| pair.login(&offers)),
        ("channel", &|pair| drop(pair.relay_bytes(&[0x5A; 32]))),
        ("time", &|pair| pair.pass(limits::T_HANDSHAKE_MS)),
    ];
    for (what, end) in ends {
        let mut pair = serving();
        send(&mut pair, 1, ADMIN, &secrets(ICCID, ADM)).unwrap();
        end(&mut pair);
        assert_eq!(run(&mut pair, 1, ADMIN, &parameters()), missing, "{what}");
    }
    // The twin: a moment earlier they are there.
    let mut pair = serving();
    send(&mut pair, 1, ADMIN, &secrets(ICCID, ADM)).unwrap();
    let deadline = pair.reader.next_timeout();
    assert_eq!(deadline, Some(pair.instant().plus_millis(limits::T_HANDSHAKE_MS)));
    pair.pass(limits::T_HANDSHAKE_MS - 1);
    assert_eq!(run(&mut pair, 1, ADMIN, &parameters()), Ok(Outcome::SUCCESS));
}

#[test]
fn they_are_refused_in_clear_and_never_given() {
    let records = Records::default();
    let mut bytes = [0; 64];
    let mut writer = Writer::new(&mut bytes);
    for instruction in [
        Instruction::Parameter {
            name: Name::from_text("key"),
            into: Register(0),
        },
        Instruction::Emit {
            name: Name::from_text("key"),
            kind: ItemKind::Bytes,
            conversion: Conversion::None,
            register: Register(0),
        },
        Instruction::End {
            outcome: Outcome::SUCCESS,
        },
    ] {
        instruction.write(&mut writer).unwrap();
    }
    let length = writer.written();
    let document = encode(&Logic {
        service: OWN,
        name: Name::from_text("example.own"),
        version: 1,
        policy: Policy::WholeService,
        on_client_loss: ClientLoss::Abort,
        modules: List::default(),
        parameters: List::from_items(&[Parameter {
            name: Name::from_text("key"),
            kind: ItemKind::Bytes,
            source: ParameterSource::Cloud,
            occurrence: Occurrence::Optional,
            minimum: 1,
            maximum: 16,
        }]),
        budget: 8,
        code: &bytes[..length],
        extensions: Default::default(),
    });
    let stored = [&1_u32.to_be_bytes()[..], &document].concat();
    records.borrow_mut().insert(Record::Logic(0), stored);
    let mut pair = Pair::with(records, identity());
    pair.serve(&[OWN]);
    let key = data(&[("key", ItemKind::Bytes, b"secret")]);
    assert_eq!(run(&mut pair, 1, OWN, &key), Err(ErrorCode::PARAMETERS_REFUSED));
    // What is optional may be missing.
    assert_eq!(run(&mut pair, 1, OWN, &[]), Ok(Outcome::SUCCESS));
    send(&mut pair, 2, OWN, &key).unwrap();
    assert_eq!(run(&mut pair, 2, OWN, &[]), Ok(Outcome::LOGIC_FAULT));
}
