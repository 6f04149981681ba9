//! Lines of a file that are code, and how often each was run.

use core::fmt::Write as _;
use std::collections::BTreeMap;

/// Numbers of lines that are code, and how often they were run.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Lines(BTreeMap<usize, u64>);

/// The files in what `llvm-cov export --format=lcov` writes.
pub(super) fn read(lcov: &str) -> Vec<(&str, Lines)> {
    let mut files = Vec::new();
    for line in lcov.lines() {
        if let Some(file) = line.strip_prefix("SF:") {
            files.push((file, Lines::default()));
        } else if let Some((number, times)) = line.strip_prefix("DA:").and_then(|data| data.split_once(','))
            && let (Ok(number), Ok(times)) = (number.parse(), times.parse())
            && let Some((_, lines)) = files.last_mut()
        {
            lines.0.insert(number, times);
        }
    }
    files
}

impl Lines {
    /// Without the tests at the end of the file.
    pub(super) fn without_tests(mut self, source: &str) -> Self {
        let mut lines = source.lines().zip(source.lines().skip(1));
        let begin = lines.position(|(line, next)| line == "#[cfg(test)]" && next.ends_with('{'));
        if let Some(begin) = begin {
            self.0.split_off(&(begin + 1));
        }
        self
    }

    pub(super) fn all(&self) -> usize {
        self.0.len()
    }

    pub(super) fn run(&self) -> usize {
        self.0.values().filter(|times| **times > 0).count()
    }

    /// What was not run, as `: 7, 9-12`; nothing where all was.
    pub(super) fn missed(&self) -> String {
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        let mut follows = false;
        for (number, times) in &self.0 {
            match ranges.last_mut() {
                Some((_, last)) if *times == 0 && follows => *last = *number,
                Some(_) | None if *times == 0 => ranges.push((*number, *number)),
                Some(_) | None => {}
            }
            // Lines without code in between do not part what was not run.
            follows = *times == 0;
        }
        let mut told = String::new();
        for (index, (first, last)) in ranges.iter().enumerate() {
            let before = if index == 0 { ": " } else { ", " };
            // Writing to a string does not fail.
            let _ = if first == last {
                write!(told, "{before}{first}")
            } else {
                write!(told, "{before}{first}-{last}")
            };
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn lines_that_were_not_run_are_named() {
        let lcov = "SF:/a.rs\nDA:1,5\nDA:2,0\nDA:4,0\nDA:5,1\nDA:7,0\nDA:9,0\nDA:10,3\nend_of_record\nSF:/b.rs\nDA:1,1\n";
        let files = read(lcov);
        let [(a, first), (b, second)] = files.as_slice() else {
            panic!("{files:?}");
        };
        assert_eq!((*a, first.all(), first.run()), ("/a.rs", 7, 3));
        assert_eq!(first.missed(), ": 2-4, 7-9");
        assert_eq!((*b, second.missed().as_str()), ("/b.rs", ""));
    }

    #[test]
    fn tests_do_not_count() {
        let files = read("SF:/a.rs\nDA:1,1\nDA:4,1\nDA:5,1\n");
        let (_, lines) = files.into_iter().next().expect("one file");
        let lines = lines.without_tests("fn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n");
        assert_eq!(lines.all(), 1);
    }
}
