//! One case for each rule of the verifier: logic that breaks it alone is never stored.

use super::super::programs::{self, SERVICE};
use crate::{
    case::Case,
    embedded::registered,
    hex,
    tester::{Start, Tester, encode, no_error},
    verdict::{Step, Stop},
};
use serde_json::json;

/// Logic that breaks a rule: what it has, its policy, its modules, its budget, its code.
pub(super) struct Broken {
    pub(super) has: &'static str,
    pub(super) policy: &'static str,
    pub(super) modules: &'static [&'static str],
    pub(super) budget: u16,
    pub(super) code: &'static [u8],
}

pub(super) const fn plain(has: &'static str, code: &'static [u8]) -> Broken {
    Broken {
        has,
        policy: "whole-service",
        modules: &["contact-card", "indicator"],
        budget: 64,
        code,
    }
}

const fn per_step(has: &'static str, code: &'static [u8]) -> Broken {
    Broken {
        policy: "per-step",
        ..plain(has, code)
    }
}

const SHOW: [u8; 2] = [0x12, 0x01];
const END: [u8; 3] = [0x3F, 0x00, 0x00];
const DONE: [u8; 2] = [0x18, 0x04];

macro_rules! code {
    ($($part:expr),+ $(,)?) => {{
        const PARTS: &[&[u8]] = &[$(&$part),+];
        const LENGTH: usize = {
            let (mut length, mut index) = (0, 0);
            while index < PARTS.len() {
                length += PARTS[index].len();
                index += 1;
            }
            length
        };
        const CODE: [u8; LENGTH] = {
            let (mut code, mut at, mut index) = ([0; LENGTH], 0, 0);
            while index < PARTS.len() {
                let mut byte = 0;
                while byte < PARTS[index].len() {
                    code[at] = PARTS[index][byte];
                    at += 1;
                    byte += 1;
                }
                index += 1;
            }
            code
        };
        &CODE
    }};
}

mod declared;

pub(super) fn cases() -> Vec<Case> {
    let rule = |id: &str, requirements: &[&str], title: &str, run| Case::code(id, requirements, title, run);
    let mut all = vec![
        rule(
            "logic.rule-document",
            &["CW-LOGIC-003"],
            "A document that does not decode, or is for another service, is refused",
            document,
        ),
        rule(
            "logic.rule-opcode",
            &["CW-LOGIC-003"],
            "Logic with an unknown instruction is refused",
            opcode,
        ),
        rule(
            "logic.rule-operand",
            &["CW-LOGIC-003"],
            "Logic with an operand out of range or cut short is refused",
            operand,
        ),
        rule(
            "logic.rule-target",
            &["CW-LOGIC-003"],
            "Logic that jumps back, aside, out of a loop or behind its end is refused",
            target,
        ),
        rule(
            "logic.rule-loop",
            &["CW-LOGIC-003", "CW-LOGIC-005"],
            "Logic whose loops do not nest, or nest too deep, is refused",
            loops,
        ),
        rule(
            "logic.rule-end",
            &["CW-LOGIC-003"],
            "Logic with a path that does not end is refused",
            end,
        ),
        rule(
            "logic.rule-budget",
            &["CW-LOGIC-003", "CW-LOGIC-005"],
            "Logic whose longest path is longer than its budget is refused",
            budget,
        ),
        rule(
            "logic.rule-module",
            &["CW-LOGIC-003", "CW-MOD-006"],
            "Logic that uses a module that it does not declare is refused",
            module,
        ),
        rule(
            "logic.rule-done",
            &["CW-LOGIC-006", "CW-LOGIC-003"],
            "Per-step logic without exactly one done on every path, or with a use after it, is refused",
            done,
        ),
        rule(
            "logic.rule-filter",
            &["CW-LOGIC-007", "CW-LOGIC-003"],
            "Logic with a command that is malformed or not allowed is refused",
            filter,
        ),
    ];
    all.extend(declared::cases());
    all
}

