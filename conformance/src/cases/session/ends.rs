//! The ways a session ends, and what it leaves behind: nothing.

use super::{STATUS, Timers};
use crate::{
    case::Case,
    cases::jobs::running,
    tester::{Login, Reply, Start, Tester},
    verdict::Step,
};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "session.ends-at-64-failures",
            &["CW-SESS-006", "CW-SESS-007"],
            "63 frames that fail authentication leave the session, the 64th ends it",
            ends_at_64_failures,
        ),
        Case::code(
            "session.every-dropped-frame-counts",
            &["CW-SESS-006", "CW-SESS-005"],
            "Frames under wrong numbers count with forged ones: the 64th of both together ends the session",
            every_dropped_frame_counts,
        ),
        Case::code(
            "session.disconnect-ends-it",
            &["CW-SESS-010", "CW-SESS-007"],
            "Disconnect is answered, then the session's keys open nothing and its interfaces are disabled",
            disconnect_ends_it,
        ),
        Case::code(
            "session.link-reset-ends-it",
            &["CW-SESS-018", "CW-SESS-007", "CW-LINK-009"],
            "After the link was closed and opened again the session's keys open nothing",
            link_reset_ends_it,
        ),
        Case::code(
            "session.device-reset-ends-it",
            &["CW-SESS-014", "CW-SESS-007", "CW-SESS-011"],
            "After a reset of the reader the session's keys open nothing, and it has booted once more",
            device_reset_ends_it,
        ),
        Case::code(
            "session.reset-in-every-state-locks",
            &["CW-SESS-014", "CW-MOD-003"],
            "A reset while connected, logging in, serving and running a service leaves a locked reader, every module off",
            reset_in_every_state,
        ),
        Case::code(
            "session.silence-ends-it",
            &["CW-SESS-017", "CW-SESS-007"],
            "Silence for T_idle ends the session, although its last frame is repeated meanwhile",
            silence_ends_it,
        )
        .slow(),
    ]
}

/// Holds the device to having no session: a request that would be right gets the refusal.
pub(in crate::cases) fn is_locked(tester: &mut Tester, why: &str) -> Step {
    match tester.try_ask(&STATUS)? {
        Reply::Refusal(_) => Ok(()),
        Reply::Sealed(answer) => {
            tester.fail(format!("the refusal of a request after {why}"), answer.describe())
        }
    }
}

fn ends_at_64_failures(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    tester.status()?;
    let number = tester.next_number()?;
    let mut forged = tester.seal(number, &STATUS)?;
    if let Some(last) = forged.last_mut() {
        *last ^= 0x01;
    }
    for _ in 0..63 {
        tester.send_frame("sealed", number, &forged)?;
        tester.silence("a forged frame")?;
    }
    tester.check("CW-SESS-006");
    tester.state_is("connected")?;
    let number = tester.next_number()?;
    let forged = forged.iter().map(|byte| byte ^ 0x80).collect::<Vec<_>>();
    tester.send_frame("sealed", number, &forged)?;
    tester.silence("the 64th forged frame")?;
    is_locked(tester, "64 forged frames")
}

fn every_dropped_frame_counts(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    tester.status()?;
    let mut next = tester.next_number()?;
    let old = tester.seal(next - 1, &[0x05, 0x00])?;
    for dropped in 0..63 {
        match dropped % 3 {
            0 => tester.send_sealed(next + 1, &STATUS).map(drop)?,
            1 => tester.send_frame("sealed", next - 1, &old).map(drop)?,
            _ => tester.send_frame("sealed", next, &[0x5A; 17]).map(drop)?,
        }
        tester.silence("a frame under a wrong number, or a forged one")?;
    }
    tester.check("CW-SESS-006");
    tester.state_is("connected")?;
    next = tester.next_number()?;
    tester.send_sealed(next + 1, &STATUS)?;
    tester.silence("the 64th dropped frame")?;
    is_locked(tester, "64 dropped frames")
}

