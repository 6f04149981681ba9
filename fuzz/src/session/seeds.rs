//! Executions to begin with: each service run to its end, each update brought, logins, power cuts, and what goes wrong.

use super::{
    inputs::{Beginning, Connecting, FromCloud, Input, Instruction, Parameters},
    services::{PACKAGES, SERVICES},
};
use crate::{Seed, world::board::Told};
use cardwire_codec::message::ModuleId;

/// Seeds of the target.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let mut all = Vec::new();
    let mut seed = |name: String, beginning, patient, inputs: &[Input]| {
        all.push(Seed {
            name,
            bytes: Input::write_all(beginning, patient, inputs),
        });
    };
    for (place, service) in SERVICES.iter().enumerate() {
        for patient in [false, true] {
            let instruct = instruct(0, place as u8, Parameters::Typical);
            let inputs = [
                instruct.clone(),
                Input::Tell(15),
                Input::JobStatus(0),
                Input::JobData(0, 0),
                instruct,
                Input::JobData(0, 1),
                Input::Status,
            ];
            let how = if patient { "patient" } else { "at-once" };
            seed(
                format!("service-{:04x}-{how}", service.0),
                Beginning::Serving,
                patient,
                &inputs,
            );
        }
    }
    let run = |job, service| instruct(job, service, Parameters::Typical);
    // A quarter of the interfaces is offered in CBOR, which the login's number says.
    for quarter in 0..4 {
        let mut inputs = vec![
            Input::Auth(4 * quarter),
            Input::Cloud(FromCloud::Second),
            Input::Cloud(FromCloud::LoginResult(0)),
        ];
        let in_cbor = (0..SERVICES.len() as u8).filter(|place| (quarter + place) % 4 == 3);
        for (job, place) in (0..).zip(in_cbor) {
            inputs.extend([run(job, place), Input::Tell(15), Input::JobData(job, 0)]);
        }
        seed(format!("in-cbor-{quarter}"), Beginning::Connected, false, &inputs);
    }
    seed(
        "secrets".into(),
        Beginning::Serving,
        false,
        &[
            Input::Cloud(FromCloud::Secrets(0, 0)),
            run(0, 17),
            Input::JobStatus(0),
            Input::Cloud(FromCloud::Secrets(1, 1)),
            run(1, 17),
            Input::JobStatus(1),
        ],
    );
    seed(
        "secrets-that-wait".into(),
        Beginning::Serving,
        false,
        &[
            Input::Cloud(FromCloud::Secrets(0, 0)),
            Input::Wait(10),
            run(0, 17),
        ],
    );
    for (place, _) in PACKAGES.iter().enumerate() {
        let place = place as u8;
        seed(
            format!("update-{place}"),
            Beginning::Serving,
            false,
            &[
                Input::Cloud(FromCloud::Offer(place)),
                Input::Cloud(FromCloud::Chunk(place, 0)),
                Input::Cloud(FromCloud::Query(place)),
                Input::Cloud(FromCloud::Commit(place)),
                run(1, 21),
                Input::JobData(1, 0),
                Input::PowerCut,
                Input::Connect(Connecting::Right(0)),
                Input::Auth(0),
                Input::Cloud(FromCloud::Second),
                Input::Cloud(FromCloud::LoginResult(0)),
                run(2, 21),
                Input::JobData(2, 0),
                Input::List(0),
            ],
        );
    }
    seed(
        "way-in".into(),
        Beginning::Locked,
        false,
        &[
            Input::Hello,
            Input::Connect(Connecting::Right(0)),
            Input::ConnectAgain,
            Input::Auth(0),
            Input::Cloud(FromCloud::Second),
            Input::Cloud(FromCloud::LoginResult(0)),
            Input::List(0),
            Input::List(6),
            Input::Diagnostics(0),
            Input::Repeat,
            Input::Disconnect,
            Input::Status,
        ],
    );
    for connecting in [
        Connecting::WrongKey,
        Connecting::Unknown,
        Connecting::Generation,
        Connecting::Altered(30),
    ] {
        seed(
            format!("refused-{connecting:?}"),
            Beginning::Locked,
            false,
            &[
                Input::Connect(connecting),
                Input::ConnectAgain,
                Input::Wait(2),
                Input::PowerCut,
                Input::Connect(Connecting::Right(1)),
                Input::Wait(6),
                Input::Connect(Connecting::Right(1)),
                Input::Status,
            ],
        );
    }
    for result in 0..8 {
        seed(
            format!("login-result-{result}"),
            Beginning::Confirming,
            false,
            &[
                Input::Cloud(FromCloud::LoginResult(result)),
                Input::List(0),
                run(0, 0),
                Input::Status,
            ],
        );
    }
    seed(
        "cloud-is-somebody-else".into(),
        Beginning::Login,
        false,
        &[
            Input::Cloud(FromCloud::SecondFlipped(40)),
            Input::Cloud(FromCloud::Strange(vec![7; 20])),
            Input::Status,
        ],
    );
    seed(
        "channel-broken".into(),
        Beginning::Serving,
        false,
        &[
            Input::Cloud(FromCloud::Strange(vec![7; 20])),
            Input::Cloud(FromCloud::Query(0)),
            run(0, 0),
            Input::Status,
        ],
    );
    seed(
        "grants-end".into(),
        Beginning::Confirming,
        false,
        &[
            Input::Cloud(FromCloud::LoginResult(8)),
            run(0, 0),
            Input::Wait(6),
            run(1, 0),
            Input::JobStatus(0),
            Input::Status,
        ],
    );
    seed(
        "login-takes-too-long".into(),
        Beginning::Login,
        false,
        &[Input::Wait(10), Input::Cloud(FromCloud::Second), Input::Status],
    );
    seed(
        "silence".into(),
        Beginning::Serving,
        false,
        &[Input::Wait(12), Input::Wait(0), Input::Status],
    );
    seed(
        "power-cut-while-writing".into(),
        Beginning::Serving,
        true,
        &[
            run(0, 18),
            Input::Tell(3),
            Input::PowerCut,
            Input::Connect(Connecting::Right(0)),
            Input::Auth(0),
            Input::Cloud(FromCloud::Second),
            Input::Cloud(FromCloud::LoginResult(0)),
            Input::JobStatus(0),
            run(0, 18),
        ],
    );
    seed(
        "abort".into(),
        Beginning::Serving,
        true,
        &[
            run(0, 3),
            Input::Tell(2),
            Input::JobAbort(0),
            run(1, 0),
            Input::Tell(15),
            Input::JobStatus(0),
        ],
    );
    seed(
        "modules-fail".into(),
        Beginning::Serving,
        true,
        &[
            run(0, 1),
            Input::TellInstead(Told::Failed(ModuleId::CONTACT_CARD)),
            run(1, 1),
            Input::Tell(0),
            Input::TellInstead(Told::Mute),
            run(2, 1),
            Input::WaitDue(1),
            Input::JobStatus(2),
        ],
    );
    seed(
        "card-answers-strangely".into(),
        Beginning::Serving,
        true,
        &[
            run(0, 1),
            Input::Tell(0),
            Input::TellInstead(Told::Atr(vec![0x3B, 0x00])),
            Input::Tell(0),
            Input::TellInstead(Told::Response(vec![0x61, 0x10])),
            Input::TellInstead(Told::Response(vec![0x6C, 0x08])),
            Input::TellInstead(Told::Response(vec![0x90])),
            Input::JobStatus(0),
        ],
    );
    seed(
        "contactless".into(),
        Beginning::Serving,
        true,
        &[
            run(0, 15),
            Input::Tell(0),
            Input::TellInstead(Told::Polled(vec![0x80, 0x04, 1, 2, 3, 4])),
            Input::Tell(15),
            Input::JobData(0, 0),
        ],
    );
    seed(
        "cards-come-and-go".into(),
        Beginning::Serving,
        true,
        &[
            Input::TellUnasked(Told::Removed(0)),
            run(0, 0),
            Input::TellUnasked(Told::Inserted(0)),
            run(1, 0),
            Input::Tell(1),
            Input::TellUnasked(Told::Removed(0)),
            Input::Tell(15),
            Input::JobStatus(1),
            Input::TellUnasked(Told::Inserted(1)),
            Input::Status,
        ],
    );
    seed(
        "storage-fails".into(),
        Beginning::Serving,
        false,
        &[
            Input::StoresLeft(0),
            run(0, 18),
            Input::JobStatus(0),
            Input::Cloud(FromCloud::Offer(0)),
            Input::RandomFails,
            Input::Auth(0),
            Input::PowerCut,
        ],
    );
    // What was sealed ahead comes under the number of the last request, and is not that request.
    seed(
        "another-under-the-last-number".into(),
        Beginning::Serving,
        false,
        &[
            Input::Numbered(1),
            Input::Status,
            Input::List(0),
            Input::Replay(2),
        ],
    );
    seed(
        "too-many-failures".into(),
        Beginning::Serving,
        false,
        &[
            Input::Numbered(128 + 62),
            Input::Status,
            Input::Numbered(129),
            Input::Status,
        ],
    );
    seed(
        "line-noise".into(),
        Beginning::Serving,
        false,
        &[
            Input::Flip(77),
            Input::Numbered(3),
            Input::Cut(9),
            Input::Line(b"noise\0".to_vec()),
            Input::Clear(vec![0x7E]),
            Input::Clear(vec![0x81]),
            Input::Replay(1),
            Input::Sealed(vec![0xFE, 1, 2]),
            Input::Status,
        ],
    );
    all.extend(super::vectors::seeds());
    all
}

fn instruct(job: u8, service: u8, parameters: Parameters) -> Input {
    Input::Instruct(Instruction {
        job,
        service,
        parameters,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for seed in seeds() {
            let (beginning, patient, inputs) = Input::read_all(&seed.bytes).unwrap();
            assert_eq!(
                Input::write_all(beginning, patient, &inputs),
                seed.bytes,
                "{}",
                seed.name
            );
        }
    }

    #[test]
    fn the_seeds_break_nothing() {
        let explained = seeds().into_iter().map(|seed| {
            let text = super::super::explain(&seed.bytes);
            format!("{}:\n{text}", seed.name)
        });
        let broken: Vec<_> = explained.filter(|text| text.contains("BROKEN")).collect();
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    }
}
