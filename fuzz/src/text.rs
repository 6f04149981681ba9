//! What the targets of texts share.

use cardwire_spec::problem::Problems;
use core::fmt::Write as _;

/// The longest word of a dictionary of texts.
pub(crate) const WORD_MAX: usize = 60;

/// Holds problems to naming file, place and remedy, in the order of the text.
///
/// # Panics
/// One of them does not.
pub(crate) fn hold_problems(file: &str, text: &str, problems: &Problems) {
    assert!(!problems.0.is_empty(), "what is refused has a problem");
    let places = problems.0.iter().map(|problem| (problem.line, problem.column));
    assert!(
        places.is_sorted(),
        "problems stand in the order of the text: {problems}"
    );
    let lines: Vec<usize> = text.split('\n').map(|line| line.chars().count()).collect();
    for problem in &problems.0 {
        assert_eq!(problem.file, file, "a problem names the file");
        let length = problem.line.checked_sub(1).and_then(|line| lines.get(line));
        assert!(
            length.is_some_and(|length| (1..=length + 1).contains(&problem.column)),
            "a problem has a place in the text: {problem}"
        );
        for said in [&problem.message, &problem.help] {
            assert!(
                !said.trim().is_empty(),
                "a problem says what is wrong and what to do: {problem:?}"
            );
        }
    }
}

/// The text with the numbers of its lines.
pub(crate) fn numbered(text: &str) -> String {
    let mut out = String::new();
    for (number, line) in (1..).zip(text.lines()) {
        let _ = writeln!(out, "{number:>4} {}", line.escape_debug());
    }
    out
}

/// The words of TOML texts: headers of tables, keys with their sign, and short values in quotes.
pub(crate) fn toml_words(text: &str) -> impl Iterator<Item = String> {
    let is_key = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let headers = text
        .lines()
        .filter(|line| line.starts_with('['))
        .map(|line| format!("\n{line}\n"));
    let keys = text.match_indices(" = ").filter_map(move |(at, _)| {
        let before = &text[..at];
        let key = &before[before.rfind(|c| !is_key(c)).map_or(0, |end| end + 1)..];
        (!key.is_empty()).then(|| format!("{key} = "))
    });
    let values = text
        .lines()
        .flat_map(|line| line.split('"').skip(1).step_by(2))
        .map(|value| format!("\"{value}\""));
    let words = headers
        .chain(keys)
        .chain(values.filter(|value| !value.contains(' ')));
    words.filter(|word| word.len() <= WORD_MAX)
}
