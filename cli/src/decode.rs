//! `cardwire decode` and `encode`: what bytes mean, by the interpreter of the schema.

use crate::{
    failure::{Exit, Failure, Outcome},
    protocol::protocol,
    terminal::{Format, from_hex, hex, print, print_json, read, read_text, table},
};
use cardwire_spec::{
    Place,
    interpret::{self, Data, Fault, Node, Tree, frame},
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const DECODE: &str = "\
Examples:
  cardwire decode 0101010200
  cardwire decode --at answer fe0a000200000000
  xxd -p capture.bin | cardwire decode --at frames -

PLACE is frames, any, or where a message is met: clear-request, clear-answer, request, answer, event, cloud-request,
cloud-answer, channel-request, channel-answer, document:NAME. Without --at, bytes with a delimiter at their end are
taken for frames if one of them is one, and all others for a message.";
const ENCODE: &str = "\
Example:
  cardwire encode hello '{\"versions\": [1], \"max_frame\": 512}'";

#[derive(Debug, clap::Args)]
#[command(after_help = DECODE)]
pub(crate) struct DecodeArguments {
    /// The bytes in hexadecimal digits; `-` reads them from standard input
    bytes: String,
    /// Where the bytes were met
    #[arg(long, value_name = "PLACE")]
    at: Option<String>,
    /// How to tell it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, clap::Args)]
#[command(after_help = ENCODE)]
pub(crate) struct EncodeArguments {
    /// The message or document
    name: String,
    /// Its fields as JSON; `-` reads them from standard input
    json: String,
    /// Write the bytes to a file instead of printing hexadecimal digits
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn decode(arguments: &DecodeArguments) -> Outcome {
    decode_bytes(arguments).map_err(|failure| failure.told_as(arguments.format))
}

fn decode_bytes(arguments: &DecodeArguments) -> Outcome {
    let DecodeArguments { bytes, at, format } = arguments;
    let text = if bytes == "-" {
        read_text(Path::new("-"))?
    } else {
        bytes.clone()
    };
    let bytes = from_hex(&text).ok_or_else(|| {
        let next = "Give two hexadecimal digits for each byte; blanks and colons in between are fine.";
        Failure::new(Exit::Usage, "the bytes are no hexadecimal digits", next)
    })?;
    let frames = || frame::lines(&bytes).any(|line| frame::decode(protocol(), line).is_ok());
    match at.as_deref() {
        Some("frames") => show_frames(&bytes, *format),
        None if bytes.last() == Some(&frame::DELIMITER) && frames() => show_frames(&bytes, *format),
        None => show_message(Place::Any, &bytes, *format),
        Some(place) => {
            let place = Place::parse(place).ok_or_else(|| {
                let next = "Give one of the places that `cardwire decode --help` lists.";
                Failure::new(Exit::Usage, format!("`{place}` is no place of a message"), next)
            })?;
            show_message(place, &bytes, *format)
        }
    }
}

fn show_message(place: Place<'_>, bytes: &[u8], format: Format) -> Outcome {
    let tree = interpret::decode(protocol(), place, bytes).map_err(|fault| refused(&fault))?;
    match format {
        Format::Text => print(annotated(&tree, bytes)),
        Format::Json => print_json(&message_json(&tree)),
    }
    Ok(Exit::Done)
}

/// The codec's rule tells what to do: it says what a right message is.
fn refused(fault: &Fault) -> Failure {
    let rules = protocol()
        .registries
        .get("codec_rule")
        .map(|registry| &registry.values);
    let rule = rules
        .into_iter()
        .flatten()
        .find(|rule| rule.name == fault.rule.name());
    let rule = rule.map_or("", |rule| rule.doc.as_str());
    let next = format!("Look at that offset, or say with --at where it was met; the rule is: {rule}");
    Failure::new(Exit::Failed, format!("the bytes are no message: {fault}"), next)
}

fn show_frames(bytes: &[u8], format: Format) -> Outcome {
    let lines: Vec<_> = frame::lines(bytes).collect();
    let mut exit = Exit::Done;
    let mut documents = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let number = index + 1;
        match frame::decode(protocol(), line) {
            Ok(found) => {
                let message = interpret::decode(protocol(), Place::Any, &found.payload);
                let message = message.ok().filter(|_| found.kind == "clear");
                documents.push(frame_json(&found, message.as_ref()));
                if format == Format::Text {
                    print(frame_text(number, &found, message.as_ref()));
                }
            }
            Err(fault) => {
                exit = Exit::Failed;
                documents.push(json!({ "error": fault.to_string(), "bytes": hex(line) }));
                if format == Format::Text {
                    print(format_args!("{number}: no frame ({fault}): {}\n", hex(line)));
                }
            }
        }
    }
    if format == Format::Json {
        print_json(&Value::Array(documents));
    }
    Ok(exit)
}

fn frame_text(index: usize, found: &frame::Frame, message: Option<&Tree>) -> String {
    let frame::Frame {
        kind,
        number,
        payload,
    } = found;
    let head = format!(
        "{index}: {kind} frame, number {number:#018x}, {} bytes",
        payload.len()
    );
    match message {
        Some(tree) => format!("{head}\n{}\n", annotated(tree, payload)),
        None => format!("{head}\n{}\n", hex(payload)),
    }
}

fn frame_json(found: &frame::Frame, message: Option<&Tree>) -> Value {
    let mut document = frame::to_json(found);
    document["message"] = message.map_or(Value::Null, message_json);
    document
}

fn message_json(tree: &Tree) -> Value {
    json!({ "name": tree.name, "code": tree.code, "fields": interpret::to_json(tree) })
}

/// One row for each value: where it stands, its bytes, its name, what it is.
fn annotated(tree: &Tree, bytes: &[u8]) -> String {
    let mut rows = vec![vec![
        "0".into(),
        hex(&[tree.code]),
        "code".into(),
        tree.name.clone(),
    ]];
    tree.fields
        .iter()
        .for_each(|node| add_rows(&mut rows, node, &node.name, bytes));
    for extension in &tree.extensions {
        rows.push(vec![
            extension.offset.to_string(),
            shortened(&extension.value),
            format!("extension {:04x}", extension.tag),
            format!("{} bytes", extension.value.len()),
        ]);
    }
    table(&["offset", "bytes", "field", "value"], rows)
}

fn add_rows(rows: &mut Vec<Vec<String>>, node: &Node, path: &str, bytes: &[u8]) {
    let own = bytes
        .get(node.offset..node.offset + node.size)
        .unwrap_or_default();
    let value = match &node.data {
        Data::Number(value) => value.to_string(),
        Data::Bool(value) => value.to_string(),
        Data::Bytes(value) => format!("{} bytes", value.len()),
        Data::Text(value) => format!("{value:?}"),
        Data::Registered { value, name } => name
            .clone()
            .unwrap_or_else(|| format!("{value:#x}, not registered")),
        Data::Structure(nodes) => {
            return nodes
                .iter()
                .for_each(|node| add_rows(rows, node, &format!("{path}.{}", node.name), bytes));
        }
        Data::List(nodes) => {
            rows.push(vec![
                node.offset.to_string(),
                String::new(),
                path.into(),
                format!("list of {}", nodes.len()),
            ]);
            return nodes
                .iter()
                .for_each(|node| add_rows(rows, node, &format!("{path}[{}]", node.name), bytes));
        }
    };
    rows.push(vec![node.offset.to_string(), shortened(own), path.into(), value]);
}

/// As many bytes as a row has room for.
fn shortened(bytes: &[u8]) -> String {
    const MOST: usize = 24;
    if bytes.len() <= MOST {
        hex(bytes)
    } else {
        format!("{}…", hex(&bytes[..MOST]))
    }
}

pub(crate) fn encode(arguments: &EncodeArguments) -> Outcome {
    let EncodeArguments { name, json, out } = arguments;
    let text = if json == "-" {
        String::from_utf8_lossy(&read(Path::new("-"))?).into_owned()
    } else {
        json.clone()
    };
    let value: Value = serde_json::from_str(&text).map_err(|error| {
        Failure::new(
            Exit::Usage,
            format!("the fields are no JSON: {error}"),
            "Correct the JSON.",
        )
    })?;
    let bytes = interpret::encode(protocol(), name, &value).map_err(|error| {
        let next =
            "Look the fields up in spec/protocol.toml; `cardwire decode --format json` shows their form.";
        Failure::new(Exit::Failed, format!("`{name}` can't be encoded: {error}"), next)
    })?;
    match out {
        Some(path) => crate::terminal::write(path, &bytes)?,
        None => print(hex(&bytes)),
    }
    Ok(Exit::Done)
}