/// Offers logic that must be refused with this rule, and holds the reader to being as it was.
pub(super) fn refused(tester: &mut Tester, document: &[u8], rule: &str, has: &str) -> Step {
    let before = (tester.service(SERVICE)?, tester.logic_counter());
    let manifest = tester.manifest(SERVICE, document)?;
    tester.offer_accepted(&manifest)?;
    let encoded = manifest.encode()?;
    let status = tester.send_content(&encoded, document, 0)?;
    let detail = registered("logic_rule", rule).ok_or_else(|| Stop::Error(format!("{rule} is no rule")))?;
    // Whether it is verified when its last byte is there or when it is committed is the reader's matter.
    let result = if no_error(&status) {
        tester.commit(&encoded)?
    } else {
        status
    };
    let right = result.fields["error"] == "update-logic" && result.fields["detail"] == detail;
    tester.demand(
        right,
        format!("update-logic with detail {detail} ({rule}) to logic with {has}"),
        result.describe(),
    )?;
    let after = tester.service(SERVICE)?;
    tester.under("CW-UPD-006", |tester| {
        tester.demand(
            after == before.0,
            format!("still {}", json!(before.0)),
            json!(after),
        )
    })
}

pub(super) fn all_refused(tester: &mut Tester, rule: &str, all: &[Broken]) -> Step {
    tester.reach(Start::Serving)?;
    // The twin: logic that keeps all rules is taken.
    tester.install(SERVICE, &programs::echo(rule)?)?;
    for Broken {
        has,
        policy,
        modules,
        budget,
        code,
    } in all
    {
        let document = encode(
            "logic",
            &json!({
                "service": SERVICE, "name": "certification.echo", "version": 1, "policy": policy,
                "on_client_loss": "abort", "modules": modules, "budget": budget, "code": hex::encode(code),
            }),
        )?;
        refused(tester, &document, rule, has)?;
    }
    Ok(())
}

fn document(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let right = programs::echo("document")?;
    tester.install(SERVICE, &right)?;
    let longer = [&right[..], &[0x00]].concat();
    refused(tester, &longer, "document", "a byte too many")?;
    refused(tester, &right[..right.len() - 1], "document", "a byte too few")?;
    let mut other = right.clone();
    // The service stands behind the document's code.
    other[2] ^= 0x02;
    refused(tester, &other, "document", "another service than the manifest's")?;
    let mut other = right;
    other[0] = 0x61;
    refused(tester, &other, "document", "the code of another document")
}

fn opcode(tester: &mut Tester) -> Step {
    all_refused(
        tester,
        "opcode",
        &[
            plain("the opcode 00", code!([0x00], END)),
            plain("the opcode FF", code!(SHOW, [0xFF], END)),
            plain(
                "the opcode 19, with what looks like operands",
                code!([0x19, 0x00], END),
            ),
        ],
    )
}

fn operand(tester: &mut Tester) -> Step {
    all_refused(
        tester,
        "operand",
        &[
            plain("the pattern 4", code!([0x12, 0x04], END)),
            plain("the register 8", code!([0x30, 0x08, 0x00], END)),
            plain("a loop of 0 times", code!([0x23, 0x00], SHOW, [0x24], END)),
            plain(
                "a kind of item that is none",
                code!([0x38, 0x01, 0x61, 0x09, 0x00, 0x00], END),
            ),
            plain(
                "a name with a space",
                code!([0x38, 0x01, 0x20, 0x01, 0x00, 0x00], END),
            ),
            plain("bytes that are cut short", code!([0x30, 0x00, 0x05, 0x01])),
            plain("an end without all of its outcome", code!(SHOW, [0x3F, 0x00])),
        ],
    )
}

fn target(tester: &mut Tester) -> Step {
    all_refused(
        tester,
        "target",
        &[
            plain("a jump to itself", code!([0x22, 0x00, 0x00], END)),
            plain(
                "a jump back",
                code!(SHOW, [0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00], END),
            ),
            plain(
                "a jump behind its end",
                code!([0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0xFF], END),
            ),
            plain(
                "a jump into an instruction",
                code!([0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x08], SHOW, END),
            ),
            plain(
                "a jump out of a loop",
                code!([0x23, 0x02, 0x21, 0x00, 0x00, 0x09, 0x12, 0x01, 0x24], END),
            ),
        ],
    )
}

