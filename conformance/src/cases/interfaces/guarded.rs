//! What a service interface lets in and out: parameters in one form only, data for those who may have them.

use super::{
    super::programs::{self, IDENTIFY},
    NATIVE, no_parameters_are_taken, nothing_ran,
};
use crate::{
    case::Case,
    tester::{Login, Start, Tester},
    verdict::Step,
};
use serde_json::json;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "interfaces.parameters-have-one-form",
            &["CW-INTF-009"],
            "Parameters that are not one whole value of the interface's format are refused, and nothing runs",
            one_form,
        ),
        Case::code(
            "interfaces.data-need-an-enabled-interface",
            &["CW-INTF-010"],
            "Data of a job are refused while the interface of its service is disabled, and given when it is enabled",
            data_need_an_interface,
        ),
    ]
}

fn one_form(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::echo("parameters")?)?;
    let mark = tester.mark()?;
    for (parameters, what) in [
        ("61", "service data without a count"),
        ("6101", "service data that lack an item"),
        ("610000", "service data with a byte behind them"),
        ("61000000", "service data with half an extension behind them"),
        ("6201", "another document"),
        ("80", "the empty array of cbor"),
        ("f6", "the null of cbor"),
    ] {
        let fields = json!({ "job": tester.job_id(), "service": service, "parameters": parameters });
        tester.check("CW-INTF-009");
        let answer = tester.ask("instruct", fields)?;
        tester.demand_error(&answer, &["parameters-refused"], &format!("{what}, {parameters}"))?;
    }
    nothing_ran(tester, mark)?;
    no_parameters_are_taken(tester, service, "6100")
}

fn data_need_an_interface(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::echo("guarded")?)?;
    let job = tester.instruct(service)?;
    let ended = tester.finish(&job, "success")?;
    let part = json!({ "job": job.id, "part": 0 });
    let not_offered = Login {
        offers: vec![(IDENTIFY, NATIVE)],
        ..Login::default()
    };
    let not_granted = Login {
        grants: Some(vec![IDENTIFY]),
        ..Login::default()
    };
    for login in [not_offered, not_granted] {
        tester.disconnect()?;
        tester.reach(Start::Connected)?;
        tester.login(&login)?;
        tester.check("CW-INTF-010");
        tester.refused("job_data", part.clone(), &["interface-disabled"])?;
        // How it ended is no service data.
        let status = tester.job_status(&job.id)?;
        tester.demand(
            status.fields == ended.status.fields,
            ended.status.describe(),
            status.describe(),
        )?;
    }
    tester.login(&Login::default())?;
    let again = tester.fetch(&job.id, ended.data.len() as u64)?;
    tester.check("CW-INTF-010");
    let seen = crate::hex::encode(&again);
    tester.demand(
        again == ended.data,
        "the same data for a client that may have them",
        seen,
    )
}
