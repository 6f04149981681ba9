//! What was measured, as tables: for the terminal, for the book and for the README.

use super::bars::{BYTE_STRINGS, Bar, OURS, PLAIN};
use super::flash::Weights;
use super::measure::{Figure, Measurements};
use crate::workspace::{self, Workspace};
use anyhow::{Context as _, Result};
use std::fs;
use std::process::Command;

const BOOK: &str = "spec/book/src/generated/benchmarks.md";
const BOOK_COUNTS: &str = "spec/book/src/generated/benchmark-counts.md";
const README: &str = "README.md";
const BEGIN: &str = "<!-- measured by cargo xtask bench -->\n";
const END: &str = "<!-- end of what is measured -->\n";

const OPERATIONS: [&str; 4] = ["decode", "encode", "frame-in", "frame-out"];

/// Writes everything into the book, and the table of bars into the README.
pub(crate) fn write(
    workspace: &Workspace,
    measurements: &Measurements,
    weights: &Weights,
    all: &[Bar],
) -> Result<()> {
    write_counts(workspace, measurements)?;
    let text = format!(
        "{}\n{}\n{}\n{}",
        machine(workspace),
        bars(all),
        times(measurements),
        flash(weights)
    );
    fs::write(workspace.root.join(BOOK), text).with_context(|| format!("{BOOK} can't be written"))?;
    let file = workspace.root.join(README);
    let readme = fs::read_to_string(&file)?;
    fs::write(&file, quoted(&readme, &bars(all))?)?;
    println!("written: {BOOK}, {BOOK_COUNTS}, {README}");
    Ok(())
}

/// Writes the exact counts into the book.
pub(crate) fn write_counts(workspace: &Workspace, measurements: &Measurements) -> Result<()> {
    fs::write(workspace.root.join(BOOK_COUNTS), counts(measurements))
        .with_context(|| format!("{BOOK_COUNTS} can't be written"))
}

/// The README with the table between its two marks.
fn quoted(readme: &str, table: &str) -> Result<String> {
    let parts = readme.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let (before, after) = parts.with_context(|| format!("{README} has no marks for the table"))?;
    Ok(format!("{before}{BEGIN}\n{table}\n{END}{after}"))
}

/// Each bar with what was measured.
pub(crate) fn bars(bars: &[Bar]) -> String {
    let mut out =
        "| figure | bar | measured | held | by median times |\n| --- | --- | --- | --- | --- |\n".to_owned();
    for bar in bars {
        let (at_most, held) = match bar.at_most {
            None => ("for information".to_owned(), ""),
            Some(at_most) if bar.is_held() => (format!("at most {at_most:.2}"), "yes"),
            Some(at_most) => (format!("at most {at_most:.2}"), "**no**"),
        };
        let time = bar.time.map_or_else(String::new, |time| format!("{time:.2}"));
        out += &format!(
            "| {} | {at_most} | {:.3} | {held} | {time} |\n",
            bar.figure, bar.value
        );
    }
    out
}

/// The exact counts of each codec for each message, and the sizes.
pub(crate) fn counts(measurements: &Measurements) -> String {
    let mut out = String::new();
    for operation in OPERATIONS {
        out += &format!("Instructions, {operation}:\n\n");
        out += &table(measurements, operation, Figure::Count);
    }
    out += "Bytes of the encoding:\n\n";
    out += &table(measurements, "encode", Figure::Size);
    out += "Bytes of the frame on the line:\n\n";
    out + table(measurements, "frame-out", Figure::Size).trim_end() + "\n"
}

/// A row for each codec: the messages, the mix, and ours in relation to it.
fn table(measurements: &Measurements, operation: &str, figure: Figure) -> String {
    let messages = measurements.messages();
    let heads: String = messages.iter().map(|message| format!(" `{message}` |")).collect();
    let rules: String = messages.iter().map(|_| " ---: |").collect();
    let mut out = format!("| codec |{heads} mix | ours to it |\n| --- |{rules} ---: | ---: |\n");
    let ours = measurements.mix(operation, OURS, figure);
    for codec in measurements.codecs(operation) {
        let row = measurements.row(operation, codec, figure);
        let cells: String = row.iter().map(|value| format!(" {value:.0} |")).collect();
        let mix = measurements.mix(operation, codec, figure);
        out += &format!("| {codec} |{cells} {mix:.0} | {:.2} |\n", ours / mix);
    }
    out + "\n"
}

/// Over the mix, ours in relation to each codec, by counts and by times.
pub(crate) fn times(measurements: &Measurements) -> String {
    let mut out =
        "Ours in relation to each, over the mix; by instructions, and in brackets by median times:\n\n\
                   | codec | decode | encode | frame-in | frame-out |\n| --- | ---: | ---: | ---: | ---: |\n"
            .to_owned();
    let mut codecs = measurements.codecs("decode");
    for codec in measurements.codecs("frame-in") {
        if !codecs.contains(&codec) {
            codecs.push(codec);
        }
    }
    for codec in codecs.into_iter().filter(|codec| *codec != OURS) {
        let cells = OPERATIONS.map(|operation| {
            if !measurements.codecs(operation).contains(&codec) {
                return " |".to_owned();
            }
            let ratio = |figure| {
                measurements.mix(operation, OURS, figure) / measurements.mix(operation, codec, figure)
            };
            format!(" {:.2} ({:.2}) |", ratio(Figure::Count), ratio(Figure::Time))
        });
        out += &format!("| {codec} |{}\n", cells.concat());
    }
    out
}

/// What the codecs take of a Cortex-M's flash.
pub(crate) fn flash(weights: &Weights) -> String {
    let mut out =
        "Bytes of flash on a Cortex-M (thumbv7m, optimised for size), all messages and documents:\n\n\
                   | codec | decoder | encoder | both |\n| --- | ---: | ---: | ---: |\n"
            .to_owned();
    for (codec, weight) in [
        (OURS, &weights.ours),
        (PLAIN, &weights.plain),
        (BYTE_STRINGS, &weights.byte_strings),
    ] {
        out += &format!(
            "| {codec} | {} | {} | {} |\n",
            weight.decode, weight.encode, weight.both
        );
    }
    out
}

/// What it was measured on.
fn machine(workspace: &Workspace) -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("an unknown processor", |(_, model)| model);
    let version = |command: &mut Command| {
        let said = workspace::output(command).unwrap_or_default();
        said.lines().next().unwrap_or("unknown").to_owned()
    };
    format!(
        "`cargo xtask bench` on {cpu}, with {}, {}.\n",
        version(workspace.command("rustc").arg("--version")),
        version(workspace.command("valgrind").arg("--version")),
    )
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, END, quoted};

    #[test]
    fn the_readme_keeps_what_stands_around_the_table() {
        let readme = format!("before\n{BEGIN}old\n{END}after\n");
        let new = quoted(&readme, "new\n").expect("it has both marks");
        assert_eq!(new, format!("before\n{BEGIN}\nnew\n\n{END}after\n"));
        assert_eq!(quoted(&new, "new\n").expect("it still has them"), new);
        assert!(quoted("no marks\n", "new\n").is_err());
    }
}
