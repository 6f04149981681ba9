//! Messages, documents and structures: structs; places: enums over the messages met there.

use super::{
    File, doc,
    fields::{borrows, field_doc, read, rust_type, write},
    names::{Named, message_type, type_name},
};
use crate::{
    Place,
    model::{Channel, Document, Field, Message, Protocol, Structure},
};

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
    coded(
        protocol,
        &message.rust_name(),
        &message.name,
        message.code,
        place_size,
        &about,
        &message.fields,
    )
}

fn document_source(protocol: &Protocol, document: &Document) -> String {
    let about = format!(
        "{} ({})\n\nCode {:02X}, {} bytes at most.",
        document.doc, document.requirement, document.code, document.max_size
    );
    let place_size = super::number(document.max_size);
    let name = document.rust_name();
    coded(
        protocol,
        &name,
        &document.name,
        document.code,
        &place_size,
        &about,
        &document.fields,
    )
}

fn any_of(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => quoted.concat(),
    }
}

/// A struct with a code, fields and extensions.
fn coded(
    protocol: &Protocol,
    rust_name: &str,
    name: &str,
    code: u8,
    place_size: &str,
    about: &str,
    fields: &[Field],
) -> String {
    let members: String = fields.iter().map(|field| member(protocol, field)).collect();
    let reads: String = fields
        .iter()
        .map(|field| format!("{}: {},\n", field.name, read(protocol, field, &field.name)))
        .collect();
    let writes: String = fields
        .iter()
        .map(|field| write(protocol, field, &format!("self.{}", field.name), &field.name))
        .collect();
    // The compiler wants unused arguments to say so.
    let (cursor, writer) = if fields.is_empty() {
        ("_cursor", "_writer")
    } else {
        ("cursor", "writer")
    };
    let max_size = 1 + protocol.sizes(fields).max;
    format!(
        "{about}#[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct {rust_name}<'a> {{
            {members}/// Optional parts.
            pub extensions: Extensions<'a>,
        }}

        impl<'a> Message<'a> for {rust_name}<'a> {{
            const CODE: u8 = 0x{code:02X};
            const NAME: &'static str = \"{name}\";
            const MAX_SIZE: usize = {max_size};
            const PLACE_SIZE: usize = {place_size};

            #[inline]
            fn read_fields({cursor}: &mut Cursor<'a>) -> Result<Self, DecodeError> {{
                Ok(Self {{ {reads} extensions: Extensions::NONE }})
            }}

            #[inline]
            fn write_fields(&self, {writer}: &mut Writer<'_>) -> Result<(), EncodeError> {{
                {writes}Ok(())
            }}

            fn extensions(&self) -> Extensions<'a> {{
                self.extensions
            }}

            fn set_extensions(&mut self, extensions: Extensions<'a>) {{
                self.extensions = extensions;
            }}
        }}
        ",
        about = doc(about),
        max_size = super::number(max_size),
    )
}

fn structure_source(protocol: &Protocol, structure: &Structure) -> String {
    let fields = &structure.fields;
    let name = structure.rust_name();
    let members: String = fields.iter().map(|field| member(protocol, field)).collect();
    let path = |field: &Field| format!("{}.{}", structure.name, field.name);
    let reads: String = fields
        .iter()
        .map(|field| format!("{}: {},\n", field.name, read(protocol, field, &path(field))))
        .collect();
    let writes: String = fields
        .iter()
        .map(|field| write(protocol, field, &format!("self.{}", field.name), &path(field)))
        .collect();
    let (lifetime, own) = if borrows(protocol, fields) {
        ("'a", "<'a>")
    } else {
        ("'_", "")
    };
    let generics = if own.is_empty() { "" } else { "<'a>" };
    format!(
        "{about}#[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct {name}{own} {{
            {members}
        }}

        impl{generics} Part<{lifetime}> for {name}{own} {{
            #[inline]
            fn read(cursor: &mut Cursor<{lifetime}>, _field: &'static str) -> Result<Self, DecodeError> {{
                Ok(Self {{ {reads} }})
            }}

            #[inline]
            fn write(&self, writer: &mut Writer<'_>, _field: &'static str) -> Result<(), EncodeError> {{
                {writes}Ok(())
            }}
        }}
        ",
        about = doc(&structure.doc),
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
