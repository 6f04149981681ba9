//! Connects that are wrong in one thing, in each state.

use crate::{
    cases::jobs::running,
    matrix::{Cover, Factor, Matrix, Row},
    tester::{Attempt, LOW_ORDER, Prologue, Start, Tester, hello},
    verdict::{Step, Stop},
};
use cardwire_peers::identity::Key;
use serde_json::json;

pub(super) static MATRIX: Matrix = Matrix {
    id: "security.connect",
    title: "A connect that is wrong in one thing gets the refusal and changes nothing",
    requirements: &["CW-CONN-007", "CW-CONN-006", "CW-CONN-004", "CW-CONN-008"],
    factors: &[
        Factor {
            name: "wrong",
            values: &[
                "client",
                "generation",
                "method",
                "key",
                "other-clients-key",
                "hello",
                "challenge",
                "extensions",
                "version",
                "low-order",
                "handshake-size",
            ],
        },
        Factor {
            name: "while",
            values: &["locked", "connected", "serving", "a-service-runs"],
        },
    ],
    cover: Cover::All,
    allows: |_| true,
    run,
};

fn run(tester: &mut Tester, row: &Row) -> Step {
    // The accepted connect makes an end of every back-off.
    tester.reach(Start::Connected)?;
    let mut job = None;
    match row.of("while") {
        "locked" => tester.disconnect()?,
        "connected" => {}
        "serving" => tester.login(&crate::tester::Login::default())?,
        "a-service-runs" => {
            tester.login(&crate::tester::Login::default())?;
            job = Some(running(tester, false)?.0);
        }
        other => return Err(Stop::Error(format!("there is no state {other}"))),
    }
    let before = tester.hello()?;
    let attempt = wrong(tester, row)?;
    tester.check("CW-CONN-007");
    let outcome = tester.refused_connect(&attempt, &format!("a wrong {}", row.of("wrong")))?;
    tester.demand(
        outcome.answer.bytes == [0xFF],
        "the refusal, one byte",
        outcome.answer.describe(),
    )?;
    let after = tester.hello()?;
    tester.check("CW-CONN-008");
    tester.demand(
        after.challenge() == before.challenge(),
        "the challenge as it was",
        after.challenge(),
    )?;
    tester.check("CW-CONN-006");
    match row.of("while") {
        "locked" => {}
        "connected" => tester.state_is("connected").map(drop)?,
        _ => {
            tester.state_is("serving")?;
            tester.services()?;
        }
    }
    if let Some(job) = job {
        let status = tester.job_status(&job.id)?;
        tester.check("CW-CONN-006");
        let unharmed = status.fields["state"] == "running" || status.fields["outcome"] == "success";
        tester.demand(unharmed, "the service that goes on", status.describe())?;
        tester.ask("job_abort", json!({ "job": job.id }))?;
        tester.wait_for(&job.id)?;
    }
    // The twin: what is right is accepted as soon as the back-off is over.
    tester.check("CW-CONN-009");
    tester.connect().map(drop)
}

fn wrong(tester: &mut Tester, row: &Row) -> Step<Attempt> {
    let client = tester.client(0)?;
    let other = tester.client(1)?;
    let reader_id = tester.device.reader_id.clone().unwrap_or_default();
    let right = Attempt::right(client.clone());
    Ok(match row.of("wrong") {
        "client" => {
            let mut stranger = right.clone();
            "NOBODY".clone_into(&mut stranger.client.id);
            Attempt {
                key: Some(client.pre_shared_key(&reader_id)),
                ..stranger
            }
        }
        "generation" => {
            let mut later = right.clone();
            later.client.generation += 1;
            Attempt {
                key: Some(client.pre_shared_key(&reader_id)),
                ..later
            }
        }
        "method" => Attempt {
            method: 0xF0,
            ..right
        },
        "key" => Attempt {
            key: Some(Key::new(tester.random.array())),
            ..right
        },
        "other-clients-key" => Attempt {
            key: Some(other.pre_shared_key(&reader_id)),
            ..right
        },
        "hello" => Attempt {
            prologue: Prologue::Hello(hello(&[1, 2])?),
            ..right
        },
        "challenge" => {
            let mut answer = tester.hello()?.answer.bytes;
            // The challenge stands before the reader's identity; any byte of it will do.
            let at = answer.len() - 1 - reader_id.len() - 3;
            answer[at] ^= 0x01;
            Attempt {
                prologue: Prologue::Answer(answer),
                ..right
            }
        }
        "extensions" => Attempt {
            prologue: Prologue::Extensions(vec![0x7F, 0x01, 0x00, 0x01, 0x55]),
            ..right
        },
        "version" => Attempt {
            versions: vec![254],
            ..right
        },
        "low-order" => {
            let at = tester.random.below(LOW_ORDER.len() as u64) as usize;
            Attempt {
                ephemeral: Some(LOW_ORDER[at]),
                ..right
            }
        }
        "handshake-size" => Attempt {
            handshake_size: Some(49 + tester.random.below(79) as usize),
            ..right
        },
        other => return Err(Stop::Error(format!("nothing is known of a wrong {other}"))),
    })
}
