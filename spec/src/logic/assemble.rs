//! From text to the document `logic`.

use super::{
    DOCUMENT,
    operand::{self, is_label, is_label_name, number, wanted},
    takes,
    token::{Place, Token, tokens},
};
use crate::{
    interpret::{self, EncodeError, hex},
    model::{Document, Field, Instruction, Protocol},
    problem::{Problem, Problems},
};
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

/// Assembles the execution logic of a service; `file` names the text in problems. The result is the document `logic`.
///
/// # Errors
/// Everything that is wrong with the text, with line and column.
pub fn assemble(protocol: &Protocol, file: &str, text: &str) -> Result<Vec<u8>, Problems> {
    assemble_with_lines(protocol, file, text).map(|(document, _)| document)
}

/// Offsets of instructions in the code, each with its line of the text, in ascending order.
pub type Lines = Vec<(usize, usize)>;

/// The same, and the line of each instruction.
///
/// # Errors
/// As for [`assemble`].
pub fn assemble_with_lines(
    protocol: &Protocol,
    file: &str,
    text: &str,
) -> Result<(Vec<u8>, Lines), Problems> {
    let mut assembler = Assembler {
        protocol,
        header: Map::new(),
        places: IndexMap::new(),
        parameters: Vec::new(),
        extensions: Vec::new(),
        code: Vec::new(),
        lines: Vec::new(),
        labels: IndexMap::new(),
        uses: Vec::new(),
        problems: Vec::new(),
    };
    for (index, line) in text.lines().enumerate() {
        if let Err(problem) = assembler.line(index + 1, line) {
            assembler.problems.push(problem);
        }
    }
    let lines = core::mem::take(&mut assembler.lines);
    let document = assembler.finish().map_err(|mut problems| {
        problems.sort_by_key(|problem| (problem.line, problem.column));
        for problem in &mut problems {
            file.clone_into(&mut problem.file);
        }
        Problems(problems)
    })?;
    Ok((document, lines))
}

/// Header lines, and the fields of the document that they give. `service` gives its name too.
const HEADER: [(&str, &str); 6] = [
    ("service", "service"),
    ("version", "version"),
    ("policy", "policy"),
    ("on-client-loss", "on_client_loss"),
    ("modules", "modules"),
    ("budget", "budget"),
];

struct Assembler<'p> {
    protocol: &'p Protocol,
    /// The document's fields in their JSON form, as far as the header has given them.
    header: Map<String, Value>,
    /// Where each header line stands.
    places: IndexMap<String, Place>,
    parameters: Vec<Value>,
    extensions: Vec<Value>,
    code: Vec<u8>,
    /// Offset and line of each instruction.
    lines: Lines,
    /// Offset and place of each label.
    labels: IndexMap<String, (usize, Place)>,
    /// Where in the code a label's offset is wanted.
    uses: Vec<(usize, Token)>,
    problems: Vec<Problem>,
}

impl<'p> Assembler<'p> {
    fn line(&mut self, number: usize, text: &str) -> Result<(), Problem> {
        let tokens = tokens(number, text)?;
        let mut words = tokens.as_slice();
        while let [first, rest @ ..] = words
            && let Some(name) = first.text.strip_suffix(':')
            && !first.quoted
        {
            self.label(name, first.place)?;
            words = rest;
        }
        let Some((first, operands)) = words.split_first() else {
            return Ok(());
        };
        if first.quoted {
            return Err(first
                .place
                .problem("a line can't begin with a text", "begin it with an instruction"));
        }
        let protocol = self.protocol;
        let instruction = protocol
            .instructions
            .iter()
            .find(|known| known.name == first.text);
        match instruction {
            Some(instruction) => self.instruction(instruction, first, operands),
            None => self.header_line(first, operands),
        }
    }

    fn label(&mut self, name: &str, place: Place) -> Result<(), Problem> {
        if !is_label(name) {
            return Err(place.problem(
                format!("`{name}` can't name a label"),
                "use letters, digits, hyphens and underscores, a letter first",
            ));
        }
        match self.labels.get(name) {
            Some((_, first)) => Err(place.problem(
                format!("the label `{name}` is already taken, in line {}", first.line),
                "give each label its own name",
            )),
            None => {
                self.labels.insert(name.to_owned(), (self.code.len(), place));
                Ok(())
            }
        }
    }