fn disconnect_ends_it(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let enabled = tester
        .services()?
        .iter()
        .filter(|entry| entry["interface"] == "enabled")
        .count();
    tester.demand(enabled > 0, "service interfaces enabled", "none")?;
    let mark = tester.mark()?;
    tester.disconnect_and_keep()?;
    tester.check("CW-SESS-007");
    is_locked(tester, "disconnect")?;
    tester.connect()?;
    let records = tester.records(mark)?;
    let disabled = records
        .of("service-interface")
        .iter()
        .filter(|(_, state)| *state == "disabled")
        .count();
    tester.demand(
        disabled == enabled,
        format!("{enabled} service interfaces disabled"),
        disabled,
    )?;
    let platform = records.of("platform-interface");
    let right = platform.first().is_some_and(|(_, state)| *state == "disabled");
    tester.demand(right, "the platform interface disabled", format!("{platform:?}"))
}

fn link_reset_ends_it(tester: &mut Tester) -> Step {
    tester.needs_link_reset()?;
    tester.reach(Start::Connected)?;
    tester.status()?;
    let number = tester.next_number()?;
    let sealed = tester.seal(number, &STATUS)?;
    tester.reopen_link()?;
    tester.wake()?;
    refused_after(tester, number, &sealed, "a reset of the link")
}

fn device_reset_ends_it(tester: &mut Tester) -> Step {
    tester.needs_reset()?;
    tester.reach(Start::Connected)?;
    let before = tester.status()?.number("boot_counter")?;
    let number = tester.next_number()?;
    let sealed = tester.seal(number, &STATUS)?;
    tester.reset_device()?;
    refused_after(tester, number, &sealed, "a reset of the reader")?;
    tester.connect()?;
    tester.check("CW-SESS-011");
    let after = tester.status()?;
    let counted = after.number("boot_counter")? == before + 1;
    tester.demand(
        counted,
        format!("the boot counter {}", before + 1),
        after.describe(),
    )
}

fn reset_in_every_state(tester: &mut Tester) -> Step {
    tester.needs_reset()?;
    for state in ["connected", "login", "serving", "running"] {
        tester.reach(if state == "connected" || state == "login" {
            Start::Connected
        } else {
            Start::Serving
        })?;
        match state {
            "login" => tester.begin_login(&Login::default().offers).map(drop)?,
            "running" => running(tester, false).map(drop)?,
            _ => {}
        }
        let number = tester.next_number()?;
        let sealed = tester.seal(number, &STATUS)?;
        let before = tester.hello()?.answer.octets("challenge")?;
        tester.reset_device()?;
        tester.check("CW-SESS-014");
        refused_after(tester, number, &sealed, &format!("a reset while {state}"))?;
        let after = tester.hello()?.answer.octets("challenge")?;
        tester.demand(
            after != before,
            "another challenge than before the reset",
            crate::hex::encode(&after),
        )?;
        tester.connect()?;
        tester.state_is("connected")?;
        tester.all_modules_off()?;
    }
    Ok(())
}

/// Sends a request of a session that the tester has let go, and holds the device to having none.
fn refused_after(tester: &mut Tester, number: u64, sealed: &[u8], why: &str) -> Step {
    tester.send_frame("sealed", number, sealed)?;
    let expected = format!("the refusal of a request after {why}");
    match tester.reply(number, 0) {
        Ok(Reply::Refusal(_)) => Ok(()),
        Ok(reply) => tester.fail(expected, reply.describe()),
        // There are no keys here to open an answer with: that one came is enough.
        Err(crate::verdict::Stop::Error(_)) => tester.fail(expected, "a sealed answer"),
        Err(stop) => Err(stop),
    }
}

fn silence_ends_it(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    tester.status()?;
    // Two repeats on the way, the last one so late that a session which it prolongs is open in the end.
    let pause = tester.certainly_past(Timers::SPEC.idle);
    for _ in 0..2 {
        tester.let_pass(pause / 3)?;
        tester.repeat()?;
    }
    tester.let_pass(pause - 2 * (pause / 3))?;
    tester.check("CW-SESS-017");
    is_locked(tester, "silence for T_idle, but for repeats")
}
