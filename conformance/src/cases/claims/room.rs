//! How much the device has room for: what is claimed is taken, and what is larger is refused.

use super::{super::programs::SERVICE, claimed, fresh_logic};
use crate::{
    case::Case,
    embedded::registered,
    tester::{Manifest, Start, Tester, no_error},
    verdict::{Step, Stop},
};

/// Jobs and sessions that a case makes at most: of a claim beyond, so much is shown.
const SHOWN_MAX: u64 = 512;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "claims.logic-size",
            &["CW-LOGIC-002", "CW-UPD-011"],
            "Logic as large as is claimed is received, and larger logic is refused",
            logic_size,
        ),
        Case::code(
            "claims.software-size",
            &["CW-UPD-004", "CW-UPD-011"],
            "Software as large as is claimed is received, and larger software is refused",
            software_size,
        ),
        Case::code(
            "claims.job-memory",
            &["CW-JOB-006"],
            "As many ended jobs are remembered as are claimed",
            job_memory,
        ),
        Case::code(
            "claims.diagnostic-records",
            &["CW-DIAG-004"],
            "As many diagnostic records are kept as are claimed",
            diagnostic_records,
        ),
    ]
}

/// Offers updates like this one, of the largest size that is claimed and of one byte more.
fn sizes(tester: &mut Tester, largest: u64, like: &Manifest, requirement: &str) -> Step {
    for (size, fits) in [(largest, true), (largest + 1, false)] {
        // No manifest states more than the wire can.
        if size > 16_777_216 {
            continue;
        }
        let manifest = Manifest { size, ..like.clone() };
        let encoded = manifest.encode()?;
        let signature = tester.sign(&encoded)?;
        let status = tester.offer(&encoded, &signature)?;
        tester.check(if fits { requirement } else { "CW-UPD-011" });
        let received = no_error(&status) && status.fields["state"] == "receiving";
        let refused = status.fields["error"] == "update-size" && status.fields["state"] == "none";
        let (right, expected) = if fits {
            (received, format!("{size} bytes received, as the ICS claims"))
        } else {
            (
                refused,
                format!("update-size to {size} bytes, of which the ICS claims {largest}"),
            )
        };
        tester.demand(right, expected, status.describe())?;
    }
    // What was offered and never sent is replaced by the next update.
    let logic = fresh_logic(tester)?;
    tester.install(SERVICE, &logic).map(drop)
}

fn logic_size(tester: &mut Tester) -> Step {
    let largest = claimed(tester, "logic-size")?;
    tester.reach(Start::Serving)?;
    let logic = fresh_logic(tester)?;
    let manifest = tester.manifest(SERVICE, &logic)?;
    sizes(tester, largest, &manifest, "CW-LOGIC-002")
}

fn software_size(tester: &mut Tester) -> Step {
    let largest = claimed(tester, "software-size")?;
    tester.reach(Start::Serving)?;
    let kind = registered("update_kind", "software")
        .ok_or_else(|| Stop::Error("software is no kind of update".into()))?;
    let logic = fresh_logic(tester)?;
    let manifest = Manifest {
        kind,
        service: 0,
        counter: u64::from(u32::MAX),
        ..tester.manifest(SERVICE, &logic)?
    };
    sizes(tester, largest, &manifest, "CW-UPD-004")
}

fn job_memory(tester: &mut Tester) -> Step {
    let claimed = claimed(tester, "job-memory")?;
    tester.reach(Start::Serving)?;
    let logic = super::programs::echo("remembered")?;
    let service = tester.provide(&logic)?;
    let mut jobs = Vec::new();
    for _ in 0..claimed.min(SHOWN_MAX) {
        let job = tester.instruct(service)?;
        tester.wait_for(&job.id)?;
        jobs.push(job.id);
    }
    for (index, job) in jobs.iter().enumerate() {
        let status = tester.job_status(job)?;
        tester.check("CW-JOB-006");
        let right = status.fields["state"] == "done" && status.fields["outcome"] == "success";
        tester.demand(
            right,
            format!(
                "the outcome of the job before {} others, of {claimed} that the ICS claims",
                jobs.len() - 1 - index
            ),
            status.describe(),
        )?;
    }
    Ok(())
}

fn diagnostic_records(tester: &mut Tester) -> Step {
    let claimed = claimed(tester, "diagnostic-records")?;
    tester.reach(Start::Connected)?;
    for _ in 0..SHOWN_MAX {
        let records = tester.records(0)?;
        let kept = records.changes.len() as u64;
        tester.check("CW-DIAG-004");
        let wanted = claimed.min(records.next);
        tester.demand(
            kept >= wanted,
            format!(
                "the {wanted} newest of {} records, of {claimed} that the ICS claims",
                records.next
            ),
            format!("{kept}"),
        )?;
        if records.next > claimed {
            return Ok(());
        }
        tester.connect()?;
    }
    Ok(())
}
