//! Faults and recovery: the way in, a job and an update are cut at each of their steps, an answer is lost on the way
//! back, the card is pulled; and what comes after it is as the specification says.

use crate::{
    case::Case,
    matrix::{Factor, Matrix, Row},
    tester::{Login, Reply, Start, Tester, hello},
    verdict::{Step, Stop},
};

mod answers;
mod card;
mod jobs;
mod updates;
mod way_in;

/// The request reader_status, encoded.
const STATUS: [u8; 1] = [0x0A];

/// How the client is lost.
const CUT: Factor = Factor {
    name: "cut",
    values: &["disconnect", "other-client", "link-reset", "device-reset"],
};

pub(super) fn cases() -> Vec<Case> {
    let matrices: [&'static Matrix; 5] = [
        &way_in::MATRIX,
        &jobs::MATRIX,
        &updates::MATRIX,
        &answers::MATRIX,
        &card::MATRIX,
    ];
    of_matrices(&matrices)
}

/// The cases of matrices.
pub(super) fn of_matrices(matrices: &[&'static Matrix]) -> Vec<Case> {
    let rows = |matrix: &&'static Matrix| -> Vec<Case> {
        let matrix = *matrix;
        matrix
            .rows()
            .iter()
            .map(|row| Case::combination(matrix, row))
            .collect()
    };
    matrices.iter().flat_map(rows).collect()
}

/// Cuts the session, and holds the reader to having ended it.
fn cut(tester: &mut Tester, row: &Row) -> Step {
    let before = tester.hello()?;
    // The next request of the session that is cut, sealed while its keys are known.
    let number = tester.next_number()?;
    match row.of("cut") {
        "disconnect" => {
            tester.disconnect_and_keep()?;
            tester.check("CW-SESS-007");
            let reply = tester.try_ask(&STATUS)?;
            tester.demand(
                matches!(reply, Reply::Refusal(_)),
                "the refusal of a request after disconnect",
                reply.describe(),
            )
        }
        "other-client" => {
            let old = tester.seal(number, &STATUS)?;
            tester.connect_as(1)?;
            tester.check("CW-CONN-005");
            tester.state_is("connected")?;
            tester.send_frame("sealed", number, &old)?;
            tester.silence("a request of the session that another client's connect has ended")?;
            tester.disconnect()
        }
        "link-reset" => {
            tester.needs_link_reset()?;
            let old = tester.seal(number, &STATUS)?;
            tester.reopen_link()?;
            tester.wake()?;
            is_refused(tester, number, &old, "CW-SESS-018", "a reset of the link")
        }
        "device-reset" => {
            let old = tester.seal(number, &STATUS)?;
            tester.reset_device()?;
            let first = tester.hello()?;
            // Once more, before anything was said: each boot has a challenge of its own.
            tester.reset_device()?;
            let second = tester.hello()?;
            tester.check("CW-SESS-014");
            let challenges = [before.challenge(), first.challenge(), second.challenge()];
            let fresh = challenges[0] != challenges[1]
                && challenges[1] != challenges[2]
                && challenges[0] != challenges[2];
            tester.demand(
                fresh,
                "a new challenge after each reset",
                format!("{challenges:?}"),
            )?;
            is_refused(tester, number, &old, "CW-SESS-014", "a reset")
        }
        other => Err(Stop::Error(format!("there is no cut {other}"))),
    }
}

/// Holds the reader to having no session: a request of the old one gets the refusal.
fn is_refused(tester: &mut Tester, number: u64, sealed: &[u8], requirement: &str, why: &str) -> Step {
    tester.check(requirement);
    tester.send_frame("sealed", number, sealed)?;
    let answer = tester.clear_answer(number)?;
    tester.demand(
        answer.name == "refusal",
        format!("the refusal of a request of the session before {why}"),
        answer.describe(),
    )
}

/// Whether this cut leaves the reader's memory: a child is started anew where its line closes.
fn is_reset(row: &Row) -> bool {
    row.is("cut", "device-reset")
}

/// A right client gets in after all of it, and logs the reader in.
fn serves_again(tester: &mut Tester) -> Step {
    tester.check("CW-SEC-002");
    let number = tester.random.number();
    let answer = tester.ask_clear_as(number, &hello(&[1])?)?;
    tester.demand(answer.name == "hello_answer", "hello_answer", answer.describe())?;
    tester.reach(Start::Connected)?;
    tester.login(&Login::default())?;
    tester.all_modules_off()
}
