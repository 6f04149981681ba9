//! Software: confirmed by a login, given up without one, whole after a loss of power, and refused where it is damaged. Logic
//! that comes with it waits for it.

use super::programs::{self, SERVICE};
use crate::{
    case::Case,
    cases::jobs::running,
    embedded::protocol,
    hex,
    ics::Software,
    standstill::Stopwatch,
    tester::{Login, Manifest, Tester, digest, no_error},
    verdict::{Step, Stop},
};
use core::time::Duration;
use serde_json::{Value, json};

/// The same service takes at least this share of the time that it took before.
const SHORTEST: f64 = 0.6;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "updates.software-is-confirmed-by-a-login",
            &["CW-UPD-005", "CW-UPD-008", "CW-UPD-013", "CW-UPD-014"],
            "New software runs after the reset, and is in force with the logic that came with it when a login has succeeded",
            confirmed,
        ),
        Case::code(
            "updates.software-without-a-login-is-given-up",
            &["CW-UPD-010", "CW-UPD-017"],
            "New software that no login has confirmed is gone after a reset, and the logic that came with it",
            given_up,
        ),
        Case::code(
            "updates.software-trial-ends-in-time",
            &["CW-UPD-010"],
            "New software that is not confirmed within T_trial gives way to the software before it",
            ends_in_time,
        )
        .slow(),
        Case::code(
            "updates.software-survives-a-loss-of-power",
            &["CW-UPD-010"],
            "After a loss of power in the commit the old software runs or the new one, each with its own logic",
            loss_of_power,
        ),
        Case::code(
            "updates.software-waits-for-a-running-service",
            &["CW-UPD-011", "CW-UPD-016"],
            "A service that runs ends before new software is started, and no other update is taken meanwhile",
            waits_for_service,
        )
        .slow(),
        Case::code(
            "updates.damaged-software-is-refused",
            &["CW-UPD-004", "CW-UPD-006"],
            "Software with other bytes than the manifest says, and with another header than the reader needs, is refused",
            damaged,
        ),
    ]
}

/// An update of software that is on trial, and what was there before it.
struct Trial {
    software: Software,
    before: Standing,
    /// Software and logic in one update.
    manifest: Vec<u8>,
    logic: Vec<u8>,
}

/// What a reader has, as a client and a cloud see it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Standing {
    software: String,
    software_counter: u64,
    logic_counter: u64,
    /// Digest of the logic of the suite's service.
    logic: Value,
}

fn hardware_class(tester: &mut Tester) -> Step<Value> {
    Ok(tester.status()?.fields["hardware_class"].clone())
}

/// Logs in, and looks.
fn standing(tester: &mut Tester) -> Step<Standing> {
    tester.login(&Login::default())?;
    let service = tester.service(SERVICE)?;
    Ok(Standing {
        software: tester.software_name()?,
        software_counter: tester.software_counter(),
        logic_counter: tester.logic_counter(),
        logic: service.map_or(Value::Null, |entry| entry["logic_digest"].clone()),
    })
}

impl Trial {
    /// Commits the software of the bench that does not run now, together with new logic.
    fn commit(tester: &mut Tester) -> Step<Self> {
        tester.connect()?;
        let software = tester.other_software()?;
        let before = standing(tester)?;
        let text = hex::encode(&tester.random.array::<4>());
        let logic = programs::echo(&text)?;
        let class = hardware_class(tester)?;
        let content = Tester::software_content(&software, &class)?;
        let new = tester.software_manifest(&content)?;
        let parts = [
            new.clone(),
            Manifest {
                min_software: new.counter,
                ..tester.manifest(SERVICE, &logic)?
            },
        ];
        let manifest = Manifest::encode_together(&parts)?;
        tester.commit_to_trial(&manifest, &[content, logic.clone()].concat())?;
        Ok(Self {
            software,
            before,
            manifest,
            logic,
        })
    }

    /// The same, and the reader has started it.
    fn begin(tester: &mut Tester) -> Step<Self> {
        let trial = Self::commit(tester)?;
        tester.await_restart()?;
        tester.connect()?;
        tester.check("CW-UPD-008");
        runs(tester, &trial.software.name)?;
        Ok(trial)
    }

