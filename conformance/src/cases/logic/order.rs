//! Which rule of the verifier is named, and which modules logic may declare.

use super::{
    super::programs::{self, SERVICE},
    rules::{Broken, all_refused, plain, refused},
};
use crate::{
    case::Case,
    tester::{Start, Tester, encode},
    verdict::Step,
};
use serde_json::json;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "logic.first-rule-is-named",
            &["CW-LOGIC-011", "CW-LOGIC-003"],
            "Logic that breaks two rules is refused with the one that comes first",
            first_rule,
        ),
        Case::code(
            "logic.modules-that-are-not-there-are-refused",
            &["CW-LOGIC-008", "CW-LOGIC-003"],
            "Logic that declares the security module, or one that no reader has, is refused",
            strange_modules,
        ),
    ]
}

fn first_rule(tester: &mut Tester) -> Step {
    let two_faults = [
        (
            "module",
            Broken {
                modules: &[],
                ..plain(
                    "an undeclared module, then an unknown opcode",
                    &[0x12, 0x01, 0xFF],
                )
            },
        ),
        (
            "opcode",
            Broken {
                modules: &[],
                ..plain(
                    "an unknown opcode, then an undeclared module",
                    &[0xFF, 0x12, 0x01],
                )
            },
        ),
        (
            "filter",
            Broken {
                modules: &[],
                ..plain(
                    "CHANGE PIN for a card that is not declared",
                    &[0x11, 0x05, 0x00, 0x24, 0x00, 0x81, 0x00, 0x00, 0x3F, 0x00, 0x00],
                )
            },
        ),
        (
            "budget",
            Broken {
                modules: &["indicator"],
                budget: 1,
                ..plain(
                    "a reset of a card that is not declared, beyond the budget",
                    &[0x12, 0x01, 0x10, 0x00, 0x3F, 0x00, 0x00],
                )
            },
        ),
        (
            "target",
            Broken {
                budget: 1,
                ..plain(
                    "code that nothing reaches, beyond the budget",
                    &[0x3F, 0x00, 0x00, 0x12, 0x01],
                )
            },
        ),
        (
            "done",
            Broken {
                policy: "per-step",
                ..plain(
                    "a module in use at an end, and a loop without end",
                    &[0x23, 0x02, 0x12, 0x01, 0x3F, 0x00, 0x00],
                )
            },
        ),
        (
            "loop",
            plain(
                "a loop without end, and a label inside an instruction",
                &[0x23, 0x02, 0x21, 0x00, 0x00, 0x07, 0x12, 0x01, 0x3F, 0x00, 0x00],
            ),
        ),
    ];
    for (rule, broken) in two_faults {
        tester.check("CW-LOGIC-011");
        all_refused(tester, rule, &[broken])?;
        tester.disconnect()?;
    }
    tester.reach(Start::Serving)?;
    // What is wrong with the document comes before everything in it; modules come before code.
    for (rule, service, modules, has) in [
        ("document", 0xFF02, 0x04, "another service, and an unknown opcode"),
        (
            "document",
            0xFF02,
            0xEF,
            "another service, and a module of no reader",
        ),
        (
            "module",
            SERVICE,
            0xEF,
            "a module of no reader, and an unknown opcode",
        ),
    ] {
        let document = encode(
            "logic",
            &json!({
                "service": service, "name": "certification.echo", "version": 1, "policy": "whole-service",
                "on_client_loss": "abort", "modules": [modules], "budget": 8, "code": "ff",
            }),
        )?;
        tester.check("CW-LOGIC-011");
        refused(tester, &document, rule, has)?;
    }
    Ok(())
}

fn strange_modules(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    // The twin: logic that declares a module that is there is taken.
    tester.install(SERVICE, &programs::failing("whole-service")?)?;
    // The security module is no service module; no reader has one of the certification range.
    for (module, has) in [(0x01, "the security module"), (0xEF, "a module of no reader")] {
        let document = encode(
            "logic",
            &json!({
                "service": SERVICE, "name": "certification.echo", "version": 1, "policy": "whole-service",
                "on_client_loss": "abort", "modules": [module], "budget": 8, "code": "3f0000",
            }),
        )?;
        tester.check("CW-LOGIC-008");
        refused(tester, &document, "module", has)?;
    }
    Ok(())
}
