//! Results of a chore that takes hours: each is kept as soon as it is there, and the chore goes on where it was.

use anyhow::Result;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

/// Results by name, in a file of one line each.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    file: PathBuf,
    pub(crate) known: BTreeMap<String, T>,
}

impl<T: Serialize + DeserializeOwned> Kept<T> {
    /// What is kept in this file; nothing where it is not there.
    pub(crate) fn open(file: &Path) -> Result<Self> {
        let text = match file.exists() {
            true => fs::read_to_string(file)?,
            false => String::new(),
        };
        // The last line may have been cut short.
        let lines = text
            .lines()
            .filter_map(|line| serde_json::from_str::<(String, T)>(line).ok());
        Ok(Self {
            file: file.to_owned(),
            known: lines.collect(),
        })
    }

    /// Keeps one more.
    pub(crate) fn add(&mut self, name: &str, result: T) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        let line = serde_json::to_string(&(name, &result))?;
        let mut file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.file)?;
        writeln!(file, "{line}")?;
        self.known.insert(name.to_owned(), result);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_there_again_and_a_line_that_was_cut_short_is_not() {
        let file = std::env::temp_dir().join(format!("cardwire-kept-{}.jsonl", std::process::id()));
        let mut kept = Kept::open(&file).expect("there is none yet");
        kept.add("one", 1).expect("it is kept");
        kept.add("two", 2).expect("it is kept");
        fs::write(&file, fs::read_to_string(&file).expect("it is there") + "[\"thr").expect("a file");
        let again = Kept::<i32>::open(&file).expect("it is there");
        assert_eq!(again.known, kept.known);
        fs::remove_file(file).expect("it was there");
    }
}
