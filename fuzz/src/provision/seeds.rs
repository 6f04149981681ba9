//! Inputs to begin with: every way through provisioning, and every step cut at each of its writes.

use super::{
    acts::{Act, Cut, Given, How},
    documents::{Paper, Part, Parts},
    papers::{HIGHEST, authority_of, cloud_of, first, papers, part, replaced, rotated},
};
use crate::Seed;
use cardwire_codec::message::Provisioning::{self, Certification, Production};

/// Seeds of the target.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let mut all = Vec::new();
    let mut seed = |name: &str, acts: &[Act]| {
        all.push(Seed {
            name: name.to_owned(),
            bytes: Act::write_all(acts),
        });
    };
    for (name, before, step) in steps() {
        let done = [&before[..], &[step.clone(), Act::PowerCycle, step.clone()]].concat();
        seed(&name, &done);
        // Provisioning writes most: static key, keys, identity.
        for writes in 0..3 {
            for how in How::ALL {
                let cut = [Act::Cut(Cut { writes, how }), step.clone()];
                seed(
                    &format!("{name}-cut-{how:?}-{writes}").to_lowercase(),
                    &[&before[..], &cut].concat(),
                );
            }
        }
    }
    for (name, paper) in papers() {
        let first = Act::Provision(given(Production, 0), paper.clone());
        seed(&format!("first-{name}"), &[first]);
        let change = Act::Change(paper);
        let twice = [provision(Production, 0), change.clone(), change.clone()];
        seed(&format!("changed-{name}"), &twice);
        let full = [full(), vec![change]].concat();
        seed(&format!("full-{name}"), &full);
    }
    for (name, acts) in lives() {
        seed(name, &acts);
    }
    all
}

/// Steps, each with what is done before.
fn steps() -> Vec<(String, Vec<Act>, Act)> {
    let latched = vec![provision(Production, 0), Act::Latch];
    let rotate = Act::Change(rotated(2, 1));
    let steps = [
        ("boot", vec![], Act::Boot),
        ("provision", vec![], provision(Production, 0)),
        ("provision-certification", vec![], published(0)),
        ("provision-booted", vec![Act::Boot], published(1)),
        ("change", vec![provision(Production, 1)], rotate.clone()),
        ("change-certification", vec![published(0)], rotate),
        ("latch", vec![provision(Production, 2)], Act::Latch),
        ("latch-certification", vec![published(0)], Act::Latch),
        ("forget", vec![provision(Production, 0)], Act::Forget),
        ("forget-published", vec![published(0)], Act::Forget),
        ("forget-latched", latched.clone(), Act::Forget),
        (
            "provision-anew",
            [latched, vec![Act::Forget]].concat(),
            provision(Production, 1),
        ),
    ];
    let named = steps.map(|(name, before, step)| (name.to_owned(), before, step));
    named.into()
}

/// Longer stories.
fn lives() -> Vec<(&'static str, Vec<Act>)> {
    vec![
        (
            "nobody",
            vec![Act::Latch, Act::Forget, Act::Change(replaced(2)), Act::PowerCycle],
        ),
        ("no-name", vec![provision_as(3), provision_as(2)]),
        (
            "never-back",
            vec![
                published(0),
                Act::Forget,
                provision(Production, 0),
                published(0),
                Act::Latch,
                published(0),
                Act::Forget,
                published(0),
                provision(Production, 1),
                Act::Change(replaced(2)),
            ],
        ),
        (
            "pending",
            vec![
                provision(Production, 0),
                Act::Pending(true),
                Act::Change(replaced(2)),
                Act::Pending(false),
                Act::Change(replaced(2)),
            ],
        ),
        (
            "no-random",
            vec![
                Act::RandomFails,
                Act::Boot,
                provision(Production, 0),
                Act::PowerCycle,
                provision(Production, 0),
            ],
        ),
        (
            "updated",
            vec![
                provision(Production, 0),
                Act::Update(7),
                Act::Change(rotated(2, 5)),
                Act::Change(Paper::Parts(cloud_of(1))),
                Act::Update(8),
                Act::Change(Paper::Parts(cloud_of(1))),
            ],
        ),
        (
            "generations",
            vec![
                provision(Production, 0),
                Act::Change(rotated(2, 5)),
                Act::Change(rotated(3, 6)),
                Act::Change(rotated(4, 0)),
                Act::PowerCycle,
                Act::Change(replaced(HIGHEST)),
            ],
        ),
        ("fullest", fullest()),
        ("refused-and-again", refused_and_again()),
        (
            "gone-with-the-rest",
            vec![
                provision(Production, 0),
                Act::Cut(Cut {
                    writes: 0,
                    how: How::Before,
                }),
                Act::Forget,
                Act::Boot,
                Act::Latch,
            ],
        ),
    ]
}

/// A reader with six keys.
fn full() -> Vec<Act> {
    let more = Parts {
        clients: vec![part(1, 1), part(2, 1), part(3, 1)],
        ..Parts::default()
    };
    vec![
        provision(Production, 0),
        Act::Change(rotated(2, 1)),
        Act::Change(Paper::Parts(more)),
        Act::Change(Paper::Parts(Parts {
            clients: vec![Part {
                rotate: true,
                ..part(1, 2)
            }],
            ..Parts::default()
        })),
    ]
}

/// Each step once in vain, on a flash that does not take its last write, and at once again.
fn refused_and_again() -> Vec<Act> {
    let refused = |writes, step: Act| {
        let how = How::Refused;
        [Act::Cut(Cut { writes, how }), step.clone(), step]
    };
    let steps = [
        refused(0, Act::Boot),
        refused(1, provision(Production, 0)),
        refused(0, Act::Change(replaced(2))),
        refused(0, Act::Latch),
        refused(0, Act::Forget),
    ];
    steps.concat()
}

/// A reader whose keys fill their record to the last byte: six with the longest names and all services, two of the cloud.
fn fullest() -> Vec<Act> {
    let key = |client, generation, rotate| Part {
        rotate,
        limited: true,
        // 16: the place in their table.
        services: 4,
        ..part(client, generation)
    };
    let keys = |generation, rotate| [2, 3, 4].map(|client| key(client, generation, rotate)).to_vec();
    let long = Parts {
        clients: keys(1, false),
        ..first()
    };
    let second = Parts {
        clients: keys(2, true),
        ..Parts::default()
    };
    vec![
        Act::Provision(given(Production, 2), Paper::Parts(long)),
        Act::Change(Paper::Parts(second.clone())),
        Act::Update(9),
        Act::Change(Paper::Parts(authority_of(1))),
        Act::Change(Paper::Parts(Parts {
            authority: Some(1),
            ..Parts::default()
        })),
        Act::Change(Paper::Parts(second)),
    ]
}

fn given(kind: Provisioning, name: u8) -> Given {
    Given {
        kind,
        name,
        published: true,
    }
}

fn provision(kind: Provisioning, name: u8) -> Act {
    Act::Provision(given(kind, name), Paper::Parts(first()))
}

fn published(name: u8) -> Act {
    provision(Certification, name)
}

fn provision_as(name: u8) -> Act {
    let given = Given {
        published: false,
        ..given(Certification, name)
    };
    Act::Provision(given, Paper::Parts(first()))
}
