//! A property of execution logic: what verifies runs within its bounds, whatever the card answers.
//!
//! | part | what it does |
//! | --- | --- |
//! | `draft` | makes programs of bytes: right ones, and with hostile fields |
//! | `card` | a hostile card, and the card holder, who choose what they answer |
//! | `run` | runs a program and holds each step to the book |

mod card;
mod draft;
mod run;

use crate::{
    Seed, Target,
    codec::{self, PROTOCOL},
    vectors,
};
use card::Card;
use cardwire_codec::{
    Message as _,
    message::{
        ClientLoss, Instruction, Logic, LogicRule, ModuleId, Outcome, Policy, ServiceId,
        limits::LOGIC_STEPS_MAX,
    },
    plain::{self, Plain as _},
    wire::{Cursor, Writer},
};
use cardwire_core::logic::{Broken, check as verify};
use cardwire_spec::{interpret::hex, logic::disassemble};
use core::fmt::Write as _;
use run::{Judge, run};
use std::collections::BTreeSet;

/// The verifier of service logic, and the machine that trusts it.
pub const TARGET: Target = Target {
    name: "logic_verify",
    property: "logic that verifies ends within its budget on a hostile card, uses and is done with its modules as it \
               declares, and leaves no bound of registers and service data; it encodes to the same bytes",
    check,
    explain,
    seeds,
    words,
};

/// A document that may be execution logic, and what the card answers when it runs.
struct Input {
    document: Vec<u8>,
    card: Card,
    /// Whether it was made to verify.
    is_right: bool,
}

/// How an input is made of bytes; the first one chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Two bytes of length, a document, then what the card answers.
    Document,
    /// The same with code alone, which gets a header that allows all it can.
    Code,
    /// A program that is made to verify.
    Right,
    /// The same with a few fields that are not as they should be.
    Hostile,
}

impl Form {
    const ALL: [Self; 4] = [Self::Document, Self::Code, Self::Right, Self::Hostile];
}

impl Input {
    fn of(bytes: &[u8]) -> Option<Self> {
        let (&choice, bytes) = bytes.split_first()?;
        let form = Form::ALL[usize::from(choice) % Form::ALL.len()];
        let (document, answers) = match form {
            Form::Document | Form::Code => {
                let (length, rest) = bytes.split_first_chunk::<2>()?;
                let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
                let (given, answers) = rest.split_at(length);
                let document = if form == Form::Document {
                    given.to_vec()
                } else {
                    around(given).encode().ok()?
                };
                (document, answers.to_vec())
            }
            // The program is made from the front and the card answers from the back, so that neither moves the other.
            Form::Right | Form::Hostile => {
                let program = draft::program(bytes, form == Form::Hostile).encode().ok()?;
                (program, bytes.iter().rev().copied().collect())
            }
        };
        Some(Self {
            document,
            card: Card::new(answers),
            is_right: form == Form::Right,
        })
    }
}

/// Code with a header that declares all modules, and as many instructions as there may be.
fn around(code: &[u8]) -> plain::Logic {
    plain::Logic {
        service: ServiceId(0xF001),
        name: String::from("fuzz"),
        version: 1,
        policy: Policy::WholeService,
        on_client_loss: ClientLoss::Abort,
        modules: MODULES.to_vec(),
        parameters: Vec::new(),
        budget: LOGIC_STEPS_MAX as u16,
        code: code.to_vec(),
        extensions: Vec::new(),
    }
}

/// The modules that logic can call.
const MODULES: [ModuleId; 4] = [
    ModuleId::CONTACT_CARD,
    ModuleId::CONTACTLESS_CARD,
    ModuleId::INDICATOR,
    ModuleId::PIN_PAD,
];

