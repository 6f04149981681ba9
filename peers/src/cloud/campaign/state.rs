//! How a campaign stands, and what may become of it.
//!
//! ```text
//! draft ──advance──▶ running ──finish──▶ done ──newcomer──▶ running
//!                    │  ▲  ▲
//!              pause │  │  └──resume── halted ◀──halt── running
//!                    ▼  │ resume
//!                   paused
//! any but cancelled ──cancel──▶ cancelled
//! ```

use core::fmt;

/// How a campaign stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CampaignState {
    /// It is open for nobody yet.
    Draft,
    /// It is offered to the readers of its stage.
    Running,
    /// An operator has stopped it for a while.
    Paused,
    /// More readers have failed than may.
    Halted,
    /// Every reader that it is for has it, or can't take it.
    Done,
    /// An operator has ended it.
    Cancelled,
}

/// What an operator does to a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CampaignCommand {
    /// Opens the first stage, or the next one whatever became of this.
    Advance,
    /// Stops it: no reader is offered anything, and one that is at it gets no further.
    Pause,
    /// Lets it go on. Failures that halted it are forgiven.
    Resume,
    /// Ends it.
    Cancel,
}

/// What happens to a campaign by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cloud) enum Happening {
    /// More readers have failed than may.
    Halt,
    /// Nobody is left who could take it.
    Finish,
    /// A reader came that it is for, or one has lost what it had.
    Newcomer,
}

impl CampaignState {
    /// Every state, in the order of a campaign's life.
    pub const ALL: [Self; 6] = [
        Self::Draft,
        Self::Running,
        Self::Paused,
        Self::Halted,
        Self::Done,
        Self::Cancelled,
    ];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Halted => "halted",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }

    pub(in crate::cloud) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The state after a command; none where it has no place.
    #[must_use]
    pub const fn after(self, command: CampaignCommand) -> Option<Self> {
        use CampaignCommand::{Advance, Cancel, Pause, Resume};
        match (self, command) {
            (Self::Draft | Self::Running, Advance) => Some(Self::Running),
            (Self::Running, Pause) => Some(Self::Paused),
            (Self::Paused | Self::Halted, Resume) => Some(Self::Running),
            (Self::Draft | Self::Running | Self::Paused | Self::Halted | Self::Done, Cancel) => {
                Some(Self::Cancelled)
            }
            (Self::Paused | Self::Halted | Self::Done | Self::Cancelled, Advance)
            | (Self::Draft | Self::Paused | Self::Halted | Self::Done | Self::Cancelled, Pause)
            | (Self::Draft | Self::Running | Self::Done | Self::Cancelled, Resume)
            | (Self::Cancelled, Cancel) => None,
        }
    }

    /// The state after a happening; none where it changes nothing.
    pub(in crate::cloud) const fn on(self, happening: Happening) -> Option<Self> {
        match (self, happening) {
            (Self::Running, Happening::Halt) => Some(Self::Halted),
            (Self::Running, Happening::Finish) => Some(Self::Done),
            (Self::Done, Happening::Newcomer) => Some(Self::Running),
            (
                Self::Draft | Self::Paused | Self::Halted | Self::Done | Self::Cancelled,
                Happening::Halt | Happening::Finish,
            )
            | (
                Self::Draft | Self::Running | Self::Paused | Self::Halted | Self::Cancelled,
                Happening::Newcomer,
            ) => None,
        }
    }
}

impl fmt::Display for CampaignState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for CampaignCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Advance => "advance",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel => "be cancelled",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::fmt::Write as _;

    /// Every state and everything that can happen in it, refusals included.
    #[test]
    fn every_command_and_happening_in_every_state() {
        use CampaignCommand::{Advance, Cancel, Pause, Resume};
        let mut table = String::new();
        for state in CampaignState::ALL {
            assert_eq!(CampaignState::named(state.name()), Some(state));
            let commands = [Advance, Pause, Resume, Cancel].map(|command| state.after(command));
            let happenings =
                [Happening::Halt, Happening::Finish, Happening::Newcomer].map(|event| state.on(event));
            let cells = commands
                .iter()
                .chain(&happenings)
                .map(|next| next.map_or("-", CampaignState::name));
            let cells: Vec<_> = cells.collect();
            let _ = writeln!(table, "{state}: {}", cells.join(" "));
        }
        // Columns: advance, pause, resume, cancel; halt, finish, newcomer.
        let expected = "\
draft: running - - cancelled - - -
running: running paused - cancelled halted done -
paused: - - running cancelled - - -
halted: - - running cancelled - - -
done: - - - cancelled - - running
cancelled: - - - - - - -
";
        assert_eq!(table, expected);
    }
}
