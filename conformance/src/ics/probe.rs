//! What a device tells of itself, as far as it answers questions of the ICS: a start for whoever fills one in.

use super::Answer;
use crate::{
    certify::{Options, RunError},
    tester::{Bench, Start, Tester},
    verdict::{Step, Stop},
};
use cardwire_peers::{Identities, Timers};
use serde_json::Value;
use std::sync::Arc;

/// Asks the device for what it shows. It is a start and no more: the vendor answers for the statement, and what the device
/// shows and should not have is found by comparing it with what was meant.
///
/// # Errors
/// The device can't be reached, or does not let the tester in.
pub fn probe(options: &Options) -> Result<Vec<(&'static str, Answer)>, RunError> {
    let Some(station) = options.stations.first() else {
        return Err(RunError::Usage("no device is named".into()));
    };
    let bench = Bench::new(options, station, Timers::SPEC);
    let identities = options.identities.clone();
    let identities = identities.unwrap_or_else(Identities::certification);
    let stop = Arc::clone(&options.stop);
    let mut tester = Tester::open(bench, identities, stop).map_err(|source| RunError::Device {
        endpoint: station.endpoint.clone(),
        source,
    })?;
    tester.begin(options.seed, "probe", "CW-CONN-001");
    ask(&mut tester).map_err(|stop| {
        let why = match stop {
            Stop::Fail(finding) => finding.to_string(),
            Stop::Inconclusive(why) | Stop::NotApplicable(why) | Stop::Error(why) => why,
        };
        RunError::Usage(format!(
            "the device at {} does not tell of itself: {why}",
            station.endpoint
        ))
    })
}

fn ask(tester: &mut Tester) -> Step<Vec<(&'static str, Answer)>> {
    tester.reset()?;
    tester.reach(Start::Serving)?;
    let status = tester.status()?;
    let services = tester.services()?;
    tester.disconnect()?;
    let name = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let names = |values: &[Value], key: &str| values.iter().map(|value| name(&value[key])).collect();
    let of_the_suite = |entry: &&Value| {
        crate::tester::service_number(&entry["service"]).is_some_and(|number| number >= 0xFF00)
    };
    let own: Vec<_> = services
        .iter()
        .filter(|entry| !of_the_suite(entry))
        .cloned()
        .collect();
    let mut answers = vec![
        (
            "hardware-class",
            Answer::List(vec![name(&status.fields["hardware_class"])]),
        ),
        ("software", Answer::Text(name(&status.fields["software"]))),
        ("services", Answer::List(names(&own, "service"))),
        ("modules", Answer::List(names(status.items("modules")?, "module"))),
    ];
    let slots = status.items("slots")?.len() as u64;
    if slots > 0 {
        answers.push(("contact-slots", Answer::Number(slots)));
    }
    let device = &tester.device;
    answers.extend(device.max_frame.map(|size| ("max-frame", Answer::Number(size))));
    let version = device.versions.iter().max();
    answers.extend(version.map(|version| ("version", Answer::Number(*version))));
    Ok(answers)
}
