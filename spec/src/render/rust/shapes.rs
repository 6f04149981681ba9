//! Shapes: messages, documents and instructions as tables.

use super::{File, names::constant, number};
use crate::{
    Error,
    kind::Kind,
    model::{Charset, ExtensionField, Field, Length, Order, Protocol, Registry, Structure},
};

pub(super) fn file(protocol: &Protocol) -> Result<File, Error> {
    let mut body = String::new();
    for message in &protocol.messages {
        let place_size = protocol.channel_size(message.channel);
        let (fields, extensions) = (&message.fields, &message.extensions);
        let shape = shape(
            protocol,
            &message.name,
            message.code,
            place_size,
            fields,
            extensions,
        )?;
        body += &named(&message.name, &shape);
    }
    for document in &protocol.documents {
        let (name, fields) = (&document.name, &document.fields);
        body += &named(
            name,
            &shape(protocol, name, document.code, document.max_size, fields, &[])?,
        );
    }
    let mut instructions = String::new();
    for instruction in &protocol.instructions {
        let operands: Vec<Field> = instruction
            .operands
            .iter()
            .map(|operand| Field {
                name: format!("{}.{}", instruction.name, operand.name),
                ..operand.clone()
            })
            .collect();
        let size = 1 + protocol.sizes(&operands).max;
        instructions += &shape(
            protocol,
            &instruction.name,
            instruction.opcode,
            size,
            &operands,
            &[],
        )?;
        instructions += ",\n";
    }
    body += &format!(
        "/// The instructions of execution logic; the code is the opcode.
        pub static INSTRUCTIONS: &[Shape] = &[{instructions}];\n"
    );
    let messages = protocol.messages.iter().map(|message| &message.name);
    let documents = protocol.documents.iter().map(|document| &document.name);
    let all: Vec<String> = messages
        .chain(documents)
        .map(|name| format!("&{}", constant(name)))
        .collect();
    body += &format!(
        "\n/// Every message and document, in the schema's order.
        pub static ALL: &[&Shape] = &[{}];\n",
        all.join(", ")
    );
    Ok(File {
        module: "shapes",
        about: "Every message, document and instruction as a table.",
        public: true,
        exports: Vec::new(),
        body,
    })
}

fn named(name: &str, shape: &str) -> String {
    format!(
        "/// `{name}`.\npub static {}: Shape = {shape};\n\n",
        constant(name)
    )
}

fn shape(
    protocol: &Protocol,
    name: &str,
    code: u8,
    place_size: u64,
    fields: &[Field],
    extensions: &[ExtensionField],
) -> Result<String, Error> {
    let fields = each(fields, |one| Ok(format!("&{}", field(protocol, one)?)))?;
    let extensions = each(extensions, |extension| {
        let value = field(protocol, &extension.field)?;
        Ok(format!(
            "Extension {{ tag: 0x{:04X}, field: {value} }}",
            extension.wire_tag()
        ))
    })?;
    Ok(format!(
        "Shape {{ name: Title::new(\"{name}\"), code: 0x{code:02X}, place_size: {}, fields: &[{fields}], extensions: &[{extensions}] }}",
        number(place_size)
    ))
}

fn each<T>(all: &[T], one: impl Fn(&T) -> Result<String, Error>) -> Result<String, Error> {
    let parts: Result<Vec<String>, Error> = all.iter().map(one).collect();
    Ok(parts?.join(", "))
}

fn field(protocol: &Protocol, field: &Field) -> Result<String, Error> {
    let form = match protocol.operand_kind(&field.type_name) {
        Some(Kind::Structure(structure)) => {
            format!(
                "Form::Structure(&(&[{}] as &[(Title, Leaf)]))",
                parts(protocol, structure)?
            )
        }
        _ => format!("Form::Leaf({})", leaf(protocol, field)?),
    };
    let count = field.count.map_or_else(
        || String::from("None"),
        |[min, max]| {
            let ascending = field.order == Some(Order::Ascending);
            format!("Some(&Bounds {{ min: {min}, max: {max}, ascending: {ascending} }})")
        },
    );
    if field.order == Some(Order::Ascending) && !compares_as_it_encodes(protocol, field) {
        return Err(unsupported(format!(
            "the list `{}` ascends, and not all parts of its items are numbers: the codec compares items by their \
             values, which is how their encodings compare only for numbers",
            field.name
        )));
    }
    Ok(format!(
        "Field {{ name: Title::new(\"{}\"), form: {form}, count: {count} }}",
        field.name
    ))
}