    fn instruction(
        &mut self,
        instruction: &'p Instruction,
        name: &Token,
        tokens: &[Token],
    ) -> Result<(), Problem> {
        let operands = &instruction.operands;
        if tokens.len() != operands.len() {
            let wanted = operands
                .iter()
                .map(|operand| format!(" <{}>", operand.name))
                .collect::<String>();
            // A word too many is named at its place, a missing one at the instruction.
            let place = tokens.get(operands.len()).map_or(name.place, |token| token.place);
            return Err(place.problem(
                format!(
                    "`{}` takes {} operand(s), not {}",
                    instruction.name,
                    operands.len(),
                    tokens.len()
                ),
                format!("write {}{wanted}", instruction.name),
            ));
        }
        self.lines.push((self.code.len(), name.place.line));
        self.code.push(instruction.opcode);
        for (operand, token) in operands.iter().zip(tokens) {
            if is_label_name(self.protocol, operand, token) {
                self.uses.push((self.code.len(), token.clone()));
            }
            operand::encode(self.protocol, operand, token, &mut self.code)?;
        }
        Ok(())
    }

    fn header_line(&mut self, key: &Token, values: &[Token]) -> Result<(), Problem> {
        match key.text.as_str() {
            "extension" => return self.extension(key, values),
            takes::KEY => return self.takes(key, values),
            _ => {}
        }
        let Some((_, field)) = HEADER.iter().find(|(name, _)| *name == key.text) else {
            let names: Vec<&str> = self
                .protocol
                .instructions
                .iter()
                .map(|known| known.name.as_str())
                .collect();
            return Err(key.place.problem(
                format!("there is no instruction `{}`", key.text),
                format!("write one of {}", names.join(", ")),
            ));
        };
        if let Some(first) = self.places.get(key.text.as_str()) {
            let line = first.line;
            return Err(key.place.problem(
                format!("`{}` already stands in line {line}", key.text),
                "keep one of them",
            ));
        }
        self.in_header(key)?;
        self.places.insert(key.text.clone(), key.place);
        let Some(field) = self.field(field) else {
            return Ok(());
        };
        match (key.text.as_str(), values) {
            ("service", [name, number @ ..]) if number.len() <= 1 => {
                self.service(field, name, number.first())
            }
            ("modules", values) => self.modules(field, key, values),
            ("service", _) => Err(key
                .place
                .problem("a name is wanted", "write service <name> <number>")),
            (_, [value]) => {
                let decimal = if value.quoted { None } else { number(&value.text) };
                // Header values are counts: where code has status words, they are decimal.
                let json = match decimal {
                    Some(number) => Value::from(number),
                    None if field.range.is_some() || field.type_name.starts_with('u') => {
                        return Err(value.place.problem(
                            format!("`{}` is no number", value.text),
                            "write it in decimal digits",
                        ));
                    }
                    None => operand::value(self.protocol, field, value)?,
                };
                self.set(field, json, value)
            }
            _ => Err(key.place.problem(
                format!("`{}` takes one value", key.text),
                format!("write {} <{}>", key.text, wanted(self.protocol, field)),
            )),
        }
    }

    fn service(&mut self, field: &'p Field, name: &Token, value: Option<&Token>) -> Result<(), Problem> {
        let registry = self.protocol.registries.get("service");
        let known =
            registry.and_then(|registry| registry.values.iter().find(|known| known.name == name.text));
        let service = match (value, known) {
            (Some(value), _) => number(&value.text).filter(|_| !value.quoted).ok_or_else(|| {
                value
                    .place
                    .problem(format!("`{}` is no number", value.text), "write it like 0x0001")
            })?,
            (None, Some(known)) => known.value,
            (None, None) => {
                return Err(name.place.problem(
                    format!("the service `{}` is not registered", name.text),
                    "write its number behind its name",
                ));
            }
        };
        self.set(field, Value::from(service), value.unwrap_or(name))?;
        match self.field("name") {
            Some(field) => self.set(field, Value::from(name.text.as_str()), name),
            None => Ok(()),
        }
    }

    /// The order of modules means nothing, so that the assembler puts them in the document's.
    fn modules(&mut self, field: &'p Field, key: &Token, values: &[Token]) -> Result<(), Problem> {
        let item = Field {
            count: None,
            order: None,
            ..field.clone()
        };
        let mut modules: Vec<(Vec<u8>, Value)> = Vec::new();
        for token in values {
            let value = operand::value(self.protocol, &item, token)?;
            let mut encoded = Vec::new();
            operand::write(self.protocol, &item, &value, token, &mut encoded)?;
            if modules.iter().any(|(other, _)| *other == encoded) {
                return Err(token
                    .place
                    .problem(format!("`{}` stands twice", token.text), "name it once"));
            }
            modules.push((encoded, value));
        }
        modules.sort_by(|(a, _), (b, _)| a.cmp(b));
        let list = modules.into_iter().map(|(_, value)| value).collect();
        self.set(field, list, key)
    }

