//! `cardwire logic verify`: whether readers would store it.

use super::source::Source;
use crate::{
    failure::{Exit, Failure, Outcome},
    protocol::protocol,
    terminal::{Format, pairs, print, print_json},
};
use cardwire_codec::message::{
    LogicRule,
    limits::{LOGIC_MAX, LOGIC_STEPS_MAX, LOOP_DEPTH_MAX},
};
use cardwire_core::logic::{Broken, check};
use cardwire_spec::logic::words;
use serde_json::json;
use std::path::PathBuf;

const EXAMPLE: &str = "\
Examples:
  cardwire logic verify spec/services/phonebook.list.logic
  cardwire logic verify phonebook.list.bin --format json

It is the verifier of the reference reader, with all modules. Another reader may lack one of them, and refuses the logic with the rule
`module` then. Exit codes: 0 it verifies, 1 it does not, 2 wrong usage.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Arguments {
    /// The text or the document; `-` is standard input
    file: PathBuf,
    /// How to tell the result
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    verify(arguments).map_err(|failure| failure.told_as(arguments.format))
}

fn verify(arguments: &Arguments) -> Outcome {
    let source = Source::read(&arguments.file)?;
    let logic = source.logic()?;
    check(&source.document).map_err(|broken| failure(&source, broken))?;
    let modules: Vec<_> = logic.modules.iter().map(|module| module.to_string()).collect();
    let parameters: Vec<_> = logic
        .parameters
        .iter()
        .map(|parameter| parameter.name.as_str().to_owned())
        .collect();
    match arguments.format {
        Format::Text => print(pairs([
            ("verifies", format!("{} {}", logic.name.as_str(), logic.service.0)),
            ("version", logic.version.to_string()),
            ("size", format!("{} of {LOGIC_MAX} bytes", source.document.len())),
            (
                "budget",
                format!("{} of {LOGIC_STEPS_MAX} instructions", logic.budget),
            ),
            ("policy", logic.policy.to_string()),
            ("modules", modules.join(", ")),
            ("parameters", parameters.join(", ")),
        ])),
        Format::Json => print_json(&json!({
            "verifies": true,
            "name": logic.name.as_str(),
            "service": logic.service.0,
            "version": logic.version,
            "size": source.document.len(),
            "budget": logic.budget,
            "policy": logic.policy.name(),
            "modules": modules,
            "parameters": parameters,
        })),
    }
    Ok(Exit::Done)
}

/// What is wrong, where, and what to do.
pub(super) fn failure(source: &Source, broken: Broken) -> Failure {
    let Broken { rule, at } = broken;
    let steps = source.steps();
    let step = steps.iter().find(|step| Some(step.offset) == at);
    let instruction = step.map(|step| words(protocol(), step));
    let of = instruction
        .as_ref()
        .map(|words| format!(" at `{words}`"))
        .unwrap_or_default();
    let what = format!("{}: the logic breaks the rule `{rule}`{of}", source.place(at));
    Failure::new(Exit::Failed, what, remedy(rule)).with_document(json!({
        "verifies": false,
        "rule": rule.name(),
        "offset": at,
        "line": at.and_then(|at| source.line(at)),
        "instruction": instruction,
    }))
}

/// What an author does about a broken rule.
fn remedy(rule: LogicRule) -> String {
    let text = match rule {
        LogicRule::Document => "Give the document that `cardwire logic asm --out` writes.",
        LogicRule::Opcode => {
            "Use the instructions of the chapter on service logic; a document of another version has others."
        }
        LogicRule::Operand => "Hold each operand to its bounds in the table of instructions.",
        LogicRule::Target => {
            "Have each label lead ahead and within its loop, and leave out what no path comes to."
        }
        LogicRule::Loop => {
            return format!("End each `loop` with an `again`, and nest no more than {LOOP_DEPTH_MAX}.");
        }
        LogicRule::End => "Let every path come to an `end`.",
        LogicRule::Budget => {
            return format!(
                "Raise the budget, to {LOGIC_STEPS_MAX} at most, or have its loops run less often."
            );
        }
        LogicRule::Module => {
            "Declare each module that is called in the header line `modules`; the security module is none of them."
        }
        LogicRule::Done => {
            "Write exactly one `done` for each module on every path that calls it, behind its last call and outside of loops."
        }
        LogicRule::Filter => {
            "Send the commands that the chapter on service logic lists; PINs are presented by `pin`."
        }
        LogicRule::Parameter => {
            "Declare each parameter once in a header line `takes`, with a minimum that is not above its maximum."
        }
        LogicRule::Critical => {
            "Have `critical` and `settled` take turns on every path, and no `end` between them."
        }
    };
    text.to_owned()
}
