//! The rules about parameters, and about writes that belong together.

use super::{END, all_refused, plain, refused};
use crate::{
    case::Case,
    cases::programs::SERVICE,
    tester::{Tester, encode},
    verdict::Step,
};
use serde_json::json;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "logic.rule-parameter",
            &["CW-LOGIC-003"],
            "Logic that uses a parameter which it does not declare, or declares one that can't be met, is refused",
            parameter,
        ),
        Case::code(
            "logic.rule-critical",
            &["CW-LOGIC-003"],
            "Logic with a path on which writes that belong together do not begin and end in turn is refused",
            critical,
        ),
    ]
}

fn parameter(tester: &mut Tester) -> Step {
    all_refused(
        tester,
        "parameter",
        &[plain(
            "a parameter that it does not declare",
            code!([0x3B, 0x01, 0x61, 0x00], END),
        )],
    )?;
    let pin = |minimum: u16, maximum: u16| {
        json!({ "name": "pin", "kind": "text", "source": "client", "occurrence": "required",
                "minimum": minimum, "maximum": maximum })
    };
    for (has, parameters) in [
        ("a parameter declared twice", vec![pin(4, 8), pin(4, 8)]),
        ("a minimum above the maximum", vec![pin(8, 4)]),
        ("a maximum beyond what a value can have", vec![pin(4, 256)]),
    ] {
        let document = encode(
            "logic",
            &json!({
                "service": SERVICE, "name": "certification.echo", "version": 1, "policy": "whole-service",
                "on_client_loss": "abort", "modules": [], "parameters": parameters, "budget": 8, "code": "3f0000",
            }),
        )?;
        refused(tester, &document, "parameter", has)?;
    }
    Ok(())
}

fn critical(tester: &mut Tester) -> Step {
    const CRITICAL: [u8; 1] = [0x28];
    const SETTLED: [u8; 1] = [0x29];
    all_refused(
        tester,
        "critical",
        &[
            plain("an end of writes that have not begun", code!(SETTLED, END)),
            plain("writes that do not end", code!(CRITICAL, END)),
            plain("writes that begin twice", code!(CRITICAL, CRITICAL, SETTLED, END)),
            plain(
                "writes that begin on one path only",
                code!([0x21, 0x00, 0x00, 0x05], CRITICAL, SETTLED, END),
            ),
            plain(
                "writes that begin in a loop and end behind it",
                code!([0x23, 0x02], CRITICAL, [0x24], SETTLED, END),
            ),
        ],
    )
}
