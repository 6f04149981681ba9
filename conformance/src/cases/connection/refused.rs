//! Connects that a reader refuses, and what its refusals must not do.

use super::{other_hello, right_then};
use crate::{
    case::Case,
    standstill::Deadline,
    tester::{Attempt, LOW_ORDER, Login, Prologue, Start, Tester},
    verdict::{Step, Stop},
};
use cardwire_peers::{
    Timers,
    identity::{ClientIdentity, Key},
};

/// An extension of a tag that is not registered, not critical: tag, length, value.
const UNKNOWN_EXTENSION: [u8; 7] = [0x7F, 0xFE, 0x00, 0x03, 0xCA, 0xFE, 0x00];

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "connection.refusals-are-identical",
            &["CW-CONN-007", "CW-CONN-003"],
            "Unknown client, wrong generation, wrong method and wrong key get the same refusal",
            refusals_are_identical,
        ),
        Case::code(
            "connection.prologue-binds-hello-and-answer",
            &["CW-CONN-004"],
            "A connect whose handshake is bound to another hello, or to an older answer, is refused",
            prologue_binds,
        ),
        Case::code(
            "connection.prologue-binds-extensions",
            &["CW-CONN-004", "CW-CODEC-010"],
            "A connect with an extension that nobody knows is accepted, and refused where the line changed it",
            prologue_binds_extensions,
        ),
        Case::code(
            "connection.no-common-version-no-session",
            &["CW-VER-001", "CW-CONN-004"],
            "A connect whose hello has no version in common with the reader is refused",
            no_common_version,
        ),
        Case::code(
            "connection.handshake-of-another-size-is-refused",
            &["CW-CONN-004"],
            "A handshake message that is longer than the method's is refused, and the reader lives on",
            handshake_of_another_size,
        ),
        Case::code(
            "connection.key-of-low-order-is-refused",
            &["CW-CONN-011"],
            "A handshake message with a public key of low order is refused",
            key_of_low_order,
        ),
        Case::code(
            "connection.refused-connect-leaves-the-session",
            &["CW-CONN-006"],
            "A refused connect leaves a session, its login and its numbers as they are",
            refused_connect_leaves_the_session,
        ),
        Case::code(
            "connection.right-connect-after-failures",
            &["CW-CONN-009"],
            "A right connect is accepted 2 * T_backoff after five wrong ones",
            right_connect_after_failures,
        ),
        Case::code(
            "connection.failures-are-counted",
            &["CW-CONN-013", "CW-SESS-011"],
            "reader_status states the connects that failed before this session and in it, and no older ones",
            failures_are_counted,
        ),
        Case::code(
            "connection.failures-survive-a-reset",
            &["CW-CONN-012", "CW-CONN-013", "CW-CONN-009"],
            "The count of failed connects survives a reset, and the back-off after it is no longer than any other",
            failures_survive_a_reset,
        ),
    ]
}

fn wrong_key(tester: &mut Tester) -> Step<Attempt> {
    Ok(Attempt {
        key: Some(Key::new(tester.random.array())),
        ..Attempt::right(tester.client(0)?)
    })
}

