//! Defaults of fields: each is a value that its field may have.

use super::Checker;
use crate::{
    interpret::is_of_charset,
    kind::Kind,
    model::{Field, Length, Literal},
    source::At,
};

pub(super) fn check(checker: &mut Checker<'_>, field: &Field, kind: Kind<'_>, at: &At) {
    let Some(default) = &field.default else { return };
    if let Err(wanted) = fits(field, kind, default) {
        checker.find(
            at.key("default"),
            format!("the default is no value of `{}`", field.name),
            format!("write {wanted}, or remove the default"),
        );
    }
}

/// Whether a field may have this value; if not, what it may have.
fn fits(field: &Field, kind: Kind<'_>, default: &Literal) -> Result<(), String> {
    let allowed = |fits: bool, wanted: &str| if fits { Ok(()) } else { Err(wanted.to_owned()) };
    if let Some([least, _]) = field.count {
        return allowed(
            *default == Literal::Empty([]) && least == 0,
            "[] where the list may be empty",
        );
    }
    match (kind, default) {
        (Kind::Number(size), Literal::Number(value)) => {
            let [min, max] = field.range.unwrap_or([0, u64::MAX >> (64 - 8 * size)]);
            let wanted = format!("a number from {min} to {max}");
            allowed((min..=max).contains(value), &wanted)
        }
        (Kind::Registry(_, registry), Literal::Number(value)) => {
            let registered = registry.values.iter().any(|known| known.value == *value);
            allowed(
                registered || (registry.open && *value <= registry.width.max()),
                "a value of the registry",
            )
        }
        (Kind::Registry(_, registry), Literal::Text(name)) => {
            let registered = registry.values.iter().any(|known| known.name == *name);
            allowed(registered, "the name of a value of the registry")
        }
        (Kind::Bool, Literal::Bool(_)) => Ok(()),
        (Kind::Text, Literal::Text(text)) => allowed(
            is_of_length(field.length, text.len()) && is_of_charset(field.charset, text),
            "text within its length and character set",
        ),
        (Kind::Bytes, Literal::Text(digits)) => allowed(
            digits.len() % 2 == 0
                && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
                && is_of_length(field.length, digits.len() / 2),
            "hexadecimal digits within its length",
        ),
        (Kind::Number(_), _) => Err(String::from("a number")),
        (Kind::Bool, _) => Err(String::from("true or false")),
        (Kind::Text, _) => Err(String::from("text")),
        (Kind::Bytes, _) => Err(String::from("hexadecimal digits")),
        (Kind::Registry(..), _) => Err(String::from("a number or a registered name")),
        (Kind::Structure(_) | Kind::Register | Kind::Label, _) => {
            Err(String::from("a field of another type"))
        }
    }
}

fn is_of_length(length: Option<Length>, size: usize) -> bool {
    match length {
        Some(Length::Exact(exact)) => size as u64 == exact,
        Some(Length::Bounds(min, max)) => (min..=max).contains(&(size as u64)),
        None => false,
    }
}
