//! Findings: one explained, and all of them in groups.

use super::{
    Places, corpora,
    inputs::{Checked, Inputs, Panic},
    libfuzzer,
    programs::{Engine, Programs, Sanitizer},
};
use crate::workspace::Workspace;
use anyhow::{Context as _, Result, bail, ensure};
use core::time::Duration;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

/// How long one input of each group is made smaller.
const MINIMISE: Duration = Duration::from_secs(20);

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Only this target
    #[arg(long)]
    target: Option<String>,
    /// Do not make inputs smaller
    #[arg(long)]
    as_they_are: bool,
}

/// Says what an input is, and what comes of it; fails where the property does not hold.
pub(super) fn repro(workspace: &Workspace, file: &Path, target: Option<&str>) -> Result<()> {
    let inputs = Inputs::build(workspace)?;
    // Relative to where the command was given, which is not where it runs, and may be the folder of a target.
    let file = file
        .canonicalize()
        .with_context(|| format!("{} can't be read", file.display()))?;
    let target = match target {
        Some(target) => target.to_owned(),
        None => by_folder(&inputs, workspace, &file)?,
    };
    let mut command = inputs.command(workspace);
    let status = command.arg("explain").arg(&target).arg(&file).status()?;
    match status.code() {
        Some(0) => Ok(()),
        Some(1) => bail!("it breaks the property of {target}"),
        Some(_) | None => bail!("the check of {target} ended with {status}"),
    }
}

/// The target that the folder of a file is named after.
fn by_folder(inputs: &Inputs, workspace: &Workspace, file: &Path) -> Result<String> {
    let targets = inputs.targets(workspace)?;
    let mut folders = file.ancestors().filter_map(Path::file_name);
    let named = folders.find_map(|folder| targets.iter().find(|target| folder == target.name.as_str()));
    let named = named.with_context(|| {
        format!(
            "no folder of {} is named after a target: name it with --target",
            file.display()
        )
    })?;
    Ok(named.name.clone())
}

/// Groups what was found, the smallest input of each group first and made smaller.
pub(super) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let inputs = Inputs::build(workspace)?;
    let places = Places::of(workspace);
    let mut all: BTreeMap<Group, Vec<Checked>> = BTreeMap::new();
    let mut harmless = 0;
    for target in inputs.chosen(workspace, options.target.as_deref())? {
        let files = corpora::files(&places.crashes(&target.name))?;
        for checked in inputs.check(workspace, &target.name, &files)? {
            match &checked.panic {
                None => harmless += 1,
                Some(panic) => all
                    .entry(Group::new(&target.name, panic))
                    .or_default()
                    .push(checked),
            }
        }
    }
    for (group, crashes) in &mut all {
        crashes.sort_by_key(|checked| checked.size);
        let smallest = match options.as_they_are {
            true => None,
            false => minimised(workspace, &inputs, &places, group, crashes)?,
        };
        let first = crashes.first().context("a group has an input")?;
        let file = smallest.as_ref().unwrap_or(&first.file);
        println!("\n{} inputs of {}", crashes.len(), group.target);
        println!("  place    {}", group.place);
        if let Some(panic) = &first.panic {
            println!("  message  {}", panic.message.replace('\n', "\n           "));
        }
        println!(
            "  explain  cargo xtask fuzz repro {}",
            file.strip_prefix(&workspace.root).unwrap_or(file).display()
        );
    }
    println!();
    if harmless > 0 {
        println!(
            "{harmless} inputs break nothing any more, or only with the engine that found them: the next campaign tries them first"
        );
    }
    ensure!(all.is_empty(), "{} different findings", all.len());
    println!("no findings");
    Ok(())
}

/// What crashes of one cause have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    target: String,
    place: String,
    /// The first line of the message, without what differs from input to input.
    message: String,
}

impl Group {
    fn new(target: &str, panic: &Panic) -> Self {
        let line = panic.message.lines().next().unwrap_or_default();
        let mut message = String::new();
        for letter in line.chars() {
            match letter {
                '0'..='9' if message.ends_with('#') => {}
                '0'..='9' => message.push('#'),
                _ => message.push(letter),
            }
        }
        Self {
            target: target.to_owned(),
            place: panic.place.clone(),
            message,
        }
    }
}

/// The smallest input made smaller by libFuzzer; nothing where it is as small as it gets.
fn minimised(
    workspace: &Workspace,
    inputs: &Inputs,
    places: &Places,
    group: &Group,
    crashes: &[Checked],
) -> Result<Option<PathBuf>> {
    let Some(first) = crashes.first().filter(|first| first.size > 1) else {
        return Ok(None);
    };
    let programs = Programs::build(workspace, Engine::Libfuzzer, Sanitizer::None, Some(&group.target))?;
    let folder = places.made.join("small").join(&group.target);
    fs::create_dir_all(&folder)?;
    let small = folder.join(first.file.file_name().unwrap_or_default());
    let mut command = libfuzzer::command(&programs.of(&group.target), &group.target);
    command
        .arg("-minimize_crash=1")
        .arg(format!("-max_total_time={}", MINIMISE.as_secs()))
        .arg(format!("-exact_artifact_path={}", small.display()))
        .arg(&first.file)
        .current_dir(&folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // It ends with an error where it can't make it smaller, which is no error here.
    command.status().context("libFuzzer can't be started")?;
    if !small.is_file() {
        return Ok(None);
    }
    let checked = inputs.check(workspace, &group.target, core::slice::from_ref(&small))?;
    // Smaller, it may have become an input that breaks something else.
    let same = |checked: &Checked| {
        let panic = checked.panic.as_ref();
        panic.is_some_and(|panic| Group::new(&group.target, panic) == *group)
    };
    Ok(checked.first().is_some_and(same).then_some(small))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_further_lines_do_not_part_a_group() {
        let group = |message: &str| {
            let panic = Panic {
                place: "a.rs:1:1".to_owned(),
                message: message.to_owned(),
            };
            Group::new("some", &panic)
        };
        assert_eq!(
            group("index 12 of 9\n left: 1"),
            group("index 3 of 1024\n left: 2")
        );
        assert_ne!(group("index 12"), group("range 12"));
    }
}