fn refusals_are_identical(tester: &mut Tester) -> Step {
    let client = tester.client(0)?;
    let other = tester.client(1)?;
    let right = Attempt::right(client.clone());
    let key = |identity: &ClientIdentity, tester: &Tester| {
        identity.pre_shared_key(tester.device.reader_id.as_deref().unwrap_or_default())
    };
    tester.hello()?;
    let stranger = ClientIdentity {
        id: "NOBODY".into(),
        ..client.clone()
    };
    let later = ClientIdentity {
        generation: client.generation + 1,
        ..client.clone()
    };
    let variants = [
        (
            "an unknown client",
            Attempt {
                key: Some(key(&client, tester)),
                ..Attempt::right(stranger)
            },
        ),
        (
            "a wrong generation",
            Attempt {
                key: Some(key(&client, tester)),
                ..Attempt::right(later)
            },
        ),
        (
            "an unknown method",
            Attempt {
                method: 0x02,
                ..right.clone()
            },
        ),
        (
            "a private method",
            Attempt {
                method: 0xF0,
                ..right.clone()
            },
        ),
        ("a wrong key", wrong_key(tester)?),
        (
            "the key of another client",
            Attempt {
                key: Some(key(&other, tester)),
                ..right.clone()
            },
        ),
    ];
    for (what, attempt) in variants {
        let outcome = right_then(tester, &attempt, what).map_err(|stop| stop.about(what))?;
        // That it is the refusal of one byte is seen already; its frame is no longer either.
        tester.demand(
            outcome.answer.bytes == [0xFF],
            "the refusal, one byte",
            outcome.answer.describe(),
        )?;
    }
    tester.reach(Start::Connected)
}

fn prologue_binds(tester: &mut Tester) -> Step {
    let right = Attempt::right(tester.client(0)?);
    let old = tester.hello()?.answer.bytes;
    let hello = Attempt {
        prologue: other_hello()?,
        ..right.clone()
    };
    right_then(tester, &hello, "a handshake bound to another hello")?;
    let answer = Attempt {
        prologue: Prologue::Answer(old),
        ..right
    };
    right_then(tester, &answer, "a handshake bound to an older challenge")?;
    tester.reach(Start::Connected)
}

fn prologue_binds_extensions(tester: &mut Tester) -> Step {
    let right = Attempt {
        extensions: UNKNOWN_EXTENSION.to_vec(),
        ..Attempt::right(tester.client(0)?)
    };
    // A back-off that may still run ends here.
    tester.connect()?;
    tester.disconnect()?;
    let outcome = tester.try_connect(&right)?;
    tester.under("CW-CODEC-010", |tester| {
        tester.demand(outcome.accepted, "connect_answer", outcome.answer.describe())
    })?;
    let added = Attempt {
        prologue: Prologue::Extensions(Vec::new()),
        ..right.clone()
    };
    right_then(tester, &added, "an extension that the line added")?;
    let dropped = Attempt {
        prologue: Prologue::Extensions(UNKNOWN_EXTENSION.to_vec()),
        extensions: Vec::new(),
        ..right
    };
    right_then(tester, &dropped, "an extension that the line took away")?;
    tester.reach(Start::Connected)
}

fn no_common_version(tester: &mut Tester) -> Step {
    let greeting = tester.hello()?;
    let spoken = greeting.answer.items("versions")?;
    let strange = (1..=255_u64)
        .rev()
        .find(|version| spoken.iter().all(|known| known != version));
    let Some(strange) = strange else {
        return Err(Stop::NotApplicable("the reader speaks every version".into()));
    };
    let attempt = Attempt {
        versions: vec![strange],
        ..Attempt::right(tester.client(0)?)
    };
    right_then(tester, &attempt, &format!("a hello of version {strange} only"))?;
    tester.reach(Start::Connected)
}

fn handshake_of_another_size(tester: &mut Tester) -> Step {
    for size in [49, 64, 96, 128] {
        let attempt = Attempt {
            handshake_size: Some(size),
            ..Attempt::right(tester.client(0)?)
        };
        right_then(tester, &attempt, &format!("a handshake message of {size} bytes"))?;
    }
    tester.reach(Start::Connected)
}

fn key_of_low_order(tester: &mut Tester) -> Step {
    for point in LOW_ORDER {
        let attempt = Attempt {
            ephemeral: Some(point),
            ..Attempt::right(tester.client(0)?)
        };
        right_then(
            tester,
            &attempt,
            &format!("the public key {}", crate::hex::encode(&point)),
        )?;
    }
    tester.reach(Start::Connected)
}

