//! The place where the device stands, and what moves the device itself: a reset, a card in and out.

use super::{Answer, Tester};
use crate::{
    bench::{BenchCommand, BenchCommands},
    certify::{Options, Station},
    ics::{Card, Software, Statement},
    standstill::Deadline,
    verdict::{Step, Stop},
};
use cardwire_peers::{Endpoint, Timers};
use core::time::Duration;
use std::{
    process::{Command, Stdio},
    sync::Arc,
};

/// What the tester needs to know of the place where the device stands.
#[derive(Clone, Debug)]
pub(crate) struct Bench {
    pub(crate) endpoint: Endpoint,
    /// Bounds of waiting, scaled: the tester's patience, whatever the device's clock shows.
    pub(crate) timers: Timers,
    /// What the bounds are scaled by.
    pub(crate) scale: f64,
    /// How many times as fast as others the device's clock runs: 1, but for devices in a lab.
    pub(crate) clock_rate: u16,
    pub(crate) commands: BenchCommands,
    /// How long the device takes to boot, at most.
    pub(crate) boot_time: Duration,
    /// What is known of the card in the first slot.
    pub(crate) card: Card,
    /// Two kinds of software that cases may install.
    pub(crate) software: Option<[Software; 2]>,
    /// What is claimed of the device.
    pub(crate) ics: Option<Arc<Statement>>,
    /// What fails is looked into.
    pub(crate) explain: bool,
}

impl Bench {
    /// The bench of a device, as the options of a run describe it, with these bounds of waiting.
    pub(crate) fn new(options: &Options, station: &Station, timers: Timers) -> Self {
        Self {
            endpoint: station.endpoint.clone(),
            timers,
            scale: options.timeout_scale,
            clock_rate: options.clock_rate,
            commands: station.commands.clone(),
            boot_time: options.boot_time,
            card: options.card.clone(),
            software: options.software.clone(),
            ics: options.ics.clone(),
            explain: options.explain,
        }
    }
}

impl Tester {
    /// Declares a case not applicable on a line that can't tell the device of its reset.
    pub(crate) fn needs_link_reset(&self) -> Step {
        let path = match &self.bench.endpoint {
            Endpoint::Tcp { .. } => return Ok(()),
            Endpoint::Serial { path, .. } => path,
            // Closing the pipes of a child ends it: that is the reset of the device, which has a case of its own.
            Endpoint::Exec { .. } => {
                return Err(Stop::NotApplicable("a child ends with its line".into()));
            }
        };
        let path = path.canonicalize().unwrap_or_else(|_| path.clone());
        if path.starts_with("/dev/pts") {
            return Err(Stop::NotApplicable(
                "a pseudo-terminal has no DTR that could drop".into(),
            ));
        }
        Ok(())
    }

    /// Declares a case not applicable at a bench that can't reset the device. A case that resets a device at work asks
    /// before it sets it to work: it would leave that work to the case behind it.
    pub(crate) fn needs_reset(&self) -> Step {
        match (self.bench.commands.get(BenchCommand::Reset), &self.bench.endpoint) {
            (Some(_), _) | (None, Endpoint::Exec { .. }) => Ok(()),
            (None, Endpoint::Tcp { .. } | Endpoint::Serial { .. }) => Err(Stop::NotApplicable(
                "the bench has no command that resets the device".into(),
            )),
        }
    }

    /// Resets the device, where the bench can: by its command, or by starting a child anew.
    pub(crate) fn reset_device(&mut self) -> Step {
        self.needs_reset()?;
        if let Some(command) = self.bench.commands.get(BenchCommand::Reset) {
            run(command)?;
        }
        self.trace.note("the device is reset");
        self.boot()
    }

    /// Takes the supply away and gives it back, where the bench can; a child is ended at once and started anew.
    pub(crate) fn cut_power(&mut self) -> Step {
        let commands = &self.bench.commands;
        match (
            commands.get(BenchCommand::PowerOff),
            commands.get(BenchCommand::PowerOn),
        ) {
            (Some(off), Some(on)) => {
                run(off)?;
                run(on)?;
            }
            _ if matches!(self.bench.endpoint, Endpoint::Exec { .. }) => {}
            _ => {
                return Err(Stop::NotApplicable(
                    "the bench has no commands that cut the power".into(),
                ));
            }
        }
        self.trace.note("the power is cut, and given back");
        self.boot()
    }

    /// Waits until a device that starts answers hello, for as long as it may take.
    fn boot(&mut self) -> Step {
        self.reopen_link()?;
        self.await_hello()
    }

    /// The same where the link may have stayed open.
    pub(crate) fn await_hello(&mut self) -> Step {
        let deadline = Deadline::within(self.bench.boot_time);
        loop {
            match self.settle() {
                Err(Stop::Fail(_)) if !deadline.is_past() => {
                    if !self.line_is_open() {
                        self.reopen_link()?;
                    }
                }
                settled => return settled,
            }
        }
    }

    /// What the vendor claims; without a statement there is nothing to hold a device to.
    pub(crate) fn statement(&self) -> Step<Arc<Statement>> {
        let none = "no ICS was given: nothing is claimed that the device could be held to";
        self.bench
            .ics
            .clone()
            .ok_or_else(|| Stop::Inconclusive(none.into()))
    }

