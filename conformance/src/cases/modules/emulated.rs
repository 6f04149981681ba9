//! What a reader does with cards of all kinds: a card emulator on the bench plays a card by a script, and tells what the reader
//! has done to it. The cards stand in `emulated.toml`.

use super::super::programs;
use crate::{
    case::Case,
    tester::{Ended, Job, Start, Tester, encode},
    verdict::{Step, Stop},
};
use serde::Deserialize;
use serde_json::json;
use std::sync::LazyLock;

/// A card, what is done with it, and what must come of that.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Card {
    id: String,
    title: String,
    requirements: Vec<String>,
    /// What the card expects and does, step by step.
    script: Vec<String>,
    deed: Deed,
    /// The outcome of the job.
    outcome: String,
    /// The status word that the job ends with.
    status: Option<String>,
    /// The data that the logic has got, in hexadecimal digits.
    data: Option<String>,
    /// The resets that the card has seen, and no others.
    resets: Option<Vec<String>>,
    /// The TPDUs that the card has seen, and no others.
    tpdus: Option<Vec<String>>,
}

/// What the logic does behind the reset of the card.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Deed {
    /// Nothing: its data are the answer to reset.
    Reset,
    /// Sends this command APDU.
    Apdu(String),
    /// Presents the secret 1234 by this function of `pin`.
    Pin(String),
}

/// The cards of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cards {
    card: Vec<Card>,
}

static CARDS: LazyLock<Vec<Card>> = LazyLock::new(|| match toml::from_str(include_str!("emulated.toml")) {
    Ok(Cards { card }) => card,
    // It is part of this program, and every test reads it.
    Err(error) => panic!("the emulated cards can't be read: {error}"),
});

pub(super) fn cases() -> Vec<Case> {
    let case = |card: &'static Card| {
        let requirements: Vec<_> = card.requirements.iter().map(String::as_str).collect();
        Case::about(&card.id, &requirements, &card.title, run, &card.id)
    };
    CARDS.iter().map(case).collect()
}

fn run(tester: &mut Tester, id: &'static str) -> Step {
    let card = CARDS.iter().find(|card| card.id == id);
    let card = card.ok_or_else(|| Stop::Error(format!("there is no card {id}")))?;
    tester.reach(Start::Serving)?;
    let service = tester.provide(&logic(&card.deed)?)?;
    tester.with_card(&card.script.join("; "), |tester| {
        let job = instruct(tester, service, &card.deed)?;
        tester.check(&card.requirements[0]);
        let ended = tester.finish(&job, &card.outcome)?;
        tester.check(&card.requirements[0]);
        let seen = tester.card_saw()?;
        card.demand_seen(tester, &seen)?;
        card.demand_ended(tester, &ended)
    })
}

fn logic(deed: &Deed) -> Step<Vec<u8>> {
    let code = match deed {
        Deed::Reset => "reset r1\nemit \"data\" bytes none r1\nend success".to_owned(),
        Deed::Apdu(apdu) => format!("reset r0\napdu {apdu} r1\nemit \"data\" bytes none r1\nend success"),
        Deed::Pin(function) => return programs::presenting(function),
    };
    programs::program("whole-service", "contact-card", 16, &code)
}

fn instruct(tester: &mut Tester, service: u64, deed: &Deed) -> Step<Job> {
    match deed {
        Deed::Reset | Deed::Apdu(_) => tester.instruct(service),
        Deed::Pin(_) => {
            // No secret of any card, but four digits for one that is played.
            let item = |name: &str| json!({ "name": name, "kind": "text", "value": "31323334" });
            let items = json!({ "items": [item("first"), item("second")] });
            let parameters = crate::hex::encode(&encode("service_data", &items)?);
            tester.instruct_with(service, &parameters)
        }
    }
}

impl Card {
    fn demand_seen(&self, tester: &Tester, seen: &[String]) -> Step {
        let is_tpdu = |thing: &&String| thing.bytes().all(|byte| byte.is_ascii_hexdigit());
        let tpdus: Vec<_> = seen.iter().filter(is_tpdu).collect();
        let resets: Vec<_> = seen
            .iter()
            .filter(|thing| !is_tpdu(thing) && *thing != "line")
            .collect();
        for (what, expected, seen) in [("resets", &self.resets, resets), ("TPDUs", &self.tpdus, tpdus)] {
            let Some(expected) = expected else { continue };
            let right = expected.iter().eq(seen.iter().copied());
            tester.demand(
                right,
                format!("the {what} {expected:?} and no others"),
                format!("{seen:?}"),
            )?;
        }
        Ok(())
    }

    fn demand_ended(&self, tester: &Tester, ended: &Ended) -> Step {
        if let Some(expected) = &self.status {
            let seen = format!("{:04x}", ended.status.number("status_word")?);
            tester.demand(seen == *expected, format!("the status word {expected}"), &seen)?;
        }
        if let Some(expected) = &self.data {
            let seen = ended.item("data", "bytes").map(crate::hex::encode);
            let right = seen.as_ref() == Some(expected);
            tester.demand(right, format!("the data {expected}"), ended.describe())?;
        }
        Ok(())
    }
}
