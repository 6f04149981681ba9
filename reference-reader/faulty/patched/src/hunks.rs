//! One patch: applied hunk by hunk, so that one which does not apply can be named and the others are not lost.

use core::fmt;
use diffy::{DiffOptions, ParsePatchError, Patch};
use std::path::PathBuf;

/// Lines of the core around each change, by which its place is found again.
const CONTEXT: usize = 3;

/// What of a patch does not apply any more.
#[derive(Debug)]
pub struct Stale {
    /// Where the patch stands.
    pub patch: PathBuf,
    /// The file of the core that it is for, by its path in the core's sources.
    pub file: PathBuf,
    /// Those of its hunks that don't.
    pub hunks: Vec<Hunk>,
}

/// One hunk.
#[derive(Debug)]
pub struct Hunk {
    /// The how manieth it is of its patch, from 1.
    pub number: usize,
    /// Its lines, the one with its place first.
    pub text: String,
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for hunk in &self.hunks {
            writeln!(
                f,
                "{}: hunk {} does not apply to {} any more:",
                self.patch.display(),
                hunk.number,
                self.file.display()
            )?;
            f.write_str(&hunk.text)?;
        }
        write!(
            f,
            "the core has changed there. Write the patched core with `cargo xtask faults open`, put right what it names, \
             and make the patches of it with `cargo xtask faults keep`"
        )
    }
}

/// The patched text, and the hunks that don't apply to it.
///
/// # Errors
/// What is no unified diff.
pub(crate) fn apply(text: &str, patch: &str) -> Result<(String, Vec<Hunk>), ParsePatchError> {
    // As a whole it says what is wrong with it.
    let whole = Patch::from_str(patch)?;
    if let Ok(after) = diffy::apply(text, &whole) {
        return Ok((after, Vec::new()));
    }
    let (mut after, mut refused) = (text.to_owned(), Vec::new());
    for (hunk, number) in split(patch).zip(1..) {
        match diffy::apply(&after, &Patch::from_str(&hunk)?) {
            Ok(patched) => after = patched,
            Err(_) => refused.push(Hunk { number, text: hunk }),
        }
    }
    Ok((after, refused))
}

/// The patch that makes `new` of `old`.
pub(crate) fn between(old: &str, new: &str) -> String {
    DiffOptions::new()
        .set_context_len(CONTEXT)
        .set_original_filename("core")
        .set_modified_filename("faulty")
        .create_patch(old, new)
        .to_string()
}

/// Its hunks. A line that begins with the mark of a hunk is one: those of the text have a sign before them.
fn split(patch: &str) -> impl Iterator<Item = String> {
    let mut hunks: Vec<String> = Vec::new();
    for line in patch.split_inclusive('\n') {
        if line.starts_with("@@ ") {
            hunks.push(String::new());
        }
        if let Some(hunk) = hunks.last_mut() {
            hunk.push_str(line);
        }
    }
    hunks.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\n";
    const NEW: &str = "a\nB\nc\nd\ne\nf\ng\nh\ni\nj\nk\nL\nm\n";

    #[test]
    fn a_patch_makes_the_one_of_the_other() {
        let (after, refused) = apply(OLD, &between(OLD, NEW)).unwrap();
        assert_eq!(after, NEW);
        assert!(refused.is_empty());
    }

    #[test]
    fn lines_that_move_are_found_again() {
        let patch = between(OLD, NEW);
        let (after, refused) = apply(&format!("x\ny\nz\n{OLD}"), &patch).unwrap();
        assert_eq!(after, format!("x\ny\nz\n{NEW}"));
        assert!(refused.is_empty());
    }

    #[test]
    fn what_does_not_apply_is_named_and_the_rest_is_kept() {
        let patch = between(OLD, NEW);
        let (after, refused) = apply(&OLD.replace("l\n", "changed\n"), &patch).unwrap();
        assert_eq!(after, NEW.replace("L\n", "changed\n"));
        let stale = Stale {
            patch: "patches/x.rs.patch".into(),
            file: "x.rs".into(),
            hunks: refused,
        };
        let told = stale.to_string();
        assert!(
            told.starts_with(
                "patches/x.rs.patch: hunk 2 does not apply to x.rs any more:\n@@ -9,5 +9,5 @@\n"
            ),
            "{told}"
        );
        assert!(
            told.contains("\n-l\n+L\n") && told.contains("`cargo xtask faults open`"),
            "{told}"
        );
    }

    #[test]
    fn what_is_no_patch_is_refused() {
        assert!(apply(OLD, "--- core\n+++ faulty\n@@ nonsense @@\n").is_err());
    }
}
