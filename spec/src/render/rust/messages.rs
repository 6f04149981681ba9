//! Messages, documents and structures: structs; places: enums over the messages met there.

use super::{
    File, doc,
    fields::{borrows, field_doc, names, read, rust_type, write},
    names::{Named, constant, message_type, type_name},
    pieces::{AT, Piece, statements, statements_before},
};
use crate::{
    Place,
    model::{Channel, Document, ExtensionField, Field, Message, Protocol, Structure},
};
use core::iter;

pub(super) fn at(
    protocol: &Protocol,
    module: &'static str,
    about: &'static str,
    places: &[Place<'static>],
) -> File {
    let mut body = Vec::new();
    let mut exports = Vec::new();
    for &place in places {
        exports.push(place.rust_name());
        body.push(place_source(protocol, place));
    }
    for message in places.iter().flat_map(|place| protocol.messages_at(*place)) {
        exports.push(message.rust_name());
        body.push(message_source(protocol, message));
    }
    File {
        module,
        about,
        public: false,
        exports,
        body: body.join("\n"),
    }
}

pub(super) fn documents(protocol: &Protocol) -> File {
    let documents = &protocol.documents;
    File {
        module: "documents",
        about: "Documents: encoded like messages, signed, hashed, stored or carried inside them.",
        public: false,
        exports: documents.iter().map(Named::rust_name).collect(),
        body: documents
            .iter()
            .map(|document| document_source(protocol, document))
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

pub(super) fn structures(protocol: &Protocol) -> File {
    let structures = &protocol.structures;
    File {
        module: "structures",
        about: "Structures: parts of messages, without code and without extensions.",
        public: false,
        exports: structures.iter().map(Named::rust_name).collect(),
        body: structures
            .iter()
            .map(|structure| structure_source(protocol, structure))
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

impl Named for Place<'_> {
    fn rust_name(&self) -> String {
        format!("{self:?}")
    }
}

fn place_source(protocol: &Protocol, place: Place<'_>) -> String {
    let mut out = format!(
        "place! {{\n    /// {}\n    pub enum {} {{\n",
        place.about(),
        place.rust_name()
    );
    for message in protocol.messages_at(place) {
        for line in doc(&message.doc).lines() {
            out += &format!("        {line}\n");
        }
        let variant = type_name(&message.name);
        let message_type = message_type(&message.name);
        out += &format!("        0x{:02X} {variant}({message_type}),\n", message.code);
    }
    out + "    }\n}\n"
}

fn message_source(protocol: &Protocol, message: &Message) -> String {
    let channel = match message.channel {
        Channel::Clear => "in clear",
        Channel::Sealed => "sealed",
        Channel::Tls => "over TLS",
        Channel::Relayed => "relayed by the client",
    };
    let mut about = format!("{} ({})", message.doc, message.requirement);
    about += &format!(
        "\n\nCode {:02X}, from {}, {channel}",
        message.code,
        message.direction.words()
    );
    if !message.states.is_empty() {
        about += &format!(", when {}", any_of(&message.states));
    }
    if !message.answers.is_empty() {
        about += &format!("; answered by {}", any_of(&message.answers));
    }
    about.push('.');
    let place_size = match message.channel {
        Channel::Clear | Channel::Tls => "limits::FRAME_MIN - limits::FRAME_OVERHEAD",
        Channel::Sealed => "limits::MESSAGE_MAX",
        Channel::Relayed => "limits::RELAYED_MAX",
    };
    let message = Coded {
        rust_name: message.rust_name(),
        name: &message.name,
        code: message.code,
        place_size: String::from(place_size),
        about,
        fields: &message.fields,
        extensions: &message.extensions,
    };
    coded(protocol, &message)
}

fn document_source(protocol: &Protocol, document: &Document) -> String {
    let about = format!(
        "{} ({})\n\nCode {:02X}, {} bytes at most.",
        document.doc, document.requirement, document.code, document.max_size
    );
    let document = Coded {
        rust_name: document.rust_name(),
        name: &document.name,
        code: document.code,
        place_size: super::number(document.max_size),
        about,
        fields: &document.fields,
        extensions: &[],
    };
    coded(protocol, &document)
}

fn any_of(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => quoted.concat(),
    }
}

/// What a struct with a code is made from.
struct Coded<'p> {
    rust_name: String,
    name: &'p str,
    code: u8,
    place_size: String,
    about: String,
    fields: &'p [Field],
    extensions: &'p [ExtensionField],
}

/// A struct with a code, fields and extensions.
fn coded(protocol: &Protocol, coded: &Coded<'_>) -> String {
    let Coded {
        rust_name,
        name,
        code,
        place_size,
        about,
        fields,
        extensions,
    } = coded;
    let members: String = fields.iter().map(|field| member(protocol, field)).collect();
    let read_code = Piece {
        size: Some(1),
        code: format!("{AT}u8().filter(|code| *code == Self::CODE)?;\n"),
    };
    let reads = fields.iter().flat_map(|field| read(protocol, field));
    let reads = statements_before(
        &iter::once(read_code).chain(reads).collect::<Vec<_>>(),
        "cursor",
        "let extensions = Extensions::read(cursor.rest(), Self::SHAPE.extensions)?;\n",
    );
    let write_code = Piece {
        size: Some(1),
        code: format!("{AT}u8(Self::CODE)?;\n"),
    };
    let writes = fields
        .iter()
        .flat_map(|field| write(protocol, field, &format!("self.{}", field.name), &field.name));
    let writes = statements(
        &iter::once(write_code).chain(writes).collect::<Vec<_>>(),
        "writer",
    );
    let max_size = 1 + protocol.sizes(fields).max;
    let known: String = extensions
        .iter()
        .map(|extension| accessor(protocol, extension))
        .collect();
    let known = if known.is_empty() {
        known
    } else {
        format!("impl<'a> {rust_name}<'a> {{\n{known}}}\n\n")
    };
    format!(
        "{about}#[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct {rust_name}<'a> {{
            {members}/// Optional parts.
            pub extensions: Extensions<'a>,
        }}

        {known}impl<'a> Message<'a> for {rust_name}<'a> {{
            const SHAPE: &'static Shape = &shapes::{shape};
            const CODE: u8 = 0x{code:02X};
            const NAME: &'static str = \"{name}\";
            const PLACE_SIZE: usize = {place_size};
            const MAX_SIZE: usize = {max_size};

            #[inline]
            fn read(cursor: &mut Cursor<'a>) -> Option<Self> {{
                {reads}Some(Self {{ {names} extensions }})
            }}

            #[inline]
            fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {{
                {writes}Ok(())
            }}

            #[inline]
            fn extensions(&self) -> Extensions<'a> {{
                self.extensions
            }}
        }}
        ",
        about = doc(about),
        shape = constant(name),
        max_size = super::number(max_size),
        names = names(fields),
    )
}