fn loops(tester: &mut Tester) -> Step {
    all_refused(
        tester,
        "loop",
        &[
            plain("an end of a loop that has not begun", code!([0x24], END)),
            plain(
                "loops three deep",
                code!(
                    [0x23, 0x02, 0x23, 0x02, 0x23, 0x02],
                    SHOW,
                    [0x24, 0x24, 0x24],
                    END
                ),
            ),
        ],
    )
}

fn end(tester: &mut Tester) -> Step {
    all_refused(
        tester,
        "end",
        &[
            plain("no end", code!(SHOW)),
            plain("a path without end", code!([0x21, 0x00, 0x00, 0x07], END, SHOW)),
        ],
    )
}

fn budget(tester: &mut Tester) -> Step {
    all_refused(
        tester,
        "budget",
        &[
            Broken {
                budget: 2,
                ..plain("three instructions and a budget of two", code!(SHOW, SHOW, END))
            },
            Broken {
                budget: 100,
                ..plain(
                    "a loop that runs 255 times",
                    code!([0x23, 0xFF], SHOW, [0x24], END),
                )
            },
            Broken {
                budget: 4096,
                ..plain(
                    "two loops of 255 times, one in the other",
                    code!([0x23, 0xFF, 0x23, 0xFF], SHOW, [0x24, 0x24], END),
                )
            },
        ],
    )
}

fn module(tester: &mut Tester) -> Step {
    all_refused(
        tester,
        "module",
        &[
            Broken {
                modules: &[],
                ..plain("the indicator, which it does not declare", code!(SHOW, END))
            },
            Broken {
                modules: &["indicator"],
                ..plain("the card, which it does not declare", code!([0x10, 0x00], END))
            },
            Broken {
                modules: &["contact-card"],
                ..plain("the indicator, which it does not declare", code!(SHOW, END))
            },
        ],
    )
}

fn done(tester: &mut Tester) -> Step {
    all_refused(
        tester,
        "done",
        &[
            per_step("no done", code!(SHOW, END)),
            per_step("two of them", code!(SHOW, DONE, DONE, END)),
            per_step("a use after it", code!(SHOW, DONE, SHOW, END)),
            per_step("one in a loop", code!(SHOW, [0x23, 0x02], DONE, [0x24], END)),
            per_step(
                "one on one path only",
                code!(SHOW, [0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0B], DONE, END),
            ),
        ],
    )
}

fn filter(tester: &mut Tester) -> Step {
    all_refused(
        tester,
        "filter",
        &[
            plain(
                "VERIFY",
                code!(
                    [
                        0x11, 0x0D, 0x00, 0x20, 0x00, 0x01, 0x08, 0x31, 0x32, 0x33, 0x34, 0xFF, 0xFF, 0xFF,
                        0xFF, 0x00
                    ],
                    END
                ),
            ),
            plain(
                "INTERNAL AUTHENTICATE under a class that is not allowed",
                code!([0x11, 0x05, 0x0C, 0x88, 0x00, 0x81, 0x00, 0x00], END),
            ),
            plain(
                "VERIFY made of its header",
                code!([0x13, 0x00, 0x20, 0x00, 0x01, 0x00, 0x01, 0x00, 0x02], END),
            ),
            plain(
                "TERMINAL PROFILE",
                code!([0x11, 0x06, 0x80, 0x10, 0x00, 0x00, 0x01, 0xFF, 0x00], END),
            ),
            plain(
                "a class that is not allowed",
                code!([0x11, 0x05, 0xA0, 0xB0, 0x00, 0x00, 0x0A, 0x00], END),
            ),
            plain(
                "a command without all of its data",
                code!([0x11, 0x06, 0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00], END),
            ),
        ],
    )
}