/// Verifies the document, and runs it where it does.
///
/// # Panics
/// Where the property does not hold.
pub fn check(bytes: &[u8]) {
    let Some(input) = Input::of(bytes) else { return };
    let verdict = verify(&input.document);
    match verdict {
        Ok(()) => {
            same_bytes(&input.document);
            let tight = input
                .is_right
                .then(|| with_least_budget(&input.document))
                .flatten();
            run(&tight.unwrap_or(input.document), input.card, &mut Judge::Strict);
        }
        Err(broken) => {
            let code = Logic::decode(&input.document).map_or(&[][..], |logic| logic.code);
            assert!(
                broken.at.is_none_or(|at| at <= code.len()),
                "what is broken has a place in the code: {broken:?}"
            );
            assert!(
                !input.is_right || is_excused(broken),
                "a right program verifies, and this one breaks {broken:?}"
            );
        }
    }
}

/// Only its length a program that is made to verify can't help: it may take more steps than any budget allows.
fn is_excused(broken: Broken) -> bool {
    broken.rule == LogicRule::Budget
}

/// Whether a program that is made of these bytes verifies; `None` where none is made.
#[must_use]
pub fn verifies(bytes: &[u8]) -> Option<bool> {
    Input::of(bytes).map(|input| verify(&input.document).is_ok())
}

/// The document with the least budget with which it verifies: a run has no step to spare.
fn with_least_budget(document: &[u8]) -> Option<Vec<u8>> {
    let mut logic = plain::Logic::decode(document).ok()?;
    // Verifies with the larger one, and not with the smaller one.
    let (mut fails, mut verifies) = (0, logic.budget);
    while fails + 1 < verifies {
        logic.budget = fails.midpoint(verifies);
        match verify(&logic.encode().ok()?) {
            Ok(()) => verifies = logic.budget,
            Err(broken) => {
                assert!(
                    is_excused(broken),
                    "a smaller budget breaks the rule `budget` alone, not {broken:?}"
                );
                fails = logic.budget;
            }
        }
    }
    logic.budget = verifies;
    logic.encode().ok()
}

/// The document of a program that is made of these bytes: one that verifies.
pub(crate) fn drafted(bytes: &[u8]) -> Option<Vec<u8>> {
    draft::program(bytes, false).encode().ok()
}

/// What verifies is one encoding of one document, and so is each of its instructions.
fn same_bytes(document: &[u8]) {
    let logic = Logic::decode(document).expect("what verifies decodes");
    let mut out = vec![0; document.len()];
    let length = logic.encode(&mut out).expect("what decodes has an encoding");
    assert_eq!(&out[..length], document, "one document has one encoding");
    let mut code = vec![0; logic.code.len()];
    let mut writer = Writer::new(&mut code);
    for (_, instruction) in instructions(logic.code) {
        instruction
            .write(&mut writer)
            .expect("what is read can be written");
    }
    let length = writer.written();
    assert_eq!(&code[..length], logic.code, "one instruction has one encoding");
}

/// The instructions of code, each with its offset, up to the first that is none.
fn instructions(code: &[u8]) -> impl Iterator<Item = (usize, Instruction<'_>)> {
    let mut cursor = Cursor::new(code);
    core::iter::from_fn(move || {
        let at = cursor.offset();
        if cursor.rest().is_empty() {
            return None;
        }
        Some((at, Instruction::read(&mut cursor).ok()?))
    })
}

/// The text of the program, the verifier's verdict, and the run.
#[must_use]
pub fn explain(bytes: &[u8]) -> String {
    let Some(input) = Input::of(bytes) else {
        return String::from("nothing\n");
    };
    let mut out = match disassemble(&PROTOCOL, &input.document) {
        Ok(text) => text,
        Err(fault) => format!("{}: {fault}\n", hex::encode(&input.document)),
    };
    match verify(&input.document) {
        Err(Broken { rule, at: Some(at) }) => {
            let _ = writeln!(out, "does not verify: {} at @{at:04X}", rule.name());
        }
        Err(Broken { rule, at: None }) => {
            let _ = writeln!(out, "does not verify: {}", rule.name());
        }
        Ok(()) => {
            out += "verifies\n";
            let mut judge = Judge::Telling(out);
            run(&input.document, input.card, &mut judge);
            let Judge::Telling(told) = judge else {
                return String::new();
            };
            out = told;
        }
    }
    out
}