/// The tag of a known extension, and the method that gives its value.
fn accessor(protocol: &Protocol, extension: &ExtensionField) -> String {
    let field = &extension.field;
    let (name, tag) = (&field.name, constant(&field.name));
    format!(
        "/// Tag of the extension `{name}`.
        pub const {tag}: u16 = 0x{wire_tag:04X};

        {about}#[must_use]
        pub fn {name}(&self) -> Option<{value}> {{
            let cursor = &mut self.extensions.find(Self::{tag})?;
            {read}Some({name})
        }}
        ",
        about = field_doc(field),
        wire_tag = extension.wire_tag(),
        value = rust_type(protocol, field),
        read = statements(&read(protocol, field), "cursor"),
    )
}

fn structure_source(protocol: &Protocol, structure: &Structure) -> String {
    let fields = &structure.fields;
    let name = structure.rust_name();
    let members: String = fields.iter().map(|field| member(protocol, field)).collect();
    let path = |field: &Field| format!("{}.{}", structure.name, field.name);
    let reads: Vec<Piece> = fields.iter().flat_map(|field| read(protocol, field)).collect();
    let writes: Vec<Piece> = fields
        .iter()
        .flat_map(|field| write(protocol, field, &format!("self.{}", field.name), &path(field)))
        .collect();
    let (lifetime, own) = if borrows(protocol, fields) {
        ("'a", "<'a>")
    } else {
        ("'_", "")
    };
    let generics = if own.is_empty() { "" } else { "<'a>" };
    // What does not borrow is its own plain value.
    let serde = if own.is_empty() {
        "#[cfg_attr(feature = \"plain\", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]\n"
    } else {
        ""
    };
    format!(
        "{about}#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        {serde}pub struct {name}{own} {{
            {members}
        }}

        impl{generics} Part<{lifetime}> for {name}{own} {{
            #[inline]
            fn read(cursor: &mut Cursor<{lifetime}>) -> Option<Self> {{
                {reads}Some(Self {{ {names} }})
            }}

            #[inline]
            fn write(&self, writer: &mut Writer<'_>, _field: &'static str) -> Result<(), EncodeError> {{
                {writes}Ok(())
            }}
        }}
        ",
        about = doc(&structure.doc),
        reads = statements(&reads, "cursor"),
        writes = statements(&writes, "writer"),
        names = names(fields),
    )
}

fn member(protocol: &Protocol, field: &Field) -> String {
    format!(
        "{}pub {}: {},\n",
        field_doc(field),
        field.name,
        rust_type(protocol, field)
    )
}
