//! Modules that fail while a service uses them, on a bench that can make them.

use super::observed;
use crate::{
    case::Case,
    cases::{programs, recovery::of_matrices},
    matrix::{Cover, Factor, Matrix, Row},
    tester::{Start, Tester, list},
    verdict::{Step, Stop},
};

static MATRIX: Matrix = Matrix {
    id: "modules.failure",
    title: "A module that fails ends its service, which says so, is off afterwards, and works again in the next service",
    requirements: &["CW-MOD-007", "CW-MOD-003"],
    factors: &[
        Factor {
            name: "module",
            values: &["contact-card", "indicator"],
        },
        Factor {
            name: "failure",
            values: &["hang", "dead", "vanish"],
        },
        Factor {
            name: "policy",
            values: &["whole-service", "per-step"],
        },
    ],
    cover: Cover::All,
    allows: |_| true,
    run,
};

pub(super) fn cases() -> Vec<Case> {
    of_matrices(&[&MATRIX])
}

fn run(tester: &mut Tester, row: &Row) -> Step {
    tester.reach(Start::Serving)?;
    let (module, failure) = (row.of("module"), row.of("failure"));
    let program = match row.of("policy") {
        "whole-service" => programs::whole_service()?,
        "per-step" => programs::per_step()?,
        other => return Err(Stop::Error(format!("there is no policy {other}"))),
    };
    let service = tester.provide(&program)?;
    let outcome = match failure {
        "hang" => "module-timeout",
        _ => "module-failed",
    };
    tester.with_fault(&format!("{module}:{failure}"), |tester| {
        tester.check("CW-MOD-007");
        let (_, records) = observed(tester, service, outcome)?;
        let changes = records.service_modules();
        let of_module: Vec<_> = changes.iter().filter(|(name, _)| *name == module).collect();
        let failed_and_off = matches!(of_module.as_slice(), [.., (_, "failed"), (_, "disabled")]);
        tester.demand(
            failed_and_off,
            format!("{module} failed, and then disabled"),
            list(&changes),
        )
    })?;
    tester.check("CW-MOD-007");
    observed(tester, service, "success").map(drop)
}