/// Every published service as a document and as code, with a card that has nothing to say, and programs that are made of
/// the bytes of the same documents.
fn seeds() -> Vec<Seed> {
    let mut seeds = Vec::new();
    let published = vectors::files("vectors/logic", ".bin");
    for (name, document) in published.into_iter().chain(broken()) {
        let mut put = |form: Form, bytes: &[u8]| {
            let choice = form as u8;
            let length = (bytes.len() as u16).to_be_bytes();
            let whole = match form {
                Form::Document | Form::Code => [&[choice], &length[..], bytes, &document[..8]].concat(),
                Form::Right | Form::Hostile => [&[choice], bytes].concat(),
            };
            let form = format!("{form:?}").to_lowercase();
            seeds.push(Seed {
                name: format!("{name}-{form}"),
                bytes: whole,
            });
        };
        put(Form::Document, &document);
        if let Ok(logic) = Logic::decode(&document) {
            put(Form::Code, logic.code);
            put(Form::Right, logic.code);
            put(Form::Hostile, logic.code);
        }
    }
    seeds
}

/// Programs for the indicator that break one rule of paths each: if one verified, its run would show it.
fn broken() -> Vec<(String, Vec<u8>)> {
    let (show, done) = (
        Instruction::Show { pattern: 1 },
        Instruction::Done {
            module: ModuleId::INDICATOR,
        },
    );
    let (twice, again) = (Instruction::Loop { times: 2 }, Instruction::Again);
    let end = Instruction::End {
        outcome: Outcome::SUCCESS,
    };
    let (begin, settled) = (Instruction::Critical, Instruction::Settled);
    let programs: [(&str, &[Instruction<'_>]); 8] = [
        ("done-in-loop", &[twice, show, done, again, end]),
        ("done-twice", &[show, twice, done, again, end]),
        ("used-behind-done", &[show, done, show, done, end]),
        ("not-done", &[show, end]),
        (
            "not-done-at-an-end-in-a-loop",
            &[twice, show, end, again, done, end],
        ),
        ("ended-between-writes", &[begin, show, done, end]),
        ("begun-in-loop", &[twice, begin, again, settled, show, done, end]),
        (
            "settled-in-loop",
            &[begin, twice, settled, again, show, done, end],
        ),
    ];
    let document = |code: &[Instruction<'_>]| {
        let mut bytes = [0; 32];
        let mut writer = Writer::new(&mut bytes);
        for instruction in code {
            instruction.write(&mut writer).expect("it fits");
        }
        let length = writer.written();
        plain::Logic {
            policy: Policy::PerStep,
            modules: vec![ModuleId::INDICATOR],
            ..around(&bytes[..length])
        }
        .encode()
        .expect("it has an encoding")
    };
    programs
        .map(|(name, code)| (name.to_owned(), document(code)))
        .into()
}

/// Every instruction that a published service has, and the numbers of the schema.
fn words() -> Vec<Vec<u8>> {
    const WORD_MAX: usize = 24;
    let mut words: BTreeSet<_> = codec::number_words().into_iter().collect();
    for (_, document) in vectors::files("vectors/logic", ".bin") {
        let Ok(logic) = Logic::decode(&document) else {
            continue;
        };
        let ends = instructions(logic.code).skip(1).map(|(at, _)| at);
        let ends: Vec<_> = ends.chain([logic.code.len()]).collect();
        for ((at, _), end) in instructions(logic.code).zip(ends) {
            if end - at <= WORD_MAX {
                words.insert(logic.code[at..end].to_vec());
            }
        }
    }
    words.extend(card::WORDS.iter().map(|word| word.to_vec()));
    words.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_programs_break_the_rule_of_their_paths() {
        for (name, document) in broken() {
            let rule = if name.contains("done") {
                LogicRule::Done
            } else {
                LogicRule::Critical
            };
            let verdict = verify(&document).expect_err(&name);
            assert_eq!(verdict.rule, rule, "{name}");
        }
    }
}