    fn in_header(&self, key: &Token) -> Result<(), Problem> {
        if self.code.is_empty() {
            return Ok(());
        }
        Err(key.place.problem(
            format!("`{}` belongs to the header", key.text),
            "write it above the first instruction",
        ))
    }

    fn takes(&mut self, key: &Token, values: &[Token]) -> Result<(), Problem> {
        self.in_header(key)?;
        let Some(list) = self.field(takes::FIELD) else {
            return Err(key.place.problem(
                "this schema's logic takes no parameters",
                "use a schema in which the document `logic` has a list of parameters",
            ));
        };
        let parameter = takes::parse(self.protocol, list, key, values)?;
        let most = list.count.map_or(0, |[_, most]| most);
        if self.parameters.len() as u64 >= most {
            return Err(key
                .place
                .problem(format!("logic takes {most} parameters at most"), "leave one out"));
        }
        self.parameters.push(parameter);
        Ok(())
    }

    fn extension(&mut self, key: &Token, values: &[Token]) -> Result<(), Problem> {
        let usage = || {
            key.place.problem(
                "tag and value are wanted",
                "write extension <number> <hexadecimal>",
            )
        };
        let [tag, value] = values else { return Err(usage()) };
        let tag = number(&tag.text).ok_or_else(usage)?;
        let value = if value.quoted {
            Vec::new()
        } else {
            hex::decode(&value.text).ok_or_else(usage)?
        };
        self.extensions
            .push(json!({ "tag": tag, "value": hex::encode(&value) }));
        Ok(())
    }

    /// Takes a field's value if it has an encoding.
    fn set(&mut self, field: &Field, value: Value, token: &Token) -> Result<(), Problem> {
        operand::write(self.protocol, field, &value, token, &mut Vec::new())?;
        self.header.insert(field.name.clone(), value);
        Ok(())
    }

    fn field(&self, name: &str) -> Option<&'p Field> {
        document(self.protocol)?
            .fields
            .iter()
            .find(|field| field.name == name)
    }

    fn finish(mut self) -> Result<Vec<u8>, Vec<Problem>> {
        self.header
            .entry("modules")
            .or_insert_with(|| Value::Array(Vec::new()));
        if self.field(takes::FIELD).is_some() {
            let parameters = core::mem::take(&mut self.parameters);
            self.header
                .insert(takes::FIELD.to_owned(), Value::Array(parameters));
        }
        let top = Place { line: 1, column: 1 };
        for (name, _) in HEADER.iter().filter(|(name, _)| *name != "modules") {
            if !self.places.contains_key(*name) {
                let problem = top.problem(
                    format!("the header line `{name}` is missing"),
                    "add it at the top",
                );
                self.problems.push(problem);
            }
        }
        self.resolve_labels();
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        self.header
            .insert(String::from("code"), Value::from(hex::encode(&self.code)));
        if !self.extensions.is_empty() {
            self.header
                .insert(String::from("extensions"), Value::Array(self.extensions));
        }
        interpret::encode(self.protocol, DOCUMENT, &Value::Object(self.header)).map_err(|error| {
            let help = match error {
                EncodeError::Invalid { .. } => "make the logic shorter, or split the service",
                EncodeError::Shape { .. } | EncodeError::Unknown { .. } => {
                    "use a schema that has the document `logic`"
                }
            };
            vec![top.problem(format!("the logic has no encoding: {error}"), help)]
        })
    }

    fn resolve_labels(&mut self) {
        for (name, (offset, place)) in &self.labels {
            if *offset == self.code.len() && self.problems.is_empty() {
                self.problems.push(place.problem(
                    format!("no instruction stands behind the label `{name}`"),
                    "every path must end in an instruction that ends the job",
                ));
            }
        }
        for (at, token) in &self.uses {
            let name = &token.text;
            match (self.labels.get(name), self.code.get_mut(*at..*at + 2)) {
                (Some((offset, _)), Some(bytes)) => {
                    // Code that is longer than an offset can say is refused as a whole, as too long.
                    let offset = u16::try_from(*offset).unwrap_or(u16::MAX);
                    bytes.copy_from_slice(&offset.to_be_bytes());
                }
                _ => self.problems.push(token.place.problem(
                    format!("there is no label `{name}`"),
                    format!("write `{name}:` above the instruction that is meant"),
                )),
            }
        }
    }
}

fn document(protocol: &Protocol) -> Option<&Document> {
    protocol.document(DOCUMENT)
}
