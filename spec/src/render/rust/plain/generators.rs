//! Values for fuzzers and for property tests, generated from the bounds of the fields.

use super::{each, field_kind};
use crate::{
    kind::Kind,
    model::{Charset, ExtensionField, Field, Length, Order, Protocol},
    render::rust::{
        names::{Named as _, registry_type},
        number,
    },
};

/// Values for fuzzers and for property tests: both kinds of generator know the same words.
pub(super) fn generators(
    protocol: &Protocol,
    name: &str,
    fields: &[Field],
    extensions: &[ExtensionField],
    coded: Option<&str>,
) -> String {
    let parts = |module: &str| {
        let of_fields = fields
            .iter()
            .map(|field| (field.name.clone(), generator(protocol, field, module)));
        let known = extensions.iter().map(|extension| {
            let value = generator(protocol, &extension.field, module);
            (
                extension.field.name.clone(),
                format!("{module}::perhaps({value})"),
            )
        });
        let others = coded.map(|name| {
            let value = format!("{module}::extensions(message::{name}::SHAPE)");
            (String::from("extensions"), value)
        });
        of_fields.chain(known).chain(others).collect::<Vec<_>>()
    };
    let names = each(&parts(""), |(name, _)| format!("{name}, "));
    let lets = each(&parts("arbitrary"), |(name, value)| {
        format!("let {name} = {value}(bytes)?;\n")
    });
    let strategies = each(&parts("strategy"), |(_, value)| format!("{value},\n"));
    let (fit, fitted) = match coded {
        Some(name) => (fit(name, fields), ".fit()"),
        None => (String::new(), ""),
    };
    format!(
        "{fit}#[cfg(feature = \"arbitrary\")]
        impl<'b> Arbitrary<'b> for {name} {{
            fn arbitrary(bytes: &mut Unstructured<'b>) -> arbitrary::Result<Self> {{
                {lets}Ok(Self {{ {names} }}{fitted})
            }}
        }}

        #[cfg(feature = \"proptest\")]
        impl Generate for {name} {{
            fn strategy() -> BoxedStrategy<Self> {{
                ({strategies}).prop_map(|({names})| Self {{ {names} }}{fitted}).boxed()
            }}
        }}
        "
    )
}

/// Makes generated values as small as their place demands.
fn fit(name: &str, fields: &[Field]) -> String {
    let lists = each(fields, |field| match field.count {
        Some(_) => format!(" || self.{}.pop().is_some()", field.name),
        None => String::new(),
    });
    format!(
        "#[cfg(any(feature = \"arbitrary\", feature = \"proptest\"))]
        impl {name} {{
            fn fit(mut self) -> Self {{
                while !is_small_enough(&self) && (self.extensions.pop().is_some(){lists}) {{}}
                self
            }}
        }}

        "
    )
}

fn generator(protocol: &Protocol, field: &Field, module: &str) -> String {
    let item = match (field_kind(protocol, field), field.length) {
        (Some(Kind::Number(size)), _) => {
            let [min, max] = field.range.unwrap_or([0, u64::MAX >> (64 - 8 * size)]);
            format!(
                "{module}::number::<u{}>({}, {})",
                8 * size,
                number(min),
                number(max)
            )
        }
        (Some(Kind::Bool), _) => format!("{module}::any::<bool>()"),
        (Some(Kind::Bytes), Some(Length::Exact(size))) => {
            format!("{module}::array::<{}>()", number(size))
        }
        (Some(Kind::Bytes), Some(Length::Bounds(min, max))) => format!("{module}::bytes({min}, {max})"),
        (Some(Kind::Text), Some(Length::Bounds(min, max))) => match field.charset {
            Some(Charset::Name) => format!("{module}::name({min}, {max})"),
            Some(Charset::Utf8) | None => format!("{module}::text({min}, {max})"),
        },
        (Some(Kind::Registry(name, registry)), _) => {
            let registry_type = format!("message::{}", registry_type(name));
            if registry.open {
                let bits = 8 * registry.width.bytes();
                format!("{module}::open({registry_type}::ALL, |value: u{bits}| {registry_type}(value))")
            } else {
                format!("{module}::one_of({registry_type}::ALL)")
            }
        }
        (Some(Kind::Structure(structure)), _) => {
            format!("{module}::structure::<{}>()", structure.rust_name())
        }
        // Validation has refused unknown types, and bytes and text without a length.
        _ => format!("{module}::bytes(0, 0)"),
    };
    match field.count {
        Some([min, max]) => {
            let ascending = field.order == Some(Order::Ascending);
            if ascending {
                format!("{module}::ascending({item}, {min}, {max})")
            } else {
                format!("{module}::list({item}, {min}, {max})")
            }
        }
        None => item,
    }
}
