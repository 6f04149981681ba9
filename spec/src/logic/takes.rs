//! Header lines `takes`: the parameters of a service, one to a line.

use super::{
    operand::{self, number, wanted},
    token::Token,
};
use crate::{
    interpret::{Data, Node},
    kind::Kind,
    model::{Field, Protocol},
    problem::Problem,
};
use serde_json::{Map, Value};

/// The word that such a line begins with, and the document's field that they make.
pub(super) const KEY: &str = "takes";
pub(super) const FIELD: &str = "parameters";

/// The parameter of one line, in its JSON form. Each word is a field of the structure, in its order.
pub(super) fn parse(
    protocol: &Protocol,
    list: &Field,
    key: &Token,
    words: &[Token],
) -> Result<Value, Problem> {
    let Some(Kind::Structure(structure)) = protocol.kind(&list.type_name) else {
        return Err(key.place.problem(
            "this schema's logic takes no parameters",
            "use a schema in which the document `logic` has a list of parameters",
        ));
    };
    let fields = &structure.fields;
    if words.len() != fields.len() {
        let place = words.get(fields.len()).map_or(key.place, |token| token.place);
        let line: String = fields.iter().map(|field| format!(" <{}>", field.name)).collect();
        return Err(place.problem(
            format!("`{KEY}` takes {} words, not {}", fields.len(), words.len()),
            format!("write {KEY}{line}"),
        ));
    }
    let mut parameter = Map::new();
    for (field, word) in fields.iter().zip(words) {
        let mut help = wanted(protocol, field);
        let value = match protocol.kind(&field.type_name) {
            // Header values are counts: where code has status words, they are decimal.
            Some(Kind::Number(_)) => {
                help = format!("{} in decimal digits", field.name);
                let decimal = number(&word.text).filter(|_| !word.quoted).map(Value::from);
                decimal.ok_or_else(|| {
                    word.place
                        .problem(format!("`{}` is no number", word.text), format!("write {help}"))
                })?
            }
            Some(_) => operand::value(protocol, field, word)?,
            // Validation has refused unknown types.
            None => {
                return Err(word
                    .place
                    .problem("this word has no type", format!("write {help}")));
            }
        };
        operand::write(protocol, field, &value, word, &mut Vec::new()).map_err(|problem| Problem {
            help: format!("write {help}"),
            ..problem
        })?;
        parameter.insert(field.name.clone(), value);
    }
    Ok(Value::Object(parameter))
}

/// The line of a decoded parameter.
pub(super) fn show(protocol: &Protocol, list: &Field, parameter: &Node) -> Option<String> {
    let (Some(Kind::Structure(structure)), Data::Structure(values)) =
        (protocol.kind(&list.type_name), &parameter.data)
    else {
        return None;
    };
    let mut line = String::from(KEY);
    for (field, node) in structure.fields.iter().zip(values) {
        line.push(' ');
        line += &match &node.data {
            Data::Number(value) => value.to_string(),
            data => operand::show(protocol, field, data, |_| String::new()),
        };
    }
    Some(line)
}
