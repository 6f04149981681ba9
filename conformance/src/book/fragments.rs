//! The fragments that the chapter of worked examples includes.

mod channel;
mod clear;
mod logic;
mod refusals;
mod sealed;

use super::{BookError, annotate, lines::Exchange, noise::Step, story::Story};
use cardwire_spec::Place;
use core::fmt::Write as _;

/// Name and text of each.
pub(super) fn all(story: &Story) -> Result<Vec<(&'static str, String)>, BookError> {
    let made: [(&'static str, String); 15] = [
        ("values", clear::values(story)?),
        ("frame", clear::frame(story)?),
        ("hello", clear::hello(story)?),
        ("key", clear::key(story)),
        ("prologue", clear::prologue(story)?),
        ("connect", clear::connect(story)?),
        ("request", sealed::request(story)?),
        ("login-begin", channel::begin(story)?),
        ("login-handshake", channel::handshake(story)),
        ("login-finish", channel::finish(story)?),
        ("service", sealed::service(story)?),
        ("update", channel::update(story)?),
        ("logic", logic::text(story)?),
        ("refusals", refusals::text(story)?),
        ("disconnect", sealed::disconnect(story)?),
    ];
    Ok(made
        .into_iter()
        .map(|(name, text)| (name, format!("{NOTE}{}\n", text.trim_end())))
        .collect())
}

/// What every fragment begins with.
const NOTE: &str =
    "<!-- Made by `cargo run --package cardwire-conformance --example book`; do not edit. -->\n\n";

/// A message as a table.
fn message(heading: &str, place: Place<'_>, bytes: &[u8]) -> Result<String, BookError> {
    Ok(annotate::table(heading, &annotate::message(place, bytes)?))
}

/// A request and its answer, in plain and on the line.
fn exchange(exchange: &Exchange, names: [&str; 2]) -> Result<String, BookError> {
    let Exchange {
        number,
        request,
        answer,
    } = exchange;
    let [asked, answered] = names;
    Ok([
        message(&format!("{asked}, in plain"), Place::Request, &request.plain)?,
        annotate::block(&format!("Its frame, number {number}, on the line"), &request.line),
        message(&format!("{answered}, in plain"), Place::Answer, &answer.plain)?,
        annotate::block(&format!("Its frame, number {number}, on the line"), &answer.line),
    ]
    .concat())
}

/// The state of a handshake after each step.
fn steps(heading: &str, steps: &[Step]) -> String {
    let mut text = format!("**{heading}**\n\n| step | gives |\n| --- | --- |\n");
    for Step { operation, values } in steps {
        let values: Vec<_> = values
            .iter()
            .map(|(name, value)| format!("{name}&nbsp;= `{value}`"))
            .collect();
        // Writing to a string does not fail.
        let _ = writeln!(text, "| {operation} | {} |", values.join("<br>"));
    }
    text.push('\n');
    text
}
