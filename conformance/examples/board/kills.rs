//! The supply goes at any moment of an update, of each kind in turn: afterwards the reader serves, and has the old update in
//! force or the new one.

use super::visit::{Visitor, boots, serve};
use super::{Choices, Result};
use cardwire_codec::message::{HardwareClass, KeyChange};
use cardwire_peers::cloud::{Changes, NewClient, Part, Update};
use core::time::Duration;
use sha2::{Digest as _, Sha256};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Instant;

const LOGIC: &str = include_str!("../../../spec/services/card.identify.logic");
const CLASS: HardwareClass = HardwareClass::REFERENCE_CORTEX_M3;

/// What is updated when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Logic,
    Authentication,
    Both,
}

const KINDS: [Kind; 3] = [Kind::Logic, Kind::Authentication, Kind::Both];

/// Updates of each kind that are timed first; the shortest time counts.
const UNDISTURBED: usize = 3;

/// What came of the kills, by kind.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    kills: usize,
    /// The update was in force at the first login behind the kill.
    new: usize,
}

/// The update counters of a reader: of logic, and of authentication information.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct InForce {
    logic: u32,
    authentication: u32,
}

impl InForce {
    /// What is in force when an update of this kind is.
    fn with(self, kind: Kind, counter: u32) -> Self {
        match kind {
            Kind::Logic => Self {
                logic: counter,
                ..self
            },
            Kind::Authentication => Self {
                authentication: counter,
                ..self
            },
            Kind::Both => Self {
                logic: counter,
                authentication: counter,
            },
        }
    }
}

pub(super) fn run(endpoint: &str, (laboratory, board): (&str, &str), kills: &str, seed: &str) -> Result {
    let (kills, seed): (usize, u64) = (kills.parse()?, seed.parse()?);
    let visitor = Visitor::new(endpoint)?;
    let mut choices = Choices(seed);
    let mut counts = [Count::default(); KINDS.len()];
    let mut old = InForce {
        logic: 0,
        authentication: 0,
    };
    // How long an update of each kind takes that nobody disturbs: kills come within that time, and a bit behind it.
    let mut takes = [Duration::MAX; KINDS.len()];
    let mut counter = 0;
    for at in (0..KINDS.len()).cycle().take(UNDISTURBED * KINDS.len()) {
        let (take, kind) = (&mut takes[at], KINDS[at]);
        counter += 1;
        let (mut session, mut cloud) = visitor.log_in()?;
        publish(&visitor, kind, counter)?;
        let begun = Instant::now();
        // A session whose key ends, ends with the commit: only that it is in force counts.
        session.serve_cloud(&mut cloud)?;
        *take = begun.elapsed().min(*take);
        drop(session);
        old = old.with(kind, counter);
        demand(in_force(&visitor)?, &[old])?;
    }
    println!("updates that nobody disturbs take {takes:.0?}");
    for kill in 0..kills {
        let at = kill % KINDS.len();
        let kind = KINDS[at];
        counter += 1;
        let new = old.with(kind, counter);
        let delay = takes[at].mul_f64(choices.below(1150) as f64 / 1000.0);
        let told = |error: Box<dyn core::error::Error>| {
            format!("kill {kill}, {kind:?}, {delay:?} behind the offer: {error}")
        };
        let (mut session, mut cloud) = visitor.log_in()?;
        let booted = boots(&mut session)?;
        publish(&visitor, kind, counter)?;
        let (place, board) = (laboratory.to_owned(), board.to_owned());
        let killer = thread::spawn(move || -> core::result::Result<(), String> {
            thread::sleep(delay);
            ask(&place, &format!("power-off {board}")).map_err(|error| error.to_string())?;
            ask(&place, &format!("power-on {board}")).map_err(|error| error.to_string())
        });
        // It breaks off, or it is through before the kill.
        let _ = session.serve_cloud(&mut cloud);
        drop(session);
        killer.join().map_err(|_| "the killer has panicked")??;
        let found = in_force(&visitor).map_err(told)?;
        demand(found, &[old, new]).map_err(told)?;
        counts[at].kills += 1;
        counts[at].new += usize::from(found == new);
        // What was broken off goes on, and comes to its end.
        let (mut session, mut cloud) = visitor.log_in().map_err(told)?;
        let boots = boots(&mut session)?;
        if boots <= booted {
            return Err(told(format!("it counts {boots} boots behind {booted}").into()).into());
        }
        session
            .serve_cloud(&mut cloud)
            .map_err(|error| told(error.into()))?;
        drop(session);
        old = new;
        demand(in_force(&visitor).map_err(told)?, &[new]).map_err(told)?;
    }
    for (kind, Count { kills, new }) in KINDS.into_iter().zip(counts) {
        println!(
            "{kind:?}: {kills} kills, the new update in force behind {new} of them and the old one behind the others"
        );
    }
    println!("{kills} kills: the reader has served behind each of them, and taken the update in the end");
    Ok(())
}