fn parts(protocol: &Protocol, structure: &Structure) -> Result<String, Error> {
    each(&structure.fields, |part| {
        let is_structure = matches!(protocol.kind(&part.type_name), Some(Kind::Structure(_)));
        if is_structure || part.count.is_some() {
            return Err(unsupported(format!(
                "`{}.{}` is a structure or a list within a structure: shapes have no room for it; teach \
                 codec/src/shape.rs to nest",
                structure.name, part.name
            )));
        }
        Ok(format!(
            "(Title::new(\"{}.{}\"), {})",
            structure.name,
            part.name,
            leaf(protocol, part)?
        ))
    })
}

fn leaf(protocol: &Protocol, field: &Field) -> Result<String, Error> {
    let any = |size: usize| format!("Leaf::Number({size})");
    let ranged = |size: usize, [min, max]: [u64; 2]| {
        format!(
            "Leaf::Ranged {{ size: {size}, bounds: &[{}, {}] }}",
            number(min),
            number(max)
        )
    };
    Ok(match protocol.operand_kind(&field.type_name) {
        Some(Kind::Number(8)) if field.range.is_some() => {
            return Err(unsupported(format!(
                "`{}` is a number of eight bytes with a range: shapes have room for four; teach codec/src/shape.rs",
                field.name
            )));
        }
        Some(Kind::Number(size)) => field.range.map_or_else(|| any(size), |range| ranged(size, range)),
        Some(Kind::Bool) => String::from("Leaf::Bool"),
        Some(Kind::Registry(_, registry)) if registry.open => any(registry.width.bytes()),
        Some(Kind::Registry(_, registry)) => closed(registry),
        Some(Kind::Register) => ranged(1, [0, protocol.limit("registers").saturating_sub(1)]),
        Some(Kind::Label) => any(2),
        // Structures have been told apart before, and validation has refused unknown types.
        Some(Kind::Bytes | Kind::Text | Kind::Structure(_)) | None => bytes(field),
    })
}

fn bytes(field: &Field) -> String {
    match (field.length, field.charset) {
        (Some(Length::Exact(size)), _) => format!("Leaf::Exact({})", number(size)),
        (Some(Length::Bounds(min, max)), Some(charset)) => {
            let charset = match charset {
                Charset::Name => "Names",
                Charset::Utf8 => "Utf8",
            };
            format!(
                "Leaf::Text {{ min: {}, max: {}, charset: Charset::{charset} }}",
                number(min),
                number(max)
            )
        }
        (Some(Length::Bounds(min, max)), None) => {
            format!("Leaf::Bytes {{ min: {}, max: {} }}", number(min), number(max))
        }
        (None, _) => String::from("Leaf::Exact(0)"),
    }
}

fn closed(registry: &Registry) -> String {
    let values: Vec<String> = registry
        .values
        .iter()
        .map(|value| format!("{}_u16", value.value))
        .collect();
    format!(
        "Leaf::Closed {{ size: {}, values: &(&[{}] as &[u16]) }}",
        registry.width.bytes(),
        values.join(", ")
    )
}

/// Whether items compare by their values as their encodings do byte by byte.
fn compares_as_it_encodes(protocol: &Protocol, field: &Field) -> bool {
    match protocol.kind(&field.type_name) {
        Some(Kind::Number(_) | Kind::Bool | Kind::Registry(..)) => true,
        Some(Kind::Structure(structure)) => structure
            .fields
            .iter()
            .all(|part| part.count.is_none() && compares_as_it_encodes(protocol, part)),
        _ => false,
    }
}

fn unsupported(what: String) -> Error {
    Error::Unsupported { what }
}
