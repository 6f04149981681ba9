//! What a reset of the link leaves of a request that was executed before it.

use crate::{
    case::Case,
    cases::programs,
    tester::{Start, Tester, encode},
    verdict::Step,
};
use serde_json::json;

pub(super) fn cases() -> Vec<Case> {
    vec![Case::code(
        "session.repeat-after-a-link-reset-is-not-executed",
        &["CW-SESS-003", "CW-SESS-018", "CW-SESS-007"],
        "An instruction whose frame is repeated after a reset of the link is refused, and not executed again",
        repeat_after_a_link_reset,
    )]
}

fn repeat_after_a_link_reset(tester: &mut Tester) -> Step {
    tester.needs_link_reset()?;
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::failing("whole-service")?)?;
    let id = tester.job_id();
    let instruct = encode(
        "instruct",
        &json!({ "job": id, "service": service, "parameters": "" }),
    )?;
    let number = tester.next_number()?;
    let sealed = tester.seal(number, &instruct)?;
    tester.send_frame("sealed", number, &sealed)?;
    let before = tester.take_reply(number)?;
    tester.demand(
        before.name == "instruct_answer",
        "instruct_answer",
        before.describe(),
    )?;
    // The job ends meanwhile: executed again, the request would have another answer.
    let pause = tester.bench.timers.answer / 4;
    tester.let_pass(pause)?;
    tester.reopen_link()?;
    tester.wake()?;
    tester.check("CW-SESS-003");
    tester
        .trace
        .note("the last instruct again, byte for byte, after the reset of the link");
    tester.send_frame("sealed", number, &sealed)?;
    let deadline = tester.answer_due();
    while let Some(seen) = tester.next_frame(deadline)? {
        if seen.is_clear() && seen.frame.number == number && seen.frame.payload == [0xFF] {
            return tester.reach(Start::Connected);
        }
        // Events of a session that lives on are sealed too, under numbers of their own.
        if seen.is_clear() || seen.frame.number == number {
            let told = if seen.line == before.line {
                "the answer from before: its session has outlived the reset of the link".to_owned()
            } else {
                format!(
                    "{}, another answer than before: the request was executed twice, the second time after the reset of the link",
                    seen.describe()
                )
            };
            return tester.fail(EXPECTED, told);
        }
    }
    tester.fail(EXPECTED, "no answer")
}

const EXPECTED: &str =
    "the refusal of an instruct that is repeated after a reset of the link, which has ended its session";