    /// The largest logic that the device stores, as claimed; else what every reader stores.
    pub(crate) fn logic_size(&self) -> u64 {
        let claimed = self.bench.ics.as_ref();
        let claimed = claimed.and_then(|ics| ics.number("logic-size"));
        claimed.unwrap_or_else(|| {
            let limits = &crate::embedded::protocol().limits;
            limits.get("logic_max").map_or(1024, |limit| limit.value)
        })
    }

    /// Acts while no card is in the slot, and puts it back whatever came out.
    pub(crate) fn without_card(&mut self, act: impl FnOnce(&mut Self) -> Step) -> Step {
        self.move_card(false)?;
        let result = self.card_is("absent").and_then(|_| act(self));
        let back = self
            .move_card(true)
            .and_then(|()| self.card_is("present").map(drop));
        result.and(back)
    }

    /// Acts while a module fails in this way, and lets it work again whatever came out.
    pub(crate) fn with_fault(&mut self, fault: &str, act: impl FnOnce(&mut Self) -> Step) -> Step {
        self.set_fault(fault)?;
        let result = act(self);
        result.and(self.set_fault("none"))
    }

    /// Lets a module fail in this way, `MODULE:HOW`, or all work again, `none`, where the bench can.
    fn set_fault(&mut self, fault: &str) -> Step {
        let Some(command) = self.bench.commands.get(BenchCommand::ModuleFault) else {
            return Err(Stop::NotApplicable(
                "the bench has no command that lets a module fail".into(),
            ));
        };
        run(&[command, &[fault.to_owned()]].concat())?;
        self.trace.note(match fault {
            "none" => "all modules work again",
            _ => "a module is made to fail",
        });
        Ok(())
    }

    /// Acts while an emulator plays a card by this script, and puts the bench's card back whatever came out.
    pub(crate) fn with_card(&mut self, script: &str, act: impl FnOnce(&mut Self) -> Step) -> Step {
        self.emulate(script)?;
        self.trace.note(format!("an emulated card: {script}"));
        let result = act(self);
        let back = self.emulate("none").map(drop);
        self.trace.note("the bench's card is back");
        result.and(back)
    }

    /// What the reader has done to the emulated card since this was last asked: resets, lines, TPDUs.
    pub(crate) fn card_saw(&mut self) -> Step<Vec<String>> {
        self.emulate("seen")
    }

    fn emulate(&self, what: &str) -> Step<Vec<String>> {
        let Some(command) = self.bench.commands.get(BenchCommand::CardEmulator) else {
            return Err(Stop::NotApplicable(
                "the bench has no command that plays a card".into(),
            ));
        };
        printed(&[command, &[what.to_owned()]].concat())
    }

    /// Puts the card into the slot, or pulls it out, where the bench can.
    pub(crate) fn move_card(&mut self, insert: bool) -> Step {
        let commands = &self.bench.commands;
        let (Some(remove_card), Some(insert_card)) = (
            commands.get(BenchCommand::RemoveCard),
            commands.get(BenchCommand::InsertCard),
        ) else {
            return Err(Stop::NotApplicable(
                "the bench has no commands that move the card".into(),
            ));
        };
        run(if insert { insert_card } else { remove_card })?;
        self.trace.note(if insert {
            "the card is put in"
        } else {
            "the card is pulled out"
        });
        Ok(())
    }

    /// Waits until reader_status shows the first slot so.
    pub(crate) fn card_is(&mut self, state: &str) -> Step<Answer> {
        let deadline = Deadline::within(self.bench.timers.module);
        loop {
            let status = self.status()?;
            if status
                .items("slots")?
                .first()
                .is_some_and(|slot| slot["card"] == state)
            {
                return Ok(status);
            }
            self.demand(
                !deadline.is_past(),
                format!("a card that is {state}"),
                status.describe(),
            )?;
            let pause = self.bench.timers.answer / 50;
            self.let_pass(pause)?;
        }
    }
}

/// Runs a command of the bench, and gives the lines that it prints.
pub(super) fn printed(command: &[String]) -> Step<Vec<String>> {
    let error = |what: &dyn core::fmt::Debug| {
        Stop::Error(format!("the bench's command `{}` {what:?}", command.join(" ")))
    };
    let (program, arguments) = command
        .split_first()
        .ok_or_else(|| Stop::Error("an empty command".into()))?;
    let output = Command::new(program)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|failed| error(&failed))?;
    if !output.status.success() {
        return Err(error(&output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().map(|line| line.trim().to_owned()).collect())
}

fn run(command: &[String]) -> Step {
    let (program, arguments) = command
        .split_first()
        .ok_or_else(|| Stop::Error("an empty command".into()))?;
    let status = Command::new(program).args(arguments).status();
    if status.as_ref().is_ok_and(std::process::ExitStatus::success) {
        Ok(())
    } else {
        Err(Stop::Error(format!(
            "the bench's command `{program}` failed: {status:?}"
        )))
    }
}
