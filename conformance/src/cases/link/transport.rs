//! Transports: what a reset of the link drops, and who else is on it.

use super::{greets, line_of};
use crate::{
    case::Case,
    tester::{Start, Tester, hello},
    verdict::{Step, Stop},
};
use cardwire_peers::{Endpoint, Link};
use std::time::Instant;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "link.reset-drops-what-is-on-its-way",
            &["CW-LINK-009"],
            "A reset of the link drops the frame that has begun, and every answer that was not sent yet",
            reset_drops_what_is_on_its_way,
        ),
        Case::code(
            "link.further-connection-changes-nothing",
            &["CW-LINK-012"],
            "A second connection to a reader on TCP neither ends nor delays the session on the first",
            further_connection,
        ),
    ]
}

fn reset_drops_what_is_on_its_way(tester: &mut Tester) -> Step {
    tester.needs_link_reset()?;
    greets(tester, 1)?;
    let line = line_of(2, &hello(&[1])?)?;
    // Answers that nobody takes, and the first part of a frame.
    let bytes = [line.repeat(20), line[..9].to_vec()].concat();
    tester.send_bytes(&bytes, "twenty hellos, and the first part of another one")?;
    tester.reopen_link()?;
    greets(tester, 3)?;
    tester.silence("the frames of the link before")?;
    // A reader that is behind with its answers drops such a part before it looks at it: once more, with nothing before it.
    for number in 4..7 {
        tester.send_bytes(&line[..9], "the first part of a hello")?;
        let pause = tester.bench.timers.answer / 10;
        tester.let_pass(pause)?;
        tester.reopen_link()?;
        // No delimiter before it: the part from before must not hit it.
        greets(tester, number)?;
    }
    Ok(())
}

fn further_connection(tester: &mut Tester) -> Step {
    let endpoint = tester.bench.endpoint.clone();
    match &endpoint {
        Endpoint::Tcp { .. } => {}
        Endpoint::Serial { .. } | Endpoint::Exec { .. } => {
            return Err(Stop::NotApplicable("only TCP takes a second connection".into()));
        }
    }
    tester.reach(Start::Serving)?;
    let line = line_of(1, &hello(&[1])?)?;
    for _ in 0..3 {
        // It may be refused, closed, or left waiting.
        let mut further = Link::open(&endpoint).ok();
        let told = further.as_mut().map(|link| link.send(&line));
        tester
            .trace
            .note(format!("a further connection, with a hello: {told:?}"));
        for _ in 0..3 {
            tester.state_is("serving")?;
            tester.services()?;
        }
        if let Some(link) = &mut further {
            let got = link.receive_bytes(Instant::now() + tester.bench.timers.answer / 10);
            let answered = got.is_ok_and(|bytes| !bytes.is_empty());
            tester.demand(!answered, "no answer on a further connection", "bytes")?;
        }
        drop(further);
        tester.state_is("serving")?;
    }
    Ok(())
}
