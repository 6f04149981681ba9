//! Runs the program of `codec/benches`, under callgrind for counts and by itself for times.

use crate::workspace::{self, Workspace};
use anyhow::{Context as _, Result, ensure};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How often the program runs all cells when they are counted. The first round pays for what happens once in a process;
/// the others have to be equal.
const ROUNDS: usize = 3;

/// What was measured of one codec, operation and message.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) operation: String,
    pub(crate) codec: String,
    pub(crate) message: String,
    /// Bytes of the encoding.
    pub(crate) size: u64,
    /// Instructions.
    pub(crate) count: u64,
    /// Median nanoseconds.
    pub(crate) time: Option<f64>,
}

/// All that was measured, in the order in which the program does it.
#[derive(Debug)]
pub(crate) struct Measurements {
    pub(crate) cells: Vec<Cell>,
}

/// The measured messages of one codec and operation.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Figure {
    Count,
    Size,
    Time,
}

impl Figure {
    fn of(self, cell: &Cell) -> f64 {
        match self {
            // Far below 2^52.
            Self::Count => cell.count as f64,
            Self::Size => cell.size as f64,
            Self::Time => cell.time.unwrap_or(f64::NAN),
        }
    }
}

impl Measurements {
    /// The messages of the mix, in order.
    pub(crate) fn messages(&self) -> Vec<&str> {
        distinct(self.cells.iter().map(|cell| cell.message.as_str()))
    }

    /// The codecs that have an operation, in order.
    pub(crate) fn codecs(&self, operation: &str) -> Vec<&str> {
        let cells = self.cells.iter().filter(|cell| cell.operation == operation);
        distinct(cells.map(|cell| cell.codec.as_str()))
    }

    /// A figure of a codec's operation for each message, in the order of the mix.
    pub(crate) fn row(&self, operation: &str, codec: &str, figure: Figure) -> Vec<f64> {
        let cells = self
            .cells
            .iter()
            .filter(|cell| cell.operation == operation && cell.codec == codec);
        cells.map(|cell| figure.of(cell)).collect()
    }

    /// The sum over the mix, each message once.
    pub(crate) fn mix(&self, operation: &str, codec: &str, figure: Figure) -> f64 {
        self.row(operation, codec, figure).iter().sum()
    }
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found = Vec::new();
    for name in names {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// Builds the program, and returns its file.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf> {
    let mut cargo = workspace.cargo();
    cargo.args([
        "build",
        "--profile",
        "measured",
        "--package",
        "cardwire-codec-benches",
    ]);
    // The same code on every machine: flags for this one's processor would be others' counts.
    cargo
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    workspace::run(&mut cargo)?;
    Ok(workspace.target.join("measured/codec-bench"))
}

/// Counts the instructions of each cell.
///
/// Callgrind begins anew whenever a function is entered that is measured, and writes down what it has counted when that
/// function is left: one file for each cell and round. Nothing is subtracted: a count has the call's own few
/// instructions in it, for all codecs alike.
pub(crate) fn counts(workspace: &Workspace, program: &Path) -> Result<Measurements> {
    let folder = workspace.target.join("callgrind");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut valgrind = Command::new(workspace::find_program("valgrind").unwrap_or_else(|| "valgrind".into()));
    valgrind
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--callgrind-out-file={}", folder.join("out").display()))
        // Callgrind takes only one of two options whose patterns are the same, so they are written differently.
        .args(["--zero-before=*measured_*", "--dump-after=*cells::measured_*"])
        .arg(Path::new(".").join(program.file_name().context("the program has no name")?))
        .arg("count")
        // Environment and path stand on the stack, and move what is below them: `memcpy` asks for addresses.
        .env_clear();
    if let Some(beside) = program.parent() {
        valgrind.current_dir(beside);
    }
    let cells = output(&mut valgrind).context("`cargo xtask setup` installs valgrind")?;
    let mut cells = parse(&cells)?;
    // Behind the last cell, callgrind writes one more file for the end of the program.
    let written = fs::read_dir(&folder)?.count();
    let expected = ROUNDS * cells.len() + 1;
    ensure!(
        written == expected,
        "callgrind wrote {written} files, and not {expected}: a function that is measured was not found"
    );
    let many = cells.len();
    for (at, cell) in cells.iter_mut().enumerate() {
        let [_, second, third] = [0, 1, 2].map(|round| total(&folder, round * many + at + 1));
        cell.count = second?;
        let again = third?;
        ensure!(
            cell.count == again,
            "{} of {} by {} took {} instructions, and then {again}",
            cell.operation,
            cell.message,
            cell.codec,
            cell.count
        );
    }
    fs::remove_dir_all(&folder)?;
    Ok(Measurements { cells })
}

/// What one file of callgrind counts.
fn total(folder: &Path, number: usize) -> Result<u64> {
    let file = folder.join(format!("out.{number}"));
    let text = fs::read_to_string(&file).with_context(|| format!("{} can't be read", file.display()))?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    let total = total.with_context(|| format!("{} has no total", file.display()))?;
    Ok(total.trim().parse()?)
}

/// Takes the time of each cell.
pub(crate) fn times(program: &Path, measurements: &mut Measurements) -> Result<()> {
    let text = output(Command::new(program).arg("time"))?;
    let key = |cell: &Cell| (cell.operation.clone(), cell.codec.clone(), cell.message.clone());
    let timed: BTreeMap<_, _> = parse(&text)?
        .into_iter()
        .map(|cell| (key(&cell), cell.time))
        .collect();
    for cell in &mut measurements.cells {
        cell.time = timed.get(&key(cell)).copied().flatten();
        ensure!(
            cell.time.is_some(),
            "{} by {} has no time",
            cell.operation,
            cell.codec
        );
    }
    Ok(())
}

/// Operation, codec, message, size and, where there is one, time, separated by tabs.
fn parse(text: &str) -> Result<Vec<Cell>> {
    let cells = text.lines().map(|line| {
        let [operation, codec, message, size, time] = line
            .split('\t')
            .collect::<Vec<_>>()
            .try_into()
            .map_err(|_| anyhow::anyhow!("`{line}` is no line of codec-bench"))?;
        Ok(Cell {
            operation: operation.to_owned(),
            codec: codec.to_owned(),
            message: message.to_owned(),
            size: size.parse()?,
            count: 0,
            time: if time.is_empty() {
                None
            } else {
                Some(time.parse()?)
            },
        })
    });
    cells.collect()
}

fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("{program} can't be started"))?;
    ensure!(
        output.status.success(),
        "{program} failed ({}): {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}
