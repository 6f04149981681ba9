//! Client and cloud against counterparts that mean harm: a reader without keys and one with keys, a cloud, a client. Each
//! ends in a clear error or in what the counterpart really said, in bounded time and memory.
//!
//! The ends draw their keys from the operating system's randomness, as they do outside; nothing that happens depends on
//! them.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`script`] | what a counterpart says, out of bytes and into them |
//! | [`reader`] | a reader that says it |
//! | [`clouds`] | a cloud that says it, and a client that does |

pub mod clouds;
pub mod reader;
pub mod script;

use crate::{
    Seed,
    world::{
        log::{Log, explained},
        people::PEOPLE,
    },
};
use cardwire_codec::message::{Format, Offer, ServiceId, limits::JOB_DATA_MAX};
use cardwire_peers::{
    Client, Cloud, Link,
    client::{ClientError, Session},
};
use core::time::Duration;
use reader::{Heard, HostileReader};
use script::{Against, Says};

/// Answers that one execution may take: a client that is asked for more is kept by its counterpart.
const ANSWERS_MAX: usize = 4096;

/// Plays what the bytes say.
///
/// # Panics
/// Where client or cloud take what was not said.
pub fn peers(bytes: &[u8]) {
    run(bytes, &Log::off());
}

/// Says what happens in it.
#[must_use]
pub fn explain(bytes: &[u8]) -> String {
    explained(|log| run(bytes, log))
}

fn run(bytes: &[u8], log: &Log<'_>) {
    let Some((against, says)) = script::read_all(bytes) else {
        return;
    };
    log.line(|| format!("{against:?}: {says:?}"));
    match against {
        Against::Stranger => client_against_reader(says, false, log),
        Against::Reader => client_against_reader(says, true, log),
        Against::Cloud => clouds::client_against_cloud(says, log),
        Against::Client => clouds::cloud_against_client(says, log),
    }
}

/// A client does all that it can with a reader that says what it likes.
fn client_against_reader(says: Vec<Says>, has_key: bool, log: &Log<'_>) {
    let heard = Heard::default();
    let reader = HostileReader::new(says, has_key, heard.clone());
    let client = Client::new(PEOPLE.all.clients[0].clone())
        .with_tries(2)
        .with_job_patience(Duration::from_secs(5));
    let mut session = match client.connect(Link::played(reader)) {
        Ok(session) => session,
        Err(error) => return is_clear(&error, log),
    };
    assert!(has_key, "a client connects with readers that hold its key");
    for step in STEPS {
        if let Err(error) = step(&mut session, &heard) {
            is_clear(&error, log);
        }
        assert!(heard.count() < ANSWERS_MAX, "a client does not ask for ever");
    }
}

/// How long the client waits for events: first for less than there may be to hear, and not until a receipt ends.
const PATIENCE: [Duration; 2] = [Duration::from_micros(2_500), Duration::from_secs(1)];

type Step = fn(&mut Session, &Heard) -> Result<(), ClientError>;

/// What a client does one after the other, whatever became of the step before.
const STEPS: [Step; 6] = [
    |session, heard| {
        let answer = session.status()?;
        assert!(
            heard.was_said(answer.bytes()),
            "an answer is what the reader has sealed"
        );
        Ok(())
    },
    |session, _| {
        let mut cloud = Cloud::conversation(&clouds::cloud());
        session.login(&mut cloud, &OFFERS)?;
        session.serve_cloud(&mut cloud).map(drop)
    },
    |session, _| {
        let services = session.services()?;
        assert!(services.len() <= 256, "a reader has so many services at most");
        Ok(())
    },
    |session, _| {
        let result = session.run(ServiceId::CARD_IDENTIFY, &[])?;
        let size: usize = result
            .items
            .iter()
            .map(|item| item.name.len() + item.value.len())
            .sum();
        assert!(size <= 2 * JOB_DATA_MAX, "service data have a bound");
        Ok(())
    },
    |session, heard| {
        let mut told = Vec::new();
        for patience in PATIENCE {
            loop {
                let until = session.link().now() + patience;
                let event = session.wait_event(until)?;
                assert!(
                    session.link().now() <= until + reader::RECEIPT,
                    "what is no event does not keep a client beyond its time"
                );
                match event {
                    Some(event) => told.push(event),
                    None => break,
                }
            }
        }
        let sealed = heard.events();
        let mut rest = sealed.iter();
        assert!(
            told.iter().all(|event| rest.any(|sealed| sealed == event)),
            "events are told as they were sealed, each once"
        );
        assert!(
            told.len() == sealed.len() || heard.was_damaged(),
            "none is lost on a line that damages nothing"
        );
        Ok(())
    },
    |session, _| session.disconnect(),
];

/// The services that the client offers.
pub(crate) const OFFERS: [Offer; 1] = [Offer {
    service: ServiceId::CARD_IDENTIFY,
    format: Format::NATIVE,
}];

/// An error says what is wrong and what to do.
///
/// # Panics
/// Where it does not.
pub(crate) fn is_clear(error: &ClientError, log: &Log<'_>) {
    let (words, remedy) = (error.to_string(), error.remedy());
    log.line(|| format!("  {words}; {remedy}"));
    assert!(
        !words.is_empty() && !remedy.is_empty(),
        "an error says what is wrong and what to do"
    );
    assert!(words.len() < 2000, "and does not repeat all that it was told");
}

/// Seeds of the target.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let mut all = Vec::new();
    for against in Against::ALL {
        for (name, said) in Says::each() {
            for place in 0..8 {
                let mut says = vec![Says::Right; place];
                says.push(said.clone());
                all.push(Seed {
                    name: format!("{against:?}-{name}-{place}").to_lowercase(),
                    bytes: script::write_all(against, &says),
                });
            }
        }
    }
    // To connect and to the requests behind it.
    let card = Says::Event(script::CARD_EVENT.to_vec());
    let says = [Says::Right, Says::Right, card.clone(), card, Says::EventAgain];
    all.push(Seed {
        name: "reader-events".to_owned(),
        bytes: script::write_all(Against::Reader, &says),
    });
    // Among all that the client asks is what it asks last before it waits for events.
    for place in 8..16 {
        let mut says = vec![Says::Right; place];
        says.push(Says::Often);
        all.push(Seed {
            name: format!("reader-often-{place}"),
            bytes: script::write_all(Against::Reader, &says),
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_breaks_nothing() {
        let mut broken = Vec::new();
        for seed in seeds() {
            let (against, says) = script::read_all(&seed.bytes).unwrap();
            assert_eq!(script::write_all(against, &says), seed.bytes, "{}", seed.name);
            let text = explain(&seed.bytes);
            if text.contains("BROKEN") {
                broken.push(format!("{}:\n{text}", seed.name));
            }
        }
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    }
}
