//! Plain values: structs that own what they hold, for tools, vectors and tests.

mod generators;

use generators::generators;

use super::{
    File, doc,
    fields::{borrows, field_doc, rust_type, write},
    names::{Named, constant, message_type, registry_type, type_name},
    number,
    pieces::{Piece, statements},
};
use crate::{
    Error, Place,
    kind::Kind,
    model::{Charset, ExtensionField, Field, Length, Literal, Protocol, Structure},
};

/// The files below `codec/src/plain`: structures, the messages of each place, documents, and the enum over all of them.
pub(super) fn files(
    protocol: &Protocol,
    places: &[(&'static str, &'static str, &[Place<'static>])],
) -> Result<Vec<File>, Error> {
    let mut files = vec![structures(protocol)?];
    for (module, about, places) in places {
        let messages = places.iter().flat_map(|place| protocol.messages_at(*place));
        let parts: Result<Vec<String>, Error> = messages
            .map(|message| {
                let name = message.rust_name();
                source(
                    protocol,
                    &name,
                    &message.doc,
                    &message.fields,
                    &message.extensions,
                )
            })
            .collect();
        files.push(file(module, about, parts?));
    }
    let documents: Result<Vec<String>, Error> = protocol
        .documents
        .iter()
        .map(|document| {
            source(
                protocol,
                &document.rust_name(),
                &document.doc,
                &document.fields,
                &[],
            )
        })
        .collect();
    files.push(file(
        "documents",
        "Documents: signed, hashed, stored or carried inside messages.",
        documents?,
    ));
    files.push(any(protocol));
    Ok(files)
}

fn file(module: &'static str, about: &'static str, parts: Vec<String>) -> File {
    File {
        module,
        about,
        public: false,
        exports: Vec::new(),
        body: format!("use super::{{prelude::*, *}};\n\n{}", parts.join("\n")),
    }
}

fn structures(protocol: &Protocol) -> Result<File, Error> {
    let parts: Result<Vec<String>, Error> = protocol
        .structures
        .iter()
        .map(|structure| {
            let (name, fields) = (structure.rust_name(), &structure.fields);
            if borrows(protocol, fields) {
                structure_source(protocol, structure)
            } else {
                Ok(generators(protocol, &name, fields, &[], None))
            }
        })
        .collect();
    let whole: Vec<String> = protocol
        .structures
        .iter()
        .filter(|structure| !borrows(protocol, &structure.fields))
        .map(Named::rust_name)
        .collect();
    Ok(File {
        module: "structures",
        about: "Structures that borrow; the others are plain values as they are.",
        public: false,
        exports: Vec::new(),
        body: format!(
            "use super::{{hex, prelude::*}};
            #[cfg(any(feature = \"arbitrary\", feature = \"proptest\"))]
            use super::{{{}}};

            {}",
            whole.join(", "),
            parts?.join("\n")
        ),
    })
}

fn structure_source(protocol: &Protocol, structure: &Structure) -> Result<String, Error> {
    let name = structure.rust_name();
    let fields = &structure.fields;
    Ok(format!(
        "{}
        impl {name} {{
            /// The plain value of a view.
            pub(super) fn from_view(view: &message::{name}<'_>) -> Self {{
                Self {{ {} }}
            }}

            /// This value as a view.
            ///
            /// # Errors
            /// Text that is no name.
            pub(super) fn view(&self) -> Result<message::{name}<'_>, EncodeError> {{
                Ok(message::{name} {{ {} }})
            }}
        }}

        {}",
        definition(protocol, &name, &structure.doc, fields, &[], false)?,
        each(fields, |field| owned(protocol, field)),
        each(fields, |field| borrowed(
            protocol,
            field,
            &format!("{}.", structure.name)
        )),
        generators(protocol, &name, fields, &[], None),
    ))
}

