//! What was run of some sources, file by file.

use super::lines::{self, Lines};
use crate::workspace::Workspace;
use anyhow::{Context as _, Result, ensure};
use core::cmp::Reverse;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Lines of files, without those of tests.
#[derive(Debug)]
pub(crate) struct Sources(BTreeMap<PathBuf, Lines>);

impl Sources {
    /// Those in what `llvm-cov export --format=lcov` writes.
    pub(crate) fn read(lcov: &str, workspace: &Workspace) -> Result<Self> {
        let mut files: BTreeMap<PathBuf, Lines> = BTreeMap::new();
        for (file, lines) in lines::read(lcov) {
            let Ok(path) = Path::new(file).strip_prefix(&workspace.root) else {
                continue;
            };
            // A file of tests alone is code, and is none of the sources'.
            if path.file_name().is_none_or(|name| name == "tests.rs") {
                continue;
            }
            let source = fs::read_to_string(file).with_context(|| format!("{file} can't be read"))?;
            files.insert(path.to_owned(), lines.without_tests(&source));
        }
        ensure!(!files.is_empty(), "no line is measured");
        Ok(Self(files))
    }

    /// Prints every file, or so many of them that have the most lines which are not run.
    pub(crate) fn print(&self, worst: usize) {
        println!(
            "{:>6} {:>6} {:>7}  file: lines that nothing runs",
            "lines", "run", ""
        );
        let mut files: Vec<_> = self.0.iter().collect();
        if worst < files.len() {
            files.sort_by_key(|(_, lines)| Reverse(lines.all() - lines.run()));
        }
        for (path, lines) in files.iter().take(worst) {
            println!(
                "{:>6} {:>6} {:>6.1}%  {}{}",
                lines.all(),
                lines.run(),
                percent(lines.run(), lines.all()),
                path.display(),
                lines.missed()
            );
        }
        let (run, all) = self.counts();
        println!("{all:>6} {run:>6} {:>6.2}%  all", percent(run, all));
    }

    /// Lines that are run, of a hundred.
    pub(crate) fn figure(&self) -> f64 {
        let (run, all) = self.counts();
        percent(run, all)
    }

    fn counts(&self) -> (usize, usize) {
        let files = self.0.values();
        files.fold((0, 0), |(run, all), lines| (run + lines.run(), all + lines.all()))
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        100.0
    } else {
        part as f64 * 100.0 / whole as f64
    }
}
