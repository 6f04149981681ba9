//! The run as one page for people.

use crate::{case::Group, requirement::requirement, run::Run, verdict::Verdict};
use minijinja::{Environment, context};
use serde::Serialize;
use serde_json::Value;
use std::io;

const TEMPLATE: &str = include_str!("report.html");

/// A row of the table of verdicts: a group, how many of its cases ran, and how many ended with each verdict.
#[derive(Serialize)]
struct GroupRow {
    name: &'static str,
    cases: usize,
    counts: Vec<usize>,
}

/// A self-contained page: no script, no network.
pub(super) fn render(run: &Run, json: &Value) -> io::Result<String> {
    let mut environment = Environment::new();
    // The name's ending makes every value be escaped for HTML.
    environment.add_template("report.html", TEMPLATE).map_err(io::Error::other)?;
    environment.add_filter("sentence", |id: &str| requirement(id).map_or("", |found| found.sentence.as_str()));
    let page = environment.get_template("report.html").map_err(io::Error::other)?;
    page.render(context! {
        run => json,
        words => run.outcome().words(),
        verdicts => Verdict::NAMES,
        groups => groups(run),
        counted => Verdict::NAMES.iter().map(|name| run.count(name)).collect::<Vec<_>>(),
    })
    .map_err(io::Error::other)
}

fn groups(run: &Run) -> Vec<GroupRow> {
    let row = |group: &Group| {
        let of_group: Vec<_> = run.results.iter().filter(|result| result.case.group == *group).collect();
        let count = |name: &&str| of_group.iter().filter(|result| result.verdict.name() == *name).count();
        GroupRow {
            name: group.name(),
            cases: of_group.len(),
            counts: Verdict::NAMES.iter().map(count).collect(),
        }
    };
    Group::ALL.iter().map(row).filter(|row| row.cases > 0).collect()
}