/// A message or document.
fn source(
    protocol: &Protocol,
    name: &str,
    about: &str,
    fields: &[Field],
    extensions: &[ExtensionField],
) -> Result<String, Error> {
    let known = each(extensions, |extension| {
        format!("{0}: view.{0}(), ", extension.field.name)
    });
    let lists = each(fields, |field| match field_kind(protocol, field) {
        Some(Kind::Structure(inner)) if field.count.is_some() && borrows(protocol, &inner.fields) => {
            format!(
                "let {0} = self.{0}.iter().map({1}::view).collect::<Result<Vec<_>, _>>()?;\n",
                field.name,
                inner.rust_name()
            )
        }
        _ => String::new(),
    });
    let pushes: Result<Vec<String>, Error> = extensions
        .iter()
        .map(|extension| push(protocol, extension))
        .collect();
    let mutable = if extensions.is_empty() { "" } else { "mut " };
    Ok(format!(
        "{definition}
        impl Plain for {name} {{
            type View<'a> = message::{name}<'a>;

            fn from_view(view: &Self::View<'_>) -> Self {{
                Self {{ {own} {known} extensions: Extension::unknown(view) }}
            }}

            fn with_view<R>(&self, take: impl FnOnce(&Self::View<'_>) -> R) -> Result<R, EncodeError> {{
                let {mutable}extensions = self.extensions.clone();
                {pushes}let extensions = Extension::encode(extensions)?;
                {lists}Ok(take(&message::{name} {{ {lent} extensions: Extensions::from_bytes(&extensions) }}))
            }}
        }}

        {generators}",
        definition = definition(protocol, name, about, fields, extensions, true)?,
        own = each(fields, |field| owned(protocol, field)),
        pushes = pushes?.concat(),
        lent = each(fields, |field| borrowed(protocol, field, "")),
        generators = generators(protocol, name, fields, extensions, Some(name)),
    ))
}

/// Adds a known extension, where it is there, to those that are encoded.
fn push(protocol: &Protocol, extension: &ExtensionField) -> Result<String, Error> {
    let field = &extension.field;
    let (name, tag) = (&field.name, constant(&field.name));
    if field.count.is_some() || borrows(protocol, core::slice::from_ref(field)) {
        return Err(Error::Unsupported {
            what: format!(
                "the extension `{name}` holds a list, bytes or text: plain values can't be generated for it yet; teach \
                 spec/src/render/rust/plain.rs"
            ),
        });
    }
    let size = protocol.sizes(core::slice::from_ref(field)).max;
    let pieces: Vec<Piece> = write(protocol, field, name, name);
    Ok(format!(
        "if let Some({name}) = self.{name} {{
            let mut room = [0; {size}];
            let writer = &mut Writer::new(&mut room);
            {}extensions.push(Extension {{ tag: Self::View::{tag}, value: room.to_vec() }});
        }}
        ",
        statements(&pieces, "writer")
    ))
}

fn definition(
    protocol: &Protocol,
    name: &str,
    about: &str,
    fields: &[Field],
    extensions: &[ExtensionField],
    extends: bool,
) -> Result<String, Error> {
    let mut members = String::new();
    for field in fields {
        let attributes = [hexadecimal(protocol, field), default(protocol, field)?]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", ");
        let serde = if attributes.is_empty() {
            attributes
        } else {
            format!("#[serde({attributes})]\n")
        };
        let owned = owned_type(protocol, field);
        members += &format!("{}{serde}pub {}: {owned},\n", field_doc(field), field.name);
    }
    for extension in extensions {
        let field = &extension.field;
        members += &format!(
            "{}#[serde(default, skip_serializing_if = \"Option::is_none\", deserialize_with = \"given\")]
            pub {}: Option<{}>,\n",
            field_doc(field),
            field.name,
            owned_type(protocol, field)
        );
    }
    if extends {
        members += "/// Extensions that the schema does not define.
            #[serde(default, skip_serializing_if = \"Vec::is_empty\")]
            pub extensions: Vec<Extension>,\n";
    }
    Ok(format!(
        "{}#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct {name} {{\n{members}}}\n",
        doc(about)
    ))
}

/// The attribute of bytes, which are hexadecimal in JSON.
fn hexadecimal(protocol: &Protocol, field: &Field) -> Option<String> {
    match (field_kind(protocol, field)?, field.length) {
        (Kind::Bytes, Some(Length::Exact(_))) => Some(String::from("with = \"hex::array\"")),
        (Kind::Bytes, _) => Some(String::from("with = \"hex\"")),
        _ => None,
    }
}

