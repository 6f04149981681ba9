//! What the bench has measured of the modules' supplies.

use super::{Tester, bench::printed};
use crate::{
    bench::BenchCommand,
    verdict::{Step, Stop},
};

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
        let read = |line: &String| {
            read(line).ok_or_else(|| {
                Stop::Error(format!(
                    "the bench's command `{}` printed `{line}`",
                    command.join(" ")
                ))
            })
        };
        let supplies: Vec<_> = printed(command)?.iter().map(read).collect::<Step<_>>()?;
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
