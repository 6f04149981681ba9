//! Corpora: seeds written, grown ones minimised into those that are committed, those of other machines merged.

use super::{
    Places,
    inputs::{Inputs, Target},
    libfuzzer, page,
    programs::{Engine, Programs, Sanitizer},
};
use crate::workspace::{self, Workspace};
use anyhow::{Context as _, Result, ensure};
use core::hash::{Hash as _, Hasher as _};
use std::{
    fs,
    hash::DefaultHasher,
    path::{Path, PathBuf},
    process::Stdio,
};

/// How much of a target's corpus is committed, in bytes. A test of the fuzz library holds it to a little more.
const KEEP_MAX: u64 = 290 * 1024;

/// Writes seeds, dictionaries, and the table of the targets.
pub(super) fn seeds(workspace: &Workspace) -> Result<()> {
    let inputs = Inputs::build(workspace)?;
    write_seeds(workspace, &inputs)?;
    let folder = Places::of(workspace).committed.join("dictionaries");
    workspace::run(inputs.command(workspace).arg("words").arg(folder))?;
    let mut table = String::from("| target | what holds for every input |\n| --- | --- |\n");
    for Target { name, property } in inputs.targets(workspace)? {
        table += &format!("| `{name}` | {property} |\n");
    }
    page::write(&workspace.root, "targets", &table)
}

/// Writes the seeds, which are made of the vectors and kept nowhere.
pub(super) fn write_seeds(workspace: &Workspace, inputs: &Inputs) -> Result<()> {
    let folder = Places::of(workspace).seeds();
    workspace::run(inputs.command(workspace).arg("seeds").arg(folder))
}

/// Minimises what has grown into what is committed: the smallest inputs that together reach all edges.
pub(super) fn keep(workspace: &Workspace, target: Option<&str>) -> Result<()> {
    let inputs = Inputs::build(workspace)?;
    let targets = inputs.chosen(workspace, target)?;
    write_seeds(workspace, &inputs)?;
    let programs = Programs::build(workspace, Engine::Libfuzzer, Sanitizer::None, target)?;
    let places = Places::of(workspace);
    for target in &targets {
        let name = &target.name;
        let chosen = minimise(&places, &programs, name)?;
        let committed = places.committed.join("corpus").join(name);
        let (kept, left_out) = write(&chosen, &committed)?;
        println!("{name:<14} {kept} inputs are kept");
        if left_out > 0 {
            println!("NOTICE: {left_out} larger ones of {name} are not: they are more than {KEEP_MAX} bytes");
        }
    }
    Ok(())
}

/// Puts inputs of other machines to those that have grown here. Which are worth keeping, `keep` finds out.
pub(super) fn merge(workspace: &Workspace, folders: &[PathBuf]) -> Result<()> {
    // Targets of which a folder has nothing are none of its; a folder that is not there is a slip of the pen.
    for folder in folders {
        ensure!(folder.is_dir(), "{} is no folder", folder.display());
    }
    let inputs = Inputs::build(workspace)?;
    let places = Places::of(workspace);
    for target in inputs.targets(workspace)? {
        let grown = places.grown(&target.name);
        let mut new = 0;
        for folder in folders {
            new += add(&grown, &files(&folder.join(&target.name))?)?;
        }
        println!("{:<14} {new} new inputs", target.name);
    }
    Ok(())
}

/// Copies inputs to a corpus under names that tell what they hold, and says how many are new there.
pub(super) fn add(corpus: &Path, inputs: &[PathBuf]) -> Result<usize> {
    fs::create_dir_all(corpus)?;
    let mut new = 0;
    for file in inputs {
        let bytes = fs::read(file).with_context(|| format!("{} can't be read", file.display()))?;
        let to = corpus.join(name_of(&bytes));
        if !to.exists() {
            fs::write(to, bytes)?;
            new += 1;
        }
    }
    Ok(new)
}

/// Files of a folder, in the order of their names; none where it is not there.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_file() {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Has libFuzzer choose a small set of inputs that covers what all cover.
fn minimise(places: &Places, programs: &Programs, target: &str) -> Result<PathBuf> {
    let chosen = places.made.join("kept").join(target);
    if chosen.exists() {
        fs::remove_dir_all(&chosen)?;
    }
    let (grown, log) = (places.grown(target), places.made.join("logs"));
    for folder in [&chosen, &grown, &log] {
        fs::create_dir_all(folder)?;
    }
    let log = log.join(format!("{target}.keep.log"));
    let errors = fs::File::create(&log)?;
    let mut command = libfuzzer::command(&programs.of(target), target);
    command
        // By edges alone, and not by how often each is taken: that is for campaigns, and takes many more inputs.
        .args(["-set_cover_merge=1", "-use_counters=0"])
        .arg(&chosen)
        .arg(&grown)
        .args(places.beginnings(target))
        .stdout(Stdio::null())
        .stderr(errors);
    // What an input does in the set's process is what it does in any: it stops at none that breaks the property.
    let status = command.status().context("libFuzzer can't be started")?;
    ensure!(
        status.success(),
        "the corpus of {target} can't be minimised: see {}",
        log.display()
    );
    Ok(chosen)
}

/// Makes a folder hold the small ones of another, and says how many it holds and how many not.
fn write(from: &Path, to: &Path) -> Result<(usize, usize)> {
    let mut inputs = Vec::new();
    for file in files(from)? {
        inputs.push(fs::read(file)?);
    }
    inputs.sort_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
    let mut room = KEEP_MAX;
    let fits = inputs.iter().take_while(|input| {
        let left = room.checked_sub(input.len() as u64);
        room = left.unwrap_or(0);
        left.is_some()
    });
    let kept: Vec<_> = fits.collect();
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to)?;
    for input in &kept {
        fs::write(to.join(name_of(input)), input)?;
    }
    Ok((kept.len(), inputs.len() - kept.len()))
}

/// The same input has the same name everywhere.
fn name_of(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_inputs_are_kept_first_and_no_more_than_there_is_room_for() {
        let folder = std::env::temp_dir().join(format!("cardwire-fuzz-corpora-{}", std::process::id()));
        let (from, to) = (folder.join("from"), folder.join("to"));
        fs::create_dir_all(&from).expect("a folder");
        fs::create_dir_all(&to).expect("a folder");
        fs::write(to.join("old"), "old").expect("a file");
        for (name, size) in [("a", 200 * 1024), ("b", 10), ("c", 100 * 1024), ("d", 80 * 1024)] {
            fs::write(from.join(name), vec![7; size]).expect("a file");
        }
        assert_eq!(write(&from, &to).expect("it can be written"), (3, 1));
        let sizes: u64 = files(&to)
            .expect("it is there")
            .iter()
            .map(|file| file.metadata().expect("it is there").len())
            .sum();
        assert_eq!(sizes, 180 * 1024 + 10);
        fs::remove_dir_all(folder).expect("it was there");
    }
}
