//! Features that the device shows only when they are used: formats and kinds of update, claimed and not claimed.

use super::{super::programs::SERVICE, fresh_logic};
use crate::{
    case::Case,
    embedded::{protocol, registered},
    tester::{Login, Manifest, Start, Tester, no_error},
    verdict::{Step, Stop},
};
use serde_json::json;

/// How many numbers that nobody has registered are tried beside those that somebody has.
const STRANGE: usize = 4;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "claims.formats",
            &["CW-INTF-005"],
            "An interface takes instructions in every format that is claimed, and in no other",
            formats,
        ),
        Case::code(
            "claims.update-kinds",
            &["CW-UPD-007"],
            "An update of each kind that is claimed is received, and any other is not supported",
            update_kinds,
        ),
    ]
}

/// The numbers of a registry that are to be tried, and whether each is claimed: all registered ones, those that are
/// claimed, and some that mean nothing.
fn numbers(tester: &mut Tester, registry: &str, item: &str) -> Step<Vec<(u64, bool)>> {
    let statement = tester.statement()?;
    let number = |name: &String| name.parse().ok().or_else(|| registered(registry, name));
    let claimed: Vec<u64> = statement.values(item).iter().filter_map(number).collect();
    let values = protocol()
        .registries
        .get(registry)
        .map(|registry| &registry.values);
    let mut tried: Vec<u64> = values.into_iter().flatten().map(|value| value.value).collect();
    tried.extend(&claimed);
    tried.extend((0..STRANGE).map(|_| tester.random.below(0xFF) + 1));
    // What a vendor would most likely take for his own.
    tried.push(0xF0);
    tried.sort_unstable();
    tried.dedup();
    Ok(tried
        .into_iter()
        .map(|number| (number, claimed.contains(&number)))
        .collect())
}

fn formats(tester: &mut Tester) -> Step {
    let formats = numbers(tester, "format", "formats")?;
    tester.reach(Start::Serving)?;
    let service = tester.provide(&super::programs::echo("claims")?)?;
    for (format, claimed) in formats {
        tester.login(&Login {
            offers: vec![(service, format)],
            ..Login::default()
        })?;
        tester.check("CW-INTF-005");
        // What the parameters would have to be in a vendor's format, nobody knows: they are left out.
        let fields = json!({ "job": tester.job_id(), "service": service, "parameters": "" });
        let answer = tester.ask("instruct", fields)?;
        let taken = answer.name == "instruct_answer";
        let refused = answer.name == "error" && answer.fields["code"] == "format-not-supported";
        if taken {
            let job = answer.text("job")?.to_owned();
            tester.wait_for(&job)?;
        }
        let (right, expected) = if claimed {
            (
                taken,
                format!("an instruction taken in the format {format:02x}, which the ICS claims"),
            )
        } else {
            (
                refused,
                format!("format-not-supported in the format {format:02x}, which the ICS does not claim"),
            )
        };
        tester.check("CW-INTF-005");
        tester.demand(right, expected, answer.describe())?;
    }
    Ok(())
}

fn update_kinds(tester: &mut Tester) -> Step {
    let kinds = numbers(tester, "update_kind", "update-kinds")?;
    tester.reach(Start::Serving)?;
    let logic = fresh_logic(tester)?;
    let twin = tester.manifest(SERVICE, &logic)?;
    let logic_kind =
        registered("update_kind", "logic").ok_or_else(|| Stop::Error("logic is no kind of update".into()))?;
    for (kind, claimed) in kinds {
        let manifest = Manifest {
            kind,
            service: if kind == logic_kind { SERVICE } else { 0 },
            // Of the other kinds the suite does not know the counter.
            counter: if kind == logic_kind {
                twin.counter
            } else {
                u64::from(u32::MAX)
            },
            ..twin.clone()
        };
        let encoded = manifest.encode()?;
        let signature = tester.sign(&encoded)?;
        let status = tester.offer(&encoded, &signature)?;
        tester.check("CW-UPD-007");
        let received = no_error(&status) && status.fields["state"] == "receiving";
        let refused = status.fields["error"] == "not-supported" && status.fields["state"] == "none";
        let (right, expected) = if claimed {
            (
                received,
                format!("an update of the kind {kind:02x} received, which the ICS claims"),
            )
        } else {
            (
                refused,
                format!("not-supported to the kind {kind:02x}, which the ICS does not claim"),
            )
        };
        tester.demand(right, expected, status.describe())?;
    }
    // What was offered and never sent is replaced by the next update.
    tester.install(SERVICE, &logic).map(drop)
}
