//! A property of the assembler: text and document say the same, and what is no text of a program is told with its place.

use crate::{Seed, Target, codec::PROTOCOL, logic, text, vectors};
use cardwire_spec::{
    Place,
    interpret::{self, Data, hex},
    logic::{assemble_with_lines, disassemble, steps},
};
use core::fmt::Write as _;
use std::collections::BTreeSet;

/// The assembler of service logic, and the disassembler.
pub const TARGET: Target = Target {
    name: "assembler",
    property: "what assembles disassembles to text that assembles to the same document; a document that disassembles \
               comes back byte for byte; other text is told with line, column and remedy",
    check,
    explain,
    seeds,
    words,
};

/// What a text is called in problems.
const FILE: &str = "fuzz.logic";

/// What the first byte takes the others for.
enum Input {
    Text(String),
    Document(Vec<u8>),
}

impl Input {
    fn of(bytes: &[u8]) -> Option<Self> {
        let (&form, bytes) = bytes.split_first()?;
        Some(match form % 4 {
            0 | 1 => Self::Text(String::from_utf8_lossy(bytes).into_owned()),
            2 => Self::Document(bytes.to_vec()),
            _ => Self::Document(logic::drafted(bytes)?),
        })
    }
}

/// Takes the bytes there and back.
///
/// # Panics
/// Where the property does not hold.
pub fn check(bytes: &[u8]) {
    match Input::of(bytes) {
        Some(Input::Text(text)) => of_text(&text),
        Some(Input::Document(document)) => of_document(&document),
        None => {}
    }
}

fn of_text(text: &str) {
    let (document, lines) = match assemble_with_lines(&PROTOCOL, FILE, text) {
        Ok(assembled) => assembled,
        Err(problems) => return text::hold_problems(FILE, text, &problems),
    };
    let count = text.lines().count();
    assert!(
        lines.is_sorted_by(|(one, _), (other, _)| one < other),
        "instructions have their offsets in order"
    );
    assert!(
        lines.iter().all(|(_, line)| (1..=count).contains(line)),
        "and their lines in the text"
    );
    let starts = steps(&PROTOCOL, &code(&document)).expect("what is assembled are instructions");
    assert!(
        starts
            .iter()
            .map(|step| step.offset)
            .eq(lines.iter().map(|(at, _)| *at)),
        "each line is an instruction of the code"
    );
    of_document(&document);
}

fn of_document(document: &[u8]) {
    match disassemble(&PROTOCOL, document) {
        Ok(text) => match assemble_with_lines(&PROTOCOL, FILE, &text) {
            Ok((again, _)) => assert_eq!(
                hex::encode(&again),
                hex::encode(document),
                "a listing assembles to its document:\n{text}"
            ),
            Err(problems) => panic!("a listing assembles: {problems}\n{text}"),
        },
        Err(fault) => assert!(
            fault.offset <= document.len(),
            "what is wrong has a place in the document: {fault}"
        ),
    }
}

/// The field `code` of a document that decodes; nothing where it does not.
fn code(document: &[u8]) -> Vec<u8> {
    let tree = interpret::decode(&PROTOCOL, Place::Document("logic"), document);
    match tree.as_ref().map(|tree| tree.field("code")) {
        Ok(Some(Data::Bytes(code))) => code.clone(),
        _ => Vec::new(),
    }
}

/// The text, and what the assembler says of it; or the listing of the document.
#[must_use]
pub fn explain(bytes: &[u8]) -> String {
    match Input::of(bytes) {
        None => String::from("nothing\n"),
        Some(Input::Text(text)) => {
            let mut out = text::numbered(&text);
            match assemble_with_lines(&PROTOCOL, FILE, &text) {
                Ok((document, _)) => {
                    let _ = writeln!(out, "assembles to {}", hex::encode(&document));
                }
                Err(problems) => {
                    let _ = writeln!(out, "{problems}");
                }
            }
            out
        }
        Some(Input::Document(document)) => match disassemble(&PROTOCOL, &document) {
            Ok(text) => format!("{}\n{text}", hex::encode(&document)),
            Err(fault) => format!("{}\n{fault}\n", hex::encode(&document)),
        },
    }
}

/// The text of every service, every published document, and the documents' bytes as programs are made of them.
fn seeds() -> Vec<Seed> {
    let mut seeds = Vec::new();
    let mut put = |name: String, form: u8, bytes: &[u8]| {
        seeds.push(Seed {
            name,
            bytes: [&[form], bytes].concat(),
        });
    };
    for (name, text) in vectors::files("spec/services", ".logic") {
        put(format!("{name}-text"), 0, &text);
    }
    for (name, document) in vectors::files("vectors/logic", ".bin") {
        put(format!("{name}-document"), 2, &document);
        put(format!("{name}-program"), 3, &document);
    }
    seeds
}

/// Header lines, instructions with right operands, and the values of the registries that operands name.
fn words() -> Vec<Vec<u8>> {
    let mut words = BTreeSet::new();
    for (_, text) in vectors::files("spec/services", ".logic") {
        let text = String::from_utf8_lossy(&text).into_owned();
        for line in text.lines() {
            let code = line.split(';').next().unwrap_or_default().trim();
            if !code.is_empty() && code.len() <= text::WORD_MAX {
                words.insert(code.to_owned());
            }
        }
    }
    for instruction in &PROTOCOL.instructions {
        words.insert(format!("\n{} ", instruction.name));
        for operand in &instruction.operands {
            let registry = PROTOCOL.registries.get(&operand.type_name);
            let values = registry.into_iter().flat_map(|registry| &registry.values);
            words.extend(values.map(|value| value.name.clone()));
        }
    }
    let others = [
        "extension 0x7F01 00",
        "takes \"a\" text client required 0 1",
        "@0000",
        "label:",
        "r7",
        "\"\"",
        "0xFFFF",
    ];
    words.extend(others.map(str::to_owned));
    words.into_iter().map(String::into_bytes).collect()
}
