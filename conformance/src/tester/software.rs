//! Software of the device: put on trial, and waited for until the device has started again.

use super::{Answer, Manifest, Tester, clear::encode, no_error};
use crate::{
    embedded::protocol,
    ics::Software,
    standstill::Deadline,
    verdict::{Step, Stop},
};
use core::time::Duration;
use serde_json::{Value, json};
use std::time::Instant;

/// Between two looks at a device that is about to reset itself.
const LOOK: Duration = Duration::from_millis(20);

impl Tester {
    /// The device's update counter of software.
    pub(crate) fn software_counter(&self) -> u64 {
        self.software_counter
    }

    /// Name and version of the software that runs.
    pub(crate) fn software_name(&mut self) -> Step<String> {
        let status = self.status()?;
        Ok(status.fields["software"].as_str().unwrap_or_default().to_owned())
    }

    /// Software of the bench that does not run now.
    pub(crate) fn other_software(&mut self) -> Step<Software> {
        let none = "the IXIT names no software that the reader could be updated to";
        let [one, other] = self
            .bench
            .software
            .clone()
            .ok_or_else(|| Stop::NotApplicable(none.into()))?;
        let runs = self.software_name()?;
        Ok(if one.name == runs { other } else { one })
    }

    /// What an update with this software brings, for this class of hardware: the header that readers look for, and the
    /// image.
    pub(crate) fn software_content(software: &Software, hardware_class: &Value) -> Step<Vec<u8>> {
        let header = encode(
            "software",
            &json!({ "name": software.name, "hardware_class": hardware_class, "image_size": software.image.len() }),
        )?;
        let size = protocol().limits.get("software_header");
        let size = size.ok_or_else(|| Stop::Error("the schema has no size of the header".into()))?;
        let mut content = (header.len() as u16).to_be_bytes().to_vec();
        content.extend(header);
        content.resize(size.value as usize, 0);
        content.extend(software.image.iter());
        Ok(content)
    }

    /// A right manifest for software.
    pub(crate) fn software_manifest(&mut self, content: &[u8]) -> Step<Manifest> {
        Ok(Manifest {
            kind: 0x01,
            counter: self.software_counter + 1,
            ..self.manifest(0, content)?
        })
    }

    /// Brings an update with software and commits it, which has to put it on trial; the counters stay until then.
    pub(crate) fn commit_to_trial(&mut self, manifest: &[u8], content: &[u8]) -> Step<Answer> {
        self.under("CW-UPD-005", |tester| {
            let before = (tester.software_counter, tester.logic_counter);
            tester.offer_bytes_accepted(manifest)?;
            let status = tester.send_content(manifest, content, 0)?;
            let received = no_error(&status) && status.fields["state"] == "received";
            tester.demand(received, "all bytes received", status.describe())?;
            let result = tester.commit_of_software(manifest)?;
            let on_trial = no_error(&result) && result.fields["state"] == "trial";
            let after = (
                result.number("software_counter")?,
                result.number("logic_counter")?,
            );
            tester.demand(
                on_trial && after == before,
                format!("success, the state trial and the counters {before:?} until it is confirmed"),
                result.describe(),
            )?;
            Ok(result)
        })
    }

    /// Commits an update with software, whatever comes of it.
    pub(crate) fn commit_of_software(&mut self, manifest: &[u8]) -> Step<Answer> {
        self.on_trial = true;
        self.commit(manifest)
    }

    /// Lets time pass in which the device may reset itself, and close the link with that.
    pub(crate) fn let_pass_over_a_reset(&mut self, time: Duration) -> Step {
        let end = Instant::now() + time;
        loop {
            match self.let_pass(end.saturating_duration_since(Instant::now())) {
                Err(Stop::Fail(_)) if !self.line_is_open() => self.reopen_link()?,
                passed => return passed,
            }
        }
    }

    /// Waits until the device has reset itself, as it does for software that is on trial when no service runs, and answers
    /// hello again.
    pub(crate) fn await_restart(&mut self) -> Step {
        let deadline = Deadline::within(self.bench.boot_time + self.longest_service());
        loop {
            match self.status() {
                Ok(_) if deadline.is_past() => {
                    return self.fail("a reset for the software on trial", "the session goes on");
                }
                Ok(_) => {}
                Err(Stop::Fail(_)) => break,
                Err(stop) => return Err(stop),
            }
            match self.let_pass(LOOK) {
                // Its link may close when it resets itself.
                Err(Stop::Fail(_)) => break,
                passed => passed?,
            }
        }
        self.trace.note("the device has reset itself");
        self.session_has_ended();
        if !self.line_is_open() {
            self.reopen_link()?;
        }
        self.await_hello()
    }
}