fn refused_connect_leaves_the_session(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    tester.services()?;
    let wrong = wrong_key(tester)?;
    for _ in 0..3 {
        tester.refused_connect(&wrong, "a wrong key")?;
        tester.state_is("serving")?;
        tester.services()?;
    }
    // A login that is under way goes on as well.
    let begun = tester.begin_login(&Login::default().offers)?;
    tester.refused_connect(&wrong, "a wrong key")?;
    tester.confirm(&begun)?;
    let result = tester.login_result(&Login::default())?;
    tester.relay(&result)?;
    tester.state_is("serving").map(drop)
}

fn right_connect_after_failures(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    let wrong = wrong_key(tester)?;
    // Wrong connects during a back-off are not looked at, and not counted: the open session tells which ones were.
    let deadline = Deadline::within(6 * tester.bench.timers.backoff);
    let before = tester.status()?.number("failed_connects")?;
    let mut counted = 0;
    while counted < 5 && !deadline.is_past() {
        tester.refused_connect(&wrong, "a wrong key")?;
        counted = tester.status()?.number("failed_connects")?.saturating_sub(before);
        let pause = tester.on_device(Timers::SPEC.backoff) / 50;
        tester.let_pass(pause)?;
    }
    tester.demand(
        counted >= 5,
        "five wrong connects looked at within 5 * T_backoff",
        counted,
    )?;
    tester.disconnect()?;
    let pause = 2 * tester.on_device(Timers::SPEC.backoff);
    tester.let_pass(pause)?;
    let right = Attempt::right(tester.client(0)?);
    let outcome = tester.try_connect(&right)?;
    tester.demand(
        outcome.accepted,
        "connect_answer 2 * T_backoff after the last wrong connect",
        outcome.answer.describe(),
    )?;
    tester.state_is("connected").map(drop)
}

fn failures_are_counted(tester: &mut Tester) -> Step {
    // Two accepted connects in a row: nothing has failed between them.
    tester.connect()?;
    tester.connect()?;
    failures_are(tester, 0, "since the accepted connect before the last")?;
    let wrong = wrong_key(tester)?;
    tester.refused_connect(&wrong, "a wrong key")?;
    failures_are(tester, 1, "in this session")?;
    tester.connect()?;
    failures_are(tester, 1, "before this session")?;
    tester.connect()?;
    failures_are(tester, 0, "since the accepted connect before the last")
}

fn failures_are(tester: &mut Tester, count: u64, which: &str) -> Step {
    tester.check("CW-CONN-013");
    let status = tester.status()?;
    let right = status.fields["failed_connects"] == count;
    tester.demand(
        right,
        format!("{count} failed connects {which}"),
        status.describe(),
    )
}

fn failures_survive_a_reset(tester: &mut Tester) -> Step {
    tester.needs_reset()?;
    tester.connect()?;
    tester.connect()?;
    let wrong = wrong_key(tester)?;
    let deadline = Deadline::within(6 * tester.bench.timers.backoff);
    let mut counted = 0;
    while counted < 4 && !deadline.is_past() {
        tester.refused_connect(&wrong, "a wrong key")?;
        counted = tester.status()?.number("failed_connects")?;
        let pause = tester.on_device(Timers::SPEC.backoff) / 50;
        tester.let_pass(pause)?;
    }
    tester.check("CW-CONN-009");
    tester.demand(
        counted >= 4,
        "four wrong connects looked at within 6 * T_backoff",
        counted,
    )?;
    tester.reset_device()?;
    // The back-off after a boot is waited for here; it must not last longer than any other.
    tester.note_wrong_connect();
    tester.connect()?;
    tester.check("CW-CONN-012");
    let kept = tester.status()?.number("failed_connects")?;
    tester.demand(
        (4..=counted).contains(&kept),
        format!("4 to {counted} failed connects, counted before the reset and kept over it"),
        format!("{kept}: the count, and the back-off that follows from it, was lost at the reset"),
    )
}
