//! Numbers that a device sends: assigned ones, or those of a range that is left to it (CW-VER-003).

use super::Tester;
use crate::{embedded::protocol, verdict::Step};
use cardwire_spec::{
    interpret::{Data, Node, Tree},
    kind::Kind,
    model::{Field, Registry},
};

/// Extension numbers that are nobody's in particular: private use, and certification.
const FREE_EXTENSIONS: core::ops::RangeInclusive<u16> = 0x7000..=0x7FFF;

impl Tester {
    /// Holds a message of the device to numbers that it may send.
    pub(super) fn judge_numbers(&mut self, tree: &Tree) -> Step {
        match unassigned(tree) {
            None => Ok(()),
            Some(what) => self.under("CW-VER-003", |tester| {
                let expected = format!(
                    "{} with numbers that are assigned, or left to its vendor",
                    tree.name
                );
                tester.fail(expected, what)
            }),
        }
    }
}

/// The first number of a message that nobody has assigned.
fn unassigned(tree: &Tree) -> Option<String> {
    let schema = protocol();
    let of_message = schema
        .message(&tree.name)
        .map(|message| message.fields.as_slice());
    let of_document = || {
        schema
            .document(&tree.name)
            .map(|document| document.fields.as_slice())
    };
    let fields = of_message.or_else(of_document).unwrap_or_default();
    let of_fields = fields
        .iter()
        .zip(&tree.fields)
        .find_map(|(field, node)| in_node(field, node));
    let extensions = schema
        .message(&tree.name)
        .map(|message| message.extensions.as_slice());
    let is_known = |tag: u16| {
        extensions
            .unwrap_or_default()
            .iter()
            .any(|known| known.tag == tag)
    };
    of_fields.or_else(|| {
        let strange = tree.extensions.iter().find(|extension| {
            let tag = extension.tag & 0x7FFF;
            !is_known(tag) && !FREE_EXTENSIONS.contains(&tag)
        })?;
        Some(format!("an extension with the tag {:04X}", strange.tag))
    })
}

fn in_node(field: &Field, node: &Node) -> Option<String> {
    match (&node.data, protocol().kind(&field.type_name)) {
        (Data::List(items), _) => items.iter().find_map(|item| in_node(field, item)),
        (Data::Structure(nodes), Some(Kind::Structure(structure))) => structure
            .fields
            .iter()
            .zip(nodes)
            .find_map(|(field, node)| in_node(field, node)),
        (Data::Registered { value, name: None }, Some(Kind::Registry(name, registry))) => {
            // 0 stands where there is nothing to name.
            let right = *value == 0 || is_free(registry, *value);
            (!right).then(|| format!("{value} as {}, which registry {name} does not assign", field.name))
        }
        _ => None,
    }
}

fn is_free(registry: &Registry, value: u64) -> bool {
    [registry.private, registry.certification]
        .into_iter()
        .flatten()
        .any(|[first, last]| (first..=last).contains(&value))
}

#[cfg(test)]
mod tests {
    use super::unassigned;
    use crate::embedded::protocol;
    use cardwire_spec::{Place, interpret};

    /// The code of the error stands behind the request's code.
    #[test]
    fn a_number_that_nobody_assigned_is_found() {
        let told = |code: [u8; 2], extension: &[u8]| {
            let bytes = [&[0xFE, 0x0A][..], &code, &[0, 0, 0, 0], extension].concat();
            unassigned(&interpret::decode(protocol(), Place::Answer, &bytes).unwrap())
        };
        assert_eq!(told([0x00, 0x01], &[]), None);
        assert_eq!(told([0xF0, 0x00], &[0x70, 0x00, 0, 0]), None);
        assert!(told([0x66, 0x66], &[]).unwrap().contains("error"));
        assert!(told([0x00, 0x01], &[0x00, 0x07, 0, 0]).unwrap().contains("0007"));
    }

    /// `progress` says by an extension how much is done.
    #[test]
    fn an_extension_of_the_schema_is_assigned() {
        let told = |extension: &[u8]| {
            let bytes = [&[0x41][..], &[7; 16], &[0x01, 0, 9], extension].concat();
            unassigned(&interpret::decode(protocol(), Place::Event, &bytes).unwrap())
        };
        assert_eq!(told(&[0x00, 0x01, 0, 1, 40]), None);
        assert!(told(&[0x00, 0x02, 0, 1, 40]).unwrap().contains("0002"));
    }
}
