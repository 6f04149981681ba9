//! Cases that are data: sequences of messages, from `vectors/session`.
//!
//! Their format is described in `vectors/README.md`, so that others can run them without this suite.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`model`] | the format as types |
//! | [`deeds`] | steps that are more than one message: a login, an update, a service, a hand at the bench |
//! | [`hand`] | does one step in whatever state the device is |
//! | [`pattern`] | what an answer is held against, and values that are bound on the way |
//! | [`play`] | plays one sequence |

mod deeds;
mod hand;
mod model;
mod pattern;
mod play;

pub(crate) use hand::{CHUNK, Came, Hand, fault_of};
pub(crate) use model::{Act, Expected, How, Sequence, StepData};
pub(crate) use play::{Unexpected, judge};

use crate::verdict::Stop;
use include_dir::{Dir, include_dir};
use std::sync::LazyLock;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../vectors/session");

/// All sequences, by group and then by file name.
pub(crate) fn sequences() -> &'static [Sequence] {
    static ALL: LazyLock<Vec<Sequence>> = LazyLock::new(|| {
        let mut all: Vec<Sequence> = files()
            .map(|(path, text)| match toml::from_str(text) {
                Ok(sequence) => sequence,
                // It is part of this library, and a test loads it.
                Err(error) => panic!("{path}: {error}"),
            })
            .collect();
        all.sort_by(|one, other| (&one.group, &one.id).cmp(&(&other.group, &other.id)));
        all
    });
    &ALL
}

fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
    let folders = FILES.dirs();
    folders
        .flat_map(Dir::files)
        .filter_map(|file| Some((file.path().to_str()?, file.contents_utf8()?)))
}

fn broken(sequence: &Sequence, what: impl core::fmt::Display) -> Stop {
    Stop::Error(format!("the sequence {}: {what}", sequence.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_sequence_loads_and_lies_where_its_id_says() {
        for (path, text) in files() {
            let sequence: Sequence = toml::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}"));
            let name = path.trim_end_matches(".toml").replace('/', ".");
            assert_eq!(sequence.id, name, "{path}");
            assert_eq!(name.split('.').next(), Some(sequence.group.as_str()), "{path}");
            assert!(!sequence.steps.is_empty(), "{path}");
        }
    }

    /// The macro notes changed files but not new ones.
    #[test]
    fn everything_is_embedded() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/session");
        let folders = std::fs::read_dir(root)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let there: usize = folders
            .map(|folder| std::fs::read_dir(folder).unwrap().count())
            .sum();
        assert_eq!(files().count(), there, "touch {}", file!());
    }
}