/// The attribute of a field that may be left out. What it then holds is what its type begins with.
fn default(protocol: &Protocol, field: &Field) -> Result<Option<String>, Error> {
    let is_zero = match &field.default {
        None => return Ok(None),
        Some(Literal::Bool(value)) => !value,
        Some(Literal::Number(value)) => *value == 0,
        Some(Literal::Text(text)) => text.is_empty() || text.bytes().all(|digit| digit == b'0'),
        Some(Literal::Empty(_)) => true,
    };
    let is_closed =
        matches!(field_kind(protocol, field), Some(Kind::Registry(_, registry)) if !registry.open);
    if is_zero && !is_closed {
        return Ok(Some(String::from("default")));
    }
    Err(Error::Unsupported {
        what: format!(
            "the default of the field `{}` is not zero: plain values can't be generated for it yet; teach \
             spec/src/render/rust/plain.rs",
            field.name
        ),
    })
}

fn field_kind<'p>(protocol: &'p Protocol, field: &Field) -> Option<Kind<'p>> {
    protocol.kind(&field.type_name)
}

fn owned_type(protocol: &Protocol, field: &Field) -> String {
    let item = match (field_kind(protocol, field), field.length) {
        (Some(Kind::Bytes), Some(Length::Exact(size))) => format!("[u8; {}]", number(size)),
        (Some(Kind::Bytes), _) => String::from("Vec<u8>"),
        (Some(Kind::Text), _) => String::from("String"),
        (Some(Kind::Structure(structure)), _) => structure.rust_name(),
        (Some(Kind::Registry(name, _)), _) => format!("message::{}", registry_type(name)),
        _ => {
            let one = Field {
                count: None,
                ..field.clone()
            };
            rust_type(protocol, &one)
        }
    };
    if field.count.is_some() {
        format!("Vec<{item}>")
    } else {
        item
    }
}

/// A field of the plain value, from that of the view.
fn owned(protocol: &Protocol, field: &Field) -> String {
    let name = &field.name;
    let value = match (field_kind(protocol, field), field.length) {
        (Some(Kind::Structure(inner)), _) if borrows(protocol, &inner.fields) => {
            let inner = inner.rust_name();
            match field.count {
                Some(_) => format!("view.{name}.iter().map(|item| {inner}::from_view(&item)).collect()"),
                None => format!("{inner}::from_view(&view.{name})"),
            }
        }
        _ if field.count.is_some() => format!("view.{name}.iter().collect()"),
        (Some(Kind::Bytes), Some(Length::Exact(_))) => format!("*view.{name}"),
        (Some(Kind::Bytes), _) => format!("view.{name}.to_vec()"),
        (Some(Kind::Text), _) if field.charset == Some(Charset::Name) => {
            format!("String::from(view.{name}.as_str())")
        }
        (Some(Kind::Text), _) => format!("String::from(view.{name})"),
        _ => format!("view.{name}"),
    };
    format!("{name}: {value}, ")
}

/// A field of the view, lent by the plain value.
fn borrowed(protocol: &Protocol, field: &Field, path: &str) -> String {
    let name = &field.name;
    let value = match field_kind(protocol, field) {
        Some(Kind::Structure(inner)) if borrows(protocol, &inner.fields) => match field.count {
            Some(_) => format!("List::from_items(&{name})"),
            None => format!("self.{name}.view()?"),
        },
        _ if field.count.is_some() => format!("List::from_items(&self.{name})"),
        Some(Kind::Text) if field.charset == Some(Charset::Name) => {
            format!("name(&self.{name}, \"{path}{name}\")?")
        }
        Some(Kind::Bytes | Kind::Text) => format!("&self.{name}"),
        _ => format!("self.{name}"),
    };
    format!("{name}: {value}, ")
}

/// The enum over all messages and documents.
fn any(protocol: &Protocol) -> File {
    let messages = protocol.messages.iter().map(|message| {
        let place = message.place().map(|place| place.to_string());
        (
            message.name.clone(),
            message_type(&message.name),
            place.unwrap_or_default(),
        )
    });
    let documents = protocol.documents.iter().map(|document| {
        (
            document.name.clone(),
            type_name(&document.name),
            format!("document:{}", document.name),
        )
    });
    let entries: String = messages
        .chain(documents)
        .map(|(name, rust_name, place)| format!("    \"{place}\" \"{name}\" {rust_name},\n"))
        .collect();
    File {
        module: "any",
        about: "Any message or document, where programs meet all of them.",
        public: false,
        exports: Vec::new(),
        body: format!("use super::{{prelude::*, *}};\n\nany_of! {{\n{entries}}}\n"),
    }
}

fn each<T>(all: &[T], one: impl Fn(&T) -> String) -> String {
    all.iter().map(one).collect()
}
