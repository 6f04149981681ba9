//! How long the longest path is, and how many loops there may be.

use super::{super::programs, SERVICE, gives, rules::refused};
use crate::{
    case::Case,
    tester::{Login, Start, Tester},
    verdict::Step,
};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "logic.longest-path-is-counted",
            &["CW-LOGIC-005", "CW-LOGIC-003"],
            "Logic verifies with the length of its longest path as budget, and not with one less",
            longest_path,
        ),
        Case::code(
            "logic.many-loops-fit",
            &["CW-LOGIC-002"],
            "Logic with one loop behind the other, as many as its code has room for, is stored and runs",
            many_loops,
        ),
    ]
}

fn longest_path(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let sets = "set r1 00\n".repeat(10);
    let programs = [
        // 1 + 5 * 2, then `set`, `emit`, `end`.
        ("a loop", 14, "loop 5\nset r1 00\nagain\n".to_owned()),
        // 1 + 3 * (1 + 4 * 2 + 1), then the three.
        (
            "a loop in a loop",
            34,
            "loop 3\nloop 4\nset r1 00\nagain\nagain\n".to_owned(),
        ),
        // Four rounds of two, then a way of twelve to the `end`; behind the loop come fewer.
        (
            "an end in a loop",
            1 + 4 * 2 + 12,
            format!("loop 5\nwhen-empty r0 over\n{sets}end card-status\nover:\nagain\n"),
        ),
        // Two rounds of 12 of the outer loop, and the same again.
        (
            "an end in a loop in a loop",
            1 + 2 * 12 + 1 + 4 * 2 + 12,
            format!("loop 3\nloop 5\nwhen-empty r0 over\n{sets}end card-status\nover:\nagain\nagain\n"),
        ),
    ];
    for (what, longest, code) in programs {
        let code = format!("{code}set r0 \"{what}\"\nemit \"echo\" text none r0\nend success");
        tester.install(SERVICE, &programs::program("whole-service", "", longest, &code)?)?;
        tester.check("CW-LOGIC-005");
        let shorter = programs::program("whole-service", "", longest - 1, &code)?;
        refused(
            tester,
            &shorter,
            "budget",
            &format!("{what}, {longest} instructions long"),
        )?;
        tester.login(&Login::default())?;
        gives(tester, SERVICE, "echo", "text", what.as_bytes())?;
    }
    Ok(())
}

fn many_loops(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    // 294 loops of three bytes, and 18 for the rest.
    let code = format!(
        "{}set r0 \"294\"\nemit \"echo\" text none r0\nend success",
        "loop 1\nagain\n".repeat(294)
    );
    tester.check("CW-LOGIC-002");
    tester.install(SERVICE, &programs::program("whole-service", "", 591, &code)?)?;
    tester.login(&Login::default())?;
    gives(tester, SERVICE, "echo", "text", b"294")
}
