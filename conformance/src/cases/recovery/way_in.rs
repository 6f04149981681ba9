//! The way in, cut behind each of its steps.

use super::{CUT, cut, serves_again};
use crate::{
    cases::programs::IDENTIFY,
    matrix::{Cover, Factor, Matrix, Row},
    tester::{Login, Tester},
    verdict::Step,
};
use serde_json::json;

pub(super) static MATRIX: Matrix = Matrix {
    id: "recovery.way-in",
    title: "The way in is cut, leaves nothing behind, and can be gone anew",
    requirements: &["CW-SESS-007", "CW-SESS-014", "CW-SESS-018", "CW-CONN-005"],
    factors: &[
        CUT,
        Factor {
            name: "behind",
            values: &["connect", "platform-auth", "login-confirm", "login-result"],
        },
    ],
    cover: Cover::All,
    allows: |_| true,
    run,
};

fn run(tester: &mut Tester, row: &Row) -> Step {
    tester.connect()?;
    let mut late = vec![0x5A; 48];
    if !row.is("behind", "connect") {
        let begun = tester.begin_login(&Login::default().offers)?;
        if row.is("behind", "platform-auth") {
            late = tester.answer_as_cloud(&begun)?.0;
        } else {
            tester.confirm(&begun)?;
            late = tester.login_result(&Login::default())?;
            if row.is("behind", "login-result") {
                let answer = tester.relay(&late)?;
                let right = answer.fields["state"] == "serving";
                tester.demand(right, "relay_answer with the state serving", answer.describe())?;
            }
        }
    }
    cut(tester, row)?;
    tester.connect()?;
    tester.check("CW-SESS-007");
    tester.state_is("connected")?;
    // What the cloud has said in the login before comes too late, and no interface is left enabled.
    tester.relay_refused(&late, &["login-expired"])?;
    let instruct = json!({ "job": tester.job_id(), "service": IDENTIFY, "parameters": "" });
    tester.refused("instruct", instruct, &["not-logged-in"])?;
    tester.disconnect()?;
    serves_again(tester)
}
