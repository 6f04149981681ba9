//! Messages and documents in CBOR: maps whose keys are numbers, which comments name.

use super::{Cddl, length, says};
use crate::{
    kind::Kind,
    model::{ExtensionField, Field, Length, Protocol, Registry, Structure},
};

const HEAD: &str = "\
; -- messages and documents in CBOR, encoded deterministically (RFC 8949, 4.2) --
;
; Key 0 is the code, the keys from 1 on are the fields in the schema's order, key -1-N is the extension with number N.
; Bounds count as in the native encoding; that lists ascend is beyond CDDL.
";

/// The document whose form in CBOR is a rule of its own.
const SERVICE_DATA: &str = "service_data";

impl Cddl<'_> {
    /// All messages and documents, their parts and registries.
    pub(super) fn cbor(&mut self) {
        let protocol = self.protocol;
        self.section(HEAD);
        self.roots("any_cbor", rule);
        for message in &protocol.messages {
            self.map(
                &message.name,
                message.code,
                &message.doc,
                &message.fields,
                &message.extensions,
            );
        }
        for document in protocol
            .documents
            .iter()
            .filter(|document| document.name != SERVICE_DATA)
        {
            self.map(
                &document.name,
                document.code,
                &document.doc,
                &document.fields,
                &[],
            );
        }
        self.section("; -- parts of messages in CBOR --\n");
        for structure in structures(protocol) {
            self.array_of(structure);
        }
        self.section("; -- registries in CBOR --\n");
        for (name, registry) in &protocol.registries {
            self.numbers(name, registry);
        }
        self.section(
            "; -- extensions in CBOR that the schema does not know: the key is -1 less the number --\n",
        );
        self.text += "\ncbor_extension = -32768..-1\n";
        self.text += "\ncbor_extension_value = bstr .size (0..65535)\n";
    }

    fn map(&mut self, name: &str, code: u8, doc: &str, fields: &[Field], extensions: &[ExtensionField]) {
        self.text += &format!("\n; {doc}\n{} = {{\n  0: {code}, ; code\n", rule(name));
        for (key, field) in (1..).zip(fields) {
            let value = self.value(field);
            self.text += &format!("  {key}: {value}, ; {}: {}\n", field.name, says(field));
        }
        for ExtensionField { tag, field, .. } in extensions {
            let (key, value) = (-1 - i32::from(*tag), self.value(field));
            self.text += &format!("  ? {key}: {value}, ; {}: {}\n", field.name, says(field));
        }
        self.text += "  * cbor_extension => cbor_extension_value,\n}\n";
    }

    fn array_of(&mut self, structure: &Structure) {
        self.text += &format!("\n; {}\n{} = [\n", structure.doc, part(&structure.name));
        for field in &structure.fields {
            let value = self.value(field);
            self.text += &format!("  {}: {value}, ; {}\n", field.name, says(field));
        }
        self.text += "]\n";
    }

    fn value(&mut self, field: &Field) -> String {
        let item = self.cbor_item(field);
        match field.count {
            Some([least, most]) => format!("[{least}*{most} {item}]"),
            None => item,
        }
    }

    fn cbor_item(&mut self, field: &Field) -> String {
        // Validation has refused unknown types, and operands are not among fields.
        match self.protocol.kind(&field.type_name).unwrap_or(Kind::Bool) {
            Kind::Number(_) | Kind::Register | Kind::Label => self.item(field),
            Kind::Bool => "bool".to_owned(),
            Kind::Bytes => self.byte_string(field),
            Kind::Text => self.text(field),
            Kind::Registry(name, _) => format!("cbor_registry_{name}"),
            Kind::Structure(structure) => part(&structure.name),
        }
    }

    fn byte_string(&mut self, field: &Field) -> String {
        let (least, most) = length(field.length);
        let (name, size) = match field.length {
            Some(Length::Exact(size)) => (format!("bytes_{size}"), format!("{size}")),
            Some(Length::Bounds(..)) | None => {
                (format!("bytes_{least}_{most}"), format!("({least}..{most})"))
            }
        };
        self.scalars.insert((name.clone(), format!("bstr .size {size}")));
        name
    }

    fn numbers(&mut self, name: &str, registry: &Registry) {
        self.text += &format!("\n; {}\ncbor_registry_{name} = ", registry.doc);
        if registry.open {
            self.text += &format!("0..{}\n", registry.width.max());
            return;
        }
        let last = registry.values.len().saturating_sub(1);
        for (index, value) in registry.values.iter().enumerate() {
            let next = if index == last { "" } else { " /" };
            self.text += &format!("{}{next} ; {}\n  ", value.value, value.name);
        }
        self.text.truncate(self.text.trim_end().len());
        self.text.push('\n');
    }
}

/// The rule of a message or document.
fn rule(name: &str) -> String {
    if name == SERVICE_DATA {
        name.to_owned()
    } else {
        format!("cbor_{name}")
    }
}

fn part(name: &str) -> String {
    format!("cbor_part_{name}")
}

/// Those that stand in messages; the items of service data have a rule of their own.
fn structures(protocol: &Protocol) -> impl Iterator<Item = &Structure> {
    let service_data = protocol.document(SERVICE_DATA);
    let items = service_data.and_then(|document| document.fields.first());
    protocol
        .structures
        .iter()
        .filter(move |structure| items.is_none_or(|items| items.type_name != structure.name))
}
