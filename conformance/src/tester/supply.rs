//! What the bench has measured of the modules' supplies.

use super::Tester;
use crate::{
    bench::BenchCommand,
    verdict::{Step, Stop},
};
use std::process::{Command, Stdio};

/// A module's supply came, or went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Supply {
    pub(crate) module: String,
    pub(crate) on: bool,
}

impl Tester {
    /// What the supplies of the service modules have done since this was last asked, where the bench can tell.
    pub(crate) fn supplies(&mut self) -> Step<Vec<Supply>> {
        let Some(command) = self.bench.commands.get(BenchCommand::PowerTrace) else {
            return Err(Stop::NotApplicable(
                "the bench has no command that tells what the modules' supplies have done".into(),
            ));
        };
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
        let read = |line: &str| read(line).ok_or_else(|| error(&format!("printed `{line}`")));
        let supplies: Vec<_> = text.lines().map(read).collect::<Step<_>>()?;
        self.trace.note("the supplies are measured");
        Ok(supplies)
    }
}

/// A line such as `contact-card on`.
fn read(line: &str) -> Option<Supply> {
    let (module, state) = line.trim().rsplit_once(' ')?;
    let on = match state {
        "on" => true,
        "off" => false,
        _ => return None,
    };
    Some(Supply {
        module: module.to_owned(),
        on,
    })
}
