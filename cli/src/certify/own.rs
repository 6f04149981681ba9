//! Reference readers that are started for a run, each a process of its own, as any other reader is one, on a bench that can
//! move its card.

use crate::failure::{Exit, Failure};
use cardwire_conformance::{BenchCommands, Station};
use cardwire_peers::Endpoint;
use core::num::NonZero;
use std::{io, path::Path};
use tempfile::TempDir;

/// How many there are where nobody says how many: most of their time they wait.
pub(super) const JOBS: usize = 8;
/// Where files are in memory, on Linux.
const MEMORY: &str = "/dev/shm";
/// How many times as fast their clocks run where nobody says how fast: nobody waits for a minute of silence.
pub(super) const CLOCK_RATE: NonZero<u16> = NonZero::new(10).unwrap();

/// A folder for what they keep: in memory, where the system has such a place. A disk that others use may take longer for
/// a write than a reader may take for an answer.
pub(super) fn folder() -> io::Result<TempDir> {
    tempfile::tempdir_in(MEMORY).or_else(|_| tempfile::tempdir())
}

/// So many of them. The folder must live as long as they do: a reader that is reset has to find its state again.
pub(super) fn readers(
    folder: &Path,
    count: usize,
    clock_rate: NonZero<u16>,
) -> Result<Vec<Station>, Failure> {
    (1..=count)
        .map(|number| reader(folder, number, clock_rate))
        .collect::<io::Result<_>>()
        .map_err(|error| fault(&error))
}

fn reader(folder: &Path, number: usize, clock_rate: NonZero<u16>) -> io::Result<Station> {
    let program = std::env::current_exe()?.display().to_string();
    let path = |name: &str| folder.join(format!("{number}.{name}")).display().to_string();
    let (state, control) = (path("state"), format!("unix:{}", path("control")));
    let command = |arguments: &[&str]| -> Vec<String> {
        [program.as_str()]
            .iter()
            .chain(arguments)
            .map(|&word| word.to_owned())
            .collect()
    };
    let rate = clock_rate.to_string();
    let mut reader = command(&["reader", "--listen", "stdio", "--quiet", "--state", &state]);
    if clock_rate.get() > 1 {
        reader.extend(["--clock-rate".into(), rate]);
    }
    // Unix sockets have short names.
    let card_moves = cfg!(unix) && control.len() < 100;
    if card_moves {
        reader.extend(["--control".into(), control.clone()]);
    }
    let commands = if card_moves {
        BenchCommands::simulated(&program, &control)
    } else {
        BenchCommands::default()
    };
    Ok(Station {
        commands,
        ..Station::new(Endpoint::Exec { command: reader })
    })
}

pub(super) fn fault(error: &io::Error) -> Failure {
    let what = format!("the reference reader can't be started: {error}");
    Failure::new(
        Exit::Tester,
        what,
        "Check that there is a folder for temporary files that you may write to.",
    )
}