    /// What the reader has when the trial was passed.
    fn passed(&self) -> Standing {
        Standing {
            software: self.software.name.clone(),
            software_counter: self.before.software_counter + 1,
            logic_counter: self.before.logic_counter + 1,
            logic: json!(hex::encode(&digest(&self.logic))),
        }
    }

    /// Holds the reader to having gone back, and to take the same update again.
    fn is_given_up(&self, tester: &mut Tester) -> Step {
        tester.check("CW-UPD-010");
        runs(tester, &self.before.software)?;
        tester.check("CW-UPD-017");
        stands(tester, &self.before)?;
        tester.check("CW-UPD-010");
        let gone = tester.query(&self.manifest)?;
        tester.demand(
            gone.fields["state"] == "none",
            "nothing left of the update",
            gone.describe(),
        )?;
        tester.offer_bytes_accepted(&self.manifest).map(drop)
    }
}

/// Holds the reader to stating this software.
fn runs(tester: &mut Tester, name: &str) -> Step {
    let seen = tester.software_name()?;
    tester.demand(
        seen == name,
        format!("the software `{name}`"),
        format!("`{seen}`"),
    )
}

/// Holds the reader to having just this, after a login.
fn stands(tester: &mut Tester, expected: &Standing) -> Step {
    let seen = standing(tester)?;
    tester.demand(seen == *expected, format!("{expected:?}"), format!("{seen:?}"))
}

/// Brings the reader to software that an update has brought: what it came with may be known to it in other ways.
fn installed(tester: &mut Tester) -> Step {
    let trial = Trial::begin(tester)?;
    tester.login(&Login::default())?;
    tester.under("CW-UPD-005", |tester| stands(tester, &trial.passed()))
}

fn confirmed(tester: &mut Tester) -> Step {
    tester.needs_reset()?;
    let trial = Trial::begin(tester)?;
    let begun = tester.begin_login(&Login::default().offers)?;
    let confirm = tester.confirm(&begun)?;
    tester.check("CW-UPD-013");
    let right = confirm.fields["software"] == trial.software.name
        && confirm.number("software_counter")? == trial.before.software_counter;
    tester.demand(
        right,
        format!(
            "the software {} with the counter {}, until this login has succeeded",
            trial.software.name, trial.before.software_counter
        ),
        confirm.describe(),
    )?;
    let result = tester.login_result(&Login::default())?;
    tester.relay(&result)?;
    tester.check("CW-UPD-014");
    let signature = tester.sign(&trial.manifest)?;
    let status = tester.offer(&trial.manifest, &signature)?;
    let told = no_error(&status) && status.fields["state"] == "installed";
    tester.demand(
        told,
        "the state installed to the same offer again",
        status.describe(),
    )?;
    let again = tester.commit(&trial.manifest)?;
    let told = no_error(&again) && again.fields["state"] == "installed";
    tester.demand(told, "success to the same commit again", again.describe())?;
    tester.check("CW-UPD-005");
    stands(tester, &trial.passed())?;
    tester.reset_device()?;
    tester.connect()?;
    tester.check("CW-UPD-008");
    stands(tester, &trial.passed())
}

fn given_up(tester: &mut Tester) -> Step {
    tester.needs_reset()?;
    installed(tester)?;
    tester.leave()?;
    let trial = Trial::begin(tester)?;
    // A login that the cloud denies confirms nothing.
    tester.denied_login()?;
    tester.reset_device()?;
    tester.connect()?;
    trial.is_given_up(tester)
}

fn ends_in_time(tester: &mut Tester) -> Step {
    let trial = Trial::begin(tester)?;
    tester.leave()?;
    let trial_ms = protocol().timers.get("T_trial").map(|timer| timer.value);
    let trial_ms = trial_ms.ok_or_else(|| Stop::Error("the schema has no T_trial".into()))?;
    let pause = tester.certainly_past(Duration::from_millis(trial_ms));
    tester.let_pass_over_a_reset(pause)?;
    tester.await_hello()?;
    tester.connect()?;
    trial.is_given_up(tester)
}