/// Publishes an update that a reader with lower counters takes.
fn publish(visitor: &Visitor, kind: Kind, counter: u32) -> Result {
    let logic = || -> Result<Part> { Ok(Part::logic(&logic(counter)?, counter)?) };
    let keys = || -> Result<Part> { Ok(Part::authentication(&keys(visitor, counter)?, counter)) };
    let parts = match kind {
        Kind::Logic => vec![logic()?],
        Kind::Authentication => vec![keys()?],
        Kind::Both => vec![keys()?, logic()?],
    };
    let authority = visitor.identities.authority.as_ref();
    let authority = authority.ok_or("there is no certification authority")?;
    visitor
        .cloud
        .registry()
        .publish(&Update::of(parts, CLASS, authority)?)?;
    Ok(())
}

/// `card.identify` as it is, under another version.
fn logic(counter: u32) -> Result<Vec<u8>> {
    let text = LOGIC.replacen("version 1", &format!("version {}", counter + 1), 1);
    let schema = cardwire_spec::parse("protocol.toml", include_str!("../../../spec/protocol.toml"))?;
    Ok(cardwire_spec::logic::assemble(
        &schema,
        "card.identify.logic",
        &text,
    )?)
}

/// A new key for the second client, which does not visit.
fn keys(visitor: &Visitor, counter: u32) -> Result<Vec<u8>> {
    let mut second = visitor
        .identities
        .clients
        .get(1)
        .ok_or("there is one client only")?
        .clone();
    second.generation = counter + 1;
    let reader = visitor
        .identities
        .reader
        .as_ref()
        .ok_or("there is no certification reader")?;
    let changes = Changes {
        clients: vec![NewClient {
            identity: second,
            change: KeyChange::Replace,
            logins_left: 0,
            services: None,
        }],
        revoked: Vec::new(),
        cloud: None,
        authority: None,
    };
    Ok(changes.document(&reader.id)?.to_vec())
}

/// What is in force, by what the reader states at a login; and that it serves with it, by the logic that runs.
fn in_force(visitor: &Visitor) -> Result<InForce> {
    let (mut session, _) = visitor.log_in()?;
    let digest = serve(&mut session)?;
    session.disconnect()?;
    let readers = visitor.cloud.registry().readers()?;
    let reader = readers.first().ok_or("the cloud knows no reader")?;
    let stated = InForce {
        logic: reader.counters.logic,
        authentication: reader.counters.authentication,
    };
    if Sha256::digest(logic(stated.logic)?)[..] != digest {
        return Err(format!(
            "card.identify runs other logic than that of update {}",
            stated.logic
        )
        .into());
    }
    Ok(stated)
}

fn demand(found: InForce, right: &[InForce]) -> Result {
    if right.contains(&found) {
        return Ok(());
    }
    Err(format!("in force is {found:?}, expected one of {right:?}").into())
}

fn ask(laboratory: &str, deed: &str) -> Result {
    let mut stream = TcpStream::connect(laboratory)?;
    writeln!(stream, "{deed}")?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    match answer.trim() {
        "ok" => Ok(()),
        other => Err(format!("the laboratory did not do `{deed}`: {other}").into()),
    }
}
