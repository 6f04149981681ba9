//! A specimen that is provisioned for production, whose secrets the laboratory holds: the certification identity is worth
//! nothing there, and diagnostics stay shut.
//!
//! They apply where the file of identities that the IXIT names is one of production; all other cases need a reader with the
//! certification identity.

use crate::{
    case::Case,
    tester::{Attempt, Start, Tester},
    verdict::{Step, Stop},
};
use cardwire_codec::message::Provisioning;
use cardwire_peers::Identities;
use serde_json::json;

/// Their ids: what a specimen for production is put to.
pub(crate) const IDS: [&str; 2] = [
    "security.certification-clients-stay-outside",
    "diagnostics.shut-in-production",
];

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            IDS[0],
            &["CW-SEC-005"],
            "A specimen that is provisioned for production refuses the certification clients, and lets its own in",
            certification_clients,
        ),
        Case::code(
            IDS[1],
            &["CW-DIAG-003"],
            "A specimen that is provisioned for production gives no records, in no state of a session",
            shut,
        ),
    ]
}

fn needs_production(tester: &Tester) -> Step {
    match tester.identities().provisioning {
        Provisioning::Production => Ok(()),
        Provisioning::Certification => Err(Stop::NotApplicable(
            "the sample holds the certification identity; an `identity` of production in the IXIT says that it does not"
                .into(),
        )),
    }
}

fn certification_clients(tester: &mut Tester) -> Step {
    needs_production(tester)?;
    // Who is refused could be so by a reader that lets nobody in.
    tester.reach(Start::Connected)?;
    tester.disconnect()?;
    for client in Identities::certification().clients {
        let name = client.id.clone();
        tester.check("CW-SEC-005");
        let what = format!("the key of the certification client {name}");
        tester.refused_connect(&Attempt::right(client), &what)?;
        // Its refusal begins a back-off, in which all are refused: the next one is to be on its own account.
        tester.connect()?;
        tester.disconnect()?;
    }
    Ok(())
}

fn shut(tester: &mut Tester) -> Step {
    needs_production(tester)?;
    tester.reach(Start::Connected)?;
    let status = tester.status()?;
    tester.check("CW-DIAG-003");
    tester.demand(
        status.fields["provisioning"] == "production",
        "the provisioning production, as the laboratory's identities are",
        status.describe(),
    )?;
    for start in [Start::Connected, Start::Serving] {
        tester.reach(start)?;
        for from in [0, u32::MAX] {
            tester.check("CW-DIAG-003");
            tester.refused("diagnostics", json!({ "from": from }), &["not-permitted"])?;
        }
    }
    tester.disconnect()
}