fn loss_of_power(tester: &mut Tester) -> Step {
    for begun in [false, true] {
        let trial = Trial::commit(tester)?;
        if begun {
            tester.await_restart()?;
        }
        tester.cut_power()?;
        tester.connect()?;
        let runs = tester.software_name()?;
        tester.check("CW-UPD-010");
        // Power that goes right after the commit may find a reader that has just reset itself: its trial is over then.
        let tried = runs == trial.software.name && !begun;
        let expected = if tried { trial.passed() } else { trial.before };
        tester.login(&Login::default())?;
        stands(tester, &expected)?;
        tester.leave()?;
    }
    Ok(())
}

fn waits_for_service(tester: &mut Tester) -> Step {
    tester.connect()?;
    let software = tester.other_software()?;
    tester.login(&Login::default())?;
    let class = hardware_class(tester)?;
    let content = Tester::software_content(&software, &class)?;
    let manifest = tester.software_manifest(&content)?.encode()?;
    // Logic that runs long is an update itself: it has to be there before. And so is known how long it takes.
    let begun = Stopwatch::start();
    let (job, _) = running(tester, false)?;
    tester.finish(&job, "success")?;
    let whole = begun.elapsed();
    tester.offer_bytes_accepted(&manifest)?;
    tester.send_content(&manifest, &content, 0)?;
    let begun = Stopwatch::start();
    running(tester, false)?;
    tester.check("CW-UPD-016");
    let result = tester.commit_of_software(&manifest)?;
    let on_trial = no_error(&result) && result.fields["state"] == "trial";
    tester.demand(on_trial, "success and the state trial", result.describe())?;
    let other = programs::echo("other")?;
    let other = tester.manifest(SERVICE, &other)?.encode()?;
    let signature = tester.sign(&other)?;
    let status = tester.offer(&other, &signature)?;
    let refused = status.fields["error"] == "update-trial";
    tester.check("CW-UPD-011");
    tester.demand(refused, "update-trial to another offer", status.describe())?;
    tester.check("CW-UPD-016");
    tester.await_restart()?;
    // Its end may be lost in the reset that follows it; its length shows that it was not cut short.
    let took = begun.elapsed();
    tester.demand(
        took > whole.mul_f64(SHORTEST),
        format!("no reset before the service has ended, as it does after {whole:.1?}"),
        format!("a reset after {took:.1?}"),
    )?;
    tester.connect()?;
    runs(tester, &software.name)?;
    tester.login(&Login::default())
}

fn damaged(tester: &mut Tester) -> Step {
    tester.connect()?;
    let software = tester.other_software()?;
    let before = standing(tester)?;
    let class = hardware_class(tester)?;
    let content = Tester::software_content(&software, &class)?;
    let other_byte = |at: usize| {
        let mut damaged = content.clone();
        if let Some(byte) = damaged.get_mut(at) {
            *byte ^= 1;
        }
        damaged
    };
    let right = tester.software_manifest(&content)?;
    // Bytes that are not those of the manifest: in the header, and in the last byte.
    for at in [3, content.len() - 1] {
        let encoded = right.encode()?;
        tester.offer_bytes_accepted(&encoded)?;
        let status = tester.send_content(&encoded, &other_byte(at), 0)?;
        tester.check("CW-UPD-004");
        let told = status.fields["error"] == "update-digest" && status.fields["state"] == "none";
        tester.demand(told, "update-digest, and nothing left of it", status.describe())?;
    }
    // A manifest that is right about bytes that are wrong.
    let without_header = vec![0; content.len()];
    let longer = [&content[..], &[0]].concat();
    let elsewhere = Tester::software_content(&software, &json!(0x7FFF))?;
    for (what, wrong) in [
        ("no header", without_header),
        ("a header for one byte less", longer),
        ("a header for another class of hardware", elsewhere),
    ] {
        let manifest = Manifest {
            size: wrong.len() as u64,
            content_digest: digest(&wrong),
            ..right.clone()
        };
        let encoded = manifest.encode()?;
        tester.offer_bytes_accepted(&encoded)?;
        let status = tester.send_content(&encoded, &wrong, 0)?;
        let answer = if no_error(&status) {
            tester.commit(&encoded)?
        } else {
            status
        };
        tester.check("CW-UPD-004");
        let told = answer.fields["error"] == "update-software" && answer.fields["state"] == "none";
        tester.demand(
            told,
            format!("update-software to software with {what}"),
            answer.describe(),
        )?;
    }
    tester.check("CW-UPD-006");
    stands(tester, &before)
}
