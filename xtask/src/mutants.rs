//! The codec with one rule left out, for each rule: the vectors have to notice.
//!
//! A mutant that no vector refutes means that somebody else's codec may lack this rule too and pass. They are applied to
//! a copy of the codec below the target directory, which is built with the names of fields alone and runs its test of the vectors.

mod sandbox;

use crate::workspace::Workspace;
use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use sandbox::{Outcome, Sandbox};
use serde::Deserialize;
use std::{collections::BTreeSet, fs};

/// The list.
const LIST: &str = "codec/mutants.toml";

/// Faults of frames, which the vectors name and no registry does.
const FAULTS: [&str; 5] = ["cobs", "too-short", "too-long", "checksum", "kind"];

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Try only the mutants that leave out this rule
    #[arg(long)]
    rule: Option<String>,
}

impl Options {
    /// Every mutant.
    pub(crate) const fn all() -> Self {
        Self { rule: None }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    mutant: Vec<Mutant>,
}

/// One rule left out at one place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutant {
    /// A name of the registry `codec_rule`, or a fault of frames.
    rule: String,
    /// Below `codec/src`.
    file: String,
    /// What stands there exactly once.
    find: String,
    /// What stands there instead.
    replace: String,
}

/// Builds every mutant and runs the vectors against it.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let text =
        fs::read_to_string(workspace.root.join(LIST)).with_context(|| format!("{LIST} can't be read"))?;
    let list: List = toml::from_str(&text).with_context(|| format!("{LIST} is no list of mutants"))?;
    check_rules(workspace, &list)?;
    let sandbox = Sandbox::make(workspace)?;
    if let Outcome::Caught(vectors) = sandbox.try_vectors()? {
        bail!(
            "the codec itself does not keep {} vectors, so that mutants prove nothing: {}",
            vectors.len(),
            vectors.first().map_or("", |vector| vector.title.as_str())
        );
    }
    let chosen = |mutant: &&Mutant| options.rule.as_ref().is_none_or(|rule| *rule == mutant.rule);
    let mutants: Vec<&Mutant> = list.mutant.iter().filter(chosen).collect();
    ensure!(
        !mutants.is_empty(),
        "no mutant in {LIST} leaves out the rule `{}`",
        options.rule.as_deref().unwrap_or_default()
    );
    let mut faults = Vec::new();
    for mutant in &mutants {
        if let Err(error) = refute(&sandbox, mutant) {
            let fault = format!("{}, in {}: {error:#}", mutant.rule, mutant.file);
            println!("NOT CAUGHT  {fault}");
            faults.push(fault);
        }
    }
    ensure!(
        faults.is_empty(),
        "{} of {} mutants are not caught:\n  {}",
        faults.len(),
        mutants.len(),
        faults.join("\n  ")
    );
    println!("all {} mutants are caught", mutants.len());
    Ok(())
}

/// That the list leaves out every rule that there is, and no other.
fn check_rules(workspace: &Workspace, list: &List) -> Result<()> {
    let protocol = cardwire_spec::load(&workspace.root.join("spec/protocol.toml"))?;
    let registry = protocol.registries.get("codec_rule");
    let registry = registry.context("the schema has no registry `codec_rule`")?;
    let rules: BTreeSet<&str> = registry.values.iter().map(|rule| rule.name.as_str()).collect();
    let left_out: BTreeSet<&str> = list.mutant.iter().map(|mutant| mutant.rule.as_str()).collect();
    let missing: Vec<&str> = rules.difference(&left_out).copied().collect();
    ensure!(
        missing.is_empty(),
        "{LIST} has no mutant that leaves out {}",
        missing.join(", ")
    );
    let unknown = left_out
        .into_iter()
        .find(|rule| !rules.contains(rule) && !FAULTS.contains(rule));
    match unknown {
        Some(rule) => bail!("`{rule}` in {LIST} is neither a rule of the codec nor a fault of frames"),
        None => Ok(()),
    }
}

/// Tries one mutant, and prints who caught it.
fn refute(sandbox: &Sandbox, mutant: &Mutant) -> Result<()> {
    let _applied = sandbox.apply(&mutant.file, &mutant.find, &mutant.replace)?;
    match sandbox.try_vectors()? {
        Outcome::Kept => bail!("every vector is kept: one is missing that breaks this rule and no other"),
        Outcome::Hung => bail!("it runs for ever, so that no vector can be named"),
        Outcome::Caught(vectors) => {
            let own: Vec<_> = vectors
                .iter()
                .filter(|vector| vector.wanted == mutant.rule)
                .collect();
            let first = own.first().with_context(|| {
                let some = vectors.first().map_or("none", |vector| vector.title.as_str());
                format!("it is caught by vectors of other rules only, such as {some}")
            })?;
            println!(
                "caught      {}, in {}, by {} of its own vectors, such as {}, and {} others",
                mutant.rule,
                mutant.file,
                own.len(),
                first.title,
                vectors.len() - own.len()
            );
            Ok(())
        }
    }
}
